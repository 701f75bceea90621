//! The actions by name.

use chrono::{DateTime, Utc};
use model::{AgencyId, DatasetId, PropertyCode, Theme};
use policy::Principal;
use query::At;
use serde_json::{Value, json};
use standards::ckan::{self, Parameters, Refusal};
use standards::codes;
use standards::record::Record;

use super::handlers::Failure;
use super::{datastore, packages};
use crate::App;
use crate::http::{Links, Problem, params};
use crate::records::{History, Records, instant_of, theme};

/// A call of an action.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) principal: &'a Principal,
    pub(super) links: &'a Links,
    pub(super) parameters: Parameters,
}

impl Call<'_> {
    /// The address of this node, without a slash at its end.
    pub(super) fn base(&self) -> String {
        self.links.path("").trim_end_matches('/').to_owned()
    }

    /// `version` or `as_known_at` of a call, which CKAN has no words for and everything else here has.
    pub(super) fn at(&self) -> Result<At, Failure> {
        let wrong = || Refusal::parameter("version", "Invalid integer");
        let version = match self.parameters.get("version") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.parse().map_err(|_| wrong())?),
            Some(value) => Some(value.as_u64().ok_or_else(wrong)?),
        };
        let time = self.parameters.text("as_known_at")?;
        Ok(params::at(version, time.as_deref())?)
    }

    /// The instant as of which what is of no single dataset is asked for.
    pub(super) fn known(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        match self.at()? {
            At::Latest => Ok(None),
            At::KnownAt(time) => Ok(Some(time)),
            At::Version(_) => {
                let why = "a version is of one dataset: give as_known_at";
                Err(Refusal::parameter("version", why).into())
            }
        }
    }

    /// What is told of datasets, as of the instant that is asked for.
    pub(super) async fn records(&self) -> Result<Records<'_>, Failure> {
        Ok(Records::as_of(self.app, self.principal, self.links, self.known()?).await?)
    }

    /// What is told of one dataset, as of the version or the instant that is asked for.
    async fn record(&self, id: &DatasetId) -> Result<Record, Failure> {
        let known = instant_of(self.app, self.principal, id, self.at()?).await?;
        let records = Records::as_of(self.app, self.principal, self.links, known).await?;
        Ok(records.one(id, History::Newest).await?)
    }

    /// The thing that a call is about: `id`, or its older name.
    fn id(&self, older: &str) -> Result<String, Refusal> {
        match self.parameters.text("id")? {
            Some(id) => Ok(id),
            None => self.parameters.text(older)?.ok_or_else(|| Refusal::parameter("id", "Missing value")),
        }
    }
}

/// The answer to an action, or what is wrong with the call.
pub(super) type Outcome = Result<Value, Failure>;

/// Performs an action; `None` when there is none of that name.
pub(super) async fn perform(call: &Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "site_read" => Ok(Value::Bool(true)),
        "status_show" => Ok(status(call)),
        "help_show" => help(call),
        "license_list" => Ok(licences()),
        "package_list" => packages::list(call).await,
        "package_search" => packages::search(call).await,
        "package_show" | "package_metadata_show" => package(call).await,
        "current_package_list_with_resources" => packages::recent(call).await,
        "resource_show" => resource(call).await,
        "resource_view_list" => Ok(json!([])),
        "organization_list" => packages::organizations(call).await,
        "organization_show" => organization(call).await,
        "group_list" => packages::groups(call).await,
        "group_show" => group(call).await,
        "tag_list" => packages::tags(call).await,
        "tag_show" => tag(call).await,
        "vocabulary_list" => Ok(json!([])),
        "datastore_search" => datastore::search(call).await,
        "datastore_search_sql" => datastore::sql(call).await,
        "datastore_info" => datastore::info(call).await,
        _ => return None,
    })
}

/// What each action is for.
const ACTIONS: [(&str, &str); 18] = [
    ("site_read", "Whether the site can be read."),
    ("status_show", "What this site is."),
    ("license_list", "The licences that datasets here may name."),
    (
        "package_list",
        "The names of the datasets. limit, offset; as_known_at here and in all that follows: what was told at an instant.",
    ),
    (
        "package_search",
        "Datasets by words (marks do not matter) and filters. q, fq, fq_list, sort, rows, start, facet.field, facet.limit.",
    ),
    ("package_show", "A dataset. id; version or as_known_at: as it was told then."),
    ("current_package_list_with_resources", "The datasets that changed last. limit, offset."),
    ("resource_show", "A way to take a dataset home. id; version or as_known_at."),
    ("organization_list", "The agencies. all_fields, limit, offset, organizations."),
    ("organization_show", "An agency. id, include_datasets."),
    ("group_list", "The sectors. all_fields, limit, offset, groups."),
    ("group_show", "A sector. id, include_datasets."),
    ("tag_list", "What is observed. query, all_fields."),
    ("tag_show", "An observed property. id, include_datasets."),
    (
        "datastore_search",
        "Rows of a dataset's table. resource_id, filters, q, fields, sort, limit, offset, distinct, include_total, records_format.",
    ),
    ("datastore_search_sql", "Rows by one SELECT statement; tables are named by resource ids. sql."),
    ("datastore_info", "The columns of a dataset's table. id."),
    ("help_show", "What an action is for. name."),
];

fn help(call: &Call<'_>) -> Outcome {
    let name = call.parameters.needed("name")?;
    let found = ACTIONS.iter().find(|(action, _)| *action == name);
    Ok(found.map(|(_, words)| Value::from(*words)).ok_or(Refusal::NotFound)?)
}

fn status(call: &Call<'_>) -> Value {
    json!({
        "site_title": "Cửu Long",
        "site_description": "",
        "site_url": call.base(),
        // The version of CKAN whose API this speaks; clients compare it.
        "ckan_version": "2.10.0",
        "error_emails_to": null,
        "locale_default": "vi",
        "extensions": ["datastore"],
    })
}

fn licences() -> Value {
    codes::all("licence")
        .map(|(id, url)| {
            json!({
                "id": id, "title": id, "url": url, "status": "active", "family": "", "maintainer": "",
                "domain_content": false, "domain_data": true, "domain_software": false, "is_generic": false,
                "is_okd_compliant": !id.contains("-NC"), "is_osi_compliant": false,
                "od_conformance": if id.contains("-NC") { "not reviewed" } else { "approved" },
                "osd_conformance": "not reviewed",
            })
        })
        .collect()
}

/// A dataset's id in a call: its id, or its global name.
pub(super) fn dataset_id(text: &str) -> Result<DatasetId, Refusal> {
    DatasetId::new(text.strip_prefix("urn:cuulong:dataset:").unwrap_or(text)).map_err(|_| Refusal::NotFound)
}

async fn package(call: &Call<'_>) -> Outcome {
    let id = dataset_id(&call.id("name_or_id")?)?;
    let record = call.record(&id).await?;
    Ok(ckan::package(&record, &call.base()))
}

async fn resource(call: &Call<'_>) -> Outcome {
    let id = call.parameters.needed("id")?;
    let dataset = dataset_id(ckan::resource_dataset(&id))?;
    let record = call.record(&dataset).await?;
    Ok(ckan::resource_of(&record, &id).ok_or(Refusal::NotFound)?)
}

async fn organization(call: &Call<'_>) -> Outcome {
    let id = AgencyId::new(&call.id("name")?).map_err(|_| Refusal::NotFound)?;
    if call.app.catalog.agency(&id).await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    let records = call.records().await?;
    let search = catalog::DatasetSearch { agency: Some(id.clone()), ..catalog::DatasetSearch::default() };
    packages::whole(call, &records, search, |count| ckan::organization(&records.agent(&id), Some(count)))
        .await
}

async fn group(call: &Call<'_>) -> Outcome {
    let of = Theme::from_code(&call.id("name")?).ok_or(Refusal::NotFound)?;
    let records = call.records().await?;
    let search = catalog::DatasetSearch { theme: Some(of), ..catalog::DatasetSearch::default() };
    packages::whole(call, &records, search, |count| ckan::group(&theme(call.links, of), Some(count))).await
}

async fn tag(call: &Call<'_>) -> Outcome {
    let code = PropertyCode::new(&call.id("name")?).map_err(|_| Refusal::NotFound)?;
    let observing = packages::observing(call, &code).await?;
    let gazetteer = call.app.catalog.gazetteer().await?;
    // A property that nobody may see observed is none that the asker may know to be.
    if observing.is_empty() {
        return Err(Refusal::NotFound.into());
    }
    let name = gazetteer.property(&code).map_or_else(|| code.to_string(), |p| p.name.vi.clone());
    let mut tag = ckan::tag(code.as_str(), &name);
    if call.parameters.flag("include_datasets", false)? {
        let records = call.records().await?;
        let found = records.of(&records.datasets(&observing).await?, History::Newest).await?;
        tag["packages"] = found.iter().map(|record| ckan::package(record, &call.base())).collect();
    }
    Ok(tag)
}

/// An answer of the engine that is no problem of the asker's.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::Problem(Problem::internal(error))
}
