//! Boxes of geometries: `st_makeenvelope`, whether two boxes meet (PostGIS's `&&`), a box out of its four
//! edges, and WKB in the order of bytes that is asked for.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::ewkb::{self, Bounds};

/// The function that `&&` stands for.
pub(crate) const BOXES_MEET: &str = "boxes_meet";

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 4] {
    let number = DataType::Float64;
    let exact = |arguments: Vec<DataType>| Signature::exact(arguments, Volatility::Immutable);
    let edges = vec![number; 4];
    let with_system = [edges.clone(), vec![DataType::Int64]].concat();
    let envelope = Signature::one_of(
        vec![TypeSignature::Exact(edges.clone()), TypeSignature::Exact(with_system)],
        Volatility::Immutable,
    );
    let make = |form, signature| ScalarUDF::from(BoxFunction { form, signature });
    [
        make(Form::Envelope, envelope),
        make(Form::Box, exact(edges)),
        make(Form::Meet, exact(vec![DataType::Binary, DataType::Binary])),
        make(Form::Ordered, exact(vec![DataType::Binary, DataType::Utf8])),
    ]
}

/// What a function makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `st_makeenvelope(west, south, east, north[, system])`: a polygon.
    Envelope,
    /// `make_box(west, south, east, north)`: a box, as `st_extent` gives one.
    Box,
    /// `boxes_meet(a, b)`: whether the boxes around two geometries have a point in common.
    Meet,
    /// `wkb_of(wkb, order)`: WKB with its numbers in the order `NDR` (little end first) or `XDR`, or `EWKB`.
    Ordered,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BoxFunction {
    form: Form,
    signature: Signature,
}

fn edges() -> Fields {
    ["xmin", "ymin", "xmax", "ymax"].map(|name| Field::new(name, DataType::Float64, false)).to_vec().into()
}

impl ScalarUDFImpl for BoxFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Envelope => "st_makeenvelope",
            Form::Box => "make_box",
            Form::Meet => BOXES_MEET,
            Form::Ordered => "wkb_of",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.form {
            Form::Envelope | Form::Ordered => DataType::Binary,
            Form::Box => DataType::Struct(edges()),
            Form::Meet => DataType::Boolean,
        })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = Field::new(self.name(), self.return_type(&[])?, true);
        let named = |name: &str| [("ARROW:extension:name".to_owned(), name.to_owned())].into();
        Ok(Arc::new(match self.form {
            Form::Envelope => field.with_metadata(named("geoarrow.wkb")),
            Form::Box => field.with_metadata(named("geoarrow.box")),
            Form::Meet | Form::Ordered => field,
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let array: ArrayRef = match self.form {
            Form::Envelope => {
                let sides = sides(&arrays);
                let rows = 0..arrays[0].len();
                Arc::new(rows.map(|row| Some(envelope(bounds_at(&sides, row)?))).collect::<BinaryArray>())
            }
            Form::Box => Arc::new(boxes(&sides(&arrays))?),
            Form::Meet => Arc::new(meet(&arrays[0], &arrays[1])),
            Form::Ordered => Arc::new(ordered(&arrays[0], &arrays[1])?),
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn sides(arrays: &[ArrayRef]) -> Vec<&Float64Array> {
    arrays.iter().take(4).map(|array| array.as_primitive::<Float64Type>()).collect()
}

fn bounds_at(sides: &[&Float64Array], row: usize) -> Option<Bounds> {
    let side = |at: usize| sides[at].is_valid(row).then(|| sides[at].value(row));
    Some([side(0)?, side(1)?, side(2)?, side(3)?])
}

/// The box as a polygon in WKB, from its south-western corner northwards as PostGIS makes it.
fn envelope([west, south, east, north]: Bounds) -> Vec<u8> {
    let mut wkb = vec![1_u8];
    for number in [3_u32, 1, 5] {
        wkb.extend_from_slice(&number.to_le_bytes());
    }
    for (x, y) in [(west, south), (west, north), (east, north), (east, south), (west, south)] {
        wkb.extend_from_slice(&x.to_le_bytes());
        wkb.extend_from_slice(&y.to_le_bytes());
    }
    wkb
}

fn boxes(sides: &[&Float64Array]) -> Result<StructArray> {
    let rows = sides[0].len();
    let bounds: Vec<Option<Bounds>> = (0..rows).map(|row| bounds_at(sides, row)).collect();
    let column = |at: usize| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(bounds.iter().map(|found| found.map_or(0.0, |b| b[at]))))
    };
    let nulls: NullBuffer = bounds.iter().map(Option::is_some).collect::<Vec<_>>().into();
    Ok(StructArray::try_new(edges(), (0..4).map(column).collect(), Some(nulls))?)
}

fn meet(a: &ArrayRef, b: &ArrayRef) -> BooleanArray {
    let (a, b) = (a.as_binary::<i32>(), b.as_binary::<i32>());
    // One of them is the same in every row most of the time.
    let mut last: Option<(&[u8], Option<Bounds>)> = None;
    let pairs = a.iter().zip(b.iter()).map(|(a, b)| {
        let (a, b) = (a?, b?);
        let of_b = match last {
            Some((before, bounds)) if before == b => bounds,
            _ => ewkb::bounds(b),
        };
        last = Some((b, of_b));
        let (Some(a), Some(b)) = (ewkb::bounds(a), of_b) else { return Some(false) };
        Some(a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1])
    });
    pairs.collect()
}

fn ordered(wkb: &ArrayRef, orders: &ArrayRef) -> Result<BinaryArray> {
    use wkb::Endianness::{BigEndian, LittleEndian};
    let (shapes, orders) = (wkb.as_binary::<i32>(), orders.as_string::<i32>());
    let row = |(shape, order): (Option<&[u8]>, Option<&str>)| {
        let (Some(shape), Some(order)) = (shape, order) else { return Ok(None) };
        let (first, endianness) = match order.to_ascii_uppercase().as_str() {
            "EWKB" => {
                let mut extended = Vec::with_capacity(shape.len() + 4);
                ewkb::push(&mut extended, shape);
                return Ok(Some(extended));
            }
            "NDR" => (1, LittleEndian),
            "XDR" => (0, BigEndian),
            _ => return Err(DataFusionError::Plan("the order of bytes is `NDR` or `XDR`".to_owned())),
        };
        if shape.first() == Some(&first) {
            return Ok(Some(shape.to_vec()));
        }
        let wrong = |error: wkb::error::WkbError| DataFusionError::External(Box::new(error));
        let read = wkb::reader::read_wkb(shape).map_err(wrong)?;
        let mut written = Vec::with_capacity(shape.len());
        let options = wkb::writer::WriteOptions { endianness };
        wkb::writer::write_geometry(&mut written, &read, &options).map_err(wrong)?;
        Ok(Some(written))
    };
    shapes.iter().zip(orders.iter()).map(row).collect()
}

/// The box that the geometry of a row has to meet for the filter to hold, where the filter says so of a
/// column and a geometry that is the same in every row.
pub(crate) fn box_asked_for(filter: &Expr, column: &str) -> Option<Bounds> {
    const RELATIONS: [&str; 10] = [
        BOXES_MEET,
        "st_contains",
        "st_coveredby",
        "st_covers",
        "st_crosses",
        "st_equals",
        "st_intersects",
        "st_overlaps",
        "st_touches",
        "st_within",
    ];
    let Expr::ScalarFunction(call) = filter else { return None };
    if !RELATIONS.contains(&call.name()) {
        return None;
    }
    let [a, b] = call.args.as_slice() else { return None };
    let is_column = |expr: &Expr| matches!(bare(expr), Expr::Column(found) if found.name == column);
    match (is_column(a), is_column(b)) {
        (true, false) => constant(b),
        (false, true) => constant(a),
        _ => None,
    }
}

/// The expression within conversions from one form of geometry to the other.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::ScalarFunction(call) if call.name() == "st_asbinary" && call.args.len() == 1 => {
            bare(&call.args[0])
        }
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}

fn constant(expr: &Expr) -> Option<Bounds> {
    let Expr::Literal(value, _) = bare(expr) else { return None };
    match value {
        ScalarValue::Binary(Some(wkb))
        | ScalarValue::LargeBinary(Some(wkb))
        | ScalarValue::BinaryView(Some(wkb)) => ewkb::bounds(wkb),
        _ => None,
    }
}
