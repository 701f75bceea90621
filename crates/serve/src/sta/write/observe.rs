//! Creating observations (18-088 §10.2): alone, under their datastream, or as a data array (§12.2).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use intake::{Accepted, MAX_OBSERVATIONS, NewObservation, Outcome, Refused};
use model::{DatasetId, DatastreamId, Lang};
use policy::Permit;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use standards::sta::{Entity, Id, observation_id};

use super::{Created, Writer};
use crate::http::{Answer, Problem, ProblemKind};

/// An observation of SensorThings. The place of an observation here is its datastream's, and when it
/// was recorded is the version's: what the sender says of both is kept with the original.
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
    #[serde(rename = "resultTime", default)]
    _result_time: IgnoredAny,
    #[serde(rename = "validTime", default)]
    _valid_time: IgnoredAny,
    #[serde(rename = "parameters", default)]
    _parameters: IgnoredAny,
    #[serde(rename = "FeatureOfInterest", default)]
    _feature: IgnoredAny,
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

impl Observation<'_> {
    fn into_sent<'b>(self, body: &'b str, count: usize, now: DateTime<Utc>) -> Result<Sent<'b>, Unread> {
        let (time, quality) = (self.phenomenon_time.as_deref(), self.result_quality.map(RawValue::get));
        let result = self.result.map(RawValue::get);
        let part = |result: Option<&str>| Parts::new(time, result, quality, now).map_err(Unread::Part);
        if count == 1 && !result.is_some_and(|result| result.starts_with('[')) {
            return Ok(Sent { parts: vec![(0, part(result)?)], body });
        }
        let wrong = |expected: String| {
            Unread::Part(Refused {
                field: "value",
                code: "not_an_observation",
                value: result.unwrap_or("null").chars().take(200).collect(),
                expected,
            })
        };
        let expected = format!("the result is a list of {count}, in the order of the properties");
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
struct Reference<'a> {
    #[serde(rename = "@iot.id", borrow)]
    id: &'a RawValue,
}

impl Reference<'_> {
    /// The number, which some clients write as a text.
    fn number(&self) -> Answer<DatastreamId> {
        let text = self.id.get().trim_matches('"');
        text.parse().map(DatastreamId).map_err(|_| Problem::not_found(text))
    }
}

/// The observations of one datastream in a data array.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataArray<'a> {
    #[serde(rename = "Datastream", borrow, default)]
    datastream: Option<Reference<'a>>,
    #[serde(rename = "MultiDatastream", borrow, default)]
    multi: Option<Reference<'a>>,
    components: Vec<String>,
    #[serde(rename = "dataArray", borrow)]
    rows: Vec<&'a RawValue>,
    #[serde(rename = "dataArray@iot.count", default)]
    _count: IgnoredAny,
}

impl Writer<'_> {
    /// Creates an observation of a datastream, which the body names when the path does not.
    pub(super) async fn observation(&self, body: &str, of: Option<DatastreamId>) -> Answer<Response> {
        if let (None, Some(id)) = (of, multi_of(body)) {
            return self.observation_of_multi(body, id?.0).await;
        }
        let accepted = self.observe(body, of).await?;
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

    /// Keeps an observation.
    pub(super) async fn observe(&self, body: &str, of: Option<DatastreamId>) -> Answer<Accepted> {
        let body = body.trim();
        let unreadable = |error: serde_json::Error| Problem::text(ProblemKind::InvalidBody, error);
        let sent: Observation<'_> = serde_json::from_str(body).map_err(unreadable)?;
        let datastream = match (of, &sent.datastream) {
            (Some(of), _) => of,
            (None, Some(reference)) => reference.number()?,
            (None, None) => {
                let why = "the observation names no `Datastream`: write `\"Datastream\": {\"@iot.id\": …}`";
                return Err(Problem::text(ProblemKind::InvalidBody, why).at("Datastream"));
            }
        };
        let permit = self.permit(datastream).await?;
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

    pub(super) fn refused(&self, refused: &Refused) -> Problem {
        let (reason, hint) = intake::refusal_message(refused, self.reader.lang);
        let problem = Problem::text(ProblemKind::RefusedObservations, format!("{reason} {hint}"));
        problem.at(name_here(refused.field))
    }

    /// Answers, for each observation in order, with its link, or with `error` and the reason.
    pub(super) async fn data_array(&self, body: &str) -> Answer<Response> {
        let unreadable = |error: serde_json::Error| Problem::text(ProblemKind::InvalidBody, error);
        let arrays: Vec<DataArray<'_>> = serde_json::from_str(body).map_err(unreadable)?;
        let count: usize = arrays.iter().map(|array| array.rows.len()).sum();
        if count > MAX_OBSERVATIONS {
            let more = format!("a request holds at most {MAX_OBSERVATIONS} observations: send them in parts");
            return Err(Problem::text(ProblemKind::TooLarge, more));
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; count];
        let mut by_dataset: BTreeMap<DatasetId, (Permit, Vec<Row>)> = BTreeMap::new();
        let mut at = 0;
        for array in &arrays {
            let columns = Columns::of(&array.components)?;
            let datastream = match (&array.datastream, &array.multi) {
                (Some(datastream), None) => datastream.number()?,
                (None, Some(_)) => {
                    at += array.rows.len();
                    continue;
                }
                _ => {
                    let why = "an array is of one `Datastream` or of one `MultiDatastream`";
                    return Err(Problem::text(ProblemKind::InvalidBody, why).at("Datastream"));
                }
            };
            let permit = self.permit(datastream).await?;
            let components =
                serde_json::to_string(&array.components).map_err(|error| Problem::internal(&error))?;
            let (_, rows) = by_dataset.entry(permit.dataset().clone()).or_insert((permit, Vec::new()));
            for row in &array.rows {
                let received = format!(
                    "{{\"Datastream\":{{\"@iot.id\":{datastream}}},\"components\":{components},\"dataArray\":[{}]}}",
                    row.get()
                );
                match columns.parts(row.get(), self.now) {
                    Ok(parts) => rows.push(Row { at, datastream, parts, received }),
                    Err(refused) => outcomes[at] = Some(Err(refused)),
                }
                at += 1;
            }
        }
        for (permit, rows) in by_dataset.values() {
            let new: Vec<NewObservation<'_>> =
                rows.iter().map(|row| row.parts.as_new(row.datastream, &row.received)).collect();
            let written = self.reader.app.intake.observe(permit, &new, None, self.now).await?;
            for (row, outcome) in rows.iter().zip(written.iter()) {
                outcomes[row.at] = Some(outcome.clone());
            }
        }
        let mut links = self.arrays_of_multis(&arrays).await?;
        let answers: Vec<String> = outcomes
            .iter()
            .enumerate()
            .map(|(at, outcome)| match outcome {
                _ if links.contains_key(&at) => links.remove(&at).unwrap_or_default(),
                Some(Ok(accepted)) => self.link_of(accepted),
                // The standard gives one word; the reason stands behind it.
                Some(Err(refused)) => format!("error: {}", intake::refusal_message(refused, Lang::En).0),
                None => "error".to_owned(),
            })
            .collect();
        Ok((StatusCode::CREATED, Json(answers)).into_response())
    }

    /// Creates the rows of arrays that are of groups, each for itself; answers by the rows' places.
    async fn arrays_of_multis(&self, arrays: &[DataArray<'_>]) -> Answer<HashMap<usize, String>> {
        let mut rows: Vec<(usize, i64, String)> = Vec::new();
        let mut at = 0;
        for array in arrays {
            if let Some(multi) = &array.multi {
                let columns = Columns::of(&array.components)?;
                let id = multi.number()?.0;
                for (index, row) in array.rows.iter().enumerate() {
                    rows.push((at + index, id, columns.body(row.get()).unwrap_or_default()));
                }
            }
            at += array.rows.len();
        }
        let write = async |(at, id, body): (usize, i64, String)| match self.observe_multi(&body, id).await {
            Ok(time) => {
                let id = Id::Text(observation_id(id, time.timestamp_micros()));
                Ok((at, self.link(&Created { entity: Entity::Observation, id })))
            }
            Err(problem) if problem.kind == ProblemKind::RefusedObservations => {
                Ok((at, format!("error: {}", problem.sentence(Lang::En).unwrap_or_default())))
            }
            Err(problem) if problem.kind == ProblemKind::InvalidBody => Ok((at, "error".to_owned())),
            Err(problem) => Err(problem),
        };
        let mut answers = HashMap::with_capacity(rows.len());
        for row in rows {
            let (at, answer) = write(row).await?;
            answers.insert(at, answer);
        }
        Ok(answers)
    }

    fn link_of(&self, accepted: &Accepted) -> String {
        let id = observation_id(accepted.datastream.0, accepted.time.timestamp_micros());
        self.link(&Created { entity: Entity::Observation, id: Id::Text(id) })
    }
}

/// The number of the series, or of the group (then `true`), that an observation names.
pub(super) fn named(body: &str) -> Answer<(i64, bool)> {
    let sent: Observation<'_> =
        serde_json::from_str(body.trim()).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    match (&sent.datastream, &sent.multi) {
        (Some(datastream), None) => Ok((datastream.number()?.0, false)),
        (None, Some(multi)) => Ok((multi.number()?.0, true)),
        _ => {
            let why = "the observation names no `Datastream`: write `\"Datastream\": {\"@iot.id\": …}`";
            Err(Problem::text(ProblemKind::InvalidBody, why).at("Datastream"))
        }
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

/// A row of a data array.
struct Row {
    at: usize,
    datastream: DatastreamId,
    parts: Parts,
    received: String,
}

/// Where the components of a data array stand.
struct Columns {
    time: Option<usize>,
    result: usize,
    quality: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(components: &[String]) -> Answer<Columns> {
        let known = [
            "phenomenonTime",
            "result",
            "resultTime",
            "resultQuality",
            "validTime",
            "parameters",
            "FeatureOfInterest/id",
        ];
        if let Some(other) = components.iter().find(|name| !known.contains(&name.as_str())) {
            let why = format!("`{other}` is no component of an observation: write {}", known.join(", "));
            return Err(Problem::text(ProblemKind::InvalidBody, why).at("components"));
        }
        let find = |wanted: &str| components.iter().position(|name| name == wanted);
        let missing =
            || Problem::text(ProblemKind::InvalidBody, "there is no component `result`").at("components");
        Ok(Columns {
            time: find("phenomenonTime"),
            result: find("result").ok_or_else(missing)?,
            quality: find("resultQuality"),
            count: components.len(),
        })
    }

    /// A row as an observation; none when it has not one value for each component.
    fn body(&self, row: &str) -> Option<String> {
        let cells: Vec<&RawValue> = serde_json::from_str(row).ok()?;
        if cells.len() != self.count {
            return None;
        }
        let member = |name: &str, at: usize| format!("\"{name}\":{}", cells[at].get());
        let members = [("phenomenonTime", self.time), ("resultQuality", self.quality)];
        let mut members: Vec<String> =
            members.into_iter().filter_map(|(name, at)| Some(member(name, at?))).collect();
        members.push(member("result", self.result));
        Some(format!("{{{}}}", members.join(",")))
    }

    fn parts(&self, row: &str, now: DateTime<Utc>) -> Result<Parts, Refused> {
        let refused = |why: String| Refused {
            field: "",
            code: "not_an_observation",
            value: row.chars().take(200).collect(),
            expected: why,
        };
        let cells: Vec<&RawValue> = serde_json::from_str(row).map_err(|error| refused(error.to_string()))?;
        if cells.len() != self.count {
            return Err(refused(format!(
                "the row has {} values, and there are {} components",
                cells.len(),
                self.count
            )));
        }
        let time: Option<Cow<'_, str>> = match self.time {
            None => None,
            Some(at) => serde_json::from_str(cells[at].get()).map_err(|error| refused(error.to_string()))?,
        };
        let quality = self.quality.map(|at| cells[at].get());
        Parts::new(time.as_deref(), Some(cells[self.result].get()), quality, now)
    }
}

/// An observation's parts, as this system names them.
struct Parts {
    start: String,
    end: Option<String>,
    value: Option<String>,
    text: Option<String>,
    quality: Option<i64>,
}

/// A flag as this service shows it: `{"nameOfMeasure": "QARTOD", "flag": 1}`.
#[derive(Deserialize)]
struct Flag {
    flag: i64,
}

impl Parts {
    /// Reads what the standard leaves open: an instant or an interval, a result of any type. Without
    /// a time it is now (18-088 §10.2).
    fn new(
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
            Some(quality) => {
                let flag =
                    quality.parse().ok().or_else(|| Some(serde_json::from_str::<Flag>(quality).ok()?.flag));
                let value = quality.chars().take(200).collect();
                Some(flag.ok_or(Refused {
                    field: "quality",
                    code: "unknown_flag",
                    value,
                    expected: String::new(),
                })?)
            }
        };
        Ok(Parts { start, end, value, text, quality })
    }

    fn as_new<'s>(&'s self, datastream: DatastreamId, received: &'s str) -> NewObservation<'s> {
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
