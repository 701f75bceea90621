//! Examples of problems for the OpenAPI document: worded by the code that words answers, so that only which
//! problem it is and what exactly is wrong is told apart (`examples.json`).

use axum::http::StatusCode;
use model::Lang;
use serde_json::Value;
use wording::Told;

use crate::http::{Problem, ProblemKind};

/// The request that the examples answer.
const REQUEST: &str = "0d4f7a0e-6c1b-4f5e-9a53-2b8f3d1c7e90";

/// The document of a problem that an operation answers with under a status.
pub(super) fn of(path: &str, operation: &str, status: StatusCode, problems: &Value) -> Value {
    let own = problems.get(format!("{operation} {}", status.as_str()));
    let told = own.or_else(|| problems.get(status.as_str())).unwrap_or(&Value::Null);
    let text = |name: &str| told[name].as_str();
    let mut problem = match (text("detail"), missing(path, problems)) {
        (Some(detail), _) => Problem::text(kind(text("kind"), status), Told::excerpt(detail)),
        (None, Some(what)) if status == StatusCode::NOT_FOUND => Problem::not_found(what),
        (None, _) => Problem::new(kind(text("kind"), status)),
    };
    if let Some(at) = text("at") {
        problem = problem.at(at);
    }
    let mut document = problem.document(Lang::En, Some(REQUEST));
    for (name, value) in told["members"].as_object().into_iter().flatten() {
        document[name.as_str()] = value.clone();
    }
    document
}

/// The kind of a name, or else the first of the status.
fn kind(name: Option<&str>, status: StatusCode) -> ProblemKind {
    let named = ProblemKind::ALL.into_iter().find(|kind| Some(kind.slug()) == name);
    let usual = || ProblemKind::ALL.into_iter().find(|kind| kind.status() == status);
    named.or_else(usual).unwrap_or(ProblemKind::Internal)
}

/// What is not there under a path: the longest that fits says it.
fn missing<'a>(path: &str, problems: &'a Value) -> Option<&'a str> {
    let known = problems["missing"].as_object()?.iter();
    let fitting = known.filter(|(prefix, _)| path.starts_with(prefix.as_str()));
    fitting.max_by_key(|(prefix, _)| prefix.len())?.1.as_str()
}
