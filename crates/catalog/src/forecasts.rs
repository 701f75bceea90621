//! Which runs of a dataset brought forecasts, and which version answers as each of them said.

use chrono::{DateTime, Utc};
use model::{DatasetId, Forecast, Run, RunState, Version};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::run;
use crate::row::micros;
use crate::runs::from_row;
use crate::{Catalog, Error};

/// A forecast that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldForecast {
    /// What it was made for, and the times that it speaks of.
    pub forecast: Forecast,
    /// The version in which the values of these times are its own.
    pub version: Version,
}

impl Catalog {
    /// The forecasts of a dataset, the newest first. Several files of one forecast are one, in the version of
    /// the last; what was withdrawn is none.
    pub async fn forecasts(&self, dataset: &DatasetId) -> Result<Vec<HeldForecast>, Error> {
        self.held(dataset, self.forecast_runs(dataset, None).await?).await
    }

    /// The forecast of a dataset that was made for an instant.
    pub async fn forecast(
        &self,
        dataset: &DatasetId,
        made_for: DateTime<Utc>,
    ) -> Result<Option<HeldForecast>, Error> {
        let runs = self.forecast_runs(dataset, Some(made_for)).await?;
        Ok(self.held(dataset, runs).await?.pop())
    }

    /// The forecasts that runs brought, each once.
    async fn held(&self, dataset: &DatasetId, runs: Vec<Run>) -> Result<Vec<HeldForecast>, Error> {
        let mut held: Vec<HeldForecast> = Vec::new();
        if runs.is_empty() {
            return Ok(held);
        }
        let withdrawn = self.withdrawn_runs(dataset).await?;
        for run in runs {
            let Some(forecast) = run.forecast else { continue };
            if run.state != RunState::Done || withdrawn.contains(&run.id) {
                continue;
            }
            let known = held.last_mut().map(|last| &mut last.forecast);
            if let Some(known) = known.filter(|known| known.made_for == forecast.made_for) {
                known.first = known.first.min(forecast.first);
                known.last = known.last.max(forecast.last);
                continue;
            }
            let version = match (run.version, run.finished_at) {
                (Some(version), _) => Some(version),
                // All its values were there already: the version that was current holds them.
                (None, Some(finished)) => self.version_at(dataset, finished).await?.map(|info| info.version),
                (None, None) => None,
            };
            held.extend(version.map(|version| HeldForecast { forecast, version }));
        }
        Ok(held)
    }

    /// Another run of the dataset that must not be mixed with this one: of a newer forecast, or of an older
    /// one that is still being taken in.
    pub async fn forecast_beside(&self, own: &Run) -> Result<Option<Run>, Error> {
        let Some(forecast) = own.forecast else { return Ok(None) };
        let withdrawn = self.withdrawn_runs(&own.dataset).await?;
        let made_for = |run: &Run| run.forecast.map(|other| other.made_for);
        let is_beside = |run: &Run| match run.state {
            RunState::Done => made_for(run) > Some(forecast.made_for),
            RunState::Running => made_for(run) != Some(forecast.made_for),
            _ => false,
        };
        let others = self.forecast_runs(&own.dataset, None).await?;
        Ok(others.into_iter().find(|run| run.id != own.id && is_beside(run) && !withdrawn.contains(&run.id)))
    }

    /// The runs that brought forecasts, or are bringing them: the newest forecast first, and of one forecast
    /// the newest run.
    async fn forecast_runs(
        &self,
        dataset: &DatasetId,
        made_for: Option<DateTime<Utc>>,
    ) -> Result<Vec<Run>, Error> {
        let states = [RunState::Done.code(), RunState::Running.code()];
        let only = made_for.map(|time| run::Column::ForecastFor.eq(micros(time)));
        let rows = run::Entity::find()
            .filter(only.into_iter().fold(Condition::all(), Condition::add))
            .filter(run::Column::Dataset.eq(dataset.as_str()))
            .filter(run::Column::ForecastFor.is_not_null())
            .filter(run::Column::State.is_in(states))
            .order_by_desc(run::Column::ForecastFor)
            .order_by_desc(run::Column::StartedAt)
            .order_by_desc(run::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
