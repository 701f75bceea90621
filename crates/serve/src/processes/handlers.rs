//! One function an endpoint: read the parameters, run or look, encode.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog::{Job, JobState, JobsOf};
use chrono::Utc;
use knowledge::Recipe;
use model::{Access, Lang};
use policy::Principal;
use serde::Deserialize;
use serde_json::json;
use standards::ogc::{JobList, Link, Process, ProcessList, ProcessSummary, StatusInfo, time_text};
use wording::{Told, told};

use super::answer::Form;
use super::work;
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang, params};

/// Types of exceptions (OGC 18-062r2, requirements /req/core/process-exception/no-such-process,
/// /req/core/job-exception/no-such-job and /req/core/job-results-exception/results-not-ready).
const NO_SUCH_PROCESS: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process";
const NO_SUCH_JOB: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-job";
const RESULT_NOT_READY: &str =
    "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/result-not-ready";

pub(super) const JSON: &str = "application/json";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageParams {
    limit: Option<i64>,
    offset: Option<usize>,
    f: Option<String>,
}

impl PageParams {
    fn read(&self) -> Answer<(usize, usize)> {
        if let Some(name) = self.f.as_deref().filter(|name| *name != "json") {
            let why = told!(
                "serve-not-format-here-write-json",
                "`{name}` is not a format here: write json",
                name = name
            );
            return Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"));
        }
        Ok((params::limit(self.limit, 100, 1_000)?, self.offset.unwrap_or(0)))
    }
}

/// Whether the asker may know of the recipe: of its product, or, before there is one, that it will be open.
async fn is_visible(app: &App, principal: &Principal, recipe: &Recipe) -> Answer<bool> {
    if principal.is_admin() {
        return Ok(true);
    }
    let id = &recipe.dataset.id;
    if app.catalog.dataset(id).await?.is_none() {
        return Ok(recipe.dataset.access == Access::Open);
    }
    let known = app.catalog.knowable(principal, std::slice::from_ref(id), Utc::now()).await?;
    Ok(known.contains(id))
}

async fn open<'a>(app: &'a App, principal: &Principal, id: &str) -> Answer<&'a Recipe> {
    let missing = || Problem::not_found(id).prescribed(NO_SUCH_PROCESS);
    let recipe = app.recipes.iter().find(|recipe| recipe.id == id).ok_or_else(missing)?;
    if is_visible(app, principal, recipe).await? { Ok(recipe) } else { Err(missing()) }
}

fn summary(recipe: &Recipe, links: &Links, lang: Lang) -> ProcessSummary {
    let path = format!("/ogc/processes/{}", recipe.id);
    let execute = "http://www.opengis.net/def/rel/ogc/1.0/execute";
    ProcessSummary {
        id: recipe.id.clone(),
        version: env!("CARGO_PKG_VERSION"),
        title: recipe.dataset.title.get(lang).0.to_owned(),
        description: recipe.dataset.description.get(lang).0.to_owned(),
        job_control_options: ["sync-execute", "async-execute", "dismiss"],
        output_transmission: ["value", "reference"],
        links: vec![
            Link::new("self", links.path(&path), JSON),
            Link::new(execute, links.path(&format!("{path}/execution")), JSON),
        ],
    }
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<PageParams>,
) -> Answer<Json<ProcessList>> {
    let (limit, offset) = asked.read()?;
    let mut processes = Vec::new();
    for recipe in &app.recipes {
        if is_visible(&app, &principal, recipe).await? {
            processes.push(summary(recipe, &links, lang));
        }
    }
    let processes = processes.into_iter().skip(offset).take(limit).collect();
    Ok(Json(ProcessList { processes, links: vec![Link::new("self", links.path("/ogc/processes"), JSON)] }))
}

pub(super) async fn describe(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(process): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Process>> {
    asked.read()?;
    let recipe = open(&app, &principal, &process).await?;
    let product = json!({
        "title": recipe.dataset.title.get(lang).0,
        "schema": {"type": "object", "contentMediaType": JSON,
            "required": ["dataset", "run"],
            "properties": {"dataset": {"type": "string"}, "run": {"type": "string"},
                "version": {"type": "integer"}, "href": {"type": "string", "format": "uri"}}},
    });
    Ok(Json(Process {
        summary: summary(recipe, &links, lang),
        inputs: BTreeMap::new(),
        outputs: BTreeMap::from([("product".to_owned(), product)]),
    }))
}

pub(super) async fn execute(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(process): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    let recipe = open(&app, &principal, &process).await?.clone();
    if !principal.is_admin() {
        return Err(Problem::new(match principal.user() {
            None => ProblemKind::SignInRequired,
            Some(_) => ProblemKind::NotAllowed,
        }));
    }
    let form = Form::read(&body)?;
    let prefer = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    let is_async = prefer.flat_map(|line| line.split([',', ';'])).any(|word| word.trim() == "respond-async");
    let job = work::open(&app, &principal, &recipe, form).await?;
    let (document, own) = (status(&job, &links, lang), links.path(&format!("/ogc/jobs/{}", job.id)));
    // The job outlives the request, and the client's patience; what became of it stands in the catalogue.
    let running = tokio::spawn(async move {
        let ended = work::run(&app, &principal, &recipe, &job).await;
        if let Err(problem) = &ended {
            tracing::warn!(job.id = job.id, problem.kind = problem.kind.slug(), "a job failed");
        }
        ended
    });
    if !is_async {
        let run = running.await.map_err(|error| Problem::internal(&error))??;
        let run = run.ok_or_else(|| Problem::message(ProblemKind::Conflict, "ogc-job-dismissed", vec![]))?;
        let mut response = form.results(&run, &links)?;
        // The job that was made of it (/req/core/job-results-success-sync).
        let monitor = format!("<{own}>; rel=\"monitor\"");
        let monitor = HeaderValue::from_str(&monitor).map_err(|error| Problem::internal(&error))?;
        response.headers_mut().append(header::LINK, monitor);
        return Ok(response);
    }
    let headers = [
        (header::LOCATION, own),
        (HeaderName::from_static("preference-applied"), "respond-async".to_owned()),
    ];
    Ok((StatusCode::CREATED, headers, Json(document)).into_response())
}

fn status(job: &Job, links: &Links, lang: Lang) -> StatusInfo {
    let own = format!("/ogc/jobs/{}", job.id);
    let mut ways = vec![Link::new("self", links.path(&own), JSON)];
    if job.state == JobState::Successful {
        let results = "http://www.opengis.net/def/rel/ogc/1.0/results";
        ways.push(Link::new(results, links.path(&format!("{own}/results")), JSON));
    }
    StatusInfo {
        process: job.process.clone(),
        r#type: "process",
        job: job.id.clone(),
        status: job.state.code(),
        message: job.message.as_deref().map(|kept| Told::read(kept).sentence(lang)),
        created: time_text(job.created_at),
        started: job.started_at.map(time_text),
        finished: job.finished_at.map(time_text),
        progress: if job.state.is_over() { 100 } else { 0 },
        links: ways,
    }
}

/// A job of the asker; an administrator sees everybody's. Another's job is none.
async fn find(app: &App, principal: &Principal, id: &str) -> Answer<Job> {
    let missing = || Problem::not_found(id).prescribed(NO_SUCH_JOB);
    let job = app.catalog.job(id).await?.ok_or_else(missing)?;
    let is_own = *principal != Principal::Public && job.asker == principal.name();
    if principal.is_admin() || is_own { Ok(job) } else { Err(missing()) }
}

pub(super) async fn jobs(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<PageParams>,
) -> Answer<Json<JobList>> {
    let (limit, offset) = asked.read()?;
    let mut ways = vec![Link::new("self", links.path("/ogc/jobs"), JSON)];
    if principal == Principal::Public {
        return Ok(Json(JobList { jobs: Vec::new(), links: ways }));
    }
    let of = if principal.is_admin() { JobsOf::Everybody } else { JobsOf::Asker(principal.name()) };
    let (found, total) = app.catalog.jobs(of, offset as u64, limit as u64).await?;
    if !found.is_empty() && ((offset + found.len()) as u64) < total {
        let (limit, offset) = (limit.to_string(), (offset + found.len()).to_string());
        let next = links.to("/ogc/jobs", &[("limit", &limit), ("offset", &offset)]);
        ways.push(Link::new("next", next, JSON));
    }
    Ok(Json(JobList { jobs: found.iter().map(|job| status(job, &links, lang)).collect(), links: ways }))
}

pub(super) async fn job(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<Json<StatusInfo>> {
    Ok(Json(status(&find(&app, &principal, &id).await?, &links, lang)))
}

pub(super) async fn results(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
) -> Answer<Response> {
    let job = find(&app, &principal, &id).await?;
    let not_ready = || {
        Problem::message(
            ProblemKind::NotFound,
            "ogc-no-results",
            vec![("state", job.state.code().to_owned())],
        )
        .prescribed(RESULT_NOT_READY)
    };
    let run = job.run.as_ref().filter(|_| job.state == JobState::Successful).ok_or_else(not_ready)?;
    let run = app.catalog.run(run).await?.ok_or_else(not_ready)?;
    Form::of(job.answer.as_deref()).results(&run, &links)
}

pub(super) async fn dismiss(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<Json<StatusInfo>> {
    let job = find(&app, &principal, &id).await?;
    if !app.catalog.dismiss_job(&id, Utc::now()).await? {
        return Err(Problem::message(ProblemKind::Conflict, "ogc-job-runs", vec![("job", id)]));
    }
    app.line().tell();
    let job = Job { state: JobState::Dismissed, ..job };
    Ok(Json(status(&job, &links, lang)))
}
