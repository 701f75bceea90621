//! Pages of the observations of many entities: one read for all of them where an order of time allows
//! it, and one after the other where a condition has to be decided for each value.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use model::{DatastreamId, TimeRange};
use query::{Latest, LatestRequest, SeriesRequest, Streams};
use standards::sta::Options;

use super::scan::{Group, READ_COST};
use super::windows::{Span, back, read, span_of};
use super::{Direction, Reading, count, direction_of, nodes, page, page_of};
use crate::http::Answer;
use crate::sta::answer::{Page, Window};
use crate::sta::node::Node;
use crate::sta::resolve::Context;
use crate::sta::world::SeriesAt;

/// How many pages are read at a time when each has to be read for itself.
const AT_ONCE: usize = 8;

/// The values of each series.
type Found = HashMap<SeriesAt, Values>;

/// Values of a series, in the order of the page.
#[derive(Default)]
struct Values {
    nodes: Vec<Node>,
    /// Whether more are known to follow.
    more: bool,
}

/// How series end, by their number.
type Ends = HashMap<DatastreamId, Latest>;

/// The page of each entity's observations, by the entity's series.
pub(in crate::sta) async fn pages(
    ctx: &Context,
    owners: Vec<Vec<SeriesAt>>,
    options: &Options,
    window: Window,
) -> Answer<Vec<Page>> {
    let direction = direction_of(&options.orderby);
    let all = Reading::of(ctx, owners.concat(), options)?;
    let together = owners.len() > 1
        && owners.iter().all(|series| series.len() <= 1)
        && all.rest.is_empty()
        && direction != Direction::Other;
    if !together {
        let mut reads = Vec::with_capacity(owners.len());
        for series in owners {
            reads.push(page(ctx, series, options, window));
        }
        return futures::stream::iter(reads).buffered(AT_ONCE).try_collect().await;
    }
    ctx.at(all.datasets(ctx).len())?;
    let mut found = Found::new();
    for group in super::scan::groups(ctx, &all.series) {
        match direction {
            Direction::Descending => found.extend(latest(ctx, &all, &group, window.reach()).await?),
            _ => found.extend(earliest(ctx, &all, &group, window.reach()).await?),
        }
    }
    let mut counts = Vec::with_capacity(owners.len());
    if options.count {
        for series in &owners {
            counts.push(count(ctx, series.clone(), options));
        }
    }
    let mut counts: Vec<u64> = futures::stream::iter(counts).buffered(AT_ONCE).try_collect().await?;
    counts.reverse();
    let page_of_owner = |series: Vec<SeriesAt>| {
        let Values { mut nodes, more } = series.first().and_then(|at| found.remove(at)).unwrap_or_default();
        nodes.drain(..window.skip.min(nodes.len()));
        let page = page_of(ctx, &all.only(series), nodes, counts.pop(), window);
        Page { more: page.more || (more && window.top > 0), ..page }
    };
    Ok(owners.into_iter().map(page_of_owner).collect())
}

/// The first values of each series, in one read.
async fn earliest(ctx: &Context, reading: &Reading, group: &Group<'_>, reach: usize) -> Answer<Found> {
    let request = SeriesRequest {
        streams: group.streams.clone(),
        time: reading.time,
        results: reading.results,
        limit: Some(reach),
        at: ctx.at,
        ..SeriesRequest::default()
    };
    let answer = ctx.app.engine.firsts(group.permit, request).await?;
    ctx.read_version(group.permit.dataset(), answer.version);
    ctx.add_rows(answer.rows() + READ_COST)?;
    let mut found = Found::new();
    for batch in &answer.batches {
        add(&mut found, nodes(ctx, batch)?);
    }
    Ok(found)
}

/// The last values of each series, latest first. The very last are known; of more than these, series
/// that ended at about the same time are read together, in a window that grows for those that have too
/// few values in it.
async fn latest(ctx: &Context, reading: &Reading, group: &Group<'_>, reach: usize) -> Answer<Found> {
    let ends = ends(ctx, group).await?;
    let mut found = Found::new();
    let is_whole = reading.time == TimeRange::ALL && reading.results.is_all();
    if reach <= 2 && is_whole {
        found = last_of_each(ctx, group, &ends)?;
    }
    let rest: Vec<SeriesAt> = group.series.iter().copied().filter(|at| !found.contains_key(at)).collect();
    if rest.is_empty() {
        return Ok(found);
    }
    let Some(span) = span_of(ctx, group).await? else { return Ok(found) };
    let (low, high) = bounds(reading, span);
    if low >= high {
        return Ok(found);
    }
    let steps = i32::try_from(reach).unwrap_or(i32::MAX).saturating_add(2);
    let width = span.spacing.checked_mul(steps).unwrap_or(span.end - span.first);
    for (anchor, series) in by_end(ctx, &rest, &ends, (low, high), width) {
        let (mut series, mut width) = (series, width);
        // A series may end before its dataset does; values after its last are missing ones, if any.
        let mut window = (back(anchor, width).max(low), high);
        while !series.is_empty() {
            let streams = Streams::among(series.iter().map(|at| ctx.world.stream(*at).id));
            let part = Group { permit: group.permit, dataset: group.dataset, series, streams };
            let time = TimeRange { from: Some(window.0), to: Some(window.1) };
            let mut read = read(ctx, reading, &part, time).await?;
            // What is read comes by series and time; windows go backward.
            read.reverse();
            add(&mut found, read);
            if window.0 <= low {
                break;
            }
            let has_too_few = |at: &SeriesAt| found.get(at).is_none_or(|values| values.nodes.len() < reach);
            series = part.series.into_iter().filter(has_too_few).collect();
            width = width.checked_mul(4).unwrap_or(width);
            window = (back(window.0, width).max(low), window.0);
        }
    }
    Ok(found)
}

/// How the series of a group end.
async fn ends(ctx: &Context, group: &Group<'_>) -> Answer<Ends> {
    let request = LatestRequest { streams: group.streams.clone(), at: ctx.at };
    let answer = ctx.app.engine.latest(group.permit, request).await?;
    ctx.read_version(group.permit.dataset(), answer.version);
    Ok(answer.latest.into_iter().map(|latest| (latest.datastream.id, latest)).collect())
}

/// The last value of each series that ends with one.
fn last_of_each(ctx: &Context, group: &Group<'_>, ends: &Ends) -> Answer<Found> {
    let mut found = Found::new();
    for at in &group.series {
        let Some(end) = ends.get(&ctx.world.stream(*at).id).filter(|end| end.is_end) else { continue };
        let nodes = vec![Node::Observation(Arc::new(end.value.clone()), *at)];
        found.insert(*at, Values { nodes, more: end.results > 1 });
    }
    ctx.add_rows(found.len() + READ_COST)?;
    Ok(found)
}

fn bounds(reading: &Reading, span: Span) -> (DateTime<Utc>, DateTime<Utc>) {
    let low = reading.time.from.map_or(span.first, |from| from.max(span.first));
    (low, reading.time.to.map_or(span.end, |to| to.min(span.end)))
}

/// Series with about the same end, by the earliest end among them.
fn by_end(
    ctx: &Context,
    series: &[SeriesAt],
    ends: &Ends,
    (low, high): (DateTime<Utc>, DateTime<Utc>),
    width: chrono::Duration,
) -> Vec<(DateTime<Utc>, Vec<SeriesAt>)> {
    let mut sorted: BTreeMap<DateTime<Utc>, Vec<SeriesAt>> = BTreeMap::new();
    for at in series {
        let end = ends.get(&ctx.world.stream(*at).id).map_or(high, |end| end.value.time.clamp(low, high));
        sorted.entry(end).or_default().push(*at);
    }
    let mut clusters: Vec<(DateTime<Utc>, Vec<SeriesAt>)> = Vec::new();
    let mut newest = high;
    for (end, series) in sorted.into_iter().rev() {
        match clusters.last_mut() {
            Some((earliest, together)) if newest - end <= width => {
                *earliest = end;
                together.extend(series);
            }
            _ => {
                newest = end;
                clusters.push((end, series));
            }
        }
    }
    clusters
}

fn add(found: &mut Found, nodes: Vec<Node>) {
    for node in nodes {
        if let Node::Observation(_, at) = &node {
            found.entry(*at).or_default().nodes.push(node);
        }
    }
}
