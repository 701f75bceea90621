//! A plain Parquet scan over files of the lake, as a plan of DataFusion's own nodes.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use lake::DataFile;

use crate::engine::LAKE_URL;
use crate::streams::DATASTREAM;

/// The columns as SQL sees them: texts as views, which group and compare fastest.
pub(super) fn sql_schema(stored: &Schema) -> SchemaRef {
    let fields: Vec<Field> = stored
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Utf8 => Field::new(field.name(), DataType::Utf8View, field.is_nullable()),
            other => Field::new(field.name(), other.clone(), field.is_nullable()),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// What a scan reads.
pub(super) struct Scan<'a> {
    /// The columns of the files, as SQL sees them.
    pub(super) schema: SchemaRef,
    /// The columns to read.
    pub(super) columns: Vec<usize>,
    /// The files, in the order of their keys.
    pub(super) files: Vec<&'a DataFile>,
    /// The columns that the files are sorted by.
    pub(super) sorted_by: &'a [&'static str],
    /// At most so many rows are needed.
    pub(super) limit: Option<usize>,
}

/// The plan of the scan. Filters above it are pushed into it by DataFusion's own rules.
pub(super) fn plan(state: &dyn Session, scan: &Scan<'_>) -> Result<Arc<dyn ExecutionPlan>> {
    let global = state.config_options().execution.parquet.clone();
    let options = TableParquetOptions { global, ..TableParquetOptions::default() };
    let store = state.runtime_env().object_store(ObjectStoreUrl::parse(LAKE_URL)?)?;
    let metadata = state.runtime_env().cache_manager.get_file_metadata_cache();
    let source = ParquetSource::new(scan.schema.clone())
        .with_table_parquet_options(options)
        .with_parquet_file_reader_factory(Arc::new(CachedParquetFileReaderFactory::new(store, metadata)));
    let files: Vec<PartitionedFile> = scan.files.iter().map(|file| partitioned(&scan.schema, file)).collect();
    let all = files.iter().filter_map(|file| file.statistics.as_deref());
    let statistics = Statistics::try_merge_iter(all, &scan.schema)?;
    let order = scan.sorted_by.iter().map(|name| {
        Ok(PhysicalSortExpr::new_default(Arc::new(Column::new_with_schema(name, &scan.schema)?)))
    });
    let ordering = LexOrdering::new(order.collect::<Result<Vec<_>>>()?);
    let groups = groups(state, scan, files, ordering.as_ref());
    let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(LAKE_URL)?, Arc::new(source))
        .with_file_groups(groups)
        .with_statistics(statistics)
        .with_projection_indices(Some(scan.columns.clone()))?
        .with_output_ordering(ordering.into_iter().collect())
        .with_limit(scan.limit)
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// The most groups whose rows are merged in their order rather than sorted.
const MOST_MERGED: usize = 48;

/// The files in groups that are read side by side. Those of which all rows are wanted in order are
/// grouped such that each group is in order, where that does not take too many.
fn groups(
    state: &dyn Session,
    scan: &Scan<'_>,
    files: Vec<PartitionedFile>,
    ordering: Option<&LexOrdering>,
) -> Vec<FileGroup> {
    if state.config_options().execution.split_file_groups_by_statistics
        && let Some(ordering) = ordering
    {
        let all = [FileGroup::new(files.clone())];
        let sorted = FileScanConfig::split_groups_by_statistics(&scan.schema, &all, ordering);
        // Files of which too little is known are sorted.
        if let Ok(groups) = sorted
            && groups.len() <= MOST_MERGED
        {
            return groups;
        }
    }
    // Neighbours stay together, so that each group is sorted as a whole.
    let size = files.len().div_ceil(state.config().target_partitions().max(1)).max(1);
    files.chunks(size).map(|files| FileGroup::new(files.to_vec())).collect()
}

fn partitioned(schema: &Schema, file: &DataFile) -> PartitionedFile {
    let mut statistics = Statistics::new_unknown(schema);
    statistics.num_rows = usize::try_from(file.rows).map_or(Precision::Absent, Precision::Exact);
    statistics.total_byte_size = usize::try_from(file.size).map_or(Precision::Absent, Precision::Inexact);
    let bounds = |min: Option<i64>, max: Option<i64>, value: fn(i64) -> ScalarValue, exact: bool| {
        let known = |bound: Option<i64>| match bound.map(value) {
            Some(bound) if exact => Precision::Exact(bound),
            Some(bound) => Precision::Inexact(bound),
            None => Precision::Absent,
        };
        ColumnStatistics { min_value: known(min), max_value: known(max), ..ColumnStatistics::new_unknown() }
    };
    if let Ok(at) = schema.index_of(DATASTREAM) {
        let value = |v| ScalarValue::Int64(Some(v));
        statistics.column_statistics[at] = bounds(file.min_datastream, file.max_datastream, value, true);
    }
    if let Ok(at) = schema.index_of("phenomenon_time") {
        // The table's log keeps times to the millisecond.
        let value = |v| ScalarValue::TimestampMicrosecond(Some(v), Some(Arc::from("UTC")));
        statistics.column_statistics[at] = bounds(file.min_time, file.max_time, value, false);
    }
    PartitionedFile::new(file.path.to_string(), file.size).with_statistics(Arc::new(statistics))
}
