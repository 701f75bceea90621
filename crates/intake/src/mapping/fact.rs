//! Where a fact of a value stands: written in the mapping, in a column, or somewhere around the table.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// A fixed text, or the column that holds it.
///
/// What stands elsewhere is a column too, under a name that begins with `@`, because it is read like
/// one: see [`Virtual`].
#[derive(Debug, Clone, PartialEq)]
pub enum TextOrColumn {
    /// The same for all rows.
    Text(String),
    /// As the column says.
    Column {
        /// The column's header, or a name such as `@sheet`.
        column: String,
        /// Put before the column's text: `season:`.
        prefix: String,
        /// Instead of an empty cell.
        default: Option<String>,
        /// What of the text is meant: `(Đơn vị: {unit})`.
        pattern: Option<String>,
        /// Texts, and what each means.
        words: BTreeMap<String, String>,
    },
}

impl Default for TextOrColumn {
    fn default() -> TextOrColumn {
        TextOrColumn::Text(String::new())
    }
}

impl TextOrColumn {
    /// As a column says, without anything else.
    pub fn in_column(column: &str) -> TextOrColumn {
        TextOrColumn::Column {
            column: column.to_owned(),
            prefix: String::new(),
            default: None,
            pattern: None,
            words: BTreeMap::new(),
        }
    }

    /// The column, when it is one.
    pub fn column(&self) -> Option<&str> {
        match self {
            TextOrColumn::Text(_) => None,
            TextOrColumn::Column { column, .. } => Some(column),
        }
    }

    /// The fixed text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            TextOrColumn::Text(text) => Some(text),
            TextOrColumn::Column { .. } => None,
        }
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.text() == Some("")
    }
}

/// What a column that begins with `@` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Virtual {
    /// The sheet's name.
    Sheet,
    /// The file's name.
    File,
    /// The texts above the header.
    Title,
    /// One cell, by row from 1 and column from 0.
    Cell { row: u32, column: usize },
    /// A real column, by its letters.
    Letters(usize),
    /// A part of the rows that head a group.
    Group(String),
}

impl Virtual {
    /// The meaning of a name; `None` for the header of a column.
    pub(crate) fn of(name: &str) -> Option<Virtual> {
        let rest = name.strip_prefix('@')?;
        match rest {
            "sheet" => return Some(Virtual::Sheet),
            "file" => return Some(Virtual::File),
            "title" => return Some(Virtual::Title),
            _ => {}
        }
        if let Some(part) = rest.strip_prefix("group.") {
            return Some(Virtual::Group(part.to_owned()));
        }
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let column = letters(&rest[..digits])?;
        if digits == rest.len() {
            return Some(Virtual::Letters(column));
        }
        let row = rest[digits..].parse().ok().filter(|row| *row >= 1)?;
        Some(Virtual::Cell { row, column })
    }
}

/// The index from 0 of a column's letters: `A`, `AB`.
pub(crate) fn letters(text: &str) -> Option<usize> {
    if text.is_empty() || text.len() > 3 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let index = text.bytes().fold(0_usize, |index, b| index * 26 + usize::from(b - b'A') + 1);
    Some(index - 1)
}

// Written by hand: an untagged enum would answer every mistake with "did not match any variant".
impl<'de> Deserialize<'de> for TextOrColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = TextOrColumn;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a table such as `{ column = \"…\" }`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOrColumn, E> {
                Ok(TextOrColumn::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TextOrColumn, A::Error> {
                read_table(map)
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// The keys of a table that says where a fact stands.
const KEYS: &[&str] =
    &["column", "cell", "sheet", "title", "file", "group", "pattern", "words", "prefix", "default"];

fn read_table<'de, A: MapAccess<'de>>(mut map: A) -> Result<TextOrColumn, A::Error> {
    let mut columns: Vec<String> = Vec::new();
    let (mut prefix, mut default, mut pattern, mut words) = (String::new(), None, None, BTreeMap::new());
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "column" => columns.push(map.next_value()?),
            "cell" => columns.push(format!("@{}", map.next_value::<String>()?)),
            "group" => columns.push(format!("@group.{}", map.next_value::<String>()?)),
            "sheet" | "title" | "file" => {
                if map.next_value::<bool>()? {
                    columns.push(format!("@{key}"));
                }
            }
            "pattern" => pattern = Some(map.next_value()?),
            "words" => words = map.next_value()?,
            "prefix" => prefix = map.next_value()?,
            "default" => default = Some(map.next_value()?),
            other => return Err(de::Error::unknown_field(other, KEYS)),
        }
    }
    let mut columns = columns.into_iter();
    match (columns.next(), columns.next()) {
        (Some(column), None) => Ok(TextOrColumn::Column { column, prefix, default, pattern, words }),
        (None, _) => Err(de::Error::missing_field("column")),
        (Some(_), Some(_)) => Err(de::Error::custom(
            "a fact stands in one place: keep one of `column`, `cell`, `sheet`, `title`, `file` and `group`",
        )),
    }
}
