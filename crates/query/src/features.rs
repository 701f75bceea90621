//! Features in a box, or one feature.

use arrow::record_batch::RecordBatch;
use lake::FeatureRead;
use model::{Bbox, Version};
use policy::{Denial, Permit};

use crate::engine::features_cost;
use crate::{At, Engine, Error};

/// Which features to read.
#[derive(Debug, Clone, Default)]
pub struct FeatureRequest {
    /// Those whose box meets this one.
    pub bbox: Option<Bbox>,
    /// So many of them are passed over.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
    /// Only the one with this id.
    pub feature: Option<String>,
    /// The version.
    pub at: At,
}

/// Features as they are stored.
#[derive(Debug, Clone)]
pub struct FeaturesAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The features.
    pub batches: Vec<RecordBatch>,
    /// How many there are without offset and limit.
    pub matched: u64,
}

impl Engine {
    /// Reads features without planning anything. A permit with a row filter does not reach
    /// features: they have neither place, property nor time.
    pub async fn features(&self, permit: &Permit, request: FeatureRequest) -> Result<FeaturesAnswer, Error> {
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let permit = permit.clone();
        self.read(format!("features of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move {
                let Some(snapshot) = inner.snapshot(&permit, request.at).await? else {
                    return Ok(FeaturesAnswer { version: None, batches: Vec::new(), matched: 0 });
                };
                if snapshot.is_observations() {
                    return Err(Error::invalid(
                        format!("`{}` is a dataset of observations, not of features", permit.dataset()),
                        "read its series instead",
                    ));
                }
                let one = request.feature.is_some();
                let read = FeatureRead {
                    bbox: request.bbox,
                    offset: request.offset,
                    limit: request.limit.min(inner.limits.max_rows),
                    feature: request.feature,
                };
                if !one {
                    inner.weigh(features_cost(&snapshot, request.bbox, request.limit))?;
                }
                let found = inner.lake.read_features(&permit, &snapshot, read).await?;
                Ok(FeaturesAnswer {
                    version: Some(snapshot.version()),
                    batches: found.batches,
                    matched: found.matched,
                })
            }
        })
        .await
    }
}
