//! Sentences for people: a code and its values, worded in the reader's language where they leave.
//!
//! An error of a lower crate does not know who will read it. It carries a [`Told`]: a stable code, the
//! English sentence, and the values in it. Logs show the English; an answer, a page, the command line
//! and a report ask for the sentence in a language. This crate words what others tell: it never decides
//! what went wrong, reads or answers anything.

mod grammar;
mod kept;
mod model_errors;
mod readers;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use model::Lang;

pub use grammar::{grammar, guessed};
pub use readers::reader;
pub use words::{Phrase, Told, Value};

// The sentences in every language. A sentence that a language does not have is read in Vietnamese, whole.
static_loader! {
    static SENTENCES = {
        locales: "./messages",
        fallback_language: "vi",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A sentence with its values, in a language; `None` for a code that has none.
fn sentence(lang: Lang, code: &str, values: &[(&str, String)]) -> Option<String> {
    let language: LanguageIdentifier = lang.tag().parse().expect("a two-letter tag is a language identifier");
    let blanks: HashMap<Cow<'static, str>, FluentValue<'_>> = values
        .iter()
        .map(|(name, value)| (Cow::Owned((*name).to_owned()), FluentValue::from(value.as_str())))
        .collect();
    SENTENCES.try_lookup_with_args(&language, code, &blanks)
}

/// A sentence for people: `told!("csv-no-rows", "`{file}` has no rows", file = name)`.
///
/// The code is found in `messages/vi`; the English is copied from here to `messages/en` by a test. A value after
/// `=` is shown as it is; one after `=>` is a [`Told`] and is worded in the reader's language, too.
#[macro_export]
macro_rules! told {
    ($code:literal, $english:literal $(, $name:ident $kind:tt $value:expr)* $(,)?) => {
        $crate::Told::new($code, $english, vec![$((stringify!($name), $crate::told!(@ $kind $value))),*])
    };
    (@ = $value:expr) => { $crate::Value::Text($value.to_string()) };
    (@ => $value:expr) => { $crate::Value::Told($crate::Told::from($value)) };
}

/// A sentence without values, for tables that are known when the program is built.
#[macro_export]
macro_rules! phrase {
    ($code:literal, $english:literal) => {
        $crate::Phrase { code: $code, english: $english }
    };
}
