//! Idempotency keys: the same request again gets the same answer.
//!
//! They are kept in memory, so that a restart forgets them. That loses nothing: a value that is
//! written again is there once, and only a value that was corrected in between would be set back.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use policy::Permit;
use sha2::{Digest, Sha256};
use wording::told;

use super::{NewObservation, Outcome};
use crate::Error;

/// How long a key is known.
const KEPT: Duration = Duration::from_mins(10);
/// Keys that are known at most; the oldest are forgotten first.
const MAX_KEYS: usize = 20_000;

/// A use of a key: by whom, for which dataset, and for what.
pub(super) struct Use {
    name: [u8; 32],
    what: [u8; 32],
}

impl Use {
    pub(super) fn of(permit: &Permit, key: &str, observations: &[NewObservation<'_>]) -> Use {
        let user = permit.user().map_or("", |user| user.as_str());
        let received = observations.iter().map(|new| new.received);
        Use { name: digest([user, permit.dataset().as_str(), key].into_iter()), what: digest(received) }
    }
}

fn digest<'a>(parts: impl Iterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// What a key was used for, and the answer, once there is one.
type Slot = Arc<tokio::sync::Mutex<Option<([u8; 32], Arc<[Outcome]>)>>>;

/// The keys of some minutes.
#[derive(Default)]
pub(super) struct Keys {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    slots: HashMap<[u8; 32], Slot>,
    order: VecDeque<(Instant, [u8; 32])>,
}

impl Keys {
    /// Does it once: again with the same key, it answers what it answered, and the same key for
    /// something else is a conflict. What failed may be tried again.
    pub(super) async fn once<W, F>(&self, of: Use, work: W) -> Result<Arc<[Outcome]>, Error>
    where
        W: FnOnce() -> F,
        F: Future<Output = Result<Arc<[Outcome]>, Error>>,
    {
        let slot = self.slot(of.name);
        let mut slot = slot.lock().await;
        match &*slot {
            Some((what, answer)) if *what == of.what => return Ok(answer.clone()),
            Some(_) => {
                return Err(Error::Conflict {
                    what: told!(
                        "intake-idempotency-key-used-other-observations-choose-new",
                        "the idempotency key was used for other observations: choose a new one"
                    ),
                });
            }
            None => {}
        }
        let answer = work().await?;
        *slot = Some((of.what, answer.clone()));
        Ok(answer)
    }

    fn slot(&self, name: [u8; 32]) -> Slot {
        let mut held = self.held.lock();
        while let Some((since, oldest)) = held.order.front().copied() {
            if since.elapsed() < KEPT && held.order.len() < MAX_KEYS {
                break;
            }
            held.order.pop_front();
            held.slots.remove(&oldest);
        }
        if let Some(slot) = held.slots.get(&name) {
            return slot.clone();
        }
        let slot = Slot::default();
        held.slots.insert(name, slot.clone());
        held.order.push_back((Instant::now(), name));
        slot
    }
}
