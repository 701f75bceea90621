//! Facts about properties as rows: what they are, which values are plausible, which limits hold.

use chrono::TimeDelta;
use model::{Property, PropertyKind};

use super::places::{place_id, property_code};
use super::{Fact, joined};
use crate::Error;
use crate::entity::json::ListJson;
use crate::entity::{plausible_range, property, qc_default, river_station, threshold};
use crate::reference::{PlausibleRange, QcDefault, RiverStation, Threshold, ThresholdKind, ThresholdSense};
use crate::row::coded;

impl Fact for Property {
    type Entity = property::Entity;

    fn to_row(&self) -> property::Model {
        property::Model {
            code: self.code.to_string(),
            sector: self.sector.clone(),
            name: (&self.name).into(),
            aliases: ListJson(self.aliases.clone()),
            unit: self.unit.clone(),
            kind: self.kind.code().to_owned(),
            plausible_min: self.plausible_min,
            plausible_max: self.plausible_max,
            statistic: self.statistic.clone(),
            cf_standard_name: self.cf_standard_name.clone(),
            note: self.note.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: property::Model) -> Result<Self, Error> {
        Ok(Property {
            code: property_code(&row.code)?,
            sector: row.sector,
            name: row.name.into(),
            aliases: row.aliases.0,
            unit: row.unit,
            kind: coded("kind of property", &row.kind, PropertyKind::from_code(&row.kind))?,
            plausible_min: row.plausible_min,
            plausible_max: row.plausible_max,
            statistic: row.statistic,
            cf_standard_name: row.cf_standard_name,
            note: row.note,
            confidence: row.confidence,
        })
    }

    fn key(row: &property::Model) -> String {
        row.code.clone()
    }
}

impl Fact for PlausibleRange {
    type Entity = plausible_range::Entity;

    fn to_row(&self) -> plausible_range::Model {
        plausible_range::Model {
            property: self.property.to_string(),
            place: self.place.to_string(),
            min: self.min,
            max: self.max,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: plausible_range::Model) -> Result<Self, Error> {
        Ok(PlausibleRange {
            property: property_code(&row.property)?,
            place: place_id(&row.place)?,
            min: row.min,
            max: row.max,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &plausible_range::Model) -> String {
        joined(&[&row.property, &row.place])
    }
}

impl Fact for Threshold {
    type Entity = threshold::Entity;

    fn to_row(&self) -> threshold::Model {
        threshold::Model {
            id: self.id.clone(),
            kind: self.kind.code().to_owned(),
            property: self.property.to_string(),
            place: self.place.as_ref().map(ToString::to_string),
            level: self.level.clone(),
            meaning: (&self.meaning).into(),
            value: self.value,
            upper: self.upper,
            unit: self.unit.clone(),
            sense: self.sense.code().to_owned(),
            approximate: self.approximate,
            datum: self.datum.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
            note: self.note.clone(),
        }
    }

    fn from_row(row: threshold::Model) -> Result<Self, Error> {
        Ok(Threshold {
            id: row.id,
            kind: coded("kind of threshold", &row.kind, ThresholdKind::from_code(&row.kind))?,
            property: property_code(&row.property)?,
            place: row.place.as_deref().map(place_id).transpose()?,
            level: row.level,
            meaning: row.meaning.into(),
            value: row.value,
            upper: row.upper,
            unit: row.unit,
            sense: coded("sense of a threshold", &row.sense, ThresholdSense::from_code(&row.sense))?,
            approximate: row.approximate,
            datum: row.datum,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            source: row.source,
            confidence: row.confidence,
            note: row.note,
        })
    }

    fn key(row: &threshold::Model) -> String {
        row.id.clone()
    }
}

impl Fact for QcDefault {
    type Entity = qc_default::Entity;

    fn to_row(&self) -> qc_default::Model {
        let seconds = |time: Option<TimeDelta>| time.map(|time| time.num_seconds());
        qc_default::Model {
            property: self.property.to_string(),
            station_class: self.station_class.clone(),
            interval_s: self.interval.num_seconds(),
            stations: ListJson(self.stations.iter().map(ToString::to_string).collect()),
            gross_fail_min: self.gross_fail_min,
            gross_fail_max: self.gross_fail_max,
            suspect_min: self.suspect_min,
            suspect_max: self.suspect_max,
            spike_suspect: self.spike_suspect,
            spike_fail: self.spike_fail,
            rate_period_s: self.rate_period.num_seconds(),
            rate_suspect: self.rate_suspect,
            rate_fail: self.rate_fail,
            flat_tolerance: self.flat_tolerance,
            flat_suspect_s: seconds(self.flat_suspect),
            flat_fail_s: seconds(self.flat_fail),
            gap_suspect_s: seconds(self.gap_suspect),
            neighbour: self.neighbour.clone(),
            unit: self.unit.clone(),
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: qc_default::Model) -> Result<Self, Error> {
        Ok(QcDefault {
            property: property_code(&row.property)?,
            station_class: row.station_class,
            stations: row.stations.0.iter().map(|id| place_id(id)).collect::<Result<_, _>>()?,
            interval: seconds(row.interval_s)?,
            gross_fail_min: row.gross_fail_min,
            gross_fail_max: row.gross_fail_max,
            suspect_min: row.suspect_min,
            suspect_max: row.suspect_max,
            spike_suspect: row.spike_suspect,
            spike_fail: row.spike_fail,
            rate_period: seconds(row.rate_period_s)?,
            rate_suspect: row.rate_suspect,
            rate_fail: row.rate_fail,
            flat_tolerance: row.flat_tolerance,
            flat_suspect: row.flat_suspect_s.map(seconds).transpose()?,
            flat_fail: row.flat_fail_s.map(seconds).transpose()?,
            gap_suspect: row.gap_suspect_s.map(seconds).transpose()?,
            neighbour: row.neighbour,
            unit: row.unit,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &qc_default::Model) -> String {
        joined(&[&row.property, &row.station_class, &format!("{:012}", row.interval_s)])
    }
}

impl Fact for RiverStation {
    type Entity = river_station::Entity;

    fn to_row(&self) -> river_station::Model {
        river_station::Model {
            mouth: self.mouth.to_string(),
            station: self.station.to_string(),
            km: self.km,
            source: self.source.clone(),
            confidence: self.confidence.clone(),
        }
    }

    fn from_row(row: river_station::Model) -> Result<Self, Error> {
        Ok(RiverStation {
            mouth: place_id(&row.mouth)?,
            station: place_id(&row.station)?,
            km: row.km,
            source: row.source,
            confidence: row.confidence,
        })
    }

    fn key(row: &river_station::Model) -> String {
        joined(&[&row.mouth, &row.station])
    }
}

fn seconds(stored: i64) -> Result<TimeDelta, Error> {
    coded("length of time", &stored.to_string(), TimeDelta::try_seconds(stored))
}
