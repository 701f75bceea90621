//! The columns that a mapping names.

use super::{Mapping, TextOrColumn, Virtual};

impl Mapping {
    /// The headers of all columns that the mapping reads by their names.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        names.extend(self.place.iter().filter_map(|place| place.column.as_deref()));
        names.extend(self.place.iter().flat_map(|place| place.within.iter().map(String::as_str)));
        if let Some(time) = &self.time {
            names.extend(time.columns.iter().map(String::as_str));
            names.extend(time.end_column.as_deref());
            names.extend(
                time.parts()
                    .into_iter()
                    .chain([time.run.as_ref()])
                    .flatten()
                    .filter_map(TextOrColumn::column),
            );
        }
        for value in &self.values {
            names.extend(Some(value.column.as_str()).filter(|_| value.columns.is_none()));
            names.extend(value.property.column());
            names.extend(value.unit.as_ref().and_then(TextOrColumn::column));
            names.extend(value.period.as_ref().and_then(TextOrColumn::column));
            names.extend(value.statistic.as_ref().and_then(TextOrColumn::column));
            names.extend(value.temperature.as_deref());
        }
        names.extend(self.quality.iter().map(|quality| quality.column.as_str()));
        names.extend(self.rows.fill.iter().map(String::as_str));
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| Virtual::of(name).is_none() && seen.insert(*name));
        names
    }
}
