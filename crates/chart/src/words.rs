//! A reader's words for charts: messages, numbers, dates and units as its language writes them.

mod calendar;
mod number;
mod table;
mod unit;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use model::{Lang, Text};

pub use calendar::local_day;
pub use number::places_for;

static_loader! {
    static MESSAGES = {
        locales: "./messages",
        fallback_language: "vi",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The blanks of a message with the texts that fill them.
pub fn filled<const N: usize>(
    blanks: [(&'static str, &dyn Display); N],
) -> HashMap<Cow<'static, str>, FluentValue<'static>> {
    blanks.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(value.to_string()))).collect()
}

/// Speaks one language. Khmer has no messages yet and reads Vietnamese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    lang: Lang,
}

impl Words {
    /// The words of a language.
    pub fn of(lang: Lang) -> Words {
        Words { lang }
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// A human text in this language, or in the language that it falls back to.
    pub fn of_text<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.lang).0
    }

    /// A message of charts without blanks.
    pub(crate) fn t(&self, key: &str) -> String {
        MESSAGES.lookup(&self.identifier(), key)
    }

    /// A message of charts whose blanks are filled with these texts.
    pub(crate) fn fill<const N: usize>(
        &self,
        key: &str,
        blanks: [(&'static str, &dyn Display); N],
    ) -> String {
        MESSAGES.lookup_with_args(&self.identifier(), key, &filled(blanks))
    }

    /// The label of an alarm level: I, II or III.
    pub fn alarm(&self, level: &str) -> String {
        self.fill("chart-alarm", [("level", &level)])
    }

    /// The language that messages are looked up in.
    pub fn identifier(&self) -> LanguageIdentifier {
        let tag = match self.lang {
            Lang::En => "en",
            Lang::Vi | Lang::Km => "vi",
        };
        tag.parse().expect("a two-letter tag is a language identifier")
    }
}
