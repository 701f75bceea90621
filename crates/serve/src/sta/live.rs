//! What happens to entities, for clients that stay connected (18-088 §14): observations as versions bring
//! them, other entities and properties when they differ from what was told before.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use catalog::{Change, Gazetteer};
use chrono::{DateTime, Utc};
use model::{Dataset, Datastream, DatastreamId, Lang};
use query::{AddedRequest, At, ObservedValue, Streams};
use serde_json::Map;
use standards::sta::{Document, Entity, Options, ResourcePath, Tail, parse_path};
use wording::told;

use super::batch::decoded;
use super::handlers::Reader;
use super::node::{Node, Set};
use super::params::{self, Asked};
use super::resolve::{Context, Target};
use super::world::World;
use super::{encode, observations, said, write};
use crate::App;
use crate::changes::is_version;
use crate::changes::live::{Happened, Message};
use crate::http::{Answer, Links, Problem, ProblemKind, Visitor};

/// Where topics of entities begin: the version of the service (18-088 §14.2).
pub const THINGS_TOPIC: &str = "v1.1/";

/// Values of one version that are read at a time.
const CHUNK: usize = 1_000;
/// The most entities that one subscription compares.
const MOST_COMPARED: usize = 20_000;
/// Bytes of an answer to what was published.
const MOST_ANSWER: usize = 1 << 20;

/// What a client may see at a moment.
pub struct View {
    ctx: Context,
    mark: Mark,
}

/// Where a part of what a change brought begins.
pub type After = Option<(DatastreamId, DateTime<Utc>)>;

/// A part of what a change brought.
pub struct Part {
    /// The values.
    pub messages: Vec<Message>,
    /// Where the next part begins; none at the end.
    pub next: After,
}

/// What entities are made of, held so that the same is known again.
#[derive(Clone)]
struct Mark {
    gazetteer: Arc<Gazetteer>,
    datasets: Vec<(Dataset, Arc<Vec<Datastream>>)>,
}

impl Mark {
    fn is(&self, other: &Mark) -> bool {
        let same = |(one, other): (&(Dataset, Arc<_>), &(Dataset, Arc<_>))| {
            Arc::ptr_eq(&one.1, &other.1) && one.0 == other.0
        };
        Arc::ptr_eq(&self.gazetteer, &other.gazetteer)
            && self.datasets.len() == other.datasets.len()
            && self.datasets.iter().zip(&other.datasets).all(same)
    }
}

impl Mark {
    /// What entities are made of now.
    async fn now(app: &App, visitor: &Visitor) -> Answer<Mark> {
        let mut datasets = Vec::new();
        for dataset in app.catalog.visible_datasets(visitor.principal(), Utc::now()).await? {
            let series = app.catalog.datastreams(&dataset.id).await?;
            datasets.push((dataset, series));
        }
        Ok(Mark { gazetteer: app.catalog.gazetteer().await?, datasets })
    }
}

impl View {
    /// Opens what a client may see now.
    pub async fn open(app: &App, visitor: &Visitor) -> Answer<View> {
        // The mark first: what changes meanwhile is looked at once more, and not missed.
        let mark = Mark::now(app, visitor).await?;
        let world = World::open(app, visitor.principal(), At::Latest).await?;
        let ctx = Context::new(app.clone(), world, Links::own(app), Lang::Vi, Default::default());
        Ok(View { ctx, mark })
    }
}

/// A topic of entities that somebody subscribed to.
pub struct Entities {
    topic: String,
    path: ResourcePath,
    options: Options,
    /// Of entities that are not observations of a set: what was told of each, as hashes.
    told: HashMap<u64, u64>,
    /// When it was last looked at, and of which dataset's values the topic is, if it is of values.
    mark: Option<Mark>,
}

impl Entities {
    /// Subscribes to a topic. What is not there, and what the client may not know of, is not found.
    pub async fn open(view: &View, topic: &str) -> Answer<Entities> {
        let (path, query) = parts(topic)?;
        let path = parse_path(&path)?;
        if matches!(path.tail, Tail::Ref | Tail::Value(_)) {
            let why = told!(
                "serve-topic-entities-property-leave-ref-value-out",
                "a topic is of entities or of a property: leave `$ref` and `$value` out"
            );
            return Err(Problem::text(ProblemKind::NotSupported, why));
        }
        let Asked { options, as_of, .. } = params::asked(query, &path, Utc::now())?;
        let only_selects =
            Options { select: options.select.clone(), ..Options::default() } == options && as_of.is_none();
        if !only_selects {
            let why = told!(
                "serve-topic-takes-select-no-other-option",
                "a topic takes `$select` and no other option"
            );
            return Err(Problem::parameter("?", why));
        }
        let mut entities =
            Entities { topic: topic.to_owned(), path, options, told: HashMap::new(), mark: None };
        if entities.is_of_values() {
            view.ctx.resolve(&entities.path).await?;
        } else {
            entities.look(view, true).await?;
        }
        Ok(entities)
    }

    /// Whether it is told of values as they come.
    pub fn is_of_values(&self) -> bool {
        self.path.last().is_set() && self.path.last().entity == Entity::Observation
    }

    /// Whether values that a change brought may be of the topic.
    fn concerns(&self, set: &Set, view: &View, change: &Change) -> Vec<DatastreamId> {
        let world = &view.ctx.world;
        let series = match set {
            Set::Observations(series) => series,
            Set::Together(multi) => &world.multis[*multi].series,
            Set::Nodes(_) => return Vec::new(),
        };
        let of_dataset = series.iter().filter(|at| world.dataset(**at).0.id == change.dataset);
        of_dataset.map(|at| world.stream(*at).id).collect()
    }

    /// Values that a change brought, in parts.
    pub async fn values(&self, view: &View, happened: &Happened, after: After) -> Answer<Part> {
        let none = Ok(Part { messages: Vec::new(), next: None });
        let change = &happened.change;
        let (true, true, Some(version), Some(run)) =
            (self.is_of_values(), is_version(change.kind), change.version, &change.run)
        else {
            return none;
        };
        let ctx = &view.ctx;
        let Target::Many(set) = ctx.resolve(&self.path).await? else { return none };
        let series = self.concerns(&set, view, change);
        let Some(first) = series.first().and_then(|id| ctx.world.find(*id)) else { return none };
        let request =
            AddedRequest { version, run: run.clone(), streams: Streams::among(series), after, limit: CHUNK };
        let added = ctx.app.engine.added(&ctx.world.dataset(first).1, request).await?;
        let nodes = match set {
            Set::Together(multi) => {
                let times: Vec<_> = added.values.iter().map(|value| value.time).collect();
                observations::together_at(ctx, multi, &times).await?
            }
            _ => {
                let node = |value: ObservedValue| {
                    let at = ctx.world.find(value.datastream)?;
                    Some(Node::Observation(Arc::new(value), at))
                };
                added.values.into_iter().filter_map(node).collect()
            }
        };
        said::read_selected(ctx, &nodes, &self.options.select).await?;
        let mut messages = Vec::with_capacity(nodes.len());
        for node in &nodes {
            let document = encode::document(ctx, node, &self.options.select);
            messages.push(Message { topic: self.topic.clone(), payload: document.into_bytes().into() });
        }
        Ok(Part { messages, next: added.next })
    }

    /// Whether some topics have to be looked at: what they are of may have changed.
    pub async fn are_due(all: &[&Entities], app: &App, visitor: &Visitor) -> Answer<bool> {
        if all.iter().all(|one| one.is_of_values()) {
            return Ok(false);
        }
        let mark = Mark::now(app, visitor).await?;
        let is_same = |one: &&Entities| one.mark.as_ref().is_some_and(|before| before.is(&mark));
        Ok(!all.iter().all(|one| one.is_of_values() || (!one.reads_values() && is_same(one))))
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Entities and properties that differ from what was told of them.
    pub async fn news(&mut self, view: &View) -> Answer<Vec<Message>> {
        match self.is_of_values() {
            true => Ok(Vec::new()),
            false => self.look(view, false).await,
        }
    }

    /// Whether the topic is of a single value, which versions change.
    fn reads_values(&self) -> bool {
        self.path.steps.iter().any(|step| step.entity == Entity::Observation)
    }

    async fn look(&mut self, view: &View, is_first: bool) -> Answer<Vec<Message>> {
        if !self.reads_values() && self.mark.as_ref().is_some_and(|mark| mark.is(&view.mark)) {
            return Ok(Vec::new());
        }
        let ctx = &view.ctx;
        let nodes = match ctx.resolve(&self.path).await {
            Ok(Target::One(node)) => vec![node],
            Ok(Target::Many(Set::Nodes(nodes))) => nodes,
            Ok(Target::Many(_)) => Vec::new(),
            // It has gone, or may not be known any more: there is nothing to tell.
            Err(problem) if !is_first && problem.kind == ProblemKind::NotFound => Vec::new(),
            Err(problem) => return Err(problem),
        };
        if nodes.len() > MOST_COMPARED {
            let limit = vec![("limit", MOST_COMPARED.to_string())];
            return Err(Problem::message(ProblemKind::QueryLimit, "sta-too-many-entities", limit));
        }
        said::read(ctx, &nodes).await?;
        let mut messages = Vec::new();
        for node in &nodes {
            let document = self.document(view, node)?;
            let text = document.into_bytes();
            let (key, hash) = (hashed(&node.id(&ctx.world)), hashed(&text));
            if self.told.insert(key, hash) != Some(hash) && !is_first {
                messages.push(Message { topic: self.topic.clone(), payload: text.into() });
            }
        }
        self.mark = Some(view.mark.clone());
        Ok(messages)
    }

    fn document(&self, view: &View, node: &Node) -> Answer<Document> {
        let Tail::Property(names) = &self.path.tail else {
            return Ok(encode::document(&view.ctx, node, &self.options.select));
        };
        let value = super::handlers::found(&view.ctx, node, names)?;
        let name = names.last().cloned().unwrap_or_default();
        Ok(Map::from_iter([(name, value)]).into())
    }
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A topic's path and query.
fn parts(topic: &str) -> Answer<(String, Option<&str>)> {
    let below = topic.strip_prefix(THINGS_TOPIC).ok_or_else(|| Problem::not_found(topic))?;
    let (path, query) = match below.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (below, None),
    };
    Ok((decoded(path).ok_or_else(|| Problem::not_found(topic))?, query))
}

/// Creates an observation that was published to a topic (18-088 §14.1), as a request over HTTP would.
pub async fn publish(app: &App, visitor: &Visitor, topic: &str, payload: &[u8]) -> Answer<()> {
    let (text, query) = parts(topic)?;
    let path = parse_path(&text)?;
    let is_observations =
        path.tail == Tail::Whole && path.last().is_set() && path.last().entity == Entity::Observation;
    if !is_observations || query.is_some() {
        let why = told!(
            "serve-observations-published-set-them-v1-1-datastreams",
            "observations are published, to a set of them: `v1.1/Datastreams(1)/Observations`"
        );
        return Err(Problem::text(ProblemKind::NotSupported, why));
    }
    let body =
        std::str::from_utf8(payload).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
    let reader = Reader {
        app: app.clone(),
        principal: visitor.principal().clone(),
        links: Links::own(app),
        lang: Lang::Vi,
    };
    let answer = write::write(&reader, &Method::POST, &text, body).await?;
    match answer.status() {
        StatusCode::CREATED => Ok(()),
        status => {
            let words = to_bytes(answer.into_body(), MOST_ANSWER).await.unwrap_or_default();
            let words = String::from_utf8_lossy(&words).into_owned();
            Err(Problem::text(ProblemKind::Internal, format!("{status}: {words}")))
        }
    }
}
