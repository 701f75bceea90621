//! A file that does not look like the one that its mapping was made for: what differs, and what to do.

use std::collections::HashSet;

use catalog::Gazetteer;
use formats::Chunk;
use model::{CellRef, Severity};
use wording::{Told, told};

use super::columns::{Header, WantedColumns};
use super::resolve::{UnitProblem, conversion, find_property};
use super::shared::cell_at;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{BlockSource, Decimal, Mapping, Shape, TableShape, TextOrColumn, TimeSource};

/// The most differences of one kind that are told.
const MAX_TOLD: usize = 20;

/// An error about missing columns, with what a later file of the same kind may mean by others.
///
/// `whole` is the mapping as it is kept, `at` the number of its table that was looked for.
pub(super) fn explained(
    error: Error,
    whole: &Mapping,
    at: usize,
    chunk: &Chunk,
    sheet: &str,
    gazetteer: &Gazetteer,
) -> Error {
    let tables = whole.tables();
    let (Some(shape), Some((block, table))) = (&whole.shape, tables.get(at)) else { return error };
    let Some(known) = shape.tables().get(at).cloned() else { return error };
    let wanted = WantedColumns::of(table, range_of(block));
    let Some(header) = Header::nearest(chunk, &wanted) else { return error };
    let Error::Invalid { what, .. } = &error else { return error };
    let mut differences = vec![match tables.len() {
        1 => what.clone(),
        _ => told!("intake-table-sheet", "table {at} of the sheet: {what}", at = at + 1, what => what),
    }];
    let missing: Vec<&str> = wanted.names.iter().copied().filter(|name| header.find(name).is_err()).collect();
    let mut new: Vec<&String> =
        header.names.iter().filter(|name| !name.is_empty() && !known.header.contains(name)).collect();
    let mut proposal = whole.clone();
    for name in missing {
        match new.iter().position(|other| is_like(name, other, &known, &header)) {
            Some(found) => {
                let other = new.remove(found);
                differences.push(match (unit_in(name), unit_in(other)) {
                    (before, after) if before != after => told!(
                        "intake-column-renamed-with-unit",
                        "the column `{name}` seems to have changed its name to `{other}`, and its unit from `{before}` to `{after}`",
                        name = name,
                        other = other,
                        before = before.unwrap_or(""),
                        after = after.unwrap_or("")
                    ),
                    _ => told!(
                        "intake-column-renamed",
                        "the column `{name}` seems to have changed its name to `{other}`",
                        name = name,
                        other = other
                    ),
                });
                renamed(&mut proposal, at, name, other);
                differences.extend(of_another_property(&mut proposal, at, other, gazetteer));
            }
            None => {
                differences.push(told!("intake-column-gone", "the column `{name}` is gone", name = name));
                spared(&mut proposal, at, name);
            }
        }
    }
    let new: Vec<String> = new.iter().take(MAX_TOLD).map(|name| format!("`{name}`")).collect();
    if !new.is_empty() {
        differences.push(told!("intake-new-columns", "new columns: {new}", new = new.join(", ")));
    }
    if !sheet.is_empty() && !shape.sheets.is_empty() && !shape.sheets.iter().any(|known| known == sheet) {
        differences.push(told!(
            "intake-sheet-called",
            "the sheet is called `{sheet}`, and was `{sheets}`",
            sheet = sheet,
            sheets = shape.sheets.join("`, `")
        ));
    }
    proposal.shape = None;
    proposal.reasons.clear();
    Error::Drifted { differences, example: proposal.to_text() }
}

/// The mark before decimals in words.
fn mark(decimal: &str) -> Told {
    match decimal {
        "comma" => told!("intake-decimal-comma", "comma"),
        "dot" => told!("intake-decimal-dot", "dot"),
        other => Told::words(other.to_owned()),
    }
}

/// An error where the file before showed its decimals, and in this one a number may be read either way: a
/// mapping that is left as it is would make `3.950` of it, or 3950, without a word.
pub(super) fn decimals_in_doubt(
    known: &Shape,
    now: &Shape,
    mapping: &Mapping,
    text: Option<String>,
) -> Result<(), Error> {
    let (Some(before), None, Some(text)) = (&known.decimal, &now.decimal, text) else { return Ok(()) };
    if mapping.source.decimal == Decimal::Auto {
        return Ok(());
    }
    let mut proposal = mapping.clone();
    proposal.shape = None;
    Err(Error::Drifted {
        differences: vec![told!(
            "intake-decimals-may-be-either",
            "decimals were written with a {before}, and here `{text}` may be a number with decimals or with thousands: write `decimal` as it is meant",
            before => mark(before),
            text = text
        )],
        example: proposal.to_text(),
    })
}

/// The first and the last column of a block.
pub(super) fn range_of(block: &BlockSource) -> (usize, usize) {
    block.columns.as_deref().and_then(crate::mapping::column_range).unwrap_or((0, usize::MAX))
}

/// Notes what differs and does no harm, in every table of the sheet; an error is a difference by which
/// values would be misread. `read` holds the columns of values of each table.
pub(super) fn note(
    known: &Shape,
    now: &Shape,
    mapping: &Mapping,
    sheet: u16,
    read: &[HashSet<usize>],
    findings: &mut Findings,
) -> Result<(), Error> {
    if let (Some(before), Some(after)) = (&known.decimal, &now.decimal)
        && before != after
    {
        let fixed = match mapping.source.decimal {
            Decimal::Auto => None,
            Decimal::Dot => Some("dot"),
            Decimal::Comma => Some("comma"),
        };
        if fixed.is_some_and(|fixed| fixed != after) {
            let mut proposal = mapping.clone();
            proposal.source.decimal = if after == "comma" { Decimal::Comma } else { Decimal::Dot };
            proposal.shape = None;
            return Err(Error::Drifted {
                differences: vec![
                    told!("intake-decimals-written-were", "decimals are written with a {after}, and were with a {before}", after => mark(after), before => mark(before)),
                ],
                example: proposal.to_text(),
            });
        }
        tell(findings, "drift_decimal", cell_at(sheet, now.header_row, 0), after, before);
    }
    if let (Some(before), Some(after)) = (known.sheets.first(), now.sheets.first())
        && !known.sheets.contains(after)
    {
        tell(findings, "drift_sheet", cell_at(sheet, now.header_row, 0), after, before);
    }
    let nothing = HashSet::new();
    for (at, (known, now)) in known.tables().iter().zip(now.tables()).enumerate() {
        note_table(known, &now, sheet, read.get(at).unwrap_or(&nothing), findings);
    }
    Ok(())
}

/// Notes sheets that the mapping names, or that were read of the file before, and that held no table
/// this time.
pub(super) fn note_sheets(mapping: &Mapping, now: &Shape, findings: &mut Findings) {
    let named = &mapping.source.sheets;
    let before = mapping.shape.iter().flat_map(|shape| &shape.sheets).filter(|_| !named.is_empty());
    let mut gone: Vec<&str> = named.iter().chain(before).map(|sheet| sheet.trim()).collect();
    gone.retain(|sheet| *sheet != "*" && !now.sheets.iter().any(|there| there == sheet));
    gone.sort_unstable();
    gone.dedup();
    for sheet in gone.into_iter().take(MAX_TOLD) {
        tell(findings, "drift_sheet_gone", cell_at(0, 1, 0), sheet, "");
    }
}

fn note_table(
    known: &TableShape,
    now: &TableShape,
    sheet: u16,
    read: &HashSet<usize>,
    findings: &mut Findings,
) {
    let mut tell = |code: &'static str, column: usize, value: &str, expected: &str| {
        tell(findings, code, cell_at(sheet, now.header_row, column), value, expected);
    };
    let first = now.header.iter().position(|name| !name.is_empty()).unwrap_or(0);
    if known.header_row != now.header_row {
        tell("drift_header_moved", first, &now.header_row.to_string(), &known.header_row.to_string());
    }
    let position = |names: &[String], name: &str| names.iter().position(|other| other == name);
    let added =
        now.header.iter().enumerate().filter(|(_, name)| !name.is_empty() && !known.header.contains(name));
    for (column, name) in added.take(MAX_TOLD) {
        let code = if read.contains(&column) { "drift_column_added_read" } else { "drift_column_added" };
        tell(code, column, name, "");
    }
    let gone = known.header.iter().filter(|name| !name.is_empty() && !now.header.contains(name));
    for name in gone.take(MAX_TOLD) {
        tell("drift_column_gone", first, name, "");
    }
    // A name that stands twice says nothing of the order.
    let is_one = |names: &[String], name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let order: Vec<usize> = known
        .header
        .iter()
        .filter(|name| !name.is_empty() && is_one(&known.header, name) && is_one(&now.header, name))
        .filter_map(|name| position(&now.header, name))
        .collect();
    if let Some(at) = order.windows(2).position(|pair| pair[0] > pair[1]) {
        let column = order[at + 1];
        tell("drift_columns_moved", column, &now.header[column], "");
    }
}

fn tell(findings: &mut Findings, code: &'static str, cell: CellRef, value: &str, expected: &str) {
    findings.add(Severity::Warning, code, cell, || Words {
        column_name: String::new(),
        value: value.to_owned(),
        expected: expected.to_owned(),
    });
}

/// Whether a new header may be an old one under another name: the same words but for its unit, most of
/// the same words, or the same place between the same neighbours.
fn is_like(old: &str, new: &str, shape: &TableShape, header: &Header) -> bool {
    let words = |text: &str| -> HashSet<String> {
        model::fold(text.split(['(', '[']).next().unwrap_or(text)).split(' ').map(str::to_owned).collect()
    };
    let (left, right) = (words(old), words(new));
    let common = left.intersection(&right).filter(|word| !word.is_empty()).count();
    if common > 0 && common * 2 >= left.len().max(right.len()) {
        return true;
    }
    let before = shape.header.iter().position(|name| name == old);
    let after = header.names.iter().position(|name| name == new);
    before.is_some() && before == after && shape.header.len() == header.names.len()
}

/// Gives values of which the new header names another property, or a unit that theirs cannot be in, what the
/// header says; and says so.
fn of_another_property(
    mapping: &mut Mapping,
    at: usize,
    header: &str,
    gazetteer: &Gazetteer,
) -> Option<Told> {
    let base = header.split(['(', '[']).next().unwrap_or(header);
    let named = find_property(gazetteer, base).or_else(|| find_property(gazetteer, header));
    let unit = unit_in(header);
    let own = mapping.blocks.get_mut(at).map(|block| &mut block.values).filter(|own| !own.is_empty());
    let values = own.unwrap_or(&mut mapping.values);
    let mut said = None;
    for value in values.iter_mut().filter(|value| value.column == header) {
        let TextOrColumn::Text(code) = &value.property else { continue };
        let Some(before) = find_property(gazetteer, code) else { continue };
        let cannot_be = unit.is_some_and(|unit| conversion(unit, before) == Err(UnitProblem::Incompatible));
        let after = match named {
            Some(named) if named.code != before.code => named.code.to_string(),
            None if cannot_be => "…".to_owned(),
            _ => continue,
        };
        said = Some(match named {
            Some(named) => told!(
                "intake-names-another-property",
                "`{header}` names `{code}`, and the mapping is of `{before}`: is the file of another dataset?",
                header = header,
                code = named.code,
                before = before.code
            ),
            None => told!(
                "intake-cannot-be-property",
                "`{header}` cannot be `{code}`, whose unit is `{unit}`",
                header = header,
                code = before.code,
                unit = before.unit
            ),
        });
        value.property = TextOrColumn::Text(after);
        value.unit = unit.map(|unit| TextOrColumn::Text(unit.to_owned()));
        value.range = None;
        value.derive = None;
        value.temperature = None;
    }
    said
}

/// What stands in the brackets of a header.
fn unit_in(header: &str) -> Option<&str> {
    let (_, rest) = header.split_once(['(', '['])?;
    rest.split([')', ']']).next().map(str::trim)
}

/// Leaves out of a table what a column held that is there no more, as far as the table can be read without
/// it: one of several values, the end of a period, the source's flags, rows that are filled.
fn spared(mapping: &mut Mapping, at: usize, gone: &str) {
    let Mapping { blocks, time, values, quality, rows, .. } = mapping;
    let mut parts = (time.as_mut(), values);
    if let Some(block) = blocks.get_mut(at) {
        let own = &mut block.values;
        parts = (block.time.as_mut().or(parts.0), if own.is_empty() { parts.1 } else { own });
    }
    let (time, values) = parts;
    if let Some(time) = time
        && time.end_column.as_deref() == Some(gone)
    {
        time.end_column = None;
    }
    if values.iter().any(|value| value.column != gone) {
        values.retain(|value| value.column != gone);
    }
    for value in values {
        for fact in [&mut value.period, &mut value.statistic] {
            if matches!(fact, Some(TextOrColumn::Column { column, .. }) if column == gone) {
                *fact = None;
            }
        }
    }
    if quality.as_ref().is_some_and(|quality| quality.column == gone) {
        *quality = None;
    }
    rows.fill.retain(|name| name != gone);
}

/// Names a column anew in the parts that one table of the mapping reads, with its unit where the
/// mapping had it from the header.
fn renamed(mapping: &mut Mapping, at: usize, from: &str, to: &str) {
    let change = |name: &mut String| {
        if name == from {
            to.clone_into(name);
        }
    };
    let in_fact = |fact: &mut TextOrColumn| {
        if let TextOrColumn::Column { column, .. } = fact {
            change(column);
        }
    };
    let Mapping { blocks, place, time, values, quality, rows, .. } = mapping;
    let mut parts = (place.as_mut(), time.as_mut(), values);
    if let Some(block) = blocks.get_mut(at) {
        let own = &mut block.values;
        parts = (
            block.place.as_mut().or(parts.0),
            block.time.as_mut().or(parts.1),
            if own.is_empty() { parts.2 } else { own },
        );
    }
    let (place, time, values) = parts;
    if let Some(place) = place {
        place.column.iter_mut().chain(&mut place.within).for_each(change);
    }
    if let Some(time) = time {
        time.columns.iter_mut().for_each(change);
        time.end_column.iter_mut().for_each(change);
        let TimeSource { year, month, day, hour, week, run, .. } = time;
        for part in [year, month, day, hour, week, run] {
            part.iter_mut().for_each(in_fact);
        }
    }
    for value in values {
        if value.column == from
            && let (Some(TextOrColumn::Text(unit)), Some(before), Some(after)) =
                (&mut value.unit, unit_in(from), unit_in(to))
            && unit == before
        {
            after.clone_into(unit);
        }
        change(&mut value.column);
        in_fact(&mut value.property);
        for fact in [&mut value.unit, &mut value.period, &mut value.statistic] {
            fact.iter_mut().for_each(in_fact);
        }
    }
    quality.iter_mut().for_each(|quality| change(&mut quality.column));
    rows.fill.iter_mut().for_each(change);
}
