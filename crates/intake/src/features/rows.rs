//! Features under a mapping: rows with typed attributes, refusing each that is not right.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Float64Builder, Int16Array, Int32Array, Int64Builder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use formats::{
    Charset, DecimalStyle, FeatureItem, FeatureOptions, FeatureRow, Format, Limits, read_features,
};
use lake::{Attribute, AttributeKind, TableSchema};
use model::{CellRef, RunTotals, Severity};
use serde_json::Value;
use wording::told;

use super::strays::Strays;
use super::value::{Cell, read, zone_of};
use crate::Error;
use crate::findings::{Findings, Words};
use crate::letters;
use crate::mapping::{AttributeType, Mapping};
use crate::personal::{Source, hold_back};
use crate::sheets::tell_left_out;

/// Bytes of geometry and text in one batch, about.
const BATCH_BYTES: usize = 16 << 20;
/// Rows in one batch, at most.
const BATCH_ROWS: usize = 65_536;
/// The longest id of a feature.
const MAX_ID: usize = 200;

/// What came of a file of features.
pub(crate) struct MappedFeatures {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) table: TableSchema,
    pub(crate) totals: RunTotals,
    /// The layers or sheets of the file.
    pub(crate) layers: Vec<String>,
    /// The encodings of its texts.
    pub(crate) charsets: Vec<Charset>,
}

/// The features of a file.
pub(crate) struct FeatureFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) format: &'a Format,
    pub(crate) options: &'a FeatureOptions,
}

/// How the features of a file are read beside what the mapping says.
pub(crate) struct ReadAs<'a> {
    /// How the numbers of each attribute are written.
    pub(crate) styles: &'a [Option<DecimalStyle>],
    /// Numbers of each attribute that stand for no value in this file.
    pub(crate) codes: Vec<Vec<f64>>,
    /// What is known of where its features should lie.
    pub(crate) strays: Strays<'a>,
}

/// Takes all features of a file. `said` is told the bytes and rows read, and ends the work with `false`.
pub(crate) fn map(
    file: &FeatureFile<'_>,
    mapping: &Mapping,
    read_as: ReadAs<'_>,
    limits: &Limits,
    max_bytes: u64,
    findings: &mut Findings,
    mut said: impl FnMut(u64, u64) -> bool,
) -> Result<Option<MappedFeatures>, Error> {
    let mut taker = Taker::new(mapping)?;
    let ReadAs { styles, codes, mut strays } = read_as;
    taker.write(styles);
    taker.missing = Some(mapping.source.missing.iter().filter_map(|text| text.parse().ok()).collect());
    // The name may stand before them.
    let before = taker.attributes.len().saturating_sub(codes.len());
    taker.codes = std::iter::repeat_n(Vec::new(), before).chain(codes).collect();
    let mut reader = read_features(file.path, file.format, file.options, limits)?;
    let layers = reader.layers().0.to_vec();
    let told_first = reader.left_out().len();
    tell_left_out(reader.left_out(), findings);
    while let Some(item) = reader.next() {
        taker.totals.rows += 1;
        // The files of an archive follow each other.
        let layer = reader.layers().1;
        if layer != taker.sheet {
            taker.flush()?;
            taker.sheet = layer;
        }
        match item? {
            FeatureItem::Refused(refusal) => {
                taker.refused();
                let cell = CellRef { sheet: layer, row: refusal.row, column: reader.position_column() };
                findings.add(Severity::Refused, refusal.code, cell, || Words {
                    column_name: String::new(),
                    value: refusal.value,
                    expected: refusal.reason.kept(),
                });
            }
            FeatureItem::Row(row) => {
                strays.look_at(&row, layer, reader.position_column(), taker.totals.rows, findings);
                taker.take(&row, findings)?;
            }
        }
        if taker.bytes > max_bytes {
            return Err(Error::Limit {
                what: told!("intake-geometry-text-one-file", "the geometry and text of one file"),
                limit: told!(
                    "intake-bytes-hand-file-several",
                    "{max_bytes} bytes (hand the file in as several)",
                    max_bytes = max_bytes
                ),
            });
        }
        letters::add(findings, reader.notes());
        if taker.totals.rows % 256 == 0 && !said(reader.bytes_read(), taker.totals.rows) {
            return Ok(None);
        }
    }
    letters::add(findings, reader.notes());
    // What stands behind the features is known at the end.
    tell_left_out(reader.left_out().get(told_first..).unwrap_or_default(), findings);
    taker.flush()?;
    let sources = taker.sources();
    hold_back(&mut taker.batches, &sources, &mapping.personal, findings)?;
    let Taker { batches, table, totals, .. } = taker;
    Ok(Some(MappedFeatures { batches, table, totals, layers, charsets: reader.charsets() }))
}

/// Takes features that were made here.
pub(crate) fn take_rows(
    mapping: &Mapping,
    rows: &[FeatureRow],
    findings: &mut Findings,
) -> Result<MappedFeatures, Error> {
    let mut taker = Taker::new(mapping)?;
    for row in rows {
        taker.totals.rows += 1;
        taker.take(row, findings)?;
    }
    taker.flush()?;
    let Taker { batches, table, totals, .. } = taker;
    Ok(MappedFeatures { batches, table, totals, layers: vec![String::new()], charsets: Vec::new() })
}

/// Builds rows.
struct Taker<'a> {
    id: Option<&'a str>,
    attributes: Vec<(&'a str, AttributeType)>,
    /// The offset that the header of each says of its times.
    zones: Vec<Option<i64>>,
    /// How the numbers of each are written, where they are texts.
    styles: Vec<Option<DecimalStyle>>,
    table: TableSchema,
    schema: SchemaRef,
    rows: Rows,
    batches: Vec<RecordBatch>,
    /// Where each id stood first, and a hash of what it had.
    ids: HashMap<String, (u32, u64)>,
    bytes: u64,
    totals: RunTotals,
    /// The number of the layer or sheet.
    sheet: u16,
    /// The columns of the attributes, by the first feature.
    columns: Vec<u16>,
    /// Whether it was said that heights are not kept.
    told_of_heights: bool,
    /// Numbers that the mapping says stand for no value; `None` for features that were made here, whose numbers are
    /// what they are.
    missing: Option<Vec<f64>>,
    /// Numbers of each attribute that do so in this file.
    codes: Vec<Vec<f64>>,
    /// The attributes of which it was said that they have such numbers.
    told_of_missing: HashSet<usize>,
}

/// The columns of the batch in the making.
#[derive(Default)]
struct Rows {
    ids: StringBuilder,
    geometries: BinaryBuilder,
    edges: [Float64Builder; 4],
    attributes: Vec<Builder>,
    rows: Vec<i32>,
    columns: Vec<i16>,
    bytes: usize,
}

enum Builder {
    Text(StringBuilder),
    Number(Float64Builder),
    Integer(Int64Builder),
    Boolean(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl<'a> Taker<'a> {
    fn new(mapping: &'a Mapping) -> Result<Taker<'a>, Error> {
        let feature = mapping.feature.as_ref();
        let mut attributes: Vec<(&str, AttributeType)> = Vec::new();
        let mut columns: Vec<Attribute> = Vec::new();
        if let Some(name) = feature.and_then(|feature| feature.name.as_deref())
            && mapping.attributes.iter().all(|attribute| attribute.name != "name")
        {
            attributes.push((name, AttributeType::Text));
            columns.push(Attribute { name: "name".into(), kind: AttributeKind::Text });
        }
        for attribute in &mapping.attributes {
            attributes.push((attribute.from(), attribute.kind));
            columns.push(Attribute { name: attribute.name.clone(), kind: kind_of(attribute.kind) });
        }
        let table = TableSchema::Features(columns);
        let schema = table.arrow()?;
        // The lake fills these from the commit.
        let fields: Vec<_> = schema
            .fields()
            .iter()
            .filter(|field| !matches!(field.name().as_str(), "run" | "recorded_at"))
            .cloned()
            .collect();
        let mut taker = Taker {
            id: feature.and_then(|feature| feature.id.as_deref()),
            styles: vec![None; attributes.len()],
            zones: attributes.iter().map(|(from, _)| zone_of(from)).collect(),
            attributes,
            table,
            schema: Arc::new(Schema::new(fields)),
            rows: Rows::default(),
            batches: Vec::new(),
            ids: HashMap::new(),
            bytes: 0,
            totals: RunTotals::default(),
            sheet: 0,
            columns: Vec::new(),
            told_of_heights: false,
            missing: None,
            codes: Vec::new(),
            told_of_missing: HashSet::new(),
        };
        taker.rows = taker.empty();
        Ok(taker)
    }

    /// Takes the numbers of the mapping's attributes as they are written.
    fn write(&mut self, styles: &[Option<DecimalStyle>]) {
        // The name may stand before them.
        let first = self.styles.len().saturating_sub(styles.len());
        for (own, style) in self.styles.iter_mut().skip(first).zip(styles) {
            *own = *style;
        }
    }

    /// The attributes' names, each with the property that it is read from.
    fn sources(&self) -> Vec<Source> {
        let TableSchema::Features(columns) = &self.table else { return Vec::new() };
        let names = columns.iter().map(|column| column.name.clone());
        let column = |at: usize| self.columns.get(at).copied().unwrap_or(1);
        names
            .zip(&self.attributes)
            .enumerate()
            .map(|(at, (attribute, (from, _)))| Source {
                attribute,
                property: (*from).to_owned(),
                column: column(at),
            })
            .collect()
    }

    fn empty(&self) -> Rows {
        Rows {
            attributes: self.attributes.iter().map(|(_, kind)| Builder::new(*kind)).collect(),
            ..Rows::default()
        }
    }

    fn refused(&mut self) {
        self.totals.refused += 1;
        self.totals.refused_rows += 1;
    }

    fn take(&mut self, row: &FeatureRow, findings: &mut Findings) -> Result<(), Error> {
        let id_column = self.id.and_then(|id| row.column(id)).unwrap_or_else(|| row.geometry_column());
        let sheet = self.sheet;
        let cell = |column: u16| CellRef { sheet, row: row.row, column };
        let id = match self.id {
            None => row.id.clone(),
            Some(name) => row.property(name).and_then(id_text),
        };
        let Some(id) = id.map(|id| id.trim().to_owned()).filter(|id| (1..=MAX_ID).contains(&id.len())) else {
            self.refused();
            findings.add(Severity::Refused, "no_feature_id", cell(id_column), || Words {
                column_name: self.id.unwrap_or("id").to_owned(),
                value: self.id.and_then(|name| row.property(name)).map(Value::to_string).unwrap_or_default(),
                expected: self.id.unwrap_or("id").to_owned(),
            });
            return Ok(());
        };
        if self.columns.is_empty() {
            self.columns = self.attributes.iter().map(|(from, _)| row.column(from).unwrap_or(1)).collect();
        }
        let hash = content_hash(row);
        if let Some((first, other)) = self.ids.get(&id) {
            let (first, same) = (*first, *other == hash);
            let (severity, code) = if same {
                (Severity::Warning, "duplicate_value")
            } else {
                (Severity::Refused, "duplicate_feature")
            };
            if !same {
                self.refused();
            }
            findings.add(severity, code, cell(id_column), || Words {
                column_name: self.id.unwrap_or("id").to_owned(),
                value: id,
                expected: first.to_string(),
            });
            return Ok(());
        }
        let mut cells = Vec::with_capacity(self.attributes.len());
        for (at, (from, kind)) in self.attributes.iter().enumerate() {
            let value = row.property(from).unwrap_or(&Value::Null);
            match read(value, *kind, self.styles[at], self.zones[at]) {
                Ok(Some(found)) if self.is_nothing(at, &found) => {
                    if self.told_of_missing.insert(at) {
                        let (column, from) = (row.column(from).unwrap_or(1), *from);
                        findings.add(Severity::Warning, "number_for_nothing", cell(column), || Words {
                            column_name: from.to_owned(),
                            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                            expected: String::new(),
                        });
                    }
                    cells.push(None);
                }
                Ok(found) => cells.push(found),
                Err(()) => {
                    let (from, kind) = (*from, *kind);
                    self.refused();
                    findings.add(
                        Severity::Refused,
                        "wrong_type",
                        cell(row.column(from).unwrap_or(1)),
                        || Words {
                            column_name: from.to_owned(),
                            value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                            expected: kind.code().to_owned(),
                        },
                    );
                    return Ok(());
                }
            }
        }
        if row.had_heights && !self.told_of_heights {
            self.told_of_heights = true;
            findings.add(Severity::Warning, "heights_left_out", cell(row.geometry_column()), Words::default);
        }
        for note in &row.notes {
            let column = row.column(&note.property).unwrap_or_else(|| row.geometry_column());
            findings.add(Severity::Warning, note.code, cell(column), || Words {
                column_name: note.property.clone(),
                value: note.value.clone(),
                expected: String::new(),
            });
        }
        let rows = &mut self.rows;
        let before = rows.bytes;
        rows.bytes += row.wkb.len() + id.len();
        rows.ids.append_value(&id);
        rows.geometries.append_value(&row.wkb);
        let bbox = row.bbox;
        for (builder, edge) in rows.edges.iter_mut().zip([bbox.west, bbox.south, bbox.east, bbox.north]) {
            builder.append_value(edge);
        }
        for (builder, cell) in rows.attributes.iter_mut().zip(cells) {
            if let Some(Cell::Text(text)) = &cell {
                rows.bytes += text.len();
            }
            builder.push(cell);
        }
        rows.rows.push(i32::try_from(row.row).unwrap_or(i32::MAX));
        rows.columns.push(i16::try_from(id_column).unwrap_or(i16::MAX));
        self.bytes += (rows.bytes - before) as u64;
        self.ids.insert(id, (row.row, hash));
        if self.rows.bytes > BATCH_BYTES || self.rows.rows.len() >= BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether a number stands for no value.
    fn is_nothing(&self, at: usize, cell: &Cell) -> bool {
        self.missing.as_ref().is_some_and(|missing| cell.is_none_of(missing))
            || self.codes.get(at).is_some_and(|codes| codes.iter().any(|code| cell.is(*code)))
    }

    fn flush(&mut self) -> Result<(), Error> {
        let empty = self.empty();
        let mut rows = std::mem::replace(&mut self.rows, empty);
        if rows.rows.is_empty() {
            return Ok(());
        }
        let count = rows.rows.len();
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(rows.ids.finish()), Arc::new(rows.geometries.finish())];
        columns.extend(rows.edges.iter_mut().map(|edge| Arc::new(edge.finish()) as ArrayRef));
        columns.extend(rows.attributes.into_iter().map(Builder::finish));
        let sheet = i16::try_from(self.sheet).unwrap_or(i16::MAX);
        columns.push(Arc::new(Int16Array::from_value(sheet, count)));
        columns.push(Arc::new(Int32Array::from(rows.rows)));
        columns.push(Arc::new(Int16Array::from(rows.columns)));
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| Error::internal("putting features together", error))?;
        self.batches.push(batch);
        Ok(())
    }
}

impl Builder {
    fn new(kind: AttributeType) -> Builder {
        match kind {
            AttributeType::Text => Builder::Text(StringBuilder::new()),
            AttributeType::Number => Builder::Number(Float64Builder::new()),
            AttributeType::Integer => Builder::Integer(Int64Builder::new()),
            AttributeType::Boolean => Builder::Boolean(BooleanBuilder::new()),
            AttributeType::Time => Builder::Time(TimestampMicrosecondBuilder::new()),
        }
    }

    fn push(&mut self, cell: Option<Cell>) {
        match (self, cell) {
            (Builder::Text(builder), Some(Cell::Text(text))) => builder.append_value(text),
            (Builder::Number(builder), Some(Cell::Number(number))) => builder.append_value(number),
            (Builder::Integer(builder), Some(Cell::Integer(number))) => builder.append_value(number),
            (Builder::Boolean(builder), Some(Cell::Boolean(value))) => builder.append_value(value),
            (Builder::Time(builder), Some(Cell::Time(us))) => builder.append_value(us),
            (Builder::Text(builder), _) => builder.append_null(),
            (Builder::Number(builder), _) => builder.append_null(),
            (Builder::Integer(builder), _) => builder.append_null(),
            (Builder::Boolean(builder), _) => builder.append_null(),
            (Builder::Time(builder), _) => builder.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Builder::Text(mut builder) => Arc::new(builder.finish()),
            Builder::Number(mut builder) => Arc::new(builder.finish()),
            Builder::Integer(mut builder) => Arc::new(builder.finish()),
            Builder::Boolean(mut builder) => Arc::new(builder.finish()),
            Builder::Time(mut builder) => Arc::new(builder.finish().with_timezone("UTC")),
        }
    }
}

fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

fn content_hash(row: &FeatureRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.wkb.hash(&mut hasher);
    for (name, value) in &row.properties {
        name.hash(&mut hasher);
        match value {
            Value::String(text) => text.hash(&mut hasher),
            Value::Number(number) => number.hash(&mut hasher),
            other => other.to_string().hash(&mut hasher),
        }
    }
    hasher.finish()
}

fn kind_of(kind: AttributeType) -> AttributeKind {
    match kind {
        AttributeType::Text => AttributeKind::Text,
        AttributeType::Number => AttributeKind::Number,
        AttributeType::Integer => AttributeKind::Integer,
        AttributeType::Boolean => AttributeKind::Boolean,
        AttributeType::Time => AttributeKind::Time,
    }
}
