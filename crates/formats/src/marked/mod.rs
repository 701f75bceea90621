//! A file given back with marks: cells filled, and comments that say why.
//!
//! An Excel workbook is edited, not written anew: everything in it stays byte for byte but the cells
//! that are marked, the list of styles, and the comments. A library that reads a workbook into its own
//! model and writes that would lose what the model does not know (charts, pivots, conditional
//! formats), and the officer's workbook is the officer's. Other kinds of table become a new workbook
//! with the same cells.

mod anew;
mod comments;
mod package;
mod sheet;
mod styles;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Seek;
use std::path::Path;

use model::CellRef;

use crate::{Error, Format, Limits, Reading, open_table_read_as};

/// What is said of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The cell.
    pub cell: CellRef,
    /// Whether it was refused; otherwise it is only pointed out.
    pub refused: bool,
    /// Why, and what to do.
    pub note: String,
    /// The name of its column, for the list of findings.
    pub column: String,
    /// Its text, for the list of findings.
    pub value: String,
}

/// Who comments in a marked file, in all languages.
pub const AUTHOR: &str = "Cửu Long";

/// The words that stand in a marked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedWords {
    /// Who comments.
    pub author: String,
    /// The name of the sheet that lists the findings of a workbook that is written anew.
    pub sheet: String,
    /// The heads of its columns: cell, column, as written, refused or not, why.
    pub heads: [String; 5],
    /// What a refused cell and one that is pointed out are called.
    pub kinds: [String; 2],
    /// The name of the sheet of a file without sheets.
    pub table: String,
    /// Says that rows are left out which a sheet cannot hold.
    pub cut: String,
}

/// Letters of a comment; a spreadsheet takes 32 767.
const MAX_NOTE: usize = 4_000;
/// Cells that are marked, at most: a spreadsheet program is slow with more comments.
pub const MAX_MARKS: usize = 20_000;

/// The marks of one sheet, by row and column from 1.
type Rows = BTreeMap<u32, BTreeMap<u16, CellMark>>;

/// All that is said of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CellMark {
    refused: bool,
    note: String,
}

/// Writes the file again with these marks, as an Excel workbook.
pub fn write_marked(
    path: &Path,
    format: &Format,
    reading: &Reading,
    marks: &[Mark],
    words: &MarkedWords,
    limits: &Limits,
    out: &mut File,
) -> Result<(), Error> {
    let marks = &marks[..marks.len().min(MAX_MARKS)];
    let sheets = by_sheet(marks);
    if matches!(format, Format::Xlsx) {
        crate::xlsx::check(path, limits)?;
        match package::edit(path, &sheets, &words.author, out) {
            Ok(()) => return Ok(()),
            // An unusual workbook: what was written of it is undone, and its cells are written anew.
            Err(_) => {
                out.set_len(0)?;
                out.rewind()?;
            }
        }
    }
    let mut table = open_table_read_as(path, format, reading, limits)?;
    anew::write(&mut *table, marks, &sheets, words, out)
}

fn by_sheet(marks: &[Mark]) -> BTreeMap<u16, Rows> {
    let mut sheets: BTreeMap<u16, Rows> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.cell.row > 0 && mark.cell.column > 0) {
        let row = sheets.entry(mark.cell.sheet).or_default().entry(mark.cell.row).or_default();
        let cell =
            row.entry(mark.cell.column).or_insert_with(|| CellMark { refused: false, note: String::new() });
        cell.refused |= mark.refused;
        if cell.note.chars().count() + mark.note.chars().count() < MAX_NOTE {
            if !cell.note.is_empty() {
                cell.note.push('\n');
            }
            cell.note.extend(mark.note.chars().filter(|c| is_text(*c)));
        }
    }
    sheets
}

/// Whether XML takes the character.
fn is_text(c: char) -> bool {
    c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Why a workbook cannot be edited in place.
#[derive(Debug)]
struct NotEditable(
    #[expect(dead_code, reason = "read in a debugger; the workbook is then written anew")] String,
);

type Edit<T> = Result<T, NotEditable>;

fn not_editable(why: impl std::fmt::Display) -> NotEditable {
    NotEditable(why.to_string())
}

/// The name before the colon of an element's name, with the colon.
fn prefix_of(name: &str) -> &str {
    name.find(':').map_or("", |at| &name[..=at])
}

/// Replaces ranges of a text that do not overlap.
fn spliced(text: &str, mut changes: Vec<(std::ops::Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| range.start);
    let (mut made, mut at) = (String::with_capacity(text.len()), 0);
    for (range, new) in changes {
        made.push_str(&text[at..range.start]);
        made.push_str(&new);
        at = range.end;
    }
    made.push_str(&text[at..]);
    made
}
