//! Making the rows of a sheet those of a plain table: what is no data goes, what stands around is put beside.
//!
//! Rows keep their numbers and cells their columns, so that a value is still traced to its own cell;
//! what was put beside is a column behind the last.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, StringArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use formats::Chunk;
use model::Severity;
use wording::told;

use super::columns::Header;
use super::leave_out::LeftOut;
use super::numbering::numbers_columns;
use super::shared::cell_at;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{Mapping, Pattern};

/// A column that is put behind the last one.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    pub(super) name: String,
    pub(super) made: Made,
}

/// What a column that is put beside holds.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// One text, and the row and column where it stands; row 0 where it stands in no cell.
    Constant { text: String, row: u32, column: usize },
    /// A column of the table, of which a pattern takes a part or which other words translate.
    Of { column: usize, pattern: Option<Box<Pattern>>, words: BTreeMap<String, String> },
    /// A part of the row that heads the group.
    Group { part: String },
}

/// The rules of a table's rows, ready to use, with what has been seen so far.
pub(super) struct RowReader {
    first: u32,
    last: u32,
    comment: Option<String>,
    skip: Vec<Pattern>,
    groups: Vec<Pattern>,
    fill: Vec<usize>,
    any: bool,
    /// The first and the last column of the table.
    range: (usize, usize),
    /// How many columns the table has; what is put beside comes behind.
    pub(super) width: usize,
    pub(super) beside: Vec<Beside>,
    /// The parts of the groups that hold now, the outer group first.
    held: Vec<BTreeMap<String, String>>,
    filled: Vec<Option<String>>,
}

impl RowReader {
    pub(super) fn new(
        mapping: &Mapping,
        header: &Header,
        range: (usize, usize),
        width: usize,
        beside: Vec<Beside>,
    ) -> Result<RowReader, Error> {
        let rules = &mapping.rows;
        let compiled = |texts: &[String]| {
            texts
                .iter()
                .map(|text| {
                    Pattern::new(text).map_err(|what| {
                        Error::invalid(
                            told!("intake-mapping-rows-pattern", "the mapping, [rows]: the pattern `{text}`: {what}", text = text, what => what),
                            told!("intake-correct", "correct it"),
                        )
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let fill = rules.fill.iter().map(|name| header.find(name)).collect::<Result<Vec<_>, _>>()?;
        let groups = compiled(&rules.group)?;
        Ok(RowReader {
            first: rules.first.unwrap_or(0).max(header.last + 1),
            last: rules.last.unwrap_or(u32::MAX),
            comment: mapping.source.comment.clone(),
            skip: compiled(&rules.skip)?,
            held: vec![BTreeMap::new(); groups.len()],
            groups,
            filled: vec![None; fill.len()],
            fill,
            any: rules.are_any() || mapping.source.comment.is_some() || range.1 != usize::MAX,
            range,
            width,
            beside,
        })
    }

    /// The first row of data.
    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// The rows of data of a chunk, and the index of the first of them.
    pub(super) fn read<'c>(
        &mut self,
        chunk: &'c Chunk,
        header: &Header,
        findings: &mut Findings,
    ) -> Result<(Cow<'c, Chunk>, usize), Error> {
        if !self.any && self.beside.is_empty() {
            let mut start = (0..chunk.len()).take_while(|row| chunk.row_number(*row) < self.first).count();
            while start < chunk.len() && numbers_columns(chunk, start, header.last) {
                start += 1;
            }
            return Ok((Cow::Borrowed(chunk), start));
        }
        let groups: Vec<usize> =
            (0..self.beside.len()).filter(|at| matches!(self.beside[*at].made, Made::Group { .. })).collect();
        let mut parts: Vec<Vec<Option<String>>> = vec![Vec::new(); groups.len()];
        let mut kept: Vec<u32> = Vec::with_capacity(chunk.len());
        for row in 0..chunk.len() {
            if !self.is_data(chunk, row, header, findings) {
                continue;
            }
            kept.push(u32::try_from(row).map_err(|error| Error::internal("counting rows", error))?);
            for (texts, at) in parts.iter_mut().zip(&groups) {
                texts.push(self.part(*at));
            }
        }
        let mut made = taken(chunk, &kept)?;
        let rows = made.len().max(kept.len());
        made.columns.truncate(self.width);
        made.typed.truncate(self.width);
        while made.columns.len() < self.width {
            made.columns.push(StringArray::new_null(rows));
        }
        for (at, column) in self.fill.iter().enumerate() {
            made.columns[*column] = filled(&made.columns[*column], &mut self.filled[at]);
        }
        for at in 0..self.beside.len() {
            let column = match &self.beside[at].made {
                Made::Constant { text, .. } => constant(text, rows),
                Made::Of { column, pattern, words } => {
                    changed(&made.columns[*column], pattern.as_deref(), words)
                }
                Made::Group { .. } => {
                    let own = groups.iter().position(|group| *group == at).unwrap_or(0);
                    StringArray::from(std::mem::take(&mut parts[own]))
                }
            };
            made.columns.push(column);
        }
        Ok((Cow::Owned(made), 0))
    }

    fn part(&self, at: usize) -> Option<String> {
        let Made::Group { part } = &self.beside[at].made else { return None };
        self.held.iter().rev().find_map(|group| group.get(part)).cloned()
    }

    /// Whether a row is one of data; a row that heads a group is remembered.
    fn is_data(&mut self, chunk: &Chunk, row: usize, header: &Header, findings: &mut Findings) -> bool {
        let number = chunk.row_number(row);
        let columns = self.range.0..chunk.columns.len().min(self.range.1.saturating_add(1));
        let mut texts = columns.filter_map(|column| {
            let text = chunk.cell(row, column)?.trim();
            (!text.is_empty()).then_some((column, text))
        });
        let Some((column, text)) = texts.next() else { return false };
        let is_alone = texts.next().is_none();
        // A title between two blocks heads what comes below it, wherever it stands.
        if is_alone && number != header.row {
            for (level, pattern) in self.groups.iter().enumerate() {
                if let Some(found) = pattern.captures(text) {
                    self.held[level] = found;
                    self.held[level + 1..].iter_mut().for_each(BTreeMap::clear);
                    self.filled.fill(None);
                    return false;
                }
            }
        }
        if number < self.first || number > self.last || numbers_columns(chunk, row, header.last) {
            return false;
        }
        if self.comment.as_ref().is_some_and(|mark| text.starts_with(mark.as_str())) {
            return false;
        }
        if self.skip.iter().any(|pattern| pattern.fits(text)) {
            if let Some(code) = LeftOut::Rule.code() {
                findings.add(Severity::Warning, code, cell_at(chunk.sheet, number, column), || Words {
                    column_name: header.name(column).to_owned(),
                    value: text.to_owned(),
                    expected: String::new(),
                });
            }
            return false;
        }
        true
    }

    /// Where a column that was put beside comes from: the row, if it is always the same, and the column.
    pub(super) fn origin(&self, column: usize) -> Option<(Option<u32>, usize)> {
        let beside = self.beside.get(column.checked_sub(self.width)?)?;
        Some(match &beside.made {
            Made::Constant { row, column, .. } => (Some((*row).max(1)), *column),
            Made::Of { column, .. } => (None, *column),
            Made::Group { .. } => (None, self.range.0),
        })
    }
}

/// The rows of a chunk at these indices.
pub(crate) fn taken(chunk: &Chunk, kept: &[u32]) -> Result<Chunk, Error> {
    let failed = |error| Error::internal("taking rows", error);
    let indices = UInt32Array::from(kept.to_vec());
    let columns = chunk.columns.iter().map(|column| {
        let taken = take(column, &indices, None).map_err(failed)?;
        taken
            .as_any()
            .downcast_ref::<StringArray>()
            .cloned()
            .ok_or_else(|| Error::internal("taking rows", "a column of texts became something else"))
    });
    let rows: Vec<u32> = kept.iter().map(|row| chunk.row_number(*row as usize)).collect();
    let typed = chunk.typed.iter().map(|cells| {
        let cells = cells.as_ref()?;
        let is_typed = |row: &u32| {
            let row = *row as usize;
            row < cells.len() && cells.value(row)
        };
        Some(kept.iter().map(is_typed).collect::<BooleanBuffer>())
    });
    Ok(Chunk {
        typed: typed.collect(),
        sheet: chunk.sheet,
        first_row: rows.first().copied().unwrap_or(0),
        columns: columns.collect::<Result<_, Error>>()?,
        rows: Some(rows),
        merged: chunk.merged.clone(),
        short: chunk.short.clone(),
        bytes_read: chunk.bytes_read,
    })
}

/// A column of one text.
pub(super) fn constant(text: &str, rows: usize) -> StringArray {
    StringArray::from_iter_values(std::iter::repeat_n(text, rows))
}

/// A column in which empty cells hold what stands above them.
fn filled(column: &StringArray, last: &mut Option<String>) -> StringArray {
    let texts = column.iter().map(|text| {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            *last = Some(text.to_owned());
        }
        last.clone()
    });
    texts.collect()
}

/// A column of which a pattern takes a part, or which other words translate.
fn changed(column: &StringArray, pattern: Option<&Pattern>, words: &BTreeMap<String, String>) -> StringArray {
    let mut known: Option<(Arc<str>, Option<String>)> = None;
    let texts = column.iter().map(|text| {
        let text = text?;
        if let Some((last, meaning)) = &known
            && **last == *text
        {
            return meaning.clone();
        }
        // A text that does not fit stays as it is, so that a refusal can show it.
        let meaning = meaning(text, pattern, words).or_else(|| Some(text.to_owned()));
        known = Some((Arc::from(text), meaning.clone()));
        meaning
    });
    texts.collect()
}

/// What a text means: the part that the pattern takes, in other words where there are some.
pub(super) fn meaning(
    text: &str,
    pattern: Option<&Pattern>,
    words: &BTreeMap<String, String>,
) -> Option<String> {
    let part = match pattern {
        None => text.trim().to_owned(),
        Some(pattern) => pattern.text(text)?,
    };
    Some(in_words(&part, words).unwrap_or(part))
}

/// What the words say of a text, as it is written or else without marks and case.
pub(super) fn in_words(text: &str, words: &BTreeMap<String, String>) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let exact = words.get(text.trim());
    let folded = || {
        let wanted = model::fold(text);
        words.iter().find(|(word, _)| model::fold(word) == wanted).map(|(_, meaning)| meaning)
    };
    exact.or_else(folded).cloned()
}
