//! A mapping as a text whose comments are kept in English and shown in the reader's language.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;

use model::Lang;
use wording::{Told, told};

use super::Mapping;
use super::render::{comment, comments, render};

/// A mapping in TOML. As a string it is what is kept: its comments are English.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct MappingText {
    text: String,
    /// What may stand in its comments.
    comments: Vec<Told>,
}

impl Mapping {
    /// The mapping as TOML, whose comments can be shown in any language.
    pub fn to_text(&self) -> MappingText {
        MappingText::new(render(self), comments(self))
    }
}

impl MappingText {
    /// A text, and what may stand in its comments.
    pub(crate) fn new(text: String, comments: Vec<Told>) -> MappingText {
        MappingText { text, comments }
    }

    /// What may stand in its comments.
    pub(crate) fn comments(&self) -> &[Told] {
        &self.comments
    }

    /// The whole text as a sentence for people, line by line.
    pub fn told(&self) -> Told {
        let known: HashMap<String, &Told> =
            self.comments.iter().map(|reason| (comment(reason, Lang::En), reason)).collect();
        let line = |line: &str| {
            let reason = known.get(line).map(|reason| (*reason).clone().on_one_line());
            let reason = reason.or_else(|| wording::guessed(line.strip_prefix("# ")?));
            match reason {
                Some(reason) => told!("guess-comment", "# {reason}", reason => reason),
                None => Told::words(line.to_owned()),
            }
        };
        Told::lines(self.text.split('\n').map(line).collect())
    }

    /// The text with its comments in a language.
    pub fn shown(&self, lang: Lang) -> String {
        self.told().sentence(lang)
    }

    /// A text that was shown, perhaps changed by a person since, with the comments that are known in English.
    pub(crate) fn unworded(&self, shown: &str) -> String {
        let languages = [Lang::Vi, Lang::Km];
        let of_shape = super::shape::sentence();
        let known: HashMap<String, &Told> = self
            .comments
            .iter()
            .chain([&of_shape])
            .flat_map(|reason| languages.map(|lang| (comment(reason, lang), reason)))
            .collect();
        let line = |line: &str| match known.get(line) {
            Some(reason) => comment(reason, Lang::En),
            None => line.to_owned(),
        };
        shown.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Deref for MappingText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for MappingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for MappingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A text that a person wrote.
impl From<String> for MappingText {
    fn from(text: String) -> MappingText {
        MappingText { text, comments: Vec::new() }
    }
}
