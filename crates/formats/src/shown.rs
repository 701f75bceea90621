//! What the formats of a workbook's cells show beside the numbers that the cells hold: a unit behind them, a
//! thousandth of them, a line through them (ECMA-376 part 1 §18.8.31, §18.8.22).

use std::collections::{BTreeMap, HashMap};

use model::Unit;

use crate::percent::{Percents, is_percentage};

/// Cells of one sheet that are kept of each kind.
const MAX_KEPT: usize = 1000;

/// What the formats of numbers of one sheet show. Rows and columns count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The cells with a unit behind their numbers, by the unit.
    units: BTreeMap<String, Percents>,
}

impl Shown {
    /// Nothing.
    pub(crate) const fn new() -> Shown {
        Shown { units: BTreeMap::new() }
    }

    /// Adds a cell; those of a column come from the top down.
    pub(crate) fn add(&mut self, row: u32, column: u16, unit: &str) {
        match self.units.get_mut(unit) {
            Some(cells) => cells.add(row, column),
            None => {
                let mut cells = Percents::new();
                cells.add(row, column);
                self.units.insert(unit.to_owned(), cells);
            }
        }
    }

    /// The unit behind the number of a cell.
    pub(crate) fn unit(&self, row: u32, column: u16) -> Option<&str> {
        self.units.iter().find(|(_, cells)| cells.holds(row, column)).map(|(unit, _)| unit.as_str())
    }

    /// Refuses a sheet of which not all such cells could be kept.
    pub(crate) fn check(&self) -> Result<(), crate::Error> {
        self.units.values().try_for_each(Percents::check)
    }
}

/// Adds a cell to a list, the first of each row, or of each column.
pub(crate) fn keep(
    cells: &mut Vec<(u32, u16)>,
    row: u32,
    column: u16,
    is_known: impl Fn(&(u32, u16)) -> bool,
) {
    if cells.len() < MAX_KEPT && !cells.iter().rev().any(is_known) {
        cells.push((row, column));
    }
}

/// What one format of cells shows beside the number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CellFormat {
    /// Whether it shows a percentage.
    pub(crate) is_percentage: bool,
    /// The unit behind it.
    pub(crate) unit: Option<String>,
    /// Whether it shows a thousandth, or a thousandth of it.
    pub(crate) is_scaled: bool,
    /// Whether a line goes through it.
    pub(crate) is_struck: bool,
}

/// A workbook's own formats of numbers, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct NumberFormats(HashMap<u16, CellFormat>);

impl NumberFormats {
    pub(crate) fn add(&mut self, id: u16, code: &str) {
        self.0.insert(id, CellFormat { is_percentage: is_percentage(id, Some(code)), ..format_of(code) });
    }

    /// What a format of numbers shows, one of the workbook or one of all.
    pub(crate) fn of(&self, id: u16) -> CellFormat {
        let built_in = || CellFormat { is_percentage: is_percentage(id, None), ..CellFormat::default() };
        self.0.get(&id).cloned().unwrap_or_else(built_in)
    }
}

/// Reads the part of a format for positive numbers; one of dates, or with words before the number, shows no unit.
fn format_of(code: &str) -> CellFormat {
    let (mut before, mut behind, mut has_digits, mut commas) = (String::new(), String::new(), false, 0);
    let mut letters = code.strip_prefix("General").map_or(code, |rest| {
        has_digits = true;
        rest
    });
    let mut literal = |text: &str, has_digits: bool| {
        let side = if has_digits { &mut behind } else { &mut before };
        side.push_str(text);
    };
    while let Some(letter) = letters.chars().next() {
        letters = &letters[letter.len_utf8()..];
        let mut skip = |end: char| {
            let length = letters.find(end).unwrap_or(letters.len());
            let (inside, rest) = letters.split_at(length);
            letters = rest.strip_prefix(end).unwrap_or(rest);
            inside
        };
        match letter {
            ';' => break,
            '"' => literal(skip('"'), has_digits),
            '[' => drop(skip(']')),
            '\\' | '_' | '*' => {
                let Some(next) = letters.chars().next() else { break };
                if letter == '\\' {
                    literal(next.encode_utf8(&mut [0; 4]), has_digits);
                }
                letters = &letters[next.len_utf8()..];
            }
            '0' | '#' | '?' => (has_digits, commas) = (true, 0),
            ',' if has_digits => commas += 1,
            '.' => {}
            ' ' => literal(" ", has_digits),
            '°' | '‰' => literal(letter.encode_utf8(&mut [0; 4]), has_digits),
            // A part of a date, a percentage, an exponent, a text.
            letter if letter.is_alphabetic() || matches!(letter, '%' | '@' | '/') => {
                return CellFormat::default();
            }
            _ => {}
        }
    }
    let unit = behind.trim();
    let is_alone = before.trim().is_empty() && has_digits;
    let is_scaled = is_alone && commas > 0;
    let unit = (is_alone && !is_scaled && is_unit(unit)).then(|| unit.to_owned());
    CellFormat { unit, is_scaled, ..CellFormat::default() }
}

/// Whether a text is a unit, and none of time: `0"h"` shows hours of the day.
fn is_unit(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '°' | '‰'));
    let of_time = |unit: &Unit| Unit::parse("s").is_ok_and(|second| unit.conversion_to(&second).is_ok());
    starts && Unit::parse(text).is_ok_and(|unit| !of_time(&unit))
}

#[cfg(test)]
mod tests {
    use super::format_of;

    #[test]
    fn units_behind_numbers_are_told_from_other_words() {
        for (code, unit, is_scaled) in [
            (r#"0.00" m""#, Some("m"), false),
            (r#"#,##0.0\ "mg/l";[Red]-#,##0.0\ "mg/l""#, Some("mg/l"), false),
            (r#"General" cm""#, Some("cm"), false),
            (r"0.0\ \m\m", Some("mm"), false),
            (r#"[>100]0" m""#, Some("m"), false),
            ("#,##0,", None, true),
            (r#"0.0,," triệu""#, None, true),
            ("#,##0", None, false),
            ("#,##0.00", None, false),
            (r#"0"h""#, None, false),
            (r#""Tháng "0"#, None, false),
            ("dd/mm/yyyy", None, false),
            (r#"d" ngày""#, None, false),
            ("0.0%", None, false),
            ("0.00E+00", None, false),
            (r#"_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)"#, None, false),
            (r"#,##0\ [$₫-42A]", None, false),
            (r#"0" (*)""#, None, false),
            ("", None, false),
            (r"0\", None, false),
            (r#"0"m"#, Some("m"), false),
        ] {
            let format = format_of(code);
            assert_eq!((format.unit.as_deref(), format.is_scaled), (unit, is_scaled), "{code}");
        }
    }
}
