//! Guessing which column of a table names the places, and how.

use catalog::{Gazetteer, PlaceMatch};
use chrono::{DateTime, NaiveDate, Utc};
use model::{PlaceId, PlaceKind};
use wording::{Told, told};

use super::evidence::{before_the_merger, short};
use super::observations::Guess;
use super::sample::Column;
use super::survey::SheetSample;
use super::within::pairs;
use super::words::{Role, has_words, header_words};
use crate::mapping::PlaceSource;
use crate::observe::{find_beside, find_place, find_property, unlisted};

/// Words of headers over names of devices, folded.
const DEVICES: [&str; 10] =
    ["device", "sensor", "logger", "gateway", "imei", "serial", "thiet bi", "cam bien", "may do", "dev eui"];

impl Guess<'_> {
    pub(super) fn place(&mut self) {
        if self.place_of_groups() || self.districts_of_title() {
            return;
        }
        let mut found: Vec<(f64, usize, PlaceSource, Told)> = Vec::new();
        for (at, column) in self.free() {
            found.extend(self.place_of(column).map(|(score, source, reason)| (score, at, source, reason)));
        }
        // Of equals, the first.
        found.sort_by(|left, right| right.0.total_cmp(&left.0));
        let of_province = |source: &PlaceSource| source.kind.as_deref() == Some(PlaceKind::Province.code());
        let province = found.iter().find(|(.., source, _)| of_province(source)).map(|(_, at, ..)| *at);
        if let Some((column, province)) = province.and_then(|at| Some((self.finer(at)?, at))) {
            return self.place_within(column, province);
        }
        let best = found.into_iter().next();
        if let Some((score, at, source, reason)) = best {
            self.used.push(at);
            self.because("place.column", score.min(1.0), reason);
            self.mapping.place = Some(source);
            self.ask_of_the_merger(at);
            self.ask_of_devices(at);
        } else {
            self.place_around();
        }
    }

    /// Asks about names of devices that are those of places too.
    fn ask_of_devices(&mut self, at: usize) {
        let column = &self.sample.columns[at];
        let header = header_words(&column.name.replace('_', " "));
        if !DEVICES.iter().any(|word| has_words(&header, word)) {
            return;
        }
        let reason = told!(
            "guess-devices-are-places",
            "`{column}` names devices (`{text}`), and places are called so too: do the devices stand there?",
            column = column.name,
            text = column.texts.first().map_or("", |(text, _)| text.as_str())
        );
        self.because("place.column", 0.5, reason);
    }

    /// The column that names smaller places beside the column of provinces, and their kind.
    fn finer(&self, province: usize) -> Option<(usize, PlaceKind)> {
        let mut best: Option<(usize, usize, PlaceKind)> = None;
        for (at, column) in self.free() {
            let is_meant =
                column.has(Role::Place) && !column.texts.is_empty() && !column.nearly_all(column.numbers);
            if at == province || !is_meant {
                continue;
            }
            let folded = model::fold(&column.base);
            let kinds = match kind_of_header(&folded) {
                Some(kind @ (PlaceKind::Commune | PlaceKind::Station)) => vec![kind],
                Some(PlaceKind::District) if self.names_districts(column) => vec![PlaceKind::District],
                Some(_) => continue,
                None if self.names_communes(column) => vec![PlaceKind::Station, PlaceKind::Commune],
                None if self.names_districts(column) => vec![PlaceKind::Station, PlaceKind::District],
                None => vec![PlaceKind::Station],
            };
            let beside: Vec<usize> =
                self.beside(province, at).iter().map(|at| self.sample.columns[*at].index).collect();
            let rows = self.sample.start..self.sample.start + self.sample.rows;
            let pairs = pairs(self.chunk, rows, column.index, &beside);
            for kind in kinds {
                let is_one = |on, text: &str| {
                    matches!(find_beside(self.gazetteer, text, Some(kind), None, on), PlaceMatch::One(_))
                };
                let named = pairs
                    .iter()
                    .filter(|(text, row)| is_one(self.day(*row), text) || is_one(before_the_merger(), text));
                let named = named.count();
                let enough = named > 0 && named * 10 >= pairs.len() * 6;
                if enough && best.is_none_or(|(most, ..)| named > most) {
                    best = Some((named, at, kind));
                }
            }
        }
        best.map(|(_, at, kind)| (at, kind))
    }

    /// The columns that say what the places of a column belong to: those of districts, then that of the provinces.
    fn beside(&self, province: usize, of: usize) -> Vec<usize> {
        let is_district =
            |column: &Column| kind_of_header(&model::fold(&column.base)) == Some(PlaceKind::District);
        let districts = self.free().filter(|(_, column)| is_district(column) && !column.is_numeric());
        districts.map(|(at, _)| at).filter(|at| *at != of).take(2).chain([province]).collect()
    }

    /// Takes a column for the places, within what the columns beside it say.
    fn place_within(&mut self, (column, kind): (usize, PlaceKind), province: usize) {
        let beside = self.beside(province, column);
        let name = |at: usize| self.sample.columns[at].reference.clone();
        let within: Vec<String> = beside.iter().map(|at| name(*at)).collect();
        let reason = told!(
            "guess-names-places-within",
            "it names places of the kind `{kind}`, and `{within}` beside it says where they lie",
            kind = kind.code(),
            within = within.join("`, `")
        );
        self.mapping.place = Some(PlaceSource {
            column: Some(name(column)),
            kind: Some(kind.code().into()),
            within,
            ..PlaceSource::default()
        });
        self.used.push(column);
        self.used.extend(beside);
        self.because("place.column", 0.9, reason);
    }

    /// Whether the names of a column are those of communes, and not of districts of the same names, which
    /// there were until the merger.
    fn names_communes(&self, column: &Column) -> bool {
        let folded = model::fold(&column.base);
        let texts = column.texts.iter().map(|(text, _)| text.as_str());
        may_be_communes(&folded, texts, &self.evidence.titles)
            || column.texts.first().is_some_and(|(_, row)| {
                let day = self.day(*row);
                day > before_the_merger() && day != NaiveDate::MAX
            })
    }

    /// How well a column names places, and how.
    fn place_of(&self, column: &Column) -> Option<(f64, PlaceSource, Told)> {
        if column.texts.is_empty() {
            return None;
        }
        let named = column.has(Role::Place);
        let source = PlaceSource { column: Some(column.reference.clone()), ..PlaceSource::default() };
        #[expect(clippy::cast_precision_loss, reason = "at most a few hundred texts")]
        let share = |count: usize| count as f64 / column.texts.len() as f64;
        let bonus = if named { 0.5 } else { 0.0 };

        let ids = column
            .texts
            .iter()
            .filter(|(text, _)| PlaceId::new(text).is_ok_and(|id| self.gazetteer.place(&id).is_some()));
        let ids = share(ids.count());
        if ids >= 0.5 {
            let reason = told!(
                "guess-texts-are-ids",
                "{share} % of its texts are ids of places with their scheme",
                share = format!("{:.0}", ids * 100.0)
            );
            return Some((ids + bonus + 1.0, source, reason));
        }
        if column.nearly_all(column.numbers) {
            return named.then(|| self.codes(column, source)).flatten();
        }
        // Names: the kind under which most of them are one place each.
        let wanted = kind_of_header(&model::fold(&column.base));
        let kinds = match wanted {
            Some(kind) => vec![kind],
            // Of two kinds that fit equally well, the first is taken.
            None if self.is_of_stations() == Some(true) => {
                vec![PlaceKind::Station, PlaceKind::Province, PlaceKind::Commune]
            }
            None => {
                vec![PlaceKind::Province, PlaceKind::Station, PlaceKind::Commune, PlaceKind::District]
            }
        };
        let kinds = kinds.into_iter().filter(|kind| match kind {
            PlaceKind::Commune => self.names_communes(column),
            PlaceKind::District => self.names_districts(column),
            _ => true,
        });
        let kinds: Vec<PlaceKind> = kinds.collect();
        let matches = |kind: PlaceKind| {
            let found = column.texts.iter().filter(|(text, row)| {
                let on = self.day(*row);
                let is_one =
                    |on| matches!(find_place(self.gazetteer, text, Some(kind), None, on), PlaceMatch::One(_));
                is_one(on) || is_one(before_the_merger())
            });
            let found = found.count();
            // National tables name the rest of the country too.
            let far = column.texts.iter().filter(|(text, _)| self.elsewhere.holds(text)).count();
            share(if found > 0 { (found + far).min(column.texts.len()) } else { 0 })
        };
        let (kind, found) = kinds.into_iter().map(|kind| (kind, matches(kind))).fold(
            None,
            |best: Option<(PlaceKind, f64)>, this| match best {
                Some(best) if best.1 >= this.1 => Some(best),
                _ => Some(this),
            },
        )?;
        let enough = if named { 0.3 } else { 0.8 };
        if found < enough {
            return None;
        }
        let reason = told!(
            "guess-texts-are-names",
            "{share} % of its texts are names of places of the kind `{kind}`",
            share = format!("{:.0}", found * 100.0),
            kind = kind.code()
        );
        Some((found + bonus, PlaceSource { kind: Some(kind.code().into()), ..source }, reason))
    }

    /// Bare codes, where only one scheme has them all.
    fn codes(&self, column: &Column, source: PlaceSource) -> Option<(f64, PlaceSource, Told)> {
        let schemes = self.schemes(column);
        let [scheme] = schemes.as_slice() else { return None };
        let reason = told!(
            "guess-texts-are-codes",
            "all its texts are codes of the scheme `{scheme}`, and of no other",
            scheme = scheme
        );
        Some((1.2, PlaceSource { scheme: Some((*scheme).to_owned()), ..source }, reason))
    }

    /// The schemes that have all the codes of a column. Codes were given again in 2025, and a table of any
    /// year may be of either.
    fn schemes(&self, column: &Column) -> Vec<&str> {
        let mut schemes: Vec<&str> = self.gazetteer.places.iter().map(|place| place.id.scheme()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        schemes.retain(|scheme| {
            column.texts.iter().all(|(text, row)| {
                matches!(find_place(self.gazetteer, text, None, Some(scheme), self.day(*row)), PlaceMatch::One(id) if id.scheme() == *scheme)
            })
        });
        schemes
    }

    /// What has to be decided about a column of codes that several schemes have.
    pub(super) fn coded(&self) -> Option<Told> {
        self.sample.columns.iter().find_map(|column| {
            let is_coded = column.has(Role::Place) && !column.texts.is_empty() && column.nearly_all(column.numbers);
            let schemes = if is_coded { self.schemes(column) } else { Vec::new() };
            (schemes.len() > 1).then(|| {
                told!(
                    "guess-codes-of-schemes",
                    "no column names the places: the codes of the column `{name}` are of the schemes `{schemes}`: write it as `column` under `[place]`, with the `scheme` that is meant",
                    name = column.name,
                    schemes = schemes.join("`, `")
                )
            })
        })
    }

    /// The column that names places which nobody knows yet: its header says that they are places.
    pub(super) fn names_unknown_places(&self) -> Option<&Column> {
        let mut named = self.free().map(|(_, column)| column).filter(|column| {
            column.has(Role::Place)
                && !column.texts.is_empty()
                && !column.nearly_all(column.times)
                && (!column.is_numeric() || self.numbers_rows(column))
        });
        // A name before a code, where there are both.
        let first = named.next()?;
        let is_name = |column: &&Column| has_words(&model::fold(&column.base), "ten");
        Some(if is_name(&first) { first } else { named.find(is_name).unwrap_or(first) })
    }

    /// What has to be done about them.
    fn unknown(&self, column: &Column) -> Told {
        let shown = column.texts.iter().take(4).map(|(text, _)| format!("`{}`", short(text)));
        told!(
            "guess-places-unknown",
            "nobody knows the places of the column `{name}` ({texts}, …): register them",
            name = column.name,
            texts = shown.collect::<Vec<_>>().join(", ")
        )
    }

    /// The same, where there is such a column.
    pub(super) fn unknown_places(&self) -> Option<Told> {
        self.names_unknown_places().map(|column| self.unknown(column))
    }

    /// Whether a column of whole numbers counts the rows, or holds codes of places.
    pub(super) fn numbers_rows(&self, column: &Column) -> bool {
        let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let counts = ["#", "№"].contains(&column.name.trim());
        let folded = model::fold(&column.base);
        let says_codes = ["ma", "code", "id", "so hieu"].iter().any(|word| has_words(&folded, word));
        let is_coded =
            says_codes && column.has(Role::Place) && find_property(self.gazetteer, &column.base).is_none();
        (counts || is_coded) && column.texts.iter().all(|(text, _)| is_whole(text))
    }

    /// The day of a row, for names that meant something else before a merger.
    pub(super) fn day(&self, row: usize) -> NaiveDate {
        let time = self.mapping.time.as_ref().and_then(|time| time.columns.first());
        let column = time.and_then(|name| self.sample.named(name));
        let at = time.and_then(|name| self.sample.header.find(name).ok());
        at.zip(column)
            .and_then(|(at, column)| column.reader().read(self.chunk.cell(row, at)?))
            .and_then(|moment| DateTime::<Utc>::from_timestamp_micros(moment.us))
            .map_or(NaiveDate::MAX, |time| time.with_timezone(&model::VIETNAM).date_naive())
    }
}

/// The kind of place that a folded header asks for.
pub(super) fn kind_of_header(folded: &str) -> Option<PlaceKind> {
    // A `thị xã` is a district, and `địa phương` no ward.
    let folded = &folded.replace("thi xa", "huyen").replace("dia phuong", "");
    let words = [
        (PlaceKind::Station, &["tram", "station", "site", "noi do"][..]),
        (PlaceKind::Commune, &["xa", "phuong", "commune", "ward"]),
        (
            PlaceKind::Province,
            &["tinh", "province", "thanh pho", "city", "cities", "provinces", "provincies"],
        ),
        (PlaceKind::District, &["huyen", "quan huyen", "district", "districts"]),
    ];
    words.iter().find(|(_, words)| words.iter().any(|word| has_words(folded, word))).map(|(kind, _)| *kind)
}

/// Whether names without a kind may be taken for those of communes: the header or a title speaks of them, or
/// most names say so themselves. A district had the name of one of its communes more often than not.
pub(super) fn may_be_communes<'t>(
    header: &str,
    texts: impl Iterator<Item = &'t str>,
    titles: &[String],
) -> bool {
    const WORDS: [&str; 7] = ["xa", "phuong", "thi tran", "dac khu", "commune", "communes", "ward"];
    let speaks = |folded: &str, words: &[&str]| words.iter().any(|word| has_words(folded, word));
    let bare = |text: &str| model::fold(text).replace("thi xa", "huyen");
    if kind_of_header(header) == Some(PlaceKind::Commune) {
        return true;
    }
    let titles: Vec<String> = titles.iter().map(|title| bare(title)).collect();
    if titles.iter().any(|title| speaks(title, &["huyen", "district", "districts"])) {
        return false;
    }
    let (mut all, mut said) = (0_usize, 0_usize);
    for text in texts {
        let folded = bare(unlisted(text, Some(PlaceKind::Commune)));
        let begins = |word: &str| folded.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
        all += 1;
        said += usize::from(WORDS.iter().chain(&["x", "p", "tt", "t t"]).any(|word| begins(word)));
    }
    said * 2 >= all.max(1)
        || titles
            .iter()
            .any(|title| speaks(title, &["phan theo xa", "cac xa", "theo phuong xa", "xa phuong"]))
}

/// The places after which sheets are named, where most of them are; the files of an archive have an extension.
pub(super) fn named_after_places(gazetteer: &Gazetteer, sheets: &[&SheetSample]) -> Option<PlaceSource> {
    if sheets.len() < 2 {
        return None;
    }
    let extension =
        |sheet: &&&SheetSample| sheet.name.rsplit_once('.').map(|(_, extension)| extension.to_owned());
    let first = sheets.first().and_then(|sheet| extension(&sheet));
    let is_file = |extension: &String| {
        (2..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let of_all = first
        .filter(is_file)
        .filter(|first| sheets.iter().all(|sheet| extension(&sheet).as_ref() == Some(first)));
    let bare = |name: &str| match &of_all {
        Some(extension) => name[..name.len() - extension.len() - 1].to_owned(),
        None => name.to_owned(),
    };
    let kind = [PlaceKind::Province, PlaceKind::Station].into_iter().find(|kind| {
        let is_one = |name: &str| {
            [before_the_merger(), NaiveDate::MAX]
                .iter()
                .any(|on| matches!(find_place(gazetteer, name, Some(*kind), None, *on), PlaceMatch::One(_)))
        };
        let found = sheets.iter().filter(|sheet| is_one(&bare(&sheet.name))).count();
        found * 10 >= sheets.len() * 6
    })?;
    let pattern = of_all.as_ref().map(|extension| format!("{{place}}.{extension}"));
    Some(PlaceSource { sheet: true, kind: Some(kind.code().into()), pattern, ..PlaceSource::default() })
}
