//! Texts that say the same in two languages, as yearbooks print them: `CẢ NƯỚC - WHOLE COUNTRY`, `Nghìn tấn/Thous. tons`.

/// What stands between the two, the plainest first.
const BETWEEN: [&str; 5] = ["\n", " - ", " – ", " / ", "/"];

/// The two halves of a text that may say the same twice.
pub(crate) fn halves(text: &str) -> Option<(&str, &str)> {
    let between = BETWEEN.into_iter().find(|between| text.contains(between))?;
    let (one, other) = text.split_once(between)?;
    let (one, other) = (one.trim(), other.trim());
    (!one.is_empty() && !other.is_empty() && !other.contains(between)).then_some((one, other))
}

#[cfg(test)]
mod tests {
    use super::halves;

    #[test]
    fn a_text_has_two_halves_or_none() {
        for (text, expected) in [
            ("CẢ NƯỚC - WHOLE COUNTRY", Some(("CẢ NƯỚC", "WHOLE COUNTRY"))),
            ("Nghìn tấn/Thous. tons", Some(("Nghìn tấn", "Thous. tons"))),
            ("Tổng số\nTotal", Some(("Tổng số", "Total"))),
            ("Cần Thơ", None),
            ("a/b/c", None),
            (" - b", None),
            ("", None),
        ] {
            assert_eq!(halves(text), expected, "{text}");
        }
    }
}
