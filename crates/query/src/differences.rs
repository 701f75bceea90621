//! What was added and corrected between two versions of a dataset.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use lake::SeriesRead;
use model::{DatastreamId, PlaceId, PropertyCode, TimeRange, Version};
use policy::Permit;

use crate::engine::Inner;
use crate::observation::ObservedValue;
use crate::{At, Engine, Error, Streams};

/// A value that differs between two versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The datastream.
    pub datastream: DatastreamId,
    /// The place.
    pub place: PlaceId,
    /// The property.
    pub property: PropertyCode,
    /// The instant, or the beginning of the period.
    pub time: DateTime<Utc>,
    /// The value before; none when it is new.
    pub before: Option<f64>,
    /// The value after.
    pub after: Option<f64>,
    /// The run that brought the value after.
    pub run: String,
}

/// The differences between two versions.
#[derive(Debug, Clone)]
pub struct Differences {
    /// In order of datastream and time, at most as many as were asked for.
    pub rows: Vec<Difference>,
    /// How many values the versions in between added and corrected, one by one. A value that was
    /// corrected twice counts twice.
    pub total: u64,
}

impl Engine {
    /// What the versions after `from`, up to `to`, added and corrected.
    pub async fn differences(
        &self,
        permit: &Permit,
        from: Version,
        to: Version,
        limit: usize,
    ) -> Result<Differences, Error> {
        let permit = permit.clone();
        self.read(format!("differences of {}", permit.dataset()), move |inner| {
            let permit = permit.clone();
            async move { inner.differences(&permit, from, to, limit).await }
        })
        .await
    }
}

impl Inner {
    async fn differences(
        &self,
        permit: &Permit,
        from: Version,
        to: Version,
        limit: usize,
    ) -> Result<Differences, Error> {
        let between: Vec<_> = self
            .catalog
            .versions(permit.dataset())
            .await?
            .into_iter()
            .filter(|info| from < info.version && info.version <= to)
            .collect();
        let runs: HashSet<&str> = between.iter().map(|info| info.run.as_str()).collect();
        let total = between.iter().map(|info| info.added + info.corrected).sum();
        let after = self.choose(permit, &Streams::default(), At::Version(to)).await?;
        let before = self.snapshot(permit, At::Version(from)).await?;
        let mut rows = Vec::new();
        let Some(snapshot) = &after.snapshot else { return Ok(Differences { rows, total }) };
        let numbers = after.numbers();
        self.weigh(self.series_cost(snapshot, &numbers, &after.all, TimeRange::ALL, None))?;
        for stream in &after.datastreams {
            if rows.len() >= limit {
                break;
            }
            let read = |time| SeriesRead { datastreams: vec![stream.id.0], time, columns: None, limit: None };
            let mut changed = Vec::new();
            for batch in self.lake.read_series(permit, snapshot, read(TimeRange::ALL)).await? {
                changed.extend(
                    ObservedValue::read(&batch)?
                        .into_iter()
                        .filter(|value| runs.contains(value.run.as_str())),
                );
            }
            changed.truncate(limit - rows.len());
            let (Some(first), Some(last)) = (changed.first(), changed.last()) else { continue };
            let window =
                TimeRange { from: Some(first.time), to: Some(last.time + chrono::Duration::microseconds(1)) };
            let mut known: HashMap<DateTime<Utc>, Option<f64>> = HashMap::new();
            if let Some(before) = &before {
                for batch in self.lake.read_series(permit, before, read(window)).await? {
                    known.extend(
                        ObservedValue::read(&batch)?.into_iter().map(|value| (value.time, value.result)),
                    );
                }
            }
            rows.extend(changed.into_iter().map(|value| Difference {
                datastream: stream.id,
                place: stream.key.place.clone(),
                property: stream.key.property.clone(),
                time: value.time,
                before: known.get(&value.time).copied().flatten(),
                after: value.result,
                run: value.run.to_string(),
            }));
        }
        Ok(Differences { rows, total })
    }
}
