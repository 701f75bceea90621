//! What readers of JSON and of query strings say of a document, told apart so that people have it in their
//! language.
//!
//! The readers know English only. What is not found again by its words is passed on as it is.

use crate::{Told, told};

/// What a reader says, e.g. `unknown field `x`, expected `y` at line 1 column 5`.
pub fn reader(reason: impl std::fmt::Display) -> Told {
    let reason: String = reason.to_string().chars().take(600).collect();
    let (what, place) = match reason.rsplit_once(" at line ") {
        Some((what, place)) => match place.split_once(" column ") {
            Some((line, column)) => (what, Some((line, column))),
            None => (reason.as_str(), None),
        },
        None => (reason.as_str(), None),
    };
    // `limit: invalid digit found in string`
    let told = match what.split_once(": ").filter(|(name, _)| !name.contains([' ', '`'])) {
        Some((name, of_field)) => match known(of_field) {
            Some(told) => told!("reader-of-field", "{name}: {what}", name = name, what => told),
            None => Told::words(what.to_owned()),
        },
        None => known(what).unwrap_or_else(|| Told::words(what.to_owned())),
    };
    match place {
        Some((line, column)) => told!(
            "reader-at",
            "{what} at line {line} column {column}",
            what => told,
            line = line,
            column = column
        ),
        None => told,
    }
}

impl From<serde_json::Error> for Told {
    fn from(error: serde_json::Error) -> Told {
        reader(error)
    }
}

impl From<std::str::Utf8Error> for Told {
    fn from(error: std::str::Utf8Error) -> Told {
        told!("reader-no-utf-8", "the text is not UTF-8: {error}", error = error)
    }
}

impl From<std::string::FromUtf8Error> for Told {
    fn from(error: std::string::FromUtf8Error) -> Told {
        error.utf8_error().into()
    }
}

/// What may stand there, without the words between: `one of `a`, `b`` and `` `a` or `b` ``.
fn alternatives(known: &str) -> String {
    known.trim_start_matches("one of ").replace("` or `", "`, `")
}

fn known(what: &str) -> Option<Told> {
    let quoted = |first: &str| what.strip_prefix(first)?.split_once('`');
    if let Some((name, rest)) = quoted("unknown field `") {
        return Some(match rest.strip_prefix(", expected ") {
            Some(known) => told!(
                "reader-unknown-field",
                "unknown field `{name}`, expected {known}",
                name = name,
                known = alternatives(known)
            ),
            None => {
                told!("reader-unknown-field-alone", "unknown field `{name}`{rest}", name = name, rest = rest)
            }
        });
    }
    if let Some((name, rest)) = quoted("unknown parameter `") {
        return Some(match rest.strip_prefix(", expected ") {
            Some(known) => told!(
                "reader-unknown-parameter",
                "unknown parameter `{name}`, expected {known}",
                name = name,
                known = alternatives(known)
            ),
            None => told!(
                "reader-unknown-parameter-alone",
                "unknown parameter `{name}`{rest}",
                name = name,
                rest = rest
            ),
        });
    }
    if let Some((name, "")) = quoted("missing field `") {
        return Some(told!("reader-missing-field", "missing field `{name}`", name = name));
    }
    if let Some((name, "")) = quoted("duplicate field `") {
        return Some(told!("reader-duplicate-field", "duplicate field `{name}`", name = name));
    }
    if let Some((name, rest)) = quoted("unknown variant `") {
        let known = rest.strip_prefix(", expected ")?;
        return Some(told!(
            "reader-unknown-variant",
            "unknown variant `{name}`, expected {known}",
            name = name,
            known = alternatives(known)
        ));
    }
    if let Some(text) = what.strip_prefix('`').and_then(|rest| rest.strip_suffix("` is no whole number")) {
        return Some(told!("reader-whole-number", "`{text}` is no whole number", text = text));
    }
    let pair = |first: &str| what.strip_prefix(first)?.rsplit_once(", expected ");
    if let Some((found, wanted)) = pair("invalid type: ") {
        return Some(told!(
            "reader-invalid-type",
            "invalid type: {found}, expected {wanted}",
            found = found,
            wanted = wanted
        ));
    }
    if let Some((found, wanted)) = pair("invalid value: ") {
        return Some(told!(
            "reader-invalid-value",
            "invalid value: {found}, expected {wanted}",
            found = found,
            wanted = wanted
        ));
    }
    match what {
        "longitudes are -180 to 180, latitudes -90 to 90" => {
            Some(told!("reader-globe", "longitudes are -180 to 180, latitudes -90 to 90"))
        }
        "longitudes are -180 to 180, latitudes -90 to 90, and south ≤ north" => Some(told!(
            "reader-globe-box",
            "longitudes are -180 to 180, latitudes -90 to 90, and south ≤ north"
        )),
        "invalid digit found in string" => {
            Some(told!("reader-no-whole-number", "invalid digit found in string"))
        }
        "invalid float literal" => Some(told!("reader-no-number", "invalid float literal")),
        "cannot parse integer from empty string" => {
            Some(told!("reader-empty-number", "cannot parse integer from empty string"))
        }
        "number too large to fit in target type" => {
            Some(told!("reader-large-number", "number too large to fit in target type"))
        }
        "provided string was not `true` or `false`" => {
            Some(told!("reader-no-truth-value", "provided string was not `true` or `false`"))
        }
        "EOF while parsing a value" => Some(told!("reader-ends", "EOF while parsing a value")),
        "EOF while parsing an object" => Some(told!("reader-ends-in-object", "EOF while parsing an object")),
        "EOF while parsing a list" => Some(told!("reader-ends-in-list", "EOF while parsing a list")),
        "EOF while parsing a string" => Some(told!("reader-ends-in-text", "EOF while parsing a string")),
        "expected value" => Some(told!("reader-expected-value", "expected value")),
        "expected ident" => Some(told!("reader-expected-word", "expected ident")),
        "expected `:`" => Some(told!("reader-expected-colon", "expected `:`")),
        "expected `,` or `}`" => Some(told!("reader-expected-comma-or-brace", "expected `,` or `}`")),
        "expected `,` or `]`" => Some(told!("reader-expected-comma-or-bracket", "expected `,` or `]`")),
        "key must be a string" => Some(told!("reader-key-no-text", "key must be a string")),
        "trailing characters" => Some(told!("reader-more-behind", "trailing characters")),
        "trailing comma" => Some(told!("reader-trailing-comma", "trailing comma")),
        "recursion limit exceeded" => Some(told!("reader-too-deep", "recursion limit exceeded")),
        "invalid number" => Some(told!("reader-invalid-number", "invalid number")),
        "number out of range" => Some(told!("reader-number-range", "number out of range")),
        "invalid escape" => Some(told!("reader-invalid-escape", "invalid escape")),
        "control character (\\u0000-\\u001F) found while parsing a string" => Some(told!(
            "reader-control-character",
            "control character (\\u0000-\\u001F) found while parsing a string"
        )),
        _ => None,
    }
}
