//! OpenDocument spreadsheets (OASIS ODF 1.3 part 3 §9), streamed: once for what the sheets say beside
//! their cells, once for the cells.
//!
//! `calamine` reads these files too, but holds every sheet as a grid and does not tell what is merged
//! or hidden.

mod value;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable, Pusher, SheetRows, Stop};
use crate::xlsx::{SHEET_ROWS, damaged, measure, names, protected};
use crate::xml::{Element, Node, Xml};
use crate::{CellRange, Error, Limits, SheetLayout};
use value::{Content, content};
use wording::{Told, told};

/// The deepest nesting: groups of rows within groups, and what stands in a cell.
const MAX_DEPTH: u32 = 256;
/// Columns of a sheet, by the format.
const SHEET_COLUMNS: u32 = 16_384;

/// Opens a spreadsheet.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    measure(path, limits)?;
    let path = path.to_owned();
    PushedTable::begin(limits, selection, damaged, move |pusher| read(&path, pusher))
}

fn read(path: &Path, pusher: &Pusher) -> Result<(), Stop> {
    let mut archive = archive(path)?;
    check_protection(&mut archive)?;
    let (raw_names, layouts) = look(&mut archive)?;
    let names = names(raw_names.iter().map(String::as_str))?;
    pusher.opened(names.clone(), layouts)?;
    let size = std::fs::metadata(path)?.len();
    let unpacked = part(&mut archive, "content.xml")?.size().max(1);
    let mut xml = Xml::new(BufReader::new(part(&mut archive, "content.xml")?), MAX_DEPTH);
    let (mut number, mut texts) = (0_u16, 0);
    while next_table(&mut xml)? {
        if pusher.selection.is_past(number, 1) {
            break;
        }
        if pusher.selection.wants_sheet(number) {
            let mut rows = pusher.sheet(number, Some(&names[usize::from(number)]), SHEET_ROWS, &mut texts);
            read_rows(&mut xml, &mut rows, size, unpacked)?;
            rows.finish()?;
            // The rest of a sheet whose later rows are not wanted: no other sheet is wanted then.
            if pusher.selection.is_past(number, u32::MAX) {
                break;
            }
        } else {
            xml.skip()?;
        }
        number = number.saturating_add(1);
    }
    Ok(())
}

type Archive = ZipArchive<BufReader<File>>;

fn archive(path: &Path) -> Result<Archive, Error> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|error| damaged(Told::excerpt(error)))
}

fn part<'a>(archive: &'a mut Archive, name: &str) -> Result<zip::read::ZipFile<'a, BufReader<File>>, Error> {
    archive.by_name(name).map_err(|error| damaged(Told::excerpt(format!("`{name}`: {error}"))))
}

fn check_protection(archive: &mut Archive) -> Result<(), Error> {
    let Ok(mut manifest) = archive.by_name("META-INF/manifest.xml") else { return Ok(()) };
    let mut text = String::new();
    // A manifest is a list of parts: what lies behind its first megabyte is of no interest.
    manifest
        .by_ref()
        .take(1 << 20)
        .read_to_string(&mut text)
        .map_err(|error| damaged(Told::excerpt(error)))?;
    if text.contains("encryption-data") { Err(protected()) } else { Ok(()) }
}

/// The sheets' names, and what they say beside their cells.
fn look(archive: &mut Archive) -> Result<(Vec<String>, Vec<SheetLayout>), Error> {
    let mut xml = Xml::new(BufReader::new(part(archive, "content.xml")?), MAX_DEPTH);
    let (mut names, mut layouts) = (Vec::new(), Vec::new());
    let mut hidden_styles = HashSet::new();
    let mut style = String::new();
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("style") => {
                style = element.attribute("name")?.unwrap_or_default();
            }
            Node::Start(element)
                if element.is("table-properties")
                    && element.attribute("display")?.as_deref() == Some("false") =>
            {
                hidden_styles.insert(style.clone());
            }
            Node::Start(element) if element.is("table") => {
                let Some(name) = element.attribute("name")? else {
                    xml.skip()?;
                    continue;
                };
                let style = element.attribute("style-name")?.unwrap_or_default();
                let mut layout = look_at_table(&mut xml)?;
                layout.is_hidden = hidden_styles.contains(&style);
                names.push(name);
                layouts.push(layout);
            }
            Node::Eof => return Ok((names, layouts)),
            _ => {}
        }
    }
}

/// Goes on to the next table that has a name.
fn next_table<R: std::io::BufRead>(xml: &mut Xml<R>) -> Result<bool, Error> {
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("table") => {
                if element.attribute("name")?.is_some() {
                    return Ok(true);
                }
                xml.skip()?;
            }
            Node::Eof => return Ok(false),
            _ => {}
        }
    }
}

fn repeated(element: &Element, name: &str) -> Result<u32, Error> {
    match element.attribute(name)? {
        None => Ok(1),
        Some(text) => text.parse().map_err(|_| {
            damaged(told!(
                "formats-repeats-cell-without-saying-how-often",
                "it repeats a cell without saying how often"
            ))
        }),
    }
}

fn is_hidden(element: &Element) -> Result<bool, Error> {
    let visibility = element.attribute("visibility")?;
    Ok(matches!(visibility.as_deref(), Some("collapse" | "filter")))
}

fn look_at_table<R: std::io::BufRead>(xml: &mut Xml<R>) -> Result<SheetLayout, Error> {
    let mut layout = SheetLayout::default();
    let (mut row, mut column_at, mut depth) = (1_u32, 1_u32, 1_u32);
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("table-column") => {
                depth += 1;
                let count = repeated(&element, "number-columns-repeated")?.max(1);
                let last = column_at.saturating_add(count - 1).min(SHEET_COLUMNS);
                if is_hidden(&element)?
                    && let (Ok(first), Ok(last)) = (u16::try_from(column_at), u16::try_from(last))
                    && first <= last
                {
                    layout.hide_columns(first..=last);
                }
                column_at = column_at.saturating_add(count);
            }
            Node::Start(element) if element.is("table-row") => {
                let count = repeated(&element, "number-rows-repeated")?.max(1);
                let last = row.saturating_add(count - 1);
                if is_hidden(&element)? && row <= SHEET_ROWS {
                    layout.hide_rows(row..=last.min(SHEET_ROWS));
                }
                look_at_row(xml, row, &mut layout)?;
                row = row.saturating_add(count);
            }
            Node::Start(_) => depth += 1,
            Node::End => {
                depth -= 1;
                if depth == 0 {
                    return Ok(layout);
                }
            }
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-sheet", "it ends within a sheet"))),
        }
    }
}

fn look_at_row<R: std::io::BufRead>(
    xml: &mut Xml<R>,
    row: u32,
    layout: &mut SheetLayout,
) -> Result<(), Error> {
    let mut column = 1_u32;
    loop {
        match xml.next()? {
            Node::Start(cell) if cell.is("table-cell") || cell.is("covered-table-cell") => {
                let right = repeated(&cell, "number-columns-spanned")?.max(1);
                let down = repeated(&cell, "number-rows-spanned")?.max(1);
                let (last_row, last) = (row.saturating_add(down - 1), column.saturating_add(right - 1));
                if let (Ok(first_column), Ok(last_column)) = (u16::try_from(column), u16::try_from(last)) {
                    layout.merge(CellRange { first_row: row, first_column, last_row, last_column });
                    if cell.attribute("formula")?.is_some() && cell.attribute("value-type")?.is_none() {
                        layout.lacks_value(row, first_column);
                    }
                }
                column = column.saturating_add(repeated(&cell, "number-columns-repeated")?);
                xml.skip()?;
            }
            Node::Start(_) => xml.skip()?,
            Node::End => return Ok(()),
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-row", "it ends within a row"))),
        }
    }
}

fn read_rows<R: std::io::BufRead>(
    xml: &mut Xml<R>,
    rows: &mut SheetRows<'_>,
    size: u64,
    unpacked: u64,
) -> Result<(), Stop> {
    let (mut number, mut depth) = (1_u32, 1_u32);
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("table-row") => {
                let count = repeated(&element, "number-rows-repeated")?;
                let cells = read_row(xml)?;
                rows.progress = size.min(size * xml.position().min(unpacked) / unpacked);
                if !cells.is_empty() {
                    for at in number..number.saturating_add(count) {
                        if push_row(rows, at, &cells)? == Flow::Past {
                            return Ok(());
                        }
                    }
                }
                number = number.saturating_add(count);
            }
            Node::Start(element) if !is_row_group(&element) => xml.skip()?,
            Node::Start(_) => depth += 1,
            Node::End => {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
            Node::Text(_) => {}
            Node::Eof => {
                return Err(damaged(told!("formats-ends-within-sheet", "it ends within a sheet"))
                    .at(rows.place())
                    .into());
            }
        }
    }
}

/// Whether an element groups rows: of all else in a table, no cell is read.
fn is_row_group(element: &Element) -> bool {
    ["table-row-group", "table-header-rows", "table-rows"].iter().any(|name| element.is(name))
}

/// Cells with a text: the first column from 0, how often it is repeated, and what it holds.
type Cells = Vec<(u32, u32, Content)>;

fn read_row<R: std::io::BufRead>(xml: &mut Xml<R>) -> Result<Cells, Error> {
    let (mut cells, mut column) = (Vec::new(), 0_u32);
    loop {
        match xml.next()? {
            Node::Start(cell) if cell.is("table-cell") || cell.is("covered-table-cell") => {
                let count = repeated(&cell, "number-columns-repeated")?;
                let content = content(xml, &cell)?;
                if !content.text.is_empty() {
                    cells.push((column, count, content));
                }
                column = column.saturating_add(count);
            }
            Node::Start(_) => xml.skip()?,
            Node::End => return Ok(cells),
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-row", "it ends within a row"))),
        }
    }
}

fn push_row(rows: &mut SheetRows<'_>, at: u32, cells: &Cells) -> Result<Flow, Stop> {
    for (column, count, content) in cells {
        for column in *column..column.saturating_add(*count) {
            let flow = rows.cell(at, column as usize, &content.text, content.is_typed, damaged)?;
            if flow == Flow::Past {
                return Ok(Flow::Past);
            }
        }
    }
    Ok(Flow::Go)
}
