//! Bulletins, gauge books and yearbook pages, all made up for these tests: times and places that stand in
//! titles, across headers and down columns, and tables below each other.

use crate::agencies::Desk;
use crate::book::{Sheet, book, sheet};

/// Cells with a bar before each.
fn bars(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("|{cell}")).collect()
}

#[tokio::test]
async fn a_date_and_a_time_of_day_in_two_columns_are_one_time() {
    let desk = Desk::new().await;
    let values = [
        "station:tra_vinh|salinity|instant||2020-03-12 07:30|4.5",
        "station:tra_vinh|salinity|instant||2020-03-12 13:00|5",
        "station:tra_vinh|salinity|instant||2020-03-13 07:30|4",
    ];
    let rows = "Trạm;Ngày;Giờ;Độ mặn (g/l)\nTrà Vinh;12/03/2020;7h30;4,5\nTrà Vinh;12/03/2020;13h;5,0\nTrà Vinh;13/03/2020;7h30;4,0\n";
    desk.goes_in("a.csv", rows, &values, &[]).await;
    let clock = rows.replace("7h30", "07:30").replace("13h;", "13:00;");
    desk.goes_in("b.csv", clock.clone(), &values, &[]).await;
    // A year of two digits, where the rows show which number is the day; and where they do not.
    desk.goes_in("c.csv", clock.replace("2020", "20"), &values, &[]).await;
    let untold = "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;02/03/04;4,5\nTrà Vinh;03/04/05;5,0\n";
    desk.asks("d.csv", untold, &["`02/03/04`", "time.format", "%y/%m/%d"], "", &[]).await;
    // The hour at which the highest value was is no time of the row.
    let of_value = "Trạm;Ngày;Độ mặn cao nhất ngày (g/l);Giờ xuất hiện\nTrà Vinh;13/03/2020;4,5;7h30\nTrà Vinh;14/03/2020;5,0;8h\n";
    desk.goes_in(
        "e.csv",
        of_value,
        &[
            "station:tra_vinh|salinity_max_day|max|P1D|2020-03-13|4.5",
            "station:tra_vinh|salinity_max_day|max|P1D|2020-03-14|5",
        ],
        &["column_left_out D1 Giờ xuất hiện"],
    )
    .await;
}

#[tokio::test]
async fn the_month_of_days_stands_in_the_title() {
    let desk = Desk::new().await;
    let days = bars((1..=29).map(|day| day.to_string()));
    let of = |first: f64| bars((0..29).map(|day| (first + f64::from(day) / 10.0).to_string()));
    let rows = format!(
        "ĐÀI KHÍ TƯỢNG THỦY VĂN\n\nBẢNG ĐỘ MẶN LỚN NHẤT NGÀY THÁNG 2 NĂM 2020\n{}|Đơn vị: g/l\nTT|Trạm{days}|Max\n1|Trà Vinh{}|9\n2|Đại Ngãi{}|9\n",
        "|".repeat(20),
        of(4.0),
        of(2.0)
    );
    let taken =
        desk.take("man.xlsx", book(&[sheet("T2", &rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        (taken.values.len(), taken.findings.as_slice()),
        (58, &["column_left_out AF5 Max".to_owned()][..])
    );
    for value in
        ["station:tra_vinh|salinity|max|P1D|2020-02-01|4", "station:dai_ngai|salinity|max|P1D|2020-02-29|4.8"]
    {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
    // A gauge book: hours across, days down, and the station among the words of the title.
    let hours = bars((0..24).map(|hour| format!("{hour}h")));
    let of = |day: i32| bars((0..24).map(|hour| (100 + day * 10 + hour).to_string()));
    let month = |month: i32, title: &'static str| {
        let rows: String = (1..=3).map(|day| format!("{day}{}\n", of(day + month))).collect();
        sheet(title, &format!("Mực nước giờ trạm Vàm Nao tháng {month} năm 2019 (cm)\nNgày{hours}\n{rows}"))
    };
    let sheets = [month(1, "Thang 1"), month(2, "Thang 2")];
    let taken = desk.take("gio.xlsx", book(&sheets), None).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((taken.values.len(), taken.findings.as_slice()), (144, &[][..]), "{}", taken.mapping);
    for value in [
        "station:vam_nao|water_level|instant||2019-01-01|120",
        "station:vam_nao|water_level|instant||2019-02-03 23:00|173",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
    // Two months in the title tell none.
    let rows = rows.replace("THÁNG 2 NĂM 2020", "TỪ THÁNG 1 ĐẾN THÁNG 2 NĂM 2020");
    desk.asks("hai-thang.xlsx", book(&[sheet("S", &rows)]), &["time.month"], "", &[]).await;
}

#[tokio::test]
async fn a_year_of_days_has_months_across_and_days_down() {
    let desk = Desk::new().await;
    let months = "|I|II|III|IV|V|VI|VII|VIII|IX|X|XI|XII";
    let day = |day: u32| {
        let cells = (1..=12).map(|month| match (day, month) {
            (29..=31, 2) | (31, 4 | 6 | 9 | 11) => String::new(),
            (_, 5) => "-".into(),
            _ => (day + month).to_string(),
        });
        format!("{day}{}\n", bars(cells))
    };
    let rows: String = (1..=31).map(day).collect();
    let rows = format!(
        "LƯỢNG MƯA NGÀY NĂM 2015|||||Đơn vị: mm\nTrạm: Cần Thơ\nNgày{months}\n{rows}Tổng{}\nMax{}\n",
        "|100".repeat(12),
        "|9".repeat(12)
    );
    let taken =
        desk.take("mua.xlsx", book(&[sheet("CT", &rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.values.len(), 365 - 31, "{}", taken.mapping);
    for value in [
        "station:can_tho|rain_day|total|P1D|2015-01-31|32",
        "station:can_tho|rain_day|total|P1D|2015-12-01|13",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
    assert_eq!(taken.findings, ["left_out_total A35 Tổng", "left_out_total A36 Max"], "{}", taken.mapping);
}

#[tokio::test]
async fn statistics_stand_across_below_stations_and_down_beside_them() {
    let desk = Desk::new().await;
    let values = [
        "station:dai_ngai|salinity|max||2020-03-01|3.5",
        "station:dai_ngai|salinity|max||2020-03-02|3.6",
        "station:dai_ngai|salinity|min||2020-03-01|1.5",
        "station:dai_ngai|salinity|min||2020-03-02|1.6",
        "station:tra_vinh|salinity|max||2020-03-01|8.5",
        "station:tra_vinh|salinity|max||2020-03-02|8.6",
        "station:tra_vinh|salinity|min||2020-03-01|4.5",
        "station:tra_vinh|salinity|min||2020-03-02|4.6",
    ];
    let rows = "Độ mặn đặc trưng ngày tháng 3 năm 2020 (g/l)||||\nNgày|Trà Vinh||Đại Ngãi|\n|Smax|Smin|Smax|Smin\n1|8.5|4.5|3.5|1.5\n2|8.6|4.6|3.6|1.6\n";
    let merged = &["A1:E1", "A2:A3", "B2:C2", "D2:E2"];
    desk.goes_in("a.xlsx", book(&[Sheet { merged, ..sheet("S", rows) }]), &values, &[]).await;
    // The statistic of each row, and dates across.
    let rows = "Độ mặn (g/l)|||\nTrạm|Đặc trưng|d:43891|d:43892\nTrà Vinh|Max|8.5|8.6\n|Min|4.5|4.6\nĐại Ngãi|Max|3.5|3.6\n|Min|1.5|1.6\n";
    let merged = &["A3:A4", "A5:A6"];
    let by_day = values.map(|value| value.replace("||", "|P1D|"));
    let by_day: Vec<&str> = by_day.iter().map(String::as_str).collect();
    desk.goes_in("b.xlsx", book(&[Sheet { merged, ..sheet("S", rows) }]), &by_day, &[]).await;
    // Days and months across, and the year in the title.
    let days = bars((1..=6).map(|day| format!("'{day:02}/3")));
    let rows = format!("Độ mặn lớn nhất ngày năm 2020 (g/l)\nTrạm{days}\nTrà Vinh|4|5|6|7|8|9\n");
    let taken = desk.take("c.xlsx", book(&[sheet("S", &rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        taken.values.first().unwrap(),
        "station:tra_vinh|salinity|max|P1D|2020-03-01|4",
        "{}",
        taken.mapping
    );
    assert_eq!(taken.values.len(), 6);
}

#[tokio::test]
async fn a_header_that_stands_again_under_another_title_begins_another_table() {
    let desk = Desk::new().await;
    let rows = "Bảng 1. Sản lượng thủy sản nuôi trồng (tấn)\nTỉnh|2019|2020\nKiên Giang|1000|1100\nCần Thơ|2000|2100\n\nBảng 2. Diện tích nuôi tôm (nghìn ha)\nTỉnh|2019|2020\nSóc Trăng|50.5|51.5\nBạc Liêu|130.5|131.5\n";
    let values = [
        "gso2004:91|aquaculture_prod|total|P1Y|2019-01-01|1000",
        "gso2004:91|aquaculture_prod|total|P1Y|2020-01-01|1100",
        "gso2004:92|aquaculture_prod|total|P1Y|2019-01-01|2000",
        "gso2004:92|aquaculture_prod|total|P1Y|2020-01-01|2100",
        "gso2004:94|shrimp_area|total|P1Y|2019-01-01|50.5",
        "gso2004:94|shrimp_area|total|P1Y|2020-01-01|51.5",
        "gso2004:95|shrimp_area|total|P1Y|2019-01-01|130.5",
        "gso2004:95|shrimp_area|total|P1Y|2020-01-01|131.5",
    ];
    desk.goes_in("a.xlsx", book(&[sheet("TS", rows)]), &values, &[]).await;
    // Under a mapping of one table, the second is not read as the first: neither by its title …
    let one = "[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"aquaculture_prod\"\nunit = \"t\"\nperiod = \"P1Y\"\n";
    let refused = desk.take("a.xlsx", book(&[sheet("TS", rows)]), Some(one)).await.err().unwrap();
    for word in ["row 7", "Bảng 2. Diện tích nuôi tôm", "[[block]]", "header_row = 7"] {
        assert!(refused.contains(word), "{word} in {refused}");
    }
    // … nor by its years; but a page that goes on is.
    let other = rows.replace("\nBảng 2. Diện tích nuôi tôm (nghìn ha)\nTỉnh|2019|2020", "\nTỉnh|2021|2022");
    let refused = desk.take("a.xlsx", book(&[sheet("TS", &other)]), Some(one)).await.err().unwrap();
    assert!(refused.contains("row 6 is the header of another table"), "{refused}");
    let page = rows.replace("Bảng 2. Diện tích nuôi tôm (nghìn ha)", "Bảng 1 (tiếp theo)");
    let taken =
        desk.take("a.xlsx", book(&[sheet("TS", &page)]), Some(one)).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.values.len(), 8, "{:?}", taken.findings);
}

#[tokio::test]
async fn the_year_of_a_title_is_the_one_that_is_read() {
    let desk = Desk::new().await;
    // The plan's years stand first and are not the year of the table.
    desk.goes_in(
        "lua.csv",
        "Kế hoạch giai đoạn 2016-2020\nDiện tích gieo trồng lúa năm 2018 (nghìn ha)\nTỉnh;Đông xuân;Hè thu\nAn Giang;228,3;226,4\nCà Mau;1,7;35,8\n",
        &[
            "gso2004:89|rice_area_sown|total|season:dong_xuan|2018-01-01|228.3",
            "gso2004:89|rice_area_sown|total|season:he_thu|2018-01-01|226.4",
            "gso2004:96|rice_area_sown|total|season:dong_xuan|2018-01-01|1.7",
            "gso2004:96|rice_area_sown|total|season:he_thu|2018-01-01|35.8",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn percentages_are_in_per_cent_however_they_are_written() {
    let desk = Desk::new().await;
    let values = [
        "gso2004:89|poverty_rate|mean|P1Y|2021-01-01|5.9",
        "gso2004:96|poverty_rate|mean|P1Y|2021-01-01|12.25",
    ];
    // A cell that shows 5.90% holds 0.059.
    let rows = "Tỉnh|Năm|Tỷ lệ hộ nghèo đa chiều (%)\nAn Giang|2021|p:0.059\nCà Mau|2021|p:0.1225\n";
    desk.goes_in("a.xlsx", book(&[sheet("N", rows)]), &values, &[]).await;
    let text = "Tỉnh;Năm;Tỷ lệ hộ nghèo đa chiều (%)\nAn Giang;2021;5,9%\nCà Mau;2021;12,25 %\n";
    desk.goes_in("a.csv", text, &values, &[]).await;
    // Of what is no share, a share is refused.
    let area = "Tỉnh;Năm;Diện tích gieo trồng lúa (nghìn ha)\nAn Giang;2021;637,2\nCà Mau;2021;12,25%\n";
    desk.goes_in(
        "b.csv",
        area,
        &["gso2004:89|rice_area_sown|total|P1Y|2021-01-01|637.2"],
        &["unit_mismatch C3 12,25%"],
    )
    .await;
}

#[tokio::test]
async fn headers_name_a_property_with_its_statistic_its_letter_or_a_bare_unit() {
    let desk = Desk::new().await;
    let expected = [
        "station:my_thuan|discharge|mean||2020-03-13|5100",
        "station:my_thuan|salinity|max||2020-03-13|1.5",
        "station:my_thuan|salinity|min||2020-03-13|0.5",
        "station:my_thuan|water_level|mean|P1D|2020-03-13|120",
    ];
    desk.goes_in(
        "a.csv",
        "Trạm;Ngày;Độ mặn max (g/l);Smin (g/l);Mực nước TB ngày (cm);Q (m3/s)\nMỹ Thuận;13/03/2020;1,5;0,5;120;5100\n",
        &expected,
        &[],
    )
    .await;
    let rows = "Trạm|Thời gian|Mực nước|Lưu lượng\n||cm|m3/s\nTân Châu|d:43903|120|5100\n";
    desk.goes_in(
        "b.xlsx",
        book(&[sheet("H", rows)]),
        &[
            "station:tan_chau|discharge|mean||2020-03-13|5100",
            "station:tan_chau|water_level|instant||2020-03-13|120",
        ],
        &[],
    )
    .await;
    // A letter without a unit says nothing.
    desk.asks("c.csv", "Trạm;Ngày;S\nMỹ Thuận;13/03/2020;1,5\nMỹ Thuận;14/03/2020;1,6\n", &["`S`"], "", &[])
        .await;
}

#[tokio::test]
async fn a_page_of_a_yearbook_in_two_languages_goes_in() {
    let desk = Desk::new().await;
    // The first column has no header, and the unit stands in the corner in both languages.
    let rows = "Sản lượng lúa cả năm phân theo địa phương|||\nProduction of paddy by province|||\n|||Nghìn tấn - Thous. tons\n|2019|2020|Sơ bộ - Prel. 2021\nCẢ NƯỚC - WHOLE COUNTRY|43495.5|42764.8|43852.7\nĐồng bằng sông Cửu Long - Mekong River Delta|24310.5|23827.7|24327.3\nAn Giang|3900.5|4004.5|4079.5\nCần Thơ - Can Tho|1396.3|1388.4|1403.1\nTỔNG SỐ - TOTAL|1|2|3\n(*) Số liệu sơ bộ, chưa phải số chính thức|||\n";
    let taken =
        desk.take("lua.xlsx", book(&[sheet("142", rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        taken.values,
        [
            "gso2004:89|rice_production|total|P1Y|2019-01-01|3900.5",
            "gso2004:89|rice_production|total|P1Y|2020-01-01|4004.5",
            "gso2004:89|rice_production|total|P1Y|2021-01-01|4079.5",
            "gso2004:92|rice_production|total|P1Y|2019-01-01|1396.3",
            "gso2004:92|rice_production|total|P1Y|2020-01-01|1388.4",
            "gso2004:92|rice_production|total|P1Y|2021-01-01|1403.1",
        ],
        "{}",
        taken.mapping
    );
    let left_out: Vec<&str> = taken.findings.iter().map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!(
        left_out,
        ["preliminary_values", "left_out_elsewhere", "left_out_elsewhere", "left_out_total", "left_out_note"],
        "{:?}",
        taken.findings
    );
}

#[tokio::test]
async fn rows_of_one_text_head_the_rows_below_them() {
    let desk = Desk::new().await;
    desk.goes_in(
        "tram.xlsx",
        book(&[sheet(
            "H",
            "Mực nước (cm)|\nNgày|Mực nước (cm)\nTrạm: Tân Châu|\nd:43903|120\nd:43904|121\nTrạm: Châu Đốc|\nd:43903|90\nd:43904|91\n",
        )]),
        &[
            "station:chau_doc|water_level|instant||2020-03-13|90",
            "station:chau_doc|water_level|instant||2020-03-14|91",
            "station:tan_chau|water_level|instant||2020-03-13|120",
            "station:tan_chau|water_level|instant||2020-03-14|121",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "nam.csv",
        "Tỉnh;Diện tích nuôi tôm (nghìn ha);Sản lượng tôm (nghìn tấn)\nNăm 2019;;\nSóc Trăng;50,5;150,5\nCà Mau;280,5;190,5\nNăm 2020;;\nSóc Trăng;51,5;151,5\nCà Mau;281,5;191,5\n",
        &[
            "gso2004:94|shrimp_area|total|P1Y|2019-01-01|50.5",
            "gso2004:94|shrimp_area|total|P1Y|2020-01-01|51.5",
            "gso2004:94|shrimp_prod|total|P1Y|2019-01-01|150.5",
            "gso2004:94|shrimp_prod|total|P1Y|2020-01-01|151.5",
            "gso2004:96|shrimp_area|total|P1Y|2019-01-01|280.5",
            "gso2004:96|shrimp_area|total|P1Y|2020-01-01|281.5",
            "gso2004:96|shrimp_prod|total|P1Y|2019-01-01|190.5",
            "gso2004:96|shrimp_prod|total|P1Y|2020-01-01|191.5",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_name_of_a_station_and_a_province_is_what_is_measured_there() {
    let desk = Desk::new().await;
    let file =
        |header: &str| format!("Tên;Ngày;{header}\nTrà Vinh;13/03/2020;4,5\nSóc Trăng;13/03/2020;5,5\n");
    desk.goes_in(
        "man.csv",
        file("Độ mặn (g/l)"),
        &[
            "station:soc_trang|salinity|instant||2020-03-13|5.5",
            "station:tra_vinh|salinity|instant||2020-03-13|4.5",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "tom.csv",
        file("Sản lượng tôm (nghìn tấn)"),
        &["gso2004:84|shrimp_prod|total||2020-03-13|4.5", "gso2004:94|shrimp_prod|total||2020-03-13|5.5"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn the_limits_below_the_samples_of_a_laboratory_are_no_samples() {
    let desk = Desk::new().await;
    let rows = "TT|Vị trí|Ngày lấy mẫu|pH|TSS (mg/l)\n1|Tân Châu|d:43903|7.1|45\n2|Châu Đốc|d:43904|6.9|60\n|LOD|||2\n|QCVN 08-MT:2015/BTNMT (A2)||6|30\n";
    desk.goes_in(
        "nuoc.xlsx",
        book(&[sheet("KQ", rows)]),
        &[
            "station:chau_doc|ph|instant||2020-03-14|6.9",
            "station:chau_doc|tss|instant||2020-03-14|60",
            "station:tan_chau|ph|instant||2020-03-13|7.1",
            "station:tan_chau|tss|instant||2020-03-13|45",
        ],
        &["left_out_note B4 LOD", "left_out_note B5 QCVN 08-MT:2015/BTNMT (A2)"],
    )
    .await;
    // Parameters down, samples across.
    let rows = "Kết quả phân tích đợt 1 năm 2020|||\nNgày lấy mẫu: 13/03/2020|||\nThông số|Đơn vị|Tân Châu|Châu Đốc\npH|-|7.1|6.9\nTSS|mg/l|45|60\n";
    desk.goes_in(
        "ngang.xlsx",
        book(&[sheet("KQ", rows)]),
        &[
            "station:chau_doc|ph|instant||2020-03-13|6.9",
            "station:chau_doc|tss|instant||2020-03-13|60",
            "station:tan_chau|ph|instant||2020-03-13|7.1",
            "station:tan_chau|tss|instant||2020-03-13|45",
        ],
        &[],
    )
    .await;
    // The day of a letter may be another.
    let letter = rows.replace("Ngày lấy mẫu:", "Cần Thơ,");
    desk.asks("ngang.xlsx", book(&[sheet("KQ", &letter)]), &["is it the day of all values?"], "", &[]).await;
    // A logger says its place above the header, in two cells.
    let logger = "Cơ quan;Trung tâm Quan trắc;\nĐơn vị;g/l;\nThời gian;Độ mặn;Nhiệt độ nước\n13/03/2020 08:00;4,5;28,5\n14/03/2020 08:00;5,0;28,0\n";
    desk.asks("may.csv", logger, &["no column names the places"], "", &[]).await;
    // Days as a spreadsheet counts them, in cells that do not say that they are days.
    let days = "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;43903;4,5\nTrà Vinh;43904;5,0\n";
    desk.asks("ngay.csv", days, &["time.format", "`43903`", "excel1904"], "", &[]).await;
}

#[tokio::test]
async fn what_would_be_a_thousandth_or_another_day_is_asked() {
    let desk = Desk::new().await;
    // Every number has three digits behind its point.
    let file =
        "Diện tích gieo trồng lúa (ha)\nTỉnh;2019;2020\nAn Giang;630.100;637.200\nCà Mau;235.000;228.300\n";
    let answer = "[source]\nheader_row = 2\ndecimal = \"comma\"\n[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"rice_area_sown\"\nunit = \"har\"\nperiod = \"P1Y\"\n";
    desk.asks(
        "lua.csv",
        file,
        &["source.decimal", "`630.100`"],
        answer,
        &[
            "gso2004:89|rice_area_sown|total|P1Y|2019-01-01|630.1",
            "gso2004:89|rice_area_sown|total|P1Y|2020-01-01|637.2",
            "gso2004:96|rice_area_sown|total|P1Y|2019-01-01|235",
            "gso2004:96|rice_area_sown|total|P1Y|2020-01-01|228.3",
        ],
    )
    .await;
    let long = "Tỉnh;Năm;Diện tích gieo trồng lúa (ha)\nAn Giang;2019;630.100\nCà Mau;2019;235.000\n";
    desk.asks("lua-dai.csv", long, &["source.decimal", "`630.100`"], "", &[]).await;
    // What is measured is written so by instruments.
    desk.goes_in(
        "man.csv",
        "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;13/03/2020;4.512\nTrà Vinh;14/03/2020;5.250\n",
        &[
            "station:tra_vinh|salinity|instant||2020-03-13|4.512",
            "station:tra_vinh|salinity|instant||2020-03-14|5.25",
        ],
        &[],
    )
    .await;
    let span = "Trạm;Từ ngày;Đến ngày;Lượng mưa (mm)\nCần Thơ;01/06/2020;10/06/2020;30\nCần Thơ;11/06/2020;20/06/2020;90\n";
    desk.asks("mua.csv", span, &["time.end_column", "`Đến ngày`"], "", &[]).await;
    let two = "Trạm;Ngày;Ngày lập;Độ mặn (g/l)\nTrà Vinh;13/03/2020;15/03/2020;4,5\nTrà Vinh;14/03/2020;15/03/2020;5,0\n";
    desk.asks("hai-ngay.csv", two, &["time.columns", "`Ngày lập`"], "", &[]).await;
    // The day of the sample is, whatever stands before it.
    let sampled = two.replace(";Ngày;Ngày lập;", ";Ngày gửi;Ngày lấy mẫu;");
    desk.goes_in(
        "lay-mau.csv",
        sampled.replace("15/03/2020;5,0", "16/03/2020;5,0"),
        &[
            "station:tra_vinh|salinity|instant||2020-03-15|4.5",
            "station:tra_vinh|salinity|instant||2020-03-16|5",
        ],
        &["column_left_out B1 Ngày gửi"],
    )
    .await;
}

#[tokio::test]
async fn months_go_down_below_years_and_hours_below_days() {
    let desk = Desk::new().await;
    let month = |month: u32| format!("{month}|{}|{}\n", month * 10, month * 10 + 5);
    let rows: String = (1..=12).map(month).collect();
    let rows = format!("Lượng mưa tháng trạm Cần Thơ (mm)||\nTháng|2019|2020\n{rows}Tổng|780|840\n");
    let taken =
        desk.take("mua.xlsx", book(&[sheet("R", &rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.values.len(), 24, "{}", taken.mapping);
    for value in [
        "station:can_tho|rain_total|total|P1M|2019-01-01|10",
        "station:can_tho|rain_total|total|P1M|2020-12-01|125",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
    let days = bars((1..=31).map(|day| day.to_string()));
    let hour = |hour: u32| format!("{hour}{}\n", bars((1..=31).map(|day| (100 + day + hour).to_string())));
    let rows: String = (0..24).map(hour).collect();
    let rows = format!("Mực nước giờ trạm Tân Châu tháng 10 năm 2020 (cm)\nGiờ{days}\n{rows}");
    let taken =
        desk.take("gio.xlsx", book(&[sheet("H", &rows)]), None).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(taken.values.len(), 24 * 31, "{}", taken.mapping);
    for value in [
        "station:tan_chau|water_level|instant||2020-10-01|101",
        "station:tan_chau|water_level|instant||2020-10-31 23:00|154",
    ] {
        assert!(taken.values.iter().any(|own| own == value), "{value} in {:?}", taken.values);
    }
}
