//! The service's root and every resource below it.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use model::Lang;
use policy::Principal;
use serde_json::{Map, Value, json};
use standards::sta::{Document, Tail, parse_path, service_root};

use super::node::Node;
use super::params::Asked;
use super::resolve::{Context, Target};
use super::{ROOT, answer, encode, params, reach, said};
use crate::App;
use crate::http::{Answer, Caller, Links, Problem, RequestLang, tagged, tagged_but_for};

pub(super) async fn root(State(app): State<App>, links: Links) -> Json<Value> {
    let root = links.path("/mqtt");
    // The same connections come through the HTTP port, in TLS where that is.
    let web = root.strip_prefix("http").map(|rest| format!("ws{rest}"));
    let own = app.mqtt().map(|port| format!("mqtt://{}:{port}", links.host()));
    let endpoints: Vec<String> =
        own.into_iter().flat_map(|own| [own].into_iter().chain(web.clone())).collect();
    Json(service_root(&links.path(ROOT), &endpoints))
}

pub(super) async fn resource(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer<Response> {
    read(&Reader { app, principal, links, lang }, &path, query.as_deref(), &headers).await
}

/// Who reads, and how.
pub(super) struct Reader {
    pub(super) app: App,
    pub(super) principal: Principal,
    pub(super) links: Links,
    pub(super) lang: Lang,
}

/// Answers a path below the service's root.
pub(super) async fn read(
    reader: &Reader,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Answer<Response> {
    let path = parse_path(path)?;
    let Asked { options, at, as_of } = params::asked(query, &path, Utc::now())?;
    let world = reach::world(&reader.app, &reader.principal, &path, &options, at).await?;
    let ctx = Context::new(reader.app.clone(), world, reader.links.clone(), reader.lang, (at, as_of));
    match (ctx.resolve(&path).await?, &path.tail) {
        (Target::One(node), Tail::Whole) => {
            document(&ctx, headers, answer::entity_document(&ctx, &node, &options).await?).await
        }
        (Target::Many(set), Tail::Whole) => {
            let path = format!("{ROOT}/{path}");
            document(&ctx, headers, answer::set_document(&ctx, set, &options, &path).await?).await
        }
        (Target::One(node), Tail::Ref) => {
            let reference = Map::from_iter([("@iot.selfLink".to_owned(), ctx.self_link(&node).into())]);
            document(&ctx, headers, reference.into()).await
        }
        (Target::Many(set), Tail::Ref) => {
            let page = answer::page(&ctx, set, &options).await?;
            let mut references = answer::notes(&ctx, &page, &options, &format!("{ROOT}/{path}"));
            let links = page.nodes.iter().map(|node| json!({"@iot.selfLink": ctx.self_link(node)}));
            references.insert("value".to_owned(), links.collect());
            document(&ctx, headers, references.into()).await
        }
        (Target::One(node), Tail::Property(names)) => {
            said::read(&ctx, std::slice::from_ref(&node)).await?;
            property(&ctx, &node, names)
        }
        (Target::One(node), Tail::Value(names)) => {
            said::read(&ctx, std::slice::from_ref(&node)).await?;
            value(&ctx, &node, names)
        }
        // The parser lets a property follow one entity only.
        (Target::Many(_), Tail::Property(_) | Tail::Value(_)) => Err(Problem::not_found(&path.to_string())),
    }
}

/// A document with its tag, and the version where it is of one.
async fn document(ctx: &Context, headers: &HeaderMap, document: Document) -> Answer<Response> {
    let body = document.into_bytes();
    let mut response = match ctx.pinned_at() {
        Some(instant) => tagged_but_for(headers, "application/json", body, &instant),
        None => tagged(headers, "application/json", body),
    };
    let versions = ctx.versions();
    if let (1, Some(version)) = (versions.len(), versions.values().next()) {
        response.headers_mut().insert("cuulong-version", HeaderValue::from(version.0));
    }
    Ok(response)
}

/// A property as a document; one without a value has no content (18-088 §9.2.5).
fn property(ctx: &Context, node: &Node, names: &[String]) -> Answer<Response> {
    match found(ctx, node, names)? {
        Value::Null => Ok(StatusCode::NO_CONTENT.into_response()),
        value => {
            let name = names.last().cloned().unwrap_or_default();
            Ok(Json(Map::from_iter([(name, value)])).into_response())
        }
    }
}

/// A property's value alone: text as it is, anything else as JSON.
fn value(ctx: &Context, node: &Node, names: &[String]) -> Answer<Response> {
    Ok(match found(ctx, node, names)? {
        Value::Null => StatusCode::NO_CONTENT.into_response(),
        Value::String(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        value => Json(value).into_response(),
    })
}

pub(super) fn found(ctx: &Context, node: &Node, names: &[String]) -> Answer<Value> {
    let mut at = Value::Object(encode::body(ctx, node));
    for name in names {
        // Absent and known to the standard is null; below `properties`, absent is not there.
        at = match at.get_mut(name) {
            Some(value) => value.take(),
            None if names.len() == 1 => Value::Null,
            None => return Err(Problem::not_found(&names.join("/"))),
        };
    }
    Ok(at)
}
