//! Datasets: list and search, register, describe, and their mapping.

use axum::Json;
use axum::extract::rejection::StringRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use catalog::DatasetSearch;
use chrono::Utc;
use model::{Access, AgencyId, Dataset, DatasetId, DatasetKind, Theme};
use policy::{Principal, Purpose, Role};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::documents::{DatasetDocument, Page, TextDocument};
use crate::App;
pub use crate::http::params::dataset_id;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind, paging, params};
use crate::records::instant_of;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// Words to search for; marks and case do not matter.
    q: Option<String>,
    /// Only this sector.
    theme: Option<String>,
    /// Only this access class.
    access: Option<String>,
    /// Only this kind.
    kind: Option<String>,
    /// How many at most, 1 to 1000 (100).
    limit: Option<i64>,
    /// Go on where a page ended: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
    /// How many to pass over; pages shift when datasets are added.
    offset: Option<u64>,
    /// What was told at this instant, RFC 3339; not with `version`.
    as_known_at: Option<String>,
}

/// Which version, or which instant, a dataset is described as of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PinParams {
    /// As it was described when this version was committed.
    version: Option<u64>,
    /// As it was described at this instant, RFC 3339.
    as_known_at: Option<String>,
}

/// The datasets that the caller may know of.
#[utoipa::path(get, path = "/v1/datasets", tag = "datasets", params(ListParams),
    responses((status = 200, body = Page<DatasetDocument>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Params(asked): Params<ListParams>,
) -> Answer<Json<Page<DatasetDocument>>> {
    let limit = params::limit(asked.limit, 100, 1000)?;
    let offset = asked.offset.unwrap_or(0);
    let after = paging::after(asked.cursor.as_deref())?.map(|id| DatasetId::new(&id)).transpose();
    let search = DatasetSearch {
        text: asked.q.clone(),
        theme: code(asked.theme.as_deref(), "theme", Theme::from_code)?,
        access: code(asked.access.as_deref(), "access", Access::from_code)?,
        kind: code(asked.kind.as_deref(), "kind", DatasetKind::from_code)?,
        agency: None,
        limit: limit as u64,
        offset,
        after: after.map_err(|_| paging::unknown())?,
    };
    let known = params::instant(asked.as_known_at.as_deref())?;
    let page = match known {
        None => app.catalog.find_datasets(&principal, search, Utc::now()).await?,
        Some(time) => app.catalog.find_told(&principal, search, Utc::now(), time).await?,
    };
    let (found, total) = (page.datasets, page.total);
    let ids: Vec<DatasetId> = found.iter().map(|dataset| dataset.id.clone()).collect();
    let versions = app.catalog.versions_of(&ids, known).await?;
    let items =
        found.iter().map(|dataset| DatasetDocument::new(dataset, versions.get(&dataset.id))).collect();
    let last = found.last().filter(|_| page.more);
    let next = last.map(|last| {
        let (limit, cursor) = (limit.to_string(), paging::cursor(last.id.as_str()));
        let mut parameters = vec![("limit", limit.as_str()), ("cursor", cursor.as_str())];
        for (name, value) in [
            ("q", &asked.q),
            ("theme", &asked.theme),
            ("access", &asked.access),
            ("kind", &asked.kind),
            ("as_known_at", &asked.as_known_at),
        ] {
            parameters.extend(value.as_deref().map(|value| (name, value)));
        }
        links.to("/v1/datasets", &parameters)
    });
    Ok(Json(Page { items, total, next }))
}

fn code<T>(text: Option<&str>, name: &str, read: fn(&str) -> Option<T>) -> Answer<Option<T>> {
    text.map(|text| {
        read(text).ok_or_else(|| {
            Problem::parameter(
                name,
                told!("serve-value-not", "`{text}` is not a {name}", text = text, name = name),
            )
        })
    })
    .transpose()
}

/// A dataset to register, or its new description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetInput {
    /// Its id: a lower-case letter, then letters, digits or `_`.
    id: String,
    /// observations or features.
    kind: String,
    /// The agency that publishes it.
    agency: String,
    /// Its title.
    title: TextDocument,
    /// What it holds, how it was made, what to beware of.
    #[serde(default)]
    description: TextDocument,
    /// water, agriculture, aquaculture, environment, infrastructure or society.
    theme: String,
    /// An SPDX licence id, or a phrase.
    licence: String,
    /// open, shared or restricted.
    access: String,
    /// Where the data come from.
    #[serde(default)]
    source: String,
    /// Whether the values were made up for demonstration.
    #[serde(default)]
    synthetic: bool,
}

impl DatasetInput {
    fn into_dataset(self) -> Answer<Dataset> {
        let wrong = |field: &str, text: &str| {
            Problem::text(
                ProblemKind::InvalidBody,
                told!("serve-value-not", "`{text}` is not a {name}", text = text, name = field),
            )
            .at(field)
        };
        let title: model::Text = self.title.into();
        if title.vi.is_empty() {
            return Err(wrong("title.vi", ""));
        }
        Ok(Dataset {
            id: DatasetId::new(&self.id).map_err(|e| Problem::text(ProblemKind::InvalidBody, e).at("id"))?,
            kind: DatasetKind::from_code(&self.kind).ok_or_else(|| wrong("kind", &self.kind))?,
            agency: AgencyId::new(&self.agency)
                .map_err(|e| Problem::text(ProblemKind::InvalidBody, e).at("agency"))?,
            title,
            description: self.description.into(),
            theme: Theme::from_code(&self.theme).ok_or_else(|| wrong("theme", &self.theme))?,
            licence: self.licence,
            access: Access::from_code(&self.access).ok_or_else(|| wrong("access", &self.access))?,
            source: self.source,
            synthetic: self.synthetic,
            created_at: Utc::now(),
        })
    }
}

/// Registers a dataset. For administrators, and for stewards within their agency.
///
/// Ids are one space for all agencies, so that 409 tells that a name is taken, and nothing else; the attempt
/// is in the audit log.
#[utoipa::path(post, path = "/v1/datasets", tag = "datasets", request_body = DatasetInput,
    security(("key" = [])), responses((status = 201, body = DatasetDocument)))]
pub async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Body(input): Body<DatasetInput>,
) -> Answer<impl IntoResponse> {
    let dataset = input.into_dataset()?;
    may_describe(&principal, &dataset.agency)?;
    if app.catalog.agency(&dataset.agency).await?.is_none() {
        return Err(Problem::not_found(dataset.agency.as_str()).at("agency"));
    }
    if let Err(error) = app.catalog.create_dataset(&dataset).await {
        if matches!(error, catalog::Error::Conflict { .. }) {
            noted(&app, &principal, "dataset.refused", &dataset).await?;
        }
        return Err(error.into());
    }
    noted(&app, &principal, "dataset.created", &dataset).await?;
    let place = links.path(&format!("/v1/datasets/{}", dataset.id));
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(DatasetDocument::new(&dataset, None))))
}

async fn noted(app: &App, principal: &Principal, action: &str, dataset: &Dataset) -> Answer<()> {
    let detail = format!("access {}, agency {}", dataset.access.code(), dataset.agency);
    app.note(principal, action, &format!("dataset:{}", dataset.id), detail).await
}

fn may_describe(principal: &Principal, agency: &AgencyId) -> Answer<()> {
    match principal {
        _ if principal.is_admin() => Ok(()),
        Principal::Public => Err(Problem::new(ProblemKind::SignInRequired)),
        Principal::User { role: Role::Steward, agency: Some(own), .. }
            if own == agency && principal.has_scope(policy::Scope::Write) =>
        {
            Ok(())
        }
        _ => Err(Problem::new(ProblemKind::NotAllowed)),
    }
}

/// A dataset, as it is described or as it was.
#[utoipa::path(get, path = "/v1/datasets/{id}", tag = "datasets", params(("id" = String, Path), PinParams),
    responses((status = 200, body = DatasetDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<PinParams>,
) -> Answer<Json<DatasetDocument>> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    app.lake.settle(&id).await?;
    let at = params::at(asked.version, asked.as_known_at.as_deref())?;
    let (dataset, version) = match instant_of(&app, &principal, &id, at).await? {
        None => (app.catalog.dataset(&id).await?, app.catalog.latest_version(&id).await?),
        Some(time) => (app.catalog.dataset_at(&id, time).await?, app.catalog.version_at(&id, time).await?),
    };
    let dataset = dataset.ok_or_else(|| Problem::not_found(id.as_str()))?;
    Ok(Json(DatasetDocument::new(&dataset, version.as_ref())))
}

/// Describes a dataset anew. Its id and kind stay what they are.
#[utoipa::path(put, path = "/v1/datasets/{id}", tag = "datasets", params(("id" = String, Path)),
    request_body = DatasetInput, security(("key" = [])), responses((status = 200, body = DatasetDocument)))]
pub async fn update(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<DatasetInput>,
) -> Answer<Json<DatasetDocument>> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    let before = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    may_describe(&principal, &before.agency)?;
    let dataset = Dataset { created_at: before.created_at, ..input.into_dataset()? };
    may_describe(&principal, &dataset.agency)?;
    if dataset.id != before.id || dataset.kind != before.kind {
        return Err(Problem::text(
            ProblemKind::Conflict,
            told!("serve-id-kind-dataset-cannot-change", "the id and the kind of a dataset cannot change"),
        ));
    }
    app.catalog.update_dataset(&dataset).await?;
    noted(&app, &principal, "dataset.updated", &dataset).await?;
    let version = app.catalog.latest_version(&id).await?;
    Ok(Json(DatasetDocument::new(&dataset, version.as_ref())))
}

/// The dataset's mapping, as TOML.
#[utoipa::path(get, path = "/v1/datasets/{id}/mapping", tag = "datasets", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/toml", body = String), (status = 404)))]
pub async fn mapping(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    let (_, text) =
        app.catalog.mapping(&id, None).await?.ok_or_else(|| Problem::not_found(&format!("{id}/mapping")))?;
    Ok(([(header::CONTENT_TYPE, "application/toml; charset=utf-8")], text))
}

/// Saves a mapping for the next files; it is checked first.
#[utoipa::path(put, path = "/v1/datasets/{id}/mapping", tag = "datasets", params(("id" = String, Path)),
    request_body(content = String, content_type = "application/toml"), security(("key" = [])),
    responses((status = 204)))]
pub async fn save_mapping(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    text: Result<String, StringRejection>,
) -> Answer<StatusCode> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
    let text = text.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ProblemKind::TooLarge),
        _ => Problem::text(ProblemKind::InvalidBody, rejection.body_text()),
    })?;
    let mapping = intake::mapping::Mapping::parse(&text)
        .map_err(|error| Problem::text(ProblemKind::InvalidMapping, error))?;
    app.intake.may_keep(&permit, &mapping).await?;
    let number = app.catalog.save_mapping(&id, &text, principal.user(), Utc::now()).await?;
    app.note(&principal, "mapping.saved", &format!("dataset:{id}"), format!("mapping {number}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
