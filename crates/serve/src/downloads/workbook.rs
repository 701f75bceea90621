//! Rows as a workbook of Office Open XML (ECMA-376), written front to back: sheets first, and what says
//! which sheets there are last. A sheet that is full is followed by another.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Schema};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use super::About;
use super::out::Out;
use super::write::{failed, text};
use crate::http::Answer;

/// The most rows of a sheet, its header not counted.
const SHEET_ROWS: u32 = 1_048_575;
/// The most letters of a cell.
const CELL_LETTERS: usize = 32_767;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// A workbook that is being written.
pub(super) struct Workbook {
    zip: ZipWriter<StreamWriter<BufWriter<Out>>>,
    header: String,
    about: String,
    sheets: usize,
    /// Rows of the sheet that is open, its header not counted.
    rows: u32,
}

impl Workbook {
    pub(super) fn begin(out: Out, schema: &Schema, about: &About) -> Answer<Workbook> {
        let mut header = String::from("<row>");
        for field in schema.fields() {
            put_text(&mut header, field.name());
        }
        header.push_str("</row>");
        let mut said = String::new();
        for (name, value) in about.words() {
            said.push_str("<row>");
            put_text(&mut said, name);
            put_text(&mut said, &value);
            said.push_str("</row>");
        }
        let zip = ZipWriter::new_stream(BufWriter::new(out));
        let mut book = Workbook { zip, header, about: said, sheets: 0, rows: 0 };
        book.begin_sheet()?;
        Ok(book)
    }

    fn begin_file(&mut self, name: &str) -> Answer<()> {
        // Without a time of its own, so that the same rows make the same bytes; a sheet may pass 4 GB.
        let options = SimpleFileOptions::default().large_file(name.contains("/sheet"));
        self.zip.start_file(name, options).map_err(failed)
    }

    fn begin_sheet(&mut self) -> Answer<()> {
        self.sheets += 1;
        self.rows = 0;
        self.begin_file(&format!("xl/worksheets/sheet{}.xml", self.sheets))?;
        write!(self.zip, "{XML}<worksheet xmlns=\"{MAIN}\"><sheetData>{}", self.header).map_err(failed)
    }

    fn end_sheet(&mut self) -> Answer<()> {
        self.zip.write_all(b"</sheetData></worksheet>").map_err(failed)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            if self.rows == SHEET_ROWS {
                self.end_sheet()?;
                self.begin_sheet()?;
            }
            self.rows += 1;
            line.clear();
            line.push_str("<row>");
            for values in batch.columns() {
                put(&mut line, values.as_ref(), row)?;
            }
            line.push_str("</row>");
            self.zip.write_all(line.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn close(mut self) -> Answer<Out> {
        self.end_sheet()?;
        let about = self.sheets + 1;
        self.begin_file(&format!("xl/worksheets/sheet{about}.xml"))?;
        let said = std::mem::take(&mut self.about);
        write!(self.zip, "{XML}<worksheet xmlns=\"{MAIN}\"><sheetData>{said}").map_err(failed)?;
        self.end_sheet()?;

        let mut sheets = String::new();
        let mut relations = String::new();
        let mut types = String::new();
        for nth in 1..=about {
            let name = match nth {
                1 => "data".to_owned(),
                nth if nth == about => "about".to_owned(),
                nth => format!("data {nth}"),
            };
            // Writing to a text does not fail.
            let _ = write!(sheets, "<sheet name=\"{name}\" sheetId=\"{nth}\" r:id=\"rId{nth}\"/>");
            let _ = write!(
                relations,
                "<Relationship Id=\"rId{nth}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{nth}.xml\"/>"
            );
            let _ = write!(
                types,
                "<Override PartName=\"/xl/worksheets/sheet{nth}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
            );
        }
        let files = [
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{sheets}</sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}</Relationships>"),
            ),
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "[Content_Types].xml",
                format!(
                    "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
                ),
            ),
        ];
        for (name, content) in files {
            self.begin_file(name)?;
            write!(self.zip, "{XML}{content}").map_err(failed)?;
        }
        let out = self.zip.finish().map_err(failed)?.into_inner();
        out.into_inner().map_err(|error| failed(error.into_error()))
    }
}

fn put(line: &mut String, values: &dyn Array, row: usize) -> Answer<()> {
    if values.is_null(row) {
        line.push_str("<c/>");
        return Ok(());
    }
    let number = match values.data_type() {
        DataType::Float64 => Some(values.as_primitive::<Float64Type>().value(row)),
        // Numbers of datastreams have more digits than a sheet keeps: they are texts.
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            let whole = arrow::compute::cast(&values.slice(row, 1), &DataType::Float64).map_err(failed)?;
            Some(whole.as_primitive::<Float64Type>().value(0))
        }
        _ => None,
    };
    match number.filter(|number| number.is_finite()) {
        Some(number) => {
            let _ = write!(line, "<c><v>{number}</v></c>");
        }
        None => put_text(line, &text(values, row)?),
    }
    Ok(())
}

/// A cell with a text that no program takes for a formula.
fn put_text(line: &mut String, text: &str) {
    line.push_str("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    for letter in formats::harmless(text).chars().take(CELL_LETTERS) {
        match letter {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            // XML has no other signs below the space (§2.2).
            '\t' | '\n' => line.push(letter),
            '\r' => line.push_str("&#13;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            letter => line.push(letter),
        }
    }
    line.push_str("</t></is></c>");
}
