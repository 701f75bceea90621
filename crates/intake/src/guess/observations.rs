//! Guessing the mapping of a table of observations.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::Chunk;

use super::composite::{Parts, parts};
use super::evidence::Evidence;
use super::example::placeholder;
use super::fill::filled_down;
use super::groups::Groups;
use super::headers::numeric_columns;
use super::meant::{ahead, compares, not_observed};
use super::measured::{Measured, measured, own_unit, twice};
use super::sample::{Column, Sample, letters_of};
use super::statistics::column_of;
use super::survey::{SheetSample, Survey};
use super::thousands::{ambiguous, question};
use super::unique::repeated;
use super::usual::{calendar, names_a_part_of_time, names_a_row, of_period, usual_period};
use super::words::Role;
use super::{Decision, Guessed};
use crate::Error;
use crate::mapping::{Decimal, Mapping, MappingKind, TextOrColumn, ValueSource};
use crate::observe::{Elsewhere, Header, NumberStyle, Precision, conversion, find_property, usual_statistic};

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
    /// The column that says which statistic each row is.
    statistic: Option<usize>,
    /// What rows of one text say of the rows below them.
    pub(super) groups: Groups,
    /// What could not be found, as phrases.
    pub(super) missing: Vec<String>,
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
        let statistic = column_of(
            chunk,
            sample.start..sample.start + sample.rows,
            sample.columns.iter().map(|column| column.index),
        );
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
            statistic,
            groups: Groups::default(),
            missing,
            used,
        };
        guess.groups = guess.groups();
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
        self.ask_of_forecasts();
        self.fill();
        self.ask_what_names_rows();
        if self.missing.is_empty() {
            return Ok(Guessed::new(self.mapping, self.decisions));
        }
        let example = self.example();
        Err(Error::Unmapped { missing: self.missing.join("; ").into(), example })
    }

    pub(super) fn because(&mut self, path: &str, confidence: f64, reason: &str) {
        self.decisions.push(Decision { path: path.to_owned(), confidence, reason: reason.to_owned() });
    }

    pub(super) fn free(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.sample.columns.iter().enumerate().filter(|(at, _)| !self.used.contains(at))
    }

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
            .filter(|(_, column)| self.is_directions(column) || column.is_numeric())
            .filter(|(_, column)| !names_a_part_of_time(&model::fold(&column.base)))
            .map(|(at, _)| at)
            .take(MAX_VALUES)
            .collect();

        if let Some(property) = property {
            self.long(property, &numeric, unit, period, precision);
        } else {
            self.wide(&numeric, unit.clone(), period.clone(), precision);
            if self.mapping.values.is_empty()
                && !self.wide_by_statistic(&numeric, precision)
                && !self.wide_by_place(&numeric, precision)
                && !self.crossed(&numeric, precision)
            {
                self.only_value(&numeric, unit, period, precision);
            }
            self.ask_for_property(&numeric);
            self.ask_for_the_rest(&numeric);
        }
        self.statistic_of_rows();
        if self.mapping.place.is_none()
            && (self.mapping.values.is_empty()
                || self.mapping.values.iter().any(|value| value.place.is_none()))
        {
            let none = || {
                "no column names the places (a header such as `Trạm`, `Tỉnh`, `Station`, with names or ids of places below it)".to_owned()
            };
            let mut missing = self.coded().unwrap_or_else(none);
            if let Some(places) = self.evidence.may_be_at(self.gazetteer) {
                missing.push_str(&format!("; are all values at one of {places}?"));
            }
            self.missing.push(missing);
        }
    }

    /// Whether a column holds directions of the wind in letters.
    fn is_directions(&self, column: &Column) -> bool {
        let are_letters =
            |text: &str| text.chars().count() <= 3 && text.chars().all(|c| "BNĐTESW".contains(c));
        !column.texts.is_empty()
            && column.texts.iter().all(|(text, _)| are_letters(text))
            && find_property(self.gazetteer, &column.base).is_some_and(|p| p.code.as_str() == "wind_dir")
    }

    /// The statistic of each row, where a column says it.
    fn statistic_of_rows(&mut self) {
        let Some(column) = self.sample.columns.iter().find(|column| Some(column.index) == self.statistic)
        else {
            return;
        };
        let (reference, name) = (column.reference.clone(), column.name.clone());
        for at in 0..self.mapping.values.len() {
            self.mapping.values[at].statistic = Some(TextOrColumn::in_column(&reference));
            let reason = format!("all texts of the column `{name}` name statistics");
            self.because(&format!("value.{at}.statistic"), 0.9, &reason);
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
            _ if self.long_by_place(property, numeric, unit.clone(), period.clone(), precision) => return,
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
        let texts = &self.sample.columns[property].texts;
        let asked = texts.iter().find_map(|(text, _)| {
            let property = find_property(self.gazetteer, text)?;
            self.of_steps(property, precision).1.map(|_| super::steps::question(property))
        });
        let value = ValueSource {
            unit: unit.or_else(|| column.unit.clone().map(TextOrColumn::Text)),
            period: period.or_else(|| calendar(precision)),
            ..ValueSource::new(&column.reference, TextOrColumn::in_column(&name))
        };
        let reason = format!("{} of {} rows hold a number", column.numbers, self.sample.rows);
        self.because("value.0.column", 0.9, &reason);
        if let Some(ask) = asked {
            self.because("value.0.property", 0.4, &ask);
        }
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
        let context = self.evidence.context();
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
                .or_else(|| find_property(self.gazetteer, &model::fold(&column.base)))
                .or_else(|| twice(self.gazetteer, &column.name))
                .or_else(|| twice(self.gazetteer, &column.base));
            let plain = found.map(|property| Measured {
                property,
                statistic: None,
                period: None,
                unit: column.unit.clone(),
            });
            let of_parts = || {
                let found = parts(self.gazetteer, &column.base, &context)?;
                let fits = column.unit.as_ref().is_none_or(|unit| conversion(unit, found.property).is_ok());
                fits.then_some(found)
            };
            let above = self.evidence.unit(self.gazetteer).map(|(_, unit)| unit);
            let said = || measured(self.gazetteer, column, above.as_deref().filter(|_| unit.is_none()));
            let (found, in_parts) = match plain.or_else(said) {
                Some(found) => (found, None),
                None => {
                    let Some(Parts { property, season, confidence, unit }) = of_parts() else { continue };
                    let unit = column.unit.clone().or(unit);
                    (Measured { property, statistic: None, period: None, unit }, Some((season, confidence)))
                }
            };
            let Measured { property, statistic: said, unit: written, .. } = found;
            let season = in_parts.as_ref().and_then(|(season, _)| season.clone());
            let above = above
                .filter(|above| written.is_none() && unit.is_none() && conversion(above, property).is_ok());
            let property = of_period(self.gazetteer, property, calendar(precision).as_ref());
            let (property, of_steps) = self.of_steps(property, precision);
            let statistic = said.unwrap_or_else(|| usual_statistic(property.statistic.as_deref()));
            // A word such as `ngày` says the period of a statistic; of anything else it is a part of the name.
            let of_header = found.period.map(|period| TextOrColumn::Text(period.into()));
            let value = ValueSource {
                unit: written.clone().or(above.clone()).map(TextOrColumn::Text).or_else(|| unit.clone()),
                period: season
                    .map(TextOrColumn::Text)
                    .or_else(|| period.clone())
                    .or_else(|| calendar(precision))
                    .or(of_header)
                    .or_else(|| usual_period(property.code.as_str(), statistic)),
                statistic: said.map(|statistic| TextOrColumn::Text(statistic.code().into())),
                ..ValueSource::new(&column.reference, TextOrColumn::Text(property.code.to_string()))
            };
            let reason = format!("the header names the property `{}` ({})", property.code, property.name.vi);
            let unit_reason = match (&written, &above) {
                (Some(unit), _) => format!("`{unit}` stands in the header"),
                (None, Some(unit)) => format!("`{unit}` stands above the table"),
                (None, None) => String::new(),
            };
            let (own, at) = (value.unit.is_none(), column.index);
            let index = self.mapping.values.len();
            let confidence = match &in_parts {
                Some((_, confidence)) => *confidence,
                None if said.is_some() => 0.85,
                None => 0.95,
            };
            self.because(&format!("value.{index}.property"), confidence, &reason);
            if let Some((confidence, reason)) = of_steps {
                self.because(&format!("value.{index}.property"), confidence, &reason);
            }
            if let Some(statistic) = said {
                let reason = format!("the header says it is a `{}`", statistic.code());
                self.because(&format!("value.{index}.statistic"), 0.85, &reason);
            }
            if !unit_reason.is_empty() {
                self.because(&format!("value.{index}.unit"), 0.95, &unit_reason);
            } else if own {
                let rows = self.sample.start..self.sample.start + self.sample.rows;
                let (confidence, reason) = own_unit(self.chunk, rows, at, property);
                self.because(&format!("value.{index}.column"), confidence, &reason);
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
        let (compared, rest): (Vec<String>, Vec<String>) = rest.into_iter().partition(|name| compares(name));
        if !compared.is_empty() {
            let reason = format!("{} compare the values with others, and are left out", compared.join(", "));
            self.because("value.0.column", 0.65, &reason);
        }
        if !rest.is_empty() {
            let shown = rest.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            let more = if rest.len() > 8 { format!(" and {} more", rest.len() - 8) } else { String::new() };
            let reason =
                format!("nobody knows the property of {shown}{more}, which hold numbers: are they left out?");
            self.because("value", 0.5, &reason);
        }
    }

    /// Forecasts and plans are no observations.
    fn ask_of_forecasts(&mut self) {
        let read = self.mapping.values.iter().map(|value| value.column.as_str());
        let said = ahead(read).or_else(|| self.evidence.ahead());
        if let Some(said) = said.filter(|_| !self.mapping.values.is_empty()) {
            self.because("value", 0.4, &not_observed(&said));
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
        let of_part =
            |part: &TextOrColumn| part.column().filter(|name| !name.starts_with('@')).map(str::to_owned);
        let times = self.mapping.time.iter().flat_map(|time| {
            time.columns.iter().cloned().chain(time.parts().into_iter().flatten().filter_map(of_part))
        });
        let within = self.mapping.place.iter().flat_map(|place| place.within.clone());
        let names: Vec<String> = place.into_iter().chain(within).chain(times).collect();
        let values: Vec<usize> = self
            .mapping
            .values
            .iter()
            .filter_map(|value| self.sample.header.find(&value.column).ok())
            .collect();
        for name in names {
            let Ok(column) = self.sample.header.find(&name) else { continue };
            let rows = self.sample.start..self.sample.start + self.sample.rows;
            if let Some((confidence, reason)) = filled_down(self.chunk, column, rows, &values, self.statistic)
            {
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
        let named = self.used.iter().map(|at| self.sample.columns[*at].index);
        let keys: Vec<usize> = named.chain(self.statistic).collect();
        let of_rows = self
            .stretches()
            .into_iter()
            .find_map(|rows| repeated(self.chunk, rows, &keys, &filled, &values, self.statistic));
        let place = self.mapping.place.as_ref().and_then(|place| place.column.as_ref());
        let times = self.mapping.time.iter().flat_map(|time| &time.columns);
        let twice = place.into_iter().chain(times).find(|name| name.starts_with('@'));
        let named = |column: &usize| !header.name(*column).is_empty();
        let of_header = twice.and_then(of).filter(named).map(|column| {
            let name = header.name(column);
            format!("`{name}` stands more than once in the header: do several tables stand beside each other? Then each needs a `[[block]]`")
        });
        for reason in of_rows.into_iter().chain(of_header) {
            self.because("place", 0.3, &reason);
        }
    }

    /// The style of decimals, where all value columns agree.
    fn decimals(&mut self) {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let names: Vec<&str> = self.mapping.values.iter().map(|value| value.column.as_str()).collect();
        let styles: HashMap<&str, NumberStyle> =
            self.sample.columns.iter().map(|column| (column.reference.as_str(), column.style)).collect();
        let comma = names.iter().any(|name| styles.get(name) == Some(&NumberStyle::Comma));
        // Beside decimal commas, points that may stand between thousands do.
        let dot = names.iter().any(|name| {
            let column = self.sample.columns.iter().find(|column| column.reference == *name);
            column.is_some_and(|column| {
                column.style == NumberStyle::Dot
                    && column.texts.iter().any(|(text, _)| text.contains('.'))
                    && ambiguous(self.chunk, rows.clone(), &[column.index]).is_none()
            })
        });
        let asked = self.mapping.values.iter().filter(|_| !comma || dot).find_map(|value| {
            let column = self.sample.header.find(&value.column).ok()?;
            let TextOrColumn::Text(code) = &value.property else { return None };
            let unit = value.unit.as_ref().and_then(TextOrColumn::text);
            question(self.chunk, rows.clone(), &[column], find_property(self.gazetteer, code)?, unit)
        });
        if let Some(reason) = asked {
            self.because("source.decimal", 0.5, &reason);
        }
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
