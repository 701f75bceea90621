//! The same question through every protocol that can ask it: all values of a dataset, at a version.

use std::collections::BTreeMap;
use std::io::Cursor;

use arrow::array::RecordBatch;
use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, NaiveDateTime};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::ask::{Asker, Said, with};
use super::world::{Key, Rows, Told};

/// Which version is asked for.
#[derive(Debug, Clone)]
pub enum At {
    Latest,
    Version(usize),
    /// The version that was the last at an instant.
    Known(String),
}

impl At {
    /// As parameters of most protocols.
    pub fn parameters(&self) -> Vec<(&str, String)> {
        match self {
            At::Latest => Vec::new(),
            At::Version(number) => vec![("version", number.to_string())],
            At::Known(time) => vec![("as_known_at", time.clone())],
        }
    }
}

/// What a protocol told.
#[derive(Debug, Default)]
pub struct Read {
    pub rows: Rows,
    /// Flags, where the protocol tells them.
    pub flags: BTreeMap<Key, i64>,
    /// How many there are, where the protocol says so beside them.
    pub total: Option<u64>,
    /// The version, where the protocol says so.
    pub version: Option<u64>,
    /// Whether texts among numbers cannot be told.
    pub numbers_only: bool,
}

/// A refusal's status, or values.
pub type Answer = Result<Read, u16>;

/// The numbers of a dataset's series, with what each is of.
pub type Numbers = BTreeMap<i64, (String, String, String)>;

type Ask = for<'a> fn(&'a Asker, &'a str, &'a At, &'a Numbers) -> BoxFuture<'a, Option<Answer>>;

/// Every way, by name. Nothing is answered for what a protocol cannot ask.
pub const WAYS: [(&str, Ask); 15] = [
    ("v1 json", |asker, id, at, _| v1(asker, id, at).boxed()),
    ("v1 csv", |asker, id, at, _| file(asker, id, at, "observations", "csv").boxed()),
    ("v1 parquet", |asker, id, at, _| file(asker, id, at, "observations", "parquet").boxed()),
    ("v1 arrow", |asker, id, at, _| file(asker, id, at, "observations", "arrow").boxed()),
    ("download csv", |asker, id, at, _| file(asker, id, at, "data", "csv").boxed()),
    ("download parquet", |asker, id, at, _| file(asker, id, at, "data", "parquet").boxed()),
    ("download xlsx", |asker, id, at, _| file(asker, id, at, "data", "xlsx").boxed()),
    ("sql", |asker, id, at, _| sql(asker, id, at).boxed()),
    ("sql over all", |asker, id, at, _| observation(asker, id, at).boxed()),
    ("sensorthings", |asker, id, at, numbers| sensor_things(asker, id, at, numbers).boxed()),
    ("edr csv", |asker, id, at, _| edr_csv(asker, id, at).boxed()),
    ("edr coveragejson", |asker, id, at, numbers| edr_json(asker, id, at, numbers).boxed()),
    ("edr geojson", |asker, id, at, _| edr_geojson(asker, id, at).boxed()),
    ("ckan", |asker, id, at, _| ckan(asker, id, at).boxed()),
    ("mcp", |asker, id, at, _| mcp(asker, id, at).boxed()),
];

fn as_str<'a>(pairs: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

pub fn micros(text: &str) -> i64 {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.timestamp_micros();
    }
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), format).ok());
    naive.unwrap_or_else(|| panic!("`{text}` is no time")).and_utc().timestamp_micros()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {row}"))
}

/// Rows with our own columns, as objects; numbers may be texts, as in CSV.
fn of_objects(rows: &[Value]) -> Read {
    let mut read = Read::default();
    for row in rows {
        let number = |name: &str| match &row[name] {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if !text.is_empty() => Some(text.parse().unwrap()),
            _ => None,
        };
        let key = (
            text(row, "place").to_owned(),
            text(row, "property").to_owned(),
            text(row, "statistic").to_owned(),
            micros(text(row, "phenomenon_time")),
        );
        let told = match number("result") {
            Some(number) => Told::Number(number),
            None => Told::Text(row["result_text"].as_str().unwrap_or("").to_owned()),
        };
        let flag = number("quality").unwrap_or_else(|| panic!("no flag in {row}"));
        #[expect(clippy::cast_possible_truncation, reason = "flags are 1 to 9")]
        read.flags.insert(key.clone(), flag as i64);
        let before = read.rows.insert(key.clone(), told);
        assert!(before.is_none(), "{key:?} is told twice");
    }
    read
}

/// All pages, which are small so that there are several.
async fn v1(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let mut pairs = at.parameters();
    pairs.push(("limit", "37".to_owned()));
    let mut path = with(&format!("/v1/datasets/{id}/observations"), &as_str(&pairs));
    let (mut items, mut version) = (Vec::new(), None);
    loop {
        let said = asker.get(&path).await;
        let page = match said.json() {
            Ok(page) => page,
            Err(status) => return Some(Err(status)),
        };
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let told = said.header("cuulong-version").parse().ok();
        assert!(version.is_none() || version == told, "pages of {path} are of different versions");
        version = told;
        let total = page["total"].as_u64();
        match page["next"].as_str() {
            // The version of the first page is asked for, as a client that wants one answer does.
            Some(next) => path = next.replace("http://localhost", ""),
            None => return Some(Ok(Read { total, version, ..of_objects(&items) })),
        }
    }
}

async fn file(asker: &Asker, id: &str, at: &At, what: &str, format: &str) -> Option<Answer> {
    let mut pairs = at.parameters();
    pairs.push(("format", format.to_owned()));
    let said = asker.get(&with(&format!("/v1/datasets/{id}/{what}"), &as_str(&pairs))).await;
    if let Err(status) = said.good() {
        return Some(Err(status));
    }
    let read = of_objects(&rows_of(&said, format));
    let version = said.header("cuulong-version").parse().ok();
    let total = said.header("cuulong-rows").parse().ok();
    Some(Ok(Read { version, total, ..read }))
}

/// The rows of a file, read back by other code than wrote them.
pub fn rows_of(said: &Said, format: &str) -> Vec<Value> {
    match format {
        "csv" => {
            let mut reader = csv::Reader::from_reader(said.body.as_slice());
            let names = reader.headers().unwrap().clone();
            let object = |record: csv::StringRecord| {
                let cells = names.iter().zip(record.iter()).map(|(n, c)| (n.to_owned(), Value::from(c)));
                Value::Object(cells.collect())
            };
            reader.records().map(|record| object(record.unwrap())).collect()
        }
        "parquet" => {
            let bytes = bytes::Bytes::from(said.body.clone());
            let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes);
            let batches: Vec<RecordBatch> = reader.unwrap().build().unwrap().map(Result::unwrap).collect();
            objects(&batches)
        }
        "arrow" => {
            let reader = arrow::ipc::reader::StreamReader::try_new(Cursor::new(&said.body), None).unwrap();
            let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
            objects(&batches)
        }
        "xlsx" => {
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(said.body.clone())).unwrap();
            let sheet = book.worksheet_range("data").unwrap();
            let mut rows = sheet.rows();
            let names: Vec<String> = rows.next().unwrap().iter().map(ToString::to_string).collect();
            let cell = |cell: &Data| match cell {
                Data::Float(number) => json!(number),
                Data::Int(number) => json!(number),
                Data::Empty => Value::Null,
                other => json!(other.to_string()),
            };
            rows.map(|row| Value::Object(names.iter().cloned().zip(row.iter().map(cell)).collect())).collect()
        }
        other => panic!("no reader of {other}"),
    }
}

fn objects(batches: &[RecordBatch]) -> Vec<Value> {
    let mut writer = arrow::json::ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner();
    if bytes.is_empty() { Vec::new() } else { serde_json::from_slice(&bytes).unwrap() }
}

const COLUMNS: &str = "place, property, statistic, phenomenon_time, result, result_text, quality";

/// The statement that reads all values of a dataset.
pub fn statement(id: &str) -> String {
    format!("SELECT {COLUMNS} FROM {id} ORDER BY datastream, phenomenon_time")
}

async fn asked_sql(asker: &Asker, id: &str, at: &At, statement: String) -> Option<Answer> {
    let mut asked = json!({ "sql": statement });
    match at {
        At::Latest => {}
        At::Known(time) => asked["as_known_at"] = time.as_str().into(),
        At::Version(_) => return None,
    }
    let said = match asker.post("/v1/sql", &asked).await.json() {
        Ok(said) => said,
        Err(status) => return Some(Err(status)),
    };
    let read = of_objects(said["rows"].as_array().unwrap());
    Some(Ok(Read { version: said["versions"][id].as_u64(), ..read }))
}

async fn sql(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    asked_sql(asker, id, at, statement(id)).await
}

/// Over the series of all datasets: of one that may not be read there are none.
async fn observation(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let statement = format!("SELECT {COLUMNS} FROM observation WHERE dataset = '{id}'");
    let read = asked_sql(asker, id, at, statement).await?.expect("the table is everyone's");
    // Nothing of what may be read cannot be told from nothing that may be read.
    if read.rows.is_empty() { Some(Err(404)) } else { Some(Ok(read)) }
}

async fn sensor_things(asker: &Asker, id: &str, at: &At, numbers: &Numbers) -> Option<Answer> {
    let filter = format!("properties/dataset eq '{id}'");
    let expand = "Observations($top=1000;$count=true;$orderby=phenomenonTime)";
    let mut pairs = vec![("$filter", filter), ("$expand", expand.to_owned()), ("$top", "1000".to_owned())];
    match at {
        At::Latest => {}
        At::Version(number) => pairs.push(("asOf", number.to_string())),
        At::Known(time) => pairs.push(("asOf", time.clone())),
    }
    let said = asker.get(&with("/sta/v1.1/Datastreams", &as_str(&pairs))).await;
    let page = match said.json() {
        Ok(page) => page,
        Err(status) => return Some(Err(status)),
    };
    let streams = page["value"].as_array().unwrap();
    if streams.is_empty() {
        return Some(Err(404));
    }
    let mut read = Read { total: Some(0), ..Read::default() };
    for stream in streams {
        let (place, property, statistic) = &numbers[&stream["@iot.id"].as_i64().unwrap()];
        *read.total.as_mut().unwrap() += stream["Observations@iot.count"].as_u64().unwrap();
        for one in stream["Observations"].as_array().unwrap() {
            // A period is told as `start/end`.
            let time = text(one, "phenomenonTime").split('/').next().unwrap();
            let key = (place.clone(), property.clone(), statistic.clone(), micros(time));
            read.rows.insert(key.clone(), told(&one["result"]));
            let flag = one["resultQuality"]["DQ_Result"]["code"].as_str().and_then(|code| code.parse().ok());
            if let Some(flag) = flag.or_else(|| find_flag(&one["resultQuality"])) {
                read.flags.insert(key, flag);
            }
        }
    }
    Some(Ok(read))
}

/// The flag in a document of quality, wherever it stands.
fn find_flag(value: &Value) -> Option<i64> {
    match value {
        Value::Object(object) => object
            .get("flag")
            .and_then(|flag| flag.as_i64().or_else(|| flag.as_str()?.parse().ok()))
            .or_else(|| object.values().find_map(find_flag)),
        Value::Array(values) => values.iter().find_map(find_flag),
        _ => None,
    }
}

fn told(value: &Value) -> Told {
    match value {
        Value::Number(number) => Told::Number(number.as_f64().unwrap()),
        Value::String(text) => Told::Text(text.clone()),
        other => panic!("{other} is no result"),
    }
}

fn edr_path(id: &str, at: &At, format: &str) -> Option<String> {
    let base = match at {
        At::Latest => format!("/ogc/collections/{id}"),
        At::Version(number) => format!("/ogc/collections/{id}/instances/{number}"),
        At::Known(_) => return None,
    };
    Some(with(&format!("{base}/cube"), &[("bbox", "100,5,112,25"), ("f", format)]))
}

/// The property and the statistic of a parameter: `salinity`, or `salinity:max:P1D` beside others.
fn parameter(name: &str) -> (String, String) {
    let mut parts = name.split(':');
    let property = parts.next().unwrap().to_owned();
    let is_max = parts.any(|part| part == "max");
    (property, if is_max { "max" } else { "instant" }.to_owned())
}

async fn edr_csv(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let said = asker.get(&edr_path(id, at, "CSV")?).await;
    if let Err(status) = said.good() {
        return Some(Err(status));
    }
    let mut read = Read::default();
    for row in rows_of(&said, "csv") {
        for (name, cell) in row.as_object().unwrap() {
            let (Some((name, _)), Some(cell)) = (name.split_once(" ["), cell.as_str()) else { continue };
            if cell.is_empty() {
                continue;
            }
            let (property, statistic) = parameter(name);
            let key = (text(&row, "place").to_owned(), property, statistic, micros(text(&row, "time")));
            let told = cell.parse().map_or_else(|_| Told::Text(cell.to_owned()), Told::Number);
            read.rows.insert(key, told);
        }
    }
    Some(Ok(read))
}

async fn edr_geojson(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let page = match asker.json(&edr_path(id, at, "GeoJSON")?).await {
        Ok(page) => page,
        Err(status) => return Some(Err(status)),
    };
    let mut read = Read::default();
    for feature in page["features"].as_array().unwrap() {
        let properties = &feature["properties"];
        for name in properties["parameter-name"].as_array().unwrap() {
            let (property, statistic) = parameter(name.as_str().unwrap());
            let time = micros(text(properties, "datetime"));
            let key = (text(properties, "place").to_owned(), property, statistic, time);
            read.rows.insert(key, told(&properties[name.as_str().unwrap()]));
        }
    }
    Some(Ok(read))
}

async fn edr_json(asker: &Asker, id: &str, at: &At, numbers: &Numbers) -> Option<Answer> {
    let page = match asker.json(&edr_path(id, at, "CoverageJSON")?).await {
        Ok(page) => page,
        Err(status) => return Some(Err(status)),
    };
    let mut read = Read { numbers_only: true, ..Read::default() };
    for coverage in page["coverages"].as_array().unwrap() {
        let number = text(coverage, "id").rsplit('(').next().unwrap().trim_end_matches(')');
        let (place, property, statistic) = &numbers[&number.parse().unwrap()];
        let times = coverage["domain"]["axes"]["t"]["values"].as_array().unwrap();
        let ranges: &Map<String, Value> = coverage["ranges"].as_object().unwrap();
        for range in ranges.values() {
            for (time, value) in times.iter().zip(range["values"].as_array().unwrap()) {
                let key =
                    (place.clone(), property.clone(), statistic.clone(), micros(time.as_str().unwrap()));
                if !value.is_null() {
                    read.rows.insert(key, told(value));
                }
            }
        }
    }
    Some(Ok(read))
}

async fn ckan(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let mut pairs = at.parameters();
    pairs.extend([("resource_id", id.to_owned()), ("limit", "32000".to_owned())]);
    let said = match asker.json(&with("/ckan/api/3/action/datastore_search", &as_str(&pairs))).await {
        Ok(said) => said,
        Err(status) => return Some(Err(status)),
    };
    let result = &said["result"];
    Some(Ok(Read { total: result["total"].as_u64(), ..of_objects(result["records"].as_array().unwrap()) }))
}

async fn mcp(asker: &Asker, id: &str, at: &At) -> Option<Answer> {
    let mut given = json!({ "dataset": id, "limit": 1000 });
    match at {
        At::Latest => {}
        At::Version(number) => given["version"] = (*number).into(),
        At::Known(time) => given["as_known_at"] = time.as_str().into(),
    }
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "observe", "arguments": given } });
    let said = asker.post("/mcp", &call).await.json().unwrap();
    let result = &said["result"];
    if result["isError"] == true {
        return Some(Err(404));
    }
    let told = &result["structuredContent"];
    let read = of_objects(told["items"].as_array().unwrap());
    Some(Ok(Read { total: told["total"].as_u64(), version: told["source"]["version"].as_u64(), ..read }))
}
