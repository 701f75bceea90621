//! How long and how deep a statement may be.
//!
//! A statement becomes trees that are walked, cloned and dropped by recursion. Their depth is
//! bounded by the words and operators in the text, so that these are counted before anything is
//! parsed; a list of values is flat, so that values and commas are counted apart.

use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::visit_relations;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::only_reads;
use crate::{Error, engine_words};

/// The longest statement, bytes.
const MAX_BYTES: usize = 256 << 10;
/// The most words, brackets and comparisons.
const MAX_WORDS: usize = 4_000;
/// The most operators other than comparisons: each makes the tree one deeper, and the time that
/// DataFusion plans a chain of them for grows with the square of its length.
const MAX_OPERATORS: usize = 400;
/// The most values and commas.
const MAX_VALUES: usize = 20_000;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 40;
/// The parser's own limit of recursion, DataFusion's default.
const MAX_RECURSION: usize = 50;
/// The most tables, with repetition.
const MAX_TABLES: usize = 60;

fn limit(what: &'static str, limit: usize, unit: &str) -> Error {
    Error::Limit { what, limit: format!("{limit} {unit}") }
}

/// Refuses a statement that is too long or too deep to be parsed.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    if text.len() > MAX_BYTES {
        return Err(limit("text", MAX_BYTES, "bytes"));
    }
    let dialect = datafusion::sql::sqlparser::dialect::GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize()
        .map_err(|error| Error::Invalid { what: engine_words::told(&error.to_string()), hint: None })?;
    let (mut words, mut operators, mut values) = (0, 0, 0);
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in &tokens {
        match token {
            Token::Whitespace(_) => {}
            Token::LParen | Token::LBracket | Token::LBrace => {
                depth += 1;
                deepest = deepest.max(depth);
                words += 1;
            }
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Comma | Token::Number(..) | Token::SingleQuotedString(_) => values += 1,
            Token::Word(word) if word.keyword == Keyword::NULL => values += 1,
            Token::Word(_) | Token::Period | Token::SemiColon => words += 1,
            Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq => words += 1,
            _ => operators += 1,
        }
    }
    if operators > MAX_OPERATORS {
        return Err(limit("text", MAX_OPERATORS, "operators"));
    }
    if words > MAX_WORDS {
        return Err(limit("text", MAX_WORDS, "words"));
    }
    if values > MAX_VALUES {
        return Err(limit("text", MAX_VALUES, "values"));
    }
    if deepest > MAX_DEPTH {
        return Err(limit("nesting", MAX_DEPTH, "brackets"));
    }
    Ok(())
}

/// Bytes that a statement may grow by when it is written in the planner's words, beside four times its length, without
/// being looked at again.
const MUCH: usize = 4 << 10;

/// Refuses a statement that has become too long or too deep: what names a part of it twice doubles with every level.
pub(super) fn check_grown(statement: &Statement, written: usize) -> Result<(), Error> {
    let text = statement.to_string();
    if text.len() > 4 * written + MUCH { check(&text) } else { Ok(()) }
}

/// The error of a statement that has become too long.
pub(super) fn too_long() -> Error {
    limit("text", MAX_BYTES, "bytes")
}

/// The error of a statement that could not be parsed.
pub(super) fn parse_error(error: DataFusionError) -> Error {
    match &error {
        DataFusionError::SQL(parser, _) if matches!(**parser, ParserError::RecursionLimitExceeded) => {
            limit("nesting", MAX_RECURSION, "clauses one in another")
        }
        _ => error.into(),
    }
}

/// Refuses a statement over too many tables, and what is no query.
pub(super) fn check_statement(statement: &Statement) -> Result<(), Error> {
    let Statement::Statement(inner) = statement else {
        return match statement {
            Statement::Explain(_) => Ok(()),
            _ => Err(only_reads()),
        };
    };
    let mut tables = 0;
    let _ = visit_relations(inner.as_ref(), |_| {
        tables += 1;
        if tables > MAX_TABLES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if tables > MAX_TABLES {
        return Err(limit("tables", MAX_TABLES, "tables in one statement"));
    }
    Ok(())
}
