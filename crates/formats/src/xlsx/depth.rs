//! How deeply the elements of an XML part are nested, seen while its bytes pass by.

use wording::told;

use crate::Error;

/// No office program nests its parts as deeply.
const MOST: u32 = 256;

/// Counts the elements that are open. Only what tells tags apart is looked at: texts and values are passed over.
#[derive(Default)]
pub(super) struct Depth {
    open: u32,
    deepest: u32,
    inside: Inside,
    /// The byte before the one that is looked at.
    before: u8,
}

/// Where the next byte stands.
#[derive(Default, Clone, Copy, PartialEq)]
enum Inside {
    /// Between tags.
    #[default]
    Text,
    /// Behind `<`.
    Begun,
    /// In the tag that opens an element, or in the quoted value of one of its attributes.
    Opening(Option<u8>),
    /// In the tag that closes an element.
    Closing,
    /// In a declaration, a comment or an instruction, which are no elements.
    Other,
}

impl Depth {
    pub(super) fn look(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let found = match self.inside {
                Inside::Text => memchr::memchr(b'<', rest),
                Inside::Begun => Some(0),
                Inside::Opening(None) => memchr::memchr3(b'"', b'\'', b'>', rest),
                Inside::Opening(Some(quote)) => memchr::memchr(quote, rest),
                Inside::Closing | Inside::Other => memchr::memchr(b'>', rest),
            };
            let Some(found) = found else { break };
            let byte = rest[found];
            let before = if found > 0 { rest[found - 1] } else { self.before };
            self.inside = match (self.inside, byte) {
                (Inside::Text, _) => Inside::Begun,
                (Inside::Begun, b'/') => Inside::Closing,
                (Inside::Begun, b'!' | b'?') => Inside::Other,
                (Inside::Begun, _) | (Inside::Opening(Some(_)), _) => Inside::Opening(None),
                (Inside::Opening(None), b'>') => {
                    if before != b'/' {
                        self.open += 1;
                        self.deepest = self.deepest.max(self.open);
                    }
                    Inside::Text
                }
                (Inside::Opening(None), quote) => Inside::Opening(Some(quote)),
                (Inside::Closing, _) => {
                    self.open = self.open.saturating_sub(1);
                    Inside::Text
                }
                (Inside::Other, _) => Inside::Text,
            };
            self.before = byte;
            at += found + 1;
        }
        self.before = bytes.last().copied().unwrap_or(self.before);
    }

    /// Refuses a part whose elements are nested too deeply.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.deepest <= MOST {
            return Ok(());
        }
        Err(Error::limit(
            "depth",
            told!("formats-xml-nested-too-deeply", "the XML is nested too deeply"),
            u64::from(MOST),
            told!("formats-save-again-spreadsheet-program", "save it again in a spreadsheet program"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Depth, MOST};

    fn deepest(text: &str, cut: usize) -> u32 {
        let mut depth = Depth::default();
        depth.look(&text.as_bytes()[..cut]);
        depth.look(&text.as_bytes()[cut..]);
        depth.deepest
    }

    #[test]
    fn elements_are_counted_wherever_the_bytes_are_cut() {
        let text = "<?xml version=\"1.0\"?><!-- a --><a x='>'><b/><c y=\"/>\">1 > 0</c><d ><e\n></e></d></a>";
        for cut in 0..=text.len() {
            assert_eq!(deepest(text, cut), 3, "{cut}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let mut depth = Depth::default();
        (0..MOST).for_each(|_| depth.look(b"<a>"));
        assert!(depth.check().is_ok());
        depth.look(b"<a>");
        assert!(depth.check().is_err());
    }
}
