//! What is told: a code, the English sentence and the values in it, or words that are not ours.

use std::borrow::Cow;
use std::fmt;

use model::Lang;

/// A sentence for people, in no language yet. Its [`Display`](fmt::Display) is English, for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Told(pub(crate) Box<Form>);

/// A sentence without values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// Its name in the files of messages.
    pub code: &'static str,
    /// The English words.
    pub english: &'static str,
}

/// What fills a blank of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A name, a number, a text of the reader's own file: the same in every language.
    Text(String),
    /// Words, which each language has its own of.
    Told(Told),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Sentence {
        code: Cow<'static, str>,
        english: Cow<'static, str>,
        values: Vec<(Cow<'static, str>, Value)>,
    },
    /// Several sentences in a row.
    List(Vec<Told>),
    /// The lines of a document.
    Lines(Vec<Told>),
    /// Words of a library or of a person: the same in every language.
    Words(Cow<'static, str>),
}

impl Told {
    /// A sentence; written with [`told!`](crate::told) so that tests find it.
    pub fn new(code: &'static str, english: &'static str, values: Vec<(&'static str, Value)>) -> Told {
        let values = values.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        Told(Box::new(Form::Sentence { code: Cow::Borrowed(code), english: Cow::Borrowed(english), values }))
    }

    /// Words that are not ours to translate: a library's reason, a name, a text that somebody wrote.
    pub fn words(words: impl Into<Cow<'static, str>>) -> Told {
        Told(Box::new(Form::Words(words.into())))
    }

    /// At most 200 characters of words that are not ours, such as what a library says of a damaged file.
    pub fn excerpt(words: impl fmt::Display) -> Told {
        Told::words(words.to_string().chars().take(200).collect::<String>())
    }

    /// Several sentences, one after the other, with `; ` between them.
    pub fn list(sentences: Vec<Told>) -> Told {
        Told(Box::new(Form::List(sentences)))
    }

    /// The lines of a document, such as an example with comments.
    pub fn lines(lines: Vec<Told>) -> Told {
        Told(Box::new(Form::Lines(lines)))
    }

    /// The same without line breaks and other control characters in its values, which may be texts of a file.
    pub fn on_one_line(self) -> Told {
        let clean = |text: &str| text.replace(char::is_control, " ");
        Told(Box::new(match *self.0 {
            Form::Words(words) => Form::Words(Cow::Owned(clean(&words))),
            Form::List(told) => Form::List(told.into_iter().map(Told::on_one_line).collect()),
            Form::Lines(told) => Form::List(told.into_iter().map(Told::on_one_line).collect()),
            Form::Sentence { code, english, values } => {
                let values = values.into_iter().map(|(name, value)| {
                    let value = match value {
                        Value::Text(text) => Value::Text(clean(&text)),
                        Value::Told(told) => Value::Told(told.on_one_line()),
                    };
                    (name, value)
                });
                Form::Sentence { code, english, values: values.collect() }
            }
        }))
    }

    /// The stable name of the sentence, where it is one.
    pub fn code(&self) -> Option<&str> {
        match &*self.0 {
            Form::Sentence { code, .. } => Some(code),
            Form::List(_) | Form::Lines(_) | Form::Words(_) => None,
        }
    }

    /// Whether the English has these words.
    pub fn contains(&self, words: &str) -> bool {
        self.to_string().contains(words)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        match &*self.0 {
            Form::Sentence { .. } => false,
            Form::List(sentences) | Form::Lines(sentences) => sentences.iter().all(Told::is_empty),
            Form::Words(words) => words.is_empty(),
        }
    }

    /// The sentence in a language.
    pub fn sentence(&self, lang: Lang) -> String {
        self.worded(&|code, english, values| {
            crate::sentence(lang, code, values).unwrap_or_else(|| filled(english, values))
        })
    }

    fn worded(&self, word: &Wording<'_>) -> String {
        match &*self.0 {
            Form::Words(words) => words.clone().into_owned(),
            Form::List(sentences) => {
                sentences.iter().map(|told| told.worded(word)).collect::<Vec<_>>().join("; ")
            }
            Form::Lines(lines) => lines.iter().map(|told| told.worded(word)).collect::<Vec<_>>().join("\n"),
            Form::Sentence { code, english, values } => {
                let values: Vec<(&str, String)> = values
                    .iter()
                    .map(|(name, value)| match value {
                        Value::Text(text) => (name.as_ref(), text.clone()),
                        Value::Told(told) => (name.as_ref(), told.worded(word)),
                    })
                    .collect();
                word(code, english, &values)
            }
        }
    }
}

/// Makes a sentence of its code, its English and its values.
type Wording<'a> = dyn Fn(&str, &str, &[(&str, String)]) -> String + 'a;

/// The English words with their blanks filled. A blank without a value stays: it is part of the sentence.
fn filled(english: &str, values: &[(&str, String)]) -> String {
    let mut text = String::with_capacity(english.len() + 32);
    let mut rest = english;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let value = after[1..].find('}').and_then(|close| {
            let name = &after[1..=close];
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, close + 2))
        });
        let Some((value, end)) = value else {
            text.push('{');
            rest = &after[1..];
            continue;
        };
        text.push_str(value);
        rest = &after[end..];
    }
    text.push_str(rest);
    text
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.worded(&|_, english, values| filled(english, values)))
    }
}

/// As a text, which tests and logs read.
impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Nothing to say.
impl Default for Told {
    fn default() -> Told {
        Told::words("")
    }
}

impl From<Phrase> for Told {
    fn from(phrase: Phrase) -> Told {
        Told::new(phrase.code, phrase.english, Vec::new())
    }
}

impl From<String> for Told {
    fn from(words: String) -> Told {
        Told::words(words)
    }
}

impl From<&'static str> for Told {
    fn from(words: &'static str) -> Told {
        Told::words(words)
    }
}

impl From<Vec<Told>> for Told {
    fn from(sentences: Vec<Told>) -> Told {
        Told::list(sentences)
    }
}

impl From<&Told> for Told {
    fn from(told: &Told) -> Told {
        told.clone()
    }
}
