//! What stands beside the values of a table or a document, all made up for these tests: remarks, coordinates, flags,
//! units of others, rows that are shorter or taken out. It is asked about or told, and never changes a value in silence.

use crate::agencies::Desk;

#[tokio::test]
async fn remarks_that_make_values_others_are_asked_about() {
    let desk = Desk::new().await;
    let salinity = |remark: &str| {
        format!(
            "Trạm,Ngày,Độ mặn (g/l),Ghi chú\nTrà Vinh,2024-03-01,9.1,\nTrà Vinh,2024-03-02,9.2,{remark}\n"
        )
    };
    let level = |remark: &str| {
        format!(
            "Trạm,Thời gian,Mực nước (cm),Remarks\nTrà Vinh,2024-03-01 07:00,91,\nTrà Vinh,2024-03-01 08:00,92,{remark}\n"
        )
    };
    for (name, file, word) in [
        ("a.csv", salinity("đơn vị mg/L"), "it speaks of another unit"),
        ("b.csv", level("giờ UTC"), "it speaks of another time zone"),
        ("c.csv", level("mốc giả định"), "it speaks of the zero"),
        ("d.csv", salinity("thiết bị hỏng"), "are such values bad?"),
    ] {
        desk.asks(name, file, &[word], "", &[]).await;
    }
    // Others change nothing; what was not measured is told.
    let values = [
        "station:tra_vinh|salinity|instant||2024-03-01|9.1",
        "station:tra_vinh|salinity|instant||2024-03-02|9.2",
    ];
    desk.goes_in("e.csv", salinity("công ty thủy lợi; nước đục"), &values, &[]).await;
    desk.goes_in("f.csv", salinity("đơn vị g/l"), &values, &[]).await;
    desk.goes_in("g.csv", salinity("số liệu ước tính"), &values, &["remark_says D3 số liệu ước tính"]).await;
    // Of a row without a value, a remark says why.
    desk.goes_in(
        "i.csv",
        "Trạm,Ngày,Độ mặn (g/l),Ghi chú\nTrà Vinh,2024-03-01,9.1,\nTrà Vinh,2024-03-02,-,ước tính sau\n",
        &values[..1],
        &[],
    )
    .await;
    // A mapping that was confirmed does not hide what the next file says.
    let answer = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/l\"\n";
    let findings = desk.asks("h.csv", salinity("đơn vị mg/L"), &[], answer, &values).await;
    assert_eq!(findings, ["remark_says D3 đơn vị mg/L"]);
}

#[tokio::test]
async fn rows_with_fewer_fields_than_the_header_are_told() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm,Ngày,pH,Độ mặn (g/l),DO (mg/l)\nTrà Vinh,2024-03-01,7.1,9.1,5.2\nTrà Vinh,2024-03-02,7.2,5.1\nTrà Vinh,2024-03-03,7.3,9.3,\nNguồn: thử\n",
        &[
            "station:tra_vinh|do|instant||2024-03-01|5.2",
            "station:tra_vinh|ph|instant||2024-03-01|7.1",
            "station:tra_vinh|ph|instant||2024-03-02|7.2",
            "station:tra_vinh|ph|instant||2024-03-03|7.3",
            "station:tra_vinh|salinity|instant||2024-03-01|9.1",
            "station:tra_vinh|salinity|instant||2024-03-02|5.1",
            "station:tra_vinh|salinity|instant||2024-03-03|9.3",
        ],
        &["row_too_short D3 4", "left_out_note A5 Nguồn: thử"],
    )
    .await;
    // A remark that is left out at the end is no value.
    desk.goes_in(
        "b.csv",
        "Trạm,Ngày,pH,Ghi chú\nTrà Vinh,2024-03-01,7.1,nước đục\nTrà Vinh,2024-03-02,7.2\n",
        &["station:tra_vinh|ph|instant||2024-03-01|7.1", "station:tra_vinh|ph|instant||2024-03-02|7.2"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn rows_behind_a_mark_are_left_out_and_told() {
    let desk = Desk::new().await;
    let values = [
        "station:tra_vinh|salinity|instant||2024-03-01|9.1",
        "station:tra_vinh|salinity|instant||2024-03-03|9.3",
    ];
    desk.goes_in(
        "a.csv",
        "Trạm,Ngày,Độ mặn (g/l)\nTrà Vinh,2024-03-01,9.1\n#Trà Vinh,2024-03-02,19.1\nTrà Vinh,2024-03-03,9.3\n",
        &values,
        &["left_out_comment A3 #Trà Vinh"],
    )
    .await;
    desk.goes_in(
        "b.csv",
        "Ngày,Trạm,Độ mặn (g/l)\n2024-03-01,Trà Vinh,9.1\n# 2024-03-02,Trà Vinh,19.1\n2024-03-03,Trà Vinh,9.3\n",
        &values,
        &["left_out_comment A3 # 2024-03-02"],
    )
    .await;
    // Where all rows begin so, it takes none of them out.
    desk.goes_in(
        "c.csv",
        "Mã,Trạm,Ngày,Độ mặn (g/l)\n#1,Trà Vinh,2024-03-01,9.1\n#2,Trà Vinh,2024-03-03,9.3\n",
        &values,
        &[],
    )
    .await;
    desk.asks(
        "d.csv",
        "# Unit: g/l\nStation,Date,Salinity\nTra Vinh,2024-03-01,9.1\n# Unit: mg/l\nTra Vinh,2024-03-03,9.3\n",
        &["the line `# Unit: mg/l` below the table"],
        "",
        &[],
    )
    .await;
}

#[tokio::test]
async fn coordinates_far_from_the_station_that_is_named_are_told() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm,Kinh độ,Vĩ độ,Ngày,Độ mặn (g/l)\nTrà Vinh,106.35,9.97,2024-03-01,9.1\nTrà Vinh,\"105,10\",\"8,60\",2024-03-02,9.2\nTrà Vinh,9.97,106.35,2024-03-03,9.3\n",
        &[
            "station:tra_vinh|salinity|instant||2024-03-01|9.1",
            "station:tra_vinh|salinity|instant||2024-03-02|9.2",
            "station:tra_vinh|salinity|instant||2024-03-03|9.3",
        ],
        &["place_elsewhere B3 105,10, 8,60"],
    )
    .await;
}

#[tokio::test]
async fn flags_devices_short_names_and_units_of_others_are_asked_about() {
    let desk = Desk::new().await;
    for (name, file, word) in [
        (
            "a.csv",
            "Mực nước (cm),,,,\nThời gian,Cần Thơ,QC_Cần Thơ,Mỹ Thuận,QC_Mỹ Thuận\n2024-03-01 07:00,101,1,99,4\n2024-03-01 08:00,102,1,98,1\n",
            "`QC_Mỹ Thuận` says `4` of some values of `Mỹ Thuận`",
        ),
        (
            "b.csv",
            "device_id,time,salinity (g/l)\ncan_tho,2024-03-01 07:00,9.1\n",
            "`device_id` names devices (`can_tho`)",
        ),
        ("c.csv", "time,station,tp\n2024-03-01 00:00,Can Tho,0.1\n", "means total precipitation elsewhere"),
        (
            "d.csv",
            "Station,Date,Wind speed (km/h),Wind gust\nCan Tho,2024-03-01,13.1,36\nCan Tho,2024-03-02,13.2,40\n",
            "`Wind gust` names no unit, and `Wind speed (km/h)` is in `km/h`",
        ),
    ] {
        desk.asks(name, file, &[word], "", &[]).await;
    }
    desk.goes_in(
        "e.csv",
        "Station,Date,TP (mg/l)\nCan Tho,2024-03-01,0.1\n",
        &["station:can_tho|tp|instant||2024-03-01|0.1"],
        &[],
    )
    .await;
    // Each value has the unit right behind it.
    desk.goes_in(
        "f.csv",
        "Station,Date,Salinity,Unit,DO,Unit\nTra Vinh,2024-03-01,9100,mg/l,0.005,g/l\nTra Vinh,2024-03-02,9.2,g/l,5,mg/l\n",
        &[
            "station:tra_vinh|do|instant||2024-03-01|5",
            "station:tra_vinh|do|instant||2024-03-02|5",
            "station:tra_vinh|salinity|instant||2024-03-01|9.1",
            "station:tra_vinh|salinity|instant||2024-03-02|9.2",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_question_is_asked_once() {
    let desk = Desk::new().await;
    let file = "Trạm,Ngày,Độ mặn (g/l),QC\nTrà Vinh,2024-03-01,9.1,Good\nTrà Vinh,2024-03-02,9.2,Bad\n";
    let asked = desk.take("a.csv", file, None).await.err().unwrap();
    let question = asked.lines().next().unwrap();
    assert_eq!(question.matches("`QC` says `Bad`").count(), 1, "{asked}");
}

#[tokio::test]
async fn documents_say_that_they_are_pages_or_contradict_themselves() {
    let desk = Desk::new().await;
    let row = r#"{"tram":"Trà Vinh","thoi_gian":"2024-03-01 07:00","do_man":9.1}"#;
    let values = ["station:tra_vinh|salinity|instant||2024-03-01 07:00|9.1"];
    for (name, members, told) in [
        ("a.json", r#""next": "http://localhost/?page=2""#, "next: http://localhost/?page=2"),
        ("b.json", r#""total": 500"#, "total: 500"),
        ("c.json", r#""has_more": true"#, "has_more: TRUE"),
    ] {
        let taken = desk.take(name, format!("{{{members}, \"data\": [{row}]}}"), None).await.unwrap();
        assert_eq!(taken.values, values, "{name}");
        assert_eq!(taken.findings, [format!("more_follows A1 {told}")], "{name}");
    }
    desk.goes_in("d.json", format!(r#"{{"next": null, "count": 1, "data": [{row}]}}"#), &values, &[]).await;
    let links = format!(
        r#"{{"data": [{row}], "links": [{{"rel": "self", "href": "http://localhost/"}}, {{"rel": "next", "href": "http://localhost/?page=2"}}]}}"#
    );
    let taken = desk.take("e.json", links, None).await.unwrap();
    assert_eq!(taken.findings, ["more_follows A1 next: http://localhost/?page=2"]);
    let page = r#"{"@iot.nextLink": "http://localhost/?$skip=1", "value": [{"@iot.id": 1, "phenomenonTime": "2024-03-01T00:00:00Z", "result": 9.1, "Datastream": {"@iot.id": 1, "name": "Salinity", "unitOfMeasurement": {"name": "g/l", "symbol": "g/l"}, "ObservedProperty": {"name": "salinity"}, "Thing": {"name": "Trà Vinh"}}}]}"#;
    let taken = desk.take("f.json", page, None).await.unwrap();
    assert_eq!(taken.findings, ["more_follows A1 @iot.nextLink: http://localhost/?$skip=1"]);
    let twice = r#"[{"tram":"Trà Vinh","thoi_gian":"2024-03-01 07:00","do_man":9.1,"do_man":3.1}]"#;
    desk.asks("g.json", twice, &["`do_man` stands twice in one object"], "", &[]).await;
    let lists = format!(
        r#"{{"man": [{row}], "khac": [{{"tram":"Mỹ Tho","thoi_gian":"2024-03-01 07:00","ph":7.25}}]}}"#
    );
    desk.asks("h.json", lists, &["the sheets `khac` hold numbers too"], "", &[]).await;
}

#[tokio::test]
async fn documents_by_columns_go_in() {
    let desk = Desk::new().await;
    let values = [
        "station:ben_luc|salinity|instant||2024-03-01 07:00|3.25",
        "station:tra_vinh|salinity|instant||2024-03-01 07:00|9.1",
    ];
    let rows = r#"[["Trà Vinh", "2024-03-01 07:00", 9.1], ["Bến Lức", "2024-03-01 07:00", 3.25]]"#;
    let names = r#"["tram", "thoi_gian", "do_man"]"#;
    for (name, file) in [
        ("a.json", format!(r#"{{"columns": {names}, "data": {rows}}}"#)),
        ("b.json", format!(r#"{{"fields": [{{"id": "tram"}}, {{"id": "thoi_gian"}}, {{"id": "do_man"}}], "records": {rows}}}"#)),
        ("c.json", format!("[{names}, {}", &rows[1..])),
        (
            "d.json",
            r#"{"tram": ["Trà Vinh", "Bến Lức"], "thoi_gian": ["2024-03-01 07:00", "2024-03-01 07:00"], "do_man": [9.1, 3.25]}"#.to_owned(),
        ),
    ] {
        desk.goes_in(name, file, &values, &[]).await;
    }
    // The unit, the zone and what stands around the hours of a forecast service.
    let hourly = r#"{"latitude": 10.0, "longitude": 105.75, "utc_offset_seconds": 0, "timezone": "GMT", "hourly_units": {"time": "iso8601", "precipitation": "mm"},
        "hourly": {"time": ["2024-03-01T00:00", "2024-03-01T01:00"], "precipitation": [0.0, 0.1]}}"#;
    desk.asks(
        "e.json",
        hourly,
        &["no column names the places", "zone = \"+00:00\"", "unit = \"mm\""],
        "[source]\nheader_row = 5\n[place]\nvalue = \"station:can_tho\"\n[time]\ncolumns = [\"time\"]\nzone = \"+00:00\"\n[[value]]\ncolumn = \"precipitation (mm)\"\nproperty = \"rain_1h\"\nunit = \"mm\"\nperiod = \"PT1H\"\n",
        &[
            "station:can_tho|rain_1h|total|PT1H|2024-03-01 07:00|0",
            "station:can_tho|rain_1h|total|PT1H|2024-03-01 08:00|0.1",
        ],
    )
    .await;
}

#[tokio::test]
async fn times_powers_and_shares_are_read_as_they_are_written() {
    let desk = Desk::new().await;
    for (name, times, read) in [
        ("a.csv", ["2024030107", "2024030108"], ["2024-03-01 07:00", "2024-03-01 08:00"]),
        ("b.csv", ["2020-045", "2020-046"], ["2020-02-14", "2020-02-15"]),
        ("c.csv", ["2024-03-01 07:00 ICT", "2024-03-01 08:00 ICT"], ["2024-03-01 07:00", "2024-03-01 08:00"]),
        ("d.csv", ["13/03/2024 00:30 GMT", "14/03/2024 01:00 GMT"], ["2024-03-13 07:30", "2024-03-14 08:00"]),
    ] {
        let file =
            format!("Trạm,Thời gian,Độ mặn (g/l)\nTrà Vinh,{},9.1\nTrà Vinh,{},9.2\n", times[0], times[1]);
        let value =
            |at: usize, value: &str| format!("station:tra_vinh|salinity|instant||{}|{value}", read[at]);
        let (one, other) = (value(0, "9.1"), value(1, "9.2"));
        desk.goes_in(name, file, &[&one, &other], &[]).await;
    }
    desk.goes_in(
        "e.csv",
        "Station,Year,DOY,Salinity (g/l)\nTra Vinh,2020,45,9.1\nTra Vinh,2020,366,9.2\n",
        &[
            "station:tra_vinh|salinity|instant||2020-02-14|9.1",
            "station:tra_vinh|salinity|instant||2020-12-31|9.2",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "f.csv",
        "Trạm;Ngày;Coliform (MPN/100ml);DO (%)\nTrà Vinh;2024-03-01;2,4x10^3;95\nTrà Vinh;2024-03-02;2,4×10³;96,5\n",
        &[
            "station:tra_vinh|coliform|instant||2024-03-01|2400",
            "station:tra_vinh|coliform|instant||2024-03-02|2400",
            "station:tra_vinh|do_sat|instant||2024-03-01|95",
            "station:tra_vinh|do_sat|instant||2024-03-02|96.5",
        ],
        &[],
    )
    .await;
    // An hour without minutes under a pattern of one's own is not dropped.
    let answer = "[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Lúc\"]\nformat = \"%d/%m/%Y %Hh\"\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/l\"\n";
    let taken = desk
        .take("g.csv", "Trạm,Lúc,Độ mặn (g/l)\nTrà Vinh,13/03/2024 07h,9.1\n", Some(answer))
        .await
        .unwrap();
    assert_eq!(taken.values, ["station:tra_vinh|salinity|instant||2024-03-13 07:00|9.1"]);
}
