//! What an entry of the log tells of a file: its rows, and the least and greatest value of columns.
//!
//! Numbers are read from their text, each to the nearest that there is: a reader that is off by the last
//! place would put a feature outside the box of its own file.

use std::collections::HashMap;

use serde_json::value::RawValue;

type Fields = HashMap<String, Box<RawValue>>;

/// The statistics of a file (Delta protocol, "Per-file Statistics").
#[derive(Debug, Default)]
pub(super) struct Told {
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

impl Told {
    /// Reads the statistics; without a text, nothing is told.
    pub(super) fn read(text: Option<&str>) -> serde_json::Result<Told> {
        let Some(text) = text else { return Ok(Told::default()) };
        let groups: Fields = serde_json::from_str(text)?;
        let values = |name: &str| -> serde_json::Result<Values> {
            let group: Option<Fields> =
                groups.get(name).map_or(Ok(None), |group| serde_json::from_str(group.get()))?;
            Ok(Values(group.unwrap_or_default()))
        };
        Ok(Told {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use serde_json::json;

    use super::Told;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(least in any::<f64>(), rows in any::<u64>()) {
            let text = json!({ "numRecords": rows, "minValues": { "xmin": least } }).to_string();
            let told = Told::read(Some(&text)).unwrap();
            prop_assert_eq!(told.rows, Some(rows));
            prop_assert_eq!(told.least.number("xmin"), Some(least).filter(|least| least.is_finite()));
            prop_assert_eq!(told.greatest.number("xmin"), None);
        }
    }
}
