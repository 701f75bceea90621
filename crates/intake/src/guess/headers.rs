//! Headers that are times, or hold one: which row they stand in, and what they say.

use std::collections::BTreeSet;

use formats::Chunk;
use wording::{Phrase, Told, phrase, told};

use super::meant::part_of_year;
use super::usual::names_a_part_of_time;
use super::words::has_words;
use crate::mapping::{Captured, Pattern};
use crate::observe::{
    DateOrder, Extent, Header, NumberStyle, Precision, TimeFormat, TimeReader, month, numbers_columns,
    season_named,
};

/// Rows in which the header is looked for.
const HEADER_ROWS: usize = 30;
/// Rows below it that are looked at.
const DATA_ROWS: usize = 400;
/// Cells in them, about.
const DATA_CELLS: usize = 400_000;

/// What the headers of the value columns say of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// Each is a year.
    Year,
    /// Each is a month.
    Month,
    /// Each is a quarter.
    Quarter,
    /// Each is a week of the year: `Tuần 30`.
    Week,
    /// Each is a week of a month: `Tuần 1 tháng 7`.
    WeekOfMonth,
    /// Each is a crop season.
    Season,
    /// Each is a month, a quarter or a season of its year: `Tháng 1/2020`, `Quý I/2020`.
    Time,
    /// Each is a whole date: `13/02/2020`.
    Date,
    /// Each is a day and a month: `13/02`.
    DayMonth,
    /// Each is a day of the month.
    Day,
    /// Each is an hour of the day.
    Hour,
    /// Each says an hour of the day within other words, which are always the same: `Mực nước lúc 7h (cm)`.
    AtHour,
    /// Each is a crop year of two calendar years: `2018-2019`, `Niên vụ 2018/2019`.
    TwoYears,
    /// Each holds a year, and before or behind it something else, or on both sides.
    YearAnd,
    AndYear,
    YearWithin,
}

/// The patterns of a crop year, which is named by its second or by its first year.
const SECOND_YEAR: &str = r"/^\D*(?:19|20)\d\d\s*[-–\/]\s*(?P<year>(?:19|20)\d\d)\D*$/";
pub(super) const FIRST_YEAR: &str = r"/^\D*(?P<year>(?:19|20)\d\d)\s*[-–\/]\s*(?:19|20)\d\d\D*$/";

/// Words between a name and an hour at which it was measured, folded.
pub(super) const AT: [&str; 4] = ["luc", "hoi", "vao", "at"];
/// Words of names of what is added up over so many hours, folded.
const OVER: [&str; 8] = ["mua", "rain", "rainfall", "tong", "trong", "sau", "total", "last"];
/// What is asked of weeks of a year.
pub(super) const ISO_WEEKS: Phrase = phrase!(
    "guess-iso-weeks",
    "are the weeks counted as ISO 8601 does, from Monday on, the first with the 4th of January? Where `tuần` is ten days of a month, write the first day of each, and `period = \"dekad\"`"
);
/// The pattern of an hour of the day within other words.
const AT_HOUR: &str =
    r"/^(?P<text>\D*?[^\d\s])\s*(?P<hour>[01]?\d|2[0-4])\s*(?:h(?:00)?|g(?:00)?|giờ|gio)(?:[^\p{L}\d].*)?$/";

impl Says {
    /// The pattern of such headers.
    pub(super) fn pattern(self) -> &'static str {
        match self {
            Says::Year => "{year}",
            Says::Month => "{month}",
            Says::Quarter => "{quarter}",
            Says::Week => "{week}",
            Says::WeekOfMonth => "{week} {month}",
            Says::AtHour => AT_HOUR,
            Says::Season => "{period}",
            Says::Time | Says::Date => "{time}",
            Says::DayMonth => "{day}/{month}",
            Says::Day => "{day}",
            Says::Hour => "{hour}",
            Says::TwoYears => SECOND_YEAR,
            Says::YearWithin => "*{year}*",
            Says::YearAnd => "{year} {text}",
            Says::AndYear => "{text} {year}",
        }
    }
}

/// A header whose texts are times.
pub(super) struct TimeHeader {
    pub(super) header: Header,
    /// How many rows it has.
    pub(super) height: u32,
    pub(super) says: Says,
    /// The columns whose headers are times, and what they say.
    pub(super) columns: Vec<(usize, Captured)>,
    /// The first row of data.
    pub(super) start: usize,
}

/// The header of a table whose headers are times; `None` when it has none.
pub(super) fn find(chunk: &Chunk, missing: &[String]) -> Option<TimeHeader> {
    let kinds = [
        Says::Year,
        Says::Day,
        Says::Hour,
        Says::Month,
        Says::Quarter,
        Says::Week,
        Says::WeekOfMonth,
        Says::Season,
        Says::Time,
        Says::Date,
        Says::DayMonth,
        Says::TwoYears,
        Says::YearAnd,
        Says::AndYear,
        Says::YearWithin,
        Says::AtHour,
    ];
    let readers: Vec<(Says, Pattern)> =
        kinds.iter().filter_map(|says| Some((*says, Pattern::new(says.pattern()).ok()?))).collect();
    // A header of one row before a higher one: a title above it would else count as a part of it.
    for height in 1..=3 {
        for at in 0..chunk.len().min(HEADER_ROWS) {
            let Some(found) = at_row(chunk, at, height, missing, &readers) else { continue };
            let higher =
                begins_above(chunk, at, &found).then(|| at_row(chunk, at - 1, height + 1, missing, &readers));
            return Some(higher.flatten().unwrap_or(found));
        }
    }
    None
}

/// Whether the row above names columns of texts that the header does not name.
fn begins_above(chunk: &Chunk, at: usize, found: &TimeHeader) -> bool {
    let is_next = at > 0 && chunk.row_number(at - 1) + 1 == chunk.row_number(at);
    let holds_texts = |column: usize| {
        let rows = found.start..chunk.len().min(found.start + DATA_ROWS);
        rows.filter_map(|row| chunk.cell(row, column)).any(|text| !is_number(text.trim()))
    };
    is_next
        && (0..chunk.columns.len()).any(|column| {
            found.header.name(column).is_empty()
                && chunk.cell(at - 1, column).is_some()
                && holds_texts(column)
        })
}

/// The header of a row, if its texts are times of one kind.
fn at_row(
    chunk: &Chunk,
    at: usize,
    height: u32,
    missing: &[String],
    readers: &[(Says, Pattern)],
) -> Option<TimeHeader> {
    let texts = (0..chunk.columns.len()).filter(|column| chunk.cell(at, *column).is_some()).count();
    if texts < 2 {
        return None;
    }
    let header = Header::joined(chunk, at, Extent::rows(height));
    let mut start = (at..chunk.len()).find(|row| chunk.row_number(*row) > header.last)?;
    while start + 1 < chunk.len() && numbers_columns(chunk, start, header.last) {
        start += 1;
    }
    let numeric = numeric_columns(chunk, start, missing);
    let named = numeric.iter().filter(|column| !header.name(**column).is_empty()).count();
    if numeric.len() < 2 || named * 10 < numeric.len() * 8 {
        return None;
    }
    let above = || Above::of(chunk, at);
    readers.iter().find_map(|(says, pattern)| {
        let columns: Vec<(usize, Captured)> = header
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| !name.is_empty())
            .filter_map(|(column, name)| Some((column, captured(*says, pattern, name)?)))
            .collect();
        let is_header = is_shape(*says, &columns, &numeric, &header, &above) && !is_data(chunk, at, &columns);
        is_header.then(|| TimeHeader { header: header.clone(), height, says: *says, columns, start })
    })
}

/// What stands above a header of bare numbers, which may be days of one month, or months.
#[derive(Debug, Clone, Copy)]
struct Above {
    /// A title names a month.
    month: bool,
    /// A title speaks of days.
    days: bool,
    /// A title speaks of hours.
    hours: bool,
}

impl Above {
    fn of(chunk: &Chunk, at: usize) -> Above {
        let cells = |row: usize| (0..chunk.columns.len()).filter_map(move |column| chunk.cell(row, column));
        let titles = || (0..at).flat_map(cells);
        let names_month = |text: &str| part_of_year(text).is_some_and(|part| part.starts_with("tháng"));
        let speak = |words: [&str; 2]| {
            let speaks = |folded: &str| words.iter().any(|word| has_words(folded, word));
            titles().any(|text| speaks(&model::fold(text)))
        };
        Above {
            month: titles().any(names_month),
            days: speak(["ngay", "daily"]),
            hours: speak(["gio", "hourly"]),
        }
    }
}

/// Whether bare numbers are days: they follow each other, beyond twelve or below the title of a month, and other
/// columns name the rows.
fn run_as_days(columns: &[(usize, Captured)], header: &Header, above: &dyn Fn() -> Above) -> bool {
    let days: Option<Vec<u32>> =
        columns.iter().map(|(column, _)| header.name(*column).trim().parse().ok()).collect();
    let Some(days) = days else { return false };
    let follow = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let names_rows = header.names.iter().any(|name| name.chars().any(char::is_alphabetic));
    if !follow || !names_rows || days.len() == 24 {
        return false;
    }
    let is_beyond = days.len() >= 5 && days.last().is_some_and(|last| *last > 12);
    let of_month = || {
        let above = above();
        above.month && days.len() >= 3 && (days.len() != 12 || above.days)
    };
    is_beyond || of_month()
}

/// Asks of bare numbers from 1 to 12 below a title that names a month, which may be that of the table or of its issue.
pub(super) fn months_or_days(chunk: &Chunk, found: &TimeHeader) -> Option<Told> {
    let is_bare = |(column, _): &(usize, Captured)| is_number(found.header.name(*column).trim());
    let at = (0..chunk.len()).find(|row| chunk.row_number(*row) >= found.header.row).unwrap_or(0);
    let may_be = found.columns.iter().all(is_bare) && Above::of(chunk, at).month;
    may_be.then(|| {
        told!(
            "guess-months-or-days",
            "the headers count from 1 to {last} below a title that names a month: are they months, or days of that month? (The mapping says it under `columns`: `month` or `day` in braces.)",
            last = found.columns.len()
        )
    })
}

/// Whether what looks like a header of times is a row of data: a header stands above it, of which one word says that
/// a time is below: `Năm | Lưu lượng` above `2019 | 2012`, or which counts on itself: `20 | 21 | … | 29 | 01/3`.
fn is_data(chunk: &Chunk, at: usize, columns: &[(usize, Captured)]) -> bool {
    let counts = |row: usize| {
        let texts: Vec<&str> =
            columns.iter().map(|(column, _)| chunk.cell(row, *column).map_or("", str::trim)).collect();
        let distinct: BTreeSet<&str> = texts.iter().copied().collect();
        let are_days = texts.iter().all(|text| {
            let of_day = text.split('/').next().unwrap_or_default();
            of_day.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day))
        });
        texts.len() >= 5 && are_days && distinct.len() == texts.len()
    };
    let is_next = at > 0 && chunk.row_number(at - 1) + 1 == chunk.row_number(at);
    if is_next && counts(at - 1) {
        return true;
    }
    (0..at).any(|row| {
        let mut texts = columns.iter().map(|(column, _)| chunk.cell(row, *column).map_or("", str::trim));
        let are_texts = texts.clone().all(|text| !text.is_empty() && !is_number(text));
        are_texts && texts.any(|text| names_a_part_of_time(&model::fold(text)))
    })
}

/// What a header of this kind says.
fn captured(says: Says, pattern: &Pattern, name: &str) -> Option<Captured> {
    let one = |key: &str, text: String| Captured::from([(key.to_owned(), text)]);
    match says {
        Says::Season => Some(one("period", season(name)?)),
        // A number is no date, though a spreadsheet counts days.
        Says::Time | Says::Date if is_number(name) => None,
        Says::Time | Says::Date => {
            let reader = TimeReader { format: TimeFormat::Auto, order: Some(DateOrder::DayFirst), zone: 0 };
            let moment = reader.read(name)?;
            let is_span = matches!(
                moment.precision,
                Precision::Dekad
                    | Precision::Week
                    | Precision::Month
                    | Precision::Months(_)
                    | Precision::Season(_)
            );
            let is_meant = if says == Says::Date { moment.precision == Precision::Day } else { is_span };
            // Six months and nine months of a year begin on one day.
            is_meant.then(|| one("time", format!("{} {:?}", moment.us, moment.precision)))
        }
        Says::TwoYears => {
            let years: Vec<i32> =
                name.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
            let follow = matches!(years.as_slice(), [first, second] if *second == first + 1);
            follow.then(|| pattern.captures(name)).flatten()
        }
        Says::YearWithin => {
            let years = name.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 4);
            let says_more = name.chars().any(char::is_alphabetic);
            (years.count() == 1 && says_more).then(|| pattern.captures(name)).flatten()
        }
        _ => pattern.captures(name),
    }
}

/// The period of a header that names a crop season: `season:dong_xuan`.
pub(super) fn season(name: &str) -> Option<String> {
    season_named(name).map(|season| season.period.clone())
}

/// Whether so many headers of this kind make a table wide by time.
fn is_shape(
    says: Says,
    columns: &[(usize, Captured)],
    numeric: &[usize],
    header: &Header,
    above: &dyn Fn() -> Above,
) -> bool {
    let over_numbers = columns.iter().filter(|(column, _)| numeric.binary_search(column).is_ok()).count();
    // Most of what holds numbers is under such a header, and the first columns name rows.
    if over_numbers * 2 < numeric.len() || header.names.iter().all(String::is_empty) {
        return false;
    }
    let distinct = |name: &str| {
        let texts = columns.iter().filter_map(|(_, found)| found.get(name));
        texts
            .map(|text| {
                month(text).filter(|_| name == "month").map_or_else(|| text.clone(), |m| m.to_string())
            })
            .collect::<BTreeSet<String>>()
    };
    match says {
        Says::Year => {
            let years = distinct("year");
            columns.len() >= 2 && years.len() == columns.len()
        }
        Says::Month => {
            let in_words = columns.iter().all(|(column, _)| names_month(header.name(*column)));
            distinct("month").len() == columns.len()
                && (columns.len() >= 10 || (in_words && columns.len() >= 2))
        }
        Says::Quarter => distinct("quarter").len() == columns.len() && columns.len() >= 3,
        Says::TwoYears => distinct("year").len() == columns.len() && columns.len() >= 2,
        // Every column of numbers, and in each year the same.
        Says::YearWithin => {
            let years = distinct("year").len();
            let names: BTreeSet<&str> = columns.iter().map(|(column, _)| header.name(*column)).collect();
            names.len() == columns.len()
                && columns.len() >= 4
                && over_numbers == numeric.len()
                && years >= 2
                && columns.len().is_multiple_of(years)
        }
        Says::Week => distinct("week").len() == columns.len() && columns.len() >= 2,
        Says::WeekOfMonth => {
            let weeks: BTreeSet<_> = columns.iter().map(|(_, found)| found.clone()).collect();
            weeks.len() == columns.len() && columns.len() >= 2
        }
        Says::AtHour => {
            let texts = distinct("text");
            // Rain of 24 hours is none at 24 h.
            let is_instant = texts.iter().all(|text| {
                let folded = model::fold(text);
                let ends = |word: &str| folded.split(' ').next_back() == Some(word);
                AT.iter().any(|word| ends(word)) || !OVER.iter().any(|word| has_words(&folded, word))
            });
            // `Ranh mặn 4g/l` speaks of grams.
            let in_grams = |name: &str| {
                name.as_bytes().windows(3).any(|part| part[0].is_ascii_digit() && &part[1..] == b"g/")
            };
            let are_hours = columns.iter().all(|(column, _)| !in_grams(header.name(*column)));
            let is_one = texts.len() == 1 && is_instant && are_hours;
            distinct("hour").len() == columns.len() && columns.len() >= 2 && is_one
        }
        Says::Season => distinct("period").len() == columns.len() && columns.len() >= 2,
        Says::Time | Says::Date => distinct("time").len() == columns.len() && columns.len() >= 2,
        Says::DayMonth => {
            let days: BTreeSet<_> = columns.iter().map(|(_, found)| found.clone()).collect();
            // Two numbers with a stroke may be anything; a run of them in which a month is fixed are days.
            days.len() == columns.len() && columns.len() >= 5 && distinct("month").len() * 3 <= days.len()
        }
        Says::Day => {
            distinct("day").len() == columns.len()
                && (columns.len() >= 28 || run_as_days(columns, header, above))
        }
        Says::Hour => {
            distinct("hour").len() == columns.len()
                && (2..=25).contains(&columns.len())
                && header_counts(header, columns, above)
        }
        Says::YearAnd | Says::AndYear => {
            columns.len() >= 3
                && columns.iter().all(|(_, found)| {
                    found.get("text").is_some_and(|text| text.chars().any(char::is_alphabetic))
                })
        }
    }
}

/// Whether a header says in words that it is a month: `Tháng 1`, `T1`, `Jan`, `I`, and is no bare number.
fn names_month(name: &str) -> bool {
    let folded = model::fold(name);
    let is_short = || folded.strip_prefix('t').is_some_and(|rest| rest.trim().parse::<u32>().is_ok());
    let is_english = || name.chars().all(char::is_alphabetic) && name.len() >= 3;
    has_words(&folded, "thang") || is_short() || is_english()
}

/// The hours at which stations are usually read: every three, six or twelve hours from one at night on.
const READ_AT: [&str; 9] = ["1", "4", "7", "10", "13", "16", "19", "22", "24"];

/// Whether headers of hours say so (`7h`), count all hours of a day, or are those at which stations are read below a
/// title that speaks of hours.
fn header_counts(header: &Header, columns: &[(usize, Captured)], above: &dyn Fn() -> Above) -> bool {
    let names = || columns.iter().map(|(column, _)| header.name(*column).trim());
    let marked = names().filter(|name| name.chars().any(char::is_alphabetic)).count();
    let are_read_at = || {
        let has = |hour: &str| names().any(|name| name == hour);
        names().all(|name| READ_AT.contains(&name)) && has("7") && has("19") && above().hours
    };
    marked == columns.len() || columns.len() >= 24 || are_read_at()
}

/// The columns that hold mostly numbers from a row on, in order. Of very wide tables fewer rows are looked at.
pub(crate) fn numeric_columns(chunk: &Chunk, start: usize, missing: &[String]) -> Vec<usize> {
    let most = (DATA_CELLS / chunk.columns.len().max(1)).clamp(20, DATA_ROWS);
    let rows = start..chunk.len().min(start + most);
    (0..chunk.columns.len())
        .filter(|column| {
            let (mut filled, mut numbers) = (0_usize, 0_usize);
            for text in rows.clone().filter_map(|row| chunk.cell(row, *column)).map(str::trim) {
                if text.is_empty() || missing.iter().any(|marker| marker == text) {
                    continue;
                }
                filled += 1;
                numbers += usize::from(is_number(text));
            }
            filled > 0 && numbers * 10 >= filled * 7
        })
        .collect()
}

pub(super) fn is_number(text: &str) -> bool {
    NumberStyle::Dot.read(text).is_ok() || NumberStyle::Comma.read(text).is_ok()
}
