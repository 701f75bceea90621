//! Calls in, envelopes out.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Lang;
use serde_json::{Value, json};
use standards::ckan::{Parameters, Refusal, failure, success};
use wording::grammar;

use super::actions::{self, Call};
use crate::App;
use crate::http::{Caller, Links, Problem, ProblemKind, RequestLang};

/// What a call fails with: CKAN's refusals, or a problem that is worded as one.
pub(super) enum Failure {
    Refused(Refusal),
    Problem(Problem),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(problem)
    }
}

impl From<catalog::Error> for Failure {
    fn from(error: catalog::Error) -> Failure {
        Failure::Problem(error.into())
    }
}

impl From<query::Error> for Failure {
    fn from(error: query::Error) -> Failure {
        Failure::Problem(error.into())
    }
}

/// The version of the API that this is.
pub(super) async fn version() -> Json<Value> {
    Json(json!({ "version": 3 }))
}

pub(super) async fn get(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(action): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    let parameters = Parameters::of_pairs(pairs);
    answer(&Call { app: &app, principal: &principal, links: &links, parameters }, &action, lang).await
}

pub(super) async fn post(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(action): Path<String>,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            return bad(rejection.status(), "Bad request - the body is too long or was cut off");
        }
    };
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let parameters = if media_type.starts_with("application/x-www-form-urlencoded") && !body.starts_with(b"{")
    {
        Parameters::of_pairs(url::form_urlencoded::parse(&body).into_owned())
    } else if body.is_empty() {
        Parameters::default()
    } else {
        // Clients send JSON under any name, as CKAN takes it.
        match serde_json::from_slice::<Value>(&body) {
            Ok(Value::Object(object)) => Parameters::new(object),
            Ok(_) => {
                return bad(
                    StatusCode::BAD_REQUEST,
                    "Bad request - JSON Error: Request data JSON decoded is not a dictionary",
                );
            }
            Err(_) => {
                return bad(StatusCode::BAD_REQUEST, "Bad request - JSON Error: Error decoding JSON data.");
            }
        }
    };
    answer(&Call { app: &app, principal: &principal, links: &links, parameters }, &action, lang).await
}

/// What CKAN answers when there is no call to speak of: a JSON text.
fn bad(status: StatusCode, words: &str) -> Response {
    (status, Json(Value::from(words))).into_response()
}

async fn answer(call: &Call<'_>, action: &str, lang: Lang) -> Response {
    let help = call.links.to("/ckan/api/3/action/help_show", &[("name", action)]);
    let Some(outcome) = actions::perform(call, action).await else {
        return bad(StatusCode::BAD_REQUEST, &format!("Bad request - Action name not known: {action}"));
    };
    match outcome {
        Ok(result) => Json(success(&help, result)).into_response(),
        Err(Failure::Refused(refusal)) => refused(&help, &in_language(refusal, lang)),
        Err(Failure::Problem(problem)) => match worded(&problem, lang) {
            Some(refusal) => refused(&help, &refusal),
            None => {
                let said = problem.sentence(lang).unwrap_or_else(|| problem.kind.title(lang));
                let error = json!({ "__type": problem.kind.slug(), "message": said });
                let mut response = (problem.kind.status(), Json(failure(&help, error))).into_response();
                if let Some(seconds) = problem.retry_after {
                    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
        },
    }
}

fn refused(help: &str, refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::CONFLICT);
    (status, Json(failure(help, refusal.document()))).into_response()
}

/// A refusal of CKAN's grammar in the asker's language. What there is not has CKAN's own words, by which
/// clients know it.
fn in_language(refusal: Refusal, lang: Lang) -> Refusal {
    let told = |why: String| grammar(&why).sentence(lang);
    match refusal {
        Refusal::Invalid(name, why) => Refusal::Invalid(name, told(why)),
        Refusal::Search(why) => Refusal::Search(told(why)),
        other => other,
    }
}

/// A problem in CKAN's words, where CKAN has some.
fn worded(problem: &Problem, lang: Lang) -> Option<Refusal> {
    let said = || problem.sentence(lang).unwrap_or_else(|| problem.kind.title(lang));
    match problem.kind {
        ProblemKind::NotFound => Some(Refusal::NotFound),
        ProblemKind::SignInRequired
        | ProblemKind::NotAllowed
        | ProblemKind::KeyScope
        | ProblemKind::InvalidCredentials => Some(Refusal::NotAllowed(said())),
        ProblemKind::InvalidQuery => Some(Refusal::parameter("query", said())),
        ProblemKind::InvalidParameter | ProblemKind::UnknownParameter | ProblemKind::InvalidBody => {
            Some(Refusal::Invalid(problem.at.clone().unwrap_or_else(|| "message".to_owned()), said()))
        }
        _ => None,
    }
}
