//! The model as SensorThings entities.

mod multi;

use std::collections::HashMap;

use model::{Place, PlaceId, Text, instant_text};
use query::ObservedValue;
use serde::Serialize;
use serde_json::{Map, Value, json};
use standards::sta::{
    Datastream, Document, Entity, FeatureOfInterest, Frame, HistoricalLocation, Id, Interval, Location,
    MultiDatastream, Observation, ObservedProperty, Point, Quality, ResultQuality, Sensor, Thing,
    UnitOfMeasurement, to_map,
};
use wording::told;

use self::subject::COMPONENTS;
use super::kept::HIDDEN;
use super::node::Node;
use super::resolve::Context;
use super::said::{self, Said};
use super::world::SeriesAt;
use crate::http::language::message;
use crate::http::{Answer, Problem};

/// The parameter in which the flag stands where `resultQuality` is something else.
const FLAG: &str = "quality_flag";
const GEOJSON: &str = "application/geo+json";
/// The kind of all results.
pub(super) const MEASUREMENT: &str = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";
/// The kind of results of series that are observed together.
pub(super) const COMPLEX: &str =
    "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";

/// An entity's document: the properties selected, its links, without what is expanded.
pub(super) fn document(ctx: &Context, node: &Node, select: &[String]) -> Document {
    if let Node::Observation(value, _) = node
        && is_bare(select)
    {
        return bare(value, select);
    }
    let id = node.id(&ctx.world);
    // An observation is of a series or of a group, and a link leads to what is there.
    let lacks = match node {
        Node::Observation(..) => Some("MultiDatastream"),
        Node::Together(_) => Some("Datastream"),
        _ => None,
    };
    let frame = Frame { root: ctx.root(), entity: node.entity(), id: &id, lacks };
    match node {
        // Where a value comes from is most of the work of its document.
        Node::Observation(value, at) if !wants_parameters(select) => {
            frame.selected(to_map(&observation(ctx, value, *at, false)), select)
        }
        Node::Together(together) if !wants_parameters(select) => {
            frame.selected(to_map(&multi::together(ctx, together, false)), select)
        }
        _ if select.is_empty() && said(ctx, node).is_none() => frame.whole(&derived(ctx, node)),
        _ => frame.selected(body(ctx, node), select),
    }
}

/// Whether nothing but times and results of observations is selected: most of what charts ask for.
fn is_bare(select: &[String]) -> bool {
    !select.is_empty() && select.iter().all(|name| matches!(name.as_str(), "phenomenonTime" | "result"))
}

/// The time and the result of a value, as far as they are selected.
fn bare(value: &ObservedValue, select: &[String]) -> Document {
    let mut document = Document::default();
    if select.iter().any(|name| name == "phenomenonTime") {
        document.put("phenomenonTime", &Interval { start: value.time, end: value.end });
    }
    if select.iter().any(|name| name == "result") {
        document.put("result", &result_of(value));
    }
    document
}

/// Observations as rows of arrays, one array for each series (18-088 §12.1).
pub(super) fn arrays(ctx: &Context, nodes: &[Node], select: &[String]) -> Answer<Vec<Value>> {
    const USUAL: [&str; 5] = ["id", "phenomenonTime", "resultTime", "result", "resultQuality"];
    let mut components: Vec<&str> = select.iter().map(String::as_str).collect();
    if components.is_empty() {
        components.extend(USUAL);
    }
    if let Some(other) = components.iter().find(|name| Entity::Observation.relation(name).is_some()) {
        let why = told!(
            "serve-no-component-array-series-rows-beside",
            "`{other}` is no component: an array has the series of its rows beside it",
            other = other
        );
        return Err(Problem::parameter("$select", why));
    }
    ctx.add_entities(nodes.len())?;
    let mut arrays: Vec<(Node, Vec<Value>)> = Vec::new();
    let mut place: HashMap<Id, usize> = HashMap::new();
    let parameters = wants_parameters(select) && !select.is_empty();
    for node in nodes {
        let (mut body, owner) = match node {
            Node::Observation(value, at) => {
                let owner = ctx.world.owner(*at);
                (to_map(&observation(ctx, value, *at, parameters)), Node::Series(owner))
            }
            Node::Together(together) => {
                (to_map(&multi::together(ctx, together, parameters)), Node::Multi(together.of))
            }
            _ => continue,
        };
        let component = |name: &str| match name {
            "id" | "@iot.id" => match node.id(&ctx.world) {
                Id::Number(number) => Value::from(number),
                Id::Text(text) => Value::from(text),
            },
            "selfLink" | "@iot.selfLink" => Value::from(ctx.self_link(node)),
            name => match name.split_once('/') {
                None => body.remove(name).unwrap_or(Value::Null),
                Some(_) => body_at(&body, name),
            },
        };
        let row = components.iter().copied().map(component).collect();
        let index = *place.entry(owner.id(&ctx.world)).or_insert_with(|| {
            arrays.push((owner, Vec::new()));
            arrays.len() - 1
        });
        arrays[index].1.push(Value::Array(row));
    }
    let array = |(owner, rows): (Node, Vec<Value>)| {
        let name = if owner.entity() == Entity::Datastream { "Datastream" } else { "MultiDatastream" };
        json!({
            (format!("{name}@iot.navigationLink")): ctx.self_link(&owner),
            "components": components,
            "dataArray@iot.count": rows.len(),
            "dataArray": rows,
        })
    };
    Ok(arrays.into_iter().map(array).collect())
}

/// The member of a property at a path.
fn body_at(body: &Map<String, Value>, path: &str) -> Value {
    let mut names = path.split('/');
    let first = names.next().and_then(|name| body.get(name));
    names.try_fold(first.unwrap_or(&Value::Null), |at, name| at.get(name)).cloned().unwrap_or(Value::Null)
}

fn wants_parameters(select: &[String]) -> bool {
    select.is_empty() || select.iter().any(|name| name.split('/').next() == Some("parameters"))
}

/// An entity's own properties: what the model knows, and what else was said of it.
pub(super) fn body(ctx: &Context, node: &Node) -> Map<String, Value> {
    let mut body = to_map(&derived(ctx, node));
    let is_shown = |name: &str| name != COMPONENTS && !name.starts_with(HIDDEN);
    for (name, value) in said(ctx, node).into_iter().flatten().filter(|(name, _)| is_shown(name)) {
        match (body.get_mut(name), value) {
            // What the model knows of properties and units stands before what was said of them.
            (Some(Value::Object(known)), Value::Object(said)) if name == "properties" => {
                for (key, value) in said {
                    known.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            (Some(Value::Object(known)), Value::Object(said)) if name == "unitOfMeasurement" => {
                known.extend(said.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    body
}

/// What was said of an entity beyond what the model knows.
pub(super) fn said<'c>(ctx: &'c Context, node: &Node) -> Option<&'c Map<String, Value>> {
    ctx.world.gazetteer.descriptions.get(&subject_of(ctx, node)?)
}

/// The properties that the model knows of an entity.
pub(super) fn derived_properties(ctx: &Context, node: &Node) -> Map<String, Value> {
    match to_map(&derived(ctx, node)).remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

/// The name under which is kept what is said of an entity; none of one that follows from others.
pub(super) fn subject_of(ctx: &Context, node: &Node) -> Option<String> {
    Some(match node {
        Node::Thing(place) => subject::thing(place),
        Node::Location(place) => subject::location(place),
        Node::Series(at) => subject::datastream(ctx.world.stream(*at).id),
        Node::Multi(at) => subject::multi(ctx.world.multis[*at].id),
        Node::Sensor(id) => subject::sensor(id),
        Node::Property(code) => subject::property(code),
        Node::Feature(place) => subject::feature(place),
        Node::History(place) => subject::history(place),
        Node::Observation(..) | Node::Together(_) => return None,
    })
}

/// Names under which descriptions are kept.
pub(super) mod subject {
    use model::{DatastreamId, PlaceId, PropertyCode};

    pub(in crate::sta) fn thing(place: &PlaceId) -> String {
        format!("place:{place}")
    }

    pub(in crate::sta) fn location(place: &PlaceId) -> String {
        format!("{LOCATION}{place}")
    }

    pub(in crate::sta) fn feature(place: &PlaceId) -> String {
        format!("{FEATURE}{place}")
    }

    pub(in crate::sta) fn history(id: &PlaceId) -> String {
        format!("{HISTORY}{id}")
    }

    /// Where a thing is.
    pub(in crate::sta) fn located(thing: &PlaceId) -> String {
        format!("{LOCATED}{thing}")
    }

    /// Of a series that holds another one's values of a feature.
    pub(in crate::sta) fn part(id: DatastreamId) -> String {
        format!("{PART}{id}")
    }

    /// Of a series that has such others.
    pub(in crate::sta) fn parts(id: DatastreamId) -> String {
        format!("parts:{id}")
    }

    /// That something was deleted.
    pub(in crate::sta) fn gone(subject: &str) -> String {
        format!("{GONE}{subject}")
    }

    pub(in crate::sta) const LOCATION: &str = "location:";
    pub(in crate::sta) const FEATURE: &str = "feature:";
    pub(in crate::sta) const HISTORY: &str = "history:";
    pub(in crate::sta) const LOCATED: &str = "located:";
    pub(in crate::sta) const PART: &str = "part:";
    pub(in crate::sta) const GONE: &str = "gone:";

    pub(in crate::sta) fn datastream(id: DatastreamId) -> String {
        format!("datastream:{id}")
    }

    pub(in crate::sta) fn property(code: &PropertyCode) -> String {
        format!("property:{code}")
    }

    /// Of a procedure by its name; what begins so and is no procedure's is nobody's.
    pub(in crate::sta) fn sensor(id: &str) -> String {
        format!("{PROCEDURE}{id}")
    }

    /// Of series that are observed together.
    pub(in crate::sta) fn multi(id: i64) -> String {
        format!("{MULTI}{id}")
    }

    pub(in crate::sta) const PROCEDURE: &str = "procedure:";
    pub(in crate::sta) const MULTI: &str = "multi:";
    /// Which series they are, by number: the part of what is said that is not shown.
    pub(in crate::sta) const COMPONENTS: &str = "components";
}

/// What the model knows of an entity.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Thing(Thing),
    Location(Location),
    Feature(FeatureOfInterest),
    History(HistoricalLocation),
    Series(Datastream<SeriesProperties<'a>>),
    Multi(MultiDatastream),
    Sensor(Sensor),
    Property(ObservedProperty),
    Value(Observation<Origin<'a>>),
    Observation(Observation),
    Nothing {},
}

fn derived<'c>(ctx: &'c Context, node: &'c Node) -> Body<'c> {
    match node {
        Node::Thing(place) => Body::Thing(Thing {
            name: place_name(ctx, place),
            description: place_description(ctx, place),
            properties: place_properties(ctx, place),
        }),
        Node::Location(place) => Body::Location(Location {
            name: place_name(ctx, place),
            description: message(ctx.lang, "sta-location-description"),
            encoding_type: GEOJSON,
            location: json!(point(ctx, place)),
            properties: Map::new(),
        }),
        Node::Feature(place) => Body::Feature(FeatureOfInterest {
            name: place_name(ctx, place),
            description: place_description(ctx, place),
            encoding_type: GEOJSON,
            feature: feature(ctx, place),
            // Of a feature that is no thing, only what was said of it is known.
            properties: match ctx.world.kept.features.contains(place) {
                true => Map::new(),
                false => place_properties(ctx, place),
            },
        }),
        Node::History(id) => match ctx.world.histories.get(id) {
            Some(history) => {
                Body::History(HistoricalLocation { time: Interval { start: history.time, end: None } })
            }
            None => Body::Nothing {},
        },
        Node::Series(at) => Body::Series(datastream(ctx, *at)),
        Node::Multi(at) => Body::Multi(multi::datastream(ctx, *at)),
        Node::Together(together) => Body::Observation(multi::together(ctx, together, true)),
        Node::Sensor(id) => Body::Sensor(sensor(ctx, id)),
        Node::Property(code) => Body::Property(property(ctx, code)),
        Node::Observation(value, at) => match said::of(ctx, value) {
            None => Body::Value(observed(value, origin(ctx, value, *at))),
            Some(_) => Body::Observation(observation(ctx, value, *at, true)),
        },
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

/// The place's position, where it is known.
fn point(ctx: &Context, place: &PlaceId) -> Option<Point> {
    let position = known(ctx, place)?.position?;
    Some(Point { coordinates: [position.lon, position.lat] })
}

/// The place as a GeoJSON geometry, or as a feature without one, since `feature` may not be missing.
fn feature(ctx: &Context, place: &PlaceId) -> Value {
    match point(ctx, place) {
        None => json!({"type": "Feature", "id": place.as_str(), "geometry": null, "properties": {}}),
        Some(point) => json!(point),
    }
}

/// What is known of a series beside its words.
#[derive(Serialize)]
struct SeriesProperties<'a> {
    dataset: &'a str,
    statistic: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    period: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    datum: &'a str,
    synthetic: bool,
    licence: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    urn: String,
}

fn datastream(ctx: &Context, at: SeriesAt) -> Datastream<SeriesProperties<'_>> {
    let key = &ctx.world.stream(at).key;
    let (dataset, _) = ctx.world.dataset(at);
    let property = property_name(ctx, at);
    let statistic = ctx.statistic(key.statistic);
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
        properties: SeriesProperties {
            dataset: dataset.id.as_str(),
            statistic: key.statistic.code(),
            period: &key.period,
            datum: &key.datum,
            synthetic: dataset.synthetic,
            licence: &dataset.licence,
            source: &dataset.source,
            urn: key.to_string(),
        },
    }
}

/// The name of what a series observes.
fn property_name(ctx: &Context, at: SeriesAt) -> String {
    let code = &ctx.world.stream(at).key.property;
    match ctx.world.gazetteer.property(code) {
        Some(property) => text(ctx, &property.name),
        None => code.to_string(),
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

/// A value with where it comes from.
fn observed<P>(value: &ObservedValue, parameters: P) -> Observation<P> {
    let flag =
        Quality { name_of_measure: "QARTOD", flag: value.quality.code(), tests: value.quality_tests.clone() };
    Observation {
        phenomenon_time: Interval { start: value.time, end: value.end },
        result_time: None,
        result: result_of(value),
        result_quality: ResultQuality::Flag(flag),
        valid_time: None,
        parameters,
    }
}

/// A value with what was said of it; `parameters` only where they are wanted.
fn observation(ctx: &Context, value: &ObservedValue, at: SeriesAt, parameters: bool) -> Observation {
    let origin = if parameters { to_map(&origin(ctx, value, at)) } else { Map::new() };
    with_said(said::of(ctx, value).unwrap_or_default(), observed(value, origin))
}

/// An observation with what was said of it. What the system knows of a value's origin stands before what was
/// said under the same name; the flag is among it where another quality stands in its place.
fn with_said(said: Said, mut observation: Observation) -> Observation {
    observation.result_time = said.result_time;
    observation.valid_time = said.valid_time;
    // Parameters are there where they are wanted: a value's origin always is.
    if !observation.parameters.is_empty() {
        if said.quality.is_some() {
            let flag = to_map(&observation.result_quality);
            observation.parameters.insert(FLAG.to_owned(), Value::Object(flag));
        }
        for (name, value) in said.parameters {
            observation.parameters.entry(name).or_insert(value);
        }
    }
    if let Some(quality) = said.quality {
        observation.result_quality = ResultQuality::Said(quality);
    }
    observation
}

/// Whether a parameter of a value is the system's own.
pub(super) fn is_origin(name: &str) -> bool {
    ["recorded_at", "text", "run", "trace", "results", FLAG].contains(&name)
}

/// The result of a value: a number, a text, or null.
fn result_of(value: &ObservedValue) -> Value {
    match (value.result, &value.text) {
        (Some(number), _) => Value::from(number),
        (None, Some(text)) => Value::from(text.as_str()),
        (None, None) => Value::Null,
    }
}

/// Where a value comes from.
#[derive(Serialize)]
struct Origin<'a> {
    recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    run: &'a str,
    trace: String,
}

fn origin<'a>(ctx: &Context, value: &'a ObservedValue, at: SeriesAt) -> Origin<'a> {
    let (dataset, _) = ctx.world.dataset(at);
    let (stream, time) = (value.datastream.to_string(), instant_text(value.time));
    let trace = [("dataset", dataset.id.as_str()), ("datastream", &stream), ("time", &time)];
    Origin {
        recorded_at: instant_text(value.recorded_at),
        text: value.result.and(value.text.as_deref()),
        run: value.run.as_str(),
        trace: ctx.links.to("/v1/trace", &trace),
    }
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
