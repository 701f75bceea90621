//! Dates of which a table says less than they seem to: of two hands, of one value alone, of whole months.

use crate::agencies::Desk;
use crate::book::{book, sheet};

#[tokio::test]
async fn one_date_with_the_month_first_turns_no_others_around() {
    let desk = Desk::new().await;
    let table = |dates: [&str; 3]| {
        let rows = dates.iter().map(|date| format!("Tân Châu,{date},210\n"));
        format!("Trạm,Ngày,Mực nước (cm)\n{}", rows.collect::<String>())
    };
    for (name, dates, word) in [
        ("padded.csv", ["05/08/2020", "06/08/2020", "8/13/2020"], "`8/13/2020`"),
        ("apart.csv", ["5/8/2020", "6/8/2020", "8/13/2020"], "97 days, and within 8"),
        (
            "separated.csv",
            ["05-08-2020", "09-10-2020", "08/13/2020"],
            "`05-08-2020` is written in another way",
        ),
        ("short.csv", ["05/08/20", "06/08/20", "8/13/20"], "97 days, and within 8"),
        ("both.csv", ["8/5/2020", "8/6/2020", "13/08/2020"], "97 days, and within 8"),
    ] {
        desk.asks(name, table(dates), &[word], "", &[]).await;
    }
    for (name, dates) in [
        ("american.csv", ["8/5/2020", "8/6/2020", "8/13/2020"]),
        ("ours.csv", ["5/8/2020", "6/8/2020", "13/08/2020"]),
        ("zeros.csv", ["05/08/2020", "06/08/2020", "13/8/2020"]),
    ] {
        let days = ["2020-08-05", "2020-08-06", "2020-08-13"];
        let values = days.map(|day| format!("station:tan_chau|water_level|instant||{day}|210"));
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        desk.goes_in(name, table(dates), &values, &[]).await;
    }
    desk.goes_in(
        "logger.csv",
        "Plot Title: Can Tho\n#,\"Date Time, GMT+07:00\",Nhiệt độ không khí (°C),Trạm\n1,08/13/20 01:00:00 PM,30,Cần Thơ\n2,08/13/20 02:00:00 PM,31,Cần Thơ\n",
        &[
            "station:can_tho|air_temp|instant||2020-08-13 13:00|30",
            "station:can_tho|air_temp|instant||2020-08-13 14:00|31",
        ],
        &["column_left_out A2 #"],
    )
    .await;
    let across = "Mực nước cao nhất ngày (cm)\nTrạm,05/08/2020,06/08/2020,8/13/2020\nTân Châu,210,211,215\n";
    desk.asks("across.csv", across, &["`8/13/2020`"], "", &[]).await;
    let turned = sheet(
        "Số liệu",
        "Trạm|Ngày|Mực nước (cm)\nTân Châu|d:43959|210\nTân Châu|d:43990|211\nTân Châu|8/13/2020|215\n",
    );
    desk.asks("turned.xlsx", book(&[turned]), &["has the spreadsheet turned day and month"], "", &[]).await;
}

#[tokio::test]
async fn the_time_of_one_value_is_not_that_of_another() {
    let desk = Desk::new().await;
    for (name, text, word) in [
        (
            "smax.csv",
            "Trạm,Smax (‰),Ngày Smax,Smin (‰)\nTrà Vinh,9.5,13/02/2020,1.2\nĐại Ngãi,8.1,14/02/2020,2.0\n",
            "is it that of `Smin (‰)` too",
        ),
        (
            "hmax.csv",
            "Trạm,H max (cm),Ngày Hmax,Q max (m3/s)\nTân Châu,305,13/08/2020,9100\n",
            "is it that of `Q max (m3/s)` too",
        ),
        (
            "another.csv",
            "Trạm,Độ mặn (‰),Mực nước (cm),Ngày đo mực nước\nTrà Vinh,9.5,120,13/02/2020\n",
            "is it that of `Độ mặn (‰)` too",
        ),
    ] {
        desk.asks(name, text, &[word], "", &[]).await;
    }
    desk.goes_in(
        "alone.csv",
        "Trạm,Ngày Smax,Smax (‰)\nTrà Vinh,13/02/2020,9.5\n",
        &["station:tra_vinh|salinity_max_day|max|P1D|2020-02-13|9.5"],
        &[],
    )
    .await;
    desk.goes_in(
        "do.csv",
        "Trạm,Ngày đo,DO (mg/l),Amoni (theo N) (mg/l)\nTân Châu,13/02/2020,5.5,0.2\n",
        &["station:tan_chau|do|instant||2020-02-13|5.5", "station:tan_chau|nh4_n|instant||2020-02-13|0.2"],
        &[],
    )
    .await;
}

#[tokio::test]
async fn discharges_at_times_of_day_are_no_means() {
    let desk = Desk::new().await;
    desk.goes_in(
        "q.csv",
        "Trạm,Ngày,Giờ,Lưu lượng (m3/s)\nTân Châu,13/08/2020,7,-1250\nTân Châu,13/08/2020,13h30,3420\n",
        &[
            "station:tan_chau|discharge|instant||2020-08-13 07:00|-1250",
            "station:tan_chau|discharge|instant||2020-08-13 13:30|3420",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "dai.csv",
        "Trạm,Thời gian,Thông số,Giá trị,Đơn vị\nTân Châu,13/08/2020 07:00,Lưu lượng,3420,m3/s\nTân Châu,13/08/2020 07:00,Mực nước,210,cm\n",
        &[
            "station:tan_chau|discharge|instant||2020-08-13 07:00|3420",
            "station:tan_chau|water_level|instant||2020-08-13 07:00|210",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "gio.csv",
        "Lưu lượng trạm Tân Châu (m3/s)\nNgày,1h,7h,13h,19h\n13/08/2020,3101,3202,3303,3404\n",
        &[
            "station:tan_chau|discharge|instant||2020-08-13 01:00|3101",
            "station:tan_chau|discharge|instant||2020-08-13 07:00|3202",
            "station:tan_chau|discharge|instant||2020-08-13 13:00|3303",
            "station:tan_chau|discharge|instant||2020-08-13 19:00|3404",
        ],
        &[],
    )
    .await;
    desk.goes_in(
        "ngay.csv",
        "Trạm,Ngày,Lưu lượng (m3/s)\nTân Châu,13/08/2020,3420\nTân Châu,14/08/2020,3421\n",
        &[
            "station:tan_chau|discharge|mean|P1D|2020-08-13|3420",
            "station:tan_chau|discharge|mean|P1D|2020-08-14|3421",
        ],
        &[],
    )
    .await;
}

#[tokio::test]
async fn dates_that_stand_for_whole_months_are_no_days() {
    let desk = Desk::new().await;
    let months = [
        "station:can_tho|rain_total|total|P1M|2020-08-01|210",
        "station:can_tho|rain_total|total|P1M|2020-09-01|211",
    ];
    let workbook = sheet("Mưa", "Trạm|Tháng|Lượng mưa (mm)\nCần Thơ|d:44044|210\nCần Thơ|d:44075|211\n");
    desk.goes_in("months.xlsx", book(&[workbook]), &months, &[]).await;
    let text = "Trạm,Tháng/năm,Lượng mưa (mm)\nCần Thơ,01/08/2020,210\nCần Thơ,01/09/2020,211\n";
    desk.goes_in("months.csv", text, &months, &[]).await;
    desk.goes_in(
        "years.csv",
        "Tỉnh,Năm,Sản lượng lúa (tấn)\nTiền Giang,2019-01-01,1234\nTiền Giang,2020-01-01,1240\n",
        &[
            "gso2004:82|rice_production|total|P1Y|2019-01-01|1.234",
            "gso2004:82|rice_production|total|P1Y|2020-01-01|1.24",
        ],
        &[],
    )
    .await;
    let firsts = "Trạm,Thời gian,Lượng mưa (mm)\nCần Thơ,2020-08-01,210\nCần Thơ,2020-09-01,211\nCần Thơ,2020-10-01,300\n";
    desk.asks("firsts.csv", firsts, &["are the values those of whole months"], "", &[]).await;
    let sampled =
        "Trạm,Ngày,Độ mặn (‰)\nTrà Vinh,2020-02-01,5\nTrà Vinh,2020-03-01,6\nTrà Vinh,2020-04-01,7\n";
    desk.goes_in(
        "sampled.csv",
        sampled,
        &[
            "station:tra_vinh|salinity|instant||2020-02-01|5",
            "station:tra_vinh|salinity|instant||2020-03-01|6",
            "station:tra_vinh|salinity|instant||2020-04-01|7",
        ],
        &[],
    )
    .await;
}
