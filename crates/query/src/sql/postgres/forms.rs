//! Functions over numbers and lists of the catalogue that need nothing but their arguments.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int16Array, Int32Array, Int64Array, ListArray, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::types::{GEOMETRY, PgType, TYPE_KEY};
use super::typmod::{SRID, Shape};

/// Registers them.
pub(super) fn register(context: &SessionContext) {
    for form in [
        Form::Oid,
        Form::TypeName,
        Form::TypeOf,
        Form::ShapeName,
        Form::ShapeSystem,
        Form::ShapeDimensions,
        Form::Subscripts,
        Form::Expanded,
    ] {
        let signature = Signature::variadic_any(Volatility::Immutable);
        context.register_udf(ScalarUDF::from(FormFunction { form, signature }));
    }
}

/// What a function makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `pg_oid(number)`: a cast to `oid`.
    Oid,
    /// `format_type(oid, typmod)`: the name of a type in SQL.
    TypeName,
    /// `pg_typeof(value)`: the same of a value.
    TypeOf,
    /// `postgis_typmod_type(typmod)`.
    ShapeName,
    /// `postgis_typmod_srid(typmod)`.
    ShapeSystem,
    /// `postgis_typmod_dims(typmod)`.
    ShapeDimensions,
    /// `pg_subscripts(list)`: the places in a list, as `generate_subscripts` gives them in rows;
    /// `pg_subscripts(list, 0)`: those of an old list, which is counted from 0.
    Subscripts,
    /// `pg_expanded(list)`: the items with their places, as `_pg_expandarray` gives them in rows.
    Expanded,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FormFunction {
    form: Form,
    signature: Signature,
}

/// An item `x` at the place `n`.
fn expanded() -> Fields {
    vec![Field::new("x", DataType::Int16, true), Field::new("n", DataType::Int32, true)].into()
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

impl ScalarUDFImpl for FormFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Oid => "pg_oid",
            Form::TypeName => "format_type",
            Form::TypeOf => "pg_typeof",
            Form::ShapeName => "postgis_typmod_type",
            Form::ShapeSystem => "postgis_typmod_srid",
            Form::ShapeDimensions => "postgis_typmod_dims",
            Form::Subscripts => "pg_subscripts",
            Form::Expanded => "pg_expanded",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.form {
            Form::Oid => DataType::Int64,
            Form::TypeName | Form::TypeOf | Form::ShapeName => DataType::Utf8,
            Form::ShapeSystem | Form::ShapeDimensions => DataType::Int32,
            Form::Subscripts => list_of(DataType::Int32),
            Form::Expanded => list_of(DataType::Struct(expanded())),
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let of: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let field = Field::new(self.name(), self.return_type(&of)?, true);
        Ok(Arc::new(match self.form {
            Form::Oid => field.with_metadata([(TYPE_KEY.to_owned(), "oid".to_owned())].into()),
            _ => field,
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(first) = arrays.first() else {
            return Err(DataFusionError::Plan(format!("{} takes a value", self.name())));
        };
        let array: ArrayRef = match self.form {
            Form::Oid => cast(first, &DataType::Int64)?,
            Form::TypeName => {
                let typmods = arrays.get(1).map(whole).transpose()?;
                let typmod = |row| typmods.as_ref().filter(|of| of.is_valid(row)).map(|of| of.value(row));
                let names = whole(first)?;
                let names = names.iter().enumerate().map(|(row, oid)| type_name(oid?, typmod(row)));
                Arc::new(names.collect::<StringArray>())
            }
            Form::TypeOf => {
                let name = args.arg_fields.first().map(|field| PgType::of_field(field).sql);
                Arc::new(StringArray::from(vec![name; first.len()]))
            }
            Form::ShapeName => {
                let name = |typmod: Option<i64>| Some(shape(typmod?)?.0.name());
                Arc::new(whole(first)?.iter().map(name).collect::<StringArray>())
            }
            Form::ShapeSystem => {
                let system = |typmod: Option<i64>| Some(shape(typmod?).map_or(0, |(_, system)| system));
                Arc::new(whole(first)?.iter().map(system).collect::<Int32Array>())
            }
            Form::ShapeDimensions => {
                let dimensions = |typmod: Option<i64>| Some(shape(typmod?)?.0.dimensions());
                Arc::new(whole(first)?.iter().map(dimensions).collect::<Int32Array>())
            }
            Form::Subscripts => {
                let (lists, mut places) = places(first)?;
                if arrays.len() > 1 {
                    places = places.unary(|place: i32| place - 1);
                }
                let item = Arc::new(Field::new("item", DataType::Int32, true));
                Arc::new(ListArray::try_new(item, offsets(&lists), Arc::new(places), lists.nulls().cloned())?)
            }
            Form::Expanded => {
                let (lists, places) = places(first)?;
                let values = cast(&within(&lists), &DataType::Int16)?;
                let items: Arc<Int16Array> = Arc::new(values.as_primitive().clone());
                let pairs = StructArray::try_new(expanded(), vec![items, Arc::new(places)], None)?;
                let item = Arc::new(Field::new("item", DataType::Struct(expanded()), true));
                Arc::new(ListArray::try_new(item, offsets(&lists), Arc::new(pairs), lists.nulls().cloned())?)
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn whole(array: &ArrayRef) -> Result<Int64Array> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn shape(typmod: i64) -> Option<(Shape, i32)> {
    Shape::of_typmod(i32::try_from(typmod).ok()?)
}

/// The name of a type, with what its number is modified by.
fn type_name(oid: i64, typmod: Option<i64>) -> Option<String> {
    if oid == 0 {
        return Some("-".to_owned());
    }
    let of = u32::try_from(oid).ok().and_then(PgType::of_oid);
    let Some(of) = of else { return Some("???".to_owned()) };
    let shape = typmod.filter(|_| of.oid == GEOMETRY).and_then(shape);
    // A length or digits, with four more (`anychar_typmodout`, `numerictypmodout`).
    let modified = typmod.and_then(|typmod| typmod.checked_sub(4)).filter(|modified| *modified >= 0);
    Some(match (shape, of.name, modified) {
        (Some((shape, _)), ..) => format!("{}({},{SRID})", of.sql, shape.name()),
        (None, "varchar" | "bpchar", Some(length)) => format!("{}({length})", of.sql),
        (None, "numeric", Some(digits)) => format!("{}({},{})", of.sql, digits >> 16, digits & 0x7ff),
        _ => of.sql.to_owned(),
    })
}

/// The lists and, one after the other, the places of their items.
fn places(array: &ArrayRef) -> Result<(ListArray, Int32Array)> {
    let lists = array.as_list_opt::<i32>();
    let lists = lists.ok_or_else(|| DataFusionError::Plan("this function takes a list".to_owned()))?.clone();
    let lengths = lists.offsets().lengths();
    let places = lengths.flat_map(|length| (1..).take(length)).collect();
    Ok((lists, places))
}

/// The items of the lists and no others.
fn within(lists: &ListArray) -> ArrayRef {
    let offsets = lists.value_offsets();
    let at = |offset: i32| usize::try_from(offset).unwrap_or_default();
    let (first, last) = (at(offsets[0]), at(offsets[lists.len()]));
    lists.values().slice(first, last - first)
}

/// The bounds of the lists, counted from the first item.
fn offsets(lists: &ListArray) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(lists.offsets().lengths())
}
