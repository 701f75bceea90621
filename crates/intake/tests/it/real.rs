//! Real files of the region, compared with a reading of our own that shares nothing with the intake.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};
use model::{RunState, Statistic};
use policy::Purpose;

use crate::node::{Node, Stored, at, told};

/// The folder of real files, where this machine has one.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub fn real(file: &str) -> Option<PathBuf> {
    let Ok(folder) = std::env::var("CUULONG_REAL_DATA") else {
        eprintln!("SKIPPED: CUULONG_REAL_DATA does not name the folder of real files");
        return None;
    };
    Some(Path::new(&folder).join(file))
}

fn rows(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn sum(values: &[Stored]) -> f64 {
    values.iter().map(|value| value.result).sum()
}

#[tokio::test]
async fn the_daily_maximum_salinity_of_tra_vinh_goes_in_year_by_year() {
    let Some(folder) = real("salinity") else { return };
    let node = Node::new().await;
    let mapping = r#"
version = 1
kind = "observations"
[place]
value = "station:tra_vinh"
[time]
columns = ["Year", "Month", "Day"]
[[value]]
column = "Max"
property = "salinity_max_day"
unit = "g/L"
statistic = "max"
period = "P1D"
"#;
    let mut own: BTreeMap<NaiveDate, f64> = BTreeMap::new();
    let (mut added, mut missing) = (0, 0);
    for year in 2002..=2008 {
        let bytes = std::fs::read(folder.join(format!("tra_vinh_daily_max_salinity_{year}.csv"))).unwrap();
        let mut gaps = 0;
        for row in rows(&bytes) {
            let part = |name: &str| row[name].parse::<u32>().unwrap();
            let day =
                NaiveDate::from_ymd_opt(row["Year"].parse().unwrap(), part("Month"), part("Day")).unwrap();
            match row["Max"].as_str() {
                "" => gaps += 1,
                value => assert_eq!(own.insert(day, value.parse().unwrap()), None, "{day} stands twice"),
            }
        }
        let report = node.load("series", &format!("{year}.csv"), bytes, Some(mapping)).await.unwrap();
        assert_eq!(told(&report.findings), [], "{year}");
        assert_eq!(report.run.totals.missing, gaps, "{year}");
        added += report.run.totals.added;
        missing += report.run.totals.missing;
    }
    assert_eq!((added as usize, missing), (own.len(), 132));
    let values = node.values("series").await;
    assert_eq!(values.len(), own.len());
    assert!(close(sum(&values), own.values().sum()));
    for value in &values {
        let day = (value.time + TimeDelta::hours(7)).date_naive();
        assert_eq!(value.result.to_bits(), own[&day].to_bits(), "{day}");
        assert_eq!(value.time, model::local_midnight(day));
        assert_eq!(value.end, Some(value.time + TimeDelta::days(1)));
    }
    assert_eq!(values[0].key.statistic, Statistic::Max);
}

#[tokio::test]
async fn dates_with_the_month_first_are_read_as_their_own_year_month_and_day() {
    let Some(file) = real("salinity/tra_vinh_daily_max_salinity_2003.csv") else { return };
    let node = Node::new().await;
    let bytes = std::fs::read(file).unwrap();
    for (dataset, columns) in [("parts", "\"Year\", \"Month\", \"Day\""), ("date", "\"Date\"")] {
        node.dataset(dataset, model::DatasetKind::Observations).await;
        let mapping = format!(
            "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:tra_vinh\"\n[time]\ncolumns = [{columns}]\n[[value]]\ncolumn = \"Max\"\nproperty = \"salinity_max_day\"\nperiod = \"P1D\"\n"
        );
        let report = node.load(dataset, "2003.csv", bytes.clone(), Some(&mapping)).await.unwrap();
        assert_eq!(told(&report.findings), []);
    }
    let short = |values: Vec<Stored>| {
        values.into_iter().map(|v| (v.time, v.result.to_bits(), v.row)).collect::<Vec<_>>()
    };
    let (parts, date) = (short(node.values("parts").await), short(node.values("date").await));
    assert_eq!(parts.len(), 181);
    assert_eq!(parts, date);
}

#[tokio::test]
async fn the_province_statistics_are_guessed_and_add_up() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reference/province_statistics.csv");
    let bytes = std::fs::read(file).unwrap();
    let own = rows(&bytes);
    let node = Node::new().await;
    let report = node.load("series", "province_statistics.csv", bytes, None).await.unwrap();
    assert!(report.mapping_guessed);
    assert_eq!(told(&report.findings), [], "{}", report.mapping);
    assert_eq!(report.run.totals.added as usize, own.len());
    let values = node.values("series").await;
    for (alias, property, statistic) in [
        ("rice.planted_area", "rice_area_sown", Statistic::Total),
        ("rice.production", "rice_production", Statistic::Total),
        ("population.census", "population_census", Statistic::Count),
    ] {
        let theirs: Vec<&BTreeMap<String, String>> =
            own.iter().filter(|row| row["indicator"] == alias).collect();
        let ours: Vec<Stored> =
            values.iter().filter(|v| v.key.property.as_str() == property).cloned().collect();
        assert_eq!(ours.len(), theirs.len());
        assert!(close(sum(&ours), theirs.iter().map(|row| row["value"].parse::<f64>().unwrap()).sum()));
        assert!(ours.iter().all(|value| value.key.statistic == statistic));
        for row in theirs {
            let year: i32 = row["year"].parse().unwrap();
            let period = match row["season"].as_str() {
                "" => "P1Y".to_owned(),
                season => format!("season:{season}"),
            };
            let found = ours.iter().find(|value| {
                value.key.place.as_str() == row["unit_id"]
                    && value.key.period == period
                    && value.time == at(&format!("{year}-01-01"))
                    && value.end == Some(at(&format!("{}-01-01", year + 1)))
            });
            assert_eq!(found.map(|value| value.result), Some(row["value"].parse().unwrap()), "{row:?}");
        }
    }
}

#[tokio::test]
async fn a_raw_export_of_the_river_commission_is_guessed_and_traced_to_its_cell() {
    let Some(file) = real("hydrology/Water Level.ManualLA_013901_Pakse.csv") else { return };
    let bytes = std::fs::read(file).unwrap();
    let own = rows(&bytes);
    let node = Node::new().await;
    let report = node.load("series", "Water Level.ManualLA_013901_Pakse.csv", bytes, None).await.unwrap();
    // The header names the zone of Vietnam, and its times end with `Z`: taken as they say, and told.
    let expected = [("zone_contradicts", "E2".to_owned(), "1959-12-31T17:00Z")];
    assert_eq!(told(&report.findings), expected, "{}", report.mapping);
    assert_eq!((report.run.totals.rows, report.run.totals.added), (31_263, 31_263));
    assert_eq!(own.len(), 31_263);
    let values = node.values("series").await;
    assert!(values.iter().all(|value| value.key.place.as_str() == "station:pakse" && value.key.unit == "cm"));
    assert!(close(sum(&values), own.iter().map(|row| row["Value"].parse::<f64>().unwrap() * 100.0).sum()));

    // The highest level, traced to its cell.
    let highest = values.iter().max_by(|a, b| a.result.total_cmp(&b.result)).unwrap();
    let theirs = own.iter().map(|row| row["Value"].parse::<f64>().unwrap()).fold(0.0, f64::max);
    assert!(close(highest.result, theirs * 100.0));
    let permit = node.permit("series", Purpose::Read).await;
    let cell = model::CellRef {
        sheet: 0,
        row: u32::try_from(highest.row).unwrap(),
        column: u16::try_from(highest.column).unwrap(),
    };
    let around = node.intake.cell(&permit, &report.run, cell).await.unwrap();
    let (_, texts) = around.rows.iter().find(|(row, _)| *row == cell.row).unwrap();
    let text = &texts[usize::from(cell.column - around.first_column)];
    assert!(close(text.parse::<f64>().unwrap(), theirs), "{texts:?}");
    assert_eq!(own[cell.row as usize - 2]["Value"], *text);
}

#[tokio::test]
async fn daily_levels_of_many_stations_are_read_from_one_wide_table() {
    let Some(file) = real("hydrology/mrc_daily_water_level_27_stations_1992_2023.csv") else { return };
    let bytes = std::fs::read(file).unwrap();
    let own = rows(&bytes);
    let node = Node::new().await;
    let mut mapping =
        "version = 1\nkind = \"observations\"\n[time]\ncolumns = [\"Timestamp (UTC+07:00)\"]\n".to_owned();
    let stations = [
        ("Tan Chau", "tan_chau", ""),
        ("Chau Doc", "chau_doc", ""),
        ("Vam Nao", "vam_nao", ""),
        ("My Thuan", "my_thuan", ""),
        ("Can Tho", "can_tho", ""),
        ("Phung Hiep", "phung_hiep", ""),
        ("Vam Kenh", "vam_kenh", ""),
        ("Kratie", "kratie", ""),
        ("Stung Treng", "stung_treng", ""),
        ("Kompong Cham", "kompong_cham", "range = [0, 26]\n"),
    ];
    for (column, station, range) in stations {
        mapping.push_str(&format!(
            "[[value]]\ncolumn = \"{column}\"\nproperty = \"water_level\"\nunit = \"m\"\nstatistic = \"mean\"\nperiod = \"P1D\"\ndatum = \"gauge zero\"\nplace = \"station:{station}\"\n{range}"
        ));
    }
    let report = node.load("series", "wide.csv", bytes, Some(&mapping)).await.unwrap();
    // Below 3 m, a level at Stung Treng is outside the range of the facts; Kompong Cham has one of its own.
    let level = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let low = own.iter().filter(|row| level(row, "Stung Treng") < 3.0).count();
    assert!(low > 0);
    assert_eq!(report.run.state, RunState::Done);
    assert_eq!(report.run.totals.refused as usize, low);
    assert_eq!(report.run.totals.added as usize, own.len() * stations.len() - low);
    let codes: BTreeMap<&str, usize> = report.findings.iter().fold(BTreeMap::new(), |mut codes, finding| {
        *codes.entry(finding.code.as_str()).or_default() += 1;
        codes
    });
    // Instants at 07:00 local are moved to the start of their day, which is told once.
    assert_eq!(codes.get("moved_to_period_start"), Some(&1));
    // The columns of the other stations are told.
    assert!(codes.contains_key("column_left_out"));
    assert_eq!(codes.len(), 3);

    let values = node.values("series").await;
    for (column, station, _) in stations {
        let ours: Vec<Stored> =
            values.iter().filter(|v| v.key.place.as_str() == format!("station:{station}")).cloned().collect();
        let theirs: Vec<f64> = own
            .iter()
            .map(|row| level(row, column))
            .filter(|level| station != "stung_treng" || *level >= 3.0)
            .collect();
        assert_eq!(ours.len(), theirs.len(), "{column}");
        assert!(close(sum(&ours), theirs.iter().map(|level| level * 100.0).sum()), "{column}");
    }
    let first =
        values.iter().filter(|v| v.key.place.as_str() == "station:tan_chau").min_by_key(|v| v.time).unwrap();
    assert_eq!((first.time, first.result), (at("1992-09-01"), 352.0));
}

#[tokio::test]
async fn the_provinces_before_2025_become_features() {
    let Some(file) = real("admin/provinces_before_2025_geoboundaries_13.geojson") else { return };
    let node = Node::new().await;
    let report = node.load("things", "provinces.geojson", std::fs::read(file).unwrap(), None).await.unwrap();
    assert_eq!(told(&report.findings), [], "{}", report.mapping);
    assert_eq!(report.run.totals.added, 13);
    assert!(report.mapping.contains("id = \"shapeID\""), "{}", report.mapping);
}
