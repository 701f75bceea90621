//! How the numbers of an attribute are written where a file holds texts: with a decimal point or comma, or with points
//! between thousands, which nothing but the other numbers of the file can tell.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::{Coordinates, DecimalStyle, FeatureItem, FeatureOptions, Limits, parse_number, read_features};
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
    /// The first number of whose comma the same holds.
    commaed: Option<String>,
}

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// `1234.5`, `1,234.5`.
    Dot,
    /// `1234,5`, `1.234,5`.
    Comma,
    /// This one may be a number with decimals, or with points or commas between thousands.
    Either(String),
    /// Nothing tells what the comma in each of them is: they stay texts.
    Text,
}

/// What the other columns of a file show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    dot: bool,
    comma: bool,
    /// What its coordinates show. Programs write them in their own way, so that they decide nothing alone.
    of_coordinates: (bool, bool),
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
                    self.commaed.get_or_insert_with(|| text.to_owned());
                }
            }
            (Some(_), Some(_)) => self.is_long |= text.trim_start_matches('-').len() > 3,
            (Some(_), None) => self.dot = true,
            (None, Some(_)) => self.comma = true,
            (None, None) => {}
        }
    }

    /// A number that would be misread in a style that the others of its column, or where these tell nothing, all
    /// others of its file are not in.
    fn against(&self, said: DecimalStyle, beside: Beside) -> Option<String> {
        let (dot, comma) = if self.dot || self.comma {
            (self.dot, self.comma)
        } else {
            (beside.dot || beside.of_coordinates.0, beside.comma || beside.of_coordinates.1)
        };
        match said {
            DecimalStyle::Comma if dot && !comma => self.pointed.clone(),
            DecimalStyle::Dot if comma && !dot && self.comma => self.pointed.clone(),
            DecimalStyle::Dot if comma && !dot => self.commaed.clone(),
            _ => None,
        }
    }

    /// How the numbers are written. `is_measured` says that three decimals are usual in them.
    pub(super) fn written(&self, beside: Beside, is_measured: bool) -> Written {
        let (dots, commas) = (beside.dot || beside.of_coordinates.0, beside.comma || beside.of_coordinates.1);
        match (self.dot, self.comma, &self.pointed) {
            (true, false, _) => Written::Dot,
            (false, true, _) => Written::Comma,
            (true, true, Some(shown)) => Written::Either(shown.clone()),
            // Each shows what it is.
            (true, true, None) => Written::Dot,
            (false, false, Some(_)) if self.commaed.is_some() => Written::Text,
            (false, false, Some(shown)) => match () {
                // A thousand times as much as such things are.
                () if beside.comma && !is_measured => Written::Comma,
                () if commas => Written::Either(shown.clone()),
                () if self.is_long || is_measured => Written::Dot,
                () => Written::Either(shown.clone()),
            },
            (false, false, None) => self.by_commas((beside.dot, beside.comma), (dots, commas), is_measured),
        }
    }

    /// How numbers are written of which the commas alone are to be explained.
    fn by_commas(&self, beside: (bool, bool), with_coordinates: (bool, bool), is_measured: bool) -> Written {
        let Some(shown) = &self.commaed else { return Written::Dot };
        match (beside, with_coordinates) {
            ((true, false), _) if !is_measured => Written::Dot,
            ((false, true), _) => Written::Comma,
            ((true, true), _) | (_, (false, false)) => Written::Text,
            (_, (true, true)) => Written::Text,
            _ => Written::Either(shown.clone()),
        }
    }
}

impl Beside {
    /// What these columns show, as far as they do not contradict each other; those of the coordinates by themselves.
    pub(super) fn of<'a>(columns: impl Iterator<Item = (&'a Marks, bool)> + Clone) -> Beside {
        let any = |of_coordinates: bool, is: fn(&Marks) -> bool| {
            columns.clone().any(|(marks, of)| of == of_coordinates && is(marks))
        };
        Beside {
            dot: any(false, |marks| marks.dot),
            comma: any(false, |marks| marks.comma),
            of_coordinates: (any(true, |marks| marks.dot), any(true, |marks| marks.comma)),
        }
    }
}

/// Units, in lower case, of shares and concentrations.
const SHARES: [&str; 7] = ["mg/l", "g/l", "µg/l", "ug/l", "mg/kg", "g/kg", "m/s"];

/// Whether the values of a column are such as are written with three decimals: what it says by its name, or the
/// property that it names, of which a thousand times as much cannot be.
pub(super) fn is_measured(name: &str, gazetteer: &Gazetteer) -> bool {
    let (bare, unit) = name.split_once(['(', '[']).unwrap_or((name, ""));
    let unit = unit.trim_end_matches([')', ']']).trim();
    let property = find_property(gazetteer, bare).or_else(|| find_property(gazetteer, name));
    // Of a discharge a thousand times as much can be, and in kilograms of a yield.
    let is_rate = unit.contains('/') && !SHARES.contains(&unit.to_lowercase().as_str());
    if let Some(property) = property {
        let can_be_thousands = property.plausible_max.is_some_and(|most| most >= THOUSANDS);
        return property.kind != PropertyKind::Extensive && !can_be_thousands && !is_rate;
    }
    let folded = format!(" {} ", model::fold(&bare.replace('_', " ")));
    let is_share = unit.contains(['%', '‰', '°']) || SHARES.contains(&unit.to_lowercase().as_str());
    is_share || (!is_rate && MEASURED.iter().any(|words| folded.contains(&format!(" {words} "))))
}

/// What a property can be at least whose numbers may be thousands.
const THOUSANDS: f64 = 10_000.0;

/// The question about a number of a column.
pub(super) fn question(column: &str, shown: &str) -> Told {
    if !shown.contains('.') {
        return told!(
            "guess-attribute-comma-or-thousands",
            "`{column}`: has `{shown}` a decimal comma, or commas between thousands? Write `decimal = \"comma\"` or `decimal = \"dot\"` under its `[[attribute]]`",
            column = column,
            shown = shown
        );
    }
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
    let coordinates = coordinates_of(file.options.coordinates.as_ref(), mapping);
    let mut asked_of = Vec::new();
    for at in open {
        let name = mapping.attributes[at].from();
        let Some(own) = marks.get(name) else { continue };
        let others = marks.iter().filter(|(other, _)| *other != name);
        let beside = Beside::of(others.map(|(name, marks)| (marks, coordinates.contains(&name.as_str()))));
        if let Some(said) = styles[at] {
            asked_of.extend(own.against(said, beside).map(|shown| (at, shown)));
            continue;
        }
        match own.written(beside, is_measured(name, gazetteer)) {
            Written::Comma => styles[at] = Some(DecimalStyle::Comma),
            Written::Dot => styles[at] = Some(DecimalStyle::Dot),
            Written::Either(shown) => asked_of.push((at, shown)),
            Written::Text => {}
        }
    }
    asked(mapping.clone(), &asked_of).map_or(Ok(styles), Err)
}

/// The columns of the coordinates.
fn coordinates_of<'a>(found: Option<&'a Coordinates>, mapping: &'a Mapping) -> Vec<&'a str> {
    let said = mapping.feature.iter().flat_map(|feature| [&feature.x, &feature.y, &feature.geometry]);
    let mut names: Vec<&str> = said.flatten().map(String::as_str).collect();
    match found {
        Some(Coordinates::Pair { x, y }) => names.extend([x.as_str(), y.as_str()]),
        Some(Coordinates::Geometry(name)) => names.push(name),
        None => {}
    }
    names
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
