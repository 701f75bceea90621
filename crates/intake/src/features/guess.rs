//! Guessing a mapping of features: the types of all attributes over all features, and a unique id.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use catalog::{Gazetteer, ValueWord, vocabulary};
use formats::{Coordinates, FeatureItem, FeatureOptions, Format, Limits, read_features};
use serde_json::Value;
use wording::{Told, told};

use super::numbers::{Beside, Marks, Written, asked, is_measured, is_number};
use super::rows::FeatureFile;
use super::value::is_beyond;
use super::{Positions, attribute_name};
use crate::Error;
use crate::mapping::{AttributeSource, AttributeType, Decimal, FeatureSource, Mapping, MappingKind};

/// Different properties that one file may have.
const MAX_PROPERTIES: usize = 1000;

/// Names by which a property is likely the id, the most likely first.
const ID_NAMES: [&str; 12] =
    ["id", "code", "ma", "unit_id", "gid", "fid", "uuid", "objectid", "shape_id", "ma_xa", "ma_tinh", "ref"];

/// Names by which a property is likely the name.
const NAME_NAMES: [&str; 6] = ["full_name", "name", "ten", "ten_xa", "ten_tinh", "shape_name"];

/// Words in names of properties that are made to tell features apart.
const ID_WORDS: [&str; 14] = [
    "id", "objectid", "fid", "ma", "code", "stt", "tt", "no", "so_hieu", "ky_hieu", "key", "number", "index",
    "ref",
];

/// Names, and words in names, of what is numbered and not measured: sections, plots, marks.
const NUMBERED: [&str; 7] = ["ma", "code", "muc", "section", "stt", "thua", "id"];
const NUMBERED_BY: [&str; 6] = ["so_hieu", "ky_hieu", "so_thua", "so_to", "so_moc", "ma_so"];

/// What is known of one property.
struct Known {
    property: String,
    kind: Option<AttributeType>,
    /// Features that have a value.
    filled: u64,
    /// Hashes of its values while no two are equal.
    values: Option<HashSet<u64>>,
    /// Whether some of its texts are days or numbers with a fraction.
    measures: bool,
    /// Numbers that stand for no value in many files, as they are written.
    codes: BTreeSet<String>,
    /// The least of its other numbers.
    least: f64,
    /// How its numbers are written, where they stand as texts.
    marks: Marks,
    /// Its texts with a point by what they are as numbers, while there are not many.
    pointed: HashMap<u64, String>,
    /// Whether two texts are the same number: `1.1` and `1.10`.
    has_two_alike: bool,
    /// What that comes to.
    written: Written,
}

/// Guesses the mapping of a file of features, or says what is missing.
pub(crate) fn guess(
    path: &Path,
    format: &Format,
    positions: &Positions,
    gazetteer: &Gazetteer,
    limits: &Limits,
) -> Result<Mapping, Error> {
    let mut known: Vec<Known> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut own_ids: Option<HashSet<u64>> = Some(HashSet::new());
    let mut features = 0_u64;
    // Where they lie says nothing of their attributes.
    let options =
        FeatureOptions { as_written: true, properties_only: true, fit: None, ..positions.options.clone() };
    let reader = read_features(path, format, &options, limits)?;
    let layer = if *format == Format::FeatureZip { None } else { layer_name(reader.layers()) };
    let texts_only = reader.texts_only();
    for item in reader {
        let FeatureItem::Row(row) = item? else { continue };
        features += 1;
        let hash = row.id.as_deref().map(hash_of);
        own_ids = own_ids.filter(|_| hash.is_some()).and_then(|mut ids| ids.insert(hash?).then_some(ids));
        for (name, value) in &row.properties {
            let at = match by_name.get(name) {
                Some(at) => *at,
                None => {
                    if known.len() == MAX_PROPERTIES {
                        return Err(Error::Limit {
                            what: told!("guess-number-of-properties", "the number of different properties"),
                            limit: Told::words(MAX_PROPERTIES.to_string()),
                        });
                    }
                    by_name.insert(name.clone(), known.len());
                    known.push(Known::new(name));
                    known.len() - 1
                }
            };
            known[at].meet(value, texts_only);
        }
    }
    decide_marks(&mut known, positions.coordinates.as_ref(), gazetteer);
    let mut mapping = Mapping::new(MappingKind::Features);
    mapping.source.crs.clone_from(&positions.crs);
    mapping.source.sheet = layer;
    mapping.reasons.clone_from(&positions.reasons);
    let mut because = |path: &str, reason: Told| mapping.reasons.push((path.to_owned(), reason));
    because("", told!("guess-over-features", "guessed over {count} features", count = features));
    let mut feature = FeatureSource::default();
    match &positions.coordinates {
        Some(Coordinates::Pair { x, y }) => {
            because(
                "feature.x",
                told!("guess-headers-say-coordinates", "the headers say that these are the coordinates"),
            );
            (feature.x, feature.y) = (Some(x.clone()), Some(y.clone()));
            known.retain(|known| known.property != *x && known.property != *y);
        }
        Some(Coordinates::Geometry(name)) => {
            because(
                "feature.geometry",
                told!("guess-header-says-geometry", "the header says that this is the geometry"),
            );
            feature.geometry = Some(name.clone());
            known.retain(|known| known.property != *name);
        }
        None => {}
    }
    if own_ids.is_some() && features > 0 {
        because("feature", told!("guess-own-ids", "every feature has its own `id`, and no two are equal"));
    } else {
        let unique = |known: &&Known| known.filled == features && known.values.is_some() && features > 0;
        let id = known.iter().filter(unique).filter_map(|known| Some((known.rank_as_id()?, known)));
        let id = id.min_by_key(|(rank, _)| *rank).map(|(_, known)| known);
        match id {
            Some(id) => {
                because(
                    "feature.id",
                    told!(
                        "guess-values-differ",
                        "all {count} values of `{property}` are there and differ",
                        count = features,
                        property = id.property
                    ),
                );
                feature.id = Some(id.property.clone());
            }
            None => return Err(no_id(mapping, feature, &known, features)),
        }
    }
    let mut taken = HashSet::new();
    let name = known
        .iter()
        .filter(|known| known.kind == Some(AttributeType::Text))
        .find(|known| NAME_NAMES.contains(&attribute_name(&known.property).as_str()));
    if let Some(name) = name {
        let reason = told!("guess-property-name-says-so", "the property's name says so");
        mapping.reasons.push(("feature.name".into(), reason));
        feature.name = Some(name.property.clone());
        taken.insert("name".to_owned());
    }
    mapping.attributes = attributes(&known, taken, feature.name.as_deref());
    mapping.feature = Some(feature);
    leave_out_codes(&known, &mut mapping);
    let open = doubtful(&known, &mapping);
    asked(mapping.clone(), &open).map_or(Ok(mapping), Err)
}

/// Decides how the numbers of each column are written, beside those of the others.
fn decide_marks(known: &mut [Known], coordinates: Option<&Coordinates>, gazetteer: &Gazetteer) {
    let is_coordinate = |name: &str| match coordinates {
        Some(Coordinates::Pair { x, y }) => name == x || name == y,
        Some(Coordinates::Geometry(column)) => name == column,
        None => false,
    };
    for at in 0..known.len() {
        if known[at].kind != Some(AttributeType::Number) || is_coordinate(&known[at].property) {
            continue;
        }
        let is_measured = is_measured(&known[at].property, gazetteer);
        if known[at].is_numbering(is_measured) {
            known[at].kind = Some(AttributeType::Text);
            continue;
        }
        let others = known.iter().enumerate().filter(|(other, _)| *other != at);
        let others = others.map(|(_, other)| (&other.marks, is_coordinate(&other.property)));
        let written = known[at].marks.written(Beside::of(others), is_measured);
        if written == Written::Text {
            known[at].kind = Some(AttributeType::Text);
        }
        known[at].written = written;
    }
}

/// The attributes of which nothing tells how their numbers are written, each with one of these.
fn doubtful(known: &[Known], mapping: &Mapping) -> Vec<(usize, String)> {
    let shown = |attribute: &AttributeSource| {
        let known = known.iter().find(|known| known.property == attribute.from())?;
        match &known.written {
            Written::Either(shown) => Some(shown.clone()),
            _ => None,
        }
    };
    let attributes = mapping.attributes.iter().enumerate();
    attributes.filter_map(|(at, attribute)| Some((at, shown(attribute)?))).collect()
}

fn attributes(known: &[Known], mut taken: HashSet<String>, name: Option<&str>) -> Vec<AttributeSource> {
    known
        .iter()
        // The name is an attribute already when it would be called so anyway.
        .filter(|known| !(name == Some(known.property.as_str()) && attribute_name(&known.property) == "name"))
        .map(|known| {
            let base = attribute_name(&known.property);
            let mut name = base.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base}_{number}");
                number += 1;
            }
            let from = (name != known.property).then(|| known.property.clone());
            let decimal = if known.written == Written::Comma { Decimal::Comma } else { Decimal::Auto };
            AttributeSource { name, from, kind: known.kind.unwrap_or(AttributeType::Text), decimal }
        })
        .collect()
}

/// Numbers that stand for no value in many files, and lie far below all others of their property.
fn leave_out_codes(known: &[Known], mapping: &mut Mapping) {
    // What may be a value of one property is not taken for nothing in another.
    let is_real =
        |code: &String| known.iter().any(|known| known.codes.contains(code) && !known.is_apart(code));
    for known in known {
        for code in known.codes.iter().filter(|code| !is_real(code)) {
            if !mapping.source.missing.contains(code) {
                mapping.source.missing.push(code.clone());
                let reason = told!(
                    "guess-feature-codes",
                    "`{code}` in `{property}` stands for no value in many files, and far from the others: cells that hold it stay empty",
                    code = code,
                    property = known.property
                );
                mapping.reasons.push(("source.missing".into(), reason));
            }
        }
    }
}

/// Numbers of each attribute of a kept mapping that stand for no value in a later file, which the first one had not.
pub(crate) fn codes(
    file: &FeatureFile<'_>,
    mapping: &Mapping,
    limits: &Limits,
) -> Result<Vec<Vec<f64>>, Error> {
    let is_number = |kind| matches!(kind, AttributeType::Integer | AttributeType::Number);
    let mut met: Vec<(&str, BTreeSet<String>, f64)> =
        mapping.attributes.iter().map(|of| (of.from(), BTreeSet::new(), f64::INFINITY)).collect();
    let are_numbers: Vec<bool> = mapping.attributes.iter().map(|of| is_number(of.kind)).collect();
    if !are_numbers.contains(&true) {
        return Ok(Vec::new());
    }
    let options =
        FeatureOptions { properties_only: true, fit: None, as_written: true, ..file.options.clone() };
    for item in read_features(file.path, file.format, &options, limits)? {
        let FeatureItem::Row(row) = item? else { continue };
        for (at, (from, codes, least)) in met.iter_mut().enumerate() {
            let value = row.property(from).filter(|_| are_numbers[at]);
            let number =
                value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()));
            if let Some(number) = number.filter(|number: &f64| number.is_finite()) {
                meet_number(number, codes, least);
            }
        }
    }
    // What may be a value of one is not taken for nothing in another.
    let is_real =
        |code: &str| met.iter().any(|(_, codes, least)| codes.contains(code) && !is_apart(code, *least));
    let of = |codes: &BTreeSet<String>| {
        codes.iter().filter(|code| !is_real(code)).filter_map(|code| code.parse().ok()).collect()
    };
    Ok(met.iter().map(|(_, codes, _)| of(codes)).collect())
}

/// Takes a number for one that stands for no value in many files, or else for one of the others.
fn meet_number(number: f64, codes: &mut BTreeSet<String>, least: &mut f64) {
    let text = (number + 0.0).to_string();
    if number <= -99.0 && vocabulary().word(&text) == Some(ValueWord::Code) {
        codes.insert(text);
    } else if !is_beyond(number) {
        *least = least.min(number);
    }
}

/// Whether the least of the other numbers lies far above such a one.
fn is_apart(code: &str, least: f64) -> bool {
    code.parse().is_ok_and(|code: f64| least > code / 5.0)
}

fn no_id(mut mapping: Mapping, feature: FeatureSource, known: &[Known], features: u64) -> Error {
    if features == 0 {
        return Error::invalid(
            told!("guess-no-features", "the file has no feature that can be read"),
            told!(
                "guess-hand-in-features",
                "hand in a file whose features have a geometry, or a table whose rows have coordinates"
            ),
        );
    }
    mapping.feature = Some(FeatureSource { id: Some("…".into()), name: None, ..feature });
    let reason = told!("guess-fill-in-id", "FILL IN: a property that every feature has, and no two alike");
    mapping.reasons.push(("feature.id".into(), reason));
    mapping.attributes = attributes(known, HashSet::new(), None);
    Error::Unmapped {
        missing: told!(
            "guess-no-id",
            "no property names each feature: each is absent somewhere, or the same in two features"
        ),
        example: mapping.to_text(),
    }
}

impl Known {
    fn new(property: &str) -> Known {
        Known {
            property: property.to_owned(),
            kind: None,
            filled: 0,
            values: Some(HashSet::new()),
            measures: false,
            codes: BTreeSet::new(),
            least: f64::INFINITY,
            marks: Marks::default(),
            pointed: HashMap::new(),
            has_two_alike: false,
            written: Written::Dot,
        }
    }

    /// How good it is as an id, the least the best; `None` for what only happens to differ: a day, a measure, an
    /// amount.
    fn rank_as_id(&self) -> Option<usize> {
        let name = attribute_name(&self.property);
        if let Some(rank) = ID_NAMES.iter().position(|id| *id == name) {
            return Some(rank);
        }
        let says_so = says_id(&name) || name.ends_with("id");
        match self.kind? {
            AttributeType::Text if self.measures && !self.is_of_sections(&name) => None,
            AttributeType::Text | AttributeType::Integer if says_so => Some(ID_NAMES.len()),
            AttributeType::Text => Some(ID_NAMES.len() + 1),
            _ => None,
        }
    }

    /// Whether its numbers with a point are those of sections, plots and marks (`1.1`, `1.10`), which are texts.
    fn is_numbering(&self, is_measured: bool) -> bool {
        let name = attribute_name(&self.property);
        let has_unit = self.property.contains(['(', '[']);
        !is_measured && !has_unit && (self.has_two_alike || self.is_of_sections(&name))
    }

    /// Whether a name and the texts are those of numbered things.
    fn is_of_sections(&self, name: &str) -> bool {
        let are_pointed = !self.pointed.is_empty() || self.has_two_alike;
        are_pointed && (NUMBERED.contains(&name) || NUMBERED_BY.iter().any(|word| is_word_of(name, word)))
    }

    /// Whether all its other numbers lie far above one that stands for no value in many files.
    fn is_apart(&self, code: &str) -> bool {
        let is_number = matches!(self.kind, Some(AttributeType::Integer | AttributeType::Number));
        is_number && is_apart(code, self.least)
    }

    /// Notes two texts that are the same number.
    fn meet_pointed(&mut self, text: &str) {
        if self.has_two_alike || self.pointed.len() >= MOST_POINTED || !text.contains('.') {
            return;
        }
        if kind_of_text(text) == AttributeType::Number
            && let Ok(number) = text.parse::<f64>()
        {
            let other = self.pointed.entry(number.to_bits()).or_insert_with(|| text.to_owned());
            self.has_two_alike = other.as_str() != text;
        }
    }

    /// `texts_only`: whether a number stands there as its text.
    fn meet(&mut self, value: &Value, texts_only: bool) {
        let kind = match value {
            Value::Null => return,
            Value::String(text) if text.trim().is_empty() => return,
            // A word for no value says nothing of what the others are.
            Value::String(text) if is_missing_word(text) => {
                self.values = None;
                return;
            }
            Value::String(text) if texts_only => kind_of_text(text.trim()),
            Value::Bool(_) => AttributeType::Boolean,
            Value::Number(number) if number.is_i64() => AttributeType::Integer,
            Value::Number(_) => AttributeType::Number,
            Value::String(text) if is_time(text) => AttributeType::Time,
            Value::String(_) | Value::Array(_) | Value::Object(_) => AttributeType::Text,
        };
        self.filled += 1;
        let text = value.as_str().map(str::trim);
        self.measures |= text.is_some_and(is_measure);
        if let Some(text) = text.filter(|_| texts_only) {
            self.marks.meet(text);
            self.meet_pointed(text);
        }
        if let Some(number) = value.as_f64().or_else(|| text?.parse().ok()) {
            meet_number(number, &mut self.codes, &mut self.least);
        }
        self.kind = Some(match (self.kind, kind) {
            (None, kind) => kind,
            (Some(known), kind) if known == kind => kind,
            (
                Some(AttributeType::Integer | AttributeType::Number),
                AttributeType::Integer | AttributeType::Number,
            ) => AttributeType::Number,
            _ => AttributeType::Text,
        });
        let can_be_id = matches!(value, Value::String(_)) || value.is_i64() || value.is_u64();
        // Hashed only as long as no two were equal.
        self.values = self.values.take().filter(|_| can_be_id).and_then(|mut set| {
            let hash = match value {
                Value::String(text) => hash_of(text.trim()),
                other => hash_of(&other.to_string()),
            };
            set.insert(hash).then_some(set)
        });
    }
}

/// Texts that are compared with each other.
const MOST_POINTED: usize = 10_000;

/// Whether a name holds a word that is made to tell features apart.
fn says_id(name: &str) -> bool {
    ID_WORDS.iter().any(|word| is_word_of(name, word))
}

/// Whether a name begins or ends with a word.
fn is_word_of(name: &str, word: &str) -> bool {
    let rest = name.strip_prefix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('_'))
}

/// Whether a text is a word that stands for no value in any column.
pub(super) fn is_missing_word(text: &str) -> bool {
    vocabulary().word(text) == Some(ValueWord::Missing)
}

/// Whether a text is a number with a fraction or a day, as people write them.
fn is_measure(text: &str) -> bool {
    let has = |marks: [char; 3]| text.contains(marks);
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '/' | '-' | ':' | ' '))
        && (has([',', '.', '/']) || is_time(text))
}

/// What a text of a table is: a number only if it is written as one is written back, so that codes
/// such as `09552` and `1E5` stay texts.
fn kind_of_text(text: &str) -> AttributeType {
    if text.parse::<i64>().is_ok_and(|number| number.to_string() == text) {
        return AttributeType::Integer;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.split_once('.').is_some_and(|(whole, _)| whole == "0" || !whole.starts_with('0'));
    if is_plain && text.parse::<f64>().is_ok() {
        return AttributeType::Number;
    }
    match text {
        "true" | "false" => AttributeType::Boolean,
        text if is_time(text) => AttributeType::Time,
        // `1,5` and `1.234.567`.
        text if text.contains([',', '.']) && is_number(text) => AttributeType::Number,
        _ => AttributeType::Text,
    }
}

/// The layer that is read, where the file has several.
fn layer_name((layers, layer): (&[String], u16)) -> Option<String> {
    layers.get(usize::from(layer)).filter(|_| layers.len() > 1).cloned()
}

/// A date or a date and time in ISO 8601: nothing shorter, since `2015` may be a number.
fn is_time(text: &str) -> bool {
    text.len() >= 10 && text.as_bytes()[4] == b'-' && model::parse_instant(text).is_ok()
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
