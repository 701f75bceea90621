//! A table on a sheet under its mapping: where everything stands, and what each column of values is.

use std::collections::BTreeMap;

use catalog::PlaceMatch;
use chrono::NaiveDate;
use formats::Chunk;
use model::{PlaceId, PlaceKind};
use wording::{Told, told};

use super::columns::{Header, WantedColumns, tidy};
use super::drift::range_of;
use super::found::{Found, said_by_header};
use super::labels::labelled;
use super::leave_out::Elsewhere;
use super::number::NumberStyle;
use super::parts::HeaderTime;
use super::prepare::{Beside, Made, RowReader, in_words, meaning};
use super::resolve::{Aliases, PlaceFinder, find_place};
use super::said::Said;
use super::shared::{Cells, Columns, Shared, fixed_place};
use super::time::{DAY, Moment, TimeFormat, TimeReader, column_order, parse_zone};
use super::values::Block;
use crate::Error;
use crate::mapping::{BlockSource, Mapping, Pattern, TextOrColumn, Unknown, ValueSource, Virtual};

/// The most columns of values of one table.
const MAX_VALUES: usize = 4000;

/// A table on a sheet, ready to be read.
pub(super) struct Plan {
    pub(super) mapping: Mapping,
    pub(super) header: Header,
    /// The texts above the header, folded.
    pub(super) titles: Vec<String>,
    pub(super) rows: RowReader,
    pub(super) finder: Option<PlaceFinder>,
    /// The one place of all values.
    pub(super) place: Option<u32>,
    pub(super) place_column: Option<usize>,
    /// The columns that say what the places belong to.
    pub(super) within: Vec<usize>,
    /// The one time of all values.
    pub(super) moment: Option<Moment>,
    pub(super) reader: TimeReader,
    /// The columns of the time.
    pub(super) times: Vec<usize>,
    /// The parts of the time that stand apart: a column, or a text.
    pub(super) apart: [Option<Apart>; 5],
    pub(super) end: Option<usize>,
    /// The instant that a forecast was made for.
    pub(super) run: Option<Apart>,
    pub(super) quality: Option<usize>,
    pub(super) values: Vec<Read>,
    /// Where the values stand.
    pub(super) value_columns: Vec<usize>,
    /// Columns that are left out because their headers name places that lie elsewhere.
    pub(super) left_out: Vec<(usize, String)>,
    /// Whether a `#` before a row takes it out, once the first row was seen.
    pub(super) comments: Option<bool>,
}

/// A part of the time that stands apart.
#[derive(Debug, Clone)]
pub(super) enum Apart {
    Text(String),
    Column(usize),
}

/// A column of values.
pub(super) struct Read {
    pub(super) columns: Columns,
    pub(super) block: Block,
    /// What its header says of the time.
    pub(super) time: HeaderTime,
    /// The place that its header names.
    pub(super) place: Option<String>,
    /// Whether its header says that the figures are preliminary.
    pub(super) preliminary: bool,
}

/// What stands around a table.
pub(super) struct Around<'a> {
    pub(super) chunk: &'a Chunk,
    /// The last row of the tables above this one.
    pub(super) above: u32,
    pub(super) sheet: &'a str,
    pub(super) file: &'a str,
    /// Whether numbers were written by a program with a decimal dot.
    pub(super) typed: bool,
    /// What the dataset's agency means by names of places.
    pub(super) aliases: &'a Aliases,
}

impl Plan {
    /// Finds a table on a sheet; an error says what is missing.
    pub(super) fn new(
        block: &BlockSource,
        mapping: Mapping,
        header: Header,
        around: &Around<'_>,
        elsewhere: &Elsewhere,
        shared: &mut Shared,
    ) -> Result<Plan, Error> {
        let range = range_of(block);
        let width = header.names.len().max(around.chunk.columns.len());
        let mut making = Making {
            header: &header,
            around,
            range,
            width,
            beside: Vec::new(),
            elsewhere,
            left_out: Vec::new(),
        };
        let time = mapping.time.clone().unwrap_or_default();
        let zone = time.zone.as_deref().and_then(parse_zone).unwrap_or(DAY / 24 * 7);
        let format = time.format.as_deref().and_then(TimeFormat::parse).unwrap_or(TimeFormat::Auto);
        let mut reader = TimeReader { format, order: None, zone };
        let moment = match &time.value {
            None => None,
            Some(text) => Some(reader.read(text).ok_or_else(|| {
                Error::invalid(
                    told!(
                        "intake-mapping-time-no-time",
                        "the mapping, [time]: `{text}` is no time",
                        text = text
                    ),
                    told!(
                        "intake-write-e-g-2015-12-31-format",
                        "write e.g. `2015-12-31`, or the format it is written in"
                    ),
                )
            })?),
        };
        let times = time
            .columns
            .iter()
            .map(|name| making.index(&TextOrColumn::in_column(name), "[time]"))
            .collect::<Result<Vec<_>, _>>()?;
        let mut apart: [Option<Apart>; 5] = [const { None }; 5];
        for (part, fact) in apart.iter_mut().zip(time.parts()) {
            *part = match fact {
                None => None,
                Some(TextOrColumn::Text(text)) => Some(Apart::Text(text.clone())),
                Some(fact) => Some(making.part(fact)?),
            };
        }
        let run = match &time.run {
            None => None,
            Some(TextOrColumn::Text(text)) => Some(Apart::Text(text.clone())),
            Some(fact) => Some(making.part(fact)?),
        };
        let source = mapping.place.clone().unwrap_or_default();
        let place = match &source.value {
            None => None,
            Some(text) => Some(fixed_place(text, shared).ok_or_else(|| {
                Error::invalid(
                    told!(
                        "intake-mapping-place-place-does-not-exist",
                        "the mapping, [place]: the place `{text}` does not exist",
                        text = text
                    ),
                    told!(
                        "intake-write-id-place-catalogue-e-g-station",
                        "write the id of a place in the catalogue, e.g. `station:tan_chau`"
                    ),
                )
            })?),
        };
        let place_column = source.fact().map(|fact| making.index(&fact, "[place]")).transpose()?;
        let within = source.within.iter().map(|name| header.find(name)).collect::<Result<_, _>>()?;
        let finder = (place_column.is_some() || source.value.is_none()).then(|| {
            let kind = source.kind.as_deref().and_then(PlaceKind::from_code);
            let mut aliases = around.aliases.clone();
            for alias in &mapping.place_aliases {
                let kind = alias.kind.as_deref().and_then(PlaceKind::from_code);
                if let Ok(place) = PlaceId::new(&alias.place) {
                    aliases.add(&alias.text, kind, place);
                }
            }
            PlaceFinder::new(shared.gazetteer.clone(), source.scheme.clone(), kind, aliases)
        });
        let end = time.end_column.as_deref().map(|name| header.find(name)).transpose()?;
        let quality = mapping.quality.as_ref().map(|quality| header.find(&quality.column)).transpose()?;
        let columns = making.values(&mapping, shared)?;
        let titles = making.titles().map(|(text, ..)| model::fold(&text)).collect();
        let Making { beside, left_out, .. } = making;
        let rows = RowReader::new(&mapping, &header, range, width, beside)?;
        let first = rows.first();
        let start = (0..around.chunk.len()).take_while(|row| around.chunk.row_number(*row) < first).count();
        let texts = |column: usize| {
            let cells = Cells::of(around.chunk, Some(column));
            (start..around.chunk.len()).filter_map(move |row| cells.get(row))
        };
        if let Some(column) = times.first() {
            // Where rows contradict each other, each has to show its own order.
            reader.order = column_order(texts(*column)).ok().flatten();
        }
        let mut values = Vec::with_capacity(columns.len());
        for (at, found) in columns.into_iter().enumerate() {
            let cells = Cells::of(around.chunk, Some(found.value));
            let written = (start..around.chunk.len())
                .filter(|row| !around.chunk.is_typed(*row, found.value))
                .filter_map(|row| cells.get(row));
            let style = match NumberStyle::resolve(mapping.source.decimal, written) {
                NumberStyle::Unclear if around.typed => NumberStyle::Dot,
                style => style,
            };
            let Found { value, property, unit, period, statistic, source, time, place, preliminary, number } =
                found;
            let temperature = source.temperature.as_deref().map(|name| header.find(name)).transpose()?;
            let block = Block::new(number.unwrap_or(at), &source, shared)?;
            let columns = Columns { value, property, unit, period, statistic, temperature, style };
            values.push(Read { columns, block, time, place, preliminary });
        }
        Ok(Plan {
            mapping,
            header,
            titles,
            rows,
            finder,
            place,
            place_column,
            within,
            moment,
            reader,
            times,
            apart,
            end,
            run,
            quality,
            value_columns: values.iter().map(|read| read.columns.value).collect(),
            values,
            left_out,
            comments: None,
        })
    }

    /// The first column that holds a part of the time.
    pub(super) fn time_column(&self) -> Option<usize> {
        let apart = self.apart.iter().flatten().find_map(|part| match part {
            Apart::Column(column) => Some(*column),
            Apart::Text(_) => None,
        });
        self.times.first().copied().or(apart)
    }

    /// A year in the headers that breaks their order by itself, and the one between its neighbours: `1988`
    /// between `1997` and `1999`.
    pub(super) fn odd_year(&self) -> Option<(usize, String)> {
        let years: Vec<(usize, i32)> = self
            .values
            .iter()
            .filter_map(|read| Some((read.columns.value, read.time.parts[0].as_ref()?.parse().ok()?)))
            .collect();
        years.windows(3).find_map(|three| {
            let [(_, before), (column, year), (_, after)] = three else { return None };
            let between = before + 1;
            (after - before == 2 && *year != between).then(|| (*column, between.to_string()))
        })
    }
}

/// The header that a table's mapping means.
pub(crate) fn header_of(block: &BlockSource, mapping: &Mapping, chunk: &Chunk) -> Result<Header, Error> {
    let wanted = WantedColumns::of(mapping, range_of(block));
    match Header::of_mapping(chunk, &wanted, mapping.source.header_row) {
        // The same columns may stand a few rows lower than in the file that the mapping was made for.
        Err(error) if mapping.shape.is_some() && mapping.source.header_row.is_some() => {
            Header::of_mapping(chunk, &wanted, None).map_err(|_| error)
        }
        found => found,
    }
}

/// Finds columns, and notes what has to be put beside.
struct Making<'a> {
    header: &'a Header,
    around: &'a Around<'a>,
    /// The first and the last column of the table.
    range: (usize, usize),
    width: usize,
    beside: Vec<Beside>,
    elsewhere: &'a Elsewhere,
    /// Columns of places that are left out.
    left_out: Vec<(usize, String)>,
}

impl Making<'_> {
    /// Whether the header of a column names a place that is left out.
    fn lies_elsewhere(&self, found: &Found, mapping: &Mapping, shared: &Shared) -> bool {
        let Some(name) = &found.place else { return false };
        let source = mapping.place.as_ref();
        let kind = source.and_then(|place| PlaceKind::from_code(place.kind.as_deref()?));
        let scheme = source.and_then(|place| place.scheme.as_deref());
        let is_known = |on| find_place(&shared.gazetteer, name, kind, scheme, on) != PlaceMatch::None;
        let leaves_out = source.is_some_and(|place| place.unknown == Unknown::LeaveOut);
        let known = is_known(NaiveDate::MAX) || is_known(crate::guess::before_the_merger());
        !known && (leaves_out || self.elsewhere.holds(name))
    }

    /// The column in which a fact stands, real or put beside.
    fn index(&mut self, fact: &TextOrColumn, whose: &str) -> Result<usize, Error> {
        self.index_known(fact, whose, &|_| true)
    }

    /// The same, where of several titles that fit the first is meant whose meaning is known.
    fn index_known(
        &mut self,
        fact: &TextOrColumn,
        whose: &str,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Result<usize, Error> {
        let TextOrColumn::Column { column: name, pattern, words, .. } = fact else {
            return Err(Error::internal("finding a column", "a fixed text stands in no column"));
        };
        let compiled = self.pattern(pattern.as_deref())?;
        let made = match Virtual::of(name) {
            None | Some(Virtual::Letters(_)) => {
                let column = self.header.find(name)?;
                if compiled.is_none() && words.is_empty() {
                    return Ok(column);
                }
                Made::Of { column, pattern: compiled.map(Box::new), words: words.clone() }
            }
            Some(Virtual::Group(part)) => Made::Group { part },
            Some(stands) => {
                let means = |text: &str| is_known(&in_words(text, words).unwrap_or_else(|| text.to_owned()));
                let found = self.around_text(&stands, compiled.as_ref(), &means);
                let (text, row, column) = found.ok_or_else(|| {
                    let stands = words_of(&stands);
                    let what = match &pattern {
                        Some(pattern) => told!(
                            "intake-no-text-that-fits",
                            "{whose}: there is no text that fits `{pattern}` in {stands}",
                            whose = whose,
                            pattern = pattern,
                            stands => stands
                        ),
                        None => told!(
                            "intake-no-text",
                            "{whose}: there is no text in {stands}",
                            whose = whose,
                            stands => stands
                        ),
                    };
                    Error::invalid(
                        self.on_sheet(what),
                        told!(
                            "intake-correct-mapping-hand-another-file",
                            "correct the mapping, or hand in another file"
                        ),
                    )
                })?;
                Made::Constant { text: in_words(&text, words).unwrap_or(text), row, column }
            }
        };
        self.beside.push(Beside { name: name.trim_start_matches('@').to_owned(), made });
        Ok(self.width + self.beside.len() - 1)
    }

    /// A part of the time; one that stands around the table is the same for all of it.
    fn part(&mut self, fact: &TextOrColumn) -> Result<Apart, Error> {
        let before = self.beside.len();
        let column = self.index(fact, "[time]")?;
        match self.beside.get(before) {
            Some(Beside { made: Made::Constant { text, .. }, .. }) => {
                let text = text.clone();
                self.beside.truncate(before);
                Ok(Apart::Text(text))
            }
            _ => Ok(Apart::Column(column)),
        }
    }

    fn on_sheet(&self, what: Told) -> Told {
        if self.around.sheet.is_empty() {
            return what;
        }
        told!("intake-on-sheet", "sheet `{sheet}`, {what}", sheet = self.around.sheet, what => what)
    }

    fn pattern(&self, text: Option<&str>) -> Result<Option<Pattern>, Error> {
        let compiled = text.map(|text| {
            Pattern::new(text).map_err(|what| {
                Error::invalid(
                    told!("intake-pattern", "the pattern `{text}`: {what}", text = text, what => what),
                    told!("intake-correct-mapping", "correct the mapping"),
                )
            })
        });
        compiled.transpose()
    }

    /// A text that stands around the table, and its row and column.
    fn around_text(
        &self,
        stands: &Virtual,
        pattern: Option<&Pattern>,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Option<(String, u32, usize)> {
        let none = BTreeMap::new();
        let part = |text: &str| meaning(text, pattern, &none).filter(|text| !text.is_empty());
        match stands {
            Virtual::Sheet => Some((part(self.around.sheet)?, 0, 0)),
            Virtual::File => {
                let file = self.around.file;
                Some((part(file.rsplit_once('.').map_or(file, |(name, _)| name))?, 0, 0))
            }
            Virtual::Cell { row, column } => {
                let chunk = self.around.chunk;
                let at = (0..chunk.len()).find(|at| chunk.row_number(*at) == *row)?;
                Some((part(&tidy(chunk.cell(at, *column)?))?, *row, *column))
            }
            Virtual::Title => {
                let fits = |(text, row, column): (String, u32, usize)| Some((part(&text)?, row, column));
                let known = self.titles().filter_map(fits).find(|(text, ..)| is_known(text));
                known.or_else(|| self.titles().find_map(fits))
            }
            Virtual::Letters(_) | Virtual::Group(_) => None,
        }
    }

    /// The texts above the header: those behind the tables above it first, and of these the ones above
    /// the table's own columns.
    fn titles(&self) -> impl Iterator<Item = (String, u32, usize)> {
        let own = move |column: &usize| (self.range.0..=self.range.1).contains(column);
        let above = self.around.above;
        let near = move |(_, row, _): &(String, u32, usize)| *row > above;
        let others = move || self.titles_over(move |column| !own(column));
        let nearest = self.titles_over(own).filter(near).chain(others().filter(near));
        nearest.chain(self.titles_over(own).chain(others()).filter(move |title| !near(title)))
    }

    /// The texts above the header in some columns.
    fn titles_over(
        &self,
        over: impl Fn(&usize) -> bool + Copy,
    ) -> impl Iterator<Item = (String, u32, usize)> {
        let chunk = self.around.chunk;
        let rows = (0..chunk.len()).take_while(|at| chunk.row_number(*at) < self.header.row);
        rows.flat_map(move |at| (0..chunk.columns.len()).filter(over).map(move |column| (at, column)))
            .flat_map(move |(at, column)| {
                let text = chunk.cell(at, column).map(tidy).filter(|text| !text.is_empty());
                let texts = text.into_iter().chain(labelled(chunk, at, column));
                texts.map(move |text| (text, chunk.row_number(at), column))
            })
    }

    /// The columns of values, each with what its header says.
    fn values(&mut self, mapping: &Mapping, shared: &Shared) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        let mut unknown: Vec<Told> = Vec::new();
        // What is read as something else is no column of values, whatever its header.
        let named = mapping.columns().into_iter().filter(|name| {
            !mapping.values.iter().any(|value| value.columns.is_none() && value.column == *name)
        });
        let taken: Vec<usize> = named.filter_map(|name| self.header.find(name).ok()).collect();
        for (number, source) in mapping.values.iter().enumerate() {
            let mut concrete = source.clone();
            let property = self.fact(&mut concrete.property, Said::Property, shared)?;
            let mut optional = |fact: Option<&mut TextOrColumn>, said| {
                fact.map_or(Ok(None), |fact| self.fact(fact, said, shared))
            };
            let unit = optional(concrete.unit.as_mut(), Said::Unit)?;
            let period = optional(concrete.period.as_mut(), Said::Period)?;
            let statistic = optional(concrete.statistic.as_mut(), Said::Statistic)?;
            let one = |value: usize, source: ValueSource| Found {
                value,
                property,
                unit,
                period,
                statistic,
                source,
                time: HeaderTime::default(),
                place: None,
                preliminary: false,
                number: Some(number),
            };
            let Some(pattern) = self.pattern(source.columns.as_deref())? else {
                let value = self.header.find(&source.column)?;
                found.push(one(value, concrete));
                continue;
            };
            let except =
                source.except.iter().map(|text| self.pattern(Some(text))).collect::<Result<Vec<_>, _>>()?;
            for (value, header) in self.header.names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                if taken.contains(&value) || except.iter().flatten().any(|except| except.fits(header)) {
                    continue;
                }
                let Some(captured) = pattern.captures(header) else { continue };
                let mut this =
                    one(value, ValueSource { column: header.clone(), columns: None, ..concrete.clone() });
                this.preliminary = crate::mapping::is_preliminary(header);
                match said_by_header(&mut this, &captured, &source.words, shared) {
                    Ok(()) if self.lies_elsewhere(&this, mapping, shared) => {
                        self.left_out.push((value, header.clone()));
                    }
                    Ok(()) => found.push(this),
                    Err(what) => unknown.push(what),
                }
            }
        }
        if !unknown.is_empty() {
            unknown.dedup();
            let shown: Vec<Told> = unknown.iter().take(12).cloned().collect();
            return Err(Error::invalid(
                told!(
                    "intake-headers-say-what-nobody-knows",
                    "headers say what nobody knows: {shown}",
                    shown => shown
                ),
                told!(
                    "intake-add-words-text-meaning-value-leave-those",
                    "add `words = { \"text\" = \"meaning\" }` to the `[[value]]`, leave those columns out with `except`, or register the property"
                ),
            ));
        }
        if found.len() > MAX_VALUES {
            return Err(Error::Limit {
                what: told!("intake-columns-values-one-table", "the columns of values of one table"),
                limit: MAX_VALUES.to_string().into(),
            });
        }
        Ok(found)
    }

    /// The column of a fact; one that is the same for the whole table becomes a fixed text.
    fn fact(&mut self, fact: &mut TextOrColumn, said: Said, shared: &Shared) -> Result<Option<usize>, Error> {
        let TextOrColumn::Column { prefix, default, .. } = &*fact else { return Ok(None) };
        let (prefix, default) = (prefix.clone(), default.clone());
        let before = self.beside.len();
        let means = |text: &str| said.is_known(&format!("{prefix}{text}"), shared);
        let index = match self.index_known(fact, "[[value]]", &means) {
            Ok(index) => index,
            Err(error) => match default {
                Some(text) if fact.column().is_some_and(|name| name.starts_with('@')) => {
                    *fact = TextOrColumn::Text(text);
                    return Ok(None);
                }
                _ => return Err(error),
            },
        };
        if let Some(Beside { made: Made::Constant { text, .. }, .. }) = self.beside.get(before) {
            let text = format!("{prefix}{text}");
            if !said.is_known(&text, shared) {
                return Err(Error::invalid(
                    self.on_sheet(said.unknown(&text)),
                    told!(
                        "intake-add-words-text-meaning-fact-mapping-register",
                        "add `words = { \"text\" = \"meaning\" }` to the fact in the mapping, or register the property"
                    ),
                ));
            }
            *fact = TextOrColumn::Text(text);
            self.beside.truncate(before);
            return Ok(None);
        }
        Ok(Some(index))
    }
}

fn words_of(stands: &Virtual) -> Told {
    match stands {
        Virtual::Sheet => told!("intake-sheet-name", "the sheet's name"),
        Virtual::File => told!("intake-file-name", "the file's name"),
        Virtual::Title => told!("intake-rows-above-header", "the rows above the header"),
        Virtual::Cell { row, column } => {
            let cell = super::shared::cell_at(0, *row, *column).a1();
            told!("intake-the-cell", "the cell {cell}", cell = cell)
        }
        Virtual::Letters(_) | Virtual::Group(_) => told!("intake-the-column", "the column"),
    }
}
