//! An RDF graph and its three writings: Turtle, JSON-LD and RDF/XML.
//!
//! Names are written with the prefixes of [`PREFIXES`] (`dct:title`). The graphs are small and made
//! here, never read, so that writing them is all that is needed.

mod jsonld;
mod turtle;
mod xml;

pub use xml::element;

/// The prefixes that names may use.
pub const PREFIXES: [(&str, &str); 18] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geo", "http://www.opengis.net/ont/geosparql#"),
    ("hydra", "http://www.w3.org/ns/hydra/core#"),
    ("iana", "https://www.iana.org/assignments/media-types/"),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("odrl", "http://www.w3.org/ns/odrl/2/"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// A thing that something is said of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Node {
    /// A thing with an IRI.
    Iri(String),
    /// A thing without a name, by its number in the graph.
    Blank(u32),
}

/// What is said of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    /// Another thing.
    Node(Node),
    /// A text, with its language when it has one.
    Text(String, Option<&'static str>),
    /// A value of a type, e.g. `xsd:dateTime`.
    Value(String, &'static str),
}

impl From<&Node> for Object {
    fn from(node: &Node) -> Object {
        Object::Node(node.clone())
    }
}

impl From<Node> for Object {
    fn from(node: Node) -> Object {
        Object::Node(node)
    }
}

/// A graph: statements in the order in which they were made, each once.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    subjects: Vec<(Node, Vec<(&'static str, Object)>)>,
    at: std::collections::HashMap<Node, usize>,
    blanks: u32,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// A thing with an IRI. What may not stand in one is escaped.
    pub fn iri(iri: &str) -> Node {
        let mut safe = String::with_capacity(iri.len());
        for c in expand(iri).chars() {
            match c {
                '\0'..=' ' | '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`' => {
                    safe.push_str(&format!("%{:02X}", u32::from(c)));
                }
                c => safe.push(c),
            }
        }
        Node::Iri(safe)
    }

    /// A new thing without a name, of a class.
    pub fn blank(&mut self, class: &'static str) -> Node {
        self.blanks += 1;
        let node = Node::Blank(self.blanks);
        self.is_a(&node, class);
        node
    }

    /// Says something of a thing; saying it again changes nothing.
    pub fn add(&mut self, subject: &Node, predicate: &'static str, object: impl Into<Object>) {
        let at = *self.at.entry(subject.clone()).or_insert_with(|| {
            self.subjects.push((subject.clone(), Vec::new()));
            self.subjects.len() - 1
        });
        let said = &mut self.subjects[at].1;
        let object = object.into();
        if !said.iter().any(|(of, there)| *of == predicate && *there == object) {
            said.push((predicate, object));
        }
    }

    /// Says that a thing is of a class.
    pub fn is_a(&mut self, subject: &Node, class: &'static str) {
        self.add(subject, "rdf:type", Graph::iri(class));
    }

    /// Says something with another thing that is named and of a class.
    pub fn link(&mut self, subject: &Node, predicate: &'static str, iri: &str, class: &'static str) -> Node {
        let node = Graph::iri(iri);
        self.is_a(&node, class);
        self.add(subject, predicate, &node);
        node
    }

    /// Says a text without a language.
    pub fn text(&mut self, subject: &Node, predicate: &'static str, text: &str) {
        self.add(subject, predicate, Object::Text(text.to_owned(), None));
    }

    /// Says a text in every language that it is in.
    pub fn words(&mut self, subject: &Node, predicate: &'static str, words: &crate::record::Words) {
        for (tag, text) in words.iter() {
            self.add(subject, predicate, Object::Text(text.to_owned(), Some(tag)));
        }
    }

    /// Says a value of a type.
    pub fn value(&mut self, subject: &Node, predicate: &'static str, value: &str, datatype: &'static str) {
        self.add(subject, predicate, Object::Value(value.to_owned(), datatype));
    }

    /// The number of statements.
    pub fn len(&self) -> usize {
        self.subjects.iter().map(|(_, said)| said.len()).sum()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }
}

/// A name with a prefix in full; everything else as it is.
fn expand(name: &str) -> String {
    let known = name.split_once(':').and_then(|(prefix, local)| {
        PREFIXES.iter().find(|(of, _)| *of == prefix).map(|(_, space)| format!("{space}{local}"))
    });
    known.unwrap_or_else(|| name.to_owned())
}

/// The name with a prefix of an IRI, where it is a plain one in every writing.
fn shorten(iri: &str) -> Option<String> {
    PREFIXES.iter().find_map(|(prefix, space)| {
        let local = iri.strip_prefix(space)?;
        let is_plain = local.starts_with(|c: char| c.is_ascii_alphabetic())
            && local.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_plain.then(|| format!("{prefix}:{local}"))
    })
}

/// The writings of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Turtle (W3C RDF 1.1 Turtle).
    Turtle,
    /// JSON-LD 1.1.
    JsonLd,
    /// RDF/XML (W3C RDF 1.1 XML Syntax).
    RdfXml,
}

impl Syntax {
    /// Every writing.
    pub const ALL: [Syntax; 3] = [Syntax::Turtle, Syntax::JsonLd, Syntax::RdfXml];

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Syntax::Turtle => "text/turtle",
            Syntax::JsonLd => "application/ld+json",
            Syntax::RdfXml => "application/rdf+xml",
        }
    }

    /// The ending of a path.
    pub fn extension(self) -> &'static str {
        match self {
            Syntax::Turtle => "ttl",
            Syntax::JsonLd => "jsonld",
            Syntax::RdfXml => "rdf",
        }
    }

    /// The writing of a path's ending.
    pub fn from_extension(extension: &str) -> Option<Syntax> {
        Syntax::ALL.into_iter().find(|syntax| syntax.extension() == extension)
    }

    /// The first writing that an `Accept` header names, Turtle where it takes anything; none when it
    /// takes other things only. Ranges count by their weight, and among equals in their order.
    pub fn accepted(accept: &str) -> Option<Syntax> {
        let mut best: Option<(Syntax, f32)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let syntax = match parts.next().unwrap_or("").to_ascii_lowercase().as_str() {
                "text/turtle" | "application/x-turtle" | "text/*" | "*/*" | "" => Syntax::Turtle,
                "application/ld+json" | "application/json" => Syntax::JsonLd,
                "application/rdf+xml" | "application/xml" | "text/xml" | "application/*" => Syntax::RdfXml,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
            let weight: f32 = weight.unwrap_or(0.0);
            if weight > best.map_or(0.0, |(_, weight)| weight) {
                best = Some((syntax, weight));
            }
        }
        best.map(|(syntax, _)| syntax)
    }

    /// Writes a graph.
    pub fn write(self, graph: &Graph) -> String {
        match self {
            Syntax::Turtle => turtle::write(graph),
            Syntax::JsonLd => jsonld::write(graph),
            Syntax::RdfXml => xml::write(graph),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, Syntax};
    use crate::record::Words;

    #[test]
    fn what_a_client_accepts_decides_by_weight_and_then_by_order() {
        for (accept, syntax) in [
            ("text/turtle", Some(Syntax::Turtle)),
            ("application/rdf+xml;q=0.5, application/ld+json;q=0.9", Some(Syntax::JsonLd)),
            ("text/html, */*;q=0.1", Some(Syntax::Turtle)),
            ("application/rdf+xml, text/turtle", Some(Syntax::RdfXml)),
            ("text/html", None),
            ("text/turtle;q=0", None),
        ] {
            assert_eq!(Syntax::accepted(accept), syntax, "{accept}");
        }
    }

    #[test]
    fn texts_that_would_break_a_writing_are_escaped() {
        let mut graph = Graph::new();
        let thing = Graph::iri("https://example.org/a b<c>");
        graph.is_a(&thing, "dcat:Dataset");
        graph.words(
            &thing,
            "dct:title",
            &Words::new([("vi", Some("\"Độ mặn\" \\ <a> & ]]>\n\u{1}".to_owned()))]),
        );
        graph.value(&thing, "dct:issued", "2020-01-01", "xsd:date");
        let turtle = Syntax::Turtle.write(&graph);
        assert!(turtle.contains(r#"dct:title "\"Độ mặn\" \\ <a> & ]]>\n\u0001"@vi"#), "{turtle}");
        assert!(turtle.contains("<https://example.org/a%20b%3Cc%3E> a dcat:Dataset"), "{turtle}");
        let xml = Syntax::RdfXml.write(&graph);
        assert!(xml.contains("&lt;a&gt; &amp; ]]&gt;"), "{xml}");
        assert!(!xml.contains('\u{1}'), "a control character is no XML");
        let json: serde_json::Value = serde_json::from_str(&Syntax::JsonLd.write(&graph)).unwrap();
        assert_eq!(json["@graph"][0]["dct:issued"]["@value"], "2020-01-01");
    }
}
