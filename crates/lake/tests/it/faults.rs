//! Whatever fails during a commit, the table is at the old version or at the new one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use lake::{AsOf, Lake, NewRows};
use model::Version;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use url::Url;

use crate::world::{Value, new_rows, observations, values, with_table, writing};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failure {
    /// It is not done, and all go well after it.
    Once,
    /// It is done, but the answer is lost.
    Answer,
    /// It is done, the answer is lost, and the store's client asks again, as clients of buckets do.
    Again,
    /// It and all after it are not done: the process died.
    Death,
}

/// A store that fails at its n-th operation.
#[derive(Debug)]
pub struct Faulty {
    pub inner: Arc<InMemory>,
    pub failure: Failure,
    pub left: Arc<AtomicUsize>,
}

impl Faulty {
    /// `Err` when the operation that begins now is not done, `Ok(true)` when its answer is lost.
    fn next(&self) -> Result<bool> {
        let left = self.left.load(Ordering::SeqCst);
        if left > 1 || (left == 0 && self.failure != Failure::Death) {
            self.left.store(left.saturating_sub(1), Ordering::SeqCst);
            return Ok(false);
        }
        self.left.store(0, Ordering::SeqCst);
        match self.failure {
            Failure::Answer | Failure::Again => Ok(true),
            Failure::Once | Failure::Death => Err(broken()),
        }
    }
}

fn broken() -> Error {
    Error::Generic { store: "Faulty", source: "as the test wants it".into() }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

macro_rules! fallible {
    ($self:ident, $operation:expr) => {{
        let lost = $self.next()?;
        let answer = $operation;
        if lost && $self.failure == Failure::Answer { Err(broken()) } else { answer }
    }};
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let lost = self.next()?;
        let answer = self.inner.put_opts(location, payload.clone(), opts.clone()).await;
        match self.failure {
            Failure::Answer if lost => Err(broken()),
            Failure::Again if lost => self.inner.put_opts(location, payload, opts).await,
            _ => answer,
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        fallible!(self, self.inner.put_multipart_opts(location, opts).await)
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        fallible!(self, self.inner.get_opts(location, options).await)
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> Result<Vec<bytes::Bytes>> {
        fallible!(self, self.inner.get_ranges(location, ranges).await)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.next() {
            Ok(_) => self.inner.delete_stream(locations),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.next() {
            Ok(_) => self.inner.list(prefix),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        fallible!(self, self.inner.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        fallible!(self, self.inner.copy_opts(from, to, options).await)
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        fallible!(self, self.inner.rename_opts(from, to, options).await)
    }
}

fn over(store: Arc<dyn ObjectStore>) -> Lake {
    Lake::over(store, Url::parse("memory:///").unwrap())
}

const BEFORE: [Value; 4] = [(1, 0, Some(1.0)), (1, 1, Some(2.0)), (2, 0, Some(3.0)), (3, 5, None)];
const AFTER: [Value; 5] =
    [(1, 0, Some(1.0)), (1, 1, Some(9.0)), (2, 0, Some(3.0)), (2, 1, Some(4.0)), (3, 5, None)];

/// Corrects one value and adds one, beside one that is there.
fn change() -> NewRows {
    new_rows(7, vec![observations(&[(2, 1, Some(4.0)), (1, 1, Some(9.0)), (1, 0, Some(1.0))])])
}

async fn table_before() -> Arc<InMemory> {
    let store = Arc::new(InMemory::new());
    let lake = over(store.clone());
    with_table(&lake).await;
    lake.commit(&writing(), new_rows(1, vec![observations(&BEFORE[..2])])).await.unwrap();
    lake.commit(&writing(), new_rows(2, vec![observations(&BEFORE[2..])])).await.unwrap();
    store
}

/// Fails a commit at every operation in turn, and returns how many operations it has.
async fn fail_everywhere(failure: Failure, warm: bool) -> usize {
    for n in 1.. {
        assert!(n < 200, "a commit ends at some time");
        let store = table_before().await;
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let faulty = over(Arc::new(Faulty { inner: store.clone(), failure, left: left.clone() }));
        if warm {
            values(&faulty, AsOf::Latest).await;
        }
        left.store(n, Ordering::SeqCst);
        let outcome = faulty.commit(&writing(), change()).await;
        let reached = left.swap(usize::MAX, Ordering::SeqCst) == 0;
        let context = format!("{failure:?} at operation {n}: {outcome:?}");
        if !reached {
            outcome.unwrap();
            return n - 1;
        }
        let other = over(store.clone());
        let found = values(&other, AsOf::Latest).await;
        if outcome.is_ok() {
            assert_eq!(found, AFTER, "what is acknowledged is there; {context}");
        } else {
            assert!(found == BEFORE || found == AFTER, "{context}: {found:?}");
        }
        assert_eq!(values(&other, AsOf::Version(Version(2))).await, BEFORE, "{context}");
        // The same run again: through the lake that failed, or after a start, whichever is left.
        let again = if failure == Failure::Death { other } else { faulty };
        let done = again.commit(&writing(), change()).await.expect(&context);
        assert_eq!(done.version, Some(Version(3)), "{context}");
        assert_eq!((done.counts.added, done.counts.corrected, done.counts.unchanged), (1, 1, 1), "{context}");
        for lake in [&again, &over(store.clone())] {
            assert_eq!(values(lake, AsOf::Latest).await, AFTER, "{context}");
        }
    }
    unreachable!("the loop returns")
}

#[tokio::test]
async fn a_commit_survives_a_failure_of_any_of_its_operations() {
    for warm in [true, false] {
        for failure in [Failure::Once, Failure::Answer, Failure::Again, Failure::Death] {
            let operations = fail_everywhere(failure, warm).await;
            assert!(operations >= 5, "reads, two files and an entry are operations: {operations}");
        }
    }
}

#[tokio::test]
async fn a_crash_before_the_entry_leaves_only_files_that_nothing_refers_to() {
    let store = table_before().await;
    let before = names(&store).await;
    let left = Arc::new(AtomicUsize::new(usize::MAX));
    let faulty = over(Arc::new(Faulty { inner: store.clone(), failure: Failure::Death, left: left.clone() }));
    let operations = fail_everywhere(Failure::Once, false).await;
    // The entry is the commit's last operation.
    left.store(operations, Ordering::SeqCst);
    faulty.commit(&writing(), change()).await.unwrap_err();
    let after = names(&store).await;
    let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new.len(), 2, "one file of new rows and one rewritten: {new:?}");
    assert!(new.iter().all(|name| name.ends_with(".parquet")));
    assert_eq!(values(&over(store), AsOf::Latest).await, BEFORE);
}

#[tokio::test]
async fn a_commit_that_fails_while_it_writes_files_leaves_none() {
    let store = table_before().await;
    let before = names(&store).await;
    let operations = fail_everywhere(Failure::Once, false).await;
    for n in 1..operations {
        let left = Arc::new(AtomicUsize::new(n));
        let faulty = over(Arc::new(Faulty { inner: store.clone(), failure: Failure::Once, left }));
        faulty.commit(&writing(), change()).await.unwrap_err();
        assert_eq!(names(&store).await, before, "failing at {n} of {operations}");
    }
}

#[tokio::test]
async fn joining_files_survives_a_failure_of_any_of_its_operations() {
    for failure in [Failure::Once, Failure::Answer, Failure::Again, Failure::Death] {
        for n in 1.. {
            assert!(n < 200, "a compaction ends at some time");
            let store = table_before().await;
            let left = Arc::new(AtomicUsize::new(n));
            let faulty = over(Arc::new(Faulty { inner: store.clone(), failure, left: left.clone() }));
            let outcome = faulty.compact(&writing()).await;
            let reached = left.swap(usize::MAX, Ordering::SeqCst) == 0;
            let context = format!("{failure:?} at operation {n}: {outcome:?}");
            if !reached {
                assert!(n > 5, "reads, a file and an entry are operations: {n}");
                break;
            }
            let other = over(store.clone());
            for version in [AsOf::Latest, AsOf::Version(Version(2))] {
                assert_eq!(values(&other, version).await, BEFORE, "{context}");
            }
            let again = if failure == Failure::Death { other } else { faulty };
            again.compact(&writing()).await.expect(&context);
            again.commit(&writing(), change()).await.expect(&context);
            for lake in [&again, &over(store.clone())] {
                assert_eq!(values(lake, AsOf::Latest).await, AFTER, "{context}");
                assert_eq!(values(lake, AsOf::Version(Version(2))).await, BEFORE, "{context}");
            }
        }
    }
}

async fn names(store: &InMemory) -> Vec<String> {
    let mut names: Vec<String> =
        store.list(None).map_ok(|object| object.location.to_string()).try_collect().await.unwrap();
    names.sort();
    names
}
