//! Positions that one wrong or one far row must not carry away, systems that a file says wrongly, and angles in
//! columns of their own.

use formats::crs::Crs;
use intake::Error;

use crate::agencies::Desk;
use crate::node::Node;
use crate::positions::{codes, stored};

/// A list in the zone 105°45' of VN-2000, with the northing as X, as agencies write it.
fn list(title: &str, zone: u32, rows: &[(&str, &str, f64, f64)]) -> String {
    let transform = Crs::epsg(zone).unwrap().transform().unwrap();
    let mut text = format!("{title},,,,\nSTT,Tên trạm,Tỉnh,X (m),Y (m)\n");
    for (at, (name, province, lon, lat)) in rows.iter().enumerate() {
        let (east, north) = transform.from_wgs84(*lon, *lat);
        text += &format!("{},{name},{province},{north:.3},{east:.3}\n", at + 1);
    }
    text
}

const TITLE: &str = "Hệ tọa độ VN-2000 - kinh tuyến trục 105°45' - múi chiếu 3°";

/// How far the positions that are stored lie from these, in degrees.
async fn off(node: &Node, dataset: &str, expected: &[(f64, f64)]) -> f64 {
    let mut off = 0.0_f64;
    let stored = stored(node, dataset).await;
    assert_eq!(stored.len(), expected.len());
    for (lon, lat) in expected {
        let near = |(_, edges): &(String, [f64; 4])| (edges[0] - lon).hypot(edges[1] - lat);
        off = off.max(stored.iter().map(near).fold(f64::INFINITY, f64::min));
    }
    off
}

#[tokio::test]
async fn stations_beyond_an_outline_come_to_lie_where_the_title_says() {
    // On a border, at sea, and of another province than the row says.
    for (rows, told) in [
        (&[("Mỹ Hóa", "Bến Tre", 106.3454, 10.2227)][..], false),
        (
            &[
                ("Mỹ Hóa", "Bến Tre", 106.3454, 10.2227),
                ("Giồng Trôm", "Bến Tre", 106.5, 10.15),
                ("Mỏ Cày", "Bến Tre", 106.333, 10.12),
                ("An Thuận", "Bến Tre", 106.6053, 9.9764),
            ],
            false,
        ),
        (&[("Giồng Trôm", "Tiền Giang", 106.5, 10.15)], true),
        (
            &[
                ("Giồng Trôm", "Bến Tre", 106.5, 10.15),
                ("Mỏ Cày", "Bến Tre", 106.333, 10.12),
                ("Phao 0", "Bến Tre", 107.2, 9.6),
            ],
            true,
        ),
    ] {
        let node = Node::new().await;
        let report = node.load("things", "tram.csv", list(TITLE, 9210, rows), None).await.unwrap();
        let expected: Vec<(f64, f64)> = rows.iter().map(|(_, _, lon, lat)| (*lon, *lat)).collect();
        assert!(off(&node, "things", &expected).await < 1e-6, "{rows:?}: {:?}", report.findings);
        assert_eq!(&codes(&report)[..2], ["coordinates_swapped", "crs_used"], "{rows:?}");
        assert_eq!(codes(&report).contains(&"outside_place"), told, "{rows:?}: {:?}", report.findings);
    }
}

#[tokio::test]
async fn a_title_that_puts_stations_away_from_their_province_is_asked_about() {
    // Under the meridian that is said these lie 27 km off, beside the province or in the next one.
    for (said, zone, rows) in [
        (
            TITLE,
            9209,
            &[
                ("Giồng Trôm", "Bến Tre", 106.5, 10.15),
                ("Châu Thành", "Bến Tre", 106.37, 10.3),
                ("Mỏ Cày", "Bến Tre", 106.33, 10.13),
            ][..],
        ),
        (
            "Hệ tọa độ VN-2000 - kinh tuyến trục 105°00' - múi chiếu 3°",
            9210,
            &[("An Thuận", "Bến Tre", 106.6053, 9.9764)],
        ),
    ] {
        let node = Node::new().await;
        match node.load("things", "tram.csv", list(said, zone, rows), None).await {
            Err(Error::Invalid { what, .. }) => assert!(what.contains(&format!("EPSG:{zone}")), "{what}"),
            Ok(report) => {
                assert!(codes(&report).contains(&"crs_contradicted"), "{:?}", report.findings);
                let expected: Vec<(f64, f64)> = rows.iter().map(|(_, _, lon, lat)| (*lon, *lat)).collect();
                assert!(off(&node, "things", &expected).await < 1e-6);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_row_that_lies_far_from_its_province_is_told_with_its_cell() {
    let node = Node::new().await;
    let text = "Tên,Tỉnh,Vĩ độ,Kinh độ\nCần Thơ,Cần Thơ,10.035,106.79\nTân Châu,An Giang,10.8006,105.248\nChâu Đốc,An Giang,10.7053,105.1335\n";
    let report = node.load("things", "tram.csv", text, None).await.unwrap();
    assert_eq!(codes(&report), ["outside_place"], "{:?}", report.findings);
    assert_eq!(report.findings[0].cell.row, 2);
    // One row that is nowhere is refused by itself.
    let text =
        "Tên,Vĩ độ,Kinh độ\nTân Châu,10.8006,105.248\nMỹ Tho,103469,106347\nChâu Đốc,10.7053,105.1335\n";
    let report = node.load("things", "tram2.csv", text, None).await.unwrap();
    assert!(codes(&report).contains(&"outside_world"), "{:?}", report.findings);
    assert_eq!(report.run.totals.refused_rows, 1);
}

#[tokio::test]
async fn degrees_minutes_and_seconds_in_columns_of_their_own_make_one_angle() {
    let (cau_quan, tra_kha) = ((106.114, 9.755_805_6), (106.249_805_6, 9.623_111_1));
    for text in [
        "STT,Trạm,Vĩ độ (độ),Vĩ độ (phút),Vĩ độ (giây),Kinh độ (độ),Kinh độ (phút),Kinh độ (giây)\n1,Cầu Quan,9,45,20.9,106,6,50.4\n2,Trà Kha,9,37,23.2,106,14,59.3\n",
        "ten,Lat deg,Lat min,Lat sec,Lon deg,Lon min,Lon sec\nCầu Quan,9,45,20.9,106,6,50.4\nTrà Kha,9,37,23.2,106,14,59.3\n",
        "Trạm,Vĩ độ,,,Kinh độ,,\n,Độ,Phút,Giây,Độ,Phút,Giây\nCầu Quan,9,45,\"20,9\",106,6,\"50,4\"\nTrà Kha,9,37,\"23,2\",106,14,\"59,3\"\n",
    ] {
        let node = Node::new().await;
        let report = node.load("things", "tram.csv", text, None).await.unwrap();
        assert!(off(&node, "things", &[cau_quan, tra_kha]).await < 1e-5, "{text}{:?}", report.findings);
        assert_eq!(report.run.totals.refused, 0, "{text}{:?}", report.findings);
    }
    // A part that is missing is no nought.
    let node = Node::new().await;
    let text = "ten,Lat deg,Lat min,Lat sec,Lon deg,Lon min,Lon sec\nCầu Quan,9,45,20.9,106,6,50.4\nTrà Kha,9,,23.2,106,14,59.3\n";
    let report = node.load("things", "tram.csv", text, None).await.unwrap();
    assert_eq!(codes(&report), ["bad_coordinates"], "{:?}", report.findings);
}

#[tokio::test]
async fn units_of_long_tables_convert_or_are_asked_about() {
    let desk = Desk::new().await;
    let rows = |unit: &str, numbers: [&str; 2]| {
        format!(
            "station,time,variable,unit,value\nCần Thơ,2024-03-01 00:00,water_level,{unit},{}\nCần Thơ,2024-03-01 01:00,water_level,{unit},{}\n",
            numbers[0], numbers[1]
        )
    };
    desk.goes_in(
        "ft.csv",
        rows("ft", ["3", "4"]),
        &[
            "station:can_tho|water_level|instant||2024-03-01 01:00|121.92",
            "station:can_tho|water_level|instant||2024-03-01|91.44",
        ],
        &[],
    )
    .await;
    desk.asks("msl.csv", rows("m MSL", ["1.5", "1.7"]), &["m MSL"], "", &[]).await;
    desk.asks("none.csv", rows("", ["1.5", "1.7"]), &["`cm`", "`m`"], "", &[]).await;
    let salt = "station,time,variable,unit,value\nTrà Vinh,2024-03-01 00:00,salinity,kg kg-1,0.0091\nTrà Vinh,2024-03-01 01:00,salinity,kg kg-1,0.0083\n";
    desk.goes_in(
        "salt.csv",
        salt,
        &[
            "station:tra_vinh|salinity|instant||2024-03-01 01:00|8.3",
            "station:tra_vinh|salinity|instant||2024-03-01|9.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn columns_of_statistics_and_periods_say_what_the_values_are_of_their_time() {
    let desk = Desk::new().await;
    let text = "station,time,variable,unit,value,statistic,period\nCần Thơ,2024-03-01T00:00:00Z,water_level,m,1.5,max,P1D\nCần Thơ,2024-03-02T00:00:00Z,water_level,m,1.7,max,P1D\n";
    desk.goes_in(
        "max.csv",
        text,
        &[
            "station:can_tho|water_level|max|P1D|2024-03-01|150",
            "station:can_tho|water_level|max|P1D|2024-03-02|170",
        ],
        &["moved_to_period_start B2 2024-03-01T00:00:00Z", "utc_midnight B2 2024-03-01T00:00:00Z"],
    )
    .await;
}

#[tokio::test]
async fn a_datum_that_stands_over_columns_of_degrees_is_taken_at_its_word() {
    for text in [
        "Tên,Vĩ độ (VN-2000),Kinh độ (VN-2000)\nA,10.051013667,105.748215569\n",
        "Tọa độ địa lý VN-2000,,\nTên,Vĩ độ (B),Kinh độ (L)\nA,10.051013667,105.748215569\n",
    ] {
        let node = Node::new().await;
        let report = node.load("things", "tram.csv", text, None).await.unwrap();
        assert!(off(&node, "things", &[(105.75, 10.05)]).await < 1e-6, "{text}{:?}", report.findings);
        assert!(codes(&report).contains(&"crs_used"), "{:?}", report.findings);
    }
    let node = Node::new().await;
    let text = "Tên,Lat (Indian 1960),Lon (Indian 1960)\nA,10.051,105.748\n";
    let error = node.load("things", "tram.csv", text, None).await.unwrap_err();
    assert!(error.to_string().contains("Indian 1960"), "{error}");
}
