//! Large answers that are put together in memory take turns: a few at a time on the node, and fewer of one
//! asker, since each needs many times its own size while it is made.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::available_parallelism;

use chrono::TimeDelta;
use parking_lot::Mutex;
use query::Asker;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::{Problem, ProblemKind};

/// From so many entities, or features, on an answer is large.
pub(crate) const LARGE: usize = 2_000;
/// Large answers of one asker that are made or wait for their turn.
const MOST: usize = 64;
/// When to ask again.
const WAIT: i64 = 5;

/// The turns of this node.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: Arc<Semaphore>,
    each: usize,
    lines: Mutex<HashMap<Asker, Line>>,
}

/// The large answers of one asker.
#[derive(Debug)]
struct Line {
    own: Arc<Semaphore>,
    length: usize,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in the asker's line.
#[derive(Debug)]
struct Place(Arc<Inner>, Asker);

impl Default for Turns {
    fn default() -> Turns {
        let threads = available_parallelism().map_or(2, usize::from);
        let all = Arc::new(Semaphore::new(2 * threads));
        Turns(Arc::new(Inner { all, each: threads, lines: Mutex::default() }))
    }
}

impl Turns {
    /// Waits for a turn of whoever asks.
    pub(crate) async fn take(&self) -> Result<Turn, Problem> {
        let (own, place) = self.line_up(Asker::current().unwrap_or(Asker::Node))?;
        let open = "turns are never closed";
        let own = own.acquire_owned().await.expect(open);
        let all = self.0.all.clone().acquire_owned().await.expect(open);
        Ok(Turn { _all: all, _own: own, _place: place })
    }

    fn line_up(&self, asker: Asker) -> Result<(Arc<Semaphore>, Place), Problem> {
        let mut lines = self.0.lines.lock();
        let new = || Line { own: Arc::new(Semaphore::new(self.0.each)), length: 0 };
        let line = lines.entry(asker.clone()).or_insert_with(new);
        if line.length >= MOST {
            let blanks = vec![("seconds", WAIT.to_string())];
            let problem = Problem::message(ProblemKind::BudgetUsed, "problem-budget-requests", blanks);
            return Err(problem.retry_after(TimeDelta::seconds(WAIT)));
        }
        line.length += 1;
        Ok((line.own.clone(), Place(self.0.clone(), asker)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.0.lines.lock();
        if let Some(line) = lines.get_mut(&self.1) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures::FutureExt;
    use query::Asker;

    use super::{MOST, Turns};

    /// Takes as many turns as there are at once; how many there were.
    fn take_all(turns: &Turns, asker: &Asker) -> Vec<super::Turn> {
        let take = || asker.clone().ask(turns.take()).now_or_never();
        std::iter::from_fn(|| take().and_then(Result::ok)).collect()
    }

    #[tokio::test]
    async fn one_asker_leaves_turns_to_others_and_cannot_line_up_for_ever() {
        let turns = Turns::default();
        let asker = |last| Asker::Public(Some(IpAddr::from([10, 0, 0, last])));
        let own = take_all(&turns, &asker(1));
        let others = take_all(&turns, &asker(2));
        assert_eq!((own.len(), others.len()), (turns.0.each, turns.0.each));
        assert_eq!(take_all(&turns, &asker(3)).len(), 0, "the node's are taken");
        let mut waiting: Vec<_> = (0..MOST).map(|_| Box::pin(asker(1).ask(turns.take()))).collect();
        let refused = waiting.iter_mut().filter_map(|turn| turn.now_or_never()).filter(Result::is_err);
        assert_eq!(refused.count(), own.len(), "as many as have a turn");
        drop((own, others, waiting));
        assert!(turns.0.lines.lock().is_empty());
        assert_eq!(take_all(&turns, &asker(3)).len(), turns.0.each);
    }
}
