//! Numbers, dates, lunar days and units in each language.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use model::Lang;
use portal::{LunarDay, Words};

fn vi() -> Words {
    Words::of(Lang::Vi)
}

fn en() -> Words {
    Words::of(Lang::En)
}

fn utc(text: &str) -> DateTime<Utc> {
    model::parse_instant(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn numbers_are_grouped_from_four_digits_with_each_languages_marks() {
    for (value, places, vietnamese, english) in [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (999.0, 0, "999", "999"),
        (1000.0, 0, "1.000", "1,000"),
        (-1_234_567.891, 2, "\u{2212}1.234.567,89", "\u{2212}1,234,567.89"),
        (-0.04, 1, "0,0", "0.0"),
        (0.05, 2, "0,05", "0.05"),
        (f64::NAN, 1, "–", "–"),
        (f64::INFINITY, 0, "–", "–"),
    ] {
        assert_eq!(vi().number(value, places), vietnamese);
        assert_eq!(en().number(value, places), english);
        assert_eq!(
            Words::of(Lang::Km).number(value, places),
            vietnamese,
            "Khmer readers live with Vietnamese bulletins"
        );
    }
    assert_eq!(vi().number_up_to(4.0, 2), "4");
    assert_eq!(vi().number_up_to(0.25, 4), "0,25");
    assert_eq!(vi().whole(1_200_000), "1.200.000");
}

#[test]
fn sizes_have_two_figures_or_so() {
    for (size, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (2_100, "2,1 KB"),
        (41_000, "41 KB"),
        (999_600, "1,0 MB"),
        (3_400_000_000, "3,4 GB"),
    ] {
        assert_eq!(vi().bytes(size), text);
    }
}

#[test]
fn dates_are_written_on_vietnams_clock() {
    let evening_utc = utc("2026-02-04T17:30:00Z");
    assert_eq!(vi().day(evening_utc), "05/02/2026");
    assert_eq!(en().day(evening_utc), "5 Feb 2026");
    assert_eq!(Words::of(Lang::Km).day(evening_utc), "5 កុម្ភៈ 2026");
    assert_eq!(vi().instant_long(utc("2026-02-05T00:00:00Z")), "07:00 thứ Năm 05/02/2026");
    assert_eq!(en().instant_long(utc("2026-02-05T00:00:00Z")), "07:00 Thursday 5 Feb 2026");
    assert_eq!(vi().day_month(day("2026-02-05")), "05/02");
    assert_eq!(vi().month(day("2026-02-05")), "thg 2");
    assert_eq!(en().month(day("2026-02-05")), "Feb");
}

#[test]
fn an_observation_is_dated_as_finely_as_its_period() {
    let midnight = utc("2020-01-01");
    assert_eq!(vi().observed(midnight, Some(utc("2021-01-01"))), "2020");
    assert_eq!(vi().observed(utc("2020-02-01"), Some(utc("2020-03-01"))), "thg 2 2020");
    assert_eq!(vi().observed(utc("2020-02-03"), Some(utc("2020-02-04"))), "03/02/2020");
    assert_eq!(vi().observed(utc("2020-02-03 14:00"), None), "14:00 03/02/2020");
}

#[test]
fn how_long_ago_has_its_plural_and_then_its_date() {
    let now = utc("2026-02-05 12:00");
    for (passed, vietnamese, english) in [
        (TimeDelta::seconds(20), "vừa xong", "just now"),
        (TimeDelta::minutes(1), "1 phút trước", "1 minute ago"),
        (TimeDelta::minutes(2), "2 phút trước", "2 minutes ago"),
        (TimeDelta::hours(5), "5 giờ trước", "5 hours ago"),
        (TimeDelta::days(3), "3 ngày trước", "3 days ago"),
        (TimeDelta::days(45), "22/12/2025", "22 Dec 2025"),
    ] {
        assert_eq!(vi().ago(now - passed, now), vietnamese);
        assert_eq!(en().ago(now - passed, now), english);
    }
}

/// Lunar new years and leap months as Vietnam's calendars print them.
#[test]
fn the_lunar_day_is_vietnams() {
    for (date, lunar, month, leap) in [
        ("2026-02-17", 1, 1, false),
        ("2025-01-29", 1, 1, false),
        ("2024-02-10", 1, 1, false),
        ("2023-01-22", 1, 1, false),
        ("2020-01-25", 1, 1, false),
        // Vietnam kept Tết a day before China in 2007.
        ("2007-02-17", 1, 1, false),
        // Leap second month of 2023, leap fourth month of 2020, leap sixth month of 2025.
        ("2023-03-22", 1, 2, true),
        ("2020-05-23", 1, 4, true),
        ("2025-07-25", 1, 6, true),
        ("2026-02-05", 18, 12, false),
    ] {
        let found = LunarDay::of(day(date));
        assert_eq!(found, LunarDay { day: lunar, month, leap }, "{date}");
    }
    assert_eq!(vi().lunar(day("2026-02-05")), "18 tháng Chạp");
    assert_eq!(vi().lunar(day("2026-02-17")), "mùng 1 tháng Giêng");
    assert_eq!(vi().lunar(day("2023-04-05")), "rằm tháng 2 nhuận");
    assert_eq!(en().lunar(day("2026-02-05")), "day 18 of lunar month 12");
}

#[test]
fn units_are_words_people_use() {
    for (ucum, vietnamese, english) in [
        ("g/L", "g/l", "g/l"),
        ("10*3.har", "nghìn ha", "thousand ha"),
        ("10*3.t", "nghìn tấn", "thousand tonnes"),
        ("{person}", "người", "people"),
        ("m3/s", "m³/s", "m³/s"),
        ("Cel", "°C", "°C"),
        ("mS/cm", "mS/cm", "mS/cm"),
    ] {
        assert_eq!(vi().unit(ucum), vietnamese);
        assert_eq!(en().unit(ucum), english);
    }
    assert_eq!(vi().quantity(4.31, "g/L"), "4,3 g/l");
    assert_eq!(vi().quantity(0.314, "g/L"), "0,31 g/l");
    assert_eq!(vi().quantity(112.4, "cm"), "112 cm");
    assert_eq!(vi().quantity(3.524, "m"), "3,52 m");
}
