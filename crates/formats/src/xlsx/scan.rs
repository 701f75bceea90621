//! What a sheet of a workbook says beside its cells, seen while its bytes pass by.
//!
//! The merged cells stand behind the rows in the file, and are wanted before them; so they are
//! found while the archive is measured. Only tags are looked at, and nothing is held but the last.

use crate::SheetLayout;
use crate::layout::{cell_name, cell_range};

/// Bytes of one tag that are kept; a longer one is passed over.
const MAX_TAG: usize = 4096;
/// Columns of a sheet, by the format.
const SHEET_COLUMNS: u32 = 16_384;

/// Looks at the tags of one part of the archive.
#[derive(Default)]
pub(super) struct SheetScan {
    layout: SheetLayout,
    state: State,
    /// A tag that is cut by the end of a block, without its `<`.
    held: Vec<u8>,
    in_tag: bool,
    row: u32,
    column: u16,
    in_cell: bool,
    is_text: bool,
    has_formula: bool,
    has_value: bool,
    in_value: bool,
}

/// Whether the part is a sheet.
#[derive(Default, PartialEq)]
enum State {
    #[default]
    Unknown,
    Sheet,
    Other,
}

impl SheetScan {
    /// What was found, if the part is a sheet.
    pub(super) fn finish(self) -> Option<SheetLayout> {
        (self.state == State::Sheet).then_some(self.layout)
    }

    /// Looks at the next bytes of the part.
    pub(super) fn look(&mut self, mut block: &[u8]) {
        while self.state != State::Other && !block.is_empty() {
            let wanted = if self.in_tag { b'>' } else { b'<' };
            let found = memchr::memchr(wanted, block);
            let (before, after) = match found {
                Some(at) => (&block[..at], &block[at + 1..]),
                None => (block, &block[block.len()..]),
            };
            if !self.in_tag {
                self.has_value |= self.in_value && !before.is_empty();
                self.in_tag = found.is_some();
            } else if found.is_none() {
                let room = MAX_TAG.saturating_sub(self.held.len());
                self.held.extend_from_slice(&before[..before.len().min(room)]);
            } else if self.held.is_empty() {
                self.in_tag = false;
                self.tag(before);
            } else {
                self.in_tag = false;
                let mut tag = std::mem::take(&mut self.held);
                let room = MAX_TAG.saturating_sub(tag.len());
                tag.extend_from_slice(&before[..before.len().min(room)]);
                self.tag(&tag);
                tag.clear();
                self.held = tag;
            }
            block = after;
        }
    }

    fn tag(&mut self, tag: &[u8]) {
        let is_end = tag.first() == Some(&b'/');
        let is_closed = tag.last() == Some(&b'/');
        let tag = if is_end { &tag[1..] } else { tag };
        let length = tag.iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(tag.len());
        let name = &tag[..length];
        let name = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
        if self.state == State::Unknown {
            match name.first() {
                None | Some(b'?' | b'!') => {}
                Some(_) if name == b"worksheet" => self.state = State::Sheet,
                Some(_) => self.state = State::Other,
            }
            return;
        }
        match (name, is_end) {
            (b"c", false) => {
                self.column = match attribute(tag, b"r").and_then(cell_name) {
                    Some((row, column)) => {
                        self.row = row;
                        column
                    }
                    None => self.column.saturating_add(1),
                };
                self.in_cell = !is_closed;
                self.is_text = attribute(tag, b"t") == Some(b"str");
                (self.has_formula, self.has_value, self.in_value) = (false, false, false);
            }
            (b"f", false) => self.has_formula |= self.in_cell,
            (b"v", false) => {
                // The text that a formula gives may be empty: then that is its value.
                self.has_value |= self.in_cell && self.is_text;
                self.in_value = self.in_cell && !is_closed;
            }
            (b"is", false) => self.has_value |= self.in_cell,
            (b"v", true) => self.in_value = false,
            (b"c", true) => {
                if self.in_cell && self.has_formula && !self.has_value && self.row > 0 {
                    self.layout.lacks_value(self.row, self.column);
                }
                self.in_cell = false;
            }
            (b"row", false) => {
                self.row = attribute(tag, b"r").and_then(number).unwrap_or(self.row.saturating_add(1));
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
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&tag[from..], name).map(|at| at + from) {
        from = at + name.len();
        let begins = at > 0 && tag[at - 1].is_ascii_whitespace();
        let Some(rest) = tag[from..].strip_prefix(b"=") else { continue };
        let Some((quote @ (b'"' | b'\''), value)) = rest.split_first() else { continue };
        if begins {
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

    use super::SheetScan;
    use crate::SheetLayout;

    const SHEET: &str = r#"<?xml version="1.0"?><x:worksheet xmlns:x="a"><x:cols><x:col min="2" max="3" hidden="1"/></x:cols>
        <sheetData><row r="4" hidden="true"><c r="A4"><f>1+1</f></c><c r="B4"><f>1</f><v>2</v></c><c r="C4" t="str"><f>""</f><v></v></c></row>
        <row><c><f>A4</f><v/></c><c><v>1</v></c><c><f t="shared" si="0"/></c></row></sheetData>
        <mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="D1:D2"/></mergeCells></x:worksheet>"#;

    fn scanned(text: &[u8], cut: usize) -> Option<SheetLayout> {
        let mut scan = SheetScan::default();
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
        assert_eq!(scanned(b"<?xml?><sst><mergeCell ref=\"A1:B1\"/></sst>", 7), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(<worksheet>)?[<>/a-z =\"':\\?0-9]{0,200}", cut in 1_usize..9) {
            let _ = scanned(text.as_bytes(), cut);
        }
    }
}
