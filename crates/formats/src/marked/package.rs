//! The parts of a workbook: which are copied as they are, which are changed, and which are new.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::comments::{added, cells, drawing, drawing_added, new};
use super::sheet::{LINKS, copy};
use super::styles::Styles;
use super::{Edit, Rows, not_editable};

/// Bytes of a part that is held whole: lists of styles, links, comments.
const MAX_PART: u64 = 64 << 20;
const WORKBOOK: &str = "xl/workbook.xml";
const TYPES: &str = "[Content_Types].xml";
const COMMENTS_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml";
const DRAWING_TYPE: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";

type Archive = ZipArchive<BufReader<File>>;

/// What is done to one sheet.
struct Change<'a> {
    rows: &'a Rows,
    /// The link of a new drawing of comments.
    drawing: Option<String>,
}

/// Writes the workbook with these marks, sheet by sheet from 0.
pub(super) fn edit(
    path: &Path,
    sheets: &BTreeMap<u16, Rows>,
    author: &str,
    out: &mut (impl Write + Seek),
) -> Edit<()> {
    let open = || Archive::new(BufReader::new(File::open(path).map_err(not_editable)?)).map_err(not_editable);
    let mut archive = open()?;
    let parts = parts_of(&mut archive)?;
    let mut changed: HashMap<String, String> = HashMap::new();
    let mut made: Vec<(String, String)> = Vec::new();
    let mut marked: HashMap<String, Change<'_>> = HashMap::new();
    for (number, rows) in sheets {
        let number = usize::from(*number);
        let part = parts.sheets.get(number).ok_or_else(|| not_editable("a sheet is missing"))?;
        let links_part = links_of(part);
        let links_text = text(&mut archive, &links_part).ok();
        let links = links_text.as_deref().map(links).transpose()?.unwrap_or_default();
        let linked = |kind: &str| {
            links
                .iter()
                .find(|link| link.kind.ends_with(kind))
                .map(|link| (link, resolved(part, &link.target)))
        };
        let mut new_links = String::new();
        let mut fresh: BTreeSet<(u32, u16)> = cells(rows).collect();
        match linked("/comments") {
            Some((_, there)) => {
                let (xml, without) = added(&text(&mut archive, &there)?, rows, author)?;
                changed.insert(there, xml);
                fresh = without;
            }
            None => {
                let name = format!("xl/commentsMarked{}.xml", number + 1);
                new_links += &link("rIdMarkedComments", &format!("{LINKS}/comments"), &format!("/{name}"));
                made.push((name, new(rows, author)));
            }
        }
        let drawn = linked("/vmlDrawing").filter(|(link, _)| is_drawn(&mut archive, part, &link.id));
        let drawing_link = match drawn {
            Some((_, there)) => {
                let xml = drawing_added(&text(&mut archive, &there)?, &fresh)?;
                changed.insert(there, xml);
                None
            }
            None => {
                let name = format!("xl/drawings/vmlDrawingMarked{}.vml", number + 1);
                new_links += &link("rIdMarkedDrawing", &format!("{LINKS}/vmlDrawing"), &format!("/{name}"));
                made.push((name, drawing(&fresh, number)));
                Some("rIdMarkedDrawing".to_owned())
            }
        };
        if !new_links.is_empty() {
            match links_text {
                Some(text) => drop(changed.insert(links_part, before_end(&text, "Relationships", &new_links)?)),
                None => made.push((
                    links_part,
                    format!(
                        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships \
                         xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{new_links}</Relationships>"
                    ),
                )),
            }
        }
        marked.insert(part.clone(), Change { rows, drawing: drawing_link });
    }
    if made.iter().any(|(name, _)| archive.by_name(name).is_ok()) {
        return Err(not_editable("the workbook was marked before"));
    }
    let mut styles = Styles::read(text(&mut archive, &parts.styles)?)?;
    // Once for nothing: which styles are needed is known only after all sheets, and their list comes first.
    for (part, change) in &marked {
        let input = BufReader::new(archive.by_name(part).map_err(not_editable)?);
        copy(input, std::io::sink(), change.rows, &mut styles, change.drawing.as_deref())?;
    }
    changed.insert(parts.styles, styles.finish()?);
    let types = typed(&text(&mut archive, TYPES)?, &made)?;
    changed.insert(TYPES.to_owned(), types);
    let mut writer = ZipWriter::new(out);
    let options = SimpleFileOptions::default();
    for index in 0..archive.len() {
        let name = {
            let part = archive.by_index_raw(index).map_err(not_editable)?;
            part.name().map_err(not_editable)?.to_string()
        };
        if let Some(change) = marked.get(&name) {
            writer.start_file(&name, options).map_err(not_editable)?;
            let input = BufReader::new(archive.by_index(index).map_err(not_editable)?);
            copy(input, &mut writer, change.rows, &mut styles, change.drawing.as_deref())?;
        } else if let Some(xml) = changed.get(&name) {
            writer.start_file(&name, options).map_err(not_editable)?;
            writer.write_all(xml.as_bytes()).map_err(not_editable)?;
        } else {
            let part = archive.by_index_raw(index).map_err(not_editable)?;
            writer.raw_copy_file(part).map_err(not_editable)?;
        }
    }
    for (name, xml) in made {
        writer.start_file(&name, options).map_err(not_editable)?;
        writer.write_all(xml.as_bytes()).map_err(not_editable)?;
    }
    writer.finish().map_err(not_editable)?;
    Ok(())
}

struct Parts {
    /// The sheets in their order.
    sheets: Vec<String>,
    styles: String,
}

fn parts_of(archive: &mut Archive) -> Edit<Parts> {
    let workbook = text(archive, WORKBOOK)?;
    let links = links(&text(archive, &links_of(WORKBOOK))?)?;
    let target =
        |id: &str| links.iter().find(|link| link.id == id).map(|link| resolved(WORKBOOK, &link.target));
    let mut sheets = Vec::new();
    let mut reader = Reader::from_str(&workbook);
    loop {
        match reader.read_event().map_err(not_editable)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "sheet" => {
                let mut id = None;
                for attribute in start.attributes().with_checks(false) {
                    let attribute = attribute.map_err(not_editable)?;
                    if attribute.key.0.ends_with(":id") {
                        id = Some(attribute.value.into_owned());
                    }
                }
                let part =
                    id.and_then(|id| target(&id)).ok_or_else(|| not_editable("a sheet has no part"))?;
                sheets.push(part);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let styles = links.iter().find(|link| link.kind.ends_with("/styles"));
    let styles = styles.ok_or_else(|| not_editable("the workbook has no styles"))?;
    Ok(Parts { sheets, styles: resolved(WORKBOOK, &styles.target) })
}

/// Whether the sheet shows its comments by this link (a drawing may be a header's).
fn is_drawn(archive: &mut Archive, part: &str, id: &str) -> bool {
    let Ok(found) = archive.by_name(part) else { return false };
    let mut reader = Reader::from_reader(BufReader::new(found));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Empty(start) | Event::Start(start))
                if start.local_name().as_ref() == "legacyDrawing" =>
            {
                return start
                    .attributes()
                    .with_checks(false)
                    .flatten()
                    .any(|attribute| attribute.key.0.ends_with(":id") && attribute.value == id);
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

fn text(archive: &mut Archive, name: &str) -> Edit<String> {
    let mut part = archive.by_name(name).map_err(not_editable)?.take(MAX_PART + 1);
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes).map_err(not_editable)?;
    if bytes.len() as u64 > MAX_PART {
        return Err(not_editable("a part is too large"));
    }
    let text = String::from_utf8(bytes).map_err(not_editable)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

struct Link {
    id: String,
    kind: String,
    target: String,
}

fn links(xml: &str) -> Edit<Vec<Link>> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(not_editable)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "Relationship" => {
                let word = |name: &str| -> Edit<String> {
                    let found = start.try_get_attribute(name).map_err(not_editable)?;
                    let value = found.map(|attribute| attribute.value.into_owned()).unwrap_or_default();
                    Ok(unescape(&value).map_err(not_editable)?.into_owned())
                };
                found.push(Link { id: word("Id")?, kind: word("Type")?, target: word("Target")? });
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn link(id: &str, kind: &str, target: &str) -> String {
    format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"/>")
}

/// The part of the links of a part.
fn links_of(part: &str) -> String {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    if folder.is_empty() { format!("_rels/{name}.rels") } else { format!("{folder}/_rels/{name}.rels") }
}

/// The part that a part's link names.
fn resolved(part: &str, target: &str) -> String {
    if let Some(whole) = target.strip_prefix('/') {
        return whole.to_owned();
    }
    let mut folders: Vec<&str> = part.split('/').collect();
    folders.pop();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    folders.join("/")
}

/// The document with these elements at the end of its root.
fn before_end(xml: &str, root: &str, more: &str) -> Edit<String> {
    let end = xml.rfind(&format!("</{root}>")).ok_or_else(|| not_editable("a list has no end"))?;
    Ok(format!("{}{more}{}", &xml[..end], &xml[end..]))
}

/// The list of media types with those of the new parts.
fn typed(xml: &str, made: &[(String, String)]) -> Edit<String> {
    let mut more = String::new();
    let has_vml = xml.contains("Extension=\"vml\"");
    if !has_vml && made.iter().any(|(name, _)| name.ends_with(".vml")) {
        more += &format!("<Default Extension=\"vml\" ContentType=\"{DRAWING_TYPE}\"/>");
    }
    for (name, _) in made.iter().filter(|(name, _)| name.ends_with(".xml")) {
        more += &format!("<Override PartName=\"/{name}\" ContentType=\"{COMMENTS_TYPE}\"/>");
    }
    before_end(xml, "Types", &more)
}
