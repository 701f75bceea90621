//! Which delimiter a text uses.

use super::scan::{Field, Scan, scan};

/// The delimiters that are tried; on a tie the earlier one wins, since decimal commas are common.
const CANDIDATES: [u8; 4] = [b'\t', b';', b'|', b','];

/// Records looked at.
const SAMPLE: usize = 200;

/// The delimiter that cuts the most records into the same number of cells; none if nothing cuts
/// anything. A first line `sep=…`, as Excel writes it, decides.
pub(crate) fn delimiter(head: &str, is_whole: bool) -> Option<u8> {
    if let Some([delimiter, b'\r' | b'\n', ..]) = head.strip_prefix("sep=").map(str::as_bytes)
        && delimiter.is_ascii()
        && !matches!(delimiter, b'"' | b'\r' | b'\n')
    {
        return Some(*delimiter);
    }
    let mut best = (0, None);
    for candidate in CANDIDATES {
        let records = regularity(head.as_bytes(), candidate, is_whole);
        if records > best.0 {
            best = (records, Some(candidate));
        }
    }
    best.1
}

/// Whether a delimiter cuts at least half of the records that are not blank, or is said to.
pub(crate) fn cuts_most(head: &str, delimiter: u8, is_whole: bool) -> bool {
    let records = head.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE).count();
    head.starts_with("sep=") || regularity(head.as_bytes(), delimiter, is_whole) * 2 >= records
}

/// How many records have the most common number of cells above one.
fn regularity(head: &[u8], delimiter: u8, is_whole: bool) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut fields) = (0, Vec::<Field>::new());
    for _ in 0..SAMPLE {
        let Scan::Record { next } = scan(head, at, delimiter, is_whole, &mut fields) else {
            break;
        };
        at = next;
        let cells = fields.len();
        match counts.iter_mut().find(|(n, _)| *n == cells) {
            _ if cells < 2 || fields.iter().any(|field| field.has_tail) => {}
            Some((_, records)) => *records += 1,
            None => counts.push((cells, 1)),
        }
    }
    if counts.is_empty() && at == 0 {
        // The first record is longer than the head: its own cells are all there is to go by.
        return usize::from(fields.len() > 1);
    }
    counts.into_iter().map(|(_, records)| records).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::delimiter;

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n3,1;4,2\n", b';'),
            ("\"A title, with a comma\"\n\nCity;2015;2016\nHa Noi;1.5;..\nCa Mau;2.5;3\n", b';'),
            ("ten\tgia tri\nA, B\t1,5\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("name\nx\ny\n", 0),
            ("1,5;2,5;3,5\n2,5;3,5;4,5\n", b';'),
            ("sep=;\r\na,b;c\r\n", b';'),
            ("\"x;y\",\"a;b\"\n\"u;v\",\"c;d\"\n", b','),
        ] {
            assert_eq!(delimiter(text, true).unwrap_or(0), expected, "{text:?}");
        }
    }
}
