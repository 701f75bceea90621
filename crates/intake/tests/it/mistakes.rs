//! Tables of features, all made up for these tests, with what people and programs write into them: nothing of it is
//! taken for something else, or lost, without a word.

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use formats::crs::Crs;
use intake::{Error, Report};
use model::DatasetKind;

use crate::node::Node;
use crate::positions::{codes, stored};
use crate::things::attribute;

/// Loads files into a dataset of its own, one after the other; the last decides.
async fn load(files: &[&str]) -> (Node, Result<Report, Error>) {
    let node = Node::new().await;
    node.dataset("list", DatasetKind::Features).await;
    let mut last = None;
    for text in files {
        if let Some(Err(error)) = last {
            panic!("{error:?}");
        }
        last = Some(node.load("list", "list.csv", *text, None).await);
    }
    (node, last.unwrap())
}

async fn goes_in(files: &[&str]) -> (Node, Report) {
    let (node, last) = load(files).await;
    let report = last.unwrap_or_else(|error| panic!("{error:?}\n{files:?}"));
    (node, report)
}

/// What is asked.
async fn asked(files: &[&str]) -> String {
    match load(files).await.1 {
        Err(Error::Unmapped { missing, .. }) => missing.to_string(),
        Err(Error::Drifted { differences, .. }) => differences[0].to_string(),
        Err(error) => format!("{error} ({})", error.hint().cloned().unwrap_or_default()),
        Ok(report) => panic!("went in: {:?}\n{}", report.findings, report.mapping),
    }
}

async fn texts(node: &Node, name: &str) -> Vec<String> {
    attribute(node, "list", name).await.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn minutes_and_seconds_in_columns_behind_the_degrees_are_parts_of_them() {
    let rows = "C1,105,30,15.5,10,6,12\nC2,105,31,15.5,10,7,12\n";
    for header in [
        "Mã,Lon,LonMin,LonSec,Lat,LatMin,LatSec",
        "Mã,Kinh độ (°),('),(''),Vĩ độ (°),('),('')",
        "Mã,Kinh độ,Phút (E),Giây (E),Vĩ độ,Phút (N),Giây (N)",
        "Mã,KD_do,KD_phut,KD_giay,VD_do,VD_phut,VD_giay",
    ] {
        let (node, _) = goes_in(&[&format!("{header}\n{rows}")]).await;
        let at = stored(&node, "list").await[0].1;
        assert!(
            (at[0] - 105.504_305_6).abs() < 1e-6 && (at[1] - 10.103_333_3).abs() < 1e-6,
            "{header}: {at:?}"
        );
    }
    let what = asked(&["Mã,Kinh độ,A,B,Vĩ độ,C,D\nC1,105,30,15.5,10,6,12\nC2,105,31,15.5,10,7,12\n"]).await;
    assert!(what.contains("whole degrees"), "{what}");
    // Bounds, and what is measured at a place, are no minutes.
    let (node, _) =
        goes_in(&["Mã,Kinh độ,Rộng (m),Vĩ độ,Sâu (m)\nC1,105.5,30,10.25,6\nC2,105.25,31,10.5,7\n"]).await;
    assert!((stored(&node, "list").await[0].1[0] - 105.5).abs() < 1e-9);
}

#[tokio::test]
async fn a_row_whose_numbers_are_exchanged_or_too_long_is_refused_and_a_far_one_told() {
    let head = "\"Tọa độ VN-2000, KTT 105°00', múi chiếu 3°\"\nMã,X,Y\n";
    let rows: String =
        (0..30).map(|n| format!("M{n},{},{}\n", 567_890 + n * 10, 1_112_345 + n * 10)).collect();
    for (row, told) in
        [("S,1112545,568090", "exchanged"), ("S,5678900,1112345", "digit"), ("S,567890,11123450", "digit")]
    {
        let (node, report) = goes_in(&[&format!("{head}{rows}{row}\n")]).await;
        let refused: Vec<_> =
            report.findings.iter().filter(|finding| finding.code == "bad_coordinates").collect();
        assert_eq!((refused.len(), report.run.totals.refused_rows), (1, 1), "{:?}", report.findings);
        let said = intake::finding_message(refused[0], model::Lang::En);
        assert!(said.contains(told), "{said}");
        assert_eq!(stored(&node, "list").await.len(), 30);
    }
    // A thousand kilometres away there is sea that belongs to the country.
    let (node, report) = goes_in(&[&format!("{head}{rows}S,1567890,1112345\n")]).await;
    let far: Vec<_> = report.findings.iter().filter(|finding| finding.code == "outside_region").collect();
    assert_eq!((far.len(), far[0].cell.row), (1, 33), "{:?}", report.findings);
    assert_eq!(stored(&node, "list").await.len(), 31);
}

#[tokio::test]
async fn rows_far_down_are_looked_at_like_the_first() {
    let rows: String =
        (0..2100).map(|n| format!("M{n},Cần Thơ,{:.4},{:.4}\n", 105.7 + f64::from(n) / 1e5, 10.03)).collect();
    let text = format!("Mã,Tỉnh,Kinh độ,Vĩ độ\n{rows}S1,Cần Thơ,15.5123,10.0512\nS2,Cần Thơ,106.6,10.1\n");
    let (_, report) = goes_in(&[&text]).await;
    let told: Vec<(&str, u32)> =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.cell.row)).collect();
    assert_eq!(told, [("outside_region", 2102), ("outside_place", 2102), ("outside_place", 2103)]);
}

#[tokio::test]
async fn a_second_list_close_by_with_other_names_overwrites_nothing_and_a_new_survey_does() {
    let first = "STT,Tên giếng,Kinh độ,Vĩ độ,Độ sâu (m)\n1,Giếng An,105.5123,10.0345,120.5\n2,Giếng Bình,105.5133,10.0355,110.5\n3,Giếng Cao,105.5143,10.0365,130.5\n";
    let other = "STT,Tên giếng,Kinh độ,Vĩ độ,Độ sâu (m)\n1,Giếng Dung,105.5183,10.0385,90.5\n2,Giếng Em,105.5193,10.0395,91.5\n3,Giếng Phú,105.5103,10.0305,92.5\n";
    let what = asked(&[first, other]).await;
    assert!(what.contains("3 features that are there have the same `STT`"), "{what}");
    // The same wells, measured again; and names that are corrected.
    let again = first.replace("105.5123", "105.5129").replace("10.0355", "10.0351");
    assert_eq!(goes_in(&[first, &again]).await.1.run.totals.corrected, 2);
    let renamed = first.replace("Giếng An", "G. Long").replace("Giếng Bình", "G. Hòa").replace("Cao", "Cả");
    assert_eq!(goes_in(&[first, &renamed]).await.1.run.totals.corrected, 3);
    // Without names the places alone tell; a layer that moves as a whole was in another system.
    let nameless = |text: &str| text.replace("Giếng ", "").replace("Tên giếng", "Loại");
    let kinds = |text: &str| {
        ["An", "Bình", "Cao", "Dung", "Em", "Phú"]
            .iter()
            .fold(nameless(text), |text, name| text.replace(name, "khoan"))
    };
    let what = asked(&[&kinds(first), &kinds(other)]).await;
    assert!(what.contains("have the same `STT`"), "{what}");
    let shifted = kinds(first)
        .replace("105.5123", "105.5143")
        .replace("105.5133", "105.5153")
        .replace("105.5143,10.0365", "105.5163,10.0365");
    assert_eq!(goes_in(&[&kinds(first), &shifted]).await.1.run.totals.corrected, 3);
}

#[tokio::test]
async fn a_feature_that_moves_far_and_values_that_are_left_empty_are_told() {
    let first = "Mã,Tên,Kinh độ,Vĩ độ,Vận hành\nC1,Cống A,105.5,10.1,Có\nC2,Cống B,105.6,10.2,Không\nC3,Cống C,105.7,10.3,Có\n";
    let (_, report) = goes_in(&[first, &first.replace("105.6", "106.1")]).await;
    assert_eq!(codes(&report), ["moved_far"]);
    assert_eq!((report.findings[0].value.as_str(), report.findings[0].expected.as_str()), ("C2", "54.7"));
    let (_, report) = goes_in(&[first, "Mã,Tên,Kinh độ,Vĩ độ,Vận hành\nC1,Cống A,105.5,10.1,\n"]).await;
    assert_eq!(codes(&report), ["value_emptied"]);
    assert_eq!(report.findings[0].column_name, "van_hanh");
}

#[tokio::test]
async fn coordinates_do_not_decide_alone_how_other_numbers_are_written() {
    for (text, word) in [
        (
            "Mã,Kinh độ,Vĩ độ,Cao trình (m)\nG1,105.5,10.1,\"1,250\"\nG2,105.6,10.2,\"2,125\"\n",
            "`1,250` a decimal comma",
        ),
        (
            "Mã;Kinh độ;Vĩ độ;Cao trình (m);Rộng (m)\nG1;105,5;10,1;1.250;5,5\nG2;105,6;10,2;2.125;6,5\n",
            "`1.250` a decimal point",
        ),
        (
            "Mã,Kinh độ,Vĩ độ,Công suất (m3/ngày)\nG1,105.5,10.1,1.500\nG3,105.7,10.3,12.500\n",
            "`1.500` a decimal point",
        ),
        (
            "Mã,Kinh độ,Vĩ độ,Lưu lượng lớn nhất (m3/s)\nG1,105.5,10.1,12.345\nG2,105.6,10.2,23.456\n",
            "`12.345` a decimal point",
        ),
        (
            "Mã,Kinh độ,Vĩ độ,Năng suất (kg/ha)\nG1,105.5,10.1,6.500\nG2,105.6,10.2,7.250\n",
            "`6.500` a decimal point",
        ),
    ] {
        let what = asked(&[text]).await;
        assert!(what.contains(word), "{word}: {what}");
    }
    let what = asked(&[
        "Mã;Kinh độ;Vĩ độ;Diện tích\nC1;105,5;10,1;1.250,5\nC2;105,6;10,2;850,25\n",
        "Mã;Kinh độ;Vĩ độ;Diện tích\nC3;105.5;10.1;1.250\nC4;105.6;10.2;850.125\n",
    ])
    .await;
    assert!(what.contains("`1.250` a decimal point"), "{what}");
    let (node, _) = goes_in(&[
        "Mã;Kinh độ;Vĩ độ;Cao trình (m);Độ mặn (g/L)\nG1;105.5;10.1;1.250;4.125\nG2;105.6;10.2;2.125;3.250\n",
    ])
    .await;
    assert_eq!(texts(&node, "cao_trinh_m").await, ["1.25", "2.125"]);
    assert_eq!(texts(&node, "do_man_g_l").await, ["4.125", "3.25"]);
}

#[tokio::test]
async fn words_and_numbers_for_no_value_and_codes_are_what_they_are_in_later_files_too() {
    let first =
        "Mã,Tên,Kinh độ,Vĩ độ,Độ mặn\nS1,Cống A,105.5123,10.0345,4.5\nS2,Cống B,105.6123,10.1345,5.5\n";
    let later = "Mã,Tên,Kinh độ,Vĩ độ,Độ mặn\nS1,Cống A,105.5123,10.0345,4.25\nS2,Cống B,105.6123,10.1345,-9999\nS3,Cống C,105.7123,10.2345,KXĐ\n";
    let (node, report) = goes_in(&[first, later]).await;
    assert_eq!(texts(&node, "do_man").await, ["4.25", "", ""]);
    assert_eq!(codes(&report), ["number_for_nothing", "value_emptied"]);
    // Words beside numbers leave a column one of numbers.
    let (node, _) =
        goes_in(&["Mã,Kinh độ,Vĩ độ,Rộng (m)\nC1,105.5,10.1,5.5\nC2,105.6,10.2,-\nC3,105.7,10.3,#N/A\n"])
            .await;
    assert_eq!(texts(&node, "rong_m").await, ["5.5", "", ""]);
    // Noughts before digits are not lost.
    let (_, report) = goes_in(&[
        "Mã,Mã xã,Kinh độ,Vĩ độ\nA,29001,105.5,10.1\nB,31002,105.6,10.2\n",
        "Mã,Mã xã,Kinh độ,Vĩ độ\nC,00123,105.5,10.1\nD,31003,105.6,10.2\n",
    ])
    .await;
    assert_eq!(codes(&report), ["wrong_type"]);
    // The tenth section is not the first.
    let (node, _) =
        goes_in(&["Mã,Mục,Số thửa,Kinh độ,Vĩ độ\nA,1.1,12.10,105.5,10.1\nB,1.10,12.1,105.6,10.2\nC,1.2,13.5,105.7,10.3\n"])
            .await;
    assert_eq!(texts(&node, "muc").await, ["1.1", "1.10", "1.2"]);
    assert_eq!(texts(&node, "so_thua").await, ["12.10", "12.1", "13.5"]);
    let (node, _) = goes_in(&[
        "Số hiệu mốc,Kinh độ,Vĩ độ,Cao độ\n1.1,105.5,10.1,1.5\n1.2,105.51,10.11,1.6\n1.10,105.52,10.12,1.7\n",
    ])
    .await;
    let ids: Vec<String> = stored(&node, "list").await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["1.1", "1.10", "1.2"]);
}

#[tokio::test]
async fn a_second_header_with_its_columns_in_another_order_is_told() {
    let what = asked(&["Mã,Kinh độ,Vĩ độ,Rộng (m),Sâu (m)\nC1,105.5,10.1,5.5,2.5\n,,,,\nMã,Kinh độ,Vĩ độ,Sâu (m),Rộng (m)\nC3,105.7,10.3,3.1,7.5\n"]).await;
    assert!(what.contains("row 4 is a second header"), "{what}");
    let (node, _) = goes_in(&[
        "Mã,Kinh độ,Vĩ độ,Rộng (m)\nC1,105.5,10.1,5.5\nMã,Kinh độ,Vĩ độ,Rộng (m)\nC3,105.7,10.3,3.1\n",
    ])
    .await;
    assert_eq!(stored(&node, "list").await.len(), 2);
}

#[tokio::test]
async fn a_datum_of_degrees_is_heard_wherever_it_is_named() {
    let expected = Crs::epsg(4756).unwrap().transform().unwrap().to_wgs84(105.5, 10.1);
    for text in [
        "\"Danh sách mốc, hệ tọa độ VN-2000\",,\nMã,Kinh độ,Vĩ độ\nG1,105.5,10.1\nG2,105.6,10.2\n",
        "Mã,Kinh độ,Vĩ độ,Hệ tọa độ\nG1,105.5,10.1,VN-2000\nG2,105.6,10.2,VN-2000\n",
        "Mã,Kinh độ,Vĩ độ\nG1,105.5,10.1\nG2,105.6,10.2\nGhi chú: tọa độ theo hệ VN-2000,,\n",
    ] {
        let (node, report) = goes_in(&[text]).await;
        let at = stored(&node, "list").await[0].1;
        assert!((at[0] - expected.0).abs() < 2e-8 && (at[1] - expected.1).abs() < 2e-8, "{text}{at:?}");
        assert!(codes(&report).contains(&"crs_used"), "{:?}", report.findings);
    }
    // What is said of heights is not said of degrees.
    let (node, _) = goes_in(&[
        "\"Danh sách mốc, cao độ hệ VN-2000\",,\nMã,Kinh độ,Vĩ độ\nG1,105.5,10.1\nG2,105.6,10.2\n",
    ])
    .await;
    assert!((stored(&node, "list").await[0].1[0] - 105.5).abs() < 1e-9);
    let what = asked(&["\"Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°\",,\nMã,Kinh độ,Vĩ độ\nG1,105.5,10.1\nG2,105.6,10.2\n"]).await;
    assert!(what.contains("crs = \"EPSG:4756\""), "{what}");
}

#[tokio::test]
async fn times_under_a_header_that_says_utc_are_of_utc() {
    for (header, hour) in [("Thời gian đo (UTC)", 8), ("Thời gian đo (UTC+7)", 1), ("Thời gian đo", 1)]
    {
        let (node, _) =
            goes_in(&[&format!("Mã,Kinh độ,Vĩ độ,{header}\nG1,105.5,10.1,2020-05-01 08:00\n")]).await;
        let permit = node.permit("list", policy::Purpose::Read).await;
        let snapshot = node.lake.snapshot(&permit, lake::AsOf::Latest).await.unwrap();
        let read = lake::FeatureRead { limit: 10, ..lake::FeatureRead::default() };
        let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
        let batch = &found.batches[0];
        let schema = batch.schema();
        let name = schema.fields().iter().find(|field| field.name().starts_with("thoi_gian")).unwrap().name();
        let micros = batch.column_by_name(name).unwrap().as_primitive::<TimestampMicrosecondType>().value(0);
        assert_eq!(micros / 3_600_000_000 % 24, hour, "{header}");
    }
}
