//! Turtle: a paragraph a thing, names with prefixes.

use super::{Graph, Node, Object, PREFIXES, shorten};

pub(super) fn write(graph: &Graph) -> String {
    let mut text = String::new();
    for (prefix, space) in PREFIXES {
        text.push_str(&format!("@prefix {prefix}: <{space}> .\n"));
    }
    for (subject, said) in &graph.subjects {
        text.push('\n');
        text.push_str(&node(subject));
        let mut last = "";
        for (predicate, object) in said {
            let separator = match (last.is_empty(), last == *predicate) {
                (true, _) => " ",
                (false, true) => ",\n        ",
                (false, false) => " ;\n    ",
            };
            text.push_str(separator);
            if last != *predicate {
                text.push_str(if *predicate == "rdf:type" { "a" } else { predicate });
                text.push(' ');
            }
            text.push_str(&written(object));
            last = predicate;
        }
        text.push_str(" .\n");
    }
    text
}

fn node(node: &Node) -> String {
    match node {
        Node::Blank(number) => format!("_:b{number}"),
        Node::Iri(iri) => shorten(iri).unwrap_or_else(|| format!("<{iri}>")),
    }
}

fn written(object: &Object) -> String {
    match object {
        Object::Node(of) => node(of),
        Object::Text(text, None) => quoted(text),
        Object::Text(text, Some(tag)) => format!("{}@{tag}", quoted(text)),
        Object::Value(value, datatype) => format!("{}^^{datatype}", quoted(value)),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
