//! Bytes that are no UTF-8, carried through text until their column's encoding is known.
//!
//! A byte from 0x80 stands as the private character U+F780…U+F7FF. Such a character that the file
//! itself holds is carried as its bytes too, so that nothing is lost or confused.

/// What the byte 0 would be carried as.
const BASE: u32 = 0xF700;

/// The character that carries a byte from 0x80 on.
fn carrier(byte: u8) -> char {
    char::from_u32(BASE + u32::from(byte)).expect("U+F780 to U+F7FF are characters")
}

/// The byte that a character carries.
pub(super) fn carried(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).wrapping_sub(BASE)).ok().filter(|byte| *byte >= 0x80)
}

/// Whether a text holds carried bytes.
pub(crate) fn has_carriers(text: &str) -> bool {
    // U+F780 to U+F7FF begin with EF 9E and EF 9F; the first byte is rare and quickly looked for.
    text.as_bytes().contains(&0xEF) && text.chars().any(|c| carried(c).is_some())
}

/// The text with every carried byte as a person may read it: `B\xECnh`.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match carried(c) {
            Some(byte) => shown.push_str(&format!("\\x{byte:02X}")),
            None => shown.push(c),
        }
    }
    shown
}

/// The bytes that a text stood for in the file.
pub(super) fn original(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match carried(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// A block of bytes as UTF-8.
pub(crate) struct Sound {
    /// The block with carriers; absent when it is UTF-8 as it is.
    pub(crate) replaced: Option<Vec<u8>>,
    /// Bytes at the end of the block that begin a letter whose rest is not in it; left as they are.
    pub(crate) tail: usize,
}

/// Makes a block UTF-8. Where `is_unicode`, what is wrong becomes U+FFFD, since its units have no
/// meaning in another encoding.
pub(crate) fn sound(block: &[u8], at_end: bool, is_unicode: bool) -> Sound {
    let (mut out, mut rest) = (Vec::new(), block);
    let mut changed = false;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                changed |= push(text, &mut out, changed);
                return Sound { replaced: changed.then_some(out), tail: 0 };
            }
            Err(error) => {
                let (valid, wrong) = rest.split_at(error.valid_up_to());
                let text = std::str::from_utf8(valid).expect("valid up to here");
                if error.error_len().is_none() && !at_end {
                    changed |= push(text, &mut out, changed);
                    if changed {
                        out.extend_from_slice(wrong);
                    }
                    return Sound { replaced: changed.then_some(out), tail: wrong.len() };
                }
                changed = true;
                push(text, &mut out, true);
                let length = error.error_len().unwrap_or(wrong.len());
                for byte in &wrong[..length] {
                    let c = if is_unicode { char::REPLACEMENT_CHARACTER } else { carrier(*byte) };
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                rest = &wrong[length..];
            }
        }
    }
}

/// Adds text, its own characters of the carriers' range as carried bytes; tells whether there were
/// any. While nothing is `needed`, only such text is added.
fn push(text: &str, out: &mut Vec<u8>, needed: bool) -> bool {
    if !has_carriers(text) {
        if needed {
            out.extend_from_slice(text.as_bytes());
        }
        return false;
    }
    for c in text.chars() {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        if carried(c).is_none() {
            out.extend_from_slice(bytes);
            continue;
        }
        for byte in bytes {
            out.extend_from_slice(carrier(*byte).encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{original, shown, sound};

    fn carried(block: &[u8]) -> String {
        let sound = sound(block, true, false);
        assert_eq!(sound.tail, 0);
        String::from_utf8(sound.replaced.unwrap_or_else(|| block.to_vec())).unwrap()
    }

    #[test]
    fn a_stray_byte_is_carried_and_shown() {
        assert_eq!(shown(&carried(b"B\xECnh \xC4\x90")), "B\\xECnh Đ");
        assert_eq!(original("\u{f7ec}"), [0xEC]);
    }

    #[test]
    fn a_letter_cut_at_the_end_of_a_block_is_left_for_the_next() {
        let cut = sound(&"aế".as_bytes()[..2], false, false);
        assert_eq!((cut.tail, cut.replaced), (1, None));
        let last = sound(&"aế".as_bytes()[..2], true, false);
        assert_eq!((last.tail, last.replaced.is_some()), (0, true));
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(block in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(original(&carried(&block)), block);
        }

        #[test]
        fn characters_of_the_carriers_range_are_not_confused(text in "[a\u{f77f}-\u{f800}ế]{0,20}") {
            prop_assert_eq!(original(&carried(text.as_bytes())), text.as_bytes());
        }

        #[test]
        fn where_a_block_is_cut_does_not_matter(block in proptest::collection::vec(any::<u8>(), 0..60), at in 0_usize..60) {
            let (first, second) = block.split_at(at.min(block.len()));
            let begun = sound(first, false, false);
            let mut bytes = begun.replaced.unwrap_or_else(|| first.to_vec());
            let tail = bytes.split_off(bytes.len() - begun.tail);
            let rest = [&tail[..], second].concat();
            bytes.extend(sound(&rest, true, false).replaced.unwrap_or(rest));
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), carried(&block));
        }
    }
}
