//! The instant at which a forecast was made, where a column says it: by the name that the CF conventions give it, or
//! as `issued` beside the times of the values.

use wording::told;

use super::beside::ISSUED;
use super::meant::{ahead, not_observed};
use super::observations::Guess;
use super::sample::Column;
use super::words::header_words;
use crate::mapping::TextOrColumn;

impl Guess<'_> {
    /// Forecasts and plans are no observations.
    pub(super) fn ask_of_forecasts(&mut self) {
        let read = self.mapping.values.iter().map(|value| value.column.as_str());
        let said = ahead(read).or_else(|| self.evidence.ahead(self.gazetteer));
        if let Some(said) = said.filter(|_| !self.mapping.values.is_empty()) {
            self.because("value", 0.4, not_observed(&said));
        }
    }

    /// The instant that all values of a file were forecast at. Where a file holds several forecasts, it is asked about.
    pub(super) fn run(&mut self) -> Option<TextOrColumn> {
        let is_cf = |column: &Column| column.name == "forecast_reference_time" && column.times > 0;
        // One time of a column is that of its rows; beside other times it is that of the forecast.
        let is_issued = |column: &Column| {
            ISSUED.contains(&header_words(&column.base).as_str())
                && column.nearly_all(column.times)
                && column.texts.len() == 1
        };
        let others = |at: usize| {
            let mut others = self.free().filter(|(other, _)| *other != at);
            others.any(|(_, column)| column.nearly_all(column.times) && !column.nearly_all(column.years))
        };
        let found = self.free().find(|(at, column)| is_cf(column) || (is_issued(column) && others(*at)));
        let at = found.map(|(at, _)| at)?;
        self.used.push(at);
        let reason = told!("guess-one-run", "all values of the file belong to one run of a forecast");
        self.because("time.run", 0.95, reason);
        Some(TextOrColumn::in_column(&self.sample.columns[at].reference))
    }
}
