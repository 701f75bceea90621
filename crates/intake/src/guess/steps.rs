//! How far apart the times of a table are: rain between them is that of an hour or of a day, and a mean is of its day.

use catalog::Gazetteer;
use model::{Property, Statistic};
use wording::{Told, told};

use super::evidence::is_instant;
use super::headers::Says;
use super::observations::Guess;
use super::shaped::Shaped;
use crate::mapping::TextOrColumn;
use crate::observe::{Precision, find_property, find_statistic, usual_statistic};

/// Microseconds of an hour, and of a day.
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// Properties of a day, and what they are called over an hour.
const OVER_HOURS: [(&str, &str); 1] = [("rain_day", "rain_1h")];

/// What a property of a day is called over an hour.
fn of_hours<'g>(gazetteer: &'g Gazetteer, property: &Property) -> Option<&'g Property> {
    let (_, hourly) = OVER_HOURS.iter().find(|(daily, _)| property.code.as_str() == *daily)?;
    find_property(gazetteer, hourly)
}

/// Whether a property is measured at instants as well as over periods.
pub(super) fn is_at_instants_too(property: &Property) -> bool {
    !is_instant(property) && property.statistic.as_deref().is_some_and(|text| text.contains("instant"))
}

fn at_times_of_day() -> Told {
    told!("guess-at-times-of-day", "the times are times of day, and nothing says a period")
}

/// What is asked of values of a day that stand less than a day apart.
pub(super) fn question(property: &Property) -> Told {
    told!(
        "guess-less-than-a-day-apart",
        "the times are less than a day apart: over which time is each value of `{code}` (the property of an hour is `rain_1h`), or is it the day's sum so far?",
        code = property.code
    )
}

impl<'a> Guess<'a> {
    /// The property of values that stand less than a day apart; and how sure that is, with the reason.
    pub(super) fn of_steps(
        &self,
        property: &'a Property,
        precision: Option<Precision>,
    ) -> (&'a Property, Option<(f64, Told)>) {
        let Some(hourly) = of_hours(self.gazetteer, property) else { return (property, None) };
        match self.step().filter(|_| precision == Some(Precision::Instant)) {
            Some(HOUR) => (
                hourly,
                Some((0.7, told!("guess-times-an-hour-apart", "the times are an hour apart, CHECK"))),
            ),
            Some(step) if step < DAY => (property, Some((0.4, question(property)))),
            _ => (property, None),
        }
    }

    /// The same of the property of a title, over the values of several columns.
    pub(super) fn named_of_steps(
        &mut self,
        property: &'a Property,
        precision: Option<Precision>,
    ) -> &'a Property {
        let (property, told) = self.of_steps(property, precision);
        if let Some((confidence, reason)) = told {
            self.because("value.0.property", confidence, reason);
        }
        property
    }

    /// The shortest time between rows that follow each other.
    fn step(&self) -> Option<i64> {
        self.all_steps()?.into_iter().min()
    }

    /// Says of values at times of day, of properties that are measured at instants as well as over periods, that each
    /// is of its instant. Midnight alone is how a day is written.
    pub(super) fn instants(&mut self, precision: Option<Precision>) {
        let times = if precision == Some(Precision::Instant) { self.all_times() } else { None };
        if !times.unwrap_or_default().iter().any(|us| (us + 7 * HOUR) % DAY != 0) {
            return;
        }
        for at in 0..self.mapping.values.len() {
            let value = &self.mapping.values[at];
            if value.statistic.is_some() || value.period.is_some() {
                continue;
            }
            let of_column = || {
                let name = value.property.column()?;
                self.sample.named(name)
            };
            let texts: Vec<&str> = match (value.property.text(), of_column()) {
                (Some(code), _) => vec![code],
                (None, Some(column)) => column.texts.iter().map(|(text, _)| text.as_str()).collect(),
                (None, None) => continue,
            };
            let properties: Option<Vec<&Property>> =
                texts.iter().map(|text| find_property(self.gazetteer, text)).collect();
            let properties = properties.unwrap_or_default();
            let are_either = properties.iter().any(|property| is_at_instants_too(property));
            if are_either && properties.iter().all(|p| is_at_instants_too(p) || is_instant(p)) {
                self.mapping.values[at].statistic =
                    Some(TextOrColumn::Text(Statistic::Instant.code().into()));
                self.because(&format!("value.{at}.statistic"), 0.8, at_times_of_day());
            }
        }
    }

    /// Says of means, sums and extremes of days that follow each other that each is of its day.
    pub(super) fn periods_of_days(&mut self, precision: Option<Precision>) {
        if precision != Some(Precision::Day) {
            return;
        }
        let steps = self.all_steps().unwrap_or_default();
        let days = steps.iter().filter(|step| **step == DAY).count();
        if days == 0 || days * 2 < steps.len() {
            return;
        }
        for at in 0..self.mapping.values.len() {
            let value = &self.mapping.values[at];
            let said = value.statistic.as_ref().map(|statistic| statistic.text().and_then(find_statistic));
            let usual = || {
                let property = find_property(self.gazetteer, value.property.text()?)?;
                Some(usual_statistic(property.statistic.as_deref()))
            };
            let statistic = said.unwrap_or_else(usual).unwrap_or(Statistic::Instant);
            if value.period.is_none() && statistic != Statistic::Instant {
                self.mapping.values[at].period = Some(TextOrColumn::Text("P1D".into()));
                let reason = told!("guess-days-follow", "the times are days that follow each other");
                self.because(&format!("value.{at}.period"), 0.8, reason);
            }
        }
    }

    /// The times between rows that follow each other, but for rows of the same time.
    fn all_steps(&self) -> Option<Vec<i64>> {
        let times = self.all_times()?;
        Some(times.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|step| *step > 0).collect())
    }

    /// The times of the rows, in microseconds.
    fn all_times(&self) -> Option<Vec<i64>> {
        let time = self.mapping.time.as_ref()?;
        let columns: Vec<usize> =
            time.columns.iter().map(|name| self.sample.header.find(name).ok()).collect::<Option<_>>()?;
        let first = self.sample.columns.iter().find(|column| Some(&column.index) == columns.first())?;
        let reader = first.reader();
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let times = rows.filter_map(|row| {
            let parts: Vec<&str> =
                columns.iter().map(|column| self.chunk.cell(row, *column)).collect::<Option<_>>()?;
            let moment =
                if let [one] = parts.as_slice() { reader.read(one) } else { reader.read_parts(&parts) };
            Some(moment?.us)
        });
        Some(times.collect())
    }
}

impl<'a> Shaped<'a> {
    /// Whether each value is of an hour of its day.
    pub(super) fn are_at_hours(&self) -> bool {
        matches!(self.found.says, Says::Hour | Says::AtHour) || self.rows_are_hours()
    }

    /// The statistic of values at hours of a property that is measured at instants as well as over periods.
    pub(super) fn instant_of_hours(&mut self, property: &Property) -> Option<TextOrColumn> {
        let is_one = self.are_at_hours() && is_at_instants_too(property);
        is_one.then(|| {
            self.decide("value.0.statistic", 0.8, at_times_of_day());
            TextOrColumn::Text(Statistic::Instant.code().into())
        })
    }

    /// The property of values of which each header is an hour.
    pub(super) fn of_hours(&mut self, property: &'a Property) -> &'a Property {
        if !self.are_at_hours() {
            return property;
        }
        let Some(hourly) = of_hours(self.gazetteer, property) else { return property };
        if self.found.columns.len() >= 24 {
            let reason = told!("guess-values-an-hour-apart", "the values are an hour apart, CHECK");
            self.decide("value.0.property", 0.7, reason);
            return hourly;
        }
        self.decide("value.0.property", 0.4, question(property));
        property
    }
}
