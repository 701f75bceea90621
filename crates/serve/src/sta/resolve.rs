//! A request under way: what it may see, how much it may cost, and where its path leads.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, SecondsFormat, Utc};
use model::{DatasetId, Lang, Statistic, Version};
use parking_lot::Mutex;
use query::At;
use standards::sta::{ResourcePath, Step, path_of};
use wording::told;

use super::ROOT;
use super::node::{Found, Node, Set};
use super::observations;
use super::said::{self, Known};
use super::world::World;
use crate::App;
use crate::http::language::message;
use crate::http::turns::{LARGE, Turn};
use crate::http::{Answer, Links, Problem, ProblemKind};

/// The most entities of one answer, expanded ones included.
const MOST_ENTITIES: u64 = 20_000;

/// The most stored values that one request may have to read.
const MOST_ROWS: u64 = 2_000_000;

/// A request under way.
pub(super) struct Context {
    pub(super) app: App,
    pub(super) world: Arc<World>,
    pub(super) links: Links,
    /// The address of the service.
    root: String,
    pub(super) lang: Lang,
    /// The words for statistics, as far as they were asked for.
    statistics: Mutex<HashMap<&'static str, String>>,
    /// Which versions are read.
    pub(super) at: At,
    /// The text of the request that said so.
    as_of: Option<String>,
    entities: AtomicU64,
    rows: AtomicU64,
    /// The versions that were read.
    versions: Mutex<BTreeMap<DatasetId, Version>>,
    /// What was said of values, as far as it was read.
    pub(super) said: Known,
    /// The turn at making an answer that is large.
    turn: Mutex<Option<Turn>>,
    /// The instant to which links of the answer hold, where they hold to one.
    pinned_at: OnceLock<String>,
}

/// Where a path leads.
pub(super) enum Target {
    /// To one entity.
    One(Node),
    /// To a set.
    Many(Set),
}

impl Context {
    pub(super) fn new(
        app: App,
        world: Arc<World>,
        links: Links,
        lang: Lang,
        pin: (At, Option<String>),
    ) -> Context {
        Context {
            app,
            world,
            root: links.path(ROOT),
            links,
            lang,
            statistics: Mutex::default(),
            at: pin.0,
            as_of: pin.1,
            entities: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            versions: Mutex::default(),
            said: Known::default(),
            turn: Mutex::default(),
            pinned_at: OnceLock::new(),
        }
    }

    /// Waits for a turn where so many entities make a large answer; it lasts as long as this.
    pub(super) async fn take_turn(&self, entities: usize) -> Answer<()> {
        if entities >= LARGE && self.turn.lock().is_none() {
            let turn = self.app.turns_to_make().take().await?;
            *self.turn.lock() = Some(turn);
        }
        Ok(())
    }

    /// Remembers which version of a dataset was read.
    pub(super) fn read_version(&self, dataset: &DatasetId, version: Option<Version>) {
        if let Some(version) = version {
            self.versions.lock().insert(dataset.clone(), version);
        }
    }

    /// The versions that were read.
    pub(super) fn versions(&self) -> BTreeMap<DatasetId, Version> {
        self.versions.lock().clone()
    }

    /// What keeps the pages that follow at the versions of this one: the version where all is of one
    /// dataset, an instant where it is of several.
    pub(super) fn pin(&self, datasets: &[&DatasetId]) -> String {
        if let Some(as_of) = &self.as_of {
            return as_of.clone();
        }
        let versions = self.versions.lock();
        match datasets {
            // What was said of values since the version is known at an instant, and not in the version.
            [dataset] if versions.contains_key(*dataset) && !said::has_afterwards(&self.world.gazetteer) => {
                versions[*dataset].to_string()
            }
            // The same in all links of an answer.
            _ => {
                self.pinned_at.get_or_init(|| Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)).clone()
            }
        }
    }

    /// The instant to which links of the answer hold, as it stands in them; none where they hold to none.
    pub(super) fn pinned_at(&self) -> Option<String> {
        let at = self.pinned_at.get()?;
        Some(url::form_urlencoded::byte_serialize(at.as_bytes()).collect())
    }

    /// The version to read of each of some datasets: a number is one dataset's.
    pub(super) fn at(&self, datasets: usize) -> Answer<At> {
        match self.at {
            At::Version(_) if datasets > 1 => {
                let why = told!(
                    "serve-version-one-dataset-these-values-several-give",
                    "a version is of one dataset, and these are values of several: give an instant"
                );
                Err(Problem::parameter("asOf", why))
            }
            at => Ok(at),
        }
    }

    /// The address of the service.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// The word for a statistic.
    pub(super) fn statistic(&self, statistic: Statistic) -> String {
        let code = statistic.code();
        let word = || message(self.lang, &format!("sta-statistic-{code}"));
        self.statistics.lock().entry(code).or_insert_with(word).clone()
    }

    /// The path of an entity from the node's root.
    pub(super) fn path(&self, node: &Node) -> String {
        format!("{ROOT}/{}", path_of(node.entity(), &node.id(&self.world)))
    }

    /// The address of an entity.
    pub(super) fn self_link(&self, node: &Node) -> String {
        format!("{}/{}", self.root, path_of(node.entity(), &node.id(&self.world)))
    }

    /// Counts entities of the answer; a problem when there are too many.
    pub(super) fn add_entities(&self, number: usize) -> Answer<()> {
        if spend(&self.entities, number, MOST_ENTITIES) {
            return Ok(());
        }
        let limit = vec![("limit", MOST_ENTITIES.to_string())];
        Err(Problem::message(ProblemKind::QueryLimit, "sta-too-many-entities", limit))
    }

    /// Counts stored values that are read; a problem when there are too many.
    pub(super) fn add_rows(&self, number: usize) -> Answer<()> {
        if spend(&self.rows, number, MOST_ROWS) {
            return Ok(());
        }
        Err(Problem::message(ProblemKind::QueryLimit, "sta-too-many-rows", vec![]))
    }

    /// Follows a path.
    pub(super) async fn resolve(&self, path: &ResourcePath) -> Answer<Target> {
        let mut target: Option<Target> = None;
        for step in &path.steps {
            let set = match target {
                None => Set::all(&self.world, step.entity),
                Some(Target::One(node)) => match node.entity().relation(step.name) {
                    Some(relation) => node.related(&self.world, relation),
                    None => return Err(Problem::not_found(step.name)),
                },
                Some(Target::Many(_)) => return Err(Problem::not_found(step.name)),
            };
            target = Some(self.one_of(set, step).await?);
        }
        target.ok_or_else(|| Problem::not_found("/"))
    }

    async fn one_of(&self, set: Set, step: &Step) -> Answer<Target> {
        let missing =
            || Problem::not_found(&step.id.as_ref().map_or(step.name.to_owned(), ToString::to_string));
        if step.is_set() {
            return Ok(Target::Many(set));
        }
        let Some(id) = &step.id else {
            let Set::Nodes(nodes) = set else { return Err(missing()) };
            return nodes.into_iter().next().map(Target::One).ok_or_else(missing);
        };
        match set.holds(&self.world, id).ok_or_else(missing)? {
            Found::Node(node) => Ok(Target::One(node)),
            Found::Observation(at, micros) => {
                let time = DateTime::from_timestamp_micros(micros).ok_or_else(missing)?;
                let (_, permit) = self.world.dataset(at);
                let id = self.world.stream(at).id;
                let found = self.app.engine.observation(permit, id, time, self.at).await?;
                let found = found.ok_or_else(missing)?;
                self.read_version(permit.dataset(), Some(found.version.version));
                Ok(Target::One(Node::Observation(Arc::new(found.value), at)))
            }
            Found::Together(multi, micros) => {
                let time = DateTime::from_timestamp_micros(micros).ok_or_else(missing)?;
                let found = observations::together_at(self, multi, &[time]).await?;
                found.into_iter().next().map(Target::One).ok_or_else(missing)
            }
        }
    }
}

fn spend(spent: &AtomicU64, number: usize, most: u64) -> bool {
    let number = number as u64;
    spent.fetch_add(number, Ordering::Relaxed).saturating_add(number) <= most
}
