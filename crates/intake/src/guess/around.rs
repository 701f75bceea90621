//! Guessing what the columns of a table do not say from what stands around it.

use catalog::PlaceMatch;
use chrono::NaiveDate;
use model::PlaceKind;

use super::evidence::before_the_merger;
use super::observations::Guess;
use super::places::named_after_places;
use super::usual::calendar;
use crate::mapping::{PlaceSource, TextOrColumn, TimeSource, Unknown, ValueSource};
use crate::observe::{Precision, find_place};

impl Guess<'_> {
    /// The year of a table without a column of times: of its title, of its sheet, of its file.
    pub(super) fn year_around(&mut self) -> Option<Precision> {
        let (origin, pattern, year, confidence) = self.evidence.year()?;
        let fact = TextOrColumn::Column {
            column: origin.to_owned(),
            prefix: String::new(),
            default: None,
            pattern: Some(pattern.to_owned()),
            words: std::collections::BTreeMap::new(),
        };
        self.mapping.time = Some(TimeSource { year: Some(fact), ..TimeSource::default() });
        let reason = format!("no column holds times, and `{year}` stands in {}", said(origin));
        self.because("time.year", confidence, &reason);
        Some(Precision::Year)
    }

    /// The place of a table without a column of places, from a title.
    pub(super) fn place_around(&mut self) {
        let Some((pattern, kind, name)) = self.evidence.place(self.gazetteer) else {
            if let Some(kind) = named_after_places(self.gazetteer, &self.alike) {
                let kind = Some(kind.code().into());
                self.mapping.place = Some(PlaceSource { sheet: true, kind, ..PlaceSource::default() });
                self.because("place.sheet", 0.85, "the sheets are named after places");
            }
            return;
        };
        self.mapping.place = Some(PlaceSource {
            title: true,
            pattern: Some(pattern.to_owned()),
            kind: Some(kind.code().into()),
            ..PlaceSource::default()
        });
        self.because("place.title", 0.85, &format!("`{name}` stands above the table"));
    }

    /// Headers that name places, over values of one property that a title or a name tells.
    pub(super) fn wide_by_place(&mut self, numeric: &[usize], precision: Option<Precision>) -> bool {
        let named: Vec<String> = numeric.iter().map(|at| self.sample.columns[*at].name.clone()).collect();
        let known = |kind: PlaceKind| {
            let is_one = |name: &&String| {
                [NaiveDate::MAX, before_the_merger()].iter().any(|on| {
                    matches!(find_place(self.gazetteer, name, Some(kind), None, *on), PlaceMatch::One(_))
                })
            };
            named.iter().filter(is_one).count()
        };
        let kinds = [PlaceKind::Station, PlaceKind::Province];
        let Some((count, kind)) =
            kinds.map(|kind| (known(kind), kind)).into_iter().max_by_key(|(count, _)| *count)
        else {
            return false;
        };
        if count < 2 || count * 4 < named.len() {
            return false;
        }
        let Some(property) = self.evidence.property(self.gazetteer) else { return false };
        self.mapping.place = Some(PlaceSource {
            header: true,
            kind: Some(kind.code().into()),
            unknown: Unknown::LeaveOut,
            ..PlaceSource::default()
        });
        self.because("place.header", 0.9, &format!("{count} of {} headers are names of places", named.len()));
        if count < named.len() {
            let reason =
                format!("{} columns are of places that nobody knows, and are left out", named.len() - count);
            self.because("place.unknown", 0.62, &reason);
        }
        let mut value = ValueSource::new("", TextOrColumn::Text(property.property.code.to_string()));
        value.columns = Some("{place}".into());
        // What is no number is no column of values.
        let others =
            self.sample.columns.iter().map(|column| &column.name).filter(|name| !named.contains(name));
        value.except =
            others.filter(|name| !self.mapping.columns().contains(&name.as_str())).cloned().collect();
        value.statistic = property.statistic.map(|code| TextOrColumn::Text(code.into()));
        value.period =
            property.period.map(|period| TextOrColumn::Text(period.into())).or_else(|| calendar(precision));
        self.because("value.0.property", property.confidence, &property.reason);
        // Such tables are of gauges, and gauges are printed in centimetres and in metres.
        let unit = self.evidence.unit(self.gazetteer);
        match unit {
            Some((_, unit)) => {
                self.because("value.0.unit", 0.85, &format!("`{unit}` stands above the table"));
                value.unit = Some(TextOrColumn::Text(unit));
            }
            None => {
                value.unit = Some(TextOrColumn::Text(property.property.unit.clone()));
                let reason =
                    format!("no unit is named: is it `{}`, the property's own?", property.property.unit);
                self.because("value.0.unit", 0.4, &reason);
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
        let Some(named) = self.evidence.property(self.gazetteer) else { return };
        let column = &self.sample.columns[*at];
        let own = column.unit.clone().map(TextOrColumn::Text).or(unit);
        let mut value =
            ValueSource::new(&column.reference, TextOrColumn::Text(named.property.code.to_string()));
        let is_named = own.is_some();
        value.unit = own.or_else(|| Some(TextOrColumn::Text(named.property.unit.clone())));
        value.period = period
            .or_else(|| named.period.map(|p| TextOrColumn::Text(p.into())))
            .or_else(|| calendar(precision));
        self.because("value.0.property", named.confidence - 0.05, &named.reason);
        if !is_named {
            let reason = format!("no unit is named: is it `{}`, the property's own?", named.property.unit);
            self.because("value.0.unit", 0.5, &reason);
        }
        self.mapping.values.push(value);
    }
}

fn said(origin: &str) -> &'static str {
    match origin {
        "@sheet" => "the sheet's name",
        "@file" => "the file's name",
        _ => "the title",
    }
}
