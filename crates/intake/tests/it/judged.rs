//! Files as an unkind judge makes them: each was read wrongly once, in silence or with a question that an expert
//! would not ask.

use crate::agencies::Desk;
use crate::book::{Sheet, book, sheet};

#[tokio::test]
async fn a_name_that_becomes_unclear_within_a_year_is_asked_of_that_year() {
    let desk = Desk::with_communes().await;
    let file = "Xã;Năm;Dân số\nLong Điền;2024;12,5\nLong Điền;2025;12,6\n";
    let mapping = "[source]\ndecimal = \"comma\"\n[place]\ncolumn = \"Xã\"\nkind = \"commune\"\n[time]\ncolumns = [\"Năm\"]\nformat = \"year\"\n[[value]]\ncolumn = \"Dân số\"\nproperty = \"population_avg\"\nunit = \"10*3{person}\"\nperiod = \"P1Y\"\n";
    let taken = desk.take("xa.csv", file, Some(mapping)).await.unwrap();
    assert_eq!(taken.values, ["gso2004:31981|population_avg|mean|P1Y|2024-01-01|12.5"]);
    assert_eq!(taken.findings, ["ambiguous_place A3 Long Điền"]);
}

#[tokio::test]
async fn a_title_says_the_statistic_of_a_header_that_says_none() {
    let desk = Desk::new().await;
    desk.goes_in(
        "smax.csv",
        "Độ mặn cao nhất tháng 3 năm 2024 (g/l)\nTrạm;Độ mặn\nTrà Vinh;9,3\nBình Đại;19,1\n",
        &[
            "station:binh_dai|salinity|max|P1M|2024-03-01|19.1",
            "station:tra_vinh|salinity|max|P1M|2024-03-01|9.3",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "smax-ngay.csv",
        "Độ mặn cao nhất tháng 3 năm 2024 (g/l)\nTrạm;Ngày;Độ mặn\nTrà Vinh;15/03/2024;9,3\n",
        &["station:tra_vinh|salinity_max_day|max|P1D|2024-03-15|9.3"],
        &[],
    )
    .await;
    desk.goes_in(
        "hmin.csv",
        "Mực nước thấp nhất năm 2023 (cm)\nTrạm;Mực nước\nTân Châu;-12\n",
        &["station:tan_chau|water_level|min|P1Y|2023-01-01|-12"],
        &[],
    )
    .await;
    desk.goes_in(
        "ttb.csv",
        "Nhiệt độ và độ ẩm không khí trung bình tháng năm 2023 trạm Cần Thơ\nTháng;Nhiệt độ (°C);Độ ẩm (%)\n1;26,1;80\n",
        &["station:can_tho|air_temp|mean|P1M|2023-01-01|26.1", "station:can_tho|rel_humidity|mean|P1M|2023-01-01|80"],
        &[],
    )
    .await;
    desk.goes_in(
        "mua.csv",
        "Tổng lượng mưa tháng 3 năm 2024\nTrạm;Lượng mưa (mm)\nCần Thơ;27,3\n",
        &["station:can_tho|rain_total|total|P1M|2024-03-01|27.3"],
        &[],
    )
    .await;
    // The header is nearer to the values than the title.
    desk.goes_in(
        "khac.csv",
        "Mực nước cao nhất ngày tại các trạm (cm)\nTrạm;Ngày;Mực nước min;Mực nước\nTân Châu;15/03/2024;-12;120\n",
        &["station:tan_chau|water_level_max_day|max|P1D|2024-03-15|120", "station:tan_chau|water_level|min||2024-03-15|-12"],
        &[],
    )
    .await;
    // Of two nothing tells which, and a value of a month is no reading.
    let both =
        "Độ mặn cao nhất, thấp nhất tháng 3 năm 2024 (g/l)\nTrạm;Ngày;Độ mặn\nTrà Vinh;15/03/2024;9,3\n";
    desk.asks("hai.csv", both, &["are the values means of their periods"], "", &[]).await;
    let none = "Trạm;Tháng;Năm;Nhiệt độ không khí (°C)\nCần Thơ;3;2024;27,3\n";
    desk.asks("khong.csv", none, &["are the values means of their periods"], "", &[]).await;
}

#[tokio::test]
async fn a_season_has_one_time_and_one_name_however_it_is_written() {
    let desk = Desk::new().await;
    let values = [
        "gso2004:89|rice_area_sown|total|season:dong_xuan|2020-01-01|228.3",
        "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.1",
    ];
    for file in [
        "Tỉnh;Vụ;Diện tích gieo trồng lúa (ha)\nAn Giang;Đông xuân 2019-2020;228300\nAn Giang;Hè thu 2020;226100\n",
        "Tỉnh;Vụ;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;Đông xuân;2020;228300\nAn Giang;Hè thu;2020;226100\n",
        "Tỉnh;Vụ;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;ĐX;2020;228300\nAn Giang;Vụ lúa hè thu;2020;226100\n",
    ] {
        desk.goes_in("vu.csv", file, &values, &[]).await;
    }
    let with_year = "Tỉnh;Vụ;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;Hè thu;2020;226100\nAn Giang;Cả năm;2020;454400\n";
    desk.goes_in(
        "ca-nam.csv",
        with_year,
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|454.4",
            "gso2004:89|rice_area_sown|total|season:he_thu|2020-01-01|226.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn parts_of_years_and_thirds_of_months_are_periods_of_their_own() {
    let desk = Desk::new().await;
    let thirds = [
        "station:can_tho|rain_total|total|dekad|2024-07-01|55.5",
        "station:can_tho|rain_total|total|dekad|2024-07-11|44.5",
        "station:can_tho|rain_total|total|dekad|2024-07-21|33.5",
    ];
    for file in [
        "Trạm;Năm;Kỳ;Lượng mưa (mm)\nCần Thơ;2024;Kỳ 1 tháng 7;55,5\nCần Thơ;2024;Kỳ 2 tháng 7;44,5\nCần Thơ;2024;Kỳ 3 tháng 7;33,5\n",
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;10 ngày đầu tháng 7/2024;55,5\nCần Thơ;10 ngày giữa tháng 7/2024;44,5\nCần Thơ;10 ngày cuối tháng 7/2024;33,5\n",
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;01-10/7/2024;55,5\nCần Thơ;11-20/7/2024;44,5\nCần Thơ;21-31/7/2024;33,5\n",
        "Lượng mưa (mm)\nTrạm;Thượng tuần tháng 7/2024;Trung tuần tháng 7/2024;Hạ tuần tháng 7/2024\nCần Thơ;55,5;44,5;33,5\n",
    ] {
        desk.goes_in("ky.csv", file, &thirds, &[]).await;
    }
    let halves =
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;Kỳ 1 tháng 7/2024;55,5\nCần Thơ;Kỳ 2 tháng 7/2024;44,5\n";
    desk.asks("nua.csv", halves, &["ten days of a month, or half of one"], "", &[]).await;
    desk.goes_in(
        "quy.csv",
        "Tỉnh;Năm;Quý;Sản lượng thủy sản (tấn)\nCà Mau;2024;I;80000\nCà Mau;2024;IV;90000\n",
        &[
            "gso2004:96|fishery_prod|total|P3M|2024-01-01|80000",
            "gso2004:96|fishery_prod|total|P3M|2024-10-01|90000",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "thang-nam.csv",
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;Tháng 7/2024;210,5\nCần Thơ;Quý III/2024;640\nCần Thơ;Năm 2024;1501\n",
        &[
            "station:can_tho|rain_total|total|P1M|2024-07-01|210.5",
            "station:can_tho|rain_total|total|P1Y|2024-01-01|1501",
            "station:can_tho|rain_total|total|P3M|2024-07-01|640",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "6-thang.csv",
        "Tỉnh;Thời gian;Sản lượng thủy sản (tấn)\nCà Mau;6 tháng đầu năm 2024;300000\nCà Mau;Năm 2024;610000\n",
        &["gso2004:96|fishery_prod|total|P1Y|2024-01-01|610000", "gso2004:96|fishery_prod|total|P6M|2024-01-01|300000"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn the_speed_of_the_wind_is_no_hour() {
    let desk = Desk::new().await;
    for header in ["Tốc độ gió (m/s)", "TỐC ĐỘ GIÓ (m/s)"] {
        desk.goes_in(
            "gio.csv",
            format!("Trạm;Ngày;Hướng gió;{header}\nCần Thơ;01/03/2024;ĐN;3\nCần Thơ;13/03/2024;TTN;4\n"),
            &[
                "station:can_tho|wind_dir|mean||2024-03-01|135",
                "station:can_tho|wind_dir|mean||2024-03-13|247.5",
                "station:can_tho|wind_speed|mean||2024-03-01|3",
                "station:can_tho|wind_speed|mean||2024-03-13|4",
            ],
            &[],
        )
        .await;
    }
}

#[tokio::test]
async fn thousands_beside_a_sign_are_asked_about_too() {
    let desk = Desk::new().await;
    let file = "Tỉnh;Năm;Diện tích rừng ngập mặn (ha)\nCà Mau;2022;~69.000\nBến Tre;2022;> 4.000\n";
    desk.asks("rung.csv", file, &["has `~69.000` a decimal point"], "", &[]).await;
}

#[tokio::test]
async fn tables_that_stand_beside_each_other_without_a_gap_are_told_apart() {
    let desk = Desk::new().await;
    let values = [
        "station:chau_doc|water_level|instant||2024-03-01|98",
        "station:chau_doc|water_level|instant||2024-03-13|99",
        "station:tan_chau|water_level|instant||2024-03-01|120",
        "station:tan_chau|water_level|instant||2024-03-13|125",
    ];
    let file = "Trạm Tân Châu;;Trạm Châu Đốc;\nNgày;H (cm);Ngày;H (cm)\n01/03/2024;120;01/03/2024;98\n13/03/2024;125;13/03/2024;99\n";
    desk.goes_in("canh-nhau.csv", file, &values, &[]).await;
    let rows = "Trạm|Tân Châu||Châu Đốc|\nNgày|H (cm)|Q (m3/s)|H (cm)|Q (m3/s)\n13/03/2024|120|5000|98|1500\n14/03/2024|125|5100|99|1600\n";
    let values = [
        "station:chau_doc|discharge|mean||2024-03-13|1500",
        "station:chau_doc|discharge|mean||2024-03-14|1600",
        "station:chau_doc|water_level|instant||2024-03-13|98",
        "station:chau_doc|water_level|instant||2024-03-14|99",
        "station:tan_chau|discharge|mean||2024-03-13|5000",
        "station:tan_chau|discharge|mean||2024-03-14|5100",
        "station:tan_chau|water_level|instant||2024-03-13|120",
        "station:tan_chau|water_level|instant||2024-03-14|125",
    ];
    desk.goes_in("tram-tren.csv", rows.replace('|', ";"), &values, &[]).await;
    let merged = &["B1:C1", "D1:E1"];
    desk.goes_in("tram-tren.xlsx", book(&[Sheet { merged, ..sheet("H-Q", rows) }]), &values, &[]).await;
}

#[tokio::test]
async fn web_pages_named_as_workbooks_and_texts_of_fixed_width_with_titles_are_tables() {
    let desk = Desk::new().await;
    let values = [
        "station:tan_chau|water_level|instant||2024-03-13|120",
        "station:tan_chau|water_level|instant||2024-03-14|125.5",
    ];
    let table = "<table border=1><tr><td colspan=3><b>S&#7888; LI&#7878;U M&#7920;C N&#431;&#7898;C</b></td></tr><tr><th>Trạm<th>Ngày</th><th>Mực nước (cm)</th></tr><tr><td rowspan=2>Tân Châu</td><td>13/03/2024</td><td>120</td></tr><tr><td>14/03/2024</td><td>125,5</td></tr></table>";
    let page = format!(
        "<html><head><meta charset=utf-8><style>td {{ color: red }}</style></head><body>{table}</body></html>"
    );
    for file in [table.to_owned(), page] {
        desk.goes_in("so-lieu.xls", file, &values, &[]).await;
    }
    let login = "<!DOCTYPE html><html><body><form>Đăng nhập</form></body></html>";
    assert!(desk.take("so-lieu.xls", login, None).await.is_err_and(|error| error.contains("web page")));
    let text = "ĐÀI KHÍ TƯỢNG THỦY VĂN KHU VỰC NAM BỘ\nBẢNG MỰC NƯỚC GIỜ (cm)\n\nTram          Ngay        Muc nuoc (cm)\nTan Chau      13/03/2024          120\nTan Chau      14/03/2024        125.5\n";
    desk.goes_in("bang.txt", text, &values, &[]).await;
}

#[tokio::test]
async fn dates_that_a_spreadsheet_has_turned_around_are_asked_about() {
    let desk = Desk::new().await;
    let first = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
    let serial = |month| {
        let day = chrono::NaiveDate::from_ymd_opt(2024, month, 3).unwrap();
        day.signed_duration_since(first).num_days()
    };
    let days: String = (1..=12).map(|month| format!("Tân Châu|d:{}|{month}\n", serial(month))).collect();
    let rows = format!("Trạm|Ngày|Mực nước (cm)\n{days}Tân Châu|13/03/2024|13\nTân Châu|14/03/2024|14\n");
    let file = book(&[sheet("S", &rows)]);
    desk.asks("dao.xlsx", file, &["has the spreadsheet turned day and month"], "", &[]).await;
}

#[tokio::test]
async fn stars_and_words_of_estimates_behind_numbers_are_kept_beside_them() {
    let desk = Desk::new().await;
    desk.goes_in(
        "bod5.csv",
        "Trạm;Ngày;BOD5 (mg/l)\nTân Châu;13/03/2024;1,2*\nTân Châu;14/03/2024;12,5 (e)\nTân Châu;15/03/2024;~3\nTân Châu;16/03/2024;0,5\nTân Châu;17/03/2024;0,6\nTân Châu;18/03/2024;0,7\n",
        &[
            "station:tan_chau|bod5|instant||2024-03-13|1.2",
            "station:tan_chau|bod5|instant||2024-03-14|12.5",
            "station:tan_chau|bod5|instant||2024-03-15|3",
            "station:tan_chau|bod5|instant||2024-03-16|0.5",
            "station:tan_chau|bod5|instant||2024-03-17|0.6",
            "station:tan_chau|bod5|instant||2024-03-18|0.7",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn limits_and_comparisons_beside_values_are_left_out() {
    let desk = Desk::new().await;
    desk.goes_in(
        "mrc.csv",
        "Station Name,Date,Water Level (m),Alarm Level,Flood Level\nTan Chau,2024-09-01,3.21,3.5,4.5\nTan Chau,2024-09-02,3.25,3.5,4.5\n",
        &["station:tan_chau|water_level|instant||2024-09-01|321", "station:tan_chau|water_level|instant||2024-09-02|325"],
        &["column_left_out D1 Alarm Level", "column_left_out E1 Flood Level"],
    )
    .await;
    desk.goes_in(
        "so-sanh.csv",
        "Sản lượng thủy sản (tấn)\nTỉnh;2022;2023;So sánh 2023/2022 (%)\nBến Tre;1200,5;1300,5;108,3\nCà Mau;6000,5;6100,5;101,7\n",
        &[
            "gso2004:83|fishery_prod|total|P1Y|2022-01-01|1200.5",
            "gso2004:83|fishery_prod|total|P1Y|2023-01-01|1300.5",
            "gso2004:96|fishery_prod|total|P1Y|2022-01-01|6000.5",
            "gso2004:96|fishery_prod|total|P1Y|2023-01-01|6100.5",
        ],
        &["column_left_out D2 So sánh 2023/2022 (%)"],
    )
    .await;
}

#[tokio::test]
async fn columns_that_make_a_value_a_part_or_a_bad_one_are_not_passed_over() {
    let desk = Desk::new().await;
    for (file, words) in [
        (
            "Tỉnh;Năm;Khu vực;Dân số trung bình (nghìn người)\nBến Tre;2022;Thành thị;130,1\nCà Mau;2022;Thành thị;280,1\n",
            "`Khu vực` says `Thành thị`",
        ),
        (
            "Dân số trung bình (nghìn người)\nTỉnh;Khu vực;2022;2023\nBến Tre;Thành thị;130,1;131,2\nCà Mau;Thành thị;280,1;281,2\n",
            "`Khu vực` says `Thành thị`",
        ),
        (
            "Tỉnh;Năm;Loại;Sản lượng thủy sản (tấn)\nBến Tre;2022;Nuôi trồng;130000\nCà Mau;2022;Nuôi trồng;280000\n",
            "`Loại` says `Nuôi trồng`",
        ),
        (
            "Trạm;Ngày;Tầng;Độ mặn (g/l)\nTrà Vinh;01/03/2024;Đáy;9,1\nTrà Vinh;13/03/2024;Đáy;9,3\n",
            "`Tầng` says `Đáy`",
        ),
        (
            "Trạm;Ngày;Độ mặn (g/l);Trạng thái\nTrà Vinh;01/03/2024;9,1;Tốt\nTrà Vinh;13/03/2024;9,3;Lỗi cảm biến\n",
            "`Trạng thái` says `Lỗi cảm biến`",
        ),
    ] {
        desk.asks("phan.csv", file, &[words], "", &[]).await;
    }
}

#[tokio::test]
async fn a_sheet_and_its_title_that_contradict_each_other_are_asked_about() {
    let desk = Desk::new().await;
    let months = "MỰC NƯỚC NGÀY THÁNG 2 NĂM 2023 (cm)||\nNgày|Tân Châu|Châu Đốc\n1|120|98\n2|121|99\n";
    desk.asks(
        "thang.xlsx",
        book(&[sheet("Tháng 3", months)]),
        &["the sheet's name says `3`, and the title `2`"],
        "",
        &[],
    )
    .await;
    let years =
        "Dân số trung bình năm 2023 (nghìn người)|\nTỉnh|Dân số trung bình\nBến Tre|1298.1\nCà Mau|1207.6\n";
    desk.asks(
        "nam.xlsx",
        book(&[sheet("2024", years)]),
        &["the sheet's name says `2024`, and the title `2023`"],
        "",
        &[],
    )
    .await;
}

#[tokio::test]
async fn files_of_an_archive_are_named_after_places() {
    let desk = Desk::new().await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, level) in [("Tân Châu.csv", 120), ("Châu Đốc.csv", 98)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        let text = format!("Ngày;Mực nước (cm)\n13/03/2024;{level}\n");
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    let values = [
        "station:chau_doc|water_level|instant||2024-03-13|98",
        "station:tan_chau|water_level|instant||2024-03-13|120",
    ];
    desk.goes_in("cac-tram.zip", zip.finish().unwrap().into_inner(), &values, &[]).await;
}
