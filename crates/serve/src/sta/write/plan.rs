//! What a request that writes will do: gathered first, looked at as a whole, then done in one
//! transaction, so that of what is inserted together all is there or nothing (18-088 §10.2.1.2).

use catalog::Together;
use chrono::{DateTime, Utc};
use model::{DatastreamId, DatastreamKey, PlaceId, Property, PropertyCode};
use policy::Permit;
use serde_json::{Map, Value};

use super::observe::Sent;
use super::{Writer, finish};
use crate::http::{Answer, Problem};
use crate::sta::encode::subject;
use crate::sta::kept;

/// What is to be done.
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

    /// Says what something is; the last word stands.
    pub(super) fn describe(&mut self, subject: String, words: Map<String, Value>) {
        self.new.descriptions.retain(|(known, _)| *known != subject);
        self.new.descriptions.push((subject, words));
    }

    /// Forgets what was said of something before.
    pub(super) fn forget(&mut self, subject: String) {
        self.new.descriptions.retain(|(known, _)| *known != subject);
        self.new.forgotten.push(subject);
    }

    /// Says where a place is from now on.
    pub(super) fn moved(&mut self, place: PlaceId, position: Option<model::Position>) {
        self.new.moved.retain(|(known, _)| *known != place);
        self.new.moved.push((place, position));
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

    /// What is to be said of a subject.
    pub(super) fn words_of(&self, subject: &str) -> Option<&Map<String, Value>> {
        self.new.descriptions.iter().find(|(known, _)| known == subject).map(|(_, words)| words)
    }

    /// Whether a place that is to be created, or that was nowhere, is to have a position.
    pub(super) fn has_position(&self, id: &PlaceId) -> bool {
        self.new.positions.iter().any(|(place, _)| place == id)
            || self.new.places.iter().any(|place| place.id == *id && place.position.is_some())
    }

    /// Whether a place is to be created.
    pub(super) fn has_place(&self, id: &PlaceId) -> bool {
        self.new.places.iter().any(|place| place.id == *id)
    }

    /// A place that is to be created.
    pub(super) fn place_of(&self, id: &PlaceId) -> Option<&model::Place> {
        self.new.places.iter().find(|place| place.id == *id)
    }

    /// A property that is to be created.
    pub(super) fn has_property(&self, code: &PropertyCode) -> Option<&Property> {
        self.new.properties.iter().find(|property| property.code == *code)
    }

    /// Whether something is to be said of a subject.
    pub(super) fn describes(&self, subject: &str) -> bool {
        self.words_of(subject).is_some()
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
    /// keeps all of it out. Those that are kept are written down with what they are of, so that a node
    /// that ends before they are in the journal does the rest when it starts again. Returns the times of
    /// the values, by their place in the plan.
    pub(super) async fn carry_out(&self, mut plan: Plan) -> Answer<Vec<Vec<DateTime<Utc>>>> {
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
        // Of series that are there already nothing else is to be kept with their values.
        let pending = if plan.new == Together::default() { Vec::new() } else { self.pending(&plan) };
        for (subject, words) in &pending {
            plan.new.descriptions.push((subject.clone(), words.clone()));
        }
        if plan.new != Together::default() {
            app.catalog.register_together(&plan.new).await?;
        }
        for (action, subject, detail) in plan.notes {
            app.note(&self.reader.principal, action, &subject, detail).await?;
        }
        let kept = self.observe_planned(&plan.observations).await;
        if pending.is_empty() {
            return kept;
        }
        match kept {
            Ok(times) => {
                finish::done(app, pending.into_iter().map(|(subject, _)| subject).collect()).await?;
                Ok(times)
            }
            Err(problem) => {
                finish::later(app);
                Err(problem)
            }
        }
    }

    /// What is written down of values, until they are kept.
    fn pending(&self, plan: &Plan) -> Vec<(String, Map<String, Value>)> {
        let of = |observed: &Observed| {
            let series: Vec<DatastreamId> = observed.series.iter().map(|(key, _)| key.id()).collect();
            finish::pending(observed.permit.dataset(), &series, &observed.bodies, self.now)
        };
        plan.observations.iter().flat_map(of).collect()
    }

    async fn observe_planned(&self, observations: &[Observed]) -> Answer<Vec<Vec<DateTime<Utc>>>> {
        let mut times = Vec::with_capacity(observations.len());
        for Observed { permit, series, bodies } in observations {
            if bodies.is_empty() {
                times.push(Vec::new());
                continue;
            }
            let ids: Vec<DatastreamId> = series.iter().map(|(key, _)| key.id()).collect();
            let mut read = Vec::with_capacity(bodies.len());
            for body in bodies {
                read.push(Sent::read(body, ids.len(), self.now).map_err(|unread| self.unread(unread))?);
            }
            let new: Vec<_> =
                read.iter().flat_map(|sent| sent.each(ids.iter().copied())).map(|(_, new)| new).collect();
            let kept = self.reader.app.intake.observe_together(permit, &new, self.now).await?;
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
        let is_feature = self.own(&subject::feature(&place), plan).await?;
        let is_there = plan.has_place(&place) || gazetteer.place(&place).is_some();
        if is_there && !is_feature { Ok(place) } else { Err(missing()) }
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

    /// What is said of a subject, or will be.
    pub(super) async fn words_of(&self, subject: &str, plan: &Plan) -> Answer<Option<Map<String, Value>>> {
        if let Some(words) = plan.words_of(subject) {
            return Ok(Some(words.clone()));
        }
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        Ok(gazetteer.descriptions.get(subject).cloned())
    }

    /// Whether something was made here, or will be, and stands in no list of the catalogue's.
    pub(super) async fn own(&self, subject: &str, plan: &Plan) -> Answer<bool> {
        Ok(self.words_of(subject, plan).await?.is_some_and(|words| kept::is_own(&words)))
    }
}
