//! Periods: ISO 8601 durations and the source's own named ones, and the span that a time means.

use super::time::{DAY, Moment, Precision, days, year_month};
use super::time_words::{dekad_end, season_named, season_period};

/// What stands before the hour in the period of a hydrological day: `P1D:T07`, `P1D:T19`.
const HYDROLOGICAL: &str = "P1D:T";

/// The longest text of a period.
const MAX_TEXT: usize = 63;

/// What a result is about: an instant, a calendar span, or a span that the source names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Period {
    /// As datastreams carry it: `P1D`, `P1D:T19`, `season:dong_xuan`, or empty.
    pub(crate) text: String,
    kind: PeriodKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum PeriodKind {
    /// No period: the value at an instant.
    Instant,
    /// A duration of months and of microseconds, at least one of them zero.
    Duration { months: i64, us: i64 },
    /// The day from this time of day, in microseconds, to the same of the next day.
    HydrologicalDay { from: i64 },
    /// A name: the span is as precise as the time's text.
    Named,
}

/// The span of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
    /// Whether the time's text named an instant inside the period and not its start.
    pub(crate) moved: bool,
}

/// Whether a text is a period: nothing for instants, an ISO 8601 duration, a hydrological day, or a name.
pub fn is_period(text: &str) -> bool {
    Period::parse(text).is_some_and(|period| period.text == text)
}

/// What stands before the code of a crop season.
const SEASON: &str = "season:";

impl Period {
    /// The period that a time's own text says, when it is longer than a day.
    pub(crate) fn of_precision(precision: Precision) -> Option<Period> {
        match precision {
            Precision::Year => Period::parse("P1Y"),
            Precision::Season(at) => Period::parse(&season_period(at)?),
            Precision::Months(count) => Period::parse(&format!("P{count}M")),
            Precision::Month => Period::parse("P1M"),
            Precision::Week => Period::parse("P7D"),
            // Ten days are a third of a month, which may be of eight or of eleven.
            Precision::Dekad => Period::parse("dekad"),
            Precision::Day | Precision::Instant => None,
        }
    }

    /// Reads a period, or `None` when the text is none.
    pub(crate) fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Period { text: String::new(), kind: PeriodKind::Instant });
        }
        if let Some((months, us)) = duration(text) {
            return Some(Period { text: text.to_owned(), kind: PeriodKind::Duration { months, us } });
        }
        if let Some(hour) = text.strip_prefix(HYDROLOGICAL) {
            let hour = Some(hour).filter(|hour| hour.len() == 2)?.parse::<i64>().ok()?;
            let kind = PeriodKind::HydrologicalDay { from: hour * DAY / 24 };
            return (1..24).contains(&hour).then(|| Period { text: text.to_owned(), kind });
        }
        let is_name = text.len() <= MAX_TEXT
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.:".contains(&b));
        is_name.then(|| Period { text: text.to_owned(), kind: PeriodKind::Named })
    }

    /// Reads the period that a cell names: an ISO 8601 duration stands as it is, and so does a name with its kind
    /// (`season:dong_xuan`); anything else becomes
    /// `prefix` and the name without marks: `Đông xuân` is `season:dong_xuan`.
    pub(crate) fn of_cell(text: &str, prefix: &str) -> Option<Period> {
        let text = text.trim();
        let names_its_kind = text.contains(':') && !text.contains(|c: char| c.is_whitespace());
        if duration(text).is_some() || names_its_kind && Period::parse(text).is_some() {
            return Period::parse(text);
        }
        if prefix == SEASON
            && let Some(said) = of_season(text)
        {
            return said;
        }
        let is_code =
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b));
        let name = if is_code { text.to_owned() } else { model::fold(text).replace(' ', "_") };
        if name.is_empty() {
            return None;
        }
        Period::parse(&format!("{prefix}{name}"))
    }

    /// The span of a moment. Calendar periods of months and of one day begin where the calendar of the
    /// zone begins them; others begin at the moment itself.
    pub(crate) fn span(&self, moment: Moment, zone: i64) -> Span {
        match self.kind {
            PeriodKind::Instant => Span { start: moment.us, end: None, moved: false },
            PeriodKind::Duration { months: 0, us } => {
                let start = if us == DAY { floor_day(moment.us, zone) } else { moment.us };
                Span { start, end: start.checked_add(us), moved: start != moment.us }
            }
            PeriodKind::Duration { months, .. } => {
                let start = floor_months(moment.us, zone, months);
                Span { start, end: Some(add_months(start, zone, months)), moved: start != moment.us }
            }
            PeriodKind::HydrologicalDay { from } => {
                // The day is named by its end: the rain of the 5th at 7 h fell from 7 h of the 4th on.
                let end = match moment.precision {
                    Precision::Instant => {
                        let since = (moment.us + zone - from).rem_euclid(DAY);
                        if since == 0 { moment.us } else { moment.us - since + DAY }
                    }
                    _ => floor_day(moment.us, zone) + from,
                };
                let start = end - DAY;
                Span { start, end: Some(end), moved: false }
            }
            PeriodKind::Named => {
                let end = match moment.precision {
                    Precision::Year | Precision::Season(_) => Some(add_months(moment.us, zone, 12)),
                    Precision::Months(count) => Some(add_months(moment.us, zone, i64::from(count))),
                    Precision::Month => Some(add_months(moment.us, zone, 1)),
                    Precision::Week => Some(moment.us + 7 * DAY),
                    Precision::Dekad => dekad_end(moment.us, zone),
                    Precision::Day => Some(moment.us + DAY),
                    Precision::Instant => None,
                };
                Span { start: moment.us, end, moved: false }
            }
        }
    }
}

/// The period of a cell that speaks of seasons: a season by its code, whatever of its names stands there, or the
/// whole year. The year is said elsewhere: a cell that says one, too, may contradict it.
#[expect(clippy::option_option, reason = "no season is not the same as one that cannot be read")]
fn of_season(text: &str) -> Option<Option<Period>> {
    if let Some(season) = season_named(text) {
        return Some(Period::parse(&season.period));
    }
    if model::fold(text) == "ca nam" {
        return Some(Period::parse("P1Y"));
    }
    let names_a_year = text.split(|c: char| !c.is_ascii_digit()).any(|part| part.len() == 4);
    names_a_year.then_some(None)
}

fn floor_day(us: i64, zone: i64) -> i64 {
    (us + zone).div_euclid(DAY) * DAY - zone
}

/// The start of the month, or of the block of months that divides a year.
fn floor_months(us: i64, zone: i64, months: i64) -> i64 {
    let (year, month) = year_month((us + zone).div_euclid(DAY));
    let block = if 12 % months == 0 { months } else { 1 };
    let first = if months % 12 == 0 { 1 } else { (month - 1) / block * block + 1 };
    days(year, first, 1).map_or(us, |day| day * DAY - zone)
}

/// The first of the month so many months later.
fn add_months(us: i64, zone: i64, months: i64) -> i64 {
    let (year, month) = year_month((us + zone).div_euclid(DAY));
    let count = year * 12 + month - 1 + months;
    days(count.div_euclid(12), count.rem_euclid(12) + 1, 1).map_or(us, |day| day * DAY - zone)
}

/// The microseconds of an ISO 8601 duration of days, hours, minutes and seconds.
pub(crate) fn duration_us(text: &str) -> Option<i64> {
    duration(text).filter(|(months, _)| *months == 0).map(|(_, us)| us)
}

/// An ISO 8601 duration as months and microseconds.
fn duration(text: &str) -> Option<(i64, i64)> {
    let rest = text.strip_prefix('P')?;
    let (date, clock) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, clock)) => (date, clock),
        None => (rest, ""),
    };
    if date.is_empty() && clock.is_empty() {
        return None;
    }
    let (mut months, mut us) = (0_i64, 0_i64);
    for (part, units) in [
        (date, &[('Y', 12, 0), ('M', 1, 0), ('W', 0, 7 * DAY), ('D', 0, DAY)][..]),
        (clock, &[('H', 0, DAY / 24), ('M', 0, 60_000_000), ('S', 0, 1_000_000)][..]),
    ] {
        let mut rest = part;
        let mut next = 0;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| (1..=4).contains(end))?;
            let number: i64 = rest[..end].parse().ok()?;
            let letter = rest[end..].chars().next()?;
            let at = units.iter().position(|(unit, ..)| *unit == letter).filter(|at| *at >= next)?;
            next = at + 1;
            months += number * units[at].1;
            us += number * units[at].2;
            rest = &rest[end + letter.len_utf8()..];
        }
    }
    // Months and days do not add up to a length.
    ((months > 0) != (us > 0)).then_some((months, us))
}
