//! What one version brought: the values of its run, read from the files that the version before does not
//! have, so that it costs what was committed and not what was there.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lake::{SeriesRead, Snapshot};
use model::{DatastreamId, RunId, TimeRange, Version};
use policy::Permit;

use crate::engine::{Inner, Rows};
use crate::observation::ObservedValue;
use crate::select::Chosen;
use crate::series::pages;
use crate::{At, Engine, Error, Streams};

/// Which values to read.
#[derive(Debug, Clone)]
pub struct AddedRequest {
    /// The version.
    pub version: Version,
    /// The run that made it.
    pub run: RunId,
    /// The datastreams.
    pub streams: Streams,
    /// Only values after this one, in the order of datastream and time.
    pub after: Option<(DatastreamId, DateTime<Utc>)>,
    /// Stored values that are looked at.
    pub limit: usize,
}

/// A part of what a version brought.
#[derive(Debug, Clone)]
pub struct Added {
    /// The values, new and corrected, in the order of datastream and time.
    pub values: Vec<ObservedValue>,
    /// Where to go on; none at the end.
    pub next: Option<(DatastreamId, DateTime<Utc>)>,
}

impl Rows for Added {
    fn rows(&self) -> u64 {
        self.values.len() as u64
    }
}

impl Engine {
    /// Values that a version brought, new ones and corrected ones.
    pub async fn added(&self, permit: &Permit, request: AddedRequest) -> Result<Added, Error> {
        let permit = permit.clone();
        self.read(format!("what came to {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.added(&permit, request).await }
        })
        .await
    }
}

impl Inner {
    async fn added(&self, permit: &Permit, request: AddedRequest) -> Result<Added, Error> {
        let chosen = self.choose(permit, &request.streams, At::Version(request.version)).await?;
        let none = Added { values: Vec::new(), next: None };
        let Some(after) = &chosen.snapshot else { return Ok(none) };
        let fresh = match self.version_before(permit, request.version).await? {
            Some(before) => Arc::new(after.beyond(&before)),
            None => Arc::clone(after),
        };
        if fresh.files().is_empty() || chosen.datastreams.is_empty() {
            return Ok(none);
        }
        self.read_added(permit, &fresh, &chosen, request).await
    }

    /// The version before one, where it is still there.
    async fn version_before(
        &self,
        permit: &Permit,
        version: Version,
    ) -> Result<Option<Arc<Snapshot>>, Error> {
        let Some(before) = self.catalog.version_before(permit.dataset(), version).await? else {
            return Ok(None);
        };
        match self.snapshot(permit, At::Version(before.version)).await {
            // What has been given up cannot be left out: the run alone tells what is new.
            Err(Error::Gone { .. } | Error::NotFound { .. }) => Ok(None),
            other => other,
        }
    }

    async fn read_added(
        &self,
        permit: &Permit,
        fresh: &Snapshot,
        chosen: &Chosen,
        request: AddedRequest,
    ) -> Result<Added, Error> {
        let cost =
            self.series_cost(fresh, &chosen.numbers(), &chosen.all, TimeRange::ALL, Some(request.limit));
        self.weigh(cost)?;
        let mut left = request.limit;
        let mut values = Vec::new();
        let mut last = None;
        for (datastreams, time) in pages(chosen.numbers(), TimeRange::ALL, request.after) {
            if datastreams.is_empty() || left == 0 {
                continue;
            }
            let read = SeriesRead {
                datastreams,
                time,
                columns: None,
                limit: Some(left),
                results: lake::ResultRange::ALL,
            };
            for batch in self.lake.read_series(permit, fresh, read).await? {
                left -= batch.num_rows().min(left);
                for value in ObservedValue::read(&batch)? {
                    last = Some((value.datastream, value.time));
                    if value.run == request.run {
                        values.push(value);
                    }
                }
            }
        }
        Ok(Added { values, next: last.filter(|_| left == 0) })
    }
}
