//! Whole rows as values: `row_to_json(r)`, `json_agg(r)` where `r` is a query of named columns in `FROM`, as JSON of the
//! columns by their names (PostgreSQL 15, table 9.47 and §8.16.5).

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, Select, SelectItem,
    SetExpr, TableFactor, visit_expressions_mut,
};

use super::adapt::{parsed, quoted};
use super::naming::name_of_expr;

/// Functions that take a whole row.
const TAKING: [&str; 5] = ["row_to_json", "to_json", "to_jsonb", "json_agg", "jsonb_agg"];

/// Writes whole rows as their columns.
pub(super) fn spell_out(select: &mut Select) {
    let mut rows: HashMap<String, Vec<String>> = HashMap::new();
    for from in &select.from {
        for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
            if let TableFactor::Derived { subquery, alias: Some(alias), .. } = factor
                && let Some(own) = columns(subquery)
            {
                let renamed = alias.columns.iter().map(|column| column.name.value.clone());
                let names = renamed.chain(own.into_iter().skip(alias.columns.len())).collect();
                rows.insert(alias.name.value.to_lowercase(), names);
            }
        }
    }
    if rows.is_empty() {
        return;
    }
    for item in &mut select.projection {
        let _ = visit_expressions_mut(item, |expr| {
            if let Expr::Function(function) = expr {
                let name = function.name.to_string().to_lowercase();
                if TAKING.contains(&name.as_str())
                    && let FunctionArguments::List(list) = &mut function.args
                    && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_mut_slice()
                    && let Expr::Identifier(row) = &*argument
                    && let Some(names) = rows.get(&row.value.to_lowercase())
                    && let Some(whole) = spelled(&row.value, names)
                {
                    *argument = whole;
                    if name == "row_to_json" {
                        function.name = ObjectName::from(vec![Ident::new("to_json")]);
                    }
                }
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

/// The names of the columns of a query, where each has one.
fn columns(query: &Query) -> Option<Vec<String>> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) => Some(name_of_expr(expr)?.value),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(name).collect()
}

fn spelled(row: &str, names: &[String]) -> Option<Expr> {
    let member = |name: &String| format!("{}, {row}.\"{}\"", quoted(name), name.replace('"', "\"\""));
    parsed(&format!("named_struct({})", names.iter().map(member).collect::<Vec<_>>().join(", ")))
}
