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
    let preliminary =
        ["preliminary_values D4 Sơ bộ 2023 Đông xuân", "preliminary_values E4 Sơ bộ 2023 Hè thu"];
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
    for header in
        ["2018-2019;2019-2020", "Niên vụ 2018/2019;Niên vụ 2019/2020", "2018 - 2019;Sơ bộ 2019 - 2020"]
    {
        let preliminary = header.contains("Sơ bộ");
        let file = |season: &str| {
            format!(
                "Diện tích gieo trồng {season} (nghìn ha)\nTỉnh;{header}\nAn Giang;235,1;230,2\nĐồng Tháp;205,1;204,5\n"
            )
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
            [("lúa vụ đông xuân", "dong_xuan", "2019", "2020"), ("lúa mùa", "mua", "2018", "2019")]
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
    assert!(
        differences.iter().any(|text| text.contains("is the file of another dataset?")),
        "{differences:?}"
    );
    assert!(example.contains("property = \"salinity\"") && example.contains("unit = \"g/l\""), "{example}");
    assert!(!example.contains("rel_humidity"), "{example}");
    node.dataset("salt", model::DatasetKind::Observations).await;
    let report = node.load("salt", "man.csv", salt, Some(&example)).await.unwrap();
    assert_eq!(report.run.totals.added, 2, "{:?}", report.findings);
}

#[tokio::test]
async fn months_and_statistics_go_down_and_across_under_a_title() {
    let desk = Desk::new().await;
    let months = |values: &dyn Fn(u32) -> String| (1..=12).map(values).collect::<String>();
    // Months down, stations across, and the year of the title; the rain of a month is no rain of a day.
    let rows = months(&|month| format!("Tháng {month};{},5;{}\n", 10 * month, 20 * month));
    let file = format!(
        "Lượng mưa các tháng trong năm 2022 (mm)\n;Trạm Cần Thơ;Trạm Cà Mau\n{rows}Cả năm;786;1560\n"
    );
    let taken = desk.take("mua.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 24, "{:?}\n{}", taken.values, taken.mapping);
    assert!(taken.values.contains(&"station:can_tho|rain_total|total|P1M|2022-03-01|30.5".to_owned()));
    assert!(taken.values.contains(&"station:ca_mau|rain_total|total|P1M|2022-12-01|240".to_owned()));
    assert_eq!(taken.findings, ["left_out_total A15 Cả năm"]);
    // Months in Roman numerals below a merged year.
    let rows = "Năm|Tháng|Trạm|Lưu lượng TB (m3/s)\n2020|I|Tân Châu|7000\n|II|Tân Châu|5000\n2021|I|Tân Châu|7100\n|II|Tân Châu|5100\n";
    let merged = &["A2:A3", "A4:A5"];
    desk.goes_in(
        "gop.xlsx",
        book(&[Sheet { merged, ..sheet("Q", rows) }]),
        &[
            "station:tan_chau|discharge|mean|P1M|2020-01-01|7000",
            "station:tan_chau|discharge|mean|P1M|2020-02-01|5000",
            "station:tan_chau|discharge|mean|P1M|2021-01-01|7100",
            "station:tan_chau|discharge|mean|P1M|2021-02-01|5100",
        ],
        &[],
    )
    .await;
    // Statistics across.
    let rows = months(&|month| format!("{month};{};{};{}\n", 7000 + month, 8000 + month, 6000 + month));
    let file =
        format!("Lưu lượng nước trạm Tân Châu năm 2020 (m3/s)\nTháng;Trung bình;Lớn nhất;Nhỏ nhất\n{rows}");
    let taken = desk.take("dac-trung.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 36, "{:?}\n{}", taken.values, taken.mapping);
    for value in ["mean|P1M|2020-02-01|7002", "max|P1M|2020-02-01|8002", "min|P1M|2020-02-01|6002"] {
        let value = format!("station:tan_chau|discharge|{value}");
        assert!(taken.values.contains(&value), "{value} in {:?}", taken.values);
    }
}

#[tokio::test]
async fn hours_of_a_day_and_dates_that_show_no_order_are_read() {
    let desk = Desk::new().await;
    desk.goes_in(
        "bon-gio.csv",
        "Mực nước lúc 1h, 7h, 13h, 19h (cm)\nNgày;Trạm;1h;7h;13h;19h\n01/10/2023;Tân Châu;210;215;220;222\n02/10/2023;Tân Châu;212;217;223;225\n",
        &[
            "station:tan_chau|water_level|instant||2023-10-01 01:00|210",
            "station:tan_chau|water_level|instant||2023-10-01 07:00|215",
            "station:tan_chau|water_level|instant||2023-10-01 13:00|220",
            "station:tan_chau|water_level|instant||2023-10-01 19:00|222",
            "station:tan_chau|water_level|instant||2023-10-02 01:00|212",
            "station:tan_chau|water_level|instant||2023-10-02 07:00|217",
            "station:tan_chau|water_level|instant||2023-10-02 13:00|223",
            "station:tan_chau|water_level|instant||2023-10-02 19:00|225",
        ],
        &["assumed_day_first A3 01/10/2023"],
    )
    .await;
    desk.goes_in(
        "man-ngay.csv",
        "Bảng theo dõi độ mặn ngày 12/03/2024\nTT;Trạm;Giờ đo;Độ mặn (‰)\n1;Đại Ngãi;7h;2,1\n2;Trần Đề;7h;12,4\n3;Đại Ngãi;13h;3,3\n4;Trần Đề;13h;14,2\n",
        &[
            "station:dai_ngai|salinity|instant||2024-03-12 07:00|2.1",
            "station:dai_ngai|salinity|instant||2024-03-12 13:00|3.3",
            "station:tran_de|salinity|instant||2024-03-12 07:00|12.4",
            "station:tran_de|salinity|instant||2024-03-12 13:00|14.2",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "thu.csv",
        "Ngày,Trạm,Mực nước (cm)\n\"Thứ Năm, 13/02/2020\",Tân Châu,124\n\"Thứ Sáu, 14/02/2020\",Tân Châu,126\n2020.02.15,Tân Châu,127\n",
        &[
            "station:tan_chau|water_level|instant||2020-02-13|124",
            "station:tan_chau|water_level|instant||2020-02-14|126",
            "station:tan_chau|water_level|instant||2020-02-15|127",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_unit_within_a_title_or_in_a_row_of_the_header_is_seen() {
    let desk = Desk::new().await;
    let hours = "Giờ;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24;25;26;27;28;29;30;31\n";
    let levels = (1..=31).map(|day| format!(";1,{day:02}")).collect::<String>();
    let metres = format!("MỰC NƯỚC (m) TRẠM TÂN CHÂU THÁNG 10/2023\n{hours}7{levels}\n");
    let taken = desk.take("m.csv", metres.clone(), None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert!(
        taken.values.contains(&"station:tan_chau|water_level|instant||2023-10-31 07:00|131".to_owned()),
        "{:?}",
        taken.values
    );
    // Without a unit they may be metres or centimetres.
    desk.asks("khong.csv", metres.replace(" (m)", ""), &["in `cm`, or in `m`"], "", &[]).await;
    let rows = "KẾT QUẢ QUAN TRẮC NƯỚC MẶT|||||\nTrạm|Ngày|Thông số|||\n||pH|DO|BOD5|TSS\n||-|mg/l|mg/l|mg/l\nTân Châu|d:43864|7.1|6|4.5|30\nChâu Đốc|d:43864|7.2|6.1|4.2|32\n";
    let merged = &["A1:F1", "A2:A4", "B2:B4", "C2:F2"];
    let taken = desk
        .take("ba-hang.xlsx", book(&[Sheet { merged, ..sheet("K", rows) }]), None)
        .await
        .unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 8, "{:?}\n{}", taken.values, taken.mapping);
    assert!(taken.values.contains(&"station:tan_chau|bod5|instant||2020-02-03|4.5".to_owned()));
    assert_eq!(taken.findings, Vec::<String>::new());
}

#[tokio::test]
async fn rows_name_properties_and_headers_their_times() {
    let desk = Desk::new().await;
    desk.goes_in(
        "nien-giam-tinh.csv",
        "Một số chỉ tiêu nông nghiệp tỉnh Trà Vinh\nChỉ tiêu;Đơn vị tính;2020;Sơ bộ 2021\nDiện tích gieo trồng lúa;Ha;215000;210000\nNăng suất lúa;Tạ/ha;56,2;57,3\nSản lượng lúa;Tấn;1208300;1203300\n",
        &[
            "gso2004:84|rice_area_sown|total|P1Y|2020-01-01|215",
            "gso2004:84|rice_area_sown|total|P1Y|2021-01-01|210",
            "gso2004:84|rice_production|total|P1Y|2020-01-01|1208.3",
            "gso2004:84|rice_production|total|P1Y|2021-01-01|1203.3",
            "gso2004:84|rice_yield|mean|P1Y|2020-01-01|5.62",
            "gso2004:84|rice_yield|mean|P1Y|2021-01-01|5.73",
        ],
        &["preliminary_values D2 Sơ bộ 2021"],
    )
    .await;
    let twelve =
        |first: f64| (0..12).map(|month| format!(";{}", first + f64::from(month))).collect::<String>();
    let file = format!(
        "Số liệu khí tượng năm 2022\nTrạm;Yếu tố;I;II;III;IV;V;VI;VII;VIII;IX;X;XI;XII\nCần Thơ;Nhiệt độ không khí trung bình (°C){}\nCần Thơ;Lượng mưa (mm){}\nCà Mau;Nhiệt độ không khí trung bình (°C){}\nCà Mau;Lượng mưa (mm){}\n",
        twelve(20.5),
        twelve(100.5),
        twelve(21.5),
        twelve(120.5)
    );
    let taken = desk.take("yeu-to.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 48, "{:?}\n{}", taken.values, taken.mapping);
    for value in [
        "station:can_tho|air_temp|mean|P1M|2022-02-01|21.5",
        "station:ca_mau|rain_total|total|P1M|2022-12-01|131.5",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
}
