//! Every real file of the region: it goes in as an independent reading says, or the refusal names what a person must decide.
//!
//! `tests/judge/independent.py` and `tests/judge/things.py` are that reading, and the tables beside them
//! what it found; `tests/judge/decided.toml` and [`cases`] are what a person decides. The table of results
//! is `docs/real-files.md`; the test fails when it is out of date; `UPDATE_SCHEMAS=1` writes the new one.

pub mod cases;
mod tables;
mod things;

pub use tables::decided;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::node::Node;

/// A file of the judge's own folder.
fn own(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(name)).unwrap()
}

/// The folder of the real files, and what has been found of them.
struct Judge {
    node: Node,
    folder: PathBuf,
    /// The lines of the table, by the file and its table.
    rows: Vec<(String, String)>,
    problems: Vec<String>,
    /// Files, and the tables of workbooks as `file|sheet`, of which something was found.
    judged: BTreeSet<String>,
    datasets: u32,
}

impl Judge {
    fn bytes(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// A dataset of its own.
    async fn dataset(&mut self, kind: model::DatasetKind) -> String {
        self.datasets += 1;
        let id = format!("judge_{}", self.datasets);
        self.node.dataset(&id, kind).await;
        id
    }

    fn found(&mut self, file: &str, result: String) {
        self.rows.push((file.replace('|', ": "), result));
    }
}

/// The name of a file without its folder.
fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("CUULONG_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: CUULONG_REAL_DATA does not name the folder of real files");
    }
    folder
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[tokio::test]
async fn every_real_file_goes_in_as_it_is_or_says_what_to_decide() {
    let Some(folder) = folder() else { return };
    let mut judge = Judge {
        node: Node::new().await,
        folder,
        rows: Vec::new(),
        problems: Vec::new(),
        judged: BTreeSet::new(),
        datasets: 0,
    };
    tables::judge(&mut judge).await;
    let tables = std::mem::take(&mut judge.rows);
    things::judge(&mut judge).await;
    let things = std::mem::take(&mut judge.rows);
    let missing = not_judged(&judge);
    judge.problems.extend(missing.into_iter().map(|file| format!("{file}: nothing was found of it")));
    let problems = &judge.problems;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n\n"));
    keep(tables, things);
}

/// Files of the folder, and sheets of its workbooks, that no line is about.
fn not_judged(judge: &Judge) -> Vec<String> {
    let mut folders = vec![judge.folder.clone()];
    let mut missing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let file = path.strip_prefix(&judge.folder).unwrap().to_str().unwrap().to_owned();
            let is_book = [".xls", ".xlsx"].iter().any(|end| file.ends_with(end));
            // What the folder says of itself is no file of an agency.
            if file == "README.md" {
                continue;
            }
            if !is_book {
                missing.extend(Some(file).filter(|file| !judge.judged.contains(file)));
                continue;
            }
            let format = formats::detect_file(&file, &path).unwrap();
            let table = formats::open_table(&path, &format, &formats::Limits::default()).unwrap();
            let sheets = table.sheets().iter().map(|sheet| format!("{file}|{}", sheet.trim()));
            missing.extend(sheets.filter(|sheet| !judge.judged.contains(sheet)));
        }
    }
    missing.sort();
    missing
}

/// A text on one line of a table.
fn short(text: &str) -> String {
    const MOST: usize = 420;
    let one: String = text.replace('|', "/").split_whitespace().collect::<Vec<_>>().join(" ");
    if one.chars().count() <= MOST { one } else { one.chars().take(MOST - 1).chain(['…']).collect() }
}

/// Compares the tables of results with those in the documentation.
fn keep(mut tables: Vec<(String, String)>, mut things: Vec<(String, String)>) {
    let mut page = String::from(
        "# Real files, and what becomes of them\n\nFiles of agencies as they were found, all of a folder, taken in by the test `every_real_file_goes_in_as_it_is_or_says_what_to_decide`. The test writes this page; the files are not part of the project.\n\n## Tables of observations\n\nA table that goes in has the counts, sums, extremes and five cells that an independent reading gives (`crates/intake/tests/judge/independent.py`). *guessed*: without a mapping; *asked*: the guess named what a person must confirm, and the mapping of the test confirms it; *registered*: the person registers places or properties first. A table that is *to be decided* says what is missing. Slips in the files that are refused stand in `crates/intake/tests/judge/slips.csv`, each by its cell.\n\n| file | result | values | mapping | left out or noted |\n| --- | --- | --- | --- | --- |\n",
    );
    let lines = |page: &mut String, rows: &mut Vec<(String, String)>| {
        rows.sort();
        for (file, result) in rows {
            page.push_str(&format!("| `{file}` | {result} |\n"));
        }
    };
    lines(&mut page, &mut tables);
    page.push_str(
        "\n## Features and rasters\n\nA file that goes in has as many features, corners and square degrees, and five boxes (or as many pixels with a value, their sum, extremes and five of them) as an independent reading gives (`crates/intake/tests/judge/things.py`).\n\n| file | result | count | mapping | left out or noted |\n| --- | --- | --- | --- | --- |\n",
    );
    lines(&mut page, &mut things);
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
