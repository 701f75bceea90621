//! Documents as they are written: the members of an object one after the other, without a tree of values between.

use serde::Serialize;
use serde_json::{Map, Value};

/// A JSON object in the making. Names are put once each: nobody looks whether one stands there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The object without its last brace: an outer one takes it in, and the outermost closes it, without moving it.
    text: Vec<u8>,
    entities: usize,
}

/// What an entity with its links takes, so that it grows seldom.
const USUAL: usize = 1 << 10;

impl Default for Document {
    fn default() -> Document {
        let mut text = Vec::with_capacity(USUAL);
        text.push(b'{');
        Document { text, entities: 1 }
    }
}

impl Document {
    /// Puts a member at the end.
    pub fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let before = self.text.len();
        self.name(name);
        // Nothing but objects whose keys are no texts cannot be written, and there are none.
        if serde_json::to_writer(&mut self.text, value).is_err() {
            self.text.truncate(before);
        }
    }

    /// Puts all members of an object.
    pub fn put_all(&mut self, object: &impl Serialize) {
        let before = self.text.len();
        // The first object is the beginning of this one, braces and all.
        let start = if before == 1 { 0 } else { before };
        self.text.truncate(start);
        let is_object =
            serde_json::to_writer(&mut self.text, object).is_ok() && self.text.get(start) == Some(&b'{');
        // `{}` has no member.
        if !is_object || self.text.len() - start == 2 {
            self.text.truncate(start);
            if start == 0 {
                self.text.push(b'{');
            }
            return;
        }
        self.text.pop();
        if start > 0 {
            self.text[start] = b',';
        }
    }

    /// Puts another document as a member.
    pub fn put_document(&mut self, name: &str, document: &Document) {
        self.name(name);
        self.entities += document.entities;
        self.object(document);
    }

    /// Puts a list of documents as a member.
    pub fn put_documents(&mut self, name: &str, documents: impl IntoIterator<Item = Document>) {
        let documents: Vec<Document> = documents.into_iter().collect();
        let bytes: usize = documents.iter().map(|document| document.text.len() + 2).sum();
        self.text.reserve(name.len() + bytes + 8);
        self.name(name);
        self.text.push(b'[');
        for (at, document) in documents.into_iter().enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            self.entities += document.entities;
            self.object(&document);
        }
        self.text.push(b']');
    }

    /// How many entities it holds, itself among them.
    pub fn entities(&self) -> usize {
        self.entities
    }

    /// The object as UTF-8.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut text = self.text;
        text.push(b'}');
        text
    }

    fn object(&mut self, document: &Document) {
        self.text.reserve(document.text.len() + 2);
        self.text.extend_from_slice(&document.text);
        self.text.push(b'}');
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        // A text can always be written.
        let _ = serde_json::to_writer(&mut self.text, name);
        self.text.push(b':');
    }
}

impl From<Map<String, Value>> for Document {
    fn from(members: Map<String, Value>) -> Document {
        let mut document = Document::default();
        document.put_all(&members);
        document
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Document;

    fn read(document: Document) -> Value {
        serde_json::from_slice(&document.into_bytes()).unwrap()
    }

    #[test]
    fn what_is_put_is_read_back() {
        let mut inner = Document::default();
        inner.put_all(&json!({}));
        inner.put_all(&json!([1]));
        inner.put_all(&json!({"b": 1}));
        inner.put_all(&json!({}));
        inner.put_all(&json!({"c\"": "Cần Thơ"}));
        let mut outer = Document::default();
        outer.put("a", "x");
        outer.put_document("one", &inner);
        outer.put_documents("many", [inner, Document::default()]);
        assert_eq!(outer.entities(), 4);
        let whole = json!({"b": 1, "c\"": "Cần Thơ"});
        assert_eq!(read(outer), json!({"a": "x", "one": whole, "many": [whole, {}]}));
        assert_eq!(read(Document::from(Map::new())), json!({}));
    }
}
