//! The pixels that a query means: at positions, along lines, or on a grid over an area.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use model::Bbox;
use policy::Permit;
use query::At;
use standards::covjson::field::{Document, Field, Regular, Shape};
use wording::told;

use super::params::Wanted;
use super::space::{self, Space};
use super::stations::too_much;
use crate::App;
use crate::collections::raster_parameters;
use crate::http::{Answer, Links, Problem, ProblemKind};
use crate::rasters::window::{self, Window};
use crate::rasters::{self, Raster};

/// Rasters that one query may open.
const MOST_RASTERS: usize = 200;
/// Values of one answer.
const MOST_VALUES: usize = 200_000;
/// Positions along a line.
const MOST_STEPS: usize = 1_000;
/// The longer side of a grid, where nobody says how long.
const SIDE: usize = 256;

pub(super) async fn read(
    app: &App,
    permit: &Permit,
    space: &Space,
    wanted: &Wanted,
    at: At,
    links: &Links,
) -> Answer<Document> {
    let bbox = space.bbox().ok_or_else(|| {
        Problem::parameter(
            "coords",
            told!(
                "serve-what-drawn-no-extent-write-area-whose",
                "what is drawn has no extent: write an area whose ring encloses something"
            ),
        )
    })?;
    let found = rasters::meeting(app, permit, bbox, wanted.time, at).await?;
    if found.len() > MOST_RASTERS {
        return Err(Problem::message(
            ProblemKind::QueryLimit,
            "ogc-too-many-rasters",
            vec![("number", found.len().to_string()), ("limit", MOST_RASTERS.to_string())],
        ));
    }
    let parameters = raster_parameters(app, &found, links).await?;
    if let Some(name) = wanted.parameters.iter().find(|name| !parameters.contains_key(*name)) {
        let known: Vec<&str> = parameters.keys().map(String::as_str).collect();
        let why = told!(
            "serve-not-parameter-here-there",
            "`{name}` is not a parameter here: there are {known}",
            name = name,
            known = known.join(", ")
        );
        return Err(Problem::parameter("parameter-name", why));
    }
    let fields = match space {
        Space::Points(points) => at_points(app, permit, &found, points, wanted, links).await?,
        Space::Along { lines, is_line: true, .. } => along(app, permit, &found, lines, wanted, links).await?,
        _ => on_grid(app, permit, &found, space, bbox, wanted, links).await?,
    };
    let shown = |name: &String| fields.iter().any(|field| field.ranges.contains_key(name));
    let parameters = parameters.into_iter().filter(|(name, _)| shown(name)).collect();
    let system = match space {
        // A grid is one in longitude and latitude, whatever its edges were asked in.
        Space::Points(_) | Space::Along { is_line: true, .. } => wanted.system.uri().to_owned(),
        _ => standards::ogc::CRS84.to_owned(),
    };
    Ok(Document { system, parameters, fields })
}

/// The bands of a raster that are wanted, with their names.
fn bands(raster: &Raster, wanted: &Wanted) -> Vec<(usize, String)> {
    (0..usize::try_from(raster.bands.clamp(0, 64)).unwrap_or(0))
        .map(|band| (band, raster.parameter(band)))
        .filter(|(_, name)| wanted.parameters.is_empty() || wanted.parameters.contains(name))
        .collect()
}

fn uri(permit: &Permit, raster: &Raster, links: &Links) -> String {
    links.path(&format!("/v1/datasets/{}/coverages/{}", permit.dataset(), raster.id))
}

fn value(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// The series of the pixels under each position; rasters without a time stand alone.
async fn at_points(
    app: &App,
    permit: &Permit,
    found: &[Raster],
    points: &[[f64; 2]],
    wanted: &Wanted,
    links: &Links,
) -> Answer<Vec<Field>> {
    if found.len() * points.len() > MOST_VALUES {
        return Err(too_much());
    }
    let mut series: Vec<BTreeMap<String, BTreeMap<DateTime<Utc>, f64>>> = vec![BTreeMap::new(); points.len()];
    let mut fields = Vec::new();
    for raster in found {
        let bands = bands(raster, wanted);
        let numbers: Vec<usize> = bands.iter().map(|(band, _)| *band).collect();
        let values = window::sample(app, permit, raster, points, &numbers).await?;
        for (number, point) in points.iter().enumerate() {
            let here = bands.iter().zip(&values).map(|((_, name), values)| (name.clone(), values[number]));
            match raster.time {
                Some(time) => {
                    for (name, value) in here.filter(|(_, value)| !value.is_nan()) {
                        series[number].entry(name).or_default().insert(time, value);
                    }
                }
                None => fields.push(Field {
                    id: uri(permit, raster, links),
                    shape: Shape::Point(wanted.system.east_north(*point)),
                    times: Vec::new(),
                    ranges: here.map(|(name, of)| (name, vec![value(of)])).collect(),
                }),
            }
        }
    }
    for (point, series) in points.iter().zip(series) {
        for (name, values) in series {
            let [x, y] = wanted.system.east_north(*point);
            fields.push(Field {
                id: links.path(&format!("/ogc/collections/{}/position/{name}/{x},{y}", permit.dataset())),
                shape: Shape::Point([x, y]),
                times: values.keys().copied().collect(),
                ranges: BTreeMap::from([(name, values.into_values().map(Some).collect())]),
            });
        }
    }
    Ok(fields)
}

async fn along(
    app: &App,
    permit: &Permit,
    found: &[Raster],
    lines: &[Vec<[f64; 2]>],
    wanted: &Wanted,
    links: &Links,
) -> Answer<Vec<Field>> {
    let mut fields = Vec::new();
    for raster in found {
        let is_degrees = raster.crs == "EPSG:4326";
        let step = raster.pixel[0].min(raster.pixel[1]) * if is_degrees { 111_195.0 } else { 1.0 };
        let positions = space::along(lines, step, MOST_STEPS);
        let bands = bands(raster, wanted);
        if (fields.len() + 1) * positions.len() * bands.len() > MOST_VALUES {
            return Err(too_much());
        }
        let numbers: Vec<usize> = bands.iter().map(|(band, _)| *band).collect();
        let values = window::sample(app, permit, raster, &positions, &numbers).await?;
        let ranges = bands.into_iter().zip(values);
        fields.push(Field {
            id: uri(permit, raster, links),
            shape: Shape::Points(positions.iter().map(|at| wanted.system.east_north(*at)).collect()),
            times: raster.time.into_iter().collect(),
            ranges: ranges.map(|((_, name), of)| (name, of.into_iter().map(value).collect())).collect(),
        });
    }
    Ok(fields)
}

async fn on_grid(
    app: &App,
    permit: &Permit,
    found: &[Raster],
    space: &Space,
    asked: Bbox,
    wanted: &Wanted,
    links: &Links,
) -> Answer<Vec<Field>> {
    let covered = found
        .iter()
        .map(|raster| raster.bbox)
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let Some([west, south, east, north]) = covered else { return Ok(Vec::new()) };
    // The grid covers what was asked for as far as there are pixels.
    let edges = [asked.west.max(west), asked.south.max(south), asked.east.min(east), asked.north.min(north)];
    if edges[0] >= edges[2] || edges[1] >= edges[3] {
        return Ok(Vec::new());
    }
    let grid = grid(found, edges, wanted.resolution);
    let cells = grid.width * grid.height;
    let mut fields = Vec::new();
    let mut values = 0;
    for raster in found {
        let bands = bands(raster, wanted);
        values += cells * bands.len();
        if values > MOST_VALUES {
            return Err(too_much());
        }
        let numbers: Vec<usize> = bands.iter().map(|(band, _)| *band).collect();
        let read = window::read(app, permit, raster, &grid, &numbers).await?;
        let inside = |cell: usize| {
            let (x, y) = grid.position((cell % grid.width) as f64, (cell / grid.width) as f64);
            matches!(space, Space::Box(_)) || space.holds([x, y])
        };
        let masked = |of: Vec<f64>| {
            of.into_iter().enumerate().map(|(cell, of)| value(of).filter(|_| inside(cell))).collect()
        };
        let (first, last) =
            (grid.position(0.0, 0.0), grid.position(grid.width as f64 - 1.0, grid.height as f64 - 1.0));
        fields.push(Field {
            id: uri(permit, raster, links),
            shape: Shape::Grid {
                x: Regular { start: first.0, stop: last.0, num: grid.width },
                y: Regular { start: first.1, stop: last.1, num: grid.height },
            },
            times: raster.time.into_iter().collect(),
            ranges: bands.into_iter().zip(read).map(|((_, name), of)| (name, masked(of))).collect(),
        });
    }
    Ok(fields)
}

/// A grid in longitude and latitude that is as fine as the finest raster, but has no side longer
/// than [`SIDE`] unless somebody says so.
fn grid(found: &[Raster], edges: [f64; 4], asked: [Option<usize>; 2]) -> Window {
    let [west, south, east, north] = edges;
    let cells = |from: f64, to: f64, axis: usize| {
        let finest = found.iter().map(|raster| {
            let [a, b, c, d] = raster.bbox;
            let (width, pixels) = if axis == 0 { (c - a, raster.width) } else { (d - b, raster.height) };
            width / pixels.max(1) as f64
        });
        (to - from) / finest.fold(f64::MAX, f64::min).max(1e-9)
    };
    let (across, down) = (cells(west, east, 0), cells(south, north, 1));
    let shrink = (SIDE as f64 / across.max(down)).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a side's length")]
    let side = |cells: f64| ((cells * shrink).round() as usize).clamp(1, SIDE);
    Window {
        crs: formats::crs::Crs::wgs84(),
        edges,
        width: asked[0].unwrap_or_else(|| side(across)),
        height: asked[1].unwrap_or_else(|| side(down)),
    }
}
