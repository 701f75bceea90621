//! An object as rows of cells.

use std::collections::HashMap;

use serde_json::Value;
use wording::told;

use super::cut::Found;
use super::damaged;
use crate::cell::shortest;
use crate::feature::Refused;
use crate::geojson::Json;
use crate::push::{Flow, Stop};
use crate::{Error, Place};

/// What stands between the names of a path: no name has it.
pub(super) const WITHIN: char = '\u{1f}';

/// A cell of a row.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// The names that lead to the member.
    pub(super) path: String,
    pub(super) text: String,
    /// Whether the document holds a number or a truth value.
    pub(super) is_typed: bool,
}

pub(super) type Row = Vec<Cell>;

/// The column of the name under which an object stands: no member is called so.
const KEY: &str = "\u{1f}key";
/// Bytes that what stands around a list may come to when it stands before each of its rows, at most.
const MAX_AROUND: usize = 64 << 20;

/// A value whose objects keep the order of their members.
#[derive(PartialEq)]
pub(super) enum Tree {
    Object(Vec<(String, Tree)>),
    List(Vec<Tree>),
    Scalar(Value),
}

impl Tree {
    pub(super) fn read(json: &mut Json<'_>) -> Result<Tree, Refused> {
        match json.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                json.object(|json, name| {
                    members.push((name, Tree::read(json)?));
                    Ok(())
                })?;
                Ok(Tree::Object(members))
            }
            Some(b'[') => {
                let mut values = Vec::new();
                json.list(|json| {
                    values.push(Tree::read(json)?);
                    Ok(())
                })?;
                Ok(Tree::List(values))
            }
            _ => Ok(Tree::Scalar(json.value()?)),
        }
    }

    /// The value as JSON.
    pub(super) fn value(&self) -> Value {
        match self {
            Tree::Object(members) => {
                Value::Object(members.iter().map(|(name, tree)| (name.clone(), tree.value())).collect())
            }
            Tree::List(values) => Value::Array(values.iter().map(Tree::value).collect()),
            Tree::Scalar(value) => value.clone(),
        }
    }

    /// A scalar as a person would write it.
    fn plain(&self) -> Option<String> {
        match self {
            Tree::Scalar(Value::String(text)) => Some(text.clone()),
            Tree::Scalar(Value::Null) => Some(String::new()),
            Tree::Scalar(other) => Some(other.to_string()),
            Tree::Object(_) | Tree::List(_) => None,
        }
    }
}

type Members = Vec<(String, Tree)>;

/// A name that stands twice in an object, or in one within, and not with the same value.
fn twice(members: &[(String, Tree)]) -> Option<String> {
    let mut known: HashMap<&str, &Tree> = HashMap::with_capacity(members.len());
    let own = members.iter().find(|(name, tree)| known.insert(name, tree).is_some_and(|other| other != tree));
    let within = |tree: &Tree| match tree {
        Tree::Object(members) => twice(members),
        Tree::List(values) => values.iter().find_map(|value| match value {
            Tree::Object(members) => twice(members),
            Tree::List(_) | Tree::Scalar(_) => None,
        }),
        Tree::Scalar(_) => None,
    };
    own.map(|(name, _)| name.clone()).or_else(|| members.iter().find_map(|(_, tree)| within(tree)))
}

/// Hands out the rows of an object, until nothing more is wanted.
pub(super) fn rows(
    found: Found,
    object: &[u8],
    emit: &mut dyn FnMut(Row) -> Result<Flow, Stop>,
) -> Result<Flow, Stop> {
    let mut json = Json::new(object);
    let mut members = Members::new();
    let read = json.object(|json, name| {
        members.push((name, Tree::read(json)?));
        Ok(())
    });
    read.and_then(|()| json.end()).map_err(|refused| damaged(refused.reason).at(Place::row(found.number)))?;
    if let Some(name) = twice(&members) {
        return Err(Error::invalid(
            "name_twice",
            told!(
                "formats-name-stands-twice",
                "`{name}` stands twice in one object, with different values",
                name = name
            ),
            told!("formats-say-which-of-two", "leave the one that is not meant out, or give it another name"),
        )
        .at(Place::row(found.number))
        .into());
    }
    let key = found.key.map(|text| Cell { path: KEY.to_owned(), text, is_typed: false });
    spread(key.into_iter().collect(), "", members, emit)
}

/// The rows of an object under what stands around it: one, or one for each object of its only list of objects.
fn spread(
    around: Row,
    path: &str,
    members: Members,
    emit: &mut dyn FnMut(Row) -> Result<Flow, Stop>,
) -> Result<Flow, Stop> {
    let mut row = around;
    let mut lists = Vec::new();
    gather(&mut row, &mut lists, path, members);
    if lists.len() > 1 {
        row.extend(lists.drain(..).map(|(path, list)| Cell {
            path,
            text: Tree::List(list).value().to_string(),
            is_typed: false,
        }));
    }
    let Some((path, list)) = lists.pop() else { return emit(row) };
    let around: usize = row.iter().map(|cell| cell.text.len() + cell.path.len()).sum();
    if around.saturating_mul(list.len()) > MAX_AROUND {
        return Err(Error::limit(
            "event_bytes",
            told!(
                "formats-one-thing-document-too-long-bytes",
                "one thing of the document is too long (bytes)"
            ),
            MAX_AROUND as u64,
            told!("formats-ask-service-smaller-pages", "ask the service for smaller pages"),
        )
        .into());
    }
    for object in list {
        if let Tree::Object(members) = object
            && spread(row.clone(), &path, members, emit)? == Flow::Past
        {
            return Ok(Flow::Past);
        }
    }
    Ok(Flow::Go)
}

/// Puts the members of an object, and of those within it, into a row; lists of objects beside it.
fn gather(row: &mut Row, lists: &mut Vec<(String, Vec<Tree>)>, path: &str, members: Members) {
    for (name, value) in members {
        let name = name.replace(WITHIN, " ");
        let path = if path.is_empty() { name } else { format!("{path}{WITHIN}{name}") };
        let (text, is_typed) = match value {
            Tree::Scalar(value) => scalar(value),
            Tree::Object(within) => {
                gather(row, lists, &path, within);
                continue;
            }
            Tree::List(list) if list.is_empty() => (String::new(), false),
            Tree::List(list) if list.iter().all(|value| matches!(value, Tree::Object(_))) => {
                lists.push((path, list));
                continue;
            }
            Tree::List(list) => match list.iter().map(Tree::plain).collect::<Option<Vec<_>>>() {
                Some(texts) => (texts.join(", "), false),
                None => (Tree::List(list).value().to_string(), false),
            },
        };
        row.push(Cell { path, text, is_typed });
    }
}

/// The text of a value that is no object and no list, and whether it is a number or a truth value.
pub(super) fn scalar(value: Value) -> (String, bool) {
    match value {
        Value::Null => (String::new(), false),
        Value::Bool(truth) => (if truth { "TRUE" } else { "FALSE" }.into(), true),
        Value::String(text) => (text, false),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => (shortest(float), true),
            None => (number.to_string(), true),
        },
        other => (other.to_string(), false),
    }
}
