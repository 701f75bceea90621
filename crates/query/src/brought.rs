//! Results that some runs brought, as the files of one forecast are: a version holds those of others beside them.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use lake::SeriesRead;
use model::{DatastreamId, RunId};
use policy::Permit;

use crate::engine::Inner;
use crate::observation::{column, text_column};
use crate::{Engine, Error, Present, SeriesAnswer, SeriesRequest};

/// Datastreams that are read at a time.
const AT_ONCE: usize = 256;

/// Columns, or all of them.
type Columns = Option<Vec<&'static str>>;

impl Engine {
    /// Reads the results of a request that some runs brought. A limit ends the reading soon behind it.
    pub async fn series_of_runs(
        &self,
        permit: &Permit,
        request: SeriesRequest,
        runs: Arc<BTreeSet<RunId>>,
    ) -> Result<SeriesAnswer, Error> {
        let permit = permit.clone();
        self.read(format!("series of {}", permit.dataset()), move |inner| {
            let (permit, request, runs) = (permit.clone(), request.clone(), runs.clone());
            async move { inner.brought(&permit, request, &runs, None).await }
        })
        .await
    }

    /// The datastreams of a request of which some runs brought results.
    pub async fn present_of_runs(
        &self,
        permit: &Permit,
        request: SeriesRequest,
        runs: Arc<BTreeSet<RunId>>,
    ) -> Result<Present, Error> {
        let permit = permit.clone();
        self.read(format!("series of {}", permit.dataset()), move |inner| {
            let (permit, request, runs) = (permit.clone(), request.clone(), runs.clone());
            async move {
                let columns = Some(vec!["datastream", "run"]);
                let answer = inner.brought(&permit, request, &runs, columns).await?;
                let mut found = BTreeSet::new();
                for batch in &answer.batches {
                    found.extend(column::<Int64Type>(batch, "datastream")?.values().iter().copied());
                }
                let datastreams = found.into_iter().map(DatastreamId).collect();
                Ok(Present { version: answer.version, datastreams })
            }
        })
        .await
    }
}

impl Inner {
    async fn brought(
        &self,
        permit: &Permit,
        request: SeriesRequest,
        runs: &BTreeSet<RunId>,
        columns: Columns,
    ) -> Result<SeriesAnswer, Error> {
        let chosen = self.choose(permit, &request.streams, request.at).await?;
        let mut batches = Vec::new();
        if let Some(snapshot) = &chosen.snapshot {
            let numbers = chosen.numbers();
            self.weigh(self.series_cost(snapshot, &numbers, &chosen.all, request.time, None))?;
            let most = self.limits.max_rows;
            let enough = request.limit.unwrap_or(usize::MAX);
            let mut rows = 0;
            for datastreams in numbers.chunks(AT_ONCE) {
                let read = SeriesRead {
                    datastreams: datastreams.to_vec(),
                    time: request.time,
                    columns: columns.clone(),
                    limit: None,
                    results: request.results,
                };
                for batch in self.lake.read_series(permit, snapshot, read).await? {
                    let own = of_runs(&batch, runs)?;
                    rows += own.num_rows();
                    batches.push(own);
                }
                if rows >= enough {
                    break;
                }
                if rows > most {
                    return Err(Error::Limit { what: "rows", limit: format!("{most} rows") });
                }
            }
        }
        let version = chosen.snapshot.as_ref().map(|snapshot| snapshot.version());
        Ok(SeriesAnswer { version, datastreams: chosen.datastreams, batches })
    }
}

/// The rows of a batch that some runs brought.
fn of_runs(batch: &RecordBatch, runs: &BTreeSet<RunId>) -> Result<RecordBatch, Error> {
    let names: BTreeSet<&str> = runs.iter().map(RunId::as_str).collect();
    let all = text_column(batch, "run")?;
    let own: BooleanArray = all.iter().map(|run| Some(run.is_some_and(|run| names.contains(run)))).collect();
    compute::filter_record_batch(batch, &own).map_err(Error::internal)
}
