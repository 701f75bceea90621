//! Headers of several parts: a year, a crop season, and the short name of a property that the title completes:
//! `2022 Đông xuân`, `Đông xuân Diện tích (ha)`, `Năng suất 2021` under `Diện tích, năng suất, sản lượng lúa`.

use std::collections::HashSet;

use catalog::{Gazetteer, vocabulary};
use model::Property;
use wording::{Told, told};

use super::evidence::{is_instant, which_statistic};
use super::sample::brackets;
use super::shaped::Shaped;
use crate::mapping::{TextOrColumn, ValueSource};
use crate::observe::{conversion, find_property, unit_of};

/// Words of names that titles leave out, folded: an area of a crop is the area that was sown.
const LEFT_UNSAID: [&str; 4] = ["gieo", "trong", "ca", "nam"];

/// Words of headers above the names of properties, folded, the longest first.
const HEADINGS: [&str; 10] = [
    "thong so quan trac",
    "ket qua phan tich",
    "ket qua quan trac",
    "cac thong so",
    "cac chi tieu",
    "thong so",
    "chi tieu",
    "yeu to",
    "ket qua",
    "gia tri",
];

/// What a header names beside a year.
pub(super) struct Parts<'g> {
    pub(super) property: &'g Property,
    /// The season, as a period.
    pub(super) season: Option<String>,
    /// The unit that stands behind the name without brackets.
    pub(super) unit: Option<String>,
    pub(super) confidence: f64,
}

/// The property and the season that a header without its unit names; the titles say what it is of.
pub(super) fn parts<'g>(gazetteer: &'g Gazetteer, base: &str, titles: &[String]) -> Option<Parts<'g>> {
    let named = |base: &str, unit: Option<&str>| {
        let (rest, season) = match without_season(base) {
            Some((rest, season)) => (rest, Some(season)),
            None => (model::fold(base), None),
        };
        // A header above the names says only that they are such: `Thông số`.
        let heading = HEADINGS.iter().find_map(|words| rest.strip_prefix(words)?.strip_prefix(' '));
        let rest = heading.unwrap_or(&rest);
        let direct = find_property(gazetteer, rest).map(|property| (property, 0.9));
        let (property, confidence) = direct.or_else(|| {
            let context = titles.iter().map(String::as_str).chain([base]);
            Some((of_subject(gazetteer, rest, context)?, 0.65))
        })?;
        let unit = unit.map(str::to_owned);
        Some(Parts { property, season, unit, confidence })
    };
    // `Thông số DO mg/l`, where the unit stands in a row of the header.
    let with_unit = || {
        let (base, unit) = base.rsplit_once(' ')?;
        unit_of(unit)?;
        named(base, Some(unit)).filter(|found| conversion(unit, found.property).is_ok())
    };
    named(base, None).or_else(with_unit)
}

/// The property of which a text is the first or the last part of a name, and of which titles say the rest:
/// `Năng suất` is that of rice where the title speaks of rice, `Entry costs` one of PCI. `None` where they
/// speak of several.
pub(super) fn of_subject<'g, 't>(
    gazetteer: &'g Gazetteer,
    text: &str,
    titles: impl Iterator<Item = &'t str>,
) -> Option<&'g Property> {
    let text = model::fold(text);
    if text.len() < 5 {
        return None;
    }
    let said: HashSet<String> = titles
        .flat_map(|title| model::fold(title).split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let of_name = |name: &str| -> Option<usize> {
        let name = model::fold(name);
        let first = || name.strip_prefix(&text)?.strip_prefix(' ');
        let last = || name.strip_suffix(&text)?.strip_suffix(' ');
        let rest: Vec<&str> = first().or_else(last)?.split(' ').collect();
        let is_unsaid = |word: &&str| LEFT_UNSAID.contains(word);
        let told = rest.iter().filter(|word| !is_unsaid(word));
        (told.clone().count() > 0 && told.clone().all(|word| said.contains(*word))).then(|| told.count())
    };
    let mut fitting: Vec<(usize, &Property)> = gazetteer
        .properties
        .iter()
        .filter_map(|property| {
            let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
            Some((names.filter_map(|name| of_name(name)).max()?, property))
        })
        .collect();
    fitting.sort_by_key(|(told, _)| std::cmp::Reverse(*told));
    match fitting.as_slice() {
        [(_, only)] => Some(only),
        [(first, one), (second, _), ..] if first > second => Some(one),
        _ => None,
    }
}

/// The rest of a header, folded, without the crop season at its begin or its end, and the season's period.
pub(super) fn without_season(text: &str) -> Option<(String, String)> {
    let folded = model::fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let before = words.iter().take_while(|word| matches!(**word, "vu" | "lua")).count();
    vocabulary().seasons.iter().find_map(|season| {
        season.names.iter().find_map(|name| {
            // Without its mark `mùa` is the rain.
            let is_told = name != "mua" || model::name_key(text).split(' ').any(|word| word == "mùa");
            let name: Vec<&str> = name.split(' ').collect();
            let period = format!("season:{}", season.code);
            let rest = if words[before..].starts_with(&name) {
                words[before + name.len()..].to_vec()
            } else if words.ends_with(&name) {
                let rest = &words[..words.len() - name.len()];
                rest.strip_suffix(&["vu"]).unwrap_or(rest).to_vec()
            } else {
                return None;
            };
            is_told.then(|| (rest.join(" "), period))
        })
    })
}

/// Says that a text names a property.
pub(super) fn names(text: &str, property: &Property) -> Told {
    told!(
        "guess-names",
        "`{text}` names `{code}` ({name})",
        text = text,
        code = property.code,
        name = property.name.vi
    )
}

impl Shaped<'_> {
    /// Headers that hold a year and, around it, a season, a property, or both: each is a `[[value]]` of its own.
    pub(super) fn composite(&mut self, value: &mut ValueSource) {
        let mut items: Vec<(String, Vec<usize>)> = Vec::new();
        for (column, found) in &self.found.columns {
            let Some(template) = template(self.found.header.name(*column), found.get("year")) else {
                continue;
            };
            match items.iter_mut().find(|(known, _)| *known == template) {
                Some((_, columns)) => columns.push(*column),
                None => items.push((template, vec![*column])),
            }
        }
        let mut made: Vec<ValueSource> = Vec::new();
        for (template, columns) in items {
            let mut one = value.clone();
            self.one_item(&mut one, made.len(), &template, &columns);
            one.columns = Some(template);
            made.push(one);
        }
        let Some(last) = made.pop() else { return };
        self.mapping.values.extend(made);
        *value = last;
    }

    /// One item of the headers: its property, its season, its unit.
    fn one_item(&mut self, value: &mut ValueSource, at: usize, template: &str, columns: &[usize]) {
        let path = |key: &str| format!("value.{at}.{key}");
        let (base, inside) = brackets(&template.replacen("{year}", " ", 1));
        let base = base.split_whitespace().collect::<Vec<_>>().join(" ");
        let only_season = without_season(&base).filter(|(rest, _)| rest.is_empty()).map(|(_, season)| season);
        let found = if base.is_empty() || only_season.is_some() {
            self.evidence.property(self.gazetteer).map(|named| Parts {
                property: named.property,
                season: only_season.or(named.period.map(str::to_owned)),
                unit: None,
                confidence: named.confidence,
            })
        } else {
            parts(self.gazetteer, &base, &self.evidence.context())
        };
        let Some(Parts { property, season, unit, confidence }) = found else {
            value.property = TextOrColumn::Text("…".into());
            self.decide(
                &path("property"),
                0.0,
                told!("guess-fill-in-property-of", "FILL IN: nobody knows the property of `{base}`: write its code, register it, or remove this `[[value]]`", base = base),
            );
            return;
        };
        value.property = TextOrColumn::Text(property.code.to_string());
        self.decide(&path("property"), confidence, names(&base, property));
        if let Some(season) = season {
            value.period = Some(TextOrColumn::Text(season));
            self.decide(
                &path("period"),
                0.9,
                told!("guess-header-names-season", "the header names the crop season"),
            );
        }
        if is_instant(property) {
            value.statistic = Some(TextOrColumn::Text("mean".into()));
            self.decide(&path("statistic"), 0.5, which_statistic());
        }
        let own = inside.into_iter().find(|unit| unit_of(unit).is_some()).or(unit);
        let around = self.evidence.unit(self.gazetteer).map(|(_, unit)| unit);
        let fits = |unit: &String| conversion(unit, property).is_ok();
        if let Some(unit) = own.or(around).filter(fits) {
            let reason = told!(
                "guess-unit-in-header-or-above",
                "`{unit}` stands in the header or above the table",
                unit = unit
            );
            self.decide(&path("unit"), 0.9, reason);
            value.unit = Some(TextOrColumn::Text(unit));
            return;
        }
        let (confidence, reason) = self.looks_like(property, columns, None);
        self.decide(&path("unit"), confidence, reason);
        value.unit = Some(TextOrColumn::Text(property.unit.clone()));
    }

    /// Whether some headers name a crop season beside their year.
    pub(super) fn name_seasons(&self) -> bool {
        self.found.columns.iter().any(|(column, found)| {
            template(self.found.header.name(*column), found.get("year")).is_some_and(|template| {
                without_season(&brackets(&template.replacen("{year}", " ", 1)).0).is_some()
            })
        })
    }
}

/// A header as a pattern with a blank for its year; `None` where its own words cannot stand in one.
fn template(name: &str, year: Option<&String>) -> Option<String> {
    let year = year?;
    let at = name.find(year.as_str())?;
    let (before, behind) = (name[..at].trim_end(), name[at + year.len()..].trim_start());
    if name.contains(['*', '{', '}']) || before.starts_with('/') {
        return None;
    }
    // What marks a year's figures belongs to the blank.
    let before = ["sơ bộ", "sơ bộ năm", "ước", "ước tính", "prel.", "năm", "thực hiện"]
        .iter()
        .filter_map(|word| {
            let start = before.len().checked_sub(word.len())?;
            let end = before.get(start..)?;
            (end.to_lowercase() == *word).then(|| before[..start].trim_end())
        })
        .min_by_key(|rest| rest.len())
        .unwrap_or(before);
    Some(
        [before, "{year}", behind]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::{template, without_season};

    #[test]
    fn a_season_is_told_from_what_else_a_header_says() {
        for (text, expected) in [
            ("Đông xuân Diện tích", Some(("dien tich", "season:dong_xuan"))),
            ("Vụ Hè Thu Năng suất", Some(("nang suat", "season:he_thu"))),
            ("Lúa đông xuân", Some(("", "season:dong_xuan"))),
            ("Diện tích lúa đông xuân", Some(("dien tich lua", "season:dong_xuan"))),
            ("Diện tích vụ mùa", Some(("dien tich", "season:mua"))),
            ("Lượng mưa", None),
            ("Mưa ngày", None),
            ("Diện tích", None),
        ] {
            let found = without_season(text);
            assert_eq!(
                found.as_ref().map(|(rest, season)| (rest.as_str(), season.as_str())),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_header_becomes_a_pattern_for_its_year() {
        let of = |name: &str, year: &str| template(name, Some(&year.to_owned()));
        assert_eq!(of("2021 Đông xuân", "2021").as_deref(), Some("{year} Đông xuân"));
        assert_eq!(of("Diện tích (ha) Sơ bộ 2021", "2021").as_deref(), Some("Diện tích (ha) {year}"));
        assert_eq!(of("Diện tích Năm 2021 Hè thu", "2021").as_deref(), Some("Diện tích {year} Hè thu"));
        assert_eq!(of("Tỷ lệ * 2021", "2021"), None);
    }
}
