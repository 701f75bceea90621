//! What was added, corrected and taken back between two versions of a dataset.

use std::cmp::Ordering;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use lake::SeriesRead;
use model::{DatastreamId, PlaceId, PropertyCode, RunKind, TimeRange, Version, VersionInfo};
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
    /// The number before; none when the value is new, or was a text.
    pub before: Option<f64>,
    /// The text before, such as `<0.05`.
    pub before_text: Option<String>,
    /// The number after; none when the value is gone, or is a text.
    pub after: Option<f64>,
    /// The text after.
    pub after_text: Option<String>,
    /// Whether the value is gone.
    pub removed: bool,
    /// The run that brought the value after, or by which it went.
    pub run: String,
}

/// The differences between two versions.
#[derive(Debug, Clone)]
pub struct Differences {
    /// In order of datastream and time, at most as many as were asked for.
    pub rows: Vec<Difference>,
    /// How many there are; where more than were asked for, how many values the versions in between added and
    /// corrected, one by one: a value that was corrected twice counts twice, and those that went do not.
    pub total: u64,
}

impl Engine {
    /// What the versions after `from`, up to `to`, added, corrected and took back.
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
            let read = || SeriesRead {
                datastreams: vec![stream.id.0],
                time: TimeRange::ALL,
                columns: None,
                limit: None,
                results: lake::ResultRange::ALL,
            };
            let now = values(self.lake.read_series(permit, snapshot, read()).await?)?;
            let then = match &before {
                Some(before) => values(self.lake.read_series(permit, before, read()).await?)?,
                None => Vec::new(),
            };
            let (mut now, mut then) = (now.into_iter().peekable(), then.into_iter().peekable());
            while rows.len() < limit {
                let order = match (then.peek(), now.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(old), Some(new)) => old.time.cmp(&new.time),
                };
                let old = if order == Ordering::Greater { None } else { then.next() };
                let new = if order == Ordering::Less { None } else { now.next() };
                let same = old.as_ref().zip(new.as_ref()).is_some_and(|(old, new)| {
                    (old.result, &old.text, old.end) == (new.result, &new.text, new.end)
                });
                let Some(time) = new.as_ref().or(old.as_ref()).map(|value| value.time) else { break };
                if same {
                    continue;
                }
                rows.push(Difference {
                    datastream: stream.id,
                    place: stream.key.place.clone(),
                    property: stream.key.property.clone(),
                    time,
                    before: old.as_ref().and_then(|value| value.result),
                    before_text: old.and_then(|value| value.text),
                    after: new.as_ref().and_then(|value| value.result),
                    after_text: new.as_ref().and_then(|value| value.text.clone()),
                    removed: new.is_none(),
                    run: new.map_or_else(String::new, |value| value.run.to_string()),
                });
            }
        }
        // All of them are there: those that went are among them, and what was corrected twice stands once.
        let total = if rows.len() < limit { rows.len() as u64 } else { total };
        self.name_withdrawals(&between, &mut rows).await?;
        Ok(Differences { rows, total })
    }

    /// Says of values that are gone by which run they went: the newest withdrawal in between.
    async fn name_withdrawals(&self, between: &[VersionInfo], rows: &mut [Difference]) -> Result<(), Error> {
        if !rows.iter().any(|row| row.removed) {
            return Ok(());
        }
        for info in between {
            let run = self.catalog.run(&info.run).await?;
            if run.is_some_and(|run| run.kind == RunKind::Withdrawal) {
                for row in rows.iter_mut().filter(|row| row.removed) {
                    info.run.as_str().clone_into(&mut row.run);
                }
                break;
            }
        }
        Ok(())
    }
}

fn values(batches: Vec<RecordBatch>) -> Result<Vec<ObservedValue>, Error> {
    let mut values = Vec::new();
    for batch in &batches {
        values.extend(ObservedValue::read(batch)?);
    }
    Ok(values)
}
