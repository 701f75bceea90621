//! Guessing the mapping of a table of observations.

use std::collections::HashMap;

use catalog::Gazetteer;
use formats::Chunk;
use model::Statistic;
use wording::{Told, told};

use super::composite::{Parts, parts};
use super::evidence::{Evidence, or_at_one_of};
use super::example::placeholder;
use super::groups::Groups;
use super::headers::numeric_columns;
use super::meant::{are_compared, compares};
use super::measured::{Measured, is_in_water, measured, of_unit, own_unit, twice};
use super::sample::{Column, Sample, letters_of};
use super::statistics::{column_of, named_statistics, says_periods};
use super::survey::{SheetSample, Survey};
use super::thousands::{ambiguous, question};
use super::titled::{of_each_day, with_statistic};
use super::usual::{calendar, longer, names_a_part_of_time, names_a_row, of_period, usual_period};
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
    pub(super) statistic: Option<usize>,
    /// What rows of one text say of the rows below them.
    pub(super) groups: Groups,
    /// What could not be found, as phrases.
    pub(super) missing: Vec<Told>,
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
                missing: told!("guess-no-header", "no row looks like a header with at least two columns"),
                example: placeholder(&Header::default()),
            })?;
        let alike = survey.alike(&sample, &mapping.source.missing, gazetteer);
        let mut decide = |path: &str, confidence: f64, reason: Told| {
            decisions.push(Decision { path: path.into(), confidence, reason });
        };
        if alike.len() > 1 {
            let reason = told!(
                "guess-sheets-same-header",
                "these {count} sheets have the same header",
                count = alike.len()
            );
            decide("source.sheets", 0.9, reason);
            mapping.source.sheets = alike.iter().map(|sheet| sheet.name.clone()).collect();
        } else if survey.count > 1 && !sheet.name.is_empty() {
            mapping.source.sheet = Some(sheet.name.clone());
            decide("source.sheet", 0.9, told!("guess-first-sheet", "the first sheet that holds a table"));
        }
        let read: Vec<&str> =
            std::iter::once(sheet).chain(alike.iter().copied()).map(|sheet| sheet.name.as_str()).collect();
        if let Some(reason) = survey.unread(&read, gazetteer) {
            decide("source.sheets", 0.5, reason);
        }
        if sample.header.row != 1 || sample.height > 1 {
            mapping.source.header_row = Some(sample.header.row);
            decide(
                "source.header_row",
                0.9,
                told!("guess-first-row", "the first row that has texts above values"),
            );
        }
        if sample.height > 1 {
            mapping.source.header_height = Some(sample.height);
            decide(
                "source.header_height",
                0.8,
                told!("guess-rows-of-header", "texts of these rows make up the headers"),
            );
        }
        let evidence = Evidence::of(survey, sheet, sample.header.row);
        let (missing, used) = (Vec::new(), Vec::new());
        let rows = sample.start..sample.start + sample.rows;
        let statistic = column_of(chunk, rows.clone(), sample.columns.iter().map(|column| column.index))
            .or_else(|| named_statistics(chunk, &rows, &sample.columns));
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
        let reason = told!(
            "guess-sheets-tell-otherwise",
            "the titles or names of {others} tell something else than those of `{sheet}`: are they left out, or handed in under a mapping of their own?",
            others = others.join(", "),
            sheet = sheet.name
        );
        self.because("source.sheet", 0.5, reason);
    }

    pub(super) fn mapping(mut self) -> Result<Guessed, Error> {
        let start = told!(
            "guess-from-header",
            "guessed from the header in row {row} and {count} rows below it",
            row = self.sample.header.row,
            count = self.sample.rows
        );
        self.because("", 1.0, start);
        let run = self.run();
        let precision = self.time();
        self.zones(precision);
        if let Some(time) = &mut self.mapping.time {
            time.run = run;
        }
        self.place();
        self.values(precision);
        self.ask_of_times_of_one_value();
        self.instants(precision);
        self.periods_of_days(precision);
        self.ask_of_first_days(precision);
        self.decimals();
        self.ask_of_forecasts();
        self.ask_of_part_of_year(precision);
        self.ask_of_classes();
        self.ask_of_what_stands_beside(precision);
        self.ask_of_missing_codes();
        self.fill();
        self.ask_what_names_rows();
        self.ask_of_the_unread();
        self.ask_of_merged_values();
        self.ask_of_unit_of_title();
        if self.missing.is_empty() {
            return Ok(Guessed::new(self.mapping, self.decisions));
        }
        let example = self.example();
        Err(Error::Unmapped { missing: Told::list(self.missing), example })
    }

    pub(super) fn because(&mut self, path: &str, confidence: f64, reason: Told) {
        self.decisions.push(Decision { path: path.to_owned(), confidence, reason });
    }

    pub(super) fn free(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.sample.columns.iter().enumerate().filter(|(at, _)| !self.used.contains(at))
    }

    fn values(&mut self, precision: Option<Precision>) {
        let unit = self.unit_column();
        let find =
            |holds: &dyn Fn(&Column) -> bool| self.free().find(|(_, column)| holds(column)).map(|(at, _)| at);
        let property = find(&|column| {
            !column.is_numeric() && column.has(Role::Property) && column.mostly(column.properties)
        })
        .or_else(|| {
            find(&|column| {
                !column.is_numeric() && !column.texts.is_empty() && column.properties == column.texts.len()
            })
        });
        let season =
            find(&|column| column.has(Role::Season) && !column.is_numeric()).or_else(|| find(&says_periods));
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
            .filter(|(_, column)| {
                !names_a_part_of_time(&model::fold(&column.base)) && !self.numbers_rows(column)
            })
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
        self.units_beside();
        self.ask_of_short_names();
        self.ask_of_nutrients();
        self.ask_of_units_of_others();
        self.ask_of_temperatures();
        self.statistic_of_rows();
        if self.mapping.place.is_none()
            && (self.mapping.values.is_empty()
                || self.mapping.values.iter().any(|value| value.place.is_none()))
        {
            let none = || {
                told!(
                    "guess-no-places",
                    "no column names the places (a header such as `Trạm`, `Tỉnh`, `Station`, with names or ids of places below it)"
                )
            };
            let mut missing = self.coded().or_else(|| self.unknown_places()).unwrap_or_else(none);
            if let Some(places) = self.evidence.may_be_at(self.gazetteer) {
                missing = or_at_one_of(missing, places);
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
                self.missing.push(told!(
                    "guess-no-values",
                    "no column holds the values (a header such as `Giá trị`, `Value`, with numbers below it)"
                ));
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
        let of_own = self.ask_of_own_units(property, column.index, value.unit.as_ref());
        let reason = told!(
            "guess-rows-hold-numbers",
            "{numbers} of {count} rows hold a number",
            numbers = column.numbers,
            count = self.sample.rows
        );
        self.because("value.0.column", 0.9, reason);
        if let Some(ask) = asked {
            self.because("value.0.property", 0.4, ask);
        }
        if let Some(ask) = of_own {
            self.because("value.0.unit", 0.4, ask);
        }
        self.because(
            "value.0.property",
            0.9,
            told!(
                "guess-texts-of-column-are-properties",
                "{count} different texts of this column are properties",
                count = count
            ),
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
        let title = self.evidence.names_property(self.gazetteer).map(str::to_owned);
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
                property: of_unit(self.gazetteer, property, column.unit.as_deref()),
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
            if is_in_water(property, written.as_deref()) {
                continue;
            }
            let season = in_parts.as_ref().and_then(|(season, _)| season.clone());
            let above = above
                .filter(|above| written.is_none() && unit.is_none() && conversion(above, property).is_ok());
            // The largest rain of a day in a month is no rain of the month.
            let is_extreme = matches!(said, Some(Statistic::Max | Statistic::Min));
            let property = match longer(precision).filter(|_| !is_extreme) {
                Some(period) => of_period(self.gazetteer, property, Some(&period)),
                None => property,
            };
            let is_long = longer(precision).is_some();
            let (property, said, by_title) =
                with_statistic(self.gazetteer, title.as_deref(), property, said, precision);
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
                    .or_else(|| by_title.as_ref().and_then(|_| of_each_day(title.as_deref()?, precision)))
                    .or_else(|| usual_period(property.code.as_str(), statistic).filter(|_| !is_long)),
                statistic: said.map(|statistic| TextOrColumn::Text(statistic.code().into())),
                ..ValueSource::new(&column.reference, TextOrColumn::Text(property.code.to_string()))
            };
            let reason = told!(
                "guess-header-names-property",
                "the header names the property `{code}` ({name})",
                code = property.code,
                name = property.name.vi
            );
            let unit_reason = match (&written, &above) {
                (Some(unit), _) => {
                    Some(told!("guess-unit-in-header", "`{unit}` stands in the header", unit = unit))
                }
                (None, Some(unit)) => {
                    Some(told!("guess-stands-above", "`{text}` stands above the table", text = unit))
                }
                (None, None) => None,
            };
            let (own, at) = (value.unit.is_none(), column.index);
            let index = self.mapping.values.len();
            let confidence = match &in_parts {
                Some((_, confidence)) => *confidence,
                None if said.is_some() && by_title.is_none() => 0.85,
                None => 0.95,
            };
            self.because(&format!("value.{index}.property"), confidence, reason);
            if let Some((confidence, reason)) = of_steps {
                self.because(&format!("value.{index}.property"), confidence, reason);
            }
            if let Some((confidence, reason)) = by_title {
                self.because(&format!("value.{index}.statistic"), confidence, reason);
            } else if let Some(statistic) = said {
                let reason = told!(
                    "guess-header-says-statistic",
                    "the header says it is a `{code}`",
                    code = statistic.code()
                );
                self.because(&format!("value.{index}.statistic"), 0.85, reason);
            }
            if let Some(reason) = unit_reason {
                self.because(&format!("value.{index}.unit"), 0.95, reason);
            } else if own {
                let rows = self.sample.start..self.sample.start + self.sample.rows;
                let (confidence, reason) = own_unit(self.chunk, rows, at, property);
                self.because(&format!("value.{index}.column"), confidence, reason);
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
            self.because("value.0.column", 0.65, are_compared(&compared));
        }
        if !rest.is_empty() {
            let shown = rest.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            let reason = if rest.len() > 8 {
                told!(
                    "guess-more-properties-unknown",
                    "nobody knows the property of {shown} and {count} more, which hold numbers: are they left out?",
                    shown = shown,
                    count = rest.len() - 8
                )
            } else {
                told!(
                    "guess-properties-unknown",
                    "nobody knows the property of {shown}, which hold numbers: are they left out?",
                    shown = shown
                )
            };
            self.because("value", 0.5, reason);
        }
    }

    /// Says that nothing tells which property the values are.
    fn ask_for_property(&mut self, numeric: &[usize]) {
        if self.mapping.values.is_empty() {
            let columns = numeric.iter().map(|at| &self.sample.columns[*at]);
            let meant = columns.filter(|column| !names_a_row(&model::fold(&column.base)));
            let names: Vec<String> = meant.take(5).map(|column| format!("`{}`", column.name)).collect();
            let nameless: Vec<String> =
                numeric_columns(self.chunk, self.sample.start, &self.mapping.source.missing)
                    .into_iter()
                    .filter(|column| self.sample.header.name(*column).is_empty())
                    .map(|column| format!("`@{}`", letters_of(column)))
                    .collect();
            self.missing.push(if names.is_empty() && !nameless.is_empty() {
                told!(
                    "guess-columns-without-header",
                    "nothing says which property the values of {columns} are: these columns have no header of their own",
                    columns = nameless.join(", ")
                )
            } else if names.is_empty() {
                told!("guess-no-numbers", "no column holds numbers")
            } else {
                told!(
                    "guess-nothing-says-property",
                    "nothing says which property the values of {columns} are",
                    columns = names.join(", ")
                )
            });
        }
    }

    fn explain_period(&mut self, index: usize, period: Option<&TextOrColumn>) {
        let reason = match period {
            Some(TextOrColumn::Text(text)) if text == "P1Y" => {
                told!("guess-times-are-years", "the times are years")
            }
            Some(TextOrColumn::Text(text)) if text == "P1M" => {
                told!("guess-times-are-months", "the times are months")
            }
            Some(TextOrColumn::Text(_)) => {
                told!("guess-usual-period", "the property is usually of this period")
            }
            Some(TextOrColumn::Column { .. }) => {
                told!("guess-season-of-row", "the season of each row; the time is its calendar year")
            }
            None => return,
        };
        self.because(&format!("value.{index}.period"), 0.85, reason);
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
            let column = self.sample.named(name);
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
            self.because("source.decimal", 0.5, reason);
        }
        if comma && !dot {
            self.mapping.source.decimal = Decimal::Comma;
            let reason = told!("guess-comma-of-decimals", "numbers have a comma where only decimals can be");
            self.because("source.decimal", 0.95, reason);
        }
    }
}
