//! Reading without SQL: files, row groups and pages are pruned by their statistics, then decoded.

mod cache;
mod count;
mod features;
mod find;
mod key_index;
mod needs;
mod prune;
mod results;
mod series;
mod shapes;
mod tile;

use arrow::record_batch::RecordBatch;
use futures::stream::TryStreamExt;
use model::{Bbox, TimeRange};
use parquet::arrow::ProjectionMask;

use crate::{DataFile, Error, Lake};

pub(crate) use cache::MetadataCache;
pub(crate) use count::count;
pub(crate) use features::features;
pub use find::FeatureTest;
pub(crate) use find::find;
pub(crate) use key_index::KeyIndexes;
pub use needs::{Needs, Within};
pub(crate) use prune::{Chosen, Ranges, int_range, ranges_of, rows_of, text_range};
pub use results::ResultRange;
pub(crate) use series::series;
pub(crate) use shapes::geometry_types;
pub(crate) use tile::tile;
pub use tile::{TileBatches, TileRead};

/// Which results to read.
#[derive(Debug, Clone)]
pub struct SeriesRead {
    /// The datastreams, sorted, at least one.
    pub datastreams: Vec<i64>,
    /// The phenomenon times.
    pub time: TimeRange,
    /// The columns, which come in the table's order; all when absent.
    pub columns: Option<Vec<&'static str>>,
    /// At most so many rows, the first in order.
    pub limit: Option<usize>,
    /// The results.
    pub results: ResultRange,
}

/// Which results to count.
#[derive(Debug, Clone)]
pub struct CountRead {
    /// The datastreams, sorted, at least one; every one of the table when absent.
    pub datastreams: Option<Vec<i64>>,
    /// The phenomenon times.
    pub time: TimeRange,
    /// The results.
    pub results: ResultRange,
}

/// Which features to read.
#[derive(Debug, Clone, Default)]
pub struct FeatureRead {
    /// Those whose box meets this one.
    pub bbox: Option<Bbox>,
    /// So many of them are passed over.
    pub offset: usize,
    /// At most so many are read.
    pub limit: usize,
    /// Only the one with this id.
    pub feature: Option<String>,
}

/// Features that were read.
#[derive(Debug, Clone)]
pub struct FeatureBatches {
    /// The rows, in the table's order.
    pub batches: Vec<RecordBatch>,
    /// How many there are without offset and limit.
    pub matched: u64,
    /// Of how many rows something was decoded to find them.
    pub looked_at: u64,
}

/// Reads some columns (all when `None`) of the chosen rows of a file, in order.
pub(crate) async fn chosen_rows(
    lake: &Lake,
    file: &DataFile,
    chosen: &Chosen,
    columns: Option<&[usize]>,
) -> Result<Vec<RecordBatch>, Error> {
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let builder = lake.inner.metadata.builder(&lake.inner.store, file).await?;
    let (groups, selection) = chosen.selection(builder.metadata());
    let mask = match columns {
        Some(columns) => ProjectionMask::leaves(builder.parquet_schema(), columns.iter().copied()),
        None => ProjectionMask::all(),
    };
    let rows = builder
        .with_row_groups(groups)
        .with_row_selection(selection)
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    Ok(rows.try_collect().await?)
}

/// Rows that are decoded at a time.
pub(crate) const BATCH_ROWS: usize = 8192;
