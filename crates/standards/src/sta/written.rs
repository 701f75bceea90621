//! Documents as they are written: the members of an object one after the other, without a tree of values between.

use serde::Serialize;
use serde_json::{Map, Value};

/// A JSON object in the making. Names are put once each: nobody looks whether one stands there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The members with a comma between each two, without the braces.
    members: Vec<u8>,
    entities: usize,
}

impl Default for Document {
    fn default() -> Document {
        Document { members: Vec::new(), entities: 1 }
    }
}

impl Document {
    /// Puts a member at the end.
    pub fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let before = self.members.len();
        self.name(name);
        // Nothing but objects whose keys are no texts cannot be written, and there are none.
        if serde_json::to_writer(&mut self.members, value).is_err() {
            self.members.truncate(before);
        }
    }

    /// Puts all members of an object.
    pub fn put_all(&mut self, object: &impl Serialize) {
        let before = self.members.len();
        let is_object = serde_json::to_writer(&mut self.members, object).is_ok()
            && self.members.get(before) == Some(&b'{');
        // `{}` has no member.
        if !is_object || self.members.len() - before == 2 {
            return self.members.truncate(before);
        }
        self.members.pop();
        match before {
            0 => {
                self.members.remove(0);
            }
            _ => self.members[before] = b',',
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
        self.name(name);
        self.members.push(b'[');
        for (at, document) in documents.into_iter().enumerate() {
            if at > 0 {
                self.members.push(b',');
            }
            self.entities += document.entities;
            self.object(&document);
        }
        self.members.push(b']');
    }

    /// How many entities it holds, itself among them.
    pub fn entities(&self) -> usize {
        self.entities
    }

    /// The object as UTF-8.
    pub fn into_bytes(self) -> Vec<u8> {
        let Document { mut members, .. } = self;
        members.reserve(2);
        members.insert(0, b'{');
        members.push(b'}');
        members
    }

    fn object(&mut self, document: &Document) {
        self.members.reserve(document.members.len() + 3);
        self.members.push(b'{');
        self.members.extend_from_slice(&document.members);
        self.members.push(b'}');
    }

    fn name(&mut self, name: &str) {
        if !self.members.is_empty() {
            self.members.push(b',');
        }
        // A text can always be written.
        let _ = serde_json::to_writer(&mut self.members, name);
        self.members.push(b':');
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
        inner.put_all(&json!({"b": 1}));
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
