//! Checking an observation: by the rules that files are checked by, looked up once for each datastream.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::{Catalog, Gazetteer, PlaceAlias, PlaceMatch};
use chrono::{DateTime, Utc};
use model::{DatasetId, DatastreamId, DatastreamKey, PlaceId, Property, Quality, Statistic};
use parking_lot::RwLock;
use policy::{Permit, RowFilter};

use super::{Accepted, NewObservation, Refused};
use crate::Error;
use crate::observe::{
    Aliases, MAX_AHEAD, Moment, Period, Precision, Taking, Tests, TimeFormat, TimeReader, UnitProblem,
    Wanted, assumption, converted, find_place, find_property, quality_of,
};
use crate::personal::is_personal;

/// Rules held for one dataset; beyond, they are made anew.
const MAX_RULES: usize = 100_000;
/// The longest text of a result, a procedure or a datum, in characters.
const MAX_TEXT: usize = 1_000;
const MAX_NAME: usize = 200;

/// An observation that is right.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) rule: Arc<Rule>,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    /// The number in the datastream's unit; none for a text.
    pub(super) result: Option<f64>,
    pub(super) quality: Quality,
    pub(super) tests: Tests,
}

impl Checked {
    pub(super) fn accepted(&self) -> Accepted {
        Accepted {
            datastream: self.rule.id,
            time: DateTime::from_timestamp_micros(self.start).unwrap_or_default(),
        }
    }
}

/// How the values of a datastream are taken.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) key: DatastreamKey,
    pub(super) id: DatastreamId,
    period: Period,
    factor: f64,
    addend: f64,
    least: f64,
    most: f64,
    ranged: bool,
}

/// The rules of a dataset, by what observations say. They hold as long as the gazetteer does.
#[derive(Default)]
pub(super) struct Rules {
    held: RwLock<Held>,
}

#[derive(Default)]
struct Held {
    gazetteer: Option<Arc<Gazetteer>>,
    rules: HashMap<String, Arc<Rule>>,
    /// The agency's names as the catalogue has them, and ready to be asked.
    aliases: Option<(Arc<Vec<PlaceAlias>>, Arc<Aliases>)>,
}

/// What stands around the observations of one request.
pub(super) struct Around<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) gazetteer: Arc<Gazetteer>,
    /// What the dataset's agency means by names of places.
    aliases: Arc<Aliases>,
    pub(super) permit: &'a Permit,
    pub(super) now: DateTime<Utc>,
    reader: TimeReader,
}

impl<'a> Around<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        gazetteer: Arc<Gazetteer>,
        aliases: Arc<Aliases>,
        permit: &'a Permit,
        now: DateTime<Utc>,
    ) -> Around<'a> {
        let zone = i64::from(model::VIETNAM.local_minus_utc()) * 1_000_000;
        let reader = TimeReader { format: TimeFormat::Auto, order: None, zone };
        Around { catalog, gazetteer, aliases, permit, now, reader }
    }

    fn dataset(&self) -> &DatasetId {
        self.permit.dataset()
    }
}

fn refused(field: &'static str, code: &'static str, value: &str, expected: impl Into<String>) -> Refused {
    Refused { field, code, value: value.chars().take(200).collect(), expected: expected.into() }
}

impl Rules {
    /// What an agency means by names of places; made ready anew when the catalogue has other ones.
    pub(super) fn aliases(&self, known: Arc<Vec<PlaceAlias>>) -> Arc<Aliases> {
        if let Some((of, ready)) = &self.held.read().aliases
            && Arc::ptr_eq(of, &known)
        {
            return Arc::clone(ready);
        }
        let ready = Arc::new(Aliases::of(&known));
        self.held.write().aliases = Some((known, Arc::clone(&ready)));
        ready
    }

    /// Checks one observation. The error is ours, the refusal the sender's.
    pub(super) async fn check(
        &self,
        around: &Around<'_>,
        new: &NewObservation<'_>,
    ) -> Result<Result<Checked, Refused>, Error> {
        let moment = match around.moment(new) {
            Ok(moment) => moment,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let name = match name_of(new, moment.precision) {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let held = {
            let held = self.held.read();
            let is_current = held.gazetteer.as_ref().is_some_and(|of| Arc::ptr_eq(of, &around.gazetteer));
            if is_current { held.rules.get(&name).cloned() } else { None }
        };
        let rule = match held {
            Some(rule) => rule,
            None => match around.rule(new, moment).await? {
                Err(refusal) => return Ok(Err(refusal)),
                Ok((rule, lasts)) => {
                    let rule = Arc::new(rule);
                    if lasts {
                        self.hold(&around.gazetteer, name, &rule);
                    }
                    rule
                }
            },
        };
        Ok(around.finish(rule, new, moment))
    }

    fn hold(&self, gazetteer: &Arc<Gazetteer>, name: String, rule: &Arc<Rule>) {
        let mut held = self.held.write();
        let is_current = held.gazetteer.as_ref().is_some_and(|of| Arc::ptr_eq(of, gazetteer));
        if !is_current || held.rules.len() >= MAX_RULES {
            held.rules.clear();
            held.gazetteer = Some(gazetteer.clone());
        }
        held.rules.insert(name, rule.clone());
    }
}

/// Checks an observation of a datastream that is to be registered with it.
pub(super) fn planned(
    catalog: &Catalog,
    gazetteer: Arc<Gazetteer>,
    permit: &Permit,
    (key, property): (&DatastreamKey, &Property),
    new: &NewObservation<'_>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let around = Around::new(catalog, gazetteer, Arc::default(), permit, now);
    let moment = around.moment(new)?;
    let rule = around.rule_of_key(new, key, property)?;
    around.finish(Arc::new(rule), new, moment).map(|_| ())
}

/// What an observation says about its datastream, as one text.
fn name_of(new: &NewObservation<'_>, precision: Precision) -> Result<String, Refused> {
    let parts = [new.place, new.property, new.unit, new.statistic, new.period, new.procedure, new.datum];
    let fields = ["place", "property", "unit", "statistic", "period", "procedure", "datum"];
    for (field, part) in fields.iter().zip(parts) {
        // Names hold none; here they would make one name of two.
        if let Some(part) = part
            && part.bytes().any(|byte| byte < b' ')
        {
            return Err(refused(field, "not_text", part, ""));
        }
    }
    if let Some(id) = new.datastream {
        let more = fields.iter().zip(parts).find_map(|(field, part)| part.map(|part| (*field, part)));
        // A unit says something about the number, and is converted.
        return match more {
            Some((field, part)) if field != "unit" => Err(refused(field, "beside_datastream", part, "")),
            _ => Ok(format!("#{id}\u{1f}{}", new.unit.unwrap_or(""))),
        };
    }
    let mut name = String::with_capacity(96);
    for part in parts {
        name.push_str(part.unwrap_or(""));
        name.push('\u{1f}');
    }
    let period = Period::of_precision(precision);
    name.push_str(period.as_ref().map_or("", |period| &period.text));
    Ok(name)
}

impl Around<'_> {
    fn moment(&self, new: &NewObservation<'_>) -> Result<Moment, Refused> {
        let text = new.time.map(str::trim).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| refused("time", "empty_time", "", ""))?;
        // A program says what it means: nothing is read by an assumption here.
        let moment = self.reader.read(text).filter(|_| assumption(text).is_none());
        let moment = moment.ok_or_else(|| refused("time", "not_a_time", text, ""))?;
        if moment.us > (self.now + MAX_AHEAD).timestamp_micros() {
            let now = self.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            return Err(refused("time", "future_time", text, now));
        }
        Ok(moment)
    }

    /// The rule for what an observation says, and whether it will be the same for the next one.
    async fn rule(
        &self,
        new: &NewObservation<'_>,
        moment: Moment,
    ) -> Result<Result<(Rule, bool), Refused>, Error> {
        match new.datastream {
            Some(id) => {
                let found = self.catalog.datastream(id).await?;
                let found = found.filter(|datastream| datastream.key.dataset == *self.dataset());
                Ok(self.rule_of_datastream(new, id, found).map(|rule| (rule, true)))
            }
            None => Ok(self.rule_of_parts(new, moment)),
        }
    }

    fn rule_of_datastream(
        &self,
        new: &NewObservation<'_>,
        id: DatastreamId,
        found: Option<model::Datastream>,
    ) -> Result<Rule, Refused> {
        let unknown = || refused("datastream", "unknown_datastream", &id.to_string(), "");
        let key = found.ok_or_else(unknown)?.key;
        let property = self.gazetteer.property(&key.property).ok_or_else(unknown)?;
        self.rule_of_key(new, &key, property)
    }

    fn rule_of_key(
        &self,
        new: &NewObservation<'_>,
        key: &DatastreamKey,
        property: &Property,
    ) -> Result<Rule, Refused> {
        let id = key.id();
        let wanted = Wanted {
            dataset: &key.dataset,
            place: &key.place,
            property,
            unit: new.unit,
            statistic: Some(key.statistic),
            period: &key.period,
            procedure: &key.procedure,
            datum: &key.datum,
            range: None,
        };
        let taking =
            Taking::of(&self.gazetteer, &wanted).map_err(|problem| unit_refused(new, property, problem))?;
        let unknown = || refused("datastream", "unknown_datastream", &id.to_string(), "");
        let period = Period::parse(&key.period).ok_or_else(unknown)?;
        let rule = Rule::of(taking, period);
        // The property's unit may have changed since the datastream was registered.
        if rule.id == id {
            Ok(rule)
        } else {
            Err(refused("datastream", "former_unit", &id.to_string(), property.unit.as_str()))
        }
    }

    fn rule_of_parts(&self, new: &NewObservation<'_>, moment: Moment) -> Result<(Rule, bool), Refused> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(model::nfc);
        let text = given(new.place).ok_or_else(|| refused("place", "empty_place", "", ""))?;
        let (place, lasts) = self.place(&text, moment)?;
        let text = given(new.property).ok_or_else(|| refused("property", "empty_property", "", ""))?;
        let property = find_property(&self.gazetteer, &text)
            .ok_or_else(|| refused("property", "unknown_property", &text, ""))?;
        let statistic = match given(new.statistic) {
            None => None,
            Some(text) => Some(
                Statistic::from_code(&text)
                    .ok_or_else(|| refused("statistic", "unknown_statistic", &text, ""))?,
            ),
        };
        let period = match given(new.period) {
            Some(text) => {
                Period::parse(&text).ok_or_else(|| refused("period", "unknown_period", &text, ""))?
            }
            None => Period::of_precision(moment.precision)
                .or_else(|| Period::parse(""))
                .expect("no text is the period of an instant"),
        };
        let named = |field: &'static str, text: Option<&str>| match given(text) {
            Some(text) if text.chars().count() > MAX_NAME => {
                Err(refused(field, "too_long", &text, MAX_NAME.to_string()))
            }
            text => Ok(text.unwrap_or_default()),
        };
        let (procedure, datum) = (named("procedure", new.procedure)?, named("datum", new.datum)?);
        let unit = given(new.unit);
        let wanted = Wanted {
            dataset: self.dataset(),
            place: &place,
            property,
            unit: unit.as_deref(),
            statistic,
            period: &period.text,
            procedure: &procedure,
            datum: &datum,
            range: None,
        };
        let taking =
            Taking::of(&self.gazetteer, &wanted).map_err(|problem| unit_refused(new, property, problem))?;
        Ok((Rule::of(taking, period), lasts))
    }

    /// The place of a text, and whether the text means it at all times.
    fn place(&self, text: &str, moment: Moment) -> Result<(PlaceId, bool), Refused> {
        if let Ok(id) = PlaceId::new(text)
            && self.gazetteer.place(&id).is_some()
        {
            return Ok((id, true));
        }
        // What somebody of the agency has said that a name means, as for its files.
        if let Some(place) =
            self.aliases.find(text, None).filter(|place| self.gazetteer.place(place).is_some())
        {
            return Ok((place.clone(), false));
        }
        let day = DateTime::from_timestamp_micros(moment.us).unwrap_or_default();
        let day = day.with_timezone(&model::VIETNAM).date_naive();
        match find_place(&self.gazetteer, text, None, None, day) {
            PlaceMatch::One(place) => Ok((place, false)),
            PlaceMatch::None => Err(refused("place", "unknown_place", text, "")),
            PlaceMatch::Many(places) => {
                let ids: Vec<&str> = places.iter().take(5).map(PlaceId::as_str).collect();
                Err(refused("place", "ambiguous_place", text, ids.join(", ")))
            }
        }
    }

    /// What is left to check when the rule is known: number, span, flag, and the permit's rows.
    fn finish(&self, rule: Arc<Rule>, new: &NewObservation<'_>, moment: Moment) -> Result<Checked, Refused> {
        if new.received.len() > super::MAX_OBSERVATION_BYTES {
            return Err(refused(
                "",
                "too_long",
                new.received,
                format!("{} bytes", super::MAX_OBSERVATION_BYTES),
            ));
        }
        let rows: &RowFilter = self.permit.rows();
        if !rows.allows(&rule.key.place, &rule.key.property) {
            return Err(refused("place", "not_permitted", rule.key.place.as_str(), ""));
        }
        let mut span = rule.period.span(moment, i64::from(model::VIETNAM.local_minus_utc()) * 1_000_000);
        if rows.before.is_some_and(|before| before.timestamp_micros() <= span.start) {
            return Err(refused("time", "not_permitted", new.time.unwrap_or(""), ""));
        }
        if let Some(text) = new.end {
            let end = self.reader.read(text).filter(|end| end.us > span.start);
            span.end = Some(end.ok_or_else(|| refused("end", "not_an_end", text, ""))?.us);
        }
        let result = match (new.value, new.text) {
            (None, None) => return Err(refused("value", "empty_value", "", "")),
            (Some(value), Some(_)) => return Err(refused("text", "value_and_text", value, "")),
            (Some(value), None) => Some(rule.number(value)?),
            (None, Some(text)) if text.trim().is_empty() => {
                return Err(refused("text", "empty_value", "", ""));
            }
            (None, Some(text)) if text.chars().count() > MAX_TEXT => {
                return Err(refused("text", "too_long", text, MAX_TEXT.to_string()));
            }
            // Without the text itself: what is refused is repeated to whoever sent it, and logged.
            (None, Some(text)) if is_personal(text) => {
                return Err(refused("text", "personal_data", "", ""));
            }
            (None, Some(_)) => None,
        };
        let source = match new.quality {
            None => 0,
            Some(code) => i8::try_from(code)
                .ok()
                .filter(|code| Quality::from_code(*code).is_some())
                .ok_or_else(|| refused("quality", "unknown_flag", &code.to_string(), ""))?,
        };
        let ranged = rule.ranged && result.is_some();
        let (quality, tests) = (quality_of(ranged, source), Tests { ranged, source });
        Ok(Checked { rule, start: span.start, end: span.end, result, quality, tests })
    }
}

impl Rule {
    fn of(taking: Taking, period: Period) -> Rule {
        let Taking { key, factor, addend, least, most, ranged } = taking;
        Rule { id: key.id(), key, period, factor, addend, least, most, ranged }
    }

    /// The number of a text, in the datastream's unit and plausible there.
    fn number(&self, text: &str) -> Result<f64, Refused> {
        // Parsed here, and not by the JSON library, which may be off by the last digit.
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| refused("value", "not_a_number", text, ""))?;
        // Zero has no sign here: `-0` and `0` are one value.
        let number = converted(number, self.factor, self.addend) + 0.0;
        if self.ranged && !(self.least..=self.most).contains(&number) {
            let expected = format!("{} … {} {}", self.least, self.most, self.key.unit);
            return Err(refused("value", "out_of_range", text, expected));
        }
        Ok(number)
    }
}

fn unit_refused(new: &NewObservation<'_>, property: &model::Property, problem: UnitProblem) -> Refused {
    let code = match problem {
        UnitProblem::Unknown => "unknown_unit",
        UnitProblem::Incompatible => "unit_mismatch",
    };
    refused("unit", code, new.unit.unwrap_or(""), property.unit.as_str())
}
