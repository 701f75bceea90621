//! Guessing the mapping of a table of observations.

use std::collections::HashMap;

use catalog::{Gazetteer, PlaceMatch};
use chrono::{DateTime, NaiveDate, Utc};
use formats::Chunk;
use model::{PlaceId, PlaceKind, Statistic};

use super::evidence::{Evidence, before_the_merger};
use super::example::placeholder;
use super::sample::{Column, Sample};
use super::survey::{SheetSample, Survey};
use super::words::{Role, has_words};
use super::{Decision, Guessed};
use crate::Error;
use crate::mapping::{Decimal, Mapping, MappingKind, PlaceSource, TextOrColumn, TimeSource, ValueSource};
use crate::observe::{
    DateOrder, Elsewhere, Header, NumberStyle, Precision, find_place, find_property, usual_statistic,
};

/// The most value columns that a guess takes.
const MAX_VALUES: usize = 200;

/// Words of headers over numbers that number or place a row and are no values, folded.
const NO_VALUES: &[&str] = &[
    "stt",
    "tt",
    "so tt",
    "so thu tu",
    "no",
    "nr",
    "id",
    "ma",
    "ma so",
    "code",
    "number",
    "lat",
    "lon",
    "lng",
    "latitude",
    "longitude",
    "vi do",
    "kinh do",
    "x",
    "y",
    "e",
    "n",
    "battery",
    "battery voltage",
];

/// A guess in the making.
pub(super) struct Guess<'a> {
    pub(super) gazetteer: &'a Gazetteer,
    chunk: &'a Chunk,
    elsewhere: &'a Elsewhere,
    pub(super) evidence: Evidence<'a>,
    pub(super) sample: Sample,
    pub(super) mapping: Mapping,
    pub(super) decisions: Vec<Decision>,
    /// What could not be found, as phrases.
    missing: Vec<String>,
    /// Columns that already have a meaning.
    used: Vec<usize>,
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
        if survey.count > 1 && !sheet.name.is_empty() {
            mapping.source.sheet = Some(sheet.name.clone());
            decisions.push(Decision {
                path: "source.sheet".into(),
                confidence: 0.9,
                reason: "the first sheet that holds rows".into(),
            });
        }
        if sample.header.row != 1 {
            mapping.source.header_row = Some(sample.header.row);
            decisions.push(Decision {
                path: "source.header_row".into(),
                confidence: 0.9,
                reason: "the first row that has texts above values".into(),
            });
        }
        let evidence = Evidence::of(survey, sheet, sample.header.row);
        let (missing, used) = (Vec::new(), Vec::new());
        Ok(Guess { gazetteer, chunk, elsewhere, evidence, sample, mapping, decisions, missing, used })
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
        let mut time = TimeSource { columns: vec![column.name.clone()], ..TimeSource::default() };
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
            self.missing.push("no column holds times (a header such as `Thời gian`, `Ngày`, `Năm`, `Date`, with dates below it)".into());
            return None;
        };
        let mut columns = vec![year];
        for role in [Role::Month, Role::Day, Role::Hour, Role::Minute] {
            match numeric(role) {
                Some(at) if !columns.contains(&at) => columns.push(at),
                _ => break,
            }
        }
        let names: Vec<String> = columns.iter().map(|at| self.sample.columns[*at].name.clone()).collect();
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

    // ---- place

    fn place(&mut self) {
        let mut best: Option<(f64, usize, PlaceSource, String)> = None;
        for (at, column) in self.free() {
            let Some((score, source, reason)) = self.place_of(column) else { continue };
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, at, source, reason));
            }
        }
        if let Some((score, at, source, reason)) = best {
            self.used.push(at);
            self.because("place.column", score.min(1.0), &reason);
            self.mapping.place = Some(source);
        } else {
            self.place_around();
        }
    }

    /// How well a column names places, and how.
    fn place_of(&self, column: &Column) -> Option<(f64, PlaceSource, String)> {
        if column.texts.is_empty() {
            return None;
        }
        let named = column.has(Role::Place);
        let source = PlaceSource { column: Some(column.name.clone()), ..PlaceSource::default() };
        #[expect(clippy::cast_precision_loss, reason = "at most a few hundred texts")]
        let share = |count: usize| count as f64 / column.texts.len() as f64;
        let bonus = if named { 0.5 } else { 0.0 };

        let ids = column
            .texts
            .iter()
            .filter(|(text, _)| PlaceId::new(text).is_ok_and(|id| self.gazetteer.place(&id).is_some()));
        let ids = share(ids.count());
        if ids >= 0.5 {
            let reason = format!("{:.0} % of its texts are ids of places with their scheme", ids * 100.0);
            return Some((ids + bonus + 1.0, source, reason));
        }
        if column.nearly_all(column.numbers) {
            return named.then(|| self.codes(column, source)).flatten();
        }
        // Names: the kind under which most of them are one place each.
        let wanted = kind_of_header(&model::fold(&column.base));
        let kinds = match wanted {
            Some(kind) => vec![kind],
            None => vec![PlaceKind::Province, PlaceKind::Station, PlaceKind::Commune],
        };
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
        let reason =
            format!("{:.0} % of its texts are names of places of the kind `{}`", found * 100.0, kind.code());
        Some((found + bonus, PlaceSource { kind: Some(kind.code().into()), ..source }, reason))
    }

    /// Bare codes, where only one scheme has them all.
    fn codes(&self, column: &Column, source: PlaceSource) -> Option<(f64, PlaceSource, String)> {
        let mut schemes: Vec<&str> = self.gazetteer.places.iter().map(|place| place.id.scheme()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        let all = |scheme: &&str| {
            column.texts.iter().all(|(text, row)| {
                matches!(find_place(self.gazetteer, text, None, Some(scheme), self.day(*row)), PlaceMatch::One(id) if id.scheme() == *scheme)
            })
        };
        let fitting: Vec<&str> = schemes.into_iter().filter(all).collect();
        let [scheme] = fitting.as_slice() else { return None };
        let reason = format!("all its texts are codes of the scheme `{scheme}`, and of no other");
        Some((1.2, PlaceSource { scheme: Some((*scheme).to_owned()), ..source }, reason))
    }

    /// The day of a row, for names that meant something else before a merger.
    fn day(&self, row: usize) -> NaiveDate {
        let time = self.mapping.time.as_ref().and_then(|time| time.columns.first());
        let column = time.and_then(|name| self.sample.columns.iter().find(|column| column.name == *name));
        let at = time.and_then(|name| self.sample.header.find(name).ok());
        at.zip(column)
            .and_then(|(at, column)| column.reader().read(self.chunk.cell(row, at)?))
            .and_then(|moment| DateTime::<Utc>::from_timestamp_micros(moment.us))
            .map_or(NaiveDate::MAX, |time| time.with_timezone(&model::VIETNAM).date_naive())
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
            column: self.sample.columns[at].name.clone(),
            prefix: "season:".into(),
            default: None,
            pattern: None,
            words: std::collections::BTreeMap::new(),
        });
        let unit = unit.map(|at| TextOrColumn::in_column(&self.sample.columns[at].name));
        let numeric: Vec<usize> = self
            .free()
            .filter(|(_, column)| column.is_numeric())
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
            self.missing.push("no column names the places (a header such as `Trạm`, `Tỉnh`, `Station`, with names or ids of places below it)".into());
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
        let name = self.sample.columns[property].name.clone();
        let count = self.sample.columns[property].properties;
        let value = ValueSource {
            unit: unit.or_else(|| column.unit.clone().map(TextOrColumn::Text)),
            period: period.or_else(|| calendar(precision)),
            ..ValueSource::new(&column.name, TextOrColumn::in_column(&name))
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
            let found = find_property(self.gazetteer, &column.base)
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
                ..ValueSource::new(&column.name, TextOrColumn::Text(property.code.to_string()))
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
        let names_a_row = |folded: &str| NO_VALUES.iter().any(|word| has_words(folded, word));
        let rest: Vec<String> = numeric
            .iter()
            .map(|at| &self.sample.columns[*at])
            .filter(|column| {
                !read.contains(&column.name.as_str()) && !names_a_row(&model::fold(&column.base))
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
            self.missing.push(if names.is_empty() {
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

    /// The style of decimals, where all value columns agree.
    fn decimals(&mut self) {
        let names: Vec<&str> = self.mapping.values.iter().map(|value| value.column.as_str()).collect();
        let styles: HashMap<&str, NumberStyle> =
            self.sample.columns.iter().map(|column| (column.name.as_str(), column.style)).collect();
        let comma = names.iter().any(|name| styles.get(name) == Some(&NumberStyle::Comma));
        let dot = names.iter().any(|name| {
            let column = self.sample.columns.iter().find(|column| column.name == *name);
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

/// The kind of place that a folded header asks for.
pub(super) fn kind_of_header(folded: &str) -> Option<PlaceKind> {
    let words = [
        (PlaceKind::Station, &["tram", "station", "site", "noi do"][..]),
        (PlaceKind::Commune, &["xa", "phuong", "commune", "ward"]),
        (
            PlaceKind::Province,
            &["tinh", "province", "thanh pho", "city", "cities", "provinces", "provincies"],
        ),
    ];
    words.iter().find(|(_, words)| words.iter().any(|word| has_words(folded, word))).map(|(kind, _)| *kind)
}

/// The period of times that are years or months.
pub(super) fn calendar(precision: Option<Precision>) -> Option<TextOrColumn> {
    match precision? {
        Precision::Year => Some(TextOrColumn::Text("P1Y".into())),
        Precision::Month => Some(TextOrColumn::Text("P1M".into())),
        Precision::Season(_) | Precision::Months(_) | Precision::Day | Precision::Instant => None,
    }
}

/// The period that a property's code names.
fn usual_period(code: &str, statistic: Statistic) -> Option<TextOrColumn> {
    let period = match code.rsplit('_').next() {
        Some("day") => "P1D",
        Some("1h") => "PT1H",
        _ => return None,
    };
    (statistic != Statistic::Instant).then(|| TextOrColumn::Text(period.into()))
}

/// An offset as a mapping writes it: `UTC+07:00` is `+07:00`.
fn offset_text(zone: &str) -> String {
    let minutes = crate::observe::parse_zone(zone).unwrap_or(0) / 60_000_000;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
