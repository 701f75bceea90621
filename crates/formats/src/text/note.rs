//! What was done to the letters of a cell, for a person to know.

use std::collections::HashMap;
use std::hash::Hash;

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

/// Cells of a column that are told one by one, of each kind of note.
const TOLD: u32 = 20;

/// The notes of columns, bounded.
pub(super) struct Notes<K> {
    notes: Vec<Note>,
    told: HashMap<(K, NoteKind), Told>,
}

/// What was told of a column.
struct Told {
    count: u32,
    /// The first cell that was not told by itself.
    rest: Option<Note>,
}

impl<K: Hash + Eq> Notes<K> {
    pub(super) fn new() -> Notes<K> {
        Notes { notes: Vec::new(), told: HashMap::new() }
    }

    /// Tells of a cell: by itself, or by counting it. That a column is read under an encoding is told
    /// once.
    pub(super) fn tell(&mut self, column: K, note: Note) {
        let told = self.told.entry((column, note.kind)).or_insert(Told { count: 0, rest: None });
        told.count = told.count.saturating_add(1);
        let is_of_column = matches!(note.kind, NoteKind::ReadAs | NoteKind::TwiceEncoded);
        if told.count == 1 || (told.count <= TOLD && !is_of_column) {
            self.notes.push(note);
        } else if !is_of_column {
            match &mut told.rest {
                Some(first) => first.more = first.more.saturating_add(1),
                None => told.rest = Some(note),
            }
        }
    }

    /// Tells of the cells that were only counted, and begins anew.
    pub(super) fn end(&mut self) {
        let mut rest: Vec<Note> = self.told.drain().filter_map(|(_, told)| told.rest).collect();
        rest.sort_by_key(|note| (note.cell.column, note.kind));
        self.notes.append(&mut rest);
    }

    /// What was told since it was asked last.
    pub(super) fn take(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }
}
