//! What the columns of values of one table share: what was looked up, and what is known of each row.

use std::sync::Arc;

use arrow::array::{Array, StringArray};
use catalog::{Gazetteer, ValueWord, vocabulary};
use formats::Chunk;
use model::{CellRef, DatasetId, DatastreamKey, PlaceId, PropertyCode};
use policy::RowFilter;

use super::batch::Batches;
use super::columns::Header;
use super::duplicates::Keys;
use super::number::NumberStyle;
use super::period::Period;
use super::resolve::{PlaceFinder, Pool};
use super::time::Moment;

/// The number of nothing: a place that was not found.
pub(super) const NONE: u32 = u32::MAX;

/// What all columns of values share.
pub(super) struct Shared {
    pub(super) gazetteer: Arc<Gazetteer>,
    pub(super) finder: Option<PlaceFinder>,
    pub(super) dataset: DatasetId,
    pub(super) rows: RowFilter,
    pub(super) zone: i64,
    pub(super) places: Pool<PlaceId>,
    pub(super) properties: Pool<PropertyCode>,
    pub(super) units: Pool<String>,
    pub(super) periods: Pool<Period>,
    pub(super) streams: Pool<DatastreamKey>,
    pub(super) stream_ids: Vec<i64>,
    pub(super) keys: Keys,
    pub(super) batches: Batches,
    pub(super) missing: Missing,
    pub(super) instant: u32,
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) warned_of_moving: bool,
}

/// Texts that stand for no value.
pub(super) struct Missing {
    texts: Vec<String>,
    /// Whether one of them reads as a number (`-9999`), so that numbers have to be compared too.
    pub(super) numeric: bool,
}

impl Missing {
    pub(super) fn new(texts: &[String]) -> Missing {
        let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
        let numeric = texts
            .iter()
            .any(|text| NumberStyle::Dot.read(text).is_ok() || NumberStyle::Comma.read(text).is_ok());
        Missing { texts, numeric }
    }

    /// Whether a text stands for no value: by the mapping, or by the words that everybody uses. A number
    /// does only where the mapping says so.
    #[inline]
    pub(super) fn holds(&self, text: &str) -> bool {
        text.is_empty()
            || self.texts.iter().any(|missing| missing == text)
            || vocabulary().word(text) == Some(ValueWord::Missing)
    }
}

/// What is known of each row of a chunk before its values are read.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) moments: Vec<Moment>,
    pub(super) ends: Vec<Option<i64>>,
    pub(super) times: Vec<TimeState>,
    pub(super) places: Vec<u32>,
    pub(super) flags: Vec<i8>,
    /// What was already said of each row: [`REFUSED`] and one bit for each part shared by its values.
    pub(super) said: Vec<u8>,
}

/// The bit of a row of which a value was refused.
pub(super) const REFUSED: u8 = 1;

/// Whether a row's time can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeState {
    Good,
    Empty,
    Unreadable,
    Future,
    EndUnreadable,
}

/// Where the columns that a value needs stand in the sheet.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) value: usize,
    pub(super) property: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) period: Option<usize>,
    pub(super) statistic: Option<usize>,
    /// The temperature that a value is derived with.
    pub(super) temperature: Option<usize>,
    pub(super) style: NumberStyle,
}

/// A chunk with its header and the columns that rows are refused for.
pub(super) struct Sheet<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) header: &'a Header,
    pub(super) start: usize,
    pub(super) time: usize,
    pub(super) end: usize,
    pub(super) place: usize,
    pub(super) now: &'a str,
}

/// The cell of a column by its index.
pub(super) fn cell_at(sheet: u16, row: u32, column: usize) -> CellRef {
    CellRef { sheet, row, column: u16::try_from(column + 1).unwrap_or(u16::MAX) }
}

/// The number of a place that the mapping names by id.
pub(super) fn fixed_place(text: &str, shared: &mut Shared) -> Option<u32> {
    let id = PlaceId::new(text).ok()?;
    shared.gazetteer.place(&id)?;
    Some(shared.places.number(id))
}

/// The cells of a column, without blanks around them; empty ones are absent.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a>(Option<&'a StringArray>);

impl<'a> Cells<'a> {
    pub(super) fn of(chunk: &'a Chunk, column: Option<usize>) -> Cells<'a> {
        Cells(column.and_then(|column| chunk.columns.get(column)))
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        let array = self.0?;
        if array.is_null(row) {
            return None;
        }
        let text = array.value(row).trim();
        (!text.is_empty()).then_some(text)
    }
}
