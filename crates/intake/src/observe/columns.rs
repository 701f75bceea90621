//! The header of a table, and which of its columns a mapping means.

use std::collections::HashMap;

use formats::Chunk;

use crate::Error;
use crate::mapping::Mapping;

/// Rows in which the header is looked for.
const HEADER_ROWS: usize = 50;

/// The header of a sheet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Header {
    /// Its row, from 1.
    pub(crate) row: u32,
    /// The names, column by column; empty where a column has none.
    pub(crate) names: Vec<String>,
    /// The columns of each name as it is written, and without marks and case.
    written: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
}

impl Header {
    /// The header at an index of a chunk.
    pub(crate) fn at(chunk: &Chunk, index: usize) -> Header {
        let names: Vec<String> =
            (0..chunk.columns.len()).map(|column| tidy(chunk.cell(index, column).unwrap_or(""))).collect();
        let mut header = Header { row: chunk.row_number(index), ..Header::default() };
        for (column, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            header.written.entry(name.clone()).or_default().push(column);
            header.folded.entry(model::fold(name)).or_default().push(column);
        }
        header.names = names;
        header
    }

    /// The header that the mapping means: the row it names, or the first that has all its columns.
    pub(crate) fn of_mapping(chunk: &Chunk, mapping: &Mapping) -> Result<Header, Error> {
        let wanted = mapping.columns();
        let rows = chunk.len().min(HEADER_ROWS);
        if let Some(row) = mapping.source.header_row {
            let at = (0..chunk.len()).find(|at| chunk.row_number(*at) == row);
            let header = at.map(|at| Header::at(chunk, at)).ok_or_else(|| {
                Error::invalid(
                    format!("row {row}, which the mapping names as the header, is empty"),
                    "correct `header_row` in the mapping",
                )
            })?;
            header.has_all(&wanted)?;
            return Ok(header);
        }
        let headers: Vec<Header> = (0..rows).map(|at| Header::at(chunk, at)).collect();
        let found = |header: &Header| wanted.iter().filter(|name| header.find(name).is_ok()).count();
        // The first row that has the most of them: the error about what is missing is then about the
        // row that a person takes for the header.
        let mut best: Option<(usize, &Header)> = None;
        for header in &headers {
            let count = found(header);
            if best.is_none_or(|(most, _)| count > most) {
                best = Some((count, header));
            }
        }
        let (_, header) = best.ok_or_else(|| {
            Error::invalid("the file has no rows", "hand in a file that has a header and rows")
        })?;
        header.has_all(&wanted)?;
        Ok(header.clone())
    }

    fn has_all(&self, wanted: &[&str]) -> Result<(), Error> {
        wanted.iter().try_for_each(|name| self.find(name).map(|_| ()))
    }

    /// The index of a column by its name: as written, or else without marks and case.
    pub(crate) fn find(&self, name: &str) -> Result<usize, Error> {
        let name = tidy(name);
        let found = match self.written.get(&name) {
            Some(columns) => columns.as_slice(),
            None => self.folded.get(&model::fold(&name)).map_or(&[][..], Vec::as_slice),
        };
        match found {
            [one] => Ok(*one),
            [] => {
                let there: Vec<String> = self
                    .names
                    .iter()
                    .filter(|own| !own.is_empty())
                    .take(40)
                    .map(|own| format!("`{own}`"))
                    .collect();
                Err(Error::invalid(
                    format!("the file has no column `{name}` in its header (row {})", self.row),
                    format!(
                        "the columns there are {}: correct the mapping, or hand in another file",
                        there.join(", ")
                    ),
                ))
            }
            many => Err(Error::invalid(
                format!("the header (row {}) has {} columns `{name}`", self.row, many.len()),
                "give each column its own name in the file",
            )),
        }
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
