//! What the paths of features take and answer, as OpenAPI 3.0 says it.

use serde_json::{Value, json};

use super::items::MOST_ITEMS;
use crate::http::crs::OFFERED;

/// The parameters that the paths share, by name.
pub(super) fn parameters() -> Vec<(&'static str, Value)> {
    let systems = json!({"type": "string", "format": "uri", "enum": OFFERED, "default": OFFERED[0]});
    vec![
        (
            "bbox",
            json!({"name": "bbox", "in": "query", "required": false, "style": "form", "explode": false,
            "schema": {"type": "array", "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
                "items": {"type": "number"}},
            "example": [105.0, 9.0, 106.0, 10.5]}),
        ),
        ("bbox-crs", text("bbox-crs", systems.clone())),
        ("crs", text("crs", systems.clone())),
        ("filter-crs", text("filter-crs", systems)),
        ("datetime", text("datetime", json!({"type": "string", "example": "2020-02-01/2020-02-29"}))),
        (
            "limit",
            json!({"name": "limit", "in": "query", "required": false, "style": "form", "explode": false,
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": 100}}),
        ),
        ("offset", text("offset", json!({"type": "integer", "minimum": 0}))),
        ("token", text("token", json!({"type": "string"}))),
        ("filter", text("filter", json!({"type": "string", "example": "CASEI(name) LIKE CASEI('%cái%')"}))),
        (
            "filter-lang",
            text(
                "filter-lang",
                json!({"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}),
            ),
        ),
        ("version", text("version", json!({"type": "integer", "minimum": 0}))),
        ("as_known_at", text("as_known_at", json!({"type": "string", "format": "date-time"}))),
        ("f", text("f", json!({"type": "string", "enum": ["json", "html"]}))),
        // Properties of the collection by their names, e.g. `name=…`.
        (
            "properties",
            json!({"name": "properties", "in": "query", "required": false, "style": "form",
            "explode": true, "schema": {"type": "object", "additionalProperties": {"type": "string"}}}),
        ),
    ]
}

fn text(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "schema": schema})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

/// The paths, below `/ogc`.
pub(super) fn paths() -> Vec<(&'static str, Value)> {
    let own =
        |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let operation = |id: &str, media: &str, schema: Value, parameters: Vec<Value>| {
        let mut parameters = parameters;
        parameters.push(reference("f"));
        parameters.push(reference("lang"));
        json!({"operationId": id, "parameters": parameters, "responses": {
            "200": {"description": "OK", "content": {
                media: {"schema": schema}, "text/html": {"schema": {"type": "string"}}}},
            "default": {"$ref": "#/components/responses/Problem"},
        }})
    };
    let any = || json!({"type": "object"});
    let (json, geojson, schema) = ("application/json", "application/geo+json", "application/schema+json");
    let list: Vec<Value> = [
        "bbox",
        "bbox-crs",
        "datetime",
        "limit",
        "offset",
        "token",
        "crs",
        "filter",
        "filter-lang",
        "filter-crs",
        "version",
        "as_known_at",
        "properties",
    ]
    .map(reference)
    .into();
    let one: Vec<Value> = ["crs", "version", "as_known_at"].map(reference).into();
    let of = |more: &[Value]| [&[own("collection")][..], more].concat();
    let page = json!({"type": "object", "required": ["type", "features"], "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": {"type": "object"}},
        "links": {"type": "array", "items": {"type": "object"}},
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0}}});
    let feature = json!({"type": "object", "required": ["type", "geometry", "properties"], "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": "object", "nullable": true},
        "properties": {"type": "object", "nullable": true},
        "links": {"type": "array", "items": {"type": "object"}}}});
    let text = || json!({"type": "string"});
    let held_back = json!({"type": "object", "required": ["held_back"], "properties": {"held_back": {
        "type": "array", "items": {"type": "object", "required": ["property", "code", "message"], "properties": {
            "property": text(), "code": text(), "message": text()}}}}});
    // Writing a feature (20-002): what is sent, and what of the feature as it is has to hold.
    let write = |id: &str, media: &str, status: &str, parameters: Vec<Value>| {
        let mut parameters = parameters;
        parameters.push(reference("f"));
        parameters.push(reference("lang"));
        let mut operation = json!({"operationId": id, "parameters": parameters, "responses": {
            status: {"description": "Done: a version"},
            "default": {"$ref": "#/components/responses/Problem"},
        }});
        // What is personal in it does not go in; then the answer says so, and no longer that there is none.
        if !media.is_empty() {
            let told = if status == "204" { "200" } else { status };
            operation["responses"][told] = json!({
                "description": "Done: a version. With a body where personal data were held back",
                "content": {json: {"schema": held_back}}});
            operation["requestBody"] = json!({"required": true, "content": {media: {"schema": any()}}});
        }
        operation
    };
    let merge = "application/merge-patch+json";
    let at_item = || of(&[own("item")]);
    vec![
        ("/", json!({"get": operation("landing", json, any(), vec![])})),
        ("/conformance", json!({"get": operation("conformance", json, any(), vec![])})),
        ("/functions", json!({"get": operation("functions", json, any(), vec![])})),
        ("/collections", json!({"get": operation("collections", json, any(), vec![])})),
        ("/collections/{collection}", json!({"get": operation("collection", json, any(), of(&[]))})),
        (
            "/collections/{collection}/queryables",
            json!({"get": operation("queryables", schema, any(), of(&[]))}),
        ),
        ("/collections/{collection}/schema", json!({"get": operation("schema", schema, any(), of(&[]))})),
        (
            "/collections/{collection}/items",
            json!({"get": operation("items", geojson, page, of(&list)),
                "post": write("createItem", geojson, "201", of(&[]))}),
        ),
        (
            "/collections/{collection}/items/{item}",
            json!({"get": operation("item", geojson, feature, of(&[&[own("item")][..], &one].concat())),
                "put": write("replaceItem", geojson, "204", at_item()),
                "patch": write("updateItem", merge, "204", at_item()),
                "delete": write("deleteItem", "", "204", at_item())}),
        ),
    ]
}
