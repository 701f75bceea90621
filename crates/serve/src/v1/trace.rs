//! Where a number comes from: value → run → mapping → original → cell, for each of its parts.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use model::{
    CellRef, DatasetId, Datastream, DatastreamId, PlaceId, PropertyCode, RunId, Statistic, TimeRange, Version,
};
use policy::{Permit, Purpose};
use query::{At, HarmoniseRequest, Harmonised};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::documents::{PinDocument, RunDocument};
use super::sql::instant;
use crate::App;
use crate::http::{Answer, Caller, Params, Problem};

/// Which number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TraceParams {
    /// The dataset.
    dataset: String,
    /// The datastream of a stored value …
    datastream: Option<i64>,
    /// … or the place of a harmonised one …
    place: Option<String>,
    /// … with its property …
    property: Option<String>,
    /// … and the date of its geography.
    geography: Option<NaiveDate>,
    /// The period, where several stand at one time.
    period: Option<String>,
    /// The statistic, where several stand at one time.
    statistic: Option<String>,
    /// The phenomenon time.
    time: Option<String>,
    /// In this version.
    version: Option<u64>,
    /// As it was known at this time.
    as_known_at: Option<String>,
}

/// A number and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceDocument {
    /// The dataset.
    pub dataset: String,
    /// The version that was read.
    pub version: u64,
    /// The place.
    pub place: String,
    /// The property.
    pub property: String,
    /// The unit, UCUM.
    pub unit: String,
    /// The statistic.
    pub statistic: &'static str,
    /// The period.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub period: String,
    /// The instant, or the beginning of the period.
    pub phenomenon_time: DateTime<Utc>,
    /// The number.
    pub result: Option<f64>,
    /// The text, where the result is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_text: Option<String>,
    /// stored, or how it was harmonised: as_observed, exact, estimated, partial.
    pub method: &'static str,
    /// The stored values that it is made of.
    pub parts: Vec<PartDocument>,
    /// The units that have no value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A stored value that a number is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartDocument {
    /// The datastream.
    pub datastream: i64,
    /// The place.
    pub place: String,
    /// The instant, or the beginning of the period.
    pub phenomenon_time: DateTime<Utc>,
    /// The value.
    pub result: Option<f64>,
    /// The share of it that was added, or its weight in a mean.
    pub weight: f64,
    /// What the weight is: whole, area, population, or a property.
    pub basis: String,
    /// The run that brought it.
    pub run: RunDocument,
    /// The cell of the run's file; absent for a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellDocument>,
    /// For a product, the versions that its recipe read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<PinDocument>,
}

/// A cell of an original with what stands around it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellDocument {
    /// The sheet's name; empty for a file without sheets.
    pub sheet: String,
    /// The cell as a spreadsheet writes it.
    pub cell: String,
    /// The row, from 1.
    pub row: u32,
    /// The column, from 1.
    pub column: u16,
    /// The cell's text as it was written; absent when the permit does not reach the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The rows around it, each with its number; the header first, where there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<CellRow>,
    /// The column of the first text of every row.
    pub first_column: u16,
}

/// A row of an original.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellRow {
    /// Its number, from 1.
    pub row: u32,
    /// Its texts.
    pub texts: Vec<String>,
}

/// Tells where a number comes from, down to the cell of the original file.
#[utoipa::path(get, path = "/v1/trace", tag = "trace", params(TraceParams),
    responses((status = 200, body = TraceDocument), (status = 404)))]
pub async fn trace(
    State(app): State<App>,
    Caller(principal): Caller,
    Params(asked): Params<TraceParams>,
) -> Answer<Json<TraceDocument>> {
    let dataset = DatasetId::new(&asked.dataset).map_err(|_| Problem::not_found(&asked.dataset))?;
    let permit = app.catalog.authorize(&principal, &dataset, Purpose::Read, Utc::now()).await?;
    let at = match (asked.version, instant(asked.as_known_at.as_deref(), "as_known_at")?) {
        (Some(_), Some(_)) => {
            return Err(Problem::parameter(
                "version",
                told!("serve-give-either-version-as-known-at", "give either `version` or `as_known_at`"),
            ));
        }
        (Some(version), None) => At::Version(Version(version)),
        (None, Some(time)) => At::KnownAt(time),
        (None, None) => At::Latest,
    };
    let document = match asked.datastream {
        Some(datastream) => stored(&app, &permit, DatastreamId(datastream), &asked, at).await?,
        None => harmonised(&app, &permit, &asked, at).await?,
    };
    Ok(Json(document))
}

fn time_of(asked: &TraceParams) -> Answer<DateTime<Utc>> {
    instant(asked.time.as_deref(), "time")?
        .ok_or_else(|| Problem::parameter("time", told!("serve-time-missing", "`time` is missing")))
}

async fn stored(
    app: &App,
    permit: &Permit,
    datastream: DatastreamId,
    asked: &TraceParams,
    at: At,
) -> Answer<TraceDocument> {
    let found = app.engine.observation(permit, datastream, time_of(asked)?, at).await?;
    let found = found.ok_or_else(|| Problem::not_found(&format!("{datastream}")))?;
    let value = found.value;
    let key = &found.datastream.key;
    let part = part(app, permit, &found.datastream, value.time, value.result, &value.run, value.cell).await?;
    Ok(TraceDocument {
        dataset: permit.dataset().to_string(),
        version: found.version.version.0,
        place: key.place.to_string(),
        property: key.property.to_string(),
        unit: key.unit.clone(),
        statistic: key.statistic.code(),
        period: key.period.clone(),
        phenomenon_time: value.time,
        result: value.result,
        result_text: value.text,
        method: "stored",
        parts: vec![part],
        missing: Vec::new(),
    })
}

async fn harmonised(app: &App, permit: &Permit, asked: &TraceParams, at: At) -> Answer<TraceDocument> {
    let missing = |name: &str| {
        Problem::parameter(
            name,
            told!("serve-give-datastream-too", "give `datastream`, or `{name}` too", name = name),
        )
    };
    let place = asked.place.as_deref().ok_or_else(|| missing("place"))?;
    let place = PlaceId::new(place).map_err(|error| Problem::parameter("place", error))?;
    let property = asked.property.as_deref().ok_or_else(|| missing("property"))?;
    let property = PropertyCode::new(property).map_err(|error| Problem::parameter("property", error))?;
    let geography = asked.geography.ok_or_else(|| missing("geography"))?;
    let time = time_of(asked)?;
    let statistic = match asked.statistic.as_deref() {
        None => None,
        Some(text) => Some(Statistic::from_code(text).ok_or_else(|| {
            Problem::parameter(
                "statistic",
                told!("serve-not-statistic", "`{text}` is not a statistic", text = text),
            )
        })?),
    };
    let request = HarmoniseRequest {
        property: Some(property.clone()),
        geography,
        time: TimeRange { from: Some(time), to: Some(time + chrono::Duration::microseconds(1)) },
        at,
    };
    let answer = app.engine.harmonise(permit, request).await?;
    let mut matching = answer
        .values
        .into_iter()
        .filter(|value| value.place == place)
        .filter(|value| asked.period.as_ref().is_none_or(|period| *period == value.period))
        .filter(|value| statistic.is_none_or(|statistic| statistic == value.statistic));
    let value = matching.next().ok_or_else(|| Problem::not_found(&format!("{property} {place}")))?;
    if let Some(another) = matching.next() {
        return Err(Problem::parameter(
            "period",
            told!(
                "serve-several-numbers-stand-there-say-e-g",
                "several numbers stand there: say which, e.g. `{period}` or `{period2}`",
                period = value.period,
                period2 = another.period
            ),
        ));
    }
    let version = answer.version.map_or(0, |version| version.0);
    combined(app, permit, version, value).await
}

async fn combined(app: &App, permit: &Permit, version: u64, value: Harmonised) -> Answer<TraceDocument> {
    let streams = app.catalog.datastreams(permit.dataset()).await?;
    let mut parts = Vec::with_capacity(value.parts.len());
    for piece in &value.parts {
        let stream = streams.iter().find(|stream| stream.id == piece.datastream);
        let stream = stream.ok_or_else(|| Problem::not_found(&piece.datastream.to_string()))?;
        let mut document =
            part(app, permit, stream, piece.time, Some(piece.result), &piece.run, piece.cell).await?;
        document.weight = piece.weight;
        document.basis = piece.basis.code().to_owned();
        parts.push(document);
    }
    Ok(TraceDocument {
        dataset: permit.dataset().to_string(),
        version,
        place: value.place.to_string(),
        property: value.property.to_string(),
        unit: value.unit,
        statistic: value.statistic.code(),
        period: value.period,
        phenomenon_time: value.time,
        result: value.result,
        result_text: None,
        method: value.method.code(),
        parts,
        missing: value.missing.iter().map(ToString::to_string).collect(),
    })
}

async fn part(
    app: &App,
    permit: &Permit,
    stream: &Datastream,
    time: DateTime<Utc>,
    result: Option<f64>,
    run: &RunId,
    cell: CellRef,
) -> Answer<PartDocument> {
    let run = app.catalog.run(run).await?.ok_or_else(|| Problem::not_found(run.as_str()))?;
    let pinned = match run.version {
        Some(version) => app.catalog.version(permit.dataset(), version).await?.map(|info| info.pinned),
        None => None,
    };
    let pinned = pinned.unwrap_or_default().into_iter();
    let cell = match run.original {
        Some(_) => Some(cell_document(app, permit, &run, cell).await?),
        None => None,
    };
    Ok(PartDocument {
        datastream: stream.id.0,
        place: stream.key.place.to_string(),
        phenomenon_time: time,
        result,
        weight: 1.0,
        basis: "whole".to_owned(),
        run: (&run).into(),
        cell,
        pinned: pinned
            .map(|(dataset, version)| PinDocument { dataset: dataset.to_string(), version: version.0 })
            .collect(),
    })
}

/// The cell with its text; without, when the permit reaches only some rows of the file.
async fn cell_document(app: &App, permit: &Permit, run: &model::Run, cell: CellRef) -> Answer<CellDocument> {
    let sheet = run.sheets.get(usize::from(cell.sheet)).cloned().unwrap_or_default();
    let mut document = CellDocument {
        sheet,
        cell: cell.a1(),
        row: cell.row,
        column: cell.column,
        text: None,
        rows: Vec::new(),
        first_column: 1,
    };
    if !permit.rows().is_open() {
        return Ok(document);
    }
    let around = app.intake.cell(permit, run, cell).await?;
    document.first_column = around.first_column;
    document.text = around.rows.iter().find(|(row, _)| *row == cell.row).and_then(|(_, texts)| {
        let at = usize::from(cell.column).checked_sub(usize::from(around.first_column))?;
        texts.get(at).cloned()
    });
    document.rows = around.rows.into_iter().map(|(row, texts)| CellRow { row, texts }).collect();
    Ok(document)
}
