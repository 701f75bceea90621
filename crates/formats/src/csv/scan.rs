//! Where the cells of one record of delimited text begin and end (RFC 4180, leniently).
//!
//! A cell is quoted if its first byte is a quote; anywhere else a quote is an ordinary letter. What
//! follows a closing quote belongs to the cell. A record ends at LF, CRLF or CR. This is how the
//! `csv` crate reads too, against which it is tested; but a record that does not end is told from
//! one that does, and a blank line is a record.

/// One cell of a record: a range of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the range has quotes that are not part of the cell: see [`unquote`].
    pub(super) has_quotes: bool,
    /// Whether text follows the closing quote: allowed, but a sign of another delimiter.
    pub(super) has_tail: bool,
}

impl Field {
    /// Whether the cell is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// What was found at the place where a record should begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// A record; the next one begins at `next`.
    Record { next: usize },
    /// A record whose end is not in the text.
    Partial { in_quotes: bool },
    /// The end of the file.
    End,
}

/// Finds the cells of the record that begins at `at`. `last` says that the text is the last of the
/// file, so that its end is a record's end.
pub(super) fn scan(text: &[u8], at: usize, delimiter: u8, last: bool, fields: &mut Vec<Field>) -> Scan {
    fields.clear();
    if at >= text.len() {
        return if last { Scan::End } else { Scan::Partial { in_quotes: false } };
    }
    let mut at = at;
    loop {
        let mut field = Field { start: at, end: at, has_quotes: false, has_tail: false };
        let mut from = at;
        let is_quoted = at < text.len() && text[at] == b'"';
        if is_quoted {
            match closing_quote(text, at + 1, last) {
                None => return Scan::Partial { in_quotes: true },
                Some((close, is_plain)) => {
                    from = close + 1;
                    field.has_quotes = !is_plain;
                }
            }
        }
        let mut end = from;
        while end < text.len() && text[end] != delimiter && text[end] != b'\n' && text[end] != b'\r' {
            end += 1;
        }
        field.end = end;
        if is_quoted {
            field.has_tail = end > from;
            field.has_quotes |= field.has_tail;
            if !field.has_quotes {
                (field.start, field.end) = (at + 1, from - 1);
            }
        }
        if end == text.len() {
            fields_push_if(last, fields, field);
            return if last { Scan::Record { next: end } } else { Scan::Partial { in_quotes: false } };
        }
        if text[end] == delimiter {
            fields.push(field);
            at = end + 1;
            continue;
        }
        let next = match text[end] {
            b'\r' if end + 1 == text.len() && !last => return Scan::Partial { in_quotes: false },
            b'\r' if text.get(end + 1) == Some(&b'\n') => end + 2,
            _ => end + 1,
        };
        fields.push(field);
        return Scan::Record { next };
    }
}

fn fields_push_if(last: bool, fields: &mut Vec<Field>, field: Field) {
    if last {
        fields.push(field);
    }
}

/// Where the quote closes that was opened before `from`, and whether no quote was doubled before.
fn closing_quote(text: &[u8], from: usize, last: bool) -> Option<(usize, bool)> {
    let mut from = from;
    let mut is_plain = true;
    loop {
        let at = from + text[from..].iter().position(|byte| *byte == b'"')?;
        match text.get(at + 1) {
            Some(b'"') => {
                is_plain = false;
                from = at + 2;
            }
            None if !last => return None,
            _ => return Some((at, is_plain)),
        }
    }
}

/// Takes away the quotes around a cell and one of each doubled pair within them.
pub(super) fn unquote(raw: &str, out: &mut String) {
    out.clear();
    let mut rest = raw.strip_prefix('"').unwrap_or(raw);
    while let Some(at) = rest.find('"') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                out.push('"');
                rest = after;
            }
            None => break,
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Field, Scan, scan, unquote};

    /// All records as (row, cells), blank lines left out; `Err` with the row of an open quote.
    fn records(text: &str, delimiter: u8) -> Result<Vec<(u32, Vec<String>)>, u32> {
        let (mut at, mut row, mut fields, mut out) = (0, 0, Vec::<Field>::new(), Vec::new());
        loop {
            row += 1;
            match scan(text.as_bytes(), at, delimiter, true, &mut fields) {
                Scan::End => return Ok(out),
                Scan::Partial { .. } => return Err(row),
                Scan::Record { next } => {
                    let is_blank =
                        matches!(&fields[..], [only] if only.is_empty() && !text[at..next].contains('"'));
                    if !is_blank {
                        let cells = fields.iter().map(|field| {
                            let raw = &text[field.start..field.end];
                            let mut cell = raw.to_owned();
                            if field.has_quotes {
                                unquote(raw, &mut cell);
                            }
                            cell
                        });
                        out.push((row, cells.collect()));
                    }
                    assert!(next > at, "a record moves on");
                    at = next;
                }
            }
        }
    }

    #[test]
    fn records_are_cut_as_a_spreadsheet_cuts_them() {
        let check = |text: &str, expected: &[(u32, &[&str])]| {
            let expected: Vec<(u32, Vec<String>)> = expected
                .iter()
                .map(|(row, cells)| (*row, cells.iter().map(|c| (*c).to_owned()).collect()))
                .collect();
            assert_eq!(records(text, b','), Ok(expected), "{text:?}");
        };
        check("", &[]);
        check("a", &[(1, &["a"])]);
        check("a,b\n", &[(1, &["a", "b"])]);
        check("a,\n,b", &[(1, &["a", ""]), (2, &["", "b"])]);
        check("a\r\n\r\nb\rc\n\n", &[(1, &["a"]), (3, &["b"]), (4, &["c"])]);
        check("\"a,\nb\",c\nd", &[(1, &["a,\nb", "c"]), (2, &["d"])]);
        check("\"say \"\"hi\"\"\",x", &[(1, &["say \"hi\"", "x"])]);
        check("5\" pipe,\"a\"b\"c", &[(1, &["5\" pipe", "ab\"c"])]);
        check("\"\"\n\"\",\"\"", &[(1, &[""]), (2, &["", ""])]);
    }

    #[test]
    fn a_quote_that_never_closes_is_told_with_its_row() {
        assert_eq!(records("a\nb,\"c\nd\ne", b','), Err(2));
        assert_eq!(records("\"", b','), Err(1));
        assert_eq!(records("\"a\"\"", b','), Err(1));
    }

    proptest! {
        #[test]
        fn cells_are_those_of_the_csv_crate(text in "[ab\",;\r\n ă]{0,40}", semicolon: bool) {
            let delimiter = if semicolon { b';' } else { b',' };
            if let Ok(ours) = records(&text, delimiter) {
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
                let theirs: Vec<Vec<String>> = reader
                    .records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
                let ours: Vec<Vec<String>> = ours.into_iter().map(|(_, cells)| cells).collect();
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn a_record_does_not_depend_on_what_is_read_after_it(text in "[ab\",\r\n]{0,40}", cut in 0_usize..40) {
            let cut = cut.min(text.len());
            let (mut part, mut whole) = (Vec::new(), Vec::new());
            if let Scan::Record { next } = scan(&text.as_bytes()[..cut], 0, b',', false, &mut part) {
                prop_assert_eq!(scan(text.as_bytes(), 0, b',', true, &mut whole), Scan::Record { next });
                prop_assert_eq!(part, whole);
            }
        }
    }
}
