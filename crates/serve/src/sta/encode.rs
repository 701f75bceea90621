//! The model as SensorThings entities.

use model::{Place, PlaceId, Text, instant_text};
use query::ObservedValue;
use serde_json::{Map, Value, json};
use standards::sta::{
    Datastream, FeatureOfInterest, Interval, Location, Observation, ObservedProperty, Quality, Sensor, Thing,
    UnitOfMeasurement, entity_document, to_map,
};

use super::node::Node;
use super::resolve::Context;
use super::world::SeriesAt;
use crate::http::language::message;

const GEOJSON: &str = "application/geo+json";
const MEASUREMENT: &str = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";

/// An entity's document: the properties selected, its links, without what is expanded.
pub(super) fn document(ctx: &Context, node: &Node, select: &[String]) -> Map<String, Value> {
    let body = match node {
        // Where a value comes from is most of the work of its document.
        Node::Observation(value, at) if !wants_parameters(select) => {
            to_map(&observation(ctx, value, *at, false))
        }
        _ => body(ctx, node),
    };
    entity_document(&ctx.root(), node.entity(), &node.id(&ctx.world), body, select)
}

fn wants_parameters(select: &[String]) -> bool {
    select.is_empty() || select.iter().any(|name| name == "parameters")
}

/// An entity's own properties.
pub(super) fn body(ctx: &Context, node: &Node) -> Map<String, Value> {
    match node {
        Node::Thing(place) => to_map(&Thing {
            name: place_name(ctx, place),
            description: place_description(ctx, place),
            properties: place_properties(ctx, place),
        }),
        Node::Location(place) => to_map(&Location {
            name: place_name(ctx, place),
            description: message(ctx.lang, "sta-location-description"),
            encoding_type: GEOJSON,
            location: point(ctx, place),
            properties: Map::new(),
        }),
        Node::Feature(place) => to_map(&FeatureOfInterest {
            name: place_name(ctx, place),
            description: place_description(ctx, place),
            encoding_type: GEOJSON,
            feature: feature(ctx, place),
            properties: place_properties(ctx, place),
        }),
        Node::Series(at) => to_map(&datastream(ctx, *at)),
        Node::Sensor(id) => to_map(&sensor(ctx, id)),
        Node::Property(code) => to_map(&property(ctx, code)),
        Node::Observation(value, at) => to_map(&observation(ctx, value, *at, true)),
    }
}

fn known<'c>(ctx: &'c Context, place: &PlaceId) -> Option<&'c Place> {
    ctx.world.gazetteer.place(place)
}

fn text(ctx: &Context, text: &Text) -> String {
    text.get(ctx.lang).0.to_owned()
}

fn place_name(ctx: &Context, place: &PlaceId) -> String {
    known(ctx, place).map_or_else(|| place.to_string(), |place| text(ctx, &place.name))
}

fn place_description(ctx: &Context, place: &PlaceId) -> String {
    let Some(place) = known(ctx, place) else { return String::new() };
    let kind = message(ctx.lang, &format!("sta-kind-{}", place.kind.code()));
    match &place.type_name {
        Some(type_name) => format!("{kind} · {type_name}"),
        None => kind,
    }
}

fn place_properties(ctx: &Context, place: &PlaceId) -> Map<String, Value> {
    let Some(place) = known(ctx, place) else { return Map::new() };
    without_nulls(json!({
        "kind": place.kind.code(),
        "scheme": place.id.scheme(),
        "code": place.id.code(),
        "name_vi": place.name.vi,
        "name_en": place.name.en,
        "river": place.river,
        "area_km2": place.area_km2,
        "valid_from": place.valid_from.map(|day| day.to_string()),
        "valid_to": place.valid_to.map(|day| day.to_string()),
        "source": place.source,
        "confidence": place.confidence,
    }))
}

/// The place's position as GeoJSON; null when it is not known.
fn point(ctx: &Context, place: &PlaceId) -> Value {
    let position = known(ctx, place).and_then(|place| place.position);
    position.map_or(Value::Null, |at| json!({"type": "Point", "coordinates": [at.lon, at.lat]}))
}

/// The place as a GeoJSON geometry, or as a feature without one, since `feature` may not be missing.
fn feature(ctx: &Context, place: &PlaceId) -> Value {
    match point(ctx, place) {
        Value::Null => json!({"type": "Feature", "id": place.as_str(), "geometry": null, "properties": {}}),
        point => point,
    }
}

fn datastream(ctx: &Context, at: SeriesAt) -> Datastream {
    let key = &ctx.world.stream(at).key;
    let (dataset, _) = ctx.world.dataset(at);
    let property = match ctx.world.gazetteer.property(&key.property) {
        Some(property) => text(ctx, &property.name),
        None => key.property.to_string(),
    };
    let statistic = message(ctx.lang, &format!("sta-statistic-{}", key.statistic.code()));
    let how = if key.period.is_empty() { statistic } else { format!("{statistic}, {}", key.period) };
    let title = text(ctx, &dataset.title);
    let description =
        if dataset.synthetic { format!("{title}. {}", message(ctx.lang, "sta-synthetic")) } else { title };
    Datastream {
        name: format!("{property} ({how}) – {}", place_name(ctx, &key.place)),
        description,
        observation_type: MEASUREMENT,
        unit_of_measurement: UnitOfMeasurement::ucum(&key.unit),
        observed_area: point(ctx, &key.place),
        properties: without_nulls(json!({
            "dataset": dataset.id.as_str(),
            "statistic": key.statistic.code(),
            "period": some(&key.period),
            "datum": some(&key.datum),
            "synthetic": dataset.synthetic,
            "licence": dataset.licence,
            "source": some(&dataset.source),
            "urn": key.to_string(),
        })),
    }
}

fn sensor(ctx: &Context, id: &str) -> Sensor {
    let is_unknown = id == "unknown";
    let description = if is_unknown { "sta-sensor-unknown-description" } else { "sta-sensor-description" };
    let name = if is_unknown { message(ctx.lang, "sta-sensor-unknown") } else { id.to_owned() };
    Sensor {
        metadata: name.clone(),
        name,
        description: message(ctx.lang, description),
        encoding_type: "text/plain",
        properties: Map::new(),
    }
}

fn property(ctx: &Context, code: &model::PropertyCode) -> ObservedProperty {
    let own_link = ctx.self_link(&Node::Property(code.clone()));
    let Some(property) = ctx.world.gazetteer.property(code) else {
        return ObservedProperty {
            name: code.to_string(),
            definition: own_link,
            description: String::new(),
            properties: Map::new(),
        };
    };
    // The table's CF names carry remarks such as cell methods after the name.
    let cf_name = property.cf_standard_name.as_deref().and_then(|name| name.split(' ').next());
    let cf_name = cf_name.filter(|name| !name.is_empty());
    let definition = cf_name.map(|name| format!("http://vocab.nerc.ac.uk/standard_name/{name}/"));
    ObservedProperty {
        name: text(ctx, &property.name),
        definition: definition.unwrap_or(own_link),
        description: property.note.clone().unwrap_or_default(),
        properties: without_nulls(json!({
            "sector": property.sector,
            "kind": property.kind.code(),
            "unit": property.unit,
            "name_vi": property.name.vi,
            "name_en": property.name.en,
            "plausible_min": property.plausible_min,
            "plausible_max": property.plausible_max,
        })),
    }
}

/// A value; `parameters` only where they are wanted.
fn observation(ctx: &Context, value: &ObservedValue, at: SeriesAt, parameters: bool) -> Observation {
    let result = match (value.result, &value.text) {
        (Some(number), _) => Value::from(number),
        (None, Some(text)) => Value::from(text.as_str()),
        (None, None) => Value::Null,
    };
    Observation {
        phenomenon_time: Interval { start: value.time, end: value.end },
        result_time: None,
        result,
        result_quality: Quality {
            name_of_measure: "QARTOD",
            flag: value.quality.code(),
            tests: value.quality_tests.clone(),
        },
        parameters: if parameters { origin(ctx, value, at) } else { Map::new() },
    }
}

fn origin(ctx: &Context, value: &ObservedValue, at: SeriesAt) -> Map<String, Value> {
    let (dataset, _) = ctx.world.dataset(at);
    let (stream, time) = (value.datastream.to_string(), instant_text(value.time));
    let trace = [("dataset", dataset.id.as_str()), ("datastream", &stream), ("time", &time)];
    without_nulls(json!({
        "recorded_at": instant_text(value.recorded_at),
        "text": value.result.and(value.text.as_deref()),
        "run": value.run.as_str(),
        "trace": ctx.links.to("/v1/trace", &trace),
    }))
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn without_nulls(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(mut map) => {
            map.retain(|_, value| !value.is_null());
            map
        }
        _ => Map::new(),
    }
}
