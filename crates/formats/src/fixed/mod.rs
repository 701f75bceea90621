//! Text whose columns stand under each other: cut at the same letters in every line.

mod cuts;

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

pub(crate) use cuts::looks_fixed;
use wording::{Told, told};

use crate::decode::TextFile;
use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable, Pusher, Stop};
use crate::text::{Sound, sound};
use crate::{Encoding, Error, HEAD_BYTES, Limits, Place};

/// Opens a text with columns of these widths in letters; where there are none, they are found in the
/// first lines. What stands behind the last width belongs to one more column.
pub(crate) fn open(
    path: &Path,
    encoding: Encoding,
    widths: &[u16],
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let (titles, starts) =
        if widths.is_empty() { found(path, encoding, limits)? } else { (0, starts_of(widths)) };
    let path = path.to_owned();
    let size = std::fs::metadata(&path)?.len();
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        let input = TextFile::open(&path, encoding, &pusher.limits)?;
        read(input, encoding, titles, &starts, pusher)
    })
}

/// The letter, from 0, where each column begins.
fn starts_of(widths: &[u16]) -> Vec<usize> {
    let mut at = 0;
    let ends = widths.iter().map(|width| {
        at += usize::from(*width);
        at
    });
    std::iter::once(0).chain(ends).collect()
}

/// How many lines of titles there are, and where columns begin.
fn found(path: &Path, encoding: Encoding, limits: &Limits) -> Result<(usize, Vec<usize>), Error> {
    let mut head = Vec::new();
    TextFile::open(path, encoding, limits)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let (text, _) = carried(&head, encoding);
    let (titles, starts) = cuts::table(&text).unwrap_or_else(|| (0, cuts::starts(&text)));
    if starts.len() < 2 {
        return Err(Error::invalid(
            "no_columns",
            told!(
                "formats-columns-text-cannot-told-apart-no-blank",
                "the columns of the text cannot be told apart: no blank runs down through its lines"
            ),
            told!(
                "formats-write-widths-columns-under-source-mapping-widths",
                "write the widths of the columns under `[source]` in the mapping: `widths = [10, 8, 8]`"
            ),
        ));
    }
    Ok((titles, starts))
}

fn read(
    input: TextFile,
    encoding: Encoding,
    mut titles: usize,
    starts: &[usize],
    pusher: &Pusher,
) -> Result<(), Stop> {
    pusher.opened(vec![String::new()], Vec::new())?;
    let limit = pusher.limits.max_line_bytes;
    let mut lines = BufReader::with_capacity(1 << 16, input);
    let (mut line, mut number, mut texts) = (Vec::new(), 0_u32, 0);
    let mut rows = pusher.sheet(0, None, u32::MAX, &mut texts);
    loop {
        line.clear();
        if lines.by_ref().take(limit as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number = number.saturating_add(1);
        if line.len() > limit {
            let hint = told!(
                "formats-check-file-table-line-breaks-between-rows",
                "check that the file is a table with line breaks between its rows"
            );
            let error = Error::limit(
                "line_bytes",
                told!("formats-row-too-long-bytes", "the row is too long (bytes)"),
                limit as u64,
                hint,
            );
            return Err(error.at(Place::row(number)).into());
        }
        let (text, is_well) = carried(&line, encoding);
        if !is_well || text.contains('\0') {
            return Err(damaged(told!("formats-holds-bytes-no-text", "it holds bytes that no text has"))
                .at(Place::row(number))
                .into());
        }
        rows.progress = lines.get_ref().bytes_read();
        let text = text.trim_end_matches(['\n', '\r', '\u{1A}']);
        let is_title = titles > 0 && !text.trim().is_empty();
        titles -= usize::from(is_title);
        // A title stands in the first column as it is.
        let starts = if is_title { &starts[..1] } else { starts };
        for (column, cell) in cells(text, starts) {
            if rows.cell(number, column, cell, false, damaged)? == Flow::Past {
                return rows.finish();
            }
        }
    }
    rows.finish()
}

/// The text of bytes; what is no UTF-8 is carried for whoever tells letters apart. `false` if it cannot.
pub(crate) fn carried(bytes: &[u8], encoding: Encoding) -> (Cow<'_, str>, bool) {
    let Sound { replaced, .. } = sound(bytes, true, encoding != Encoding::Utf8);
    let text = replaced.map_or(Cow::Borrowed(bytes), Cow::Owned);
    match text {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), true),
            Err(_) => (String::from_utf8_lossy(bytes), false),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (Cow::Owned(text), true),
            Err(error) => (Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()), false),
        },
    }
}

/// The cells of a line that are not blank.
fn cells<'a>(line: &'a str, starts: &'a [usize]) -> impl Iterator<Item = (usize, &'a str)> {
    let offset = move |letter: usize| {
        if line.is_ascii() {
            return letter.min(line.len());
        }
        line.char_indices().nth(letter).map_or(line.len(), |(at, _)| at)
    };
    let cell = move |column: usize| {
        let from = offset(starts[column]);
        let to = starts.get(column + 1).map_or(line.len(), |next| offset(*next));
        (column, line[from..to].trim())
    };
    (0..starts.len()).map(cell).filter(|(_, text)| !text.is_empty())
}

pub(crate) fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_text",
        told!("formats-text-cannot-read", "the text cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-save-table-csv-utf",
            "check that it was sent whole, or save the table as CSV (UTF-8)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{cells, starts_of};

    #[test]
    fn a_line_is_cut_by_letters_and_not_by_bytes() {
        let starts = starts_of(&[10, 6]);
        let cut = |line| cells(line, &starts).collect::<Vec<_>>();
        assert_eq!(cut("Cần Thơ     12,5 x y"), [(0, "Cần Thơ"), (1, "12,5"), (2, "x y")]);
        assert_eq!(cut("Mỹ Tho"), [(0, "Mỹ Tho")]);
        assert_eq!(cut("            7"), [(1, "7")]);
    }
}
