//! How much of what the asker may see a request can touch: one series, when its path begins at it or
//! at one of its values and never leaves it, or everything.

use std::sync::Arc;

use model::DatastreamId;
use policy::Principal;
use query::At;
use standards::sta::{Entity, Expand, Id, Options, ResourcePath, parse_observation_id};

use super::answer::collect_paths;
use super::encode::subject;
use super::world::World;
use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

/// What the asker may see, as far as the request can touch it. A series that is named must be
/// readable: the refusal says what is missing, and is on record.
pub(super) async fn world(
    app: &App,
    principal: &Principal,
    path: &ResourcePath,
    options: &Options,
    at: At,
) -> Answer<Arc<World>> {
    let Some(named) = named_series(path) else { return World::open(app, principal, at).await };
    let written = path.steps[0].id.as_ref().map_or_else(String::new, ToString::to_string);
    let missing = || Problem::not_found(&written);
    let Some(series) = app.catalog.datastream(named).await? else {
        // The number may be that of series which are observed together.
        let gazetteer = app.catalog.gazetteer().await?;
        return match gazetteer.descriptions.contains_key(&subject::multi(named.0)) {
            true => World::open(app, principal, at).await,
            false => Err(missing()),
        };
    };
    let gazetteer = app.catalog.gazetteer().await?;
    let is_divided = [subject::part(named), subject::parts(named)]
        .iter()
        .any(|subject| gazetteer.descriptions.contains_key(subject));
    let alone = match World::of_series(app, principal, series, at).await {
        // That there is a dataset behind a number is not told to whoever may not know of it.
        Err(problem) if problem.kind == ProblemKind::NotFound => return Err(missing()),
        found => found?,
    };
    if stays(path, options) && !is_divided {
        Ok(Arc::new(alone))
    } else {
        World::open(app, principal, at).await
    }
}

/// The series that a path begins with, by its own number or by that of one of its values.
fn named_series(path: &ResourcePath) -> Option<DatastreamId> {
    let first = path.steps.first()?;
    match (first.entity, first.id.as_ref()?) {
        (Entity::Datastream, Id::Number(number)) => Some(DatastreamId(*number)),
        (Entity::Observation, Id::Text(text)) => Some(DatastreamId(parse_observation_id(text)?.0)),
        _ => None,
    }
}

/// Whether nothing leads from the first series to others: only relations to many of things,
/// sensors, properties and features do.
fn stays(path: &ResourcePath, options: &Options) -> bool {
    let ways = path.steps.windows(2).map(|pair| (pair[0].entity, pair[1].name));
    ways.into_iter().all(|(from, name)| !leaves(from, name)) && options_stay(path.last().entity, options)
}

fn options_stay(entity: Entity, options: &Options) -> bool {
    let mut paths: Vec<&[String]> = options.orderby.iter().map(|order| order.path.as_slice()).collect();
    if let Some(filter) = &options.filter {
        collect_paths(filter, &mut paths);
    }
    let expand_stays = |expand: &Expand| {
        !leaves(entity, expand.relation.name) && options_stay(expand.relation.to, &expand.options)
    };
    paths.into_iter().all(|path| path_stays(entity, path)) && options.expand.iter().all(expand_stays)
}

fn path_stays(entity: Entity, path: &[String]) -> bool {
    let mut at = entity;
    for name in path {
        match at.relation(name) {
            Some(_) if leaves(at, name) => return false,
            Some(relation) => at = relation.to,
            None => return true,
        }
    }
    true
}

fn leaves(from: Entity, relation: &str) -> bool {
    from.relation(relation).is_some_and(|relation| relation.many) && from != Entity::Datastream
}
