//! What stands beside the values and above them, all made up for these tests: units, zones, states, limits and parts
//! are read or asked about, and never passed over.

use crate::agencies::Desk;

#[tokio::test]
async fn a_column_of_units_is_read_whatever_it_is_called() {
    let desk = Desk::new().await;
    for (name, header) in [
        ("a.csv", "value_unit"),
        ("b.csv", "UNIT_MEASURE"),
        ("c.csv", "UnitCode"),
        ("d.csv", "unitOfMeasurement.symbol"),
        ("e.csv", "series.unit"),
        ("f.csv", "donvi"),
        ("g.csv", "Đ.vị"),
    ] {
        desk.goes_in(
            name,
            format!("station,parameter,value,{header},time\nTrà Vinh,water_level,1.52,m,2024-03-01 07:00\n"),
            &["station:tra_vinh|water_level|instant||2024-03-01 07:00|152"],
            &[],
        )
        .await;
    }
    desk.goes_in(
        "h.csv",
        "station,time,wind_speed,wind_speed_unit\nTrà Vinh,2024-03-01 07:00,9,knot\nTrà Vinh,2024-03-01 08:00,4,m/s\n",
        &[
            "station:tra_vinh|wind_speed|mean||2024-03-01 07:00|4.63",
            "station:tra_vinh|wind_speed|mean||2024-03-01 08:00|4",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn units_that_nobody_knows_are_asked_about() {
    let desk = Desk::new().await;
    let file = "station,parameter,value,unit,time\nTrà Vinh,salinity,12,bottles,2024-03-01 08:00\n";
    desk.asks("a.csv", file, &["nobody knows the units of the column `unit`", "`bottles`"], "", &[]).await;
    desk.goes_in(
        "b.csv",
        "station,parameter,value,unit,time\nTrà Vinh,co,0.4,ppm,2024-03-01 08:00\n",
        &[],
        &["unit_mismatch D2 ppm"],
    )
    .await;
}

#[tokio::test]
async fn times_are_in_the_zone_that_stands_there() {
    let desk = Desk::new().await;
    let value = ["station:tra_vinh|water_level|instant||2024-03-01 14:00|120"];
    let headers = [
        "time_utc",
        "datetimeUTC",
        "TIMESTAMP_UTC",
        "thoi_gian_utc",
        "time_gmt",
        "Thời gian UTC",
        "UTC",
        "Giờ UTC",
        "date (Z)",
        "timestamp_z",
    ];
    for (at, header) in headers.iter().enumerate() {
        let file = format!("station,{header},water_level_cm\nTrà Vinh,2024-03-01 07:00,120\n");
        desk.goes_in(&format!("a{at}.csv"), file, &value, &[]).await;
    }
    let titles = [
        "# Time zone: UTC",
        "All times in UTC",
        "Thời gian: giờ UTC",
        "Múi giờ: GMT",
        "Số liệu mực nước (giờ GMT)",
        "UTC offset: +00:00",
        "Timezone: Etc/UTC",
    ];
    for (at, title) in titles.iter().enumerate() {
        let file = format!("{title}\nstation,time,water_level_cm\nTrà Vinh,2024-03-01 07:00,120\n");
        desk.goes_in(&format!("b{at}.csv"), file, &value, &[]).await;
    }
    let file = "station,time,tz,water_level_cm\nTrà Vinh,2024-03-01 07:00,UTC,120\n";
    desk.goes_in("c.csv", file, &value, &[]).await;
    let local = ["station:tra_vinh|water_level|instant||2024-03-01 07:00|120"];
    for (name, title) in [("d.csv", "Múi giờ: Asia/Ho_Chi_Minh"), ("e.csv", "Exported 2024-03-02 00:00 UTC")]
    {
        let file = format!("{title}\nstation,time,water_level_cm\nTrà Vinh,2024-03-01 07:00,120\n");
        desk.goes_in(name, file, &local, &[]).await;
    }
    let file = "Time zone: Asia/Tokyo\nstation,time,water_level_cm\nTrà Vinh,2024-03-01 07:00,120\n";
    desk.asks("f.csv", file, &["speaks of a zone", "Asia/Tokyo"], "", &[]).await;
    let json = r#"{"timezone": "UTC", "records": [{"station": "Trà Vinh", "time": "2024-03-01 07:00", "water_level_cm": 120}]}"#;
    desk.goes_in("g.json", json, &value, &[]).await;
}

#[tokio::test]
async fn what_makes_a_value_another_is_asked_about() {
    let desk = Desk::new().await;
    for (name, column, texts, words) in [
        ("a.csv", "qualifier", ["<", ""], "they are limits"),
        ("b.csv", "Loại số liệu", ["Dự báo", "Dự báo"], "forecasts or plans"),
        ("c.csv", "Source", ["model forecast", "gauge"], "forecasts or plans"),
        ("d.csv", "Độ sâu", ["mặt", "đáy"], "of that part of it"),
        ("e.csv", "Salinity_flag", ["good", "bad"], "are such values bad"),
        ("f.csv", "ReviewState", ["approved", "rejected"], "are such values bad"),
        ("g.csv", "Flag", ["M", "B"], "what does it mean"),
        ("h.csv", "agg", ["max", "weighted"], "nothing reads it"),
        ("i.csv", "Ca đo", ["Sáng", "Chiều"], "the time of day"),
    ] {
        let [first, second] = texts;
        let file = format!(
            "Trạm,Ngày,Độ mặn (g/l),{column}\nTrà Vinh,2024-03-01,4.1,{first}\nTrà Vinh,2024-03-02,5.2,{second}\n"
        );
        desk.asks(name, file, &[words], "", &[]).await;
    }
    desk.goes_in(
        "j.csv",
        "Trạm,Ngày,Độ mặn (g/l),agg,Ghi chú,Flag\nTrà Vinh,2024-03-01,4.1,max,mưa to,A\n",
        &["station:tra_vinh|salinity|max||2024-03-01|4.1"],
        &[],
    )
    .await;
    desk.goes_in(
        "m.csv",
        "Trạm,Ngày,Giờ,Độ mặn (g/l)\nTrà Vinh,2024-03-13,07:00:00.000+07:00,1.24\n",
        &["station:tra_vinh|salinity|instant||2024-03-13 07:00|1.24"],
        &[],
    )
    .await;
    let file =
        "Trạm,Ngày,Mực nước (cm),Độ mặn (g/l)\nTrà Vinh,13/03/2024,112,5,4\nTrà Vinh,14/03/2024,121,12,4\n";
    desk.asks("l.csv", file, &["more fields than the header"], "", &[]).await;
}

#[tokio::test]
async fn dimensions_of_statistical_messages_are_asked_about() {
    let desk = Desk::new().await;
    let powers =
        "REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,UNIT_MULT\nAn Giang,Dân số trung bình,2021,1.9095,6\n";
    desk.asks("a.csv", powers, &["`UNIT_MULT` says `6`"], "", &[]).await;
    let women = "REF_AREA,INDICATOR,SEX,TIME_PERIOD,OBS_VALUE\nAn Giang,Dân số trung bình,F,2021,951.2\n";
    desk.asks("b.csv", women, &["`SEX` says `F`"], "", &[]).await;
    let all =
        "REF_AREA,INDICATOR,SEX,FREQ,TIME_PERIOD,OBS_VALUE\nAn Giang,Dân số trung bình,_T,A,2021,1909.5\n";
    desk.goes_in("c.csv", all, &["gso2004:89|population_avg|mean|P1Y|2021-01-01|1909.5"], &[]).await;
}

#[tokio::test]
async fn numbers_that_stand_for_no_value_are_none() {
    let desk = Desk::new().await;
    let file = "Station,Time,Discharge (m3/s)\nTân Châu,2024-03-01 07:00,3120\nTân Châu,2024-03-01 08:00,-999\nTân Châu,2024-03-01 09:00,3140\n";
    desk.asks("a.csv", file, &["`-999`", "stands for no value"], "", &[]).await;
    let levels = "Station,Time,Water level (cm)\nTrà Vinh,2024-03-01 07:00,-110\nTrà Vinh,2024-03-01 08:00,-99\nTrà Vinh,2024-03-01 09:00,-92\n";
    desk.goes_in(
        "b.csv",
        levels,
        &[
            "station:tra_vinh|water_level|instant||2024-03-01 07:00|-110",
            "station:tra_vinh|water_level|instant||2024-03-01 08:00|-99",
            "station:tra_vinh|water_level|instant||2024-03-01 09:00|-92",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn a_value_that_looks_like_a_year_makes_no_header() {
    let desk = Desk::new().await;
    desk.goes_in(
        "a.csv",
        "Trạm,Năm,Lưu lượng (m3/s)\nCần Thơ,2019,12012\nCần Thơ,2020,2031\nTân Châu,2020,9031\n",
        &[
            "station:can_tho|discharge|mean|P1Y|2019-01-01|12012",
            "station:can_tho|discharge|mean|P1Y|2020-01-01|2031",
            "station:tan_chau|discharge|mean|P1Y|2020-01-01|9031",
        ],
        &[],
    )
    .await;
}
