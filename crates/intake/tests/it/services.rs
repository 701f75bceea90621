//! Files as services, loggers and programs hand them out, all made up for these tests: they go in with the right
//! values, or what a person must decide is named.

use crate::agencies::Desk;

#[tokio::test]
async fn lists_of_objects_are_read_as_tables() {
    let desk = Desk::new().await;
    let first = r#"{"tram": "Trà Vinh", "thoi_gian": "2024-03-01 07:00", "do_man": 9.1}"#;
    let second = r#"{"tram": "Bến Lức", "thoi_gian": "2024-03-01 07:00", "do_man": 3.25}"#;
    let values = [
        "station:ben_luc|salinity|instant||2024-03-01 07:00|3.25",
        "station:tra_vinh|salinity|instant||2024-03-01 07:00|9.1",
    ];
    for (name, text, findings) in [
        ("a.json", format!("[{first}, {second}]"), &[][..]),
        ("b.json", format!(r#"{{"status": "ok", "data": [{first}, {second}]}}"#), &[]),
        ("c.jsonl", format!("{first}\n{second}\n"), &[]),
    ] {
        desk.goes_in(name, text, &values, findings).await;
    }
}

#[tokio::test]
async fn a_workbook_of_xml_goes_in() {
    let desk = Desk::new().await;
    let row = |cells: [(&str, &str); 3]| {
        let cells: String = cells
            .iter()
            .map(|(kind, text)| format!(r#"<Cell><Data ss:Type="{kind}">{text}</Data></Cell>"#))
            .collect();
        format!("<Row>{cells}</Row>")
    };
    let rows = [
        row([("String", "Trạm"), ("String", "Ngày"), ("String", "Độ mặn (g/l)")]),
        row([
            ("String", "Trà Vinh"),
            ("DateTime", "2024-02-20T00:00:00.000"),
            ("Number", "9.3000000000000007"),
        ]),
    ];
    let book = format!(
        r#"<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Trang 1"><Table>{}</Table></Worksheet></Workbook>"#,
        rows.concat()
    );
    desk.goes_in("bao-cao.xls", book, &["station:tra_vinh|salinity|instant||2024-02-20|9.3"], &[]).await;
}

#[tokio::test]
async fn labels_above_a_series_say_its_place_and_what_it_is() {
    let desk = Desk::new().await;
    desk.goes_in(
        "export.csv",
        "# Time series identifier: HG.Telemetry@My Thuan\n# Location: My Thuan\n# Value units: cm\n# Value parameter: Stage\nTimestamp (UTC+07:00), Value\n2023-05-01 07:00:00,121\n2023-05-01 08:00:00,105\n",
        &[
            "station:my_thuan|water_level|instant||2023-05-01 07:00|121",
            "station:my_thuan|water_level|instant||2023-05-01 08:00|105",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn what_stands_beside_a_series_says_its_place_and_what_it_is() {
    let desk = Desk::new().await;
    let values = [
        "station:my_thuan|water_level|instant||2024-03-01 07:00|121",
        "station:my_thuan|water_level|instant||2024-03-01 08:00|125",
    ];
    let json = r#"{"code": 200, "station": {"name": "My Thuan", "lat": 10.27}, "parameter": "Water level", "unit": "m",
        "values": [{"time": "2024-03-01T07:00:00+07:00", "value": 1.21}, {"time": "2024-03-01T01:00:00Z", "value": 1.25}]}"#;
    desk.goes_in("a.json", json, &values, &[]).await;
    let rows = "Thời gian;Giá trị\n01/03/2024 07:00;1,21\n01/03/2024 08:00;1,25\n";
    for (name, labels) in [
        ("b.csv", "Trạm;Mỹ Thuận\nĐơn vị;m\nThông số;Mực nước\n"),
        ("c.csv", "Thông số:;Mực nước\nTrạm:;Mỹ Thuận\nĐơn vị tính:;m\n;\n"),
    ] {
        desk.goes_in(name, format!("{labels}{rows}"), &values, &[]).await;
    }
    let within = r#"[{"time": "2024-03-01T07:00:00+07:00", "station": {"name": "Trà Vinh"}, "values": {"do_man": 9.1}}]"#;
    desk.goes_in("d.json", within, &["station:tra_vinh|salinity|instant||2024-03-01 07:00|9.1"], &[]).await;
}

#[tokio::test]
async fn units_behind_numbers_are_read() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm;Ngày;Độ mặn;Mực nước\nTrà Vinh;15/03/2024;4‰;1,52 m\nTrà Vinh;16/03/2024;4,5 g/l;148 cm\nTrà Vinh;17/03/2024;<1‰;-\n",
        &[
            "station:tra_vinh|salinity|instant||2024-03-15|4",
            "station:tra_vinh|salinity|instant||2024-03-16|4.5",
            "station:tra_vinh|salinity|instant||2024-03-17|0",
            "station:tra_vinh|water_level|instant||2024-03-15|152",
            "station:tra_vinh|water_level|instant||2024-03-16|148",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Trạm;Ngày;Độ mặn (g/l)\nTrà Vinh;15/03/2024;4,1\nTrà Vinh;16/03/2024;12 m\nTrà Vinh;17/03/2024;12 xyz\n",
        &["station:tra_vinh|salinity|instant||2024-03-15|4.1"],
        &["unit_mismatch C3 12 m", "not_a_number C4 12 xyz"],
    )
    .await;
}

#[tokio::test]
async fn numbers_of_letters_and_stations_are_no_years() {
    let desk = Desk::new().await;
    for title in ["Kèm theo Quyết định 1619/QĐ-TTg", "# Data provided for site 01646500", "Biểu 20201"]
    {
        let file =
            format!("{title}\nTỉnh;Diện tích gieo trồng lúa (nghìn ha)\nBến Tre;30,1\nAn Giang;600,1\n");
        desk.asks("a.csv", file, &["no column holds times"], "", &[]).await;
    }
    desk.goes_in(
        "b.csv",
        "Theo Quyết định 1619/QĐ-TTg, năm 2020\nTỉnh;Diện tích gieo trồng lúa (nghìn ha)\nBến Tre;30,1\n",
        &["gso2004:83|rice_area_sown|total|P1Y|2020-01-01|30.1"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn the_lowest_row_of_a_header_says_the_unit() {
    let desk = Desk::new().await;
    desk.asks(
        "a.csv",
        "Xã;Diện tích lúa 2023 (ha);\n;Thực hiện;Năng suất (tạ/ha)\nXã Tân Phú;510;70,1\nXã Tân Thạnh;290;68\n",
        &["unit = \"tạ/ha\"", "nobody knows the places of the column `Xã`", "column = \"Xã\""],
        "",
        &[],
    )
    .await;
}

#[tokio::test]
async fn stations_that_nobody_knows_are_to_be_registered() {
    let desk = Desk::new().await;
    let asked = "STT;Mã trạm;Tên trạm;Ngày;pH;Độ mặn (g/l)\n1;902401;Cầu Ván;15/3/2024;7,1;5,6\n2;902402;Phà Mới;16/3/2024;7,0;5,2\n";
    desk.asks(
        "a.csv",
        asked,
        &[
            "nobody knows the places of the column `Tên trạm` (`Cầu Ván`, `Phà Mới`, …): register them",
            "column = \"Tên trạm\"",
        ],
        "",
        &[],
    )
    .await;
    let codes = "ma_tram,ngay,gia_tri\n902401,2024-03-01,121\n902401,2024-03-02,118\n";
    let file = desk.take("b.csv", codes, None).await.err().unwrap();
    assert!(file.contains("values of `gia_tri` are") && file.contains("column = \"ma_tram\""), "{file}");
}

#[tokio::test]
async fn a_temperature_beside_what_is_measured_in_water_is_asked_about() {
    let desk = Desk::new().await;
    let head = "[source]\ndecimal = \"comma\"\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\nformat = \"%d/%m/%Y\"\n";
    desk.asks(
        "a.csv",
        "Trạm;Ngày;Độ mặn (g/l);Nhiệt độ (°C)\nTrà Vinh;15/03/2024;9,3;28,1\n",
        &["is it the temperature of the water", "property = \"water_temp\""],
        &format!("{head}[[value]]\ncolumn = \"Nhiệt độ (°C)\"\nproperty = \"water_temp\"\nunit = \"°C\"\n"),
        &["station:tra_vinh|water_temp|instant||2024-03-15|28.1"],
    )
    .await;
    desk.asks(
        "b.csv",
        "Trạm;Ngày;Thông số;Giá trị\nTrà Vinh;15/03/2024;Độ mặn;9,3\nTrà Vinh;15/03/2024;Nhiệt độ;28,1\n",
        &["is it the temperature of the water", "water_temp"],
        "",
        &[],
    )
    .await;
    // Beside the weather it is that of the air, and a name may say it.
    desk.goes_in(
        "c.csv",
        "Trạm;Ngày;Lượng mưa (mm);Nhiệt độ (°C)\nCần Thơ;15/03/2024;9,3;28,1\n",
        &[
            "station:can_tho|air_temp|instant||2024-03-15|28.1",
            "station:can_tho|rain_day|total|P1D|2024-03-15|9.3",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "d.csv",
        "Trạm;Ngày;Độ mặn (g/l);Nhiệt độ nước (°C)\nTrà Vinh;15/03/2024;9,3;28,1\n",
        &[
            "station:tra_vinh|salinity|instant||2024-03-15|9.3",
            "station:tra_vinh|water_temp|instant||2024-03-15|28.1",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn exports_of_statistics_end_with_notes_that_are_no_places() {
    let desk = Desk::new().await;
    desk.goes_in(
        "export.csv",
        "\"Diện tích gieo trồng lúa phân theo địa phương\"\n\n\"Tỉnh, thành phố\",\"2019\",\"2020\"\n\"Long An\",499.6,511.6\n\"Bến Tre\",50.2,..\n\n\"Đơn vị tính: Nghìn ha\"\n\"Nguồn:\"\n\"Cục Thống kê\"\n\"Cập nhật ngày\"\n",
        &[
            "gso2004:80|rice_area_sown|total|P1Y|2019-01-01|499.6",
            "gso2004:80|rice_area_sown|total|P1Y|2020-01-01|511.6",
            "gso2004:83|rice_area_sown|total|P1Y|2019-01-01|50.2",
        ],
        &["left_out_note A7 Đơn vị tính: Nghìn ha", "left_out_note A8 Nguồn:"],
    )
    .await;
}

#[tokio::test]
async fn loggers_write_short_years_half_days_and_zones_in_headers() {
    let desk = Desk::new().await;
    let head = "[place]\nvalue = \"station:tra_vinh\"\n[[value]]\ncolumn = \"Salinity, g/L\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
    let file = |second: &str| {
        format!(
            "\"Plot Title: Probe\"\n\"#\",\"Date Time, GMT+07:00\",\"Salinity, g/L\"\n1,03/14/24 12:00:00 AM,3.5\n2,03/{second}/24 12:15:00 PM,3.25\n3,03/16/24 01:00:00 PM,3\n"
        )
    };
    desk.asks(
        "probe.csv",
        file("15"),
        &["format = \"%m/%d/%y %I:%M:%S %p\"", "zone = \"+07:00\""],
        &format!("[source]\nheader_row = 2\n{head}[time]\ncolumns = [\"Date Time, GMT+07:00\"]\nformat = \"%m/%d/%y %I:%M:%S %p\"\nzone = \"+07:00\"\n"),
        &[
            "station:tra_vinh|salinity|instant||2024-03-14|3.5",
            "station:tra_vinh|salinity|instant||2024-03-15 12:15|3.25",
            "station:tra_vinh|salinity|instant||2024-03-16 13:00|3",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_header_about_the_place_stands_above_that_of_the_series() {
    let desk = Desk::new().await;
    let file = "latitude,longitude,elevation\n10.05,105.77,5.0\n\ntime,temperature_2m (°C),Lượng mưa (mm)\n2024-03-01T00:00,25.9,0.0\n2024-03-01T01:00,25.5,0.1\n2024-03-01T02:00,25.1,0.2\n";
    desk.asks("point.csv", file, &["header_row = 4", "columns = [\"time\"]"], "", &[]).await;
}

#[tokio::test]
async fn times_of_programs_are_read() {
    let desk = Desk::new().await;
    for (name, time, read) in [
        ("a.csv", "2024/3/1 7:05", "2024-03-01 07:05"),
        ("b.csv", "01-MAR-2024 07:05", "2024-03-01 07:05"),
        ("c.csv", "20240301", "2024-03-01"),
        ("d.csv", "202403010705", "2024-03-01 07:05"),
        ("e.csv", "1709251500", "2024-03-01 07:05"),
        ("f.csv", "1709251500000", "2024-03-01 07:05"),
    ] {
        let file = format!("Trạm,Thời gian,Độ mặn (g/l)\nTrà Vinh,{time},9.1\nMỹ Tho,{time},1.5\n");
        let value = |place: &str, value: &str| format!("station:{place}|salinity|instant||{read}|{value}");
        let (one, other) = (value("my_tho", "1.5"), value("tra_vinh", "9.1"));
        desk.goes_in(name, file, &[&one, &other], &[]).await;
    }
    // A number under another header is none.
    let file = "Trạm,Ngày,Mã số,Độ mặn (g/l)\nTrà Vinh,2024-03-01,20240301,9.1\n";
    desk.goes_in("g.csv", file, &["station:tra_vinh|salinity|instant||2024-03-01|9.1"], &[]).await;
}

#[tokio::test]
async fn what_only_looks_like_a_time_a_zone_or_a_unit_is_not_taken_for_one() {
    let desk = Desk::new().await;
    // Hours of days in ten digits with the day first, days in six: no seconds since 1970, and no months of the year 1503.
    for time in ["0503202407", "150310", "Tháng Năm 2024", "7h00 05/03/2024 - 19:00", "6 tháng sau năm 2020"]
    {
        let file = format!("Trạm,Thời gian,Độ mặn (g/l)\nTrà Vinh,{time},9.1\n");
        let taken = desk.take("a.csv", file, None).await.map(|taken| taken.values);
        assert!(taken.is_err(), "{time}: {taken:?}");
    }
    desk.goes_in(
        "b.csv",
        "Trạm,Thời gian UTC +7,Độ mặn (g/l)\nTrà Vinh,2024-03-01 07:00,9.1\n",
        &["station:tra_vinh|salinity|instant||2024-03-01 07:00|9.1"],
        &[],
    )
    .await;
    // Of two units behind the same words the first one counts, and the number of a column is none.
    desk.goes_in(
        "c.csv",
        "Trạm,Ngày,Mực nước (cm) (1)\nTân Châu,2024-03-01,121\n",
        &["station:tan_chau|water_level|instant||2024-03-01|121"],
        &[],
    )
    .await;
    // A table of one row is not passed over for the one below it, and stations near it are not its own.
    let two = "Trạm,Ngày,Độ mặn (g/l)\nTrà Vinh,2024-03-01,9.1\n\nTrạm,Ngày,Mực nước (cm)\nTrà Vinh,2024-03-01,121\nTrà Vinh,2024-03-02,122\n";
    if let Ok(taken) = desk.take("d.csv", two, None).await {
        assert!(taken.values.iter().any(|value| value.contains("salinity")), "{:?}", taken.values);
    }
    let near = "# Nearest Station: Can Tho\nTimestamp,Mực nước (cm)\n2024-03-01 07:00,121\n";
    desk.asks("e.csv", near, &["are all values at one of"], "", &[]).await;
}
