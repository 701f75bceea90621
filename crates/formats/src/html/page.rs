//! A web page as a grid: its tables' cells with their spans, and a row for each text outside of them.
//!
//! Pages of this kind are seldom well-formed: a cell ends where the next one begins, and what is no tag is text.

use std::collections::HashMap;

use crate::{CellRange, Limits};

/// The most rows or columns that one cell goes over.
const MAX_SPAN: u16 = 1000;
/// Names of the letters from 160 on, as HTML 4 lists them.
const LETTERS: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde \
    Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde \
    Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil \
    egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave \
    uacute ucirc uuml yacute thorn yuml";
/// Names of other letters.
const OTHERS: [(&str, &str); 12] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("minus", "−"),
    ("hellip", "…"),
    ("le", "≤"),
    ("ge", "≥"),
    ("permil", "‰"),
];
/// Elements whose content is nothing to read.
const UNREAD: [&str; 4] = ["script", "style", "title", "select"];

/// A cell with a text.
pub(super) struct Cell {
    /// From 1.
    pub(super) row: u32,
    /// From 0.
    pub(super) column: usize,
    pub(super) text: String,
    /// Whether the page holds it as a number beside what it shows.
    pub(super) is_number: bool,
}

/// What a page holds.
#[derive(Default)]
pub(super) struct Page {
    pub(super) cells: Vec<Cell>,
    pub(super) merged: Vec<CellRange>,
    row: u32,
    column: usize,
    /// Tables that are open; only the outermost has rows.
    depth: u32,
    /// Whether a cell is open.
    in_cell: bool,
    /// The number that the open cell is.
    number: Option<String>,
    text: String,
    /// For each column that a cell above goes over, the last row.
    taken: HashMap<usize, u32>,
}

impl Page {
    pub(super) fn read(text: &str, limits: &Limits) -> Page {
        let mut page = Page::default();
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            page.text.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let is_tag =
                rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
            let Some(end) = rest.find('>').filter(|_| is_tag) else {
                page.text.push('<');
                rest = &rest[1..];
                continue;
            };
            let tag = &rest[1..end];
            rest = &rest[end + 1..];
            let name = name_of(tag);
            if UNREAD.contains(&name.as_str()) && !tag.ends_with('/') {
                rest = behind(rest, &name);
                continue;
            }
            page.tag(&name, tag, limits);
        }
        page.text.push_str(rest);
        page.end_text();
        page
    }

    /// Whether it has a table of two rows and two columns.
    pub(super) fn is_table(&self) -> bool {
        let first = self.cells.first().map(|cell| cell.row);
        self.cells.iter().any(|cell| cell.column > 0) && self.cells.iter().any(|cell| Some(cell.row) != first)
    }

    fn tag(&mut self, name: &str, tag: &str, limits: &Limits) {
        match name {
            "table" => {
                if self.depth == 0 {
                    self.end_text();
                    self.taken.clear();
                }
                self.depth += 1;
            }
            "/table" => {
                if self.depth == 1 {
                    self.end_text();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            "tr" if self.depth == 1 => {
                self.end_text();
                self.row = self.row.saturating_add(1);
                self.column = 0;
            }
            "td" | "th" if self.depth == 1 => self.begin_cell(tag, limits),
            "/td" | "/th" | "/tr" if self.depth == 1 => self.end_text(),
            "br" | "p" | "/p" | "div" | "/div" | "li" | "h1" | "h2" | "h3" | "h4" | "caption"
            | "/caption" | "/h1" | "/h2" | "/h3" | "/h4" | "td" | "th" | "tr" => {
                if self.in_cell {
                    self.text.push(' ');
                } else {
                    self.end_text();
                }
            }
            _ => {}
        }
    }

    fn begin_cell(&mut self, tag: &str, limits: &Limits) {
        self.end_text();
        self.row = self.row.max(1);
        while self.taken.get(&self.column).is_some_and(|last| *last >= self.row) {
            self.column += 1;
        }
        let span = |name| {
            let said = attribute(tag, name).and_then(|text| text.trim().parse::<u16>().ok());
            said.unwrap_or(1).clamp(1, MAX_SPAN)
        };
        let (across, down) = (span("colspan"), span("rowspan"));
        let last_row = self.row.saturating_add(u32::from(down) - 1);
        if self.column < usize::from(limits.max_columns) {
            if down > 1 {
                let columns = self.column..self.column + usize::from(across);
                self.taken.extend(columns.map(|column| (column, last_row)));
            }
            let first_column = u16::try_from(self.column + 1).unwrap_or(u16::MAX);
            if across > 1 || down > 1 {
                self.merged.push(CellRange {
                    first_row: self.row,
                    first_column,
                    last_row,
                    last_column: first_column.saturating_add(across - 1),
                });
            }
        }
        self.number = attribute(tag, "x:num").filter(|text| text.parse::<f64>().is_ok());
        self.in_cell = true;
        self.column += usize::from(across);
        // The cell stands at the first of the columns that it goes over.
        self.cells.push(Cell {
            row: self.row,
            column: self.column - usize::from(across),
            text: String::new(),
            is_number: self.number.is_some(),
        });
    }

    /// Ends the open cell, or makes a row of a text outside of all.
    fn end_text(&mut self) {
        let text = plain(&std::mem::take(&mut self.text));
        if self.in_cell {
            self.in_cell = false;
            if let Some(cell) = self.cells.last_mut() {
                cell.text = self.number.take().unwrap_or(text);
            }
        } else if !text.is_empty() && self.depth == 0 {
            self.row = self.row.saturating_add(1);
            self.cells.push(Cell { row: self.row, column: 0, text, is_number: false });
        }
    }
}

/// The name of a tag in lower case, with the stroke that ends an element.
fn name_of(tag: &str) -> String {
    let (stroke, bare) = tag.strip_prefix('/').map_or(("", tag), |bare| ("/", bare));
    let end = bare.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(bare.len());
    format!("{stroke}{}", bare[..end].to_ascii_lowercase())
}

/// What stands behind the end of an element.
fn behind<'t>(rest: &'t str, name: &str) -> &'t str {
    let end = format!("</{name}");
    let found = rest.char_indices().map(|(at, _)| at).find(|at| {
        rest.as_bytes().get(*at..at + end.len()).is_some_and(|part| part.eq_ignore_ascii_case(end.as_bytes()))
    });
    found.map_or("", |at| rest[at..].find('>').map_or("", |close| &rest[at + close + 1..]))
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let (at, _) = lower.match_indices(name).find(|(at, _)| {
        lower[..*at].ends_with(char::is_whitespace) && lower[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(char::is_whitespace).next()?,
    };
    Some(plain(value))
}

/// A text without its references to letters, its blanks made one.
fn plain(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 10);
        match end.and_then(|end| Some((letter(&rest[1..end])?, end))) {
            Some((letter, end)) => {
                read.push_str(&letter);
                rest = &rest[end + 1..];
            }
            None => {
                read.push('&');
                rest = &rest[1..];
            }
        }
    }
    read.push_str(rest);
    read.split(|c: char| c.is_ascii_whitespace() || c == '\u{a0}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn letter(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace()).map(String::from);
    }
    if let Some((_, letter)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return Some((*letter).to_owned());
    }
    let at = LETTERS.split_whitespace().position(|other| other == name)?;
    char::from_u32(160 + u32::try_from(at).ok()?).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::Page;
    use crate::Limits;

    fn cells(text: &str) -> Vec<(u32, usize, String)> {
        let page = Page::read(text, &Limits::default());
        page.cells.into_iter().filter(|c| !c.text.is_empty()).map(|c| (c.row, c.column, c.text)).collect()
    }

    #[test]
    fn spans_and_letters_are_read_and_what_is_no_cell_is_a_row() {
        let page = "<html><head><style>td{x}</style></head><h3>Tr&agrave; Vinh &#7873;</h3><table><TR><td rowspan=2>A<td \
                    colspan='2'>B</tr><tr><td>b1<td>b2<tr><td>&lt;0,05</td><td>1&nbsp;234<br>x</td><td x:num=\"1234.56\">1.235</td></table>end";
        let read = cells(page);
        let read: Vec<(u32, usize, &str)> =
            read.iter().map(|(row, at, text)| (*row, *at, text.as_str())).collect();
        assert_eq!(
            read,
            [
                (1, 0, "Trà Vinh ề"),
                (2, 0, "A"),
                (2, 1, "B"),
                (3, 1, "b1"),
                (3, 2, "b2"),
                (4, 0, "<0,05"),
                (4, 1, "1 234 x"),
                (4, 2, "1234.56"),
                (5, 0, "end"),
            ]
        );
    }

    #[test]
    fn broken_pages_do_no_harm() {
        for text in [
            "",
            "<",
            "<table",
            "<td>x",
            "<table><tr><td>&#xFFFFFFFF;&bogus;<",
            "</table></table><tr><td>",
            "a < b",
        ] {
            let _ = Page::read(text, &Limits::default()).is_table();
        }
    }
}
