//! Workbooks made of plain text: a line a row, `|` between cells, with merged cells and hidden rows.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A sheet of a workbook that a test makes up.
#[derive(Default, Clone)]
pub struct Sheet {
    pub name: &'static str,
    /// A number is a number; `d:43864` is a day as Excel counts it; `p:0.059` is shown as `5.90%`; `'7` is the text `7`.
    pub rows: String,
    pub merged: &'static [&'static str],
    pub hidden: &'static [u32],
}

/// A sheet without merged and hidden cells.
pub fn sheet(name: &'static str, rows: &str) -> Sheet {
    Sheet { name, rows: rows.to_owned(), ..Sheet::default() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cell(place: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    if let Some(day) = text.strip_prefix("d:") {
        return format!("<c r=\"{place}\" s=\"1\"><v>{day}</v></c>");
    }
    if let Some(part) = text.strip_prefix("p:") {
        return format!("<c r=\"{place}\" s=\"2\"><v>{part}</v></c>");
    }
    let bare = text.strip_prefix('\'');
    if bare.is_none() && text.parse::<f64>().is_ok() {
        return format!("<c r=\"{place}\"><v>{text}</v></c>");
    }
    let text = escaped(bare.unwrap_or(text));
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn letters(mut column: usize) -> String {
    let mut letters = String::new();
    loop {
        letters.insert(0, char::from(b'A' + u8::try_from(column % 26).unwrap()));
        if column < 26 {
            return letters;
        }
        column = column / 26 - 1;
    }
}

/// The workbook of some sheets.
pub fn book(sheets: &[Sheet]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    };
    let (mut types, mut list, mut links) = (String::new(), String::new(), String::new());
    for (at, sheet) in sheets.iter().enumerate() {
        let number = at + 1;
        let mut data = String::new();
        for (row, line) in (1_u32..).zip(sheet.rows.lines()) {
            let hidden = if sheet.hidden.contains(&row) { " hidden=\"1\"" } else { "" };
            let cells: String = line
                .split('|')
                .enumerate()
                .map(|(at, text)| cell(&format!("{}{row}", letters(at)), text.trim()))
                .collect();
            data.push_str(&format!("<row r=\"{row}\"{hidden}>{cells}</row>"));
        }
        let merged: String =
            sheet.merged.iter().map(|range| format!("<mergeCell ref=\"{range}\"/>")).collect();
        let merged = match sheet.merged.len() {
            0 => String::new(),
            count => format!("<mergeCells count=\"{count}\">{merged}</mergeCells>"),
        };
        put(
            &format!("xl/worksheets/sheet{number}.xml"),
            &format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{data}</sheetData>{merged}</worksheet>"),
        );
        types.push_str(&format!(
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{TYPES}.worksheet+xml\"/>"
        ));
        list.push_str(&format!(
            "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>",
            escaped(sheet.name)
        ));
        links.push_str(&format!(
            "<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        ));
    }
    put(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{MAIN}\"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/><xf numFmtId=\"10\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
        ),
    );
    put(
        "xl/workbook.xml",
        &format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{list}</sheets></workbook>"),
    );
    put(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"{PACKAGE}/relationships\">{links}<Relationship Id=\"rIdS\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/></Relationships>"
        ),
    );
    put(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    put(
        "[Content_Types].xml",
        &format!(
            "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPES}.styles+xml\"/>{types}</Types>"
        ),
    );
    zip.finish().unwrap().into_inner()
}
