//! The facts of a place: names, history, what belongs to it, what is near.

use chrono::NaiveDate;
use model::{Crosswalk, Place, PlaceKind, Position};

use super::Context;
use crate::visit::Visit;
use crate::words::local_day;

/// Units named in one line of history; the rest is in the list.
const MOST_NAMED: usize = 6;

/// One line of history with its places.
pub struct History {
    pub text: String,
    pub places: Vec<(String, String)>,
    pub after: String,
}

/// A list of places that belong to the place.
pub struct PlaceList {
    pub title: String,
    pub items: Vec<(String, String)>,
    pub open: bool,
}

/// The name with its administrative type: "Thành phố Cần Thơ".
pub fn title(visit: &Visit, place: &Place) -> String {
    let w = visit.words;
    let name = w.of_text(&place.name);
    let administrative = matches!(place.kind, PlaceKind::Province | PlaceKind::District | PlaceKind::Commune);
    match (&place.type_name, w.lang()) {
        (Some(kind), model::Lang::Vi) if administrative => {
            // "Thành phố trực thuộc trung ương" is how a decision writes it, not how anyone calls it.
            let kind = if kind.starts_with("thành phố") { "thành phố" } else { kind.as_str() };
            let mut letters = kind.chars();
            let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            format!("{first}{} {name}", letters.as_str())
        }
        (_, model::Lang::Vi) if place.kind == PlaceKind::Station => format!("Trạm {name}"),
        (_, model::Lang::En) if place.kind == PlaceKind::Station => format!("{name} station"),
        _ => name.to_owned(),
    }
}

/// The larger places, the largest first.
pub fn crumbs(ctx: &Context<'_>) -> Vec<(String, String)> {
    let day = ctx.place.valid_to.unwrap_or_else(|| local_day(ctx.visit.now));
    let mut crumbs = Vec::new();
    let mut at = &ctx.place.id;
    // Province, district, commune: a longer chain is a circle.
    for _ in 0..6 {
        let Some(parent) = ctx.gazetteer.parent_on(at, day) else { break };
        if parent.kind != PlaceKind::Country {
            crumbs.push(link(ctx, parent));
        }
        at = &parent.id;
    }
    crumbs.reverse();
    crumbs
}

fn link(ctx: &Context<'_>, place: &Place) -> (String, String) {
    (ctx.visit.words.of_text(&place.name).to_owned(), ctx.visit.link(&format!("/place/{}", place.id)))
}

/// What the place was made of, and what it passed into.
pub fn history(ctx: &Context<'_>) -> Vec<History> {
    let w = ctx.visit.words;
    let mut lines = Vec::new();
    let named = |passed: &[&Crosswalk], other: fn(&Crosswalk) -> &model::PlaceId| {
        let mut places: Vec<(String, String)> = passed
            .iter()
            .filter_map(|crosswalk| {
                let place = ctx.gazetteer.place(other(crosswalk))?;
                let (name, href) = link(ctx, place);
                let part = if crosswalk.is_whole() || crosswalk.share_area.is_none() {
                    String::new()
                } else {
                    format!(" {}", w.t("place-passed-part"))
                };
                Some((format!("{name}{part}"), href))
            })
            .collect();
        let more = places.len().saturating_sub(MOST_NAMED);
        places.truncate(MOST_NAMED);
        (places, if more > 0 { format!(" + {}", w.whole(more as u64)) } else { String::new() })
    };
    let before = ctx.gazetteer.predecessors(&ctx.place.id);
    if let Some(first) = before.first() {
        let (places, after) = named(&before, |crosswalk| &crosswalk.from);
        let text = w.fill("place-formed-head", [("day", &w.date(first.effective))]) + " ";
        lines.push(History { text, places, after });
    }
    let after_this = ctx.gazetteer.successors(&ctx.place.id);
    if let Some(first) = after_this.first() {
        let (places, after) = named(&after_this, |crosswalk| &crosswalk.to);
        let text = w.fill("place-passed-head", [("day", &w.date(first.effective))]) + " ";
        lines.push(History { text, places, after });
    }
    if let Some(end) = ctx.place.valid_to {
        let text = w.fill("place-ended", [("day", &w.date(end))]);
        lines.push(History { text, places: Vec::new(), after: String::new() });
    }
    lines
}

/// Names and values of the facts box.
pub fn facts(ctx: &Context<'_>) -> Vec<(String, String)> {
    let w = ctx.visit.words;
    let place = ctx.place;
    let mut facts = vec![
        (w.t("place-id"), place.id.to_string()),
        (w.t("place-kind"), w.code("place", place.kind.code())),
    ];
    if let Some(area) = place.area_km2 {
        facts.push((w.t("place-area"), format!("{} km²", w.number(area, 1))));
    }
    for population in ctx.gazetteer.populations.iter().filter(|population| population.place == place.id) {
        let label = w.code("population", population.basis.code());
        facts.push((label, w.number(population.persons, 0)));
    }
    if let Some(Position { lon, lat }) = place.position {
        facts.push((w.t("place-position"), format!("{lat:.4}° N, {lon:.4}° E")));
    }
    if let Some(river) = &place.river {
        facts.push((w.t("place-river"), river.clone()));
    }
    if let Some(station) = ctx.gazetteer.river_stations.iter().find(|station| station.station == place.id) {
        let km = format!("{} km, {}", w.number(station.km, 1), ctx.name(&station.mouth));
        facts.push((w.t("place-from-mouth"), km));
    }
    if let Some(period) = valid(ctx, place.valid_from, place.valid_to) {
        facts.push((w.t("place-valid"), period));
    }
    if !place.alt_names.is_empty() {
        facts.push((w.t("place-also"), place.alt_names.join(", ")));
    }
    facts.push((w.t("place-source"), place.source.clone()));
    facts.push((w.t("place-confidence"), w.code("confidence", &place.confidence)));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn valid(ctx: &Context<'_>, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<String> {
    let w = ctx.visit.words;
    match (from, to) {
        (Some(from), Some(to)) => {
            Some(w.fill("place-valid-both", [("from", &w.date(from)), ("to", &w.date(to))]))
        }
        (Some(from), None) => Some(w.fill("place-valid-since", [("from", &w.date(from))])),
        (None, Some(to)) => Some(w.fill("place-valid-until", [("to", &w.date(to))])),
        (None, None) => None,
    }
}

/// The stations that stand in the place.
pub fn stations<'a>(ctx: &Context<'a>) -> Vec<&'a Place> {
    let day = ctx.place.valid_to.unwrap_or_else(|| local_day(ctx.visit.now));
    let mut stations = ctx.gazetteer.children(&ctx.place.id, day);
    stations.retain(|place| place.kind == PlaceKind::Station);
    stations
}

/// What belongs to the place: stations, former units, communes.
pub fn lists(ctx: &Context<'_>, stations: &[&Place]) -> Vec<PlaceList> {
    let w = ctx.visit.words;
    let day = ctx.place.valid_to.unwrap_or_else(|| local_day(ctx.visit.now));
    let list = |key: &str, places: Vec<&Place>, open: bool| {
        let mut items: Vec<(String, String)> = places.into_iter().map(|place| link(ctx, place)).collect();
        items.sort();
        PlaceList { title: w.fill(key, [("n", &w.whole(items.len() as u64))]), items, open }
    };
    let units = ctx
        .gazetteer
        .children(&ctx.place.id, day)
        .into_iter()
        .filter(|place| place.kind != PlaceKind::Station);
    let former = ctx.gazetteer.predecessors(&ctx.place.id);
    let former = former.iter().filter_map(|crosswalk| ctx.gazetteer.place(&crosswalk.from));
    vec![
        list("place-stations", stations.to_vec(), true),
        list("place-former", former.collect(), false),
        list("place-children", units.collect(), false),
    ]
}

/// The nearest station that something is known of.
pub fn nearest(ctx: &Context<'_>) -> Option<(String, String)> {
    let here = ctx.place.position?;
    let w = ctx.visit.words;
    let mut near: Vec<(f64, &Place)> = ctx
        .readable
        .iter()
        .flat_map(|readable| readable.streams())
        .filter_map(|stream| ctx.gazetteer.place(&stream.key.place))
        .filter(|place| place.kind == PlaceKind::Station && place.id != ctx.place.id)
        .filter_map(|place| Some((here.distance(place.position?) / 1000.0, place)))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (km, place) = near.first()?;
    let text = w.fill("place-nearest", [("name", &w.of_text(&place.name)), ("km", &w.number(*km, 0))]);
    Some((text, ctx.visit.link(&format!("/place/{}", place.id))))
}
