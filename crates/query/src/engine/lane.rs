//! Lanes: so many requests run at a time, and those that wait come in by start-time fair queueing.
//!
//! Whoever has used little comes before whoever has used much: each request starts, in the lane's
//! own time, where its asker's last one ends, and the earliest start goes first. A request's
//! length is estimated when it comes, and put right when it is over. Besides, no asker
//! holds more than a part of the lane, and none may fill the queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::asker::Asker;
use crate::Error;
use crate::error::Whose;

/// How much of a lane there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Width {
    /// Requests that run at a time.
    pub(crate) running: usize,
    /// Of one asker.
    pub(crate) running_of_one: usize,
    /// Of all visitors together.
    pub(crate) running_of_public: usize,
    /// Requests that wait.
    pub(crate) waiting: usize,
    /// Of one asker.
    pub(crate) waiting_of_one: usize,
}

/// One lane.
#[derive(Debug)]
pub(crate) struct Lane {
    name: &'static str,
    width: Width,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    running_of_public: usize,
    /// The lane's own time: where the request that came in last starts.
    clock: f64,
    askers: HashMap<Asker, Share>,
    queue: Vec<Waiter>,
    numbers: u64,
}

/// What one asker has of the lane.
#[derive(Debug, Default)]
struct Share {
    running: usize,
    waiting: usize,
    /// Where the asker's last request ends, in the lane's time.
    end: f64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    asker: Asker,
    start: f64,
    seconds: f64,
    turn: oneshot::Sender<Slot>,
}

/// A place in a lane, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    lane: Arc<Lane>,
    asker: Asker,
    seconds: f64,
    since: Instant,
}

impl Lane {
    pub(crate) fn new(name: &'static str, width: Width) -> Arc<Lane> {
        Arc::new(Lane { name, width, state: Mutex::default() })
    }

    /// Waits for a place for a request that may run for so many seconds.
    pub(crate) async fn enter(self: &Arc<Lane>, asker: &Asker, seconds: f64) -> Result<Slot, Error> {
        let (number, turn) = {
            let mut state = self.state.lock();
            let state = &mut *state;
            let share = state.askers.entry(asker.clone()).or_default();
            let start = state.clock.max(share.end);
            if state.running < self.width.running && self.may_run(asker, share, state.running_of_public) {
                share.end = start + seconds;
                share.running += 1;
                state.start(asker, start);
                self.show(state);
                return Ok(self.slot(asker, seconds));
            }
            let refused = match () {
                () if share.waiting >= self.width.waiting_of_one => Some(Whose::Asker),
                () if state.queue.len() >= self.width.waiting => Some(Whose::Node),
                () => None,
            };
            if let Some(whose) = refused {
                metrics::counter!("cuulong_queue_refused_total", "lane" => self.name, "asker" => asker.kind())
                    .increment(1);
                let wait = std::time::Duration::from_secs(5);
                return Err(Error::Busy { whose, what: "requests at a time", wait });
            }
            share.end = start + seconds;
            share.waiting += 1;
            state.numbers += 1;
            let (sender, turn) = oneshot::channel();
            let (number, asker) = (state.numbers, asker.clone());
            state.queue.push(Waiter { number, asker, start, seconds, turn: sender });
            self.show(state);
            (number, turn)
        };
        let waiting = Waiting { lane: self, number };
        let slot = turn.await.map_err(Error::internal)?;
        drop(waiting);
        Ok(slot)
    }

    fn slot(self: &Arc<Lane>, asker: &Asker, seconds: f64) -> Slot {
        Slot { lane: self.clone(), asker: asker.clone(), seconds, since: Instant::now() }
    }

    fn may_run(&self, asker: &Asker, share: &Share, running_of_public: usize) -> bool {
        share.running < self.width.running_of_one
            && (!asker.is_public() || running_of_public < self.width.running_of_public)
    }

    /// Lets in whoever is next, as long as there is room.
    fn let_in(self: &Arc<Lane>) {
        let mut turns = Vec::new();
        {
            let mut state = self.state.lock();
            let state = &mut *state;
            while state.running < self.width.running {
                let may = |waiter: &Waiter| {
                    state
                        .askers
                        .get(&waiter.asker)
                        .is_some_and(|share| self.may_run(&waiter.asker, share, state.running_of_public))
                };
                let next = (0..state.queue.len())
                    .filter(|at| may(&state.queue[*at]))
                    .min_by(|a, b| state.queue[*a].start.total_cmp(&state.queue[*b].start));
                let Some(next) = next else { break };
                let waiter = state.queue.remove(next);
                if let Some(share) = state.askers.get_mut(&waiter.asker) {
                    share.waiting -= 1;
                    share.running += 1;
                }
                state.start(&waiter.asker, waiter.start);
                turns.push((waiter.turn, self.slot(&waiter.asker, waiter.seconds)));
            }
            self.show(state);
        }
        for (turn, slot) in turns {
            // Whoever does not wait any more gives the place back by dropping it.
            drop(turn.send(slot));
        }
    }

    fn show(&self, state: &State) {
        metrics::gauge!("cuulong_queue_running", "lane" => self.name).set(state.running as f64);
        metrics::gauge!("cuulong_queue_waiting", "lane" => self.name).set(state.queue.len() as f64);
    }
}

impl State {
    fn start(&mut self, asker: &Asker, start: f64) {
        self.running += 1;
        self.running_of_public += usize::from(asker.is_public());
        self.clock = self.clock.max(start);
    }

    /// Forgets askers that have nothing here and owe nothing.
    fn tidy(&mut self) {
        if self.running == 0 && self.queue.is_empty() {
            self.askers.clear();
            self.clock = 0.0;
        } else if self.askers.len() > 1024 {
            let clock = self.clock;
            self.askers.retain(|_, share| share.running + share.waiting > 0 || share.end > clock);
        }
    }
}

/// Takes a request out of the queue when its asker goes away.
struct Waiting<'a> {
    lane: &'a Arc<Lane>,
    number: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.lane.state.lock();
        let state = &mut *state;
        if let Some(at) = state.queue.iter().position(|waiter| waiter.number == self.number) {
            let gone = state.queue.remove(at);
            if let Some(share) = state.askers.get_mut(&gone.asker) {
                share.waiting -= 1;
                share.end = (share.end - gone.seconds).max(0.0);
            }
            self.lane.show(state);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        {
            let mut state = self.lane.state.lock();
            let state = &mut *state;
            state.running -= 1;
            state.running_of_public -= usize::from(self.asker.is_public());
            if let Some(share) = state.askers.get_mut(&self.asker) {
                share.running -= 1;
                // Whoever took longer than was thought comes in later the next time.
                share.end += (self.since.elapsed().as_secs_f64() - self.seconds).max(0.0);
            }
            state.tidy();
        }
        self.lane.let_in();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use model::UserId;

    use super::*;

    fn user(id: &str) -> Asker {
        Asker::User(UserId::new(id).unwrap())
    }

    fn lane(running: usize, running_of_one: usize) -> Arc<Lane> {
        let width =
            Width { running, running_of_one, running_of_public: running, waiting: 8, waiting_of_one: 4 };
        Lane::new("test", width)
    }

    #[tokio::test]
    async fn whoever_has_used_little_comes_before_whoever_has_used_much() {
        let (heavy, light) = (user("heavy"), user("light"));
        let lane = lane(1, 1);
        let running = lane.enter(&heavy, 10.0).await.unwrap();
        let mut second = Box::pin(lane.enter(&heavy, 10.0));
        let mut other = Box::pin(lane.enter(&light, 0.1));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut other).now_or_never().is_none());
        drop(running);
        assert!((&mut second).now_or_never().is_none());
        let first = (&mut other).now_or_never().unwrap().unwrap();
        drop(first);
        assert!(second.now_or_never().unwrap().is_ok());
    }

    #[tokio::test]
    async fn one_asker_holds_no_more_than_a_part_of_the_lane() {
        let (heavy, light) = (user("heavy"), user("light"));
        let lane = lane(2, 1);
        let _first = lane.enter(&heavy, 1.0).await.unwrap();
        let mut second = Box::pin(lane.enter(&heavy, 1.0));
        assert!((&mut second).now_or_never().is_none());
        assert!(lane.enter(&light, 1.0).now_or_never().unwrap().is_ok());
        assert!(second.now_or_never().is_none());
    }

    #[tokio::test]
    async fn one_asker_does_not_fill_the_queue_and_nobody_waits_for_those_who_left() {
        let (heavy, light) = (user("heavy"), user("light"));
        let lane = lane(1, 1);
        let running = lane.enter(&heavy, 1.0).await.unwrap();
        let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(lane.enter(&heavy, 1.0))).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        let fifth = lane.enter(&heavy, 1.0).await;
        assert!(matches!(fifth, Err(Error::Busy { whose: Whose::Asker, .. })), "{fifth:?}");
        drop(waiting);
        drop(running);
        assert!(lane.enter(&light, 1.0).now_or_never().unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_place_that_is_given_to_somebody_who_just_left_goes_to_the_next() {
        let (a, b, c) = (user("a"), user("b"), user("c"));
        let lane = lane(1, 1);
        let running = lane.enter(&a, 1.0).await.unwrap();
        let mut leaving = Box::pin(lane.enter(&b, 1.0));
        assert!((&mut leaving).now_or_never().is_none());
        drop(running);
        // The place is on its way to `b`, who goes without taking it.
        drop(leaving);
        assert!(lane.enter(&c, 1.0).now_or_never().unwrap().is_ok());
    }
}
