//! Comments of a sheet: their texts, and the shapes in which a spreadsheet program shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use model::CellRef;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::styles::position;
use super::{Edit, Rows, not_editable, prefix_of, spliced};

/// A part with comments of its own.
pub(super) fn new(rows: &Rows, author: &str) -> String {
    let mut list = String::new();
    for (cell, note) in notes(rows) {
        list.push_str(&comment("", &cell, 0, note));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <comments xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
         <authors><author>{}</author></authors><commentList>{list}</commentList></comments>",
        escape(author)
    )
}

/// A part that is there, with more comments. A cell that has one already gets our words behind its
/// own: two comments on a cell are a damaged workbook. Returns the cells that have none yet.
pub(super) fn added(xml: &str, rows: &Rows, author: &str) -> Edit<(String, BTreeSet<(u32, u16)>)> {
    let ours: BTreeMap<String, &str> = notes(rows).collect();
    let mut reader = Reader::from_str(xml);
    let (mut authors, mut end_of_authors, mut end_of_list) = (0_usize, None, None);
    let mut cell: Option<String> = None;
    let mut changes = Vec::new();
    let mut prefix = String::new();
    let mut known = BTreeSet::new();
    loop {
        let from = position(&reader)?;
        match reader.read_event().map_err(not_editable)? {
            Event::Start(start) => match start.local_name().as_ref() {
                "author" => authors += 1,
                "comments" => prefix = prefix_of(start.name().0).to_owned(),
                "comment" => {
                    let found = start.try_get_attribute("ref").map_err(not_editable)?;
                    cell = found.map(|attribute| attribute.value.into_owned());
                }
                _ => {}
            },
            Event::Empty(start) => match start.local_name().as_ref() {
                "author" => authors += 1,
                "authors" | "commentList" => return Err(not_editable("a list of comments is empty")),
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "authors" => end_of_authors = Some(from),
                "commentList" => end_of_list = Some(from),
                "text" => {
                    if let Some((name, note)) = cell.take().and_then(|cell| ours.get_key_value(&cell)) {
                        known.insert(name.clone());
                        let more = format!(
                            "<{prefix}r><{prefix}t xml:space=\"preserve\">\n{}</{prefix}t></{prefix}r>",
                            escape(*note)
                        );
                        changes.push((from..from, more));
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    let (Some(end_of_authors), Some(end_of_list)) = (end_of_authors, end_of_list) else {
        return Err(not_editable("the part of the comments has no list of them"));
    };
    changes.push((
        end_of_authors..end_of_authors,
        format!("<{prefix}author>{}</{prefix}author>", escape(author)),
    ));
    let mut list = String::new();
    for (cell, note) in ours.iter().filter(|(cell, _)| !known.contains(*cell)) {
        list.push_str(&comment(&prefix, cell, authors, note));
    }
    changes.push((end_of_list..end_of_list, list));
    let new = cells(rows).filter(|(row, column)| !known.contains(&name(*row, *column))).collect();
    Ok((spliced(xml, changes), new))
}

fn comment(prefix: &str, cell: &str, author: usize, note: &str) -> String {
    format!(
        "<{prefix}comment ref=\"{cell}\" authorId=\"{author}\"><{prefix}text><{prefix}r>\
         <{prefix}t xml:space=\"preserve\">{}</{prefix}t></{prefix}r></{prefix}text></{prefix}comment>",
        escape(note)
    )
}

/// The cells of these marks.
pub(super) fn cells(rows: &Rows) -> impl Iterator<Item = (u32, u16)> {
    rows.iter().flat_map(|(row, cells)| cells.keys().map(move |column| (*row, *column)))
}

fn notes(rows: &Rows) -> impl Iterator<Item = (String, &str)> {
    rows.iter().flat_map(|(row, cells)| {
        cells.iter().map(move |(column, mark)| (name(*row, *column), mark.note.as_str()))
    })
}

fn name(row: u32, column: u16) -> String {
    CellRef { sheet: 0, row, column }.a1()
}

/// The names in a drawing of comments; each shape brings its own, whatever the drawing calls them.
const NAMES: &str = "xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
xmlns:x=\"urn:schemas-microsoft-com:office:excel\"";

fn shape_type() -> String {
    format!(
        "<v:shapetype {NAMES} id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" \
         path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/>\
         <v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>"
    )
}

/// A drawing with a shape for each of these cells; `number` is the sheet's, from 0.
pub(super) fn drawing(cells: &BTreeSet<(u32, u16)>, number: usize) -> String {
    let block = number + 1;
    format!(
        "<xml {NAMES}><o:shapelayout v:ext=\"edit\">\
         <o:idmap v:ext=\"edit\" data=\"{block}\"/></o:shapelayout>{}{}</xml>",
        shape_type(),
        shapes(cells, block * 1024 + 1)
    )
}

/// A drawing that is there, with more shapes. It need not be well-formed: it is not parsed.
pub(super) fn drawing_added(xml: &str, cells: &BTreeSet<(u32, u16)>) -> Edit<String> {
    let end = xml.rfind("</xml>").ok_or_else(|| not_editable("the drawing of the comments has no end"))?;
    let used = xml.match_indices("_x0000_s").filter_map(|(at, found)| {
        let digits = &xml[at + found.len()..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse::<usize>().ok()
    });
    let first = used.max().unwrap_or(1024).saturating_add(1);
    let shape_type = if xml.contains("id=\"_x0000_t202\"") { String::new() } else { shape_type() };
    Ok(format!("{}{shape_type}{}{}", &xml[..end], shapes(cells, first), &xml[end..]))
}

fn shapes(cells: &BTreeSet<(u32, u16)>, first: usize) -> String {
    let mut made = String::new();
    for (at, (row, column)) in cells.iter().enumerate() {
        let (row, column) = (row - 1, u32::from(*column) - 1);
        let _ = write!(
            made,
            "<v:shape {NAMES} id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:80pt;margin-top:2pt;\
             width:210pt;height:90pt;z-index:{};visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\">\
             <v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/>\
             <v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>\
             <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
             <x:Anchor>{}, 15, {}, 10, {}, 15, {}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>\
             <x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>",
            first + at,
            at + 1,
            column + 1,
            row.saturating_sub(1),
            column + 5,
            row + 5,
        );
    }
    made
}
