//! HMAC-SHA256 (RFC 2104), and numbers that travel through clients without saying anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const BLOCK: usize = 64;

/// The keyed hash of a message that comes in parts.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner.finalize()).finalize().into()
}

/// Twelve bytes as a text that looks different each time and that only the key opens.
///
/// The places of a feed count what a reader may not know of, too. Sealed, they tell nobody how much
/// that is, nor whether two of them are the same.
pub(crate) fn seal(key: &[u8; 32], plain: [u8; 12]) -> String {
    let nonce: [u8; 16] = uuid::Uuid::new_v4().into_bytes();
    let mut sealed = [0_u8; 36];
    sealed[..16].copy_from_slice(&nonce);
    let pad = hmac_sha256(key, &[b"pad", &nonce]);
    for at in 0..12 {
        sealed[16 + at] = plain[at] ^ pad[at];
    }
    let tag = hmac_sha256(key, &[b"tag", &sealed[..28]]);
    sealed[28..].copy_from_slice(&tag[..8]);
    URL_SAFE_NO_PAD.encode(sealed)
}

/// What was sealed, or nothing when the key did not seal this text.
pub(crate) fn open(key: &[u8; 32], text: &str) -> Option<[u8; 12]> {
    if text.len() != 48 {
        return None;
    }
    let sealed: [u8; 36] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let tag = hmac_sha256(key, &[b"tag", &sealed[..28]]);
    if !bool::from(tag[..8].ct_eq(&sealed[28..])) {
        return None;
    }
    let pad = hmac_sha256(key, &[b"pad", &sealed[..16]]);
    let mut plain = [0_u8; 12];
    for at in 0..12 {
        plain[at] = sealed[16 + at] ^ pad[at];
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::{hmac_sha256, open, seal};

    #[test]
    fn the_keyed_hash_is_that_of_rfc_4231() {
        for (key, data, expected) in [
            (
                vec![0x0b; 20],
                b"Hi There".to_vec(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex::encode(hmac_sha256(&key, &[&data])), expected);
        }
    }

    #[test]
    fn a_sealed_number_comes_back_and_no_other_text_does() {
        let (key, other) = ([7; 32], [8; 32]);
        let text = seal(&key, *b"abcd12345678");
        assert_eq!(open(&key, &text), Some(*b"abcd12345678"));
        assert_ne!(seal(&key, *b"abcd12345678"), text, "nothing can be told from comparing");
        assert_eq!(open(&other, &text), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(open(&key, &changed).is_none() || changed == text, "{changed}");
        }
        assert_eq!(open(&key, "ư"), None);
    }
}
