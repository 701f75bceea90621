//! The handle: opening a catalogue, reading it fresh, and writing to it in one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{DatasetId, Datastream, DatastreamId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};
use tokio::sync::Mutex;

use crate::access::{Refusals, Shelf};
use crate::audit::Journal;
use crate::cache::{Cache, Topic};
use crate::entity::change_mark;
use crate::people::{Hashing, KnownToken};
use crate::store::Store;
use crate::{Error, Gazetteer};

/// How a catalogue is opened.
#[derive(Debug, Clone)]
pub struct CatalogOptions {
    /// Connections that read (SQLite) or read and write (PostgreSQL).
    pub connections: u32,
    /// How long a call waits for a connection before it is told to come later.
    pub acquire_timeout: Duration,
    /// How old what is held in memory may be before the marks of change are compared.
    pub recheck: Duration,
}

impl Default for CatalogOptions {
    fn default() -> Self {
        CatalogOptions {
            connections: 8,
            acquire_timeout: Duration::from_secs(10),
            recheck: Duration::from_secs(1),
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
    freshness: parking_lot::Mutex<Freshness>,
    checking: Mutex<()>,
    pub(crate) shelves: Cache<DatasetId, Arc<Shelf>>,
    pub(crate) datastreams: Cache<DatasetId, Arc<Vec<Datastream>>>,
    pub(crate) datastream: Cache<DatastreamId, Datastream>,
    pub(crate) tokens: Cache<[u8; 32], KnownToken>,
    pub(crate) gazetteer: Cache<(), Arc<Gazetteer>>,
    pub(crate) loading_gazetteer: Mutex<()>,
    pub(crate) journal: Journal,
    pub(crate) refusals: Refusals,
    pub(crate) hashing: Hashing,
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
        let marks = read_marks(&store.reader).await?;
        tracing::info!(database = ?store.reader.get_database_backend(), "catalogue opened");
        let inner = Inner {
            store,
            recheck: options.recheck,
            freshness: parking_lot::Mutex::new(Freshness { checked: Instant::now(), marks }),
            checking: Mutex::new(()),
            shelves: Cache::new(20_000),
            datastreams: Cache::new(500_000),
            datastream: Cache::new(50_000),
            tokens: Cache::new(20_000),
            gazetteer: Cache::new(1),
            loading_gazetteer: Mutex::new(()),
            journal: Journal::default(),
            refusals: Refusals::default(),
            hashing: Hashing::default(),
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

    /// Begins a transaction that, when it commits, clears what is held of the topics.
    pub(crate) async fn write(&self, topics: &[Topic]) -> Result<Write<'_>, Error> {
        let tx = self.inner.store.begin().await?;
        Ok(Write { tx, inner: &self.inner, topics: topics.to_vec() })
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
        let marks = read_marks(self.reader()).await?;
        let mut freshness = inner.freshness.lock();
        for topic in Topic::ALL {
            if freshness.marks.get(&topic) != marks.get(&topic) {
                inner.forget(topic);
            }
        }
        freshness.marks = marks;
        freshness.checked = asked;
        Ok(())
    }
}

impl Inner {
    fn forget(&self, topic: Topic) {
        match topic {
            Topic::Access => self.shelves.clear(),
            Topic::Datastreams => {
                self.datastreams.clear();
                self.datastream.clear();
            }
            Topic::People => self.tokens.clear(),
            Topic::Reference => self.gazetteer.clear(),
        }
    }
}

/// A write under way. Dropped without [`Write::commit`], it leaves no trace.
pub(crate) struct Write<'a> {
    pub(crate) tx: DatabaseTransaction,
    inner: &'a Inner,
    topics: Vec<Topic>,
}

impl Write<'_> {
    /// Commits, raising the marks of the topics first and clearing what is held of them after.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        // In one order everywhere: two writers that raise the same marks then cannot deadlock.
        self.topics.sort_unstable();
        self.topics.dedup();
        let mut raised = Vec::new();
        for topic in &self.topics {
            raised.push((*topic, raise_mark(&self.tx, *topic).await?));
        }
        let outcome = self.tx.commit().await;
        for (topic, number) in raised {
            // Also when the answer to the commit was lost: it may have taken place.
            self.inner.forget(topic);
            let mut freshness = self.inner.freshness.lock();
            if freshness.marks.get(&topic) == Some(&(number - 1)) {
                freshness.marks.insert(topic, number);
            }
        }
        Ok(outcome?)
    }
}

async fn read_marks(db: &DatabaseConnection) -> Result<HashMap<Topic, i64>, Error> {
    let marks = change_mark::Entity::find().all(db).await?;
    Ok(marks.into_iter().filter_map(|mark| Some((Topic::from_code(&mark.topic)?, mark.number))).collect())
}

async fn raise_mark(tx: &DatabaseTransaction, topic: Topic) -> Result<i64, Error> {
    let raise = Query::update()
        .table(change_mark::Entity)
        .value(change_mark::Column::Number, Expr::col(change_mark::Column::Number).add(1))
        .and_where(change_mark::Column::Topic.eq(topic.code()))
        .to_owned();
    tx.execute(&raise).await?;
    let mark =
        change_mark::Entity::find().filter(change_mark::Column::Topic.eq(topic.code())).one(tx).await?;
    mark.map(|mark| mark.number).ok_or_else(|| Error::stored("mark of change", topic.code()))
}
