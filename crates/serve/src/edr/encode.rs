//! Answers as CoverageJSON, GeoJSON, CSV and NetCDF.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use formats::{NetCdfGrid, NetCdfSeries, write_grid, write_series};
use model::{Dataset, Datastream, Lang};
use query::ObservedValue;
use serde::Serialize;
use serde_json::{Map, Value, json};
use standards::covjson::field::{Document, Shape};
use standards::covjson::{self, Coverage, Domain, NdArray, Parameter};
use standards::geometry::Geometry;
use standards::ogc::{Feature, FeatureCollection, GEOJSON, time_text};
use wording::told;

use super::params::{Format, Wanted};
use super::stations::Found;
use crate::http::{Answer, Links, Problem, ProblemKind};
use crate::shelf::{Shelf, netcdf_variable};

/// Cells without anything around them are told one by one in GeoJSON and CSV only up to here.
const MOST_RECORDS: usize = 200_000;

/// Series with their values.
pub(super) fn series(
    shelf: &Shelf,
    found: Found<'_>,
    wanted: &Wanted,
    dataset: &Dataset,
    links: &Links,
    lang: Lang,
) -> Answer<Response> {
    let parameters = shelf.parameters(found.iter().map(|(stream, _)| *stream), links);
    if wanted.format == Format::CoverageJson {
        let coverages = found
            .into_iter()
            .map(|(stream, values)| coverage(shelf, stream, values, wanted, links))
            .collect();
        return document(covjson::MEDIA_TYPE, &covjson::document(parameters, coverages, wanted.system.uri()));
    }
    let records = records_of(shelf, &found, lang);
    match wanted.format {
        Format::NetCdf => netcdf_series(&records, &parameters, dataset, lang),
        _ => rows(&records, &parameters, wanted),
    }
}

fn coverage(
    shelf: &Shelf,
    stream: &Datastream,
    values: Vec<ObservedValue>,
    wanted: &Wanted,
    links: &Links,
) -> Coverage {
    let times: Vec<DateTime<Utc>> = values.iter().map(|value| value.time).collect();
    // Bounds belong to all times or to none.
    let ends: Option<Vec<DateTime<Utc>>> = values.iter().map(|value| value.end).collect();
    let is_text =
        values.iter().all(|value| value.result.is_none()) && values.iter().any(|value| value.text.is_some());
    let range = if is_text {
        NdArray::Text(values.into_iter().map(|value| value.text).collect())
    } else {
        NdArray::Float(values.into_iter().map(|value| value.result).collect())
    };
    let position = shelf.position(&stream.key.place);
    Coverage {
        id: links.path(&format!("/sta/v1.1/Datastreams({})", stream.id)),
        domain: Domain {
            position: position.map(|position| wanted.system.east_north([position.lon, position.lat])),
            times,
            period_ends: ends.unwrap_or_default(),
            system: None,
        },
        parameters: BTreeMap::new(),
        ranges: BTreeMap::from([(shelf.names[&stream.id].clone(), range)]),
        place: stream.key.place.to_string(),
        datastream: stream.id.0,
    }
}

/// Fields of rasters.
pub(super) async fn fields(
    found: Document,
    wanted: &Wanted,
    dataset: &Dataset,
    lang: Lang,
) -> Answer<Response> {
    let (wanted, title) = (wanted.clone(), dataset.title.get(lang).0.to_owned());
    // A grid of many cells is written off the threads that hold the connections.
    let written = tokio::task::spawn_blocking(move || match wanted.format {
        Format::CoverageJson => document(covjson::MEDIA_TYPE, &found),
        Format::NetCdf => netcdf_fields(&found, &title),
        _ => rows(&records_of_fields(&found)?, &found.parameters, &wanted),
    });
    written.await.map_err(|error| Problem::internal(&error))?
}

/// What is known of one place or cell at one time.
struct Record {
    place: Option<(String, String)>,
    position: Option<[f64; 2]>,
    time: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    values: BTreeMap<String, Value>,
}

/// Place, time and end: what there is one record of.
type RecordKey = (String, DateTime<Utc>, Option<DateTime<Utc>>);

fn records_of(shelf: &Shelf, found: &Found<'_>, lang: Lang) -> Vec<Record> {
    let mut by_key: BTreeMap<RecordKey, Record> = BTreeMap::new();
    for (stream, values) in found {
        let place = &stream.key.place;
        let name = &shelf.names[&stream.id];
        for value in values {
            let told = match (value.result, &value.text) {
                (Some(number), _) => Value::from(number),
                (None, Some(text)) => Value::from(text.clone()),
                (None, None) => Value::Null,
            };
            let record = by_key.entry((place.to_string(), value.time, value.end)).or_insert_with(|| Record {
                place: Some((place.to_string(), shelf.label(place, lang))),
                position: shelf.position(place).map(|position| [position.lon, position.lat]),
                time: Some(value.time),
                end: value.end,
                values: BTreeMap::new(),
            });
            record.values.insert(name.clone(), told);
        }
    }
    by_key.into_values().collect()
}

fn records_of_fields(found: &Document) -> Answer<Vec<Record>> {
    let mut records = Vec::new();
    for field in &found.fields {
        let positions: Vec<[f64; 2]> = match &field.shape {
            Shape::Point(position) => vec![*position; field.times.len().max(1)],
            Shape::Points(positions) => positions.clone(),
            Shape::Grid { x, y } => {
                let at = |axis: &covjson::field::Regular, number: usize| {
                    axis.start
                        + (axis.stop - axis.start) * number as f64 / axis.num.saturating_sub(1).max(1) as f64
                };
                (0..x.num * y.num).map(|cell| [at(x, cell % x.num), at(y, cell / x.num)]).collect()
            }
        };
        let is_series = matches!(field.shape, Shape::Point(_));
        for (number, position) in positions.into_iter().enumerate() {
            let values: BTreeMap<String, Value> = field
                .ranges
                .iter()
                .filter_map(|(name, values)| Some((name.clone(), Value::from((*values.get(number)?)?))))
                .collect();
            if values.is_empty() {
                continue;
            }
            if records.len() == MOST_RECORDS {
                let why = told!(
                    "serve-answer-more-than-cells-ask-smaller-part",
                    "the answer has more than {most_records} cells: ask for a smaller part",
                    most_records = MOST_RECORDS
                );
                return Err(Problem::text(ProblemKind::QueryLimit, why));
            }
            let time = if is_series { field.times.get(number) } else { field.times.first() };
            records.push(Record {
                place: None,
                position: Some(position),
                time: time.copied(),
                end: None,
                values,
            });
        }
    }
    Ok(records)
}

fn rows(records: &[Record], parameters: &BTreeMap<String, Parameter>, wanted: &Wanted) -> Answer<Response> {
    if wanted.format == Format::Csv { csv(records, parameters) } else { geojson(records, parameters) }
}

/// A feature for each place and time (19-086r6, requirements class EDR GeoJSON).
fn geojson(records: &[Record], parameters: &BTreeMap<String, Parameter>) -> Answer<Response> {
    #[derive(Serialize)]
    struct Answered<'a> {
        #[serde(flatten)]
        features: FeatureCollection,
        parameters: &'a BTreeMap<String, Parameter>,
    }
    let features: Vec<Feature> = records
        .iter()
        .enumerate()
        .map(|(number, record)| {
            let mut properties = Map::new();
            properties.insert("datetime".to_owned(), json!(record.time.map(time_text)));
            properties.insert("datetime_end".to_owned(), json!(record.end.map(time_text)));
            properties.insert("label".to_owned(), json!(record.place.as_ref().map(|(_, label)| label)));
            properties.insert("place".to_owned(), json!(record.place.as_ref().map(|(place, _)| place)));
            let names: Vec<&String> = record.values.keys().collect();
            properties.insert("parameter-name".to_owned(), json!(names));
            properties.extend(record.values.iter().map(|(name, value)| (name.clone(), value.clone())));
            Feature {
                id: (number + 1).to_string(),
                geometry: record.position.map(Geometry::Point),
                properties,
                links: Vec::new(),
            }
        })
        .collect();
    let features = FeatureCollection {
        number_matched: Some(features.len() as u64),
        number_returned: features.len() as u64,
        // The same version has the same answer, byte for byte.
        time_stamp: None,
        features,
        links: Vec::new(),
    };
    document(GEOJSON, &Answered { features, parameters })
}

fn csv(records: &[Record], parameters: &BTreeMap<String, Parameter>) -> Answer<Response> {
    let cell = |text: &str| {
        let text = formats::harmless(text);
        if text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.into()
        }
    };
    let mut file = String::from("place,label,longitude,latitude,time,time_end");
    for (name, parameter) in parameters {
        file.push(',');
        file.push_str(&cell(&format!("{name} [{}]", parameter.unit.ucum)));
    }
    file.push_str("\r\n");
    for record in records {
        let (place, label) = record.place.clone().unwrap_or_default();
        let number = |axis: usize| record.position.map(|at| at[axis].to_string()).unwrap_or_default();
        let mut cells = vec![
            cell(&place),
            cell(&label),
            number(0),
            number(1),
            record.time.map(time_text).unwrap_or_default(),
            record.end.map(time_text).unwrap_or_default(),
        ];
        cells.extend(parameters.keys().map(|name| match record.values.get(name) {
            Some(Value::String(text)) => cell(text),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }));
        file.push_str(&cells.join(","));
        file.push_str("\r\n");
    }
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], file).into_response())
}

fn seconds(time: Option<DateTime<Utc>>) -> f64 {
    time.map_or(f64::NAN, |time| time.timestamp_micros() as f64 / 1e6)
}

fn netcdf_series(
    records: &[Record],
    parameters: &BTreeMap<String, Parameter>,
    dataset: &Dataset,
    lang: Lang,
) -> Answer<Response> {
    let mut series = NetCdfSeries::default();
    let mut names = Vec::new();
    for record in records {
        let name = record.place.as_ref().map(|(place, _)| place.clone()).unwrap_or_default();
        if names.last() != Some(&name) {
            series.stations.push((name.clone(), record.position.unwrap_or([f64::NAN, f64::NAN])));
            names.push(name);
        }
        series.station.push(i32::try_from(names.len() - 1).unwrap_or(i32::MAX));
        series.times.push(seconds(record.time));
    }
    let number =
        |record: &Record, name: &String| record.values.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    for (name, parameter) in parameters {
        let values = records.iter().map(|record| number(record, name)).collect();
        series.variables.push(netcdf_variable(name, parameter, values));
    }
    netcdf(write_series(&series, dataset.title.get(lang).0))
}

fn netcdf_fields(found: &Document, title: &str) -> Answer<Response> {
    let grids = found.fields.iter().filter_map(|field| match &field.shape {
        Shape::Grid { x, y } => Some((field, x, y)),
        _ => None,
    });
    let grids: Vec<_> = grids.collect();
    let Some((_, x, y)) = grids.first() else {
        return netcdf_points(found, title);
    };
    let axis = |axis: &covjson::field::Regular| -> Vec<f64> {
        let step = (axis.stop - axis.start) / axis.num.saturating_sub(1).max(1) as f64;
        (0..axis.num).map(|number| axis.start + step * number as f64).collect()
    };
    // One layer for each time; rasters side by side of one time are one layer.
    let times: BTreeSet<Option<DateTime<Utc>>> =
        grids.iter().map(|(field, ..)| field.times.first().copied()).collect();
    let cells = x.num * y.num;
    let mut variables = Vec::new();
    for (name, parameter) in &found.parameters {
        let mut values = vec![f64::NAN; cells * times.len()];
        for (field, ..) in &grids {
            let layer = times.iter().position(|time| *time == field.times.first().copied()).unwrap_or(0);
            let Some(of) = field.ranges.get(name) else { continue };
            for (into, value) in values[layer * cells..].iter_mut().zip(of) {
                *into = value.unwrap_or(*into);
            }
        }
        variables.push(netcdf_variable(name, parameter, values));
    }
    let grid = NetCdfGrid {
        times: times.into_iter().map(seconds).collect(),
        longitudes: axis(x),
        latitudes: axis(y),
        variables,
    };
    netcdf(write_grid(&grid, title))
}

/// Positions as places, each with a number for its name.
fn netcdf_points(found: &Document, title: &str) -> Answer<Response> {
    let records = records_of_fields(found)?;
    let mut series = NetCdfSeries::default();
    for record in &records {
        let position = record.position.unwrap_or([f64::NAN, f64::NAN]);
        if series.stations.last().is_none_or(|(_, last)| *last != position) {
            series.stations.push((format!("p{}", series.stations.len() + 1), position));
        }
        series.station.push(i32::try_from(series.stations.len() - 1).unwrap_or(i32::MAX));
        series.times.push(seconds(record.time));
    }
    for (name, parameter) in &found.parameters {
        let number = |record: &Record| record.values.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
        series.variables.push(netcdf_variable(name, parameter, records.iter().map(number).collect()));
    }
    netcdf(write_series(&series, title))
}

fn netcdf(written: Result<Vec<u8>, formats::Error>) -> Answer<Response> {
    let bytes = written.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/netcdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"answer.nc\""),
    ];
    Ok((headers, Bytes::from(bytes)).into_response())
}

fn document(media_type: &'static str, document: &impl Serialize) -> Answer<Response> {
    let text = serde_json::to_vec(document).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}
