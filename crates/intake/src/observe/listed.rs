//! Names of places with what tables write around them: `1. Trà Vinh`, `- Bến Tre`, `Tỉnh Trà Vinh (cũ)`,
//! `Tân Châu (sông Tiền)`, and a commune beside the province and the district that it belongs to.

use catalog::{Gazetteer, PlaceMatch};
use chrono::NaiveDate;
use model::{PlaceId, PlaceKind, fold};

use super::resolve::named_place;
use crate::guess::before_the_merger;

/// What begins an item of a list.
const BULLETS: [char; 11] = ['-', '–', '—', '*', '+', '•', '·', '●', '▪', '■', '○'];
/// What stands behind a name of a place that is no more, and of one that is new, folded.
const FORMER: [&str; 7] =
    ["cu", "truoc day", "truoc sap nhap", "truoc 1 7 2025", "truoc 01 7 2025", "old", "former"];
const PRESENT: [&str; 4] = ["moi", "sau sap nhap", "hien nay", "new"];
/// Words before the name of a river, and before that of a district, folded.
const WATERS: [&str; 4] = ["song ", "s ", "rach ", "kenh "];
const DISTRICTS: [&str; 9] = ["huyen ", "quan ", "thi xa ", "thanh pho ", "tp ", "tx ", "h ", "q ", "t p "];

/// The place of a name with something around it, where the bare text names none.
pub(super) fn listed(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    let name = footnoted(unlisted(text, kind));
    if name != text.trim() {
        let found = named_place(gazetteer, name, kind, scheme, on);
        if found != PlaceMatch::None {
            return found;
        }
    }
    if let Some((bare, is_former)) = of_an_era(name) {
        let day = if is_former { before_the_merger() } else { NaiveDate::MAX };
        let found = named_place(gazetteer, bare, kind, scheme, day);
        // Of a station, `cũ` says where it stood.
        let is_dated = |id: &PlaceId| {
            gazetteer.place(id).is_some_and(|place| place.valid_from.is_some() || place.valid_to.is_some())
        };
        return match found {
            PlaceMatch::One(id) if !is_dated(&id) => PlaceMatch::None,
            found => found,
        };
    }
    explained(gazetteer, name, kind, scheme, on)
}

/// A text without the number or the mark that makes it an item of a list: `1. `, `II- `, `a) `, `+ `.
///
/// `X.` is the tenth item of a list of provinces, and a commune (xã) elsewhere.
pub(crate) fn unlisted(text: &str, kind: Option<PlaceKind>) -> &str {
    let text = text.trim();
    let bare = text.trim_start_matches(|c: char| BULLETS.contains(&c) || c.is_whitespace());
    let rest = without_number(bare, kind == Some(PlaceKind::Province)).unwrap_or(bare);
    if rest.starts_with(char::is_alphabetic) { rest } else { text }
}

fn without_number(text: &str, of_provinces: bool) -> Option<&str> {
    let open = text.strip_prefix('(').unwrap_or(text);
    let end = open.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(open.len());
    // `1.Trà Vinh`: the number ends where its last dot does.
    let run = &open[..end];
    let is_digits = run.starts_with(|c: char| c.is_ascii_digit());
    let number = if is_digits {
        run.trim_end_matches(|c: char| c.is_ascii_alphabetic())
    } else {
        run.split_once('.').map_or(run, |(number, _)| number)
    };
    let rest = &open[number.len()..];
    let ended = rest.trim_start_matches(['.', ')', '/', ':']);
    let bare = number.trim_end_matches('.');
    if is_digits {
        let parts = bare.split('.');
        let is_number = parts.clone().count() <= 3
            && parts
                .clone()
                .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
        let is_apart = number.ends_with('.') || ended.len() < rest.len() || rest.starts_with([' ', '-', '–']);
        let rest = ended.trim_start().trim_start_matches(['-', '–']);
        return (is_number && is_apart).then(|| rest.trim_start());
    }
    let closed = rest.starts_with(')');
    let marked = closed || ended.len() < rest.len() || rest.trim_start().starts_with(['-', '–']);
    let is_roman = bare.len() <= 5 && !bare.is_empty() && bare.bytes().all(|b| b"IVX".contains(&b));
    let is_letter = bare.len() == 1 && (closed || matches!(bare, "A" | "B"));
    let is_item = is_letter || is_roman && (of_provinces || bare != "X" || closed);
    (marked && is_item).then(|| ended.trim_start().trim_start_matches(['-', '–']).trim_start())
}

/// A name without the marks of footnotes behind it: `Cần Thơ (*)`, `Cần Thơ (1)`, `Cần Thơ²`.
fn footnoted(name: &str) -> &str {
    let name = name.trim_end_matches(['*', '¹', '²', '³', ' ']);
    let Some((bare, mark)) = name.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) else {
        return name;
    };
    let is_mark = !mark.is_empty()
        && (mark.bytes().all(|b| b == b'*') || mark.len() == 1 && mark.bytes().all(|b| b.is_ascii_digit()));
    if is_mark { bare.trim_end() } else { name }
}

/// A name without the words that say that the place is no more, or is new; and whether it is no more.
fn of_an_era(name: &str) -> Option<(&str, bool)> {
    if let Some((bare, said)) = name.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        let said = fold(said);
        let is = |words: &[&str]| words.contains(&said.as_str());
        return (is(&FORMER) || is(&PRESENT)).then(|| (bare.trim_end(), is(&FORMER)));
    }
    let (bare, last) = name.rsplit_once(' ')?;
    match model::name_key(last).as_str() {
        "cũ" => Some((bare.trim_end(), true)),
        "mới" => Some((bare.trim_end(), false)),
        _ => None,
    }
}

/// The place of a name behind which its river, its district or its province stands.
fn explained(
    gazetteer: &Gazetteer,
    text: &str,
    kind: Option<PlaceKind>,
    scheme: Option<&str>,
    on: NaiveDate,
) -> PlaceMatch {
    let in_brackets = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let apart = || [",", " - ", " – ", ";"].iter().find_map(|between| text.split_once(between));
    let Some((name, said)) = in_brackets.or_else(apart) else { return PlaceMatch::None };
    let found = match named_place(gazetteer, name.trim(), kind, scheme, on) {
        PlaceMatch::One(place) => vec![place],
        PlaceMatch::Many(places) => places,
        PlaceMatch::None => return PlaceMatch::None,
    };
    let folded = fold(said);
    let water = WATERS.iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded);
    let on_it = |id: &&PlaceId| {
        let river = gazetteer.place(id).and_then(|place| place.river.as_deref());
        !water.is_empty()
            && river.is_some_and(|river| format!(" {} ", fold(river)).contains(&format!(" {water} ")))
    };
    let of_river: Vec<PlaceId> = found.iter().filter(on_it).cloned().collect();
    let mut told = if of_river.is_empty() {
        narrowed(gazetteer, &found, said, on).unwrap_or_default()
    } else {
        of_river
    };
    match told.len() {
        0 => PlaceMatch::None,
        1 => PlaceMatch::One(told.remove(0)),
        _ => PlaceMatch::Many(told),
    }
}

/// Those of some places that belong to the province or the district that a text names; `None` where
/// nothing is known of that.
pub(super) fn narrowed(
    gazetteer: &Gazetteer,
    found: &[PlaceId],
    text: &str,
    on: NaiveDate,
) -> Option<Vec<PlaceId>> {
    let keep = |is: &dyn Fn(&PlaceId) -> bool| -> Vec<PlaceId> {
        found.iter().filter(|place| is(place)).cloned().collect()
    };
    let wanted = bare_district(text);
    let districts = |id: &PlaceId| -> Vec<String> {
        let names = gazetteer.place(id).map(|place| place.alt_names.as_slice()).unwrap_or_default();
        names.iter().filter_map(|name| Some(bare_district(name.rsplit_once(',')?.1))).collect()
    };
    let of_district = keep(&|place| districts(place).contains(&wanted));
    let days = [on, before_the_merger(), NaiveDate::MAX];
    let named = days.iter().filter_map(|on| match named_province(gazetteer, text, *on) {
        PlaceMatch::One(place) => Some(place),
        PlaceMatch::Many(_) | PlaceMatch::None => None,
    });
    let provinces: Vec<PlaceId> = named.collect();
    // `TP. Trà Vinh` is a district of the province `Trà Vinh`, and `TP. Cần Thơ` is a province.
    let is_city = |id: &PlaceId| {
        let kind = gazetteer.place(id).and_then(|place| place.type_name.as_deref());
        kind.is_some_and(|kind| fold(kind).starts_with("thanh pho"))
    };
    let says_district = wanted != fold(unlisted(text, None)) && !provinces.iter().any(is_city);
    if !of_district.is_empty() && (provinces.is_empty() || says_district) {
        return Some(of_district);
    }
    if provinces.is_empty() {
        return found.iter().any(|place| !districts(place).is_empty()).then(Vec::new);
    }
    let parents = |place: &PlaceId| -> Vec<&PlaceId> {
        days.iter().filter_map(|on| gazetteer.parent_on(place, *on)).map(|parent| &parent.id).collect()
    };
    let strictly = keep(&|place| parents(place).into_iter().any(|parent| provinces.contains(parent)));
    if !strictly.is_empty() {
        return Some(strictly);
    }
    // A new commune beside the name of the province of before, or the other way round.
    let passed: Vec<&PlaceId> = provinces
        .iter()
        .flat_map(|place| {
            let after = gazetteer.successors(place).into_iter().map(|passed| &passed.to);
            after.chain(gazetteer.predecessors(place).into_iter().map(|passed| &passed.from))
        })
        .collect();
    Some(keep(&|place| parents(place).into_iter().any(|parent| passed.contains(&parent))))
}

fn named_province(gazetteer: &Gazetteer, text: &str, on: NaiveDate) -> PlaceMatch {
    let name = footnoted(unlisted(text, Some(PlaceKind::Province)));
    match of_an_era(name) {
        Some((bare, true)) => {
            named_place(gazetteer, bare, Some(PlaceKind::Province), None, before_the_merger())
        }
        Some((bare, false)) => named_place(gazetteer, bare, Some(PlaceKind::Province), None, NaiveDate::MAX),
        None => named_place(gazetteer, name, Some(PlaceKind::Province), None, on),
    }
}

/// The name of a district without what says that it is one, folded.
fn bare_district(text: &str) -> String {
    let folded = fold(unlisted(text, None));
    DISTRICTS.iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded).to_owned()
}

#[cfg(test)]
mod tests {
    use model::PlaceKind;

    use super::{footnoted, of_an_era, unlisted};

    #[test]
    fn numbers_and_marks_of_lists_are_no_part_of_a_name() {
        for (text, expected) in [
            ("1. Trà Vinh", "Trà Vinh"),
            ("12.Trà Vinh", "Trà Vinh"),
            ("1.2. Trà Vinh", "Trà Vinh"),
            ("1) Trà Vinh", "Trà Vinh"),
            ("(1) Trà Vinh", "Trà Vinh"),
            ("1 - Trà Vinh", "Trà Vinh"),
            ("1 Trà Vinh", "Trà Vinh"),
            ("01/ Trà Vinh", "Trà Vinh"),
            ("I. Long An", "Long An"),
            ("XII- Cà Mau", "Cà Mau"),
            ("X. Sóc Trăng", "Sóc Trăng"),
            ("IV/ Bến Tre", "Bến Tre"),
            ("a) Bến Tre", "Bến Tre"),
            ("- Bến Tre", "Bến Tre"),
            ("* 1. Bến Tre", "Bến Tre"),
            ("+Bến Tre", "Bến Tre"),
            // What is a part of a name stays.
            ("H. Châu Thành", "H. Châu Thành"),
            ("Q. 1", "Q. 1"),
            ("T. An Giang", "T. An Giang"),
            ("C. Láng Thé", "C. Láng Thé"),
            ("Ia Long An", "Ia Long An"),
            ("19803", "19803"),
            ("1.5", "1.5"),
            ("-", "-"),
            ("Vĩnh Long", "Vĩnh Long"),
            ("", ""),
        ] {
            assert_eq!(unlisted(text, Some(PlaceKind::Province)), expected, "{text}");
        }
        assert_eq!(unlisted("X. Tân An", Some(PlaceKind::Commune)), "X. Tân An");
        assert_eq!(unlisted("X. Tân An", None), "X. Tân An");
    }

    #[test]
    fn marks_behind_a_name_are_seen() {
        for (text, expected) in [
            ("Cần Thơ (*)", "Cần Thơ"),
            ("Cần Thơ*", "Cần Thơ"),
            ("Cần Thơ (2)", "Cần Thơ"),
            ("A (B)", "A (B)"),
        ] {
            assert_eq!(footnoted(text), expected);
        }
        assert_eq!(of_an_era("Tỉnh Trà Vinh (cũ)"), Some(("Tỉnh Trà Vinh", true)));
        assert_eq!(of_an_era("Vĩnh Long (mới)"), Some(("Vĩnh Long", false)));
        assert_eq!(of_an_era("Trà Vinh cũ"), Some(("Trà Vinh", true)));
        assert_eq!(of_an_era("Tân Châu (sông Tiền)"), None);
    }
}
