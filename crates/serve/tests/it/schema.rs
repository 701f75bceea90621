//! Judges a value by a schema of the OpenAPI document (JSON Schema 2020-12): the keywords that the document
//! uses, and none that it would pass over in silence.

use serde_json::Value;

/// Where a value breaks a schema whose references lead into the document, and how.
pub fn faults(schema: &Value, value: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Judge { document }.judge(schema, value, "", &mut found);
    found
}

struct Judge<'a> {
    document: &'a Value,
}

impl Judge<'_> {
    fn judge(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().into_iter().flatten() {
            match keyword.as_str() {
                "$ref" => {
                    let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    let target = self.document.pointer(pointer);
                    self.judge(target.unwrap_or_else(|| panic!("{pointer} leads nowhere")), value, at, found);
                }
                "type" => {
                    let fits = match wanted {
                        Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
                        kind => is_of(kind, value),
                    };
                    found.extend((!fits).then(|| format!("{at} is no {wanted}: {value}")));
                }
                "format" => {
                    let fits = value.as_str().is_none_or(|text| match wanted.as_str().unwrap() {
                        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
                        "date" => text.parse::<chrono::NaiveDate>().is_ok(),
                        _ => true,
                    });
                    found.extend((!fits).then(|| format!("{at} is no {wanted}: {value}")));
                }
                "minimum" => {
                    let fits = value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap());
                    found.extend((!fits).then(|| format!("{at} is below {wanted}: {value}")));
                }
                "required" => {
                    for name in wanted.as_array().unwrap().iter().filter_map(Value::as_str) {
                        let is_missing = value.is_object() && value.get(name).is_none();
                        found.extend(is_missing.then(|| format!("{at}.{name} is missing")));
                    }
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            self.judge(schema, value, &format!("{at}.{name}"), found);
                        }
                    }
                }
                "additionalProperties" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        let is_named = schema["properties"].get(name).is_some();
                        match wanted {
                            _ if is_named => {}
                            Value::Bool(false) => found.push(format!("{at}.{name} is not known")),
                            Value::Bool(true) => {}
                            schema => self.judge(schema, value, &format!("{at}.{name}"), found),
                        }
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.judge(wanted, item, &format!("{at}[{index}]"), found);
                    }
                }
                "oneOf" | "anyOf" => {
                    let fits = |schema: &&Value| faults(schema, value, self.document).is_empty();
                    let fitting = wanted.as_array().unwrap().iter().filter(fits).count();
                    let is_right = if keyword == "oneOf" { fitting == 1 } else { fitting > 0 };
                    found.extend((!is_right).then(|| format!("{at} fits {fitting} of {wanted}: {value}")));
                }
                "allOf" => {
                    for schema in wanted.as_array().unwrap() {
                        self.judge(schema, value, at, found);
                    }
                }
                "enum" => {
                    let fits = wanted.as_array().unwrap().contains(value);
                    found.extend((!fits).then(|| format!("{at} is none of {wanted}: {value}")));
                }
                "description" | "title" | "default" | "example" | "examples" => {}
                other => panic!("{at}: the keyword `{other}` is not judged yet"),
            }
        }
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type `{other}`"),
    }
}

#[test]
fn what_breaks_a_schema_is_found() {
    let document = serde_json::json!({ "components": { "schemas": { "Place": {
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {
            "id": { "type": "string" },
            "count": { "type": ["integer", "null"], "minimum": 0 },
            "since": { "type": "string", "format": "date-time" },
        }
    } } } });
    let schema = serde_json::json!({ "type": "array", "items": { "$ref": "#/components/schemas/Place" } });
    for (value, expected) in [
        (serde_json::json!([{ "id": "a", "count": null, "since": "2026-02-03T07:00:00+07:00" }]), 0),
        (serde_json::json!({}), 1),
        (serde_json::json!([{ "count": -1 }]), 2),
        (serde_json::json!([{ "id": "a", "since": "yesterday", "more": 1 }]), 2),
    ] {
        let found = faults(&schema, &value, &document);
        assert_eq!(found.len(), expected, "{value}: {found:?}");
    }
}
