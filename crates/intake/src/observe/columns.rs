//! The header of a table, and which of its columns a mapping means.

use std::collections::HashMap;

use formats::Chunk;

use crate::Error;
use crate::mapping::{Mapping, Pattern, Virtual};

/// Rows in which the header is looked for.
const HEADER_ROWS: usize = 50;

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
    /// How many rows the header has.
    pub(crate) height: u32,
    /// The first and the last column of the table.
    pub(crate) range: (usize, usize),
}

impl<'a> WantedColumns<'a> {
    pub(crate) fn of(mapping: &'a Mapping, range: (usize, usize)) -> WantedColumns<'a> {
        let patterns = mapping.values.iter().filter_map(|value| Pattern::new(value.columns.as_deref()?).ok());
        WantedColumns {
            names: mapping.columns(),
            patterns: patterns.collect(),
            height: mapping.source.header_height.unwrap_or(1),
            range,
        }
    }
}

impl Header {
    /// The header at an index of a chunk.
    pub(crate) fn at(chunk: &Chunk, index: usize) -> Header {
        Header::joined(chunk, index, 1, (0, usize::MAX))
    }

    /// The header that begins at an index of a chunk and has so many rows. An empty cell above the last
    /// row belongs to the text on its left when something stands below it: so merged cells are read.
    pub(crate) fn joined(chunk: &Chunk, index: usize, height: u32, range: (usize, usize)) -> Header {
        let row = chunk.row_number(index);
        let last = row.saturating_add(height.max(1) - 1);
        let count = (index..chunk.len()).take_while(|at| chunk.row_number(*at) <= last).count();
        let columns = range.0.min(chunk.columns.len())..chunk.columns.len().min(range.1.saturating_add(1));
        let mut names = vec![String::new(); columns.end];
        let cell = |row: usize, column: usize| tidy(chunk.cell(row, column).unwrap_or(""));
        for row in index..index + count {
            let mut left = String::new();
            for column in columns.clone() {
                let own = cell(row, column);
                let text = if own.is_empty() {
                    let stands_above =
                        (row + 1..index + count).any(|below| chunk.cell(below, column).is_some());
                    if stands_above { left.clone() } else { continue }
                } else {
                    left.clone_from(&own);
                    own
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
            let header =
                at.map(|at| Header::joined(chunk, at, wanted.height, wanted.range)).ok_or_else(|| {
                    Error::invalid(
                        format!("row {row}, which the mapping names as the header, is empty"),
                        "correct `header_row` in the mapping",
                    )
                })?;
            header.has_all(wanted)?;
            return Ok(header);
        }
        let header = Header::nearest(chunk, wanted).ok_or_else(|| {
            Error::invalid("the file has no rows", "hand in a file that has a header and rows")
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
                let header = Header::joined(chunk, at, wanted.height, wanted.range);
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
                format!("no header (row {}) fits the pattern `{}` of the values", self.row, pattern.source()),
                format!(
                    "the columns there are {}: correct `columns` in the mapping, or hand in another file",
                    self.listed()
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
                format!("the file has no column `{name}` in its header (row {})", self.row),
                format!(
                    "the columns there are {}: correct the mapping, or hand in another file",
                    self.listed()
                ),
            )),
            many => Err(Error::invalid(
                format!("the header (row {}) has {} columns `{name}`", self.row, many.len()),
                "give each column its own name in the file, or name the column by its letter: `@B`",
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

/// A header without line breaks and doubled blanks.
pub(crate) fn tidy(name: &str) -> String {
    model::nfc(&name.split_whitespace().collect::<Vec<_>>().join(" "))
}
