//! What was observed together of a group of series: their values, put side by side by time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lake::ResultRange;
use model::TimeRange;
use standards::sta::{Expr, Options, conjuncts, matches};

use super::{Direction, Reading, direction_of, key_of, order, scan, windows};
use crate::http::Answer;
use crate::sta::answer::{Page, Window};
use crate::sta::node::{Node, Seen, Together};
use crate::sta::resolve::Context;
use crate::sta::said;
use crate::sta::world::MultiAt;

/// What was observed together at some times, in their order.
pub(in crate::sta) async fn together_at(
    ctx: &Context,
    multi: MultiAt,
    times: &[DateTime<Utc>],
) -> Answer<Vec<Node>> {
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return Ok(Vec::new()) };
    let time = TimeRange { from: Some(*first), to: Some(*last + TimeDelta::microseconds(1)) };
    let wanted: BTreeSet<DateTime<Utc>> = times.iter().copied().collect();
    let mut found = side_by_side(ctx, multi, scan::all(ctx, &reading(ctx, multi, time)).await?);
    found.retain(|node| matches!(node, Node::Together(together) if wanted.contains(&together.time)));
    Ok(found)
}

/// A page of what was observed together of a group.
pub(in crate::sta) async fn together_page(
    ctx: &Context,
    multi: MultiAt,
    options: &Options,
    window: Window,
) -> Answer<Page> {
    let taken = options.filter.as_ref().map(conjuncts).unwrap_or_default();
    let mut time = TimeRange { from: taken.from, to: taken.to };
    let whole = reading(ctx, multi, time);
    // What else the filter says is decided for all values of a time together.
    let by_time_only = taken.rest.is_empty() && taken.results.is_empty() && taken.datastreams.is_empty();
    let direction = match direction_of(&options.orderby) {
        Direction::AsStored => Direction::Ascending,
        direction => direction,
    };
    if let Some(after) = &options.after {
        let (_, last) = key_of(after)?;
        match direction {
            Direction::Ascending => time.from = Some(time.from.map_or(last, |from| from.max(last))),
            Direction::Descending => {
                let end = last + TimeDelta::microseconds(1);
                time.to = Some(time.to.map_or(end, |to| to.min(end)));
            }
            _ => {}
        }
    }
    let reading = reading(ctx, multi, time);
    // Every time has at most one value of each series; the one at which the page before ended is passed by.
    let reach = window.reach().saturating_add(1).saturating_mul(reading.series.len());
    let values = match direction {
        Direction::Ascending | Direction::Descending if by_time_only => {
            windows::candidates(ctx, &reading, direction, reach).await?
        }
        _ => scan::all(ctx, &reading).await?,
    };
    let mut found = side_by_side(ctx, multi, values);
    if said::is_asked(options) {
        said::read(ctx, &found).await?;
    }
    found.retain(|node| passes(ctx, node, options.filter.as_ref()));
    order::arrange(ctx, &mut found, &options.orderby, options.after.as_deref())?;
    found.drain(..window.skip.min(found.len()));
    let count = match options.count {
        true => {
            let mut all = side_by_side(ctx, multi, scan::all(ctx, &whole).await?);
            if said::is_asked(options) {
                said::read(ctx, &all).await?;
            }
            all.retain(|node| passes(ctx, node, options.filter.as_ref()));
            Some(all.len() as u64)
        }
        false => None,
    };
    Ok(super::page_of(ctx, &reading, found, count, window))
}

fn passes(ctx: &Context, node: &Node, filter: Option<&Expr>) -> bool {
    filter.is_none_or(|filter| matches(filter, &Seen { ctx, node: node.clone() }))
}

fn reading(ctx: &Context, multi: MultiAt, time: TimeRange) -> Reading {
    let series = ctx.world.multis[multi].series.clone();
    let (rest, asks_said) = (Vec::new(), false);
    Reading { series, time, results: ResultRange::ALL, rest, asks_said, after: None }
}

/// Values by time, each at the place of its series; a series may stand at several places.
fn side_by_side(ctx: &Context, multi: MultiAt, values: Vec<Node>) -> Vec<Node> {
    let series = &ctx.world.multis[multi].series;
    let mut times: BTreeMap<DateTime<Utc>, Together> = BTreeMap::new();
    for node in values {
        let Node::Observation(value, at) = node else { continue };
        let together = times.entry(value.time).or_insert_with(|| Together {
            of: multi,
            time: value.time,
            values: vec![None; series.len()],
        });
        for (place, of) in series.iter().enumerate() {
            if *of == at {
                together.values[place] = Some((*value).clone());
            }
        }
    }
    times.into_values().map(|together| Node::Together(Arc::new(together))).collect()
}
