//! Old entries of a log in one object: every version stays what it was, whatever happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use chrono::TimeDelta;
use lake::{AsOf, Error, Lake, PackRule};
use model::Version;
use object_store::memory::InMemory;
use url::Url;

use crate::faults::{Failure, Faulty};
use crate::world::{Value, World, commit, dataset, on_both, reading, run, values, with_table, writing};

const COMMITS: u32 = 105;

fn rule() -> PackRule {
    PackRule { together: 10, spare: 15, age: TimeDelta::zero() }
}

/// Commits of which every one corrects the value before, so that there is one file and nothing to join;
/// and what each version then holds.
async fn filled(lake: &Lake) -> Vec<Vec<Value>> {
    with_table(lake).await;
    let mut versions = vec![Vec::new()];
    for n in 1..=COMMITS {
        let value = (1, 0, Some(f64::from(n)));
        let done = commit(lake, n, &[value]).await;
        assert_eq!(done.version, Some(Version(n.into())));
        versions.push(vec![value]);
    }
    versions
}

/// The checkpoint that has to be there before is made in the background.
async fn packed(lake: &Lake, rule: &PackRule) -> u64 {
    for _ in 0..200 {
        match lake.pack_log(&writing(), rule).await.unwrap() {
            0 => tokio::time::sleep(Duration::from_millis(50)).await,
            some => return some,
        }
    }
    panic!("nothing was packed");
}

async fn hold(lake: &Lake, versions: &[Vec<Value>]) {
    hold_every(1, 0, lake, versions).await;
}

/// Every so many versions hold what they did, from one on.
async fn hold_every(step: usize, from: usize, lake: &Lake, versions: &[Vec<Value>]) {
    for (number, model) in versions.iter().enumerate().skip(from).step_by(step) {
        let at = AsOf::Version(Version(number as u64));
        assert_eq!(values(lake, at).await, *model, "version {number}");
    }
}

on_both! {
    async fn packed_entries_are_read_as_if_they_lay_there(world: World) {
        let lake = world.lake().await;
        let mut versions = filled(&lake).await;
        let behind = world.lake().await;
        assert_eq!(values(&behind, AsOf::Latest).await, versions[COMMITS as usize]);
        let entries = |world: &World| {
            let objects = world.objects();
            objects.iter().filter(|path| path.contains("_delta_log/") && path.ends_with(".json")).count()
        };
        assert_eq!(entries(&world), COMMITS as usize + 1);
        assert_eq!(lake.pack_log(&writing(), &PackRule::default()).await.unwrap(), 0, "they are too young");

        // 105 entries, of which fifteen stay; whole tens only, and entry 0 stays by itself.
        assert_eq!(packed(&lake, &rule()).await, 90);
        assert_eq!(entries(&world), COMMITS as usize + 1 - 90);
        let packs = world.objects().iter().filter(|path| path.ends_with(".entries")).count();
        assert_eq!(packs, 9);
        assert_eq!(lake.pack_log(&writing(), &rule()).await.unwrap(), 0, "once is enough");

        let fresh = world.lake().await;
        for (from, lake) in [&lake, &behind, &fresh].into_iter().enumerate() {
            hold_every(3, from, lake, &versions).await;
        }
        let listed = fresh.files_of(&dataset(), None).await.unwrap();
        let log = listed.iter().filter(|object| object.kind == lake::ObjectKind::Log);
        assert!(log.clone().all(|object| object.size > 0));
        assert_eq!(log.count(), COMMITS as usize + 1, "every entry is listed");

        // A run of long ago is known to be done, and life goes on for everybody.
        let again = fresh.committed_run(&writing(), &run(5)).await.unwrap().unwrap();
        assert_eq!(again.version, Some(Version(5)));
        for n in 1..=3_u32 {
            let writer = if n == 2 { &behind } else { &lake };
            commit(writer, 200 + n, &[(9, i64::from(n), Some(1.0))]).await;
            let mut next = versions.last().unwrap().clone();
            next.push((9, i64::from(n), Some(1.0)));
            versions.push(next);
        }
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for lake in [&lake, &behind, &fresh] {
            assert_eq!(values(lake, AsOf::Latest).await, *versions.last().unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_pack_is_named_and_never_an_answer() {
    let world = World::on_disk();
    let lake = world.lake().await;
    let versions = filled(&lake).await;
    let entries: Vec<_> = (1..=10)
        .map(|n| world.root().join(format!("lake/salinity_hourly/_delta_log/{n:020}.json")))
        .map(|path| (std::fs::read(&path).unwrap(), path))
        .collect();
    packed(&lake, &rule()).await;
    let first = world.objects().into_iter().find(|path| path.ends_with(".entries")).unwrap();
    let path = world.root().join(&first);
    let whole = std::fs::read(&path).unwrap();
    for at in [0, 9, 30, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        std::fs::write(&path, &flipped).unwrap();
        let fresh = world.lake().await;
        match fresh.snapshot(&reading(), AsOf::Version(Version(3))).await {
            Err(Error::Damaged(damage)) => assert!(damage.path.ends_with(&first), "{damage}"),
            other => panic!("byte {at}: {other:?}"),
        }
        assert!(lake::check_log_pack(flipped.into()).is_err());
        assert_eq!(values(&fresh, AsOf::Latest).await, versions[COMMITS as usize], "the rest goes on");
    }
    assert!(lake::check_log_pack(whole[..whole.len() - 1].to_vec().into()).is_err());
    assert_eq!(lake::check_log_pack(whole.clone().into()), Ok(()));
    // The entries come back from a backup, and the pack is made anew of them.
    for (bytes, path) in &entries {
        std::fs::write(path, bytes).unwrap();
    }
    let mended = world.lake().await;
    hold(&mended, &versions).await;
    // They were written after the newest entry.
    let any_age = PackRule { age: TimeDelta::days(-1), ..rule() };
    assert_eq!(mended.pack_log(&writing(), &any_age).await.unwrap(), 10);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    hold(&world.lake().await, &versions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_while_packing_leaves_every_version_readable() {
    let store = Arc::new(InMemory::new());
    let url = || Url::parse("memory:///").unwrap();
    let lake = Lake::over(store.clone(), url());
    let versions = filled(&lake).await;
    // The checkpoint first, with a rule that packs nothing.
    let none = PackRule { together: 1_000_000, ..rule() };
    assert_eq!(lake.pack_log(&writing(), &none).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(500)).await;
    for operations in (1..160).step_by(3) {
        let left = Arc::new(AtomicUsize::new(operations));
        let dying = Faulty { inner: store.clone(), failure: Failure::Death, left };
        let dying = Lake::over(Arc::new(dying), url());
        let _ = dying.pack_log(&writing(), &rule()).await;
        let fresh = Lake::over(store.clone(), url());
        for number in [0, 1, 7, 10, 11, 54, 90, 91, COMMITS] {
            let at = AsOf::Version(Version(number.into()));
            assert_eq!(values(&fresh, at).await, versions[number as usize], "dead at {operations}: {number}");
        }
    }
    packed(&lake, &PackRule { spare: 0, ..rule() }).await;
    hold(&Lake::over(store, url()), &versions).await;
}
