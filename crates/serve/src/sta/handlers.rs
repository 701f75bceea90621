//! The service's root and every resource below it.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use standards::sta::{Options, Tail, parse_path, service_root};

use super::node::{Node, Set};
use super::resolve::{Context, Target};
use super::{ROOT, answer, encode, params, reach};
use crate::App;
use crate::http::{Answer, Caller, Links, Problem, RequestLang};

pub(super) async fn root(links: Links) -> Json<Value> {
    Json(service_root(&links.path(ROOT)))
}

pub(super) async fn resource(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let path = parse_path(&path)?;
    let options = params::options(query.as_deref(), &path)?;
    let world = reach::world(&app, &principal, &path, &options).await?;
    let ctx = Context::new(app, world, links, lang);
    match (ctx.resolve(&path).await?, &path.tail) {
        (Target::One(node), Tail::Whole) => {
            Ok(Json(answer::entity_document(&ctx, &node, &options).await?).into_response())
        }
        (Target::Many(set), Tail::Whole) => {
            let document = answer::set_document(&ctx, set, &options, &format!("{ROOT}/{path}")).await?;
            Ok(Json(document).into_response())
        }
        (Target::One(node), Tail::Ref) => Ok(Json(reference(&ctx, &node)).into_response()),
        (Target::Many(set), Tail::Ref) => references(&ctx, set, &options).await,
        (Target::One(node), Tail::Property(names)) => property(&ctx, &node, names),
        (Target::One(node), Tail::Value(names)) => value(&ctx, &node, names),
        // The parser lets a property follow one entity only.
        (Target::Many(_), Tail::Property(_) | Tail::Value(_)) => Err(Problem::not_found(&path.to_string())),
    }
}

fn reference(ctx: &Context, node: &Node) -> Value {
    json!({"@iot.selfLink": ctx.self_link(node)})
}

async fn references(ctx: &Context, set: Set, options: &Options) -> Answer<Response> {
    let page = answer::page(ctx, set, options).await?;
    let links: Vec<Value> = page.nodes.iter().map(|node| reference(ctx, node)).collect();
    Ok(Json(json!({"value": links})).into_response())
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

fn found(ctx: &Context, node: &Node, names: &[String]) -> Answer<Value> {
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
