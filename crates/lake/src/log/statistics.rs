//! Statistics of a file in an entry of the log (Delta protocol, "Per-file Statistics"): its rows, and the
//! least and greatest value of columns.
//!
//! Numbers are read from their text, each to the nearest that there is: a reader that is off by the last
//! place would put a feature outside the box of its own file.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::DataFile;

type Fields = HashMap<String, Box<RawValue>>;

/// The statistics of a file.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    /// How many rows it has.
    pub(super) rows: Option<u64>,
    /// The least value of each column.
    pub(super) least: Values,
    /// The greatest value of each column.
    pub(super) greatest: Values,
}

/// A value for each column of which one is told.
#[derive(Debug, Default)]
pub(super) struct Values(Fields);

impl Statistics {
    /// Reads the statistics; without a text, nothing is told.
    pub(super) fn read(text: Option<&str>) -> serde_json::Result<Statistics> {
        let Some(text) = text else { return Ok(Statistics::default()) };
        let groups: Fields = serde_json::from_str(text)?;
        let values = |name: &str| -> serde_json::Result<Values> {
            let group: Option<Fields> =
                groups.get(name).map_or(Ok(None), |group| serde_json::from_str(group.get()))?;
            Ok(Values(group.unwrap_or_default()))
        };
        Ok(Statistics {
            rows: groups.get("numRecords").and_then(|rows| rows.get().parse().ok()),
            least: values("minValues")?,
            greatest: values("maxValues")?,
        })
    }
}

impl Values {
    /// The value of a column of whole numbers.
    pub(super) fn whole(&self, column: &str) -> Option<i64> {
        self.0.get(column)?.get().parse().ok()
    }

    /// The value of a column of numbers.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        self.0.get(column)?.get().parse().ok()
    }

    /// The value of a column of texts.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        serde_json::from_str(self.0.get(column)?.get()).ok()
    }
}

/// The statistics of a file as Delta writes them, times to the microsecond.
pub(super) fn written(file: &DataFile) -> String {
    let mut least = serde_json::Map::new();
    let mut most = serde_json::Map::new();
    let mut put = |column: &str, min: Option<Value>, max: Option<Value>| {
        if let (Some(min), Some(max)) = (min, max) {
            least.insert(column.to_owned(), min);
            most.insert(column.to_owned(), max);
        }
    };
    let time = |micros: Option<i64>| {
        let time = DateTime::from_timestamp_micros(micros?)?;
        Some(json!(time.to_rfc3339_opts(SecondsFormat::Micros, true)))
    };
    put("datastream", file.min_datastream.map(|v| json!(v)), file.max_datastream.map(|v| json!(v)));
    put("phenomenon_time", time(file.min_time), time(file.max_time));
    if let Some(bbox) = file.bbox {
        // Both edges of a box lie between its outermost edges.
        put("xmin", Some(json!(bbox.west)), Some(json!(bbox.east)));
        put("xmax", Some(json!(bbox.west)), Some(json!(bbox.east)));
        put("ymin", Some(json!(bbox.south)), Some(json!(bbox.north)));
        put("ymax", Some(json!(bbox.south)), Some(json!(bbox.north)));
    }
    json!({ "numRecords": file.rows, "minValues": least, "maxValues": most, "nullCount": {} }).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use serde_json::json;

    use super::Statistics;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(least in any::<f64>(), rows in any::<u64>()) {
            let text = json!({ "numRecords": rows, "minValues": { "xmin": least } }).to_string();
            let read = Statistics::read(Some(&text)).unwrap();
            prop_assert_eq!(read.rows, Some(rows));
            prop_assert_eq!(read.least.number("xmin"), Some(least).filter(|least| least.is_finite()));
            prop_assert_eq!(read.greatest.number("xmin"), None);
        }
    }
}
