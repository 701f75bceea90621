//! Documents as pages (17-069r4 §8.2): the same JSON, drawn for people who follow links.
//!
//! A layer around the routes of a protocol: where a page is asked for (`f=html`, or a browser's
//! `Accept`), the document is made as for any other client and drawn, so that a page never says
//! something else than its document. The page leads to the document, and the document to the page.

use std::fmt::Write;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use model::Lang;
use serde_json::{Map, Value};

use super::RequestLang;
use super::language::message;
use super::problem::Problem;

/// The largest document that is drawn.
const MOST_BYTES: usize = 32 << 20;
/// Columns of a table of features.
const MOST_COLUMNS: usize = 12;
/// Deeper than this, values are written as JSON.
const MOST_DEPTH: usize = 5;

/// Draws what a route answers, where a page is asked for.
pub async fn pages(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || !wants_page(&request) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let RequestLang(lang) = RequestLang::of(&parts);
    let path = parts.uri.path().to_owned();
    let query = without_format(parts.uri.query().unwrap_or(""));
    let as_document = with_format(&path, &query);
    let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    if let Ok(uri) = target.parse::<Uri>() {
        parts.uri = uri;
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    if !response.status().is_success() || !is_json(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let page = match to_bytes(body, MOST_BYTES).await {
        Ok(bytes) => serde_json::from_slice::<Value>(&bytes)
            .map(|document| page(&path, &as_document, lang, &document))
            .map_err(|error| Problem::internal(&error)),
        Err(error) => Err(Problem::internal(&error)),
    };
    match page {
        Ok(page) => {
            head.headers.remove(header::CONTENT_LENGTH);
            head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            head.headers.insert(
                header::VARY,
                HeaderValue::from_static("accept, accept-language, authorization, cookie"),
            );
            if let Some(tag) = head.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()) {
                let weak = format!("W/{}", tag.trim_start_matches("W/"));
                if let Ok(weak) = HeaderValue::from_str(&weak) {
                    head.headers.insert(header::ETAG, weak);
                }
            }
            Response::from_parts(head, Body::from(page))
        }
        Err(problem) => axum::response::IntoResponse::into_response(problem),
    }
}

fn wants_page(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or("");
    let format = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "f");
    if let Some((_, format)) = format {
        return format == "html";
    }
    let accepted = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let weight = |wanted: &[&str]| {
        let ranges = accepted.unwrap_or("").split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next()?.to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
            wanted.contains(&media.as_str()).then_some(weight?)
        });
        ranges.fold(0.0_f32, f32::max)
    };
    let html = weight(&["text/html", "application/xhtml+xml"]);
    let json = weight(&["application/json", "application/geo+json", "application/schema+json"]);
    html > 0.0 && html > json
}

fn is_json(response: &Response) -> bool {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    media.is_some_and(|media| media.split(';').next().is_some_and(|media| media.trim().ends_with("json")))
}

fn without_format(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "f");
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn with_format(path: &str, query: &str) -> String {
    if query.is_empty() { format!("{path}?f=json") } else { format!("{path}?{query}&f=json") }
}

fn page(path: &str, as_document: &str, lang: Lang, document: &Value) -> String {
    let title = title(path, document);
    let mut html = String::with_capacity(16 * 1024);
    let (escaped, tag) = (escape(&title), lang.tag());
    let as_document = escape(as_document);
    html += &format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{escaped}</title>\n\
         <link rel=\"stylesheet\" href=\"/static/portal.css\">\n\
         <link rel=\"alternate\" type=\"application/json\" href=\"{as_document}\">\n</head>\n<body>\n<main>\n"
    );
    crumbs(&mut html, path);
    html += &format!("<h1>{escaped}</h1>\n");
    if let Some(description) = document.get("description").and_then(Value::as_str) {
        html += &format!("<p>{}</p>\n", escape(description));
    }
    html +=
        &format!("<p><a rel=\"alternate\" type=\"application/json\" href=\"{as_document}\">JSON</a></p>\n");
    content(&mut html, path, lang, document);
    if let Some(links) = document.get("links").and_then(Value::as_array) {
        html += &format!("<h2>{}</h2>\n<ul>\n", escape(&message(lang, "ogc-page-links")));
        for link in links {
            html += "<li>";
            way(&mut html, link);
            html += "</li>\n";
        }
        html += "</ul>\n";
    }
    html += "</main>\n</body>\n</html>\n";
    html
}

fn title(path: &str, document: &Value) -> String {
    let of = |value: &Value| value.get("title").and_then(Value::as_str).map(str::to_owned);
    let own = of(document).or_else(|| document.get("info").and_then(of));
    let named = || {
        let properties = document.get("properties")?;
        ["name", "title", "label"].iter().find_map(|name| properties.get(name)?.as_str().map(str::to_owned))
    };
    own.or_else(named).unwrap_or_else(|| path.rsplit('/').next().unwrap_or("").to_owned())
}

fn crumbs(html: &mut String, path: &str) {
    *html += "<nav><p>";
    let mut so_far = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        so_far = format!("{so_far}/{part}");
        *html += &format!("/ <a href=\"{}\">{}</a> ", escape(&so_far), escape(part));
    }
    *html += "</p></nav>\n";
}

fn content(html: &mut String, path: &str, lang: Lang, document: &Value) {
    if let Some(features) = document.get("features").and_then(Value::as_array) {
        let number = |name: &str| document.get(name).map(Value::to_string).unwrap_or_default();
        let _ = writeln!(
            html,
            "<p>{} / {}</p>",
            escape(&number("numberReturned")),
            escape(&number("numberMatched"))
        );
        return table(html, path, features);
    }
    if let Some(collections) = document.get("collections").and_then(Value::as_array) {
        *html += "<ul>\n";
        for collection in collections {
            let text = |name: &str| escape(collection.get(name).and_then(Value::as_str).unwrap_or(""));
            let _ = writeln!(
                html,
                "<li><a href=\"/ogc/collections/{}\">{}</a><br>{}</li>",
                text("id"),
                text("title"),
                text("description")
            );
        }
        *html += "</ul>\n";
        return;
    }
    let Some(object) = document.as_object() else { return };
    let rest: Map<String, Value> = object
        .iter()
        .filter(|(name, _)| !["links", "title", "description"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let _ = writeln!(html, "<h2>{}</h2>", escape(&message(lang, "ogc-page-content")));
    value(html, &Value::Object(rest), 0);
}

fn table(html: &mut String, path: &str, features: &[Value]) {
    // What things are called comes first, whatever else there is.
    let mut names: Vec<&str> = Vec::new();
    let has =
        |name: &str| features.iter().any(|f| f.get("properties").is_some_and(|p| p.get(name).is_some()));
    names.extend(["title", "name", "label", "description"].into_iter().filter(|name| has(name)));
    for properties in features.iter().filter_map(|feature| feature.get("properties")?.as_object()) {
        for (name, value) in properties {
            let is_plain = !value.is_array() && !value.is_object();
            if is_plain && names.len() < MOST_COLUMNS && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    *html += "<table>\n<thead><tr><th>id</th>";
    for name in &names {
        let _ = write!(html, "<th>{}</th>", escape(name));
    }
    *html += "</tr></thead>\n<tbody>\n";
    for feature in features {
        let id = text_of(feature.get("id").unwrap_or(&Value::Null));
        let mut item = url::Url::parse("http://localhost/").ok();
        if let Some(mut segments) = item.as_mut().and_then(|item| item.path_segments_mut().ok()) {
            segments.clear().extend(path.split('/').filter(|part| !part.is_empty())).push(&id);
        }
        let address = item.map(|item| item.path().to_owned()).unwrap_or_default();
        let _ = write!(html, "<tr><td><a href=\"{}\">{}</a></td>", escape(&address), escape(&id));
        for name in &names {
            let cell = feature.get("properties").and_then(|properties| properties.get(name));
            let _ = write!(html, "<td>{}</td>", escape(&text_of(cell.unwrap_or(&Value::Null))));
        }
        *html += "</tr>\n";
    }
    *html += "</tbody>\n</table>\n";
}

fn value(html: &mut String, of: &Value, depth: usize) {
    match of {
        Value::Object(map) if depth < MOST_DEPTH => {
            if map.get("href").is_some_and(Value::is_string) {
                return way(html, of);
            }
            *html += "<dl>\n";
            for (name, inside) in map {
                let _ = write!(html, "<dt>{}</dt><dd>", escape(name));
                value(html, inside, depth + 1);
                *html += "</dd>\n";
            }
            *html += "</dl>\n";
        }
        Value::Array(list) if depth < MOST_DEPTH && list.iter().any(Value::is_object) => {
            *html += "<ul>\n";
            for inside in list {
                *html += "<li>";
                value(html, inside, depth + 1);
                *html += "</li>\n";
            }
            *html += "</ul>\n";
        }
        other => *html += &escape(&text_of(other)),
    }
}

fn way(html: &mut String, link: &Value) {
    let text = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or("");
    let href = text("href");
    if !(href.starts_with("http://") || href.starts_with("https://")) {
        *html += &escape(href);
        return;
    }
    let shown = if text("title").is_empty() { href } else { text("title") };
    let _ = write!(
        html,
        "<a rel=\"{}\" type=\"{}\" href=\"{}\">{}</a> ({} {})",
        escape(text("rel")),
        escape(text("type")),
        escape(href),
        escape(shown),
        escape(text("rel")),
        escape(text("type"))
    );
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}
