//! English sentences that are found again by their words, so that people have them in their language: what
//! the grammars of protocols say of a request, since they know no other crate, and the comments of mappings
//! that are kept as texts. What is not found is passed on as it is.

mod known;

use known::KNOWN;

use std::sync::LazyLock;

use crate::{Phrase, Told, Value, reader};

/// What a grammar says, e.g. `` `foo` is no function here ``.
pub fn grammar(said: &str) -> Told {
    let found = KNOWN.iter().filter_map(|phrase| Some((phrase, blanks(phrase.english, said)?)));
    // Of two sentences that fit, the one that has more words of its own.
    let found = found.max_by_key(|(phrase, blanks)| own_length(phrase.english, blanks));
    let Some((phrase, blanks)) = found else { return reader(said) };
    let values = blanks.into_iter().map(|(name, text)| (name, value(name, text))).collect();
    Told::new(phrase.code, phrase.english, values)
}

/// A comment that a guess wrote into a mapping; `None` for one that a person wrote.
pub fn guessed(said: &str) -> Option<Told> {
    static SENTENCES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
        let lines = include_str!("../messages/en/guess.ftl").lines();
        lines.filter_map(|line| line.split_once(" = ")).map(|(code, said)| (code, english(said))).collect()
    });
    let found = SENTENCES
        .iter()
        .filter_map(|(code, english)| Some((*code, english.as_str(), blanks(english, said)?)));
    let (code, english, blanks) = found.max_by_key(|(_, english, blanks)| own_length(english, blanks))?;
    let value = |name: &str, text: &str| match guessed(text).filter(|_| HOLD_SENTENCES.contains(&name)) {
        Some(told) => Value::Told(told),
        None => Value::Text(text.to_owned()),
    };
    let values = blanks.into_iter().map(|(name, text)| (name, value(name, text))).collect();
    Some(Told::new(code, english, values))
}

/// An English sentence as the sources have it, of the one that Fluent reads.
fn english(fluent: &str) -> String {
    let (mut text, mut rest) = (String::new(), fluent);
    while let Some((before, behind)) = rest.split_once("{ ") {
        let Some((inside, after)) = behind.split_once(" }") else { break };
        text.push_str(before);
        match inside.strip_prefix('$') {
            Some(name) => text.push_str(&format!("{{{name}}}")),
            None => text.push_str(inside.trim_matches('"')),
        }
        rest = after;
    }
    text + rest
}

/// Blanks of the sentences of a guess that are filled by other sentences.
const HOLD_SENTENCES: [&str; 9] =
    ["reason", "what", "said", "places", "names", "origin", "titles", "more", "why"];

/// How many letters of a sentence are its own.
fn own_length(english: &str, blanks: &[(&str, &str)]) -> usize {
    english.len() - blanks.iter().map(|(name, _)| name.len() + 2).sum::<usize>()
}

/// What fills a blank: a name of a part of speech is told, too.
fn value(name: &str, text: &str) -> Value {
    if name == "error" {
        return Value::Told(reader(text));
    }
    let word = KNOWN.iter().find(|phrase| phrase.english == text);
    word.map_or_else(|| Value::Text(text.to_owned()), |phrase: &Phrase| Value::Told((*phrase).into()))
}

/// The texts that stand in the blanks of a sentence; `None` where the words around them are others.
fn blanks<'t>(english: &'static str, said: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
    let mut found: Vec<(&'static str, &'t str)> = Vec::new();
    let mut rest = said;
    let mut open: Option<&'static str> = None;
    let parts = parts(english);
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.into_iter().enumerate() {
        match part {
            Part::Blank(name) => open = Some(name),
            Part::Words(words) => match open.take() {
                None => rest = rest.strip_prefix(words)?,
                Some(name) => {
                    let at = if index == last { rest.strip_suffix(words)?.len() } else { rest.find(words)? };
                    found.push((name, &rest[..at]));
                    rest = &rest[at + words.len()..];
                }
            },
        }
    }
    match open {
        Some(name) => found.push((name, rest)),
        None if rest.is_empty() => {}
        None => return None,
    }
    found.iter().all(|(_, text)| !text.is_empty()).then_some(found)
}

enum Part {
    Words(&'static str),
    Blank(&'static str),
}

/// The words of a sentence and its blanks, in order.
fn parts(english: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (english, 0);
    while let Some(at) = rest[from..].find('{').map(|at| from + at) {
        let name = rest[at + 1..].split('}').next().unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
            from = at + 1;
            continue;
        }
        if at > 0 {
            parts.push(Part::Words(&rest[..at]));
        }
        parts.push(Part::Blank(name));
        rest = &rest[at + name.len() + 2..];
        from = 0;
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use model::Lang;

    use super::grammar;

    #[test]
    fn what_a_grammar_says_is_found_again_by_its_words() {
        for (said, vietnamese) in [
            ("`foo` is no function here", "`foo` không phải là hàm dùng được ở đây"),
            ("a number is missing at the end", "ở cuối thiếu số"),
            ("`gt` compares a number with a text", "`gt` so sánh số với chữ"),
            ("there are id, name, phenomenonTime", "có id, name, phenomenonTime"),
            (
                "null is no value: write {\"op\": \"isNull\", …}",
                "null không phải là giá trị: hãy viết {\"op\": \"isNull\", …}",
            ),
            (
                "this is no JSON: expected value at line 1 column 5",
                "không phải JSON: phải là một giá trị, ở dòng 1 cột 5",
            ),
            ("something that nobody says", "something that nobody says"),
        ] {
            let told = grammar(said);
            assert_eq!(told.sentence(Lang::En), said);
            assert_eq!(told.sentence(Lang::Vi), vietnamese);
        }
    }
}
