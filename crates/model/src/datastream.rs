//! Datastreams: series of one property at one place, made in one way.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use sha2::{Digest, Sha256};

use crate::{DatasetId, DatastreamId, PlaceId, PropertyCode};

/// A map by the numbers of datastreams.
pub type DatastreamMap<V> = HashMap<i64, V, BuildHasherDefault<AsIs>>;

/// Numbers of datastreams are digests ([`DatastreamKey::id`]): as hashes they are taken as they are.
#[derive(Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned();
    }
}

/// What one result says about its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Statistic {
    /// The value at an instant.
    #[default]
    Instant,
    /// The mean over the period.
    Mean,
    /// The maximum in the period.
    Max,
    /// The minimum in the period.
    Min,
    /// The sum over the period.
    Total,
    /// A count in the period.
    Count,
}

impl Statistic {
    /// Every statistic.
    pub const ALL: [Statistic; 6] = [
        Statistic::Instant,
        Statistic::Mean,
        Statistic::Max,
        Statistic::Min,
        Statistic::Total,
        Statistic::Count,
    ];

    /// The statistic's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Statistic::Instant => "instant",
            Statistic::Mean => "mean",
            Statistic::Max => "max",
            Statistic::Min => "min",
            Statistic::Total => "total",
            Statistic::Count => "count",
        }
    }

    /// The statistic of a code.
    pub fn from_code(code: &str) -> Option<Statistic> {
        Statistic::ALL.into_iter().find(|s| s.code() == code)
    }
}

/// What makes a datastream the one it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatastreamKey {
    /// The dataset that publishes it.
    pub dataset: DatasetId,
    /// The feature of interest.
    pub place: PlaceId,
    /// The observed property.
    pub property: PropertyCode,
    /// How the values are made (sensor, survey, model); empty when the source does not say.
    pub procedure: String,
    /// What a result says about its period.
    pub statistic: Statistic,
    /// An ISO 8601 duration (`P1D`, `PT1H`), a named period of the source (`season:dong_xuan`),
    /// or empty for instants.
    pub period: String,
    /// UCUM unit of the results.
    pub unit: String,
    /// Vertical datum of the results, where they are heights; empty otherwise.
    pub datum: String,
}

impl DatastreamKey {
    /// The datastream's number, the same on every node.
    pub fn id(&self) -> DatastreamId {
        let digest = Sha256::digest(self.to_string().as_bytes());
        let head = digest.iter().take(7).fold(0_i64, |n, byte| (n << 8) | i64::from(*byte));
        DatastreamId(head >> 4)
    }
}

/// The key as a URN: `urn:cuulong:datastream:…` with its parts in order.
impl fmt::Display for DatastreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "urn:cuulong:datastream:{}|{}|{}|{}|{}|{}|{}|{}",
            self.dataset,
            self.place,
            self.property,
            self.procedure,
            self.statistic.code(),
            self.period,
            self.unit,
            self.datum
        )
    }
}

/// A datastream and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datastream {
    /// The number under which results are stored.
    pub id: DatastreamId,
    /// What it is.
    pub key: DatastreamKey,
}

#[cfg(test)]
mod tests {
    use super::{DatastreamKey, Statistic};
    use crate::{DatasetId, PlaceId, PropertyCode};

    #[test]
    fn the_number_is_exact_in_a_double_and_depends_on_every_part() {
        let key = DatastreamKey {
            dataset: DatasetId::new("salinity_hourly").unwrap(),
            place: PlaceId::new("station:cau_noi").unwrap(),
            property: PropertyCode::new("salinity").unwrap(),
            procedure: String::new(),
            statistic: Statistic::Instant,
            period: String::new(),
            unit: "g/L".into(),
            datum: String::new(),
        };
        assert!((0..1_i64 << 52).contains(&key.id().0));
        let other = DatastreamKey { statistic: Statistic::Max, ..key.clone() };
        assert_ne!(key.id(), other.id());
        assert_eq!(key.id(), key.clone().id());
    }
}
