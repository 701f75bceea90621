//! A catalogue record: what is told of a dataset, in plain values, before any standard words it.
//!
//! DCAT, ISO 19115, Dublin Core, schema.org, CKAN and STAC are written from this one reading, so that
//! no two of them can say different things.

use chrono::{DateTime, Utc};

/// A text by language, the first language first. Languages that are missing are not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(Vec<(&'static str, String)>);

impl Words {
    /// The texts that are not empty, with their BCP 47 tags.
    pub fn new(texts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Words {
        let texts = texts.into_iter().filter_map(|(tag, text)| Some((tag, text?)));
        Words(texts.filter(|(_, text)| !text.trim().is_empty()).collect())
    }

    /// The text in a language, else in the first language that there is.
    pub fn get(&self, tag: &str) -> &str {
        let there = self.0.iter().find(|(of, _)| *of == tag).or(self.0.first());
        there.map_or("", |(_, text)| text)
    }

    /// Every text with its tag.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(tag, text)| (*tag, text.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text followed by another, language by language.
    #[must_use]
    pub fn followed_by(mut self, other: &Words) -> Words {
        for (tag, text) in other.iter() {
            match self.0.iter_mut().find(|(of, _)| *of == tag) {
                Some((_, before)) => {
                    before.push(' ');
                    before.push_str(text);
                }
                None => self.0.push((tag, text.to_owned())),
            }
        }
        self
    }
}

/// Whoever publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its IRI.
    pub uri: String,
    /// Its names.
    pub name: Words,
    /// Its public page.
    pub page: Option<String>,
}

/// Something with a name and an IRI: a place, a property, a sector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its code.
    pub code: String,
    /// Its IRI.
    pub uri: String,
    /// Its names.
    pub label: Words,
}

/// A way in which the dataset can be taken home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Its name within the dataset.
    pub key: String,
    /// Its title.
    pub title: Words,
    /// The media type, e.g. `text/csv`.
    pub media_type: String,
    /// The short name of the format, e.g. `CSV`.
    pub format: &'static str,
    /// Where it is.
    pub url: String,
    /// Whether the whole dataset is there in one file; otherwise it is read page by page.
    pub is_file: bool,
    /// Its size.
    pub bytes: Option<u64>,
    /// The SHA-256 of the file, where it is fixed.
    pub sha256: Option<String>,
    /// The standard that it follows.
    pub conforms_to: Option<&'static str>,
}

/// A service that answers for the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its IRI and address.
    pub url: String,
    /// Its title.
    pub title: Words,
    /// Where it is described.
    pub description: String,
    /// The standard that it follows.
    pub conforms_to: &'static str,
}

/// A version of a dataset that another one was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The dataset's id.
    pub id: String,
    /// The dataset's IRI.
    pub dataset: String,
    /// The version's IRI.
    pub uri: String,
    /// Its number.
    pub version: u64,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u64,
    /// Its IRI.
    pub uri: String,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// Values that were new.
    pub added: u64,
    /// Values that replaced another.
    pub corrected: u64,
    /// Values in the dataset after it.
    pub total: u64,
    /// What it was made from, where it is a product.
    pub made_from: Vec<Pinned>,
}

/// What is told of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its global name.
    pub urn: String,
    /// Its IRI.
    pub uri: String,
    /// Its page for people.
    pub page: String,
    /// observations, features, coverage, table or document.
    pub kind: &'static str,
    /// Its title.
    pub title: Words,
    /// What it holds, how it was made, what to beware of.
    pub description: Words,
    /// Who publishes it.
    pub publisher: Agent,
    /// Its sector.
    pub theme: Term,
    /// Its licence: an SPDX id or a phrase.
    pub licence: String,
    /// open, shared or restricted.
    pub access: &'static str,
    /// Where the data come from, as a sentence.
    pub source: String,
    /// Whether the values were made up.
    pub synthetic: bool,
    /// When it was registered.
    pub issued: DateTime<Utc>,
    /// When anything that is told here changed last.
    pub modified: DateTime<Utc>,
    /// West, south, east, north in degrees.
    pub bbox: Option<[f64; 4]>,
    /// The provinces and other places that it is about.
    pub places: Vec<Term>,
    /// The first and the last time that it is about.
    pub time: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What it observes, each with its unit.
    pub properties: Vec<(Term, String)>,
    /// Its columns, for whoever may read them: name and type.
    pub columns: Vec<(String, String)>,
    /// Its versions, newest first; not all of a long history.
    pub versions: Vec<Version>,
    /// The ways to take it home, for whoever may.
    pub distributions: Vec<Distribution>,
    /// The services that answer for it, for whoever may read it.
    pub services: Vec<Service>,
}

impl Record {
    /// The newest version.
    pub fn newest(&self) -> Option<&Version> {
        self.versions.first()
    }
}

/// An instant as XML Schema and RFC 3339 write it, to the second.
pub fn instant(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The position where a box is no more than that: one station has no area.
pub fn point_of(bbox: [f64; 4]) -> Option<[f64; 2]> {
    let [west, south, east, north] = bbox;
    (west == east && south == north).then_some([west, south])
}
