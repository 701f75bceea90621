//! The digest of a document but for the instant at which it was made.

use sha2::{Digest, Sha256};

/// `timeStamp` of a page of features (OGC 17-069r4 §7.16.4).
const MADE_AT: &[u8] = b"\"timeStamp\":\"";

/// What differs in the instant alone means the same, which is what a weak tag says (RFC 9110 §8.8.1).
pub(crate) fn digest(body: &[u8]) -> [u8; 32] {
    let begin = body.windows(MADE_AT.len()).position(|window| window == MADE_AT).map(|at| at + MADE_AT.len());
    let skipped = begin.and_then(|begin| {
        let length = body[begin..].iter().position(|byte| *byte == b'"')?;
        Some((begin, begin + length))
    });
    let (before, after) = skipped.map_or((body, &[][..]), |(begin, end)| (&body[..begin], &body[end..]));
    Sha256::new().chain_update(before).chain_update(after).finalize().into()
}
