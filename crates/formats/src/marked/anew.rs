//! A table as a new workbook: the same cells, those that are marked filled and commented, and before
//! them a sheet that lists what was found.

use std::collections::BTreeMap;
use std::fs::File;

use rust_xlsxwriter::{Color, Format as Style, Note, Url, Workbook, Worksheet, XlsxError};

use super::{Mark, MarkedWords, Rows};
use crate::{Error, TableReader, is_harmless};

/// Rows and columns of a sheet, by the format.
const SHEET_ROWS: u32 = 1_048_576;
const SHEET_COLUMNS: u16 = 16_384;
/// Letters of a cell, by the format.
const MAX_LETTERS: usize = 32_767;

/// Writes the workbook.
pub(super) fn write(
    table: &mut dyn TableReader,
    marks: &[Mark],
    sheets: &BTreeMap<u16, Rows>,
    words: &MarkedWords,
    out: &mut File,
) -> Result<(), Error> {
    let names = sheet_names(table.sheets(), words);
    let mut workbook = Workbook::new();
    let list = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
    list_findings(list, marks, &names[1..], words).map_err(failed)?;
    list.set_name(&names[0]).map_err(failed)?;
    let styles = [filled(0x00F8_CBC4), filled(0x00FF_E9A8)];
    let plain = Style::new().set_quote_prefix();
    let (mut chunk, mut cut) = (table.next_chunk()?, false);
    for (number, name) in (0_u16..).zip(&names[1..]) {
        let worksheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        worksheet.set_name(name).map_err(failed)?;
        let empty = Rows::new();
        let rows = sheets.get(&number).unwrap_or(&empty);
        while let Some(part) = chunk.take_if(|part| part.sheet <= number) {
            for index in 0..part.len() {
                let row = part.row_number(index);
                if row > SHEET_ROWS {
                    cut = true;
                    continue;
                }
                let marked = rows.get(&row);
                let last = marked.and_then(|cells| cells.keys().next_back()).copied().unwrap_or(0);
                let width = part.columns.len().max(usize::from(last)).min(usize::from(SHEET_COLUMNS));
                for column in 0..width {
                    let Ok(at) = u16::try_from(column) else { break };
                    let text = part.cell(index, column).unwrap_or_default();
                    let mark = marked.and_then(|cells| cells.get(&(at + 1)));
                    let style = mark.map(|mark| &styles[usize::from(!mark.refused)]);
                    cell(worksheet, row - 1, at, text, style, &plain).map_err(failed)?;
                }
            }
            chunk = table.next_chunk()?;
        }
        for (row, cells) in rows.range(..=SHEET_ROWS) {
            for (column, mark) in cells.range(..=SHEET_COLUMNS) {
                let note = Note::new(&mark.note).set_author(&words.author).set_width(280).set_height(120);
                worksheet.insert_note(row - 1, column - 1, &note).map_err(failed)?;
            }
        }
    }
    if cut {
        let worksheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        worksheet.set_name("…").map_err(failed)?;
        worksheet.write_string(0, 0, &words.cut).map_err(failed)?;
    }
    workbook.save_to_writer(out).map_err(failed)
}

fn failed(error: XlsxError) -> Error {
    Error::Internal(std::io::Error::other(error))
}

fn filled(colour: u32) -> Style {
    Style::new().set_background_color(Color::RGB(colour)).set_quote_prefix()
}

/// A cell as it is written. What is plainly a number is one; anything else is text and never a
/// formula, whatever it begins with.
fn cell(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    style: Option<&Style>,
    plain: &Style,
) -> Result<(), XlsxError> {
    if text.is_empty() {
        if let Some(style) = style {
            worksheet.write_blank(row, column, style)?;
        }
        return Ok(());
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && number.to_string() == text);
    let text: String = text.chars().take(MAX_LETTERS).collect();
    match (number, style) {
        (Some(number), Some(style)) => worksheet.write_number_with_format(row, column, number, style)?,
        (Some(number), None) => worksheet.write_number(row, column, number)?,
        (None, Some(style)) => worksheet.write_string_with_format(row, column, &text, style)?,
        (None, None) if !is_harmless(&text) => {
            worksheet.write_string_with_format(row, column, &text, plain)?
        }
        (None, None) => worksheet.write_string(row, column, &text)?,
    };
    Ok(())
}

fn list_findings(
    list: &mut Worksheet,
    marks: &[Mark],
    names: &[String],
    words: &MarkedWords,
) -> Result<(), XlsxError> {
    let bold = Style::new().set_bold();
    let wrapped = Style::new().set_text_wrap();
    for (column, width) in (0_u16..).zip([22.0, 24.0, 24.0, 12.0, 90.0]) {
        list.set_column_width(column, width)?;
    }
    list.set_freeze_panes(1, 0)?;
    for (column, head) in (0_u16..).zip(&words.heads) {
        list.write_string_with_format(0, column, head, &bold)?;
    }
    for (row, mark) in (1_u32..SHEET_ROWS).zip(marks) {
        let cell = mark.cell.a1();
        match names.get(usize::from(mark.cell.sheet)) {
            // Links are few: a spreadsheet takes 65 530 a sheet.
            Some(name) if mark.cell.row > 0 && mark.cell.column > 0 => {
                let place = format!("internal:'{}'!{cell}", name.replace('\'', "''"));
                let shown = format!("{name}!{cell}");
                list.write_url_with_text(row, 0, Url::new(&place), &shown)?;
            }
            _ => drop(list.write_string(row, 0, &cell)?),
        }
        list.write_string(row, 1, &mark.column)?;
        list.write_string_with_format(row, 2, &mark.value, &Style::new().set_quote_prefix())?;
        list.write_string(row, 3, &words.kinds[usize::from(!mark.refused)])?;
        list.write_string_with_format(row, 4, &mark.note, &wrapped)?;
    }
    Ok(())
}

/// Names that a workbook takes, each once: of the list, then of the sheets.
fn sheet_names(sheets: &[String], words: &MarkedWords) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(sheets.len() + 1);
    for name in std::iter::once(&words.sheet).chain(sheets) {
        let name = if name.trim().is_empty() { &words.table } else { name };
        let clean: String = name
            .chars()
            .map(|c| {
                if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() { ' ' } else { c }
            })
            .take(25)
            .collect();
        let clean = clean.trim().trim_matches('\'').to_owned();
        let clean = if clean.is_empty() { words.table.clone() } else { clean };
        let is_taken = |name: &str| names.iter().any(|other| other.to_lowercase() == name.to_lowercase());
        let unique = (1_u32..)
            .map(|n| if n == 1 { clean.clone() } else { format!("{clean} {n}") })
            .find(|name| !is_taken(name))
            .unwrap_or(clean);
        names.push(unique);
    }
    names
}
