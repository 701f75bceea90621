//! Which column of which table a column of an answer is: clients ask the catalogue for the rest.

use arrow::datatypes::DataType;
use datafusion::common::JoinType;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::super::session::SCHEMA;
use super::table_oid;

/// The table and the column that the values of an answer's column come from as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The number of the table in `pg_class`.
    pub table: u32,
    /// The place of the column, from 1 on (`pg_attribute.attnum`).
    pub place: i16,
}

/// The origins of a planned statement's columns.
pub(in crate::sql) fn origins(plan: &LogicalPlan) -> Vec<Option<Origin>> {
    (0..plan.schema().fields().len()).map(|at| origin(plan, at)).collect()
}

fn origin(plan: &LogicalPlan, at: usize) -> Option<Origin> {
    match plan {
        LogicalPlan::Projection(projection) => {
            let mut expr = projection.expr.get(at)?;
            while let Expr::Alias(alias) = expr {
                expr = &alias.expr;
            }
            // An instant is the same in every zone.
            if let Expr::Cast(cast) = expr
                && matches!(cast.field.data_type(), DataType::Timestamp(_, Some(_)))
                && matches!(&*projection.input, LogicalPlan::TableScan(_))
            {
                expr = &cast.expr;
            }
            let Expr::Column(column) = expr else { return None };
            origin(&projection.input, projection.input.schema().index_of_column(column).ok()?)
        }
        LogicalPlan::SubqueryAlias(alias) => origin(&alias.input, at),
        LogicalPlan::Filter(filter) => origin(&filter.input, at),
        LogicalPlan::Sort(sort) => origin(&sort.input, at),
        LogicalPlan::Limit(limit) => origin(&limit.input, at),
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            match join.join_type {
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full if at >= left => {
                    origin(&join.right, at - left)
                }
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => None,
                _ if at < left => origin(&join.left, at),
                _ => None,
            }
        }
        LogicalPlan::TableScan(scan) => {
            if scan.table_name.schema().is_some_and(|schema| schema != SCHEMA) {
                return None;
            }
            let name = scan.projected_schema.field(at).name();
            let place = scan.source.schema().index_of(name).ok()?;
            let table = u32::try_from(table_oid(scan.table_name.table())).ok()?;
            Some(Origin { table, place: i16::try_from(place + 1).ok()? })
        }
        _ => None,
    }
}

/// Gives geometries that functions have made in the form in which columns have them, WKB.
pub(in crate::sql) fn with_plain_shapes(state: &SessionState, plan: LogicalPlan) -> Result<LogicalPlan> {
    let is_native = |name: &str| {
        name.starts_with("geoarrow.") && !matches!(name, "geoarrow.wkb" | "geoarrow.box" | "geoarrow.wkt")
    };
    let schema = plan.schema().clone();
    let natives: Vec<bool> = schema
        .fields()
        .iter()
        .map(|field| field.metadata().get("ARROW:extension:name").is_some_and(|name| is_native(name)))
        .collect();
    let is_explained = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
    let Some(to_wkb) = state.scalar_functions().get("st_asbinary") else { return Ok(plan) };
    if is_explained || !natives.contains(&true) {
        return Ok(plan);
    }
    let columns = schema.columns().into_iter().zip(natives).map(|(column, is_native)| match is_native {
        true => {
            let (relation, name) = (column.relation.clone(), column.name.clone());
            to_wkb.call(vec![Expr::Column(column)]).alias_qualified(relation, name)
        }
        false => Expr::Column(column),
    });
    let columns: Vec<Expr> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}
