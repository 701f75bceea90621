//! The words of PostgreSQL's grammar (PostgreSQL 15, appendix C), which a name has to stand in quotes for.

/// A line for each word, in order.
const LINES: &str = include_str!("keywords.txt");

/// A word of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keyword {
    /// The word.
    pub(crate) word: &'static str,
    /// How far it is reserved: `U` not at all, `C`, `T`, `R`.
    pub(crate) category: char,
    /// Whether it can name a column without `AS`.
    pub(crate) is_label: bool,
}

/// The words in order.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    LINES.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        let (word, category, label) = (parts.next()?, parts.next()?, parts.next()?);
        let category = category.chars().next().filter(|_| category.len() == 1)?;
        Some(Keyword { word, category, is_label: label == "t" })
    })
}

/// Whether a name that is such a word has to stand in quotes.
pub(super) fn is_reserved(name: &str) -> bool {
    keywords().any(|keyword| keyword.word == name && keyword.category != 'U')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_postgresql() {
        assert_eq!(keywords().count(), 460);
        assert!(keywords().all(|keyword| "UCTR".contains(keyword.category)));
        for (name, expected) in
            [("user", true), ("between", true), ("left", true), ("abort", false), ("cuulong", false)]
        {
            assert_eq!(is_reserved(name), expected, "{name}");
        }
    }
}
