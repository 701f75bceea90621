//! Numbers with what people write around them: `<0,05`, `> 100`, `≈ 12`, `12,5 ± 0,3`, `12,5*`, `12,5 (e)`.

use crate::number::{DecimalStyle, Number, parse_number};

/// What stands before a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `<`: the value is below the number, which is mostly a method's limit.
    Below,
    /// `≤`
    AtMost,
    /// `>`
    Above,
    /// `≥`
    AtLeast,
    /// `≈`: the number is rounded or estimated.
    About,
}

impl Sign {
    /// The sign as it is written.
    pub fn text(self) -> &'static str {
        match self {
            Sign::Below => "<",
            Sign::AtMost => "≤",
            Sign::Above => ">",
            Sign::AtLeast => "≥",
            Sign::About => "≈",
        }
    }

    /// Whether the value is known only to lie on one side of the number.
    pub fn is_limit(self) -> bool {
        self != Sign::About
    }
}

/// A number with what stands around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What stands before it.
    pub sign: Option<Sign>,
    /// The number.
    pub number: Number,
    /// What stands behind `±`; never negative.
    pub uncertainty: Option<f64>,
    /// Whether a star stands behind it, which a note explains.
    pub is_marked: bool,
}

/// What stands behind an estimated number.
const ESTIMATED: [&str; 5] = ["(e)", "(E)", "(est)", "(est.)", "(ước)"];

/// Words and signs before a number, longer ones before their beginnings.
const SIGNS: [(&str, Sign); 19] = [
    ("<=", Sign::AtMost),
    ("=<", Sign::AtMost),
    ("≤", Sign::AtMost),
    ("⩽", Sign::AtMost),
    ("<", Sign::Below),
    ("＜", Sign::Below),
    ("dưới ", Sign::Below),
    ("nhỏ hơn ", Sign::Below),
    (">=", Sign::AtLeast),
    ("=>", Sign::AtLeast),
    ("≥", Sign::AtLeast),
    ("⩾", Sign::AtLeast),
    (">", Sign::Above),
    ("＞", Sign::Above),
    ("trên ", Sign::Above),
    ("lớn hơn ", Sign::Above),
    ("≈", Sign::About),
    ("~", Sign::About),
    ("khoảng ", Sign::About),
];

/// Reads a number with a sign before it or an uncertainty behind it; a plain number too.
pub fn parse_measure(text: &str, style: DecimalStyle) -> Option<Measure> {
    let text = text.trim();
    if text.len() > 100 {
        return None;
    }
    let (sign, rest) = signed(text);
    let (rest, is_marked) = without_stars(rest);
    let (rest, is_estimated) = without_estimate(rest);
    let sign = sign.or(is_estimated.then_some(Sign::About));
    let (number, uncertainty) = match split_uncertainty(rest) {
        Some((number, uncertainty)) => {
            let uncertainty = parse_number(uncertainty, style)?;
            if uncertainty.value < 0.0 || uncertainty.ambiguous || sign.is_some_and(Sign::is_limit) {
                return None;
            }
            (number, Some(uncertainty.value))
        }
        None => (rest, None),
    };
    Some(Measure { sign, number: parse_number(number, style)?, uncertainty, is_marked })
}

/// The number of a measure as it is written, without what stands around it: what shows the style of
/// its decimals.
pub fn bare_number(text: &str) -> &str {
    let rest = without_estimate(without_stars(signed(text.trim()).1).0).0;
    split_uncertainty(rest).map_or(rest, |(number, _)| number.trim())
}

fn signed(text: &str) -> (Option<Sign>, &str) {
    // A number begins with none of the signs and words.
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return (None, text);
    }
    for (written, sign) in SIGNS {
        let same = text.get(..written.len()).is_some_and(|start| {
            start == written || (written.ends_with(' ') && start.to_lowercase() == written)
        });
        if same {
            return (Some(sign), text[written.len()..].trim_start());
        }
    }
    (None, text)
}

/// A text without one to three stars behind it.
fn without_stars(text: &str) -> (&str, bool) {
    let bare = text.trim_end_matches('*');
    let is_marked = (1..=3).contains(&(text.len() - bare.len()));
    if is_marked { (bare.trim_end(), true) } else { (text, false) }
}

/// A text without what says that it is estimated.
fn without_estimate(text: &str) -> (&str, bool) {
    let bare = ESTIMATED.iter().find_map(|mark| text.strip_suffix(mark));
    bare.map_or((text, false), |bare| (bare.trim_end(), true))
}

fn split_uncertainty(text: &str) -> Option<(&str, &str)> {
    text.split_once('±').or_else(|| text.split_once("+/-"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Sign, bare_number, parse_measure};
    use crate::DecimalStyle::{Auto, Comma, Dot};

    #[test]
    fn what_stands_around_a_number_is_kept() {
        for (text, style, expected) in [
            ("<0,05", Auto, Some((Some(Sign::Below), 0.05, None))),
            ("< 0.05", Dot, Some((Some(Sign::Below), 0.05, None))),
            ("≤3", Auto, Some((Some(Sign::AtMost), 3.0, None))),
            ("<=3", Auto, Some((Some(Sign::AtMost), 3.0, None))),
            (">110000", Auto, Some((Some(Sign::Above), 110_000.0, None))),
            ("≥ 1.100,5", Comma, Some((Some(Sign::AtLeast), 1100.5, None))),
            ("≈12", Auto, Some((Some(Sign::About), 12.0, None))),
            ("Khoảng 12", Auto, Some((Some(Sign::About), 12.0, None))),
            ("dưới 0,1", Auto, Some((Some(Sign::Below), 0.1, None))),
            ("12,5 ± 0,3", Auto, Some((None, 12.5, Some(0.3)))),
            ("12.5+/-0.3", Auto, Some((None, 12.5, Some(0.3)))),
            ("12", Auto, Some((None, 12.0, None))),
            ("12,5*", Auto, Some((None, 12.5, None))),
            ("12,5 (e)", Auto, Some((Some(Sign::About), 12.5, None))),
            ("<0,05 **", Auto, Some((Some(Sign::Below), 0.05, None))),
            ("12****", Auto, None),
            ("*", Auto, None),
            ("(e)", Auto, None),
            ("<5 ± 1", Auto, None),
            ("12 ± -1", Auto, None),
            ("<", Auto, None),
            ("<<5", Auto, None),
            ("12 ±", Auto, None),
            ("dưới", Auto, None),
            ("vết", Auto, None),
        ] {
            let got = parse_measure(text, style).map(|m| (m.sign, m.number.value, m.uncertainty));
            assert_eq!(got, expected, "{text:?} {style:?}");
        }
        assert_eq!(bare_number(" <0,05"), "0,05");
        assert_eq!(bare_number("1,5 ± 0,2"), "1,5");
        assert_eq!(bare_number("~1,5 (e)*"), "1,5");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = parse_measure(&text, Auto);
            prop_assert!(bare_number(&text).len() <= text.len());
        }
    }
}
