//! Lists and layers of things, all made up for these tests, whose numbers, ids and systems can be taken for others: each
//! goes in as its file means it, or is asked about.

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use formats::crs::Crs;
use intake::{Error, Report};
use lake::{AsOf, FeatureRead};
use model::DatasetKind;
use policy::Purpose;

use crate::node::Node;
use crate::positions::{codes, stored};

/// An attribute of all features, by id.
pub async fn attribute(node: &Node, dataset: &str, name: &str) -> Vec<(String, String)> {
    let permit = node.permit(dataset, Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 1000, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let mut rows = Vec::new();
    for batch in &found.batches {
        let ids = batch.column_by_name("feature").unwrap().as_string::<i32>();
        let column = batch.column_by_name(name).unwrap();
        for row in 0..batch.num_rows() {
            let text = match column.data_type() {
                _ if column.is_null(row) => String::new(),
                DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
                DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
                _ => column.as_string::<i32>().value(row).to_owned(),
            };
            rows.push((ids.value(row).to_owned(), text));
        }
    }
    rows.sort();
    rows
}

fn values(rows: &[(String, String)]) -> Vec<&str> {
    rows.iter().map(|(_, value)| value.as_str()).collect()
}

/// Loads a file into a dataset of its own.
async fn load(node: &Node, dataset: &str, name: &str, text: &str) -> Result<Report, Error> {
    node.dataset(dataset, DatasetKind::Features).await;
    node.load(dataset, name, text, None).await
}

/// What is asked, with the mapping that comes with the question.
fn asked(result: Result<Report, Error>) -> (String, String) {
    match result {
        Err(Error::Unmapped { missing, example }) => (missing.to_string(), example.to_string()),
        Err(Error::Drifted { differences, example }) => {
            (differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "), example.to_string())
        }
        Err(error) => (format!("{error} ({})", error.hint().cloned().unwrap_or_default()), String::new()),
        Ok(report) => panic!("went in: {}", report.mapping),
    }
}

#[tokio::test]
async fn decimal_commas_of_attributes_are_numbers() {
    let node = Node::new().await;
    let text = "Mã;Tên;Kinh độ;Vĩ độ;Dân số;Diện tích (ha);Ghi chú\nA1;Xã A;105.7;10.1;12.345;1,5;1,2 và 3\nA2;Xã B;105.8;10.2;8.900;22,75;\n";
    load(&node, "a", "xa.csv", text).await.unwrap();
    assert_eq!(values(&attribute(&node, "a", "dien_tich_ha").await), ["1.5", "22.75"]);
    // Beside decimal commas, points stand between thousands.
    assert_eq!(values(&attribute(&node, "a", "dan_so").await), ["12345", "8900"]);
    assert_eq!(values(&attribute(&node, "a", "ghi_chu").await), ["1,2 và 3", ""]);
    // Codes are none, however many digits they have.
    load(&node, "b", "xa.csv", "Mã;Lat;Lon;Số máy\nA1;10.1;105.7;0912.345\nA2;10.2;105.8;0912.346\n")
        .await
        .unwrap();
    assert_eq!(values(&attribute(&node, "b", "so_may").await), ["0912.345", "0912.346"]);
    load(&node, "c", "xa.csv", "Mã;Lat;Lon;Dân số\nA1;10.1;105.7;1.012.345\nA2;10.2;105.8;12.346\n")
        .await
        .unwrap();
    assert_eq!(values(&attribute(&node, "c", "dan_so").await), ["1012345", "12346"]);
}

#[tokio::test]
async fn points_that_may_stand_between_thousands_are_asked_about() {
    let node = Node::new().await;
    let text = "Mã;Kinh độ;Vĩ độ;Số dân;Cao độ (m)\nA1;105.7;10.1;12.345;1.234\nA2;105.8;10.2;980;0.950\n";
    let (what, example) = asked(load(&node, "a", "xa.csv", text).await);
    assert!(what.contains("`Số dân`: has `12.345` a decimal point"), "{what}");
    assert!(example.contains("CONFIRM") && example.contains("decimal = \"comma\""), "{example}");
    node.load("a", "xa.csv", text, Some(&example)).await.unwrap();
    assert_eq!(values(&attribute(&node, "a", "so_dan").await), ["12345", "980"]);
    assert_eq!(values(&attribute(&node, "a", "cao_do_m").await), ["1.234", "0.95"]);
    node.load("a", "xa.csv", text, Some(&example.replace("\"comma\"", "\"dot\""))).await.unwrap();
    assert_eq!(values(&attribute(&node, "a", "so_dan").await), ["12.345", "980"]);
}

#[tokio::test]
async fn a_later_file_whose_numbers_are_written_otherwise_is_asked_about() {
    let node = Node::new().await;
    let of = |one: &str, other: &str| {
        format!("Mã;Lat;Lon;Sản lượng\nA1;10.1;105.7;{one}\nA2;10.2;105.8;{other}\n")
    };
    load(&node, "a", "a.csv", &of("12.5", "3.25")).await.unwrap();
    let (what, _) = asked(node.load("a", "b.csv", of("12.500", "3.250"), None).await);
    assert!(what.contains("`12.500` a decimal point"), "{what}");
    load(&node, "b", "a.csv", &of("12,5", "3,25")).await.unwrap();
    let (what, _) = asked(node.load("b", "b.csv", of("12.500", "3.2"), None).await);
    assert!(what.contains("`12.500` a decimal point"), "{what}");
    // What only one style reads is read in it.
    node.load("b", "c.csv", of("12.5", "3,5"), None).await.unwrap();
    assert_eq!(values(&attribute(&node, "b", "san_luong").await), ["12.5", "3.5"]);
}

#[tokio::test]
async fn a_second_list_with_the_same_running_numbers_overwrites_nothing() {
    let list = |kind: &str, names: [&str; 3], by: f64| {
        let row = |(at, name): (usize, &str)| {
            let n = at as f64;
            format!("{};{kind};{name};{:.4};{:.4}\n", at + 1, 105.7 + n / 10.0 + by, 10.1 + n / 10.0)
        };
        let rows: String = names.into_iter().enumerate().map(row).collect();
        move |header: &str| format!("{header};Loại;Đường;Kinh độ;Vĩ độ\n{rows}")
    };
    let first = list("cống", ["x", "x", "x"], 0.0);
    let other = list("bơm", ["x", "x", "x"], 0.013);
    for (at, header) in ["STT", "TT", "No.", "FID", "OBJECTID", "Mã xã", "Mã"].into_iter().enumerate() {
        let node = Node::new().await;
        let dataset = format!("list_{at}");
        load(&node, &dataset, "a.csv", &first(header)).await.unwrap();
        let (what, example) = asked(node.load(&dataset, "b.csv", other(header), None).await);
        assert!(what.contains(&format!("3 features that are there have the same `{header}`")), "{what}");
        assert_eq!(values(&attribute(&node, &dataset, "loai").await), ["cống"; 3]);
        // The same list with other attributes is a correction.
        let corrected = first(header).replace("cống", "cống hở");
        let report = node.load(&dataset, "a2.csv", corrected, None).await.unwrap();
        assert_eq!(report.run.totals.corrected, 3, "{header}");
        // Who hands in the mapping has decided.
        let report = node.load(&dataset, "b.csv", other(header), Some(&example)).await.unwrap();
        assert_eq!(report.run.totals.corrected, 3, "{header}");
    }
    // Things that are called the same have moved.
    let node = Node::new().await;
    let named = list("cống", ["Cái Lớn", "Cái Bé", "Xẻo Rô"], 0.0)("STT").replace("Đường", "Tên cống");
    let moved = list("cống", ["Cái Lớn", "Cái Bé", "Xẻo Rô"], 0.2)("STT").replace("Đường", "Tên cống");
    load(&node, "named", "a.csv", &named).await.unwrap();
    let report = node.load("named", "b.csv", moved, None).await.unwrap();
    assert_eq!(report.run.totals.corrected, 3);
}

#[tokio::test]
async fn folders_and_own_ids_of_a_second_file_overwrite_nothing() {
    let node = Node::new().await;
    let kml = |by: f64| {
        let mark = |name: &str, lon: f64| {
            format!(
                "<Folder><name>{name}</name><Placemark><Point><coordinates>{lon},10.1</coordinates></Point></Placemark></Folder>"
            )
        };
        let (one, other) = (mark("Xã A", 105.7 + by), mark("Xã B", 105.8 + by));
        format!("<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{one}{other}</Document></kml>")
    };
    load(&node, "marks", "a.kml", &kml(0.0)).await.unwrap();
    let (what, _) = asked(node.load("marks", "b.kml", kml(0.02), None).await);
    assert!(what.contains("2 features that are there have the same `folder`"), "{what}");
    let json = |kind: &str, by: f64| {
        let one = |id: u32| {
            format!(
                "{{\"type\":\"Feature\",\"id\":{id},\"properties\":{{\"loai\":\"{kind}\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{},10.1]}}}}",
                105.0 + f64::from(id) / 10.0 + by
            )
        };
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{},{}]}}", one(1), one(2))
    };
    load(&node, "json", "a.geojson", &json("cong", 0.0)).await.unwrap();
    let (what, _) = asked(node.load("json", "b.geojson", json("bom", 0.03), None).await);
    assert!(what.contains("2 features that are there have the same `id`"), "{what}");
}

#[tokio::test]
async fn a_pair_of_another_system_beside_the_one_that_is_read_says_nothing_of_it() {
    let node = Node::new().await;
    let text = "Mã;lon;lat;lon_vn2000;lat_vn2000\nA;105.7;10.1;105.698;10.099\nB;105.8;10.2;105.798;10.199\n";
    let report = load(&node, "a", "a.csv", text).await.unwrap();
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert!((stored(&node, "a").await[0].1[0] - 105.7).abs() < 1e-9);
    let text = ";VN-2000, KTT 105°30', múi 3°;;WGS-84;\nMã;X;Y;Long;Lat\nA;1117000;521000;105.7;10.1\nB;1128000;532000;105.8;10.2\n";
    let report = load(&node, "b", "b.csv", text).await.unwrap();
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert!((stored(&node, "b").await[0].1[0] - 105.7).abs() < 1e-9);
}

fn named_system(code: u32, by: f64) -> String {
    let transform = Crs::epsg(code).unwrap().transform().unwrap();
    let one = |id: u32| {
        let (x, y) = transform.from_wgs84(105.7 + f64::from(id) / 10.0 + by, 9.9);
        format!(
            "{{\"type\":\"Feature\",\"id\":\"g{code}_{id}\",\"properties\":{{}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{x},{y}]}}}}"
        )
    };
    format!(
        "{{\"type\":\"FeatureCollection\",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::{code}\"}}}},\"features\":[{},{}]}}",
        one(1),
        one(2)
    )
}

#[tokio::test]
async fn a_later_file_that_names_another_system_is_read_in_it() {
    let node = Node::new().await;
    load(&node, "a", "a.geojson", &named_system(9209, 0.0)).await.unwrap();
    // The zone beside, 55 km away under the numbers of the first.
    let report = node.load("a", "b.geojson", named_system(9210, 0.0), None).await.unwrap();
    assert_eq!(codes(&report), ["crs_of_file", "crs_used"]);
    let places: Vec<f64> = stored(&node, "a").await.iter().map(|(_, edges)| edges[0]).collect();
    for (found, wanted) in places.iter().zip([105.8, 105.9, 105.8, 105.9]) {
        assert!((found - wanted).abs() < 1e-6, "{places:?}");
    }
    // What somebody decided against the files stands for files that go on saying the same.
    let wrong = named_system(9209, 0.0).replace("EPSG::9209", "EPSG::9210");
    let mapping = "version = 1\nkind = \"features\"\n[source]\ncrs = \"EPSG:9209\"\n[feature]\n";
    node.dataset("b", DatasetKind::Features).await;
    let report = node.load("b", "a.geojson", wrong.clone(), Some(mapping)).await.unwrap();
    assert_eq!(codes(&report), ["crs_overruled", "crs_used"]);
    let report = node.load("b", "b.geojson", wrong, None).await.unwrap();
    assert_eq!((codes(&report), report.run.totals.unchanged), (vec!["crs_overruled", "crs_used"], 2));
}

#[tokio::test]
async fn degrees_among_packed_numbers_stay_what_they_are() {
    let node = Node::new().await;
    let text = "Mã;Kinh độ;Vĩ độ\nA;1054530;101230\nB;1053015;104510\nC;105.7524;10.1921\nD;1052015;103510\n";
    let report = load(&node, "a", "a.csv", text).await.unwrap();
    assert_eq!(codes(&report), ["coordinates_packed"]);
    let third = stored(&node, "a").await[2].1;
    assert!((third[0] - 105.7524).abs() < 1e-9 && (third[1] - 10.1921).abs() < 1e-9, "{third:?}");
    // Where each may be minutes and seconds behind the point, it is said.
    let rows =
        ["105.4530;10.1230", "105.3015;10.2510", "105.2045;10.0530", "105.5918;10.4411", "105.1102;10.3907"];
    let rows: String = rows.iter().enumerate().map(|(at, row)| format!("P{at};{row}\n")).collect();
    let report = load(&node, "b", "b.csv", &format!("Mã;Kinh độ;Vĩ độ\n{rows}")).await.unwrap();
    assert_eq!(codes(&report), ["degrees_perhaps_packed"]);
    let report =
        load(&node, "c", "c.csv", &format!("Mã;Kinh độ;Vĩ độ\n{rows}Q;105.3177;10.22\n")).await.unwrap();
    assert_eq!(codes(&report), Vec::<&str>::new());
}

#[tokio::test]
async fn a_position_that_cannot_belong_to_its_geometry_is_refused_or_told() {
    let node = Node::new().await;
    let ring = |id: &str, third: &str| {
        format!(
            "{{\"type\":\"Feature\",\"id\":\"{id}\",\"properties\":{{}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[105.7,10.1],[105.71,10.1],{third},[105.7,10.11],[105.7,10.1]]]}}}}"
        )
    };
    let rings = [
        ring("a", "[105.71,10.11]"),
        ring("b", "[0,0]"),
        ring("c", "[105.96,10.11]"),
        ring("d", "[10.11,105.71]"),
    ];
    let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", rings.join(","));
    let report = load(&node, "a", "a.geojson", &text).await.unwrap();
    let said: Vec<(&str, u32)> =
        report.findings.iter().map(|one| (one.code.as_str(), one.cell.row)).collect();
    assert_eq!(said, [("bad_geometry", 2), ("stray_position", 3), ("outside_world", 4)]);
    assert_eq!(report.run.totals.added, 2);
}

#[tokio::test]
async fn a_zone_that_there_is_none_of_and_two_positions_in_a_row_are_asked_about() {
    let node = Node::new().await;
    let text =
        "\"Hệ VN-2000, KTT 104°30', múi 6°\";;\nMã;X (m);Y (m)\nA;1116980,1;631234,5\nB;1128000,2;642345,6\n";
    let (what, _) = asked(load(&node, "a", "a.csv", text).await);
    assert!(what.contains("nothing says in which system"), "{what}");
    for (at, text) in [
        "Mã;Tên;Điểm đầu;;Điểm cuối;\n;;X;Y;X;Y\nA;Kênh A;105.7;10.1;105.8;10.2\nB;Kênh B;105.72;10.12;105.82;10.22\n",
        "Mã;Tên;lat_dau;lon_dau;lat_cuoi;lon_cuoi\nA;Kênh A;10.1;105.7;10.2;105.8\nB;Kênh B;10.12;105.72;10.22;105.82\n",
    ]
    .into_iter()
    .enumerate()
    {
        let (what, _) = asked(load(&node, &format!("two_{at}"), "kenh.csv", text).await);
        assert!(what.contains("two positions each") && what.contains("[feature]"), "{what}");
    }
}

#[tokio::test]
async fn what_a_later_file_has_more_or_less_is_told() {
    let node = Node::new().await;
    load(&node, "a", "a.csv", "Mã;Lat;Lon;Loại\nA;10.1;105.7;cống\nB;10.2;105.8;bơm\n").await.unwrap();
    let text = "Mã;Lat;Lon;Rộng\nA;10.1;105.7;5\nB;10.2;105.8;6\n";
    let report = node.load("a", "b.csv", text, None).await.unwrap();
    let said: Vec<(&str, &str)> =
        report.findings.iter().map(|one| (one.code.as_str(), one.value.as_str())).collect();
    assert_eq!(said, [("drift_column_added", "Rộng"), ("attribute_gone", "Loại")]);
}

#[tokio::test]
async fn titles_and_headers_that_name_the_system_are_understood() {
    let transform = Crs::epsg(9209).unwrap().transform().unwrap();
    let utm = Crs::epsg(32648).unwrap().transform().unwrap();
    let places = [(105.97, 9.6), (105.72, 9.46)];
    let rows = |transform: &formats::crs::Transform, behind: &str| -> String {
        let row = |(at, (lon, lat)): (usize, &(f64, f64))| {
            let (x, y) = transform.from_wgs84(*lon, *lat);
            format!("G{at};{x:.3};{y:.3}{behind}\n")
        };
        places.iter().enumerate().map(row).collect()
    };
    let of_zone = rows(&transform, "");
    let of_utm = rows(&utm, "");
    let node = Node::new().await;
    for (at, text) in [
        format!("Tọa độ UTM WGS84 múi 48;;\nMã;X;Y\n{of_utm}"),
        format!("Hệ tọa độ WGS84 UTM zone 48N;;\nOID;POINT_X;POINT_Y\n{of_utm}"),
        format!("Mã;E (UTM 48N WGS84);N (UTM 48N WGS84)\n{of_utm}"),
        format!("Mã;X VN2000 (KTT 105-30 múi 3);Y VN2000 (KTT 105-30 múi 3)\n{of_zone}"),
        format!("Hệ VN-2000, KTT 105°30', múi 3°;;;\nMã;X (m);Y (m);H (m)\n{}", rows(&transform, ";1.234")),
        format!("Mã;X (m);Y (m)\n{of_zone}Ghi chú: Hệ VN-2000, kinh tuyến trục 105°30', múi chiếu 3°;;\n"),
        format!("Mã;X (m);Y (m);KTT;Múi chiếu\n{}", rows(&transform, ";105°30';3")),
        "id;decimalLongitude;decimalLatitude\nA;105.97;9.6\nB;105.72;9.46\n".to_owned(),
        "Mã;KinhDo;ViDo\nA;105.97;9.6\nB;105.72;9.46\n".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let dataset = format!("said_{at}");
        let report =
            load(&node, &dataset, "a.csv", &text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = stored(&node, &dataset).await;
        let is_near = |(found, wanted): (&(String, [f64; 4]), &(f64, f64))| {
            (found.1[0] - wanted.0).abs() < 1e-6 && (found.1[1] - wanted.1).abs() < 1e-6
        };
        assert!(found.iter().zip(&places).all(is_near), "{text}: {found:?} {}", report.mapping);
    }
}

#[tokio::test]
async fn features_without_a_list_around_them_go_in() {
    let node = Node::new().await;
    let one = |id: u32| {
        format!(
            "{{\"type\":\"Feature\",\"id\":{id},\"properties\":{{\"a\":{id}}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[105.{id},10.1]}}}}\n"
        )
    };
    let report = load(&node, "lines", "a.geojsonl", &(one(1) + &one(2) + &one(3))).await.unwrap();
    assert_eq!(report.run.totals.added, 3);
    let text: String = (1..4).map(|id| format!("\u{1e}{}", one(id))).collect();
    let report = load(&node, "sequence", "a.geojsons", &text).await.unwrap();
    assert_eq!(report.run.totals.added, 3);
}
