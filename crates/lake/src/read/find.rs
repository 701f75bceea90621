//! Features of which a test holds: only the columns that it looks at are read of all, and whole rows
//! of those that are shown.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use model::Bbox;

use super::features::{Edges, choose};
use super::prune::both;
use super::{Chosen, FeatureBatches, FeatureRead, Needs, chosen_rows, ranges_of};
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
    /// What has to be so of a row for it to pass: others are not read.
    pub needs: Needs,
    /// Whether only features are asked whose box does not lie wholly in the box that is read.
    pub at_edge: bool,
}

impl std::fmt::Debug for FeatureTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeatureTest")
            .field("columns", &self.columns)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
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
    let (mut matched, mut looked_at) = (0_usize, 0);
    for file in snapshot.files() {
        if read.bbox.is_some_and(|bbox| file.bbox.is_some_and(|known| !known.intersects(&bbox))) {
            continue;
        }
        let needed = needed(lake, snapshot, file, &test.needs).await?;
        let needed = match read.bbox {
            Some(bbox) => common(&needed, near(lake, file, &bbox).await?),
            None => needed,
        };
        looked_at += needed.rows() as u64;
        let candidates = match read.bbox {
            Some(bbox) => in_box(lake, file, &needed, &bbox, test.at_edge).await?,
            None => every(&needed),
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
    Ok(FeatureBatches { batches, matched: matched as u64, looked_at })
}

/// The rows of a file that may pass, as far as statistics and the index of ids tell.
async fn needed(lake: &Lake, snapshot: &Snapshot, file: &DataFile, needs: &Needs) -> Result<Chosen, Error> {
    let ids = match needs.names_ids() {
        true => Some(lake.inner.keys.of(lake, file).await?),
        false => None,
    };
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    needs.choose(snapshot, metadata.metadata(), ids.as_deref())
}

/// The rows of a file that may meet a box.
async fn near(lake: &Lake, file: &DataFile, bbox: &Bbox) -> Result<Chosen, Error> {
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    Ok(choose(metadata.metadata(), bbox))
}

fn every(needed: &Chosen) -> Vec<Candidate> {
    let rows = needed.groups.iter().flat_map(|(group, ranges)| {
        ranges.iter().cloned().flatten().map(move |row| Candidate { group: *group, row, passed: false })
    });
    rows.collect()
}

async fn in_box(
    lake: &Lake,
    file: &DataFile,
    chosen: &Chosen,
    bbox: &Bbox,
    at_edge: bool,
) -> Result<Vec<Candidate>, Error> {
    let batches = chosen_rows(lake, file, chosen, Some(&BOX)).await?;
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

/// The rows in both.
fn common(needed: &Chosen, near: Chosen) -> Chosen {
    let mut chosen = Chosen::default();
    for (group, ranges) in near.groups {
        let Some((_, of_group)) = needed.groups.iter().find(|(other, _)| *other == group) else { continue };
        let rows = both(&ranges, of_group);
        if !rows.is_empty() {
            chosen.groups.push((group, rows));
        }
    }
    chosen
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
