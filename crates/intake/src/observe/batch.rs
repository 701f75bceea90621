//! Arrow batches of observations, with constant columns shared between batches. When they are too many for
//! memory they go to the disk, in runs.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::{
    Array, ArrayRef, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef,
    TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use lake::Spill;
use model::CellRef;
use wording::told;

use crate::Error;

/// Rows for which a constant column is made; longer ones are made as they are needed.
const SHARED_ROWS: usize = 65_536;

/// The values taken from one column of one chunk.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) datastreams: Vec<u32>,
    pub(super) starts: Vec<i64>,
    pub(super) ends: Vec<Option<i64>>,
    pub(super) results: Vec<f64>,
    pub(super) qualities: Vec<i8>,
    pub(super) tests: Vec<Tests>,
    pub(super) rows: Vec<i32>,
    /// Texts instead of numbers, by the place of the value.
    pub(super) texts: Vec<(usize, String)>,
    /// What is told of values beside their tests, by the place of the value: `approx`,
    /// `uncertainty:0.3`.
    pub(super) notes: Vec<(usize, String)>,
}

/// A value as a person reads it.
pub(super) fn shown(result: f64, text: Option<&str>) -> String {
    text.map_or_else(|| result.to_string(), str::to_owned)
}

/// Which tests set a row's flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tests {
    /// Whether the range test ran; it was passed, since a value outside is refused.
    pub(crate) ranged: bool,
    /// The source's own flag, or 0.
    pub(crate) source: i8,
}

impl Tests {
    pub(crate) fn text(self) -> Option<String> {
        match (self.ranged, self.source) {
            (false, 0) => None,
            (true, 0) => Some("gross_range:1".into()),
            (false, source) => Some(format!("source:{source}")),
            (true, source) => Some(format!("gross_range:1 source:{source}")),
        }
    }
}

impl Taken {
    fn clear(&mut self) {
        self.datastreams.clear();
        self.starts.clear();
        self.ends.clear();
        self.results.clear();
        self.qualities.clear();
        self.tests.clear();
        self.rows.clear();
        self.texts.clear();
        self.notes.clear();
    }

    /// The value at a place, as a person reads it.
    pub(super) fn shown(&self, at: usize) -> String {
        let text = self.texts.binary_search_by_key(&at, |(at, _)| *at).ok();
        shown(self.results[at], text.map(|found| self.texts[found].1.as_str()))
    }

    /// The numbers, null where there is a text instead, and the texts, if there are any.
    fn values(&mut self) -> (Float64Array, Option<StringArray>) {
        let results = std::mem::take(&mut self.results);
        if self.texts.is_empty() {
            return (Float64Array::from(results), None);
        }
        let mut texts: Vec<Option<&str>> = vec![None; results.len()];
        for (at, text) in &self.texts {
            texts[*at] = Some(text);
        }
        let numbers = results.iter().zip(&texts).map(|(number, text)| text.is_none().then_some(*number));
        (numbers.collect(), Some(StringArray::from(texts)))
    }

    /// Tests and notes, row by row.
    fn told(&self) -> StringArray {
        let mut notes = self.notes.iter().peekable();
        let rows = self.tests.iter().enumerate().map(|(at, tests)| {
            let note = notes.next_if(|(of, _)| *of == at).map(|(_, note)| note.as_str());
            match (tests.text(), note) {
                (tests, None) => tests,
                (None, Some(note)) => Some(note.to_owned()),
                (Some(tests), Some(note)) => Some(format!("{tests} {note}")),
            }
        });
        rows.collect()
    }
}

/// How many values of a file are held, and where the others go.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// Values in memory; with more, all of them go to the disk.
    pub(crate) in_memory: u32,
    /// Values of one datastream: they are tested together, in memory.
    pub(crate) of_one: u32,
    /// The folder on whose disk they are sorted.
    pub(crate) folder: PathBuf,
}

/// A part that is read back has a share of the values that are held at most; some are worked on at a time.
const PARTS: u64 = 8;
/// A run that is sorted has a share of them, too, since sorting takes memory of its own.
const RUNS: u32 = 2;

/// The values of a file.
pub(crate) enum Values {
    /// In memory, in the order of the file.
    Here(Vec<RecordBatch>),
    /// On disk, each with its position among all of them in a last column.
    Spilled(Arc<Spill>),
}

/// The column with the position of a value among those of the file, where the values are on disk.
pub(crate) const POSITION: &str = "position";

impl Values {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Values::Here(batches) => batches.iter().map(|batch| batch.num_rows() as u64).sum(),
            Values::Spilled(spill) => spill.rows(),
        }
    }

    /// The datastreams that have a value.
    pub(super) fn datastreams(&self) -> HashSet<i64> {
        let batches = match self {
            Values::Here(batches) => batches,
            Values::Spilled(spill) => return spill.series().keys().copied().collect(),
        };
        let mut found = HashSet::new();
        for batch in batches {
            let mut last = None;
            for id in batch.column(0).as_primitive::<Int64Type>().values() {
                if last != Some(*id) {
                    found.insert(*id);
                    last = Some(*id);
                }
            }
        }
        found
    }
}

/// All batches of a file so far: about 50 bytes a value, since what is constant is shared.
pub(crate) struct Batches {
    schema: SchemaRef,
    constants: Constants,
    batches: Vec<RecordBatch>,
    /// The position of each batch's first value.
    firsts: Vec<u32>,
    count: u32,
    /// The first and the last phenomenon time.
    span: Option<(i64, i64)>,
    /// How many of them are in memory.
    held: u32,
    room: Room,
    /// Where they go that are too many.
    spill: Option<Spill>,
}

impl Batches {
    pub(super) fn new(room: Room) -> Batches {
        let schema = lake::observations::schema();
        // The lake fills these from the commit.
        let fields: Vec<_> = schema
            .fields()
            .iter()
            .filter(|field| !matches!(field.name().as_str(), "run" | "recorded_at"))
            .cloned()
            .collect();
        Batches {
            schema: Arc::new(Schema::new(fields)),
            constants: Constants::default(),
            batches: Vec::new(),
            firsts: Vec::new(),
            count: 0,
            span: None,
            held: 0,
            room,
            spill: None,
        }
    }

    /// The first and the last phenomenon time of the values.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Makes a batch of what was taken from one column, and empties it.
    pub(super) fn push(
        &mut self,
        taken: &mut Taken,
        ids: &[i64],
        sheet: u16,
        column: usize,
    ) -> Result<(), Error> {
        let rows = taken.starts.len();
        if rows == 0 {
            return Ok(());
        }
        let own = taken.starts.iter().min().copied().zip(taken.starts.iter().max().copied());
        self.span = match (self.span, own) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (known, own) => known.or(own),
        };
        let constants = &mut self.constants;
        let datastreams: Int64Array = taken.datastreams.iter().map(|stream| ids[*stream as usize]).collect();
        let starts = utc(TimestampMicrosecondArray::from(std::mem::take(&mut taken.starts)));
        let ends = if taken.ends.iter().all(Option::is_none) {
            constants.null(starts.data_type(), rows)
        } else {
            utc(TimestampMicrosecondArray::from(std::mem::take(&mut taken.ends)))
        };
        let qualities: ArrayRef = match uniform(&taken.qualities) {
            Some(quality) => constants.get(Constant::Int8(quality), rows),
            None => Arc::new(Int8Array::from(std::mem::take(&mut taken.qualities))),
        };
        let tests = match uniform(&taken.tests).filter(|_| taken.notes.is_empty()) {
            Some(tests) => constants.get(Constant::Tests(tests), rows),
            None => Arc::new(taken.told()),
        };
        let (results, texts) = taken.values();
        let texts: ArrayRef = match texts {
            None => constants.null(&DataType::Utf8, rows),
            Some(texts) => Arc::new(texts),
        };
        let column = i16::try_from(column + 1).map_err(|_| too_wide())?;
        let sheet = i16::try_from(sheet).map_err(|_| too_wide())?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(datastreams),
            starts,
            ends,
            Arc::new(results),
            texts,
            qualities,
            tests,
            constants.get(Constant::Int16(sheet), rows),
            Arc::new(Int32Array::from(std::mem::take(&mut taken.rows))),
            constants.get(Constant::Int16(column), rows),
        ];
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::internal("putting mapped values together", error))?;
        taken.clear();
        let rows = u32::try_from(rows).map_err(|error| Error::internal("counting values", error))?;
        self.firsts.push(self.count);
        self.count = self.count.checked_add(rows).ok_or_else(|| Error::Limit {
            what: told!("intake-number-values-one-file", "the number of values in one file"),
            limit: told!(
                "intake-hand-file-several",
                "{max_values} (hand the file in as several)",
                max_values = u32::MAX
            ),
        })?;
        self.held += rows;
        self.batches.push(batch);
        let most = if self.spill.is_none() { self.room.in_memory } else { self.room.in_memory / RUNS };
        if self.held > most { self.spill() } else { Ok(()) }
    }

    /// Whether values are on disk, so that they cannot be looked up here.
    pub(super) fn is_spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// Puts on the disk what is in memory.
    #[cold]
    fn spill(&mut self) -> Result<(), Error> {
        let part_rows = (u64::from(self.room.in_memory) / PARTS).max(1);
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => {
                tracing::debug!(values = self.held, "the values of a file go to the disk");
                none.insert(Spill::new(&self.room.folder, part_rows)?)
            }
        };
        let mut fields: Vec<_> = self.schema.fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new(POSITION, DataType::UInt32, false)));
        let schema = Arc::new(Schema::new(fields));
        let run_rows = (self.room.in_memory / RUNS).max(1) as usize;
        let (mut run, mut rows) = (Vec::new(), 0);
        let last = self.batches.len();
        let given = std::mem::take(&mut self.batches).into_iter().zip(std::mem::take(&mut self.firsts));
        for (at, (batch, first)) in (1..).zip(given) {
            // Fewer values than a u32 counts.
            let positions = UInt32Array::from_iter_values((first..).take(batch.num_rows()));
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(positions));
            let batch = RecordBatch::try_new(schema.clone(), columns)
                .map_err(|error| Error::internal("numbering values", error))?;
            rows += batch.num_rows();
            run.push(batch);
            if rows >= run_rows || at == last {
                spill.add(&run)?;
                run.clear();
                rows = 0;
            }
        }
        self.held = 0;
        let most = spill.series().values().map(|series| series.rows).max().unwrap_or(0);
        if most > u64::from(self.room.of_one) {
            return Err(Error::Limit {
                what: told!(
                    "intake-number-values-one-datastream",
                    "the number of values of one datastream in one file"
                ),
                limit: told!(
                    "intake-hand-file-several",
                    "{max_values} (hand the file in as several)",
                    max_values = self.room.of_one
                ),
            });
        }
        Ok(())
    }

    /// The cell of the value at a position, and the value as a person reads it.
    pub(super) fn at(&self, position: u32) -> Option<(CellRef, String)> {
        let at = self.firsts.partition_point(|first| *first <= position).checked_sub(1)?;
        value_at(&self.batches[at], (position - self.firsts[at]) as usize)
    }

    /// Datastream and time of each value.
    pub(super) fn keys(&self) -> impl Iterator<Item = (i64, i64)> {
        self.batches.iter().flat_map(|batch| {
            let ids = batch.column(0).as_primitive::<Int64Type>().values().iter().copied();
            ids.zip(batch.column(1).as_primitive::<TimestampMicrosecondType>().values().iter().copied())
        })
    }

    /// All of them, at the end of the file.
    pub(super) fn finish(mut self) -> Result<Values, Error> {
        if self.spill.is_some() {
            self.spill()?;
        }
        Ok(match self.spill {
            Some(spill) => Values::Spilled(Arc::new(spill)),
            None => Values::Here(self.batches),
        })
    }
}

/// The cell of a value, and the value as a person reads it.
pub(super) fn value_at(batch: &RecordBatch, row: usize) -> Option<(CellRef, String)> {
    let int16 = |column: usize| batch.column(column).as_primitive::<Int16Type>().value(row);
    let cell = CellRef {
        sheet: u16::try_from(int16(7)).ok()?,
        row: u32::try_from(batch.column(8).as_primitive::<Int32Type>().value(row)).ok()?,
        column: u16::try_from(int16(9)).ok()?,
    };
    let texts = batch.column(4).as_string::<i32>();
    let text = texts.is_valid(row).then(|| texts.value(row));
    Some((cell, shown(batch.column(3).as_primitive::<Float64Type>().value(row), text)))
}

fn too_wide() -> Error {
    Error::Limit {
        what: told!("intake-column-sheet-number-value", "the column or sheet number of a value"),
        limit: i16::MAX.to_string().into(),
    }
}

fn utc(times: TimestampMicrosecondArray) -> ArrayRef {
    Arc::new(times.with_timezone("UTC"))
}

fn uniform<T: Copy + PartialEq>(items: &[T]) -> Option<T> {
    let first = *items.first()?;
    items.iter().all(|item| *item == first).then_some(first)
}

/// Columns that hold one value, of which every batch takes a slice.
#[derive(Default)]
struct Constants {
    made: HashMap<Constant, ArrayRef>,
    nulls: HashMap<DataType, ArrayRef>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Constant {
    Int8(i8),
    Int16(i16),
    Tests(Tests),
}

impl Constants {
    fn get(&mut self, constant: Constant, rows: usize) -> ArrayRef {
        let whole = rows.max(SHARED_ROWS);
        let make = || -> ArrayRef {
            match constant {
                Constant::Int8(value) => Arc::new(Int8Array::from_value(value, whole)),
                Constant::Int16(value) => Arc::new(Int16Array::from_value(value, whole)),
                Constant::Tests(tests) => match tests.text() {
                    None => new_null_array(&DataType::Utf8, whole),
                    Some(text) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, whole))),
                },
            }
        };
        shared(self.made.entry(constant).or_insert_with(make), rows, make)
    }

    fn null(&mut self, kind: &DataType, rows: usize) -> ArrayRef {
        let make = || new_null_array(kind, rows.max(SHARED_ROWS));
        shared(self.nulls.entry(kind.clone()).or_insert_with(make), rows, make)
    }
}

/// The first rows of an array, which is made anew when it is too short.
fn shared(array: &mut ArrayRef, rows: usize, make: impl Fn() -> ArrayRef) -> ArrayRef {
    if array.len() < rows {
        *array = make();
    }
    array.slice(0, rows)
}
