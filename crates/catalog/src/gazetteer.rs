//! The places and properties of the delta in memory, with the ways to find them.

mod names;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use model::{Crosswalk, Place, PlaceId, PlaceKind, PlaceParent, Property, PropertyCode, fold};

use crate::facts::Descriptions;
use crate::reference::{
    CommuneFragment, PlausibleRange, Population, QcDefault, RiverStation, Sector, StationFacts, Threshold,
};
use crate::{Catalog, Error};
use names::Names;

/// What a name was found to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceMatch {
    /// One place.
    One(PlaceId),
    /// Several places, by id: a person or a hint has to choose.
    Many(Vec<PlaceId>),
    /// No place.
    None,
}

/// Everything that the reference says, in memory. It never changes: a new reference makes a new one.
#[derive(Debug)]
pub struct Gazetteer {
    /// Sectors of properties.
    pub sectors: Vec<Sector>,
    /// Places by id.
    pub places: Vec<Place>,
    /// Which place belongs to which, and when.
    pub parents: Vec<PlaceParent>,
    /// How places passed into others.
    pub crosswalk: Vec<Crosswalk>,
    /// Parts of old communes that have no code.
    pub fragments: Vec<CommuneFragment>,
    /// Populations of places, each with what it counts.
    pub populations: Vec<Population>,
    /// What is known of stations beyond their place.
    pub stations: Vec<StationFacts>,
    /// Observed properties by code.
    pub properties: Vec<Property>,
    /// Plausible ranges that replace a property's own at some places.
    pub plausible_ranges: Vec<PlausibleRange>,
    /// Limits on properties.
    pub thresholds: Vec<Threshold>,
    /// Default limits of the quality tests.
    pub qc_defaults: Vec<QcDefault>,
    /// Salinity stations along river branches.
    pub river_stations: Vec<RiverStation>,
    /// What clients said beyond these facts, by what it is of: `procedure:…`, `place:…`.
    pub descriptions: Descriptions,
    place_at: HashMap<PlaceId, usize>,
    property_at: HashMap<PropertyCode, usize>,
    property_by_alias: HashMap<String, Option<usize>>,
    parents_of: HashMap<PlaceId, Vec<usize>>,
    children_of: HashMap<PlaceId, Vec<usize>>,
    passed_from: HashMap<PlaceId, Vec<usize>>,
    passed_to: HashMap<PlaceId, Vec<usize>>,
    names: Names,
}

/// What a gazetteer is made of.
pub(crate) struct Parts {
    pub(crate) sectors: Vec<Sector>,
    pub(crate) places: Vec<Place>,
    pub(crate) parents: Vec<PlaceParent>,
    pub(crate) crosswalk: Vec<Crosswalk>,
    pub(crate) fragments: Vec<CommuneFragment>,
    pub(crate) populations: Vec<Population>,
    pub(crate) stations: Vec<StationFacts>,
    pub(crate) properties: Vec<Property>,
    pub(crate) plausible_ranges: Vec<PlausibleRange>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) qc_defaults: Vec<QcDefault>,
    pub(crate) river_stations: Vec<RiverStation>,
    pub(crate) descriptions: Descriptions,
}

impl Catalog {
    /// The gazetteer, from memory; empty before a reference was applied.
    pub async fn gazetteer(&self) -> Result<Arc<Gazetteer>, Error> {
        self.refresh().await?;
        if let Some(held) = self.inner.gazetteer.get(&()) {
            return Ok(held);
        }
        // One reads; those who waited for it find it read.
        let _turn = self.inner.loading_gazetteer.lock().await;
        if let Some(held) = self.inner.gazetteer.get(&()) {
            return Ok(held);
        }
        let ticket = self.inner.gazetteer.ticket();
        let read = Arc::new(self.read_gazetteer().await?);
        self.inner.gazetteer.put(ticket, (), Arc::clone(&read), 1);
        Ok(read)
    }
}

impl Gazetteer {
    pub(crate) fn new(parts: Parts) -> Gazetteer {
        let mut parents_of: HashMap<PlaceId, Vec<usize>> = HashMap::new();
        let mut children_of: HashMap<PlaceId, Vec<usize>> = HashMap::new();
        for (at, belongs) in parts.parents.iter().enumerate() {
            parents_of.entry(belongs.place.clone()).or_default().push(at);
            children_of.entry(belongs.parent.clone()).or_default().push(at);
        }
        let mut passed_from: HashMap<PlaceId, Vec<usize>> = HashMap::new();
        let mut passed_to: HashMap<PlaceId, Vec<usize>> = HashMap::new();
        for (at, passed) in parts.crosswalk.iter().enumerate() {
            passed_from.entry(passed.from.clone()).or_default().push(at);
            passed_to.entry(passed.to.clone()).or_default().push(at);
        }
        Gazetteer {
            place_at: parts.places.iter().enumerate().map(|(at, place)| (place.id.clone(), at)).collect(),
            property_at: parts.properties.iter().enumerate().map(|(at, p)| (p.code.clone(), at)).collect(),
            property_by_alias: aliases(&parts.properties),
            parents_of,
            children_of,
            passed_from,
            passed_to,
            names: Names::of(&parts.places),
            sectors: parts.sectors,
            places: parts.places,
            parents: parts.parents,
            crosswalk: parts.crosswalk,
            fragments: parts.fragments,
            populations: parts.populations,
            stations: parts.stations,
            properties: parts.properties,
            plausible_ranges: parts.plausible_ranges,
            thresholds: parts.thresholds,
            qc_defaults: parts.qc_defaults,
            river_stations: parts.river_stations,
            descriptions: parts.descriptions,
        }
    }

    /// One place.
    pub fn place(&self, id: &PlaceId) -> Option<&Place> {
        self.place_at.get(id).map(|at| &self.places[*at])
    }

    /// One property.
    pub fn property(&self, code: &PropertyCode) -> Option<&Property> {
        self.property_at.get(code).map(|at| &self.properties[*at])
    }

    /// The property of a code, alias or name as a file may write it: marks, capitals and signs do
    /// not matter. None when nothing or more than one fits.
    pub fn property_by_alias(&self, text: &str) -> Option<&Property> {
        if let Some(property) = PropertyCode::new(text.trim()).ok().and_then(|code| self.property(&code)) {
            return Some(property);
        }
        let at = self.property_by_alias.get(&fold(text)).copied().flatten()?;
        self.properties.get(at)
    }

    /// The place that a place belongs to on a day.
    pub fn parent_on(&self, place: &PlaceId, on: NaiveDate) -> Option<&Place> {
        let belongs = self.parents_of.get(place)?.iter().map(|at| &self.parents[*at]);
        belongs
            .filter(|belongs| holds(belongs.valid_from, belongs.valid_to, on))
            .find_map(|b| self.place(&b.parent))
    }

    /// The places that belong to a place on a day, by id.
    pub fn children(&self, place: &PlaceId, on: NaiveDate) -> Vec<&Place> {
        let belonging = self.children_of.get(place).into_iter().flatten().map(|at| &self.parents[*at]);
        let mut children: Vec<&Place> = belonging
            .filter(|belongs| holds(belongs.valid_from, belongs.valid_to, on))
            .filter_map(|belongs| self.place(&belongs.place))
            .collect();
        children.sort_by(|left, right| left.id.cmp(&right.id));
        children
    }

    /// What a place passed into.
    pub fn successors(&self, place: &PlaceId) -> Vec<&Crosswalk> {
        self.passed_from.get(place).into_iter().flatten().map(|at| &self.crosswalk[*at]).collect()
    }

    /// What passed into a place.
    pub fn predecessors(&self, place: &PlaceId) -> Vec<&Crosswalk> {
        self.passed_to.get(place).into_iter().flatten().map(|at| &self.crosswalk[*at]).collect()
    }

    /// What is known of a station beyond its place.
    pub fn station(&self, id: &PlaceId) -> Option<&StationFacts> {
        self.stations.iter().find(|facts| facts.station == *id)
    }

    /// The range in which a property's values are plausible at a place, in the property's unit.
    pub fn plausible_range(&self, property: &PropertyCode, place: &PlaceId) -> (Option<f64>, Option<f64>) {
        let own = self.plausible_ranges.iter().find(|r| r.property == *property && r.place == *place);
        match own {
            Some(range) => (range.min, range.max),
            None => self.property(property).map_or((None, None), |p| (p.plausible_min, p.plausible_max)),
        }
    }

    /// The place that a text of a file means on a day.
    ///
    /// Tried in turn, the first that finds something decides: an id; a code of the scheme; the name
    /// as it is written; the name without what says its kind (`Tỉnh`, `TP.`, `Xã`, `Trạm` …), which
    /// then also says the kind; and both again without marks. Several places of one name stay
    /// several, unless the hints leave one.
    pub fn match_place(
        &self,
        text: &str,
        kind: Option<PlaceKind>,
        scheme: Option<&str>,
        on: NaiveDate,
    ) -> PlaceMatch {
        let text = text.trim();
        let ids = [Some(text.to_owned()), scheme.map(|scheme| format!("{scheme}:{text}"))];
        for id in ids.into_iter().flatten() {
            if let Some(place) = PlaceId::new(&id).ok().and_then(|id| self.place(&id)) {
                return PlaceMatch::One(place.id.clone());
            }
        }
        let fits = |place: &Place| {
            kind.is_none_or(|kind| place.kind == kind)
                && scheme.is_none_or(|scheme| place.id.scheme() == scheme)
                && holds(place.valid_from, place.valid_to, on)
        };
        let mut found: Vec<PlaceId> = self
            .names
            .find(text, &self.places, kind, fits)
            .into_iter()
            .map(|place| place.id.clone())
            .collect();
        found.sort();
        match found.len() {
            0 => PlaceMatch::None,
            1 => PlaceMatch::One(found.remove(0)),
            _ => PlaceMatch::Many(found),
        }
    }

    /// Places whose names hold every word of the text, the best first: whole names before
    /// beginnings before the rest, larger places before smaller ones, today's before former ones.
    pub fn search(&self, text: &str, limit: usize) -> Vec<&Place> {
        self.names.search(text, &self.places, limit)
    }
}

/// Codes, aliases and names of properties, folded; `None` where several properties share one.
fn aliases(properties: &[Property]) -> HashMap<String, Option<usize>> {
    let mut by_alias: HashMap<String, Option<usize>> = HashMap::new();
    for (at, property) in properties.iter().enumerate() {
        let names = [Some(&property.name.vi), property.name.en.as_ref(), property.name.km.as_ref()];
        let spellings = names.into_iter().flatten().chain(&property.aliases).map(String::as_str);
        for spelling in spellings.chain([property.code.as_str()]) {
            let folded = fold(spelling);
            if folded.is_empty() {
                continue;
            }
            by_alias
                .entry(folded)
                .and_modify(|known| *known = known.filter(|known| *known == at))
                .or_insert(Some(at));
        }
    }
    by_alias
}

/// Whether a day lies between two days, both included, either open.
fn holds(from: Option<NaiveDate>, to: Option<NaiveDate>, on: NaiveDate) -> bool {
    from.is_none_or(|from| from <= on) && to.is_none_or(|to| on <= to)
}
