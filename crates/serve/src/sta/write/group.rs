//! Several things that are created together: planned one after the other, done as a whole.

use axum::response::Response;
use chrono::Utc;
use model::{DatastreamId, DatastreamKey, PlaceId, Property, PropertyCode};
use serde_json::{Value, json};
use standards::sta::{Entity, Id, ResourcePath, Tail, observation_id, parse_path, path_of};

use super::body::Given;
use super::create::Parents;
use super::plan::Plan;
use super::{Created, MAX_ENTITY_BYTES, Writer, parent_of};
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject;
use crate::sta::handlers::Reader;
use crate::sta::node::Node;

/// Things that are to be created together.
pub(in crate::sta) struct Group<'r> {
    writer: Writer<'r>,
    plan: Plan,
    made: Vec<Planned>,
}

/// What a request of a group creates.
enum Planned {
    Entity(Created),
    /// Values: their place in the plan, and the group of series or the series they are of.
    Observation(usize, i64),
}

impl<'r> Group<'r> {
    pub(in crate::sta) fn new(reader: &'r Reader) -> Group<'r> {
        Group { writer: Writer { reader, now: Utc::now() }, plan: Plan::default(), made: Vec::new() }
    }

    /// Plans a request; says the id and the path of what it will create, as far as they are known before.
    pub(in crate::sta) async fn plan(&mut self, path: &str, body: &str) -> Answer<Option<(Value, String)>> {
        let path = parse_path(path)?;
        if path.tail != Tail::Whole || !path.last().is_set() {
            return Err(Problem::new(ProblemKind::MethodNotAllowed));
        }
        let parents = self.parents(&path).await?;
        if path.last().entity == Entity::Observation {
            let (of, series) = self.observed(body, &parents).await?;
            let dataset = &series[0].0.dataset;
            let permit = self.writer.permit_of(dataset, &of.to_string()).await?;
            let at = self.plan.observe(permit, series, vec![body.trim().to_owned()]);
            self.made.push(Planned::Observation(at, of));
            return Ok(None);
        }
        let given = Given::read(body, MAX_ENTITY_BYTES)?;
        let created = self.writer.entity(path.last().entity, given, &parents, &mut self.plan).await?;
        let id = match &created.id {
            Id::Number(number) => json!(number),
            Id::Text(text) => json!(text),
        };
        let path = path_of(created.entity, &created.id);
        self.made.push(Planned::Entity(created));
        Ok(Some((id, path)))
    }

    /// Does all of it, or nothing.
    pub(in crate::sta) async fn carry_out(self) -> Answer<Vec<Response>> {
        let Group { writer, plan, made } = self;
        let kept = writer.carry_out(plan).await?;
        let answer = |planned: Planned| match planned {
            Planned::Entity(created) => writer.created(&created),
            Planned::Observation(at, of) => {
                let time = kept.get(at).and_then(|times| times.first());
                let time = time.ok_or_else(|| Problem::new(ProblemKind::Internal))?;
                let id = Id::Text(observation_id(of, time.timestamp_micros()));
                writer.created(&Created { entity: Entity::Observation, id })
            }
        };
        made.into_iter().map(answer).collect()
    }

    /// What the path comes from: things that are planned, and those that are there.
    async fn parents(&self, path: &ResourcePath) -> Answer<Parents> {
        let Some(parent) = parent_of(path) else { return Ok(Parents::default()) };
        let mut parents = Parents::default();
        if let [step] = parent.steps.as_slice() {
            match (step.entity, &step.id) {
                (Entity::Thing, Some(Id::Text(id))) => {
                    parents.thing = PlaceId::new(id).ok().filter(|id| self.plan.has_place(id));
                }
                (Entity::Sensor, Some(Id::Text(id))) if self.plan.describes(&subject::sensor(id)) => {
                    parents.sensor = Some(id.clone());
                }
                (Entity::ObservedProperty, Some(Id::Text(id))) => {
                    let code = PropertyCode::new(id).ok();
                    parents.property = code.filter(|code| self.plan.has_property(code).is_some());
                }
                (Entity::Datastream, Some(Id::Number(id))) => parents.datastream = Some(DatastreamId(*id)),
                (Entity::MultiDatastream, Some(Id::Number(id))) => parents.multi = Some(*id),
                _ => {}
            }
        }
        if parents != Parents::default() {
            return Ok(parents);
        }
        let (ctx, node) = self.writer.find(&parent).await?;
        match node {
            Node::Series(at) => parents.datastream = Some(ctx.world.stream(at).id),
            Node::Multi(at) => parents.multi = Some(ctx.world.multis[at].id),
            node => parents.add(node)?,
        }
        Ok(parents)
    }

    /// What an observation is of: the number of its series or group, and the series.
    async fn observed(
        &mut self,
        body: &str,
        parents: &Parents,
    ) -> Answer<(i64, Vec<(DatastreamKey, Property)>)> {
        let (of, ids) = match (parents.datastream, parents.multi) {
            (Some(id), _) => (id.0, vec![id]),
            (None, Some(id)) => (id, self.series_of(id).await?),
            (None, None) => match super::observe::named(body)? {
                (id, false) => (id, vec![DatastreamId(id)]),
                (id, true) => (id, self.series_of(id).await?),
            },
        };
        let mut series = Vec::with_capacity(ids.len());
        for id in ids {
            let key = match self.plan.key_of(id) {
                Some(key) => key.clone(),
                None => {
                    let found = self.writer.reader.app.catalog.datastream(id).await?;
                    found.ok_or_else(|| Problem::not_found(&of.to_string()))?.key
                }
            };
            // Whether there is such a series is told to those only who may write it.
            self.writer.permit_of(&key.dataset, &of.to_string()).await?;
            let property = self.writer.known_property(key.property.as_str(), &self.plan).await?;
            self.writer.must_be_whole(id).await?;
            series.push((key, property));
        }
        let feature = super::observe::feature_in(body)?;
        let feature = feature.or_else(|| parents.feature.as_ref().map(super::observe::feature_named));
        match (feature, series.as_mut_slice()) {
            (None, _) => Ok((of, series)),
            (Some(feature), [(key, _)]) => {
                *key = self.writer.at_feature(key, feature, &mut self.plan).await?;
                Ok((key.id().0, series))
            }
            (Some(feature), series_together) => {
                let place = series_together[0].0.place.clone();
                self.writer.is_place(feature, &place)?;
                Ok((of, series))
            }
        }
    }

    async fn series_of(&self, id: i64) -> Answer<Vec<DatastreamId>> {
        match self.plan.components(id) {
            Some(series) => Ok(series),
            None => self.writer.series_of(id).await,
        }
    }
}
