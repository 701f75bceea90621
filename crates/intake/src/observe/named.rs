//! A file of the same shape whose titles name other values than those of the file that its mapping was made for: the
//! headers are the same, and the values would go in as what they are not.

use catalog::Gazetteer;
use wording::told;

use super::plan::Plan;
use super::resolve::{conversion, find_property};
use crate::Error;
use crate::guess::left_open;
use crate::mapping::{Mapping, Shape, TextOrColumn, ValueSource};

/// An error where titles name another property, statistic or unit than before, of values whose headers name none.
pub(super) fn compare(
    known: &Shape,
    now: &Shape,
    plan: &Plan,
    whole: &Mapping,
    gazetteer: &Gazetteer,
) -> Result<(), Error> {
    let mut open = [false; 3];
    for read in &plan.values {
        let left = left_open(plan.header.name(read.columns.value), gazetteer);
        open.iter_mut().zip(left).for_each(|(open, left)| *open |= left);
    }
    let [property, statistic, unit] = open;
    let mut proposal = whole.clone();
    let mut differences = Vec::new();
    let mut differs = |before: &Option<String>, after: &Option<String>| {
        let (before, after) = (before.clone().unwrap_or_default(), after.clone()?);
        differences.push(match before.is_empty() {
            true => told!(
                "intake-title-names-now",
                "the texts around the table name `{after}`, and named nothing of the kind in the file that the mapping was made for",
                after = after
            ),
            false => told!(
                "intake-title-names-another",
                "the texts around the table name `{after}`, and named `{before}` in the file that the mapping was made for: is the file of another dataset?",
                after = after,
                before = before
            ),
        });
        Some(after)
    };
    let is_another = |before: &Option<String>, after: &Option<String>| after.is_some() && before != after;
    let is_fixed = |fact: Option<&TextOrColumn>| !matches!(fact, Some(TextOrColumn::Column { .. }));
    if property
        && known.property.is_some()
        && is_another(&known.property, &now.property)
        && plan.mapping.values.iter().any(|value| is_fixed(Some(&value.property)))
        && let Some(after) = differs(&known.property, &now.property)
    {
        let before = known.property.as_deref();
        for value in values(&mut proposal).filter(|value| value.property.text() == before) {
            value.property = TextOrColumn::Text(after.clone());
            value.range = None;
        }
    }
    if statistic
        && is_another(&known.statistic, &now.statistic)
        && plan.mapping.values.iter().any(|value| is_fixed(value.statistic.as_ref()))
        && let Some(after) = differs(&known.statistic, &now.statistic)
    {
        for value in values(&mut proposal).filter(|value| is_fixed(value.statistic.as_ref())) {
            value.statistic = Some(TextOrColumn::Text(after.clone()));
        }
    }
    let is_in_another = |value: &ValueSource| {
        let (Some(said), Some(own)) = (&now.unit, value.unit.as_ref().and_then(TextOrColumn::text)) else {
            return false;
        };
        let property = value.property.text().and_then(|code| find_property(gazetteer, code));
        property.is_some_and(|property| conversion(said, property) != conversion(own, property))
    };
    if unit
        && is_another(&known.unit, &now.unit)
        && plan.mapping.values.iter().any(is_in_another)
        && let Some(after) = differs(&known.unit, &now.unit)
    {
        for value in values(&mut proposal).filter(|value| is_in_another(value)) {
            value.unit = Some(TextOrColumn::Text(after.clone()));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    proposal.shape = None;
    proposal.reasons.clear();
    Err(Error::Drifted { differences, example: proposal.to_text() })
}

/// The values of all tables of a mapping.
fn values(mapping: &mut Mapping) -> impl Iterator<Item = &mut ValueSource> {
    let of_blocks = mapping.blocks.iter_mut().flat_map(|block| &mut block.values);
    mapping.values.iter_mut().chain(of_blocks)
}
