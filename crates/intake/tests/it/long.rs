//! Long tables: one row a value.

use chrono::TimeDelta;
use intake::{Error, IntakeLimits, finding_message};
use model::{Lang, RunState, Severity, Statistic, Version};
use policy::Purpose;

use crate::node::{Node, at, now, told};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "Trạm"
kind = "station"
[time]
columns = ["Thời gian"]
[[value]]
column = "Giá trị"
property = { column = "Chỉ tiêu" }
unit = { column = "Đơn vị" }
"#;

#[tokio::test]
async fn bad_rows_are_refused_with_their_cell_and_reason_and_good_rows_go_in() {
    let node = Node::new().await;
    let csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\n\
        Tân Châu,2020-02-03 07:00,water_level,124,cm\n\
        Tân Châu,2020-02-03 13:00,water_level,\"1.31\",m\n\
        Nơi Nào,2020-02-03 07:00,water_level,5,cm\n\
        Tân Châu,hôm qua,water_level,5,cm\n\
        Tân Châu,2020-02-04 07:00,mực nước đẹp,5,cm\n\
        Tân Châu,2020-02-04 08:00,water_level,nhiều,cm\n\
        Tân Châu,2020-02-04 09:00,water_level,5,g/L\n\
        Tân Châu,2020-02-04 10:00,water_level,5,gang tay\n\
        Tân Châu,2020-02-04 11:00,water_level,5000,cm\n\
        Tân Châu,2031-02-04 11:00,water_level,50,cm\n\
        Tân Châu,2020-02-05 07:00,water_level,..,cm\n\
        Trà Vinh,2020-02-05 07:00,salinity,4.5,‰\n";
    let report = node.load("series", "mực nước.csv", csv, Some(MAPPING)).await.unwrap();

    assert_eq!(
        told(&report.findings),
        [
            ("unknown_place", "A4".into(), "Nơi Nào"),
            ("not_a_time", "B5".into(), "hôm qua"),
            ("unknown_property", "C6".into(), "mực nước đẹp"),
            ("not_a_number", "D7".into(), "nhiều"),
            ("unit_mismatch", "E8".into(), "g/L"),
            ("unknown_unit", "E9".into(), "gang tay"),
            ("out_of_range", "D10".into(), "5000"),
            ("future_time", "B11".into(), "2031-02-04 11:00"),
        ]
    );
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Refused));
    assert_eq!(report.findings[6].expected, "-350 … 650 cm");
    assert_eq!(report.findings[6].column_name, "Giá trị");
    let totals = report.run.totals;
    assert_eq!((totals.rows, totals.refused, totals.refused_rows, totals.missing), (12, 8, 8, 1));
    assert_eq!((totals.added, totals.corrected, totals.unchanged, totals.warnings), (3, 0, 0, 0));
    assert_eq!(report.run.state, RunState::Done);
    assert_eq!(report.run.version, Some(Version(1)));
    assert!(!report.mapping_guessed);

    let values = node.values("series").await;
    let short: Vec<_> = values
        .iter()
        .map(|v| (v.key.place.to_string(), v.time, v.result, v.row, v.column, v.quality))
        .collect();
    let mut expected = vec![
        ("station:tan_chau".to_owned(), at("2020-02-03T00:00Z"), 124.0, 2, 4, 1),
        ("station:tan_chau".to_owned(), at("2020-02-03T06:00Z"), 131.0, 3, 4, 1),
        ("station:tra_vinh".to_owned(), at("2020-02-05T00:00Z"), 4.5, 13, 4, 1),
    ];
    expected.sort_by_key(|row| (values.iter().position(|v| v.key.place.to_string() == row.0), row.1));
    assert_eq!(short, expected);
    assert_eq!(values.iter().map(|v| v.key.unit.as_str()).filter(|unit| *unit == "cm").count(), 2);

    // The catalogue tells the same.
    let run = node.catalog.run(&report.run.id).await.unwrap().unwrap();
    assert_eq!(run, report.run);
    let (findings, total) = node.catalog.findings(&run.id, 0, 100).await.unwrap();
    assert_eq!((findings, total), (report.findings.clone(), 8));
    let version = node.catalog.latest_version(&run.dataset).await.unwrap().unwrap();
    assert_eq!((version.version, version.added, version.total, version.pinned.len()), (Version(1), 3, 3, 0));
    assert!(now() <= version.committed_at && version.committed_at <= run.finished_at.unwrap());
    let original = node.catalog.original(run.original.as_ref().unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (original.size, original.file_name.as_str(), original.media_type.as_str()),
        (csv.len() as u64, "mực nước.csv", "text/csv")
    );

    // And the cell is found again in the original.
    let permit = node.permit("series", Purpose::Read).await;
    let around = node.intake.cell(&permit, &run, report.findings[0].cell).await.unwrap();
    assert!(around.rows.iter().any(|(row, texts)| *row == 4 && texts[0] == "Nơi Nào"));
    for finding in &report.findings {
        assert!(finding_message(finding, Lang::En).contains(&finding.value), "{finding:?}");
        assert!(finding_message(finding, Lang::Vi).contains("Hãy"), "{finding:?}");
    }
}

#[tokio::test]
async fn the_same_file_twice_commits_nothing_and_a_changed_value_is_a_correction() {
    let node = Node::new().await;
    let csv = |value: &str| {
        format!(
            "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nTân Châu,2020-02-03,water_level,{value},cm\nTân Châu,2020-02-04,water_level,7,cm\n"
        )
    };
    let first = node.load("series", "a.csv", csv("5"), Some(MAPPING)).await.unwrap();
    let again = node.load("series", "b.csv", csv("5"), None).await.unwrap();
    assert_eq!((again.run.version, again.run.totals.unchanged, again.run.totals.added), (None, 2, 0));
    assert_eq!(again.run.state, RunState::Done);
    assert_eq!(again.run.mapping, first.run.mapping, "the saved mapping is used");
    assert!(!again.mapping_guessed);
    assert_eq!(again.run.original, first.run.original);

    let corrected = node.load("series", "c.csv", csv("6"), None).await.unwrap();
    let totals = corrected.run.totals;
    assert_eq!((corrected.run.version, totals.corrected, totals.unchanged), (Some(Version(2)), 1, 1));
    let results: Vec<f64> = node.values("series").await.iter().map(|value| value.result).collect();
    assert_eq!(results, [6.0, 7.0]);
    assert_eq!(node.catalog.versions(&corrected.run.dataset).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_dry_run_reports_the_same_and_keeps_nothing() {
    let node = Node::new().await;
    let csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nTân Châu,2020-02-03,water_level,5,cm\nTân Châu,2020-02-04,water_level,nhiều,cm\n";
    let dry = node.load_as("series", "a.csv", csv.into(), Some(MAPPING), true).await.unwrap();
    assert_eq!(dry.run.state, RunState::DryRun);
    assert_eq!((dry.run.version, dry.run.mapping, dry.run.original.clone()), (None, None, None));
    assert_eq!((dry.run.totals.added, dry.run.totals.refused), (1, 1));
    assert!(node.values("series").await.is_empty());
    assert!(node.catalog.versions(&dry.run.dataset).await.unwrap().is_empty());
    assert!(node.catalog.mapping(&dry.run.dataset, None).await.unwrap().is_none());
    assert!(no_file_under(&node.folder.path().join("data/originals")));

    let wet = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    assert_eq!(told(&wet.findings), told(&dry.findings));
    assert_eq!((wet.run.totals.added, wet.run.totals.refused), (1, 1));
    let again = node.load_as("series", "a.csv", csv.into(), None, true).await.unwrap();
    assert_eq!((again.run.totals.added, again.run.totals.unchanged), (0, 1));
}

fn no_file_under(folder: &std::path::Path) -> bool {
    let Ok(mut entries) = std::fs::read_dir(folder) else { return true };
    entries.all(|entry| {
        let path = entry.unwrap().path();
        path.is_dir() && no_file_under(&path)
    })
}

#[tokio::test]
async fn a_key_that_stands_twice_is_taken_once_and_told() {
    let node = Node::new().await;
    let csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\n\
        Tân Châu,2020-02-03,water_level,5,cm\n\
        Tân Châu,2020-02-05,water_level,6,cm\n\
        Tân Châu,2020-02-04,water_level,7,cm\n\
        Tân Châu,2020-02-03,water_level,0.05,m\n\
        Tân Châu,2020-02-04,water_level,8,cm\n";
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [("duplicate_value", "D5".into(), "0.05"), ("duplicate_key", "D6".into(), "8")]
    );
    assert_eq!(report.findings[0].severity, Severity::Warning);
    assert_eq!(
        (report.findings[0].expected.as_str(), report.findings[1].expected.as_str()),
        ("D2: 5", "D4: 7")
    );
    assert_eq!((report.run.totals.added, report.run.totals.refused, report.run.totals.warnings), (3, 1, 1));
}

#[tokio::test]
async fn decimals_are_read_as_the_column_shows_and_refused_where_nothing_tells() {
    let node = Node::new().await;
    let load = async |column: &[&str], decimal: &str| {
        let mapping = MAPPING.replace("[place]", &format!("[source]\ndecimal = \"{decimal}\"\n[place]"));
        let mut csv = "Trạm;Thời gian;Chỉ tiêu;Giá trị;Đơn vị\n".to_owned();
        for (at, value) in column.iter().enumerate() {
            csv.push_str(&format!("Tân Châu;2020-02-{:02};discharge;{value};m3/s\n", at + 1));
        }
        let report = node.load_as("series", "a.csv", csv.into(), Some(&mapping), true).await.unwrap();
        (
            report.run.totals.added,
            told(&report.findings).into_iter().map(|(code, ..)| code.to_owned()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(load(&["1.234,5", "12,25"], "auto").await, (2, vec![]));
    assert_eq!(load(&["1,234.5", "12.25"], "auto").await, (2, vec![]));
    assert_eq!(load(&["1.234", "12,25"], "auto").await, (2, vec![]));
    assert_eq!(load(&["0.125", "12.250"], "auto").await, (2, vec![]));
    let unclear = vec!["ambiguous_number".to_owned()];
    assert_eq!(load(&["1.234", "17"], "auto").await, (1, unclear));
    assert_eq!(load(&["1.234", "17"], "comma").await, (2, vec![]));
    assert_eq!(load(&["1,5", "17"], "dot").await, (1, vec!["not_a_number".to_owned()]));
}

#[tokio::test]
async fn decimal_commas_are_stored_as_the_numbers_they_are() {
    let node = Node::new().await;
    let csv = "Trạm;Thời gian;Chỉ tiêu;Giá trị;Đơn vị\nTân Châu;2020-02-01;discharge;1.234,5;m3/s\nTân Châu;2020-02-02;discharge;-7;m3/s\n";
    node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    let results: Vec<f64> = node.values("series").await.iter().map(|value| value.result).collect();
    assert_eq!(results, [1234.5, -7.0]);
}

#[tokio::test]
async fn a_name_means_the_place_of_its_time_and_an_ambiguous_one_is_refused_with_its_choices() {
    let node = Node::new().await;
    let mapping = r#"
version = 1
kind = "observations"
[place]
column = "place"
[time]
columns = ["year"]
format = "year"
[[value]]
column = "value"
property = "rice_area_sown"
unit = "har"
statistic = "total"
"#;
    let csv = "place,year,value\nTỉnh An Giang,2020,230000\nTỉnh An Giang,2026,500000\nCần Thơ,2020,1000\ngso2004:94,2020,5\n";
    let report = node.load("series", "a.csv", csv, Some(mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("ambiguous_place", "A4".into(), "Cần Thơ")]);
    assert_eq!(report.findings[0].expected, "gso2004:92, station:can_tho");
    let mut values: Vec<_> = node
        .values("series")
        .await
        .into_iter()
        .map(|value| {
            (value.key.place.to_string(), value.result, value.key.period, value.time, value.end.unwrap())
        })
        .collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    let year = |text: &str| {
        (
            at(&format!("{text}-01-01T00:00+07:00")),
            at(&format!("{}-01-01T00:00+07:00", text.parse::<i32>().unwrap() + 1)),
        )
    };
    let (in_2020, in_2026) = (year("2020"), year("2026"));
    assert_eq!(
        values,
        [
            ("gso2004:89".to_owned(), 230.0, "P1Y".to_owned(), in_2020.0, in_2020.1),
            ("gso2004:94".to_owned(), 0.005, "P1Y".to_owned(), in_2020.0, in_2020.1),
            ("vn2025:91".to_owned(), 500.0, "P1Y".to_owned(), in_2026.0, in_2026.1),
        ]
    );
}

#[tokio::test]
async fn days_and_months_are_told_apart_by_the_column_and_assumed_with_a_warning() {
    let node = Node::new().await;
    let mapping = r#"
version = 1
kind = "observations"
[place]
value = "station:tra_vinh"
[time]
columns = ["date"]
[[value]]
column = "smax"
property = "salinity_max_day"
period = "P1D"
"#;
    let load = async |days: [&str; 2]| {
        let csv = format!("date,smax\n{},1\n{},2\n", days[0], days[1]);
        node.dataset(
            &format!("d{}", days.join("_").replace(['/', ' ', ':'], "_")),
            model::DatasetKind::Observations,
        )
        .await;
        let name = format!("d{}", days.join("_").replace(['/', ' ', ':'], "_"));
        let report = node.load(&name, "a.csv", csv, Some(mapping)).await.unwrap();
        let times: Vec<_> = node
            .values(&name)
            .await
            .iter()
            .map(|v| (v.time + TimeDelta::hours(7)).date_naive().to_string())
            .collect();
        (times, report.findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>())
    };
    assert_eq!(
        load(["1/2/2020", "13/2/2020"]).await,
        (vec!["2020-02-01".into(), "2020-02-13".into()], vec![])
    );
    assert_eq!(
        load(["2/1/2020", "2/13/2020"]).await,
        (vec!["2020-02-01".into(), "2020-02-13".into()], vec![])
    );
    assert_eq!(
        load(["1/2/2020", "2/2/2020"]).await,
        (vec!["2020-02-01".into(), "2020-02-02".into()], vec!["assumed_day_first".into()])
    );
    assert_eq!(
        load(["1/2/2020 13:00", "20/2/2020 0:00"]).await,
        (vec!["2020-02-01".into(), "2020-02-20".into()], vec!["moved_to_period_start".into()])
    );
    let stream = node.values("d1_2_2020_2_2_2020").await.remove(0);
    assert_eq!(
        (stream.key.statistic, stream.key.period.as_str(), stream.key.unit.as_str()),
        (Statistic::Max, "P1D", "g/L")
    );
    assert_eq!(stream.end, Some(stream.time + TimeDelta::days(1)));
}

#[tokio::test]
async fn times_are_read_in_every_form_that_the_mapping_names() {
    let node = Node::new().await;
    let load = async |time: &str, header: &str, row: &str| {
        let mapping = format!(
            "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:tra_vinh\"\n[time]\n{time}\n[[value]]\ncolumn = \"v\"\nproperty = \"salinity\"\n"
        );
        let name = format!(
            "t{}",
            model::fold(&format!("{time} {row}")).replace(' ', "_").chars().take(60).collect::<String>()
        );
        node.dataset(&name, model::DatasetKind::Observations).await;
        let report =
            node.load(&name, "a.csv", format!("{header},v\n{row},1\n"), Some(&mapping)).await.unwrap();
        assert!(report.findings.is_empty(), "{row}: {:?}", report.findings);
        node.values(&name).await[0].time
    };
    for (time, header, row, expected) in [
        ("columns = [\"t\"]", "t", "2020-02-03T07:00Z", "2020-02-03T07:00Z"),
        ("columns = [\"t\"]", "t", "2020-02-03 07:00:30.5+07:00", "2020-02-03T00:00:30.5Z"),
        ("columns = [\"t\"]", "t", "2020-02-03 24:00", "2020-02-03T17:00Z"),
        ("columns = [\"t\"]\nzone = \"Z\"", "t", "2020-02-03 07:00", "2020-02-03T07:00Z"),
        ("columns = [\"y\", \"m\", \"d\"]", "y,m,d", "2020,2,3", "2020-02-02T17:00Z"),
        ("columns = [\"y\", \"m\", \"d\", \"h\"]", "y,m,d,h", "2020,2,3,19", "2020-02-03T12:00Z"),
        ("columns = [\"d\", \"h\"]", "d,h", "23/02/2020,19:30", "2020-02-23T12:30Z"),
        ("columns = [\"t\"]\nformat = \"%d.%m.%y %Hh%M\"", "t", "03.02.20 19h30", "2020-02-03T12:30Z"),
        ("columns = [\"t\"]\nformat = \"%m/%Y\"", "t", "02/2020", "2020-01-31T17:00Z"),
        ("value = \"2020-02-03\"", "x", "1", "2020-02-02T17:00Z"),
    ] {
        assert_eq!(load(time, header, row).await, at(expected), "{time} {row}");
    }
}

#[tokio::test]
async fn a_wrong_mapping_is_told_by_its_line() {
    let node = Node::new().await;
    let load = async |mapping: &str| match node
        .load(
            "series",
            "a.csv",
            "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nTân Châu,2020-02-03,water_level,5,cm\n",
            Some(mapping),
        )
        .await
    {
        Err(Error::Invalid { what, hint }) => {
            assert!(!hint.is_empty());
            what
        }
        other => panic!("{mapping}: {other:?}"),
    };
    for (from, to, expected) in [
        ("columns = [\"Thời gian\"]", "colums = [\"Thời gian\"]", "line 8: unknown field `colums`"),
        ("property = {", "property = {{", "line 11"),
        ("kind = \"station\"", "kind = \"village\"", "line 6: `village` is no kind of place"),
        ("unit = { column = \"Đơn vị\" }", "period = \"daily!\"", "line 12: `daily!` is no period"),
        ("version = 1", "version = 2", "line 2: version `2` is not known"),
        (
            "column = \"Giá trị\"",
            "column = \"Trị số\"",
            "the file has no column `Trị số` in its header (row 1)",
        ),
        (
            "property = { column = \"Chỉ tiêu\" }",
            "property = \"thirst\"",
            "[[value]] 1: the property `thirst` does not exist",
        ),
        ("kind = \"observations\"", "kind = \"features\"", "line 4: `place` belongs to observations"),
    ] {
        let what = load(&MAPPING.replace(from, to)).await;
        assert!(what.contains(expected), "{what}");
    }
    let runs = node.catalog.runs(node.permit("series", Purpose::Read).await.dataset(), 20).await.unwrap();
    assert_eq!(runs.len(), 8);
    assert!(
        runs.iter()
            .all(|run| run.state == RunState::Failed && run.error.is_some() && run.finished_at.is_some())
    );
    assert!(node.values("series").await.is_empty());
}

#[tokio::test]
async fn files_that_are_no_tables_leave_a_failed_run_and_no_data() {
    let node = Node::new().await;
    for (name, bytes) in [
        ("empty.csv", vec![]),
        ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("h.csv", b"Tr\xe1\xba\xa1m,v\n\xff\xfe,1\n".to_vec()),
    ] {
        let error = node.load("series", name, bytes, Some(MAPPING)).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{name}: {error:?}");
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
    }
    let geojson = r#"{"type":"FeatureCollection","features":[]}"#;
    let error = node.load("series", "a.geojson", geojson, None).await.unwrap_err();
    assert!(error.to_string().contains("features"), "{error}");
    let error = node.load("things", "a.csv", "a,b\n1,2\n", None).await.unwrap_err();
    assert!(error.to_string().contains("table"), "{error}");
    assert!(node.catalog.unfinished_runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_of_which_everything_is_refused_fails_with_its_findings() {
    let node = Node::new().await;
    let csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nNơi Nào,2020-02-03,water_level,5,cm\n";
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    assert_eq!(report.run.state, RunState::Failed);
    assert_eq!((report.findings_total, report.run.totals.refused), (1, 1));
    assert!(
        node.catalog.mapping(&report.run.dataset, None).await.unwrap().is_none(),
        "a mapping that read nothing is not kept"
    );
}

#[tokio::test]
async fn a_file_beyond_a_limit_is_refused_with_the_limit() {
    let limits = IntakeLimits { max_values: 2, max_bytes: 1000, ..IntakeLimits::default() };
    let node = Node::with(limits).await;
    let mut csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\n".to_owned();
    for day in 1..=3 {
        csv.push_str(&format!("Tân Châu,2020-02-0{day},water_level,5,cm\n"));
    }
    let error = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap_err();
    assert!(matches!(&error, Error::Limit { limit, .. } if limit.to_string().starts_with('2')), "{error:?}");
    let error = node.load("series", "a.csv", "x".repeat(1001), Some(MAPPING)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Limit { limit, .. } if limit.to_string().starts_with("1000")),
        "{error:?}"
    );
    assert!(node.values("series").await.is_empty());
    assert!(
        no_file_under(&node.folder.path().join("data/originals/incoming")),
        "a partial upload leaves no trace"
    );
}

#[tokio::test]
async fn findings_are_bounded_and_the_rest_are_counted() {
    let node = Node::with(IntakeLimits { max_findings: 10, ..IntakeLimits::default() }).await;
    let mut csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nTân Châu,2020-02-03,water_level,5,cm\n".to_owned();
    for _ in 0..50 {
        csv.push_str("Nơi Nào,2020-02-03,water_level,5,cm\n");
    }
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    assert_eq!((report.findings.len(), report.findings_total, report.run.totals.refused), (10, 50, 50));
    assert_eq!(node.catalog.findings(&report.run.id, 0, 100).await.unwrap().1, 10);
}

#[tokio::test]
async fn the_sources_own_flags_are_kept_beside_our_tests() {
    let node = Node::new().await;
    let mapping = MAPPING.to_owned() + "[quality]\ncolumn = \"Cờ\"\ncodes = { \"tốt\" = 1, \"ngờ\" = 3 }\n";
    let csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị,Cờ\n\
        Tân Châu,2020-02-01,water_level,1,cm,tốt\nTân Châu,2020-02-02,water_level,2,cm,ngờ\nTân Châu,2020-02-03,water_level,3,cm,?\n";
    let report = node.load("series", "a.csv", csv, Some(&mapping)).await.unwrap();
    assert_eq!(told(&report.findings), [("unknown_flag", "F4".into(), "?")]);
    let flags: Vec<i8> = node.values("series").await.iter().map(|value| value.quality).collect();
    assert_eq!(flags, [1, 3, 1]);
}

/// Numbers that look random and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[tokio::test]
async fn thousands_of_times_and_numbers_are_read_as_chrono_and_the_standard_library_read_them() {
    use chrono::{DateTime, Datelike, Timelike};
    let node = Node::new().await;
    let mut chance = Chance(20_250_701);
    let mut csv = "Trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\n".to_owned();
    let mut own: Vec<(DateTime<chrono::Utc>, f64)> = Vec::new();
    for _ in 0..5000 {
        // From 1900 to 2025, in one of the forms that a column may mix.
        let us = i64::try_from(chance.below(3_950_000_000)).unwrap() * 1_000_000 - 2_208_988_800_000_000;
        let time = DateTime::from_timestamp_micros(us).unwrap();
        let local = time.with_timezone(&model::VIETNAM);
        let (text, time) = match chance.below(5) {
            0 => (time.to_rfc3339(), time),
            1 => (local.format("%Y-%m-%d %H:%M:%S").to_string(), time),
            2 => (local.format("%Y/%m/%d %H:%M:%S").to_string(), time),
            3 => (local.format("%Y-%m-%d").to_string(), model::local_midnight(local.date_naive())),
            _ => (local.format("%Y-%m-%dT%H:%MZ").to_string(), {
                let minute = local.naive_local().with_second(0).unwrap();
                minute.and_utc()
            }),
        };
        assert!(local.year() >= 1900);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let value = (chance.below(9_000_000) as f64 - 1_000_000.0)
            / [1.0, 10.0, 1000.0, 100_000.0][chance.below(4) as usize];
        if own.iter().any(|(known, _)| *known == time) || !(-12_000.0..=75_000.0).contains(&value) {
            continue;
        }
        own.push((time, value));
        csv.push_str(&format!("Tân Châu,{text},discharge,{value},m3/s\n"));
    }
    let report = node.load("series", "a.csv", csv, Some(MAPPING)).await.unwrap();
    // Made up by chance, many of them are doubted by the quality tests, and taken all the same.
    let others = report.findings.iter().filter(|finding| !finding.code.starts_with("quality_"));
    let others: std::collections::BTreeSet<&str> = others.map(|finding| finding.code.as_str()).collect();
    assert_eq!(others.into_iter().collect::<Vec<_>>(), ["zones_mixed"]);
    own.sort_by_key(|(time, _)| *time);
    let stored: Vec<_> =
        node.values("series").await.into_iter().map(|value| (value.time, value.result)).collect();
    assert!(own.len() > 2000);
    assert_eq!(stored, own);
}
