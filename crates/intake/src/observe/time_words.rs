//! Times as people write them in words: `Tháng 2/2020`, `quý I/2020`, `6 tháng đầu năm 2020`,
//! `vụ đông xuân 2019-2020`, `7h30 ngày 5/3/2020`, `rằm tháng 7 năm Giáp Thìn`; and the day numbers
//! of spreadsheets.

mod dekad;
mod months;
mod of_day;
mod season;

use chrono::{Datelike, NaiveDate};
use model::{LunarDay, cyclic_year, fold};

use super::time::{DAY, DateOrder, Moment, Precision, TimeReader, clock, days};

pub(super) use dekad::dekad_end;
use months::english_month;
pub(crate) use of_day::time_of_day;
pub(crate) use season::season_named;
pub(super) use season::season_period;

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 120;
/// The first year of the sixty that a name of a year is looked for in: 1984 was Giáp Tý.
const FIRST_OF_CYCLE: i32 = 1984;

/// How a spreadsheet counts days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayCount {
    /// Day 1 is 1 January 1900, and day 60 the 29 February 1900 that never was.
    From1900,
    /// Day 0 is 1 January 1904, as old Macintosh workbooks count.
    From1904,
}

/// What a reader had to assume to read a text, as the code of a finding.
pub(crate) fn assumption(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if serial(text, DayCount::From1900).is_some() {
        return Some("assumed_day_number");
    }
    let names_a_year = text.contains(' ') && text.contains(|c: char| !c.is_ascii());
    (names_a_year && text.len() <= MAX_BYTES && named_year(&tokens(&fold(text))).is_some())
        .then_some("assumed_lunar_year")
}

/// The microseconds since 1970 of a spreadsheet's day number on the clock of its own zone. Only
/// numbers of the years 1950 to 2099 are taken for one, and never a year of four digits.
pub(crate) fn serial(text: &str, count: DayCount) -> Option<i64> {
    let whole = text.find(['.', ',']).unwrap_or(text.len());
    if whole != 5 || text.len() > 24 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',') {
        return None;
    }
    let number: f64 = text.replace(',', ".").parse().ok()?;
    let before_1970 = match count {
        DayCount::From1900 => 25_569.0,
        DayCount::From1904 => 24_107.0,
    };
    let days = number - before_1970;
    if !(-7305.0..47_482.0).contains(&days) {
        return None;
    }
    // To the second: a double holds a time of day in days to about a microsecond, files to less.
    #[expect(clippy::cast_possible_truncation, reason = "between the years 1950 and 2100")]
    let seconds = (days * 86_400.0).round() as i64;
    Some(seconds * 1_000_000)
}

/// The moment of a text in words, by the reader's zone and order of day and month.
pub(crate) fn worded(text: &str, reader: &TimeReader) -> Option<Moment> {
    // `11-20/7/2024` has no words either.
    let has_words = || text.contains('*') || text.contains('-') && text.contains('/');
    if text.len() > MAX_BYTES || !text.chars().any(char::is_alphabetic) && !has_words() {
        return None;
    }
    let (text, behind) = clock_behind(text);
    let folded = fold(text);
    let mut words = tokens(&folded);
    words.drain(..weekday(&words));
    let clock = match (take_clock(&mut words)?, behind) {
        // From one to another: which of them is meant?
        (Some(_), Some(_)) => return None,
        (before, behind) => before.or(behind),
    };
    let said = said(&words, reader.order)?;
    let midnight = |year, month, day| Some(days(year, month, day)? * DAY - reader.zone);
    let moment = |us, precision| Some(Moment { us, precision });
    if let Some(clock) = clock {
        let Said::Day(year, month, day) = said else { return None };
        return moment(midnight(year, month, day)? + clock, Precision::Instant);
    }
    match said {
        Said::Year(year) => moment(midnight(year, 1, 1)?, Precision::Year),
        Said::Months { year, first, count: 1 } => moment(midnight(year, first, 1)?, Precision::Month),
        Said::Months { year, first, count } => moment(midnight(year, first, 1)?, Precision::Months(count)),
        Said::Day(year, month, day) => moment(midnight(year, month, day)?, Precision::Day),
        Said::Dekad { year, month, first } => moment(midnight(year, month, first)?, Precision::Dekad),
        Said::Week { year, week } => {
            moment(super::time::iso_week(year, week)? * DAY - reader.zone, Precision::Week)
        }
        // The year that it is counted in: what is sown and cut differs by weeks from one province to the next, and
        // the seasons of a year add up to it.
        Said::Season { at, year } => moment(midnight(year, 1, 1)?, Precision::Season(at)),
    }
}

/// A text before the time of day that stands at its end, `01-MAR-2024 07:00`, and that time.
fn clock_behind(text: &str) -> (&str, Option<i64>) {
    let found = text.match_indices(' ').find_map(|(at, _)| {
        let (us, rest) = clock(&text.as_bytes()[at + 1..])?;
        let before = &text[..at];
        let is_span = before.ends_with(['-', '–', '~']);
        (rest.is_empty() && !is_span).then_some((before, Some(us)))
    });
    found.unwrap_or((text, None))
}

/// How many words before a date name a day of the week: `Thứ Hai, 13/02/2020`, `CN 13/02/2020`.
fn weekday(words: &[&str]) -> usize {
    const ENGLISH: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    const NUMBERS: [&str; 12] = ["hai", "ba", "tu", "nam", "sau", "bay", "2", "3", "4", "5", "6", "7"];
    match words {
        ["thu", day, _, _, ..] if NUMBERS.contains(day) => 2,
        ["chu", "nhat", _, ..] => 2,
        ["cn" | "t2" | "t3" | "t4" | "t5" | "t6" | "t7", _, _, _, ..] => 1,
        [first, _, _, _, ..] if ENGLISH.iter().any(|day| first.len() >= 3 && day.starts_with(*first)) => 1,
        _ => 0,
    }
}

/// What a text says.
enum Said {
    Year(i64),
    Months {
        year: i64,
        first: i64,
        count: u8,
    },
    Season {
        at: u8,
        year: i64,
    },
    Week {
        year: i64,
        week: i64,
    },
    /// Ten days from the first one on, or what is left of the month.
    Dekad {
        year: i64,
        month: i64,
        first: i64,
    },
    Day(i64, i64, i64),
}

fn tokens(folded: &str) -> Vec<&str> {
    folded.split(' ').filter(|word| !word.is_empty()).take(16).collect()
}

fn number(word: &str, most: usize) -> Option<i64> {
    (word.len() <= most && !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
        .then(|| word.parse().ok())
        .flatten()
}

fn year(word: &str) -> Option<i64> {
    number(word, 4).filter(|year| (1000..=9999).contains(year))
}

/// Takes a time of day out of the words: `7h`, `7h30`, `7 gio 30`, `24h`; the outer `None` when it is
/// no time of day.
#[expect(clippy::option_option, reason = "no time of day is not the same as a wrong one")]
fn take_clock(words: &mut Vec<&str>) -> Option<Option<i64>> {
    let split = |word: &'_ str| -> Option<(i64, Option<i64>)> {
        let (hour, rest) = word.split_once(['h', 'g'])?;
        let hour = number(hour, 2)?;
        if rest.is_empty() { Some((hour, None)) } else { Some((hour, Some(number(rest, 2)?))) }
    };
    for at in 0..words.len() {
        let (hour, minute, used) = match (split(words[at]), words.get(at + 1)) {
            (Some((hour, minute)), _) => (hour, minute, 1),
            (None, Some(&("gio" | "h"))) => match number(words[at], 2) {
                Some(hour) => (hour, None, 2),
                None => continue,
            },
            (None, _) => continue,
        };
        // `7 gio 30 phut`; a number without `phut` behind it is the day.
        let (minute, used) = match (minute, words.get(at + used), words.get(at + used + 1)) {
            (None, Some(minute), Some(&("phut" | "ph" | "p"))) => (number(minute, 2)?, used + 2),
            (minute, ..) => (minute.unwrap_or(0), used),
        };
        words.drain(at..at + used);
        words.retain(|word| !matches!(*word, "luc" | "ngay" | "vao"));
        let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) || (hour, minute) == (24, 0);
        return is_time.then_some(Some((hour * 60 + minute) * 60_000_000));
    }
    Some(None)
}

fn said(words: &[&str], order: Option<DateOrder>) -> Option<Said> {
    if let Some(said) = lunar(words) {
        return said;
    }
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !matches!(*word, "nam" | "ngay" | "vu" | "lua" | "year"))
        .collect();
    season::said(&words)
        .or_else(|| quarter(&words))
        .or_else(|| part_of_year(&words))
        .or_else(|| dekad::said(&words))
        .or_else(|| week(&words))
        .or_else(|| month_or_day(&words, order))
        .or_else(|| preliminary(&words))
}

/// `2016`, `prel 2016`, `so bo 2016`, `2016 uoc tinh`.
fn preliminary(words: &[&str]) -> Option<Said> {
    let mut found = None;
    for word in words {
        match year(word) {
            Some(year) if found.is_none() => found = Some(year),
            Some(_) => return None,
            None if matches!(
                *word,
                "prel" | "preliminary" | "so" | "bo" | "uoc" | "tinh" | "est" | "estimate"
            ) => {}
            None => return None,
        }
    }
    found.map(Said::Year)
}

/// `quy i 2020`, `quy 1 2020`, `q1 2020`, `2020 q1`.
fn quarter(words: &[&str]) -> Option<Said> {
    let (which, rest): (&str, &str) = match words {
        ["quy" | "q" | "quarter", which, rest] => (*which, *rest),
        [rest, one] if year(rest).is_some() => (one.strip_prefix('q')?, *rest),
        [one, rest] => (one.strip_prefix("quy").or_else(|| one.strip_prefix('q'))?, *rest),
        [one] if one.len() == 6 => (one.get(5..).filter(|_| one.as_bytes()[4] == b'q')?, one.get(..4)?),
        _ => return None,
    };
    let at = match which {
        "1" | "i" => 0,
        "2" | "ii" => 1,
        "3" | "iii" => 2,
        "4" | "iv" => 3,
        _ => return None,
    };
    Some(Said::Months { year: year(rest)?, first: at * 3 + 1, count: 3 })
}

/// `6 thang dau 2020`, `6 thang cuoi 2020`, `9 thang 2020`.
fn part_of_year(words: &[&str]) -> Option<Said> {
    let (count, which, of) = match words {
        [count, "thang", which @ ("dau" | "cuoi"), of] => (*count, *which, *of),
        [count, "thang", of] if year(of).is_some() => (*count, "dau", *of),
        _ => return None,
    };
    let count = number(count, 2).filter(|count| (2..=11).contains(count))?;
    let first = if which == "dau" { 1 } else { 13 - count };
    Some(Said::Months { year: year(of)?, first, count: u8::try_from(count).ok()? })
}

/// `tuan 30 2024`, `week 30 2024`, `2024 w30`.
fn week(words: &[&str]) -> Option<Said> {
    let (which, of) = match words {
        ["tuan" | "week", which, of] => (*which, *of),
        [of, one] => (one.strip_prefix('w')?, *of),
        _ => return None,
    };
    let week = number(which, 2).filter(|week| (1..=53).contains(week))?;
    Some(Said::Week { year: year(of)?, week })
}

/// `thang 2 2020`, `t2 2020`, `thg 2 2020`, `feb 2020`, `5 thang 3 2020`, `5 mar 2020`, `5 3 2020`.
fn month_or_day(words: &[&str], order: Option<DateOrder>) -> Option<Said> {
    let month = |word: &str| -> Option<i64> {
        let digits = ["thang", "thg", "th", "t"].iter().find_map(|prefix| word.strip_prefix(prefix));
        number(digits?, 2).filter(|month| (1..=12).contains(month))
    };
    let is_month = |month: i64| (1..=12).contains(&month);
    match words {
        ["thang" | "thg" | "t" | "th", month, of] => {
            let first = number(month, 2).filter(|month| is_month(*month))?;
            Some(Said::Months { year: year(of)?, first, count: 1 })
        }
        [day, "thang" | "thg", month, of] => {
            Some(Said::Day(year(of)?, number(month, 2).filter(|month| is_month(*month))?, number(day, 2)?))
        }
        // `2024M03`, as services of statistics write it.
        [one] if one.len() == 7 && one.as_bytes()[4] == b'm' => {
            let first = number(one.get(5..)?, 2).filter(|month| is_month(*month))?;
            Some(Said::Months { year: year(one.get(..4)?)?, first, count: 1 })
        }
        [name, of] => {
            let first = month(name).or_else(|| english_month(name))?;
            Some(Said::Months { year: year(of)?, first, count: 1 })
        }
        [of, other, third] if year(of).is_some() => {
            Some(Said::Day(year(of)?, number(other, 2)?, number(third, 2)?))
        }
        [one, other, of] => {
            let of = year(of)?;
            match (english_month(one), english_month(other).or_else(|| month(other))) {
                (Some(month), None) => Some(Said::Day(of, month, number(other, 2)?)),
                (None, Some(month)) => Some(Said::Day(of, month, number(one, 2)?)),
                (None, None) => {
                    let (one, other) = (number(one, 2)?, number(other, 2)?);
                    // Who writes words writes the day first, unless the column shows otherwise.
                    let month_first = order == Some(DateOrder::MonthFirst) && one <= 12;
                    Some(if month_first { Said::Day(of, one, other) } else { Said::Day(of, other, one) })
                }
                (Some(_), Some(_)) => None,
            }
        }
        _ => None,
    }
}

/// A day of the lunar calendar; the outer `None` when the words are not of it.
#[expect(clippy::option_option, reason = "not lunar is not the same as lunar and wrong")]
fn lunar(words: &[&str]) -> Option<Option<Said>> {
    let mut rest: Vec<&str> = words.to_vec();
    let mut is_lunar = false;
    if let Some(at) = rest.windows(2).position(|pair| pair == ["am", "lich"]) {
        rest.drain(at..at + 2);
        is_lunar = true;
    } else if let Some(at) = rest.iter().position(|word| *word == "al") {
        rest.remove(at);
        is_lunar = true;
    }
    let named = named_year(&rest);
    if let Some((at, _)) = named {
        rest.drain(at..at + 2);
        is_lunar = true;
    }
    is_lunar |= rest.iter().any(|word| matches!(*word, "ram" | "mung" | "mong" | "gieng" | "chap"));
    is_lunar.then(|| lunar_day(rest, named.map(|(_, year)| year)))
}

fn lunar_day(mut rest: Vec<&str>, named: Option<i32>) -> Option<Said> {
    let leap = rest.contains(&"nhuan");
    rest.retain(|word| !matches!(*word, "nhuan" | "nam" | "ngay" | "thang" | "mung" | "mong"));
    let of = match named {
        Some(named) => named,
        None => i32::try_from(year(rest.pop()?)?).ok()?,
    };
    let [day, month] = rest.as_slice() else { return None };
    let day = if *day == "ram" { 15 } else { number(day, 2)? };
    let month = match *month {
        "gieng" => 1,
        "chap" => 12,
        other => number(other, 2)?,
    };
    let lunar = LunarDay { day: u8::try_from(day).ok()?, month: u8::try_from(month).ok()?, leap };
    let date: NaiveDate = lunar.date_in(of)?;
    Some(Said::Day(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())))
}

/// Where a name of a year such as `giap thin` stands, and the year of the present sixty that it means.
fn named_year(words: &[&str]) -> Option<(usize, i32)> {
    words.windows(2).enumerate().find_map(|(at, pair)| {
        let after = cyclic_year(pair[0], pair[1])?;
        // `giap thin` stands behind `nam`, or the text would be about something else.
        (at > 0 && words[at - 1] == "nam").then(|| (at, FIRST_OF_CYCLE + i32::from(after)))
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::super::period::Period;
    use super::super::time::{DateOrder, Precision, TimeFormat, TimeReader};
    use super::{assumption, season_period};

    const ZONE: i64 = 7 * 3_600_000_000;

    fn reader(format: &str) -> TimeReader {
        TimeReader {
            format: TimeFormat::parse(format).unwrap(),
            order: Some(DateOrder::DayFirst),
            zone: ZONE,
        }
    }

    fn local(us: i64) -> String {
        let time = DateTime::from_timestamp_micros(us + ZONE).unwrap();
        time.format("%Y-%m-%d %H:%M").to_string()
    }

    /// What a text says on the clock of Vietnam, and the span that it has without a period of its own.
    fn read(text: &str) -> Option<(String, &'static str, Option<String>)> {
        let moment = reader("auto").read(text)?;
        let name = match moment.precision {
            Precision::Year => "year",
            Precision::Season(_) => "season",
            Precision::Months(_) => "months",
            Precision::Month => "month",
            Precision::Week => "week",
            Precision::Dekad => "dekad",
            Precision::Day => "day",
            Precision::Instant => "instant",
        };
        let period = Period::of_precision(moment.precision);
        let end = period.and_then(|period| period.span(moment, ZONE).end).map(local);
        Some((local(moment.us), name, end))
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("Tháng 2/2020", ("2020-02-01 00:00", "month", Some("2020-03-01 00:00"))),
            ("T2/2020", ("2020-02-01 00:00", "month", Some("2020-03-01 00:00"))),
            ("Th2-2020", ("2020-02-01 00:00", "month", Some("2020-03-01 00:00"))),
            ("tháng 12 năm 2020", ("2020-12-01 00:00", "month", Some("2021-01-01 00:00"))),
            ("Feb-2020", ("2020-02-01 00:00", "month", Some("2020-03-01 00:00"))),
            ("2020M02", ("2020-02-01 00:00", "month", Some("2020-03-01 00:00"))),
            ("9 tháng năm 2020", ("2020-01-01 00:00", "months", Some("2020-10-01 00:00"))),
            ("01-MAR-2020 07:30", ("2020-03-01 07:30", "instant", None)),
            ("1 Mar 2020 7:30:00 PM", ("2020-03-01 19:30", "instant", None)),
            ("2020/3/1", ("2020-03-01 00:00", "day", None)),
            ("2020-3-1 7:05", ("2020-03-01 07:05", "instant", None)),
            ("Quý I/2020", ("2020-01-01 00:00", "months", Some("2020-04-01 00:00"))),
            ("quý 4 năm 2020", ("2020-10-01 00:00", "months", Some("2021-01-01 00:00"))),
            ("Q2/2020", ("2020-04-01 00:00", "months", Some("2020-07-01 00:00"))),
            ("2020Q3", ("2020-07-01 00:00", "months", Some("2020-10-01 00:00"))),
            ("6 tháng đầu năm 2020", ("2020-01-01 00:00", "months", Some("2020-07-01 00:00"))),
            ("6 tháng cuối năm 2020", ("2020-07-01 00:00", "months", Some("2021-01-01 00:00"))),
            ("9 tháng năm 2020", ("2020-01-01 00:00", "months", Some("2020-10-01 00:00"))),
            ("Đông xuân 2019-2020", ("2020-01-01 00:00", "season", Some("2021-01-01 00:00"))),
            ("vụ đông xuân 2019/20", ("2020-01-01 00:00", "season", Some("2021-01-01 00:00"))),
            ("ĐX 2020", ("2020-01-01 00:00", "season", Some("2021-01-01 00:00"))),
            ("Hè Thu 2020", ("2020-01-01 00:00", "season", Some("2021-01-01 00:00"))),
            ("vụ mùa 2020", ("2020-01-01 00:00", "season", Some("2021-01-01 00:00"))),
            ("năm 2020", ("2020-01-01 00:00", "year", Some("2021-01-01 00:00"))),
            ("Prel. 2016", ("2016-01-01 00:00", "year", Some("2017-01-01 00:00"))),
            ("Sơ bộ 2016", ("2016-01-01 00:00", "year", Some("2017-01-01 00:00"))),
            ("2016 (*)", ("2016-01-01 00:00", "year", Some("2017-01-01 00:00"))),
            ("Thượng tuần tháng 7/2024", ("2024-07-01 00:00", "dekad", Some("2024-07-11 00:00"))),
            ("trung tuần tháng 2 năm 2024", ("2024-02-11 00:00", "dekad", Some("2024-02-21 00:00"))),
            ("Hạ tuần 2/2024", ("2024-02-21 00:00", "dekad", Some("2024-03-01 00:00"))),
            ("Kỳ 3 tháng 12/2024", ("2024-12-21 00:00", "dekad", Some("2025-01-01 00:00"))),
            ("10 ngày đầu tháng 7/2024", ("2024-07-01 00:00", "dekad", Some("2024-07-11 00:00"))),
            ("10 ngày cuối tháng 7 năm 2024", ("2024-07-21 00:00", "dekad", Some("2024-08-01 00:00"))),
            ("01-10/3/2024", ("2024-03-01 00:00", "dekad", Some("2024-03-11 00:00"))),
            ("21-31/3/2024", ("2024-03-21 00:00", "dekad", Some("2024-04-01 00:00"))),
            ("Tuần 30/2024", ("2024-07-22 00:00", "week", Some("2024-07-29 00:00"))),
            ("tuần 1 năm 2021", ("2021-01-04 00:00", "week", Some("2021-01-11 00:00"))),
            ("2024-W30", ("2024-07-22 00:00", "week", Some("2024-07-29 00:00"))),
            ("ngày 5 tháng 3 năm 2020", ("2020-03-05 00:00", "day", None)),
            ("5-Mar-2020", ("2020-03-05 00:00", "day", None)),
            ("7h30 ngày 5/3/2020", ("2020-03-05 07:30", "instant", None)),
            ("05/03/2020 07h", ("2020-03-05 07:00", "instant", None)),
            ("7 giờ 30 phút ngày 05/03/2020", ("2020-03-05 07:30", "instant", None)),
            ("24h 31/12/2019", ("2020-01-01 00:00", "instant", None)),
            ("7:30 5/3/2020", ("2020-03-05 07:30", "instant", None)),
            ("13:05:00 05-03-2020", ("2020-03-05 13:05", "instant", None)),
            ("05/03/2020 1:05 PM", ("2020-03-05 13:05", "instant", None)),
            ("05/03/2020 12:05:00 SA", ("2020-03-05 00:05", "instant", None)),
            ("05/03/2020 01:05:00 CH", ("2020-03-05 13:05", "instant", None)),
            ("2019-12-31 24:00", ("2020-01-01 00:00", "instant", None)),
            ("15/8/2020 âm lịch", ("2020-10-01 00:00", "day", None)),
            ("15/8/2020 ÂL", ("2020-10-01 00:00", "day", None)),
            ("rằm tháng 7 năm Giáp Thìn", ("2024-08-18 00:00", "day", None)),
            ("mùng 1 tháng Giêng năm 2024", ("2024-02-10 00:00", "day", None)),
            ("23 tháng Chạp năm Quý Mão", ("2024-02-02 00:00", "day", None)),
            ("43862", ("2020-02-01 00:00", "day", None)),
            ("43862.5", ("2020-02-01 12:00", "instant", None)),
            ("43862,2916666667", ("2020-02-01 07:00", "instant", None)),
        ] {
            let (start, precision, end) = expected;
            let got = read(text);
            assert_eq!(got, Some((start.to_owned(), precision, end.map(str::to_owned))), "{text}");
        }
        for text in [
            "hôm qua",
            "15/8 âm lịch",
            "tháng 13/2020",
            "kỳ 4 tháng 7/2024",
            "21-30/3/2024",
            "01-15/3/2024",
            "tuần 54/2020",
            "tuần 53/2024",
            "quý V/2020",
            "đông xuân 2018-2020",
            "5 tháng",
            "25h 5/3/2020",
            "7:30 3/2020",
            "7:30 5/3/2020 8:00",
            "5/3/2020 13:05 PM",
            "30/1 âm lịch 2024",
            "12 tháng 2 2020 x",
            "vụ 3 2020",
            "123456",
            "99999",
            "",
            "năm",
            "Giáp Thìn",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_days_number_is_counted_as_the_workbook_counts() {
        let old = |text: &str| reader("excel1904").read(text).map(|moment| local(moment.us));
        assert_eq!(old("42400"), Some("2020-02-01 00:00".into()));
        assert_eq!(
            reader("excel").read("43862").map(|moment| local(moment.us)),
            Some("2020-02-01 00:00".into())
        );
        assert_eq!(assumption("43862"), Some("assumed_day_number"));
        assert_eq!(assumption("rằm tháng 7 năm Giáp Thìn"), Some("assumed_lunar_year"));
        assert_eq!(assumption("2020-02-01"), None);
    }

    #[test]
    fn a_date_and_an_hour_in_two_columns_are_one_time() {
        let read = |parts: &[&str]| reader("auto").read_parts(parts).map(|moment| local(moment.us));
        assert_eq!(read(&["05/03/2020", "7"]), Some("2020-03-05 07:00".into()));
        assert_eq!(read(&["05/03/2020", "24"]), Some("2020-03-06 00:00".into()));
        assert_eq!(read(&["05/03/2020", "7h30"]), Some("2020-03-05 07:30".into()));
        assert_eq!(read(&["05/03/2020", "07:30"]), Some("2020-03-05 07:30".into()));
        assert_eq!(read(&["05/03/2020", "7 giờ 30 phút"]), Some("2020-03-05 07:30".into()));
        assert_eq!(read(&["43895", "0.3125"]), Some("2020-03-05 07:30".into()));
        assert_eq!(read(&["05/03/2020", "25"]), None);
        assert_eq!(read(&["05/03/2020", "7.5"]), None);
        let short = reader("%d/%m/%y").read_parts(&["05/03/20", "7h30"]);
        assert_eq!(short.map(|moment| local(moment.us)), Some("2020-03-05 07:30".into()));
    }

    #[test]
    fn the_rain_of_a_day_fell_until_its_hour() {
        let span = |text: &str, period: &str| {
            let span = Period::parse(period).unwrap().span(reader("auto").read(text).unwrap(), ZONE);
            (local(span.start), span.end.map(local).unwrap())
        };
        let from_19_to_19 = ("2020-05-03 19:00".to_owned(), "2020-05-04 19:00".to_owned());
        assert_eq!(span("2020-05-04", "P1D:T19"), from_19_to_19);
        assert_eq!(span("2020-05-04 19:00", "P1D:T19"), from_19_to_19);
        assert_eq!(span("2020-05-04 07:00", "P1D:T07").0, "2020-05-03 07:00");
        assert_eq!(span("2020-05-04 08:00", "P1D:T07").0, "2020-05-04 07:00");
        assert!(Period::parse("P1D:T24").is_none() && Period::parse("P1D:T7").is_none());
    }

    #[test]
    fn a_seasons_period_is_named_as_mappings_name_it() {
        assert_eq!(season_period(0).as_deref(), Some("season:dong_xuan"));
        assert_eq!(season_period(99), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-zàéêđĐ0-9 /.:h*-]{0,40}") {
            let _ = read(&text);
            let _ = assumption(&text);
        }
    }
}
