//! Runs, findings, originals, mappings and sources.

use catalog::{Error, OriginalInfo, Source, SourceKind};
use model::{CellRef, Finding, OriginalHash, RunState, RunTotals, Severity, Text, Version};

use crate::database::{Database, dataset_id, hours, now, on_both, user_id, with_datasets};
use crate::versions::run;

on_both!(
    a_run_is_opened_once_and_followed_to_its_end,
    runs_are_listed_newest_first,
    findings_keep_their_order_over_pages,
    the_same_mapping_is_saved_once,
    mappings_saved_at_once_take_different_numbers,
    an_original_keeps_the_name_of_its_first_coming,
    a_source_is_added_and_changed,
);

async fn a_run_is_opened_once_and_followed_to_its_end(database: Database) {
    let catalog = with_datasets(&database).await;
    let mut run = run(1, "open_one");
    catalog.open_run(&run).await.unwrap();
    assert_eq!(catalog.run(&run.id).await.unwrap(), Some(run.clone()));
    assert!(matches!(catalog.open_run(&run).await, Err(Error::Conflict { .. })));
    assert_eq!(catalog.unfinished_runs().await.unwrap(), [run.clone()]);

    run.state = RunState::Done;
    run.original = Some(OriginalHash::new(&"a1".repeat(32)).unwrap());
    run.sheets = vec!["Bảng 1".into(), "Sheet2".into()];
    run.mapping = Some(3);
    run.user = Some(user_id("lan"));
    run.finished_at = Some(now() + hours(2));
    run.version = Some(Version(7));
    run.totals = RunTotals {
        rows: 1,
        refused_rows: 2,
        refused: 3,
        added: 4,
        corrected: 5,
        unchanged: 6,
        missing: 7,
        warnings: u64::from(u32::MAX) + 8,
    };
    catalog.update_run(&run).await.unwrap();
    assert_eq!(catalog.run(&run.id).await.unwrap(), Some(run.clone()));
    assert!(catalog.unfinished_runs().await.unwrap().is_empty());

    let unknown = self::run(2, "open_one");
    assert!(matches!(catalog.update_run(&unknown).await, Err(Error::NotFound { .. })));
    assert_eq!(catalog.run(&unknown.id).await.unwrap(), None);
    assert!(matches!(catalog.open_run(&self::run(3, "nowhere")).await, Err(Error::NotFound { .. })));
}

async fn runs_are_listed_newest_first(database: Database) {
    let catalog = with_datasets(&database).await;
    for (n, dataset) in [(3, "open_one"), (1, "open_one"), (2, "shared_one"), (4, "open_one")] {
        catalog.open_run(&run(n, dataset)).await.unwrap();
    }
    let hours_of = |runs: Vec<model::Run>| -> Vec<i64> {
        runs.iter().map(|run| (run.started_at - now()).num_hours()).collect()
    };
    assert_eq!(hours_of(catalog.recent_runs(3).await.unwrap()), [4, 3, 2]);
    assert_eq!(hours_of(catalog.runs(&dataset_id("open_one"), 2).await.unwrap()), [4, 3]);
    assert_eq!(hours_of(catalog.unfinished_runs().await.unwrap()), [1, 2, 3, 4]);
}

fn finding(n: u32) -> Finding {
    Finding {
        severity: if n.is_multiple_of(2) { Severity::Warning } else { Severity::Refused },
        code: "not_a_number".into(),
        cell: CellRef { sheet: u16::MAX, row: u32::MAX - n, column: u16::MAX },
        column_name: "Độ mặn".into(),
        value: format!("{n},5 \u{1f} '\"\\"),
        expected: String::new(),
    }
}

async fn findings_keep_their_order_over_pages(database: Database) {
    let catalog = with_datasets(&database).await;
    let run = run(1, "open_one");
    let nobodys = catalog.add_findings(&run.id, &[finding(0)]).await;
    assert!(matches!(nobodys, Err(Error::NotFound { .. })));
    catalog.open_run(&run).await.unwrap();
    let all: Vec<Finding> = (0..2_500).map(finding).collect();
    catalog.add_findings(&run.id, &all[..2_400]).await.unwrap();
    catalog.add_findings(&run.id, &[]).await.unwrap();
    catalog.add_findings(&run.id, &all[2_400..]).await.unwrap();
    for (offset, limit, expected) in [
        (0, 10, &all[..10]),
        (2_390, 20, &all[2_390..2_410]),
        (2_495, 100, &all[2_495..]),
        (9_999, 5, &[]),
        (0, 0, &[]),
    ] {
        let (page, total) = catalog.findings(&run.id, offset, limit).await.unwrap();
        assert_eq!((page.as_slice(), total), (expected, 2_500), "{offset}");
    }
    let odd = Finding { value: "a\0b".into(), ..finding(1) };
    catalog.add_findings(&run.id, std::slice::from_ref(&odd)).await.unwrap();
    assert_eq!(catalog.findings(&run.id, 2_500, 1).await.unwrap().0[0].value, "a\u{fffd}b");
}

async fn the_same_mapping_is_saved_once(database: Database) {
    let catalog = with_datasets(&database).await;
    let id = dataset_id("open_one");
    let lan = user_id("lan");
    assert_eq!(catalog.mapping(&id, None).await.unwrap(), None);
    for (text, number) in [("a = 1", 1), ("a = 1", 1), ("a = 2", 2), ("a = 1", 3), ("a = 1", 3)] {
        assert_eq!(catalog.save_mapping(&id, text, Some(&lan), now()).await.unwrap(), number, "{text}");
    }
    assert_eq!(catalog.mapping(&id, None).await.unwrap(), Some((3, "a = 1".into())));
    assert_eq!(catalog.mapping(&id, Some(2)).await.unwrap(), Some((2, "a = 2".into())));
    for unknown in [0, 4, u32::MAX] {
        assert_eq!(catalog.mapping(&id, Some(unknown)).await.unwrap(), None);
    }
    assert_eq!(catalog.save_mapping(&dataset_id("shared_one"), "a = 1", None, now()).await.unwrap(), 1);
    let nowhere = catalog.save_mapping(&dataset_id("nowhere"), "a = 1", None, now()).await;
    assert!(matches!(nowhere, Err(Error::NotFound { .. })));
    let huge = "#".repeat(2 << 20);
    assert!(matches!(catalog.save_mapping(&id, &huge, None, now()).await, Err(Error::Invalid { .. })));
}

async fn mappings_saved_at_once_take_different_numbers(database: Database) {
    let catalog = with_datasets(&database).await;
    let savers: Vec<_> = (0..20)
        .map(|n| {
            let catalog = catalog.clone();
            tokio::spawn(async move {
                catalog.save_mapping(&dataset_id("open_one"), &format!("a = {n}"), None, now()).await.unwrap()
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for saver in savers {
        numbers.push(saver.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

async fn an_original_keeps_the_name_of_its_first_coming(database: Database) {
    let catalog = database.open().await;
    let hash = OriginalHash::new(&"0f".repeat(32)).unwrap();
    assert_eq!(catalog.original(&hash).await.unwrap(), None);
    catalog.record_original(&hash, 5 << 30, "mặn.csv", "text/csv", now()).await.unwrap();
    catalog.record_original(&hash, 5 << 30, "copy.csv", "text/plain", now() + hours(1)).await.unwrap();
    let expected = OriginalInfo {
        hash: hash.clone(),
        size: 5 << 30,
        file_name: "mặn.csv".into(),
        media_type: "text/csv".into(),
        received_at: now(),
    };
    assert_eq!(catalog.original(&hash).await.unwrap(), Some(expected));
}

async fn a_source_is_added_and_changed(database: Database) {
    let catalog = with_datasets(&database).await;
    let mut source = Source {
        id: "salinity_daily".into(),
        dataset: dataset_id("open_one"),
        kind: SourceKind::Recipe,
        name: Text::vi_en("Độ mặn ngày", "Daily salinity"),
        location: Some("recipes/salinity_daily".into()),
        created_at: now(),
    };
    catalog.put_source(&source).await.unwrap();
    source.kind = SourceKind::Upload;
    source.location = None;
    catalog.put_source(&source).await.unwrap();
    assert_eq!(catalog.sources(&source.dataset).await.unwrap(), [source.clone()]);
    source.dataset = dataset_id("nowhere");
    source.id = "other".into();
    assert!(matches!(catalog.put_source(&source).await, Err(Error::NotFound { .. })));
}
