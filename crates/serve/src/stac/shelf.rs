//! The items of datasets in their small form, held for as long as the version is the newest.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use lake::AsOf;
use model::{DatasetId, DatasetKind, VersionInfo};
use parking_lot::Mutex;
use policy::Permit;
use query::{At, FeatureRequest};
use standards::stac::When;

use crate::App;
use crate::http::Answer;
use crate::rasters::{self, Raster};
use crate::shelf::Shelf as Series;

/// Items that are held at most, of all datasets together.
const MOST_HELD: usize = 400_000;
/// Rows that are read together.
const PAGE: usize = 10_000;

/// What a search needs to know of an item.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) bbox: Option<[f64; 4]>,
    pub(super) when: When,
    /// The raster; none where the item is the dataset itself.
    pub(super) raster: Option<Arc<Raster>>,
    pub(super) rows: u64,
}

/// The items of each dataset, with the version that they are of.
#[derive(Default)]
pub(crate) struct Shelf {
    held: Mutex<HashMap<DatasetId, Held>>,
}

/// The number of a version, and its items.
type Held = (u64, Arc<Vec<Entry>>);

impl Shelf {
    fn get(&self, version: &VersionInfo) -> Option<Arc<Vec<Entry>>> {
        let held = self.held.lock();
        let (number, entries) = held.get(&version.dataset)?;
        (*number == version.version.0).then(|| Arc::clone(entries))
    }

    fn put(&self, version: &VersionInfo, entries: &Arc<Vec<Entry>>) {
        let mut held = self.held.lock();
        // An older version is answered, and drives out nothing of the newest.
        if held.get(&version.dataset).is_some_and(|(number, _)| *number > version.version.0) {
            return;
        }
        let others: usize = held.values().map(|(_, entries)| entries.len()).sum();
        if others + entries.len() > MOST_HELD {
            held.clear();
        }
        held.insert(version.dataset.clone(), (version.version.0, Arc::clone(entries)));
    }
}

/// The items of a version of a dataset, as far as the permit reaches.
pub(super) async fn entries(
    app: &App,
    permit: &Permit,
    kind: DatasetKind,
    version: &VersionInfo,
) -> Answer<Arc<Vec<Entry>>> {
    // What a filtered permit reaches is not what others reach.
    let is_shared = permit.rows().is_open();
    if !is_shared && kind != DatasetKind::Observations {
        return Ok(Arc::default());
    }
    if is_shared && let Some(entries) = app.stac().get(version) {
        return Ok(entries);
    }
    let entries = Arc::new(match kind {
        DatasetKind::Coverage => of_rasters(app, permit, version).await?,
        _ => vec![of_table(app, permit, kind, version).await?],
    });
    if is_shared {
        app.stac().put(version, &entries);
    }
    Ok(entries)
}

async fn of_rasters(app: &App, permit: &Permit, version: &VersionInfo) -> Answer<Vec<Entry>> {
    let mut entries = Vec::new();
    loop {
        let request = FeatureRequest {
            offset: entries.len(),
            limit: PAGE,
            at: At::Version(version.version),
            ..FeatureRequest::default()
        };
        let found = rasters::read(app, permit, request).await?;
        let is_last = found.items.is_empty();
        entries.extend(found.items.into_iter().map(|raster| Entry {
            bbox: Some(raster.bbox),
            when: When::At(raster.time.unwrap_or(version.committed_at)),
            raster: Some(Arc::new(raster)),
            rows: 1,
        }));
        if is_last || entries.len() as u64 >= found.matched {
            return Ok(entries);
        }
    }
}

/// The one item of a dataset of any other kind.
async fn of_table(app: &App, permit: &Permit, kind: DatasetKind, version: &VersionInfo) -> Answer<Entry> {
    let snapshot = match app.lake.snapshot(permit, AsOf::Version(version.version)).await {
        Ok(snapshot) => Some(snapshot),
        Err(lake::Error::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let files = || snapshot.iter().flat_map(|snapshot| snapshot.files());
    let instant = |micros: Option<i64>| micros.and_then(DateTime::<Utc>::from_timestamp_micros);
    let (first, last) = (files().filter_map(|f| f.min_time).min(), files().filter_map(|f| f.max_time).max());
    let span = instant(first).zip(instant(last)).filter(|_| permit.rows().is_open());
    let bbox = if kind == DatasetKind::Observations {
        let series = Series::open(app, permit, At::Version(version.version)).await?;
        series.bbox().map(|of| [of.west, of.south, of.east, of.north])
    } else {
        let boxes = files().filter_map(|file| file.bbox);
        boxes.map(|of| [of.west, of.south, of.east, of.north]).reduce(around)
    };
    Ok(Entry {
        bbox,
        when: span.map_or(When::At(version.committed_at), |(from, to)| When::Span(from, to)),
        raster: None,
        rows: if permit.rows().is_open() { snapshot.map_or(0, |snapshot| snapshot.rows()) } else { 0 },
    })
}

/// The smallest box around two.
pub(super) fn around(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
