//! Writing observations: one, a list, or lines, of which those that are right are kept.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use intake::{MAX_OBSERVATIONS, NewObservation, Outcome, Refused};
use model::{DatastreamId, Lang};
use policy::Purpose;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use wording::told;

use super::datasets::dataset_id;
use crate::App;
use crate::http::{Answer, Caller, Problem, ProblemKind, RequestLang};

/// Bytes of one request.
pub(super) const MAX_BYTES: usize = 16 << 20;
/// The longest idempotency key.
const MAX_KEY: usize = 200;

/// An observation to be written: `place` and `property`, or a `datastream`; `time`; and `value` or
/// `text`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewObservationDocument)]
pub struct NewObservationDocument<'a> {
    /// The datastream; then neither place, property, statistic, period, procedure nor datum.
    datastream: Option<i64>,
    /// The place: an id with its scheme, or a name that means one place.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, example = "station:cau_noi")]
    place: Option<Cow<'a, str>>,
    /// The property: a code or a name.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, example = "salinity")]
    property: Option<Cow<'a, str>>,
    /// The instant, or the beginning of the period: ISO 8601; without a zone, Vietnam's.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, example = "2026-02-03T07:00:00+07:00")]
    time: Option<Cow<'a, str>>,
    /// The end of the period, where it is not the period's own.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    end: Option<Cow<'a, str>>,
    /// The number.
    #[serde(borrow)]
    #[schema(value_type = Option<f64>, example = 4.2)]
    value: Option<&'a RawValue>,
    /// The text, of what has no number.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    text: Option<Cow<'a, str>>,
    /// The unit of the number, UCUM; the property's when absent.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    unit: Option<Cow<'a, str>>,
    /// instant, mean, max, min, total or count; the property's usual one when absent.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    statistic: Option<Cow<'a, str>>,
    /// The period, e.g. `P1D`; none when absent.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    period: Option<Cow<'a, str>>,
    /// How the value was made.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    procedure: Option<Cow<'a, str>>,
    /// The vertical datum of a height.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    datum: Option<Cow<'a, str>>,
    /// The sender's own QARTOD flag: 1, 2, 3, 4 or 9.
    quality: Option<i64>,
}

impl NewObservationDocument<'_> {
    fn as_new<'s>(&'s self, received: &'s str) -> NewObservation<'s> {
        NewObservation {
            datastream: self.datastream.map(DatastreamId),
            place: self.place.as_deref(),
            property: self.property.as_deref(),
            time: self.time.as_deref(),
            end: self.end.as_deref(),
            value: self.value.map(RawValue::get),
            text: self.text.as_deref(),
            unit: self.unit.as_deref(),
            statistic: self.statistic.as_deref(),
            period: self.period.as_deref(),
            procedure: self.procedure.as_deref(),
            datum: self.datum.as_deref(),
            quality: self.quality,
            received,
        }
    }
}

/// What became of the observations of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenDocument {
    /// How many are kept; they are durable.
    pub accepted: usize,
    /// How many are not.
    pub refused: usize,
    /// Each of them, in the order in which they were sent.
    pub results: Vec<WrittenResult>,
}

/// What became of one observation.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenResult {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Whether it is kept.
    pub accepted: bool,
    /// Its datastream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datastream: Option<i64>,
    /// Its time as it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phenomenon_time: Option<DateTime<Utc>>,
    /// Of one that is refused, the field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// The reason, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The reason as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl WrittenResult {
    fn new(index: usize, outcome: &Outcome, lang: Lang) -> WrittenResult {
        let mut result = WrittenResult {
            index,
            accepted: outcome.is_ok(),
            datastream: None,
            phenomenon_time: None,
            field: None,
            reason: None,
            message: None,
            hint: None,
        };
        match outcome {
            Ok(accepted) => {
                result.datastream = Some(accepted.datastream.0);
                result.phenomenon_time = Some(accepted.time);
            }
            Err(refused) => {
                let (message, hint) = intake::refusal_message(refused, lang);
                result.field = Some(refused.field).filter(|field| !field.is_empty());
                result.reason = Some(refused.code);
                result.message = Some(message);
                result.hint = Some(hint);
            }
        }
        result
    }
}

/// Writes observations: one object, a list, `{"observations": […]}`, or lines of JSON
/// (`application/x-ndjson`), at most 10 000. Those that are right are durable when the answer comes,
/// and every reader finds them; those that are wrong are listed with the reason. The same value again
/// changes nothing, another value for the same time is a correction. With the header
/// `Idempotency-Key`, the same request again within ten minutes gets the same answer.
#[utoipa::path(post, path = "/v1/datasets/{id}/observations", tag = "observations",
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Chosen by the sender, once for each thing to be written")),
    request_body(content((NewObservationDocument = "application/json"), (String = "application/x-ndjson"))),
    security(("key" = [])),
    responses((status = 201, body = WrittenDocument), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 413), (status = 422), (status = 503)))]
pub async fn write(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    let id = dataset_id(&id)?;
    let now = Utc::now();
    let permit = app.catalog.authorize(&principal, &id, Purpose::Write, now).await?;
    let key = key_of(&headers)?;
    let body = std::str::from_utf8(&body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    let sent = sent(body, &headers)?;
    let right: Vec<NewObservation<'_>> =
        sent.iter().filter_map(|(raw, document)| Some(document.as_ref().ok()?.as_new(raw))).collect();
    let outcomes = app.intake.observe(&permit, &right, key, now).await?;
    let mut outcomes = outcomes.iter();
    let mut results = Vec::with_capacity(sent.len());
    for (index, (_, document)) in sent.iter().enumerate() {
        let outcome = match document {
            Err(refused) => &Err(refused.clone()),
            Ok(_) => outcomes.next().ok_or_else(|| Problem::new(ProblemKind::Internal))?,
        };
        results.push(WrittenResult::new(index, outcome, lang));
    }
    let accepted = results.iter().filter(|result| result.accepted).count();
    let written = WrittenDocument { accepted, refused: results.len() - accepted, results };
    if accepted > 0 || written.refused == 0 {
        return Ok((StatusCode::CREATED, Json(written)).into_response());
    }
    Ok(all_refused(&written, lang))
}

/// Nothing was kept: a problem document that lists why.
fn all_refused(written: &WrittenDocument, lang: Lang) -> Response {
    let kind = ProblemKind::RefusedObservations;
    let mut document = serde_json::json!({
        "type": format!("/problems/{}", kind.slug()),
        "title": kind.title(lang),
        "status": kind.status().as_u16(),
        "advice": kind.advice(lang),
    });
    document["accepted"] = written.accepted.into();
    document["refused"] = written.refused.into();
    document["results"] = serde_json::json!(written.results);
    let media_type = HeaderValue::from_static("application/problem+json; charset=utf-8");
    (kind.status(), [(header::CONTENT_TYPE, media_type)], document.to_string()).into_response()
}

fn key_of(headers: &HeaderMap) -> Answer<Option<&str>> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=MAX_KEY).contains(&key.len()));
    match key {
        Some(key) => Ok(Some(key)),
        None => {
            let why = told!(
                "serve-idempotency-key-1-characters-ascii",
                "an idempotency key is 1 to {max_key} characters of ASCII",
                max_key = MAX_KEY
            );
            Err(Problem::parameter("Idempotency-Key", why))
        }
    }
}

/// An observation as it was sent, and how it reads.
type Sent<'a> = (&'a str, Result<NewObservationDocument<'a>, Refused>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<'a> {
    #[serde(borrow)]
    observations: Vec<&'a RawValue>,
}

/// Takes a body apart.
fn sent<'a>(body: &'a str, headers: &HeaderMap) -> Answer<Vec<Sent<'a>>> {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = media_type.split(';').next().unwrap_or("").trim();
    let is_lines = matches!(media_type, "application/x-ndjson" | "application/ndjson" | "application/jsonl");
    if !is_lines && !media_type.ends_with("json") {
        return Err(Problem::message(ProblemKind::InvalidBody, "problem-body-not-json", vec![]));
    }
    let unreadable = |error: serde_json::Error| Problem::text(ProblemKind::InvalidBody, error);
    let body = body.trim();
    let parts: Vec<&str> = if is_lines {
        body.lines().map(str::trim).filter(|line| !line.is_empty()).take(MAX_OBSERVATIONS + 1).collect()
    } else if body.starts_with('[') {
        let parts: Vec<&RawValue> = serde_json::from_str(body).map_err(unreadable)?;
        parts.into_iter().map(RawValue::get).collect()
    } else {
        // One alone is by far the most frequent: it is read once.
        match serde_json::from_str::<NewObservationDocument<'_>>(body) {
            Ok(document) => return Ok(vec![(body, Ok(document))]),
            Err(error) => match serde_json::from_str::<Wrapped<'_>>(body) {
                Ok(wrapped) => wrapped.observations.into_iter().map(RawValue::get).collect(),
                Err(_) if error.is_data() => return Ok(vec![(body, Err(unread(body, &error)))]),
                Err(_) => return Err(unreadable(error)),
            },
        }
    };
    if parts.is_empty() {
        return Err(Problem::text(
            ProblemKind::InvalidBody,
            told!("serve-there-no-observation-body", "there is no observation in the body"),
        ));
    }
    if parts.len() > MAX_OBSERVATIONS {
        let more = told!(
            "serve-request-holds-at-most",
            "a request holds at most {most} observations: send them in parts",
            most = MAX_OBSERVATIONS
        );
        return Err(Problem::text(ProblemKind::TooLarge, more));
    }
    let read = |part: &'a str| (part, serde_json::from_str(part).map_err(|error| unread(part, &error)));
    Ok(parts.into_iter().map(read).collect())
}

/// An element that is no observation; the reason is the reader's.
fn unread(part: &str, error: &serde_json::Error) -> Refused {
    Refused {
        field: "",
        code: "not_an_observation",
        value: part.chars().take(200).collect(),
        expected: wording::reader(error).kept(),
    }
}
