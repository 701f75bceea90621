//! Which formats of a workbook's cells show percentages (ECMA-376 part 1 §18.8.10, §18.8.31).

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Seek};

use wording::{Told, told};
use zip::ZipArchive;

use super::guard::no_archive;
use crate::Error;
use crate::percent::is_percentage;
use crate::xml::{Node, Xml};

/// The most bytes of the list of formats that are read: it is some kilobytes, and megabytes where sheets were
/// copied together for years.
const MAX_BYTES: u64 = 64 << 20;
/// The deepest nesting of its elements.
const MAX_DEPTH: u32 = 64;

/// The places of such formats in the list of formats of cells; none where there is no list.
///
/// # Errors
/// The list cannot be read: which cells are percentages is then not known.
pub(super) fn percentages<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<BTreeSet<u32>, Error> {
    let is_list = |name: &str| {
        let name = name.replace('\\', "/").to_ascii_lowercase();
        name == "styles.xml" || name.ends_with("/styles.xml")
    };
    let name = archive.file_names().flatten().find(|name| is_list(name)).map(|name| name.into_owned());
    let Some(name) = name else { return Ok(BTreeSet::new()) };
    let part = archive.by_name(&name).map_err(|error| no_archive(Told::excerpt(error)))?;
    let mut content = Vec::new();
    part.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(|error| no_archive(Told::excerpt(error)))?;
    if content.len() as u64 > MAX_BYTES {
        return Err(Error::limit(
            "styles",
            told!(
                "formats-workbook-too-many-formats-cells-bytes-their",
                "the workbook has too many formats of cells (bytes of their list)"
            ),
            MAX_BYTES,
            told!("formats-save-sheet-csv-utf-8", "save the sheet as CSV (UTF-8)"),
        ));
    }
    of_list(&content)
}

fn of_list(content: &[u8]) -> Result<BTreeSet<u32>, Error> {
    let mut xml = Xml::new(content, MAX_DEPTH);
    let mut own: HashMap<u16, bool> = HashMap::new();
    let mut found = BTreeSet::new();
    // Styles that have names have formats of their own, in a list before that of cells.
    let (mut is_of_cells, mut at) = (false, 0);
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("numFmt") => {
                let id = element.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                if let (Some(id), Some(code)) = (id, element.attribute("formatCode")?) {
                    own.insert(id, is_percentage(id, Some(&code)));
                }
            }
            Node::Start(element) if element.is("cellXfs") => (is_of_cells, at) = (true, 0),
            Node::Start(element) if element.is("cellStyles") || element.is("dxfs") => is_of_cells = false,
            Node::Start(element) if is_of_cells && element.is("xf") => {
                let id: Option<u16> = element.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                let known = |id: u16| own.get(&id).copied().unwrap_or_else(|| is_percentage(id, None));
                if id.is_some_and(known) {
                    found.insert(at);
                }
                at += 1;
            }
            Node::Eof => return Ok(found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_list;

    #[test]
    fn only_formats_of_cells_are_counted() {
        let list = r#"<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>
            <cellStyleXfs><xf numFmtId="9"/><xf numFmtId="0"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs>
            <cellStyles><cellStyle xfId="0"/></cellStyles></styleSheet>"#;
        assert_eq!(of_list(list.as_bytes()).unwrap().into_iter().collect::<Vec<_>>(), [1, 2]);
    }
}
