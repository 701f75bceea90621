//! The pages of this node, and what changed at a place.

use catalog::{DatasetSearch, Observed};
use chrono::{DateTime, Utc};
use model::{DatasetId, DatasetKind, Place, PlaceId, PlaceKind, VIETNAM, VersionInfo};
use policy::Principal;
use query::At;

use crate::App;
use crate::http::{Answer, Problem};
use crate::shelf::Shelf;

/// Pages of one part of the sitemap; the standard takes 50 000.
pub(super) const PART: usize = 10_000;
/// Versions that a feed tells of.
pub(super) const MOST_ENTRIES: usize = 50;
/// Places within a place whose data are its own.
const MOST_PLACES: usize = 2_000;

/// A page and when it changed last.
pub(super) type PageAt = (String, Option<DateTime<Utc>>);

/// The paths of the pages for which the asker needs no search, in an order that stays.
pub(super) async fn paths(app: &App, principal: &Principal) -> Answer<Vec<PageAt>> {
    let mut pages: Vec<PageAt> =
        ["/", "/data", "/about", "/developers"].iter().map(|path| ((*path).to_owned(), None)).collect();
    let gazetteer = app.catalog.gazetteer().await?;
    let today = Utc::now().with_timezone(&VIETNAM).date_naive();
    let lasts = |place: &&Place| place.valid_to.is_none_or(|last| last >= today);
    let shown = |place: &&Place| matches!(place.kind, PlaceKind::Province | PlaceKind::Station);
    let places = gazetteer.places.iter().filter(shown).filter(lasts);
    pages.extend(places.map(|place| (format!("/place/{}", place.id), None)));
    let ids = app.catalog.matching_datasets(principal, &DatasetSearch::default(), Utc::now()).await?;
    let changes = app.catalog.record_changes_of(&ids).await?;
    pages.extend(ids.into_iter().map(|id| {
        let changed = changes.get(&id).map(|change| change.changed_at);
        (format!("/data/{id}"), changed)
    }));
    Ok(pages)
}

/// The last versions of the datasets that observe something at a place or within it, newest first; those
/// until an instant of what observed something there by then, when one is given.
pub(super) async fn changes_at(
    app: &App,
    principal: &Principal,
    id: &PlaceId,
    known: Option<DateTime<Utc>>,
) -> Answer<(Place, Vec<VersionInfo>)> {
    let gazetteer = app.catalog.gazetteer().await?;
    let place = gazetteer.place(id).cloned().ok_or_else(|| Problem::not_found(id.as_str()))?;
    let today = known.unwrap_or_else(Utc::now).with_timezone(&VIETNAM).date_naive();
    let on = place.valid_to.unwrap_or(today);
    let mut within = vec![id.clone()];
    let mut at = 0;
    while at < within.len() && within.len() < MOST_PLACES {
        let children = gazetteer.children(&within[at], on);
        within.extend(children.into_iter().map(|child| child.id.clone()));
        at += 1;
    }
    within.truncate(MOST_PLACES);
    let names = within.iter().map(ToString::to_string).collect();
    let wanted = Observed { places: Some(names), ..Observed::default() };
    let observing = app.catalog.datasets_observing(&wanted).await?;
    let mut versions = Vec::new();
    for readable in app.catalog.readable(principal, &observing, Utc::now()).await? {
        let rows = readable.permit.rows();
        let reaches = rows.places.as_ref().is_none_or(|places| places.iter().any(|p| within.contains(p)));
        if readable.kind != DatasetKind::Observations || !reaches {
            continue;
        }
        let of_dataset = recent(app, readable.permit.dataset(), known).await?;
        if let (Some(_), Some(newest)) = (known, of_dataset.first()) {
            let shelf = Shelf::open(app, &readable.permit, At::Version(newest.version)).await?;
            if !shelf.streams.iter().any(|stream| within.contains(&stream.key.place)) {
                continue;
            }
        }
        versions.extend(of_dataset);
    }
    versions.sort_by(|a, b| b.committed_at.cmp(&a.committed_at).then_with(|| a.dataset.cmp(&b.dataset)));
    versions.truncate(MOST_ENTRIES);
    Ok((place, versions))
}

/// The last versions of a dataset, newest first.
async fn recent(app: &App, id: &DatasetId, known: Option<DateTime<Utc>>) -> Answer<Vec<VersionInfo>> {
    let mut versions = app.catalog.versions(id).await?;
    versions.retain(|version| known.is_none_or(|time| version.committed_at <= time));
    versions.truncate(MOST_ENTRIES);
    Ok(versions)
}
