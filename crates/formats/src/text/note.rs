//! What was done to the letters of a cell, for a person to know.

use model::CellRef;

/// Something about the letters of a cell. What is the same in many cells of a column is told of the
/// first ones, and then counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The cell; of a column, its first cell that is concerned.
    pub cell: CellRef,
    /// What it is.
    pub kind: NoteKind,
    /// The cell as it stands in the file; bytes that are no text as `\xEC`.
    pub from: String,
    /// The cell as it was read.
    pub to: String,
    /// The encoding that it was read under.
    pub read_as: &'static str,
    /// How many more cells of the column it is true of, where they are not told one by one.
    pub more: u32,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The column is not Unicode, and was read under an old encoding.
    ReadAs,
    /// The cell mixes an old encoding with Unicode, and was read word by word.
    Mixed,
    /// A byte that is no UTF-8 stands in a text that is, or in one whose encoding is not known.
    StrayByte,
    /// The text was UTF-8 that a program took for Western and wrote as UTF-8 once more.
    TwiceEncoded,
    /// Letters stayed small among capitals, since the encoding has no capitals with tones.
    CapitalsLost,
    /// A byte has no letter in the encoding, and was read as Windows-1252.
    ByteOutside,
    /// A byte stands for nothing, and became U+FFFD.
    ByteLost,
    /// The file itself holds U+FFFD: a letter was lost before it came here.
    LetterLost,
}

impl NoteKind {
    /// A stable name, for findings.
    pub fn code(self) -> &'static str {
        match self {
            NoteKind::ReadAs => "text_read_as",
            NoteKind::Mixed => "text_mixed",
            NoteKind::StrayByte => "text_stray_byte",
            NoteKind::TwiceEncoded => "text_twice_encoded",
            NoteKind::CapitalsLost => "text_capitals_lost",
            NoteKind::ByteOutside => "text_byte_outside",
            NoteKind::ByteLost => "text_byte_lost",
            NoteKind::LetterLost => "text_letter_lost",
        }
    }
}
