//! The line that a value came from, with the lines around it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use formats::Neighbourhood;

use crate::Error;

/// The most bytes that are shown of one line.
const MAX_SHOWN: u64 = 16 << 10;

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
