//! The sector blocks of a place: its newest values with their course and source, and the charts.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use model::{Datastream, PlaceId, PlaceKind, PropertyCode, Theme, TimeRange};
use query::{At, BucketRequest, Every, HarmoniseRequest, Harmonised, Streams};
use serve::App;
use serve::http::Problem;
use serve::limits::limits;

use super::yearly::{YEAR, by_year, portal_method, values, yearly_figure};
use super::{Context, MERGER};
use crate::pages::figure::{
    self, BarsView, Dated, LinesView, PeriodValue, SeriesView, method_words, trace_link, year,
};
use crate::pages::readings::{Damaged, Readable, is_yearly, latest};
use crate::pages::trace::statistic_words;
use crate::visit::address;
use crate::words::{local_day, places_for};
use chart::{Method, Point, spark};

/// Charts of a block; the rest is in its table.
const MOST_FIGURES: usize = 3;

/// One sector of a place.
pub struct SectorBlock {
    pub code: &'static str,
    pub name: String,
    pub figures: Vec<String>,
    pub rows: Vec<IndicatorRow>,
}

/// The newest value of one series.
pub struct IndicatorRow {
    pub name: String,
    pub value: String,
    pub trace_href: String,
    pub method: String,
    pub time: String,
    /// Markup of the spark.
    pub spark: String,
    pub source: String,
    pub source_href: String,
    pub synthetic: bool,
}

/// What there is about a place.
#[derive(Default)]
pub struct Content {
    pub blocks: Vec<SectorBlock>,
    pub figures: Vec<String>,
    pub synthetic: bool,
}

impl Content {
    fn block(&mut self, ctx: &Context<'_>, property: &PropertyCode) -> &mut SectorBlock {
        let theme = theme_of(ctx, property);
        let at = match self.blocks.iter().position(|block| block.code == theme.code()) {
            Some(at) => at,
            None => {
                self.blocks.push(SectorBlock {
                    code: theme.code(),
                    name: ctx.visit.words.code("theme", theme.code()),
                    figures: Vec::new(),
                    rows: Vec::new(),
                });
                self.blocks.len() - 1
            }
        };
        &mut self.blocks[at]
    }
}

/// Everything about the place, on the geography chosen.
pub async fn of<'a>(
    ctx: &Context<'a>,
    geography: Option<&str>,
    damaged: &mut Damaged<'a>,
) -> Result<Content, Problem> {
    let mut content = Content::default();
    for readable in ctx.readable {
        let drawn = match geography {
            Some("2025") => harmonised(ctx, readable, &mut content).await,
            Some(_) => former_units(ctx, readable, &mut content).await,
            None => Ok(()),
        };
        damaged.known(readable, drawn)?;
        // What a harmonised chart shows already is not shown again as it was observed.
        if geography.is_none() || ctx.place.kind != PlaceKind::Province {
            let drawn = own_series(ctx, readable, &mut content).await;
            damaged.known(readable, drawn)?;
        }
    }
    content.blocks.sort_by_key(|block| Theme::ALL.iter().position(|theme| theme.code() == block.code));
    Ok(content)
}

fn theme_of(ctx: &Context<'_>, property: &PropertyCode) -> Theme {
    let sector = ctx.gazetteer.property(property).map(|property| property.sector.as_str());
    let known = ctx.gazetteer.sectors.iter().find(|known| Some(known.code.as_str()) == sector);
    known.map_or(Theme::Environment, |sector| sector.theme)
}

/// The series that are about the place itself.
async fn own_series(ctx: &Context<'_>, readable: &Readable, content: &mut Content) -> Result<(), Problem> {
    let (visit, w) = (ctx.visit, ctx.visit.words);
    let mine: Vec<&Datastream> =
        readable.streams().filter(|stream| stream.key.place == ctx.place.id).collect();
    if mine.is_empty() {
        return Ok(());
    }
    content.synthetic |= readable.dataset.synthetic;
    let of_place = Streams { place: Some(ctx.place.id.clone()), ..Streams::default() };
    let newest = latest(ctx.app, readable, of_place).await?;
    for stream in mine {
        let measure =
            format!("{} ({})", ctx.property_name(&stream.key.property), statistic_words(visit, stream));
        let name = ctx.name(&ctx.place.id);
        let id = format!("f-{}", stream.id);
        let (course, figure) = if is_yearly(stream) {
            let points = values(ctx.app, &readable.permit, stream, None).await?;
            let points: Vec<Point> =
                points.iter().filter_map(|v| Some(Point::value(v.time, v.result?))).collect();
            let figure = yearly_figure(
                ctx.app,
                visit,
                &readable.permit,
                &readable.dataset,
                stream,
                &id,
                &name,
                &measure,
                None,
            );
            (spark(&points), figure.await?)
        } else {
            let view = SeriesView {
                id: &id,
                dataset: &readable.dataset,
                datastream: stream,
                place: &name,
                measure: &measure,
                limits: limits(&w, ctx.gazetteer, &stream.key.property, &ctx.place.id, local_day(visit.now)),
                window: TimeRange::ALL,
                version: None,
                default_span: TimeDelta::days(60),
            };
            let drawn = figure::series(ctx.app, visit, &readable.permit, &view).await?;
            (course(ctx.app, readable, stream).await?, drawn.map(|drawn| drawn.html).unwrap_or_default())
        };
        let reading = newest.iter().find(|reading| reading.datastream.id == stream.id);
        let block = content.block(ctx, &stream.key.property);
        if block.figures.len() < MOST_FIGURES && !figure.is_empty() {
            block.figures.push(figure);
        }
        if let Some((reading, number)) = reading.and_then(|reading| Some((reading, reading.number()?))) {
            block.rows.push(IndicatorRow {
                name: measure,
                value: w.quantity(number, &stream.key.unit),
                trace_href: trace_link(visit, &readable.dataset, stream, reading.value.time, None),
                method: String::new(),
                time: w.observed(reading.value.time, reading.value.end),
                spark: course,
                source: w.of_text(&readable.dataset.title).to_owned(),
                source_href: source_link(ctx, readable, &ctx.place.id, &stream.key.property),
                synthetic: readable.dataset.synthetic,
            });
        }
    }
    Ok(())
}

/// The spark of a series: its last 30 days, or three years of months.
pub async fn course(app: &App, readable: &Readable, stream: &Datastream) -> Result<String, Problem> {
    let request =
        |time, every| BucketRequest { streams: Streams::one(stream.id), time, at: At::Latest, every };
    let whole = app.engine.buckets(&readable.permit, request(TimeRange::ALL, Every::Count(1))).await?;
    let Some(last) = whole.buckets.first().map(|bucket| bucket.last_time) else { return Ok(String::new()) };
    let days = if stream.key.period == "P1M" { 3 * 366 } else { 30 };
    let window =
        TimeRange { from: Some(last - TimeDelta::days(days)), to: Some(last + TimeDelta::seconds(1)) };
    let drawn = app.engine.buckets(&readable.permit, request(window, Every::Count(60))).await?;
    Ok(spark(&drawn.buckets.iter().map(figure::point).collect::<Vec<_>>()))
}

fn source_link(ctx: &Context<'_>, readable: &Readable, place: &PlaceId, property: &PropertyCode) -> String {
    address(
        &ctx.visit.link(&format!("/data/{}", readable.dataset.id)),
        &[("place", place.as_str()), ("property", property.as_str())],
    )
}

/// The properties that the place or a unit that passed into it has yearly values of.
fn statistics(ctx: &Context<'_>, readable: &Readable) -> Vec<PropertyCode> {
    let units: Vec<&PlaceId> = ctx
        .gazetteer
        .predecessors(&ctx.place.id)
        .iter()
        .map(|passed| &passed.from)
        .chain([&ctx.place.id])
        .collect();
    let mut properties: Vec<PropertyCode> = readable
        .streams()
        .filter(|stream| is_yearly(stream) && units.contains(&&stream.key.place))
        .map(|stream| stream.key.property.clone())
        .collect();
    properties.sort();
    properties.dedup();
    properties
}

/// The place on the geography of 2025, put together from the units before.
async fn harmonised(ctx: &Context<'_>, readable: &Readable, content: &mut Content) -> Result<(), Problem> {
    let (visit, w) = (ctx.visit, ctx.visit.words);
    for property in statistics(ctx, readable) {
        content.synthetic |= readable.dataset.synthetic;
        let request = HarmoniseRequest {
            property: Some(property.clone()),
            geography: MERGER,
            time: TimeRange::ALL,
            at: At::Latest,
        };
        let answer = ctx.app.engine.harmonise(&readable.permit, request).await?;
        let mut series: BTreeMap<(String, &str), Vec<Harmonised>> = BTreeMap::new();
        for value in answer.values.into_iter().filter(|value| value.place == ctx.place.id) {
            series.entry((value.period.clone(), value.statistic.code())).or_default().push(value);
        }
        for ((period, statistic), values) in series {
            let Some(last) = values.iter().rev().find(|value| value.result.is_some()) else { continue };
            let suffix =
                if period.is_empty() { w.code("statistic", statistic) } else { w.code("period", &period) };
            let measure = format!("{} ({suffix})", ctx.property_name(&property));
            let link = |value: &Harmonised| harmonised_link(ctx, readable, value);
            let periods: Vec<PeriodValue> = by_year(
                values
                    .iter()
                    .map(|v| (year(v.time), v.result, portal_method(v.method), link(v), v.parts.len()))
                    .collect(),
            );
            let rule = periods
                .iter()
                .position(|period| period.label.as_str() > "2025")
                .map(|index| (index, w.t("geo-rule")));
            let view = BarsView {
                id: &format!("h-{}-{}", property.as_str().replace('.', "-"), period.replace([':', '.'], "-")),
                place: &ctx.name(&ctx.place.id),
                measure: &measure,
                unit: &last.unit,
                values: periods,
                rule,
                note: String::new(),
            };
            let drawn = figure::bars(visit, &view)?;
            let points: Vec<Point> =
                values.iter().filter_map(|value| Some(Point::value(value.time, value.result?))).collect();
            let row = IndicatorRow {
                name: measure.clone(),
                value: last.result.map(|number| w.quantity(number, &last.unit)).unwrap_or_default(),
                trace_href: link(last),
                method: method_words(&w, portal_method(last.method), last.parts.len()),
                time: w.observed(last.time, last.end),
                spark: spark(&points),
                source: w.of_text(&readable.dataset.title).to_owned(),
                source_href: visit.link(&format!("/data/{}", readable.dataset.id)),
                synthetic: readable.dataset.synthetic,
            };
            let block = content.block(ctx, &property);
            // One value alone is a number, not a chart.
            if block.figures.len() < MOST_FIGURES && points.len() > 1 {
                block.figures.push(drawn);
            }
            block.rows.push(row);
        }
    }
    Ok(())
}

/// Where a harmonised value is explained; one that passed as it was observed has a page of its own.
fn harmonised_link(ctx: &Context<'_>, readable: &Readable, value: &Harmonised) -> String {
    if let ([part], query::Method::AsObserved) = (&value.parts[..], value.method)
        && let Some(stream) = readable.stream(part.datastream)
    {
        return trace_link(ctx.visit, &readable.dataset, stream, part.time, None);
    }
    let (geography, time) =
        (MERGER.to_string(), value.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    let mut parameters = vec![
        ("dataset", readable.dataset.id.as_str()),
        ("place", value.place.as_str()),
        ("property", value.property.as_str()),
        ("geography", &geography),
        ("statistic", value.statistic.code()),
        ("time", &time),
    ];
    if !value.period.is_empty() {
        parameters.push(("period", &value.period));
    }
    address(&ctx.visit.link("/trace"), &parameters)
}

/// The units before, side by side as their source published them.
async fn former_units(ctx: &Context<'_>, readable: &Readable, content: &mut Content) -> Result<(), Problem> {
    let (visit, w) = (ctx.visit, ctx.visit.words);
    let units: Vec<PlaceId> =
        ctx.gazetteer.predecessors(&ctx.place.id).iter().map(|c| c.from.clone()).collect();
    for property in statistics(ctx, readable) {
        content.synthetic |= readable.dataset.synthetic;
        let mut kinds: BTreeMap<(String, &str), Vec<&Datastream>> = BTreeMap::new();
        for stream in
            readable.streams().filter(|s| s.key.property == property && units.contains(&s.key.place))
        {
            kinds.entry((stream.key.period.clone(), stream.key.statistic.code())).or_default().push(stream);
        }
        for ((period, _), streams) in kinds {
            let mut lines: Vec<(String, Vec<Dated>)> = Vec::new();
            for stream in &streams {
                let values = values(ctx.app, &readable.permit, stream, None).await?;
                let dated: Vec<Dated> = values
                    .iter()
                    .filter_map(|v| {
                        Some((v.time, v.result?, trace_link(visit, &readable.dataset, stream, v.time, None)))
                    })
                    .collect();
                if !dated.is_empty() {
                    lines.push((ctx.name(&stream.key.place), dated));
                }
            }
            let Some(unit) = streams.first().map(|stream| stream.key.unit.as_str()) else { continue };
            let suffix = streams.first().map(|stream| statistic_words(visit, stream)).unwrap_or_default();
            let measure = format!("{} ({suffix})", ctx.property_name(&property));
            let rows: Vec<IndicatorRow> = lines
                .iter()
                .filter_map(|(name, dated)| {
                    let (time, number, href) = dated.last()?;
                    let points: Vec<Point> =
                        dated.iter().map(|(time, value, _)| Point::value(*time, *value)).collect();
                    Some(IndicatorRow {
                        name: format!("{name}: {measure}"),
                        value: w.number(*number, places_for(unit, *number)) + " " + &w.unit(unit),
                        trace_href: href.clone(),
                        method: method_words(&w, Method::AsObserved, 1),
                        time: year(*time).to_string(),
                        spark: spark(&points),
                        source: w.of_text(&readable.dataset.title).to_owned(),
                        source_href: visit.link(&format!("/data/{}", readable.dataset.id)),
                        synthetic: readable.dataset.synthetic,
                    })
                })
                .collect();
            let is_course = lines.iter().any(|(_, dated)| dated.len() > 1);
            let view = LinesView {
                id: &format!("o-{}-{}", property.as_str().replace('.', "-"), period.replace([':', '.'], "-")),
                place: &ctx.name(&ctx.place.id),
                measure: &measure,
                unit,
                lines,
                step: YEAR,
            };
            let drawn = if is_course { figure::lines(visit, &view)? } else { String::new() };
            let block = content.block(ctx, &property);
            if block.figures.len() < MOST_FIGURES && !drawn.is_empty() {
                block.figures.push(drawn);
            }
            block.rows.extend(rows);
        }
    }
    Ok(())
}
