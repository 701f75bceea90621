//! Errors on their way through a cluster, which carries nothing but texts.

use std::time::Duration;

use serde_json::{Value, json};
use wording::Told;

use crate::Error;

/// What stands around an error in a longer text. Neither quotes nor line ends, which are escaped
/// where texts are put into texts.
const OPEN: &str = "⟦cuulong ";
const CLOSE: &str = " cuulong⟧";

/// What is limited; see [`Error::Limit`].
const LIMITED: [&str; 5] = ["memory", "time", "rows", "text", "nesting"];

/// The error as a text that [`read_error`] finds again; `None` for those that say nothing to an asker.
pub fn written_error(error: &Error) -> Option<String> {
    let fields = match error {
        Error::NotFound { what } => json!(["not_found", what]),
        Error::Gone { what } => json!(["gone", what.kept()]),
        Error::Invalid { what, hint } => json!(["invalid", what.kept(), hint.as_ref().map(Told::kept)]),
        Error::Limit { what, limit } => json!(["limit", what, limit]),
        Error::Damaged { what } => json!(["damaged", what]),
        Error::Denied(_) | Error::Busy { .. } | Error::Later | Error::Away(_) | Error::Internal(_) => {
            return None;
        }
    };
    // In hexadecimal: however often the text is quoted on its way, it stays as it is.
    let hex: String = fields.to_string().bytes().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{OPEN}{hex}{CLOSE}"))
}

/// The error of ours inside a text.
pub fn read_error(text: &str) -> Option<Error> {
    let (_, rest) = text.split_once(OPEN)?;
    let (hex, _) = rest.split_once(CLOSE)?;
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    let fields: Value = serde_json::from_slice(&bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    let text = |at: usize| fields.get(at).and_then(Value::as_str).map(str::to_owned);
    Some(match text(0)?.as_str() {
        "not_found" => Error::NotFound { what: text(1)? },
        "gone" => Error::Gone { what: Told::read(&text(1)?) },
        "invalid" => Error::Invalid { what: Told::read(&text(1)?), hint: text(2).as_deref().map(Told::read) },
        "limit" => {
            let what = text(1)?;
            Error::Limit { what: LIMITED.into_iter().find(|known| **known == *what)?, limit: text(2)? }
        }
        "damaged" => Error::Damaged { what: text(1)? },
        _ => return None,
    })
}

/// The error of a part of a plan for whose answer nobody waits any more.
pub(super) fn too_late(limit: Duration) -> Error {
    Error::Limit { what: "time", limit: format!("{} s", limit.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_again_in_whatever_text_it_was_put() {
        for error in [
            Error::Invalid { what: "Divide \"by\" zero\nin `a`".into(), hint: None },
            Error::Invalid { what: "ngưỡng ⟦x⟧".into(), hint: Some("write a number".into()) },
            Error::Limit { what: "memory", limit: "the share of one request".into() },
            Error::Damaged { what: "lake/a/b.parquet: it is missing".into() },
            Error::NotFound { what: "table `a`".into() },
            Error::Gone { what: "version 3 of `a`".into() },
        ] {
            let written = written_error(&error).unwrap();
            let carried = format!("Job 7 failed: {:?}", Some(format!("General({written:?})")));
            let found = read_error(&carried).expect("it is there");
            assert_eq!(format!("{found:?}"), format!("{error:?}"));
        }
        assert!(read_error("Job 7 failed").is_none());
        assert!(read_error("⟦cuulong zz cuulong⟧").is_none());
        assert!(read_error("⟦cuulong é cuulong⟧").is_none());
    }
}
