//! The OpenAPI 3.0 document of the OGC API: what its paths take and answer.

use model::Lang;
use serde_json::{Value, json};

use crate::http::Links;
use crate::http::language::message;

pub(super) fn document(links: &Links, lang: Lang) -> Value {
    let collection = parameter("collection", "path", json!({"type": "string"}));
    let lang_parameter = parameter("lang", "query", json!({"type": "string", "enum": ["vi", "en", "km"]}));
    let list = [reference("bbox"), reference("datetime"), reference("limit"), reference("offset")];
    let series = [reference("datetime"), reference("parameter-name"), reference("crs")];
    let coords = json!({"name": "coords", "in": "query", "required": true, "schema": {"type": "string"},
        "example": "POINT(105.78 10.03)"});
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
    let (json, geojson, covjson) =
        ("application/json", "application/geo+json", "application/prs.coverage+json");
    let item = parameter("item", "path", json!({"type": "string"}));
    let location = parameter("location", "path", json!({"type": "string"}));
    json!({
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
            "/collections/{collection}/position":
                get("position", covjson, within(&[&[coords][..], &series].concat())),
            "/collections/{collection}/locations": get("locations", geojson, within(&list)),
            "/collections/{collection}/locations/{location}":
                get("location", covjson, within(&[&[location][..], &series].concat())),
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
                "parameter-name": parameter("parameter-name", "query", json!({"type": "string"})),
                "crs": parameter("crs", "query", json!({"type": "string", "enum": ["CRS84"]})),
            },
            "responses": {"Problem": {"description": "RFC 9457", "content": {
                "application/problem+json": {"schema": {"type": "object", "required": ["type", "title", "status"],
                    "properties": {"type": {"type": "string"}, "title": {"type": "string"},
                        "status": {"type": "integer"}, "detail": {"type": "string"}}}}}}},
        },
    })
}

fn parameter(name: &str, place: &str, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}
