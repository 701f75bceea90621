//! Observations of some series, read from the lake as far as a request needs them.

mod each;
mod scan;
mod together;
mod windows;

use std::collections::BTreeSet;
use std::ops::Bound;

use chrono::{DateTime, TimeDelta, Utc};
use lake::ResultRange;
use model::{DatasetId, DatastreamId, TimeRange};
use query::SeriesRequest;
use standards::sta::{
    Comparison, Conjuncts, Expr, Id, Literal, Lookup, Options, Order, Value, conjuncts, matches,
    parse_observation_id,
};

pub(super) use each::pages;
pub(super) use together::{together_at, together_page};

use super::answer::{Page, Window, collect_paths};
use super::node::{self, Node, Seen};
use super::order;
use super::resolve::Context;
use super::said;
use super::world::SeriesAt;
use crate::http::Answer;

/// What is to be read: series, time and results are exact, `rest` is decided for each value.
#[derive(Clone)]
pub(super) struct Reading {
    series: Vec<SeriesAt>,
    time: TimeRange,
    results: ResultRange,
    rest: Vec<Expr>,
    /// Whether the filter or the order asks for what was said of values.
    asks_said: bool,
    /// Where the page before ended.
    after: Option<Key>,
}

/// A series and a time in it.
type Key = (DatastreamId, DateTime<Utc>);

impl Reading {
    /// Takes the filter apart: what concerns series is decided in memory, time and results by the
    /// storage. A page that follows another begins at its last time.
    fn of(ctx: &Context, series: Vec<SeriesAt>, options: &Options) -> Answer<Reading> {
        let after = options.after.as_deref().map(key_of).transpose()?;
        let taken = options.filter.as_ref().map(conjuncts).unwrap_or_default();
        let (mut time, results) = (TimeRange { from: taken.from, to: taken.to }, range_of(&taken));
        let asks_said = said::is_asked(options);
        if taken.is_empty_set() {
            return Ok(Reading { series: Vec::new(), time, results, rest: Vec::new(), asks_said, after });
        }
        let (of_series, rest): (Vec<Expr>, Vec<Expr>) = taken.rest.into_iter().partition(concerns_series);
        let is_wanted = |at: &SeriesAt| {
            let datastream = ctx.world.stream(ctx.world.owner(*at)).id.0;
            taken.datastreams.iter().all(|id| *id == datastream)
                && of_series.iter().all(|condition| matches(condition, &OfSeries { ctx, at: *at }))
        };
        let series = series.into_iter().filter(is_wanted).collect();
        match (direction_of(&options.orderby), options.after.as_deref()) {
            (Direction::Ascending, Some([Literal::Time(last), ..])) => {
                time.from = Some(time.from.map_or(*last, |from| from.max(*last)));
            }
            (Direction::Descending, Some([Literal::Time(last), ..])) => {
                let end = *last + TimeDelta::microseconds(1);
                time.to = Some(time.to.map_or(end, |to| to.min(end)));
            }
            (Direction::Ascending | Direction::Descending, Some(_)) => return Err(order::no_place()),
            _ => {}
        }
        Ok(Reading { series, time, results, rest, asks_said, after })
    }

    /// The same of some of the series.
    fn only(&self, series: Vec<SeriesAt>) -> Reading {
        Reading { series, ..self.clone() }
    }

    fn lets_pass(&self, ctx: &Context, node: &Node) -> bool {
        self.rest.iter().all(|condition| matches(condition, &Seen { ctx, node: node.clone() }))
    }

    /// The datasets that are read.
    fn datasets(&self, ctx: &Context) -> Vec<DatasetId> {
        let datasets: BTreeSet<&DatasetId> =
            self.series.iter().map(|at| ctx.world.dataset(*at).1.dataset()).collect();
        datasets.into_iter().cloned().collect()
    }
}

/// The series and time of the observation at which the page before ended.
fn key_of(after: &[Literal]) -> Answer<Key> {
    let Id::Text(text) = order::id_of(after)? else { return Err(order::no_place()) };
    parse_observation_id(&text)
        .and_then(|(stream, micros)| Some((DatastreamId(stream), DateTime::from_timestamp_micros(micros)?)))
        .ok_or_else(order::no_place)
}

fn range_of(taken: &Conjuncts) -> ResultRange {
    let range = |bound: &standards::sta::Bound| {
        let (from, to) = match bound.operator {
            Comparison::Gt => (Bound::Excluded(bound.number), Bound::Unbounded),
            Comparison::Ge => (Bound::Included(bound.number), Bound::Unbounded),
            Comparison::Lt => (Bound::Unbounded, Bound::Excluded(bound.number)),
            Comparison::Le => (Bound::Unbounded, Bound::Included(bound.number)),
            // Inequality is none of the bounds.
            Comparison::Eq | Comparison::Ne => (Bound::Included(bound.number), Bound::Included(bound.number)),
        };
        ResultRange { from, to }
    };
    taken.results.iter().map(range).fold(ResultRange::ALL, ResultRange::and)
}

/// Whether a condition is the same for all values of a series.
fn concerns_series(condition: &Expr) -> bool {
    let mut paths = Vec::new();
    collect_paths(condition, &mut paths);
    paths
        .iter()
        .all(|path| matches!(path.first().map(String::as_str), Some("Datastream" | "FeatureOfInterest")))
}

/// An observation of a series of which only the series is known.
struct OfSeries<'c> {
    ctx: &'c Context,
    at: SeriesAt,
}

impl Lookup for OfSeries<'_> {
    fn value(&self, path: &[String]) -> Value {
        let start = match path.first().map(String::as_str) {
            Some("Datastream") => Node::Series(self.ctx.world.owner(self.at)),
            Some("FeatureOfInterest") => Node::Feature(self.ctx.world.stream(self.at).key.place.clone()),
            _ => return Value::Null,
        };
        node::value(self.ctx, &start, &path[1..])
    }
}

/// A page of the observations of some series.
pub(super) async fn page(
    ctx: &Context,
    series: Vec<SeriesAt>,
    options: &Options,
    window: Window,
) -> Answer<Page> {
    let reading = Reading::of(ctx, series, options)?;
    ctx.at(reading.datasets(ctx).len())?;
    let count = match options.count {
        true => Some(count(ctx, reading.series.clone(), options).await?),
        false => None,
    };
    let found = match direction_of(&options.orderby) {
        Direction::AsStored => scan::first(ctx, &reading, window).await?,
        Direction::Ascending if reading.series.len() <= 1 => scan::first(ctx, &reading, window).await?,
        direction => {
            let mut nodes = match direction {
                Direction::Other => scan::all(ctx, &reading).await?,
                _ => {
                    // Of the time at which the page before ended, some may have been on it.
                    let shown = if reading.after.is_some() { reading.series.len() } else { 0 };
                    let reach = window.reach().saturating_add(shown);
                    windows::candidates(ctx, &reading, direction, reach).await?
                }
            };
            order::arrange(ctx, &mut nodes, &options.orderby, options.after.as_deref())?;
            nodes.drain(..window.skip.min(nodes.len()));
            nodes
        }
    };
    Ok(page_of(ctx, &reading, found, count, window))
}

fn page_of(
    ctx: &Context,
    reading: &Reading,
    mut found: Vec<Node>,
    count: Option<u64>,
    window: Window,
) -> Page {
    let more = found.len() > window.top && window.top > 0;
    found.truncate(window.top);
    Page { nodes: found, count, more, datasets: reading.datasets(ctx) }
}

/// What the first key of an order asks of the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Nothing: by series, then by time.
    AsStored,
    /// The earliest first.
    Ascending,
    /// The latest first.
    Descending,
    /// Something that only all values together can tell.
    Other,
}

fn direction_of(orderby: &[Order]) -> Direction {
    match orderby.first() {
        None => Direction::AsStored,
        Some(order) if order.path == ["phenomenonTime"] && order.descending => Direction::Descending,
        Some(order) if order.path == ["phenomenonTime"] => Direction::Ascending,
        Some(_) => Direction::Other,
    }
}

/// How many values there are on all pages, from statistics where they suffice.
async fn count(ctx: &Context, series: Vec<SeriesAt>, options: &Options) -> Answer<u64> {
    let all = Options { after: None, ..options.clone() };
    let reading = Reading::of(ctx, series, &all)?;
    if !reading.rest.is_empty() {
        return scan::count(ctx, &reading).await;
    }
    let mut total = 0;
    for group in scan::groups(ctx, &reading.series) {
        let request = SeriesRequest {
            streams: group.streams.clone(),
            time: reading.time,
            results: reading.results,
            at: ctx.at,
            ..SeriesRequest::default()
        };
        // The whole of a dataset is counted by its statistics; anything else opens files.
        if request.streams != query::Streams::default() || reading.time != TimeRange::ALL {
            ctx.add_rows(scan::READ_COST * group.series.len())?;
        }
        total += ctx.app.engine.count(group.permit, request).await?;
    }
    Ok(total)
}

/// The values of a batch that pass, as entities.
async fn passing(ctx: &Context, reading: &Reading, batch: &arrow::array::RecordBatch) -> Answer<Vec<Node>> {
    let mut nodes = nodes(ctx, batch)?;
    if reading.asks_said {
        said::read(ctx, &nodes).await?;
    }
    nodes.retain(|node| reading.lets_pass(ctx, node));
    Ok(nodes)
}

/// The values of a batch as entities.
fn nodes(ctx: &Context, batch: &arrow::array::RecordBatch) -> Answer<Vec<Node>> {
    let values = query::ObservedValue::read(batch)?;
    let node = |value: query::ObservedValue| {
        let at = ctx.world.find(value.datastream)?;
        Some(Node::Observation(std::sync::Arc::new(value), at))
    };
    Ok(values.into_iter().filter_map(node).collect())
}
