//! The header of a table, and which of its columns a mapping means.

use std::collections::HashMap;

use formats::{CellRange, Chunk};
use wording::told;

use crate::Error;
use crate::mapping::{Mapping, Pattern, Virtual};

/// Rows in which the header is looked for.
const HEADER_ROWS: usize = 50;
/// Merged cells of one header that are looked at.
const MAX_SPANS: usize = 5000;

/// The header of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Header {
    /// Its first row, from 1.
    pub(crate) row: u32,
    /// Its last row.
    pub(crate) last: u32,
    /// The names, column by column; empty where a column has none, or does not belong to the table.
    pub(crate) names: Vec<String>,
    /// The columns of each name as it is written, and without marks and case.
    written: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
}

/// What a header has to show to be the one that a mapping means.
pub(crate) struct WantedColumns<'a> {
    /// Columns by their names.
    pub(crate) names: Vec<&'a str>,
    /// Patterns that some header has to fit.
    pub(crate) patterns: Vec<Pattern>,
    /// Which rows and columns the header has.
    pub(crate) extent: Extent,
}

/// Which rows and columns a header has, and how its texts are joined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// How many rows it has.
    pub(crate) height: u32,
    /// The first and the last column of the table.
    pub(crate) range: (usize, usize),
    /// Whether an empty cell above the last row belongs to the text on its left; when absent, where
    /// the sheet has no merged cells that would say it.
    pub(crate) fill: Option<bool>,
}

impl Extent {
    /// So many rows, over all columns.
    pub(crate) fn rows(height: u32) -> Extent {
        Extent { height, range: (0, usize::MAX), fill: None }
    }
}

impl<'a> WantedColumns<'a> {
    pub(crate) fn of(mapping: &'a Mapping, range: (usize, usize)) -> WantedColumns<'a> {
        let patterns = mapping.values.iter().filter_map(|value| Pattern::new(value.columns.as_deref()?).ok());
        WantedColumns {
            names: mapping.columns(),
            patterns: patterns.collect(),
            extent: Extent {
                height: mapping.source.header_height.unwrap_or(1),
                range,
                fill: mapping.source.header_fill,
            },
        }
    }
}

impl Header {
    /// The header at an index of a chunk.
    pub(crate) fn at(chunk: &Chunk, index: usize) -> Header {
        Header::joined(chunk, index, Extent::rows(1))
    }

    /// The header that begins at an index of a chunk. Above its last row, the text of merged cells
    /// belongs to all columns that they span; in a sheet without merged cells, an empty cell above a
    /// text belongs to the text on its left, which is how merged cells look in a text file.
    pub(crate) fn joined(chunk: &Chunk, index: usize, extent: Extent) -> Header {
        let Extent { height, range, fill } = extent;
        let row = chunk.row_number(index);
        let last = row.saturating_add(height.max(1) - 1);
        let count = (index..chunk.len()).take_while(|at| chunk.row_number(*at) <= last).count();
        let columns = range.0.min(chunk.columns.len())..chunk.columns.len().min(range.1.saturating_add(1));
        let mut names = vec![String::new(); columns.end];
        let cell = |row: usize, column: usize| tidy(chunk.cell(row, column).unwrap_or(""));
        let fills = fill.unwrap_or(chunk.merged.is_empty());
        let spans = Spans::of(chunk, row, last);
        for at in index..index + count {
            let number = chunk.row_number(at);
            let mut left = String::new();
            for column in columns.clone() {
                let own = cell(at, column);
                let stands_above =
                    || (at + 1..index + count).any(|below| chunk.cell(below, column).is_some());
                let text = if !own.is_empty() {
                    left.clone_from(&own);
                    own
                } else if let Some(text) = spans.text(number, column, row) {
                    // Over the last row, only the first of the merged columns is named.
                    if !text.is_first && !stands_above() {
                        continue;
                    }
                    text.text
                } else if fills && stands_above() {
                    left.clone()
                } else {
                    continue;
                };
                let name: &mut String = &mut names[column];
                if !name.is_empty() && *name != text && !text.is_empty() {
                    name.push(' ');
                    name.push_str(&text);
                } else if name.is_empty() {
                    *name = text;
                }
            }
        }
        let mut header = Header { row, last, ..Header::default() };
        for (column, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            header.written.entry(name.clone()).or_default().push(column);
            header.folded.entry(model::fold(name)).or_default().push(column);
        }
        header.names = names;
        header
    }

    /// The header that the mapping means: the row it names, or the first that has all its columns.
    pub(crate) fn of_mapping(
        chunk: &Chunk,
        wanted: &WantedColumns<'_>,
        named_row: Option<u32>,
    ) -> Result<Header, Error> {
        if let Some(row) = named_row {
            let at = (0..chunk.len()).find(|at| chunk.row_number(*at) == row);
            let header = at.map(|at| Header::joined(chunk, at, wanted.extent)).ok_or_else(|| {
                Error::invalid(
                    told!(
                        "intake-row-mapping-names-header-empty",
                        "row {row}, which the mapping names as the header, is empty",
                        row = row
                    ),
                    told!("intake-correct-header-row-mapping", "correct `header_row` in the mapping"),
                )
            })?;
            header.has_all(wanted)?;
            return Ok(header);
        }
        let header = Header::nearest(chunk, wanted).ok_or_else(|| {
            Error::invalid(
                told!("intake-file-no-rows", "the file has no rows"),
                told!("intake-hand-file-header-rows", "hand in a file that has a header and rows"),
            )
        })?;
        header.has_all(wanted)?;
        Ok(header)
    }

    /// The first row that has the most of the columns: the error about what is missing is then about
    /// the row that a person takes for the header.
    pub(crate) fn nearest(chunk: &Chunk, wanted: &WantedColumns<'_>) -> Option<Header> {
        let rows = 0..chunk.len().min(HEADER_ROWS);
        let scored: Vec<((usize, usize), Header)> = rows
            .map(|at| {
                let header = Header::joined(chunk, at, wanted.extent);
                let names = wanted.names.iter().filter(|name| header.find(name).is_ok()).count();
                let fitting =
                    |pattern: &Pattern| header.names.iter().filter(|name| pattern.fits(name)).count();
                ((names, wanted.patterns.iter().map(fitting).sum()), header)
            })
            .collect();
        let names = scored.iter().map(|((names, _), _)| *names).max()?;
        let most =
            scored.iter().filter(|((own, _), _)| *own == names).map(|((_, fitting), _)| *fitting).max()?;
        // A row of small numbers fits a pattern of months better than their names do: the first that
        // fits nearly as well is the header.
        let good = |((own, fitting), _): &((usize, usize), Header)| *own == names && fitting * 10 >= most * 6;
        scored.into_iter().find(good).map(|(_, header)| header)
    }

    pub(crate) fn has_all(&self, wanted: &WantedColumns<'_>) -> Result<(), Error> {
        wanted.names.iter().try_for_each(|name| self.find(name).map(|_| ()))?;
        let unfit = wanted.patterns.iter().find(|p| !self.names.iter().any(|name| p.fits(name)));
        match unfit {
            None => Ok(()),
            Some(pattern) => Err(Error::invalid(
                told!(
                    "intake-no-header-row-fits-pattern-values",
                    "no header (row {row}) fits the pattern `{pattern}` of the values",
                    row = self.row,
                    pattern = pattern.source()
                ),
                told!(
                    "intake-columns-there-correct-columns-mapping-hand-another",
                    "the columns there are {v1}: correct `columns` in the mapping, or hand in another file",
                    v1 = self.listed()
                ),
            )),
        }
    }

    /// The names of the columns, for an error.
    fn listed(&self) -> String {
        let own = self.names.iter().filter(|own| !own.is_empty());
        own.take(40).map(|own| format!("`{own}`")).collect::<Vec<_>>().join(", ")
    }

    /// The index of a column by its name: as written, or else without marks and case.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Error> {
        if let Some(Virtual::Letters(column)) = Virtual::of(name) {
            return Ok(column);
        }
        let name = tidy(name);
        let found = match self.written.get(&name) {
            Some(columns) => columns.as_slice(),
            None => self.folded.get(&model::fold(&name)).map_or(&[][..], Vec::as_slice),
        };
        match found {
            [one] => Ok(*one),
            [] => Err(Error::invalid(
                told!(
                    "intake-file-no-column-header-row",
                    "the file has no column `{name}` in its header (row {row})",
                    name = name,
                    row = self.row
                ),
                told!(
                    "intake-columns-there-correct-mapping-hand-another-file",
                    "the columns there are {v1}: correct the mapping, or hand in another file",
                    v1 = self.listed()
                ),
            )),
            many => Err(Error::invalid(
                told!(
                    "intake-header-row-columns",
                    "the header (row {row}) has {many} columns `{name}`",
                    row = self.row,
                    many = many.len(),
                    name = name
                ),
                told!(
                    "intake-give-each-column-own-name-file-name",
                    "give each column its own name in the file, or name the column by its letter: `@B`"
                ),
            )),
        }
    }

    /// Gives a name to a column behind the last one.
    pub(super) fn push(&mut self, column: usize, name: &str) {
        self.names.resize(column.max(self.names.len()), String::new());
        self.names.truncate(column);
        self.names.push(name.to_owned());
    }

    /// The name of a column by its index.
    pub(crate) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
}

/// The merged cells that a header has, each with its text.
struct Spans<'a>(Vec<(&'a CellRange, String)>);

/// The text of merged cells, as one of them shows it.
struct SpanText {
    text: String,
    /// Whether it is asked of the first of their columns.
    is_first: bool,
}

impl<'a> Spans<'a> {
    fn of(chunk: &'a Chunk, row: u32, last: u32) -> Spans<'a> {
        let touching = chunk.merged.iter().filter(|range| range.first_row <= last && range.last_row >= row);
        let with_text = touching.filter_map(|range| {
            let at = (0..chunk.len()).find(|at| chunk.row_number(*at) == range.first_row)?;
            let text = tidy(chunk.cell(at, usize::from(range.first_column).checked_sub(1)?)?);
            (!text.is_empty()).then_some((range, text))
        });
        Spans(with_text.take(MAX_SPANS).collect())
    }

    /// The text at an empty cell. Merged cells say it in their first row, or in the header's first row
    /// where they begin above it.
    fn text(&self, row: u32, column: usize, header: u32) -> Option<SpanText> {
        let column = u16::try_from(column + 1).ok()?;
        let (range, text) = self.0.iter().find(|(range, _)| range.contains(row, column))?;
        (range.first_row.max(header) == row)
            .then(|| SpanText { text: text.clone(), is_first: column == range.first_column })
    }
}

/// A header without line breaks and doubled blanks.
pub(crate) fn tidy(name: &str) -> String {
    model::nfc(&name.split_whitespace().collect::<Vec<_>>().join(" "))
}
