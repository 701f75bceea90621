//! The first or last values in time, from windows that grow until they hold enough.

use chrono::{DateTime, Duration, Utc};
use model::TimeRange;
use query::{LatestRequest, SeriesRequest, Streams};

use super::scan::{Group, READ_COST, groups};
use super::{Direction, Reading, passing};
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::node::Node;
use crate::sta::resolve::Context;

/// The most groups of series that are put into one order.
const MOST_GROUPS: usize = 500;

/// When a dataset's values are, from the statistics of its files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: DateTime<Utc>,
    /// The first instant after the last value.
    pub(super) end: DateTime<Utc>,
    /// The mean time between two values of a series.
    pub(super) spacing: Duration,
}

/// Values among which are the first `reach` of all that pass, in the direction. A series has one
/// value at a time, so whatever follows in the order, time decides first.
pub(super) async fn candidates(
    ctx: &Context,
    reading: &Reading,
    direction: Direction,
    reach: usize,
) -> Answer<Vec<Node>> {
    let groups = groups(ctx, &reading.series);
    if groups.len() > MOST_GROUPS {
        return Err(Problem::message(ProblemKind::QueryLimit, "sta-too-many-rows", vec![]).at("$orderby"));
    }
    let mut found = Vec::new();
    let mut span = None;
    for group in &groups {
        if span.is_none_or(|(dataset, _)| dataset != group.dataset) {
            span = Some((group.dataset, span_of(ctx, group).await?));
        }
        if let Some((_, Some(span))) = span {
            found.extend(of_group(ctx, reading, group, span, direction, reach).await?);
        }
    }
    Ok(found)
}

/// None when the dataset has no values.
pub(super) async fn span_of(ctx: &Context, group: &Group<'_>) -> Answer<Option<Span>> {
    let Some(extent) = ctx.app.engine.extent(group.permit, ctx.at).await? else { return Ok(None) };
    let series = ctx.app.catalog.datastreams(group.permit.dataset()).await?.len();
    let a_series = i64::try_from(extent.rows).unwrap_or(i64::MAX) / i64::try_from(series.max(1)).unwrap_or(1);
    let end = extent.last + Duration::microseconds(1);
    let all = (end - extent.first).num_microseconds().unwrap_or(i64::MAX);
    let spacing = Duration::microseconds(all / a_series.max(1)).max(Duration::seconds(1));
    Ok(Some(Span { first: extent.first, end, spacing }))
}

async fn of_group(
    ctx: &Context,
    reading: &Reading,
    group: &Group<'_>,
    span: Span,
    direction: Direction,
    reach: usize,
) -> Answer<Vec<Node>> {
    let low = reading.time.from.map_or(span.first, |from| from.max(span.first));
    let high = reading.time.to.map_or(span.end, |to| to.min(span.end));
    if low >= high {
        return Ok(Vec::new());
    }
    let backward = direction == Direction::Descending;
    let mut width = first_width(span, reach, group.series.len());
    let mut window = if backward {
        // A series may end before its dataset does; values after its last are missing ones, if any.
        let anchor = last_value(ctx, group).await?.map_or(high, |last| last.clamp(low, high));
        (back(anchor, width).max(low), high)
    } else {
        (low, forward(low, width).min(high))
    };
    let mut found = Vec::new();
    loop {
        found
            .extend(read(ctx, reading, group, TimeRange { from: Some(window.0), to: Some(window.1) }).await?);
        let is_last = if backward { window.0 <= low } else { window.1 >= high };
        if found.len() >= reach || is_last {
            return Ok(found);
        }
        width = width.checked_mul(4).unwrap_or(width);
        window = if backward {
            (back(window.0, width).max(low), window.0)
        } else {
            (window.1, forward(window.1, width).min(high))
        };
    }
}

/// A window that holds the wanted number of values, and some more, if they are evenly spread.
fn first_width(span: Span, reach: usize, series: usize) -> Duration {
    let steps = i32::try_from(reach / series.max(1)).unwrap_or(i32::MAX).saturating_add(2);
    span.spacing.checked_mul(steps).unwrap_or(span.end - span.first)
}

pub(super) fn back(time: DateTime<Utc>, width: Duration) -> DateTime<Utc> {
    time.checked_sub_signed(width).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

fn forward(time: DateTime<Utc>, width: Duration) -> DateTime<Utc> {
    time.checked_add_signed(width).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The time of a single series' last value that is not missing.
async fn last_value(ctx: &Context, group: &Group<'_>) -> Answer<Option<DateTime<Utc>>> {
    let [at] = group.series[..] else { return Ok(None) };
    let streams = Streams::one(ctx.world.stream(at).id);
    let request = LatestRequest { streams, at: ctx.at };
    let latest = ctx.app.engine.latest(group.permit, request).await?.latest;
    Ok(latest.first().map(|latest| latest.value.time))
}

pub(super) async fn read(
    ctx: &Context,
    reading: &Reading,
    group: &Group<'_>,
    time: TimeRange,
) -> Answer<Vec<Node>> {
    let request = SeriesRequest {
        streams: group.streams.clone(),
        time,
        results: reading.results,
        at: ctx.at,
        ..SeriesRequest::default()
    };
    let answer = ctx.app.engine.series(group.permit, request).await?;
    ctx.read_version(group.permit.dataset(), answer.version);
    ctx.add_rows(answer.rows() + READ_COST)?;
    let mut found = Vec::new();
    for batch in &answer.batches {
        found.extend(passing(ctx, reading, batch).await?);
    }
    Ok(found)
}
