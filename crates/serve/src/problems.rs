//! `/problems/{slug}`: what a kind of problem means and what to do about it, for people who follow
//! the `type` of a problem document.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::Lang;

use crate::App;
use crate::http::language::message;
use crate::http::{Answer, Problem, ProblemKind, RequestLang};

/// One page a kind, open to everyone.
pub fn router() -> Router<App> {
    Router::new().route("/problems/{slug}", get(page))
}

async fn page(RequestLang(lang): RequestLang, Path(slug): Path<String>) -> Answer<Response> {
    let kind = ProblemKind::ALL
        .into_iter()
        .find(|kind| kind.slug() == slug)
        .ok_or_else(|| Problem::not_found(&format!("/problems/{slug}")))?;
    let page = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} · Cửu Long</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p>{meaning}</p>\n<h2>{what_to_do}</h2>\n<p>{advice}</p>\n\
         <p><small>HTTP {status} · <code>/problems/{slug}</code></small></p>{unreviewed}\n</main>\n</body>\n</html>\n",
        tag = lang.tag(),
        title = escaped(&kind.title(lang)),
        meaning = escaped(&kind.meaning(lang)),
        what_to_do = escaped(&message(lang, "problem-what-to-do")),
        advice = escaped(&kind.advice(lang)),
        status = kind.status().as_u16(),
        slug = kind.slug(),
        unreviewed = unreviewed(lang),
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag())),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; base-uri 'none'")),
    ];
    Ok((headers, page).into_response())
}

/// Words for a language whose problems no speaker has looked over yet; see its file of messages.
fn unreviewed(lang: Lang) -> String {
    let words = (lang == Lang::Km).then(|| escaped(&message(lang, "problem-unreviewed")));
    words.map(|words| format!("\n<p><small>{words}</small></p>")).unwrap_or_default()
}

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
