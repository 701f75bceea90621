//! Reading parameters and bodies: what cannot be read is a problem that names its place.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use model::{Bbox, DatasetId, TimeRange, Version, VersionInfo};
use query::At;
use serde::de::DeserializeOwned;
use wording::{Told, told};

use super::problem::{Problem, ProblemKind};
use crate::App;

/// The query string as a struct. Parameters that the struct does not know are refused when it
/// denies unknown fields; `lang` and `f` are known to every resource.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or("");
        if query.len() > MAX_QUERY_BYTES {
            return Err(Problem::parameter(
                "?",
                told!(
                    "serve-query-string-longer-than-bytes",
                    "the query string is longer than {max_query_bytes} bytes",
                    max_query_bytes = MAX_QUERY_BYTES
                ),
            ));
        }
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name != "lang")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::parameter(
                    name,
                    told!("serve-given-twice", "`{name}` is given twice", name = name),
                ));
            }
        }
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let uri = format!("/?{encoded}")
            .parse()
            .map_err(|error: axum::http::uri::InvalidUri| Problem::parameter("?", Told::excerpt(error)))?;
        match axum::extract::Query::<T>::try_from_uri(&uri) {
            Ok(axum::extract::Query(params)) => Ok(Params(params)),
            Err(rejection) => Err(refused(&rejection.body_text())),
        }
    }
}

const MAX_QUERY_BYTES: usize = 16 * 1024;

fn refused(reason: &str) -> Problem {
    let reason = reason.trim_start_matches("Failed to deserialize query string: ");
    if let Some(rest) = reason.strip_prefix("unknown field `") {
        let name = rest.split('`').next().unwrap_or("");
        let told = wording::reader(reason.replacen("field", "parameter", 1));
        return Problem::text(ProblemKind::UnknownParameter, told).at(name);
    }
    let name = reason.split(':').next().filter(|name| !name.contains(' ')).unwrap_or("?");
    Problem::parameter(name, wording::reader(reason))
}

/// A JSON body as a struct; the error says line and column.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(';').next().is_some_and(|t| t.trim().ends_with("json")));
        if !is_json {
            return Err(Problem::message(ProblemKind::InvalidBody, "problem-body-not-json", vec![]));
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(ProblemKind::TooLarge)
            } else {
                Problem::text(ProblemKind::InvalidBody, rejection.body_text())
            }
        })?;
        serde_json::from_slice(&bytes)
            .map(Body)
            .map_err(|error| Problem::text(ProblemKind::InvalidBody, error))
    }
}

/// Reads a dataset id from a path; what is no id is not found.
pub fn dataset_id(text: &str) -> Result<DatasetId, Problem> {
    DatasetId::new(text).map_err(|_| Problem::not_found(text))
}

/// Reads `bbox=west,south,east,north` (CRS84, degrees); six numbers are taken without their heights.
pub fn bbox(text: &str) -> Result<Bbox, Problem> {
    let wrong = |why: Told| {
        Problem::parameter(
            "bbox",
            told!("serve-not-box", "`{text}` is not a box: {why}", text = text, why => why),
        )
    };
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse::<f64>().ok().filter(|number| number.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            wrong(told!(
                "serve-write-four-numbers-west-south-east-north",
                "write four numbers, `west,south,east,north`"
            ))
        })?;
    let (west, south, east, north) = match numbers[..] {
        [west, south, east, north] | [west, south, _, east, north, _] => (west, south, east, north),
        _ => {
            return Err(wrong(told!(
                "serve-write-four-numbers-west-south-east-north",
                "write four numbers, `west,south,east,north`"
            )));
        }
    };
    let is_in_range = (-180.0..=180.0).contains(&west) && (-180.0..=180.0).contains(&east);
    if west > east && is_in_range {
        return Err(wrong(told!(
            "serve-spans-antimeridian-ask-two-sides-one-after",
            "it spans the antimeridian: ask for its two sides, one after the other"
        )));
    }
    Bbox::new(west, south, east, north).ok_or_else(|| {
        wrong(told!(
            "serve-longitudes-180-180-latitudes-90-90-west",
            "longitudes are -180 to 180, latitudes -90 to 90, west ≤ east and south ≤ north"
        ))
    })
}

/// Reads `datetime=` as an instant or a range; see [`TimeRange::parse`].
pub fn datetime(text: Option<&str>) -> Result<TimeRange, Problem> {
    match text {
        None => Ok(TimeRange::ALL),
        Some(text) => TimeRange::parse(text).map_err(|error| Problem::parameter("datetime", error)),
    }
}

/// Reads `version=` or `as_known_at=`: which version of a dataset is read.
pub fn at(version: Option<u64>, known: Option<&str>) -> Result<At, Problem> {
    match (version, instant(known)?) {
        (None, None) => Ok(At::Latest),
        (Some(version), None) => Ok(At::Version(Version(version))),
        (None, Some(time)) => Ok(At::KnownAt(time)),
        (Some(_), Some(_)) => Err(Problem::parameter(
            "version",
            told!("serve-give-either-version-as-known-at", "give either `version` or `as_known_at`"),
        )),
    }
}

/// Reads `as_known_at=`.
pub fn instant(text: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
    let read = text.map(model::parse_instant).transpose();
    read.map_err(|error| Problem::parameter("as_known_at", error))
}

/// The version of a dataset that is meant; none of a dataset without data, when none is named. A version
/// that is named and is not there, or an instant before the first, is not found.
pub async fn version(app: &App, dataset: &DatasetId, at: At) -> Result<Option<VersionInfo>, Problem> {
    app.lake.settle(dataset).await?;
    let found = match at {
        At::Latest => return Ok(app.catalog.latest_version(dataset).await?),
        At::Version(number) => app.catalog.version(dataset, number).await?,
        At::KnownAt(time) => app.catalog.version_at(dataset, time).await?,
    };
    let missing = || match at {
        At::Version(number) => Problem::not_found(&format!("{dataset}@{number}")),
        _ => Problem::not_found(&format!("a version of {dataset}")),
    };
    found.map(Some).ok_or_else(missing)
}

/// Reads `limit=`: at least 1; a larger number than `most` is taken as `most`.
pub fn limit(asked: Option<i64>, default: usize, most: usize) -> Result<usize, Problem> {
    match asked {
        None => Ok(default),
        Some(number) => match usize::try_from(number) {
            Ok(number) if number >= 1 => Ok(number.min(most)),
            _ => Err(Problem::parameter(
                "limit",
                told!(
                    "serve-not-limit-write-1",
                    "`{number}` is not a limit: write 1 to {most}",
                    number = number,
                    most = most
                ),
            )),
        },
    }
}
