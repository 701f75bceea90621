//! CoverageJSON (OGC 21-069r2): point series, with their parameters as properties.
//!
//! A document is held whole, so it may not be large: a service cuts long series into pages.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value as Json};
use wording::{Told, told};

use super::{Rows, Series, Value, damaged, ends, no_values};
use crate::decode::{Carrying, check_size};
use crate::push::{Flow, Pusher, Stop};
use crate::{Error, Place};

pub(super) fn read(path: &Path, size: u64, pusher: &Pusher) -> Result<(), Stop> {
    check_size(size, &pusher.limits)?;
    let limit = pusher.limits.max_feature_bytes as u64;
    if size > limit {
        let hint = told!(
            "formats-ask-service-shorter-time-fewer-parameters",
            "ask the service for a shorter time or fewer parameters"
        );
        return Err(Error::limit(
            "event_bytes",
            told!("formats-document-too-long-bytes", "the document is too long (bytes)"),
            limit,
            hint,
        )
        .into());
    }
    let input = BufReader::new(Carrying::new(File::open(path)?, false)).take(limit);
    let document: Json = serde_json::from_reader(input).map_err(|error| damaged(Told::excerpt(error)))?;
    pusher.opened(vec![String::new()], Vec::new())?;
    let mut texts = 0;
    let mut rows = Rows::begin(pusher.sheet(0, None, u32::MAX, &mut texts))?;
    rows.rows.progress = size;
    let none = Map::new();
    let shared = document.get("parameters").and_then(Json::as_object).unwrap_or(&none);
    let coverages = match document.get("coverages").and_then(Json::as_array) {
        Some(coverages) => coverages.iter().collect(),
        None => vec![&document],
    };
    for coverage in coverages {
        if push(coverage, &document, shared, &mut rows)? == Flow::Past {
            break;
        }
    }
    if rows.is_empty() {
        return Err(no_values(told!(
            "formats-ask-service-point-series-pointseries",
            "ask the service for point series (`PointSeries`)"
        ))
        .into());
    }
    rows.rows.finish()
}

fn push(
    coverage: &Json,
    document: &Json,
    shared: &Map<String, Json>,
    rows: &mut Rows<'_>,
) -> Result<Flow, Stop> {
    let axes = coverage.pointer("/domain/axes").and_then(Json::as_object);
    let axes = axes.ok_or_else(|| {
        wrong(told!("formats-coverage-no-domain-own", "a coverage has no domain of its own"), rows)
    })?;
    let kind = coverage.pointer("/domain/domainType").or_else(|| document.get("domainType"));
    if let Some(kind) = kind.and_then(Json::as_str)
        && !matches!(kind, "PointSeries" | "Point")
    {
        return Err(Error::invalid(
            "no_point_series",
            told!(
                "formats-coverage-only-point-series-read",
                "the coverage is a `{kind}`, and only point series are read",
                kind = kind.chars().take(40).collect::<String>()
            ),
            told!(
                "formats-ask-service-series-points-grid-read-netcdf",
                "ask the service for the series of points; a grid is read as NetCDF or GeoTIFF"
            ),
        )
        .into());
    }
    let times: Vec<String> = axis(axes.get("t"));
    let place = coverage.get("id").map(text).unwrap_or_else(|| {
        let position: Vec<String> = ["x", "y"].iter().flat_map(|name| axis(axes.get(*name))).collect();
        position.join(" ")
    });
    let parameters = coverage.get("parameters").and_then(Json::as_object);
    let ranges = coverage.get("ranges").and_then(Json::as_object);
    for (name, range) in ranges.into_iter().flatten() {
        let parameter = parameters.and_then(|own| own.get(name)).or_else(|| shared.get(name));
        let series = Series {
            place: place.clone(),
            property: name.clone(),
            sensor: String::new(),
            unit: parameter.and_then(|parameter| parameter.get("unit")).map(unit).unwrap_or_default(),
        };
        let values = range.get("values").and_then(Json::as_array);
        let values = values.ok_or_else(|| {
            wrong(told!("formats-range-no-values-own", "a range has no values of its own"), rows)
        })?;
        if values.len() != times.len().max(1) {
            return Err(wrong(
                told!(
                    "formats-range-not-many-values-axis-time",
                    "a range has not as many values as its axis of time"
                ),
                rows,
            )
            .into());
        }
        for (at, value) in values.iter().enumerate() {
            let (time, time_end) = times.get(at).map(|time| ends(time)).unwrap_or_default();
            let value = Value { time, time_end, value: text(value), quality: String::new() };
            if rows.push(&series, &value)? == Flow::Past {
                return Ok(Flow::Past);
            }
        }
    }
    Ok(Flow::Go)
}

fn wrong(how: impl Into<Told>, rows: &Rows<'_>) -> Error {
    damaged(how).at(Place::row(rows.next))
}

/// The values of an axis, written out or as start, stop and number.
fn axis(axis: Option<&Json>) -> Vec<String> {
    let Some(axis) = axis else { return Vec::new() };
    if let Some(values) = axis.get("values").and_then(Json::as_array) {
        return values.iter().map(text).collect();
    }
    let number = |name: &str| axis.get(name).and_then(Json::as_f64);
    let count = axis.get("num").and_then(Json::as_u64).filter(|count| *count <= 10_000_000);
    let (Some(start), Some(stop), Some(count)) = (number("start"), number("stop"), count) else {
        return Vec::new();
    };
    let step = if count > 1 { (stop - start) / (count - 1) as f64 } else { 0.0 };
    (0..count).map(|at| crate::cell::shortest(start + step * at as f64)).collect()
}

fn unit(unit: &Json) -> String {
    let symbol = unit.get("symbol").map(|symbol| symbol.get("value").unwrap_or(symbol));
    let label = || unit.get("label").and_then(Json::as_object).and_then(|label| label.values().next());
    symbol.or_else(label).map(text).unwrap_or_default()
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
