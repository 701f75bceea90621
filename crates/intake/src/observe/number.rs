//! Reading numbers: plain ones at once, grouped ones and decimal commas by the style of their column.

use catalog::{ValueWord, vocabulary};
use formats::{DecimalStyle, Sign, bare_number, parse_measure, parse_number};

use crate::mapping::Decimal;

/// How the numbers of one column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberStyle {
    /// `1234.5`, `1,234.5`.
    Dot,
    /// `1234,5`, `1.234,5`.
    Comma,
    /// Nothing in the column tells `1.234` thousands from `1.234` decimals: such texts are refused.
    Unclear,
}

/// Why a text was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// It is no number.
    Other,
    /// It is one number with a decimal point and another with a decimal comma.
    Ambiguous,
}

/// What a cell says beside or instead of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A number and nothing else.
    Plain,
    /// `≈ 12`: rounded or estimated.
    About,
    /// `12*`: a note somewhere says what the star means.
    Marked,
    /// `12 ± 0.3`.
    Within(f64),
    /// `< 0.05`: known only to lie on one side of the number. It is stored as a text, so that no mean
    /// takes the limit for the value.
    Limit(Sign),
    /// A word such as `vết`, stored as a text.
    Word(ValueWord),
}

/// The longest number that is read at once.
const MAX_PLAIN: usize = 32;
/// The longest text that is looked up as a unit behind a number, in bytes.
const MAX_UNIT: usize = 40;

impl NumberStyle {
    /// The style that a mapping asks for; where it leaves the choice, the one that the texts show.
    pub(crate) fn resolve<'a>(wanted: Decimal, texts: impl Iterator<Item = &'a str> + Clone) -> NumberStyle {
        match wanted {
            Decimal::Dot => NumberStyle::Dot,
            Decimal::Comma => NumberStyle::Comma,
            Decimal::Auto => {
                let texts = texts.map(|text| bare_number(with_unit(text).map_or(text, |(number, _)| number)));
                match DecimalStyle::of_column(texts.clone()) {
                    DecimalStyle::Dot => NumberStyle::Dot,
                    DecimalStyle::Comma => NumberStyle::Comma,
                    DecimalStyle::Auto => unclear(texts),
                }
            }
        }
    }

    /// A cell that is no plain number: a number with a sign or an uncertainty, or a word that stands
    /// for a value. `None` when it is none of these; a word for no value is [`ValueWord::Missing`].
    #[cold]
    pub(crate) fn read_more(self, text: &str) -> Option<Result<(f64, Kind), NotANumber>> {
        match vocabulary().word(text) {
            Some(ValueWord::Code) | None => {}
            Some(word) => return Some(Ok((0.0, Kind::Word(word)))),
        }
        let measure = parse_measure(text, self.decimals())?;
        if measure.number.ambiguous {
            return Some(Err(NotANumber::Ambiguous));
        }
        let kind = match (measure.sign, measure.uncertainty) {
            (Some(sign), _) if sign.is_limit() => Kind::Limit(sign),
            (_, Some(uncertainty)) => Kind::Within(uncertainty),
            (Some(_), None) => Kind::About,
            (None, None) if measure.is_marked => Kind::Marked,
            (None, None) => Kind::Plain,
        };
        Some(Ok((measure.number.value, kind)))
    }

    /// What stands before a unit in a cell (see [`with_unit`]).
    #[cold]
    pub(crate) fn read_before_unit(self, number: &str) -> Option<Result<(f64, Kind), NotANumber>> {
        match self.read(number) {
            Ok(number) => Some(Ok((number, Kind::Plain))),
            Err(NotANumber::Ambiguous) => Some(Err(NotANumber::Ambiguous)),
            Err(NotANumber::Other) => self.read_more(number),
        }
    }

    fn decimals(self) -> DecimalStyle {
        match self {
            NumberStyle::Dot => DecimalStyle::Dot,
            NumberStyle::Comma => DecimalStyle::Comma,
            NumberStyle::Unclear => DecimalStyle::Auto,
        }
    }

    /// The number of a text without blanks around it; `5,9%` is 5.9, and in per cent (see [`is_percentage`]).
    #[inline]
    pub(crate) fn read(self, text: &str) -> Result<f64, NotANumber> {
        let marks = if self == NumberStyle::Dot { b'.' } else { b'-' };
        match plain(text, marks) {
            Some(number) => Ok(number),
            None => self.read_any(text),
        }
    }

    #[cold]
    fn read_any(self, text: &str) -> Result<f64, NotANumber> {
        match parse_number(without_percent(text).unwrap_or(text), self.decimals()) {
            None => Err(NotANumber::Other),
            Some(number) if number.ambiguous => Err(NotANumber::Ambiguous),
            Some(number) => Ok(number.value),
        }
    }
}

/// Whether a number is written with a sign of per cent, which is then its unit.
pub(crate) fn is_percentage(text: &str) -> bool {
    text.ends_with('%')
}

fn without_percent(text: &str) -> Option<&str> {
    text.strip_suffix('%').map(str::trim_end)
}

/// A number and what may be its unit behind it: `4‰`, `< 0,05 mg/l`, `120 m3/s`.
pub(crate) fn with_unit(text: &str) -> Option<(&str, &str)> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '±') || c.is_whitespace();
    let (number, unit) = text.split_at(first + text[first..].find(|c| !is_of_number(c))?);
    let is_unit = unit.starts_with(|c: char| c.is_alphabetic() || matches!(c, '‰' | '%' | '°'));
    (is_unit && unit.len() <= MAX_UNIT).then(|| (number.trim_end(), unit))
}

/// A text of a column in which every number has points before groups of three digits and nothing else tells
/// what they are: `20.123` may be twenty, or twenty thousand.
pub(crate) fn may_be_thousands<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    in_groups(texts, '.')
}

/// The same for any mark between the groups.
pub(super) fn in_groups<'a>(texts: impl Iterator<Item = &'a str>, mark: char) -> Option<&'a str> {
    let mut shown = None;
    for text in texts {
        // What stands beside a number says nothing of its marks: `~69.000`.
        let number = parse_number(text, DecimalStyle::Auto)
            .or_else(|| parse_measure(text, DecimalStyle::Auto).map(|measure| measure.number));
        match number {
            Some(number) if number.ambiguous && text.contains(mark) => {
                shown.get_or_insert(text);
            }
            Some(number) if number.ambiguous => {}
            // A whole number below a thousand needs no mark, and shows none; blanks between thousands are another
            // hand's.
            Some(number) if number.value.fract() == 0.0 && !text.contains(['.', ',']) && !is_long(text) => {}
            Some(_) => return None,
            None => {}
        }
    }
    shown
}

/// Whether digits run on where others would put a mark between thousands.
fn is_long(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 3)
}

/// A number in digits with at most a sign and this mark, which is read as a decimal point.
#[inline]
fn plain(text: &str, mark: u8) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_plain = !bytes.is_empty()
        && bytes.len() <= MAX_PLAIN
        && bytes[bytes.len() - 1].is_ascii_digit()
        && bytes.iter().enumerate().all(|(at, byte)| {
            byte.is_ascii_digit() || (at == 0 && *byte == b'-') || (*byte == mark && mark != b'-')
        });
    // Two marks do not parse and are then grouped digits, or nothing.
    if is_plain { text.parse().ok() } else { None }
}

/// The style of a column in which every text can be read both ways, or which contradicts itself.
///
/// Three decimals in every number are decimals; three only where the number is large may be
/// thousands, and nothing tells which.
fn unclear<'a>(texts: impl Iterator<Item = &'a str>) -> NumberStyle {
    let (mut dots, mut others) = (0_usize, 0_usize);
    for text in texts {
        match parse_number(text, DecimalStyle::Auto) {
            None => {}
            Some(number) if number.ambiguous && text.contains('.') => dots += 1,
            Some(number) if number.ambiguous => return NumberStyle::Unclear,
            Some(_) => others += 1,
        }
    }
    if dots > 0 && others > 0 { NumberStyle::Unclear } else { NumberStyle::Dot }
}
