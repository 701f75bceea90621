//! Creating observations (18-088 §10.2), alone or under their datastream.

use std::borrow::Cow;

use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use intake::{Accepted, NewObservation, Refused};
use model::{DatastreamId, DatastreamKey, PlaceId};
use policy::Permit;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use standards::sta::{Entity, Id, observation_id};
use wording::{Told, told};

use super::body::{Given, Related};
use super::plan::Plan;
use super::{Created, MAX_ENTITY_BYTES, Writer};
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject;
use crate::sta::said::{self, Said, Wrong};

/// An observation of SensorThings. What is said of its value is kept in the line that it is written with (see
/// [`Said`]); when it was recorded is the version's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observation<'a> {
    #[serde(rename = "phenomenonTime", borrow, default)]
    phenomenon_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(rename = "resultQuality", borrow, default)]
    result_quality: Option<&'a RawValue>,
    #[serde(rename = "Datastream", borrow, default)]
    datastream: Option<Reference<'a>>,
    #[serde(rename = "MultiDatastream", borrow, default)]
    multi: Option<Reference<'a>>,
    #[serde(rename = "resultTime", borrow, default)]
    result_time: Option<&'a RawValue>,
    #[serde(rename = "validTime", borrow, default)]
    valid_time: Option<&'a RawValue>,
    #[serde(rename = "parameters", borrow, default)]
    parameters: Option<&'a RawValue>,
    #[serde(rename = "FeatureOfInterest", borrow, default)]
    feature: Option<&'a RawValue>,
}

/// An observation as it was read: the parts of each result that there is, by its place.
pub(super) struct Sent<'b> {
    parts: Vec<(usize, Parts)>,
    body: &'b str,
}

/// Why an observation could not be read.
pub(super) enum Unread {
    /// It is none.
    Body(String),
    /// One of its parts is none.
    Part(Refused),
}

impl<'b> Sent<'b> {
    /// Reads an observation of so many results; of more than one the result is a list (18-088 §13).
    pub(super) fn read(body: &'b str, count: usize, now: DateTime<Utc>) -> Result<Sent<'b>, Unread> {
        let sent: Observation<'_> =
            serde_json::from_str(body).map_err(|error| Unread::Body(error.to_string()))?;
        sent.into_sent(body, count, now)
    }

    /// The results as observations of the series.
    pub(super) fn each(
        &self,
        series: impl Iterator<Item = DatastreamId>,
    ) -> Vec<(usize, NewObservation<'_>)> {
        let series: Vec<DatastreamId> = series.collect();
        let mut new = Vec::with_capacity(self.parts.len());
        for (at, parts) in &self.parts {
            if let Some(id) = series.get(*at) {
                new.push((*at, parts.as_new(*id, self.body)));
            }
        }
        new
    }
}

impl<'a> Observation<'a> {
    fn read(body: &'a str) -> Answer<Observation<'a>> {
        serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))
    }

    /// Looks at what is said of the value.
    fn look(&self) -> Result<(), Refused> {
        let said = [self.result_time, self.valid_time, self.result_quality, self.parameters];
        look(said.map(|said| said.map(RawValue::get)))
    }

    fn into_sent<'b>(self, body: &'b str, count: usize, now: DateTime<Utc>) -> Result<Sent<'b>, Unread> {
        self.look().map_err(Unread::Part)?;
        let (time, quality) = (self.phenomenon_time.as_deref(), self.result_quality.map(RawValue::get));
        let result = self.result.map(RawValue::get);
        let part = |result: Option<&str>| Parts::new(time, result, quality, now).map_err(Unread::Part);
        if count == 1 && !result.is_some_and(|result| result.starts_with('[')) {
            return Ok(Sent { parts: vec![(0, part(result)?)], body });
        }
        let wrong = |expected: Told| {
            Unread::Part(Refused {
                field: "value",
                code: "not_an_observation",
                value: result.unwrap_or("null").chars().take(200).collect(),
                expected: expected.kept(),
            })
        };
        let expected = told!(
            "serve-result-is-list",
            "the result is a list of {count}, in the order of the properties",
            count = count
        );
        let results: Vec<&RawValue> = match result.map(serde_json::from_str) {
            Some(Ok(results)) => results,
            _ => return Err(wrong(expected)),
        };
        if results.len() != count {
            return Err(wrong(expected));
        }
        let mut parts = Vec::with_capacity(count);
        for (at, result) in results.iter().enumerate().filter(|(_, result)| result.get() != "null") {
            parts.push((at, part(Some(result.get()))?));
        }
        if parts.is_empty() { Err(wrong(expected)) } else { Ok(Sent { parts, body }) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(rename = "@iot.id", borrow)]
    id: &'a RawValue,
}

impl Reference<'_> {
    /// The number, which some clients write as a text.
    pub(super) fn number(&self) -> Answer<DatastreamId> {
        let text = self.id.get().trim_matches('"');
        text.parse().map(DatastreamId).map_err(|_| Problem::not_found(text))
    }
}

impl Writer<'_> {
    /// Creates an observation of a datastream, which the body names when the path does not.
    pub(super) async fn observation(&self, body: &str, of: Option<DatastreamId>) -> Answer<Response> {
        if let (None, Some(id)) = (of, multi_of(body)) {
            return self.observation_of_multi(body, id?.0).await;
        }
        let accepted = self.observe(body, of).await?;
        self.created_observation(&accepted)
    }

    pub(super) fn created_observation(&self, accepted: &Accepted) -> Answer<Response> {
        let id = observation_id(accepted.datastream.0, accepted.time.timestamp_micros());
        self.created(&Created { entity: Entity::Observation, id: Id::Text(id) })
    }

    /// Keeps what was observed together of a group: every result, or none. Returns when it was.
    pub(super) async fn observe_multi(&self, body: &str, id: i64) -> Answer<DateTime<Utc>> {
        let body = body.trim();
        let series = self.series_of(id).await?;
        let missing = || Problem::not_found(&id.to_string());
        let first = self.reader.app.catalog.datastream(series[0]).await?.ok_or_else(missing)?;
        let permit = self.permit_of(&first.key.dataset, &id.to_string()).await?;
        if let Some(feature) = feature_in(body)? {
            self.is_place(feature, &first.key.place)?;
        }
        let sent = Sent::read(body, series.len(), self.now).map_err(|unread| self.unread(unread))?;
        let new: Vec<_> = sent.each(series.into_iter()).into_iter().map(|(_, new)| new).collect();
        let kept = self.reader.app.intake.observe_together(&permit, &new, self.now).await?;
        let accepted = kept.map_err(|(_, refused)| self.refused(&refused))?;
        accepted.first().map(|accepted| accepted.time).ok_or_else(|| Problem::new(ProblemKind::Internal))
    }

    /// Creates what was observed together of a group.
    pub(super) async fn observation_of_multi(&self, body: &str, id: i64) -> Answer<Response> {
        let time = self.observe_multi(body, id).await?;
        let id = observation_id(id, time.timestamp_micros());
        self.created(&Created { entity: Entity::Observation, id: Id::Text(id) })
    }

    pub(super) fn unread(&self, unread: Unread) -> Problem {
        match unread {
            Unread::Body(error) => Problem::text(ProblemKind::InvalidBody, error),
            Unread::Part(refused) => self.refused(&refused),
        }
    }

    /// Keeps a new observation.
    async fn observe(&self, body: &str, of: Option<DatastreamId>) -> Answer<Accepted> {
        let body = body.trim();
        let sent = Observation::read(body)?;
        let datastream = match (of, &sent.datastream) {
            (Some(of), _) => of,
            (None, Some(reference)) => reference.number()?,
            (None, None) => {
                return Err(names_no_datastream());
            }
        };
        self.must_be_whole(datastream).await?;
        match feature_of(sent.feature)? {
            Some(feature) => {
                let permit = self.permit(datastream).await?;
                self.observe_at(body, datastream, permit, feature).await
            }
            None => self.keep(sent, body, datastream).await,
        }
    }

    /// Keeps another value in the place of one that is there.
    pub(super) async fn correct(&self, body: &str, datastream: DatastreamId) -> Answer<Accepted> {
        self.keep(Observation::read(body)?, body, datastream).await
    }

    async fn keep(&self, sent: Observation<'_>, body: &str, datastream: DatastreamId) -> Answer<Accepted> {
        let permit = self.permit(datastream).await?;
        sent.look().map_err(|refused| self.refused(&refused))?;
        let parts = Parts::new(
            sent.phenomenon_time.as_deref(),
            sent.result.map(RawValue::get),
            sent.result_quality.map(RawValue::get),
            self.now,
        );
        let parts = parts.map_err(|refused| self.refused(&refused))?;
        let new = [parts.as_new(datastream, body)];
        let outcomes = self.reader.app.intake.observe(&permit, &new, None, self.now).await?;
        let outcome = outcomes.first().cloned().ok_or_else(|| Problem::new(ProblemKind::Internal))?;
        outcome.map_err(|refused| self.refused(&refused))
    }

    /// Refuses the number of a series that is part of a datastream, and none itself.
    pub(super) async fn must_be_whole(&self, id: DatastreamId) -> Answer<()> {
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        match gazetteer.descriptions.contains_key(&subject::part(id)) {
            true => Err(Problem::not_found(&id.to_string())),
            false => Ok(()),
        }
    }

    /// Keeps an observation of a feature that the path names.
    pub(super) async fn observe_of(&self, body: &str, feature: &PlaceId) -> Answer<Accepted> {
        let (datastream, false) = named(body)? else {
            let why =
                told!("serve-observed-together", "what is observed together is of the place of its thing");
            return Err(super::not_kept(why).at("MultiDatastream"));
        };
        let datastream = DatastreamId(datastream);
        self.must_be_whole(datastream).await?;
        let permit = self.permit(datastream).await?;
        self.observe_at(body.trim(), datastream, permit, feature_named(feature)).await
    }

    /// Keeps an observation of a feature that it names.
    async fn observe_at(
        &self,
        body: &str,
        datastream: DatastreamId,
        permit: Permit,
        feature: Related,
    ) -> Answer<Accepted> {
        let mut plan = Plan::default();
        let part = self.part(datastream, feature, &mut plan).await?;
        let property = self.known_property(part.property.as_str(), &plan).await?;
        let datastream = part.id();
        let at = plan.observe(permit, vec![(part, property)], vec![body.to_owned()]);
        let times = self.carry_out(plan).await?;
        let time = times.get(at).and_then(|times| times.first()).copied();
        let time = time.ok_or_else(|| Problem::new(ProblemKind::Internal))?;
        Ok(Accepted { datastream, time })
    }

    /// The series that holds a datastream's values of a feature.
    pub(super) async fn part(
        &self,
        of: DatastreamId,
        feature: Related,
        plan: &mut Plan,
    ) -> Answer<DatastreamKey> {
        let found = self.reader.app.catalog.datastream(of).await?;
        let key = found.ok_or_else(|| Problem::not_found(&of.to_string()))?.key;
        self.at_feature(&key, feature, plan).await
    }

    pub(super) fn refused(&self, refused: &Refused) -> Problem {
        let (reason, hint) = intake::refusal_message(refused, self.reader.lang);
        let problem =
            Problem::text(ProblemKind::RefusedObservations, Told::words(format!("{reason} {hint}")));
        problem.at(name_here(refused.field))
    }
}

/// The feature that an observation names, or that comes with it.
pub(super) fn feature_in(body: &str) -> Answer<Option<Related>> {
    let sent = Observation::read(body.trim())?;
    feature_of(sent.feature)
}

fn feature_of(feature: Option<&RawValue>) -> Answer<Option<Related>> {
    let Some(feature) = feature else { return Ok(None) };
    let mut given = Given::read(&format!("{{\"FeatureOfInterest\":{}}}", feature.get()), MAX_ENTITY_BYTES)?;
    given.one("FeatureOfInterest")
}

/// A feature by its id.
pub(super) fn feature_named(id: &PlaceId) -> Related {
    Related::There(Id::Text(id.to_string()))
}

fn names_no_datastream() -> Problem {
    let why = told!(
        "serve-names-no-datastream",
        "the observation names no `Datastream`: write `\"Datastream\": {\"@iot.id\": …}`"
    );
    Problem::text(ProblemKind::InvalidBody, why).at("Datastream")
}

/// The number of the series, or of the group (then `true`), that an observation names.
pub(super) fn named(body: &str) -> Answer<(i64, bool)> {
    let sent = Observation::read(body.trim())?;
    match (&sent.datastream, &sent.multi) {
        (Some(datastream), None) => Ok((datastream.number()?.0, false)),
        (None, Some(multi)) => Ok((multi.number()?.0, true)),
        _ => Err(names_no_datastream()),
    }
}

/// The group that an observation names; none when it names none.
fn multi_of(body: &str) -> Option<Answer<DatastreamId>> {
    // Most observations are of a series, and are read once.
    if !body.contains("\"MultiDatastream\"") {
        return None;
    }
    let sent: Observation<'_> = serde_json::from_str(body.trim()).ok()?;
    Some(sent.multi?.number())
}

/// An observation's parts, as this system names them.
pub(super) struct Parts {
    start: String,
    end: Option<String>,
    value: Option<String>,
    text: Option<String>,
    quality: Option<i64>,
}

impl Parts {
    /// Reads what the standard leaves open: an instant or an interval, a result of any type. Without
    /// a time it is now (18-088 §10.2).
    pub(super) fn new(
        time: Option<&str>,
        result: Option<&str>,
        quality: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Parts, Refused> {
        let (start, end) = match time {
            None => (now.to_rfc3339_opts(SecondsFormat::Micros, true), None),
            Some(time) => match time.split_once('/') {
                Some((start, end)) => (start.to_owned(), Some(end.to_owned())),
                None => (time.to_owned(), None),
            },
        };
        let (mut value, mut text) = (None, None);
        match result.unwrap_or("null") {
            "null" => {}
            result if result.starts_with('"') => {
                text = serde_json::from_str(result).ok();
            }
            result => value = Some(result.to_owned()),
        }
        let quality = match quality {
            None | Some("null") => None,
            // Any other quality is said of the value, and no flag.
            Some(quality) => serde_json::from_str(quality).ok().as_ref().and_then(said::flag_of),
        };
        Ok(Parts { start, end, value, text, quality })
    }

    pub(super) fn as_new<'s>(&'s self, datastream: DatastreamId, received: &'s str) -> NewObservation<'s> {
        NewObservation {
            datastream: Some(datastream),
            time: Some(&self.start),
            end: self.end.as_deref(),
            value: self.value.as_deref(),
            text: self.text.as_deref(),
            quality: self.quality,
            received,
            ..NewObservation::default()
        }
    }
}

/// Looks at what is said of a value, by the names in [`said::MEMBERS`].
pub(super) fn look(members: [Option<&str>; 4]) -> Result<(), Refused> {
    // Most values come alone, or with a flag.
    if members.iter().all(Option::is_none) {
        return Ok(());
    }
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let named = said::MEMBERS.into_iter().zip(members);
    let mut members =
        named.filter_map(|(name, text)| Some((name.to_owned(), value(text?)))).collect::<Map<_, _>>();
    Said::take(&mut members).map(drop).map_err(refused)
}

/// What is said of a value, refused.
pub(super) fn refused(wrong: Wrong) -> Refused {
    let Wrong { member, code, value, expected } = wrong;
    Refused { field: member, code, value, expected }
}

/// The standard's name of a field.
fn name_here(field: &str) -> &str {
    match field {
        "time" | "end" => "phenomenonTime",
        "value" | "text" => "result",
        "quality" => "resultQuality",
        "datastream" => "Datastream",
        other => other,
    }
}
