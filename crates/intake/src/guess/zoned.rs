//! In which zone the times of a table are, where a header, a column or what stands above it says so.

use wording::{Told, told};

use super::observations::Guess;
use super::usual::offset_text;
use super::words::{has_words, header_words};
use crate::mapping::{TextOrColumn, TimeSource};
use crate::observe::{OF_ZONES, Precision, parse_zone};

/// The zone that is taken where nothing says one.
const OURS: &str = "+07:00";
const UTC: &str = "+00:00";
/// Names of zones, folded, by their offsets: these have no summer time.
const OF_UTC: [&str; 8] = [
    "utc",
    "gmt",
    "etc utc",
    "etc gmt",
    "zulu",
    "universal",
    "coordinated universal time",
    "greenwich mean time",
];
const OF_OURS: [&str; 11] = [
    "asia ho chi minh",
    "asia saigon",
    "asia bangkok",
    "asia phnom penh",
    "asia vientiane",
    "ict",
    "indochina time",
    "indochina",
    "viet nam",
    "gio viet nam",
    "se asia standard time",
];
/// Others, which headers name by their letters, and by the city.
#[rustfmt::skip]
const OTHERS: [&str; 22] = [
    "SGT", "MYT", "HKT", "PHT", "WIB", "CST", "JST", "KST", "IST", "MMT", "AEST", "AEDT", "EST", "EDT",
    "CDT", "MST", "MDT", "PST", "PDT", "BST", "CET", "CEST",
];
const ELSEWHERE: [&str; 5] = ["beijing time", "singapore time", "tokyo time", "solar time", "daylight time"];
/// What titles call UTC in words, folded.
const UNIVERSAL: [&str; 5] =
    ["coordinated universal time", "greenwich mean time", "universal time", "gio quoc te", "gio the gioi"];
/// First words of names of zones, folded.
const AREAS: [&str; 10] = [
    "africa",
    "america",
    "antarctica",
    "arctic",
    "asia",
    "atlantic",
    "australia",
    "europe",
    "indian",
    "pacific",
];
/// Words of titles that speak of the times of the values, folded, and of other times.
const OF_TIMES: [&str; 6] = ["gio", "thoi gian", "mui gio", "time", "times", "hours"];
const OF_FILES: [&str; 8] =
    ["created", "updated", "generated", "exported", "downloaded", "retrieved", "xuat", "cap nhat"];

/// What is said of a zone.
enum Said {
    /// Its offset, as a mapping writes it, and the words that say so.
    Offset(String, String),
    /// What a person must decide.
    Asked(Told),
}

/// The offset that a header or a title names: `Time_UTC`, `datetimeUTC`, `giờ GMT`, `UTC+7`.
pub(crate) fn offset_in(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let is_word = |at: usize| {
        let before = text[..at].chars().next_back();
        let behind = text[at + 3..].chars().next();
        let is_camel = before.is_some_and(char::is_lowercase) && text[at..].starts_with(char::is_uppercase);
        (is_camel || !before.is_some_and(char::is_alphabetic)) && !behind.is_some_and(char::is_alphabetic)
    };
    let found = ["utc", "gmt"].iter().filter_map(|word| {
        lower.match_indices(word).map(|(at, _)| at).find(|at| text.is_char_boundary(*at) && is_word(*at))
    });
    let behind = text[found.min()? + 3..].trim_start_matches([' ', '_']);
    // `utc_offset` is over offsets.
    if behind.to_ascii_lowercase().starts_with("offset") {
        return None;
    }
    let end = behind.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit() && *c != ':');
    let offset = &behind[..end.map_or(behind.len(), |(at, _)| at)];
    if parse_zone(offset).is_none() {
        return Some(UTC.to_owned());
    }
    // `Etc/GMT-7` is seven hours ahead of UTC: POSIX counts the other way.
    let turned = || match offset.split_at_checked(1) {
        Some(("-", hours)) => format!("+{hours}"),
        Some(("+", hours)) => format!("-{hours}"),
        _ => offset.to_owned(),
    };
    let is_posix = lower.contains("etc/gmt");
    Some(offset_text(&if is_posix { turned() } else { offset.to_owned() }))
}

/// A zone that a header names and that is not ours or UTC: `time (SGT)`, `Beijing time`.
fn other_zone(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric() && c != '/' && c != '_');
    let is_named = |word: &str| matches!(named(word), Some(Err(())));
    let folded = header_words(name);
    words.any(|word| OTHERS.contains(&word) || is_named(word))
        || ELSEWHERE.iter().any(|of| has_words(&folded, of))
}

/// The offset that the header of a column of times names: the same, and `Date (Z)`, `timestamp_z`.
pub(crate) fn zone_of_header(name: &str) -> Option<String> {
    let is_zulu =
        || header_words(name).ends_with(" z") && name.trim_end_matches([')', ']']).ends_with(['Z', 'z']);
    let is_one_word =
        || ["utctime", "gmttime", "utcdate", "utcdatetime"].contains(&header_words(name).as_str());
    offset_in(name).or_else(|| (is_zulu() || is_one_word()).then(|| UTC.to_owned()))
}

/// The offset of a zone that is named by itself; `Err` where it is a name of one that is not known here.
fn named(text: &str) -> Option<Result<String, ()>> {
    let text = text.trim();
    let folded = model::fold(text);
    if parse_zone(text).is_some() {
        return Some(Ok(offset_text(text)));
    }
    if OF_UTC.contains(&folded.as_str()) {
        return Some(Ok(UTC.to_owned()));
    }
    if OF_OURS.contains(&folded.as_str()) {
        return Some(Ok(OURS.to_owned()));
    }
    let is_area = || text.contains('/') && folded.split(' ').next().is_some_and(|area| AREAS.contains(&area));
    is_area().then_some(Err(()))
}

/// What the texts above a table say of the zone of its times.
fn of_titles(titles: &[String]) -> Option<Said> {
    titles.iter().find_map(|title| {
        let labelled =
            title.split_once(':').filter(|(label, _)| OF_ZONES.contains(&model::fold(label).as_str()));
        if let Some((_, said)) = labelled {
            return match named(said) {
                Some(Ok(offset)) => Some(Said::Offset(offset, title.clone())),
                None if said.trim().is_empty() => None,
                _ => match offset_in(said) {
                    Some(offset) => Some(Said::Offset(offset, title.clone())),
                    None => Some(Said::Asked(which(title))),
                },
            };
        }
        let is_name = title.starts_with("UTC") || title.starts_with("GMT") || title.contains('/');
        match named(title).filter(|_| is_name) {
            Some(Ok(offset)) => return Some(Said::Offset(offset, title.clone())),
            Some(Err(())) => return Some(Said::Asked(which(title))),
            None => {}
        }
        let folded = model::fold(title);
        if UNIVERSAL.iter().any(|words| has_words(&folded, words)) {
            return Some(Said::Offset(UTC.to_owned(), title.clone()));
        }
        if let Some(offset) = counted(title) {
            return Some(Said::Offset(offset, title.clone()));
        }
        let offset = offset_in(title)?;
        let says = |list: &[&str]| list.iter().any(|words| has_words(&folded, words));
        // `2024-03-01 00:00 UTC` is an instant, and no zone of others.
        let at = title.to_ascii_lowercase().find(if folded.contains("utc") { "utc" } else { "gmt" })?;
        let is_instant = title[..at].trim_end().ends_with(|c: char| c.is_ascii_digit());
        if says(&OF_FILES) || is_instant {
            return None;
        }
        Some(if says(&OF_TIMES) || offset == OURS {
            Said::Offset(offset, title.clone())
        } else {
            Said::Asked(which(title))
        })
    })
}

/// The offset that a label of offsets has behind it, in hours or seconds: `utc_offset_seconds: 25200`.
fn counted(title: &str) -> Option<String> {
    let (label, said) = title.split_once([':', '='])?;
    let label = model::fold(&label.replace('_', " "));
    let is_label = has_words(&label, "offset")
        && ["utc", "gmt", "zone", "timezone"].iter().any(|word| has_words(&label, word));
    let number: i64 = said.trim().strip_prefix('+').unwrap_or(said.trim()).parse().ok()?;
    let seconds = if number.abs() <= 14 { number * 3_600 } else { number };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    (is_label && hours <= 14).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}

fn which(said: &str) -> Told {
    told!(
        "guess-which-zone",
        "`{said}` speaks of a zone: in which are the times? Write its offset as `zone` under `[time]`, e.g. `+00:00`",
        said = said
    )
}

fn says_zone(said: &str) -> Told {
    told!("guess-says-zone", "`{said}` says the zone of the times", said = said)
}

impl Guess<'_> {
    /// Takes the zone of the times from their headers, from a column beside them, or from above the table.
    pub(super) fn zones(&mut self, precision: Option<Precision>) {
        let is_meant = precision.is_some_and(|precision| precision >= Precision::Day);
        let Some(time) = self.mapping.time.as_ref().filter(|time| is_meant && time.zone.is_none()) else {
            return;
        };
        let read: Vec<&str> = time
            .columns
            .iter()
            .map(String::as_str)
            .chain(time.parts().into_iter().flatten().filter_map(TextOrColumn::column))
            .collect();
        let own = self.sample.columns.iter().filter(|column| read.contains(&column.reference.as_str()));
        let mut of_headers = own.filter_map(|column| {
            let offset = column.zone.clone().or_else(|| zone_of_header(&column.name))?;
            Some(Said::Offset(offset_text(&offset), column.name.clone()))
        });
        let of_headers = of_headers.next_back();
        let mut own = self.sample.columns.iter().filter(|column| read.contains(&column.reference.as_str()));
        let of_others = own.find(|column| other_zone(&column.name));
        let of_others = of_others.map(|column| Said::Asked(which(&column.name)));
        let file = self.evidence.file;
        let of_file = offset_in(file).filter(|offset| offset != OURS).map(|_| Said::Asked(which(file)));
        let said = of_headers
            .or(of_others)
            .or_else(|| self.zone_beside())
            .or_else(|| of_titles(&self.evidence.titles))
            .or(of_file);
        self.take_zone(said);
    }

    /// What a column of zones says.
    fn zone_beside(&mut self) -> Option<Said> {
        let is_over = |header: &str| OF_ZONES.contains(&header);
        let (at, column) = self
            .free()
            .find(|(_, column)| is_over(&header_words(&column.base)) && !column.texts.is_empty())?;
        let offsets: Vec<Option<String>> =
            column.texts.iter().map(|(text, _)| named(text).and_then(Result::ok)).collect();
        let said = match offsets.as_slice() {
            [Some(first), others @ ..] if others.iter().all(|other| other.as_ref() == Some(first)) => {
                Said::Offset(first.clone(), column.name.clone())
            }
            _ => Said::Asked(which(&format!("{}: {}", column.name, column.texts[0].0))),
        };
        self.used.push(at);
        Some(said)
    }

    fn take_zone(&mut self, said: Option<Said>) {
        match said {
            Some(Said::Offset(offset, words)) if offset != OURS => {
                if let Some(time) = &mut self.mapping.time {
                    time.zone = Some(offset);
                }
                self.because("time.zone", 0.85, says_zone(&words));
            }
            Some(Said::Asked(reason)) => self.because("time.zone", 0.4, reason),
            Some(Said::Offset(..)) | None => {}
        }
    }
}

impl super::shaped::Shaped<'_> {
    /// Takes the zone of times in headers from above the table.
    pub(super) fn zones(&mut self) {
        if self.mapping.time.as_ref().is_some_and(|time| time.zone.is_some()) || !self.are_days_or_hours() {
            return;
        }
        match of_titles(&self.evidence.titles) {
            Some(Said::Offset(offset, words)) if offset != OURS => {
                self.mapping.time.get_or_insert_with(TimeSource::default).zone = Some(offset);
                self.decide("time.zone", 0.85, says_zone(&words));
            }
            Some(Said::Asked(reason)) => self.decide("time.zone", 0.4, reason),
            Some(Said::Offset(..)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{offset_in, zone_of_header};

    #[test]
    fn headers_and_titles_name_zones() {
        for (text, expected) in [
            ("time_utc", Some("+00:00")),
            ("datetimeUTC", Some("+00:00")),
            ("TIMESTAMP_UTC", Some("+00:00")),
            ("Giờ UTC", Some("+00:00")),
            ("time_gmt", Some("+00:00")),
            ("Timestamp (UTC+07:00)", Some("+07:00")),
            ("Số liệu (giờ GMT+7)", Some("+07:00")),
            ("Date Time, GMT+07:00", Some("+07:00")),
            ("utc_offset_seconds", None),
            ("time (Etc/GMT-7)", Some("+07:00")),
            ("Etc/GMT+5", Some("-05:00")),
            ("Outcome", None),
            ("Thời gian", None),
        ] {
            assert_eq!(offset_in(text).as_deref(), expected, "{text}");
        }
        for (name, expected) in [
            ("date (Z)", Some("+00:00")),
            ("timestamp_z", Some("+00:00")),
            ("utctime", Some("+00:00")),
            ("Z", None),
            ("Jazz", None),
        ] {
            assert_eq!(zone_of_header(name).as_deref(), expected, "{name}");
        }
    }
}
