//! A search among records: `q` folded as Vietnamese is searched, and what OGC API – Records adds to items.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use geo::Intersects;
use model::{DatasetId, Lang, TimeRange, fold};
use standards::cql2::{self, Expr, Subject, Value};
use standards::ogc::keywords;
use standards::record::Record;
use wording::told;

use crate::http::{Answer, Problem, ProblemKind, params};
use crate::ogc::items::{Area, Queryable, area, check, filter, get};

/// What records are sorted by.
pub(super) const SORTABLE: [&str; 6] =
    ["id", "title", "created", "updated", "cuulong:kind", "cuulong:agency"];
/// Records of the largest page.
const MOST: usize = 1_000;
/// Records of a page, unless another number is asked for.
const RECORDS: usize = 10;
/// The most words of `q`, ids and external ids.
const MOST_WORDS: usize = 100;

const OWN: [&str; 15] = [
    "bbox",
    "bbox-crs",
    "datetime",
    "limit",
    "offset",
    "q",
    "type",
    "ids",
    "externalIds",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "as_known_at",
    "f",
];

/// What is searched for.
pub(super) struct Search {
    words: Vec<String>,
    types: Option<Vec<String>>,
    ids: Option<Vec<String>>,
    external: Option<Vec<String>>,
    area: Option<Area>,
    time: Option<TimeRange>,
    filter: Option<Expr>,
    sort: Vec<(String, bool)>,
    /// The instant as of which records are searched.
    pub(super) known: Option<DateTime<Utc>>,
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) pairs: Vec<(String, String)>,
}

impl Search {
    pub(super) fn read(pairs: Vec<(String, String)>, queryables: &[Queryable]) -> Answer<Search> {
        let mut equal = Vec::new();
        for (name, value) in &pairs {
            if OWN.contains(&name.as_str()) || name == "lang" {
                continue;
            }
            let Some(queryable) = queryables.iter().find(|queryable| queryable.is_parameter(name)) else {
                let shown: String = name.chars().take(80).collect();
                let why = told!("serve-unknown-parameter", "unknown parameter `{shown}`", shown = shown);
                return Err(Problem::text(ProblemKind::UnknownParameter, why).at(&shown));
            };
            equal.push(queryable.equal(value)?);
        }
        let list = |name: &str| -> Answer<Option<Vec<String>>> {
            let Some(text) = get(&pairs, name) else { return Ok(None) };
            let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
            if words.len() > MOST_WORDS {
                return Err(Problem::parameter(
                    name,
                    told!(
                        "serve-more-than-parts",
                        "it has more than {most_words} parts",
                        most_words = MOST_WORDS
                    ),
                ));
            }
            Ok(Some(words))
        };
        let number = |name: &str| {
            let text = get(&pairs, name);
            let wrong =
                || Problem::parameter(name, told!("serve-not-whole-number", "it is not a whole number"));
            text.map(|text| text.parse::<i64>().map_err(|_| wrong())).transpose()
        };
        let offset = match number("offset")? {
            None => 0,
            Some(offset) => usize::try_from(offset)
                .map_err(|_| Problem::parameter("offset", told!("serve-less-than-0", "it is less than 0")))?,
        };
        let mut whole = filter(get(&pairs, "filter"), get(&pairs, "filter-lang"), get(&pairs, "filter-crs"))?;
        if let Some(expr) = &whole {
            check(expr, queryables)?;
        }
        for part in equal {
            whole = Some(match whole {
                None => part,
                Some(filter) => filter.and(part),
            });
        }
        let words = list("q")?.unwrap_or_default().iter().map(|word| fold(word)).collect::<Vec<_>>();
        Ok(Search {
            words: words.into_iter().filter(|word| !word.trim().is_empty()).collect(),
            types: list("type")?,
            ids: list("ids")?,
            external: list("externalIds")?,
            area: area(get(&pairs, "bbox"), get(&pairs, "bbox-crs"))?,
            time: get(&pairs, "datetime").map(|text| params::datetime(Some(text))).transpose()?,
            filter: whole,
            sort: sort(get(&pairs, "sortby"))?,
            known: params::instant(get(&pairs, "as_known_at"))?,
            limit: params::limit(number("limit")?, RECORDS, MOST)?,
            offset,
            pairs: pairs.into_iter().filter(|(name, _)| name != "offset" && name != "f").collect(),
        })
    }

    /// What is searched for, folded: one of these.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// The datasets that are not left out by their names alone.
    pub(super) fn among(&self, datasets: Vec<DatasetId>) -> Vec<DatasetId> {
        let kept = datasets.into_iter().filter(|id| {
            let id = id.as_str();
            let urn = format!("urn:cuulong:dataset:{id}");
            let named = |names: &Option<Vec<String>>, name: &str| {
                names.as_ref().is_none_or(|names| names.iter().any(|other| other == name))
            };
            let of_type = self.types.as_ref().is_none_or(|types| types.iter().any(|name| name == "dataset"));
            named(&self.ids, id) && named(&self.external, &urn) && of_type
        });
        kept.collect()
    }

    /// Whether records have to be read to tell which are found, and in which order. Words do not need them,
    /// but for those of the past.
    pub(super) fn looks_inside(&self) -> bool {
        let is_said = self.known.is_some() && !self.words.is_empty();
        is_said
            || self.area.is_some()
            || self.time.is_some()
            || self.filter.is_some()
            || !self.sort.is_empty()
    }

    /// Whether one of the words is said of a record: in what is told of it, or by the names of what it observes.
    pub(super) fn is_said_of(&self, record: &Record) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let terms = record.places.iter().chain(record.properties.iter().map(|(term, _)| term));
        let labels = terms.chain([&record.theme]).map(|term| &term.label);
        let words = labels.chain([&record.title, &record.description, &record.publisher.name]);
        let mut texts: Vec<&str> = vec![&record.id, &record.source, &record.publisher.id];
        texts.extend(words.flat_map(|words| words.iter().map(|(_, text)| text)));
        let said = fold(&texts.join(" "));
        self.words.iter().any(|phrase| said.contains(phrase.trim()))
    }

    /// Whether a record that the words are said of is found.
    pub(super) fn holds(&self, record: &Record) -> bool {
        let told = Told(record);
        let in_area = self.area.as_ref().is_none_or(|area| match told.value("geometry") {
            Value::Shape(shape) => area.shape.intersects(&*shape),
            _ => false,
        });
        // What has no time of its own always is.
        let in_time = self.time.is_none_or(|time| {
            record.time.is_none_or(|(from, to)| {
                time.from.is_none_or(|start| to >= start) && time.to.is_none_or(|end| from < end)
            })
        });
        in_area && in_time && self.filter.as_ref().is_none_or(|filter| cql2::holds(filter, &told))
    }

    /// Brings records into the order that is asked for.
    pub(super) fn sort(&self, records: &mut [Record], lang: Lang) {
        let key = |record: &Record, name: &str| match name {
            "title" => fold(record.title.get(lang.tag())),
            "created" => standards::ogc::time_text(record.issued),
            "updated" => standards::ogc::time_text(record.modified),
            "cuulong:kind" => record.kind.to_owned(),
            "cuulong:agency" => record.publisher.id.clone(),
            _ => record.id.clone(),
        };
        records.sort_by(|a, b| {
            for (name, downwards) in &self.sort {
                let order = key(a, name).cmp(&key(b, name));
                let order = if *downwards { order.reverse() } else { order };
                if order != Ordering::Equal {
                    return order;
                }
            }
            a.id.cmp(&b.id)
        });
    }
}

fn sort(text: Option<&str>) -> Answer<Vec<(String, bool)>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let mut keys = Vec::new();
    for part in text.split(',').take(SORTABLE.len() + 1) {
        let part = part.trim();
        let (name, downwards) = match part.strip_prefix('-') {
            Some(name) => (name, true),
            None => (part.strip_prefix('+').unwrap_or(part).trim(), false),
        };
        if !SORTABLE.contains(&name) {
            let why = told!(
                "serve-records-sorted",
                "records are sorted by {sortable}",
                sortable = SORTABLE.join(", ")
            );
            return Err(Problem::parameter("sortby", why));
        }
        keys.push((name.to_owned(), downwards));
    }
    Ok(keys)
}

/// A record as what a filter is asked of.
struct Told<'r>(&'r Record);

impl Subject for Told<'_> {
    fn value(&self, property: &str) -> Value {
        let record = self.0;
        let text = |text: &str| Value::Text(text.to_owned());
        let at = |time| Value::Time(Some(time), Some(time));
        let list = |texts: Vec<&str>| Value::List(texts.into_iter().map(text).collect());
        match property {
            "id" => text(&record.id),
            "type" => text("dataset"),
            "title" => text(record.title.get("vi")),
            "description" => text(record.description.get("vi")),
            "license" => text(&record.licence),
            "language" => text("vi"),
            "rights" => text(&record.source),
            "publisher" => text(record.publisher.name.get("vi")),
            "theme" | "cuulong:theme" => text(&record.theme.code),
            "keywords" => list(keywords(record, "vi")),
            "formats" => list(record.distributions.iter().map(|way| way.format).collect()),
            "cuulong:kind" => text(record.kind),
            "cuulong:access" => text(record.access),
            "cuulong:agency" => text(&record.publisher.id),
            "cuulong:synthetic" => Value::Bool(record.synthetic),
            // A version's number is far below what a double holds exactly.
            "cuulong:version" => {
                record.newest().map_or(Value::Null, |version| Value::Number(version.number as f64))
            }
            "created" => at(record.issued),
            "updated" => at(record.modified),
            "time" => record.time.map_or(Value::Null, |(from, to)| Value::Time(Some(from), Some(to))),
            "geometry" => {
                let area = record.bbox.and_then(|bbox| cql2::area(bbox).ok());
                area.map_or(Value::Null, |area| Value::Shape(Box::new(area)))
            }
            _ => Value::Null,
        }
    }
}
