//! What a cell of such a workbook holds (XML Spreadsheet Reference, element `Data`, attribute `ss:Type`).

use std::io::BufRead;

use wording::told;

use crate::Error;
use crate::cell::shortest;
use crate::percent;
use crate::xlsx::damaged;
use crate::xml::{Node, Xml};

/// The day that stands before a time that has none.
const NO_DAY: [&str; 2] = ["1899-12-31", "1900-01-00"];

/// The text of a cell.
pub(super) struct Content {
    pub(super) text: String,
    /// Whether the file holds a number, a date or a truth value.
    pub(super) is_typed: bool,
}

/// Reads a cell that has begun, up to its end. Only what stands in the cell itself counts: a comment has a `Data` of
/// its own.
pub(super) fn content<R: BufRead>(xml: &mut Xml<R>, is_percent: bool) -> Result<Content, Error> {
    let mut content = Content { text: String::new(), is_typed: false };
    loop {
        match xml.next()? {
            Node::Start(element) if element.is("Data") => {
                let kind = element.attribute("Type")?;
                content = of(kind.as_deref(), xml.text()?, is_percent);
            }
            Node::Start(_) => xml.skip()?,
            Node::End => return Ok(content),
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-cell", "it ends within a cell"))),
        }
    }
}

/// Passes over a cell that has begun, and says whether it holds anything.
pub(super) fn holds_any<R: BufRead>(xml: &mut Xml<R>) -> Result<bool, Error> {
    let mut holds = false;
    loop {
        match xml.next()? {
            Node::Start(element) => {
                holds |= element.is("Data");
                xml.skip()?;
            }
            Node::End => return Ok(holds),
            Node::Text(_) => {}
            Node::Eof => return Err(damaged(told!("formats-ends-within-cell", "it ends within a cell"))),
        }
    }
}

fn of(kind: Option<&str>, text: String, is_percent: bool) -> Content {
    let typed = |text: String| Content { text, is_typed: true };
    match kind {
        Some("Number") => match text.trim().parse::<f64>() {
            Ok(number) if is_percent => typed(percent::shown(number)),
            Ok(number) => typed(shortest(number)),
            Err(_) => Content { text, is_typed: false },
        },
        Some("DateTime") => typed(day_and_clock(text.trim())),
        Some("Boolean") => typed(if text.trim() == "1" { "TRUE" } else { "FALSE" }.into()),
        _ => Content { text, is_typed: false },
    }
}

/// `2024-02-20T00:00:00.000` as `2024-02-20`, `1899-12-31T07:30:00.000` as `07:30:00`.
fn day_and_clock(text: &str) -> String {
    let Some((day, clock)) = text.split_once('T') else { return text.to_owned() };
    let clock = clock.strip_suffix(".000").unwrap_or(clock);
    match clock {
        _ if NO_DAY.contains(&day) => clock.to_owned(),
        "00:00:00" => day.to_owned(),
        _ => format!("{day}T{clock}"),
    }
}

#[cfg(test)]
mod tests {
    use super::day_and_clock;

    #[test]
    fn days_and_clocks_are_told_apart() {
        for (text, expected) in [
            ("2024-02-20T00:00:00.000", "2024-02-20"),
            ("2024-02-20T07:30:00.000", "2024-02-20T07:30:00"),
            ("2024-02-20T07:30:00.250", "2024-02-20T07:30:00.250"),
            ("1899-12-31T07:30:00.000", "07:30:00"),
            ("2024-02-20", "2024-02-20"),
        ] {
            assert_eq!(day_and_clock(text), expected);
        }
    }
}
