//! A flush: segments of the journal become one run, whose original is their lines.

use std::collections::HashSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt};
use lake::{NewRows, SegmentName, TableSchema};
use model::{DatasetId, DatastreamId, OriginalHash, Run, RunId, RunKind, RunState, RunTotals, VersionInfo};
use policy::Permit;
use sha2::{Digest, Sha256};

use super::desk::Written;
use super::{Writes, line, totals};
use crate::Error;
use crate::quality::test_values;

/// The media type of lines.
const MEDIA_TYPE: &str = "application/x-ndjson";

/// Which segments a run took; its file name says so, for whoever has to end the run after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) node: String,
    pub(super) start: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Span {
    pub(super) fn file_name(&self) -> String {
        let Span { node, start, first, last } = self;
        format!("observations.{start:x}.{first:x}.{last:x}.{node}.ndjson")
    }

    pub(super) fn of_file_name(name: &str) -> Option<Span> {
        let rest = name.strip_prefix("observations.")?.strip_suffix(".ndjson")?;
        let mut parts = rest.splitn(4, '.');
        let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
        let (start, first, last) = (number()?, number()?, number()?);
        Some(Span { start, first, last, node: parts.next()?.to_owned() })
    }

    pub(super) fn holds(&self, name: &SegmentName) -> bool {
        name.node == self.node && name.start == self.start && (self.first..=self.last).contains(&name.number)
    }
}

impl Writes {
    /// Brings segments into their table and removes them from the journal. Doing it again after it
    /// failed changes nothing that was done.
    pub(super) async fn flush(&self, permit: &Permit, batch: &[Written], again: bool) -> Result<(), Error> {
        let names: Vec<SegmentName> = batch.iter().map(|segment| segment.name.clone()).collect();
        let lines: Vec<Bytes> = batch.iter().filter_map(|segment| segment.lines.clone()).collect();
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(()) };
        if lines.is_empty() {
            return Ok(self.lake.clear_journal(permit, &names).await?);
        }
        let span = Span {
            node: first.name.node.clone(),
            start: first.name.start,
            first: first.name.number,
            last: last.name.number,
        };
        let left = !again || self.is_any_left(permit, batch).await?;
        let run = if left {
            self.open(permit, &span, &lines, first.at).await?
        } else {
            // Only the run's end is missing, or another node took this one for gone and did it all.
            let name = span.file_name();
            let is_ours = |run: &Run| run.dataset == *permit.dataset() && run.file_name == name;
            match self.catalog.unfinished_runs_here().await?.into_iter().find(is_ours) {
                Some(run) => run,
                None => return Ok(()),
            }
        };
        let whole = match <[Bytes; 1]>::try_from(lines) {
            Ok([one]) => one,
            Err(many) => Bytes::from(many.concat()),
        };
        self.end(permit, run, whole, &names).await.map(|_| ())
    }

    async fn is_any_left(&self, permit: &Permit, batch: &[Written]) -> Result<bool, Error> {
        for segment in batch.iter().filter(|segment| segment.lines.is_some()) {
            if self.lake.is_in_journal(permit, &segment.name).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps the lines as an original and opens their run. The run's id follows from the segments and
    /// their lines: who does it again, here or on another node, finds the same run.
    async fn open(
        &self,
        permit: &Permit,
        span: &Span,
        lines: &[Bytes],
        received_at: DateTime<Utc>,
    ) -> Result<Run, Error> {
        let file_name = span.file_name();
        let chunks: Vec<std::io::Result<Bytes>> = lines.iter().cloned().map(Ok).collect();
        let original = self.lake.receive(permit, stream::iter(chunks).boxed(), u64::MAX).await?;
        self.catalog
            .record_original(&original.hash, original.size, &file_name, MEDIA_TYPE, received_at)
            .await?;
        let id = run_id(permit.dataset(), &file_name, &original.hash, received_at)?;
        if let Some(there) = self.catalog.run(&id).await? {
            return Ok(there);
        }
        let run = Run {
            id,
            dataset: permit.dataset().clone(),
            kind: RunKind::Writes,
            state: RunState::Running,
            original: Some(original.hash),
            file_name,
            sheets: vec![String::new()],
            encodings: Vec::new(),
            forecast: None,
            pinned: Vec::new(),
            mapping: None,
            user: None,
            started_at: received_at,
            finished_at: None,
            version: None,
            totals: RunTotals::default(),
            error: None,
        };
        self.catalog.open_run(&run).await?;
        Ok(run)
    }

    /// Commits a run's lines, records their version, removes their segments, and only then ends the
    /// run: segments that are left over are always those of a run that is under way, or of none.
    pub(super) async fn end(
        &self,
        permit: &Permit,
        mut run: Run,
        lines: Bytes,
        segments: &[SegmentName],
    ) -> Result<Run, Error> {
        let read = tokio::task::spawn_blocking(move || line::rows(&lines))
            .await
            .map_err(|error| Error::internal("reading the journal", error))??;
        self.lake.create_table(permit, TableSchema::Observations).await?;
        let rows = self.tested(permit, read.batch).await;
        let committed_at = now();
        let rows = NewRows { run: run.id.clone(), rows, committed_at };
        let committed = self.lake.commit(permit, rows).await?;
        run.user = read.user;
        run.totals = totals(read.lines, committed.counts);
        run.version = committed.version;
        if let Some(version) = committed.version
            && self.catalog.version(&run.dataset, version).await?.is_none()
        {
            let info = VersionInfo {
                dataset: run.dataset.clone(),
                version,
                run: run.id.clone(),
                committed_at,
                committed_by: run.user.clone(),
                added: committed.counts.added,
                corrected: committed.counts.corrected,
                total: committed.total,
                pinned: Vec::new(),
            };
            self.catalog.record_version(&info).await?;
            metrics::counter!("cuulong_commits_total", "source" => "writes").increment(1);
        }
        self.lake.clear_journal(permit, segments).await?;
        run.state = RunState::Done;
        run.finished_at = Some(now());
        if self.catalog.update_run_under_way(&run).await? {
            tracing::debug!(
                run.id = %run.id,
                dataset = %run.dataset,
                lines = run.totals.rows,
                added = run.totals.added,
                corrected = run.totals.corrected,
                version = run.version.map(|version| version.0),
                "small writes committed"
            );
        }
        Ok(run)
    }
}

impl Writes {
    /// The values with the flags of their quality tests. What was acknowledged goes in whatever happens
    /// here: where the tests cannot run, the flags are those of the check before.
    async fn tested(&self, permit: &Permit, batch: RecordBatch) -> Vec<RecordBatch> {
        let mut rows = vec![batch.clone()];
        match self.test(permit, &mut rows).await {
            Ok(()) => rows,
            Err(error) => {
                tracing::warn!(dataset = %permit.dataset(), %error, "small writes could not be tested");
                vec![batch]
            }
        }
    }

    async fn test(&self, permit: &Permit, rows: &mut Vec<RecordBatch>) -> Result<(), Error> {
        let ids: HashSet<i64> = rows
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().iter().copied())
            .collect();
        let mut keys = Vec::with_capacity(ids.len());
        for id in ids {
            keys.extend(self.catalog.datastream(DatastreamId(id)).await?.map(|stream| stream.key));
        }
        test_values(&self.catalog, &self.lake, permit, &keys, rows).await.map(|_| ())
    }
}

/// Now, in whole microseconds, as the catalogue keeps times.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// The id of the run of these lines: a UUID of version 7 whose chance is a hash.
fn run_id(
    dataset: &DatasetId,
    file_name: &str,
    original: &OriginalHash,
    at: DateTime<Utc>,
) -> Result<RunId, Error> {
    let mut hash = Sha256::new();
    for part in ["cuulong writes 1", dataset.as_str(), file_name, original.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut chance = [0_u8; 10];
    chance.copy_from_slice(&digest[..10]);
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid();
    RunId::new(&id.to_string()).map_err(|error| Error::internal("naming the run", error))
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn the_name_of_a_run_says_which_segments_it_took() {
        for node in ["node", "0198a000-0000-7000-8000-000000000001", "can.tho.1"] {
            let span = Span { node: node.into(), start: 0xabc, first: 1, last: 300 };
            assert_eq!(Span::of_file_name(&span.file_name()), Some(span));
        }
        for other in
            ["a.csv", "observations.ndjson", "observations.1.2.ndjson", "observations.x.1.2.n.ndjson"]
        {
            assert_eq!(Span::of_file_name(other), None, "{other}");
        }
    }
}
