//! Originals: the bytes as they were received, kept once under their SHA-256.

mod digest;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use chrono::{TimeDelta, Utc};
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use model::OriginalHash;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutMode};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use uuid::Uuid;
use wording::told;

use digest::Digesting;

use crate::{Damage, Error, Lake, durable};

/// Where uploads wait until their hash is known.
pub(crate) const INCOMING: &str = "originals/incoming";
/// How much is held in memory of an upload; S3 takes parts of 5 MiB and more.
const PART_BYTES: usize = 8 << 20;

/// An original that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The SHA-256 of its bytes.
    pub hash: OriginalHash,
    /// How many bytes it has.
    pub size: u64,
}

/// An original as a file on this machine. A copy that was fetched for this is removed on drop.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    fetched: bool,
}

impl LocalFile {
    /// Where the file is. It must not be changed.
    pub fn path(&self) -> &FsPath {
        &self.path
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        if self.fetched
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(file = %self.path.display(), %error, "a fetched original was not removed");
        }
    }
}

fn place_of(hash: &OriginalHash) -> Path {
    let hex = hash.as_str();
    Path::from(format!("originals/{}/{}/{hex}", &hex[..2], &hex[2..4]))
}

/// Keeps the bytes; see [`Lake::receive`].
pub(crate) async fn receive(
    lake: &Lake,
    bytes: BoxStream<'_, std::io::Result<Bytes>>,
    limit: u64,
) -> Result<Original, Error> {
    let original = receive_at(lake, bytes, limit, &place_of).await?;
    lake.inner.seen.note(&original.hash);
    Ok(original)
}

/// Originals whose bytes were seen to be right a moment ago: whoever takes a file in reads it next, and
/// whoever traces one value traces its neighbour.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<OriginalHash, Instant>>);

impl Seen {
    /// For so long.
    const FOR: Duration = Duration::from_secs(60);

    fn has(&self, hash: &OriginalHash) -> bool {
        self.0.lock().get(hash).is_some_and(|at| at.elapsed() < Seen::FOR)
    }

    fn note(&self, hash: &OriginalHash) {
        let mut seen = self.0.lock();
        seen.retain(|_, at| at.elapsed() < Seen::FOR);
        seen.insert(hash.clone(), Instant::now());
    }
}

/// Where bytes are kept that have this hash.
pub(crate) type PlaceOf<'a> = &'a (dyn Fn(&OriginalHash) -> Path + Send + Sync);

/// Keeps the bytes in a place that follows from their hash.
pub(crate) async fn receive_at(
    lake: &Lake,
    mut bytes: BoxStream<'_, std::io::Result<Bytes>>,
    limit: u64,
    place_of: PlaceOf<'_>,
) -> Result<Original, Error> {
    let mut upload = None;
    match take_in(lake, &mut bytes, limit, place_of, &mut upload).await {
        Ok(original) => Ok(original),
        Err(error) => {
            if let Some(upload) = upload {
                upload.abort().await;
            }
            Err(error)
        }
    }
}

async fn take_in(
    lake: &Lake,
    bytes: &mut BoxStream<'_, std::io::Result<Bytes>>,
    limit: u64,
    place_of: PlaceOf<'_>,
    upload: &mut Option<Upload>,
) -> Result<Original, Error> {
    let store = lake.store();
    let mut digest = Digesting::new();
    let mut size = 0_u64;
    let mut waiting = BytesMut::new();
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(Error::later)?;
        size = size.saturating_add(chunk.len() as u64);
        if size > limit {
            return Err(Error::Limit { what: told!("lake-the-file", "the file"), limit });
        }
        waiting.extend_from_slice(&chunk);
        digest.update(chunk).await?;
        if waiting.len() >= PART_BYTES {
            if upload.is_none() {
                *upload = Some(Upload::begin(&store).await?);
                digest = digest.aside();
            }
            if let Some(upload) = upload {
                upload.put(waiting.split().freeze()).await?;
            }
        }
    }
    let hash = digest.finish().await?;
    let place = place_of(&hash);
    match upload {
        None => put_small(lake, &place, &hash, waiting.freeze()).await?,
        Some(upload) => {
            if !waiting.is_empty() {
                upload.put(waiting.freeze()).await?;
            }
            upload.finish(lake, &place, &hash).await?;
        }
    }
    Ok(Original { hash, size })
}

async fn put_small(lake: &Lake, place: &Path, hash: &OriginalHash, bytes: Bytes) -> Result<(), Error> {
    let store = lake.store();
    match store.put_opts(place, bytes.clone().into(), PutMode::Create.into()).await {
        Ok(_) => return Ok(()),
        Err(object_store::Error::AlreadyExists { .. }) => {}
        // A store that refuses before it has read the bytes may close the connection before the refusal is read.
        Err(error) if store.head(place).await.is_err() => return Err(error.into()),
        Err(_) => {}
    }
    if is_whole(lake, place, hash).await? {
        return settle(lake, place).await;
    }
    // Whoever hands in a file again puts a damaged one right.
    store.put_opts(place, bytes.into(), PutMode::Overwrite.into()).await?;
    Ok(())
}

/// Whether the bytes that are there have this hash.
async fn is_whole(lake: &Lake, place: &Path, hash: &OriginalHash) -> Result<bool, Error> {
    let mut bytes = match lake.inner.store.get(place).await {
        Ok(found) => found.into_stream(),
        Err(object_store::Error::NotFound { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let mut hasher = Sha256::new();
    while let Some(chunk) = bytes.try_next().await? {
        hasher.update(&chunk);
    }
    Ok(hex::encode(hasher.finalize()) == hash.as_str())
}

/// Makes sure that an original which was there before is as durable as one that was just written:
/// whoever wrote it may have been cut off between name and sync.
async fn settle(lake: &Lake, place: &Path) -> Result<(), Error> {
    let Some(folder) = &lake.inner.folder else { return Ok(()) };
    let file = folder.join(place.as_ref());
    tokio::task::spawn_blocking(move || durable::settle(&file)).await?.map_err(Error::later)
}

/// A large upload under way. Dropped before its end, it is aborted.
struct Upload {
    store: Arc<dyn ObjectStore>,
    place: Path,
    parts: Option<Box<dyn MultipartUpload>>,
    /// The part that is being written while the next one is read and hashed.
    under_way: Option<JoinHandle<object_store::Result<()>>>,
}

impl Upload {
    async fn begin(store: &Arc<dyn ObjectStore>) -> Result<Upload, Error> {
        let place = Path::from(format!("{INCOMING}/{}", Uuid::now_v7()));
        let parts = store.put_multipart(&place).await?;
        Ok(Upload { store: store.clone(), place, parts: Some(parts), under_way: None })
    }

    async fn put(&mut self, part: Bytes) -> Result<(), Error> {
        self.written().await?;
        let parts = self.parts.as_mut().expect("parts are taken only at the end");
        self.under_way = Some(tokio::spawn(parts.put_part(part.into())));
        Ok(())
    }

    /// Waits for the part that is under way.
    async fn written(&mut self) -> Result<(), Error> {
        match self.under_way.take() {
            Some(part) => Ok(part.await??),
            None => Ok(()),
        }
    }

    /// Gives the bytes their name, unless they are there already, as they have to be.
    async fn finish(&mut self, lake: &Lake, place: &Path, hash: &OriginalHash) -> Result<(), Error> {
        self.written().await?;
        let parts = self.parts.as_mut().expect("parts are taken only at the end");
        parts.complete().await?;
        self.parts = None;
        let there = match is_whole(lake, place, hash).await {
            Ok(there) => there,
            Err(error) => {
                forget(&self.store, &self.place).await;
                return Err(error);
            }
        };
        if there {
            forget(&self.store, &self.place).await;
            return settle(lake, place).await;
        }
        if let Err(error) = self.store.rename(&self.place, place).await {
            forget(&self.store, &self.place).await;
            return Err(error.into());
        }
        Ok(())
    }

    async fn abort(mut self) {
        // What is under way ends first; how does not matter any more.
        drop(self.written().await);
        if let Some(mut parts) = self.parts.take()
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, "an interrupted upload was not aborted");
        }
    }
}

async fn forget(store: &Arc<dyn ObjectStore>, place: &Path) {
    if let Err(error) = store.delete(place).await {
        tracing::warn!(object = %place, %error, "an upload that is not needed was not removed");
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = parts.abort().await {
                    tracing::warn!(%error, "an interrupted upload was not aborted");
                }
            });
        }
    }
}

/// An original as a file; see [`Lake::original`].
pub(crate) async fn open(lake: &Lake, hash: &OriginalHash) -> Result<LocalFile, Error> {
    let place = place_of(hash);
    let missing = || Error::NotFound { what: format!("original `{hash}`") };
    if let Some(folder) = &lake.inner.folder {
        let path = folder.join(place.as_ref());
        if lake.inner.seen.has(hash) && tokio::fs::try_exists(&path).await.map_err(Error::later)? {
            return Ok(LocalFile { path, fetched: false });
        }
        let kept = path.clone();
        return match tokio::task::spawn_blocking(move || hash_of(&path)).await? {
            Ok(found) if found == hash.as_str() => {
                lake.inner.seen.note(hash);
                Ok(LocalFile { path: kept, fetched: false })
            }
            Ok(_) => Err(not_as_kept(&place)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing()),
            Err(error) => Err(Error::later(error)),
        };
    }
    let mut bytes = match lake.inner.store.get(&place).await {
        Ok(found) => found.into_stream(),
        Err(object_store::Error::NotFound { .. }) => return Err(missing()),
        Err(error) => return Err(error.into()),
    };
    let (mut file, local) = tokio::task::spawn_blocking(new_local).await?.map_err(Error::later)?;
    let mut hasher = Sha256::new();
    while let Some(chunk) = bytes.try_next().await? {
        hasher.update(&chunk);
        file = tokio::task::spawn_blocking(move || file.write_all(&chunk).map(|()| file))
            .await?
            .map_err(Error::later)?;
    }
    if hex::encode(hasher.finalize()) != hash.as_str() {
        return Err(not_as_kept(&place));
    }
    Ok(local)
}

/// An original says by its name what it has to be, so that a damaged one is never read for a cell.
fn hash_of(path: &FsPath) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hex::encode(hasher.finalize()))
}

fn not_as_kept(place: &Path) -> Error {
    Error::Damaged(Damage {
        path: place.to_string(),
        detail: "its bytes are not those of its name".to_owned(),
    })
}

fn new_local() -> std::io::Result<(File, LocalFile)> {
    let path = std::env::temp_dir().join(format!("cuulong-original-{}", Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    Ok((file, LocalFile { path, fetched: true }))
}

/// Removes what crashes left of uploads: on disk all that nobody is writing, in a bucket what is
/// older than a day (unfinished multipart uploads are for the bucket's lifecycle rules).
pub(crate) async fn sweep(lake: &Lake) -> Result<(), Error> {
    let mut age = TimeDelta::days(1);
    if let Some(folder) = lake.inner.folder.clone() {
        tokio::task::spawn_blocking(move || durable::sweep(&folder)).await?.map_err(Error::later)?;
        // On disk an upload stays here only between its last byte and its name.
        age = TimeDelta::minutes(10);
    }
    let store = lake.store();
    let before = Utc::now() - age;
    let left = store.list(Some(&Path::from(INCOMING))).try_collect::<Vec<_>>().await?;
    for object in left.into_iter().filter(|object| object.last_modified < before) {
        store.delete(&object.location).await?;
    }
    Ok(())
}
