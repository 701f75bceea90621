//! Statistics of administrative units on the geography of a date.
//!
//! What a statistician may expect of it:
//! - A value of a unit that exists on the date passes as it is: [`Method::AsObserved`]. When a
//!   dataset holds both a unit's own value and those of its parts, the unit's own is taken.
//! - A unit that came of others has the sum of an extensive value (area, people, tonnes) over its
//!   parts. It is [`Method::Exact`] when every part passed whole, and [`Method::Estimated`] when a
//!   part was divided by its share of area or people.
//! - The value of a rate or a state is the weighted mean of the parts, never their sum and never
//!   their plain mean: weighted by the denominator where the dataset holds it (a yield by the area
//!   sown), else by people for what is counted per person, else by area. It is always estimated.
//!   A maximum or minimum over time is the largest or smallest of the parts.
//! - A unit that was merged away later gets its share of the larger unit's value, always estimated.
//! - A unit of which a part has no value (not reported, failed quality control, or hidden from the
//!   reader) has no value: the row is there with [`Method::Partial`], without a result, and names
//!   what is missing. A sum without one of its parts would be taken for the whole.

mod combine;
mod geography;
mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use model::{
    CellRef, Datastream, DatastreamId, PlaceId, PropertyCode, Quality, RunId, Statistic, TimeRange, Version,
};
use policy::Permit;

pub(crate) use table::HarmoniseTable;

use crate::engine::Inner;
use crate::observation::ObservedValue;
use crate::series::SeriesRequest;
use crate::{At, Engine, Error, Streams};
use combine::{Group, Observed};
use geography::Geography;

/// What to harmonise.
#[derive(Debug, Clone)]
pub struct HarmoniseRequest {
    /// The property; all of the dataset when absent.
    pub property: Option<PropertyCode>,
    /// The date whose administrative units are wanted.
    pub geography: NaiveDate,
    /// The phenomenon times.
    pub time: TimeRange,
    /// The version.
    pub at: At,
}

/// How a value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// It was observed for this unit.
    AsObserved,
    /// It is the sum (or the extreme) of units that passed whole.
    Exact,
    /// Weights or shares went into it.
    Estimated,
    /// Not all parts, or not all weights, are known: there is no value.
    Partial,
}

impl Method {
    /// The method's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Method::AsObserved => "as_observed",
            Method::Exact => "exact",
            Method::Estimated => "estimated",
            Method::Partial => "partial",
        }
    }
}

/// What a part was weighted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// By nothing: it was added whole, or is the extreme of the parts.
    Whole,
    /// By area: km² as a weight, or the share of the area that passed.
    Area,
    /// By people.
    Population,
    /// By the value of another property at the same place and time: the denominator.
    Property(PropertyCode),
}

impl Basis {
    /// The basis's code in tables and documents.
    pub fn code(&self) -> &str {
        match self {
            Basis::Whole => "whole",
            Basis::Area => "area",
            Basis::Population => "population",
            Basis::Property(property) => property.as_str(),
        }
    }
}

/// A value that went into another.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The datastream.
    pub datastream: DatastreamId,
    /// The unit that it was observed for.
    pub place: PlaceId,
    /// Its time.
    pub time: DateTime<Utc>,
    /// Its value.
    pub result: f64,
    /// The share of it that was added, or its weight in the mean.
    pub weight: f64,
    /// What the weight is.
    pub basis: Basis,
    /// The run that brought it.
    pub run: RunId,
    /// Its cell.
    pub cell: CellRef,
}

/// A value on the geography of the date.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonised {
    /// The unit, which exists on the date.
    pub place: PlaceId,
    /// The property.
    pub property: PropertyCode,
    /// How the values were made.
    pub procedure: String,
    /// The statistic.
    pub statistic: Statistic,
    /// The period.
    pub period: String,
    /// The unit of the result.
    pub unit: String,
    /// The instant, or the beginning of the period.
    pub time: DateTime<Utc>,
    /// The end of the period.
    pub end: Option<DateTime<Utc>>,
    /// The value; none when it is partial.
    pub result: Option<f64>,
    /// How it came about.
    pub method: Method,
    /// What it was made of.
    pub parts: Vec<Part>,
    /// The units that have no value, or no weight.
    pub missing: Vec<PlaceId>,
}

/// Values on the geography of a date, by property, place and time.
#[derive(Debug, Clone)]
pub struct HarmonisedAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The values.
    pub values: Vec<Harmonised>,
}

impl Engine {
    /// Brings the values of a dataset to the administrative units of a date.
    pub async fn harmonise(
        &self,
        permit: &Permit,
        request: HarmoniseRequest,
    ) -> Result<HarmonisedAnswer, Error> {
        let permit = permit.clone();
        self.read(format!("harmonised values of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.harmonise(&permit, &request, |_| true).await }
        })
        .await
    }
}

/// What values have to share to be combined: all but the place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    property: PropertyCode,
    procedure: String,
    statistic: &'static str,
    period: String,
    unit: String,
    datum: String,
    time: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
}

impl Inner {
    /// Harmonises the datastreams that pass; those that weigh others are read besides.
    pub(crate) async fn harmonise(
        &self,
        permit: &Permit,
        request: &HarmoniseRequest,
        wanted: impl Fn(&Datastream) -> bool,
    ) -> Result<HarmonisedAnswer, Error> {
        let gazetteer = self.catalog.gazetteer().await?;
        let series = SeriesRequest {
            streams: Streams::default(),
            time: request.time,
            at: request.at,
            ..SeriesRequest::default()
        };
        let read = |datastream: &Datastream| {
            let property = &datastream.key.property;
            let asked = request.property.as_ref().is_none_or(|asked| asked == property);
            (asked && wanted(datastream)) || combine::is_a_weight(property)
        };
        let answer = self.series_of(permit, series, read).await?;
        let datastreams: HashMap<i64, &Datastream> =
            answer.datastreams.iter().map(|datastream| (datastream.id.0, datastream)).collect();
        let mut groups: BTreeMap<Kind, Group> = BTreeMap::new();
        for batch in &answer.batches {
            sort_into_groups(batch, &datastreams, &mut groups)?;
        }
        let mut values = Vec::new();
        let mut geography = Geography::new(&gazetteer, request.geography);
        for (kind, group) in &groups {
            let asked = request.property.as_ref().is_none_or(|property| *property == kind.property);
            if !asked || !group.observed.values().any(|o| wanted(datastreams[&o.value.datastream.0])) {
                continue;
            }
            let targets: BTreeSet<PlaceId> =
                group.observed.keys().flat_map(|place| geography.targets(place)).collect();
            for place in targets {
                values.push(combine::value(&gazetteer, &geography, &groups, kind, group, place));
            }
        }
        let order = |v: &Harmonised| (v.property.clone(), v.place.clone(), v.time, v.period.clone());
        values.sort_by_key(order);
        Ok(HarmonisedAnswer { version: answer.version, values })
    }
}

/// Sorts usable values by kind and place. A value that failed quality control is not there.
fn sort_into_groups(
    batch: &RecordBatch,
    datastreams: &HashMap<i64, &Datastream>,
    groups: &mut BTreeMap<Kind, Group>,
) -> Result<(), Error> {
    for value in ObservedValue::read(batch)? {
        let usable = !matches!(value.quality, Quality::Fail | Quality::Missing);
        let (Some(result), Some(datastream), true) =
            (value.result, datastreams.get(&value.datastream.0), usable)
        else {
            continue;
        };
        let key = &datastream.key;
        let kind = Kind {
            property: key.property.clone(),
            procedure: key.procedure.clone(),
            statistic: key.statistic.code(),
            period: key.period.clone(),
            unit: key.unit.clone(),
            datum: key.datum.clone(),
            time: value.time,
            end: value.end,
        };
        groups.entry(kind).or_default().observed.insert(key.place.clone(), Observed { result, value });
    }
    Ok(())
}
