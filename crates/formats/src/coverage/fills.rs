//! Numbers that stand for no value though the file does not say so: those of `reference/fill_values.csv`, where they lie
//! far from all other values, and those that no quantity reaches.

use std::sync::LazyLock;

use super::SampleKind;

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
        self.0.iter().any(|fill| is_same(number, fill.value)) || (number.abs() >= BEYOND && is_any_beyond())
    }
}

/// A number that may stand for none.
#[derive(Debug)]
struct Known {
    value: f64,
    /// The only kind of value that it does in, where it is the largest of one.
    kind: Option<SampleKind>,
}

fn known() -> &'static [Known] {
    static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
        let text = include_str!("../../../../reference/fill_values.csv");
        let rows = csv::Reader::from_reader(text.as_bytes()).into_records().flatten();
        let known = |row: csv::StringRecord| {
            let kind = row.get(1).and_then(SampleKind::from_code);
            Some(Known { value: row.get(0)?.parse().ok()?, kind })
        };
        rows.filter_map(known).collect()
    });
    &KNOWN
}

/// Whether a stored number is another, in single precision too.
fn is_same(stored: f64, other: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "compared as what is stored")]
    let single = f64::from(other as f32);
    stored == other || (stored == single && other.fract() != 0.0)
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
    /// Whether a value, of this kind in the file, may stand for none, and is counted here.
    pub(super) fn take(&mut self, value: f64, kind: SampleKind) -> bool {
        // Most values are looked at no closer.
        if value > -99.0 && value < 255.0 {
            return false;
        }
        if value.abs() >= BEYOND {
            self.beyond.get_or_insert(Fill { value, pixels: 0 }).pixels += 1;
            return true;
        }
        let is_it = |known: &Known| is_same(value, known.value) && known.kind.is_none_or(|of| of == kind);
        let found = known().iter().position(is_it);
        if let Some(at) = found {
            self.counts[at] += 1;
        }
        found.is_some()
    }

    /// The numbers that stand for none, and those that are values, beside a range of others that are.
    pub(super) fn parted(&self, range: Option<(f64, f64)>) -> (Vec<Fill>, Vec<Fill>) {
        let counted = known().iter().zip(&self.counts).filter(|(_, pixels)| **pixels > 0);
        let counted = counted.map(|(known, pixels)| Fill { value: known.value, pixels: *pixels });
        // Values that reach half of the way are of a quantity that may come as far; a mask of two numbers has no other.
        let is_far = |fill: &Fill| match range {
            None => fill.value < -100.0,
            Some((least, _)) if fill.value < 0.0 => least > fill.value / 2.0,
            Some((least, most)) => most < fill.value / 2.0 && least < most,
        };
        let (mut fills, values): (Vec<Fill>, Vec<Fill>) = counted.partition(is_far);
        fills.extend(self.beyond);
        (fills, values)
    }
}
