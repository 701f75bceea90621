//! Features in a box, features of which a test holds, or one feature.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
pub use lake::FeatureTest;
use lake::{AsOf, FeatureBatches, FeatureRead, Snapshot};
use model::{Bbox, Version};
use policy::{Denial, Permit};
use wording::told;

use crate::engine::{Inner, features_cost};
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

/// Which features to find, page by page over one arrangement of one version.
#[derive(Debug, Clone, Default)]
pub struct FeatureSearch {
    /// Those whose box meets this one.
    pub bbox: Option<Bbox>,
    /// Those of which this holds.
    pub test: Option<FeatureTest>,
    /// So many of them are passed over.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
    /// The version.
    pub at: At,
    /// The entry of the table's log that an earlier page was read after ([`FeaturesAnswer::entry`]), in the
    /// place of `at`: files may have been rearranged since, and features with them.
    pub entry: Option<Version>,
}

/// Features as they are stored.
#[derive(Debug, Clone)]
pub struct FeaturesAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The entry of the table's log after which it was read.
    pub entry: Option<Version>,
    /// The features.
    pub batches: Vec<RecordBatch>,
    /// How many there are without offset and limit.
    pub matched: u64,
}

impl FeaturesAnswer {
    fn nothing() -> FeaturesAnswer {
        FeaturesAnswer { version: None, entry: None, batches: Vec::new(), matched: 0 }
    }
}

impl Engine {
    /// Finds features without planning anything: of those that the box does not leave out, only the columns
    /// that the test looks at are read, and whole ones of those that are shown.
    pub async fn find_features(
        &self,
        permit: &Permit,
        search: FeatureSearch,
    ) -> Result<FeaturesAnswer, Error> {
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let permit = permit.clone();
        self.read(format!("search of features of {}", permit.dataset()), move |inner| {
            let (permit, search) = (permit.clone(), search.clone());
            async move {
                let Some(snapshot) = snapshot_of(&inner, &permit, &search).await? else {
                    return Ok(FeaturesAnswer::nothing());
                };
                // What is tested is read whole, what is not only as far as the page.
                let rows = if search.test.is_some() { usize::MAX } else { search.limit };
                inner.weigh(features_cost(&snapshot, search.bbox, rows))?;
                let read = FeatureRead {
                    bbox: search.bbox,
                    offset: search.offset,
                    limit: search.limit.min(inner.limits.max_rows),
                    feature: None,
                };
                let found = match &search.test {
                    Some(test) => inner.lake.find_features(&permit, &snapshot, read, test).await?,
                    None => inner.lake.read_features(&permit, &snapshot, read).await?,
                };
                count(&found);
                Ok(FeaturesAnswer {
                    version: Some(snapshot.version()),
                    entry: Some(snapshot.position()),
                    batches: found.batches,
                    matched: found.matched,
                })
            }
        })
        .await
    }

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
                    return Ok(FeaturesAnswer::nothing());
                };
                if snapshot.is_observations() {
                    return Err(Error::invalid(
                        told!(
                            "query-dataset-observations-not-features",
                            "`{permit}` is a dataset of observations, not of features",
                            permit = permit.dataset()
                        ),
                        told!("query-read-series-instead", "read its series instead"),
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
                count(&found);
                Ok(FeaturesAnswer {
                    version: Some(snapshot.version()),
                    entry: Some(snapshot.position()),
                    batches: found.batches,
                    matched: found.matched,
                })
            }
        })
        .await
    }
}

/// Tells the operator how much was looked at for what was found.
fn count(found: &FeatureBatches) {
    metrics::counter!("cuulong_features_looked_at_total").increment(found.looked_at);
    metrics::counter!("cuulong_features_matched_total").increment(found.matched);
}

async fn snapshot_of(
    inner: &Inner,
    permit: &Permit,
    search: &FeatureSearch,
) -> Result<Option<Arc<Snapshot>>, Error> {
    let Some(entry) = search.entry else { return inner.snapshot(permit, search.at).await };
    let snapshot = inner.lake.vouch(permit.dataset(), entry).await?;
    // A version that was given up says so.
    inner.lake.snapshot(permit, AsOf::Version(snapshot.version())).await?;
    Ok(Some(snapshot))
}
