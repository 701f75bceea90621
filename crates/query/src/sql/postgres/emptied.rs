//! Statements over tables of `pg_catalog` in which there is never anything: triggers, policies, sequences,
//! and constraints other than keys. What such a statement answers follows from its shape; its expressions, which
//! are the longest that clients send, need not be understood.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select,
    SelectItem, SetExpr, TableFactor, TableWithJoins, UnaryOperator, Value,
};

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::adapt::literal;
use super::naming::name_of_expr;
use super::tables::has_rows;
use super::{INFORMATION_SCHEMA, PG_CATALOG};
use crate::functions::{Keyword, keywords};

/// The table that a name means: the schema that describes, and the table in it.
pub(super) fn described(name: &ObjectName) -> Option<(&'static str, String)> {
    let parts: Vec<&Ident> = name.0.iter().map(|part| part.as_ident()).collect::<Option<_>>()?;
    let lower = |ident: &Ident| match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    };
    match parts.as_slice() {
        [table] => {
            let is_known = |table: &String| {
                table.starts_with("pg_") || super::nothing::OF_POSTGIS.contains(&table.as_str())
            };
            Some(lower(table)).filter(is_known).map(|table| (PG_CATALOG, table))
        }
        [.., schema, table] => {
            let schema = lower(schema);
            let known = [PG_CATALOG, INFORMATION_SCHEMA].into_iter().find(|known| *known == schema)?;
            Some((known, lower(table)))
        }
        [] => None,
    }
}

/// Whether the relation never has rows.
fn is_empty(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Table { name, args: None, .. } => {
            described(name).is_some_and(|(schema, table)| !has_rows(schema, &table))
        }
        TableFactor::Derived { subquery, .. } => is_emptied(subquery),
        TableFactor::NestedJoin { table_with_joins, .. } => has_no_rows(table_with_joins),
        _ => false,
    }
}

fn has_no_rows(from: &TableWithJoins) -> bool {
    let needs = |join: &JoinOperator| {
        matches!(
            join,
            JoinOperator::Join(_)
                | JoinOperator::Inner(_)
                | JoinOperator::CrossJoin(_)
                | JoinOperator::Right(_)
                | JoinOperator::RightOuter(_)
        )
    };
    let is_outer = from.joins.iter().any(|join| {
        matches!(
            join.join_operator,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
        )
    });
    (is_empty(&from.relation) && !is_outer)
        || from.joins.iter().any(|join| needs(&join.join_operator) && is_empty(&join.relation))
}

/// Whether nothing comes out of what the statement reads from: there is nothing in it, or what is there
/// are keys, and others are asked for.
fn reads_nothing(select: &Select) -> bool {
    let conditions = select
        .from
        .iter()
        .flat_map(|from| &from.joins)
        .filter_map(|join| inner_condition(&join.join_operator));
    select.from.iter().any(has_no_rows)
        || select.selection.iter().chain(conditions).any(asks_other_constraints)
}

/// The condition of a join that every row has to meet.
fn inner_condition(operator: &JoinOperator) -> Option<&Expr> {
    match operator {
        JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) => Some(on),
        _ => None,
    }
}

/// Whether the condition holds for no primary key, which all constraints and indexes are.
fn asks_other_constraints(condition: &Expr) -> bool {
    let column = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.value.to_lowercase()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.to_lowercase()),
        _ => None,
    };
    let is_other = |value: &Expr| literal(value).is_some_and(|kind| kind != "p");
    match condition {
        // Every one is checked at once.
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            column(condition).is_some_and(|name| name == "condeferrable" || name == "condeferred")
        }
        Expr::Nested(inner) => asks_other_constraints(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            asks_other_constraints(left) || asks_other_constraints(right)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            column(left).is_some_and(|name| name == "contype") && is_other(right)
        }
        Expr::InList { expr, list, negated: false } => {
            column(expr).is_some_and(|name| name == "contype") && list.iter().all(is_other)
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            column(expr).is_some_and(|name| name == "indisprimary")
        }
        _ => false,
    }
}

/// Makes a statement that never answers rows one that says so. Aggregates over all rows answer one.
pub(super) fn empty(select: &mut Select) {
    let is_grouped = match &select.group_by {
        GroupByExpr::Expressions(by, _) => !by.is_empty(),
        GroupByExpr::All(_) => true,
    };
    if !reads_nothing(select) || (!is_grouped && aggregates(select)) {
        return;
    }
    let mut names: Vec<Ident> = select.projection.iter().map(name_of).collect();
    for at in 1..names.len() {
        // The planner takes a name once.
        if names[..at].iter().any(|name| name.value == names[at].value) {
            let only = format!("{}{}{at}", names[at].value, super::naming::TWIN);
            names[at] = Ident::with_quote('"', only);
        }
    }
    let null = || Expr::Value(Value::Null.into());
    select.projection =
        names.into_iter().map(|alias| SelectItem::ExprWithAlias { expr: null(), alias }).collect();
    select.from.clear();
    select.distinct = None;
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.having = None;
    select.sort_by.clear();
    select.selection = Some(Expr::Value(Value::Boolean(false).into()));
}

/// What the query gives, when it is a value in an expression over nothing: null, or 0 for a count.
pub(super) fn value(query: &Query) -> Option<Value> {
    if is_emptied(query) {
        return Some(Value::Null);
    }
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    if !reads_nothing(select) {
        return None;
    }
    let counts =
        select.projection.first().is_some_and(|item| item.to_string().to_lowercase().starts_with("count("));
    Some(if counts { Value::Number("0".to_owned(), false) } else { Value::Null })
}

/// Makes one value of a query in an expression that gives one at most, as those over the catalogue do: the
/// planner asks for an aggregate where the query looks at the rows around it.
pub(super) fn one(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let is_described = |from: &TableWithJoins| {
        let of = |factor: &TableFactor| matches!(factor, TableFactor::Table { name, args: None, .. } if described(name).is_some());
        of(&from.relation) && from.joins.iter().all(|join| of(&join.relation))
    };
    let is_plain = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    if !is_plain || select.from.is_empty() || !select.from.iter().all(is_described) || aggregates(select) {
        return;
    }
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] =
        select.projection.as_mut_slice()
    else {
        return;
    };
    if let Some(largest) = super::adapt::parsed(&format!("max({expr})")) {
        *expr = largest;
        query.order_by = None;
        query.limit_clause = None;
    }
}

/// What stands in `FROM` for a function of the server, with the columns that it has: the words of SQL, and of
/// others no row.
pub(super) fn of_function(factor: &TableFactor) -> Option<TableFactor> {
    let TableFactor::Table { name, alias, args: Some(_), .. } = factor else { return None };
    let function = name.0.last()?.as_ident()?.value.to_lowercase();
    let columns: &[&str] = match function.as_str() {
        "pg_get_keywords" => &[],
        "aclexplode" => &["grantor", "grantee", "privilege_type", "is_grantable"],
        "pg_options_to_table" => &["option_name", "option_value"],
        "pg_timezone_names" | "pg_timezone_abbrevs" => &["name", "abbrev", "utc_offset", "is_dst"],
        _ => return None,
    };
    let columns: Vec<String> =
        columns.iter().map(|column| format!("CAST(NULL AS VARCHAR) AS {column}")).collect();
    let rows = match function.as_str() {
        "pg_get_keywords" => {
            let row = |of: Keyword| format!("('{}', '{}', {})", of.word, of.category, of.is_label);
            let words: Vec<String> = keywords().map(row).collect();
            format!(
                "SELECT word, catcode, barelabel, CASE catcode WHEN 'U' THEN 'unreserved' \
                 WHEN 'C' THEN 'unreserved (cannot be function or type name)' \
                 WHEN 'T' THEN 'reserved (can be function or type name)' ELSE 'reserved' END AS catdesc, \
                 CASE WHEN barelabel THEN 'can be bare label' ELSE 'requires AS' END AS baredesc \
                 FROM (VALUES {}) AS words(word, catcode, barelabel)",
                words.join(", ")
            )
        }
        _ => format!("SELECT {} WHERE false", columns.join(", ")),
    };
    let query = format!("SELECT * FROM ({rows}) AS {function}");
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(&query).ok()?;
    let SetExpr::Select(select) = *parser.parse_query().ok()?.body else { return None };
    let mut of_nothing = select.from.into_iter().next()?.relation;
    if let (TableFactor::Derived { alias: named, .. }, Some(alias)) = (&mut of_nothing, alias) {
        *named = Some(alias.clone());
    }
    Some(of_nothing)
}

/// Whether the query was made to answer nothing.
pub(super) fn is_emptied(query: &Query) -> bool {
    match query.body.as_ref() {
        SetExpr::Select(select) => {
            let never = Expr::Value(Value::Boolean(false).into());
            select.from.is_empty() && select.selection.as_ref() == Some(&never)
        }
        SetExpr::Query(inner) => is_emptied(inner),
        _ => false,
    }
}

fn aggregates(select: &Select) -> bool {
    const NAMES: [&str; 9] =
        ["count(", "sum(", "min(", "max(", "avg(", "array_agg(", "string_agg(", "bool_or(", "bool_and("];
    select.projection.iter().any(|item| {
        let text = item.to_string().to_lowercase();
        let text = text.strip_prefix("pg_catalog.").unwrap_or(&text);
        NAMES.iter().any(|name| text.starts_with(name))
    })
}

fn name_of(item: &SelectItem) -> Ident {
    let plain = |name: &str| Ident::with_quote('"', name);
    match item {
        SelectItem::ExprWithAlias { alias, .. } => alias.clone(),
        SelectItem::UnnamedExpr(expr) => name_of_expr(expr).unwrap_or_else(|| plain("?column?")),
        _ => plain("?column?"),
    }
}
