//! Creating observations (18-088 §10.2): alone, under their datastream, or as a data array (§12.2).

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use intake::{Accepted, MAX_OBSERVATIONS, NewObservation, Outcome, Refused};
use model::{DatasetId, DatastreamId, Lang};
use policy::{Permit, Principal, Purpose};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use serde_json::value::RawValue;
use standards::sta::{Entity, Id, Tail, observation_id, parse_path};

use super::ROOT;
use crate::App;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind, RequestLang};

/// Bytes of one request.
pub(super) const MAX_BYTES: usize = 16 << 20;

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
    #[serde(rename = "resultTime", default)]
    _result_time: IgnoredAny,
    #[serde(rename = "validTime", default)]
    _valid_time: IgnoredAny,
    #[serde(rename = "parameters", default)]
    _parameters: IgnoredAny,
    #[serde(rename = "FeatureOfInterest", default)]
    _feature: IgnoredAny,
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
    #[serde(rename = "Datastream", borrow)]
    datastream: Reference<'a>,
    components: Vec<String>,
    #[serde(rename = "dataArray", borrow)]
    rows: Vec<&'a RawValue>,
    #[serde(rename = "dataArray@iot.count", default)]
    _count: IgnoredAny,
}

/// Where a request creates observations.
enum Wanted {
    /// Observations that name their datastream.
    Observation,
    /// One of this datastream.
    Of(DatastreamId),
    /// A data array.
    DataArray,
}

impl Wanted {
    fn of(path: &str) -> Answer<Wanted> {
        if path.trim_end_matches('/') == "CreateObservations" {
            return Ok(Wanted::DataArray);
        }
        let path = parse_path(path)?;
        let elsewhere = || Problem::new(ProblemKind::MethodNotAllowed);
        if path.tail != Tail::Whole {
            return Err(elsewhere());
        }
        match path.steps.as_slice() {
            [set] if set.entity == Entity::Observation && set.is_set() => Ok(Wanted::Observation),
            [one, set]
                if one.entity == Entity::Datastream && set.entity == Entity::Observation && set.is_set() =>
            {
                match &one.id {
                    Some(Id::Number(number)) => Ok(Wanted::Of(DatastreamId(*number))),
                    Some(id) => Err(Problem::not_found(&id.to_string())),
                    None => Err(elsewhere()),
                }
            }
            _ => Err(elsewhere()),
        }
    }
}

/// Creates observations; everything else is made by registering datasets and handing in files.
pub(super) async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(path): Path<String>,
    body: Bytes,
) -> Answer<Response> {
    let wanted = Wanted::of(&path)?;
    let body = std::str::from_utf8(&body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    let writer = Writer { app, principal, now: Utc::now() };
    match wanted {
        Wanted::Observation => writer.one(body, None, &links, lang).await,
        Wanted::Of(datastream) => writer.one(body, Some(datastream), &links, lang).await,
        Wanted::DataArray => writer.data_array(body, &links).await,
    }
}

/// Who creates observations, and when.
struct Writer {
    app: App,
    principal: Principal,
    now: DateTime<Utc>,
}

impl Writer {
    async fn one(&self, body: &str, of: Option<DatastreamId>, links: &Links, lang: Lang) -> Answer<Response> {
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
        let outcome = match &parts {
            Err(refused) => Err(refused.clone()),
            Ok(parts) => {
                let new = [parts.as_new(datastream, body)];
                let outcomes = self.app.intake.observe(&permit, &new, None, self.now).await?;
                outcomes.first().cloned().ok_or_else(|| Problem::new(ProblemKind::Internal))?
            }
        };
        match outcome {
            Ok(accepted) => {
                let link = link_of(links, &accepted);
                let location = HeaderValue::from_str(&link).map_err(|error| Problem::internal(&error))?;
                let id = observation_id(accepted.datastream.0, accepted.time.timestamp_micros());
                let document = json!({ "@iot.id": id, "@iot.selfLink": link });
                Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(document)).into_response())
            }
            Err(refused) => {
                let (reason, hint) = intake::refusal_message(&refused, lang);
                let problem = Problem::text(ProblemKind::RefusedObservations, format!("{reason} {hint}"));
                Err(problem.at(name_here(refused.field)))
            }
        }
    }

    /// Answers, for each observation in order, with its link, or with `error` and the reason.
    async fn data_array(&self, body: &str, links: &Links) -> Answer<Response> {
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
            let datastream = array.datastream.number()?;
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
            let written = self.app.intake.observe(permit, &new, None, self.now).await?;
            for (row, outcome) in rows.iter().zip(written.iter()) {
                outcomes[row.at] = Some(outcome.clone());
            }
        }
        let answers: Vec<String> = outcomes
            .iter()
            .map(|outcome| match outcome {
                Some(Ok(accepted)) => link_of(links, accepted),
                // The standard gives one word; the reason stands behind it.
                Some(Err(refused)) => format!("error: {}", intake::refusal_message(refused, Lang::En).0),
                None => "error".to_owned(),
            })
            .collect();
        Ok((StatusCode::CREATED, Json(answers)).into_response())
    }

    /// The right to write the dataset of a datastream; one that may not be known is not there.
    async fn permit(&self, id: DatastreamId) -> Answer<Permit> {
        let found = self.app.catalog.datastream(id).await?;
        let dataset = found.ok_or_else(|| Problem::not_found(&id.to_string()))?.key.dataset;
        match self.app.catalog.authorize(&self.principal, &dataset, Purpose::Write, self.now).await {
            Err(catalog::Error::NotFound { .. }) => Err(Problem::not_found(&id.to_string())),
            other => Ok(other?),
        }
    }
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

fn link_of(links: &Links, accepted: &Accepted) -> String {
    let id = observation_id(accepted.datastream.0, accepted.time.timestamp_micros());
    links.path(&format!("{ROOT}/Observations('{id}')"))
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
