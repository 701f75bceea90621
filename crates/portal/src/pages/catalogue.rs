//! The catalogue: search that ignores marks, and facets as a plain form.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use catalog::DatasetSearch;
use model::{Access, Agency, AgencyId, Dataset, DatasetKind, Theme, VersionInfo};
use serde::Deserialize;
use serve::App;

use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;
use crate::words::Words;

const PAGE: u64 = 30;

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    p: Frame,
    q: String,
    facets: Vec<Facet>,
    filtered: bool,
    found: String,
    nothing: String,
    relax: Vec<Relax>,
    rows: Vec<Row>,
    next: Option<String>,
}

/// One question of the form.
struct Facet {
    name: &'static str,
    label: String,
    options: Vec<FacetOption>,
    /// The value chosen, for the search form beside it.
    hidden: Option<String>,
}

struct FacetOption {
    value: String,
    label: String,
    count: String,
    chosen: bool,
}

/// A filter that can be dropped with one link.
struct Relax {
    label: String,
    href: String,
}

struct Row {
    href: String,
    title: String,
    lang: Option<&'static str>,
    access: &'static str,
    synthetic: bool,
    facts: String,
    summary: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct CatalogueParams {
    #[serde(default)]
    q: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    access: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    offset: u64,
}

impl CatalogueParams {
    fn search(&self) -> DatasetSearch {
        DatasetSearch {
            text: Some(self.q.clone()).filter(|q| !q.trim().is_empty()),
            theme: Theme::from_code(&self.theme),
            access: Access::from_code(&self.access),
            kind: DatasetKind::from_code(&self.kind),
            limit: PAGE,
            offset: self.offset,
            ..DatasetSearch::default()
        }
    }
}

/// The datasets that the reader may know of and that match.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<CatalogueParams>,
) -> PageResult {
    let w = visit.words;
    let search = asked.search();
    let (found, total) = app.catalog.search_datasets(&visit.principal, search.clone(), visit.now).await?;
    let agencies = agencies(&app).await?;
    let mut rows = Vec::with_capacity(found.len());
    for dataset in &found {
        let version = app.catalog.latest_version(&dataset.id).await?;
        rows.push(row(&visit, dataset, version.as_ref(), &agencies));
    }
    let facets = vec![
        facet(
            &app,
            &visit,
            &search,
            "theme",
            Theme::ALL.map(|theme| (theme.code(), w.code("theme", theme.code()))).into(),
            &asked.theme,
        )
        .await?,
        facet(
            &app,
            &visit,
            &search,
            "access",
            Access::ALL.map(|access| (access.code(), w.code("access", access.code()))).into(),
            &asked.access,
        )
        .await?,
        facet(
            &app,
            &visit,
            &search,
            "kind",
            DatasetKind::ALL.map(|kind| (kind.code(), w.code("kind", kind.code()))).into(),
            &asked.kind,
        )
        .await?,
    ];
    let mut relax = Vec::new();
    for facet in &facets {
        for option in facet.options.iter().filter(|option| option.chosen) {
            relax.push(Relax {
                label: w.fill("data-without", [("filter", &option.label)]),
                href: visit.with(&[(facet.name, ""), ("offset", "")]),
            });
        }
    }
    if search.text.is_some() {
        relax.push(Relax {
            label: w.fill("data-without", [("filter", &asked.q)]),
            href: visit.with(&[("q", ""), ("offset", "")]),
        });
    }
    let reached = asked.offset.saturating_add(rows.len() as u64);
    let mut p = Frame::new(&app, &visit, Section::Data, &w.t("data-title"));
    p.summary = w.t("data-summary");
    let page = CataloguePage {
        filtered: search.text.is_some()
            || search.theme.is_some()
            || search.access.is_some()
            || search.kind.is_some(),
        found: w.count("data-found", total),
        nothing: w.t("data-nothing"),
        next: (reached < total).then(|| visit.with(&[("offset", &reached.to_string())])),
        q: asked.q,
        facets,
        relax,
        rows,
        p,
    };
    answer(&visit, &headers, &page)
}

/// A question with, for each answer, how many datasets would be left.
async fn facet(
    app: &App,
    visit: &Visit,
    search: &DatasetSearch,
    name: &'static str,
    values: Vec<(&'static str, String)>,
    chosen: &str,
) -> Result<Facet, serve::http::Problem> {
    let w = visit.words;
    let mut options = Vec::new();
    for (value, label) in values {
        let mut narrowed = DatasetSearch { limit: 0, offset: 0, ..search.clone() };
        match name {
            "theme" => narrowed.theme = Theme::from_code(value),
            "access" => narrowed.access = Access::from_code(value),
            _ => narrowed.kind = DatasetKind::from_code(value),
        }
        let (_, count) = app.catalog.search_datasets(&visit.principal, narrowed, visit.now).await?;
        let is_chosen = value == chosen;
        if count > 0 || is_chosen {
            options.push(FacetOption {
                value: value.to_owned(),
                label,
                count: w.whole(count),
                chosen: is_chosen,
            });
        }
    }
    let hidden = options.iter().find(|option| option.chosen).map(|option| option.value.clone());
    Ok(Facet { name, label: w.t(&format!("data-{name}")), options, hidden })
}

fn row(
    visit: &Visit,
    dataset: &Dataset,
    version: Option<&VersionInfo>,
    agencies: &HashMap<AgencyId, Agency>,
) -> Row {
    let w = visit.words;
    let agency = agency_name(&w, agencies, &dataset.agency);
    let kind = w.code("kind", dataset.kind.code());
    let facts = match version {
        Some(version) => w.fill(
            "data-row-facts",
            [
                ("agency", &agency),
                ("kind", &kind),
                ("size", &size(&w, dataset, version)),
                ("updated", &w.ago(version.committed_at, visit.now)),
            ],
        ),
        None => w.fill("data-row-empty", [("agency", &agency), ("kind", &kind)]),
    };
    Row {
        href: visit.link(&format!("/data/{}", dataset.id)),
        title: w.of_text(&dataset.title).to_owned(),
        lang: w.foreign_tag(&dataset.title),
        access: dataset.access.code(),
        synthetic: dataset.synthetic,
        facts,
        summary: first_sentence(w.of_text(&dataset.description)),
    }
}

/// How much a dataset holds.
pub fn size(w: &Words, dataset: &Dataset, version: &VersionInfo) -> String {
    match dataset.kind {
        DatasetKind::Features | DatasetKind::Coverage => w.count("data-features", version.total),
        _ => w.count("data-values", version.total),
    }
}

/// Every agency by id.
pub async fn agencies(app: &App) -> Result<HashMap<AgencyId, Agency>, serve::http::Problem> {
    Ok(app.catalog.agencies().await?.into_iter().map(|agency| (agency.id.clone(), agency)).collect())
}

/// An agency's name, or its id while it has none.
pub fn agency_name(w: &Words, agencies: &HashMap<AgencyId, Agency>, id: &AgencyId) -> String {
    agencies.get(id).map_or_else(|| id.to_string(), |agency| w.of_text(&agency.name).to_owned())
}

/// The first sentence of a description, or as much as fits two lines.
fn first_sentence(text: &str) -> String {
    let sentence = text.split_inclusive(". ").next().unwrap_or("").trim();
    if sentence.chars().count() <= 220 {
        return sentence.to_owned();
    }
    let mut cut: String = sentence.chars().take(219).collect();
    cut.push('…');
    cut
}
