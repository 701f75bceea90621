//! `COPY … TO STDOUT`: rows as lines, in PostgreSQL's own text format or as CSV, or in its binary format.

use crate::error::Refusal;
use crate::tokens::{Kind, Token};

/// What rows in binary begin with: the signature, no flags, and no more of a head (`COPY`, "Binary
/// Format").
pub(crate) const BINARY_HEAD: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What they end with: a row of -1 values.
pub(crate) const BINARY_END: &[u8; 2] = b"\xff\xff";

/// How the rows look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) is_binary: bool,
    pub(crate) is_csv: bool,
    pub(crate) has_header: bool,
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    pub(crate) null: String,
    pub(crate) force_quote: bool,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            is_binary: false,
            is_csv: false,
            has_header: false,
            delimiter: b'\t',
            quote: b'"',
            null: "\\N".to_owned(),
            force_quote: false,
        }
    }
}

impl Shape {
    /// Reads the options, as they are written since PostgreSQL 9 (in brackets) and before.
    pub(crate) fn read(tokens: &[Token]) -> Result<Shape, Refusal> {
        let mut shape = Shape::default();
        let (mut delimiter, mut null) = (None, None);
        // The first option that is about lines, which rows in binary are not.
        let mut of_lines = None;
        let mut tokens = tokens.iter().filter(|token| {
            let is_noise = ["with", "as"].iter().any(|word| token.is_word(word));
            !is_noise && !token.is_sign('(') && !token.is_sign(')') && !token.is_sign(',')
        });
        let mut tokens = std::iter::from_fn(move || tokens.next()).peekable();
        while let Some(token) = tokens.next() {
            let Some(option) = token.name() else { return Err(unknown(token)) };
            if matches!(option, "header" | "delimiter" | "quote" | "escape" | "null" | "force_quote") {
                of_lines.get_or_insert(option);
            }
            let mut text = || match tokens.next().map(|token| &token.kind) {
                Some(Kind::Text(text)) => Ok(text.clone()),
                _ => Err(Refusal::syntax(format!("the COPY option {option} takes a text"))),
            };
            match option {
                "csv" | "text" | "binary" => shape.take_format(option)?,
                "format" => {
                    let name = tokens.next().map(|token| match &token.kind {
                        Kind::Text(name) => name.as_str(),
                        _ => token.name().unwrap_or_default(),
                    });
                    shape.take_format(name.unwrap_or_default())?;
                }
                "header" => {
                    shape.has_header = true;
                    let is_value = |token: &&Token| {
                        matches!(token.name(), Some("true" | "false" | "on" | "off"))
                            || matches!(token.kind, Kind::Number(_))
                    };
                    if let Some(value) = tokens.next_if(is_value) {
                        shape.has_header = !matches!(value.name(), Some("false" | "off"))
                            && value.kind != Kind::Number("0".to_owned());
                    }
                }
                "delimiter" => delimiter = Some(one_byte(&text()?)?),
                "quote" => shape.quote = one_byte(&text()?)?,
                "escape" => {
                    if one_byte(&text()?)? != shape.quote {
                        return Err(Refusal::unsupported("a quote is escaped by a quote"));
                    }
                }
                "null" => null = Some(text()?),
                "encoding" => {
                    let name = text()?.to_lowercase().replace(['-', '_'], "");
                    if name != "utf8" && name != "unicode" {
                        return Err(Refusal::unsupported("texts are given in UTF8"));
                    }
                }
                "force_quote" => {
                    shape.force_quote = true;
                    tokens.next_if(|token| token.is_sign('*'));
                }
                _ => return Err(unknown(token)),
            }
        }
        if let Some(option) = of_lines.filter(|_| shape.is_binary) {
            let option = option.to_uppercase();
            return Err(Refusal::syntax(format!("cannot specify {option} in BINARY mode")));
        }
        if shape.is_csv {
            shape.delimiter = b',';
            shape.null = String::new();
        }
        shape.delimiter = delimiter.unwrap_or(shape.delimiter);
        shape.null = null.unwrap_or(shape.null);
        Ok(shape)
    }

    fn take_format(&mut self, name: &str) -> Result<(), Refusal> {
        (self.is_csv, self.is_binary) = match name {
            "csv" => (true, false),
            "text" => (false, false),
            "binary" => (false, true),
            other => {
                let refusal = Refusal::unsupported(format!("COPY format \"{other}\" is not spoken"));
                return Err(refusal.hint("take CSV, TEXT or BINARY"));
            }
        };
        Ok(())
    }

    /// Writes a value, or none; values of a line are told apart by [`Shape::delimiter`].
    pub(crate) fn put(&self, out: &mut Vec<u8>, value: Option<&str>) {
        let Some(value) = value else {
            out.extend_from_slice(self.null.as_bytes());
            return;
        };
        if !self.is_csv {
            for byte in value.bytes() {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    b'\n' => out.extend_from_slice(b"\\n"),
                    b'\r' => out.extend_from_slice(b"\\r"),
                    b'\t' => out.extend_from_slice(b"\\t"),
                    byte if byte == self.delimiter => out.extend_from_slice(&[b'\\', byte]),
                    byte => out.push(byte),
                }
            }
            return;
        }
        let is_special =
            |byte: u8| byte == self.delimiter || byte == self.quote || byte == b'\n' || byte == b'\r';
        // A value that reads like the sign for none, or like the end of the data, is quoted.
        let needs = self.force_quote || value == self.null || value == "\\." || value.bytes().any(is_special);
        if !needs {
            out.extend_from_slice(value.as_bytes());
            return;
        }
        out.push(self.quote);
        for byte in value.bytes() {
            if byte == self.quote {
                out.push(byte);
            }
            out.push(byte);
        }
        out.push(self.quote);
    }
}

fn one_byte(text: &str) -> Result<u8, Refusal> {
    match text.as_bytes() {
        [byte] if *byte != b'\n' && *byte != b'\r' => Ok(*byte),
        _ => Err(Refusal::new("22023", "COPY takes a single one-byte character here")),
    }
}

fn unknown(token: &Token) -> Refusal {
    let option = match &token.kind {
        Kind::Word(text) | Kind::Name(text) | Kind::Text(text) | Kind::Number(text) => text.clone(),
        Kind::Sign(sign) => sign.to_string(),
    };
    Refusal::syntax(format!("COPY option \"{option}\" not recognized"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    fn read(options: &str) -> Result<Shape, Refusal> {
        Shape::read(&tokens(options).unwrap())
    }

    #[test]
    fn options_are_read_in_both_ways() {
        let csv =
            Shape { is_csv: true, has_header: true, delimiter: b';', null: "-".into(), ..Shape::default() };
        assert_eq!(read("WITH (FORMAT csv, HEADER true, DELIMITER ';', NULL '-')").unwrap(), csv);
        assert_eq!(read("with csv header delimiter as ';' null as '-'").unwrap(), csv);
        assert_eq!(read("(FORMAT 'csv', DELIMITER ';', HEADER true, NULL '-')").unwrap(), csv);
        assert_eq!(read("").unwrap(), Shape::default());
        assert!(!read("(FORMAT csv, HEADER off)").unwrap().has_header);
        assert!(read("(FORMAT parquet)").is_err());
        let binary = Shape { is_binary: true, ..Shape::default() };
        assert_eq!((read("(FORMAT binary)").unwrap(), read("binary").unwrap()), (binary.clone(), binary));
        assert_eq!(read("(FORMAT binary, DELIMITER ';')").unwrap_err().state, "42601");
    }

    #[test]
    fn values_are_escaped_as_each_format_asks() {
        let put = |shape: &Shape, value| {
            let mut out = Vec::new();
            shape.put(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        let (text, csv) = (Shape::default(), read("csv").unwrap());
        assert_eq!(put(&text, Some("a\tb\\c\n")), "a\\tb\\\\c\\n");
        assert_eq!(put(&text, None), "\\N");
        assert_eq!(put(&csv, Some("a,\"b\"")), "\"a,\"\"b\"\"\"");
        assert_eq!((put(&csv, None), put(&csv, Some(""))), (String::new(), "\"\"".to_owned()));
    }
}
