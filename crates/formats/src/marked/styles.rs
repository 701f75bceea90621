//! The styles of a workbook: for each style of a cell that is marked, the same with another fill.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Edit, not_editable, prefix_of, spliced};

/// Fills of refused cells and of those that are pointed out, as ARGB.
const FILLS: [&str; 2] = ["FFF8CBC4", "FFFFE9A8"];

/// A workbook's styles, and those that are asked for.
pub(super) struct Styles {
    xml: String,
    fills: Part,
    formats: Part,
    /// The cell formats, each as it stands in the document.
    each: Vec<Range<usize>>,
    wanted: Vec<(usize, bool)>,
}

/// A list in the document.
struct Part {
    tag: Range<usize>,
    name: String,
    end: usize,
    count: usize,
}

impl Styles {
    pub(super) fn read(xml: String) -> Edit<Styles> {
        let mut reader = Reader::from_str(&xml);
        let (mut fills, mut formats): (Option<Part>, Option<Part>) = (None, None);
        let (mut each, mut depth, mut begun) = (Vec::new(), 0_usize, 0);
        let (mut in_fills, mut in_formats) = (false, false);
        loop {
            let from = position(&reader)?;
            let event = reader.read_event().map_err(not_editable)?;
            let to = position(&reader)?;
            match event {
                Event::Start(start) => {
                    depth += 1;
                    let part = || Part { tag: from..to, name: start.name().0.to_owned(), end: 0, count: 0 };
                    match (depth, start.local_name().as_ref()) {
                        (2, "fills") => (fills, in_fills) = (Some(part()), true),
                        (2, "cellXfs") => (formats, in_formats) = (Some(part()), true),
                        (3, _) => begun = from,
                        _ => {}
                    }
                }
                Event::Empty(_) if depth == 2 => {
                    count(&mut fills, in_fills);
                    count(&mut formats, in_formats);
                    if in_formats {
                        each.push(from..to);
                    }
                }
                Event::End(_) => {
                    if depth == 3 {
                        count(&mut fills, in_fills);
                        count(&mut formats, in_formats);
                        if in_formats {
                            each.push(begun..to);
                        }
                    } else if depth == 2 {
                        for (part, inside) in [(&mut fills, &mut in_fills), (&mut formats, &mut in_formats)] {
                            if let (Some(part), true) = (part.as_mut(), *inside) {
                                part.end = from;
                            }
                            *inside = false;
                        }
                    }
                    depth = depth.saturating_sub(1);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        drop(reader);
        let missing = || not_editable("the workbook has no list of fills or of cell formats");
        let (fills, formats) = (fills.ok_or_else(missing)?, formats.ok_or_else(missing)?);
        if fills.end == 0 || formats.end == 0 || each.is_empty() {
            return Err(missing());
        }
        Ok(Styles { xml, fills, formats, each, wanted: Vec::new() })
    }

    /// The number of the style that is like this one but for the fill.
    pub(super) fn marked(&mut self, style: usize, refused: bool) -> usize {
        let style = if style < self.each.len() { style } else { 0 };
        let at = self.wanted.iter().position(|known| *known == (style, refused)).unwrap_or_else(|| {
            self.wanted.push((style, refused));
            self.wanted.len() - 1
        });
        self.formats.count + at
    }

    /// The document with the styles that were asked for.
    pub(super) fn finish(&self) -> Edit<String> {
        let prefix = prefix_of(&self.fills.name);
        let fills: String = FILLS
            .iter()
            .map(|colour| {
                format!(
                    "<{prefix}fill><{prefix}patternFill patternType=\"solid\"><{prefix}fgColor rgb=\"{colour}\"/>\
                     <{prefix}bgColor indexed=\"64\"/></{prefix}patternFill></{prefix}fill>"
                )
            })
            .collect();
        let mut formats = String::new();
        for (style, refused) in &self.wanted {
            let fill = self.fills.count + usize::from(!refused);
            formats.push_str(&filled(&self.xml[self.each[*style].clone()], fill)?);
        }
        let mut changes =
            vec![(self.fills.end..self.fills.end, fills), (self.formats.end..self.formats.end, formats)];
        for (part, more) in [(&self.fills, FILLS.len()), (&self.formats, self.wanted.len())] {
            let count = (part.count + more).to_string();
            changes.push((
                part.tag.clone(),
                with_attributes(&self.xml[part.tag.clone()], &[("count", &count)])?,
            ));
        }
        Ok(spliced(&self.xml, changes))
    }
}

fn count(part: &mut Option<Part>, inside: bool) {
    if let (Some(part), true) = (part, inside) {
        part.count += 1;
    }
}

/// A cell format with another fill.
fn filled(format: &str, fill: usize) -> Edit<String> {
    let end = format.find('>').ok_or_else(|| not_editable("a cell format has no end"))? + 1;
    let tag = with_attributes(&format[..end], &[("fillId", &fill.to_string()), ("applyFill", "1")])?;
    Ok(tag + &format[end..])
}

/// A tag with these attributes in place of its own of these names.
pub(super) fn with_attributes(tag: &str, attributes: &[(&str, &str)]) -> Edit<String> {
    let mut reader = Reader::from_str(tag);
    reader.config_mut().check_end_names = false;
    let (start, close) = match reader.read_event().map_err(not_editable)? {
        Event::Start(start) => (start, ">"),
        Event::Empty(start) => (start, "/>"),
        _ => return Err(not_editable("a tag was expected")),
    };
    Ok(format!("<{}{close}", &*changed(&start, attributes)?))
}

/// The same start with these attributes in place of its own of these names.
pub(super) fn changed<'a>(start: &BytesStart<'a>, attributes: &[(&str, &str)]) -> Edit<BytesStart<'static>> {
    let mut made = BytesStart::new(start.name().0.to_owned());
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(not_editable)?;
        if !attributes.iter().any(|(name, _)| *name == attribute.key.0) {
            made.push_attribute(attribute);
        }
    }
    for attribute in attributes {
        made.push_attribute(*attribute);
    }
    Ok(made)
}

pub(super) fn position(reader: &Reader<&[u8]>) -> Edit<usize> {
    usize::try_from(reader.buffer_position()).map_err(not_editable)
}
