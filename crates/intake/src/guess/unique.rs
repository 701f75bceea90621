//! Whether the rows of a table differ in what names them: a place that stands in many rows of one time
//! is not what names them, and its values would be taken for each other.

use std::collections::HashMap;
use std::ops::Range;

use formats::Chunk;
use wording::{Told, told};

use super::fill::sums_up;
use super::headers::is_number;

/// Two rows that agree in all columns that name them, where many do: as a question.
///
/// `filled` are those of the columns whose empty cells hold what stands above them, and `statistic`
/// the column that says which statistic each row is, if there is one.
pub(super) fn repeated(
    chunk: &Chunk,
    rows: Range<usize>,
    keys: &[usize],
    filled: &[usize],
    values: &[usize],
    statistic: Option<usize>,
) -> Option<Told> {
    let cell = |row: usize, column: usize| chunk.cell(row, column).map_or("", str::trim);
    let mut above: HashMap<usize, &str> = HashMap::new();
    let mut seen: HashMap<Vec<&str>, (usize, Vec<&str>)> = HashMap::new();
    let (mut count, mut again, mut first) = (0_usize, 0_usize, None);
    for row in rows {
        let own: Vec<&str> = values.iter().map(|column| cell(row, *column)).collect();
        if !own.iter().any(|text| is_number(text)) || sums_up(chunk, row, statistic) {
            continue;
        }
        let key: Vec<&str> = keys
            .iter()
            .map(|column| match (cell(row, *column), filled.contains(column)) {
                ("", true) => above.get(column).copied().unwrap_or(""),
                (text, _) => {
                    above.insert(*column, text);
                    text
                }
            })
            .collect();
        if !keys.is_empty() && key.iter().all(|text| text.is_empty()) {
            continue;
        }
        count += 1;
        match seen.get(&key) {
            None => drop(seen.insert(key, (row, own))),
            // The same values again are told of when they are taken.
            Some((_, before)) if *before == own => {}
            Some((before, _)) => {
                again += 1;
                first.get_or_insert_with(|| {
                    let named: Vec<&str> = key.iter().copied().filter(|text| !text.is_empty()).collect();
                    (named.join(", "), chunk.row_number(*before), chunk.row_number(row))
                });
            }
        }
    }
    let (named, one, other) = first.filter(|_| again * 5 >= count)?;
    let what = if named.is_empty() {
        told!(
            "guess-rows-not-told-apart",
            "nothing that is read tells the rows {one} and {other} apart",
            one = one,
            other = other
        )
    } else {
        told!(
            "guess-stands-in-rows",
            "`{named}` stands in the rows {one} and {other} with other values",
            named = named,
            one = one,
            other = other
        )
    };
    Some(told!(
        "guess-which-column-names-rows",
        "{what}, and so in {again} of {count} rows: which column names the place, the property or the period of each?",
        what => what,
        again = again,
        count = count
    ))
}
