//! What a file looked like: kept in the mapping, so that a later file which looks otherwise is noticed.

use std::fmt::Write;

use serde::Deserialize;

use super::render::{list, quote};

/// The most headers that are kept.
const MAX_HEADERS: usize = 400;

/// What a file looked like from which a mapping was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// The sheets that were read.
    pub sheets: Vec<String>,
    /// The row of the header.
    pub header_row: u32,
    /// The headers, in order; empty where a column has none.
    pub header: Vec<String>,
    /// How the numbers were written, where they showed it: `dot` or `comma`.
    pub decimal: Option<String>,
}

impl Shape {
    /// The shape of a header.
    pub(crate) fn of(header_row: u32, names: &[String]) -> Shape {
        let mut header: Vec<String> = names.iter().take(MAX_HEADERS).cloned().collect();
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        Shape { header_row, header, ..Shape::default() }
    }

    /// The shape as the table of a mapping.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from(
            "\n# What the file looked like; a later file that looks otherwise is reported.\n[shape]\n",
        );
        if !self.sheets.is_empty() {
            let _ = writeln!(text, "sheets = {}", list(&self.sheets));
        }
        let _ = writeln!(text, "header_row = {}\nheader = {}", self.header_row, list(&self.header));
        if let Some(decimal) = &self.decimal {
            let _ = writeln!(text, "decimal = {}", quote(decimal));
        }
        text
    }
}
