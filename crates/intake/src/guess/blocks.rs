//! Guessing tables that stand beside each other on a sheet: with an empty column between them, or with the same
//! headers again.

use std::collections::HashSet;

use arrow::array::StringArray;
use catalog::Gazetteer;
use formats::Chunk;
use wording::{Told, told};

use super::sample::{Sample, letters_of};
use super::survey::{SheetSample, Survey};
use super::words::{Role, roles};
use super::{Decision, Guessed, one_table};
use crate::Error;
use crate::mapping::{BlockSource, Mapping, MappingKind, PlaceSource};
use crate::observe::Elsewhere;

/// Tables of one sheet that are looked for.
const MAX_BLOCKS: usize = 12;

/// The mapping of tables beside each other that have headers in common; `None` where the sheet is one.
pub(super) fn guess(
    survey: &Survey,
    sheet: &SheetSample,
    gazetteer: &Gazetteer,
    elsewhere: &Elsewhere,
) -> Option<Result<Guessed, Error>> {
    let missing = Mapping::new(MappingKind::Observations).source.missing;
    let (ranges, reason) = match ranges(&sheet.chunk).as_slice() {
        [one] => (
            repeated(&Sample::of(&sheet.chunk, &missing, gazetteer)?, *one)?,
            told!("guess-headers-again-beside", "the same headers stand again beside each other"),
        ),
        several => (
            several.to_vec(),
            told!(
                "guess-empty-column-between",
                "an empty column stands between tables with the same headers"
            ),
        ),
    };
    if !(2..=MAX_BLOCKS).contains(&ranges.len()) {
        return None;
    }
    let parts: Vec<SheetSample> = ranges
        .iter()
        .map(|range| SheetSample { name: sheet.name.clone(), chunk: part(&sheet.chunk, &ranges, *range) })
        .collect();
    let samples: Vec<Sample> =
        parts.iter().filter_map(|part| Sample::of(&part.chunk, &missing, gazetteer)).collect();
    if samples.len() != parts.len() || !have_headers_in_common(&samples) {
        return None;
    }
    // Each is looked at as if it were alone; other sheets are asked about.
    let guessed: Result<Vec<Guessed>, Error> =
        parts.iter().map(|part| one_table(survey, part, gazetteer, elsewhere)).collect();
    Some(guessed.map(|guessed| together(&Tables::Beside(&ranges, &reason), guessed)))
}

/// The runs of columns that hold texts, between columns that hold none.
fn ranges(chunk: &Chunk) -> Vec<(usize, usize)> {
    let holds = |column: usize| {
        (0..chunk.len()).any(|row| chunk.cell(row, column).is_some_and(|t| !t.trim().is_empty()))
    };
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for column in (0..chunk.columns.len()).filter(|column| holds(*column)) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == column => *last = column,
            _ => ranges.push((column, column)),
        }
    }
    ranges
}

/// The parts of a range whose headers are the same, each beginning with the time or the place.
fn repeated(sample: &Sample, range: (usize, usize)) -> Option<Vec<(usize, usize)>> {
    let names: Vec<&str> = (range.0..=range.1).map(|column| sample.header.name(column)).collect();
    let begins = |name: &str| {
        let roles = roles(&model::fold(name));
        [Role::Time, Role::Day, Role::Month, Role::Year, Role::Place].iter().any(|role| roles.contains(role))
    };
    let is_begin = sample.height == 1 && names.first().is_some_and(|name| begins(name));
    let is_period = |length: &usize| {
        names.len().is_multiple_of(*length) && names.chunks(*length).all(|part| part == &names[..*length])
    };
    let length = (2..=names.len() / 2).filter(|_| is_begin).find(is_period)?;
    names[..length]
        .iter()
        .all(|name| !name.is_empty())
        .then(|| (range.0..=range.1).step_by(length).map(|first| (first, first + length - 1)).collect())
}

/// The chunk with the texts of one range, and of titles that no other range has in their row.
fn part(chunk: &Chunk, ranges: &[(usize, usize)], range: (usize, usize)) -> Chunk {
    let texts =
        |row: usize| (0..chunk.columns.len()).filter(move |column| chunk.cell(row, *column).is_some());
    // A row of one text in the first range is a title of all.
    let shared: Vec<usize> = (0..chunk.len())
        .take_while(|row| texts(*row).count() < 2)
        .filter(|row| texts(*row).all(|column| column <= ranges[0].1))
        .collect();
    let columns = chunk.columns.iter().enumerate().map(|(at, column)| {
        if (range.0..=range.1).contains(&at) {
            return column.clone();
        }
        (0..chunk.len())
            .map(|row| chunk.cell(row, at).filter(|_| shared.contains(&row)))
            .collect::<StringArray>()
    });
    Chunk { columns: columns.collect(), ..chunk.clone() }
}

/// Whether every table has a header that the first one has too.
fn have_headers_in_common(samples: &[Sample]) -> bool {
    let names = |sample: &Sample| -> HashSet<String> {
        sample.columns.iter().map(|column| model::fold(&column.name)).collect()
    };
    let Some((first, others)) = samples.split_first() else { return false };
    let first = names(first);
    others.iter().all(|other| !first.is_disjoint(&names(other)))
}

/// How the tables of a sheet stand to each other.
pub(super) enum Tables<'a> {
    /// Beside each other: the first and the last column of each, and what shows that they are several.
    Beside(&'a [(usize, usize)], &'a Told),
    /// Below each other: the last row of each, where another follows.
    Below(&'a [Option<u32>]),
}

/// One mapping of all, with a block each.
pub(super) fn together(tables: &Tables<'_>, guessed: Vec<Guessed>) -> Guessed {
    let mut whole = Mapping::new(MappingKind::Observations);
    let mut decisions: Vec<Decision> = Vec::new();
    let mut first_place: Option<PlaceSource> = None;
    for (at, Guessed { mapping, decisions: own, .. }) in guessed.into_iter().enumerate() {
        let (columns, last, reason) = match tables {
            Tables::Beside(ranges, reason) => {
                let columns =
                    ranges.get(at).map(|range| format!("{}:{}", letters_of(range.0), letters_of(range.1)));
                (columns, None, (*reason).clone())
            }
            Tables::Below(lasts) => {
                let last = lasts.get(at).copied().flatten();
                (None, last, told!("guess-header-again", "the header stands again, under another title"))
            }
        };
        if at == 0 {
            whole.source = mapping.source.clone();
            whole.source.header_row = None;
            whole.source.header_height = None;
            whole.rows = mapping.rows.clone();
            first_place.clone_from(&mapping.place);
        } else {
            // What is said of rows and numbers is said for all tables.
            if whole.rows != mapping.rows || whole.source.decimal != mapping.source.decimal {
                decisions.push(Decision {
                    path: format!("block.{at}"),
                    confidence: 0.4,
                    reason: told!("guess-otherwise-than-first", "its rows or its decimals are written otherwise than those of the first table: hand it in by itself"),
                });
            }
            if mapping.place.as_ref().is_some_and(|place| place.title) && mapping.place == first_place {
                decisions.push(Decision {
                    path: format!("block.{at}.place"),
                    confidence: 0.62,
                    reason: told!("guess-same-kind-of-title", "named by the same kind of title as the first; where it has none of its own, by the first's, CHECK"),
                });
            }
        }
        let said_at = if columns.is_some() { "columns" } else { "header_row" };
        decisions.push(Decision { path: format!("block.{at}.{said_at}"), confidence: 0.85, reason });
        for decision in own {
            let Decision { path, confidence, reason } = decision;
            let of_block = ["place", "time", "value"].iter().any(|part| path.starts_with(part));
            if of_block {
                decisions.push(Decision { path: format!("block.{at}.{path}"), confidence, reason });
            } else if at == 0 {
                decisions.push(Decision { path, confidence, reason });
            }
        }
        whole.blocks.push(BlockSource {
            columns,
            last,
            header_row: mapping.source.header_row.or(Some(1)),
            header_height: mapping.source.header_height,
            place: mapping.place,
            time: mapping.time,
            values: mapping.values,
            ..BlockSource::default()
        });
    }
    Guessed::new(whole, decisions)
}
