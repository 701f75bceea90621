//! Drafts: runs whose file is kept and looked at, step by step, before anything is committed.

use chrono::{DateTime, Utc};
use model::{DatasetId, Finding, Run, RunId, RunState};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{draft, finding, run};
use crate::row::{micros, stored};
use crate::runs::{CHUNK, finding_row, from_row, to_row};
use crate::{Catalog, Error};

/// What is kept of a draft beside its run and its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The run, whose state is staged.
    pub run: RunId,
    /// The mapping that was chosen for it, as TOML; the dataset's own, or a guessed one, when absent.
    pub mapping: Option<String>,
    /// What came of the last look at the file, as whoever took it wrote it down.
    pub report: String,
    /// When it is thrown away.
    pub expires_at: DateTime<Utc>,
}

impl Catalog {
    /// Makes a run that is under way a draft.
    pub async fn stage_run(&self, run: &Run, draft: &Draft) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let there = run::Entity::find_by_id(run.id.as_str()).lock_exclusive().one(&write.tx).await?;
        let there = there.ok_or_else(|| Error::not_found("run", &run.id))?;
        let row = run::Model { node: there.node, ..to_row(run) };
        row.into_active_model().reset_all().update(&write.tx).await?;
        draft::Entity::insert(draft_row(draft).into_active_model()).exec_without_returning(&write.tx).await?;
        write.commit().await
    }

    /// The draft of a run.
    pub async fn draft(&self, run: &RunId) -> Result<Option<Draft>, Error> {
        draft::Entity::find_by_id(run.as_str()).one(self.reader()).await?.map(from_draft_row).transpose()
    }

    /// The drafts of a dataset, newest first.
    pub async fn drafts(&self, dataset: &DatasetId, limit: u64) -> Result<Vec<Run>, Error> {
        let staged = run::Entity::find()
            .filter(run::Column::Dataset.eq(dataset.as_str()))
            .filter(run::Column::State.eq(RunState::Staged.code()))
            .order_by_desc(run::Column::StartedAt)
            .order_by_desc(run::Column::Id)
            .limit(limit);
        staged.all(self.reader()).await?.into_iter().map(from_row).collect()
    }

    /// Writes down another look at a draft: its findings take the place of those before. The answer
    /// is no, and nothing is changed, when the run is no draft any more.
    pub async fn review_draft(&self, run: &Run, draft: &Draft, findings: &[Finding]) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let there = run::Entity::find_by_id(run.id.as_str()).lock_exclusive().one(&write.tx).await?;
        let there = there.ok_or_else(|| Error::not_found("run", &run.id))?;
        if there.state != RunState::Staged.code() {
            return Ok(false);
        }
        let row = run::Model { node: there.node, ..to_row(run) };
        row.into_active_model().reset_all().update(&write.tx).await?;
        draft_row(draft).into_active_model().reset_all().update(&write.tx).await?;
        finding::Entity::delete_many()
            .filter(finding::Column::Run.eq(run.id.as_str()))
            .exec(&write.tx)
            .await?;
        let rows: Vec<_> =
            (1..).zip(findings).map(|(number, finding)| finding_row(&run.id, number, finding)).collect();
        for chunk in rows.chunks(CHUNK) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            finding::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Takes a draft up for its commit: from now on this node works on the run. Of two that try at
    /// once, one gets it; the other's answer is no. Its findings are found anew by the commit.
    pub async fn take_up_draft(&self, run: &RunId) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let taken = run::Entity::update_many()
            .col_expr(run::Column::State, Expr::value(RunState::Running.code()))
            .col_expr(run::Column::Node, Expr::value(self.node()))
            .filter(run::Column::Id.eq(run.as_str()))
            .filter(run::Column::State.eq(RunState::Staged.code()))
            .exec(&write.tx)
            .await?;
        if taken.rows_affected == 0 {
            return Ok(false);
        }
        finding::Entity::delete_many().filter(finding::Column::Run.eq(run.as_str())).exec(&write.tx).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Forgets what was a draft's beside its run; nothing when there is none.
    pub async fn close_draft(&self, run: &RunId) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        draft::Entity::delete_by_id(run.as_str()).exec(&write.tx).await?;
        write.commit().await
    }

    /// Throws a draft away: the run ends as failed for this reason, and nothing of its file is told
    /// any more, since readers of the dataset may see failed runs. The answer is no when the run is
    /// no draft any more.
    pub async fn discard_draft(&self, run: &RunId, why: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let ended = run::Entity::update_many()
            .col_expr(run::Column::State, Expr::value(RunState::Failed.code()))
            .col_expr(run::Column::Error, Expr::value(why))
            .col_expr(run::Column::FinishedAt, Expr::value(micros(now)))
            .col_expr(run::Column::Original, Expr::value(Option::<String>::None))
            .filter(run::Column::Id.eq(run.as_str()))
            .filter(run::Column::State.eq(RunState::Staged.code()))
            .exec(&write.tx)
            .await?;
        if ended.rows_affected == 0 {
            return Ok(false);
        }
        draft::Entity::delete_by_id(run.as_str()).exec(&write.tx).await?;
        finding::Entity::delete_many().filter(finding::Column::Run.eq(run.as_str())).exec(&write.tx).await?;
        write.commit().await?;
        Ok(true)
    }

    /// The drafts that nobody finished in time.
    pub async fn expired_drafts(&self, now: DateTime<Utc>) -> Result<Vec<RunId>, Error> {
        let rows = draft::Entity::find().filter(draft::Column::ExpiresAt.lte(now)).all(self.reader()).await?;
        rows.into_iter().map(|row| stored("run id", &row.run, RunId::new(&row.run))).collect()
    }
}

fn draft_row(draft: &Draft) -> draft::Model {
    draft::Model {
        run: draft.run.to_string(),
        mapping: draft.mapping.as_deref().map(|text| text.replace('\0', "\u{fffd}")),
        report: draft.report.replace('\0', "\u{fffd}"),
        expires_at: micros(draft.expires_at),
    }
}

fn from_draft_row(row: draft::Model) -> Result<Draft, Error> {
    Ok(Draft {
        run: stored("run id", &row.run, RunId::new(&row.run))?,
        mapping: row.mapping,
        report: row.report,
        expires_at: row.expires_at,
    })
}
