//! Guessing what the columns of a table do not say from what stands around it.

use catalog::PlaceMatch;
use chrono::NaiveDate;
use model::PlaceKind;
use wording::{Told, told};

use super::evidence::{before_the_merger, short, which_statistic};
use super::measured::{is_of_stations, own_unit};
use super::observations::Guess;
use super::places::named_after_places;
use super::shaped::{around, place_of_title};
use super::titled::{lacks_statistic, of_day, of_each_day};
use super::usual::{calendar, longer, of_period};
use super::words::{has_words, says_hour};
use crate::mapping::{Pattern, PlaceSource, TextOrColumn, TimeSource, Unknown, ValueSource};
use crate::observe::{Precision, conversion, find_place, find_property, find_statistic};

/// The pattern of texts that are an hour.
const HOUR: &str = "{hour}";

impl Guess<'_> {
    /// The year of a table without a column of times: of its title, of its sheet, of its file.
    pub(super) fn year_around(&mut self) -> Option<Precision> {
        if let Some((title, patterns, is_of_values)) = self.evidence.date(self.gazetteer) {
            let title = short(title);
            let part = |at: usize| Some(around("@title", patterns[at]));
            let time = TimeSource { year: part(0), month: part(1), day: part(2), ..TimeSource::default() };
            if let Some(at) = self.hours() {
                let hour = around(&self.sample.columns[at].reference, HOUR);
                self.mapping.time = Some(TimeSource { hour: Some(hour), ..time });
                self.used.push(at);
                self.because(
                    "time.hour",
                    0.75,
                    told!(
                        "guess-hours-of-day",
                        "a column holds the hours of the day that the title says: `{title}`",
                        title = title
                    ),
                );
                return Some(Precision::Instant);
            }
            self.mapping.time = Some(time);
            let (confidence, reason) = if is_of_values {
                (
                    0.8,
                    told!(
                        "guess-title-says",
                        "no column holds times, and the title says `{title}`",
                        title = title
                    ),
                )
            } else {
                (
                    0.5,
                    told!(
                        "guess-title-says-day",
                        "no column holds times, and the title says `{title}`: is it the day of all values?",
                        title = title
                    ),
                )
            };
            self.because("time.day", confidence, reason);
            return Some(Precision::Day);
        }
        let (origin, pattern, year, mut confidence) = self.evidence.year()?;
        let part = self.evidence.part_of_year();
        if let Some((month_origin, month_pattern, month, sure)) =
            self.evidence.month().filter(|_| part.is_some())
        {
            let time = TimeSource {
                year: Some(around(origin, pattern)),
                month: Some(around(month_origin, month_pattern)),
                ..TimeSource::default()
            };
            self.mapping.time = Some(time);
            self.because("time.year", confidence, stands_in(&year, origin));
            self.because("time.month", sure, stands_in(&month, month_origin));
            return Some(Precision::Month);
        }
        let reason = match part {
            Some(part) => {
                confidence = 0.4;
                told!("guess-year-and-part-of-it", "no column holds times, and `{year}` stands in {origin}, which also says `{part}`: are the values of that part of the year? Then write it as `value` under `[time]`, e.g. `Quý I/2024` or `6 tháng đầu năm 2024`", year = year, origin => said(origin), part = part)
            }
            None => {
                told!("guess-year-stands-in", "no column holds times, and `{year}` stands in {origin}", year = year, origin => said(origin))
            }
        };
        let fact = TextOrColumn::Column {
            column: origin.to_owned(),
            prefix: String::new(),
            default: None,
            pattern: Some(pattern.to_owned()),
            words: std::collections::BTreeMap::new(),
        };
        self.mapping.time = Some(TimeSource { year: Some(fact), ..TimeSource::default() });
        self.because("time.year", confidence, reason);
        Some(Precision::Year)
    }

    /// The column of hours, where a title says the day: `7h`, `13 giờ`.
    fn hours(&self) -> Option<usize> {
        let pattern = Pattern::new(HOUR).ok()?;
        let mut found = self.free().filter(|(_, column)| {
            let folded = model::fold(&column.base);
            let is_hour = says_hour(&column.base) && !has_words(&folded, "xuat hien");
            is_hour && !column.texts.is_empty() && column.texts.iter().all(|(text, _)| pattern.fits(text))
        });
        found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
    }

    /// The place of a table without a column of places, from a title or the names of sheets.
    pub(super) fn place_around(&mut self) {
        let by_sheet = named_after_places(self.gazetteer, &self.alike);
        let within = || self.evidence.place_within(self.gazetteer).filter(|_| by_sheet.is_none());
        let Some((pattern, kind, name)) = self.evidence.place(self.gazetteer).or_else(within) else {
            if let Some(source) = by_sheet {
                self.mapping.place = Some(source);
                self.because(
                    "place.sheet",
                    0.85,
                    told!("guess-sheets-after-places", "the sheets are named after places"),
                );
            }
            return;
        };
        self.mapping.place = Some(place_of_title(&pattern, kind));
        self.because(
            "place.title",
            0.85,
            told!("guess-stands-above", "`{text}` stands above the table", text = name),
        );
    }

    /// The kind of places that headers name, where most of them do, and how many.
    fn named_places(&self, named: &[String]) -> Option<(usize, PlaceKind)> {
        let known = |kind: PlaceKind| {
            let is_one = |name: &&String| {
                [NaiveDate::MAX, before_the_merger()].iter().any(|on| {
                    matches!(find_place(self.gazetteer, name, Some(kind), None, *on), PlaceMatch::One(_))
                })
            };
            named.iter().filter(is_one).count()
        };
        // Where all names are of both, the last kind wins.
        let mut kinds = [PlaceKind::Station, PlaceKind::Province];
        if self.is_of_stations() == Some(true) {
            kinds.reverse();
        }
        kinds
            .map(|kind| (known(kind), kind))
            .into_iter()
            .max_by_key(|(count, _)| *count)
            .filter(|(count, _)| *count >= 2 && count * 4 >= named.len())
    }

    /// Headers that name places, over values of which a column names the property of each row: the sheet
    /// of a laboratory.
    pub(super) fn long_by_place(
        &mut self,
        property: usize,
        numeric: &[usize],
        unit: Option<TextOrColumn>,
        period: Option<TextOrColumn>,
        precision: Option<Precision>,
    ) -> bool {
        let named: Vec<String> = numeric.iter().map(|at| self.sample.columns[*at].name.clone()).collect();
        let Some((count, kind)) = self.named_places(&named) else { return false };
        self.header_place(count, kind, named.len());
        let name = self.sample.columns[property].reference.clone();
        let mut value = ValueSource::new("", TextOrColumn::in_column(&name));
        value.columns = Some("{place}".into());
        value.unit = unit;
        value.period = period.or_else(|| calendar(precision));
        self.mapping.values.push(value);
        let read = self.mapping.columns();
        let others = self.sample.columns.iter().map(|column| column.name.clone());
        let except = others.filter(|name| !named.contains(name) && !read.contains(&name.as_str())).collect();
        if let Some(value) = self.mapping.values.last_mut() {
            value.except = except;
        }
        self.because(
            "value.0.property",
            0.9,
            told!("guess-texts-are-properties", "the texts of this column are properties"),
        );
        true
    }

    /// The period of values whose title speaks of a statistic of each day.
    pub(super) fn of_each_day(&self, precision: Option<Precision>) -> Option<TextOrColumn> {
        of_each_day(self.evidence.names_property(self.gazetteer)?, precision)
    }

    /// The place of each column of values is its header.
    fn header_place(&mut self, count: usize, kind: PlaceKind, all: usize) {
        self.mapping.place = Some(PlaceSource {
            header: true,
            kind: Some(kind.code().into()),
            unknown: Unknown::LeaveOut,
            ..PlaceSource::default()
        });
        self.because(
            "place.header",
            0.9,
            told!(
                "guess-headers-are-places",
                "{count} of {all} headers are names of places",
                count = count,
                all = all
            ),
        );
        if count < all {
            let reason = told!(
                "guess-columns-of-unknown-places",
                "{count} columns are of places that nobody knows, and are left out",
                count = all - count
            );
            self.because("place.unknown", 0.62, reason);
        }
    }

    /// Whether the table is about what is measured at stations, as its headers, texts and title tell.
    pub(super) fn is_of_stations(&self) -> Option<bool> {
        let of_headers =
            self.sample.columns.iter().filter_map(|column| find_property(self.gazetteer, &column.base));
        let of_texts = self.sample.columns.iter().filter(|column| column.properties > 0).flat_map(|column| {
            column.texts.iter().filter_map(|(text, _)| find_property(self.gazetteer, text))
        });
        let of_title = self.evidence.property(self.gazetteer).map(|named| named.property);
        of_headers.chain(of_texts).chain(of_title).find_map(is_of_stations)
    }

    /// Headers that name statistics, of one property that a title or a name tells.
    pub(super) fn wide_by_statistic(&mut self, numeric: &[usize], precision: Option<Precision>) -> bool {
        let said: Option<Vec<_>> =
            numeric.iter().map(|at| Some((*at, find_statistic(&self.sample.columns[*at].base)?))).collect();
        let Some(said) = said.filter(|said| said.len() > 1) else { return false };
        let Some(mut named) = self.evidence.property(self.gazetteer) else { return false };
        named.property = of_period(self.gazetteer, named.property, longer(precision).as_ref());
        named.property = self.named_of_steps(named.property, precision);
        let around = self.evidence.unit(self.gazetteer).map(|(_, unit)| unit);
        let around = around.filter(|unit| conversion(unit, named.property).is_ok());
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        for (at, statistic) in said {
            let column = &self.sample.columns[at];
            let index = self.mapping.values.len();
            let unit = column.unit.clone().or(around.clone());
            let (confidence, reason) = match &unit {
                Some(unit) => (
                    0.9,
                    told!(
                        "guess-unit-in-header-or-above",
                        "`{unit}` stands in the header or above the table",
                        unit = unit
                    ),
                ),
                None => own_unit(self.chunk, rows.clone(), column.index, named.property),
            };
            let value = ValueSource {
                unit: unit.map(TextOrColumn::Text),
                period: calendar(precision),
                statistic: Some(TextOrColumn::Text(statistic.code().into())),
                ..ValueSource::new(&column.reference, TextOrColumn::Text(named.property.code.to_string()))
            };
            self.mapping.values.push(value);
            self.because(
                &format!("value.{index}.statistic"),
                0.85,
                told!("guess-header-names-it", "the header names it"),
            );
            self.because(&format!("value.{index}.unit"), confidence, reason);
        }
        self.because("value.0.property", named.confidence, named.reason);
        true
    }

    /// Headers that name places, over values of one property that a title or a name tells.
    pub(super) fn wide_by_place(&mut self, numeric: &[usize], precision: Option<Precision>) -> bool {
        let named: Vec<String> = numeric.iter().map(|at| self.sample.columns[*at].name.clone()).collect();
        // `Tân An (cm)`, where the unit stands in a row of the header.
        let own = |at: &usize| -> Option<(String, String)> {
            let column = &self.sample.columns[*at];
            let unit = column.unit.clone()?;
            (column.name == format!("{} ({unit})", column.base)).then(|| (column.base.clone(), unit))
        };
        let with_units: Option<Vec<(String, String)>> = numeric.iter().map(own).collect();
        let bases: Option<Vec<String>> =
            with_units.as_ref().map(|pairs| pairs.iter().map(|(base, _)| base.clone()).collect());
        let plainly = self.named_places(&named);
        let in_units = bases.filter(|_| plainly.is_none()).and_then(|bases| self.named_places(&bases));
        let Some((count, kind)) = plainly.or(in_units) else { return false };
        let Some(mut property) = self.evidence.property(self.gazetteer) else { return false };
        property.property = of_period(self.gazetteer, property.property, longer(precision).as_ref());
        property.property = self.named_of_steps(property.property, precision);
        let property = of_day(self.gazetteer, property, precision);
        self.header_place(count, kind, named.len());
        let mut value = ValueSource::new("", TextOrColumn::Text(property.property.code.to_string()));
        value.columns = Some(if in_units.is_some() { "{place} ({unit})" } else { "{place}" }.into());
        // What is no number is no column of values.
        let others =
            self.sample.columns.iter().map(|column| &column.name).filter(|name| !named.contains(name));
        value.except =
            others.filter(|name| !self.mapping.columns().contains(&name.as_str())).cloned().collect();
        value.statistic = property.statistic.map(|code| TextOrColumn::Text(code.into()));
        value.period =
            property.period.map(|period| TextOrColumn::Text(period.into())).or_else(|| calendar(precision));
        if value.statistic.is_some() {
            value.period = value.period.or_else(|| self.of_each_day(precision));
        } else if lacks_statistic(property.property, precision) {
            self.because("value.0.statistic", 0.5, which_statistic());
        }
        self.because("value.0.property", property.confidence, property.reason);
        // Such tables are of gauges, and gauges are printed in centimetres and in metres.
        let unit = self.evidence.unit(self.gazetteer);
        match unit {
            _ if in_units.is_some() => self.because(
                "value.0.unit",
                0.95,
                told!("guess-units-in-headers", "units stand in the headers"),
            ),
            Some((_, unit)) => {
                self.because(
                    "value.0.unit",
                    0.85,
                    told!("guess-stands-above", "`{text}` stands above the table", text = unit),
                );
                value.unit = Some(TextOrColumn::Text(unit));
            }
            None => {
                value.unit = Some(TextOrColumn::Text(property.property.unit.clone()));
                self.because("value.0.unit", 0.4, is_own_unit(&property.property.unit));
            }
        }
        self.mapping.values.push(value);
        true
    }

    /// The only column of numbers, of which a title or a name tells the property.
    pub(super) fn only_value(
        &mut self,
        numeric: &[usize],
        unit: Option<TextOrColumn>,
        period: Option<TextOrColumn>,
        precision: Option<Precision>,
    ) {
        let [at] = numeric else { return };
        let Some(mut named) = self.evidence.property(self.gazetteer) else { return };
        named.property = of_period(self.gazetteer, named.property, longer(precision).as_ref());
        named.property = self.named_of_steps(named.property, precision);
        let named = of_day(self.gazetteer, named, precision);
        let column = &self.sample.columns[*at];
        let own = column.unit.clone().map(TextOrColumn::Text).or(unit);
        let mut value =
            ValueSource::new(&column.reference, TextOrColumn::Text(named.property.code.to_string()));
        let above = self.evidence.unit(self.gazetteer).filter(|_| own.is_none());
        let above = above.filter(|(_, unit)| conversion(unit, named.property).is_ok());
        let is_named = own.is_some();
        value.unit = match &above {
            Some((pattern, _)) => Some(around("@title", pattern)),
            None => own.or_else(|| Some(TextOrColumn::Text(named.property.unit.clone()))),
        };
        value.statistic = named.statistic.map(|code| TextOrColumn::Text(code.into()));
        value.period = period
            .or_else(|| named.period.map(|p| TextOrColumn::Text(p.into())))
            .or_else(|| calendar(precision));
        if named.statistic.is_some() {
            value.period = value.period.or_else(|| self.of_each_day(precision));
            self.because("value.0.statistic", 0.8, told!("guess-title-says-so", "the title says so"));
        } else if lacks_statistic(named.property, precision) {
            self.because("value.0.statistic", 0.5, which_statistic());
        }
        self.because("value.0.property", named.confidence - 0.05, named.reason);
        if let Some((_, unit)) = above {
            let reason = told!("guess-stands-above", "`{text}` stands above the table", text = unit);
            self.because("value.0.unit", 0.9, reason);
        } else if !is_named {
            self.because("value.0.unit", 0.5, is_own_unit(&named.property.unit));
        }
        self.mapping.values.push(value);
    }
}

/// Asks whether values without a unit are in their property's own.
pub(super) fn is_own_unit(unit: &str) -> Told {
    told!("guess-is-own-unit", "no unit is named: is it `{unit}`, the property's own?", unit = unit)
}

fn stands_in(text: &str, origin: &str) -> Told {
    told!("guess-stands-in", "`{text}` stands in {origin}", text = text, origin => said(origin))
}

fn said(origin: &str) -> Told {
    match origin {
        "@sheet" => told!("guess-sheets-name", "the sheet's name"),
        "@file" => told!("guess-files-name", "the file's name"),
        _ => told!("guess-title", "the title"),
    }
}
