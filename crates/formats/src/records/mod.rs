//! JSON whose lists of objects are tables, as programs and services hand their rows out: one list, lists within an
//! object (each is a sheet, named by where it stands), an object of named objects, or an object a line (JSON Lines).
//!
//! A member is a column, members of an object within are columns of their own, and where an object holds one list of
//! objects, each of these is a row with what stands around it. What stands beside a list in the document, such as the
//! unit of all its values, stands above the names of its columns: `unit: m`. Streamed: once for the sheets and their columns, once
//! for the rows; of the objects, one is held at a time. A document that holds its table by columns is read by
//! [`columns`].

mod columns;
mod cut;
mod flat;
mod part;

use std::collections::HashMap;
use std::path::Path;

use wording::{Told, told};

use crate::decode::check_size;
use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable, Pusher, Stop};
use crate::{Error, LeftOut, Limits, Place};
use cut::{Beside, Cut, Manner};
use flat::{Row, rows};

pub(crate) use columns::is_in_columns;
pub(crate) use cut::{is_in_lines, is_in_lists};
pub(crate) use part::follows;

/// Opens such a document as sheets: what stands beside the list, then the names of the columns, then the objects.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    let size = std::fs::metadata(path)?.len();
    check_size(size, limits)?;
    let path = path.to_owned();
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| read(&path, size, pusher))
}

fn read(path: &Path, size: u64, pusher: &Pusher) -> Result<(), Stop> {
    let manner = Manner::of(path, &pusher.limits)?;
    let (mut found, mut beside) = look(path, manner, pusher)?;
    let may_be_columned = match found.as_slice() {
        [] => true,
        [only] => columns::names_columns(&only.list),
        _ => false,
    };
    if may_be_columned && manner == Manner::Document {
        let tables = columns::read(path, size, &pusher.limits)?;
        if !tables.is_empty() {
            return push_columned(&tables, size, pusher);
        }
    }
    let manner = if found.is_empty() && manner == Manner::Document {
        (found, beside) = look(path, Manner::Named, pusher)?;
        Manner::Named
    } else {
        manner
    };
    if found.is_empty() {
        return Err(Error::invalid(
            "no_values",
            told!("formats-json-holds-no-list-objects", "the JSON document holds no list of objects"),
            told!(
                "formats-make-geojson-featurecollection-table-csv",
                "make it a GeoJSON FeatureCollection, or a table as CSV"
            ),
        )
        .into());
    }
    let names: Vec<String> = found.iter().map(|sheet| sheet.list.join(".")).collect();
    let names = crate::xlsx::names(names.iter().map(String::as_str))?;
    let left_out = beside.iter().filter(|beside| beside.value.is_none()).map(|beside| LeftOut {
        name: beside.path.join("."),
        why: told!("formats-stands-beside-lists", "it stands beside the lists of objects"),
    });
    let count = found.iter().map(|sheet| sheet.count).max().unwrap_or(0);
    let of_page =
        beside.iter().filter_map(|beside| Some((beside.path.last()?.as_str(), beside.value.as_deref()?)));
    let more = part::more(of_page, count).or_else(|| found.iter().find_map(|sheet| sheet.next.clone()));
    pusher.opened_beside(names.clone(), Vec::new(), left_out.chain(more).collect())?;
    let labels: Vec<Vec<String>> = found.iter().map(|sheet| sheet.labels(&beside, &found)).collect();
    let mut cut = Cut::open(path, manner, &pusher.limits)?;
    let mut object = Vec::new();
    let mut next = cut.next(&mut object)?;
    let mut texts = 0;
    for (number, ((sheet, labels), name)) in (0_u16..).zip(found.iter().zip(&labels).zip(&names)) {
        if pusher.selection.is_past(number, 1) {
            break;
        }
        let mut flow = if pusher.selection.wants_sheet(number) { Flow::Go } else { Flow::Past };
        let mut pushed = pusher.sheet(number, (!name.is_empty()).then_some(name), u32::MAX, &mut texts);
        let mut at = 1_u32;
        if flow == Flow::Go {
            for label in labels {
                pushed.cell(at, 0, label, false, damaged)?;
                at += 1;
            }
            for (column, header) in sheet.headers().iter().enumerate() {
                pushed.cell(at, column, header, false, damaged)?;
            }
            at += 1;
        }
        while cut.list() == sheet.list
            && let Some(found) = next.take()
        {
            pushed.progress = size.min(cut.position());
            if flow == Flow::Go {
                flow = rows(found, &object, &mut |row| {
                    for (column, text, is_typed) in sheet.ordered(row) {
                        if pushed.cell(at, column, &text, is_typed, damaged)? == Flow::Past {
                            return Ok(Flow::Past);
                        }
                    }
                    at = at.saturating_add(1);
                    Ok(Flow::Go)
                })?;
            }
            next = cut.next(&mut object)?;
        }
        pushed.finish()?;
    }
    Ok(())
}

/// Pushes tables that are held by their columns, or as rows of values.
fn push_columned(tables: &[columns::Columned], size: u64, pusher: &Pusher) -> Result<(), Stop> {
    let names: Vec<String> = tables.iter().map(|table| table.path.join(".")).collect();
    let names = crate::xlsx::names(names.iter().map(String::as_str))?;
    let most = usize::from(pusher.limits.max_columns);
    let more = tables.iter().find_map(|table| {
        let count = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        part::more(table.labels.iter().map(|(name, text)| (name.as_str(), text.as_str())), count)
    });
    pusher.opened_beside(names.clone(), Vec::new(), more.into_iter().collect())?;
    let mut texts = 0;
    for (number, (table, name)) in (0_u16..).zip(tables.iter().zip(&names)) {
        if pusher.selection.is_past(number, 1) {
            break;
        }
        if !pusher.selection.wants_sheet(number) {
            continue;
        }
        if table.headers.len() > most {
            return Err(too_many_columns(most).into());
        }
        let mut pushed = pusher.sheet(number, (!name.is_empty()).then_some(name), u32::MAX, &mut texts);
        pushed.progress = size;
        let labels = table.labels.iter().map(|(name, text)| vec![(format!("{name}: {text}"), false)]);
        let headers = table.headers.iter().map(|name| (name.clone(), false)).collect();
        let rows = labels.chain([headers]).chain(table.rows.iter().cloned());
        'rows: for (at, row) in (1_u32..).zip(rows) {
            for (column, (text, is_typed)) in row.iter().enumerate() {
                if pushed.cell(at, column, text.trim_end(), *is_typed, damaged)? == Flow::Past {
                    break 'rows;
                }
            }
        }
        pushed.finish()?;
    }
    Ok(())
}

/// A list of objects, and the members that these have.
struct Sheet {
    /// The names that lead to the list.
    list: Vec<String>,
    /// The columns by the path of their member, in the order in which they appear.
    columns: HashMap<String, usize>,
    /// How many objects it has.
    count: u32,
    /// The link to what follows the document, where the list is one of links.
    next: Option<LeftOut>,
}

impl Sheet {
    /// What stands beside the list, on the way to it or in objects that hold no list of their own: `unit: m`.
    fn labels(&self, beside: &[Beside], sheets: &[Sheet]) -> Vec<String> {
        let label = |beside: &Beside| {
            let text = beside.value.as_ref()?;
            let within = beside.path.split_last()?.1;
            let shared = within.iter().zip(&self.list).take_while(|(a, b)| a == b).count();
            let is_of_another = within
                .get(..=shared)
                .is_some_and(|other| sheets.iter().any(|sheet| sheet.list.starts_with(other)));
            let name = beside.path.get(shared..)?.join(".");
            (!is_of_another).then(|| format!("{name}: {text}").trim_end().to_owned())
        };
        beside.iter().filter_map(label).collect()
    }

    /// The names of the columns: the names that lead to each, whatever else the document holds.
    fn headers(&self) -> Vec<String> {
        let mut paths: Vec<(&str, usize)> =
            self.columns.iter().map(|(path, column)| (path.as_str(), *column)).collect();
        paths.sort_unstable_by_key(|(_, column)| *column);
        let header = |path: &str| path.trim_start_matches(flat::WITHIN).replace(flat::WITHIN, ".");
        paths.iter().map(|(path, _)| header(path)).collect()
    }

    /// The cells of a row with their columns, from the left.
    fn ordered(&self, row: Row) -> Vec<(usize, String, bool)> {
        let mut cells: Vec<(usize, String, bool)> = row
            .into_iter()
            .filter_map(|cell| Some((*self.columns.get(&cell.path)?, cell.text, cell.is_typed)))
            .collect();
        cells.sort_by_key(|(column, ..)| *column);
        // Two paths of names may be written in one way: the last one counts.
        cells.reverse();
        cells.dedup_by_key(|(column, ..)| *column);
        cells.reverse();
        cells
    }
}

/// The lists of a document, in their order, and what stands beside them.
fn look(path: &Path, manner: Manner, pusher: &Pusher) -> Result<(Vec<Sheet>, Vec<Beside>), Stop> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let most = usize::from(pusher.limits.max_columns);
    let mut cut = Cut::open(path, manner, &pusher.limits)?;
    let mut object = Vec::new();
    while let Some(found) = cut.next(&mut object)? {
        if sheets.last().is_none_or(|sheet| sheet.list != cut.list()) {
            sheets.push(Sheet { list: cut.list().to_owned(), columns: HashMap::new(), count: 0, next: None });
        }
        let Some(Sheet { columns, count, next, .. }) = sheets.last_mut() else { continue };
        let number = found.number;
        *count = number;
        rows(found, &object, &mut |row| {
            if next.is_none() && row.iter().any(|cell| cell.path == "rel" && cell.text == "next") {
                let link = row.iter().find(|cell| cell.path == "href").map_or("", |cell| cell.text.as_str());
                *next = Some(part::follows(format!("next: {link}")));
            }
            for cell in row {
                let next = columns.len();
                if next == most && !columns.contains_key(&cell.path) {
                    return Err(too_many_columns(most).at(Place::row(number)).into());
                }
                columns.entry(cell.path).or_insert(next);
            }
            Ok(Flow::Go)
        })?;
    }
    Ok((sheets, cut.into_beside()))
}

fn too_many_columns(most: usize) -> Error {
    Error::limit(
        "columns",
        told!("formats-table-too-many-columns", "the table has too many columns"),
        most as u64,
        told!("formats-leave-out-columns-not-needed", "leave out the columns that are not needed"),
    )
}

/// The error for a document that cannot be read.
fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "not_json",
        told!("formats-file-not-json", "the file is not JSON: {reason}", reason => how.into()),
        told!("formats-save-again", "save it again"),
    )
}
