//! The lake through its public face, on a local folder and on an S3 server in this process.

mod commits;
mod compaction;
mod concurrency;
mod count;
mod damage;
mod expiry;
mod faults;
mod features;
mod history;
mod needs;
mod originals;
mod packing;
#[path = "../../../testkit/src/s3.rs"]
mod s3;
mod series;
mod spilled;
mod undoing;
mod world;

/// Every call can be made from a task of a server with several threads.
#[expect(dead_code, clippy::too_many_arguments, reason = "that it compiles is the test")]
fn calls_are_send(
    lake: &lake::Lake,
    permit: &policy::Permit,
    snapshot: &lake::Snapshot,
    new: lake::NewRows,
    spilled: lake::NewSpilled,
    series: lake::SeriesRead,
    features: lake::FeatureRead,
    bytes: futures::stream::BoxStream<'_, std::io::Result<bytes::Bytes>>,
    hash: &model::OriginalHash,
) {
    fn send(_: impl Send) {}
    send(lake::Lake::open(&lake::LakeConfig::default()));
    send(lake.receive(permit, bytes, 1));
    send(lake.original(permit, hash));
    send(lake.create_table(permit, lake::TableSchema::Observations));
    send(lake.plan(permit, &new.rows));
    send(lake.committed_run(permit, &new.run));
    send(lake.snapshot(permit, lake::AsOf::Latest));
    send(lake.read_series(permit, snapshot, series));
    send(lake.read_features(permit, snapshot, features));
    send(lake.commit(permit, new));
    send(lake.plan_spilled(permit, &spilled.rows, 1));
    send(lake.commit_spilled(permit, spilled));
}
