//! A sheet copied event by event, with other styles on the cells that are marked.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use model::CellRef;
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::styles::{Styles, changed};
use super::{CellMark, Edit, Rows, not_editable, prefix_of};

/// The namespace of links to other parts.
pub(super) const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// The namespace of sheets, in the dialect that is edited here.
const SHEETS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
/// What stands behind `legacyDrawing` in a sheet (ECMA-376-1 §18.3.1.99).
const BEHIND: [&str; 8] = [
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
];

/// Copies a sheet. `drawing` is the link of the drawing of comments, where the sheet has none yet.
pub(super) fn copy(
    input: impl BufRead,
    output: impl Write,
    rows: &Rows,
    styles: &mut Styles,
    drawing: Option<&str>,
) -> Edit<()> {
    let mut reader = Reader::from_reader(input);
    let mut copy = Copy {
        writer: Writer::new(output),
        styles,
        rows,
        drawing,
        depth: 0,
        row: 0,
        column: 0,
        left: BTreeMap::new(),
        prefix: String::new(),
    };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(not_editable)? {
            Event::Eof => return Ok(()),
            event => copy.event(event)?,
        }
    }
}

struct Copy<'a, W: Write> {
    writer: Writer<W>,
    styles: &'a mut Styles,
    rows: &'a Rows,
    drawing: Option<&'a str>,
    depth: usize,
    row: u32,
    column: u16,
    /// The marks of this row whose cells have not come yet.
    left: BTreeMap<u16, CellMark>,
    prefix: String,
}

impl<W: Write> Copy<'_, W> {
    fn event(&mut self, event: Event<'_>) -> Edit<()> {
        match event {
            Event::Start(start) => {
                self.depth += 1;
                let start = self.begin(start)?;
                self.write(Event::Start(start))
            }
            Event::Empty(start) => {
                self.depth += 1;
                let start = self.begin(start)?;
                let is_row = self.depth == 3 && start.local_name().as_ref() == "row" && !self.left.is_empty();
                if is_row {
                    let end = BytesEnd::new(start.name().0.to_owned());
                    self.write(Event::Start(start))?;
                    self.rest(u16::MAX)?;
                    self.write(Event::End(end))?;
                } else {
                    self.write(Event::Empty(start))?;
                }
                self.depth -= 1;
                Ok(())
            }
            Event::End(end) => {
                if self.depth == 3 {
                    // Behind the last cell of a row.
                    self.rest(u16::MAX)?;
                }
                if self.depth == 1 {
                    self.draw()?;
                }
                self.depth = self.depth.saturating_sub(1);
                self.write(Event::End(end))
            }
            other => self.write(other),
        }
    }

    fn begin<'b>(&mut self, start: BytesStart<'b>) -> Edit<BytesStart<'b>> {
        let name = start.local_name();
        match (self.depth, name.as_ref()) {
            (1, _) => {
                self.prefix = prefix_of(start.name().0).to_owned();
                let key = if self.prefix.is_empty() {
                    "xmlns".to_owned()
                } else {
                    format!("xmlns:{}", self.prefix.trim_end_matches(':'))
                };
                let space = attribute(&start, &key)?;
                if space.as_deref() != Some(SHEETS) {
                    return Err(not_editable("the sheet is written in another dialect"));
                }
            }
            (2, name) if BEHIND.contains(&name) => self.draw()?,
            (3, "row") => {
                let number = attribute(&start, "r")?.and_then(|text| text.parse().ok());
                (self.row, self.column) = (number.unwrap_or(self.row + 1), 0);
                self.left = self.rows.get(&self.row).cloned().unwrap_or_default();
            }
            (4, "c") => {
                let column = attribute(&start, "r")?.and_then(|text| column_of(&text));
                self.column = column.unwrap_or(self.column.saturating_add(1));
                self.rest(self.column)?;
                if let Some(mark) = self.left.remove(&self.column) {
                    let style = attribute(&start, "s")?.and_then(|text| text.parse().ok()).unwrap_or(0);
                    let style = self.styles.marked(style, mark.refused).to_string();
                    return changed(&start, &[("s", &style)]);
                }
            }
            _ => {}
        }
        Ok(start)
    }

    /// Writes the marked cells before a column that the sheet itself does not have.
    fn rest(&mut self, before: u16) -> Edit<()> {
        while let Some(entry) = self.left.first_entry() {
            if *entry.key() >= before {
                break;
            }
            let (column, mark) = entry.remove_entry();
            let style = self.styles.marked(0, mark.refused).to_string();
            let cell = CellRef { sheet: 0, row: self.row, column }.a1();
            let mut made = BytesStart::new(format!("{}c", self.prefix));
            made.push_attribute(("r", cell.as_str()));
            made.push_attribute(("s", style.as_str()));
            self.write(Event::Empty(made))?;
        }
        Ok(())
    }

    /// Links the drawing of the comments, once.
    fn draw(&mut self) -> Edit<()> {
        let Some(link) = self.drawing.take() else { return Ok(()) };
        let mut made = BytesStart::new(format!("{}legacyDrawing", self.prefix));
        made.push_attribute(("xmlns:cl", LINKS));
        made.push_attribute(("cl:id", link));
        self.write(Event::Empty(made))
    }

    fn write(&mut self, event: Event<'_>) -> Edit<()> {
        self.writer.write_event(event).map_err(not_editable)
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Edit<Option<String>> {
    let found = start.try_get_attribute(name).map_err(not_editable)?;
    Ok(found.map(|attribute| attribute.value.into_owned()))
}

/// The number of the column of `AB12`.
fn column_of(cell: &str) -> Option<u16> {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.fold(0_u32, |number, letter| {
        number.saturating_mul(26).saturating_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    u16::try_from(number).ok().filter(|number| *number > 0)
}
