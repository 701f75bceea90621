//! `generate_series` as the planner has it: times that are counted in nanoseconds, a step that is a span, and one column
//! that is called as the series is (PostgreSQL 15, §9.25).

use datafusion::sql::sqlparser::ast::{
    DataType as SqlType, Expr, FunctionArg, FunctionArgExpr, Ident, TableAlias, TableAliasColumnDef,
    TableFactor, TimezoneInfo, TypedString,
};

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
