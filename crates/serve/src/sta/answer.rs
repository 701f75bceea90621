//! Sets as asked for: filtered, ordered, paged, counted, with related entities expanded.

use std::cmp::Ordering;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::{Map, Value};
use standards::sta::{Entity, Expand, Expr, Options, Order, matches};

use super::encode;
use super::node::{self, Node, Seen, Set};
use super::observations;
use super::resolve::Context;
use crate::http::{Answer, Problem};

/// How many entities a page has when nobody says.
const DEFAULT_TOP: u64 = 100;
/// How many entities a page may have.
const MOST_TOP: u64 = 1_000;
/// How many entities of a page are made at a time.
const EXPANDED_AT_ONCE: usize = 8;
/// How many observations a page may have: they are small, and there are many.
const MOST_OBSERVATIONS: u64 = 10_000;

/// A page of a set.
pub(super) struct Page {
    /// The entities.
    pub(super) nodes: Vec<Node>,
    /// How many match on all pages, where that was asked for.
    pub(super) count: Option<u64>,
    /// Whether more follow.
    pub(super) more: bool,
}

/// Which part of a set is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) skip: usize,
    pub(super) top: usize,
}

impl Window {
    fn of(options: &Options, is_observations: bool) -> Window {
        let most = if is_observations { MOST_OBSERVATIONS } else { MOST_TOP };
        let top = options.top.unwrap_or(DEFAULT_TOP).min(most);
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Window { skip: number(options.skip.unwrap_or(0)), top: number(top) }
    }

    /// How many of the first have to be found to fill the page and to know whether more follow.
    pub(super) fn reach(self) -> usize {
        self.skip.saturating_add(self.top).saturating_add(1)
    }
}

/// A set as a document; `path` is the set's own, for the link to the next page.
pub(super) async fn set_document(
    ctx: &Context,
    set: Set,
    options: &Options,
    path: &str,
) -> Answer<Map<String, Value>> {
    let page = page(ctx, set, options).await?;
    let next = page.more.then(|| next_link(ctx, path, options, page.nodes.len()));
    let mut document = Map::new();
    if let Some(count) = page.count {
        document.insert("@iot.count".into(), count.into());
    }
    if let Some(next) = next {
        document.insert("@iot.nextLink".into(), next.into());
    }
    let mut values = Vec::with_capacity(page.nodes.len());
    // What is expanded may have to be read: some at a time, in their order.
    let mut documents = Vec::with_capacity(page.nodes.len());
    for node in &page.nodes {
        documents.push(entity_document(ctx, node, options));
    }
    let mut documents = futures::stream::iter(documents).buffered(EXPANDED_AT_ONCE);
    while let Some(document) = documents.next().await {
        // Encoding ten thousand entities takes a while; others want the thread too.
        if values.len() % 256 == 255 {
            tokio::task::yield_now().await;
        }
        values.push(Value::Object(document?));
    }
    drop(documents);
    document.insert("value".into(), values.into());
    Ok(document)
}

/// A page of a set.
pub(super) async fn page(ctx: &Context, set: Set, options: &Options) -> Answer<Page> {
    check_paths(options, &set)?;
    match set {
        Set::Observations(series) => {
            observations::page(ctx, series, options, Window::of(options, true)).await
        }
        Set::Nodes(nodes) => Ok(nodes_page(ctx, nodes, options)),
    }
}

fn nodes_page(ctx: &Context, mut nodes: Vec<Node>, options: &Options) -> Page {
    let window = Window::of(options, false);
    if let Some(filter) = &options.filter {
        nodes.retain(|node| matches(filter, &Seen { ctx, node: node.clone() }));
    }
    sort(ctx, &mut nodes, &options.orderby);
    let matched = nodes.len();
    let nodes: Vec<Node> = nodes.into_iter().skip(window.skip).take(window.top).collect();
    Page {
        count: options.count.then_some(matched as u64),
        more: window.skip.saturating_add(nodes.len()) < matched && !nodes.is_empty(),
        nodes,
    }
}

/// Orders entities by keys; equal ones keep their order, and unknown values come first.
pub(super) fn sort(ctx: &Context, nodes: &mut Vec<Node>, orderby: &[Order]) {
    if orderby.is_empty() {
        return;
    }
    let keys = |node: &Node| -> Vec<standards::sta::Value> {
        orderby.iter().map(|order| node::value(ctx, node, &order.path)).collect()
    };
    let mut keyed: Vec<_> = nodes.drain(..).map(|node| (keys(&node), node)).collect();
    keyed.sort_by(|(left, _), (right, _)| {
        let orders = orderby.iter().zip(left.iter().zip(right)).map(|(order, (left, right))| {
            let compared = compare(left, right);
            if order.descending { compared.reverse() } else { compared }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    nodes.extend(keyed.into_iter().map(|(_, node)| node));
}

/// A total order over values of any kind: by kind, then by value.
fn compare(left: &standards::sta::Value, right: &standards::sta::Value) -> Ordering {
    use standards::sta::Value;
    let kind = |value: &Value| match value {
        Value::Null | Value::Any(_) => 0,
        Value::Bool(_) => 1,
        Value::Integer(_) | Value::Decimal(_) => 2,
        Value::Time(_) => 3,
        Value::Text(_) => 4,
    };
    kind(left).cmp(&kind(right)).then(left.order(right).unwrap_or(Ordering::Equal))
}

/// An entity as a document, with what is expanded.
pub(super) fn entity_document<'a>(
    ctx: &'a Context,
    node: &'a Node,
    options: &'a Options,
) -> BoxFuture<'a, Answer<Map<String, Value>>> {
    async move {
        ctx.add_entities(1)?;
        let mut document = encode::document(ctx, node, &options.select);
        for expand in &options.expand {
            let expanded = expand_one(ctx, node, expand).await?;
            document.extend(expanded);
        }
        Ok(document)
    }
    .boxed()
}

async fn expand_one(ctx: &Context, node: &Node, expand: &Expand) -> Answer<Map<String, Value>> {
    let name = expand.relation.name;
    let related = node.related(&ctx.world, expand.relation);
    if !expand.relation.many {
        let Set::Nodes(nodes) = related else { return Ok(Map::new()) };
        let value = match nodes.first() {
            Some(node) => Value::Object(entity_document(ctx, node, &expand.options).await?),
            None => Value::Null,
        };
        return Ok(Map::from_iter([(name.to_owned(), value)]));
    }
    let path = format!("{}/{name}", ctx.path(node));
    let set = set_document(ctx, related, &expand.options, &path).await?;
    // In an expanded set the annotations carry the relation's name (18-088 §9.3.2.1).
    Ok(set
        .into_iter()
        .map(|(key, value)| match key.as_str() {
            "value" => (name.to_owned(), value),
            _ => (format!("{name}{key}"), value),
        })
        .collect())
}

fn next_link(ctx: &Context, path: &str, options: &Options, shown: usize) -> String {
    let skip = options.skip.unwrap_or(0).saturating_add(shown as u64);
    let next = Options { skip: Some(skip), ..options.clone() };
    let pairs = next.to_pairs();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    ctx.links.to(path, &pairs)
}

/// Refuses conditions over all observations of an entity: each would read whole series.
fn check_paths(options: &Options, set: &Set) -> Answer<()> {
    let entity = match set {
        Set::Observations(_) => Entity::Observation,
        Set::Nodes(nodes) => match nodes.first() {
            Some(node) => node.entity(),
            None => return Ok(()),
        },
    };
    let mut paths: Vec<&[String]> = options.orderby.iter().map(|order| order.path.as_slice()).collect();
    if let Some(filter) = &options.filter {
        collect_paths(filter, &mut paths);
    }
    match paths.into_iter().find(|path| passes_observations(entity, path)) {
        None => Ok(()),
        Some(path) => Err(Problem::parameter(
            "$filter",
            format!(
                "`{}` would read every observation: ask for Observations and filter them",
                path.join("/")
            ),
        )),
    }
}

fn passes_observations(entity: Entity, path: &[String]) -> bool {
    let mut at = entity;
    for name in path {
        match at.relation(name) {
            Some(relation) if relation.to == Entity::Observation => return true,
            Some(relation) => at = relation.to,
            None => return false,
        }
    }
    false
}

/// The property paths in a filter.
pub(super) fn collect_paths<'e>(expr: &'e Expr, paths: &mut Vec<&'e [String]>) {
    match expr {
        Expr::Or(left, right)
        | Expr::And(left, right)
        | Expr::Compare(left, _, right)
        | Expr::Arithmetic(left, _, right) => {
            collect_paths(left, paths);
            collect_paths(right, paths);
        }
        Expr::Not(operand) => collect_paths(operand, paths),
        Expr::Call(_, arguments) => arguments.iter().for_each(|argument| collect_paths(argument, paths)),
        Expr::Property(path) => paths.push(path),
        Expr::Literal(_) => {}
    }
}
