//! One column of values of a mapping: from its cells to rows, refusing each that is not right.

use catalog::{ValueWord, vocabulary};
use model::{PSS78_RANGE, PlaceId, Quality, Severity, salinity_pss78};
use wording::{Told, told};

use super::batch::{Taken, Tests, shown};
use super::duplicates::{Earlier, First};
use super::number::{Kind, NotANumber, NumberStyle, is_percentage, with_unit};
use super::period::{Period, Span};
use super::resolve::{UnitProblem, conversion, find_period, find_property, find_unit};
use super::row_facts::last_instant;
use super::rules::{Part, Refusal, Rule, Rules, converted, number_of, quality_of, refuse};
use super::shared::{Cells, Columns, NONE, REFUSED, Rows, Shared, Sheet, TimeState, cell_at, fixed_place};
use super::statistic::find_statistic;
use super::time::Precision;
use super::wind::{self, Tongue, Wind};
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{TextOrColumn, ValueSource};

/// The property whose values may be letters.
const WIND: &str = "wind_dir";
/// Named periods that one file may bring.
const MAX_PERIODS: usize = 1000;

/// One `[[value]]`, with what it names looked up.
pub(super) struct Block {
    place: Option<u32>,
    property: Option<u32>,
    unit: Fixed,
    period: Fixed,
    prefix: String,
    source: ValueSource,
    statistic: Fixed,
    rules: Rules,
    /// Whether its values are directions of the wind, and the language of their letters as far as it is known.
    wind: Option<Option<Tongue>>,
    taken: Taken,
}

/// A part of the key that is the same for all rows, or that the row says.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    /// Not named: the property's unit and usual statistic; the period by the precision of the time.
    Own,
    All(u32),
    /// By the row; for an empty cell this one, where the mapping names it.
    Row(Option<u32>),
}

impl Block {
    /// Looks up what a `[[value]]` names; an error is the mapping's.
    pub(super) fn new(at: usize, source: &ValueSource, shared: &mut Shared) -> Result<Block, Error> {
        let wrong = |what: Told, hint: Told| {
            Error::invalid(
                told!("intake-mapping-value", "the mapping, [[value]] {at}: {what}", at = at + 1, what => what),
                hint,
            )
        };
        let place = match &source.place {
            None => None,
            Some(text) => Some(fixed_place(text, shared).ok_or_else(|| {
                wrong(
                    told!("intake-place-does-not-exist", "the place `{text}` does not exist", text = text),
                    told!("intake-write-id-place-catalogue", "write the id of a place in the catalogue"),
                )
            })?),
        };
        let property = match &source.property {
            TextOrColumn::Column { .. } => None,
            TextOrColumn::Text(text) => {
                let property = find_property(&shared.gazetteer, text).ok_or_else(|| {
                    wrong(
                        told!(
                            "intake-property-does-not-exist",
                            "the property `{text}` does not exist",
                            text = text
                        ),
                        told!(
                            "intake-write-code-alias-list-properties-e-g",
                            "write a code or an alias of the list of properties, e.g. `salinity`"
                        ),
                    )
                })?;
                let unit = source.unit.as_ref().and_then(TextOrColumn::text);
                if let Some(unit) = unit.filter(|_| source.derive.is_none()) {
                    conversion(unit, property).map_err(|problem| {
                        let what = match problem {
                            UnitProblem::Unknown => told!(
                                "intake-no-unit-known-here",
                                "`{unit}` is no unit that is known here",
                                unit = unit
                            ),
                            UnitProblem::Incompatible => {
                                told!(
                                    "intake-does-not-convert-unit",
                                    "`{unit}` does not convert to `{unit2}`, the unit of `{code}`",
                                    unit = unit,
                                    unit2 = property.unit,
                                    code = property.code
                                )
                            }
                        };
                        wrong(
                            what,
                            told!(
                                "intake-write-unit-converts",
                                "write a unit that converts to `{unit}`",
                                unit = property.unit
                            ),
                        )
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
        let named = |text: &String| find_statistic(text).map(number_of);
        let statistic = match &source.statistic {
            None => Fixed::Own,
            Some(TextOrColumn::Text(text)) => named(text).map_or(Fixed::Own, Fixed::All),
            Some(TextOrColumn::Column { default, .. }) => Fixed::Row(default.as_ref().and_then(named)),
        };
        Ok(Block {
            place,
            property,
            unit,
            period,
            prefix,
            source: source.clone(),
            statistic,
            rules: Rules::default(),
            wind: property
                .is_some_and(|at| shared.properties.items[at as usize].as_str() == WIND)
                .then_some(None),
            taken: Taken::default(),
        })
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
        let statistics = Cells::of(sheet.chunk, columns.statistic);
        let temperatures = Cells::of(sheet.chunk, columns.temperature);
        let (mut missing, mut refused) = (0, 0);
        if self.wind == Some(None) {
            let texts = (sheet.start..sheet.chunk.len()).filter_map(|row| cells.get(row));
            self.wind = Some(wind::tongue_of(texts));
        }
        for row in sheet.start..sheet.chunk.len() {
            let text = match cells.get(row) {
                Some(text) if !(shared.missing.numeric && shared.missing.holds(text)) => text,
                other => {
                    missing += 1;
                    self.tell_of_formula(other, row, sheet, columns, findings);
                    continue;
                }
            };
            // A cell that the file holds as a number has a decimal point, whatever the texts have.
            let is_typed = sheet.chunk.is_typed(row, columns.value);
            let style = if is_typed { NumberStyle::Dot } else { columns.style };
            let beside = [&properties, &units, &periods, &statistics, &temperatures];
            let outcome = self.one(text, row, style, beside, rows, shared);
            let refusal = match outcome {
                Ok(Some((rule, number, kind, span))) => {
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
                    let earlier =
                        Earlier { batches: &shared.batches, taken: &self.taken, ids: &shared.stream_ids };
                    match shared.keys.take(rule.stream, span.start, position, &earlier) {
                        Ok(()) => {
                            self.keep(rule, number, kind, span, row, sheet, rows);
                            continue;
                        }
                        Err(first) => match self.duplicate(first, number, kind, sheet, columns, shared) {
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
                    self.tell_of_formula(Some(text), row, sheet, columns, findings);
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
        shared.keys.failed()?;
        shared.batches.push(&mut self.taken, &shared.stream_ids, sheet.chunk.sheet, columns.value)?;
        if shared.batches.is_spilled() {
            shared.keys.let_go(shared.batches.count());
        }
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
        [properties, units, periods, statistics, temperatures]: [&Cells<'_>; 5],
        rows: &Rows,
        shared: &mut Shared,
    ) -> Result<Option<(Rule, f64, Kind, Span)>, Refusal> {
        let mut written = None;
        let (number, kind) = match style.read(text) {
            Ok(number) => (number, Kind::Plain),
            Err(_) if shared.missing.holds(text) => return Ok(None),
            Err(NotANumber::Ambiguous) => return refuse("ambiguous_number", Part::Value),
            Err(NotANumber::Other) => match style.read_more(text).or_else(|| {
                let (number, unit) = with_unit(text)?;
                written = Some(find_unit(&shared.gazetteer, unit)?);
                style.read_before_unit(number)
            }) {
                None => match self.wind.and_then(|tongue| wind::read(text, tongue)) {
                    None => return refuse("not_a_number", Part::Value),
                    Some(Wind::Ambiguous) => return refuse("ambiguous_wind", Part::Value),
                    Some(Wind::Calm) => return Ok(None),
                    Some(Wind::From(degrees)) => (degrees, Kind::Plain),
                },
                Some(Err(_)) => return refuse("ambiguous_number", Part::Value),
                Some(Ok((_, Kind::Word(ValueWord::Missing)))) => return Ok(None),
                Some(Ok(read)) => read,
            },
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
            _ if let Some(written) = written => shared.units.number(written),
            _ if is_percentage(text) => shared.units.number("%".to_owned()),
            (Fixed::Own, _) | (Fixed::Row(None), None) => NONE,
            (Fixed::All(unit), _) | (Fixed::Row(Some(unit)), None) => unit,
            (Fixed::Row(_), Some(text)) => {
                let gazetteer = &shared.gazetteer;
                // `-` beside a pH is no unit.
                let is_none = |text: &str| vocabulary().word(text) == Some(ValueWord::Missing);
                let find = |text: &str| find_unit(gazetteer, text).filter(|_| !is_none(text));
                match shared.units.of_text(text, find) {
                    Some(unit) => unit,
                    None if is_none(text) => NONE,
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
                Precision::Season(_) | Precision::Months(_) | Precision::Week | Precision::Dekad => {
                    match Period::of_precision(moment.precision) {
                        Some(period) => shared.periods.number(period),
                        None => return refuse("unknown_period", Part::Period),
                    }
                }
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
        let statistic = match (self.statistic, statistics.get(row)) {
            (Fixed::Own, _) | (Fixed::Row(None), None) => NONE,
            (Fixed::All(statistic), _) | (Fixed::Row(Some(statistic)), None) => statistic,
            (Fixed::Row(_), Some(text)) => match find_statistic(text) {
                Some(statistic) => number_of(statistic),
                None => return refuse("unknown_statistic", Part::Statistic),
            },
        };
        let rule = self.rules.get((place, property, unit, period, statistic), &self.source, shared)?;
        let may_be_code = number <= -999.0 && self.source.range.is_none();
        // Zero has no sign here: `-0` and `0` are one value.
        let mut number = converted(number, rule.factor, rule.addend) + 0.0;
        if rule.derived {
            number = derived(number, kind, temperatures.get(row), style)?;
        }
        let is_number = !matches!(kind, Kind::Limit(_) | Kind::Word(_));
        if rule.ranged && is_number && !(rule.least..=rule.most).contains(&number) {
            let unit = &shared.streams.items[rule.stream as usize].unit;
            let expected = format!("{} … {} {unit}", rule.least, rule.most);
            let is_code = vocabulary().word(text) == Some(ValueWord::Code);
            let code = if is_code { "missing_code" } else { "out_of_range" };
            return Err(Refusal { code, of: Part::Value, expected });
        }
        // `-999` is within what some properties can be, and no value: whoever has such a one says its range.
        if may_be_code && is_number && vocabulary().word(text) == Some(ValueWord::Code) {
            return Err(Refusal { code: "missing_code", of: Part::Value, expected: String::new() });
        }
        let period = &shared.periods.items[rule.period as usize];
        let mut span = period.span(moment, shared.zone);
        if shared.rows.before.is_some_and(|before| before.timestamp_micros() <= span.start) {
            return refuse("not_permitted", Part::Time);
        }
        span.end = rows.ends.get(row).copied().flatten().or(span.end);
        Ok(Some((rule, number, kind, span)))
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
                let moment = rows.moments[row];
                let mut many = finder.explain(text, moment.us);
                let last = last_instant(moment, shared.zone).filter(|_| !many.is_empty());
                let later = last.map(|last| finder.explain(text, last)).unwrap_or_default();
                many.extend(later.into_iter().filter(|place| !many.contains(place)).collect::<Vec<_>>());
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
    #[expect(clippy::too_many_arguments, reason = "a value is kept with what is known of it and of its row")]
    fn keep(
        &mut self,
        rule: Rule,
        number: f64,
        kind: Kind,
        span: Span,
        row: usize,
        sheet: &Sheet<'_>,
        rows: &Rows,
    ) {
        let source = rows.flags.get(row).copied().unwrap_or(0);
        let taken = &mut self.taken;
        let ranged = match text_of(kind, number) {
            None => rule.ranged,
            Some(text) => {
                taken.texts.push((taken.starts.len(), text));
                false
            }
        };
        let mut quality = quality_of(ranged, source);
        if kind != Kind::Plain || rule.derived {
            let in_range = (PSS78_RANGE[0]..=PSS78_RANGE[1]).contains(&number);
            if rule.derived && !in_range {
                quality = Quality::aggregate([quality, Quality::Suspect]);
            }
            if let Some(note) = note_of(kind, rule.factor, rule.derived.then_some(in_range)) {
                taken.notes.push((taken.starts.len(), note));
            }
        }
        taken.datastreams.push(rule.stream);
        taken.starts.push(span.start);
        taken.ends.push(span.end);
        taken.results.push(number);
        taken.qualities.push(quality.code());
        taken.tests.push(Tests { ranged, source });
        taken.rows.push(i32::try_from(sheet.chunk.row_number(row)).unwrap_or(i32::MAX));
    }

    /// Tells that the sheet could not work a cell out, such as `#DIV/0!`.
    fn tell_of_formula(
        &self,
        text: Option<&str>,
        row: usize,
        sheet: &Sheet<'_>,
        columns: &Columns,
        findings: &mut Findings,
    ) {
        if text.is_some_and(|text| text.starts_with('#')) {
            let (severity, code) = (Severity::Warning, "formula_error");
            self.tell(severity, code, Part::Value, row, sheet, columns, findings, String::new);
        }
    }

    /// The cell and value that stood first under a key: `Ok` when the values agree.
    fn duplicate(
        &self,
        first: First,
        number: f64,
        kind: Kind,
        sheet: &Sheet<'_>,
        columns: &Columns,
        shared: &Shared,
    ) -> Result<String, String> {
        let (cell, other) = match first {
            First::Told(cell, other) => (cell, other),
            First::At(first) => match first.checked_sub(shared.batches.count()) {
                Some(at) => {
                    let row = u32::try_from(self.taken.rows[at as usize]).unwrap_or(0);
                    (cell_at(sheet.chunk.sheet, row, columns.value), self.taken.shown(at as usize))
                }
                None => shared.batches.at(first).expect("a position is given out for a value that was taken"),
            },
        };
        let expected = format!("{}: {other}", cell.a1());
        if other == shown(number, text_of(kind, number).as_deref()) { Ok(expected) } else { Err(expected) }
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
            Part::Statistic => columns.statistic,
            Part::Temperature => columns.temperature,
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

/// The text that is stored instead of a number.
fn text_of(kind: Kind, number: f64) -> Option<String> {
    match kind {
        Kind::Plain | Kind::About | Kind::Marked | Kind::Within(_) => None,
        Kind::Limit(sign) => Some(format!("{}{number}", sign.text())),
        Kind::Word(word) => Some(word.code().to_owned()),
    }
}

/// What is told of a number beside its tests.
fn note_of(kind: Kind, factor: f64, in_scale: Option<bool>) -> Option<String> {
    let mut notes = Vec::new();
    match kind {
        Kind::About => notes.push("approx".to_owned()),
        Kind::Marked => notes.push("marked".to_owned()),
        Kind::Within(uncertainty) => {
            notes.push(format!("uncertainty:{}", converted(uncertainty, factor.abs(), 0.0)));
        }
        Kind::Plain | Kind::Limit(_) | Kind::Word(_) => {}
    }
    if let Some(in_scale) = in_scale {
        notes.push(format!("pss78:{}", if in_scale { 1 } else { 3 }));
    }
    (!notes.is_empty()).then(|| notes.join(" "))
}

/// The salinity of a conductivity in mS/cm by the temperature of its row.
fn derived(
    conductivity: f64,
    kind: Kind,
    temperature: Option<&str>,
    style: NumberStyle,
) -> Result<f64, Refusal> {
    if kind != Kind::Plain {
        return refuse("not_a_number", Part::Value);
    }
    let Some(text) = temperature else { return refuse("empty_temperature", Part::Temperature) };
    let Ok(temperature) = style.read(text) else { return refuse("not_a_number", Part::Temperature) };
    let salinity = salinity_pss78(conductivity, temperature).ok_or(Refusal {
        code: "not_derivable",
        of: Part::Temperature,
        expected: String::new(),
    })?;
    // To four decimals: the scale itself is no finer.
    Ok((salinity * 1e4).round() / 1e4)
}
