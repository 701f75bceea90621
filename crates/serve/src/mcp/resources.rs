//! Resources: datasets, as what is said of them.

use serde_json::{Value, json};
use wording::{Told, told};

use super::inside::Inside;
use super::rpc::Failure;
use crate::http::{Problem, ProblemKind};

/// Datasets of one page.
const PAGE: usize = 100;
const SCHEME: &str = "cuulong://datasets/";

/// A page of the datasets that the asker may know of.
pub(super) async fn list(inside: &Inside, params: &Value) -> Result<Value, Failure> {
    let offset: usize = match &params["cursor"] {
        Value::Null => 0,
        cursor => cursor
            .as_str()
            .and_then(|cursor| cursor.parse().ok())
            .ok_or_else(|| Failure::params(told!("serve-mcp-cursor", "`cursor` is none of this list")))?,
    };
    let asked = [("limit".to_owned(), PAGE.to_string()), ("offset".to_owned(), offset.to_string())];
    let page = inside.get("/v1/datasets", &asked).await.map_err(|problem| failed(&problem, inside))?;
    let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let resources: Vec<Value> = items
        .iter()
        .map(|dataset| {
            let id = dataset["id"].as_str().unwrap_or_default();
            let title = dataset["title"][inside.lang.tag()].as_str().or(dataset["title"]["vi"].as_str());
            json!({
                "uri": format!("{SCHEME}{id}"), "name": id, "title": title, "mimeType": "application/json",
                "description": dataset["description"]["vi"],
            })
        })
        .collect();
    let reached = offset + items.len();
    let mut told = json!({ "resources": resources });
    if page["total"].as_u64().is_some_and(|total| (reached as u64) < total) && !items.is_empty() {
        told["nextCursor"] = reached.to_string().into();
    }
    Ok(told)
}

/// How the address of a dataset is written.
pub(super) fn templates() -> Value {
    json!({ "resourceTemplates": [{
        "uriTemplate": format!("{SCHEME}{{id}}"), "name": "dataset", "title": "A dataset",
        "description": "What is said of a dataset: title, agency, licence, newest version.",
        "mimeType": "application/json",
    }] })
}

/// What is said of a dataset.
pub(super) async fn read(inside: &Inside, params: &Value) -> Result<Value, Failure> {
    let uri = params["uri"]
        .as_str()
        .ok_or_else(|| Failure::params(told!("serve-missing-member", "`{name}` is missing", name = "uri")))?;
    let id = uri.strip_prefix(SCHEME).and_then(|id| model::DatasetId::new(id).ok());
    let id = id.ok_or_else(|| Failure::no_resource(uri))?;
    match inside.get(&format!("/v1/datasets/{id}"), &[]).await {
        Ok(document) => Ok(json!({ "contents": [{
            "uri": uri, "mimeType": "application/json", "text": document.to_string(),
        }] })),
        Err(problem) if problem.kind == ProblemKind::NotFound => Err(Failure::no_resource(uri)),
        Err(problem) => Err(failed(&problem, inside)),
    }
}

fn failed(problem: &Problem, inside: &Inside) -> Failure {
    let said = problem.sentence(inside.lang).unwrap_or_else(|| problem.kind.title(inside.lang));
    Failure::internal(Told::words(said))
}
