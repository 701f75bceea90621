//! Guessing the mapping of a table whose headers are times, or hold one: wide by year, month, day or hour.

use std::collections::BTreeMap;

use catalog::{Gazetteer, PlaceMatch, vocabulary};
use chrono::NaiveDate;
use model::PlaceKind;
use wording::{Told, told};

use super::districts::{is_smaller, may_be_districts};
use super::evidence::{
    Evidence, before_the_merger, is_instant, name_statistics, or_at_one_of, short, which_statistic,
};
use super::groups::is_alone;
use super::headers::{
    FIRST_YEAR, ISO_WEEKS, Says, TimeHeader, find, is_number, months_or_days, numeric_columns,
};
use super::meant::{ahead, are_compared, compares, not_observed, of_part_of_year};
use super::measured::is_of_stations;
use super::places::{kind_of_header, may_be_communes, named_after_places};
use super::sample::brackets;
use super::statistics::column_of;
use super::survey::{SheetSample, Survey};
use super::usual::{names_no_value, of_period};
use super::words::{Role, roles};
use super::{Decision, Guessed};
use crate::Error;
use crate::mapping::{Mapping, MappingKind, Pattern, PlaceSource, TextOrColumn, ValueSource};
use crate::observe::{Elsewhere, NumberStyle, find_place, is_total};

/// Rows that are looked at.
pub(super) const ROWS: usize = 400;

/// A guess in the making.
pub(super) struct Shaped<'a> {
    pub(super) survey: &'a Survey,
    pub(super) sheet: &'a SheetSample,
    pub(super) gazetteer: &'a Gazetteer,
    pub(super) evidence: Evidence<'a>,
    pub(super) found: TimeHeader,
    /// Sheets that are laid out like this one, itself included.
    pub(super) alike: Vec<&'a SheetSample>,
    pub(super) mapping: Mapping,
    /// The column that says which statistic each row is.
    pub(super) statistic: Option<usize>,
    /// The column that says which property each row is.
    pub(super) property: Option<usize>,
    decisions: Vec<Decision>,
}

impl<'a> Shaped<'a> {
    /// Looks at a sheet; `None` when its headers are no times.
    pub(super) fn of(
        survey: &'a Survey,
        sheet: &'a SheetSample,
        gazetteer: &'a Gazetteer,
    ) -> Option<Shaped<'a>> {
        let mapping = Mapping::new(MappingKind::Observations);
        let found = find(&sheet.chunk, &mapping.source.missing)?;
        let evidence = Evidence::of(survey, sheet, found.header.row);
        let alike = survey.sheets.iter().filter(|other| {
            let theirs = find(&other.chunk, &mapping.source.missing);
            theirs.is_some_and(|theirs| theirs.says == found.says && theirs.height == found.height)
        });
        let alike = alike.collect();
        let rows = found.start..sheet.chunk.len().min(found.start + ROWS);
        let others = (0..sheet.chunk.columns.len())
            .filter(|column| !found.columns.iter().any(|(value, _)| value == column));
        let statistic = column_of(&sheet.chunk, rows, others);
        let decisions = Vec::new();
        Some(Shaped {
            survey,
            sheet,
            gazetteer,
            evidence,
            found,
            alike,
            mapping,
            statistic,
            property: None,
            decisions,
        })
    }

    pub(super) fn guessed(mut self, elsewhere: &Elsewhere) -> Result<Guessed, Error> {
        let TimeHeader { header, height, columns, .. } = &self.found;
        let (row, height) = (header.row, *height);
        let reason = told!(
            "guess-from-times",
            "guessed from the header in row {row}: {count} of its texts are times",
            row = row,
            count = columns.len()
        );
        self.decide("", 1.0, reason);
        self.source(row, height);
        let used = self.time();
        self.zones();
        self.place(&used, elsewhere);
        self.value();
        self.fill();
        self.ask_for_the_rest(&used);
        self.ask_what_names_rows(&used);
        self.ask_of_the_unread();
        self.ask_of_merged_values();
        self.ask_of_first_days();
        let read: Vec<&str> = self.alike.iter().map(|sheet| sheet.name.as_str()).collect();
        if let Some(reason) =
            self.survey.unread(&read, self.gazetteer).filter(|_| self.mapping.source.sheets != ["*"])
        {
            self.decide("source.sheets", 0.5, reason);
        }
        Ok(Guessed::new(self.mapping, self.decisions))
    }

    pub(super) fn decide(&mut self, path: &str, confidence: f64, reason: Told) {
        self.decisions.push(Decision { path: path.to_owned(), confidence, reason });
    }

    fn source(&mut self, row: u32, height: u32) {
        if self.alike.len() > 1 {
            self.mapping.source.sheets = self.alike.iter().map(|sheet| sheet.name.clone()).collect();
            let reason = told!(
                "guess-sheets-alike",
                "these {count} sheets are laid out alike",
                count = self.alike.len()
            );
            self.decide("source.sheets", 0.9, reason);
        } else if self.survey.count > 1 && !self.sheet.name.is_empty() {
            self.mapping.source.sheet = Some(self.sheet.name.clone());
            self.decide("source.sheet", 0.9, told!("guess-the-sheet", "the sheet that holds the table"));
        }
        let missing = &self.mapping.source.missing;
        let elsewhere = self
            .alike
            .iter()
            .any(|sheet| find(&sheet.chunk, missing).is_some_and(|theirs| theirs.header.row != row));
        if !elsewhere {
            self.mapping.source.header_row = Some(row);
            let reason =
                told!("guess-first-row-of-times", "the first row whose texts are times above numbers");
            self.decide("source.header_row", 0.9, reason);
        }
        if height > 1 {
            self.mapping.source.header_height = Some(height);
            let reason = told!("guess-rows-of-header", "texts of these rows make up the headers");
            self.decide("source.header_height", 0.8, reason);
        }
    }

    /// Columns that are no values, by index and name; one without a name where it holds texts.
    pub(super) fn others(&self) -> Vec<(usize, String)> {
        let header = &self.found.header;
        let is_value =
            |column: usize| self.found.columns.binary_search_by_key(&column, |(value, _)| *value).is_ok();
        let holds_texts = |column: usize| {
            let texts = self.texts(column);
            texts.iter().filter(|text| !is_number(text)).count() * 2 > texts.len()
        };
        (0..header.names.len().max(self.sheet.chunk.columns.len()))
            .filter(|column| !is_value(*column))
            .map(|column| (column, header.name(column).to_owned()))
            .filter(|(column, name)| !name.is_empty() || holds_texts(*column))
            .collect()
    }

    /// The headers of columns that are no values and no part of anything else.
    fn others_named(&self) -> Vec<String> {
        let read = self.mapping.columns();
        let mut names: Vec<String> = self.others().into_iter().map(|(_, name)| name).collect();
        names.retain(|name| !name.is_empty() && !read.contains(&name.as_str()));
        names.dedup();
        names
    }

    /// Columns of numbers that nothing reads are not passed over in silence; sums of the others are.
    fn ask_for_the_rest(&mut self, used: &[usize]) {
        let chunk = &self.sheet.chunk;
        let numeric = numeric_columns(chunk, self.found.start, &self.mapping.source.missing);
        let read = self.mapping.columns();
        let names: Vec<String> = self
            .others()
            .into_iter()
            .filter(|(column, name)| {
                numeric.binary_search(column).is_ok()
                    && !used.contains(column)
                    && !read.contains(&name.as_str())
                    && !read.contains(&self.reference(*column, name).as_str())
                    && !names_no_value(&model::fold(&brackets(name).0))
            })
            .map(|(_, name)| format!("`{name}`"))
            .collect();
        let (compared, names): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| compares(name));
        if !compared.is_empty() {
            self.decide("value.0.except", 0.65, are_compared(&compared));
        }
        if let Some(said) = self.ahead() {
            self.decide("value", 0.4, said);
        }
        self.ask_of_classes();
        if !names.is_empty() {
            let shown = names.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            let reason = told!(
                "guess-columns-no-times",
                "{shown} hold numbers too, and their headers are no such times: are they left out?",
                shown = shown
            );
            self.decide("value", 0.5, reason);
        }
    }

    /// What the texts above the table or its headers say of forecasts, as a question.
    fn ahead(&self) -> Option<Told> {
        let header = &self.found.header;
        let chunk = &self.sheet.chunk;
        // A header above that of the times, which is no title: `Thực đo`, `Dự báo`.
        let above = (0..chunk.len()).filter(|at| {
            let row = chunk.row_number(*at);
            row < header.row && row + 3 >= header.row && !is_alone(chunk, *at)
        });
        let cells =
            above.flat_map(|at| (0..chunk.columns.len()).filter_map(move |column| chunk.cell(at, column)));
        let names = self.found.columns.iter().map(|(column, _)| header.name(*column));
        let said = ahead(cells.chain(names)).or_else(|| self.evidence.ahead(self.gazetteer))?;
        Some(not_observed(&said))
    }

    /// How a mapping names a column: by its header, or by its letters when another has the same.
    pub(super) fn reference(&self, column: usize, name: &str) -> String {
        match self.found.header.find(name) {
            Ok(_) if !name.is_empty() => name.to_owned(),
            _ => {
                let column = u16::try_from(column + 1).unwrap_or(u16::MAX);
                format!("@{}", model::CellRef { sheet: 0, row: 1, column }.column_letters())
            }
        }
    }

    pub(super) fn texts(&self, column: usize) -> Vec<&str> {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        rows.filter_map(|row| chunk.cell(row, column))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// The texts of a column but for rows that have nothing else, which are notes.
    fn names(&self, column: usize) -> Vec<&str> {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let texts = rows.filter(|row| !is_alone(chunk, *row)).filter_map(|row| chunk.cell(row, column));
        texts.map(str::trim).filter(|text| !text.is_empty()).collect()
    }

    fn place(&mut self, used: &[usize], elsewhere: &Elsewhere) {
        if self.districts_of_title(used) {
            return;
        }
        if let Some((pattern, kind, name)) = self.evidence.place(self.gazetteer) {
            self.mapping.place = Some(place_of_title(&pattern, kind));
            self.decide(
                "place.title",
                0.9,
                told!("guess-stands-above", "`{text}` stands above the table", text = name),
            );
            return;
        }
        if self.place_within(used) {
            return;
        }
        let mut best: Option<(f64, PlaceSource, Told)> = None;
        for (column, name) in self.others() {
            if used.contains(&column) {
                continue;
            }
            if let Some(found) = self.places_of(column, &name, elsewhere)
                && best.as_ref().is_none_or(|(most, ..)| found.0 > *most)
            {
                best = Some(found);
            }
        }
        if let Some((confidence, source, reason)) = best {
            self.mapping.place = Some(source);
            self.decide("place.column", confidence, reason);
            self.ask_of_the_merger();
            return;
        }
        if let Some(source) = named_after_places(self.gazetteer, &self.alike) {
            self.mapping.place = Some(source);
            let reason = told!("guess-sheets-after-places", "the sheets are named after places");
            self.decide("place.sheet", 0.85, reason);
            return;
        }
        if let Some((pattern, kind, name)) = self.evidence.place_within(self.gazetteer) {
            self.mapping.place = Some(place_of_title(&pattern, kind));
            self.decide(
                "place.title",
                0.8,
                told!("guess-stands-above", "`{text}` stands above the table", text = name),
            );
            return;
        }
        let is_text = |column: usize| self.texts(column).iter().any(|text| !is_number(text));
        let first = self.others().into_iter().find(|(column, _)| !used.contains(column) && is_text(*column));
        let nobody = || told!("guess-no-column-of-places", "no column names the places");
        let names = first.map_or_else(nobody, |(column, name)| {
            let texts: Vec<String> =
                self.texts(column).iter().take(4).map(|text| format!("`{}`", short(text))).collect();
            told!(
                "guess-places-unknown",
                "nobody knows the places of the column `{name}` ({texts}, …): register them",
                name = name,
                texts = texts.join(", ")
            )
        });
        let names = match self.evidence.may_be_at(self.gazetteer) {
            Some(places) => or_at_one_of(names, places),
            None => names,
        };
        self.mapping.place =
            Some(PlaceSource { value: Some("station:…".into()), ..PlaceSource::default() });
        self.decide(
            "place.value",
            0.0,
            told!(
                "guess-fill-in-places",
                "FILL IN: {names}, or write the place of all values, or `column = \"…\"`",
                names => names
            ),
        );
    }

    /// How well a column names places, and of which kind.
    fn places_of(
        &self,
        column: usize,
        name: &str,
        elsewhere: &Elsewhere,
    ) -> Option<(f64, PlaceSource, Told)> {
        let mut texts = self.names(column);
        texts.sort_unstable();
        texts.dedup();
        texts.retain(|text| !is_number(text) && !is_total(text));
        let groups: Vec<Pattern> =
            self.mapping.rows.group.iter().filter_map(|group| Pattern::new(group).ok()).collect();
        texts.retain(|text| !groups.iter().any(|group| group.fits(text)));
        if texts.is_empty() {
            return None;
        }
        let on = self.day();
        let days = [on, before_the_merger(), NaiveDate::MAX];
        let ours = |text: &str, kind: PlaceKind| {
            days.iter().any(|on| {
                matches!(find_place(self.gazetteer, text, Some(kind), None, *on), PlaceMatch::One(_))
            })
        };
        let folded = model::fold(name);
        let mut kinds =
            vec![PlaceKind::Province, PlaceKind::Station, PlaceKind::Commune, PlaceKind::District];
        let of_header = kind_of_header(&folded);
        if of_header == Some(PlaceKind::District) {
            // A name of a district is that of another place too.
            kinds = vec![PlaceKind::District];
            if self.others().iter().any(|(_, name)| is_smaller(name)) {
                return None;
            }
        }
        let districts = may_be_districts(&folded, texts.iter().copied(), &self.evidence.titles);
        kinds.retain(|kind| *kind != PlaceKind::District || districts);
        let has_districts = on <= before_the_merger() || on == NaiveDate::MAX;
        let communes = may_be_communes(&folded, texts.iter().copied(), &self.evidence.titles);
        kinds.retain(|kind| *kind != PlaceKind::Commune || communes || !has_districts);
        let stations = self.evidence.speaks_of_stations();
        let measured =
            self.evidence.property(self.gazetteer).and_then(|named| is_of_stations(named.property));
        kinds.sort_by_key(|kind| {
            let hinted = if stations {
                *kind == PlaceKind::Station
            } else if of_header.is_some() {
                Some(*kind) == of_header
            } else {
                measured == Some(true) && *kind == PlaceKind::Station
            };
            !hinted
        });
        let mut best: Option<(usize, usize, PlaceKind)> = None;
        for kind in kinds {
            let found = texts.iter().filter(|text| ours(text, kind)).count();
            let far = texts.iter().filter(|text| !ours(text, kind) && elsewhere.holds(text)).count();
            if found > 0 && best.is_none_or(|(most, ..)| found > most) {
                best = Some((found, far, kind));
            }
        }
        let (found, far, kind) = best?;
        #[expect(clippy::cast_precision_loss, reason = "at most a few hundred texts")]
        let share = (found + far) as f64 / texts.len() as f64;
        let named = roles(&folded).contains(&Role::Place);
        if share < if named { 0.3 } else { 0.6 } {
            return None;
        }
        let source = PlaceSource {
            column: Some(self.reference(column, name)),
            kind: Some(kind.code().into()),
            ..PlaceSource::default()
        };
        let reason = told!(
            "guess-names-of-kind",
            "{found} of {count} names are places of the kind `{kind}`, {far} are known to lie elsewhere",
            found = found,
            count = texts.len(),
            kind = kind.code(),
            far = far
        );
        Some((share.min(0.97), source, reason))
    }

    /// A day on which the names of the table may hold.
    pub(super) fn day(&self) -> NaiveDate {
        let years = self.found.columns.iter().filter_map(|(_, found)| found.get("year")?.parse::<i32>().ok());
        years.max().and_then(|year| NaiveDate::from_ymd_opt(year, 6, 1)).unwrap_or(NaiveDate::MAX)
    }

    fn value(&mut self) {
        let mut value = ValueSource::new("", TextOrColumn::default());
        value.columns = Some(self.found.says.pattern().to_owned());
        let reason = told!("guess-headers-of-times", "headers that say a time stand above the values");
        self.decide("value.0.columns", 0.9, reason);
        let period = match self.found.says {
            Says::Year if self.rows_are_months() => Some("P1M"),
            Says::Year | Says::TwoYears | Says::YearAnd | Says::AndYear | Says::YearWithin => Some("P1Y"),
            Says::Month if self.rows_are_days() => Some("P1D"),
            Says::Month => Some("P1M"),
            Says::Quarter => Some("P3M"),
            Says::Week | Says::WeekOfMonth => Some("P7D"),
            Says::Day if self.rows_are_hours() => None,
            Says::Day | Says::Date | Says::DayMonth => Some("P1D"),
            // By the header of each column; an hour is an instant.
            Says::Season | Says::Time | Says::Hour | Says::AtHour => None,
        };
        value.period = period.map(|period| TextOrColumn::Text(period.into()));
        if period.is_some() {
            self.decide("value.0.period", 0.85, told!("guess-headers-say-so", "the headers say so"));
        }
        match self.found.says {
            Says::Season => {
                let header = &self.found.header;
                let words = self.found.columns.iter().filter_map(|(column, found)| {
                    Some((header.name(*column).to_owned(), found.get("period")?.clone()))
                });
                value.words = words.collect();
                let reason = told!("guess-headers-name-seasons", "the headers name crop seasons");
                self.decide("value.0.words", 0.9, reason);
                value.except = self.others_named();
            }
            Says::Time | Says::Date => value.except = self.others_named(),
            _ => {}
        }
        match self.found.says {
            Says::Week => self.decide("value.0.columns", 0.5, ISO_WEEKS.into()),
            Says::WeekOfMonth => self.decide(
                "value.0.columns",
                0.5,
                told!(
                    "guess-weeks-of-month",
                    "do the weeks of a month begin on its 1st, 8th, 15th and 22nd day?"
                ),
            ),
            Says::Month => months_or_days(&self.sheet.chunk, &self.found)
                .into_iter()
                .for_each(|ask| self.decide("value.0.columns", 0.4, ask)),
            Says::Year if !self.rows_are_months() => {
                if let Some(part) = self.evidence.part_of_year() {
                    self.decide("value.0.period", 0.4, of_part_of_year(&part));
                }
            }
            _ => {}
        }
        if let Some(column) = self.statistic {
            let name = self.found.header.name(column).to_owned();
            value.statistic = Some(TextOrColumn::in_column(&self.reference(column, &name)));
            self.decide("value.0.statistic", 0.9, name_statistics(&name));
        }
        if matches!(self.found.says, Says::YearAnd | Says::AndYear | Says::YearWithin) {
            self.items(&mut value);
        } else if self.found.says == Says::AtHour {
            self.at_hours(&mut value);
        } else if self.by_rows(&mut value) {
            // Each row says its property.
        } else if !self.by_sheet(&mut value) {
            self.one_property(&mut value);
        }
        if self.found.says == Says::TwoYears {
            self.crop_years(&mut value);
        }
        self.mapping.values.push(value);
    }

    /// By which of its two years a crop year is named: the title says it with the season.
    fn crop_years(&mut self, value: &mut ValueSource) {
        let season =
            value.period.as_ref().and_then(TextOrColumn::text).and_then(|text| text.strip_prefix("season:"));
        let season = season.and_then(|code| vocabulary().seasons.iter().find(|season| season.code == code));
        if season.is_some_and(|season| season.to.2 > 0) {
            value.columns = Some(FIRST_YEAR.to_owned());
        }
        match season {
            Some(season) => {
                let reason = told!("guess-crop-years-named-so", "the crop years of the season `{code}` are named so", code = season.code);
                self.decide("value.0.columns", 0.85, reason);
            }
            None => self.decide(
                "value.0.columns",
                0.5,
                told!(
                    "guess-which-of-two-years",
                    "the headers name two years each, and nothing says of which season: is the second the year of the values?"
                ),
            ),
        }
    }

    /// One property for the whole table, from its title or names.
    pub(super) fn one_property(&mut self, value: &mut ValueSource) {
        let Some(named) = self.evidence.property(self.gazetteer) else {
            value.property = TextOrColumn::Text("…".into());
            let titles: Vec<String> =
                self.evidence.titles.iter().take(2).map(|title| format!("`{}`", short(title))).collect();
            let ask = if titles.is_empty() {
                told!(
                    "guess-fill-in-property-untitled",
                    "FILL IN: no title says which property the values are: write its code"
                )
            } else {
                told!(
                    "guess-fill-in-property-of-title",
                    "FILL IN: nobody knows the property of {titles}: write its code, or register it",
                    titles => Told::words(titles.join(", "))
                )
            };
            self.decide("value.0.property", 0.0, ask);
            return;
        };
        value.property = TextOrColumn::Text(named.property.code.to_string());
        let by_header = value.statistic.is_some()
            || value.columns.as_ref().is_some_and(|columns| columns.contains("{statistic}"));
        if let Some(statistic) = named.statistic.filter(|_| !by_header) {
            value.statistic = Some(TextOrColumn::Text(statistic.into()));
            self.decide("value.0.statistic", 0.85, told!("guess-title-says-so", "the title says so"));
        } else if !by_header && !self.are_at_hours() && is_instant(named.property) {
            value.statistic = Some(TextOrColumn::Text("mean".into()));
            self.decide("value.0.statistic", 0.5, which_statistic());
        } else if !by_header {
            value.statistic = self.instant_of_hours(named.property);
        }
        if let Some(period) = named.period {
            value.period = Some(TextOrColumn::Text(period.into()));
        }
        // Whole times in headers are months, parts of them or more.
        let long = (self.found.says == Says::Time).then(|| TextOrColumn::Text("P1M".into()));
        let property = of_period(self.gazetteer, named.property, value.period.as_ref().or(long.as_ref()));
        let property = self.of_hours(property);
        value.property = TextOrColumn::Text(property.code.to_string());
        self.decide("value.0.property", named.confidence, named.reason);
        let columns: Vec<usize> = self.found.columns.iter().map(|(column, _)| *column).collect();
        self.unit(value, property, &columns);
        let unit = match &value.unit {
            Some(TextOrColumn::Text(unit)) => Some(unit.clone()),
            _ => self.evidence.unit(self.gazetteer).map(|(_, unit)| unit),
        };
        self.thousands(property, &columns, unit.as_deref());
    }
}

/// The place that a title names by this pattern.
pub(super) fn place_of_title(pattern: &str, kind: PlaceKind) -> PlaceSource {
    PlaceSource {
        title: true,
        pattern: Some(pattern.to_owned()),
        kind: Some(kind.code().to_owned()),
        ..PlaceSource::default()
    }
}

/// A fact that stands around the table.
pub(super) fn around(origin: &str, pattern: &str) -> TextOrColumn {
    TextOrColumn::Column {
        column: origin.to_owned(),
        prefix: String::new(),
        default: None,
        pattern: Some(pattern.to_owned()),
        words: BTreeMap::new(),
    }
}

pub(super) fn number(text: &str) -> Option<f64> {
    NumberStyle::Dot.read(text).or_else(|_| NumberStyle::Comma.read(text)).ok()
}
