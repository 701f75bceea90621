//! The OpenAPI 3.0 document of the OGC API: what its paths take and answer.

use model::Lang;
use serde_json::{Value, json};

use crate::http::Links;
use crate::http::language::message;

pub(super) fn document(links: &Links, lang: Lang) -> Value {
    let collection = parameter("collection", "path", json!({"type": "string"}));
    let lang_parameter = parameter("lang", "query", json!({"type": "string", "enum": ["vi", "en", "km"]}));
    let list = [reference("bbox"), reference("datetime"), reference("limit"), reference("offset")];
    let get = |id: &str, media: &str, parameters: Vec<Value>| {
        let mut parameters = parameters;
        parameters.push(lang_parameter.clone());
        json!({"get": {"operationId": id, "parameters": parameters, "responses": {
            "200": {"description": "OK", "content": {media: {"schema": {"type": "object"}}}},
            "default": {"$ref": "#/components/responses/Problem"},
        }}})
    };
    let within = |more: &[Value]| {
        let mut parameters = vec![collection.clone()];
        parameters.extend_from_slice(more);
        parameters
    };
    let (json, geojson) = ("application/json", "application/geo+json");
    let item = parameter("item", "path", json!({"type": "string"}));
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
            "/": get("landing", json, vec![]),
            "/conformance": get("conformance", json, vec![]),
            "/collections": get("collections", json, vec![]),
            "/collections/{collection}": get("collection", json, within(&[])),
            "/collections/{collection}/items": get("items", geojson, within(&list)),
            "/collections/{collection}/items/{item}": get("item", geojson, within(&[item])),
        },
        "components": {
            "parameters": {
                "bbox": {"name": "bbox", "in": "query", "required": false, "style": "form", "explode": false,
                    "schema": {"type": "array", "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
                        "items": {"type": "number"}}},
                "datetime": parameter("datetime", "query", json!({"type": "string"})),
                "limit": {"name": "limit", "in": "query", "required": false, "style": "form", "explode": false,
                    "schema": {"type": "integer", "minimum": 1, "maximum": super::params::MOST_ITEMS, "default": 100}},
                "offset": parameter("offset", "query", json!({"type": "integer", "minimum": 0})),
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
    document
}

fn parameter(name: &str, place: &str, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}
