//! Reading times: ISO 8601 and day/month/year by hand, because ten million of them must take seconds; patterns by chrono.

use chrono::format::{Item, Parsed, StrftimeItems};

use super::parts::quarter;
use super::time_words::{DayCount, serial, time_of_day, worded};

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Times that are counted since 1970 are of the years 1973 to 2099.
const FIRST_EPOCH: i64 = 94_694_400_000_000;
const LAST_EPOCH: i64 = 4_102_444_800_000_000;

/// How much of a time its text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    Year,
    /// A crop season, by its place in the vocabulary.
    Season(u8),
    /// So many months: a quarter, a half year.
    Months(u8),
    Month,
    /// Ten days, or what is left of a month behind its twentieth.
    Dekad,
    Week,
    Day,
    Instant,
}

/// A time as its text says it: microseconds since 1970 in UTC, and how much of it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) us: i64,
    pub(crate) precision: Precision,
}

/// Which comes first in `3/4/2020`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// How the texts of a time column are written.
#[derive(Debug, Clone)]
pub(crate) enum TimeFormat {
    /// ISO 8601, a year, day/month/year, a time in words, or a spreadsheet's number of days.
    Auto,
    /// A year.
    Year,
    /// A year and a quarter of it, in one text or in two: `2024`, `II`.
    Quarter,
    /// A spreadsheet's number of days.
    DayNumber(DayCount),
    /// A number of seconds or of their parts since 1970 in UTC: so many microseconds each.
    Epoch(i64),
    /// A strftime pattern.
    Pattern(Vec<Item<'static>>),
}

impl TimeFormat {
    /// Reads the format of a mapping; `None` when it is no valid pattern.
    pub(crate) fn parse(text: &str) -> Option<TimeFormat> {
        match text {
            "auto" => Some(TimeFormat::Auto),
            "year" => Some(TimeFormat::Year),
            "quarter" => Some(TimeFormat::Quarter),
            "excel" | "excel1900" => Some(TimeFormat::DayNumber(DayCount::From1900)),
            "excel1904" => Some(TimeFormat::DayNumber(DayCount::From1904)),
            "epoch" => Some(TimeFormat::Epoch(1_000_000)),
            "epoch_ms" => Some(TimeFormat::Epoch(1_000)),
            pattern if pattern.contains('%') && pattern.len() <= 100 => {
                StrftimeItems::new(pattern).parse_to_owned().ok().map(TimeFormat::Pattern)
            }
            _ => None,
        }
    }
}

/// Reads the texts of one time column.
#[derive(Debug, Clone)]
pub(crate) struct TimeReader {
    pub(crate) format: TimeFormat,
    /// Which order `3/4/2020` has in this column; unknown until a text shows it.
    pub(crate) order: Option<DateOrder>,
    /// Added to UTC for the texts' own clock, microseconds.
    pub(crate) zone: i64,
}

impl TimeReader {
    /// The moment of a text, or `None` when it is none.
    pub(crate) fn read(&self, text: &str) -> Option<Moment> {
        let text = text.trim();
        match &self.format {
            TimeFormat::Auto => iso(text.as_bytes(), self.zone)
                .or_else(|| unpadded(text.as_bytes(), self.zone))
                .or_else(|| self.by_order(text.as_bytes()))
                .or_else(|| self.day_number(text, DayCount::From1900))
                .or_else(|| ordinal(text.as_bytes(), self.zone))
                .or_else(|| worded(text, self))
                .or_else(|| self.before_zone(text)),
            TimeFormat::Year => year(text)
                .and_then(|year| self.date(year, 1, 1, Precision::Year))
                .or_else(|| worded(text, self).filter(|moment| moment.precision == Precision::Year)),
            TimeFormat::Quarter => {
                worded(text, self).filter(|moment| moment.precision == Precision::Months(3))
            }
            TimeFormat::DayNumber(count) => {
                self.day_number(text, *count).or_else(|| iso(text.as_bytes(), self.zone))
            }
            TimeFormat::Epoch(us) => {
                let number = text.strip_suffix(".0").unwrap_or(text).parse::<i64>().ok()?;
                let us = number.checked_mul(*us)?;
                // Thousandths read as seconds, and the other way round, are of no year of any measurement.
                (FIRST_EPOCH..LAST_EPOCH)
                    .contains(&us)
                    .then_some(Moment { us, precision: Precision::Instant })
            }
            TimeFormat::Pattern(items) => self.pattern(text, items),
        }
    }

    /// The moment of several columns: year, month, day, hour, minute, second; or date and time.
    pub(crate) fn read_parts(&self, parts: &[&str]) -> Option<Moment> {
        if let (TimeFormat::Quarter, [one, other]) = (&self.format, parts) {
            let (of, which) = if year(one.trim()).is_some() { (one, other) } else { (other, one) };
            let first = quarter(which)?;
            return self.date(year(of.trim())?, i64::from(first), 1, Precision::Months(3));
        }
        let joined = || parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
        if !matches!(self.format, TimeFormat::Pattern(_))
            && parts.first().is_some_and(|p| year(p.trim()).is_some())
        {
            let mut numbers = [0_i64, 1, 1, 0, 0, 0];
            for (number, part) in numbers.iter_mut().zip(parts) {
                match whole(part.trim()) {
                    Some(read) => *number = read,
                    // `2024` beside `Quý I`, `Kỳ 2 tháng 7`.
                    None => return self.of_year(parts[0].trim(), &parts[1..]),
                }
            }
            let [year, month, day, hour, minute, second] = numbers;
            let precision = match parts.len() {
                1 => Precision::Year,
                2 => Precision::Month,
                3 => Precision::Day,
                _ => Precision::Instant,
            };
            let date = self.date(year, month, day, precision)?;
            let clock = clock_us(hour, minute, second, 0)?;
            return Some(Moment { us: date.us + clock, precision });
        }
        // A column of dates beside one of times of day.
        if let [date, clock] = parts
            && let Some(clock) = time_of_day(clock)
            && let Some(date) = self.read(date).filter(|date| date.precision == Precision::Day)
        {
            return Some(Moment { us: date.us + clock, precision: Precision::Instant });
        }
        self.read(&joined().collect::<Vec<_>>().join(" "))
    }

    /// The moment of words that leave the year out, of the year beside them.
    fn of_year(&self, year: &str, words: &[&str]) -> Option<Moment> {
        let says_year = |text: &&str| text.split(|c: char| !c.is_ascii_digit()).any(|part| part.len() == 4);
        if words.iter().any(says_year) {
            return None;
        }
        // `7`, `Thượng tuần`: the month stands before what it is of.
        let behind: Vec<&str> = words.iter().rev().copied().collect();
        [words.join(" "), behind.join(" ")]
            .into_iter()
            .find_map(|words| worded(&format!("{words} {year}"), self))
    }

    /// A date and a time of day before the name of their zone: `01/03/2024 07:00 ICT`.
    fn before_zone(&self, text: &str) -> Option<Moment> {
        const ZONES: [(&str, i64); 3] = [("UTC", 0), ("GMT", 0), ("ICT", DAY / 24 * 7)];
        let (before, zone) = ZONES.iter().find_map(|(name, zone)| {
            let before = text.strip_suffix(name)?;
            before.ends_with(' ').then(|| (before.trim_end(), *zone))
        })?;
        let read = TimeReader { zone, ..self.clone() }.read(before);
        read.filter(|moment| moment.precision == Precision::Instant)
    }

    fn day_number(&self, text: &str, count: DayCount) -> Option<Moment> {
        let us = serial(text, count)?;
        let precision = if us % DAY == 0 { Precision::Day } else { Precision::Instant };
        Some(Moment { us: us - self.zone, precision })
    }

    fn date(&self, year: i64, month: i64, day: i64, precision: Precision) -> Option<Moment> {
        Some(Moment { us: days(year, month, day)? * DAY - self.zone, precision })
    }

    /// `d/m/yyyy` or `m/d/yyyy` by the column's order, with or without a clock time on either side; `m/yyyy`.
    fn by_order(&self, text: &[u8]) -> Option<Moment> {
        let (before, text) = clock_before(text);
        let slashed = Slashed::read(text)?;
        let Slashed { first, second, year, rest } = slashed;
        let Some(second) = second else {
            let is_month = rest.is_empty() && before.is_none();
            return is_month.then(|| self.date(year, first, 1, Precision::Month)).flatten();
        };
        let order = self.order.or_else(|| slashed.order())?;
        let (day, month) = match order {
            DateOrder::DayFirst => (first, second),
            DateOrder::MonthFirst => (second, first),
        };
        let date = self.date(year, month, day, Precision::Day)?;
        let at = |clock| Moment { us: date.us + clock, precision: Precision::Instant };
        match before {
            None if rest.is_empty() => Some(date),
            None => clock(rest.trim_ascii_start()).filter(|(_, rest)| rest.is_empty()).map(|(us, _)| at(us)),
            Some(us) => rest.is_empty().then(|| at(us)),
        }
    }

    fn pattern(&self, text: &str, items: &[Item<'static>]) -> Option<Moment> {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, items.iter()).ok()?;
        // `2024030107`: an hour without minutes is a time of day all the same.
        if parsed.hour_div_12().is_some() && parsed.hour_mod_12().is_some() && parsed.minute().is_none() {
            parsed.set_minute(0).ok()?;
        }
        if let Some(seconds) = parsed.timestamp() {
            return Some(Moment { us: seconds.checked_mul(1_000_000)?, precision: Precision::Instant });
        }
        let (date, precision) = match parsed.to_naive_date() {
            Ok(date) => (date, Precision::Day),
            Err(_) => {
                let month = parsed.month();
                let date = chrono::NaiveDate::from_ymd_opt(parsed.year()?, month.unwrap_or(1), 1)?;
                (date, if month.is_some() { Precision::Month } else { Precision::Year })
            }
        };
        let offset = parsed.offset().map_or(self.zone, |seconds| i64::from(seconds) * 1_000_000);
        match parsed.to_naive_time() {
            Ok(time) => Some(Moment {
                us: date.and_time(time).and_utc().timestamp_micros() - offset,
                precision: Precision::Instant,
            }),
            Err(_) => {
                let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
                Some(Moment { us: midnight - offset, precision })
            }
        }
    }
}

/// A date with its year last.
struct Slashed<'a> {
    first: i64,
    second: Option<i64>,
    year: i64,
    rest: &'a [u8],
}

impl Slashed<'_> {
    fn read(text: &[u8]) -> Option<Slashed<'_>> {
        let (first, rest) = digits(text, 2)?;
        let (separator, rest) = rest.split_first()?;
        if !matches!(separator, b'/' | b'-' | b'.') {
            return None;
        }
        let (second, rest) = digits(rest, 4)?;
        if second > 31 {
            return (second >= 1000).then_some(Slashed { first, second: None, year: second, rest });
        }
        let rest = rest.strip_prefix(std::slice::from_ref(separator))?;
        let (year, rest) = digits(rest, 4)?;
        (year >= 1000).then_some(Slashed { first, second: Some(second), year, rest })
    }

    /// The order that this date alone shows.
    fn order(&self) -> Option<DateOrder> {
        match (self.first, self.second?) {
            (13.., _) => Some(DateOrder::DayFirst),
            (_, 13..) => Some(DateOrder::MonthFirst),
            (first, second) if first == second => Some(DateOrder::DayFirst),
            _ => None,
        }
    }
}

/// Whether the text is a date with its year last, and the order that it shows on its own.
pub(crate) fn slashed_order(text: &str) -> Option<Option<DateOrder>> {
    let slashed = Slashed::read(clock_before(text.trim().as_bytes()).1)?;
    slashed.second?;
    Some(if slashed.first == slashed.second.unwrap_or(0) { None } else { slashed.order() })
}

/// The order that the texts of a column show, when any does and none contradicts.
pub(crate) fn column_order<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Option<DateOrder>, ()> {
    let mut order = None;
    for shown in texts.filter_map(slashed_order).flatten() {
        match order {
            None => order = Some(shown),
            Some(other) if other != shown => return Err(()),
            Some(_) => {}
        }
    }
    Ok(order)
}

/// The offset of a zone text, microseconds east of UTC: `+07:00`, `+7`, `UTC+07:00`, `GMT+7`, `Z`.
pub(crate) fn parse_zone(text: &str) -> Option<i64> {
    let text = text.trim();
    let bare = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text).trim();
    if matches!(bare, "" | "Z" | "z") {
        return (!text.is_empty()).then_some(0);
    }
    let (sign, rest) = match bare.as_bytes().split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { two(rest).filter(|_| rest.len() == 2)? };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000_000)
}

/// ISO 8601: a year, a month, a date, or a date and time with or without an offset.
fn iso(text: &[u8], zone: i64) -> Option<Moment> {
    let year = four(text)?;
    if year < 1000 {
        return None;
    }
    let date = |month, day, precision| Some(Moment { us: days(year, month, day)? * DAY - zone, precision });
    let Some(separator) = text.get(4) else {
        return date(1, 1, Precision::Year);
    };
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let month = two(text.get(5..)?)?;
    // `2020.05` is a number.
    if text.len() == 7 && *separator == b'.' {
        return None;
    }
    if text.len() == 7 {
        return date(month, 1, Precision::Month);
    }
    if text[7] != *separator {
        return None;
    }
    let day = two(text.get(8..)?)?;
    if text.len() == 10 {
        return date(month, day, Precision::Day);
    }
    if !matches!(text[10], b'T' | b't' | b' ') {
        return None;
    }
    let (clock, rest) = clock(&text[11..])?;
    let offset = match rest {
        [] => zone,
        [b'Z' | b'z'] => 0,
        rest => parse_zone(std::str::from_utf8(rest).ok()?.trim_start())?,
    };
    Some(Moment { us: days(year, month, day)? * DAY + clock - offset, precision: Precision::Instant })
}

/// A year and the number of a day in it (ISO 8601): `2020-045`.
fn ordinal(text: &[u8], zone: i64) -> Option<Moment> {
    let year = four(text).filter(|year| *year >= 1000)?;
    let [b'-', number @ ..] = text.get(4..)? else { return None };
    let (day, rest) = digits(number, 3).filter(|_| number.len() == 3)?;
    let first = days(year, 1, 1)?;
    let is_one = rest.is_empty() && day >= 1 && first + day <= days(year + 1, 1, 1)?;
    is_one.then_some(Moment { us: (first + day - 1) * DAY - zone, precision: Precision::Day })
}

/// A date with its year first and without leading zeros, with or without a time of day: `2024/3/1 7:00`.
fn unpadded(text: &[u8], zone: i64) -> Option<Moment> {
    let year = four(text).filter(|year| *year >= 1000)?;
    let (separator, rest) = text.get(4..)?.split_first()?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let (month, rest) = digits(rest, 2)?;
    let (day, rest) = digits(rest.strip_prefix(std::slice::from_ref(separator))?, 2)?;
    let midnight = days(year, month, day)? * DAY - zone;
    match rest {
        [] => Some(Moment { us: midnight, precision: Precision::Day }),
        [b' ' | b'T', rest @ ..] => clock(rest.trim_ascii_start())
            .filter(|(_, rest)| rest.is_empty())
            .map(|(clock, _)| Moment { us: midnight + clock, precision: Precision::Instant }),
        _ => None,
    }
}

/// A clock time before a date, as in `7:30 5/3/2020`, and what follows it.
fn clock_before(text: &[u8]) -> (Option<i64>, &[u8]) {
    match clock(text) {
        Some((us, rest)) if rest.starts_with(b" ") => (Some(us), rest.trim_ascii_start()),
        _ => (None, text),
    }
}

/// The hour of `1 PM`, or of `1 CH` as Vietnamese spreadsheets write it, and what follows.
fn of_half_day(hour: i64, text: &[u8]) -> Option<(i64, &[u8])> {
    let mark = text.trim_ascii_start();
    let is_one = |marks: [&[u8]; 2]| {
        mark.len() >= 2
            && marks.iter().any(|own| own.eq_ignore_ascii_case(&mark[..2]))
            && !mark.get(2).is_some_and(u8::is_ascii_alphabetic)
    };
    let (morning, afternoon) = (is_one([b"AM", b"SA"]), is_one([b"PM", b"CH"]));
    if !morning && !afternoon {
        return Some((hour, text));
    }
    (1..=12).contains(&hour).then(|| (hour % 12 + if afternoon { 12 } else { 0 }, &mark[2..]))
}

/// `H:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`, with or without the half of the day, and what follows.
pub(super) fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = digits(text, 2)?;
    let rest = rest.strip_prefix(b":")?;
    let (minute, mut rest) = (two(rest)?, &rest[2..]);
    let (mut second, mut micros) = (0, 0);
    if let Some(more) = rest.strip_prefix(b":") {
        second = two(more)?;
        rest = &more[2..];
        if let [b'.' | b',', fraction @ ..] = rest {
            let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 || length > 9 {
                return None;
            }
            let mut unit = 100_000;
            for byte in &fraction[..length.min(6)] {
                micros += i64::from(byte - b'0') * unit;
                unit /= 10;
            }
            rest = &fraction[length..];
        }
    }
    let (hour, rest) = of_half_day(hour, rest)?;
    Some((clock_us(hour, minute, second, micros)?, rest))
}

pub(super) fn clock_us(hour: i64, minute: i64, second: i64, micros: i64) -> Option<i64> {
    // 24:00 is how gauging sheets write the end of a day.
    let whole_day = hour == 24 && minute == 0 && second == 0 && micros == 0;
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    (valid || whole_day).then_some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

fn year(text: &str) -> Option<i64> {
    (text.len() == 4).then(|| whole(text)).flatten().filter(|year| (1000..=9999).contains(year))
}

fn whole(text: &str) -> Option<i64> {
    digits(text.as_bytes(), 4).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

fn two(text: &[u8]) -> Option<i64> {
    let [a @ b'0'..=b'9', b @ b'0'..=b'9', ..] = text else { return None };
    Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

fn four(text: &[u8]) -> Option<i64> {
    Some(two(text)? * 100 + two(text.get(2..)?)?)
}

/// One to `most` digits, and what follows them.
fn digits(text: &[u8], most: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..length].iter().fold(0, |n, byte| n * 10 + i64::from(byte - b'0'));
    (length > 0).then_some((number, &text[length..]))
}

/// The Monday of a week of a year as ISO 8601 counts them, in days since 1970-01-01.
pub(super) fn iso_week(year: i64, week: i64) -> Option<i64> {
    let (year, week) = (i32::try_from(year).ok()?, u32::try_from(week).ok()?);
    let monday = chrono::NaiveDate::from_isoywd_opt(year, week, chrono::Weekday::Mon)?;
    Some(monday.signed_duration_since(chrono::NaiveDate::default()).num_days())
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, or `None` when there is no such day.
///
/// After H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
pub(crate) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let shifted = year - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The year and month of a day since 1970-01-01 (`civil_from_days` of the same source).
pub(crate) fn year_month(days: i64) -> (i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}
