//! The last value of every datastream.
//!
//! Files never change and are sorted by datastream and time, so that the last values of a file are
//! found once and kept as long as the file belongs to the dataset: a commit costs its new files only.

mod last_rows;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use lake::{DataFile, Snapshot};
use model::{DatasetId, Datastream, DatastreamId, Version};
use object_store::path::Path;
use parking_lot::Mutex;
use policy::Permit;

use crate::engine::{Cost, Inner};
use crate::observation::ObservedValue;
use crate::{At, Engine, Error, Streams};

/// Of which datastreams the last value is wanted.
#[derive(Debug, Clone, Default)]
pub struct LatestRequest {
    /// The datastreams.
    pub streams: Streams,
    /// The version.
    pub at: At,
}

/// A datastream and its last value.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// The datastream.
    pub datastream: Datastream,
    /// Its last value that is not missing, whatever its quality.
    pub value: ObservedValue,
    /// How many results the datastream has, missing ones among them.
    pub results: u64,
    /// Whether nothing stands after the value; else what does is missing.
    pub is_end: bool,
}

/// Last values, by datastream.
#[derive(Debug, Clone)]
pub struct LatestAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The datastreams that have a value, with it.
    pub latest: Vec<Latest>,
}

/// The datastreams that a version has values of.
#[derive(Debug, Clone)]
pub struct Present {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// Their numbers.
    pub datastreams: BTreeSet<DatastreamId>,
}

/// How every datastream ends, by number.
type Ends = BTreeMap<i64, End>;

/// How a datastream ends.
#[derive(Debug, Clone)]
struct End {
    /// The last value that is not missing.
    value: Option<ObservedValue>,
    /// How many results there are.
    results: u64,
    /// The time of the last one, microseconds.
    last: i64,
}

/// What has been found, by dataset.
#[derive(Default)]
pub(crate) struct LatestCache {
    held: Mutex<HashMap<DatasetId, Arc<tokio::sync::Mutex<Held>>>>,
    present: Mutex<PresentIn>,
}

/// Versions of which it is remembered what they have values of.
const MOST_PRESENT: usize = 256;

/// Which datastreams versions have values of: it never changes. The oldest of them go first.
#[derive(Default)]
struct PresentIn {
    by_version: HashMap<(DatasetId, Version), Arc<BTreeSet<i64>>>,
    order: VecDeque<(DatasetId, Version)>,
}

impl PresentIn {
    fn put(&mut self, key: (DatasetId, Version), numbers: &Arc<BTreeSet<i64>>) {
        if self.by_version.insert(key.clone(), Arc::clone(numbers)).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MOST_PRESENT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.by_version.remove(&oldest);
        }
    }
}

#[derive(Default)]
struct Held {
    files: HashMap<Path, Arc<Ends>>,
    merged: Option<(Version, Arc<Ends>)>,
}

impl LatestCache {
    /// The datasets whose last values are held.
    pub(crate) fn len(&self) -> usize {
        self.held.lock().len()
    }
}

impl Engine {
    /// Reads last values without planning anything.
    pub async fn latest(&self, permit: &Permit, request: LatestRequest) -> Result<LatestAnswer, Error> {
        let permit = permit.clone();
        self.read(format!("latest values of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move {
                let chosen = inner.choose(&permit, &request.streams, request.at).await?;
                let Some(snapshot) = chosen.snapshot else {
                    return Ok(LatestAnswer { version: None, latest: Vec::new() });
                };
                let values = match permit.rows().before {
                    None => inner.last_values(&snapshot).await?,
                    Some(end) => Arc::new(inner.last_values_before(&snapshot, end.timestamp_micros()).await?),
                };
                let with_value = |datastream: Datastream| {
                    let end = values.get(&datastream.id.0)?;
                    let value = end.value.clone()?;
                    let is_end = value.time.timestamp_micros() == end.last;
                    Some(Latest { datastream, value, results: end.results, is_end })
                };
                let latest = chosen.datastreams.into_iter().filter_map(with_value).collect();
                Ok(LatestAnswer { version: Some(snapshot.version()), latest })
            }
        })
        .await
    }
}

impl Engine {
    /// The datastreams that a version has values of, as far as the permit reaches: what is registered
    /// later, or had values only later, is not among them.
    pub async fn present(&self, permit: &Permit, at: At) -> Result<Present, Error> {
        let permit = permit.clone();
        self.read(format!("series of {}", permit.dataset()), move |inner| {
            let permit = permit.clone();
            async move {
                let chosen = inner.choose(&permit, &Streams::default(), at).await?;
                let Some(snapshot) = chosen.snapshot else {
                    return Ok(Present { version: None, datastreams: BTreeSet::new() });
                };
                let numbers = match permit.rows().before {
                    None => inner.present_in(&snapshot).await?,
                    Some(end) => {
                        let values = inner.last_values_before(&snapshot, end.timestamp_micros()).await?;
                        Arc::new(with_values(&values))
                    }
                };
                let reached = chosen.datastreams.iter().map(|datastream| datastream.id);
                let datastreams = reached.filter(|id| numbers.contains(&id.0)).collect();
                Ok(Present { version: Some(snapshot.version()), datastreams })
            }
        })
        .await
    }
}

impl Inner {
    /// The datastreams that a version has values of.
    async fn present_in(&self, snapshot: &Snapshot) -> Result<Arc<BTreeSet<i64>>, Error> {
        let key = (snapshot.dataset().clone(), snapshot.version());
        if let Some(numbers) = self.latest.present.lock().by_version.get(&key) {
            return Ok(Arc::clone(numbers));
        }
        let numbers = Arc::new(with_values(&*self.last_values(snapshot).await?));
        self.latest.present.lock().put(key, &numbers);
        Ok(numbers)
    }

    /// The last values of a version. Two who ask at once wait for one search.
    async fn last_values(&self, snapshot: &Snapshot) -> Result<Arc<Ends>, Error> {
        let held = self.latest.held.lock().entry(snapshot.dataset().clone()).or_default().clone();
        let mut held = held.lock().await;
        if let Some((version, values)) = &held.merged
            && *version == snapshot.version()
        {
            return Ok(values.clone());
        }
        let mut merged = Ends::new();
        for file in snapshot.files() {
            let values = match held.files.get(&file.path) {
                Some(values) => values.clone(),
                None => {
                    self.weigh(whole(file))?;
                    let found = Arc::new(last_rows::of_file(self, file, None).await?);
                    held.files.insert(file.path.clone(), found.clone());
                    found
                }
            };
            merge(&mut merged, &values);
        }
        let merged = Arc::new(merged);
        // An older version is answered, but does not drive out what the newest needs.
        if held.merged.as_ref().is_none_or(|(version, _)| *version < snapshot.version()) {
            let there: HashSet<&Path> = snapshot.files().iter().map(|file| &file.path).collect();
            held.files.retain(|path, _| there.contains(path));
            held.merged = Some((snapshot.version(), merged.clone()));
        }
        Ok(merged)
    }

    /// The last values before an embargo; they are found anew for each request.
    async fn last_values_before(&self, snapshot: &Snapshot, end: i64) -> Result<Ends, Error> {
        let mut merged = Ends::new();
        let before = |file: &&DataFile| file.min_time.is_none_or(|first| first < end);
        for file in snapshot.files().iter().filter(before) {
            self.weigh(whole(file))?;
            merge(&mut merged, &last_rows::of_file(self, file, Some(end)).await?);
        }
        Ok(merged)
    }
}

/// What finding the last values of a file takes.
fn whole(file: &DataFile) -> Cost {
    Cost { rows: file.rows, bytes: file.size, files: 1 }
}

fn with_values(ends: &Ends) -> BTreeSet<i64> {
    ends.iter().filter(|(_, end)| end.value.is_some()).map(|(number, _)| *number).collect()
}

fn merge(into: &mut Ends, ends: &Ends) {
    for (number, end) in ends {
        let Some(there) = into.get_mut(number) else {
            into.insert(*number, end.clone());
            continue;
        };
        // A time of a datastream stands in one file of a version.
        there.results += end.results;
        there.last = there.last.max(end.last);
        let is_later =
            |value: &&ObservedValue| there.value.as_ref().is_none_or(|known| known.time < value.time);
        if let Some(value) = end.value.as_ref().filter(is_later) {
            there.value = Some(value.clone());
        }
    }
}
