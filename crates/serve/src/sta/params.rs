//! Paths and query options of SensorThings, read by the standard's grammar.

use chrono::{DateTime, Utc};
use model::Version;
use query::At;
use standards::sta::{Options, ResourcePath, Tail};
use wording::told;

use crate::http::{Answer, Problem, ProblemKind, with_hint};

/// What is wrong with a text of a request, with its place and what to write instead.
impl From<standards::Error> for Problem {
    fn from(error: standards::Error) -> Self {
        let parameter = error.parameter.clone();
        let kind = match parameter.as_str() {
            "path" => ProblemKind::NotFound,
            _ => ProblemKind::InvalidParameter,
        };
        let reason = wording::grammar(&error.reason);
        let told = match error.at {
            Some(at) => told!(
                "serve-of-parameter-at",
                "`{parameter}` at character {at}: {reason}",
                parameter = parameter,
                at = at,
                reason => reason
            ),
            None => {
                told!("serve-of-parameter", "`{parameter}`: {reason}", parameter = parameter, reason => reason)
            }
        };
        let hint = error.hint.as_deref().map(wording::grammar).unwrap_or_default();
        Problem::text(kind, with_hint(told, hint)).at(&parameter)
    }
}

const MAX_QUERY: usize = 16 * 1024;

/// What a query string asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The options of the standard.
    pub(super) options: Options,
    /// Which versions are read.
    pub(super) at: At,
    /// The text that said so.
    pub(super) as_of: Option<String>,
}

/// Reads a query string; `lang` and `asOf` are not the standard's but every resource's.
pub(super) fn asked(query: Option<&str>, path: &ResourcePath, now: DateTime<Utc>) -> Answer<Asked> {
    let query = query.unwrap_or("");
    if query.len() > MAX_QUERY {
        return Err(Problem::parameter(
            "?",
            told!(
                "serve-query-string-longer-than-bytes",
                "the query string is longer than {max_query_bytes} bytes",
                max_query_bytes = MAX_QUERY
            ),
        ));
    }
    let mut as_of: Option<String> = None;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "lang" => {}
            "asOf" if as_of.is_some() => {
                return Err(Problem::parameter("asOf", told!("serve-it-given-twice", "it is given twice")));
            }
            "asOf" => as_of = Some(text.into_owned()),
            _ => pairs.push((name.into_owned(), text.into_owned())),
        }
    }
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !name.starts_with('$')) {
        let why = told!(
            "serve-not-parameter-here-options-begin",
            "`{name}` is not a parameter here: options begin with `$`",
            name = name
        );
        return Err(Problem::text(ProblemKind::UnknownParameter, why).at(name));
    }
    let at = as_of.as_deref().map(at).transpose()?.unwrap_or_default();
    let options = Options::parse(path.last().entity, path.last().is_set(), &pairs)?.settled(now);
    let shapes = !options.select.is_empty() || !options.expand.is_empty() || options.data_array;
    let fits = match path.tail {
        Tail::Whole => true,
        Tail::Ref => !shapes,
        Tail::Property(_) | Tail::Value(_) => options == Options::default(),
    };
    if fits {
        return Ok(Asked { options, at, as_of });
    }
    let name = pairs.first().map_or("?", |(name, _)| name.as_str());
    Err(Problem::parameter(
        name,
        told!(
            "serve-no-meaning-links-single-properties-leave-out",
            "it has no meaning for links and single properties: leave it out"
        ),
    ))
}

/// A version of a dataset, or an instant: what was known then.
fn at(text: &str) -> Answer<At> {
    if let Ok(version) = text.parse::<u64>() {
        return Ok(At::Version(Version(version)));
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(At::KnownAt(time.to_utc())),
        Err(_) => {
            let why = told!(
                "serve-write-number-version-instant-such-2026-02",
                "write the number of a version, or an instant such as `2026-02-03T07:00:00Z`"
            );
            Err(Problem::parameter("asOf", why))
        }
    }
}
