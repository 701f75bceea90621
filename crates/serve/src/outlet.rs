//! What each folder under `/ogc` adds to the documents that all of them share: the landing page, the
//! conformance declaration, the description of a collection and the OpenAPI document.

use model::Lang;
use serde_json::Value;
use standards::ogc::Link;

use crate::http::Links;

/// What a collection is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Places of the reference data.
    Places,
    /// Features.
    Features,
    /// Series at places.
    Observations,
    /// Rasters.
    Coverage,
}

/// What one folder adds.
pub(crate) struct Outlet {
    /// The conformance classes that work there; its tests name them.
    pub(crate) conformance: &'static [&'static str],
    /// Ways on from the landing page.
    pub(crate) landing: fn(&Links, Lang) -> Vec<Link>,
    /// Ways on from a collection.
    pub(crate) collection: fn(Content, &str, &Links, Lang) -> Vec<Link>,
    /// Its paths below `/ogc`, as OpenAPI 3.0 says them.
    pub(crate) paths: fn() -> Vec<(String, Value)>,
}

impl Outlet {
    /// The ways on from a collection, of every folder.
    pub(crate) fn ways(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
        crate::OGC.iter().flat_map(|outlet| (outlet.collection)(content, id, links, lang)).collect()
    }
}

/// An operation of the OpenAPI document: its id, its media type and its parameters.
pub(crate) fn operation(id: &str, media: &str, parameters: &[Value]) -> Value {
    let mut all = parameters.to_vec();
    all.push(parameter("lang", "query", serde_json::json!({"type": "string", "enum": ["vi", "en", "km"]})));
    serde_json::json!({"operationId": id, "parameters": all, "responses": {
        "200": {"description": "OK", "content": {media: {"schema": {}}}},
        "default": {"$ref": "#/components/responses/Problem"},
    }})
}

/// A parameter of an operation.
pub(crate) fn parameter(name: &str, place: &str, schema: Value) -> Value {
    serde_json::json!({"name": name, "in": place, "required": place == "path", "schema": schema})
}

/// The parameters that name a version, by its number or by an instant.
pub(crate) fn pins() -> [Value; 2] {
    [
        parameter("version", "query", serde_json::json!({"type": "integer", "minimum": 1})),
        parameter("as_known_at", "query", serde_json::json!({"type": "string", "format": "date-time"})),
    ]
}

/// A parameter that is a text.
pub(crate) fn text(name: &str, place: &str) -> Value {
    parameter(name, place, serde_json::json!({"type": "string"}))
}
