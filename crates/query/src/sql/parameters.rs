//! Parameters of a statement: `$1`, `$2`, … become literals in its tree, never in its text.

use std::ops::ControlFlow;

use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    CastKind, DataType as SqlType, ExactNumberInfo, Expr, TimezoneInfo, Value, visit_expressions,
    visit_expressions_mut,
};
use wording::told;

use super::{session, text};
use crate::Error;

/// The most parameters of a statement.
const MAX: usize = 1_000;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text; beside a number or a time it is read as one, as a literal would be.
    Text(String),
    /// An instant.
    Time(DateTime<Utc>),
    /// A day.
    Date(NaiveDate),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Parameter {
    fn literal(&self) -> Expr {
        let value = |value: Value| Expr::Value(value.into());
        let quoted = |text: String| Box::new(value(Value::SingleQuotedString(text)));
        match self {
            Parameter::Null => value(Value::Null),
            Parameter::Boolean(truth) => value(Value::Boolean(*truth)),
            Parameter::Integer(number) => value(Value::Number(number.to_string(), false)),
            Parameter::Float(number) => {
                cast(quoted(number.to_string()), SqlType::Double(ExactNumberInfo::None))
            }
            Parameter::Text(text) => *quoted(text.clone()),
            Parameter::Time(time) => {
                let text = time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
                cast(quoted(text), SqlType::Timestamp(None, TimezoneInfo::WithTimeZone))
            }
            Parameter::Date(date) => cast(quoted(date.to_string()), SqlType::Date),
            Parameter::Bytes(bytes) => {
                let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                value(Value::HexStringLiteral(hex))
            }
        }
    }
}

fn cast(expr: Box<Expr>, data_type: SqlType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None }
}

/// A place without a value, of a type; a text where the type is not known.
fn null(of: Option<&DataType>) -> Expr {
    let to = match of {
        Some(DataType::Boolean) => SqlType::Boolean,
        Some(DataType::Int8 | DataType::Int16) => SqlType::SmallInt(None),
        Some(DataType::Int32) => SqlType::Integer(None),
        Some(of) if of.is_integer() => SqlType::BigInt(None),
        Some(DataType::Float32) => SqlType::Real,
        Some(of) if of.is_floating() => SqlType::Double(ExactNumberInfo::None),
        Some(DataType::Date32 | DataType::Date64) => SqlType::Date,
        Some(DataType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, None)) => {
            SqlType::Timestamp(Some(6), TimezoneInfo::None)
        }
        Some(DataType::Timestamp(_, None)) => SqlType::Timestamp(None, TimezoneInfo::None),
        Some(DataType::Timestamp(_, Some(_))) => SqlType::Timestamp(None, TimezoneInfo::WithTimeZone),
        Some(DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => SqlType::Bytea,
        Some(DataType::Decimal128(precision, scale)) => {
            let scale = u64::try_from(*scale).unwrap_or_default();
            SqlType::Decimal(ExactNumberInfo::PrecisionAndScale(u64::from(*precision), scale as i64))
        }
        _ => SqlType::Varchar(None),
    };
    cast(Box::new(Expr::Value(Value::Null.into())), to)
}

/// The number of `$n`.
fn number(expr: &Expr) -> Option<Result<usize, Error>> {
    let Expr::Value(value) = expr else { return None };
    let Value::Placeholder(name) = &value.value else { return None };
    let number = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
    Some(number.filter(|number| (1..=MAX).contains(number)).ok_or_else(|| {
        Error::invalid(
            told!("query-no-parameter", "`{name}` is no parameter", name = name),
            told!("query-write-1-2-up", "write $1, $2, … up to ${max}", max = MAX),
        )
    }))
}

/// Puts the values into their places.
pub(super) fn put(statement: &mut Statement, values: &[Parameter]) -> Result<(), Error> {
    replace(statement, |place| {
        values.get(place - 1).map(Parameter::literal).ok_or_else(|| {
            let given = values.len();
            Error::invalid(
                told!("query-there-no-value", "there is no value for ${place}", place = place),
                told!("query-values-were-given", "{given} values were given", given = given),
            )
        })
    })
}

/// Puts nothing, of these types, into the places.
pub(super) fn put_nulls(statement: &mut Statement, types: &[Option<DataType>]) -> Result<(), Error> {
    replace(statement, |place| Ok(null(types.get(place - 1).and_then(Option::as_ref))))
}

fn replace(statement: &mut Statement, literal: impl Fn(usize) -> Result<Expr, Error>) -> Result<(), Error> {
    let change = |expr: &mut Expr| {
        let Some(place) = number(expr) else { return ControlFlow::Continue(()) };
        match place.and_then(&literal) {
            Ok(value) => {
                *expr = value;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    };
    let done = match innermost(statement) {
        Some(inner) => visit_expressions_mut(inner, change),
        None => ControlFlow::Continue(()),
    };
    match done {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// The statement that is asked or explained.
pub(super) fn innermost(
    statement: &mut Statement,
) -> Option<&mut datafusion::sql::sqlparser::ast::Statement> {
    match statement {
        Statement::Statement(inner) => Some(inner.as_mut()),
        Statement::Explain(explained) => innermost(explained.statement.as_mut()),
        _ => None,
    }
}

/// How many parameters the statement has: the highest number.
pub(super) fn count(state: &SessionState, sql: &str) -> Result<usize, Error> {
    let mut statement = state.sql_to_statement(sql, &session::dialect()).map_err(text::parse_error)?;
    let mut highest = 0;
    let Some(inner) = innermost(&mut statement) else { return Ok(0) };
    let found = visit_expressions(inner, |expr| match number(expr) {
        Some(Ok(place)) => {
            highest = highest.max(place);
            ControlFlow::Continue(())
        }
        Some(Err(error)) => ControlFlow::Break(error),
        None => ControlFlow::Continue(()),
    });
    match found {
        ControlFlow::Continue(()) => Ok(highest),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Fills in the types that the plan found.
pub(super) fn fill(types: &mut [Option<DataType>], plan: &LogicalPlan) {
    let Ok(found) = plan.get_parameter_types() else { return };
    for (place, of) in types.iter_mut().enumerate() {
        if of.is_none() {
            *of = found.get(&format!("${}", place + 1)).cloned().flatten();
        }
    }
}
