//! Which rows of a file can match, as far as row-group statistics and page indexes tell.

use std::ops::Range;

use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

/// Ranges of rows within a row group, in order and apart.
pub(crate) type Ranges = Vec<Range<usize>>;

/// The rows of some row groups.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The row groups with rows to read, and those rows.
    pub(crate) groups: Vec<(usize, Ranges)>,
}

impl Chosen {
    /// All rows of a file.
    pub(crate) fn all(metadata: &ParquetMetaData) -> Chosen {
        let groups = (0..metadata.num_row_groups()).map(|group| (group, all(rows_of(metadata, group))));
        Chosen { groups: groups.filter(|(_, ranges)| !ranges.is_empty()).collect() }
    }

    /// All rows of one row group.
    pub(crate) fn group(metadata: &ParquetMetaData, group: usize) -> Chosen {
        Chosen { groups: vec![(group, all(rows_of(metadata, group)))] }
    }

    /// Nothing can match.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many rows are chosen.
    pub(crate) fn rows(&self) -> usize {
        self.groups.iter().flat_map(|(_, ranges)| ranges).map(ExactSizeIterator::len).sum()
    }

    /// The row groups, and the selection of rows over all of them together.
    pub(crate) fn selection(&self, metadata: &ParquetMetaData) -> (Vec<usize>, RowSelection) {
        let mut selectors = Vec::new();
        for (group, ranges) in &self.groups {
            let mut at = 0;
            for range in ranges {
                selectors.push(RowSelector::skip(range.start - at));
                selectors.push(RowSelector::select(range.len()));
                at = range.end;
            }
            selectors.push(RowSelector::skip(rows_of(metadata, *group) - at));
        }
        (self.groups.iter().map(|(group, _)| *group).collect(), selectors.into())
    }
}

/// The rows of a row group.
pub(crate) fn rows_of(metadata: &ParquetMetaData, group: usize) -> usize {
    usize::try_from(metadata.row_group(group).num_rows()).unwrap_or(0)
}

/// The smallest and the largest value of an integer column in a row group.
pub(crate) fn int_range(metadata: &ParquetMetaData, group: usize, column: usize) -> Option<(i64, i64)> {
    match metadata.row_group(group).column(column).statistics()? {
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

/// The smallest and the largest value of a float column in a row group.
pub(crate) fn float_range(metadata: &ParquetMetaData, group: usize, column: usize) -> Option<(f64, f64)> {
    match metadata.row_group(group).column(column).statistics()? {
        Statistics::Double(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

/// The smallest and the largest value of a text column in a row group, possibly cut short: texts
/// in the row group start at the first or after it, and do not pass the second.
pub(crate) fn text_range(metadata: &ParquetMetaData, group: usize, column: usize) -> Option<(&[u8], &[u8])> {
    match metadata.row_group(group).column(column).statistics()? {
        Statistics::ByteArray(values) => Some((values.min_bytes_opt()?, values.max_bytes_opt()?)),
        _ => None,
    }
}

/// The rows of a row group on pages where `may` says yes to the smallest and largest integer. All
/// rows when the file has no page index.
pub(crate) fn int_pages(
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
    may: impl Fn(i64, i64) -> bool,
) -> Ranges {
    pages(metadata, group, column, |index, page| match index {
        ColumnIndexMetaData::INT64(index) => match (index.min_value(page), index.max_value(page)) {
            (Some(min), Some(max)) => may(*min, *max),
            // A page of nulls only.
            _ => false,
        },
        _ => true,
    })
    .unwrap_or_else(|| all(rows_of(metadata, group)))
}

/// As [`int_pages`], but only rows that are known to be on such pages: none without a page index.
pub(crate) fn int_pages_for_sure(
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
    are: impl Fn(i64, i64) -> bool,
) -> Ranges {
    pages(metadata, group, column, |index, page| match index {
        ColumnIndexMetaData::INT64(index) => match (index.min_value(page), index.max_value(page)) {
            (Some(min), Some(max)) => index.null_count(page).unwrap_or(0) == 0 && are(*min, *max),
            _ => false,
        },
        _ => false,
    })
    .unwrap_or_default()
}

/// As [`int_pages`], of a float column.
pub(crate) fn float_pages(
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
    may: impl Fn(f64, f64) -> bool,
) -> Ranges {
    pages(metadata, group, column, |index, page| match index {
        ColumnIndexMetaData::DOUBLE(index) => match (index.min_value(page), index.max_value(page)) {
            (Some(min), Some(max)) => may(*min, *max),
            _ => false,
        },
        _ => true,
    })
    .unwrap_or_else(|| all(rows_of(metadata, group)))
}

/// The rows on pages that are kept; `None` without an index of the pages.
pub(super) fn pages(
    metadata: &ParquetMetaData,
    group: usize,
    column: usize,
    keep: impl Fn(&ColumnIndexMetaData, usize) -> bool,
) -> Option<Ranges> {
    let rows = rows_of(metadata, group);
    let index = metadata.column_index().and_then(|index| index.get(group)?.get(column));
    let offsets = metadata.offset_index().and_then(|index| index.get(group)?.get(column));
    let (index, offsets) = index.zip(offsets)?;
    let locations = offsets.page_locations();
    if matches!(index, ColumnIndexMetaData::NONE) || index.num_pages() != locations.len() as u64 {
        return None;
    }
    let start = |page: usize| {
        locations.get(page).map_or(rows, |page| usize::try_from(page.first_row_index).unwrap_or(0))
    };
    let mut ranges: Ranges = Vec::new();
    for page in (0..locations.len()).filter(|page| keep(index, *page)) {
        let range = start(page)..start(page + 1);
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    Some(ranges)
}

/// So many rows from the first on.
pub(super) fn all(rows: usize) -> Ranges {
    std::iter::once(0..rows).filter(|range| !range.is_empty()).collect()
}

/// The rows in both.
pub(crate) fn both(a: &Ranges, b: &Ranges) -> Ranges {
    let (mut i, mut j) = (0, 0);
    let mut ranges = Vec::new();
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let range = x.start.max(y.start)..x.end.min(y.end);
        if !range.is_empty() {
            ranges.push(range);
        }
        if x.end < y.end { i += 1 } else { j += 1 }
    }
    ranges
}

/// The rows of ranges that may overlap, in order and apart.
pub(crate) fn either(mut of: Ranges) -> Ranges {
    of.sort_unstable_by_key(|range| range.start);
    let mut ranges = Ranges::new();
    for range in of {
        match ranges.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => ranges.push(range),
        }
    }
    ranges
}

/// The rows of one that are not in the other.
pub(crate) fn apart(of: &Ranges, without: &Ranges) -> Ranges {
    let mut left = Vec::new();
    for range in of {
        let mut at = range.start;
        for gone in without.iter().filter(|gone| gone.start < range.end && range.start < gone.end) {
            if at < gone.start {
                left.push(at..gone.start);
            }
            at = at.max(gone.end);
        }
        if at < range.end {
            left.push(at..range.end);
        }
    }
    left
}

/// Rows as ranges, in the order in which they are given.
pub(crate) fn ranges_of(rows: impl IntoIterator<Item = usize>) -> Ranges {
    let mut ranges: Ranges = Vec::new();
    for row in rows {
        match ranges.last_mut() {
            Some(last) if last.end == row => last.end = row + 1,
            _ => ranges.push(row..row + 1),
        }
    }
    ranges
}
