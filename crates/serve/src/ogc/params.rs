//! Parameters of the OGC API, read into what cannot be wrong.

use model::{Bbox, TimeRange};
use serde::Deserialize;

use crate::http::{Answer, Problem, ProblemKind, params};

/// The format, where it is the only parameter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatParams {
    f: Option<String>,
}

impl FormatParams {
    /// Refuses a format that the resource does not have.
    pub(super) fn check(&self) -> Answer<()> {
        format(self.f.as_deref(), &["json"])
    }
}

/// Parameters of `items` and of the list of locations.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemsParams {
    bbox: Option<String>,
    datetime: Option<String>,
    limit: Option<i64>,
    offset: Option<usize>,
    f: Option<String>,
}

/// Which items are wanted.
#[derive(Debug, Clone)]
pub(super) struct Items {
    /// Those that meet this box.
    pub(super) bbox: Option<Bbox>,
    /// Those that exist in this time. Features without a time of their own always do (17-069r4 §7.15.4).
    pub(super) time: TimeRange,
    /// At most so many.
    pub(super) limit: usize,
    /// Not the first so many.
    pub(super) offset: usize,
}

/// The largest page.
pub(super) const MOST_ITEMS: usize = 1_000;

impl ItemsParams {
    /// Reads the parameters.
    pub(super) fn read(&self) -> Answer<Items> {
        format(self.f.as_deref(), &["json", "geojson"])?;
        Ok(Items {
            bbox: self.bbox.as_deref().map(params::bbox).transpose()?,
            time: params::datetime(self.datetime.as_deref())?,
            limit: params::limit(self.limit, 100, MOST_ITEMS)?,
            offset: self.offset.unwrap_or(0),
        })
    }

    /// The parameters of another page of the same.
    pub(super) fn page(&self, offset: usize) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.bbox.clone().map(|text| ("bbox", text)));
        pairs.extend(self.datetime.clone().map(|text| ("datetime", text)));
        pairs.extend(self.limit.map(|number| ("limit", number.to_string())));
        pairs.extend((offset > 0).then(|| ("offset", offset.to_string())));
        pairs
    }
}

fn format(asked: Option<&str>, offered: &[&str]) -> Answer<()> {
    match asked {
        Some(name) if !offered.contains(&name) => Err(Problem::text(
            ProblemKind::NotAcceptable,
            format!("`{name}` is not a format here: write {}", offered.join(" or ")),
        )
        .at("f")),
        _ => Ok(()),
    }
}
