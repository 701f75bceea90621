//! A place: everything about this province, commune, station or mouth, all sectors.

mod facts;
mod sectors;
mod yearly;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use catalog::Gazetteer;
use chrono::{NaiveDate, TimeDelta};
use model::{Place, PlaceId, PlaceKind, PropertyCode};
use serde::Deserialize;
use serve::App;
use serve::http::Problem;

use super::home::{LegendItem, ReadingRow, alarm_limits, level_row, salinity_legend, salinity_row};
use super::readings::{Damaged, Readable, newest_by_place, readable};
use crate::class::{AlarmLevel, SalinityClass};
use crate::map::{DeltaMap, Mark, MarkKind};
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;
use crate::words::local_day;
use facts::{History, PlaceList};
use sectors::SectorBlock;
pub use sectors::course;
pub use yearly::{portal_method, yearly_figure};

/// The first day of the units of 2025.
pub const MERGER: NaiveDate = NaiveDate::from_ymd_opt(2025, 7, 1).expect("a day of the calendar");
/// The code scheme of the units of 2025.
const NEW_SCHEME: &str = "vn2025";

#[derive(Debug, Default, Deserialize)]
pub struct PlaceParams {
    #[serde(default)]
    geo: String,
}

#[derive(Template)]
#[template(path = "place.html")]
struct PlacePage {
    p: Frame,
    id: String,
    title: String,
    km_name: String,
    crumbs: Vec<(String, String)>,
    history: Vec<History>,
    synthetic: bool,
    damaged: Option<String>,
    geography: Option<String>,
    geography_note: String,
    now: Vec<ReadingRow>,
    now_title: String,
    figures: Vec<String>,
    sectors: Vec<SectorBlock>,
    nearest: Option<(String, String)>,
    map: String,
    map_title: String,
    legend: Vec<LegendItem>,
    facts: Vec<(String, String)>,
    lists: Vec<PlaceList>,
}

/// What the parts of the page read from.
struct Context<'a> {
    app: &'a App,
    visit: &'a Visit,
    gazetteer: &'a Gazetteer,
    place: &'a Place,
    readable: &'a [Readable],
}

impl Context<'_> {
    fn name(&self, id: &PlaceId) -> String {
        self.gazetteer
            .place(id)
            .map_or_else(|| id.to_string(), |place| self.visit.words.of_text(&place.name).to_owned())
    }

    fn property_name(&self, code: &PropertyCode) -> String {
        let property = self.gazetteer.property(code);
        property
            .map_or_else(|| code.to_string(), |property| self.visit.words.of_text(&property.name).to_owned())
    }
}

/// The place's page.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<PlaceParams>,
) -> PageResult {
    let w = visit.words;
    let id = PlaceId::new(&id).map_err(|_| Problem::not_found(&id))?;
    let gazetteer = app.catalog.gazetteer().await?;
    let place = gazetteer.place(&id).ok_or_else(|| Problem::not_found(id.as_str()))?;
    let readable = readable(&app, &visit).await?;
    let ctx = Context { app: &app, visit: &visit, gazetteer: &gazetteer, place, readable: &readable };
    // Only units that came of others have two geographies to choose from.
    let switches = id.scheme() == NEW_SCHEME
        && !gazetteer.predecessors(&id).is_empty()
        && place.kind == PlaceKind::Province;
    let geography = switches.then_some(if asked.geo == "2024" { "2024" } else { "2025" });
    let mut damaged = Damaged::default();
    let content = sectors::of(&ctx, geography, &mut damaged).await?;
    let stations = facts::stations(&ctx);
    let (map, legend, now) = map_and_now(&ctx, &stations, &mut damaged).await?;
    let name = w.of_text(&place.name).to_owned();
    let title = facts::title(&visit, place);
    let mut p = Frame::new(&app, &visit, Section::Other, &title);
    p.summary = w.fill("place-summary", [("name", &title)]);
    p.island = true;
    let nearest =
        if content.blocks.is_empty() && content.figures.is_empty() { facts::nearest(&ctx) } else { None };
    let page = PlacePage {
        p,
        id: id.to_string(),
        km_name: place.name.km.clone().unwrap_or_default(),
        crumbs: facts::crumbs(&ctx),
        history: facts::history(&ctx),
        synthetic: content.synthetic || now.synthetic,
        damaged: damaged.sentence(w),
        geography: geography.map(str::to_owned),
        geography_note: geography.map(|geo| w.t(&format!("geo-note-{geo}"))).unwrap_or_default(),
        now_title: w.t(if now.is_new { "place-now" } else { "place-last" }),
        now: now.rows,
        figures: content.figures,
        sectors: content.blocks,
        nearest,
        map_title: w.t("place-map"),
        map: map.map(|map| map.svg(&w)).unwrap_or_default(),
        legend,
        facts: facts::facts(&ctx),
        lists: facts::lists(&ctx, &stations),
        title: if title.is_empty() { name } else { title },
    };
    answer(&visit, &headers, &page)
}

/// The map with the place and its stations, and for a station its newest readings.
async fn map_and_now<'a>(
    ctx: &Context<'a>,
    stations: &[&Place],
    damaged: &mut Damaged<'a>,
) -> Result<(Option<DeltaMap>, Vec<LegendItem>, Now), Problem> {
    let (visit, w) = (ctx.visit, ctx.visit.words);
    let salinity = newest_by_place(ctx.app, ctx.readable, &code("salinity"), damaged).await?;
    let levels = newest_by_place(ctx.app, ctx.readable, &code("water_level"), damaged).await?;
    let mut marks = Vec::new();
    let mut synthetic = false;
    for place in stations.iter().copied().chain([ctx.place]) {
        let Some(position) = place.position else { continue };
        let found = salinity.get(&place.id);
        synthetic |= found.is_some_and(|reading| reading.readable.dataset.synthetic);
        let reading = found.and_then(|reading| reading.number());
        marks.push(Mark {
            position,
            kind: reading.map_or(MarkKind::Plain, |value| MarkKind::Salinity(SalinityClass::of(value))),
            name: w.of_text(&place.name).to_owned(),
            value: reading.map(|value| w.quantity(value, "g/L")).unwrap_or_default(),
            href: visit.link(&format!("/place/{}", place.id)),
            is_subject: place.id == ctx.place.id,
        });
    }
    let name = ctx.name(&ctx.place.id);
    let has_salinity = marks.iter().any(|mark| matches!(mark.kind, MarkKind::Salinity(_)));
    let alt = if stations.is_empty() {
        w.fill("place-map-alt", [("name", &name)])
    } else {
        w.fill("place-map-stations-alt", [("name", &name), ("n", &w.whole(stations.len() as u64))])
    };
    let map =
        (!marks.is_empty()).then(|| DeltaMap { id: "where".to_owned(), title: w.t("place-map"), alt, marks });
    let mut now = Now { rows: Vec::new(), is_new: false, synthetic };
    if let Some(reading) = salinity.get(&ctx.place.id) {
        now.is_new |= visit.now - reading.value.time <= TimeDelta::hours(48);
        let mut row = salinity_row(visit, reading, String::new());
        row.value = w.quantity(reading.number().unwrap_or(f64::NAN), &reading.datastream.key.unit);
        row.label = ctx.property_name(&reading.datastream.key.property);
        now.rows.push(row);
    }
    if let Some(reading) = levels.get(&ctx.place.id) {
        now.synthetic |= reading.readable.dataset.synthetic;
        now.is_new |= visit.now - reading.value.time <= TimeDelta::hours(48);
        let value = reading.number().unwrap_or(f64::NAN);
        let limits = alarm_limits(ctx.gazetteer, reading, local_day(visit.now));
        let mut row = level_row(
            visit,
            reading,
            String::new(),
            AlarmLevel::of(value, limits),
            &reading.datastream.key.unit,
        );
        row.value = w.quantity(value, &reading.datastream.key.unit);
        row.label = ctx.property_name(&reading.datastream.key.property);
        if limits.iter().all(Option::is_none) {
            (row.word, row.mark) = (String::new(), String::new());
        }
        now.rows.push(row);
    }
    Ok((map, if has_salinity { salinity_legend(&w) } else { Vec::new() }, now))
}

/// The newest readings at a station.
struct Now {
    rows: Vec<ReadingRow>,
    /// Whether one of them is not older than two days.
    is_new: bool,
    /// Whether a reading on the map or in the list was made up.
    synthetic: bool,
}

fn code(text: &str) -> PropertyCode {
    PropertyCode::new(text).expect("a well-formed property code")
}
