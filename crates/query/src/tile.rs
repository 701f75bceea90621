//! Features for a tile of a map.

use arrow::record_batch::RecordBatch;
use lake::TileRead;
use model::{Bbox, Version};
use policy::{Denial, Permit};

use crate::engine::{Rows, features_cost};
use crate::{At, Engine, Error};

/// Which features to read for a tile.
#[derive(Debug, Clone)]
pub struct TileRequest {
    /// Those whose box meets this one.
    pub bbox: Bbox,
    /// What is smaller, in degrees, may be left out where there are more than `most`.
    pub cell: f64,
    /// At most so many.
    pub most: usize,
    /// At most so many attributes.
    pub attributes: usize,
    /// The version.
    pub at: At,
}

/// Features for a tile.
#[derive(Debug, Clone)]
pub struct TileAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The features with their geometries and attributes.
    pub batches: Vec<RecordBatch>,
    /// How many meet the box.
    pub matched: u64,
}

impl Rows for TileAnswer {
    fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }
}

impl Engine {
    /// Reads features for a tile without planning anything. A permit with a row filter does not
    /// reach features.
    pub async fn tile(&self, permit: &Permit, request: TileRequest) -> Result<TileAnswer, Error> {
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let permit = permit.clone();
        self.read(format!("tile of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move {
                let Some(snapshot) = inner.snapshot(&permit, request.at).await? else {
                    return Ok(TileAnswer { version: None, batches: Vec::new(), matched: 0 });
                };
                inner.weigh(features_cost(&snapshot, Some(request.bbox), request.most))?;
                let read = TileRead {
                    bbox: request.bbox,
                    cell: request.cell,
                    most: request.most.min(inner.limits.max_rows),
                    attributes: request.attributes,
                };
                let found = inner.lake.read_tile(&permit, &snapshot, read).await?;
                Ok(TileAnswer {
                    version: Some(snapshot.version()),
                    batches: found.batches,
                    matched: found.matched,
                })
            }
        })
        .await
    }
}
