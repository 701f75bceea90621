//! Measures a workbook's archive by unpacking it into nothing, before any of it is held in memory.
//!
//! What the archive says about its own sizes is not believed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use wording::{Told, told};
use zip::ZipArchive;

use super::depth::Depth;
use super::repair;
use super::scan::SheetScan;
use crate::decode::check_size;
use crate::push::too_large;
use crate::{Error, Limits, SheetLayout};

/// Parts of an archive; a workbook has some dozens.
const MAX_PARTS: usize = 10_000;
/// Unpacked bytes that any archive may have, whatever its ratio.
const FREE_BYTES: u64 = 4 << 20;
/// The least bytes that one shared string takes: `<si><t/></si>`.
const STRING_BYTES: u64 = 8;

/// What was seen while an archive was measured.
pub(crate) struct Measured {
    /// Parts that have to be repaired before they are read.
    pub(super) to_repair: Vec<usize>,
    /// What the sheets say beside their cells, by the names of their parts in lower case.
    pub(super) layouts: HashMap<String, SheetLayout>,
}

/// Refuses an archive that is too large when unpacked, or that is no archive.
pub(crate) fn measure(path: &Path, limits: &Limits) -> Result<Measured, Error> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    check_size(size, limits)?;
    if size > limits.max_unpacked_bytes {
        return Err(too_large(limits));
    }
    check_parts(&mut file, size)?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| no_archive(Told::excerpt(error)))?;
    if archive.len() > MAX_PARTS {
        return Err(too_many_parts());
    }
    let (mut unpacked, mut to_repair, mut head) = (0, Vec::new(), Vec::new());
    let mut layouts = HashMap::new();
    let styles = super::styles::styles(&mut archive).map(std::sync::Arc::<[_]>::from);
    let mut buffer = vec![0; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| no_archive(Told::excerpt(error)))?;
        let is_list = part.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
        let is_xml = part.name().is_ok_and(|name| {
            let name = name.to_ascii_lowercase();
            name.ends_with(".xml") || name.ends_with(".rels")
        });
        let mut count = is_list.then(UniqueCount::default);
        let mut depth = is_xml.then(Depth::default);
        let mut scan =
            SheetScan::new(styles.as_ref().map_or_else(|_| std::sync::Arc::from([]), std::sync::Arc::clone));
        let before: u64 = unpacked;
        head.clear();
        loop {
            let read = match part.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(no_archive(Told::excerpt(error))),
            };
            unpacked += read as u64;
            head.extend_from_slice(&buffer[..read.min(repair::HEAD - head.len())]);
            if let Some(count) = &mut count {
                count.look(&buffer[..read]);
            }
            scan.look(&buffer[..read]);
            if let Some(depth) = &mut depth {
                depth.look(&buffer[..read]);
                depth.check()?;
            }
            if unpacked > limits.max_unpacked_bytes {
                return Err(too_large(limits));
            }
            if unpacked > FREE_BYTES && unpacked / size.max(1) >= limits.max_ratio {
                return Err(Error::limit(
                    "ratio",
                    told!(
                        "formats-workbook-unpacks-far-more-than-seems-bytes",
                        "the workbook unpacks to far more than it seems (bytes for each packed byte)"
                    ),
                    limits.max_ratio,
                    told!(
                        "formats-delete-empty-formatted-rows-columns-save-sheet",
                        "delete empty formatted rows and columns, or save the sheet as CSV (UTF-8)"
                    ),
                ));
            }
        }
        if repair::bad_extent(&head).is_some() {
            to_repair.push(index);
        }
        if let (Some(layout), Ok(name)) = (scan.finish(), part.name()) {
            // Other documents than workbooks have a list of this name, too.
            if let Err(error) = styles {
                return Err(error);
            }
            layout.percents.check()?;
            layout.shown.check()?;
            layouts.insert(name.replace('\\', "/").to_lowercase(), layout);
        }
        // The reader makes room for as many strings as the part claims to hold.
        if count.is_some_and(|count| count.largest > (unpacked - before) / STRING_BYTES + 1) {
            return Err(no_archive(told!(
                "formats-list-texts-claims-hold-more-than-does",
                "its list of texts claims to hold more than it does"
            )));
        }
    }
    Ok(Measured { to_repair, layouts })
}

fn too_many_parts() -> Error {
    Error::limit(
        "parts",
        told!("formats-workbook-too-many-parts", "the workbook has too many parts"),
        MAX_PARTS as u64,
        told!("formats-save-again-spreadsheet-program", "save it again in a spreadsheet program"),
    )
}

pub(super) fn no_archive(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_workbook",
        told!("formats-workbook-cannot-unpacked", "the workbook cannot be unpacked: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-open-spreadsheet-program-save-again-xlsx",
            "check that it was sent whole; open it in a spreadsheet program and save it again as .xlsx"
        ),
    )
}

/// Looks at the end of the archive for the number of its parts, before its directory is read.
fn check_parts(file: &mut File, size: u64) -> Result<(), Error> {
    const RECORD: usize = 22;
    let tail = size.min(RECORD as u64 + u64::from(u16::MAX));
    file.seek(SeekFrom::Start(size - tail))?;
    let mut end = Vec::new();
    file.take(tail).read_to_end(&mut end)?;
    file.rewind()?;
    let mut records = end.windows(RECORD).filter(|window| window.starts_with(b"PK\x05\x06")).peekable();
    if records.peek().is_none() {
        return Err(no_archive(told!("formats-end-missing", "its end is missing")));
    }
    let parts = records.map(|record| usize::from(u16::from_le_bytes([record[10], record[11]]))).max();
    if parts.is_some_and(|parts| parts > MAX_PARTS) { Err(too_many_parts()) } else { Ok(()) }
}

/// Finds the largest `uniqueCount="…"` in a stream of bytes.
#[derive(Default)]
struct UniqueCount {
    largest: u64,
    tail: Vec<u8>,
}

impl UniqueCount {
    const NAME: &'static [u8] = b"uniqueCount";
    /// The name, a few blanks, `="`, and more digits than 64 bits have.
    const WINDOW: usize = 80;

    fn look(&mut self, bytes: &[u8]) {
        let mut text = std::mem::take(&mut self.tail);
        text.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(at) = text[from..].windows(Self::NAME.len()).position(|window| window == Self::NAME) {
            from += at + Self::NAME.len();
            let value = text[from..].iter().take(Self::WINDOW);
            let digits: String = value
                .skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\''))
                .take_while(|byte| byte.is_ascii_digit())
                .map(|byte| char::from(*byte))
                .collect();
            let value = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) };
            self.largest = self.largest.max(value);
        }
        // A name or a value may be cut in two; looking at a part twice does no harm.
        let keep = text.len().saturating_sub(Self::NAME.len() + Self::WINDOW);
        self.tail = text.split_off(keep);
    }
}

#[cfg(test)]
mod tests {
    use super::UniqueCount;

    #[test]
    fn a_claimed_count_is_found_wherever_the_bytes_are_cut() {
        let text = b"<?xml version=\"1.0\"?><sst xmlns=\"x\" count=\"9\" uniqueCount = \"1234567890123\"><si/></sst>";
        for cut in 0..text.len() {
            let mut count = UniqueCount::default();
            count.look(&text[..cut]);
            count.look(&text[cut..]);
            assert_eq!(count.largest, 1_234_567_890_123, "{cut}");
        }
    }
}
