//! The text of a workbook's cell: what a person would type to get the same value.

use calamine::{Data, DataRef, ExcelDateTime};
use std::borrow::Cow;

use crate::percent;

/// Numbers in the shortest text that is the same number, dates and times as ISO 8601, texts as
/// they are, errors as the spreadsheet shows them (`#N/A`).
pub(crate) fn text<'a>(value: &'a DataRef<'_>) -> Cow<'a, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cow::Borrowed(text)
        }
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(shortest(*number)),
        DataRef::Bool(true) => Cow::Borrowed("TRUE"),
        DataRef::Bool(false) => Cow::Borrowed("FALSE"),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
        DataRef::DateTime(time) => Cow::Owned(date_time(time)),
    }
}

/// The same, of a cell that is shown as a percentage or not.
pub(crate) fn text_shown<'a>(value: &'a DataRef<'_>, is_percentage: bool) -> Cow<'a, str> {
    match value {
        DataRef::Float(number) if is_percentage => Cow::Owned(percent::shown(*number)),
        #[expect(clippy::cast_precision_loss, reason = "a spreadsheet holds every number as a double")]
        DataRef::Int(number) if is_percentage => Cow::Owned(percent::shown(*number as f64)),
        value => text(value),
    }
}

/// The same, of a cell that shows a unit behind its number: `2.1 m`.
pub(crate) fn text_with_unit<'a>(
    value: &'a DataRef<'_>,
    is_percentage: bool,
    unit: Option<&str>,
) -> Cow<'a, str> {
    match (value, unit) {
        (DataRef::Float(_) | DataRef::Int(_), Some(unit)) => Cow::Owned(format!("{} {unit}", text(value))),
        _ => text_shown(value, is_percentage),
    }
}

/// The same value as the readers that stream hand it out.
pub(crate) fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Empty => DataRef::Empty,
        Data::String(text) => DataRef::SharedString(text),
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

/// A number in the shortest text that is the same number.
pub(crate) fn shortest(number: f64) -> String {
    let number = if number == 0.0 { 0.0 } else { number };
    if number != 0.0 && !(1e-7..1e21).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// The first serial number that is no date any more: 1 January 10000.
const END_OF_DATES: f64 = 2_958_466.0;

fn date_time(time: &ExcelDateTime) -> String {
    let serial = time.as_f64();
    if !(0.0..END_OF_DATES).contains(&serial) {
        return shortest(serial);
    }
    if time.is_duration() {
        return duration(serial);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let clock = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    if serial < 1.0 {
        return clock;
    }
    if (hour, minute, second, milli) == (0, 0, 0, 0) {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    format!("{year:04}-{month:02}-{day:02}T{clock}")
}

/// Hours, minutes and seconds; the hours count on past a day, as the cell shows them.
fn duration(days: f64) -> String {
    let seconds = (days * 86_400.0).round();
    let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
    format!("{hours:02}:{:02}:{:02}", (rest / 60.0).floor(), rest % 60.0)
}

#[cfg(test)]
mod tests {
    use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType};

    use super::text;

    #[test]
    fn a_value_is_told_as_a_person_would_type_it() {
        for (value, expected) in [
            (DataRef::Float(2014.0), "2014"),
            (DataRef::Float(0.1), "0.1"),
            (DataRef::Float(-0.0), "0"),
            (DataRef::Float(58.99), "58.99"),
            (DataRef::Float(1e300), "1e300"),
            (DataRef::Float(1e-9), "1e-9"),
            (DataRef::Int(-3), "-3"),
            (DataRef::Bool(true), "TRUE"),
            (DataRef::SharedString("Cần Thơ"), "Cần Thơ"),
            (DataRef::Empty, ""),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn dates_and_times_are_told_as_iso_8601() {
        use ExcelDateTimeType::{DateTime, TimeDelta};
        for (serial, kind, is_1904, expected) in [
            (43_831.0, DateTime, false, "2020-01-01"),
            (42_369.0, DateTime, true, "2020-01-01"),
            (43_831.5, DateTime, false, "2020-01-01T12:00:00"),
            (45_943.541, DateTime, false, "2025-10-13T12:59:02.400"),
            (43_831.999_999_999_99, DateTime, false, "2020-01-02"),
            (0.25, DateTime, false, "06:00:00"),
            (1.5, TimeDelta, false, "36:00:00"),
            (-1.0, DateTime, false, "-1"),
            (9e9, DateTime, false, "9000000000"),
            (f64::NAN, DateTime, false, "NaN"),
        ] {
            let value = DataRef::DateTime(ExcelDateTime::new(serial, kind, is_1904));
            assert_eq!(text(&value), expected, "{serial}");
        }
    }
}
