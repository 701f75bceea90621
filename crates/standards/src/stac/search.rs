//! What items are searched for: by GET and by POST, read into one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use geo_types::Geometry;
use serde_json::{Map, Value, json};

use super::Fields;
use crate::cql2::{self, Expr, Op};
use crate::{Error, error::quote};

/// The most ids or collections that are named.
const MOST_NAMES: usize = 1_000;
/// The most keys of an order.
const MOST_KEYS: usize = 8;
/// The longest token.
const MOST_TOKEN: usize = 4 * 1024;

/// A stretch of time, both ends included; open where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Its beginning.
    pub from: Option<DateTime<Utc>>,
    /// Its end.
    pub to: Option<DateTime<Utc>>,
}

impl Span {
    /// Reads an instant or `start/end` (STAC API, after RFC 3339 §5.6).
    pub fn parse(text: &str) -> Result<Span, Error> {
        let wrong = || {
            Error::new("datetime", format!("`{}` is no instant or range of instants", quote(text)))
                .hint("write RFC 3339, e.g. 2020-02-01T00:00:00Z or 2020-02-01T00:00:00Z/..")
        };
        let instant =
            |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|_| wrong());
        let end =
            |text: &str| if text.is_empty() || text == ".." { Ok(None) } else { instant(text).map(Some) };
        let Some((from, to)) = text.split_once('/') else {
            let at = instant(text)?;
            return Ok(Span { from: Some(at), to: Some(at) });
        };
        let span = Span { from: end(from)?, to: end(to)? };
        match (span.from, span.to) {
            (None, None) => Err(wrong()),
            (Some(from), Some(to)) if from > to => Err(wrong()),
            _ => Ok(span),
        }
    }
}

/// What the items are ordered by, as far as the last one of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// No value: after all others.
    None,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The keys of the last item, in the order that was asked for.
    pub keys: Vec<Key>,
    /// Its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
}

impl Cursor {
    /// The token for clients.
    pub fn token(&self) -> String {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|key| match key {
                Key::None => Value::Null,
                Key::Number(number) => json!(number),
                Key::Text(text) => json!(text),
            })
            .collect();
        URL_SAFE_NO_PAD.encode(json!([keys, self.collection, self.id]).to_string())
    }

    fn of_token(token: &str) -> Result<Cursor, Error> {
        let wrong = || Error::new("token", "this is no token of ours: start again without it");
        if token.len() > MOST_TOKEN {
            return Err(wrong());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        let (Value::Array(keys), Some(collection), Some(id)) =
            (&value[0], value[1].as_str(), value[2].as_str())
        else {
            return Err(wrong());
        };
        let keys = keys.iter().map(|key| match key {
            Value::Null => Ok(Key::None),
            Value::Number(number) => number.as_f64().map(Key::Number).ok_or_else(wrong),
            Value::String(text) => Ok(Key::Text(text.clone())),
            _ => Err(wrong()),
        });
        Ok(Cursor {
            keys: keys.collect::<Result<_, _>>()?,
            collection: collection.to_owned(),
            id: id.to_owned(),
        })
    }
}

/// A search.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only of these collections.
    pub collections: Option<Vec<String>>,
    /// Only with these ids.
    pub ids: Option<Vec<String>>,
    /// Only what meets this area.
    pub area: Option<Geometry<f64>>,
    /// Only what exists in this time.
    pub time: Span,
    /// Only what this holds for.
    pub filter: Option<Expr>,
    /// The order: properties, and whether downwards.
    pub sort: Vec<(String, bool)>,
    /// The parts of items that are wanted.
    pub fields: Fields,
    /// How many on a page.
    pub limit: Option<i64>,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl Search {
    /// Reads the parameters of an address. `known` are the names that the resource takes.
    pub fn of_pairs(pairs: &[(String, String)], known: &[&str]) -> Result<Search, Error> {
        let mut search = Search::default();
        let mut filter = Filter::default();
        for (at, (name, text)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let why = format!("`{}` is no parameter of this resource", quote(name));
                return Err(Error::new(&quote(name), why).hint("leave it out"));
            }
            if pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Error::new(name, format!("`{name}` is given twice")));
            }
            match name.as_str() {
                "collections" => search.collections = Some(names("collections", text)?),
                "ids" => search.ids = Some(names("ids", text)?),
                "bbox" => {
                    let numbers = text.split(',').map(|part| part.trim().parse::<f64>().ok());
                    let numbers = numbers.collect::<Option<Vec<f64>>>();
                    search.within(corners(numbers)?)?;
                }
                "intersects" => {
                    let value = json_of("intersects", text)?;
                    search.intersects(&value)?;
                }
                "datetime" => search.time = Span::parse(text)?,
                "limit" => {
                    let wrong = |_| Error::new("limit", format!("`{}` is no whole number", quote(text)));
                    search.limit = Some(text.trim().parse().map_err(wrong)?);
                }
                "token" => search.after = Some(Cursor::of_token(text)?),
                "sortby" => search.sort = sort_text(text)?,
                "fields" => search.fields = Fields::of_text(text)?,
                "query" => filter.query = Some(json_of("query", text)?),
                "filter" => filter.text = Some(text.clone()),
                "filter-lang" => filter.lang = Some(text.clone()),
                "filter-crs" => filter.crs(text)?,
                _ => {}
            }
        }
        search.finish(filter)
    }

    /// Reads the body of a POST.
    pub fn of_json(body: &Value, known: &[&str]) -> Result<Search, Error> {
        let object = body.as_object().ok_or_else(|| Error::new("body", "an object is expected"))?;
        let mut search = Search::default();
        let mut filter = Filter::default();
        for (name, value) in object {
            if !known.contains(&name.as_str()) {
                let why = format!("`{}` is no member of this request", quote(name));
                return Err(Error::new(&quote(name), why).hint("leave it out"));
            }
            // What is null is not there; but for `fields`, which says nothing then.
            if value.is_null() && name != "fields" {
                continue;
            }
            let text = || value.as_str().ok_or_else(|| Error::new(name, format!("`{name}` is a text")));
            match name.as_str() {
                "collections" | "ids" => {
                    let one = value.as_str().map(|name| vec![name.to_owned()]);
                    let list = value.as_array().and_then(|list| {
                        list.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
                    });
                    let list = list
                        .or(one)
                        .ok_or_else(|| Error::new(name, format!("`{name}` is a list of texts")))?;
                    let list = at_most(name, list)?;
                    if name == "ids" { search.ids = Some(list) } else { search.collections = Some(list) }
                }
                "bbox" => {
                    let numbers = value.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
                    search.within(corners(numbers)?)?;
                }
                "intersects" => search.intersects(value)?,
                "datetime" => search.time = Span::parse(text()?)?,
                "limit" => {
                    let wrong = || Error::new("limit", format!("`{value}` is no whole number"));
                    search.limit = Some(value.as_i64().ok_or_else(wrong)?);
                }
                "token" => search.after = Some(Cursor::of_token(text()?)?),
                "sortby" => search.sort = sort_json(value)?,
                "fields" => search.fields = Fields::of_json(value)?,
                "query" => filter.query = Some(value.clone()),
                "filter" => match value {
                    Value::String(text) => filter.text = Some(text.clone()),
                    value => filter.json = Some(value.clone()),
                },
                "filter-lang" => filter.lang = Some(text()?.to_owned()),
                "filter-crs" => filter.crs(text()?)?,
                _ => {}
            }
        }
        search.finish(filter)
    }

    fn within(&mut self, corners: [f64; 4]) -> Result<(), Error> {
        if self.area.is_some() {
            return Err(Error::new("bbox", "give either `bbox` or `intersects`"));
        }
        self.area = Some(cql2::area(corners)?);
        Ok(())
    }

    fn intersects(&mut self, value: &Value) -> Result<(), Error> {
        if self.area.is_some() {
            return Err(Error::new("intersects", "give either `bbox` or `intersects`"));
        }
        let read = cql2::from_geojson(value);
        self.area = Some(read.map_err(|error| Error { parameter: "intersects".to_owned(), ..error })?);
        Ok(())
    }

    fn finish(mut self, filter: Filter) -> Result<Search, Error> {
        self.filter = filter.read()?;
        if self.after.as_ref().is_some_and(|after| after.keys.len() != self.sort.len().max(1)) {
            return Err(Error::new("token", "this token is of another order: start again without it"));
        }
        Ok(self)
    }
}

/// A filter as it was given, in whatever language.
#[derive(Default)]
struct Filter {
    text: Option<String>,
    json: Option<Value>,
    lang: Option<String>,
    query: Option<Value>,
}

impl Filter {
    fn crs(&mut self, text: &str) -> Result<(), Error> {
        let known = ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84", "CRS84"];
        if known.contains(&text) {
            return Ok(());
        }
        Err(Error::new("filter-crs", format!("`{}` is not offered", quote(text))).hint("leave it out"))
    }

    fn read(self) -> Result<Option<Expr>, Error> {
        let lang = self.lang.as_deref();
        if let Some(lang) = lang.filter(|lang| !["cql2-text", "cql2-json"].contains(lang)) {
            let why = format!("`{}` is no language of filters here", quote(lang));
            return Err(Error::new("filter-lang", why).hint("write cql2-text or cql2-json"));
        }
        let filter = match (self.text, self.json, lang) {
            (Some(text), _, Some("cql2-json")) => Some(cql2::parse_json_text(&text)?),
            (Some(text), _, _) => Some(cql2::parse_text(&text)?),
            (None, Some(_), Some("cql2-text")) => {
                return Err(Error::new("filter", "with `cql2-text` a text is expected"));
            }
            (None, Some(json), _) => Some(cql2::parse_json(&json)?),
            (None, None, _) => None,
        };
        let query = self.query.map(|query| of_query(&query)).transpose()?.flatten();
        Ok(match (filter, query) {
            (Some(filter), Some(query)) => Some(Expr::Op(Op::And, vec![filter, query])),
            (filter, query) => filter.or(query),
        })
    }
}

/// The query extension as a filter: `{"gsd": {"lte": 10}, "title": {"contains": "mặn"}}`.
fn of_query(query: &Value) -> Result<Option<Expr>, Error> {
    let wrong = |why: String| Error::new("query", why);
    let object = query.as_object().ok_or_else(|| wrong("an object is expected".to_owned()))?;
    let mut all = Vec::new();
    for (property, conditions) in object {
        let conditions = conditions
            .as_object()
            .ok_or_else(|| wrong(format!("`{}` has no conditions", quote(property))))?;
        for (name, value) in conditions {
            if all.len() >= 100 {
                return Err(wrong("there are more than 100 conditions".to_owned()));
            }
            all.push(condition(property, name, value)?);
        }
    }
    Ok(match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(Expr::Op(Op::And, all)),
    })
}

fn condition(property: &str, name: &str, value: &Value) -> Result<Expr, Error> {
    let wrong = |why: String| Error::new("query", why);
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(Expr::Text(text.clone())),
        Value::Number(number) => Ok(Expr::Number(number.as_f64().unwrap_or(f64::NAN))),
        Value::Bool(truth) => Ok(Expr::Bool(*truth)),
        _ => Err(wrong(format!("`{name}` of `{}` takes a text, a number or a truth value", quote(property)))),
    };
    let this = Expr::Property(property.to_owned());
    let pattern = |before: &str, after: &str| {
        let text = value.as_str().ok_or_else(|| wrong(format!("`{name}` takes a text")))?;
        let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        Ok(Expr::Op(Op::Like, vec![this.clone(), Expr::Text(format!("{before}{text}{after}"))]))
    };
    let op = match name {
        "eq" => Op::Equal,
        "neq" => Op::NotEqual,
        "lt" => Op::Less,
        "lte" => Op::LessOrEqual,
        "gt" => Op::Greater,
        "gte" => Op::GreaterOrEqual,
        "startsWith" => return pattern("", "%"),
        "endsWith" => return pattern("%", ""),
        "contains" => return pattern("%", "%"),
        "in" => {
            let list = value.as_array().filter(|list| list.len() <= MOST_NAMES);
            let list = list.ok_or_else(|| wrong("`in` takes a list".to_owned()))?;
            let list = list.iter().map(scalar).collect::<Result<_, _>>()?;
            return Ok(Expr::Op(Op::In, vec![this, Expr::List(list)]));
        }
        other => return Err(wrong(format!("`{}` is no condition here", quote(other)))),
    };
    Ok(Expr::Op(op, vec![this, scalar(value)?]))
}

fn json_of(name: &str, text: &str) -> Result<Value, Error> {
    if text.len() > cql2::MAX_BYTES {
        return Err(Error::new(name, format!("it is longer than {} bytes", cql2::MAX_BYTES)));
    }
    serde_json::from_str(text).map_err(|error| Error::new(name, format!("this is no JSON: {error}")))
}

fn names(name: &str, text: &str) -> Result<Vec<String>, Error> {
    let list = text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    at_most(name, list)
}

fn at_most(name: &str, list: Vec<String>) -> Result<Vec<String>, Error> {
    if list.len() > MOST_NAMES {
        return Err(Error::new(name, format!("more than {MOST_NAMES} are named")));
    }
    Ok(list)
}

fn corners(numbers: Option<Vec<f64>>) -> Result<[f64; 4], Error> {
    match numbers.as_deref() {
        Some([west, south, east, north]) => Ok([*west, *south, *east, *north]),
        Some([west, south, _, east, north, _]) => Ok([*west, *south, *east, *north]),
        _ => Err(Error::new("bbox", "write four numbers, `west,south,east,north`")),
    }
}

fn sort_text(text: &str) -> Result<Vec<(String, bool)>, Error> {
    let keys =
        text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(|key| match key.strip_prefix('-') {
            Some(key) => (key.to_owned(), true),
            None => (key.trim_start_matches('+').trim().to_owned(), false),
        });
    sorted(keys.collect())
}

fn sort_json(value: &Value) -> Result<Vec<(String, bool)>, Error> {
    let wrong =
        || Error::new("sortby", "a list of {\"field\": …, \"direction\": \"asc\" or \"desc\"} is expected");
    let keys = value.as_array().ok_or_else(wrong)?.iter().map(|key| {
        let field = key["field"].as_str().ok_or_else(wrong)?;
        match key.get("direction").map(|direction| direction.as_str()) {
            None | Some(Some("asc")) => Ok((field.to_owned(), false)),
            Some(Some("desc")) => Ok((field.to_owned(), true)),
            Some(_) => Err(wrong()),
        }
    });
    sorted(keys.collect::<Result<_, _>>()?)
}

fn sorted(keys: Vec<(String, bool)>) -> Result<Vec<(String, bool)>, Error> {
    if keys.len() > MOST_KEYS {
        return Err(Error::new("sortby", format!("more than {MOST_KEYS} keys are named")));
    }
    Ok(keys)
}

/// The members of the body that goes on after a page.
pub fn continued(body: &Value, token: &str) -> Value {
    let mut object = body.as_object().cloned().unwrap_or_else(Map::new);
    object.insert("token".to_owned(), token.into());
    Value::Object(object)
}
