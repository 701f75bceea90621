//! Rasters: each a Cloud-Optimised GeoTIFF under its SHA-256 in its dataset's folder. What is known
//! of them, and which version has which, stands in the dataset's table.

use std::ops::Range;
use std::path::Path as FsPath;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use model::{DatasetId, OriginalHash};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStoreExt};
use policy::{Denial, Permit};
use tokio::io::AsyncReadExt;

use crate::lake::may_write;
use crate::{Error, Lake, Original, originals};

/// Bytes of a file that are read at a time.
const PIECE: usize = 1 << 20;

/// A raster's file, or a part of it.
pub struct CoverageBytes {
    /// Bytes of the whole file.
    pub size: u64,
    /// The part that is handed out.
    pub range: Range<u64>,
    /// Its bytes.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

/// The folder of a dataset's rasters.
pub(crate) fn folder(dataset: &DatasetId) -> Path {
    Path::from(format!("coverages/{dataset}"))
}

fn place_of(dataset: &DatasetId, hash: &OriginalHash) -> Path {
    Path::from(format!("coverages/{dataset}/{hash}.tif"))
}

impl Lake {
    /// Keeps a raster's file for the dataset. The same bytes are kept once; what is returned is
    /// durable. Until a commit names it, nothing leads to it.
    pub async fn keep_coverage(&self, permit: &Permit, file: &FsPath, limit: u64) -> Result<Original, Error> {
        may_write(permit)?;
        let file = tokio::fs::File::open(file).await.map_err(Error::later)?;
        let pieces = futures::stream::try_unfold(file, async |mut file| {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
            Ok((read > 0).then(|| (Bytes::from(piece), file)))
        });
        let dataset = permit.dataset().clone();
        originals::receive_at(self, pieces.boxed(), limit, &move |hash| place_of(&dataset, hash)).await
    }

    /// A raster's file, or a part of it. The caller has the hash from a row of the dataset's table
    /// that the permit lets it read.
    pub async fn coverage(
        &self,
        permit: &Permit,
        hash: &OriginalHash,
        range: Option<GetRange>,
    ) -> Result<CoverageBytes, Error> {
        if !permit.may_read() || !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let place = place_of(permit.dataset(), hash);
        let options = GetOptions { range, ..GetOptions::default() };
        let found = match self.inner.store.get_opts(&place, options).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(Error::NotFound { what: format!("raster `{hash}`") });
            }
            Err(error) => return Err(error.into()),
        };
        let (size, range) = (found.meta.size, found.range.clone());
        Ok(CoverageBytes { size, range, bytes: found.into_stream().map_err(Error::from).boxed() })
    }

    /// A small part of a raster's file, whole.
    pub async fn coverage_part(
        &self,
        permit: &Permit,
        hash: &OriginalHash,
        range: Range<u64>,
    ) -> Result<Bytes, Error> {
        if !permit.may_read() || !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        match self.inner.store.get_range(&place_of(permit.dataset(), hash), range).await {
            Ok(bytes) => Ok(bytes),
            Err(object_store::Error::NotFound { .. }) => {
                Err(Error::NotFound { what: format!("raster `{hash}`") })
            }
            Err(error) => Err(error.into()),
        }
    }
}
