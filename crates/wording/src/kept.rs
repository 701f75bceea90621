//! Sentences that are kept: a run that failed is read months later, by people of several languages.
//!
//! A sentence is written as JSON, `{"told": CODE, "english": …, "with": {…}}`; words that are not ours stay
//! as they are, and so does what earlier versions kept.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::words::{Form, Told, Value};

impl Told {
    /// The sentence as a text to keep.
    pub fn kept(&self) -> String {
        match &*self.0 {
            Form::Words(words) => words.clone().into_owned(),
            _ => self.json().to_string(),
        }
    }

    /// Reads what [`kept`](Told::kept) wrote, and any other text as the words that it is.
    pub fn read(text: &str) -> Told {
        if !text.starts_with("{\"") && !text.starts_with("[{\"") {
            return Told::words(text.to_owned());
        }
        let read = serde_json::from_str(text).ok().as_ref().and_then(of_json);
        read.unwrap_or_else(|| Told::words(text.to_owned()))
    }

    fn json(&self) -> Json {
        match &*self.0 {
            Form::Words(words) => Json::String(words.clone().into_owned()),
            Form::List(sentences) => sentences.iter().map(Told::json).collect(),
            Form::Lines(lines) => json!({ "lines": lines.iter().map(Told::json).collect::<Vec<_>>() }),
            Form::Sentence { code, english, values } => {
                let with: Map<String, Json> = values
                    .iter()
                    .map(|(name, value)| {
                        let value = match value {
                            Value::Text(text) => Json::String(text.clone()),
                            Value::Told(told) => told.json(),
                        };
                        (name.clone().into_owned(), value)
                    })
                    .collect();
                json!({ "told": code, "english": english, "with": with })
            }
        }
    }
}

fn of_json(json: &Json) -> Option<Told> {
    Some(match json {
        Json::String(words) => Told::words(words.clone()),
        Json::Array(sentences) => Told::list(sentences.iter().map(of_json).collect::<Option<_>>()?),
        Json::Object(members) if members.contains_key("lines") => {
            let lines = members.get("lines")?.as_array()?;
            Told::lines(lines.iter().map(of_json).collect::<Option<_>>()?)
        }
        Json::Object(members) => {
            let text = |name: &str| Some(Cow::Owned(members.get(name)?.as_str()?.to_owned()));
            let values = members.get("with")?.as_object()?.iter().map(|(name, value)| {
                let value = match value {
                    Json::String(text) => Value::Text(text.clone()),
                    other => Value::Told(of_json(other)?),
                };
                Some((Cow::Owned(name.clone()), value))
            });
            let values = values.collect::<Option<_>>()?;
            Told(Box::new(Form::Sentence { code: text("told")?, english: text("english")?, values }))
        }
        _ => return None,
    })
}
