//! The first look at a dataset: the newest value of its series, or its first features.

use arrow::util::display::array_value_to_string;
use catalog::Gazetteer;
use model::{Dataset, Version};
use policy::Permit;
use query::{At, FeatureRequest, LatestRequest, Streams};
use serve::App;
use serve::http::Problem;

use crate::pages::figure::trace_link;
use crate::pages::trace::statistic_words;
use crate::visit::Visit;
use crate::words::places_for;

/// Rows of a preview.
const ROWS: usize = 25;
/// Letters of a cell; a longer text is cut.
const MOST_LETTERS: usize = 120;
/// Columns that are provenance or geometry, not values of a feature.
const HIDDEN: [&str; 10] = [
    "geometry",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
    "run",
    "origin_sheet",
    "origin_row",
    "origin_column",
    "recorded_at",
];

/// A table of the first rows.
#[derive(Default)]
pub struct Preview {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<PreviewCell>>,
}

/// A column's head.
pub struct Column {
    pub label: String,
    pub numeric: bool,
}

/// A cell; a number of an observation links to its origin.
#[derive(Default)]
pub struct PreviewCell {
    pub text: String,
    pub href: String,
    pub numeric: bool,
}

/// The newest value of each series, the newest first.
pub async fn observations(
    app: &App,
    visit: &Visit,
    gazetteer: &Gazetteer,
    dataset: &Dataset,
    permit: &Permit,
    version: Option<Version>,
) -> Result<Preview, Problem> {
    let w = visit.words;
    let at = version.map_or(At::Latest, At::Version);
    let mut latest =
        app.engine.latest(permit, LatestRequest { streams: Streams::default(), at }).await?.latest;
    latest.sort_by(|a, b| {
        b.value.time.cmp(&a.value.time).then_with(|| a.datastream.key.place.cmp(&b.datastream.key.place))
    });
    let total = latest.len();
    let text = |text: String| PreviewCell { text, ..PreviewCell::default() };
    let rows: Vec<Vec<PreviewCell>> = latest
        .iter()
        .take(ROWS)
        .map(|latest| {
            let key = &latest.datastream.key;
            let place = gazetteer.place(&key.place);
            let property = gazetteer.property(&key.property);
            let value = match (latest.value.result, &latest.value.text) {
                (Some(number), _) => {
                    let number = w.number(number, places_for(&key.unit, number));
                    format!("{number} {}", w.unit(&key.unit)).trim_end().to_owned()
                }
                (None, Some(text)) => cut(text),
                (None, None) => "–".to_owned(),
            };
            vec![
                text(w.observed(latest.value.time, latest.value.end)),
                PreviewCell {
                    text: place
                        .map_or_else(|| key.place.to_string(), |place| w.of_text(&place.name).to_owned()),
                    href: visit.link(&format!("/place/{}", key.place)),
                    numeric: false,
                },
                text(format!(
                    "{} ({})",
                    property.map_or_else(|| key.property.to_string(), |p| w.of_text(&p.name).to_owned()),
                    statistic_words(visit, &latest.datastream)
                )),
                PreviewCell {
                    text: value,
                    href: trace_link(visit, dataset, &latest.datastream, latest.value.time, version),
                    numeric: true,
                },
                PreviewCell {
                    text: latest.value.quality.code().to_string(),
                    href: String::new(),
                    numeric: true,
                },
            ]
        })
        .collect();
    let column = |key: &str, numeric| Column { label: w.t(key), numeric };
    Ok(Preview {
        caption: w.fill(
            "dataset-preview-caption",
            [("n", &w.whole(rows.len() as u64)), ("total", &w.whole(total as u64))],
        ),
        columns: vec![
            column("col-time", false),
            column("col-place", false),
            column("col-property", false),
            column("col-value", true),
            column("col-quality", true),
        ],
        rows,
    })
}

/// The first features with their attributes.
pub async fn features(
    app: &App,
    visit: &Visit,
    permit: &Permit,
    version: Option<Version>,
) -> Result<Preview, Problem> {
    let w = visit.words;
    if !permit.rows().is_open() {
        return Ok(Preview::default());
    }
    let at = version.map_or(At::Latest, At::Version);
    let found =
        app.engine.features(permit, FeatureRequest { limit: ROWS, at, ..FeatureRequest::default() }).await?;
    let mut preview = Preview::default();
    for batch in &found.batches {
        let schema = batch.schema();
        let shown: Vec<usize> = (0..schema.fields().len())
            .filter(|i| !HIDDEN.contains(&schema.field(*i).name().as_str()))
            .take(12)
            .collect();
        if preview.columns.is_empty() {
            preview.columns = shown
                .iter()
                .map(|i| Column {
                    label: schema.field(*i).name().clone(),
                    numeric: schema.field(*i).data_type().is_numeric(),
                })
                .collect();
        }
        for row in 0..batch.num_rows() {
            let cells = shown
                .iter()
                .map(|i| {
                    let column = batch.column(*i);
                    array_value_to_string(column, row).map(|text| PreviewCell {
                        text: cut(&text),
                        href: String::new(),
                        numeric: column.data_type().is_numeric(),
                    })
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| Problem::internal(&error))?;
            preview.rows.push(cells);
        }
    }
    preview.caption = w.fill(
        "dataset-preview-features",
        [("n", &w.whole(preview.rows.len() as u64)), ("total", &w.whole(found.matched))],
    );
    Ok(preview)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(MOST_LETTERS - 1).collect();
    cut.push('…');
    cut
}
