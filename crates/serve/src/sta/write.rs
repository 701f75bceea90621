//! Creating, changing and deleting (18-088 §10): observations become ordinary commits, and what
//! describes them goes where the catalogue keeps it, by whoever has the right to.

mod arrays;
mod body;
mod change;
mod create;
mod feature;
mod finish;
mod group;
mod locate;
mod multi;
mod observe;
mod parts;
mod patch;
mod plan;
mod remove;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use model::{DatasetId, DatastreamId};
use policy::{Permit, Purpose};
use serde_json::json;
use standards::sta::{Entity, Id, Options, ResourcePath, Tail, parse_path, path_of};
use wording::Told;

use self::body::Given;
use self::create::Parents;
pub use self::finish::finish;
pub(super) use self::group::Group;
use self::plan::Plan;
use super::handlers::Reader;
use super::node::Node;
use super::resolve::{Context, Target};
use super::{ROOT, batch, reach};
use crate::App;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind, RequestLang};

/// Bytes of one request.
pub(super) const MAX_BYTES: usize = 16 << 20;
/// Bytes of one entity that is no observation, with what is inserted with it.
const MAX_ENTITY_BYTES: usize = 1 << 20;

/// Creates.
pub(super) async fn create(
    state: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    path: Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    handle(Method::POST, (state, caller, links, lang, path), headers, body).await
}

/// Changes what is given.
pub(super) async fn change(
    state: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    path: Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    handle(Method::PATCH, (state, caller, links, lang, path), headers, body).await
}

/// Changes what is given and takes back what is not.
pub(super) async fn replace(
    state: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    path: Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    handle(Method::PUT, (state, caller, links, lang, path), headers, body).await
}

/// Deletes.
pub(super) async fn remove(
    state: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    path: Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    handle(Method::DELETE, (state, caller, links, lang, path), headers, Bytes::new()).await
}

type Parts = (State<App>, Caller, Links, RequestLang, Path<String>);

async fn handle(method: Method, parts: Parts, headers: HeaderMap, body: Bytes) -> Answer<Response> {
    let (State(app), Caller(principal), links, RequestLang(lang), Path(path)) = parts;
    let reader = Reader { app, principal, links, lang };
    if path.trim_end_matches('/') == "$batch" {
        return match method {
            Method::POST => batch::answer(&reader, &headers, &body).await,
            _ => Err(Problem::new(ProblemKind::MethodNotAllowed)),
        };
    }
    let body = std::str::from_utf8(&body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    match write(&reader, &method, &path, body).await {
        Err(problem) if problem.kind == ProblemKind::MethodNotAllowed => {
            Ok(([(header::ALLOW, allowed(&path))], problem).into_response())
        }
        answer => answer,
    }
}

/// The methods that a path takes (RFC 9110 §10.2.1).
fn allowed(path: &str) -> &'static str {
    match parse_path(path) {
        Ok(path) if path.tail != Tail::Whole => "GET, HEAD",
        Ok(path) if path.last().is_set() => "GET, HEAD, POST",
        Ok(_) => "GET, HEAD, PATCH, PUT, DELETE",
        Err(_) => "POST",
    }
}

/// Does one thing that writes.
pub(super) async fn write(reader: &Reader, method: &Method, path: &str, body: &str) -> Answer<Response> {
    let writer = Writer { reader, now: Utc::now() };
    if path.trim_end_matches('/') == "CreateObservations" && method == Method::POST {
        return writer.data_array(body).await;
    }
    let path = parse_path(path)?;
    let elsewhere = || Problem::new(ProblemKind::MethodNotAllowed);
    if path.tail != Tail::Whole {
        return Err(elsewhere());
    }
    match (method, path.last().is_set()) {
        (&Method::POST, true) => writer.post(&path, body).await,
        (&Method::PATCH, false) => writer.change(&path, body, false).await,
        (&Method::PUT, false) => writer.change(&path, body, true).await,
        (&Method::DELETE, false) => writer.remove(&path).await,
        _ => Err(elsewhere()),
    }
}

/// Who writes, and when.
struct Writer<'r> {
    reader: &'r Reader,
    now: DateTime<Utc>,
}

/// What was made.
struct Created {
    entity: Entity,
    id: Id,
}

impl Writer<'_> {
    /// Creates an entity of a set, as part of the entity that the path comes from.
    async fn post(&self, path: &ResourcePath, body: &str) -> Answer<Response> {
        let entity = path.last().entity;
        // An observation is a matter of microseconds: nothing is looked up that it does not need.
        if let (Entity::Observation, Some(Id::Number(number)), [_, _]) =
            (entity, &path.steps[0].id, path.steps.as_slice())
            && path.steps[0].entity == Entity::Datastream
        {
            return self.observation(body, Some(DatastreamId(*number))).await;
        }
        let mut parents = Parents::default();
        if let Some(parent) = parent_of(path) {
            let (ctx, node) = self.find(&parent).await?;
            match node {
                Node::Series(at) => parents.datastream = Some(ctx.world.stream(at).id),
                Node::Multi(at) => parents.multi = Some(ctx.world.multis[at].id),
                node => parents.add(node)?,
            }
        }
        if entity == Entity::Observation {
            return match (parents.multi, &parents.feature) {
                (Some(id), _) => self.observation_of_multi(body, id).await,
                (None, Some(feature)) => {
                    let accepted = self.observe_of(body, feature).await?;
                    self.created_observation(&accepted)
                }
                (None, None) => self.observation(body, parents.datastream).await,
            };
        }
        let given = Given::read(body, MAX_ENTITY_BYTES)?;
        let mut plan = Plan::default();
        let created = self.entity(entity, given, &parents, &mut plan).await?;
        self.carry_out(plan).await?;
        self.created(&created)
    }

    /// The entity that a path leads to, as its reader sees it.
    async fn find(&self, path: &ResourcePath) -> Answer<(Context, Node)> {
        let Reader { app, principal, links, lang } = self.reader;
        let world = reach::world(app, principal, path, &Options::default(), query::At::Latest).await?;
        let ctx = Context::new(app.clone(), world, links.clone(), *lang, Default::default());
        match ctx.resolve(path).await? {
            Target::One(node) => Ok((ctx, node)),
            Target::Many(_) => Err(Problem::new(ProblemKind::MethodNotAllowed)),
        }
    }

    fn created(&self, created: &Created) -> Answer<Response> {
        let link = self.link(created);
        let location = HeaderValue::from_str(&link).map_err(|error| Problem::internal(&error))?;
        let id = match &created.id {
            Id::Number(number) => json!(number),
            Id::Text(text) => json!(text),
        };
        let document = json!({ "@iot.id": id, "@iot.selfLink": link });
        Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(document)).into_response())
    }

    fn link(&self, created: &Created) -> String {
        self.reader.links.path(&format!("{ROOT}/{}", path_of(created.entity, &created.id)))
    }

    /// The right to write the dataset of a datastream; one that may not be known, or was deleted, is not
    /// there.
    async fn permit(&self, id: DatastreamId) -> Answer<Permit> {
        let missing = || Problem::not_found(&id.to_string());
        let found = self.reader.app.catalog.datastream(id).await?;
        let dataset = found.ok_or_else(missing)?.key.dataset;
        let permit = self.permit_of(&dataset, &id.to_string()).await?;
        if self.is_gone(id, &permit).await? { Err(missing()) } else { Ok(permit) }
    }

    /// The right to write a dataset, which is not there by its name in the request when it may not be known.
    async fn permit_of(&self, dataset: &DatasetId, name: &str) -> Answer<Permit> {
        let Reader { app, principal, .. } = self.reader;
        match app.catalog.authorize(principal, dataset, Purpose::Write, self.now).await {
            Err(catalog::Error::NotFound { .. } | catalog::Error::Denied(policy::Denial::Hidden)) => {
                Err(Problem::not_found(name))
            }
            other => Ok(other?),
        }
    }
}

/// The path up to the entity that a set belongs to, if it belongs to one.
fn parent_of(path: &ResourcePath) -> Option<ResourcePath> {
    let steps = &path.steps[..path.steps.len() - 1];
    (!steps.is_empty()).then(|| ResourcePath { steps: steps.to_vec(), tail: Tail::Whole })
}

/// Something that the protocol has and the model has not.
fn not_kept(why: impl Into<Told>) -> Problem {
    Problem::text(ProblemKind::NotSupported, why)
}
