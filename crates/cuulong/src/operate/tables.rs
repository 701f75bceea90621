//! A table as its log tells it, entry by entry: which files each version needs, and how many rows it
//! has. Read as the Delta protocol writes it ("Actions"), so that what is damaged has a name even
//! where the table itself can no longer be opened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableFile {
    /// Its name in the table's folder.
    pub(crate) name: String,
    pub(crate) size: u64,
    /// Its SHA-256, where it was recorded.
    pub(crate) sha256: Option<String>,
    rows: u64,
    added: u64,
    removed: Option<u64>,
}

/// What the entries of a log came to.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    files: BTreeMap<String, TableFile>,
    rows: i128,
    totals: BTreeMap<u64, i128>,
    /// The run that made each version.
    runs: BTreeMap<u64, String>,
    /// The first version that is kept whatever happens, when earlier ones have been given up.
    kept_from: u64,
}

impl Replay {
    /// Takes the next entry. An error says what is wrong with it.
    pub(crate) fn entry(&mut self, version: u64, bytes: &[u8]) -> Result<(), String> {
        lake::check_log_entry(bytes)?;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let action: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            if let Some(add) = action.get("add") {
                self.add(version, add).ok_or("an `add` without path, size or rows")?;
            }
            match action["txn"]["appId"].as_str() {
                Some("cuulong.horizon") => {
                    let from = action["txn"]["version"].as_u64().ok_or("a `txn` without a version")?;
                    self.kept_from = self.kept_from.max(from);
                }
                Some(run) => {
                    self.runs.insert(version, run.to_owned());
                }
                None => {}
            }
            if let Some(remove) = action.get("remove") {
                let name = remove["path"].as_str().ok_or("a `remove` without a path")?;
                let file =
                    self.files.get_mut(name).ok_or("it removes a file that the table does not have")?;
                file.removed = Some(version);
                self.rows -= i128::from(file.rows);
            }
        }
        self.totals.insert(version, self.rows);
        Ok(())
    }

    fn add(&mut self, version: u64, add: &Value) -> Option<()> {
        let name = add["path"].as_str()?.to_owned();
        let size = add["size"].as_u64()?;
        let stats: Value = serde_json::from_str(add["stats"].as_str()?).ok()?;
        let rows = stats["numRecords"].as_u64()?;
        let sha256 = add["tags"]["sha256"].as_str().map(str::to_owned);
        self.rows += i128::from(rows);
        self.files
            .insert(name.clone(), TableFile { name, size, sha256, rows, added: version, removed: None });
        Some(())
    }

    /// The rows that a version has; nothing when its entry was not read.
    pub(crate) fn rows(&self, version: u64) -> Option<i128> {
        self.totals.get(&version).copied()
    }

    /// The versions of the log and the runs that made them.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u64, &str)> {
        self.runs.iter().map(|(version, run)| (*version, run.as_str()))
    }

    /// The first version that is kept whatever happens.
    pub(crate) fn kept_from(&self) -> u64 {
        self.kept_from
    }

    /// The files that the last version or any of these needs.
    pub(crate) fn needed(&self, versions: &BTreeSet<u64>) -> Vec<TableFile> {
        let is_needed = |file: &&TableFile| match file.removed {
            None => true,
            Some(removed) => file.added < removed && versions.range(file.added..removed).next().is_some(),
        };
        self.files.values().filter(is_needed).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Replay;

    fn add(name: &str, rows: u64) -> String {
        format!(r#"{{"add":{{"path":"{name}","size":10,"stats":"{{\"numRecords\":{rows}}}"}}}}"#)
    }

    #[test]
    fn a_file_is_needed_by_the_versions_between_its_coming_and_its_going() {
        let mut log = Replay::default();
        log.entry(0, br#"{"protocol":{}}"#).unwrap();
        log.entry(1, add("a", 3).as_bytes()).unwrap();
        log.entry(2, format!("{}\n{}", r#"{"remove":{"path":"a"}}"#, add("b", 5)).as_bytes()).unwrap();
        assert_eq!((log.rows(1), log.rows(2), log.rows(3)), (Some(3), Some(5), None));
        let names = |versions: &[u64]| -> Vec<String> {
            let versions: BTreeSet<u64> = versions.iter().copied().collect();
            log.needed(&versions).into_iter().map(|file| file.name).collect()
        };
        assert_eq!(names(&[]), ["b"]);
        assert_eq!(names(&[1, 2]), ["a", "b"]);
    }

    #[test]
    fn a_cut_entry_is_told() {
        let mut log = Replay::default();
        let whole = add("a", 3);
        assert!(log.entry(1, &whole.as_bytes()[..whole.len() - 4]).is_err());
        assert!(log.entry(1, br#"{"remove":{"path":"x"}}"#).is_err());
    }
}
