//! What a sheet says beside the texts of its cells: what is merged, what is hidden, what is missing.

use std::ops::RangeInclusive;

use crate::percent::Percents;
use crate::shown::{CellFormat, Shown, keep};

/// What a sheet says beside its texts. Rows and columns count from 1.
///
/// Nothing is left out of the rows because it is hidden: whether a hidden row counts is for a person
/// to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetLayout {
    /// Whether the sheet is hidden.
    pub is_hidden: bool,
    /// Cells drawn as one, in the order of the file; the text stands in the first of each.
    pub merged: Vec<CellRange>,
    /// Hidden rows, in order.
    pub hidden_rows: Vec<RangeInclusive<u32>>,
    /// Hidden columns, in order.
    pub hidden_columns: Vec<RangeInclusive<u16>>,
    /// Cells (row, column) with a formula whose value the file does not hold; the first of them.
    pub unvalued: Vec<(u32, u16)>,
    /// How many such cells there are in all.
    pub unvalued_count: u64,
    /// Cells (row, column) with a value that is struck through, the first of each row; the first of them.
    pub struck: Vec<(u32, u16)>,
    /// Cells (row, column) with a comment of a person; the first of them.
    pub commented: Vec<(u32, u16)>,
    /// Cells (row, column) that show a thousandth of the number that they hold, or less, the first of each column.
    pub scaled: Vec<(u32, u16)>,
    /// Cells that show a unit behind their number.
    pub(crate) shown: Shown,
    /// Cells that are shown as percentages.
    pub(crate) percents: Percents,
}

/// What a sheet of a plain text file says.
pub(crate) static PLAIN: SheetLayout = SheetLayout {
    is_hidden: false,
    merged: Vec::new(),
    hidden_rows: Vec::new(),
    hidden_columns: Vec::new(),
    unvalued: Vec::new(),
    unvalued_count: 0,
    struck: Vec::new(),
    commented: Vec::new(),
    scaled: Vec::new(),
    shown: Shown::new(),
    percents: Percents::new(),
};

/// Cells of one sheet, from a row and a column to a row and a column; all count from 1 and belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellRange {
    /// The first row.
    pub first_row: u32,
    /// The first column.
    pub first_column: u16,
    /// The last row.
    pub last_row: u32,
    /// The last column.
    pub last_column: u16,
}

impl CellRange {
    /// Whether a cell belongs to it.
    pub fn contains(&self, row: u32, column: u16) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_column..=self.last_column).contains(&column)
    }
}

/// Formulas without a value that are listed one by one.
const MAX_UNVALUED: usize = 1000;
/// Merged ranges, and hidden stretches, that are kept of one sheet.
const MAX_KEPT: usize = 500_000;

impl SheetLayout {
    /// The merged cells that a cell belongs to.
    pub fn merged_at(&self, row: u32, column: u16) -> Option<&CellRange> {
        self.merged.iter().find(|range| range.contains(row, column))
    }

    /// Whether a row is hidden.
    pub fn hides_row(&self, row: u32) -> bool {
        self.hidden_rows.iter().any(|rows| rows.contains(&row))
    }

    /// Whether a column is hidden.
    pub fn hides_column(&self, column: u16) -> bool {
        self.hidden_columns.iter().any(|columns| columns.contains(&column))
    }

    pub(crate) fn merge(&mut self, range: CellRange) {
        let is_one = range.first_row == range.last_row && range.first_column == range.last_column;
        if !is_one && self.merged.len() < MAX_KEPT {
            self.merged.push(range);
        }
    }

    pub(crate) fn hide_rows(&mut self, rows: RangeInclusive<u32>) {
        if let Some(last) = self.hidden_rows.last_mut()
            && last.end().checked_add(1) == Some(*rows.start())
        {
            *last = *last.start()..=*rows.end();
        } else if self.hidden_rows.len() < MAX_KEPT {
            self.hidden_rows.push(rows);
        }
    }

    pub(crate) fn hide_columns(&mut self, columns: RangeInclusive<u16>) {
        if let Some(last) = self.hidden_columns.last_mut()
            && last.end().checked_add(1) == Some(*columns.start())
        {
            *last = *last.start()..=*columns.end();
        } else if self.hidden_columns.len() < MAX_KEPT {
            self.hidden_columns.push(columns);
        }
    }

    /// Adds what the format of a cell with a value shows beside it.
    pub(crate) fn formatted(&mut self, row: u32, column: u16, format: &CellFormat) {
        if format.is_percentage {
            self.percents.add(row, column);
        }
        if let Some(unit) = &format.unit {
            self.shown.add(row, column, unit);
        }
        if format.is_struck && row > 0 {
            keep(&mut self.struck, row, column, |(known, _)| *known == row);
        }
        if format.is_scaled && row > 0 {
            keep(&mut self.scaled, row, column, |(_, known)| *known == column);
        }
    }

    pub(crate) fn lacks_value(&mut self, row: u32, column: u16) {
        self.unvalued_count += 1;
        if self.unvalued.len() < MAX_UNVALUED {
            self.unvalued.push((row, column));
        }
    }
}

/// The row and the column of a cell's name, both from 1: `C12` is (12, 3); `$` is passed over.
pub(crate) fn cell_name(name: &[u8]) -> Option<(u32, u16)> {
    let (mut row, mut column, mut digits) = (0_u32, 0_u32, 0);
    for byte in name.iter().filter(|byte| **byte != b'$') {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' if digits == 0 && column <= 16_384 => {
                column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'@');
            }
            b'0'..=b'9' if column > 0 && digits < 7 => {
                row = row * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            _ => return None,
        }
    }
    (row > 0).then_some((row, u16::try_from(column).ok()?))
}

/// The cells from one name to another: `A1:C2`.
pub(crate) fn cell_range(names: &[u8]) -> Option<CellRange> {
    let colon = names.iter().position(|byte| *byte == b':')?;
    let (first_row, first_column) = cell_name(&names[..colon])?;
    let (last_row, last_column) = cell_name(&names[colon + 1..])?;
    let is_well = first_row <= last_row && first_column <= last_column;
    is_well.then_some(CellRange { first_row, first_column, last_row, last_column })
}

#[cfg(test)]
mod tests {
    use super::{CellRange, SheetLayout, cell_name, cell_range};

    #[test]
    fn a_cell_is_known_by_its_name() {
        for (name, expected) in [
            ("A1", Some((1, 1))),
            ("$C$12", Some((12, 3))),
            ("XFD1048576", Some((1_048_576, 16_384))),
            ("aa7", Some((7, 27))),
            ("A0", None),
            ("A", None),
            ("7", None),
            ("1A", None),
            ("A99999999", None),
            ("ZZZZZZZ1", None),
            ("", None),
        ] {
            assert_eq!(cell_name(name.as_bytes()), expected, "{name}");
        }
        assert_eq!(
            cell_range(b"B2:D5"),
            Some(CellRange { first_row: 2, first_column: 2, last_row: 5, last_column: 4 })
        );
        assert_eq!(cell_range(b"D5:B2"), None);
        assert_eq!(cell_range(b"A:C"), None);
    }

    #[test]
    fn hidden_rows_that_follow_each_other_are_one_stretch() {
        let mut layout = SheetLayout::default();
        for row in [3, 4, 5, 9] {
            layout.hide_rows(row..=row);
        }
        assert_eq!(layout.hidden_rows, [3..=5, 9..=9]);
        assert!(layout.hides_row(4) && !layout.hides_row(6));
    }
}
