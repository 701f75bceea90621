//! Checksums of data files: one of the whole, and one of every block, so that a part that is read
//! can be checked by itself.
//!
//! The Parquet library checks the page checksums of others but writes none, and a page's checksum
//! would leave the footer and the indexes unchecked, which decide what is read at all. The block
//! checksums are XXH64, which finds every change within one word and costs a read about a tenth of
//! a millisecond a megabyte; the SHA-256 is for who compares whole files.

use std::collections::HashMap;
use std::ops::Range;

use sha2::{Digest, Sha256};
use twox_hash::XxHash64;

/// Bytes that are checked together: small beside a page, so that a read is widened little.
pub(crate) const BLOCK_BYTES: u64 = 8 << 10;

/// The checksums of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Checksums {
    size: u64,
    sha256: [u8; 32],
    /// The lower half of each block's XXH64.
    blocks: Vec<u32>,
}

impl Checksums {
    /// The SHA-256 of the file's bytes, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex::encode(self.sha256)
    }

    /// The file's size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// As the tags of the file in the table's log.
    pub(crate) fn tags(&self) -> HashMap<String, Option<String>> {
        let blocks: Vec<u8> = self.blocks.iter().flat_map(|sum| sum.to_be_bytes()).collect();
        HashMap::from([
            ("sha256".to_owned(), Some(self.sha256())),
            ("xxh64.8k".to_owned(), Some(hex::encode(blocks))),
        ])
    }

    /// From the tags in the table's log; `None` when the file was written without checksums.
    pub(crate) fn from_tags(size: u64, tag: impl Fn(&str) -> Option<String>) -> Option<Checksums> {
        let sha256: [u8; 32] = hex::decode(tag("sha256")?).ok()?.try_into().ok()?;
        let blocks = hex::decode(tag("xxh64.8k")?).ok()?;
        let blocks: Vec<u32> = blocks
            .chunks_exact(4)
            .map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        let whole = blocks.len() as u64 == size.div_ceil(BLOCK_BYTES);
        whole.then_some(Checksums { size, sha256, blocks })
    }

    /// The blocks that hold a range.
    pub(crate) fn widened(&self, range: &Range<u64>) -> Range<u64> {
        let start = range.start / BLOCK_BYTES * BLOCK_BYTES;
        start..range.end.next_multiple_of(BLOCK_BYTES).min(self.size)
    }

    /// Checks bytes that begin with a block and end with one, or with the file. The answer is the
    /// first byte of the first block that is not as it was written.
    pub(crate) fn check(&self, start: u64, bytes: &[u8]) -> Result<(), u64> {
        let first = start / BLOCK_BYTES;
        let blocks = (first..).zip(bytes.chunks(BLOCK_BYTES as usize));
        for (number, block) in blocks {
            let recorded = usize::try_from(number).ok().and_then(|number| self.blocks.get(number));
            if recorded != Some(&short(block)) {
                return Err(number * BLOCK_BYTES);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Checksums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checksums").field("size", &self.size).field("sha256", &self.sha256()).finish()
    }
}

/// Takes the checksums of bytes that come piece by piece.
#[derive(Default)]
pub(crate) struct Summing {
    size: u64,
    whole: Sha256,
    blocks: Vec<u32>,
    /// The beginning of a block that is not complete yet.
    begun: Vec<u8>,
}

impl Summing {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.whole.update(bytes);
        let block = BLOCK_BYTES as usize;
        if !self.begun.is_empty() {
            let (here, rest) = bytes.split_at(bytes.len().min(block - self.begun.len()));
            self.begun.extend_from_slice(here);
            bytes = rest;
            if self.begun.len() < block {
                return;
            }
            self.blocks.push(short(&self.begun));
            self.begun.clear();
        }
        let blocks = bytes.chunks_exact(block);
        self.begun.extend_from_slice(blocks.remainder());
        self.blocks.extend(blocks.map(short));
    }

    pub(crate) fn finish(mut self) -> Checksums {
        if !self.begun.is_empty() {
            self.blocks.push(short(&self.begun));
        }
        Checksums { size: self.size, sha256: self.whole.finalize().into(), blocks: self.blocks }
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn short(block: &[u8]) -> u32 {
    // The lower half.
    XxHash64::oneshot(0, block) as u32
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_BYTES, Checksums, Summing};

    #[test]
    fn every_flipped_bit_is_found_in_its_block() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let mut summing = Summing::default();
        for piece in bytes.chunks(777) {
            summing.update(piece);
        }
        let sums = summing.finish();
        let tags = sums.tags();
        assert_eq!(Checksums::from_tags(40_000, |name| tags.get(name)?.clone()), Some(sums.clone()));
        assert_eq!(Checksums::from_tags(50_000, |name| tags.get(name)?.clone()), None);
        assert_eq!(sums.check(0, &bytes), Ok(()));
        assert_eq!(sums.widened(&(10_000..10_001)), 8192..16_384);
        assert_eq!(sums.widened(&(39_999..40_000)), 32_768..40_000);
        for at in (0..bytes.len()).step_by(997) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            let block = at as u64 / BLOCK_BYTES * BLOCK_BYTES;
            assert_eq!(sums.check(0, &flipped), Err(block));
            let part = sums.widened(&(at as u64..at as u64 + 1));
            let read = &flipped[part.start as usize..part.end as usize];
            assert_eq!(sums.check(part.start, read), Err(block));
        }
    }
}
