//! Filters of topics (MQTT 5 §4.7): whether they can be, and what they match.

/// The longest filter or topic, bytes.
pub(crate) const MOST: usize = 2_000;

/// Whether a text can be a filter: `#` last and alone on its level, `+` alone on its level.
pub(crate) fn is_filter(text: &str) -> bool {
    if text.is_empty() || text.len() > MOST {
        return false;
    }
    let mut levels = text.split('/').peekable();
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        let is_right = match level {
            "+" => true,
            "#" => is_last,
            level => !level.contains(['+', '#']),
        };
        if !is_right {
            return false;
        }
    }
    true
}

/// Whether a topic is one that the filter means.
pub(crate) fn matches(filter: &str, topic: &str) -> bool {
    // What begins with `$` is no topic of the application's.
    if topic.starts_with('$') && !filter.starts_with('$') {
        return false;
    }
    let mut topics = topic.split('/');
    for level in filter.split('/') {
        match (level, topics.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(other)) if level == other => {}
            _ => return false,
        }
    }
    topics.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{is_filter, matches};

    #[test]
    fn filters_match_what_the_standard_says() {
        for (filter, topic, is_match) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("#", "a/b", true),
            ("#", "$SYS/x", false),
            ("+/b", "$SYS/b", false),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("cuulong/changes/+", "cuulong/changes/độ_mặn", true),
            ("+", "/a", false),
            ("/+", "/a", true),
        ] {
            assert_eq!(matches(filter, topic), is_match, "{filter} {topic}");
        }
    }

    #[test]
    fn wildcards_stand_alone_and_the_last_is_last() {
        for (filter, is_right) in [
            ("a/#", true),
            ("#", true),
            ("a/#/b", false),
            ("a#", false),
            ("a+/b", false),
            ("+/+", true),
            ("", false),
        ] {
            assert_eq!(is_filter(filter), is_right, "{filter}");
        }
    }
}
