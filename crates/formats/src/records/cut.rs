//! The objects of a document's lists, cut out of it one after the other without the rest being held.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use wording::told;

use super::damaged;
use super::flat::scalar;
use crate::decode::Carrying;
use crate::{Error, Limits};

/// Objects around a list, at most.
const MAX_LEVELS: usize = 8;
/// Of what stands beside the lists, so much is kept.
const MAX_BESIDE: usize = 100;
/// Bytes of a text beside the lists that is kept.
const MAX_TEXT: usize = 1000;

/// How the objects stand in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// In lists: the document itself, or members of objects.
    Document,
    /// Each is a member of the document.
    Named,
    /// Each is a document of its own, one after the other.
    Lines,
}

/// An object that was found.
pub(super) struct Found {
    /// The name under which it stands.
    pub(super) key: Option<String>,
    /// Where it stands in its list, from 1.
    pub(super) number: u32,
}

/// What stands beside the lists of a document.
pub(super) struct Beside {
    /// The names that lead to it.
    pub(super) path: Vec<String>,
    /// Its text; `None` for a list or a long text.
    pub(super) value: Option<String>,
}

/// Whether the beginning of a document is an object a line.
pub(crate) fn is_in_lines(head: &str) -> bool {
    let mut lines = head.trim_start().lines();
    let is_object = |line: &str| line.trim_start().starts_with('{');
    let first = lines.next().unwrap_or_default();
    let is_closed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(first).is_ok();
    is_closed && lines.find(|line| !line.trim().is_empty()).is_some_and(is_object)
}

/// Whether the beginning of a document has a list of objects.
pub(crate) fn is_in_lists(head: &str) -> bool {
    head.match_indices('[').any(|(at, _)| head[at + 1..].trim_start().starts_with('{'))
}

impl Manner {
    /// How they stand in a file; [`Manner::Named`] is only known when nothing else is found.
    pub(super) fn of(path: &Path, limits: &Limits) -> Result<Manner, Error> {
        let mut cut = Cut::open(path, Manner::Lines, limits)?;
        if cut.peek()? != Some(b'{') {
            return Ok(Manner::Document);
        }
        // A document may be far longer than one object: then it is not an object a line.
        match cut.value(Keep::All(&mut Vec::new())) {
            Ok(()) => Ok(if cut.peek()?.is_some() { Manner::Lines } else { Manner::Document }),
            Err(Error::Limit { .. }) => Ok(Manner::Document),
            Err(error) => Err(error),
        }
    }
}

/// A document that is being cut.
pub(super) struct Cut {
    input: BufReader<Carrying<File>>,
    max_bytes: usize,
    max_depth: u32,
    position: u64,
    manner: Manner,
    is_begun: bool,
    /// What has begun around the next object.
    open: Vec<Opened>,
    /// The names of all of it but the document itself.
    around: Vec<String>,
    list: Vec<String>,
    number: u32,
    beside: Vec<Beside>,
}

/// What is kept of the text of a value.
enum Keep<'a> {
    Nothing,
    /// As much as tells whether it is a short one.
    Beginning(&'a mut Vec<u8>),
    /// All of it, whose length and depth are bounded.
    All(&'a mut Vec<u8>),
}

/// A list or an object that has begun.
struct Opened {
    end: u8,
    is_first: bool,
}

impl Cut {
    pub(super) fn open(path: &Path, manner: Manner, limits: &Limits) -> Result<Cut, Error> {
        let mut input = BufReader::with_capacity(1 << 16, Carrying::new(File::open(path)?, false));
        let mark = b"\xEF\xBB\xBF";
        if input.fill_buf()?.starts_with(mark) {
            input.consume(mark.len());
        }
        Ok(Cut {
            input,
            max_bytes: limits.max_feature_bytes,
            max_depth: limits.max_depth,
            position: 0,
            manner,
            is_begun: false,
            open: Vec::new(),
            around: Vec::new(),
            list: Vec::new(),
            number: 0,
            beside: Vec::new(),
        })
    }

    /// The whole document, whose length and depth are bounded.
    pub(super) fn whole(path: &Path, limits: &Limits) -> Result<Vec<u8>, Error> {
        let mut cut = Cut::open(path, Manner::Lines, limits)?;
        let mut document = Vec::new();
        cut.value(Keep::All(&mut document))?;
        Ok(document)
    }

    /// The names that lead to the list of the last object; none for the document itself.
    pub(super) fn list(&self) -> &[String] {
        &self.list
    }

    /// What stands beside the objects and was passed over.
    pub(super) fn into_beside(self) -> Vec<Beside> {
        self.beside
    }

    /// How far the document is read, in bytes.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Cuts the next object out.
    pub(super) fn next(&mut self, object: &mut Vec<u8>) -> Result<Option<Found>, Error> {
        if self.manner == Manner::Lines {
            return self.next_line(object);
        }
        loop {
            let Some(opened) = self.open.last_mut() else {
                if self.is_begun {
                    return if self.peek()?.is_none() { Ok(None) } else { Err(self.unexpected()) };
                }
                self.is_begun = true;
                self.enter(None)?;
                continue;
            };
            let (end, is_first) = (opened.end, std::mem::take(&mut opened.is_first));
            if self.skip_if(end)? {
                self.open.pop();
                self.around.pop();
                continue;
            }
            if !is_first {
                self.expect(b',')?;
            }
            let is_list = end == b']';
            let name = if is_list { None } else { Some(self.name()?) };
            let is_object = self.peek()? == Some(b'{');
            if is_object && (is_list || self.manner == Manner::Named) {
                return self.cut(name, object).map(Some);
            }
            if is_list || self.manner == Manner::Named {
                self.pass_over(name)?;
            } else {
                self.enter(name)?;
            }
        }
    }

    fn next_line(&mut self, object: &mut Vec<u8>) -> Result<Option<Found>, Error> {
        if self.peek()? == Some(b',') {
            self.skip_byte();
        }
        match self.peek()? {
            None => Ok(None),
            Some(b'{') => self.cut(None, object).map(Some),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn cut(&mut self, key: Option<String>, object: &mut Vec<u8>) -> Result<Found, Error> {
        object.clear();
        self.value(Keep::All(object))?;
        self.number = self.number.saturating_add(1);
        Ok(Found { key, number: self.number })
    }

    /// Goes into a list or an object, or past any other value.
    fn enter(&mut self, name: Option<String>) -> Result<(), Error> {
        let end = match self.peek()? {
            Some(b'[') => b']',
            Some(b'{') if self.open.len() < MAX_LEVELS => b'}',
            _ => return self.pass_over(name),
        };
        self.skip_byte();
        self.around.extend(name);
        self.open.push(Opened { end, is_first: true });
        if end == b']' {
            self.list.clone_from(&self.around);
            self.number = 0;
        }
        Ok(())
    }

    /// Goes past a value that is no object of a list, and keeps what it is if it has a name.
    fn pass_over(&mut self, name: Option<String>) -> Result<(), Error> {
        let is_kept = self.beside.len() < MAX_BESIDE;
        let is_scalar = !matches!(self.peek()?, Some(b'[' | b'{'));
        let mut text = Vec::new();
        self.value(if is_kept && is_scalar { Keep::Beginning(&mut text) } else { Keep::Nothing })?;
        if !is_kept {
            return Ok(());
        }
        let value = if is_scalar && name.is_some() && text.len() <= MAX_TEXT {
            Some(scalar(serde_json::from_slice(&text).map_err(|_| self.unexpected())?).0)
        } else {
            None
        };
        let path: Vec<String> = self.around.iter().cloned().chain(name).collect();
        if self.beside.last().is_none_or(|last| last.path != path) {
            self.beside.push(Beside { path, value });
        }
        Ok(())
    }

    /// The name of the member that comes next.
    fn name(&mut self) -> Result<String, Error> {
        let mut name = Vec::new();
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected());
        }
        self.value(Keep::All(&mut name))?;
        self.expect(b':')?;
        serde_json::from_slice(&name).map_err(|_| self.unexpected())
    }

    /// The first byte of what comes next.
    fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.input.fill_buf()?.first().copied() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.skip_byte(),
                other => return Ok(other),
            }
        }
    }

    fn skip_byte(&mut self) {
        self.input.consume(1);
        self.position += 1;
    }

    fn skip_if(&mut self, byte: u8) -> Result<bool, Error> {
        let is_next = self.peek()? == Some(byte);
        if is_next {
            self.skip_byte();
        }
        Ok(is_next)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.skip_if(byte)? { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Goes past the value that comes next, and keeps of its text what is wanted.
    fn value(&mut self, mut keep: Keep<'_>) -> Result<(), Error> {
        if matches!(self.peek()?, None | Some(b',' | b':' | b'}' | b']')) {
            return Err(self.unexpected());
        }
        let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_u32, 0_u32, false, false);
        loop {
            let block = self.input.fill_buf()?;
            if block.is_empty() {
                return if depth == 0 && !in_text { Ok(()) } else { Err(self.unexpected()) };
            }
            let (mut length, mut is_done) = (0, false);
            for byte in block {
                if in_text {
                    length += 1;
                    match byte {
                        _ if is_escaped => is_escaped = false,
                        b'\\' => is_escaped = true,
                        b'"' => {
                            in_text = false;
                            is_done = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    let is_within = depth > 0;
                    match byte {
                        b'"' => in_text = true,
                        b'{' | b'[' => {
                            depth += 1;
                            deepest = deepest.max(depth);
                        }
                        b'}' | b']' if is_within => {
                            depth -= 1;
                            is_done = depth == 0;
                        }
                        // The end of a number or a word that stands alone.
                        b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if !is_within => {
                            is_done = true;
                            break;
                        }
                        _ => {}
                    }
                    length += 1;
                }
                if is_done {
                    break;
                }
            }
            if let Keep::Beginning(kept) = &mut keep
                && kept.len() <= MAX_TEXT
            {
                kept.extend_from_slice(&block[..length]);
            }
            if let Keep::All(kept) = &mut keep {
                kept.extend_from_slice(&block[..length]);
                if kept.len() > self.max_bytes {
                    return Err(Error::limit(
                        "feature_bytes",
                        told!(
                            "formats-one-thing-document-too-long-bytes",
                            "one thing of the document is too long (bytes)"
                        ),
                        self.max_bytes as u64,
                        told!("formats-ask-service-smaller-pages", "ask the service for smaller pages"),
                    ));
                }
                if deepest > self.max_depth {
                    return Err(Error::limit(
                        "too_deep",
                        told!(
                            "formats-json-document-nested-too-deeply",
                            "the JSON document is nested too deeply"
                        ),
                        u64::from(self.max_depth),
                        told!("formats-flatten", "flatten it"),
                    ));
                }
            }
            self.input.consume(length);
            self.position += length as u64;
            if is_done {
                return Ok(());
            }
        }
    }

    fn unexpected(&self) -> Error {
        damaged(told!(
            "formats-json-breaks-off",
            "it breaks off, or something else was expected, at byte {position}",
            position = self.position
        ))
    }
}
