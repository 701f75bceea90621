//! How to build on this: ways in by task, with snippets that run against this node as they stand. A test
//! takes them out of the page and runs them.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use catalog::DatasetSearch;
use chrono::Utc;
use model::DatasetKind;
use policy::Principal;
use serve::App;
use serve::http::Problem;
use serve::http::deprecated::DEPRECATED;

use super::about::host;
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;
use crate::words::Words;

#[derive(Template)]
#[template(path = "developers.html")]
struct DevelopersPage {
    p: Frame,
    title: String,
    ways: Vec<Way>,
    manners: Vec<String>,
    deprecated: Vec<DeprecatedRow>,
    documents: Vec<(&'static str, &'static str)>,
}

/// One task and how to do it.
struct Way {
    id: &'static str,
    heading: String,
    words: String,
    snippets: Vec<Snippet>,
}

struct Snippet {
    language: Language,
    code: String,
    /// A word of the answer.
    shows: String,
}

/// What a snippet is written in.
#[derive(Clone, Copy)]
enum Language {
    Shell,
    Python,
    R,
    Sql,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Language::Shell => "shell",
            Language::Python => "python",
            Language::R => "r",
            Language::Sql => "sql",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Language::Shell => "curl",
            Language::Python => "Python",
            Language::R => "R",
            Language::Sql => "SQL",
        }
    }
}

struct DeprecatedRow {
    path: &'static str,
    parameter: &'static str,
    instead: &'static str,
    since: String,
    until: String,
}

/// What the snippets ask for: a series that everyone may read.
struct Subject {
    here: String,
    dataset: String,
    place: String,
    property: String,
}

/// The ways in for programs, with examples that run against this node.
pub async fn show(State(app): State<App>, visit: Visit, headers: HeaderMap) -> PageResult {
    let w = visit.words;
    let title = w.t("developers-title");
    let subject = subject(&app, &headers).await?;
    let page = DevelopersPage {
        p: Frame::new(&app, &visit, Section::Other, &title),
        title,
        ways: ways(w, &subject),
        manners: ["problems", "paging", "again", "keys", "quotas"]
            .map(|line| w.t(&format!("developers-manners-{line}")))
            .to_vec(),
        deprecated: DEPRECATED
            .iter()
            .map(|deprecated| DeprecatedRow {
                path: deprecated.path,
                parameter: deprecated.parameter,
                instead: deprecated.instead,
                since: deprecated.since().to_string(),
                until: deprecated.sunset().to_string(),
            })
            .collect(),
        documents: vec![
            ("OpenAPI 3.1: /v1", "/v1/openapi.json"),
            ("OpenAPI 3.0: /ogc", "/ogc/api"),
            ("OpenAPI 3.0: /stac", "/stac/api"),
            ("OGC API", "/ogc"),
            ("SensorThings 1.1", "/sta/v1.1"),
            ("STAC", "/stac"),
            ("DCAT", "/dcat"),
        ],
    };
    answer(&visit, &headers, &page)
}

/// The first open dataset with series. A node that has none shows the sample's.
async fn subject(app: &App, headers: &HeaderMap) -> Result<Subject, Problem> {
    let here = app
        .config
        .public_url
        .as_ref()
        .map_or_else(|| host(headers), |url| url.as_str().trim_end_matches('/').to_owned());
    let sample = |here: String| Subject {
        here,
        dataset: "salinity_2h".to_owned(),
        place: "station:cau_noi".to_owned(),
        property: "salinity".to_owned(),
    };
    let search = DatasetSearch {
        kind: Some(DatasetKind::Observations),
        access: Some(model::Access::Open),
        limit: 20,
        ..DatasetSearch::default()
    };
    // As everyone sees it, so that the page is the same for all.
    let (datasets, _) = app.catalog.search_datasets(&Principal::Public, search, Utc::now()).await?;
    for dataset in datasets {
        let streams = app.catalog.datastreams(&dataset.id).await?;
        if let Some(stream) = streams.first() {
            return Ok(Subject {
                here,
                dataset: dataset.id.to_string(),
                place: stream.key.place.to_string(),
                property: stream.key.property.to_string(),
            });
        }
    }
    Ok(sample(here))
}

fn ways(w: Words, subject: &Subject) -> Vec<Way> {
    let Subject { here, dataset, place, property } = subject;
    let way = |id: &'static str, snippets: Vec<(Language, String, &str)>| Way {
        id,
        heading: w.t(&format!("developers-{id}")),
        words: w.t(&format!("developers-{id}-words")),
        snippets: snippets
            .into_iter()
            .map(|(language, code, shows)| Snippet { language, code, shows: shows.to_owned() })
            .collect(),
    };
    let file = format!("{here}/v1/datasets/{dataset}/data?format=csv&place={place}&property={property}");
    let sql = "SELECT property, unit, count(*) AS n, max(result) AS highest\nFROM observation\n\
               GROUP BY property, unit\nORDER BY n DESC\nLIMIT 20";
    vec![
        way(
            "series",
            vec![
                (
                    Language::Shell,
                    format!(
                        "curl -sS '{here}/v1/datasets/{dataset}/observations/buckets?place={place}&property={property}&buckets=50'"
                    ),
                    "mean",
                ),
                (
                    Language::Python,
                    format!(
                        "import json, urllib.request\n\nurl = \"{here}/v1/datasets/{dataset}/observations?place={place}&property={property}&limit=100\"\n\
                         values = []\nwhile url and len(values) < 300:\n    with urllib.request.urlopen(url) as answer:\n        page = json.load(answer)\n    \
                         values += page[\"items\"]\n    url = page.get(\"next\")\nprint(len(values), \"values; the first:\", values[0][\"phenomenon_time\"], values[0][\"result\"])"
                    ),
                    "values; the first:",
                ),
            ],
        ),
        way(
            "bulk",
            vec![
                (
                    Language::Shell,
                    format!("curl -sS '{here}/v1/datasets/{dataset}/data/estimate?format=parquet'"),
                    "bytes",
                ),
                (
                    Language::Python,
                    format!(
                        "import pandas\n\ntable = pandas.read_csv(\"{file}\")\nprint(table[\"result\"].describe())"
                    ),
                    "mean",
                ),
                (
                    Language::R,
                    format!("values <- read.csv(\"{file}\")\nprint(summary(values$result))"),
                    "Median",
                ),
            ],
        ),
        way(
            "sql",
            vec![
                (Language::Sql, sql.to_owned(), "highest"),
                (
                    Language::Shell,
                    format!(
                        "curl -sS -G '{here}/v1/sql' --data-urlencode \\\n  'sql=SELECT place, max(result) AS highest FROM observation GROUP BY place LIMIT 5'"
                    ),
                    "highest",
                ),
            ],
        ),
        way(
            "map",
            vec![(
                Language::Shell,
                format!("curl -sS '{here}/ogc/collections/stations/items?bbox=104,8,107,11&limit=5'"),
                "FeatureCollection",
            )],
        ),
        way(
            "things",
            vec![(
                Language::Shell,
                format!(
                    "curl -sS -G '{here}/sta/v1.1/Datastreams' --data-urlencode '$top=2' \\\n  --data-urlencode '$expand=Observations($top=1;$orderby=phenomenonTime desc)'"
                ),
                "phenomenonTime",
            )],
        ),
        way(
            "stac",
            vec![(Language::Shell, format!("curl -sS '{here}/stac/collections?limit=5'"), "collections")],
        ),
        way("live", vec![(Language::Shell, format!("curl -sS '{here}/v1/changes?since=now'"), "next")]),
    ]
}
