//! GeoJSON, alone and in archives, into datasets of features.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use intake::Error;
use lake::{AsOf, FeatureRead};
use model::RunState;
use policy::Purpose;
use serde_json::json;

use crate::node::{Node, told};

fn feature(id: serde_json::Value, properties: serde_json::Value, x: f64) -> serde_json::Value {
    json!({"type": "Feature", "id": id, "properties": properties,
           "geometry": {"type": "Point", "coordinates": [x, 10.0]}})
}

fn collection(features: Vec<serde_json::Value>) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[tokio::test]
async fn attributes_are_typed_over_all_features_and_the_id_is_the_property_that_differs() {
    let node = Node::new().await;
    let file = collection(vec![
        feature(
            json!(null),
            json!({"code": "A", "fullName": "Cống Cái Lớn", "width": 11, "open": true, "since": "2021-12-24", "kind": "gate"}),
            105.0,
        ),
        feature(
            json!(null),
            json!({"code": "B", "fullName": "Cống Cái Bé", "width": 35.5, "open": false, "since": null, "kind": "gate"}),
            105.1,
        ),
        feature(
            json!(null),
            json!({"code": "C", "fullName": "Cống Xẻo Rô", "width": 8, "kind": "gate", "count": 3}),
            105.2,
        ),
    ]);
    let report = node.load("things", "cong.geojson", file, None).await.unwrap();
    assert!(report.mapping_guessed);
    assert_eq!(told(&report.findings), []);
    assert_eq!((report.run.totals.added, report.run.totals.rows), (3, 3));
    for expected in [
        "id = \"code\"",
        "name = \"fullName\"",
        "name = \"width\"\ntype = \"number\"",
        "name = \"count\"\ntype = \"integer\"",
        "name = \"open\"\ntype = \"boolean\"",
        "name = \"since\"\ntype = \"time\"",
        "name = \"full_name\"\nfrom = \"fullName\"\ntype = \"text\"",
    ] {
        assert!(report.mapping.contains(expected), "{expected} in\n{}", report.mapping);
    }
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: Some("B".into()) };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    let column = |name: &str| batch.column_by_name(name).unwrap();
    assert_eq!(column("name").as_string::<i32>().value(0), "Cống Cái Bé");
    assert!((column("width").as_primitive::<Float64Type>().value(0) - 35.5).abs() < 1e-12);
    assert!(!column("open").as_boolean().value(0));
    assert!(column("since").as_primitive::<TimestampMicrosecondType>().is_null(0));
    assert!(column("count").as_primitive::<Int64Type>().is_null(0));
    assert!((column("xmin").as_primitive::<Float64Type>().value(0) - 105.1).abs() < 1e-12);
    assert_eq!(column("origin_row").as_primitive::<arrow::datatypes::Int32Type>().value(0), 2);
    assert_eq!(column("run").as_string::<i32>().value(0), report.run.id.as_str());
    let run = node.catalog.run(&report.run.id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Done);
}

#[tokio::test]
async fn bad_features_are_refused_with_their_place_and_the_rest_go_in() {
    let node = Node::new().await;
    let mapping = "version = 1\nkind = \"features\"\n[feature]\nid = \"ma\"\n[[attribute]]\nname = \"rong\"\nfrom = \"Rộng\"\ntype = \"number\"\n";
    let mut outside = feature(json!(null), json!({"ma": "x"}), 0.0);
    outside["geometry"]["coordinates"] = json!([586_000.0, 1_110_000.0]);
    let file = collection(vec![
        feature(json!(null), json!({"ma": "a", "Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "b", "Rộng": "rất rộng"}), 105.0),
        feature(json!(null), json!({"Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "a", "Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "a", "Rộng": 6}), 105.0),
        outside,
        json!({"type": "Feature", "properties": {"ma": "z"}, "geometry": null}),
        feature(json!(null), json!({"ma": 7, "Rộng": "7.5"}), 105.0),
    ]);
    let report = node.load("things", "a.geojson", file.clone(), Some(mapping)).await.unwrap();
    let codes: Vec<(&str, u32)> = report.findings.iter().map(|f| (f.code.as_str(), f.cell.row)).collect();
    assert_eq!(
        codes,
        [
            ("wrong_type", 2),
            ("no_feature_id", 3),
            ("duplicate_value", 4),
            ("duplicate_feature", 5),
            ("outside_world", 6),
            ("no_geometry", 7)
        ]
    );
    let totals = report.run.totals;
    assert_eq!((totals.rows, totals.refused, totals.added, totals.warnings), (8, 5, 2, 1));
    let again = node.load("things", "b.geojson", file, None).await.unwrap();
    assert_eq!((again.run.version, again.run.totals.unchanged), (None, 2));
}

#[tokio::test]
async fn other_coordinates_and_features_without_an_id_are_refused_with_a_hint() {
    let node = Node::new().await;
    let mut file: serde_json::Value =
        serde_json::from_str(&collection(vec![feature(json!("a"), json!({}), 105.0)])).unwrap();
    file["crs"] = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}});
    let error = node.load("things", "a.geojson", file.to_string(), None).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid { hint, .. } if !hint.is_empty()), "{error:?}");
    assert!(error.to_string().contains("9210"), "{error}");

    let twins = collection(vec![
        feature(json!(null), json!({"x": 1}), 105.0),
        feature(json!(null), json!({"x": 1}), 106.0),
    ]);
    let error = node.load("things", "a.geojson", twins, None).await.unwrap_err();
    assert!(matches!(&error, Error::Unmapped { example, .. } if example.contains("FILL IN")), "{error:?}");
}

fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_archive_of_layers_goes_in_whole_and_each_feature_leads_to_its_file() {
    let node = Node::new().await;
    let of = |names: [&str; 2], at: f64| {
        let features = names.iter().enumerate().map(|(n, name)| {
            feature(json!(null), json!({"ma": name, "ten": format!("Cống {name}")}), at + n as f64 / 10.0)
        });
        collection(features.collect()).into_bytes()
    };
    let kml = "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark><name>Cống E</name><ExtendedData><Data name=\"ma\"><value>E</value></Data><Data name=\"ten\"><value>Cống E</value></Data></ExtendedData><Point><coordinates>105.9,10.0</coordinates></Point></Placemark></Document></kml>";
    let file = zip(&[
        ("lop/2019.geojson", of(["A", "B"], 105.0)),
        ("bang.csv", b"ma,ten\nX,Y\n".to_vec()),
        ("lop/2020.geojson", of(["C", "D"], 105.5)),
        ("doc.txt", b"one line\n".to_vec()),
        ("anh.png", b"\x89PNG\r\n".to_vec()),
        ("e.kml", kml.as_bytes().to_vec()),
        ("hong.geojson", b"{\"type\": \"FeatureCollection\", \"features\": [".to_vec()),
    ]);
    let mapping = "version = 1\nkind = \"features\"\n[feature]\nid = \"ma\"\nname = \"ten\"\n";
    let error = node.load("things", "lop.zip", file, Some(mapping)).await.unwrap_err();
    assert!(error.to_string().contains("hong.geojson"), "a file that is cut off stops the load: {error}");

    let members = [
        ("lop/2019.geojson", of(["A", "B"], 105.0)),
        ("bang.csv", b"ma,ten\nX,Y\n".to_vec()),
        ("lop/2020.geojson", of(["C", "D"], 105.5)),
        ("anh.png", b"\x89PNG\r\n".to_vec()),
        ("e.kml", kml.as_bytes().to_vec()),
    ];
    let report = node.load("things", "lop.zip", zip(&members), Some(mapping)).await.unwrap();
    let left: Vec<(&str, &str)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.value.as_str())).collect();
    assert_eq!(left, [("left_out", "bang.csv"), ("left_out", "anh.png")]);
    assert!(report.findings[0].expected.contains("table") && report.findings[1].expected.contains("PNG"));
    assert_eq!((report.run.totals.rows, report.run.totals.added), (5, 5));
    assert_eq!(report.run.sheets, ["lop/2019.geojson", "lop/2020.geojson", "e.kml"]);

    // The trace of the second file's second feature leads into that file.
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: Some("D".into()) };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    let number = |name: &str| batch.column_by_name(name).unwrap();
    let sheet = number("origin_sheet").as_primitive::<arrow::datatypes::Int16Type>().value(0);
    let row = number("origin_row").as_primitive::<arrow::datatypes::Int32Type>().value(0);
    assert_eq!((sheet, row), (1, 2));
    let cell = model::CellRef { sheet: 1, row: 2, column: 1 };
    let around = node.intake.cell(&permit, &report.run, cell).await.unwrap();
    assert_eq!(around.sheet_name, "lop/2020.geojson");
    assert!(around.rows.iter().any(|(number, texts)| *number == 2 && texts[0] == "D"), "{around:?}");

    // A mapping may name one of the files; without one, the mapping is guessed over all of them.
    node.dataset("one", model::DatasetKind::Features).await;
    let one = mapping.replace("[feature]", "[source]\nsheet = \"lop/2020.geojson\"\n[feature]");
    let report = node.load("one", "lop.zip", zip(&members), Some(&one)).await.unwrap();
    assert_eq!(report.run.totals.added, 2);
    node.dataset("guessed", model::DatasetKind::Features).await;
    let report = node.load("guessed", "lop.zip", zip(&members), None).await.unwrap();
    assert_eq!(report.run.totals.added, 5, "{}", report.mapping);

    // A dataset of observations takes the tables of the same archive and says what it leaves.
    let mapping = "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:can_tho\"\n[time]\ncolumns = [\"t\"]\n[[value]]\ncolumn = \"v\"\nproperty = \"water_level\"\nunit = \"cm\"\n";
    let mixed =
        zip(&[("a.geojson", of(["A", "B"], 105.0)), ("muc_nuoc.csv", b"t,v\n2020-02-03,5\n".to_vec())]);
    let report = node.load("series", "hai.zip", mixed, Some(mapping)).await.unwrap();
    assert_eq!((report.run.totals.added, report.findings[0].value.as_str()), (1, "a.geojson"));
    assert_eq!(report.findings[0].code, "left_out");
}

#[tokio::test]
async fn a_table_of_features_comes_back_with_its_refused_cells_marked() {
    let node = Node::new().await;
    let csv = "Mã,Kinh độ,Vĩ độ,Rộng\nA,105.1,10.1,5\nB,xa,10.2,6\nC,105.3,10.3,hẹp\n,105.4,10.4,7\n";
    let mapping = "version = 1\nkind = \"features\"\n[feature]\nid = \"Mã\"\nx = \"Kinh độ\"\ny = \"Vĩ độ\"\n[[attribute]]\nname = \"rong\"\nfrom = \"Rộng\"\ntype = \"number\"\n";
    let report = node.load("things", "cong.csv", csv, Some(mapping)).await.unwrap();
    let refused: Vec<(&str, String)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.cell.a1())).collect();
    assert_eq!(
        refused,
        [
            ("bad_coordinates", "B3".to_owned()),
            ("wrong_type", "D4".to_owned()),
            ("no_feature_id", "A5".to_owned())
        ]
    );
    let permit = node.permit("things", Purpose::Read).await;
    let made = node.intake.marked(&permit, &report.run, Some(mapping), model::Lang::En).await.unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(made.path()).unwrap()).unwrap();
    let mut comments = String::new();
    let name =
        archive.file_names().flatten().map(|name| name.into_owned()).find(|name| name.contains("comments"));
    let mut part = archive.by_name(&name.unwrap()).unwrap();
    std::io::Read::read_to_string(&mut part, &mut comments).unwrap();
    for cell in ["ref=\"B3\"", "ref=\"D4\"", "ref=\"A5\""] {
        assert!(comments.contains(cell), "{cell} in {comments}");
    }
}

#[tokio::test]
async fn layers_in_dead_encodings_are_converted_and_told() {
    let node = Node::new().await;
    // `Cµ Mau`, `CÇn Th¬`, … in TCVN3, as a program of that time wrote it; names of properties too.
    let names = [
        "C\u{c7}n Th\u{ac}",
        "S\u{e3}c Tr\u{a8}ng",
        "C\u{b5} Mau",
        "V\u{dc}nh Long",
        "An Giang",
        "Ki\u{aa}n Giang",
    ];
    let bytes =
        |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect() };
    let mut file = b"{\"type\": \"FeatureCollection\", \"features\": [".to_vec();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            file.push(b',');
        }
        file.extend(bytes(&format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"ma\":\"T{at}\",\"t\u{aa}n\":\"{name}\",\"ghi\":\"tr\u{b9}m c\u{f2}\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[105.{at},10.0]}}}}"
        )));
    }
    file.extend(b"]}");
    let report = node.load("things", "tinh.geojson", file, None).await.unwrap();
    assert_eq!(report.run.totals.added, 6, "{:?}", report.findings);
    assert_eq!(report.run.encodings, ["tcvn3"]);
    assert!(report.findings.iter().any(|finding| finding.code == "text_read_as"), "{:?}", report.findings);
    assert!(
        report.mapping.contains("from = \"tên\"") || report.mapping.contains("name = \"tên\""),
        "{}",
        report.mapping
    );
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: Some("T0".into()) };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    assert_eq!(batch.column_by_name("ten").unwrap().as_string::<i32>().value(0), "Cần Thơ");

    // KML with bytes of Windows-1258, and JSON records with a stray byte among UTF-8.
    let mut kml = b"<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>".to_vec();
    for (at, name) in [&b"C\xE2\xCCn Th\xF5"[..], b"S\xF3c Tr\xE3ng", b"C\xE0 Mau", b"Vi\xDEnh Long"]
        .into_iter()
        .enumerate()
    {
        kml.extend(format!("<Placemark id=\"P{at}\"><name>").as_bytes());
        kml.extend(name);
        kml.extend(
            format!("</name><Point><coordinates>105.{at},10</coordinates></Point></Placemark>").as_bytes(),
        );
    }
    kml.extend(b"</Document></kml>");
    node.dataset("marks", model::DatasetKind::Features).await;
    let report = node.load("marks", "a.kml", kml, None).await.unwrap();
    assert_eq!((report.run.totals.refused, report.run.totals.added), (0, 4), "{:?}", report.findings);
    assert!(
        !report.run.encodings.is_empty() && report.run.encodings != ["utf-8"],
        "{:?}",
        report.run.encodings
    );
}

#[tokio::test]
async fn what_only_happens_to_differ_is_no_id() {
    let node = Node::new().await;
    let file = |name: &str, values: [serde_json::Value; 3]| {
        let point = |(at, value): (usize, serde_json::Value)| {
            feature(json!(null), json!({name: value, "kind": "gate"}), 105.0 + at as f64 / 10.0)
        };
        collection(values.into_iter().enumerate().map(point).collect())
    };
    for (name, values) in [
        ("dan_so", [json!(1200), json!(890), json!(15)]),
        ("ngay", [json!("2021-12-24"), json!("2021-12-25"), json!("2021-12-26")]),
        ("ngay_xay", [json!("24/12/2021"), json!("25/12/2021"), json!("26/12/2021")]),
        ("muc_nuoc", [json!("1,25"), json!("1,3"), json!("0,8")]),
    ] {
        let error = node.load("things", "a.geojson", file(name, values), None).await.unwrap_err();
        assert!(matches!(&error, Error::Unmapped { .. }), "{name}: {error}");
    }
    for (name, values) in [
        ("so_hieu", [json!(1200), json!(890), json!(15)]),
        ("station_id", [json!(1), json!(2), json!(3)]),
        ("OBJECTID_1", [json!(1), json!(2), json!(3)]),
        ("ten_cong", [json!("Cái Lớn"), json!("Cái Bé"), json!("Xẻo Rô")]),
    ] {
        let node = Node::new().await;
        let report = node.load("things", "a.geojson", file(name, values), None).await.unwrap();
        assert!(report.mapping.contains(&format!("id = \"{name}\"")), "{name}: {}", report.mapping);
    }
}

#[tokio::test]
async fn numbers_that_stand_for_no_value_leave_their_cells_empty_and_are_told() {
    let node = Node::new().await;
    let point = |id: i64, depth: f64, change: i64| {
        feature(json!(id), json!({"depth": depth, "change": change}), 105.0 + id as f64 / 10.0)
    };
    let file = collection(vec![point(1, 2.5, -400), point(2, -9999.0, -999), point(3, -3.5e38, 12)]);
    let report = node.load("things", "gieng.geojson", file, None).await.unwrap();
    let mut codes: Vec<(&str, &str)> =
        report.findings.iter().map(|one| (one.code.as_str(), one.column_name.as_str())).collect();
    codes.sort_unstable();
    // A change of -999 beside one of -400 may be one.
    assert_eq!(codes, [("number_for_nothing", "depth")]);
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let mut rows: Vec<(Option<f64>, Option<i64>)> = Vec::new();
    for batch in &found.batches {
        let depth = batch.column_by_name("depth").unwrap().as_primitive::<Float64Type>().clone();
        let change = batch.column_by_name("change").unwrap().as_primitive::<Int64Type>().clone();
        rows.extend(depth.iter().zip(change.iter()));
    }
    rows.sort_by_key(|one| one.1);
    assert_eq!(rows, [(None, Some(-999)), (Some(2.5), Some(-400)), (None, Some(12))]);
}
