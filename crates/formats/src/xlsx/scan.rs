//! What a sheet of a workbook says beside its cells, seen while its bytes pass by.
//!
//! The merged cells stand behind the rows in the file, and are wanted before them; so they are
//! found while the archive is measured. Only tags are looked at, and nothing is held but the last.

use std::sync::Arc;

use memchr::memmem::{self, Finder};

use crate::SheetLayout;
use crate::layout::{cell_name, cell_range};
use crate::shown::CellFormat;

/// Bytes that are kept of a block: of the cell, or the tag, that it cuts.
const MAX_TAIL: usize = 64 * 1024;
/// Columns of a sheet, by the format.
const SHEET_COLUMNS: u32 = 16_384;

/// Looks at the tags of one part of the archive.
///
/// Most blocks hold nothing but cells with values, and are passed over by a look for three words.
pub(super) struct SheetScan {
    layout: SheetLayout,
    state: State,
    /// The end of the last block, from its last cell or tag on.
    tail: Vec<u8>,
    words: [Finder<'static>; 3],
    /// Whether cells have to be counted, since they do not say their places.
    counts: bool,
    row: u32,
    column: u16,
    /// The tag of the cell that has begun, and has not ended yet.
    cell: Option<Vec<u8>>,
    has_formula: bool,
    has_value: bool,
    in_value: bool,
    /// The formats of cells that show more than numbers.
    styles: Arc<[CellFormat]>,
    /// Whether there are any that do.
    has_styles: bool,
}

/// Whether the part is a sheet.
#[derive(PartialEq)]
enum State {
    Unknown,
    Sheet,
    Other,
}

impl SheetScan {
    pub(super) fn new(styles: Arc<[CellFormat]>) -> SheetScan {
        let has_styles = styles.iter().any(|format| *format != CellFormat::default());
        SheetScan {
            layout: SheetLayout::default(),
            state: State::Unknown,
            tail: Vec::new(),
            words: [Finder::new("<f"), Finder::new("hidden"), Finder::new("mergeCell")],
            counts: false,
            row: 0,
            column: 0,
            cell: None,
            has_formula: false,
            has_value: false,
            in_value: false,
            styles,
            has_styles,
        }
    }

    /// What was found, if the part is a sheet.
    pub(super) fn finish(mut self) -> Option<SheetLayout> {
        let tail = std::mem::take(&mut self.tail);
        self.read_if_needed(&tail);
        (self.state == State::Sheet).then_some(self.layout)
    }

    /// Looks at the next bytes of the part.
    pub(super) fn look(&mut self, block: &[u8]) {
        if self.state == State::Other {
            return;
        }
        let mut bytes = std::mem::take(&mut self.tail);
        bytes.extend_from_slice(block);
        // A formula is told with its cell: so the last cell is kept whole, or at least the last tag.
        let last_cell = memmem::rfind(&bytes, b"<c").filter(|at| bytes.len() - at <= MAX_TAIL);
        let last_tag = || memchr::memrchr(b'<', &bytes).filter(|at| bytes.len() - at <= MAX_TAIL);
        let cut = last_cell.or_else(last_tag).unwrap_or(bytes.len());
        self.read_if_needed(&bytes[..cut]);
        bytes.drain(..cut);
        self.tail = bytes;
    }

    fn read_if_needed(&mut self, bytes: &[u8]) {
        let is_needed = self.state == State::Unknown
            || self.counts
            || self.has_formula
            || self.has_styles
            || self.words.iter().any(|word| word.find(bytes).is_some());
        if is_needed {
            self.read(bytes);
        }
    }

    /// Looks at whole tags; what stands before the first belongs to one that was passed over.
    fn read(&mut self, mut bytes: &[u8]) {
        while let Some(start) = memchr::memchr(b'<', bytes) {
            self.has_value |= self.in_value && start > 0;
            let Some(length) = memchr::memchr(b'>', &bytes[start..]) else { return };
            self.tag(&bytes[start + 1..start + length]);
            bytes = &bytes[start + length + 1..];
        }
    }

    fn tag(&mut self, tag: &[u8]) {
        let is_end = tag.first() == Some(&b'/');
        let is_closed = tag.last() == Some(&b'/');
        let tag = if is_end { &tag[1..] } else { tag };
        let length = tag.iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(tag.len());
        let prefixed = &tag[..length];
        let name = prefixed.rsplit(|byte| *byte == b':').next().unwrap_or(prefixed);
        if self.state == State::Unknown {
            match name.first() {
                None | Some(b'?' | b'!') => {}
                Some(_) if name == b"worksheet" => {
                    self.state = State::Sheet;
                    self.counts = name != prefixed;
                }
                Some(_) => self.state = State::Other,
            }
            return;
        }
        match (name, is_end) {
            (b"c", false) => {
                self.column = self.column.saturating_add(1);
                (self.has_formula, self.has_value, self.in_value) = (false, false, false);
                if self.counts || attribute(tag, b"r").is_none() {
                    self.counts = true;
                    if let Some((row, column)) = attribute(tag, b"r").and_then(cell_name) {
                        (self.row, self.column) = (row, column);
                    }
                }
                let format = attribute(tag, b"s").and_then(number);
                let format = format.and_then(|format| self.styles.get(usize::try_from(format).ok()?));
                if let Some(format) = format.filter(|_| !is_closed) {
                    let named = attribute(tag, b"r").and_then(cell_name);
                    let (row, column) = named.unwrap_or((self.row, self.column));
                    self.layout.formatted(row, column, format);
                }
                let kept = self.cell.get_or_insert_default();
                kept.clear();
                kept.extend_from_slice(&tag[..tag.len().min(MAX_TAIL)]);
                if is_closed {
                    self.cell = None;
                }
            }
            (b"f", false) => self.has_formula |= self.cell.is_some(),
            (b"v", false) => {
                // The text that a formula gives may be empty: then that is its value.
                let is_text = |cell: &Vec<u8>| attribute(cell, b"t") == Some(b"str");
                self.has_value |= self.has_formula && self.cell.as_ref().is_some_and(is_text);
                self.in_value = self.cell.is_some() && !is_closed;
            }
            (b"is", false) => self.has_value |= self.cell.is_some(),
            (b"v", true) => self.in_value = false,
            (b"c", true) => {
                if let Some(cell) = self.cell.take()
                    && self.has_formula
                    && !self.has_value
                {
                    let named = attribute(&cell, b"r").and_then(cell_name);
                    let (row, column) = named.unwrap_or((self.row, self.column));
                    if row > 0 {
                        self.layout.lacks_value(row, column);
                    }
                }
                self.has_formula = false;
            }
            (b"row", false) => {
                let named = attribute(tag, b"r").and_then(number);
                self.counts |= named.is_none();
                self.row = named.unwrap_or(self.row.saturating_add(1));
                self.column = 0;
                if is_true(attribute(tag, b"hidden")) && self.row > 0 {
                    self.layout.hide_rows(self.row..=self.row);
                }
            }
            (b"col", false) if is_true(attribute(tag, b"hidden")) => {
                let column =
                    |name| attribute(tag, name).and_then(number).filter(|n| (1..=SHEET_COLUMNS).contains(n));
                if let (Some(first), Some(last)) = (column(b"min"), column(b"max"))
                    && let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last))
                    && first <= last
                {
                    self.layout.hide_columns(first..=last);
                }
            }
            (b"mergeCell", false) => {
                if let Some(range) = attribute(tag, b"ref").and_then(cell_range) {
                    self.layout.merge(range);
                }
            }
            _ => {}
        }
    }
}

/// The value of an attribute of a tag, by its whole name.
fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    for at in 1..tag.len().saturating_sub(name.len()) {
        if !tag[at - 1].is_ascii_whitespace() {
            continue;
        }
        let Some(rest) = tag[at..].strip_prefix(name).and_then(|rest| rest.strip_prefix(b"=")) else {
            continue;
        };
        if let Some((quote @ (b'"' | b'\''), value)) = rest.split_first() {
            return value.iter().position(|byte| byte == quote).map(|end| &value[..end]);
        }
    }
    None
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn is_true(value: Option<&[u8]>) -> bool {
    matches!(value, Some(b"1" | b"true"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Arc, SheetScan};
    use crate::SheetLayout;

    const SHEET: &str = r#"<?xml version="1.0"?><x:worksheet xmlns:x="a"><x:cols><x:col min="2" max="3" hidden="1"/></x:cols>
        <sheetData><row r="4" hidden="true"><c r="A4"><f>1+1</f></c><c r="B4"><f>1</f><v>2</v></c><c r="C4" t="str"><f>""</f><v></v></c></row>
        <row><c><f>A4</f><v/></c><c><v>1</v></c><c><f t="shared" si="0"/></c></row></sheetData>
        <mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="D1:D2"/></mergeCells></x:worksheet>"#;

    fn scanned(text: &[u8], cut: usize) -> Option<SheetLayout> {
        let mut scan = SheetScan::new(Arc::from([]));
        for block in text.chunks(cut.max(1)) {
            scan.look(block);
        }
        scan.finish()
    }

    #[test]
    fn merged_hidden_and_missing_cells_are_found_wherever_the_blocks_are_cut() {
        for cut in 1..SHEET.len() {
            let layout = scanned(SHEET.as_bytes(), cut).unwrap();
            assert_eq!((layout.hidden_columns, layout.hidden_rows), (vec![2..=3], vec![4..=4]));
            assert_eq!(layout.merged.len(), 2);
            assert_eq!(layout.merged[1].last_row, 2);
            assert_eq!(layout.unvalued, [(4, 1), (5, 1), (5, 3)], "{cut}");
        }
        let plain = SHEET.replace("x:", "").replace("<c>", "<c r=\"B9\">").replace("<row>", "<row r=\"5\">");
        for cut in 1..plain.len() {
            let layout = scanned(plain.as_bytes(), cut).unwrap();
            assert_eq!((layout.merged.len(), layout.hidden_rows), (2, vec![4..=4]), "{cut}");
            assert_eq!(layout.unvalued, [(4, 1), (9, 2), (9, 2)], "{cut}");
        }
        assert_eq!(scanned(b"<?xml?><sst><mergeCell ref=\"A1:B1\"/></sst>", 7), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(<worksheet>)?[<>/a-z =\"':\\?0-9]{0,200}", cut in 1_usize..9) {
            let _ = scanned(text.as_bytes(), cut);
        }
    }
}
