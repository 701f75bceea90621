//! OpenDocument spreadsheets.

use std::io::{Cursor, Write};

use formats::{Error, Format, Limits, detect_file};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::files::{chunks, file, open, row, rows, rows_of};

/// A spreadsheet; the content is the XML of its tables.
pub fn ods(tables: &str) -> Vec<u8> {
    document(&format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s">
        <office:automatic-styles><style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
        <office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    ))
}

fn document(content: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("mimetype", stored).unwrap();
    zip.write_all(b"application/vnd.oasis.opendocument.spreadsheet").unwrap();
    zip.start_file("content.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn code(content: &[u8], limits: &Limits) -> String {
    match rows(content, limits) {
        Ok(rows) => format!("{} rows", rows.len()),
        Err(Error::Invalid { code, .. } | Error::Limit { code, .. }) => code.to_owned(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_spreadsheet_is_read_with_every_kind_of_value_where_it_stands() {
    let tables = r#"<table:table table:name="Số liệu">
        <table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>
        <table:table-header-rows><table:table-row>
          <table:table-cell office:value-type="string" table:number-columns-spanned="3"><text:p>Năm<text:s text:c="2"/><text:span>2020</text:span></text:p><text:p>dòng hai</text:p>
            <office:annotation><text:p>a note</text:p></office:annotation></table:table-cell>
          <table:covered-table-cell table:number-columns-repeated="2"/></table:table-row></table:table-header-rows>
        <table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row table:visibility="filter">
          <table:table-cell office:value-type="float" office:value="1.50"><text:p>1,5</text:p></table:table-cell>
          <table:table-cell/>
          <table:table-cell office:value-type="date" office:date-value="2020-02-01"><text:p>01/02/2020</text:p></table:table-cell>
          <table:table-cell office:value-type="time" office:time-value="PT06H30M00S"><text:p>06:30</text:p></table:table-cell>
          <table:table-cell office:value-type="boolean" office:boolean-value="true"/>
          <table:table-cell office:value-type="percentage" office:value="0.25" table:number-columns-repeated="2"/>
          <table:table-cell table:formula="of:=1"/></table:table-row>
        <table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="7"/></table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>
      </table:table>
      <table:table table:name="Ẩn" table:style-name="ta1"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>"#;
    let file = file(ods(tables));
    assert_eq!(detect_file("a.xlsx", file.path()).unwrap(), Format::Ods);
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["Số liệu", "Ẩn"]);
    let layout = table.layout(0);
    assert_eq!((layout.merged.len(), layout.merged[0].last_column), (1, 3));
    assert_eq!(
        (layout.hidden_rows.as_slice(), layout.hidden_columns.as_slice()),
        (&[5..=5][..], &[2..=3][..])
    );
    assert_eq!(layout.unvalued, [(5, 8)]);
    assert!(!layout.is_hidden && table.layout(1).is_hidden);
    let chunks = chunks(&mut *table).unwrap();
    assert!(chunks[0].is_typed(1, 0) && !chunks[0].is_typed(0, 0));
    assert_eq!(
        rows_of(&chunks),
        [
            row(0, 1, &["Năm  2020\ndòng hai"]),
            row(0, 5, &["1.5", "", "2020-02-01", "06:30:00", "TRUE", "25%", "25%"]),
            row(0, 6, &["7"]),
            row(0, 7, &["7"]),
            row(1, 1, &["x"]),
        ]
    );
}

#[test]
fn cells_and_rows_that_are_repeated_without_end_are_bounded() {
    let limits = Limits { max_rows: 50_000, ..Limits::default() };
    let filled = |rows: &str, columns: &str| {
        ods(&format!(
            r#"<table:table table:name="S"><table:table-row table:number-rows-repeated="{rows}"><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="{columns}"/></table:table-row></table:table>"#
        ))
    };
    assert_eq!(code(&filled("10000000", "1"), &limits), "rows");
    assert_eq!(code(&filled("1", "10000000"), &limits), "columns");
    assert_eq!(code(&filled("-1", "1"), &limits), "damaged_workbook");
    assert_eq!(code(&filled("99999999999999999999", "1"), &limits), "damaged_workbook");
    let empty = ods(
        r#"<table:table table:name="S"><table:table-row table:number-rows-repeated="10000000"><table:table-cell table:number-columns-repeated="10000000"/></table:table-row></table:table>"#,
    );
    assert_eq!(code(&empty, &limits), "0 rows");
}

#[test]
fn xml_that_means_harm_is_refused() {
    let limits = Limits::default();
    let entities = r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>"#;
    assert_eq!(code(&document(entities), &limits), "document_type");
    let external = ods(
        r#"<table:table table:name="S"><table:table-row><table:table-cell office:value-type="string"><text:p>&file;</text:p></table:table-cell></table:table-row></table:table>"#,
    );
    assert_eq!(code(&external, &limits), "entity");
    let deep = format!(
        "{}{}",
        "<table:table-row-group>".repeat(100_000),
        "</table:table-row-group>".repeat(100_000)
    );
    assert_eq!(code(&ods(&format!(r#"<table:table table:name="S">{deep}</table:table>"#)), &limits), "depth");
    let cut = ods("<table:table table:name=\"S\"><table:table-row>");
    assert_eq!(code(&cut, &limits), "damaged_xml");
    let twice = ods(r#"<table:table table:name="S"/><table:table table:name="S"/>"#);
    assert_eq!(code(&twice, &limits), "damaged_workbook");
}
