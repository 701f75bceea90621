//! Running recipes, one after the other, and writing down what became of them.

use std::time::Duration;

use catalog::{Job, JobState};
use chrono::Utc;
use knowledge::Recipe;
use model::{Lang, Run};
use policy::Principal;
use tokio::sync::{Mutex, Notify};

use super::answer::Form;
use crate::http::problem::Detail;
use crate::http::{Answer, Problem, ProblemKind};
use crate::{App, ops};

/// Jobs that may wait or run at once, of everybody together.
const MOST_OPEN: u64 = 32;
/// How often a job looks whether it was taken back on another node; on this one it is told.
const LOOK: Duration = Duration::from_millis(500);

/// Where jobs wait for their turn.
#[derive(Default)]
pub(crate) struct Line {
    /// Whoever holds it runs a recipe.
    turn: Mutex<()>,
    /// A job was taken back.
    taken_back: Notify,
}

impl Line {
    /// Tells jobs that one of them was taken back.
    pub(super) fn tell(&self) {
        self.taken_back.notify_waiters();
    }
}

/// Writes a job down.
pub(super) async fn open(app: &App, principal: &Principal, recipe: &Recipe, form: Form) -> Answer<Job> {
    let job = Job {
        id: uuid::Uuid::now_v7().hyphenated().to_string(),
        process: recipe.id.clone(),
        asker: principal.name().to_owned(),
        state: JobState::Accepted,
        created_at: model::kept_instant(Utc::now()),
        started_at: None,
        finished_at: None,
        run: None,
        message: None,
        answer: Some(form.word().to_owned()),
    };
    match app.catalog.open_job(&job, MOST_OPEN).await? {
        true => Ok(job),
        false => Err(Problem::message(
            ProblemKind::TooManyRequests,
            "ogc-too-many-jobs",
            vec![("limit", MOST_OPEN.to_string())],
        )
        .retry_after(chrono::TimeDelta::seconds(30))),
    }
}

/// Runs a job when its turn has come; `None` when somebody took it back before it committed.
pub(super) async fn run(app: &App, principal: &Principal, recipe: &Recipe, job: &Job) -> Answer<Option<Run>> {
    let _turn = app.line().turn.lock().await;
    if !app.catalog.begin_job(&job.id, Utc::now()).await? {
        return Ok(None);
    }
    // What is asked is dropped with the job, and nothing of it was written.
    let asked = tokio::select! {
        asked = knowledge::ask_recipe(&app.engine, &app.catalog, recipe, Utc::now()) => asked,
        () = taken_back(app, &job.id) => return Ok(None),
    };
    let made = match asked {
        Ok(asked) => {
            if !app.catalog.close_job(&job.id, asked.run()).await? {
                return Ok(None);
            }
            knowledge::keep_product(&app.catalog, &app.lake, recipe, asked).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(run) => {
            app.catalog.end_job(&job.id, Ok(&run.id), Utc::now()).await?;
            let detail = format!("run {}, dataset {}, job {}", run.id, run.dataset, job.id);
            app.note(principal, "recipe.run", &format!("recipe:{}", recipe.id), detail).await?;
            if run.version.is_some() {
                ops::count_commit("recipe");
            }
            Ok(Some(run))
        }
        Err(error) => {
            let problem = Problem::from(error);
            let why = match &problem.detail {
                // Whoever asks for the job later reads it in a language of their own.
                Some(Detail::Told(told)) => told.kept(),
                _ => problem.sentence(Lang::En).unwrap_or_else(|| problem.kind.title(Lang::En)),
            };
            app.catalog.end_job(&job.id, Err(&why), Utc::now()).await?;
            Err(problem)
        }
    }
}

/// Waits until a job that runs is taken back, on whatever node.
async fn taken_back(app: &App, job: &str) {
    loop {
        tokio::select! {
            () = app.line().taken_back.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        // A catalogue that is away tells nothing of the job.
        let now = app.catalog.job(job).await;
        if now.is_ok_and(|job| job.is_none_or(|job| job.state != JobState::Running)) {
            return;
        }
    }
}
