//! Running recipes, one after the other, and writing down what became of them.

use catalog::{Job, JobState};
use chrono::Utc;
use knowledge::Recipe;
use model::Run;
use policy::Principal;
use tokio::sync::Mutex;

use crate::http::{Answer, Problem, ProblemKind};
use crate::{App, ops};

/// Jobs that may wait or run at once, of everybody together.
const MOST_OPEN: u64 = 32;

/// Whoever holds it runs a recipe.
#[derive(Default)]
pub(crate) struct Line(Mutex<()>);

/// Writes a job down.
pub(super) async fn open(app: &App, principal: &Principal, recipe: &Recipe) -> Answer<Job> {
    let job = Job {
        id: uuid::Uuid::now_v7().hyphenated().to_string(),
        process: recipe.id.clone(),
        asker: principal.name().to_owned(),
        state: JobState::Accepted,
        created_at: Utc::now(),
        started_at: None,
        finished_at: None,
        run: None,
        message: None,
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

/// Runs a job when its turn has come; `None` when somebody took it back before.
pub(super) async fn run(app: &App, principal: &Principal, recipe: &Recipe, job: &Job) -> Answer<Option<Run>> {
    let _turn = app.line().0.lock().await;
    if !app.catalog.begin_job(&job.id, Utc::now()).await? {
        return Ok(None);
    }
    let made = knowledge::run_recipe(&app.engine, &app.catalog, &app.lake, recipe, Utc::now()).await;
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
            let why =
                problem.sentence(model::Lang::En).unwrap_or_else(|| problem.kind.title(model::Lang::En));
            app.catalog.end_job(&job.id, Err(&why), Utc::now()).await?;
            Err(problem)
        }
    }
}
