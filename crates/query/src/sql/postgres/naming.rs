//! The names that columns have which nobody named, as PostgreSQL gives them (`FigureColname` of its
//! `parse_target.c`): of a column its own, of a call the function's, of a cast what is cast or else the type.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, DataType as SqlType, Expr, Ident, Query, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TrimWhereField,
};

use super::adapt::null;
use super::types::PgType;

/// What separates a column's name from what makes it the only one: the planner takes a name once.
pub(super) const TWIN: char = '\u{1}';

/// Words that stand for values, as columns do.
const VALUES: [&str; 6] =
    ["current_schema", "current_catalog", "current_user", "session_user", "user", "current_role"];

/// Gives every column a name, as PostgreSQL does, that is the only one.
pub(super) fn name_columns(projection: &mut [SelectItem]) {
    let tables: Vec<String> = projection.iter().filter_map(whole_table).collect();
    // `t.oid, t.*`: the column comes once more with the table.
    let comes_with_table = |expr: &Expr| match expr {
        Expr::CompoundIdentifier(parts) => {
            let table = parts.iter().rev().nth(1).map(|table| table.value.to_lowercase());
            tables.iter().any(|whole| whole.is_empty() || Some(whole) == table.as_ref())
        }
        _ => !tables.is_empty(),
    };
    // Columns of two tables may have one name, and no others.
    let (mut columns, mut named) = (HashSet::new(), HashSet::new());
    for item in projection {
        let (name, is_column) = match item {
            SelectItem::UnnamedExpr(expr) => {
                let is_word = matches!(&*expr, Expr::Identifier(name) if name.quote_style.is_none()
                    && VALUES.iter().any(|word| name.value.eq_ignore_ascii_case(word)));
                let is_column = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) && !is_word;
                let name = name_of_expr(expr).unwrap_or_else(|| Ident::with_quote('"', "?column?"));
                let is_first = is_column && !comes_with_table(expr) && !named.contains(&plain(&name));
                if is_first && columns.insert((plain(&name), expr.to_string())) {
                    continue;
                }
                (name, is_column)
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                let is_taken = columns.iter().any(|(name, _)| *name == plain(alias));
                if !is_taken && named.insert(plain(alias)) {
                    continue;
                }
                (alias.clone(), false)
            }
            _ => continue,
        };
        let shown = plain(&name);
        let is_taken = |only: &String| named.contains(only) || columns.iter().any(|(name, _)| name == only);
        let first = if is_column { format!("{shown}{TWIN}1") } else { shown.clone() };
        let twins = (2..).map(|twin| format!("{shown}{TWIN}{twin}"));
        let only = std::iter::once(first).chain(twins).find(|only| !is_taken(only)).unwrap_or(shown);
        named.insert(only.clone());
        let alias = Ident::with_quote('"', only);
        match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                let expr = std::mem::replace(expr, null());
                *item = SelectItem::ExprWithAlias { expr, alias };
            }
            _ => {}
        }
    }
}

/// A name as it is looked for.
fn plain(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_lowercase(),
    }
}

/// The table of which all columns are given; an empty name for those of every table.
fn whole_table(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::Wildcard(_) => Some(String::new()),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            let table = name.0.last()?.as_ident()?;
            Some(table.value.to_lowercase())
        }
        _ => None,
    }
}

/// A column's name as it is shown.
pub(super) fn shown(name: &str) -> &str {
    name.split(TWIN).next().unwrap_or(name)
}

/// A name, and whether something gave it that has one of its own.
struct Figured(Ident, bool);

fn own(name: &str) -> Option<Figured> {
    Some(Figured(Ident::with_quote('"', name), true))
}

/// The name that PostgreSQL gives a column of an expression.
pub(super) fn name_of_expr(expr: &Expr) -> Option<Ident> {
    figured(expr).map(|Figured(name, _)| name)
}

fn figured(expr: &Expr) -> Option<Figured> {
    match expr {
        Expr::Identifier(name) => Some(Figured(name.clone(), true)),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| Figured(name.clone(), true)),
        Expr::Cast { expr, data_type, .. } => match figured(expr) {
            Some(found @ Figured(_, true)) => Some(found),
            _ => Some(Figured(Ident::with_quote('"', type_name(data_type)), false)),
        },
        Expr::TypedString(typed) => Some(Figured(Ident::with_quote('"', type_name(&typed.data_type)), false)),
        Expr::Interval(_) => Some(Figured(Ident::with_quote('"', "interval"), false)),
        Expr::Function(function) => {
            let name = function.name.0.last()?.as_ident()?;
            let name = match name.value.to_lowercase().as_str() {
                "array" => "array".to_owned(),
                _ if name.quote_style.is_none() => name.value.to_lowercase(),
                _ => name.value.clone(),
            };
            own(&name)
        }
        Expr::Collate { expr, .. } | Expr::Nested(expr) => figured(expr),
        Expr::CompoundFieldAccess { root, access_chain } => match access_chain.last()? {
            AccessExpr::Dot(field) => figured(field),
            AccessExpr::Subscript(_) => figured(root),
        },
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figured) {
            Some(found @ Figured(_, true)) => Some(found),
            _ => Some(Figured(Ident::new("case"), false)),
        },
        Expr::Subquery(query) => column_of(query),
        Expr::Array(_) => own("array"),
        Expr::Exists { .. } => own("exists"),
        Expr::AtTimeZone { .. } => own("timezone"),
        Expr::Extract { .. } => own("extract"),
        Expr::Ceil { .. } => own("ceil"),
        Expr::Floor { .. } => own("floor"),
        Expr::Position { .. } => own("position"),
        Expr::Overlay { .. } => own("overlay"),
        Expr::Substring { shorthand: true, .. } => own("substr"),
        Expr::Substring { .. } => own("substring"),
        Expr::Trim { trim_where, .. } => own(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::Tuple(_) => own("row"),
        Expr::BinaryOp { op: BinaryOperator::Overlaps, .. } => own("overlaps"),
        _ => None,
    }
}

/// The name of the one column of a query.
fn column_of(query: &Query) -> Option<Figured> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.first()? {
        SelectItem::UnnamedExpr(expr) => figured(expr),
        SelectItem::ExprWithAlias { alias, .. } => Some(Figured(alias.clone(), true)),
        _ => None,
    }
}

/// The name of a type in `pg_type`.
fn type_name(of: &SqlType) -> String {
    let text = of.to_string().to_lowercase().replace('"', "");
    let text = text.trim_start_matches("pg_catalog.").trim_end_matches("[]");
    // What it is modified by is no part of the name.
    let bare = match text.split_once('(') {
        Some((before, after)) => format!("{}{}", before, after.split_once(')').map_or("", |(_, rest)| rest)),
        None => text.to_owned(),
    };
    let known = match bare.as_str() {
        "int" => "int4",
        "float" | "double" => "float8",
        span if span.starts_with("interval") => "interval",
        "decimal" | "dec" => "numeric",
        "char" => "bpchar",
        name => PgType::of_name(name).map_or(name, |of| of.name),
    };
    known.to_owned()
}
