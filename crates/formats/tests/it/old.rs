//! Old Excel workbooks, made byte by byte (MS-CFB, MS-XLS), so that each can be well or wrong.

use formats::{Error, Format, Limits, detect_file};

use crate::files::{chunks, file, open, row, rows, rows_of};

/// A record of a workbook.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A number at a row and a column from 0, in a format (1 is a date).
pub fn number(row: u16, column: u16, format: u16, value: f64) -> Vec<u8> {
    let mut data = words(&[row, column, format]);
    data.extend_from_slice(&value.to_le_bytes());
    record(0x0203, &data)
}

/// A text at a row and a column from 0.
pub fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut data = words(&[row, column, 0, u16::try_from(units.len()).unwrap()]);
    data.push(1);
    data.extend(words(&units));
    record(0x0204, &data)
}

/// A workbook's stream: sheets with a name, whether they are hidden, and their records.
fn stream(sheets: &[(&str, bool, Vec<u8>)]) -> Vec<u8> {
    let begin = |kind: u16| record(0x0809, &words(&[0x0600, kind, 0, 0, 0, 0, 0, 0]));
    let style = |format: u16| record(0x00E0, &words(&[0, format, 0, 0, 0, 0, 0, 0, 0, 0]));
    let bound = |at: u32, name: &str, hidden: bool| {
        let mut data = at.to_le_bytes().to_vec();
        let units: Vec<u16> = name.encode_utf16().collect();
        data.extend([u8::from(hidden), 0, u8::try_from(units.len()).unwrap(), 1]);
        data.extend(words(&units));
        record(0x0085, &data)
    };
    let globals = |starts: &[u32]| {
        let mut bytes = begin(5);
        bytes.extend(style(0));
        bytes.extend(style(14));
        for ((name, hidden, _), start) in sheets.iter().zip(starts) {
            bytes.extend(bound(*start, name, *hidden));
        }
        bytes.extend(record(0x000A, &[]));
        bytes
    };
    let mut at = u32::try_from(globals(&vec![0; sheets.len()]).len()).unwrap();
    let (mut starts, mut rest) = (Vec::new(), Vec::new());
    for (_, _, records) in sheets {
        let sheet = [begin(16), records.clone(), record(0x000A, &[])].concat();
        starts.push(at);
        at += u32::try_from(sheet.len()).unwrap();
        rest.extend(sheet);
    }
    [globals(&starts), rest].concat()
}

/// A compound file with one stream, padded to the size from which it lies in whole sectors.
pub fn compound(name: &str, mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    let sectors = u32::try_from(stream.len() / 512).unwrap();
    assert!(sectors < 120, "one sector of the table is enough");
    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.resize(24, 0);
    header.extend(words(&[0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0]));
    header
        .extend([0_u32, 1, 1, 0, 4096, 0xFFFF_FFFE, 0, 0xFFFF_FFFE, 0].iter().flat_map(|n| n.to_le_bytes()));
    header.extend([0_u32].iter().flat_map(|n| n.to_le_bytes()));
    header.resize(512, 0xFF);
    let mut table = vec![0xFFFF_FFFD_u32, 0xFFFF_FFFE];
    table.extend((0..sectors).map(|at| if at + 1 == sectors { 0xFFFF_FFFE } else { at + 3 }));
    table.resize(128, 0xFFFF_FFFF);
    let entry = |name: &str, kind: u8, child: u32, start: u32, length: u32| {
        let mut bytes = words(&name.encode_utf16().collect::<Vec<_>>());
        let length_of_name = u16::try_from(bytes.len() + 2).unwrap();
        bytes.resize(64, 0);
        bytes.extend(length_of_name.to_le_bytes());
        bytes.extend([kind, 1]);
        bytes.extend([0xFFFF_FFFF_u32, 0xFFFF_FFFF, child].iter().flat_map(|n| n.to_le_bytes()));
        bytes.resize(116, 0);
        bytes.extend(start.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.resize(128, 0);
        bytes
    };
    let mut directory = entry("Root Entry", 5, 1, 0xFFFF_FFFE, 0);
    directory.extend(entry(name, 2, 0xFFFF_FFFF, 2, u32::try_from(stream.len()).unwrap()));
    directory.resize(512, 0);
    let table: Vec<u8> = table.iter().flat_map(|n| n.to_le_bytes()).collect();
    [header, table, directory, stream].concat()
}

pub fn xls(sheets: &[(&str, bool, Vec<u8>)]) -> Vec<u8> {
    compound("Workbook", stream(sheets))
}

fn code(content: &[u8]) -> String {
    match rows(content, &Limits::default()) {
        Ok(rows) => format!("{} rows", rows.len()),
        Err(Error::Invalid { code, hint, .. } | Error::Limit { code, hint, .. }) => {
            assert!(!hint.is_empty());
            code.to_owned()
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_old_workbook_is_read_with_its_dates_and_what_is_merged_or_hidden() {
    let first = [
        record(0x0200, &words(&[0, 0, 9, 0, 0, 3, 0])),
        record(0x007D, &words(&[1, 2, 2000, 0, 1, 0])),
        record(0x0208, &words(&[4, 0, 3, 255, 0, 0, 0x0020, 15])),
        label(0, 0, "Trạm Cần Thơ"),
        label(2, 0, "Ngày"),
        label(2, 2, "Mực nước"),
        number(4, 0, 1, 43_831.0),
        number(4, 2, 0, 1.25),
        number(8, 2, 0, -3.0),
        record(0x00E5, &words(&[1, 0, 0, 0, 2])),
    ]
    .concat();
    let content = xls(&[("Số liệu", false, first), ("Ẩn", true, label(0, 1, "x"))]);
    let file = file(content);
    assert_eq!(detect_file("a.csv", file.path()).unwrap(), Format::Xls);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["Số liệu", "Ẩn"]);
    let layout = table.layout(0);
    assert_eq!((layout.merged.len(), layout.merged[0].last_column, layout.merged[0].last_row), (1, 3, 1));
    assert_eq!(
        (layout.hidden_rows.as_slice(), layout.hidden_columns.as_slice()),
        (&[5..=5][..], &[2..=3][..])
    );
    assert!(!layout.is_hidden && table.layout(1).is_hidden);
    let chunks = chunks(&mut *table).unwrap();
    assert!(chunks[0].is_typed(2, 0) && !chunks[0].is_typed(0, 0));
    assert_eq!(
        rows_of(&chunks),
        [
            row(0, 1, &["Trạm Cần Thơ"]),
            row(0, 3, &["Ngày", "", "Mực nước"]),
            row(0, 5, &["2020-01-01", "", "1.25"]),
            row(0, 9, &["", "", "-3"]),
            row(1, 1, &["", "x"]),
        ]
    );
}

#[test]
fn an_old_file_that_is_no_workbook_is_told_apart() {
    assert_eq!(code(&compound("WordDocument", vec![0; 10])), "wrong_type");
    assert_eq!(code(&compound("EncryptedPackage", vec![0; 10])), "password");
    let protected = [record(0x0809, &words(&[0x0600, 5, 0, 0])), record(0x002F, &words(&[1, 0]))].concat();
    assert_eq!(code(&compound("Workbook", protected)), "password");
}

#[test]
fn sectors_that_run_in_a_circle_or_out_of_the_file_are_refused() {
    let whole = xls(&[("S", false, number(0, 0, 0, 1.0))]);
    assert_eq!(code(&whole), "1 rows");
    // The directory's chain leads back to itself; the workbook's; the table's.
    for (at, value) in [(516, 1_u32), (520, 2), (516, 0x00FF_0000), (520, 0x0FFF_FFFF), (48, 5_000)] {
        let mut content = whole.clone();
        content[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let code = code(&content);
        assert!(code == "damaged_workbook" || at == 520, "{at} {value}: {code}");
    }
    // A table of the table's own sectors that leads back to itself.
    let mut content = whole;
    content[68..72].copy_from_slice(&0_u32.to_le_bytes());
    content[1020..1024].copy_from_slice(&0_u32.to_le_bytes());
    assert_eq!(code(&content), "damaged_workbook");
}

#[test]
fn a_sheet_that_claims_or_spans_more_than_it_has_is_refused() {
    let claims = record(0x0200, &[&words(&[0, 0, 0xFFFF, 0xFFFF]), &words(&[0, 256, 0])[..]].concat());
    assert_eq!(code(&xls(&[("S", false, claims)])), "damaged_workbook");
    let claims = record(0x0200, &words(&[0, 0, 0, 1, 0, 0xFFFF, 0]));
    assert_eq!(code(&xls(&[("S", false, claims)])), "damaged_workbook");
    let corners = [number(0, 0, 0, 1.0), number(65_535, 16_000, 0, 1.0)].concat();
    assert_eq!(code(&xls(&[("S", false, corners)])), "nearly_empty");
    let backwards = record(0x00BD, &words(&[0, 9, 0, 0, 0, 3]));
    assert_eq!(code(&xls(&[("S", false, backwards)])), "damaged_workbook");
    let merged = record(0x00E5, &words(&[900, 0, 0, 0, 2]));
    assert_eq!(code(&xls(&[("S", false, merged)])), "damaged_workbook");
}

#[test]
fn an_old_workbook_damaged_anywhere_never_breaks_the_reader() {
    let whole = xls(&[("S", false, [label(0, 0, "text"), number(1, 1, 1, 43_831.0)].concat())]);
    for index in (0..whole.len().min(2600)).step_by(7) {
        let mut content = whole.clone();
        content[index] ^= 0x5A;
        let _ = rows(&content, &Limits::default());
        content.truncate(index);
        let _ = rows(&content, &Limits::default());
    }
}
