//! Errors of the lower crates as problems: by what the asker can do, never by which library failed.

use std::time::Duration;

use chrono::TimeDelta;
use policy::Denial;
use wording::{Told, told};

use super::ours;
use super::problem::{Problem, ProblemKind};

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        Problem::new(match denial {
            Denial::Hidden => ProblemKind::NotFound,
            Denial::SignIn => ProblemKind::SignInRequired,
            Denial::NoGrant => ProblemKind::NotAllowed,
            Denial::KeyScope => ProblemKind::KeyScope,
        })
    }
}

/// What is wrong and what to do, as one sentence.
pub fn with_hint(what: impl Into<Told>, hint: impl Into<Told>) -> Told {
    let (what, hint) = (what.into(), hint.into());
    if hint.is_empty() {
        what
    } else {
        told!("serve-with-hint", "{what} ({hint})", what => what, hint => hint)
    }
}

/// What is wrong, with a mapping to start from below it.
fn with_example(error: &intake::Error) -> Told {
    let example = error.example().map(intake::mapping::MappingText::told).unwrap_or_default();
    let below = Told::lines(vec![Told::default(), example]);
    told!("serve-with-example", "{what} — a mapping to start from:{example}", what => error.told(), example => below)
}

impl From<catalog::Error> for Problem {
    fn from(error: catalog::Error) -> Self {
        match error {
            catalog::Error::NotFound { what } => missing(&what),
            catalog::Error::Denied(denial) => denial.into(),
            catalog::Error::Invalid { what, hint } => {
                Problem::text(ProblemKind::InvalidBody, with_hint(what, hint))
            }
            catalog::Error::Conflict { what } => Problem::text(
                ProblemKind::Conflict,
                told!("serve-conflict", "{what} is there already", what => what),
            ),
            catalog::Error::Later(_) => unavailable(&error),
            catalog::Error::Internal(_) => Problem::internal(&error),
        }
    }
}

impl From<lake::Error> for Problem {
    fn from(error: lake::Error) -> Self {
        match error {
            lake::Error::NotFound { what } => missing(&what),
            lake::Error::Gone { .. } => Problem::text(ProblemKind::Gone, error.told()),
            lake::Error::Denied(denial) => denial.into(),
            lake::Error::Invalid { what, hint } => {
                Problem::text(ProblemKind::InvalidParameter, with_hint(what, hint))
            }
            lake::Error::Conflict { .. } => Problem::text(ProblemKind::Conflict, error.told()),
            lake::Error::Changed { .. } => Problem::text(ProblemKind::Changed, error.told()),
            lake::Error::Limit { .. } => Problem::text(ProblemKind::TooLarge, error.told()),
            lake::Error::Later(_) => unavailable(&error),
            lake::Error::Damaged(damage) => ours::damaged(&damage),
            lake::Error::Internal(_) => Problem::internal(&error),
        }
    }
}

impl From<intake::Error> for Problem {
    fn from(error: intake::Error) -> Self {
        match error {
            intake::Error::NotFound { what } => missing(&what),
            intake::Error::Denied(denial) => denial.into(),
            intake::Error::NotTheirs { what, hint } => {
                Problem::text(ProblemKind::NotAllowed, with_hint(what, hint))
            }
            intake::Error::Invalid { what, hint } => {
                Problem::text(ProblemKind::InvalidFile, with_hint(what, hint))
            }
            intake::Error::Unmapped { .. } | intake::Error::Drifted { .. } => {
                Problem::text(ProblemKind::InvalidMapping, with_example(&error))
            }
            intake::Error::Conflict { .. } => Problem::text(ProblemKind::Conflict, error.told()),
            intake::Error::Changed { .. } => Problem::text(ProblemKind::Changed, error.told()),
            intake::Error::Limit { .. } => Problem::text(ProblemKind::TooLarge, error.told()),
            // Whoever writes is to come again soon: what waits is written within a second or two.
            intake::Error::Later(_) => {
                let problem = unavailable(&error);
                match problem.retry_after {
                    None => problem.retry_after(TimeDelta::seconds(1)),
                    Some(_) => problem,
                }
            }
            intake::Error::Internal { .. } => Problem::internal(&error),
        }
    }
}

impl From<query::Error> for Problem {
    fn from(error: query::Error) -> Self {
        match error {
            query::Error::NotFound { what } => missing(&what),
            query::Error::Gone { what } => Problem::text(ProblemKind::Gone, what),
            query::Error::Denied(denial) => denial.into(),
            query::Error::Invalid { what, hint } => {
                Problem::text(ProblemKind::InvalidQuery, with_hint(what, hint.unwrap_or_default()))
            }
            query::Error::Limit { .. } => Problem::text(ProblemKind::QueryLimit, error.told()),
            query::Error::Busy { whose, what, wait } => busy(whose, what, wait),
            query::Error::Later => unavailable(&error),
            query::Error::Away(_) => cluster_away(&error),
            query::Error::Damaged { what } => damaged(what),
            query::Error::Internal(_) => Problem::internal(&error),
        }
    }
}

/// There is no room now: for this asker, or for anyone.
fn busy(whose: query::Whose, what: &'static str, wait: Duration) -> Problem {
    let message = match (whose, what) {
        (query::Whose::Node, _) => "problem-node-full",
        (query::Whose::Asker, "time") => "problem-budget-time",
        (query::Whose::Asker, "bytes") => "problem-budget-bytes",
        (query::Whose::Asker, _) => "problem-budget-requests",
    };
    let kind = match whose {
        query::Whose::Asker => ProblemKind::BudgetUsed,
        query::Whose::Node => ProblemKind::Unavailable,
    };
    // The sentence and the header say the same.
    let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
    let wait = TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or(TimeDelta::MAX);
    let problem = Problem::message(kind, message, vec![("seconds", seconds.to_string())]).retry_after(wait);
    match whose {
        query::Whose::Asker => problem.with("violated-policies", serde_json::json!([policy(what)])),
        query::Whose::Node => problem,
    }
}

/// The name of the quota (`RateLimit-Policy`) that is used up.
fn policy(what: &'static str) -> &'static str {
    if what.contains(' ') { "requests" } else { what }
}

/// A thing that is not there. That a version is missing is told as such: it was looked for by somebody who may
/// read the dataset.
fn missing(what: &str) -> Problem {
    let version = what.strip_prefix("version ").and_then(|rest| rest.strip_suffix('`')?.split_once(" of `"));
    match version {
        Some((version, dataset)) => Problem::text(
            ProblemKind::NotFound,
            told!(
                "serve-no-such-version",
                "there is no version {version} of `{dataset}`: /v1/datasets/{dataset}/versions lists those that there are",
                version = version,
                dataset = dataset
            ),
        ),
        None => Problem::not_found(&bare(what)),
    }
}

/// The name in "dataset `x`": who may not know of a thing reads the same words as for no thing.
fn bare(what: &str) -> String {
    match (what.find('`'), what.rfind('`')) {
        (Some(first), Some(last)) if first < last => what[first + 1..last].to_owned(),
        _ => what.to_owned(),
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Problem {
    ours::told(error).unwrap_or_else(|| {
        tracing::warn!(error = %error, cause = error.source().map(ToString::to_string), "a request has to be tried again");
        Problem::new(ProblemKind::Unavailable)
    })
}

/// The reason is for the operator's log: it names machines.
fn cluster_away(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::warn!(error = %error, "a request has to be tried again");
    Problem::message(ProblemKind::Unavailable, "problem-cluster-away", Vec::new())
        .retry_after(TimeDelta::seconds(5))
}

impl From<knowledge::Error> for Problem {
    fn from(error: knowledge::Error) -> Self {
        match error {
            knowledge::Error::NotFound { what } => missing(&what),
            knowledge::Error::Invalid { what, hint } => {
                Problem::text(ProblemKind::InvalidQuery, with_hint(what, hint))
            }
            knowledge::Error::Catalog(error) => error.into(),
            knowledge::Error::Lake(error) => error.into(),
            knowledge::Error::Query(error) => error.into(),
        }
    }
}

/// A stored file that is not as it was written, from the sentence that tells of it.
fn damaged(what: String) -> Problem {
    match lake::Damage::in_text(&what) {
        Some(damage) => ours::damaged(&damage),
        None => {
            tracing::error!(what, "a stored file is damaged: run `cuulong verify`");
            Problem::text(ProblemKind::DamagedData, Told::words(what))
        }
    }
}
