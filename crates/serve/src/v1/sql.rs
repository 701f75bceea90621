//! SQL over everything that the caller may read.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use policy::Principal;
use query::{Parameter, Sql};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use wording::{Told, told};

use crate::App;
use crate::http::encode::{self, RowFormat};
use crate::http::{Answer, Body, Caller, Params, Problem};

/// A query.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// One SELECT statement.
    sql: String,
    /// Read every dataset as it was known at this time.
    as_known_at: Option<String>,
    /// json, csv, arrow or parquet.
    format: Option<String>,
    /// The most rows wanted; `truncated` tells whether there were more.
    max_rows: Option<usize>,
    /// The values of `$1`, `$2`, … in their order, as a JSON array: numbers, texts, true, false, null,
    /// and lists of these (`place = ANY ($1)`). A text beside a number or a time is read as one.
    #[serde(default, deserialize_with = "parameters")]
    #[param(value_type = Option<String>, example = "[4.0, \"station:cau_noi\"]")]
    #[schema(value_type = Option<Vec<Value>>)]
    parameters: Vec<Parameter>,
}

/// An array of values; in an address, as a text that is one.
fn parameters<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Parameter>, D::Error> {
    let values = match Value::deserialize(from)? {
        Value::Array(values) => values,
        Value::Null => Vec::new(),
        Value::String(text) => serde_json::from_str(&text)
            .map_err(|error| D::Error::custom(format!("`parameters` is no JSON array: {error}")))?,
        _ => return Err(D::Error::custom("`parameters` is a JSON array of values")),
    };
    values.into_iter().map(parameter).collect::<Result<_, _>>().map_err(D::Error::custom)
}

fn parameter(value: Value) -> Result<Parameter, Told> {
    Ok(match value {
        Value::Null => Parameter::Null,
        Value::Bool(truth) => Parameter::Boolean(truth),
        Value::String(text) => Parameter::Text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Parameter::Integer(whole),
            (None, Some(float)) => Parameter::Float(float),
            (None, None) => {
                return Err(told!(
                    "serve-no-number-taken",
                    "`{number}` is no number that is taken",
                    number = number
                ));
            }
        },
        Value::Array(items) if !items.iter().any(|item| item.is_array() || item.is_object()) => {
            Parameter::List(items.into_iter().map(parameter).collect::<Result<_, _>>()?)
        }
        Value::Array(_) | Value::Object(_) => {
            return Err(told!(
                "serve-parameter-number-text-true-false-null",
                "a parameter is a number, a text, true, false, null or a list of these"
            ));
        }
    })
}

/// Runs a query given in the address. The tag of few rows tells what was read and who may read it: read as
/// it was known at a time, it stays.
#[utoipa::path(get, path = "/v1/sql", tag = "sql", params(Query),
    responses((status = 200, body = Object), (status = 304), (status = 400), (status = 422)))]
pub async fn get(
    State(app): State<App>,
    Caller(principal): Caller,
    headers: HeaderMap,
    Params(query): Params<Query>,
) -> Answer<Response> {
    answer(&app, &principal, &headers, query).await
}

/// Runs a query given as JSON.
#[utoipa::path(post, path = "/v1/sql", tag = "sql", request_body = Query,
    responses((status = 200, body = Object), (status = 400), (status = 422)))]
pub async fn post(
    State(app): State<App>,
    Caller(principal): Caller,
    headers: HeaderMap,
    Body(query): Body<Query>,
) -> Answer<Response> {
    answer(&app, &principal, &headers, query).await
}

async fn answer(app: &App, principal: &Principal, headers: &HeaderMap, query: Query) -> Answer<Response> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = RowFormat::choose(query.format.as_deref(), accept)?;
    let as_known_at = instant(query.as_known_at.as_deref(), "as_known_at")?;
    let request =
        Sql { as_known_at, max_rows: query.max_rows, parameters: query.parameters, ..Sql::new(query.sql) };
    let answer = app.engine.sql(principal, request).await?;
    let versions: serde_json::Map<String, serde_json::Value> =
        answer.datasets.iter().map(|(dataset, version)| (dataset.to_string(), version.0.into())).collect();
    let columns: Vec<_> = answer
        .schema
        .fields()
        .iter()
        .map(|field| json!({ "name": field.name(), "type": field.data_type().to_string() }))
        .collect();
    let versions = json!(versions).to_string();
    // A query that fails on its first rows fails as a whole, with a problem and not a torn answer; few rows
    // are given whole, with a tag. Asked again after its end below: a stream that has ended stays ended.
    let mut batches = answer.batches.fuse();
    let (mut first, mut count) = (Vec::new(), 0);
    let is_whole = loop {
        let Some(batch) = batches.next().await.transpose()? else { break count <= encode::SMALL_ROWS };
        count += batch.num_rows();
        first.push(Ok(batch));
        if count > encode::SMALL_ROWS {
            break false;
        }
    };
    let rows = futures::stream::iter(first).chain(batches.map_err(Problem::from)).boxed();
    let prologue = format!("{{\"versions\":{versions},\"columns\":{},\"rows\":", json!(columns));
    let truncated = answer.truncated;
    let epilogue = move || format!(",\"truncated\":{}}}", truncated.get());
    let mut response = encode::rows(format, answer.schema, rows, prologue, epilogue);
    if is_whole {
        response = encode::at_once(response).await?;
    }
    if let Ok(value) = HeaderValue::from_str(&versions) {
        response.headers_mut().insert("cuulong-versions", value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Reads an instant from a parameter.
pub fn instant(text: Option<&str>, name: &str) -> Answer<Option<DateTime<Utc>>> {
    text.map(model::parse_instant).transpose().map_err(|error| Problem::parameter(name, error))
}
