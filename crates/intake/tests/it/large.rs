//! Files with more values than are held in memory: the same comes of them as of others, whatever is in them.

use std::fmt::Write;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::TimeDelta;
use intake::{Error, IntakeLimits, Report};
use lake::{AsOf, SeriesRead};
use model::{Finding, RunState, RunTotals, TimeRange, Version};
use policy::Purpose;

use crate::node::{Node, now};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "Trạm"
kind = "station"
[time]
columns = ["Thời gian"]
[quality]
column = "Cờ"
[[value]]
column = "Mực nước"
property = "water_level"
unit = "cm"
[[value]]
column = "Mặn"
property = "salinity"
unit = "g/L"
"#;

/// Stations that are compared with each other, of which datastreams lie in different parts.
const LIMITS: &str = r#"
version = 1
[[limit]]
property = "water_level"
neighbours = ["station:tan_chau", "station:chau_doc", "station:can_tho", "station:my_thuan", "station:cao_lanh"]
neighbour_sigma = 1.5
"#;

const STATIONS: [&str; 7] =
    ["Tân Châu", "Châu Đốc", "Cần Thơ", "Mỹ Thuận", "Cao Lãnh", "Trà Vinh", "Vàm Kênh"];

/// A few hundred values a station with all that a file may have: what is out of order, twice (with the same and
/// with another value, near and far), not a number, below a limit, beyond the range, at no known place; spikes,
/// flat lines, gaps and flags of the source.
fn file(hours: usize, change: i64) -> String {
    let mut csv = String::from("Trạm,Thời gian,Mực nước,Mặn,Cờ\n");
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for n in 0..hours {
        // Every thirteenth reading comes late, so that no series is in order.
        let hour = if n % 13 == 5 { n.saturating_sub(4) } else { n };
        for (at, station) in STATIONS.iter().enumerate() {
            if (n + at) % 37 == 3 {
                continue;
            }
            let station = if (n * 7 + at) % 97 == 1 { "Nơi Nào" } else { station };
            let level = 100 + i64::try_from(n % 12 * 5 + at).unwrap() + change * i64::from(n % 3 == 0);
            let level = match next(60) {
                0 => "nhiều".to_owned(),
                1 => "5000".to_owned(),
                2 => (level + 190).to_string(),
                3 => String::new(),
                _ => level.to_string(),
            };
            let salinity = match next(40) {
                0 => "<0,05".to_owned(),
                1 => "vết".to_owned(),
                2 => "38.5".to_owned(),
                _ => format!("{}.{}", 2 + n % 5, at),
            };
            let flag = ["1", "1", "1", "3", "?"][usize::try_from(next(5)).unwrap()];
            let (day, hour) = (1 + hour / 24, hour % 24);
            writeln!(csv, "{station},2020-01-{day:02} {hour:02}:00,{level},{salinity},{flag}").unwrap();
        }
    }
    csv
}

/// Every column of every row but for who brought it when.
async fn rows(node: &Node, at: AsOf) -> Vec<String> {
    let permit = node.permit("series", Purpose::Read).await;
    let streams = node.catalog.datastreams(permit.dataset()).await.unwrap();
    let mut datastreams: Vec<i64> = streams.iter().map(|stream| stream.id.0).collect();
    datastreams.sort_unstable();
    let snapshot = node.lake.snapshot(&permit, at).await.unwrap();
    let (time, results) = (TimeRange::ALL, lake::ResultRange::ALL);
    let read = SeriesRead { datastreams, time, columns: None, limit: None, results };
    let mut rows = Vec::new();
    for batch in node.lake.read_series(&permit, &snapshot, read).await.unwrap() {
        let schema = batch.schema();
        let own = |name: &str| !matches!(name, "run" | "recorded_at");
        let own: Vec<usize> = (0..batch.num_columns()).filter(|at| own(schema.field(*at).name())).collect();
        let options = FormatOptions::default().with_null("-");
        let cells: Vec<ArrayFormatter<'_>> =
            own.iter().map(|at| ArrayFormatter::try_new(batch.column(*at), &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            rows.push(cells.iter().map(|cell| cell.value(row).to_string()).collect::<Vec<_>>().join(" | "));
        }
    }
    rows
}

/// What is told of a load.
#[derive(Debug, PartialEq)]
struct Told {
    state: RunState,
    totals: RunTotals,
    version: Option<Version>,
    findings_total: u64,
    findings: Vec<Finding>,
    corrections: Vec<String>,
}

async fn told(node: &Node, report: &Report) -> Told {
    let correction = |c: &intake::Correction| {
        format!("{} {} {} → {} {}", c.datastream.place, c.time, c.before, c.after, c.cell.a1())
    };
    Told {
        state: report.run.state,
        totals: report.run.totals,
        version: report.run.version,
        findings_total: report.findings_total,
        findings: node.catalog.findings(&report.run.id, 0, 1_000_000).await.unwrap().0,
        corrections: report.corrections.iter().map(correction).collect(),
    }
}

/// Few values in memory: runs of a few hundred, parts of less than one series.
fn few() -> IntakeLimits {
    IntakeLimits { values_in_memory: 500, ..IntakeLimits::default() }
}

async fn loads(node: &Node) -> Vec<Told> {
    let permit = node.permit("series", Purpose::Write).await;
    node.intake.save_limits(&permit, LIMITS, now()).await.unwrap();
    let (first, second) = (file(300, 0), file(400, 2));
    let mut all = Vec::new();
    for (text, dry_run) in
        [(&first, true), (&first, false), (&second, true), (&second, false), (&second, false)]
    {
        let text = text.clone().into_bytes();
        let report = node.load_as("series", "mực nước.csv", text, Some(MAPPING), dry_run).await.unwrap();
        all.push(told(node, &report).await);
    }
    all
}

#[tokio::test]
async fn rows_flags_findings_and_counts_are_those_of_a_file_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (in_memory, on_disk) =
        (Node::new().await, Node::with(IntakeLimits { work_folder: folder.path().into(), ..few() }).await);
    let (expected, found) = (loads(&in_memory).await, loads(&on_disk).await);
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found.totals, expected.totals);
        for (found, expected) in found.findings.iter().zip(&expected.findings) {
            assert_eq!(found, expected);
        }
        assert_eq!(found, expected);
    }
    // The file has what it is to be tried with.
    let Told { totals, findings, .. } = &found[1];
    let codes = ["duplicate_key", "duplicate_value", "not_a_number", "out_of_range", "quality_suspect"];
    for code in codes.into_iter().chain(["quality_fail", "unknown_place", "unknown_flag"]) {
        assert!(findings.iter().any(|finding| finding.code == code), "no {code}");
    }
    assert!(totals.added > 2000 && totals.refused_rows > 0, "{totals:?}");
    assert!(found[3].totals.corrected > 100 && found[3].totals.unchanged > 100, "{:?}", found[3].totals);
    assert!(!found[2].corrections.is_empty());
    assert_eq!(found[4].version, None, "the same again changes nothing");
    for at in [AsOf::Version(Version(1)), AsOf::Version(Version(2)), AsOf::Latest] {
        let (expected, found) = (rows(&in_memory, at).await, rows(&on_disk, at).await);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().any(|row| row.contains("neighbor:3")), "no neighbour was compared");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left on the disk");
}

#[tokio::test]
async fn the_first_findings_are_kept_and_the_rest_are_counted_as_of_a_file_in_memory() {
    for max_findings in [20, 150, 400] {
        let limits = IntakeLimits { max_findings, ..IntakeLimits::default() };
        let (in_memory, on_disk) =
            (Node::with(limits).await, Node::with(IntakeLimits { max_findings, ..few() }).await);
        assert_eq!(loads(&on_disk).await, loads(&in_memory).await);
    }
}

#[tokio::test]
async fn a_datastream_with_too_many_values_is_refused_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let limits = IntakeLimits { max_values: 250, work_folder: folder.path().into(), ..few() };
    let node = Node::with(limits).await;
    let error = node.load("series", "a.csv", file(300, 0), Some(MAPPING)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Limit { limit, .. } if limit.to_string().starts_with("250")),
        "{error:?}"
    );
    assert!(node.values("series").await.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // Many values of many datastreams are no reason.
    let report = node.load("series", "a.csv", file(200, 0), Some(MAPPING)).await.unwrap();
    assert!(report.run.totals.added > 1000, "{:?}", report.run.totals);
}

#[tokio::test]
async fn a_wide_file_in_order_goes_in_as_one_in_memory() {
    let mapping = r#"
version = 1
kind = "observations"
[time]
columns = ["Ngày"]
[[value]]
column = "Tân Châu"
property = "water_level"
unit = "cm"
place = "station:tan_chau"
[[value]]
column = "Cần Thơ"
property = "water_level"
unit = "cm"
place = "station:can_tho"
"#;
    let (in_memory, on_disk) = (Node::new().await, Node::with(few()).await);
    let mut csv = String::from("Ngày,Tân Châu,Cần Thơ\n");
    let first = now().date_naive() - TimeDelta::days(900);
    for (day, date) in first.iter_days().take(800).enumerate() {
        writeln!(csv, "{date},{},{}", day % 90, day % 80).unwrap();
    }
    let mut all = Vec::new();
    for node in [&in_memory, &on_disk] {
        let report = node.load("series", "a.csv", csv.clone(), Some(mapping)).await.unwrap();
        assert_eq!(report.run.totals.added, 1600);
        all.push((told(node, &report).await, rows(node, AsOf::Latest).await));
    }
    assert_eq!(all[0], all[1]);
}
