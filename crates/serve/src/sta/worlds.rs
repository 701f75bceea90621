//! Worlds that were made of late, for whoever would get the same.
//!
//! Every request asks under its own permissions which datasets it may read, and finds a world only where the answer
//! and everything else that a world is made of are what they were: nothing is kept for a while.

use std::collections::VecDeque;
use std::sync::Arc;

use catalog::Gazetteer;
use model::{Dataset, Datastream};
use parking_lot::Mutex;
use policy::Permit;

use super::world::World;

/// Worlds that are kept.
const MOST: usize = 8;
/// Series in all of them together.
const MOST_SERIES: usize = 200_000;

/// A dataset that may be read: how it is described, the permit for it, and its series.
pub(super) type Source = (Dataset, Permit, Arc<Vec<Datastream>>);

/// What a world of the newest versions is made of.
pub(super) struct Made {
    pub(super) gazetteer: Arc<Gazetteer>,
    pub(super) sources: Vec<Source>,
    /// Whether the asker may make series.
    pub(super) may_make: bool,
}

impl Made {
    fn is_as(&self, other: &Made) -> bool {
        let same = |((dataset, permit, series), other): (&Source, &Source)| {
            Arc::ptr_eq(series, &other.2) && *permit == other.1 && *dataset == other.0
        };
        self.may_make == other.may_make
            && Arc::ptr_eq(&self.gazetteer, &other.gazetteer)
            && self.sources.len() == other.sources.len()
            && self.sources.iter().zip(&other.sources).all(same)
    }
}

/// The worlds that are kept, the one that was asked for last in front.
#[derive(Default)]
pub struct Worlds(Mutex<VecDeque<(Made, Arc<World>)>>);

impl Worlds {
    pub(super) fn find(&self, made: &Made) -> Option<Arc<World>> {
        let mut kept = self.0.lock();
        let at = kept.iter().position(|(of, _)| of.is_as(made))?;
        let found = kept.remove(at)?;
        let world = Arc::clone(&found.1);
        kept.push_front(found);
        Some(world)
    }

    pub(super) fn keep(&self, made: Made, world: &Arc<World>) {
        let mut kept = self.0.lock();
        kept.push_front((made, Arc::clone(world)));
        let mut series = 0;
        let mut fits = 0;
        for (_, world) in kept.iter().take(MOST) {
            series += world.series.len();
            if series > MOST_SERIES {
                break;
            }
            fits += 1;
        }
        kept.truncate(fits);
    }
}
