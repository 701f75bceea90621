//! `pg_to_char(value, pattern)`: a time, a span or a number as PostgreSQL's `to_char` writes it (PostgreSQL 15, tables
//! 9.26 to 9.28). With a third argument the value is a double that stands for a decimal.

use std::fmt::Write as _;

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, Offset, TimeZone};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::digits::{self, Number};
use super::exact::{Exact, Exacts};

/// The longest pattern.
const LONGEST: usize = 1_000;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ToChar(Signature);

impl ToChar {
    pub(crate) fn new() -> ToChar {
        ToChar(Signature::variadic_any(Volatility::Immutable))
    }
}

impl ScalarUDFImpl for ToChar {
    fn name(&self) -> &str {
        "pg_to_char"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if !(2..=3).contains(&args.args.len()) {
            return Err(DataFusionError::Plan("to_char takes a value and a pattern".to_owned()));
        }
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let patterns = cast(&arrays[1], &DataType::Utf8)?;
        let patterns = patterns.as_string::<i32>();
        let write = writer(&arrays[0], arrays.len() == 3)?;
        let mut texts = StringBuilder::new();
        let mut parsed: Option<(&str, Vec<Piece>)> = None;
        let mut text = String::new();
        for row in 0..arrays[0].len() {
            if arrays[0].is_null(row) || patterns.is_null(row) {
                texts.append_null();
                continue;
            }
            let pattern = patterns.value(row);
            if parsed.as_ref().is_none_or(|(known, _)| *known != pattern) {
                if pattern.len() > LONGEST {
                    return Err(DataFusionError::Plan("a pattern of to_char is too long".to_owned()));
                }
                parsed = Some((pattern, pieces(pattern)));
            }
            text.clear();
            let pieces = parsed.as_ref().map_or(&[][..], |(_, pieces)| pieces);
            write(row, pattern, pieces, &mut text)?;
            texts.append_value(&text);
        }
        Ok(ColumnarValue::Array(std::sync::Arc::new(texts.finish())))
    }
}

type Writer = Box<dyn Fn(usize, &str, &[Piece], &mut String) -> Result<()>>;

/// What writes the values of an array, of which doubles may stand for decimals.
fn writer(array: &ArrayRef, is_decimal: bool) -> Result<Writer> {
    Ok(match array.data_type() {
        DataType::Timestamp(_, zone) => {
            let zone: Option<Tz> = zone.as_deref().map(str::parse).transpose()?;
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>().clone();
            Box::new(move |row, _, pieces, text| {
                if let Some(shown) = Shown::of(micros.value(row), zone) {
                    written(pieces, &shown, text);
                }
                Ok(())
            })
        }
        DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
            let times = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None)).or_else(|_| {
                let times = cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
                let since = cast(&times, &DataType::Int64)?;
                cast(&since, &DataType::Timestamp(TimeUnit::Microsecond, None))
            })?;
            writer(&times, false)?
        }
        DataType::Interval(_) => {
            let spans = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
            let spans = spans.as_primitive::<IntervalMonthDayNanoType>().clone();
            Box::new(move |row, _, pieces, text| {
                let span = spans.value(row);
                let parts = Parts {
                    year: (span.months / 12).into(),
                    month: (span.months % 12).into(),
                    day: span.days.into(),
                    micros: span.nanoseconds / 1_000,
                };
                written(pieces, &Shown { parts, date: None, offset: 0, zone: String::new() }, text);
                Ok(())
            })
        }
        DataType::Duration(_) => {
            let micros = cast(array, &DataType::Duration(TimeUnit::Microsecond))?;
            let micros = cast(&micros, &DataType::Int64)?;
            let micros = micros.as_primitive::<arrow::datatypes::Int64Type>().clone();
            Box::new(move |row, _, pieces, text| {
                let micros = micros.value(row);
                let parts = Parts { year: 0, month: 0, day: micros / DAY, micros: micros % DAY };
                written(pieces, &Shown { parts, date: None, offset: 0, zone: String::new() }, text);
                Ok(())
            })
        }
        of if of.is_numeric() || *of == DataType::Null => {
            if let Some(exacts) = Exacts::of(array)? {
                return Ok(Box::new(move |row, pattern, _, text| {
                    text.push_str(&digits::number(Number::Decimal(exacts.value(row)), pattern)?);
                    Ok(())
                }));
            }
            let numbers = cast(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>().clone();
            Box::new(move |row, pattern, _, text| {
                let number = numbers.value(row);
                let exact = Exact::of_double(number).filter(|_| is_decimal).map(Number::Decimal);
                text.push_str(&digits::number(exact.unwrap_or(Number::Double(number)), pattern)?);
                Ok(())
            })
        }
        of => {
            return Err(DataFusionError::Plan(format!("to_char takes a time, a span or a number, not {of}")));
        }
    })
}

const DAY: i64 = 86_400_000_000;

/// The parts of a time or of a span.
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    /// Of the day.
    micros: i64,
}

/// What is written.
struct Shown {
    parts: Parts,
    /// None of a span, which has no weeks.
    date: Option<chrono::NaiveDate>,
    /// Seconds east of UTC.
    offset: i32,
    zone: String,
}

impl Shown {
    fn of(micros: i64, zone: Option<Tz>) -> Option<Shown> {
        let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
        let (shown, offset): (NaiveDateTime, i32) = match zone {
            Some(zone) => {
                let there = zone.from_utc_datetime(&utc);
                (there.naive_local(), there.offset().fix().local_minus_utc())
            }
            None => (utc, 0),
        };
        let micros = (shown.time() - NaiveTime::MIN).num_microseconds()?;
        let parts =
            Parts { year: shown.year().into(), month: shown.month().into(), day: shown.day().into(), micros };
        let zone = match (zone, offset) {
            (None, _) => String::new(),
            (Some(_), 0) => "UTC".to_owned(),
            // Zones are named by their hours, as the tables of zones name those that have no other name.
            (Some(_), offset) => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                let rest = if minutes % 60 == 0 { String::new() } else { format!("{:02}", minutes % 60) };
                format!("{sign}{:02}{rest}", minutes / 60)
            }
        };
        Some(Shown { parts, date: Some(shown.date()), offset, zone })
    }

    /// A number of the date; 0 of a span.
    fn of_date(&self, number: impl Fn(chrono::NaiveDate) -> i64) -> i64 {
        self.date.map_or(0, number)
    }
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Field { name: &'static str, case: Case, is_bare: bool, ordinal: Option<Case> },
}

/// How the letters of a name are written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Case {
    Upper,
    Title,
    Lower,
}

/// The fields, the longer first where one begins another.
const FIELDS: [&str; 53] = [
    "SSSSS", "Y,YYY", "MONTH", "HH24", "HH12", "SSSS", "IYYY", "YYYY", "A.M.", "P.M.", "B.C.", "A.D.",
    "IDDD", "DDD", "DAY", "IYY", "YYY", "MON", "TZH", "TZM", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "HH",
    "MI", "SS", "MS", "US", "AM", "PM", "BC", "AD", "IY", "YY", "MM", "DY", "DD", "ID", "WW", "IW", "CC",
    "RM", "TZ", "OF", "I", "Y", "D", "W", "J", "Q",
];

/// The fields that are names.
const NAMES: [&str; 4] = ["MONTH", "MON", "DAY", "DY"];

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            plain.push_str(&quoted[..end]);
            rest = quoted.get(end + 1..).unwrap_or("");
            continue;
        }
        let prefix = rest.get(..2).unwrap_or_default();
        // Of names `TM` leaves blanks away, as `FM` does; they are English here as in the locale `C`.
        let (is_bare, is_local) = (prefix.eq_ignore_ascii_case("FM"), prefix.eq_ignore_ascii_case("TM"));
        let field = if is_bare || is_local { &rest[2..] } else { rest };
        let named =
            |name: &&&str| field.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if let Some(name) = FIELDS.iter().find(named) {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let case = case_of(&field[..name.len()]);
            let is_bare = is_bare || (is_local && NAMES.contains(name));
            rest = &field[name.len()..];
            let ordinal = rest.get(..2).filter(|end| end.eq_ignore_ascii_case("TH"));
            let ordinal = ordinal.map(|end| if end == "th" { Case::Lower } else { Case::Upper });
            if ordinal.is_some() {
                rest = &rest[2..];
            }
            pieces.push(Piece::Field { name, case, is_bare, ordinal });
            continue;
        }
        if is_bare {
            rest = field;
            continue;
        }
        plain.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

fn case_of(written: &str) -> Case {
    let mut letters = written.chars().filter(|c| c.is_ascii_alphabetic());
    match (letters.next(), letters.next()) {
        (Some(first), _) if first.is_ascii_lowercase() => Case::Lower,
        (Some(_), Some(second)) if second.is_ascii_lowercase() => Case::Title,
        _ => Case::Upper,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

fn written(pieces: &[Piece], shown: &Shown, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Field { name, case, is_bare, ordinal } => {
                let start = out.len();
                field(name, *case, *is_bare, shown, out);
                if let Some(case) = ordinal {
                    let end = ending(&out[start..]);
                    out.push_str(&cased(end, *case));
                }
            }
        }
    }
}

/// How an ordinal number ends.
fn ending(digits: &str) -> &'static str {
    let bytes = digits.as_bytes();
    let is_teen = bytes.len() > 1 && bytes[bytes.len() - 2] == b'1';
    match bytes.last() {
        Some(b'1') if !is_teen => "st",
        Some(b'2') if !is_teen => "nd",
        Some(b'3') if !is_teen => "rd",
        _ => "th",
    }
}

fn cased(name: &str, case: Case) -> String {
    match case {
        Case::Upper => name.to_uppercase(),
        Case::Lower => name.to_lowercase(),
        Case::Title => name.to_owned(),
    }
}

/// Writes one field. Numbers are filled with zeros and names with blanks, unless the field is bare.
fn field(name: &str, case: Case, is_bare: bool, shown: &Shown, out: &mut String) {
    let parts = &shown.parts;
    let mut number = |value: i64, width: usize| {
        let sign = if value < 0 { "-" } else { "" };
        let value = value.unsigned_abs();
        // Writing to a text does not fail.
        let _ = match is_bare {
            true => write!(out, "{sign}{value}"),
            false => write!(out, "{sign}{value:0width$}"),
        };
    };
    let (seconds, fraction) = (parts.micros / 1_000_000, parts.micros % 1_000_000);
    let hours = seconds / 3600;
    let week = |date: chrono::NaiveDate| i64::from(date.iso_week().week());
    match name {
        "HH24" => number(hours, 2),
        "HH" | "HH12" => number(if hours % 12 == 0 { 12 } else { hours % 12 }, 2),
        "MI" => number(seconds / 60 % 60, 2),
        "SS" => number(seconds % 60, 2),
        "MS" => number(fraction / 1000, 3),
        "US" => number(fraction, 6),
        "SSSS" | "SSSSS" => number(seconds, 1),
        "YYYY" => number(parts.year, 4),
        "YYY" => number(parts.year % 1000, 3),
        "YY" => number(parts.year % 100, 2),
        "Y" => number(parts.year % 10, 1),
        "IYYY" => number(shown.of_date(|date| date.iso_week().year().into()), 4),
        "IYY" => number(shown.of_date(|date| i64::from(date.iso_week().year()) % 1000), 3),
        "IY" => number(shown.of_date(|date| i64::from(date.iso_week().year()) % 100), 2),
        "I" => number(shown.of_date(|date| i64::from(date.iso_week().year()) % 10), 1),
        "MM" => number(parts.month, 2),
        "DD" => number(parts.day, 2),
        "DDD" => number(shown.of_date(|date| date.ordinal().into()), 3),
        "IDDD" => number(shown.of_date(|date| (week(date) - 1) * 7 + weekday(date)), 3),
        "D" => number(shown.of_date(|date| weekday(date) % 7 + 1), 1),
        "ID" => number(shown.of_date(weekday), 1),
        "W" => number(shown.of_date(|date| (i64::from(date.day()) - 1) / 7 + 1), 1),
        "WW" => number(shown.of_date(|date| (i64::from(date.ordinal()) - 1) / 7 + 1), 2),
        "IW" => number(shown.of_date(week), 2),
        "CC" => number((parts.year + 99) / 100, 2),
        "J" => number(shown.of_date(|date| i64::from(date.num_days_from_ce()) + 1_721_425), 1),
        "Q" => number((parts.month - 1) / 3 + 1, 1),
        "TZM" => number(i64::from(shown.offset).abs() / 60 % 60, 2),
        "Y,YYY" => {
            let _ = write!(out, "{},{:03}", parts.year / 1000, parts.year % 1000);
        }
        "AM" | "PM" => out.push_str(&cased(if hours % 24 < 12 { "AM" } else { "PM" }, case)),
        "A.M." | "P.M." => out.push_str(&cased(if hours % 24 < 12 { "A.M." } else { "P.M." }, case)),
        "BC" | "AD" => out.push_str(&cased(if parts.year > 0 { "AD" } else { "BC" }, case)),
        "B.C." | "A.D." => out.push_str(&cased(if parts.year > 0 { "A.D." } else { "B.C." }, case)),
        "MONTH" | "MON" | "RM" => {
            let place = usize::try_from(parts.month - 1).ok();
            let names = if name == "RM" { &ROMAN } else { &MONTHS };
            let Some(full) = place.and_then(|place| names.get(place)) else { return };
            let (shown, width) = match name {
                "MON" => (&full[..3], 3),
                "RM" => (*full, 4),
                _ => (*full, 9),
            };
            padded(&cased(shown, case), if is_bare { 0 } else { width }, out);
        }
        "DAY" | "DY" => {
            let Some(date) = shown.date else { return };
            let full = WEEKDAYS[usize::try_from(weekday(date) % 7).unwrap_or_default()];
            let (shown, width) = if name == "DY" { (&full[..3], 3) } else { (full, 9) };
            padded(&cased(shown, case), if is_bare { 0 } else { width }, out);
        }
        "TZ" => out.push_str(&cased(&shown.zone, case)),
        "TZH" | "OF" => {
            let (sign, minutes) = (if shown.offset < 0 { '-' } else { '+' }, shown.offset.abs() / 60);
            let _ = write!(out, "{sign}{:02}", minutes / 60);
            if name == "OF" && minutes % 60 != 0 {
                let _ = write!(out, ":{:02}", minutes % 60);
            }
        }
        // `FF1` to `FF6`: so many digits of the second.
        _ => {
            let digits = name.bytes().last().map_or(6, |digit| usize::from(digit - b'0'));
            let _ = write!(out, "{}", &format!("{:06}", fraction.abs())[..digits.min(6)]);
        }
    }
}

/// The day of the week, of which Monday is the first.
fn weekday(date: chrono::NaiveDate) -> i64 {
    date.weekday().number_from_monday().into()
}

fn padded(name: &str, width: usize, out: &mut String) {
    let _ = write!(out, "{name:<width$}");
}
