//! The engine's own sentences about a statement, told apart so that readers have them in their language.
//!
//! The engine knows English only. The mistakes that people make most are found again by its words; what is
//! not found is passed on as it is.

use wording::{Told, told};

/// A sentence of the engine as one of ours.
pub(crate) fn told(sentence: &str) -> Told {
    let sentence = parser(sentence);
    known(sentence).unwrap_or_else(|| told!("query-engine", "{words}", words = sentence))
}

fn known(sentence: &str) -> Option<Told> {
    if let Some(rest) = sentence.strip_prefix("No field named ") {
        return Some(field(rest));
    }
    if let Some(rest) = sentence.strip_prefix("Invalid function '") {
        let name = rest.split('\'').next().unwrap_or_default();
        return Some(told!("query-no-function", "Invalid function '{name}'.", name = name));
    }
    if let Some(rest) = sentence.strip_prefix("Ambiguous reference to unqualified field ") {
        return Some(told!(
            "query-ambiguous-field",
            "Ambiguous reference to unqualified field {name}",
            name = rest.trim_end_matches('.')
        ));
    }
    if sentence == "The context currently only supports a single SQL statement" {
        return Some(told!("query-one-statement", "only one statement is taken at a time"));
    }
    if sentence.starts_with("Divide by zero") {
        return Some(told!("query-divide-by-zero", "Divide by zero error"));
    }
    if let Some((text, kind)) = between(sentence, "Cannot cast string '", "' to value of ")
        && let Some(kind) = kind.strip_suffix(" type")
    {
        return Some(told!(
            "query-cannot-cast",
            "Cannot cast string '{text}' to value of {kind} type",
            text = text,
            kind = kind
        ));
    }
    if let Some((wanted, rest)) = between(sentence, "Expected: ", ", found: ") {
        return Some(match rest.rsplit_once(" at Line: ") {
            Some((found, at)) => {
                let (line, column) = at.split_once(", Column: ").unwrap_or((at, "1"));
                told!(
                    "query-expected-at",
                    "sql parser error: Expected: {wanted}, found: {found} at Line: {line}, Column: {column}",
                    wanted => part(wanted),
                    found => part(found),
                    line = line,
                    column = column
                )
            }
            None => told!(
                "query-expected",
                "sql parser error: Expected: {wanted}, found: {found}",
                wanted => part(wanted),
                found => part(rest)
            ),
        });
    }
    None
}

/// What the parser calls a part of a statement; words of the language itself stay as they are.
fn part(name: &str) -> Told {
    match name {
        "an SQL statement" => told!("query-part-statement", "an SQL statement"),
        "an expression" | "an expression:" => told!("query-part-expression", "an expression"),
        "identifier" => told!("query-part-name", "identifier"),
        "end of statement" => told!("query-part-end", "end of statement"),
        "EOF" => told!("query-part-end-of-text", "EOF"),
        "a data type name" => told!("query-part-type", "a data type name"),
        "joined table" => told!("query-part-joined-table", "joined table"),
        "literal int" | "literal number" | "number" => told!("query-part-number", "number"),
        "a string" | "string literal" | "literal string" => told!("query-part-text", "a string"),
        "a list of columns in parentheses" => {
            told!("query-part-columns", "a list of columns in parentheses")
        }
        "an identifier or a '*' after '.'" => {
            told!("query-part-name-or-star", "an identifier or a '*' after '.'")
        }
        other => Told::words(other.to_owned()),
    }
}

/// What the parser says, without what is around it.
fn parser(sentence: &str) -> &str {
    let inner = sentence.strip_prefix("Cast error: ").unwrap_or(sentence);
    let inner = inner.strip_prefix("sql parser error: ").unwrap_or(inner);
    let inner =
        inner.strip_prefix("ParserError(\"").and_then(|rest| rest.strip_suffix("\")")).unwrap_or(inner);
    inner.strip_prefix("TokenizerError(\"").and_then(|rest| rest.strip_suffix("\")")).unwrap_or(inner)
}

/// `x. Did you mean 'y'?.`, `x. Valid fields are a, b.`
fn field(rest: &str) -> Told {
    if let Some((name, near)) = rest.split_once(". Did you mean '") {
        let near = near.split('\'').next().unwrap_or_default();
        return told!(
            "query-no-field-but",
            "No field named {name}. Did you mean '{near}'?",
            name = name,
            near = near
        );
    }
    if let Some((name, fields)) = rest.split_once(". Valid fields are ") {
        return told!(
            "query-no-field-of",
            "No field named {name}. Valid fields are {fields}.",
            name = name,
            fields = fields.trim_end_matches('.')
        );
    }
    told!("query-no-field", "No field named {name}.", name = rest.trim_end_matches('.'))
}

/// What stands between two texts at the beginning of a sentence, and what follows.
fn between<'a>(sentence: &'a str, first: &str, then: &str) -> Option<(&'a str, &'a str)> {
    sentence.strip_prefix(first)?.split_once(then)
}
