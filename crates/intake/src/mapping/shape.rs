//! What a file looked like: kept in the mapping, so that a later file which looks otherwise is noticed.

use std::fmt::Write;

use serde::Deserialize;
use wording::{Told, told};

use super::render::{list, quote};

/// The most headers that are kept.
const MAX_HEADERS: usize = 400;

/// What a file looked like from which a mapping was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// The sheets that were read.
    pub sheets: Vec<String>,
    /// The row of the header of the first table.
    pub header_row: u32,
    /// Its headers, in order; empty where a column has none.
    pub header: Vec<String>,
    /// How the numbers were written, where they showed it: `dot` or `comma`.
    pub decimal: Option<String>,
    /// The property that the titles, or the names of the sheet and the file, named.
    pub property: Option<String>,
    /// The statistic that they named.
    pub statistic: Option<String>,
    /// The unit that the titles named.
    pub unit: Option<String>,
    /// The coordinate system that a file of features named.
    pub crs: Option<String>,
    /// The other tables of the sheet, in the order of the mapping's blocks.
    #[serde(rename = "block")]
    pub blocks: Vec<TableShape>,
}

/// What one more table of a sheet looked like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct TableShape {
    /// The row of its header.
    pub header_row: u32,
    /// Its headers, in order; empty where a column has none or is not its own.
    pub header: Vec<String>,
}

impl TableShape {
    /// The shape of a header.
    pub(crate) fn of(header_row: u32, names: &[String]) -> TableShape {
        let mut header: Vec<String> = names.iter().take(MAX_HEADERS).cloned().collect();
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        TableShape { header_row, header }
    }
}

impl Shape {
    /// The shape of the tables of a sheet.
    pub(crate) fn of(tables: impl IntoIterator<Item = TableShape>) -> Shape {
        let mut tables = tables.into_iter();
        let TableShape { header_row, header } = tables.next().unwrap_or_default();
        Shape { header_row, header, blocks: tables.collect(), ..Shape::default() }
    }

    /// The shape of a file of features: its properties, and the coordinate system that it names.
    pub(crate) fn of_features(properties: &[String], crs: Option<String>) -> Shape {
        Shape { header: TableShape::of(0, properties).header, crs, ..Shape::default() }
    }

    /// Its tables, in order.
    pub(crate) fn tables(&self) -> Vec<TableShape> {
        let first = TableShape { header_row: self.header_row, header: self.header.clone() };
        std::iter::once(first).chain(self.blocks.iter().cloned()).collect()
    }

    /// The shape as the table of a mapping.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = format!("\n# {}\n[shape]\n", sentence());
        if !self.sheets.is_empty() {
            let _ = writeln!(text, "sheets = {}", list(&self.sheets));
        }
        // Features have no header.
        if self.header_row > 0 {
            let _ = writeln!(text, "header_row = {}", self.header_row);
        }
        let _ = writeln!(text, "header = {}", list(&self.header));
        if let Some(decimal) = &self.decimal {
            let _ = writeln!(text, "decimal = {}", quote(decimal));
        }
        let named = [
            ("property", &self.property),
            ("statistic", &self.statistic),
            ("unit", &self.unit),
            ("crs", &self.crs),
        ];
        for (key, said) in named {
            if let Some(said) = said {
                let _ = writeln!(text, "{key} = {}", quote(said));
            }
        }
        for block in &self.blocks {
            let TableShape { header_row, header } = block;
            let _ = writeln!(text, "[[shape.block]]\nheader_row = {header_row}\nheader = {}", list(header));
        }
        text
    }
}

/// What stands above the shape in a mapping.
pub(super) fn sentence() -> Told {
    told!("guess-shape", "What the file looked like; a later file that looks otherwise is reported.")
}
