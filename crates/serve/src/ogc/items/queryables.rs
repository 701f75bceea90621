//! The properties of a collection: what a filter may name (19-079r2 §6.2), and what an item may have.

use lake::{Attribute, AttributeKind};
use serde_json::{Map, Value, json};
use standards::cql2::{Expr, Op};

use super::wanted;
use crate::http::Answer;

/// A property of a collection's items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ogc) struct Queryable {
    /// Its name.
    pub(in crate::ogc) name: String,
    /// What its values are; none for the geometry.
    pub(in crate::ogc) kind: Option<AttributeKind>,
    /// What it is to the items (23-058r1 §8.3).
    pub(in crate::ogc) role: Option<&'static str>,
}

impl Queryable {
    /// A property with values of a kind.
    pub(in crate::ogc) fn new(name: &str, kind: AttributeKind) -> Queryable {
        Queryable { name: name.to_owned(), kind: Some(kind), role: None }
    }

    fn with(name: &str, kind: Option<AttributeKind>, role: &'static str) -> Queryable {
        Queryable { name: name.to_owned(), kind, role: Some(role) }
    }

    /// Whether a parameter of that name asks for the property's value.
    pub(in crate::ogc) fn is_parameter(&self, name: &str) -> bool {
        self.kind.is_some() && self.name == name && !wanted::OWN.contains(&name)
    }

    /// What holds of an item whose property has a value.
    pub(in crate::ogc) fn equal(&self, value: &str) -> Answer<Expr> {
        let constant = wanted::constant(&self.name, value, self.kind.unwrap_or(AttributeKind::Text))?;
        Ok(Expr::Op(Op::Equal, vec![Expr::Property(self.name.clone()), constant]))
    }

    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            None => json!({ "format": "geometry-any" }),
            Some(AttributeKind::Text) => json!({ "type": "string" }),
            Some(AttributeKind::Number) => json!({ "type": "number" }),
            Some(AttributeKind::Integer) => json!({ "type": "integer" }),
            Some(AttributeKind::Boolean) => json!({ "type": "boolean" }),
            Some(AttributeKind::Time) => json!({ "type": "string", "format": "date-time" }),
        };
        schema["title"] = self.name.as_str().into();
        if let Some(role) = self.role {
            schema["x-ogc-role"] = role.into();
        }
        schema
    }
}

/// The names of attributes that are the beginning and the end of a thing's time.
const SPANS: [(&str, &str); 7] = [
    ("valid_from", "valid_to"),
    ("start", "end"),
    ("start_time", "end_time"),
    ("begin", "end"),
    ("from_date", "to_date"),
    ("tu_ngay", "den_ngay"),
    ("start_datetime", "end_datetime"),
];

/// The attributes that are a feature's time: the beginning, and the end when it has one of its own.
pub(super) fn times(attributes: &[Attribute]) -> Option<(&str, Option<&str>)> {
    let of = |name: &str| {
        let found = attributes.iter().find(|attribute| attribute.name == name)?;
        (found.kind == AttributeKind::Time).then_some(found.name.as_str())
    };
    let span = SPANS.iter().find_map(|(start, end)| Some((of(start)?, Some(of(end)?))));
    let first = || attributes.iter().find(|attribute| attribute.kind == AttributeKind::Time);
    span.or_else(|| Some((first()?.name.as_str(), None)))
}

/// The properties of a dataset of features.
pub(super) fn of_features(attributes: &[Attribute]) -> Vec<Queryable> {
    let times = times(attributes);
    let mut all = vec![Queryable::with("geometry", None, "primary-geometry")];
    if attributes.iter().all(|attribute| attribute.name != "id") {
        all.push(Queryable::with("id", Some(AttributeKind::Text), "id"));
    }
    all.extend(attributes.iter().map(|attribute| {
        let name = attribute.name.as_str();
        let role = match times {
            Some((start, None)) if start == name => Some("primary-instant"),
            Some((start, Some(_))) if start == name => Some("primary-interval-start"),
            Some((_, Some(end))) if end == name => Some("primary-interval-end"),
            _ => None,
        };
        Queryable { name: name.to_owned(), kind: Some(attribute.kind), role }
    }));
    all
}

/// The properties of places of the reference data.
pub(super) fn of_places() -> Vec<Queryable> {
    use AttributeKind::{Number, Text};
    let mut all =
        vec![Queryable::with("geometry", None, "primary-geometry"), Queryable::with("id", Some(Text), "id")];
    for name in ["name", "name_vi", "name_en", "name_km", "kind", "type", "scheme", "code", "river"] {
        all.push(Queryable::new(name, Text));
    }
    all.push(Queryable::new("area_km2", Number));
    // Days as texts: they are compared with days and instants.
    all.push(Queryable::with("valid_from", Some(Text), "primary-interval-start"));
    all.push(Queryable::with("valid_to", Some(Text), "primary-interval-end"));
    all.extend(["source", "confidence"].map(|name| Queryable::new(name, Text)));
    all
}

/// The properties of the places of a dataset's series.
pub(super) fn of_locations() -> Vec<Queryable> {
    vec![
        Queryable::with("geometry", None, "primary-geometry"),
        Queryable::with("id", Some(AttributeKind::Text), "id"),
        Queryable::new("label", AttributeKind::Text),
        Queryable::new("kind", AttributeKind::Text),
    ]
}

/// The document of a collection's queryables, or of what its items may have.
pub(in crate::ogc) fn document(address: &str, title: &str, queryables: &[Queryable]) -> Value {
    let properties: Map<String, Value> =
        queryables.iter().map(|queryable| (queryable.name.clone(), queryable.schema())).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": title,
        "properties": properties,
        "additionalProperties": false,
    })
}
