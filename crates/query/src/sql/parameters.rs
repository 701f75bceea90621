//! Parameters of a statement: `$1`, `$2`, … become literals in its tree, never in its text.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Array, ArrayElemTypeDef, CastKind, DataType as SqlType, ExactNumberInfo, Expr, LimitClause, Query,
    TimezoneInfo, Value, Visit, Visitor, visit_expressions, visit_expressions_mut,
};
use wording::told;

use super::postgres::{OID, PgType};
use super::{Sql, lists, session, text};
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
    /// A list of values.
    List(Vec<Parameter>),
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
            // An empty list tells nothing of what it would hold.
            Parameter::List(items) if items.is_empty() => {
                cast(Box::new(listed(Vec::new())), list_of(SqlType::Varchar(None)))
            }
            Parameter::List(items) => listed(items.iter().map(Parameter::literal).collect()),
        }
    }
}

pub(super) fn cast(expr: Box<Expr>, data_type: SqlType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None }
}

fn listed(elem: Vec<Expr>) -> Expr {
    Expr::Array(Array { elem, named: true })
}

fn list_of(item: SqlType) -> SqlType {
    SqlType::Array(ArrayElemTypeDef::SquareBracket(Box::new(item), None))
}

/// A place without a value, of a type; a text where the type is not known.
fn null(of: Option<&DataType>) -> Expr {
    cast(Box::new(Expr::Value(Value::Null.into())), sql_type(of))
}

fn sql_type(of: Option<&DataType>) -> SqlType {
    match of {
        Some(DataType::List(item)) => list_of(sql_type(Some(item.data_type()))),
        Some(DataType::Interval(_)) => SqlType::Interval { fields: None, precision: None },
        Some(DataType::Time64(_)) => SqlType::Time(None, TimezoneInfo::None),
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
    }
}

/// The number of `$n`.
pub(super) fn number(expr: &Expr) -> Option<Result<usize, Error>> {
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

/// Puts nothing, of these types, into the places; of lists that were taken apart, an item.
pub(super) fn put_nulls(
    statement: &mut Statement,
    types: &[Option<DataType>],
    apart: &BTreeSet<usize>,
) -> Result<(), Error> {
    replace(statement, |place| {
        Ok(null(match types.get(place - 1).and_then(Option::as_ref) {
            Some(DataType::List(item)) if apart.contains(&place) => Some(item.data_type()),
            of => of,
        }))
    })
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

/// What a statement says of its parameters.
pub(super) struct Asked {
    /// The types that it casts them to; of all others nothing is said.
    pub(super) types: Vec<Option<DataType>>,
    /// Those that are lists of which an item is compared.
    pub(super) lists: BTreeSet<usize>,
}

/// What the statement says of its parameters, of which there are as many as the highest number.
pub(super) fn asked(state: &SessionState, sql: &Sql) -> Result<Asked, Error> {
    let dialect = session::dialect(sql.postgres.is_some());
    let mut statement = state.sql_to_statement(&sql.text, &dialect).map_err(text::parse_error)?;
    let mut highest = 0;
    let (mut casts, mut lists) = (Vec::new(), BTreeSet::new());
    let Some(inner) = innermost(&mut statement) else { return Ok(Asked { types: Vec::new(), lists }) };
    let _ = inner.visit(&mut Bounds(&mut casts));
    let found = visit_expressions(inner, |expr| {
        match expr {
            Expr::Cast { expr, data_type, .. } => {
                casts.extend(number(expr).and_then(Result::ok).zip(arrow_type(data_type)));
            }
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => lists.extend(lists::place(right)),
            _ => {}
        }
        match number(expr) {
            Some(Ok(place)) => {
                highest = highest.max(place);
                ControlFlow::Continue(())
            }
            Some(Err(error)) => ControlFlow::Break(error),
            None => ControlFlow::Continue(()),
        }
    });
    if let ControlFlow::Break(error) = found {
        return Err(error);
    }
    let mut types = vec![None; highest];
    for (place, of) in casts {
        types[place - 1].get_or_insert(of);
    }
    Ok(Asked { types, lists })
}

/// The parameters that say how many rows are wanted, and how many are passed by: numbers of eight bytes.
struct Bounds<'t>(&'t mut Vec<(usize, DataType)>);

impl Visitor for Bounds<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &query.limit_clause {
            let bounds = limit.iter().chain(offset.iter().map(|offset| &offset.value));
            self.0.extend(bounds.filter_map(|bound| Some((number(bound)?.ok()?, DataType::Int64))));
        }
        ControlFlow::Continue(())
    }
}

/// The Arrow type of a type that a parameter is cast to, where it has one.
fn arrow_type(of: &SqlType) -> Option<DataType> {
    if let SqlType::Array(ArrayElemTypeDef::SquareBracket(item, _)) = of {
        let is_number = item.to_string().eq_ignore_ascii_case(OID);
        let name = if is_number { OID } else { Field::LIST_FIELD_DEFAULT_NAME };
        return Some(DataType::List(Arc::new(Field::new(name, arrow_type(item)?, true))));
    }
    // Some programs name the catalogue that the type stands in: `"pg_catalog"."float8"`.
    let name = of.to_string().to_lowercase().replace('"', "");
    let name = match name.trim_start_matches("pg_catalog.") {
        "int" => "integer",
        "varchar" | "char" | "json" | "jsonb" | "uuid" => "text",
        "double" | "float" => "double precision",
        "timestamp" => "timestamp without time zone",
        "time" => "time without time zone",
        name => name,
    };
    PgType::of_name(name).and_then(|of| PgType::arrow(of.oid))
}

/// Fills in the types that the plan found.
pub(super) fn fill(types: &mut [Option<DataType>], plan: &LogicalPlan) {
    let Ok(found) = plan.get_parameter_fields() else { return };
    for (place, of) in types.iter_mut().enumerate() {
        if of.is_none() {
            let beside = found.get(&format!("${}", place + 1)).and_then(Option::as_ref);
            *of = beside.map(|field| PgType::parameter_beside(field));
        }
    }
}
