//! The limits that a dataset sets for itself, as a TOML document.

use std::collections::BTreeMap;

use catalog::Gazetteer;
use model::{DatastreamKey, PlaceId, PropertyCode};
use serde::Deserialize;
use wording::{Told, told};

use super::limits::{Limits, SpikeVariant};
use crate::Error;
use crate::error::bytes;
use crate::observe::duration_us;

/// The longest document, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The limits of a dataset.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The version of the language: 1.
    version: u32,
    /// The limits; of several that fit a datastream, the one that names its place, else the last.
    #[serde(default, rename = "limit")]
    limits: Vec<LimitSetting>,
}

/// Limits of a property, at one place or everywhere. What is absent stays as the general limits say.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitSetting {
    property: String,
    place: Option<String>,
    /// A class of the default limits to start from.
    pub(crate) class: Option<String>,
    /// Nothing is tested.
    pub(crate) none: bool,
    interval: Option<String>,
    fail: Option<[f64; 2]>,
    suspect: Option<[f64; 2]>,
    spike: Option<[f64; 2]>,
    spike_variant: Option<String>,
    rate: Option<[f64; 2]>,
    rate_period: Option<String>,
    flat_tolerance: Option<f64>,
    flat: Option<[String; 2]>,
    flat_above: Option<f64>,
    gap: Option<String>,
    climatology: Option<Climatology>,
    neighbours: Option<Vec<String>>,
    neighbour_sigma: Option<f64>,
    neighbour_least: Option<f64>,
}

/// What months are like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Climatology {
    /// `"history"`: of the dataset's own values, when they are tested again.
    Named(String),
    /// By the number of the month.
    Months(BTreeMap<String, [f64; 2]>),
}

impl Settings {
    /// Reads and checks the document of a dataset.
    pub(crate) fn parse(text: &str, gazetteer: &Gazetteer) -> Result<Settings, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::Limit { what: told!("intake-limits", "the limits"), limit: bytes(MAX_BYTES) });
        }
        let settings: Settings = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = error.message().trim().replace('\n', "; ");
            Error::invalid(
                told!(
                    "intake-limits-line",
                    "the limits, line {line}: {message}",
                    line = line,
                    message = message
                ),
                told!("intake-correct-line-limits", "correct that line of the limits"),
            )
        })?;
        if settings.version != 1 {
            return Err(Error::invalid(
                told!(
                    "intake-version-limits-not-known",
                    "version `{version}` of the limits is not known",
                    version = settings.version
                ),
                told!("intake-write-version-1", "write `version = 1`"),
            ));
        }
        for (at, setting) in settings.limits.iter().enumerate() {
            setting.check(gazetteer).map_err(|(what, hint)| {
                Error::invalid(told!("intake-limits-limit", "the limits, [[limit]] {at}: {what}", at = at + 1, what => what), hint)
            })?;
        }
        Ok(settings)
    }

    /// The setting for a datastream.
    pub(super) fn find(&self, key: &DatastreamKey) -> Option<&LimitSetting> {
        let of_property = || self.limits.iter().rev().filter(|limit| limit.property == key.property.as_str());
        let of_place = of_property().find(|limit| limit.place.as_deref() == Some(key.place.as_str()));
        of_place.or_else(|| of_property().find(|limit| limit.place.is_none()))
    }
}

type Wrong = (Told, Told);

impl LimitSetting {
    fn check(&self, gazetteer: &Gazetteer) -> Result<(), Wrong> {
        let wrong = |what: Told, hint: Told| Err((what, hint));
        let property =
            PropertyCode::new(&self.property).ok().filter(|code| gazetteer.property(code).is_some());
        let Some(property) = property else {
            return wrong(
                told!(
                    "intake-property-does-not-exist",
                    "the property `{text}` does not exist",
                    text = self.property
                ),
                told!("intake-write-code", "write its code"),
            );
        };
        for place in self.place.iter().chain(self.neighbours.iter().flatten()) {
            let known = PlaceId::new(place).ok().filter(|id| gazetteer.place(id).is_some());
            if known.is_none() {
                return wrong(
                    told!("intake-place-does-not-exist", "the place `{text}` does not exist", text = place),
                    told!("intake-write-id-place", "write the id of a place"),
                );
            }
        }
        if self.neighbours.as_ref().is_some_and(|neighbours| neighbours.len() < 3) {
            return wrong(
                told!("intake-there-fewer-than-three-neighbours", "there are fewer than three neighbours"),
                told!("intake-name-least-three-places", "name at least three places"),
            );
        }
        if let Some(class) = &self.class {
            let mut known = gazetteer.qc_defaults.iter().filter(|default| default.property == property);
            if !known.any(|default| default.station_class == *class) {
                return wrong(
                    told!(
                        "intake-no-default-limits-class",
                        "`{property}` has no default limits of the class `{class}`",
                        property = self.property,
                        class = class
                    ),
                    told!("intake-write-class-default-limits", "write a class of the default limits"),
                );
            }
        }
        for (name, text) in
            [("interval", &self.interval), ("rate_period", &self.rate_period), ("gap", &self.gap)]
                .into_iter()
                .filter_map(|(name, text)| Some((name, text.as_deref()?)))
                .chain(self.flat.iter().flatten().map(|text| ("flat", text.as_str())))
        {
            if duration_us(text).is_none_or(|us| us <= 0) {
                return wrong(
                    told!(
                        "intake-no-length-time",
                        "`{name}`: `{text}` is no length of time",
                        name = name,
                        text = text
                    ),
                    told!(
                        "intake-write-iso-8601-duration-such-pt3h-p1d",
                        "write an ISO 8601 duration such as `PT3H` or `P1D`"
                    ),
                );
            }
        }
        for (name, pair) in [("fail", self.fail), ("suspect", self.suspect)] {
            if pair.is_some_and(|[low, high]| low > high || low.is_nan() || high.is_nan()) {
                return wrong(
                    told!("intake-empty", "`{name}` is empty", name = name),
                    told!("intake-write-least-most", "write `[least, most]`"),
                );
            }
        }
        for (name, pair) in [("spike", self.spike), ("rate", self.rate)] {
            if pair.is_some_and(|[suspect, fail]| !(0.0 < suspect && suspect <= fail)) {
                return wrong(
                    told!("intake-not-order", "`{name}` is not in order", name = name),
                    told!(
                        "intake-write-suspect-fail-both-above-zero",
                        "write `[suspect, fail]`, both above zero"
                    ),
                );
            }
        }
        if let Some(variant) = &self.spike_variant
            && !matches!(variant.as_str(), "mean" | "differential")
        {
            return wrong(
                told!(
                    "intake-no-way-measure-spike",
                    "`{variant}` is no way to measure a spike",
                    variant = variant
                ),
                told!("intake-write-mean-differential", "write `mean` or `differential`"),
            );
        }
        match &self.climatology {
            Some(Climatology::Named(name)) if name != "history" => wrong(
                told!("intake-climatology-not-known", "`climatology`: `{name}` is not known", name = name),
                told!("intake-write-history-limits-month", "write `history`, or limits by month"),
            ),
            Some(Climatology::Months(months)) => {
                for (month, [low, high]) in months {
                    if month_of(month).is_none() || low > high {
                        return wrong(
                            told!(
                                "intake-climatology-limits-month-not-right",
                                "`climatology`: the limits of month `{month}` are not right",
                                month = month
                            ),
                            told!(
                                "intake-write-e-g-climatology-1-0-5",
                                "write e.g. `climatology = { 1 = [0, 5], 2 = [0, 8] }`"
                            ),
                        );
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Puts what is set in the place of what the limits say.
    pub(super) fn apply(&self, limits: &mut Limits) {
        let us = |text: &Option<String>| text.as_deref().and_then(duration_us);
        let both = |[suspect, fail]: [f64; 2]| [Some(suspect), Some(fail)];
        limits.interval = us(&self.interval).or(limits.interval);
        limits.fail = self.fail.or(limits.fail);
        limits.suspect = self.suspect.or(limits.suspect);
        limits.spike = self.spike.map(both).or(limits.spike);
        match self.spike_variant.as_deref() {
            Some("differential") => limits.spike_variant = SpikeVariant::Differential,
            Some(_) => limits.spike_variant = SpikeVariant::Mean,
            None => {}
        }
        limits.rate = self.rate.map(both).or(limits.rate);
        limits.rate_period = us(&self.rate_period).unwrap_or(limits.rate_period);
        limits.flat_tolerance = self.flat_tolerance.unwrap_or(limits.flat_tolerance);
        if let Some([suspect, fail]) = &self.flat {
            limits.flat = [duration_us(suspect), duration_us(fail)];
        }
        limits.flat_above = self.flat_above.or(limits.flat_above);
        limits.gap = us(&self.gap).or(limits.gap);
        match &self.climatology {
            Some(Climatology::Named(_)) => limits.own_climatology = true,
            Some(Climatology::Months(months)) => {
                let mut by_month = [None; 12];
                for (month, span) in months {
                    if let Some(month) = month_of(month) {
                        by_month[month] = Some(*span);
                    }
                }
                limits.climatology = Some(by_month);
            }
            None => {}
        }
        if let Some(neighbours) = &self.neighbours {
            limits.neighbours = neighbours.iter().filter_map(|id| PlaceId::new(id).ok()).collect();
        }
        limits.neighbour_sigma = self.neighbour_sigma.unwrap_or(limits.neighbour_sigma);
        limits.neighbour_least = self.neighbour_least.unwrap_or(limits.neighbour_least);
    }
}

fn month_of(text: &str) -> Option<usize> {
    text.parse::<usize>().ok().filter(|month| (1..=12).contains(month)).map(|month| month - 1)
}
