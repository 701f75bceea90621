//! What titles, names of sheets and names of files tell of a table.

use std::collections::BTreeSet;

use catalog::{Gazetteer, PlaceMatch, vocabulary};
use chrono::NaiveDate;
use formats::Chunk;
use model::{PlaceId, PlaceKind, Property, Statistic};
use wording::{Told, told};

use super::meant::{ahead, begins_with_plans, forecast, otherwise, part_of_year};
use super::shaped::number;
use super::survey::{SheetSample, Survey};
use super::words::has_words;
use crate::mapping::Pattern;
use crate::observe::{
    OF_PROPERTIES, OF_STATIONS, OF_UNITS, find_place, find_property, find_unit, labelled, month, tidy,
    usual_statistic,
};

/// Words before the season of rice in titles, folded: `Lúa vụ đông xuân`, `Vụ lúa đông xuân`, `Lúa đông xuân`.
const RICE: [&str; 3] = ["lua vu", "vu lua", "lua"];

/// Words of titles that speak of a mean, of the highest and of the lowest, folded.
pub(super) const MEANS: &[&str] = &["mean", "average", "trung binh", "binh quan"];
pub(super) const HIGHEST: &[&str] = &["cao nhat", "lon nhat", "toi cao", "highest", "maximum", "max"];
pub(super) const LOWEST: &[&str] = &["thap nhat", "nho nhat", "toi thap", "lowest", "minimum", "min"];

/// Patterns of titles that name the place of a sheet.
pub(super) const PLACES: &[(&str, PlaceKind)] = &[
    ("Trạm*: {place} (*)", PlaceKind::Station),
    ("Trạm*: {place}", PlaceKind::Station),
    ("Station*: {place}", PlaceKind::Station),
    ("Trạm {place}", PlaceKind::Station),
    ("Tỉnh*: {place}", PlaceKind::Province),
    ("Tỉnh {place}", PlaceKind::Province),
    ("Province*: {place}", PlaceKind::Province),
];

/// Patterns of titles that name a place among other words: where no column names the places, it is theirs.
const PLACES_WITHIN: &[(&str, PlaceKind)] = &[
    ("*trạm {place} tháng *", PlaceKind::Station),
    ("*trạm {place} năm *", PlaceKind::Station),
    ("*trạm {place} từ *", PlaceKind::Station),
    ("*trạm {place}, *", PlaceKind::Station),
    ("*trạm {place} - *", PlaceKind::Station),
    ("*trạm {place} (*)", PlaceKind::Station),
    ("*trạm {place}", PlaceKind::Station),
    ("*tỉnh {place} phân theo *", PlaceKind::Province),
    ("*tỉnh {place} tháng *", PlaceKind::Province),
    ("*tỉnh {place} năm *", PlaceKind::Province),
    ("*tỉnh {place} (*)", PlaceKind::Province),
    ("*tỉnh {place}", PlaceKind::Province),
];

/// Patterns of titles that name the unit of a sheet.
const UNITS: &[&str] = &[
    "*Đơn vị tính*: {unit})",
    "*Đơn vị tính*: {unit}",
    "*Đơn vị*: {unit})",
    "*Đơn vị*: {unit}",
    "*ĐVT*: {unit})",
    "*ĐVT*: {unit}",
    "*Unit*: {unit})",
    "*Unit*: {unit}",
    "*({unit})",
    // Behind other brackets: `(từ ngày 1 đến 10/3) (mg/l)`.
    r"/\((?P<unit>[^()]+)\)\s*$/",
    "*({unit})*",
    "{unit}",
];

/// Patterns of titles and names that say a year, the plainest first.
const YEARS: [&str; 3] = ["*năm {year}*", "*year {year}*", "*{year}*"];

/// Patterns of titles and names that say a month: `THÁNG 2 NĂM 2020`, `02/2020`, `T2-2020`.
const MONTHS: [&str; 4] = [
    r"/(?i)\bth(?:áng|ang)[\s_:]*(?P<month>0?[1-9]|1[0-2])(?:\D|$)/",
    r"/(?i)\bth(?:áng|ang)[\s:]+(?P<month>xii|xi|ix|x|viii|vii|vi|iv|v|iii|ii|i)(?:[^\p{L}]|$)/",
    r"/(?:^|\D)(?P<month>0?[1-9]|1[0-2])\s*[-\/._]\s*(?:19|20)\d\d(?:\D|$)/",
    r"/(?i)(?:^|[^\p{L}])t(?P<month>0?[1-9]|1[0-2])(?:\D|$)/",
];

/// Patterns of the year, the month and the day of a whole date in a title: `Ngày lấy mẫu: 15/03/2022`,
/// `ngày 15 tháng 3 năm 2022`.
const DATES: [[&str; 3]; 2] = [
    [
        r"/(?:^|\D)\d{1,2}[\/.-]\d{1,2}[\/.-](?P<year>(?:19|20)\d\d)(?:\D|$)/",
        r"/(?:^|\D)\d{1,2}[\/.-](?P<month>\d{1,2})[\/.-](?:19|20)\d\d(?:\D|$)/",
        r"/(?:^|\D)(?P<day>\d{1,2})[\/.-]\d{1,2}[\/.-](?:19|20)\d\d(?:\D|$)/",
    ],
    [
        r"/ng(?:ày|ay)\s+\d{1,2}\s+th(?:áng|ang)\s+\d{1,2}\s+n(?:ăm|am)\s+(?P<year>(?:19|20)\d\d)(?:\D|$)/",
        r"/ng(?:ày|ay)\s+\d{1,2}\s+th(?:áng|ang)\s+(?P<month>\d{1,2})\s+n(?:ăm|am)\s+(?:19|20)\d\d(?:\D|$)/",
        r"/ng(?:ày|ay)\s+(?P<day>\d{1,2})\s+th(?:áng|ang)\s+\d{1,2}\s+n(?:ăm|am)\s+(?:19|20)\d\d(?:\D|$)/",
    ],
];

/// Words of titles whose date is that of a letter, folded.
const LETTERS: [&str; 7] =
    ["quyet dinh", "kem theo", "cong van", "to trinh", "bao cao so", "nghi quyet", "thong tu"];

/// Words of titles whose date is that of the values, folded; that of others may be the day of the letter.
const SAMPLED: [&str; 5] =
    ["ngay lay mau", "ngay do", "ngay quan trac", "thoi gian lay mau", "thoi gian quan trac"];

/// The texts around a table, with how much they are to be believed.
pub(super) struct Evidence<'a> {
    pub(super) titles: Vec<String>,
    pub(super) sheet: &'a str,
    pub(super) file: &'a str,
}

/// A property that a text names.
pub(super) struct Named<'a> {
    pub(super) property: &'a Property,
    pub(super) period: Option<&'static str>,
    pub(super) statistic: Option<&'static str>,
    pub(super) confidence: f64,
    pub(super) reason: Told,
}

/// What may be names of places in a text, folded, the longest first.
fn names_in(text: &str) -> Vec<String> {
    const LONGEST: usize = 4;
    let folded = model::fold(&text.replace(['_', '-', '.', ',', ':', '(', ')'], " "));
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).take(40).collect();
    let runs = (1..=LONGEST).rev().flat_map(|length| words.windows(length));
    // One short word is part of many names.
    let names = runs.map(|run| run.join(" ")).filter(|name| name.contains(' ') || name.len() >= 6);
    names.filter(|name| !name.starts_with(|c: char| c.is_ascii_digit())).collect()
}

impl<'a> Evidence<'a> {
    /// The texts above a row of a sheet, and the names.
    pub(super) fn of(survey: &'a Survey, sheet: &'a SheetSample, header_row: u32) -> Evidence<'a> {
        let file = survey.file.rsplit_once('.').map_or(survey.file.as_str(), |(name, _)| name);
        Evidence { titles: titles(&sheet.chunk, header_row), sheet: &sheet.name, file }
    }

    /// All the texts around the table, for words that headers leave out.
    pub(super) fn context(&self) -> Vec<String> {
        let names = [self.sheet, self.file].map(str::to_owned);
        self.titles.iter().cloned().chain(names).collect()
    }

    /// The texts, the most telling first.
    fn texts(&self) -> impl Iterator<Item = (&str, Told, f64)> {
        let title = || told!("guess-title", "the title");
        let titles = self.titles.iter().map(move |text| (text.as_str(), title(), 0.85));
        let names = [
            (self.sheet, told!("guess-sheets-name", "the sheet's name"), 0.75),
            (self.file, told!("guess-files-name", "the file's name"), 0.72),
        ];
        titles.chain(names).filter(|(text, ..)| !text.is_empty())
    }

    /// The property that the texts name, when one of them names exactly one.
    pub(super) fn property<'g>(&self, gazetteer: &'g Gazetteer) -> Option<Named<'g>> {
        // What a label of properties says comes before whatever else names one.
        let is_labelled = |text: &str| {
            text.split_once(':').is_some_and(|(label, _)| {
                let label = model::fold(label);
                OF_PROPERTIES.iter().any(|word| has_words(&label, word))
            })
        };
        let labelled = self.texts().filter(|(text, ..)| is_labelled(text));
        labelled.chain(self.texts()).find_map(|(text, what, confidence)| {
            let (property, period) = property_in(gazetteer, text).filter(|_| !is_constant(text))?;
            let statistic = statistic_of(property, text);
            let otherwise = otherwise(gazetteer, property, text).or_else(|| extreme_of_sum(property, text));
            let reason = match &otherwise {
                Some(words) => told!(
                    "guess-origin-names-otherwise",
                    "{origin} `{text}` names `{code}` ({name}), but also says `{words}`: are the values all of it, or a property of their own that has to be registered?",
                    origin => what,
                    text = short(text),
                    code = property.code,
                    name = property.name.vi,
                    words = words
                ),
                None => told!(
                    "guess-origin-names",
                    "{origin} `{text}` names `{code}` ({name})",
                    origin => what,
                    text = short(text),
                    code = property.code,
                    name = property.name.vi
                ),
            };
            let confidence = if otherwise.is_some() { 0.4 } else { confidence };
            Some(Named { property, period, statistic, confidence, reason })
        })
    }

    /// The text that names the property.
    pub(super) fn names_property(&self, gazetteer: &Gazetteer) -> Option<&str> {
        self.texts().map(|(text, ..)| text).find(|text| property_in(gazetteer, text).is_some())
    }

    /// The place that a title is there to name, with the pattern that finds it.
    pub(super) fn place(&self, gazetteer: &Gazetteer) -> Option<(String, PlaceKind, String)> {
        let by_label = || {
            self.behind(OF_STATIONS, "place").find_map(|(pattern, name)| {
                let kinds = [PlaceKind::Station, PlaceKind::Province];
                let kind = kinds.into_iter().find(|kind| is_one_place(gazetteer, &name, *kind))?;
                Some((pattern, kind, name))
            })
        };
        self.place_by(PLACES, gazetteer).or_else(by_label)
    }

    /// What titles say behind these labels and a colon, with the patterns that find it in a blank.
    fn behind(&self, labels: &[&str], blank: &str) -> impl Iterator<Item = (String, String)> {
        self.titles.iter().filter_map(move |title| {
            let label = title.split_once(':')?.0.trim();
            let is_one = labels.contains(&model::fold(label).as_str()) && !label.contains(['*', '{', '/']);
            let pattern = is_one.then(|| format!("{label}: {{{blank}}}"))?;
            let said = Pattern::new(&pattern).ok()?.text(title)?;
            Some((pattern, said))
        })
    }

    /// The place that a title names among other words, with the pattern that finds it.
    pub(super) fn place_within(&self, gazetteer: &Gazetteer) -> Option<(String, PlaceKind, String)> {
        self.place_by(PLACES_WITHIN, gazetteer)
    }

    /// The one province of before the merger that the titles name or, where they name none, the sheet and the file.
    pub(super) fn province(&self, gazetteer: &Gazetteer) -> Option<PlaceId> {
        let of = |name: &str| match find_place(
            gazetteer,
            name,
            Some(PlaceKind::Province),
            None,
            before_the_merger(),
        ) {
            PlaceMatch::One(province) => Some(province),
            PlaceMatch::Many(_) | PlaceMatch::None => None,
        };
        let named = |text: &str| -> BTreeSet<PlaceId> {
            names_in(text).iter().filter(|name| name.contains(' ')).filter_map(|name| of(name)).collect()
        };
        let of_titles: BTreeSet<PlaceId> = self.titles.iter().flat_map(|title| named(title)).collect();
        let found = match of_titles.is_empty() {
            true => [self.sheet, self.file].into_iter().flat_map(named).collect(),
            false => of_titles,
        };
        let mut found = found.into_iter();
        found.next().filter(|_| found.next().is_none())
    }

    /// A pattern is taken when the first title that it fits names a place by it: that title is read.
    fn place_by(
        &self,
        patterns: &[(&'static str, PlaceKind)],
        gazetteer: &Gazetteer,
    ) -> Option<(String, PlaceKind, String)> {
        patterns.iter().find_map(|(pattern, kind)| {
            let compiled = Pattern::new(pattern).ok()?;
            let name = self.titles.iter().find_map(|title| compiled.text(title))?;
            is_one_place(gazetteer, &name, *kind).then(|| ((*pattern).to_owned(), *kind, name))
        })
    }

    /// Places that titles and names speak of, as words for whoever has to say the place.
    pub(super) fn may_be_at(&self, gazetteer: &Gazetteer) -> Option<Told> {
        let mut said: Vec<Told> = Vec::new();
        let mut places = BTreeSet::new();
        for (text, what, _) in self.texts() {
            for name in names_in(text) {
                for kind in [PlaceKind::Station, PlaceKind::Province] {
                    let on = [NaiveDate::MAX, before_the_merger()];
                    let found =
                        on.iter().find_map(|on| match find_place(gazetteer, &name, Some(kind), None, *on) {
                            PlaceMatch::One(place) => Some(place),
                            PlaceMatch::Many(_) | PlaceMatch::None => None,
                        });
                    said.extend(found.filter(|place| places.insert(place.clone())).map(
                        |place| told!("guess-place-by", "`{place}` ({origin})", place = place, origin => &what),
                    ));
                }
            }
        }
        said.truncate(4);
        let both = |first: Told, more: Told| told!("guess-and-also", "{first}, {more}", first => first, more => more);
        said.into_iter().reduce(both)
    }

    /// The unit that a title names, with the pattern that finds it.
    pub(super) fn unit(&self, gazetteer: &Gazetteer) -> Option<(String, String)> {
        let by_label = || {
            let mut said = self.behind(OF_UNITS, "unit");
            said.find_map(|(pattern, unit)| Some((pattern, find_unit(gazetteer, &unit)?)))
        };
        let by_title = self.titles.iter().filter(|title| !is_constant(title)).find_map(|title| {
            UNITS.iter().find_map(|pattern| {
                let unit = Pattern::new(pattern).ok()?.text(title)?;
                // One letter alone is no unit: it names a column, or a part of the table.
                let is_alone = *pattern == "{unit}" && unit != "%" && unit.chars().count() < 2;
                let unit = Some(unit).filter(|_| !is_alone)?;
                find_unit(gazetteer, &unit).map(|unit| ((*pattern).to_owned(), unit))
            })
        });
        by_label().or(by_title)
    }

    /// Where a year stands around the table: the key and pattern of a fact, the year, how sure.
    pub(super) fn year(&self) -> Option<(&'static str, &'static str, String, f64)> {
        self.around(&YEARS, &is_only_year)
    }

    /// The same of a month.
    pub(super) fn month(&self) -> Option<(&'static str, &'static str, String, f64)> {
        self.around(&MONTHS, &|text, _| has_one_month(text))
    }

    /// The first title that holds a whole date, the patterns of its year, month and day, and whether it is the day
    /// of the values: the title says that samples were taken then, or names what they are.
    pub(super) fn date(&self, gazetteer: &Gazetteer) -> Option<(&str, [&'static str; 3], bool)> {
        DATES.iter().find_map(|patterns| {
            let compiled = Pattern::new(patterns[0]).ok()?;
            let mut fitting = self.titles.iter().filter(|title| compiled.fits(title));
            let title = fitting.next()?;
            let folded = model::fold(title);
            let says = |phrases: &[&str]| phrases.iter().any(|words| has_words(&folded, words));
            let names_values = || property_in(gazetteer, title).is_some() && !says(&LETTERS);
            // Of two dates nothing tells which.
            let is_one = fitting.next().is_none() && is_of_one_day(&folded);
            Some((title.as_str(), *patterns, says(&SAMPLED) || is_one && names_values()))
        })
    }

    /// What a title says of forecasts, or of plans where it names what is planned: others lay plans too.
    pub(super) fn ahead(&self, gazetteer: &Gazetteer) -> Option<String> {
        let mut texts = self.titles.iter().map(String::as_str).chain([self.sheet, self.file]);
        texts.find_map(|text| {
            let names_values = property_in(gazetteer, text).is_some();
            let plans = || begins_with_plans(text).then(|| short(text));
            if names_values { ahead(std::iter::once(text)) } else { forecast(text).or_else(plans) }
        })
    }

    /// What a title that names values says of a part of a year.
    pub(super) fn values_of_part_of_year(&self, gazetteer: &Gazetteer) -> Option<String> {
        let naming = self.titles.iter().filter(|title| property_in(gazetteer, title).is_some());
        naming.into_iter().find_map(|title| part_of_year(title))
    }

    /// What a title or a name says of a part of a year.
    pub(super) fn part_of_year(&self) -> Option<String> {
        self.texts().find_map(|(text, ..)| part_of_year(text))
    }

    /// The first pattern that finds the same in all the texts that it fits, of the sheet's name, the
    /// titles or the file's name, and what it finds.
    fn around(
        &self,
        patterns: &[&'static str],
        is_one: &dyn Fn(&str, &str) -> bool,
    ) -> Option<(&'static str, &'static str, String, f64)> {
        let titles: Vec<&str> = self.titles.iter().map(String::as_str).collect();
        let origins =
            [("@sheet", vec![self.sheet], 0.85), ("@title", titles, 0.75), ("@file", vec![self.file], 0.65)];
        origins.into_iter().find_map(|(origin, texts, confidence)| {
            patterns.iter().find_map(|pattern| {
                let compiled = Pattern::new(pattern).ok()?;
                let fitting: Vec<(&str, String)> =
                    texts.iter().filter_map(|text| Some((*text, compiled.text(text)?))).collect();
                let (_, first) = fitting.first()?;
                let agree = fitting.iter().all(|(text, found)| is_one(text, found) && found == first);
                agree.then(|| (origin, *pattern, first.clone(), confidence))
            })
        })
    }

    /// The part of the time of which the sheet's name says another than a title, and both: one of them was copied.
    /// Files are named after the year in which they were made, and a letter's date is not that of the values.
    pub(super) fn contradiction(&self) -> Option<(&'static str, Told)> {
        let parts = [("time.year", &YEARS[..]), ("time.month", &MONTHS[..])];
        parts.into_iter().filter(|_| !self.speaks_of_letters()).find_map(|(path, patterns)| {
            let says =
                |text: &str| patterns.iter().find_map(|pattern| Pattern::new(pattern).ok()?.text(text));
            let own = says(self.sheet)?;
            let is_plain = |title: &&String| has_one_year(title) && has_one_month(title);
            let title = self.titles.iter().filter(is_plain).find_map(|title| says(title))?;
            (number_of(&own) != number_of(&title)).then(|| {
                let said = told!(
                    "guess-sheet-and-title-contradict",
                    "the sheet's name says `{sheet}`, and the title `{title}`: which of them is right?",
                    sheet = own,
                    title = title
                );
                (path, said)
            })
        })
    }

    /// Whether a title is about a letter, whose date is not that of the values.
    fn speaks_of_letters(&self) -> bool {
        self.titles.iter().any(|title| LETTERS.iter().any(|words| has_words(&model::fold(title), words)))
    }

    /// Whether a title speaks of stations.
    pub(super) fn speaks_of_stations(&self) -> bool {
        self.texts().any(|(text, ..)| {
            let folded = model::fold(text);
            ["station", "stations", "tram"].iter().any(|word| has_words(&folded, word))
        })
    }
}

/// Whether a title says one number of its own, and nothing of the values: `Catchment area (km2): 760000`.
fn is_constant(title: &str) -> bool {
    title.split_once(':').is_some_and(|(_, said)| {
        let said = said.trim();
        said.starts_with(|c: char| c.is_ascii_digit() || c == '-') && number(said).is_some()
    })
}

/// Whether a folded text does not speak of the time from one day to another.
fn is_of_one_day(folded: &str) -> bool {
    !["den ngay", "den", "tu ngay", "to"].iter().any(|words| has_words(folded, words))
}

/// The number of a month however it is written; any other text as it is.
fn number_of(text: &str) -> String {
    month(text).map_or_else(|| text.to_owned(), |number| number.to_string())
}

/// Whether a text speaks of one year: one that speaks of several, such as 2015-2020, names none.
fn has_one_year(text: &str) -> bool {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    let mut years = parts.filter(|part| part.len() == 4 && part.starts_with(['1', '2']));
    // The same year may stand there in two languages.
    years.next().is_none_or(|first| years.all(|year| year == first))
}

/// Whether a year is the one that a text speaks of: `1619/QĐ-TTg` and `01646500` say none.
fn is_only_year(text: &str, year: &str) -> bool {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    let mut years =
        parts.filter(|part| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")));
    years.next() == Some(year) && years.all(|other| other == year)
}

/// Whether a text speaks of one month: `từ tháng 1 đến tháng 3` does not.
fn has_one_month(text: &str) -> bool {
    let folded = model::fold(text);
    folded.split(' ').filter(|word| *word == "thang").count() <= 1
        && !["quy", "den thang"].iter().any(|words| has_words(&folded, words))
}

/// Whether a name is that of one place of a kind, today or before the merger.
fn is_one_place(gazetteer: &Gazetteer, name: &str, kind: PlaceKind) -> bool {
    [NaiveDate::MAX, before_the_merger()]
        .iter()
        .any(|on| matches!(find_place(gazetteer, name, Some(kind), None, *on), PlaceMatch::One(_)))
}

/// The last day of the provinces before the merger, for names that exist no more.
pub(crate) fn before_the_merger() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 6, 30).unwrap_or(NaiveDate::MAX)
}

/// The texts above a row.
pub(super) fn titles(chunk: &Chunk, header_row: u32) -> Vec<String> {
    let rows = (0..chunk.len()).take_while(|at| chunk.row_number(*at) < header_row);
    let cells = rows.flat_map(|at| (0..chunk.columns.len()).map(move |column| (at, column)));
    let texts = cells
        .filter_map(|(at, column)| labelled(chunk, at, column).or_else(|| chunk.cell(at, column).map(tidy)));
    texts.filter(|text| !text.is_empty() && text.chars().count() <= 300).take(40).collect()
}

/// The one property whose name or alias stands in a text, the longest name deciding; and the season.
pub(super) fn property_in<'g>(
    gazetteer: &'g Gazetteer,
    text: &str,
) -> Option<(&'g Property, Option<&'static str>)> {
    let folded = model::fold(text);
    let (folded, period) = match rice_season(&folded) {
        Some((rest, period)) => (rest, Some(period)),
        None => (folded, None),
    };
    // `Value parameter: Stage`.
    let behind_label = || {
        let (label, said) = text.split_once(':')?;
        let label = model::fold(label);
        let is_one = OF_PROPERTIES.iter().any(|word| has_words(&label, word));
        is_one.then(|| find_property(gazetteer, said.trim())).flatten()
    };
    if let Some(property) = find_property(gazetteer, &folded).or_else(behind_label) {
        return Some((property, period));
    }
    let mut best: Vec<(usize, &Property)> = Vec::new();
    for property in &gazetteer.properties {
        let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
        let longest = names
            .chain(&property.aliases)
            .map(String::as_str)
            .chain([property.code.as_str()])
            .map(model::fold)
            // One short word stands in many texts.
            .filter(|name| (name.contains(' ') || name.len() >= 6) && has_words(&folded, name))
            .map(|name| name.len())
            .max();
        best.extend(longest.map(|length| (length, property)));
    }
    best.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    match best.as_slice() {
        [] => None,
        [(_, only)] => Some((only, period)),
        [(first, one), (second, _), ..] => (first > second).then_some((*one, period)),
    }
}

/// A folded text that names the rice of a season without the season, and the season as a period.
fn rice_season(folded: &str) -> Option<(String, &'static str)> {
    vocabulary().seasons.iter().find_map(|season| {
        let paddy = season.paddy.as_ref().filter(|paddy| has_words(folded, paddy));
        if let Some(paddy) = paddy {
            return Some((folded.replace(paddy, "paddy"), season.period.as_str()));
        }
        let named = season.names.iter().flat_map(|name| RICE.map(|rice| format!("{rice} {name}")));
        named
            .into_iter()
            .find(|words| has_words(folded, words))
            .map(|words| (folded.replace(&words, "lua"), season.period.as_str()))
    })
}

/// Whether a property is usually measured at an instant, so that a value of a month has to be a statistic.
pub(super) fn is_instant(property: &Property) -> bool {
    usual_statistic(property.statistic.as_deref()) == Statistic::Instant
}

/// What a title says of the statistic of a property's values over months or years, when it says it.
///
/// `Nhiệt độ cao nhất trung bình` is a mean of highest ones: where a title speaks of a mean, it is one.
fn statistic_of(property: &Property, text: &str) -> Option<&'static str> {
    let folded = model::fold(text);
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| has_words(&folded, phrase));
    let usual = usual_statistic(property.statistic.as_deref());
    if says(MEANS) {
        // A mean number of sunny hours, or of people, is the property's own way.
        return matches!(usual, Statistic::Instant | Statistic::Max | Statistic::Min).then_some("mean");
    }
    match usual {
        Statistic::Instant | Statistic::Mean if says(HIGHEST) && !says(LOWEST) => Some("max"),
        Statistic::Instant | Statistic::Mean if says(LOWEST) && !says(HIGHEST) => Some("min"),
        _ => None,
    }
}

/// The word of a text that makes an extreme of a property that is a sum: `Lượng mưa ngày lớn nhất trong tháng`.
fn extreme_of_sum(property: &Property, text: &str) -> Option<String> {
    let folded = model::fold(text);
    let is_sum =
        matches!(usual_statistic(property.statistic.as_deref()), Statistic::Total | Statistic::Count);
    let word = [HIGHEST, LOWEST].into_iter().flatten().find(|word| has_words(&folded, word));
    word.filter(|_| is_sum).map(|word| (*word).to_owned())
}

/// Asks what values over periods are, of a property that is measured at instants.
pub(super) fn which_statistic() -> Told {
    told!("guess-which-statistic", "are the values means of their periods, or maxima, minima, totals?")
}

/// Says that the texts of a column name statistics.
pub(super) fn name_statistics(column: &str) -> Told {
    told!("guess-texts-name-statistics", "all texts of the column `{name}` name statistics", name = column)
}

/// Asks about the places that titles and names speak of, behind what is said of the places.
pub(super) fn or_at_one_of(said: Told, places: Told) -> Told {
    told!("guess-or-at-one-of", "{said}; are all values at one of {places}?", said => said, places => places)
}

/// The beginning of a long text.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
