//! What must not be read where it is kept, and must be read again: sealed with the node's own secret.
//!
//! AES-256-GCM with a nonce for each sealing (NIST SP 800-38D §8.2.2). What a text is of is sealed in with it,
//! so that a text that is moved to another row opens nowhere.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// What a sealed text begins with.
const SEALED: &str = "sealed.1.";

/// Seals and opens with one secret.
#[derive(Debug, Clone)]
pub struct Sealer(SecretString);

impl Sealer {
    /// The sealer of a secret of 32 bytes in hexadecimal.
    pub fn from_hex(text: SecretString) -> Option<Sealer> {
        let is_secret = hex::decode(text.expose_secret()).is_ok_and(|bytes| bytes.len() == 32);
        is_secret.then_some(Sealer(text))
    }

    /// A text as it is kept; none when the secret cannot be used.
    pub(crate) fn seal(&self, of: &str, text: &SecretString) -> Option<SecretString> {
        let mut bytes = text.expose_secret().as_bytes().to_vec();
        let nonce = self.key()?.seal_in_place_append_tag(Aad::from(of.as_bytes()), &mut bytes).ok()?;
        let whole = [&nonce.as_ref()[..], &bytes].concat();
        Some(SecretString::from(format!("{SEALED}{}", STANDARD.encode(whole))))
    }

    /// Whether a kept text is sealed.
    pub(crate) fn is_sealed(text: &SecretString) -> bool {
        text.expose_secret().starts_with(SEALED)
    }

    /// A kept text as it was; none when another secret sealed it, or it is another thing's. One that was kept
    /// before there were sealers is what it is.
    pub(crate) fn open(&self, of: &str, kept: &SecretString) -> Option<SecretString> {
        let Some(sealed) = kept.expose_secret().strip_prefix(SEALED) else { return Some(kept.clone()) };
        let whole = STANDARD.decode(sealed).ok()?;
        let (nonce, bytes) = whole.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = bytes.to_vec();
        let text = self.key()?.open_in_place(nonce, Aad::from(of.as_bytes()), &mut bytes).ok()?;
        Some(SecretString::from(std::str::from_utf8(text).ok()?.to_owned()))
    }

    fn key(&self) -> Option<RandomizedNonceKey> {
        let bytes = hex::decode(self.0.expose_secret()).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};

    use super::Sealer;

    fn sealer(digit: &str) -> Sealer {
        Sealer::from_hex(SecretString::from(digit.repeat(64))).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_for_its_thing_and_secret_only() {
        let text = SecretString::from("whsec_c2VjcmV0");
        let (ours, theirs) = (sealer("a"), sealer("b"));
        let sealed = ours.seal("one", &text).unwrap();
        assert!(Sealer::is_sealed(&sealed) && !sealed.expose_secret().contains("c2VjcmV0"));
        assert_ne!(sealed.expose_secret(), ours.seal("one", &text).unwrap().expose_secret());
        let opened = |sealer: &Sealer, of: &str, kept: &SecretString| {
            sealer.open(of, kept).map(|text| text.expose_secret().to_owned())
        };
        assert_eq!(opened(&ours, "one", &sealed).as_deref(), Some(text.expose_secret()));
        assert_eq!(opened(&ours, "two", &sealed), None);
        assert_eq!(opened(&theirs, "one", &sealed), None);
        let cut = SecretString::from(sealed.expose_secret()[..20].to_owned());
        assert_eq!(opened(&ours, "one", &cut), None);
        assert!(Sealer::from_hex(SecretString::from("abc")).is_none());
    }
}
