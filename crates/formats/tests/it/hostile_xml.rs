//! Workbooks whose XML means harm: nesting, entities, empty rows without end, names in circles.

use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};

use formats::{Error, Limits};
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::{Row, csv_rows, rows, workbook, workbook_with_strings};

/// What comes of a workbook, which must come soon.
fn soon(content: Vec<u8>) -> Result<Vec<Row>, Error> {
    let begun = Instant::now();
    let result = rows(content, &Limits::default());
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    if let Err(error) = &result {
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error}");
    }
    result
}

/// The workbook with a part changed.
fn with_part(content: Vec<u8>, name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(content)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let own = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let text = if own == name { change(text) } else { text };
        zip.start_file(own, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const CELL: &str = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;

#[test]
fn elements_nested_without_end_do_not_break_the_reader() {
    let deep = format!("{}{}", "<a>".repeat(300_000), "</a>".repeat(300_000));
    for content in [
        workbook(&[("S", &deep)], &["a"]),
        workbook(&[("S", &"<row>".repeat(300_000))], &["a"]),
        workbook_with_strings(
            &[("S", CELL)],
            &format!("<sst>{}<si><t>a</t></si></sst>", "<si>".repeat(200_000)),
        ),
        with_part(workbook(&[("S", CELL)], &["a"]), "xl/workbook.xml", |text| {
            text.replace("<sheets>", &format!("{}<sheets>", "<x>".repeat(200_000)))
        }),
    ] {
        let refused = soon(content).unwrap_err();
        assert!(refused.to_string().contains("nested too deeply"), "{refused}");
    }
}

#[test]
fn entities_are_neither_fetched_nor_multiplied() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "a secret").unwrap();
    let outside = format!(
        "<!DOCTYPE sst [<!ENTITY e SYSTEM \"file://{}\">]><sst uniqueCount=\"1\"><si><t>&e;</t></si></sst>",
        secret.path().display()
    );
    let mut laughs = "<!DOCTYPE sst [<!ENTITY a0 \"ha\">".to_owned();
    for at in 1..12 {
        laughs += &format!("<!ENTITY a{at} \"{}\">", format!("&a{};", at - 1).repeat(10));
    }
    laughs += "]><sst uniqueCount=\"1\"><si><t>&a11;</t></si></sst>";
    for strings in [outside, laughs] {
        if let Ok(rows) = soon(workbook_with_strings(&[("S", CELL)], &strings)) {
            let text = format!("{rows:?}");
            assert!(!text.contains("a secret") && text.len() < 1000, "{text}");
        }
    }
}

#[test]
fn ten_million_empty_rows_are_passed_over() {
    let begun = Instant::now();
    let mut text = "\n".repeat(10_000_000);
    text.push_str("a,b\n");
    let found = csv_rows(text, &Limits::default()).unwrap();
    assert_eq!((found.len(), found[0].1), (1, 10_000_001));
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let empty: String = (1..=1_000_000).map(|row| format!("<row r=\"{row}\"/>")).collect();
    match soon(workbook(&[("S", &empty)], &[])) {
        Ok(rows) => assert_eq!(rows, []),
        Err(error) => assert!(matches!(error, Error::Limit { .. }), "{error}"),
    }
}

#[test]
fn the_widest_table_that_a_spreadsheet_holds_is_read() {
    let line = vec!["1"; 16_384].join(",");
    let found = csv_rows(format!("{line}\n{line}\n"), &Limits::default()).unwrap();
    assert_eq!((found.len(), found[1].2.len()), (2, 16_384));
    let cells: String =
        (1..=2).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")).collect();
    assert_eq!(soon(workbook(&[("S", &cells)], &[])).unwrap()[0].2.len(), 16_384);
}

#[test]
fn names_and_parts_in_circles_end() {
    let names = "<definedNames><definedName name=\"A\">B</definedName><definedName name=\"B\">A</definedName><definedName name=\"C\">C!C</definedName></definedNames></workbook>";
    let book = || workbook(&[("S", CELL)], &["a"]);
    let content = with_part(book(), "xl/workbook.xml", |text| text.replace("</workbook>", names));
    assert_eq!(soon(content).unwrap()[0].2, ["a"]);
    // A sheet that is the workbook, and relations that lead back.
    let relations = "xl/_rels/workbook.xml.rels";
    for target in [
        "workbook.xml",
        "../xl/workbook.xml",
        "_rels/workbook.xml.rels",
        "/xl/_rels/workbook.xml.rels",
        "../../../../etc/passwd",
    ] {
        let content = with_part(book(), relations, |text| text.replace("worksheets/sheet0.xml", target));
        if let Ok(rows) = soon(content) {
            assert_eq!(rows, [], "{target}");
        }
    }
    let content = with_part(book(), "_rels/.rels", |text| text.replace("xl/workbook.xml", "_rels/.rels"));
    let _ = soon(content);
    // A formula that means itself has the value that was stored.
    let circle = r#"<row r="1"><c r="A1"><f>A1+1</f><v>7</v></c><c r="B1"><f t="shared" ref="B1:B9" si="0">B1</f><v>8</v></c></row>"#;
    assert_eq!(soon(workbook(&[("S", circle)], &[])).unwrap()[0].2, ["7", "8"]);
}
