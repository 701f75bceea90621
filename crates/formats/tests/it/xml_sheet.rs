//! Workbooks as one document of XML.

use formats::{Encoding, Error, Format, Limits, detect_file};

use crate::files::{chunks, file, open, row, rows, rows_of};

const SPREADSHEET: &str = "urn:schemas-microsoft-com:office:spreadsheet";

/// A workbook; the content is the XML of its sheets.
pub fn workbook(sheets: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
        <Workbook xmlns="{SPREADSHEET}" xmlns:ss="{SPREADSHEET}" xmlns:x="urn:schemas-microsoft-com:office:excel">
        <Styles><Style ss:ID="Default"/><Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style>
        <Style ss:ID="q" ss:Parent="p"/><Style ss:ID="r"><NumberFormat ss:Format="Percent"/></Style></Styles>
        {sheets}</Workbook>"#
    )
}

pub const SHEETS: &str = r#"<Worksheet ss:Name="Số liệu"><Table ss:ExpandedColumnCount="8">
        <Column ss:Width="40"/><Column ss:Index="3" ss:Hidden="1" ss:Span="1"/><Column ss:Index="7" ss:StyleID="q"/>
        <Row><Cell ss:MergeAcross="2" ss:MergeDown="1"><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Năm</B> 2020</ss:Data>
          <Comment><ss:Data xmlns="http://www.w3.org/TR/REC-html40">a note</ss:Data></Comment></Cell>
          <Cell><Data ss:Type="String">Trạm</Data></Cell></Row>
        <Row ss:Index="5" ss:Hidden="1">
          <Cell><Data ss:Type="Number">1.50</Data></Cell>
          <Cell ss:Index="3"><Data ss:Type="DateTime">2020-02-01T00:00:00.000</Data></Cell>
          <Cell><Data ss:Type="DateTime">1899-12-31T06:30:00.000</Data></Cell>
          <Cell><Data ss:Type="Boolean">1</Data></Cell>
          <Cell ss:StyleID="p"><Data ss:Type="Number">0.059</Data></Cell>
          <Cell><Data ss:Type="Number">0.25</Data></Cell>
          <Cell ss:Formula="=RC[-1]"/></Row>
        <Row ss:Span="2" ss:StyleID="r"><Cell><Data ss:Type="Number">1</Data></Cell><Cell ss:StyleID="Default"><Data ss:Type="Number">1</Data></Cell></Row>
        <Row><Cell ss:Formula="=1/0"><Data ss:Type="Error">#DIV/0!</Data></Cell></Row>
      </Table><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Panes><Pane><Number>3</Number></Pane></Panes></WorksheetOptions></Worksheet>
      <Worksheet ss:Name="Ẩn"><Table><Row><Cell><Data ss:Type="String">x</Data></Cell></Row></Table>
      <WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>"#;

#[test]
fn a_workbook_is_read_with_every_kind_of_value_where_it_stands() {
    let file = file(workbook(SHEETS));
    assert_eq!(
        detect_file("bao-cao.xls", file.path()).unwrap(),
        Format::XmlSheet { encoding: Encoding::Utf8 }
    );
    let mut table = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(table.sheets(), ["Số liệu", "Ẩn"]);
    let layout = table.layout(0);
    let merged = layout.merged[0];
    assert_eq!((layout.merged.len(), merged.last_row, merged.last_column), (1, 2, 3));
    assert_eq!(
        (layout.hidden_rows.as_slice(), layout.hidden_columns.as_slice()),
        (&[5..=5][..], &[3..=4][..])
    );
    assert_eq!(layout.unvalued, [(5, 8)]);
    assert!(!layout.is_hidden && table.layout(1).is_hidden);
    let chunks = chunks(&mut *table).unwrap();
    assert!(chunks[0].is_typed(1, 0) && !chunks[0].is_typed(0, 0));
    assert_eq!(
        rows_of(&chunks),
        [
            row(0, 1, &["Năm 2020", "", "", "Trạm"]),
            row(0, 5, &["1.5", "", "2020-02-01", "06:30:00", "TRUE", "5.9%", "25%"]),
            row(0, 6, &["100%", "1"]),
            row(0, 9, &["#DIV/0!"]),
            row(1, 1, &["x"]),
        ]
    );
}

#[test]
fn utf_16_and_damage_are_told_apart() {
    let text = workbook(SHEETS);
    let utf_16: Vec<u8> =
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let whole = rows(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(rows(&utf_16, &Limits::default()).unwrap(), whole);
    for (content, expected) in [
        (text[..text.len() - 600].to_owned(), "damaged_xml"),
        (
            workbook(r#"<Worksheet ss:Name="S"><Table><Row ss:Index="x"/></Table></Worksheet>"#),
            "damaged_workbook",
        ),
        (workbook(&r#"<Worksheet ss:Name="S"/>"#.repeat(2)), "damaged_workbook"),
        (workbook(&SHEETS.replace("ss:Index=\"5\"", "ss:Index=\"0\"")), "damaged_workbook"),
        (text.replace("<Workbook", "<!DOCTYPE a [<!ENTITY b \"c\">]><Workbook"), "document_type"),
        (workbook(&format!("<Worksheet ss:Name=\"S\"><Table>{}", "<Row>".repeat(300))), "depth"),
        (
            workbook(
                r#"<Worksheet ss:Name="S"><Table><Row ss:Index="4000000000"><Cell><Data ss:Type="String">x</Data></Cell></Row></Table></Worksheet>"#,
            ),
            "rows",
        ),
        (
            workbook(
                r#"<Worksheet ss:Name="S"><Table><Row><Cell ss:Index="4000000000"><Data ss:Type="String">x</Data></Cell></Row></Table></Worksheet>"#,
            ),
            "columns",
        ),
    ] {
        let code = match rows(content.as_bytes(), &Limits::default()) {
            Err(Error::Invalid { code, .. } | Error::Limit { code, .. }) => code,
            other => panic!("{expected}: {other:?}"),
        };
        assert_eq!(code, expected);
    }
}
