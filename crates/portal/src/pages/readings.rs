//! What the reader may read of observations, and the newest of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Dataset, DatasetId, DatasetKind, Datastream, PlaceId, PropertyCode, Quality, Statistic};
use policy::{Permit, Purpose};
use query::{At, LatestRequest, ObservedValue, Streams};
use serve::App;
use serve::http::{Problem, ProblemKind};

use crate::visit::Visit;
use crate::words::Words;

/// A dataset of observations that the reader may read.
pub struct Readable {
    /// The dataset.
    pub dataset: Dataset,
    /// The proof.
    pub permit: Permit,
    streams: Arc<Vec<Datastream>>,
}

impl Readable {
    /// The datastreams that the permit reaches.
    pub fn streams(&self) -> impl Iterator<Item = &Datastream> {
        let rows = self.permit.rows();
        self.streams.iter().filter(|stream| rows.allows(&stream.key.place, &stream.key.property))
    }

    /// One of them.
    pub fn stream(&self, id: model::DatastreamId) -> Option<&Datastream> {
        self.streams().find(|stream| stream.id == id)
    }
}

/// Every dataset of observations that the reader may read.
pub async fn readable(app: &App, visit: &Visit) -> Result<Vec<Readable>, Problem> {
    let mut all = Vec::new();
    for dataset in app.catalog.visible_datasets(&visit.principal, visit.now).await? {
        if dataset.kind != DatasetKind::Observations {
            continue;
        }
        match app.catalog.authorize(&visit.principal, &dataset.id, Purpose::Read, visit.now).await {
            Ok(permit) => {
                let streams = app.catalog.datastreams(&dataset.id).await?;
                all.push(Readable { dataset, permit, streams });
            }
            // It may be known but not read: pages show what may be read.
            Err(catalog::Error::Denied(_) | catalog::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

/// A value, what it is a value of, and whose it is.
#[derive(Clone)]
pub struct Reading<'a> {
    /// The dataset.
    pub readable: &'a Readable,
    /// The series.
    pub datastream: Datastream,
    /// The value.
    pub value: ObservedValue,
}

impl Reading<'_> {
    /// The number.
    pub fn number(&self) -> Option<f64> {
        self.value.result.filter(|number| number.is_finite())
    }
}

/// The newest values of the series that agree, without those that failed quality control.
pub async fn latest<'a>(
    app: &App,
    readable: &'a Readable,
    streams: Streams,
) -> Result<Vec<Reading<'a>>, Problem> {
    let answer = app.engine.latest(&readable.permit, LatestRequest { streams, at: At::Latest }).await?;
    Ok(answer
        .latest
        .into_iter()
        .filter(|latest| !matches!(latest.value.quality, Quality::Fail | Quality::Missing))
        .map(|latest| Reading { readable, datastream: latest.datastream, value: latest.value })
        .collect())
}

/// The datasets that cannot be read since a stored file of theirs is damaged: what can be read is shown
/// beside the word of it.
#[derive(Default)]
pub struct Damaged<'a> {
    datasets: BTreeMap<&'a DatasetId, &'a Dataset>,
}

impl<'a> Damaged<'a> {
    /// What was read of a dataset; nothing, and noted, when its files are damaged.
    pub fn known<T>(
        &mut self,
        readable: &'a Readable,
        read: Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(problem) if problem.kind == ProblemKind::DamagedData => {
                self.datasets.insert(&readable.dataset.id, &readable.dataset);
                Ok(None)
            }
            Err(problem) => Err(problem),
        }
    }

    /// The sentence for the reader, who may read all of them; none when nothing is damaged.
    pub fn sentence(&self, w: Words) -> Option<String> {
        let titles: Vec<&str> = self.datasets.values().map(|dataset| w.of_text(&dataset.title)).collect();
        (!titles.is_empty()).then(|| w.fill("damaged-datasets", [("datasets", &titles.join("; "))]))
    }
}

/// The newest reading of a property at every place: instants and means before other statistics, then
/// the later, then what was measured before what was made up.
pub async fn newest_by_place<'a>(
    app: &App,
    readable: &'a [Readable],
    property: &PropertyCode,
    damaged: &mut Damaged<'a>,
) -> Result<BTreeMap<PlaceId, Reading<'a>>, Problem> {
    let mut newest: BTreeMap<PlaceId, Reading<'a>> = BTreeMap::new();
    for one in readable.iter().filter(|one| one.streams().any(|stream| stream.key.property == *property)) {
        let streams = Streams { property: Some(property.clone()), ..Streams::default() };
        let readings = damaged.known(one, latest(app, one, streams).await)?;
        for reading in readings.unwrap_or_default() {
            if reading.number().is_none() {
                continue;
            }
            match newest.get(&reading.datastream.key.place) {
                Some(there) if rank(there) >= rank(&reading) => {}
                _ => {
                    newest.insert(reading.datastream.key.place.clone(), reading);
                }
            }
        }
    }
    Ok(newest)
}

fn rank(reading: &Reading<'_>) -> (bool, chrono::DateTime<chrono::Utc>, bool) {
    let of_now = matches!(reading.datastream.key.statistic, Statistic::Instant | Statistic::Mean);
    (of_now, reading.value.time, !reading.readable.dataset.synthetic)
}

/// Whether a series has one value a year: a year's, or a season's of every year.
pub fn is_yearly(stream: &Datastream) -> bool {
    stream.key.period == "P1Y" || stream.key.period.starts_with("season:")
}
