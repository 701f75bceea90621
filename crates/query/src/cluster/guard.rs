//! A node that watches over a part of a plan on another machine: that the files it reads are those
//! that were written, and that it ends when nobody waits for it any more.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use futures::{StreamExt, TryStreamExt};
use lake::{Lake, Snapshot};
use model::{DatasetId, Version};
use serde_json::{Value, json};

use super::errors::too_late;
use crate::error::pass;
use crate::sql::{Pass, PassExec, Scope};

/// How much the clocks of two machines may differ.
const CLOCKS: Duration = Duration::from_secs(5);

/// What is watched.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// When the part is to end, microseconds since 1970.
    until: i64,
    /// How long the statement may take, for the words of the error.
    limit: Duration,
    /// The tables whose files may be read, each with the entry of its log that it was planned over.
    tables: Vec<(DatasetId, Version)>,
}

impl Watch {
    pub(super) fn written(&self) -> Value {
        let tables: Vec<Value> =
            self.tables.iter().map(|(dataset, position)| json!([dataset.as_str(), position.0])).collect();
        let limit = u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX);
        json!({ "node": "guard", "until": self.until, "limit_ms": limit, "tables": tables })
    }

    pub(super) fn read(fields: &Value) -> Option<Watch> {
        let table = |pair: &Value| {
            let dataset = DatasetId::new(pair.get(0)?.as_str()?).ok()?;
            Some((dataset, Version(pair.get(1)?.as_u64()?)))
        };
        Some(Watch {
            until: fields.get("until")?.as_i64()?,
            limit: Duration::from_millis(fields.get("limit_ms")?.as_u64()?),
            tables: fields.get("tables")?.as_array()?.iter().map(table).collect::<Option<_>>()?,
        })
    }

    fn check(&self) -> Result<()> {
        let clocks = i64::try_from(CLOCKS.as_micros()).unwrap_or(i64::MAX);
        if Utc::now().timestamp_micros() > self.until.saturating_add(clocks) {
            return Err(pass(too_late(self.limit)));
        }
        Ok(())
    }
}

/// The last rule for plans that go to the cluster: puts a [`GuardExec`] over every scan of files, and
/// over every operator that can make many rows of few.
pub(crate) struct Guard {
    scope: Arc<Scope>,
    until: i64,
    limit: Duration,
}

impl Guard {
    pub(crate) fn new(scope: Arc<Scope>, left: Duration, limit: Duration) -> Guard {
        let left = i64::try_from(left.as_micros()).unwrap_or(i64::MAX);
        Guard { scope, until: Utc::now().timestamp_micros().saturating_add(left), limit }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("until", &self.until).finish_non_exhaustive()
    }
}

impl PhysicalOptimizerRule for Guard {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let positions = self.scope.positions();
        plan.transform_up(|node| {
            let scan = node.downcast_ref::<DataSourceExec>();
            let files = scan.and_then(|scan| scan.data_source().as_ref().downcast_ref::<FileScanConfig>());
            let grows = node.is::<NestedLoopJoinExec>()
                || node.is::<CrossJoinExec>()
                || node.is::<HashJoinExec>()
                || node.is::<SortMergeJoinExec>()
                || node.is::<UnnestExec>();
            if files.is_none() && !grows {
                return Ok(Transformed::no(node));
            }
            let reads = |dataset: &DatasetId| {
                let folder = lake::folder_of(dataset);
                let paths = files.into_iter().flat_map(|files| &files.file_groups);
                paths
                    .flat_map(|group| group.files())
                    .any(|file| file.object_meta.location.prefix_matches(&folder))
            };
            let tables = positions.iter().filter(|(dataset, _)| reads(dataset)).cloned().collect();
            let watch = Watch { until: self.until, limit: self.limit, tables };
            Ok(Transformed::yes(Arc::new(GuardExec::new(node, watch, None)) as Arc<dyn ExecutionPlan>))
        })
        .data()
    }

    fn name(&self) -> &str {
        "guard"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Passes rows on, once the log of the tables has said what their files have to be.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) watch: Watch,
    lake: Option<Lake>,
}

/// The node.
pub(super) type GuardExec = PassExec<Guarded>;

impl GuardExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, watch: Watch, lake: Option<Lake>) -> GuardExec {
        PassExec::over(input, Guarded { watch, lake })
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl Pass for Guarded {
    const NAME: &'static str = "GuardExec";

    fn pass(
        &self,
        input: &Arc<dyn ExecutionPlan>,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let Some(lake) = self.lake.clone() else {
            return Err(DataFusionError::Internal(
                "a plan for the cluster was run without a lake".to_owned(),
            ));
        };
        let (schema, input, watch) = (input.schema(), input.clone(), self.watch.clone());
        let begin = async move {
            watch.check()?;
            // Held as long as the rows are: with them the checksums.
            let mut held: Vec<Arc<Snapshot>> = Vec::with_capacity(watch.tables.len());
            for (dataset, position) in &watch.tables {
                held.push(lake.vouch(dataset, *position).await.map_err(pass)?);
            }
            let rows = input.execute(partition, context)?.then(move |batch| {
                let _held = &held;
                let told = watch.check();
                async move {
                    told?;
                    tokio::task::consume_budget().await;
                    batch
                }
            });
            Ok::<_, DataFusionError>(rows)
        };
        let rows = futures::stream::once(begin).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}
