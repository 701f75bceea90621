//! RDF/XML: a description a thing.

use super::{Graph, Node, Object, PREFIXES, expand};
use crate::xml::Element;

pub(super) fn write(graph: &Graph) -> String {
    element(graph).document()
}

/// The graph as an element, for documents that carry one.
pub fn element(graph: &Graph) -> Element {
    let mut root = Element::new("rdf:RDF");
    for (prefix, space) in PREFIXES {
        root = root.attribute(format!("xmlns:{prefix}"), space);
    }
    root.children(graph.subjects.iter().map(|(subject, said)| description(subject, said)))
}

fn description(subject: &Node, said: &[(&'static str, Object)]) -> Element {
    let (name, value) = match subject {
        Node::Iri(iri) => ("rdf:about", iri.clone()),
        Node::Blank(number) => ("rdf:nodeID", format!("b{number}")),
    };
    Element::new("rdf:Description").attribute(name, value).children(said.iter().map(|(predicate, object)| {
        let statement = Element::new(*predicate);
        match object {
            Object::Node(Node::Iri(iri)) => statement.attribute("rdf:resource", iri.as_str()),
            Object::Node(Node::Blank(number)) => statement.attribute("rdf:nodeID", format!("b{number}")),
            Object::Text(text, None) => statement.text(text),
            Object::Text(text, Some(tag)) => statement.attribute("xml:lang", *tag).text(text),
            Object::Value(value, datatype) => {
                statement.attribute("rdf:datatype", expand(datatype)).text(value)
            }
        }
    }))
}
