//! What several clients of one principal are told at the same time is read once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serve::http::Answer;
use tokio::sync::OnceCell;

/// How long what was read may be told: no longer than rights are taken to hold that another node may
/// have withdrawn.
const HOLDS: Duration = Duration::from_secs(1);

/// Values that were read lately, by what was asked.
pub(crate) struct Memo<K, V> {
    held: Mutex<HashMap<K, Held<V>>>,
    most: usize,
}

type Held<V> = (Instant, Arc<OnceCell<Arc<V>>>);

impl<K: Eq + Hash, V> Memo<K, V> {
    /// Holds at most so many.
    pub(crate) fn new(most: usize) -> Memo<K, V> {
        Memo { held: Mutex::default(), most }
    }

    /// The value of a key, made by the first who asks; the others wait for it. What fails is not held.
    pub(crate) async fn once<F>(&self, key: K, make: impl FnOnce() -> F + Send) -> Answer<Arc<V>>
    where
        F: Future<Output = Answer<V>> + Send,
    {
        let cell = {
            let mut held = self.held.lock();
            held.retain(|_, (since, _)| since.elapsed() < HOLDS);
            if held.len() >= self.most && !held.contains_key(&key) {
                held.clear();
            }
            held.entry(key).or_insert_with(|| (Instant::now(), Arc::default())).1.clone()
        };
        cell.get_or_try_init(|| async { make().await.map(Arc::new) }).await.cloned()
    }
}
