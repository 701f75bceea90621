//! The mapping to start from that an error shows when something could not be guessed.

use catalog::PlaceMatch;
use chrono::NaiveDate;
use model::{PlaceId, PlaceKind};
use wording::{Told, told};

use super::Guessed;
use super::observations::Guess;
use super::sample::Column;
use super::usual::{names_a_part_of_time, names_a_row};
use crate::mapping::{Mapping, MappingKind, MappingText, PlaceSource, TextOrColumn, TimeSource, ValueSource};
use crate::observe::{Header, find_place};

impl Guess<'_> {
    /// A mapping of what was found, with places to fill in.
    pub(super) fn example(&self) -> MappingText {
        let mut mapping = Guessed::new(self.mapping.clone(), self.decisions.clone()).mapping;
        mapping.reasons.retain(|(path, _)| !path.is_empty());
        let mut note = |path: &str, text: Told| mapping.reasons.push((path.to_owned(), text));
        if mapping.time.is_none() {
            mapping.time = Some(TimeSource { columns: vec!["…".into()], ..TimeSource::default() });
            note("time.columns", told!("guess-fill-in-time", "FILL IN: the column of the time"));
        }
        let numeric: Vec<&Column> = self
            .free()
            .map(|(_, column)| column)
            .filter(|column| self.may_be_values(column))
            .take(40)
            .collect();
        let stations: Vec<Option<PlaceId>> =
            numeric.iter().map(|column| self.station(&column.name)).collect();
        let by_station = mapping.place.is_none() && stations.iter().flatten().count() >= 2;
        if let Some(column) = self.names_unknown_places().filter(|_| mapping.place.is_none() && !by_station) {
            mapping.place =
                Some(PlaceSource { column: Some(column.reference.clone()), ..PlaceSource::default() });
            note(
                "place.column",
                told!(
                    "guess-register-places",
                    "register the places of this column, or write the place of all values: `value = \"…\"`"
                ),
            );
        } else if mapping.place.is_none() && !by_station {
            mapping.place = Some(PlaceSource { value: Some("station:…".into()), ..PlaceSource::default() });
            note(
                "place.value",
                told!(
                    "guess-fill-in-place",
                    "FILL IN: the id of the place of all values, or `column = \"…\"`"
                ),
            );
        }
        if mapping.values.is_empty() {
            let columns: Vec<(&Column, Option<PlaceId>)> = numeric
                .iter()
                .copied()
                .zip(stations)
                .filter(|(_, station)| !by_station || station.is_some())
                .collect();
            note(
                "value.0.property",
                told!(
                    "guess-fill-in-property",
                    "FILL IN: the code of the property, e.g. `salinity`, `water_level`, and its unit"
                ),
            );
            for (column, station) in columns {
                mapping.values.push(ValueSource {
                    unit: Some(TextOrColumn::Text(column.unit.clone().unwrap_or_else(|| "…".into()))),
                    place: station.filter(|_| by_station).map(|id| id.to_string()),
                    ..ValueSource::new(&column.reference, TextOrColumn::Text("…".into()))
                });
            }
        }
        if mapping.values.is_empty() {
            mapping.values.push(ValueSource::new("…", TextOrColumn::Text("…".into())));
        }
        mapping.to_text()
    }

    fn may_be_values(&self, column: &Column) -> bool {
        let folded = model::fold(&column.base);
        column.is_numeric()
            && !names_a_row(&folded)
            && !names_a_part_of_time(&folded)
            && !self.numbers_rows(column)
    }

    fn station(&self, name: &str) -> Option<PlaceId> {
        match find_place(self.gazetteer, name, Some(PlaceKind::Station), None, NaiveDate::MAX) {
            PlaceMatch::One(id) => Some(id),
            PlaceMatch::Many(_) | PlaceMatch::None => None,
        }
    }
}

/// A mapping to start from when not even a header was found.
pub(super) fn placeholder(header: &Header) -> MappingText {
    let column = header.names.first().map_or("…", String::as_str);
    let mut mapping = Mapping::new(MappingKind::Observations);
    mapping.place = Some(PlaceSource { column: Some("Trạm".into()), ..PlaceSource::default() });
    mapping.time = Some(TimeSource { columns: vec!["Thời gian".into()], ..TimeSource::default() });
    mapping.values.push(ValueSource {
        unit: Some(TextOrColumn::Text("g/L".into())),
        ..ValueSource::new(column, TextOrColumn::Text("salinity".into()))
    });
    let note = told!(
        "guess-fill-in-header",
        "FILL IN: the row of the header (`header_row` under `[source]`), and the columns"
    );
    mapping.reasons.push((String::new(), note));
    mapping.to_text()
}
