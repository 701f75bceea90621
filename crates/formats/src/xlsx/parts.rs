//! Which part of the archive holds which sheet.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use wording::Told;
use zip::ZipArchive;

use super::comments;
use super::guard::no_archive;
use crate::xml::{Node, Xml};
use crate::{Error, SheetLayout};

/// The deepest nesting of the parts that are read here.
const MAX_DEPTH: u32 = 64;

/// The layouts of the sheets in their order, out of those of the parts by their names in lower case.
pub(super) fn layouts(
    path: &Path,
    mut found: HashMap<String, SheetLayout>,
) -> Result<Vec<SheetLayout>, Error> {
    let file = BufReader::new(File::open(path)?);
    let mut archive = ZipArchive::new(file).map_err(|error| no_archive(Told::excerpt(error)))?;
    let links = links(&mut archive, "_rels/.rels")?;
    let book = links.into_iter().find(|link| link.kind.ends_with("/officeDocument"));
    let Some(book) = book.map(|link| link.target.trim_start_matches('/').to_owned()) else {
        return Ok(Vec::new());
    };
    let (folder, name) = book.rsplit_once('/').map_or(("", book.as_str()), |(folder, name)| (folder, name));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let targets: HashMap<String, String> = self::links(&mut archive, &format!("{folder}_rels/{name}.rels"))?
        .into_iter()
        .map(|link| (link.id, link.target))
        .collect();
    let mut layouts = Vec::new();
    for sheet in sheets(&mut archive, &book)? {
        let target = targets.get(&sheet.link).map(|target| match target.strip_prefix('/') {
            Some(absolute) => absolute.to_lowercase(),
            None => format!("{folder}{target}").to_lowercase(),
        });
        let mut layout = target.as_ref().and_then(|target| found.remove(target)).unwrap_or_default();
        if let Some(target) = target {
            layout.commented = commented(&mut archive, &target).unwrap_or_default();
        }
        layout.is_hidden = sheet.is_hidden;
        layouts.push(layout);
    }
    Ok(layouts)
}

/// The cells with comments of the sheet that is this part.
fn commented<R: Read + Seek>(archive: &mut ZipArchive<R>, sheet: &str) -> Result<Vec<(u32, u16)>, Error> {
    let (folder, name) = sheet.rsplit_once('/').unwrap_or(("", sheet));
    let links = links(archive, &format!("{folder}/_rels/{name}.rels"))?;
    let Some(link) = links.into_iter().find(|link| link.kind.ends_with("/comments")) else {
        return Ok(Vec::new());
    };
    let mut path: Vec<&str> = folder.split('/').collect();
    if link.target.starts_with('/') {
        path.clear();
    }
    for step in link.target.split('/').filter(|step| !step.is_empty() && *step != ".") {
        match step {
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    Ok(comments::cells(&part(archive, &path.join("/"))?))
}

struct Link {
    id: String,
    kind: String,
    target: String,
}

struct Sheet {
    link: String,
    is_hidden: bool,
}

/// A part by its name, whatever the case of its letters; empty if it is not there.
fn part<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<u8>, Error> {
    let same = |other: &str| other.replace('\\', "/").eq_ignore_ascii_case(name);
    let found = archive.file_names().flatten().find(|other| same(other)).map(|name| name.into_owned());
    let Some(found) = found else {
        return Ok(Vec::new());
    };
    let mut content = Vec::new();
    // The archive has been measured: its parts fit into the limits.
    let mut part = archive.by_name(&found).map_err(|error| no_archive(Told::excerpt(error)))?;
    part.read_to_end(&mut content).map_err(|error| no_archive(Told::excerpt(error)))?;
    Ok(content)
}

fn links<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<Link>, Error> {
    let content = part(archive, name)?;
    let mut xml = Xml::new(content.as_slice(), MAX_DEPTH);
    let mut links = Vec::new();
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("Relationship") => links.push(Link {
                id: element.attribute("Id")?.unwrap_or_default(),
                kind: element.attribute("Type")?.unwrap_or_default(),
                target: element.attribute("Target")?.unwrap_or_default(),
            }),
            Node::Eof => return Ok(links),
            _ => {}
        }
    }
}

fn sheets<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<Sheet>, Error> {
    let content = part(archive, name)?;
    let mut xml = Xml::new(content.as_slice(), MAX_DEPTH);
    let mut sheets = Vec::new();
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("sheet") => sheets.push(Sheet {
                link: element.attribute("id")?.unwrap_or_default(),
                is_hidden: element.attribute("state")?.is_some_and(|state| state != "visible"),
            }),
            Node::Eof => return Ok(sheets),
            _ => {}
        }
    }
}
