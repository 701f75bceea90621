//! Features as FlatGeobuf: in the order of their index, or, where there are very many, as they come.
//!
//! The index stands before the features, and they stand in its order: they are written down beside the file
//! first, and their boxes are held meanwhile.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, Schema};
use standards::flatgeobuf::index::Boxes;
use standards::flatgeobuf::{ColumnKind, FieldValue, Head, feature, head};
use standards::geometry::Geometry;

use super::out::Out;
use super::write::{self, failed, text};
use crate::http::Answer;

/// The most features that get an index: of each, some 70 bytes are held.
const MOST_INDEXED: u64 = 1_000_000;

/// A file that is being written.
pub(super) struct FlatGeobuf {
    out: BufWriter<Out>,
    beside: Option<Beside>,
    geometry: usize,
    columns: Vec<(usize, ColumnKind)>,
}

impl FlatGeobuf {
    pub(super) fn begin(out: Out, folder: &Path, of: &write::Head<'_>) -> Answer<FlatGeobuf> {
        let has_index = (1..=MOST_INDEXED).contains(&of.before.size.rows);
        let beside = has_index.then(|| Beside::create(folder)).transpose()?;
        let geometry = of.schema.index_of("geometry").map_err(failed)?;
        let columns: Vec<(usize, ColumnKind)> =
            write::columns(of.schema).into_iter().map(|at| (at, kind(of.schema, at))).collect();
        let words: serde_json::Map<String, serde_json::Value> =
            of.about.words().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let names = columns.iter().map(|(at, kind)| (of.schema.field(*at).name().clone(), *kind));
        let said = Head {
            name: of.about.dataset.clone(),
            title: of.about.title.clone(),
            metadata: serde_json::Value::from(words).to_string(),
            envelope: of.before.size.bbox,
            features: of.before.size.rows,
            has_index,
            columns: names.collect(),
        };
        let mut out = BufWriter::with_capacity(256 << 10, out);
        out.write_all(&head(&said)).and_then(|()| out.flush()).map_err(failed)?;
        Ok(FlatGeobuf { out, beside, geometry, columns })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        let shapes = batch.column(self.geometry).as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let geometry = match shapes.is_valid(row) {
                true => Some(Geometry::from_wkb(shapes.value(row)).map_err(failed)?),
                false => None,
            };
            let mut values = Vec::with_capacity(self.columns.len());
            for ((at, kind), number) in self.columns.iter().zip(0_u16..) {
                let column = batch.column(*at);
                if column.is_valid(row) {
                    values.push((number, value(column.as_ref(), row, *kind)?));
                }
            }
            let bytes = feature(geometry.as_ref(), &values).map_err(failed)?;
            match &mut self.beside {
                Some(beside) => beside.add(geometry.as_ref(), &bytes)?,
                None => self.out.write_all(&bytes).map_err(failed)?,
            }
        }
        self.out.flush().map_err(failed)
    }

    pub(super) fn close(mut self) -> Answer<Out> {
        if let Some(beside) = self.beside {
            beside.write(&mut self.out)?;
        }
        self.out.into_inner().map_err(|error| failed(error.into_error()))
    }
}

/// Features on their way: where they are, and their boxes.
struct Beside {
    file: BufWriter<File>,
    boxes: Boxes,
}

impl Beside {
    fn create(folder: &Path) -> Answer<Beside> {
        let file = tempfile::tempfile_in(folder).map_err(failed)?;
        Ok(Beside { file: BufWriter::with_capacity(256 << 10, file), boxes: Boxes::default() })
    }

    fn add(&mut self, geometry: Option<&Geometry>, bytes: &[u8]) -> Answer<()> {
        let length = u32::try_from(bytes.len()).map_err(failed)?;
        self.boxes.add(geometry.and_then(Geometry::bounds), length);
        self.file.write_all(bytes).map_err(failed)
    }

    /// Writes the index, and the features in its order.
    fn write(self, out: &mut impl Write) -> Answer<()> {
        let mut file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        let order = self.boxes.order();
        self.boxes.write(&order, out).map_err(failed)?;
        let places = self.boxes.places();
        let mut feature = Vec::new();
        for number in order {
            let (at, length) = places[number as usize];
            feature.resize(length as usize, 0);
            file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut feature)).map_err(failed)?;
            out.write_all(&feature).map_err(failed)?;
        }
        Ok(())
    }
}

fn kind(schema: &Schema, at: usize) -> ColumnKind {
    match schema.field(at).data_type() {
        DataType::Boolean => ColumnKind::Bool,
        of if of.is_signed_integer() => ColumnKind::Long,
        of if of.is_floating() => ColumnKind::Double,
        DataType::Timestamp(..) => ColumnKind::DateTime,
        _ => ColumnKind::String,
    }
}

fn value(values: &dyn Array, row: usize, kind: ColumnKind) -> Answer<FieldValue> {
    let cast = |to: &DataType| arrow::compute::cast(&values.slice(row, 1), to).map_err(failed);
    Ok(match kind {
        ColumnKind::Bool => FieldValue::Bool(values.as_boolean().value(row)),
        ColumnKind::Long => FieldValue::Long(cast(&DataType::Int64)?.as_primitive::<Int64Type>().value(0)),
        ColumnKind::Double => {
            FieldValue::Double(cast(&DataType::Float64)?.as_primitive::<Float64Type>().value(0))
        }
        ColumnKind::String | ColumnKind::DateTime => FieldValue::Text(text(values, row)?),
    })
}
