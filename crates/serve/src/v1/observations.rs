//! Reading observations without SQL: series, buckets that keep extremes, latest values.

use std::collections::HashMap;
use std::fmt::Write as _;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use model::{CellRef, DatasetId, Datastream, DatastreamId, PlaceId, PropertyCode, Statistic, Version};
use policy::Purpose;
use query::{At, BucketRequest, Every, LatestRequest, ObservedValue, SeriesAnswer, SeriesRequest, Streams};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::datasets::dataset_id;
use super::documents::Page;
use crate::App;
use crate::http::encode::{self, RowFormat};
use crate::http::{Answer, Caller, Links, Params, Problem, params};

/// Which values of a dataset.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SeriesParams {
    /// Only this place.
    place: Option<String>,
    /// Only this property.
    property: Option<String>,
    /// Only this datastream.
    datastream: Option<i64>,
    /// Only this statistic: instant, mean, max, min, total, count.
    statistic: Option<String>,
    /// Only this period, e.g. `P1D`, `season:dong_xuan`.
    period: Option<String>,
    /// An instant, a day, or a range `start/end` (`..` for an open end).
    datetime: Option<String>,
    /// Read this version.
    version: Option<u64>,
    /// Read as it was known at this time.
    as_known_at: Option<String>,
    /// How many at most, 1 to 100000 (1000).
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// json, csv, arrow or parquet; all but json are not paged.
    format: Option<String>,
    /// How many, 1 to 20000 (500).
    buckets: Option<i64>,
    /// Their width instead, an ISO 8601 duration: `PT1H`, `P1D`, `P1M`.
    width: Option<String>,
}

impl SeriesParams {
    fn streams(&self) -> Answer<Streams> {
        let parse = |name: &'static str| move |error: model::InvalidId| Problem::parameter(name, error);
        Ok(Streams {
            place: self.place.as_deref().map(PlaceId::new).transpose().map_err(parse("place"))?,
            property: self
                .property
                .as_deref()
                .map(PropertyCode::new)
                .transpose()
                .map_err(parse("property"))?,
            datastream: self.datastream.map(DatastreamId),
            among: None,
            statistic: match self.statistic.as_deref() {
                None => None,
                Some(text) => Some(Statistic::from_code(text).ok_or_else(|| {
                    Problem::parameter(
                        "statistic",
                        told!("serve-not-statistic", "`{text}` is not a statistic", text = text),
                    )
                })?),
            },
            period: self.period.clone(),
        })
    }

    /// Which of the parameters that not every operation uses were given.
    fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("datetime", self.datetime.is_some()),
            ("limit", self.limit.is_some()),
            ("cursor", self.cursor.is_some()),
            ("format", self.format.is_some()),
            ("buckets", self.buckets.is_some()),
            ("width", self.width.is_some()),
        ]
    }

    fn at(&self) -> Answer<At> {
        params::at(self.version, self.as_known_at.as_deref())
    }
}

/// A value.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueDocument<'a> {
    /// The datastream.
    pub datastream: i64,
    /// The place.
    pub place: &'a str,
    /// The property.
    pub property: &'a str,
    /// The unit, UCUM.
    pub unit: &'a str,
    /// The statistic.
    pub statistic: &'static str,
    /// The period.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub period: &'a str,
    /// The vertical datum of a height.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub datum: &'a str,
    /// The instant, or the beginning of the period.
    #[serde(serialize_with = "instant_of")]
    pub phenomenon_time: DateTime<Utc>,
    /// The end of the period.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "instant_or_none")]
    pub phenomenon_end: Option<DateTime<Utc>>,
    /// The number.
    pub result: Option<f64>,
    /// The text, where the result is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_text: Option<&'a str>,
    /// The QARTOD flag.
    pub quality: i8,
    /// The tests that set it, each with its flag, and what else is told of the value: `gross_range:1
    /// spike:3 source:2 approx uncertainty:0.3`. A test that is not named could not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_tests: Option<&'a str>,
    /// The run that brought it.
    pub run: &'a str,
    /// The cell of the run's file.
    #[serde(serialize_with = "a1")]
    #[schema(value_type = String)]
    pub cell: CellRef,
    /// Where this value comes from.
    pub trace: String,
}

impl<'a> ValueDocument<'a> {
    /// The document of a value of a dataset.
    pub fn new(
        dataset: &str,
        version: Option<Version>,
        stream: &'a Datastream,
        value: &'a ObservedValue,
    ) -> ValueDocument<'a> {
        let key = &stream.key;
        ValueDocument {
            datastream: stream.id.0,
            place: key.place.as_str(),
            property: key.property.as_str(),
            unit: &key.unit,
            statistic: key.statistic.code(),
            period: &key.period,
            datum: &key.datum,
            phenomenon_time: value.time,
            phenomenon_end: value.end,
            result: value.result,
            result_text: value.text.as_deref(),
            quality: value.quality.code(),
            quality_tests: value.quality_tests.as_deref(),
            run: value.run.as_str(),
            cell: value.cell,
            trace: trace_path(dataset, stream.id, value.time, version),
        }
    }
}

/// The path that tells where a value comes from, in the version in which it was read.
pub fn trace_path(
    dataset: &str,
    datastream: DatastreamId,
    time: DateTime<Utc>,
    version: Option<Version>,
) -> String {
    let mut path = String::with_capacity(112);
    // Writing to a text does not fail.
    let _ = write!(path, "/v1/trace?dataset={dataset}&datastream={datastream}&time=");
    path.push_str(&model::instant_text(time));
    if let Some(version) = version {
        let _ = write!(path, "&version={version}");
    }
    path
}

fn instant_of<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&model::instant_text(*time))
}

fn a1<S: Serializer>(cell: &CellRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&cell.a1())
}

fn instant_or_none<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => instant_of(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// Values in order of datastream and time: as pages of JSON, or whole as CSV, Arrow or Parquet.
#[utoipa::path(get, path = "/v1/datasets/{id}/observations", tag = "observations",
    params(("id" = String, Path), SeriesParams), responses((status = 200, body = Page<ValueDocument<'static>>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
    Path(id): Path<String>,
    Params(asked): Params<SeriesParams>,
) -> Answer<Response> {
    super::unused::refuse("get_datasets_id_observations", &asked.given())?;
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = RowFormat::choose(asked.format.as_deref(), accept)?;
    let mut request = SeriesRequest {
        streams: asked.streams()?,
        time: params::datetime(asked.datetime.as_deref())?,
        at: asked.at()?,
        limit: None,
        after: asked.cursor.as_deref().map(cursor).transpose()?,
        ..SeriesRequest::default()
    };
    if format != RowFormat::Json {
        let answer = app.engine.series(&permit, request).await?;
        return whole(format, answer).await;
    }
    let limit = params::limit(asked.limit, 1000, 100_000)?;
    request.limit = Some(limit + 1);
    let counted = SeriesRequest { after: None, limit: None, ..request.clone() };
    let is_first = request.after.is_none();
    let answer = app.engine.series(&permit, request).await?;
    // What fits on its first page is counted already.
    let total = match answer.rows() {
        rows if is_first && rows <= limit => rows as u64,
        _ => {
            // The same version, whatever was committed meanwhile.
            let at = answer.version.map_or(counted.at, At::Version);
            app.engine.count(&permit, SeriesRequest { at, ..counted }).await?
        }
    };
    let (rows, version) = (answer.rows(), answer.version);
    let page = move || {
        page_of(&id, &answer, limit, total, |last| next_link(&links, id.as_str(), &asked, last, version))
    };
    // A page of many values is written where it holds up nobody's short read.
    let page = app.engine.compute(rows, page).await??;
    let response = ([(header::CONTENT_TYPE, "application/json")], page).into_response();
    Ok(of_version(response, version))
}

/// An answer that says which version it was read from.
pub(super) fn of_version(mut response: Response, version: Option<Version>) -> Response {
    if let Some(version) = version {
        response.headers_mut().insert("cuulong-version", HeaderValue::from(version.0));
    }
    response
}

/// A page of values as JSON.
fn page_of(
    id: &DatasetId,
    answer: &SeriesAnswer,
    limit: usize,
    total: u64,
    next: impl Fn(&ValueDocument<'_>) -> String,
) -> Answer<Vec<u8>> {
    let streams: HashMap<i64, &Datastream> = answer.datastreams.iter().map(|s| (s.id.0, s)).collect();
    let mut values = Vec::with_capacity(answer.rows());
    for batch in &answer.batches {
        values.extend(ObservedValue::read(batch)?);
    }
    let document = |value| {
        let value: &ObservedValue = value;
        let stream = streams.get(&value.datastream.0)?;
        Some(ValueDocument::new(id.as_str(), answer.version, stream, value))
    };
    let mut items: Vec<ValueDocument<'_>> = values.iter().filter_map(document).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(next);
    written(&Page { items, total, next })
}

fn written(page: &Page<ValueDocument<'_>>) -> Answer<Vec<u8>> {
    // As much as a value takes with its trace: a text that grows is copied.
    let mut text = Vec::with_capacity(64 + page.items.len() * 448);
    serde_json::to_writer(&mut text, page).map_err(|error| Problem::internal(&error))?;
    Ok(text)
}

/// The next page is of the version that this one was read from, whatever is committed meanwhile.
fn next_link(
    links: &Links,
    id: &str,
    asked: &SeriesParams,
    last: &ValueDocument<'_>,
    read: Option<Version>,
) -> String {
    let cursor = format!("{}-{}", last.datastream, last.phenomenon_time.timestamp_micros());
    let number = |n: &dyn ToString| n.to_string();
    let pairs: Vec<(&str, String)> = [
        ("place", asked.place.clone()),
        ("property", asked.property.clone()),
        ("datastream", asked.datastream.as_ref().map(|n| number(n))),
        ("statistic", asked.statistic.clone()),
        ("period", asked.period.clone()),
        ("datetime", asked.datetime.clone()),
        ("version", read.map(|version| version.to_string())),
        ("limit", asked.limit.as_ref().map(|n| number(n))),
        ("cursor", Some(cursor)),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    links.to(&format!("/v1/datasets/{id}/observations"), &pairs)
}

fn cursor(text: &str) -> Answer<(DatastreamId, DateTime<Utc>)> {
    text.split_once('-')
        .and_then(|(stream, micros)| {
            let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            Some((DatastreamId(stream.parse().ok()?), time))
        })
        .ok_or_else(|| {
            Problem::parameter(
                "cursor",
                told!(
                    "serve-no-cursor-ours-start-again-without",
                    "this is no cursor of ours: start again without it"
                ),
            )
        })
}

/// The values in one answer, each row with the words of its datastream.
async fn whole(format: RowFormat, answer: SeriesAnswer) -> Answer<Response> {
    let is_small = answer.rows() <= encode::SMALL_ROWS;
    let streams: HashMap<i64, Datastream> =
        answer.datastreams.into_iter().map(|stream| (stream.id.0, stream)).collect();
    let schema = match answer.batches.first() {
        Some(batch) => Arc::new(described_schema(&batch.schema())),
        None => Arc::new(described_schema(&lake::observations::schema())),
    };
    let described = move |batch| described(&batch, &streams).map_err(|error| Problem::internal(&error));
    let rows = futures::stream::iter(answer.batches).map(described).boxed();
    let mut response = encode::rows(format, schema, rows, String::new(), String::new);
    if is_small {
        response = encode::at_once(response).await?;
    }
    Ok(of_version(response, answer.version))
}

const WORDS: [&str; 7] = ["place", "property", "procedure", "statistic", "period", "unit", "datum"];

fn described_schema(schema: &Schema) -> Schema {
    let words = WORDS.iter().map(|name| Field::new(*name, DataType::Utf8, false));
    Schema::new(words.chain(schema.fields().iter().map(|f| f.as_ref().clone())).collect::<Vec<_>>())
}

fn described(
    batch: &RecordBatch,
    streams: &HashMap<i64, Datastream>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    use arrow::array::AsArray;
    let numbers: &Int64Array = match batch.column_by_name("datastream") {
        Some(column) => column.as_primitive::<Int64Type>(),
        None => return Err(arrow::error::ArrowError::SchemaError("no column `datastream`".into())),
    };
    // The rows of a datastream stand together: it is looked up once for all of them.
    let mut last = None;
    let of_rows: Vec<Option<&Datastream>> = numbers
        .values()
        .iter()
        .map(|number| match last {
            Some((known, stream)) if known == *number => stream,
            _ => last.insert((*number, streams.get(number))).1,
        })
        .collect();
    let word = |pick: fn(&Datastream) -> &str| -> ArrayRef {
        let texts = of_rows.iter().map(|stream| stream.map_or("", pick));
        Arc::new(StringArray::from_iter_values(texts))
    };
    let mut columns = vec![
        word(|stream| stream.key.place.as_str()),
        word(|stream| stream.key.property.as_str()),
        word(|stream| &stream.key.procedure),
        word(|stream| stream.key.statistic.code()),
        word(|stream| &stream.key.period),
        word(|stream| &stream.key.unit),
        word(|stream| &stream.key.datum),
    ];
    columns.extend(batch.columns().iter().cloned());
    // The engine's times are UTC; the type must say so for every client.
    debug_assert!(
        batch
            .column_by_name("phenomenon_time")
            .is_some_and(|c| c.as_primitive_opt::<TimestampMicrosecondType>().is_some())
    );
    RecordBatch::try_new(Arc::new(described_schema(&batch.schema())), columns)
}

/// Values of one stretch of time: how many, their extremes with their times, first, last and mean.
#[derive(Debug, Serialize, ToSchema)]
pub struct BucketDocument {
    /// The datastream.
    pub datastream: i64,
    /// The stretch's beginning.
    pub start: DateTime<Utc>,
    /// The stretch's end.
    pub end: DateTime<Utc>,
    /// How many values.
    pub count: u64,
    /// The smallest.
    pub min: f64,
    /// When.
    pub min_time: DateTime<Utc>,
    /// The largest.
    pub max: f64,
    /// When.
    pub max_time: DateTime<Utc>,
    /// The first.
    pub first: f64,
    /// When.
    pub first_time: DateTime<Utc>,
    /// The last.
    pub last: f64,
    /// When.
    pub last_time: DateTime<Utc>,
    /// The mean.
    pub mean: f64,
}

/// Values aggregated to buckets that keep extremes, so that a flood peak cannot vanish from a chart.
/// Values that failed their tests are left out.
#[utoipa::path(get, path = "/v1/datasets/{id}/observations/buckets", tag = "observations",
    params(("id" = String, Path), SeriesParams), responses((status = 200, body = Page<BucketDocument>)))]
pub async fn buckets(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<SeriesParams>,
) -> Answer<Response> {
    let id = dataset_id(&id)?;
    super::unused::refuse("get_datasets_id_observations_buckets", &asked.given())?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let every = match asked.width.as_deref() {
        Some(width) => duration(width)?,
        None => {
            Every::Count(params::limit(asked.buckets, 500, 20_000).map_err(|problem| problem.at("buckets"))?)
        }
    };
    let request = BucketRequest {
        streams: asked.streams()?,
        time: params::datetime(asked.datetime.as_deref())?,
        at: asked.at()?,
        every,
    };
    let answer = app.engine.buckets(&permit, request).await?;
    let version = answer.version;
    let items: Vec<_> = answer
        .buckets
        .into_iter()
        .map(|bucket| BucketDocument {
            datastream: bucket.datastream.0,
            start: bucket.start,
            end: bucket.end,
            count: bucket.count,
            min: bucket.min,
            min_time: bucket.min_time,
            max: bucket.max,
            max_time: bucket.max_time,
            first: bucket.first,
            first_time: bucket.first_time,
            last: bucket.last,
            last_time: bucket.last_time,
            mean: bucket.mean,
        })
        .collect();
    let page = Json(Page { total: items.len() as u64, items, next: None });
    Ok(of_version(page.into_response(), version))
}

/// Reads the ISO 8601 durations that a bucket can have: weeks, days, hours, minutes, or months and years.
fn duration(text: &str) -> Answer<Every> {
    let wrong = || {
        Problem::parameter(
            "width",
            told!(
                "serve-not-width-write-e-g-pt1h-p1d",
                "`{text}` is not a width: write e.g. PT1H, P1D, P1M",
                text = text
            ),
        )
    };
    let (body, is_time) = match text.strip_prefix("PT") {
        Some(body) => (body, true),
        None => (text.strip_prefix('P').ok_or_else(wrong)?, false),
    };
    let unit = body.chars().last().ok_or_else(wrong)?;
    let number: i64 = body[..body.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    if !(1..=10_000).contains(&number) {
        return Err(wrong());
    }
    let months = |n: i64| u32::try_from(n).map(Every::Months).map_err(|_| wrong());
    match (unit, is_time) {
        ('H', true) => Ok(Every::Width(TimeDelta::hours(number))),
        ('M', true) => Ok(Every::Width(TimeDelta::minutes(number))),
        ('D', false) => Ok(Every::Width(TimeDelta::days(number))),
        ('W', false) => Ok(Every::Width(TimeDelta::weeks(number))),
        ('M', false) => months(number),
        ('Y', false) => months(number * 12),
        _ => Err(wrong()),
    }
}

/// The latest value of every datastream that the parameters name.
#[utoipa::path(get, path = "/v1/datasets/{id}/latest", tag = "observations",
    params(("id" = String, Path), SeriesParams), responses((status = 200, body = Page<ValueDocument<'static>>)))]
pub async fn latest(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<SeriesParams>,
) -> Answer<Response> {
    super::unused::refuse("get_datasets_id_latest", &asked.given())?;
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let request = LatestRequest { streams: asked.streams()?, at: asked.at()? };
    let answer = app.engine.latest(&permit, request).await?;
    let (rows, version) = (answer.latest.len(), answer.version);
    let page = move || {
        let items: Vec<_> = answer
            .latest
            .iter()
            .map(|l| ValueDocument::new(id.as_str(), answer.version, &l.datastream, &l.value))
            .collect();
        written(&Page { total: items.len() as u64, items, next: None })
    };
    let page = app.engine.compute(rows, page).await??;
    let response = ([(header::CONTENT_TYPE, "application/json")], page).into_response();
    Ok(of_version(response, version))
}
