//! Features in a box, in the table's order, or one by its id.

use std::ops::Range;

use arrow::array::{Array, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use model::Bbox;
use parquet::file::metadata::ParquetMetaData;
use wording::told;

use super::prune::{both, float_pages, float_range};
use super::{Chosen, FeatureBatches, FeatureRead, Ranges, chosen_rows, ranges_of, rows_of};
use crate::features::{BOX, FEATURE};
use crate::{DataFile, Error, Lake, Snapshot};

/// Reads features; see [`Lake::read_features`].
pub(crate) async fn features(
    lake: &Lake,
    snapshot: &Snapshot,
    read: FeatureRead,
) -> Result<FeatureBatches, Error> {
    if snapshot.is_observations() {
        return Err(Error::invalid(
            told!(
                "lake-holds-observations-not-features",
                "`{snapshot}` holds observations, not features",
                snapshot = snapshot.dataset()
            ),
            told!("lake-read-series", "read a series of it"),
        ));
    }
    match (&read.feature, read.bbox) {
        (Some(feature), bbox) => one(lake, snapshot, feature, bbox, &read).await,
        (None, Some(bbox)) => in_box(lake, snapshot, bbox, &read).await,
        (None, None) => any(lake, snapshot, &read).await,
    }
}

async fn any(lake: &Lake, snapshot: &Snapshot, read: &FeatureRead) -> Result<FeatureBatches, Error> {
    let mut batches = Vec::new();
    let mut skip = read.offset;
    let mut left = read.limit;
    for file in snapshot.files() {
        let rows = usize::try_from(file.rows).map_err(Error::internal)?;
        if left == 0 || skip >= rows {
            skip = skip.saturating_sub(rows);
            continue;
        }
        let wanted = skip..rows.min(skip.saturating_add(left));
        (skip, left) = (0, left - wanted.len());
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let chosen = of_file_rows(metadata.metadata(), &[wanted]);
        batches.extend(chosen_rows(lake, file, &chosen, None).await?);
    }
    let looked_at = batches.iter().map(|batch: &RecordBatch| batch.num_rows() as u64).sum();
    Ok(FeatureBatches { batches, matched: snapshot.rows(), looked_at })
}

/// Rows counted from the file's first, as rows of its row groups.
pub(super) fn of_file_rows(metadata: &ParquetMetaData, wanted: &[Range<usize>]) -> Chosen {
    let mut chosen = Chosen::default();
    let mut first = 0;
    for group in 0..metadata.num_row_groups() {
        let rows = rows_of(metadata, group);
        let whole: Ranges = std::iter::once(first..first + rows).collect();
        let here = both(&wanted.to_vec(), &whole);
        if !here.is_empty() {
            let ranges = here.into_iter().map(|range| range.start - first..range.end - first);
            chosen.groups.push((group, ranges.collect()));
        }
        first += rows;
    }
    chosen
}

async fn one(
    lake: &Lake,
    snapshot: &Snapshot,
    feature: &str,
    bbox: Option<Bbox>,
    read: &FeatureRead,
) -> Result<FeatureBatches, Error> {
    let mut looked_at = 0;
    for file in snapshot.files() {
        let index = lake.inner.keys.of(lake, file).await?;
        let rows = ranges_of(index.rows(feature));
        if rows.is_empty() {
            continue;
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let chosen = of_file_rows(metadata.metadata(), &rows);
        looked_at += chosen.rows() as u64;
        for batch in chosen_rows(lake, file, &chosen, None).await? {
            let ids = batch.column(FEATURE).as_string::<i32>();
            let Some(row) = (0..batch.num_rows()).find(|row| ids.value(*row) == feature) else { continue };
            let found = batch.slice(row, 1);
            if bbox.is_some_and(|bbox| Edges::of(&found, BOX).meets(0, &bbox).is_none()) {
                break;
            }
            let shown = read.offset == 0 && read.limit > 0;
            let batches = if shown { vec![found] } else { Vec::new() };
            return Ok(FeatureBatches { batches, matched: 1, looked_at });
        }
    }
    Ok(FeatureBatches { batches: Vec::new(), matched: 0, looked_at })
}

async fn in_box(
    lake: &Lake,
    snapshot: &Snapshot,
    bbox: Bbox,
    read: &FeatureRead,
) -> Result<FeatureBatches, Error> {
    let mut batches = Vec::new();
    let (mut matched, mut looked_at) = (0_usize, 0);
    let end = read.offset.saturating_add(read.limit);
    for file in snapshot.files() {
        if file.bbox.is_some_and(|known| !known.intersects(&bbox)) {
            continue;
        }
        let (found, rows) = rows_in_box(lake, file, &bbox).await?;
        looked_at += rows;
        let mut shown = Chosen::default();
        for (group, rows) in found {
            // Of the features matched so far, those between offset and limit are shown.
            let from = read.offset.saturating_sub(matched).min(rows.len());
            let to = end.saturating_sub(matched).min(rows.len());
            matched += rows.len();
            if from < to {
                shown.groups.push((group, ranges_of(rows[from..to].iter().copied())));
            }
        }
        batches.extend(chosen_rows(lake, file, &shown, None).await?);
    }
    Ok(FeatureBatches { batches, matched: matched as u64, looked_at })
}

/// The rows, by row group, whose box meets this one, and how many were looked at.
async fn rows_in_box(
    lake: &Lake,
    file: &DataFile,
    bbox: &Bbox,
) -> Result<(Vec<(usize, Vec<usize>)>, u64), Error> {
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    let chosen = choose(metadata.metadata(), bbox);
    let batches = chosen_rows(lake, file, &chosen, Some(&BOX)).await?;
    let mut rows = chosen
        .groups
        .iter()
        .flat_map(|(group, ranges)| ranges.iter().cloned().flatten().map(move |row| (*group, row)));
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for batch in &batches {
        let edges = Edges::of(batch, [0, 1, 2, 3]);
        for at in 0..batch.num_rows() {
            let (group, row) =
                rows.next().ok_or_else(|| Error::internal("more rows were read than chosen"))?;
            if edges.meets(at, bbox).is_some() {
                match found.last_mut() {
                    Some((last, rows)) if *last == group => rows.push(row),
                    _ => found.push((group, vec![row])),
                }
            }
        }
    }
    Ok((found, chosen.rows() as u64))
}

/// The box columns of a batch.
pub(super) struct Edges<'a> {
    columns: [&'a Float64Array; 4],
}

impl<'a> Edges<'a> {
    pub(super) fn of(batch: &'a RecordBatch, columns: [usize; 4]) -> Edges<'a> {
        Edges { columns: columns.map(|column| batch.column(column).as_primitive::<Float64Type>()) }
    }

    /// West, south, east, north of a row.
    pub(super) fn values(&self, row: usize) -> [f64; 4] {
        self.columns.map(|column| column.value(row))
    }

    /// `Some` when the row has a box and it meets this one.
    pub(super) fn meets(&self, row: usize, bbox: &Bbox) -> Option<()> {
        let [west, south, east, north] = self.columns;
        let there = west.is_valid(row)
            && west.value(row) <= bbox.east
            && bbox.west <= east.value(row)
            && south.value(row) <= bbox.north
            && bbox.south <= north.value(row);
        there.then_some(())
    }

    /// Whether the row's box, which meets this one, lies wholly in it.
    pub(super) fn is_inside(&self, row: usize, bbox: &Bbox) -> bool {
        let [west, south, east, north] = self.columns;
        bbox.west <= west.value(row)
            && east.value(row) <= bbox.east
            && bbox.south <= south.value(row)
            && north.value(row) <= bbox.north
    }
}

/// The rows that may have a box that meets this one, by the statistics of row groups and pages.
pub(super) fn choose(metadata: &ParquetMetaData, bbox: &Bbox) -> Chosen {
    let [west, south, east, north] = BOX;
    let mut chosen = Chosen::default();
    for group in 0..metadata.num_row_groups() {
        let range = |column| float_range(metadata, group, column);
        let apart = range(west).is_some_and(|(min, _)| min > bbox.east)
            || range(south).is_some_and(|(min, _)| min > bbox.north)
            || range(east).is_some_and(|(_, max)| max < bbox.west)
            || range(north).is_some_and(|(_, max)| max < bbox.south);
        if apart || rows_of(metadata, group) == 0 {
            continue;
        }
        let pages: [Ranges; 4] = [
            float_pages(metadata, group, west, |min, _| min <= bbox.east),
            float_pages(metadata, group, south, |min, _| min <= bbox.north),
            float_pages(metadata, group, east, |_, max| max >= bbox.west),
            float_pages(metadata, group, north, |_, max| max >= bbox.south),
        ];
        let rows = pages.into_iter().reduce(|a, b| both(&a, &b)).unwrap_or_default();
        if !rows.is_empty() {
            chosen.groups.push((group, rows));
        }
    }
    chosen
}
