//! Real files of the region, taken in through the public edge and compared with an independent
//! reading of the same file.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{TestNode, real_data};

async fn rows(node: &TestNode, sql: &str) -> Vec<Value> {
    let asked = json!({ "sql": sql });
    let reply = node.public().send_json(reqwest::Method::POST, "/v1/sql", &asked).await.unwrap();
    reply.ok().unwrap().json()["rows"].as_array().unwrap().clone()
}

fn total(report: &Value, name: &str) -> u64 {
    report["run"]["totals"][name].as_u64().unwrap()
}

const TRA_VINH: &str = r#"
version = 1
kind = "observations"
[place]
value = "station:tra_vinh"
[time]
columns = ["Date"]
format = "%d/%m/%Y"
[[value]]
column = "Max"
property = "salinity_max_day"
unit = "g/L"
period = "P1D"
"#;

#[tokio::test]
async fn seven_dry_seasons_at_tra_vinh() {
    let node = TestNode::start().await;
    node.dataset("tra_vinh", "observations", "open").await;
    let (mut count, mut sum, mut largest) = (0_u64, 0.0_f64, f64::MIN);
    let mut years = 0;
    for year in 2002..=2008 {
        let name = format!("salinity/tra_vinh_daily_max_salinity_{year}.csv");
        let Some(path) = real_data(&name) else { return };
        let format = day_first(&path);
        let mapping = TRA_VINH.replace("%d/%m/%Y", format);
        let report = node
            .hand_in(
                "tra_vinh",
                &name.replace("salinity/", ""),
                std::fs::read(&path).unwrap(),
                Some(&mapping),
            )
            .await
            .unwrap();
        assert_eq!(total(&report, "refused"), 0, "{year}: {report}");
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).unwrap();
        for record in reader.records().map(Result::unwrap) {
            if let Ok(value) = record[4].trim().parse::<f64>() {
                count += 1;
                sum += value;
                largest = largest.max(value);
            }
        }
        years += 1;
    }
    assert_eq!(years, 7);
    let row =
        &rows(&node, "SELECT count(result) AS n, sum(result) AS s, max(result) AS m FROM tra_vinh").await[0];
    assert_eq!(row["n"].as_u64().unwrap(), count);
    assert!((row["s"].as_f64().unwrap() - sum).abs() < 1e-6);
    assert_eq!(row["m"].as_f64().unwrap(), largest);
}

/// How the file writes its dates: the years differ, and each gives day and month in columns of
/// their own, too.
fn day_first(path: &std::path::Path) -> &'static str {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
    let mut by_day = true;
    for record in reader.records().map(Result::unwrap) {
        if record[0].contains('-') {
            return "%Y-%m-%d";
        }
        let first: u32 = record[0].split('/').next().unwrap().parse().unwrap();
        let (day, month): (u32, u32) = (record[1].parse().unwrap(), record[2].parse().unwrap());
        if day != month {
            by_day &= first == day;
        }
    }
    if by_day { "%d/%m/%Y" } else { "%m/%d/%Y" }
}

#[tokio::test]
async fn sixty_years_of_levels_at_pakse_in_the_agencys_own_export() {
    let Some(path) = real_data("hydrology/Water Level.ManualLA_013901_Pakse.csv") else { return };
    let node = TestNode::start().await;
    node.dataset("pakse", "observations", "open").await;
    let mapping = r#"
version = 1
kind = "observations"
[place]
value = "station:pakse"
[time]
columns = ["Timestamp (UTC+07:00)"]
[[value]]
column = "Value"
property = "water_level"
unit = { column = "Unit" }
datum = "gauge zero"
range = [-3.5, 26.0]
"#;
    let file = std::fs::read(&path).unwrap();
    let report = node.hand_in("pakse", "Pakse.csv", file, Some(mapping)).await.unwrap();

    let mut by_time: BTreeMap<String, f64> = BTreeMap::new();
    let (mut records, mut repeated) = (0, 0);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    for record in reader.records().map(Result::unwrap) {
        records += 1;
        if let Ok(value) = record[5].parse::<f64>() {
            if by_time.contains_key(&record[4]) {
                repeated += 1;
            } else {
                by_time.insert(record[4].to_owned(), value);
            }
        }
    }
    assert_eq!(total(&report, "rows"), records);
    let refused_by_range = by_time.values().filter(|value| !(-3.5..=26.0).contains(*value)).count();
    let kept: Vec<f64> = by_time.values().copied().filter(|value| (-3.5..=26.0).contains(value)).collect();
    assert_eq!(
        total(&report, "added") as usize,
        kept.len(),
        "{repeated} repeated, {refused_by_range} out of range"
    );
    let row = &rows(&node, "SELECT count(*) AS n, sum(result) AS s, max(result) AS m FROM pakse").await[0];
    assert_eq!(row["n"].as_u64().unwrap() as usize, kept.len());
    // Stored in the property's unit, centimetres.
    assert!((row["s"].as_f64().unwrap() / 100.0 - kept.iter().sum::<f64>()).abs() < 1e-3);
    assert!(
        (row["m"].as_f64().unwrap() / 100.0 - kept.iter().copied().fold(f64::MIN, f64::max)).abs() < 1e-9
    );

    // The cell of the highest level, by the file's own line.
    let page =
        rows(&node, "SELECT origin_row, result FROM pakse ORDER BY result DESC, phenomenon_time LIMIT 1")
            .await;
    let line = page[0]["origin_row"].as_u64().unwrap() as usize;
    let text = std::fs::read_to_string(&path).unwrap();
    let cell: f64 = text.lines().nth(line - 1).unwrap().split(',').nth(5).unwrap().parse().unwrap();
    assert!((cell * 100.0 - page[0]["result"].as_f64().unwrap()).abs() < 1e-9);
}

#[tokio::test]
async fn daily_levels_of_delta_stations_from_a_table_wide_by_station() {
    let Some(path) = real_data("hydrology/mrc_daily_water_level_27_stations_1992_2023.csv") else { return };
    let node = TestNode::start().await;
    node.dataset("mrc_levels", "observations", "open").await;
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let columns: Vec<(usize, &str, &str)> =
        [("Can Tho", "station:can_tho"), ("Tan Chau", "station:tan_chau")]
            .into_iter()
            .map(|(name, place)| {
                let at = headers
                    .iter()
                    .position(|h| h.contains(name))
                    .unwrap_or_else(|| panic!("{name} in {headers:?}"));
                (at, headers.get(at).unwrap(), place)
            })
            .collect();
    let mut mapping =
        format!("version = 1\nkind = \"observations\"\n[time]\ncolumns = [{:?}]\n", headers.get(0).unwrap());
    for (_, header, place) in &columns {
        mapping.push_str(&format!(
            "[[value]]\ncolumn = {header:?}\nproperty = \"water_level\"\nunit = \"m\"\nstatistic = \"mean\"\n\
             period = \"P1D\"\nplace = {place:?}\ndatum = \"gauge zero\"\n"
        ));
    }
    let report =
        node.hand_in("mrc_levels", "mrc.csv", std::fs::read(&path).unwrap(), Some(&mapping)).await.unwrap();
    assert_eq!(total(&report, "refused"), 0, "{report}");
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(total(&report, "added") as usize, records.len() * columns.len());
    for (at, _, place) in &columns {
        let sum: f64 = records.iter().map(|record| record[*at].parse::<f64>().unwrap()).sum();
        let sql = format!("SELECT sum(result) / 100 AS s FROM mrc_levels WHERE place = '{place}'");
        assert!((rows(&node, &sql).await[0]["s"].as_f64().unwrap() - sum).abs() < 1e-3, "{place}");
    }
}

#[tokio::test]
async fn a_sheet_of_a_statistics_workbook() {
    let Some(path) = real_data("socioeconomic/pci_papi/PAPI_2011-2016.xlsx") else { return };
    let node = TestNode::start().await;
    node.dataset("papi", "observations", "open").await;
    let mapping = r#"
version = 1
kind = "observations"
[source]
sheet = "2011_PAPI"
header_row = 1
[place]
column = "tentinh_vie"
kind = "province"
[time]
value = "2011"
format = "year"
[[value]]
column = "Participation at Local Levels"
property = "papi_participation"
period = "P1Y"
"#;
    let file = std::fs::read(&path).unwrap();
    let report = node.hand_in("papi", "PAPI_2011-2016.xlsx", file, Some(mapping)).await.unwrap();
    // 63 provinces, of which the gazetteer knows the delta's thirteen and two neighbours; the second
    // header row and the provinces elsewhere are refused with their cells.
    assert_eq!(total(&report, "added"), 15, "{report}");
    let refused = report["findings"].as_array().unwrap();
    assert!(
        refused.iter().any(|finding| finding["cell"] == "C3" && finding["value"] == "Hà Nội"),
        "{report}"
    );
    let stored =
        rows(&node, "SELECT place, result, run, origin_row, datastream FROM papi ORDER BY place").await;
    assert_eq!(stored.len(), 15);
    let sum: f64 = stored.iter().map(|row| row["result"].as_f64().unwrap()).sum();
    assert!((sum - PAPI_2011_PARTICIPATION_SUM).abs() < 1e-6, "{sum}");

    let page = node
        .public()
        .get("/v1/datasets/papi/observations?place=gso2004:92")
        .await
        .unwrap()
        .ok()
        .unwrap()
        .json();
    let trace =
        node.public().get(page["items"][0]["trace"].as_str().unwrap()).await.unwrap().ok().unwrap().json();
    let cell = &trace["parts"][0]["cell"];
    assert_eq!(cell["sheet"], "2011_PAPI");
    assert_eq!(cell["cell"], "D61");
    assert_eq!(trace["result"], 5.716923);
    assert_eq!(cell["text"].as_str().unwrap().parse::<f64>().unwrap(), trace["result"].as_f64().unwrap());
}

/// Sum of column D of sheet `2011_PAPI` over the fifteen provinces, read with openpyxl 3.1.
const PAPI_2011_PARTICIPATION_SUM: f64 = 77.769_095;

#[tokio::test]
async fn the_boundary_of_a_merged_province() {
    let Some(path) = real_data("admin/provinces_2025/92_can_tho.geojson") else { return };
    let node = TestNode::start().await;
    node.dataset("provinces", "features", "open").await;
    let report =
        node.hand_in("provinces", "92_can_tho.geojson", std::fs::read(&path).unwrap(), None).await.unwrap();
    assert_eq!((total(&report, "added"), total(&report, "refused")), (1, 0), "{report}");

    let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let geometry = if document["type"] == "Feature" {
        &document["geometry"]
    } else {
        &document["features"][0]["geometry"]
    };
    let mut corners = Vec::new();
    positions(geometry, &mut corners);
    let edge = |pick: fn(&(f64, f64)) -> f64, better: fn(f64, f64) -> f64| {
        corners.iter().map(pick).reduce(better).unwrap()
    };
    let row = &rows(
        &node,
        "SELECT xmin, ymin, xmax, ymax, ST_AsText(ST_Centroid(ST_GeomFromWKB(geometry))) AS c FROM provinces",
    )
    .await[0];
    assert_eq!(row["xmin"].as_f64().unwrap(), edge(|p| p.0, f64::min));
    assert_eq!(row["ymax"].as_f64().unwrap(), edge(|p| p.1, f64::max));

    let inside =
        node.public().get("/ogc/collections/provinces/items?bbox=105.7,9.9,105.8,10.1").await.unwrap();
    let inside = inside.ok().unwrap().json();
    assert_eq!(inside["numberMatched"], 1);
    let mut served = Vec::new();
    positions(&inside["features"][0]["geometry"], &mut served);
    assert_eq!(served, corners, "the geometry is served as it came, corner by corner");
    let outside = node.public().get("/ogc/collections/provinces/items?bbox=100,1,101,2").await.unwrap();
    assert_eq!(outside.ok().unwrap().json()["numberMatched"], 0);
}

fn positions(value: &Value, into: &mut Vec<(f64, f64)>) {
    match value {
        Value::Object(object) => {
            for key in ["coordinates", "geometries"] {
                if let Some(inner) = object.get(key) {
                    positions(inner, into);
                }
            }
        }
        Value::Array(items) => {
            match (items.first().and_then(Value::as_f64), items.get(1).and_then(Value::as_f64)) {
                (Some(lon), Some(lat)) => into.push((lon, lat)),
                _ => items.iter().for_each(|item| positions(item, into)),
            }
        }
        _ => {}
    }
}
