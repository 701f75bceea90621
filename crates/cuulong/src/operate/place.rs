//! A place for backups: a folder or a bucket, and how files get there and back with their checksums.

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use lake::{Lake, LakeConfig};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::Done;
use crate::commands::sentence;
use crate::config::Config;

/// How much of a file is held in memory; S3 takes parts of 5 MiB and more.
const PART_BYTES: usize = 8 << 20;

/// A folder or a bucket, as a store of objects that is durable when it acknowledges.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Its name, as it was given.
    pub(crate) name: String,
}

/// What a file was copied from is not what it should be.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It is not there.
    Missing,
    /// It has other bytes than were recorded.
    Damaged,
    /// A store does not answer, or does not take it.
    Store(object_store::Error),
}

impl From<object_store::Error> for Trouble {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Trouble::Missing,
            // The lake's own store has compared what was read with the recorded checksums.
            object_store::Error::Generic { store: "lake", .. } => Trouble::Damaged,
            other => Trouble::Store(other),
        }
    }
}

impl Place {
    /// Opens a place, and makes it if it is not there. A bucket takes the store's options.
    pub(crate) async fn open(config: &Config, url: &str) -> Done<Place> {
        let place = LakeConfig { url: url.to_owned(), options: config.store_options.clone() };
        // The lake's own store syncs what it writes, and knows buckets.
        let lake = Lake::open(&place).await.map_err(|error| sentence(&error))?;
        Ok(Place { store: lake.store(), name: url.to_owned() })
    }

    /// Opens a place that has to be there.
    pub(crate) async fn existing(config: &Config, url: &str) -> Done<Place> {
        if let Some(folder) = local_folder(url)
            && !folder.is_dir()
        {
            return Err(format!("`{url}` is no folder"));
        }
        Place::open(config, url).await
    }

    /// The objects under a prefix.
    pub(crate) async fn list(&self, prefix: &str) -> Done<Vec<ObjectMeta>> {
        let listing = self.store.list(Some(&Path::from(prefix))).try_collect();
        listing.await.map_err(|error| format!("{}: {error}", self.name))
    }

    /// Reads a small object.
    pub(crate) async fn read(&self, path: &Path) -> Done<Bytes> {
        let read = async { self.store.get(path).await?.bytes().await };
        read.await.map_err(|error: object_store::Error| format!("{}: {error}", self.name))
    }

    /// Writes a small object.
    pub(crate) async fn write(&self, path: &Path, bytes: Bytes) -> Done {
        self.store.put(path, bytes.into()).await.map(drop).map_err(|error| format!("{}: {error}", self.name))
    }

    /// Removes an object; one that is gone already is no error.
    pub(crate) async fn remove(&self, path: &Path) -> Done {
        match self.store.delete(path).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }
}

/// The folder that a place's name means; nothing for a bucket.
pub(crate) fn local_folder(url: &str) -> Option<PathBuf> {
    match url::Url::parse(url) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(url) if url.scheme().len() > 1 => None,
        _ => Some(FsPath::new(url).to_path_buf()),
    }
}

/// The SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The SHA-256 and the size of an object.
pub(crate) async fn hash_of(store: &Arc<dyn ObjectStore>, path: &Path) -> Result<(String, u64), Trouble> {
    let mut stream = store.get(path).await?.into_stream();
    let (mut hasher, mut size) = (Sha256::new(), 0);
    while let Some(chunk) = stream.try_next().await? {
        hasher.update(&chunk);
        size += chunk.len() as u64;
    }
    Ok((hex::encode(hasher.finalize()), size))
}

/// One object to be copied.
pub(crate) struct Copy<'a> {
    pub(crate) from: &'a Arc<dyn ObjectStore>,
    pub(crate) path: &'a Path,
    pub(crate) to: &'a Arc<dyn ObjectStore>,
    pub(crate) name: &'a Path,
    /// What its SHA-256 has to be, in hexadecimal.
    pub(crate) sha256: &'a str,
}

impl Copy<'_> {
    /// Copies it. It gets its name only when all its bytes have arrived with the right checksum.
    pub(crate) async fn run(self, each: &(dyn Fn(u64) + Send + Sync)) -> Result<(), Trouble> {
        let mut stream = self.from.get(self.path).await?.into_stream();
        let mut hasher = Sha256::new();
        let mut waiting = BytesMut::new();
        let mut upload: Option<Box<dyn MultipartUpload>> = None;
        let copied: Result<(), Trouble> = async {
            while let Some(chunk) = stream.try_next().await? {
                hasher.update(&chunk);
                each(chunk.len() as u64);
                waiting.extend_from_slice(&chunk);
                if waiting.len() >= PART_BYTES {
                    let parts = match &mut upload {
                        Some(parts) => parts,
                        None => upload.insert(self.to.put_multipart(self.name).await?),
                    };
                    parts.put_part(waiting.split().freeze().into()).await?;
                }
            }
            if hex::encode(hasher.finalize()) != self.sha256 {
                return Err(Trouble::Damaged);
            }
            let rest = waiting.freeze();
            match &mut upload {
                Some(parts) => {
                    if !rest.is_empty() {
                        parts.put_part(rest.into()).await?;
                    }
                    parts.complete().await?;
                }
                None => {
                    self.to.put(self.name, rest.into()).await?;
                }
            }
            Ok(())
        }
        .await;
        if copied.is_err()
            && let Some(mut parts) = upload
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, "an interrupted upload was not aborted");
        }
        copied
    }
}
