//! Workbooks as one document of XML, as Excel 2002 and 2003 wrote them and many reporting programs still do ("XML
//! Spreadsheet", often under the name of a workbook, `.xls`). Streamed: once for what the sheets say beside their
//! cells, once for the cells.
//!
//! Source: Microsoft, XML Spreadsheet Reference (Office 2003), elements `Workbook`, `Worksheet`, `Table`, `Column`,
//! `Row`, `Cell`, `Data`.

mod styles;
mod value;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use wording::told;

use crate::decode::TextFile;
use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable, Pusher, SheetRows, Stop};
use crate::xlsx::{SHEET_ROWS, damaged, names};
use crate::xml::{Element, Node, Xml};
use crate::{CellRange, Encoding, Error, Limits, SheetLayout};
use styles::{Columns, Styles};
use value::{Content, content};

/// The deepest nesting: a cell's text has few levels of formatting.
const MAX_DEPTH: u32 = 64;

/// Whether the beginning of a document, in lower case, says that it is such a workbook.
pub(crate) fn is_one(head: &str) -> bool {
    head.contains("urn:schemas-microsoft-com:office:spreadsheet") && head.contains("workbook")
}

/// Opens a workbook.
pub(crate) fn open(
    path: &Path,
    encoding: Encoding,
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let size = std::fs::metadata(path)?.len();
    let book = Book { path: path.to_owned(), encoding, limits: limits.streamed(size), size };
    PushedTable::begin(&book.limits.clone(), selection, damaged, move |pusher| book.read(pusher))
}

struct Book {
    path: PathBuf,
    encoding: Encoding,
    limits: Limits,
    size: u64,
}

type Document = Xml<BufReader<TextFile>>;

impl Book {
    fn document(&self) -> Result<Document, Error> {
        let text = TextFile::open(&self.path, self.encoding, &self.limits)?;
        Ok(Xml::new(BufReader::new(text), MAX_DEPTH))
    }

    fn read(&self, pusher: &Pusher) -> Result<(), Stop> {
        let (raw_names, layouts, styles) = look(&mut self.document()?)?;
        let names = names(raw_names.iter().map(String::as_str))?;
        pusher.opened(names.clone(), layouts)?;
        let mut xml = self.document()?;
        let (mut number, mut texts) = (0_u16, 0);
        while next_sheet(&mut xml)?.is_some() {
            if pusher.selection.is_past(number, 1) {
                break;
            }
            if pusher.selection.wants_sheet(number) {
                let name = names.get(usize::from(number)).map(String::as_str);
                let mut rows = pusher.sheet(number, name, SHEET_ROWS, &mut texts);
                let flow = self.read_sheet(&mut xml, &styles, &mut rows)?;
                rows.finish()?;
                if flow == Flow::Past {
                    break;
                }
            } else {
                xml.skip()?;
            }
            number = number.saturating_add(1);
        }
        Ok(())
    }

    /// Reads the rows of a sheet that has begun, up to its end.
    fn read_sheet(
        &self,
        xml: &mut Document,
        styles: &Styles,
        rows: &mut SheetRows<'_>,
    ) -> Result<Flow, Stop> {
        let mut at = Cursor::default();
        let mut columns = Columns::default();
        let mut depth = 1_u32;
        loop {
            match xml.next()? {
                Node::Start(element) if element.is("Table") => {
                    depth += 1;
                    at = Cursor::of(&element)?;
                    columns = Columns::of(&element, styles)?;
                }
                Node::Start(element) if element.is("Column") => {
                    columns.add(&element, styles)?;
                    xml.skip()?;
                }
                Node::Start(element) if element.is("Row") => {
                    let row = at.row(&element)?;
                    rows.progress = self.size.min(xml.position());
                    if self.read_row(xml, row, at.left, styles, &columns, &element, rows)? == Flow::Past {
                        return Ok(Flow::Past);
                    }
                }
                Node::Start(_) => xml.skip()?,
                Node::End => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Flow::Go);
                    }
                }
                Node::Text(_) => {}
                Node::Eof => return Err(cut().at(rows.place()).into()),
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row stands in a sheet, under columns, beside styles")]
    fn read_row(
        &self,
        xml: &mut Document,
        row: u32,
        left: u32,
        styles: &Styles,
        columns: &Columns,
        element: &Element,
        rows: &mut SheetRows<'_>,
    ) -> Result<Flow, Stop> {
        let of_row = styles.shows_percent(element)?;
        let mut column = left;
        let mut flow = Flow::Go;
        loop {
            match xml.next()? {
                Node::Start(cell) if cell.is("Cell") => {
                    let (here, next) = cell_at(&cell, column)?;
                    column = next;
                    let is_percent = match styles.shows_percent(&cell)? {
                        Some(own) => own,
                        None => of_row.unwrap_or_else(|| columns.show_percent(here)),
                    };
                    let Content { text, is_typed } = content(xml, is_percent)?;
                    if flow == Flow::Go {
                        flow = rows.cell(row, here as usize - 1, &text, is_typed, damaged)?;
                    }
                }
                Node::Start(_) => xml.skip()?,
                Node::End => return Ok(flow),
                Node::Text(_) => {}
                Node::Eof => return Err(cut().at(rows.place()).into()),
            }
        }
    }
}

fn cut() -> Error {
    damaged(told!("formats-ends-within-sheet", "it ends within a sheet"))
}

/// Where the next row stands, and where rows begin.
#[derive(Default)]
struct Cursor {
    next: u32,
    left: u32,
}

impl Cursor {
    /// At the beginning of a table, which may stand below and right of the first cell.
    fn of(table: &Element) -> Result<Cursor, Error> {
        let from = |name| Ok::<u32, Error>(count(table, name)?.unwrap_or(1).max(1));
        Ok(Cursor { next: from("TopCell")?, left: from("LeftCell")? })
    }

    /// The number of a row that begins; the next one stands behind it and what it spans.
    fn row(&mut self, row: &Element) -> Result<u32, Error> {
        let here = count(row, "Index")?.unwrap_or(self.next).max(1);
        self.next = here.saturating_add(count(row, "Span")?.unwrap_or(0)).saturating_add(1);
        Ok(here)
    }
}

/// The column of a cell, and that of the cell after it.
fn cell_at(cell: &Element, next: u32) -> Result<(u32, u32), Error> {
    let here = count(cell, "Index")?.unwrap_or(next).max(1);
    let across = count(cell, "MergeAcross")?.unwrap_or(0);
    Ok((here, here.saturating_add(across).saturating_add(1)))
}

/// A whole number of an attribute.
fn count(element: &Element, name: &str) -> Result<Option<u32>, Error> {
    let Some(text) = element.attribute(name)? else { return Ok(None) };
    match text.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(damaged(told!(
            "formats-place-cell-no-number",
            "the place of a cell is no number: `{text}`",
            text = text.chars().take(40).collect::<String>()
        ))),
    }
}

/// The name of the next sheet, which has begun.
fn next_sheet<R: BufRead>(xml: &mut Xml<R>) -> Result<Option<String>, Error> {
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("Worksheet") => {
                return Ok(Some(element.attribute("Name")?.unwrap_or_default()));
            }
            Node::Start(element) if element.is("Workbook") => {}
            Node::Start(_) => xml.skip()?,
            Node::Eof => return Ok(None),
            Node::End | Node::Text(_) => {}
        }
    }
}

/// The sheets' names, what they say beside their cells, and the styles of the workbook.
fn look(xml: &mut Document) -> Result<(Vec<String>, Vec<SheetLayout>, Styles), Error> {
    let (mut names, mut layouts, mut styles) = (Vec::new(), Vec::new(), Styles::default());
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("Workbook") => {}
            Node::Start(element) if element.is("Styles") => styles = Styles::read(xml)?,
            Node::Start(element) if element.is("Worksheet") => {
                names.push(element.attribute("Name")?.unwrap_or_default());
                layouts.push(look_at_sheet(xml)?);
            }
            Node::Start(_) => xml.skip()?,
            Node::Eof => return Ok((names, layouts, styles)),
            Node::End | Node::Text(_) => {}
        }
    }
}

fn look_at_sheet(xml: &mut Document) -> Result<SheetLayout, Error> {
    let mut layout = SheetLayout::default();
    let mut at = Cursor::default();
    let (mut column, mut depth) = (1_u32, 1_u32);
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("Table") => {
                depth += 1;
                at = Cursor::of(&element)?;
                column = at.left;
            }
            Node::Start(element) if element.is("Column") => {
                let first = count(&element, "Index")?.unwrap_or(column).max(1);
                let last = first.saturating_add(count(&element, "Span")?.unwrap_or(0));
                if is_hidden(&element)?
                    && let Ok(first) = u16::try_from(first)
                {
                    layout.hide_columns(first..=u16::try_from(last).unwrap_or(u16::MAX));
                }
                column = last.saturating_add(1);
                xml.skip()?;
            }
            Node::Start(element) if element.is("Row") => {
                let row = at.row(&element)?;
                if is_hidden(&element)? && row <= SHEET_ROWS {
                    layout.hide_rows(row..=(at.next - 1).min(SHEET_ROWS));
                }
                look_at_row(xml, row, at.left, &mut layout)?;
            }
            Node::Start(element) if element.is("WorksheetOptions") => depth += 1,
            Node::Start(element) if element.is("Visible") => {
                layout.is_hidden |= xml.text()?.trim().starts_with("SheetHidden");
            }
            Node::Start(_) => xml.skip()?,
            Node::End => {
                depth -= 1;
                if depth == 0 {
                    return Ok(layout);
                }
            }
            Node::Text(_) => {}
            Node::Eof => return Err(cut()),
        }
    }
}

fn look_at_row(xml: &mut Document, row: u32, left: u32, layout: &mut SheetLayout) -> Result<(), Error> {
    let mut column = left;
    loop {
        match xml.next()? {
            Node::Start(cell) if cell.is("Cell") => {
                let (here, next) = cell_at(&cell, column)?;
                column = next;
                let last_row = row.saturating_add(count(&cell, "MergeDown")?.unwrap_or(0));
                let holds = value::holds_any(xml)?;
                if let (Ok(first_column), Ok(last_column)) = (u16::try_from(here), u16::try_from(next - 1)) {
                    layout.merge(CellRange { first_row: row, first_column, last_row, last_column });
                    if !holds && cell.attribute("Formula")?.is_some() {
                        layout.lacks_value(row, first_column);
                    }
                }
            }
            Node::Start(_) => xml.skip()?,
            Node::End => return Ok(()),
            Node::Text(_) => {}
            Node::Eof => return Err(cut()),
        }
    }
}

fn is_hidden(element: &Element) -> Result<bool, Error> {
    Ok(element.attribute("Hidden")?.as_deref() == Some("1"))
}
