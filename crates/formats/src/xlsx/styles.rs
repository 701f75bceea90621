//! Which formats of a workbook's cells show percentages (ECMA-376 part 1 §18.8.10, §18.8.31).

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Seek};

use zip::ZipArchive;

use crate::Error;
use crate::percent::is_percentage;
use crate::xml::{Node, Xml};

/// The most bytes of the list of formats that are read; it is some kilobytes.
const MAX_BYTES: u64 = 8 << 20;
/// The deepest nesting of its elements.
const MAX_DEPTH: u32 = 64;

/// The places of such formats in the list of formats of cells; none where it cannot be read, which the
/// reader of the cells tells.
pub(super) fn percentages<R: Read + Seek>(archive: &mut ZipArchive<R>) -> BTreeSet<u32> {
    let is_list = |name: &str| {
        let name = name.replace('\\', "/").to_ascii_lowercase();
        name == "styles.xml" || name.ends_with("/styles.xml")
    };
    let name = archive.file_names().flatten().find(|name| is_list(name)).map(|name| name.into_owned());
    let part = name.and_then(|name| archive.by_name(&name).ok());
    let mut content = Vec::new();
    let read = part.map(|part| part.take(MAX_BYTES).read_to_end(&mut content));
    match read {
        Some(Ok(_)) => of_list(&content).unwrap_or_default(),
        Some(Err(_)) | None => BTreeSet::new(),
    }
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
