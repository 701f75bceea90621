//! What is made of instants in a session follows the clocks of its zone (`SET TIME ZONE`), as in PostgreSQL: casts to
//! times without a zone, and days and times without one beside instants. The planner's own take UTC for all of them.

use std::cell::Cell;
use std::str::FromStr;

use arrow::array::timezone::Tz;
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, cast, lit};

use super::beside::compares;
use crate::functions::clocks;

const SHOWN: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// The plan by the clocks of the zone.
pub(super) fn follow(plan: LogicalPlan, zone: &str) -> Result<LogicalPlan> {
    // Clocks of UTC show what the planner takes them to show.
    let is_elsewhere = zone != "UTC" && Tz::from_str(zone).is_ok();
    let has_other_types = Cell::new(false);
    let followed = plan.transform_up_with_subqueries(|node| {
        if matches!(node, LogicalPlan::TableScan(_)) {
            return Ok(Transformed::no(node));
        }
        let mut schema = DFSchema::empty();
        for input in node.inputs() {
            schema.merge(input.schema());
        }
        let names = NamePreserver::new(&node);
        let session = Session { zone, is_elsewhere, has_other_types: &has_other_types };
        let followed = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let expr = expr.transform_up(|expr| session.followed(expr, &schema))?;
            Ok(expr.update_data(|expr| name.restore(expr)))
        })?;
        match has_other_types.get() {
            true => followed.map_data(LogicalPlan::recompute_schema),
            false => Ok(followed),
        }
    })?;
    Ok(followed.data)
}

struct Session<'a> {
    zone: &'a str,
    is_elsewhere: bool,
    /// Whether something that was changed has another type than before.
    has_other_types: &'a Cell<bool>,
}

impl Session<'_> {
    fn followed(&self, mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let of = |expr: &Expr| expr.get_type(schema).ok();
        match &mut expr {
            Expr::Cast(inner) if self.is_elsewhere => {
                let from = of(&inner.expr);
                if let Some(other) = self.between(&mut inner.expr, from, inner.field.data_type()) {
                    return Ok(Transformed::yes(other));
                }
            }
            Expr::TryCast(inner) if self.is_elsewhere => {
                let from = of(&inner.expr);
                if let Some(other) = self.between(&mut inner.expr, from, inner.field.data_type()) {
                    return Ok(Transformed::yes(other));
                }
            }
            Expr::BinaryExpr(binary) if self.is_elsewhere && is_between_times(binary.op) => {
                let changed = self.beside([&mut *binary.left, &mut *binary.right], schema);
                return Ok(transformed(expr, changed));
            }
            Expr::Between(between) if self.is_elsewhere => {
                let all = [&mut *between.expr, &mut *between.low, &mut *between.high];
                let changed = self.beside(all, schema);
                return Ok(transformed(expr, changed));
            }
            Expr::InList(list) if self.is_elsewhere => {
                let changed =
                    self.beside(std::iter::once(&mut *list.expr).chain(list.list.iter_mut()), schema);
                return Ok(transformed(expr, changed));
            }
            // A day is cut as the instant at which it begins (§9.9.2).
            Expr::ScalarFunction(call) if call.name() == "date_trunc" => {
                if let [_, time] = call.args.as_mut_slice()
                    && matches!(of(time), Some(DataType::Date32))
                {
                    self.has_other_types.set(true);
                    *time = self.instant(std::mem::replace(time, lit(false)));
                    return Ok(Transformed::yes(expr));
                }
            }
            _ => {}
        }
        Ok(Transformed::no(expr))
    }

    /// What stands for a cast between times with a zone and without.
    fn between(&self, inner: &mut Expr, from: Option<DataType>, to: &DataType) -> Option<Expr> {
        let taken = |inner: &mut Expr| std::mem::replace(inner, lit(false));
        match (from?, to) {
            (DataType::Timestamp(_, Some(_)), DataType::Timestamp(unit, None)) => {
                let shown = clocks().call(vec![lit(self.zone), taken(inner)]);
                Some(if *unit == TimeUnit::Microsecond { shown } else { cast(shown, to.clone()) })
            }
            (DataType::Timestamp(_, None) | DataType::Date32, DataType::Timestamp(unit, Some(_))) => {
                let instant = self.instant(taken(inner));
                Some(if *unit == TimeUnit::Microsecond { instant } else { cast(instant, to.clone()) })
            }
            _ => None,
        }
    }

    /// Makes days and times without a zone instants, where there is one among them.
    fn beside<'e>(&self, all: impl IntoIterator<Item = &'e mut Expr>, schema: &DFSchema) -> bool {
        let mut all: Vec<(&mut Expr, DataType)> = all
            .into_iter()
            .filter_map(|one| {
                let of = one.get_type(schema).ok()?;
                Some((one, of))
            })
            .collect();
        if !all.iter().any(|(_, of)| matches!(of, DataType::Timestamp(_, Some(_)))) {
            return false;
        }
        let mut changed = false;
        for (one, of) in &mut all {
            if matches!(of, DataType::Timestamp(_, None) | DataType::Date32) {
                let inner = std::mem::replace(&mut **one, lit(false));
                **one = self.instant(inner);
                changed = true;
            }
        }
        changed
    }

    /// A day or a time without a zone as the instant at which clocks show it.
    fn instant(&self, time: Expr) -> Expr {
        clocks().call(vec![lit(self.zone), cast(time, SHOWN)])
    }
}

fn transformed(expr: Expr, changed: bool) -> Transformed<Expr> {
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

/// Comparisons and differences.
fn is_between_times(op: Operator) -> bool {
    compares(op) || op == Operator::Minus
}
