//! Decimals: numbers as they are written, which are rounded, cut off and divided as PostgreSQL's `numeric` is (PostgreSQL
//! 15, tables 9.4 and 9.5). `pg_round_to(number, digits)`, `pg_trunc_to(number, digits)` and `pg_div(a, b)` stand for
//! `round`, `trunc` and `div`, which it has for decimals only; a double is taken as the decimal that it is shown as.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type};
use arrow::error::ArrowError;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

/// The digits of the planner's decimals.
const MOST_DIGITS: u8 = 38;
/// The most digits behind the point that something is rounded to.
const MOST_PLACES: i64 = 20;

/// A decimal: so many of the unit at a place behind the point, or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    pub(super) units: i128,
    pub(super) scale: i32,
}

impl Exact {
    /// The shortest decimal that is this double; none where it is no number, or too large for one.
    pub(super) fn of_double(number: f64) -> Option<Exact> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e')?;
        let behind = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let units = digits.replace('.', "").parse().ok()?;
        let scale = i32::try_from(behind).ok()? - exponent.parse::<i32>().ok()?;
        Some(Exact { units, scale })
    }

    /// With so many digits behind the point, or so many zeros before it: the nearest, of two the one away from zero, or
    /// what is left when the others are cut off. None where it has too many digits.
    pub(super) fn with_scale(self, scale: i32, rounds: bool) -> Option<Exact> {
        let Some(fewer) = u32::try_from(self.scale - scale).ok().filter(|fewer| *fewer > 0) else {
            let more = u32::try_from(scale - self.scale).ok()?;
            let units = match self.units {
                0 => 0,
                units => units.checked_mul(10_i128.checked_pow(more)?)?,
            };
            return Some(Exact { units, scale });
        };
        let Some(unit) = 10_i128.checked_pow(fewer) else { return Some(Exact { units: 0, scale }) };
        let (whole, rest) = (self.units / unit, self.units % unit);
        let up = rounds && rest.unsigned_abs() >= unit.unsigned_abs() / 2;
        Some(Exact { units: if up { whole + self.units.signum() } else { whole }, scale })
    }

    /// How often another goes into it, without what is left; none where one has too many digits. The other is not 0.
    fn whole_share(self, other: Exact) -> Option<i128> {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.with_scale(scale, false)?, other.with_scale(scale, false)?);
        a.units.checked_div(b.units)
    }

    /// The digits without a sign.
    pub(super) fn text(self) -> String {
        let digits = self.units.unsigned_abs().to_string();
        match usize::try_from(self.scale) {
            Ok(0) => digits,
            Ok(scale) => {
                let padded = format!("{digits:0>width$}", width = scale + 1);
                let (whole, fraction) = padded.split_at(padded.len() - scale);
                format!("{whole}.{fraction}")
            }
            Err(_) if self.units == 0 => digits,
            Err(_) => digits + &"0".repeat(self.scale.unsigned_abs() as usize),
        }
    }

    fn double(self) -> f64 {
        let sign = if self.units < 0 { "-" } else { "" };
        // Whatever is written here is a number.
        format!("{sign}{}e{}", self.units.unsigned_abs(), -self.scale).parse().unwrap_or(f64::NAN)
    }
}

/// Numbers that are decimals.
pub(super) struct Exacts {
    units: Decimal128Array,
    scale: i32,
}

impl Exacts {
    /// The values of an array of whole numbers or of decimals.
    pub(super) fn of(array: &ArrayRef) -> Result<Option<Exacts>> {
        let units = match array.data_type() {
            of if of.is_integer() => cast(array, &DataType::Decimal128(MOST_DIGITS, 0))?,
            DataType::Decimal128(..) => array.clone(),
            _ => return Ok(None),
        };
        let units = units.as_primitive::<Decimal128Type>().clone();
        let scale = i32::from(units.scale());
        Ok(Some(Exacts { units, scale }))
    }

    /// The value of a row, which has one.
    pub(super) fn value(&self, row: usize) -> Exact {
        Exact { units: self.units.value(row), scale: self.scale }
    }
}

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 3] {
    [Form::Round, Form::Trunc, Form::Div].map(function)
}

fn function(form: Form) -> ScalarUDF {
    ScalarUDF::from(ExactFunction { form, signature: Signature::any(2, Volatility::Immutable) })
}

/// `round` of a decimal that is held in a double.
pub(crate) fn round_to() -> ScalarUDF {
    function(Form::Round)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Round,
    Trunc,
    Div,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ExactFunction {
    form: Form,
    signature: Signature,
}

impl ScalarUDFImpl for ExactFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Round => "pg_round_to",
            Form::Trunc => "pg_trunc_to",
            Form::Div => "pg_div",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let is_exact = |of: &DataType| of.is_integer() || matches!(of, DataType::Decimal128(..));
        Ok(match (self.form, arguments) {
            (Form::Div, [a, b]) if is_exact(a) && is_exact(b) => DataType::Decimal128(MOST_DIGITS, 0),
            (Form::Round | Form::Trunc, [DataType::Decimal128(_, scale), _]) => {
                DataType::Decimal128(MOST_DIGITS, *scale)
            }
            (Form::Round | Form::Trunc, [of, _]) if of.is_integer() => DataType::Decimal128(MOST_DIGITS, 0),
            _ => DataType::Float64,
        })
    }

    /// What is rounded to so many digits has so many.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let mut of = self.return_type(&types)?;
        if let (DataType::Decimal128(_, scale), Form::Round | Form::Trunc) = (&mut of, self.form)
            && let Some(Some(digits)) = args.scalar_arguments.get(1)
            && let Ok(ScalarValue::Int64(Some(digits))) = digits.cast_to(&DataType::Int64)
        {
            *scale = i8::try_from(digits.clamp(0, MOST_PLACES)).unwrap_or_default();
        }
        Ok(Arc::new(Field::new(self.name(), of, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let of = args.return_field.data_type();
        let made: ArrayRef = match self.form {
            Form::Div => div(&arrays[0], &arrays[1], of)?,
            form => cut(&arrays[0], &arrays[1], form == Form::Round, of)?,
        };
        Ok(ColumnarValue::Array(made))
    }
}

fn cut(numbers: &ArrayRef, digits: &ArrayRef, rounds: bool, of: &DataType) -> Result<ArrayRef> {
    let digits = cast(digits, &DataType::Int64)?;
    let digits = digits.as_primitive::<Int64Type>();
    let places = |digits: i64| i32::try_from(digits.clamp(-400, 400)).unwrap_or_default();
    if let (Some(exacts), DataType::Decimal128(precision, shown)) = (Exacts::of(numbers)?, of) {
        let row = |row: usize| {
            if numbers.is_null(row) || digits.is_null(row) {
                return Ok(None);
            }
            let cut = exacts.value(row);
            let places = places(digits.value(row));
            let cut = if places >= cut.scale { Some(cut) } else { cut.with_scale(places, rounds) };
            let cut = cut.and_then(|cut| cut.with_scale((*shown).into(), rounds)).ok_or_else(overflows)?;
            Ok(Some(cut.units))
        };
        let made = (0..numbers.len()).map(row).collect::<Result<Decimal128Array>>()?;
        return Ok(Arc::new(made.with_precision_and_scale(*precision, *shown)?));
    }
    // A text that writes no number is no number that is missing.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let numbers = cast_with_options(numbers, &DataType::Float64, &options)?;
    let pairs = numbers.as_primitive::<Float64Type>().iter().zip(digits);
    let row = |(number, digits): (Option<f64>, Option<i64>)| {
        let (number, places) = (number?, places(digits?));
        let cut = Exact::of_double(number).filter(|exact| exact.scale > places);
        Some(cut.and_then(|exact| exact.with_scale(places, rounds)).map_or(number, Exact::double))
    };
    Ok(Arc::new(pairs.map(row).collect::<Float64Array>()))
}

fn div(a: &ArrayRef, b: &ArrayRef, of: &DataType) -> Result<ArrayRef> {
    if let (DataType::Decimal128(precision, scale), Some(left), Some(right)) =
        (of, Exacts::of(a)?, Exacts::of(b)?)
    {
        let row = |row: usize| {
            if a.is_null(row) || b.is_null(row) {
                return Ok(None);
            }
            let (left, right) = (left.value(row), right.value(row));
            if right.units == 0 {
                return Err(ArrowError::DivideByZero.into());
            }
            left.whole_share(right).map(Some).ok_or_else(overflows)
        };
        let made = (0..a.len()).map(row).collect::<Result<Decimal128Array>>()?;
        return Ok(Arc::new(made.with_precision_and_scale(*precision, *scale)?));
    }
    let (a, b) = (cast(a, &DataType::Float64)?, cast(b, &DataType::Float64)?);
    let pairs = a.as_primitive::<Float64Type>().iter().zip(b.as_primitive::<Float64Type>());
    let row = |(a, b): (Option<f64>, Option<f64>)| {
        let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
        if b == 0.0 {
            return Err(ArrowError::DivideByZero.into());
        }
        let share = Exact::of_double(a).zip(Exact::of_double(b)).and_then(|(a, b)| a.whole_share(b));
        Ok(Some(share.map_or((a / b).trunc(), |units| Exact { units, scale: 0 }.double())))
    };
    Ok(Arc::new(pairs.map(row).collect::<Result<Float64Array>>()?))
}

fn overflows() -> DataFusionError {
    DataFusionError::Execution("value overflows numeric format".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(number: f64) -> Exact {
        Exact::of_double(number).unwrap()
    }

    #[test]
    fn doubles_are_rounded_as_the_decimals_that_they_are_shown_as() {
        for (number, places, rounded, cut) in [
            (2.675, 2, 2.68, 2.67),
            (-2.675, 2, -2.68, -2.67),
            (1.15, 2, 1.15, 1.15),
            (0.5, 0, 1.0, 0.0),
            (2.5, 0, 3.0, 2.0),
            (1_250.0, -2, 1_300.0, 1_200.0),
            (49.0, -2, 0.0, 0.0),
            (1e-300, 3, 0.0, 0.0),
        ] {
            let with = |rounds| exact(number).with_scale(places, rounds).map(Exact::double);
            assert_eq!((with(true), with(false)), (Some(rounded), Some(cut)), "{number}");
        }
    }

    #[test]
    fn shares_of_decimals_are_whole() {
        for (a, b, expected) in
            [(7.0, 2.0, 3), (-7.0, 2.0, -3), (0.3, 0.1, 3), (7.0, 0.5, 14), (0.0, 9e30, 0)]
        {
            assert_eq!(exact(a).whole_share(exact(b)), Some(expected), "{a} {b}");
        }
    }

    #[test]
    fn decimals_are_written_with_their_digits() {
        for (units, scale, expected) in
            [(5, 2, "0.05"), (-1234, 2, "12.34"), (7, 0, "7"), (7, -2, "700"), (0, -2, "0")]
        {
            assert_eq!(Exact { units, scale }.text(), expected);
        }
    }
}
