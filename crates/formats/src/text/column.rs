//! A column whose encoding is decided by its words, and its texts under it.

use model::CellRef;

use super::bytes::{has_carriers, shown};
use super::cell::{Converted, Way, convert};
use super::charset::Charset;
use super::note::{Note, NoteKind};
use super::weigh::{Scales, Weights};
use crate::decode::nfc;

/// What is known of a column.
#[derive(Default)]
pub(super) struct Column {
    pub(super) scales: Scales,
    /// The encoding that a person has said.
    pub(super) given: Option<Charset>,
    pub(super) charset: Option<Charset>,
}

/// Decides the encodings of the columns of a sheet.
pub(super) fn decide<'a>(columns: impl Iterator<Item = &'a mut Column>) {
    let columns: Vec<&mut Column> = columns.collect();
    let mut sheet = Weights::default();
    for column in &columns {
        sheet.add(&column.scales.weights);
    }
    for column in columns {
        column.charset = column.given.or_else(|| column.scales.weights.choose(&sheet));
    }
}

/// How the texts of a column are read.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    way: Option<Way>,
    /// Whether bytes that are no UTF-8 are the exception, and told cell by cell.
    is_stray: bool,
}

impl Column {
    /// How its texts are read; `claims_utf8` says that the file has the mark of UTF-8.
    pub(super) fn manner(&self, claims_utf8: bool) -> Manner {
        let Column { scales: Scales { weights, .. }, given, charset } = self;
        let way = charset.map(|charset| Way {
            charset,
            raw: weights.is_raw(),
            given: given.is_some(),
            by_default: weights.leans_to(charset),
        });
        // Where no encoding of Vietnamese was found, each cell is told by itself too.
        let is_exception =
            claims_utf8 || weights.is_mostly_unicode() || *charset == Some(Charset::Windows1252);
        Manner { way, is_stray: weights.is_raw() && given.is_none() && is_exception }
    }
}

impl Manner {
    /// Texts that stand for a column whose own texts say nothing: names of properties, ids.
    pub(super) fn under(charset: Charset) -> Manner {
        Manner { way: Some(Way { charset, raw: true, given: false, by_default: true }), is_stray: false }
    }

    /// The encoding of a text: the column's where it was `changed`, else Unicode.
    pub(super) fn charset(self, changed: bool) -> Charset {
        match (changed, self.way) {
            (false, _) => Charset::Utf8,
            (true, Some(way)) => way.charset,
            (true, None) => Charset::Windows1252,
        }
    }

    /// Whether texts of the column may have to be changed.
    pub(super) fn may_change(self) -> bool {
        self.way.is_some()
    }

    /// Whether plain ASCII is changed too.
    pub(super) fn changes_ascii(self) -> bool {
        self.way.is_some_and(|way| way.charset == Charset::Tcvn3Capitals)
    }

    /// A text as it is to be read, if that is not as it stands.
    pub(super) fn read(self, text: &str, place: CellRef, mut tell: impl FnMut(Note)) -> Option<String> {
        let read_as = self.way.map_or(Charset::Utf8, |way| way.charset).name();
        let note = |kind| Note { cell: place, kind, from: shown(text), to: String::new(), read_as, more: 0 };
        if text.contains('\u{fffd}') {
            tell(Note { to: text.to_owned(), ..note(NoteKind::LetterLost) });
        }
        // Bytes that came after the column was decided are read as Western.
        let late = Way { charset: Charset::Windows1252, raw: true, given: false, by_default: false };
        let way = self.way.or_else(|| has_carriers(text).then_some(late))?;
        let Converted { text: read, is_mixed, capitals_lost, outside, lost } = convert(text, way);
        let read = nfc(&read).into_owned();
        if read == text {
            return None;
        }
        let note = |kind| Note { to: read.clone(), read_as: way.charset.name(), ..note(kind) };
        let kind = match way.charset {
            Charset::Utf8 if !way.given => NoteKind::TwiceEncoded,
            _ if self.is_stray => NoteKind::StrayByte,
            _ => NoteKind::ReadAs,
        };
        tell(note(kind));
        for (kind, is_so) in [
            (NoteKind::Mixed, is_mixed && !self.is_stray),
            (NoteKind::CapitalsLost, capitals_lost),
            (NoteKind::ByteOutside, outside.is_some()),
            (NoteKind::ByteLost, lost.is_some()),
        ] {
            if is_so {
                tell(note(kind));
            }
        }
        Some(read)
    }
}
