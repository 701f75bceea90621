//! Aggregates that the planner has not, as others over the list of a group's values: the value at a share, the most
//! frequent one, and geometries as one.

use datafusion::sql::sqlparser::ast::{DuplicateTreatment, Expr, Function, FunctionArguments, OrderByExpr};

use super::adapt::parsed;

/// What stands for a call of one of these.
pub(super) fn aggregate(name: &str, function: &Function, arguments: &[Expr]) -> Option<Expr> {
    if function.over.is_some() {
        return None;
    }
    match (name, function.within_group.as_slice(), arguments) {
        ("st_collect" | "st_union" | "st_memunion", [], [shape]) => {
            let filter = filtered(function, None);
            let order = clauses(function);
            parsed(&format!("{}(array_agg(st_asbinary({shape}){order}){filter})", of_list(name)))
        }
        ("st_collect" | "st_union", [], [a, b]) => {
            parsed(&format!("{}(make_array(st_asbinary({a}), st_asbinary({b})))", of_list(name)))
        }
        ("st_makeline", [], [shape]) => {
            let filter = filtered(function, None);
            let order = clauses(function);
            parsed(&format!("wkb_line(array_agg(st_asbinary({shape}){order}){filter})"))
        }
        // Several shares are several aggregates.
        ("percentile_cont" | "percentile_disc", [order], [Expr::Array(shares)]) => {
            let one = |share: &Expr| at_share(name, function, order, share);
            parsed(&format!("make_array({})", shares.elem.iter().map(one).collect::<Vec<_>>().join(", ")))
        }
        ("percentile_cont" | "percentile_disc", [order], [share]) => {
            parsed(&at_share(name, function, order, share))
        }
        // Of the sums of the pairs (PostgreSQL 15, `float8_regr_intercept`).
        ("regr_intercept", [], [y, x]) => {
            let given = function.filter.as_ref().map(|filter| format!(" AND ({filter})")).unwrap_or_default();
            let filter = format!(" FILTER (WHERE ({y}) IS NOT NULL AND ({x}) IS NOT NULL{given})");
            let sum = |value: &Expr| format!("sum(CAST({value} AS DOUBLE)){filter}");
            let (sum_y, sum_x) = (sum(y), sum(x));
            parsed(&format!(
                "(({sum_y} - {sum_x} * regr_sxy({y}, {x}){filter} / nullif(regr_sxx({y}, {x}){filter}, 0)) \
                 / nullif(count(*){filter}, 0))"
            ))
        }
        ("mode", [order], []) => {
            let filter = filtered(function, Some(&order.expr));
            parsed(&format!("list_mode({})", sorted(order, &filter)))
        }
        ("json_agg" | "jsonb_agg", [], [value]) => {
            let text = format!("coalesce(to_json({value}), 'null')");
            // Rows and lists begin lines of their own.
            let is_made = matches!(value, Expr::Array(_)) || value.to_string().starts_with("named_struct(");
            let seam = if is_made && name == "json_agg" { ", \n " } else { ", " };
            parsed(&format!("{}('[' || {} || ']')", kind(name), joined(function, &text, seam)?))
        }
        ("json_object_agg" | "jsonb_object_agg", [], [key, value]) => {
            let text =
                format!("to_json(CAST({key} AS VARCHAR)) || ' : ' || coalesce(to_json({value}), 'null')");
            parsed(&format!("{}('{{ ' || {} || ' }}')", kind(name), joined(function, &text, ", ")?))
        }
        _ => None,
    }
}

/// The value at a share of a group: one of its own, or what lies between two.
fn at_share(name: &str, function: &Function, order: &OrderByExpr, share: &Expr) -> String {
    let value = &order.expr;
    let filter = filtered(function, Some(value));
    if name == "percentile_cont" {
        let falls = order.options.asc == Some(false);
        return format!("list_cont(array_agg({value}){filter}, {share}, {falls})");
    }
    // The first value up to which there is the share of all (PostgreSQL 15, table 9.61).
    let count = format!("(count({value}){filter})");
    let place = format!("greatest(1, CAST(ceil(({share}) * {count}) AS BIGINT))");
    format!("array_element({}, {place})", sorted(order, &filter))
}

/// What reads a text as JSON of the kind that a function makes.
fn kind(name: &str) -> &'static str {
    if name.starts_with("jsonb") { "pg_jsonb" } else { "pg_json" }
}

/// Texts of the rows, one behind the other, in the order and of the rows that the call names.
fn joined(function: &Function, text: &str, seam: &str) -> Option<String> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let distinct = match list.duplicate_treatment {
        Some(DuplicateTreatment::Distinct) => "DISTINCT ",
        _ => "",
    };
    let order = clauses(function);
    Some(format!("string_agg({distinct}{text}, '{seam}'{order}){}", filtered(function, None)))
}

/// In which order a call takes the rows.
fn clauses(function: &Function) -> String {
    let FunctionArguments::List(list) = &function.args else { return String::new() };
    list.clauses.iter().map(|clause| format!(" {clause}")).collect()
}

fn of_list(name: &str) -> &'static str {
    if name == "st_collect" { "wkb_collected" } else { "wkb_united" }
}

/// The rows of which a list is made: those that the call names, and of a value those that have one.
fn filtered(function: &Function, value: Option<&Expr>) -> String {
    let given = function.filter.as_ref().map(|filter| format!("({filter})"));
    let there = value.map(|value| format!("({value}) IS NOT NULL"));
    let conditions: Vec<String> = given.into_iter().chain(there).collect();
    match conditions.is_empty() {
        true => String::new(),
        false => format!(" FILTER (WHERE {})", conditions.join(" AND ")),
    }
}

fn sorted(order: &OrderByExpr, filter: &str) -> String {
    format!("array_agg({} ORDER BY {order}){filter}", order.expr)
}
