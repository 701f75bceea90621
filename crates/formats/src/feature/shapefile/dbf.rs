//! The attributes of a shapefile: dBASE tables, whose texts say their encoding badly or not at all.

use std::io::Read;

use serde_json::{Number, Value};

use crate::feature::FeatureNote;
use crate::{Error, Limits};

/// One record.
pub(super) struct Record {
    pub(super) deleted: bool,
    pub(super) properties: Vec<(String, Value)>,
    pub(super) notes: Vec<FeatureNote>,
}

struct Field {
    name: String,
    kind: u8,
    width: usize,
}

/// The records of a `.dbf`.
pub(super) struct Dbf<R> {
    input: R,
    fields: Vec<Field>,
    record: Vec<u8>,
    rows: u32,
    count: u32,
    read: u64,
}

impl<R: Read> Dbf<R> {
    pub(super) fn open(mut input: R, limits: &Limits) -> Result<Dbf<R>, Error> {
        let mut header = [0; 32];
        input.read_exact(&mut header).map_err(|_| damaged("its header is cut off"))?;
        let count = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let header_bytes = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let record_bytes = usize::from(u16::from_le_bytes([header[10], header[11]]));
        if header_bytes < 33 || record_bytes == 0 {
            return Err(damaged("its header makes no sense"));
        }
        let mut rest = vec![0; header_bytes - 32];
        input.read_exact(&mut rest).map_err(|_| damaged("its header is cut off"))?;
        let mut fields = Vec::new();
        for descriptor in rest.chunks_exact(32) {
            if descriptor[0] == 0x0D {
                break;
            }
            let name: Vec<u8> = descriptor[..11].iter().copied().take_while(|byte| *byte != 0).collect();
            fields.push(Field {
                name: decode(&name).0.trim().to_owned(),
                kind: descriptor[11],
                width: usize::from(descriptor[16]),
            });
        }
        if fields.len() >= usize::from(limits.max_columns) {
            let limit = u64::from(limits.max_columns);
            return Err(Error::limit(
                "columns",
                "the attribute table has too many columns",
                limit,
                "leave some out",
            ));
        }
        if fields.iter().map(|field| field.width).sum::<usize>() + 1 > record_bytes {
            return Err(damaged("its columns are wider than its records"));
        }
        Ok(Dbf { input, fields, record: vec![0; record_bytes], rows: 0, count, read: header_bytes as u64 })
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next record; `None` where the table has no more.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Error> {
        if self.rows == self.count {
            return Ok(None);
        }
        if self.input.read_exact(&mut self.record).is_err() {
            return Err(damaged("it is shorter than its header says"));
        }
        self.rows += 1;
        self.read += self.record.len() as u64;
        let mut notes = Vec::new();
        let mut properties = Vec::with_capacity(self.fields.len());
        let mut at = 1;
        for field in &self.fields {
            let bytes = &self.record[at..at + field.width];
            at += field.width;
            let value = value(field, bytes, &mut notes);
            properties.push((field.name.clone(), value));
        }
        Ok(Some(Record { deleted: self.record[0] == b'*', properties, notes }))
    }
}

fn value(field: &Field, bytes: &[u8], notes: &mut Vec<FeatureNote>) -> Value {
    let plain = || String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
    match field.kind {
        b'N' | b'F' => number(&plain()),
        b'L' => match bytes.first() {
            Some(b'T' | b't' | b'Y' | b'y') => Value::Bool(true),
            Some(b'F' | b'f' | b'N' | b'n') => Value::Bool(false),
            _ => Value::Null,
        },
        b'D' => {
            let text = plain();
            if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) && text != "00000000" {
                Value::String(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
            } else {
                Value::Null
            }
        }
        b'I' if bytes.len() == 4 => Value::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
        b'O' | b'B' if bytes.len() == 8 => {
            let mut taken = [0; 8];
            taken.copy_from_slice(bytes);
            Number::from_f64(f64::from_le_bytes(taken)).map_or(Value::Null, Value::Number)
        }
        _ => {
            let (text, cut) = decode(bytes);
            let text = text.trim_end_matches(['\0', ' ']).to_owned();
            if text.is_empty() {
                return Value::Null;
            }
            if cut {
                let (property, value) = (field.name.clone(), text.clone());
                notes.push(FeatureNote { code: "cut_text", property, value });
            }
            Value::String(text)
        }
    }
}

fn damaged(what: &str) -> Error {
    Error::invalid(
        "damaged_dbf",
        format!("the attribute table (.dbf) is damaged: {what}"),
        "export the layer again and check that all its files were packed whole",
    )
}

/// Asterisks fill a column that a number did not fit into.
fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
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
