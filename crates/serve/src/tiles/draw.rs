//! Features and places drawn into vector tiles, within bounds on features and bytes.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use lake::AsOf;
use model::{Bbox, Lang, PlaceKind, Position};
use policy::Permit;
use query::{At, LatestRequest, Streams, TileRequest};
use standards::geometry::Geometry;
use standards::ogc::time_text;
use standards::tiles::Tile;
use standards::tiles::mvt::{EXTENT, Layer, Value};
use standards::tiles::shape;

use super::source::Source;
use crate::App;
use crate::http::{Answer, Problem};
use crate::shelf::Shelf;
use crate::tilesets::Finished;

/// Units around a tile that lines and areas reach.
pub(super) const MARGIN: f64 = 64.0;
/// Features of a tile; where there are more, the largest are shown.
const MOST_FEATURES: usize = 20_000;
/// Bytes of a tile; where there would be more, the features that come last are left out.
const MOST_BYTES: usize = 4 << 20;
/// Attributes of a feature, besides its id.
const MOST_ATTRIBUTES: usize = 16;
/// Letters of a text.
const MOST_LETTERS: usize = 200;
/// How far lines may be from where they were, in units: less than a pixel of any screen.
const TOLERANCE: f64 = 2.0;
/// So many features are drawn where they are: to hand them over takes longer.
const FEW: usize = 64;

/// The features of a tile.
pub(super) async fn features(
    app: &App,
    permit: &Permit,
    tile: Tile,
    bbox: Bbox,
    at: At,
    name: &str,
) -> Answer<Finished> {
    // What is smaller than two pixels of a tile of 512 may go where there is too much.
    let cell = (bbox.east - bbox.west) / 256.0;
    let request = TileRequest { bbox, cell, most: MOST_FEATURES, attributes: MOST_ATTRIBUTES, at };
    let answer = app.engine.tile(permit, request).await?;
    let (matched, name) = (answer.matched, name.to_owned());
    let rows: usize = answer.batches.iter().map(RecordBatch::num_rows).sum();
    let draw = move || drawn(&answer.batches, tile, &name, matched);
    match rows <= FEW {
        true => draw(),
        false => tokio::task::spawn_blocking(draw).await.map_err(|error| Problem::internal(&error))?,
    }
}

fn drawn(batches: &[RecordBatch], tile: Tile, name: &str, matched: u64) -> Answer<Finished> {
    let names = batches.first().map(names_of).unwrap_or_default();
    let keys = std::iter::once("id".to_owned()).chain(names.iter().cloned()).collect();
    let mut layer = Layer::new(name, keys);
    'all: for batch in batches {
        let ids = batch.column_by_name("feature").and_then(|column| column.as_string_opt::<i32>());
        let shapes = batch.column_by_name("geometry").and_then(|column| column.as_binary_opt::<i32>());
        let (Some(ids), Some(shapes)) = (ids, shapes) else { return Err(stored()) };
        let columns: Vec<Option<&ArrayRef>> = names.iter().map(|name| batch.column_by_name(name)).collect();
        for row in 0..batch.num_rows() {
            if shapes.is_null(row) {
                continue;
            }
            let geometry =
                Geometry::from_wkb(shapes.value(row)).map_err(|error| Problem::internal(&error))?;
            let Some(drawn) = shape::draw(&placed(&geometry, tile), MARGIN, TOLERANCE) else { continue };
            let mut times = Vec::new();
            for column in columns.iter().flatten() {
                times.push(time_of(column, row));
            }
            let mut attributes = vec![(0, Value::Text(ids.value(row)))];
            let present = columns.iter().enumerate().filter_map(|(at, column)| Some((at, (*column)?)));
            for ((at, column), time) in present.zip(&times) {
                let value = match time {
                    Some(text) => Some(Value::Text(text)),
                    None => value_of(column, row),
                };
                attributes.extend(value.map(|value| (at + 1, value)));
            }
            layer.add(&drawn, &attributes);
            if layer.bytes() > MOST_BYTES {
                break 'all;
            }
        }
    }
    let shown = layer.len() as u64;
    Ok(Finished::new(layer.tile(), true, Some([matched, shown])))
}

fn names_of(batch: &RecordBatch) -> Vec<String> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    names.filter(|name| !["feature", "geometry", "id"].contains(&name.as_str())).collect()
}

fn value_of(column: &ArrayRef, row: usize) -> Option<Value<'_>> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => {
            let text = column.as_string::<i32>().value(row);
            let end = text.char_indices().nth(MOST_LETTERS).map_or(text.len(), |(at, _)| at);
            Some(Value::Text(&text[..end]))
        }
        DataType::Boolean => Some(Value::Bool(column.as_boolean().value(row))),
        DataType::Int64 => Some(Value::Int(column.as_primitive::<Int64Type>().value(row))),
        DataType::Float64 => Some(Value::Double(column.as_primitive::<Float64Type>().value(row))),
        _ => None,
    }
}

fn time_of(column: &ArrayRef, row: usize) -> Option<String> {
    if !matches!(column.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) || column.is_null(row) {
        return None;
    }
    let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
    DateTime::from_timestamp_micros(micros).map(time_text)
}

fn stored() -> Problem {
    Problem::internal(&std::io::Error::other("a stored column of features has an unexpected type"))
}

/// A geometry in units of the tile.
fn placed(geometry: &Geometry, tile: Tile) -> Geometry {
    let point = |at: &[f64; 2]| units(tile, at[0], at[1]);
    let line = |line: &Vec<[f64; 2]>| line.iter().map(point).collect::<Vec<_>>();
    let rings = |rings: &Vec<Vec<[f64; 2]>>| rings.iter().map(line).collect::<Vec<_>>();
    match geometry {
        Geometry::Point(at) => Geometry::Point(point(at)),
        Geometry::MultiPoint(points) => Geometry::MultiPoint(line(points)),
        Geometry::LineString(points) => Geometry::LineString(line(points)),
        Geometry::MultiLineString(lines) => Geometry::MultiLineString(rings(lines)),
        Geometry::Polygon(polygon) => Geometry::Polygon(rings(polygon)),
        Geometry::MultiPolygon(polygons) => Geometry::MultiPolygon(polygons.iter().map(rings).collect()),
        Geometry::GeometryCollection(members) => {
            Geometry::GeometryCollection(members.iter().map(|member| placed(member, tile)).collect())
        }
    }
}

fn units(tile: Tile, lon: f64, lat: f64) -> [f64; 2] {
    let [x, y] = tile.grid.place(tile.level, lon, lat);
    [(x - f64::from(tile.column)) * f64::from(EXTENT), (y - f64::from(tile.row)) * f64::from(EXTENT)]
}

/// The places of a dataset's series, each with the last value of every parameter and its time.
pub(super) async fn latest(
    app: &App,
    permit: &Permit,
    tile: Tile,
    at: At,
    name: &str,
    lang: Lang,
) -> Answer<Finished> {
    let shelf = Shelf::open(app, permit, at).await?;
    let here = |stream: &&model::Datastream| {
        shelf.position(&stream.key.place).is_some_and(|position| is_here(tile, position))
    };
    let streams: Vec<_> = shelf.streams.iter().filter(here).map(|stream| stream.id).collect();
    if streams.is_empty() {
        return Ok(Finished::new(Vec::new(), true, Some([0, 0])));
    }
    let request = LatestRequest { streams: Streams::among(streams), at };
    let answer = app.engine.latest(permit, request).await?;
    let mut by_place: BTreeMap<&model::PlaceId, Vec<&query::Latest>> = BTreeMap::new();
    for latest in &answer.latest {
        by_place.entry(&latest.datastream.key.place).or_default().push(latest);
    }
    let mut names: Vec<String> = shelf.names.values().cloned().collect();
    names.sort();
    names.dedup();
    names.truncate(MOST_ATTRIBUTES);
    let mut keys = vec!["place".to_owned(), "name".to_owned()];
    keys.extend(names.iter().flat_map(|name| [name.clone(), format!("{name}_time")]));
    let mut layer = Layer::new(name, keys);
    for (place, values) in by_place {
        let Some(position) = shelf.position(place) else { continue };
        let point = Geometry::Point(units(tile, position.lon, position.lat));
        let Some(drawn) = shape::draw(&point, 0.0, 0.0) else { continue };
        let label = shelf.label(place, lang);
        let times: Vec<String> = values.iter().map(|latest| time_text(latest.value.time)).collect();
        let mut attributes = vec![(0, Value::Text(place.as_str())), (1, Value::Text(&label))];
        for (latest, time) in values.iter().zip(&times) {
            let parameter = &shelf.names[&latest.datastream.id];
            let Ok(number) = names.binary_search(parameter) else { continue };
            let value = match (latest.value.result, latest.value.text.as_deref()) {
                (Some(result), _) => Value::Double(result),
                (None, Some(text)) => Value::Text(text),
                (None, None) => continue,
            };
            attributes.push((2 + 2 * number, value));
            attributes.push((3 + 2 * number, Value::Text(time)));
        }
        layer.add(&drawn, &attributes);
    }
    let shown = layer.len() as u64;
    Ok(Finished::new(layer.tile(), true, Some([shown, shown])))
}

fn is_here(tile: Tile, position: Position) -> bool {
    let edge = f64::from(EXTENT);
    units(tile, position.lon, position.lat).iter().all(|number| (0.0..edge).contains(number))
}

/// Places of the reference data.
pub(super) async fn places(
    app: &App,
    is_station: bool,
    tile: Tile,
    name: &str,
    lang: Lang,
) -> Answer<Finished> {
    let gazetteer = app.catalog.gazetteer().await?;
    let keys = ["id", "name", "kind", "type", "valid_from", "valid_to"].map(str::to_owned).to_vec();
    let mut layer = Layer::new(name, keys);
    let of_kind = |place: &&model::Place| (place.kind == PlaceKind::Station) == is_station;
    for place in gazetteer.places.iter().filter(of_kind) {
        let Some(position) = place.position.filter(|position| is_here(tile, *position)) else { continue };
        let point = Geometry::Point(units(tile, position.lon, position.lat));
        let Some(drawn) = shape::draw(&point, 0.0, 0.0) else { continue };
        let (from, to) = (place.valid_from.map(|d| d.to_string()), place.valid_to.map(|d| d.to_string()));
        let mut attributes = vec![
            (0, Value::Text(place.id.as_str())),
            (1, Value::Text(place.name.get(lang).0)),
            (2, Value::Text(place.kind.code())),
        ];
        attributes.extend(place.type_name.as_deref().map(|name| (3, Value::Text(name))));
        attributes.extend(from.as_deref().map(|day| (4, Value::Text(day))));
        attributes.extend(to.as_deref().map(|day| (5, Value::Text(day))));
        layer.add(&drawn, &attributes);
        if layer.bytes() > MOST_BYTES {
            break;
        }
    }
    let shown = layer.len() as u64;
    Ok(Finished::new(layer.tile(), true, Some([shown, shown])))
}

/// The attributes of the tiles, with what they are.
pub(super) async fn fields(app: &App, source: &Source) -> Answer<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    match source {
        Source::Stations | Source::Places => {
            for name in ["id", "name", "kind", "type", "valid_from", "valid_to"] {
                fields.insert(name.to_owned(), "String".to_owned());
            }
        }
        Source::Observations(_, permit) => {
            let shelf = Shelf::open(app, permit, At::Latest).await?;
            for name in shelf.streams.iter().map(|stream| &shelf.names[&stream.id]) {
                fields.insert(name.clone(), "Number".to_owned());
                fields.insert(format!("{name}_time"), "String".to_owned());
            }
            fields.insert("place".to_owned(), "String".to_owned());
            fields.insert("name".to_owned(), "String".to_owned());
        }
        Source::Features(_, permit) => {
            fields.insert("id".to_owned(), "String".to_owned());
            let snapshot = match app.lake.snapshot(permit, AsOf::Latest).await {
                Ok(snapshot) => snapshot,
                Err(lake::Error::NotFound { .. }) => return Ok(fields),
                Err(error) => return Err(error.into()),
            };
            let schema = snapshot.schema();
            let fixed = ["feature", "geometry", "xmin", "ymin", "xmax", "ymax"];
            let own = schema.fields().iter().filter(|field| !fixed.contains(&field.name().as_str()));
            // Provenance follows the attributes.
            let own = own.take_while(|field| field.name() != "run").take(MOST_ATTRIBUTES);
            for field in own {
                let kind = match field.data_type() {
                    DataType::Int64 | DataType::Float64 => "Number",
                    DataType::Boolean => "Boolean",
                    _ => "String",
                };
                fields.insert(field.name().clone(), kind.to_owned());
            }
        }
    }
    Ok(fields)
}
