//! Tables in shapes that no file of the project has, all made up for these tests: what they say of themselves
//! beside their numbers decides whether these are what they seem to be.

use crate::agencies::Desk;
use crate::book::{Sheet, book, sheet};

#[tokio::test]
async fn forecasts_and_plans_are_no_observations() {
    let desk = Desk::new().await;
    let rows = "ĐỘ MẶN CAO NHẤT TẠI CÁC TRẠM (g/l)||||\nTrạm|Thực đo||Dự báo|\n|18/02/2024|19/02/2024|20/02/2024|21/02/2024\nTrà Vinh|9.1|9.2|9.3|9.4\nBình Đại|19.1|19.2|19.3|19.4\n";
    let merged = &["A2:A3", "B2:C2", "D2:E2"];
    let values = [
        "station:binh_dai|salinity_max_day|max|P1D|2024-02-18|19.1",
        "station:binh_dai|salinity_max_day|max|P1D|2024-02-19|19.2",
        "station:tra_vinh|salinity_max_day|max|P1D|2024-02-18|9.1",
        "station:tra_vinh|salinity_max_day|max|P1D|2024-02-19|9.2",
    ];
    let answer = "[source]\nheader_row = 3\n[place]\ncolumn = \"@A\"\nkind = \"station\"\n[time]\nformat = \"%d/%m/%Y\"\n[[value]]\ncolumns = \"{time}\"\nexcept = [\"20/02/2024\", \"21/02/2024\"]\nproperty = \"salinity_max_day\"\nunit = \"g/L\"\nperiod = \"P1D\"\n";
    let file = book(&[Sheet { merged, ..sheet("Bảng", rows) }]);
    desk.asks("ban-tin.xlsx", file, &["`Dự báo` speaks of forecasts"], answer, &values).await;
    desk.asks(
        "du-bao.csv",
        "Dự báo độ mặn (g/l)\nTrạm;Ngày;Độ mặn\nTrà Vinh;20/02/2024;9,3\n",
        &["speaks of forecasts"],
        "",
        &[],
    )
    .await;
    // The office of forecasts measures.
    desk.goes_in(
        "do.csv",
        "TRUNG TÂM DỰ BÁO KHÍ TƯỢNG THỦY VĂN QUỐC GIA\nTrạm;Ngày;Độ mặn (g/l)\nTrà Vinh;20/02/2024;9,3\n",
        &["station:tra_vinh|salinity|instant||2024-02-20|9.3"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_title_that_speaks_of_a_part_of_the_property_is_asked_about() {
    let desk = Desk::new().await;
    for (title, words) in [
        ("Dân số trung bình nam (Nghìn người)", "also says `nam`"),
        ("Dân số trung bình nữ (Nghìn người)", "also says `nữ`"),
        ("Dân số trung bình thành thị phân theo địa phương (Nghìn người)", "also says `thành thị`"),
        ("Diện tích gieo trồng lúa bị thiệt hại (nghìn ha)", "also says `bị thiệt hại`"),
        ("Tốc độ tăng dân số trung bình (Nghìn người)", "also says `tốc độ tăng`"),
        ("Sản lượng thủy sản khai thác (tấn)", "also says `khai thác`"),
        ("Diện tích nuôi tôm sú (nghìn ha)", "also says `sú`"),
    ] {
        let file = format!("{title}\nTỉnh;2021;2022\nBến Tre;500,1;500,2\nAn Giang;600,1;600,2\n");
        desk.asks("a.csv", file, &[words], "", &[]).await;
    }
    // Neither is a place.
    for title in
        ["Mực nước Cần Thơ và Tân Châu (cm)", "MỰC NƯỚC CẦN THƠ VÀ TÂN CHÂU (cm)", "Mực nước Vàm Cỏ (cm)"]
    {
        desk.goes_in(
            "noi.csv",
            format!("{title}\nNgày;Cần Thơ;Tân Châu\n15/10/2023;100;200\n"),
            &[
                "station:can_tho|water_level|instant||2023-10-15|100",
                "station:tan_chau|water_level|instant||2023-10-15|200",
            ],
            &[],
        )
        .await;
    }
    // By what a table is divided is no part, and a year is nobody.
    desk.goes_in(
        "b.csv",
        "Dân số trung bình phân theo giới tính, thành thị và nông thôn năm 2021 và năm 2022 (Nghìn người)\nTỉnh;2021;2022\nBến Tre;1290,1;1295,2\n",
        &[
            "gso2004:83|population_avg|mean|P1Y|2021-01-01|1290.1",
            "gso2004:83|population_avg|mean|P1Y|2022-01-01|1295.2",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn what_a_title_says_of_a_part_of_a_year_is_no_year() {
    let desk = Desk::new().await;
    let file = |title: &str| format!("{title}\nTỉnh;Sản lượng thủy sản (tấn)\nCà Mau;280000\n");
    for title in ["Sản lượng thủy sản 6 tháng đầu năm 2024", "Sản lượng thủy sản quý I năm 2024"]
    {
        let answer = "[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[time]\nvalue = \"6 tháng đầu năm 2024\"\n[[value]]\ncolumn = \"Sản lượng thủy sản (tấn)\"\nproperty = \"fishery_prod\"\nunit = \"t\"\n";
        desk.asks(
            "a.csv",
            file(title),
            &["are the values of that part of the year?"],
            answer,
            &["gso2004:96|fishery_prod|total|P6M|2024-01-01|280000"],
        )
        .await;
    }
    desk.goes_in(
        "b.csv",
        file("Sản lượng thủy sản tháng 7 năm 2024"),
        &["gso2004:96|fishery_prod|total|P1M|2024-07-01|280000"],
        &[],
    )
    .await;
    let years = "Lượng mưa tháng 7 qua các năm (mm)\nTrạm;2021;2022\nCần Thơ;210,5;190,5\n";
    desk.asks("c.csv", years, &["the text above the table says `tháng 7`"], "", &[]).await;
    // A whole date in words, in a title that names what was measured, is the day of the values.
    for title in ["Độ mặn ngày 15 tháng 3 năm 2024 (g/l)", "Độ mặn ngày 15/03/2024 (g/l)"] {
        desk.goes_in(
            "d.csv",
            format!("{title}\nTrạm;Smax;Smin;Stb\nTrà Vinh;9,3;1,2;4,1\n"),
            &[
                "station:tra_vinh|salinity_max_day|max|P1D|2024-03-15|9.3",
                "station:tra_vinh|salinity|mean||2024-03-15|4.1",
                "station:tra_vinh|salinity|min||2024-03-15|1.2",
            ],
            &[],
        )
        .await;
    }
    let letter = "Cần Thơ, ngày 15 tháng 3 năm 2024\nTrạm;Độ mặn (g/l)\nTrà Vinh;9,3\n";
    desk.asks("e.csv", letter, &["is it the day of all values?"], "", &[]).await;
}

#[tokio::test]
async fn points_between_thousands_are_seen_or_asked_about() {
    let desk = Desk::new().await;
    let file = "Trạm;Ngày;Lưu lượng (m3/s)\nTân Châu;01/09/2024;18.726\nTân Châu;02/09/2024;17.422\n";
    let answer = "[source]\ndecimal = \"comma\"\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\nformat = \"%d/%m/%Y\"\n[[value]]\ncolumn = \"Lưu lượng (m3/s)\"\nproperty = \"discharge\"\nunit = \"m3/s\"\n";
    desk.asks(
        "q.csv",
        file,
        &["has `18.726` a decimal point"],
        answer,
        &[
            "station:tan_chau|discharge|mean||2024-09-01|18726",
            "station:tan_chau|discharge|mean||2024-09-02|17422",
        ],
    )
    .await;
    // Thousands of metres are no water level.
    desk.goes_in(
        "h.csv",
        "Trạm;Ngày;Mực nước (m)\nTân Châu;01/09/2024;1.726\nTân Châu;02/09/2024;1.422\n",
        &[
            "station:tan_chau|water_level|instant||2024-09-01|172.6",
            "station:tan_chau|water_level|instant||2024-09-02|142.2",
        ],
        &[],
    )
    .await;
    // Another column shows that the comma is the decimal one.
    desk.goes_in(
        "dan-so.csv",
        "Dân số năm 2023\nTỉnh;Diện tích tự nhiên (km2);Dân số trung bình (người)\nBến Tre;2379,70;1.298.010\nCà Mau;5274,51;1.207.600\n",
        &[
            "gso2004:83|land_area|instant|P1Y|2023-01-01|2379.7",
            "gso2004:83|population_avg|mean|P1Y|2023-01-01|1298.01",
            "gso2004:96|land_area|instant|P1Y|2023-01-01|5274.51",
            "gso2004:96|population_avg|mean|P1Y|2023-01-01|1207.6",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "phuong.csv",
        "Dân số năm 2023\nTỉnh;Diện tích tự nhiên (km2);Số ca sốt xuất huyết\nBến Tre;2379,70;1.298\nCà Mau;5274,51;1.207\n",
        &[
            "gso2004:83|dengue_cases|total|P1Y|2023-01-01|1298",
            "gso2004:83|land_area|instant|P1Y|2023-01-01|2379.7",
            "gso2004:96|dengue_cases|total|P1Y|2023-01-01|1207",
            "gso2004:96|land_area|instant|P1Y|2023-01-01|5274.51",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn names_of_the_new_provinces_over_years_before_them_are_asked_about() {
    let desk = Desk::new().await;
    let rows = |years: &str| {
        let names = ["Tây Ninh", "Đồng Tháp", "Vĩnh Long", "An Giang", "TP. Cần Thơ", "Cà Mau"];
        let lines: String = names.iter().map(|name| format!("{name};2000,1;2000,2\n")).collect();
        format!("Dân số trung bình (nghìn người)\nTỉnh, thành phố;{years}\n{lines}")
    };
    for years in ["2024;2025", "2018;2019"] {
        let told = desk.asks("a.csv", rows(years), &["are they of the new ones", "vn2025:86"], "", &[]).await;
        assert!(told.is_empty());
    }
    // Beside names that are no more, they are the former ones, in the year of the merger too.
    desk.goes_in(
        "c.csv",
        "Dân số trung bình (nghìn người)\nTỉnh;2024;2025\nBến Tre;1290,1;1295,2\nVĩnh Long;1020,1;1021,2\n",
        &[
            "gso2004:83|population_avg|mean|P1Y|2024-01-01|1290.1",
            "gso2004:83|population_avg|mean|P1Y|2025-01-01|1295.2",
            "gso2004:86|population_avg|mean|P1Y|2024-01-01|1020.1",
            "gso2004:86|population_avg|mean|P1Y|2025-01-01|1021.2",
        ],
        &[],
    )
    .await;
    let alone = "Dân số trung bình (nghìn người)\nTỉnh;Năm;Dân số trung bình\nVĩnh Long;2025;1020,1\n";
    desk.asks("d.csv", alone, &["`Vĩnh Long` were provinces before July 2025"], "", &[]).await;
}

#[tokio::test]
async fn weeks_of_a_year_and_of_a_month_are_confirmed_and_read() {
    let desk = Desk::new().await;
    let file = "Độ mặn cao nhất tuần năm 2024 (g/l)\nTrạm;Tuần 5;Tuần 6\nTrà Vinh;9,1;9,2\n";
    let answer = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\nyear = { title = true, pattern = \"*năm {year}*\" }\n[[value]]\ncolumns = \"{week}\"\nproperty = \"salinity\"\nunit = \"g/L\"\nstatistic = \"max\"\nperiod = \"P7D\"\n";
    desk.asks(
        "a.csv",
        file,
        &["ISO 8601", "columns = \"{week}\"", "period = \"P7D\""],
        answer,
        &[
            "station:tra_vinh|salinity|max|P7D|2024-01-29|9.1",
            "station:tra_vinh|salinity|max|P7D|2024-02-05|9.2",
        ],
    )
    .await;
    desk.asks(
        "b.csv",
        "Độ mặn cao nhất tuần năm 2024 (g/l)\nTrạm;Tuần 1 tháng 2;Tuần 2 tháng 2\nTrà Vinh;9,1;9,2\n",
        &["1st, 8th, 15th and 22nd"],
        &answer.replace("{week}", "{week} {month}"),
        &[
            "station:tra_vinh|salinity|max|P7D|2024-02-01|9.1",
            "station:tra_vinh|salinity|max|P7D|2024-02-08|9.2",
        ],
    )
    .await;
    desk.asks(
        "c.csv",
        "Tỉnh;Năm;Tuần;Số ca sốt xuất huyết\nCà Mau;2024;30;12\nCà Mau;2024;31;15\n",
        &["ISO 8601"],
        "[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[time]\nyear = { column = \"Năm\" }\nweek = { column = \"Tuần\" }\n[[value]]\ncolumn = \"Số ca sốt xuất huyết\"\nproperty = \"dengue_cases\"\n",
        &[
            "gso2004:96|dengue_cases|total|P7D|2024-07-22|12",
            "gso2004:96|dengue_cases|total|P7D|2024-07-29|15",
        ],
    )
    .await;
    desk.asks(
        "nam.csv",
        "Sốt xuất huyết năm 2024\nTỉnh;Tuần;Số ca sốt xuất huyết\nCà Mau;30;12\n",
        &["ISO 8601"],
        "",
        &[],
    )
    .await;
    desk.goes_in(
        "d.csv",
        "Tỉnh;Thời gian;Số ca sốt xuất huyết\nCà Mau;Tuần 30/2024;12\nCà Mau;Tuần 31/2024;15\n",
        &[
            "gso2004:96|dengue_cases|total|P7D|2024-07-22|12",
            "gso2004:96|dengue_cases|total|P7D|2024-07-29|15",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn headers_say_at_which_hour_something_was_measured() {
    let desk = Desk::new().await;
    let values = [
        "station:can_tho|water_level|instant||2023-10-15 07:00|150",
        "station:can_tho|water_level|instant||2023-10-15 19:00|120",
        "station:my_tho|water_level|instant||2023-10-15 07:00|90",
        "station:my_tho|water_level|instant||2023-10-15 19:00|95",
    ];
    desk.goes_in(
        "a.csv",
        "MỰC NƯỚC CÁC TRẠM NGÀY 15/10/2023\nTrạm;Mực nước lúc 7h (cm);Mực nước lúc 19h (cm)\nCần Thơ;150;120\nMỹ Tho;90;95\n",
        &values,
        &[],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Ngày;Trạm;Mực nước 7h;Mực nước 19h\n;;cm;cm\n15/10/2023;Cần Thơ;150;120\n15/10/2023;Mỹ Tho;90;95\n",
        &values,
        &[],
    )
    .await;
    // Rain of so many hours is none at that hour.
    desk.asks(
        "c.csv",
        "Trạm;Ngày;Lượng mưa 12h (mm);Lượng mưa 24h (mm)\nCần Thơ;05/10/2023;12,5;30,5\n",
        &["nothing says which property"],
        "",
        &[],
    )
    .await;
}

#[tokio::test]
async fn what_compares_the_values_with_others_is_left_out() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Diện tích gieo trồng lúa (nghìn ha)\nTỉnh;2021;2022;2022 so với 2021 (%);Tăng, giảm (+/-)\nAn Giang;620,1;610,2;98,4;-9,9\n",
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2021-01-01|620.1",
            "gso2004:89|rice_area_sown|total|P1Y|2022-01-01|610.2",
        ],
        &["column_left_out D2 2022 so với 2021 (%)", "column_left_out E2 Tăng, giảm (+/-)"],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Ngày;Trạm;Độ mặn (g/l);So với cùng kỳ 2023;So với TBNN\n12/03/2024;Trà Vinh;9,3;1,2;-0,4\n",
        &["station:tra_vinh|salinity|instant||2024-03-12|9.3"],
        &["column_left_out D1 So với cùng kỳ 2023", "column_left_out E1 So với TBNN"],
    )
    .await;
    // Reports name their day beside no other: it is asked about.
    desk.asks(
        "c.csv",
        "Tỉnh;Ngày báo cáo;Diện tích tôm bệnh (ha)\nCà Mau;12/08/2024;30,5\n",
        &["`Ngày báo cáo` is the only column of dates"],
        "",
        &[],
    )
    .await;
}

#[tokio::test]
async fn yearbooks_say_their_years_and_headers_in_two_languages() {
    let desk = Desk::new().await;
    let rows = "Diện tích, dân số năm 2023 - Area, population in 2023||||\n|Diện tích (Km2)|Dân số trung bình (Nghìn người)|Mật độ dân số (Người/km2)\n|Area (Km2)|Average population (Thous. pers.)|Population density (Person/km2)\nThành phố Cần Thơ - Can Tho city|1440.4|1258.9|874\n";
    desk.goes_in(
        "a.csv",
        rows.replace('|', ";"),
        &[
            "gso2004:92|land_area|instant|P1Y|2023-01-01|1440.4",
            "gso2004:92|population_avg|mean|P1Y|2023-01-01|1258.9",
            "gso2004:92|population_density|mean|P1Y|2023-01-01|874",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Sản lượng thủy sản - Production of fishery (Tấn - Tons)\n;2022;Sơ bộ 2023 - Prel. 2023;Ước TH năm 2024\nCần Thơ - Can Tho city;200000,5;210000,5;220000,5\n",
        &[
            "gso2004:92|fishery_prod|total|P1Y|2022-01-01|200000.5",
            "gso2004:92|fishery_prod|total|P1Y|2023-01-01|210000.5",
            "gso2004:92|fishery_prod|total|P1Y|2024-01-01|220000.5",
        ],
        &["preliminary_values C2 Sơ bộ 2023 - Prel. 2023", "preliminary_values D2 Ước TH năm 2024"],
    )
    .await;
    desk.goes_in(
        "c.csv",
        "Lượng mưa các tháng tại trạm Cần Thơ - Monthly rainfall at Can Tho station\nĐơn vị tính - Unit: mm\n;2021;2022\nCẢ NĂM - WHOLE YEAR;1500;1600\nTháng 1 - January;10,5;11,5\nTháng 2 - February;20,5;21,5\n",
        &[
            "station:can_tho|rain_total|total|P1M|2021-01-01|10.5",
            "station:can_tho|rain_total|total|P1M|2021-02-01|20.5",
            "station:can_tho|rain_total|total|P1M|2022-01-01|11.5",
            "station:can_tho|rain_total|total|P1M|2022-02-01|21.5",
        ],
        &["left_out_total A4 CẢ NĂM - WHOLE YEAR"],
    )
    .await;
    // Rows of one text head the years of seasons.
    desk.goes_in(
        "d.csv",
        "Diện tích gieo trồng lúa phân theo vụ (Nghìn ha)\nTỉnh;Đông xuân;Hè thu\nNăm 2022;;\nAn Giang;228,1;226,1\nCà Mau;1,7;35,8\nNăm 2023;;\nAn Giang;227,2;225,2\nCà Mau;1,6;35,6\n",
        &[
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2022-01-01|228.1",
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2023-01-01|227.2",
            "gso2004:89|rice_area_sown|total|season:he_thu|2022-01-01|226.1",
            "gso2004:89|rice_area_sown|total|season:he_thu|2023-01-01|225.2",
            "gso2004:96|rice_area_sown|total|season:dong_xuan|2022-01-01|1.7",
            "gso2004:96|rice_area_sown|total|season:dong_xuan|2023-01-01|1.6",
            "gso2004:96|rice_area_sown|total|season:he_thu|2022-01-01|35.8",
            "gso2004:96|rice_area_sown|total|season:he_thu|2023-01-01|35.6",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn books_of_gauges_end_with_days_of_their_extremes_and_name_units_in_a_row() {
    let desk = Desk::new().await;
    let months = (1..=12).map(|month| format!(";Tháng {month}")).collect::<String>();
    let line = |name: &str, value: &str| format!("{name}{}\n", format!(";{value}").repeat(12));
    let days: String = (1..=6).map(|day| line(&day.to_string(), "10")).collect();
    let ends = ["Trung bình", "Lớn nhất", "Ngày", "Nhỏ nhất", "Ngày"].map(|name| line(name, "3")).concat();
    let file = format!(
        "Mực nước trung bình ngày trạm Đại Ngãi năm 2019\nĐơn vị tính: cm\nNgày{months}\n{days}{ends}"
    );
    let taken = desk.take("a.csv", file, None).await.unwrap_or_else(|asked| panic!("{asked}"));
    assert_eq!(taken.values.len(), 6 * 12, "{:?}", taken.values);
    assert!(
        taken.values.iter().all(|value| value.starts_with("station:dai_ngai|water_level|mean|P1D|2019-"))
    );
    assert!(taken.values.iter().all(|value| value.ends_with("|10")), "{:?}", taken.values);
    assert_eq!(taken.findings.iter().filter(|told| told.starts_with("left_out_total")).count(), 3);
    let stations = "Mực nước các trạm\nNgày;Giờ;Mộc Hóa;Tân An\n;;(cm);(cm)\n05/10/2023;7h;150;120\n";
    desk.goes_in(
        "b.csv",
        stations,
        &[
            "station:moc_hoa|water_level|instant||2023-10-05 07:00|150",
            "station:tan_an|water_level|instant||2023-10-05 07:00|120",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "c.csv",
        "time,station,water_level_cm\n2024-10-05T00:00:00Z,Cần Thơ,120\n2024-10-05T01:00:00Z,Cần Thơ,121\n",
        &[
            "station:can_tho|water_level|instant||2024-10-05 07:00|120",
            "station:can_tho|water_level|instant||2024-10-05 08:00|121",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn communes_beside_their_districts_are_told_apart_in_tables_wide_by_year() {
    let desk = Desk::with_communes().await;
    desk.goes_in(
        "xa.csv",
        "Dân số trung bình (người)\nTỉnh;Huyện;Xã;2021;2022\nTrà Vinh;Huyện Càng Long;Xã Mỹ Cẩm;12000;12100\nTrà Vinh;Huyện Càng Long;Xã An Trường;11000;11100\n",
        &[
            "gso2004:29269|population_avg|mean|P1Y|2021-01-01|12",
            "gso2004:29269|population_avg|mean|P1Y|2022-01-01|12.1",
            "gso2004:29275|population_avg|mean|P1Y|2021-01-01|11",
            "gso2004:29275|population_avg|mean|P1Y|2022-01-01|11.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn the_next_file_of_such_a_shape_corrects_what_it_says_otherwise() {
    let desk = Desk::new().await;
    let file = |value: &str| {
        format!(
            "MỰC NƯỚC CÁC TRẠM NGÀY 05/10/2023\nTrạm;Mực nước lúc 7h (cm);Mực nước lúc 19h (cm)\nCần Thơ;{value};120\n"
        )
    };
    desk.node.dataset("gauges", model::DatasetKind::Observations).await;
    let totals = |report: intake::Report| {
        let totals = report.run.totals;
        (totals.added, totals.corrected, totals.unchanged)
    };
    let first = desk.node.load("gauges", "a.csv", file("150"), None).await.unwrap();
    assert_eq!(totals(first), (2, 0, 0));
    let again = desk.node.load("gauges", "a.csv", file("150"), None).await.unwrap();
    assert_eq!((again.run.version, totals(again)), (None, (0, 0, 2)));
    let corrected = desk.node.load("gauges", "b.csv", file("155"), None).await.unwrap();
    assert_eq!(totals(corrected), (0, 1, 1));
    // Another day is another day, and not a correction.
    let next = file("140").replace("05/10", "06/10");
    let next = desk.node.load("gauges", "c.csv", next, None).await.unwrap();
    assert_eq!(totals(next), (2, 0, 0));
}

#[tokio::test]
async fn letters_of_the_wind_are_values_of_a_table_too() {
    let desk = Desk::new().await;
    desk.goes_in(
        "gio.csv",
        "Trạm;Ngày;Hướng gió;Tốc độ gió (m/s)\nCà Mau;13/01/2024;Đ;3,5\nCà Mau;14/01/2024;ĐB;4,5\n",
        &[
            "station:ca_mau|wind_dir|mean|P1D|2024-01-13|90",
            "station:ca_mau|wind_dir|mean|P1D|2024-01-14|45",
            "station:ca_mau|wind_speed|mean|P1D|2024-01-13|3.5",
            "station:ca_mau|wind_speed|mean|P1D|2024-01-14|4.5",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn rain_of_hours_is_no_rain_of_a_day() {
    let desk = Desk::new().await;
    desk.goes_in(
        "gio.csv",
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;13/10/2023 01:00;0,5\nCần Thơ;13/10/2023 02:00;1,5\n",
        &[
            "station:can_tho|rain_1h|total|PT1H|2023-10-13 01:00|0.5",
            "station:can_tho|rain_1h|total|PT1H|2023-10-13 02:00|1.5",
        ],
        &[],
    )
    .await;
    for times in [["13/10/2023 01:00", "13/10/2023 07:00"], ["13/10/2023 01:00", "13/10/2023 01:10"]] {
        let [one, other] = times;
        let file = format!("Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;{one};0,5\nCần Thơ;{other};1,5\n");
        desk.asks("khac.csv", file, &["less than a day apart"], "", &[]).await;
    }
    desk.goes_in(
        "ngay.csv",
        "Trạm;Thời gian;Lượng mưa (mm)\nCần Thơ;13/10/2023 07:00;0,5\nCần Thơ;14/10/2023 07:00;1,5\n",
        &[
            "station:can_tho|rain_day|total|P1D|2023-10-13|0.5",
            "station:can_tho|rain_day|total|P1D|2023-10-14|1.5",
        ],
        &["moved_to_period_start B2 13/10/2023 07:00"],
    )
    .await;
}
