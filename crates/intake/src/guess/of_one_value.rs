//! Times whose header says that they are those of one value: `Ngày Smax` is when the highest salinity was there, and
//! says nothing of the lowest one beside it.

use model::Statistic;
use wording::told;

use super::measured::{of_text, statistic_within};
use super::observations::Guess;
use super::words::header_words;
use crate::mapping::ValueSource;
use crate::observe::{find_property, find_statistic, time_of_day, usual_statistic};

/// Words of headers of times that say nothing of a value, folded.
const OF_TIMES: [&str; 28] = [
    "at", "cua", "dat", "date", "datetime", "day", "diem", "do", "gian", "gio", "hien", "hour", "khi", "lay",
    "luc", "mau", "ngay", "of", "quan", "ra", "the", "thang", "thoi", "time", "trac", "xay", "xuat", "year",
];

impl Guess<'_> {
    /// Asks where the times of all values are those of one by their header.
    pub(super) fn ask_of_times_of_one_value(&mut self) {
        let Some(time) = &self.mapping.time else { return };
        let found = time.columns.iter().find_map(|reference| {
            let column = self.sample.named(reference)?;
            let is_clock = column.texts.iter().all(|(text, _)| time_of_day(text).is_some());
            let words = header_words(&column.base);
            let rest: Vec<&str> = words.split(' ').filter(|word| !OF_TIMES.contains(word)).collect();
            let other = self.other_than(&rest.join(" "), is_clock)?;
            Some((column.name.clone(), other))
        });
        if let Some((name, other)) = found {
            let ask = told!(
                "guess-time-of-one-value",
                "by its header `{name}` is the time of one value alone: is it that of `{other}` too? Else hand in each value with the times that are its own",
                name = name,
                other = other
            );
            self.because("time.columns", 0.4, ask);
        }
    }

    /// The first value that a header does not name, which speaks of a highest or lowest value, or of another one.
    fn other_than(&self, said: &str, is_clock: bool) -> Option<String> {
        if said.is_empty() {
            return None;
        }
        let together = |text: &str| header_words(text).replace(' ', "");
        let base = |value: &ValueSource| {
            let column = self.sample.named(&value.column);
            column.map(|column| (column.base.clone(), column.name.clone()))
        };
        let values: Vec<(&ValueSource, String, String)> = self
            .mapping
            .values
            .iter()
            .filter(|value| value.columns.is_none())
            .filter_map(|value| base(value).map(|(base, name)| (value, base, name)))
            .collect();
        let by_name: Vec<bool> =
            values.iter().map(|(_, base, _)| together(base) == said.replace(' ', "")).collect();
        let named: Vec<bool> = if by_name.contains(&true) {
            by_name
        } else {
            let statistic = statistic_within(said)
                .filter(|statistic| matches!(statistic, Statistic::Max | Statistic::Min))?;
            let property = |value: &ValueSource| of_text(self.gazetteer, said, value.unit.as_ref()?.text()?);
            let is_its =
                |value: &ValueSource| property(value).is_some_and(|code| value.property.text() == Some(code));
            let by_property: Vec<bool> = values.iter().map(|(value, ..)| is_its(value)).collect();
            let of_statistic = |value: &ValueSource| self.statistic_of(value) == Some(statistic);
            let both = |at: usize| by_property[at] && of_statistic(values[at].0);
            let has_property = (0..values.len()).any(both);
            (0..values.len())
                .map(|at| if has_property { both(at) } else { of_statistic(values[at].0) })
                .collect()
        };
        // Of a value of a whole day the hour says nothing.
        let is_moved = |value: &ValueSource| !is_clock || value.period.is_none();
        let mut others = values.iter().zip(&named).filter(|((value, ..), named)| !**named && is_moved(value));
        others.next().map(|((.., name), _)| name.clone())
    }

    fn statistic_of(&self, value: &ValueSource) -> Option<Statistic> {
        match &value.statistic {
            Some(statistic) => find_statistic(statistic.text()?),
            None => {
                let property = value.property.text().and_then(|code| find_property(self.gazetteer, code))?;
                Some(usual_statistic(property.statistic.as_deref()))
            }
        }
    }
}
