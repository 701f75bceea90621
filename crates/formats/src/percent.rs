//! Cells of a workbook that are shown as percentages: what they hold is a hundredth of what people read
//! and write, so they are handed out with their sign, `5.9%`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use wording::told;

use crate::Error;

/// Stretches of cells that are kept of one sheet.
const MAX_KEPT: usize = 500_000;
/// Formats of numbers that are percentages in every workbook (ECMA-376 part 1 §18.8.30).
const BUILT_IN: RangeInclusive<u16> = 9..=10;

/// The cells of one sheet that are shown as percentages. Rows and columns count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Percents {
    /// The rows of each column, in order.
    columns: BTreeMap<u16, Vec<RangeInclusive<u32>>>,
    kept: usize,
    /// Whether one could not be kept.
    is_cut: bool,
}

impl Percents {
    /// None.
    pub(crate) const fn new() -> Percents {
        Percents { columns: BTreeMap::new(), kept: 0, is_cut: false }
    }

    /// Adds a cell; those of a column come from the top down.
    pub(crate) fn add(&mut self, row: u32, column: u16) {
        let rows = self.columns.entry(column).or_default();
        if let Some(last) = rows.last_mut().filter(|last| last.end().checked_add(1) == Some(row)) {
            *last = *last.start()..=row;
        } else if self.kept == MAX_KEPT || rows.last().is_some_and(|last| *last.end() > row) {
            self.is_cut = true;
        } else if rows.last().is_none_or(|last| *last.end() < row) {
            self.kept += 1;
            rows.push(row..=row);
        }
    }

    /// Refuses a sheet of which not all such cells could be kept: the others would be read a hundredfold too
    /// small.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.is_cut {
            return Ok(());
        }
        Err(Error::limit(
            "percentages",
            told!(
                "formats-cells-sheet-shown-percentages-too-scattered-stretches",
                "the cells of a sheet that are shown as percentages are too scattered (stretches of cells)"
            ),
            MAX_KEPT as u64,
            told!(
                "formats-show-those-columns-plain-numbers-save-sheet",
                "show those columns as plain numbers, or save the sheet as CSV (UTF-8)"
            ),
        ))
    }

    /// Whether a cell is one.
    pub(crate) fn holds(&self, row: u32, column: u16) -> bool {
        let Some(rows) = self.columns.get(&column) else { return false };
        let behind = rows.partition_point(|stretch| *stretch.start() <= row);
        behind.checked_sub(1).is_some_and(|at| rows[at].contains(&row))
    }
}

/// Whether a format of numbers, by its number and its code, shows percentages.
pub(crate) fn is_percentage(id: u16, code: Option<&str>) -> bool {
    let Some(code) = code else { return BUILT_IN.contains(&id) };
    let mut letters = code.chars();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' if !quoted => drop(letters.next()),
            '%' if !quoted => return true,
            _ => {}
        }
    }
    false
}

/// A number as a cell of percentages shows it, with all its digits: 0.059 is `5.9%`.
pub(crate) fn shown(number: f64) -> String {
    // Fifteen digits are what a spreadsheet keeps of any number.
    let hundred: f64 = format!("{:.14e}", number * 100.0).parse().unwrap_or(number * 100.0);
    format!("{}%", crate::cell::shortest(hundred))
}

#[cfg(test)]
mod tests {
    use super::{Percents, is_percentage, shown};

    #[test]
    fn formats_that_show_percentages_are_told() {
        for (id, code, expected) in [
            (9, None, true),
            (10, None, true),
            (2, None, false),
            (164, Some("0.0%"), true),
            (165, Some("[Red]0.00%;-0.00%"), true),
            (166, Some("0.0\"%\""), false),
            (167, Some("0.0\\%"), false),
            (168, Some("General"), false),
        ] {
            assert_eq!(is_percentage(id, code), expected, "{code:?}");
        }
    }

    #[test]
    fn a_percentage_has_no_digits_that_nobody_wrote() {
        for (number, expected) in [(0.059, "5.9%"), (0.0, "0%"), (-0.125, "-12.5%"), (1.0, "100%")] {
            assert_eq!(shown(number), expected);
        }
    }

    #[test]
    fn cells_below_each_other_are_one_stretch() {
        let mut percents = Percents::new();
        for (row, column) in [(2, 3), (2, 4), (3, 3), (5, 3)] {
            percents.add(row, column);
        }
        assert_eq!(percents.kept, 3);
        assert!(percents.holds(3, 3) && percents.holds(5, 3) && percents.holds(2, 4));
        assert!(!percents.holds(4, 3) && !percents.holds(1, 3) && !percents.holds(2, 5));
        percents.check().unwrap();
    }

    #[test]
    fn a_cell_that_is_not_kept_is_told() {
        let mut above = Percents::new();
        [5, 5, 6, 2].into_iter().for_each(|row| above.add(row, 1));
        above.check().unwrap_err();
        let mut scattered = Percents::new();
        (0..=super::MAX_KEPT as u32).for_each(|n| scattered.add(2 * n + 1, 1));
        scattered.check().unwrap_err();
    }
}
