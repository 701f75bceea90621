//! Every real file of the region: it goes in as an independent reading says, or the refusal names what a person must decide.
//!
//! `tests/judge/independent.py` is that reading, and `tests/judge/expected.csv` what it found. The table
//! of results is `docs/real-files.md`; the test fails when it is out of date; `UPDATE_SCHEMAS=1` writes
//! the new one.

pub mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use intake::Error;
use model::DatasetKind;

use crate::node::{Node, Stored};

/// A file of the judge's own folder.
fn own(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(name)).unwrap()
}

/// What stands in `workbooks.toml`: old workbooks and the mapping that a person would confirm for each.
#[derive(serde::Deserialize)]
struct Workbooks {
    case: Vec<Workbook>,
    refused: Vec<RefusedWorkbook>,
}

#[derive(serde::Deserialize)]
struct Workbook {
    files: Vec<String>,
    mapping: String,
}

#[derive(serde::Deserialize)]
struct RefusedWorkbook {
    files: Vec<String>,
    words: Vec<String>,
}

/// What the independent reading found in a file.
struct Expected {
    count: usize,
    sum: f64,
    least: f64,
    most: f64,
    cells: Vec<String>,
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CUULONG_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: CUULONG_REAL_DATA does not name the folder of real files");
    }
    folder
}

fn expected() -> BTreeMap<String, Expected> {
    let text = own("expected.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let number = |at: usize| row[at].parse().unwrap();
        let cells = serde_json::from_str(&row[5]).unwrap();
        let (sum, least, most) = (number(2), number(3), number(4));
        (row[0].to_owned(), Expected { count: row[1].parse().unwrap(), sum, least, most, cells })
    });
    rows.collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// In what the stored values differ from those of the independent reading.
fn differs(values: &[Stored], expected: &Expected) -> Option<String> {
    let results = || values.iter().map(|value| value.result);
    if values.len() != expected.count {
        return Some(format!("{} values, not {}", values.len(), expected.count));
    }
    let found = [
        ("sum", results().sum(), expected.sum),
        ("least", results().fold(f64::INFINITY, f64::min), expected.least),
        ("most", results().fold(f64::NEG_INFINITY, f64::max), expected.most),
    ];
    if let Some((what, ours, theirs)) = found.into_iter().find(|(_, ours, theirs)| !close(*ours, *theirs)) {
        return Some(format!("the {what} is {ours}, not {theirs}"));
    }
    expected.cells.iter().find_map(|cell| {
        let [place, property, statistic, period, time, value] = cell.split('|').collect::<Vec<_>>()[..]
        else {
            return Some(format!("`{cell}` is no cell"));
        };
        let at = match time.len() {
            10 => model::local_midnight(time.parse().unwrap()),
            _ => model::parse_instant(time).unwrap(),
        };
        let found = values.iter().find(|stored| {
            let key = &stored.key;
            stored.time == at
                && key.place.as_str() == place
                && key.property.as_str() == property
                && key.statistic.code() == statistic
                && key.period == period
        });
        let value: f64 = value.parse().unwrap();
        let is_there = found.is_some_and(|found| close(found.result, value));
        (!is_there).then(|| format!("{cell} is {found:?}; the first is {:?}", values.first()))
    })
}

#[tokio::test]
async fn every_real_file_goes_in_as_it_is_or_says_what_to_decide() {
    let Some(folder) = folder() else { return };
    let node = Node::new().await;
    let expected = expected();
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut problems: Vec<String> = Vec::new();
    let mut number = 0;
    let workbooks: Workbooks = toml::from_str(&own("workbooks.toml")).unwrap();
    let of_workbooks = workbooks.case.iter().flat_map(|case| {
        case.files.iter().map(|file| cases::Case { file: file.clone(), mapping: case.mapping.clone() })
    });
    for case in cases::cases().into_iter().chain(of_workbooks) {
        // `file|sheets`: a file of which some sheets go in under one mapping and others under another.
        let path = case.file.split('|').next().unwrap_or_default();
        let bytes = std::fs::read(folder.join(path)).unwrap();
        let name = Path::new(path).file_name().unwrap().to_str().unwrap();
        number += 1;
        let dataset = format!("judge_{number}");
        node.dataset(&dataset, DatasetKind::Observations).await;
        let (report, said) = match node.load(&dataset, name, bytes.clone(), None).await {
            Ok(report) => (report, "guessed".to_owned()),
            Err(Error::Unmapped { missing, .. }) => {
                let mapping = format!("version = 1\nkind = \"observations\"\n{}", case.mapping);
                let report = node.load(&dataset, name, bytes, Some(&mapping)).await;
                match report {
                    Ok(report) => (report, format!("asked: {}", short(&missing))),
                    Err(error) => {
                        problems.push(format!("{}: {error:?}\n{missing}", case.file));
                        continue;
                    }
                }
            }
            Err(error) => panic!("{}: {error:?}", case.file),
        };
        let values = node.values(&dataset).await;
        let Some(expected) = expected.get(&case.file) else {
            panic!("no independent reading of {}", case.file)
        };
        let refused = report.findings.iter().filter(|finding| finding.severity == model::Severity::Refused);
        let by_name = |finding: &&model::Finding| match finding.code.as_str() {
            "unknown_place" => cases::UNKNOWN.contains(&finding.value.as_str()),
            "out_of_range" => cases::SLIPS.contains(&finding.value.as_str()),
            _ => false,
        };
        let other: Vec<_> = refused.filter(|finding| !by_name(finding)).take(3).collect();
        if !other.is_empty() {
            problems.push(format!("{}: {other:?}\n{}", case.file, report.mapping));
        }
        if let Some(wrong) = differs(&values, expected) {
            problems.push(format!("{}: {wrong}\n{}", case.file, report.mapping));
        }
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &report.findings {
            *left.entry(finding.code.as_str()).or_default() += 1;
        }
        let left: Vec<String> = left.iter().map(|(code, count)| format!("{count} × `{code}`")).collect();
        rows.push((
            case.file.replace('|', ": "),
            format!("in | {} | {said} | {}", values.len(), left.join(", ")),
        ));
    }
    let named = cases::REFUSED.iter().map(|(file, words)| {
        ((*file).to_owned(), words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    });
    let of_workbooks = workbooks
        .refused
        .iter()
        .flat_map(|refused| refused.files.iter().map(|file| (file.clone(), refused.words.clone())));
    for (file, words) in named.chain(of_workbooks) {
        let bytes = std::fs::read(folder.join(&file)).unwrap();
        let name = Path::new(&file).file_name().unwrap().to_str().unwrap();
        let refusal = node.load("series", name, bytes, None).await;
        let Err(Error::Unmapped { missing, example }) = &refusal else {
            problems.push(format!("{file}: {refusal:?}"));
            continue;
        };
        let is_named = words.iter().all(|word| missing.contains(word.as_str()));
        if !is_named || !(example.contains("FILL IN") || example.contains("CONFIRM")) {
            problems.push(format!("{file}: {missing}\n{example}"));
        }
        rows.push((file, format!("to be decided | 0 | {} | ", short(missing))));
    }
    assert!(problems.is_empty(), "{} files:\n{}", problems.len(), problems.join("\n\n"));
    rows.sort();
    keep(&rows);
}

fn short(text: &str) -> String {
    let one: String = text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ");
    if one.chars().count() <= 220 { one } else { one.chars().take(219).chain(['…']).collect() }
}

/// Compares the table of results with the one in the documentation.
fn keep(rows: &[(String, String)]) {
    let mut page = String::from(
        "# Real files, and what becomes of them\n\nTables of agencies as they were found, taken in by the test `every_real_file_goes_in_as_it_is_or_says_what_to_decide`. A file that goes in has the counts, sums, extremes and five cells that an independent reading gives (`crates/intake/tests/judge/independent.py`). *guessed*: without a mapping; *asked*: the guess named what a person must confirm, and the mapping of the test confirms it. A file that is *to be decided* says what is missing. The test writes this page; the files are not part of the project.\n\n| file | result | values | mapping | left out or noted |\n| --- | --- | --- | --- | --- |\n",
    );
    for (file, result) in rows {
        page.push_str(&format!("| `{file}` | {result} |\n"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("docs/real-files.md");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == page,
        "docs/real-files.md is out of date: renew it with `UPDATE_SCHEMAS=1`, and read what changed"
    );
}
