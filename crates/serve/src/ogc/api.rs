//! The OpenAPI 3.0 document of the OGC API: what its paths take and answer.

use model::Lang;
use serde_json::{Value, json};

use crate::http::Links;
use crate::http::language::message;

pub(super) fn document(links: &Links, lang: Lang) -> Value {
    let collection = parameter("collection", "path", json!({"type": "string"}));
    let lang_parameter = parameter("lang", "query", json!({"type": "string", "enum": ["vi", "en", "km"]}));
    let list = [reference("bbox"), reference("datetime"), reference("limit"), reference("offset")];
    let series = [reference("datetime"), reference("parameter-name"), reference("edr-crs")];
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
    let (geojson, covjson) = ("application/geo+json", "application/prs.coverage+json");
    let location = parameter("location", "path", json!({"type": "string"}));
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
            "/collections/{collection}/position":
                get("position", covjson, within(&[&[coords][..], &series].concat())),
            "/collections/{collection}/locations": get("locations", geojson, within(&list)),
            "/collections/{collection}/locations/{location}":
                get("location", covjson, within(&[&[location][..], &series].concat())),
        },
        "components": {
            "parameters": {
                "lang": parameter("lang", "query", json!({"type": "string", "enum": ["vi", "en", "km"]})),
                "parameter-name": parameter("parameter-name", "query", json!({"type": "string"})),
                "edr-crs": parameter("crs", "query", json!({"type": "string", "enum": ["CRS84"]})),
            },
            "responses": {"Problem": {"description": "RFC 9457", "content": {
                "application/problem+json": {"schema": {"type": "object", "required": ["type", "title", "status"],
                    "properties": {"type": {"type": "string"}, "title": {"type": "string"},
                        "status": {"type": "integer"}, "detail": {"type": "string"}}}}}}},
        },
    });
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

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}
