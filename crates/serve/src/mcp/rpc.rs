//! JSON-RPC 2.0, as far as the protocol uses it.

use model::Lang;
use serde_json::{Value, json};
use wording::{Told, told};

/// A call that wants an answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Value,
}

/// A call that fails as such; what a tool refuses is a result of the tool.
#[derive(Debug)]
pub(super) struct Failure {
    code: i32,
    message: Told,
}

impl Failure {
    /// What was sent is no request.
    pub(super) fn invalid(message: Told) -> Failure {
        Failure { code: -32600, message }
    }

    /// Parameters that the method does not take.
    pub(super) fn params(message: Told) -> Failure {
        Failure { code: -32602, message }
    }

    /// A resource that is not there, or that the asker may not know of.
    pub(super) fn no_resource(uri: &str) -> Failure {
        let message = told!("serve-mcp-no-resource", "there is no resource `{uri}`", uri = shortened(uri));
        Failure { code: -32002, message }
    }

    pub(super) fn unknown_method(method: &str) -> Failure {
        let message = told!("serve-mcp-no-method", "there is no method `{name}`", name = shortened(method));
        Failure { code: -32601, message }
    }

    /// Something failed here.
    pub(super) fn internal(message: Told) -> Failure {
        Failure { code: -32603, message }
    }

    pub(super) fn document(&self, id: &Value, lang: Lang) -> Value {
        let message = self.message.sentence(lang);
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": self.code, "message": message } })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The request of a body; nothing when it is a notification or an answer.
pub(super) fn read(body: &[u8]) -> Result<Option<Request>, Failure> {
    let mut message: Value = serde_json::from_slice(body).map_err(|error| Failure {
        code: -32700,
        message: told!("serve-mcp-no-json", "the body is no JSON: {error}", error => error),
    })?;
    if message.is_array() {
        return Err(Failure::invalid(told!(
            "serve-mcp-one-message",
            "send one message at a time: batches are not part of the protocol any more"
        )));
    }
    if message["jsonrpc"] != "2.0" {
        return Err(Failure::invalid(told!("serve-mcp-no-message", "this is no message of JSON-RPC 2.0")));
    }
    let method = match &message["method"] {
        Value::String(method) => method.clone(),
        Value::Null if message.get("result").is_some() || message.get("error").is_some() => return Ok(None),
        _ => {
            return Err(Failure::invalid(told!(
                "serve-mcp-message-without-method",
                "the message has no `method`"
            )));
        }
    };
    match message.get("id") {
        None => Ok(None),
        Some(id @ (Value::String(_) | Value::Number(_))) => {
            let id = id.clone();
            Ok(Some(Request { id, method, params: message["params"].take() }))
        }
        Some(_) => Err(Failure::invalid(told!("serve-mcp-id", "`id` is a text or a number"))),
    }
}
