//! Items of a list in rows beside the row that has the list, and with their places (`FROM t, unnest(t.list) WITH
//! ORDINALITY AS u(item, place)`): the planner gives them in what a query gives, and not in `FROM`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// The items of lists that stand in `FROM`.
struct Items {
    /// What they are called together.
    name: Ident,
    lists: Vec<Expr>,
    /// What each list's items are called, and behind them their places.
    columns: Vec<Ident>,
    has_places: bool,
}

/// Puts items in the place of the row that has their list, joined to it.
pub(super) fn put_beside(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    for from in &mut select.from {
        super::adapt::cut_into_rows(&mut from.relation);
        from.joins.iter_mut().for_each(|join| super::adapt::cut_into_rows(&mut join.relation));
    }
    if let Some((at, items)) = beside_a_row(select) {
        join_with_row(query, at, &items);
        return;
    }
    for from in &mut select.from {
        if let Some(items) = items(&from.relation).filter(|items| items.has_places)
            && let Some(relation) = relation(&format!("({})", items.given("", "", Items::own)), &items.name)
        {
            from.relation = relation;
        }
    }
}

/// Lists of the row that is read before them, with the place of the row in `FROM`.
fn beside_a_row(select: &Select) -> Option<(usize, Items)> {
    let whole = |item: &SelectItem| matches!(item, SelectItem::QualifiedWildcard(..));
    if select.projection.iter().any(whole) {
        return None;
    }
    (0..select.from.len()).find_map(|at| {
        let from = &select.from[at];
        let factor = match from.joins.as_slice() {
            [join, ..] => &join.relation,
            [] => &select.from.get(at + 1).filter(|next| next.joins.is_empty())?.relation,
        };
        let row = row_name(&from.relation)?.value;
        let items = items(factor)?;
        let of_row = |list: &Expr| match columns_of(list) {
            tables if tables.is_empty() => false,
            // Where nothing else is read before, a column without its table is the row's.
            tables => {
                tables.iter().all(|table| table.eq_ignore_ascii_case(&row) || (at == 0 && table.is_empty()))
            }
        };
        items.lists.iter().all(of_row).then_some((at, items))
    })
}

/// The tables of which an expression names columns.
fn columns_of(expr: &Expr) -> Vec<String> {
    let mut tables = Vec::new();
    let _ = datafusion::sql::sqlparser::ast::visit_expressions(expr, |inner| {
        match inner {
            Expr::CompoundIdentifier(parts) if parts.len() > 1 => {
                tables.push(parts[parts.len() - 2].value.clone());
            }
            // Whose column it is, is not told.
            Expr::Identifier(_) => tables.push(String::new()),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    tables
}

fn join_with_row(query: &mut Query, at: usize, items: &Items) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let Some(row) = row_name(&select.from[at].relation) else { return };
    // Names of items are kept apart from those of the row, unless all columns are given by their names.
    let is_whole = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
    let inside = if is_whole { Items::own } else { Items::apart };
    let text = items.given(&format!("{row}.*, "), &format!(" FROM {}", select.from[at].relation), inside);
    let Some(joined) = relation(&format!("({text})"), &row) else { return };
    select.from[at].relation = joined;
    match select.from[at].joins.is_empty() {
        true => drop(select.from.remove(at + 1)),
        false => drop(select.from[at].joins.remove(0)),
    }
    let named: Vec<String> = select
        .projection
        .iter()
        .filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.to_lowercase()),
            _ => None,
        })
        .collect();
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) = item
            && let Some(column) = items.named(expr)
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: column.clone() };
        }
    }
    let replace = |expr: &mut Expr| {
        if let Some(column) = items.named(expr) {
            *expr = Expr::CompoundIdentifier(vec![row.clone(), inside(items, column)]);
        }
        ControlFlow::<()>::Continue(())
    };
    let order = query.order_by.take();
    let _ = visit_expressions_mut(query, replace);
    query.order_by = order;
    if let Some(order) = &mut query.order_by
        && let OrderByKind::Expressions(by) = &mut order.kind
    {
        for one in by {
            let is_given =
                matches!(&one.expr, Expr::Identifier(name) if named.contains(&name.value.to_lowercase()));
            if !is_given {
                let _ = visit_expressions_mut(&mut one.expr, replace);
            }
        }
    }
}

impl Items {
    /// The query that gives them, behind what comes before.
    fn given(&self, before: &str, from: &str, inside: fn(&Items, &Ident) -> Ident) -> String {
        let mut given: Vec<String> = self
            .lists
            .iter()
            .zip(&self.columns)
            .map(|(list, column)| format!("unnest({list}) AS {}", inside(self, column)))
            .collect();
        if let (true, Some(list), Some(column)) = (self.has_places, self.lists.first(), self.columns.last()) {
            given.push(format!("CAST(unnest(pg_subscripts({list})) AS BIGINT) AS {}", inside(self, column)));
        }
        format!("SELECT {before}{}{from}", given.join(", "))
    }

    fn own(_: &Items, column: &Ident) -> Ident {
        column.clone()
    }

    fn apart(items: &Items, column: &Ident) -> Ident {
        Ident::with_quote('"', format!("{}.{}", items.name.value, column.value))
    }

    /// The column that an expression names.
    fn named(&self, expr: &Expr) -> Option<&Ident> {
        let column = match expr {
            Expr::Identifier(column) => column,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] if table.value.eq_ignore_ascii_case(&self.name.value) => column,
                _ => return None,
            },
            _ => return None,
        };
        self.columns.iter().find(|known| known.value.eq_ignore_ascii_case(&column.value))
    }
}

/// The items that a part of `FROM` gives.
fn items(factor: &TableFactor) -> Option<Items> {
    let TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } = factor else { return None };
    let name = alias.as_ref().map_or_else(|| Ident::new("unnest"), |alias| alias.name.clone());
    let mut columns: Vec<Ident> =
        alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.clone()).collect();
    let needed = array_exprs.len() + usize::from(*with_ordinality);
    if columns.is_empty() && array_exprs.len() == 1 {
        columns.push(name.clone());
    }
    if *with_ordinality && columns.len() + 1 == needed {
        columns.push(Ident::new("ordinality"));
    }
    let is_named = columns.len() == needed && !array_exprs.is_empty();
    is_named.then(|| Items { name, lists: array_exprs.clone(), columns, has_places: *with_ordinality })
}

/// What a row is called.
fn row_name(factor: &TableFactor) -> Option<Ident> {
    match factor {
        TableFactor::Table { alias: Some(alias), args: None, .. }
        | TableFactor::Derived { alias: Some(alias), .. } => {
            alias.columns.is_empty().then(|| alias.name.clone())
        }
        TableFactor::Table { name, alias: None, args: None, .. } => name.0.last()?.as_ident().cloned(),
        _ => None,
    }
}

/// A query in brackets as a part of `FROM`.
fn relation(text: &str, name: &Ident) -> Option<TableFactor> {
    let statement = format!("SELECT 1 FROM {text} AS {name}");
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(&statement).ok()?.parse_query().ok()?;
    let SetExpr::Select(mut select) = *parsed.body else { return None };
    Some(select.from.pop()?.relation)
}
