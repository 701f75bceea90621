//! Headers of several parts: a season over a property, a year over a season, crop years, parts of a year.

use crate::agencies::Desk;
use crate::book::{Sheet, book, sheet};

#[tokio::test]
async fn a_season_stands_over_area_yield_and_production() {
    let desk = Desk::new().await;
    let rows = "Diện tích, năng suất, sản lượng lúa năm 2023|||||||\nTT|Tỉnh|Đông xuân|||Hè thu||\n||Diện tích (ha)|Năng suất (tạ/ha)|Sản lượng (tấn)|Diện tích (ha)|Năng suất (tạ/ha)|Sản lượng (tấn)\n1|An Giang|228000|70|1596000|226000|55|1243000\n2|Cà Mau|1700|45|7650|35800|50|179000\n";
    let merged = &["A1:H1", "A2:A3", "B2:B3", "C2:E2", "F2:H2"];
    let values = [
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2023-01-01|228",
        "gso2004:89|rice_area_sown|total|season:he_thu|2023-01-01|226",
        "gso2004:89|rice_production|total|season:dong_xuan|2023-01-01|1596",
        "gso2004:89|rice_production|total|season:he_thu|2023-01-01|1243",
        "gso2004:89|rice_yield|mean|season:dong_xuan|2023-01-01|7",
        "gso2004:89|rice_yield|mean|season:he_thu|2023-01-01|5.5",
        "gso2004:96|rice_area_sown|total|season:dong_xuan|2023-01-01|1.7",
        "gso2004:96|rice_area_sown|total|season:he_thu|2023-01-01|35.8",
        "gso2004:96|rice_production|total|season:dong_xuan|2023-01-01|7.65",
        "gso2004:96|rice_production|total|season:he_thu|2023-01-01|179",
        "gso2004:96|rice_yield|mean|season:dong_xuan|2023-01-01|4.5",
        "gso2004:96|rice_yield|mean|season:he_thu|2023-01-01|5",
    ];
    desk.goes_in("a.xlsx", book(&[Sheet { merged, ..sheet("Lúa", rows) }]), &values, &[]).await;
    // The same in a text file, where what is merged is blank.
    desk.goes_in("a.csv", rows.replace('|', ";"), &values, &[]).await;
    // A title that speaks of two crops does not say of which the area is.
    let two = rows.replace("sản lượng lúa năm", "sản lượng lúa và ngô năm");
    desk.asks("b.csv", two.replace('|', ";"), &["Diện tích"], "", &[]).await;
}

#[tokio::test]
async fn a_year_stands_over_seasons_and_a_property_over_years() {
    let desk = Desk::new().await;
    let values = [
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2022-01-01|228.3",
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2023-01-01|227.5",
        "gso2004:89|rice_area_sown|total|season:he_thu|2022-01-01|226.4",
        "gso2004:89|rice_area_sown|total|season:he_thu|2023-01-01|225.1",
        "gso2004:91|rice_area_sown|total|season:dong_xuan|2022-01-01|283",
        "gso2004:91|rice_area_sown|total|season:dong_xuan|2023-01-01|282.5",
        "gso2004:91|rice_area_sown|total|season:he_thu|2022-01-01|280.4",
        "gso2004:91|rice_area_sown|total|season:he_thu|2023-01-01|279.1",
    ];
    let preliminary = ["preliminary_values D4 Sơ bộ 2023 Đông xuân", "preliminary_values E4 Sơ bộ 2023 Hè thu"];
    let rows = "Diện tích gieo trồng lúa phân theo vụ||||\n||||ĐVT: nghìn ha\nTỉnh|2022||Sơ bộ 2023|\n|Đông xuân|Hè thu|Đông xuân|Hè thu\nAn Giang|228.3|226.4|227.5|225.1\nKiên Giang|283|280.4|282.5|279.1\n";
    let merged = &["A1:E1", "A3:A4", "B3:C3", "D3:E3"];
    desk.goes_in("a.xlsx", book(&[Sheet { merged, ..sheet("L", rows) }]), &values, &preliminary).await;

    let rows = "Diện tích và sản lượng lúa cả năm||||\nTỉnh|Diện tích (Nghìn ha)||Sản lượng (Nghìn tấn)|\n|2022|2023|2022|2023\nAn Giang|628.3|626.4|4027.5|4025.1\nKiên Giang|683|680.4|4482.5|4479.1\n";
    let merged = &["A1:E1", "A2:A3", "B2:C2", "D2:E2"];
    desk.goes_in(
        "b.xlsx",
        book(&[Sheet { merged, ..sheet("L", rows) }]),
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2022-01-01|628.3",
            "gso2004:89|rice_area_sown|total|P1Y|2023-01-01|626.4",
            "gso2004:89|rice_production|total|P1Y|2022-01-01|4027.5",
            "gso2004:89|rice_production|total|P1Y|2023-01-01|4025.1",
            "gso2004:91|rice_area_sown|total|P1Y|2022-01-01|683",
            "gso2004:91|rice_area_sown|total|P1Y|2023-01-01|680.4",
            "gso2004:91|rice_production|total|P1Y|2022-01-01|4482.5",
            "gso2004:91|rice_production|total|P1Y|2023-01-01|4479.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn crop_years_are_named_as_their_season_is() {
    let desk = Desk::new().await;
    for header in ["2018-2019;2019-2020", "Niên vụ 2018/2019;Niên vụ 2019/2020", "2018 - 2019;Sơ bộ 2019 - 2020"] {
        let preliminary = header.contains("Sơ bộ");
        let file = |season: &str| {
            format!("Diện tích gieo trồng lúa vụ {season} (nghìn ha)\nTỉnh;{header}\nAn Giang;235,1;230,2\nĐồng Tháp;205,1;204,5\n")
        };
        let values = |season: &str, first: &str, second: &str| {
            [
                format!("gso2004:87|rice_area_sown|total|season:{season}|{first}-01-01|205.1"),
                format!("gso2004:87|rice_area_sown|total|season:{season}|{second}-01-01|204.5"),
                format!("gso2004:89|rice_area_sown|total|season:{season}|{first}-01-01|235.1"),
                format!("gso2004:89|rice_area_sown|total|season:{season}|{second}-01-01|230.2"),
            ]
        };
        for (name, code, first, second) in
            [("lúa đông xuân", "dong_xuan", "2019", "2020"), ("lúa mùa", "mua", "2018", "2019")]
        {
            let taken = desk.take("vu.csv", file(name), None).await.unwrap_or_else(|asked| panic!("{asked}"));
            assert_eq!(taken.values, values(code, first, second), "{header}\n{}", taken.mapping);
            assert_eq!(taken.findings.len(), usize::from(preliminary), "{:?}", taken.findings);
        }
    }
    let none = "Diện tích gieo trồng lúa (nghìn ha)\nTỉnh;2018-2019;2019-2020\nAn Giang;235,1;230,2\n";
    desk.asks("nien-vu.csv", none, &["the headers name two years each"], "", &[]).await;
}

#[tokio::test]
async fn parts_of_a_year_and_marks_of_its_figures_stand_in_headers() {
    let desk = Desk::new().await;
    desk.goes_in(
        "6-thang.csv",
        "Sản lượng thủy sản (tấn)\nTỉnh;6 tháng đầu năm 2019;6 tháng đầu năm 2020;9 tháng năm 2020\nCà Mau;280000;290000;430000\n",
        &[
            "gso2004:96|fishery_prod|total|P6M|2019-01-01|280000",
            "gso2004:96|fishery_prod|total|P6M|2020-01-01|290000",
            "gso2004:96|fishery_prod|total|P9M|2020-01-01|430000",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "uoc.csv",
        "Sản lượng lúa (nghìn tấn)\nTỉnh;Thực hiện 2022;Sơ bộ 2023;Ước 2024\nAn Giang;4000,1;4010,2;4020,3\n",
        &[
            "gso2004:89|rice_production|total|P1Y|2022-01-01|4000.1",
            "gso2004:89|rice_production|total|P1Y|2023-01-01|4010.2",
            "gso2004:89|rice_production|total|P1Y|2024-01-01|4020.3",
        ],
        &["preliminary_values C2 Sơ bộ 2023", "preliminary_values D2 Ước 2024"],
    )
    .await;
}

#[tokio::test]
async fn a_unit_above_a_table_is_that_of_its_columns_and_none_is_asked_where_values_cannot_be_of_it() {
    let desk = Desk::new().await;
    desk.goes_in(
        "dvt.csv",
        "Diện tích gieo trồng lúa\n;;Đơn vị tính: ha\nTỉnh;Năm;Diện tích gieo trồng lúa\nAn Giang;2020;637200\nCà Mau;2020;37500\n",
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
            "gso2004:96|rice_area_sown|total|P1Y|2020-01-01|37.5",
        ],
        &[],
    )
    .await;
    let none = "Tỉnh;Năm;Diện tích gieo trồng lúa\nAn Giang;2020;637200\nCà Mau;2020;37500\n";
    desk.asks("khong.csv", none, &["which unit?", "`637200`"], "", &[]).await;
}

#[tokio::test]
async fn a_file_of_another_property_is_shown_with_its_own() {
    let desk = Desk::new().await;
    let node = &desk.node;
    node.dataset("humidity", model::DatasetKind::Observations).await;
    let humid = "Trạm;Ngày;Độ ẩm tương đối (%)\nCần Thơ;13/02/2020;81\nCà Mau;14/02/2020;79\n";
    node.load("humidity", "am.csv", humid, None).await.unwrap();
    let salt = "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;13/02/2020;4,5\nĐại Ngãi;14/02/2020;1,5\n";
    let error = node.load("humidity", "man.csv", salt, None).await.unwrap_err();
    let intake::Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(differences.iter().any(|text| text.contains("is the file of another dataset?")), "{differences:?}");
    assert!(example.contains("property = \"salinity\"") && example.contains("unit = \"g/l\""), "{example}");
    assert!(!example.contains("rel_humidity"), "{example}");
    node.dataset("salt", model::DatasetKind::Observations).await;
    let report = node.load("salt", "man.csv", salt, Some(&example)).await.unwrap();
    assert_eq!(report.run.totals.added, 2, "{:?}", report.findings);
}
