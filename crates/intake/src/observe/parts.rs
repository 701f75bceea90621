//! Times whose parts stand in different places: the year in a column, the month in a header.

use super::bilingual::halves;
use super::shared::TimeState;
use super::time::{DAY, Moment, Precision, TimeReader, iso_week};

/// What the header of a column says of the time of its values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HeaderTime {
    /// A whole time.
    pub(super) text: Option<String>,
    /// Year, month, day, hour and week.
    pub(super) parts: [Option<String>; 5],
}

impl HeaderTime {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_none() && self.parts.iter().all(Option::is_none)
    }

    /// As it is told of: `2016`, `2/2016`.
    pub(super) fn words(&self) -> String {
        let parts = self.parts.iter().flatten().chain(&self.text);
        parts.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// The moment of what a header says, of parts that stand apart, and of the time columns of a row.
pub(super) fn compose(
    reader: &TimeReader,
    header: &HeaderTime,
    apart: [Option<&str>; 5],
    columns: &[Option<&str>],
) -> Result<Moment, TimeState> {
    if columns.iter().any(Option::is_none) {
        return Err(TimeState::Empty);
    }
    let columns: Vec<&str> = columns.iter().flatten().copied().collect();
    if let Some(text) = &header.text {
        let all: Vec<&str> = columns.iter().copied().chain([text.as_str()]).collect();
        return reader.read_parts(&all).ok_or(TimeState::Unreadable);
    }
    let mut parts: [Option<&str>; 5] = [None; 5];
    for (part, (own, apart)) in parts.iter_mut().zip(header.parts.iter().zip(apart)) {
        *part = own.as_deref().or(apart);
    }
    if let [date] = columns.as_slice()
        && let Some(moment) = reader.read(date).filter(|moment| moment.precision == Precision::Day)
    {
        return at_hour(moment, parts[3]).ok_or(TimeState::Unreadable);
    }
    let [parts @ .., week] = &mut parts;
    let mut columns = columns.into_iter();
    for part in parts.iter_mut().filter(|part| part.is_none()) {
        *part = columns.next();
    }
    if let Some(week) = week {
        let moment = in_week(parts[0], parts[1], week, reader.zone).filter(|_| parts[2].is_none());
        return moment.ok_or(TimeState::Unreadable);
    }
    let parts = *parts;
    numbers(parts)
        .and_then(|numbers| {
            let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            reader.read_parts(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .ok_or(if parts[0].is_none() { TimeState::Empty } else { TimeState::Unreadable })
}

/// The first day of a week of a year, or of a month.
fn in_week(of: Option<&str>, in_month: Option<&str>, week: &str, zone: i64) -> Option<Moment> {
    let (of, week) = (i64::from(year(of?)?), i64::from(week_number(week)?));
    let day = match in_month {
        Some(text) => super::time::days(of, i64::from(month(text)?), week * 7 - 6).filter(|_| week <= 4)?,
        None => iso_week(of, week)?,
    };
    Some(Moment { us: day * DAY - zone, precision: Precision::Week })
}

/// The number of a week: `30`, `Tuần 30`.
pub(crate) fn week_number(text: &str) -> Option<u32> {
    let folded = model::fold(text);
    let bare = folded.strip_prefix("tuan ").or_else(|| folded.strip_prefix("week ")).unwrap_or(&folded);
    whole(bare).filter(|week| (1..=53).contains(week))
}

fn at_hour(day: Moment, hour: Option<&str>) -> Option<Moment> {
    let Some(hour) = hour else { return Some(day) };
    let hour = i64::from(whole(hour).filter(|hour| *hour <= 24)?);
    Some(Moment { us: day.us + hour * (DAY / 24), precision: Precision::Instant })
}

/// The numbers of year, month, day and hour, without gaps.
fn numbers(parts: [Option<&str>; 4]) -> Option<Vec<u32>> {
    let given = parts.iter().take_while(|part| part.is_some()).count();
    if given == 0 || parts[given..].iter().any(Option::is_some) {
        return None;
    }
    let readers: [fn(&str) -> Option<u32>; 4] = [year, month, whole, whole];
    parts.iter().flatten().zip(readers).map(|(part, read)| read(part)).collect()
}

/// A whole number, also as a spreadsheet prints one: `3.0`.
fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

/// The year of `2016`, `2016.0` and `Prel. 2016`.
fn year(text: &str) -> Option<u32> {
    let is_year = |year: &u32| (1000..=2999).contains(year);
    if let Some(year) = whole(text) {
        return Some(year).filter(is_year);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 4).then(|| digits.parse().ok()).flatten().filter(is_year)
}

/// The number of a month that is written as a number, a Roman numeral or a name.
pub(crate) fn month(text: &str) -> Option<u32> {
    const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    const ENGLISH: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let folded = model::fold(text);
    let bare = folded.strip_prefix("thang ").unwrap_or(&folded).trim();
    if let Some((one, other)) = halves(text).filter(|_| text.contains(char::is_alphabetic)) {
        return month(one).filter(|one| month(other) == Some(*one));
    }
    if let Some(number) = whole(bare) {
        return (1..=12).contains(&number).then_some(number);
    }
    let at = ROMAN
        .iter()
        .position(|roman| *roman == bare)
        .or_else(|| ENGLISH.iter().position(|name| bare.len() >= 3 && bare.starts_with(name)))?;
    u32::try_from(at + 1).ok()
}

/// The first month of a quarter: `II`, `2`, `Quý II`.
pub(crate) fn quarter(text: &str) -> Option<u32> {
    let folded = model::fold(text);
    let bare = ["quy ", "quarter ", "q"].iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded);
    let number = match bare {
        "i" | "1" => 0,
        "ii" | "2" => 1,
        "iii" | "3" => 2,
        "iv" | "4" => 3,
        _ => return None,
    };
    Some(number * 3 + 1)
}

#[cfg(test)]
mod tests {
    use super::super::time::TimeFormat;
    use super::*;

    #[test]
    fn parts_from_headers_and_columns_make_one_time() {
        let reader = TimeReader { format: TimeFormat::Auto, order: None, zone: 0 };
        let header = |[year, month, day, hour]: [Option<&str>; 4]| HeaderTime {
            text: None,
            parts: [year, month, day, hour, None].map(|part| part.map(str::to_owned)),
        };
        let none = [None; 4];
        for (parts, apart, columns, expected) in [
            ([Some("2016"), None, None, None], none, &[][..], Some("2016-01-01T00:00:00Z")),
            ([None, Some("XII"), None, None], none, &[Some("1979.0")][..], Some("1979-12-01T00:00:00Z")),
            ([None, Some("Sep"), None, None], none, &[Some("2016")], Some("2016-09-01T00:00:00Z")),
            (
                [None, None, Some("29"), None],
                [Some("2020"), Some("2"), None, None],
                &[],
                Some("2020-02-29T00:00:00Z"),
            ),
            ([None, None, Some("30"), None], [Some("2020"), Some("2"), None, None], &[], None),
            ([None, None, None, Some("24")], none, &[Some("2020-02-03")], Some("2020-02-04T00:00:00Z")),
            ([None, None, None, Some("7")], none, &[Some("13/02/2020")], Some("2020-02-13T07:00:00Z")),
            (
                [None, Some("3"), None, None],
                [Some("2020"), None, None, None],
                &[Some("5")],
                Some("2020-03-05T00:00:00Z"),
            ),
            ([None, Some("3"), None, None], none, &[None], None),
            ([None, None, Some("3"), None], [Some("2020"), None, None, None], &[], None),
        ] {
            let [year, month, day, hour] = apart;
            let found = compose(&reader, &header(parts), [year, month, day, hour, None], columns).ok();
            let text = found.map(|m| chrono::DateTime::from_timestamp_micros(m.us).unwrap());
            let expected = expected.map(|text| model::parse_instant(text).unwrap());
            assert_eq!(text, expected, "{parts:?} {apart:?} {columns:?}");
        }
    }

    #[test]
    fn a_week_is_of_a_year_or_of_a_month() {
        let reader = TimeReader { format: TimeFormat::Auto, order: None, zone: 0 };
        for (year, month, week, expected) in [
            ("2024", None, "1", Some("2024-01-01T00:00:00Z")),
            ("2024", None, "Tuần 30", Some("2024-07-22T00:00:00Z")),
            ("2021", None, "1", Some("2021-01-04T00:00:00Z")),
            ("2020", None, "53", Some("2020-12-28T00:00:00Z")),
            // 2024 has no week 53.
            ("2024", None, "53", None),
            ("2024", Some("2"), "2", Some("2024-02-08T00:00:00Z")),
            ("2024", Some("2"), "5", None),
            ("2024", Some("13"), "1", None),
        ] {
            let header = HeaderTime { text: None, parts: [None, None, None, None, Some(week.to_owned())] };
            let apart = [Some(year), month, None, None, None];
            let found = compose(&reader, &header, apart, &[]).ok();
            let text = found.map(|m| chrono::DateTime::from_timestamp_micros(m.us).unwrap());
            assert_eq!(
                text,
                expected.map(|text| model::parse_instant(text).unwrap()),
                "{year} {month:?} {week}"
            );
        }
    }
}
