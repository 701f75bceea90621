//! Guessing in which columns of a table the time stands, and how it is written.

use super::firsts::whole_months;
use super::headers::ISO_WEEKS;
use wording::{Told, told};

use super::observations::Guess;
use super::order_of_dates::{in_doubt, turned_around};
use super::rest_of_time::{day_of_month, stands_there};
use super::sample::Column;
use super::shaped::around;
use super::usual::offset_text;
use super::words::{Role, has_words, says_hour};
use crate::mapping::{TextOrColumn, TimeSource};
use crate::observe::{
    DateOrder, Precision, TimeFormat, TimeReader, month, quarter, time_of_day, week_number,
};

/// Words of headers, folded: dates of samples; ends of periods; dates that are not of the values.
const OF_SAMPLES: [&str; 6] = ["lay mau", "quan trac", "ngay do", "thoi gian do", "sampling", "observed"];
const ENDS: [&str; 5] = ["den ngay", "den", "ket thuc", "to", "end"];
const OF_SOMETHING_ELSE: [&str; 14] = [
    "received",
    "upload",
    "uploaded",
    "ingested",
    "xuat hien",
    "phan tich",
    "nhan mau",
    "cap nhat",
    "bao cao",
    "nhap lieu",
    "ngay sinh",
    "created",
    "updated",
    "modified",
];
/// Words of the lunar calendar.
const LUNAR: [&str; 3] = ["am lich", "lich am", "lunar"];
/// Those of them that are asked about where no other column holds dates.
const OF_REPORTS: [&str; 4] = ["bao cao", "cap nhat", "received", "uploaded"];

/// How the dates of a column with slashes are written, and why; no pattern where they are written in two ways.
fn order_of(column: &Column) -> (Option<&'static str>, Told) {
    match column.order {
        Ok(None) if says_month_first(&column.name) => {
            (Some("%m/%d/%Y"), told!("guess-header-says", "the header says `{text}`", text = column.name))
        }
        Ok(Some(DateOrder::MonthFirst)) => (
            Some("%m/%d/%Y"),
            told!("guess-month-first", "some dates have a second number above 12: the month comes first"),
        ),
        Ok(Some(DateOrder::DayFirst)) => (
            Some("%d/%m/%Y"),
            told!("guess-day-first", "some dates have a first number above 12: the day comes first"),
        ),
        Ok(None) => (
            Some("%d/%m/%Y"),
            told!(
                "guess-no-order",
                "no date shows whether day or month comes first: taken as day first, CHECK"
            ),
        ),
        Err(()) => (
            None,
            told!(
                "guess-both-orders",
                "dates with the day first and with the month first stand in one column, CHECK"
            ),
        ),
    }
}

/// Whether a header or a title writes down an order with the month first: `Date (MM/DD/YYYY)`.
fn says_month_first(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["mm/dd", "m/d/", "mm-dd-yy"].iter().any(|order| lower.contains(order))
}

/// Whether dates follow each other day by day if the month comes first, and month by month, always on one day, if the
/// day does; on the first or the fifteenth they well may.
fn may_be_month_first(column: &Column) -> bool {
    let parts = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split(['/', '-', '.', ' ']).map(|part| part.parse::<u32>().ok());
        Some((parts.next()??, parts.next()??))
    };
    let read: Option<Vec<(u32, u32)>> = column.texts.iter().map(|(text, _)| parts(text)).collect();
    let Some(read) = read.filter(|read| read.len() >= 3) else { return false };
    let is_fixed = read.iter().all(|(first, _)| *first == read[0].0) && ![1, 15].contains(&read[0].0);
    is_fixed && read.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1)
}

/// What is said of the times of a column where some are longer than others, such as `Tháng 1/2024` beside `Năm 2024`:
/// each has the period that it says.
fn part_of_years(column: &Column) -> Option<Precision> {
    let reader = column.reader();
    let all = column.texts.iter().filter_map(|(text, _)| Some(reader.read(text)?.precision));
    let parts: Vec<Precision> = all.filter(|precision| *precision < Precision::Day).collect();
    let is_mixed = parts.iter().any(|precision| Some(precision) != parts.first());
    is_mixed.then_some(Precision::Months(1))
}

/// Asks whether `Kỳ 1`, `Kỳ 2` are halves of a month, where no third one is there.
pub(super) fn half_or_third(texts: &[(String, usize)]) -> Option<Told> {
    let kept = |text: &String| model::fold(text).strip_prefix("ky ").map(str::to_owned);
    let all: Vec<String> = texts.iter().filter_map(|(text, _)| kept(text)).collect();
    let is_third = |text: &String| ["3", "iii"].iter().any(|third| text.split(' ').next() == Some(*third));
    let shown = texts.first().map_or("", |(text, _)| text.as_str());
    (!all.is_empty() && !all.iter().any(is_third)).then(|| {
        told!(
            "guess-half-or-third",
            "is `{shown}` ten days of a month, or half of one? Ten days go in as they are; halves need their first days as dates, and `period = \"P15D\"`",
            shown = shown
        )
    })
}

impl Guess<'_> {
    /// Finds the time of the rows: in one column, in a date and a time of day, in its parts, or around the table.
    pub(super) fn time(&mut self) -> Option<Precision> {
        let is_date = |column: &Column| {
            column.nearly_all(column.times) && !column.nearly_all(column.years) && column.precision.is_some()
        };
        let named = |column: &Column| {
            [Role::Time, Role::Day, Role::Month, Role::Year, Role::Season]
                .iter()
                .any(|role| column.has(*role))
        };
        let says = |column: &Column, phrases: &[&str]| {
            let folded = model::fold(&column.base);
            phrases.iter().any(|phrase| has_words(&folded, phrase))
        };
        let mut dates: Vec<usize> = self
            .free()
            .filter(|(_, column)| named(column) && is_date(column) && !says(column, &OF_SOMETHING_ELSE))
            .map(|(at, _)| at)
            .collect();
        // Days of the lunar calendar beside those of the other one say the same.
        let of_moon = |column: &Column| {
            let folded = model::fold(&column.name);
            LUNAR.iter().any(|words| has_words(&folded, words))
        };
        let is_lunar = |at: &usize| of_moon(&self.sample.columns[*at]);
        if dates.iter().any(|at| !is_lunar(at)) {
            let (lunar, others) = dates.into_iter().partition(is_lunar);
            dates = others;
            self.used.extend::<Vec<usize>>(lunar);
        }
        let of_samples = dates.iter().copied().find(|at| says(&self.sample.columns[*at], &OF_SAMPLES));
        let date = of_samples.or(dates.first().copied()).or_else(|| {
            let is_day = |column: &Column| is_date(column) && column.precision >= Some(Precision::Day);
            let mut found = self.free().filter(|(_, column)| !says(column, &OF_SOMETHING_ELSE));
            found.find(|(_, column)| is_day(column)).map(|(at, _)| at)
        });
        let others: Vec<usize> = dates.into_iter().filter(|at| Some(*at) != date).collect();
        let end = others.iter().copied().find(|at| says(&self.sample.columns[*at], &ENDS));
        if let Some(at) = date {
            let lunar = Some(&self.sample.columns[at]).filter(|column| of_moon(column));
            let lunar = lunar.map(|column| column.name.clone());
            let precision = self.one_time(at);
            if let Some(name) = lunar {
                let ask = told!(
                    "guess-lunar-days",
                    "`{name}` speaks of the lunar calendar, and its days are read as those of the Gregorian one: are they? Else write the Gregorian days, or the lunar ones in words (`15 tháng 1 âm lịch năm 2024`)",
                    name = name
                );
                self.because("time.columns", 0.4, ask);
            }
            self.other_dates(end, &others, of_samples.is_some());
            return Some(precision);
        }
        if let Some(precision) = self
            .day_of_year()
            .or_else(|| self.short_years())
            .or_else(|| self.day_numbers())
            .or_else(|| self.in_digits())
        {
            return Some(precision);
        }
        let of_reports = self.free().find(|(_, column)| is_date(column) && says(column, &OF_REPORTS));
        let is_told =
            self.free().any(|(_, column)| column.has(Role::Year) && column.nearly_all(column.years))
                || self.evidence.year().is_some();
        let of_reports = of_reports.filter(|_| !is_told);
        if let Some((at, name)) = of_reports.map(|(at, column)| (at, column.name.clone())) {
            let precision = self.one_time(at);
            let ask = told!(
                "guess-only-column-of-dates",
                "`{name}` is the only column of dates: are they the times of the values?",
                name = name
            );
            self.because("time.columns", 0.5, ask);
            return Some(precision);
        }
        self.split_time()
    }

    /// Asks what other columns of dates are: the end of what each value is about, or the time itself.
    fn other_dates(&mut self, end: Option<usize>, others: &[usize], is_sure: bool) {
        let name = |at: usize| self.sample.columns[at].reference.clone();
        if let Some(name) = end.map(name) {
            let reason = told!(
                "guess-is-end-of-period",
                "is `{name}` the end of the period of each value? Then the property has to be one of such periods, and not of a day",
                name = name
            );
            if let Some(time) = &mut self.mapping.time {
                time.end_column = Some(name);
            }
            self.because("time.end_column", 0.5, reason);
            self.used.extend(end);
        } else if let Some(name) = others.first().copied().map(name).filter(|_| !is_sure) {
            let reason = told!(
                "guess-holds-dates-too",
                "`{name}` holds dates too: which of them is the time of the values?",
                name = name
            );
            self.because("time.columns", 0.5, reason);
        }
    }

    /// The time stands in one column.
    fn one_time(&mut self, at: usize) -> Precision {
        let column = &self.sample.columns[at];
        let mut time = TimeSource { columns: vec![column.reference.clone()], ..TimeSource::default() };
        let precision = part_of_years(column).or_else(|| whole_months(column)).or(column.precision);
        let precision = precision.unwrap_or(Precision::Instant);
        let reason = told!(
            "guess-texts-are-times",
            "all {count} texts of this column are times",
            count = column.times
        );
        let in_doubt = in_doubt(column.texts.iter().map(|(text, _)| text.as_str()))
            .filter(|_| !says_month_first(&column.name));
        if let Some(reason) = self.turned_around(column.index).or(in_doubt) {
            self.because("time.columns", 0.3, reason);
        }
        let column = &self.sample.columns[at];
        let of_thirds = precision == Precision::Dekad;
        if let Some(said) = half_or_third(&column.texts).filter(|_| of_thirds) {
            self.because("time.columns", 0.5, said);
        }
        let column = &self.sample.columns[at];
        let zone = column.zone.clone();
        let format = column.slashed.then(|| order_of(column));
        self.used.push(at);
        self.because("time.columns", 0.95, reason);
        let clock = self.clock_beside(at).filter(|_| precision == Precision::Day);
        if let Some((date, reason)) = format {
            // The order is written down, since the next file may not show it.
            let clocks = ["", " %H:%M", " %H:%M:%S"];
            let patterns = date.iter().flat_map(|date| clocks.map(|clock| format!("{date}{clock}")));
            let pattern = patterns.into_iter().find(|pattern| self.reads_all(at, pattern));
            let path = if pattern.is_some() { "time.format" } else { "time.columns" };
            let is_open = self.sample.columns[at].order == Ok(None) && date == Some("%d/%m/%Y");
            let in_doubt = is_open
                && (self.evidence.titles.iter().any(|title| says_month_first(title))
                    || may_be_month_first(&self.sample.columns[at]));
            let confidence = match pattern {
                Some(_) if in_doubt => 0.4,
                Some(_) if !reason.contains("CHECK") => 0.95,
                _ => 0.7,
            };
            time.format = pattern;
            self.because(path, confidence, reason);
        }
        if let Some(zone) = zone {
            time.zone = Some(offset_text(&zone));
            self.because(
                "time.zone",
                0.9,
                told!("guess-header-says", "the header says `{text}`", text = zone),
            );
        }
        let precision = self.with_clock(&mut time, clock).unwrap_or(precision);
        self.mapping.time = Some(time);
        precision
    }

    /// Asks about dates of which a spreadsheet seems to have read some in another order.
    fn turned_around(&self, column: usize) -> Option<Told> {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let dates = rows.filter_map(|row| {
            let text = self.chunk.cell(row, column)?.trim();
            Some((self.chunk.is_typed(row, column), text)).filter(|(_, text)| !text.is_empty())
        });
        turned_around(dates)
    }

    /// The one column of times of day beside a column of dates.
    pub(super) fn clock_beside(&self, date: usize) -> Option<usize> {
        let says_clock = |column: &Column| {
            let folded = model::fold(&column.base);
            // When a highest or lowest value was there is no time of the row.
            let is_of_value = has_words(&folded, "xuat hien");
            let begins = ["time", "thoi gian", "thoi diem"];
            !is_of_value && (says_hour(&column.base) || begins.iter().any(|word| has_words(&folded, word)))
        };
        let is_clock = |column: &Column| {
            // `07:00:00.000+07:00` says its zone.
            let in_zone = |text: &str| {
                let moment = column.reader().read(&format!("2024-01-01 {text}"));
                text.contains(':') && moment.is_some_and(|moment| moment.precision == Precision::Instant)
            };
            let is_time = |text: &str| time_of_day(text).is_some() || in_zone(text);
            let read = column.texts.iter().filter(|(text, _)| is_time(text)).count();
            read > 0 && read * 10 >= column.texts.len() * 9
        };
        let mut found =
            self.free().filter(|(at, column)| *at != date && says_clock(column) && is_clock(column));
        found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
    }

    /// Puts the column of times of day behind that of dates.
    pub(super) fn with_clock(&mut self, time: &mut TimeSource, clock: Option<usize>) -> Option<Precision> {
        let at = clock?;
        time.columns.push(self.sample.columns[at].reference.clone());
        self.used.push(at);
        let reason = told!("guess-times-of-day-beside", "a column of times of day stands beside the dates");
        self.because("time.columns", 0.9, reason);
        Some(Precision::Instant)
    }

    /// Whether a pattern reads all texts of a column that are times.
    pub(super) fn reads_all(&self, at: usize, pattern: &str) -> bool {
        let column = &self.sample.columns[at];
        let Some(format) = TimeFormat::parse(pattern) else { return false };
        let any = column.reader();
        let reader = TimeReader { format, ..any.clone() };
        let read = column.texts.iter().filter(|(text, _)| reader.read(text).is_some()).count();
        read * 10 >= column.texts.len() * 9
            && column.texts.iter().all(|(text, _)| any.read(text).is_none() || reader.read(text).is_some())
    }

    /// A column that says which part of the year beside it a row is of: `Quý`, `Kỳ 2 tháng 7`, `6 tháng đầu năm`.
    fn within_year(&mut self, year: usize) -> Option<Precision> {
        let are = |column: &Column, reads: &dyn Fn(&str) -> bool| {
            !column.texts.is_empty() && column.texts.iter().all(|(text, _)| reads(text))
        };
        let is_quarter = |column: &Column| {
            let folded = model::fold(&column.base);
            (has_words(&folded, "quy") || has_words(&folded, "quarter"))
                && are(column, &|text| quarter(text).is_some())
        };
        let reader = TimeReader { format: TimeFormat::Auto, order: None, zone: 0 };
        let part = |text: &str| {
            let read = reader.read_parts(&["2024", text]).map(|moment| moment.precision);
            read.filter(|precision| matches!(precision, Precision::Months(_) | Precision::Dekad))
        };
        let columns = |at: usize| {
            vec![self.sample.columns[year].reference.clone(), self.sample.columns[at].reference.clone()]
        };
        let of_quarters =
            self.free().find(|(at, column)| *at != year && is_quarter(column)).map(|(at, _)| at);
        let of_parts = || {
            let is_part = |column: &Column| !column.is_numeric() && are(column, &|text| part(text).is_some());
            self.free().find(|(at, column)| *at != year && is_part(column)).map(|(at, _)| at)
        };
        let (at, format) = match of_quarters {
            Some(at) => (at, Some("quarter".to_owned())),
            None => (of_parts()?, None),
        };
        let time = TimeSource { columns: columns(at), format, ..TimeSource::default() };
        let texts = &self.sample.columns[at].texts;
        let precision = match of_quarters {
            Some(_) => Precision::Months(3),
            None => texts.iter().find_map(|(text, _)| part(text))?,
        };
        let asked = half_or_third(texts).filter(|_| precision == Precision::Dekad);
        self.mapping.time = Some(time);
        self.used.extend([year, at]);
        let reason = told!("guess-year-and-part", "these columns hold the year and the part of it");
        self.because("time.columns", 0.9, reason);
        if let Some(asked) = asked {
            self.because("time.columns", 0.5, asked);
        }
        Some(precision)
    }

    /// The time stands in several columns, or is a year.
    fn split_time(&mut self) -> Option<Precision> {
        let year = self
            .free()
            .find(|(_, column)| column.has(Role::Year) && column.nearly_all(column.years))
            .or_else(|| {
                self.free().find(|(_, column)| column.has(Role::Time) && column.nearly_all(column.years))
            })
            .map(|(at, _)| at);
        let month_in_words = |(_, column): &(usize, &Column)| {
            let all = !column.texts.is_empty() && column.texts.iter().all(|(text, _)| month(text).is_some());
            column.has(Role::Month) && !column.is_numeric() && all
        };
        let months = self.free().find(month_in_words).map(|(at, _)| at);
        if let (Some(year), Some(at)) = (year, months) {
            let fact = |at: usize| Some(TextOrColumn::in_column(&self.sample.columns[at].reference));
            let time = TimeSource { year: fact(year), month: fact(at), ..TimeSource::default() };
            self.mapping.time = Some(time);
            self.used.extend([year, at]);
            let reason = told!("guess-year-and-month", "these columns hold the year and the month");
            self.because("time.month", 0.9, reason);
            return Some(Precision::Month);
        }
        let Some(year) = year else {
            if let Some(precision) = self.year_of_groups().or_else(|| self.parts_around()) {
                return Some(precision);
            }
            let in_both =
                self.free().find(|(_, column)| column.order.is_err()).map(|(_, column)| column.name.clone());
            self.missing.push(if let Some(name) = in_both {
                told!(
                    "guess-column-both-orders",
                    "`{name}` has dates with the day first and dates with the month first: write them all in one order, e.g. as 2024-03-15",
                    name = name
                )
            } else { told!(
                "guess-no-times",
                "no column holds times (a header such as `Thời gian`, `Ngày`, `Năm`, `Date`, with dates below it), and no title, sheet or file is named after one year"
            ) });
            return None;
        };
        if let Some(precision) = self.within_year(year) {
            return Some(precision);
        }
        let weeks = self.free().find(|(_, column)| {
            let all = column.texts.iter().all(|(text, _)| week_number(text).is_some());
            column.has(Role::Week) && !column.texts.is_empty() && all
        });
        if let Some(at) = weeks.map(|(at, _)| at) {
            let fact = |at: usize| Some(TextOrColumn::in_column(&self.sample.columns[at].reference));
            let time = TimeSource { year: fact(year), week: fact(at), ..TimeSource::default() };
            self.mapping.time = Some(time);
            self.used.extend([year, at]);
            self.because("time.week", 0.5, ISO_WEEKS.into());
            return Some(Precision::Week);
        }
        let mut columns = vec![year];
        for role in [Role::Month, Role::Day, Role::Hour, Role::Minute] {
            let mut numeric = self.free().filter(|(_, column)| column.has(role) && column.is_numeric());
            match numeric.next() {
                Some((at, _)) if !columns.contains(&at) => columns.push(at),
                _ => break,
            }
        }
        let names: Vec<String> =
            columns.iter().map(|at| self.sample.columns[*at].reference.clone()).collect();
        let precision = match columns.len() {
            1 => Precision::Year,
            2 => Precision::Month,
            3 => Precision::Day,
            _ => Precision::Instant,
        };
        let mut time = TimeSource { columns: names, ..TimeSource::default() };
        if precision == Precision::Year {
            time.format = Some("year".into());
            let reason = told!("guess-header-names-year", "the header names a year, and every text is one");
            self.because("time.columns", 0.95, reason);
        } else {
            let reason = told!("guess-parts-of-time", "these columns hold the parts of the time");
            self.because("time.columns", 0.95, reason);
        }
        self.used.extend(columns);
        self.mapping.time = Some(time);
        Some(precision)
    }

    /// The year stands around the table, and columns hold days or months of it.
    fn parts_around(&mut self) -> Option<Precision> {
        let of = |role: Role, fits: &dyn Fn(&str) -> bool| {
            self.free().find_map(|(at, column)| {
                let all = !column.texts.is_empty() && column.texts.iter().all(|(text, _)| fits(text));
                // A first column without a header names the rows: `Tháng 1`, `Tháng 2`.
                let says_it = || {
                    let named = |text: &str| has_words(&model::fold(text), "thang");
                    role == Role::Month
                        && column.name.is_empty()
                        && column.texts.iter().all(|(text, _)| named(text))
                };
                (all && (column.has(role) || says_it())).then_some(at)
            })
        };
        let week = of(Role::Week, &|text| week_number(text).is_some());
        if let Some((at, (origin, pattern, said, confidence))) = week.zip(self.evidence.year()) {
            let week = TextOrColumn::in_column(&self.sample.columns[at].reference);
            let year = Some(around(origin, pattern));
            self.mapping.time = Some(TimeSource { year, week: Some(week), ..TimeSource::default() });
            self.because("time.year", confidence, stands_there(&said));
            self.because("time.week", 0.5, ISO_WEEKS.into());
            self.used.push(at);
            return Some(Precision::Week);
        }
        let day = of(Role::Day, &|text| day_of_month(text).is_some());
        let month = of(Role::Month, &|text| month(text).is_some());
        if day.is_none() && month.is_none() {
            return self.year_around();
        }
        let in_column = |at: usize| TextOrColumn::in_column(&self.sample.columns[at].reference);
        let mut time = TimeSource { day: day.map(in_column), ..TimeSource::default() };
        time.month = month.map(in_column);
        let around_month = if month.is_none() { self.evidence.month() } else { None };
        let Some(year) = self.evidence.year().filter(|_| month.is_some() || around_month.is_some()) else {
            let names: Vec<&str> =
                day.into_iter().chain(month).map(|at| self.sample.columns[at].name.as_str()).collect();
            let names = names.join("`, `");
            self.missing.push(if month.is_none() {
                told!(
                    "guess-no-month-and-year",
                    "nothing says of which month and year `{names}` is: no column holds it, and no title, sheet or file names one",
                    names = names
                )
            } else {
                told!(
                    "guess-no-year",
                    "nothing says of which year `{names}` is: no column holds it, and no title, sheet or file names one",
                    names = names
                )
            });
            return Some(Precision::Day);
        };
        for (key, found) in [("year", Some(year)), ("month", around_month)] {
            let Some((origin, pattern, said, confidence)) = found else { continue };
            let fact = Some(around(origin, pattern));
            if key == "year" {
                time.year = fact;
            } else {
                time.month = fact;
            }
            self.because(&format!("time.{key}"), confidence, stands_there(&said));
        }
        self.used.extend(day.into_iter().chain(month));
        self.mapping.time = Some(time);
        Some(if day.is_some() { Precision::Day } else { Precision::Month })
    }
}
