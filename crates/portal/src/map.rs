//! The SVG map of the delta: a faint sketch of the land, and what is measured on top.
//!
//! It shows the delta and what touches it, no more: a base map with national outlines is the
//! operator's own data and follows the operator's mapping authority.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::Position;
use serde::Deserialize;

use crate::class::{AlarmLevel, SalinityBand, SalinityClass};
use crate::words::Words;
use chart::svg::{Drawing, Esc, N, Path};

/// What a mark shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MarkKind {
    /// A salinity.
    Salinity(SalinityClass),
    /// A water level against its alarm levels.
    Level(AlarmLevel),
    /// A place without a reading.
    Plain,
}

/// One place on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where it stands.
    pub position: Position,
    /// What it shows.
    pub kind: MarkKind,
    /// Its name.
    pub name: String,
    /// Its value as written, with its unit; empty without one.
    pub value: String,
    /// The page behind it.
    pub href: String,
    /// Whether it is the page's own subject.
    pub is_subject: bool,
}

/// A map of marks.
#[derive(Debug, Clone)]
pub struct DeltaMap {
    /// A name that is unique on the page.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What it shows, in one sentence.
    pub alt: String,
    /// The marks.
    pub marks: Vec<Mark>,
}

/// The sketch as `web/scripts/coast.mjs` writes it.
#[derive(Debug, Deserialize)]
struct Sketch {
    west: f64,
    south: f64,
    step: f64,
    land: BTreeMap<String, Vec<Vec<f64>>>,
}

static SKETCH: LazyLock<Sketch> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../assets/coast.json")).expect("the sketch is part of the source")
});

/// The frame of the drawing, in degrees and units.
const WEST: f64 = 103.75;
const NORTH: f64 = 11.2;
const EAST: f64 = 107.0;
const SOUTH: f64 = 8.4;
const WIDTH: f64 = 480.0;
/// Units per degree of longitude; a degree of latitude is longer by 1/cos 10°.
const PER_LON: f64 = WIDTH / (EAST - WEST);
const PER_LAT: f64 = PER_LON / 0.985;
const HEIGHT: f64 = (NORTH - SOUTH) * PER_LAT;

fn project(lon: f64, lat: f64) -> (f64, f64) {
    ((lon - WEST) * PER_LON, (NORTH - lat) * PER_LAT)
}

/// The land as path data, the same for every map.
static LAND: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    SKETCH
        .land
        .iter()
        .map(|(country, rings)| {
            let mut path = Path::default();
            for ring in rings {
                for (index, pair) in ring.chunks_exact(2).enumerate() {
                    let lon = SKETCH.west + pair[0] * SKETCH.step;
                    let lat = SKETCH.south + pair[1] * SKETCH.step;
                    // Land beyond the frame is drawn just beyond it.
                    let (x, y) =
                        project(lon.clamp(WEST - 0.05, EAST + 0.05), lat.clamp(SOUTH - 0.05, NORTH + 0.05));
                    if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
                }
                path.close();
            }
            (if country == "VN" { "la" } else { "la nb" }, path.data().to_owned())
        })
        .collect()
});

impl DeltaMap {
    /// The drawing.
    pub fn svg(&self, words: &Words) -> String {
        let id = &self.id;
        let mut drawing = Drawing::default();
        drawing.push(format_args!(
            r#"<svg class="map" viewBox="0 0 {} {}" role="group" aria-labelledby="{id}-t" aria-describedby="{id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc><rect class="sea" width="100%" height="100%"/>"#,
            N(WIDTH), N(HEIGHT), Esc(&self.title), Esc(&self.alt)
        ));
        for (class, data) in LAND.iter() {
            drawing.push(format_args!(r#"<path class="{class}" d="{data}"/>"#));
        }
        for (key, lon, lat) in [("map-east-sea", 106.55, 9.05), ("map-gulf", 104.28, 9.55)] {
            let (x, y) = project(lon, lat);
            drawing.text(x, y, "m wl", &words.t(key));
        }
        let (x, y) = project(104.55, 10.98);
        drawing.text(x, y, "m nl", &words.t("map-cambodia"));
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for mark in self.in_order() {
            let (x, y) = project(mark.position.lon, mark.position.lat);
            if !(0.0..=WIDTH).contains(&x) || !(0.0..=HEIGHT).contains(&y) {
                continue;
            }
            self.mark(&mut drawing, mark, x, y);
            taken.push([x - 7.0, y - 7.0, x + 7.0, y + 7.0]);
        }
        for mark in self.in_order().into_iter().rev() {
            label(&mut drawing, mark, &mut taken);
        }
        self.scale_bar(&mut drawing, words);
        drawing.push(format_args!("</svg>"));
        drawing.finish()
    }

    /// The least important first, so that the most important lies on top.
    fn in_order(&self) -> Vec<&Mark> {
        let mut marks: Vec<&Mark> = self.marks.iter().collect();
        marks.sort_by_key(|mark| {
            let rank = match mark.kind {
                MarkKind::Salinity(class) => class.number(),
                MarkKind::Level(level) => level.number() * 3,
                MarkKind::Plain => 0,
            };
            (mark.is_subject, rank)
        });
        marks
    }

    fn mark(&self, drawing: &mut Drawing, mark: &Mark, x: f64, y: f64) {
        let what =
            if mark.value.is_empty() { mark.name.clone() } else { format!("{}: {}", mark.name, mark.value) };
        drawing.push(format_args!(
            r#"<a href="{}"><title>{}</title><circle class="hit" cx="{}" cy="{}" r="11"/>"#,
            Esc(&mark.href),
            Esc(&what),
            N(x),
            N(y)
        ));
        if mark.is_subject {
            drawing.push(format_args!(r#"<circle class="sub" cx="{}" cy="{}" r="10.5"/>"#, N(x), N(y)));
        }
        drawing.push(format_args!("{}</a>", mark_shape(mark.kind, x, y)));
    }

    fn scale_bar(&self, drawing: &mut Drawing, words: &Words) {
        // A degree of longitude at 10° N is 109.6 km.
        let length = 50.0 / 109.6 * PER_LON;
        let (x, y) = (WIDTH - length - 12.0, HEIGHT - 12.0);
        drawing.push(format_args!(r#"<path class="ax" d="M{} {}v4h{}v-4"/>"#, N(x), N(y - 4.0), N(length)));
        drawing.text(x + length / 2.0, y - 7.0, "m wl", &format!("{} km", words.whole(50)));
    }
}

/// The shape of a mark, alone: for the map and for its legend.
pub fn mark_shape(kind: MarkKind, x: f64, y: f64) -> String {
    let (cx, cy) = (N(x), N(y));
    match kind {
        MarkKind::Salinity(class) => {
            let number = class.number();
            match class.band() {
                SalinityBand::Fresh => format!(r#"<circle class="mk s{number}" cx="{cx}" cy="{cy}" r="5"/>"#),
                SalinityBand::Brackish => format!(
                    r#"<circle class="mk s{number}" cx="{cx}" cy="{cy}" r="5.5"/><circle class="mi" cx="{cx}" cy="{cy}" r="1.8"/>"#
                ),
                SalinityBand::Salt => {
                    format!(r#"<path class="mk s{number}" d="M{cx} {}l7 7-7 7-7-7z"/>"#, N(y - 7.0))
                }
            }
        }
        MarkKind::Level(level) => {
            let number = level.number();
            if level == AlarmLevel::Below {
                return format!(
                    r#"<rect class="mk l{number}" x="{}" y="{}" width="8" height="8"/>"#,
                    N(x - 4.0),
                    N(y - 4.0)
                );
            }
            format!(
                r#"<path class="mk l{number}" d="M{cx} {}l9 15h-18z"/><text class="m mn n{number}" x="{cx}" y="{}">{}</text>"#,
                N(y - 9.0),
                N(y + 4.0),
                level.numeral()
            )
        }
        MarkKind::Plain => format!(r#"<circle class="mk" cx="{cx}" cy="{cy}" r="3.5"/>"#),
    }
}

/// Writes a mark's name and value where nothing else is, or leaves it to the list.
fn label(drawing: &mut Drawing, mark: &Mark, taken: &mut Vec<[f64; 4]>) {
    let (x, y) = project(mark.position.lon, mark.position.lat);
    if !(0.0..=WIDTH).contains(&x) || !(0.0..=HEIGHT).contains(&y) {
        return;
    }
    let number = mark.value.split(' ').next().unwrap_or("");
    let text = if number.is_empty() { mark.name.clone() } else { format!("{} {number}", mark.name) };
    #[expect(clippy::cast_precision_loss, reason = "a name is short")]
    let width = text.chars().count() as f64 * 6.2;
    let places = [(x + 10.0, y + 4.0, ""), (x - 10.0, y + 4.0, "e"), (x, y - 11.0, "m"), (x, y + 19.0, "m")];
    for (at_x, at_y, anchor) in places {
        let left = match anchor {
            "e" => at_x - width,
            "m" => at_x - width / 2.0,
            _ => at_x,
        };
        let area = [left, at_y - 11.0, left + width, at_y + 3.0];
        let inside = area[0] > 2.0 && area[2] < WIDTH - 2.0 && area[1] > 2.0 && area[3] < HEIGHT - 2.0;
        let free = taken.iter().all(|t| area[2] < t[0] || t[2] < area[0] || area[3] < t[1] || t[3] < area[1]);
        if inside && free {
            taken.push(area);
            drawing.text(at_x, at_y, format!("{anchor} ml").trim(), &text);
            return;
        }
    }
}
