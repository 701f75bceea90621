//! What this is, its sources and licences.

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
