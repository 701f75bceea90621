//! Functions of PostGIS over whole geometries that the library of spatial functions has not: GeoJSON both ways, and
//! many geometries as one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use geo_traits::to_geo::ToGeoGeometry;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};
use serde_json::{Value, json};

/// Digits behind the point where nobody says how many, as in PostGIS.
const DIGITS: i64 = 9;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 4] {
    [Form::ToJson, Form::OfJson, Form::Collected, Form::United].map(|form| {
        let signature = match form {
            Form::ToJson => Signature::variadic_any(Volatility::Immutable),
            _ => Signature::any(1, Volatility::Immutable),
        };
        ScalarUDF::from(FigureFunction { form, signature })
    })
}

/// What a function makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `st_asgeojson(wkb[, digits])`.
    ToJson,
    /// `st_geomfromgeojson(text)`.
    OfJson,
    /// `wkb_collected(list of wkb)`: as `st_collect` makes of rows.
    Collected,
    /// `wkb_united(list of wkb)`: as `st_union` makes of rows.
    United,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FigureFunction {
    form: Form,
    signature: Signature,
}

impl ScalarUDFImpl for FigureFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::ToJson => "st_asgeojson",
            Form::OfJson => "st_geomfromgeojson",
            Form::Collected => "wkb_collected",
            Form::United => "wkb_united",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(if self.form == Form::ToJson { DataType::Utf8 } else { DataType::Binary })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = Field::new(self.name(), self.return_type(&[])?, true);
        let geometry = || [("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())].into();
        Ok(Arc::new(match self.form {
            Form::ToJson => field,
            _ => field.with_metadata(geometry()),
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(first) = arrays.first() else {
            return Err(DataFusionError::Plan(format!("{} takes a geometry", self.name())));
        };
        let array: ArrayRef = match self.form {
            Form::ToJson => Arc::new(to_json(first, arrays.get(1))?),
            Form::OfJson => {
                let texts = cast(first, &DataType::Utf8)?;
                let row = |text: Option<&str>| text.map(|text| written(&of_json(text)?)).transpose();
                Arc::new(texts.as_string::<i32>().iter().map(row).collect::<Result<BinaryArray>>()?)
            }
            Form::Collected => Arc::new(of_lists(first, collected)?),
            Form::United => Arc::new(of_lists(first, united)?),
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// A geometry out of its bytes; none where it is an empty point, which has no place.
pub(super) fn figure(wkb: &[u8]) -> Result<Option<Geometry>> {
    let read = wkb::reader::read_wkb(wkb).map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(read.try_to_geometry())
}

/// A geometry as bytes.
pub(super) fn written(shape: &Geometry) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let options = wkb::writer::WriteOptions { endianness: wkb::Endianness::LittleEndian };
    wkb::writer::write_geometry(&mut bytes, shape, &options)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(bytes)
}

fn to_json(shapes: &ArrayRef, digits: Option<&ArrayRef>) -> Result<StringArray> {
    if !matches!(shapes.data_type(), DataType::Binary | DataType::LargeBinary | DataType::BinaryView) {
        let hint =
            "st_asgeojson takes a column of geometry; write st_asgeojson(st_asbinary(…)) of one that is made";
        return Err(DataFusionError::Plan(hint.to_owned()));
    }
    let shapes = cast(shapes, &DataType::Binary)?;
    let digits = match digits {
        Some(digits) => cast(digits, &DataType::Int64)?,
        None => Arc::new(Int64Array::from_value(DIGITS, shapes.len())),
    };
    let digits = digits.as_primitive::<Int64Type>();
    let row = |(wkb, digits): (Option<&[u8]>, Option<i64>)| {
        let (Some(wkb), Some(digits)) = (wkb, digits) else { return Ok(None) };
        let digits = i32::try_from(digits.clamp(0, 15)).unwrap_or_default();
        Ok(figure(wkb)?.map(|shape| json_of(&shape, digits)))
    };
    shapes.as_binary::<i32>().iter().zip(digits).map(row).collect()
}

/// A geometry in GeoJSON (RFC 7946 §3.1), its members in the order of PostGIS.
fn json_of(shape: &Geometry, digits: i32) -> String {
    let scale = 10_f64.powi(digits);
    let number = |value: f64| {
        let rounded = (value * scale).round() / scale;
        // Whole numbers without a point, as PostGIS writes them.
        match rounded.fract() == 0.0 && rounded.abs() < 1e15 {
            true => json!(rounded as i64),
            false => json!(rounded),
        }
    };
    let place = |at: &Coord| json!([number(at.x), number(at.y)]);
    let line = |line: &LineString| Value::Array(line.coords().map(place).collect());
    let area = |area: &Polygon| {
        Value::Array(std::iter::once(area.exterior()).chain(area.interiors()).map(line).collect())
    };
    let (name, coordinates) = match shape {
        Geometry::Point(point) => ("Point", place(&point.0)),
        Geometry::LineString(one) => ("LineString", line(one)),
        Geometry::Line(one) => ("LineString", line(&LineString::from(*one))),
        Geometry::Polygon(one) => ("Polygon", area(one)),
        Geometry::Rect(one) => ("Polygon", area(&one.to_polygon())),
        Geometry::Triangle(one) => ("Polygon", area(&one.to_polygon())),
        Geometry::MultiPoint(many) => {
            ("MultiPoint", Value::Array(many.iter().map(|point| place(&point.0)).collect()))
        }
        Geometry::MultiLineString(many) => ("MultiLineString", Value::Array(many.iter().map(line).collect())),
        Geometry::MultiPolygon(many) => ("MultiPolygon", Value::Array(many.iter().map(area).collect())),
        Geometry::GeometryCollection(many) => {
            let shapes: Vec<String> = many.iter().map(|one| json_of(one, digits)).collect();
            return format!("{{\"type\":\"GeometryCollection\",\"geometries\":[{}]}}", shapes.join(","));
        }
    };
    format!("{{\"type\":\"{name}\",\"coordinates\":{coordinates}}}")
}

fn of_json(text: &str) -> Result<Geometry> {
    let wrong = || DataFusionError::Plan("it is no geometry in GeoJSON".to_owned());
    // The reader bounds how deep values are nested.
    let value: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    shape_of(&value).ok_or_else(wrong)
}

fn shape_of(value: &Value) -> Option<Geometry> {
    fn many<T>(value: &Value, one: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        value.as_array()?.iter().map(one).collect()
    }
    let place = |value: &Value| {
        let coord = Coord { x: value.get(0)?.as_f64()?, y: value.get(1)?.as_f64()? };
        Some(coord).filter(|at| at.x.is_finite() && at.y.is_finite())
    };
    let line = |value: &Value| many(value, place).map(LineString::new);
    let area = |value: &Value| {
        let mut rings = many(value, line)?.into_iter();
        Some(Polygon::new(rings.next()?, rings.collect()))
    };
    let coordinates = value.get("coordinates");
    Some(match value.get("type")?.as_str()? {
        "Point" => Geometry::Point(Point(place(coordinates?)?)),
        "LineString" => Geometry::LineString(line(coordinates?)?),
        "Polygon" => Geometry::Polygon(area(coordinates?)?),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(many(coordinates?, |at| place(at).map(Point))?)),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(many(coordinates?, line)?)),
        "MultiPolygon" => Geometry::MultiPolygon(MultiPolygon(many(coordinates?, area)?)),
        "GeometryCollection" => {
            Geometry::GeometryCollection(GeometryCollection(many(value.get("geometries")?, shape_of)?))
        }
        _ => return None,
    })
}

/// Makes one geometry of each list; none of a list without any.
fn of_lists(lists: &ArrayRef, one: impl Fn(Vec<Geometry>) -> Result<Geometry>) -> Result<BinaryArray> {
    let Some(lists) = lists.as_list_opt::<i32>() else {
        return Err(DataFusionError::Plan("this takes a list of geometries".to_owned()));
    };
    let mut made = BinaryBuilder::new();
    for row in 0..lists.len() {
        let mut shapes = Vec::new();
        if lists.is_valid(row) {
            let items = cast(&lists.value(row), &DataType::Binary)?;
            for wkb in items.as_binary::<i32>().iter().flatten() {
                shapes.extend(figure(wkb)?);
            }
        }
        match shapes.is_empty() {
            true => made.append_null(),
            false => made.append_value(written(&one(shapes)?)?),
        }
    }
    Ok(made.finish())
}

/// Geometries of one kind as several of it, and a collection of others (PostGIS, `ST_Collect`).
fn collected(shapes: Vec<Geometry>) -> Result<Geometry> {
    let points: Vec<Point> = shapes.iter().filter_map(|one| Point::try_from(one.clone()).ok()).collect();
    if points.len() == shapes.len() {
        return Ok(Geometry::MultiPoint(MultiPoint(points)));
    }
    let lines: Vec<LineString> = shapes
        .iter()
        .filter_map(|one| match one {
            Geometry::LineString(line) => Some(line.clone()),
            _ => None,
        })
        .collect();
    if lines.len() == shapes.len() {
        return Ok(Geometry::MultiLineString(MultiLineString(lines)));
    }
    let areas: Vec<Polygon> = shapes
        .iter()
        .filter_map(|one| match one {
            Geometry::Polygon(area) => Some(area.clone()),
            _ => None,
        })
        .collect();
    if areas.len() == shapes.len() {
        return Ok(Geometry::MultiPolygon(MultiPolygon(areas)));
    }
    Ok(Geometry::GeometryCollection(GeometryCollection(shapes)))
}

/// The points that any of the geometries has: of areas their union, of points each once.
fn united(shapes: Vec<Geometry>) -> Result<Geometry> {
    let mut areas: Vec<Polygon> = Vec::new();
    let mut points: Vec<Point> = Vec::new();
    let mut is_other = false;
    for shape in shapes {
        match shape {
            Geometry::Polygon(area) => areas.push(area),
            Geometry::MultiPolygon(many) => areas.extend(many),
            Geometry::Point(point) => points.push(point),
            Geometry::MultiPoint(many) => points.extend(many),
            _ => is_other = true,
        }
    }
    if is_other || (!areas.is_empty() && !points.is_empty()) {
        let why = "st_union takes areas, or points: of other geometries use st_collect";
        return Err(DataFusionError::Plan(why.to_owned()));
    }
    if areas.is_empty() {
        points.sort_by(|a, b| a.x().total_cmp(&b.x()).then(a.y().total_cmp(&b.y())));
        points.dedup();
        return Ok(match points.as_slice() {
            [one] => Geometry::Point(*one),
            _ => Geometry::MultiPoint(MultiPoint(points)),
        });
    }
    let mut union = geo::unary_union(&areas);
    Ok(match union.0.len() {
        1 => Geometry::Polygon(union.0.remove(0)),
        _ => Geometry::MultiPolygon(union),
    })
}
