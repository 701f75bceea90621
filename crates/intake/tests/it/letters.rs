//! Files in old encodings go in, and what was done to their letters is told.

use formats::Charset;
use intake::finding_message;
use model::{CellRef, Lang};
use policy::Purpose;

use crate::node::{Node, told};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "Trạm"
kind = "station"
[time]
columns = ["Ngày"]
[[value]]
column = "Mực nước"
property = "water_level"
unit = "cm"
"#;

/// `Trạm;Ngày;Mực nước` and two stations in TCVN3, a note in UTF-8 beside them.
fn tcvn3() -> Vec<u8> {
    let mut file = b"Tr\xB9m;Ng\xB5y;M\xF9c n\xAD\xEDc;Ghi ch\xF3\n".to_vec();
    // "Mực" is 4D F9 63 and "nước" 6E AD ED 63 in TCVN3; "chú" is 63 68 F3.
    file.extend_from_slice(b"T\xA9n Ch\xA9u;2020-02-03;124;");
    file.extend_from_slice("đo sáng\n".as_bytes());
    file.extend_from_slice(b"Tr\xB5 Vinh;2020-02-03;80;");
    file.extend_from_slice("đo chiều\n".as_bytes());
    file
}

#[tokio::test]
async fn a_file_in_tcvn3_goes_in_and_says_how_it_was_read() {
    let node = Node::new().await;
    let report = node.load("series", "muc_nuoc.csv", tcvn3(), Some(MAPPING)).await.unwrap();
    let places: Vec<String> = node.values("series").await.iter().map(|v| v.key.place.to_string()).collect();
    assert_eq!((places.len(), report.run.totals.refused), (2, 0));
    assert!(
        places.contains(&"station:tan_chau".to_owned()) && places.contains(&"station:tra_vinh".to_owned())
    );

    assert_eq!(report.run.encodings, ["utf-8", "tcvn3"]);
    assert_eq!(node.catalog.run(&report.run.id).await.unwrap().unwrap().encodings, report.run.encodings);
    let findings = told(&report.findings);
    assert_eq!(findings[0], ("text_read_as", "A1".into(), "Tr\\xB9m"));
    assert_eq!(report.run.totals.warnings, report.findings.len() as u64);
    let sentence = finding_message(&report.findings[0], Lang::En);
    assert!(sentence.contains("“Trạm” (TCVN3 (ABC))"), "{sentence}");
    assert!(finding_message(&report.findings[0], Lang::Vi).contains("không phải Unicode"));

    // The trace shows the cell as it was read.
    let permit = node.permit("series", Purpose::Read).await;
    let cell = CellRef { sheet: 0, row: 2, column: 1 };
    let around = node.intake.cell(&permit, &report.run, cell).await.unwrap();
    assert_eq!(around.rows[0].1, ["Trạm", "Ngày", "Mực nước", "Ghi chú"]);
    assert_eq!(around.rows[1].1, ["Tân Châu", "2020-02-03", "124", "đo sáng"]);
}

#[tokio::test]
async fn a_mapping_is_guessed_from_a_file_in_an_old_encoding() {
    let node = Node::new().await;
    let report = node.load("series", "muc_nuoc.csv", tcvn3(), None).await.unwrap();
    assert!(report.mapping_guessed && report.mapping.contains("\"Trạm\""), "{}", report.mapping);
    assert_eq!(node.values("series").await.len(), 2);
}

#[tokio::test]
async fn a_mapping_overrules_the_encoding_of_the_file_and_of_a_column() {
    let node = Node::new().await;
    let wrong = MAPPING.replace("[place]", "[source]\nencoding = \"windows-1252\"\n[place]");
    let error = node.load("series", "a.csv", tcvn3(), Some(&wrong)).await.unwrap_err();
    assert!(error.to_string().contains("no column `Trạm`"), "{error}");
    let by_name = MAPPING.replace(
        "[place]",
        "[source]\nencoding = \"tcvn3\"\nencodings = { \"Ghi chú\" = \"utf-8\", D = \"utf-8\" }\n[place]",
    );
    node.load("series", "a.csv", tcvn3(), Some(&by_name)).await.unwrap();
    assert_eq!(node.values("series").await.len(), 2);
    let unknown = MAPPING.replace("[place]", "[source]\nencoding = \"abc\"\n[place]");
    let error = node.load("series", "a.csv", tcvn3(), Some(&unknown)).await.unwrap_err();
    assert!(error.to_string().contains("line 5") && error.hint().unwrap().contains("tcvn3"), "{error}");
}

#[test]
fn every_code_of_an_encoding_is_read_in_a_mapping() {
    for charset in Charset::ALL {
        assert_eq!(Charset::from_code(charset.code()), Some(charset));
    }
}
