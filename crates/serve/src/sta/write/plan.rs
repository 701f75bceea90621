//! What a request that creates will do: gathered first, looked at as a whole, then done in one
//! transaction, so that of what is inserted together all is there or nothing (18-088 §10.2.1.2).

use catalog::Together;
use chrono::{DateTime, Utc};
use model::{DatastreamId, DatastreamKey, PlaceId, Property, PropertyCode};
use policy::Permit;
use serde_json::{Map, Value};

use super::Writer;
use super::observe::Sent;
use crate::http::{Answer, Problem};
use crate::sta::encode::subject;

/// What is to be created.
#[derive(Default)]
pub(super) struct Plan {
    new: Together,
    notes: Vec<(&'static str, String, String)>,
    observations: Vec<Observed>,
}

/// Values of series that are to be created.
struct Observed {
    permit: Permit,
    /// What each result is of.
    series: Vec<(DatastreamKey, Property)>,
    bodies: Vec<String>,
}

impl Plan {
    pub(super) fn place(&mut self, place: model::Place) {
        self.note("place.registered", format!("place:{}", place.id), place.name.vi.clone());
        self.new.places.push(place);
    }

    pub(super) fn position(&mut self, place: PlaceId, position: model::Position) {
        let at = format!("{} {}", position.lon, position.lat);
        self.note("place.located", format!("place:{place}"), at);
        self.new.positions.push((place, position));
    }

    pub(super) fn property(&mut self, property: Property) {
        self.note("property.registered", format!("property:{}", property.code), property.name.vi.clone());
        self.new.properties.push(property);
    }

    pub(super) fn datastream(&mut self, key: DatastreamKey, name: String) {
        self.note("datastream.registered", subject::datastream(key.id()), name);
        self.new.datastreams.push(key);
    }

    pub(super) fn describe(&mut self, subject: String, words: Map<String, Value>) {
        self.new.descriptions.push((subject, words));
    }

    pub(super) fn note(&mut self, action: &'static str, subject: String, detail: String) {
        self.notes.push((action, subject, detail));
    }

    /// Plans values of series; returns their place in the plan.
    pub(super) fn observe(
        &mut self,
        permit: Permit,
        series: Vec<(DatastreamKey, Property)>,
        bodies: Vec<String>,
    ) -> usize {
        self.observations.push(Observed { permit, series, bodies });
        self.observations.len() - 1
    }

    /// Whether a place is to be created.
    pub(super) fn has_place(&self, id: &PlaceId) -> bool {
        self.new.places.iter().any(|place| place.id == *id)
    }

    /// A property that is to be created.
    pub(super) fn has_property(&self, code: &PropertyCode) -> Option<&Property> {
        self.new.properties.iter().find(|property| property.code == *code)
    }

    /// Whether something is to be said of a subject.
    pub(super) fn describes(&self, subject: &str) -> bool {
        self.new.descriptions.iter().any(|(known, _)| known == subject)
    }

    /// What a series that is to be created is of.
    pub(super) fn key_of(&self, id: DatastreamId) -> Option<&DatastreamKey> {
        self.new.datastreams.iter().find(|key| key.id() == id)
    }

    /// The series of a group that is to be created.
    pub(super) fn components(&self, id: i64) -> Option<Vec<DatastreamId>> {
        let subject = subject::multi(id);
        let (_, words) = self.new.descriptions.iter().find(|(known, _)| *known == subject)?;
        let numbers = words.get(subject::COMPONENTS)?.as_array()?;
        Some(numbers.iter().filter_map(Value::as_i64).map(DatastreamId).collect())
    }

    /// Whether a series is to be created.
    pub(super) fn has_datastream(&self, id: DatastreamId) -> bool {
        self.new.datastreams.iter().any(|key| key.id() == id)
    }
}

impl Writer<'_> {
    /// Does what was planned. Values are looked at before anything is kept: one that would be refused
    /// keeps all of it out. Returns the times of the values, by their place in the plan.
    pub(super) async fn carry_out(&self, plan: Plan) -> Answer<Vec<Vec<DateTime<Utc>>>> {
        let app = &self.reader.app;
        for observed in &plan.observations {
            for body in &observed.bodies {
                let sent = Sent::read(body, observed.series.len(), self.now)
                    .map_err(|unread| self.unread(unread))?;
                for (at, new) in sent.each(observed.series.iter().map(|(key, _)| key.id())) {
                    let (key, property) = &observed.series[at];
                    let taken =
                        app.intake.would_take(&observed.permit, key, property, &new, self.now).await?;
                    taken.map_err(|refused| self.refused(&refused))?;
                }
            }
        }
        app.catalog.register_together(&plan.new).await?;
        for (action, subject, detail) in plan.notes {
            app.note(&self.reader.principal, action, &subject, detail).await?;
        }
        let mut times = Vec::with_capacity(plan.observations.len());
        for observed in plan.observations {
            let Observed { permit, series, bodies } = observed;
            if bodies.is_empty() {
                times.push(Vec::new());
                continue;
            }
            let ids: Vec<DatastreamId> = series.iter().map(|(key, _)| key.id()).collect();
            let mut read = Vec::with_capacity(bodies.len());
            for body in &bodies {
                read.push(Sent::read(body, ids.len(), self.now).map_err(|unread| self.unread(unread))?);
            }
            let new: Vec<_> =
                read.iter().flat_map(|sent| sent.each(ids.iter().copied())).map(|(_, new)| new).collect();
            let kept = app.intake.observe_together(&permit, &new, self.now).await?;
            let kept = kept.map_err(|(_, refused)| self.refused(&refused))?;
            times.push(kept.into_iter().map(|accepted| accepted.time).collect());
        }
        Ok(times)
    }

    /// A place that is there, or will be.
    pub(super) async fn known_place(&self, id: &str, plan: &Plan) -> Answer<PlaceId> {
        let missing = || Problem::not_found(id);
        let place = PlaceId::new(id).map_err(|_| missing())?;
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        if plan.has_place(&place) || gazetteer.place(&place).is_some() { Ok(place) } else { Err(missing()) }
    }

    /// A property that is there, or will be.
    pub(super) async fn known_property(&self, id: &str, plan: &Plan) -> Answer<Property> {
        let missing = || Problem::not_found(id);
        let code = PropertyCode::new(id).map_err(|_| missing())?;
        if let Some(property) = plan.has_property(&code) {
            return Ok(property.clone());
        }
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        gazetteer.property(&code).cloned().ok_or_else(missing)
    }
}
