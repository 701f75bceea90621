//! Local disk as a store whose acknowledgements survive a power cut.
//!
//! `object_store`'s own local store never calls fsync. Here a file is written beside the data, in
//! `.staging`, synced, and only then given its name; the folder that holds the name is synced
//! before the call returns. What a crash leaves in `.staging` is removed by [`sweep`], which knows
//! a file in use by its lock.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use uuid::Uuid;

const STAGING: &str = ".staging";

/// A folder as an object store.
#[derive(Debug)]
pub(crate) struct DurableDisk {
    inner: LocalFileSystem,
    root: Arc<FsPath>,
}

impl DurableDisk {
    /// A store over an existing folder.
    pub(crate) fn new(folder: &FsPath) -> Result<DurableDisk> {
        Ok(DurableDisk { inner: LocalFileSystem::new_with_prefix(folder)?, root: Arc::from(folder) })
    }

    fn target(&self, location: &Path) -> Result<PathBuf> {
        self.inner.path_to_filesystem(location)
    }
}

/// Syncs a file that is there already, and the folder that names it.
pub(crate) fn settle(path: &FsPath) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_folder_of(path)
}

/// Removes what crashed writers left in the staging folder. A file that is locked is being written.
pub(crate) fn sweep(root: &FsPath) -> io::Result<()> {
    let entries = match std::fs::read_dir(root.join(STAGING)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        // Another process may finish with the file at any moment: what is gone needs no removal.
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => tracing::info!(file = %path.display(), "removed what an interrupted write left"),
            }
        }
    }
    Ok(())
}

/// A file on its way: locked, and removed when it is dropped before it got its name.
#[derive(Debug)]
struct Staged {
    file: File,
    path: PathBuf,
    named: bool,
}

impl Staged {
    fn new(root: &FsPath) -> io::Result<Staged> {
        let folder = root.join(STAGING);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        loop {
            // A number after `#` marks the name as one that listings leave out.
            let path = folder.join(format!("{}#1", Uuid::now_v7()));
            let file = match options.open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    make_folder(&folder)?;
                    options.open(&path)?
                }
                other => other?,
            };
            file.lock()?;
            // Another process may have swept the file away between its making and its lock.
            if path.try_exists()? {
                return Ok(Staged { file, path, named: false });
            }
        }
    }

    fn name(&mut self, target: &FsPath, mode: &PutMode) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(parent) = target.parent() {
            make_folder(parent)?;
        }
        if matches!(mode, PutMode::Create) {
            std::fs::hard_link(&self.path, target)?;
        } else {
            std::fs::rename(&self.path, target)?;
            self.named = true;
        }
        sync_folder_of(target)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.named {
            // What cannot be removed now is swept at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes a folder and those above it, each one synced into the one above.
fn make_folder(folder: &FsPath) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder_of(folder)
}

/// Syncs the folder that names a file.
pub(crate) fn sync_folder_of(path: &FsPath) -> io::Result<()> {
    match path.parent() {
        // Only Unix opens folders as files; elsewhere the file system journals names by itself.
        Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

fn failed(target: &FsPath, error: io::Error) -> Error {
    let path = target.display().to_string();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: Box::new(error) },
        io::ErrorKind::NotFound => Error::NotFound { path, source: Box::new(error) },
        _ => Error::Generic { store: "DurableDisk", source: Box::new(error) },
    }
}

/// So many bytes are read where they are asked for: most are in the page cache, and to hand them to
/// another thread and back takes longer than to read them.
const READ_AT_ONCE: u64 = 512 << 10;

/// Reads ranges of a file. `None` when anything is not as it should be: the inner store says what.
#[cfg(unix)]
fn read_here(path: &FsPath, ranges: &[std::ops::Range<u64>]) -> Option<Vec<bytes::Bytes>> {
    use std::os::unix::fs::FileExt;
    let file = File::open(path).ok()?;
    let mut found = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut bytes = vec![0; usize::try_from(range.end.checked_sub(range.start)?).ok()?];
        file.read_exact_at(&mut bytes, range.start).ok()?;
        found.push(bytes::Bytes::from(bytes));
    }
    Some(found)
}

#[cfg(not(unix))]
fn read_here(_path: &FsPath, _ranges: &[std::ops::Range<u64>]) -> Option<Vec<bytes::Bytes>> {
    None
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

#[async_trait]
impl ObjectStore for DurableDisk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) || !opts.attributes.is_empty() {
            // The inner store names what it does not do.
            return self.inner.put_opts(location, payload, opts).await;
        }
        let (root, target) = (self.root.clone(), self.target(location)?);
        blocking(move || {
            let write = || {
                let mut staged = Staged::new(&root)?;
                payload.iter().try_for_each(|bytes| staged.file.write_all(bytes))?;
                staged.name(&target, &opts.mode)
            };
            write().map_err(|error| failed(&target, error))?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !opts.attributes.is_empty() {
            return self.inner.put_multipart_opts(location, opts).await;
        }
        let (root, target) = (self.root.clone(), self.target(location)?);
        blocking(move || {
            let staged = Staged::new(&root).map_err(|error| failed(&target, error))?;
            let staged = Arc::new(Mutex::new(Some(staged)));
            let upload = Upload { staged, target, offset: 0, flushed: 0, flushing: None };
            Ok(Box::new(upload) as Box<dyn MultipartUpload>)
        })
        .await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> Result<Vec<bytes::Bytes>> {
        let bytes = ranges
            .iter()
            .fold(0, |sum: u64, range| sum.saturating_add(range.end.saturating_sub(range.start)));
        if bytes <= READ_AT_ONCE
            && let Some(found) = read_here(&self.target(location)?, ranges)
        {
            return Ok(found);
        }
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    /// In the order of names, as object stores list; Delta's log is read in that order.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        in_order(self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        in_order(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let target = self.target(to)?;
        self.inner.copy_opts(from, to, options).await?;
        blocking(move || settle(&target).map_err(|error| failed(&target, error))).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let (source, target) = (self.target(from)?, self.target(to)?);
        self.inner.rename_opts(from, to, options).await?;
        blocking(move || {
            settle(&target).map_err(|error| failed(&target, error))?;
            sync_folder_of(&source).map_err(|error| failed(&source, error))
        })
        .await
    }
}

fn in_order(listing: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
    stream::once(async move {
        let mut found: Vec<ObjectMeta> = listing.try_collect().await?;
        found.sort_unstable_by(|a, b| a.location.cmp(&b.location));
        Ok::<_, Error>(stream::iter(found.into_iter().map(Ok)))
    })
    .try_flatten()
    .boxed()
}

impl fmt::Display for DurableDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableDisk({})", self.root.display())
    }
}

/// What comes in of a large file before it is sent to the disk, so that the sync at its end is short.
const FLUSH_BYTES: u64 = 64 << 20;

/// A file that arrives in parts.
#[derive(Debug)]
struct Upload {
    staged: Arc<Mutex<Option<Staged>>>,
    target: PathBuf,
    /// What was handed over.
    offset: u64,
    /// What of it was sent to the disk.
    flushed: u64,
    /// On its way to the disk. The kernel tells a failure once only, to whoever asks first.
    flushing: Option<JoinHandle<Result<()>>>,
}

impl Upload {
    /// Sends what has come in to the disk while more comes in, one stretch after the other.
    fn flush(&mut self) {
        let is_under_way = self.flushing.as_ref().is_some_and(|flushing| !flushing.is_finished());
        if is_under_way || self.offset - self.flushed < FLUSH_BYTES {
            return;
        }
        let (staged, target, before) = (self.staged.clone(), self.target.clone(), self.flushing.take());
        self.flushed = self.offset;
        self.flushing = Some(tokio::spawn(async move {
            if let Some(before) = before {
                before.await??;
            }
            blocking(move || {
                let copy = staged.lock().as_ref().map(|staged| staged.file.try_clone());
                let Some(file) = copy else { return Ok(()) };
                file.and_then(|file| file.sync_data()).map_err(|error| failed(&target, error))
            })
            .await
        }));
    }

    /// Waits for what is on its way to the disk.
    async fn flushed(&mut self) -> Result<()> {
        match self.flushing.take() {
            Some(flushing) => flushing.await?,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.flush();
        let (staged, target, offset) = (self.staged.clone(), self.target.clone(), self.offset);
        self.offset += data.content_length() as u64;
        Box::pin(blocking(move || {
            let mut staged = staged.lock();
            let file = &mut staged.as_mut().ok_or_else(|| ended(&target))?.file;
            let mut write = || {
                file.seek(SeekFrom::Start(offset))?;
                data.iter().try_for_each(|bytes| file.write_all(bytes))
            };
            write().map_err(|error| failed(&target, error))
        }))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        if let Err(error) = self.flushed().await {
            // The kernel tells a failure once: what is asked again would find nothing wrong.
            self.abort().await?;
            return Err(error);
        }
        let (staged, target) = (self.staged.clone(), self.target.clone());
        blocking(move || {
            let mut staged = staged.lock().take().ok_or_else(|| ended(&target))?;
            staged.name(&target, &PutMode::Overwrite).map_err(|error| failed(&target, error))?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn abort(&mut self) -> Result<()> {
        let staged = self.staged.clone();
        blocking(move || {
            drop(staged.lock().take());
            Ok(())
        })
        .await
    }
}

fn ended(target: &FsPath) -> Error {
    let message = format!("the upload of `{}` has ended already", target.display());
    Error::Generic { store: "DurableDisk", source: message.into() }
}

#[cfg(test)]
mod tests {
    use object_store::{MultipartUpload, PutPayload};
    use parking_lot::Mutex;

    use super::{Arc, Staged, Upload, failed};

    #[tokio::test]
    async fn what_did_not_reach_the_disk_once_is_never_given_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("original");
        let staged = Arc::new(Mutex::new(Some(Staged::new(folder.path()).unwrap())));
        let mut upload = Upload { staged, target: target.clone(), offset: 0, flushed: 0, flushing: None };
        upload.put_part(PutPayload::from_static(b"bytes")).await.unwrap();
        let lost = std::io::Error::other("the disk took nothing");
        let lost = failed(&target, lost);
        upload.flushing = Some(tokio::spawn(async move { Err(lost) }));
        assert!(upload.complete().await.unwrap_err().to_string().contains("took nothing"));
        for _ in 0..2 {
            assert!(upload.complete().await.unwrap_err().to_string().contains("has ended already"));
        }
        assert!(!target.exists());
        let left = std::fs::read_dir(folder.path().join(super::STAGING)).unwrap();
        assert_eq!(left.count(), 0);
    }
}
