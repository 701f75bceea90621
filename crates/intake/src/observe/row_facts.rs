//! What the values of one row have in common: their time, their place, the source's own flag.

use chrono::DateTime;
use formats::Chunk;
use model::{Quality, Severity};

use super::parts::{HeaderTime, compose};
use super::period::Period;
use super::plan::{Apart, Plan};
use super::resolve::BESIDE;
use super::shared::{Cells, NONE, Rows, Shared, TimeState, cell_at};
use super::table::Observer;
use super::time::{
    DateOrder, Moment, Precision, TimeFormat, TimeReader, column_order, parse_zone, slashed_order,
};
use super::time_words::assumption;
use crate::findings::{Findings, Words};

/// The longest time that a text says, in microseconds.
const MOST: i64 = 366 * super::time::DAY;
/// A moment where there is none.
const NOTHING: Moment = Moment { us: 0, precision: Precision::Instant };

impl Observer {
    pub(super) fn read_times(
        &mut self,
        plan: &mut Plan,
        chunk: &Chunk,
        header: &HeaderTime,
        start: usize,
        rows: &mut Rows,
        findings: &mut Findings,
    ) {
        let count = chunk.len();
        rows.moments.clear();
        rows.moments.resize(count, plan.moment.unwrap_or(NOTHING));
        rows.times.clear();
        rows.times.resize(count, TimeState::Good);
        if let Some(moment) = plan.moment {
            if moment.us > self.latest() {
                rows.times.fill(TimeState::Future);
            }
        } else if !header.is_empty() || plan.apart.iter().any(Option::is_some) {
            if let Some((text, row, column)) = undecided(plan, chunk, start) {
                self.day_first(&[text], row, column, chunk, plan, findings);
            }
            self.compose_times(plan, chunk, header, start, rows);
        } else if let [column] = plan.times.as_slice() {
            let column = *column;
            let cells = Cells::of(chunk, Some(column));
            let mut last: Option<(&str, Moment, TimeState)> = None;
            let zone = plan.mapping.time.as_ref().and_then(|time| parse_zone(time.zone.as_deref()?));
            let says_zone = matches!(plan.reader.format, TimeFormat::Auto | TimeFormat::DayNumber(_));
            for row in start..count {
                let text = cells.get(row);
                let (moment, state) = match (text, last) {
                    (None, _) => (NOTHING, TimeState::Empty),
                    (Some(text), Some((known, moment, state))) if known == text => (moment, state),
                    (Some(text), _) => {
                        let read = match plan.reader.read(text) {
                            None => self.day_first(&[text], row, column, chunk, plan, findings),
                            read => read,
                        };
                        let (moment, state) = self.judge(read);
                        if read.is_some() && !self.has_said_assumption() {
                            self.tell_assumption(text, row, column, chunk, plan, findings);
                        }
                        if says_zone && state == TimeState::Good {
                            self.zones().see(text, moment, zone, || {
                                let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
                                (cell, plan.header.name(column))
                            });
                        }
                        last = Some((text, moment, state));
                        (moment, state)
                    }
                };
                rows.moments[row] = moment;
                rows.times[row] = state;
            }
        } else {
            let cells: Vec<Cells<'_>> =
                plan.times.iter().map(|column| Cells::of(chunk, Some(*column))).collect();
            let first = plan.times.first().copied().unwrap_or(0);
            let mut parts: Vec<&str> = Vec::with_capacity(cells.len());
            for row in start..count {
                parts.clear();
                parts.extend(cells.iter().filter_map(|column| column.get(row)));
                let (moment, state) = if parts.is_empty() {
                    (NOTHING, TimeState::Empty)
                } else if parts.len() < cells.len() {
                    (NOTHING, TimeState::Unreadable)
                } else {
                    let read = match plan.reader.read_parts(&parts) {
                        None => self.day_first(&parts, row, first, chunk, plan, findings),
                        read => read,
                    };
                    self.judge(read)
                };
                rows.moments[row] = moment;
                rows.times[row] = state;
            }
        }
        rows.ends.clear();
        if let Some(column) = plan.end {
            let cells = Cells::of(chunk, Some(column));
            rows.ends.resize(count, None);
            for row in start..count {
                let Some(text) = cells.get(row) else { continue };
                let start = rows.moments[row].us;
                match plan.reader.read(text).filter(|end| end.us > start) {
                    Some(end) => rows.ends[row] = Some(end.us),
                    None if rows.times[row] == TimeState::Good => rows.times[row] = TimeState::EndUnreadable,
                    None => {}
                }
            }
        }
    }

    /// Times of which the header, or facts that stand apart, say a part.
    fn compose_times(&self, plan: &Plan, chunk: &Chunk, header: &HeaderTime, start: usize, rows: &mut Rows) {
        let columns: Vec<Cells<'_>> =
            plan.times.iter().map(|column| Cells::of(chunk, Some(*column))).collect();
        let apart: [Option<(Option<&str>, Cells<'_>)>; 5] = std::array::from_fn(|at| {
            plan.apart[at].as_ref().map(|part| match part {
                Apart::Text(text) => (Some(text.as_str()), Cells::of(chunk, None)),
                Apart::Column(column) => (None, Cells::of(chunk, Some(*column))),
            })
        });
        let mut last: Option<(Vec<Option<&str>>, Moment, TimeState)> = None;
        for row in start..chunk.len() {
            let apart: [Option<&str>; 5] = std::array::from_fn(|at| {
                apart[at].as_ref().and_then(|(text, cells)| text.or_else(|| cells.get(row)))
            });
            let texts: Vec<Option<&str>> = columns.iter().map(|cells| cells.get(row)).collect();
            let key: Vec<Option<&str>> = texts.iter().copied().chain(apart).collect();
            if let Some((known, moment, state)) = &last
                && *known == key
            {
                (rows.moments[row], rows.times[row]) = (*moment, *state);
                continue;
            }
            let (moment, state) = match compose(&plan.reader, header, apart, &texts) {
                Ok(moment) => self.judge(Some(moment)),
                Err(state) => (NOTHING, state),
            };
            (rows.moments[row], rows.times[row]) = (moment, state);
            last = Some((key, moment, state));
        }
    }

    /// Says once that a time was read by an assumption: a number of days, the name of a lunar year.
    fn tell_assumption(
        &mut self,
        text: &str,
        row: usize,
        column: usize,
        chunk: &Chunk,
        plan: &Plan,
        findings: &mut Findings,
    ) {
        let Some(code) = assumption(text).filter(|_| matches!(plan.reader.format, TimeFormat::Auto)) else {
            return;
        };
        self.says_assumption();
        let read = plan.reader.read(text).and_then(|moment| DateTime::from_timestamp_micros(moment.us));
        let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
        findings.add(Severity::Warning, code, cell, || Words {
            column_name: plan.header.name(column).to_owned(),
            value: text.to_owned(),
            expected: read.map_or_else(String::new, |at| {
                at.with_timezone(&model::VIETNAM).format("%d/%m/%Y").to_string()
            }),
        });
    }

    fn judge(&self, moment: Option<Moment>) -> (Moment, TimeState) {
        match moment {
            None => (NOTHING, TimeState::Unreadable),
            Some(moment) if moment.us > self.latest() => (moment, TimeState::Future),
            Some(moment) => (moment, TimeState::Good),
        }
    }

    /// Reads `3/4/2020` day first, as Vietnam writes it, where nothing in the column tells; says so once.
    #[cold]
    fn day_first(
        &mut self,
        parts: &[&str],
        row: usize,
        column: usize,
        chunk: &Chunk,
        plan: &mut Plan,
        findings: &mut Findings,
    ) -> Option<Moment> {
        let unknown = plan.reader.order.is_none() && matches!(plan.reader.format, TimeFormat::Auto);
        let text = parts.first()?;
        if !unknown || slashed_order(text)?.is_some() {
            return None;
        }
        let cells = Cells::of(chunk, Some(column));
        // A column that contradicts itself is not read by convention.
        if column_order((0..chunk.len()).filter_map(|row| cells.get(row))).is_err() {
            return None;
        }
        let moment =
            TimeReader { order: Some(DateOrder::DayFirst), ..plan.reader.clone() }.read_parts(parts)?;
        plan.reader.order = Some(DateOrder::DayFirst);
        if !self.says_order() {
            let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
            findings.add(Severity::Warning, "assumed_day_first", cell, || Words {
                column_name: plan.header.name(column).to_owned(),
                value: (*text).to_owned(),
                expected: "%d/%m/%Y".into(),
            });
        }
        Some(moment)
    }

    /// The places of rows: the one of all, that of the value's header, or those of a column.
    pub(super) fn read_places(
        &mut self,
        plan: &Plan,
        chunk: &Chunk,
        of_header: Option<&str>,
        start: usize,
        rows: &mut Rows,
    ) {
        rows.places.clear();
        rows.places.resize(chunk.len(), plan.place.unwrap_or(NONE));
        let Shared { finder: Some(finder), places, .. } = self.shared() else { return };
        let cells = Cells::of(chunk, plan.place_column);
        let beside: Vec<Cells<'_>> =
            plan.within.iter().map(|column| Cells::of(chunk, Some(*column))).collect();
        let mut joined = String::new();
        for row in start..chunk.len() {
            if let Some(mut text) = of_header.or_else(|| cells.get(row)) {
                if !beside.is_empty() {
                    joined.clear();
                    joined.push_str(text);
                    for cells in &beside {
                        joined.push(BESIDE);
                        joined.push_str(cells.get(row).unwrap_or_default());
                    }
                    text = &joined;
                }
                let moment = rows.moments[row];
                let found = finder.find(text, moment.us, places);
                // A name that means another place before the time is over says neither.
                let may_change = found.is_some()
                    && moment.precision < Precision::Month
                    && finder.holds_until() < moment.us.saturating_add(MOST);
                let last = may_change.then(|| last_instant(moment, plan.reader.zone)).flatten();
                let later = last.and_then(|last| finder.find(text, last, places));
                let is_same = match last {
                    Some(last) if later.is_none() => !finder.is_unclear(text, last),
                    _ => later.is_none() || later == found,
                };
                rows.places[row] = found.filter(|_| is_same).unwrap_or(NONE);
            }
        }
    }

    pub(super) fn read_flags(
        &mut self,
        plan: &Plan,
        chunk: &Chunk,
        start: usize,
        rows: &mut Rows,
        findings: &mut Findings,
    ) {
        rows.flags.clear();
        let (Some(column), Some(source)) = (plan.quality, &plan.mapping.quality) else { return };
        rows.flags.resize(chunk.len(), 0);
        let cells = Cells::of(chunk, Some(column));
        for row in start..chunk.len() {
            let Some(text) = cells.get(row) else { continue };
            let flag = match source.codes.get(text) {
                Some(flag) => Some(*flag),
                None if source.codes.is_empty() => {
                    text.parse().ok().filter(|code| Quality::from_code(*code).is_some())
                }
                None => None,
            };
            match flag {
                Some(flag) => rows.flags[row] = flag,
                None => {
                    if self.says_flags() {
                        continue;
                    }
                    let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
                    findings.add(Severity::Warning, "unknown_flag", cell, || Words {
                        column_name: plan.header.name(column).to_owned(),
                        value: text.to_owned(),
                        expected: String::new(),
                    });
                }
            }
        }
    }
}

/// The last instant of a time that is longer than a month, in which places may become others.
pub(super) fn last_instant(moment: Moment, zone: i64) -> Option<i64> {
    let is_long = matches!(moment.precision, Precision::Year | Precision::Season(_) | Precision::Months(_));
    let period = Period::of_precision(moment.precision).filter(|_| is_long)?;
    Some(period.span(moment, zone).end? - 1)
}

/// The first date of the columns of times of which nothing tells whether its day or its month comes first.
fn undecided<'c>(plan: &Plan, chunk: &'c Chunk, start: usize) -> Option<(&'c str, usize, usize)> {
    if plan.reader.order.is_some() || !matches!(plan.reader.format, TimeFormat::Auto) {
        return None;
    }
    plan.times.iter().find_map(|column| {
        let cells = Cells::of(chunk, Some(*column));
        (start..chunk.len()).find_map(|row| {
            let text = cells.get(row)?;
            (slashed_order(text) == Some(None) && plan.reader.read(text).is_none())
                .then_some((text, row, *column))
        })
    })
}
