//! What every operation of the OpenAPI document says beyond its handler's own words: problems, quotas,
//! who may ask, what is deprecated, and examples: of requests (`examples.json`), of problems (`problem_examples.rs`),
//! and of answers, which are what a node said on the sample (`answers.json`).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::{problem_examples, unused};
use crate::http::ProblemKind;
use crate::http::deprecated::{DEPRECATED, Deprecated};

/// Parameters, ids and bodies that work on the sample, by name or by operation.
const EXAMPLES: &str = include_str!("examples.json");
/// What a node answered, by operation; a test asks again and writes them.
const ANSWERS: &str = include_str!("answers.json");
const METHODS: [&str; 6] = ["get", "put", "post", "delete", "patch", "head"];

/// The document, completed.
pub(super) fn complete(document: OpenApi) -> OpenApi {
    let mut document = serde_json::to_value(document).expect("an OpenAPI document is plain data");
    let mut examples: Value = serde_json::from_str(EXAMPLES).expect("a test reads the examples");
    examples["answers"] = serde_json::from_str(ANSWERS).expect("a test reads the answers");
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get_mut(method) {
                    describe(path, method, operation, &examples);
                }
            }
        }
    }
    document["servers"] = json!([{ "url": "/", "description": "This node" }]);
    document["tags"] = tags(&document, &examples["tags"]);
    document["components"]["schemas"]["Problem"] = problem();
    document["components"]["responses"]["Problem"] = json!({
        "description": "A problem document (RFC 9457)",
        "content": problem_content(&problem_examples::of("", "", StatusCode::BAD_REQUEST, &examples["problems"])),
    });
    document["components"]["headers"] = quota_headers();
    serde_json::from_value(document).expect("what is added is OpenAPI as well")
}

/// Every response has a description (OpenAPI 3.1 §4.8.17; where a handler gives none, the status's
/// own words), and every operation a name of its own (§4.8.10).
fn describe(path: &str, method: &str, operation: &mut Value, examples: &Value) {
    let words = path.trim_start_matches("/v1").split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let id = format!("{method}_{}", words.join("_"));
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.retain(|parameter| !unused::is_unused(&id, parameter["name"].as_str().unwrap_or("")));
    }
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        complete_parameter(path, method, parameter, &id, examples);
    }
    if let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut) {
        bytes_are_binary(content);
        for (media, shown) in content {
            let own = examples["bodies"].get(format!("{id} {media}"));
            let example = own.or_else(|| examples["bodies"].get(&id).filter(|_| media == "application/json"));
            if let Some(example) = example {
                shown["example"] = example.clone();
            }
        }
    }
    more_formats(&id, operation);
    complete_responses(method, operation);
    show_problems(path, &id, operation, &examples["problems"]);
    show_answer(operation, &examples["answers"][&id]);
    // Of several ways to succeed, each but the usual one stands under its status.
    for status in ["200", "201"] {
        show_answer(operation, &examples["answers"][format!("{id} {status}")]);
    }
    // Without a key, what is open; with one, what its holder may see.
    if operation.get("security").is_none() {
        operation["security"] = json!([{}, { "key": [] }]);
    }
    operation["operationId"] = id.into();
}

fn complete_parameter(path: &str, method: &str, parameter: &mut Value, operation: &str, examples: &Value) {
    let name = parameter["name"].as_str().unwrap_or("").to_owned();
    let of_path = || {
        let ids = examples["ids"].as_object()?;
        ids.iter().find(|(prefix, _)| path.starts_with(prefix.as_str())).map(|(_, id)| id)
    };
    let own = examples["operations"][operation].get(&name);
    let example = own.or_else(|| if name == "id" { of_path() } else { examples["parameters"].get(&name) });
    let example = example.filter(|example| !example.is_null());
    if let (Some(example), None) = (example, parameter.get("example")) {
        parameter["example"] = example.clone();
    }
    whole_numbers_have_no_sign(&mut parameter["schema"]);
    let is_number = parameter["schema"]["type"] == "integer";
    if is_number && ["limit", "buckets", "max_rows"].contains(&name.as_str()) {
        parameter["schema"]["minimum"] = 1.into();
    }
    let is_this = |deprecated: &&Deprecated| deprecated.path == path && deprecated.parameter == name;
    if let Some(deprecated) = DEPRECATED.iter().find(is_this).filter(|_| method == "get") {
        parameter["deprecated"] = true.into();
        let words = parameter["description"].as_str().unwrap_or("");
        let (since, sunset) = (deprecated.since(), deprecated.sunset());
        let instead = deprecated.instead;
        let more = format!("{words} Deprecated since {since}, kept until {sunset}: use `{instead}`.");
        parameter["description"] = more.trim_start().into();
    }
}

fn complete_responses(method: &str, operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in &mut *responses {
        let code = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        if response["description"].as_str().is_none_or(str::is_empty) {
            let words = code.and_then(|code| code.canonical_reason()).unwrap_or("An answer");
            response["description"] = words.into();
        }
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
            bytes_are_binary(content);
        }
        let is_problem = code.is_some_and(|code| code.is_client_error() || code.is_server_error());
        // A part that is not there is told in `Content-Range` alone.
        let is_bare = code == Some(StatusCode::RANGE_NOT_SATISFIABLE) || method == "head";
        if is_problem && response.get("content").is_none() && !is_bare {
            response["content"] = problem_content(&Value::Null);
        }
        for (name, component) in [("RateLimit", "RateLimit"), ("RateLimit-Policy", "RateLimitPolicy")] {
            response["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
        }
    }
    let default = match method {
        "head" => json!({ "description": "A problem; its document is told to GET only" }),
        _ => json!({ "$ref": "#/components/responses/Problem" }),
    };
    responses.insert("default".to_owned(), default);
}

/// Shows a problem of each status that is told with one.
fn show_problems(path: &str, id: &str, operation: &mut Value, problems: &Value) {
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let Some(code) = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok()) else {
            continue;
        };
        if let Some(shown) = response.pointer_mut("/content/application~1problem+json") {
            shown["example"] = problem_examples::of(path, id, code, problems);
        }
    }
}

/// Shows what a node answered, in the place of its status and media type.
fn show_answer(operation: &mut Value, answer: &Value) {
    let status = answer["status"].as_str().unwrap_or("");
    let content = operation["responses"].get_mut(status).and_then(|response| response.get_mut("content"));
    let Some(content) = content.and_then(Value::as_object_mut) else { return };
    let media = answer["media"].as_str().unwrap_or("");
    let bare = |name: &str| name.split(';').next().unwrap_or("").trim() == media;
    let key = content.keys().find(|name| bare(name)).or_else(|| content.keys().next()).cloned();
    let Some(shown) = key.and_then(|key| content.get_mut(&key)) else { return };
    match answer.get("address") {
        Some(address) => {
            let words = "Bytes: ask for them at this address of the sample";
            shown["examples"] = json!({ "bytes": { "summary": words, "externalValue": address } });
        }
        None => shown["example"] = answer["value"].clone(),
    }
}

/// Rows come as JSON, or as what `format` says; files of a whole dataset are of many media types.
fn more_formats(id: &str, operation: &mut Value) {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    let format = parameters.find(|parameter| parameter["name"] == "format");
    let said = format.and_then(|format| format["description"].as_str());
    let is_of_rows = said.is_some_and(|said| said.contains("arrow")) || id == "post_sql";
    let is_of_files = said.is_some();
    let content = operation.pointer_mut("/responses/200/content").and_then(Value::as_object_mut);
    let Some(content) = content else { return };
    if is_of_files && content.remove("application/octet-stream").is_some() {
        content.insert("*/*".to_owned(), json!({ "schema": { "type": "string", "format": "binary" } }));
    } else if is_of_rows && content.contains_key("application/json") {
        for media in ["text/csv", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"] {
            content.insert(media.to_owned(), json!({ "schema": { "type": "string", "format": "binary" } }));
        }
    }
}

/// A number of 64 bits without a sign is no `int64`.
fn whole_numbers_have_no_sign(schema: &mut Value) {
    if schema["format"] == "int64"
        && schema["minimum"] == 0
        && let Some(schema) = schema.as_object_mut()
    {
        schema.remove("format");
    }
}

/// Bytes are no array of numbers (OpenAPI 3.1 §4.8.14.3), and a stream of events is no text.
fn bytes_are_binary(content: &mut Map<String, Value>) {
    if let Some(events) = content.get_mut("text/event-stream") {
        *events = json!({});
    }
    for media in content.values_mut() {
        if media["schema"]["type"] == "array" && media["schema"]["items"]["format"] == "int32" {
            media["schema"] = json!({ "type": "string", "format": "binary" });
        }
    }
}

fn problem_content(example: &Value) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "application/problem+json": { "schema": schema, "example": example } })
}

fn problem() -> Value {
    let types: Vec<String> =
        ProblemKind::ALL.iter().map(|kind| format!("/problems/{}", kind.slug())).collect();
    json!({
        "type": "object",
        "description": "What went wrong, where, and what to do: RFC 9457, in Vietnamese, English or Khmer.",
        "required": ["type", "title", "status", "advice"],
        "properties": {
            "type": { "type": "string", "description": format!("What kind of problem: {}.", types.join(", ")) },
            "title": { "type": "string", "description": "The kind in words." },
            "status": { "type": "integer", "description": "The HTTP status." },
            "detail": { "type": "string", "description": "What exactly is wrong, and where." },
            "advice": { "type": "string", "description": "What to do." },
            "at": { "type": "string", "description": "The parameter, cell or position at fault." },
            "instance": { "type": "string", "description": "The request's number, for whoever asks an administrator." },
            "violated-policies": { "type": "array", "items": { "type": "string" },
                "description": "The quotas that are used up: time, bytes or requests." },
            "cost": { "type": "array", "items": { "type": "object" },
                "description": "What your requests cost, quota by quota." }
        }
    })
}

fn quota_headers() -> Value {
    let header = |description: &str, example: &str| json!({ "description": description, "required": false, "schema": { "type": "string" }, "example": example });
    json!({
        "RateLimit": header(
            "What is left of your quotas, and in how many seconds they are full again \
             (draft-ietf-httpapi-ratelimit-headers-11).",
            "\"time\";r=448;t=2, \"bytes\";r=81920;t=0",
        ),
        "RateLimitPolicy": header(
            "Your quotas of running time and of bytes read.",
            "\"time\";q=450;w=300;qu=\"seconds\", \"bytes\";q=81920;w=300;qu=\"mebibytes\"",
        ),
    })
}

/// The tags that are in use, described.
fn tags(document: &Value, words: &Value) -> Value {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, item)| METHODS.iter().filter_map(|method| item.get(*method)));
    let used = operations.flat_map(|operation| operation["tags"].as_array().cloned().unwrap_or_default());
    let names: std::collections::BTreeSet<String> =
        used.filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
    names
        .into_iter()
        .map(|name| match words.get(&name) {
            Some(words) => json!({ "name": name, "description": words }),
            None => json!({ "name": name }),
        })
        .collect()
}
