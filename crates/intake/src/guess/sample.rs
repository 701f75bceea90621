//! What the first rows of a table show of each column.

use std::collections::{HashMap, HashSet};

use catalog::{Gazetteer, vocabulary};
use formats::Chunk;
use model::Unit;

use super::groups::is_alone;
use super::words::{Role, roles};
use super::zoned::zone_of_header;
use crate::mapping::Decimal;
use crate::observe::{
    DateOrder, Extent, Header, NotANumber, NumberStyle, OF_PROPERTIES, Precision, TimeFormat, TimeReader,
    are_comments, assumption, column_order, comment, find_property, find_unit, is_total, numbers_columns,
    parse_zone, unit_of, with_unit,
};

/// Rows that are looked at.
const SAMPLE_ROWS: usize = 2000;
/// Rows in which the header is looked for.
const HEADER_ROWS: usize = 30;
/// Different texts of a column that are looked up.
const MAX_TEXTS: usize = 300;
/// Rows of a header, at most.
const MAX_HEIGHT: usize = 4;

/// A column, and what its header and its texts say.
pub(super) struct Column {
    /// Where it stands, from 0.
    pub(super) index: usize,
    pub(super) name: String,
    /// How a mapping names it: by its header, or by its letters when another has the same.
    pub(super) reference: String,
    /// The header without what stands in brackets.
    pub(super) base: String,
    /// What stands in brackets, when it is a unit.
    pub(super) unit: Option<String>,
    /// What stands in brackets, when it is an offset from UTC.
    pub(super) zone: Option<String>,
    pub(super) roles: Vec<Role>,
    /// Cells with a text that does not stand for "no value".
    pub(super) filled: usize,
    /// How many of them are numbers.
    pub(super) numbers: usize,
    pub(super) style: NumberStyle,
    /// How many of them are times, and the least precise of these.
    pub(super) times: usize,
    pub(super) precision: Option<Precision>,
    /// The order of `3/4/2020` in it: as shown, contradictory, or not shown.
    pub(super) order: Result<Option<DateOrder>, ()>,
    pub(super) slashed: bool,
    /// How many are whole numbers that can be years.
    pub(super) years: usize,
    /// Different texts, with the index of the row where each stands first.
    pub(super) texts: Vec<(String, usize)>,
    /// How many of the different texts name a property.
    pub(super) properties: usize,
    /// How many of the different texts write a unit.
    pub(super) units: usize,
}

impl Column {
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// What its header may say that it is.
    pub(super) fn roles(&self) -> impl Iterator<Item = Role> {
        self.roles.iter().copied()
    }

    /// Whether nearly all its cells are so.
    pub(super) fn nearly_all(&self, count: usize) -> bool {
        self.filled > 0 && count * 10 >= self.filled * 9
    }

    pub(super) fn is_numeric(&self) -> bool {
        self.filled > 0 && self.numbers * 2 >= self.filled
    }

    /// Whether most of its different texts are so.
    pub(super) fn mostly(&self, count: usize) -> bool {
        !self.texts.is_empty() && count * 2 >= self.texts.len()
    }

    /// The time of a text of this column.
    pub(super) fn reader(&self) -> TimeReader {
        let zone = self.zone.as_deref().and_then(parse_zone).unwrap_or(7 * 3_600_000_000);
        let order = self.order.unwrap_or(None).or(Some(DateOrder::DayFirst));
        TimeReader { format: TimeFormat::Auto, order, zone }
    }
}

/// The header and the columns of a table.
pub(super) struct Sample {
    pub(super) header: Header,
    /// How many rows the header has.
    pub(super) height: u32,
    pub(super) columns: Vec<Column>,
    /// The index of the first row of data.
    pub(super) start: usize,
    pub(super) rows: usize,
}

impl Sample {
    /// The column that a mapping names so.
    pub(super) fn named(&self, reference: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.reference == reference)
    }

    /// Looks at the first rows; `None` when no row can be the header of another.
    pub(super) fn of(chunk: &Chunk, missing: &[String], gazetteer: &Gazetteer) -> Option<Sample> {
        let (at, height) = extent(chunk, header_row(chunk, missing, gazetteer)?, missing);
        let header = Header::joined(chunk, at, Extent::rows(height));
        let mut start =
            (at..chunk.len()).find(|row| chunk.row_number(*row) > header.last).unwrap_or(chunk.len());
        while start + 1 < chunk.len() && numbers_columns(chunk, start, header.last) {
            start += 1;
        }
        let rows = chunk.len().min(start + SAMPLE_ROWS);
        let has_comments = are_comments(chunk, start..rows) == Some(true);
        let columns = header
            .names
            .iter()
            .enumerate()
            .filter(|(index, name)| !name.is_empty() || is_named_by_texts(chunk, *index, start..rows))
            .map(|(index, name)| {
                let texts: Vec<(&str, usize)> = (start..rows)
                    // A row of one text heads others, or is a note.
                    .filter(|row| !is_alone(chunk, *row))
                    .filter(|row| !has_comments || comment(chunk, *row).is_none())
                    .filter_map(|row| chunk.cell(row, index).map(|text| (text.trim(), row)))
                    .filter(|(text, _)| !text.is_empty() && !missing.iter().any(|marker| marker == text))
                    // The header may stand again.
                    .filter(|(text, _)| text != name)
                    .collect();
                let mut column = column(name, &texts, gazetteer);
                column.index = index;
                if name.is_empty() || header.find(name).is_err() {
                    column.reference = format!("@{}", letters_of(index));
                }
                column
            })
            .collect();
        Some(Sample { height, columns, start, rows: rows - start, header })
    }
}

/// Whether a column without a name holds texts, as the first one of many tables does.
fn is_named_by_texts(chunk: &Chunk, column: usize, rows: std::ops::Range<usize>) -> bool {
    let texts = rows.filter_map(|row| chunk.cell(row, column)).map(str::trim).filter(|text| !text.is_empty());
    let (numbers, words): (Vec<&str>, Vec<&str>) = texts.partition(|text| is_value(text, &[]));
    words.len() > numbers.len()
}

/// The letters of a column from 0.
pub(super) fn letters_of(index: usize) -> String {
    let column = u16::try_from(index + 1).unwrap_or(u16::MAX);
    model::CellRef { sheet: 0, row: 1, column }.column_letters()
}

/// Where the header begins and how many rows it has, by the row that looks most like it: a row above
/// names what it leaves empty on the left, and rows below say more of what stands above them.
fn extent(chunk: &Chunk, row: usize, missing: &[String]) -> (usize, u32) {
    let first_text = |row: usize| (0..chunk.columns.len()).find(|column| chunk.cell(row, *column).is_some());
    let are_neighbours = |row: usize| chunk.row_number(row) + 1 == chunk.row_number(row + 1);
    let words = |row: usize| {
        let mut texts = (0..chunk.columns.len())
            .filter_map(|column| chunk.cell(row, column))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .peekable();
        texts.peek().is_some() && texts.all(|text| !is_value(text, missing))
    };
    let several =
        |row: usize| (0..chunk.columns.len()).filter(|at| chunk.cell(row, *at).is_some()).count() >= 2;
    let (mut first, mut last) = (row, row);
    // The same headers again and again, under names that tell them apart: `Ngày | H | Q | H | Q` under stations.
    let repeats = |row: usize| {
        let joined = |from: usize, height: u32| Header::joined(chunk, from, Extent::rows(height)).names;
        let named = |names: &[String]| names.iter().filter(|name| !name.is_empty()).count();
        let different = |names: &[String]| {
            names.iter().filter(|name| !name.is_empty()).collect::<std::collections::BTreeSet<_>>().len()
        };
        let (own, both) = (joined(row, 1), joined(row - 1, 2));
        let again = |name: &String| own.iter().filter(|other| *other == name).count() > 1;
        let values = own.iter().filter(|name| !name.is_empty() && again(name)).count();
        values > 2
            && named(&own) == values + 1
            && different(&both) == named(&both)
            && named(&both) == named(&own)
    };
    if first > 0 && are_neighbours(first - 1) && several(first - 1) && words(first - 1) && repeats(first) {
        return (first - 1, 2);
    }
    while first > 0
        && last - first < MAX_HEIGHT - 1
        && are_neighbours(first - 1)
        && several(first - 1)
        && words(first - 1)
        && first_text(first - 1) < first_text(first)
    {
        first -= 1;
    }
    let left = first_text(first);
    // A row of units says more of what stands above it, with a dash where there is none: `- | mg/l | %`.
    let units = |row: usize| {
        let texts = || {
            (0..chunk.columns.len())
                .filter_map(move |column| chunk.cell(row, column))
                .map(|text| text.trim().trim_start_matches('(').trim_end_matches(')'))
                .filter(|text| !text.is_empty())
        };
        // A number is a unit too, to UCUM.
        let is_unit = |text: &str| {
            text.contains(|c: char| c.is_alphabetic() || matches!(c, '%' | '‰' | '°'))
                && unit_of(text).is_some()
        };
        texts().any(is_unit)
            && texts().all(|text| is_unit(text) || missing.iter().any(|marker| marker == text))
    };
    // The same in another language, where the header leaves the first column empty: `Area (Km2)`.
    let names_again = |row: usize| {
        let below = first_text(row + 1);
        left > Some(0) && first_text(row) == left && below.is_some() && below < left
    };
    while last + 2 < chunk.len()
        && last - first < MAX_HEIGHT - 1
        && are_neighbours(last)
        && (words(last + 1) || units(last + 1))
        && (left < first_text(last + 1) || names_again(last + 1))
    {
        last += 1;
    }
    (first, u32::try_from(last - first + 1).unwrap_or(1))
}

/// The first row that has texts where the rows behind it have values: at least two cells, most of
/// them no numbers, and about as wide as the widest.
fn header_row(chunk: &Chunk, missing: &[String], gazetteer: &Gazetteer) -> Option<usize> {
    let rows = chunk.len().min(HEADER_ROWS);
    let texts = |row: usize| {
        (0..chunk.columns.len())
            .filter_map(move |column| chunk.cell(row, column))
            .map(str::trim)
            .filter(|t| !t.is_empty())
    };
    let widest = (0..chunk.len().min(200)).map(|row| texts(row).count()).max()?;
    let looks_like_one = |row: &usize| {
        let (mut count, mut words) = (0_usize, 0_usize);
        // Merged cells are as many as they span, but in a row of one text, which is a title.
        let number = chunk.row_number(*row);
        let is_title = texts(*row).count() < 2;
        for range in chunk.merged.iter().filter(|range| !is_title && range.first_row == number) {
            let more = usize::from(range.last_column.saturating_sub(range.first_column));
            let text = chunk.cell(*row, usize::from(range.first_column).saturating_sub(1));
            if more > 0 && text.is_some_and(|text| !text.trim().is_empty()) {
                (count, words) = (count + more, words + more);
            }
        }
        for text in texts(*row) {
            count += 1;
            words += usize::from(!is_value(text, missing));
        }
        count >= 2 && count * 2 >= widest && words * 2 >= count
    };
    // A letterhead has texts too, but no values soon below it.
    let has_values_below = |row: &usize| {
        (row + 1..chunk.len().min(row + 1 + MAX_HEIGHT))
            .any(|below| texts(below).any(|text| is_value(text, missing)))
    };
    let mut fitting = (0..rows).filter(&looks_like_one);
    let first = fitting.next()?;
    let above_values = std::iter::once(first).chain(fitting).find(has_values_below).unwrap_or(first);
    // Labels and what they say (`Trạm | Cần Thơ`) stand above the header in files of loggers: it is wider,
    // and begins no further right.
    let left = |row: usize| (0..chunk.columns.len()).find(|column| chunk.cell(row, *column).is_some());
    let wider = (above_values + 1..rows)
        .take_while(|row| !texts(*row).any(|text| is_value(text, missing)))
        .find(|row| texts(*row).count() == widest && looks_like_one(row) && left(*row) <= left(above_values));
    let found = wider.filter(|_| texts(above_values).count() < widest).unwrap_or(above_values);
    let found = below_labels(chunk, found, rows, gazetteer).filter(|_| widest == 2).unwrap_or(found);
    // One row about the place of what follows, under a header of its own: `latitude,longitude,elevation`.
    let behind_a_gap = |row: usize| chunk.row_number(row - 1) + 1 < chunk.row_number(row);
    let length = |row: usize| {
        let block = row + 1..chunk.len().min(row + 4);
        block.take_while(|row| !behind_a_gap(*row)).count()
    };
    let is_of_place =
        texts(found).any(|text| ["latitude", "lat", "vi do"].contains(&model::fold(text).as_str()));
    let later = (found + 1..rows)
        .find(|row| behind_a_gap(*row) && looks_like_one(row) && has_values_below(row))
        .filter(|row| is_of_place && length(found) == 1 && length(*row) > 1);
    Some(later.unwrap_or(found))
}

/// The header of a series of two columns, where labels and what they say stand above it and look like one:
/// `Trạm | Cần Thơ`.
fn below_labels(chunk: &Chunk, found: usize, rows: usize, gazetteer: &Gazetteer) -> Option<usize> {
    let pair = |row: usize| {
        let texts = (0..chunk.columns.len()).filter_map(|column| chunk.cell(row, column)).map(str::trim);
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        <[&str; 2]>::try_from(texts).ok()
    };
    let is_of_time = |text: &str| roles(&model::fold(&brackets(text).0)).contains(&Role::Time);
    let [label, said] = pair(found)?;
    let names_property = OF_PROPERTIES.contains(&model::fold(label).as_str());
    let is_header = find_property(gazetteer, &brackets(said).0).is_some() && !names_property;
    if is_header || is_of_time(label) {
        return None;
    }
    let has_digits = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    (found + 1..rows).rev().find(|row| {
        pair(*row).is_some_and(|pair| {
            pair.iter().any(|text| is_of_time(text)) && !pair.iter().any(|text| has_digits(text))
        })
    })
}

/// Whether a text is one of values: a number, or a mark of "no value".
fn is_value(text: &str, missing: &[String]) -> bool {
    NumberStyle::Dot.read(text).is_ok()
        || NumberStyle::Comma.read(text).is_ok()
        || missing.iter().any(|marker| marker == text)
        || vocabulary().word(text).is_some()
}

fn column(name: &str, texts: &[(&str, usize)], gazetteer: &Gazetteer) -> Column {
    let (base, inside) = brackets(within_record(name));
    let order = column_order(texts.iter().map(|(text, _)| *text));
    let style = NumberStyle::resolve(Decimal::Auto, texts.iter().map(|(text, _)| *text));
    let mut column = Column {
        index: 0,
        name: name.to_owned(),
        reference: name.to_owned(),
        roles: roles(&model::fold(&base)),
        base,
        unit: unit_of_last_part(name, gazetteer),
        zone: inside
            .iter()
            .find(|text| is_zone(text))
            .cloned()
            .or_else(|| zone_behind_comma(name))
            .or_else(|| zone_of_header(name)),
        filled: texts.iter().filter(|(text, _)| !is_total(text)).count(),
        numbers: 0,
        style,
        times: 0,
        precision: None,
        order,
        slashed: false,
        years: 0,
        texts: Vec::new(),
        properties: 0,
        units: 0,
    };
    let reader = column.reader();
    let mut seen = HashSet::new();
    let (mut written, mut bare) = (HashMap::new(), 0_usize);
    for (text, row) in texts {
        let mut is_number =
            !matches!(style.read(text), Err(NotANumber::Other)) || style.read_more(text).is_some();
        if !is_number && let Some(unit) = unit_behind(text, style, gazetteer) {
            is_number = true;
            *written.entry(unit).or_insert(0_usize) += 1;
        } else {
            bare += usize::from(is_number);
        }
        column.numbers += usize::from(is_number);
        column.slashed |= crate::observe::slashed_order(text).is_some();
        // A number of days looks like any other number: nothing is guessed of it.
        let is_day_number = assumption(text) == Some("assumed_day_number");
        if let Some(moment) = reader.read(text).filter(|_| !is_day_number) {
            column.times += 1;
            let least = column.precision.map_or(moment.precision, |known| known.min(moment.precision));
            column.precision = Some(least);
            let year = text.parse::<i32>();
            column.years += usize::from(year.is_ok_and(|year| (1800..=2200).contains(&year)));
        }
        if seen.len() < MAX_TEXTS && text.len() <= 200 && !is_total(text) && seen.insert(*text) {
            column.texts.push(((*text).to_owned(), *row));
            column.properties += usize::from(find_property(gazetteer, text).is_some());
            column.units += usize::from(find_unit(gazetteer, text).is_some());
        }
    }
    // Where cells name one unit, those that name none are in it too, unless the header says otherwise.
    if written.len() == 1 || bare == 0 {
        let most = written.into_iter().max_by_key(|(unit, count)| (*count, *unit));
        column.unit = column.unit.or_else(|| most.map(|(unit, _)| unit.to_owned()));
    }
    column
}

/// The unit that is written behind a number in a cell; letters behind the number of a house or an hour are none.
fn unit_behind<'a>(text: &'a str, style: NumberStyle, gazetteer: &Gazetteer) -> Option<&'a str> {
    let (number, unit) = with_unit(text)?;
    let is_capital = unit.len() == 1 && unit.starts_with(char::is_uppercase);
    let is_of_time = || {
        let unit = unit_of(unit).zip(Unit::parse("s").ok());
        unit.is_some_and(|(unit, second)| unit.conversion_to(&second).is_ok())
    };
    let is_one = !is_capital && find_unit(gazetteer, unit).is_some() && !is_of_time();
    (is_one && style.read_before_unit(number).is_some()).then_some(unit)
}

/// Names of objects that hold what is measured or where, and do not say of it what it is.
const OF_RECORDS: &[&str] = &[
    "attributes",
    "coordinates",
    "data",
    "fields",
    "geometry",
    "location",
    "measurement",
    "measurements",
    "observation",
    "observations",
    "place",
    "point",
    "position",
    "properties",
    "reading",
    "readings",
    "record",
    "records",
    "result",
    "results",
    "site",
    "station",
    "value",
    "values",
];

/// The last name of a path of objects, where those around it say nothing more: `values.do_man`.
fn within_record(name: &str) -> &str {
    let Some((around, last)) = name.rsplit_once('.') else { return name };
    let is_around = around.split('.').all(|part| OF_RECORDS.contains(&part.to_lowercase().as_str()));
    if is_around && last.starts_with(char::is_alphabetic) { last } else { name }
}

/// The header without its brackets, and what stands in them.
pub(super) fn brackets(name: &str) -> (String, Vec<String>) {
    let (mut base, mut inside) = (String::new(), Vec::new());
    let mut rest = name;
    while let Some(open) = rest.find(['(', '[']) {
        let close = if rest[open..].starts_with('(') { ')' } else { ']' };
        let Some(length) = rest[open..].find(close) else { break };
        base.push_str(&rest[..open]);
        base.push(' ');
        inside.push(rest[open + 1..open + length].trim().to_owned());
        rest = &rest[open + length + 1..];
    }
    base.push_str(rest);
    // "Mực nước, cm"
    if inside.is_empty()
        && let Some((before, after)) = base.clone().rsplit_once(',')
        && unit_of(after).is_some()
    {
        inside.push(after.trim().to_owned());
        base = before.to_owned();
    }
    (base.trim().to_owned(), inside)
}

/// The unit in brackets behind the last words of a header, whose lowest row says most of its column:
/// `Lúa (ha) Năng suất (tạ/ha)`. Of several behind the same words it is the first, and a bare number is none.
fn unit_of_last_part(name: &str, gazetteer: &Gazetteer) -> Option<String> {
    let (mut found, mut is_of_part) = (None, false);
    for piece in name.split_inclusive([')', ']']) {
        let Some((outside, inside)) = piece.split_once(['(', '[']) else { continue };
        if outside.chars().any(char::is_alphabetic) {
            is_of_part = false;
        }
        let inside = inside.trim_end_matches([')', ']']).trim();
        let is_unit = || unit_of(inside).is_some() || find_unit(gazetteer, inside).is_some();
        if !is_of_part && !inside.bytes().all(|byte| byte.is_ascii_digit()) && is_unit() {
            found = Some(inside.to_owned());
            is_of_part = true;
        }
    }
    found
}

/// The offset behind a comma, as loggers write it: `Date Time, GMT+07:00`.
fn zone_behind_comma(name: &str) -> Option<String> {
    let (_, behind) = name.split_once(',')?;
    let word = behind.split(',').next()?.trim();
    let has_offset = word.contains(['+', '-']) && !word.contains(' ');
    (has_offset && is_zone(word)).then(|| word.to_owned())
}

fn is_zone(text: &str) -> bool {
    (text.starts_with("UTC") || text.starts_with("GMT") || text.starts_with('+'))
        && parse_zone(text).is_some()
}
