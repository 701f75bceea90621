//! Arrow batches as JSON, CSV, Arrow and Parquet, streamed.

mod cells;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::ipc::writer::StreamWriter;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::{Buf, Bytes};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use parking_lot::Mutex;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use wording::told;

use self::cells::Cells;
use super::offload::Large;
use super::problem::{Problem, ProblemKind};

/// The shapes in which rows leave this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// A JSON array of objects.
    Json,
    /// CSV with a header, UTF-8, dots and ISO 8601 times.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

impl RowFormat {
    /// The format of `f=` or `format=`, else of `Accept`, else JSON.
    pub fn choose(asked: Option<&str>, accept: Option<&str>) -> Result<RowFormat, Problem> {
        let by_name = |name: &str| match name {
            "json" => Some(RowFormat::Json),
            "csv" => Some(RowFormat::Csv),
            "arrow" => Some(RowFormat::Arrow),
            "parquet" => Some(RowFormat::Parquet),
            _ => None,
        };
        if let Some(name) = asked {
            return by_name(name).ok_or_else(|| {
                Problem::text(
                    ProblemKind::NotAcceptable,
                    told!(
                        "serve-not-format-write-json-csv-arrow-parquet",
                        "`{name}` is not a format: write json, csv, arrow or parquet",
                        name = name
                    ),
                )
            });
        }
        let accept = accept.unwrap_or("*/*");
        let by_type = accept.split(',').find_map(|range| match range.split(';').next()?.trim() {
            "application/json" | "*/*" | "application/*" => Some(RowFormat::Json),
            "text/csv" => Some(RowFormat::Csv),
            "application/vnd.apache.arrow.stream" => Some(RowFormat::Arrow),
            "application/vnd.apache.parquet" => Some(RowFormat::Parquet),
            _ => None,
        });
        Ok(by_type.unwrap_or(RowFormat::Json))
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            RowFormat::Json => "application/json",
            RowFormat::Csv => "text/csv; charset=utf-8",
            RowFormat::Arrow => "application/vnd.apache.arrow.stream",
            RowFormat::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// Marks a response whose bytes are not to be packed on their way.
#[derive(Debug, Clone, Copy)]
pub struct AsItIs;

/// Rows as they come from the engine.
pub type Rows = BoxStream<'static, Result<RecordBatch, Problem>>;

/// What failed while a response was under way: the connection is cut, so that no client takes a
/// part for the whole.
type StreamError = Box<dyn std::error::Error + Send + Sync>;

/// Streams rows to the client. In JSON, `prologue` stands before the array, and what `epilogue`
/// says once all rows have gone stands after it.
pub fn rows(
    format: RowFormat,
    schema: SchemaRef,
    rows: Rows,
    prologue: String,
    epilogue: impl FnOnce() -> String + Send + 'static,
) -> Response<Body> {
    let body = match format {
        RowFormat::Json => json_body(rows, prologue, epilogue),
        RowFormat::Csv => csv_body(schema, rows),
        RowFormat::Arrow => arrow_body(schema, rows),
        RowFormat::Parquet => parquet_body(schema, rows),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    response.extensions_mut().insert(Large);
    response
}

/// Answers of so many rows are written where they are asked for.
pub const SMALL_ROWS: usize = 5_000;

/// A small answer whose rows are there already, written now rather than piece by piece by others.
pub async fn at_once(response: Response<Body>) -> Result<Response<Body>, Problem> {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| Problem::internal(&error))?;
    parts.extensions.remove::<Large>();
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn cut(problem: Problem) -> StreamError {
    tracing::error!(problem.kind = problem.kind.slug(), "a response was cut off");
    format!("the answer was cut off: {}", problem.kind.slug()).into()
}

fn json_body(rows: Rows, prologue: String, epilogue: impl FnOnce() -> String + Send + 'static) -> Body {
    let mut first = true;
    let objects = pieces(rows, Cells::objects, arrow_objects).map_ok(move |mut objects| {
        // The comma before the first.
        if std::mem::take(&mut first) {
            objects.advance(1);
        }
        objects
    });
    let start = futures::stream::once(async move { Ok(Bytes::from(format!("{prologue}["))) });
    let end = futures::stream::once(async move { Ok(Bytes::from(format!("]{}", epilogue()))) });
    Body::from_stream(start.chain(objects).chain(end))
}

fn csv_body(schema: SchemaRef, rows: Rows) -> Body {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut header = csv_line(&names);
    header.push('\n');
    let lines = pieces(rows, |cells, rows| Ok(cells.lines(rows)), arrow_lines);
    let start = futures::stream::once(async move { Ok(Bytes::from(header)) });
    Body::from_stream(start.chain(lines))
}

/// Rows that are written as one piece of an answer: as much as stays near the processor.
const PIECE: usize = 512;

/// Rows as they are written, piece by piece, none of them empty.
fn pieces(
    rows: Rows,
    write: impl Fn(&Cells, Range<usize>) -> Result<Vec<u8>, arrow::error::ArrowError> + Copy + Send + 'static,
    other: impl Fn(RecordBatch) -> Result<Vec<u8>, arrow::error::ArrowError> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, StreamError>> + Send {
    let of_batch = move |batch: RecordBatch| -> Result<BoxStream<'static, _>, StreamError> {
        let Some(cells) = Cells::of(&batch)? else {
            let whole = if batch.num_rows() > 0 { Some(Ok(Bytes::from(other(batch)?))) } else { None };
            return Ok(futures::stream::iter(whole).boxed());
        };
        let starts = (0..cells.rows()).step_by(PIECE);
        let piece = move |start: usize| {
            let rows = start..cells.rows().min(start + PIECE);
            Ok::<_, StreamError>(Bytes::from(write(&cells, rows)?))
        };
        Ok(futures::stream::iter(starts.map(piece)).boxed())
    };
    rows.map_err(cut).map(move |batch| of_batch(batch?)).try_flatten()
}

/// Rows as objects of JSON, nulls included, each after a comma, by Arrow's writer.
fn arrow_objects(batch: RecordBatch) -> Result<Vec<u8>, arrow::error::ArrowError> {
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow::json::writer::LineDelimited>(Vec::new());
    writer.write(&with_text_times(batch)?)?;
    writer.finish()?;
    let lines = writer.into_inner();
    let mut text = Vec::with_capacity(lines.len() + 1);
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        text.push(b',');
        text.extend_from_slice(line);
    }
    Ok(text)
}

/// Rows as lines of CSV, without a header.
pub fn csv_rows(batch: RecordBatch) -> Result<Vec<u8>, arrow::error::ArrowError> {
    match Cells::of(&batch)? {
        Some(cells) => Ok(cells.lines(0..cells.rows())),
        None => arrow_lines(batch),
    }
}

/// The same by Arrow's writer.
fn arrow_lines(batch: RecordBatch) -> Result<Vec<u8>, arrow::error::ArrowError> {
    let mut writer = arrow::csv::WriterBuilder::new().with_header(false).build(Vec::new());
    writer.write(&with_text_times(super::harmless::harmless(batch)?)?)?;
    Ok(writer.into_inner())
}

/// Rows as JSON objects, nulls included: for answers that hold them whole.
pub fn objects(
    batches: &[RecordBatch],
) -> Result<Vec<serde_json::Map<String, serde_json::Value>>, arrow::error::ArrowError> {
    let mut rows = Vec::new();
    for batch in batches {
        let batch = with_text_times(batch.clone())?;
        let mut writer = arrow::json::WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, arrow::json::writer::JsonArray>(Vec::new());
        writer.write(&batch)?;
        writer.finish()?;
        let text = writer.into_inner();
        if text.is_empty() {
            continue;
        }
        let read: Vec<_> = serde_json::from_slice(&text)
            .map_err(|error| arrow::error::ArrowError::JsonError(error.to_string()))?;
        rows.extend(read);
    }
    Ok(rows)
}

/// The batch with its instants as the texts that stand in CSV and JSON: Arrow's own writers go through
/// the rules of a time zone for each.
fn with_text_times(batch: RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let is_instant = |of: &DataType| matches!(of, DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC");
    let schema = batch.schema();
    if !schema.fields().iter().any(|field| is_instant(field.data_type())) {
        return Ok(batch);
    }
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if is_instant(field.data_type()) {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, field.is_nullable())));
            columns.push(Arc::new(texts_of(column.as_primitive())) as ArrayRef);
        } else {
            fields.push(field.clone());
            columns.push(column.clone());
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

fn texts_of(times: &TimestampMicrosecondArray) -> StringArray {
    let mut texts = StringBuilder::with_capacity(times.len(), times.len() * 20);
    let mut text = String::new();
    for time in times {
        match time {
            Some(micros) => {
                text.clear();
                model::push_instant(&mut text, micros);
                texts.append_value(&text);
            }
            None => texts.append_null(),
        }
    }
    texts.finish()
}

/// A line of CSV.
pub fn csv_line(names: &[&str]) -> String {
    let quoted = names.iter().map(|name| {
        let name = formats::harmless(name);
        if name.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", name.replace('"', "\"\""))
        } else {
            name.into_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

/// A buffer that a writer fills and the response empties.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn take(&self) -> Bytes {
        Bytes::from(std::mem::take(&mut *self.0.lock()))
    }
}

fn arrow_body(schema: SchemaRef, rows: Rows) -> Body {
    let buffer = Shared::default();
    let stream = async_stream(buffer.clone(), rows, move |sink| {
        StreamWriter::try_new(sink, &schema).map(|writer| Box::new(ArrowSink(writer)) as Box<dyn Sink>)
    });
    Body::from_stream(stream)
}

fn parquet_body(schema: SchemaRef, rows: Rows) -> Body {
    let buffer = Shared::default();
    let stream = async_stream(buffer.clone(), rows, move |sink| {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(Default::default()))
            .set_max_row_group_row_count(Some(128 * 1024))
            .build();
        ArrowWriter::try_new(sink, schema, Some(properties))
            .map(|writer| Box::new(ParquetSink(writer)) as Box<dyn Sink>)
            .map_err(|error| arrow::error::ArrowError::ParquetError(error.to_string()))
    });
    Body::from_stream(stream)
}

/// A writer of batches that can be closed.
trait Sink: Send {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), StreamError>;
    fn close(self: Box<Self>) -> Result<(), StreamError>;
}

struct ArrowSink(StreamWriter<Shared>);

impl Sink for ArrowSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), StreamError> {
        Ok(self.0.write(batch)?)
    }
    fn close(mut self: Box<Self>) -> Result<(), StreamError> {
        Ok(self.0.finish()?)
    }
}

struct ParquetSink(ArrowWriter<Shared>);

impl Sink for ParquetSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), StreamError> {
        Ok(self.0.write(batch)?)
    }
    fn close(self: Box<Self>) -> Result<(), StreamError> {
        self.0.close()?;
        Ok(())
    }
}

fn async_stream(
    buffer: Shared,
    rows: Rows,
    open: impl FnOnce(Shared) -> Result<Box<dyn Sink>, arrow::error::ArrowError> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, StreamError>> {
    enum State {
        Start(Rows),
        Writing(Box<dyn Sink>, Rows),
        Done,
    }
    let mut open = Some(open);
    futures::stream::try_unfold(State::Start(rows), move |state| {
        let sink_buffer = buffer.clone();
        let opened = matches!(state, State::Start(_)).then(|| open.take()).flatten();
        async move {
            let (mut sink, mut rows) = match (state, opened) {
                (State::Start(rows), Some(open)) => (open(sink_buffer.clone())?, rows),
                (State::Writing(sink, rows), _) => (sink, rows),
                (State::Start(_) | State::Done, _) => return Ok(None),
            };
            match rows.next().await {
                Some(batch) => {
                    sink.write(&batch.map_err(cut)?)?;
                    Ok(Some((sink_buffer.take(), State::Writing(sink, rows))))
                }
                None => {
                    sink.close()?;
                    Ok(Some((sink_buffer.take(), State::Done)))
                }
            }
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(batch: &RecordBatch) -> (String, String) {
        let mut csv = arrow::csv::WriterBuilder::new().with_header(false).build(Vec::new());
        csv.write(batch).unwrap();
        let mut json = arrow::json::LineDelimitedWriter::new(Vec::new());
        json.write(batch).unwrap();
        json.finish().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(csv.into_inner()), text(json.into_inner()))
    }

    #[test]
    fn instants_are_written_as_arrow_writes_them() {
        let times = [Some(0), None, Some(1_582_210_800_000_000), Some(1_582_210_800_120_000), Some(-1)];
        let times = TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC");
        let numbers = arrow::array::Int64Array::from(vec![1, 2, 3, 4, 5]);
        let columns: [(&str, ArrayRef); 2] = [("time", Arc::new(times)), ("n", Arc::new(numbers))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        assert_eq!(written(&with_text_times(batch.clone()).unwrap()), written(&batch));
    }
}
