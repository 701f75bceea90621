//! The feed for one client that stays connected: what happened since it was last asked, as messages
//! under topics.

use catalog::Change;
use serde::Serialize;

use super::{Notifier, Start, Teller, Wanted, is_version, read};
use crate::App;
use crate::http::{Answer, Links, Problem, ProblemKind, Visitor};

/// Where messages of changes stand: a topic for each dataset below it.
pub const CHANGES_TOPIC: &str = "cuulong/changes";

/// Changes that are read at a time: what one client holds of the node's memory.
const BATCH: usize = 50;

/// A message under a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// What it says, JSON.
    pub payload: bytes::Bytes,
}

impl Message {
    pub(crate) fn json(topic: String, document: &impl Serialize) -> Answer<Message> {
        let payload = serde_json::to_vec(document).map_err(|error| Problem::internal(&error))?;
        Ok(Message { topic, payload: payload.into() })
    }
}

/// Which messages of changes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Kinds {
    /// Those below [`CHANGES_TOPIC`].
    pub changes: bool,
    /// Those of WIS 2.0.
    pub wis2: bool,
}

/// A place in the feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place(Start);

/// A change that the client may know of, and what it is told.
#[derive(Debug, Clone)]
pub struct Happened {
    pub(crate) change: Change,
    /// Under topics of changes and of WIS 2.0, as far as they were wanted.
    pub messages: Vec<Message>,
}

impl Happened {
    /// The change's place in the feed.
    pub fn number(&self) -> u64 {
        self.change.number
    }
}

/// What happened after a place.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The changes, in order.
    pub happened: Vec<Happened>,
    /// Where to go on.
    pub place: Place,
    /// Whether there is more now.
    pub more: bool,
}

impl Place {
    /// Here and now.
    pub async fn now(app: &App) -> Answer<Place> {
        let state = app.catalog.feed_state().await?;
        Ok(Place(Start { number: state.last, epoch: Some(state.epoch().to_owned()) }))
    }

    /// The place as a text that this node keeps for itself: it tells numbers, which no client is told.
    pub fn kept(&self) -> String {
        format!("{} {}", self.0.number, self.0.epoch.as_deref().unwrap_or_default())
    }

    /// The place that was kept, if it is one.
    pub fn of_kept(text: &str) -> Option<Place> {
        let (number, epoch) = text.trim_end().split_once(' ')?;
        let epoch = Some(epoch.to_owned()).filter(|epoch| !epoch.is_empty())?;
        Some(Place(Start { number: number.parse().ok()?, epoch: Some(epoch) }))
    }

    /// What happened since, at most some at a time.
    pub async fn after(&self, app: &App, visitor: &Visitor, kinds: Kinds) -> Answer<Batch> {
        let principal = visitor.principal();
        let found = match read(app, principal, &Wanted::default(), &self.0, BATCH).await {
            Err(problem) if problem.kind == ProblemKind::CursorGone => {
                tracing::warn!("changes were given up before a connected client was told of them");
                return Ok(Batch { happened: Vec::new(), place: Place::now(app).await?, more: false });
            }
            other => other?,
        };
        let teller = Teller::open(app, Links::own(app)).await?;
        let notifier = Notifier::new(app, principal, &teller);
        let mut happened = Vec::with_capacity(found.changes.len());
        for change in &found.changes {
            let one = std::slice::from_ref(change);
            let mut messages = Vec::new();
            if kinds.changes {
                let topic = format!("{CHANGES_TOPIC}/{}", change.dataset);
                for document in teller.tell(app, &found.state, one).await? {
                    messages.push(Message::json(topic.clone(), &document)?);
                }
            }
            if kinds.wis2
                && is_version(change.kind)
                && let Some(topic) = notifier.topic(change).await?
            {
                for message in notifier.tell(&found.state, one).await? {
                    messages.push(Message::json(topic.clone(), &message)?);
                }
            }
            happened.push(Happened { change: change.clone(), messages });
        }
        let place = Place(Start { number: found.position, epoch: Some(found.state.epoch().to_owned()) });
        Ok(Batch { happened, place, more: found.more })
    }
}
