//! What a workbook draws and its cells do not hold: units and thousandths by formats of numbers, lines through cells,
//! comments, cells of values that are one.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::agencies::Desk;
use crate::book::{Sheet, book};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook whose cells `A2` to `C4` hold a station, days from 13 August 2020 on and these numbers, each in a format:
/// 2 has the code given, and 3 is struck through; with comments by author and cell.
fn workbook(code: &str, header: &str, cells: &[(f64, u32)], comments: &[(&str, &str)]) -> Vec<u8> {
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let text =
        |place: &str, text: &str| format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let head = text("A1", "Trạm") + &text("B1", "Ngày") + &text("C1", header);
    let rows = cells.iter().enumerate().map(|(at, (number, format))| {
        let (row, day) = (at + 2, 44056 + at);
        let place = text(&format!("A{row}"), "Tân Châu");
        format!("<row r=\"{row}\">{place}<c r=\"B{row}\" s=\"1\"><v>{day}</v></c><c r=\"C{row}\" s=\"{format}\"><v>{number}</v></c></row>")
    });
    let rows: String = rows.collect();
    let sheet = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\">{head}</row>{rows}</sheetData></worksheet>"
    );
    let code = code.replace('"', "&quot;");
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"170\" formatCode=\"{code}\"/></numFmts><fonts><font/><font><strike/></font></fonts><fills><fill/></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId=\"0\" fontId=\"0\"/><xf numFmtId=\"14\" fontId=\"0\" applyNumberFormat=\"1\"/><xf numFmtId=\"170\" fontId=\"0\" applyNumberFormat=\"1\"/><xf numFmtId=\"0\" fontId=\"1\"/></cellXfs></styleSheet>"
    );
    let authors: String = comments.iter().map(|(author, _)| format!("<author>{author}</author>")).collect();
    let list: String = comments
        .iter()
        .enumerate()
        .map(|(at, (_, cell))| {
            format!("<comment ref=\"{cell}\" authorId=\"{at}\"><text><t>máy hỏng</t></text></comment>")
        })
        .collect();
    let parts = [
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/styles.xml", styles),
        ("xl/comments1.xml", format!("<comments xmlns=\"{MAIN}\"><authors>{authors}</authors><commentList>{list}</commentList></comments>")),
        ("xl/worksheets/_rels/sheet1.xml.rels", format!("<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relations}/comments\" Target=\"../comments1.xml\"/></Relationships>")),
        ("xl/workbook.xml", format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Mực nước\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rIdS\" Type=\"{relations}/styles\" Target=\"styles.xml\"/></Relationships>")),
        ("_rels/.rels", format!("<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>".to_owned()),
    ];
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn numbers_are_in_the_unit_that_their_format_shows() {
    let desk = Desk::new().await;
    let values = [
        "station:tan_chau|water_level|instant||2020-08-13|210",
        "station:tan_chau|water_level|instant||2020-08-14|220.5",
    ];
    let metres = [(2.1, 2), (2.205, 2)];
    desk.goes_in("m.xlsx", workbook("0.00\" m\"", "Mực nước (cm)", &metres, &[]), &values, &[]).await;
    desk.goes_in("none.xlsx", workbook("0.00\" m\"", "Mực nước", &metres, &[]), &values, &[]).await;
    let centimetres = [(210.0, 2), (220.5, 0)];
    desk.goes_in("cm.xlsx", workbook("0.0\" cm\"", "Mực nước (cm)", &centimetres, &[]), &values, &[]).await;
    desk.goes_in("words.xlsx", workbook("0.0\" (*)\"", "Mực nước (cm)", &centimetres, &[]), &values, &[])
        .await;
    let scaled = workbook("#,##0,", "Lưu lượng (m3/s)", &[(12500.0, 2), (12600.0, 2)], &[]);
    desk.goes_in(
        "scaled.xlsx",
        scaled,
        &[
            "station:tan_chau|discharge|mean|P1D|2020-08-13|12500",
            "station:tan_chau|discharge|mean|P1D|2020-08-14|12600",
        ],
        &["scaled_cells C2 "],
    )
    .await;
}

#[tokio::test]
async fn lines_through_cells_and_comments_are_told() {
    let desk = Desk::new().await;
    let values = [
        "station:tan_chau|water_level|instant||2020-08-13|210",
        "station:tan_chau|water_level|instant||2020-08-14|212",
        "station:tan_chau|water_level|instant||2020-08-15|211",
    ];
    let cells = [(210.0, 0), (212.0, 3), (211.0, 0)];
    let comments = [("Cửu Long", "C2"), ("Lan", "C4")];
    desk.goes_in(
        "struck.xlsx",
        workbook("0", "Mực nước (cm)", &cells, &comments),
        &values,
        &["struck_cells C3 ", "commented_cell C4 "],
    )
    .await;
}

#[tokio::test]
async fn values_of_cells_that_are_one_are_asked_about() {
    let desk = Desk::new().await;
    let rain = "Trạm|Ngày|Lượng mưa (mm)\nCần Thơ|d:44056|21\nCần Thơ|d:44057|\nCần Thơ|d:44058|3\n";
    let merged = Sheet { name: "Mưa", rows: rain.to_owned(), merged: &["C2:C3"], ..Sheet::default() };
    desk.asks("merged.xlsx", book(&[merged]), &["from C2 to C3 are drawn as one"], "", &[]).await;
    let across =
        "Sản lượng lúa (tấn)|||\nTỉnh|2019|2020|2021\nTiền Giang|1234||1300\nLong An|1000|1100|1200\n";
    let merged = Sheet { name: "Lúa", rows: across.to_owned(), merged: &["B3:C3"], ..Sheet::default() };
    desk.asks("across.xlsx", book(&[merged]), &["from B3 to C3 are drawn as one"], "", &[]).await;
    // Rows that are twice as high say nothing of the second half.
    let high = "Trạm|Ngày|Mực nước (cm)\nCần Thơ|d:44056|21\n||\nCần Thơ|d:44058|3\n";
    let merged = Sheet {
        name: "Cao",
        rows: high.to_owned(),
        merged: &["A2:A3", "B2:B3", "C2:C3"],
        ..Sheet::default()
    };
    desk.goes_in(
        "high.xlsx",
        book(&[merged]),
        &[
            "station:can_tho|water_level|instant||2020-08-13|21",
            "station:can_tho|water_level|instant||2020-08-15|3",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_unit_of_the_title_that_no_header_has_is_asked_about() {
    let desk = Desk::new().await;
    let rice = |title: &str| {
        format!(
            "{title}\nTỉnh,Năm,Sản lượng lúa (tấn),Diện tích gieo trồng lúa (nghìn ha)\nTiền Giang,2019,1234,2\n"
        )
    };
    desk.asks(
        "nghin.csv",
        rice("Đơn vị: nghìn tấn"),
        &["the title says the unit `", "and the header `tấn`"],
        "",
        &[],
    )
    .await;
    let values = [
        "gso2004:82|rice_area_sown|total|P1Y|2019-01-01|2",
        "gso2004:82|rice_production|total|P1Y|2019-01-01|1.234",
    ];
    desk.goes_in("tan.csv", rice("Đơn vị: tấn"), &values, &[]).await;
    desk.goes_in("ha.csv", rice("Đơn vị: nghìn ha"), &values, &[]).await;
}
