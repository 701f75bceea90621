//! A row below a header that numbers its columns: `A | B | 1 | 2 | 3=1+2`.

use formats::Chunk;

/// Rows below the header among which such a row is looked for.
const ROWS: u32 = 3;

/// Whether the row at an index numbers the columns of a header that ends in this row.
pub(crate) fn numbers_columns(chunk: &Chunk, index: usize, header_last: u32) -> bool {
    let number = chunk.row_number(index);
    if number <= header_last || number - header_last > ROWS {
        return false;
    }
    let texts = (0..chunk.columns.len()).filter_map(|column| chunk.cell(index, column)).map(str::trim);
    is_numbering(texts.filter(|text| !text.is_empty()))
}

/// Whether texts are letters and then numbers that count up by one.
fn is_numbering<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let (mut letters, mut numbers, mut marked) = (0_u32, 0_u32, false);
    for text in texts {
        let bare = text.trim_start_matches('(').trim_end_matches(')');
        marked |= bare.len() != text.len();
        let (bare, formula) = match bare.split_once('=') {
            Some((before, formula)) => (before.trim(), Some(formula)),
            None => (bare.trim(), None),
        };
        marked |= formula.is_some();
        let bare = bare.strip_suffix(".0").unwrap_or(bare);
        if let Ok(number) = bare.parse::<u32>() {
            if number != numbers + 1 {
                return false;
            }
            numbers = number;
        } else if bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_alphabetic()) && numbers == 0 {
            letters += 1;
        } else {
            return false;
        }
    }
    // A row of data may count up by chance: brackets, formulas or letters have to say it.
    numbers >= 2 && (marked || letters > 0)
}

#[cfg(test)]
mod tests {
    use super::is_numbering;

    #[test]
    fn letters_brackets_and_formulas_tell_a_numbering_from_data() {
        for (row, expected) in [
            ("A|B|1|2|3", true),
            ("(1)|(2)|(3)", true),
            ("A|B|1.0|2.0|3.0|4=5+6|5.0", true),
            ("1|2|3|4", false),
            ("1|Tân Châu|2|3", false),
            ("A|B|1|3", false),
            ("A|B", false),
            ("", false),
        ] {
            assert_eq!(is_numbering(row.split('|').filter(|text| !text.is_empty())), expected, "{row}");
        }
    }
}
