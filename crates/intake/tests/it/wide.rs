//! Wide tables: several columns of values in one row.

use model::DatasetKind;

use crate::node::{Node, at, told};

#[tokio::test]
async fn columns_of_stations_are_read_by_their_own_place() {
    let node = Node::new().await;
    let mapping = r#"
version = 1
kind = "observations"
[time]
columns = ["Ngày"]
[[value]]
column = "Tân Châu"
property = "water_level"
unit = "m"
place = "station:tan_chau"
datum = "gauge zero"
statistic = "mean"
period = "P1D"
[[value]]
column = "Châu Đốc"
property = "water_level"
unit = "m"
place = "station:chau_doc"
statistic = "mean"
period = "P1D"
"#;
    let csv = "Ngày,Tân Châu,Châu Đốc\n2020-01-01,1.15,0.9\n2020-01-02,,1.0\nhôm nay,1,2\n";
    let report = node.load("series", "a.csv", csv, Some(mapping)).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [("not_a_time", "A4".into(), "hôm nay")],
        "one finding for one bad cell"
    );
    let totals = report.run.totals;
    assert_eq!(
        (totals.rows, totals.refused, totals.refused_rows, totals.missing, totals.added),
        (3, 2, 1, 1, 3)
    );
    let mut values: Vec<_> = node
        .values("series")
        .await
        .into_iter()
        .map(|v| (v.key.place.to_string(), v.key.datum, v.time, v.result, v.row, v.column))
        .collect();
    values.sort_by(|a, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
    assert_eq!(
        values,
        [
            ("station:chau_doc".to_owned(), String::new(), at("2020-01-01"), 90.0, 2, 3),
            ("station:chau_doc".to_owned(), String::new(), at("2020-01-02"), 100.0, 3, 3),
            ("station:tan_chau".to_owned(), "gauge zero".to_owned(), at("2020-01-01"), 115.0, 2, 2),
        ]
    );
}

#[tokio::test]
async fn seasons_become_periods_of_the_calendar_year() {
    let node = Node::new().await;
    node.dataset("rice", DatasetKind::Observations).await;
    let mapping = r#"
version = 1
kind = "observations"
[place]
column = "tinh"
kind = "province"
[time]
columns = ["nam"]
format = "year"
[[value]]
column = "dien_tich"
property = "rice_area_sown"
unit = "10*3.har"
period = { column = "vu", prefix = "season:" }
"#;
    let csv = "nam,tinh,vu,dien_tich\n2015,An Giang,dong_xuan,238.6\n2015,An Giang,Hè Thu,200\n2015,An Giang,,638.9\n2015,Long An,P1Y,1\n";
    let report = node.load("rice", "a.csv", csv, Some(mapping)).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let mut periods: Vec<_> =
        node.values("rice").await.into_iter().map(|v| (v.key.period, v.result, v.time, v.end)).collect();
    periods.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (from, to) = (at("2015-01-01"), Some(at("2016-01-01")));
    assert_eq!(
        periods,
        [
            ("P1Y".to_owned(), 1.0, from, to),
            ("season:he_thu".to_owned(), 200.0, from, to),
            ("season:dong_xuan".to_owned(), 238.6, from, to),
            ("P1Y".to_owned(), 638.9, from, to),
        ]
    );
}
