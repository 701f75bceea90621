//! What is told of runs that withdraw others or test values again, and which products read a version.

use std::collections::HashSet;

use model::{DatasetId, Run, RunId, RunKind, RunState, Version};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use wording::told;

use crate::entity::{run, run_note};
use crate::forecasts::withdrawn;
use crate::row::{count, int, stored};
use crate::{Catalog, Error};

/// What is told of a run beside its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNote {
    /// The run.
    pub run: RunId,
    /// The run that it withdraws.
    pub withdraws: Option<RunId>,
    /// Why, in the words of whoever asked for it.
    pub reason: String,
    /// Values that are gone.
    pub removed: u64,
    /// Values that were set back to what was there before.
    pub restored: u64,
    /// Values that stay, because a later run corrected them.
    pub kept: u64,
    /// Values whose flag changed.
    pub flagged: u64,
    /// The number of the dataset's limits that values were tested by; the general ones when absent.
    pub quality: Option<u32>,
}

impl Catalog {
    /// Writes down what is told of a run, in place of what was told before.
    pub async fn put_run_note(&self, note: &RunNote) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        run_note::Entity::delete_by_id(note.run.as_str()).exec(&write.tx).await?;
        let row = run_note::Model {
            run: note.run.to_string(),
            withdraws: note.withdraws.as_ref().map(ToString::to_string),
            reason: note.reason.replace('\0', "\u{fffd}"),
            removed: int(note.removed),
            restored: int(note.restored),
            kept: int(note.kept),
            flagged: int(note.flagged),
            quality: note.quality.and_then(|number| i32::try_from(number).ok()),
        };
        run_note::Entity::insert(row.into_active_model()).exec_without_returning(&write.tx).await.map_err(
            |error| {
                Error::writing(
                    error,
                    told!("catalog-note-of-run", "note of run `{id}`", id = note.run),
                    format!("run `{}`", note.run),
                )
            },
        )?;
        write.commit().await
    }

    /// What is told of a run.
    pub async fn run_note(&self, run: &RunId) -> Result<Option<RunNote>, Error> {
        run_note::Entity::find_by_id(run.as_str()).one(self.reader()).await?.map(from_row).transpose()
    }

    /// The run that withdrew a run, if one did.
    pub async fn withdrawn_by(&self, withdrawn: &RunId) -> Result<Option<RunId>, Error> {
        let notes = run_note::Entity::find().filter(run_note::Column::Withdraws.eq(withdrawn.as_str()));
        for note in notes.all(self.reader()).await? {
            let id = stored("run id", &note.run, RunId::new(&note.run))?;
            if self.run(&id).await?.is_some_and(|run| run.state == RunState::Done) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The runs of a dataset that were withdrawn.
    pub async fn withdrawn_runs(&self, dataset: &DatasetId) -> Result<HashSet<RunId>, Error> {
        let ids = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::Id.in_subquery(withdrawn(dataset)));
        let ids: Vec<String> = ids.into_tuple().all(self.reader()).await?;
        ids.iter().map(|id| stored("run id", id, RunId::new(id))).collect()
    }

    /// The runs of recipes that read a dataset, the oldest first, each with the version that it read.
    pub async fn products_of(&self, dataset: &DatasetId) -> Result<Vec<(Run, Version)>, Error> {
        let runs = run::Entity::find()
            .filter(run::Column::Kind.eq(RunKind::Recipe.code()))
            .filter(run::Column::State.eq(RunState::Done.code()))
            .order_by_asc(run::Column::StartedAt)
            .order_by_asc(run::Column::Id)
            .all(self.reader())
            .await?;
        let mut found = Vec::new();
        for row in runs {
            let run = crate::runs::from_row(row)?;
            if let Some((_, version)) = run.pinned.iter().find(|(id, _)| id == dataset) {
                let version = *version;
                found.push((run, version));
            }
        }
        Ok(found)
    }
}

fn from_row(row: run_note::Model) -> Result<RunNote, Error> {
    let of_run = |stored| count("count of a run", stored);
    Ok(RunNote {
        run: stored("run id", &row.run, RunId::new(&row.run))?,
        withdraws: row.withdraws.map(|id| stored("run id", &id, RunId::new(&id))).transpose()?,
        reason: row.reason,
        removed: of_run(row.removed)?,
        restored: of_run(row.restored)?,
        kept: of_run(row.kept)?,
        flagged: of_run(row.flagged)?,
        quality: row.quality.and_then(|number| u32::try_from(number).ok()),
    })
}
