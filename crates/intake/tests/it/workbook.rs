//! Workbooks through the same mapping.

use std::io::Write;

use model::RunState;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::node::{Node, at, told};

/// A cell of a hand-made sheet.
pub enum Cell {
    Text(&'static str),
    Number(f64),
    /// A day as Excel counts it.
    Day(f64),
    Empty,
}

/// The smallest workbook that a spreadsheet program would write.
pub fn workbook(sheets: &[(&str, Vec<Vec<Cell>>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut types = String::new();
    let mut list = String::new();
    let mut links = String::new();
    for (at, (name, rows)) in sheets.iter().enumerate() {
        let number = at + 1;
        types.push_str(&format!("<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"));
        list.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"));
        links.push_str(&format!("<Relationship Id=\"rId{number}\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"));
        let mut data = String::new();
        for (row, cells) in rows.iter().enumerate() {
            data.push_str(&format!("<row r=\"{}\">", row + 1));
            for (column, cell) in cells.iter().enumerate() {
                let place = format!("{}{}", char::from(b'A' + u8::try_from(column).unwrap()), row + 1);
                data.push_str(&match cell {
                    Cell::Text(text) => {
                        format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
                    }
                    Cell::Number(number) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
                    Cell::Day(number) => format!("<c r=\"{place}\" s=\"1\"><v>{number}</v></c>"),
                    Cell::Empty => String::new(),
                });
            }
            data.push_str("</row>");
        }
        put(
            &format!("xl/worksheets/sheet{number}.xml"),
            &format!("<worksheet xmlns=\"{main}\"><sheetData>{data}</sheetData></worksheet>"),
        );
    }
    links.push_str(&format!("<Relationship Id=\"rIdS\" Type=\"{relations}/styles\" Target=\"styles.xml\"/>"));
    put(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{main}\"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
        ),
    );
    put(
        "xl/workbook.xml",
        &format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{list}</sheets></workbook>"),
    );
    put(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>"
        ),
    );
    put(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    put(
        "[Content_Types].xml",
        &format!(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/>{types}</Types>"
        ),
    );
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_workbook_with_a_cover_is_read_from_the_sheet_that_holds_the_table() {
    use Cell::{Day, Empty, Number, Text};
    let node = Node::new().await;
    let book = workbook(&[
        ("Bìa", vec![vec![Text("Đài khí tượng thủy văn")]]),
        (
            "Số liệu",
            vec![
                vec![Text("Bảng mực nước")],
                vec![Text("Trạm"), Text("Ngày"), Text("Mực nước (cm)")],
                vec![Text("Tân Châu"), Day(43864.0), Number(124.0)],
                vec![Text("Châu Đốc"), Day(43864.0), Number(98.5)],
                vec![Text("Châu Đốc"), Day(43865.0), Text("hỏng")],
                vec![Text("Châu Đốc"), Day(43866.0), Empty],
            ],
        ),
    ]);
    let report = node.load("series", "so-lieu.xlsx", book, None).await.unwrap();
    assert!(
        report.mapping.contains("sheet = \"Số liệu\"") && report.mapping.contains("header_row = 2"),
        "{}",
        report.mapping
    );
    assert_eq!(told(&report.findings), [("not_a_number", "C5".into(), "hỏng")]);
    assert_eq!(
        (report.findings[0].cell.sheet, report.run.sheets.clone()),
        (1, vec!["Bìa".to_owned(), "Số liệu".to_owned()])
    );
    assert_eq!(report.run.state, RunState::Done);
    let mut values: Vec<_> = node
        .values("series")
        .await
        .into_iter()
        .map(|v| (v.key.place.to_string(), v.time, v.result, v.row))
        .collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        values,
        [
            ("station:chau_doc".to_owned(), at("2020-02-03"), 98.5, 4),
            ("station:tan_chau".to_owned(), at("2020-02-03"), 124.0, 3),
        ]
    );
}

#[tokio::test]
async fn a_sheet_that_is_not_there_is_told_with_those_that_are() {
    let node = Node::new().await;
    let book = workbook(&[(
        "A",
        vec![vec![Cell::Text("Trạm"), Cell::Text("Ngày")], vec![Cell::Text("x"), Cell::Day(43864.0)]],
    )]);
    let mapping = "version = 1\nkind = \"observations\"\n[source]\nsheet = \"B\"\n[place]\ncolumn = \"Trạm\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"v\"\nproperty = \"salinity\"\n";
    let error = node.load("series", "a.xlsx", book, Some(mapping)).await.unwrap_err();
    assert!(error.to_string().contains("`B`") && error.hint().unwrap().contains("`A`"), "{error:?}");
}
