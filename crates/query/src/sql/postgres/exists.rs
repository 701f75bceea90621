//! `EXISTS` among what is given, which the planner has in conditions only, as a count that is not 0.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, VisitMut, VisitorMut};

use super::adapt::parsed;

/// Counts what is asked to exist.
pub(super) fn counted(projection: &mut [SelectItem]) {
    for item in projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
        let is_bare = matches!(expr, Expr::Exists { .. });
        let _ = expr.visit(&mut Counting { depth: 0 });
        if let (true, SelectItem::UnnamedExpr(expr)) = (is_bare, &*item) {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::new("exists") };
        }
    }
}

/// Looks at what is given, and not at the conditions of queries in it.
struct Counting {
    depth: usize,
}

impl VisitorMut for Counting {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Exists { subquery, negated } = expr
            && self.depth == 0
        {
            let op = if *negated { "=" } else { ">" };
            if let Some(other) = parsed(&format!("(SELECT count(*) FROM ({subquery}) AS found) {op} 0")) {
                *expr = Expr::Nested(Box::new(other));
            }
        }
        ControlFlow::Continue(())
    }
}
