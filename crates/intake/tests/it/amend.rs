//! Corrections before they are made, runs that are withdrawn, and values that are tested again.

use intake::Error;
use model::{RunId, RunKind, RunState, Version};
use policy::Purpose;

use crate::node::{Node, now, told};
use crate::numbers::stored;

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
value = "station:can_tho"
[time]
columns = ["t"]
[[value]]
column = "v"
property = "water_level"
unit = "cm"
"#;

/// Hourly levels from midnight of 1 February 2020 on.
fn hourly(first: usize, values: &[f64]) -> String {
    let mut csv = String::from("t,v\n");
    for (n, value) in values.iter().enumerate() {
        let hour = first + n;
        csv.push_str(&format!("2020-02-{:02}T{:02}:00:00+07:00,{value}\n", 1 + hour / 24, hour % 24));
    }
    csv
}

async fn results(node: &Node) -> Vec<f64> {
    node.values("series").await.iter().map(|value| value.result).collect()
}

#[tokio::test]
async fn a_dry_run_shows_old_beside_new_for_every_cell_that_it_would_correct() {
    let node = Node::new().await;
    let first = node.load("series", "a.csv", hourly(0, &[100.0, 101.0, 102.0]), Some(MAPPING)).await.unwrap();
    assert!(first.corrections.is_empty());
    let second = hourly(0, &[100.0, 111.0, 112.0, 113.0]);
    let dry = node.load_as("series", "b.csv", second.into(), Some(MAPPING), true).await.unwrap();
    let totals = dry.run.totals;
    assert_eq!((totals.added, totals.corrected, totals.unchanged), (1, 2, 1));
    let shown: Vec<_> = dry
        .corrections
        .iter()
        .map(|c| (c.cell.a1(), c.before.as_str(), c.after.as_str(), c.time.to_rfc3339(), c.run.clone()))
        .collect();
    let run = first.run.id.clone();
    assert_eq!(
        shown,
        [
            ("B3".to_owned(), "101", "111", "2020-01-31T18:00:00+00:00".to_owned(), run.clone()),
            ("B4".to_owned(), "102", "112", "2020-01-31T19:00:00+00:00".to_owned(), run),
        ]
    );
    assert_eq!(results(&node).await, [100.0, 101.0, 102.0]);
}

#[tokio::test]
async fn a_withdrawn_run_is_a_version_of_its_own_with_its_reason() {
    let node = Node::new().await;
    node.load("series", "a.csv", hourly(0, &[100.0, 101.0, 102.0]), Some(MAPPING)).await.unwrap();
    let wrong = node.load("series", "b.csv", hourly(1, &[111.0, 112.0, 113.0]), None).await.unwrap();
    node.load("series", "c.csv", hourly(2, &[122.0]), None).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let (run, note) = node.intake.withdraw(&permit, &wrong.run.id, " sai mốc cao độ ", now()).await.unwrap();
    assert_eq!((run.kind, run.state, run.version), (RunKind::Withdrawal, RunState::Done, Some(Version(4))));
    assert_eq!((note.removed, note.restored, note.kept), (1, 1, 1));
    assert_eq!((note.withdraws.as_ref(), note.reason.as_str()), (Some(&wrong.run.id), "sai mốc cao độ"));
    assert_eq!(results(&node).await, [100.0, 101.0, 122.0]);
    assert_eq!(node.catalog.run(&run.id).await.unwrap().unwrap(), run);
    assert_eq!(node.catalog.run_note(&run.id).await.unwrap().unwrap(), note);
    let version = node.catalog.latest_version(permit.dataset()).await.unwrap().unwrap();
    assert_eq!((version.version, version.total, version.run), (Version(4), 3, run.id.clone()));
    assert_eq!(node.catalog.withdrawn_by(&wrong.run.id).await.unwrap(), Some(run.id.clone()));

    let again = node.intake.withdraw(&permit, &wrong.run.id, "lần nữa", now()).await.unwrap_err();
    assert!(matches!(again, Error::Conflict { .. }), "{again}");
    let of_itself = node.intake.withdraw(&permit, &run.id, "nhầm", now()).await.unwrap_err();
    assert!(matches!(of_itself, Error::Invalid { .. }), "{of_itself}");
    let silent = node.intake.withdraw(&permit, &wrong.run.id, "  ", now()).await.unwrap_err();
    assert!(silent.to_string().contains("reason"), "{silent}");
    let nobody = RunId::new("019a0000-0000-7000-8000-000000000001").unwrap();
    let unknown = node.intake.withdraw(&permit, &nobody, "x", now()).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
}

#[tokio::test]
async fn values_are_tested_as_they_come_in_and_never_changed() {
    let node = Node::new().await;
    // Cần Thơ belongs to the middle reach: spikes from 20 and 45 cm, range −220 … 350 cm.
    let csv = hourly(0, &[100.0, 102.0, 104.0, 190.0, 106.0, 107.0, 400.0]);
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    let flags: Vec<i8> = stored(&node).await.iter().map(|value| value.2).collect();
    assert_eq!(flags, [1, 1, 1, 4, 1, 1, 4]);
    assert_eq!(results(&node).await[3], 190.0, "what was measured stays");
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["quality_fail", "quality_fail"]);
    assert_eq!(report.findings[0].cell.a1(), "B5");
    assert_eq!(report.run.totals.warnings, 2);
    assert_eq!(
        stored(&node).await[3].3.as_deref(),
        Some("gross_range:1 spike:4 rate_of_change:4 flat_line:1 gap:1")
    );
}

#[tokio::test]
async fn the_worked_example_of_the_spike_fails_alone() {
    let node = Node::new().await;
    // Against the mean of its neighbours 1.95 m is 62.5 cm off; they seem 30.5 and 32 cm off, and are not.
    let csv = hourly(0, &[120.0, 124.0, 129.0, 195.0, 136.0, 141.0]);
    node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    let stored = stored(&node).await;
    assert_eq!(stored.iter().map(|value| value.2).collect::<Vec<_>>(), [1, 1, 1, 4, 1, 1]);
    // A flag for each test beside the aggregate, and the raw value as it was.
    assert!(stored[3].3.as_deref().unwrap().contains("spike:4"), "{stored:?}");
    assert_eq!(stored[3].0, Some(195.0));
}

#[tokio::test]
async fn a_time_may_lie_ahead_of_the_clock_by_ten_minutes() {
    let node = Node::new().await;
    let csv = "t,v\n2026-03-01T07:09:00+07:00,100\n2026-03-01T07:11:00+07:00,101\n";
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    assert_eq!(told(&report.findings), [("future_time", "A3".into(), "2026-03-01T07:11:00+07:00")]);
    assert_eq!(report.run.totals.added, 1);
}

#[tokio::test]
async fn a_test_looks_back_over_the_files_before() {
    let node = Node::new().await;
    node.load("series", "a.csv", hourly(0, &[100.0, 102.0, 104.0]), Some(MAPPING)).await.unwrap();
    // Alone, the two new values would show no spike and no rate.
    let next = node.load("series", "b.csv", hourly(3, &[190.0, 106.0]), None).await.unwrap();
    assert_eq!(told(&next.findings).iter().map(|(code, ..)| *code).collect::<Vec<_>>(), ["quality_fail"]);
    // A record that does not move is seen although each file brings few values.
    for hour in 5..12 {
        node.load("series", "c.csv", hourly(hour, &[107.0]), None).await.unwrap();
    }
    let last = stored(&node).await.last().unwrap().clone();
    assert_eq!(last.2, 3, "{last:?}");
    assert!(last.3.as_deref().unwrap().contains("flat_line:3"), "{last:?}");
}

#[tokio::test]
async fn new_limits_make_a_version_in_which_only_flags_change() {
    let node = Node::new().await;
    let csv = hourly(0, &[100.0, 102.0, 104.0, 190.0, 106.0, 107.0]);
    node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let limits = r#"
version = 1
[[limit]]
property = "water_level"
place = "station:can_tho"
suspect = [-300, 105]
spike = [200, 300]
rate = [200, 300]
gap = "PT12H"
"#;
    assert_eq!(node.intake.save_limits(&permit, limits, now()).await.unwrap(), 1);
    let (run, note) = node.intake.recheck(&permit, now()).await.unwrap();
    assert_eq!((run.kind, run.state, run.version), (RunKind::Recheck, RunState::Done, Some(Version(2))));
    assert_eq!((note.quality, run.totals.rows), (Some(1), 6));
    let flags: Vec<i8> = stored(&node).await.iter().map(|value| value.2).collect();
    assert_eq!(flags, [1, 1, 1, 3, 3, 3]);
    assert_eq!(results(&node).await, [100.0, 102.0, 104.0, 190.0, 106.0, 107.0]);
    let version = node.catalog.latest_version(permit.dataset()).await.unwrap().unwrap();
    assert_eq!((version.added, version.corrected, version.total), (0, 0, 6));
    // Again, nothing changes.
    let (run, note) = node.intake.recheck(&permit, now()).await.unwrap();
    assert_eq!((run.version, note.flagged), (None, 0));
    // The next file is tested by them too.
    let next = node.load("series", "b.csv", hourly(6, &[120.0]), None).await.unwrap();
    assert_eq!(next.findings[0].code, "quality_suspect");
    for (text, part) in [
        ("version = 2", "version"),
        ("version = 1\n[[limit]]\nproperty = \"nothing\"", "nothing"),
        ("version = 1\n[[limit]]\nproperty = \"salinity\"\nspike = [5, 1]", "spike"),
        ("version = 1\n[[limit]]\nproperty = \"salinity\"\ngap = \"3 h\"", "gap"),
        ("version = 1\n[[limit]]\nproperty = \"salinity\"\nneighbours = [\"station:can_tho\"]", "neighbours"),
        ("version = 1\n[[limit]]\nproperty = \"salinity\"\nclass = \"x\"", "class"),
        ("version = 1\nwhat = 1", "line 2"),
    ] {
        let error = node.intake.save_limits(&permit, text, now()).await.unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}
