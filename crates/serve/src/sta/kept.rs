//! What clients made that the model has no place for: locations, features and moves of their own, and
//! what was deleted, of which earlier versions still tell.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Descriptions, Gazetteer};
use chrono::{DateTime, Utc};
use model::{DatastreamId, PlaceId};
use serde_json::{Map, Value, json};

use super::encode::subject;

/// Members of descriptions that are no words of their entities are named so.
pub(super) const HIDDEN: char = '@';
/// Whether it was made here, and stands in no list of the catalogue's.
const OWN: &str = "@own";
const THING: &str = "@thing";
const TIME: &str = "@time";
const LOCATIONS: &str = "@locations";
const OF: &str = "@of";
const AT: &str = "@at";

/// Where a thing was since an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    pub(super) thing: PlaceId,
    pub(super) time: DateTime<Utc>,
    pub(super) locations: Vec<PlaceId>,
}

/// What is kept beside the model.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Locations that are not the position of a place of the catalogue's.
    pub(super) locations: BTreeSet<PlaceId>,
    /// Features that are no things.
    pub(super) features: BTreeSet<PlaceId>,
    /// Since when things are where they are, as far as they moved.
    pub(super) histories: BTreeMap<PlaceId, History>,
    /// The locations of things that moved, or have several.
    pub(super) located: BTreeMap<PlaceId, Vec<PlaceId>>,
    /// Series that hold the values which another series has of other features, with that series.
    pub(super) owners: BTreeMap<DatastreamId, DatastreamId>,
    gone: BTreeSet<String>,
}

impl Kept {
    pub(super) fn of(gazetteer: &Gazetteer) -> Kept {
        let all = &gazetteer.descriptions;
        let place = |(id, _): &(&str, &Map<String, Value>)| PlaceId::new(id).ok();
        let own = |(_, words): &(&str, &Map<String, Value>)| is_own(words);
        Kept {
            locations: below(all, subject::LOCATION).filter(own).filter_map(|one| place(&one)).collect(),
            features: below(all, subject::FEATURE).filter(own).filter_map(|one| place(&one)).collect(),
            histories: below(all, subject::HISTORY)
                .filter_map(|(id, words)| Some((PlaceId::new(id).ok()?, history_of(words)?)))
                .collect(),
            located: below(all, subject::LOCATED)
                .filter_map(|(id, words)| Some((PlaceId::new(id).ok()?, places_of(words.get(LOCATIONS)))))
                .collect(),
            owners: below(all, subject::PART)
                .filter_map(|(id, words)| {
                    let owner = words.get(OF).and_then(Value::as_i64)?;
                    Some((DatastreamId(id.parse().ok()?), DatastreamId(owner)))
                })
                .collect(),
            gone: below(all, subject::GONE).map(|(id, _)| id.to_owned()).collect(),
        }
    }

    /// Whether something was deleted; values that came later bring it back.
    pub(super) fn is_gone(&self, subject: &str) -> bool {
        self.gone.contains(subject)
    }

    /// Whether nothing was deleted.
    pub(super) fn is_whole(&self) -> bool {
        self.gone.is_empty()
    }
}

/// Descriptions whose subjects begin so, by what follows.
fn below<'d>(
    all: &'d Descriptions,
    prefix: &'static str,
) -> impl Iterator<Item = (&'d str, &'d Map<String, Value>)> {
    all.range(prefix.to_owned()..)
        .map_while(move |(subject, words)| Some((subject.strip_prefix(prefix)?, words)))
}

/// Whether an entity was made here, by what is kept of it.
pub(super) fn is_own(words: &Map<String, Value>) -> bool {
    words.get(OWN) == Some(&Value::Bool(true))
}

/// Says that an entity was made here.
pub(super) fn own(mut words: Map<String, Value>) -> Map<String, Value> {
    words.insert(OWN.to_owned(), true.into());
    words
}

/// What is kept of where a thing was.
pub(super) fn history(history: &History) -> Map<String, Value> {
    Map::from_iter([
        (THING.to_owned(), history.thing.to_string().into()),
        (TIME.to_owned(), history.time.to_rfc3339().into()),
        (LOCATIONS.to_owned(), texts(&history.locations)),
    ])
}

fn history_of(words: &Map<String, Value>) -> Option<History> {
    let text = |name: &str| words.get(name).and_then(Value::as_str);
    Some(History {
        thing: PlaceId::new(text(THING)?).ok()?,
        time: DateTime::parse_from_rfc3339(text(TIME)?).ok()?.to_utc(),
        locations: places_of(words.get(LOCATIONS)),
    })
}

/// What is kept of where a thing is.
pub(super) fn located(locations: &[PlaceId]) -> Map<String, Value> {
    Map::from_iter([(LOCATIONS.to_owned(), texts(locations))])
}

/// What is kept of a series that holds values of another one.
pub(super) fn part_of(owner: DatastreamId) -> Map<String, Value> {
    Map::from_iter([(OF.to_owned(), owner.0.into())])
}

/// What is kept of something that was deleted.
pub(super) fn gone(at: DateTime<Utc>) -> Map<String, Value> {
    Map::from_iter([(AT.to_owned(), at.to_rfc3339().into())])
}

fn texts(places: &[PlaceId]) -> Value {
    json!(places.iter().map(PlaceId::as_str).collect::<Vec<_>>())
}

fn places_of(value: Option<&Value>) -> Vec<PlaceId> {
    let texts = value.and_then(Value::as_array).into_iter().flatten();
    texts.filter_map(|text| PlaceId::new(text.as_str()?).ok()).collect()
}
