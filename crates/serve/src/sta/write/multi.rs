//! Series that are observed together (18-088 §13): a group with a name over series of one dataset, one
//! place and one procedure, so that each of its values is an ordinary one.

use model::{DatastreamId, DatastreamKey, Property, Statistic};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use standards::sta::{Entity, Id};
use wording::told;

use super::body::{Given, Related};
use super::create::Parents;
use super::parts::{FirstValue, first_values, words};
use super::plan::Plan;
use super::{Writer, not_kept};
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject::{self, COMPONENTS};
use crate::sta::encode::{COMPLEX, MEASUREMENT};

/// The most series of a group.
const MOST: usize = 50;

impl Writer<'_> {
    /// Creates a group, with the series that are not there yet, what they are of, and first values.
    pub(super) async fn multi(&self, mut given: Given, parents: &Parents, plan: &mut Plan) -> Answer<i64> {
        let mut properties = given.object("properties")?;
        let (dataset, permit) = self.dataset_of(&mut properties).await?;
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        if given.needed("observationType")? != COMPLEX {
            return Err(not_kept(told!(
                "serve-group-results",
                "a group's results are `{complex}`",
                complex = COMPLEX
            ))
            .at("observationType"));
        }
        let types = given.take("multiObservationDataTypes").unwrap_or_default();
        let types = types.as_array().cloned().unwrap_or_default();
        if let Some(other) = types.iter().find(|kind| *kind != MEASUREMENT) {
            let why = told!(
                "serve-each-result-measurement-here-not",
                "each result is a measurement here, `{measurement}`, and not {other}",
                measurement = MEASUREMENT,
                other = other
            );
            return Err(not_kept(why).at("multiObservationDataTypes"));
        }
        let units = given.objects("unitOfMeasurements")?;
        let observed = given.many("ObservedProperties")?;
        let count = observed.len();
        if count == 0 || count > MOST || units.len() != count || types.len() != count {
            // 18-088 §13.2, `req/multi-datastream/constraints`
            let why = told!(
                "serve-multiobservationdatatypes-unitofmeasurements-observedproperties-lists-one-length-1",
                "`multiObservationDataTypes`, `unitOfMeasurements` and `ObservedProperties` are lists of one length, 1 to {most}",
                most = MOST
            );
            return Err(given.wrong("multiObservationDataTypes", why));
        }
        let statistics = statistics(&mut properties, count)?;
        let period = super::create::period(&mut properties)?;
        let datum = properties.text("datum")?.unwrap_or_default();
        let place = self.place_of(&mut given, parents, plan).await?;
        let procedure = self.procedure_of(&mut given, parents, plan).await?;
        let mut series: Vec<(DatastreamKey, Property)> = Vec::with_capacity(count);
        for (at, ((observed, mut unit), statistic)) in
            observed.into_iter().zip(units).zip(statistics).enumerate()
        {
            let symbol = unit.needed("symbol")?;
            for word in ["name", "definition"] {
                unit.take(word);
            }
            unit.rest(None)?;
            let property = match observed {
                Related::There(Id::Text(id)) => self.known_property(&id, plan).await?,
                Related::There(Id::Number(id)) => return Err(Problem::not_found(&id.to_string())),
                Related::New(new) => {
                    let code = self.property(new, Some(&symbol), &Parents::default(), plan).await?;
                    self.known_property(code.as_str(), plan).await?
                }
            };
            if symbol != property.unit {
                let why = told!(
                    "serve-values-kept-send-them-unit",
                    "values of `{property}` are kept in `{unit}`: send them in this unit",
                    property = property.code,
                    unit = property.unit
                );
                return Err(not_kept(why).at(&format!("unitOfMeasurements/{at}/symbol")));
            }
            if !permit.rows().allows(&place, &property.code) {
                return Err(Problem::new(ProblemKind::NotAllowed));
            }
            let usual = || intake::usual_statistic(property.statistic.as_deref());
            let key = DatastreamKey {
                dataset: dataset.clone(),
                place: place.clone(),
                property: property.code.clone(),
                procedure: procedure.clone(),
                statistic: statistic.unwrap_or_else(usual),
                period: period.clone(),
                unit: property.unit.clone(),
                datum: datum.clone(),
            };
            series.push((key, property));
        }
        let ids: Vec<i64> = series.iter().map(|(key, _)| key.id().0).collect();
        let id = number_of(&ids);
        let app = &self.reader.app;
        let subject = subject::multi(id);
        if plan.describes(&subject) || app.catalog.gazetteer().await?.descriptions.contains_key(&subject) {
            let why = told!(
                "serve-there-group-these-series-already",
                "there is a group of these series already, as {id}",
                id = id
            );
            return Err(Problem::text(ProblemKind::Conflict, why));
        }
        let mut said = words(
            [("name", name.clone().into()), ("description", description.into())],
            properties.rest(None)?,
        );
        said.insert(COMPONENTS.into(), json!(ids));
        given.take("observedArea");
        let mut observations = Vec::new();
        for FirstValue { body, feature } in first_values(given.many("Observations")?)? {
            // What is observed together is of the place of the group.
            if let Some(feature) = feature {
                self.is_place(feature, &place)?;
            }
            observations.push(body);
        }
        given.rest(Some(Entity::MultiDatastream))?;
        for (key, _) in &series {
            let id = key.id();
            if !plan.has_datastream(id) && app.catalog.datastream(id).await?.is_none() {
                plan.datastream(key.clone(), name.clone());
            }
        }
        plan.describe(subject.clone(), said);
        plan.note("multidatastream.registered", subject, name);
        plan.observe(permit, series, observations);
        Ok(id)
    }

    /// The series of a group.
    pub(super) async fn series_of(&self, id: i64) -> Answer<Vec<DatastreamId>> {
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        let words = gazetteer.descriptions.get(&subject::multi(id));
        let numbers = words.and_then(|words| words.get(COMPONENTS)).and_then(Value::as_array);
        let ids: Vec<DatastreamId> =
            numbers.into_iter().flatten().filter_map(Value::as_i64).map(DatastreamId).collect();
        if ids.is_empty() { Err(Problem::not_found(&id.to_string())) } else { Ok(ids) }
    }
}

/// What each result says about its period: one word for all of them, or one for each.
fn statistics(properties: &mut Given, count: usize) -> Answer<Vec<Option<Statistic>>> {
    if let Some(code) = properties.text("statistic")? {
        let statistic = Statistic::from_code(&code).ok_or_else(|| {
            properties
                .wrong("statistic", told!("serve-no-statistic", "`{code}` is no statistic", code = code))
        })?;
        return Ok(vec![Some(statistic); count]);
    }
    match properties.take("statistics") {
        None => Ok(vec![None; count]),
        Some(Value::Array(codes)) if codes.len() == count => codes
            .iter()
            .map(|code| match code.as_str().and_then(Statistic::from_code) {
                Some(statistic) => Ok(Some(statistic)),
                None => Err(properties.wrong(
                    "statistics",
                    told!(
                        "serve-no-statistic",
                        "`{code}` is no statistic",
                        code = code.as_str().unwrap_or_default()
                    ),
                )),
            })
            .collect(),
        Some(_) => {
            Err(properties
                .wrong("statistics", told!("serve-write-one-each-result", "write one for each result")))
        }
    }
}

/// A group's number: the same on every node, for the same series in the same order.
fn number_of(ids: &[i64]) -> i64 {
    let text: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let digest = Sha256::digest(format!("urn:cuulong:multidatastream:{}", text.join("|")).as_bytes());
    digest.iter().take(7).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte)) >> 4
}
