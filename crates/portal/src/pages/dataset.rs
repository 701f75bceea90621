//! A dataset: what is in it, may I use it, how do I take it?

mod preview;
mod take;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use catalog::Gazetteer;
use chrono::{Datelike, NaiveDate, TimeDelta};
use model::{
    Dataset, DatasetId, DatasetKind, Datastream, PlaceId, PropertyCode, TimeRange, Version, VersionInfo,
    local_midnight,
};
use policy::{Permit, Principal, Purpose, Role, Scope};
use serde::Deserialize;
use serve::App;
use serve::http::{Links, Problem};
use serve::limits::limits;
use serve::records::{History, Records};

use super::catalogue::{agencies, agency_name, size};
use super::figure::{self, SeriesView};
use super::place::yearly_figure;
use super::readings::is_yearly;
use super::trace::statistic_words;
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;
use crate::words::local_day;
use preview::Preview;

/// Versions listed; all are at `/v1/datasets/{id}/versions`.
const MOST_VERSIONS: usize = 20;
/// Figures of one choice of place and property (its statistics and periods).
const MOST_FIGURES: usize = 4;

#[derive(Debug, Default, Deserialize)]
pub struct DatasetParams {
    v: Option<u64>,
    #[serde(default)]
    place: String,
    #[serde(default)]
    property: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

#[derive(Template)]
#[template(path = "dataset.html")]
struct DatasetPage {
    p: Frame,
    id: String,
    title: String,
    title_lang: Option<&'static str>,
    description: String,
    description_lang: Option<&'static str>,
    access: &'static str,
    agency: String,
    licence: String,
    synthetic: bool,
    old_version: Option<String>,
    pinned: Option<u64>,
    jumps: Vec<(&'static str, String)>,
    facts: Vec<(String, String)>,
    values: Option<Values>,
    withheld: Option<String>,
    preview: Preview,
    downloads: Vec<(String, String)>,
    snippets: Vec<(String, String)>,
    versions: Vec<VersionRow>,
    may_write: bool,
    citation: String,
    /// schema.org, for whoever reads pages without eyes.
    linked_data: String,
}

/// The chart's choices and figures.
struct Values {
    places: Vec<Choice>,
    properties: Vec<Choice>,
    from: String,
    to: String,
    figures: Vec<String>,
    nothing: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct VersionRow {
    number: String,
    href: String,
    time: String,
    added: String,
    corrected: String,
    removed: String,
    total: String,
    run_href: String,
}

/// The dataset's page.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    links: Links,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<DatasetParams>,
) -> PageResult {
    let w = visit.words;
    let id = DatasetId::new(&id).map_err(|_| Problem::not_found(&id))?;
    app.catalog.authorize(&visit.principal, &id, Purpose::Describe, visit.now).await?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    // Whoever may know of it but not read it sees its description, and how to ask.
    let permit = match app.catalog.authorize(&visit.principal, &id, Purpose::Read, visit.now).await {
        Ok(permit) => Some(permit),
        Err(catalog::Error::Denied(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let versions = app.catalog.versions(&id).await?;
    let pinned = match asked.v {
        None => None,
        Some(number) => {
            let found = versions.iter().find(|version| version.version == Version(number));
            Some(found.cloned().ok_or_else(|| Problem::not_found(&format!("{id}@{number}")))?)
        }
    };
    let shown = pinned.as_ref().or(versions.first());
    let agency = agency_name(&w, &agencies(&app).await?, &dataset.agency);
    let gazetteer = app.catalog.gazetteer().await?;
    let version = pinned.as_ref().map(|info| info.version);
    let (mut values, mut content, mut preview) = (None, Content::default(), Preview::default());
    if let (Some(permit), Some(_)) = (&permit, shown) {
        match dataset.kind {
            DatasetKind::Features | DatasetKind::Coverage => {
                preview = preview::features(&app, &visit, permit, version).await?;
            }
            _ => {
                let all = app.catalog.datastreams(&id).await?;
                content =
                    Content::of(all.iter().filter(|s| permit.rows().allows(&s.key.place, &s.key.property)));
                values = content.values(&app, &visit, &gazetteer, &dataset, permit, &asked, version).await?;
                preview = preview::observations(&app, &visit, &gazetteer, &dataset, permit, version).await?;
            }
        }
    }
    let mut p = Frame::new(&app, &visit, Section::Data, w.of_text(&dataset.title));
    p.summary = w.of_text(&dataset.description).chars().take(200).collect();
    p.island = true;
    let mut jumps = vec![
        ("preview", w.t("dataset-preview")),
        ("take", w.t("dataset-take")),
        ("versions", w.t("dataset-versions")),
        ("cite", w.t("dataset-cite")),
    ];
    if values.is_some() {
        jumps.insert(0, ("chart", w.t("dataset-chart")));
    }
    let record = Records::open(&app, &visit.principal, &links).await?.one(&id, History::Newest).await?;
    let linked_data = standards::schema_org::dataset(&record, w.tag()).to_string();
    let here = take::here(&app, &headers);
    let page = DatasetPage {
        p,
        id: id.to_string(),
        title: w.of_text(&dataset.title).to_owned(),
        title_lang: w.foreign_tag(&dataset.title),
        description: w.of_text(&dataset.description).to_owned(),
        description_lang: w.foreign_tag(&dataset.description),
        access: dataset.access.code(),
        licence: dataset.licence.clone(),
        synthetic: dataset.synthetic,
        old_version: pinned
            .as_ref()
            .filter(|info| versions.first().is_some_and(|last| last.version != info.version))
            .map(|info| {
                w.fill(
                    "dataset-old-version",
                    [("version", &info.version), ("time", &w.instant(info.committed_at))],
                )
            }),
        pinned: asked.v,
        jumps,
        facts: facts(&visit, &gazetteer, &dataset, &agency, shown, &content),
        downloads: take::downloads(&dataset, content.chosen.as_ref(), version),
        snippets: take::snippets(&here, &dataset, content.chosen.as_ref()),
        versions: version_rows(&visit, &versions),
        may_write: may_write(&visit.principal),
        citation: shown.map_or_else(String::new, |info| {
            w.fill(
                "dataset-citation",
                [
                    ("agency", &agency),
                    ("year", &local_day(info.committed_at).year()),
                    ("title", &w.of_text(&dataset.title)),
                    ("version", &info.version),
                    ("time", &w.instant(info.committed_at)),
                    ("id", &id),
                ],
            )
        }),
        withheld: permit.is_none().then(|| w.fill("dataset-withheld", [("agency", &agency)])),
        agency,
        values,
        preview,
        // Nothing in it ends the element that it stands in.
        linked_data: linked_data.replace('<', "\\u003c"),
    };
    answer(&visit, &headers, &page)
}

/// Whether the page offers to hand in a file; the gate decides when it is done.
fn may_write(principal: &Principal) -> bool {
    match principal {
        Principal::System => true,
        Principal::User { role, .. } => {
            !matches!(role, Role::User | Role::Auditor) && principal.has_scope(Scope::Write)
        }
        Principal::Public => false,
    }
}

/// The newest versions, each beside the one before it.
fn version_rows(visit: &Visit, versions: &[VersionInfo]) -> Vec<VersionRow> {
    let w = visit.words;
    let rows = versions.iter().take(MOST_VERSIONS).enumerate().map(|(at, info)| VersionRow {
        number: info.version.to_string(),
        href: visit.link(&format!("/data/{}?v={}", info.dataset, info.version)),
        time: w.instant(info.committed_at),
        added: w.whole(info.added),
        corrected: w.whole(info.corrected),
        removed: w.whole(info.removed_since(versions.get(at + 1))),
        total: w.whole(info.total),
        run_href: visit.link(&format!("/runs/{}", info.run)),
    });
    rows.collect()
}

fn facts(
    visit: &Visit,
    gazetteer: &Gazetteer,
    dataset: &Dataset,
    agency: &str,
    shown: Option<&VersionInfo>,
    content: &Content,
) -> Vec<(String, String)> {
    let w = visit.words;
    let mut facts = vec![
        (w.t("dataset-agency"), agency.to_owned()),
        (w.t("dataset-source"), dataset.source.clone()),
        (w.t("dataset-licence"), dataset.licence.clone()),
        (w.t("dataset-theme"), w.code("theme", dataset.theme.code())),
        (w.t("dataset-kind"), w.code("kind", dataset.kind.code())),
    ];
    if let Some(info) = shown {
        facts.push((w.t("dataset-size"), size(&w, dataset, info)));
        facts.push((w.t("dataset-updated"), w.instant(info.committed_at)));
    }
    if !content.places.is_empty() {
        let names: Vec<String> = content
            .properties
            .keys()
            .map(|code| {
                gazetteer.property(code).map_or_else(|| code.to_string(), |p| w.of_text(&p.name).to_owned())
            })
            .collect();
        facts.push((w.t("dataset-places"), w.whole(content.places.len() as u64)));
        facts.push((w.t("dataset-properties"), names.join(", ")));
    }
    facts.push((w.t("dataset-table"), dataset.id.to_string()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// What a dataset of observations holds, and what of it is chosen.
#[derive(Default)]
struct Content {
    places: BTreeMap<PlaceId, Vec<Datastream>>,
    properties: BTreeMap<PropertyCode, usize>,
    chosen: Option<(PlaceId, PropertyCode)>,
}

impl Content {
    fn of<'a>(streams: impl Iterator<Item = &'a Datastream>) -> Content {
        let mut content = Content::default();
        for stream in streams {
            content.places.entry(stream.key.place.clone()).or_default().push(stream.clone());
            *content.properties.entry(stream.key.property.clone()).or_default() += 1;
        }
        content
    }

    /// The chart of the place and property chosen, or of the first ones there are.
    #[expect(clippy::too_many_arguments, reason = "one page's worth of what was read from the request")]
    async fn values(
        &mut self,
        app: &App,
        visit: &Visit,
        gazetteer: &Gazetteer,
        dataset: &Dataset,
        permit: &Permit,
        asked: &DatasetParams,
        version: Option<Version>,
    ) -> Result<Option<Values>, Problem> {
        let w = visit.words;
        let Some(property) = self.property(&asked.property) else { return Ok(None) };
        let Some(place) = self.place(&asked.place, &property) else { return Ok(None) };
        let name = |id: &PlaceId| {
            gazetteer.place(id).map_or_else(|| id.to_string(), |p| w.of_text(&p.name).to_owned())
        };
        let measure = |code: &PropertyCode| {
            gazetteer.property(code).map_or_else(|| code.to_string(), |p| w.of_text(&p.name).to_owned())
        };
        let window = TimeRange {
            from: day(&asked.from, "from")?,
            to: day(&asked.to, "to")?.map(|to| to + TimeDelta::days(1)),
        };
        let (mut figures, mut span) = (Vec::new(), None);
        let streams =
            self.places.get(&place).into_iter().flatten().filter(|stream| stream.key.property == property);
        for (index, stream) in streams.take(MOST_FIGURES).enumerate() {
            let id = format!("chart-{index}");
            let measure = format!("{} ({})", measure(&property), statistic_words(visit, stream));
            if is_yearly(stream) {
                figures.push(
                    yearly_figure(app, visit, permit, dataset, stream, &id, &name(&place), &measure, version)
                        .await?,
                );
                continue;
            }
            let view = SeriesView {
                id: &id,
                dataset,
                datastream: stream,
                place: &name(&place),
                measure: &measure,
                limits: limits(&w, gazetteer, &property, &place, local_day(visit.now)),
                window,
                version,
                default_span: TimeDelta::days(120),
            };
            if let Some(drawn) = figure::series(app, visit, permit, &view).await? {
                span = Some((drawn.first, drawn.last, drawn.from, drawn.to));
                figures.push(drawn.html);
            }
        }
        figures.retain(|figure| !figure.is_empty());
        let iso = |time| local_day(time).to_string();
        let mut places: Vec<Choice> = self
            .places
            .keys()
            .map(|id| Choice { value: id.to_string(), label: name(id), chosen: *id == place })
            .collect();
        places.sort_by(|a, b| a.label.cmp(&b.label));
        let values = Values {
            places,
            properties: self
                .properties
                .keys()
                .map(|code| Choice {
                    value: code.to_string(),
                    label: measure(code),
                    chosen: *code == property,
                })
                .collect(),
            from: span.map(|(_, _, from, _)| iso(from)).unwrap_or_else(|| asked.from.clone()),
            to: span.map(|(_, _, _, to)| iso(to - TimeDelta::seconds(1))).unwrap_or_else(|| asked.to.clone()),
            nothing: match span {
                Some((first, last, _, _)) => {
                    w.fill("dataset-no-series", [("from", &w.day(first)), ("to", &w.day(last))])
                }
                None => w.t("dataset-no-such-series"),
            },
            figures,
        };
        self.chosen = Some((place, property));
        Ok(Some(values))
    }

    /// The property asked for, or the one with the most series.
    fn property(&self, asked: &str) -> Option<PropertyCode> {
        let asked = PropertyCode::new(asked).ok().filter(|code| self.properties.contains_key(code));
        asked
            .or_else(|| self.properties.iter().max_by_key(|(_, count)| **count).map(|(code, _)| code.clone()))
    }

    /// The place asked for, or the first that has the property.
    fn place(&self, asked: &str, property: &PropertyCode) -> Option<PlaceId> {
        let asked = PlaceId::new(asked).ok().filter(|place| self.places.contains_key(place));
        let has = |streams: &[Datastream]| streams.iter().any(|stream| stream.key.property == *property);
        asked.or_else(|| self.places.iter().find(|(_, streams)| has(streams)).map(|(place, _)| place.clone()))
    }
}

/// A day of the form, at its beginning in Vietnam; the island writes instants.
fn day(text: &str, name: &str) -> Result<Option<chrono::DateTime<chrono::Utc>>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(Some(local_midnight(day)));
    }
    model::parse_instant(text).map(Some).map_err(|error| Problem::parameter(name, error))
}
