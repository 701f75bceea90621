//! The checksum that every entry of a log carries of itself.
//!
//! It stands in the entry's `commitInfo` (Delta protocol, "Commit Provenance Information": any
//! JSON), as the SHA-256 of the entry's bytes with zeros in the checksum's own place.

use crate::checksum::sha256;

/// The name of the checksum in `commitInfo`.
pub(super) const KEY: &str = "entry_sha256";
/// What stands there while it is computed.
pub(super) const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where the checksum stands in an entry.
fn place(entry: &[u8]) -> Option<std::ops::Range<usize>> {
    let name = format!("\"{KEY}\":\"");
    let at = entry.windows(name.len()).position(|bytes| bytes == name.as_bytes())? + name.len();
    (entry.get(at + BLANK.len()) == Some(&b'"')).then_some(at..at + BLANK.len())
}

/// The entry with its checksum in the place of the blank.
pub(super) fn sealed(entry: &[u8]) -> Option<Vec<u8>> {
    let place = place(entry)?;
    let mut sealed = entry.to_vec();
    sealed[place].copy_from_slice(sha256(entry).as_bytes());
    Some(sealed)
}

/// Whether the bytes are those that were written; what is wrong with them otherwise. Entries of
/// the first format carry no checksum.
pub(super) fn check(entry: &[u8]) -> Result<(), String> {
    let whole = entry.ends_with(b"}") || entry.ends_with(b"}\n");
    if !whole {
        return Err("it ends before its end".to_owned());
    }
    let Some(place) = place(entry) else {
        // Its name may be what is damaged; then the checksum itself still stands there.
        let readable = |text: &str| text.lines().all(|line| is_json(line) && !has_checksum(line));
        return match std::str::from_utf8(entry).is_ok_and(readable) {
            true => Ok(()),
            false => Err("its checksum cannot be read".to_owned()),
        };
    };
    let mut blank = entry.to_vec();
    blank[place.clone()].copy_from_slice(BLANK.as_bytes());
    match sha256(&blank).as_bytes() == &entry[place] {
        true => Ok(()),
        false => Err("its bytes are not those that were written".to_owned()),
    }
}

/// Whether something like a checksum stands in a line that is not a file's, whose tags have one.
fn has_checksum(line: &str) -> bool {
    let digits = line.bytes().scan(0, |run, byte| {
        *run = if byte.is_ascii_hexdigit() { *run + 1 } else { 0 };
        Some(*run)
    });
    !line.starts_with("{\"add\"") && digits.max().unwrap_or(0) >= BLANK.len()
}

fn is_json(line: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{BLANK, check, sealed};

    #[test]
    fn every_flipped_bit_and_every_cut_of_an_entry_is_found() {
        let entry = format!(
            "{{\"commitInfo\":{{\"entry_sha256\":\"{BLANK}\",\"run\":\"a\"}}}}\n{{\"add\":{{\"path\":\"b\"}}}}"
        );
        let entry = sealed(entry.as_bytes()).unwrap();
        assert_eq!(check(&entry), Ok(()));
        for at in 0..entry.len() {
            for bit in 0..8 {
                let mut flipped = entry.clone();
                flipped[at] ^= 1 << bit;
                assert!(check(&flipped).is_err(), "bit {bit} of byte {at}");
            }
            assert!(check(&entry[..at]).is_err(), "cut at {at}");
        }
    }
}
