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

#[tokio::test]
async fn titles_that_speak_of_plans_scenarios_and_parts_of_years_are_asked_about() {
    ask(&[
        (
            "a.csv",
            "Kế hoạch sản xuất lúa năm 2024,,\nTỉnh,Diện tích gieo trồng lúa (ha),Sản lượng lúa (tấn)\nAn Giang,600000,4000000\n",
            "`Kế hoạch sản xuất lúa năm 2024` speaks of forecasts or plans",
        ),
        (
            "b.csv",
            "Kịch bản nước biển dâng,,\nTrạm,Năm,Độ mặn lớn nhất (g/l)\nTrà Vinh,2050,12\n",
            "`Kịch bản nước biển dâng` speaks of forecasts or plans",
        ),
        (
            "c.csv",
            "Sản lượng lúa tháng 9 năm 2024 theo tỉnh,,\nTỉnh,Năm,Sản lượng lúa (nghìn tấn)\nAn Giang,2024,400\n",
            "says `tháng 9`",
        ),
    ])
    .await;
    let desk = Desk::new().await;
    desk.goes_in(
        "d.csv",
        "Kèm theo Kế hoạch số 12/KH-UBND,,\nTỉnh,Năm,Sản lượng lúa (nghìn tấn)\nAn Giang,2023,4000\n",
        &["gso2004:89|rice_production|total|P1Y|2023-01-01|4000"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn means_and_extremes_of_days_are_of_their_day() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm,Ngày,Độ mặn lớn nhất (g/l)\nTrà Vinh,13/03/2024,12.5\nTrà Vinh,14/03/2024,11.2\nSóc Trăng,13/03/2024,9.5\nSóc Trăng,14/03/2024,9.2\n",
        &[
            "station:soc_trang|salinity|max|P1D|2024-03-13|9.5",
            "station:soc_trang|salinity|max|P1D|2024-03-14|9.2",
            "station:tra_vinh|salinity|max|P1D|2024-03-13|12.5",
            "station:tra_vinh|salinity|max|P1D|2024-03-14|11.2",
        ],
        &[],
    )
    .await;
    // A week apart it may be of the week, or of the day.
    desk.goes_in(
        "b.csv",
        "Trạm,Ngày,Độ mặn lớn nhất (g/l)\nTrà Vinh,13/04/2024,12.5\nTrà Vinh,20/04/2024,11.2\n",
        &["station:tra_vinh|salinity|max||2024-04-13|12.5", "station:tra_vinh|salinity|max||2024-04-20|11.2"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn few_columns_of_days_below_the_title_of_a_month_are_days() {
    let desk = Desk::new().await;
    let rows = "Tân Châu;301;302;303;304;305\n";
    desk.goes_in(
        "a.csv",
        format!("Mực nước cao nhất ngày (cm) tháng 10 năm 2022;;;;;\nTrạm;1;2;3;4;5\n{rows}"),
        &[
            "station:tan_chau|water_level_max_day|max|P1D|2022-10-01|301",
            "station:tan_chau|water_level_max_day|max|P1D|2022-10-02|302",
            "station:tan_chau|water_level_max_day|max|P1D|2022-10-03|303",
            "station:tan_chau|water_level_max_day|max|P1D|2022-10-04|304",
            "station:tan_chau|water_level_max_day|max|P1D|2022-10-05|305",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Lượng mưa ngày (mm) tháng 8/2022;;;;;;\nTrạm;20;21;22;23;24;25\nCần Thơ;1;2;3;4;5;6\n",
        &[
            "station:can_tho|rain_day|total|P1D|2022-08-20|1",
            "station:can_tho|rain_day|total|P1D|2022-08-21|2",
            "station:can_tho|rain_day|total|P1D|2022-08-22|3",
            "station:can_tho|rain_day|total|P1D|2022-08-23|4",
            "station:can_tho|rain_day|total|P1D|2022-08-24|5",
            "station:can_tho|rain_day|total|P1D|2022-08-25|6",
        ],
        &[],
    )
    .await;
    let months = "Trạm;1;2;3;4;5;6;7;8;9;10;11;12\nCần Thơ;1;2;3;4;5;6;7;8;9;10;11;12\n";
    let title = "Lượng mưa năm 2022 (mm) - cập nhật tháng 3 năm 2023;;;;;;;;;;;;\n";
    ask(&[("c.csv", &format!("{title}{months}"), "are they months, or days of that month")]).await;
    // A row of values that count on is no header.
    let rolled = "Bảng độ mặn lớn nhất ngày (g/l) tháng 02 năm 2020;;;;;;;;;;;\nTrạm;20;21;22;23;24;25;26;27;28;29;01/3\nMỹ Hóa;1;2;3;4;5;6;7;8;9;10;11\nSơn Đốc;2;3;4;5;6;7;8;9;10;11;12\n";
    ask(&[("d.csv", rolled, "")]).await;
}

#[tokio::test]
async fn titles_that_say_another_quantity_are_asked_about() {
    let by_year = |title: &str| format!("{title};;\nTỉnh;2021;2022\nAn Giang;200;210\n");
    let by_month = |title: &str| format!("{title};;\nTrạm;1/2022;2/2022\nCần Thơ;45;20\n");
    let files: Vec<(String, &str)> = [
        ("Mật độ dân số trung bình (người/km2)", "but also says"),
        ("Biến động dân số trung bình (nghìn người)", "but also says"),
        ("Dân số trung bình trong độ tuổi lao động (nghìn người)", "but also says"),
        ("Số ca sốt xuất huyết tử vong", "but also says"),
        ("Diện tích gieo trồng lúa được tưới (nghìn ha)", "but also says"),
        ("Sản lượng lúa hàng hóa (nghìn tấn)", "but also says"),
        ("Mục tiêu diện tích nuôi tôm (nghìn ha)", "forecasts or plans"),
        ("Chỉ tiêu giao diện tích nuôi tôm (nghìn ha)", "forecasts or plans"),
    ]
    .map(|(title, word)| (by_year(title), word))
    .into_iter()
    .chain(
        [
            ("Chuẩn sai lượng mưa tháng (mm)", "but also says"),
            ("Tỷ lệ lượng mưa so với TBNN (%)", "but also says"),
            ("Lượng mưa ngày lớn nhất trong tháng (mm)", "but also says"),
            ("Lượng mưa tháng trung bình nhiều năm (mm)", "but also says"),
            ("Lưu lượng nước thải (m3/ngày)", "but also says"),
            ("Độ mặn tính toán trung bình tháng (g/l)", "but also says"),
            ("Lượng mưa tháng theo vệ tinh (mm)", "but also says"),
        ]
        .map(|(title, word)| (by_month(title), word)),
    )
    .collect();
    for (at, (text, word)) in files.iter().enumerate() {
        ask(&[(&format!("{at}.csv"), text, word)]).await;
    }
}

#[tokio::test]
async fn days_of_the_lunar_calendar_are_asked_about() {
    ask(&[(
        "a.csv",
        "Trạm;Ngày (âm lịch);Độ mặn lớn nhất (g/l)\nVàm Kênh;13/1/2024;15,2\nVàm Kênh;14/1/2024;16,2\n",
        "speaks of the lunar calendar",
    )])
    .await;
    let desk = Desk::new().await;
    desk.goes_in(
        "b.csv",
        "Trạm;Ngày âm lịch;Ngày dương lịch;Độ mặn lớn nhất (g/l)\nVàm Kênh;5/1/2024;14/2/2024;15,2\nVàm Kênh;6/1/2024;15/2/2024;16,2\n",
        &[
            "station:vam_kenh|salinity|max|P1D|2024-02-14|15.2",
            "station:vam_kenh|salinity|max|P1D|2024-02-15|16.2",
        ],
        &["column_left_out B1 Ngày âm lịch"],
    )
    .await;
}

#[tokio::test]
async fn columns_of_numbers_that_are_not_read_are_told() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Mực nước trạm Tân Châu tháng 10 năm 2022 (cm);;;;;;\nNgày;1h;7h;13h;19h;Cao nhất;TB\n1;10;20;30;40;45;25\n2;11;21;31;41;46;26\n",
        &[
            "station:tan_chau|water_level|instant||2022-10-01 01:00|10",
            "station:tan_chau|water_level|instant||2022-10-01 07:00|20",
            "station:tan_chau|water_level|instant||2022-10-01 13:00|30",
            "station:tan_chau|water_level|instant||2022-10-01 19:00|40",
            "station:tan_chau|water_level|instant||2022-10-02 01:00|11",
            "station:tan_chau|water_level|instant||2022-10-02 07:00|21",
            "station:tan_chau|water_level|instant||2022-10-02 13:00|31",
            "station:tan_chau|water_level|instant||2022-10-02 19:00|41",
        ],
        &["column_left_out F2 Cao nhất", "column_left_out G2 TB"],
    )
    .await;
}

#[tokio::test]
async fn few_months_in_words_and_hours_of_readings_are_headers() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Lượng mưa tháng (mm) năm 2022;;\nTrạm;Tháng 1;Tháng 2\nCần Thơ;12,5;0\n",
        &[
            "station:can_tho|rain_total|total|P1M|2022-01-01|12.5",
            "station:can_tho|rain_total|total|P1M|2022-02-01|0",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Mực nước lúc 7 giờ và 19 giờ (cm);;;\nTrạm;Ngày;7h;19h\nTân Châu;13/10/2022;110;120\n",
        &[
            "station:tan_chau|water_level|instant||2022-10-13 07:00|110",
            "station:tan_chau|water_level|instant||2022-10-13 19:00|120",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "c.csv",
        "Mực nước từng giờ trạm Tân Châu tháng 2 năm 2023 (cm);;;;\nNgày;1;7;13;19\n1;10;20;30;40\n2;11;21;31;41\n",
        &[
            "station:tan_chau|water_level|instant||2023-02-01 01:00|10",
            "station:tan_chau|water_level|instant||2023-02-01 07:00|20",
            "station:tan_chau|water_level|instant||2023-02-01 13:00|30",
            "station:tan_chau|water_level|instant||2023-02-01 19:00|40",
            "station:tan_chau|water_level|instant||2023-02-02 01:00|11",
            "station:tan_chau|water_level|instant||2023-02-02 07:00|21",
            "station:tan_chau|water_level|instant||2023-02-02 13:00|31",
            "station:tan_chau|water_level|instant||2023-02-02 19:00|41",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn zones_by_other_names_are_read_or_asked_about() {
    let desk = Desk::new().await;
    let file = |header: &str| format!("station,{header},water level (cm)\nCan Tho,2024-03-13 00:00,123\n");
    for (at, header, time) in [
        (0, "time (Etc/GMT-7)", "2024-03-13"),
        (1, "utctime", "2024-03-13 07:00"),
        (2, "time (ICT)", "2024-03-13"),
    ] {
        let value = format!("station:can_tho|water_level|instant||{time}|123");
        desk.goes_in(&format!("{at}.csv"), file(header), &[&value], &[]).await;
    }
    for (at, title) in [
        "All times in Greenwich Mean Time",
        "Times are given in Coordinated Universal Time",
        "utc_offset_seconds: 0",
        "Giờ quốc tế",
    ]
    .iter()
    .enumerate()
    {
        let value = "station:can_tho|water_level|instant||2024-03-13 07:00|123";
        desk.goes_in(&format!("t{at}.csv"), format!("{title},,\n{}", file("time")), &[value], &[]).await;
    }
    for header in ["time (SGT)", "time (JST)", "Beijing time", "time (Asia/Tokyo)"] {
        ask(&[("a.csv", &file(header), "speaks of a zone")]).await;
    }
    ask(&[("muc_nuoc_can_tho_UTC.csv", &file("time"), "speaks of a zone")]).await;
}

#[tokio::test]
async fn dates_with_the_month_first_are_seen_where_the_file_says_so() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "station,date (mm/dd/yyyy),water level (cm)\nCan Tho,03/05/2024,123\nCan Tho,03/06/2024,125\n",
        &[
            "station:can_tho|water_level|instant||2024-03-05|123",
            "station:can_tho|water_level|instant||2024-03-06|125",
        ],
        &[],
    )
    .await;
    let rows = "station,date,water level (cm)\nCan Tho,03/09/2024,123\nCan Tho,03/10/2024,125\nCan Tho,03/11/2024,126\n";
    ask(&[
        ("b.csv", rows, "day or month comes first"),
        (
            "c.csv",
            "Date format: MM/DD/YYYY,,\nstation,date,water level (cm)\nCan Tho,03/09/2024,123\n",
            "day or month comes first",
        ),
    ])
    .await;
    // Values of the first day of each month.
    desk.goes_in(
        "d.csv",
        "station,date,water level (cm)\nCan Tho,01/03/2024,123\nCan Tho,01/04/2024,125\nCan Tho,01/05/2024,126\n",
        &[
            "station:can_tho|water_level|instant||2024-03-01|123",
            "station:can_tho|water_level|instant||2024-04-01|125",
            "station:can_tho|water_level|instant||2024-05-01|126",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn marks_of_validity_points_of_a_station_and_scaled_units_are_asked_about() {
    let with = |header: &str, one: &str, other: &str| {
        format!(
            "station,time,water level (cm),{header}\nCan Tho,2024-03-13 00:00,123,{one}\nCan Tho,2024-03-13 01:00,127,{other}\n"
        )
    };
    for (header, one, other, word) in [
        ("is_valid", "TRUE", "FALSE", "are such values bad"),
        ("validated", "yes", "no", "are such values bad"),
        ("Hợp lệ", "Có", "Không", "are such values bad"),
        ("valid", "1", "0", "are such values bad"),
        ("position", "surface", "bottom", "of that part of it"),
        ("bank", "left", "right", "of that part of it"),
        ("source", "MIKE11 simulation", "MIKE11 simulation", "forecasts or plans"),
    ] {
        ask(&[("a.csv", &with(header, one, other), word)]).await;
    }
    let of = |header: &str| format!("station,time,{header}\nCan Tho,2024-03-13 00:00,125\n");
    for header in ["discharge (kcfs)", "rainfall (0.1 mm)", "water level (cm x10)", "wind speed (Beaufort)"] {
        ask(&[("b.csv", &of(header), "nobody knows the unit")]).await;
    }
    let desk = Desk::new().await;
    desk.goes_in(
        "c.csv",
        "station,received_at,measured_at,water level (cm)\nCan Tho,2024-03-13 07:05,2024-03-13 07:00,123\n",
        &["station:can_tho|water_level|instant||2024-03-13 07:00|123"],
        &["column_left_out B1 received_at"],
    )
    .await;
}

#[tokio::test]
async fn words_in_brackets_notes_below_and_labels_above_are_not_passed_over() {
    let of = |header: &str, value: &str| format!("Station,Date,{header}\nCan Tho,2024-03-13,{value}\n");
    for (header, value) in [
        ("Discharge (cubic feet per second)", "7800"),
        ("Salinity (milligrams per litre)", "12"),
        ("Water level (rank)", "6"),
        ("Visibility (statute miles)", "6"),
    ] {
        ask(&[("a.csv", &of(header, value), "nobody knows the unit")]).await;
    }
    let level =
        "Station,Time,Water level (cm)\nTan Chau,2024-03-13 07:00,120\nTan Chau,2024-03-14 07:00,122\n";
    ask(&[
        ("b.csv", &format!("{level}Note: times are UTC,,\n"), "below the table says something"),
        (
            "c.csv",
            "Station,Time,Water level\nTan Chau,2024-03-13 07:00,123\nTan Chau,2024-03-14 07:00,122\nĐơn vị: mm,,\n",
            "below the table says something",
        ),
    ])
    .await;
    let desk = Desk::new().await;
    desk.goes_in(
        "d.csv",
        "Station: Tan Chau\nCatchment area (km2): 760000\nGauge offset (cm): 12\nParameter: Water level\nUnit: m\nTime,Value\n2024-03-13 07:00,1.20\n2024-03-14 07:00,1.22\n",
        &[
            "station:tan_chau|water_level|instant||2024-03-13 07:00|120",
            "station:tan_chau|water_level|instant||2024-03-14 07:00|122",
        ],
        &[],
    )
    .await;
    let with = |header: &str, one: &str, other: &str| {
        format!(
            "station,time,water level (cm),{header}\nCan Tho,2024-03-13 00:00,123,{one}\nCan Tho,2024-03-13 01:00,127,{other}\n"
        )
    };
    for (header, one, other) in [
        ("Approval", "Approved", "Rejected"),
        ("deleted", "false", "true"),
        ("Ghi chú", "", "giá trị sai, bỏ"),
        ("duration", "24h", "6h"),
        ("Sample type", "River", "Field blank"),
    ] {
        ask(&[("e.csv", &with(header, one, other), "says")]).await;
    }
    ask(&[("f.csv", &with("Scenario", "RCP8.5", "RCP8.5"), "forecasts or plans")]).await;
}
