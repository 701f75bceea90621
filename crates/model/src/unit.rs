//! Units of measure in UCUM (The Unified Code for Units of Measure 2.1), as far as the delta's data use it.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::unit_words::without_words;

/// A unit that could not be read, or two that do not convert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The text is no unit that is known here.
    #[error("`{0}` is not a unit that is known here (write UCUM, e.g. `g/L`, `cm`, `10*3.har`)")]
    Unknown(String),
    /// The units measure different things.
    #[error("`{from}` does not convert to `{to}`: they measure different things")]
    Incompatible {
        /// The unit given.
        from: String,
        /// The unit wanted.
        to: String,
    },
}

/// A unit: a factor (and, for temperatures, an offset) to base units, and their exponents.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    text: String,
    factor: f64,
    offset: f64,
    dimensions: BTreeMap<String, i32>,
}

/// Spellings that agencies write, beside UCUM's own, with the UCUM code of each: the first two
/// columns of `reference/unit_spellings.csv`, in which nothing is quoted.
static SPELLINGS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("../../../reference/unit_spellings.csv").lines().skip(1);
    rows.filter_map(|row| {
        let (spelling, rest) = row.split_once(',')?;
        Some((tidy(spelling), rest.split_once(',')?.0))
    })
    .collect()
});

/// The spelling without doubled blanks, in Unicode's composed form.
fn tidy(text: &str) -> String {
    crate::nfc(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The UCUM code of a spelling: as it stands, or in lower case where only capitals differ
/// (`Tấn`, `NGHÌN HA`).
fn spelled(text: &str) -> Option<&'static str> {
    let text = tidy(text);
    SPELLINGS.get(&text).or_else(|| SPELLINGS.get(&text.to_lowercase())).copied()
}

/// Whether units with exponents stand apart by blanks: at least one says how often it is taken.
fn is_apart(text: &str) -> bool {
    let is_unit = |term: &str| {
        term.starts_with(|c: char| c.is_ascii_alphabetic())
            && term.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let says_how_often = |term: &str| term.contains('-') && term.ends_with(|c: char| c.is_ascii_digit());
    text.contains(' ') && text.split_whitespace().all(is_unit) && text.split_whitespace().any(says_how_often)
}

/// Exponents by base unit: m, g, s, K, mol, and those that stand for themselves (S, deg, [pH]).
type Dimensions = &'static [(&'static str, i32)];

/// Code, factor to base units, their exponents, and whether it may take a prefix.
const ATOMS: &[(&str, f64, Dimensions, bool)] = &[
    ("m", 1.0, &[("m", 1)], true),
    ("g", 1.0, &[("g", 1)], true),
    ("t", 1e6, &[("g", 1)], false),
    ("s", 1.0, &[("s", 1)], true),
    ("min", 60.0, &[("s", 1)], false),
    ("h", 3600.0, &[("s", 1)], false),
    ("d", 86_400.0, &[("s", 1)], false),
    ("wk", 604_800.0, &[("s", 1)], false),
    ("mo", 2_629_800.0, &[("s", 1)], false),
    ("a", 31_557_600.0, &[("s", 1)], false),
    ("L", 1e-3, &[("m", 3)], true),
    ("l", 1e-3, &[("m", 3)], true),
    ("ar", 100.0, &[("m", 2)], false),
    ("har", 1e4, &[("m", 2)], false),
    ("K", 1.0, &[("K", 1)], true),
    ("Pa", 1e3, &[("g", 1), ("m", -1), ("s", -2)], true),
    ("m[Hg]", 133_322_387.415, &[("g", 1), ("m", -1), ("s", -2)], true),
    ("[ft_i]", 0.3048, &[("m", 1)], false),
    ("[in_i]", 0.0254, &[("m", 1)], false),
    ("[cft_i]", 0.028_316_846_592, &[("m", 3)], false),
    ("[kn_i]", 1852.0 / 3600.0, &[("m", 1), ("s", -1)], false),
    ("bar", 1e8, &[("g", 1), ("m", -1), ("s", -2)], true),
    ("J", 1e3, &[("g", 1), ("m", 2), ("s", -2)], true),
    ("W", 1e3, &[("g", 1), ("m", 2), ("s", -3)], true),
    ("S", 1.0, &[("S", 1)], true),
    ("mol", 1.0, &[("mol", 1)], true),
    ("deg", 1.0, &[("deg", 1)], false),
    ("[pH]", 1.0, &[("[pH]", 1)], false),
    ("%", 0.01, &[], false),
    ("[ppth]", 1e-3, &[], false),
    ("[ppm]", 1e-6, &[], false),
    ("[ppb]", 1e-9, &[], false),
    ("[mi_i]", 1609.344, &[("m", 1)], false),
    ("[lb_av]", 453.592_37, &[("g", 1)], false),
];

const PREFIXES: &[(&str, f64)] = &[
    ("k", 1e3),
    ("h", 1e2),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("u", 1e-6),
    ("n", 1e-9),
    ("M", 1e6),
    ("G", 1e9),
];

impl Unit {
    /// Reads a UCUM expression, or a spelling that the delta's agencies use for one.
    pub fn parse(text: &str) -> Result<Unit, UnitError> {
        let text = text.trim();
        Unit::read(text, spelled(text).unwrap_or(text)).or_else(|unknown| {
            let of_spelling = |text: &str| spelled(text).unwrap_or(text).to_owned();
            without_words(&tidy(text), of_spelling).map_or(Err(unknown), |code| Unit::read(text, &code))
        })
    }

    /// Reads a UCUM expression; an error names the text that it was made of.
    fn read(text: &str, code: &str) -> Result<Unit, UnitError> {
        let unknown = || UnitError::Unknown(text.chars().take(40).collect());
        if code.is_empty() || code.len() > 60 {
            return Err(unknown());
        }
        let mut unit = Unit { text: code.to_owned(), factor: 1.0, offset: 0.0, dimensions: BTreeMap::new() };
        if code == "Cel" {
            unit.offset = 273.15;
            unit.dimensions.insert("K".into(), 1);
            return Ok(unit);
        }
        if code == "[degF]" {
            (unit.factor, unit.offset) = (5.0 / 9.0, 459.67 * 5.0 / 9.0);
            unit.dimensions.insert("K".into(), 1);
            return Ok(unit);
        }
        // `kg m-3`, as UDUNITS writes products and quotients in files of the CF conventions.
        let apart = is_apart(code).then(|| code.split_whitespace().collect::<Vec<_>>().join("."));
        let mut sign = 1;
        let mut rest = apart.as_deref().unwrap_or(code);
        loop {
            let end = term_end(rest);
            unit.multiply(&rest[..end], sign).ok_or_else(unknown)?;
            match rest[end..].chars().next() {
                None => break,
                Some('.') => sign = 1,
                Some('/') => sign = -1,
                Some(_) => return Err(unknown()),
            }
            rest = &rest[end + 1..];
        }
        unit.dimensions.retain(|_, exponent| *exponent != 0);
        Ok(unit)
    }

    /// The unit in UCUM.
    pub fn code(&self) -> &str {
        &self.text
    }

    /// The factor and the addend that turn a value in this unit into one in `to`: `v × factor + addend`.
    pub fn conversion_to(&self, to: &Unit) -> Result<(f64, f64), UnitError> {
        if self.dimensions != to.dimensions {
            return Err(UnitError::Incompatible { from: self.text.clone(), to: to.text.clone() });
        }
        let factor = round_factor(self.factor / to.factor);
        Ok((factor, (self.offset - to.offset) / to.factor))
    }

    /// Multiplies in one term, `[-]NUMBER`, `10*N`, `{annotation}` or a prefixed atom with an exponent.
    fn multiply(&mut self, term: &str, sign: i32) -> Option<()> {
        if term.is_empty() {
            return None;
        }
        // An annotation stands for the unity; the thing it counts stays apart from pure numbers.
        let (term, annotation) = match term.find('{') {
            Some(at) => (&term[..at], term[at..].strip_prefix('{')?.strip_suffix('}')),
            None => (term, None),
        };
        if let Some(counted) = annotation {
            if counted.is_empty() || counted.contains(['{', '}']) {
                return None;
            }
            *self.dimensions.entry(format!("{{{counted}}}")).or_default() += sign;
        }
        if term.is_empty() {
            return annotation.map(|_| ());
        }
        if let Some(power) = term.strip_prefix("10*").or_else(|| term.strip_prefix("10^")) {
            let power: i32 = power.parse().ok().filter(|p: &i32| p.abs() <= 12)?;
            self.factor *= 10_f64.powi(power * sign);
            return Some(());
        }
        if term.bytes().all(|b| b.is_ascii_digit()) {
            let number: f64 = term.parse().ok()?;
            self.factor *= number.powi(sign);
            return (number > 0.0).then_some(());
        }
        let name = term.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        let exponent: i32 = match &term[name.len()..] {
            "" => 1,
            digits => digits.parse().ok().filter(|e: &i32| e.abs() <= 9)?,
        };
        let (scale, dimensions) = atom(name)?;
        self.factor *= f64::powi(scale, exponent * sign);
        for (dimension, power) in dimensions {
            *self.dimensions.entry((*dimension).to_owned()).or_default() += power * exponent * sign;
        }
        Some(())
    }
}

/// Where the next term ends: at a `.` or `/` outside an annotation.
fn term_end(text: &str) -> usize {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            '.' | '/' if !inside => return at,
            _ => {}
        }
    }
    text.len()
}

fn atom(name: &str) -> Option<(f64, Dimensions)> {
    if let Some((_, factor, dimensions, _)) = ATOMS.iter().find(|(code, ..)| *code == name) {
        return Some((*factor, dimensions));
    }
    PREFIXES.iter().find_map(|(prefix, scale)| {
        let rest = name.strip_prefix(prefix)?;
        let (_, factor, dimensions, _) =
            ATOMS.iter().find(|(code, _, _, prefixed)| *prefixed && *code == rest)?;
        Some((scale * factor, *dimensions))
    })
}

/// Drops the last bits of a quotient that ought to be a short decimal (1e-3/1e-6), so that
/// converting a value does not add digits that nobody measured. What is none (5/9) stays as it is.
fn round_factor(factor: f64) -> f64 {
    let short: f64 = format!("{factor:.12e}").parse().unwrap_or(factor);
    if (short - factor).abs() <= factor.abs() * 1e-14 { short } else { factor }
}

#[cfg(test)]
mod tests {
    use super::{Unit, UnitError};

    fn convert(value: f64, from: &str, to: &str) -> Result<f64, UnitError> {
        let (factor, addend) = Unit::parse(from)?.conversion_to(&Unit::parse(to)?)?;
        Ok(value * factor + addend)
    }

    #[test]
    fn values_convert_between_units_of_one_quantity() {
        for (value, from, to, expected) in [
            (1.5, "m", "cm", 150.0),
            (4000.0, "mg/L", "g/L", 4.0),
            (4.0, "kg/m3", "g/L", 4.0),
            (25.0, "uS/cm", "mS/cm", 0.025),
            (1.0, "dS/m", "mS/cm", 1.0),
            (238.6, "10*3.har", "har", 238_600.0),
            (60.0, "tạ/ha", "t/har", 6.0),
            (1.5, "Triệu đồng", "10*9{VND}", 0.0015),
            (12.0, "nghìn  tấn", "t", 12_000.0),
            (2.0, "NGHÌN HA", "har", 2000.0),
            (5.0, "μS/cm", "mS/cm", 0.005),
            (3.0, "nghìn con", "{head}", 3000.0),
            (86_400.0, "m3/ngày đêm", "m3/s", 1.0),
            (12.5, "nghìn m3/s", "m3/s", 12_500.0),
            (864.0, "triệu m3/ngày", "m3/s", 10_000.0),
            (4.3, "10³ MPN/100ml", "{MPN}/dL", 4300.0),
            (2.8, "vạn ha", "har", 28_000.0),
            (25.0, "Cel", "K", 298.15),
            (86.0, "°F", "Cel", 30.0),
            (0.4, "in", "mm", 10.16),
            (9.0, "knots", "m/s", 4.63),
            (1000.0, "cfs", "m3/s", 28.316_846_592),
            (1.0, "10*6.m3", "m3", 1e6),
            (1.0, "10*3{person}", "{person}", 1000.0),
            (7.0, "[pH]", "[pH]", 7.0),
            (0.003, "kg m-3", "g/L", 0.003),
            (35.0, "uS cm-1", "mS/cm", 0.035),
            (3.0, "ft", "cm", 91.44),
            (9000.0, "cfs", "m3/s", 254.851_619_328),
            (0.5, "inches", "mm", 12.7),
            (50.0, "°F", "Cel", 10.0),
            (36.0, "knots", "m/s", 18.52),
            (760.0, "mmHg", "hPa", 1_013.250_144_354),
            (900.0, "m3/day", "m3/s", 900.0 / 86_400.0),
        ] {
            let got = convert(value, from, to).unwrap();
            assert!((got - expected).abs() <= 1e-11 * expected.abs(), "{value} {from} = {got} {to}");
        }
    }

    #[test]
    fn every_spelling_of_the_reference_is_a_unit() {
        for (spelling, code) in super::SPELLINGS.iter() {
            assert_eq!(Unit::parse(spelling).unwrap().code(), *code, "{spelling}");
        }
        assert!(super::SPELLINGS.len() > 100);
    }

    #[test]
    fn what_measures_something_else_does_not_convert() {
        for (from, to) in [
            ("mS/cm", "g/L"),
            ("CFU/100ml", "MPN/100ml"),
            ("con", "người"),
            ("m", "m2"),
            ("{person}", "{case}"),
            ("%", "g/L"),
            ("mm", "m3/s"),
            ("kg m-2 s-1", "mm"),
            ("µmol/L", "mg/L"),
        ] {
            assert!(matches!(convert(1.0, from, to), Err(UnitError::Incompatible { .. })), "{from} {to}");
        }
        for bad in ["", "furlong", "m MSL", "kg m", "g//L", "10*99", "{", "m..s", "g/"] {
            assert!(matches!(Unit::parse(bad), Err(UnitError::Unknown(_))), "{bad}");
        }
    }
}
