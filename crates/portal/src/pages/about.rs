//! What this is, and how to build on it.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use serve::App;

use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "text.html")]
struct TextPage {
    p: Frame,
    title: String,
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    heading: String,
    lines: Vec<String>,
    code: String,
    links: Vec<(String, String)>,
}

/// What Cửu Long is, its sources and licences.
pub async fn about(State(app): State<App>, visit: Visit, headers: HeaderMap) -> PageResult {
    let w = visit.words;
    let title = w.t("about-title");
    let agencies = app.catalog.agencies().await?;
    let parts = vec![
        Part { lines: vec![w.t("about-what"), w.t("about-trace")], ..Part::default() },
        Part {
            heading: w.t("about-sources"),
            lines: vec![w.t("about-map"), w.t("about-licence"), w.t("about-fonts")],
            links: agencies
                .iter()
                .filter_map(|agency| {
                    let url = agency
                        .url
                        .as_deref()
                        .filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
                    Some((w.of_text(&agency.name).to_owned(), url.to_owned()))
                })
                .collect(),
            ..Part::default()
        },
    ];
    let page = TextPage { p: Frame::new(&app, &visit, Section::Other, &title), title, parts };
    answer(&visit, &headers, &page)
}

/// The ways in for programs, with examples that run against this node.
pub async fn developers(State(app): State<App>, visit: Visit, headers: HeaderMap) -> PageResult {
    let w = visit.words;
    let title = w.t("developers-title");
    let here = app
        .config
        .public_url
        .as_ref()
        .map_or_else(|| host(&headers), |url| url.as_str().trim_end_matches('/').to_owned());
    let series = format!(
        "curl '{here}/v1/datasets'\ncurl '{here}/v1/datasets/{{id}}/observations/buckets?place=station:cau_noi&property=salinity&buckets=200'"
    );
    let sql = format!(
        "curl -G '{here}/v1/sql' --data-urlencode \\\n  'sql=SELECT place, property, max(result) FROM observation GROUP BY place, property LIMIT 20'"
    );
    let parts = vec![
        Part { lines: vec![w.t("developers-intro")], ..Part::default() },
        Part { heading: w.t("developers-series"), code: series, ..Part::default() },
        Part { heading: w.t("developers-sql"), code: sql, ..Part::default() },
        Part {
            heading: w.t("developers-ogc"),
            code: format!("{here}/ogc\n{here}/sta/v1.1"),
            ..Part::default()
        },
        Part {
            heading: w.t("developers-doc"),
            links: vec![
                ("OpenAPI".to_owned(), "/v1/openapi.json".to_owned()),
                ("OGC API".to_owned(), "/ogc".to_owned()),
                ("SensorThings 1.1".to_owned(), "/sta/v1.1".to_owned()),
            ],
            ..Part::default()
        },
    ];
    let page = TextPage { p: Frame::new(&app, &visit, Section::Other, &title), title, parts };
    answer(&visit, &headers, &page)
}

/// The address under which this reader reached the node.
pub fn host(headers: &HeaderMap) -> String {
    let host = headers.get(axum::http::header::HOST).and_then(|host| host.to_str().ok()).filter(|host| {
        host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
    });
    format!("http://{}", host.unwrap_or("localhost:8080"))
}
