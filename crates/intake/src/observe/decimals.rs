//! How the numbers of a table show their decimals, and where nothing shows it.

use formats::Chunk;

use super::number::{NumberStyle, in_groups};
use super::plan::Plan;
use super::shared::Cells;

impl Plan {
    /// How the numbers are written, where the columns show it and agree.
    pub(super) fn decimal(&self, chunk: &Chunk) -> Option<&'static str> {
        let shows = |mark: char, style: NumberStyle| {
            self.values.iter().filter(|read| read.columns.style == style).any(|read| {
                let cells = Cells::of(chunk, Some(read.columns.value));
                (0..chunk.len())
                    .filter_map(|row| cells.get(row))
                    .any(|text| text.contains(mark) && style.read(text).is_ok())
            })
        };
        match (shows('.', NumberStyle::Dot), shows(',', NumberStyle::Comma)) {
            (true, false) => Some("dot"),
            (false, true) => Some("comma"),
            _ => None,
        }
    }

    /// A text of a column of values in which every number is another one when its marks stand before decimals,
    /// and nothing tells which is meant.
    pub(super) fn in_doubt(&self, chunk: &Chunk) -> Option<String> {
        self.values.iter().find_map(|read| {
            let mark = match read.columns.style {
                NumberStyle::Comma => '.',
                NumberStyle::Dot => ',',
                NumberStyle::Unclear => return None,
            };
            let cells = Cells::of(chunk, Some(read.columns.value));
            let below = (0..chunk.len())
                .filter(|row| !chunk.is_typed(*row, read.columns.value))
                .filter_map(|row| cells.get(row));
            in_groups(below, mark).map(str::to_owned)
        })
    }
}
