//! Where does this number come from? The chain from a value up to the cell of its original file.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use formats::Neighbourhood;
use model::{
    CellRef, Dataset, DatasetId, Datastream, DatastreamId, PlaceId, PropertyCode, Run, RunKind, TimeRange,
    Version, local_midnight, parse_instant,
};
use policy::{Permit, Purpose};
use query::{At, HarmoniseRequest, Harmonised, ObservationAnswer};
use serde::Deserialize;
use serve::App;
use serve::http::Problem;
use wording::told;

use super::figure::{method_words, trace_link};
use super::place::portal_method;
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::{Visit, address};

#[derive(Debug, Deserialize)]
pub struct TraceParams {
    dataset: String,
    datastream: Option<i64>,
    time: String,
    v: Option<u64>,
    #[serde(default)]
    asof: String,
    place: Option<String>,
    property: Option<String>,
    geography: Option<NaiveDate>,
    period: Option<String>,
    statistic: Option<String>,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    p: Frame,
    dataset_id: String,
    dataset_title: String,
    dataset_href: String,
    datastream: i64,
    synthetic: bool,
    value: String,
    place: String,
    place_href: String,
    property: String,
    time: String,
    time_iso: String,
    asof: String,
    observation: String,
    quality: String,
    version: String,
    pinned: Vec<(String, String)>,
    run: String,
    run_href: String,
    origin_title: String,
    origin: String,
    origin_note: String,
    original_href: Option<String>,
    sheet: Option<Sheet>,
    history: Vec<(String, String, String)>,
    machine_href: String,
}

#[derive(Template)]
#[template(path = "trace_parts.html")]
struct PartsPage {
    p: Frame,
    dataset_title: String,
    dataset_href: String,
    synthetic: bool,
    value: String,
    place: String,
    place_href: String,
    property: String,
    time: String,
    method: String,
    parts: Vec<PartRow>,
    missing: Vec<(String, String)>,
    machine_href: String,
}

struct PartRow {
    place: String,
    place_href: String,
    value: String,
    href: String,
    weight: String,
}

/// The cell drawn in its neighbourhood.
struct Sheet {
    caption: String,
    letters: Vec<String>,
    rows: Vec<SheetRow>,
}

struct SheetRow {
    number: u32,
    lit: bool,
    cells: Vec<SheetCell>,
}

struct SheetCell {
    text: String,
    lit: bool,
    colspan: u16,
}

/// The chain of a stored value, or the parts of a harmonised one.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<TraceParams>,
) -> PageResult {
    let id = DatasetId::new(&asked.dataset).map_err(|_| Problem::not_found(&asked.dataset))?;
    let permit = app.catalog.authorize(&visit.principal, &id, Purpose::Read, visit.now).await?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    let time = parse_instant(&asked.time).map_err(|error| Problem::parameter("time", error))?;
    let at = at(&asked)?;
    match asked.datastream {
        Some(datastream) => {
            stored(&app, &visit, &headers, &asked, dataset, &permit, DatastreamId(datastream), time, at).await
        }
        None => harmonised(&app, &visit, &headers, &asked, dataset, &permit, time, at).await,
    }
}

/// Which version: a number, the end of a day, or the last.
fn at(asked: &TraceParams) -> Result<At, Problem> {
    if !asked.asof.is_empty() {
        let day: NaiveDate = asked.asof.parse().map_err(|_| {
            Problem::parameter("asof", told!("portal-not-a-day", "`{text}` is not a day", text = asked.asof))
        })?;
        let end =
            local_midnight(day).checked_add_signed(TimeDelta::days(1)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        return Ok(At::KnownAt(end - TimeDelta::microseconds(1)));
    }
    Ok(asked.v.map_or(At::Latest, |version| At::Version(Version(version))))
}

#[expect(clippy::too_many_arguments, reason = "one page's worth of what was read from the request")]
async fn stored(
    app: &App,
    visit: &Visit,
    headers: &HeaderMap,
    asked: &TraceParams,
    dataset: Dataset,
    permit: &Permit,
    datastream: DatastreamId,
    time: DateTime<Utc>,
    at: At,
) -> PageResult {
    let w = visit.words;
    let not_there = || Problem::not_found(&format!("{}/{}", dataset.id, asked.time));
    let found = app.engine.observation(permit, datastream, time, at).await?.ok_or_else(not_there)?;
    let run = app.catalog.run(&found.value.run).await?.ok_or_else(not_there)?;
    let gazetteer = app.catalog.gazetteer().await?;
    let key = &found.datastream.key;
    let place =
        gazetteer.place(&key.place).map_or_else(|| key.place.to_string(), |p| w.of_text(&p.name).to_owned());
    let property = gazetteer
        .property(&key.property)
        .map_or_else(|| key.property.to_string(), |p| w.of_text(&p.name).to_owned());
    let value = written(visit, &found);
    let observed = w.observed(found.value.time, found.value.end);
    let statistic = statistic_words(visit, &found.datastream);
    let origin = origin(app, visit, permit, &run, found.value.cell).await;
    let mut pinned = Vec::new();
    for (source, version) in &found.version.pinned {
        let title = app
            .catalog
            .dataset(source)
            .await?
            .map_or_else(|| source.to_string(), |d| w.of_text(&d.title).to_owned());
        pinned.push((
            format!("{title} @{version}"),
            address(&visit.link(&format!("/data/{source}")), &[("v", &version.to_string())]),
        ));
    }
    let quality_tests = found.value.quality_tests.as_deref().filter(|tests| !tests.is_empty());
    let title = w.t("trace-title");
    let started = w.instant(run.started_at);
    let time_iso = found.value.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let number = datastream.to_string();
    let page = TracePage {
        p: Frame::new(app, visit, Section::Data, &format!("{value} · {title}")),
        dataset_title: w.of_text(&dataset.title).to_owned(),
        dataset_href: visit.link(&format!("/data/{}", dataset.id)),
        datastream: datastream.0,
        synthetic: dataset.synthetic,
        observation: format!(
            "{}. {}",
            w.fill(
                "trace-observation-line",
                [
                    ("property", &property),
                    ("statistic", &statistic),
                    ("place", &place),
                    ("time", &observed),
                    ("value", &value)
                ],
            ),
            w.fill("trace-ingested", [("time", &w.instant(found.value.recorded_at))]),
        ),
        quality: match quality_tests {
            Some(tests) => {
                let tests = intake::quality_tests(tests, visit.lang());
                format!("{} ({tests})", w.t(&format!("quality-{}", found.value.quality.code())))
            }
            None => w.t(&format!("quality-{}", found.value.quality.code())),
        },
        version: w.fill(
            "trace-version-line",
            [
                ("title", &w.of_text(&dataset.title)),
                ("version", &found.version.version),
                ("time", &w.instant(found.version.committed_at)),
            ],
        ),
        run: match &run.user {
            Some(user) => {
                w.fill("trace-run-by", [("file", &run.file_name), ("time", &started), ("user", user)])
            }
            None => w.fill("trace-run-line", [("file", &run.file_name), ("time", &started)]),
        },
        run_href: visit.link(&format!("/runs/{}", run.id)),
        origin_title: origin.title,
        origin: origin.line,
        origin_note: origin.note,
        original_href: origin.original,
        sheet: origin.sheet,
        history: history(app, visit, permit, &found).await?,
        machine_href: address(
            "/v1/trace",
            &[("dataset", dataset.id.as_str()), ("datastream", &number), ("time", &time_iso)],
        ),
        place_href: visit.link(&format!("/place/{}", key.place)),
        dataset_id: dataset.id.to_string(),
        asof: asked.asof.clone(),
        time: observed,
        value,
        place,
        property,
        time_iso,
        pinned,
    };
    answer(visit, headers, &page)
}

fn written(visit: &Visit, found: &ObservationAnswer) -> String {
    let w = visit.words;
    match (found.value.result, &found.value.text) {
        // Here every digit counts: the page is about the exact number.
        (Some(number), _) => format!("{} {}", w.number_up_to(number, 6), w.unit(&found.datastream.key.unit))
            .trim_end()
            .to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "–".to_owned(),
    }
}

/// The statistic and its period: "lớn nhất, ngày".
pub fn statistic_words(visit: &Visit, datastream: &Datastream) -> String {
    let w = visit.words;
    let key = &datastream.key;
    let statistic = w.code("statistic", key.statistic.code());
    if key.period.is_empty() { statistic } else { format!("{statistic}, {}", w.code("period", &key.period)) }
}

struct Origin {
    title: String,
    line: String,
    note: String,
    original: Option<String>,
    sheet: Option<Sheet>,
}

/// The cell of the original, as far as the permit reaches.
async fn origin(app: &App, visit: &Visit, permit: &Permit, run: &Run, cell: CellRef) -> Origin {
    let w = visit.words;
    if run.kind == RunKind::Recipe {
        return Origin {
            title: w.t("trace-origin-recipe"),
            line: w.fill("trace-origin-recipe-line", [("name", &run.file_name)]),
            note: String::new(),
            original: None,
            sheet: None,
        };
    }
    let hash =
        run.original.as_ref().map_or_else(|| "–".to_owned(), |hash| hash.as_str()[..16].to_owned() + "…");
    let sheet_name = run.sheets.get(usize::from(cell.sheet)).filter(|name| !name.is_empty());
    let line = match sheet_name {
        Some(name) => w.fill(
            "trace-origin-line",
            [
                ("file", &run.file_name),
                ("sheet", &format!("“{name}”")),
                ("cell", &cell.a1()),
                ("hash", &hash),
            ],
        ),
        None => w.fill(
            "trace-origin-line-plain",
            [("file", &run.file_name), ("cell", &cell.a1()), ("hash", &hash)],
        ),
    };
    let title = w.t("trace-origin-file");
    if !permit.rows().is_open() {
        return Origin { title, line, note: w.t("trace-closed"), original: None, sheet: None };
    }
    let original = run.original.as_ref().map(|_| format!("/v1/runs/{}/original", run.id));
    match app.intake.cell(permit, run, cell).await {
        Ok(found) => {
            Origin { title, line, note: String::new(), original, sheet: Some(sheet(visit, &found, cell)) }
        }
        Err(error) => {
            tracing::warn!(run.id = run.id.as_str(), error.chain = %error, "the cell of a value could not be read again");
            let note = w.fill("trace-gone", [("why", &error)]);
            Origin { title, line, note, original, sheet: None }
        }
    }
}

fn sheet(visit: &Visit, found: &Neighbourhood, cell: CellRef) -> Sheet {
    let width = found.rows.iter().map(|(_, texts)| texts.len()).max().unwrap_or(0);
    let columns: Vec<u16> =
        (0..width).filter_map(|i| found.first_column.checked_add(u16::try_from(i).ok()?)).collect();
    let last = columns.last().copied().unwrap_or(found.first_column);
    Sheet {
        caption: visit.words.fill("trace-sheet-caption", [("cell", &cell.a1())]),
        letters: columns.iter().map(|column| CellRef { column: *column, ..cell }.column_letters()).collect(),
        rows: found
            .rows
            .iter()
            .map(|(number, texts)| SheetRow {
                number: *number,
                lit: *number == cell.row,
                cells: texts
                    .iter()
                    .zip(&columns)
                    .filter_map(|(text, column)| {
                        let is_lit = *number == cell.row && *column == cell.column;
                        let merged = found.merged.iter().find(|range| range.contains(*number, *column));
                        // As wide as what is merged and shown, in the first of its columns; rows are not
                        // drawn as one, since not all of them are shown.
                        let first =
                            merged.map_or(*column, |range| range.first_column.max(found.first_column));
                        let last = merged.map_or(*column, |range| range.last_column.min(last));
                        (first == *column).then(|| SheetCell {
                            text: text.clone(),
                            lit: is_lit,
                            colspan: last.saturating_sub(first) + 1,
                        })
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// The value in the versions that changed it, newest first. Only versions that corrected something
/// can have, so only those are read, and at most ten.
async fn history(
    app: &App,
    visit: &Visit,
    permit: &Permit,
    found: &ObservationAnswer,
) -> Result<Vec<(String, String, String)>, Problem> {
    let w = visit.words;
    let mut values: Vec<(Version, DateTime<Utc>, String)> = Vec::new();
    let versions = app.catalog.versions(permit.dataset()).await?;
    let first = versions.last().map(|version| version.version);
    let changing = versions.iter().filter(|version| version.corrected > 0 || Some(version.version) == first);
    for version in changing.take(10) {
        let at = At::Version(version.version);
        if let Some(then) = app.engine.observation(permit, found.datastream.id, found.value.time, at).await? {
            values.push((version.version, version.committed_at, written(visit, &then)));
        }
    }
    // The oldest of a run of equal values is the one that brought it.
    values.reverse();
    values.dedup_by(|later, earlier| later.2 == earlier.2);
    values.reverse();
    if values.len() < 2 {
        return Ok(Vec::new());
    }
    Ok(values
        .into_iter()
        .map(|(version, time, value)| (version.to_string(), w.instant(time), value))
        .collect())
}

#[expect(clippy::too_many_arguments, reason = "one page's worth of what was read from the request")]
async fn harmonised(
    app: &App,
    visit: &Visit,
    headers: &HeaderMap,
    asked: &TraceParams,
    dataset: Dataset,
    permit: &Permit,
    time: DateTime<Utc>,
    at: At,
) -> PageResult {
    let w = visit.words;
    let missing = |name: &str| {
        let why = told!("portal-needed", "`{name}` or `datastream` is needed", name = name);
        Problem::parameter(name, why)
    };
    let place = PlaceId::new(asked.place.as_deref().ok_or_else(|| missing("place"))?)
        .map_err(|error| Problem::parameter("place", error))?;
    let property = PropertyCode::new(asked.property.as_deref().ok_or_else(|| missing("property"))?)
        .map_err(|error| Problem::parameter("property", error))?;
    let geography = asked.geography.ok_or_else(|| missing("geography"))?;
    let request = HarmoniseRequest {
        property: Some(property.clone()),
        geography,
        time: TimeRange { from: Some(time), to: Some(time + TimeDelta::microseconds(1)) },
        at,
    };
    let answered = app.engine.harmonise(permit, request).await?;
    let agrees = |value: &&Harmonised| {
        value.place == place
            && asked.period.as_ref().is_none_or(|period| *period == value.period)
            && asked.statistic.as_deref().is_none_or(|statistic| statistic == value.statistic.code())
    };
    let found = answered
        .values
        .iter()
        .find(agrees)
        .ok_or_else(|| Problem::not_found(&format!("{}/{place}/{property}", dataset.id)))?;
    let gazetteer = app.catalog.gazetteer().await?;
    let name =
        |id: &PlaceId| gazetteer.place(id).map_or_else(|| id.to_string(), |p| w.of_text(&p.name).to_owned());
    let streams = app.catalog.datastreams(&dataset.id).await?;
    let parts = found
        .parts
        .iter()
        .map(|part| PartRow {
            place: name(&part.place),
            place_href: visit.link(&format!("/place/{}", part.place)),
            value: w.quantity(part.result, &found.unit),
            href: streams
                .iter()
                .find(|stream| stream.id == part.datastream)
                .map(|stream| trace_link(visit, &dataset, stream, part.time, answered.version))
                .unwrap_or_default(),
            weight: w.number_up_to(part.weight, 4),
        })
        .collect();
    let value = found.result.map_or_else(|| "–".to_owned(), |result| w.quantity(result, &found.unit));
    let title = w.t("trace-title");
    let day = geography.to_string();
    let time_text = time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let mut machine = vec![
        ("dataset", dataset.id.as_str()),
        ("place", place.as_str()),
        ("property", property.as_str()),
        ("geography", &day),
        ("time", &time_text),
    ];
    machine.extend(asked.period.as_deref().map(|period| ("period", period)));
    let page = PartsPage {
        p: Frame::new(app, visit, Section::Data, &format!("{value} · {title}")),
        dataset_title: w.of_text(&dataset.title).to_owned(),
        dataset_href: visit.link(&format!("/data/{}", dataset.id)),
        synthetic: dataset.synthetic,
        value,
        place: name(&place),
        place_href: visit.link(&format!("/place/{place}")),
        property: format!(
            "{}{}",
            gazetteer
                .property(&property)
                .map_or_else(|| property.to_string(), |p| w.of_text(&p.name).to_owned()),
            if found.period.is_empty() {
                String::new()
            } else {
                format!(", {}", w.code("period", &found.period))
            },
        ),
        time: w.observed(found.time, found.end),
        method: method_words(&w, portal_method(found.method), found.parts.len()),
        parts,
        missing: found.missing.iter().map(|id| (name(id), visit.link(&format!("/place/{id}")))).collect(),
        machine_href: address("/v1/trace", &machine),
    };
    answer(visit, headers, &page)
}
