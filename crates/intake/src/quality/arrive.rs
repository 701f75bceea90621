//! Testing values as they come in: together with what the dataset has before, between and behind them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int8Array, Int32Array, StringDictionaryBuilder,
};
use arrow::datatypes::{
    DataType, FieldRef, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef,
    TimestampMicrosecondType, UInt32Type,
};
use arrow::record_batch::RecordBatch;
use catalog::Gazetteer;
use futures::StreamExt;
use lake::{AsOf, Lake, Snapshot, Spill, SpilledPart};
use model::{CellRef, DatastreamKey, PlaceId, Quality};
use policy::Permit;

use super::around::{Told, read};
use super::limits::{Calendar, LimitBook, ZONE};
use super::neighbours::{Neighbour, compare, weight};
use super::series::{Flags, Point, test};
use crate::Error;
use crate::observe::POSITION;

/// Datastreams whose surroundings are read at a time.
const AT_ONCE: usize = 64;
/// Up to so many new values, what lies between them is read too; beyond, only before and behind.
const FEW: u64 = 200_000;

/// Kinds of flags whose words are held at a time.
const KINDS: usize = 64;

/// A value that a test doubts.
#[derive(Debug)]
pub(crate) struct Doubt {
    /// Its position in the file, where the values are on disk.
    pub(crate) position: u32,
    pub(crate) cell: CellRef,
    pub(crate) value: f64,
    pub(crate) quality: Quality,
    pub(crate) tests: String,
}

/// A datastream with limits, and the datastreams that it is compared with.
pub(super) struct Tested {
    pub(super) calendar: Calendar,
    pub(super) neighbours: Vec<(i64, f64)>,
}

/// The datastreams that have limits, by number.
pub(super) fn tested(
    gazetteer: &Gazetteer,
    book: &LimitBook<'_>,
    datastreams: &[DatastreamKey],
) -> HashMap<i64, Tested> {
    let mut found = HashMap::new();
    for key in datastreams {
        let Some(calendar) = book.of(key) else { continue };
        let places: HashSet<&PlaceId> =
            calendar.sets().iter().flat_map(|limits| &limits.neighbours).collect();
        let neighbours = places
            .into_iter()
            .filter(|place| **place != key.place)
            .map(|place| {
                let other = DatastreamKey { place: place.clone(), ..key.clone() };
                (other.id().0, weight(gazetteer, &key.place, place))
            })
            .collect();
        found.insert(key.id().0, Tested { calendar, neighbours });
    }
    found
}

/// Tests new values and writes their flags into their batches. Returns those that are doubted.
pub(crate) async fn test_arrivals(
    lake: &Lake,
    permit: &Permit,
    gazetteer: &Gazetteer,
    book: LimitBook<'_>,
    datastreams: &[DatastreamKey],
    rows: &mut Vec<RecordBatch>,
) -> Result<Vec<Doubt>, Error> {
    let tested = tested(gazetteer, &book, datastreams);
    if tested.is_empty() || rows.is_empty() {
        return Ok(Vec::new());
    }
    let snapshot = latest(lake, permit).await?;
    let (given, wanted) = (std::mem::take(rows), wanted(&tested));
    let arrivals = Arc::new(aside(move || Arrivals::of(given, &wanted)).await?);
    let tested = Arc::new(tested);
    let mut ids: Vec<i64> = tested.keys().copied().filter(|id| arrivals.series.contains_key(id)).collect();
    ids.sort_unstable();
    let extent = |id: i64| {
        let series = arrivals.series.get(&id)?;
        Some((series.first()?.point.time, series.last()?.point.time, series.len() as u64))
    };
    let groups = groups(&ids, &tested, extent);
    let (batches, doubts) =
        test_some(lake, permit, snapshot.as_deref(), &arrivals, &tested, groups, None).await?;
    *rows = batches;
    Ok(doubts)
}

/// The latest version; `None` when the dataset has no table yet.
pub(super) async fn latest(lake: &Lake, permit: &Permit) -> Result<Option<Arc<Snapshot>>, Error> {
    match lake.snapshot(permit, AsOf::Latest).await {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(lake::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The datastreams whose values are needed for the tests.
pub(super) fn wanted(tested: &HashMap<i64, Tested>) -> HashSet<i64> {
    let mut wanted: HashSet<i64> = tested.keys().copied().collect();
    wanted.extend(tested.values().flat_map(|tested| &tested.neighbours).map(|(id, _)| *id));
    wanted
}

/// Datastreams whose surroundings are read together, and how far these reach.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) ids: Vec<i64>,
    reach: Reach,
}

/// From when to when the surroundings of new values are read.
#[derive(Debug, Clone, Copy)]
struct Reach {
    from: i64,
    first: i64,
    last: i64,
    to: i64,
    values: u64,
}

/// Groups of the datastreams, by the first and last time and the number of the new values of each.
pub(super) fn groups(
    ids: &[i64],
    tested: &HashMap<i64, Tested>,
    extent: impl Fn(i64) -> Option<(i64, i64, u64)>,
) -> Vec<Group> {
    let group = |ids: &[i64]| {
        let mut all = Reach { from: i64::MAX, first: i64::MIN, last: i64::MAX, to: i64::MIN, values: 0 };
        for id in ids {
            let Some((begin, end, values)) = extent(*id) else { continue };
            let reach = tested[id].calendar.reach();
            (all.from, all.first) = (all.from.min(begin.saturating_sub(reach)), all.first.max(begin));
            (all.last, all.to) = (all.last.min(end), all.to.max(end.saturating_add(reach)));
            all.values += values;
        }
        Group { ids: ids.to_vec(), reach: all }
    };
    ids.chunks(AT_ONCE).map(group).collect()
}

/// Tests the new values of some groups, and writes their flags into their batches. What they are compared
/// with beside these is looked up among the values on disk.
pub(super) async fn test_some(
    lake: &Lake,
    permit: &Permit,
    snapshot: Option<&Snapshot>,
    arrivals: &Arc<Arrivals>,
    tested: &Arc<HashMap<i64, Tested>>,
    groups: Vec<Group>,
    beyond: Option<&Arc<Spill>>,
) -> Result<(Vec<RecordBatch>, Vec<Doubt>), Error> {
    let work: Vec<_> = groups
        .into_iter()
        .map(|group| some(lake, permit, snapshot, arrivals, tested, group, beyond.cloned()))
        .collect();
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    let mut flags = vec![Flags::default(); arrivals.count];
    let mut found = futures::stream::iter(work).buffer_unordered(at_once).boxed();
    while let Some(found) = found.next().await {
        for (position, found) in found? {
            flags[position as usize] = found;
        }
    }
    drop(found);
    let arrivals = arrivals.clone();
    aside(move || arrivals.flagged(&flags)).await?
}

/// Tests some datastreams: reads what is around their values, and computes on a thread of its own.
async fn some(
    lake: &Lake,
    permit: &Permit,
    snapshot: Option<&Snapshot>,
    arrivals: &Arc<Arrivals>,
    tested: &Arc<HashMap<i64, Tested>>,
    Group { ids, reach }: Group,
    beyond: Option<Arc<Spill>>,
) -> Result<Vec<(u32, Flags)>, Error> {
    let mut streams = ids.clone();
    streams.extend(ids.iter().flat_map(|id| &tested[id].neighbours).map(|(id, _)| *id));
    let around = match snapshot {
        Some(snapshot) => reach.read(lake, permit, snapshot, streams).await?,
        None => HashMap::new(),
    };
    let (arrivals, tested) = (arrivals.clone(), tested.clone());
    aside(move || {
        let (mut found, mut elsewhere) = (Vec::new(), HashMap::new());
        for id in ids {
            if let Some(beyond) = &beyond {
                let neighbours = tested[&id].neighbours.iter().map(|(id, _)| *id);
                elsewhere.clear();
                for id in neighbours.filter(|id| !arrivals.series.contains_key(id)) {
                    elsewhere.insert(id, on_disk(beyond, id)?);
                }
            }
            arrivals.test(id, &tested, &around, &elsewhere, &mut found);
        }
        Ok(found)
    })
    .await?
}

pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal("testing values", error))
}

/// A new value, and where it stands among all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    point: Point,
    position: u32,
}

/// The new values, and where each series has its own.
pub(super) struct Arrivals {
    batches: Vec<RecordBatch>,
    /// The position of each batch's first value.
    firsts: Vec<usize>,
    count: usize,
    /// The values of each datastream, in order of time.
    series: HashMap<i64, Vec<Arrival>>,
}

/// Numbers of datastreams are hashes: they are taken as they are.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned();
    }
}

impl Reach {
    /// What the dataset has around the new values of some datastreams, and of those that they are
    /// compared with.
    async fn read(
        self,
        lake: &Lake,
        permit: &Permit,
        snapshot: &Snapshot,
        mut streams: Vec<i64>,
    ) -> Result<HashMap<i64, Vec<Point>>, Error> {
        let Reach { from, first, last, to, values } = self;
        streams.sort_unstable();
        streams.dedup();
        if values <= FEW || last <= first {
            return read(lake, permit, snapshot, streams, from, to.saturating_add(1)).await;
        }
        let mut found = read(lake, permit, snapshot, streams.clone(), from, first).await?;
        for (id, behind) in
            read(lake, permit, snapshot, streams, last.saturating_add(1), to.saturating_add(1)).await?
        {
            found.entry(id).or_default().extend(behind);
        }
        Ok(found)
    }
}

/// The values of a datastream that are on disk.
fn on_disk(values: &Spill, id: i64) -> Result<Vec<Arrival>, Error> {
    let mut found = Vec::new();
    let part = SpilledPart { first: id, last: id, rows: 0 };
    for batch in values.read(&part, Some(&[0, 1, 3]))? {
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let results = batch.column(2).as_primitive::<Float64Type>();
        for row in (0..batch.num_rows()).filter(|row| results.is_valid(*row)) {
            let point = Point { time: times.value(row), value: results.value(row) };
            found.push(Arrival { point, position: 0 });
        }
    }
    found.sort_unstable_by_key(|value| value.point.time);
    Ok(found)
}

impl Arrivals {
    pub(super) fn of(batches: Vec<RecordBatch>, wanted: &HashSet<i64>) -> Arrivals {
        let (mut firsts, mut count) = (Vec::with_capacity(batches.len()), 0_usize);
        let places: HashMap<i64, usize, BuildHasherDefault<AsIs>> = wanted.iter().copied().zip(0..).collect();
        let mut counts = vec![0_usize; places.len()];
        for id in batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values()) {
            if let Some(place) = places.get(id) {
                counts[*place] += 1;
            }
        }
        let mut series: Vec<Vec<Arrival>> = counts.into_iter().map(Vec::with_capacity).collect();
        for batch in &batches {
            firsts.push(count);
            let ids = batch.column(0).as_primitive::<Int64Type>().values();
            let times = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
            let results = batch.column(3).as_primitive::<Float64Type>();
            for (row, (id, time)) in ids.iter().zip(times).enumerate() {
                if results.is_valid(row)
                    && let Some(place) = places.get(id)
                    && let Ok(position) = u32::try_from(count + row)
                {
                    let point = Point { time: *time, value: results.value(row) };
                    series[*place].push(Arrival { point, position });
                }
            }
            count += batch.num_rows();
        }
        for values in &mut series {
            if !values.is_sorted_by_key(|value| value.point.time) {
                values.sort_unstable_by_key(|value| (value.point.time, value.position));
            }
        }
        let named = places.iter().map(|(id, place)| (*id, std::mem::take(&mut series[*place])));
        let series = named.filter(|(_, values)| !values.is_empty()).collect();
        Arrivals { batches, firsts, count, series }
    }

    /// A series as it will be: what is there, with the new values in their places.
    fn merged(
        &self,
        id: i64,
        around: &HashMap<i64, Vec<Point>>,
        elsewhere: &HashMap<i64, Vec<Arrival>>,
    ) -> (Vec<Point>, Vec<Option<u32>>) {
        let new = self.series.get(&id).or_else(|| elsewhere.get(&id)).map_or(&[][..], Vec::as_slice);
        let there = around.get(&id).map_or(&[][..], Vec::as_slice);
        if there.is_empty() {
            return new.iter().map(|value| (value.point, Some(value.position))).unzip();
        }
        let all = new.len() + there.len();
        let (mut points, mut positions) = (Vec::with_capacity(all), Vec::with_capacity(all));
        let mut there = there.iter().peekable();
        for Arrival { point: new, position } in new {
            while let Some(point) = there.next_if(|point| point.time < new.time) {
                points.push(*point);
                positions.push(None);
            }
            there.next_if(|point| point.time == new.time);
            points.push(*new);
            positions.push(Some(*position));
        }
        for point in there {
            points.push(*point);
            positions.push(None);
        }
        (points, positions)
    }

    fn test(
        &self,
        id: i64,
        tested: &HashMap<i64, Tested>,
        around: &HashMap<i64, Vec<Point>>,
        elsewhere: &HashMap<i64, Vec<Arrival>>,
        flags: &mut Vec<(u32, Flags)>,
    ) {
        let Tested { calendar, neighbours } = &tested[&id];
        let (points, positions) = self.merged(id, around, elsewhere);
        let mut found = test(&points, |time| calendar.at(time), ZONE);
        if let Some(limits) = calendar.sets().iter().find(|limits| !limits.neighbours.is_empty()) {
            let merged = |(id, weight): &(i64, f64)| (self.merged(*id, around, elsewhere).0, *weight);
            let others: Vec<(Vec<Point>, f64)> = neighbours.iter().map(merged).collect();
            let others: Vec<Neighbour<'_>> =
                others.iter().map(|(points, weight)| Neighbour { points, weight: *weight }).collect();
            compare(&points, limits, &others, &mut found);
        }
        for (position, found) in positions.iter().zip(found) {
            if let Some(position) = position {
                flags.push((*position, found));
            }
        }
    }

    /// The batches with their flags, made by several threads.
    fn flagged(&self, flags: &[Flags]) -> Result<(Vec<RecordBatch>, Vec<Doubt>), Error> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
        let share = self.batches.len().div_ceil(threads).max(1);
        let (mut batches, mut doubts) = (Vec::with_capacity(self.batches.len()), Vec::new());
        std::thread::scope(|scope| {
            let parts: Vec<_> = (0..self.batches.len())
                .step_by(share)
                .map(|from| from..(from + share).min(self.batches.len()))
                .map(|part| scope.spawn(move || self.flagged_some(part, flags)))
                .collect();
            for part in parts {
                let part =
                    part.join().map_err(|_| Error::internal("putting flags to values", "a thread failed"))?;
                let (some, doubted) = part?;
                batches.extend(some);
                doubts.extend(doubted);
            }
            Ok((batches, doubts))
        })
    }

    fn flagged_some(
        &self,
        part: Range<usize>,
        flags: &[Flags],
    ) -> Result<(Vec<RecordBatch>, Vec<Doubt>), Error> {
        let (mut batches, mut doubts) = (Vec::with_capacity(part.len()), Vec::new());
        let Some(first) = self.batches.first() else { return Ok((batches, doubts)) };
        let schema = with_words(&first.schema());
        for (batch, first) in self.batches[part.clone()].iter().zip(&self.firsts[part]) {
            let flags = &flags[*first..first + batch.num_rows()];
            let mut all = batch.columns().to_vec();
            (all[5], all[6]) = columns(batch, flags, &mut doubts)?;
            let batch = RecordBatch::try_new(schema.clone(), all)
                .map_err(|error| Error::internal("putting flags to values", error))?;
            batches.push(batch);
        }
        Ok((batches, doubts))
    }
}

/// The columns of batches whose `quality_tests` come as a dictionary.
fn with_words(schema: &Schema) -> SchemaRef {
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    fields[6] = Arc::new(fields[6].as_ref().clone().with_data_type(words));
    Arc::new(Schema::new(fields))
}

/// What flags come to with what was told of a value before.
#[derive(Clone, Copy)]
struct Kind<'a> {
    told: Option<&'a str>,
    flags: Flags,
    quality: Quality,
    /// The number of the words that tell it.
    words: Option<i32>,
    doubts: bool,
}

/// What is told of the values of a batch, each word once and a number a row: few are different.
#[derive(Default)]
struct Words<'a> {
    kinds: Vec<Kind<'a>>,
    words: StringDictionaryBuilder<Int32Type>,
    rows: Vec<Option<i32>>,
}

impl<'a> Words<'a> {
    /// The kind of these flags with what was told before.
    fn kind(&mut self, told: Option<&'a str>, flags: Flags) -> Result<&Kind<'a>, Error> {
        let known = self.kinds.iter().position(|kind| kind.flags == flags && kind.told == told);
        let place = match known {
            Some(place) => place,
            None => {
                if self.kinds.len() == KINDS {
                    self.kinds.clear();
                }
                let (quality, words) = Told::of(told).with(flags);
                let doubts = flags.ran().any(|(test, flag)| {
                    test.doubts_value() && matches!(flag, Quality::Fail | Quality::Suspect)
                });
                let words = words.map(|words| self.number(&words)).transpose()?;
                self.kinds.push(Kind { told, flags, quality, words, doubts });
                self.kinds.len() - 1
            }
        };
        Ok(&self.kinds[place])
    }

    fn number(&mut self, word: &str) -> Result<i32, Error> {
        self.words.append(word).map_err(|error| Error::internal("numbering words", error))
    }

    fn finish(mut self) -> Result<ArrayRef, Error> {
        let numbers = Int32Array::from(self.rows);
        let words = DictionaryArray::try_new(numbers, self.words.finish().values().clone())
            .map_err(|error| Error::internal("putting flags to values", error))?;
        Ok(Arc::new(words))
    }
}

/// The columns `quality` and `quality_tests` of a batch with new flags.
fn columns(
    batch: &RecordBatch,
    flags: &[Flags],
    doubts: &mut Vec<Doubt>,
) -> Result<(ArrayRef, ArrayRef), Error> {
    let old = batch.column(5).as_primitive::<Int8Type>();
    let told = batch.column(6).as_string::<i32>();
    let mut qualities = Vec::with_capacity(flags.len());
    let mut words = Words { rows: Vec::with_capacity(flags.len()), ..Words::default() };
    for (row, flags) in flags.iter().enumerate() {
        let text = told.is_valid(row).then(|| told.value(row));
        if *flags == Flags::default() {
            qualities.push(old.value(row));
            let number = text.map(|text| words.number(text)).transpose()?;
            words.rows.push(number);
            continue;
        }
        let Kind { quality, words: number, doubts: is_doubted, .. } = *words.kind(text, *flags)?;
        qualities.push(quality.code());
        words.rows.push(number);
        if is_doubted {
            doubts.extend(doubt(batch, row, quality, *flags));
        }
    }
    Ok((Arc::new(Int8Array::from(qualities)), words.finish()?))
}

fn doubt(batch: &RecordBatch, row: usize, quality: Quality, flags: Flags) -> Option<Doubt> {
    let int16 = |column: usize| batch.column(column).as_primitive::<Int16Type>().value(row);
    let cell = CellRef {
        sheet: u16::try_from(int16(7)).ok()?,
        row: u32::try_from(batch.column(8).as_primitive::<Int32Type>().value(row)).ok()?,
        column: u16::try_from(int16(9)).ok()?,
    };
    let tests: Vec<String> = flags
        .ran()
        .filter(|(_, flag)| matches!(flag, Quality::Fail | Quality::Suspect))
        .map(|(test, flag)| format!("{}:{}", test.name(), flag.code()))
        .collect();
    let value = batch.column(3).as_primitive::<Float64Type>().value(row);
    let numbered = batch.column_by_name(POSITION);
    let position = numbered.map_or(0, |positions| positions.as_primitive::<UInt32Type>().value(row));
    Some(Doubt { position, cell, value, quality, tests: tests.join(" ") })
}
