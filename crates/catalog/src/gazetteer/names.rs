//! Finding places by the names that people write.

use std::collections::HashMap;

use model::{Place, PlaceKind, fold, name_key};

/// Names of places, as written and folded.
#[derive(Debug)]
pub(super) struct Names {
    written: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
    /// Every folded name with its place, for searching.
    all: Vec<(String, usize)>,
}

/// A word before a name that says what the place is: folded, the kinds that it may be, and the
/// beginning of the type's name where it says that too.
const PREFIXES: &[(&str, &[PlaceKind], Option<&str>)] = &[
    ("thanh pho", &[PlaceKind::Province, PlaceKind::District], Some("thanh pho")),
    ("tp", &[PlaceKind::Province, PlaceKind::District], Some("thanh pho")),
    ("t p", &[PlaceKind::Province, PlaceKind::District], Some("thanh pho")),
    ("tinh", &[PlaceKind::Province], None),
    ("thi xa", &[PlaceKind::District], Some("thi xa")),
    ("tx", &[PlaceKind::District], Some("thi xa")),
    ("t x", &[PlaceKind::District], Some("thi xa")),
    ("quan", &[PlaceKind::District], Some("quan")),
    ("q", &[PlaceKind::District], Some("quan")),
    ("huyen", &[PlaceKind::District], Some("huyen")),
    ("h", &[PlaceKind::District], Some("huyen")),
    ("thi tran", &[PlaceKind::Commune], Some("thi tran")),
    ("tt", &[PlaceKind::Commune], Some("thi tran")),
    ("t t", &[PlaceKind::Commune], Some("thi tran")),
    ("dac khu", &[PlaceKind::Commune], Some("dac khu")),
    ("dk", &[PlaceKind::Commune], Some("dac khu")),
    ("phuong", &[PlaceKind::Commune], Some("phuong")),
    ("p", &[PlaceKind::Commune], Some("phuong")),
    ("xa", &[PlaceKind::Commune], Some("xa")),
    ("x", &[PlaceKind::Commune], Some("xa")),
    ("tram thuy van", &[PlaceKind::Station], None),
    ("tram do man", &[PlaceKind::Station], None),
    ("tram do", &[PlaceKind::Station], None),
    ("tram", &[PlaceKind::Station], None),
    ("cua", &[PlaceKind::RiverMouth], None),
];

/// The same after a name, in English.
const SUFFIXES: &[(&str, &[PlaceKind], Option<&str>)] = &[
    ("province", &[PlaceKind::Province], None),
    ("city", &[PlaceKind::Province, PlaceKind::District], Some("thanh pho")),
    ("district", &[PlaceKind::District], None),
    ("commune", &[PlaceKind::Commune], None),
    ("ward", &[PlaceKind::Commune], Some("phuong")),
    ("station", &[PlaceKind::Station], None),
    ("estuary", &[PlaceKind::RiverMouth], None),
];

impl Names {
    pub(super) fn of(places: &[Place]) -> Names {
        let mut names = Names { written: HashMap::new(), folded: HashMap::new(), all: Vec::new() };
        for (at, place) in places.iter().enumerate() {
            let own = [Some(&place.name.vi), place.name.en.as_ref(), place.name.km.as_ref()];
            for name in own.into_iter().flatten().chain(&place.alt_names) {
                let (written, folded) = (written(name), fold(name));
                if folded.is_empty() {
                    continue;
                }
                add(&mut names.written, written, at);
                add(&mut names.folded, folded.clone(), at);
                names.all.push((folded, at));
            }
        }
        names.all.sort_unstable();
        names.all.dedup();
        names
    }

    /// The places that fit and bear a name, `kind` being what is wanted.
    pub(super) fn find<'p>(
        &self,
        text: &str,
        places: &'p [Place],
        kind: Option<PlaceKind>,
        fits: impl Fn(&Place) -> bool,
    ) -> Vec<&'p Place> {
        let (as_written, as_folded) = (written(text), fold(text));
        let bare = bare(&as_written, &as_folded);
        let with_districts = |index: &HashMap<String, Vec<usize>>, name: &str| -> Vec<&'p Place> {
            let found = index.get(name).into_iter().flatten().map(|at| &places[*at]);
            found.filter(|place| fits(place)).collect()
        };
        // Districts bear the names of provinces, of stations and of their own communes: a bare name is one
        // only where districts are wanted.
        let of = |index: &HashMap<String, Vec<usize>>, name: &str| -> Vec<&'p Place> {
            let is_bare_district =
                |place: &Place| place.kind == PlaceKind::District && fold(&place.name.vi) == as_folded;
            let mut found = with_districts(index, name);
            found.retain(|place| kind == Some(PlaceKind::District) || !is_bare_district(place));
            found
        };
        let of_bare = |index: &HashMap<String, Vec<usize>>, name: &str, bare: &Bare| -> Vec<&'p Place> {
            // Of the provinces, only some are cities: `TP. Bến Tre` is the city in the province.
            let is_other_province = |place: &Place| {
                let of_type = |wanted: &str| {
                    place.type_name.as_deref().is_some_and(|name| fold(name).starts_with(wanted))
                };
                place.kind == PlaceKind::Province && !bare.type_name.is_none_or(of_type)
            };
            let of_kind: Vec<&Place> = with_districts(index, name)
                .into_iter()
                .filter(|place| bare.kinds.contains(&place.kind) && !is_other_province(place))
                .collect();
            // The type says more only among several: sources disagree on it (a town became a ward).
            match bare.type_name.filter(|_| of_kind.len() > 1) {
                None => of_kind,
                Some(wanted) => {
                    let is_type =
                        |place: &&Place| place.type_name.as_deref().is_some_and(|t| fold(t) == wanted);
                    let of_type: Vec<&Place> = of_kind.iter().copied().filter(is_type).collect();
                    if of_type.is_empty() { of_kind } else { of_type }
                }
            }
        };
        // `P. 1` is the place that is called `Phường 1`: the number alone is no name.
        let numbered = || {
            let bare = bare.as_ref().filter(|bare| bare.folded.bytes().all(|byte| byte.is_ascii_digit()));
            let name = bare.and_then(|bare| Some(format!("{} {}", bare.type_name?, bare.folded)));
            name.map_or(Vec::new(), |name| of(&self.folded, &name))
        };
        // Without any mark, `long hoa` is Long Hoa or Long Hòa whoever wrote it: not told apart by writing.
        let is_marked = as_written != as_folded;
        let steps: [&dyn Fn() -> Vec<&'p Place>; 5] = [
            &|| if is_marked { of(&self.written, &as_written) } else { Vec::new() },
            &|| {
                let bare = bare.as_ref().filter(|bare| bare.written != bare.folded);
                bare.map_or(Vec::new(), |bare| of_bare(&self.written, &bare.written, bare))
            },
            &|| of(&self.folded, &as_folded),
            &|| bare.as_ref().map_or(Vec::new(), |bare| of_bare(&self.folded, &bare.folded, bare)),
            &numbered,
        ];
        steps.iter().map(|step| step()).find(|found| !found.is_empty()).unwrap_or_default()
    }

    pub(super) fn search<'p>(&self, text: &str, places: &'p [Place], limit: usize) -> Vec<&'p Place> {
        let whole = fold(text);
        let words: Vec<&str> = whole.split(' ').filter(|word| !word.is_empty()).take(12).collect();
        if words.is_empty() {
            return Vec::new();
        }
        // The best rank of each place over all its names.
        let mut ranks: HashMap<usize, u8> = HashMap::new();
        for (name, at) in &self.all {
            if !words.iter().all(|word| name.contains(word)) {
                continue;
            }
            let starts_word = |name: &str| name.split(' ').any(|word| word.starts_with(words[0]));
            let rank = match name {
                name if *name == whole => 0,
                name if name.starts_with(&whole) => 1,
                name if starts_word(name) => 2,
                _ => 3,
            };
            ranks.entry(*at).and_modify(|best| *best = rank.min(*best)).or_insert(rank);
        }
        let mut found: Vec<(u8, bool, u8, &Place)> = ranks
            .into_iter()
            .map(|(at, rank)| (rank, places[at].valid_to.is_some(), size(places[at].kind), &places[at]))
            .collect();
        found.sort_by(|left, right| {
            (left.0, left.1, left.2, &left.3.id).cmp(&(right.0, right.1, right.2, &right.3.id))
        });
        found.into_iter().take(limit).map(|(.., place)| place).collect()
    }
}

/// A name without the words that say what the place is.
struct Bare {
    written: String,
    folded: String,
    kinds: &'static [PlaceKind],
    type_name: Option<&'static str>,
}

fn bare(as_written: &str, as_folded: &str) -> Option<Bare> {
    for (words, kinds, type_name) in PREFIXES {
        if let Some(rest) = as_folded.strip_prefix(words).and_then(|rest| rest.strip_prefix(' ')) {
            let written = without_first_words(as_written, words.split(' ').count());
            let (written, folded) = (number(&written), number(rest));
            return Some(Bare { written, folded, kinds, type_name: *type_name });
        }
    }
    for (words, kinds, type_name) in SUFFIXES {
        if let Some(rest) = as_folded.strip_suffix(words).and_then(|rest| rest.strip_suffix(' ')) {
            let written = as_written.rsplit_once(' ').map_or("", |(rest, _)| rest).to_owned();
            return Some(Bare { written, folded: rest.to_owned(), kinds, type_name: *type_name });
        }
    }
    None
}

/// The rest of a text after its first words; words end at blanks, dots and colons (`TP.Cần Thơ`).
fn without_first_words(text: &str, count: usize) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '.' | ':' | '-' | ',');
    let mut rest = text.trim_start_matches(is_end);
    for _ in 0..count {
        rest = rest.find(is_end).map_or("", |end| rest[end..].trim_start_matches(is_end));
    }
    rest.to_owned()
}

/// A name as it is written, one way where there are several.
fn written(name: &str) -> String {
    name_key(name)
}

/// A number as a name has no leading zeros: `Phường 01` is `Phường 1`.
fn number(name: &str) -> String {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if digits { name.trim_start_matches('0').to_owned() } else { name.to_owned() }
}

fn add(index: &mut HashMap<String, Vec<usize>>, name: String, at: usize) {
    let places = index.entry(name).or_default();
    if places.last() != Some(&at) {
        places.push(at);
    }
}

fn size(kind: PlaceKind) -> u8 {
    match kind {
        PlaceKind::Country => 0,
        PlaceKind::Province => 1,
        PlaceKind::District => 2,
        PlaceKind::Station => 3,
        PlaceKind::RiverMouth => 4,
        PlaceKind::Commune => 5,
    }
}
