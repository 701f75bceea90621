//! What a cell of an OpenDocument spreadsheet holds (OASIS ODF 1.3 part 3 §19.385).

use std::io::BufRead;

use wording::told;

use crate::Error;
use crate::cell::shortest;
use crate::percent;
use crate::xlsx::damaged;
use crate::xml::{Element, Node, Xml};

/// The most blanks that one element may stand for.
const MAX_BLANKS: usize = 10_000;

/// The text of a cell.
pub(super) struct Content {
    pub(super) text: String,
    /// Whether the file holds a number, a date or a truth value.
    pub(super) is_typed: bool,
}

/// Reads a cell that has begun, up to its end.
pub(super) fn content<R: BufRead>(xml: &mut Xml<R>, cell: &Element) -> Result<Content, Error> {
    let shown = shown(xml)?;
    let typed = |text: String| Content { text, is_typed: true };
    let plain = |text: String| Content { text, is_typed: false };
    Ok(match cell.attribute("value-type")?.as_deref() {
        Some("percentage") => match cell.attribute("value")? {
            Some(value) => typed(value.parse::<f64>().map_or(value, percent::shown)),
            None => plain(shown),
        },
        Some("float" | "currency") => match cell.attribute("value")? {
            Some(value) => typed(value.parse::<f64>().map_or(value, shortest)),
            None => plain(shown),
        },
        Some("date") => cell.attribute("date-value")?.map_or_else(|| plain(shown), typed),
        Some("time") => {
            let value = cell.attribute("time-value")?;
            match value.as_deref().map(|value| clock(value).unwrap_or_else(|| value.to_owned())) {
                Some(value) => typed(value),
                None => plain(shown),
            }
        }
        Some("boolean") => match cell.attribute("boolean-value")?.as_deref() {
            Some("true" | "TRUE") => typed("TRUE".into()),
            Some(_) => typed("FALSE".into()),
            None => plain(shown),
        },
        // The text itself may stand in the attribute, or an empty one beside the text of an error.
        _ => plain(cell.attribute("string-value")?.filter(|text| !text.is_empty()).unwrap_or(shown)),
    })
}

/// The text that a cell shows: its paragraphs, each on a line; what hangs on it is passed over.
fn shown<R: BufRead>(xml: &mut Xml<R>) -> Result<String, Error> {
    let (mut text, mut depth, mut paragraphs) = (String::new(), 1_u32, 0_u32);
    loop {
        match xml.next()? {
            Node::Start(element) => {
                match element.name().as_str() {
                    "p" | "h" => {
                        if paragraphs > 0 {
                            text.push('\n');
                        }
                        paragraphs += 1;
                    }
                    "s" => {
                        let count = element.attribute("c")?.and_then(|count| count.parse().ok()).unwrap_or(1);
                        text.extend(std::iter::repeat_n(' ', MAX_BLANKS.min(count)));
                    }
                    "tab" => text.push('\t'),
                    "line-break" => text.push('\n'),
                    "span" | "a" => {}
                    _ => {
                        xml.skip()?;
                        continue;
                    }
                }
                depth += 1;
            }
            Node::End => {
                depth -= 1;
                if depth == 0 {
                    return Ok(text);
                }
            }
            // Blanks between the tags of a cell are none of its text.
            Node::Text(more) if depth > 1 => text.push_str(&more),
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-cell", "it ends within a cell"))),
        }
    }
}

/// `PT36H05M07.5S` as `36:05:07.5`.
fn clock(duration: &str) -> Option<String> {
    let mut rest = duration.strip_prefix("PT")?;
    let mut take = |unit: char| -> Option<f64> {
        let Some((number, after)) = rest.split_once(unit) else { return Some(0.0) };
        rest = after;
        number.parse().ok()
    };
    let (hours, minutes, seconds) = (take('H')?, take('M')?, take('S')?);
    (rest.is_empty() && hours >= 0.0).then(|| {
        let width = if seconds.fract() == 0.0 { 2 } else { 0 };
        let zero = if width == 0 && seconds < 10.0 { "0" } else { "" };
        format!("{hours:02}:{minutes:02}:{zero}{seconds:0width$}")
    })
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn a_duration_is_told_as_a_clock() {
        for (duration, expected) in [
            ("PT12H30M00S", Some("12:30:00")),
            ("PT36H05M07S", Some("36:05:07")),
            ("PT00H00M01.5S", Some("00:00:01.5")),
            ("P1D", None),
            ("PT1X", None),
        ] {
            assert_eq!(clock(duration).as_deref(), expected, "{duration}");
        }
    }
}
