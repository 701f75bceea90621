//! The handle: opening a catalogue, reading it fresh, and writing to it in one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{AgencyId, DatasetId, Datastream, DatastreamId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};
use tokio::sync::Mutex;

use crate::access::{Refusals, Shelf};
use crate::audit::Journal;
use crate::cache::{Cache, Subject, Topic};
use crate::changes;
use crate::directory::{Directories, Held, Holder};
use crate::feed::{self, Change, Feed};
use crate::people::{Hashing, KnownToken};
use crate::store::Store;
use crate::{Error, Gazetteer, PlaceAlias};

/// How a catalogue is opened.
#[derive(Debug, Clone)]
pub struct CatalogOptions {
    /// Connections that read (SQLite) or read and write (PostgreSQL).
    pub connections: u32,
    /// How long a call waits for a connection before it is told to come later.
    pub acquire_timeout: Duration,
    /// How old what is held in memory may be before the marks of change are compared.
    pub recheck: Duration,
    /// The node that opens it: the same name at every start, and no other node's. A new one when absent.
    pub node: Option<String>,
}

impl Default for CatalogOptions {
    fn default() -> Self {
        CatalogOptions {
            connections: 8,
            acquire_timeout: Duration::from_secs(10),
            recheck: Duration::from_secs(1),
            node: None,
        }
    }
}

/// What exists and who may. A cheap handle: clones share connections and memory.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    store: Store,
    recheck: Duration,
    pub(crate) node: String,
    freshness: parking_lot::Mutex<Freshness>,
    checking: Mutex<()>,
    pub(crate) shelves: Cache<DatasetId, Arc<Shelf>>,
    pub(crate) directory: Directories,
    pub(crate) held: Cache<Holder, Arc<Held>>,
    pub(crate) datastreams: Cache<DatasetId, Arc<Vec<Datastream>>>,
    pub(crate) datastream: Cache<DatastreamId, Datastream>,
    pub(crate) tokens: Cache<[u8; 32], KnownToken>,
    pub(crate) gazetteer: Cache<(), Arc<Gazetteer>>,
    pub(crate) loading_gazetteer: Mutex<()>,
    pub(crate) place_aliases: Cache<AgencyId, Arc<Vec<PlaceAlias>>>,
    pub(crate) journal: Journal,
    pub(crate) refusals: Refusals,
    pub(crate) hashing: Hashing,
    pub(crate) feed: Feed,
}

struct Freshness {
    checked: Instant,
    marks: HashMap<Topic, i64>,
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}

impl Catalog {
    /// Opens the catalogue at `sqlite:///path/catalog.sqlite?mode=rwc`, `sqlite::memory:` or
    /// `postgres://user@host/database`, and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Catalog, Error> {
        Catalog::open_with(url, CatalogOptions::default()).await
    }

    /// Opens a catalogue with other options than the usual ones.
    pub async fn open_with(url: &str, options: CatalogOptions) -> Result<Catalog, Error> {
        let store = Store::open(url, &options).await?;
        let marks = changes::read_marks(&store.reader).await?;
        tracing::info!(database = ?store.reader.get_database_backend(), "catalogue opened");
        let inner = Inner {
            store,
            recheck: options.recheck,
            node: options.node.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            freshness: parking_lot::Mutex::new(Freshness { checked: Instant::now(), marks }),
            checking: Mutex::new(()),
            shelves: Cache::new(200_000),
            directory: Directories::default(),
            held: Cache::new(500_000),
            datastreams: Cache::new(500_000),
            datastream: Cache::new(50_000),
            tokens: Cache::new(20_000),
            gazetteer: Cache::new(1),
            loading_gazetteer: Mutex::new(()),
            place_aliases: Cache::new(200_000),
            journal: Journal::default(),
            refusals: Refusals::default(),
            hashing: Hashing::default(),
            feed: Feed::default(),
        };
        Ok(Catalog { inner: Arc::new(inner) })
    }

    /// Whether the database answers; for a readiness probe.
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader().execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes the connections after the calls that hold them; calls after it fail.
    pub async fn close(&self) -> Result<(), Error> {
        self.inner.store.close().await
    }

    /// The connection to read with. Inside a [`Write`], read with its transaction instead.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.inner.store.reader
    }

    /// Begins a transaction that, when it commits, clears what is held of the topics; of those for
    /// which it notes subjects ([`Write::about`]), only what is held of these.
    pub(crate) async fn write(&self, topics: &[Topic]) -> Result<Write<'_>, Error> {
        let tx = self.inner.store.begin().await?;
        Ok(Write {
            tx,
            inner: &self.inner,
            topics: topics.to_vec(),
            subjects: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Makes sure that what is held in memory is not older than `recheck`.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        let inner = &self.inner;
        let due = || inner.freshness.lock().checked.elapsed() >= inner.recheck;
        if !due() {
            return Ok(());
        }
        // One asks the database; those who waited for it find that it has been asked.
        let _turn = inner.checking.lock().await;
        if !due() {
            return Ok(());
        }
        let asked = Instant::now();
        // Taken first: what this node writes meanwhile is in neither, and it drops that itself.
        let before = inner.freshness.lock().marks.clone();
        let marks = changes::read_marks(self.reader()).await?;
        let mut changed = Vec::new();
        for (topic, now) in marks {
            let before = before.get(&topic).copied();
            if before != Some(now) {
                changed.push((topic, now, changes::between(self.reader(), topic, before, now).await?));
            }
        }
        let mut freshness = inner.freshness.lock();
        for (topic, now, subjects) in changed {
            for subject in &subjects {
                inner.forget(topic, subject);
            }
            // A write of this node may have come further meanwhile.
            let held = freshness.marks.entry(topic).or_insert(now);
            if before.get(&topic) == Some(held) || now > *held {
                *held = now;
            }
        }
        freshness.checked = asked;
        Ok(())
    }
}

impl Inner {
    fn forget(&self, topic: Topic, subject: &Subject) {
        match (topic, subject) {
            (Topic::Access, Subject::Dataset(id)) => {
                self.shelves.remove(id);
                self.directory.forget(id);
            }
            (Topic::Access, Subject::User(id)) => self.held.remove(&Holder::User(id.clone())),
            (Topic::Access, Subject::Agency(id)) => self.held.remove(&Holder::Agency(id.clone())),
            (Topic::Access, Subject::Everything) => {
                self.shelves.clear();
                self.directory.forget_all();
                self.held.clear();
            }
            // A datastream that is registered never changes.
            (Topic::Datastreams, Subject::Dataset(id)) => self.datastreams.remove(id),
            (Topic::Datastreams, _) => {
                self.datastreams.clear();
                self.datastream.clear();
            }
            (Topic::People, _) => self.tokens.clear(),
            (Topic::Reference, Subject::Agency(id)) => self.place_aliases.remove(id),
            (Topic::Reference, _) => {
                self.gazetteer.clear();
                self.place_aliases.clear();
            }
        }
    }
}

/// A write under way. Dropped without [`Write::commit`], it leaves no trace.
pub(crate) struct Write<'a> {
    pub(crate) tx: DatabaseTransaction,
    inner: &'a Inner,
    topics: Vec<Topic>,
    subjects: Vec<(Topic, Subject)>,
    changes: Vec<Change>,
}

impl Write<'_> {
    /// Notes what readers of the feed are told when the write commits.
    pub(crate) fn tell(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Notes what the write is about. A topic without a note is taken to have changed altogether.
    pub(crate) fn about(&mut self, topic: Topic, subject: Subject) {
        self.subjects.push((topic, subject));
    }

    /// Commits, raising the marks of the topics first and clearing what is held of them after.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        // The head of the feed before any mark, and last of all else: it is locked from here to the end.
        let told = match self.changes.as_slice() {
            [] => None,
            changes => Some(feed::append(&self.tx, changes).await?),
        };
        // In one order everywhere: two writers that raise the same marks then cannot deadlock.
        self.topics.sort_unstable();
        self.topics.dedup();
        let mut raised = Vec::new();
        for topic in std::mem::take(&mut self.topics) {
            let of_topic = self.subjects.iter().filter(|(of, _)| *of == topic);
            let mut subjects: Vec<Subject> = of_topic.map(|(_, subject)| subject.clone()).collect();
            subjects.sort_unstable();
            subjects.dedup();
            if subjects.is_empty() || subjects.len() > changes::MOST_SUBJECTS {
                subjects = vec![Subject::Everything];
            }
            let number = changes::raise_mark(&self.tx, topic, &subjects).await?;
            raised.push((topic, number, subjects));
        }
        let outcome = self.tx.commit().await;
        for (topic, number, subjects) in raised {
            // Also when the answer to the commit was lost: it may have taken place.
            for subject in &subjects {
                self.inner.forget(topic, subject);
            }
            let mut freshness = self.inner.freshness.lock();
            if outcome.is_ok() && freshness.marks.get(&topic) == Some(&(number - 1)) {
                freshness.marks.insert(topic, number);
            }
        }
        if let (Ok(()), Some(number)) = (&outcome, told) {
            self.inner.feed.seen(number);
        }
        Ok(outcome?)
    }
}
