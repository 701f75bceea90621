//! How values of one place, property, unit and period are taken, or why they are refused.

use catalog::Gazetteer;
use model::{DatasetId, DatastreamKey, PlaceId, Property, Quality, Statistic, Unit};

use super::resolve::{NumberMap, UnitProblem, conversion};
use super::shared::{NONE, Shared};
use crate::mapping::ValueSource;

/// How values of one place, property, unit and period are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) stream: u32,
    pub(super) period: u32,
    pub(super) factor: f64,
    pub(super) addend: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) ranged: bool,
    /// Whether the number, in mS/cm, becomes a salinity by its temperature.
    pub(super) derived: bool,
}

/// Why values of one place, property, unit and period are refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) of: Part,
    pub(super) expected: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Value,
    Property,
    Unit,
    Period,
    Statistic,
    Temperature,
    Place,
    Time,
    End,
}

impl Part {
    /// The bit of a part that all values of a row share, so that it is told once a row.
    pub(super) fn bit(self) -> u8 {
        match self {
            Part::Place => 2,
            Part::Time => 4,
            Part::End => 8,
            Part::Value
            | Part::Property
            | Part::Unit
            | Part::Period
            | Part::Statistic
            | Part::Temperature => 0,
        }
    }
}

/// Place, property, unit, period and statistic, by their numbers.
pub(super) type Key = (u32, u32, u32, u32, u32);

/// The rules of one column, each made when its combination is met first.
#[derive(Default)]
pub(super) struct Rules {
    made: Vec<Result<Rule, Refusal>>,
    by_key: NumberMap<Key, u32>,
    last: Option<(Key, u32)>,
}

impl Rules {
    /// The rule of a combination.
    #[inline]
    pub(super) fn get(
        &mut self,
        key: Key,
        source: &ValueSource,
        shared: &mut Shared,
    ) -> Result<Rule, Refusal> {
        let at = match self.last {
            Some((last, at)) if last == key => at,
            _ => match self.by_key.get(&key) {
                Some(at) => *at,
                None => {
                    self.made.push(make(key, source, shared));
                    let at =
                        u32::try_from(self.made.len() - 1).expect("combinations are bounded by the pools");
                    self.by_key.insert(key, at);
                    at
                }
            },
        };
        self.last = Some((key, at));
        match &self.made[at as usize] {
            Ok(rule) => Ok(*rule),
            Err(refusal) => Err(refusal.clone()),
        }
    }
}

/// The number of a statistic in a key.
pub(super) fn number_of(statistic: Statistic) -> u32 {
    let at = Statistic::ALL.iter().position(|other| *other == statistic);
    at.and_then(|at| u32::try_from(at).ok()).unwrap_or(NONE)
}

fn make(key: Key, source: &ValueSource, shared: &mut Shared) -> Result<Rule, Refusal> {
    let (place, property, unit, period, statistic) = key;
    let statistic = Statistic::ALL.get(statistic as usize).copied();
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
    let unit = (unit != NONE).then(|| shared.units.items[unit as usize].as_str());
    let derived = source.derive.is_some();
    // A derived value is in the property's unit; its cell is a conductivity.
    let conductivity = if derived { Some(to_conductivity(unit)?) } else { None };
    let wanted = Wanted {
        dataset: &shared.dataset,
        place: &place,
        property,
        unit: unit.filter(|_| !derived),
        statistic,
        period: &shared.periods.items[period as usize].text,
        procedure: if derived && source.procedure.is_empty() { PSS78 } else { &source.procedure },
        datum: &source.datum,
        range: source.range,
    };
    let Taking { key, factor, addend, least, most, ranged } =
        Taking::of(&gazetteer, &wanted).map_err(|problem| match problem {
            UnitProblem::Unknown => refusal("unknown_unit", Part::Unit, property.unit.clone()),
            UnitProblem::Incompatible => refusal("unit_mismatch", Part::Unit, property.unit.clone()),
        })?;
    let id = key.id().0;
    let stream = shared.streams.number(key);
    if stream as usize == shared.stream_ids.len() {
        shared.stream_ids.push(id);
    }
    let (factor, addend) = conductivity.unwrap_or((factor, addend));
    Ok(Rule { stream, period, factor, addend, least, most, ranged, derived })
}

/// How salinity was made of conductivity, in the datastream's procedure.
const PSS78: &str = "PSS-78 from conductivity and temperature (UNESCO 1983)";

/// From the unit of a conductivity to mS/cm.
fn to_conductivity(unit: Option<&str>) -> Result<(f64, f64), Refusal> {
    let wrong = |code| Refusal { code, of: Part::Unit, expected: "mS/cm".into() };
    let own = Unit::parse("mS/cm").map_err(|_| wrong("unknown_unit"))?;
    let Some(unit) = unit else { return Ok((1.0, 0.0)) };
    let unit = Unit::parse(unit).map_err(|_| wrong("unknown_unit"))?;
    unit.conversion_to(&own).map_err(|_| wrong("unit_mismatch"))
}

/// What a value is said to be: enough to name its datastream.
pub(crate) struct Wanted<'a> {
    pub(crate) dataset: &'a DatasetId,
    pub(crate) place: &'a PlaceId,
    pub(crate) property: &'a Property,
    /// The unit that the value is written in; the property's own when absent.
    pub(crate) unit: Option<&'a str>,
    /// The property's usual one when absent.
    pub(crate) statistic: Option<Statistic>,
    pub(crate) period: &'a str,
    pub(crate) procedure: &'a str,
    pub(crate) datum: &'a str,
    /// The plausible range in the unit of the value, instead of the property's.
    pub(crate) range: Option<[f64; 2]>,
}

/// The datastream of such values, and how a number becomes one of its results.
pub(crate) struct Taking {
    pub(crate) key: DatastreamKey,
    pub(crate) factor: f64,
    pub(crate) addend: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Whether there is a plausible range.
    pub(crate) ranged: bool,
}

impl Taking {
    /// Looks up unit and range, and names the datastream.
    pub(crate) fn of(gazetteer: &Gazetteer, wanted: &Wanted<'_>) -> Result<Taking, UnitProblem> {
        let property = wanted.property;
        let (factor, addend) = match wanted.unit {
            None => (1.0, 0.0),
            Some(unit) => conversion(unit, property)?,
        };
        let (least, most) = match wanted.range {
            Some([least, most]) => {
                let ends = [converted(least, factor, addend), converted(most, factor, addend)];
                (Some(ends[0].min(ends[1])), Some(ends[0].max(ends[1])))
            }
            None => gazetteer.plausible_range(&property.code, wanted.place),
        };
        let key = DatastreamKey {
            dataset: wanted.dataset.clone(),
            place: wanted.place.clone(),
            property: property.code.clone(),
            procedure: wanted.procedure.to_owned(),
            statistic: wanted.statistic.unwrap_or_else(|| usual_statistic(property.statistic.as_deref())),
            period: wanted.period.to_owned(),
            unit: property.unit.clone(),
            datum: wanted.datum.to_owned(),
        };
        Ok(Taking {
            key,
            factor,
            addend,
            least: least.unwrap_or(f64::NEG_INFINITY),
            most: most.unwrap_or(f64::INFINITY),
            ranged: least.is_some() || most.is_some(),
        })
    }
}

/// The flag of a value: what the range test says, and the source's own code (0 for none).
pub(crate) fn quality_of(ranged: bool, source: i8) -> Quality {
    let own = if ranged { Quality::Pass } else { Quality::NotEvaluated };
    match Quality::from_code(source) {
        None => own,
        Some(source) => Quality::aggregate([own, source]),
    }
}

/// A refusal that needs no more words.
pub(super) fn refuse<T>(code: &'static str, of: Part) -> Result<T, Refusal> {
    Err(Refusal { code, of, expected: String::new() })
}

/// A value in another unit, without the digits that binary multiplication adds: 1.15 m is 115 cm.
#[inline]
pub(crate) fn converted(number: f64, factor: f64, addend: f64) -> f64 {
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
pub fn usual_statistic(text: Option<&str>) -> Statistic {
    match text.unwrap_or("").split([' ', ',']).next().unwrap_or("") {
        "maximum" | "max" => Statistic::Max,
        "minimum" | "min" => Statistic::Min,
        "sum" | "total" => Statistic::Total,
        "mean" | "trend" => Statistic::Mean,
        "count" => Statistic::Count,
        _ => Statistic::Instant,
    }
}
