//! Guessing how times are written that only their headers tell to be times: years of two digits, days as a spreadsheet
//! counts them, dates in digits alone, seconds since 1970.

use wording::told;

use super::observations::Guess;
use super::order_of_dates::in_doubt;
use super::usual::offset_text;
use super::words::Role;
use crate::mapping::TimeSource;
use crate::observe::{Precision, assumption};

/// Times in digits alone: how many they are, how they are read, and how much they say.
const IN_DIGITS: [(usize, &str, Precision); 7] = [
    (8, "%Y%m%d", Precision::Day),
    (12, "%Y%m%d%H%M", Precision::Instant),
    (14, "%Y%m%d%H%M%S", Precision::Instant),
    (6, "%Y%m", Precision::Month),
    // As seconds since 1970 such numbers would all lie years ahead.
    (10, "%Y%m%d%H", Precision::Instant),
    (10, "epoch", Precision::Instant),
    (13, "epoch_ms", Precision::Instant),
];

/// How dates with a year of two digits are written.
const SHORT_YEARS: [&str; 4] = ["%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d-%b-%y"];
/// The same with the month first.
const MONTH_FIRST: &str = "%m/%d/%y";
/// How a time of day stands behind a date.
const CLOCKS: [&str; 5] = ["", " %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p"];

impl Guess<'_> {
    /// Dates with a year of two digits, which are read under a pattern only.
    pub(super) fn short_years(&mut self) -> Option<Precision> {
        let (at, pattern) = self.free().find_map(|(at, column)| {
            let is_time = column.has(Role::Time) || column.has(Role::Day);
            let dates = SHORT_YEARS.into_iter().chain([MONTH_FIRST]);
            let mut patterns = dates.flat_map(|date| CLOCKS.map(|clock| format!("{date}{clock}")));
            let pattern = || patterns.find(|pattern| self.reads_all(at, pattern));
            (is_time && !column.texts.is_empty()).then(pattern).flatten().map(|pattern| (at, pattern))
        })?;
        let column = &self.sample.columns[at];
        let parts = |place: usize| {
            let dates = column.texts.iter().filter_map(|(text, _)| text.split(' ').next());
            let texts = dates.filter_map(|date| date.split(['/', '-', '.']).nth(place));
            texts.collect::<std::collections::BTreeSet<&str>>()
        };
        let (first, last) = (parts(usize::from(pattern.starts_with(MONTH_FIRST))), parts(2));
        // Days change from row to row and years do not: else `20/03/13` may be a day of 2013 or of 2020.
        let days = first.iter().any(|text| text.parse().is_ok_and(|day: u32| day > 12));
        // A number above 12 in the middle can be nothing but a day.
        let is_in_middle = pattern.starts_with(MONTH_FIRST);
        let is_sure = pattern.contains("%b") || days && (is_in_middle || last.len() < first.len());
        let in_doubt = in_doubt(column.texts.iter().map(|(text, _)| text.as_str()));
        let mut time = TimeSource { columns: vec![column.reference.clone()], ..TimeSource::default() };
        let says_clock = pattern.contains(' ');
        let is_month_first = pattern.starts_with(MONTH_FIRST);
        time.format = Some(pattern);
        let shown = column.texts.first().map_or("", |(text, _)| text.as_str()).to_owned();
        if let Some(zone) = column.zone.clone() {
            time.zone = Some(offset_text(&zone));
            let reason = told!("guess-header-says", "the header says `{text}`", text = zone);
            self.because("time.zone", 0.9, reason);
        }
        self.used.push(at);
        let (confidence, reason) = if is_sure {
            (
                0.75,
                told!(
                    "guess-year-of-two-digits",
                    "`{shown}` has a year of two digits, taken as one of 1969 to 2068, CHECK",
                    shown = shown
                ),
            )
        } else if is_month_first {
            (
                0.4,
                told!(
                    "guess-month-of-two-digits",
                    "is `{shown}` month, day and year of two digits? Else write its order: `%y/%m/%d`",
                    shown = shown
                ),
            )
        } else {
            (
                0.4,
                told!(
                    "guess-order-of-two-digits",
                    "is `{shown}` day, month and year of two digits? Else write its order: `%y/%m/%d`",
                    shown = shown
                ),
            )
        };
        self.because("time.format", confidence, reason);
        if let Some(reason) = in_doubt {
            self.because("time.format", 0.3, reason);
        }
        let clock = self.clock_beside(at);
        let own = if says_clock { Precision::Instant } else { Precision::Day };
        let precision = self.with_clock(&mut time, clock.filter(|_| !says_clock)).unwrap_or(own);
        self.mapping.time = Some(time);
        Some(precision)
    }

    /// Times in digits alone, where the header says that they are times: `20240301`, or seconds since 1970.
    pub(super) fn in_digits(&mut self) -> Option<Precision> {
        let (at, format, precision) = self.free().find_map(|(at, column)| {
            let is_time = column.has(Role::Time) || column.has(Role::Day) || column.has(Role::Month);
            let found = || {
                IN_DIGITS.iter().find(|(length, format, _)| {
                    let fits = |text: &str| text.len() == *length && is_plausible(text, format);
                    column.texts.iter().all(|(text, _)| fits(text)) && self.reads_all(at, format)
                })
            };
            (is_time && !column.texts.is_empty())
                .then(found)
                .flatten()
                .map(|(_, format, precision)| (at, *format, *precision))
        })?;
        let column = &self.sample.columns[at];
        let mut time = TimeSource { columns: vec![column.reference.clone()], ..TimeSource::default() };
        let shown = column.texts.first().map_or("", |(text, _)| text.as_str()).to_owned();
        let reason = if format.starts_with("epoch") {
            told!("guess-are-seconds", "`{shown}` is taken as a time since 1970 in UTC, CHECK", shown = shown)
        } else {
            told!(
                "guess-are-digits-of-a-date",
                "`{shown}` is taken as a date in digits, the year first, CHECK",
                shown = shown
            )
        };
        time.format = Some(format.to_owned());
        self.used.push(at);
        self.because("time.format", 0.8, reason);
        let clock = self.clock_beside(at).filter(|_| precision == Precision::Day);
        let precision = self.with_clock(&mut time, clock).unwrap_or(precision);
        self.mapping.time = Some(time);
        Some(precision)
    }

    /// Days as a spreadsheet counts them, where nothing but the header says that they are days.
    pub(super) fn day_numbers(&mut self) -> Option<Precision> {
        let at = self.free().find_map(|(at, column)| {
            let is_time = column.has(Role::Time) || column.has(Role::Day);
            let counted = |(text, _): &(String, usize)| assumption(text) == Some("assumed_day_number");
            (is_time && !column.texts.is_empty() && column.texts.iter().all(counted)).then_some(at)
        })?;
        let column = &self.sample.columns[at];
        let shown = column.texts.first().map_or("", |(text, _)| text.as_str());
        let reason = told!(
            "guess-are-day-numbers",
            "are numbers such as `{shown}` days as a spreadsheet counts them from 1900? From 1904, write `excel1904`",
            shown = shown
        );
        let mut time = TimeSource { columns: vec![column.reference.clone()], ..TimeSource::default() };
        time.format = Some("excel".into());
        self.used.push(at);
        self.because("time.format", 0.5, reason);
        self.mapping.time = Some(time);
        Some(Precision::Day)
    }
}

/// Whether digits are of the years 1950 to 2100, and can be nothing else that people write with as many.
fn is_plausible(text: &str, format: &str) -> bool {
    let year = |from: usize| text.get(from..from + 4).and_then(|year| year.parse().ok());
    let is_year = |year: Option<u32>| year.is_some_and(|year| (1950..=2100).contains(&year));
    match format {
        // `2024030107` and `0103202407` are hours of days.
        "epoch" => !is_year(year(0)) && !is_year(year(4)),
        "epoch_ms" => true,
        // `150310` is a day, `202403` a month.
        _ => is_year(year(0)),
    }
}
