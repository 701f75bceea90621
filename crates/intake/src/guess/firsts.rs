//! Dates that are all the first of a month, or of a year: a spreadsheet writes `01/08/2020` for what it shows as
//! `08/2020`, and the values below are of the whole month.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use model::Statistic;
use wording::{Told, told};

use super::headers::Says;
use super::observations::Guess;
use super::sample::Column;
use super::shaped::Shaped;
use super::words::has_words;
use crate::mapping::TextOrColumn;
use crate::observe::{
    DateOrder, Precision, TimeFormat, TimeReader, column_order, find_property, find_statistic,
    usual_statistic,
};

/// Months that follow each other, at least, to be asked about.
const MONTHS: usize = 3;

/// The days of dates, where all are whole days.
fn days<'a>(reader: &TimeReader, texts: impl Iterator<Item = &'a str>) -> Option<Vec<NaiveDate>> {
    let read = |text: &str| {
        let moment = reader.read(text).filter(|moment| moment.precision >= Precision::Day)?;
        let local = DateTime::from_timestamp_micros(moment.us)? + TimeDelta::microseconds(reader.zone);
        (local.time() == chrono::NaiveTime::MIN).then(|| local.date_naive())
    };
    let days: Vec<NaiveDate> = texts.map(read).collect::<Option<_>>()?;
    (!days.is_empty()).then_some(days)
}

fn days_of(column: &Column) -> Option<Vec<NaiveDate>> {
    days(&column.reader(), column.texts.iter().map(|(text, _)| text.as_str()))
}

/// Whether days are the first of months, most of which follow each other.
fn are_of_months(days: &[NaiveDate], least: usize) -> bool {
    let mut months: Vec<i64> =
        days.iter().map(|day| i64::from(day.year()) * 12 + i64::from(day.month0())).collect();
    months.sort_unstable();
    months.dedup();
    let follow = months.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
    days.iter().all(|day| day.day() == 1) && months.len() >= least && follow * 2 >= months.len()
}

/// The months or years that a column holds by its header, where its dates are all the first days of such.
pub(super) fn whole_months(column: &Column) -> Option<Precision> {
    let folded = model::fold(&column.base);
    let says = |words: &[&str]| words.iter().any(|word| has_words(&folded, word));
    if says(&["ngay", "day", "date", "gio", "hour", "vu", "quy"]) {
        return None;
    }
    let days = if says(&["thang", "month", "nam", "year"]) { days_of(column) } else { None }?;
    if says(&["thang", "month"]) {
        return days.iter().all(|day| day.day() == 1).then_some(Precision::Month);
    }
    days.iter().all(|day| day.ordinal() == 1).then_some(Precision::Year)
}

impl Guess<'_> {
    /// Asks about values of days that stand at the first of each month: they may be of the whole months.
    pub(super) fn ask_of_first_days(&mut self, precision: Option<Precision>) {
        let columns = self.mapping.time.as_ref().map(|time| time.columns.as_slice());
        let Some([reference]) = columns.filter(|_| precision >= Some(Precision::Day)) else { return };
        let column = self.sample.named(reference);
        if !column.and_then(days_of).is_some_and(|days| are_of_months(&days, MONTHS)) {
            return;
        }
        let Some(at) = self.mapping.values.iter().position(|value| self.is_over_a_time(value)) else {
            return;
        };
        let name = column.map_or("", |column| column.name.as_str()).to_owned();
        self.because(&format!("value.{at}.period"), 0.5, of_whole_months(&name));
    }

    /// Whether a value is a sum, a mean or an extreme of a day, or of a time that nothing says.
    fn is_over_a_time(&self, value: &crate::mapping::ValueSource) -> bool {
        let said = value.statistic.as_ref().map(|statistic| statistic.text().and_then(find_statistic));
        let usual = || {
            let property = value.property.text().and_then(|code| find_property(self.gazetteer, code))?;
            Some(usual_statistic(property.statistic.as_deref()))
        };
        let is_of_day = match value.period.as_ref().map(TextOrColumn::text) {
            None => true,
            Some(period) => period == Some("P1D"),
        };
        is_of_day && said.unwrap_or_else(usual).is_some_and(|statistic| statistic != Statistic::Instant)
    }
}

impl Shaped<'_> {
    /// The same of dates in the header.
    pub(super) fn ask_of_first_days(&mut self) {
        if self.found.says != Says::Date {
            return;
        }
        let header = &self.found.header;
        let names = || self.found.columns.iter().map(|(column, _)| header.name(*column));
        let order = column_order(names()).unwrap_or(None).or(Some(DateOrder::DayFirst));
        let reader = TimeReader { format: TimeFormat::Auto, order, zone: 0 };
        let shown = names().next().unwrap_or_default().to_owned();
        if days(&reader, names()).is_some_and(|days| are_of_months(&days, 2)) {
            let ask = told!(
                "guess-first-days-across",
                "all dates of the header are the first of a month, such as `{shown}`: are the values those of whole months? Then write `period = \"P1M\"`, and the property of a month (`rain_total` for rain); else `P1D`",
                shown = shown
            );
            self.decide("value.0.period", 0.4, ask);
        }
    }
}

fn of_whole_months(column: &str) -> Told {
    told!(
        "guess-first-days",
        "all dates of `{column}` are the first of a month: are the values those of whole months? Then write `period = \"P1M\"`, and the property of a month (`rain_total` for rain); else `P1D`",
        column = column
    )
}
