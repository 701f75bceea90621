//! Files of every kind of table, taken in by a mapping and traced back to their cells.

use std::io::{Cursor, Write};

use model::{CellRef, RunState};
use policy::Purpose;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::node::{Node, at, told};

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(
            *name,
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
        )
        .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A mapping of a long table with these columns.
fn mapping(source: &str, [place, time, property, unit, value]: [&str; 5]) -> String {
    format!(
        "version = 1\nkind = \"observations\"\n[source]\n{source}\n[place]\ncolumn = \"{place}\"\nkind = \"station\"\n\
         [time]\ncolumns = [\"{time}\"]\n[[value]]\ncolumn = \"{value}\"\nproperty = {{ column = \"{property}\" }}\nunit = {{ column = \"{unit}\" }}\n"
    )
}

/// Row and value of what was stored, in the order of the rows.
async fn stored(node: &Node) -> Vec<(i32, f64)> {
    let mut values: Vec<(i32, f64)> =
        node.values("series").await.into_iter().map(|value| (value.row, value.result)).collect();
    values.sort_by_key(|(row, _)| *row);
    values
}

/// The text of the cell that a run read.
async fn traced(node: &Node, run: &model::Run, cell: CellRef) -> String {
    let permit = node.permit("series", Purpose::Read).await;
    let found = node.intake.cell(&permit, run, cell).await.unwrap();
    let (_, texts) = found.rows.iter().find(|(row, _)| *row == cell.row).unwrap();
    texts[usize::from(cell.column - found.first_column)].clone()
}

#[tokio::test]
async fn text_of_fixed_width_is_cut_by_the_widths_of_the_mapping() {
    let node = Node::new().await;
    let text = "tram      ngay      chi tieu  dvi  gia\nTan Chau  2020-02-01salinity  g/L  1.25\nTan Chau  2020-02-02salinity  g/L  2.5\n";
    let mapping = mapping("widths = [10, 10, 10, 5]", ["tram", "ngay", "chi tieu", "dvi", "gia"]);
    let report = node.load("series", "a.txt", text, Some(&mapping)).await.unwrap();
    assert_eq!((report.run.state, told(&report.findings)), (RunState::Done, vec![]));
    assert_eq!(stored(&node).await, [(2, 1.25), (3, 2.5)]);
    assert_eq!(traced(&node, &report.run, CellRef { sheet: 0, row: 3, column: 5 }).await, "2.5");
}

#[tokio::test]
async fn widths_that_cannot_be_are_refused_with_their_line() {
    let node = Node::new().await;
    let mapping = mapping("widths = [10, 0]", ["a", "b", "c", "d", "e"]);
    let error = node.load("series", "a.txt", "a\n", Some(&mapping)).await.unwrap_err();
    assert!(error.to_string().contains("the mapping, line 4"), "{error}");
}

#[tokio::test]
async fn a_spreadsheet_tells_what_it_hides_and_what_it_has_not_computed() {
    let node = Node::new().await;
    let texts = |texts: &[&str]| -> String {
        texts.iter().map(|text| format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")).collect()
    };
    let content = format!(
        "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body><office:spreadsheet>\
         <table:table table:name=\"S\"><table:table-row>{}</table:table-row>\
         <table:table-row table:visibility=\"collapse\">{}<table:table-cell office:value-type=\"float\" office:value=\"1.25\"/></table:table-row>\
         <table:table-row>{}<table:table-cell table:formula=\"of:=1\"/></table:table-row></table:table>\
         </office:spreadsheet></office:body></office:document-content>",
        texts(&["tram", "ngay", "chi tieu", "dvi", "gia"]),
        texts(&["Tan Chau", "2020-02-01", "salinity", "g/L"]),
        texts(&["Tan Chau", "2020-02-02", "salinity", "g/L"]),
    );
    let book =
        zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)]);
    let mapping = mapping("", ["tram", "ngay", "chi tieu", "dvi", "gia"]);
    let report = node.load("series", "a.ods", book, Some(&mapping)).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [("hidden_rows", "A2".to_owned(), "2"), ("formula_without_value", "E3".to_owned(), "")]
    );
    assert_eq!(report.run.state, RunState::Done);
    assert_eq!(stored(&node).await, [(2, 1.25)], "a hidden row is read");
}

#[tokio::test]
async fn empty_rows_without_end_are_passed_over_and_told_of() {
    let node = Node::new().await;
    let mut csv = "tram,ngay,chi tieu,dvi,gia\nTan Chau,2020-02-01,salinity,g/L,1.25\n".to_owned();
    csv.push_str(&",,,,\n".repeat(20_000));
    let mapping = mapping("", ["tram", "ngay", "chi tieu", "dvi", "gia"]);
    let report = node.load("series", "a.csv", csv.clone(), Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("blank_rows", "A1".to_owned(), "20000")]);
    let packed = zip(&[("a.csv", &csv)]);
    let report = node.load("series", "a.zip", packed, Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("blank_rows", "A1".to_owned(), "20000")]);
}

#[tokio::test]
async fn a_zip_of_tables_is_read_from_the_one_that_the_mapping_names() {
    let node = Node::new().await;
    let table = "tram,ngay,chi tieu,dvi,gia\nTan Chau,2020-02-01,salinity,g/L,";
    let content = zip(&[
        ("2019/a.csv", &format!("{table}1.5\n")),
        ("readme.pdf", "%PDF-1.4"),
        ("2020/a.csv", &format!("{table}2.5\n")),
    ]);
    let mapping = mapping("sheet = \"2020/a.csv\"", ["tram", "ngay", "chi tieu", "dvi", "gia"]);
    let report = node.load("series", "a.zip", content, Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("left_out", "A1".to_owned(), "readme.pdf")]);
    assert_eq!(report.run.sheets, ["2019/a.csv", "2020/a.csv"]);
    assert_eq!(stored(&node).await, [(2, 2.5)]);
    assert_eq!(traced(&node, &report.run, CellRef { sheet: 1, row: 2, column: 5 }).await, "2.5");
}

#[tokio::test]
async fn a_collection_of_sensorthings_goes_in_and_its_values_are_traced() {
    let node = Node::new().await;
    let content = r#"{"value": [{"unitOfMeasurement": {"symbol": "g/L"}, "Observations": [
        {"phenomenonTime": "2020-02-01T00:00:00Z", "result": 4.5}, {"phenomenonTime": "2020-02-02T00:00:00Z", "result": null},
        {"phenomenonTime": "2020-02-03T00:00:00Z", "result": 5}], "Thing": {"name": "Tân Châu"}, "ObservedProperty": {"name": "salinity"}}]}"#;
    let mapping = mapping("", ["place", "time", "property", "unit", "value"]);
    let report = node.load("series", "a.json", content, Some(&mapping)).await.unwrap();
    // Days that all begin at midnight UTC may be days of Vietnam: told, and taken as they stand.
    let expected = vec![("utc_midnight", "E2".to_owned(), "2020-02-01T00:00:00Z")];
    assert_eq!((report.run.state, told(&report.findings)), (RunState::Done, expected));
    assert_eq!(stored(&node).await, [(2, 4.5), (4, 5.0)]);
    assert_eq!(node.values("series").await[0].time, at("2020-02-01T00:00:00Z"));
    assert_eq!(traced(&node, &report.run, CellRef { sheet: 0, row: 4, column: 7 }).await, "5");
}

#[tokio::test]
async fn a_waterml_document_goes_in() {
    let node = Node::new().await;
    let content = r#"<c xmlns="http://www.opengis.net/waterml/2.0"><OM_Observation><observedProperty title="salinity"/><featureOfInterest title="Tân Châu"/>
        <result><defaultPointMetadata><uom code="g/L"/></defaultPointMetadata>
        <point><time>2020-02-01T07:00:00+07:00</time><value>4.5</value></point></result></OM_Observation></c>"#;
    let mapping = mapping("", ["place", "time", "property", "unit", "value"]);
    let report = node.load("series", "a.xml", content, Some(&mapping)).await.unwrap();
    assert_eq!((report.run.state, told(&report.findings)), (RunState::Done, vec![]));
    let values = node.values("series").await;
    assert_eq!((values.len(), values[0].time, values[0].result), (1, at("2020-02-01T00:00:00Z"), 4.5));
}

#[tokio::test]
async fn a_grid_of_a_model_goes_into_a_dataset_of_rasters_and_not_into_one_of_series() {
    let Some(path) = crate::real::real("upstream_gridded_nam_ngum/elv.nc") else { return };
    let content = std::fs::read(path).unwrap();
    let node = Node::new().await;
    node.dataset("rasters", model::DatasetKind::Coverage).await;
    let report = node.load("rasters", "elv.nc", content.clone(), None).await.unwrap();
    assert_eq!((report.run.state, report.run.totals.rows), (RunState::Done, 1), "{:?}", report.findings);
    let error = node.load("series", "elv.nc", content, None).await.unwrap_err();
    assert!(error.hint().unwrap().contains("coverage"), "{error:?}");
}
