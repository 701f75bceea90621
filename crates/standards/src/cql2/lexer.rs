//! The words and signs of CQL2 text.

use crate::Error;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a word of the language.
    Word(String),
    /// A name in quotation marks: never a word of the language.
    Name(String),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A sign.
    Sign(&'static str),
}

const SIGNS: [&str; 15] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", "%", "^"];

/// The tokens of a text, each with the byte at which it begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let wrong = |why: &str| Error::new("filter", why).at(text[..at].chars().count() + 1);
        let (token, length) = if first == '\'' || first == '"' {
            let (content, length) =
                quoted(rest, first).ok_or_else(|| wrong("a quotation mark is not closed"))?;
            (if first == '\'' { Token::Text(content) } else { Token::Name(content) }, length)
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = number(rest);
            let number = rest[..length].parse::<f64>().ok().filter(|number| number.is_finite());
            (Token::Number(number.ok_or_else(|| wrong("this is no number"))?), length)
        } else if is_name_start(first) {
            let length = rest.find(|c: char| !is_name_part(c)).unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(wrong("this sign is none of the language"));
        };
        tokens.push((token, at));
        rest = &rest[length..];
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.')
}

/// What stands between quotation marks, and how long that is with them. A mark that is doubled, or
/// follows a backslash, is one of the text.
fn quoted(text: &str, mark: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut all = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = all.next() {
        match c {
            '\\' if all.peek().is_some_and(|(_, next)| *next == mark) => {
                all.next();
                content.push(mark);
            }
            c if c == mark => {
                if all.peek().is_some_and(|(_, next)| *next == mark) {
                    all.next();
                    content.push(mark);
                } else {
                    return Some((content, at + mark.len_utf8()));
                }
            }
            c => content.push(c),
        }
    }
    None
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    at += digits(at);
    if bytes.get(at) == Some(&b'.') {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits((at + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    at
}
