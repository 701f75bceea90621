//! Letters: texts in dead encodings become Unicode (NFC), column by column, and what was done is told.
//!
//! One file mixes encodings: a header in TCVN3 above names in Unicode, a VNI column beside a note in
//! UTF-8. So nothing is decided for a file. [`LegibleTable`] stands around any reader of tables,
//! weighs the words of each column under every encoding by how many are Vietnamese syllables, and
//! decides word by word where a cell mixes two. It never changes what is readable as it is.

mod bytes;
mod cell;
mod charset;
mod column;
mod features;
mod legible;
mod note;
mod syllable;
mod weigh;
mod word;

pub(crate) use bytes::{Sound, has_carriers, sound};
pub use charset::Charset;
pub(crate) use features::LegibleFeatures;
pub(crate) use legible::{Learn, LegibleTable};
pub use note::{Note, NoteKind};

/// What a person has decided about how a file is read; what is not decided is detected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The encoding of all columns.
    pub file: Option<Charset>,
    /// The encoding of single columns, by a name in their header or by their letter (`C`).
    pub columns: Vec<(String, Charset)>,
    /// The widths of the columns in letters, of a text whose columns stand under each other.
    pub widths: Vec<u16>,
}
