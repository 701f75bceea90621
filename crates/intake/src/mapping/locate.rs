//! Where in a TOML document something stands, so that an error can name its line.

use toml::de::{DeTable, DeValue};

/// One step of a path into a TOML document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The line of what the path names, or of as much of the path as exists.
pub(crate) fn line_of(text: &str, path: &[Step<'_>]) -> usize {
    let Ok(document) = DeTable::parse(text) else {
        return 1;
    };
    let mut offset = 0;
    let mut here: Option<&DeValue<'_>> = None;
    for step in path {
        let next = match (step, here) {
            (Step::Key(key), None) => document.get_ref().get(*key),
            (Step::Key(key), Some(value)) => value.get(*key),
            (Step::Index(at), Some(value)) => value.get(*at),
            (Step::Index(_), None) => None,
        };
        let Some(next) = next else { break };
        offset = next.span().start;
        here = Some(next.get_ref());
    }
    line_at(text, offset)
}
