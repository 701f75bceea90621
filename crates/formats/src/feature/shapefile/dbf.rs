//! The attributes of a shapefile: dBASE tables, whose texts say their encoding badly or not at all.
//!
//! The records become rows of texts, as those of any table, so that their letters are read column by
//! column; then each text becomes what the field's type says.

use std::io::Read;

use serde_json::{Number, Value};
use wording::{Told, told};

use crate::chunk::{Chunk, ChunkBuilder, TableReader};
use crate::feature::FeatureNote;
use crate::text::{Charset, LegibleTable, Note, Reading};
use crate::{Error, Limits};

/// One record.
pub(super) struct Record {
    pub(super) deleted: bool,
    pub(super) properties: Vec<(String, Value)>,
    pub(super) notes: Vec<FeatureNote>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    kind: u8,
    width: usize,
}

/// The records of a `.dbf`.
pub(super) struct Dbf {
    table: LegibleTable,
    fields: Vec<Field>,
    chunk: Option<Chunk>,
    next: usize,
    notes: Vec<Note>,
}

impl Dbf {
    pub(super) fn open(
        mut input: impl Read + Send + 'static,
        reading: &Reading,
        limits: &Limits,
    ) -> Result<Dbf, Error> {
        let mut header = [0; 32];
        input
            .read_exact(&mut header)
            .map_err(|_| damaged(told!("formats-header-cut-off", "its header is cut off")))?;
        let count = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let header_bytes = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let record_bytes = usize::from(u16::from_le_bytes([header[10], header[11]]));
        if header_bytes < 33 || record_bytes == 0 {
            return Err(damaged(told!("formats-header-makes-no-sense", "its header makes no sense")));
        }
        let mut rest = vec![0; header_bytes - 32];
        input
            .read_exact(&mut rest)
            .map_err(|_| damaged(told!("formats-header-cut-off", "its header is cut off")))?;
        let mut fields: Vec<Field> = Vec::new();
        for descriptor in rest.chunks_exact(32) {
            if descriptor[0] == 0x0D {
                break;
            }
            let name: Vec<u8> = descriptor[..11].iter().copied().take_while(|byte| *byte != 0).collect();
            let base = field_name(&name);
            // Names cut to ten bytes may be alike: each field keeps its own values.
            let mut name = base.clone();
            let mut number = 2;
            while fields.iter().any(|field| field.name == name) {
                name = format!("{base} ({number})");
                number += 1;
            }
            fields.push(Field { name, kind: descriptor[11], width: usize::from(descriptor[16]) });
        }
        if fields.len() + 1 >= usize::from(limits.max_columns) {
            let limit = u64::from(limits.max_columns);
            return Err(Error::limit(
                "columns",
                told!("formats-attribute-table-too-many-columns", "the attribute table has too many columns"),
                limit,
                told!("formats-leave-some-out", "leave some out"),
            ));
        }
        if fields.iter().map(|field| field.width).sum::<usize>() + 1 > record_bytes {
            return Err(damaged(told!(
                "formats-columns-wider-than-records",
                "its columns are wider than its records"
            )));
        }
        let records = Records {
            input: Box::new(input),
            fields: fields.clone(),
            record: vec![0; record_bytes],
            rows: 0,
            count,
            builder: ChunkBuilder::new(0),
            sheets: vec![String::new()],
        };
        let table = LegibleTable::new(Box::new(records), reading.clone(), false, None);
        Ok(Dbf { table, fields, chunk: None, next: 0, notes: Vec::new() })
    }

    /// The next record; `None` where the table has no more.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Error> {
        while self.chunk.as_ref().is_none_or(|chunk| self.next >= chunk.len()) {
            self.chunk = self.table.next_chunk()?;
            self.next = 0;
            self.notes.extend(self.table.notes());
            if self.chunk.is_none() {
                return Ok(None);
            }
        }
        let Some(chunk) = &self.chunk else { return Ok(None) };
        let at = self.next;
        self.next += 1;
        let marks = chunk.cell(at, MARKS).unwrap_or_default();
        let mut notes = Vec::new();
        let mut properties = Vec::with_capacity(self.fields.len());
        for (index, field) in self.fields.iter().enumerate() {
            let text = chunk.cell(at, index + 1);
            if marks.split(' ').any(|mark| mark.parse() == Ok(index)) {
                let value = text.unwrap_or_default().to_owned();
                notes.push(FeatureNote { code: "cut_text", property: field.name.clone(), value });
            }
            let value = text.map_or(Value::Null, |text| field.value(text));
            if let Some(text) = text.filter(|text| value.is_null() && field.is_lost(text)) {
                let (property, value) = (field.name.clone(), text.to_owned());
                notes.push(FeatureNote { code: "number_lost", property, value });
            }
            properties.push((field.name.clone(), value));
        }
        Ok(Some(Record { deleted: marks.starts_with('*'), properties, notes }))
    }

    /// Records that are left and not marked as deleted.
    pub(super) fn rest(&mut self) -> Result<u32, Error> {
        let mut left = 0;
        while let Some(record) = self.next()? {
            left += u32::from(!record.deleted);
        }
        Ok(left)
    }

    /// What was done to the letters of the records handed out.
    pub(super) fn charsets(&self) -> Vec<Charset> {
        self.table.charsets()
    }

    pub(super) fn notes(&mut self) -> Vec<Note> {
        let mut notes = std::mem::take(&mut self.notes);
        for note in &mut notes {
            // The column of marks is ours.
            note.cell.column = note.cell.column.saturating_sub(1).max(1);
        }
        notes
    }
}

/// The column of a row that says of the record: `*` when it is deleted, and the numbers of fields
/// whose text was cut off.
const MARKS: usize = 0;

/// The records as rows of texts.
struct Records {
    input: Box<dyn Read + Send>,
    fields: Vec<Field>,
    record: Vec<u8>,
    rows: u32,
    count: u32,
    builder: ChunkBuilder,
    sheets: Vec<String>,
}

impl TableReader for Records {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        let width = self.fields.len() + 1;
        while self.rows < self.count && !self.builder.is_full(width, width, self.record.len()) {
            if self.input.read_exact(&mut self.record).is_err() {
                self.count = self.rows;
                return Err(damaged(told!(
                    "formats-shorter-than-header-says",
                    "it is shorter than its header says"
                )));
            }
            self.rows += 1;
            self.builder.begin_row(self.rows, width, width);
            let mut marks = String::from(if self.record[0] == b'*' { "*" } else { "" });
            let mut at = 1;
            for (index, field) in self.fields.iter().enumerate() {
                let bytes = &self.record[at..at + field.width];
                at += field.width;
                let (text, cut) = field.text(bytes);
                if cut {
                    marks.push_str(&format!(" {index}"));
                }
                self.builder.set(index + 1, &text);
            }
            self.builder.set(MARKS, &marks);
        }
        self.builder.finish(u64::from(self.rows) * self.record.len() as u64)
    }
}

impl Field {
    /// A cell as text, and whether its end was cut off within a letter.
    fn text(&self, bytes: &[u8]) -> (String, bool) {
        let plain = || String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
        let text = match self.kind {
            b'N' | b'F' => plain(),
            b'L' => match bytes.first() {
                Some(b'T' | b't' | b'Y' | b'y') => "true".to_owned(),
                Some(b'F' | b'f' | b'N' | b'n') => "false".to_owned(),
                _ => String::new(),
            },
            b'D' => {
                let text = plain();
                let is_digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
                match chrono::NaiveDate::parse_from_str(&text, "%Y%m%d") {
                    Ok(day) if is_digits => day.to_string(),
                    // What is no day stays as it is written; noughts and strokes stand for none.
                    _ if text.bytes().all(|byte| matches!(byte, b'0' | b'-' | b'/' | b' ')) => String::new(),
                    _ => text,
                }
            }
            b'I' if bytes.len() == 4 => {
                i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).to_string()
            }
            b'O' | b'B' if bytes.len() == 8 => {
                let mut taken = [0; 8];
                taken.copy_from_slice(bytes);
                f64::from_le_bytes(taken).to_string()
            }
            _ => {
                let (text, cut) = decode(bytes);
                return (text.trim_end_matches(['\0', ' ']).to_owned(), cut);
            }
        };
        (text, false)
    }

    /// Whether a number stands there that cannot be read.
    fn is_lost(&self, text: &str) -> bool {
        matches!(self.kind, b'N' | b'F')
            && !text.trim().is_empty()
            && !text.parse::<f64>().is_ok_and(|number| number <= NONE_BELOW)
    }

    /// What a text is by the field's type. Asterisks fill a column that a number did not fit into.
    fn value(&self, text: &str) -> Value {
        match self.kind {
            b'N' | b'F' | b'I' | b'O' | b'B' => {
                if let Ok(whole) = text.parse::<i64>() {
                    return whole.into();
                }
                // ESRI's programs write a number below -10³⁸ for none.
                let number = text.parse::<f64>().ok().filter(|number| *number > NONE_BELOW);
                number.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
            }
            b'L' => Value::Bool(text == "true"),
            _ => Value::String(text.to_owned()),
        }
    }
}

/// Numbers below stand for none.
const NONE_BELOW: f64 = -1e38;

fn damaged(what: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_dbf",
        told!("formats-attribute-table-dbf-damaged", "the attribute table (.dbf) is damaged: {what}", what => what.into()),
        told!(
            "formats-export-layer-again-check-all-files-were",
            "export the layer again and check that all its files were packed whole"
        ),
    )
}

/// The longest name of a field, in bytes.
const MAX_NAME: usize = 10;

/// The name of a field; one that fills its place may have been cut within a letter, of which nothing is then left.
fn field_name(bytes: &[u8]) -> String {
    let ends_open = |bytes: &[u8]| std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    // An old encoding may end in a byte that begins a letter of UTF-8; two of three of such a letter it has not.
    let whole = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let is_letter = bytes.len() - whole > 1 || !bytes[..whole].is_ascii();
    let is_cut = bytes.len() >= MAX_NAME && ends_open(bytes) && is_letter;
    let kept = if is_cut { &bytes[..whole] } else { bytes };
    decode(kept).0.trim().to_owned()
}

/// The text, and whether its end was cut off within a letter by the column's width. Bytes that are
/// UTF-8 are read so whatever `.cpg` says, which is often wrong; others show each byte as
/// Windows-1252 does, from which the older Vietnamese encodings are told.
fn decode(bytes: &[u8]) -> (String, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => return (text.to_owned(), false),
        Err(error) if error.error_len().is_none() => {
            let text = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            if !text.is_ascii() {
                return (text.into_owned(), true);
            }
        }
        Err(_) => {}
    }
    (bytes.iter().map(|byte| single(*byte)).collect(), false)
}

/// Windows-1252, with the bytes that it leaves undefined as controls.
fn single(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}
