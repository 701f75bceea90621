//! Bytes of a text file to UTF-8: byte order marks dropped, UTF-16 decoded, NFC.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use unicode_normalization::{IsNormalized, is_nfc_quick};
use wording::told;

use crate::text::{Sound, sound};
use crate::{Encoding, Error, Limits};

/// A text file as UTF-8, with a count of the bytes read from the file.
///
/// What is not text in the file's encoding comes out as the byte 0xFF, which no UTF-8 text holds,
/// so that whoever checks the text finds the place.
pub(crate) struct TextFile {
    file: File,
    encoding: Encoding,
    bytes_read: u64,
    begun: bool,
    /// Bytes read ahead: of the mark, or of a code unit cut in two.
    held: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    /// Decoded text that did not fit.
    decoded: Vec<u8>,
    decoded_at: usize,
}

impl TextFile {
    /// Opens a file; one that is empty or too large is refused.
    pub(crate) fn open(path: &Path, encoding: Encoding, limits: &Limits) -> Result<TextFile, Error> {
        let file = File::open(path)?;
        check_size(file.metadata()?.len(), limits)?;
        Ok(TextFile {
            file,
            encoding,
            bytes_read: 0,
            begun: false,
            held: Vec::new(),
            high: None,
            decoded: Vec::new(),
            decoded_at: 0,
        })
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    fn read_raw(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.bytes_read += count as u64;
                    return Ok(count);
                }
            }
        }
    }

    /// Reads past the byte order mark, if there is one.
    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        let mut head = [0; 3];
        let mut filled = 0;
        while filled < head.len() {
            match self.read_raw(&mut head[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        let head = &head[..filled];
        let mark: &[u8] = match self.encoding {
            Encoding::Utf8 => b"\xEF\xBB\xBF",
            Encoding::Utf16Le => b"\xFF\xFE",
            Encoding::Utf16Be => b"\xFE\xFF",
        };
        self.held = head.strip_prefix(mark).unwrap_or(head).to_vec();
        Ok(())
    }

    /// Decodes the next code units into `decoded`; leaves it empty at the end of the file.
    fn decode_more(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.decoded_at = 0;
        let mut raw = std::mem::take(&mut self.held);
        while self.decoded.is_empty() {
            let start = raw.len();
            raw.resize(start + 64 * 1024, 0);
            let count = self.read_raw(&mut raw[start..])?;
            raw.truncate(start + count);
            let whole = raw.len() / 2 * 2;
            for pair in raw[..whole].chunks_exact(2) {
                let pair = [pair[0], pair[1]];
                let unit = match self.encoding {
                    Encoding::Utf16Be => u16::from_be_bytes(pair),
                    _ => u16::from_le_bytes(pair),
                };
                self.push_unit(unit);
            }
            raw.drain(..whole);
            if count == 0 {
                // A half code unit or a half pair at the end is not text.
                if self.high.take().is_some() || !raw.is_empty() {
                    self.decoded.push(0xFF);
                    raw.clear();
                }
                break;
            }
        }
        self.held = raw;
        Ok(())
    }

    fn push_unit(&mut self, unit: u16) {
        let decoded = match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                char::from_u32(0x10000 + ((u32::from(high) - 0xD800) << 10) + (u32::from(unit) - 0xDC00))
            }
            (Some(_), _) => {
                self.decoded.push(0xFF);
                return self.push_unit(unit);
            }
            (None, 0xD800..=0xDBFF) => {
                self.high = Some(unit);
                return;
            }
            (None, _) => char::from_u32(u32::from(unit)),
        };
        match decoded {
            Some(c) => self.decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => self.decoded.push(0xFF),
        }
    }
}

impl Read for TextFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        if self.encoding == Encoding::Utf8 {
            if self.held.is_empty() {
                return self.read_raw(buffer);
            }
            let count = self.held.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.held[..count]);
            self.held.drain(..count);
            return Ok(count);
        }
        if self.decoded_at == self.decoded.len() {
            self.decode_more()?;
        }
        let count = (self.decoded.len() - self.decoded_at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.decoded[self.decoded_at..self.decoded_at + count]);
        self.decoded_at += count;
        Ok(count)
    }
}

/// A text as UTF-8 in which bytes that are none are carried, until it is known what they stand for.
pub(crate) struct Carrying<R> {
    inner: R,
    /// Whether what is no text is lost, as in UTF-16.
    is_unicode: bool,
    ready: Vec<u8>,
    at: usize,
    /// The beginning of a letter whose rest is still to come.
    tail: Vec<u8>,
    is_at_end: bool,
}

impl<R: Read> Carrying<R> {
    pub(crate) fn new(inner: R, is_unicode: bool) -> Carrying<R> {
        Carrying { inner, is_unicode, ready: Vec::new(), at: 0, tail: Vec::new(), is_at_end: false }
    }

    pub(crate) fn inner(&self) -> &R {
        &self.inner
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut block = std::mem::take(&mut self.tail);
        let start = block.len();
        block.resize(start + 64 * 1024, 0);
        let count = loop {
            match self.inner.read(&mut block[start..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        block.truncate(start + count);
        self.is_at_end = count == 0;
        let Sound { replaced, tail } = sound(&block, self.is_at_end, self.is_unicode);
        self.ready = replaced.unwrap_or(block);
        self.tail = self.ready.split_off(self.ready.len() - tail);
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Carrying<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.is_at_end {
            self.fill()?;
        }
        let count = (self.ready.len() - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Whether a file begins with the mark of UTF-8.
pub(crate) fn has_mark(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(3).read_to_end(&mut head)?;
    Ok(head == b"\xEF\xBB\xBF")
}

/// Refuses a file that is empty or larger than the limit.
pub(crate) fn check_size(size: u64, limits: &Limits) -> Result<(), Error> {
    if size == 0 {
        return Err(Error::invalid(
            "empty_file",
            told!("formats-file-empty", "the file is empty"),
            told!("formats-check-saved-sent-whole", "check that it was saved and sent whole"),
        ));
    }
    if size > limits.max_bytes {
        return Err(Error::limit(
            "file_bytes",
            told!("formats-file-too-large-bytes", "the file is too large (bytes)"),
            limits.max_bytes,
            told!(
                "formats-split-into-several-files-hand-them-one",
                "split it into several files and hand them in one after the other"
            ),
        ));
    }
    Ok(())
}

/// The text in NFC, copied only if it was not.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(model::nfc(text))
    }
}
