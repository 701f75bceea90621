//! Zip archives of tables.

use std::io::{Cursor, Write};

use formats::{Archive, Error, Format, Limits, detect_file, neighbourhood};
use model::CellRef;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::{chunks, file, open, row, rows, rows_of, workbook};

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn code(content: &[u8], limits: &Limits) -> (String, String) {
    match rows(content, limits) {
        Ok(rows) => (format!("{} rows", rows.len()), String::new()),
        Err(error @ (Error::Invalid { code, .. } | Error::Limit { code, .. })) => {
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
            (code.to_owned(), error.to_string())
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_zip_of_one_table_is_that_table() {
    let content = zip(&[("__MACOSX/._a.csv", b"\0\0"), ("data/a.csv", b"tram;gia\nCan Tho;1,5\n")]);
    let file = file(&content);
    assert_eq!(detect_file("a.csv", file.path()).unwrap(), Format::Zip);
    let table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!((table.sheets(), table.left_out().len()), (&[String::new()][..], 0));
    assert_eq!(
        rows(&content, &Limits::default()).unwrap(),
        [row(0, 1, &["tram", "gia"]), row(0, 2, &["Can Tho", "1,5"])]
    );
}

#[test]
fn a_zip_of_several_tables_has_a_sheet_for_each_named_by_its_path() {
    let data = r#"<row r="3"><c r="B3"><v>7</v></c></row>"#;
    let book = workbook(&[("Đầu", data), ("Sau", data)], &[]);
    let content = zip(&[
        ("2019/a.csv", b"x,y\n1,2\n"),
        ("readme.pdf", b"%PDF-1.4"),
        ("b.xlsx", &book),
        ("2020/a.csv", b"x,y\n3,4\n"),
    ]);
    let file = file(&content);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["2019/a.csv", "b.xlsx/Đầu", "b.xlsx/Sau", "2020/a.csv"]);
    assert_eq!(table.left_out().iter().map(|left| left.name.as_str()).collect::<Vec<_>>(), ["readme.pdf"]);
    assert!(table.left_out()[0].why.contains("PDF"));
    let read = rows_of(&chunks(&mut *table).unwrap());
    assert_eq!(
        read,
        [
            row(0, 1, &["x", "y"]),
            row(0, 2, &["1", "2"]),
            row(1, 3, &["", "7"]),
            row(2, 3, &["", "7"]),
            row(3, 1, &["x", "y"]),
            row(3, 2, &["3", "4"]),
        ]
    );
    let cell = CellRef { sheet: 3, row: 2, column: 2 };
    let found = neighbourhood(file.path(), &Format::Zip, cell, 1, &Limits::default()).unwrap();
    assert_eq!((found.sheet_name.as_str(), found.header_row), ("2020/a.csv", Some(1)));
    assert_eq!(found.rows[1], (2, vec!["3".to_owned(), "4".to_owned()]));
}

#[test]
fn an_error_in_one_table_names_it() {
    let wrong = b"x,y\n1,\"2\n";
    let (code, what) = code(&zip(&[("a.csv", b"x,y\n1,2\n"), ("b.csv", wrong)]), &Limits::default());
    assert_eq!(code, "unclosed_quote");
    assert!(what.contains("sheet `b.csv`, row 2"), "{what}");
}

#[test]
fn archives_that_mean_harm_are_refused() {
    let limits = Limits::default();
    let bomb = vec![b'a'; 60 << 20];
    assert_eq!(code(&zip(&[("a.csv", &bomb)]), &limits).0, "ratio");
    let small = Limits { max_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(code(&zip(&[("a.csv", &bomb)]), &small).0, "unpacked_bytes");
    let inner = zip(&[("a.csv", b"x,y\n1,2\n")]);
    assert_eq!(code(&zip(&[("a.zip", &inner)]), &limits).0, "nested_archive");
    assert_eq!(code(&zip(&[("a.pdf", b"%PDF-1.4")]), &limits).0, "wrong_type");
    assert_eq!(code(&zip(&[(".hidden", b"a")]), &limits).0, "empty_file");
    let mut cut = zip(&[("a.csv", b"x,y\n1,2\n")]);
    cut.truncate(cut.len() - 30);
    assert_eq!(code(&cut, &limits).0, "damaged_archive");
    let many: Vec<(String, &[u8])> = (0..1001).map(|n| (format!("{n}.csv"), &b"a,b\n1,2\n"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    assert_eq!(code(&zip(&many), &limits).0, "members");
}

#[test]
fn a_member_never_names_a_place_outside() {
    let file = file(zip(&[("../../a.csv", b"x,y\n1,2\n"), ("/b.csv", b"x,y\n1,2\n")]));
    let archive = Archive::open(file.path(), &Limits::default()).unwrap();
    let names: Vec<&str> = archive.members().iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
}
