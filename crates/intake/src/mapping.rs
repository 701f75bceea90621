//! The mapping: which cells of a file are place, property, time, unit and value, as a TOML document.

mod dialect;
mod edit;
mod fact;
mod locate;
mod named;
mod pattern;
mod read;
mod render;
mod rows;
mod shape;
mod shapes;
mod text;

use std::collections::BTreeMap;

use serde::Deserialize;
use wording::Told;

use crate::Error;

pub use edit::{BlockChoice, Choices, ColumnChoice, ColumnRole, PartChoice, PatternChoice};
pub use fact::TextOrColumn;
pub(crate) use fact::{Virtual, letters};
pub(crate) use pattern::{Captured, Pattern, is_preliminary};
pub use rows::RowRules;
pub use shape::{Shape, TableShape};
pub(crate) use shapes::column_range;
pub use text::MappingText;

/// The only version of the mapping language so far.
pub const VERSION: u32 = 1;

/// A mapping from the cells of a file to the model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The version of the mapping language: 1.
    pub version: u32,
    /// What the rows become.
    pub kind: MappingKind,
    /// How the file is laid out.
    #[serde(default)]
    pub source: SourceLayout,
    /// Which rows are data.
    #[serde(default)]
    pub rows: RowRules,
    /// The place of all values that do not name their own.
    pub place: Option<PlaceSource>,
    /// The time of all values.
    pub time: Option<TimeSource>,
    /// The columns that hold values.
    #[serde(default, rename = "value")]
    pub values: Vec<ValueSource>,
    /// Tables that stand beside or below each other on a sheet; without any, the sheet is one table.
    #[serde(default, rename = "block")]
    pub blocks: Vec<BlockSource>,
    /// The source's own quality flags.
    pub quality: Option<QualitySource>,
    /// What names of places mean that do not say it themselves; remembered for the dataset's agency.
    #[serde(default, rename = "place_alias")]
    pub place_aliases: Vec<PlaceAliasSource>,
    /// What names a feature.
    pub feature: Option<FeatureSource>,
    /// What a raster is.
    pub coverage: Option<CoverageSource>,
    /// The attributes of features.
    #[serde(default, rename = "attribute")]
    pub attributes: Vec<AttributeSource>,
    /// What was decided about columns that hold personal data.
    #[serde(default)]
    pub personal: Vec<PersonalColumn>,
    /// What the file looked like from which the mapping was made, so that a later file that looks
    /// otherwise is noticed.
    pub shape: Option<Shape>,
    /// Why each decision of a guessed mapping was made, by the decision's path (`time.columns`).
    #[serde(skip)]
    pub reasons: Vec<(String, Told)>,
}

/// What the rows of a file become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MappingKind {
    /// Place × property × time → result.
    Observations,
    /// Things with a geometry.
    Features,
    /// Rasters.
    Coverage,
}

impl MappingKind {
    /// The kind's code in mappings.
    pub fn code(self) -> &'static str {
        match self {
            MappingKind::Observations => "observations",
            MappingKind::Features => "features",
            MappingKind::Coverage => "coverage",
        }
    }
}

/// How the file is laid out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceLayout {
    /// The sheet to read; the first that holds rows when absent.
    pub sheet: Option<String>,
    /// The sheets to read, all laid out alike: their names, or `*` for every one that fits.
    pub sheets: Vec<String>,
    /// The row of the header, from 1; the first row that has every column named here when absent.
    pub header_row: Option<u32>,
    /// How many rows the header has; their texts are joined from the top down.
    pub header_height: Option<u32>,
    /// Whether an empty cell of such a header belongs to the text on its left; when absent, in sheets
    /// that have no merged cells.
    pub header_fill: Option<bool>,
    /// What begins a line that is a comment: `#`.
    pub comment: Option<String>,
    /// The separator of a text file, when what is detected is wrong.
    pub delimiter: Option<char>,
    /// The widths of the columns in letters, of a text whose columns stand under each other.
    pub widths: Vec<u16>,
    /// The coordinate system of the numbers: `EPSG:9209`, or words such as `VN2000 KTT 105°30' múi 3`.
    pub crs: Option<String>,
    /// The province that the features lie in, as the id of a place: it tells the zone of VN-2000.
    pub area: Option<String>,
    /// The day of the survey: zones follow the provinces of that day.
    pub surveyed: Option<String>,
    /// How numbers are written.
    pub decimal: Decimal,
    /// Texts that stand for "no value", beside the empty cell.
    pub missing: Vec<String>,
    /// How the letters of the file are encoded, when what is detected is wrong: `tcvn3`, `vni`, ….
    pub encoding: Option<String>,
    /// The same for single columns, by their header or letter.
    pub encodings: std::collections::BTreeMap<String, String>,
}

impl SourceLayout {
    /// How the letters are encoded, as far as it is said here.
    pub fn reading(&self) -> formats::Reading {
        let known = |code: &String| formats::Charset::from_code(code);
        formats::Reading {
            file: self.encoding.as_ref().and_then(known),
            columns: self
                .encodings
                .iter()
                .filter_map(|(column, code)| Some((column.clone(), known(code)?)))
                .collect(),
            widths: self.widths.clone(),
        }
    }
}

impl Default for SourceLayout {
    fn default() -> Self {
        SourceLayout {
            sheet: None,
            sheets: Vec::new(),
            header_row: None,
            header_height: None,
            header_fill: None,
            comment: None,
            delimiter: None,
            widths: Vec::new(),
            crs: None,
            area: None,
            surveyed: None,
            decimal: Decimal::Auto,
            missing: default_missing(),
            encoding: None,
            encodings: std::collections::BTreeMap::new(),
        }
    }
}

/// Texts that stand for "no value" when the mapping does not say.
fn default_missing() -> Vec<String> {
    ["-", "..", "...", "NA", "N/A", "NaN", "null"].map(str::to_owned).to_vec()
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// As the column itself shows; a text that could be read both ways is refused.
    #[default]
    Auto,
    /// `1234.5`, `1,234.5`.
    Dot,
    /// `1234,5`, `1.234,5`.
    Comma,
}

/// Where the place of a value stands: exactly one of `column`, `cell`, `sheet`, `title`, `file`,
/// `group`, `header` and `value`.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct PlaceSource {
    /// The column that names it: by id with scheme, by code, or by name.
    pub column: Option<String>,
    /// The cell that names it, such as `A2`.
    pub cell: Option<String>,
    /// Whether the sheet's name names it.
    #[serde(default)]
    pub sheet: bool,
    /// Whether a text above the header names it: the first that the pattern fits.
    #[serde(default)]
    pub title: bool,
    /// Whether the file's name names it.
    #[serde(default)]
    pub file: bool,
    /// The part of the rows that head a group which names it: see `group` under `[rows]`.
    pub group: Option<String>,
    /// Whether the headers of the values name it, as `{place}` in `columns` of the values.
    #[serde(default)]
    pub header: bool,
    /// What of the text is the name: `Trạm: {place}`.
    pub pattern: Option<String>,
    /// Texts, and the place that each means: an id or a name.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// The columns that say what the places belong to, a province or a district: they tell places of one
    /// name apart.
    #[serde(default)]
    pub within: Vec<String>,
    /// What becomes of rows whose place nobody knows.
    #[serde(default)]
    pub unknown: Unknown,
    /// The scheme of bare codes: `gso2004`, `vn2025`, `station`.
    pub scheme: Option<String>,
    /// What kind of place the names mean: `province`, `commune`, `station`, …
    pub kind: Option<String>,
    /// The one place of all values.
    pub value: Option<String>,
}

/// What becomes of rows whose place is not in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// They are refused, each with its cell; places that are known to lie elsewhere are left out.
    #[default]
    Refuse,
    /// They are left out, and counted.
    LeaveOut,
}

/// Where the time of a value stands: one of `columns` and `value`, or its parts, where the headers of
/// the values do not say it all.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct TimeSource {
    /// One column, or several that make up the time: year, month, day, hour, minute; or date and time.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The one time of all values.
    pub value: Option<String>,
    /// `auto`, `year`, or a strftime pattern such as `%d/%m/%Y`.
    pub format: Option<String>,
    /// The offset of texts without one, `+07:00` when absent.
    pub zone: Option<String>,
    /// The column of the period's end, where the source gives one.
    pub end_column: Option<String>,
    /// The instant that a forecast was made for, where the file holds one: the same for all values.
    pub run: Option<TextOrColumn>,
    /// The year, where it stands apart from the rest.
    pub year: Option<TextOrColumn>,
    /// The month, likewise: a number, a Roman numeral or a name.
    pub month: Option<TextOrColumn>,
    /// The day, likewise.
    pub day: Option<TextOrColumn>,
    /// The hour, likewise.
    pub hour: Option<TextOrColumn>,
    /// The week, likewise: of a year by ISO 8601, or of a month, from its 1st, 8th, 15th or 22nd day on.
    pub week: Option<TextOrColumn>,
}

impl TimeSource {
    /// The parts that stand apart, by their keys in [`TimeSource::PARTS`].
    pub(crate) fn parts(&self) -> [Option<&TextOrColumn>; 5] {
        [&self.year, &self.month, &self.day, &self.hour, &self.week].map(Option::as_ref)
    }

    /// The keys of the parts: from the year to the hour, and the week, which stands for month and day.
    pub(crate) const PARTS: [&str; 5] = ["year", "month", "day", "hour", "week"];
}

/// A column of values, and what they are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueSource {
    /// The column of the values; empty when `columns` names them.
    #[serde(default)]
    pub column: String,
    /// The columns whose headers fit this pattern: `{year}`, `{year} {property} ({unit})`. What it
    /// captures is a fact of the column's values.
    pub columns: Option<String>,
    /// Headers that are left out though they fit.
    #[serde(default)]
    pub except: Vec<String>,
    /// What texts of the headers mean: `Deepest` is `max`.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// The property: a code or an alias, or the column that names it; empty when the headers name it.
    #[serde(default)]
    pub property: TextOrColumn,
    /// The unit; the property's own when absent.
    pub unit: Option<TextOrColumn>,
    /// What a value says about its period; the property's usual statistic when absent.
    pub statistic: Option<TextOrColumn>,
    /// The period; none when absent.
    pub period: Option<TextOrColumn>,
    /// The vertical datum, for heights.
    #[serde(default)]
    pub datum: String,
    /// How the values were made.
    #[serde(default)]
    pub procedure: String,
    /// The place of this column's values, instead of `[place]`.
    pub place: Option<String>,
    /// The plausible range in the unit of the cells, instead of the property's.
    pub range: Option<[f64; 2]>,
    /// What is computed of the cells: a salinity of a conductivity.
    pub derive: Option<Derive>,
    /// The column of the water temperature in degrees Celsius, for `derive`.
    pub temperature: Option<String>,
}

/// What is computed of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Derive {
    /// Practical salinity of conductivity that is not compensated to 25 °C, and temperature.
    #[serde(rename = "salinity_pss78")]
    SalinityPss78,
}

impl Derive {
    /// The code in mappings.
    pub fn code(self) -> &'static str {
        match self {
            Derive::SalinityPss78 => "salinity_pss78",
        }
    }
}

impl ValueSource {
    /// A column of values of a property, everything else by default.
    pub(crate) fn new(column: &str, property: TextOrColumn) -> ValueSource {
        ValueSource {
            column: column.to_owned(),
            columns: None,
            except: Vec::new(),
            words: BTreeMap::new(),
            property,
            unit: None,
            statistic: None,
            period: None,
            datum: String::new(),
            procedure: String::new(),
            place: None,
            range: None,
            derive: None,
            temperature: None,
        }
    }
}

/// One of several tables on a sheet: where it stands, and what differs from the mapping's own parts.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct BlockSource {
    /// Its columns, by their letters: `B:F`. All when absent.
    pub columns: Option<String>,
    /// The row of its header; the mapping's own, or found, when absent.
    pub header_row: Option<u32>,
    /// How many rows its header has; the mapping's own number when absent.
    pub header_height: Option<u32>,
    /// Its first row of data; the row behind its header when absent.
    pub first: Option<u32>,
    /// Its last row; the last of the sheet when absent.
    pub last: Option<u32>,
    /// Its place, instead of `[place]`.
    pub place: Option<PlaceSource>,
    /// Its time, instead of `[time]`.
    pub time: Option<TimeSource>,
    /// Its values, instead of `[[value]]`.
    #[serde(default, rename = "value")]
    pub values: Vec<ValueSource>,
}

/// Where the source's own quality flags stand.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualitySource {
    /// The column of the flags.
    pub column: String,
    /// What the source's flags mean, as QARTOD codes; without it the column holds QARTOD codes.
    #[serde(default)]
    pub codes: std::collections::BTreeMap<String, i8>,
}

/// What a name of a place means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceAliasSource {
    /// The name as the files write it.
    pub text: String,
    /// The id of the place.
    pub place: String,
    /// The kind of place that it stands for; any when absent.
    pub kind: Option<String>,
}

/// What names a feature.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct FeatureSource {
    /// The property that is the feature's id; GeoJSON's own `id` when absent.
    pub id: Option<String>,
    /// The property that is the feature's name, stored as the attribute `name`.
    pub name: Option<String>,
    /// In a table, the column of the easting or longitude.
    pub x: Option<String>,
    /// In a table, the column of the northing or latitude.
    pub y: Option<String>,
    /// In a table, the column of the geometry as WKT, instead of `x` and `y`.
    pub geometry: Option<String>,
}

/// What a raster is, as far as its file does not say it.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct CoverageSource {
    /// Its name within the dataset; made of the file's name when absent. The same name again is a
    /// correction.
    pub item: Option<String>,
    /// A title for people.
    pub title: Option<String>,
    /// The time that it is of.
    pub time: Option<String>,
    /// The property of its first band.
    pub property: Option<String>,
    /// The unit of its values.
    pub unit: Option<String>,
}

/// What was decided about a column that holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalColumn {
    /// The column, by its header or letter.
    pub column: String,
    /// What becomes of it.
    pub decision: PersonalDecision,
    /// Who decided: the user's name.
    pub decided_by: String,
}

/// What becomes of a column of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalDecision {
    /// It stays out of the dataset.
    LeaveOut,
    /// It goes in.
    Keep,
}

/// An attribute of features.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeSource {
    /// The attribute's name in the dataset.
    pub name: String,
    /// The property it is read from; one of the attribute's name when absent.
    pub from: Option<String>,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// How its numbers are written, where that is not said of the whole file.
    #[serde(default)]
    pub decimal: Decimal,
}

impl AttributeSource {
    /// The property it is read from.
    pub fn from(&self) -> &str {
        self.from.as_deref().unwrap_or(&self.name)
    }
}

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Text.
    Text,
    /// A number with a fraction.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// An instant or a date.
    Time,
}

impl AttributeType {
    /// The type's code in mappings.
    pub fn code(self) -> &'static str {
        match self {
            AttributeType::Text => "text",
            AttributeType::Number => "number",
            AttributeType::Integer => "integer",
            AttributeType::Boolean => "boolean",
            AttributeType::Time => "time",
        }
    }
}

impl Mapping {
    /// An empty mapping of a kind.
    pub(crate) fn new(kind: MappingKind) -> Mapping {
        Mapping {
            version: VERSION,
            kind,
            source: SourceLayout::default(),
            rows: RowRules::default(),
            place: None,
            time: None,
            values: Vec::new(),
            blocks: Vec::new(),
            quality: None,
            place_aliases: Vec::new(),
            feature: None,
            coverage: None,
            attributes: Vec::new(),
            personal: Vec::new(),
            shape: None,
            reasons: Vec::new(),
        }
    }

    /// Reads a mapping; an error names the line that is wrong.
    pub fn parse(text: &str) -> Result<Mapping, Error> {
        read::parse(text)
    }

    /// The mapping as TOML; what was guessed carries its reason as a comment.
    pub fn to_toml(&self) -> String {
        render::render(self)
    }

    /// The tables that each sheet holds, each as a mapping of its own; one when there are no blocks.
    pub(crate) fn tables(&self) -> Vec<(BlockSource, Mapping)> {
        if self.blocks.is_empty() {
            return vec![(BlockSource::default(), self.clone())];
        }
        let of_block = |block: &BlockSource| {
            let mut mapping = Mapping { blocks: Vec::new(), ..self.clone() };
            let source = &mut mapping.source;
            source.header_row = block.header_row.or(source.header_row);
            source.header_height = block.header_height.or(source.header_height);
            mapping.rows.first = block.first.or(mapping.rows.first);
            mapping.rows.last = block.last.or(mapping.rows.last);
            mapping.place = block.place.clone().or(mapping.place);
            mapping.time = block.time.clone().or(mapping.time);
            if !block.values.is_empty() {
                mapping.values.clone_from(&block.values);
            }
            (block.clone(), mapping)
        };
        self.blocks.iter().map(of_block).collect()
    }
}
