//! Words, names, texts and signs of a statement, as far as the server itself has to read them.

use crate::error::Refusal;

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A word without quotes, in lower case.
    Word(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes or between dollars.
    Text(String),
    /// A number.
    Number(String),
    /// Anything else, a sign at a time.
    Sign(char),
}

/// A piece and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// A name, quoted or not.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(name) | Kind::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads a text; comments and blanks are passed over.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match c {
            c if c.is_whitespace() => (None, c.len_utf8()),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, comment(rest)?),
            '\'' => quoted(rest, '\'', false).map(|(text, length)| (Some(Kind::Text(text)), length))?,
            'e' | 'E' if rest[1..].starts_with('\'') => {
                let (text, length) = quoted(&rest[1..], '\'', true)?;
                (Some(Kind::Text(text)), length + 1)
            }
            '"' => quoted(rest, '"', false).map(|(name, length)| (Some(Kind::Name(name)), length))?,
            '$' => dollar(rest)?,
            c if c.is_ascii_digit() => {
                let length =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
                (Some(Kind::Number(rest[..length].to_owned())), length)
            }
            c if c.is_alphabetic() || c == '_' => {
                let length =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                (Some(Kind::Word(rest[..length].to_lowercase())), length)
            }
            c => (Some(Kind::Sign(c)), c.len_utf8()),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, start: at, end: at + length });
        }
        at += length;
    }
    Ok(tokens)
}

fn comment(text: &str) -> Result<usize, Refusal> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
    Err(Refusal::syntax("unterminated /* comment"))
}

/// What stands between quotes, of which a doubled one is a quote; with its length in the text.
fn quoted(text: &str, quote: char, escapes: bool) -> Result<(String, usize), Refusal> {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    inside.push(quote);
                    characters.next();
                }
                _ => return Ok((inside, at + 1)),
            }
        } else if c == '\\' && escapes {
            match characters.next() {
                Some((_, 'n')) => inside.push('\n'),
                Some((_, 't')) => inside.push('\t'),
                Some((_, 'r')) => inside.push('\r'),
                Some((_, other)) => inside.push(other),
                None => break,
            }
        } else {
            inside.push(c);
        }
    }
    Err(Refusal::syntax("unterminated quoted string"))
}

/// A text between dollars, or the sign itself (`$1`).
fn dollar(text: &str) -> Result<(Option<Kind>, usize), Refusal> {
    let tag = text[1..].find('$').map(|end| &text[..end + 2]).filter(|tag| {
        let inner = &tag[1..tag.len() - 1];
        inner.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !inner.starts_with(|c: char| c.is_ascii_digit())
    });
    let Some(tag) = tag else { return Ok((Some(Kind::Sign('$')), 1)) };
    let end =
        text[tag.len()..].find(tag).ok_or_else(|| Refusal::syntax("unterminated dollar-quoted string"))?;
    let inside = text[tag.len()..tag.len() + end].to_owned();
    Ok((Some(Kind::Text(inside)), end + 2 * tag.len()))
}

/// The statements of a text, without the semicolons between them.
pub(crate) fn split(text: &str) -> Result<Vec<&str>, Refusal> {
    let (mut statements, mut start) = (Vec::new(), None);
    for token in tokens(text)? {
        if token.is_sign(';') {
            if let Some(start) = start.take() {
                statements.push(&text[start..token.start]);
            }
        } else if start.is_none() {
            start = Some(token.start);
        }
    }
    statements.extend(start.map(|start| text[start..].trim_end()));
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart_outside_of_quotes_and_comments() {
        let text = "select ';' as \"a;b\"; -- one; two\n/* three; /* four; */ */ select $q$;$q$, E'\\';';;";
        let expected = vec!["select ';' as \"a;b\"", "select $q$;$q$, E'\\';'"];
        assert_eq!(split(text).unwrap(), expected);
        assert!(split("select 'open").is_err());
        assert!(split("/* open").is_err());
        assert_eq!(split(" ; ;").unwrap(), Vec::<&str>::new());
    }

    #[test]
    fn a_parameter_is_no_text_between_dollars() {
        let kinds: Vec<Kind> = tokens("$1 = $2").unwrap().into_iter().map(|token| token.kind).collect();
        let number = |text: &str| Kind::Number(text.to_owned());
        let expected = vec![Kind::Sign('$'), number("1"), Kind::Sign('='), Kind::Sign('$'), number("2")];
        assert_eq!(kinds, expected);
    }
}
