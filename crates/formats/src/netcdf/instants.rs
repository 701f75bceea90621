//! Times that are no count of hours or days: whole months since a day, and dates written as numbers.

use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The unit of dates that are written as numbers (CDO's absolute time axes): `20200215.5` is noon of 15 February.
const DATED: &str = "day as %Y%m%d";

/// Whether a unit says that numbers are dates.
pub(super) fn is_dated(units: &str) -> bool {
    let units = units.trim();
    units.starts_with(DATED) || units.eq_ignore_ascii_case("yyyymmdd")
}

/// The instant of a date that is written as a number, in microseconds since 1970.
pub(super) fn dated(number: f64) -> Option<i64> {
    if !(1.0..1e8).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it has eight digits")]
    let day = number as u32;
    let date = NaiveDate::from_ymd_opt(i32::try_from(day / 10_000).ok()?, day / 100 % 100, day % 100)?;
    // A double keeps eight digits of a day's part: that is a millisecond.
    #[expect(clippy::cast_possible_truncation, reason = "less than a day")]
    let of_day = (number.fract() * 86_400_000.0).round() as i64;
    let start = date.and_time(chrono::NaiveTime::MIN).and_utc();
    Some(start.checked_add_signed(TimeDelta::milliseconds(of_day))?.timestamp_micros())
}

/// The instant so many whole months behind another; `None` for parts of a month, whose length nobody knows.
pub(super) fn months_behind(start: DateTime<Utc>, months: f64) -> Option<i64> {
    if months.fract() != 0.0 || months.abs() > 120_000.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and small")]
    let count = Months::new(months.abs() as u32);
    let start: NaiveDateTime = start.naive_utc();
    let found =
        if months < 0.0 { start.checked_sub_months(count)? } else { start.checked_add_months(count)? };
    Some(found.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{dated, months_behind};

    fn at(text: &str) -> DateTime<chrono::Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn dates_as_numbers_and_whole_months_are_instants() {
        assert_eq!(dated(20_200_215.5), Some(at("2020-02-15T12:00:00Z").timestamp_micros()));
        assert_eq!(dated(20_200_229.25), Some(at("2020-02-29T06:00:00Z").timestamp_micros()));
        assert_eq!((dated(20_210_229.0), dated(15.0), dated(f64::NAN)), (None, None, None));
        let start = at("1999-12-15T00:00:00Z");
        assert_eq!(months_behind(start, 2.0), Some(at("2000-02-15T00:00:00Z").timestamp_micros()));
        assert_eq!(months_behind(start, -12.0), Some(at("1998-12-15T00:00:00Z").timestamp_micros()));
        assert_eq!(months_behind(start, 0.5), None);
    }
}
