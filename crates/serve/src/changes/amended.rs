//! Which data the messages of a version are of: its own, where it brought new ones; else those that were
//! announced before and that it amends, under the names that they were announced with.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::Utc;
use model::{DatasetId, Run, RunId, RunKind, Version, VersionInfo};
use parking_lot::Mutex;
use policy::{Principal, Purpose};
use query::Changed;

use crate::App;
use crate::http::Answer;

/// Names that one version amends; one that amends more is announced as new data.
const MOST_NAMES: usize = 20;
/// Versions that are looked at to find the names.
const MOST_LOOKED_AT: usize = 200;
/// Versions of which is kept what they changed.
const MOST_KEPT: usize = 4_096;

/// What versions changed, by the run that made each: it never becomes another.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<RunId, Arc<Changed>>>);

/// What a version is announced as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announced {
    /// `canonical`, `update` or `deletion`.
    pub(super) rel: &'static str,
    /// The versions that first announced the data.
    pub(super) of: Vec<Version>,
}

impl Announced {
    fn own(version: Version) -> Announced {
        Announced { rel: "canonical", of: vec![version] }
    }
}

/// What a version did to those before it.
#[derive(Debug, Clone)]
enum Step {
    /// It brought data of its own, or it is not known what it amends.
    Brought,
    /// It took back what a version had brought.
    Withdrew(Version),
    /// It put other values in the place of what these had brought, or took some of them away.
    Amended(Vec<Version>),
}

/// What a version of a dataset changed; `None` when that cannot be told any more, or is too much to compare.
pub(super) async fn changed(
    app: &App,
    dataset: &DatasetId,
    version: Version,
    run: &RunId,
) -> Answer<Option<Arc<Changed>>> {
    if let Some(known) = app.amended().0.lock().get(run) {
        return Ok(Some(Arc::clone(known)));
    }
    // Names are the same for whoever is told; what else is told of it is for the teller to decide.
    let permit = app.catalog.authorize(&Principal::System, dataset, Purpose::Read, Utc::now()).await?;
    let changed = match app.engine.changed(&permit, version).await {
        Ok(changed) => Arc::new(changed),
        Err(query::Error::Gone { .. } | query::Error::NotFound { .. } | query::Error::Limit { .. }) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let mut kept = app.amended().0.lock();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(run.clone(), Arc::clone(&changed));
    Ok(Some(changed))
}

/// What a version is announced as.
pub(super) async fn announced(app: &App, dataset: &DatasetId, version: Version) -> Answer<Announced> {
    let (mut steps, mut known) = (HashMap::new(), HashMap::new());
    let mut open = vec![version];
    // What an amended version was announced as itself comes first: it may amend one before it.
    while let Some(at) = open.last().copied() {
        if steps.len() > MOST_LOOKED_AT {
            return Ok(Announced::own(version));
        }
        let step = match steps.get(&at) {
            Some(step) => step,
            None => steps.entry(at).or_insert(step(app, dataset, at).await?),
        };
        let before: &[Version] = match step {
            Step::Brought => &[],
            Step::Withdrew(one) => std::slice::from_ref(one),
            Step::Amended(all) => all,
        };
        let unknown: Vec<Version> = before.iter().filter(|one| !known.contains_key(*one)).copied().collect();
        if unknown.is_empty() {
            known.insert(at, resolve(at, step, &known));
            open.pop();
        } else {
            open.extend(unknown);
        }
    }
    Ok(known.remove(&version).unwrap_or_else(|| Announced::own(version)))
}

fn resolve(at: Version, step: &Step, known: &HashMap<Version, Announced>) -> Announced {
    let names = match step {
        Step::Brought => return Announced::own(at),
        Step::Withdrew(one) => match known.get(one) {
            Some(before) if before.rel == "canonical" => {
                return Announced { rel: "deletion", of: before.of.clone() };
            }
            // Without a correction there is again what was there before it.
            before => before.map(|before| before.of.iter().copied().collect()).unwrap_or_default(),
        },
        Step::Amended(all) => {
            let before = all.iter().filter_map(|one| known.get(one));
            before.flat_map(|before| before.of.iter().copied()).collect::<BTreeSet<Version>>()
        }
    };
    if names.is_empty() || names.len() > MOST_NAMES {
        return Announced::own(at);
    }
    Announced { rel: "update", of: names.into_iter().collect() }
}

async fn step(app: &App, dataset: &DatasetId, version: Version) -> Answer<Step> {
    let Some(info) = app.catalog.version(dataset, version).await? else { return Ok(Step::Brought) };
    let Some(run) = app.catalog.run(&info.run).await? else { return Ok(Step::Brought) };
    if brings(&run, &info) {
        return Ok(Step::Brought);
    }
    if run.kind == RunKind::Withdrawal
        && let Some(withdrawn) = app.catalog.run_note(&run.id).await?.and_then(|note| note.withdraws)
    {
        let made = app.catalog.run(&withdrawn).await?.and_then(|run| run.version);
        return Ok(made.filter(|made| *made < version).map_or(Step::Brought, Step::Withdrew));
    }
    let Some(changed) = changed(app, dataset, version, &run.id).await? else { return Ok(Step::Brought) };
    let mut amended = BTreeSet::new();
    for run in changed.runs.iter().take(MOST_LOOKED_AT) {
        let made = app.catalog.run(run).await?.and_then(|run| run.version);
        amended.extend(made.filter(|made| *made < version));
    }
    Ok(Step::Amended(amended.into_iter().collect()))
}

/// Whether a run brought data of its own.
fn brings(run: &Run, info: &VersionInfo) -> bool {
    match run.kind {
        RunKind::Recipe => true,
        RunKind::Upload | RunKind::Writes => info.added > 0 || info.corrected == 0,
        RunKind::Withdrawal | RunKind::Recheck => false,
    }
}
