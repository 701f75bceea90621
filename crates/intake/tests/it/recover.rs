//! What a crash leaves is settled at the next start.

use futures::StreamExt;
use intake::Load;
use lake::{NewRows, TableSchema};
use model::{DatastreamKey, OriginalHash, Run, RunId, RunKind, RunState, RunTotals, Version};
use policy::Purpose;

use crate::node::{Node, now};

fn left_running(id: &str) -> Run {
    Run {
        id: RunId::new(id).unwrap(),
        dataset: model::DatasetId::new("series").unwrap(),
        kind: RunKind::Upload,
        state: RunState::Running,
        original: None::<OriginalHash>,
        file_name: "a.csv".into(),
        sheets: vec![String::new()],
        encodings: Vec::new(),
        forecast: None,
        pinned: Vec::new(),
        mapping: None,
        user: None,
        started_at: now(),
        finished_at: None,
        version: None,
        totals: RunTotals { rows: 1, ..RunTotals::default() },
        error: None,
    }
}

const CSV: &str = "Trạm,Ngày,Mực nước (cm)\nTân Châu,2020-02-03,5\n";

#[tokio::test]
async fn a_run_that_was_cut_off_before_its_commit_is_failed_and_the_same_load_succeeds() {
    let node = Node::new().await;
    node.catalog.open_run(&left_running("0198a000-0000-7000-8000-000000000001")).await.unwrap();
    let settled = node.intake.recover(now()).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!((settled[0].state, settled[0].finished_at), (RunState::Failed, Some(now())));
    assert!(settled[0].error.as_ref().unwrap().contains("hand the file in again"));
    assert_eq!(node.catalog.run(&settled[0].id).await.unwrap().unwrap(), settled[0]);
    assert!(node.intake.recover(now()).await.unwrap().is_empty());
    assert_eq!(node.load("series", "a.csv", CSV, None).await.unwrap().run.version, Some(Version(1)));
}

#[tokio::test]
async fn a_run_that_was_cut_off_behind_its_commit_is_done_with_its_version() {
    let node = Node::new().await;
    // A load with its records taken back: what a crash between commit and record leaves.
    let report = node.load("series", "a.csv", CSV, None).await.unwrap();
    let run = left_running("0198a000-0000-7000-8000-000000000002");
    node.catalog.open_run(&run).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let stream = node.catalog.datastreams(permit.dataset()).await.unwrap()[0].clone();
    let key = DatastreamKey { period: "P1D".into(), ..stream.key };
    let batch = one_row(key.id().0);
    node.catalog.register_datastreams(&[key]).await.unwrap();
    node.lake.create_table(&permit, TableSchema::Observations).await.unwrap();
    node.lake
        .commit(&permit, NewRows { run: run.id.clone(), rows: vec![batch], committed_at: now() })
        .await
        .unwrap();

    let settled = node.intake.recover(now()).await.unwrap();
    assert_eq!(settled.len(), 1);
    let settled = &settled[0];
    assert_eq!((settled.state, settled.version, settled.totals.added), (RunState::Done, Some(Version(2)), 1));
    let version = node.catalog.latest_version(&run.dataset).await.unwrap().unwrap();
    assert_eq!((version.version, version.run, version.added, version.total), (Version(2), run.id, 1, 2));
    assert_eq!(report.run.version, Some(Version(1)));
}

#[tokio::test]
async fn a_withdrawal_that_was_cut_off_behind_its_commit_keeps_its_counts() {
    let node = Node::new().await;
    let csv = |days: &[(u32, u32)]| {
        let rows = days.iter().map(|(day, value)| format!("Tân Châu,2020-02-{day:02},{value}\n"));
        "Trạm,Ngày,Mực nước (cm)\n".to_owned() + &rows.collect::<String>()
    };
    node.load("series", "a.csv", csv(&[(1, 100), (2, 101), (3, 102)]), None).await.unwrap();
    let wrong =
        node.load("series", "b.csv", csv(&[(2, 111), (3, 112), (4, 113), (5, 114)]), None).await.unwrap();
    node.load("series", "c.csv", csv(&[(3, 122)]), None).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let (run, note) = node.intake.withdraw(&permit, &wrong.run.id, "sai mốc", now()).await.unwrap();
    assert_eq!((note.removed, note.restored, note.kept), (2, 1, 1));

    // What a crash between the commit and its record leaves: the run as it was opened, a note without counts.
    let empty = catalog::RunNote { removed: 0, restored: 0, kept: 0, ..note.clone() };
    node.catalog.put_run_note(&empty).await.unwrap();
    let running = Run {
        state: RunState::Running,
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        ..run.clone()
    };
    node.catalog.update_run(&running).await.unwrap();
    let settled = node.intake.recover(now()).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(
        (settled[0].state, settled[0].version, settled[0].totals),
        (RunState::Done, run.version, run.totals)
    );
    assert_eq!(node.catalog.run_note(&run.id).await.unwrap().unwrap(), note);
}

fn one_row(datastream: i64) -> arrow::array::RecordBatch {
    use arrow::array::*;
    use std::sync::Arc;
    let time = |us: Option<i64>| {
        Arc::new(TimestampMicrosecondArray::from(vec![us]).with_timezone("UTC")) as ArrayRef
    };
    let schema = lake::observations::schema();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![datastream])),
        time(Some(0)),
        time(None),
        Arc::new(Float64Array::from(vec![1.0])),
        Arc::new(StringArray::from(vec![None::<&str>])),
        Arc::new(Int8Array::from(vec![1])),
        Arc::new(StringArray::from(vec![None::<&str>])),
        Arc::new(StringArray::from(vec!["0198a000-0000-7000-8000-000000000002"])),
        Arc::new(Int16Array::from(vec![0])),
        Arc::new(Int32Array::from(vec![2])),
        Arc::new(Int16Array::from(vec![3])),
        time(Some(now().timestamp_micros())),
    ];
    RecordBatch::try_new(schema, columns).unwrap()
}

#[tokio::test]
async fn a_load_that_is_given_up_half_way_is_failed_and_leaves_nothing() {
    let node = Node::new().await;
    let permit = node.permit("series", Purpose::Write).await;
    let begun = futures::stream::iter([Ok(bytes::Bytes::from_static(CSV.as_bytes()))])
        .chain(futures::stream::pending());
    let request =
        Load { file_name: "a.csv".into(), body: begun.boxed(), mapping: None, dry_run: false, now: now() };
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let progress = move |step| {
        let _ = told.send(step);
    };
    {
        let load = node.intake.load(&permit, request, &progress);
        tokio::select! {
            _ = load => panic!("a body that never ends was loaded"),
            step = heard.recv() => assert!(step.is_some()),
        }
    }
    let run = node.catalog.unfinished_runs().await.unwrap().pop();
    // The settling is a task of its own: it is there as soon as the run is no longer running.
    if let Some(run) = run {
        while node.catalog.run(&run.id).await.unwrap().unwrap().state == RunState::Running {
            tokio::task::yield_now().await;
        }
    }
    let runs = node.catalog.runs(permit.dataset(), 10).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].state, runs[0].original.clone()), (RunState::Failed, None));
    assert!(node.values("series").await.is_empty());
    assert_eq!(node.load("series", "a.csv", CSV, None).await.unwrap().run.version, Some(Version(1)));
}
