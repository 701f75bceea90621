//! Calling a tool: its arguments become requests of the node's own API, and their documents one
//! answer that says of every number which dataset, version and licence it is of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{DatasetId, Lang};
use serde_json::{Map, Value, json};
use wording::{Told, told};

use super::draw;
use super::inside::Inside;
use super::rpc::Failure;
use super::tools::Tool;
use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

type Arguments = Map<String, Value>;

/// Calls the tool that the parameters name.
pub(super) async fn call(app: &App, inside: &Inside, params: &Value) -> Result<Value, Failure> {
    let name = params["name"].as_str().ok_or_else(|| {
        Failure::params(told!("serve-missing-member", "`{name}` is missing", name = "name"))
    })?;
    let tool = Tool::named(name).ok_or_else(|| {
        let name: String = name.chars().take(80).collect();
        Failure::params(told!("serve-mcp-no-tool", "there is no tool `{name}`", name = name))
    })?;
    metrics::counter!("cuulong_mcp_calls_total", "tool" => tool.name).increment(1);
    let given = match tool.check(&params["arguments"]) {
        Ok(given) => given,
        Err(told) => return Ok(refusal(told.sentence(inside.lang))),
    };
    if tool.name == "draw" {
        return Ok(match draw::draw(app, inside, &given).await {
            Ok(drawn) => {
                let mut result = success(&drawn.told);
                let image = json!({
                    "type": "image", "mimeType": "image/svg+xml", "data": STANDARD.encode(drawn.svg),
                });
                if let Some(content) = result["content"].as_array_mut() {
                    content.push(image);
                }
                result
            }
            Err(problem) => refused(&problem, inside.lang),
        });
    }
    let told = match tool.name {
        "search" => search(inside, &given).await,
        "describe" => describe(inside, &given).await,
        "observe" => observe(inside, &given).await,
        "aggregate" => aggregate(inside, &given).await,
        "ask_sql" => ask_sql(inside, &given).await,
        "trace" => trace(inside, &given).await,
        "changes" => changes(inside, &given).await,
        other => {
            return Err(Failure::internal(Told::words(format!("the tool `{other}` is listed and not made"))));
        }
    };
    Ok(match told {
        Ok(told) => success(&told),
        Err(problem) => refused(&problem, inside.lang),
    })
}

/// The same twice: as a structure, and as a text for clients of before structures.
fn success(told: &Value) -> Value {
    json!({
        "content": [{ "type": "text", "text": told.to_string() }],
        "structuredContent": told,
        "isError": false,
    })
}

fn refusal(sentence: String) -> Value {
    json!({ "content": [{ "type": "text", "text": sentence }], "isError": true })
}

/// A problem as a sentence that says what to do.
fn refused(problem: &Problem, lang: Lang) -> Value {
    let mut sentence = problem.kind.title(lang);
    if let Some(at) = &problem.at {
        sentence.push_str(&format!(" (`{at}`)"));
    }
    if let Some(detail) = problem.sentence(lang) {
        sentence.push_str(&format!(": {detail}"));
    }
    sentence.push_str(&format!(". {}", problem.kind.advice(lang)));
    if let Some(seconds) = problem.retry_after {
        sentence.push_str(&format!(" ({seconds} s)"));
    }
    refusal(sentence)
}

/// A text argument, if it is given.
pub(super) fn text<'a>(given: &'a Arguments, name: &str) -> Option<&'a str> {
    given.get(name).and_then(Value::as_str)
}

/// A bounded number, or its default.
fn number(given: &Arguments, name: &str, default: u64, most: u64) -> Answer<u64> {
    match given.get(name).filter(|value| !value.is_null()) {
        None => Ok(default),
        Some(value) => match value.as_u64() {
            Some(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(Problem::parameter(
                name,
                told!("serve-not-1", "`{value}` is not 1 to {most}", value = value, most = most),
            )),
        },
    }
}

/// The arguments of these names as parameters of an address.
fn parameters(given: &Arguments, names: &[&str]) -> Vec<(String, String)> {
    let as_text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    names.iter().filter_map(|name| Some(((*name).to_owned(), as_text(given.get(*name)?)?))).collect()
}

/// The dataset that the arguments name.
pub(super) fn dataset(given: &Arguments) -> Answer<DatasetId> {
    let id = text(given, "dataset").unwrap_or_default();
    DatasetId::new(id).map_err(|_| Problem::not_found(id))
}

/// A dataset's document, and what to cite of it: with the version that is read from.
pub(super) async fn source(inside: &Inside, id: &DatasetId, given: &Arguments) -> Answer<(Value, Value)> {
    let document = inside.get(&format!("/v1/datasets/{id}"), &[]).await?;
    let pinned = given.get("version").filter(|version| !version.is_null()).cloned();
    let newest = match text(given, "as_known_at") {
        Some(_) => Value::Null,
        None => document["version"]["version"].clone(),
    };
    let version = pinned.unwrap_or(newest);
    let cite = json!({
        "dataset": document["id"], "title": document["title"], "agency": document["agency"],
        "licence": document["licence"], "synthetic": document["synthetic"], "version": version,
        "as_known_at": given.get("as_known_at"), "page": inside.link(&format!("/data/{id}")),
    });
    Ok((document, cite))
}

/// The version that everything of one answer is read from: what is committed meanwhile is not mixed in.
pub(super) fn pin(mut asked: Vec<(String, String)>, cite: &Value) -> Vec<(String, String)> {
    let is_pinned = asked.iter().any(|(name, _)| name == "version" || name == "as_known_at");
    if let (false, Some(version)) = (is_pinned, cite["version"].as_u64()) {
        asked.push(("version".to_owned(), version.to_string()));
    }
    asked
}

const SERIES: [&str; 8] =
    ["place", "property", "datastream", "statistic", "period", "datetime", "version", "as_known_at"];

async fn search(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let limit = number(given, "limit", 20, 100)?.to_string();
    let words = text(given, "text").unwrap_or_default().trim();
    let what = text(given, "what").unwrap_or("all");
    if !["all", "datasets", "places", "properties"].contains(&what) {
        return Err(Problem::parameter(
            "what",
            told!(
                "serve-not-datasets-places-properties",
                "`{what}` is not datasets, places or properties",
                what = what
            ),
        ));
    }
    let mut asked = vec![("limit".to_owned(), limit.clone())];
    if !words.is_empty() {
        asked.push(("q".to_owned(), words.to_owned()));
    }
    let mut told = json!({ "datasets": [], "places": [], "properties": [] });
    if what == "all" || what == "datasets" {
        let mut found = inside.get("/v1/datasets", &asked).await?;
        told["datasets_total"] = found["total"].take();
        told["datasets"] = found["items"].take();
    }
    if what == "all" || what == "places" {
        let mut found = inside.get("/v1/places", &asked).await?;
        told["places_total"] = found["total"].take();
        told["places"] = found["items"].take();
    }
    if what == "all" || what == "properties" {
        let mut found = inside.get("/v1/properties", &[]).await?;
        let folded = model::fold(words);
        let all = found["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let matches = |property: &Value| {
            let text = model::fold(&format!("{} {}", property["code"], property["name"]));
            folded.split_whitespace().all(|word| text.contains(word))
        };
        let most = limit.parse().unwrap_or(20);
        told["properties"] = all.into_iter().filter(matches).take(most).collect();
    }
    Ok(told)
}

async fn describe(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let id = dataset(given)?;
    let limit = usize::try_from(number(given, "limit", 100, 500)?).unwrap_or(100);
    let (document, cite) = source(inside, &id, given).await?;
    let mut told = json!({ "source": cite, "datastreams": [], "versions": [] });
    let mut versions = inside.get(&format!("/v1/datasets/{id}/versions"), &[]).await?;
    told["versions"] = first(versions["items"].take(), limit);
    told["versions_total"] = versions["total"].take();
    if document["kind"] == "observations" {
        // Who may know of it and not read it is told what it is, and nothing of its series.
        match inside.get(&format!("/v1/datasets/{id}/datastreams"), &[]).await {
            Ok(mut streams) => {
                told["datastreams"] = first(streams["items"].take(), limit);
                told["datastreams_total"] = streams["total"].take();
            }
            Err(problem) => told["values"] = problem.kind.title(inside.lang).into(),
        }
    }
    told["dataset"] = document;
    Ok(told)
}

fn first(items: Value, limit: usize) -> Value {
    match items {
        Value::Array(mut items) => {
            items.truncate(limit);
            Value::Array(items)
        }
        other => other,
    }
}

async fn observe(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let id = dataset(given)?;
    let limit = number(given, "limit", 100, 1000)?;
    let (_, cite) = source(inside, &id, given).await?;
    let mut asked = pin(parameters(given, &SERIES), &cite);
    asked.extend(parameters(given, &["cursor"]));
    asked.push(("limit".to_owned(), limit.to_string()));
    let mut found = inside.get(&format!("/v1/datasets/{id}/observations"), &asked).await?;
    for item in found["items"].as_array_mut().into_iter().flatten() {
        if let Some(path) = item["trace"].as_str() {
            item["trace"] = inside.link(path).into();
        }
    }
    let next = found["next"].as_str().and_then(|link| url::Url::parse(link).ok());
    let cursor = next.and_then(|link| {
        link.query_pairs().find(|(name, _)| name == "cursor").map(|(_, at)| at.into_owned())
    });
    Ok(json!({ "source": cite, "items": found["items"], "total": found["total"], "cursor": cursor }))
}

async fn aggregate(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let id = dataset(given)?;
    let (_, cite) = source(inside, &id, given).await?;
    let mut asked = pin(parameters(given, &SERIES), &cite);
    match text(given, "width") {
        Some(width) => asked.push(("width".to_owned(), width.to_owned())),
        None => asked.push(("buckets".to_owned(), number(given, "buckets", 50, 1000)?.to_string())),
    }
    let mut found = inside.get(&format!("/v1/datasets/{id}/observations/buckets"), &asked).await?;
    let mut items = found["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let total = items.len();
    items.truncate(1000);
    for item in &mut items {
        for (time, link) in [("min_time", "min_trace"), ("max_time", "max_trace")] {
            item[link] = trace_link(inside, &id, &item["datastream"], &item[time], &cite).into();
        }
        item["values"] = values_link(inside, &id, item, &cite).into();
    }
    Ok(json!({ "source": cite, "items": items, "total": total, "truncated": total > 1000 }))
}

/// Where one value comes from.
fn trace_link(inside: &Inside, id: &DatasetId, datastream: &Value, time: &Value, cite: &Value) -> String {
    let mut pairs = vec![
        ("dataset", id.to_string()),
        ("datastream", datastream.to_string()),
        ("time", time.as_str().unwrap_or_default().to_owned()),
    ];
    pairs.extend(version_of(cite));
    linked(inside, "/v1/trace", &pairs)
}

/// The values that a stretch of time is made of, each with its own trace.
fn values_link(inside: &Inside, id: &DatasetId, item: &Value, cite: &Value) -> String {
    let instant = |name: &str| item[name].as_str().unwrap_or("..").to_owned();
    let mut pairs = vec![
        ("datastream", item["datastream"].to_string()),
        ("datetime", format!("{}/{}", instant("start"), instant("end"))),
    ];
    pairs.extend(version_of(cite));
    linked(inside, &format!("/v1/datasets/{id}/observations"), &pairs)
}

fn version_of(cite: &Value) -> Option<(&'static str, String)> {
    match (cite["version"].as_u64(), cite["as_known_at"].as_str()) {
        (Some(version), _) => Some(("version", version.to_string())),
        (None, Some(time)) => Some(("as_known_at", time.to_owned())),
        (None, None) => None,
    }
}

fn linked(inside: &Inside, path: &str, pairs: &[(&str, String)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    inside.link(&format!("{path}?{query}"))
}

async fn ask_sql(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let rows = number(given, "max_rows", 200, 1000)?;
    let mut query = json!({ "sql": text(given, "sql").unwrap_or_default(), "max_rows": rows });
    if let Some(time) = text(given, "as_known_at") {
        query["as_known_at"] = time.into();
    }
    let mut found = inside.post("/v1/sql", &query).await?;
    let mut sources = Vec::new();
    for (name, version) in found["versions"].as_object().into_iter().flatten() {
        let Ok(id) = DatasetId::new(name) else { continue };
        let (_, mut cite) = source(inside, &id, &Map::new()).await?;
        cite["version"] = version.clone();
        sources.push(cite);
    }
    let trace = inside
        .link("/v1/trace?dataset={dataset}&datastream={datastream}&time={phenomenon_time}&version={version}");
    Ok(json!({
        "sources": sources, "columns": found["columns"].take(), "rows": found["rows"].take(),
        "truncated": found["truncated"].take(), "trace": trace,
    }))
}

async fn trace(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let id = dataset(given)?;
    let (_, mut cite) = source(inside, &id, given).await?;
    let names = [
        "dataset",
        "datastream",
        "place",
        "property",
        "geography",
        "period",
        "statistic",
        "time",
        "version",
        "as_known_at",
    ];
    let is_given = |name: &&str| given.get(*name).is_some_and(|value| !value.is_null());
    let (traces, total) = match ["datastream", "geography"].iter().any(is_given) {
        false if ["place", "property"].iter().any(is_given) => traces(inside, &id, given, &cite).await?,
        _ => (vec![inside.get("/v1/trace", &parameters(given, &names)).await?], 1),
    };
    let first = traces.first().cloned().unwrap_or_default();
    cite["version"] = first["version"].clone();
    Ok(json!({ "source": cite, "trace": first, "traces": traces, "total": total }))
}

/// Values that are traced at a time.
const MOST_TRACED: usize = 10;

/// Where the stored values of a place or a property come from, and how many there are: those of a time, or
/// the newest of each series.
async fn traces(
    inside: &Inside,
    id: &DatasetId,
    given: &Arguments,
    cite: &Value,
) -> Answer<(Vec<Value>, u64)> {
    let asked = ["place", "property", "statistic", "period", "version", "as_known_at"];
    let mut asked = pin(parameters(given, &asked), cite);
    let path = match text(given, "time") {
        Some(time) => {
            asked.push(("datetime".to_owned(), time.to_owned()));
            asked.push(("limit".to_owned(), MOST_TRACED.to_string()));
            format!("/v1/datasets/{id}/observations")
        }
        None => format!("/v1/datasets/{id}/latest"),
    };
    let found = inside.get(&path, &asked).await?;
    let mut traces = Vec::new();
    for item in found["items"].as_array().into_iter().flatten().take(MOST_TRACED) {
        if let Some(path) = item["trace"].as_str() {
            traces.push(inside.get(path, &[]).await?);
        }
    }
    if traces.is_empty() {
        let nothing = told!(
            "serve-mcp-nothing-to-trace",
            "there is no value of this place, property and time: `observe` shows what there is"
        );
        return Err(Problem::text(ProblemKind::NotFound, nothing));
    }
    Ok((traces, found["total"].as_u64().unwrap_or_default()))
}

async fn changes(inside: &Inside, given: &Arguments) -> Answer<Value> {
    let limit = number(given, "limit", 50, 100)?;
    let mut asked = parameters(given, &["cursor", "since", "dataset", "place", "property", "kind"]);
    asked.push(("limit".to_owned(), limit.to_string()));
    inside.get("/v1/changes", &asked).await
}
