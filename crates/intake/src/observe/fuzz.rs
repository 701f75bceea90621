//! The readers of numbers, times and periods under texts bent out of good ones.

#[path = "../../../testkit/src/fuzz.rs"]
mod driver;

use driver::fuzz_text;

use super::{DateOrder, NumberStyle, Period, TimeFormat, TimeReader, column_order, parse_zone};

#[test]
fn numbers() {
    fuzz_text(&["1.234,5", "-1,234.5", "12e-3", "1 234", "<0,05", "1.234.567,8"], |text| {
        for style in [NumberStyle::Dot, NumberStyle::Comma, NumberStyle::Unclear] {
            if let Ok(number) = style.read(text) {
                assert!(number.is_finite(), "{text:?}");
            }
        }
    });
}

#[test]
fn times() {
    let seeds = [
        "2020-02-01T00:00:00+07:00",
        "01/02/2020 13:05",
        "2020",
        "2/2020",
        "20200201",
        "1.2.2020 7:00:00.123",
        "Tháng 2/2020",
        "24h 5-3-2020",
        "2020-02-30",
        "43862",
    ];
    let formats =
        ["auto", "year", "%d/%m/%Y %H:%M", "%Y%m%d"].map(|format| TimeFormat::parse(format).unwrap());
    fuzz_text(&seeds, |text| {
        for format in &formats {
            for order in [None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)] {
                let reader = TimeReader { format: format.clone(), order, zone: 7 * 3_600_000_000 };
                let _ = reader.read(text);
                let _ = reader.read_parts(&text.split(' ').collect::<Vec<_>>());
            }
        }
        let _ = (column_order(text.split(';')), parse_zone(text), TimeFormat::parse(text));
    });
}

#[test]
fn periods() {
    fuzz_text(&["P1D", "PT1H30M", "P1Y2M3DT4H", "season:dong_xuan", "P0.5D"], |text| {
        let _ = (Period::parse(text), Period::of_cell(text, "season:"));
    });
}
