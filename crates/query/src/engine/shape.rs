//! What a direct read did, in the place of a plan: noted while it is settled, worded only when it was slow.

use lake::{ResultRange, Snapshot};
use model::{Bbox, DatasetId, TimeRange, Version};
use policy::RowFilter;

use super::read::Cost;
use crate::Streams;

/// The most versions that are named.
const MOST_VERSIONS: usize = 8;

/// The shape of a direct read.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The threads that it ran on.
    on: &'static str,
    /// The versions that it read, with all their files and rows.
    versions: Vec<(DatasetId, Version, u64, u64)>,
    /// Which datastreams it asked for.
    pub(crate) streams: Option<Streams>,
    /// How many datastreams were chosen, of all.
    pub(crate) chosen: Option<(usize, usize)>,
    /// What the asker's permit leaves of the rows.
    pub(crate) permitted: Option<RowFilter>,
    /// The times that it asked for.
    pub(crate) time: Option<TimeRange>,
    /// The results that it asked for.
    pub(crate) results: Option<ResultRange>,
    /// The box that it asked for.
    pub(crate) bbox: Option<Bbox>,
    /// The most rows that it asked for.
    pub(crate) limit: Option<usize>,
    /// What it took, as far as the statistics of files tell.
    pub(crate) cost: Cost,
}

impl Shape {
    /// Of a read on these threads.
    pub(crate) fn on(on: &'static str) -> Shape {
        Shape { on, ..Shape::default() }
    }

    /// Notes a version that is read.
    pub(crate) fn reads(&mut self, snapshot: &Snapshot) {
        let is_noted = |(dataset, version, ..): &(DatasetId, Version, u64, u64)| {
            dataset == snapshot.dataset() && *version == snapshot.version()
        };
        if self.versions.len() < MOST_VERSIONS && !self.versions.iter().any(is_noted) {
            let files = snapshot.files().len() as u64;
            self.versions.push((snapshot.dataset().clone(), snapshot.version(), files, snapshot.rows()));
        }
    }

    /// All files of the versions that were read.
    pub(crate) fn all_files(&self) -> Option<u64> {
        (!self.versions.is_empty()).then(|| self.versions.iter().map(|(_, _, files, _)| files).sum())
    }

    /// As lines, the outermost first, like a plan; `what` is what was read.
    pub(crate) fn told(&self, what: &str) -> String {
        let mut text = format!("DirectRead: {what}, threads={}", self.on);
        let mut line = |words: String| {
            text.push_str("\n  ");
            text.push_str(&words);
        };
        for (dataset, version, files, rows) in &self.versions {
            line(format!("version: dataset={dataset}, version={version}, files={files}, rows={rows}"));
        }
        if let Some((chosen, all)) = self.chosen {
            line(format!(
                "datastreams: {chosen} of {all}{}",
                self.streams.as_ref().map_or_else(String::new, named)
            ));
        }
        if let Some(predicate) = self.predicate() {
            line(format!("predicate: {predicate}"));
        }
        let Cost { files, rows, bytes } = self.cost;
        line(format!("read, by the files' statistics: files={files}, rows={rows}, bytes={bytes}"));
        text
    }

    fn predicate(&self) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(time) = self.time.filter(|time| *time != TimeRange::ALL) {
            let end = |end: Option<chrono::DateTime<chrono::Utc>>| {
                end.map_or_else(|| "..".to_owned(), model::instant_text)
            };
            parts.push(format!("time=[{}, {})", end(time.from), end(time.to)));
        }
        if let Some(results) = self.results.filter(|results| !results.is_all()) {
            parts.push(format!("results={:?} to {:?}", results.from, results.to));
        }
        if let Some(Bbox { west, south, east, north, .. }) = self.bbox {
            parts.push(format!("bbox={west},{south},{east},{north}"));
        }
        if let Some(filter) = self.permitted.as_ref().filter(|filter| !filter.is_open()) {
            let many = |all: Option<usize>| all.map_or_else(|| "all".to_owned(), |count| count.to_string());
            let places = many(filter.places.as_ref().map(Vec::len));
            let properties = many(filter.properties.as_ref().map(Vec::len));
            let before = filter.before.map_or_else(|| "..".to_owned(), model::instant_text);
            parts.push(format!("permit=(places={places}, properties={properties}, before={before})"));
        }
        if let Some(limit) = self.limit {
            parts.push(format!("limit={limit}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What datastreams have to agree with.
fn named(streams: &Streams) -> String {
    let Streams { place, property, datastream, among, statistic, period } = streams;
    let mut text = String::new();
    let mut part = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.extend([", ", name, "=", value.as_str()]);
        }
    };
    part("place", place.as_ref().map(ToString::to_string));
    part("property", property.as_ref().map(ToString::to_string));
    part("datastream", datastream.map(|id| id.to_string()));
    part("among", among.as_ref().map(|among| among.len().to_string()));
    part("statistic", statistic.map(|statistic| statistic.code().to_owned()));
    part("period", period.clone());
    text
}
