//! Tables, all made up for these tests, in which something beside the values changes what they are: it is read, or
//! asked about, and never passed over.

use crate::agencies::Desk;

/// Files of which something must be decided, and a word of the question.
async fn ask(files: &[(&str, &str, &str)]) {
    let desk = Desk::new().await;
    for (name, text, word) in files {
        desk.asks(name, *text, &[word], "", &[]).await;
    }
}

#[tokio::test]
async fn rows_of_data_that_look_like_years_are_no_header() {
    let desk = Desk::new().await;
    desk.goes_in(
        "lua.csv",
        "Tỉnh,Năm,Sản lượng lúa (nghìn tấn),Ghi chú\nTiền Giang,2019,1950,\nTiền Giang,2020,1890,\n",
        &[
            "gso2004:82|rice_production|total|P1Y|2019-01-01|1950",
            "gso2004:82|rice_production|total|P1Y|2020-01-01|1890",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn points_between_thousands_are_asked_about_beside_small_numbers() {
    let title = "Diện tích nuôi tôm phân theo tỉnh (ha)\n";
    let ask_one = |rows: &str| format!("{title}Tỉnh;2020;2021\n{rows}");
    ask(&[
        ("a.csv", &ask_one("Cà Mau;280.849;283.100\nSóc Trăng;51.234;980\n"), "`280.849` a decimal point"),
        (
            "b.csv",
            &ask_one("Cà Mau;280.849;283.100\nBạc Liêu;135 912;141 011\n"),
            "`280.849` a decimal point",
        ),
        (
            "c.csv",
            &ask_one("Cà Mau;280.849;283,100\nBạc Liêu;135.912;141,011\n"),
            "`280.849` a decimal point",
        ),
        ("d.csv", &ask_one("Cà Mau;1.194.476;1.2\nBạc Liêu;907.236;913.500\n"), "`913.500` a decimal point"),
        (
            "e.csv",
            "Trạm;Ngày;Lưu lượng (m3/s)\nTân Châu;01/09/2023;12.500\nTân Châu;02/09/2023;985\n",
            "`12.500` a decimal",
        ),
    ])
    .await;
    let desk = Desk::new().await;
    desk.goes_in(
        "f.csv",
        "Sản lượng lúa phân theo tỉnh (tấn)\nTỉnh;2020;2021\nCà Mau;1.280.849;283.100\nSóc Trăng;135.912;141.011\n",
        &[
            "gso2004:94|rice_production|total|P1Y|2020-01-01|135.912",
            "gso2004:94|rice_production|total|P1Y|2021-01-01|141.011",
            "gso2004:96|rice_production|total|P1Y|2020-01-01|1280.849",
            "gso2004:96|rice_production|total|P1Y|2021-01-01|283.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn rows_that_head_others_are_asked_about() {
    let seasons = "Diện tích gieo trồng lúa (nghìn ha);;\nTỉnh;2020;2021\nĐông Xuân;;\nAn Giang;230,1;228,2\nHè Thu;;\nTiền Giang;60,1;59,9\n";
    let forecasts =
        "Trạm;Ngày;Mực nước (cm)\nThực đo;;\nTân Châu;01/03/2024;120\nDự báo;;\nChâu Đốc;02/03/2024;122\n";
    let another = "MỰC NƯỚC TRUNG BÌNH NGÀY (cm);;\nTrạm;01/03/2024;02/03/2024\nTân Châu;120;122\nĐộ mặn (‰);;\nĐại Ngãi;4,5;4,8\n";
    let lowest = "ĐỘ MẶN LỚN NHẤT NGÀY (‰);;\nTrạm;01/03/2024;02/03/2024\nĐại Ngãi;4,5;4,8\nĐộ mặn nhỏ nhất ngày (‰);;\nTrà Vinh;1,5;1,8\n";
    ask(&[
        ("a.csv", seasons, "`Đông Xuân`, `Hè Thu`"),
        ("b.csv", forecasts, "`Dự báo`"),
        ("c.csv", another, "`Độ mặn (‰)`"),
        ("d.csv", lowest, "`Độ mặn nhỏ nhất ngày (‰)`"),
    ])
    .await;
}

#[tokio::test]
async fn times_beside_those_that_are_read_are_asked_about() {
    let days =
        "ĐỘ MẶN CAO NHẤT NGÀY THÁNG 3 NĂM 2024 (‰);;\nTrạm;Ngày;Độ mặn\nĐại Ngãi;05/3;4,5\nTrà Vinh;09/3;8\n";
    let each =
        "Năm;Trạm;Hmax (cm);Ngày xuất hiện;Hmin (cm);Ngày\n2020;Tân Châu;278;15/10/2020;-30;20/4/2020\n";
    let hours = "Trạm;Ngày;Độ mặn max (g/l);Giờ xuất hiện;Độ mặn min (g/l);Giờ\nĐại Ngãi;13/03/2024;14,4;07:00;3,1;14:00\n";
    let words = "Trạm;Ngày;Giờ;Độ mặn (g/l)\nĐại Ngãi;13/03/2024;khoảng 7-8;14,4\nĐại Ngãi;13/03/2024;khoảng 13-14;12,1\n";
    ask(&[
        ("a.csv", days, "`Ngày` holds times too (`05/3`)"),
        ("b.csv", each, "`Ngày xuất hiện` holds times too"),
        ("c.csv", hours, "`Giờ xuất hiện` holds times too"),
        ("d.csv", words, "`Giờ` holds times too"),
    ])
    .await;
}

#[tokio::test]
async fn values_beside_those_that_are_read_are_asked_about() {
    let texts = "Trạm;Ngày;Mực nước (cm);Độ mặn (‰)\nĐại Ngãi;01/03/2024;45;4,5 (7h)\nTrần Đề;01/03/2024;55;14,5 (9h)\n";
    let nameless = "Trạm;Ngày;Mực nước (cm);\nĐại Ngãi;01/03/2024;45;4,5\nTrần Đề;01/03/2024;55;14,5\n";
    let commas =
        "Trạm,Ngày,Mực nước (cm),Độ mặn (g/l)\nĐại Ngãi,13/03/2024,112,5,4\nTrần Đề,13/03/2024,98,6\n";
    let in_water = "Trạm,Ngày,NO2 (mg/l),BOD5 (mg/l)\nCần Thơ,2024-03-13,0.0005,4\n";
    let grams = "Sông;Trạm;Ngày;Ranh mặn 1g/l (km);Ranh mặn 4g/l (km)\nHậu;Đại Ngãi;01/03/2024;60;45\nTiền;Mỹ Tho;01/03/2024;65;50\n";
    let season = "DIỆN TÍCH GIEO TRỒNG LÚA VỤ HÈ THU;;\nTỉnh;Năm;Diện tích gieo trồng lúa (nghìn ha)\nAn Giang;2023;230,1\nCà Mau;2023;40\n";
    let rural =
        "DÂN SỐ TRUNG BÌNH NÔNG THÔN;;\nTỉnh;Năm;Dân số trung bình (nghìn người)\nAn Giang;2023;1230,1\n";
    let sheets = r#"{"man": [{"tram": "Trà Vinh", "ngay": "2024-03-01", "do_man": 9.1}],
        "muc": [{"tram": "Trà Vinh", "thoi_gian": "2024-03-01", "muc_nuoc": 45}, {"tram": "Mỹ Tho", "thoi_gian": "2024-03-01", "muc_nuoc": 50}]}"#;
    ask(&[
        ("a.csv", texts, "`Độ mặn (‰)` may hold values too"),
        ("b.csv", nameless, "`@D` may hold values too"),
        ("c.csv", commas, "`@E` may hold values too"),
        ("d.csv", in_water, "`NO2 (mg/l)`"),
        ("e.csv", grams, "`Ranh mặn 1g/l (km)`"),
        ("f.csv", season, "VỤ HÈ THU` says more"),
        ("g.csv", rural, "NÔNG THÔN` says more"),
        ("h.json", sheets, "the sheets `muc` hold numbers too"),
    ])
    .await;
}

#[tokio::test]
async fn units_with_words_around_them_are_read_and_others_are_asked_about() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm;Ngày;Lưu lượng (nghìn m3/s)\nTân Châu;01/09/2023;12,5\n",
        &["station:tan_chau|discharge|mean||2023-09-01|12500"],
        &[],
    )
    .await;
    desk.goes_in(
        "f.csv",
        "Trạm;Ngày;Mực nước (ft)\nTân Châu;01/09/2023;3\n",
        &["station:tan_chau|water_level|instant||2023-09-01|91.44"],
        &[],
    )
    .await;
    ask(&[
        ("b.csv", "Trạm;Ngày;Lưu lượng (gpm)\nTân Châu;01/09/2023;3000\n", "nobody knows the unit `gpm`"),
        ("d.csv", "Trạm;Ngày;Clorua (meq/l)\nTân Châu;01/09/2023;3\n", "`meq/l`"),
    ])
    .await;
}

#[tokio::test]
async fn formulas_that_failed_are_told() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;01/09/2023;#DIV/0!\nTrà Vinh;02/09/2023;3\nTrà Vinh;03/09/2023;-\n",
        &["station:tra_vinh|salinity|instant||2023-09-02|3"],
        &["formula_error C2 #DIV/0!"],
    )
    .await;
}

#[tokio::test]
async fn times_of_day_are_read_as_they_are_written() {
    let desk = Desk::new().await;
    let values = [
        "station:dai_ngai|salinity|instant||2024-03-13 07:00|14.4",
        "station:dai_ngai|salinity|instant||2024-03-13 13:00|12.1",
    ];
    for (name, [morning, afternoon]) in [
        ("a.csv", ["07:00:00.000+07:00", "13:00:00.000+07:00"]),
        ("b.csv", ["7AM", "1 PM"]),
        ("c.csv", ["0700", "1300"]),
        ("d.csv", ["7 giờ sáng", "1 giờ chiều"]),
        ("e.csv", ["7:00 SA", "1:00 CH"]),
    ] {
        let rows = format!(
            "Trạm;Ngày;Giờ;Độ mặn (g/l)\nĐại Ngãi;13/03/2024;{morning};14,4\nĐại Ngãi;13/03/2024;{afternoon};12,1\n"
        );
        desk.goes_in(name, rows, &values, &[]).await;
    }
}
