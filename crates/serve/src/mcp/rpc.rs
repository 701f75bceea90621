//! JSON-RPC 2.0, as far as the protocol uses it.

use serde_json::{Value, json};

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
    message: String,
}

impl Failure {
    /// What was sent is no request.
    pub(super) fn invalid(message: impl Into<String>) -> Failure {
        Failure { code: -32600, message: message.into() }
    }

    /// Parameters that the method does not take.
    pub(super) fn params(message: impl Into<String>) -> Failure {
        Failure { code: -32602, message: message.into() }
    }

    /// A resource that is not there, or that the asker may not know of.
    pub(super) fn no_resource(uri: &str) -> Failure {
        Failure { code: -32002, message: format!("there is no resource `{}`", shortened(uri)) }
    }

    pub(super) fn unknown_method(method: &str) -> Failure {
        Failure { code: -32601, message: format!("there is no method `{}`", shortened(method)) }
    }

    /// Something failed here.
    pub(super) fn internal(message: impl Into<String>) -> Failure {
        Failure { code: -32603, message: message.into() }
    }

    pub(super) fn document(&self, id: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": self.code, "message": self.message } })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The request of a body; nothing when it is a notification or an answer.
pub(super) fn read(body: &[u8]) -> Result<Option<Request>, Failure> {
    let mut message: Value = serde_json::from_slice(body)
        .map_err(|error| Failure { code: -32700, message: format!("the body is no JSON: {error}") })?;
    if message.is_array() {
        return Err(Failure::invalid(
            "send one message at a time: batches are not part of the protocol any more",
        ));
    }
    if message["jsonrpc"] != "2.0" {
        return Err(Failure::invalid("this is no message of JSON-RPC 2.0"));
    }
    let method = match &message["method"] {
        Value::String(method) => method.clone(),
        Value::Null if message.get("result").is_some() || message.get("error").is_some() => return Ok(None),
        _ => return Err(Failure::invalid("the message has no `method`")),
    };
    match message.get("id") {
        None => Ok(None),
        Some(id @ (Value::String(_) | Value::Number(_))) => {
            let id = id.clone();
            Ok(Some(Request { id, method, params: message["params"].take() }))
        }
        Some(_) => Err(Failure::invalid("`id` is a text or a number")),
    }
}
