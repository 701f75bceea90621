//! JSON-LD: an object a thing, under a context of the prefixes.

use serde_json::{Map, Value, json};

use super::{Graph, Node, Object, PREFIXES, shorten};

pub(super) fn write(graph: &Graph) -> String {
    let context: Map<String, Value> =
        PREFIXES.iter().map(|(prefix, space)| ((*prefix).to_owned(), Value::from(*space))).collect();
    let things: Vec<Value> = graph.subjects.iter().map(|(subject, said)| thing(subject, said)).collect();
    let document = json!({ "@context": context, "@graph": things });
    format!("{document:#}")
}

fn thing(subject: &Node, said: &[(&'static str, Object)]) -> Value {
    let mut object = Map::new();
    object.insert("@id".to_owned(), id(subject).into());
    for (predicate, value) in said {
        let (name, value) = match (*predicate, value) {
            ("rdf:type", Object::Node(class)) => {
                let class = id(class);
                ("@type", Value::from(shorten(&class).unwrap_or(class)))
            }
            (predicate, value) => (predicate, written(value)),
        };
        match object.get_mut(name) {
            None => drop(object.insert(name.to_owned(), value)),
            Some(Value::Array(several)) => several.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    Value::Object(object)
}

fn id(node: &Node) -> String {
    match node {
        Node::Iri(iri) => iri.clone(),
        Node::Blank(number) => format!("_:b{number}"),
    }
}

fn written(object: &Object) -> Value {
    match object {
        Object::Node(node) => json!({ "@id": id(node) }),
        Object::Text(text, None) => Value::from(text.as_str()),
        Object::Text(text, Some(tag)) => json!({ "@value": text, "@language": tag }),
        Object::Value(value, datatype) => json!({ "@value": value, "@type": datatype }),
    }
}
