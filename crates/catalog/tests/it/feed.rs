//! The feed of changes: one order for everyone, without gaps, also when nodes commit at once.

use std::collections::HashSet;

use catalog::backup::{Dump, Restoring};
use catalog::{Catalog, ChangeKind};
use model::{Access, RunKind, Version, VersionInfo};
use policy::{Grant, GrantLevel, RowFilter};

use crate::database::{Database, create_user, dataset, dataset_id, now, on_both, user_id, with_datasets};
use crate::versions::run;

on_both!(
    nobody_sees_a_later_change_before_an_earlier_one,
    a_change_says_what_happened,
    what_is_given_up_is_told,
    a_restored_catalogue_begins_an_epoch,
);

async fn nobody_sees_a_later_change_before_an_earlier_one(database: Database) {
    let here = with_datasets(&database).await;
    let there = database.open().await;
    let before = here.feed_state().await.unwrap().last;
    let mut writers = Vec::new();
    for writer in 0..6_u64 {
        let catalog = if writer % 2 == 0 { here.clone() } else { there.clone() };
        writers.push(tokio::spawn(async move {
            for turn in 0..12 {
                let id = format!("made_{writer}_{turn}");
                catalog.create_dataset(&dataset(&id, "srhmc", Access::Open)).await.unwrap();
            }
        }));
    }
    // A reader that keeps its cursor, while they commit in whatever order.
    let reader = database.open().await;
    let reading = tokio::spawn(async move {
        let (mut cursor, mut seen) = (before, Vec::new());
        while seen.len() < 72 {
            for change in reader.feed_after(cursor, None, 7).await.unwrap() {
                assert_eq!(change.number, cursor + 1, "no number is passed over");
                cursor = change.number;
                seen.push(change.dataset);
            }
        }
        seen
    });
    for writer in writers {
        writer.await.unwrap();
    }
    let seen = reading.await.unwrap();
    let different: HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), different.len()), (72, 72), "each once");
    assert_eq!(here.feed_state().await.unwrap().last, before + 72);
}

async fn a_change_says_what_happened(database: Database) {
    let catalog = with_datasets(&database).await;
    let begin = catalog.feed_state().await.unwrap();
    assert_eq!((begin.floor, begin.last), (0, 3), "three registrations");
    let watch = catalog.watch_feed();
    for (number, kind, added, corrected) in [
        (1, RunKind::Upload, 5, 0),
        (2, RunKind::Writes, 0, 2),
        (3, RunKind::Withdrawal, 0, 0),
        (4, RunKind::Recipe, 1, 0),
    ] {
        let run = model::Run { kind, ..run(number, "open_one") };
        catalog.open_run(&run).await.unwrap();
        let version = VersionInfo {
            dataset: run.dataset,
            version: Version(number),
            run: run.id,
            committed_at: run.started_at,
            committed_by: None,
            added,
            corrected,
            total: 10,
            pinned: Vec::new(),
        };
        catalog.record_version(&version).await.unwrap();
        // Told once, however often it is recorded.
        catalog.record_version(&version).await.unwrap();
    }
    assert!(watch.has_changed().unwrap(), "who waits is woken");
    create_user(&catalog, "lan", None, policy::Role::User).await;
    let grant = Grant {
        dataset: dataset_id("hidden_one"),
        user: Some(user_id("lan")),
        agency: None,
        level: GrantLevel::Read,
        rows: RowFilter::default(),
        expires_at: None,
    };
    let number = catalog.add_grant(&grant).await.unwrap();
    catalog.remove_grant(number).await.unwrap();
    let mut narrower = dataset("shared_one", "srhmc", Access::Restricted);
    catalog.update_dataset(&narrower).await.unwrap();
    narrower.access = Access::Open;
    catalog.update_dataset(&narrower).await.unwrap();
    catalog.update_dataset(&narrower).await.unwrap();
    let told = catalog.feed_after(begin.last, None, 100).await.unwrap();
    let kinds: Vec<ChangeKind> = told.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [
            ChangeKind::Data,
            ChangeKind::Correction,
            ChangeKind::Withdrawal,
            ChangeKind::Product,
            ChangeKind::Granted,
            ChangeKind::Revoked,
            ChangeKind::Narrowed,
            ChangeKind::Opened,
            ChangeKind::Described,
        ]
    );
    assert_eq!(told[0].version, Some(Version(1)));
    assert_eq!((told[0].added, told[0].total), (Some(5), Some(10)));
    let lan = create_user_principal("lan");
    let other = create_user_principal("minh");
    assert!(told[4].is_for(&lan) && !told[4].is_for(&other), "a right is told to whom it is given");
    let of_one = catalog.feed_after(0, Some(&dataset_id("hidden_one")), 100).await.unwrap();
    assert_eq!(of_one.len(), 3);
    assert_eq!(catalog.feed_since(told[1].at).await.unwrap(), told[0].number);
    assert_eq!(catalog.feed_since(now() + crate::database::hours(1_000_000)).await.unwrap(), told[8].number);
}

fn create_user_principal(id: &str) -> policy::Principal {
    crate::database::principal(id, None, policy::Role::User, policy::Scope::Read)
}

async fn what_is_given_up_is_told(database: Database) {
    let catalog = with_datasets(&database).await;
    assert_eq!(catalog.prune_feed(10).await.unwrap(), 0);
    assert_eq!(catalog.prune_feed(1).await.unwrap(), 2);
    let state = catalog.feed_state().await.unwrap();
    assert_eq!((state.floor, state.last), (2, 3));
    assert_eq!(catalog.feed_after(0, None, 10).await.unwrap().len(), 1);
    let key = catalog.feed_key().await.unwrap();
    assert_eq!(database.open().await.feed_key().await.unwrap(), key, "every node seals with one key");
}

async fn a_restored_catalogue_begins_an_epoch(database: Database) {
    let catalog = with_datasets(&database).await;
    let key = catalog.feed_key().await.unwrap();
    let backed_up = catalog.feed_state().await.unwrap();
    let dump = catalog.dump().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/catalog.sqlite?mode=rwc", folder.path().display());
    let mut restoring = Restoring::begin(&url, dump.steps()).await.unwrap();
    for table in Dump::tables() {
        let columns: Vec<String> = Dump::columns(table).unwrap().into_iter().map(str::to_owned).collect();
        let mut last = None;
        loop {
            let rows = dump.page(table, last.as_ref()).await.unwrap();
            let Some(end) = rows.last() else { break };
            last = Some(end.clone());
            restoring.put(table, &columns, rows).await.unwrap();
        }
    }
    restoring.commit().await.unwrap();
    drop(dump);
    // What happens after the backup, here and there, gets the same number and is not the same.
    catalog.create_dataset(&dataset("made_here", "srhmc", Access::Open)).await.unwrap();
    let restored = Catalog::open(&url).await.unwrap();
    restored.create_dataset(&dataset("made_there", "srhmc", Access::Open)).await.unwrap();
    let state = restored.feed_state().await.unwrap();
    assert_eq!(restored.feed_key().await.unwrap(), key, "cursors of before can be read");
    assert_eq!(state.last_of(backed_up.epoch()), Some(backed_up.last), "and gone on from up to the backup");
    assert_eq!(state.epoch_of(backed_up.last), backed_up.epoch());
    assert_ne!(state.epoch_of(state.last), backed_up.epoch(), "a new change has a new name");
    assert_eq!(state.last_of(state.epoch()), Some(state.last));
    assert_eq!(state.last_of("00000000"), None);
}
