//! Days that are counted in their year, beside a column of years: `2020 | 45`.

use wording::told;

use super::observations::Guess;
use super::words::Role;
use crate::mapping::TimeSource;
use crate::observe::Precision;

/// Headers over the number of a day in its year, folded.
const DAYS: [&str; 9] = [
    "doy",
    "day of year",
    "dayofyear",
    "julian day",
    "jday",
    "yday",
    "ngay trong nam",
    "ngay thu trong nam",
    "day of the year",
];

impl Guess<'_> {
    /// Takes the two columns for the time.
    pub(super) fn day_of_year(&mut self) -> Option<Precision> {
        let is_number = |text: &str| text.parse::<u32>().is_ok_and(|day| (1..=366).contains(&day));
        let day = self.free().find_map(|(at, column)| {
            let is_named = DAYS.contains(&model::fold(&column.base.replace('_', " ")).as_str());
            let are_days = !column.texts.is_empty() && column.texts.iter().all(|(text, _)| is_number(text));
            (is_named && are_days).then_some(at)
        })?;
        let year = self.free().find_map(|(at, column)| {
            (at != day && column.has(Role::Year) && column.nearly_all(column.years)).then_some(at)
        })?;
        let name = |at: usize| self.sample.columns[at].reference.clone();
        let time = TimeSource {
            columns: vec![name(year), name(day)],
            format: Some("%Y %j".into()),
            ..TimeSource::default()
        };
        let reason = told!(
            "guess-days-of-year",
            "`{column}` counts the days of each year, from 1 on",
            column = self.sample.columns[day].name
        );
        self.mapping.time = Some(time);
        self.used.extend([year, day]);
        self.because("time.columns", 0.85, reason);
        Some(Precision::Day)
    }
}
