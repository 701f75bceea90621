//! One visit: who reads, in which language, at which address.

use std::fmt::Write;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use model::Lang;
use policy::Principal;
use serve::http::{Caller, Problem};

use crate::words::Words;

/// What every page knows about its reader.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The page's language.
    pub words: Words,
    /// Who reads.
    pub principal: Principal,
    /// The path without the language, e.g. `/data/x`.
    pub path: String,
    /// The query string, without its question mark.
    pub query: String,
    /// The theme that the reader forced: `light`, `dark`, or none.
    pub theme: Option<&'static str>,
    /// The instant of the visit.
    pub now: DateTime<Utc>,
    /// Whether the page must show nothing built by scripts (`?lite=1`).
    pub lite: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Caller(principal) = Caller::from_request_parts(parts, state).await?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let (lang, path) = language_of(uri.path());
        let cookie = |name: &str| {
            parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).find_map(
                |line| {
                    line.split(';')
                        .filter_map(|pair| pair.trim().split_once('='))
                        .find(|(key, _)| *key == name)
                        .map(|(_, value)| value.to_owned())
                },
            )
        };
        let theme = match cookie("cuulong_theme").as_deref() {
            Some("dark") => Some("dark"),
            Some("light") => Some("light"),
            _ => None,
        };
        let query = uri.query().unwrap_or("").to_owned();
        let asked_lite = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lite")
            .map(|(_, value)| value == "1");
        let saves = parts.headers.get("save-data").is_some_and(|value| value == "on");
        Ok(Visit {
            words: Words::of(lang),
            principal,
            path: path.to_owned(),
            query,
            theme,
            now: Utc::now(),
            lite: asked_lite.unwrap_or(saves),
        })
    }
}

impl Visit {
    /// The language.
    pub fn lang(&self) -> Lang {
        self.words.lang()
    }

    /// The address of a page in this language.
    pub fn link(&self, path: &str) -> String {
        localised(self.lang(), path)
    }

    /// This page with some parameters set, and those with empty values left out.
    pub fn with(&self, set: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
            if !set.iter().any(|(other, _)| *other == name) {
                query.append_pair(&name, &value);
            }
        }
        for (name, value) in set.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let mut address = self.link(&self.path);
        if !query.is_empty() {
            write!(address, "?{query}").expect("writing to a string does not fail");
        }
        address
    }
}

/// The language that a path names, and the path without it.
pub fn language_of(path: &str) -> (Lang, &str) {
    match path.strip_prefix("/en") {
        Some("") => (Lang::En, "/"),
        Some(rest) if rest.starts_with('/') => (Lang::En, rest),
        _ => (Lang::Vi, path),
    }
}

/// The address of a page in a language.
pub fn localised(lang: Lang, path: &str) -> String {
    match (lang, path) {
        (Lang::En, "/") => "/en".to_owned(),
        (Lang::En, path) => format!("/en{path}"),
        _ => path.to_owned(),
    }
}

/// A path of this site with query parameters, encoded.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}
