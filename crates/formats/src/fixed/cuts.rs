//! Where the columns of a text begin: behind the blanks that run down through nearly all its lines.

use std::ops::Range;

/// Lines looked at.
const SAMPLE: usize = 1000;
/// The widest line that is looked at, in letters.
const MAX_WIDTH: usize = 2000;
/// Lines that it takes to believe in a gap of one letter; a wider one is believed in sooner.
const MANY: usize = 12;

/// Lines of titles above a table, at most.
const MAX_TITLES: usize = 10;

/// Whether a text is a table of fixed width: at least three lines, and most of them fill at least two
/// columns.
pub(crate) fn looks_fixed(head: &str) -> bool {
    table(head).is_some()
}

/// How many lines that are not blank stand above a table, and the letter where each of its columns begins. Titles
/// are passed over only where the text is no table with them.
pub(super) fn table(head: &str) -> Option<(usize, Vec<usize>)> {
    let lines: Vec<&str> = sample(head).collect();
    (0..=MAX_TITLES.min(lines.len())).find_map(|titles| {
        let starts = starts_of(&lines[titles..]);
        let well = lines[titles..].iter().filter(|line| super::cells(line, &starts).count() >= 2).count();
        let (count, is_table) = (lines.len() - titles, starts.len() >= 2);
        // Prose may fall into two columns somewhere: below titles, a table has three.
        let is_sure = titles == 0 || starts.len() >= 3 && well == count;
        (is_table && count >= 3 && well * 5 >= count * 4 && is_sure).then_some((titles, starts))
    })
}

fn sample(head: &str) -> impl Iterator<Item = &str> {
    head.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE)
}

/// The letter, from 0, where each column begins; the first is 0.
pub(super) fn starts(head: &str) -> Vec<usize> {
    starts_of(&sample(head).collect::<Vec<_>>())
}

fn starts_of(lines: &[&str]) -> Vec<usize> {
    let lines: Vec<Vec<bool>> = lines
        .iter()
        .map(|line| line.trim_end().chars().take(MAX_WIDTH).map(char::is_whitespace).collect())
        .collect();
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    let is_gap: Vec<bool> = (0..width)
        .map(|at| {
            let reaching = lines.iter().filter(|line| line.len() > at).count();
            let blank = lines.iter().filter(|line| line.get(at) == Some(&true)).count();
            // A title above the table may run across its gaps.
            let across = (reaching / 50).max(usize::from(reaching >= MANY));
            reaching >= 2 && reaching * 3 >= lines.len() && blank + across >= reaching
        })
        .collect();
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, gap) in is_gap.iter().enumerate() {
        match runs.last_mut() {
            _ if *gap => {}
            Some(last) if last.end == at => last.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    let columns = columns(runs, &lines);
    let apart = |pair: &&[Range<usize>]| lines.len() >= MANY || pair[1].start >= pair[0].end + 2;
    std::iter::once(0).chain(columns.windows(2).filter(apart).map(|pair| pair[1].start)).collect()
}

/// The runs of letters that are columns. One that only a line or two fill is a part of the nearest: of
/// a header that is wider than what stands under it.
fn columns(runs: Vec<Range<usize>>, lines: &[Vec<bool>]) -> Vec<Range<usize>> {
    let is_filled = |run: &Range<usize>| {
        let fills = |line: &&Vec<bool>| run.clone().any(|at| line.get(at) == Some(&false));
        lines.len() < MANY || lines.iter().filter(fills).count() * 10 >= lines.len()
    };
    let (mut columns, strays): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_filled);
    for stray in strays {
        let distance = |column: &&mut Range<usize>| {
            stray.start.abs_diff(column.end).min(column.start.abs_diff(stray.end))
        };
        // Of two as near, the later: a wide header over numbers stands out to the left.
        if let Some(nearest) = columns.iter_mut().rev().min_by_key(distance) {
            *nearest = nearest.start.min(stray.start)..nearest.end.max(stray.end);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::{looks_fixed, starts, table};

    const TABLE: &str = "\
Tram        Ngay        Muc nuoc
Can Tho     01/02/2020     1.25
Tan Chau    02/02/2020    12.50
Chau Doc    03/02/2020     3.75
";

    #[test]
    fn columns_begin_behind_the_blanks_that_all_lines_share() {
        assert_eq!(starts(TABLE), [0, 12, 24]);
        assert!(looks_fixed(TABLE));
    }

    #[test]
    fn a_title_across_the_columns_changes_nothing_where_there_are_many_lines() {
        let rows: String = (0..40).map(|day| format!("Can Tho   {day:>4} {:>6}.5\n", day * 7)).collect();
        let text = format!("Mực nước trung bình ngày tại các trạm\n{rows}");
        assert_eq!(starts(&text), starts(&rows));
        assert!(looks_fixed(&text));
    }

    #[test]
    fn titles_of_any_length_stand_above_a_table() {
        let text = format!("ĐÀI KHÍ TƯỢNG THỦY VĂN KHU VỰC NAM BỘ\nBẢNG MỰC NƯỚC GIỜ (cm)\n\n{TABLE}");
        assert_eq!(table(&text), Some((2, vec![0, 12, 24])));
    }

    #[test]
    fn prose_and_lists_are_no_table() {
        for text in [
            "one\ntwo\nthree\n",
            "a short text that runs on\nand on over a few lines\nof different length and\nsays nothing much\n",
            "Cần Thơ là thành phố\nMỹ Tho ở Tiền Giang\nRạch Giá ở Kiên Giang\n",
            "",
            "    \n\n",
        ] {
            assert!(!looks_fixed(text), "{text:?} {:?}", starts(text));
        }
    }
}
