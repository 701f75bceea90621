//! Mappings guessed from headers and contents.

use intake::{Error, mapping::Mapping};
use model::DatasetKind;

use crate::node::{Node, at, told};

/// Loads a file without a mapping and says which mapping was guessed, without its comments.
async fn guessed(node: &Node, csv: &str) -> String {
    let report = node.load_as("series", "a.csv", csv.into(), None, true).await.unwrap();
    assert!(report.mapping_guessed);
    assert!(report.run.totals.added > 0, "{}\n{:?}", report.mapping, report.findings);
    assert_eq!(told(&report.findings), [], "{}", report.mapping);
    let reasons = report.mapping.lines().filter(|line| line.starts_with('#')).count();
    assert!(reasons >= 3, "every decision has its reason:\n{}", report.mapping);
    let read_back = Mapping::parse(&report.mapping).unwrap().to_toml();
    assert_eq!(without_comments(&read_back), without_comments(&report.mapping));
    assert!(report.mapping.contains("\n[shape]\n"), "what the file looked like is kept");
    let text = without_comments(&report.mapping).replace("\n\n", "\n");
    text.split("[shape]\n").next().unwrap_or_default().to_owned()
}

fn without_comments(toml: &str) -> String {
    toml.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

const HEAD: &str = "version = 1\nkind = \"observations\"\n";

#[tokio::test]
async fn a_long_table_is_read_by_its_vietnamese_headers() {
    let node = Node::new().await;
    let csv = "Tên trạm,Thời gian,Chỉ tiêu,Giá trị,Đơn vị\nTân Châu,2020-02-03 07:00,Mực nước,124,cm\nTrà Vinh,2020-02-03 07:00,Độ mặn,4.5,g/l\n";
    assert_eq!(
        guessed(&node, csv).await,
        format!(
            "{HEAD}[place]\ncolumn = \"Tên trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Thời gian\"]\n[[value]]\ncolumn = \"Giá trị\"\nproperty = {{ column = \"Chỉ tiêu\" }}\nunit = {{ column = \"Đơn vị\" }}\n"
        )
    );
}

#[tokio::test]
async fn columns_whose_headers_name_properties_become_values_each() {
    let node = Node::new().await;
    let csv = "BẢNG SỐ LIỆU\n\nNgày;Trạm;Mực nước (m);Độ mặn (g/l);Ghi chú\n13/02/2020;Trà Vinh;1,15;4,5;\n14/02/2020;Trà Vinh;1,05;-;đo lại\n";
    assert_eq!(
        guessed(&node, csv).await,
        format!(
            "{HEAD}[source]\nheader_row = 3\ndecimal = \"comma\"\n[place]\ncolumn = \"Trạm\"\nkind = \"station\"\n[time]\ncolumns = [\"Ngày\"]\nformat = \"%d/%m/%Y\"\n[[value]]\ncolumn = \"Mực nước (m)\"\nproperty = \"water_level\"\nunit = \"m\"\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/l\"\n"
        )
    );
}

#[tokio::test]
async fn yearly_statistics_by_province_are_read_with_their_seasons() {
    let node = Node::new().await;
    let csv = "unit_id,name_vi,indicator,season,year,value,unit_ucum,source\n\
        gso2004:89,An Giang,rice.planted_area,dong_xuan,2015,238.6,10*3.har,GSO\n\
        gso2004:89,An Giang,rice.production,dong_xuan,2015,1804.4,10*3.t,GSO\n\
        gso2004:91,Kiên Giang,population.census,,2019,1723067,{person},GSO\n";
    assert_eq!(
        guessed(&node, csv).await,
        format!(
            "{HEAD}[place]\ncolumn = \"unit_id\"\n[time]\ncolumns = [\"year\"]\nformat = \"year\"\n[[value]]\ncolumn = \"value\"\nproperty = {{ column = \"indicator\" }}\nunit = {{ column = \"unit_ucum\" }}\nperiod = {{ column = \"season\", prefix = \"season:\" }}\n"
        )
    );
}

#[tokio::test]
async fn a_time_in_parts_and_a_zone_in_the_header_are_seen() {
    let node = Node::new().await;
    let csv = "Station,Year,Month,Day,Salinity\nTra Vinh,2020,2,3,4.5\nTra Vinh,2020,2,4,4.25\n";
    assert_eq!(
        guessed(&node, csv).await,
        format!(
            "{HEAD}[place]\ncolumn = \"Station\"\nkind = \"station\"\n[time]\ncolumns = [\"Year\", \"Month\", \"Day\"]\n[[value]]\ncolumn = \"Salinity\"\nproperty = \"salinity\"\n"
        )
    );
    let csv = "Station,Timestamp (UTC+00:00),Salinity [g/L]\nTra Vinh,2020-02-03 07:00,4.5\nTra Vinh,2020-02-03 08:00,4.25\n";
    assert_eq!(
        guessed(&node, csv).await,
        format!(
            "{HEAD}[place]\ncolumn = \"Station\"\nkind = \"station\"\n[time]\ncolumns = [\"Timestamp (UTC+00:00)\"]\nzone = \"+00:00\"\n[[value]]\ncolumn = \"Salinity [g/L]\"\nproperty = \"salinity\"\nunit = \"g/L\"\n"
        )
    );
}

#[tokio::test]
async fn the_order_of_day_and_month_is_written_down_for_the_files_that_do_not_show_it() {
    let node = Node::new().await;
    let csv = "Station,Time,Salinity (g/l)\nTra Vinh,2/1/2020 13:00,4.5\nTra Vinh,2/28/2020 13:30,4.25\n";
    assert!(guessed(&node, csv).await.contains("format = \"%m/%d/%Y %H:%M\"\n"));
    node.load("series", "a.csv", csv, None).await.unwrap();
    let next = "Station,Time,Salinity (g/l)\nTra Vinh,3/1/2020 13:00,5\nTra Vinh,3/2/2020 13:00,6\n";
    let report = node.load("series", "b.csv", next, None).await.unwrap();
    assert_eq!(told(&report.findings), []);
    let times: Vec<_> = node.values("series").await.iter().map(|value| value.time).collect();
    let expected = ["2020-02-01T13:00", "2020-02-28T13:30", "2020-03-01T13:00", "2020-03-02T13:00"].map(at);
    assert_eq!(times, expected);
}

#[tokio::test]
async fn codes_are_taken_for_places_only_where_one_scheme_has_them_all() {
    let node = Node::new().await;
    let csv = "Mã trạm,Ngày,Mực nước (cm)\n019803,2020-02-03,100\n039801,2020-02-03,101\n";
    let mapping = guessed(&node, csv).await;
    assert!(mapping.contains("column = \"Mã trạm\"\nscheme = \"station\"\n"), "{mapping}");
    // 92 is a province in both schemes.
    let csv = "Mã tỉnh,Năm,Diện tích gieo trồng lúa\n92,2020,100\n91,2020,101\n";
    let error = node.load("series", "a.csv", csv, None).await.unwrap_err();
    assert!(matches!(&error, Error::Unmapped { missing, .. } if missing.contains("places")), "{error:?}");
}

#[tokio::test]
async fn what_cannot_be_guessed_is_named_and_a_mapping_to_start_from_is_shown() {
    let node = Node::new().await;
    let csv = "Date,Tan Chau,Can Tho\n2020-02-03,1.5,0.4\n2020-02-04,1.6,0.5\n";
    let Err(Error::Unmapped { missing, example }) = node.load("series", "a.csv", csv, None).await else {
        panic!("two columns of stations were guessed without a property");
    };
    assert!(missing.contains("which property the values of `Tan Chau`, `Can Tho` are"), "{missing}");
    assert!(example.contains("columns = [\"Date\"]") && example.contains("# FILL IN"), "{example}");
    // Filled in, the example is a mapping.
    let filled = example
        .replace("property = \"…\"", "property = \"water_level\"")
        .replace("unit = \"…\"", "unit = \"m\"");
    let report = node.load("series", "a.csv", csv, Some(&filled)).await.unwrap();
    let mut values: Vec<_> = node
        .values("series")
        .await
        .into_iter()
        .map(|v| (v.key.place.to_string(), v.time, v.result))
        .collect();
    values.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    assert_eq!(report.run.totals.added, 4);
    assert_eq!(values[0], ("station:can_tho".to_owned(), at("2020-02-03"), 40.0));
    assert_eq!(values[3], ("station:tan_chau".to_owned(), at("2020-02-04"), 160.0));

    node.dataset("unmapped", DatasetKind::Observations).await;
    for (csv, what) in [
        ("Trạm,Mực nước\nTân Châu,5\n", "holds times"),
        ("a,b\nx,y\n", "holds times"),
        ("Trạm,Ngày\nTân Châu,2020-02-03\n", "no column holds numbers"),
    ] {
        let error = node.load("unmapped", "a.csv", csv, None).await.unwrap_err();
        assert!(
            matches!(&error, Error::Unmapped { missing, .. } if missing.contains(what)),
            "{csv}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_guessed_mapping_is_saved_and_serves_the_next_file() {
    let node = Node::new().await;
    node.dataset("levels", DatasetKind::Observations).await;
    let first =
        node.load("levels", "a.csv", "Trạm,Ngày,Mực nước (cm)\nTân Châu,2020-02-03,5\n", None).await.unwrap();
    assert!(first.mapping_guessed);
    let second =
        node.load("levels", "b.csv", "Trạm,Ngày,Mực nước (cm)\nTân Châu,2020-02-04,6\n", None).await.unwrap();
    assert!(!second.mapping_guessed);
    assert_eq!((&*second.mapping, second.run.mapping), (&*first.mapping, first.run.mapping));
    assert_eq!(second.run.totals.added, 1);
    // A file of another form is not squeezed into it.
    let error = node.load("levels", "c.csv", "Date,Value\n2020-01-01,5\n", None).await.unwrap_err();
    assert!(error.to_string().contains("no column `Trạm`"), "{error}");
}

mod any_mapping {
    use intake::mapping::Mapping;
    use proptest::prelude::*;

    /// A text as a header may hold it.
    fn text() -> impl Strategy<Value = String> {
        "[\\PC\"\\\\]{1,20}"
    }

    proptest! {
        #[test]
        fn is_read_back_as_it_was_written(
            column in text(), time in proptest::collection::vec(text(), 1..4), name in text(), unit in text(),
            missing in proptest::collection::vec(text(), 0..3), least in -1e9_f64..0.0, most in 0.0_f64..1e9,
        ) {
            let list = |texts: &[String]| serde_json::to_string(texts).unwrap();
            let quoted = |text: &str| serde_json::to_string(text).unwrap();
            let toml = format!(
                "version = 1\nkind = \"observations\"\n[source]\nmissing = {}\n[place]\ncolumn = {}\n[time]\ncolumns = {}\n[[value]]\ncolumn = {}\nproperty = {{ column = {} }}\nunit = {}\nrange = [{least:?}, {most:?}]\n",
                list(&missing), quoted(&column), list(&time), quoted(&name), quoted(&column), quoted(&unit),
            );
            let mapping = Mapping::parse(&toml).unwrap();
            prop_assert_eq!(&mapping.values[0].column, &name);
            prop_assert_eq!(&Mapping::parse(&mapping.to_toml()).unwrap(), &mapping);
        }

        #[test]
        fn never_panics_on_any_text(text in "(\\PC|\n){0,200}") {
            let _ = Mapping::parse(&text);
        }
    }
}

/// The mapping that is guessed of a file, or what has to be confirmed first.
async fn outcome(node: &Node, name: &str, csv: &str) -> Result<String, String> {
    match node.load_as("series", name, csv.into(), None, true).await {
        Ok(report) => {
            let text = without_comments(&report.mapping).replace("\n\n", "\n");
            Ok(text.split("[shape]\n").next().unwrap_or_default().replace(HEAD, ""))
        }
        Err(Error::Unmapped { missing, example }) => Err(format!("{missing}\n{example}")),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn tables_wide_by_time_are_guessed_from_headers_titles_and_values() {
    let node = Node::new().await;
    let by_year = "\"Planted area of autumn paddy by province\"\n\n\"Cities, provincies\";\"2014\";\"2015\";\"Prel. 2016\"\n\"WHOLE COUNTRY\";2700;2800;2900\n\"An Giang\";240.1;241.2;242.3\n\"Kien Giang\";300.1;301.2;302.3\n\"Ha Noi\";0;0;0\n";
    assert_eq!(
        outcome(&node, "a.csv", by_year).await.unwrap(),
        "[source]\nheader_row = 3\n[place]\ncolumn = \"Cities, provincies\"\nkind = \"province\"\n[[value]]\ncolumns = \"{year}\"\nproperty = \"rice_area_sown\"\nunit = \"10*3.har\"\nperiod = \"season:he_thu\"\n"
    );
    // Numbers that cannot be of the property's own unit are asked about.
    let asked =
        outcome(&node, "a.csv", &by_year.replace("24", "2400").replace("30", "3000")).await.unwrap_err();
    assert!(
        asked.contains("value.0.unit") && asked.contains("which unit?") && asked.contains("# 0.20: CONFIRM"),
        "{asked}"
    );

    let by_month = "Trạm: Cần Thơ\nLượng mưa tháng (Đơn vị: mm)\nNăm;I;II;III;IV;V;VI;VII;VIII;IX;X;XI;XII;Cả năm\n2019;1;0;2;10;200;210;190;180;250;300;100;20;1463\n2020;1;0;2;10;200;210;190;180;250;300;100;20;1463\n";
    assert_eq!(
        outcome(&node, "a.csv", by_month).await.unwrap(),
        "[source]\nheader_row = 3\n[place]\ntitle = true\npattern = \"Trạm*: {place}\"\nkind = \"station\"\n[time]\nyear = { column = \"Năm\" }\n[[value]]\ncolumns = \"{month}\"\nproperty = \"rain_total\"\nunit = { title = true, pattern = \"*Đơn vị*: {unit})\" }\nperiod = \"P1M\"\n"
    );

    let hours: String = (1..=24).map(|hour| format!(",{hour}h")).collect();
    let values: String = (1..=24).map(|hour| format!(",{hour}")).collect();
    let by_hour =
        format!("Trạm: Tân Châu\nMực nước giờ (cm)\nNgày{hours}\n03/02/2020{values}\n13/02/2020{values}\n");
    let guessed = outcome(&node, "a.csv", &by_hour).await.unwrap();
    assert!(
        guessed.contains("columns = [\"Ngày\"]")
            && guessed.contains("columns = \"{hour}\"")
            && guessed.contains("property = \"water_level\""),
        "{guessed}"
    );

    let two = "Tỉnh;2015 Fallow land;2015 Average population;2016 Fallow land;2016 Average population\nAn Giang;3536;2158;3536;2160\n";
    let asked = outcome(&node, "a.csv", two).await.unwrap_err();
    assert!(
        asked.contains("nobody knows the property `Fallow land`")
            && asked.contains("\"Fallow land\" = \"…\""),
        "{asked}"
    );
}

#[tokio::test]
async fn a_monthly_instant_is_asked_about_and_a_mean_in_the_title_is_taken() {
    let node = Node::new().await;
    let months = "Year;Station;Jan.;Feb.;March;April;May;June;July;Aug.;Sep.;Oct.;Nov.;Dec\n2016;Ca Mau;26;26;27;28;29;28;28;28;27;27;27;26\n2015;Vung Tau;26;26;27;28;29;28;28;28;27;27;27;26\n";
    let guessed =
        outcome(&node, "a.csv", &format!("Monthly mean air temperature at some stations\n\n{months}"))
            .await
            .unwrap();
    assert!(
        guessed.contains("property = \"air_temp\"") && guessed.contains("statistic = \"mean\""),
        "{guessed}"
    );
    let asked =
        outcome(&node, "a.csv", &format!("Air temperature at some stations\n\n{months}")).await.unwrap_err();
    assert!(asked.contains("value.0.statistic (50 % sure"), "{asked}");
}

#[tokio::test]
async fn a_file_that_looks_otherwise_than_the_one_before_it_is_told_before_it_is_taken() {
    let node = Node::new().await;
    node.dataset("drifting", DatasetKind::Observations).await;
    let load =
        async |csv: &str, dry_run: bool| node.load_as("drifting", "a.csv", csv.into(), None, dry_run).await;
    load("Trạm,Ngày,Mực nước (cm)\nTân Châu,2020-02-03,5.5\n", false).await.unwrap();

    // Another order, a title above, a new column: read by the names, and said.
    let report =
        load("Báo cáo\nMực nước (cm),Ngày,Trạm,Ghi chú\n6.5,2020-02-04,Tân Châu,x\n", true).await.unwrap();
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(
        codes,
        ["drift_header_moved", "drift_column_added", "drift_columns_moved"],
        "{:?}",
        report.findings
    );
    assert_eq!(report.run.totals.added, 1);

    // Another name and unit: refused, with a mapping that would fit.
    let error = load("Trạm,Ngày,Mực nước (m)\nTân Châu,2020-02-05,0.07\n", false).await.unwrap_err();
    let Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(
        differences.iter().any(|text| text.contains("to `Mực nước (m)`, and its unit from `cm` to `m`")),
        "{differences:?}"
    );
    let report = node
        .load("drifting", "a.csv", "Trạm,Ngày,Mực nước (m)\nTân Châu,2020-02-05,0.07\n", Some(&example))
        .await
        .unwrap();
    assert_eq!((report.run.totals.added, node.values("drifting").await.last().unwrap().result), (1, 7.0));

    // Gone for good: refused with what is there.
    let error = load("Trạm,Ngày\nTân Châu,2020-02-05\n", false).await.unwrap_err();
    assert!(error.to_string().contains("the column `Mực nước (m)` is gone"), "{error}");
}

/// The headers are the same, and a title says what the values are.
#[tokio::test]
async fn titles_that_name_other_values_than_before_are_asked_about() {
    let node = Node::new().await;
    node.dataset("titled", DatasetKind::Observations).await;
    let table = |property: &str, unit: &str, day: u32| {
        format!(
            "Thông số: {property},,\nĐơn vị: {unit},,\nTrạm,Ngày,Giá trị\nTrà Vinh,2020-02-{day:02},5.5\nMỹ Tho,2020-02-{day:02},4\n"
        )
    };
    node.load("titled", "a.csv", table("Mực nước", "cm", 3), None).await.unwrap();
    node.load("titled", "b.csv", table("Mực nước", "m", 4), None).await.unwrap();
    assert!(node.values("titled").await.iter().any(|value| value.result == 550.0));

    let other = table("Lượng mưa ngày", "mm", 5);
    let error = node.load("titled", "c.csv", other.clone(), None).await.unwrap_err();
    let Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(differences.iter().any(|text| text.contains("named `water_level`")), "{differences:?}");
    let report = node.load("titled", "c.csv", other, Some(&example)).await.unwrap();
    assert_eq!((report.run.totals.added, report.run.totals.corrected), (2, 0));
    let last = node.load("titled", "d.csv", table("Mực nước", "cm", 6), None).await.unwrap_err();
    assert!(matches!(last, Error::Drifted { .. }), "{last:?}");
}

/// The mapping that is proposed reads the file as it is now: without what a column held that is gone.
#[tokio::test]
async fn a_mapping_that_is_proposed_leaves_out_the_columns_that_are_gone() {
    let node = Node::new().await;
    node.dataset("shrunk", DatasetKind::Observations).await;
    let mapping = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"Trạm\"\n[time]\ncolumns = [\"Ngày\"]\n\
        [[value]]\ncolumn = \"Mực nước\"\nproperty = \"water_level\"\nunit = \"m\"\n\
        [[value]]\ncolumn = \"Độ mặn\"\nproperty = \"salinity\"\nunit = \"g/L\"\n[quality]\ncolumn = \"Cờ\"\n";
    let before = "Trạm,Ngày,Mực nước,Độ mặn,Cờ\nTân Châu,2020-02-03,0.5,1.5,1\n";
    node.load("shrunk", "a.csv", before, Some(mapping)).await.unwrap();
    let after = "Trạm,Ngày,Độ mặn\nTân Châu,2020-02-04,1.75\n";
    let error = node.load("shrunk", "b.csv", after, None).await.unwrap_err();
    let Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(differences.iter().any(|text| text.contains("`Mực nước` is gone")), "{differences:?}");
    assert!(
        !example.contains("Mực nước") && !example.contains("Cờ") && example.contains("Độ mặn"),
        "{example}"
    );
    let report = node.load("shrunk", "b.csv", after, Some(&example)).await.unwrap();
    assert_eq!((report.run.totals.added, report.run.totals.refused), (1, 0), "{:?}", report.findings);
}

/// A kept mapping by which commas stand before decimals makes no thousands of `3.950` without a word.
#[tokio::test]
async fn numbers_that_may_be_read_either_way_under_a_kept_mapping_are_told() {
    let node = Node::new().await;
    node.dataset("marks", DatasetKind::Observations).await;
    let mapping = "version = 1\nkind = \"observations\"\n[source]\ndecimal = \"comma\"\n[place]\ncolumn = \"Trạm\"\n\
        [time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Lưu lượng\"\nproperty = \"discharge\"\nunit = \"m3/s\"\n";
    let before = "Trạm;Ngày;Lưu lượng\nTân Châu;2020-02-03;3,5\nTân Châu;2020-02-04;1234,5\n";
    node.load("marks", "a.csv", before, Some(mapping)).await.unwrap();
    let after = "Trạm;Ngày;Lưu lượng\nTân Châu;2020-02-05;3.950\nTân Châu;2020-02-06;1.234\n";
    let error = node.load("marks", "b.csv", after, None).await.unwrap_err();
    let Error::Drifted { differences, example } = error else { panic!("{error:?}") };
    assert!(differences.iter().any(|text| text.contains("`3.950` may be")), "{differences:?}");
    // Thousands that a decimal beside them shows as such are read on.
    let shown = "Trạm;Ngày;Lưu lượng\nTân Châu;2020-02-05;3.950\nTân Châu;2020-02-06;1.234,5\n";
    let report = node.load("marks", "c.csv", shown, None).await.unwrap();
    assert_eq!(report.run.totals.added, 2);
    let report = node.load("marks", "b.csv", after, Some(&example)).await.unwrap();
    assert_eq!((report.run.totals.unchanged, report.run.totals.corrected), (1, 1));
}

#[tokio::test]
async fn a_name_that_heads_two_columns_is_no_other_order() {
    let node = Node::new().await;
    node.dataset("twice", DatasetKind::Observations).await;
    let csv = "Trạm,Ghi chú,Ngày,Mực nước (cm),Ghi chú\nTân Châu,a,2020-02-03,5.5,b\n";
    node.load("twice", "a.csv", csv, None).await.unwrap();
    let again = node.load("twice", "a.csv", csv, None).await.unwrap();
    assert_eq!((again.run.totals.unchanged, again.findings.len()), (1, 0), "{:?}", again.findings);
}
