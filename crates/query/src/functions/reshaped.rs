//! Functions of PostGIS from geometries to geometries, and what is counted and measured of one in its own plane, that
//! the library of spatial functions has not (PostGIS 3.3, §8.8 to §8.14).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use geo::{BooleanOps, Euclidean, Length, MapCoords};
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use super::figures::{figure, written};

/// The functions, with their names.
const ALL: [(Form, &str); 13] = [
    (Form::Azimuth, "wkb_azimuth"),
    (Form::Dimension, "wkb_dimension"),
    (Form::Difference, "wkb_difference"),
    (Form::Exterior, "wkb_exterior"),
    (Form::Flat, "wkb_flat"),
    (Form::Flipped, "wkb_flipped"),
    (Form::Intersection, "wkb_intersection"),
    (Form::Line, "wkb_line"),
    (Form::Multi, "wkb_multi"),
    (Form::Parts, "wkb_parts"),
    (Form::Perimeter, "wkb_perimeter"),
    (Form::SymDifference, "wkb_symdifference"),
    (Form::Translated, "wkb_translated"),
];

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 13] {
    ALL.map(|(form, name)| {
        ScalarUDF::from(Reshape { form, name, signature: Signature::variadic_any(Volatility::Immutable) })
    })
}

/// What a function makes; all take geometries as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// Of two points the direction from one to the other, from the north.
    Azimuth,
    /// 0 of points, 1 of lines, 2 of areas.
    Dimension,
    /// What the one area has and the other has not.
    Difference,
    /// The outer ring of an area.
    Exterior,
    /// Without heights.
    Flat,
    /// With x and y in each other's place.
    Flipped,
    /// What both areas have.
    Intersection,
    /// A line through the points of a list.
    Line,
    /// As several of its kind.
    Multi,
    /// How many there are in one.
    Parts,
    /// Of an area, in the units of its coordinates.
    Perimeter,
    /// What one of two areas has.
    SymDifference,
    /// By an x and a y.
    Translated,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Reshape {
    form: Form,
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Reshape {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.form {
            Form::Dimension | Form::Parts => DataType::Int64,
            Form::Azimuth | Form::Perimeter => DataType::Float64,
            _ => DataType::Binary,
        })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let of = self.return_type(&[])?;
        let is_shape = of == DataType::Binary;
        let field = Field::new(self.name, of, true);
        let geometry = || [("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())].into();
        Ok(Arc::new(if is_shape { field.with_metadata(geometry()) } else { field }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(first) = arrays.first() else {
            return Err(DataFusionError::Plan(format!("{} takes a geometry", self.name)));
        };
        let array: ArrayRef = match self.form {
            Form::Line => Arc::new(lines(first)?),
            Form::Dimension => {
                Arc::new(each(first)?.into_iter().map(|one| Some(dimension(&one?))).collect::<Int64Array>())
            }
            Form::Parts => {
                Arc::new(each(first)?.into_iter().map(|one| Some(parts(&one?))).collect::<Int64Array>())
            }
            Form::Perimeter => {
                Arc::new(each(first)?.into_iter().map(|one| Some(perimeter(&one?))).collect::<Float64Array>())
            }
            Form::Azimuth => {
                let pairs = each(first)?.into_iter().zip(each(second(&arrays)?)?);
                let angle = |(a, b): (Option<Geometry>, Option<Geometry>)| match (a?, b?) {
                    (Geometry::Point(a), Geometry::Point(b)) => azimuth(a, b),
                    _ => None,
                };
                Arc::new(pairs.map(angle).collect::<Float64Array>())
            }
            Form::Intersection | Form::Difference | Form::SymDifference => {
                let pairs = each(first)?.into_iter().zip(each(second(&arrays)?)?);
                let rows = pairs.map(|pair| match pair {
                    (Some(a), Some(b)) => self.overlaid(&a, &b).and_then(|shape| written(&shape)).map(Some),
                    _ => Ok(None),
                });
                Arc::new(rows.collect::<Result<BinaryArray>>()?)
            }
            Form::Translated => {
                let [_, x, y] = arrays.as_slice() else {
                    return Err(DataFusionError::Plan("st_translate takes a geometry, x and y".to_owned()));
                };
                let (x, y) = (cast(x, &DataType::Float64)?, cast(y, &DataType::Float64)?);
                let (x, y) = (x.as_primitive::<Float64Type>(), y.as_primitive::<Float64Type>());
                let rows = each(first)?.into_iter().zip(x.iter().zip(y)).map(|row| match row {
                    (Some(shape), (Some(x), Some(y))) => {
                        written(&shape.map_coords(|at| Coord { x: at.x + x, y: at.y + y })).map(Some)
                    }
                    _ => Ok(None),
                });
                Arc::new(rows.collect::<Result<BinaryArray>>()?)
            }
            Form::Exterior | Form::Flat | Form::Flipped | Form::Multi => {
                let rows = each(first)?.into_iter().map(|shape| {
                    let made = shape.and_then(|shape| self.other(shape));
                    made.map(|shape| written(&shape)).transpose()
                });
                Arc::new(rows.collect::<Result<BinaryArray>>()?)
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

impl Reshape {
    /// Another geometry out of one.
    fn other(&self, shape: Geometry) -> Option<Geometry> {
        match (self.form, shape) {
            (Form::Exterior, Geometry::Polygon(area)) => Some(Geometry::LineString(area.exterior().clone())),
            (Form::Exterior, _) => None,
            (Form::Flipped, shape) => Some(shape.map_coords(|at| Coord { x: at.y, y: at.x })),
            (Form::Multi, shape) => Some(multi(shape)),
            (_, shape) => Some(shape),
        }
    }

    /// One area over another.
    fn overlaid(&self, a: &Geometry, b: &Geometry) -> Result<Geometry> {
        let (Some(a), Some(b)) = (areas(a), areas(b)) else {
            let what = self.name.replace("wkb_", "st_");
            return Err(DataFusionError::Plan(format!(
                "{what} takes areas: ask by st_intersects whether others meet"
            )));
        };
        let mut made = match self.form {
            Form::Intersection => a.intersection(&b),
            Form::Difference => a.difference(&b),
            _ => a.xor(&b),
        };
        Ok(match made.0.len() {
            0 => Geometry::Polygon(Polygon::new(LineString::new(Vec::new()), Vec::new())),
            1 => Geometry::Polygon(made.0.remove(0)),
            _ => Geometry::MultiPolygon(made),
        })
    }
}

fn second(arrays: &[ArrayRef]) -> Result<&ArrayRef> {
    arrays.get(1).ok_or_else(|| DataFusionError::Plan("this takes two geometries".to_owned()))
}

/// The geometries of an array, row by row.
fn each(shapes: &ArrayRef) -> Result<Vec<Option<Geometry>>> {
    let shapes = cast(shapes, &DataType::Binary)?;
    let row = |wkb: Option<&[u8]>| Ok(wkb.map(figure).transpose()?.flatten());
    shapes.as_binary::<i32>().iter().map(row).collect()
}

fn areas(shape: &Geometry) -> Option<MultiPolygon> {
    match shape {
        Geometry::Polygon(area) => Some(MultiPolygon(vec![area.clone()])),
        Geometry::MultiPolygon(many) => Some(many.clone()),
        _ => None,
    }
}

/// Lines through the points of each list, in its order.
fn lines(lists: &ArrayRef) -> Result<BinaryArray> {
    let Some(lists) = lists.as_list_opt::<i32>() else {
        return Err(DataFusionError::Plan("this takes a list of points".to_owned()));
    };
    let row = |row: usize| -> Result<Option<Vec<u8>>> {
        if lists.is_null(row) {
            return Ok(None);
        }
        let mut places: Vec<Coord> = Vec::new();
        for shape in each(&lists.value(row))?.into_iter().flatten() {
            match shape {
                Geometry::Point(point) => places.push(point.0),
                Geometry::MultiPoint(points) => places.extend(points.iter().map(|point| point.0)),
                Geometry::LineString(line) => places.extend(line.0),
                _ => return Err(DataFusionError::Plan("st_makeline takes points and lines".to_owned())),
            }
        }
        match places.is_empty() {
            true => Ok(None),
            false => written(&Geometry::LineString(LineString(places))).map(Some),
        }
    };
    (0..lists.len()).map(row).collect()
}

fn multi(shape: Geometry) -> Geometry {
    match shape {
        Geometry::Point(one) => Geometry::MultiPoint(MultiPoint(vec![one])),
        Geometry::LineString(one) => Geometry::MultiLineString(MultiLineString(vec![one])),
        Geometry::Polygon(one) => Geometry::MultiPolygon(MultiPolygon(vec![one])),
        other => other,
    }
}

fn dimension(shape: &Geometry) -> i64 {
    match shape {
        Geometry::Point(_) | Geometry::MultiPoint(_) => 0,
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => 1,
        Geometry::GeometryCollection(many) => many.iter().map(dimension).max().unwrap_or(0),
        _ => 2,
    }
}

fn parts(shape: &Geometry) -> i64 {
    let count = match shape {
        Geometry::MultiPoint(many) => many.0.len(),
        Geometry::MultiLineString(many) => many.0.len(),
        Geometry::MultiPolygon(many) => many.0.len(),
        Geometry::GeometryCollection(many) => many.0.len(),
        _ => 1,
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn perimeter(shape: &Geometry) -> f64 {
    let of_area = |area: &Polygon| -> f64 {
        std::iter::once(area.exterior()).chain(area.interiors()).map(|ring| Euclidean.length(ring)).sum()
    };
    areas(shape).map_or(0.0, |areas| areas.iter().map(of_area).sum())
}

/// The angle from the north, clockwise; none between a point and itself.
fn azimuth(a: Point, b: Point) -> Option<f64> {
    let (x, y) = (b.x() - a.x(), b.y() - a.y());
    let angle = x.atan2(y);
    let full = 2.0 * std::f64::consts::PI;
    (x != 0.0 || y != 0.0).then_some(if angle < 0.0 { angle + full } else { angle })
}
