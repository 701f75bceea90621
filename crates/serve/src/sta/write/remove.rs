//! Deleting (18-088 §10.4): an entity goes, and with it what cannot be without it (Table 25). Values are
//! not in the version that is made, and stay in every one before; so does what describes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Datastream, PlaceId};
use policy::Permit;
use standards::sta::ResourcePath;
use wording::told;

use super::plan::Plan;
use super::{Writer, finish, not_kept};
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject;
use crate::sta::kept;
use crate::sta::node::{Node, Together};
use crate::sta::resolve::Context;
use crate::sta::world::{MultiAt, SeriesAt, sensor_id};

/// Why a value is gone, in its trace.
pub(super) const STRUCK: &str = "deleted through SensorThings";

impl Writer<'_> {
    /// Deletes an entity, with what the standard says goes with it.
    pub(super) async fn remove(&self, path: &ResourcePath) -> Answer<Response> {
        let (ctx, node) = self.find(path).await?;
        match &node {
            Node::Multi(at) => self.remove_multi(&ctx, *at).await,
            Node::Together(together) => self.remove_together(&ctx, together).await,
            Node::Observation(value, at) => {
                let datastream = ctx.world.stream(*at);
                let permit = self.permit_of(&datastream.key.dataset, &name_of(&ctx, &node)).await?;
                match self.strike(&permit, datastream, value.time, name_of(&ctx, &node)).await? {
                    true => Ok(StatusCode::OK.into_response()),
                    false => Err(Problem::not_found(&name_of(&ctx, &node))),
                }
            }
            _ => self.remove_described(&ctx, &node).await,
        }
    }

    /// Takes a group apart: its series and their values stay.
    async fn remove_multi(&self, ctx: &Context, at: MultiAt) -> Answer<Response> {
        self.permit_of_multi(ctx, at).await?;
        let subject = subject::multi(ctx.world.multis[at].id);
        let app = &self.reader.app;
        app.catalog.remove_description(&subject).await?;
        app.note(&self.reader.principal, "multidatastream.removed", &subject, String::new()).await?;
        Ok(StatusCode::OK.into_response())
    }

    /// Deletes what was observed together from the versions that follow: each of its values.
    async fn remove_together(&self, ctx: &Context, together: &Together) -> Answer<Response> {
        let permit = self.permit_of_multi(ctx, together.of).await?;
        let name = name_of(ctx, &Node::Together(Arc::new(together.clone())));
        for (value, at) in together.values.iter().zip(&ctx.world.multis[together.of].series) {
            if value.is_some() {
                self.strike(&permit, ctx.world.stream(*at), together.time, name.clone()).await?;
            }
        }
        Ok(StatusCode::OK.into_response())
    }

    /// Deletes a value; whether there was one.
    async fn strike(
        &self,
        permit: &Permit,
        datastream: &Datastream,
        time: chrono::DateTime<chrono::Utc>,
        name: String,
    ) -> Answer<bool> {
        let app = &self.reader.app;
        let Some(run) = app.intake.strike(permit, datastream, time, STRUCK, self.now).await? else {
            return Ok(false);
        };
        let subject = format!("run:{}", run.id);
        app.note(&self.reader.principal, "observation.deleted", &subject, name).await?;
        Ok(true)
    }

    /// Deletes an entity that describes values, and the values.
    async fn remove_described(&self, ctx: &Context, node: &Node) -> Answer<Response> {
        self.may_describe(ctx, node).await?;
        let going = self.going(ctx, node).await?;
        // Whether all of it may be deleted is known before any of it is.
        let mut of_dataset: BTreeMap<&model::DatasetId, (Permit, Vec<Datastream>)> = BTreeMap::new();
        for at in &going.series {
            let stream = ctx.world.stream(*at);
            let dataset = &stream.key.dataset;
            if !of_dataset.contains_key(dataset) {
                let permit = self.permit_of(dataset, &name_of(ctx, node)).await?;
                of_dataset.insert(dataset, (permit, Vec::new()));
            }
            if let Some((_, streams)) = of_dataset.get_mut(dataset) {
                streams.push(stream.clone());
            }
        }
        for (permit, streams) in of_dataset.values() {
            intake::may_strike(permit, streams)?;
        }
        // What goes is written down with the entity's end, in one transaction: a node that ends, or a store
        // that does not answer, between the versions of two datasets leaves the rest to be done.
        let mut plan = going.plan;
        let name = name_of(ctx, node);
        let mut waiting = Vec::new();
        for (dataset, (_, streams)) in &of_dataset {
            for (subject, words) in finish::striking(dataset, streams, &name, self.now) {
                waiting.push(subject.clone());
                plan.describe(subject, words);
            }
        }
        self.carry_out(plan).await?;
        if let Err(problem) = self.strike_all(of_dataset.values(), &name).await {
            finish::later(&self.reader.app);
            return Err(problem);
        }
        if !waiting.is_empty() {
            finish::done(&self.reader.app, waiting).await?;
        }
        Ok(StatusCode::OK.into_response())
    }

    /// Deletes all values of series, each dataset's as versions of its own.
    async fn strike_all(
        &self,
        of_dataset: impl Iterator<Item = &(Permit, Vec<Datastream>)>,
        name: &str,
    ) -> Answer<()> {
        let app = &self.reader.app;
        for (permit, streams) in of_dataset {
            for run in app.intake.strike_series(permit, streams, STRUCK, self.now).await? {
                let subject = format!("run:{}", run.id);
                app.note(&self.reader.principal, "observation.deleted", &subject, name.to_owned()).await?;
            }
        }
        Ok(())
    }

    /// What goes with an entity (18-088 Table 25).
    async fn going(&self, ctx: &Context, node: &Node) -> Answer<Going> {
        let world = &ctx.world;
        let mut going = Going::default();
        match node {
            Node::Series(at) => self.series_go(ctx, &[*at], &mut going),
            Node::Thing(place) => {
                self.must_be_own(&subject::thing(place)).await?;
                self.series_go(ctx, &world.places[place], &mut going);
                going.goes(self, subject::thing(place));
                going.plan.forget(subject::located(place));
                for (id, history) in &world.kept.histories {
                    if history.thing == *place {
                        going.plan.forget(subject::history(id));
                    }
                }
            }
            Node::Sensor(id) if id == sensor_id("") => {
                return Err(not_kept(told!(
                    "serve-stands-series-name-no-procedure-delete-those",
                    "it stands for series that name no procedure: delete those"
                )));
            }
            Node::Sensor(id) => {
                self.series_go(ctx, &world.sensors[id], &mut going);
                going.goes(self, subject::sensor(id));
            }
            Node::Property(code) => {
                self.must_be_own(&subject::property(code)).await?;
                self.series_go(ctx, &world.properties[code], &mut going);
                going.goes(self, subject::property(code));
            }
            Node::Location(id) => self.location_goes(ctx, id, &mut going).await?,
            Node::History(id) if world.kept.histories.contains_key(id) => {
                going.plan.forget(subject::history(id));
                going.plan.note("history.removed", subject::history(id), String::new());
                // What is said of a place's first day goes with that day.
                if world.since(id).is_some() {
                    going.goes(self, subject::history(id));
                }
            }
            Node::History(place) => {
                self.must_be_own(&subject::thing(place)).await?;
                going.goes(self, subject::history(place));
            }
            Node::Feature(place) => {
                going.series = world.features[place].clone();
                going.goes(self, subject::feature(place));
            }
            Node::Multi(_) | Node::Observation(..) | Node::Together(_) => {}
        }
        Ok(going)
    }

    /// Series go with their values, and the groups that they are in.
    fn series_go(&self, ctx: &Context, series: &[SeriesAt], going: &mut Going) {
        let world = &ctx.world;
        for at in series.iter().flat_map(|at| world.with_parts(*at)) {
            going.series.push(at);
            going.goes(self, subject::datastream(world.stream(at).id));
            for multi in world.multis.iter().filter(|multi| multi.series.contains(&at)) {
                going.plan.forget(subject::multi(multi.id));
            }
        }
    }

    /// A location goes with the histories that name it; things that are there are nowhere.
    async fn location_goes(&self, ctx: &Context, id: &PlaceId, going: &mut Going) -> Answer<()> {
        let kept = &ctx.world.kept;
        if !kept.locations.contains(id) {
            self.must_be_own(&subject::thing(id)).await?;
            going.plan.moved(id.clone(), None);
        }
        going.plan.forget(subject::location(id));
        going.plan.note("location.removed", subject::location(id), String::new());
        for (history, was) in &kept.histories {
            if was.locations.contains(id) {
                going.plan.forget(subject::history(history));
            }
        }
        for (thing, locations) in kept.located.iter().filter(|(_, locations)| locations.contains(id)) {
            let others: Vec<PlaceId> = locations.iter().filter(|other| *other != id).cloned().collect();
            going.plan.describe(subject::located(thing), kept::located(&others));
        }
        Ok(())
    }

    /// Refuses to delete what stands in the catalogue's lists.
    async fn must_be_own(&self, subject: &str) -> Answer<()> {
        match self.own(subject, &Plan::default()).await? {
            true => Ok(()),
            false => {
                let why = told!(
                    "serve-stands-catalogue-own-lists-what-clients-create",
                    "it stands in the catalogue's own lists: what clients create can be deleted by them"
                );
                Err(Problem::text(ProblemKind::NotAllowed, why))
            }
        }
    }

    pub(super) async fn permit_of_multi(&self, ctx: &Context, at: MultiAt) -> Answer<Permit> {
        let dataset = &ctx.world.key_of(at).dataset;
        self.permit_of(dataset, &ctx.world.multis[at].id.to_string()).await
    }
}

/// What goes.
#[derive(Default)]
struct Going {
    /// The series whose values go.
    series: Vec<SeriesAt>,
    plan: Plan,
}

impl Going {
    /// An entity of which earlier versions still tell.
    fn goes(&mut self, writer: &Writer<'_>, subject: String) {
        self.plan.describe(subject::gone(&subject), kept::gone(writer.now));
        let kind = subject.split(':').next().unwrap_or_default();
        let action = match kind {
            "place" => "thing.removed",
            "procedure" => "procedure.removed",
            "property" => "property.removed",
            "feature" => "feature.removed",
            "history" => "history.removed",
            _ => "datastream.removed",
        };
        self.plan.note(action, subject, String::new());
    }
}

fn name_of(ctx: &Context, node: &Node) -> String {
    node.id(&ctx.world).to_string()
}
