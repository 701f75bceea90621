//! Delivering an answer: batches pass from the engine's threads to the asker, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use model::{DatasetId, Version};
use tokio::sync::mpsc;
use tokio::time::timeout_at;
use tracing::Instrument;

use super::SqlAnswer;
use crate::Error;
use crate::engine::record::Record;
use crate::engine::stop::{Stop, StopOnDrop};
use crate::engine::{Inner, On, Slot, Task};

/// Whether an answer was cut at the rows that the asker wanted.
#[derive(Debug, Clone, Default)]
pub struct Truncated(Arc<AtomicBool>);

impl Truncated {
    /// Whether there were more rows. Settled once the last batch has been read.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A statement under way.
pub(super) struct Running {
    pub(super) rows: SendableRecordBatchStream,
    /// Its place, until its work has stopped.
    pub(super) slot: Slot,
    pub(super) stop: Stop,
    /// Tells operators that the answer was dropped.
    pub(super) gone: StopOnDrop,
    pub(super) record: Record,
    pub(super) wanted: Option<usize>,
    /// The most rows that the answer may have.
    pub(super) most: usize,
}

/// Lets the plan run on the engine's threads, a few batches ahead of the asker. It stops when the
/// answer is dropped.
pub(super) fn deliver(
    engine: &Arc<Inner>,
    running: Running,
    datasets: Vec<(DatasetId, Version)>,
) -> SqlAnswer {
    let schema = plain_schema(&running.rows.schema());
    let truncated = Truncated::default();
    let (sender, receiver) = mpsc::channel(2);
    let Running { rows, slot, stop, gone, mut record, wanted, most } = running;
    let mut pump = Pump {
        rows,
        schema: schema.clone(),
        sender,
        truncated: truncated.clone(),
        max_rows: most,
        wanted,
        stop: stop.clone(),
    };
    let work = async move {
        let _slot = slot;
        match pump.run(&mut record).await {
            Ok(()) => {
                record.answered(0);
                Ok(())
            }
            Err(error) => Err(record.failed(error)),
        }
    };
    let task = engine.threads.spawn(
        On::Scans,
        work.instrument(tracing::info_span!(target: "cuulong::work", "scan", read.kind = "sql")),
    );
    let waiting = Waiting { receiver, task, stop, _gone: gone };
    let batches = futures::stream::unfold(Some(waiting), next).boxed();
    SqlAnswer { schema, batches, origins: Vec::new(), datasets, truncated }
}

type Batch = Result<RecordBatch, Error>;

struct Waiting {
    receiver: mpsc::Receiver<RecordBatch>,
    task: Task<Result<(), Error>>,
    stop: Stop,
    _gone: StopOnDrop,
}

async fn next(state: Option<Waiting>) -> Option<(Batch, Option<Waiting>)> {
    let mut waiting = state?;
    // Work that does not come to a halt in time is not waited for.
    let last = waiting.stop.deadline + Duration::from_millis(100);
    match timeout_at(last, waiting.receiver.recv()).await {
        Ok(Some(batch)) => Some((Ok(batch), Some(waiting))),
        // The channel closes at the end, at an error, and when the work panicked.
        Ok(None) => match waiting.task.join().await {
            Ok(Ok(())) => None,
            Ok(Err(error)) | Err(error) => Some((Err(error), None)),
        },
        Err(_) => Some((Err(waiting.stop.error()), None)),
    }
}

struct Pump {
    rows: SendableRecordBatchStream,
    schema: SchemaRef,
    sender: mpsc::Sender<RecordBatch>,
    truncated: Truncated,
    max_rows: usize,
    wanted: Option<usize>,
    stop: Stop,
}

impl Pump {
    async fn run(&mut self, record: &mut Record) -> Result<(), Error> {
        let late = |_| self.stop.error();
        let mut left = self.wanted.unwrap_or(usize::MAX);
        let mut rows = 0;
        while let Some(batch) = timeout_at(self.stop.deadline, self.rows.next()).await.map_err(late)? {
            let mut batch = plain(batch?, &self.schema)?;
            let cut = batch.num_rows() > left;
            if cut {
                self.truncated.0.store(true, Ordering::Release);
                batch = batch.slice(0, left);
            }
            rows += batch.num_rows();
            left -= batch.num_rows();
            if rows > self.max_rows {
                return Err(Error::Limit { what: "rows", limit: format!("{} rows", self.max_rows) });
            }
            record.gave(batch.num_rows());
            let gone = batch.num_rows() > 0
                && timeout_at(self.stop.deadline, self.sender.send(batch)).await.map_err(late)?.is_err();
            if gone || cut {
                break;
            }
        }
        Ok(())
    }
}

/// The columns in types that every client of Arrow reads.
pub(super) fn plain_schema(schema: &Schema) -> SchemaRef {
    let fields: Vec<FieldRef> = schema.fields().iter().map(plain_field).collect();
    Arc::new(Schema::new(fields))
}

fn plain_field(field: &FieldRef) -> FieldRef {
    let plain = match field.data_type() {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(inner) => DataType::List(plain_field(inner)),
        _ => return field.clone(),
    };
    Arc::new(Field::new(field.name(), plain, field.is_nullable()).with_metadata(field.metadata().clone()))
}

fn plain(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| match column.data_type() == field.data_type() {
            true => Ok(column.clone()),
            false => arrow::compute::cast(column, field.data_type()).map_err(Error::internal),
        })
        .collect::<Result<Vec<_>, _>>()?;
    // Rows may have no columns (`SELECT FROM …`).
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(Error::internal)
}
