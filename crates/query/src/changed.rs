//! What one version changed: when its values are, and which runs had brought what it put others in the place
//! of or took away. Only files are read that the version before, or the version, does not have; where
//! values were only added, none is.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use lake::{FeatureRead, SeriesRead, Snapshot};
use model::{RunId, TimeRange, Version};
use policy::Permit;

use crate::engine::{Inner, Rows, features_cost};
use crate::observation::{ObservedValue, instant, text_column};
use crate::{At, Engine, Error, Streams};

/// Datastreams whose values are compared at a time.
const AT_ONCE: usize = 64;

/// What a version changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// The first and the last phenomenon time of what is new, another or gone; none of features.
    pub times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The runs that had brought what is another now, or gone.
    pub runs: BTreeSet<RunId>,
}

impl Rows for Changed {
    fn rows(&self) -> u64 {
        0
    }
}

impl Changed {
    fn at(&mut self, time: DateTime<Utc>) {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }
}

impl Engine {
    /// What a version changed, as far as the permit reaches. An error when the version before has been given
    /// up, or when there is too much to compare.
    pub async fn changed(&self, permit: &Permit, version: Version) -> Result<Changed, Error> {
        let permit = permit.clone();
        self.read(format!("changes of {}", permit.dataset()), move |inner| {
            let permit = permit.clone();
            async move { inner.changed(&permit, version).await }
        })
        .await
    }
}

impl Inner {
    async fn changed(&self, permit: &Permit, version: Version) -> Result<Changed, Error> {
        let mut changed = Changed::default();
        let Some(after) = self.snapshot(permit, At::Version(version)).await? else { return Ok(changed) };
        let before = match self.catalog.version_before(permit.dataset(), version).await? {
            Some(before) => self.snapshot(permit, At::Version(before.version)).await?,
            None => None,
        };
        let (fresh, gone) = match &before {
            Some(before) => (after.beyond(before), before.beyond(&after)),
            None => ((*after).clone(), after.beyond(&after)),
        };
        if gone.files().is_empty() {
            for file in fresh.files() {
                for micros in [file.min_time, file.max_time].into_iter().flatten() {
                    changed.at(instant(micros)?);
                }
            }
        } else if after.is_observations() {
            self.compare_values(permit, &gone, &fresh, &mut changed).await?;
        } else {
            self.compare_features(permit, &gone, &fresh, &mut changed).await?;
        }
        Ok(changed)
    }

    async fn compare_values(
        &self,
        permit: &Permit,
        gone: &Snapshot,
        fresh: &Snapshot,
        changed: &mut Changed,
    ) -> Result<(), Error> {
        let chosen = self.choose(permit, &Streams::default(), At::Version(fresh.version())).await?;
        let numbers = chosen.numbers();
        let mut rows = 0;
        for side in [gone, fresh] {
            let cost = self.series_cost(side, &numbers, &chosen.all, TimeRange::ALL, None);
            rows += cost.rows;
            self.weigh(cost)?;
        }
        self.not_too_many(rows)?;
        for numbers in numbers.chunks(AT_ONCE) {
            let read = || SeriesRead {
                datastreams: numbers.to_vec(),
                time: TimeRange::ALL,
                columns: None,
                limit: None,
                results: lake::ResultRange::ALL,
            };
            let then = values(&self.lake.read_series(permit, gone, read()).await?)?;
            let now = values(&self.lake.read_series(permit, fresh, read()).await?)?;
            compare(then, now, changed);
        }
        Ok(())
    }

    async fn compare_features(
        &self,
        permit: &Permit,
        gone: &Snapshot,
        fresh: &Snapshot,
        changed: &mut Changed,
    ) -> Result<(), Error> {
        let rows = gone.rows() + fresh.rows();
        self.not_too_many(rows)?;
        let mut then = HashMap::new();
        for (side, is_fresh) in [(gone, false), (fresh, true)] {
            self.weigh(features_cost(side, None, usize::MAX))?;
            let read = FeatureRead { limit: usize::MAX, ..FeatureRead::default() };
            for batch in self.lake.read_features(permit, side, read).await?.batches {
                let (features, runs) = (text_column(&batch, "feature")?, text_column(&batch, "run")?);
                for (feature, run) in features.iter().zip(runs).filter_map(|(id, run)| id.zip(run)) {
                    if !is_fresh {
                        then.insert(feature.to_owned(), run.to_owned());
                    } else if then.get(feature).is_some_and(|before| before == run) {
                        then.remove(feature);
                    }
                }
            }
        }
        for run in then.into_values() {
            changed.runs.insert(RunId::new(&run).map_err(Error::internal)?);
        }
        Ok(())
    }

    fn not_too_many(&self, rows: u64) -> Result<(), Error> {
        let most = self.limits.max_rows;
        if rows > most as u64 {
            return Err(Error::Limit { what: "rows", limit: format!("{most} rows") });
        }
        Ok(())
    }
}

fn values(batches: &[RecordBatch]) -> Result<Vec<ObservedValue>, Error> {
    let mut values = Vec::new();
    for batch in batches {
        values.extend(ObservedValue::read(batch)?);
    }
    Ok(values)
}

/// Goes along both in the order of datastream and time.
fn compare(then: Vec<ObservedValue>, now: Vec<ObservedValue>, changed: &mut Changed) {
    let key = |value: &ObservedValue| (value.datastream, value.time);
    let (mut then, mut now) = (then.into_iter().peekable(), now.into_iter().peekable());
    loop {
        let order = match (then.peek(), now.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => key(old).cmp(&key(new)),
        };
        let old = if order == Ordering::Greater { None } else { then.next() };
        let new = if order == Ordering::Less { None } else { now.next() };
        let same = old.as_ref().zip(new.as_ref()).is_some_and(|(old, new)| {
            let told = |value: &ObservedValue| (value.result.map(f64::to_bits), value.end, value.quality);
            told(old) == told(new) && old.text == new.text && old.quality_tests == new.quality_tests
        });
        if same {
            continue;
        }
        if let Some(value) = new.as_ref().or(old.as_ref()) {
            changed.at(value.time);
        }
        if let Some(old) = old {
            changed.runs.insert(old.run);
        }
    }
}
