//! Features of which a test holds: only the columns that it looks at are read of all, and whole rows
//! of those that are shown.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use model::Bbox;

use super::features::{Edges, choose, of_file_rows};
use super::{Chosen, FeatureBatches, FeatureRead, chosen_rows, ranges_of};
use crate::features::BOX;
use crate::{DataFile, Error, Lake, Snapshot};

/// Rows that are tested at a time: what is in memory of those that are not shown.
const WINDOW_ROWS: usize = 16_384;

/// Of rows with some columns: which of them pass.
type Passes = dyn Fn(&RecordBatch) -> Vec<bool> + Send + Sync;

/// What features are asked besides their box.
#[derive(Clone)]
pub struct FeatureTest {
    /// The columns that the test looks at.
    pub columns: Vec<String>,
    /// Of rows with these columns, in the table's order of columns: which of them pass.
    pub passes: Arc<Passes>,
    /// Whether only features are asked whose box does not lie wholly in the box that is read.
    pub at_edge: bool,
}

impl std::fmt::Debug for FeatureTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeatureTest").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// A row that the box does not leave out.
#[derive(Clone, Copy)]
struct Candidate {
    group: usize,
    row: usize,
    /// Whether it is in without being asked.
    passed: bool,
}

/// Finds features; see [`Lake::find_features`].
pub(crate) async fn find(
    lake: &Lake,
    snapshot: &Snapshot,
    read: FeatureRead,
    test: &FeatureTest,
) -> Result<FeatureBatches, Error> {
    let schema = snapshot.schema();
    let mut columns = Vec::with_capacity(test.columns.len());
    for name in &test.columns {
        columns.push(schema.index_of(name).map_err(Error::internal)?);
    }
    // A test may look at nothing but what it was made of; some column tells how many rows there are.
    if columns.is_empty() {
        columns.push(crate::features::FEATURE);
    }
    let end = read.offset.saturating_add(read.limit);
    let mut batches = Vec::new();
    let mut matched = 0_usize;
    for file in snapshot.files() {
        if read.bbox.is_some_and(|bbox| file.bbox.is_some_and(|known| !known.intersects(&bbox))) {
            continue;
        }
        let candidates = match read.bbox {
            Some(bbox) => in_box(lake, file, &bbox, test.at_edge).await?,
            None => every(lake, file).await?,
        };
        let mut shown = Chosen::default();
        for window in candidates.chunks(WINDOW_ROWS) {
            for (group, rows) in passing(lake, file, window, &columns, test).await? {
                let from = read.offset.saturating_sub(matched).min(rows.len());
                let to = end.saturating_sub(matched).min(rows.len());
                matched += rows.len();
                if from >= to {
                    continue;
                }
                let ranges = ranges_of(rows[from..to].iter().copied());
                match shown.groups.last_mut() {
                    Some((last, there)) if *last == group => there.extend(ranges),
                    _ => shown.groups.push((group, ranges)),
                }
            }
        }
        batches.extend(chosen_rows(lake, file, &shown, None).await?);
    }
    Ok(FeatureBatches { batches, matched: matched as u64 })
}

async fn every(lake: &Lake, file: &DataFile) -> Result<Vec<Candidate>, Error> {
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    let metadata = metadata.metadata();
    let rows = usize::try_from(file.rows).map_err(Error::internal)?;
    let whole = std::iter::once(0..rows).collect::<Vec<_>>();
    let chosen = of_file_rows(metadata, &whole);
    let rows = chosen.groups.into_iter().flat_map(|(group, ranges)| {
        ranges.into_iter().flatten().map(move |row| Candidate { group, row, passed: false })
    });
    Ok(rows.collect())
}

async fn in_box(lake: &Lake, file: &DataFile, bbox: &Bbox, at_edge: bool) -> Result<Vec<Candidate>, Error> {
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    let chosen = choose(metadata.metadata(), bbox);
    let batches = chosen_rows(lake, file, &chosen, Some(&BOX)).await?;
    let mut rows = chosen
        .groups
        .iter()
        .flat_map(|(group, ranges)| ranges.iter().cloned().flatten().map(move |row| (*group, row)));
    let mut found = Vec::new();
    for batch in &batches {
        let edges = Edges::of(batch, [0, 1, 2, 3]);
        for at in 0..batch.num_rows() {
            let (group, row) =
                rows.next().ok_or_else(|| Error::internal("more rows were read than chosen"))?;
            if edges.meets(at, bbox).is_some() {
                found.push(Candidate { group, row, passed: at_edge && edges.is_inside(at, bbox) });
            }
        }
    }
    Ok(found)
}

/// The rows of a window that pass, by row group.
async fn passing(
    lake: &Lake,
    file: &DataFile,
    window: &[Candidate],
    columns: &[usize],
    test: &FeatureTest,
) -> Result<Vec<(usize, Vec<usize>)>, Error> {
    let asked = grouped(window.iter().filter(|candidate| !candidate.passed));
    let chosen = Chosen { groups: asked.into_iter().map(|(group, rows)| (group, ranges_of(rows))).collect() };
    let mut answers = Vec::with_capacity(window.len());
    for batch in &chosen_rows(lake, file, &chosen, Some(columns)).await? {
        let passes = (test.passes)(batch);
        if passes.len() != batch.num_rows() {
            return Err(Error::internal("a test answered of another number of rows"));
        }
        answers.extend(passes);
    }
    let mut answers = answers.into_iter();
    let mut kept = Vec::with_capacity(window.len());
    for candidate in window {
        let passes = candidate.passed
            || answers.next().ok_or_else(|| Error::internal("fewer rows were read than chosen"))?;
        if passes {
            kept.push(candidate);
        }
    }
    Ok(grouped(kept.into_iter()))
}

fn grouped<'c>(candidates: impl Iterator<Item = &'c Candidate>) -> Vec<(usize, Vec<usize>)> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for candidate in candidates {
        match groups.last_mut() {
            Some((group, rows)) if *group == candidate.group => rows.push(candidate.row),
            _ => groups.push((candidate.group, vec![candidate.row])),
        }
    }
    groups
}
