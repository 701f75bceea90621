//! Checks of what a mapping says about the shape of a table: patterns, blocks, and where facts stand.

use wording::told;

use super::locate::Step;
use super::read::Check;
use super::{Pattern, PlaceSource, TextOrColumn, ValueSource, Virtual, letters};
use crate::Error;

/// The first and the last column, from 0, of `B:F`.
pub(crate) fn column_range(text: &str) -> Option<(usize, usize)> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (letters(first.trim())?, letters(last.trim())?);
    (first <= last).then_some((first, last))
}

impl PlaceSource {
    /// In how many ways it says where the place stands; one is right.
    pub(super) fn ways(&self) -> usize {
        [
            self.column.is_some(),
            self.cell.is_some(),
            self.sheet,
            self.title,
            self.file,
            self.group.is_some(),
            self.header,
            self.value.is_some(),
        ]
        .into_iter()
        .filter(|said| *said)
        .count()
    }

    /// The column, or the name beginning with `@` of what is read like one.
    pub(crate) fn origin(&self) -> Option<String> {
        let marked = |said: bool, name: &str| said.then(|| name.to_owned());
        self.column
            .clone()
            .or_else(|| self.cell.as_ref().map(|cell| format!("@{cell}")))
            .or_else(|| self.group.as_ref().map(|part| format!("@group.{part}")))
            .or_else(|| marked(self.sheet, "@sheet"))
            .or_else(|| marked(self.title, "@title"))
            .or_else(|| marked(self.file, "@file"))
    }

    /// Where the place stands, as a fact.
    pub(crate) fn fact(&self) -> Option<TextOrColumn> {
        Some(TextOrColumn::Column {
            column: self.origin()?,
            prefix: String::new(),
            default: None,
            pattern: self.pattern.clone(),
            words: self.words.clone(),
        })
    }
}

impl Check<'_> {
    /// The pattern of the columns of a `[[value]]`, which names either one column or a pattern.
    pub(super) fn headers(&self, at: usize, value: &ValueSource) -> Result<Option<Pattern>, Error> {
        let path = |key| [Step::Key("value"), Step::Index(at), Step::Key(key)];
        if value.columns.is_some() != value.column.is_empty() {
            return Err(self.wrong(
                &[Step::Key("value"), Step::Index(at)],
                told!(
                    "intake-value-needs-exactly-one-column-columns",
                    "a `[[value]]` needs exactly one of `column` and `columns`"
                ),
                told!(
                    "intake-name-column-values-write-pattern-headers-several",
                    "name the column of the values, or write a pattern of the headers of several"
                ),
            ));
        }
        for pattern in &value.except {
            self.pattern(&path("except"), Some(pattern))?;
        }
        self.pattern(&path("columns"), value.columns.as_deref())
    }

    pub(super) fn pattern(&self, path: &[Step<'_>], text: Option<&str>) -> Result<Option<Pattern>, Error> {
        let Some(text) = text else { return Ok(None) };
        let pattern = Pattern::new(text).map_err(|what| {
            self.wrong(
                path,
                told!("intake-pattern", "the pattern `{text}`: {what}", text = text, what => what),
                told!("intake-write-words-blanks-such-tr-m-regular", "write words with blanks, such as `{year}` or `Trạm: {place}`, or a regular expression between slashes"),
            )
        })?;
        Ok(Some(pattern))
    }

    pub(super) fn patterns(&self, key: &str, texts: &[String]) -> Result<(), Error> {
        let (table, key) = key.split_once('.').unwrap_or((key, ""));
        for text in texts {
            self.pattern(&[Step::Key(table), Step::Key(key)], Some(text))?;
        }
        Ok(())
    }

    /// A fact that may stand around the table.
    pub(super) fn fact(&self, path: &[Step<'_>], fact: Option<&TextOrColumn>) -> Result<(), Error> {
        let Some(TextOrColumn::Column { column, pattern, .. }) = fact else { return Ok(()) };
        self.origin(path, Some(column))?;
        self.pattern(path, pattern.as_deref()).map(|_| ())
    }

    /// A name beginning with `@` that came from `cell` has to name one.
    pub(super) fn origin(&self, path: &[Step<'_>], column: Option<&str>) -> Result<(), Error> {
        let Some(column) = column.filter(|column| column.starts_with('@')) else { return Ok(()) };
        let is_cell = column.len() > 1 && column.bytes().skip(1).all(|b| b.is_ascii_alphanumeric());
        if is_cell && Virtual::of(column).is_none() {
            return Err(self.wrong(
                path,
                told!("intake-no-cell", "`{column}` is no cell", column = &column[1..]),
                told!("intake-write-e-g-a2", "write e.g. `A2`"),
            ));
        }
        Ok(())
    }
}
