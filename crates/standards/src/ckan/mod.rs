//! CKAN's action API: what it calls things, its search language and its envelopes.
//!
//! A dataset is a package, an agency an organization, a sector a group; what a dataset observes are
//! its tags. Names are ids here. The whole dataset as CSV is the resource that the DataStore holds.

mod datastore;
mod document;
mod search;

use serde_json::{Map, Value, json};

pub use datastore::{Columns, DataStoreQuery, Field, SortBy, columns_statement, count_statement};
pub use document::{group, organization, package, resource_dataset, resource_of, tag};
pub use search::{Facet, Order, Search};

/// What is wrong with a call, as CKAN tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A parameter that is wrong, and why.
    Invalid(String, String),
    /// A search that cannot be read.
    Search(String),
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// The asker may not.
    NotAllowed(String),
}

impl Refusal {
    /// A parameter that is wrong.
    pub fn parameter(name: &str, why: impl Into<String>) -> Refusal {
        Refusal::Invalid(name.to_owned(), why.into())
    }

    /// The HTTP status under which CKAN answers it.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Invalid(..) | Refusal::Search(_) => 409,
            Refusal::NotFound => 404,
            Refusal::NotAllowed(_) => 403,
        }
    }

    /// CKAN's `error` object.
    pub fn document(&self) -> Value {
        match self {
            Refusal::Invalid(name, why) => json!({ "__type": "Validation Error", name: [why] }),
            Refusal::Search(why) => json!({ "__type": "Search Query Error", "message": why }),
            Refusal::NotFound => json!({ "__type": "Not Found Error", "message": "Not found" }),
            Refusal::NotAllowed(why) => json!({ "__type": "Authorization Error", "message": why }),
        }
    }
}

/// The envelope of a result.
pub fn success(help: &str, result: Value) -> Value {
    json!({ "help": help, "success": true, "result": result })
}

/// The envelope of an error.
pub fn failure(help: &str, error: Value) -> Value {
    json!({ "help": help, "success": false, "error": error })
}

/// The parameters of a call: of the address as texts, of a body as JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    /// The parameters of an object.
    pub fn new(object: Map<String, Value>) -> Parameters {
        Parameters(object)
    }

    /// The parameters of pairs; of a name that is there twice the last counts.
    pub fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Parameters {
        Parameters(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    /// A parameter, unless it is absent, null or empty.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Refusal::parameter(name, "this is no text")),
        }
    }

    /// A text that must be there.
    pub fn needed(&self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::parameter(name, "Missing value"))
    }

    /// A whole number from 0 on; a larger one than `most` is taken as `most`.
    pub fn number(&self, name: &str, default: u64, most: u64) -> Result<u64, Refusal> {
        let wrong = || Refusal::parameter(name, "Must be a natural number");
        match self.get(name) {
            None => Ok(default),
            Some(Value::Number(number)) => number.as_u64().map(|n| n.min(most)).ok_or_else(wrong),
            Some(Value::String(text)) => text.trim().parse::<u64>().map(|n| n.min(most)).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// Yes or no; CKAN takes several words for both.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.get(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "t" | "y" | "1" => Ok(true),
                "false" | "no" | "f" | "n" | "0" => Ok(false),
                _ => Err(Refusal::parameter(name, "write true or false")),
            },
            Some(Value::Number(number)) => Ok(number.as_f64() != Some(0.0)),
            Some(_) => Err(Refusal::parameter(name, "write true or false")),
        }
    }

    /// A list: of JSON, or of texts with commas between.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let of_json = |values: &[Value]| {
            let texts = values.iter().map(|value| match value {
                Value::String(text) => Ok(text.clone()),
                _ => Err(Refusal::parameter(name, "a list of texts is expected")),
            });
            texts.collect::<Result<Vec<_>, _>>()
        };
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(values)) => of_json(values).map(Some),
            Some(Value::String(text)) if text.trim_start().starts_with('[') => {
                match serde_json::from_str(text) {
                    Ok(Value::Array(values)) => of_json(&values).map(Some),
                    _ => Err(Refusal::parameter(name, "this is no JSON list")),
                }
            }
            Some(Value::String(text)) => {
                Ok(Some(text.split(',').map(|word| word.trim().to_owned()).collect()))
            }
            Some(_) => Err(Refusal::parameter(name, "a list of texts is expected")),
        }
    }

    /// An object: of JSON, or JSON as text.
    pub fn object(&self, name: &str) -> Result<Map<String, Value>, Refusal> {
        match self.get(name) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(object)) => Ok(object),
                _ => Err(Refusal::parameter(name, "Cannot parse JSON")),
            },
            Some(_) => Err(Refusal::parameter(name, "a JSON object is expected")),
        }
    }
}
