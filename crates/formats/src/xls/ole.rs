//! The compound file that an old workbook lies in, walked before its reader is let at it (MS-CFB).
//!
//! The reader follows the chains of sectors wherever they lead. So every chain that it will follow is
//! followed here first, and one that leads out of the file, or in a circle, is refused.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use wording::told;

use super::damaged;
use crate::decode::check_size;
use crate::push::too_large;
use crate::{Error, Limits};

const SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Sector numbers from here on are marks and not sectors.
const MARKS: u32 = 0xFFFF_FFFA;
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// Streams shorter than this lie in small sectors.
const SMALL_STREAM: u64 = 4096;
const SMALL_SECTOR: usize = 64;

/// What a compound file holds.
pub(super) enum Content {
    /// A workbook: its stream of records.
    Workbook(Vec<u8>),
    /// Something else: the names of its streams.
    Other(Vec<String>),
}

/// Reads the workbook's stream.
pub(super) fn workbook(path: &Path, limits: &Limits) -> Result<Content, Error> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    check_size(size, limits)?;
    if size > limits.max_unpacked_bytes {
        return Err(too_large(limits));
    }
    let mut bytes = Vec::new();
    BufReader::new(file).take(size).read_to_end(&mut bytes)?;
    Compound::new(&bytes)?.workbook()
}

/// A compound file in memory.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    first_directory: u32,
    first_small: u32,
    small_sectors: u32,
}

struct Entry {
    name: String,
    start: u32,
    length: u64,
}

impl<'a> Compound<'a> {
    fn new(bytes: &'a [u8]) -> Result<Compound<'a>, Error> {
        let header = bytes.get(..512).filter(|header| header.starts_with(SIGNATURE));
        let header =
            header.ok_or_else(|| damaged(told!("formats-beginning-missing", "its beginning is missing")))?;
        let sector = match header[30] {
            9 => 512,
            12 => 4096,
            _ => {
                return Err(damaged(told!(
                    "formats-sectors-have-unknown-size",
                    "its sectors have an unknown size"
                )));
            }
        };
        let mut compound = Compound {
            bytes,
            sector,
            table: Vec::new(),
            first_directory: number(header, 48),
            first_small: number(header, 60),
            small_sectors: number(header, 64),
        };
        compound.read_table(header)?;
        Ok(compound)
    }

    /// Sectors that the file has room for.
    fn count(&self) -> usize {
        self.bytes.len() / self.sector
    }

    /// The bytes of a sector; the last one may be cut.
    fn sector(&self, id: u32) -> Result<&'a [u8], Error> {
        let start = (id as usize + 1).checked_mul(self.sector).filter(|start| *start < self.bytes.len());
        let start = start
            .ok_or_else(|| damaged(told!("formats-points-behind-own-end", "it points behind its own end")))?;
        Ok(&self.bytes[start..self.bytes.len().min(start + self.sector)])
    }

    /// The table of which sector follows which.
    fn read_table(&mut self, header: &[u8]) -> Result<(), Error> {
        let mut parts: Vec<u32> = numbers(&header[76..512]).collect();
        let (mut next, mut seen) = (number(header, 68), 0);
        while next < MARKS {
            seen += 1;
            if seen > self.count() {
                return Err(circle());
            }
            parts.extend(numbers(self.sector(next)?));
            next = parts
                .pop()
                .ok_or_else(|| damaged(told!("formats-table-sectors-cut", "its table of sectors is cut")))?;
        }
        parts.retain(|part| *part < MARKS);
        if parts.len() > self.count() {
            return Err(damaged(told!(
                "formats-table-sectors-larger-than-file",
                "its table of sectors is larger than the file"
            )));
        }
        for part in parts {
            let sector = self.sector(part)?;
            self.table.extend(numbers(sector));
        }
        Ok(())
    }

    /// The bytes of a chain of sectors, or its beginning up to a length.
    fn chain(&self, start: u32, length: Option<u64>) -> Result<Vec<u8>, Error> {
        let (mut bytes, mut next, mut seen) = (Vec::new(), start, 0);
        while next != END_OF_CHAIN {
            seen += 1;
            if seen > self.count() {
                return Err(circle());
            }
            bytes.extend_from_slice(self.sector(next)?);
            if length.is_some_and(|length| bytes.len() as u64 >= length) {
                break;
            }
            next = *self
                .table
                .get(next as usize)
                .ok_or_else(|| damaged(told!("formats-table-sectors-cut", "its table of sectors is cut")))?;
        }
        if let Some(length) = length {
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Ok(bytes)
    }

    fn workbook(&self) -> Result<Content, Error> {
        let directory = self.chain(self.first_directory, None)?;
        let entries: Vec<Entry> = directory.chunks_exact(128).map(|entry| self.entry(entry)).collect();
        let root = entries
            .first()
            .ok_or_else(|| damaged(told!("formats-directory-empty", "its directory is empty")))?;
        let (mut small, mut small_table) = (Vec::new(), Vec::new());
        if self.small_sectors > 0 {
            small = self.chain(root.start, Some(root.length))?;
            let length = u64::from(self.small_sectors) * self.sector as u64;
            small_table = numbers(&self.chain(self.first_small, Some(length))?).collect();
        }
        let named = |name: &str| entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
        let Some(entry) = named("Workbook").or_else(|| named("Book")) else {
            return Ok(Content::Other(entries.into_iter().map(|entry| entry.name).collect()));
        };
        if entry.length >= SMALL_STREAM {
            return self.chain(entry.start, Some(entry.length)).map(Content::Workbook);
        }
        let (mut bytes, mut next, mut seen) = (Vec::new(), entry.start, 0);
        while next != END_OF_CHAIN && (bytes.len() as u64) < entry.length {
            seen += 1;
            let at = next as usize * SMALL_SECTOR;
            let sector =
                small.get(at..small.len().min(at + SMALL_SECTOR)).filter(|sector| !sector.is_empty());
            bytes.extend_from_slice(sector.ok_or_else(|| {
                damaged(told!("formats-points-behind-own-end", "it points behind its own end"))
            })?);
            if seen > small_table.len() {
                return Err(circle());
            }
            next = *small_table
                .get(next as usize)
                .ok_or_else(|| damaged(told!("formats-table-sectors-cut", "its table of sectors is cut")))?;
        }
        bytes.truncate(usize::try_from(entry.length).unwrap_or(usize::MAX));
        Ok(Content::Workbook(bytes))
    }

    fn entry(&self, entry: &[u8]) -> Entry {
        let units = entry[..64].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let name = char::decode_utf16(units.take_while(|unit| *unit != 0));
        let low = u64::from(number(entry, 120));
        let high = if self.sector == 512 { 0 } else { u64::from(number(entry, 124)) };
        Entry {
            name: name.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
            start: number(entry, 116),
            length: low | high << 32,
        }
    }
}

fn circle() -> Error {
    damaged(told!("formats-sectors-run-circle", "its sectors run in a circle"))
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
