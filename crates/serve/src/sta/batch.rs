//! Several requests in one (`$batch`), as JSON after OData 4.01 §11.7 and as other SensorThings services
//! take them: one after the other, each with an answer of its own.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::Json;
use axum::body::to_bytes;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::handlers::{Reader, read};
use super::{ROOT, write};
use crate::http::{Answer, Problem, ProblemKind};

/// The most requests of one batch.
const MOST_REQUESTS: usize = 1_000;
/// Bytes of all answers together; what comes after is not done.
const MOST_BYTES: usize = 32 << 20;
/// How deep a body may be nested in which ids of earlier requests are put in.
const MAX_DEPTH: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    id: PartId,
    method: String,
    url: String,
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default, rename = "atomicityGroup")]
    group: Option<String>,
    #[serde(default, rename = "headers")]
    _headers: Map<String, Value>,
}

/// The sender's name of a request: a text, which some write as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum PartId {
    Text(String),
    Number(i64),
}

impl PartId {
    fn text(self) -> String {
        match self {
            PartId::Text(text) => text,
            PartId::Number(number) => number.to_string(),
        }
    }
}

/// What an earlier request made: its id, and its path below the service's root.
struct Made {
    id: Value,
    path: String,
}

/// Answers a batch.
pub(super) async fn answer(reader: &Reader, headers: &HeaderMap, body: &[u8]) -> Answer<Response> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if media_type.split(';').next().is_some_and(|media_type| media_type.trim().starts_with("multipart/")) {
        let why = "a batch is JSON here: send `{\"requests\": […]}` as application/json";
        return Err(Problem::text(ProblemKind::NotSupported, why));
    }
    let batch: Batch =
        serde_json::from_slice(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    if batch.requests.len() > MOST_REQUESTS {
        let why = format!("a batch has at most {MOST_REQUESTS} requests: send them in parts");
        return Err(Problem::text(ProblemKind::TooLarge, why));
    }
    let mut made: HashMap<String, Made> = HashMap::new();
    let mut responses = Vec::with_capacity(batch.requests.len());
    let mut left = MOST_BYTES;
    for part in batch.requests {
        let Part { id, method, url, body, group, .. } = part;
        let id = id.text();
        let answer = if left == 0 {
            Err(Problem::text(ProblemKind::TooLarge, "the answers before were too long: send it again"))
        } else if group.is_some() {
            // Nothing takes back what another commit made known.
            let why = "requests of a batch are done each for itself: leave `atomicityGroup` out";
            Err(Problem::text(ProblemKind::NotSupported, why))
        } else {
            one(reader, &method, &url, body, &made).await
        };
        let answer = match answer {
            Ok(answer) => taken(answer, &mut left).await,
            Err(problem) => Err(problem),
        };
        let mut document = match answer {
            Ok(document) => document,
            Err(problem) => {
                let status = problem.kind.status().as_u16();
                Map::from_iter([
                    ("status".to_owned(), status.into()),
                    ("body".to_owned(), problem.document(reader.lang, None)),
                ])
            }
        };
        if let Some(location) = document.get("location").and_then(Value::as_str) {
            let own = document.get("body").and_then(|body| body.get("@iot.id")).cloned();
            let path = below_root(reader, location).to_owned();
            made.insert(id.clone(), Made { id: own.unwrap_or_default(), path });
        }
        document.insert("id".to_owned(), id.into());
        responses.push(Value::Object(document));
    }
    Ok(Json(json!({ "responses": responses })).into_response())
}

/// Does one request of a batch.
async fn one(
    reader: &Reader,
    method: &str,
    url: &str,
    body: Option<Box<RawValue>>,
    made: &HashMap<String, Made>,
) -> Answer<Response> {
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
        .map_err(|_| Problem::parameter("method", format!("`{}` is no method", method.escape_default())))?;
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let path = below_root(reader, path);
    let path = match path.strip_prefix('$').map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
        Some((name, rest)) if made.contains_key(name) => format!("{}/{rest}", made[name].path),
        _ => path.to_owned(),
    };
    let path = decoded(&path).ok_or_else(|| Problem::not_found(url))?;
    if matches!(path.trim_end_matches('/'), "$batch" | "") {
        return Err(Problem::new(ProblemKind::MethodNotAllowed));
    }
    if method == Method::GET {
        return read(reader, &path, query, &HeaderMap::new()).await;
    }
    let body = body.as_deref().map_or("", RawValue::get);
    // Digits of results are kept as they were sent, so that only what names others is read here.
    let body = if body.contains("\"$") {
        let mut value: Value =
            serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
        put_in(&mut value, made, 0)?;
        Cow::Owned(value.to_string())
    } else {
        Cow::Borrowed(body)
    };
    Box::pin(write::write(reader, &method, &path, &body)).await
}

/// An answer as a part of the batch's.
async fn taken(answer: Response, left: &mut usize) -> Answer<Map<String, Value>> {
    let (parts, body) = answer.into_parts();
    let too_long =
        |_| Problem::text(ProblemKind::TooLarge, "the answer is too long for a batch: ask for it alone");
    let body = to_bytes(body, *left).await.map_err(too_long)?;
    *left -= body.len();
    let mut document = Map::from_iter([("status".to_owned(), parts.status.as_u16().into())]);
    if let Some(location) = parts.headers.get(header::LOCATION).and_then(|location| location.to_str().ok()) {
        document.insert("location".to_owned(), location.into());
    }
    if !body.is_empty() && parts.status != StatusCode::NO_CONTENT {
        let text = || Value::from(String::from_utf8_lossy(&body).into_owned());
        document.insert("body".to_owned(), serde_json::from_slice(&body).unwrap_or_else(|_| text()));
    }
    Ok(document)
}

/// Puts the ids of what earlier requests made in place of their names: `{"@iot.id": "$name"}`.
fn put_in(body: &mut Value, made: &HashMap<String, Made>, depth: usize) -> Answer<()> {
    if depth > MAX_DEPTH {
        return Err(Problem::text(ProblemKind::InvalidBody, format!("it is nested deeper than {MAX_DEPTH}")));
    }
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                let reference =
                    value.as_str().filter(|_| name == "@iot.id").and_then(|text| text.strip_prefix('$'));
                if let Some(made) = reference.and_then(|name| made.get(name)) {
                    *value = made.id.clone();
                } else {
                    put_in(value, made, depth + 1)?;
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                put_in(value, made, depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A URL's path below the service's root, however the sender wrote it.
fn below_root<'u>(reader: &Reader, url: &'u str) -> &'u str {
    let absolute = reader.links.path(ROOT);
    let rest = url.strip_prefix(&absolute).or_else(|| url.strip_prefix(ROOT)).unwrap_or(url);
    rest.trim_start_matches('/')
}

/// Text without percent signs; nothing when they do not spell UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if *first == b'%' {
            let digits = others.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &others[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
