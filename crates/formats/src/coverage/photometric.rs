//! The numbers of a TIFF's pixels, whatever colours they stand for: the library turns white into black, and refuses
//! pictures with a table of colours, where what is wanted is what stands in the file.

use std::io::{Read, Result, Seek, SeekFrom};

/// The tag of what the numbers of pixels stand for (TIFF 6.0, PhotometricInterpretation), and its value for numbers
/// that grow from black.
const TAG: u64 = 262;
const BLACK_IS_ZERO: u16 = 1;
/// Values that are left as they are: what the pixels are is not seen from their numbers.
const COMPOSED: [u16; 2] = [4, 6];
/// Red, green and blue.
const RGB: u16 = 2;
/// What a table of colours says.
const PALETTE: u16 = 3;

/// A file whose first image says that its numbers grow from black.
pub(super) struct Numbers<R> {
    file: R,
    at: u64,
    /// Where it says otherwise, and what is read there instead.
    instead: Option<(u64, [u8; 2])>,
    has_palette: bool,
    is_colours: bool,
}

impl<R: Read + Seek> Numbers<R> {
    pub(super) fn of(mut file: R) -> Result<Numbers<R>> {
        let found = find(&mut file).unwrap_or(None);
        file.seek(SeekFrom::Start(0))?;
        let instead = found.filter(|found| found.value != BLACK_IS_ZERO && !COMPOSED.contains(&found.value));
        Ok(Numbers {
            file,
            at: 0,
            is_colours: found.is_some_and(|found| found.value == RGB || COMPOSED.contains(&found.value)),
            has_palette: found.is_some_and(|found| found.value == PALETTE),
            instead: instead.map(|found| (found.at, found.order.bytes(BLACK_IS_ZERO))),
        })
    }

    /// Whether its bands are those of colours.
    pub(super) fn is_colours(&self) -> bool {
        self.is_colours
    }

    /// Whether its numbers stand for colours of a table.
    pub(super) fn has_palette(&self) -> bool {
        self.has_palette
    }
}

impl<R: Read> Read for Numbers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.file.read(buffer)?;
        if let Some((start, bytes)) = self.instead {
            for (place, byte) in (start..).zip(bytes) {
                let at = place.checked_sub(self.at).and_then(|at| usize::try_from(at).ok());
                if let Some(target) = at.filter(|at| *at < read).and_then(|at| buffer.get_mut(at)) {
                    *target = byte;
                }
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Numbers<R> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

#[derive(Debug, Clone, Copy)]
enum Order {
    LowFirst,
    HighFirst,
}

impl Order {
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
        match self {
            Order::LowFirst => bytes.iter().rev().fold(0, add),
            Order::HighFirst => bytes.iter().fold(0, add),
        }
    }

    fn bytes(self, number: u16) -> [u8; 2] {
        match self {
            Order::LowFirst => number.to_le_bytes(),
            Order::HighFirst => number.to_be_bytes(),
        }
    }
}

/// Where the first image says what its numbers stand for, and what it says.
#[derive(Debug, Clone, Copy)]
struct Found {
    at: u64,
    value: u16,
    order: Order,
}

fn find<R: Read + Seek>(file: &mut R) -> Result<Option<Found>> {
    let mut head = [0; 16];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let order = match &head[..2] {
        b"II" => Order::LowFirst,
        b"MM" => Order::HighFirst,
        _ => return Ok(None),
    };
    // BigTIFF has longer offsets and counts.
    let is_big = order.number(&head[2..4]) == 43;
    let (first, count_bytes, entry_bytes, value_at) = match is_big {
        true => (order.number(&head[8..16]), 8, 20, 12),
        false => (order.number(&head[4..8]), 2, 12, 8),
    };
    let mut count = vec![0; count_bytes];
    file.seek(SeekFrom::Start(first))?;
    file.read_exact(&mut count)?;
    let mut entry = vec![0; entry_bytes];
    for nth in 0..order.number(&count).min(u64::from(u16::MAX)) {
        file.read_exact(&mut entry)?;
        if order.number(&entry[..2]) == TAG {
            let at = first
                .saturating_add((count_bytes + value_at) as u64)
                .saturating_add(nth * entry_bytes as u64);
            let value = u16::try_from(order.number(&entry[value_at..value_at + 2])).unwrap_or_default();
            return Ok(Some(Found { at, value, order }));
        }
    }
    Ok(None)
}
