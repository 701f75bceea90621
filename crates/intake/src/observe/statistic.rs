//! The statistic that a text names: a code, or a word of headers and titles.

use model::Statistic;

/// Words that are all of a text, folded, and the statistic that each names.
const WORDS: &[(&str, Statistic)] = &[
    ("deepest", Statistic::Max),
    ("highest", Statistic::Max),
    ("maximum", Statistic::Max),
    ("max", Statistic::Max),
    ("cao nhat", Statistic::Max),
    ("lon nhat", Statistic::Max),
    ("cao nhat tuyet doi", Statistic::Max),
    ("most shallow", Statistic::Min),
    ("lowest", Statistic::Min),
    ("minimum", Statistic::Min),
    ("min", Statistic::Min),
    ("thap nhat", Statistic::Min),
    ("nho nhat", Statistic::Min),
    ("thap nhat tuyet doi", Statistic::Min),
    ("mean", Statistic::Mean),
    ("average", Statistic::Mean),
    ("trung binh", Statistic::Mean),
    ("binh quan", Statistic::Mean),
    ("tb", Statistic::Mean),
    ("total", Statistic::Total),
    ("sum", Statistic::Total),
    ("tong", Statistic::Total),
    ("tong so", Statistic::Total),
    ("tong cong", Statistic::Total),
];

/// The statistic of a code, or of a word.
pub(crate) fn find_statistic(text: &str) -> Option<Statistic> {
    let text = text.trim();
    Statistic::from_code(text).or_else(|| {
        let folded = model::fold(text);
        WORDS.iter().find(|(word, _)| folded == *word).map(|(_, statistic)| *statistic)
    })
}

#[cfg(test)]
mod tests {
    use model::Statistic;

    use super::find_statistic;

    #[test]
    fn codes_and_words_name_statistics_and_other_texts_none() {
        for (text, expected) in [
            ("max", Some(Statistic::Max)),
            (" Cao nhất ", Some(Statistic::Max)),
            ("Thấp nhất", Some(Statistic::Min)),
            ("Trung bình", Some(Statistic::Mean)),
            ("TB", Some(Statistic::Mean)),
            ("total", Some(Statistic::Total)),
            ("Cao nhất trung bình", None),
            ("", None),
        ] {
            assert_eq!(find_statistic(text), expected, "{text}");
        }
    }
}
