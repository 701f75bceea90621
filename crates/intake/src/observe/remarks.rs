//! What remarks beside values say of them: that they are in another unit, another zone or over another datum than the
//! rest, that they are bad, or that nobody measured them.

use std::sync::LazyLock;

use catalog::Gazetteer;
use wording::{Told, told};

use super::resolve::{find_property, unit_of};
use super::time::{DAY, parse_zone};
use crate::guess::offset_in;
use crate::mapping::Mapping;

/// Headers of remarks, folded: they say anything.
const REMARKS: [&str; 10] = [
    "ghi chu",
    "note",
    "notes",
    "remark",
    "remarks",
    "comment",
    "comments",
    "mo ta",
    "dien giai",
    "description",
];
/// Words of bad values, with their marks: in a remark, `thủy lợi` is no `lỗi`.
const BAD: [&str; 22] = [
    "bad",
    "error",
    "suspect",
    "fail",
    "failed",
    "fault",
    "missing",
    "maintenance",
    "reject",
    "rejected",
    "invalid",
    "unreliable",
    "doubtful",
    "outlier",
    "broken",
    "malfunction",
    "lỗi",
    "hỏng",
    "sai",
    "nghi ngờ",
    "bảo trì",
    "không đạt",
];
/// Words of values that nobody measured, with their marks.
const NOT_MEASURED: [&str; 16] = [
    "ước tính",
    "ước lượng",
    "ước đoán",
    "nội suy",
    "tính toán",
    "mô hình",
    "mô phỏng",
    "dự báo",
    "estimate",
    "estimated",
    "interpolated",
    "modelled",
    "modeled",
    "simulated",
    "forecast",
    "gap filled",
];
/// Words of the zero of heights, with their marks.
const DATUMS: [&str; 8] =
    ["mốc", "hòn dấu", "mũi nai", "hệ cao độ", "datum", "msl", "mean sea level", "local zero"];
/// Words before a unit, with their marks.
const BEFORE_UNITS: [&str; 8] =
    ["đơn vị", "đơn vị tính", "đvt", "unit", "units", "tính bằng", "đo bằng", "in"];
/// What is called UTC in words, with their marks.
const UNIVERSAL: [&str; 5] =
    ["giờ quốc tế", "giờ thế giới", "universal time", "greenwich mean time", "giờ greenwich"];
/// The longest remark that is looked at, in bytes.
const LONGEST: usize = 400;

/// What the values beside a remark are taken for.
pub(crate) struct Taken<'a> {
    pub(crate) units: Vec<&'a str>,
    /// The offset of the times, microseconds.
    pub(crate) zone: i64,
    /// Whether a value is a height.
    pub(crate) are_heights: bool,
}

impl<'a> Taken<'a> {
    /// What a mapping takes its values for.
    pub(crate) fn of(mapping: &'a Mapping, facts: &'a Gazetteer) -> Taken<'a> {
        let units = mapping.values.iter().filter_map(|value| match &value.unit {
            Some(unit) => unit.text(),
            None => Some(find_property(facts, value.property.text()?)?.unit.as_str()),
        });
        let zone = mapping.time.as_ref().and_then(|time| parse_zone(time.zone.as_deref()?));
        let are_heights = mapping.values.iter().any(|value| {
            let code = value.property.text();
            code.is_some_and(|code| code.contains("level") || code.contains("elevation"))
        });
        Taken { units: units.collect(), zone: zone.unwrap_or(DAY / 24 * 7), are_heights }
    }
}

/// What a remark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remark {
    Unit,
    Zone,
    Datum,
    Bad,
    NotMeasured,
}

impl Remark {
    /// What a text says of values that are taken for something; `None` where it leaves them what they are.
    pub(crate) fn of(text: &str, taken: &Taken<'_>) -> Option<Remark> {
        if text.len() > LONGEST {
            return None;
        }
        let (words, said) = (Words::of(text), &*SAID);
        if offset_in(text).and_then(|offset| parse_zone(&offset)).is_some_and(|zone| zone != taken.zone)
            || taken.zone != 0 && said.universal.are_in(&words)
        {
            return Some(Remark::Zone);
        }
        if unit_in(text).is_some_and(|unit| !taken.units.iter().any(|own| is_same(own, unit))) {
            return Some(Remark::Unit);
        }
        if taken.are_heights && said.datums.are_in(&words) {
            return Some(Remark::Datum);
        }
        if said.bad.are_in(&words) {
            return Some(Remark::Bad);
        }
        said.not_measured.are_in(&words).then_some(Remark::NotMeasured)
    }

    /// The same in words.
    pub(crate) fn told(self) -> Told {
        match self {
            Remark::Unit => told!("intake-remark-unit", "another unit"),
            Remark::Zone => told!("intake-remark-zone", "another time zone"),
            Remark::Datum => told!("intake-remark-datum", "the zero that heights are counted from"),
            Remark::Bad => told!("intake-remark-bad", "a value that is bad"),
            Remark::NotMeasured => told!("intake-remark-not-measured", "a value that nobody measured"),
        }
    }
}

/// Whether a header is over remarks.
pub(crate) fn is_remark(header: &str) -> bool {
    let folded = model::fold(header);
    let words: Vec<&str> = folded.split(' ').collect();
    REMARKS.iter().any(|remark| {
        let remark: Vec<&str> = remark.split(' ').collect();
        words.windows(remark.len()).any(|window| window == remark)
    })
}

/// Whether a text that says nothing but how good a value is says that it is bad: there, words need no marks.
pub(crate) fn is_bad_state(text: &str) -> bool {
    let folded = model::fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    SAID.bad.0.iter().any(|(_, bare)| words.windows(bare.len()).any(|window| window == bare))
}

/// The phrases that are looked for in remarks.
struct Said {
    bad: Phrases,
    not_measured: Phrases,
    datums: Phrases,
    universal: Phrases,
}

static SAID: LazyLock<Said> = LazyLock::new(|| Said {
    bad: Phrases::of(&BAD),
    not_measured: Phrases::of(&NOT_MEASURED),
    datums: Phrases::of(&DATUMS),
    universal: Phrases::of(&UNIVERSAL),
});

/// Phrases in words, with their marks and without.
struct Phrases(Vec<(Vec<String>, Vec<String>)>);

impl Phrases {
    fn of(phrases: &[&str]) -> Phrases {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Phrases(phrases.iter().map(|phrase| (words(phrase), words(&model::fold(phrase)))).collect())
    }

    /// Whether a text says one of them; one that is written without marks says what it would with them.
    fn are_in(&self, text: &Words) -> bool {
        self.0.iter().any(|(marked, bare)| {
            // One short word without its marks may be any other.
            let wanted = if text.is_bare && bare.len() > 1 { bare } else { marked };
            text.words.windows(wanted.len()).any(|window| window == wanted)
        })
    }
}

/// The words of a text in lower case, with their marks.
struct Words {
    words: Vec<String>,
    is_bare: bool,
}

impl Words {
    fn of(text: &str) -> Words {
        let lower = model::nfc(text).to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Words { words: words.map(str::to_owned).collect(), is_bare: lower.is_ascii() }
    }
}

/// The unit that a remark names: all of it, or what stands behind words for units.
fn unit_in(text: &str) -> Option<&str> {
    let is_unit = |word: &str| {
        let is_telling = word.chars().count() > 1 || matches!(word, "m" | "g" | "%" | "‰");
        is_telling
            && word.contains(|c: char| c.is_alphabetic() || matches!(c, '%' | '‰'))
            && unit_of(word).is_some()
    };
    let bare = |word: &'_ str| -> usize { word.trim_end_matches([',', ';', '.', ')', ':']).len() };
    let trimmed = text.trim().trim_start_matches('(');
    let whole = &trimmed[..bare(trimmed)];
    if whole.contains(['/', '³', '‰']) && is_unit(whole) {
        return Some(whole);
    }
    let lower = text.to_lowercase();
    let pieces: Vec<&str> = text.split_whitespace().collect();
    if lower.split_whitespace().count() != pieces.len() {
        return None;
    }
    let spoken: Vec<String> = lower
        .split_whitespace()
        .map(|word| word.trim_matches([':', ',', '(', ')', '.']).to_owned())
        .collect();
    (1..pieces.len()).find_map(|at| {
        let is_named = BEFORE_UNITS.iter().any(|phrase| {
            let start = at.checked_sub(phrase.split(' ').count());
            start.is_some_and(|start| spoken[start..at].iter().map(String::as_str).eq(phrase.split(' ')))
        });
        let piece = pieces[at].trim_start_matches('(');
        let piece = &piece[..bare(piece)];
        (is_named && is_unit(piece)).then_some(piece)
    })
}

/// Whether two texts write one unit.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || unit_of(one).is_some_and(|unit| unit_of(other) == Some(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_say_something_of_values_or_nothing() {
        let taken = Taken { units: vec!["g/l"], zone: 7 * 3_600_000_000, are_heights: true };
        for (text, expected) in [
            ("đơn vị mg/L", Some(Remark::Unit)),
            ("Đơn vị tính: mg/l", Some(Remark::Unit)),
            ("(mg/l)", Some(Remark::Unit)),
            ("values in mg/l", Some(Remark::Unit)),
            ("đơn vị g/L", None),
            ("đơn vị cung cấp số liệu: Đài KTTV", None),
            ("in the field", None),
            ("giờ UTC", Some(Remark::Zone)),
            ("giờ UTC+7", None),
            ("gio quoc te", Some(Remark::Zone)),
            ("mốc Hòn Dấu", Some(Remark::Datum)),
            ("trạm Mộc Hóa", None),
            ("thiết bị hỏng", Some(Remark::Bad)),
            ("sensor broken", Some(Remark::Bad)),
            ("công ty thủy lợi", None),
            ("số liệu ước tính", Some(Remark::NotMeasured)),
            ("so lieu uoc tinh", Some(Remark::NotMeasured)),
            ("nước đục", None),
            ("", None),
        ] {
            assert_eq!(Remark::of(text, &taken), expected, "{text}");
        }
    }
}
