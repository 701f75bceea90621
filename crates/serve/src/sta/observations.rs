//! Observations of some series, read from the lake as far as a request needs them.

mod scan;
mod windows;

use model::TimeRange;
use query::SeriesRequest;
use standards::sta::{Conjuncts, Expr, Lookup, Options, Order, Value, conjuncts, matches};

use super::answer::{self, Page, Window, collect_paths};
use super::node::{self, Node, Seen};
use super::resolve::Context;
use super::world::SeriesAt;
use crate::http::Answer;

/// What is to be read: series and time are exact, `rest` is decided for each value.
pub(super) struct Reading {
    series: Vec<SeriesAt>,
    time: TimeRange,
    rest: Vec<Expr>,
}

impl Reading {
    /// Takes the filter apart: what concerns series is decided in memory, time by the storage.
    fn of(ctx: &Context, series: Vec<SeriesAt>, filter: Option<&Expr>) -> Reading {
        let taken = filter.map(conjuncts).unwrap_or_default();
        if taken.is_empty_set() {
            return Reading { series: Vec::new(), time: TimeRange::ALL, rest: Vec::new() };
        }
        let Conjuncts { datastreams, from, to, rest, .. } = taken;
        let (of_series, rest): (Vec<Expr>, Vec<Expr>) = rest.into_iter().partition(concerns_series);
        let is_wanted = |at: &SeriesAt| {
            datastreams.iter().all(|id| *id == ctx.world.stream(*at).id.0)
                && of_series.iter().all(|condition| matches(condition, &OfSeries { ctx, at: *at }))
        };
        Reading { series: series.into_iter().filter(is_wanted).collect(), time: TimeRange { from, to }, rest }
    }

    fn lets_pass(&self, ctx: &Context, node: &Node) -> bool {
        self.rest.iter().all(|condition| matches(condition, &Seen { ctx, node: node.clone() }))
    }
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
            Some("Datastream") => Node::Series(self.at),
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
    let reading = Reading::of(ctx, series, options.filter.as_ref());
    let count = match options.count {
        true if reading.rest.is_empty() => Some(count(ctx, &reading).await?),
        true => Some(scan::count(ctx, &reading).await?),
        false => None,
    };
    let mut found = match order_of(&options.orderby) {
        Direction::AsStored => scan::first(ctx, &reading, window).await?,
        Direction::Ascending if reading.series.len() <= 1 => scan::first(ctx, &reading, window).await?,
        direction => {
            let mut nodes = match direction {
                Direction::Other => scan::all(ctx, &reading).await?,
                _ => windows::candidates(ctx, &reading, direction, window.reach()).await?,
            };
            answer::sort(ctx, &mut nodes, &options.orderby);
            nodes.drain(..window.skip.min(nodes.len()));
            nodes
        }
    };
    let more = found.len() > window.top && window.top > 0;
    found.truncate(window.top);
    Ok(Page { nodes: found, count, more })
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

fn order_of(orderby: &[Order]) -> Direction {
    match orderby.first() {
        None => Direction::AsStored,
        Some(order) if order.path == ["phenomenonTime"] && order.descending => Direction::Descending,
        Some(order) if order.path == ["phenomenonTime"] => Direction::Ascending,
        Some(_) => Direction::Other,
    }
}

/// How many values there are, from statistics where they suffice.
async fn count(ctx: &Context, reading: &Reading) -> Answer<u64> {
    let mut total = 0;
    for group in scan::groups(ctx, &reading.series) {
        let request =
            SeriesRequest { streams: group.streams.clone(), time: reading.time, ..Default::default() };
        // The whole of a dataset is counted by its statistics; anything else opens files.
        if request.streams != query::Streams::default() || reading.time != TimeRange::ALL {
            ctx.add_rows(scan::READ_COST * group.series.len())?;
        }
        total += ctx.app.engine.count(group.permit, request).await?;
    }
    Ok(total)
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
