//! Numbers that stand for no value though the file does not say so: those of `reference/fill_values.csv`, where they lie
//! far from all other values, and those that no quantity reaches.

use std::sync::LazyLock;

/// What no quantity reaches: NetCDF's and the weather services' numbers for nothing begin here.
const BEYOND: f64 = 1e20 * (1.0 - 1e-6);

/// A number that stands for no value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// The number.
    pub value: f64,
    /// How many pixels have it.
    pub pixels: u64,
}

/// The numbers that stand for no value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fills(pub Vec<Fill>);

impl Fills {
    /// Whether a number is one of them, or beyond all quantities as one of them is.
    pub(super) fn holds(&self, number: f64) -> bool {
        let is_any_beyond = || self.0.iter().any(|fill| fill.value.abs() >= BEYOND);
        self.0.iter().any(|fill| fill.value == number) || (number.abs() >= BEYOND && is_any_beyond())
    }
}

/// The numbers that may stand for none, the largest first.
fn known() -> &'static [f64] {
    static KNOWN: LazyLock<Vec<f64>> = LazyLock::new(|| {
        let text = include_str!("../../../../reference/fill_values.csv");
        let rows = csv::Reader::from_reader(text.as_bytes()).into_records().flatten();
        rows.filter_map(|row| row.get(0)?.parse().ok()).collect()
    });
    &KNOWN
}

/// Looks at the values of one band: those that may stand for none are counted apart.
#[derive(Debug, Clone)]
pub(super) struct Suspects {
    counts: Vec<u64>,
    beyond: Option<Fill>,
}

impl Default for Suspects {
    fn default() -> Suspects {
        Suspects { counts: vec![0; known().len()], beyond: None }
    }
}

impl Suspects {
    /// Whether a value may stand for none, and is counted here.
    pub(super) fn take(&mut self, value: f64) -> bool {
        if value > -100.0 && value < BEYOND {
            return false;
        }
        if value.abs() >= BEYOND {
            self.beyond.get_or_insert(Fill { value, pixels: 0 }).pixels += 1;
            return true;
        }
        let found = known().iter().position(|known| *known == value);
        if let Some(at) = found {
            self.counts[at] += 1;
        }
        found.is_some()
    }

    /// The numbers that stand for none, and those that are values, beside a smallest value that is one.
    pub(super) fn parted(&self, least: Option<f64>) -> (Vec<Fill>, Vec<Fill>) {
        let counted = known().iter().zip(&self.counts).filter(|(_, pixels)| **pixels > 0);
        let counted = counted.map(|(value, pixels)| Fill { value: *value, pixels: *pixels });
        // Values that reach half of the way are of a quantity that may come as far.
        let (mut fills, values): (Vec<Fill>, Vec<Fill>) =
            counted.partition(|fill| least.is_none_or(|least| least > fill.value / 2.0));
        fills.extend(self.beyond);
        (fills, values)
    }
}
