//! Reads that plan nothing.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use chrono::{TimeDelta, Timelike};
use model::{Access, DatasetKind, TimeRange, Version};
use policy::{Principal, Purpose};
use query::{
    At, BucketRequest, Error, Every, FeatureRequest, LatestRequest, QueryLimits, SeriesRequest, Streams,
};

use crate::world::{Value, World, at, hourly, key, limits, value};

async fn gauges() -> (World, policy::Permit) {
    let world = World::new().await;
    world.register("levels", DatasetKind::Observations, Access::Open).await;
    let tan_chau = key("levels", "station:tan_chau", "water_level");
    let chau_doc = key("levels", "station:chau_doc", "water_level");
    let mut values = hourly(&tan_chau, "2020-02-01", 72, |hour| ((hour * 7) % 24) as f64);
    values.extend(hourly(&chau_doc, "2020-02-01", 72, |hour| hour as f64));
    world.commit("levels", values, "2020-03-01").await;
    let permit = world.read(&Principal::Public, "levels").await;
    (world, permit)
}

fn results(batches: &[arrow::array::RecordBatch]) -> Vec<f64> {
    batches
        .iter()
        .flat_map(|batch| {
            batch.column_by_name("result").unwrap().as_primitive::<Float64Type>().values().to_vec()
        })
        .collect()
}

#[tokio::test]
async fn a_series_is_what_was_committed_in_order() {
    let (world, permit) = gauges().await;
    let number = key("levels", "station:chau_doc", "water_level").id();
    let request = SeriesRequest {
        streams: Streams::one(number),
        time: TimeRange { from: Some(at("2020-02-02")), to: Some(at("2020-02-03")) },
        ..SeriesRequest::default()
    };
    let answer = world.engine.series(&permit, request.clone()).await.unwrap();
    assert_eq!(answer.version, Some(Version(1)));
    assert_eq!(answer.datastreams.len(), 1);
    assert_eq!(results(&answer.batches), (24..48).map(f64::from).collect::<Vec<_>>());
    assert_eq!(world.engine.count(&permit, request).await.unwrap(), 24);
}

#[tokio::test]
async fn pages_follow_one_another_across_datastreams() {
    let (world, permit) = gauges().await;
    let whole = world.engine.series(&permit, SeriesRequest::default()).await.unwrap();
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let request = SeriesRequest { limit: Some(50), after, ..SeriesRequest::default() };
        let page = world.engine.series(&permit, request).await.unwrap();
        let Some(last) = page.batches.last() else { break };
        let value = query::ObservedValue::read(last).unwrap().pop().unwrap();
        after = Some((value.datastream, value.time));
        pages.push(page.rows());
        assert!(pages.len() < 10);
    }
    assert_eq!(pages, [50, 50, 44]);
    assert_eq!(whole.rows(), 144);
}

#[tokio::test]
async fn a_bucket_keeps_its_extremes_and_when_they_were() {
    let (world, permit) = gauges().await;
    let request = |every| BucketRequest {
        streams: Streams { place: Some("station:tan_chau".parse().unwrap()), ..Streams::default() },
        time: TimeRange::ALL,
        at: At::Latest,
        every,
    };
    let days =
        world.engine.buckets(&permit, request(Every::Width(TimeDelta::days(1)))).await.unwrap().buckets;
    assert_eq!(days.len(), 3);
    for (day, bucket) in days.iter().enumerate() {
        let start = at("2020-02-01") + TimeDelta::days(day as i64);
        assert_eq!((bucket.start, bucket.end, bucket.count), (start, start + TimeDelta::days(1), 24));
        // Hour × 7 modulo 24: 23 comes at hour 17, 0 at hour 0.
        assert_eq!((bucket.max, bucket.max_time), (23.0, start + TimeDelta::hours(17)));
        assert_eq!((bucket.min, bucket.min_time), (0.0, start));
        assert_eq!((bucket.first, bucket.last), (0.0, 17.0));
        assert!((bucket.mean - 11.5).abs() < 1e-9);
    }
    let months = world.engine.buckets(&permit, request(Every::Months(1))).await.unwrap().buckets;
    assert_eq!((months[0].start, months[0].end, months[0].count), (at("2020-02-01"), at("2020-03-01"), 72));
    let few = world.engine.buckets(&permit, request(Every::Count(5))).await.unwrap().buckets;
    assert_eq!((few.len(), few.iter().map(|bucket| bucket.count).sum::<u64>()), (5, 72));
    let error = world.engine.buckets(&permit, request(Every::Width(TimeDelta::zero()))).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
}

#[tokio::test]
async fn buckets_leave_out_what_failed_and_what_is_missing() {
    let world = World::new().await;
    world.register("levels", DatasetKind::Observations, Access::Open).await;
    let tan_chau = key("levels", "station:tan_chau", "water_level");
    let mut values = hourly(&tan_chau, "2020-02-01", 4, |hour| hour as f64);
    values[1] = Value { quality: 4, result: Some(900.0), ..value(&tan_chau, "2020-02-01T01:00", 900.0) };
    values[2] = Value { quality: 9, result: None, ..value(&tan_chau, "2020-02-01T02:00", 0.0) };
    world.commit("levels", values, "2020-03-01").await;
    let permit = world.read(&Principal::Public, "levels").await;
    let every = Every::Count(1);
    let request = BucketRequest { streams: Streams::default(), time: TimeRange::ALL, at: At::Latest, every };
    let buckets = world.engine.buckets(&permit, request).await.unwrap().buckets;
    assert_eq!((buckets[0].count, buckets[0].max, buckets[0].mean), (2, 3.0, 1.5));
}

#[tokio::test]
async fn last_values_follow_commits_and_versions() {
    let (world, permit) = gauges().await;
    let last = async |at| {
        let request = LatestRequest { streams: Streams::default(), at };
        let answer = world.engine.latest(&permit, request).await.unwrap();
        let mut values: Vec<_> =
            answer.latest.into_iter().map(|l| (l.datastream.key.place.to_string(), l.value.result)).collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    let (chau_doc, tan_chau) = ("station:chau_doc".to_owned(), "station:tan_chau".to_owned());
    let first = vec![(chau_doc.clone(), Some(71.0)), (tan_chau.clone(), Some(17.0))];
    assert_eq!(last(At::Latest).await, first);
    let stream = key("levels", "station:tan_chau", "water_level");
    let missing = Value { quality: 9, result: None, ..value(&stream, "2020-02-09", 0.0) };
    world.commit("levels", vec![value(&stream, "2020-02-08", 99.0), missing], "2020-03-02").await;
    assert_eq!(last(At::Latest).await, vec![(chau_doc.clone(), Some(71.0)), (tan_chau.clone(), Some(99.0))]);
    assert_eq!(last(At::Version(Version(1))).await, first);
    assert_eq!(last(At::KnownAt(at("2020-03-01T12:00"))).await, first);
    assert_eq!(last(At::KnownAt(at("2019-01-01"))).await, []);
    // An earlier value that is corrected does not become the last one.
    let chau = key("levels", "station:chau_doc", "water_level");
    world.commit("levels", vec![value(&chau, "2020-02-01", 500.0)], "2020-03-03").await;
    assert_eq!(last(At::Latest).await, vec![(chau_doc, Some(71.0)), (tan_chau, Some(99.0))]);
}

#[tokio::test]
async fn one_value_is_found_with_its_run_its_cell_and_its_version() {
    let (world, permit) = gauges().await;
    let stream = key("levels", "station:chau_doc", "water_level");
    world.commit("levels", vec![value(&stream, "2020-02-01T05:00", 7.5)], "2020-03-02").await;
    let time = at("2020-02-01T05:00");
    let found = |at| world.engine.observation(&permit, stream.id(), time, at);
    let now = found(At::Latest).await.unwrap().unwrap();
    assert_eq!((now.value.result, now.version.version, now.version.corrected), (Some(7.5), Version(2), 1));
    assert_eq!((now.value.cell.a1(), now.value.run.clone()), ("D2".to_owned(), now.version.run.clone()));
    let before = found(At::KnownAt(at("2020-03-01"))).await.unwrap().unwrap();
    assert_eq!((before.value.result, before.value.cell.row), (Some(5.0), 7));
    assert_eq!(before.datastream, world.datastream(&stream).await);
    let none = world.engine.observation(&permit, stream.id(), time.with_minute(1).unwrap(), At::Latest).await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn features_come_by_box_and_by_id() {
    let world = World::new().await;
    world.features("zones", Access::Open, &["a", "b", "c"]).await;
    let permit = world.read(&Principal::Public, "zones").await;
    let bbox = model::Bbox::new(104.9, 9.0, 106.2, 9.1);
    let request = FeatureRequest { bbox, limit: 1, ..FeatureRequest::default() };
    let answer = world.engine.features(&permit, request).await.unwrap();
    assert_eq!((answer.matched, answer.batches.iter().map(|batch| batch.num_rows()).sum::<usize>()), (2, 1));
    let request = FeatureRequest { feature: Some("f2".into()), limit: 1, ..FeatureRequest::default() };
    assert_eq!(world.engine.features(&permit, request).await.unwrap().matched, 1);
    let error = world.engine.series(&permit, SeriesRequest::default()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
}

#[tokio::test]
async fn a_dataset_without_a_version_is_empty_not_an_error() {
    let world = World::new().await;
    world.register("levels", DatasetKind::Observations, Access::Open).await;
    let permit = world.permit(&Principal::Public, "levels", Purpose::Read).await.unwrap();
    assert_eq!(world.engine.series(&permit, SeriesRequest::default()).await.unwrap().rows(), 0);
    assert_eq!(world.engine.latest(&permit, LatestRequest::default()).await.unwrap().latest, []);
    assert_eq!(world.rows(&Principal::Public, "SELECT count(*) FROM levels").await, ["0"]);
    let error = world
        .engine
        .series(&permit, SeriesRequest { at: At::Version(Version(9)), ..SeriesRequest::default() })
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_slow_direct_read_tells_what_it_read_in_the_place_of_a_plan() {
    let world = World::with(QueryLimits { slow_after: Some(std::time::Duration::ZERO), ..limits() }).await;
    world.register("gauge", DatasetKind::Observations, Access::Open).await;
    let (one, other) =
        (key("gauge", "station:cau_noi", "salinity"), key("gauge", "station:tra_vinh", "salinity"));
    let mut values = hourly(&one, "2020-02-01", 10, |hour| hour as f64);
    values.extend(hourly(&other, "2020-02-01", 5, |_| 1.0));
    world.commit("gauge", values, "2020-03-01").await;
    let permit = world.read(&Principal::Public, "gauge").await;
    let from = at("2020-02-01") + TimeDelta::hours(2);
    let time = format!("time=[{}, ..)", model::instant_text(from));
    let request = SeriesRequest {
        streams: Streams { place: Some(one.place.clone()), ..Streams::default() },
        time: TimeRange { from: Some(from), to: None },
        limit: Some(3),
        ..SeriesRequest::default()
    };
    world.engine.series(&permit, request.clone()).await.unwrap();
    world.engine.count(&permit, SeriesRequest { limit: None, ..request }).await.unwrap();
    world.engine.latest(&permit, LatestRequest::default()).await.unwrap();
    let told: Vec<String> =
        world.engine.slow_queries().into_iter().rev().map(|query| query.plan.expect("a shape")).collect();
    assert_eq!(told.len(), 3);
    for (shape, words) in told.iter().zip([
        &[
            "DirectRead: series of gauge, threads=direct",
            "version: dataset=gauge, version=1, files=1, rows=15",
            "datastreams: 1 of 2, place=station:cau_noi",
            time.as_str(),
            ", limit=3",
            "files=1, rows=3",
        ][..],
        &["DirectRead: count of gauge", "datastreams: 1 of 2", time.as_str()][..],
        &["DirectRead: latest values of gauge", "datastreams: 2 of 2", "files=1, rows=15"][..],
    ]) {
        for word in words {
            assert!(shape.contains(word), "no `{word}` in:\n{shape}");
        }
    }
    let query = world.engine.slow_queries().pop().unwrap();
    assert_eq!(query.files, Some((1, 1)), "{query:?}");
}
