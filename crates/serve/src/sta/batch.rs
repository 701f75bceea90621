//! Several requests in one (`$batch`, 18-088 §11): as `multipart/mixed`, and as JSON after OData 4.01
//! §11.7. One after the other, each with an answer of its own; change sets as a whole, or not at all.

mod multipart;

use std::borrow::Cow;
use std::collections::HashMap;

use axum::Json;
use axum::body::to_bytes;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use wording::told;

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

/// A request of a batch.
pub(super) struct Asked {
    /// The sender's name of it.
    id: Option<String>,
    method: String,
    url: String,
    body: String,
}

/// What is done at a time.
enum Unit {
    /// One request.
    Alone(Asked),
    /// Several, of which all are done or none.
    Together(Vec<Asked>),
}

/// What an earlier request made: its id, and its path below the service's root.
#[derive(Clone)]
struct Made {
    id: Value,
    path: String,
}

/// Answers a batch.
pub(super) async fn answer(reader: &Reader, headers: &HeaderMap, body: &[u8]) -> Answer<Response> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_multipart = media_type.trim_start().to_ascii_lowercase().starts_with("multipart/");
    let mut run = Run { reader, made: HashMap::new(), left: MOST_BYTES };
    if is_multipart {
        let body =
            std::str::from_utf8(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
        let units = multipart::read(body, &multipart::boundary(media_type)?)?;
        let mut answers = Vec::with_capacity(units.len());
        for unit in units {
            answers.push(run.in_parts(unit).await);
        }
        return multipart::write(&answers).map(IntoResponse::into_response);
    }
    let mut responses = Vec::new();
    for unit in units_of(body)? {
        run.in_json(unit, &mut responses).await;
    }
    Ok(Json(json!({ "responses": responses })).into_response())
}

/// The requests of a batch in JSON; those that follow one another in a group of one name are done
/// together.
fn units_of(body: &[u8]) -> Answer<Vec<Unit>> {
    let batch: Batch =
        serde_json::from_slice(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    if batch.requests.len() > MOST_REQUESTS {
        let why = told!(
            "serve-batch-most-requests-send-them-parts",
            "a batch has at most {most_requests} requests: send them in parts",
            most_requests = MOST_REQUESTS
        );
        return Err(Problem::text(ProblemKind::TooLarge, why));
    }
    let mut units = Vec::with_capacity(batch.requests.len());
    let mut last: Option<String> = None;
    for part in batch.requests {
        let Part { id, method, url, body, group, .. } = part;
        let body = body.map_or_else(String::new, |body| body.get().to_owned());
        let asked = Asked { id: Some(id.text()), method, url, body };
        match (&group, units.last_mut()) {
            (Some(_), Some(Unit::Together(requests))) if group == last => requests.push(asked),
            (Some(_), _) => units.push(Unit::Together(vec![asked])),
            (None, _) => units.push(Unit::Alone(asked)),
        }
        last = group;
    }
    Ok(units)
}

/// A batch under way.
struct Run<'r> {
    reader: &'r Reader,
    made: HashMap<String, Made>,
    /// Bytes that the answers may still have.
    left: usize,
}

/// An answer with its body.
struct Taken {
    status: StatusCode,
    location: Option<String>,
    media_type: String,
    body: Vec<u8>,
}

impl Run<'_> {
    /// Does what belongs together; the answers come in order, or one problem for all.
    async fn unit(&mut self, unit: &Unit) -> Result<Vec<Taken>, Problem> {
        if self.left == 0 {
            let why = told!(
                "serve-answers-before-were-too-long-send-again",
                "the answers before were too long: send it again"
            );
            return Err(Problem::text(ProblemKind::TooLarge, why));
        }
        match unit {
            Unit::Alone(asked) => {
                let answer = one(self.reader, asked, &self.made).await?;
                let taken = self.taken(answer).await?;
                self.remember(asked, &taken);
                Ok(vec![taken])
            }
            Unit::Together(requests) => {
                let mut all = Vec::with_capacity(requests.len());
                for (asked, answer) in requests.iter().zip(together(self.reader, requests, &self.made).await?)
                {
                    let taken = self.taken(answer).await?;
                    self.remember(asked, &taken);
                    all.push(taken);
                }
                Ok(all)
            }
        }
    }

    /// Remembers what was made, so that later requests can name it.
    fn remember(&mut self, asked: &Asked, taken: &Taken) {
        let (Some(name), Some(location)) = (&asked.id, &taken.location) else { return };
        let document: Value = serde_json::from_slice(&taken.body).unwrap_or_default();
        let own = document.get("@iot.id").cloned().unwrap_or_default();
        let path = below_root(self.reader, location).to_owned();
        self.made.insert(name.clone(), Made { id: own, path });
    }

    async fn taken(&mut self, answer: Response) -> Answer<Taken> {
        let (parts, body) = answer.into_parts();
        let too_long = |_| {
            Problem::text(
                ProblemKind::TooLarge,
                told!(
                    "serve-answer-too-long-batch-ask-alone",
                    "the answer is too long for a batch: ask for it alone"
                ),
            )
        };
        let body = to_bytes(body, self.left).await.map_err(too_long)?;
        self.left -= body.len();
        let text = |name: header::HeaderName| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let body = if parts.status == StatusCode::NO_CONTENT { Vec::new() } else { body.to_vec() };
        Ok(Taken {
            status: parts.status,
            location: text(header::LOCATION),
            media_type: text(header::CONTENT_TYPE).unwrap_or_else(|| "application/json".to_owned()),
            body,
        })
    }

    async fn in_json(&mut self, unit: Unit, responses: &mut Vec<Value>) {
        let outcome = self.unit(&unit).await;
        let requests = match unit {
            Unit::Alone(asked) => vec![asked],
            Unit::Together(requests) => requests,
        };
        match outcome {
            Ok(all) => {
                for (asked, taken) in requests.iter().zip(all) {
                    let mut document = Map::from_iter([("status".to_owned(), taken.status.as_u16().into())]);
                    if let Some(location) = taken.location {
                        document.insert("location".to_owned(), location.into());
                    }
                    if !taken.body.is_empty() {
                        let text = || Value::from(String::from_utf8_lossy(&taken.body).into_owned());
                        let body = serde_json::from_slice(&taken.body).unwrap_or_else(|_| text());
                        document.insert("body".to_owned(), body);
                    }
                    responses.push(named(document, asked));
                }
            }
            Err(problem) => {
                for (at, asked) in requests.iter().enumerate() {
                    // Of what is done together the first tells why, the others that it was not done.
                    let status = if at == 0 { problem.kind.status() } else { StatusCode::FAILED_DEPENDENCY };
                    let mut document = Map::from_iter([("status".to_owned(), status.as_u16().into())]);
                    if at == 0 {
                        document.insert("body".to_owned(), problem.document(self.reader.lang, None));
                    }
                    responses.push(named(document, asked));
                }
            }
        }
    }

    async fn in_parts(&mut self, unit: Unit) -> multipart::Answers {
        let outcome = self.unit(&unit).await;
        let answered = |asked: &Asked, taken: Taken| {
            let Taken { status, location, media_type, body } = taken;
            multipart::Answered { id: asked.id.clone(), status, location, media_type, body }
        };
        match (unit, outcome) {
            (Unit::Together(requests), Ok(all)) => multipart::Answers::Together(
                requests.iter().zip(all).map(|(asked, taken)| answered(asked, taken)).collect(),
            ),
            (Unit::Alone(asked), Ok(all)) => {
                let taken = all.into_iter().next();
                multipart::Answers::Alone(match taken {
                    Some(taken) => answered(&asked, taken),
                    None => self.refused(asked.id, &Problem::new(ProblemKind::Internal)),
                })
            }
            // A change set that was not done has one answer (OData 4.0 §11.7.4).
            (Unit::Together(_), Err(problem)) => multipart::Answers::Alone(self.refused(None, &problem)),
            (Unit::Alone(asked), Err(problem)) => multipart::Answers::Alone(self.refused(asked.id, &problem)),
        }
    }

    fn refused(&self, id: Option<String>, problem: &Problem) -> multipart::Answered {
        multipart::Answered {
            id,
            status: problem.kind.status(),
            location: None,
            media_type: "application/problem+json".to_owned(),
            body: problem.document(self.reader.lang, None).to_string().into_bytes(),
        }
    }
}

fn named(mut document: Map<String, Value>, asked: &Asked) -> Value {
    document.insert("id".to_owned(), asked.id.clone().unwrap_or_default().into());
    Value::Object(document)
}

/// Does requests of which all are done or none. Only what creates can be done so: nothing takes back a
/// change that others have seen.
async fn together(
    reader: &Reader,
    requests: &[Asked],
    made: &HashMap<String, Made>,
) -> Answer<Vec<Response>> {
    let mut made = made.clone();
    let mut group = write::Group::new(reader);
    for asked in requests {
        if !asked.method.eq_ignore_ascii_case("POST") {
            let why = told!(
                "serve-only-what-creates-can-done-together-send",
                "only what creates can be done together: send it by itself"
            );
            return Err(Problem::text(ProblemKind::NotSupported, why).at(&asked.url));
        }
        let (path, _) = path_of(reader, &asked.url, &made)?;
        let body = with_ids(&asked.body, &made)?;
        let planned = group.plan(&path, &body).await?;
        if let (Some(name), Some((id, path))) = (&asked.id, planned) {
            made.insert(name.clone(), Made { id, path });
        }
    }
    group.carry_out().await
}

/// Does one request of a batch.
async fn one(reader: &Reader, asked: &Asked, made: &HashMap<String, Made>) -> Answer<Response> {
    let Asked { method, url, body, .. } = asked;
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).map_err(|_| {
        Problem::parameter(
            "method",
            told!("serve-no-method", "`{method}` is no method", method = method.escape_default()),
        )
    })?;
    let (path, query) = path_of(reader, url, made)?;
    if method == Method::GET {
        return read(reader, &path, query, &HeaderMap::new()).await;
    }
    let body = with_ids(body, made)?;
    Box::pin(write::write(reader, &method, &path, &body)).await
}

/// A URL as a path below the service's root and a query; `$name` begins with what an earlier request made.
fn path_of<'u>(
    reader: &Reader,
    url: &'u str,
    made: &HashMap<String, Made>,
) -> Answer<(String, Option<&'u str>)> {
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
    Ok((path, query))
}

/// A body with the ids of what earlier requests made.
fn with_ids<'b>(body: &'b str, made: &HashMap<String, Made>) -> Answer<Cow<'b, str>> {
    // Digits of results are kept as they were sent, so that only what names others is read here.
    if !body.contains("\"$") {
        return Ok(Cow::Borrowed(body));
    }
    let mut value: Value =
        serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    put_in(&mut value, made, 0)?;
    Ok(Cow::Owned(value.to_string()))
}

/// Puts the ids of what earlier requests made in place of their names: `{"@iot.id": "$name"}`.
fn put_in(body: &mut Value, made: &HashMap<String, Made>, depth: usize) -> Answer<()> {
    if depth > MAX_DEPTH {
        return Err(Problem::text(
            ProblemKind::InvalidBody,
            told!("serve-nested-deeper-than", "it is nested deeper than {max_depth}", max_depth = MAX_DEPTH),
        ));
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
pub(super) fn decoded(text: &str) -> Option<String> {
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
