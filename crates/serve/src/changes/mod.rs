//! What happened to datasets, read from the feed for one asker: every outlet of changes goes through
//! here, so that none tells more than another.

mod amended;
mod cursor;
mod document;
pub mod live;
mod notification;
mod subscribers;

use std::collections::HashSet;

use catalog::{Change, ChangeKind, FeedState, Observed};
use chrono::Utc;
use model::{DatasetId, DatasetKind, PlaceId, PropertyCode, VIETNAM};
use policy::Principal;

use crate::App;
use crate::http::{Answer, Problem};

pub(crate) use amended::Kept as Amended;
pub(crate) use cursor::Cursors;
pub(crate) use document::{ChangeDocument, Teller};
pub(crate) use notification::{Notifier, is_version};
pub(crate) use subscribers::{Subscribers, Subscription};

/// Entries of the feed that are looked at in one go.
const STEP: u64 = 1_000;
/// Entries that one read looks at before it answers with what it has.
const MOST_LOOKED_AT: u64 = 50_000;
/// Places within a place whose data are its own.
const MOST_PLACES: usize = 2_000;

/// Which changes are wanted. Conditions that are absent hold for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Only of this dataset.
    pub(crate) dataset: Option<DatasetId>,
    /// Only of datasets that observe something at this place or within it.
    pub(crate) place: Option<PlaceId>,
    /// Only of datasets that observe this property.
    pub(crate) property: Option<PropertyCode>,
    /// Only of these kinds.
    pub(crate) kinds: Option<Vec<ChangeKind>>,
}

/// What one read of the feed found.
pub(crate) struct Found {
    /// The changes, in order.
    pub(crate) changes: Vec<Change>,
    /// How far the read went: the next one goes on after it.
    pub(crate) position: u64,
    /// Whether there is more to look at now.
    pub(crate) more: bool,
    /// How far the feed goes.
    pub(crate) state: FeedState,
}

/// Where somebody begins to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Start {
    /// The last number that the reader has seen.
    pub(crate) number: u64,
    /// The epoch in which it was told; absent for a place that is not a reader's own.
    pub(crate) epoch: Option<String>,
}

impl Start {
    /// A place that this node found itself.
    pub(crate) fn at(number: u64) -> Start {
        Start { number, epoch: None }
    }
}

/// The changes after a place that the asker may know of. A place whose continuation is not known any
/// more is a problem that says so.
pub(crate) async fn read(
    app: &App,
    principal: &Principal,
    wanted: &Wanted,
    start: &Start,
    limit: usize,
) -> Answer<Found> {
    let among = among(app, principal, wanted).await?;
    let mut found = Vec::new();
    let (mut position, mut looked_at) = (start.number, 0_u64);
    let mut more = false;
    loop {
        let step = app.catalog.feed_after(position, wanted.dataset.as_ref(), STEP).await?;
        let ids: Vec<DatasetId> =
            step.iter().map(|change| change.dataset.clone()).collect::<HashSet<_>>().into_iter().collect();
        let known = app.catalog.knowable(principal, &ids, Utc::now()).await?;
        let whole = (step.len() as u64) < STEP;
        looked_at += step.len() as u64;
        for change in step {
            let is_told = wanted.kinds.as_ref().is_none_or(|kinds| kinds.contains(&change.kind))
                && among.as_ref().is_none_or(|among| among.contains(&change.dataset))
                && known.contains(&change.dataset)
                && change.is_for(principal);
            // There is more when there is more to tell: what is hidden does not show in this either.
            if is_told && found.len() == limit {
                more = true;
                break;
            }
            position = change.number;
            if is_told {
                found.push(change);
            }
        }
        if more || whole {
            break;
        }
        if looked_at >= MOST_LOOKED_AT {
            more = true;
            break;
        }
    }
    // Asked after the entries: what was given up while they were read is noticed.
    let state = app.catalog.feed_state().await?;
    check(&state, start)?;
    Ok(Found { changes: found, position, more, state })
}

/// One change, where the asker may know of it and it is still kept.
pub(crate) async fn one(
    app: &App,
    principal: &Principal,
    number: u64,
) -> Answer<Option<(FeedState, Change)>> {
    let mut found = read(app, principal, &Wanted::default(), &Start::at(number.saturating_sub(1)), 1).await?;
    let change = found.changes.pop().filter(|change| change.number == number);
    Ok(change.map(|change| (found.state, change)))
}

/// Whether reading can go on after a place.
pub(crate) fn check(state: &FeedState, start: &Start) -> Answer<()> {
    if let Some(epoch) = &start.epoch {
        let last = state.last_of(epoch).ok_or_else(|| gone("problem-changes-elsewhere"))?;
        if start.number > last {
            return Err(gone("problem-changes-restored"));
        }
    }
    if start.number < state.floor {
        return Err(gone("problem-changes-given-up"));
    }
    Ok(())
}

fn gone(id: &'static str) -> Problem {
    Problem::message(crate::http::ProblemKind::CursorGone, id, vec![]).at("cursor")
}

/// The datasets that a condition on place or property leaves; `None` when there is no such condition.
async fn among(app: &App, principal: &Principal, wanted: &Wanted) -> Answer<Option<HashSet<DatasetId>>> {
    if wanted.place.is_none() && wanted.property.is_none() {
        return Ok(None);
    }
    let places = match &wanted.place {
        Some(place) => Some(within(app, place).await?),
        None => None,
    };
    let observed = Observed {
        places: places.as_ref().map(|places| places.iter().map(ToString::to_string).collect()),
        properties: wanted.property.as_ref().map(|code| vec![code.to_string()]),
        ..Observed::default()
    };
    let observing = app.catalog.datasets_observing(&observed).await?;
    let mut left = HashSet::new();
    // Whether it observes something there is told to those only who may read it there.
    for readable in app.catalog.readable(principal, &observing, Utc::now()).await? {
        let rows = readable.permit.rows();
        let reaches = match (&places, &rows.places) {
            (Some(asked), Some(given)) => given.iter().any(|place| asked.contains(place)),
            _ => true,
        };
        if readable.kind == DatasetKind::Observations && reaches {
            left.insert(readable.permit.dataset().clone());
        }
    }
    Ok(Some(left))
}

/// A place and those within it today, or on the last day on which it existed.
async fn within(app: &App, id: &PlaceId) -> Answer<HashSet<PlaceId>> {
    let gazetteer = app.catalog.gazetteer().await?;
    let place = gazetteer.place(id).ok_or_else(|| Problem::not_found(id.as_str()))?;
    let on = place.valid_to.unwrap_or_else(|| Utc::now().with_timezone(&VIETNAM).date_naive());
    let mut within = vec![id.clone()];
    let mut at = 0;
    while at < within.len() && within.len() < MOST_PLACES {
        let children = gazetteer.children(&within[at], on);
        within.extend(children.into_iter().map(|child| child.id.clone()));
        at += 1;
    }
    within.truncate(MOST_PLACES);
    Ok(within.into_iter().collect())
}

impl App {
    /// Keeps the feed: sees what other nodes added while somebody waits for it, and gives up what is
    /// beyond the number that is kept.
    pub async fn keep_changes(self) {
        let mut beat = tokio::time::interval(LOOK);
        let mut beats = 0_u64;
        loop {
            beat.tick().await;
            if self.catalog.feed_is_watched()
                && let Err(error) = self.catalog.look_at_feed().await
            {
                tracing::warn!(%error, "cannot look whether the feed of changes goes on");
            }
            beats += 1;
            if beats.is_multiple_of(PRUNE_EVERY) {
                match self.catalog.prune_feed(self.config.changes_kept).await {
                    Ok(0) => {}
                    Ok(gone) => tracing::info!(changes.given_up = gone, "old changes were given up"),
                    Err(error) => tracing::warn!(%error, "cannot give up old changes"),
                }
            }
        }
    }
}

/// How often a node looks whether another one added to the feed.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);
/// How many looks lie between two times at which old changes are given up: an hour.
const PRUNE_EVERY: u64 = 7_200;
