//! A CSV file of `reference/` row by row, where every mistake knows its file and line.

use chrono::{NaiveDate, TimeDelta};
use csv::{ReaderBuilder, StringRecord, Trim};
use model::{PlaceId, PropertyCode, Text, Unit, nfc};

/// A fact that cannot be read, or that points to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reference file `{file}`, line {line}: {what}")]
pub struct ReferenceError {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1; 0 when the file as a whole is meant.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl ReferenceError {
    pub(super) fn new(file: &str, line: u64, what: String) -> ReferenceError {
        ReferenceError { file: file.to_owned(), line, what }
    }
}

/// A file with its header.
pub(crate) struct Table {
    file: &'static str,
    columns: Vec<String>,
    records: Vec<StringRecord>,
}

impl Table {
    /// Reads a file whose rows are all as long as its header.
    pub(crate) fn read(file: &'static str, text: &str) -> Result<Table, ReferenceError> {
        let wrong = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            ReferenceError::new(file, line, error.to_string())
        };
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
        let columns = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let records = reader.records().collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Table { file, columns, records })
    }

    /// Every row in turn.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { table: self, record })
    }
}

/// A row of a file.
pub(crate) struct Row<'a> {
    table: &'a Table,
    record: &'a StringRecord,
}

impl Row<'_> {
    /// The file's name.
    pub(super) fn file(&self) -> &'static str {
        self.table.file
    }

    /// An error in this row.
    pub(crate) fn error(&self, what: String) -> ReferenceError {
        let line = self.record.position().map_or(0, csv::Position::line);
        ReferenceError::new(self.table.file, line, what)
    }

    fn cell(&self, column: &str) -> Result<&str, ReferenceError> {
        let at = self.table.columns.iter().position(|name| name == column);
        let at =
            at.ok_or_else(|| ReferenceError::new(self.table.file, 1, format!("has no column `{column}`")))?;
        Ok(self.record.get(at).unwrap_or(""))
    }

    /// A cell that may be empty.
    pub(crate) fn optional(&self, column: &str) -> Result<Option<String>, ReferenceError> {
        Ok(Some(self.cell(column)?).filter(|text| !text.is_empty()).map(nfc))
    }

    /// A cell that may not be empty.
    pub(crate) fn text(&self, column: &str) -> Result<String, ReferenceError> {
        self.optional(column)?.ok_or_else(|| self.error(format!("`{column}` is empty")))
    }

    /// A cell read by a function that says what it expects when it fails.
    pub(crate) fn parse<T>(
        &self,
        column: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ReferenceError> {
        match self.optional(column)? {
            Some(text) => read(&text).map(Some).map_err(|what| self.error(format!("`{column}`: {what}"))),
            None => Ok(None),
        }
    }

    /// The same for a cell that may not be empty.
    pub(crate) fn required<T>(
        &self,
        column: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ReferenceError> {
        self.parse(column, read)?.ok_or_else(|| self.error(format!("`{column}` is empty")))
    }

    /// Several texts in one cell, separated by `;`.
    pub(crate) fn list(&self, column: &str) -> Result<Vec<String>, ReferenceError> {
        let parts = self.cell(column)?.split(';').map(str::trim);
        Ok(parts.filter(|part| !part.is_empty()).map(nfc).collect())
    }

    /// The columns `<prefix>_vi`, `<prefix>_en` and `<prefix>_km`. What has no Vietnamese name goes
    /// by its English one.
    pub(super) fn names(&self, prefix: &str) -> Result<Text, ReferenceError> {
        let [vi, en, km] = ["vi", "en", "km"].map(|lang| self.optional(&format!("{prefix}_{lang}")));
        let (vi, en, km) = (vi?, en?, km?);
        match vi.or_else(|| en.clone()) {
            Some(vi) => Ok(Text { vi, en, km }),
            None => Err(self.error(format!("`{prefix}_vi` and `{prefix}_en` are both empty"))),
        }
    }

    /// `high`, `medium` or `low`.
    pub(crate) fn confidence(&self) -> Result<String, ReferenceError> {
        self.required("confidence", |text| match text {
            "high" | "medium" | "low" => Ok(text.to_owned()),
            _ => Err(format!("`{text}` is none of high, medium, low")),
        })
    }
}

/// A finite number with a decimal point.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
    number.ok_or_else(|| format!("`{text}` is not a number"))
}

/// A date as `2025-07-01`.
pub(super) fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("`{text}` is not a date"))
}

/// `yes` or `no`.
pub(super) fn yes_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("`{text}` is neither yes nor no")),
    }
}

/// An ISO 8601 duration of whole days, hours or minutes: `P1D`, `PT3H`, `PT15M`.
pub(super) fn duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("`{text}` is not a duration such as `P1D`, `PT3H` or `PT15M`");
    let (digits, unit) = match text.strip_prefix("PT") {
        Some(rest) if rest.ends_with('H') => (rest.trim_end_matches('H'), TimeDelta::hours(1)),
        Some(rest) if rest.ends_with('M') => (rest.trim_end_matches('M'), TimeDelta::minutes(1)),
        Some(_) => return Err(wrong()),
        None => {
            (text.strip_prefix('P').and_then(|t| t.strip_suffix('D')).ok_or_else(wrong)?, TimeDelta::days(1))
        }
    };
    let count = digits.parse::<u16>().map_err(|_| wrong())?;
    Ok(unit * i32::from(count))
}

/// A place id.
pub(super) fn place(text: &str) -> Result<PlaceId, String> {
    PlaceId::new(text).map_err(|error| error.to_string())
}

/// A property code.
pub(crate) fn property(text: &str) -> Result<PropertyCode, String> {
    PropertyCode::new(text).map_err(|error| error.to_string())
}

/// A UCUM unit.
pub(super) fn unit(text: &str) -> Result<Unit, String> {
    Unit::parse(text).map_err(|error| error.to_string())
}
