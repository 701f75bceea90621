//! Guessing what the headers of a table do not say of the time: the year of months, the month of days.

use super::evidence::short;
use wording::{Told, told};

use super::headers::Says;
use super::order_of_dates::{in_doubt, turned_around};
use super::shaped::{Shaped, around, number};
use super::words::{Role, has_words, roles, says_hour};
use crate::mapping::{TextOrColumn, TimeSource};
use crate::observe::{
    DateOrder, Precision, TimeFormat, TimeReader, column_order, is_total, month, slashed_order,
};

impl Shaped<'_> {
    /// Finds what the headers do not say of the time; returns the columns that it used.
    pub(super) fn time(&mut self) -> Vec<usize> {
        let wanted: &[Role] = match self.found.says {
            Says::TwoYears | Says::YearAnd | Says::AndYear | Says::YearWithin | Says::Time => {
                return Vec::new();
            }
            Says::Year => return self.months_down(),
            Says::Date => return self.order_of_dates(),
            Says::Month | Says::Quarter | Says::Season | Says::DayMonth | Says::Week | Says::WeekOfMonth => {
                &[Role::Year]
            }
            Says::Day => &[Role::Year, Role::Month],
            Says::Hour | Says::AtHour => &[Role::Year, Role::Month, Role::Day],
        };
        let mut time = TimeSource::default();
        let mut used = Vec::new();
        let are_hours = matches!(self.found.says, Says::Hour | Says::AtHour);
        if are_hours
            && let Some((column, name)) = self.others().iter().find(|(column, _)| self.is_dates(*column))
        {
            time.columns.push(self.reference(*column, name));
            used.push(*column);
            self.mapping.time = Some(time);
            let reason =
                told!("guess-dates-and-hours", "the texts of this column are dates, and the headers hours");
            self.decide("time.columns", 0.95, reason);
            return used;
        }
        let dated = self.evidence.date(self.gazetteer).filter(|_| are_hours);
        let dated = dated.map(|(title, patterns, is_sure)| (short(title), patterns, is_sure));
        if let Some((title, [year, month, day], is_of_values)) = dated
            && self.column_of(Role::Day, &used).is_none()
        {
            let part = |pattern: &str| Some(around("@title", pattern));
            (time.year, time.month, time.day) = (part(year), part(month), part(day));
            self.mapping.time = Some(time);
            let (confidence, reason) = if is_of_values {
                (
                    0.8,
                    told!(
                        "guess-hours-and-title",
                        "the headers are hours, and the title says `{title}`",
                        title = title
                    ),
                )
            } else {
                (
                    0.5,
                    told!(
                        "guess-hours-and-title-day",
                        "the headers are hours, and the title says `{title}`: is it the day of all values?",
                        title = title
                    ),
                )
            };
            self.decide("time.day", confidence, reason);
            return used;
        }
        for role in wanted {
            let fact = Some(self.part(*role, &mut used));
            match role {
                Role::Year => time.year = fact,
                Role::Month => time.month = fact,
                _ => time.day = fact,
            }
        }
        // One station and one month on a sheet: days across, hours down.
        if self.found.says == Says::Day
            && let Some((column, name)) = self.column_of(Role::Hour, &used)
        {
            used.push(column);
            time.hour = Some(TextOrColumn::in_column(&self.reference(column, &name)));
            let reason =
                told!("guess-hours-and-days", "the texts of this column are hours, and the headers days");
            self.decide("time.hour", 0.9, reason);
        }
        // One station and one year on a sheet: months across, days down.
        if self.found.says == Says::Month
            && let Some((column, name)) = self.column_of(Role::Day, &used)
        {
            used.push(column);
            time.day = Some(TextOrColumn::in_column(&self.reference(column, &name)));
            let reason =
                told!("guess-days-and-months", "the texts of this column are days, and the headers months");
            self.decide("time.day", 0.9, reason);
        }
        self.mapping.time = Some(time);
        used
    }

    /// One station on a sheet: years across, months down.
    fn months_down(&mut self) -> Vec<usize> {
        let Some((column, name)) = self.column_of(Role::Month, &[]) else { return Vec::new() };
        let month = Some(TextOrColumn::in_column(&self.reference(column, &name)));
        self.mapping.time = Some(TimeSource { month, ..TimeSource::default() });
        let reason =
            told!("guess-months-and-years", "the texts of this column are months, and the headers years");
        self.decide("time.month", 0.9, reason);
        vec![column]
    }

    /// Whether the headers are years, and the rows months.
    pub(super) fn rows_are_months(&self) -> bool {
        self.found.says == Says::Year && self.mapping.time.as_ref().is_some_and(|time| time.month.is_some())
    }

    /// Whether the headers are days, and the rows hours.
    pub(super) fn rows_are_hours(&self) -> bool {
        self.mapping.time.as_ref().is_some_and(|time| time.hour.is_some())
    }

    /// The order of dates in headers is written down where they do not show it.
    fn order_of_dates(&mut self) -> Vec<usize> {
        let header = &self.found.header;
        let dates: Vec<&str> = self.found.columns.iter().map(|(column, _)| header.name(*column)).collect();
        if !dates.iter().any(|date| slashed_order(date).is_some()) {
            return Vec::new();
        }
        // A date to the spreadsheet is written with its year first.
        let is_typed = |date: &str| date.len() >= 10 && date.as_bytes().get(4) == Some(&b'-');
        let turned = turned_around(dates.iter().map(|date| (is_typed(date), *date)));
        let in_doubt = turned.or_else(|| in_doubt(dates.iter().copied()));
        let (format, confidence, reason) = match column_order(dates.into_iter()) {
            Ok(Some(DateOrder::MonthFirst)) => (
                "%m/%d/%Y",
                0.9,
                told!("guess-headers-month-first", "some headers show that the month comes first"),
            ),
            Ok(Some(DateOrder::DayFirst)) => (
                "%d/%m/%Y",
                0.9,
                told!("guess-headers-day-first", "some headers show that the day comes first"),
            ),
            Ok(None) => (
                "%d/%m/%Y",
                0.7,
                told!(
                    "guess-headers-no-order",
                    "no header shows whether day or month comes first: taken as day first, CHECK"
                ),
            ),
            Err(()) => (
                "%d/%m/%Y",
                0.4,
                told!(
                    "guess-headers-both-orders",
                    "headers have the day first and the month first: which is it?"
                ),
            ),
        };
        self.mapping.time = Some(TimeSource { format: Some(format.into()), ..TimeSource::default() });
        self.decide("time.format", confidence, reason);
        if let Some(reason) = in_doubt {
            self.decide("time.format", 0.3, reason);
        }
        Vec::new()
    }

    /// Whether the headers are months, and the rows days.
    pub(super) fn rows_are_days(&self) -> bool {
        self.mapping.time.as_ref().is_some_and(|time| time.day.is_some())
    }

    /// Whether the values are of days or of hours, so that a zone moves them.
    pub(super) fn are_days_or_hours(&self) -> bool {
        let of_header =
            matches!(self.found.says, Says::Hour | Says::AtHour | Says::Day | Says::Date | Says::DayMonth);
        of_header || self.rows_are_days() || self.rows_are_hours()
    }

    /// A part of the time that no header says: in a column, or around the table; else it is asked.
    fn part(&mut self, role: Role, used: &mut Vec<usize>) -> TextOrColumn {
        let key = match role {
            Role::Year => "year",
            Role::Month => "month",
            _ => "day",
        };
        let path = format!("time.{key}");
        if let Some((column, name)) = self.column_of(role, used) {
            used.push(column);
            self.decide(
                &path,
                0.9,
                told!("guess-texts-are-such", "the texts of the column `{name}` are such", name = name),
            );
            return TextOrColumn::in_column(&self.reference(column, &name));
        }
        if role == Role::Year && self.years_of_groups() {
            let reason =
                told!("guess-rows-name-year", "rows of one text name the year of the rows below them");
            self.decide(&path, 0.85, reason);
            return TextOrColumn::in_column("@group.year");
        }
        let around_it = match role {
            Role::Year => self.evidence.year(),
            Role::Month => self.evidence.month(),
            _ => None,
        };
        if let Some((origin, pattern, said, confidence)) = around_it {
            self.decide(&path, confidence, stands_there(&said));
            return around(origin, pattern);
        }
        let blank = format!("{{{key}}}");
        self.decide(
            &path,
            0.0,
            told!(
                "guess-fill-in-part-of-time",
                "FILL IN: nothing says it (a column, or `{ title = true, pattern = \"…{blank}…\" }`)",
                blank = blank
            ),
        );
        TextOrColumn::Text("…".into())
    }

    /// The column whose texts are a part of the time.
    fn column_of(&self, role: Role, used: &[usize]) -> Option<(usize, String)> {
        let fits = |text: &&str| match role {
            Role::Year => number(text).is_some_and(|n| (1800.0..=2200.0).contains(&n)),
            Role::Month => month(text).is_some(),
            Role::Hour => hour_of_day(text).is_some(),
            _ => day_of_month(text).is_some(),
        };
        let is_named = |name: &str| {
            let folded = model::fold(name);
            let words: &[&str] = match role {
                Role::Year => &["nam", "year"],
                Role::Month => &["thang", "month"],
                Role::Hour => &["gio", "hour"],
                _ => &["ngay", "day"],
            };
            (role != Role::Hour || says_hour(name))
                && (roles(&folded).contains(&role) || words.iter().any(|word| has_words(&folded, word)))
        };
        self.others().into_iter().find(|(column, name)| {
            let mut texts = self.texts(*column);
            // Below the days stand those of the highest and lowest values, under the header's own name.
            texts.retain(|text| !is_total(text) && model::fold(text) != model::fold(name));
            let share = texts.iter().filter(|text| fits(text)).count();
            // A first column without a header names the rows: `Tháng 1 - January`.
            let say_months = role == Role::Month
                && name.is_empty()
                && texts.iter().all(|text| has_words(&model::fold(text), "thang"));
            !used.contains(column)
                && share > 0
                && share * 10 >= texts.len() * 8
                && (is_named(name) || say_months || (role == Role::Year && share >= 3))
        })
    }

    fn is_dates(&self, column: usize) -> bool {
        let texts = self.texts(column);
        let reader = TimeReader { format: TimeFormat::Auto, order: Some(DateOrder::DayFirst), zone: 0 };
        let is_day = |text: &&&str| reader.read(text).is_some_and(|m| m.precision == Precision::Day);
        let dates = texts.iter().filter(is_day).count();
        dates > 0 && dates * 10 >= texts.len() * 8
    }
}

/// A part of the time is there to read.
pub(super) fn stands_there(said: &str) -> Told {
    told!("guess-stands-there", "`{text}` stands there", text = said)
}

/// The hour of a day that a whole number says; 24 is the next day's 0.
fn hour_of_day(text: &str) -> Option<u32> {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text).parse().ok().filter(|hour| *hour <= 24)
}

/// The day of a month that a whole number says.
pub(super) fn day_of_month(text: &str) -> Option<u32> {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text).parse().ok().filter(|day| (1..=31).contains(day))
}
