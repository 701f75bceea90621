//! What can go wrong in a read, by what the asker can do about it.

use std::fmt;
use std::time::Duration;

use datafusion::error::DataFusionError;
use policy::Denial;
use wording::{Told, told};

use crate::engine_words;

/// The error below, for the operator's log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a read did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the asker may not know of it.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The version's files have been removed, as its dataset's promise allows.
    #[error("{what}")]
    Gone {
        /// Which version, and what is kept.
        what: Told,
    },
    /// The asker has no right to it.
    #[error("reading was denied")]
    Denied(Denial),
    /// The request is wrong, and the asker can put it right.
    #[error("{}", self.told())]
    Invalid {
        /// What is wrong.
        what: Told,
        /// What to do.
        hint: Option<Told>,
    },
    /// The request asks for more than one request may have.
    #[error("{}", self.told())]
    Limit {
        /// What is limited: `memory`, `time`, `rows`, `text`, `nesting`.
        what: &'static str,
        /// The limit, with its unit.
        limit: String,
    },
    /// There is no room for the request now.
    #[error("{whose} used up the share of {what} for now")]
    Busy {
        /// Who takes up the room.
        whose: Whose,
        /// What there is no more of: `time`, `bytes`, `requests at a time`.
        what: &'static str,
        /// How long to wait before the next attempt.
        wait: Duration,
    },
    /// The same request may succeed later.
    #[error("the node is busy: try again later")]
    Later,
    /// The request needs the cluster, which does not answer. The same request may succeed later.
    #[error("the query is for the cluster, which does not answer: {0}")]
    Away(String),
    /// A stored file is not as it was written. Nothing was answered from it.
    #[error("{what}")]
    Damaged {
        /// Which file, and what is wrong with it.
        what: String,
    },
    /// Something failed that the asker cannot help.
    #[error("reading failed")]
    Internal(#[source] Source),
}

/// Who takes up the room that a request would need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The asker, by earlier requests.
    Asker,
    /// Everyone together.
    Node,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Whose::Asker => "your requests",
            Whose::Node => "the requests of everyone",
        })
    }
}

impl Error {
    /// What is wrong, as a sentence; of our own failures no more than that they are.
    pub fn told(&self) -> Told {
        match self {
            Error::NotFound { what } => told!("query-there-is-no", "there is no {what}", what = what),
            Error::Gone { what } => what.clone(),
            Error::Denied(_) => told!("query-denied", "reading was denied"),
            Error::Invalid { what, .. } => what.clone(),
            Error::Limit { what, limit } => beyond(what, limit),
            Error::Busy { whose: Whose::Asker, what, .. } => {
                told!("query-busy-asker", "your requests used up the share of {what} for now", what = what)
            }
            Error::Busy { whose: Whose::Node, what, .. } => told!(
                "query-busy-node",
                "the requests of everyone used up the share of {what} for now",
                what = what
            ),
            Error::Later => told!("query-later", "the node is busy: try again later"),
            Error::Away(_) => {
                told!("query-away", "the query is for the cluster, which does not answer")
            }
            Error::Damaged { what } => Told::words(what.clone()),
            Error::Internal(_) => told!("query-failed", "reading failed"),
        }
    }

    /// A request that is wrong.
    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: Some(hint.into()) }
    }

    /// Something that does not exist for the asker.
    pub(crate) fn not_found(what: impl Into<String>) -> Error {
        Error::NotFound { what: what.into() }
    }

    /// The same error for another who waits for the same result.
    fn again(&self) -> Error {
        match self {
            Error::NotFound { what } => Error::NotFound { what: what.clone() },
            Error::Gone { what } => Error::Gone { what: what.clone() },
            Error::Denied(denial) => Error::Denied(*denial),
            Error::Invalid { what, hint } => Error::Invalid { what: what.clone(), hint: hint.clone() },
            Error::Limit { what, limit } => Error::Limit { what, limit: limit.clone() },
            Error::Busy { whose, what, wait } => Error::Busy { whose: *whose, what, wait: *wait },
            Error::Later => Error::Later,
            Error::Away(why) => Error::Away(why.clone()),
            Error::Damaged { what } => Error::Damaged { what: what.clone() },
            Error::Internal(source) => Error::internal(source.to_string()),
        }
    }

    /// Something that ought not to happen, or the damage that caused it.
    pub(crate) fn internal(source: impl Into<Source>) -> Error {
        let source = source.into();
        match lake::Damage::in_chain(source.as_ref()) {
            Some(damage) => Error::Damaged { what: damage.to_string() },
            None => Error::Internal(source),
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Error {
        if let Some(damage) = lake::Damage::in_chain(&error) {
            return Error::Damaged { what: damage.to_string() };
        }
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => (*inner).into(),
            DataFusionError::Shared(inner) => {
                told(&inner).unwrap_or_else(|| Error::Internal(Box::new(DataFusionError::Shared(inner))))
            }
            DataFusionError::Collection(errors) => match errors.into_iter().next() {
                Some(first) => first.into(),
                None => Error::internal("an empty collection of errors"),
            },
            DataFusionError::External(inner) => match inner.downcast::<Error>() {
                Ok(ours) => *ours,
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(engine) => (*engine).into(),
                    Err(other) => Error::Internal(other),
                },
            },
            DataFusionError::ResourcesExhausted(_) => memory(),
            DataFusionError::ParquetError(inner) => failed_reading(&inner.to_string())
                .unwrap_or_else(|| Error::Internal(Box::new(DataFusionError::ParquetError(inner)))),
            error if is_users(&error) => {
                Error::Invalid { what: engine_words::told(&message(&error)), hint: None }
            }
            error => Error::Internal(Box::new(error)),
        }
    }
}

/// What a request asked too much of.
fn beyond(what: &str, limit: &str) -> Told {
    let limit = amount(limit);
    match what {
        "memory" => told!(
            "query-limit-memory",
            "the request goes beyond the limit of {limit} on memory",
            limit => limit
        ),
        "time" => told!(
            "query-limit-time",
            "the request goes beyond the limit of {limit} on time",
            limit => limit
        ),
        "rows" | "buckets" => told!(
            "query-limit-rows",
            "the request goes beyond the limit of {limit} on rows",
            limit => limit
        ),
        "text" => told!(
            "query-limit-text",
            "the request goes beyond the limit of {limit} on text",
            limit => limit
        ),
        "nesting" => told!(
            "query-limit-nesting",
            "the request goes beyond the limit of {limit} on nesting",
            limit => limit
        ),
        what => told!(
            "query-limit",
            "the request goes beyond the limit of {limit} on {what}",
            limit => limit,
            what = what
        ),
    }
}

/// A number with its unit.
fn amount(limit: &str) -> Told {
    let (count, unit) = limit.split_once(' ').unwrap_or((limit, ""));
    match unit {
        "rows" => told!("query-rows", "{count} rows", count = count),
        "buckets" => told!("query-buckets", "{count} buckets", count = count),
        "bytes" => told!("query-bytes", "{count} bytes", count = count),
        "operators" => told!("query-operators", "{count} operators", count = count),
        "words" => told!("query-words", "{count} words", count = count),
        "values" => told!("query-values", "{count} values", count = count),
        "brackets" => told!("query-brackets", "{count} brackets", count = count),
        "clauses one in another" => {
            told!("query-clauses", "{count} clauses one in another", count = count)
        }
        "tables in one statement" => {
            told!("query-tables", "{count} tables in one statement", count = count)
        }
        _ if limit == SHARE => told!("query-share", "the share of one request"),
        _ => Told::words(limit.to_owned()),
    }
}

/// How much memory a request may have, which depends on what others use.
const SHARE: &str = "the share of one request";

/// What an asker is told of an error that others hold, too; `None` when it is ours alone to deal with.
pub(crate) fn told(error: &DataFusionError) -> Option<Error> {
    if let Some(damage) = lake::Damage::in_chain(error) {
        return Some(Error::Damaged { what: damage.to_string() });
    }
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => told(inner),
        DataFusionError::Shared(inner) => told(inner),
        DataFusionError::Collection(errors) => told(errors.first()?),
        DataFusionError::ResourcesExhausted(_) => Some(memory()),
        DataFusionError::ParquetError(parquet) => failed_reading(&parquet.to_string()),
        DataFusionError::External(inner) => match inner.downcast_ref::<Error>() {
            Some(ours) => Some(ours.again()),
            None => told(inner.downcast_ref::<DataFusionError>()?),
        },
        _ if is_users(error) => {
            Some(Error::Invalid { what: engine_words::told(&message(error)), hint: None })
        }
        _ => None,
    }
}

/// What the reader of Parquet files met: a damaged file, or a mistake in a filter.
fn failed_reading(text: &str) -> Option<Error> {
    match lake::Damage::in_text(text) {
        Some(damage) => Some(Error::Damaged { what: damage.to_string() }),
        None => failed_filter(text),
    }
}

/// The mistake in a filter that was evaluated while a file was read. The reader passes it on as the
/// debug form of DataFusion's error, so that its sentence is the first text in quotes.
fn failed_filter(text: &str) -> Option<Error> {
    let (_, inner) = text.split_once("Error evaluating filter predicate: ")?;
    if inner.starts_with("ResourcesExhausted") {
        return Some(memory());
    }
    let sentence = match inner.split_once('"') {
        Some((_, quoted)) => quoted.split_once("\")").map_or(quoted, |(sentence, _)| sentence),
        None => inner,
    };
    let what = engine_words::told(&sentence.chars().take(300).collect::<String>());
    Some(Error::Invalid {
        what,
        hint: Some(told!(
            "query-condition-cannot-decided-value",
            "a condition cannot be decided for a value"
        )),
    })
}

fn memory() -> Error {
    Error::Limit { what: "memory", limit: SHARE.to_owned() }
}

/// Whether the statement or its values are at fault, rather than files or this program.
fn is_users(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Configuration(_)
        | DataFusionError::Execution(_) => true,
        DataFusionError::ArrowError(arrow, _) => {
            use arrow::error::ArrowError as A;
            matches!(
                **arrow,
                A::CastError(_)
                    | A::ParseError(_)
                    | A::ComputeError(_)
                    | A::DivideByZero
                    | A::ArithmeticOverflow(_)
                    | A::InvalidArgumentError(_)
            )
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => is_users(inner),
        _ => false,
    }
}

/// DataFusion's sentence, without its prefix, its backtrace and its names for our catalogue.
fn message(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let mut text = text.as_str();
    for prefix in [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "Execution error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
        "Invalid or Unsupported Configuration: ",
        "Optimizer rule ",
    ] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    let first = text.lines().next().unwrap_or_default();
    let said: String = first.replace("cuulong.public.", "").chars().take(600).collect();
    let fields = text.lines().find_map(|line| line.strip_prefix("Valid fields are "));
    match fields.filter(|_| said.starts_with("No field named ") && !said.contains("Did you mean")) {
        Some(fields) => {
            let fields = bounded(&fields.replace("cuulong.public.", ""));
            format!("{}. Valid fields are {fields}.", said.trim_end_matches('.'))
        }
        None => said,
    }
}

/// The most columns that are named to whoever asked for another.
const MOST_FIELDS: usize = 40;

/// The first names of a list of columns, without their table where all are of one.
fn bounded(fields: &str) -> String {
    let all: Vec<&str> = fields.trim_end_matches('.').split(", ").collect();
    let table = all.first().and_then(|first| Some(&first[..=first.find('.')?]));
    let of_one = table.filter(|table| all.iter().all(|name| name.starts_with(*table))).unwrap_or("");
    let shown: Vec<&str> =
        all.iter().take(MOST_FIELDS).map(|name| name.strip_prefix(of_one).unwrap_or(name)).collect();
    let more = if all.len() > MOST_FIELDS { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl From<lake::Error> for Error {
    fn from(error: lake::Error) -> Error {
        match error {
            lake::Error::Denied(denial) => Error::Denied(denial),
            lake::Error::NotFound { what } => Error::NotFound { what },
            lake::Error::Gone { .. } => Error::Gone { what: error.told() },
            lake::Error::Later(_) => Error::Later,
            lake::Error::Damaged(damage) => Error::Damaged { what: damage.to_string() },
            error => Error::Internal(Box::new(error)),
        }
    }
}

impl From<catalog::Error> for Error {
    fn from(error: catalog::Error) -> Error {
        match error {
            catalog::Error::Denied(denial) => Error::Denied(denial),
            catalog::Error::NotFound { what } => Error::NotFound { what },
            catalog::Error::Later(_) => Error::Later,
            error => Error::Internal(Box::new(error)),
        }
    }
}

/// Our error on its way through the engine.
pub(crate) fn pass(error: impl Into<Error>) -> DataFusionError {
    DataFusionError::External(Box::new(error.into()))
}
