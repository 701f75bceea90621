//! The lake's direct read as a future of a named type, which can be sent to another thread.

use arrow::record_batch::RecordBatch;
use futures::FutureExt;
use futures::future::BoxFuture;
use lake::{Lake, SeriesRead, Snapshot};
use policy::Permit;

/// [`Lake::read_series`]. Unboxed, its closures over files keep the compiler from proving `Send`
/// of whatever waits for it (rust-lang/rust#102211).
pub(crate) fn read_series<'a>(
    lake: &'a Lake,
    permit: &'a Permit,
    snapshot: &'a Snapshot,
    read: SeriesRead,
) -> BoxFuture<'a, Result<Vec<RecordBatch>, lake::Error>> {
    lake.read_series(permit, snapshot, read).boxed()
}
