//! Versions of datasets, now and at any time before.

use catalog::{Catalog, Error};
use model::{Run, RunId, RunKind, RunState, RunTotals, Version, VersionInfo};

use crate::database::{Database, dataset_id, hours, now, on_both, user_id, with_datasets};

on_both!(
    the_version_at_a_time_is_the_last_committed_by_then,
    a_version_is_recorded_once,
    a_version_needs_its_run,
    a_clock_that_steps_back_does_not_change_what_was_known,
);

pub fn run(n: u64, dataset: &str) -> Run {
    Run {
        id: RunId::new(&format!("01900000-0000-7000-8000-{n:012x}")).unwrap(),
        dataset: dataset_id(dataset),
        kind: RunKind::Upload,
        state: RunState::Running,
        original: None,
        file_name: format!("độ mặn {n}.csv"),
        sheets: vec![String::new()],
        encodings: Vec::new(),
        forecast: None,
        pinned: Vec::new(),
        mapping: None,
        user: None,
        started_at: now() + hours(n.try_into().unwrap()),
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        error: None,
    }
}

async fn commit(catalog: &Catalog, n: u64) -> VersionInfo {
    let run = run(n, "open_one");
    catalog.open_run(&run).await.unwrap();
    let info = VersionInfo {
        dataset: run.dataset,
        version: Version(n),
        run: run.id,
        committed_at: run.started_at,
        committed_by: Some(user_id("lan")),
        added: 10 * n,
        corrected: n,
        total: 100 * n,
        pinned: vec![(dataset_id("shared_one"), Version(n + 1)), (dataset_id("hidden_one"), Version(1))],
    };
    catalog.record_version(&info).await.unwrap();
    info
}

async fn the_version_at_a_time_is_the_last_committed_by_then(database: Database) {
    let catalog = with_datasets(&database).await;
    let id = dataset_id("open_one");
    assert_eq!(catalog.latest_version(&id).await.unwrap(), None);
    let infos = [commit(&catalog, 1).await, commit(&catalog, 2).await, commit(&catalog, 10).await];
    for (hour, expected) in
        [(0, None), (1, Some(0)), (2, Some(1)), (9, Some(1)), (10, Some(2)), (99, Some(2))]
    {
        let found = catalog.version_at(&id, now() + hours(hour)).await.unwrap();
        assert_eq!(found, expected.map(|n: usize| infos[n].clone()), "hour {hour}");
    }
    let just_before = now() + hours(2) - chrono::TimeDelta::microseconds(1);
    assert_eq!(catalog.version_at(&id, just_before).await.unwrap(), Some(infos[0].clone()));
    assert_eq!(catalog.latest_version(&id).await.unwrap(), Some(infos[2].clone()));
    assert_eq!(catalog.version(&id, Version(2)).await.unwrap(), Some(infos[1].clone()));
    assert_eq!(catalog.version(&id, Version(3)).await.unwrap(), None);
    let numbers: Vec<u64> = catalog.versions(&id).await.unwrap().iter().map(|info| info.version.0).collect();
    assert_eq!(numbers, [10, 2, 1]);
    assert!(catalog.versions(&dataset_id("shared_one")).await.unwrap().is_empty());
}

async fn a_version_is_recorded_once(database: Database) {
    let catalog = with_datasets(&database).await;
    let info = commit(&catalog, 1).await;
    catalog.record_version(&info).await.unwrap();
    assert_eq!(catalog.versions(&info.dataset).await.unwrap(), std::slice::from_ref(&info));
    let other = run(2, "open_one");
    catalog.open_run(&other).await.unwrap();
    let clash = catalog.record_version(&VersionInfo { run: other.id, ..info }).await;
    assert!(matches!(clash, Err(Error::Conflict { .. })));
}

async fn a_version_needs_its_run(database: Database) {
    let catalog = with_datasets(&database).await;
    let info = commit(&catalog, 1).await;
    let lost = VersionInfo { run: run(7, "open_one").id, version: Version(2), ..info };
    assert!(matches!(catalog.record_version(&lost).await, Err(Error::NotFound { .. })));
}

async fn a_clock_that_steps_back_does_not_change_what_was_known(database: Database) {
    let catalog = with_datasets(&database).await;
    let id = dataset_id("open_one");
    let first = commit(&catalog, 5).await;
    let was_known = catalog.version_at(&id, now() + hours(4)).await.unwrap();
    assert_eq!(was_known, None);
    // The clock is three hours behind, and then an hour.
    for (number, hour) in [(6, 2), (7, 4)] {
        let mut run = run(number, "open_one");
        run.started_at = now() + hours(hour);
        catalog.open_run(&run).await.unwrap();
        let info = VersionInfo {
            version: Version(number),
            run: run.id,
            committed_at: run.started_at,
            ..first.clone()
        };
        catalog.record_version(&info).await.unwrap();
        assert_eq!(catalog.version_at(&id, now() + hours(4)).await.unwrap(), None);
        let found = catalog.version_at(&id, first.committed_at).await.unwrap();
        assert_eq!(found.map(|found| found.version), Some(Version(5)));
        let latest = catalog.latest_version(&id).await.unwrap().unwrap();
        assert_eq!(latest.version, Version(number));
        assert!(latest.committed_at > first.committed_at, "versions follow one another in time");
    }
}
