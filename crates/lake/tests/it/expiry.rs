//! Versions that are given up: what is promised or pinned stays as it was, and of the others nobody
//! reads a part.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use chrono::{DateTime, TimeDelta, Utc};
use lake::{AsOf, Error, Keep, Lake};
use model::Version;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, path::Path};
use proptest::prelude::*;
use url::Url;

use crate::faults::{Failure, Faulty};
use crate::world::{Value, commit, on_both, reading, values, with_table, writing};

type Model = BTreeMap<(i64, i64), Option<f64>>;

fn listed(model: &Model) -> Vec<Value> {
    model.iter().map(|((datastream, n), value)| (*datastream, *n, *value)).collect()
}

fn keep(pinned: &[Version], now: DateTime<Utc>) -> Keep<'_> {
    Keep { pinned, from: None, now }
}

/// What each version held, and what is promised of it.
struct Promise {
    versions: BTreeMap<Version, Model>,
    horizon: Version,
    pinned: Vec<Version>,
}

impl Promise {
    fn new() -> Promise {
        Promise { versions: BTreeMap::new(), horizon: Version(0), pinned: Vec::new() }
    }

    /// Kept versions are what they were; of others every row is right, or there is none.
    async fn holds(&self, lake: &Lake) -> usize {
        let mut gone = 0;
        for (version, model) in &self.versions {
            let is_kept = *version >= self.horizon || self.pinned.contains(version);
            match lake.snapshot(&reading(), AsOf::Version(*version)).await {
                Ok(_) => assert_eq!(values(lake, AsOf::Version(*version)).await, listed(model), "{version}"),
                Err(Error::Gone { .. }) if !is_kept => gone += 1,
                Err(other) => panic!("version {version}, kept from {}: {other}", self.horizon),
            }
        }
        let last = self.versions.values().next_back().map(listed).unwrap_or_default();
        assert_eq!(values(lake, AsOf::Latest).await, last);
        gone
    }
}

on_both! {
    async fn what_is_given_up_goes_and_what_is_pinned_stays(world: World) {
        let lake = world.lake().await;
        let other = world.lake().await;
        with_table(&lake).await;
        let mut promise = Promise::new();
        let mut model = Model::new();
        for n in 0..6_u8 {
            // Every commit corrects the value before, so that it rewrites the one file.
            model.insert((1, 0), Some(f64::from(n)));
            let done = commit(&lake, u32::from(n), &[(1, 0, Some(f64::from(n)))]).await;
            promise.versions.insert(done.version.unwrap(), model.clone());
        }
        assert_eq!(values(&other, AsOf::Version(Version(1))).await, [(1, 0, Some(0.0))], "another node reads it");
        let nothing = lake.remove_expired(&writing(), &keep(&[], Utc::now())).await.unwrap();
        assert_eq!(nothing, lake::Expired::default(), "nothing is given up by itself");

        let too_far = lake.give_up(&writing(), Version(7), Utc::now()).await;
        assert!(matches!(too_far, Err(Error::Invalid { .. })), "{too_far:?}");
        promise.pinned = vec![Version(2)];
        assert_eq!(lake.give_up(&writing(), Version(4), Utc::now()).await.unwrap(), Version(4));
        assert_eq!(lake.give_up(&writing(), Version(3), Utc::now()).await.unwrap(), Version(4), "it never goes back");
        promise.horizon = Version(4);
        assert_eq!(promise.holds(&lake).await, 0, "nothing is removed yet");
        let before = world.objects().len();
        let keeping = keep(&promise.pinned, Utc::now());
        assert_eq!(lake.expired(&writing(), &keeping).await.unwrap().files, 2);
        assert_eq!(world.objects().len(), before, "that was only a look");
        let done = lake.remove_expired(&writing(), &keeping).await.unwrap();
        assert_eq!((done.files, done.strays), (2, 0));
        assert_eq!(world.objects().len(), before - 2);
        // Another node looks at the log of a bucket once a second; who removes waits longer than that.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        for lake in [&lake, &other, &world.lake().await] {
            assert_eq!(promise.holds(lake).await, 2, "versions 1 and 3 are gone on every node");
        }
        assert_eq!(lake.remove_expired(&writing(), &keeping).await.unwrap().files, 0);

        // Life goes on, and the horizon survives in the log.
        let more = commit(&lake, 50, &[(2, 2, Some(2.0))]).await.version.unwrap();
        model.insert((2, 2), Some(2.0));
        promise.versions.insert(more, model.clone());
        assert_eq!(more, Version(8), "the entry that gave up versions is none itself");
        for n in 100..230 {
            model.insert((3, n), Some(0.5));
            let done = commit(&lake, u32::try_from(n).unwrap(), &[(3, n, Some(0.5))]).await;
            promise.versions.insert(done.version.unwrap(), model.clone());
        }
        assert_eq!(promise.holds(&world.lake().await).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leavings_of_a_writer_go_after_a_day() {
    let store = Arc::new(InMemory::new());
    let lake = Lake::over(store.clone(), Url::parse("memory:///").unwrap());
    with_table(&lake).await;
    commit(&lake, 1, &[(1, 1, Some(1.0))]).await;
    let stray = Path::from("lake/salinity_hourly/part-0190a000-0000-7000-8000-000000000000.parquet");
    store.put(&stray, "a writer was cut off".into()).await.unwrap();
    let soon = lake.remove_expired(&writing(), &keep(&[], Utc::now())).await.unwrap();
    assert_eq!(soon.strays, 0, "its entry may still come");
    let later = lake.remove_expired(&writing(), &keep(&[], Utc::now() + TimeDelta::hours(25))).await.unwrap();
    assert_eq!((later.strays, later.files), (1, 0));
    assert!(store.head(&stray).await.is_err());
    assert_eq!(values(&lake, AsOf::Latest).await, [(1, 1, Some(1.0))]);
}

/// What is done to a table.
#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<Value>),
    Compact,
    /// Pins a version, counted from the last.
    Pin(usize),
    /// Gives up all before a version, counted from the last.
    GiveUp(usize),
    /// Removes; the store dies at the n-th operation, or not at all.
    Remove(Option<usize>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows =
        prop::collection::hash_map((0..3_i64, 0..4_i64), (0..4_u8).prop_map(|n| Some(f64::from(n))), 1..5);
    let rows =
        rows.prop_map(|rows| rows.into_iter().map(|((stream, n), value)| (stream, n, value)).collect());
    let step = prop_oneof![
        8 => rows.prop_map(Step::Commit),
        2 => Just(Step::Compact),
        2 => (0..6_usize).prop_map(Step::Pin),
        3 => (0..6_usize).prop_map(Step::GiveUp),
        3 => prop::option::of(1..24_usize).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 1..20)
}

async fn check(steps: Vec<Step>) {
    let store = Arc::new(InMemory::new());
    let url = || Url::parse("memory:///").unwrap();
    let lake = Lake::over(store.clone(), url());
    with_table(&lake).await;
    let mut promise = Promise::new();
    promise.versions.insert(Version(0), Model::new());
    let counted = |promise: &Promise, from_last: usize| -> Version {
        let mut versions = promise.versions.keys().rev();
        *versions.nth(from_last.min(promise.versions.len() - 1)).unwrap()
    };
    for (number, step) in steps.into_iter().enumerate() {
        let looks = matches!(step, Step::GiveUp(_) | Step::Remove(_));
        match step {
            Step::Commit(rows) => {
                let mut model = promise.versions.values().next_back().unwrap().clone();
                model.extend(rows.iter().map(|(stream, n, value)| ((*stream, *n), *value)));
                let done = commit(&lake, u32::try_from(number).unwrap(), &rows).await;
                if let Some(version) = done.version {
                    promise.versions.insert(version, model);
                }
            }
            Step::Compact => drop(lake.compact(&writing()).await.unwrap()),
            Step::Pin(back) => {
                // Only what is kept now can be pinned.
                let version = counted(&promise, back);
                if version >= promise.horizon {
                    promise.pinned.push(version);
                }
            }
            Step::GiveUp(back) => {
                let from = counted(&promise, back);
                promise.horizon = lake.give_up(&writing(), from, Utc::now()).await.unwrap();
            }
            Step::Remove(None) => {
                lake.remove_expired(&writing(), &keep(&promise.pinned, Utc::now())).await.unwrap();
                let again = lake.expired(&writing(), &keep(&promise.pinned, Utc::now())).await.unwrap();
                assert_eq!(again.files, 0);
            }
            Step::Remove(Some(operations)) => {
                let left = Arc::new(AtomicUsize::new(operations));
                let dying = Faulty { inner: store.clone(), failure: Failure::Death, left };
                let dying = Lake::over(Arc::new(dying), url());
                let _ = dying.remove_expired(&writing(), &keep(&promise.pinned, Utc::now())).await;
            }
        }
        if looks {
            promise.holds(&lake).await;
        }
    }
    promise.holds(&Lake::over(store, url())).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_every_promise_is_kept(steps in steps()) {
        tokio::runtime::Runtime::new().unwrap().block_on(check(steps));
    }
}
