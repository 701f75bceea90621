//! Reading items: stored features through the lake's direct path, places from what is held in memory.

use arrow::array::AsArray;
use lake::{Attribute, TableSchema};
use model::{Bbox, Lang, Place, PlaceId, Position, RunId, Version};
use policy::Permit;
use query::{At, FeatureRequest, FeatureSearch};
use standards::cql2::{self, Expr};
use standards::ogc::Feature;

use super::queryables::{self, Queryable};
use super::subject::{self, Made};
use super::wanted::{self, Area, Wanted};
use crate::App;
use crate::http::{Answer, Links};
use crate::ogc::encode;
use crate::ogc::read::{self, Source};
use crate::shelf::Shelf;

/// A page of items.
pub(in crate::ogc) struct Page {
    /// The items.
    pub(in crate::ogc) features: Vec<Feature>,
    /// How many match on all pages.
    pub(in crate::ogc) matched: u64,
    /// The version they were read from.
    pub(in crate::ogc) version: Option<Version>,
    /// The entry of the table's log after which.
    pub(in crate::ogc) entry: Option<Version>,
}

/// The attributes of a dataset of features; none before its first data.
pub(in crate::ogc) async fn attributes(app: &App, permit: &Permit) -> Answer<Vec<Attribute>> {
    if !permit.rows().is_open() {
        return Ok(Vec::new());
    }
    let snapshot = read::snapshot(app, permit).await?;
    Ok(match snapshot.as_ref().map(|snapshot| snapshot.table()) {
        Some(TableSchema::Features(attributes)) => attributes.clone(),
        _ => Vec::new(),
    })
}

/// What a filter may name in a collection.
pub(in crate::ogc) async fn queryables_of(app: &App, source: &Source) -> Answer<Vec<Queryable>> {
    Ok(match source {
        Source::Features(_, permit) | Source::Coverage(_, permit) => {
            queryables::of_features(&attributes(app, permit).await?)
        }
        Source::Observations(..) => queryables::of_locations(),
        Source::Stations | Source::Places => queryables::of_places(),
    })
}

/// A page of items.
pub(super) async fn find(
    app: &App,
    source: &Source,
    wanted: &Wanted,
    links: &Links,
    lang: Lang,
) -> Answer<Page> {
    match source {
        Source::Features(_, permit) | Source::Coverage(_, permit) => stored(app, permit, wanted).await,
        Source::Observations(dataset, permit) => {
            let (shelf, version) = shelf_at(app, permit, wanted.at).await?;
            let places: Vec<&PlaceId> = shelf.places().into_iter().collect();
            let position = |place: &&PlaceId| shelf.position(place);
            let feature = |place: &&PlaceId| shelf.location(dataset, place, links, lang);
            Ok(Page { version, ..made(&places, position, feature, wanted) })
        }
        Source::Stations | Source::Places => {
            let gazetteer = app.catalog.gazetteer().await?;
            let there = |place: &&Place| read::is_of(source, place) && read::exists_in(place, &wanted.time);
            let places: Vec<&Place> = gazetteer.places.iter().filter(there).collect();
            Ok(made(&places, |place| place.position, |place| encode::place(place, lang), wanted))
        }
    }
}

/// One item, and the version that it was read from.
pub(in crate::ogc) async fn one(
    app: &App,
    source: &Source,
    item: &str,
    at: At,
    links: &Links,
    lang: Lang,
) -> Answer<(Option<Feature>, Option<Version>)> {
    let place_id = PlaceId::new(item).ok();
    Ok(match source {
        Source::Features(_, permit) | Source::Coverage(_, permit) => {
            stored_one(app, permit, item, at).await?
        }
        Source::Observations(dataset, permit) => {
            let (shelf, version) = shelf_at(app, permit, at).await?;
            let there = place_id.filter(|id| shelf.places().contains(id));
            (there.map(|id| shelf.location(dataset, &id, links, lang)), version)
        }
        Source::Stations | Source::Places => {
            let gazetteer = app.catalog.gazetteer().await?;
            let place = place_id.and_then(|id| gazetteer.place(&id));
            let place = place.filter(|place| read::is_of(source, place));
            (place.map(|place| encode::place(place, lang)), None)
        }
    })
}

/// The series of a version that is asked for, and its number; of the newest one those that are
/// registered, which no version tells.
async fn shelf_at(app: &App, permit: &Permit, at: At) -> Answer<(Shelf, Option<Version>)> {
    if at == At::Latest {
        return Ok((Shelf::open(app, permit, at).await?, None));
    }
    let version = app.engine.present(permit, at).await?.version;
    // What was known at an instant is a version, or nothing.
    let at = version.map_or(at, At::Version);
    Ok((Shelf::open(app, permit, at).await?, version))
}

/// One stored feature, and the version that it was read from.
pub(in crate::ogc) async fn stored_one(
    app: &App,
    permit: &Permit,
    item: &str,
    at: At,
) -> Answer<(Option<Feature>, Option<Version>)> {
    let request =
        FeatureRequest { limit: 1, feature: Some(item.to_owned()), at, ..FeatureRequest::default() };
    let answer = app.engine.features(permit, request).await?;
    let version = answer.version;
    Ok((encode::rows(answer).await?.0.into_iter().next(), version))
}

/// One stored feature as it is now, and the run that made it so.
pub(in crate::ogc) async fn stored_now(
    app: &App,
    permit: &Permit,
    item: &str,
) -> Answer<Option<(Feature, RunId)>> {
    let request = FeatureRequest { limit: 1, feature: Some(item.to_owned()), ..FeatureRequest::default() };
    let answer = app.engine.features(permit, request).await?;
    let column = answer.batches.first().and_then(|batch| batch.column_by_name("run"));
    let run = column.and_then(|runs| runs.as_string_opt::<i32>()).map(|runs| runs.value(0).to_owned());
    let run = run.and_then(|run| RunId::new(&run).ok());
    Ok(encode::rows(answer).await?.0.into_iter().next().zip(run))
}

async fn stored(app: &App, permit: &Permit, wanted: &Wanted) -> Answer<Page> {
    let attributes = attributes(app, permit).await?;
    let time =
        queryables::times(&attributes).and_then(|(start, end)| wanted::in_time(wanted.time, start, end));
    let filter = match (wanted.filter.clone(), time) {
        (Some(filter), Some(time)) => Some(filter.and(time)),
        (one, other) => one.or(other),
    };
    let bbox = pushed_box(wanted.area.as_ref(), filter.as_ref());
    let search = FeatureSearch {
        bbox,
        test: subject::test(wanted.area.as_ref(), filter.as_ref(), &attributes),
        offset: wanted.offset,
        limit: wanted.limit,
        at: wanted.at,
        entry: wanted.entry,
    };
    let answer = app.engine.find_features(permit, search).await?;
    let (version, entry) = (answer.version, answer.entry);
    let (features, matched) = encode::rows(answer).await?;
    Ok(Page { features, matched, version, entry })
}

/// The box that leaves out most of what does not match: of the area, and of what the filter says of geometry.
fn pushed_box(area: Option<&Area>, filter: Option<&Expr>) -> Option<Bbox> {
    let asked = filter.and_then(|filter| filter.meets_box(&|name| name == "geometry"));
    let around = area.map(|area| area.around);
    match (around, asked) {
        (Some(around), Some([west, south, east, north])) => Bbox::new(
            around.west.max(west),
            around.south.max(south),
            around.east.min(east),
            around.north.min(north),
        )
        // They lie apart: nothing of one can be in the other, as the test finds.
        .or(Some(around)),
        (None, Some([west, south, east, north])) => Bbox::new(west, south, east, north),
        (around, None) => around,
    }
}

/// A page of items that are made here.
fn made<T>(
    all: &[T],
    position: impl Fn(&T) -> Option<Position>,
    feature: impl Fn(&T) -> Feature,
    wanted: &Wanted,
) -> Page {
    use geo::Intersects;
    let inside = |one: &&T| {
        wanted.area.as_ref().is_none_or(|area| {
            let at = position(one).map(|position| geo_types::Point::new(position.lon, position.lat));
            at.is_some_and(|at| area.shape.intersects(&at))
        })
    };
    let there = all.iter().filter(inside);
    let (features, matched) = match &wanted.filter {
        None => {
            let there: Vec<&T> = there.collect();
            let matched = there.len();
            (there.into_iter().skip(wanted.offset).take(wanted.limit).map(feature).collect(), matched)
        }
        Some(filter) => {
            let mut matching: Vec<Feature> =
                there.map(feature).filter(|feature| cql2::holds(filter, &Made(feature))).collect();
            let matched = matching.len();
            let from = wanted.offset.min(matched);
            let to = from.saturating_add(wanted.limit).min(matched);
            (matching.drain(from..to).collect(), matched)
        }
    };
    Page { features, matched: matched as u64, version: None, entry: None }
}
