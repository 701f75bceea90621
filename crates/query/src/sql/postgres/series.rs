//! `generate_series` as the planner has it: times that are counted in nanoseconds, a step that is a span, and one column
//! that is called as the series is (PostgreSQL 15, §9.25).

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType as SqlType, Expr, Function, FunctionArg, FunctionArgExpr, Ident, Select, SetExpr, TableAlias,
    TableAliasColumnDef, TableFactor, TimezoneInfo, TypedString, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::adapt::{parsed, quoted};

/// Turns a series in `FROM` into the planner's.
pub(super) fn as_the_planner_has_it(factor: &mut TableFactor) {
    let TableFactor::Table { name, args: Some(arguments), alias, .. } = factor else { return };
    if !name.to_string().eq_ignore_ascii_case("generate_series") {
        return;
    }
    let mut given: Vec<&mut Expr> = arguments
        .args
        .iter_mut()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect();
    if let [first, last, step @ ..] = given.as_mut_slice() {
        let of = type_of(first).or_else(|| type_of(last)).cloned();
        if let Some(of) = of.and_then(|of| stepped(&of, !step.is_empty())) {
            bound(first, &of);
            bound(last, &of);
        }
        if let [step] = step
            && let Some(text) = written(step)
            && let Some(interval) = parsed(&format!("INTERVAL {}", quoted(&text)))
        {
            **step = interval;
        }
    }
    let alias = alias.get_or_insert_with(|| TableAlias {
        explicit: true,
        name: Ident::new("generate_series"),
        columns: Vec::new(),
        at: None,
    });
    if alias.columns.is_empty() {
        alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
    }
}

/// A series among what is given, where nothing is read besides, as one that is read.
pub(super) fn read_from(select: &mut Select) {
    if !select.from.is_empty() {
        return;
    }
    let mut series: Vec<Function> = Vec::new();
    let _ = visit_expressions(&select.projection, |expr| {
        match expr {
            Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("generate_series") => {
                series.push(call.clone());
            }
            // What a query among them reads is its own.
            Expr::Subquery(_) => return ControlFlow::Break(()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    let [call] = series.as_slice() else { return };
    let text = format!("SELECT 1 FROM {call} AS generate_series");
    let Some(read) = Parser::new(&PostgreSqlDialect {})
        .try_with_sql(&text)
        .ok()
        .and_then(|mut parser| parser.parse_query().ok())
    else {
        return;
    };
    let SetExpr::Select(read) = *read.body else { return };
    select.from = read.from;
    let _ = visit_expressions_mut(&mut select.projection, |expr| {
        if matches!(expr, Expr::Function(other) if *other == *call) {
            *expr = Expr::Identifier(Ident::new("generate_series"));
        }
        ControlFlow::<()>::Continue(())
    });
}

/// The type that a bound is written with.
fn type_of(bound: &Expr) -> Option<&SqlType> {
    match bound {
        Expr::Cast { data_type, .. } | Expr::TypedString(TypedString { data_type, .. }) => Some(data_type),
        _ => None,
    }
}

/// The type in which times are counted: days with a step are instants.
fn stepped(of: &SqlType, has_step: bool) -> Option<SqlType> {
    match of {
        SqlType::Timestamp(None, zone) => Some(SqlType::Timestamp(Some(9), *zone)),
        SqlType::Date if has_step => Some(SqlType::Timestamp(Some(9), TimezoneInfo::WithTimeZone)),
        _ => None,
    }
}

/// Gives a bound the type; a text is read as one.
fn bound(bound: &mut Expr, of: &SqlType) {
    if let Some(text) = written(bound) {
        if let Some(cast) = parsed(&format!("CAST({} AS {of})", quoted(&text))) {
            *bound = cast;
        }
        return;
    }
    match bound {
        Expr::TypedString(TypedString { data_type, .. }) => *data_type = of.clone(),
        Expr::Cast { expr, data_type, .. } if matches!(**expr, Expr::Value(_)) => *data_type = of.clone(),
        Expr::Cast { data_type: SqlType::Timestamp(precision @ None, _), .. } => *precision = Some(9),
        _ => {}
    }
}

fn written(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    }
}
