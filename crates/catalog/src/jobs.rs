//! Jobs: recipes that somebody asked to run, what became of them, and who asked.

use chrono::{DateTime, Utc};
use model::RunId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::job;
use crate::row::{micros, stored};
use crate::{Catalog, Error};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits.
    Accepted,
    /// It runs.
    Running,
    /// It made what it was to make.
    Successful,
    /// It did not.
    Failed,
    /// Somebody took it back before it committed anything.
    Dismissed,
}

impl JobState {
    const ALL: [JobState; 5] =
        [JobState::Accepted, JobState::Running, JobState::Successful, JobState::Failed, JobState::Dismissed];

    /// Its name, as OGC API – Processes has it.
    pub fn code(self) -> &'static str {
        match self {
            JobState::Accepted => "accepted",
            JobState::Running => "running",
            JobState::Successful => "successful",
            JobState::Failed => "failed",
            JobState::Dismissed => "dismissed",
        }
    }

    /// Whether nothing happens to it any more.
    pub fn is_over(self) -> bool {
        !matches!(self, JobState::Accepted | JobState::Running)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The recipe.
    pub process: String,
    /// Who asked.
    pub asker: String,
    /// How far it is.
    pub state: JobState,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The run of the recipe, from when it commits on.
    pub run: Option<RunId>,
    /// What went wrong.
    pub message: Option<String>,
    /// How whoever asked wants the results; the protocol knows the words.
    pub answer: Option<String>,
}

/// The asker's jobs, or everybody's.
#[derive(Debug, Clone, Copy)]
pub enum JobsOf<'a> {
    /// Everybody's.
    Everybody,
    /// Those of one asker.
    Asker(&'a str),
}

impl Catalog {
    /// Writes down a job. The answer is no, and nothing is written, when `most` wait or run already.
    pub async fn open_job(&self, job: &Job, most: u64) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let open = [JobState::Accepted.code(), JobState::Running.code()];
        let waiting = job::Entity::find().filter(job::Column::State.is_in(open)).count(&write.tx).await?;
        if waiting >= most {
            return Ok(false);
        }
        let row = job::Model {
            id: job.id.clone(),
            process: job.process.clone(),
            asker: job.asker.clone(),
            state: job.state.code().to_owned(),
            node: self.node().to_owned(),
            created_at: micros(job.created_at),
            started_at: job.started_at.map(micros),
            finished_at: job.finished_at.map(micros),
            run: job.run.as_ref().map(ToString::to_string),
            message: job.message.clone(),
            answer: job.answer.clone(),
        };
        job::Entity::insert(row.into_active_model()).exec_without_returning(&write.tx).await?;
        write.commit().await?;
        Ok(true)
    }

    /// A job.
    pub async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        job::Entity::find_by_id(id).one(self.reader()).await?.map(from_row).transpose()
    }

    /// Jobs, the newest first, and how many there are.
    pub async fn jobs(&self, of: JobsOf<'_>, offset: u64, limit: u64) -> Result<(Vec<Job>, u64), Error> {
        let mut found = job::Entity::find();
        if let JobsOf::Asker(asker) = of {
            found = found.filter(job::Column::Asker.eq(asker));
        }
        let total = found.clone().count(self.reader()).await?;
        let page = found
            .order_by_desc(job::Column::CreatedAt)
            .order_by_desc(job::Column::Id)
            .offset(offset)
            .limit(limit)
            .all(self.reader())
            .await?;
        Ok((page.into_iter().map(from_row).collect::<Result<_, _>>()?, total))
    }

    /// Lets a job that waits begin. The answer is no when it does not wait any more.
    pub async fn begin_job(&self, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let begun = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Running.code()))
            .col_expr(job::Column::StartedAt, Expr::value(micros(now)))
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.eq(JobState::Accepted.code()))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(begun.rows_affected > 0)
    }

    /// Lets a job that runs commit as a run: from here on it is not taken back. The answer is no when it was.
    pub async fn close_job(&self, id: &str, run: &RunId) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let closed = job::Entity::update_many()
            .col_expr(job::Column::Run, Expr::value(run.to_string()))
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.eq(JobState::Running.code()))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(closed.rows_affected > 0)
    }

    /// Ends a job that runs: with its run, or with what went wrong.
    pub async fn end_job(
        &self,
        id: &str,
        ended: Result<&RunId, &str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let (state, run, message) = match ended {
            Ok(run) => (JobState::Successful, Some(run.to_string()), None),
            Err(why) => (JobState::Failed, None, Some(why.replace('\0', "\u{fffd}"))),
        };
        let write = self.write(&[]).await?;
        job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(state.code()))
            .col_expr(job::Column::FinishedAt, Expr::value(micros(now)))
            .col_expr(job::Column::Run, Expr::value(run))
            .col_expr(job::Column::Message, Expr::value(message))
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.eq(JobState::Running.code()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Takes back a job that waits or runs, and forgets one that is over. The answer is no when it commits.
    pub async fn dismiss_job(&self, id: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let taken = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Dismissed.code()))
            .col_expr(job::Column::FinishedAt, Expr::value(micros(now)))
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.is_in([JobState::Accepted.code(), JobState::Running.code()]))
            .filter(job::Column::Run.is_null())
            .exec(&write.tx)
            .await?;
        let over = [JobState::Successful.code(), JobState::Failed.code(), JobState::Dismissed.code()];
        let mut gone = taken.rows_affected;
        if gone == 0 {
            let forgotten = job::Entity::delete_many()
                .filter(job::Column::Id.eq(id))
                .filter(job::Column::State.is_in(over))
                .exec(&write.tx)
                .await?;
            gone = forgotten.rows_affected;
        }
        write.commit().await?;
        Ok(gone > 0)
    }

    /// Ends the jobs that a stop of this node cut off. To be called at the start.
    pub async fn end_jobs_cut_off(&self, why: &str, now: DateTime<Utc>) -> Result<u64, Error> {
        let write = self.write(&[]).await?;
        let open = [JobState::Accepted.code(), JobState::Running.code()];
        let ended = job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Failed.code()))
            .col_expr(job::Column::FinishedAt, Expr::value(micros(now)))
            .col_expr(job::Column::Message, Expr::value(why))
            .filter(job::Column::Node.eq(self.node()))
            .filter(job::Column::State.is_in(open))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(ended.rows_affected)
    }
}

fn from_row(row: job::Model) -> Result<Job, Error> {
    let state = JobState::ALL.into_iter().find(|state| state.code() == row.state);
    Ok(Job {
        state: state.ok_or_else(|| Error::stored("state of a job", &row.state))?,
        run: row.run.as_deref().map(|run| stored("run id", run, RunId::new(run))).transpose()?,
        id: row.id,
        process: row.process,
        asker: row.asker,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        message: row.message,
        answer: row.answer,
    })
}
