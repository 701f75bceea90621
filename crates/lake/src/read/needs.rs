//! What has to be so of a row for a test to hold of it: what the statistics of row groups and pages,
//! and the index of ids, are asked before anything is decoded.

use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::key_index::KeyIndex;
use super::prune::{all, both, either, pages};
use super::{Chosen, Ranges, ranges_of, rows_of};
use crate::features::FEATURE;
use crate::{Error, Snapshot};

/// What has to be so of a row. It may ask for less than the test that it goes with, never for more:
/// rows of which it is not so are not read.
#[derive(Debug, Clone, PartialEq)]
pub enum Needs {
    /// Each of these; of none of them, nothing has to be so.
    All(Vec<Needs>),
    /// One of these; of none of them, no row will do.
    Any(Vec<Needs>),
    /// The value of a column.
    Column {
        /// Its name.
        name: String,
        /// What it is.
        is: Within,
    },
}

/// What a value is. Ends of ranges are included, and an end that is absent is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Within {
    /// There is none.
    Null,
    /// There is one.
    Present,
    /// This truth value.
    Bool(bool),
    /// A number, a whole one as the nearest double, in a range.
    Number(Option<f64>, Option<f64>),
    /// A text in a range by its bytes.
    Text(Option<String>, Option<String>),
    /// An instant in a range, microseconds in UTC.
    Time(Option<i64>, Option<i64>),
}

impl Default for Needs {
    fn default() -> Needs {
        Needs::ANYTHING
    }
}

impl Needs {
    /// Any row will do.
    pub const ANYTHING: Needs = Needs::All(Vec::new());

    /// Whether ids are named, so that their index tells more than statistics do.
    pub(super) fn names_ids(&self) -> bool {
        match self {
            Needs::All(parts) | Needs::Any(parts) => parts.iter().any(Needs::names_ids),
            Needs::Column { name, is } => id_of(name, is).is_some(),
        }
    }

    /// The rows of a file that may do.
    pub(super) fn choose(
        &self,
        snapshot: &Snapshot,
        metadata: &ParquetMetaData,
        ids: Option<&KeyIndex>,
    ) -> Result<Chosen, Error> {
        let mut chosen = Chosen::default();
        let mut first = 0;
        for number in 0..metadata.num_row_groups() {
            let group = Group { snapshot, metadata, number, first, rows: rows_of(metadata, number), ids };
            let rows = group.rows(self)?;
            if !rows.is_empty() {
                chosen.groups.push((number, rows));
            }
            first += group.rows;
        }
        Ok(chosen)
    }
}

/// The id that a need names.
fn id_of<'n>(name: &str, is: &'n Within) -> Option<&'n str> {
    match is {
        Within::Text(Some(from), Some(to)) if from == to && name == "feature" => Some(from),
        _ => None,
    }
}

/// A row group.
struct Group<'f> {
    snapshot: &'f Snapshot,
    metadata: &'f ParquetMetaData,
    number: usize,
    /// Which row of the file its first is.
    first: usize,
    rows: usize,
    ids: Option<&'f KeyIndex>,
}

impl Group<'_> {
    fn rows(&self, needs: &Needs) -> Result<Ranges, Error> {
        match needs {
            Needs::All(parts) => {
                let mut rows = all(self.rows);
                for part in parts {
                    rows = both(&rows, &self.rows(part)?);
                }
                Ok(rows)
            }
            Needs::Any(parts) => {
                let parts = parts.iter().map(|part| self.rows(part)).collect::<Result<Vec<_>, _>>()?;
                Ok(either(parts.into_iter().flatten().collect()))
            }
            Needs::Column { name, is } => {
                if let (Some(id), Some(ids)) = (id_of(name, is), self.ids) {
                    let here = self.first..self.first + self.rows;
                    let rows = ids.rows(id).filter(|row| here.contains(row)).map(|row| row - self.first);
                    return Ok(ranges_of(rows));
                }
                let column = match name.as_str() {
                    "feature" => FEATURE,
                    name => self.snapshot.schema().index_of(name).map_err(Error::internal)?,
                };
                Ok(self.by_statistics(column, is))
            }
        }
    }

    fn by_statistics(&self, column: usize, is: &Within) -> Ranges {
        let on_pages = pages(self.metadata, self.number, column, |index, page| is.may_be_on(index, page));
        on_pages.unwrap_or_else(|| {
            let statistics = self.metadata.row_group(self.number).column(column).statistics();
            match statistics.is_none_or(|statistics| is.may_be_in(statistics, self.rows)) {
                true => all(self.rows),
                false => Ranges::new(),
            }
        })
    }
}

impl Within {
    fn may_be_on(&self, index: &ColumnIndexMetaData, page: usize) -> bool {
        use ColumnIndexMetaData::{BOOLEAN, BYTE_ARRAY, DOUBLE, INT64};
        match (self, index) {
            (Within::Null, index) => index.null_count(page) != Some(0),
            (_, index) if index.is_null_page(page) => false,
            (Within::Bool(_), BOOLEAN(index)) => self.has_bools(index.min_value(page), index.max_value(page)),
            (Within::Number(..), DOUBLE(index)) => {
                self.has_numbers(index.min_value(page).copied(), index.max_value(page).copied())
            }
            (Within::Number(..) | Within::Time(..), INT64(index)) => {
                self.has_integers(index.min_value(page), index.max_value(page))
            }
            (Within::Text(..), BYTE_ARRAY(index)) => {
                self.has_texts(index.min_value(page), index.max_value(page))
            }
            _ => true,
        }
    }

    fn may_be_in(&self, statistics: &Statistics, rows: usize) -> bool {
        let nulls = statistics.null_count_opt();
        match (self, statistics) {
            (Within::Null, _) => nulls != Some(0),
            _ if nulls == Some(rows as u64) => false,
            (Within::Bool(_), Statistics::Boolean(of)) => self.has_bools(of.min_opt(), of.max_opt()),
            (Within::Number(..), Statistics::Double(of)) => {
                self.has_numbers(of.min_opt().copied(), of.max_opt().copied())
            }
            (Within::Number(..) | Within::Time(..), Statistics::Int64(of)) => {
                self.has_integers(of.min_opt(), of.max_opt())
            }
            (Within::Text(..), Statistics::ByteArray(of)) => {
                self.has_texts(of.min_bytes_opt(), of.max_bytes_opt())
            }
            _ => true,
        }
    }

    fn has_bools(&self, min: Option<&bool>, max: Option<&bool>) -> bool {
        let Within::Bool(truth) = self else { return true };
        min.zip(max).is_none_or(|(min, max)| min == truth || max == truth)
    }

    fn has_integers(&self, min: Option<&i64>, max: Option<&i64>) -> bool {
        let Within::Time(from, to) = self else {
            // Rounding keeps the order: what lies between lies between its roundings.
            return self.has_numbers(min.map(|min| *min as f64), max.map(|max| *max as f64));
        };
        !(min.zip(to.as_ref()).is_some_and(|(min, to)| min > to)
            || max.zip(from.as_ref()).is_some_and(|(max, from)| max < from))
    }

    fn has_numbers(&self, min: Option<f64>, max: Option<f64>) -> bool {
        let Within::Number(from, to) = self else { return true };
        // What is no number leaves nothing out.
        !(min.zip(*to).is_some_and(|(min, to)| min > to)
            || max.zip(*from).is_some_and(|(max, from)| max < from))
    }

    fn has_texts(&self, min: Option<&[u8]>, max: Option<&[u8]>) -> bool {
        let Within::Text(from, to) = self else { return true };
        !(min.zip(to.as_ref()).is_some_and(|(min, to)| min > to.as_bytes())
            || max.zip(from.as_ref()).is_some_and(|(max, from)| max < from.as_bytes()))
    }
}
