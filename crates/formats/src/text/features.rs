//! Features whose texts are read under the encoding of their property.

use std::collections::{BTreeSet, HashMap, VecDeque};

use model::CellRef;
use serde_json::Value;

use super::Reading;
use super::bytes::has_carriers;
use super::charset::Charset;
use super::column::{Column, Manner, decide};
use super::note::{Note, Notes};
use crate::decode::nfc;
use crate::feature::{About, Features, Item, Read};
use crate::{Error, LeftOut};

/// Features that are looked at before the first is handed out.
const LOOKED_AT: usize = 500;
/// Bytes of the file that are read for that, about.
const LOOKED_AT_BYTES: u64 = 8 << 20;

/// Features around others.
pub(crate) struct LegibleFeatures {
    inner: Box<dyn Features + Send>,
    reading: Reading,
    columns: HashMap<String, Column>,
    /// Those that were looked at and not yet handed out, and what stood behind them.
    first: VecDeque<Item>,
    behind: Option<Result<(), Error>>,
    is_begun: bool,
    notes: Notes<String>,
    /// The encodings of the texts so far.
    met: BTreeSet<Charset>,
}

impl LegibleFeatures {
    pub(crate) fn new(inner: Box<dyn Features + Send>, reading: Reading) -> LegibleFeatures {
        let (columns, first, notes) = (HashMap::new(), VecDeque::new(), Notes::new());
        let met = BTreeSet::new();
        LegibleFeatures { inner, reading, columns, first, behind: None, is_begun: false, notes, met }
    }

    /// What a person has said of a property.
    fn given(&self, name: &str) -> Option<Charset> {
        let named = self.reading.columns.iter().find(|(other, _)| model::fold(other) == model::fold(name));
        named.map(|(_, charset)| *charset).or(self.reading.file)
    }

    /// Looks at the first features, and decides.
    fn begin(&mut self) {
        self.is_begun = true;
        let start = self.inner.bytes_read();
        while self.first.len() < LOOKED_AT && self.inner.bytes_read() - start < LOOKED_AT_BYTES {
            match self.inner.next() {
                Ok(Some(item)) => {
                    self.look(&item);
                    self.first.push_back(item);
                }
                Ok(None) => {
                    self.behind = Some(Ok(()));
                    break;
                }
                Err(error) => {
                    self.behind = Some(Err(error));
                    break;
                }
            }
        }
        decide(self.columns.values_mut());
    }

    fn look(&mut self, item: &Item) {
        let Item::Read(Read { properties, .. }) = item else { return };
        for (name, value) in properties {
            if let Value::String(text) = value
                && !text.is_ascii()
            {
                if !self.columns.contains_key(name) {
                    let given = self.given(name);
                    self.columns.insert(name.clone(), Column { given, ..Column::default() });
                }
                let scales = self.columns.get_mut(name).map(|column| &mut column.scales);
                if let Some(scales) = scales.filter(|scales| !scales.is_full()) {
                    scales.weigh(&nfc(text));
                }
            }
        }
    }

    fn read(&mut self, item: &mut Item) {
        let Item::Read(Read { row, id, properties, .. }) = item else { return };
        let sheet = self.inner.about().layer;
        // What has no column of its own is as most of the file is.
        let charset = self.columns.values().find_map(|column| column.charset);
        let usual = Manner::under(charset.unwrap_or(Charset::Windows1252));
        for (at, (name, value)) in properties.iter_mut().enumerate() {
            let place = CellRef { sheet, row: *row, column: u16::try_from(at + 1).unwrap_or(u16::MAX) };
            let notes = &mut self.notes;
            if let Value::String(text) = value
                && let Some(column) = self.columns.get(name).filter(|_| !text.is_ascii())
            {
                let manner = column.manner(false);
                let read = manner.read(&nfc(text), place, |note| notes.tell(name.clone(), note));
                self.met.insert(manner.charset(read.is_some()));
                if let Some(read) = read {
                    *text = read;
                }
            }
            if has_carriers(name)
                && let Some(read) = usual.read(&nfc(name), place, |note| notes.tell(name.clone(), note))
            {
                *name = read;
            }
        }
        if let Some(text) = id.as_mut().filter(|text| has_carriers(text)) {
            let place = CellRef { sheet, row: *row, column: 1 };
            let notes = &mut self.notes;
            if let Some(read) = usual.read(&nfc(text), place, |note| notes.tell(String::new(), note)) {
                *text = read;
            }
        }
    }
}

impl Features for LegibleFeatures {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        if !self.is_begun {
            self.begin();
        }
        let item = match (self.first.pop_front(), self.behind.take()) {
            (Some(item), behind) => {
                self.behind = behind;
                Some(item)
            }
            (None, Some(Err(error))) => {
                self.behind = Some(Ok(()));
                return Err(error);
            }
            (None, Some(Ok(()))) => {
                self.behind = Some(Ok(()));
                None
            }
            (None, None) => self.inner.next()?,
        };
        let Some(mut item) = item else {
            self.notes.end();
            return Ok(None);
        };
        self.read(&mut item);
        Ok(Some(item))
    }

    fn bytes_read(&self) -> u64 {
        self.inner.bytes_read()
    }

    fn about(&self) -> &About {
        self.inner.about()
    }

    fn left_out(&self) -> &[LeftOut] {
        self.inner.left_out()
    }

    fn notes(&mut self) -> Vec<Note> {
        let mut notes = self.inner.notes();
        notes.append(&mut self.notes.take());
        notes
    }

    fn charsets(&self) -> Vec<Charset> {
        let mut charsets = self.inner.charsets();
        charsets.extend(&self.met);
        charsets
    }

    fn skip_to(&mut self, row: u32) -> Result<(), Error> {
        if !self.is_begun {
            self.begin();
        }
        let before = |item: &Item| match item {
            Item::Read(read) => read.row < row,
            Item::Refused(refusal) => refusal.row < row,
        };
        while self.first.front().is_some_and(before) {
            self.first.pop_front();
        }
        if self.first.is_empty() && self.behind.is_none() { self.inner.skip_to(row) } else { Ok(()) }
    }
}
