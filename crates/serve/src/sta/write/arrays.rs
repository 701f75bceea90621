//! Many observations at once, as rows of arrays (18-088 §12.2).

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use intake::{Accepted, MAX_OBSERVATIONS, NewObservation, Outcome, Refused};
use model::{DatasetId, DatastreamId};
use policy::Permit;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use standards::sta::{Entity, Id, observation_id};
use wording::{Told, told};

use super::body::Related;
use super::observe::{Parts, Reference, look};
use super::plan::Plan;
use super::{Created, Writer};
use crate::http::{Answer, Problem, ProblemKind};

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
    /// Answers, for each observation in order, with its link, or with `error` and the reason.
    pub(super) async fn data_array(&self, body: &str) -> Answer<Response> {
        let unreadable = |error: serde_json::Error| Problem::text(ProblemKind::InvalidBody, error);
        let arrays: Vec<DataArray<'_>> = serde_json::from_str(body).map_err(unreadable)?;
        let count: usize = arrays.iter().map(|array| array.rows.len()).sum();
        if count > MAX_OBSERVATIONS {
            let more = told!(
                "serve-request-most-observations",
                "a request holds at most {most} observations: send them in parts",
                most = MAX_OBSERVATIONS
            );
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
                    let why = told!(
                        "serve-array-of-one-datastream",
                        "an array is of one `Datastream` or of one `MultiDatastream`"
                    );
                    return Err(Problem::text(ProblemKind::InvalidBody, why).at("Datastream"));
                }
            };
            self.must_be_whole(datastream).await?;
            let permit = self.permit(datastream).await?;
            let components =
                serde_json::to_string(&array.components).map_err(|error| Problem::internal(&error))?;
            let parts = self.parts_of_rows(datastream, &columns, &array.rows).await?;
            let (_, rows) = by_dataset.entry(permit.dataset().clone()).or_insert((permit, Vec::new()));
            for row in &array.rows {
                let datastream =
                    columns.feature(row.get()).and_then(|id| parts.get(&id)).copied().unwrap_or(datastream);
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
                Some(Err(refused)) => {
                    format!("error: {}", intake::refusal_message(refused, self.reader.lang).0)
                }
                None => "error".to_owned(),
            })
            .collect();
        Ok((StatusCode::CREATED, Json(answers)).into_response())
    }

    /// The series of the features that rows name (`FeatureOfInterest/id`), which are made where there are
    /// none yet.
    async fn parts_of_rows(
        &self,
        datastream: DatastreamId,
        columns: &Columns,
        rows: &[&RawValue],
    ) -> Answer<HashMap<String, DatastreamId>> {
        let mut parts = HashMap::new();
        let mut plan = Plan::default();
        for id in rows.iter().filter_map(|row| columns.feature(row.get())) {
            if let Entry::Vacant(part) = parts.entry(id) {
                let feature = Related::There(Id::Text(part.key().clone()));
                part.insert(self.part(datastream, feature, &mut plan).await?.id());
            }
        }
        self.carry_out(plan).await?;
        Ok(parts)
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
                Ok((at, format!("error: {}", problem.sentence(self.reader.lang).unwrap_or_default())))
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
    /// What else is said of values.
    result_time: Option<usize>,
    valid_time: Option<usize>,
    parameters: Option<usize>,
    feature: Option<usize>,
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
            let why = told!(
                "serve-no-component",
                "`{name}` is no component of an observation: write {known}",
                name = other,
                known = known.join(", ")
            );
            return Err(Problem::text(ProblemKind::InvalidBody, why).at("components"));
        }
        let find = |wanted: &str| components.iter().position(|name| name == wanted);
        let missing = || {
            let why = told!("serve-no-component-result", "there is no component `result`");
            Problem::text(ProblemKind::InvalidBody, why).at("components")
        };
        Ok(Columns {
            time: find("phenomenonTime"),
            result: find("result").ok_or_else(missing)?,
            quality: find("resultQuality"),
            result_time: find("resultTime"),
            valid_time: find("validTime"),
            parameters: find("parameters"),
            feature: find("FeatureOfInterest/id"),
            count: components.len(),
        })
    }

    /// The feature that a row names.
    fn feature(&self, row: &str) -> Option<String> {
        let cells: Vec<&RawValue> = serde_json::from_str(row).ok()?;
        serde_json::from_str(cells.get(self.feature?)?.get()).ok()
    }

    /// A row as an observation; none when it has not one value for each component.
    fn body(&self, row: &str) -> Option<String> {
        let cells: Vec<&RawValue> = serde_json::from_str(row).ok()?;
        if cells.len() != self.count {
            return None;
        }
        let member = |name: &str, at: usize| format!("\"{name}\":{}", cells[at].get());
        let members = [
            ("phenomenonTime", self.time),
            ("resultQuality", self.quality),
            ("resultTime", self.result_time),
            ("validTime", self.valid_time),
            ("parameters", self.parameters),
        ];
        let mut members: Vec<String> =
            members.into_iter().filter_map(|(name, at)| Some(member(name, at?))).collect();
        members.push(member("result", self.result));
        Some(format!("{{{}}}", members.join(",")))
    }

    fn parts(&self, row: &str, now: DateTime<Utc>) -> Result<Parts, Refused> {
        let refused = |why: Told| Refused {
            field: "",
            code: "not_an_observation",
            value: row.chars().take(200).collect(),
            expected: why.kept(),
        };
        let cells: Vec<&RawValue> = serde_json::from_str(row).map_err(|error| refused(error.into()))?;
        if cells.len() != self.count {
            return Err(refused(told!(
                "serve-row-has-values",
                "the row has {values} values, and there are {count} components",
                values = cells.len(),
                count = self.count
            )));
        }
        let time: Option<Cow<'_, str>> = match self.time {
            None => None,
            Some(at) => serde_json::from_str(cells[at].get()).map_err(|error| refused(error.into()))?,
        };
        let cell = |at: Option<usize>| at.map(|at| cells[at].get());
        let quality = cell(self.quality);
        look([cell(self.result_time), cell(self.valid_time), quality, cell(self.parameters)])?;
        Parts::new(time.as_deref(), Some(cells[self.result].get()), quality, now)
    }
}
