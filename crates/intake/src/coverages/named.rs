//! What the name of a raster's file says of its time: `chirps-v2.0.2020.02.tif`, `man_20200215.tif`, `NDVI_2020-03.tif`.
//!
//! Only what can be read in one way is taken. A name that may say several times, or one that is not of a day, a month or
//! a year as a whole, is told, and whoever knows has to say it.

use chrono::{DateTime, Months, NaiveDate, Utc};

/// What a name says of the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// It speaks of a time, in these words, and not so that one could be sure.
    Unsure(String),
    Time(Span),
}

/// A day, a month or a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    first: NaiveDate,
    /// The day behind its last.
    behind: NaiveDate,
    /// How the name writes it.
    pub(super) text: String,
}

impl Span {
    /// Its first day, as a mapping writes it.
    pub(super) fn day(&self) -> String {
        self.first.format("%Y-%m-%d").to_string()
    }

    /// Whether an instant lies within it, in Vietnam or by UTC.
    pub(super) fn holds(&self, instant: DateTime<Utc>) -> bool {
        let of = |date: NaiveDate| model::parse_instant(&date.format("%Y-%m-%d").to_string()).ok();
        let in_vietnam = of(self.first).zip(of(self.behind)).is_some_and(|(a, b)| (a..b).contains(&instant));
        in_vietnam || (self.first..self.behind).contains(&instant.date_naive())
    }

    fn of_months(year: i32, month: u32, months: u32, text: &str) -> Option<Span> {
        let first = date(year, month, 1)?;
        Some(Span { first, behind: first.checked_add_months(Months::new(months))?, text: text.to_owned() })
    }

    fn of_day(first: NaiveDate, text: &str) -> Option<Span> {
        Some(Span { first, behind: first.succ_opt()?, text: text.to_owned() })
    }

    fn lies_within(&self, other: &Span) -> bool {
        other.first <= self.first && self.behind <= other.behind
    }
}

/// A date of which there are satellites and instruments.
fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    (1900..=2100).contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
}

/// Words beside a year that say that only a part of it is meant, folded.
#[rustfmt::skip]
const PARTS_OF_YEARS: &[&str] = &[
    "thang", "quy", "mua", "vu", "tuan", "ngay", "dx", "ht", "td", "xuan", "season", "wet", "dry",
    "dongxuan", "hethu", "thudong", "xuanhe", "muakho", "muamua", "dekad", "pentad",
    "spring", "summer", "autumn", "winter", "week", "month", "quarter", "day", "days",
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december",
];

/// Digits of a name and where they stand.
struct Run<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl Run<'_> {
    fn number(&self) -> u32 {
        self.text.parse().unwrap_or(u32::MAX)
    }

    fn year(&self) -> Option<i32> {
        let year = i32::try_from(self.number()).ok()?;
        (self.text.len() == 4 && (1950..=2100).contains(&year)).then_some(year)
    }

    /// The number, where it has so many digits and is at most this.
    fn part(&self, digits: std::ops::RangeInclusive<usize>, most: u32) -> Option<u32> {
        (digits.contains(&self.text.len()) && (1..=most).contains(&self.number())).then(|| self.number())
    }
}

/// What a file's name, with or without what says its kind, says of the time.
pub(super) fn time_in(file_name: &str) -> Said {
    let name =
        file_name.rsplit_once('.').filter(|(_, kind)| kind.starts_with(|c: char| c.is_ascii_alphabetic()));
    let name = name.map_or(file_name, |(name, _)| name);
    let runs = runs(name);
    let mut found: Vec<Said> = Vec::new();
    let mut at = 0;
    while at < runs.len() {
        let (said, taken) = at_run(name, &runs, at);
        if said != Said::Nothing {
            found.push(said);
        }
        at += taken.max(1);
    }
    let words: Vec<String> = found
        .iter()
        .filter_map(|said| match said {
            Said::Unsure(text) => Some(text.clone()),
            Said::Time(span) => Some(span.text.clone()),
            Said::Nothing => None,
        })
        .collect();
    let unsure = || Said::Unsure(words.join(", "));
    let mut spans: Vec<&Span> = Vec::new();
    for said in &found {
        match said {
            Said::Time(span) => spans.push(span),
            _ => return unsure(),
        }
    }
    // A folder's year before a day of it says no other time.
    let Some(finest) = spans.iter().min_by_key(|span| span.behind - span.first) else { return Said::Nothing };
    // An hour of a day without a zone, and a day with which several begin, are not that day.
    let is_day = finest.first.succ_opt() == Some(finest.behind);
    if let Some(words) = part_of_day(name, &runs).or_else(|| several_days(name, &runs)).filter(|_| is_day) {
        return Said::Unsure(format!("{}, {words}", finest.text));
    }
    if spans.iter().all(|other| finest.lies_within(other)) { Said::Time((*finest).clone()) } else { unsure() }
}

/// What beside a day says an hour of it: `07h`, `19h00`, `S233000`, or how far a forecast looks ahead: `f072`.
fn part_of_day(name: &str, runs: &[Run<'_>]) -> Option<String> {
    runs.iter().find_map(|run| {
        let before = &name[..run.start];
        let is_marked_by = |mark: char| {
            let rest = before.strip_suffix(mark).or_else(|| before.strip_suffix(mark.to_ascii_lowercase()));
            rest.is_some_and(|rest| !rest.ends_with(char::is_alphabetic))
        };
        let mut behind = name[run.end..].chars();
        let is_hour = run.text.len() <= 2
            && run.number() < 24
            && matches!(behind.next(), Some('h' | 'H'))
            && !behind.next().is_some_and(char::is_alphabetic);
        let is_lead = is_marked_by('F') && (2..=3).contains(&run.text.len());
        let is_start = is_marked_by('S') && run.text.len() == 6 && run.number() > 0 && run.number() < 240_000;
        (is_hour || is_lead || is_start).then(|| match is_hour {
            true => format!("{}h", run.text),
            false => name[run.start - 1..run.end].to_owned(),
        })
    })
}

/// What beside a day says that several are meant: `10ngay`, `16day`, `dekad`.
fn several_days(name: &str, runs: &[Run<'_>]) -> Option<String> {
    let counted = runs.iter().filter(|run| run.text.len() <= 2 && run.number() > 1).find_map(|run| {
        let word: String = name[run.end..].chars().take_while(|c| c.is_alphabetic()).collect();
        matches!(model::fold(&word).as_str(), "ngay" | "day" | "days").then(|| format!("{}{word}", run.text))
    });
    let folded = model::fold(name);
    let mut words = folded.split(|c: char| !c.is_alphabetic());
    counted.or_else(|| words.find(|word| matches!(*word, "dekad" | "pentad")).map(str::to_owned))
}

fn runs(name: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length > 0 {
            runs.push(Run { text: &name[at..at + length], start: at, end: at + length });
        }
        at += length.max(1);
    }
    runs
}

/// What the digits say that begin with a run, and how many runs belong to it.
fn at_run(name: &str, runs: &[Run<'_>], at: usize) -> (Said, usize) {
    let run = &runs[at];
    let digits =
        |range: std::ops::Range<usize>| run.text.get(range).and_then(|text| text.parse::<u32>().ok());
    let dated = |year: std::ops::Range<usize>, month: std::ops::Range<usize>, day: std::ops::Range<usize>| {
        date(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
    };
    let whole = |last: usize| name[run.start..runs[last].end].to_owned();
    match run.text.len() {
        8 => {
            let Some(day) = dated(0..4, 4..6, 6..8).or_else(|| dated(4..8, 2..4, 0..2)) else {
                return (Said::Nothing, 1);
            };
            // A time of day without a zone may be of either.
            if let Some(next) = runs.get(at + 1).filter(|next| is_clock(name, run, next)) {
                return (Said::Unsure(name[run.start..next.end].to_owned()), 2);
            }
            (Span::of_day(day, run.text).map_or(Said::Nothing, Said::Time), 1)
        }
        10 | 12 | 14 if dated(0..4, 4..6, 6..8).is_some() => (Said::Unsure(run.text.to_owned()), 1),
        7 => {
            let day = digits(0..4).zip(digits(4..7)).and_then(|(year, day)| {
                let year = i32::try_from(year).ok().filter(|year| (1950..=2100).contains(year))?;
                NaiveDate::from_yo_opt(year, day)
            });
            (day.and_then(|day| Span::of_day(day, run.text)).map_or(Said::Nothing, Said::Time), 1)
        }
        6 => (in_six(run), 1),
        4 => in_four(name, runs, at),
        // `15-02-2020`, `02-2020`.
        1 | 2 => {
            let [day, month, year] = [Some(run), runs.get(at + 1), runs.get(at + 2)];
            let is_day = day.zip(month).is_some_and(|(a, b)| is_apart(name, a, b))
                && month.zip(year).is_some_and(|(a, b)| is_apart(name, a, b));
            let date = || {
                let (year, month) = (year?.year()?, month?.part(1..=2, 12)?);
                date(year, month, day?.part(1..=2, 31)?)
            };
            let is_day = is_day && !is_of_version(name, run);
            if let Some(date) = is_day.then(date).flatten() {
                let text = whole(at + 2);
                // A time of day without a zone may be of either.
                if runs.get(at + 3).is_some_and(|next| is_clock(name, &runs[at + 2], next)) {
                    return (Said::Unsure(whole(at + 3)), 4);
                }
                // `01-15_02_2020` is half of a month.
                if let Some(first) = at.checked_sub(1).and_then(|before| runs.get(before))
                    && first.part(1..=2, 31).is_some()
                    && is_apart(name, first, run)
                    && stands_alone(name, first)
                {
                    return (Said::Unsure(name[first.start..runs[at + 2].end].to_owned()), 3);
                }
                return (Span::of_day(date, &text).map_or(Said::Nothing, Said::Time), 3);
            }
            let next = runs.get(at + 1).filter(|next| is_apart(name, run, next));
            let of_month = next.and_then(Run::year).zip(run.part(2..=2, 12));
            match of_month {
                // What follows the year may be what the numbers before it are not.
                Some(_) if runs.get(at + 2).is_some_and(|more| is_apart(name, &runs[at + 1], more)) => {
                    (Said::Nothing, 1)
                }
                Some((year, month)) => {
                    let text = whole(at + 1);
                    (Span::of_months(year, month, 1, &text).map_or(Said::Nothing, Said::Time), 2)
                }
                None => of_short_month(name, runs, at),
            }
        }
        _ => (Said::Nothing, 1),
    }
}

/// A month in few digits beside a year: `T3_2020` says that it is one, `3-2020` may be anything.
fn of_short_month(name: &str, runs: &[Run<'_>], at: usize) -> (Said, usize) {
    let run = &runs[at];
    let next = runs.get(at + 1).filter(|next| is_apart(name, run, next));
    let is_last = runs.get(at + 2).is_none_or(|more| !is_apart(name, &runs[at + 1], more));
    let year = next.and_then(|next| Some((next, next.year()?))).filter(|_| is_last);
    let (Some((next, year)), Some(month)) = (year, run.part(1..=2, 12)) else { return (Said::Nothing, 1) };
    let text = &name[run.start..next.end];
    if says_month(name, run) {
        return (Span::of_months(year, month, 1, text).map_or(Said::Nothing, Said::Time), 2);
    }
    // The number of a version goes on before it.
    let is_version = at.checked_sub(1).is_some_and(|before| is_apart(name, &runs[before], run));
    match is_version || !stands_alone(name, run) {
        true => (Said::Nothing, 1),
        false => (Said::Unsure(text.to_owned()), 2),
    }
}

/// Whether `T` or `thang` before a number says that it is a month.
fn says_month(name: &str, run: &Run<'_>) -> bool {
    let before = name[..run.start].trim_end_matches(['_', '-', '.', ' ']);
    let start = before.rfind(|c: char| !c.is_alphabetic() && !is_mark(c)).map_or(0, |at| at + 1);
    let word = before.get(start..).unwrap_or_default();
    word.eq_ignore_ascii_case("t") && before.len() == run.start || model::fold(word) == "thang"
}

/// A mark over a letter that stands apart from it.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{323}').contains(&c)
}

/// Whether `v` before a number says that it is one of a version.
fn is_of_version(name: &str, run: &Run<'_>) -> bool {
    let before = name[..run.start].strip_suffix(['v', 'V']);
    before.is_some_and(|before| !before.ends_with(char::is_alphabetic))
}

fn stands_alone(name: &str, run: &Run<'_>) -> bool {
    !name[..run.start].ends_with(char::is_alphabetic)
}

/// Six digits: a month, where they cannot be a day of a short year too.
fn in_six(run: &Run<'_>) -> Said {
    let pair = |at: usize| run.text.get(at..at + 2).and_then(|text| text.parse::<u32>().ok()).unwrap_or(99);
    let is_date = |month: u32, day: u32| (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_short = is_date(pair(2), pair(4)) || is_date(pair(2), pair(0));
    let year = run.text.get(..4).and_then(|text| text.parse::<i32>().ok()).unwrap_or_default();
    let month = (1950..=2100).contains(&year).then(|| Span::of_months(year, pair(4), 1, run.text)).flatten();
    match month {
        Some(span) if !is_short => Said::Time(span),
        Some(_) => Said::Unsure(run.text.to_owned()),
        // `150220` in the name of a raster of 15 February 2020, or a number of something else.
        None if is_short && pair(0) <= 31 => Said::Unsure(run.text.to_owned()),
        None => Said::Nothing,
    }
}

/// Four digits that may be a year, with what belongs to it behind.
fn in_four(name: &str, runs: &[Run<'_>], at: usize) -> (Said, usize) {
    let run = &runs[at];
    let Some(year) = run.year() else { return (Said::Nothing, 1) };
    let unsure = |last: usize| Said::Unsure(name[run.start..runs[last].end].to_owned());
    let behind = |at: usize| runs.get(at + 1).filter(|next| is_apart(name, &runs[at], next));
    let Some(next) = behind(at) else { return (of_year(name, run, year), 1) };
    if let Some(month) = next.part(2..=2, 12) {
        let text = |last: usize| name[run.start..runs[last].end].to_owned();
        return match behind(at + 1) {
            None => (Span::of_months(year, month, 1, &text(at + 1)).map_or(Said::Nothing, Said::Time), 2),
            Some(day) => match day.part(2..=2, 31).and_then(|day| date(year, month, day)) {
                // A time of day behind it has no zone.
                Some(_) if behind(at + 2).is_some_and(|clock| is_clock(name, day, clock)) => {
                    (unsure(at + 3), 4)
                }
                Some(date) => (Span::of_day(date, &text(at + 2)).map_or(Said::Nothing, Said::Time), 3),
                // One digit is a day, or a third of the month.
                None => (unsure(at + 2), 3),
            },
        };
    }
    match next.text.len() {
        // A day of the year, or a number of something; a day of a month, or another year; a week.
        1..=4 => (unsure(at + 1), 2),
        _ => (of_year(name, run, year), 1),
    }
}

/// A year alone: where nothing beside it says that a part of it is meant.
fn of_year(name: &str, run: &Run<'_>, year: i32) -> Said {
    let folded = model::fold(name);
    let says_part = folded.split(|c: char| !c.is_alphabetic()).any(|word| PARTS_OF_YEARS.contains(&word));
    let touches = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let is_bare = !touches(name[..run.start].chars().next_back()) && !touches(name[run.end..].chars().next());
    // `2020_T3` is March.
    let is_month = |run: &Run<'_>| run.part(1..=2, 12).is_some() && says_month(name, run);
    let says_part = says_part || runs(name).iter().any(is_month);
    match Span::of_months(year, 1, 12, run.text) {
        Some(span) if is_bare && !says_part => Said::Time(span),
        _ => Said::Unsure(run.text.to_owned()),
    }
}

/// Whether one mark that parts dates stands between two runs.
fn is_apart(name: &str, one: &Run<'_>, other: &Run<'_>) -> bool {
    matches!(&name[one.end..other.start], "-" | "." | "_" | " ")
}

/// Whether a run behind a day is a time of that day.
fn is_clock(name: &str, day: &Run<'_>, run: &Run<'_>) -> bool {
    let is_behind = matches!(&name[day.end..run.start], "T" | "t" | "-" | "_" | " " | ".");
    let pair = |at: usize| run.text.get(at..at + 2).and_then(|text| text.parse::<u32>().ok());
    let is_time = matches!(run.text.len(), 4 | 6)
        && pair(0).is_some_and(|hour| hour < 24)
        && pair(2).is_some_and(|minute| minute < 60);
    // `_00` is the hour of a run of a model; another number behind a day may be one of several files.
    let is_hour = run.text.len() == 2 && pair(0).is_some_and(|hour| hour < 24) && name[run.end..].is_empty();
    is_behind
        && (is_time || is_hour || run.text.len() == 2 && name[day.end..run.start].eq_ignore_ascii_case("t"))
}

/// The words of a name without its digits and what says its kind.
pub(super) fn words_in(file_name: &str) -> String {
    let name = file_name.rsplit_once('.').map_or(file_name, |(name, _)| name);
    let words = name.split(|c: char| !c.is_alphabetic() && c != '\u{301}');
    words.filter(|word| word.chars().count() > 1).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Said, time_in};

    #[test]
    fn days_months_and_years_are_read_where_they_can_be_read_in_one_way() {
        for (name, expected) in [
            ("chirps-v2.0.2020.02.tif", "2020-02-01"),
            ("chirps-v2.0.2020.02.15.tif", "2020-02-15"),
            ("man_20200215.tif", "2020-02-15"),
            ("man_15022020.tif", "2020-02-15"),
            ("man 15-02-2020.tif", "2020-02-15"),
            ("man_5.2.2020.tif", "2020-02-05"),
            ("NDVI_2020-03.tif", "2020-03-01"),
            ("NDVI_03-2020.tif", "2020-03-01"),
            ("NDVI_202003.tif", "2020-03-01"),
            ("MOD13Q1.A2020049.tif", "2020-02-18"),
            ("landuse_2020.tif", "2020-01-01"),
            ("2020/man_2020-02-15", "2020-02-15"),
            ("man_T3_2020.tif", "2020-03-01"),
            ("tháng 3_2020.tif", "2020-03-01"),
            ("man_thang12-2020.tif", "2020-12-01"),
            ("chirps-v2.1.2020.02.tif", "2020-02-01"),
            ("3B-DAY-L.MS.MRG.3IMERG.20200215-S000000-E235959.V06.tif", "2020-02-15"),
            ("rain_24h_20200215.tif", "2020-02-15"),
        ] {
            let Said::Time(span) = time_in(name) else { panic!("{name}: {:?}", time_in(name)) };
            assert_eq!(span.day(), expected, "{name}");
        }
    }

    #[test]
    fn what_may_be_several_times_is_not_taken() {
        for (name, expected) in [
            ("chirps-v2.0.2020.02.1.tif", "2020.02.1"),
            ("man_201012.tif", "201012"),
            ("man_150220.tif", "150220"),
            ("man_20200215_1300.tif", "20200215_1300"),
            ("S2A_20200215T031921_B04.tif", "20200215T031921"),
            ("rain_2020021506.tif", "2020021506"),
            ("rain_20200101_20200131.tif", "20200101, 20200131"),
            ("rain_2010-2019.tif", "2010-2019"),
            ("NDVI_2020_049.tif", "2020_049"),
            ("NDVI_2020Q1.tif", "2020"),
            ("NDVI_mua_kho_2020.tif", "2020"),
            ("NDVI_Aug_2020.tif", "2020"),
            ("rain December 2020.tif", "2020"),
            ("man_3-2020.tif", "3-2020"),
            ("ket_qua_2020_T3.tif", "2020"),
            ("rain_20240921_07h.tif", "20240921, 07h"),
            ("rain_07h_20240921.tif", "20240921, 07h"),
            ("rain_2024-09-21_19h00.tif", "2024-09-21, 19h"),
            ("rain_20200215_00.tif", "20200215_00"),
            ("rain_20240921_f072.tif", "20240921, f072"),
            ("3IMERG.20200215-S233000-E235959.V06B.tif", "20200215, S233000"),
            ("man_15-02-2020_0730.tif", "15-02-2020_0730"),
            ("man_01-15_02_2020.tif", "01-15_02_2020"),
            ("dubao_man_20240921_5ngay.tif", "20240921, 5ngay"),
            ("rain_dekad_20200211.tif", "20200211, dekad"),
            ("lua_dongxuan_2020.tif", "2020"),
        ] {
            assert_eq!(time_in(name), Said::Unsure(expected.to_owned()), "{name}");
        }
        for name in
            ["salinity_raster_utm48n.tif", "dem_30m.tif", "epsg32648_v12.tif", "T48PWS_B04.tif", "a.tif"]
        {
            assert_eq!(time_in(name), Said::Nothing, "{name}");
        }
    }
}
