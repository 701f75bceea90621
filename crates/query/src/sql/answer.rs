//! Delivering an answer: batches pass from the engine's threads to the asker, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use model::{DatasetId, Version};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout_at};

use super::SqlAnswer;
use crate::Error;
use crate::engine::{Inner, Task, out_of_time};

/// Whether an answer was cut at the rows that the asker wanted.
#[derive(Debug, Clone, Default)]
pub struct Truncated(Arc<AtomicBool>);

impl Truncated {
    /// Whether there were more rows. Settled once the last batch has been read.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Where an answer ends.
pub(super) struct Ends {
    pub(super) deadline: Instant,
    pub(super) timeout: Duration,
    pub(super) wanted: Option<usize>,
}

/// Lets the plan run on the engine's threads, a few batches ahead of the asker. It stops when the
/// answer is dropped.
pub(super) fn deliver(
    engine: &Arc<Inner>,
    stream: SendableRecordBatchStream,
    datasets: Vec<(DatasetId, Version)>,
    slot: OwnedSemaphorePermit,
    ends: Ends,
) -> SqlAnswer {
    let schema = plain_schema(&stream.schema());
    let truncated = Truncated::default();
    let (sender, receiver) = mpsc::channel(2);
    let work = pump(stream, schema.clone(), sender, truncated.clone(), engine.limits.max_rows, ends);
    let task = engine.spawn(async move {
        let _slot = slot;
        work.await
    });
    let batches = futures::stream::unfold(Some((receiver, task)), next).boxed();
    SqlAnswer { schema, batches, datasets, truncated }
}

type Batch = Result<RecordBatch, Error>;
type Waiting = (mpsc::Receiver<RecordBatch>, Task<Result<(), Error>>);

async fn next(state: Option<Waiting>) -> Option<(Batch, Option<Waiting>)> {
    let (mut receiver, mut task) = state?;
    match receiver.recv().await {
        Some(batch) => Some((Ok(batch), Some((receiver, task)))),
        // The channel closes at the end, at an error, and when the work panicked.
        None => match task.join().await {
            Ok(Ok(())) => None,
            Ok(Err(error)) | Err(error) => Some((Err(error), None)),
        },
    }
}

async fn pump(
    mut stream: SendableRecordBatchStream,
    schema: SchemaRef,
    sender: mpsc::Sender<RecordBatch>,
    truncated: Truncated,
    max_rows: usize,
    ends: Ends,
) -> Result<(), Error> {
    let late = |_| out_of_time(ends.timeout);
    let mut left = ends.wanted.unwrap_or(usize::MAX);
    let mut rows = 0;
    while let Some(batch) = timeout_at(ends.deadline, stream.next()).await.map_err(late)? {
        let mut batch = plain(batch?, &schema)?;
        let cut = batch.num_rows() > left;
        if cut {
            truncated.0.store(true, Ordering::Release);
            batch = batch.slice(0, left);
        }
        rows += batch.num_rows();
        left -= batch.num_rows();
        if rows > max_rows {
            return Err(Error::Limit { what: "rows", limit: format!("{max_rows} rows") });
        }
        let gone = batch.num_rows() > 0
            && timeout_at(ends.deadline, sender.send(batch)).await.map_err(late)?.is_err();
        if gone || cut {
            break;
        }
    }
    Ok(())
}

/// The columns in types that every client of Arrow reads.
fn plain_schema(schema: &Schema) -> SchemaRef {
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
    RecordBatch::try_new(schema.clone(), columns).map_err(Error::internal)
}
