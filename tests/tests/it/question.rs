//! The README's question, on the sample, answered and traced.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::TestNode;

/// The statement between the marks in the README, so that what is printed is what is tested.
fn question() -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- question:begin -->").unwrap();
    let (block, _) = rest.split_once("<!-- question:end -->").unwrap();
    block.trim().trim_start_matches("```sql").trim_end_matches("```").to_owned()
}

#[tokio::test]
async fn the_question_across_sectors_is_answered_and_every_number_leads_to_its_cells() {
    let node = TestNode::start().await;
    let app = node.node().app().clone();
    cuulong_sample(&app).await;
    let client = node.public();
    let asked = json!({ "sql": question() });
    let answer =
        client.send_json(reqwest::Method::POST, "/v1/sql", &asked).await.unwrap().ok().unwrap().json();
    let rows = answer["rows"].as_array().unwrap();
    assert!(!rows.is_empty());

    // What the statistics file says, added up by hand over the former provinces.
    let expected = from_the_file();
    for row in rows {
        let name = row["province"].as_str().unwrap();
        // Half of today's Tây Ninh lies outside the delta and its statistics are not in the file:
        // its number is marked as a part, never shown as the whole.
        let Some((rice, people)) = expected.get(name).copied() else {
            assert_ne!(row["method"], "exact", "{row}");
            continue;
        };
        assert!((row["rice_area_2020_1000_ha"].as_f64().unwrap() - rice).abs() < 1e-9, "{row}");
        assert_eq!(row["people_2019"].as_f64().unwrap(), people, "{row}");
        assert_eq!(row["method"], "exact");
        assert!(row["days"].as_i64().unwrap() >= 3);
        assert_eq!(row["rice_version"], 1);
    }
    // Provinces of the upper reaches stay fresh in the sample; the coast does not.
    let names: Vec<&str> = rows.iter().map(|row| row["province"].as_str().unwrap()).collect();
    assert!(names.contains(&"Vĩnh Long"), "{names:?}");
    assert!(answer["versions"]["province_statistics"].is_u64());

    let first = &rows[0];
    let mut rice = 0.0;
    for path in first["rice_traces"].as_str().unwrap().split(' ') {
        rice += leads_to_its_cells(&client, path).await;
    }
    assert!((rice - first["rice_area_2020_1000_ha"].as_f64().unwrap()).abs() < 1e-6);
    let people = leads_to_its_cells(&client, first["people_trace"].as_str().unwrap()).await;
    assert_eq!(people, first["people_2019"].as_f64().unwrap());
}

/// Follows a trace: the number is the weighted sum of its parts, and each part stands in its cell.
async fn leads_to_its_cells(client: &testkit::Client, path: &str) -> f64 {
    let trace = client.get(path).await.unwrap().ok().unwrap().json();
    let parts = trace["parts"].as_array().unwrap();
    assert!(parts.len() >= 2, "a merged province has several parts: {trace}");
    let mut sum = 0.0;
    for part in parts {
        let result = part["result"].as_f64().unwrap();
        sum += result * part["weight"].as_f64().unwrap();
        assert_eq!(part["cell"]["text"].as_str().unwrap().parse::<f64>().unwrap(), result);
        assert_eq!(part["run"]["file_name"], "province_statistics.csv");
    }
    assert!((sum - trace["result"].as_f64().unwrap()).abs() < 1e-6);
    sum
}

async fn cuulong_sample(app: &testkit::App) {
    testkit::load_sample(app).await;
}

/// (rice area of 2020 in thousand ha, census of 2019) by new province, from the file itself.
fn from_the_file() -> BTreeMap<&'static str, (f64, f64)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference/province_statistics.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let merged: [(&str, &[&str]); 5] = [
        ("Đồng Tháp", &["82", "87"]),
        ("Vĩnh Long", &["83", "84", "86"]),
        ("An Giang", &["89", "91"]),
        ("Cần Thơ", &["92", "93", "94"]),
        ("Cà Mau", &["95", "96"]),
    ];
    let sum = |codes: &[&str], indicator: &str, year: &str| -> f64 {
        rows.iter()
            .filter(|row| codes.iter().any(|code| row[0] == format!("gso2004:{code}")))
            .filter(|row| row[2] == indicator && row[4] == year && !row[5].is_empty())
            .map(|row| row[5].parse::<f64>().unwrap())
            .sum()
    };
    merged
        .into_iter()
        .map(|(name, codes)| {
            (name, (sum(codes, "rice.planted_area", "2020"), sum(codes, "population.census", "2019")))
        })
        .collect()
}

#[tokio::test]
async fn the_sample_says_that_it_is_made_up() {
    let node = TestNode::start().await;
    cuulong_sample(&node.node().app().clone()).await;
    let list: Value = node.public().get("/v1/datasets?lang=vi").await.unwrap().ok().unwrap().json();
    for dataset in list["items"].as_array().unwrap() {
        let made_up = dataset["synthetic"].as_bool().unwrap();
        let says = dataset["description"]["vi"].as_str().unwrap().contains("GIẢ LẬP");
        let id = dataset["id"].as_str().unwrap();
        let real = ["province_statistics", "monitoring_stations"].contains(&id);
        assert_eq!(made_up, !real, "{id}");
        if made_up && !id.contains("daily") && !id.contains("isohaline") {
            assert!(says, "{id}");
        }
    }
}
