//! The portal's words in a language: messages, numbers, dates and units as a reader expects them.

mod calendar;
mod lunar;
mod number;
mod table;
mod unit;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
pub use model::LunarDay;
use model::{Lang, Text};

pub(crate) use calendar::local_day;
pub use number::places_for;

static_loader! {
    static MESSAGES = {
        locales: "./messages",
        fallback_language: "vi",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Speaks one language. Khmer pages have no messages yet and read Vietnamese.
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

    /// The language's tag, for `lang` attributes.
    pub fn tag(&self) -> &'static str {
        self.lang.tag()
    }

    /// A message without blanks.
    pub fn t(&self, key: &str) -> String {
        MESSAGES.lookup(&self.identifier(), key)
    }

    /// The message of a code (`prefix-code`, with `_` and `.` as `-`), or the code itself where there
    /// is no message for it.
    pub fn code(&self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}-{}", code.replace(['_', '.', ':'], "-"));
        MESSAGES.try_lookup(&self.identifier(), &key).unwrap_or_else(|| code.to_owned())
    }

    /// A message whose blanks are filled with these texts.
    pub fn fill<const N: usize>(&self, key: &str, blanks: [(&'static str, &dyn Display); N]) -> String {
        let blanks: HashMap<Cow<'static, str>, FluentValue<'_>> = blanks
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(value.to_string())))
            .collect();
        MESSAGES.lookup_with_args(&self.identifier(), key, &blanks)
    }

    /// A message about a number of things: `$n` is the number as written, `$count` chooses the form.
    pub fn count(&self, key: &str, number: impl TryInto<u64>) -> String {
        let number = number.try_into().unwrap_or(u64::MAX);
        let blanks = HashMap::from([
            (Cow::Borrowed("n"), FluentValue::from(self.whole(number))),
            (Cow::Borrowed("count"), FluentValue::from(number)),
        ]);
        MESSAGES.lookup_with_args(&self.identifier(), key, &blanks)
    }

    /// A human text in this language, or in the language that it falls back to.
    pub fn of_text<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.lang).0
    }

    /// The tag of the language that [`Words::of_text`] speaks, when it is not the page's.
    pub fn foreign_tag(&self, text: &Text) -> Option<&'static str> {
        let spoken = text.get(self.lang).1;
        (spoken != self.lang).then(|| spoken.tag())
    }

    fn identifier(&self) -> LanguageIdentifier {
        let tag = match self.lang {
            Lang::En => "en",
            Lang::Vi | Lang::Km => "vi",
        };
        tag.parse().expect("a two-letter tag is a language identifier")
    }
}
