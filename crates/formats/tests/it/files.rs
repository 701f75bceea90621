//! Files made for a test.

use std::io::{Cursor, Write};
use std::path::Path;

use formats::{Chunk, Error, Format, Limits, TableReader, detect_file, open_table};
use tempfile::NamedTempFile;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A temporary file with this content.
pub fn file(content: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_ref()).unwrap();
    file
}

/// A workbook with these sheets; the content is the XML within `<sheetData>`.
pub fn workbook(sheets: &[(&str, &str)], strings: &[&str]) -> Vec<u8> {
    let list: String =
        strings.iter().map(|text| format!("<si><t xml:space=\"preserve\">{text}</t></si>")).collect();
    let list = format!("<sst uniqueCount=\"{}\">{list}</sst>", strings.len());
    workbook_with_strings(sheets, &list)
}

/// The same with the list of shared strings given as XML.
pub fn workbook_with_strings(sheets: &[(&str, &str)], strings: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    part("[Content_Types].xml", "<Types/>");
    part(
        "_rels/.rels",
        &format!(
            r#"<Relationships><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    let (mut list, mut links) = (String::new(), String::new());
    for (index, (name, data)) in sheets.iter().enumerate() {
        list += &format!(r#"<sheet name="{name}" sheetId="{index}" r:id="s{index}"/>"#);
        links += &format!(
            r#"<Relationship Id="s{index}" Type="{office}/worksheet" Target="worksheets/sheet{index}.xml"/>"#
        );
        part(
            &format!("xl/worksheets/sheet{index}.xml"),
            &format!("<worksheet><sheetData>{data}</sheetData></worksheet>"),
        );
    }
    part("xl/workbook.xml", &format!("<workbook><sheets>{list}</sheets></workbook>"));
    part("xl/_rels/workbook.xml.rels", &format!("<Relationships>{links}</Relationships>"));
    part(
        "xl/styles.xml",
        r#"<styleSheet><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
    );
    part("xl/sharedStrings.xml", strings);
    zip.finish().unwrap().into_inner()
}

/// Opens a file as what it is.
pub fn open(path: &Path, limits: &Limits) -> Result<Box<dyn TableReader + Send>, Error> {
    open_table(path, &detect_file("upload.bin", path)?, limits)
}

/// All chunks of a table.
pub fn chunks(table: &mut dyn TableReader) -> Result<Vec<Chunk>, Error> {
    let mut chunks = Vec::new();
    while let Some(chunk) = table.next_chunk()? {
        assert!(!chunk.is_empty());
        chunks.push(chunk);
    }
    assert!(table.next_chunk()?.is_none(), "the end stays the end");
    Ok(chunks)
}

/// A row: its sheet, its number, its texts without the empty ones at its end.
pub type Row = (u16, u32, Vec<String>);

/// All rows of chunks.
pub fn rows_of(chunks: &[Chunk]) -> Vec<Row> {
    let mut rows = Vec::new();
    for chunk in chunks {
        for index in 0..chunk.len() {
            let mut texts: Vec<String> = (0..chunk.columns.len())
                .map(|c| chunk.cell(index, c).unwrap_or_default().to_owned())
                .collect();
            while texts.last().is_some_and(String::is_empty) {
                texts.pop();
            }
            rows.push((chunk.sheet, chunk.row_number(index), texts));
        }
    }
    rows
}

/// All rows of a file.
pub fn rows(content: impl AsRef<[u8]>, limits: &Limits) -> Result<Vec<Row>, Error> {
    let file = file(content);
    Ok(rows_of(&chunks(&mut *open(file.path(), limits)?)?))
}

/// A row as a test writes it.
pub fn row(sheet: u16, number: u32, texts: &[&str]) -> Row {
    (sheet, number, texts.iter().map(|text| (*text).to_owned()).collect())
}

/// All rows of a file that is read as CSV with commas, whatever it looks like.
pub fn csv_rows(content: impl AsRef<[u8]>, limits: &Limits) -> Result<Vec<Row>, Error> {
    let file = file(content);
    let format = Format::Csv { delimiter: b',', encoding: formats::Encoding::Utf8 };
    Ok(rows_of(&chunks(&mut *open_table(file.path(), &format, limits)?)?))
}
