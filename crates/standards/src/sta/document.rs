//! Entity documents (18-088 §8.2, §9.3) and the service's root.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Document, Entity, Id};
use crate::ogc::time_text;

/// The requirements that are fulfilled (18-088 Annex A), each named by a test.
pub const CONFORMANCE: &[&str] = &[
    "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/order",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/expand",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/select",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/status-code",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/query-status-code",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/orderby",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/top",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/skip",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/count",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/filter",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/built-in-filter-operations",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/built-in-query-functions",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/request-data/pagination",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/create-update-delete",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/batch-request/batch-request",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/multi-datastream/properties",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/multi-datastream/relations",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/multi-datastream/constraints",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/data-array/data-array",
    // No requirement of the standard, but the name by which clients know batches as JSON.
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html",
];

/// The requirements that are fulfilled where MQTT is served (18-088 §14).
pub const MQTT_CONFORMANCE: [&str; 2] = [
    "http://www.opengis.net/spec/iot_sensing/1.1/req/create-observations-via-mqtt/observations-creation",
    "http://www.opengis.net/spec/iot_sensing/1.1/req/receive-updates-via-mqtt/receive-updates",
];

/// The service's root document; `root` is its address without a `/` at the end, `mqtt` where MQTT is
/// served.
pub fn service_root(root: &str, mqtt: &[String]) -> Value {
    let sets: Vec<Value> = Entity::ALL
        .iter()
        .map(|entity| json!({"name": entity.set_name(), "url": format!("{root}/{}", entity.set_name())}))
        .collect();
    let mut settings = Map::new();
    let of_mqtt = MQTT_CONFORMANCE.iter().filter(|_| !mqtt.is_empty());
    settings.insert("conformance".to_owned(), CONFORMANCE.iter().chain(of_mqtt).copied().collect());
    if !mqtt.is_empty() {
        for requirement in MQTT_CONFORMANCE {
            settings.insert(requirement.to_owned(), json!({ "endpoints": mqtt }));
        }
    }
    json!({ "value": sets, "serverSettings": settings })
}

/// What stands around the properties of an entity: its id, its address, the ways to other entities.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The address of the service, without a `/` at the end.
    pub root: &'a str,
    /// The kind of the entity.
    pub entity: Entity,
    /// Its id.
    pub id: &'a Id,
    /// The relation of its kind that it does not have: an observation is of a series or of a group of series.
    pub lacks: Option<&'static str>,
}

impl Frame<'_> {
    /// The entity with all its properties.
    pub fn whole(&self, body: &impl Serialize) -> Document {
        self.document(body, |_| true)
    }

    /// The entity reduced to what `$select` names (all, when it names nothing).
    ///
    /// Of a selection only what was named stands in the answer, links included (§9.3.2.2, Example 29).
    pub fn selected(&self, mut body: Map<String, Value>, select: &[String]) -> Document {
        let wants = |name: &str| select.is_empty() || select.iter().any(|wanted| wanted == name);
        body.retain(|name, value| wants(name) || keep_members(name, value, select));
        self.document(&body, wants)
    }

    fn document(&self, body: &impl Serialize, wants: impl Fn(&str) -> bool) -> Document {
        let self_link = format!("{}/{}", self.root, path_of(self.entity, self.id));
        let mut document = Document::default();
        if wants("@iot.id") || wants("id") {
            document.put("@iot.id", self.id);
        }
        if wants("@iot.selfLink") || wants("selfLink") {
            document.put("@iot.selfLink", &self_link);
        }
        document.put_all(body);
        let relations = self.entity.relations().iter().map(|relation| relation.name);
        for name in relations.filter(|name| self.lacks != Some(*name) && wants(name)) {
            document.put(&format!("{name}@iot.navigationLink"), &format!("{self_link}/{name}"));
        }
        document
    }
}

/// Keeps the members of a property that are selected by their paths (`properties/kind`); `false` when none is.
fn keep_members(name: &str, value: &mut Value, select: &[String]) -> bool {
    let below = |path: &str| path.strip_prefix(name)?.strip_prefix('/').map(str::to_owned);
    let paths: Vec<String> = select.iter().filter_map(|path| below(path)).collect();
    if paths.is_empty() {
        return false;
    }
    let Value::Object(members) = value else { return false };
    members.retain(|name, value| paths.iter().any(|path| path == name) || keep_members(name, value, &paths));
    true
}

/// The path of an entity below the service's root.
pub fn path_of(entity: Entity, id: &Id) -> String {
    format!("{}({})", entity.set_name(), path_segment(&id.to_string()))
}

/// Escapes what may not stand in a path of a URL; ids hold letters, digits, `:`, `_`, `-`, `.` as a rule.
fn path_segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'_' | b'-' | b'.' | b'\'' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The properties of a body as a JSON object.
pub fn to_map(body: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(body) {
        Ok(Value::Object(map)) => map,
        // Bodies are the structs below: objects with text keys and finite or null numbers.
        _ => Map::new(),
    }
}

/// An instant, or a period with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The instant, or the beginning of the period.
    pub start: DateTime<Utc>,
    /// The end of the period.
    pub end: Option<DateTime<Utc>>,
}

impl Interval {
    /// The instant, or both with a slash between them.
    pub fn text(&self) -> String {
        match self.end {
            None => time_text(self.start),
            Some(end) => format!("{}/{}", time_text(self.start), time_text(end)),
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// A place as a thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// Where a place is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The form of `location`.
    pub encoding_type: &'static str,
    /// GeoJSON.
    pub location: Value,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// Since when a place is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HistoricalLocation {
    /// The instant.
    pub time: Interval,
}

/// What a value is about: the place, as a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureOfInterest {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The form of `feature`.
    pub encoding_type: &'static str,
    /// GeoJSON, or null where the position is not known.
    pub feature: Value,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// How a series is made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sensor {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The form of `metadata`.
    pub encoding_type: &'static str,
    /// What is known of it.
    pub metadata: String,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// What is observed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedProperty {
    /// Its name.
    pub name: String,
    /// A URI that defines it.
    pub definition: String,
    /// What it is.
    pub description: String,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// A position as GeoJSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type")]
pub struct Point {
    /// Longitude and latitude in degrees.
    pub coordinates: [f64; 2],
}

/// A series.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Datastream<P = Map<String, Value>> {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The URI of the kind of its results.
    pub observation_type: &'static str,
    /// The unit of its results.
    pub unit_of_measurement: UnitOfMeasurement,
    /// Where, as GeoJSON; absent where the position is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_area: Option<Point>,
    /// More that is known.
    pub properties: P,
}

/// Series that are observed together: what each result is of stands at its place in the lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MultiDatastream {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The URI of the kind of its results.
    pub observation_type: &'static str,
    /// The URI of the kind of each.
    pub multi_observation_data_types: Vec<&'static str>,
    /// The unit of each.
    pub unit_of_measurements: Vec<UnitOfMeasurement>,
    /// Where, as GeoJSON; absent where the position is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_area: Option<Point>,
    /// More that is known.
    pub properties: Map<String, Value>,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitOfMeasurement {
    /// Its name; here its UCUM code, which is what is known of it.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
    /// A URI that defines it.
    pub definition: String,
}

impl UnitOfMeasurement {
    /// The unit of a UCUM code.
    pub fn ucum(code: &str) -> UnitOfMeasurement {
        UnitOfMeasurement {
            name: code.to_owned(),
            symbol: code.to_owned(),
            definition: format!("http://www.opengis.net/def/uom/UCUM/{}", path_segment(code)),
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation<P = Map<String, Value>> {
    /// When it holds.
    pub phenomenon_time: Interval,
    /// When it was made; null where the source does not say.
    pub result_time: Option<Interval>,
    /// The value: a number, a text, or null; of a MultiDatastream a list of these.
    pub result: Value,
    /// Its flag, or what whoever made it says of its quality.
    pub result_quality: ResultQuality,
    /// When it may be used, where the source says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_time: Option<Interval>,
    /// Where it comes from.
    pub parameters: P,
}

/// The quality of a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ResultQuality {
    /// Its flag.
    Flag(Quality),
    /// As it was said.
    Said(Value),
}

/// A quality flag with the tests that set it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// The scheme of the flag.
    pub name_of_measure: &'static str,
    /// The flag.
    pub flag: i8,
    /// The tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<String>,
}
