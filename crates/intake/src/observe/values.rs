//! One column of values of a mapping: from its cells to rows, refusing each that is not right.

use std::sync::Arc;

use arrow::array::{Array, StringArray};
use catalog::Gazetteer;
use formats::Chunk;
use model::{CellRef, DatasetId, DatastreamKey, PlaceId, PropertyCode, Quality, Severity, Statistic};
use policy::RowFilter;

use super::batch::{Batches, Taken, Tests};
use super::columns::Header;
use super::duplicates::Keys;
use super::number::{NotANumber, NumberStyle};
use super::period::{Period, Span};
use super::resolve::{
    NumberMap, PlaceFinder, Pool, UnitProblem, conversion, find_period, find_property, find_unit,
};
use super::time::{Moment, Precision};
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{TextOrColumn, ValueSource};

/// The number of nothing: a place that was not found.
pub(super) const NONE: u32 = u32::MAX;

/// Named periods that one file may bring.
const MAX_PERIODS: usize = 1000;

/// What all columns of values share.
pub(super) struct Shared {
    pub(super) gazetteer: Arc<Gazetteer>,
    pub(super) finder: Option<PlaceFinder>,
    pub(super) dataset: DatasetId,
    pub(super) rows: RowFilter,
    pub(super) zone: i64,
    pub(super) places: Pool<PlaceId>,
    pub(super) properties: Pool<PropertyCode>,
    pub(super) units: Pool<String>,
    pub(super) periods: Pool<Period>,
    pub(super) streams: Pool<DatastreamKey>,
    pub(super) stream_ids: Vec<i64>,
    pub(super) keys: Keys,
    pub(super) batches: Batches,
    pub(super) missing: Missing,
    pub(super) instant: u32,
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) warned_of_moving: bool,
}

/// Texts that stand for no value.
pub(super) struct Missing {
    texts: Vec<String>,
    /// Whether one of them reads as a number (`-9999`), so that numbers have to be compared too.
    numeric: bool,
}

impl Missing {
    pub(super) fn new(texts: &[String]) -> Missing {
        let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
        let numeric = texts
            .iter()
            .any(|text| NumberStyle::Dot.read(text).is_ok() || NumberStyle::Comma.read(text).is_ok());
        Missing { texts, numeric }
    }

    #[inline]
    pub(super) fn holds(&self, text: &str) -> bool {
        text.is_empty() || self.texts.iter().any(|missing| missing == text)
    }
}

/// What is known of each row of a chunk before its values are read.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) moments: Vec<Moment>,
    pub(super) ends: Vec<Option<i64>>,
    pub(super) times: Vec<TimeState>,
    pub(super) places: Vec<u32>,
    pub(super) flags: Vec<i8>,
    /// What was already said of each row: [`REFUSED`] and one bit for each part shared by its values.
    pub(super) said: Vec<u8>,
}

/// The bit of a row of which a value was refused.
pub(super) const REFUSED: u8 = 1;

/// Whether a row's time can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeState {
    Good,
    Empty,
    Unreadable,
    Future,
    EndUnreadable,
}

/// Where the columns that a value needs stand in the sheet.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) value: usize,
    pub(super) property: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) period: Option<usize>,
    pub(super) style: NumberStyle,
}

/// A chunk with its header and the columns that rows are refused for.
pub(super) struct Sheet<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) header: &'a Header,
    pub(super) start: usize,
    pub(super) time: usize,
    pub(super) end: usize,
    pub(super) place: usize,
    pub(super) now: &'a str,
}

/// One `[[value]]`, with what it names looked up.
pub(super) struct Block {
    place: Option<u32>,
    property: Option<u32>,
    unit: Fixed,
    period: Fixed,
    prefix: String,
    source: ValueSource,
    statistic: Option<Statistic>,
    rules: Vec<Result<Rule, Refusal>>,
    by_key: NumberMap<(u32, u32, u32, u32), u32>,
    last: Option<((u32, u32, u32, u32), u32)>,
    taken: Taken,
}

/// A part of the key that is the same for all rows, or that the row says.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    /// Not named: the property's unit; the period by the precision of the time.
    Own,
    All(u32),
    /// By the row; for an empty cell this one, where the mapping names it.
    Row(Option<u32>),
}

/// How values of one place, property, unit and period are taken.
#[derive(Debug, Clone, Copy)]
struct Rule {
    stream: u32,
    period: u32,
    factor: f64,
    addend: f64,
    least: f64,
    most: f64,
    ranged: bool,
}

/// Why values of one place, property, unit and period are refused.
#[derive(Debug, Clone)]
struct Refusal {
    code: &'static str,
    of: Part,
    expected: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Value,
    Property,
    Unit,
    Period,
    Place,
    Time,
    End,
}

impl Part {
    /// The bit of a part that all values of a row share, so that it is told once a row.
    fn bit(self) -> u8 {
        match self {
            Part::Place => 2,
            Part::Time => 4,
            Part::End => 8,
            Part::Value | Part::Property | Part::Unit | Part::Period => 0,
        }
    }
}

impl Block {
    /// Looks up what a `[[value]]` names; an error is the mapping's.
    pub(super) fn new(at: usize, source: &ValueSource, shared: &mut Shared) -> Result<Block, Error> {
        let wrong = |what: String, hint: String| {
            Error::invalid(format!("the mapping, [[value]] {}: {what}", at + 1), hint)
        };
        let place = match &source.place {
            None => None,
            Some(text) => Some(fixed_place(text, shared).ok_or_else(|| {
                wrong(
                    format!("the place `{text}` does not exist"),
                    "write the id of a place in the catalogue".into(),
                )
            })?),
        };
        let property = match &source.property {
            TextOrColumn::Column { .. } => None,
            TextOrColumn::Text(text) => {
                let property = find_property(&shared.gazetteer, text).ok_or_else(|| {
                    wrong(
                        format!("the property `{text}` does not exist"),
                        "write a code or an alias of the list of properties, e.g. `salinity`".into(),
                    )
                })?;
                if let Some(unit) = source.unit.as_ref().and_then(TextOrColumn::text) {
                    conversion(unit, property).map_err(|problem| {
                        let what = match problem {
                            UnitProblem::Unknown => format!("`{unit}` is no unit that is known here"),
                            UnitProblem::Incompatible => {
                                format!(
                                    "`{unit}` does not convert to `{}`, the unit of `{}`",
                                    property.unit, property.code
                                )
                            }
                        };
                        wrong(what, format!("write a unit that converts to `{}`", property.unit))
                    })?;
                }
                let code = property.code.clone();
                Some(shared.properties.number(code))
            }
        };
        let unit = match &source.unit {
            None => Fixed::Own,
            Some(TextOrColumn::Text(text)) => Fixed::All(shared.units.number(text.trim().to_owned())),
            Some(TextOrColumn::Column { default, .. }) => {
                Fixed::Row(default.as_ref().map(|text| shared.units.number(text.trim().to_owned())))
            }
        };
        let mut prefix = String::new();
        let mut named = |text: &String| Period::parse(text).map(|period| shared.periods.number(period));
        let period = match &source.period {
            None => Fixed::Own,
            Some(TextOrColumn::Text(text)) => named(text).map_or(Fixed::Own, Fixed::All),
            Some(TextOrColumn::Column { prefix: own, default, .. }) => {
                prefix.clone_from(own);
                Fixed::Row(default.as_ref().and_then(named))
            }
        };
        Ok(Block {
            place,
            property,
            unit,
            period,
            prefix,
            source: source.clone(),
            statistic: source.statistic.as_deref().and_then(Statistic::from_code),
            rules: Vec::new(),
            by_key: NumberMap::default(),
            last: None,
            taken: Taken::default(),
        })
    }

    pub(super) fn source(&self) -> &ValueSource {
        &self.source
    }

    /// Takes the values of one chunk; returns how many cells are missing and how many were refused.
    pub(super) fn take(
        &mut self,
        sheet: &Sheet<'_>,
        columns: &Columns,
        rows: &mut Rows,
        shared: &mut Shared,
        findings: &mut Findings,
    ) -> Result<(u64, u64), Error> {
        let cells = Cells::of(sheet.chunk, Some(columns.value));
        let properties = Cells::of(sheet.chunk, columns.property);
        let units = Cells::of(sheet.chunk, columns.unit);
        let periods = Cells::of(sheet.chunk, columns.period);
        let (mut missing, mut refused) = (0, 0);
        for row in sheet.start..sheet.chunk.len() {
            let text = match cells.get(row) {
                Some(text) if !(shared.missing.numeric && shared.missing.holds(text)) => text,
                _ => {
                    missing += 1;
                    continue;
                }
            };
            let outcome = self.one(text, row, columns.style, [&properties, &units, &periods], rows, shared);
            let refusal = match outcome {
                Ok(Some((rule, number, span))) => {
                    if span.moved && !shared.warned_of_moving {
                        shared.warned_of_moving = true;
                        self.tell(
                            Severity::Warning,
                            "moved_to_period_start",
                            Part::Time,
                            row,
                            sheet,
                            columns,
                            findings,
                            || shared.periods.items[rule.period as usize].text.clone(),
                        );
                    }
                    let position =
                        shared.batches.count() + u32::try_from(self.taken.starts.len()).unwrap_or(u32::MAX);
                    match shared.keys.take(rule.stream, span.start, position) {
                        Ok(()) => {
                            self.keep(rule, number, span, row, sheet, rows);
                            continue;
                        }
                        Err(first) => match self.duplicate(first, number, sheet, columns, shared) {
                            Ok(expected) => {
                                self.tell(
                                    Severity::Warning,
                                    "duplicate_value",
                                    Part::Value,
                                    row,
                                    sheet,
                                    columns,
                                    findings,
                                    || expected,
                                );
                                continue;
                            }
                            Err(expected) => Refusal { code: "duplicate_key", of: Part::Value, expected },
                        },
                    }
                }
                Ok(None) => {
                    missing += 1;
                    continue;
                }
                Err(refusal) => refusal,
            };
            refused += 1;
            let bit = refusal.of.bit();
            let told = bit != 0 && rows.said[row] & bit != 0;
            rows.said[row] |= REFUSED | bit;
            if !told {
                let Refusal { code, of, expected } = self.explained(refusal, row, sheet, rows, shared);
                self.tell(Severity::Refused, code, of, row, sheet, columns, findings, || expected);
            }
        }
        shared.batches.push(&mut self.taken, &shared.stream_ids, sheet.chunk.sheet, columns.value)?;
        Ok((missing, refused))
    }

    /// One value: how it is taken, its number in the property's unit, and its span; `None` when the
    /// cell says that there is no value.
    #[inline]
    fn one(
        &mut self,
        text: &str,
        row: usize,
        style: NumberStyle,
        [properties, units, periods]: [&Cells<'_>; 3],
        rows: &Rows,
        shared: &mut Shared,
    ) -> Result<Option<(Rule, f64, Span)>, Refusal> {
        let number = match style.read(text) {
            Ok(number) => number,
            Err(_) if shared.missing.holds(text) => return Ok(None),
            Err(NotANumber::Other) => return refuse("not_a_number", Part::Value),
            Err(NotANumber::Ambiguous) => return refuse("ambiguous_number", Part::Value),
        };
        match rows.times[row] {
            TimeState::Good => {}
            TimeState::Empty => return refuse("empty_time", Part::Time),
            TimeState::Unreadable => return refuse("not_a_time", Part::Time),
            TimeState::Future => return refuse("future_time", Part::Time),
            TimeState::EndUnreadable => return refuse("not_a_time", Part::End),
        }
        let moment = rows.moments[row];
        let place = self.place.unwrap_or(rows.places[row]);
        if place == NONE {
            return refuse("unknown_place", Part::Place);
        }
        let property = match self.property {
            Some(property) => property,
            None => {
                let Some(text) = properties.get(row) else { return refuse("empty_property", Part::Property) };
                let gazetteer = &shared.gazetteer;
                let found = shared.properties.of_text(text, |text| {
                    find_property(gazetteer, text).map(|property| property.code.clone())
                });
                match found {
                    Some(property) => property,
                    None => return refuse("unknown_property", Part::Property),
                }
            }
        };
        let unit = match (self.unit, units.get(row)) {
            (Fixed::Own, _) | (Fixed::Row(None), None) => NONE,
            (Fixed::All(unit), _) | (Fixed::Row(Some(unit)), None) => unit,
            (Fixed::Row(_), Some(text)) => {
                let gazetteer = &shared.gazetteer;
                match shared.units.of_text(text, |text| find_unit(gazetteer, text)) {
                    Some(unit) => unit,
                    None => return refuse("unknown_unit", Part::Unit),
                }
            }
        };
        let period = match (self.period, periods.get(row)) {
            (Fixed::All(period), _) | (Fixed::Row(Some(period)), None) => period,
            (Fixed::Own, _) | (Fixed::Row(None), None) => match moment.precision {
                Precision::Year => shared.year,
                Precision::Month => shared.month,
                Precision::Day | Precision::Instant => shared.instant,
            },
            (Fixed::Row(_), Some(text)) => {
                let full = shared.periods.items.len() >= MAX_PERIODS;
                let prefix = &self.prefix;
                match shared.periods.of_text(text, |text| find_period(text, prefix).filter(|_| !full)) {
                    Some(period) => period,
                    None => return refuse("unknown_period", Part::Period),
                }
            }
        };
        let rule = self.rule((place, property, unit, period), shared).map_err(Refusal::clone)?;
        let number = converted(number, rule.factor, rule.addend);
        if rule.ranged && !(rule.least..=rule.most).contains(&number) {
            let unit = &shared.streams.items[rule.stream as usize].unit;
            let expected = format!("{} … {} {unit}", rule.least, rule.most);
            return Err(Refusal { code: "out_of_range", of: Part::Value, expected });
        }
        let period = &shared.periods.items[rule.period as usize];
        let mut span = period.span(moment, shared.zone);
        if shared.rows.before.is_some_and(|before| before.timestamp_micros() <= span.start) {
            return refuse("not_permitted", Part::Time);
        }
        span.end = rows.ends.get(row).copied().flatten().or(span.end);
        Ok(Some((rule, number, span)))
    }

    /// The rule of a combination, made when it is met first.
    #[inline]
    fn rule(&mut self, key: (u32, u32, u32, u32), shared: &mut Shared) -> Result<Rule, &Refusal> {
        let at = match self.last {
            Some((last, at)) if last == key => at,
            _ => match self.by_key.get(&key) {
                Some(at) => *at,
                None => {
                    let rule = self.make_rule(key, shared);
                    self.rules.push(rule);
                    let at =
                        u32::try_from(self.rules.len() - 1).expect("combinations are bounded by the pools");
                    self.by_key.insert(key, at);
                    at
                }
            },
        };
        self.last = Some((key, at));
        self.rules[at as usize].as_ref().copied()
    }

    fn make_rule(&self, key: (u32, u32, u32, u32), shared: &mut Shared) -> Result<Rule, Refusal> {
        let (place, property, unit, period) = key;
        let place = shared.places.items[place as usize].clone();
        let code = shared.properties.items[property as usize].clone();
        let refusal = |code, of, expected| Refusal { code, of, expected };
        if !shared.rows.allows(&place, &code) {
            return Err(refusal("not_permitted", Part::Value, String::new()));
        }
        let gazetteer = shared.gazetteer.clone();
        let property = gazetteer
            .property(&code)
            .ok_or_else(|| refusal("unknown_property", Part::Property, String::new()))?;
        let (factor, addend) = match unit {
            NONE => (1.0, 0.0),
            unit => {
                conversion(&shared.units.items[unit as usize], property).map_err(|problem| match problem {
                    UnitProblem::Unknown => refusal("unknown_unit", Part::Unit, property.unit.clone()),
                    UnitProblem::Incompatible => refusal("unit_mismatch", Part::Unit, property.unit.clone()),
                })?
            }
        };
        let (least, most) = match self.source.range {
            Some([least, most]) => {
                let ends = [converted(least, factor, addend), converted(most, factor, addend)];
                (Some(ends[0].min(ends[1])), Some(ends[0].max(ends[1])))
            }
            None => gazetteer.plausible_range(&code, &place),
        };
        let period_text = &shared.periods.items[period as usize];
        let stream = DatastreamKey {
            dataset: shared.dataset.clone(),
            place,
            property: code,
            procedure: self.source.procedure.clone(),
            statistic: self.statistic.unwrap_or_else(|| usual_statistic(property.statistic.as_deref())),
            period: period_text.text.clone(),
            unit: property.unit.clone(),
            datum: self.source.datum.clone(),
        };
        let id = stream.id().0;
        let stream = shared.streams.number(stream);
        if stream as usize == shared.stream_ids.len() {
            shared.stream_ids.push(id);
        }
        Ok(Rule {
            stream,
            period,
            factor,
            addend,
            least: least.unwrap_or(f64::NEG_INFINITY),
            most: most.unwrap_or(f64::INFINITY),
            ranged: least.is_some() || most.is_some(),
        })
    }

    /// A refusal with what only the row can tell: the time it is compared with, or what a place may mean.
    #[cold]
    fn explained(
        &self,
        refusal: Refusal,
        row: usize,
        sheet: &Sheet<'_>,
        rows: &Rows,
        shared: &Shared,
    ) -> Refusal {
        match refusal.code {
            "future_time" => Refusal { expected: sheet.now.to_owned(), ..refusal },
            "unknown_place" => {
                let text = Cells::of(sheet.chunk, Some(sheet.place)).get(row);
                let (Some(text), Some(finder)) = (text, &shared.finder) else {
                    return Refusal { code: "empty_place", ..refusal };
                };
                let many = finder.explain(text, rows.moments[row].us);
                if many.is_empty() {
                    return refusal;
                }
                let ids: Vec<&str> = many.iter().take(5).map(PlaceId::as_str).collect();
                Refusal { code: "ambiguous_place", expected: ids.join(", "), ..refusal }
            }
            _ => refusal,
        }
    }

    #[inline]
    fn keep(&mut self, rule: Rule, number: f64, span: Span, row: usize, sheet: &Sheet<'_>, rows: &Rows) {
        let source = rows.flags.get(row).copied().unwrap_or(0);
        let own = if rule.ranged { Quality::Pass } else { Quality::NotEvaluated };
        let quality = match Quality::from_code(source) {
            None => own,
            Some(source) => Quality::aggregate([own, source]),
        };
        let taken = &mut self.taken;
        taken.datastreams.push(rule.stream);
        taken.starts.push(span.start);
        taken.ends.push(span.end);
        taken.results.push(number);
        taken.qualities.push(quality.code());
        taken.tests.push(Tests { ranged: rule.ranged, source });
        taken.rows.push(i32::try_from(sheet.chunk.row_number(row)).unwrap_or(i32::MAX));
    }

    /// The cell and value that stood first under a key: `Ok` when the values agree.
    fn duplicate(
        &self,
        first: u32,
        number: f64,
        sheet: &Sheet<'_>,
        columns: &Columns,
        shared: &Shared,
    ) -> Result<String, String> {
        let (cell, other) = match first.checked_sub(shared.batches.count()) {
            Some(at) => {
                let row = u32::try_from(self.taken.rows[at as usize]).unwrap_or(0);
                (cell_at(sheet.chunk.sheet, row, columns.value), self.taken.results[at as usize])
            }
            None => shared.batches.at(first).expect("a position is given out for a value that was taken"),
        };
        let expected = format!("{}: {other}", cell.a1());
        if other.to_bits() == number.to_bits() { Ok(expected) } else { Err(expected) }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one finding has this many parts, and is made in three places"
    )]
    fn tell(
        &self,
        severity: Severity,
        code: &'static str,
        of: Part,
        row: usize,
        sheet: &Sheet<'_>,
        columns: &Columns,
        findings: &mut Findings,
        expected: impl FnOnce() -> String,
    ) {
        let column = match of {
            Part::Value => Some(columns.value),
            Part::Property => columns.property,
            Part::Unit => columns.unit,
            Part::Period => columns.period,
            Part::Place => Some(sheet.place),
            Part::Time => Some(sheet.time),
            Part::End => Some(sheet.end),
        };
        let column = column.unwrap_or(columns.value);
        let cell = cell_at(sheet.chunk.sheet, sheet.chunk.row_number(row), column);
        findings.add(severity, code, cell, || Words {
            column_name: sheet.header.name(column).to_owned(),
            value: sheet.chunk.cell(row, column).unwrap_or("").to_owned(),
            expected: expected(),
        });
    }
}

fn refuse<T>(code: &'static str, of: Part) -> Result<T, Refusal> {
    Err(Refusal { code, of, expected: String::new() })
}

/// The cell of a column by its index.
pub(super) fn cell_at(sheet: u16, row: u32, column: usize) -> CellRef {
    CellRef { sheet, row, column: u16::try_from(column + 1).unwrap_or(u16::MAX) }
}

/// The number of a place that the mapping names by id.
pub(super) fn fixed_place(text: &str, shared: &mut Shared) -> Option<u32> {
    let id = PlaceId::new(text).ok()?;
    shared.gazetteer.place(&id)?;
    Some(shared.places.number(id))
}

/// A value in another unit, without the digits that binary multiplication adds: 1.15 m is 115 cm.
#[inline]
fn converted(number: f64, factor: f64, addend: f64) -> f64 {
    if factor == 1.0 && addend == 0.0 {
        return number;
    }
    let exact = number * factor + addend;
    if exact == 0.0 || !exact.is_finite() {
        return exact;
    }
    // Fifteen digits are what a double holds of any decimal; powers of ten to 22 are exact.
    let digits_before = exact.abs().log10().floor() + 1.0;
    let scale = 15.0 - digits_before;
    if !(0.0..=22.0).contains(&scale) {
        return exact;
    }
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 22")]
    let scale = 10_f64.powi(scale as i32);
    (exact * scale).round() / scale
}

/// The statistic that a property usually is, as the vocabulary writes it.
pub(crate) fn usual_statistic(text: Option<&str>) -> Statistic {
    match text.unwrap_or("").split([' ', ',']).next().unwrap_or("") {
        "maximum" | "max" => Statistic::Max,
        "minimum" | "min" => Statistic::Min,
        "sum" | "total" => Statistic::Total,
        "mean" | "trend" => Statistic::Mean,
        "count" => Statistic::Count,
        _ => Statistic::Instant,
    }
}

/// The cells of a column, without blanks around them; empty ones are absent.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a>(Option<&'a StringArray>);

impl<'a> Cells<'a> {
    pub(super) fn of(chunk: &'a Chunk, column: Option<usize>) -> Cells<'a> {
        Cells(column.and_then(|column| chunk.columns.get(column)))
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        let array = self.0?;
        if array.is_null(row) {
            return None;
        }
        let text = array.value(row).trim();
        (!text.is_empty()).then_some(text)
    }
}
