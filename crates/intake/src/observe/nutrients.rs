//! Nutrients as an ion or as its element: `mg NO3/L` and `mg N/L` of the same water differ by a factor of four
//! (`reference/nutrients.csv`).

use std::sync::LazyLock;

use model::{Property, Unit};

use super::resolve::unit_of;

/// A property that is counted by its element, with the ion as which it is written elsewhere.
pub(crate) struct Nutrient {
    property: String,
    /// `N` or `P`.
    pub(crate) element: String,
    /// `NO3`.
    pub(crate) ion: String,
    /// Grams of a mole of the element and of the ion.
    element_mass: f64,
    ion_mass: f64,
    /// Folded words that say the element.
    words: Vec<String>,
}

/// The nutrients of the reference data.
fn known() -> &'static [Nutrient] {
    static KNOWN: LazyLock<Vec<Nutrient>> = LazyLock::new(|| {
        let text = include_str!("../../../../reference/nutrients.csv");
        let rows = csv::Reader::from_reader(text.as_bytes()).into_records().flatten();
        let nutrient = |row: csv::StringRecord| {
            Some(Nutrient {
                property: row.get(0)?.to_owned(),
                element: row.get(1)?.to_owned(),
                element_mass: row.get(2)?.parse().ok()?,
                ion: row.get(3)?.to_owned(),
                ion_mass: row.get(4)?.parse().ok()?,
                words: row.get(5)?.split(';').map(str::to_owned).collect(),
            })
        };
        rows.filter_map(nutrient).collect()
    });
    &KNOWN
}

/// The nutrient that a property is.
pub(crate) fn nutrient(property: &Property) -> Option<&'static Nutrient> {
    known().iter().find(|nutrient| nutrient.property == property.code.as_str())
}

/// The amount of a nutrient in a volume that a text writes with the substance: `mg NO3/L`.
pub(super) fn of_nutrient(text: &str) -> Option<Unit> {
    let own = Unit::parse("mg/L").ok()?;
    known().iter().find_map(|nutrient| {
        let (unit, _) = nutrient.unit(text)?;
        nutrient.conversion(text, &own).map(|_| unit)
    })
}

/// Words between a unit and what it counts: `mg/L as N`, `mg/L theo N`.
const BETWEEN: [&str; 4] = ["as", "tính theo", "tinh theo", "theo"];

impl Nutrient {
    /// The factor and the addend that turn a value in the text's unit into the property's own: `mg NO3/L` is 0.2259
    /// of `mg/L`, `mg/L as N` is `mg/L`, and a mole has as much of the element in either.
    pub(crate) fn conversion(&self, text: &str, own: &Unit) -> Option<(f64, f64)> {
        let (unit, share) = self.unit(text).or_else(|| Some((unit_of(text)?, 1.0)))?;
        if let Ok((factor, addend)) = unit.conversion_to(own) {
            return Some((factor * share, addend));
        }
        let (moles, _) = unit.conversion_to(&Unit::parse("mol/L").ok()?).ok()?;
        let (grams, _) = Unit::parse("g/L").ok()?.conversion_to(own).ok()?;
        Some((moles * self.element_mass * grams, 0.0))
    }

    /// The unit of a text without the substance that it names, and how much of one gram of that is the element.
    fn unit(&self, text: &str) -> Option<(Unit, f64)> {
        let text = plain(text);
        let of_ion = || Some((without(&text, &self.ion)?, self.element_mass / self.ion_mass));
        of_ion().or_else(|| Some((without(&text, &self.element)?, 1.0)))
    }

    /// Whether a unit says of what it is the amount, or needs no saying: moles.
    pub(crate) fn is_said_by(&self, unit: &str) -> bool {
        self.unit(unit).is_some() || unit.contains("mol") || unit.ends_with('M')
    }

    /// Whether a name says that the element is meant: `NO3-N`, `N-NO3`, `Nitrat (theo N)`, `Nitrate nitrogen`.
    pub(crate) fn says_element(&self, name: &str) -> bool {
        let folded = model::fold(&plain(name));
        let element = self.element.to_lowercase();
        let joined = format!("{}{element}", self.ion.to_lowercase());
        folded.split(' ').any(|word| word == element || word == joined)
            || self.words.iter().any(|words| format!(" {folded} ").contains(&format!(" {words} ")))
    }
}

/// A text with small digits as digits and the signs of charges as those of ASCII.
fn plain(text: &str) -> String {
    model::nfkc(text.trim()).replace(['\u{2212}', '\u{2013}'], "-")
}

/// The unit of a text that names a substance within it or behind it, and nothing else that is no unit.
fn without(text: &str, substance: &str) -> Option<Unit> {
    let at = text.match_indices(substance).map(|(at, _)| at).find(|at| {
        let rest = &text[at + substance.len()..];
        !rest.starts_with(|next: char| next.is_alphanumeric())
    })?;
    let (before, rest) = (&text[..at], &text[at + substance.len()..]);
    // A charge: `NO3-`, `PO43-`, `NH4+`.
    let charge = |c: char| matches!(c, '-' | '+' | '2' | '3');
    let rest = match rest.find(|c: char| !charge(c)) {
        Some(end) => &rest[end..],
        None => "",
    };
    let is_behind = before.contains('/') || before.contains("-1");
    let ends = |c: char| matches!(c, ' ' | '{' | '(' | '[' | '-' | '_' | ',');
    let mut before = before.trim_end_matches(ends);
    if let Some(shorter) = BETWEEN.iter().find_map(|word| before.strip_suffix(word)) {
        before = shorter.trim_end_matches(ends);
    }
    let rest = rest.trim_start_matches([' ', '}', ')', ']']);
    if before.is_empty() || (is_behind && !rest.is_empty()) {
        return None;
    }
    unit_of(&format!("{before}{rest}"))
}
