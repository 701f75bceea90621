//! Aggregates over one value in several types (`min(at), min(at::date)`): the planner's names leave casts out, so that
//! they would be one. All but the first get something that has a name of its own around the cast.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Select, visit_expressions_mut,
};

use super::adapt::parsed;

/// The aggregates.
const AGGREGATES: [&str; 10] =
    ["array_agg", "avg", "count", "first_value", "last_value", "max", "min", "stddev", "sum", "var_samp"];

/// Tells such aggregates apart.
pub(super) fn tell_apart(select: &mut Select) {
    let mut known: HashMap<(String, String), Vec<String>> = HashMap::new();
    let _ = visit_expressions_mut(&mut select.projection, |expr| {
        let Expr::Function(call) = expr else { return ControlFlow::<()>::Continue(()) };
        let name = call.name.to_string().to_lowercase();
        let FunctionArguments::List(list) = &mut call.args else { return ControlFlow::Continue(()) };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() else {
            return ControlFlow::Continue(());
        };
        if !AGGREGATES.contains(&name.as_str()) {
            return ControlFlow::Continue(());
        }
        let whole = value.to_string();
        let same = known.entry((name, without_casts(value).to_string())).or_default();
        let place = same.iter().position(|other| *other == whole).unwrap_or(same.len());
        if place == same.len() {
            same.push(whole.clone());
        }
        if place > 0
            && let Some(other) = parsed(&format!("CASE WHEN {place} = {place} THEN {whole} END"))
        {
            *value = other;
        }
        ControlFlow::Continue(())
    });
}

fn without_casts(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => without_casts(expr),
        other => other,
    }
}
