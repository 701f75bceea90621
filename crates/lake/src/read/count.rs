//! How many results there are: files and pages that lie wholly within are counted by their
//! statistics, and only the pages at the edges are decoded.

use std::sync::Arc;

use futures::stream::TryStreamExt;
use parquet::arrow::ProjectionMask;
use parquet::file::metadata::ParquetMetaData;
use policy::Permit;
use tokio::task::JoinSet;

use super::prune::{Chosen, apart, both, int_pages, int_pages_for_sure, int_range, rows_of};
use super::series::Wanted;
use super::{BATCH_ROWS, CountRead};
use crate::observations::{DATASTREAM, TIME};
use crate::{DataFile, Error, Lake, Snapshot};

/// Counts; see [`Lake::count_series`].
pub(crate) async fn count(
    lake: &Lake,
    permit: &Permit,
    snapshot: &Snapshot,
    read: CountRead,
) -> Result<u64, Error> {
    super::series::must_be_observations(snapshot)?;
    let wanted = Arc::new(Wanted::new(permit, read.datastreams, &read.time, read.results)?);
    let mut count = 0;
    let mut left = Vec::new();
    for file in snapshot.files() {
        let ranges = (file.min_datastream.zip(file.max_datastream), file.min_time.zip(file.max_time));
        if wanted.has_all(ranges.0, ranges.1) {
            count += file.rows;
        } else if wanted.may_be_in(ranges.0, ranges.1) {
            left.push(file.clone());
        }
    }
    // Decoding is work for all processors; what was begun ends when this is dropped.
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut counting = JoinSet::new();
    while let Some(file) = left.pop() {
        if counting.len() >= at_once {
            count += joined(counting.join_next().await)?;
        }
        let (lake, wanted) = (lake.clone(), wanted.clone());
        counting.spawn(async move { of_file(&lake, &file, &wanted).await });
    }
    while !counting.is_empty() {
        count += joined(counting.join_next().await)?;
    }
    Ok(count)
}

fn joined(ended: Option<Result<Result<u64, Error>, tokio::task::JoinError>>) -> Result<u64, Error> {
    ended.map_or(Ok(0), |ended| ended?)
}

async fn of_file(lake: &Lake, file: &DataFile, wanted: &Wanted) -> Result<u64, Error> {
    let builder = lake.inner.metadata.builder(&lake.inner.store, file).await?;
    let (known, edges) = divide(builder.metadata(), wanted);
    if edges.is_empty() {
        return Ok(known);
    }
    let (groups, selection) = edges.selection(builder.metadata());
    let mask = ProjectionMask::leaves(builder.parquet_schema(), wanted.columns());
    let mut rows = builder
        .with_row_groups(groups)
        .with_row_selection(selection)
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    let mut count = known;
    while let Some(batch) = rows.try_next().await? {
        count += wanted.count(&batch);
        tokio::task::consume_budget().await;
    }
    Ok(count)
}

/// How many rows are on pages that are wanted whole, and the rows on the others.
fn divide(metadata: &ParquetMetaData, wanted: &Wanted) -> (u64, Chosen) {
    let (mut known, mut edges) = (0, Chosen::default());
    for group in 0..metadata.num_row_groups() {
        let (datastreams, times) = (int_range(metadata, group, DATASTREAM), int_range(metadata, group, TIME));
        let rows = rows_of(metadata, group);
        if rows == 0 || !wanted.may_be_in(datastreams, times) {
            continue;
        }
        if wanted.has_all(datastreams, times) {
            known += rows as u64;
            continue;
        }
        let may = both(
            &int_pages(metadata, group, DATASTREAM, |min, max| wanted.has_datastream(min, max)),
            &int_pages(metadata, group, TIME, |min, max| wanted.has_time(min, max)),
        );
        let may = match wanted.pages_of_results(metadata, group) {
            Some(pages) => both(&may, &pages),
            None => may,
        };
        let sure = both(
            &int_pages_for_sure(metadata, group, DATASTREAM, |min, max| wanted.has_all_datastreams(min, max)),
            &int_pages_for_sure(metadata, group, TIME, |min, max| wanted.has_all_times(min, max)),
        );
        known += sure.iter().map(|range| range.len() as u64).sum::<u64>();
        let edge = apart(&may, &sure);
        if !edge.is_empty() {
            edges.groups.push((group, edge));
        }
    }
    (known, edges)
}
