//! Guessing how the rows of a table hang together: empty cells that hold what stands above them, and rows that
//! nothing tells apart.

use wording::told;

use super::fill::filled_down;
use super::observations::Guess;
use super::shaped::{ROWS, Shaped};
use super::unique::repeated;
use crate::mapping::TextOrColumn;

impl Guess<'_> {
    /// Says where cells of the place or the time are merged downwards.
    pub(super) fn fill(&mut self) {
        let place = self.mapping.place.as_ref().and_then(|place| place.column.clone());
        let of_part =
            |part: &TextOrColumn| part.column().filter(|name| !name.starts_with('@')).map(str::to_owned);
        let times = self.mapping.time.iter().flat_map(|time| {
            time.columns.iter().cloned().chain(time.parts().into_iter().flatten().filter_map(of_part))
        });
        let within = self.mapping.place.iter().flat_map(|place| place.within.clone());
        let names: Vec<String> = place.into_iter().chain(within).chain(times).collect();
        let values: Vec<usize> = self
            .mapping
            .values
            .iter()
            .filter_map(|value| self.sample.header.find(&value.column).ok())
            .collect();
        for name in names {
            let Ok(column) = self.sample.header.find(&name) else { continue };
            let rows = self.sample.start..self.sample.start + self.sample.rows;
            if let Some((confidence, reason)) = filled_down(self.chunk, column, rows, &values, self.statistic)
            {
                self.mapping.rows.fill.push(name);
                self.because("rows.fill", confidence, reason);
            }
        }
    }

    /// Rows that nothing tells apart, and names that stand twice in the header, are asked about.
    pub(super) fn ask_what_names_rows(&mut self) {
        let header = &self.sample.header;
        let of = |name: &String| header.find(name).ok();
        let values: Vec<usize> = self.mapping.values.iter().filter_map(|value| of(&value.column)).collect();
        let filled: Vec<usize> = self.mapping.rows.fill.iter().filter_map(of).collect();
        let named = self.used.iter().map(|at| self.sample.columns[*at].index);
        let keys: Vec<usize> = named.chain(self.statistic).collect();
        let of_rows = self
            .stretches()
            .into_iter()
            .find_map(|rows| repeated(self.chunk, rows, &keys, &filled, &values, self.statistic));
        let place = self.mapping.place.as_ref().and_then(|place| place.column.as_ref());
        let times = self.mapping.time.iter().flat_map(|time| &time.columns);
        let twice = place.into_iter().chain(times).find(|name| name.starts_with('@'));
        let named = |column: &usize| !header.name(*column).is_empty();
        let of_header = twice.and_then(of).filter(named).map(|column| {
            let name = header.name(column);
            told!(
                "guess-twice-in-header",
                "`{name}` stands more than once in the header: do several tables stand beside each other? Then each needs a `[[block]]`",
                name = name
            )
        });
        for reason in of_rows.into_iter().chain(of_header) {
            self.because("place", 0.3, reason);
        }
    }
}

impl Shaped<'_> {
    /// Says where cells below each other are one, so that the empty ones hold what stands above.
    pub(super) fn fill(&mut self) {
        let place = self.mapping.place.iter();
        let names: Vec<String> = place.flat_map(|p| p.column.iter().chain(&p.within).cloned()).collect();
        let values: Vec<usize> = self.found.columns.iter().map(|(column, _)| *column).collect();
        let rows = self.found.start..self.sheet.chunk.len().min(self.found.start + ROWS);
        for name in names {
            let Ok(column) = self.found.header.find(&name) else { continue };
            let chunk = &self.sheet.chunk;
            if let Some((confidence, reason)) =
                filled_down(chunk, column, rows.clone(), &values, self.statistic)
            {
                self.mapping.rows.fill.push(name);
                self.decide("rows.fill", confidence, reason);
            }
        }
    }

    /// Rows that nothing tells apart are asked about.
    pub(super) fn ask_what_names_rows(&mut self, used: &[usize]) {
        let header = &self.found.header;
        let place = self.mapping.place.as_ref().and_then(|place| header.find(place.column.as_deref()?).ok());
        let within = self.mapping.place.iter().flat_map(|place| &place.within);
        let within = within.filter_map(|name| header.find(name).ok());
        let keys: Vec<usize> = used
            .iter()
            .copied()
            .chain(place)
            .chain(within)
            .chain(self.statistic)
            .chain(self.property)
            .collect();
        let filled: Vec<usize> =
            self.mapping.rows.fill.iter().filter_map(|name| header.find(name).ok()).collect();
        let values: Vec<usize> = self.found.columns.iter().map(|(column, _)| *column).collect();
        let asked = self
            .stretches()
            .into_iter()
            .find_map(|rows| repeated(&self.sheet.chunk, rows, &keys, &filled, &values, self.statistic));
        if let Some(reason) = asked {
            self.decide("place", 0.3, reason);
        }
    }
}
