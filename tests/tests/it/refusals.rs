//! A refusal is a sentence that its reader understands: in Vietnamese without English words, in English
//! without Vietnamese ones, and the same values in both.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, TestNode};

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

const GOOD: &str = "station,time,salinity\nstation:cau_noi,2020-02-01 01:00,3.9\n";

/// Letters that Vietnamese has and English has not.
fn is_vietnamese(text: &str) -> bool {
    text.to_lowercase().contains(|letter| {
        "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ".contains(letter)
    })
}

/// What stands outside of backticks: inside are the reader's own words, and examples.
fn own_words(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The English words of a text.
fn english_words(text: &str) -> Vec<String> {
    const WORDS: &str = " the is are was were not no of and to in it its with that which be has have for from or this there write ";
    own_words(text)
        .split(|letter: char| !letter.is_alphabetic() && letter != '_')
        .filter(|word| WORDS.contains(&format!(" {} ", word.to_lowercase())))
        .map(str::to_owned)
        .collect()
}

fn assert_told(what: &str, vietnamese: &str, english: &str) {
    assert!(is_vietnamese(vietnamese), "{what}: no Vietnamese in `{vietnamese}`");
    let words = english_words(vietnamese);
    assert!(words.is_empty(), "{what}: {words:?} in `{vietnamese}`");
    assert!(!is_vietnamese(&own_words(english)), "{what}: Vietnamese in `{english}`");
    // What stands in backticks in one language stands in the other, too, and so do numbers.
    let numbers = |text: &str| {
        let mut found: Vec<String> = text
            .split(|letter: char| !letter.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .map(str::to_owned)
            .collect();
        found.sort();
        found
    };
    assert_eq!(numbers(vietnamese), numbers(english), "{what}: `{vietnamese}` and `{english}`");
}

fn detail(what: &str, reply: &Reply) -> String {
    let problem = reply.json();
    assert!(reply.media_type.starts_with("application/problem+json"), "{what}: {problem}");
    problem["detail"].as_str().unwrap_or_else(|| panic!("{what}: no detail in {problem}")).to_owned()
}

/// The details of a request in both languages.
async fn both(node: &TestNode, method: &Method, path: &str, media_type: &str, body: &[u8]) -> [String; 2] {
    let mut told = Vec::new();
    for lang in ["vi", "en"] {
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{sign}lang={lang}");
        let body = body.to_vec().into();
        let reply = node.system().send(method.clone(), &path, media_type, body).await.unwrap();
        told.push(detail(&path, &reply));
    }
    <[String; 2]>::try_from(told).unwrap()
}

async fn node() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    node.dataset("layer", "features", "open").await;
    node.dataset("raster", "coverage", "open").await;
    node.hand_in("gauge", "a.csv", GOOD.as_bytes().to_vec(), Some(MAPPING)).await.unwrap();
    node
}

#[tokio::test]
async fn refused_files_are_told_in_the_readers_language() {
    let node = node().await;
    let png =
        [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 0, 0, 13, 73, 72, 68, 82, 0, 255, 254, 1, 2, 3]].concat();
    let wide = format!("station,time,salinity\n{}\n", "x,".repeat(20_000));
    let lines = "{\"type\":\"FeatureCollection\",\"features\":[]} x";
    let metres = "name,x,y\na,567890,1123456\nb,567990,1123556\n";
    let files: Vec<(&str, &str, Option<&str>, Vec<u8>)> = vec![
        ("gauge", "empty.csv", None, Vec::new()),
        ("gauge", "blank.csv", None, b"   \n \n".to_vec()),
        ("gauge", "picture.csv", None, png),
        ("gauge", "report.pdf", None, b"%PDF-1.7 ...".to_vec()),
        ("gauge", "page.xlsx", None, b"<!doctype html><html><body>sign in</body></html>".to_vec()),
        (
            "gauge",
            "quote.csv",
            Some(MAPPING),
            b"station,time,salinity\n\"station:cau_noi,2020-02-01,3\n".to_vec(),
        ),
        ("gauge", "wide.csv", Some(MAPPING), wide.into_bytes()),
        ("gauge", "old.xls", None, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1].repeat(64)),
        ("gauge", "broken.zip", None, b"PK\x03\x04 and nothing more of it".to_vec()),
        ("gauge", "gone.csv", Some(MAPPING), b"tram,time,salinity\nstation:cau_noi,2020-02-01,3\n".to_vec()),
        ("gauge", "features.geojson", None, lines.as_bytes().to_vec()),
        ("layer", "broken.geojson", None, b"{\"type\":\"FeatureCollection\",\"features\":[1 2]}".to_vec()),
        ("layer", "whole.geojson", None, b"{\"type\":\"Point\",\"coordinates\":[1,2]}".to_vec()),
        ("layer", "nothing.csv", None, b"name,height\na,1\nb,2\n".to_vec()),
        ("layer", "metres.csv", None, metres.as_bytes().to_vec()),
        ("raster", "table.csv", None, GOOD.as_bytes().to_vec()),
    ];
    for (dataset, name, mapping, file) in &files {
        let path = testkit::upload_path(dataset, name, *mapping, false);
        let [vietnamese, english] = both(&node, &Method::POST, &path, "application/octet-stream", file).await;
        assert_told(name, &vietnamese, &english);
    }
}

#[tokio::test]
async fn refused_mappings_are_told_in_the_readers_language() {
    let node = node().await;
    let wrong = [
        ("version = 1", "version = 7"),
        ("column = \"station\"", "column = \"station\"\nvalue = \"station:cau_noi\""),
        ("[time]\ncolumns = [\"time\"]\n", ""),
        ("columns = [\"time\"]", "columns = [\"time\"]\nzone = \"Hanoi\""),
        ("unit = \"g/L\"", "unit = \"furlong\""),
        ("unit = \"g/L\"", "unit = \"m\""),
        ("property = \"salinity\"", "property = \"saltiness\""),
        ("unit = \"g/L\"", "unit = \"g/L\"\nperiod = \"P1X\""),
        ("unit = \"g/L\"", "unit = \"g/L\"\nrange = [5, 1]"),
        ("column = \"salinity\"", "columns = \"{yaer}\""),
        ("column = \"station\"", "column = \"station\"\nkind = \"planet\""),
        ("kind = \"observations\"", "kind = \"features\""),
    ];
    for (old, new) in wrong {
        let mapping = MAPPING.replacen(old, new, 1);
        assert_ne!(mapping, MAPPING);
        let path = testkit::upload_path("gauge", "a.csv", Some(&mapping), false);
        let [vietnamese, english] = both(&node, &Method::POST, &path, "text/csv", GOOD.as_bytes()).await;
        assert_told(new, &vietnamese, &english);
    }
}

#[tokio::test]
async fn wrong_parameters_are_told_in_the_readers_language() {
    let node = node().await;
    for path in [
        "/v1/datasets?limit=0",
        "/v1/datasets?limit=many",
        "/v1/datasets?nonsense=1",
        "/v1/datasets?kind=poem",
        "/v1/datasets/gauge/observations?datetime=2020-13-01",
        "/v1/datasets/gauge/observations?place=nowhere",
        "/v1/datasets/gauge/observations?property=Salt!",
        "/v1/datasets/gauge/observations?statistic=most",
        "/v1/datasets/gauge/data?format=doc",
        "/v1/places?kind=planet",
        "/v1/changes?wait=900",
        "/v1/changes?since=soon",
        "/ogc/collections/stations/items?bbox=100,200,300,400",
        "/ogc/collections/stations/items?bbox=1,2,3",
        "/ogc/collections/stations/items?limit=x",
        "/ogc/collections/stations/items?colour=red",
        "/ogc/collections/stations/items?f=doc",
        "/stac/search?limit=x",
        "/ogc/collections/stations/items?filter=name",
        "/ogc/collections/stations/items?filter=name%20%3D",
        "/ogc/collections/stations/items?filter=sine(1)%20%3D%202",
        "/ogc/collections/stations/items?filter=name%20IS%201",
        "/ogc/collections/stations/items?filter=name%20%3D%20%27a",
        "/ogc/collections/stations/items?filter=depth%20%3E%201",
        "/ogc/collections/stations/items?filter=S_INTERSECTS(geometry,POINT(500%201))",
        "/stac/search?filter=id%20%3D%20%3D",
        "/sta/v1.1/Nothings",
        "/sta/v1.1/Things?$top=x",
        "/sta/v1.1/Things?$filter=name",
        "/sta/v1.1/Things?$filter=name%20eq%205",
        "/sta/v1.1/Things?$filter=sine(name)%20eq%205",
        "/sta/v1.1/Things?$orderby=colour",
        "/sta/v1.1/Things?$colour=red",
        "/sta/v1.1/Observations?$filter=phenomenonTime%20gt%20%272020-02-03%27",
        "/sta/v1.1/Things('a",
    ] {
        let [vietnamese, english] = both(&node, &Method::GET, path, "", &[]).await;
        assert_told(path, &vietnamese, &english);
    }
    let bodies: [(&str, Value); 5] = [
        ("/v1/places", json!({"id": "nowhere", "kind": "station", "name": {"vi": "a"}})),
        ("/v1/properties", json!({"code": "salt", "kind": "extensive"})),
        ("/v1/grants", json!({"dataset": "gauge", "level": "read"})),
        ("/v1/users", json!({"id": "Lan Anh"})),
        ("/v1/datasets", json!({"id": "gauge"})),
    ];
    for (path, body) in bodies {
        let body = body.to_string();
        let [vietnamese, english] =
            both(&node, &Method::POST, path, "application/json", body.as_bytes()).await;
        assert_told(path, &vietnamese, &english);
    }
}

#[tokio::test]
async fn refused_statements_are_told_in_the_readers_language() {
    let node = node().await;
    for sql in [
        "SELECT * FROM nowhere",
        "SELECT depth FROM gauge",
        "SELECT FROM WHERE",
        "SELECT sine(1)",
        "SELECT 1 / 0",
        "SELECT CAST('wet' AS INT)",
        "DROP TABLE gauge",
        "SELECT 1; SELECT 2",
        "SELECT * FROM harmonise('gauge')",
        "SELECT * FROM gauge WHERE result > $1",
    ] {
        let body = json!({ "sql": sql }).to_string();
        let [vietnamese, english] =
            both(&node, &Method::POST, "/v1/sql", "application/json", body.as_bytes()).await;
        assert_told(sql, &vietnamese, &english);
    }
    let deep = json!({ "sql": format!("SELECT {}1{}", "(".repeat(200), ")".repeat(200)) }).to_string();
    let [vietnamese, english] =
        both(&node, &Method::POST, "/v1/sql", "application/json", deep.as_bytes()).await;
    assert_told("nesting", &vietnamese, &english);
}

#[tokio::test]
async fn refused_entities_are_told_in_the_readers_language() {
    let node = node().await;
    for (path, body) in [
        ("/sta/v1.1/Things", "[]"),
        ("/sta/v1.1/Things", "{\"name\": 5}"),
        ("/sta/v1.1/Things", "{\"name\": \"a\""),
        ("/sta/v1.1/Things", "{\"name\": \"a\", \"description\": \"b\", \"colour\": \"red\"}"),
        ("/sta/v1.1/Observations", "{\"result\": 5}"),
        ("/sta/v1.1/CreateObservations", "[{\"components\": [\"colour\"], \"dataArray\": []}]"),
    ] {
        let [vietnamese, english] =
            both(&node, &Method::POST, path, "application/json", body.as_bytes()).await;
        assert_told(body, &vietnamese, &english);
    }
}

/// The sentences in the comments of a mapping.
fn comments(mapping: &str) -> String {
    mapping.lines().filter_map(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_a_guess_asks_is_told_in_the_readers_language() {
    let node = node().await;
    let files = [
        "station,time,salinity\nstation:cau_noi,2020-02-01,3900\nstation:cau_noi,2020-02-02,4100\n",
        "time,salinity\n2020-02-01,3.9\n2020-02-02,4.1\n",
        "station,depth,colour\nstation:cau_noi,5,1\nstation:cau_noi,6,2\n",
        "station,time,something (g/l)\nstation:cau_noi,2020-02-01,3.9\nstation:cau_noi,2020-02-02,4.1\n",
        "Table of values\n\nProvince;2019;2020\nAn Giang;1;2\nKien Giang;3;4\n",
    ];
    for file in files {
        let path = testkit::upload_path("gauge", "b.csv", None, false);
        let path = path.replace("/uploads?", "/uploads?stage=true&");
        for lang in ["vi", "en"] {
            let reply = node
                .system()
                .send(
                    Method::POST,
                    &format!("{path}&lang={lang}"),
                    "text/csv",
                    file.as_bytes().to_vec().into(),
                )
                .await
                .unwrap();
            assert_eq!(reply.status.as_u16(), 201, "{}", reply.json());
            let staged = reply.json();
            let run = staged["run"]["id"].as_str().unwrap().to_owned();
            // The dataset has a mapping of its own; what is asked for is a guess.
            let guessed = node
                .system()
                .send(
                    Method::PUT,
                    &format!("/v1/runs/{run}/draft?guess=true&lang={lang}"),
                    "application/toml",
                    Vec::new().into(),
                )
                .await
                .unwrap();
            let guessed = guessed.json();
            let mapping = guessed["mapping"].as_str().unwrap();
            let problem = guessed["problem"].as_str().unwrap_or_default();
            let said = format!("{}\n{problem}", comments(mapping));
            if lang == "vi" {
                assert!(is_vietnamese(&said), "{file}: {guessed}");
                let words = english_words(&said);
                assert!(words.is_empty(), "{file}: {words:?} in {said}");
            } else {
                assert!(
                    said.contains("FILL IN") || said.contains("CONFIRM") || said.contains("guessed from"),
                    "{said}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_run_that_failed_says_why_to_everyone_who_reads_it_later() {
    let node = node().await;
    let path = testkit::upload_path("gauge", "quote.csv", Some(MAPPING), false);
    let file = b"station,time,salinity\n\"station:cau_noi,2020-02-01,3\n".to_vec();
    let reply = node.system().send(Method::POST, &path, "text/csv", file.into()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 422);
    let why = async |lang: &str| {
        let runs = node.system().get(&format!("/v1/datasets/gauge/runs?lang={lang}")).await.unwrap().json();
        let runs = runs["items"].as_array().unwrap().clone();
        let failed = runs.iter().find(|run| run["state"] == "failed").unwrap();
        failed["error"].as_str().unwrap().to_owned()
    };
    let (vietnamese, english) = (why("vi").await, why("en").await);
    assert_told("run", &vietnamese, &english);
    assert!(english.contains("row 2"), "{english}");
    assert!(vietnamese.contains("dòng 2"), "{vietnamese}");
}
