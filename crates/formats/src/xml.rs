//! XML event by event, within bounds: no document type, no entities of its own, no deep nesting.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, escape};
use wording::{Told, told};

use crate::Error;

/// Bytes of one tag or one text, at most.
const MAX_EVENT_BYTES: u64 = 16 << 20;
/// Bytes of the texts of one element, at most.
const MAX_TEXT: usize = 1 << 20;

/// An XML document that is being read.
pub(crate) struct Xml<R: BufRead> {
    reader: Reader<Meter<R>>,
    buffer: Vec<u8>,
    depth: u32,
    max_depth: u32,
}

/// What comes next in a document. An element without content has a start and an end.
pub(crate) enum Node {
    Start(Element),
    /// The end of the element that began last and has not ended yet.
    End,
    Text(String),
    Eof,
}

/// The beginning of an element.
pub(crate) struct Element(BytesStart<'static>);

impl Element {
    /// Whether its name without a prefix is this.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.0.local_name().as_ref() == name
    }

    /// Its name without a prefix.
    pub(crate) fn name(&self) -> String {
        self.0.local_name().as_ref().to_owned()
    }

    /// The value of an attribute, by its name without a prefix.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, Error> {
        for attribute in self.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| damaged(Told::excerpt(error)))?;
            if attribute.key.local_name().as_ref() == name {
                let value =
                    escape::unescape(&attribute.value).map_err(|error| damaged(Told::excerpt(error)))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(input: R, max_depth: u32) -> Xml<R> {
        let mut reader = Reader::from_reader(Meter { inner: input, since: 0 });
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Xml { reader, buffer: Vec::new(), depth: 0, max_depth }
    }

    /// How far the document is read, in bytes.
    pub(crate) fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// What comes next.
    pub(crate) fn next(&mut self) -> Result<Node, Error> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().since = 0;
            let position = self.reader.buffer_position();
            match self.reader.read_event_into(&mut self.buffer).map_err(|error| of(error, position))? {
                Event::Start(_) if self.depth == self.max_depth => {
                    return Err(Error::limit(
                        "depth",
                        told!("formats-xml-nested-too-deeply", "the XML is nested too deeply"),
                        u64::from(self.max_depth),
                        told!(
                            "formats-export-data-again-plain-form",
                            "export the data again in a plain form"
                        ),
                    ));
                }
                Event::Start(start) => {
                    self.depth += 1;
                    return Ok(Node::Start(Element(start.into_owned())));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Node::End);
                }
                Event::Text(text) => return Ok(Node::Text(text.xml10_content().into_owned())),
                Event::CData(text) => return Ok(Node::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(reference) => return Ok(Node::Text(resolved(&reference)?)),
                Event::DocType(_) => {
                    return Err(Error::invalid(
                        "document_type",
                        told!(
                            "formats-xml-brings-document-type-definition-never-read",
                            "the XML brings a document type definition, which is never read"
                        ),
                        told!(
                            "formats-export-data-again-without-doctype",
                            "export the data again without `<!DOCTYPE …>`"
                        ),
                    ));
                }
                Event::Eof if self.depth > 0 => {
                    return Err(damaged(told!("formats-ends-within-element", "it ends within an element")));
                }
                Event::Eof => return Ok(Node::Eof),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    /// The text within the element that has begun, up to its end; elements within it are passed over
    /// but their text counts.
    pub(crate) fn text(&mut self) -> Result<String, Error> {
        let (mut text, mut open) = (String::new(), 1_u32);
        while open > 0 {
            match self.next()? {
                Node::Start(_) => open += 1,
                Node::End => open -= 1,
                Node::Text(more) if text.len() + more.len() > MAX_TEXT => {
                    return Err(Error::limit(
                        "event_bytes",
                        told!(
                            "formats-one-text-xml-too-long-bytes",
                            "one text of the XML is too long (bytes)"
                        ),
                        MAX_TEXT as u64,
                        told!(
                            "formats-export-data-again-plain-form",
                            "export the data again in a plain form"
                        ),
                    ));
                }
                Node::Text(more) => text.push_str(&more),
                Node::Eof => {
                    return Err(damaged(told!("formats-ends-within-element", "it ends within an element")));
                }
            }
        }
        Ok(text)
    }

    /// Passes over the element that has begun, up to its end.
    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        let mut open = 1_u32;
        while open > 0 {
            match self.next()? {
                Node::Start(_) => open += 1,
                Node::End => open -= 1,
                Node::Text(_) => {}
                Node::Eof => {
                    return Err(damaged(told!("formats-ends-within-element", "it ends within an element")));
                }
            }
        }
        Ok(())
    }
}

/// The letter of `&#233;` or of one of the five names that XML itself has.
fn resolved(reference: &BytesRef<'_>) -> Result<String, Error> {
    let letter = reference.resolve_char_ref().map_err(|error| damaged(Told::excerpt(error)))?;
    if let Some(letter) = letter {
        return Ok(letter.into());
    }
    let name = reference.xml10_content();
    escape::resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| {
        Error::invalid(
            "entity",
            told!(
                "formats-xml-uses-entity-entities-own-never-read",
                "the XML uses the entity `&{name};`, and entities of its own are never read",
                name = short(&name)
            ),
            told!(
                "formats-export-data-again-letters-themselves",
                "export the data again with the letters themselves"
            ),
        )
    })
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn of(error: quick_xml::Error, position: u64) -> Error {
    match error {
        quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Error::limit(
            "event_bytes",
            told!(
                "formats-one-tag-one-text-xml-too-long",
                "one tag or one text of the XML is too long (bytes)"
            ),
            MAX_EVENT_BYTES,
            told!("formats-export-data-again-plain-form", "export the data again in a plain form"),
        ),
        other => {
            damaged(told!("formats-byte", "{other}, at byte {position}", other = other, position = position))
        }
    }
}

/// The error for XML that cannot be read.
pub(crate) fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_xml",
        told!("formats-xml-cannot-read", "the XML cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-export-data-again",
            "check that it was sent whole; export the data again"
        ),
    )
}

/// Counts the bytes since an event began.
struct Meter<R> {
    inner: R,
    since: u64,
}

impl<R: BufRead> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.since += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > MAX_EVENT_BYTES {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.since += count as u64;
        self.inner.consume(count);
    }
}
