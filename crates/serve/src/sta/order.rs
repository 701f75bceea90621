//! The order of a set: by the keys asked for, then by id; and places in it, where pages end.

use std::cmp::Ordering;

use standards::sta::{Id, Literal, Order, Value, parse_observation_id};
use wording::told;

use super::node::{self, Node};
use super::resolve::Context;
use crate::http::{Answer, Problem};

/// Where an entity stands in an order: its values of the keys, and its id.
struct Place {
    keys: Vec<Value>,
    id: Id,
}

/// Puts entities in order, and leaves out those up to the place where the page before ended.
///
/// Entities come by id; values of different kinds are ordered by kind, and those unknown come first.
pub(super) fn arrange(
    ctx: &Context,
    nodes: &mut Vec<Node>,
    orderby: &[Order],
    after: Option<&[Literal]>,
) -> Answer<()> {
    let after = after.map(place_of).transpose()?;
    if orderby.is_empty() && after.is_none() {
        return Ok(());
    }
    let mut placed: Vec<(Place, Node)> =
        nodes.drain(..).map(|node| (place(ctx, &node, orderby), node)).collect();
    if let Some(after) = &after {
        placed.retain(|(place, _)| compare(place, after, orderby) == Ordering::Greater);
    }
    if !orderby.is_empty() {
        placed.sort_by(|(left, _), (right, _)| compare(left, right, orderby));
    }
    nodes.extend(placed.into_iter().map(|(_, node)| node));
    Ok(())
}

/// Where a page ends whose last entity this is, as it is written in a link.
pub(super) fn token(ctx: &Context, last: &Node, orderby: &[Order]) -> Vec<Literal> {
    let Place { keys, id } = place(ctx, last, orderby);
    let id = match id {
        Id::Number(number) => Literal::Integer(number),
        Id::Text(text) => Literal::Text(text),
    };
    keys.into_iter().map(|key| key.literal().unwrap_or(Literal::Null)).chain([id]).collect()
}

/// The id of the entity at which the page before ended.
pub(super) fn id_of(after: &[Literal]) -> Answer<Id> {
    match after.last() {
        Some(Literal::Integer(number)) => Ok(Id::Number(*number)),
        Some(Literal::Text(text)) => Ok(Id::Text(text.clone())),
        _ => Err(no_place()),
    }
}

/// A `$skiptoken` that this node did not write.
pub(super) fn no_place() -> Problem {
    let why = told!(
        "serve-no-place-set-follow-iot-nextlink-leave",
        "it is no place in this set: follow `@iot.nextLink` as it is, or leave `$skiptoken` out"
    );
    Problem::parameter("$skiptoken", why)
}

fn place(ctx: &Context, node: &Node, orderby: &[Order]) -> Place {
    let keys = orderby.iter().map(|order| node::value(ctx, node, &order.path)).collect();
    Place { keys, id: node.id(&ctx.world) }
}

fn place_of(after: &[Literal]) -> Answer<Place> {
    let id = id_of(after)?;
    let keys = after[..after.len() - 1].iter().cloned().map(Value::from).collect();
    Ok(Place { keys, id })
}

fn compare(left: &Place, right: &Place, orderby: &[Order]) -> Ordering {
    let keys = orderby.iter().zip(left.keys.iter().zip(&right.keys)).map(|(order, (left, right))| {
        let compared = compare_values(left, right);
        if order.descending { compared.reverse() } else { compared }
    });
    keys.fold(Ordering::Equal, Ordering::then).then_with(|| compare_ids(&left.id, &right.id))
}

/// Ids of observations are two numbers each.
fn compare_ids(left: &Id, right: &Id) -> Ordering {
    if let (Id::Text(left), Id::Text(right)) = (left, right)
        && let (Some(left), Some(right)) = (parse_observation_id(left), parse_observation_id(right))
    {
        return left.cmp(&right);
    }
    left.cmp(right)
}

/// A total order over values of any kind: by kind, then by value.
fn compare_values(left: &Value, right: &Value) -> Ordering {
    let kind = |value: &Value| match value {
        Value::Null | Value::Any(_) | Value::Shape(_) => 0,
        Value::Bool(_) => 1,
        Value::Integer(_) | Value::Decimal(_) => 2,
        Value::Time(_) | Value::Date(_) => 3,
        Value::Clock(_) | Value::Span(_) => 4,
        Value::Text(_) => 5,
    };
    kind(left).cmp(&kind(right)).then(left.order(right).unwrap_or(Ordering::Equal))
}
