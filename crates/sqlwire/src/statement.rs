//! What a statement asks of the session. Queries are left as they are for the engine; everything else
//! is read here, and what would write is refused by its name.

use query::Parameter;

use crate::copy::Shape;
use crate::error::Refusal;
use crate::tokens::{Kind, Token, tokens};

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    /// A query for the engine.
    Query(String),
    Begin,
    Commit,
    Rollback,
    /// A savepoint by its name, and what is done with it.
    Savepoint {
        step: Step,
        name: String,
    },
    /// Sets a setting; none resets it.
    Set {
        name: String,
        value: Option<String>,
        /// Whether it holds until the transaction ends (`SET LOCAL`).
        is_local: bool,
    },
    /// What is set for a transaction, and other things that change nothing here.
    Nothing(&'static str),
    Show(String),
    Prepare {
        name: String,
        types: Vec<String>,
        query: String,
    },
    Execute {
        name: String,
        values: Vec<Parameter>,
    },
    /// Forgets a prepared statement, or all.
    Deallocate(Option<String>),
    Declare {
        name: String,
        is_binary: bool,
        /// Whether it stays when the transaction ends (`WITH HOLD`).
        is_held: bool,
        query: String,
    },
    Fetch {
        name: String,
        rows: Option<usize>,
        is_move: bool,
    },
    Close(Option<String>),
    DiscardAll,
    /// Copies the rows of a query out.
    Copy {
        query: String,
        shape: Shape,
    },
}

/// What is done with a savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Release,
    /// With nothing written, what is returned to are settings.
    Return,
}

impl Step {
    /// As the protocol calls it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Step::Begin => "SAVEPOINT",
            Step::Release => "RELEASE",
            Step::Return => "ROLLBACK",
        }
    }
}

/// Statements that would change something, by their first word.
const WRITING: [(&str, &str); 31] = [
    ("insert", "INSERT"),
    ("update", "UPDATE"),
    ("delete", "DELETE"),
    ("merge", "MERGE"),
    ("create", "CREATE"),
    ("alter", "ALTER"),
    ("drop", "DROP"),
    ("truncate", "TRUNCATE"),
    ("grant", "GRANT"),
    ("revoke", "REVOKE"),
    ("vacuum", "VACUUM"),
    ("analyze", "ANALYZE"),
    ("analyse", "ANALYZE"),
    ("cluster", "CLUSTER"),
    ("reindex", "REINDEX"),
    ("comment", "COMMENT"),
    ("refresh", "REFRESH MATERIALIZED VIEW"),
    ("lock", "LOCK TABLE"),
    ("call", "CALL"),
    ("do", "DO"),
    ("load", "LOAD"),
    ("notify", "NOTIFY"),
    ("listen", "LISTEN"),
    ("import", "IMPORT FOREIGN SCHEMA"),
    ("reassign", "REASSIGN OWNED"),
    ("security", "SECURITY LABEL"),
    ("checkpoint", "CHECKPOINT"),
    ("replace", "REPLACE"),
    ("attach", "ATTACH"),
    ("install", "INSTALL"),
    ("pragma", "PRAGMA"),
];

impl Statement {
    /// Reads one statement.
    pub(crate) fn read(text: &str) -> Result<Statement, Refusal> {
        let tokens = tokens(text)?;
        let mut words = Words { text, tokens: &tokens };
        let Some(first) = words.peek() else { return Err(Refusal::syntax("there is no statement")) };
        if first.is_sign('(') {
            return Ok(Statement::Query(text.to_owned()));
        }
        let Kind::Word(first) = first.kind.clone() else { return Err(words.unexpected()) };
        words.skip();
        match first.as_str() {
            "select" | "with" | "values" | "explain" => Ok(Statement::Query(text.to_owned())),
            "table" => Ok(Statement::Query(format!("SELECT * FROM {}", words.rest()))),
            "begin" | "start" => Ok(Statement::Begin),
            "commit" | "end" => Ok(Statement::Commit),
            "rollback" | "abort" => {
                let _ = words.take("work") || words.take("transaction");
                match words.take("to") {
                    true => words.savepoint(Step::Return),
                    false => Ok(Statement::Rollback),
                }
            }
            "savepoint" => words.savepoint(Step::Begin),
            "release" => words.savepoint(Step::Release),
            "set" => words.set(),
            "reset" => {
                let name = words.rest().trim().to_lowercase();
                Ok(Statement::Set { name, value: None, is_local: false })
            }
            "show" if words.peek().is_some_and(|token| token.is_word("all")) => {
                let query = "SELECT name, setting, short_desc AS description FROM pg_settings ORDER BY name";
                Ok(Statement::Query(query.to_owned()))
            }
            "show" => Ok(Statement::Show(words.rest().trim().trim_matches('"').to_lowercase())),
            "unlisten" => Ok(Statement::Nothing("UNLISTEN")),
            "discard" => Ok(Statement::DiscardAll),
            "prepare" => words.prepare(),
            "execute" => words.execute(),
            "deallocate" => {
                words.take("prepare");
                Ok(Statement::Deallocate(words.name_or_all()?))
            }
            "declare" => words.declare(),
            "fetch" => words.fetch(false),
            "move" => words.fetch(true),
            "close" => Ok(Statement::Close(words.name_or_all()?)),
            "copy" => words.copy(),
            word => match WRITING.iter().find(|(known, _)| *known == word) {
                Some((_, what)) => Err(Refusal::read_only(what)),
                None => Err(Refusal::syntax(format!("syntax error at or near \"{word}\""))),
            },
        }
    }
}

/// The words of a statement that are still to be read.
struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.first()
    }

    fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Takes a word if it is the next one.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_word(word));
        if is_next {
            self.skip();
        }
        is_next
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_sign(sign));
        if is_next {
            self.skip();
        }
        is_next
    }

    fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        let name = self.peek().and_then(Token::name).map(str::to_owned).ok_or_else(|| self.unexpected())?;
        self.skip();
        Ok(name)
    }

    fn savepoint(&mut self, step: Step) -> Result<Statement, Refusal> {
        if step != Step::Begin {
            self.take("savepoint");
        }
        Ok(Statement::Savepoint { step, name: self.name()? })
    }

    fn name_or_all(&mut self) -> Result<Option<String>, Refusal> {
        if self.take("all") { Ok(None) } else { self.name().map(Some) }
    }

    /// The text that is left.
    fn rest(&self) -> &'a str {
        self.peek().map_or("", |token| &self.text[token.start..])
    }

    fn unexpected(&self) -> Refusal {
        match self.peek() {
            Some(token) => {
                let near = &self.text[token.start..token.end];
                Refusal::syntax(format!("syntax error at or near \"{near}\""))
            }
            None => Refusal::syntax("syntax error at end of input"),
        }
    }

    /// What stands in brackets, which come next.
    fn bracketed(&mut self) -> Result<&'a str, Refusal> {
        let open = self.peek().filter(|token| token.is_sign('(')).ok_or_else(|| self.unexpected())?.end;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            self.skip();
            if token.is_sign('(') {
                depth += 1;
            } else if token.is_sign(')') {
                depth -= 1;
                if depth == 0 {
                    return Ok(&self.text[open..token.start]);
                }
            }
        }
        Err(self.unexpected())
    }

    fn set(&mut self) -> Result<Statement, Refusal> {
        let is_local = self.take("local");
        if is_local || self.take("session") {
            // `SET SESSION CHARACTERISTICS …` is about transactions, too.
            if self.take("characteristics") || self.take("authorization") {
                return Ok(Statement::Nothing("SET"));
            }
        }
        if self.take("transaction") || self.take("constraints") || self.take("role") {
            return Ok(Statement::Nothing("SET"));
        }
        if self.take("time") {
            self.expect("zone")?;
            return Ok(Statement::Set { name: "timezone".to_owned(), value: self.value(), is_local });
        }
        if self.take("names") {
            return Ok(Statement::Set { name: "client_encoding".to_owned(), value: self.value(), is_local });
        }
        let mut name = self.name()?;
        while self.take_sign('.') {
            name = format!("{name}.{}", self.name()?);
        }
        if !self.take_sign('=') {
            self.expect("to")?;
        }
        Ok(Statement::Set { name: name.to_lowercase(), value: self.value(), is_local })
    }

    /// The value of a setting; none for its default.
    fn value(&mut self) -> Option<String> {
        if let [Token { kind: Kind::Text(text), .. }] = self.tokens {
            return Some(text.clone());
        }
        Some(self.rest().trim().to_owned()).filter(|value| !value.eq_ignore_ascii_case("default"))
    }

    fn prepare(&mut self) -> Result<Statement, Refusal> {
        let name = self.name()?;
        let types = match self.peek().is_some_and(|token| token.is_sign('(')) {
            true => self.bracketed()?.split(',').map(|of| of.trim().to_lowercase()).collect(),
            false => Vec::new(),
        };
        self.expect("as")?;
        Ok(Statement::Prepare { name, types, query: self.rest().to_owned() })
    }

    fn execute(&mut self) -> Result<Statement, Refusal> {
        let name = self.name()?;
        let mut values = Vec::new();
        if self.take_sign('(') {
            loop {
                values.push(self.literal()?);
                if self.take_sign(')') {
                    break;
                }
                if !self.take_sign(',') {
                    return Err(self.unexpected());
                }
            }
        }
        Ok(Statement::Execute { name, values })
    }

    fn literal(&mut self) -> Result<Parameter, Refusal> {
        let is_below = self.take_sign('-');
        let token = self.peek().ok_or_else(|| self.unexpected())?;
        let value = match &token.kind {
            Kind::Text(text) => Parameter::Text(text.clone()),
            Kind::Number(number) => {
                let number = if is_below { format!("-{number}") } else { number.clone() };
                match (number.parse(), number.parse()) {
                    (Ok(whole), _) => Parameter::Integer(whole),
                    (_, Ok(float)) => Parameter::Float(float),
                    _ => return Err(self.unexpected()),
                }
            }
            Kind::Word(word) if word == "null" => Parameter::Null,
            Kind::Word(word) if word == "true" || word == "false" => Parameter::Boolean(word == "true"),
            _ => {
                let hint = "write a number, a text in quotes, true, false or null";
                return Err(Refusal::unsupported("values of EXECUTE are literals").hint(hint));
            }
        };
        self.skip();
        // What it is cast to follows from where it is used.
        while self.take_sign(':') {
            if !self.take_sign(':') {
                return Err(self.unexpected());
            }
            self.name()?;
        }
        Ok(value)
    }

    fn declare(&mut self) -> Result<Statement, Refusal> {
        let name = self.name()?;
        let mut is_binary = false;
        while !self.take("cursor") {
            let word = self.name()?;
            match word.as_str() {
                "binary" => is_binary = true,
                "insensitive" | "asensitive" | "no" => {}
                "scroll" => {}
                _ => return Err(Refusal::syntax(format!("syntax error at or near \"{word}\""))),
            }
        }
        let is_held = self.take("with");
        if is_held || self.take("without") {
            self.expect("hold")?;
        }
        self.expect("for")?;
        Ok(Statement::Declare { name, is_binary, is_held, query: self.rest().to_owned() })
    }

    fn fetch(&mut self, is_move: bool) -> Result<Statement, Refusal> {
        let mut rows = Some(1);
        let _ = self.take("next") || self.take("forward");
        if self.take("all") {
            rows = None;
        } else if let Some(Token { kind: Kind::Number(number), .. }) = self.peek() {
            rows = Some(number.parse().map_err(|_| self.unexpected())?);
            self.skip();
        } else if ["backward", "prior", "first", "last", "absolute", "relative"]
            .iter()
            .any(|word| self.peek().is_some_and(|token| token.is_word(word)))
            || self.peek().is_some_and(|token| token.is_sign('-'))
        {
            return Err(Refusal::new("55000", "cursor can only scan forward"));
        }
        let _ = self.take("from") || self.take("in");
        Ok(Statement::Fetch { name: self.name()?, rows, is_move })
    }

    fn copy(&mut self) -> Result<Statement, Refusal> {
        let query = match self.peek().is_some_and(|token| token.is_sign('(')) {
            true => self.bracketed()?.to_owned(),
            false => {
                let start = self.rest();
                self.name()?;
                while self.take_sign('.') {
                    self.name()?;
                }
                let table = start[..start.len() - self.rest().len()].trim();
                let columns = match self.peek().is_some_and(|token| token.is_sign('(')) {
                    true => self.bracketed()?,
                    false => "*",
                };
                format!("SELECT {columns} FROM {table}")
            }
        };
        if self.take("from") {
            return Err(Refusal::read_only("COPY FROM"));
        }
        self.expect("to")?;
        if !self.take("stdout") {
            let refusal = Refusal::new("42501", "files of the server are not written");
            return Err(refusal.hint("COPY … TO STDOUT; psql's \\copy writes a file on your side"));
        }
        let shape = Shape::read(self.tokens)?;
        // A query that writes is told so before the engine sees it.
        match Statement::read(&query)? {
            Statement::Query(query) => Ok(Statement::Copy { query, shape }),
            _ => Err(Refusal::syntax("COPY takes a table or a query in brackets")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> &'static str {
        Statement::read(text).unwrap_err().state
    }

    #[test]
    fn what_would_write_is_refused_by_its_name() {
        for text in
            ["INSERT INTO a VALUES (1)", "drop table x", "COPY a FROM STDIN", "lock table a", "DO $$ $$"]
        {
            assert_eq!(state(text), "25006", "{text}");
        }
        assert_eq!(state("COPY a TO '/etc/passwd'"), "42501");
        assert_eq!(state("COPY a TO PROGRAM 'sh'"), "42501");
        assert_eq!(state("COPY (DELETE FROM a) TO STDOUT"), "25006");
        assert_eq!(state("frobnicate"), "42601");
    }

    #[test]
    fn what_the_session_answers_is_read() {
        let read = |text| Statement::read(text).unwrap();
        let set = |name: &str, value: Option<&str>| Statement::Set {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            is_local: false,
        };
        assert_eq!(read("SET extra_float_digits = 3"), set("extra_float_digits", Some("3")));
        assert_eq!(read("SET SESSION TIME ZONE 'UTC'"), set("timezone", Some("UTC")));
        assert_eq!(read("set cuulong.as_known_at to default"), set("cuulong.as_known_at", None));
        assert_eq!(read("table place"), Statement::Query("SELECT * FROM place".to_owned()));
        let fetch = |rows| Statement::Fetch { name: "c".to_owned(), rows, is_move: false };
        assert_eq!(read("FETCH FORWARD 100 FROM \"c\""), fetch(Some(100)));
        assert_eq!(read("fetch all in c"), fetch(None));
        let declared = read("DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR select 1");
        let expected = Statement::Declare {
            name: "c".to_owned(),
            is_binary: false,
            is_held: false,
            query: "select 1".to_owned(),
        };
        assert_eq!(declared, expected);
        let values = vec![Parameter::Integer(-2), Parameter::Text("it's".to_owned()), Parameter::Null];
        let expected = Statement::Execute { name: "p".to_owned(), values };
        assert_eq!(read("execute p(-2, 'it''s'::text, null)"), expected);
        let Statement::Copy { query, .. } = read("copy public.\"a\" (x, y) to stdout with csv header") else {
            panic!("a copy")
        };
        assert_eq!(query, "SELECT x, y FROM public.\"a\"");
    }
}
