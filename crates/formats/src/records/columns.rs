//! JSON that holds a table by its columns, `{"time": […], "temperature": […]}`, or as rows of values under a list of
//! names, `{"columns": […], "data": [[…], […]]}`, as services of weather and programs of statistics hand them out.
//!
//! A column is known only when its list has ended, so that such a document is held whole, and has to be small enough.
//! A unit that an object beside the columns says of one of them (`hourly_units`) stands in the header of that column.

use std::path::Path;

use super::cut::Cut;
use super::flat::{Tree, scalar};
use crate::Error;
use crate::Limits;
use crate::geojson::Json;

/// The largest document that is held.
const MAX_BYTES: u64 = 24 << 20;
/// Tables of one document.
const MAX_TABLES: usize = 60;
/// Members that name the columns of rows.
const NAMES: [&str; 8] =
    ["columns", "fields", "header", "headers", "names", "column_names", "columnnames", "cols"];
/// What a column is called that is an object.
const CALLED: [&str; 5] = ["name", "id", "field", "title", "label"];

/// A table with its columns.
pub(super) struct Columned {
    /// The names that lead to it.
    pub(super) path: Vec<String>,
    /// What stands beside it and around it: `timezone: GMT`.
    pub(super) labels: Vec<(String, String)>,
    pub(super) headers: Vec<String>,
    /// The cells of each row, and whether each is a number or a truth value.
    pub(super) rows: Vec<Vec<(String, bool)>>,
}

/// Whether the beginning of a document has lists of values, or lists of lists.
pub(crate) fn is_in_columns(head: &str) -> bool {
    let begins = |rest: &str| {
        let next = rest.trim_start().chars().next();
        next.is_some_and(|c| {
            c == '"' || c == '-' || c == '[' || c.is_ascii_digit() || matches!(c, 'n' | 't' | 'f')
        })
    };
    let lists = head.match_indices('[').filter(|(at, _)| begins(&head[at + 1..]));
    lists.take(2).count() == 2
}

/// Whether a list of objects names the columns of rows that stand elsewhere.
pub(super) fn names_columns(list: &[String]) -> bool {
    list.last().is_some_and(|name| NAMES.contains(&name.to_lowercase().as_str()))
}

/// The tables of such a document; none where it is none.
pub(super) fn read(path: &Path, size: u64, limits: &Limits) -> Result<Vec<Columned>, Error> {
    if size > MAX_BYTES {
        return Ok(Vec::new());
    }
    let document = Cut::whole(path, limits)?;
    let mut json = Json::new(&document);
    let Ok(tree) = Tree::read(&mut json) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    look(&tree, &mut Vec::new(), &[], None, &mut found);
    Ok(found)
}

type Labels = [(String, String)];

/// Looks for tables in a part of a document, with what stands around it and the units that are said of it.
fn look(
    tree: &Tree,
    path: &mut Vec<String>,
    around: &Labels,
    units: Option<&Tree>,
    found: &mut Vec<Columned>,
) {
    if found.len() == MAX_TABLES {
        return;
    }
    let members = match tree {
        Tree::Object(members) => members,
        Tree::List(rows) if path.is_empty() => {
            if let Some((names, rows)) = rows.split_first().filter(|(names, _)| are_texts(names)) {
                found.extend(of_rows(names, rows, path, around));
            }
            return;
        }
        Tree::List(_) | Tree::Scalar(_) => return,
    };
    // A cube of statistics (JSON-stat) has lists, too.
    if members.iter().any(|(name, _)| name == "dimension") {
        return;
    }
    let scalars = members.iter().filter_map(|(name, tree)| match tree {
        Tree::Scalar(value) => Some((name.clone(), scalar(value.clone()).0)),
        Tree::Object(_) | Tree::List(_) => None,
    });
    let labels: Vec<(String, String)> = around.iter().cloned().chain(scalars).collect();
    let named = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, tree)| tree);
    let names = members.iter().find(|(name, _)| NAMES.contains(&name.to_lowercase().as_str()));
    let rows = members.iter().find_map(|(_, tree)| match tree {
        Tree::List(rows) if !rows.is_empty() && rows.iter().all(is_row) => Some(rows),
        _ => None,
    });
    let of_names = names.zip(rows).and_then(|((_, names), rows)| of_rows(names, rows, path, &labels));
    let units = named("units").or(units);
    match of_names.or_else(|| of_columns(members, units, path, &labels)) {
        Some(table) => found.push(table),
        None => {
            for (name, tree) in members {
                path.push(name.clone());
                let units = named(&format!("{name}_units")).or(units);
                look(tree, path, &labels, units, found);
                path.pop();
            }
        }
    }
}

/// A list of scalars, which is a row or a column.
fn is_row(tree: &Tree) -> bool {
    matches!(tree, Tree::List(values) if !values.is_empty() && values.iter().all(|value| matches!(value, Tree::Scalar(_))))
}

fn are_texts(tree: &Tree) -> bool {
    let is_text = |value: &Tree| matches!(value, Tree::Scalar(serde_json::Value::String(_)));
    matches!(tree, Tree::List(values) if values.len() > 1 && values.iter().all(is_text))
}

fn cell(tree: &Tree) -> (String, bool) {
    match tree {
        Tree::Scalar(value) => scalar(value.clone()),
        other => (other.value().to_string(), false),
    }
}

/// Rows under a list of names; no row has more values than there are names.
fn of_rows(names: &Tree, rows: &[Tree], path: &[String], labels: &Labels) -> Option<Columned> {
    let Tree::List(names) = names else { return None };
    let headers: Vec<String> = names.iter().map(called).collect::<Option<_>>()?;
    let cells = |row: &Tree| match row {
        Tree::List(values) if values.len() <= headers.len() => Some(values.iter().map(cell).collect()),
        _ => None,
    };
    let rows: Vec<Vec<(String, bool)>> = rows.iter().map(cells).collect::<Option<_>>()?;
    (!rows.is_empty()).then(|| Columned { path: path.to_vec(), labels: labels.to_vec(), headers, rows })
}

/// What a column is called: a text, or a member of an object.
fn called(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Scalar(serde_json::Value::String(name)) => Some(name.clone()),
        Tree::Object(members) => {
            let own = CALLED.iter().find_map(|key| members.iter().find(|(name, _)| name == key));
            let unit = members.iter().find(|(name, _)| name == "unit" || name == "units");
            let (_, Tree::Scalar(serde_json::Value::String(name))) = own? else { return None };
            Some(match unit {
                Some((_, Tree::Scalar(serde_json::Value::String(unit)))) => with_unit(name, unit),
                _ => name.clone(),
            })
        }
        Tree::List(_) | Tree::Scalar(_) => None,
    }
}

/// Lists of one length, two or more.
fn of_columns(
    members: &[(String, Tree)],
    units: Option<&Tree>,
    path: &[String],
    labels: &Labels,
) -> Option<Columned> {
    let columns: Vec<(&String, &Vec<Tree>)> = members
        .iter()
        .filter_map(|(name, tree)| match tree {
            Tree::List(values) if is_row(tree) => Some((name, values)),
            _ => None,
        })
        .collect();
    let length = columns.first()?.1.len();
    if columns.len() < 2 || columns.iter().any(|(_, values)| values.len() != length) {
        return None;
    }
    let unit = |name: &String| match units? {
        Tree::Object(units) => units.iter().find_map(|(of, unit)| match unit {
            Tree::Scalar(serde_json::Value::String(unit)) if of == name => Some(unit.as_str()),
            _ => None,
        }),
        Tree::List(_) | Tree::Scalar(_) => None,
    };
    let headers = columns.iter().map(|(name, _)| match unit(name) {
        // How a time is written is no unit.
        Some(unit) if !matches!(unit, "" | "iso8601" | "unixtime" | "undefined") => with_unit(name, unit),
        _ => (*name).clone(),
    });
    let rows = (0..length).map(|at| columns.iter().map(|(_, values)| cell(&values[at])).collect());
    Some(Columned {
        path: path.to_vec(),
        labels: labels.to_vec(),
        headers: headers.collect(),
        rows: rows.collect(),
    })
}

fn with_unit(name: &str, unit: &str) -> String {
    if unit.trim().is_empty() { name.to_owned() } else { format!("{name} ({unit})") }
}
