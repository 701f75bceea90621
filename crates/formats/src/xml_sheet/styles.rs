//! Which cells of such a workbook are shown as percentages (XML Spreadsheet Reference, elements `Style` and
//! `NumberFormat`): what they hold is a hundredth of what people read.

use std::collections::HashMap;
use std::io::BufRead;

use wording::told;

use super::count;
use crate::Error;
use crate::percent::is_percentage;
use crate::xlsx::damaged;
use crate::xml::{Element, Node, Xml};

/// Styles of a workbook, and stretches of columns of a sheet, that are kept.
const MAX_KEPT: usize = 65_536;
/// The name of a format that is a percentage without its code being said.
const PERCENT: &str = "Percent";

/// The styles of a workbook by their ids: whether each shows percentages.
#[derive(Default)]
pub(super) struct Styles(HashMap<String, bool>);

impl Styles {
    /// Reads the list of styles that has begun, up to its end.
    pub(super) fn read<R: BufRead>(xml: &mut Xml<R>) -> Result<Styles, Error> {
        let mut styles = Styles::default();
        loop {
            match xml.next()? {
                Node::Start(style) if style.is("Style") => {
                    let id = style.attribute("ID")?;
                    let parent = style.attribute("Parent")?;
                    let inherited = parent.is_some_and(|parent| styles.0.get(&parent) == Some(&true));
                    let own = number_format(xml)?;
                    if let Some(id) = id
                        && styles.0.len() < MAX_KEPT
                    {
                        styles.0.insert(id, own.unwrap_or(inherited));
                    }
                }
                Node::Start(_) => xml.skip()?,
                Node::End => return Ok(styles),
                Node::Text(_) => {}
                Node::Eof => return Err(cut()),
            }
        }
    }

    /// Whether a cell, a row or a column with a style of its own shows percentages.
    pub(super) fn shows_percent(&self, element: &Element) -> Result<Option<bool>, Error> {
        let style = element.attribute("StyleID")?;
        Ok(style.map(|style| self.0.get(&style) == Some(&true)))
    }
}

/// Whether a style that has begun says itself that it shows percentages; reads up to its end.
fn number_format<R: BufRead>(xml: &mut Xml<R>) -> Result<Option<bool>, Error> {
    let mut found = None;
    loop {
        match xml.next()? {
            Node::Start(element) => {
                if element.is("NumberFormat") {
                    // Without a format it is the general one.
                    let code = element.attribute("Format")?.unwrap_or_default();
                    found = Some(code == PERCENT || is_percentage(0, Some(&code)));
                }
                xml.skip()?;
            }
            Node::End => return Ok(found),
            Node::Text(_) => {}
            Node::Eof => return Err(cut()),
        }
    }
}

fn cut() -> Error {
    damaged(told!("formats-ends-within-element", "it ends within an element"))
}

/// The columns of a sheet that have a style.
#[derive(Default)]
pub(super) struct Columns {
    /// First and last column, both from 1, and whether they show percentages; from the left.
    stretches: Vec<(u32, u32, bool)>,
    next: u32,
    /// Whether cells of no such column do.
    others: bool,
}

impl Columns {
    /// The columns of a table that begins.
    pub(super) fn of(table: &Element, styles: &Styles) -> Result<Columns, Error> {
        let default = || styles.0.get("Default") == Some(&true);
        let others = styles.shows_percent(table)?.unwrap_or_else(default);
        Ok(Columns { others, ..Columns::default() })
    }

    /// Adds the columns that an element speaks of.
    pub(super) fn add(&mut self, column: &Element, styles: &Styles) -> Result<(), Error> {
        let first = count(column, "Index")?.unwrap_or(self.next.max(1)).max(1);
        if first < self.next {
            return Err(damaged(told!("formats-cells-out-order", "its cells are out of order")));
        }
        let last = first.saturating_add(count(column, "Span")?.unwrap_or(0));
        self.next = last.saturating_add(1);
        if let Some(shows) = styles.shows_percent(column)?
            && self.stretches.len() < MAX_KEPT
        {
            self.stretches.push((first, last, shows));
        }
        Ok(())
    }

    /// Whether the style of a column shows percentages.
    pub(super) fn show_percent(&self, column: u32) -> bool {
        let behind = self.stretches.partition_point(|(first, ..)| *first <= column);
        let of = behind.checked_sub(1).map(|at| self.stretches[at]);
        of.filter(|(_, last, _)| column <= *last).map_or(self.others, |(.., shows)| shows)
    }
}
