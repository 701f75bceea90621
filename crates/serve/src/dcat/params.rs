//! Which page of the catalogue is wanted, and in which writing.

use axum::http::{HeaderMap, Uri, header};
use chrono::{DateTime, Utc};
use query::At;
use serde::Deserialize;
use standards::rdf::Syntax;
use wording::told;

use crate::http::{Answer, Problem, ProblemKind, params};

/// Datasets of a page, unless another number is asked for.
const PAGE: usize = 100;

/// The parameters of every document.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DcatParams {
    page: Option<u64>,
    limit: Option<i64>,
    f: Option<String>,
    version: Option<u64>,
    as_known_at: Option<String>,
}

impl DcatParams {
    /// The version or the instant that a dataset is asked for.
    pub(super) fn at(&self) -> Answer<At> {
        params::at(self.version, self.as_known_at.as_deref())
    }

    /// The instant that what is of no single dataset is asked for.
    pub(super) fn known(&self) -> Answer<Option<DateTime<Utc>>> {
        match self.version {
            None => params::instant(self.as_known_at.as_deref()),
            Some(_) => Err(Problem::parameter(
                "version",
                told!(
                    "serve-version-one-dataset-give-as-known-at",
                    "a version is of one dataset: give `as_known_at`"
                ),
            )),
        }
    }

    /// Refuses a version and an instant where what is told is told of no time.
    pub(super) fn of_no_time(&self) -> Answer<()> {
        match self.known()? {
            None => Ok(()),
            Some(_) => Err(Problem::parameter(
                "as_known_at",
                told!(
                    "serve-lists-reference-data-have-no-versions",
                    "the lists of reference data have no versions"
                ),
            )),
        }
    }

    /// The instant, as a parameter of links.
    pub(super) fn pin(&self) -> Option<(&str, &str)> {
        self.as_known_at.as_deref().map(|time| ("as_known_at", time))
    }

    /// The page, from 1, and how many datasets are on one.
    pub(super) fn page(&self) -> Answer<(u64, u64)> {
        let limit = params::limit(self.limit, PAGE, 1_000)? as u64;
        match self.page.unwrap_or(1) {
            0 => Err(Problem::parameter(
                "page",
                told!("serve-0-no-page-first-1", "`0` is no page: the first is 1"),
            )),
            page if page.checked_mul(limit).is_some() => Ok((page, limit)),
            page => {
                Err(Problem::parameter("page", told!("serve-no-page", "`{page}` is no page", page = page)))
            }
        }
    }
}

/// How a document is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// In this writing.
    In(Syntax),
    /// As a page for people.
    Page,
}

/// The writing that is wanted, and the last part of the path without its ending.
pub(super) fn wanted(uri: &Uri, headers: &HeaderMap, asked: &DcatParams) -> Answer<(Wanted, String)> {
    let last = uri.path().rsplit('/').next().unwrap_or("");
    if let Some((name, ending)) = last.rsplit_once('.')
        && let Some(syntax) = Syntax::from_extension(ending)
    {
        return Ok((Wanted::In(syntax), name.to_owned()));
    }
    let last = last.to_owned();
    if let Some(name) = &asked.f {
        let syntax = Syntax::from_extension(name).ok_or_else(|| {
            let why = told!(
                "serve-not-format-here-write-ttl-jsonld-rdf",
                "`{name}` is not a format here: write ttl, jsonld or rdf",
                name = name
            );
            Problem::text(ProblemKind::NotAcceptable, why).at("f")
        })?;
        return Ok((Wanted::In(syntax), last));
    }
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
    let is_browser = accept.trim_start().starts_with("text/html");
    match Syntax::accepted(accept) {
        _ if is_browser => Ok((Wanted::Page, last)),
        Some(syntax) => Ok((Wanted::In(syntax), last)),
        None => {
            let offered: Vec<&str> = Syntax::ALL.iter().map(|syntax| syntax.media_type()).collect();
            let why = told!("serve-offered", "offered are {offered}", offered = offered.join(", "));
            Err(Problem::text(ProblemKind::NotAcceptable, why).at("Accept"))
        }
    }
}
