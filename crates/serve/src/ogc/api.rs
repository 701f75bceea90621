//! The OpenAPI 3.0 document of the OGC API: what its paths take and answer.

use model::Lang;
use serde_json::{Value, json};

use crate::http::Links;
use crate::http::language::message;

pub(super) fn document(links: &Links, lang: Lang) -> Value {
    let lang_parameter = parameter("lang", "query", json!({"type": "string", "enum": ["vi", "en", "km"]}));
    let mut document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": message(lang, "ogc-title"),
            "description": message(lang, "ogc-description"),
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": links.path("/ogc")}],
        "paths": {
        },
        "components": {
            "parameters": {
                "lang": lang_parameter,
            },
            "responses": {"Problem": {"description": "RFC 9457", "content": {
                "application/problem+json": {"schema": {"type": "object", "required": ["type", "title", "status"],
                    "properties": {"type": {"type": "string"}, "title": {"type": "string"},
                        "status": {"type": "integer"}, "detail": {"type": "string"}}}}}}},
        },
    });
    for (path, item) in crate::OGC.iter().flat_map(|outlet| (outlet.paths)()) {
        document["paths"][path.as_str()] = item;
    }
    for (path, item) in super::paths::paths() {
        document["paths"][path] = item;
    }
    for (name, parameter) in super::paths::parameters() {
        document["components"]["parameters"][name] = parameter;
    }
    document
}

fn parameter(name: &str, place: &str, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}
