//! Table functions: `as_known_at('dataset', 'time')` and `harmonise('dataset', 'date')`.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::scalar::ScalarValue;
use model::{DatasetId, DatasetKind};
use wording::{Told, told};

use super::features::FeatureTable;
use super::observations::{ObservationTable, Which};
use super::scope::Scope;
use crate::error::pass;
use crate::harmonise::HarmoniseTable;
use crate::{At, Error};

/// `as_known_at('dataset', 'time')`: the dataset as it was known at an instant.
#[derive(Debug)]
pub(super) struct AsKnownAt {
    scope: Arc<Scope>,
}

impl AsKnownAt {
    pub(super) fn new(scope: Arc<Scope>) -> AsKnownAt {
        AsKnownAt { scope }
    }
}

impl TableFunctionImpl for AsKnownAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let usage = told!(
            "query-as-known-at-takes-dataset-time-e-g-as-known-at",
            "as_known_at takes a dataset and a time, e.g. `as_known_at('salinity_hourly', '2026-01-01')`"
        );
        let [dataset, time] = args.exprs() else { return Err(plan_error(usage)) };
        let (Some(dataset), Some(time)) = (text(dataset), instant(time)) else {
            return Err(plan_error(usage));
        };
        let (dataset, kind) = dataset_named(&self.scope, dataset)?;
        let at = At::KnownAt(time);
        match kind {
            DatasetKind::Features | DatasetKind::Coverage => {
                // The columns of features are known from the version only, and this call cannot wait.
                let scope = self.scope.clone();
                let open = async move { FeatureTable::open(&scope, &dataset, at).await };
                let table = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(open));
                Ok(Arc::new(table.map_err(pass)?))
            }
            _ => Ok(Arc::new(ObservationTable::new(self.scope.clone(), Which::One(dataset, at)))),
        }
    }
}

/// `harmonise('dataset', 'date')`: the dataset's values on the administrative units of a date.
#[derive(Debug)]
pub(super) struct HarmoniseFunction {
    scope: Arc<Scope>,
}

impl HarmoniseFunction {
    pub(super) fn new(scope: Arc<Scope>) -> HarmoniseFunction {
        HarmoniseFunction { scope }
    }
}

impl TableFunctionImpl for HarmoniseFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let usage = told!(
            "query-harmonise-takes-dataset-date-units-e-g",
            "harmonise takes a dataset and the date of the units, e.g. `harmonise('rice', '2025-07-01')`"
        );
        let [dataset, geography] = args.exprs() else { return Err(plan_error(usage)) };
        let (Some(dataset), Some(geography)) = (text(dataset), day(geography)) else {
            return Err(plan_error(usage));
        };
        let (dataset, kind) = dataset_named(&self.scope, dataset)?;
        if kind != DatasetKind::Observations {
            return Err(plan_error(told!(
                "query-harmonise-takes-dataset-observations",
                "harmonise takes a dataset of observations"
            )));
        }
        Ok(Arc::new(HarmoniseTable::new(self.scope.clone(), dataset, geography)))
    }
}

fn plan_error(usage: Told) -> DataFusionError {
    pass(Error::Invalid { what: usage, hint: None })
}

/// The dataset of a name; to someone who may not read it, it does not exist.
fn dataset_named(scope: &Scope, name: &str) -> Result<(DatasetId, DatasetKind)> {
    scope.readable(name).ok_or_else(|| {
        let name: String = name.chars().take(80).collect();
        let hint = told!(
            "query-see-select-dataset-title-from-dataset-where",
            "see `SELECT dataset, title FROM dataset WHERE readable`"
        );
        pass(Error::invalid(
            told!("query-there-no-table", "there is no table `{reference}`", reference = name),
            hint,
        ))
    })
}

/// A constant argument, through the casts that a typed literal is made of.
fn constant(argument: &Expr) -> Option<&ScalarValue> {
    match argument {
        Expr::Literal(value, _) => Some(value),
        Expr::Cast(cast) => constant(&cast.expr),
        Expr::Alias(alias) => constant(&alias.expr),
        _ => None,
    }
}

fn text(argument: &Expr) -> Option<&str> {
    constant(argument)?.try_as_str().flatten()
}

fn day(argument: &Expr) -> Option<NaiveDate> {
    match constant(argument)? {
        ScalarValue::Date32(Some(days)) => {
            NaiveDate::default().checked_add_signed(chrono::Duration::days(i64::from(*days)))
        }
        other => NaiveDate::parse_from_str(other.try_as_str().flatten()?, "%Y-%m-%d").ok(),
    }
}

fn instant(argument: &Expr) -> Option<DateTime<Utc>> {
    match constant(argument)? {
        ScalarValue::TimestampMicrosecond(Some(time), _) => DateTime::from_timestamp_micros(*time),
        ScalarValue::TimestampNanosecond(Some(time), _) => Some(DateTime::from_timestamp_nanos(*time)),
        other => model::parse_instant(other.try_as_str().flatten()?).ok(),
    }
}
