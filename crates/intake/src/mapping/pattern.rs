//! Patterns of headers, titles and names of sheets: words with blanks to fill, such as `{year} {property} ({unit})`.
//!
//! A pattern is compiled to a regular expression of a library that takes linear time on any text.
//! One that is written between slashes is such an expression itself, with named groups.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use wording::{Told, told};

/// The longest pattern.
const MAX_PATTERN: usize = 300;
/// The most memory that a compiled pattern takes.
const MAX_COMPILED: usize = 1 << 20;

/// What a pattern found in a text, by the names of its blanks.
pub(crate) type Captured = BTreeMap<String, String>;

/// A pattern that is ready to use.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
}

/// The names that blanks may have.
const BLANKS: &[&str] = &[
    "time",
    "year",
    "month",
    "quarter",
    "week",
    "day",
    "hour",
    "place",
    "property",
    "unit",
    "statistic",
    "period",
    "text",
];

/// Marks of footnotes at the end of a text.
const FOOTNOTE: &str = r"(?:\s*(?:\(\*+\)|\*+|\(\d\)|¹|²|³))*";
/// What marks a year's figures as preliminary or estimated.
const PRELIMINARY: &str = r"\b(?:prel|pre|sơ\s*bộ|so\s*bo|ước(?:\s*tính)?|uoc|est)";
/// The same behind the year: `2021 Sơ bộ`, `2021 (Prel.)`.
const BEHIND: &str = concat!(
    r"(?:\s*[-–\/(]?\s*(?:sơ\s*bộ|so\s*bo|prel|ước(?:\s*tính)?)\.?\)?)*",
    // Once more in another language: `Sơ bộ 2023 - Prel. 2023`.
    r"(?:\s*[-–\/]\s*(?:prel(?:iminary)?|est(?:imated)?|year)\.?\s*(?:19|20)\d\d)?",
);
/// What marks them as final, before the year.
const FINAL: &str =
    r"(?:\b(?:thực\s*hiện|thuc\s*hien|th|chính\s*thức|chinh\s*thuc|official|actual)\b\.?[\s_/-]*)?";
const MONTH: &str = concat!(
    r"(?:\b(?:tháng|thang|month|th|t|m)\.?\s*)?",
    r"(?P<month>0?[1-9]|1[0-2]|xii|xi|iv|ix|x|viii|vii|vi|v|iii|ii|i",
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
    r")\.?(?:\.0)?",
);

impl Pattern {
    /// Compiles a pattern; an error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Pattern, Told> {
        if text.len() > MAX_PATTERN {
            return Err(told!(
                "intake-pattern-most-bytes",
                "a pattern has at most {max_pattern} bytes",
                max_pattern = MAX_PATTERN
            ));
        }
        let expression = match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(expression) => expression.to_owned(),
            None => format!("^\\s*{}{FOOTNOTE}\\s*$", template(text)?),
        };
        let regex = RegexBuilder::new(&expression)
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(MAX_COMPILED)
            .build()
            .map_err(|error| {
                let told = error.to_string();
                match told.lines().last().map(str::trim).filter(|line| !line.is_empty()) {
                    Some(line) => Told::excerpt(line),
                    None => told!("intake-no-pattern", "it is no pattern"),
                }
            })?;
        let unknown = regex.capture_names().flatten().find(|name| !BLANKS.contains(name));
        match unknown {
            Some(name) => Err(told!(
                "intake-no-blank-write-one",
                "`{{name}}` is no blank: write one of {blanks}",
                name = name,
                blanks = BLANKS.join(", ")
            )),
            None => Ok(Pattern { source: text.to_owned(), regex }),
        }
    }

    /// The pattern as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern has a blank of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.regex.capture_names().flatten().any(|own| own == name)
    }

    /// What the pattern finds in a text; `None` when it does not fit.
    pub(crate) fn captures(&self, text: &str) -> Option<Captured> {
        let found = self.regex.captures(text)?;
        let named = self.regex.capture_names().flatten().filter_map(|name| {
            let text = found.name(name)?.as_str().trim();
            (!text.is_empty()).then(|| (name.to_owned(), text.to_owned()))
        });
        Some(named.collect())
    }

    pub(crate) fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The one text that the pattern finds: what its first blank holds, or all of the text.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let found = self.regex.captures(text)?;
        let named = self.regex.capture_names().flatten().find_map(|name| found.name(name));
        let found = named.or_else(|| found.get(0))?.as_str().trim();
        (!found.is_empty()).then(|| found.to_owned())
    }
}

/// Whether a header says that its figures are preliminary.
pub(crate) fn is_preliminary(header: &str) -> bool {
    thread_local! {
        static MARK: Option<Regex> =
            RegexBuilder::new(&format!(
                r"{PRELIMINARY}\b\.?\s*(?:(?:thực\s*hiện|th\b)\s*)?(?:năm\s*)?\d{{4}}|\d{{4}}\s*[-–\/(]?\s*{PRELIMINARY}\b"
            ))
            .case_insensitive(true).build().ok();
    }
    MARK.with(|mark| mark.as_ref().is_some_and(|mark| mark.is_match(header)))
}

/// The expression of words with blanks.
fn template(text: &str) -> Result<String, Told> {
    let mut expression = String::new();
    let mut rest = text.trim();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(c) = rest.chars().next() {
        match c {
            '{' => {
                let end =
                    rest.find('}').ok_or_else(|| told!("intake-not-closed", "a `{` is not closed by `}`"))?;
                let name = &rest[1..end];
                if seen.contains(&name) {
                    return Err(told!("intake-there-twice", "`{{name}}` is there twice", name = name));
                }
                seen.push(name);
                expression.push_str(&blank(name)?);
                rest = &rest[end + 1..];
                continue;
            }
            '*' => expression.push_str(".*?"),
            c if c.is_whitespace() => {
                expression.push_str(r"\s*");
                rest = rest.trim_start();
                continue;
            }
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[c.len_utf8()..];
    }
    Ok(expression)
}

fn blank(name: &str) -> Result<String, Told> {
    Ok(match name {
        "year" => format!(
            r"{FINAL}(?:{PRELIMINARY}(?:\s*(?:thực\s*hiện|thuc\s*hien|th\b))?\.?[\s_/-]*)*(?:\b(?:năm|nam|year)\s*)?(?P<year>(?:1[6-9]|20|21)\d\d)(?:\.0)?{BEHIND}"
        ),
        "month" => MONTH.to_owned(),
        "quarter" => r"(?:quý|quy|quarter|q)\s*(?P<quarter>iv|iii|ii|i|[1-4])".to_owned(),
        "week" => r"(?:tuần|tuan|week|w)\s*(?:thứ\s*|số\s*)?(?P<week>0?[1-9]|[1-4]\d|5[0-3])".to_owned(),
        "day" => r"(?:ngày|ngay|day)?\s*(?P<day>0?[1-9]|[12]\d|3[01])(?:\.0)?".to_owned(),
        "hour" => r"(?P<hour>[01]?\d|2[0-4])\s*(?:h(?:00)?|giờ|gio|g|:00)?(?:\.0)?".to_owned(),
        other if BLANKS.contains(&other) => format!("(?P<{other}>.+?)"),
        other => {
            return Err(told!(
                "intake-no-blank-write-one",
                "`{{name}}` is no blank: write one of {blanks}",
                name = other,
                blanks = BLANKS.join(", ")
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<String> {
        let pattern = Pattern::new(pattern).unwrap();
        let found = pattern.captures(text)?;
        Some(found.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn headers_say_years_months_and_more_than_one_thing() {
        for (pattern, text, expected) in [
            ("{year}", "2016", Some("year=2016")),
            ("{year}", "Prel. 2016", Some("year=2016")),
            ("{year}", "Pre.2016", Some("year=2016")),
            ("{year}", "Sơ bộ 2016", Some("year=2016")),
            ("{year}", "Sơ bộ - Prel. 2016", Some("year=2016")),
            ("{year}", "prel_2016", Some("year=2016")),
            ("{year}", "2016 (*)", Some("year=2016")),
            ("{year}", "Thực hiện năm 2016", Some("year=2016")),
            ("{year}", "Ước thực hiện 2016", Some("year=2016")),
            ("{year}", "Ước TH năm 2016", Some("year=2016")),
            ("{year}", "Sơ bộ 2016 - Prel. 2016", Some("year=2016")),
            ("{year}", "Năm 2016 - Year 2016", Some("year=2016")),
            ("{year}", "Kế hoạch 2016", None),
            ("{year}", "2016 Sơ bộ Prel.", Some("year=2016")),
            ("{year}", "2016 (sơ bộ)", Some("year=2016")),
            ("{year}", "Năm 2016", Some("year=2016")),
            ("{year}", "2016.0", Some("year=2016")),
            ("{year}", "Total 2016", None),
            ("{year}", "12016", None),
            ("{month}", "XII", Some("month=XII")),
            ("{month}", "III", Some("month=III")),
            ("{month}", "Jan.", Some("month=Jan")),
            ("{month}", "Tháng 2", Some("month=2")),
            ("{month}", "T12", Some("month=12")),
            ("{month}", "March", Some("month=March")),
            ("{month}", "Năm", None),
            ("{month}", "N¨m", None),
            ("{month}", "13", None),
            ("{day}", "31", Some("day=31")),
            ("{day}", "32", None),
            ("{hour}", "24h", Some("hour=24")),
            ("{hour}", "7 giờ", Some("hour=7")),
            ("{year} {property} ({unit})", "2011 Area (Km2)", Some("property=Area unit=Km2 year=2011")),
            ("{property} {year}", "Crude birth rate Prel. 2016", Some("property=Crude birth rate year=2016")),
            ("{statistic} {year}", "Deepest 2009", Some("statistic=Deepest year=2009")),
            ("{statistic} {year}", "Most shallow 2009", Some("statistic=Most shallow year=2009")),
            ("Trạm: {place} (*)", "Trạm: Cần Thơ  (Cần Thơ)", Some("place=Cần Thơ")),
            ("{week}", "Tuần 30", Some("week=30")),
            ("{week}", "W05", Some("week=05")),
            ("{week}", "30", None),
            ("{week} {month}", "Tuần 1 tháng 7", Some("month=7 week=1")),
            ("{quarter}/{year}", "Quý II/2020", Some("quarter=II year=2020")),
            ("/^(?P<property>[a-z]+)_(?P<year>\\d{4})$/", "rice_2020", Some("property=rice year=2020")),
        ] {
            assert_eq!(found(pattern, text).as_deref(), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_wrong_pattern_says_what_is_wrong() {
        for (pattern, what) in [
            ("{yaer}", "is no blank"),
            ("{year} {year}", "twice"),
            ("{year", "not closed"),
            ("/(/", "unclosed"),
            ("/(?P<x>.)/", "is no blank"),
        ] {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.contains(what), "{pattern}: {error}");
        }
    }
}
