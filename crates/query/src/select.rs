//! Which datastreams a direct read means, and at which version of the dataset.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use lake::{AsOf, Snapshot};
use model::{Datastream, DatastreamId, PlaceId, PropertyCode, Statistic, Version};
use policy::Permit;
use wording::told;

use crate::Error;
use crate::engine::{Inner, note};

/// Which version of a dataset to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum At {
    /// The last one.
    #[default]
    Latest,
    /// The one with this number.
    Version(Version),
    /// The last one committed at or before this instant.
    KnownAt(DateTime<Utc>),
}

/// Which datastreams of a dataset to read: those that agree with all that is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Streams {
    /// The place.
    pub place: Option<PlaceId>,
    /// The observed property.
    pub property: Option<PropertyCode>,
    /// One datastream.
    pub datastream: Option<DatastreamId>,
    /// These datastreams, by number.
    pub among: Option<Arc<BTreeSet<DatastreamId>>>,
    /// The statistic.
    pub statistic: Option<Statistic>,
    /// The period.
    pub period: Option<String>,
}

impl Streams {
    /// One datastream.
    pub fn one(datastream: DatastreamId) -> Streams {
        Streams { datastream: Some(datastream), ..Streams::default() }
    }

    /// These datastreams and no others.
    pub fn among(datastreams: impl IntoIterator<Item = DatastreamId>) -> Streams {
        Streams { among: Some(Arc::new(datastreams.into_iter().collect())), ..Streams::default() }
    }

    fn agree(&self, datastream: &Datastream) -> bool {
        let key = &datastream.key;
        self.datastream.is_none_or(|id| id == datastream.id)
            && self.among.as_ref().is_none_or(|among| among.contains(&datastream.id))
            && self.place.as_ref().is_none_or(|place| *place == key.place)
            && self.property.as_ref().is_none_or(|property| *property == key.property)
            && self.statistic.is_none_or(|statistic| statistic == key.statistic)
            && self.period.as_ref().is_none_or(|period| *period == key.period)
    }
}

/// What a direct read has settled before it touches data.
pub(crate) struct Chosen {
    /// The version that is read; `None` when nothing was known at the instant asked for.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// The datastreams, by number; only those that the permit reaches.
    pub(crate) datastreams: Vec<Datastream>,
    /// All datastreams of the dataset, by number.
    pub(crate) all: Arc<Vec<Datastream>>,
}

impl Chosen {
    /// The datastreams' numbers, in order.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        self.datastreams.iter().map(|datastream| datastream.id.0).collect()
    }
}

impl Inner {
    /// The version of the permit's dataset; `None` when nothing was known then.
    pub(crate) async fn snapshot(&self, permit: &Permit, at: At) -> Result<Option<Arc<Snapshot>>, Error> {
        let as_of = match at {
            At::Latest => AsOf::Latest,
            At::Version(version) => AsOf::Version(version),
            At::KnownAt(time) => match self.catalog.version_at(permit.dataset(), time).await? {
                Some(info) => AsOf::Version(info.version),
                None => return Ok(None),
            },
        };
        match self.lake.snapshot(permit, as_of).await {
            Ok(snapshot) => {
                note(|shape| shape.reads(&snapshot));
                Ok(Some(snapshot))
            }
            // A dataset may be registered before its table is made.
            Err(lake::Error::NotFound { .. }) if as_of == AsOf::Latest => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The datastreams that a direct read means. Snapshot first, so that every datastream in it is
    /// among those looked up afterwards.
    pub(crate) async fn choose(&self, permit: &Permit, streams: &Streams, at: At) -> Result<Chosen, Error> {
        let snapshot = self.snapshot(permit, at).await?;
        if snapshot.as_ref().is_some_and(|snapshot| !snapshot.is_observations()) {
            return Err(Error::invalid(
                told!(
                    "query-dataset-features-not-observations",
                    "`{permit}` is a dataset of features, not of observations",
                    permit = permit.dataset()
                ),
                told!("query-read-features-instead", "read its features instead"),
            ));
        }
        let all = self.catalog.datastreams(permit.dataset()).await?;
        let mut datastreams: Vec<Datastream> = all
            .iter()
            .filter(|datastream| {
                permit.rows().allows(&datastream.key.place, &datastream.key.property)
                    && streams.agree(datastream)
            })
            .cloned()
            .collect();
        datastreams.sort_unstable_by_key(|datastream| datastream.id);
        note(|shape| {
            shape.streams = Some(streams.clone());
            shape.chosen = Some((datastreams.len(), all.len()));
            shape.permitted = Some(permit.rows().clone());
        });
        Ok(Chosen { snapshot, datastreams, all })
    }
}
