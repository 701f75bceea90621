//! Rows and cells of tables that are well.

use formats::{Charset, Encoding, Format, Limits, Reading, detect, open_table, open_table_read_as};
use proptest::prelude::*;

use crate::files::{chunks, csv_rows, file, open, row, rows, rows_of, workbook};

#[test]
fn rows_count_as_in_a_spreadsheet_and_blank_ones_are_left_out() {
    let text = "\"A title\"\r\n\r\nplace;note;value\r\n92;\"two\r\nlines\";1,5\r\n;;\r\n96;;2\r\n\r\n";
    assert_eq!(
        rows(text, &Limits::default()).unwrap(),
        [
            row(0, 1, &["A title"]),
            row(0, 3, &["place", "note", "value"]),
            row(0, 4, &["92", "two\r\nlines", "1,5"]),
            row(0, 6, &["96", "", "2"]),
        ]
    );
}

#[test]
fn every_encoding_gives_the_same_text_in_nfc() {
    let expected = [row(0, 1, &["tỉnh", "giá"]), row(0, 2, &["Cần Thơ 😀", "1"])];
    // The last is decomposed.
    let texts = ["tỉnh,giá\nCần Thơ 😀,1\n", "ti\u{309}nh,gia\u{301}\nCa\u{302}\u{300}n Tho\u{31b} 😀,1\n"];
    for text in texts {
        let marked = format!("\u{feff}{text}");
        let le: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for content in [text.as_bytes(), marked.as_bytes(), &le, &be] {
            assert_eq!(rows(content, &Limits::default()).unwrap(), expected);
        }
    }
}

#[test]
fn a_long_file_comes_in_chunks_that_miss_nothing() {
    let mut text = String::from("id,name,value\n");
    for id in 0..200_000 {
        text += &format!("{id},\"điểm \"\"{id}\"\"\",{}.5\n", id % 97);
        if id % 50_000 == 0 {
            text += "\n";
        }
    }
    let file = file(&text);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), [""]);
    let chunks = chunks(&mut *table).unwrap();
    assert!(chunks.len() > 3 && chunks.iter().all(|chunk| chunk.len() <= 65_536));
    assert!(chunks.windows(2).all(|pair| pair[0].bytes_read <= pair[1].bytes_read));
    assert_eq!(chunks.last().unwrap().bytes_read, text.len() as u64);
    let rows = rows_of(&chunks);
    assert_eq!(rows.len(), 200_001);
    for (id, (_, number, texts)) in (0_u32..).zip(&rows[1..]) {
        assert_eq!(*number, id + 2 + id.div_ceil(50_000));
        assert_eq!(texts[..], [id.to_string(), format!("điểm \"{id}\""), format!("{}.5", id % 97)]);
    }
}

#[test]
fn a_very_wide_row_does_not_widen_the_others() {
    let mut text = "a,b\n".repeat(30_000);
    text += &"x,".repeat(16_000);
    text += "\n";
    text += &"c,d\n".repeat(30_000);
    let file = file(&text);
    let chunks = chunks(&mut *open(file.path(), &Limits::default()).unwrap()).unwrap();
    let held: usize = chunks.iter().map(|chunk| chunk.len() * chunk.columns.len()).sum();
    assert!(held < 4_000_000, "{held} cells are held for 136 000");
    assert_eq!(rows_of(&chunks).len(), 60_001);
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_with_the_rows_of_the_spreadsheet() {
    let first = r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>
        <row r="5"><c r="A5"><v>92</v></c><c r="B5" s="1"><v>43831</v></c><c r="C5"><f>1+1</f><v>0.30000000000000004</v></c></row>
        <row r="6"><c r="A6" s="1"/></row>
        <row r="7"><c r="A7" t="b"><v>1</v></c><c r="B7" t="e"><v>#N/A</v></c><c r="C7" t="str"><v>a &amp; b</v></c><c r="D7" t="inlineStr"><is><t>in</t></is></c></row>"#;
    let second = r#"<row r="1"><c r="B1" t="s"><v>2</v></c></row>"#;
    let content =
        workbook(&[("Tỉnh", first), ("Trống", ""), ("Khác", second)], &["mã", "giá trị", "Ca\u{300} Mau"]);
    let file = file(content);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["Tỉnh", "Trống", "Khác"]);
    assert_eq!(
        rows_of(&chunks(&mut *table).unwrap()),
        [
            row(0, 2, &["mã", "", "giá trị"]),
            row(0, 5, &["92", "2020-01-01", "0.30000000000000004"]),
            row(0, 7, &["TRUE", "#N/A", "a & b", "in"]),
            row(2, 1, &["", "Cà Mau"]),
        ]
    );
}

#[test]
fn a_workbook_that_nobody_reads_to_its_end_holds_nobody_up() {
    let data: String =
        (1..=200_000).map(|r| format!("<row r=\"{r}\"><c r=\"A{r}\"><v>{r}</v></c></row>")).collect();
    let file = file(workbook(&[("a", &data)], &[]));
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.next_chunk().unwrap().unwrap().len(), 65_536);
    drop(table);
}

#[test]
fn the_delimiter_can_be_overruled() {
    let file = file("a;b,c\n1;2,3\n");
    let Format::Csv { delimiter, encoding } = detect("a.csv", b"a;b,c\n1;2,3\n").unwrap() else { panic!() };
    assert_eq!((delimiter, encoding), (b';', Encoding::Utf8));
    let format = Format::Csv { delimiter: b',', encoding };
    let mut table = open_table(file.path(), &format, &Limits::default()).unwrap();
    assert_eq!(rows_of(&chunks(&mut *table).unwrap()), [row(0, 1, &["a;b", "c"]), row(0, 2, &["1;2", "3"])]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_as_csv_is_read_back(
        table in proptest::collection::vec(proptest::collection::vec("[a-zà-ỹ0-9,;\" \r\n]{0,12}", 1..6), 0..40),
        semicolon: bool,
    ) {
        let delimiter = if semicolon { b';' } else { b',' };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter).flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for record in &table {
            writer.write_record(record).unwrap();
        }
        let content = writer.into_inner().unwrap();
        if content.is_empty() {
            return Ok(());
        }
        let file = file(content);
        let format = Format::Csv { delimiter, encoding: Encoding::Utf8 };
        // Letters by chance may be words of an old encoding.
        let reading = Reading { file: Some(Charset::Utf8), ..Reading::default() };
        let mut reader = open_table_read_as(file.path(), &format, &reading, &Limits::default()).unwrap();
        let read = rows_of(&chunks(&mut *reader).unwrap());
        let expected: Vec<_> = (1_u32..).zip(&table).filter_map(|(number, record)| {
            let mut texts: Vec<String> = record.iter().map(|text| model::nfc(text)).collect();
            while texts.last().is_some_and(String::is_empty) {
                texts.pop();
            }
            (!texts.is_empty()).then_some((0, number, texts))
        }).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_called_csv_end_in_rows_or_an_error(content in proptest::collection::vec(any::<u8>(), 1..400)) {
        let _ = csv_rows(&content, &Limits::default());
        let _ = rows(&content, &Limits::default());
    }
}
