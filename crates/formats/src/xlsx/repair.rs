//! Sheets whose declared extent `calamine` cannot read, though Excel writes it.
//!
//! Where whole rows or columns carry a format, Excel may write `<dimension ref="1:69"/>`. The extent
//! is a hint that nothing here needs (ISO/IEC 29500-1 §18.3.1.35), so it is replaced in a copy.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Write};
use std::ops::Range;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Bytes at the beginning of a sheet among which its extent stands.
pub(super) const HEAD: usize = 16 * 1024;

/// Where an extent stands that has to be replaced.
pub(super) fn bad_extent(head: &[u8]) -> Option<Range<usize>> {
    const BEGIN: &[u8] = b"<dimension ref=\"";
    let start = head.windows(BEGIN.len()).position(|window| window == BEGIN)? + BEGIN.len();
    let length = head[start..].iter().take(64).position(|byte| *byte == b'"')?;
    let extent = std::str::from_utf8(&head[start..start + length]).unwrap_or_default();
    let is_well = match extent.split_once(':') {
        None => corner(extent).is_some(),
        Some((first, last)) => match (corner(first), corner(last)) {
            (Some(first), Some(last)) => first.0 <= last.0 && first.1 <= last.1,
            _ => false,
        },
    };
    (!is_well).then_some(start..start + length)
}

/// A cell's column and row.
fn corner(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let is_short = (1..=3).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    let column =
        letters.bytes().fold(0, |column, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'@'));
    let row: u32 = row.parse().ok().filter(|row| (1..=super::SHEET_ROWS).contains(row))?;
    is_short.then_some((column, row))
}

/// A copy of the archive with the extents of these parts replaced by one that is well.
pub(super) fn repaired(path: &Path, parts: &[usize]) -> Result<Vec<u8>, ZipError> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        if !parts.contains(&index) {
            copy.raw_copy_file(archive.by_index_raw(index)?)?;
            continue;
        }
        let mut part = archive.by_index(index)?;
        copy.start_file(part.name()?, SimpleFileOptions::default().compression_level(Some(1)))?;
        let mut head = Vec::new();
        part.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        if let Some(extent) = bad_extent(&head) {
            head.splice(extent, *b"A1");
        }
        copy.write_all(&head)?;
        std::io::copy(&mut part, &mut copy)?;
    }
    Ok(copy.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::bad_extent;

    #[test]
    fn an_extent_is_bad_if_it_is_not_from_cell_to_later_cell() {
        for (extent, is_bad) in [
            ("A1", false),
            ("A1:XFD1048576", false),
            ("1:69", true),
            ("A:C", true),
            ("B2:A1", true),
            ("", true),
            ("A1:B2:C3", true),
            ("A0", true),
            ("A99999999999", true),
            ("ABCD1", true),
        ] {
            let head = format!("<worksheet><dimension ref=\"{extent}\"/><sheetData>");
            let found = bad_extent(head.as_bytes());
            assert_eq!(found.is_some(), is_bad, "{extent}");
            assert!(found.is_none_or(|range| head[range] == *extent));
        }
        assert_eq!(bad_extent(b"<worksheet><sheetData>"), None);
    }
}
