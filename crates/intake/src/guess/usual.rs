//! What is usual: the period of a property or of its times, and how an offset is written.

use catalog::Gazetteer;
use model::{Property, Statistic};

use super::words::has_words;
use crate::mapping::TextOrColumn;
use crate::observe::{Precision, find_property};

/// Words of headers over numbers that number or place a row and are no values, folded.
const NO_VALUES: &[&str] = &[
    "stt",
    "tt",
    "so tt",
    "so thu tu",
    "no",
    "nr",
    "id",
    "ma",
    "ma so",
    "code",
    "number",
    "lat",
    "lon",
    "lng",
    "latitude",
    "longitude",
    "vi do",
    "kinh do",
    "x",
    "y",
    "e",
    "n",
    "battery",
    "battery voltage",
    "thu tu",
    "thu hang",
    "xep hang",
    "rank",
];

/// Headers of sums and means of the other columns, folded.
const SUMS: &[&str] = &[
    "nam",
    "ca nam",
    "ca nuoc",
    "tong",
    "tong so",
    "tong cong",
    "tong nam",
    "tong ca nam",
    "tong luong nam",
    "cong",
    "cong don",
    "luy ke",
    "cumulative",
    "cong ca nam",
    "trung binh",
    "trung binh nam",
    "tb",
    "tb nam",
    "tbnn",
    "binh quan",
    "binh quan nam",
    "year",
    "annual",
    "total",
    "sum",
    "mean",
    "average",
    "max",
    "min",
    "cao nhat",
    "thap nhat",
    "lon nhat",
    "nho nhat",
];

/// Whether a folded header over numbers numbers or places its row.
pub(super) fn names_a_row(folded: &str) -> bool {
    NO_VALUES.iter().any(|word| has_words(folded, word))
}

/// Whether a folded header over numbers is a part of the time, as another column may say it whole.
pub(super) fn names_a_part_of_time(folded: &str) -> bool {
    const PARTS: [&str; 15] = [
        "nam", "year", "yr", "thang", "month", "mon", "ngay", "day", "gio", "hour", "phut", "minute", "quy",
        "tuan", "week",
    ];
    PARTS.contains(&folded)
}

/// Whether numbers under a header number or place their rows, or are parts of their times.
pub(crate) fn names_no_row_value(name: &str) -> bool {
    let folded = model::fold(name.split(['(', '[']).next().unwrap_or(name).trim());
    names_a_row(&folded)
        || names_a_part_of_time(&folded)
        || ["date", "ngay thang nam"].contains(&folded.as_str())
}

/// Whether it does, or sums up the columns beside it.
pub(super) fn names_no_value(folded: &str) -> bool {
    SUMS.contains(&folded) || names_a_row(folded)
}

/// The period of times that are years or months.
pub(super) fn calendar(precision: Option<Precision>) -> Option<TextOrColumn> {
    match precision? {
        Precision::Year => Some(TextOrColumn::Text("P1Y".into())),
        Precision::Month => Some(TextOrColumn::Text("P1M".into())),
        Precision::Week => Some(TextOrColumn::Text("P7D".into())),
        Precision::Dekad => Some(TextOrColumn::Text("dekad".into())),
        Precision::Season(_) | Precision::Months(_) | Precision::Day | Precision::Instant => None,
    }
}

/// The same of all times that are longer than a day, for the property that values of them have.
pub(super) fn longer(precision: Option<Precision>) -> Option<TextOrColumn> {
    let is_long = precision.is_some_and(|precision| precision < Precision::Day);
    calendar(precision).or_else(|| is_long.then(|| TextOrColumn::Text("P3M".into())))
}

/// Properties of a day, and what they are called over months and years.
const OVER_PERIODS: [(&str, &str); 2] = [("rain_day", "rain_total"), ("sunshine", "sunshine_total")];

/// The property of values of a period: rain of a month is no rain of a day.
pub(super) fn of_period<'g>(
    gazetteer: &'g Gazetteer,
    property: &'g Property,
    period: Option<&TextOrColumn>,
) -> &'g Property {
    let is_long =
        matches!(period.and_then(TextOrColumn::text), Some("P7D" | "dekad" | "P1M" | "P3M" | "P1Y"));
    let longer = OVER_PERIODS.iter().find(|(code, _)| is_long && property.code.as_str() == *code);
    longer.and_then(|(_, code)| find_property(gazetteer, code)).unwrap_or(property)
}

/// The period that a property's code names.
pub(super) fn usual_period(code: &str, statistic: Statistic) -> Option<TextOrColumn> {
    let period = match code.rsplit('_').next() {
        Some("day") => "P1D",
        Some("1h") => "PT1H",
        _ => return None,
    };
    (statistic != Statistic::Instant).then(|| TextOrColumn::Text(period.into()))
}

/// An offset as a mapping writes it: `UTC+07:00` is `+07:00`.
pub(super) fn offset_text(zone: &str) -> String {
    let minutes = crate::observe::parse_zone(zone).unwrap_or(0) / 60_000_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
