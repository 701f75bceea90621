//! What is read of the lake around values that are tested, and flags as they are stored.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::DateTime;
use lake::{Lake, SeriesRead, Snapshot};
use model::{Quality, TimeRange};
use policy::Permit;

use super::series::{Flags, Point, Test};
use crate::Error;

/// The numbers of some datastreams from an instant to another, by datastream and in order of time.
pub(super) async fn read(
    lake: &Lake,
    permit: &Permit,
    snapshot: &Snapshot,
    datastreams: Vec<i64>,
    from: i64,
    to: i64,
) -> Result<HashMap<i64, Vec<Point>>, Error> {
    let time =
        TimeRange { from: DateTime::from_timestamp_micros(from), to: DateTime::from_timestamp_micros(to) };
    let columns = Some(vec!["datastream", "phenomenon_time", "result"]);
    let read = SeriesRead { datastreams, time, columns, limit: None, results: lake::ResultRange::ALL };
    let mut found: HashMap<i64, Vec<Point>> = HashMap::new();
    for batch in lake.read_to_check(permit, snapshot, read).await? {
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let results = batch.column(2).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            if results.is_valid(row) {
                let point = Point { time: times.value(row), value: results.value(row) };
                found.entry(ids.value(row)).or_default().push(point);
            }
        }
    }
    Ok(found)
}

/// What was told of a value before: the source's own flag, notes, and the plausible range, which stays
/// where no limits say more.
pub(super) struct Told<'a> {
    source: i8,
    pass_of_range: bool,
    rest: Vec<&'a str>,
}

impl<'a> Told<'a> {
    pub(super) fn of(text: Option<&'a str>) -> Told<'a> {
        let mut told = Told { source: 0, pass_of_range: false, rest: Vec::new() };
        for word in text.unwrap_or("").split(' ').filter(|word| !word.is_empty()) {
            let (name, flag) = word.split_once(':').unwrap_or((word, ""));
            match name {
                "source" => {
                    told.source = flag.parse().unwrap_or(0);
                    told.rest.push(word);
                }
                name if Test::ALL.iter().any(|test| test.name() == name) => {
                    told.pass_of_range |= name == Test::GrossRange.name();
                }
                _ => told.rest.push(word),
            }
        }
        told
    }

    /// Flag and tests of a value whose tests said this.
    pub(super) fn with(&self, mut flags: Flags) -> (Quality, Option<String>) {
        if self.pass_of_range && flags.get(Test::GrossRange).is_none() {
            flags.set(Test::GrossRange, Quality::Pass);
        }
        let mut words: Vec<String> =
            flags.ran().map(|(test, flag)| format!("{}:{}", test.name(), flag.code())).collect();
        words.extend(self.rest.iter().map(|word| (*word).to_owned()));
        let derived = self.rest.iter().find_map(|word| word.strip_prefix("pss78:"));
        let all = flags
            .ran()
            .map(|(_, flag)| flag)
            .chain(Quality::from_code(self.source))
            .chain(derived.and_then(|flag| Quality::from_code(flag.parse().ok()?)));
        let quality = Quality::aggregate(all);
        (quality, (!words.is_empty()).then(|| words.join(" ")))
    }
}
