//! Texts to places, properties, units and periods, each text looked up once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use catalog::{Gazetteer, PlaceAlias, PlaceMatch};
use chrono::{DateTime, NaiveDate};
use model::{PlaceId, PlaceKind, Property, PropertyCode, Unit, name_key};

use super::bilingual::halves;
use super::listed::{listed, narrowed, unlisted};
use super::nutrients::{nutrient, of_nutrient};
use super::period::Period;
use super::time::DAY;

/// Failed texts remembered of one column; beyond, each is looked up again, so that a column of
/// free text costs time and not memory.
const MAX_FAILURES: usize = 50_000;

/// What stands between a name and what the place belongs to, where both are one text.
pub(crate) const BESIDE: char = '\u{1f}';
/// The longest name of a place, in bytes.
const MAX_NAME: usize = 200;

/// Hashes small numbers that we made ourselves; texts of a file get the standard library's hasher.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }
    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A map keyed by numbers that we made ourselves.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// Things met in a file, each under the number by which rows refer to it.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    by_text: HashMap<String, Option<u32>>,
    by_item: HashMap<T, u32>,
    pub(crate) items: Vec<T>,
    /// Texts met of late and what they mean, each in the place that its last letters give it: rows name
    /// the same few things over and over.
    recent: Vec<Option<(String, u32)>>,
    failures: usize,
}

/// Places for texts met of late.
const RECENT: usize = 1024;

fn place_among_recent(text: &str) -> usize {
    let letters = text.as_bytes().iter().rev().take(4);
    letters.fold(text.len(), |sum, letter| sum * 31 + usize::from(*letter)) % RECENT
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool {
            by_text: HashMap::new(),
            by_item: HashMap::new(),
            items: Vec::new(),
            recent: vec![None; RECENT],
            failures: 0,
        }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// The number of an item.
    pub(crate) fn number(&mut self, item: T) -> u32 {
        let items = &mut self.items;
        *self.by_item.entry(item).or_insert_with_key(|item| {
            items.push(item.clone());
            u32::try_from(items.len() - 1)
                .expect("a pool is bounded by the gazetteer or by a limit far below 2^32")
        })
    }

    /// The number of what a text means, by `find` when the text is new.
    #[inline]
    pub(crate) fn of_text(&mut self, text: &str, find: impl FnOnce(&str) -> Option<T>) -> Option<u32> {
        let recent = place_among_recent(text);
        if let Some((known, number)) = &self.recent[recent]
            && known == text
        {
            return Some(*number);
        }
        let number = match self.by_text.get(text) {
            Some(known) => *known,
            None => {
                let number = find(text).map(|item| self.number(item));
                self.failures += usize::from(number.is_none());
                if number.is_some() || self.failures <= MAX_FAILURES {
                    self.by_text.insert(text.to_owned(), number);
                }
                number
            }
        };
        if let Some(number) = number {
            self.recent[recent] = Some((text.to_owned(), number));
        }
        number
    }
}

/// Names that somebody has said the meaning of: for the agency, or in the mapping.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aliases(HashMap<String, Vec<(Option<PlaceKind>, PlaceId)>>);

impl Aliases {
    /// What an agency means by names.
    pub(crate) fn of(known: &[PlaceAlias]) -> Aliases {
        let mut aliases = Aliases::default();
        for alias in known {
            aliases.add(&alias.written, alias.kind, alias.place.clone());
        }
        aliases
    }

    /// Adds a meaning, in place of another of the same kind.
    pub(crate) fn add(&mut self, written: &str, kind: Option<PlaceKind>, place: PlaceId) {
        let meanings = self.0.entry(name_key(written)).or_default();
        meanings.retain(|(of, _)| *of != kind);
        meanings.push((kind, place));
    }

    /// The place that a name was said to mean where a kind is wanted: said of that kind, else of any;
    /// where no kind is wanted, the one place that it was ever said to mean.
    pub(crate) fn find(&self, text: &str, kind: Option<PlaceKind>) -> Option<&PlaceId> {
        if self.0.is_empty() {
            return None;
        }
        let meanings = self.0.get(&name_key(text))?;
        let of = |kind| meanings.iter().find(|(of, _)| *of == kind).map(|(_, place)| place);
        match (of(kind), of(None), meanings.as_slice()) {
            (Some(place), ..) | (None, Some(place), _) => Some(place),
            (None, None, [(_, place)]) if kind.is_none() => Some(place),
            _ => None,
        }
    }
}

/// Finds places by what a column writes.
pub(crate) struct PlaceFinder {
    aliases: Aliases,
    pub(crate) gazetteer: Arc<Gazetteer>,
    pub(crate) scheme: Option<String>,
    pub(crate) kind: Option<PlaceKind>,
    /// Days on which places began or ended: between two of them a name means one thing.
    boundaries: Vec<i64>,
    /// One pool for each stretch between boundaries; places keep their numbers across pools.
    by_era: Vec<Pool<u32>>,
    era: (usize, i64, i64),
    /// Names that were looked up once more since they name nothing, or too much, each with its day.
    unclear: HashMap<(String, NaiveDate), bool>,
}

impl PlaceFinder {
    pub(crate) fn new(
        gazetteer: Arc<Gazetteer>,
        scheme: Option<String>,
        kind: Option<PlaceKind>,
        aliases: Aliases,
    ) -> Self {
        let mut boundaries: Vec<i64> = gazetteer
            .places
            .iter()
            .flat_map(|place| [place.valid_from, place.valid_to.and_then(|day| day.succ_opt())])
            .flatten()
            .map(|day| model::local_midnight(day).timestamp_micros())
            .collect();
        boundaries.sort_unstable();
        boundaries.dedup();
        let by_era = (0..=boundaries.len()).map(|_| Pool::default()).collect();
        // An empty range: the first lookup sets it.
        PlaceFinder {
            aliases,
            gazetteer,
            scheme,
            kind,
            boundaries,
            by_era,
            era: (0, 1, 0),
            unclear: HashMap::new(),
        }
    }

    /// The number in `places` of what the text means at that time. Behind the name, each after [`BESIDE`],
    /// may stand what the place belongs to.
    #[inline]
    pub(crate) fn find(&mut self, text: &str, at: i64, places: &mut Pool<PlaceId>) -> Option<u32> {
        let text = text.trim();
        if !(self.era.1..self.era.2).contains(&at) {
            let after = self.boundaries.partition_point(|boundary| *boundary <= at);
            let from = after.checked_sub(1).map_or(i64::MIN, |before| self.boundaries[before]);
            let to = self.boundaries.get(after).copied().unwrap_or(i64::MAX);
            self.era = (after, from, to);
        }
        let (gazetteer, scheme, kind) = (&self.gazetteer, self.scheme.as_deref(), self.kind);
        let aliases = &self.aliases;
        let pool = &mut self.by_era[self.era.0];
        let found = pool.of_text(text, |text| {
            let name = text.split(BESIDE).next().unwrap_or(text);
            let said = aliases.find(name, kind).or_else(|| aliases.find(unlisted(name, kind), kind));
            if let Some(place) = said.filter(|place| gazetteer.place(place).is_some()) {
                return Some(places.number(place.clone()));
            }
            match find_beside(gazetteer, text, kind, scheme, day_of(at)) {
                PlaceMatch::One(place) => Some(places.number(place)),
                PlaceMatch::Many(_) | PlaceMatch::None => None,
            }
        })?;
        Some(pool.items[found as usize])
    }

    /// Whether a text that names no one place at that time names several.
    pub(crate) fn is_unclear(&mut self, text: &str, at: i64) -> bool {
        let key = (text.trim().to_owned(), day_of(at));
        if let Some(known) = self.unclear.get(&key) {
            return *known;
        }
        let found = find_beside(&self.gazetteer, &key.0, self.kind, self.scheme.as_deref(), key.1);
        let is_unclear = matches!(found, PlaceMatch::Many(_));
        if self.unclear.len() < MAX_FAILURES {
            self.unclear.insert(key, is_unclear);
        }
        is_unclear
    }

    /// Until when the names mean what they meant of late, in microseconds since 1970.
    pub(crate) fn holds_until(&self) -> i64 {
        self.era.2
    }

    /// Why a text was not found: the places that it may mean, whatever stands beside it.
    pub(crate) fn explain(&self, text: &str, at: i64) -> Vec<PlaceId> {
        match find_place(&self.gazetteer, text.trim(), self.kind, self.scheme.as_deref(), day_of(at)) {
            PlaceMatch::Many(places) => places,
            // It does not belong to what stands beside it.
            PlaceMatch::One(place) => vec![place],
            PlaceMatch::None => Vec::new(),
        }
    }
}

/// The day in Vietnam of an instant.
fn day_of(us: i64) -> NaiveDate {
    let days = (us + DAY / 24 * 7).div_euclid(DAY);
    DateTime::from_timestamp(days.saturating_mul(86_400), 0).map_or(NaiveDate::MAX, |time| time.date_naive())
}

/// The place of a name that is told apart by what stands beside it: `Châu Thành` of `Trà Vinh`. A place that
/// does not belong there is not the one that is meant.
pub(crate) fn find_beside(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    let mut parts = text.split(BESIDE);
    let name = parts.next().unwrap_or_default().trim();
    let found = find_place(gazetteer, name, kind, scheme, on);
    let mut places = match found {
        PlaceMatch::None => return found,
        PlaceMatch::One(place) => vec![place],
        PlaceMatch::Many(places) => places,
    };
    for beside in parts.filter(|text| !text.trim().is_empty()) {
        places = narrowed(gazetteer, &places, beside, on).unwrap_or(places);
    }
    match places.len() {
        0 => PlaceMatch::None,
        1 => PlaceMatch::One(places.remove(0)),
        _ => PlaceMatch::Many(places),
    }
}

/// The place of an id with its scheme, of a code of the column's scheme, or of a name, as tables write them.
pub(crate) fn find_place(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    match named_place(gazetteer, text, kind, scheme, on) {
        PlaceMatch::None if text.len() <= MAX_NAME => listed(gazetteer, text, kind, scheme, on),
        found => found,
    }
}

/// The same, of the text as it stands.
pub(super) fn named_place(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    if let Ok(id) = PlaceId::new(text)
        && gazetteer.place(&id).is_some()
    {
        return PlaceMatch::One(id);
    }
    if let Some(scheme) = scheme {
        // A spreadsheet drops the leading zeros of a code, and other programs make a fraction of it.
        let text = text.strip_suffix(".0").unwrap_or(text);
        let codes = [text.to_owned(), format!("{text:0>2}"), format!("{text:0>5}")];
        for code in codes {
            if let Ok(id) = PlaceId::new(&format!("{scheme}:{code}"))
                && gazetteer.place(&id).is_some()
            {
                return PlaceMatch::One(id);
            }
        }
    }
    if text.is_empty() || text.len() > MAX_NAME {
        return PlaceMatch::None;
    }
    match gazetteer.match_place(text, kind, scheme, on) {
        PlaceMatch::None => in_two_languages(gazetteer, text, kind, scheme, on),
        found => found,
    }
}

/// The place of `Cần Thơ - Can Tho city`, where both are the same.
fn in_two_languages(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    let Some((one, other)) = halves(text) else { return PlaceMatch::None };
    let found = gazetteer.match_place(one, kind, scheme, on);
    let is_same = found == gazetteer.match_place(other, kind, scheme, on);
    if is_same { found } else { PlaceMatch::None }
}

/// The property of a code, an alias or a name.
pub(crate) fn find_property<'a>(gazetteer: &'a Gazetteer, text: &str) -> Option<&'a Property> {
    let text = text.trim();
    PropertyCode::new(text)
        .ok()
        .and_then(|code| gazetteer.property(&code))
        .or_else(|| gazetteer.property_by_alias(text))
}

/// Spellings of salinity by weight that the delta's agencies use as grams per litre: below 35 the
/// difference is under 3 per cent (property `salinity` of the vocabulary).
const SALINITY_IN_PRACTICE: [&str; 8] = ["‰", "%o", "0/00", "psu", "PSU", "ppt", "g/kg", "[ppth]"];

/// The unit that a text writes, perhaps in two languages: `Nghìn tấn - Thous. tons`.
pub(crate) fn unit_of(text: &str) -> Option<Unit> {
    let text = text.trim();
    Unit::parse(text).ok().or_else(|| {
        let (one, other) = halves(text)?;
        let (one, other) = (Unit::parse(one).ok()?, Unit::parse(other).ok()?);
        one.conversion_to(&other).is_ok_and(|conversion| conversion == (1.0, 0.0)).then_some(one)
    })
}

/// The unit that a cell writes, where it may be one: UCUM, a spelling of practice, or the bare name
/// of something counted (`NTU` where a property is in `{NTU}`).
pub(crate) fn find_unit(gazetteer: &Gazetteer, text: &str) -> Option<String> {
    let text = text.trim();
    let known = unit_of(text).is_some()
        || SALINITY_IN_PRACTICE.contains(&text)
        || of_nutrient(text).is_some()
        || gazetteer.properties.iter().any(|property| counts(property, text) || property.unit == text);
    (known && text.len() <= 60).then(|| text.to_owned())
}

/// Whether the property's unit is the annotation of this text.
fn counts(property: &Property, text: &str) -> bool {
    property.unit.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(text)
}

/// Why a unit cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitProblem {
    Unknown,
    Incompatible,
}

/// The factor and the addend that turn a value in the text's unit into the property's.
pub(crate) fn conversion(text: &str, property: &Property) -> Result<(f64, f64), UnitProblem> {
    let text = text.trim();
    if text == property.unit || counts(property, text) {
        return Ok((1.0, 0.0));
    }
    if property.unit == "g/L" && property.sector == "salinity" && SALINITY_IN_PRACTICE.contains(&text) {
        return Ok((1.0, 0.0));
    }
    let own = Unit::parse(&property.unit).map_err(|_| UnitProblem::Incompatible)?;
    if let Some(found) = nutrient(property).and_then(|nutrient| nutrient.conversion(text, &own)) {
        return Ok(found);
    }
    let unit = unit_of(text).ok_or(UnitProblem::Unknown)?;
    // Parts of mass, `kg kg-1`, `1` or `%`: as parts in a thousand, which stand for grams in a litre.
    if property.unit == "g/L"
        && property.sector == "salinity"
        && let Ok(parts) = Unit::parse("[ppth]").and_then(|thousandths| unit.conversion_to(&thousandths))
    {
        return Ok(parts);
    }
    unit.conversion_to(&own).map_err(|_| UnitProblem::Incompatible)
}

/// The period that a cell names.
pub(crate) fn find_period(text: &str, prefix: &str) -> Option<Period> {
    Period::of_cell(text, prefix)
}
