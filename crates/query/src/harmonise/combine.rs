//! The value of a unit from the values of others.

use std::collections::{BTreeMap, HashMap};

use catalog::Gazetteer;
use model::{Crosswalk, PlaceId, PropertyCode, PropertyKind, Statistic};

use super::geography::Geography;
use super::{Basis, Harmonised, Kind, Method, Part};
use crate::observation::ObservedValue;

/// How deep the parts of parts are followed.
const MOST_STEPS: usize = 8;

/// Rates, and the property whose value is their denominator.
const DENOMINATORS: [(&str, &str); 1] = [("rice_yield", "rice_area_sown")];

/// Whether values of the property weigh those of another.
pub(super) fn is_a_weight(property: &PropertyCode) -> bool {
    DENOMINATORS.iter().any(|(_, denominator)| *denominator == property.as_str())
}

/// A usable value.
pub(super) struct Observed {
    pub(super) result: f64,
    pub(super) value: ObservedValue,
}

/// Values of one kind, by place.
#[derive(Default)]
pub(super) struct Group {
    pub(super) observed: HashMap<PlaceId, Observed>,
}

/// What is known of a unit's value.
#[derive(Default)]
struct Found {
    result: Option<f64>,
    method: Option<Method>,
    parts: Vec<Part>,
    missing: Vec<PlaceId>,
}

impl Found {
    fn missing(place: &PlaceId) -> Found {
        Found { missing: vec![place.clone()], ..Found::default() }
    }
}

/// How the values of a kind combine.
struct Rule<'a> {
    geography: &'a Geography<'a>,
    gazetteer: &'a Gazetteer,
    group: &'a Group,
    weights: Option<(PropertyCode, HashMap<&'a PlaceId, f64>)>,
    extensive: bool,
    per_person: bool,
    statistic: Option<Statistic>,
}

/// The value of a unit of the date.
pub(super) fn value(
    gazetteer: &Gazetteer,
    geography: &Geography<'_>,
    groups: &BTreeMap<Kind, Group>,
    kind: &Kind,
    group: &Group,
    place: PlaceId,
) -> Harmonised {
    let property = gazetteer.property(&kind.property);
    let rule = Rule {
        geography,
        gazetteer,
        group,
        weights: denominators(groups, kind),
        // What is not known to add up is not added up.
        extensive: property.is_some_and(|property| property.kind == PropertyKind::Extensive),
        per_person: is_about_people(&kind.unit, property.map_or("", |property| &property.sector)),
        statistic: Statistic::from_code(kind.statistic),
    };
    let mut found = rule.made(&place, MOST_STEPS);
    if found.result.is_none() && found.parts.is_empty() {
        found = rule.split(&place, MOST_STEPS);
    }
    found.missing.sort_unstable();
    found.missing.dedup();
    Harmonised {
        place,
        property: kind.property.clone(),
        procedure: kind.procedure.clone(),
        statistic: rule.statistic.unwrap_or_default(),
        period: kind.period.clone(),
        unit: kind.unit.clone(),
        time: kind.time,
        end: kind.end,
        result: found.result,
        method: found.method.filter(|_| found.result.is_some()).unwrap_or(Method::Partial),
        parts: found.parts,
        missing: found.missing,
    }
}

/// The values of a rate's denominator at the same time, by place.
fn denominators<'a>(
    groups: &'a BTreeMap<Kind, Group>,
    kind: &Kind,
) -> Option<(PropertyCode, HashMap<&'a PlaceId, f64>)> {
    let (_, denominator) = DENOMINATORS.iter().find(|(rate, _)| *rate == kind.property.as_str())?;
    let same = |other: &Kind| {
        other.property.as_str() == *denominator
            && other.period == kind.period
            && other.time == kind.time
            && other.end == kind.end
    };
    let (other, group) = groups.iter().find(|(other, _)| same(other))?;
    let values = group.observed.iter().map(|(place, observed)| (place, observed.result)).collect();
    Some((other.property.clone(), values))
}

/// Whether values count people, or are rates of people rather than of land.
fn is_about_people(unit: &str, sector: &str) -> bool {
    match unit.split_once('/') {
        Some((_, below)) => below.contains("{person}"),
        None => {
            let share_of_people = unit == "%" && matches!(sector, "population_economy" | "health");
            share_of_people || unit.contains("{person}")
        }
    }
}

impl<'a> Rule<'a> {
    /// The unit's own value, or else that of what it came of.
    fn made(&self, place: &PlaceId, steps: usize) -> Found {
        if let Some(found) = self.own(place) {
            return found;
        }
        let into: Vec<&Crosswalk> = self.geography.made_of(place).collect();
        if into.is_empty() || steps == 0 {
            return Found::missing(place);
        }
        let parts: Vec<(&Crosswalk, Found)> =
            into.into_iter().map(|step| (step, self.made(&step.from, steps - 1))).collect();
        if parts.iter().any(|(_, found)| found.result.is_none()) {
            return incomplete(parts.into_iter().map(|(_, found)| found));
        }
        if self.extensive { self.sum(parts) } else { self.mean(parts) }
    }

    fn own(&self, place: &PlaceId) -> Option<Found> {
        let Observed { result, value } = self.group.observed.get(place)?;
        let part = Part {
            datastream: value.datastream,
            place: place.clone(),
            time: value.time,
            result: *result,
            weight: 1.0,
            basis: Basis::Whole,
            run: value.run.clone(),
            cell: value.cell,
        };
        Some(Found {
            result: Some(*result),
            method: Some(Method::AsObserved),
            parts: vec![part],
            missing: Vec::new(),
        })
    }

    /// Adds what passed of each part.
    fn sum(&self, parts: Vec<(&Crosswalk, Found)>) -> Found {
        // The largest values of the parts need not have been at the same time.
        let adds_up = !matches!(self.statistic, Some(Statistic::Max | Statistic::Min));
        let method = if adds_up { Method::Exact } else { Method::Estimated };
        let mut all = Found { result: Some(0.0), method: Some(method), ..Found::default() };
        for (step, part) in parts {
            let Some((share, basis)) = self.share(step) else {
                all.result = None;
                all.missing.push(step.from.clone());
                all.parts.extend(part.parts);
                continue;
            };
            if !step.is_whole() || part.method == Some(Method::Estimated) {
                all.method = Some(Method::Estimated);
            }
            all.result = all.result.zip(part.result).map(|(sum, result)| sum + share * result);
            all.parts.extend(part.parts.into_iter().map(|part| part.scaled(share, &basis)));
            all.missing.extend(part.missing);
        }
        all
    }

    /// The share of a part that passed. A part that passed into one unit only passed whole as far as
    /// is known, which does not make it exact.
    fn share(&self, step: &Crosswalk) -> Option<(f64, Basis)> {
        if step.is_whole() {
            return Some((1.0, Basis::Whole));
        }
        let by_people = step.share_population.map(|share| (share, Basis::Population));
        let by_area = step.share_area.map(|share| (share, Basis::Area));
        let known = if self.per_person { by_people.or(by_area) } else { by_area.or(by_people) };
        known.or_else(|| (self.geography.out_of(&step.from).count() == 1).then_some((1.0, Basis::Whole)))
    }

    /// The mean of the parts by one weight for all; the extreme, of maxima and minima.
    fn mean(&self, parts: Vec<(&Crosswalk, Found)>) -> Found {
        let whole =
            parts.iter().all(|(step, part)| step.is_whole() && part.method != Some(Method::Estimated));
        let extreme: Option<fn(f64, f64) -> f64> = match self.statistic {
            Some(Statistic::Max) => Some(f64::max),
            Some(Statistic::Min) => Some(f64::min),
            _ => None,
        };
        if let Some(extreme) = extreme {
            let result = parts.iter().filter_map(|(_, part)| part.result).reduce(extreme);
            let method = if whole { Method::Exact } else { Method::Estimated };
            let parts = parts.into_iter().flat_map(|(_, part)| part.parts).collect();
            return Found { result, method: Some(method), parts, missing: Vec::new() };
        }
        if let [(step, _)] = parts.as_slice()
            && self.geography.all_into(&step.to).count() == 1
        {
            // The same land under another name or code has the same value.
            let method = if whole { Method::Exact } else { Method::Estimated };
            let mut alone = parts.into_iter().map(|(_, part)| Found { method: Some(method), ..part });
            return alone.next().unwrap_or_default();
        }
        let Some((weights, basis)) = self.weights(&parts) else {
            let unweighted = parts.iter().map(|(step, _)| step.from.clone()).collect();
            let parts = parts.into_iter().flat_map(|(_, part)| part.parts).collect();
            return Found { missing: unweighted, parts, ..Found::default() };
        };
        let total: f64 = weights.iter().sum();
        let mut all = Found { method: Some(Method::Estimated), ..Found::default() };
        let mut sum = 0.0;
        for ((_, part), weight) in parts.into_iter().zip(weights) {
            sum += weight * part.result.unwrap_or_default();
            all.parts.extend(part.parts.into_iter().map(|part| part.scaled(weight, &basis)));
        }
        all.result = Some(sum / total);
        all
    }

    /// The weights of all parts on the first basis that is known for every one of them.
    fn weights(&self, parts: &[(&Crosswalk, Found)]) -> Option<(Vec<f64>, Basis)> {
        let all = |weight: &dyn Fn(&Crosswalk) -> Option<f64>| {
            let weights: Option<Vec<f64>> = parts.iter().map(|(step, _)| weight(step)).collect();
            weights.filter(|weights| weights.iter().all(|w| *w >= 0.0) && weights.iter().sum::<f64>() > 0.0)
        };
        if let Some((property, values)) = &self.weights {
            let by_denominator = |step: &Crosswalk| {
                let share = self.share(step)?.0;
                values.get(&step.from).map(|value| share * value)
            };
            if let Some(weights) = all(&by_denominator) {
                return Some((weights, Basis::Property(property.clone())));
            }
        }
        if parts.len() == 1 {
            return Some((vec![1.0], Basis::Whole));
        }
        let people = || Some((all(&|step| step.weight_population)?, Basis::Population));
        let area = || Some((all(&|step| step.weight_area_km2.or_else(|| self.area(step)))?, Basis::Area));
        if self.per_person { people() } else { area().or_else(people) }
    }

    fn area(&self, step: &Crosswalk) -> Option<f64> {
        let area = self.gazetteer.place(&step.from)?.area_km2?;
        Some(area * step.share_area?)
    }

    /// The unit's share of the value of what it passed into after the date.
    fn split(&self, place: &PlaceId, steps: usize) -> Found {
        if let Some(found) = self.own(place) {
            return found;
        }
        let out: Vec<&Crosswalk> = self.geography.out_of(place).collect();
        if out.is_empty() || steps == 0 {
            return Found::missing(place);
        }
        let parts: Vec<(&Crosswalk, Found)> =
            out.into_iter().map(|step| (step, self.split(&step.to, steps - 1))).collect();
        if parts.iter().any(|(_, found)| found.result.is_none()) {
            return incomplete(parts.into_iter().map(|(_, found)| found));
        }
        if !self.extensive {
            let mut mean = self.mean(parts);
            mean.method = mean.method.map(|_| Method::Estimated);
            return mean;
        }
        let mut all = Found { result: Some(0.0), method: Some(Method::Estimated), ..Found::default() };
        for (step, part) in parts {
            let Some((share, basis)) = self.share_of_whole(step) else {
                all.result = None;
                all.missing.push(step.to.clone());
                continue;
            };
            all.result = all.result.zip(part.result).map(|(sum, result)| sum + share * result);
            all.parts.extend(part.parts.into_iter().map(|part| part.scaled(share, &basis)));
        }
        all
    }

    /// How much of a unit came of one of those that passed into it.
    fn share_of_whole(&self, step: &Crosswalk) -> Option<(f64, Basis)> {
        let of = |weight: fn(&Crosswalk) -> Option<f64>| {
            let total: Option<f64> = self.geography.all_into(&step.to).map(weight).sum();
            Some(weight(step)? / total.filter(|total| *total > 0.0)?)
        };
        let people = || Some((of(|step| step.weight_population)?, Basis::Population));
        let area = || Some((of(|step| step.weight_area_km2)?, Basis::Area));
        if self.per_person { people() } else { area() }
    }
}

fn incomplete(parts: impl Iterator<Item = Found>) -> Found {
    let mut all = Found::default();
    for part in parts {
        all.parts.extend(part.parts);
        all.missing.extend(part.missing);
    }
    all
}

impl Part {
    fn scaled(mut self, by: f64, basis: &Basis) -> Part {
        self.weight *= by;
        if *basis != Basis::Whole {
            self.basis = basis.clone();
        }
        self
    }
}
