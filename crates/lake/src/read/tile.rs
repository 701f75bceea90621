//! Features for a map: the boxes of all that meet it are read first, and of those the geometries and
//! attributes of as many as a map can show, the largest before the others.

use std::collections::HashSet;

use arrow::record_batch::RecordBatch;
use model::Bbox;
use wording::told;

use super::features::{Edges, choose};
use super::{Chosen, chosen_rows, ranges_of};
use crate::features::BOX;
use crate::{Error, Lake, Snapshot};

/// Features that are looked at for one map.
const MOST_BOXES: usize = 5_000_000;
/// The columns of a row that say where it came from.
const PROVENANCE: [&str; 5] = ["run", "origin_sheet", "origin_row", "origin_column", "recorded_at"];

/// Which features to read for a map.
#[derive(Debug, Clone)]
pub struct TileRead {
    /// Those whose box meets this one.
    pub bbox: Bbox,
    /// Where there are more than `most`, one of all that are smaller than this (degrees) is shown for
    /// each square of this size.
    pub cell: f64,
    /// At most so many.
    pub most: usize,
    /// At most so many attributes, the first of the table.
    pub attributes: usize,
}

/// Features for a map.
#[derive(Debug, Clone)]
pub struct TileBatches {
    /// The rows with their ids, geometries and attributes; no boxes.
    pub batches: Vec<RecordBatch>,
    /// How many meet the box.
    pub matched: u64,
}

/// A feature that meets the map.
struct Met {
    file: usize,
    group: usize,
    row: usize,
    size: f64,
    middle: [f64; 2],
}

/// Reads features; see [`Lake::read_tile`].
pub(crate) async fn tile(lake: &Lake, snapshot: &Snapshot, read: TileRead) -> Result<TileBatches, Error> {
    if snapshot.is_observations() {
        return Err(Error::invalid(
            told!(
                "lake-holds-observations-not-features",
                "`{snapshot}` holds observations, not features",
                snapshot = snapshot.dataset()
            ),
            told!("lake-read-last-values", "read its last values"),
        ));
    }
    let mut met = Vec::new();
    for (number, file) in snapshot.files().iter().enumerate() {
        if file.bbox.is_some_and(|known| !known.intersects(&read.bbox)) {
            continue;
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let chosen = choose(metadata.metadata(), &read.bbox);
        let batches = chosen_rows(lake, file, &chosen, Some(&BOX)).await?;
        let mut rows = chosen
            .groups
            .iter()
            .flat_map(|(group, ranges)| ranges.iter().cloned().flatten().map(move |row| (*group, row)));
        for batch in &batches {
            let edges = Edges::of(batch, [0, 1, 2, 3]);
            for at in 0..batch.num_rows() {
                let (group, row) =
                    rows.next().ok_or_else(|| Error::internal("more rows were read than chosen"))?;
                if edges.meets(at, &read.bbox).is_some() {
                    let [west, south, east, north] = edges.values(at);
                    let middle = [f64::midpoint(west, east), f64::midpoint(south, north)];
                    met.push(Met {
                        file: number,
                        group,
                        row,
                        size: (east - west).max(north - south),
                        middle,
                    });
                }
            }
        }
        if met.len() > MOST_BOXES {
            return Err(Error::invalid(
                told!(
                    "lake-more-than-features-meet-map",
                    "more than {most_boxes} features meet the map",
                    most_boxes = MOST_BOXES
                ),
                told!("lake-ask-deeper-level", "ask for a deeper level"),
            ));
        }
    }
    let matched = met.len() as u64;
    if met.len() > read.most {
        met = shown(met, &read);
    }
    let mut batches = Vec::new();
    let mut rest = &met[..];
    while let Some(first) = rest.first() {
        let count = rest.partition_point(|one| one.file == first.file);
        let (here, others) = rest.split_at(count);
        rest = others;
        let file = &snapshot.files()[first.file];
        let mut chosen = Chosen::default();
        for group in here.chunk_by(|a, b| a.group == b.group) {
            chosen.groups.push((group[0].group, ranges_of(group.iter().map(|one| one.row))));
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let columns = metadata.metadata().file_metadata().schema_descr();
        let mut left = read.attributes;
        let columns: Vec<usize> = (0..columns.num_columns())
            .filter(|number| !BOX.contains(number))
            .filter(|number| {
                let column = columns.column(*number);
                match column.name() {
                    "feature" | "geometry" => true,
                    name if PROVENANCE.contains(&name) || left == 0 => false,
                    _ => {
                        left -= 1;
                        true
                    }
                }
            })
            .collect();
        batches.extend(chosen_rows(lake, file, &chosen, Some(&columns)).await?);
    }
    Ok(TileBatches { batches, matched })
}

/// The features that are shown where there are too many: what can be seen by itself, the largest
/// first, then one of the others for each square; in the order of the table.
fn shown(mut met: Vec<Met>, read: &TileRead) -> Vec<Met> {
    met.sort_by(|a, b| b.size.total_cmp(&a.size));
    let cell = read.cell.max(f64::MIN_POSITIVE);
    let mut taken: HashSet<[i64; 2]> = HashSet::new();
    met.retain(|one| {
        if one.size >= cell {
            return true;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a float converts without wrapping")]
        let square = one.middle.map(|number| (number / cell).floor() as i64);
        taken.insert(square)
    });
    met.truncate(read.most);
    met.sort_by_key(|one| (one.file, one.group, one.row));
    met
}
