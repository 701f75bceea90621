//! Sets as asked for: filtered, ordered, paged, counted, with related entities expanded.
//!
//! What a level of `$expand` needs is read for all entities of the level above together, and an
//! entity that many lead to is written once.

use std::collections::HashMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use model::DatasetId;
use serde_json::{Map, Value};
use standards::sta::{Document, Entity, Expand, Expr, Id, Options, matches};
use wording::told;

use super::node::{Node, Seen, Set};
use super::resolve::Context;
use super::{encode, observations, order, said};
use crate::http::{Answer, Problem};

/// How many entities a page has when nobody says.
const DEFAULT_TOP: u64 = 100;
/// How many entities a page may have.
const MOST_TOP: u64 = 1_000;
/// How many observations a page may have: they are small, and there are many.
const MOST_OBSERVATIONS: u64 = 10_000;

/// A page of a set.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The entities.
    pub(super) nodes: Vec<Node>,
    /// How many match on all pages, where that was asked for.
    pub(super) count: Option<u64>,
    /// Whether more follow.
    pub(super) more: bool,
    /// The datasets whose values the set is of.
    pub(super) datasets: Vec<DatasetId>,
}

/// Which part of a set is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) skip: usize,
    pub(super) top: usize,
}

impl Window {
    pub(super) fn of(options: &Options, is_observations: bool) -> Window {
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
pub(super) async fn set_document(ctx: &Context, set: Set, options: &Options, path: &str) -> Answer<Document> {
    let page = page(ctx, set, options).await?;
    let mut document = Document::default();
    document.put_all(&notes(ctx, &page, options, path));
    if options.data_array {
        ctx.take_turn(page.nodes.len()).await?;
        said::read_selected(ctx, &page.nodes, &options.select).await?;
        document.put("value", &encode::arrays(ctx, &page.nodes, &options.select)?);
    } else {
        document.put_documents("value", documents(ctx, &page.nodes, options).await?);
    }
    Ok(document)
}

/// What stands beside the entities of a page: their number, and the link to the next page.
pub(super) fn notes(ctx: &Context, page: &Page, options: &Options, path: &str) -> Map<String, Value> {
    let mut document = Map::new();
    if let Some(count) = page.count {
        document.insert("@iot.count".into(), count.into());
    }
    if let Some(last) = page.nodes.last().filter(|_| page.more) {
        let next = next_link(ctx, path, options, last, &page.datasets);
        document.insert("@iot.nextLink".into(), next.into());
    }
    document
}

/// The link goes on after the last entity, in the versions that this page was read from.
fn next_link(ctx: &Context, path: &str, options: &Options, last: &Node, datasets: &[DatasetId]) -> String {
    let after = Some(order::token(ctx, last, &options.orderby));
    let next = Options { skip: None, after, ..options.clone() };
    let mut pairs = next.to_pairs();
    let reads = !datasets.is_empty() || expands_observations(options);
    if reads {
        pairs.push(("asOf", ctx.pin(&datasets.iter().collect::<Vec<_>>())));
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    ctx.links.to(path, &pairs)
}

fn expands_observations(options: &Options) -> bool {
    let is =
        |expand: &Expand| expand.relation.to == Entity::Observation || expands_observations(&expand.options);
    options.expand.iter().any(is)
}

/// A page of a set.
pub(super) async fn page(ctx: &Context, set: Set, options: &Options) -> Answer<Page> {
    match set {
        Set::Observations(series) => {
            check_paths(options, Entity::Observation)?;
            observations::page(ctx, series, options, Window::of(options, true)).await
        }
        Set::Together(multi) => {
            check_paths(options, Entity::Observation)?;
            observations::together_page(ctx, multi, options, Window::of(options, true)).await
        }
        Set::Nodes(nodes) => nodes_page(ctx, nodes, options),
    }
}

fn nodes_page(ctx: &Context, mut nodes: Vec<Node>, options: &Options) -> Answer<Page> {
    if let Some(node) = nodes.first() {
        check_paths(options, node.entity())?;
    }
    let window = Window::of(options, false);
    if let Some(filter) = &options.filter {
        nodes.retain(|node| matches(filter, &Seen { ctx, node: node.clone() }));
    }
    let matched = nodes.len();
    order::arrange(ctx, &mut nodes, &options.orderby, options.after.as_deref())?;
    let left = nodes.len();
    let nodes: Vec<Node> = nodes.into_iter().skip(window.skip).take(window.top).collect();
    Ok(Page {
        count: options.count.then_some(matched as u64),
        more: window.skip.saturating_add(nodes.len()) < left && !nodes.is_empty(),
        nodes,
        datasets: Vec::new(),
    })
}

/// One entity as a document, with what is expanded.
pub(super) async fn entity_document(ctx: &Context, node: &Node, options: &Options) -> Answer<Document> {
    let documents = documents(ctx, std::slice::from_ref(node), options).await?;
    documents.into_iter().next().ok_or_else(|| Problem::not_found("/"))
}

/// Entities as documents, in their order, with what is expanded.
fn documents<'a>(
    ctx: &'a Context,
    nodes: &'a [Node],
    options: &'a Options,
) -> BoxFuture<'a, Answer<Vec<Document>>> {
    async move {
        ctx.add_entities(nodes.len())?;
        ctx.take_turn(nodes.len()).await?;
        said::read_selected(ctx, nodes, &options.select).await?;
        let mut documents = Vec::with_capacity(nodes.len());
        for node in nodes {
            // Encoding ten thousand entities takes a while; others want the thread too.
            if documents.len() % 256 == 255 {
                tokio::task::yield_now().await;
            }
            documents.push(encode::document(ctx, node, &options.select));
        }
        for expand in &options.expand {
            if expand.relation.many {
                expand_sets(ctx, nodes, expand, &mut documents).await?;
            } else {
                expand_ones(ctx, nodes, expand, &mut documents).await?;
            }
        }
        Ok(documents)
    }
    .boxed()
}

/// Puts the one entity that a relation leads to into each document.
async fn expand_ones(
    ctx: &Context,
    nodes: &[Node],
    expand: &Expand,
    documents: &mut [Document],
) -> Answer<()> {
    let mut different: Vec<Node> = Vec::new();
    let mut at: HashMap<Id, usize> = HashMap::new();
    let mut leads_to = Vec::with_capacity(nodes.len());
    for node in nodes {
        let one = match node.related(&ctx.world, expand.relation) {
            Set::Nodes(nodes) => nodes.into_iter().next(),
            Set::Observations(_) | Set::Together(_) => None,
        };
        leads_to.push(one.map(|one| {
            *at.entry(one.id(&ctx.world)).or_insert_with(|| {
                different.push(one);
                different.len() - 1
            })
        }));
    }
    let expanded = self::documents(ctx, &different, &expand.options).await?;
    // The same entity in many documents is as long an answer as so many entities.
    ctx.add_entities(leads_to.iter().flatten().map(|one| expanded[*one].entities()).sum())?;
    for (document, one) in documents.iter_mut().zip(leads_to) {
        match one {
            Some(one) => document.put_document(expand.relation.name, &expanded[one]),
            None => document.put(expand.relation.name, &Value::Null),
        }
    }
    Ok(())
}

/// Puts the page of the set that a relation leads to into each document.
async fn expand_sets(
    ctx: &Context,
    nodes: &[Node],
    expand: &Expand,
    documents: &mut [Document],
) -> Answer<()> {
    let options = &expand.options;
    let pages = if expand.relation.to == Entity::Observation {
        check_paths(options, Entity::Observation)?;
        if let [Node::Multi(_), ..] = nodes {
            let mut pages = Vec::with_capacity(nodes.len());
            for node in nodes {
                pages.push(page(ctx, node.related(&ctx.world, expand.relation), options).await?);
            }
            return put_sets(ctx, nodes, expand, documents, pages).await;
        }
        let series = nodes.iter().map(|node| match node.related(&ctx.world, expand.relation) {
            Set::Observations(series) => series,
            Set::Nodes(_) | Set::Together(_) => Vec::new(),
        });
        observations::pages(ctx, series.collect(), options, Window::of(options, true)).await?
    } else {
        let mut pages = Vec::with_capacity(nodes.len());
        for node in nodes {
            pages.push(match node.related(&ctx.world, expand.relation) {
                Set::Nodes(nodes) => nodes_page(ctx, nodes, options)?,
                Set::Observations(_) | Set::Together(_) => Page::default(),
            });
        }
        pages
    };
    put_sets(ctx, nodes, expand, documents, pages).await
}

/// Puts pages that have been found into the documents.
async fn put_sets(
    ctx: &Context,
    nodes: &[Node],
    expand: &Expand,
    documents: &mut [Document],
    pages: Vec<Page>,
) -> Answer<()> {
    let (name, options) = (expand.relation.name, &expand.options);
    let all: Vec<Node> = pages.iter().flat_map(|page| page.nodes.iter().cloned()).collect();
    let mut expanded = self::documents(ctx, &all, options).await?.into_iter();
    for ((document, node), page) in documents.iter_mut().zip(nodes).zip(&pages) {
        // In an expanded set the annotations carry the relation's name (18-088 §9.3.2.1).
        let path = format!("{}/{name}", ctx.path(node));
        let notes = notes(ctx, page, options, &path);
        for (key, value) in notes {
            document.put(&format!("{name}{key}"), &value);
        }
        document.put_documents(name, expanded.by_ref().take(page.nodes.len()));
    }
    Ok(())
}

/// Refuses conditions over all observations of an entity: each would read whole series.
fn check_paths(options: &Options, entity: Entity) -> Answer<()> {
    let mut paths: Vec<&[String]> = options.orderby.iter().map(|order| order.path.as_slice()).collect();
    if let Some(filter) = &options.filter {
        collect_paths(filter, &mut paths);
    }
    match paths.into_iter().find(|path| passes_observations(entity, path)) {
        None => Ok(()),
        Some(path) => Err(Problem::parameter(
            "$filter",
            told!(
                "serve-would-read-every-observation-ask-observations-filter",
                "`{path}` would read every observation: ask for Observations and filter them",
                path = path.join("/")
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
