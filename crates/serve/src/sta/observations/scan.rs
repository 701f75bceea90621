//! Reading forward: by series, then by time, a chunk after the other.

use std::collections::BTreeMap;

use policy::Permit;
use query::{SeriesRequest, Streams};

use super::{Key, Reading, nodes, passing};
use crate::http::Answer;
use crate::sta::answer::Window;
use crate::sta::node::Node;
use crate::sta::order;
use crate::sta::resolve::Context;
use crate::sta::world::SeriesAt;

/// Values of one read.
const CHUNK: usize = 20_000;
/// What a read costs in itself, in values.
pub(super) const READ_COST: usize = 200;

/// Series of one dataset that are read together.
pub(super) struct Group<'c> {
    /// The permit for their dataset.
    pub(super) permit: &'c Permit,
    /// The dataset's place in the world.
    pub(super) dataset: usize,
    /// Which they are.
    pub(super) series: Vec<SeriesAt>,
    /// The same in the engine's words.
    pub(super) streams: Streams,
}

/// Some series in groups that one read can name: those of a dataset.
pub(super) fn groups<'c>(ctx: &'c Context, series: &[SeriesAt]) -> Vec<Group<'c>> {
    let world = &ctx.world;
    let mut of_datasets: BTreeMap<usize, Vec<SeriesAt>> = BTreeMap::new();
    for at in series {
        of_datasets.entry(world.series[*at].1).or_default().push(*at);
    }
    let mut groups = Vec::with_capacity(of_datasets.len());
    for (dataset, wanted) in of_datasets {
        let permit = &world.datasets[dataset].1;
        let streams = match wanted[..] {
            // A request that touches one series knows of no other.
            [at] => Streams::one(world.stream(at).id),
            _ if wanted.len() == world.series_of(dataset) => Streams::default(),
            _ => Streams::among(wanted.iter().map(|at| world.stream(*at).id)),
        };
        groups.push(Group { permit, dataset, series: wanted, streams });
    }
    groups
}

/// The first values of a page and, if there is one, the value after it.
pub(super) async fn first(ctx: &Context, reading: &Reading, window: Window) -> Answer<Vec<Node>> {
    let (mut skip, want) = (window.skip, window.top.saturating_add(1));
    let mut found = Vec::new();
    // Groups follow one another as their datasets do; those of pages before are passed by.
    let begin = match reading.after {
        None => None,
        Some(key) => {
            let at = ctx.world.find(key.0).ok_or_else(order::no_place)?;
            Some((ctx.world.series[at].1, key))
        }
    };
    for group in groups(ctx, &reading.series) {
        let mut after = match begin {
            Some((dataset, _)) if group.dataset < dataset => continue,
            Some((dataset, key)) if group.dataset == dataset => Some(key),
            _ => None,
        };
        while found.len() < want {
            // Without conditions on values, no more is read than the page needs.
            let needed = skip.saturating_add(want - found.len());
            let limit = if reading.rest.is_empty() { needed.min(CHUNK) } else { CHUNK };
            let (rows, batches) = read(ctx, &group, reading, after, limit).await?;
            for batch in &batches {
                if reading.rest.is_empty() {
                    let passed = skip.min(batch.num_rows());
                    skip -= passed;
                    found.extend(nodes(ctx, &batch.slice(passed, batch.num_rows() - passed))?);
                } else {
                    let mut passing = passing(ctx, reading, batch).await?;
                    let passed = skip.min(passing.len());
                    skip -= passed;
                    found.extend(passing.drain(passed..));
                }
            }
            after = last_key(ctx, &batches)?;
            if rows < limit || after.is_none() {
                break;
            }
        }
    }
    found.truncate(want);
    Ok(found)
}

/// Every value that passes.
pub(super) async fn all(ctx: &Context, reading: &Reading) -> Answer<Vec<Node>> {
    let mut found = Vec::new();
    each(ctx, reading, &mut |node| found.push(node)).await?;
    Ok(found)
}

/// How many values pass.
pub(super) async fn count(ctx: &Context, reading: &Reading) -> Answer<u64> {
    let mut number = 0;
    each(ctx, reading, &mut |_| number += 1).await?;
    Ok(number)
}

async fn each(ctx: &Context, reading: &Reading, take: &mut (dyn FnMut(Node) + Send)) -> Answer<()> {
    for group in groups(ctx, &reading.series) {
        let mut after = None;
        loop {
            let (rows, batches) = read(ctx, &group, reading, after, CHUNK).await?;
            for batch in &batches {
                passing(ctx, reading, batch).await?.into_iter().for_each(&mut *take);
            }
            after = last_key(ctx, &batches)?;
            if rows < CHUNK || after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn read(
    ctx: &Context,
    group: &Group<'_>,
    reading: &Reading,
    after: Option<Key>,
    limit: usize,
) -> Answer<(usize, Vec<arrow::array::RecordBatch>)> {
    let request = SeriesRequest {
        streams: group.streams.clone(),
        time: reading.time,
        limit: Some(limit),
        after,
        results: reading.results,
        at: ctx.at,
    };
    let answer = ctx.app.engine.series(group.permit, request).await?;
    ctx.read_version(group.permit.dataset(), answer.version);
    ctx.add_rows(answer.rows() + READ_COST)?;
    Ok((answer.rows(), answer.batches))
}

/// The series and time of the last value, where the next chunk begins.
fn last_key(ctx: &Context, batches: &[arrow::array::RecordBatch]) -> Answer<Option<Key>> {
    let Some(last) = batches.iter().rev().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let last = nodes(ctx, &last.slice(last.num_rows() - 1, 1))?;
    Ok(last.first().and_then(|node| match node {
        Node::Observation(value, _) => Some((value.datastream, value.time)),
        _ => None,
    }))
}
