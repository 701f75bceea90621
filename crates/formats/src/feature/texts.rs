//! Texts of properties: composed letters, and how long they are.

use serde_json::Value;

/// A text with its letters composed.
pub(super) fn nfc(text: String) -> String {
    if text.is_ascii() { text } else { model::nfc(&text) }
}

/// A value with all its texts so.
pub(super) fn normalised(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(nfc(text)),
        Value::Array(values) => Value::Array(values.into_iter().map(normalised).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (nfc(name), normalised(value))).collect())
        }
        other => other,
    }
}

/// Bytes of all texts of a value.
pub(super) fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_bytes).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + text_bytes(value)).sum(),
        _ => 0,
    }
}
