//! A cell with its surroundings.

use formats::{Error, Format, Limits, Neighbourhood, detect_file, neighbourhood, neighbourhood_under};
use model::CellRef;

use crate::files::{file, workbook};

fn around(content: impl AsRef<[u8]>, cell: CellRef, rows: u32) -> Result<Neighbourhood, Error> {
    let file = file(content);
    let format = detect_file("a.bin", file.path())?;
    neighbourhood(file.path(), &format, cell, rows, &Limits::default())
}

fn cell(sheet: u16, row: u32, column: u16) -> CellRef {
    CellRef { sheet, row, column }
}

fn shown(found: &Neighbourhood) -> Vec<(u32, Vec<&str>)> {
    found.rows.iter().map(|(row, texts)| (*row, texts.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_cell_is_shown_with_its_header_and_its_neighbours() {
    let mut text = String::from("\"A title\"\n\nid;value\n");
    for id in 4..100_000 {
        text += &format!("{id};{}\n", id * 2);
    }
    let found = around(&text, cell(0, 80_000, 2), 1).unwrap();
    assert_eq!((found.header_row, found.first_column, found.sheet_name.as_str()), (Some(3), 1, ""));
    assert_eq!(
        shown(&found),
        [
            (3, vec!["id", "value"]),
            (79_999, vec!["79999", "159998"]),
            (80_000, vec!["80000", "160000"]),
            (80_001, vec!["80001", "160002"]),
        ]
    );
    let found = around(&text, cell(0, 4, 1), 2).unwrap();
    assert_eq!(shown(&found).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3, 4, 5, 6]);
}

#[test]
fn a_header_that_is_known_is_the_one_that_is_shown() {
    let file = file("a,b\nnotes,more\nid,value\n1,2\n");
    let format = Format::Csv { delimiter: b',', encoding: formats::Encoding::Utf8 };
    let found =
        neighbourhood_under(file.path(), &format, Some(3), cell(0, 4, 2), 0, &Limits::default()).unwrap();
    assert_eq!(shown(&found), [(3, vec!["id", "value"]), (4, vec!["1", "2"])]);
}

#[test]
fn a_cell_of_a_later_sheet_is_found() {
    let data = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
        <row r="40"><c r="A40"><v>7</v></c><c r="AD40"><v>8</v></c></row>"#;
    let content = workbook(&[("Đầu", data), ("Sau", data)], &["id", "value"]);
    let found = around(&content, cell(1, 40, 30), 3).unwrap();
    assert_eq!((found.sheet_name.as_str(), found.header_row, found.first_column), ("Sau", Some(1), 7));
    assert_eq!(found.rows[1].0, 40);
    assert_eq!(found.rows[1].1.last().map(String::as_str), Some("8"));
    assert!(found.rows.iter().all(|(_, texts)| texts.len() == 24));
    assert!(matches!(around(&content, cell(2, 1, 1), 1), Err(Error::Invalid { code: "no_such_cell", .. })));
}

#[test]
fn a_cell_that_is_not_there_is_said_so() {
    for (row, column) in [(9, 1), (0, 1), (1, 0), (2, 1)] {
        let result = around("a,b\n\n1,2\n", cell(0, row, column), 1);
        assert!(matches!(result, Err(Error::Invalid { code: "no_such_cell", .. })), "{row} {column}");
    }
}

#[test]
fn a_feature_is_shown_with_the_names_of_its_properties() {
    let feature = |name: &str, x: u32| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{x}","name":"{name}"}},"geometry":{{"type":"Point","coordinates":[{x},9]}}}}"#
        )
    };
    let features: Vec<String> = (1..=90).map(|x| feature(&format!("n{x}"), x)).collect();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let found = around(text, cell(0, 50, 2), 1).unwrap();
    assert_eq!(
        shown(&found),
        [
            (0, vec!["code", "name", "geometry"]),
            (49, vec!["49", "n49", "49 9 49 9"]),
            (50, vec!["50", "n50", "50 9 50 9"]),
            (51, vec!["51", "n51", "51 9 51 9"]),
        ]
    );
}
