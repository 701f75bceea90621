//! Guessing the mapping of a table of observations.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::Chunk;

use super::evidence::Evidence;
use super::example::placeholder;
use super::fill::filled_down;
use super::headers::numeric_columns;
use super::sample::{Column, Sample, letters_of};
use super::survey::{SheetSample, Survey};
use super::unique::repeated;
use super::usual::{calendar, names_a_part_of_time, names_a_row, offset_text, usual_period};
use super::words::Role;
use super::{Decision, Guessed};
use crate::Error;
use crate::mapping::{Decimal, Mapping, MappingKind, TextOrColumn, TimeSource, ValueSource};
use crate::observe::{DateOrder, Elsewhere, Header, NumberStyle, Precision, find_property, usual_statistic};

/// The most value columns that a guess takes.
const MAX_VALUES: usize = 200;

/// A guess in the making.
pub(super) struct Guess<'a> {
    pub(super) gazetteer: &'a Gazetteer,
    pub(super) chunk: &'a Chunk,
    pub(super) elsewhere: &'a Elsewhere,
    survey: &'a Survey,
    pub(super) evidence: Evidence<'a>,
    pub(super) sample: Sample,
    /// The sheets that have the same header, this one included.
    pub(super) alike: Vec<&'a SheetSample>,
    pub(super) mapping: Mapping,
    pub(super) decisions: Vec<Decision>,
    /// What could not be found, as phrases.
    missing: Vec<String>,
    /// Columns that already have a meaning.
    pub(super) used: Vec<usize>,
}

impl<'a> Guess<'a> {
    pub(super) fn of(
        survey: &'a Survey,
        sheet: &'a SheetSample,
        gazetteer: &'a Gazetteer,
        elsewhere: &'a Elsewhere,
    ) -> Result<Guess<'a>, Error> {
        let chunk = &sheet.chunk;
        let mut mapping = Mapping::new(MappingKind::Observations);
        let mut decisions = Vec::new();
        let sample =
            Sample::of(chunk, &mapping.source.missing, gazetteer).ok_or_else(|| Error::Unmapped {
                missing: "no row looks like a header with at least two columns".into(),
                example: placeholder(&Header::default()),
            })?;
        let alike = alike(survey, &sample, &mapping.source.missing, gazetteer);
        let mut decide = |path: &str, confidence: f64, reason: String| {
            decisions.push(Decision { path: path.into(), confidence, reason });
        };
        if alike.len() > 1 {
            decide("source.sheets", 0.9, format!("these {} sheets have the same header", alike.len()));
            mapping.source.sheets = alike.iter().map(|sheet| sheet.name.clone()).collect();
        } else if survey.count > 1 && !sheet.name.is_empty() {
            mapping.source.sheet = Some(sheet.name.clone());
            decide("source.sheet", 0.9, "the first sheet that holds a table".into());
        }
        let read: Vec<&str> =
            std::iter::once(sheet).chain(alike.iter().copied()).map(|sheet| sheet.name.as_str()).collect();
        if let Some(reason) = survey.unread(&read) {
            decide("source.sheets", 0.5, reason);
        }
        if sample.header.row != 1 || sample.height > 1 {
            mapping.source.header_row = Some(sample.header.row);
            decide("source.header_row", 0.9, "the first row that has texts above values".into());
        }
        if sample.height > 1 {
            mapping.source.header_height = Some(sample.height);
            decide("source.header_height", 0.8, "texts of these rows make up the headers".into());
        }
        let evidence = Evidence::of(survey, sheet, sample.header.row);
        let (missing, used) = (Vec::new(), Vec::new());
        let mut guess = Guess {
            gazetteer,
            chunk,
            elsewhere,
            survey,
            evidence,
            sample,
            alike,
            mapping,
            decisions,
            missing,
            used,
        };
        guess.keep_to_one_kind(sheet);
        Ok(guess)
    }

    /// Where the titles of sheets that are laid out alike tell different things, only the first is read.
    fn keep_to_one_kind(&mut self, sheet: &SheetSample) {
        let of = |sheet: &SheetSample| {
            let evidence = Evidence::of(self.survey, sheet, self.sample.header.row);
            // The file's name is the same for all.
            let evidence = Evidence { file: "", ..evidence };
            let named = evidence.property(self.gazetteer);
            let property = named.map(|named| (named.property.code.clone(), named.period, named.statistic));
            (property, evidence.unit(self.gazetteer).map(|(_, unit)| unit))
        };
        let own = of(sheet);
        let others: Vec<String> = self
            .alike
            .iter()
            .filter(|other| of(other) != own)
            .map(|other| format!("`{}`", other.name))
            .collect();
        if others.is_empty() {
            return;
        }
        self.alike.clear();
        self.mapping.source.sheets.clear();
        self.mapping.source.sheet = Some(sheet.name.clone());
        self.decisions.retain(|decision| !decision.path.starts_with("source.sheet"));
        let reason = format!(
            "the titles or names of {} tell something else than those of `{}`: are they left out, or handed in under a mapping of their own?",
            others.join(", "),
            sheet.name
        );
        self.because("source.sheet", 0.5, &reason);
    }

    pub(super) fn mapping(mut self) -> Result<Guessed, Error> {
        let start = format!(
            "guessed from the header in row {} and {} rows below it",
            self.sample.header.row, self.sample.rows
        );
        self.because("", 1.0, &start);
        let precision = self.time();
        self.place();
        self.values(precision);
        self.decimals();
        self.fill();
        self.ask_what_names_rows();
        if self.missing.is_empty() {
            return Ok(Guessed::new(self.mapping, self.decisions));
        }
        let example = self.example();
        Err(Error::Unmapped { missing: self.missing.join("; "), example })
    }

    pub(super) fn because(&mut self, path: &str, confidence: f64, reason: &str) {
        self.decisions.push(Decision { path: path.to_owned(), confidence, reason: reason.to_owned() });
    }

    pub(super) fn free(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.sample.columns.iter().enumerate().filter(|(at, _)| !self.used.contains(at))
    }

    // ---- time

    fn time(&mut self) -> Option<Precision> {
        let is_date = |column: &Column| {
            column.nearly_all(column.times) && !column.nearly_all(column.years) && column.precision.is_some()
        };
        let named = |column: &Column| {
            [Role::Time, Role::Day, Role::Month, Role::Year].iter().any(|role| column.has(*role))
        };
        let date = self
            .free()
            .find(|(_, column)| named(column) && is_date(column))
            .or_else(|| {
                self.free().find(|(_, column)| is_date(column) && column.precision >= Some(Precision::Day))
            })
            .map(|(at, _)| at);
        match date {
            Some(at) => Some(self.one_time(at)),
            None => self.split_time(),
        }
    }

    /// The time stands in one column.
    fn one_time(&mut self, at: usize) -> Precision {
        let column = &self.sample.columns[at];
        let mut time = TimeSource { columns: vec![column.reference.clone()], ..TimeSource::default() };
        let precision = column.precision.unwrap_or(Precision::Instant);
        let reason = format!("all {} texts of this column are times", column.times);
        let zone = column.zone.clone();
        let format = column.slashed.then_some(match column.order {
            Ok(Some(DateOrder::MonthFirst)) => {
                (Some("%m/%d/%Y"), "some dates have a second number above 12: the month comes first")
            }
            Ok(Some(DateOrder::DayFirst)) => {
                (Some("%d/%m/%Y"), "some dates have a first number above 12: the day comes first")
            }
            Ok(None) => (
                Some("%d/%m/%Y"),
                "no date shows whether day or month comes first: taken as day first, CHECK",
            ),
            Err(()) => (None, "dates with the day first and with the month first stand in one column, CHECK"),
        });
        self.used.push(at);
        self.because("time.columns", 0.95, &reason);
        if let Some((date, reason)) = format {
            // The order is written down, since the next file may not show it.
            let clocks = ["", " %H:%M", " %H:%M:%S"];
            let patterns = date.iter().flat_map(|date| clocks.map(|clock| format!("{date}{clock}")));
            let pattern = patterns.into_iter().find(|pattern| self.reads_all(at, pattern));
            let path = if pattern.is_some() { "time.format" } else { "time.columns" };
            let confidence = if pattern.is_none() || reason.contains("CHECK") { 0.7 } else { 0.95 };
            time.format = pattern;
            self.because(path, confidence, reason);
        }
        if let Some(zone) = zone {
            time.zone = Some(offset_text(&zone));
            self.because("time.zone", 0.9, &format!("the header says `{zone}`"));
        }
        self.mapping.time = Some(time);
        precision
    }

    /// Whether a pattern reads all texts of a column that are times.
    fn reads_all(&self, at: usize, pattern: &str) -> bool {
        let column = &self.sample.columns[at];
        let Some(format) = crate::observe::TimeFormat::parse(pattern) else { return false };
        let reader = crate::observe::TimeReader { format, ..column.reader() };
        column.texts.iter().filter(|(text, _)| reader.read(text).is_some()).count()
            >= column.texts.len() * 9 / 10
    }

    /// The time stands in several columns, or is a year.
    fn split_time(&mut self) -> Option<Precision> {
        let numeric = |role: Role| {
            self.free().find(|(_, column)| column.has(role) && column.is_numeric()).map(|(at, _)| at)
        };
        let year = self
            .free()
            .find(|(_, column)| column.has(Role::Year) && column.nearly_all(column.years))
            .or_else(|| {
                self.free().find(|(_, column)| column.has(Role::Time) && column.nearly_all(column.years))
            })
            .map(|(at, _)| at);
        let Some(year) = year else {
            if let Some(precision) = self.year_around() {
                return Some(precision);
            }
            self.missing.push("no column holds times (a header such as `Thời gian`, `Ngày`, `Năm`, `Date`, with dates below it), and no title, sheet or file is named after one year".into());
            return None;
        };
        let mut columns = vec![year];
        for role in [Role::Month, Role::Day, Role::Hour, Role::Minute] {
            match numeric(role) {
                Some(at) if !columns.contains(&at) => columns.push(at),
                _ => break,
            }
        }
        let names: Vec<String> =
            columns.iter().map(|at| self.sample.columns[*at].reference.clone()).collect();
        let precision = match columns.len() {
            1 => Precision::Year,
            2 => Precision::Month,
            3 => Precision::Day,
            _ => Precision::Instant,
        };
        let mut time = TimeSource { columns: names, ..TimeSource::default() };
        if precision == Precision::Year {
            time.format = Some("year".into());
            self.because("time.columns", 0.95, "the header names a year, and every text is one");
        } else {
            self.because("time.columns", 0.95, "these columns hold the parts of the time");
        }
        self.used.extend(columns);
        self.mapping.time = Some(time);
        Some(precision)
    }

    // ---- values

    fn values(&mut self, precision: Option<Precision>) {
        let find =
            |holds: &dyn Fn(&Column) -> bool| self.free().find(|(_, column)| holds(column)).map(|(at, _)| at);
        let unit = find(&|column| column.has(Role::Unit) && column.mostly(column.units));
        let property = find(&|column| {
            !column.is_numeric() && column.has(Role::Property) && column.mostly(column.properties)
        })
        .or_else(|| {
            find(&|column| {
                !column.is_numeric() && !column.texts.is_empty() && column.properties == column.texts.len()
            })
        });
        let season = find(&|column| column.has(Role::Season) && !column.is_numeric());
        self.used.extend([unit, property, season].into_iter().flatten());
        let period = season.map(|at| TextOrColumn::Column {
            column: self.sample.columns[at].reference.clone(),
            prefix: "season:".into(),
            default: None,
            pattern: None,
            words: std::collections::BTreeMap::new(),
        });
        let unit = unit.map(|at| TextOrColumn::in_column(&self.sample.columns[at].reference));
        let numeric: Vec<usize> = self
            .free()
            .filter(|(_, column)| column.is_numeric() && !names_a_part_of_time(&model::fold(&column.base)))
            .map(|(at, _)| at)
            .take(MAX_VALUES)
            .collect();

        if let Some(property) = property {
            self.long(property, &numeric, unit, period, precision);
        } else {
            self.wide(&numeric, unit.clone(), period.clone(), precision);
            if self.mapping.values.is_empty() && !self.wide_by_place(&numeric, precision) {
                self.only_value(&numeric, unit, period, precision);
            }
            self.ask_for_property(&numeric);
            self.ask_for_the_rest(&numeric);
        }
        if self.mapping.place.is_none()
            && (self.mapping.values.is_empty()
                || self.mapping.values.iter().any(|value| value.place.is_none()))
        {
            let mut missing = "no column names the places (a header such as `Trạm`, `Tỉnh`, `Station`, with names or ids of places below it)".to_owned();
            if let Some(places) = self.evidence.may_be_at(self.gazetteer) {
                missing.push_str(&format!("; are all values at one of {places}?"));
            }
            self.missing.push(missing);
        }
    }

    /// One column of values, another that names the property of each.
    fn long(
        &mut self,
        property: usize,
        numeric: &[usize],
        unit: Option<TextOrColumn>,
        period: Option<TextOrColumn>,
        precision: Option<Precision>,
    ) {
        let named: Vec<usize> =
            numeric.iter().copied().filter(|at| self.sample.columns[*at].has(Role::Value)).collect();
        let column = match (named.as_slice(), numeric) {
            ([one], _) | ([], [one]) => &self.sample.columns[*one],
            _ => {
                self.missing.push(
                    "no column holds the values (a header such as `Giá trị`, `Value`, with numbers below it)"
                        .into(),
                );
                return;
            }
        };
        let name = self.sample.columns[property].reference.clone();
        let count = self.sample.columns[property].properties;
        let value = ValueSource {
            unit: unit.or_else(|| column.unit.clone().map(TextOrColumn::Text)),
            period: period.or_else(|| calendar(precision)),
            ..ValueSource::new(&column.reference, TextOrColumn::in_column(&name))
        };
        let reason = format!("{} of {} rows hold a number", column.numbers, self.sample.rows);
        self.because("value.0.column", 0.9, &reason);
        self.because(
            "value.0.property",
            0.9,
            &format!("{count} different texts of this column are properties"),
        );
        self.explain_period(0, value.period.as_ref());
        self.mapping.values.push(value);
    }

    /// Columns whose headers name properties, or places.
    fn wide(
        &mut self,
        numeric: &[usize],
        unit: Option<TextOrColumn>,
        period: Option<TextOrColumn>,
        precision: Option<Precision>,
    ) {
        for at in numeric {
            let column = &self.sample.columns[*at];
            // `Amoni (theo N) (mg/l)`: only the unit is no part of the name.
            let without_unit = column
                .unit
                .as_ref()
                .map(|unit| column.name.replace(&format!("({unit})"), "").replace(&format!("[{unit}]"), ""));
            let found = find_property(self.gazetteer, &column.base)
                .or_else(|| find_property(self.gazetteer, without_unit.as_deref()?))
                .or_else(|| find_property(self.gazetteer, &column.name))
                .or_else(|| find_property(self.gazetteer, &model::fold(&column.base)));
            let Some(property) = found else { continue };
            let statistic = usual_statistic(property.statistic.as_deref());
            let value = ValueSource {
                unit: column.unit.clone().map(TextOrColumn::Text).or_else(|| unit.clone()),
                period: period
                    .clone()
                    .or_else(|| calendar(precision))
                    .or_else(|| usual_period(property.code.as_str(), statistic)),
                ..ValueSource::new(&column.reference, TextOrColumn::Text(property.code.to_string()))
            };
            let reason = format!("the header names the property `{}` ({})", property.code, property.name.vi);
            let unit_reason = match &column.unit {
                Some(unit) => format!("`{unit}` stands in the header"),
                None => String::new(),
            };
            let index = self.mapping.values.len();
            self.because(&format!("value.{index}.property"), 0.95, &reason);
            if !unit_reason.is_empty() {
                self.because(&format!("value.{index}.unit"), 0.95, &unit_reason);
            } else if value.unit.is_none() {
                self.because(
                    &format!("value.{index}.column"),
                    0.7,
                    &format!("no unit is named: taken as `{}`, the property's own, CHECK", property.unit),
                );
            }
            self.explain_period(index, value.period.as_ref());
            self.mapping.values.push(value);
        }
    }

    /// Columns of numbers that the mapping does not read are not passed over in silence.
    fn ask_for_the_rest(&mut self, numeric: &[usize]) {
        if self.mapping.values.is_empty() || self.mapping.values.iter().any(|value| value.columns.is_some()) {
            return;
        }
        let read = self.mapping.columns();
        let rest: Vec<String> = numeric
            .iter()
            .map(|at| &self.sample.columns[*at])
            .filter(|column| {
                !read.contains(&column.reference.as_str()) && !names_a_row(&model::fold(&column.base))
            })
            .map(|column| format!("`{}`", column.name))
            .collect();
        if !rest.is_empty() {
            let shown = rest.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            let more = if rest.len() > 8 { format!(" and {} more", rest.len() - 8) } else { String::new() };
            let reason =
                format!("nobody knows the property of {shown}{more}, which hold numbers: are they left out?");
            self.because("value", 0.5, &reason);
        }
    }

    /// Says that nothing tells which property the values are.
    fn ask_for_property(&mut self, numeric: &[usize]) {
        if self.mapping.values.is_empty() {
            let names: Vec<String> =
                numeric.iter().take(5).map(|at| format!("`{}`", self.sample.columns[*at].name)).collect();
            let nameless: Vec<String> =
                numeric_columns(self.chunk, self.sample.start, &self.mapping.source.missing)
                    .into_iter()
                    .filter(|column| self.sample.header.name(*column).is_empty())
                    .map(|column| format!("`@{}`", letters_of(column)))
                    .collect();
            self.missing.push(if names.is_empty() && !nameless.is_empty() {
                format!(
                    "nothing says which property the values of {} are: these columns have no header of their own",
                    nameless.join(", ")
                )
            } else if names.is_empty() {
                "no column holds numbers".into()
            } else {
                format!("nothing says which property the values of {} are", names.join(", "))
            });
        }
    }

    fn explain_period(&mut self, index: usize, period: Option<&TextOrColumn>) {
        let reason = match period {
            Some(TextOrColumn::Text(text)) if text == "P1Y" => "the times are years",
            Some(TextOrColumn::Text(text)) if text == "P1M" => "the times are months",
            Some(TextOrColumn::Text(_)) => "the property is usually of this period",
            Some(TextOrColumn::Column { .. }) => "the season of each row; the time is its calendar year",
            None => return,
        };
        self.because(&format!("value.{index}.period"), 0.85, reason);
    }

    /// Says where cells of the place or the time are merged downwards.
    fn fill(&mut self) {
        let place = self.mapping.place.as_ref().and_then(|place| place.column.clone());
        let times = self.mapping.time.iter().flat_map(|time| time.columns.clone());
        let names: Vec<String> = place.into_iter().chain(times).collect();
        let values: Vec<usize> = self
            .mapping
            .values
            .iter()
            .filter_map(|value| self.sample.header.find(&value.column).ok())
            .collect();
        for name in names {
            let Ok(column) = self.sample.header.find(&name) else { continue };
            let rows = self.sample.start..self.sample.start + self.sample.rows;
            if let Some((confidence, reason)) = filled_down(self.chunk, column, rows, &values) {
                self.mapping.rows.fill.push(name);
                self.because("rows.fill", confidence, &reason);
            }
        }
    }

    /// Rows that nothing tells apart, and names that stand twice in the header, are asked about.
    fn ask_what_names_rows(&mut self) {
        let header = &self.sample.header;
        let of = |name: &String| header.find(name).ok();
        let values: Vec<usize> = self.mapping.values.iter().filter_map(|value| of(&value.column)).collect();
        let filled: Vec<usize> = self.mapping.rows.fill.iter().filter_map(of).collect();
        let keys: Vec<usize> = self.used.iter().map(|at| self.sample.columns[*at].index).collect();
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let of_rows = repeated(self.chunk, rows, &keys, &filled, &values);
        let place = self.mapping.place.as_ref().and_then(|place| place.column.as_ref());
        let times = self.mapping.time.iter().flat_map(|time| &time.columns);
        let twice = place.into_iter().chain(times).find(|name| name.starts_with('@'));
        let of_header = twice.and_then(of).map(|column| {
            let name = header.name(column);
            format!("`{name}` stands more than once in the header: do several tables stand beside each other? Then each needs a `[[block]]`")
        });
        for reason in of_rows.into_iter().chain(of_header) {
            self.because("place", 0.3, &reason);
        }
    }

    /// The style of decimals, where all value columns agree.
    fn decimals(&mut self) {
        let names: Vec<&str> = self.mapping.values.iter().map(|value| value.column.as_str()).collect();
        let styles: HashMap<&str, NumberStyle> =
            self.sample.columns.iter().map(|column| (column.reference.as_str(), column.style)).collect();
        let comma = names.iter().any(|name| styles.get(name) == Some(&NumberStyle::Comma));
        let dot = names.iter().any(|name| {
            let column = self.sample.columns.iter().find(|column| column.reference == *name);
            column.is_some_and(|column| {
                column.style == NumberStyle::Dot && column.texts.iter().any(|(text, _)| text.contains('.'))
            })
        });
        if comma && !dot {
            self.mapping.source.decimal = Decimal::Comma;
            self.because("source.decimal", 0.95, "numbers have a comma where only decimals can be");
        }
    }
}

/// The sheets that have the same header in the same row; none where there is one sheet.
fn alike<'a>(
    survey: &'a Survey,
    sample: &Sample,
    missing: &[String],
    gazetteer: &Gazetteer,
) -> Vec<&'a SheetSample> {
    let is_alike = |other: &&SheetSample| {
        Sample::of(&other.chunk, missing, gazetteer).is_some_and(|theirs| {
            theirs.header.names == sample.header.names
                && (theirs.header.row, theirs.height) == (sample.header.row, sample.height)
        })
    };
    if survey.sheets.len() < 2 {
        return Vec::new();
    }
    survey.sheets.iter().filter(is_alike).collect()
}
