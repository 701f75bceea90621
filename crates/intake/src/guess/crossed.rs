//! Guessing headers that cross places with statistics or with properties: `Trà Vinh Smax`, `Trà Vinh Độ mặn (g/l)`.

use std::collections::BTreeMap;

use catalog::PlaceMatch;
use chrono::NaiveDate;
use model::{PlaceKind, Property, Statistic};
use wording::told;

use super::around::is_own_unit;
use super::evidence::before_the_merger;
use super::measured::said_by;
use super::observations::Guess;
use super::sample::brackets;
use super::usual::calendar;
use crate::mapping::{PlaceSource, TextOrColumn, ValueSource};
use crate::observe::{Precision, find_place, find_property, find_statistic};

/// The longest pattern that a guess writes, in bytes.
const MAX_PATTERN: usize = 300;

/// A header that names a place, and before or behind it an item.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Crossed {
    item: String,
    /// Whether the item stands before the place.
    is_first: bool,
}

/// What the items of all headers are.
enum Items {
    /// Statistics, by the codes of their texts.
    Statistics(BTreeMap<String, String>),
    /// Properties, with their units in brackets or without, and the codes of texts that name none by themselves.
    Properties { with_units: bool, words: BTreeMap<String, String> },
}

impl Guess<'_> {
    /// Reads headers that name a place and a statistic, or a place and a property, each.
    pub(super) fn crossed(&mut self, numeric: &[usize], precision: Option<Precision>) -> bool {
        let names: Vec<String> = numeric.iter().map(|at| self.sample.columns[*at].name.clone()).collect();
        let split_all = |kind: PlaceKind| -> Option<(PlaceKind, Vec<Crossed>)> {
            let all: Option<Vec<Crossed>> = names.iter().map(|name| self.split(name, kind)).collect();
            all.filter(|all| all.len() > 1 && all.iter().all(|one| one.is_first == all[0].is_first))
                .map(|all| (kind, all))
        };
        let Some((kind, crossed)) = [PlaceKind::Station, PlaceKind::Province].into_iter().find_map(split_all)
        else {
            return false;
        };
        let Some(items) = self.items_of(&crossed) else { return false };
        let is_first = crossed[0].is_first;
        let mut texts: Vec<String> = crossed.into_iter().map(|one| one.item).collect();
        texts.sort();
        texts.dedup();
        let mut value = ValueSource::new("", TextOrColumn::Text("…".into()));
        match items {
            Items::Statistics(words) => {
                let Some(named) = self.evidence.property(self.gazetteer) else { return false };
                value.columns = pattern(&one_of("statistic", &texts), is_first);
                value.words = words;
                value.property = TextOrColumn::Text(named.property.code.to_string());
                self.because("value.0.property", named.confidence, named.reason);
                self.because(
                    "value.0.words",
                    0.9,
                    told!("guess-headers-places-statistics", "the headers name places and statistics"),
                );
                self.unit_around(&mut value, &named.property.unit);
            }
            Items::Properties { with_units, words } => {
                value.words = words;
                let mut bases: Vec<String> = texts.iter().map(|text| brackets(text).0).collect();
                bases.sort();
                bases.dedup();
                let unit = if with_units { r"\s*[\(\[](?P<unit>.+?)[\)\]]" } else { "" };
                value.columns = pattern(&format!("{}{unit}", one_of("property", &bases)), is_first);
                value.property = TextOrColumn::default();
                let (confidence, reason) = if with_units {
                    (0.9, told!("guess-headers-places-properties", "the headers name places and properties"))
                } else {
                    (
                        0.62,
                        told!(
                            "guess-headers-places-properties-own-units",
                            "the headers name places and properties, in their own units, CHECK"
                        ),
                    )
                };
                self.because("value.0.columns", confidence, reason);
            }
        }
        if value.columns.is_none() {
            return false;
        }
        value.period = calendar(precision);
        self.mapping.place =
            Some(PlaceSource { header: true, kind: Some(kind.code().into()), ..PlaceSource::default() });
        let reason =
            told!("guess-all-headers-name-places", "all {count} headers name a place", count = names.len());
        self.because("place.header", 0.9, reason);
        self.mapping.values.push(value);
        true
    }

    /// The unit that a title names; else the property's own, which is asked.
    fn unit_around(&mut self, value: &mut ValueSource, own: &str) {
        let (unit, confidence, reason) = match self.evidence.unit(self.gazetteer) {
            Some((_, unit)) => (
                unit.clone(),
                0.85,
                told!("guess-stands-above", "`{text}` stands above the table", text = unit),
            ),
            None => (own.to_owned(), 0.4, is_own_unit(own)),
        };
        value.unit = Some(TextOrColumn::Text(unit));
        self.because("value.0.unit", confidence, reason);
    }

    /// The place and the item of a header, where it is nothing but these.
    fn split(&self, name: &str, kind: PlaceKind) -> Option<Crossed> {
        let is_place = |text: &str| {
            [NaiveDate::MAX, before_the_merger()].iter().any(|on| {
                matches!(find_place(self.gazetteer, text, Some(kind), None, *on), PlaceMatch::One(_))
            })
        };
        let is_item = |text: &str| statistic_of(text).is_some() || self.property_of(text).is_some();
        name.match_indices(' ').find_map(|(at, _)| {
            let (left, right) = (&name[..at], &name[at + 1..]);
            if is_place(left) && is_item(right) {
                return Some(Crossed { item: right.to_owned(), is_first: false });
            }
            (is_item(left) && is_place(right)).then(|| Crossed { item: left.to_owned(), is_first: true })
        })
    }

    /// What the items are, where all are of one sort.
    fn items_of(&self, crossed: &[Crossed]) -> Option<Items> {
        let statistics: Option<BTreeMap<String, String>> = crossed
            .iter()
            .map(|one| Some((one.item.clone(), statistic_of(&one.item)?.code().to_owned())))
            .collect();
        if let Some(words) = statistics {
            return Some(Items::Statistics(words));
        }
        let units = crossed.iter().filter(|one| !brackets(&one.item).1.is_empty()).count();
        let mut words = BTreeMap::new();
        for one in crossed {
            let property = self.property_of(&one.item)?;
            let base = brackets(&one.item).0;
            if find_property(self.gazetteer, &base).is_none() {
                words.insert(base, property.code.to_string());
            }
        }
        (units == 0 || units == crossed.len()).then_some(Items::Properties { with_units: units > 0, words })
    }

    /// The property of an item that says no statistic: `Độ mặn (g/l)`, `H (cm)`.
    fn property_of(&self, item: &str) -> Option<&Property> {
        let said = said_by(self.gazetteer, item, &[])?;
        (said.statistic.is_none() && said.period.is_none()).then_some(said.property)
    }
}

/// The statistic of a word, also with the letter of its property before it: `Smax`, `H min`, `Stb`.
fn statistic_of(text: &str) -> Option<Statistic> {
    find_statistic(text).or_else(|| {
        let folded = model::fold(text);
        let rest = ["s", "h", "q"].iter().find_map(|letter| folded.strip_prefix(letter))?;
        find_statistic(rest.trim())
    })
}

/// A group of a regular expression that is one of some texts.
fn one_of(name: &str, texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
    format!("(?P<{name}>{})", texts.join("|"))
}

/// The pattern of headers with a place and an item; `None` where it would be too long.
fn pattern(item: &str, item_first: bool) -> Option<String> {
    let place = "(?P<place>.+?)";
    let pattern =
        if item_first { format!(r"/^{item}\s+{place}$/") } else { format!(r"/^{place}\s+{item}$/") };
    (pattern.len() <= MAX_PATTERN).then_some(pattern)
}
