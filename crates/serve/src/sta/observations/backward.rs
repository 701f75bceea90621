//! Reading backward: the latest values of each series, from windows of time that grow.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use lake::AsOf;
use model::{DatastreamId, TimeRange};
use query::{LatestRequest, SeriesRequest};

use super::{Reading, nodes, one_stream};
use crate::http::Answer;
use crate::sta::node::Node;
use crate::sta::resolve::Context;
use crate::sta::world::SeriesAt;

/// What a read costs in itself, in values.
const READ_COST: usize = 200;

/// Of each series the latest values that pass, at most `reach` of each.
pub(super) async fn last(ctx: &Context, reading: &Reading, reach: usize) -> Answer<Vec<Node>> {
    let mut ends = Ends::default();
    let mut found = Vec::new();
    for at in &reading.series {
        let end = ends.of(ctx, *at).await?;
        found.extend(last_of(ctx, reading, *at, end, reach).await?);
    }
    Ok(found)
}

/// What is known of where a series ends without reading it.
#[derive(Debug, Clone, Copy)]
struct End {
    /// The first time of the dataset.
    first: DateTime<Utc>,
    /// The last value of the series that is not missing.
    last: Option<DateTime<Utc>>,
}

/// Ends of series, found for a dataset at once.
#[derive(Default)]
struct Ends {
    firsts: HashMap<usize, Option<DateTime<Utc>>>,
    lasts: HashMap<DatastreamId, DateTime<Utc>>,
}

impl Ends {
    async fn of(&mut self, ctx: &Context, at: SeriesAt) -> Answer<Option<End>> {
        let dataset = ctx.world.series[at].1;
        if !self.firsts.contains_key(&dataset) {
            let (_, permit) = &ctx.world.datasets[dataset];
            let snapshot = match ctx.app.lake.snapshot(permit, AsOf::Latest).await {
                Ok(snapshot) => Some(snapshot),
                Err(lake::Error::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let times =
                snapshot.iter().flat_map(|snapshot| snapshot.files()).filter_map(|file| file.min_time);
            self.firsts.insert(dataset, times.min().and_then(DateTime::from_timestamp_micros));
            let latest = ctx.app.engine.latest(permit, LatestRequest::default()).await?;
            self.lasts
                .extend(latest.latest.into_iter().map(|latest| (latest.datastream.id, latest.value.time)));
        }
        let first = self.firsts.get(&dataset).copied().flatten();
        let last = self.lasts.get(&ctx.world.stream(at).id).copied();
        Ok(first.map(|first| End { first, last }))
    }
}

async fn last_of(
    ctx: &Context,
    reading: &Reading,
    at: SeriesAt,
    end: Option<End>,
    reach: usize,
) -> Answer<Vec<Node>> {
    // A dataset without data has no ends.
    let Some(end) = end else { return Ok(Vec::new()) };
    let first = reading.time.from.map_or(end.first, |from| from.max(end.first));
    let mut to = reading.time.to;
    // The last value may be followed by missing ones only, so the first window is open to the right.
    let mut from = end.last.unwrap_or(first).max(first);
    if let Some(to) = to {
        from = from.min(to - Duration::hours(1)).max(first);
    }
    let mut width = Duration::hours(1);
    let mut found = Vec::new();
    loop {
        if to.is_none_or(|to| from < to) {
            let mut window = window(ctx, reading, at, TimeRange { from: Some(from), to }).await?;
            window.append(&mut found);
            found = window;
        }
        if found.len() >= reach || from <= first {
            break;
        }
        to = Some(from);
        from = from.checked_sub_signed(width).unwrap_or(first).max(first);
        width = width.checked_mul(4).unwrap_or(width);
    }
    let surplus = found.len().saturating_sub(reach);
    found.drain(..surplus);
    Ok(found)
}

/// The values of a window of time that pass, the earliest first.
async fn window(ctx: &Context, reading: &Reading, at: SeriesAt, time: TimeRange) -> Answer<Vec<Node>> {
    let (_, permit) = ctx.world.dataset(at);
    let request = SeriesRequest { streams: one_stream(ctx, at), time, ..SeriesRequest::default() };
    let answer = ctx.app.engine.series(permit, request).await?;
    ctx.add_rows(answer.rows() + READ_COST)?;
    let mut found = Vec::new();
    for batch in &answer.batches {
        found.extend(nodes(ctx, batch)?.into_iter().filter(|node| reading.lets_pass(ctx, node)));
    }
    Ok(found)
}
