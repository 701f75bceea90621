//! The home page: how is the delta today, and where do I find my thing?

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use chrono::TimeDelta;
use model::{PropertyCode, Theme};
use serve::App;
use serve::http::Problem;

use super::figure::trace_link;
use super::place::course;
use super::readings::{Damaged, Reading, newest_by_place, readable};
use crate::class::{AlarmLevel, SalinityBand, SalinityClass};
use crate::map::{DeltaMap, Mark, MarkKind, mark_shape};
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;
use crate::words::{Words, local_day, places_for};

/// Stations in the table before the reader asks for the rest.
const FIRST_STATIONS: usize = 8;
/// A reading older than this is not today's.
const STALE: TimeDelta = TimeDelta::hours(48);

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    p: Frame,
    synthetic: bool,
    damaged: Option<String>,
    today: String,
    lunar: String,
    map_title: String,
    map: String,
    legend: Vec<LegendItem>,
    salinity: Vec<ReadingRow>,
    salinity_rest: Vec<ReadingRow>,
    salinity_more: u64,
    salinity_age: Option<String>,
    salinity_source: String,
    reach: Vec<ReadingRow>,
    levels: Vec<ReadingRow>,
    level_unit: String,
    sectors: Vec<Sector>,
    news: Vec<News>,
}

/// One reading in a table or a list.
pub struct ReadingRow {
    pub place: String,
    pub place_href: String,
    pub value: String,
    pub trace_href: String,
    /// Markup of its mark.
    pub mark: String,
    pub word: String,
    pub time: String,
    pub label: String,
}

/// A mark and what it means.
pub struct LegendItem {
    /// Markup of the mark.
    pub shape: String,
    pub label: String,
}

struct Sector {
    name: String,
    href: String,
    count: String,
}

struct News {
    title: String,
    href: String,
    what: String,
    synthetic: bool,
}

/// The delta today.
pub async fn show(State(app): State<App>, visit: Visit, headers: HeaderMap) -> PageResult {
    let w = visit.words;
    let gazetteer = app.catalog.gazetteer().await?;
    let readable = readable(&app, &visit).await?;
    let mut damaged = Damaged::default();
    let salinity = newest_by_place(&app, &readable, &code("salinity"), &mut damaged).await?;
    let levels = newest_by_place(&app, &readable, &code("water_level"), &mut damaged).await?;
    let reach = newest_by_place(&app, &readable, &code("isohaline_distance_4gl"), &mut damaged).await?;
    let mut salt: Vec<&Reading<'_>> = salinity.values().collect();
    salt.sort_by(|a, b| b.number().unwrap_or(0.0).total_cmp(&a.number().unwrap_or(0.0)));
    let name = |reading: &Reading<'_>| {
        let place = &reading.datastream.key.place;
        gazetteer.place(place).map_or_else(|| place.to_string(), |place| w.of_text(&place.name).to_owned())
    };
    let mut rows: Vec<ReadingRow> =
        salt.iter().map(|reading| salinity_row(&visit, reading, name(reading))).collect();
    let rest = rows.split_off(rows.len().min(FIRST_STATIONS));
    let newest = salt.iter().map(|reading| reading.value.time).max();
    let mut sources: Vec<&str> =
        salt.iter().map(|reading| w.of_text(&reading.readable.dataset.title)).collect();
    sources.sort_unstable();
    sources.dedup();
    let level_rows = levels
        .values()
        .map(|reading| {
            let key = &reading.datastream.key;
            let limits = alarm_limits(&gazetteer, reading, local_day(visit.now));
            level_row(
                &visit,
                reading,
                name(reading),
                AlarmLevel::of(reading.number().unwrap_or(0.0), limits),
                &key.unit,
            )
        })
        .collect::<Vec<_>>();
    let mut reach_rows = Vec::with_capacity(reach.len());
    for reading in reach.values() {
        let key = &reading.datastream.key;
        let value = reading.number().unwrap_or(f64::NAN);
        let drawn = course(&app, reading.readable, &reading.datastream).await;
        reach_rows.push(ReadingRow {
            place: name(reading),
            place_href: visit.link(&format!("/place/{}", key.place)),
            value: w.number(value, places_for(&key.unit, value)),
            trace_href: trace_link(
                &visit,
                &reading.readable.dataset,
                &reading.datastream,
                reading.value.time,
                None,
            ),
            mark: damaged.known(reading.readable, drawn)?.unwrap_or_default(),
            word: String::new(),
            time: w.observed(reading.value.time, reading.value.end),
            label: String::new(),
        });
    }
    let mut p = Frame::new(&app, &visit, Section::Home, &w.t("home-title"));
    p.summary = w.t("home-summary");
    let marks = salt
        .iter()
        .filter_map(|reading| {
            let place = gazetteer.place(&reading.datastream.key.place)?;
            Some(Mark {
                position: place.position?,
                kind: MarkKind::Salinity(SalinityClass::of(reading.number()?)),
                name: w.of_text(&place.name).to_owned(),
                value: w.quantity(reading.number()?, "g/L"),
                href: visit.link(&format!("/place/{}", place.id)),
                is_subject: false,
            })
        })
        .collect::<Vec<_>>();
    let map = delta_map(&w, &salt, marks, name);
    let page = HomePage {
        p,
        synthetic: salt
            .iter()
            .copied()
            .chain(levels.values())
            .any(|reading| reading.readable.dataset.synthetic),
        damaged: damaged.sentence(w),
        today: w.instant_long(visit.now),
        lunar: w.lunar(local_day(visit.now)),
        map_title: map.title.clone(),
        map: map.svg(&w),
        legend: salinity_legend(&w),
        salinity_more: rest.len() as u64,
        salinity: rows,
        salinity_rest: rest,
        salinity_age: newest
            .filter(|time| visit.now - *time > STALE)
            .map(|time| w.fill("home-stale", [("day", &w.day(time))])),
        salinity_source: w.fill("home-salinity-source", [("source", &sources.join("; "))]),
        level_unit: levels
            .values()
            .next()
            .map(|reading| w.unit(&reading.datastream.key.unit))
            .unwrap_or_default(),
        reach: reach_rows,
        levels: level_rows,
        sectors: sectors(&app, &visit).await?,
        news: news(&app, &visit).await?,
    };
    answer(&visit, &headers, &page)
}

fn code(text: &str) -> PropertyCode {
    PropertyCode::new(text).expect("a well-formed property code")
}

/// A salinity as a row: its class as a mark and a word.
pub fn salinity_row(visit: &Visit, reading: &Reading<'_>, place: String) -> ReadingRow {
    let w = visit.words;
    let value = reading.number().unwrap_or(f64::NAN);
    let class = SalinityClass::of(value);
    ReadingRow {
        place_href: visit.link(&format!("/place/{}", reading.datastream.key.place)),
        value: w.number(value, places_for("g/L", value)),
        trace_href: trace_link(
            visit,
            &reading.readable.dataset,
            &reading.datastream,
            reading.value.time,
            None,
        ),
        mark: chip(MarkKind::Salinity(class)),
        word: w.t(&format!("salinity-{}", class.band().code())),
        time: w.observed(reading.value.time, reading.value.end),
        label: String::new(),
        place,
    }
}

/// A water level as a row: against its alarm levels.
pub fn level_row(
    visit: &Visit,
    reading: &Reading<'_>,
    place: String,
    level: AlarmLevel,
    unit: &str,
) -> ReadingRow {
    let w = visit.words;
    let value = reading.number().unwrap_or(f64::NAN);
    ReadingRow {
        place_href: visit.link(&format!("/place/{}", reading.datastream.key.place)),
        value: w.number(value, places_for(unit, value)),
        trace_href: trace_link(
            visit,
            &reading.readable.dataset,
            &reading.datastream,
            reading.value.time,
            None,
        ),
        mark: chip(MarkKind::Level(level)),
        word: match level {
            AlarmLevel::Below => w.t("level-below"),
            _ => w.fill("level-alarm", [("level", &level.numeral())]),
        },
        time: w.observed(reading.value.time, reading.value.end),
        label: String::new(),
        place,
    }
}

/// The three alarm levels of a station, in its values' unit.
pub fn alarm_limits(
    gazetteer: &catalog::Gazetteer,
    reading: &Reading<'_>,
    on: chrono::NaiveDate,
) -> [Option<f64>; 3] {
    let key = &reading.datastream.key;
    ["bd1", "bd2", "bd3"].map(|level| {
        gazetteer
            .thresholds
            .iter()
            .find(|limit| {
                limit.kind == catalog::reference::ThresholdKind::FloodAlarm
                    && limit.level == level
                    && limit.place.as_ref() == Some(&key.place)
                    && limit.unit == key.unit
                    && limit.holds_on(on)
            })
            .map(|limit| limit.value)
    })
}

/// A mark at the size of a word.
pub fn chip(kind: MarkKind) -> String {
    format!(r#"<svg viewBox="-10 -10 20 20" aria-hidden="true">{}</svg>"#, mark_shape(kind, 0.0, 0.0))
}

/// What the marks of salinity mean.
pub fn salinity_legend(w: &Words) -> Vec<LegendItem> {
    SalinityClass::all()
        .map(|class| {
            let number = |end: f64| w.number_up_to(end, 1);
            let range = match class.ends() {
                (None, Some(to)) => format!("< {}", number(to)),
                (Some(from), Some(to)) => format!("{}–{}", number(from), number(to)),
                (from, None) => format!("≥ {}", number(from.unwrap_or(0.0))),
            };
            LegendItem { shape: chip(MarkKind::Salinity(class)), label: format!("{range} g/l") }
        })
        .collect()
}

fn delta_map(
    w: &Words,
    salt: &[&Reading<'_>],
    marks: Vec<Mark>,
    name: impl Fn(&Reading<'_>) -> String,
) -> DeltaMap {
    let id = "delta".to_owned();
    let Some(highest) = salt.first() else {
        let title = w.t("home-map-none");
        return DeltaMap { id, alt: title.clone(), title, marks };
    };
    let count = |band: SalinityBand| {
        let many =
            salt.iter().filter(|r| SalinityClass::of(r.number().unwrap_or(0.0)).band() == band).count();
        w.whole(many as u64)
    };
    let value = highest.number().unwrap_or(0.0);
    DeltaMap {
        id,
        title: w.count("home-map", marks.len() as u64),
        alt: w.fill(
            "home-map-alt",
            [
                ("salt", &count(SalinityBand::Salt)),
                ("brackish", &count(SalinityBand::Brackish)),
                ("fresh", &count(SalinityBand::Fresh)),
                ("high", &w.number(value, places_for("g/L", value))),
                ("place", &name(highest)),
            ],
        ),
        marks,
    }
}

async fn sectors(app: &App, visit: &Visit) -> Result<Vec<Sector>, Problem> {
    let w = visit.words;
    let datasets = app.catalog.visible_datasets(&visit.principal, visit.now).await?;
    Ok(Theme::ALL
        .into_iter()
        .map(|theme| Sector {
            name: w.code("theme", theme.code()),
            href: visit.link(&format!("/data?theme={}", theme.code())),
            count: w.count("home-sector-count", datasets.iter().filter(|d| d.theme == theme).count() as u64),
        })
        .collect())
}

/// The datasets that changed last.
async fn news(app: &App, visit: &Visit) -> Result<Vec<News>, Problem> {
    let w = visit.words;
    let mut latest = Vec::new();
    for dataset in app.catalog.visible_datasets(&visit.principal, visit.now).await? {
        if let Some(version) = app.catalog.latest_version(&dataset.id).await? {
            latest.push((dataset, version));
        }
    }
    latest.sort_by_key(|(_, version)| std::cmp::Reverse(version.committed_at));
    Ok(latest
        .into_iter()
        .take(6)
        .map(|(dataset, version)| News {
            title: w.of_text(&dataset.title).to_owned(),
            href: visit.link(&format!("/data/{}", dataset.id)),
            what: w.fill(
                "home-news",
                [
                    ("ago", &w.ago(version.committed_at, visit.now)),
                    ("added", &w.whole(version.added)),
                    ("corrected", &w.whole(version.corrected)),
                ],
            ),
            synthetic: dataset.synthetic,
        })
        .collect())
}
