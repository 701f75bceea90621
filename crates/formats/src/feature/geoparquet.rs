//! GeoParquet (1.0, 1.1): columns of a Parquet file, one of which is a geometry, as WKB or as
//! nested lists of positions ("native"). Read one row group's batch at a time.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde_json::{Number, Value};
use wording::{Told, told};

use super::columns::shape_of;
use super::{About, Coordinates, Declared, FeatureOptions, Features, Item, Read, Refused, wkb};
use crate::{Error, Limits};

/// Rows taken at a time.
const BATCH: usize = 4096;

/// The rows of a Parquet file as features.
pub(super) struct GeoParquet {
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    next: usize,
    shape: Shape,
    row: u32,
    read: u64,
    about: About,
}

enum Shape {
    Wkb(usize),
    Native(usize, String),
    Pair(usize, usize),
}

impl GeoParquet {
    pub(super) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<GeoParquet, Error> {
        let file = File::open(path)?;
        crate::decode::check_size(file.metadata()?.len(), limits)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
        let schema = builder.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        if names.len() >= usize::from(limits.max_columns) {
            let limit = u64::from(limits.max_columns);
            return Err(Error::limit(
                "columns",
                told!("formats-file-too-many-columns", "the file has too many columns"),
                limit,
                told!("formats-leave-some-out", "leave some out"),
            ));
        }
        let metadata = builder.metadata().file_metadata().key_value_metadata();
        let geo = metadata
            .and_then(|list| list.iter().find(|pair| pair.key == "geo"))
            .and_then(|pair| pair.value.as_deref())
            .and_then(|text| serde_json::from_str::<Value>(text).ok());
        let (shape, declared) = shape(&names, geo.as_ref(), options)?;
        let coordinates = match shape {
            Shape::Pair(x, y) => Some(Coordinates::Pair { x: names[x].clone(), y: names[y].clone() }),
            _ => None,
        };
        let reader = builder.with_batch_size(BATCH).build().map_err(failed)?;
        Ok(GeoParquet {
            reader,
            batch: None,
            next: 0,
            shape,
            row: 0,
            read: 0,
            about: About { declared, coordinates, ..About::one_layer() },
        })
    }

    fn item(&self, batch: &RecordBatch, at: usize) -> Result<Item, Error> {
        let row = self.row;
        let geometry = match &self.shape {
            Shape::Wkb(column) => binary(batch.column(*column), at),
            Shape::Native(column, encoding) => native(batch.column(*column), encoding, at),
            Shape::Pair(x, y) => pair(batch.column(*x), batch.column(*y), at),
        };
        let own = match &self.shape {
            Shape::Wkb(column) | Shape::Native(column, _) => Some(*column),
            Shape::Pair(..) => None,
        };
        let (geometry, had_heights) = match geometry {
            Ok(found) => found,
            Err(refused) => return Ok(Item::refused(row, refused)),
        };
        let mut properties = Vec::with_capacity(batch.num_columns());
        for (index, field) in batch.schema_ref().fields().iter().enumerate() {
            // The box that goes with a geometry says nothing that the geometry does not.
            let is_box = matches!(field.data_type(), DataType::Struct(_)) && field.name() == "bbox";
            if Some(index) == own || is_box {
                continue;
            }
            properties.push((field.name().clone(), value(batch.column(index), at)?));
        }
        Ok(Item::Read(Read { row, id: None, geometry, properties, had_heights, notes: Vec::new() }))
    }
}

impl Features for GeoParquet {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.num_rows()
            {
                self.row += 1;
                let item = self.item(batch, self.next)?;
                self.next += 1;
                return Ok(Some(item));
            }
            match self.reader.next() {
                None => return Ok(None),
                Some(batch) => {
                    let batch = batch.map_err(|error| damaged(Told::excerpt(error)))?;
                    self.read += batch.get_array_memory_size() as u64;
                    (self.batch, self.next) = (Some(batch), 0);
                }
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.read
    }

    fn about(&self) -> &About {
        &self.about
    }
}

/// The primary geometry by the file's own metadata; without it, a column of WKB by its name, or two
/// columns of coordinates.
fn shape(
    names: &[String],
    geo: Option<&Value>,
    options: &FeatureOptions,
) -> Result<(Shape, Option<Declared>), Error> {
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    if let Some(geo) = geo {
        let primary = geo.get("primary_column").and_then(Value::as_str).unwrap_or("geometry");
        let column = at(primary).ok_or_else(|| {
            damaged(told!(
                "formats-metadata-names-column-not-there",
                "its metadata names the column `{primary}`, which is not there",
                primary = primary
            ))
        })?;
        let about = geo.pointer(&format!("/columns/{}", primary.replace('~', "~0").replace('/', "~1")));
        let encoding = about.and_then(|about| about.get("encoding")).and_then(Value::as_str).unwrap_or("WKB");
        // Without `crs` it is CRS84; a `crs` that is null is unknown.
        let declared = match about.and_then(|about| about.get("crs")) {
            None => Some("CRS84".to_owned()),
            Some(Value::Null) => None,
            Some(crs) => Some(crs.to_string()),
        };
        let declared = declared.map(|text| Declared { by: format!("geo.columns.{primary}.crs"), text });
        let shape = match encoding {
            "WKB" => Shape::Wkb(column),
            other => Shape::Native(column, other.to_ascii_lowercase()),
        };
        return Ok((shape, declared));
    }
    match &options.coordinates {
        Some(Coordinates::Pair { x, y }) => {
            if let (Some(x), Some(y)) = (at(x), at(y)) {
                return Ok((Shape::Pair(x, y), None));
            }
        }
        Some(Coordinates::Geometry(name)) => {
            if let Some(column) = at(name) {
                return Ok((Shape::Wkb(column), None));
            }
        }
        None => {
            if let Some(column) = ["geometry", "geom", "wkb_geometry", "wkb"].iter().find_map(|name| at(name))
            {
                return Ok((Shape::Wkb(column), None));
            }
            if let Some((x, y)) = shape_of(names) {
                return Ok((Shape::Pair(x, y), None));
            }
        }
    }
    Err(Error::invalid(
        "no_coordinates",
        told!(
            "formats-parquet-file-no-geometry-neither-geo-metadata",
            "the Parquet file has no geometry: neither `geo` metadata nor columns that look like coordinates"
        ),
        told!(
            "formats-name-them-under-feature-mapping-x-y",
            "name them under `[feature]` in the mapping: `x = \"…\"` and `y = \"…\"`, or `geometry = \"…\"`"
        ),
    ))
}

fn none() -> Refused {
    Refused::new("no_geometry", told!("formats-feature-no-geometry", "the feature has no geometry"), "null")
}

fn binary(column: &ArrayRef, at: usize) -> Result<(Geometry<f64>, bool), Refused> {
    if column.is_null(at) {
        return Err(none());
    }
    match column.data_type() {
        DataType::Binary => wkb::parse(column.as_binary::<i32>().value(at)),
        DataType::LargeBinary => wkb::parse(column.as_binary::<i64>().value(at)),
        DataType::BinaryView => wkb::parse(column.as_binary_view().value(at)),
        other => Err(Refused::new(
            "bad_geometry",
            told!(
                "formats-geometry-column-type",
                "the geometry's column is of the type {other}",
                other = other
            ),
            "",
        )),
    }
}

fn pair(x: &ArrayRef, y: &ArrayRef, at: usize) -> Result<(Geometry<f64>, bool), Refused> {
    let text = |column: &ArrayRef| match value(column, at) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    };
    super::table::point(&text(x), &text(y))
}

/// Positions as structs of `x` and `y`, in lists as deep as the geometry asks for.
fn native(column: &ArrayRef, encoding: &str, at: usize) -> Result<(Geometry<f64>, bool), Refused> {
    if column.is_null(at) {
        return Err(none());
    }
    let bad = || {
        Refused::new(
            "bad_geometry",
            told!(
                "formats-geometry-not-nested",
                "the geometry is not nested as a {encoding} is",
                encoding = encoding
            ),
            "",
        )
    };
    let list = |array: &ArrayRef, at: usize| -> Result<ArrayRef, Refused> {
        array.as_list_opt::<i32>().filter(|list| list.is_valid(at)).map(|list| list.value(at)).ok_or_else(bad)
    };
    let had_heights = has_heights(column.data_type());
    let geometry = match encoding {
        "point" => {
            let points = column.as_struct_opt().ok_or_else(bad)?;
            Geometry::Point(Point(*positions(points, at, 1).ok_or_else(bad)?.first().ok_or_else(bad)?))
        }
        "linestring" => Geometry::LineString(line(&list(column, at)?).ok_or_else(bad)?),
        "multipoint" => {
            let line = line(&list(column, at)?).ok_or_else(bad)?;
            Geometry::MultiPoint(MultiPoint(line.0.into_iter().map(Point).collect()))
        }
        "multilinestring" => Geometry::MultiLineString(MultiLineString(lines(&list(column, at)?, &bad)?)),
        "polygon" => Geometry::Polygon(polygon(lines(&list(column, at)?, &bad)?)),
        "multipolygon" => {
            let parts = list(column, at)?;
            let mut polygons = Vec::with_capacity(parts.len().min(1024));
            for part in 0..parts.len() {
                polygons.push(polygon(lines(&list(&parts, part)?, &bad)?));
            }
            Geometry::MultiPolygon(MultiPolygon(polygons))
        }
        _ => {
            return Err(Refused::new(
                "bad_geometry",
                told!(
                    "formats-encoding-not-read-here",
                    "the encoding `{encoding}` is not read here",
                    encoding = encoding
                ),
                "",
            ));
        }
    };
    Ok((geometry, had_heights))
}

fn has_heights(kind: &DataType) -> bool {
    match kind {
        DataType::List(inner) => has_heights(inner.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| field.name() == "z"),
        _ => false,
    }
}

fn positions(points: &StructArray, from: usize, count: usize) -> Option<Vec<Coord<f64>>> {
    let axis =
        |name: &str| points.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>());
    let (x, y) = (axis("x")?, axis("y")?);
    Some((from..from + count).map(|at| Coord { x: x.value(at), y: y.value(at) }).collect())
}

fn line(points: &ArrayRef) -> Option<LineString<f64>> {
    positions(points.as_struct_opt()?, 0, points.len()).map(LineString)
}

fn lines(array: &ArrayRef, bad: &dyn Fn() -> Refused) -> Result<Vec<LineString<f64>>, Refused> {
    let list = array.as_list_opt::<i32>().ok_or_else(bad)?;
    (0..list.len()).map(|at| line(&list.value(at)).ok_or_else(bad)).collect()
}

fn polygon(rings: Vec<LineString<f64>>) -> Polygon<f64> {
    let mut rings = rings.into_iter();
    Polygon::new(rings.next().unwrap_or(LineString(Vec::new())), rings.collect())
}

/// A cell as JSON: whole numbers, numbers and truth values as such, everything else as its text.
fn value(column: &ArrayRef, at: usize) -> Result<Value, Error> {
    use arrow::datatypes::{
        Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    };
    if column.is_null(at) {
        return Ok(Value::Null);
    }
    let number = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    Ok(match column.data_type() {
        DataType::Boolean => column.as_boolean().value(at).into(),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(at).into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(at).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(at).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(at).into(),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().value(at).into(),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().value(at).into(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(at).into(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(at).into(),
        // By its text, so that 0.1 stays 0.1.
        DataType::Float32 => {
            number(column.as_primitive::<Float32Type>().value(at).to_string().parse().unwrap_or(f64::NAN))
        }
        DataType::Float64 => number(column.as_primitive::<Float64Type>().value(at)),
        _ => {
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(column.as_ref(), &options)
                .map_err(|error| damaged(Told::excerpt(error)))?;
            let text = formatter.value(at).try_to_string().map_err(|error| damaged(Told::excerpt(error)))?;
            Value::String(text)
        }
    })
}

fn failed(error: parquet::errors::ParquetError) -> Error {
    damaged(Told::excerpt(error))
}

fn damaged(what: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_parquet",
        told!("formats-parquet-file-cannot-read", "the Parquet file cannot be read: {how}", how => what.into()),
        told!(
            "formats-write-again-snappy-zstandard-no-compression-check",
            "write it again, with Snappy, Zstandard or no compression, and check that it was sent whole"
        ),
    )
}
