//! Personal data are held back before they are committed, and veiled in what is shown of the original.

use arrow::array::{Array, AsArray};
use intake::{Error, Load, finding_message};
use lake::{AsOf, FeatureRead};
use model::{AgencyId, CellRef, DatasetId, Lang, UserId};
use policy::{Permit, Principal, Purpose, Role, Scope};
use serde_json::json;

use crate::node::{Node, now, told};

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

const FILE: &str = "Trạm,Ngày,Mực nước,Người đo,SĐT,Thư\n\
    Tân Châu,2020-02-03,124,An,0912345678,an@x.vn\n\
    Trà Vinh,2020-02-03,80,Bình,0987 654 321,binh@x.vn\n";

async fn permit(node: &Node, role: Role, purpose: Purpose) -> Permit {
    let principal = Principal::User {
        id: UserId::new("lan").unwrap(),
        agency: Some(AgencyId::new("tester").unwrap()),
        role,
        scope: Scope::Write,
    };
    node.catalog.authorize(&principal, &DatasetId::new("series").unwrap(), purpose, now()).await.unwrap()
}

#[tokio::test]
async fn columns_of_persons_are_told_without_a_word_of_them_and_veiled_in_the_trace() {
    let node = Node::new().await;
    let report = node.load("series", "a.csv", FILE, Some(MAPPING)).await.unwrap();
    assert_eq!(node.values("series").await.len(), 2);
    let findings = told(&report.findings);
    assert_eq!(findings, [("personal_data", "E2".into(), ""), ("personal_data", "F2".into(), "")]);
    assert_eq!(report.findings[0].column_name, "SĐT");
    let sentence = finding_message(&report.findings[0], Lang::En);
    assert!(sentence.contains("phone numbers") && sentence.contains("steward"), "{sentence}");
    assert!(finding_message(&report.findings[1], Lang::Vi).contains("thư điện tử"));
    assert!(!format!("{report:?}").contains("0912345678"));

    let cell = CellRef { sheet: 0, row: 2, column: 3 };
    for (role, phone) in [(Role::User, "•••"), (Role::Provider, "•••"), (Role::Steward, "0912345678")]
    {
        let permit = permit(&node, role, Purpose::Read).await;
        let around = node.intake.cell(&permit, &report.run, cell).await.unwrap();
        assert_eq!(around.rows[0].1[4], "SĐT");
        assert_eq!((around.rows[1].1[2].as_str(), around.rows[1].1[4].as_str()), ("124", phone), "{role:?}");
        assert_eq!(node.intake.may_give(&permit, &report.run).await.unwrap(), role == Role::Steward);
    }
}

#[tokio::test]
async fn a_column_of_values_that_is_personal_stays_out_until_somebody_decides() {
    let node = Node::new().await;
    let file = "Trạm,Ngày,Số điện thoại\nTân Châu,2020-02-03,912345678\nTrà Vinh,2020-02-03,987654321\n";
    let mapping = MAPPING
        .replace("Mực nước", "Số điện thoại")
        .replace("unit = \"cm\"", "unit = \"cm\"\nrange = [0, 1e10]");
    let report = node.load("series", "a.csv", file, Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("personal_data", "C2".into(), "")]);
    assert_eq!((node.values("series").await.len(), report.run.totals.missing), (0, 2));

    let keep = |by: &str| {
        format!(
            "{mapping}\n[[personal]]\ncolumn = \"Số điện thoại\"\ndecision = \"keep\"\ndecided_by = \"{by}\"\n"
        )
    };
    let load = async |role: Role, mapping: Option<String>| {
        let permit = permit(&node, role, Purpose::Write).await;
        let body = futures::stream::iter([Ok(bytes::Bytes::from(file))]);
        let request = Load {
            file_name: "a.csv".into(),
            body: futures::StreamExt::boxed(body),
            mapping,
            dry_run: false,
            now: now(),
        };
        node.intake.load(&permit, request, &|_| {}).await
    };
    let error = load(Role::Provider, Some(keep("lan"))).await.unwrap_err();
    assert!(matches!(&error, Error::NotTheirs { hint, .. } if hint.contains("steward")), "{error}");
    let error = load(Role::Steward, Some(keep("minh"))).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid { hint, .. } if hint.contains("`decided_by = \"lan\"`")),
        "{error}"
    );
    let report = load(Role::Steward, Some(keep("lan"))).await.unwrap();
    // A telephone number is no level of water either: the quality tests say so of the first.
    assert_eq!(
        told(&report.findings),
        [("personal_kept", "C2".into(), ""), ("quality_fail", "C2".into(), "912345678")]
    );
    assert_eq!(node.values("series").await.len(), 2);
    // What was decided stays decided for the next file, whoever hands it in.
    let report = load(Role::Provider, None).await.unwrap();
    assert_eq!((report.run.totals.unchanged, report.run.totals.missing), (2, 0));
    let out = keep("lan").replace("keep", "leave_out");
    let report = load(Role::Provider, Some(out)).await.unwrap();
    assert_eq!(told(&report.findings), [("personal_left_out", "C2".into(), "")]);
    assert_eq!(report.run.totals.missing, 2);
}

/// Rows of a series of one station, more than are read at a time, with what stands in its last two columns.
fn rows(place: &str, cells: impl Fn(u32) -> String) -> String {
    let row = |at: u32| {
        let (minute, second) = (at / 60_000, at / 1000 % 60);
        format!("{place},2020-02-03T00:{minute:02}:{second:02}.{:03},{}\n", at % 1000, cells(at))
    };
    (0..RUN_OF_ROWS).map(row).collect()
}

const RUN_OF_ROWS: u32 = 70_000;

#[tokio::test]
async fn a_column_whose_persons_begin_far_down_is_held_back_like_any_other() {
    let node = Node::new().await;
    let file = "Trạm,Ngày,Mực nước,Ghi chú\n".to_owned()
        + &rows("Tân Châu", |_| "1,".into())
        + &rows("Trà Vinh", |at| format!("1,09{:08}", 10_000_000 + at));
    let report = node.load("series", "a.csv", file, Some(MAPPING)).await.unwrap();
    let cell = format!("D{}", RUN_OF_ROWS + 2);
    assert_eq!(told(&report.findings), [("personal_data", cell, "")]);
    assert_eq!(report.findings[0].column_name, "Ghi chú");
    assert_eq!(report.run.totals.added, u64::from(2 * RUN_OF_ROWS));
}

#[tokio::test]
async fn values_that_turn_out_to_be_persons_far_down_stay_out_from_the_first_row_on() {
    let node = Node::new().await;
    let file = "Mực nước đo tại trạm,,,\nTrạm,Ngày,Mực nước,Ghi chú\n".to_owned()
        + &rows("Tân Châu", |_| "1,x".into())
        + &rows("Trà Vinh", |at| format!("09{:08},x", 10_000_000 + at));
    let report = node.load("series", "a.csv", file.clone(), Some(MAPPING)).await.unwrap();
    let cell = format!("C{}", RUN_OF_ROWS + 3);
    assert_eq!(told(&report.findings), [("personal_data", cell, "")]);
    assert_eq!(report.findings[0].column_name, "Mực nước");
    assert_eq!((report.run.totals.missing, report.run.totals.added), (u64::from(2 * RUN_OF_ROWS), 0));
    assert_eq!(node.values("series").await.len(), 0);

    // Left out by decision, it is not asked about again.
    let mapping = format!(
        "{MAPPING}\n[[personal]]\ncolumn = \"Mực nước\"\ndecision = \"leave_out\"\ndecided_by = \"lan\"\n"
    );
    let report = node.load("series", "a.csv", file, Some(&mapping)).await.unwrap();
    assert_eq!(
        report.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["personal_left_out"]
    );
}

#[tokio::test]
async fn a_few_persons_in_a_column_about_something_else_stay_out_each() {
    let node = Node::new().await;
    let mut file = "Trạm,Ngày,Mực nước,Ghi chú\n".to_owned();
    for day in 1..=28 {
        let note = match day {
            7 => "Người đo nghỉ: gọi 0912 345 678",
            9 => "thay bằng tram.do@kttv.gov.vn",
            20 => "số 092085001234 bàn giao",
            _ => "triều cường",
        };
        let value = if day == 12 { "0987654321".to_owned() } else { day.to_string() };
        file += &format!("Tân Châu,2020-02-{day:02},{value},{note}\n");
    }
    let report = node.load("series", "a.csv", file, Some(MAPPING)).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [
            ("personal_cell", "C13".into(), ""),
            ("personal_cell", "D8".into(), ""),
            ("personal_cell", "D10".into(), ""),
            ("personal_cell", "D21".into(), "")
        ]
    );
    assert_eq!((report.run.totals.added, report.run.totals.missing), (27, 1));
    let kinds: Vec<&str> = report.findings.iter().map(|finding| finding.expected.as_str()).collect();
    assert_eq!(kinds, ["phone", "phone", "email", "citizen_id"]);
    for lang in [Lang::Vi, Lang::En] {
        assert!(finding_message(&report.findings[1], lang).contains("Ghi chú"));
    }
    // They are veiled where the original is shown, and their neighbours are not.
    let permit = permit(&node, Role::User, Purpose::Read).await;
    let around =
        node.intake.cell(&permit, &report.run, CellRef { sheet: 0, row: 8, column: 3 }).await.unwrap();
    let notes: Vec<&str> = around
        .rows
        .iter()
        .filter(|(row, _)| (7..=10).contains(row))
        .map(|(_, texts)| texts[3].as_str())
        .collect();
    assert_eq!(notes, ["triều cường", "•••", "triều cường", "•••"]);
    assert!(!node.intake.may_give(&permit, &report.run).await.unwrap());
}

#[tokio::test]
async fn codes_of_ten_and_twelve_digits_are_not_taken_for_persons() {
    let node = Node::new().await;
    let mut file = "Trạm,Ngày,Mực nước,Mã mẫu,Số lô\n".to_owned();
    for day in 1..=28_u64 {
        // Some have the beginning of a mobile number, as every third code of this kind does.
        let (sample, lot) = (day * 39_916_801 % 1_000_000_000, day * 39_916_801_123 % 100_000_000_000);
        file += &format!("Tân Châu,2020-02-{day:02},{day},0{sample:09},0{lot:011}\n");
    }
    let report = node.load("series", "a.csv", file, Some(MAPPING)).await.unwrap();
    assert_eq!(told(&report.findings), [("column_left_out", "E1".to_owned(), "Số lô")]);
}

#[tokio::test]
async fn attributes_of_features_are_held_back_and_ids_are_refused() {
    let node = Node::new().await;
    let feature = |code: &str, phone: &str, x: f64| {
        json!({"type": "Feature", "properties": {"code": code, "dien_thoai": phone, "name": format!("Ao {code}")},
               "geometry": {"type": "Point", "coordinates": [x, 10.0]}})
    };
    let file = json!({"type": "FeatureCollection", "features": [
        feature("A", "0912345678", 105.0), feature("B", "0987654321", 105.1)]});
    let report = node.load("things", "ao.geojson", file.to_string(), None).await.unwrap();
    assert_eq!(told(&report.findings), [("personal_data", "B1".into(), "")]);
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let mut names = 0;
    for batch in &found.batches {
        assert_eq!(batch.column_by_name("dien_thoai").unwrap().null_count(), batch.num_rows());
        names += batch.column_by_name("name").unwrap().as_string::<i32>().iter().flatten().count();
    }
    assert_eq!(names, 2);

    // One of many: its cell stays out, the others of the attribute go in.
    let feature = |at: usize| {
        let note = if at == 5 { "liên hệ 0912345678".into() } else { format!("ao số {at}") };
        json!({"type": "Feature", "properties": {"code": format!("A{at}"), "ghi_chu": note},
               "geometry": {"type": "Point", "coordinates": [105.0, 10.0]}})
    };
    let file = json!({"type": "FeatureCollection", "features": (0..20).map(feature).collect::<Vec<_>>()});
    node.dataset("ponds", model::DatasetKind::Features).await;
    let report = node.load("ponds", "ao.geojson", file.to_string(), None).await.unwrap();
    assert_eq!(told(&report.findings), [("personal_cell", "B6".into(), "")]);
    let permit = node.permit("ponds", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 100, feature: None };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let notes: Vec<String> = found
        .batches
        .iter()
        .flat_map(|batch| batch.column_by_name("ghi_chu").unwrap().as_string::<i32>().iter().flatten())
        .map(str::to_owned)
        .collect();
    assert_eq!(notes.len(), 19);

    let ids = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "092085001234", "properties": {}, "geometry": {"type": "Point", "coordinates": [105.0, 10.0]}},
        {"type": "Feature", "id": "092185004321", "properties": {}, "geometry": {"type": "Point", "coordinates": [105.0, 10.1]}}]});
    node.dataset("others", model::DatasetKind::Features).await;
    let error = node.load("others", "b.geojson", ids.to_string(), None).await.unwrap_err();
    assert!(error.to_string().contains("ids of the features are personal data"), "{error}");
}

#[tokio::test]
async fn ordinary_numbers_of_the_delta_are_not_taken_for_persons() {
    let node = Node::new().await;
    let mut file =
        "Trạm,Ngày,Mực nước,kinh_do,vi_do,ma_tram,nam,san_luong,ma_don_vi,thoi_gian,X,gio\n".to_owned();
    for day in 1..=28 {
        file += &format!(
            "Tân Châu,2020-02-{day:02},{day},105.2{day:02}45678901,10.8{day:02}3456789,0{day:02}901,2020,{day}73456789012,vn2025:25{day:03},202002{day:02}1200,58432{day}.123,{day:02}-02-2020 10:30\n"
        );
    }
    let report = node.load("series", "a.csv", file, Some(MAPPING)).await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.code == "column_left_out"));
    assert_eq!(node.values("series").await.len(), 28);
}
