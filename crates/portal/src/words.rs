//! The portal's words in a language: messages, numbers, dates and units as a reader expects them.

mod lunar;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::ops::Deref;

use chrono::{DateTime, Utc};
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
pub use model::LunarDay;
use model::{Lang, Text};

pub(crate) use chart::local_day;
pub use chart::places_for;

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
    /// Numbers, dates and units, as charts have them.
    spoken: chart::Words,
}

impl Deref for Words {
    type Target = chart::Words;
    fn deref(&self) -> &chart::Words {
        &self.spoken
    }
}

impl Words {
    /// The words of a language.
    pub fn of(lang: Lang) -> Words {
        Words { spoken: chart::Words::of(lang) }
    }

    /// The language's tag, for `lang` attributes.
    pub fn tag(&self) -> &'static str {
        self.lang().tag()
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
        MESSAGES.lookup_with_args(&self.identifier(), key, &chart::filled(blanks))
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

    /// The tag of the language that [`chart::Words::of_text`] speaks, when it is not the page's.
    pub fn foreign_tag(&self, text: &Text) -> Option<&'static str> {
        let spoken = text.get(self.lang()).1;
        (spoken != self.lang()).then(|| spoken.tag())
    }

    /// How long ago: "2 phút trước", "3 days ago"; longer than 30 days is a date.
    pub fn ago(&self, time: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let passed = now - time;
        match passed.num_minutes() {
            minutes if minutes < 1 => self.t("ago-now"),
            minutes if minutes < 60 => self.count("ago-minutes", minutes),
            minutes if minutes < 48 * 60 => self.count("ago-hours", minutes / 60),
            minutes if minutes < 30 * 24 * 60 => self.count("ago-days", minutes / (24 * 60)),
            _ => self.day(time),
        }
    }
}
