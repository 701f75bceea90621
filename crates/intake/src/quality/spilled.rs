//! Testing the values of a file that are on disk: part by part, as those of a file in memory are.
//!
//! A part has all values of its datastreams, and what is read of the dataset around them is told by the whole
//! file, so that a value has the same flags on either way. The test against neighbours looks into other parts:
//! then the values are first put in order, so that one series is a short read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use lake::{Lake, Spill, SpilledPart};
use policy::Permit;

use super::arrive::{Arrivals, Doubt, Group, Tested, aside, groups, latest, test_some, wanted};
use crate::Error;

/// The column `quality_tests`.
const TESTS: usize = 6;

/// Tests the values. Returns them with their flags, the first `most` that are doubted, in the order of the
/// file, and how many more are.
pub(super) async fn test_spilled(
    lake: &Lake,
    permit: &Permit,
    tested: HashMap<i64, Tested>,
    mut values: Arc<Spill>,
    most: usize,
) -> Result<(Arc<Spill>, Vec<Doubt>, u64), Error> {
    let parts = values.parts();
    let extent = |id: i64| {
        let series = values.series().get(&id).filter(|series| series.numbers > 0)?;
        Some((series.number_times.0, series.number_times.1, series.numbers))
    };
    let mut ids: Vec<i64> = tested.keys().copied().filter(|id| extent(*id).is_some()).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return Ok((values, Vec::new(), 0));
    }
    let groups = groups(&ids, &tested, extent);
    if looks_beyond(&values, &parts, &ids, &tested) {
        let given = values.clone();
        values = aside(move || in_order(&given)).await??;
    }
    let snapshot = latest(lake, permit).await?;
    let tested = Arc::new(tested);
    let wanted = Arc::new(wanted(&tested));
    let mut doubts = Doubts { most, kept: Vec::new(), all: 0 };
    let mut flagged = values.another()?;
    for part in parts {
        let (given, wanted) = (values.clone(), wanted.clone());
        let arrivals = aside(move || {
            let own: HashSet<i64> = wanted.iter().copied().filter(|id| part.holds(*id)).collect();
            Ok::<_, Error>(Arc::new(Arrivals::of(given.read(&part, None)?, &own)))
        });
        let arrivals = arrivals.await??;
        let own = groups.iter().map(|group| group.within(&part)).filter(|group| !group.ids.is_empty());
        let (batches, doubted) =
            test_some(lake, permit, snapshot.as_deref(), &arrivals, &tested, own.collect(), Some(&values))
                .await?;
        drop(arrivals);
        doubts.take(doubted);
        flagged = aside(move || {
            let mut flagged = flagged;
            let batches = batches.iter().map(plain).collect::<Result<Vec<_>, Error>>()?;
            flagged.add(&batches)?;
            Ok::<_, Error>(flagged)
        })
        .await??;
    }
    doubts.shorten();
    let more = doubts.all - doubts.kept.len() as u64;
    Ok((Arc::new(flagged), doubts.kept, more))
}

impl Group {
    /// The same of the datastreams of a part.
    fn within(&self, part: &SpilledPart) -> Group {
        let mut own = self.clone();
        own.ids.retain(|id| part.holds(*id));
        own
    }
}

/// Whether a datastream is compared with one of another part.
fn looks_beyond(values: &Spill, parts: &[SpilledPart], ids: &[i64], tested: &HashMap<i64, Tested>) -> bool {
    let part_of = |id: i64| parts.partition_point(|part| part.last < id);
    ids.iter().any(|id| {
        let mut neighbours = tested[id].neighbours.iter().map(|(id, _)| *id);
        neighbours.any(|other| values.series().contains_key(&other) && part_of(other) != part_of(*id))
    })
}

/// The same values in one run for each part.
fn in_order(values: &Spill) -> Result<Arc<Spill>, Error> {
    let mut sorted = values.another()?;
    for part in values.parts() {
        sorted.add(&values.read(&part, None)?)?;
    }
    Ok(Arc::new(sorted))
}

/// A batch whose `quality_tests` are texts, and no dictionary.
fn plain(batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let failed = |error| Error::internal("keeping flags", error);
    let mut columns = batch.columns().to_vec();
    columns[TESTS] = cast(&columns[TESTS], &DataType::Utf8).map_err(failed)?;
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields[TESTS] = Arc::new(Field::new(fields[TESTS].name(), DataType::Utf8, true));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(failed)
}

/// The doubts that come first in the file, as many as are kept.
struct Doubts {
    most: usize,
    kept: Vec<Doubt>,
    all: u64,
}

impl Doubts {
    fn take(&mut self, more: Vec<Doubt>) {
        self.all += more.len() as u64;
        self.kept.extend(more);
        if self.kept.len() / 2 > self.most {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.kept.sort_unstable_by_key(|doubt| doubt.position);
        self.kept.truncate(self.most);
    }
}
