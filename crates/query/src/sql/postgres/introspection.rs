//! What asyncpg asks of types that it does not know: a recursion over ranges, domains and composites, of which there
//! are none here. What is left of it are the types themselves and those of their items.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Query, SetExpr, Statement, visit_expressions};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// What the recursion is called.
const TREE: &str = "typeinfo_tree";

/// The statement that answers the same, if it is this one.
pub(super) fn simpler(statement: &Statement) -> Option<Statement> {
    let Statement::Query(query) = statement else { return None };
    if !is_tree(query) {
        return None;
    }
    let wanted = wanted(statement)?;
    let list = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT t.oid, n.nspname AS ns, t.typname AS name, t.typtype AS kind, CAST(NULL AS BIGINT) AS basetype, \
         t.typelem AS elemtype, t.typdelim AS elemdelim, CAST(NULL AS BIGINT) AS range_subtype, \
         CAST(NULL AS TEXT[]) AS attrtypoids, CAST(NULL AS TEXT[]) AS attrnames, \
         CASE WHEN t.oid IN ({list}) THEN 0 ELSE 1 END AS depth, CAST(NULL AS TEXT) AS basetype_name, \
         i.typname AS elemtype_name, CAST(NULL AS TEXT) AS range_subtype_name \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         LEFT JOIN pg_catalog.pg_type i ON i.oid = t.typelem \
         WHERE t.oid IN ({list}) OR t.oid IN (SELECT e.typelem FROM pg_catalog.pg_type e WHERE e.oid IN ({list})) \
         ORDER BY depth DESC"
    );
    Parser::parse_sql(&PostgreSqlDialect {}, &text).ok()?.pop()
}

fn is_tree(query: &Query) -> bool {
    let names = query.with.iter().flat_map(|with| &with.cte_tables);
    matches!(&*query.body, SetExpr::Select(_)) && names.into_iter().any(|cte| cte.alias.name.value == TREE)
}

/// The numbers of the types that are asked for: what `ti.oid` is compared with.
fn wanted(statement: &Statement) -> Option<Vec<Expr>> {
    let is_oid = |expr: &Expr| expr.to_string() == "ti.oid";
    let found = visit_expressions(statement, |expr| match expr {
        Expr::InList { expr, list, negated: false } if is_oid(expr) => ControlFlow::Break(list.clone()),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right }
            if is_oid(left) && matches!(**right, Expr::Cast { .. }) =>
        {
            ControlFlow::Break(vec![(**right).clone()])
        }
        _ => ControlFlow::Continue(()),
    });
    found.break_value()
}
