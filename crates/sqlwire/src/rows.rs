//! Rows on their way to the client: an answer that runs, the columns that it is told to have, and as
//! many of its rows as are wanted.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use futures::StreamExt;
use futures::stream::BoxStream;
use query::{Origin, PgType, Postgres, SqlAnswer};
use tokio::sync::Notify;

use crate::copy::{BINARY_END, BINARY_HEAD, Shape};
use crate::encode::{self, Column};
use crate::error::{Failed, Refusal};
use crate::frame::{Wire, put_text};

/// An answer under way.
pub(crate) struct Running {
    pub(crate) schema: SchemaRef,
    /// The columns of tables that its columns are.
    pub(crate) origins: Vec<Option<Origin>>,
    batches: BoxStream<'static, Result<RecordBatch, query::Error>>,
    /// The batch of which rows have been sent, and how many.
    begun: Option<(Vec<Column>, usize, usize)>,
    pub(crate) sent: u64,
}

/// How values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    Text,
    Binary,
}

/// Where rows go.
pub(crate) enum Into<'a> {
    /// Rows of the protocol, with a form for each column, or one for all.
    Rows(&'a [Values]),
    /// Lines of `COPY`, or rows in its binary format.
    Lines(&'a Shape),
    /// Nowhere: they are passed over.
    Nothing,
}

impl Running {
    pub(crate) fn new(answer: SqlAnswer) -> Running {
        Running {
            schema: answer.schema,
            origins: answer.origins,
            // A cursor may be asked for more after its end.
            batches: answer.batches.fuse().boxed(),
            begun: None,
            sent: 0,
        }
    }

    /// An answer of the session itself: one column of texts.
    pub(crate) fn of_texts(name: &str, rows: Vec<String>) -> Result<Running, Refusal> {
        let array: arrow::array::ArrayRef = Arc::new(arrow::array::StringArray::from(rows));
        let batch = RecordBatch::try_from_iter([(name, array)]);
        let batch = batch.map_err(|error| Refusal::new("XX000", error.to_string()))?;
        let schema = batch.schema();
        let batches = futures::stream::iter([Ok(batch)]).boxed();
        Ok(Running { schema, origins: Vec::new(), batches, begun: None, sent: 0 })
    }

    /// Gives values in the types that the client has been told.
    pub(crate) fn promised(mut self, schema: &SchemaRef) -> Running {
        let same =
            |of: &Schema| of.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>();
        if same(schema) != same(&self.schema) {
            let promised = schema.clone();
            self.batches = self.batches.map(move |batch| recast(&batch?, &promised)).boxed();
            self.schema = schema.clone();
        }
        self
    }

    /// Sends rows, at most so many, and tells whether there may be more. It ends early when the client
    /// cancels, and when it goes away.
    pub(crate) async fn send(
        &mut self,
        wire: &mut Wire,
        told: &Notify,
        into: Into<'_>,
        most: Option<u64>,
    ) -> Result<bool, Failed> {
        let mut left = most.unwrap_or(u64::MAX);
        let mut line = String::new();
        loop {
            if self.begun.is_none() {
                let next = tokio::select! {
                    biased;
                    () = told.notified() => return Err(cancelled().into()),
                    () = wire.gone() => return Err(gone()),
                    next = self.batches.next() => next,
                };
                let Some(batch) = next.transpose().map_err(Refusal::from)? else { return Ok(false) };
                self.begun = Some((encode::columns(&batch)?, batch.num_rows(), 0));
            }
            let Some((columns, rows, at)) = &mut self.begun else { return Ok(false) };
            while at < rows {
                if left == 0 {
                    return Ok(true);
                }
                match &into {
                    Into::Rows(values) => put_row(wire, columns, *at, values),
                    Into::Lines(shape) if shape.is_binary => put_tuple(wire, columns, *at, self.sent == 0),
                    Into::Lines(shape) => put_line(wire, columns, *at, shape, &mut line),
                    Into::Nothing => {}
                }
                *at += 1;
                left -= 1;
                self.sent += 1;
                wire.relieve().await?;
            }
            self.begun = None;
        }
    }
}

pub(crate) fn cancelled() -> Refusal {
    Refusal::new("57014", "canceling statement due to user request")
}

pub(crate) fn gone() -> Failed {
    Failed::Gone(std::io::ErrorKind::ConnectionReset.into())
}

fn recast(batch: &RecordBatch, promised: &SchemaRef) -> Result<RecordBatch, query::Error> {
    let wrong = |error: arrow::error::ArrowError| query::Error::Internal(Box::new(error));
    let columns = batch.columns().iter().zip(promised.fields());
    let columns = columns.map(|(column, field)| match field.data_type() {
        DataType::Null => cast(column, &DataType::Utf8),
        of => cast(column, of),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let fields: Vec<_> = promised
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            let given = arrow::datatypes::Field::new(field.name(), column.data_type().clone(), true);
            given.with_metadata(field.metadata().clone())
        })
        .collect();
    // Rows may have no columns (`SELECT FROM …`).
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(wrong)
}

fn put_row(wire: &mut Wire, columns: &[Column], row: usize, values: &[Values]) {
    let start = wire.begin(b'D');
    let out = wire.out();
    out.extend_from_slice(&u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes());
    for (place, column) in columns.iter().enumerate() {
        column.value(row, form(values, place) == Values::Binary, out);
    }
    wire.end(start);
}

fn put_line(wire: &mut Wire, columns: &[Column], row: usize, shape: &Shape, text: &mut String) {
    let start = wire.begin(b'd');
    let out = wire.out();
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            out.push(shape.delimiter);
        }
        if column.is_null(row) {
            shape.put(out, None);
        } else {
            text.clear();
            column.text(row, text);
            shape.put(out, Some(text));
        }
    }
    out.push(b'\n');
    wire.end(start);
}

/// A row of `COPY` in binary: as many values as there are, each with its length. The head comes with the
/// first row in one message, as clients expect it of a server.
fn put_tuple(wire: &mut Wire, columns: &[Column], row: usize, is_first: bool) {
    let start = wire.begin(b'd');
    let out = wire.out();
    if is_first {
        out.extend_from_slice(BINARY_HEAD);
    }
    out.extend_from_slice(&u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes());
    for column in columns {
        column.value(row, true, out);
    }
    wire.end(start);
}

/// The form of a column's values: one for each, one for all, or texts when none is given (§55.2.3).
pub(crate) fn form(values: &[Values], place: usize) -> Values {
    match values {
        [] => Values::Text,
        [all] => *all,
        each => each.get(place).copied().unwrap_or(Values::Text),
    }
}

/// Tells the columns of what follows (RowDescription).
pub(crate) fn describe(wire: &mut Wire, schema: &Schema, origins: &[Option<Origin>], values: &[Values]) {
    let start = wire.begin(b'T');
    let out = wire.out();
    out.extend_from_slice(&u16::try_from(schema.fields().len()).unwrap_or(u16::MAX).to_be_bytes());
    for (place, (field, of)) in schema.fields().iter().zip(encode::types(schema)).enumerate() {
        let PgType { oid, size, .. } = of;
        put_text(out, Postgres::shown(field.name()));
        let (table, column) = match origins.get(place).copied().flatten() {
            Some(Origin { table, place }) => (table, place),
            None => (0, 0),
        };
        out.extend_from_slice(&table.to_be_bytes());
        out.extend_from_slice(&column.to_be_bytes());
        out.extend_from_slice(&oid.to_be_bytes());
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(&(-1_i32).to_be_bytes());
        let form = i16::from(form(values, place) == Values::Binary);
        out.extend_from_slice(&form.to_be_bytes());
    }
    wire.end(start);
}

/// Ends `COPY … TO STDOUT`.
pub(crate) fn end_copy(wire: &mut Wire, shape: &Shape, rows: u64) {
    if shape.is_binary {
        let start = wire.begin(b'd');
        if rows == 0 {
            wire.out().extend_from_slice(BINARY_HEAD);
        }
        wire.out().extend_from_slice(BINARY_END);
        wire.end(start);
    }
    wire.message(b'c', &[]);
}

/// Begins `COPY … TO STDOUT`.
pub(crate) fn begin_copy(wire: &mut Wire, schema: &Schema, shape: &Shape) {
    let columns = u16::try_from(schema.fields().len()).unwrap_or(u16::MAX);
    let start = wire.begin(b'H');
    let form = u8::from(shape.is_binary);
    wire.out().push(form);
    wire.out().extend_from_slice(&columns.to_be_bytes());
    wire.out().extend((0..columns).flat_map(|_| [0, form]));
    wire.end(start);
    if shape.has_header {
        let start = wire.begin(b'd');
        for (place, field) in schema.fields().iter().enumerate() {
            if place > 0 {
                wire.out().push(shape.delimiter);
            }
            shape.put(wire.out(), Some(Postgres::shown(field.name())));
        }
        wire.out().push(b'\n');
        wire.end(start);
    }
}
