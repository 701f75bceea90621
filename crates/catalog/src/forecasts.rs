//! Which runs of a dataset brought forecasts, and which version answers as each of them said.
//!
//! A model that runs every hour makes thousands of forecasts a year: they are read by the page.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use model::{DatasetId, Forecast, Run, RunId, RunKind, RunState, Version};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::entity::{run, run_note};
use crate::row::{count, int, micros};
use crate::runs::from_row;
use crate::{Catalog, Error};

/// A forecast that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldForecast {
    /// What it was made for, and the times that it speaks of.
    pub forecast: Forecast,
    /// The version in which its values are to be read.
    pub version: Version,
    /// The runs whose values of that version are its own: one for each of its files that was not withdrawn.
    pub runs: Arc<BTreeSet<RunId>>,
}

impl Catalog {
    /// How many forecasts of a dataset can be read.
    pub async fn count_forecasts(&self, dataset: &DatasetId) -> Result<u64, Error> {
        let different = Expr::col(run::Column::ForecastFor).count_distinct();
        let found: Option<i64> =
            readable(dataset).select_only().expr(different).into_tuple().one(self.reader()).await?;
        count("count of forecasts", found.unwrap_or(0))
    }

    /// A page of the forecasts of a dataset, the newest first. Several files of one forecast are one; what was
    /// withdrawn is none.
    pub async fn forecasts(
        &self,
        dataset: &DatasetId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<HeldForecast>, Error> {
        let instants = readable(dataset)
            .select_only()
            .column(run::Column::ForecastFor)
            .distinct()
            .order_by_desc(run::Column::ForecastFor)
            .offset(offset)
            .limit(limit);
        let instants: Vec<DateTime<Utc>> = instants.into_tuple().all(self.reader()).await?;
        match (instants.last(), instants.first()) {
            (Some(oldest), Some(newest)) => self.held(dataset, *oldest, *newest).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The forecast of a dataset that was made for an instant.
    pub async fn forecast(
        &self,
        dataset: &DatasetId,
        made_for: DateTime<Utc>,
    ) -> Result<Option<HeldForecast>, Error> {
        Ok(self.held(dataset, micros(made_for), micros(made_for)).await?.pop())
    }

    /// The forecasts that were made for instants from one to another, the newest first.
    async fn held(
        &self,
        dataset: &DatasetId,
        oldest: DateTime<Utc>,
        newest: DateTime<Utc>,
    ) -> Result<Vec<HeldForecast>, Error> {
        let between = run::Column::ForecastFor.between(oldest, newest);
        let rows = readable(dataset).filter(between).all(self.reader()).await?;
        let mut held: BTreeMap<DateTime<Utc>, HeldForecast> = BTreeMap::new();
        for row in rows {
            let run = from_row(row)?;
            let (Some(forecast), Some(version)) = (run.forecast, run.version) else { continue };
            let one = held.entry(forecast.made_for).or_insert_with(|| HeldForecast {
                forecast,
                version,
                runs: Arc::default(),
            });
            one.forecast.first = Ord::min(one.forecast.first, forecast.first);
            one.forecast.last = Ord::max(one.forecast.last, forecast.last);
            one.version = Ord::max(one.version, version);
            Arc::make_mut(&mut one.runs).insert(run.id);
        }
        // A withdrawal sets back what the files before had said of the same times, as long as no newer forecast
        // stands there.
        for (made_for, version) in self.withdrawals(dataset, oldest, newest).await? {
            if let Some(one) = held.get_mut(&made_for)
                && one.version < version
                && !self.is_behind_newer(dataset, made_for, version).await?
            {
                one.version = version;
            }
        }
        Ok(held.into_values().rev().collect())
    }

    /// The versions in which files of forecasts were withdrawn, each with the instant that its forecast was
    /// made for.
    async fn withdrawals(
        &self,
        dataset: &DatasetId,
        oldest: DateTime<Utc>,
        newest: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, Version)>, Error> {
        let of_forecasts = Query::select()
            .column(run::Column::Id)
            .from(run::Entity)
            .and_where(Expr::col(run::Column::Dataset).eq(dataset.as_str()))
            .and_where(run::Column::ForecastFor.between(oldest, newest))
            .to_owned();
        let notes = run_note::Entity::find()
            .filter(run_note::Column::Withdraws.in_subquery(of_forecasts))
            .all(self.reader())
            .await?;
        let ids: BTreeSet<&str> = notes
            .iter()
            .flat_map(|note| [Some(note.run.as_str()), note.withdraws.as_deref()])
            .flatten()
            .collect();
        let mut runs = HashMap::new();
        if !ids.is_empty() {
            for row in run::Entity::find().filter(run::Column::Id.is_in(ids)).all(self.reader()).await? {
                runs.insert(row.id.clone(), from_row(row)?);
            }
        }
        let of_note = |note: &run_note::Model| {
            let withdrawal = runs.get(&note.run).filter(|run| run.state == RunState::Done)?;
            let withdrawn = runs.get(note.withdraws.as_ref()?)?;
            Some((withdrawn.forecast?.made_for, withdrawal.version?))
        };
        Ok(notes.iter().filter_map(of_note).collect())
    }

    /// Whether a version holds values of a newer forecast than the one that was made for an instant.
    async fn is_behind_newer(
        &self,
        dataset: &DatasetId,
        made_for: DateTime<Utc>,
        version: Version,
    ) -> Result<bool, Error> {
        let newer = readable(dataset)
            .filter(run::Column::ForecastFor.gt(made_for))
            .filter(run::Column::Version.lt(int(version.0)));
        Ok(newer.limit(1).one(self.reader()).await?.is_some())
    }

    /// Another run of the dataset that must not be mixed with this one: of a newer forecast, or of an older
    /// one that is still being taken in.
    pub async fn forecast_beside(&self, own: &Run) -> Result<Option<Run>, Error> {
        let Some(forecast) = own.forecast else { return Ok(None) };
        let made_for = micros(forecast.made_for);
        let newer = done(&own.dataset).filter(run::Column::ForecastFor.gt(made_for));
        let under_way = run::Entity::find()
            .filter(run::Column::State.eq(RunState::Running.code()))
            .filter(run::Column::Dataset.eq(own.dataset.as_str()))
            .filter(run::Column::ForecastFor.ne(made_for));
        for runs in [under_way, newer] {
            let runs = runs.filter(run::Column::Id.ne(own.id.as_str()));
            let found = runs.order_by_desc(run::Column::ForecastFor).limit(1).one(self.reader()).await?;
            if let Some(row) = found {
                return from_row(row).map(Some);
            }
        }
        Ok(None)
    }
}

/// The runs of a dataset that brought forecasts and were not withdrawn.
fn done(dataset: &DatasetId) -> Select<run::Entity> {
    run::Entity::find()
        .filter(run::Column::Dataset.eq(dataset.as_str()))
        .filter(run::Column::ForecastFor.is_not_null())
        .filter(run::Column::State.eq(RunState::Done.code()))
        .filter(run::Column::Id.not_in_subquery(withdrawn(dataset)))
}

/// Those of them that have values.
fn readable(dataset: &DatasetId) -> Select<run::Entity> {
    done(dataset).filter(run::Column::Version.is_not_null())
}

/// The ids of the runs of a dataset that were withdrawn.
pub(crate) fn withdrawn(dataset: &DatasetId) -> SelectStatement {
    let withdrawals = Query::select()
        .column(run::Column::Id)
        .from(run::Entity)
        .and_where(Expr::col(run::Column::Dataset).eq(dataset.as_str()))
        .and_where(Expr::col(run::Column::Kind).eq(RunKind::Withdrawal.code()))
        .and_where(Expr::col(run::Column::State).eq(RunState::Done.code()))
        .to_owned();
    Query::select()
        .column(run_note::Column::Withdraws)
        .from(run_note::Entity)
        .and_where(Expr::col(run_note::Column::Withdraws).is_not_null())
        .and_where(Expr::col(run_note::Column::Run).in_subquery(withdrawals))
        .to_owned()
}
