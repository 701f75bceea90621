//! Texts of cells that a spreadsheet must not take for formulas.

use std::borrow::Cow;

/// The text as a cell of a file that is given out: one that a spreadsheet program would run as a
/// formula gets an apostrophe in front. Numbers stay numbers, and a lone `-` stays what it is.
///
/// A program runs what begins with `=`, `+`, `-` or `@`, in full width too, and skips a tab or a line
/// break in front (OWASP, CSV injection).
pub fn harmless(text: &str) -> Cow<'_, str> {
    if is_harmless(text) { Cow::Borrowed(text) } else { Cow::Owned(format!("'{text}")) }
}

/// Whether a text needs nothing in front.
pub fn is_harmless(text: &str) -> bool {
    match text.chars().next() {
        Some('\t' | '\r' | '\n') => false,
        Some('=' | '@' | '＝' | '＠') => text.chars().nth(1).is_none(),
        Some('+' | '-' | '＋' | '－') => {
            text.parse::<f64>().is_ok_and(f64::is_finite) || !text.contains(char::is_alphanumeric)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_are_quoted_and_numbers_are_not() {
        for (text, expected) in [
            ("=1+2", "'=1+2"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+84 912", "'+84 912"),
            ("-A1", "'-A1"),
            ("-inf", "'-inf"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("-1.5", "-1.5"),
            ("+2e-3", "+2e-3"),
            ("-", "-"),
            ("--", "--"),
            ("=", "="),
            ("Cần Thơ", "Cần Thơ"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }
}
