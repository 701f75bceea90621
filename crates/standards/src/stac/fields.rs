//! The fields extension: which parts of an item are wanted.

use serde_json::{Map, Value};

use crate::Error;

/// Parts that an item has whatever else is asked for (fields extension, "default set").
const DEFAULT: [&str; 11] = [
    "type",
    "stac_version",
    "id",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
    "properties.start_datetime",
    "properties.end_datetime",
];
/// The most parts that are named.
const MOST: usize = 100;

/// The parts that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    include: Vec<String>,
    exclude: Vec<String>,
    is_asked: bool,
}

impl Fields {
    /// Reads `id,properties.title,-geometry`.
    pub fn of_text(text: &str) -> Result<Fields, Error> {
        let mut fields = Fields { is_asked: true, ..Fields::default() };
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.strip_prefix('-') {
                Some(name) => fields.exclude.push(name.to_owned()),
                None => fields.include.push(name.trim_start_matches('+').to_owned()),
            }
        }
        fields.checked()
    }

    /// Reads `{"include": […], "exclude": […]}`.
    pub fn of_json(value: &Value) -> Result<Fields, Error> {
        let object = value.as_object().ok_or_else(|| Error::new("fields", "an object is expected"))?;
        let list = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(names)) => names
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| Error::new("fields", format!("`{name}` is a list of texts"))),
            Some(_) => Err(Error::new("fields", format!("`{name}` is a list of texts"))),
        };
        Fields { include: list("include")?, exclude: list("exclude")?, is_asked: true }.checked()
    }

    fn checked(self) -> Result<Fields, Error> {
        if self.include.len() + self.exclude.len() > MOST {
            return Err(Error::new("fields", format!("more than {MOST} parts are named")));
        }
        Ok(self)
    }

    /// The item with the parts that are wanted: those included and the default ones, without those
    /// excluded; what is in both is included.
    pub fn apply(&self, item: Value) -> Value {
        if !self.is_asked {
            return item;
        }
        let Value::Object(whole) = item else { return item };
        let mut wanted = match (self.include.is_empty(), self.exclude.is_empty()) {
            (true, false) => whole,
            _ => {
                let mut part = Map::new();
                for path in DEFAULT.iter().copied().chain(self.include.iter().map(String::as_str)) {
                    copy(&whole, &mut part, path);
                }
                part
            }
        };
        for path in &self.exclude {
            if !self.include.contains(path) && !["id", "collection"].contains(&path.as_str()) {
                remove(&mut wanted, path);
            }
        }
        Value::Object(wanted)
    }

    /// The parts as a client writes them in an address.
    pub fn text(&self) -> Option<String> {
        let exclude = self.exclude.iter().map(|name| format!("-{name}"));
        let all: Vec<String> = self.include.iter().cloned().chain(exclude).collect();
        self.is_asked.then(|| all.join(","))
    }
}

/// The parts of a path; names of properties may hold dots of their own only after the first part.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, path: &str) {
    let (first, rest) = split(path);
    let Some(value) = from.get(first) else { return };
    match (rest, value) {
        (None, value) => drop(to.insert(first.to_owned(), value.clone())),
        (Some(rest), Value::Object(inside)) => {
            let place = to.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(place) = place {
                copy(inside, place, rest);
            }
        }
        (Some(_), _) => {}
    }
}

fn remove(from: &mut Map<String, Value>, path: &str) {
    match split(path) {
        (first, None) => drop(from.remove(first)),
        (first, Some(rest)) => {
            if let Some(Value::Object(inside)) = from.get_mut(first) {
                remove(inside, rest);
            }
        }
    }
}
