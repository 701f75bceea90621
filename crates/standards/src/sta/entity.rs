//! The entities of the sensing profile, their properties and their relations (18-088 §8.2).

use std::fmt;

use serde::{Serialize, Serializer};

/// A kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// What is observed at, as a thing of the world.
    Thing,
    /// Where a thing is.
    Location,
    /// Where a thing was.
    HistoricalLocation,
    /// A series.
    Datastream,
    /// Series that are observed together (18-088 §13).
    MultiDatastream,
    /// How a series is made.
    Sensor,
    /// What is observed.
    ObservedProperty,
    /// One value.
    Observation,
    /// What a value is about.
    FeatureOfInterest,
}

/// What values a property has, as far as the standard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A truth value.
    Bool,
    /// An instant, or a period, which is compared by its beginning.
    Time,
    /// A day.
    Date,
    /// A time of the day.
    Clock,
    /// A span of time.
    Span,
    /// A geometry.
    Shape,
    /// Whatever it happens to be.
    Any,
}

/// A navigation property: the way from one entity to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Relation {
    /// The name in paths and documents.
    pub name: &'static str,
    /// Where it leads.
    pub to: Entity,
    /// Whether it leads to a set.
    pub many: bool,
}

const fn one(name: &'static str, to: Entity) -> Relation {
    Relation { name, to, many: false }
}

const fn many(name: &'static str, to: Entity) -> Relation {
    Relation { name, to, many: true }
}

impl Entity {
    /// Every kind, in the order of the service's root document.
    pub const ALL: [Entity; 9] = [
        Entity::Thing,
        Entity::Location,
        Entity::HistoricalLocation,
        Entity::Datastream,
        Entity::MultiDatastream,
        Entity::Sensor,
        Entity::ObservedProperty,
        Entity::Observation,
        Entity::FeatureOfInterest,
    ];

    /// The name of the entity's set.
    pub fn set_name(self) -> &'static str {
        match self {
            Entity::Thing => "Things",
            Entity::Location => "Locations",
            Entity::HistoricalLocation => "HistoricalLocations",
            Entity::Datastream => "Datastreams",
            Entity::MultiDatastream => "MultiDatastreams",
            Entity::Sensor => "Sensors",
            Entity::ObservedProperty => "ObservedProperties",
            Entity::Observation => "Observations",
            Entity::FeatureOfInterest => "FeaturesOfInterest",
        }
    }

    /// The kind of a set's name.
    pub fn from_set_name(name: &str) -> Option<Entity> {
        Entity::ALL.into_iter().find(|entity| entity.set_name() == name)
    }

    /// The ways to other entities.
    pub fn relations(self) -> &'static [Relation] {
        const THING: [Relation; 4] = [
            many("Datastreams", Entity::Datastream),
            many("MultiDatastreams", Entity::MultiDatastream),
            many("Locations", Entity::Location),
            many("HistoricalLocations", Entity::HistoricalLocation),
        ];
        const LOCATION: [Relation; 2] =
            [many("Things", Entity::Thing), many("HistoricalLocations", Entity::HistoricalLocation)];
        const HISTORICAL: [Relation; 2] = [one("Thing", Entity::Thing), many("Locations", Entity::Location)];
        const DATASTREAM: [Relation; 4] = [
            one("Thing", Entity::Thing),
            one("Sensor", Entity::Sensor),
            one("ObservedProperty", Entity::ObservedProperty),
            many("Observations", Entity::Observation),
        ];
        const MULTI: [Relation; 4] = [
            one("Thing", Entity::Thing),
            one("Sensor", Entity::Sensor),
            many("ObservedProperties", Entity::ObservedProperty),
            many("Observations", Entity::Observation),
        ];
        const DATASTREAMS: [Relation; 2] =
            [many("Datastreams", Entity::Datastream), many("MultiDatastreams", Entity::MultiDatastream)];
        const OBSERVATION: [Relation; 3] = [
            one("Datastream", Entity::Datastream),
            one("MultiDatastream", Entity::MultiDatastream),
            one("FeatureOfInterest", Entity::FeatureOfInterest),
        ];
        const FEATURE: [Relation; 1] = [many("Observations", Entity::Observation)];
        match self {
            Entity::Thing => &THING,
            Entity::Location => &LOCATION,
            Entity::HistoricalLocation => &HISTORICAL,
            Entity::Datastream => &DATASTREAM,
            Entity::MultiDatastream => &MULTI,
            Entity::Sensor | Entity::ObservedProperty => &DATASTREAMS,
            Entity::Observation => &OBSERVATION,
            Entity::FeatureOfInterest => &FEATURE,
        }
    }

    /// The way of a name.
    pub fn relation(self, name: &str) -> Option<Relation> {
        self.relations().iter().copied().find(|relation| relation.name == name)
    }

    /// The properties by name. `properties` and `parameters` hold more, below them.
    pub fn properties(self) -> &'static [(&'static str, Kind)] {
        match self {
            Entity::Thing => &[("name", Kind::Text), ("description", Kind::Text), ("properties", Kind::Any)],
            Entity::Location => &[
                ("name", Kind::Text),
                ("description", Kind::Text),
                ("encodingType", Kind::Text),
                ("location", Kind::Any),
                ("properties", Kind::Any),
            ],
            Entity::HistoricalLocation => &[("time", Kind::Time)],
            Entity::Datastream => &[
                ("name", Kind::Text),
                ("description", Kind::Text),
                ("observationType", Kind::Text),
                ("unitOfMeasurement", Kind::Any),
                ("observedArea", Kind::Any),
                ("properties", Kind::Any),
            ],
            Entity::MultiDatastream => &[
                ("name", Kind::Text),
                ("description", Kind::Text),
                ("observationType", Kind::Text),
                ("multiObservationDataTypes", Kind::Any),
                ("unitOfMeasurements", Kind::Any),
                ("observedArea", Kind::Any),
                ("properties", Kind::Any),
            ],
            Entity::Sensor => &[
                ("name", Kind::Text),
                ("description", Kind::Text),
                ("encodingType", Kind::Text),
                ("metadata", Kind::Any),
                ("properties", Kind::Any),
            ],
            Entity::ObservedProperty => &[
                ("name", Kind::Text),
                ("definition", Kind::Text),
                ("description", Kind::Text),
                ("properties", Kind::Any),
            ],
            Entity::Observation => &[
                ("phenomenonTime", Kind::Time),
                ("resultTime", Kind::Time),
                ("result", Kind::Any),
                ("resultQuality", Kind::Any),
                ("validTime", Kind::Time),
                ("parameters", Kind::Any),
            ],
            Entity::FeatureOfInterest => &[
                ("name", Kind::Text),
                ("description", Kind::Text),
                ("encodingType", Kind::Text),
                ("feature", Kind::Any),
                ("properties", Kind::Any),
            ],
        }
    }

    /// What values a property has; `id` and `@iot.id` are the entity's id.
    pub fn property(self, name: &str) -> Option<Kind> {
        match name {
            "id" | "@iot.id" if self.has_number_ids() => Some(Kind::Number),
            "id" | "@iot.id" | "selfLink" | "@iot.selfLink" => Some(Kind::Text),
            _ => self.properties().iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind),
        }
    }

    /// Whether ids are numbers.
    pub fn has_number_ids(self) -> bool {
        matches!(self, Entity::Datastream | Entity::MultiDatastream)
    }
}

/// The id of an entity: a number, or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// A number, bare in a path.
    Number(i64),
    /// A text, between single quotes in a path.
    Text(String),
}

/// The id as a member of a document.
impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Id::Number(number) => serializer.serialize_i64(*number),
            Id::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// The id as it stands between the brackets of a path.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Number(number) => number.fmt(f),
            Id::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

/// The id of an observation: its datastream and its phenomenon time in microseconds.
pub fn observation_id(datastream: i64, phenomenon_time_us: i64) -> String {
    format!("{datastream}-{phenomenon_time_us}")
}

/// Reads the id of an observation back; times before 1970 are negative.
pub fn parse_observation_id(text: &str) -> Option<(i64, i64)> {
    let (datastream, time) = text.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(datastream) && digits(time.strip_prefix('-').unwrap_or(time)))
        .then(|| Some((datastream.parse().ok()?, time.parse().ok()?)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entity, observation_id, parse_observation_id};

    #[test]
    fn every_relation_has_a_way_back() {
        for entity in Entity::ALL {
            for relation in entity.relations() {
                assert!(
                    relation.to.relations().iter().any(|back| back.to == entity)
                        // 18-088 Figure 2: an observation's thing is found through its datastream.
                        || (entity, relation.to) == (Entity::Observation, Entity::Datastream),
                    "{entity:?} → {}",
                    relation.name
                );
            }
        }
    }

    #[test]
    fn an_observation_id_has_two_numbers() {
        assert_eq!(parse_observation_id("12--5"), Some((12, -5)));
        for bad in
            ["", "-", "12", "12-", "-12-5", "12---5", "12-5-6", "12-+5", "a-1", "12-99999999999999999999"]
        {
            assert_eq!(parse_observation_id(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_observation_id_is_read_back(datastream in 0..i64::MAX, time in any::<i64>()) {
            prop_assert_eq!(parse_observation_id(&observation_id(datastream, time)), Some((datastream, time)));
        }
    }
}
