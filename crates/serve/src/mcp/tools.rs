//! The tools: what each takes and what it answers, as JSON Schema.

use serde_json::{Map, Value, json};
use wording::{Told, told};

/// An argument: its name, its type, whether it must be there, and what it means.
type Argument = (&'static str, &'static str, bool, &'static str);

/// A tool as it is listed.
pub(super) struct Tool {
    pub(super) name: &'static str,
    title: &'static str,
    description: &'static str,
    pub(super) arguments: &'static [Argument],
    /// What it answers: names and types.
    answers: &'static [(&'static str, &'static str)],
}

const DATASET: Argument = ("dataset", "string", true, "Id of the dataset, as `search` tells it.");
const PLACE: Argument = ("place", "string", false, "Id of a place, e.g. `station:cau_noi`, `vn2025:92`.");
const PROPERTY: Argument = ("property", "string", false, "Code of a property, e.g. `salinity`.");
const DATASTREAM: Argument =
    ("datastream", "integer", false, "Number of a series, instead of place and property.");
const STATISTIC: Argument =
    ("statistic", "string", false, "Only this statistic: instant, mean, max, min, total, count.");
const PERIOD: Argument = ("period", "string", false, "Only this period, e.g. `P1D`.");
const DATETIME: Argument =
    ("datetime", "string", false, "An instant, a day, or a range `start/end` (`..` for an open end).");
const VERSION: Argument = ("version", "integer", false, "Read this version; the newest when absent.");
const KNOWN_AT: Argument =
    ("as_known_at", "string", false, "Read as it was known at this instant (RFC 3339).");

pub(super) const TOOLS: [Tool; 8] = [
    Tool {
        name: "search",
        title: "Search datasets, places and properties",
        description: "Finds datasets, places and observed properties by words. Vietnamese marks and capitals do \
            not matter.",
        arguments: &[
            ("text", "string", true, "Words; empty for everything."),
            ("what", "string", false, "Only `datasets`, `places` or `properties`; all three when absent."),
            ("limit", "integer", false, "How many of each at most, 1 to 100 (20)."),
        ],
        answers: &[("datasets", "array"), ("places", "array"), ("properties", "array")],
    },
    Tool {
        name: "describe",
        title: "Describe a dataset",
        description: "What a dataset is: title, agency, licence, versions, and the series that it holds.",
        arguments: &[
            DATASET,
            ("limit", "integer", false, "How many series and versions at most, 1 to 500 (100)."),
        ],
        answers: &[
            ("dataset", "object"),
            ("source", "object"),
            ("datastreams", "array"),
            ("versions", "array"),
        ],
    },
    Tool {
        name: "observe",
        title: "Read values of series",
        description: "Single values of a dataset in order of series and time, each with its quality flag and a \
            link to where it comes from.",
        arguments: &[
            DATASET,
            PLACE,
            PROPERTY,
            DATASTREAM,
            STATISTIC,
            PERIOD,
            DATETIME,
            VERSION,
            KNOWN_AT,
            ("limit", "integer", false, "How many at most, 1 to 1000 (100)."),
            ("cursor", "string", false, "Where the last answer ended."),
        ],
        answers: &[("source", "object"), ("items", "array"), ("total", "integer")],
    },
    Tool {
        name: "aggregate",
        title: "Means and extremes of stretches of time",
        description: "Count, mean, minimum and maximum (with their times) of each stretch of time of each series. \
            Values that failed their tests are left out.",
        arguments: &[
            DATASET,
            PLACE,
            PROPERTY,
            DATASTREAM,
            STATISTIC,
            PERIOD,
            DATETIME,
            VERSION,
            KNOWN_AT,
            ("width", "string", false, "Width of a stretch, an ISO 8601 duration: PT1H, P1D, P1M, P1Y."),
            ("buckets", "integer", false, "Instead of a width: how many stretches, 1 to 1000 (50)."),
        ],
        answers: &[("source", "object"), ("items", "array"), ("total", "integer")],
    },
    Tool {
        name: "ask_sql",
        title: "Ask in SQL",
        description: "One SELECT over everything that you may read. Each dataset is a table under its id \
            (observations: datastream, place, property, unit, phenomenon_time, result, quality …); `observation` \
            holds all series; `dataset`, `place` and `property` describe. DataFusion's SQL.",
        arguments: &[
            ("sql", "string", true, "The statement."),
            KNOWN_AT,
            ("max_rows", "integer", false, "How many rows at most, 1 to 1000 (200)."),
        ],
        answers: &[
            ("sources", "array"),
            ("columns", "array"),
            ("rows", "array"),
            ("truncated", "boolean"),
            ("trace", "string"),
        ],
    },
    Tool {
        name: "trace",
        title: "Where a number comes from",
        description: "Leads from a value to the run, the file and the cell that it came from. Give the dataset with \
            place, property and time of stored values (the newest of each series without a time), or with datastream \
            and time; or with place, property, geography and time of a harmonised value.",
        arguments: &[
            DATASET,
            DATASTREAM,
            PLACE,
            PROPERTY,
            ("geography", "string", false, "Date of the geography of a harmonised value, YYYY-MM-DD."),
            PERIOD,
            STATISTIC,
            (
                "time",
                "string",
                false,
                "The phenomenon time of the value; of stored values of a place or a property also a day or a range.",
            ),
            VERSION,
            KNOWN_AT,
        ],
        answers: &[("source", "object"), ("trace", "object"), ("traces", "array"), ("total", "integer")],
    },
    Tool {
        name: "draw",
        title: "Draw a series",
        description: "The chart of a series as this node draws it for people, as an SVG image, with the finding in \
            words.",
        arguments: &[
            DATASET,
            ("place", "string", true, "Id of the place."),
            ("property", "string", true, "Code of the property."),
            ("from", "string", false, "First day, YYYY-MM-DD."),
            ("to", "string", false, "Last day, YYYY-MM-DD."),
            VERSION,
        ],
        answers: &[("source", "object"), ("finding", "string"), ("page", "string")],
    },
    Tool {
        name: "changes",
        title: "What changed",
        description: "What happened to datasets, in order: new values, corrections, withdrawals, products. Keep \
            `next` and give it as `cursor` to go on.",
        arguments: &[
            ("cursor", "string", false, "Where the last answer ended."),
            ("since", "string", false, "Instead: from this instant on, or `now`."),
            ("dataset", "string", false, "Only of this dataset."),
            PLACE,
            PROPERTY,
            (
                "kind",
                "string",
                false,
                "Only these kinds: data, correction, withdrawal, product, registered …",
            ),
            ("limit", "integer", false, "How many at most, 1 to 100 (50)."),
        ],
        answers: &[("items", "array"), ("next", "string"), ("more", "boolean")],
    },
];

impl Tool {
    /// The tool of a name.
    pub(super) fn named(name: &str) -> Option<&'static Tool> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// The arguments, each checked; the sentence says what is wrong with which.
    pub(super) fn check(&self, given: &Value) -> Result<Map<String, Value>, Told> {
        let given = match given {
            Value::Null => Map::new(),
            Value::Object(given) => given.clone(),
            _ => return Err(told!("serve-mcp-arguments-no-object", "`arguments` is no object")),
        };
        for (name, value) in &given {
            let Some((_, kind, ..)) = self.arguments.iter().find(|(known, ..)| known == name) else {
                let known: Vec<&str> = self.arguments.iter().map(|(name, ..)| *name).collect();
                let name: String = name.chars().take(80).collect();
                return Err(told!(
                    "serve-mcp-not-an-argument",
                    "`{argument}` is not an argument of `{name}`: it takes {known}",
                    argument = name,
                    name = self.name,
                    known = known.join(", ")
                ));
            };
            let fits = match *kind {
                "integer" => value.is_i64() || value.is_u64(),
                _ => value.is_string(),
            };
            if !fits && !value.is_null() {
                return Err(if *kind == "integer" {
                    told!("serve-mcp-no-integer", "`{name}` is no integer", name = name)
                } else {
                    told!("serve-mcp-no-string", "`{name}` is no string", name = name)
                });
            }
        }
        let missing =
            self.arguments.iter().find(|(name, _, needed, _)| *needed && !given.contains_key(*name));
        match missing {
            Some((name, ..)) => Err(told!("serve-missing-member", "`{name}` is missing", name = name)),
            None => Ok(given),
        }
    }
}

/// The list of tools.
pub(super) fn list() -> Vec<Value> {
    TOOLS
        .iter()
        .map(|tool| {
            let arguments: Map<String, Value> = tool
                .arguments
                .iter()
                .map(|(name, kind, _, words)| ((*name).to_owned(), json!({ "type": kind, "description": words })))
                .collect();
            let needed: Vec<&str> =
                tool.arguments.iter().filter(|(_, _, needed, _)| *needed).map(|(name, ..)| *name).collect();
            let answers: Map<String, Value> =
                tool.answers.iter().map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind }))).collect();
            let always: Vec<&str> = tool.answers.iter().map(|(name, _)| *name).collect();
            json!({
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "inputSchema": {
                    "type": "object", "properties": arguments, "required": needed, "additionalProperties": false,
                },
                "outputSchema": { "type": "object", "properties": answers, "required": always },
                "annotations": {
                    "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false,
                },
            })
        })
        .collect()
}
