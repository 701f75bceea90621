//! How the numbers of an attribute are written where a file holds texts: with a decimal point or comma, or with points
//! between thousands, which nothing but the other numbers of the file can tell.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::{DecimalStyle, FeatureItem, FeatureOptions, Limits, parse_number, read_features};
use model::PropertyKind;
use wording::{Told, told};

use super::rows::FeatureFile;
use crate::Error;
use crate::mapping::{AttributeType, Decimal, Mapping};
use crate::observe::find_property;

/// Headers of what is measured and written with three decimals by many instruments, in folded words: where nothing
/// else tells, a point in it is a decimal point.
const MEASURED: [&str; 22] = [
    "cao do",
    "cao trinh",
    "do cao",
    "elevation",
    "elev",
    "altitude",
    "height",
    "depth",
    "do sau",
    "do doc",
    "slope",
    "rong",
    "width",
    "velocity",
    "van toc",
    "ph",
    "z",
    "h",
    "lat",
    "lon",
    "kinh do",
    "vi do",
];

/// What the texts of one column show of the signs in their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    /// Whether a number can be read with a decimal point alone.
    dot: bool,
    /// Whether one can be read with a decimal comma alone.
    comma: bool,
    /// Whether digits run on where others would put a mark between thousands.
    is_long: bool,
    /// The first number whose point may stand before decimals or between thousands.
    pointed: Option<String>,
    /// Whether there are numbers of whose comma the same holds.
    has_commas: bool,
}

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// `1234.5`, `1,234.5`.
    Dot,
    /// `1234,5`, `1.234,5`.
    Comma,
    /// This one may be a number with decimals, or with points between thousands.
    Either(String),
    /// Nothing tells what the comma in each of them is: they stay texts.
    Text,
}

/// What the other columns of a file show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    dot: bool,
    comma: bool,
}

/// Whether a text is a number in digits, with points and commas at most: codes such as `09552`, `1E5` and
/// `84 912 345` are none.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '\u{2212}']).unwrap_or(text);
    let is_code = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
    !is_code
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && parse_number(text, DecimalStyle::Auto).is_some()
}

impl Marks {
    /// Looks at one more text, if it is a number.
    pub(super) fn meet(&mut self, text: &str) {
        if !is_number(text) {
            return;
        }
        let (dot, comma) = (parse_number(text, DecimalStyle::Dot), parse_number(text, DecimalStyle::Comma));
        match (dot, comma) {
            (Some(dot), Some(comma)) if dot.value != comma.value => {
                if text.contains('.') {
                    self.pointed.get_or_insert_with(|| text.to_owned());
                } else {
                    self.has_commas = true;
                }
            }
            (Some(_), Some(_)) => self.is_long |= text.trim_start_matches('-').len() > 3,
            (Some(_), None) => self.dot = true,
            (None, Some(_)) => self.comma = true,
            (None, None) => {}
        }
    }

    /// A number that would be misread in a style that the others of its column are not in.
    fn against(&self, said: DecimalStyle) -> Option<String> {
        let is_other = match said {
            DecimalStyle::Comma => self.dot && !self.comma,
            DecimalStyle::Dot => self.comma && !self.dot,
            DecimalStyle::Auto => false,
        };
        self.pointed.clone().filter(|_| is_other)
    }

    /// How the numbers are written. `is_measured` says that three decimals are usual in them.
    pub(super) fn written(&self, beside: Beside, is_measured: bool) -> Written {
        match (self.dot, self.comma, &self.pointed) {
            (true, false, _) => Written::Dot,
            (false, true, _) => Written::Comma,
            (true, true, Some(shown)) => Written::Either(shown.clone()),
            // Each shows what it is.
            (true, true, None) => Written::Dot,
            (false, false, Some(_)) if self.has_commas => Written::Text,
            (false, false, Some(shown)) => match () {
                () if beside.comma => Written::Comma,
                () if self.is_long || is_measured => Written::Dot,
                () => Written::Either(shown.clone()),
            },
            (false, false, None) if self.has_commas => match (beside.dot, beside.comma) {
                (true, false) => Written::Dot,
                (false, true) => Written::Comma,
                _ => Written::Text,
            },
            (false, false, None) => Written::Dot,
        }
    }
}

impl Beside {
    /// What these columns show, as far as they do not contradict each other.
    pub(super) fn of<'a>(columns: impl Iterator<Item = &'a Marks> + Clone) -> Beside {
        Beside {
            dot: columns.clone().any(|marks| marks.dot),
            comma: columns.clone().any(|marks| marks.comma),
        }
    }
}

/// Whether the values of a column are such as are written with three decimals: what it says by its name, or the
/// property that it names, of which a thousand times as much cannot be.
pub(super) fn is_measured(name: &str, gazetteer: &Gazetteer) -> bool {
    let (bare, unit) = name.split_once(['(', '[']).unwrap_or((name, ""));
    let property = find_property(gazetteer, bare).or_else(|| find_property(gazetteer, name));
    if let Some(property) = property {
        return property.kind != PropertyKind::Extensive;
    }
    let folded = format!(" {} ", model::fold(&bare.replace('_', " ")));
    let unit = unit.trim_end_matches([')', ']']).trim();
    let is_share = unit.contains(['%', '‰', '/', '°']);
    is_share || MEASURED.iter().any(|words| folded.contains(&format!(" {words} ")))
}

/// The question about a number of a column.
pub(super) fn question(column: &str, shown: &str) -> Told {
    told!(
        "guess-attribute-decimal-or-thousands",
        "`{column}`: has `{shown}` a decimal point, or points between thousands? Write `decimal = \"dot\"` or `decimal = \"comma\"` under its `[[attribute]]`",
        column = column,
        shown = shown
    )
}

/// An error that asks about columns of which nothing tells how their numbers are written; the mapping has
/// them with points between thousands.
pub(super) fn asked(mut mapping: Mapping, open: &[(usize, String)]) -> Option<Error> {
    let (first, shown) = open.first()?;
    let missing = question(mapping.attributes.get(*first)?.from(), shown);
    for (at, shown) in open {
        let Some(attribute) = mapping.attributes.get_mut(*at) else { continue };
        attribute.decimal = Decimal::Comma;
        let question = question(attribute.from(), shown);
        mapping.reasons.push((
            format!("attribute.{at}.decimal"),
            told!("guess-confirm", "CONFIRM: {what}", what => question),
        ));
    }
    mapping.shape = None;
    Some(Error::Unmapped { missing, example: mapping.to_text() })
}

/// How the numbers of each attribute are read, in the order of the mapping.
pub(crate) fn styles(
    file: &FeatureFile<'_>,
    mapping: &Mapping,
    is_given: bool,
    gazetteer: &Gazetteer,
    limits: &Limits,
) -> Result<Vec<Option<DecimalStyle>>, Error> {
    let said = |decimal: Decimal| match decimal {
        Decimal::Auto => None,
        Decimal::Dot => Some(DecimalStyle::Dot),
        Decimal::Comma => Some(DecimalStyle::Comma),
    };
    let wanted =
        mapping.attributes.iter().map(|attribute| said(attribute.decimal).or(said(mapping.source.decimal)));
    let mut styles: Vec<Option<DecimalStyle>> = wanted.collect();
    // What somebody wrote for this very file is decided; what was written for another is tested.
    let is_looked_at = |at: usize| {
        let kind = mapping.attributes[at].kind;
        (styles[at].is_none() || !is_given) && matches!(kind, AttributeType::Number | AttributeType::Integer)
    };
    let open: Vec<usize> = (0..styles.len()).filter(|at| is_looked_at(*at)).collect();
    if open.is_empty() {
        return Ok(styles);
    }
    let options =
        FeatureOptions { properties_only: true, fit: None, as_written: true, ..file.options.clone() };
    let reader = read_features(file.path, file.format, &options, limits)?;
    if !reader.texts_only() {
        return Ok(styles);
    }
    let mut marks: HashMap<String, Marks> = HashMap::new();
    for item in reader {
        let FeatureItem::Row(row) = item? else { continue };
        for (name, value) in &row.properties {
            let Some(text) = value.as_str().map(str::trim) else { continue };
            match marks.get_mut(name) {
                Some(marks) => marks.meet(text),
                None => {
                    let mut first = Marks::default();
                    first.meet(text);
                    marks.insert(name.clone(), first);
                }
            }
        }
    }
    let mut asked_of = Vec::new();
    for at in open {
        let name = mapping.attributes[at].from();
        let Some(own) = marks.get(name) else { continue };
        if let Some(said) = styles[at] {
            asked_of.extend(own.against(said).map(|shown| (at, shown)));
            continue;
        }
        let others = marks.iter().filter(|(other, _)| *other != name).map(|(_, marks)| marks);
        match own.written(Beside::of(others), is_measured(name, gazetteer)) {
            Written::Comma => styles[at] = Some(DecimalStyle::Comma),
            Written::Dot => styles[at] = Some(DecimalStyle::Dot),
            Written::Either(shown) => asked_of.push((at, shown)),
            Written::Text => {}
        }
    }
    asked(mapping.clone(), &asked_of).map_or(Ok(styles), Err)
}

/// A number in one of the ways in which people write it: in the other style too, where only that one reads it.
pub(super) fn read(text: &str, style: Option<DecimalStyle>) -> Option<f64> {
    let in_style = |style| parse_number(text, style).map(|number| number.value);
    match style {
        Some(DecimalStyle::Comma) => in_style(DecimalStyle::Comma).or_else(|| in_style(DecimalStyle::Dot)),
        Some(DecimalStyle::Dot) => in_style(DecimalStyle::Dot).or_else(|| in_style(DecimalStyle::Comma)),
        _ => text.parse().ok().or_else(|| {
            parse_number(text, DecimalStyle::Auto)
                .filter(|number| !number.ambiguous)
                .map(|number| number.value)
        }),
    }
}
