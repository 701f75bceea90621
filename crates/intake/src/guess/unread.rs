//! What a table holds beside what a guessed mapping reads, where it may change what the values are: rows that head
//! others, columns of times and of values. It is asked about, not passed over in silence.

use std::ops::Range;

use catalog::{Gazetteer, vocabulary};
use formats::Chunk;
use wording::{Told, told};

use super::evidence::{HIGHEST, LOWEST, MEANS, property_in, short};
use super::groups::alone;
use super::headers::{is_number, numeric_columns};
use super::meant::{forecast, speaks_otherwise};
use super::observations::Guess;
use super::sample::{Column, brackets, letters_of};
use super::shaped::{ROWS, Shaped};
use super::usual::names_a_part_of_time;
use super::words::{Role, has_words, says_hour};
use super::zoned::offset_in;
use crate::mapping::{Mapping, Pattern, TextOrColumn, ValueSource, Virtual};
use crate::observe::{
    Precision, find_property, find_statistic, find_unit, is_note, is_total, season_named, unit_of,
};

/// Words of rows that tell what was measured from what was not, folded.
const OBSERVED: [&str; 3] = ["thuc do", "thuc te", "observed"];
/// Words that say how many of a unit, folded.
const MULTIPLES: [&str; 9] = ["nghin", "ngan", "van", "trieu", "ty", "ti", "thousand", "million", "10"];
/// Units of other countries, folded, which no header of here means otherwise.
const ELSEWHERE: [&str; 25] = [
    "kcfs", "beaufort", "bft", "cap", "cap gio", "acre", "acres", "cfs", "degf", "f", "feet", "ft", "gpm",
    "inch", "inches", "knot", "knots", "kt", "lb", "mi", "mile", "miles", "ppb", "ppm", "psi",
];
/// Such rows that are named in a question.
const SHOWN: usize = 4;

/// Rows of one text that say something of the rows below them which the mapping does not read.
fn heads(chunk: &Chunk, rows: Range<usize>, mapping: &Mapping, gazetteer: &Gazetteer) -> Option<Told> {
    let read: Vec<Pattern> =
        mapping.rows.group.iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
    let own: Vec<&str> = mapping.values.iter().filter_map(|value| value.property.text()).collect();
    let statistics: Vec<Option<&str>> =
        mapping.values.iter().map(|value| value.statistic.as_ref().and_then(TextOrColumn::text)).collect();
    let is_by_column = |value: &ValueSource| matches!(value.statistic, Some(TextOrColumn::Column { .. }));
    let has_statistic = mapping.values.iter().all(is_by_column);
    let tells = |text: &str| {
        let folded = model::fold(text);
        let says = |words: &[&str]| words.iter().any(|words| has_words(&folded, words));
        let names_another = || {
            property_in(gazetteer, text).is_some_and(|(property, _)| !own.contains(&property.code.as_str()))
        };
        let is_another = |(words, code): (&[&str], &str)| says(words) && !statistics.contains(&Some(code));
        let is_statistic = || {
            !has_statistic && [(MEANS, "mean"), (HIGHEST, "max"), (LOWEST, "min")].into_iter().any(is_another)
        };
        season_named(text).is_some()
            || forecast(text).is_some()
            || says(&OBSERVED)
            || speaks_otherwise(text)
            || is_statistic()
            || names_another()
    };
    let last = rows.clone().rev().find(|row| alone(chunk, *row).is_none())?;
    let found: Vec<String> = (rows.start..last)
        .filter_map(|row| alone(chunk, row))
        .filter(|text| text.chars().count() <= 80 && !is_total(text) && !is_note(text))
        .filter(|text| !read.iter().any(|pattern| pattern.fits(text)) && tells(text))
        .take(SHOWN)
        .map(|text| format!("`{}`", short(text)))
        .collect();
    (!found.is_empty()).then(|| {
        told!(
            "guess-rows-that-head",
            "rows such as {heads} stand alone above others: do they say what the values below them are? Then hand in each part as a table of its own (`[[block]]` with `header_row` and `last`), or name them under `[rows]` as `group`",
            heads = found.join(", ")
        )
    })
}

/// What stands in brackets in a header or a title and looks like a unit, and is none that is known here.
fn unknown_unit(text: &str, gazetteer: &Gazetteer) -> Option<String> {
    let looks_like_one = |inside: &String| {
        let folded = model::fold(inside);
        let first = folded.split(' ').next().unwrap_or_default();
        let is_short = inside.chars().count() <= 24;
        let has_sign = inside.contains(['/', '°', '³', '²', '‰', '%']);
        is_short
            && inside.contains(char::is_alphabetic)
            && (has_sign
                || is_scaled(inside)
                || MULTIPLES.contains(&first)
                || ELSEWHERE.contains(&folded.as_str()))
            && find_unit(gazetteer, inside).is_none()
            && !["thang", "nam", "quy", "ngay", "tuan", "vu"].contains(&first)
            && !inside.split('/').all(|part| part.trim().parse::<u32>().is_ok())
    };
    brackets(text).1.into_iter().find(looks_like_one)
}

/// Whether a text is a unit with a factor, or with a zero of its own: `0.1 mm`, `cm x10`, `m bgl`.
fn is_scaled(text: &str) -> bool {
    let is_factor = |word: &str| {
        let digits = word.trim_start_matches(['x', '×', '*']);
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [first, second] if is_factor(first) => unit_of(second).is_some(),
        [first, second] if is_factor(second) => unit_of(first).is_some(),
        [first, rest @ ..] => {
            unit_of(first).is_some() && ["bgl", "below ground", "b.g.l."].contains(&rest.join(" ").as_str())
        }
        [] => false,
    }
}

fn unit_unread(unit: &str) -> Told {
    told!("guess-unit-unknown", "nobody knows the unit `{unit}`: write it as `unit`, in UCUM", unit = unit)
}

impl Guess<'_> {
    /// Asks about what the mapping does not read.
    pub(super) fn ask_of_the_unread(&mut self) {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        if let Some(question) = heads(self.chunk, rows, &self.mapping, self.gazetteer) {
            self.because("rows.group", 0.4, question);
        }
        if self.mapping.values.is_empty() {
            return;
        }
        if let Some(question) = self.times_unread() {
            self.because("time", 0.4, question);
        }
        if let Some(note) = self.notes_unread() {
            self.because("value.0.unit", 0.4, note);
        }
        if let Some(unit) = self.units_unread() {
            self.because("value.0.unit", 0.3, unit_unread(&unit));
        }
        if let Some(question) = self.titles_unread() {
            self.because("value.0.property", 0.4, question);
        }
        if let Some(question) = self.values_unread() {
            self.because("value", 0.5, question);
        }
    }

    fn is_read(&self, column: &Column) -> bool {
        let by_pattern = |name: &str| {
            self.mapping.values.iter().any(|value| {
                let pattern = value.columns.as_deref().and_then(|pattern| Pattern::new(pattern).ok());
                value.except.iter().any(|other| other == name)
                    || pattern.is_some_and(|pattern| pattern.fits(name))
            })
        };
        self.mapping.columns().contains(&column.reference.as_str()) || by_pattern(&column.name)
    }

    /// A column of days or hours, where the mapping has its times from elsewhere, or where it stands behind values.
    fn times_unread(&self) -> Option<Told> {
        let time = self.mapping.time.as_ref()?;
        let read = self.mapping.columns();
        let of_time: Vec<&str> =
            time.columns.iter().map(String::as_str).chain(time.end_column.as_deref()).collect();
        let parts = time.parts().into_iter().flatten().filter_map(TextOrColumn::column);
        let parts: Vec<&str> = parts.filter(|name| Virtual::of(name).is_none()).collect();
        let is_value = |index: usize| {
            let mut values = self.mapping.values.iter().filter(|value| value.columns.is_none());
            values.any(|value| self.sample.header.find(&value.column).is_ok_and(|at| at == index))
        };
        let is_of_days = self.mapping.values.iter().all(|value| value.period.is_some());
        let reads_hour = time.hour.is_some() || of_time.len() > 1;
        let is_one = |column: &&Column| {
            let folded = model::fold(&column.base);
            let is_day = column.has(Role::Day) || has_words(&folded, "ngay") || has_words(&folded, "date");
            let is_hour = says_hour(&column.base) && !has_words(&folded, "so gio");
            let has_digits = |(text, _): &&(String, usize)| text.contains(|c: char| c.is_ascii_digit());
            let mostly = column.texts.iter().filter(has_digits).count() * 2 > column.texts.len();
            let behind_value = column.index > 0 && is_value(column.index - 1);
            let lacks_day = of_time.is_empty() && parts.is_empty();
            let lacks_hour = !self.has_hours(&of_time);
            // Of a value of a whole day the hour is no time.
            let is_of_value = has_words(&folded, "xuat hien") || is_of_days;
            let may_be_hour = if reads_hour { behind_value } else { lacks_hour && !is_of_value };
            mostly && (is_day && (lacks_day || behind_value) || is_hour && may_be_hour)
        };
        let mut unread =
            self.sample.columns.iter().filter(|column| !read.contains(&column.reference.as_str()));
        let column = unread.find(is_one)?;
        let shown = column.texts.first().map_or("", |(text, _)| text.as_str());
        Some(told!(
            "guess-times-unread",
            "the column `{name}` holds times too (`{text}`), and is not read: are the times of the values those that are read?",
            name = column.name,
            text = short(shown)
        ))
    }

    /// Whether the texts of columns of times say hours.
    fn has_hours(&self, of_time: &[&str]) -> bool {
        let mut columns = self.sample.columns.iter();
        columns.any(|column| {
            of_time.contains(&column.reference.as_str()) && column.precision == Some(Precision::Instant)
        })
    }

    /// A unit of a header, or of the titles, that is not known, where the values are taken in their property's own.
    fn units_unread(&self) -> Option<String> {
        let is_own = |value: &&ValueSource| {
            let own = value.property.text().and_then(|code| find_property(self.gazetteer, code));
            let said = value.unit.as_ref();
            said.is_none()
                || said
                    .and_then(TextOrColumn::text)
                    .is_some_and(|unit| own.is_some_and(|own| own.unit == unit))
        };
        let values: Vec<&ValueSource> = self.mapping.values.iter().filter(is_own).collect();
        let of_header = values.iter().find_map(|value| {
            let columns = self.sample.columns.iter();
            let mut own = columns.filter(|column| column.reference == value.column);
            let name = &own.next()?.name;
            let in_words = || value.unit.is_none().then(|| self.unread_within(name)).flatten();
            unknown_unit(name, self.gazetteer).or_else(in_words)
        });
        let of_titles = || {
            let is_open = !values.is_empty() && self.evidence.unit(self.gazetteer).is_none();
            let mut titles = self.evidence.titles.iter().filter(|_| is_open);
            titles.find_map(|title| unknown_unit(title, self.gazetteer))
        };
        of_header.or_else(of_titles)
    }

    /// What stands in the brackets of a header whose values are taken in their property's own unit, unless it says the
    /// property once more, a statistic, a letter or a remark.
    fn unread_within(&self, name: &str) -> Option<String> {
        let says_nothing = |inside: &str| {
            let folded = model::fold(inside);
            let words: Vec<&str> = folded.split(' ').collect();
            inside.chars().count() <= 2
                || !inside.contains(char::is_alphabetic)
                || find_property(self.gazetteer, inside).is_some()
                || property_in(self.gazetteer, inside).is_some()
                || find_statistic(inside).is_some()
                || find_unit(self.gazetteer, &inside.to_lowercase()).is_some()
                || words.iter().any(|word| find_statistic(word).is_some())
                || words.len() > 5
        };
        brackets(name).1.into_iter().find(|inside| !says_nothing(inside))
    }

    /// Asks about lines below the table that say the zone of its times, or the unit of its values.
    pub(super) fn notes_unread(&self) -> Option<Told> {
        let rows = self.sample.start..self.chunk.len();
        let mut notes = rows.filter_map(|row| alone(self.chunk, row));
        let has_no_zone = self.mapping.time.as_ref().is_some_and(|time| time.zone.is_none());
        let has_no_unit = self.mapping.values.iter().any(|value| value.unit.is_none());
        let known = |text: &str| find_unit(self.gazetteer, text).unwrap_or_else(|| text.to_owned());
        let above = self.evidence.unit(self.gazetteer).map(|(_, unit)| known(&unit));
        let is_own = |unit: &str| {
            let mut own = self.mapping.values.iter().filter_map(|value| value.unit.as_ref()?.text());
            above.as_deref() == Some(unit) || own.any(|own| known(own) == unit)
        };
        let said = notes.find(|text| {
            let folded = model::fold(text);
            let speaks = |words: &[&str]| words.iter().any(|words| has_words(&folded, words));
            let of_zone = offset_in(text).is_some_and(|offset| offset != "+07:00")
                && speaks(&["gio", "time", "times", "utc", "gmt"]);
            let unit =
                || text.rsplit_once(':').map(|(_, unit)| unit.trim()).filter(|unit| unit_of(unit).is_some());
            let of_unit = if speaks(&["don vi", "dvt", "unit", "units"]) { unit() } else { None };
            (of_zone && has_no_zone) || of_unit.is_some_and(|unit| has_no_unit || !is_own(&known(unit)))
        })?;
        Some(told!(
            "guess-note-says",
            "the line `{note}` below the table says something of its values that is not read: write it as `zone` under `[time]`, or as `unit`, if it holds",
            note = short(said)
        ))
    }

    /// What the titles say of the values that their headers do not: a part of them, a season, a month of a year.
    fn titles_unread(&self) -> Option<Told> {
        let own: Vec<&str> = self.mapping.values.iter().filter_map(|value| value.property.text()).collect();
        let has_period = self
            .mapping
            .values
            .iter()
            .any(|value| value.period.as_ref().is_some_and(|period| period.text() != Some("P1Y")));
        let is_of_years = self
            .mapping
            .values
            .iter()
            .any(|value| value.period.as_ref().and_then(TextOrColumn::text) == Some("P1Y"));
        let names_own = |title: &str| {
            property_in(self.gazetteer, title)
                .is_some_and(|(property, _)| own.contains(&property.code.as_str()))
        };
        let tells = |title: &&String| {
            let folded = model::fold(title);
            let mut seasons = vocabulary().seasons.iter().flat_map(|season| &season.names);
            let mut names_season = || {
                seasons.any(|name| {
                    has_words(&folded, &format!("vu {name}")) || has_words(&folded, &format!("lua {name}"))
                })
            };
            names_own(title) && speaks_otherwise(title) || is_of_years && !has_period && names_season()
        };
        let title = self.evidence.titles.iter().find(tells)?;
        Some(told!(
            "guess-title-unread",
            "the title `{title}` says more of the values than their headers: are they all of it, and of whole years?",
            title = short(title)
        ))
    }

    /// Columns that are named after a property and hold texts with numbers, and columns of numbers without a name.
    fn values_unread(&self) -> Option<Told> {
        let with_digits = |column: &Column| {
            let has = |text: &str| text.contains(|c: char| c.is_ascii_digit());
            column.texts.iter().filter(|(text, _)| has(text)).count() * 2 > column.texts.len()
        };
        let is_value = |column: &&Column| {
            let folded = model::fold(&column.base);
            let is_of_time =
                column.roles().any(|role| !matches!(role, Role::Value | Role::Unit | Role::Property));
            let is_named = property_in(self.gazetteer, &column.base).is_some();
            let is_measured = column.unit.is_some() && column.numbers > 0 && column.times == 0;
            !column.is_numeric()
                && !names_a_part_of_time(&folded)
                && !is_of_time
                && with_digits(column)
                && (is_named || is_measured)
        };
        let named = self.sample.columns.iter().filter(|column| !self.is_read(column)).filter(is_value);
        let mut names: Vec<String> = named.map(|column| format!("`{}`", column.name)).collect();
        if self.mapping.values.iter().all(|value| value.columns.is_none()) {
            let read = self.mapping.columns();
            let nameless = numeric_columns(self.chunk, self.sample.start, &self.mapping.source.missing);
            names.extend(
                nameless
                    .into_iter()
                    .filter(|column| self.sample.header.name(*column).is_empty() && !self.counts(*column))
                    .map(|column| format!("@{}", letters_of(column)))
                    .filter(|name| !read.contains(&name.as_str()))
                    .map(|name| format!("`{name}`")),
            );
        }
        // Several lists of one object, which stand in its row as they are written.
        let holds_list = |column: &&Column| column.texts.iter().any(|(text, _)| text.starts_with("[{"));
        let lists = self.sample.columns.iter().filter(|column| !self.is_read(column)).filter(holds_list);
        names.extend(lists.map(|column| format!("`{}`", column.name)));
        (!names.is_empty()).then(|| {
            told!(
                "guess-values-unread",
                "{columns} may hold values too, and are not read: are they left out?",
                columns = names.into_iter().take(8).collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// Whether a column counts its rows, from 1 or in one more language.
    fn counts(&self, column: usize) -> bool {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let texts = rows.filter_map(|row| self.chunk.cell(row, column)).map(str::trim);
        let numbers: Option<Vec<f64>> =
            texts.filter(|text| is_number(text)).map(|text| text.parse().ok()).collect();
        let Some(numbers) = numbers else { return false };
        let counts_on = |pair: &[f64]| pair[1] - pair[0] == 1.0 || pair[1] == 1.0;
        numbers.first().is_none_or(|first| *first <= 1.0) && numbers.windows(2).all(counts_on)
    }
}

impl Shaped<'_> {
    /// Asks about rows that head others and units that are not known.
    pub(super) fn ask_of_the_unread(&mut self) {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        if let Some(question) = heads(chunk, rows, &self.mapping, self.gazetteer) {
            self.decide("rows.group", 0.4, question);
        }
        let is_open = self.evidence.unit(self.gazetteer).is_none();
        let mut titles = self.evidence.titles.iter().filter(|_| is_open);
        if let Some(unit) = titles.find_map(|title| unknown_unit(title, self.gazetteer)) {
            self.decide("value.0.unit", 0.3, unit_unread(&unit));
        }
    }
}
