//! An XML element and its writing: escaped, and without what XML cannot hold.

use std::borrow::Cow;

/// An element with attributes, texts and elements inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    name: Cow<'static, str>,
    attributes: Vec<(Cow<'static, str>, String)>,
    inside: Vec<Inside>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inside {
    Element(Element),
    Text(String),
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Element {
        Element { name: name.into(), attributes: Vec::new(), inside: Vec::new() }
    }

    /// The element with an attribute more.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Element {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The element with a text more.
    #[must_use]
    pub fn text(mut self, text: &str) -> Element {
        self.inside.push(Inside::Text(text.to_owned()));
        self
    }

    /// The element with an element more.
    #[must_use]
    pub fn child(mut self, child: Element) -> Element {
        self.inside.push(Inside::Element(child));
        self
    }

    /// The element with elements more.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.inside.extend(children.into_iter().map(Inside::Element));
        self
    }

    /// The element as a document of its own.
    pub fn document(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        text.push_str(&indent);
        text.push('<');
        text.push_str(&self.name);
        for (name, value) in &self.attributes {
            text.push(' ');
            text.push_str(name);
            text.push_str("=\"");
            escape(text, value, true);
            text.push('"');
        }
        if self.inside.is_empty() {
            text.push_str("/>\n");
            return;
        }
        text.push('>');
        // Blanks between elements mean nothing; beside a text they would.
        let has_text = self.inside.iter().any(|inside| matches!(inside, Inside::Text(_)));
        if !has_text {
            text.push('\n');
        }
        for inside in &self.inside {
            match inside {
                Inside::Text(words) => escape(text, words, false),
                Inside::Element(child) => child.write(text, depth + 1),
            }
        }
        if !has_text {
            text.push_str(&indent);
        }
        text.push_str("</");
        text.push_str(&self.name);
        text.push_str(">\n");
    }
}

/// Adds a text with what has a meaning in XML escaped, and without the characters that XML 1.0 §2.2
/// does not have.
fn escape(text: &mut String, words: &str, in_attribute: bool) {
    for c in words.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' if in_attribute => text.push_str("&quot;"),
            '\n' | '\t' | '\r' if in_attribute => text.push_str(&format!("&#{};", u32::from(c))),
            '\r' => text.push_str("&#13;"),
            '\n' | '\t' => text.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => text.push(c),
        }
    }
}
