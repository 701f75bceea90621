//! What the node has acknowledged, and whether it is there.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::process::{Body, NodeProcess};

/// The minutes since the beginning of 2015 that a value is of.
pub type Minute = u32;

/// What is known of one key.
#[derive(Debug, Default, Clone)]
struct Known {
    /// The value that was acknowledged last.
    acknowledged: Option<f64>,
    /// Values that were sent since and not acknowledged: each may be there or not.
    possible: Vec<f64>,
}

/// What was sent together and not acknowledged: all of it is there, or nothing.
pub struct Together {
    /// The keys with their values.
    pub values: Vec<(Minute, f64)>,
}

/// What the node has promised.
#[derive(Default)]
pub struct Ledger {
    keys: BTreeMap<Minute, Known>,
    together: Vec<Together>,
    /// What was read at which time: minute and value of every row.
    history: Vec<(String, Vec<(String, f64)>)>,
    versions: usize,
}

impl Ledger {
    /// The values are about to be sent.
    pub fn sent(&mut self, values: &[(Minute, f64)]) {
        for (minute, value) in values {
            self.keys.entry(*minute).or_default().possible.push(*value);
        }
    }

    /// The values were acknowledged: no later than now they are durable.
    pub fn acknowledged(&mut self, values: &[(Minute, f64)]) {
        for (minute, value) in values {
            let known = self.keys.entry(*minute).or_default();
            known.acknowledged = Some(*value);
            known.possible.clear();
        }
    }

    /// The values were refused as a whole: they are not there.
    pub fn refused(&mut self, values: &[(Minute, f64)]) {
        for (minute, value) in values {
            if let Some(known) = self.keys.get_mut(minute) {
                known.possible.retain(|possible| possible != value);
            }
        }
    }

    /// A file was cut off. A value that was there already says nothing of whether the file is in.
    pub fn cut_off(&mut self, mut values: Vec<(Minute, f64)>) {
        values.retain(|(minute, value)| {
            self.keys.get(minute).is_none_or(|known| known.acknowledged != Some(*value))
        });
        self.together.push(Together { values });
    }

    /// Keys that have a value.
    pub fn minutes(&self) -> Vec<Minute> {
        self.keys.iter().filter(|(_, known)| known.acknowledged.is_some()).map(|(key, _)| *key).collect()
    }

    /// Reads everything and compares; what is there becomes what has to stay.
    pub async fn check(&mut self, node: &NodeProcess, seed: u64) {
        let rows = read(node, None).await;
        let mut there: HashMap<Minute, f64> = HashMap::new();
        for (time, value) in &rows {
            let minute = minute_of(time);
            assert!(there.insert(minute, *value).is_none(), "seed {seed}: {time} is there twice");
            let known = self.keys.get(&minute);
            let known = known.unwrap_or_else(|| panic!("seed {seed}: {time} was never sent"));
            let allowed = known.acknowledged == Some(*value) || known.possible.contains(value);
            assert!(allowed, "seed {seed}: {time} has {value}, but {known:?} was sent");
        }
        for (minute, known) in &self.keys {
            let kept = known.acknowledged.is_none() || there.contains_key(minute);
            assert!(kept, "seed {seed}: minute {minute} was acknowledged and is lost");
        }
        for Together { values } in self.together.drain(..) {
            let of: usize = values.iter().filter(|(minute, value)| there.get(minute) == Some(value)).count();
            let whole = of == values.len() || of == 0;
            assert!(whole, "seed {seed}: of a file of {} values, {of} are there", values.len());
        }
        self.keys.retain(|minute, known| {
            known.acknowledged = there.get(minute).copied();
            known.possible.clear();
            known.acknowledged.is_some()
        });
        self.check_books(node, rows.len(), seed).await;
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        self.history.push((now, rows));
        if self.history.len() > 40 {
            self.history.remove(self.history.len() / 2);
        }
    }

    /// The catalogue says the same as the table, and no run is left hanging.
    async fn check_books(&mut self, node: &NodeProcess, rows: usize, seed: u64) {
        let (status, versions) = node
            .ask(reqwest::Method::GET, "/v1/datasets/gauge/versions", Body::Empty)
            .await
            .expect("an answer");
        assert!(status.is_success(), "{status} {versions}");
        let list = versions["items"].as_array().or(versions.as_array()).cloned().expect("a list of versions");
        let mut numbers: Vec<u64> = list.iter().filter_map(|version| version["version"].as_u64()).collect();
        numbers.sort_unstable();
        let many = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), many, "seed {seed}: a version is recorded twice");
        let newest = list.iter().max_by_key(|version| version["version"].as_u64());
        if let Some(newest) = newest {
            assert_eq!(newest["total"].as_u64(), Some(rows as u64), "seed {seed}: {newest}");
        }
        self.versions = self.versions.max(many);
        let (status, runs) =
            node.ask(reqwest::Method::GET, "/v1/datasets/gauge/runs", Body::Empty).await.expect("an answer");
        assert!(status.is_success(), "{status} {runs}");
        let list = runs["items"].as_array().or(runs.as_array()).cloned().expect("a list of runs");
        let hanging: Vec<&Value> = list.iter().filter(|run| run["state"] == "running").collect();
        assert!(hanging.is_empty(), "seed {seed}: runs hang: {hanging:?}");
    }

    /// What was known at earlier times is what is known of those times now.
    pub async fn check_history(&self, node: &NodeProcess, seed: u64) {
        let some = self.history.iter().step_by(self.history.len().div_ceil(6).max(1));
        for (at, rows) in some.filter(|(_, rows)| !rows.is_empty()) {
            let now = read(node, Some(at)).await;
            assert!(
                now == *rows,
                "seed {seed}: what was known at {at} has changed ({} rows then, {} now)",
                rows.len(),
                now.len()
            );
        }
    }
}

async fn read(node: &NodeProcess, as_known_at: Option<&str>) -> Vec<(String, f64)> {
    let sql = "SELECT phenomenon_time, result FROM gauge ORDER BY phenomenon_time";
    let rows = node.sql(sql, as_known_at).await;
    let row =
        |row: &Value| (row["phenomenon_time"].as_str().unwrap().to_owned(), row["result"].as_f64().unwrap());
    rows.iter().map(row).collect()
}

fn beginning() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_420_070_400, 0).expect("the beginning of 2015")
}

fn minute_of(time: &str) -> Minute {
    let time = chrono::DateTime::parse_from_rfc3339(time).expect("an instant").to_utc();
    u32::try_from((time - beginning()).num_minutes()).expect("a minute that was sent")
}

/// The minute as an instant.
pub fn instant(minute: Minute) -> String {
    let time = beginning() + chrono::TimeDelta::minutes(minute.into());
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
