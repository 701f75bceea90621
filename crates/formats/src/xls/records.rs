//! The records of an old workbook (MS-XLS), looked at before its reader makes room for what they claim.

use wording::told;

use super::damaged;
use crate::shown::{CellFormat, NumberFormats, keep};
use crate::{CellRange, Error, Limits, SheetLayout};

/// Cells that any sheet may span.
const FREE_CELLS: u64 = 2_000_000;
/// Beyond those, cells spanned for each one that is written.
const MAX_PADDING: u64 = 64;
/// Cells that a sheet may span in any case: what the format allows, less columns that no one fills.
const MAX_CELLS: u64 = 65_536 * 256;

mod kind {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const END: u16 = 0x000A;
    pub(super) const NOTE: u16 = 0x001C;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const FONT: u16 = 0x0031;
    pub(super) const COLUMNS: u16 = 0x007D;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const XF: u16 = 0x00E0;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const R_STRING: u16 = 0x00D6;
    pub(super) const MERGED: u16 = 0x00E5;
    pub(super) const LABEL_SST: u16 = 0x00FD;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_ERR: u16 = 0x0205;
    pub(super) const ROW: u16 = 0x0208;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const FORMAT: u16 = 0x041E;
    pub(super) const BEGIN: u16 = 0x0809;
}

/// What the sheets say beside their cells, in order.
pub(super) fn layouts(stream: &[u8], limits: &Limits) -> Result<Vec<SheetLayout>, Error> {
    let mut layouts = Vec::new();
    let mut formats = Formats::default();
    for record in (Records { stream }) {
        let (kind, data) = record?;
        match kind {
            kind::FILE_PASS if data.iter().take(2).any(|byte| *byte != 0) => {
                return Err(crate::xlsx::protected());
            }
            kind::BOUND_SHEET => {
                if data.len() < 6 {
                    return Err(damaged(told!("formats-list-sheets-cut", "its list of sheets is cut")));
                }
                let at = u32::from_le_bytes([data[0], data[1], data[2], data[3]]) as usize;
                let sheet = stream.get(at..).ok_or_else(|| {
                    damaged(told!("formats-sheet-lies-behind-end", "a sheet lies behind its end"))
                })?;
                let mut layout = sheet_layout(sheet, &formats, limits)?;
                layout.percents.check()?;
                layout.shown.check()?;
                layout.is_hidden = data[4] & 0x3F != 0;
                layouts.push(layout);
            }
            kind::FONT => formats.font(data),
            kind::FORMAT => formats.format(data),
            kind::XF => formats.cell(data),
            kind::END => break,
            _ => {}
        }
    }
    Ok(layouts)
}

/// What formats of cells show beside their numbers.
#[derive(Default)]
struct Formats {
    numbers: NumberFormats,
    /// Whether a line goes through the letters of the fonts, in order.
    fonts: Vec<bool>,
    /// Of the formats of cells, in order.
    cells: Vec<CellFormat>,
}

impl Formats {
    /// A font (MS-XLS 2.4.122): behind its height, the bit fStrikeOut.
    fn font(&mut self, data: &[u8]) {
        self.fonts.push(data.get(2).is_some_and(|flags| flags & 0x08 != 0));
    }

    /// A format of numbers (MS-XLS 2.4.126): its number, and its code with 8 or 16 bits a letter.
    fn format(&mut self, data: &[u8]) {
        let [low, high, _, _, flags, letters @ ..] = data else { return };
        let code: String = if flags & 1 == 0 {
            letters.iter().map(|byte| char::from(*byte)).collect()
        } else {
            let pairs = letters.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(pairs).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        self.numbers.add(u16::from_le_bytes([*low, *high]), &code);
    }

    /// A format of cells (MS-XLS 2.4.353): its font, and the number of its format of numbers. No font has the number 4.
    fn cell(&mut self, data: &[u8]) {
        let word = |at: usize| data.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
        let font = word(0).map(usize::from).map(|font| if font > 4 { font - 1 } else { font });
        let is_struck = font.and_then(|font| self.fonts.get(font)).copied().unwrap_or(false);
        let numbers = word(2).map(|id| self.numbers.of(id)).unwrap_or_default();
        self.cells.push(CellFormat { is_struck, ..numbers });
    }

    /// The format of a cell, by its place.
    fn of(&self, at: u16) -> Option<&CellFormat> {
        self.cells.get(usize::from(at))
    }
}

/// The cells that a sheet spans, and how many it has.
#[derive(Default)]
struct Span {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
    cells: u64,
}

impl Span {
    fn add(&mut self, row: u16, first: u16, last: u16) {
        let wider = |span: Option<(u16, u16)>, low: u16, high: u16| {
            Some(span.map_or((low, high), |(from, to)| (from.min(low), to.max(high))))
        };
        self.rows = wider(self.rows, row, row);
        self.columns = wider(self.columns, first, last);
        self.cells += u64::from(last - first) + 1;
    }

    fn check(&self, limits: &Limits) -> Result<(), Error> {
        let wide = |span: Option<(u16, u16)>| span.map_or(0, |(from, to)| u64::from(to - from) + 1);
        let spanned = wide(self.rows) * wide(self.columns);
        if wide(self.columns) > u64::from(limits.max_columns) {
            return Err(Error::limit(
                "columns",
                told!("formats-row-too-many-columns", "the row has too many columns"),
                u64::from(limits.max_columns),
                told!("formats-delete-stray-cells-far-right", "delete the stray cells far to the right"),
            ));
        }
        if spanned > FREE_CELLS && (spanned > MAX_CELLS || spanned > self.cells.saturating_mul(MAX_PADDING)) {
            return Err(Error::limit(
                "nearly_empty",
                told!(
                    "formats-sheet-spans-many-cells-nearly-all-empty",
                    "the sheet spans many cells and nearly all are empty (cells spanned for each cell written)"
                ),
                MAX_PADDING,
                told!(
                    "formats-delete-stray-cells-far-below-right-data",
                    "delete the stray cells far below and to the right of the data"
                ),
            ));
        }
        Ok(())
    }
}

fn sheet_layout(stream: &[u8], formats: &Formats, limits: &Limits) -> Result<SheetLayout, Error> {
    let (mut layout, mut span) = (SheetLayout::default(), Span::default());
    let (mut begun, mut inner) = (false, 0_u32);
    for record in (Records { stream }) {
        let (kind, data) = record?;
        let word = |at: usize| data.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
        // A chart within the sheet brings records of its own.
        if kind == kind::BEGIN {
            inner += u32::from(begun);
            begun = true;
        } else if inner > 0 {
            inner -= u32::from(kind == kind::END);
        } else {
            match kind {
                kind::END => break,
                kind::DIMENSIONS => check_claim(data)?,
                kind::MUL_RK => {
                    let last = data.len().checked_sub(2).and_then(word);
                    if let (Some(row), Some(first), Some(last)) = (word(0), word(2), last) {
                        if last < first {
                            return Err(damaged(told!(
                                "formats-cells-contradict-each-other",
                                "its cells contradict each other"
                            )));
                        }
                        span.add(row, first, last);
                        for (at, column) in (4_usize..).step_by(6).zip(first..=last) {
                            if let Some(format) = word(at).and_then(|format| formats.of(format)) {
                                layout.formatted(u32::from(row) + 1, column.saturating_add(1), format);
                            }
                        }
                    }
                }
                kind::NUMBER
                | kind::LABEL
                | kind::BOOL_ERR
                | kind::RK
                | kind::LABEL_SST
                | kind::FORMULA
                | kind::R_STRING => {
                    if let (Some(row), Some(column)) = (word(0), word(2)) {
                        span.add(row, column, column);
                        if let Some(format) = word(4).and_then(|format| formats.of(format)) {
                            layout.formatted(u32::from(row) + 1, column.saturating_add(1), format);
                        }
                    }
                }
                // MS-XLS 2.4.179: a comment, by its cell.
                kind::NOTE => {
                    if let (Some(row), Some(column)) = (word(0), word(2)) {
                        let cells = &mut layout.commented;
                        keep(cells, u32::from(row) + 1, column.saturating_add(1), |_| false);
                    }
                }
                kind::ROW => {
                    // MS-XLS 2.4.221: the bit fDyZero says that the row is hidden.
                    if let (Some(row), Some(flags)) = (word(0), word(12))
                        && flags & 0x20 != 0
                    {
                        layout.hide_rows(u32::from(row) + 1..=u32::from(row) + 1);
                    }
                }
                kind::COLUMNS => {
                    // MS-XLS 2.4.53: the bit fHidden.
                    if let (Some(first), Some(last), Some(flags)) = (word(0), word(2), word(8))
                        && flags & 1 != 0
                        && first <= last
                    {
                        layout.hide_columns(first.saturating_add(1)..=last.saturating_add(1));
                    }
                }
                kind::MERGED => {
                    let count = usize::from(word(0).unwrap_or(0));
                    if data.len() < 2 + count * 8 {
                        return Err(damaged(told!(
                            "formats-list-merged-cells-cut",
                            "its list of merged cells is cut"
                        )));
                    }
                    for range in data[2..].chunks_exact(8).take(count) {
                        let word = |at: usize| u16::from_le_bytes([range[at], range[at + 1]]);
                        layout.merge(CellRange {
                            first_row: u32::from(word(0)) + 1,
                            last_row: u32::from(word(2)) + 1,
                            first_column: word(4).saturating_add(1),
                            last_column: word(6).saturating_add(1),
                        });
                    }
                }
                _ => {}
            }
        }
    }
    span.check(limits)?;
    Ok(layout)
}

/// The reader makes room for as many cells as the sheet claims to span.
fn check_claim(data: &[u8]) -> Result<(), Error> {
    let word = |at: usize| u64::from(u16::from_le_bytes([data[at], data[at + 1]]));
    let (rows, columns) = match data.len() {
        10 => ((word(0), word(2)), (word(4), word(6))),
        14 | 16 => ((word(0) | word(2) << 16, word(4) | word(6) << 16), (word(8), word(10))),
        _ => return Err(damaged(told!("formats-extent-cannot-read", "its extent cannot be read"))),
    };
    let is_backwards = |(first, last): (u64, u64)| last > 0 && first >= last;
    let cells = rows.1.saturating_mul(columns.1);
    if is_backwards(rows) || rows.1 > 65_536 || cells > MAX_CELLS {
        return Err(damaged(told!(
            "formats-claims-more-cells-than-there-can",
            "it claims more cells than there can be"
        )));
    }
    Ok(())
}

/// Kind and content of each record.
struct Records<'a> {
    stream: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u16, &'a [u8]), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let [low, high, length_low, length_high, rest @ ..] = self.stream else { return None };
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
        let Some((data, after)) = rest.split_at_checked(length) else {
            self.stream = &[];
            return Some(Err(damaged(told!("formats-record-cut", "a record is cut"))));
        };
        self.stream = after;
        Some(Ok((u16::from_le_bytes([*low, *high]), data)))
    }
}
