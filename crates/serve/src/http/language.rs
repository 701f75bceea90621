//! The language of a request and the messages in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use model::Lang;

// The words of problems and of the services, in every language.
static_loader! {
    pub static MESSAGES = {
        locales: "./messages",
        fallback_language: "vi",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Fluent's name of a language. A message that a language does not have is read in Vietnamese, whole.
pub fn identifier(lang: Lang) -> LanguageIdentifier {
    lang.tag().parse().expect("a two-letter tag is a language identifier")
}

/// A message without blanks.
pub fn message(lang: Lang, id: &str) -> String {
    MESSAGES.lookup(&identifier(lang), id)
}

/// A message with its blanks filled.
pub fn filled(lang: Lang, id: &str, blanks: &[(&'static str, &str)]) -> String {
    let blanks: HashMap<Cow<'static, str>, FluentValue<'_>> =
        blanks.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(*value))).collect();
    MESSAGES.lookup_with_args(&identifier(lang), id, &blanks)
}

/// The language of a request: `?lang=`, else `Accept-Language`, else Vietnamese.
#[derive(Debug, Clone, Copy)]
pub struct RequestLang(pub Lang);

impl RequestLang {
    /// The language that a request's head asks for.
    pub fn of(parts: &Parts) -> RequestLang {
        let asked = parts.uri.query().and_then(|query| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == "lang")
                .and_then(|(_, value)| Lang::from_tag(&value))
        });
        let accepted = || {
            let header = parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            preferred(header)
        };
        RequestLang(asked.or_else(accepted).unwrap_or_default())
    }
}

/// The language with the highest weight among those this system speaks.
fn preferred(header: &str) -> Option<Lang> {
    header
        .split(',')
        .filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight: f32 = weight.trim().parse().ok()?;
            Lang::from_tag(tag.trim()).map(|lang| (lang, weight))
        })
        .fold(None, |best: Option<(Lang, f32)>, (lang, weight)| match best {
            Some((_, most)) if most >= weight => best,
            _ => Some((lang, weight)),
        })
        .map(|(lang, _)| lang)
}

impl<S: Send + Sync> FromRequestParts<S> for RequestLang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(RequestLang::of(parts))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for RequestLang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Some(RequestLang::of(parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::preferred;
    use model::Lang;

    #[test]
    fn the_highest_weight_wins_and_foreign_languages_are_passed_over() {
        for (header, lang) in [
            ("en-GB,en;q=0.9,vi;q=0.8", Some(Lang::En)),
            ("fr, vi;q=0.5, en;q=0.7", Some(Lang::En)),
            ("km", Some(Lang::Km)),
            ("fr", None),
        ] {
            assert_eq!(preferred(header), lang, "{header}");
        }
    }
}
