//! A file given back with marks: what was in it stays, and the marked cells say why.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use formats::{Format, Limits, Mark, MarkedWords, Reading, detect_file, open_table, write_marked};
use model::CellRef;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

fn words() -> MarkedWords {
    MarkedWords {
        author: "Cửu Long".into(),
        sheet: "Phát hiện".into(),
        heads: ["Ô", "Cột", "Như đã ghi", "Mức", "Vì sao"].map(str::to_owned),
        kinds: ["Từ chối", "Lưu ý"].map(str::to_owned),
        table: "Bảng".into(),
        cut: "…".into(),
    }
}

fn mark(a1: (u32, u16), refused: bool, note: &str) -> Mark {
    Mark {
        cell: CellRef { sheet: 0, row: a1.0, column: a1.1 },
        refused,
        note: note.into(),
        column: "mặn".into(),
        value: "43".into(),
    }
}

fn marked(path: &Path, format: &Format, marks: &[Mark]) -> tempfile::NamedTempFile {
    let made = tempfile::Builder::new().suffix(".xlsx").tempfile().unwrap();
    let mut out = File::options().read(true).write(true).open(made.path()).unwrap();
    write_marked(path, format, &Reading::default(), marks, &words(), &Limits::default(), &mut out).unwrap();
    made
}

/// The cells of a table by sheet.
fn cells(path: &Path) -> Vec<(String, u32, Vec<String>)> {
    let format = detect_file("a.xlsx", path).unwrap();
    let mut table = open_table(path, &format, &Limits::default()).unwrap();
    let sheets = table.sheets().to_vec();
    let mut rows = Vec::new();
    while let Some(chunk) = table.next_chunk().unwrap() {
        for at in 0..chunk.len() {
            let texts = (0..chunk.columns.len()).map(|c| chunk.cell(at, c).unwrap_or("").to_owned());
            rows.push((sheets[usize::from(chunk.sheet)].clone(), chunk.row_number(at), texts.collect()));
        }
    }
    rows
}

fn part(path: &Path, name: &str) -> String {
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

const SHEET: &str = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>trạm &amp; nơi</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>mặn</t></is></c></row>\
<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>Cầu Nổi</t></is></c><c r=\"B2\" s=\"1\"><f>40+3</f><v>43</v></c></row>\
<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>Trà Vinh</t></is></c></row></sheetData>\
<mergeCells count=\"1\"><mergeCell ref=\"A5:B5\"/></mergeCells><pageMargins left=\"1\" right=\"1\" top=\"1\" bottom=\"1\" header=\"0\" footer=\"0\"/>{ LEGACY }\
<extLst/></worksheet>";

/// A workbook with one sheet, a picture that nobody reads, and perhaps a comment on B2.
fn workbook(commented: bool) -> tempfile::NamedTempFile {
    let made = tempfile::Builder::new().suffix(".xlsx").tempfile().unwrap();
    let mut archive = ZipWriter::new(made.reopen().unwrap());
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>{ MORE }<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>";
    let legacy = "<legacyDrawing xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" r:id=\"rId2\"/>";
    let mut parts = vec![
        ("[Content_Types].xml", types.replace("{ MORE }", if commented { "<Default Extension=\"vml\" ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/><Override PartName=\"/xl/comments1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml\"/>" } else { "" })),
        ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".into()),
        ("xl/workbook.xml", "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"Mặn\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>".into()),
        ("xl/_rels/workbook.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>".into()),
        ("xl/styles.xml", "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><fonts count=\"2\"><font/><font><b/></font></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/><xf numFmtId=\"2\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"><alignment horizontal=\"right\"/></xf></cellXfs></styleSheet>".into()),
        ("xl/worksheets/sheet1.xml", SHEET.replace("{ LEGACY }", if commented { legacy } else { "" })),
        ("xl/media/picture.png", "\u{89}PNG, let us say".into()),
    ];
    if commented {
        parts.push(("xl/worksheets/_rels/sheet1.xml.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments\" Target=\"../comments1.xml\"/><Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing\" Target=\"../drawings/vmlDrawing1.vml\"/></Relationships>".into()));
        parts.push(("xl/comments1.xml", "<comments xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><authors><author>Lan</author></authors><commentList><comment ref=\"B2\" authorId=\"0\"><text><t>đo lại?</t></text></comment></commentList></comments>".into()));
        parts.push(("xl/drawings/vmlDrawing1.vml", "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shapetype id=\"_x0000_t202\"/><v:shape id=\"_x0000_s1025\" type=\"#_x0000_t202\"><x:ClientData ObjectType=\"Note\"><x:Row>1</x:Row><x:Column>1</x:Column></x:ClientData></v:shape></xml>".into()));
    }
    for (name, text) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    made
}

#[test]
fn a_workbook_keeps_everything_but_the_marks() {
    let original = workbook(false);
    let marks = [
        mark((2, 2), true, "43 is outside 0–40 <really> & truly"),
        mark((2, 2), true, "and a second reason"),
        mark((3, 2), false, "empty"),
    ];
    let made = marked(original.path(), &Format::Xlsx, &marks);
    assert_eq!(cells(made.path()), cells(original.path()));
    assert_eq!(part(made.path(), "xl/media/picture.png"), part(original.path(), "xl/media/picture.png"));
    let sheet = part(made.path(), "xl/worksheets/sheet1.xml");
    // The formula stays, the cell that was missing is there, and the drawing stands where the schema wants it.
    assert!(sheet.contains("<c r=\"B2\" s=\"2\"><f>40+3</f><v>43</v></c>"), "{sheet}");
    assert!(sheet.contains("<c r=\"B3\" s=\"3\"/></row>"), "{sheet}");
    let (drawing, rest) = (sheet.find("<legacyDrawing").unwrap(), sheet.find("<extLst").unwrap());
    assert!(sheet.find("<pageMargins").unwrap() < drawing && drawing < rest, "{sheet}");
    let styles = part(made.path(), "xl/styles.xml");
    assert!(styles.contains("<cellXfs count=\"4\">") && styles.contains("<fills count=\"4\">"), "{styles}");
    assert!(styles.contains(
        "fontId=\"1\" borderId=\"0\" xfId=\"0\" applyFont=\"1\" fillId=\"2\" applyFill=\"1\"><alignment"
    ));
    let comments = part(made.path(), "xl/commentsMarked1.xml");
    assert!(comments.contains("0–40 &lt;really&gt; &amp; truly\nand a second reason"), "{comments}");
    assert_eq!(comments.matches("<comment ").count(), 2);
}

#[test]
fn a_comment_that_was_there_keeps_its_words_and_gets_ours() {
    let original = workbook(true);
    let marks = [mark((2, 2), true, "why"), mark((3, 1), true, "why not")];
    let made = marked(original.path(), &Format::Xlsx, &marks);
    let comments = part(made.path(), "xl/comments1.xml");
    assert_eq!(comments.matches("ref=\"B2\"").count(), 1, "{comments}");
    assert!(comments.contains("<t>đo lại?</t><r><t xml:space=\"preserve\">\nwhy</t></r>"), "{comments}");
    assert!(comments.contains("<author>Lan</author><author>Cửu Long</author>"), "{comments}");
    assert!(comments.contains("<comment ref=\"A3\" authorId=\"1\">"), "{comments}");
    let drawing = part(made.path(), "xl/drawings/vmlDrawing1.vml");
    assert_eq!(drawing.matches("<v:shape ").count(), 2, "{drawing}");
    assert!(drawing.contains("_x0000_s1026"), "{drawing}");
    assert_eq!(part(made.path(), "xl/worksheets/sheet1.xml").matches("legacyDrawing").count(), 1);
}

#[test]
fn a_text_file_becomes_a_workbook_whose_cells_never_act() {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(
        "trạm,mặn,ghi chú\nCầu Nổi,43,=HYPERLINK(\"x\")\nTrà Vinh,007,+84\nBến Lức,4.5,\n".as_bytes(),
    )
    .unwrap();
    let format = detect_file("a.csv", file.path()).unwrap();
    let made = marked(file.path(), &format, &[mark((2, 2), true, "too salt"), mark((4, 3), false, "empty")]);
    let rows = cells(made.path());
    let table: Vec<&[String]> =
        rows.iter().filter(|(sheet, ..)| sheet == "Bảng").map(|(_, _, texts)| texts.as_slice()).collect();
    assert_eq!(table[1], ["Cầu Nổi", "43", "=HYPERLINK(\"x\")"]);
    assert_eq!(&table[2][1..], ["007", "+84"]);
    let found = rows.iter().find(|(sheet, row, _)| sheet == "Phát hiện" && *row == 2).unwrap();
    assert_eq!(found.2, ["Bảng!B2", "mặn", "43", "Từ chối", "too salt"]);
    for n in 1..=2 {
        assert!(!part(made.path(), &format!("xl/worksheets/sheet{n}.xml")).contains("<f>"));
    }
}
