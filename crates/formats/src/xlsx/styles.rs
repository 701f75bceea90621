//! Which formats of a workbook's cells show more than their numbers: percentages, units, a line through them (ECMA-376
//! part 1 §18.8.10, §18.8.22, §18.8.31).

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use wording::{Told, told};
use zip::ZipArchive;

use super::guard::no_archive;
use crate::Error;
use crate::shown::{CellFormat, NumberFormats};
use crate::xml::{Node, Xml};

/// The most bytes of the list of formats that are read: it is some kilobytes, and megabytes where sheets were
/// copied together for years.
const MAX_BYTES: u64 = 64 << 20;
/// The deepest nesting of its elements.
const MAX_DEPTH: u32 = 64;

/// What the formats of cells show, in the order of their list; nothing where there is no list.
///
/// # Errors
/// The list cannot be read: which cells are percentages is then not known.
pub(super) fn styles<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Vec<CellFormat>, Error> {
    let is_list = |name: &str| {
        let name = name.replace('\\', "/").to_ascii_lowercase();
        name == "styles.xml" || name.ends_with("/styles.xml")
    };
    let name = archive.file_names().flatten().find(|name| is_list(name)).map(|name| name.into_owned());
    let Some(name) = name else { return Ok(Vec::new()) };
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

fn of_list(content: &[u8]) -> Result<Vec<CellFormat>, Error> {
    let mut xml = Xml::new(content, MAX_DEPTH);
    let mut numbers = NumberFormats::default();
    let mut found: Vec<CellFormat> = Vec::new();
    // Fonts with a line through their letters, by their places.
    let (mut struck, mut fonts) = (BTreeSet::new(), 0_u32);
    let mut is_of_fonts = false;
    // Styles that have names have formats of their own, in a list before that of cells.
    let mut is_of_cells = false;
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("numFmt") => {
                let id = element.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                if let (Some(id), Some(code)) = (id, element.attribute("formatCode")?) {
                    numbers.add(id, &code);
                }
            }
            Node::Start(element) if element.is("fonts") => is_of_fonts = true,
            Node::Start(element) if element.is("fills") => is_of_fonts = false,
            Node::Start(element) if is_of_fonts && element.is("font") => fonts += 1,
            Node::Start(element) if is_of_fonts && element.is("strike") => {
                let is_one =
                    element.attribute("val")?.is_none_or(|val| !matches!(val.as_str(), "0" | "false"));
                if is_one && fonts > 0 {
                    struck.insert(fonts - 1);
                }
            }
            Node::Start(element) if element.is("cellXfs") => is_of_cells = true,
            Node::Start(element) if element.is("cellStyles") || element.is("dxfs") => is_of_cells = false,
            Node::Start(element) if is_of_cells && element.is("xf") => {
                let id: Option<u16> = element.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                let font: Option<u32> = element.attribute("fontId")?.and_then(|id| id.parse().ok());
                let is_struck = font.is_some_and(|font| struck.contains(&font));
                found.push(CellFormat { is_struck, ..id.map(|id| numbers.of(id)).unwrap_or_default() });
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
    fn units_thousandths_and_lines_are_found() {
        let list = r##"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.00&quot; m&quot;"/><numFmt numFmtId="165" formatCode="#,##0,"/></numFmts>
            <fonts><font><sz val="11"/></font><font><strike/></font><font><strike val="0"/></font></fonts><fills/>
            <cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="164" fontId="2"/><xf numFmtId="165" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs>
            <dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>"##;
        let found = of_list(list.as_bytes()).unwrap();
        let units: Vec<Option<&str>> = found.iter().map(|format| format.unit.as_deref()).collect();
        assert_eq!(units, [None, Some("m"), None, None]);
        let others: Vec<(bool, bool)> =
            found.iter().map(|format| (format.is_scaled, format.is_struck)).collect();
        assert_eq!(others, [(false, false), (false, false), (true, false), (false, true)]);
    }

    #[test]
    fn only_formats_of_cells_are_counted() {
        let list = r#"<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>
            <cellStyleXfs><xf numFmtId="9"/><xf numFmtId="0"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs>
            <cellStyles><cellStyle xfId="0"/></cellStyles></styleSheet>"#;
        let found = of_list(list.as_bytes()).unwrap();
        let percentages: Vec<bool> = found.iter().map(|format| format.is_percentage).collect();
        assert_eq!(percentages, [false, true, true, false]);
    }
}
