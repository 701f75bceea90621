//! A series drawn: the chart of the dataset's page, cut out of it as an image that stands alone.

use model::Lang;
use serde_json::{Map, Value, json};

use super::call::{dataset, parameters, source};
use super::inside::Inside;
use crate::http::{Answer, Problem, ProblemKind};

/// A drawing, and what is told of it.
pub(super) struct Drawn {
    pub(super) svg: String,
    pub(super) told: Value,
}

/// Draws what the arguments name.
pub(super) async fn draw(inside: &Inside, given: &Map<String, Value>) -> Answer<Drawn> {
    let id = dataset(given)?;
    let (_, cite) = source(inside, &id, given).await?;
    let mut asked = parameters(given, &["place", "property", "from", "to"]);
    if let Some(version) = cite["version"].as_u64() {
        asked.push(("v".to_owned(), version.to_string()));
    }
    let path = match inside.lang {
        Lang::En => format!("/en/data/{id}"),
        Lang::Vi | Lang::Km => format!("/data/{id}"),
    };
    let page = inside.page(&path, &asked).await?;
    let nothing = || Problem::message(ProblemKind::NotFound, "problem-mcp-nothing-drawn", vec![]);
    let chart = cut(&page).ok_or_else(nothing)?;
    // The page falls back on another place when it does not know the one that is asked for.
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&asked).finish();
    let finding = label(chart).unwrap_or_default();
    Ok(Drawn {
        svg: alone(chart),
        told: json!({ "source": cite, "finding": finding, "page": inside.link(&format!("{path}?{query}")) }),
    })
}

/// The first chart of a page.
fn cut(page: &str) -> Option<&str> {
    let begin = page.find("<svg class=\"ch")?;
    let length = page[begin..].find("</svg>")? + "</svg>".len();
    Some(&page[begin..begin + length])
}

/// What a screen reader speaks of a chart.
fn label(chart: &str) -> Option<String> {
    let (_, rest) = chart.split_once("<desc")?.1.split_once('>')?;
    let text = rest.split('<').next()?;
    Some(text.replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&").trim().to_owned())
}

/// The chart with the colours that it has on a light page.
fn alone(chart: &str) -> String {
    let name = "<svg ";
    let rest = chart.strip_prefix(name).unwrap_or(chart);
    let Some((attributes, drawing)) = rest.split_once('>') else { return chart.to_owned() };
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}><style>{STYLE}</style>{drawing}")
}

const STYLE: &str = include_str!("chart.css");
