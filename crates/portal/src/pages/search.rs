//! One search over places, indicators and datasets.

use std::fmt::Write;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use catalog::DatasetSearch;
use model::{PlaceKind, fold};
use serde::Deserialize;
use serve::App;

use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::{Visit, address};
use chart::svg::Esc;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    p: Frame,
    title: String,
    q: String,
    asked: bool,
    groups: Vec<Group>,
}

struct Group {
    code: &'static str,
    title: String,
    rows: Vec<Found>,
}

struct Found {
    href: String,
    /// Markup: the name with the matched words marked.
    title: String,
    detail: String,
    synthetic: bool,
}

#[derive(Debug, Deserialize)]
pub struct SearchParams {
    #[serde(default)]
    q: String,
}

/// What there is about these words.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<SearchParams>,
) -> PageResult {
    let w = visit.words;
    let q: String = asked.q.trim().chars().take(200).collect();
    let words: Vec<String> = fold(&q).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let mut groups = Vec::new();
    if !words.is_empty() {
        groups = vec![
            places(&app, &visit, &q, &words).await?,
            properties(&app, &visit, &words).await?,
            datasets(&app, &visit, &q, &words).await?,
        ];
        groups.retain(|group| !group.rows.is_empty());
    }
    let title = if q.is_empty() { w.t("search-title") } else { w.fill("search-title-for", [("q", &q)]) };
    let page = SearchPage {
        p: Frame::new(&app, &visit, Section::Other, &title),
        title,
        asked: !words.is_empty(),
        q,
        groups,
    };
    answer(&visit, &headers, &page)
}

async fn places(app: &App, visit: &Visit, q: &str, words: &[String]) -> Result<Group, serve::http::Problem> {
    let w = visit.words;
    let gazetteer = app.catalog.gazetteer().await?;
    let today = crate::words::local_day(visit.now);
    let rows = gazetteer
        .search(q, 30)
        .into_iter()
        .map(|place| {
            let day = place.valid_to.unwrap_or(today);
            let mut detail = w.code("place", place.kind.code());
            if let Some(parent) = gazetteer.parent_on(&place.id, day).filter(|p| p.kind != PlaceKind::Country)
            {
                write!(detail, " · {}", w.of_text(&parent.name)).expect("writing to a string does not fail");
            }
            if let Some(to) = place.valid_to {
                let until = w.fill("place-valid-until", [("to", &w.date(to))]);
                write!(detail, " · {until}").expect("writing to a string does not fail");
            }
            Found {
                href: visit.link(&format!("/place/{}", place.id)),
                title: marked(w.of_text(&place.name), words),
                detail,
                synthetic: false,
            }
        })
        .collect();
    Ok(Group { code: "places", title: w.t("search-places"), rows })
}

async fn properties(app: &App, visit: &Visit, words: &[String]) -> Result<Group, serve::http::Problem> {
    let w = visit.words;
    let gazetteer = app.catalog.gazetteer().await?;
    let rows = gazetteer
        .properties
        .iter()
        .filter(|property| {
            let names =
                [Some(property.name.vi.as_str()), property.name.en.as_deref(), Some(property.code.as_str())];
            let all = fold(&names.into_iter().flatten().collect::<Vec<_>>().join(" "));
            words.iter().all(|word| all.contains(word.as_str()))
        })
        .take(20)
        .map(|property| Found {
            href: address(&visit.link("/data"), &[("q", w.of_text(&property.name))]),
            title: marked(w.of_text(&property.name), words),
            detail: format!("{} · {}", property.code, w.unit(&property.unit)),
            synthetic: false,
        })
        .collect();
    Ok(Group { code: "properties", title: w.t("search-properties"), rows })
}

async fn datasets(
    app: &App,
    visit: &Visit,
    q: &str,
    words: &[String],
) -> Result<Group, serve::http::Problem> {
    let w = visit.words;
    let search = DatasetSearch { text: Some(q.to_owned()), limit: 30, ..DatasetSearch::default() };
    let (found, _) = app.catalog.search_datasets(&visit.principal, search, visit.now).await?;
    let rows = found
        .iter()
        .map(|dataset| Found {
            href: visit.link(&format!("/data/{}", dataset.id)),
            title: marked(w.of_text(&dataset.title), words),
            detail: format!("{} · {}", w.code("theme", dataset.theme.code()), dataset.id),
            synthetic: dataset.synthetic,
        })
        .collect();
    Ok(Group { code: "datasets", title: w.t("search-datasets"), rows })
}

/// The text with every word that begins with a searched word marked, escaped.
fn marked(text: &str, words: &[String]) -> String {
    let mut out = String::new();
    for (index, token) in text.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let folded = fold(token);
        let matches = !folded.is_empty() && words.iter().any(|word| folded.starts_with(word.as_str()));
        let result =
            if matches { write!(out, "<mark>{}</mark>", Esc(token)) } else { write!(out, "{}", Esc(token)) };
        result.expect("writing to a string does not fail");
    }
    out
}
