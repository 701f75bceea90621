//! Guessing tables that stand below each other on a sheet, each under a title of its own.

use catalog::Gazetteer;
use formats::Chunk;

use super::blocks::{Tables, together};
use super::headers::{find, is_number};
use super::sample::Sample;
use super::survey::{SheetSample, Survey};
use super::{Decision, Guessed, one_table};
use crate::Error;
use crate::mapping::{Mapping, MappingKind};
use crate::observe::{Elsewhere, Header, taken};

/// Tables of one sheet that are looked for.
const MAX_TABLES: usize = 30;
/// Rows above a header in which its titles are looked for.
const TITLE_ROWS: usize = 6;

/// The rows of one table, titles and all: from, and up to without.
type Part = (usize, usize);

/// The mapping of tables below each other; `None` where the sheet is one table.
pub(super) fn guess(
    survey: &Survey,
    sheet: &SheetSample,
    gazetteer: &Gazetteer,
    elsewhere: &Elsewhere,
) -> Option<Result<Guessed, Error>> {
    let missing = Mapping::new(MappingKind::Observations).source.missing;
    let (header, start) = match find(&sheet.chunk, &missing) {
        Some(found) => (found.header, found.start),
        None => Sample::of(&sheet.chunk, &missing, gazetteer).map(|sample| (sample.header, sample.start))?,
    };
    let parts = parts(&sheet.chunk, &header, start);
    if !(2..=MAX_TABLES).contains(&parts.len()) {
        return None;
    }
    // Each is looked at as if it were alone.
    let alone = |part: &Part| -> Result<Survey, Error> {
        let chunk = rows_of(&sheet.chunk, *part)?;
        let sheets = vec![SheetSample { name: sheet.name.clone(), chunk }];
        Ok(Survey { file: survey.file.clone(), sheets, count: survey.count })
    };
    let guessed: Result<Vec<Guessed>, Error> = parts
        .iter()
        .map(|part| {
            let alone = alone(part)?;
            one_table(&alone, &alone.sheets[0], gazetteer, elsewhere)
        })
        .collect();
    let last_row = |(_, to): &Part| (*to < sheet.chunk.len()).then(|| sheet.chunk.row_number(to - 1));
    let lasts: Vec<Option<u32>> = parts.iter().map(last_row).collect();
    Some(guessed.map(|guessed| {
        let Guessed { mapping, mut decisions } = together(&Tables::Below(&lasts), guessed);
        let unread = survey.unread(&[sheet.name.as_str()], gazetteer);
        decisions.extend(unread.map(|reason| Decision {
            path: "source.sheets".into(),
            confidence: 0.5,
            reason,
        }));
        Guessed::new(mapping, decisions)
    }))
}

fn rows_of(chunk: &Chunk, (from, to): Part) -> Result<Chunk, Error> {
    let kept: Vec<u32> = (from..to).filter_map(|row| u32::try_from(row).ok()).collect();
    taken(chunk, &kept)
}

/// The tables of a sheet, where a later row heads its columns again under a title of its own.
fn parts(chunk: &Chunk, header: &Header, start: usize) -> Vec<Part> {
    // A header is known by the name of what names its rows.
    let Some(first) = header.names.iter().position(|name| !name.is_empty()) else { return Vec::new() };
    let head = model::fold(chunk.cell(at_row(chunk, header.row), first).unwrap_or(""));
    let titles: Vec<String> =
        (0..at_row(chunk, header.row)).flat_map(|at| texts(chunk, at)).map(model::fold).collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut from = 0;
    for row in start + 1..chunk.len() {
        let is_head = !head.is_empty()
            && chunk.cell(row, first).is_some_and(|text| model::fold(text) == head)
            && texts(chunk, row).count() >= 2;
        if !is_head {
            continue;
        }
        let begins = title_rows(chunk, start.max(from), row);
        let own: Vec<String> = (begins..row).flat_map(|at| texts(chunk, at)).map(model::fold).collect();
        let goes_on = own.iter().any(|text| text.contains("tiep theo") || text.contains("continued"));
        let is_new = !goes_on && own.iter().any(|text| !titles.contains(text));
        if is_new {
            parts.push((from, begins));
            from = begins;
        }
    }
    if !parts.is_empty() {
        parts.push((from, chunk.len()));
    }
    parts
}

/// The first of the rows without numbers right above a header.
fn title_rows(chunk: &Chunk, from: usize, header: usize) -> usize {
    let is_title = |row: &usize| !texts(chunk, *row).any(is_number);
    (from.max(header.saturating_sub(TITLE_ROWS))..header).rev().take_while(is_title).last().unwrap_or(header)
}

fn at_row(chunk: &Chunk, number: u32) -> usize {
    (0..chunk.len()).find(|at| chunk.row_number(*at) == number).unwrap_or(0)
}

fn texts(chunk: &Chunk, row: usize) -> impl Iterator<Item = &str> {
    let cells = (0..chunk.columns.len()).filter_map(move |column| chunk.cell(row, column));
    cells.map(str::trim).filter(|text| !text.is_empty())
}
