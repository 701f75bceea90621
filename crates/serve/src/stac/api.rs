//! The OpenAPI 3.0 document of the STAC API: what its paths take and answer.

use model::Lang;
use serde_json::{Value, json};

use crate::http::Links;
use crate::http::language::message;

pub(super) fn document(links: &Links, lang: Lang) -> Value {
    let (json, geojson) = ("application/json", "application/geo+json");
    let text = |name: &str| parameter(name, "query", json!({ "type": "string" }));
    let collection = parameter("collection", "path", json!({ "type": "string" }));
    let item = parameter("item", "path", json!({ "type": "string" }));
    let mut list = vec![
        json!({ "name": "limit", "in": "query", "required": false, "style": "form", "explode": false,
            "schema": { "type": "integer", "minimum": 1, "maximum": super::handlers::MOST_ITEMS, "default": 10 } }),
        json!({ "name": "bbox", "in": "query", "required": false, "style": "form", "explode": false,
            "schema": { "type": "array", "oneOf": [{ "minItems": 4, "maxItems": 4 }, { "minItems": 6, "maxItems": 6 }],
                "items": { "type": "number" } } }),
        text("datetime"),
    ];
    for name in ["token", "sortby", "fields", "query", "filter", "filter-lang", "filter-crs"] {
        list.push(text(name));
    }
    let mut search = list.clone();
    search.extend(["collections", "ids", "intersects"].map(text));
    let answer = |media: &str| {
        json!({
            "200": { "description": "OK", "content": { media: { "schema": { "type": "object" } } } },
            "default": { "description": "RFC 9457", "content": { "application/problem+json": { "schema": {
                "type": "object", "required": ["type", "title", "status"], "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" } } } } } },
        })
    };
    let get = |id: &str, media: &str, parameters: &[Value]| json!({ "get": { "operationId": id, "parameters": parameters, "responses": answer(media) } });
    let within = |more: &[Value]| [std::slice::from_ref(&collection), more].concat();
    let mut searching = get("getItemSearch", geojson, &search);
    searching["post"] = json!({ "operationId": "postItemSearch", "responses": answer(geojson),
        "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } } });
    let paging = ["limit", "token", "bbox", "datetime", "q"].map(text);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": message(lang, "catalogue-title"),
            "description": message(lang, "catalogue-description"),
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0" },
        },
        "servers": [{ "url": links.path("/stac") }],
        "paths": {
            "/": get("getLandingPage", json, &[]),
            "/conformance": get("getConformanceDeclaration", json, &[]),
            "/queryables": get("getQueryables", "application/schema+json", &[]),
            "/collections": get("getCollections", json, &paging),
            "/collections/{collection}": get("describeCollection", json, &within(&[])),
            "/collections/{collection}/queryables":
                get("getCollectionQueryables", "application/schema+json", &within(&[])),
            "/collections/{collection}/items": get("getFeatures", geojson, &within(&list)),
            "/collections/{collection}/items/{item}": get("getFeature", geojson, &within(&[item])),
            "/search": searching,
        },
    })
}

fn parameter(name: &str, place: &str, schema: Value) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "schema": schema })
}
