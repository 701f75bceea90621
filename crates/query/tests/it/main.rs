//! The engine through its public face, over a real catalogue and a real lake.

mod direct;
mod engine;
mod harmonise;
mod limits;
mod policy_gate;
mod spatial;
mod sql;
mod world;

/// Every call can be made from a task of a server with several threads.
#[expect(dead_code, reason = "that it compiles is the test")]
fn calls_are_send(engine: &query::Engine, permit: &policy::Permit) {
    fn send(_: impl Send) {}
    let at = query::At::Latest;
    let date = chrono::NaiveDate::default();
    send(engine.sql(&policy::Principal::Public, query::Sql::new("SELECT 1")));
    send(engine.series(permit, query::SeriesRequest::default()));
    send(engine.count(permit, query::SeriesRequest::default()));
    send(engine.latest(permit, query::LatestRequest::default()));
    send(engine.features(permit, query::FeatureRequest::default()));
    send(engine.observation(permit, model::DatastreamId(1), chrono::DateTime::default(), at));
    let time = model::TimeRange::ALL;
    send(engine.harmonise(permit, query::HarmoniseRequest { property: None, geography: date, time, at }));
    let every = query::Every::Count(1);
    send(engine.buckets(permit, query::BucketRequest { streams: Default::default(), time, at, every }));
}
