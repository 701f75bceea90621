//! A place in the text of a path or an option, and the words that every grammar here shares.

use chrono::{DateTime, DurationRound, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{Literal, MAX_TEXT, Shape, span};
use crate::Error;
use crate::error::quote;

/// The text with the place up to which it is read.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    parameter: &'a str,
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a text; a text that is too long is refused before it is looked at.
    pub(super) fn new(parameter: &'a str, text: &'a str) -> Result<Cursor<'a>, Error> {
        if text.len() > MAX_TEXT {
            return Err(Error::new(parameter, format!("it is longer than {MAX_TEXT} bytes")));
        }
        Ok(Cursor { parameter, text, at: 0 })
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Reads a text if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Reads blanks and then a text that must come next.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), Error> {
        self.skip_blanks();
        if self.take(token) { Ok(()) } else { Err(self.expected(&format!("`{token}`"))) }
    }

    /// The name that comes next: letters, digits, `_`, and `@` or `$` in front, `.` within.
    pub(super) fn peek_name(&self) -> &'a str {
        let rest = self.rest();
        let sigil = usize::from(rest.starts_with(['@', '$']));
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = rest[sigil..].find(|c| !is_name(c)).map_or(rest.len(), |end| end + sigil);
        let name = &rest[..end];
        let starts_well = name[sigil..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts_well { name } else { "" }
    }

    /// Reads a name that must come next.
    pub(super) fn name(&mut self, what: &str) -> Result<&'a str, Error> {
        let name = self.peek_name();
        if name.is_empty() {
            return Err(self.expected(what));
        }
        self.at += name.len();
        Ok(name)
    }

    /// Reads a word, if it comes next and is followed by neither letter nor digit.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = self.peek_name() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    /// Reads a path of names with `/` between them.
    pub(super) fn path(&mut self, what: &str) -> Result<Vec<String>, Error> {
        let mut path = vec![self.name(what)?.to_owned()];
        while self.take("/") {
            path.push(self.name(what)?.to_owned());
            if path.len() > 8 {
                return Err(self.error("a path has at most 8 names"));
            }
        }
        Ok(path)
    }

    /// Reads a text between single quotes, in which a quote is written twice.
    pub(super) fn quoted(&mut self) -> Result<String, Error> {
        let start = self.clone();
        if !self.take("'") {
            return Err(self.expected("a text between single quotes"));
        }
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else {
                return Err(start.error("a quote is not closed"));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.take("'") {
                return Ok(text);
            }
            text.push('\'');
        }
    }

    /// Reads a whole number without a sign.
    pub(super) fn whole_number(&mut self, what: &str) -> Result<u64, Error> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..end].parse().map_err(|_| self.expected(what))?;
        self.at += end;
        Ok(number)
    }

    /// Reads a number or an instant, which both begin with a digit or a sign.
    pub(super) fn number_or_time(&mut self) -> Result<Literal, Error> {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                let in_exponent = matches!(c, '+' | '-') && *at > 0;
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '.' | ':')
                    || in_exponent
                    || (*at == 0 && *c == '-'))
            })
            .map_or(rest.len(), |(at, _)| at);
        let word = &rest[..end];
        let literal = read_number(word)
            .or_else(|| read_time(word).map(Literal::Time))
            .or_else(|| word.parse::<NaiveDate>().ok().filter(|_| word.len() == 10).map(Literal::Date))
            .or_else(|| word.parse::<NaiveTime>().ok().map(Literal::Clock));
        let literal = literal.ok_or_else(|| {
            self.error(format!("`{}` is neither a number nor a time", quote(word)))
                .hint("write a time as `2020-02-03T07:00:00Z`, without quotes")
        })?;
        self.at += end;
        Ok(literal)
    }

    /// Reads a value whose kind stands before its quotes: `geography'POINT(105 10)'`,
    /// `duration'PT1H'`; nothing when there is none.
    pub(super) fn prefixed(&mut self) -> Result<Option<Literal>, Error> {
        let name = self.peek_name();
        if !self.rest()[name.len()..].starts_with('\'') {
            return Ok(None);
        }
        let here = self.clone();
        self.at += name.len();
        let text = self.quoted()?;
        match name {
            "geography" | "geometry" => {
                // Only in the coordinates that GeoJSON has: longitude and latitude, WGS 84.
                let bare = text.strip_prefix("SRID=4326;").unwrap_or(&text);
                Shape::from_wkt(bare).map(|shape| Some(Literal::Shape(shape))).map_err(|reason| {
                    here.error(reason).hint("write well-known text: `geography'POINT(105.5 10.2)'`")
                })
            }
            "duration" => match span::parse(&text) {
                Some(span) => Ok(Some(Literal::Span(span))),
                None => Err(here
                    .error(format!("`{}` is no span of time", quote(&text)))
                    .hint("write days, hours, minutes and seconds: `duration'P1DT2H30M'`")),
            },
            _ => Err(here
                .error(format!("there are no values of the kind `{}`", quote(name)))
                .hint("write `geography'…'` or `duration'…'`")),
        }
    }

    /// An error here.
    pub(super) fn error(&self, reason: impl Into<String>) -> Error {
        Error::new(self.parameter, reason).at(self.text[..self.at].chars().count() + 1)
    }

    /// An error here that names what should stand here and what does.
    pub(super) fn expected(&self, what: &str) -> Error {
        let rest = self.rest();
        if rest.is_empty() {
            return self.error(format!("{what} is missing at the end"));
        }
        // A word, or the character that separates words when there is none.
        let end = rest.find([' ', ',', ';', '(', ')']).unwrap_or(rest.len()).max(1);
        let word = rest.get(..end).unwrap_or(rest);
        self.error(format!("`{}` stands where {what} should", quote(word)))
    }
}

fn read_number(word: &str) -> Option<Literal> {
    if !word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Ok(integer) = word.parse() {
        return Some(Literal::Integer(integer));
    }
    word.parse::<f64>().ok().filter(|number| number.is_finite()).map(Literal::Decimal)
}

/// Reads an RFC 3339 instant; seconds may be absent. Kept to the microsecond, as everything stored.
fn read_time(word: &str) -> Option<DateTime<Utc>> {
    let with_seconds = DateTime::parse_from_rfc3339(word).map(|time| time.to_utc());
    let time = with_seconds.or_else(|_| match word.strip_suffix('Z') {
        Some(bare) => NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M").map(|time| time.and_utc()),
        None => DateTime::parse_from_str(word, "%Y-%m-%dT%H:%M%:z").map(|time| time.to_utc()),
    });
    let time = time.ok()?;
    time.duration_trunc(TimeDelta::microseconds(1)).ok().or(Some(time))
}
