//! Lengths on the ellipsoid, which PostGIS gives of its type `geography`: distances and lengths in metres and areas
//! in square metres, by Karney's geodesics. A geometry's own are in degrees, and are no lengths.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use geo::{Distance, Geodesic, GeodesicArea, Haversine};
use geo_types::{Geometry, LineString, Point};

use super::figures::figure;

/// The key and the word by which a column is known to be a `geography`.
const TYPE: (&str, &str) = ("postgres.type", "geography");

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 6] {
    [
        Measure::Mark,
        Measure::Distance,
        Measure::SphereDistance,
        Measure::Length,
        Measure::Perimeter,
        Measure::Area,
    ]
    .map(|measure| {
        let arguments = if measure.is_between() { 2 } else { 1 };
        ScalarUDF::from(MeasureFunction {
            measure,
            signature: Signature::any(arguments, Volatility::Immutable),
        })
    })
}

/// What a function measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Measure {
    /// `geography(wkb)`: the geometry, marked as one that is measured on the ellipsoid. It is no geometry any
    /// more, so that a function which measures in degrees does not take it.
    Mark,
    /// `geodesic_distance(a, b)`: metres between two points.
    Distance,
    /// `sphere_distance(a, b)`: metres between two points on a sphere.
    SphereDistance,
    /// `geodesic_length(line)`: metres.
    Length,
    /// `geodesic_perimeter(area)`: metres.
    Perimeter,
    /// `geodesic_area(area)`: square metres.
    Area,
}

impl Measure {
    fn is_between(self) -> bool {
        matches!(self, Measure::Distance | Measure::SphereDistance)
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MeasureFunction {
    measure: Measure,
    signature: Signature,
}

fn marked() -> Fields {
    vec![Field::new("geography", DataType::Binary, true)].into()
}

impl ScalarUDFImpl for MeasureFunction {
    fn name(&self) -> &str {
        match self.measure {
            Measure::Mark => "geography",
            Measure::Distance => "geodesic_distance",
            Measure::SphereDistance => "sphere_distance",
            Measure::Length => "geodesic_length",
            Measure::Perimeter => "geodesic_perimeter",
            Measure::Area => "geodesic_area",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.measure {
            Measure::Mark => DataType::Struct(marked()),
            _ => DataType::Float64,
        })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = Field::new(self.name(), self.return_type(&[])?, true);
        Ok(Arc::new(match self.measure {
            Measure::Mark => field.with_metadata([(TYPE.0.to_owned(), TYPE.1.to_owned())].into()),
            _ => field,
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let shapes = arrays.iter().map(wkb_of).collect::<Result<Vec<_>>>()?;
        let array: ArrayRef = match self.measure {
            Measure::Mark => {
                let nulls = shapes[0].nulls().cloned();
                Arc::new(StructArray::try_new(marked(), vec![shapes[0].clone()], nulls)?)
            }
            Measure::Distance => Arc::new(between(&shapes, |a, b| Geodesic.distance(a, b))?),
            Measure::SphereDistance => Arc::new(between(&shapes, |a, b| Haversine.distance(a, b))?),
            Measure::Length => Arc::new(each(&shapes[0], length)?),
            Measure::Perimeter => Arc::new(each(&shapes[0], |shape| match is_area(shape) {
                true => shape.geodesic_perimeter(),
                false => 0.0,
            })?),
            Measure::Area => Arc::new(each(&shapes[0], |shape| match is_area(shape) {
                true => shape.geodesic_area_unsigned(),
                false => 0.0,
            })?),
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// Geometries as bytes, marked or not.
fn wkb_of(array: &ArrayRef) -> Result<ArrayRef> {
    match array.as_struct_opt() {
        Some(marked) if marked.num_columns() == 1 && marked.column_names() == ["geography"] => {
            Ok(marked.column(0).clone())
        }
        Some(_) => Err(DataFusionError::Plan("this takes a geometry".to_owned())),
        None => Ok(arrow::compute::cast(array, &DataType::Binary)?),
    }
}

fn each(shapes: &ArrayRef, measure: impl Fn(&Geometry) -> f64) -> Result<Float64Array> {
    let row = |wkb: Option<&[u8]>| match wkb {
        Some(wkb) => Ok(figure(wkb)?.map(|shape| measure(&shape))),
        None => Ok(None),
    };
    shapes.as_binary::<i32>().iter().map(row).collect()
}

fn between(shapes: &[ArrayRef], measure: impl Fn(Point, Point) -> f64) -> Result<Float64Array> {
    let (a, b) = (shapes[0].as_binary::<i32>(), shapes[1].as_binary::<i32>());
    let row = |(a, b): (Option<&[u8]>, Option<&[u8]>)| match (a, b) {
        (Some(a), Some(b)) => match (figure(a)?, figure(b)?) {
            (Some(Geometry::Point(a)), Some(Geometry::Point(b))) => Ok(Some(measure(a, b))),
            (Some(_), Some(_)) => Err(DataFusionError::Plan(
                "distances in metres are told between points: take a point of each shape, e.g. \
                 `st_centroid(geometry)::geography`"
                    .to_owned(),
            )),
            _ => Ok(None),
        },
        _ => Ok(None),
    };
    a.iter().zip(b.iter()).map(row).collect()
}

fn is_area(shape: &Geometry) -> bool {
    matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
}

/// The length of lines; of areas and points it is 0, as PostGIS says.
fn length(shape: &Geometry) -> f64 {
    let of_line = |line: &LineString| {
        line.lines().map(|line| Geodesic.distance(line.start_point(), line.end_point())).sum::<f64>()
    };
    match shape {
        Geometry::LineString(line) => of_line(line),
        Geometry::MultiLineString(lines) => lines.iter().map(of_line).sum(),
        _ => 0.0,
    }
}
