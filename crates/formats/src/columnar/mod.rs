//! Parquet tables, streamed a few thousand rows at a time; row 1 is the names of the columns.
//!
//! Numbers come out in the shortest text that is the same number, decimals, dates and times with all
//! their digits, instants in UTC. Texts are views into the pages that hold them, so that one long text
//! repeated over and over costs nothing.

mod text;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;

use crate::decode::check_size;
use crate::neighbourhood::{Selection, TOP_ROWS};
use crate::push::{Flow, PushedTable, Pusher, SheetRows, Stop};
use crate::{Error, Limits, Place};
use text::{Texts, prepared};
use wording::{Told, told};

/// Rows that are unpacked at once.
const BATCH: usize = 8192;

/// Opens a table.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    let size = std::fs::metadata(path)?.len();
    check_size(size, limits)?;
    let path = path.to_owned();
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| read(&path, size, pusher))
}

fn read(path: &Path, size: u64, pusher: &Pusher) -> Result<(), Stop> {
    let file = File::open(path)?;
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load(&file, options.clone()).map_err(|error| damaged_by(&error))?;
    let (schema, parts) = (metadata.schema().clone(), metadata.metadata().clone());
    if schema.fields().len() > usize::from(pusher.limits.max_columns) {
        let limit = u64::from(pusher.limits.max_columns);
        let hint = told!("formats-leave-out-columns-not-needed", "leave out the columns that are not needed");
        return Err(Error::limit(
            "columns",
            told!("formats-table-too-many-columns", "the table has too many columns"),
            limit,
            hint,
        )
        .into());
    }
    let options = options.with_schema(Arc::new(viewed(&schema)));
    let metadata =
        ArrowReaderMetadata::try_new(parts.clone(), options).map_err(|error| damaged_by(&error))?;
    pusher.opened(vec![String::new()], Vec::new())?;
    let mut texts = 0;
    let mut rows = pusher.sheet(0, None, u32::MAX, &mut texts);
    for (column, field) in schema.fields().iter().enumerate() {
        rows.cell(1, column, field.name(), false, damaged)?;
    }
    // Row groups are read one by one: those without a wanted row are never opened.
    let mut first = 2_u64;
    let groups = parts.num_row_groups().max(1) as u64;
    for (group, part) in parts.row_groups().iter().enumerate() {
        let count = u64::try_from(part.num_rows())
            .map_err(|_| damaged(told!("formats-part-no-number-rows", "a part has no number of rows")))?;
        let next = first.saturating_add(count);
        if next > u64::from(pusher.limits.max_rows) + 1 {
            return Err(too_many_rows(&pusher.limits).into());
        }
        rows.progress = size * (group as u64 + 1) / groups;
        for (from, to) in wanted(pusher.selection, first, next) {
            let start = usize::try_from(from - first).unwrap_or(usize::MAX);
            let length = usize::try_from(to - from).unwrap_or(usize::MAX);
            let builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, metadata.clone());
            let selection = vec![RowSelector::skip(start), RowSelector::select(length)];
            let batches = builder
                .with_row_groups(vec![group])
                .with_row_selection(RowSelection::from(selection))
                .with_batch_size(BATCH)
                .build()
                .map_err(|error| damaged_by(&error))?;
            let mut number = from;
            for batch in batches {
                let at = u32::try_from(number).unwrap_or(u32::MAX);
                let batch = batch.map_err(|error| damaged(Told::excerpt(error)).at(Place::row(at)))?;
                if push(&mut rows, at, &batch)? == Flow::Past {
                    return rows.finish();
                }
                number += batch.num_rows() as u64;
            }
        }
        first = next;
    }
    rows.finish()
}

/// The stretches of wanted rows among those from a row to before another.
fn wanted(selection: Selection, first: u64, next: u64) -> Vec<(u64, u64)> {
    let all = match selection {
        Selection::All => vec![(first, next)],
        Selection::Rows { from, to, header, .. } => {
            let mut stretches = vec![(2, u64::from(TOP_ROWS) + 1), (u64::from(from), u64::from(to) + 1)];
            stretches.extend(header.map(|row| (u64::from(row), u64::from(row) + 1)));
            stretches.sort_unstable();
            stretches
        }
    };
    let mut cut: Vec<(u64, u64)> = Vec::new();
    for (from, to) in all {
        let (mut from, to) = (from.max(first), to.min(next));
        if let Some((_, end)) = cut.last() {
            from = from.max(*end);
        }
        if from < to {
            cut.push((from, to));
        }
    }
    cut
}

fn push(rows: &mut SheetRows<'_>, first: u32, batch: &RecordBatch) -> Result<Flow, Stop> {
    let columns: Vec<ArrayRef> =
        batch.columns().iter().map(prepared).collect::<Result<_, _>>().map_err(damaged)?;
    let columns: Vec<Texts<'_>> =
        columns.iter().map(Texts::new).collect::<Result<_, _>>().map_err(damaged)?;
    let mut text = String::new();
    for index in 0..batch.num_rows() {
        let at = first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
        for (column, texts) in columns.iter().enumerate() {
            text.clear();
            texts.write(index, &mut text).map_err(|how| damaged(how).at(rows.place()))?;
            if !text.is_empty() && rows.cell(at, column, &text, texts.is_typed, damaged)? == Flow::Past {
                return Ok(Flow::Past);
            }
        }
    }
    Ok(Flow::Go)
}

/// The same columns with their texts as views.
fn viewed(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            Arc::new(Field::new(field.name(), DataType::Utf8View, field.is_nullable()))
        }
        DataType::Binary | DataType::LargeBinary => {
            Arc::new(Field::new(field.name(), DataType::BinaryView, field.is_nullable()))
        }
        _ => field.clone(),
    });
    Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone())
}

fn too_many_rows(limits: &Limits) -> Error {
    Error::limit(
        "rows",
        told!("formats-table-too-many-rows", "the table has too many rows"),
        u64::from(limits.max_rows),
        told!(
            "formats-split-into-several-files-hand-them-one",
            "split it into several files and hand them in one after the other"
        ),
    )
}

fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_parquet",
        told!("formats-parquet-file-cannot-read", "the Parquet file cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-write-again-save-table",
            "check that it was sent whole; write it again, or save the table as CSV (UTF-8)"
        ),
    )
}

fn damaged_by(error: &ParquetError) -> Error {
    damaged(Told::excerpt(error))
}
