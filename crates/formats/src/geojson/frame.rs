//! Cuts a GeoJSON text into its features by counting brackets, without recursion.
//!
//! Features may follow each other without a list around them: one in a line, or as RFC 8142 has it.

use std::io::Read;

use wording::{Told, told};

use crate::{Error, Limits, Place};

/// How a feature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// Its text was handed out.
    Whole,
    /// It was passed over: too many bytes.
    TooLarge,
    /// It was passed over: nested too deeply.
    TooDeep,
}

/// Where in the document the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    /// Before a member of the outermost object; `first` if it is the first.
    Member {
        first: bool,
    },
    /// Before a value of `features`; `first` if it is the first.
    Feature {
        first: bool,
    },
    End,
}

/// The features of one text.
pub(super) struct Frames<R> {
    input: R,
    buffer: Vec<u8>,
    next: usize,
    filled: usize,
    line: u64,
    at: At,
    max_bytes: usize,
    max_depth: u32,
    has_features: bool,
    features: u64,
    document_type: Option<String>,
    /// The members of a document that is one feature, as JSON.
    single: Vec<u8>,
    single_frame: Frame,
    may_declare: bool,
    declared: Option<String>,
}

/// What stands before each text of a sequence (RFC 8142 § 2).
const RECORD: u8 = 0x1E;
/// Nesting at most, whatever the limits say: what is cut out here is then read by recursion.
const MAX_DEPTH: u32 = 128;
/// Bytes of a member's name, at most.
const MAX_NAME: usize = 4096;
/// Bytes of a member such as `crs`, at most, to be understood.
const MAX_MEMBER: usize = 64 * 1024;

impl<R: Read> Frames<R> {
    /// `may_declare`: whether coordinates that are not in WGS 84 are known of by whoever reads.
    pub(super) fn new(input: R, limits: &Limits, may_declare: bool) -> Frames<R> {
        Frames {
            input,
            buffer: vec![0; 64 * 1024],
            next: 0,
            filled: 0,
            line: 1,
            at: At::Start,
            max_bytes: limits.max_feature_bytes,
            max_depth: limits.max_depth.min(MAX_DEPTH),
            has_features: false,
            features: 0,
            document_type: None,
            single: Vec::new(),
            single_frame: Frame::Whole,
            may_declare,
            declared: None,
        }
    }

    /// The system of coordinates that the file names, as far as it is read.
    pub(super) fn declared(&self) -> Option<&str> {
        self.declared.as_deref()
    }

    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// Puts the next feature's text into `out`; `None` at the end.
    pub(super) fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
        loop {
            match self.at {
                At::Start => {
                    while self.peek_token()? == Some(RECORD) {
                        self.skip();
                    }
                    if self.features > 0 && self.peek_token()?.is_none() {
                        self.at = At::End;
                        return Ok(None);
                    }
                    self.expect(b'{', told!("formats-object", "an object"))?;
                    self.at = At::Member { first: true };
                }
                At::Member { first } => {
                    if self.closes(b'}', first)? {
                        self.at = At::End;
                        return self.end(out);
                    }
                    self.member()?;
                }
                At::Feature { first } => {
                    if self.closes(b']', first)? {
                        self.at = At::Member { first: false };
                        continue;
                    }
                    self.at = At::Feature { first: false };
                    self.features += 1;
                    out.clear();
                    let (max_bytes, max_depth) = (self.max_bytes, self.max_depth);
                    return self.value(out, max_bytes, max_depth).map(Some);
                }
                At::End => return Ok(None),
            }
        }
    }

    /// Whether the list or object ends here; if not, goes past the comma.
    fn closes(&mut self, bracket: u8, first: bool) -> Result<bool, Error> {
        match self.peek_token()? {
            Some(byte) if byte == bracket => {
                self.skip();
                Ok(true)
            }
            Some(b',') if !first => {
                self.skip();
                Ok(false)
            }
            Some(_) if first => Ok(false),
            Some(byte) => Err(self.broken(told!(
                "formats-where-comma-expected",
                "`{char}` where a comma was expected",
                char = char::from(byte)
            ))),
            None => Err(self.cut_off()),
        }
    }

    /// Reads one member of the outermost object.
    fn member(&mut self) -> Result<(), Error> {
        self.at = At::Member { first: false };
        if self.peek_token()? != Some(b'"') {
            return Err(self.broken(told!("formats-member-name-expected", "a member's name was expected")));
        }
        let mut name = Vec::new();
        if self.value(&mut name, MAX_NAME, 1)? != Frame::Whole {
            return Err(self.broken(told!("formats-member-name-too-long", "a member's name is too long")));
        }
        let Ok(name) = serde_json::from_slice::<String>(&name) else {
            return Err(self.broken(told!("formats-member-name-not-text", "a member's name is not text")));
        };
        self.expect(b':', told!("formats-json-colon", "a colon"))?;
        if name == "features" && self.peek_token()? == Some(b'[') {
            self.skip();
            self.has_features = true;
            self.at = At::Feature { first: true };
            return Ok(());
        }
        let mut value = Vec::new();
        let is_of_feature = matches!(name.as_str(), "type" | "id" | "geometry" | "properties");
        let max_bytes = match name.as_str() {
            "geometry" | "properties" if !self.has_features => self.max_bytes,
            "type" | "id" | "crs" => MAX_MEMBER,
            _ => 0,
        };
        let max_depth = self.max_depth;
        let frame = self.value(&mut value, max_bytes, max_depth)?;
        if frame != Frame::Whole {
            if is_of_feature {
                self.single_frame = frame;
            }
            return Ok(());
        }
        match name.as_str() {
            "crs" => self.crs(&value)?,
            "type" => self.document_type = serde_json::from_slice(&value).ok(),
            _ => {}
        }
        if is_of_feature && !self.has_features {
            self.single.extend_from_slice(if self.single.is_empty() { b"{\"" } else { b",\"" });
            self.single.extend_from_slice(name.as_bytes());
            self.single.extend_from_slice(b"\":");
            self.single.extend_from_slice(&value);
        }
        Ok(())
    }

    /// GeoJSON of 2008 could name another system of coordinates.
    fn crs(&mut self, value: &[u8]) -> Result<(), Error> {
        let crs: serde_json::Value = serde_json::from_slice(value).unwrap_or_default();
        let Some(name) = crs.pointer("/properties/name").and_then(|name| name.as_str()) else {
            return Ok(());
        };
        let is_stored = ["CRS84", "CRS84h", ":4326", "/4326"].iter().any(|end| name.ends_with(end));
        let is_known = self.may_declare && self.features == 0;
        if is_stored || is_known {
            self.declared = Some(name.chars().take(200).collect());
            return Ok(());
        }
        Err(Error::invalid(
            "wrong_crs",
            told!(
                "formats-coordinates-not-longitude-latitude",
                "the coordinates are in `{name}`, not in longitude and latitude",
                name = name.chars().take(80).collect::<String>()
            ),
            told!(
                "formats-write-system-crs-under-source-mapping-export",
                "write that system as `crs` under `[source]` in the mapping, or export the layer in WGS 84 (EPSG:4326)"
            ),
        ))
    }

    /// The end of the document: a document without features may be one itself, and another may follow it.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
        let behind = self.peek_token()?;
        let is_one = !self.has_features && self.document_type.as_deref() == Some("Feature");
        let is_followed = is_one && matches!(behind, Some(b'{' | RECORD));
        if let Some(byte) = behind.filter(|_| !is_followed) {
            return Err(self.broken(told!(
                "formats-after-end-document",
                "`{char}` after the end of the document",
                char = char::from(byte)
            )));
        }
        if self.has_features {
            return Ok(None);
        }
        match self.document_type.as_deref() {
            Some("Feature") => {
                let frame = std::mem::replace(&mut self.single_frame, Frame::Whole);
                std::mem::swap(out, &mut self.single);
                self.single.clear();
                self.features += 1;
                if is_followed {
                    self.at = At::Start;
                    self.document_type = None;
                }
                if frame != Frame::Whole {
                    return Ok(Some(frame));
                }
                out.push(b'}');
                Ok(Some(if out.len() > self.max_bytes { Frame::TooLarge } else { Frame::Whole }))
            }
            Some("FeatureCollection") => Err(Error::invalid(
                "no_features",
                told!(
                    "formats-featurecollection-no-list-features",
                    "the FeatureCollection has no list `features`"
                ),
                told!("formats-check-file-saved-whole", "check that the file was saved whole"),
            )),
            other => Err(Error::invalid(
                "wrong_type",
                told!(
                    "formats-document-not-featurecollection",
                    "the document is a `{other}`, not a FeatureCollection",
                    other = other.unwrap_or("JSON object without type")
                ),
                told!(
                    "formats-make-geojson-featurecollection-bare-geometry-goes-into",
                    "make it a GeoJSON FeatureCollection; a bare geometry goes into a Feature"
                ),
            )),
        }
    }

    /// Copies one value into `out`; past a limit, reads on to its end but keeps nothing.
    fn value(&mut self, out: &mut Vec<u8>, max_bytes: usize, max_depth: u32) -> Result<Frame, Error> {
        let Some(first) = self.peek_token()? else {
            return Err(self.cut_off());
        };
        let (mut depth, mut in_string, mut frame) = (0_u64, false, Frame::Whole);
        let is_scalar = !matches!(first, b'{' | b'[' | b'"');
        loop {
            let Some(byte) = self.peek()? else {
                return if is_scalar { Ok(frame) } else { Err(self.cut_off()) };
            };
            if is_scalar && matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n') {
                return if out.is_empty() && frame == Frame::Whole {
                    Err(self.broken(told!(
                        "formats-where-value-expected",
                        "`{char}` where a value was expected",
                        char = char::from(byte)
                    )))
                } else {
                    Ok(frame)
                };
            }
            self.take(byte, out, max_bytes, &mut frame);
            if in_string {
                match byte {
                    b'\\' => {
                        if let Some(escaped) = self.peek()? {
                            self.take(escaped, out, max_bytes, &mut frame);
                        }
                    }
                    b'"' => in_string = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => {
                        depth += 1;
                        if depth > u64::from(max_depth) && frame == Frame::Whole {
                            frame = Frame::TooDeep;
                            out.clear();
                        }
                    }
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
            }
            if depth == 0 && !in_string && !is_scalar {
                return Ok(frame);
            }
        }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>, max_bytes: usize, frame: &mut Frame) {
        self.skip();
        if *frame == Frame::Whole {
            if out.len() == max_bytes {
                *frame = Frame::TooLarge;
                *out = Vec::new();
            } else {
                out.push(byte);
            }
        }
    }

    fn expect(&mut self, byte: u8, name: Told) -> Result<(), Error> {
        match self.peek_token()? {
            Some(found) if found == byte => {
                self.skip();
                Ok(())
            }
            Some(found) => Err(self.broken(told!("formats-where-expected", "`{char}` where {name} was expected", char = char::from(found), name => name))),
            None => Err(self.cut_off()),
        }
    }

    fn peek_token(&mut self) -> Result<Option<u8>, Error> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Ok(Some(byte));
            }
            self.skip();
        }
        Ok(None)
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.next == self.filled {
            self.next = 0;
            self.filled = self.input.read(&mut self.buffer)?;
        }
        Ok((self.next < self.filled).then(|| self.buffer[self.next]))
    }

    fn skip(&mut self) {
        if self.buffer[self.next] == b'\n' {
            self.line += 1;
        }
        self.next += 1;
    }

    fn broken(&self, what: impl Into<Told>) -> Error {
        Error::invalid(
            "not_json",
            told!("formats-file-not-json-line", "the file is not JSON: {what} in line {line}", what => what.into(), line = self.line),
            told!("formats-export-layer-again-geojson", "export the layer again as GeoJSON"),
        )
        .at(self.place())
    }

    fn cut_off(&self) -> Error {
        Error::invalid(
            "cut_off",
            told!(
                "formats-file-ends-too-early-line",
                "the file ends too early, in line {line}",
                line = self.line
            ),
            told!("formats-check-saved-sent-whole", "check that it was saved and sent whole"),
        )
        .at(self.place())
    }

    fn place(&self) -> Place {
        match u32::try_from(self.features) {
            Ok(row) if row > 0 => Place::row(row),
            _ => Place::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Frame, Frames};
    use crate::Limits;

    fn frames(text: &str, limits: &Limits) -> Result<Vec<(Frame, String)>, String> {
        let mut frames = Frames::new(text.as_bytes(), limits, false);
        let (mut out, mut found) = (Vec::new(), Vec::new());
        while let Some(frame) = frames.next(&mut out).map_err(|error| error.to_string())? {
            found.push((
                frame,
                if frame == Frame::Whole { String::from_utf8(out.clone()).unwrap() } else { String::new() },
            ));
        }
        Ok(found)
    }

    #[test]
    fn features_are_cut_out_wherever_the_list_stands() {
        let limits = Limits { max_feature_bytes: 20, max_depth: 3, ..Limits::default() };
        let whole = |text: &str| (Frame::Whole, text.to_owned());
        for (text, expected) in [
            (r#"{"type":"FeatureCollection","features":[]}"#, vec![]),
            (
                r#" {"features" : [ {"a":"}]\""} , 7,null ] , "type" : "FeatureCollection" } "#,
                vec![whole(r#"{"a":"}]\""}"#), whole("7"), whole("null")],
            ),
            (
                r#"{"features":[{"a":"xxxxxxxxxxxxxxxxxxxxxxx"},{"b":1}]}"#,
                vec![(Frame::TooLarge, String::new()), whole(r#"{"b":1}"#)],
            ),
            (
                r#"{"features":[[[[[1]]]],{"b":1}]}"#,
                vec![(Frame::TooDeep, String::new()), whole(r#"{"b":1}"#)],
            ),
            (r#"{"geometry":null,"id":4,"type":"Feature"}"#, vec![(Frame::TooLarge, String::new())]),
        ] {
            assert_eq!(frames(text, &limits), Ok(expected), "{text}");
        }
        let single = r#"{"geometry":null,"other":{},"id":4,"type":"Feature"}"#;
        let expected = whole(r#"{"geometry":null,"id":4,"type":"Feature"}"#);
        assert_eq!(frames(single, &Limits::default()), Ok(vec![expected]));
    }

    #[test]
    fn features_may_follow_each_other_without_a_list() {
        let one = r#"{"type":"Feature","id":1,"geometry":null}"#;
        let other = r#"{"type":"Feature","id":2,"geometry":null}"#;
        let whole = |text: &str| (Frame::Whole, text.to_owned());
        for text in
            [format!("{one}\n{other}\n"), format!("\u{1e}{one}\n\u{1e}{other}\n"), format!("{one}{other}")]
        {
            let found = frames(&text, &Limits::default());
            assert_eq!(found, Ok(vec![whole(one), whole(other)]), "{text:?}");
        }
        for (text, expected) in [
            (format!("{one}\n{{\"type\":\"Feature\""), "ends too early"),
            (format!("{one}\n[1]"), "after the end"),
            (format!("{one}\n{{\"type\":\"Point\"}}"), "the document is a `Point`"),
        ] {
            let error = frames(&text, &Limits::default()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_document_that_breaks_off_or_is_something_else_is_told() {
        for (text, expected) in [
            ("{", "ends too early"),
            ("[", "`[` where an object was expected"),
            (r#"{"features":[{"a":1}"#, "ends too early, in line 1, row 1"),
            ("{\"features\":[{\"a\":1}\n\n{}]}", "`{` where a comma was expected in line 3, row 1"),
            (r#"{"features":[,]}"#, "`,` where a value was expected"),
            (r#"{"features":[{}]} x"#, "after the end"),
            (r#"{"type":"FeatureCollection"}"#, "no list `features`"),
            (r#"{"type":"Point","coordinates":[1,2]}"#, "the document is a `Point`"),
            (
                r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32648"}},"features":[]}"#,
                "EPSG::32648",
            ),
        ] {
            let error = frames(text, &Limits::default()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_every_text_ends(text in "[{}\\[\\]\",:\\\\a1 \n]{0,60}") {
            let _ = frames(&format!("{{\"features\":[{text}"), &Limits::default());
            let _ = frames(&text, &Limits::default());
        }
    }
}
