//! Files that mean harm, or came to it: a clear, bounded error with its place and a next step.

use std::io::{Cursor, Seek, SeekFrom, Write};

use formats::{Error, FeatureItem, FeatureOptions, Format, Limits, Place, read_features};
use tempfile::NamedTempFile;
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::{chunks, csv_rows, file, open, rows, rows_of, workbook, workbook_with_strings};

/// The code of the error, its place; that it has a hint is checked.
fn failure<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, Place) {
    let error = result.unwrap_err();
    assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error}");
    match error {
        Error::Invalid { code, place, .. } | Error::Limit { code, place, .. } => (code, place),
        Error::Internal(error) => panic!("{error}"),
    }
}

fn at(row: u32, column: u16) -> Place {
    Place { sheet: None, row: Some(row), column: Some(column) }
}

#[test]
fn a_wrong_or_empty_file_is_refused() {
    let limits = Limits::default();
    for (content, code) in [
        (&b""[..], "empty_file"),
        (b"\n\n  \n", "empty_file"),
        (b"\x7FELF\x02\x01\x01\0\0\0", "wrong_type"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07", "binary"),
        (b"PK\x03\x04xl/ but no archive", "damaged_workbook"),
        (b"PK\x05\x06xl/\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "damaged_workbook"),
    ] {
        assert_eq!(failure(rows(content, &limits)).0, code, "{:?}", String::from_utf8_lossy(content));
    }
    assert!(matches!(open(std::path::Path::new("/nowhere/at/all"), &limits), Err(Error::Internal(_))));
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    assert_eq!(failure(rows("a,b\n1,2\n3,4\n", &limits)).0, "file_bytes");
    let file = file("{\"type\":\"FeatureCollection\",\"features\":[]}");
    assert_eq!(
        failure(
            read_features(file.path(), &Format::GeoJson, &FeatureOptions::default(), &limits).map(|_| ())
        )
        .0,
        "file_bytes"
    );
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_cell_however_far_down() {
    let read = |content: &[u8]| {
        let file = file(content);
        let mut table = open(file.path(), &Limits::default())?;
        let rows = rows_of(&chunks(&mut *table)?);
        Ok((rows, table.notes()))
    };
    let mut content = "tên,giá\n".repeat(100_000).into_bytes();
    content.extend_from_slice(b"x,B\xECnh\n");
    content.extend_from_slice(&"a,b\n".repeat(100_000).into_bytes());
    let (rows, notes) = read(&content).unwrap();
    assert_eq!((rows.len(), rows[100_000].2[1].as_str()), (200_001, "Bình"));
    assert_eq!((notes.len(), notes[0].cell.row, notes[0].cell.column), (1, 100_001, 2));
    let mut content = "a,b\n".repeat(100_000).into_bytes();
    content.extend_from_slice(b"\0,1\n");
    assert_eq!(failure(read(&content)), ("binary", at(100_001, 1)));
    let mut units: Vec<u16> = "\u{feff}a,b\n1,".encode_utf16().collect();
    units.extend([0xD800, u16::from(b'\n')]);
    let content: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
    let (rows, notes) = read(&content).unwrap();
    assert_eq!((rows[1].2[1].as_str(), notes[0].cell.row), ("\u{fffd}", 2));
}

#[test]
fn two_gigabytes_of_one_line_are_refused_after_a_few_megabytes() {
    // A hole in the file takes no disk; its zero bytes are found only if they are reached.
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"a,b\n").unwrap();
    file.write_all(&vec![b'x'; 20 << 20]).unwrap();
    file.as_file_mut().seek(SeekFrom::Start(2 << 30)).unwrap();
    file.write_all(b"x").unwrap();
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(failure(chunks(&mut *table)), ("line_bytes", at(2, 1)));
    assert!(table.next_chunk().unwrap().is_none(), "after an error there is nothing more");
}

#[test]
fn a_quote_that_never_closes_is_told_where_it_opens() {
    let limits = Limits { max_line_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(failure(rows("a,b\n1,\"2\n3,4\n", &limits)), ("unclosed_quote", at(2, 2)));
    let long = format!("a,b\n1,\"2\n{}", "3,4\n".repeat(1_000_000));
    assert_eq!(failure(rows(long, &limits)), ("line_bytes", at(2, 2)));
}

#[test]
fn rows_columns_and_cells_hold_to_the_limits() {
    let limits = Limits { max_rows: 3, max_columns: 4, max_cell_bytes: 5, ..Limits::default() };
    assert_eq!(failure(csv_rows("a\n\n\n\n", &limits)).0, "rows");
    assert!(csv_rows("a\n\n\n", &limits).is_ok());
    assert_eq!(failure(csv_rows("a\n1,2,3,4,5\n", &limits)), ("columns", Place { column: None, ..at(2, 1) }));
    assert_eq!(failure(csv_rows("a\n1,234567\n", &limits)), ("cell_bytes", at(2, 2)));
    let wide = ",".repeat(16_384);
    assert_eq!(failure(csv_rows(wide, &Limits::default())).0, "columns");
    let sheet = |data: &str| rows(workbook(&[("S", data)], &["123456"]), &limits);
    let in_sheet = |row, column| Place { sheet: Some((0, "S".into())), row: Some(row), column };
    assert_eq!(failure(sheet(r#"<row r="1"><c r="E1"><v>1</v></c></row>"#)), ("columns", in_sheet(1, None)));
    assert_eq!(
        failure(sheet(r#"<row r="2"><c r="B2" t="s"><v>0</v></c></row>"#)),
        ("cell_bytes", in_sheet(2, Some(2)))
    );
    assert_eq!(failure(sheet(r#"<row r="4"><c r="A4"><v>1</v></c></row>"#)).0, "rows");
}

#[test]
fn a_table_that_is_wide_and_empty_is_refused() {
    let mut data = String::new();
    for row in 1..20_000 {
        data += &format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>{row}</v></c></row>");
    }
    assert_eq!(failure(rows(workbook(&[("S", &data)], &[]), &Limits::default())).0, "nearly_empty");
}

#[test]
fn a_workbook_that_unpacks_a_thousandfold_is_refused() {
    let bomb = workbook(&[("S", &" ".repeat(40 << 20))], &[]);
    assert!(bomb.len() < 100_000);
    assert_eq!(failure(rows(&bomb, &Limits::default())).0, "ratio");
    let limits = Limits { max_unpacked_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(failure(rows(&bomb, &limits)).0, "unpacked_bytes");
}

#[test]
fn an_archive_that_lies_about_its_sizes_is_measured_all_the_same() {
    let mut bomb = workbook(&[("S", &" ".repeat(40 << 20))], &[]);
    // The unpacked size stands at offset 24 of each entry of the directory (APPNOTE 6.3.10 §4.3.12).
    let entries: Vec<usize> =
        bomb.windows(4).enumerate().filter(|(_, w)| w == b"PK\x01\x02").map(|(index, _)| index).collect();
    assert!(entries.len() > 5);
    for entry in entries {
        bomb[entry + 24..entry + 28].copy_from_slice(&10_u32.to_le_bytes());
    }
    let (code, _) = failure(rows(&bomb, &Limits::default()));
    assert!(matches!(code, "ratio" | "damaged_workbook"), "{code}");
}

#[test]
fn texts_that_are_shown_over_and_over_are_counted_each_time() {
    let data: String =
        (1..=2000).map(|r| format!("<row r=\"{r}\"><c r=\"A{r}\" t=\"s\"><v>0</v></c></row>")).collect();
    let text = "x".repeat(10_000);
    let limits = Limits { max_unpacked_bytes: 10 << 20, ..Limits::default() };
    let (code, place) = failure(rows(workbook(&[("S", &data)], &[&text]), &limits));
    assert_eq!((code, place.row), ("unpacked_bytes", Some((10 << 20) / 10_000 + 1)));
}

#[test]
fn a_list_of_texts_that_claims_to_be_endless_is_not_believed() {
    for count in ["99999999999", "18446744073709551615", "999999999999999999999999"] {
        let strings = format!("<sst uniqueCount=\"{count}\"><si><t>a</t></si></sst>");
        let content = workbook_with_strings(&[("S", "")], &strings);
        assert_eq!(failure(rows(content, &Limits::default())).0, "damaged_workbook");
    }
}

#[test]
fn a_workbook_of_which_percentages_cannot_be_told_is_refused() {
    let sheet = workbook(&[("S", "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>0.5</v></c></row>")], &[]);
    let read = |formats: &[u8]| {
        let mut old = ZipArchive::new(Cursor::new(&sheet[..])).unwrap();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..old.len() {
            let part = old.by_index_raw(at).unwrap();
            if part.name().unwrap() != "xl/styles.xml" {
                zip.raw_copy_file(part).unwrap();
            }
        }
        zip.start_file("xl/styles.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(formats).unwrap();
        rows(zip.finish().unwrap().into_inner(), &Limits::default())
    };
    let list = br#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs></styleSheet>"#;
    let told = read(list).unwrap();
    assert!(format!("{told:?}").contains("50%"), "{told:?}");
    failure(read(&list[..list.len() - 20]));
    let long = [&list[..], &vec![b' '; 64 << 20]].concat();
    assert_eq!(failure(read(&long)).0, "styles");
}

#[test]
fn an_archive_of_too_many_parts_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..10_001 {
        zip.start_file(format!("xl/{index}"), SimpleFileOptions::default()).unwrap();
    }
    let content = zip.finish().unwrap().into_inner();
    assert_eq!(failure(rows(content, &Limits::default())).0, "parts");
}

#[test]
fn a_workbook_whose_parts_contradict_each_other_is_refused() {
    let cell = |reference: &str| format!("<c r=\"{reference}\"><v>1</v></c>");
    let limits = Limits::default();
    for data in [
        format!("<row r=\"2\">{}</row><row r=\"1\">{}</row>", cell("A2"), cell("A1")),
        format!("<row r=\"1\">{}{}</row>", cell("B1"), cell("A1")),
        format!("<row r=\"1\">{}{}</row>", cell("A1"), cell("A1")),
        format!("<row r=\"1\">{}</row>", cell("A0")),
        format!("<row r=\"1\">{}</row>", cell("ZZZZZZZZZZZZZZZZ1")),
        format!("<row r=\"1\">{}</row>", cell("A99999999999999999999")),
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>".to_owned(),
        "<row r=\"1\"><c r=\"A1\" t=\"zzz\"><v>7</v></c></row>".to_owned(),
        "<row r=\"1\"><c r=\"A1\"><v>7".to_owned(),
    ] {
        let (code, _) = failure(rows(workbook(&[("S", &data)], &["a"]), &limits));
        assert!(matches!(code, "damaged_workbook" | "columns" | "rows"), "{code}: {data}");
    }
    let twice = workbook(&[("S", ""), ("S", "")], &[]);
    assert_eq!(failure(rows(twice, &limits)).0, "damaged_workbook");
}

#[test]
fn a_workbook_damaged_anywhere_never_breaks_the_reader() {
    let data = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>2</v></c></row>"#;
    let whole = workbook(&[("S", data)], &["text"]);
    for index in (0..whole.len()).step_by(13) {
        let mut content = whole.clone();
        content[index] ^= 0x5A;
        let _ = rows(&content, &Limits::default());
        content.truncate(index);
        let _ = rows(&content, &Limits::default());
    }
}

#[test]
fn deeply_nested_json_is_refused_without_recursion() {
    let deep = "[".repeat(5_000_000);
    for text in [
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{deep}"),
        format!("{{\"x\":{deep}"),
        format!("{{\"type\":\"FeatureCollection\",\"features\":{deep}"),
    ] {
        let file = file(text);
        let result: Result<Vec<FeatureItem>, Error> =
            read_features(file.path(), &Format::GeoJson, &FeatureOptions::default(), &Limits::default())
                .and_then(Iterator::collect);
        assert_eq!(failure(result).0, "cut_off");
    }
    let closed = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{deep}{},{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[105,9]}}}}]}}",
        "]".repeat(5_000_000)
    );
    let file = file(closed);
    let items: Vec<FeatureItem> =
        read_features(file.path(), &Format::GeoJson, &FeatureOptions::default(), &Limits::default())
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
    assert!(matches!(&items[0], FeatureItem::Refused(refusal) if refusal.code == "too_deep"));
    assert!(matches!(&items[1], FeatureItem::Row(row) if row.row == 2));
}
