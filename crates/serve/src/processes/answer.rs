//! What an execution asks for, and its results in the form that it asks for (18-062r2 §7.11.3, table 11).

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Run;
use serde_json::{Value, json};
use wording::{Told, told};

use super::handlers::JSON;
use crate::http::{Answer, Links, Problem, ProblemKind};

/// Bytes of what is sent to run a process, which takes no inputs.
const MOST_BODY: usize = 64 * 1024;

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// A document of all outputs, rather than the one output itself.
    is_document: bool,
    /// Where the output is, rather than the output.
    is_reference: bool,
}

impl Form {
    const RAW: Form = Form { is_document: false, is_reference: false };

    /// The form as it stands in the catalogue.
    pub(super) fn word(self) -> &'static str {
        match (self.is_document, self.is_reference) {
            (false, false) => "raw",
            (false, true) => "raw reference",
            (true, false) => "document",
            (true, true) => "document reference",
        }
    }

    /// The form of a word; jobs of before there were any answer with a document.
    pub(super) fn of(word: Option<&str>) -> Form {
        let word = word.unwrap_or("document");
        Form { is_document: word.starts_with("document"), is_reference: word.ends_with("reference") }
    }

    /// Reads what is sent: a process takes no inputs and has one output.
    pub(super) fn read(body: &Bytes) -> Answer<Form> {
        if body.is_empty() {
            return Ok(Form::RAW);
        }
        if body.len() > MOST_BODY {
            return Err(Problem::new(ProblemKind::TooLarge));
        }
        let wrong = |why: Told| Problem::text(ProblemKind::InvalidBody, why);
        let document: Value = serde_json::from_slice(body).map_err(|error| wrong(error.into()))?;
        if !document.is_object() {
            return Err(wrong(told!("serve-write-object-inputs", "write an object: `{\"inputs\": {}}`")));
        }
        let shown = |text: &str| text.chars().take(80).collect::<String>();
        let inputs = document.get("inputs").and_then(Value::as_object);
        if let Some(name) = inputs.and_then(|inputs| inputs.keys().next()) {
            let why = told!(
                "serve-process-no-input-takes-none",
                "the process has no input `{name}`: it takes none",
                name = shown(name)
            );
            return Err(wrong(why).at("inputs"));
        }
        let outputs = document.get("outputs").and_then(Value::as_object);
        if let Some(name) = outputs.and_then(|outputs| outputs.keys().find(|name| *name != "product")) {
            let why = told!(
                "serve-process-no-output-product",
                "the process has no output `{name}`: it has `product`",
                name = shown(name)
            );
            return Err(wrong(why).at("outputs"));
        }
        let one_of = |value: &Value, at: &str, words: [&str; 2]| match value {
            Value::Null => Ok(false),
            Value::String(word) if words.contains(&word.as_str()) => Ok(word == words[1]),
            other => {
                let why = told!(
                    "serve-neither-nor",
                    "`{other}` is neither `{words}` nor `{words2}`",
                    other = shown(&other.to_string()),
                    words = words[0],
                    words2 = words[1]
                );
                Err(wrong(why).at(at))
            }
        };
        Ok(Form {
            is_document: one_of(&document["response"], "response", ["raw", "document"])?,
            is_reference: one_of(
                &document["outputs"]["product"]["transmissionMode"],
                "transmissionMode",
                ["value", "reference"],
            )?,
        })
    }

    /// The results of a run.
    pub(super) fn results(self, run: &Run, links: &Links) -> Answer<Response> {
        // A run that changed nothing has no version of its own: its product is as it was.
        let path = format!("/v1/datasets/{}", run.dataset);
        let href = match run.version {
            Some(version) => links.to(&path, &[("version", &version.0.to_string())]),
            None => links.path(&path),
        };
        let value = json!({
            "dataset": run.dataset.as_str(),
            "run": run.id.as_str(),
            "version": run.version.map(|version| version.0),
            "href": href,
        });
        Ok(match (self.is_document, self.is_reference) {
            (true, false) => Json(json!({"product": {"value": value}})).into_response(),
            (true, true) => Json(json!({"product": {"href": href, "type": JSON}})).into_response(),
            (false, false) => Json(value).into_response(),
            (false, true) => {
                let link = format!("<{href}>; rel=\"product\"; type=\"{JSON}\"");
                let link = HeaderValue::from_str(&link).map_err(|error| Problem::internal(&error))?;
                (StatusCode::NO_CONTENT, [(header::LINK, link)]).into_response()
            }
        })
    }
}
