//! What clients said of values beside the values: when they were made and until when they hold, a quality that
//! is no flag, parameters (18-088 Table 13). The lake keeps none of it. It stands in the line that a value was
//! written with, which is kept as its run's original, and is read from there; what is changed afterwards, while
//! the value stays, is kept as a description.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use catalog::Gazetteer;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use model::{DatastreamId, RunId, RunKind, instant_text, parse_instant};
use parking_lot::Mutex;
use policy::Permit;
use query::{At, ObservedValue};
use serde_json::{Map, Value};
use standards::sta::{Interval, Options};

use super::answer::collect_paths;
use super::node::Node;
use super::resolve::Context;
use crate::App;
use crate::http::{Answer, Problem};

/// The members of an observation that are said of its value.
pub(super) const MEMBERS: [&str; 4] = ["resultTime", "validTime", "resultQuality", "parameters"];
/// In the description of a value: the run and the line of the value that it is of.
const RUN: &str = "@run";
const LINE: &str = "@line";
/// In the description of a value: when it was given, and the version that was the newest then, so that answers of
/// before stay as they are.
const AT: &str = "@at";
const SINCE: &str = "@since";
/// Where the subjects of such descriptions begin.
const VALUE: &str = "value:";
/// Runs whose lines are read at a time.
const AT_ONCE: usize = 16;
/// What reading the lines of a run costs, in values.
const READ_COST: usize = 20;
/// About how many bytes of lines are held.
const MOST_HELD: usize = 32 << 20;

/// What was said of a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    /// When it was made.
    pub(super) result_time: Option<Interval>,
    /// When it may be used.
    pub(super) valid_time: Option<Interval>,
    /// A quality that is no QARTOD flag, as it was written.
    pub(super) quality: Option<Value>,
    /// More, by name.
    pub(super) parameters: Map<String, Value>,
}

/// A member that says nothing that can be kept, and what would have been right.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) member: &'static str,
    /// A reason of the observations' own (see `intake::refusal_message`).
    pub(super) code: &'static str,
    pub(super) value: String,
    pub(super) expected: String,
}

impl Said {
    /// Takes from an observation what is said of its value; null says nothing.
    pub(super) fn take(members: &mut Map<String, Value>) -> Result<Said, Wrong> {
        let mut take = |name: &str| members.remove(name).filter(|value| !value.is_null());
        let time = |member: &'static str, value: Option<Value>| match value {
            None => Ok(None),
            Some(value) => interval(&value)
                .map(Some)
                .ok_or_else(|| Wrong::new(member, "not_a_time", value.to_string().trim_matches('"'))),
        };
        let said = Said {
            result_time: time("resultTime", take("resultTime"))?,
            valid_time: time("validTime", take("validTime"))?,
            quality: take("resultQuality").filter(|quality| flag_of(quality).is_none()),
            parameters: match take("parameters") {
                None => Map::new(),
                Some(Value::Object(parameters)) => parameters,
                Some(_) => {
                    let mut wrong = Wrong::new("parameters", "not_an_observation", "");
                    "`parameters` is a JSON object".clone_into(&mut wrong.expected);
                    return Err(wrong);
                }
            },
        };
        // Without the text itself: what is refused is repeated to whoever sent it.
        match said.parameters.values().chain(&said.quality).any(is_personal) {
            true => Err(Wrong::new("parameters", "personal_data", "")),
            false => Ok(said),
        }
    }

    /// What was said in a line, as it was received: an observation, or a row of an array.
    fn of_received(received: &str) -> Option<Said> {
        let Ok(Value::Object(mut members)) = serde_json::from_str(received) else { return None };
        if let (Some(Value::Array(names)), Some(Value::Array(mut rows))) =
            (members.remove("components"), members.remove("dataArray"))
        {
            let Some(Value::Array(row)) = rows.pop() else { return None };
            let named = names.iter().filter_map(Value::as_str).map(str::to_owned).zip(row);
            members = named.collect();
        }
        // A member that was written before members were looked at and says nothing is passed over.
        let mut said = Said::default();
        for name in MEMBERS {
            let mut one = members.remove(name).map(|value| (name.to_owned(), value)).into_iter().collect();
            if let Ok(part) = Said::take(&mut one) {
                said.result_time = said.result_time.or(part.result_time);
                said.valid_time = said.valid_time.or(part.valid_time);
                said.quality = said.quality.or(part.quality);
                said.parameters.extend(part.parameters);
            }
        }
        (said != Said::default()).then_some(said)
    }

    /// The members as they stand in an observation.
    pub(super) fn members(&self) -> Map<String, Value> {
        let time = |time: &Option<Interval>| time.map(|time| Value::from(time.text()));
        let parameters = Some(&self.parameters).filter(|parameters| !parameters.is_empty());
        let members = [
            ("resultTime", time(&self.result_time)),
            ("validTime", time(&self.valid_time)),
            ("resultQuality", self.quality.clone()),
            ("parameters", parameters.map(|parameters| Value::Object(parameters.clone()))),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// The description of a value of which this is said from now on, in the context that found it.
    pub(super) fn description(
        &self,
        ctx: &Context,
        value: &ObservedValue,
        now: DateTime<Utc>,
    ) -> (String, Map<String, Value>) {
        let mut words = self.members();
        let newest = ctx.versions().into_values().map(|version| version.0).max().unwrap_or_default();
        words.insert(AT.to_owned(), instant_text(now).into());
        words.insert(SINCE.to_owned(), newest.into());
        words.insert(RUN.to_owned(), value.run.as_str().into());
        words.insert(LINE.to_owned(), value.cell.row.into());
        (subject(value.datastream, value.time.timestamp_micros()), words)
    }
}

impl Wrong {
    fn new(member: &'static str, code: &'static str, value: &str) -> Wrong {
        Wrong { member, code, value: value.chars().take(200).collect(), expected: String::new() }
    }
}

fn subject(datastream: DatastreamId, micros: i64) -> String {
    format!("{VALUE}{datastream}.{micros}")
}

/// The QARTOD flag of a quality: as this service shows it, or a number alone.
pub(super) fn flag_of(quality: &Value) -> Option<i64> {
    match quality {
        Value::Object(members) => members.get("flag")?.as_i64(),
        number => number.as_i64(),
    }
}

/// An instant, or a period with its end.
fn interval(value: &Value) -> Option<Interval> {
    let text = value.as_str()?;
    match text.split_once('/') {
        None => Some(Interval { start: parse_instant(text).ok()?, end: None }),
        Some((start, end)) => {
            let (start, end) = (parse_instant(start).ok()?, parse_instant(end).ok()?);
            (start <= end).then_some(Interval { start, end: Some(end) })
        }
    }
}

fn is_personal(value: &Value) -> bool {
    match value {
        Value::String(text) => intake::is_personal(text),
        Value::Array(values) => values.iter().any(is_personal),
        Value::Object(members) => members.values().any(is_personal),
        _ => false,
    }
}

/// What was said in the lines of a run, by their numbers.
type Lines = BTreeMap<u32, Said>;

/// What was said in the lines of runs, which do not change; held for all who ask.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Held>);

#[derive(Default)]
struct Held {
    runs: HashMap<RunId, Arc<Lines>>,
    bytes: usize,
}

impl Shelf {
    fn get(&self, run: &RunId) -> Option<Arc<Lines>> {
        self.0.lock().runs.get(run).cloned()
    }

    fn put(&self, run: &RunId, lines: &Arc<Lines>, bytes: usize) {
        let mut held = self.0.lock();
        let bytes = bytes + 200;
        if held.bytes + bytes > MOST_HELD {
            *held = Held::default();
        }
        held.bytes += bytes;
        held.runs.insert(run.clone(), lines.clone());
    }
}

/// What is known, for one request, of what was said of values.
#[derive(Default)]
pub(super) struct Known {
    runs: Mutex<HashMap<RunId, Arc<Lines>>>,
}

/// Whether a selection has members that are said of values.
fn is_selected(select: &[String]) -> bool {
    select.is_empty() || select.iter().any(|name| MEMBERS.contains(&name.split('/').next().unwrap_or(name)))
}

/// Whether a filter or an order asks for members that are said of values.
pub(super) fn is_asked(options: &Options) -> bool {
    let mut paths: Vec<&[String]> = options.orderby.iter().map(|order| order.path.as_slice()).collect();
    if let Some(filter) = &options.filter {
        collect_paths(filter, &mut paths);
    }
    paths.iter().any(|path| path.first().is_some_and(|name| MEMBERS.contains(&name.as_str())))
}

/// Reads what was said of values, where what is selected shows it.
pub(super) async fn read_selected(ctx: &Context, nodes: &[Node], select: &[String]) -> Answer<()> {
    if is_selected(select) { read(ctx, nodes).await } else { Ok(()) }
}

/// Reads what was said of values.
pub(super) async fn read(ctx: &Context, nodes: &[Node]) -> Answer<()> {
    let mut runs: HashMap<&RunId, &Permit> = HashMap::new();
    let mut last = None;
    for value in nodes.iter().flat_map(values) {
        if last == Some(&value.run) {
            continue;
        }
        last = Some(&value.run);
        if let Some(at) = ctx.world.find(value.datastream) {
            runs.insert(&value.run, &ctx.world.dataset(at).1);
        }
    }
    runs.retain(|run, _| !ctx.said.runs.lock().contains_key(*run));
    let mut reads = Vec::with_capacity(runs.len());
    for (run, permit) in runs {
        match ctx.app.said().get(run) {
            Some(lines) => drop(ctx.said.runs.lock().insert(run.clone(), lines)),
            None => reads.push(async move { Ok::<_, Problem>((run, lines(&ctx.app, permit, run).await?)) }),
        }
    }
    ctx.add_rows(READ_COST * reads.len())?;
    let found: Vec<_> = futures::stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
    ctx.said.runs.lock().extend(found.into_iter().map(|(run, lines)| (run.clone(), lines)));
    Ok(())
}

/// The values of a node that is an observation.
fn values(node: &Node) -> impl Iterator<Item = &ObservedValue> {
    let (one, many) = match node {
        Node::Observation(value, _) => (Some(value.as_ref()), None),
        Node::Together(together) => (None, Some(together.values.iter().flatten())),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten())
}

async fn lines(app: &App, permit: &Permit, run: &RunId) -> Answer<Arc<Lines>> {
    let written = app.catalog.run(run).await?.filter(|run| run.kind == RunKind::Writes);
    let (mut found, mut bytes) = (Lines::new(), 0);
    if let Some(run) = written {
        for (line, received) in app.intake.received(permit, &run, &MEMBERS).await? {
            if let Some(said) = Said::of_received(&received) {
                bytes += received.len() + 100;
                found.insert(line, said);
            }
        }
    }
    let found = Arc::new(found);
    app.said().put(run, &found, bytes);
    Ok(found)
}

/// What was said of a value, as far as it was read.
pub(super) fn of(ctx: &Context, value: &ObservedValue) -> Option<Said> {
    if let Some(said) = afterwards(ctx, value) {
        return Some(said);
    }
    let runs = ctx.said.runs.lock();
    runs.get(&value.run)?.get(&value.cell.row).cloned()
}

/// Whether anything was said of any value after it was written.
pub(super) fn has_afterwards(gazetteer: &Gazetteer) -> bool {
    let mut first = gazetteer.descriptions.range(VALUE.to_owned()..);
    first.next().is_some_and(|(subject, _)| subject.starts_with(VALUE))
}

/// What was said of a value after it was written, if it still is the value of which it was said.
fn afterwards(ctx: &Context, value: &ObservedValue) -> Option<Said> {
    if !has_afterwards(&ctx.world.gazetteer) {
        return None;
    }
    let words =
        ctx.world.gazetteer.descriptions.get(&subject(value.datastream, value.time.timestamp_micros()))?;
    let is_since = match ctx.at {
        At::Latest => true,
        At::Version(version) => {
            words.get(SINCE).and_then(Value::as_u64).is_some_and(|since| since < version.0)
        }
        At::KnownAt(time) => {
            let at = words.get(AT).and_then(Value::as_str).and_then(|at| parse_instant(at).ok());
            at.is_some_and(|at| at <= time)
        }
    };
    let is_of = words.get(RUN).and_then(Value::as_str) == Some(value.run.as_str())
        && words.get(LINE).and_then(Value::as_u64) == Some(u64::from(value.cell.row));
    (is_of && is_since).then(|| Said::take(&mut words.clone()).ok()).flatten()
}
