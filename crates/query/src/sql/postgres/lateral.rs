//! The first rows of each: `LATERAL (SELECT … WHERE b.k = a.k ORDER BY … LIMIT n)` as a join with rows that are numbered
//! within each `k`, and a value of the first row, `(SELECT … WHERE b.k = a.k ORDER BY … LIMIT 1)`, as an aggregate in
//! that order. The planner has neither where the query looks at the rows around it.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, LimitClause, OrderByKind, Query,
    Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
    Value, visit_expressions,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::adapt::parsed;
use super::naming::name_of_expr;

/// Takes lateral queries of the first rows apart.
pub(super) fn number_rows(select: &mut Select) {
    if select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
        return;
    }
    let named: HashSet<String> = select.projection.iter().filter_map(whole_table).collect();
    // `FROM a, LATERAL (…)` is a join without a condition.
    let mut at = 1;
    while at < select.from.len() {
        let is_lateral = matches!(&select.from[at].relation, TableFactor::Derived { lateral: true, .. });
        if is_lateral && limited(&select.from[at].relation) {
            let TableWithJoins { relation, joins } = select.from.remove(at);
            let join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
            let before = &mut select.from[at - 1];
            before.joins.push(Join { relation, global: false, join_operator });
            before.joins.extend(joins);
        } else {
            at += 1;
        }
    }
    for from in &mut select.from {
        for join in &mut from.joins {
            if let Some(other) = joined(join, &named) {
                *join = other;
            }
        }
    }
}

fn limited(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::Derived { subquery, .. } if most(subquery).is_some())
}

/// The number of rows that a query gives at most, where it is written out.
fn most(query: &Query) -> Option<u64> {
    match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit: Some(Expr::Value(limit)), offset: None, limit_by })
            if limit_by.is_empty() =>
        {
            match &limit.value {
                Value::Number(digits, _) => digits.parse().ok(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A query of one table, or some, that groups nothing.
fn plain(query: &Query) -> Option<&Select> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let is_plain = query.with.is_none()
        && query.fetch.is_none()
        && select.distinct.is_none()
        && select.having.is_none()
        && select.named_window.is_empty()
        && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    is_plain.then_some(select)
}

/// The order of a query in words that mean the same within it: a name or a place of what it gives
/// (PostgreSQL 15, `SELECT`, "ORDER BY Clause") becomes what stands there.
pub(super) fn order_of(query: &Query) -> Option<String> {
    let mut order = query.order_by.clone()?;
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let OrderByKind::Expressions(by) = &mut order.kind else { return None };
    for one in by {
        match &one.expr {
            Expr::Identifier(name) => {
                if let Some(given) = select.projection.iter().find_map(|item| given_as(item, &name.value)) {
                    one.expr = Expr::Nested(Box::new(given));
                }
            }
            Expr::Value(_) => return None,
            _ => {}
        }
    }
    Some(order.to_string())
}

/// The expression that a query gives under a name of its own.
fn given_as(item: &SelectItem, name: &str) -> Option<Expr> {
    let SelectItem::ExprWithAlias { expr, alias } = item else { return None };
    alias.value.eq_ignore_ascii_case(name).then(|| expr.clone())
}

/// The table of which all columns are given.
fn whole_table(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            Some(name.to_string().to_lowercase())
        }
        _ => None,
    }
}

/// The names by which a query calls what it reads from.
fn own_names(select: &Select) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    for from in &select.from {
        for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
            let (TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, lateral: false, .. }
            | TableFactor::UNNEST { alias, .. }) = factor
            else {
                return None;
            };
            let name = match (alias, factor) {
                (Some(alias), _) => alias.name.value.to_lowercase(),
                (None, TableFactor::Table { name, .. }) => name.0.last()?.as_ident()?.value.to_lowercase(),
                _ => return None,
            };
            names.insert(name);
        }
    }
    Some(names)
}

/// Whether an expression looks at rows around the query.
fn looks_around(expr: &Expr, own: &HashSet<String>) -> bool {
    visit_expressions(expr, |inner| match inner {
        Expr::CompoundIdentifier(parts) if parts.len() > 1 => {
            let table = &parts[parts.len() - 2];
            match own.contains(&table.value.to_lowercase()) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// Conditions that all have to hold.
fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left).into_iter().chain(conjuncts(right)).collect()
        }
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}

/// A condition that a column of the query is equal to something around it: the column, then the other.
fn equal<'e>(expr: &'e Expr, own: &HashSet<String>) -> Option<(&'e Expr, &'e Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return None };
    match (looks_around(left, own), looks_around(right, own)) {
        (false, true) => Some((&**left, &**right)),
        (true, false) => Some((&**right, &**left)),
        _ => None,
    }
}

/// What stands for a join with a lateral query of the first rows.
fn joined(join: &Join, given_whole: &HashSet<String>) -> Option<Join> {
    let TableFactor::Derived { lateral: true, subquery, alias: Some(alias), .. } = &join.relation else {
        return None;
    };
    let alias_name = alias.name.value.to_lowercase();
    if given_whole.contains(&alias_name) {
        return None;
    }
    let (most, select) = (most(subquery)?, plain(subquery)?);
    let own = own_names(select)?;
    let (mut equals, mut others) = (Vec::new(), Vec::new());
    for condition in select.selection.iter().flat_map(conjuncts) {
        match equal(condition, &own) {
            Some(pair) => equals.push(pair),
            None if looks_around(condition, &own) => return None,
            None => others.push(condition.to_string()),
        }
    }
    let mut columns = Vec::new();
    for (place, item) in select.projection.iter().enumerate() {
        let (expr, name) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, name_of_expr(expr)?),
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.clone()),
            _ => return None,
        };
        if looks_around(expr, &own) {
            return None;
        }
        let name = alias.columns.get(place).map_or(name, |column| column.name.clone());
        columns.push(format!("{expr} AS {name}"));
    }
    let keys: Vec<String> = equals.iter().map(|(column, _)| column.to_string()).collect();
    let shown = keys.iter().enumerate().map(|(place, key)| format!("{key} AS of_{place}"));
    let columns: Vec<String> = columns.into_iter().chain(shown).collect();
    let partition =
        if keys.is_empty() { String::new() } else { format!("PARTITION BY {} ", keys.join(", ")) };
    let order = if subquery.order_by.is_some() { order_of(subquery)? } else { String::new() };
    let condition =
        if others.is_empty() { String::new() } else { format!(" WHERE {}", others.join(" AND ")) };
    let from: Vec<String> = select.from.iter().map(ToString::to_string).collect();
    let rows = format!(
        "SELECT * FROM (SELECT {}, row_number() OVER ({partition}{order}) AS nth FROM {}{condition}) AS numbered \
         WHERE nth <= {most}",
        columns.join(", "),
        from.join(", ")
    );
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(&rows).ok()?;
    let query = parser.parse_query().ok()?;
    let same =
        equals.iter().enumerate().map(|(place, (_, around))| format!("{}.of_{place} = {around}", alias.name));
    let mut conditions: Vec<String> = same.collect();
    let given = |constraint: &JoinConstraint| match constraint {
        JoinConstraint::On(on) => Some(Some(format!("({on})"))),
        JoinConstraint::None => Some(None),
        _ => None,
    };
    let is_left = match &join.join_operator {
        JoinOperator::CrossJoin(constraint)
        | JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint) => {
            conditions.extend(given(constraint)?);
            false
        }
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
            conditions.extend(given(constraint)?);
            true
        }
        _ => return None,
    };
    if conditions.is_empty() {
        conditions.push("true".to_owned());
    }
    let on = JoinConstraint::On(parsed(&conditions.join(" AND "))?);
    let join_operator = if is_left { JoinOperator::LeftOuter(on) } else { JoinOperator::Inner(on) };
    let alias = Some(TableAlias { columns: Vec::new(), ..alias.clone() });
    let relation = TableFactor::Derived { lateral: false, subquery: query, alias, sample: None };
    Some(Join { relation, global: join.global, join_operator })
}

/// A value of the first row of a query that looks at the rows around it, as an aggregate.
pub(super) fn first_value(query: &Query) -> Option<Expr> {
    let (1, select) = (most(query)?, plain(query)?) else { return None };
    // Without an order it is the value of any row.
    let order = if query.order_by.is_some() { order_of(query)? } else { String::new() };
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] =
        select.projection.as_slice()
    else {
        return None;
    };
    let own = own_names(select)?;
    if !select.selection.as_ref().is_some_and(|condition| looks_around(condition, &own)) {
        return None;
    }
    let mut first = query.clone();
    (first.order_by, first.limit_clause) = (None, None);
    if let SetExpr::Select(select) = first.body.as_mut() {
        let value =
            parsed(&format!("first_value({expr}{}{order})", if order.is_empty() { "" } else { " " }))?;
        select.projection = vec![SelectItem::UnnamedExpr(value)];
    }
    parsed(&format!("({first})"))
}
