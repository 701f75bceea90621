//! The Vietnamese lunar day, which tides follow and farmers speak, for UTC+7.
//!
//! The months begin with the new moon's day in Vietnam and the eleventh month holds the winter
//! solstice (J. Meeus, Astronomical Algorithms, with the truncated series that calendars of Vietnam
//! use; exact from 1900 to 2199).

use std::f64::consts::PI;

use chrono::{Datelike, Days, NaiveDate};

/// A day of the lunar calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LunarDay {
    /// The day, 1 to 30.
    pub day: u8,
    /// The month, 1 to 12.
    pub month: u8,
    /// Whether the month is a leap month.
    pub leap: bool,
}

/// Vietnam's hours east of Greenwich, in days.
const ZONE: f64 = 7.0 / 24.0;

impl LunarDay {
    /// The lunar day of a date.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "days and months of a lunar year are small and positive"
    )]
    pub fn of(date: NaiveDate) -> LunarDay {
        let day_number = julian_day(date);
        let k = ((f64::from(day_number) - 2_415_021.076_998_695) / 29.530_588_853).floor() as i32;
        let mut month_start = new_moon_day(k + 1);
        if month_start > day_number {
            month_start = new_moon_day(k);
        }
        let mut first = eleventh_month(date.year());
        let mut next = first;
        if first >= month_start {
            first = eleventh_month(date.year() - 1);
        } else {
            next = eleventh_month(date.year() + 1);
        }
        let months_since = (month_start - first) / 29;
        let mut month = months_since + 11;
        let mut leap = false;
        if next - first > 365 {
            let leap_offset = leap_month_offset(first);
            if months_since >= leap_offset {
                month -= 1;
                leap = months_since == leap_offset;
            }
        }
        if month > 12 {
            month -= 12;
        }
        LunarDay { day: (day_number - month_start + 1) as u8, month: month as u8, leap }
    }

    /// The date of a day of the lunar year that begins in a year; `None` when that year has no such day.
    pub fn date_in(self, year: i32) -> Option<NaiveDate> {
        // A lunar year begins between 21 January and 20 February.
        let first = NaiveDate::from_ymd_opt(year, 1, 20)?;
        let mut in_year = false;
        for ahead in 0..=400 {
            let date = first.checked_add_days(Days::new(ahead))?;
            let day = LunarDay::of(date);
            if day.day == 1 && day.month == 1 && !day.leap {
                if in_year {
                    return None;
                }
                in_year = true;
            }
            if in_year && day == self {
                return Some(date);
            }
        }
        None
    }
}

/// The ten stems and twelve branches that name the sixty years, without marks.
const STEMS: [&str; 10] = ["giap", "at", "binh", "dinh", "mau", "ky", "canh", "tan", "nham", "quy"];
const BRANCHES: [&str; 12] =
    ["ty", "suu", "dan", "mao", "thin", "ty", "ngo", "mui", "than", "dau", "tuat", "hoi"];

/// The place in the cycle of sixty of a year's name without marks: `giap thin` is 40. Tý and Tỵ are
/// told apart by their stems, which are of one parity with their branch.
pub fn cyclic_year(stem: &str, branch: &str) -> Option<u8> {
    let stem = STEMS.iter().position(|name| *name == stem)?;
    let at = (0..60).find(|at| at % 10 == stem && BRANCHES[at % 12] == branch)?;
    u8::try_from(at).ok()
}

fn julian_day(date: NaiveDate) -> i32 {
    // chrono counts days from 1 January of year 1; Julian day 1 721 426 began on that day's noon.
    date.num_days_from_ce() + 1_721_425
}

/// The day, in Vietnam, of the k-th new moon after that of 1 January 1900.
#[expect(clippy::cast_possible_truncation, reason = "a day number of this millennium fits an i32")]
fn new_moon_day(k: i32) -> i32 {
    let k = f64::from(k);
    let t = k / 1236.85;
    let (t2, t3) = (t * t, t * t * t);
    let rad = PI / 180.0;
    let mean = 2_415_020.759_33 + 29.530_588_68 * k + 0.000_117_8 * t2 - 0.000_000_155 * t3
        + 0.000_33 * ((166.56 + 132.87 * t - 0.009_173 * t2) * rad).sin();
    let sun = 359.2242 + 29.105_356_08 * k - 0.000_033_3 * t2 - 0.000_003_47 * t3;
    let moon = 306.0253 + 385.816_918_06 * k + 0.010_730_6 * t2 + 0.000_012_36 * t3;
    let latitude = 21.2964 + 390.670_506_46 * k - 0.001_652_8 * t2 - 0.000_002_39 * t3;
    let sin = |degrees: f64| (degrees * rad).sin();
    let correction = (0.1734 - 0.000_393 * t) * sin(sun) + 0.0021 * sin(2.0 * sun) - 0.4068 * sin(moon)
        + 0.0161 * sin(2.0 * moon)
        - 0.0004 * sin(3.0 * moon)
        + 0.0104 * sin(2.0 * latitude)
        - 0.0051 * sin(sun + moon)
        - 0.0074 * sin(sun - moon)
        + 0.0004 * sin(2.0 * latitude + sun)
        - 0.0004 * sin(2.0 * latitude - sun)
        - 0.0006 * sin(2.0 * latitude + moon)
        + 0.0010 * sin(2.0 * latitude - moon)
        + 0.0005 * sin(2.0 * moon + sun);
    let shift = if t < -11.0 {
        0.001 + 0.000_839 * t + 0.000_226_1 * t2 - 0.000_008_45 * t3 - 0.000_000_081 * t * t3
    } else {
        -0.000_278 + 0.000_265 * t + 0.000_262 * t2
    };
    (mean + correction - shift + 0.5 + ZONE).floor() as i32
}

/// The sun's longitude at midnight of a day in Vietnam, in twelfths of the circle.
#[expect(clippy::cast_possible_truncation, reason = "0 to 11")]
fn sun_sector(day_number: i32) -> i32 {
    let t = (f64::from(day_number) - 2_451_545.5 - ZONE) / 36_525.0;
    let t2 = t * t;
    let rad = PI / 180.0;
    let anomaly = 357.529_10 + 35_999.050_30 * t - 0.000_155_9 * t2 - 0.000_000_48 * t * t2;
    let mean = 280.466_45 + 36_000.769_83 * t + 0.000_303_2 * t2;
    let centre = (1.914_600 - 0.004_817 * t - 0.000_014 * t2) * (anomaly * rad).sin()
        + (0.019_993 - 0.000_101 * t) * (2.0 * anomaly * rad).sin()
        + 0.000_290 * (3.0 * anomaly * rad).sin();
    ((mean + centre).rem_euclid(360.0) / 30.0).floor() as i32
}

/// The first day of the eleventh lunar month of a year: the month that holds the winter solstice.
#[expect(clippy::cast_possible_truncation, reason = "a count of lunar months fits an i32")]
fn eleventh_month(year: i32) -> i32 {
    let last = NaiveDate::from_ymd_opt(year, 12, 31).map_or(0, julian_day);
    let k = (f64::from(last - 2_415_021) / 29.530_588_853).floor() as i32;
    let start = new_moon_day(k);
    if sun_sector(start) >= 9 { new_moon_day(k - 1) } else { start }
}

/// Which month after the eleventh is the leap month: the first in which the sun enters no sector.
#[expect(clippy::cast_possible_truncation, reason = "a count of lunar months fits an i32")]
fn leap_month_offset(first: i32) -> i32 {
    let k = (0.5 + (f64::from(first) - 2_415_021.076_998_695) / 29.530_588_853).floor() as i32;
    let mut offset = 1;
    let mut sector = sun_sector(new_moon_day(k + offset));
    loop {
        offset += 1;
        let next = sun_sector(new_moon_day(k + offset));
        if next == sector || offset >= 14 {
            return offset - 1;
        }
        sector = next;
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{LunarDay, cyclic_year};

    fn day(day: u8, month: u8, leap: bool) -> LunarDay {
        LunarDay { day, month, leap }
    }

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_lunar_day_is_found_in_its_year() {
        for (lunar, year, expected) in [
            (day(1, 1, false), 2024, Some(date(2024, 2, 10))),
            (day(15, 7, false), 2024, Some(date(2024, 8, 18))),
            (day(15, 8, false), 2020, Some(date(2020, 10, 1))),
            (day(1, 4, true), 2020, Some(date(2020, 5, 23))),
            (day(1, 4, true), 2021, None),
            (day(23, 12, false), 2023, Some(date(2024, 2, 2))),
        ] {
            assert_eq!(lunar.date_in(year), expected, "{lunar:?} {year}");
        }
    }

    #[test]
    fn the_sixty_years_have_sixty_names() {
        assert_eq!(cyclic_year("giap", "ty"), Some(0));
        assert_eq!(cyclic_year("giap", "thin"), Some(40));
        assert_eq!(cyclic_year("ky", "ty"), Some(5));
        assert_eq!(cyclic_year("giap", "suu"), None);
    }

    #[test]
    fn every_date_is_its_lunar_day_again() {
        for ahead in (0..2000).step_by(13) {
            let date = date(2019, 3, 1) + chrono::Days::new(ahead);
            let lunar = LunarDay::of(date);
            let year = chrono::Datelike::year(&date);
            let found = [year - 1, year].into_iter().filter_map(|year| lunar.date_in(year));
            assert!(found.into_iter().any(|other| other == date), "{date} {lunar:?}");
        }
    }
}
