//! What the asker may read, and what of it a search finds.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use catalog::Readable;
use chrono::{DateTime, Utc};
use geo_types::{Coord, Geometry, LineString, Point, Rect};
use model::{Dataset, DatasetId, DatasetKind, Version, VersionInfo};
use policy::{Permit, Principal, Purpose};
use query::At;
use standards::cql2::{self, Subject, Value};
use standards::stac::{Cursor, Key, Search, When, epsg};

use super::shelf::{self, Entry};
use crate::App;
use crate::http::{Answer, Problem, params};

/// A dataset that the asker may read and that has data.
pub(super) struct Shown {
    pub(super) dataset: Dataset,
    pub(super) permit: Permit,
    pub(super) version: VersionInfo,
    /// Whether the version was named, by its number or by an instant.
    pub(super) is_pinned: bool,
}

impl Shown {
    /// The version that is named, for links to what it was.
    pub(super) fn pin(&self) -> Option<Version> {
        self.is_pinned.then_some(self.version.version)
    }

    /// The instant as of which it is told of, when the version was named.
    pub(super) fn known(&self) -> Option<DateTime<Utc>> {
        self.is_pinned.then_some(self.version.committed_at)
    }

    /// The one of an id.
    pub(super) async fn open(app: &App, principal: &Principal, id: &str, at: At) -> Answer<Option<Shown>> {
        let dataset_id = DatasetId::new(id).map_err(|_| Problem::not_found(id))?;
        let permit = app.catalog.authorize(principal, &dataset_id, Purpose::Read, Utc::now()).await?;
        let Some(version) = params::version(app, &dataset_id, at).await? else { return Ok(None) };
        let is_pinned = at != At::Latest;
        let dataset = match is_pinned {
            true => app.catalog.dataset_at(&version.dataset, version.committed_at).await?,
            false => app.catalog.dataset(&dataset_id).await?,
        };
        let dataset = dataset.ok_or_else(|| Problem::not_found(id))?;
        Ok(Some(Shown { dataset, permit, version, is_pinned }))
    }

    /// Those of some ids, or all, as they are or as they were known; ids that the asker may not read are
    /// passed over.
    pub(super) async fn all(
        app: &App,
        principal: &Principal,
        only: Option<&[String]>,
        known: Option<DateTime<Utc>>,
    ) -> Answer<Vec<Shown>> {
        let now = Utc::now();
        let readable: Vec<Readable> = match only {
            Some(names) => {
                let mut ids: Vec<DatasetId> =
                    names.iter().filter_map(|name| DatasetId::new(name).ok()).collect();
                ids.sort_unstable();
                ids.dedup();
                app.catalog.readable(principal, &ids, now).await?
            }
            None => app.catalog.reading(principal, now).await?.all(&DatasetKind::ALL).collect(),
        };
        let ids: Vec<DatasetId> = readable.iter().map(|one| one.permit.dataset().clone()).collect();
        for id in &ids {
            app.lake.settle(id).await?;
        }
        let mut versions = app.catalog.versions_of(&ids, known).await?;
        let permits: HashMap<DatasetId, Permit> =
            readable.into_iter().map(|one| (one.permit.dataset().clone(), one.permit)).collect();
        let mut shown = Vec::new();
        for dataset in app.catalog.datasets_of(&ids).await? {
            let permit = permits.get(&dataset.id).cloned();
            let Some((permit, version)) = permit.zip(versions.remove(&dataset.id)) else { continue };
            let dataset = match known {
                None => Some(dataset),
                Some(_) => app.catalog.dataset_at(&version.dataset, version.committed_at).await?,
            };
            let is_pinned = known.is_some();
            shown.extend(dataset.map(|dataset| Shown { dataset, permit, version, is_pinned }));
        }
        Ok(shown)
    }
}

/// An item that was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) shown: &'a Shown,
    pub(super) entry: &'a Entry,
}

impl Found<'_> {
    /// Its id within its collection.
    pub(super) fn id(&self) -> &str {
        self.entry.raster.as_ref().map_or(self.shown.dataset.id.as_str(), |raster| &raster.id)
    }

    fn shape(&self) -> Option<Geometry<f64>> {
        let [west, south, east, north] = self.entry.bbox?;
        let (low, high) = (Coord { x: west, y: south }, Coord { x: east, y: north });
        Some(match (west == east, south == north) {
            (true, true) => Geometry::Point(Point(low)),
            (false, false) => Geometry::Polygon(Rect::new(low, high).to_polygon()),
            _ => Geometry::LineString(LineString(vec![low, high])),
        })
    }
}

impl Subject for Found<'_> {
    fn value(&self, property: &str) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        let dataset = &self.shown.dataset;
        let (from, to) = self.entry.when.ends();
        let raster = self.entry.raster.as_deref();
        let number = |number: Option<f64>| number.map_or(Value::Null, Value::Number);
        let at = |time| Value::Time(Some(time), Some(time));
        match property.strip_prefix("properties.").unwrap_or(property) {
            "id" => text(self.id()),
            "collection" => text(dataset.id.as_str()),
            "geometry" => self.shape().map_or(Value::Null, |shape| Value::Shape(Box::new(shape))),
            "title" => raster.map_or_else(|| text(&dataset.title.vi), |raster| text(&raster.title)),
            "description" => text(&dataset.description.vi),
            "datetime" => match self.entry.when {
                When::At(time) => at(time),
                // The whole stretch is compared: it is before what is after its end.
                When::Span(from, to) => Value::Time(Some(from), Some(to)),
            },
            "start_datetime" => at(from),
            "end_datetime" => at(to),
            "created" => at(dataset.created_at),
            "updated" => at(self.shown.version.committed_at),
            "version" => text(&self.shown.version.version.to_string()),
            "license" => text(&dataset.licence),
            "cuulong:kind" => text(dataset.kind.code()),
            "cuulong:theme" => text(dataset.theme.code()),
            "cuulong:agency" => text(dataset.agency.as_str()),
            "cuulong:synthetic" => Value::Bool(dataset.synthetic),
            "cuulong:property" => raster.and_then(|r| r.property.as_deref()).map_or(Value::Null, text),
            "cuulong:unit" => raster.and_then(|r| r.unit.as_deref()).map_or(Value::Null, text),
            "table:row_count" => match raster {
                None => Value::Number(self.entry.rows as f64),
                Some(_) => Value::Null,
            },
            "proj:code" => raster.map_or(Value::Null, |raster| text(&raster.crs)),
            "proj:epsg" => number(raster.and_then(|raster| epsg(&raster.crs)).map(f64::from)),
            "cuulong:width" => number(raster.map(|raster| raster.width as f64)),
            "cuulong:height" => number(raster.map(|raster| raster.height as f64)),
            "cuulong:bytes" => number(raster.map(|raster| raster.bytes as f64)),
            _ => Value::Null,
        }
    }
}

/// A page of what was found.
pub(super) struct Page<'a> {
    pub(super) found: Vec<Found<'a>>,
    /// How many match on all pages.
    pub(super) matched: usize,
    /// Where the next page begins.
    pub(super) next: Option<Cursor>,
}

/// The items of what is shown, each with the dataset it is of.
pub(super) async fn entries<'a>(app: &App, shown: &'a [Shown]) -> Answer<Vec<(&'a Shown, Arc<Vec<Entry>>)>> {
    let mut all = Vec::with_capacity(shown.len());
    for one in shown {
        all.push((one, shelf::entries(app, &one.permit, one.dataset.kind, &one.version).await?));
    }
    Ok(all)
}

/// The item of an id.
pub(super) fn of_id<'a>(all: &'a [(&'a Shown, Arc<Vec<Entry>>)], id: &str) -> Option<Found<'a>> {
    let mut found =
        all.iter().flat_map(|(shown, entries)| entries.iter().map(move |entry| Found { shown, entry }));
    found.find(|found| found.id() == id)
}

/// Searches; `limit` is how many are on a page.
pub(super) fn search<'a>(all: &'a [(&'a Shown, Arc<Vec<Entry>>)], wanted: &Search, limit: usize) -> Page<'a> {
    let newest_first = [("datetime".to_owned(), true)];
    let sort = if wanted.sort.is_empty() { &newest_first[..] } else { &wanted.sort[..] };
    let mut found: Vec<(Vec<Key>, Found<'a>)> = all
        .iter()
        .flat_map(|(shown, entries)| entries.iter().map(move |entry| Found { shown, entry }))
        .filter(|found| matches(found, wanted))
        .map(|found| (keys(&found, sort), found))
        .collect();
    let matched = found.len();
    let compare = |(a_keys, a): &(Vec<Key>, Found<'_>), (b_keys, b): &(Vec<Key>, Found<'_>)| {
        let by_keys = order(a_keys, b_keys, sort);
        by_keys.then_with(|| name(a).cmp(&name(b)))
    };
    found.sort_by(compare);
    let begin = match &wanted.after {
        None => 0,
        Some(after) => found.partition_point(|(keys, found)| {
            let by_keys = order(keys, &after.keys, sort);
            by_keys.then_with(|| name(found).cmp(&(after.collection.as_str(), after.id.as_str())))
                != Ordering::Greater
        }),
    };
    let page: Vec<(Vec<Key>, Found<'a>)> = found.into_iter().skip(begin).take(limit + 1).collect();
    let next = (page.len() > limit).then(|| page.get(limit.saturating_sub(1))).flatten();
    let next = next.map(|(keys, last)| Cursor {
        keys: keys.clone(),
        collection: last.shown.dataset.id.to_string(),
        id: last.id().to_owned(),
    });
    Page { found: page.into_iter().take(limit).map(|(_, found)| found).collect(), matched, next }
}

/// Whether a search finds one of a dataset's items.
pub(super) fn has_one((shown, entries): &(&Shown, Arc<Vec<Entry>>), wanted: &Search) -> bool {
    entries.iter().any(|entry| matches(&Found { shown, entry }, wanted))
}

fn name<'f>(found: &'f Found<'_>) -> (&'f str, &'f str) {
    (found.shown.dataset.id.as_str(), found.id())
}

fn keys(found: &Found<'_>, sort: &[(String, bool)]) -> Vec<Key> {
    let key = |property: &str| match found.value(property) {
        Value::Number(number) => Key::Number(number),
        Value::Text(text) => Key::Text(text),
        Value::Bool(truth) => Key::Number(f64::from(u8::from(truth))),
        // Microseconds since 1970 are whole in a double for centuries to come.
        Value::Time(Some(from), _) => Key::Number(from.timestamp_micros() as f64),
        _ => Key::None,
    };
    sort.iter().map(|(property, _)| key(property)).collect()
}

fn order(a: &[Key], b: &[Key], sort: &[(String, bool)]) -> Ordering {
    for ((a, b), (_, downwards)) in a.iter().zip(b).zip(sort) {
        let order = match (a, b) {
            (Key::None, Key::None) => Ordering::Equal,
            // What has no value comes last, in either direction.
            (Key::None, _) => return Ordering::Greater,
            (_, Key::None) => return Ordering::Less,
            (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        };
        match if *downwards { order.reverse() } else { order } {
            Ordering::Equal => {}
            decided => return decided,
        }
    }
    Ordering::Equal
}

fn matches(found: &Found<'_>, wanted: &Search) -> bool {
    use geo::Intersects;
    let (from, to) = found.entry.when.ends();
    let in_time =
        wanted.time.from.is_none_or(|start| to >= start) && wanted.time.to.is_none_or(|end| from <= end);
    in_time
        && wanted.ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == found.id()))
        && wanted.area.as_ref().is_none_or(|area| found.shape().is_some_and(|shape| area.intersects(&shape)))
        && wanted.filter.as_ref().is_none_or(|filter| cql2::holds(filter, found))
}
