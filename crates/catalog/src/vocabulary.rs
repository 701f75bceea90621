//! Words of files that mean the same on every node: what stands for no value, and the crop seasons.
//! They are compiled in from `reference/` and belong to the reading of files, not to the catalogue.

use std::collections::HashMap;
use std::sync::LazyLock;

use model::{PlaceId, PropertyCode, fold, nfc};

use crate::reference::{ReferenceError, Table, number, property};

const VALUE_WORDS: &str = include_str!("../../../reference/value_words.csv");
const CROP_SEASONS: &str = include_str!("../../../reference/crop_seasons.csv");
const QC_CLASSES: &str = include_str!("../../../reference/qc_classes.csv");

/// What a text says in the place of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueWord {
    /// There is no value.
    Missing,
    /// There was something, too little to measure: rain below a tenth of a millimetre.
    Trace,
    /// The method found nothing; its limit is not given.
    NotDetected,
    /// A number that stands for no value in some files, and for itself in others.
    Code,
}

impl ValueWord {
    /// The word's code, which is also the text that is stored for a trace and for what was not detected.
    pub fn code(self) -> &'static str {
        match self {
            ValueWord::Missing => "missing",
            ValueWord::Trace => "trace",
            ValueWord::NotDetected => "not_detected",
            ValueWord::Code => "code",
        }
    }

    fn from_code(code: &str) -> Option<ValueWord> {
        use ValueWord::{Code, Missing, NotDetected, Trace};
        [Missing, Trace, NotDetected, Code].into_iter().find(|word| word.code() == code)
    }
}

/// A crop season: from one day of the year to another, in the year that it is named by or beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Season {
    /// Its code in periods: `dong_xuan` of `season:dong_xuan`.
    pub code: String,
    /// It as the period of a value: `season:dong_xuan`.
    pub period: String,
    /// Its names as files write them, folded, the longest first.
    pub names: Vec<String>,
    /// What English titles call its rice, folded: the statistics office prints `Spring paddy` beside `Lúa
    /// đông xuân`.
    pub paddy: Option<String>,
    /// Its first day: month and day, and how many years after the one that names it.
    pub from: (u32, u32, i32),
    /// Its last day, likewise.
    pub to: (u32, u32, i32),
}

/// Which stations belong to a class of default quality limits, beside those that the class names.
#[derive(Debug, Clone, PartialEq)]
pub struct QcClass {
    /// The property.
    pub property: PropertyCode,
    /// The class of `qc_defaults.csv`.
    pub class: String,
    /// Further stations.
    pub stations: Vec<PlaceId>,
    /// The months in which its limits hold, 1 to 12; all when empty.
    pub months: Vec<usize>,
    /// The distances from a river mouth of the stations that belong to it, in kilometres.
    pub km: Option<[f64; 2]>,
    /// Values up to this may stay as they are.
    pub flat_above: Option<f64>,
}

/// The words.
#[derive(Debug)]
pub struct Vocabulary {
    /// The crop seasons.
    pub seasons: Vec<Season>,
    /// The classes of default quality limits.
    pub qc_classes: Vec<QcClass>,
    words: HashMap<String, ValueWord>,
}

impl Vocabulary {
    /// What a text says in the place of a number; capitals do not matter.
    pub fn word(&self, text: &str) -> Option<ValueWord> {
        self.words.get(&nfc(text.trim()).to_lowercase()).copied()
    }

    /// The texts of a meaning, as the reference writes them and in no order.
    pub fn words_of(&self, meaning: ValueWord) -> impl Iterator<Item = &str> {
        self.words.iter().filter(move |(_, of)| **of == meaning).map(|(word, _)| word.as_str())
    }

    fn read(words: &str, seasons: &str, classes: &str) -> Result<Vocabulary, ReferenceError> {
        let mut known = HashMap::new();
        for row in Table::read("value_words.csv", words)?.rows() {
            let meaning = row.required("meaning", |text| {
                ValueWord::from_code(text).ok_or_else(|| format!("`{text}` is no meaning of a word"))
            })?;
            row.text("source")?;
            row.confidence()?;
            if known.insert(row.text("word")?.to_lowercase(), meaning).is_some() {
                return Err(row.error("the word stands twice".into()));
            }
        }
        let mut read = Vec::new();
        for row in Table::read("crop_seasons.csv", seasons)?.rows() {
            let day = |text: &str| {
                let day = text.split_once('-').and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
                day.filter(|(month, day)| chrono::NaiveDate::from_ymd_opt(2001, *month, *day).is_some())
                    .ok_or_else(|| format!("`{text}` is not a day such as `11-01`"))
            };
            let year =
                |text: &str| text.parse::<i32>().map_err(|_| format!("`{text}` is no number of years"));
            let ((from_month, from_day), (to_month, to_day)) =
                (row.required("from", day)?, row.required("to", day)?);
            let mut names: Vec<String> = [row.text("name_vi")?, row.text("name_en")?]
                .into_iter()
                .chain(row.list("aliases")?)
                .map(|name| fold(&name))
                .collect();
            names.sort_by_key(|name| (std::cmp::Reverse(name.len()), name.clone()));
            names.dedup();
            row.text("source")?;
            row.confidence()?;
            read.push(Season {
                period: format!("season:{}", row.text("season")?),
                code: row.text("season")?,
                names,
                paddy: row.optional("paddy_en")?.map(|name| fold(&name)),
                from: (from_month, from_day, row.required("from_year", year)?),
                to: (to_month, to_day, row.required("to_year", year)?),
            });
        }
        Ok(Vocabulary { seasons: read, qc_classes: qc_classes(classes)?, words: known })
    }
}

fn qc_classes(text: &str) -> Result<Vec<QcClass>, ReferenceError> {
    let mut classes = Vec::new();
    for row in Table::read("qc_classes.csv", text)?.rows() {
        let month = |text: String| {
            let month = text.parse::<usize>().ok().filter(|month| (1..=12).contains(month));
            month.ok_or_else(|| row.error(format!("`{text}` is no month")))
        };
        let place = |text: String| PlaceId::new(&text).map_err(|error| row.error(error.to_string()));
        row.text("source")?;
        row.confidence()?;
        classes.push(QcClass {
            property: row.required("property", property)?,
            class: row.text("station_class")?,
            stations: row.list("stations")?.into_iter().map(place).collect::<Result<_, _>>()?,
            months: row.list("months")?.into_iter().map(month).collect::<Result<_, _>>()?,
            km: row.parse("km_from", number)?.zip(row.parse("km_to", number)?).map(|(from, to)| [from, to]),
            flat_above: row.parse("flat_above", number)?,
        });
    }
    Ok(classes)
}

/// The words that are compiled in.
pub fn vocabulary() -> &'static Vocabulary {
    static WORDS: LazyLock<Vocabulary> = LazyLock::new(|| {
        Vocabulary::read(VALUE_WORDS, CROP_SEASONS, QC_CLASSES)
            .expect("the files are compiled in, and a test reads them")
    });
    &WORDS
}

#[cfg(test)]
mod tests {
    use model::Unit;

    use super::{CROP_SEASONS, QC_CLASSES, Table, VALUE_WORDS, ValueWord, Vocabulary};
    use crate::Reference;

    #[test]
    fn the_words_of_the_reference_are_read() {
        let words = Vocabulary::read(VALUE_WORDS, CROP_SEASONS, QC_CLASSES).unwrap();
        for (text, meaning) in [
            (" kxđ ", Some(ValueWord::Missing)),
            ("…", Some(ValueWord::Missing)),
            ("Vết", Some(ValueWord::Trace)),
            ("KPH", Some(ValueWord::NotDetected)),
            ("-9999", Some(ValueWord::Code)),
            ("nhiều", None),
        ] {
            assert_eq!(words.word(text), meaning, "{text}");
        }
        assert_eq!(words.seasons.len(), 5);
        assert_eq!(words.seasons[0].names, ["winter spring", "dong xuan", "dx"]);
    }

    #[test]
    fn a_class_of_limits_belongs_to_defaults_and_to_stations_that_there_are() {
        let words = Vocabulary::read(VALUE_WORDS, CROP_SEASONS, QC_CLASSES).unwrap();
        let reference = Reference::builtin().unwrap();
        for class in &words.qc_classes {
            let has_default = reference
                .qc_defaults
                .iter()
                .any(|default| default.property == class.property && default.station_class == class.class);
            assert!(has_default, "{class:?}");
            for station in &class.stations {
                assert!(reference.places.iter().any(|place| place.id == *station), "{station}");
            }
        }
    }

    #[test]
    fn every_unit_spelling_says_where_it_comes_from() {
        let text = include_str!("../../../reference/unit_spellings.csv");
        assert!(!text.contains('"'), "the spellings are read without quotes");
        for row in Table::read("unit_spellings.csv", text).unwrap().rows() {
            let code = row.text("ucum").unwrap();
            Unit::parse(&code).unwrap();
            assert!(row.text("source").is_ok() && row.confidence().is_ok(), "{code}");
        }
    }
}
