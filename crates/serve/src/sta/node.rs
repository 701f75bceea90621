//! Entities and the ways between them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use model::{DatastreamId, PlaceId, PropertyCode};
use query::ObservedValue;
use standards::sta::{Entity, Id, Lookup, Relation, Value, observation_id};

use super::encode;
use super::kept::History;
use super::resolve::Context;
use super::said::{self, Said};
use super::world::{MultiAt, SeriesAt, World, sensor_id};

/// An entity that the asker may see.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A place as a thing.
    Thing(PlaceId),
    /// A location: that of a place, or one of its own.
    Location(PlaceId),
    /// A feature of interest: a place, or one of its own.
    Feature(PlaceId),
    /// Since when a thing is, or was, where.
    History(PlaceId),
    /// A series.
    Series(SeriesAt),
    /// Series that are observed together.
    Multi(MultiAt),
    /// A procedure.
    Sensor(String),
    /// A property.
    Property(PropertyCode),
    /// A value of a series.
    Observation(Arc<ObservedValue>, SeriesAt),
    /// What was observed together at a time.
    Together(Arc<Together>),
}

/// Values of a group of series at one time.
#[derive(Debug, Clone)]
pub(super) struct Together {
    /// The group.
    pub(super) of: MultiAt,
    /// When.
    pub(super) time: DateTime<Utc>,
    /// The value of each series, in their order; none where there is none.
    pub(super) values: Vec<Option<ObservedValue>>,
}

/// A set of entities.
#[derive(Debug, Clone)]
pub(super) enum Set {
    /// These.
    Nodes(Vec<Node>),
    /// The values of these series, to be read.
    Observations(Vec<SeriesAt>),
    /// What was observed together of a group, to be read.
    Together(MultiAt),
}

impl Node {
    /// Its kind.
    pub(super) fn entity(&self) -> Entity {
        match self {
            Node::Thing(_) => Entity::Thing,
            Node::Location(_) => Entity::Location,
            Node::Feature(_) => Entity::FeatureOfInterest,
            Node::History(_) => Entity::HistoricalLocation,
            Node::Series(_) => Entity::Datastream,
            Node::Multi(_) => Entity::MultiDatastream,
            Node::Sensor(_) => Entity::Sensor,
            Node::Property(_) => Entity::ObservedProperty,
            Node::Observation(..) | Node::Together(_) => Entity::Observation,
        }
    }

    /// Its id.
    pub(super) fn id(&self, world: &World) -> Id {
        match self {
            Node::Thing(place) | Node::Location(place) | Node::Feature(place) | Node::History(place) => {
                Id::Text(place.to_string())
            }
            Node::Series(at) => Id::Number(world.stream(*at).id.0),
            Node::Multi(at) => Id::Number(world.multis[*at].id),
            Node::Sensor(id) => Id::Text(id.clone()),
            Node::Property(code) => Id::Text(code.to_string()),
            Node::Observation(value, _) => {
                Id::Text(observation_id(value.datastream.0, value.time.timestamp_micros()))
            }
            Node::Together(together) => {
                let id = world.multis[together.of].id;
                Id::Text(observation_id(id, together.time.timestamp_micros()))
            }
        }
    }

    /// The entities that a relation leads to; one or none when it does not lead to many.
    pub(super) fn related(&self, world: &World, relation: Relation) -> Set {
        let of_series = |at: Option<&Vec<SeriesAt>>| {
            Set::Nodes(at.into_iter().flatten().copied().map(Node::Series).collect())
        };
        let of_multis = |multis: Vec<MultiAt>| Set::Nodes(multis.into_iter().map(Node::Multi).collect());
        match (self, relation.to) {
            (Node::Thing(place), Entity::MultiDatastream) => {
                of_multis(world.multis_with(|key| key.place == *place))
            }
            (Node::Sensor(id), Entity::MultiDatastream) => {
                of_multis(world.multis_with(|key| sensor_id(&key.procedure) == id))
            }
            (Node::Property(code), Entity::MultiDatastream) => {
                of_multis(world.multis_with(|key| key.property == *code))
            }
            (Node::Multi(at), Entity::Observation) => Set::Together(*at),
            (Node::Multi(at), Entity::Thing) => {
                Set::Nodes(vec![Node::Thing(world.key_of(*at).place.clone())])
            }
            (Node::Multi(at), Entity::Sensor) => {
                Set::Nodes(vec![Node::Sensor(sensor_id(&world.key_of(*at).procedure).to_owned())])
            }
            (Node::Multi(at), Entity::ObservedProperty) => {
                let series = world.multis[*at].series.iter();
                Set::Nodes(series.map(|at| Node::Property(world.stream(*at).key.property.clone())).collect())
            }
            (Node::Together(together), Entity::MultiDatastream) => Set::Nodes(vec![Node::Multi(together.of)]),
            (Node::Together(together), Entity::FeatureOfInterest) => {
                Set::Nodes(vec![Node::Feature(world.key_of(together.of).place.clone())])
            }
            (Node::Thing(place), Entity::Datastream) => of_series(world.places.get(place)),
            (Node::Thing(place), Entity::Location) => {
                Set::Nodes(world.locations_of(place).into_iter().map(Node::Location).collect())
            }
            (Node::Location(id), Entity::Thing) => {
                let things = world.locations.get(id).into_iter().flatten();
                Set::Nodes(things.cloned().map(Node::Thing).collect())
            }
            (Node::History(id), Entity::Thing) => {
                let thing = world.histories.get(id).map(|history| history.thing.clone());
                Set::Nodes(thing.map(Node::Thing).into_iter().collect())
            }
            (Node::History(id), Entity::Location) => {
                let locations = world.histories.get(id).into_iter().flat_map(|history| &history.locations);
                let there = locations.filter(|location| world.locations.contains_key(*location));
                Set::Nodes(there.cloned().map(Node::Location).collect())
            }
            (Node::Thing(place), Entity::HistoricalLocation) => {
                histories(world, |history| history.thing == *place)
            }
            (Node::Location(place), Entity::HistoricalLocation) => {
                histories(world, |history| history.locations.contains(place))
            }
            (Node::Feature(place), Entity::Observation) => {
                Set::Observations(world.features.get(place).cloned().unwrap_or_default())
            }
            (Node::Sensor(id), Entity::Datastream) => of_series(world.sensors.get(id)),
            (Node::Property(code), Entity::Datastream) => of_series(world.properties.get(code)),
            (Node::Series(at), Entity::Observation) => Set::Observations(world.with_parts(*at)),
            (Node::Series(at), to) => {
                let key = &world.stream(*at).key;
                Set::Nodes(match to {
                    Entity::Thing => vec![Node::Thing(key.place.clone())],
                    Entity::Sensor => vec![Node::Sensor(sensor_id(&key.procedure).to_owned())],
                    Entity::ObservedProperty => vec![Node::Property(key.property.clone())],
                    _ => Vec::new(),
                })
            }
            (Node::Observation(_, at), Entity::Datastream) => {
                Set::Nodes(vec![Node::Series(world.owner(*at))])
            }
            (Node::Observation(_, at), Entity::FeatureOfInterest) => {
                Set::Nodes(vec![Node::Feature(world.stream(*at).key.place.clone())])
            }
            _ => Set::Nodes(Vec::new()),
        }
    }
}

fn histories(world: &World, wanted: impl Fn(&History) -> bool) -> Set {
    let wanted = world.histories.iter().filter(|(_, history)| wanted(history));
    Set::Nodes(wanted.map(|(id, _)| Node::History(id.clone())).collect())
}

impl Set {
    /// All entities of a kind, by id.
    pub(super) fn all(world: &World, entity: Entity) -> Set {
        Set::Nodes(match entity {
            Entity::Thing => world.places.keys().cloned().map(Node::Thing).collect(),
            Entity::Location => world.locations.keys().cloned().map(Node::Location).collect(),
            Entity::FeatureOfInterest => world.features.keys().cloned().map(Node::Feature).collect(),
            Entity::Datastream => world.datastreams().map(Node::Series).collect(),
            Entity::MultiDatastream => (0..world.multis.len()).map(Node::Multi).collect(),
            Entity::Sensor => world.sensors.keys().cloned().map(Node::Sensor).collect(),
            Entity::ObservedProperty => world.properties.keys().cloned().map(Node::Property).collect(),
            Entity::HistoricalLocation => return histories(world, |_| true),
            Entity::Observation => return Set::Observations((0..world.series.len()).collect()),
        })
    }

    /// The one of the set that has this id; of observations, its series and time in microseconds.
    pub(super) fn holds(&self, world: &World, id: &Id) -> Option<Found> {
        match (self, id) {
            (Set::Nodes(nodes), _) => {
                nodes.iter().find(|node| node.id(world) == *id).cloned().map(Found::Node)
            }
            (Set::Observations(series), Id::Text(text)) => {
                let (stream, time) = standards::sta::parse_observation_id(text)?;
                if let Some(at) = world.find(DatastreamId(stream)) {
                    return series.contains(&at).then_some(Found::Observation(at, time));
                }
                // Of what is observed together each value is among these.
                let multi = world.find_multi(stream)?;
                let has_all = world.multis[multi].series.iter().all(|at| series.contains(at));
                has_all.then_some(Found::Together(multi, time))
            }
            (Set::Together(multi), Id::Text(text)) => {
                let (id, time) = standards::sta::parse_observation_id(text)?;
                (world.multis[*multi].id == id).then_some(Found::Together(*multi, time))
            }
            (Set::Observations(_) | Set::Together(_), Id::Number(_)) => None,
        }
    }
}

/// An entity found by its id.
pub(super) enum Found {
    /// It.
    Node(Node),
    /// A value still to be read: its series and its time in microseconds.
    Observation(SeriesAt, i64),
    /// What was observed together, still to be read: the group and the time in microseconds.
    Together(MultiAt, i64),
}

/// An entity whose properties a filter asks for.
pub(super) struct Seen<'c> {
    pub(super) ctx: &'c Context,
    pub(super) node: Node,
}

impl Lookup for Seen<'_> {
    fn value(&self, path: &[String]) -> Value {
        value(self.ctx, &self.node, path)
    }
}

/// The value at a path from an entity.
pub(super) fn value(ctx: &Context, node: &Node, path: &[String]) -> Value {
    let Some(name) = path.first() else { return Value::Null };
    if let Some(relation) = node.entity().relation(name) {
        let Set::Nodes(nodes) = node.related(&ctx.world, relation) else { return Value::Null };
        let mut values = nodes.iter().map(|node| value(ctx, node, &path[1..]));
        return if relation.many { flat(values) } else { values.next().unwrap_or(Value::Null) };
    }
    match (name.as_str(), node) {
        ("id" | "@iot.id", _) => match node.id(&ctx.world) {
            Id::Number(number) => Value::Integer(number),
            Id::Text(text) => Value::Text(text),
        },
        ("selfLink" | "@iot.selfLink", _) => Value::Text(ctx.self_link(node)),
        ("phenomenonTime", Node::Observation(value, _)) => Value::Time(value.time),
        ("phenomenonTime", Node::Together(together)) => Value::Time(together.time),
        ("resultTime", Node::Observation(value, _)) => made(said::of(ctx, value)),
        ("resultTime", Node::Together(together)) => {
            made(together.values.iter().flatten().find_map(|value| said::of(ctx, value)))
        }
        ("time", Node::History(id)) => {
            ctx.world.histories.get(id).map_or(Value::Null, |history| Value::Time(history.time))
        }
        ("result", Node::Observation(value, _)) => match (value.result, &value.text) {
            (Some(number), _) => Value::Decimal(number),
            (None, Some(text)) => Value::Text(text.clone()),
            (None, None) => Value::Null,
        },
        _ => {
            let body = encode::body(ctx, node);
            let found =
                body.get(name).and_then(|top| path[1..].iter().try_fold(top, |at, name| at.get(name)));
            found.map_or(Value::Null, Value::of_json)
        }
    }
}

/// When a value was made, as far as that was said.
fn made(said: Option<Said>) -> Value {
    said.and_then(|said| said.result_time).map_or(Value::Null, |time| Value::Time(time.start))
}

fn flat(values: impl Iterator<Item = Value>) -> Value {
    let mut all = Vec::new();
    for value in values {
        match value {
            Value::Any(more) => all.extend(more),
            value => all.push(value),
        }
    }
    Value::Any(all)
}
