//! The line that a value came from, with the lines around it, and what was received in it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use formats::Neighbourhood;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::MAX_OBSERVATION_BYTES;
use crate::Error;

/// The most bytes that are shown of one line.
const MAX_SHOWN: u64 = 16 << 10;
/// The most bytes of a line beyond the observation as it was received: what it was taken for, with a text.
const MAX_BESIDE: u64 = 64 << 10;

/// The lines from so many before a line to so many behind it.
pub(crate) fn neighbourhood(path: &Path, row: u32, around: u32) -> Result<Neighbourhood, Error> {
    let failed = |error: std::io::Error| Error::internal("looking up the line", error);
    let mut reader = BufReader::with_capacity(1 << 16, std::fs::File::open(path).map_err(failed)?);
    let (first, last) = (row.saturating_sub(around).max(1), row.saturating_add(around));
    let mut rows = Vec::new();
    let mut number = 1;
    while number < first {
        if reader.skip_until(b'\n').map_err(failed)? == 0 {
            break;
        }
        number += 1;
    }
    while number >= first && number <= last {
        let mut line = Vec::new();
        if reader.by_ref().take(MAX_SHOWN).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            reader.skip_until(b'\n').map_err(failed)?;
        }
        rows.push((number, vec![String::from_utf8_lossy(&line).trim_end().to_owned()]));
        number += 1;
    }
    if !rows.iter().any(|(number, _)| *number == row) {
        return Err(Error::NotFound { what: format!("line {row} of the original") });
    }
    Ok(Neighbourhood {
        sheet_name: String::new(),
        header_row: None,
        rows,
        first_column: 1,
        merged: Vec::new(),
    })
}

/// A line, as far as it is what was received.
#[derive(Deserialize)]
struct Received<'a> {
    #[serde(borrow)]
    received: &'a RawValue,
}

/// The observations as they were received in whose lines one of the words stands in quotes, by the numbers of
/// the lines.
pub(crate) fn received(path: &Path, words: &[&str]) -> Result<BTreeMap<u32, String>, Error> {
    let failed = |error: std::io::Error| Error::internal("looking up lines", error);
    let mut reader = BufReader::with_capacity(1 << 16, std::fs::File::open(path).map_err(failed)?);
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let most = MAX_OBSERVATION_BYTES as u64 + MAX_BESIDE;
    let mut found = BTreeMap::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.by_ref().take(most).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        let Ok(text) = std::str::from_utf8(&line) else { continue };
        if quoted.iter().any(|word| text.contains(word.as_str()))
            && let Ok(line) = serde_json::from_str::<Received<'_>>(text)
        {
            found.insert(number, line.received.get().to_owned());
        }
    }
    Ok(found)
}
