//! Which ground a map shows, and with how many pixels (20-058 §9, §10): by a box, by axes or by its
//! centre; by numbers of pixels or by a scale.

use model::Bbox;
use wording::told;

use super::handlers::MapParams;
use crate::http::crs::System;
use crate::http::subset::{Range, Subset};
use crate::http::{Answer, Problem};
use crate::rasters::window::Window;

/// Pixels across or down a map.
const MOST_SIDE: usize = 2_048;
/// The longer side, where nobody says how long.
const SIDE: f64 = 1_024.0;
/// Millimetres of a pixel where nobody says how large they are (20-058 §10.3, after OGC 06-042 §7.2.4.6.9).
const MM_PER_PIXEL: f64 = 0.28;
/// Metres of a degree on the equator of WGS 84, by which scales of degrees are reckoned (20-058 §10.2).
const METRES_PER_DEGREE: f64 = 111_319.490_793_273_58;

impl MapParams {
    /// What is cut out by axes, in the system that is named for them.
    pub(super) fn subset(&self) -> Answer<Subset> {
        let system = System::known("subset-crs", self.subset_crs.as_deref())?;
        match self.subset.as_deref() {
            None => Ok(Subset::default()),
            Some(text) if system.is_wgs84() => Subset::read(text),
            Some(text) => Subset::read_in(text, Range::Any),
        }
    }
}

/// The ground and the pixels of a map; `around` is the box around all that can be shown.
pub(super) fn window(asked: &MapParams, around: Option<Bbox>, subset: &Subset) -> Answer<Window> {
    let system = System::known("crs", asked.crs.as_deref())?;
    let (width, height) = (side("width", asked.width)?, side("height", asked.height)?);
    let pixel = pixel(asked, &system)?;
    let given = ground(asked, subset, &system)?;
    let whole = || -> Answer<[f64; 4]> { carried(around.ok_or_else(|| Problem::not_found("map"))?, &system) };
    let center = match &asked.center {
        None => None,
        Some(_) if given.is_some() => {
            return Err(Problem::parameter(
                "center",
                told!("serve-place-given-bbox-subset-too", "the place is given by `bbox` or `subset` too"),
            ));
        }
        Some(text) => Some(center(asked, text, &system)?),
    };
    let edges = match (given, pixel) {
        (Some(_), Some(_)) if width.is_some() || height.is_some() => {
            let why = told!(
                "serve-ground-pixels-say-what-scale-leave-out",
                "the ground and the pixels say what the scale is: leave it out"
            );
            return Err(Problem::parameter("scale-denominator", why));
        }
        (Some(edges), _) => edges,
        // As many pixels as are asked for, of the size that the scale gives them.
        (None, Some(pixel)) if width.is_some() || height.is_some() => {
            let all = whole()?;
            let middle = center.unwrap_or_else(|| middle(all));
            let shape = (all[2] - all[0]) / (all[3] - all[1]);
            let (width, height) = filled(width, height, shape);
            let half = [width as f64 * pixel / 2.0, height as f64 * pixel / 2.0];
            [middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1]]
        }
        // As much ground as there is, around another point.
        (None, _) => {
            let edges = whole()?;
            match center {
                None => edges,
                Some(center) => {
                    let half = [(edges[2] - edges[0]) / 2.0, (edges[3] - edges[1]) / 2.0];
                    [center[0] - half[0], center[1] - half[1], center[0] + half[0], center[1] + half[1]]
                }
            }
        }
    };
    let (across, down) = (edges[2] - edges[0], edges[3] - edges[1]);
    if !(across > 0.0 && down > 0.0 && across.is_finite() && down.is_finite()) {
        return Err(Problem::parameter(
            "bbox",
            told!("serve-box-no-width-no-height", "the box has no width or no height"),
        ));
    }
    let (width, height) = match pixel {
        Some(pixel) if width.is_none() && height.is_none() => {
            (scaled(across / pixel)?, scaled(down / pixel)?)
        }
        _ => filled(width, height, across / down),
    };
    Ok(Window { crs: system.crs().clone(), edges, width, height })
}

/// The edges that a box or axes give, in the map's system.
fn ground(asked: &MapParams, subset: &Subset, system: &System) -> Answer<Option<[f64; 4]>> {
    // 20-058 §9.2: the box is in CRS84 unless it is said otherwise.
    let box_system = System::known("bbox-crs", asked.bbox_crs.as_deref())?;
    let axes_system = System::known("subset-crs", asked.subset_crs.as_deref())?;
    let axes = match axes_system.is_wgs84() {
        true => subset.bbox().map(|bbox| [bbox.west, bbox.south, bbox.east, bbox.north]),
        false => subset.edges()?,
    };
    let (edges, of) = match (asked.bbox.as_deref(), axes) {
        (Some(_), Some(_)) => {
            return Err(Problem::parameter(
                "subset",
                told!("serve-place-given-bbox-too", "the place is given by `bbox` too"),
            ));
        }
        (Some(text), None) => (box_system.edges(text)?, &box_system),
        (None, Some(edges)) => (edges, &axes_system),
        (None, None) => return Ok(None),
    };
    let edges = if of.crs() == system.crs() { edges } else { carried(of.bbox(edges)?, system)? };
    Ok(Some(edges))
}

/// The point in the middle, in the map's system.
fn center(asked: &MapParams, text: &str, system: &System) -> Answer<[f64; 2]> {
    let of = System::known("center-crs", asked.center_crs.as_deref())?;
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    match numbers.as_deref() {
        Some([first, second]) => Ok(system.east_north(of.position("center", [*first, *second])?)),
        _ => Err(Problem::parameter(
            "center",
            told!(
                "serve-write-two-numbers-order-system-axes",
                "write two numbers in the order of the system's axes"
            ),
        )),
    }
}

/// Units of the map's system that a pixel is wide; none where no scale is asked for.
fn pixel(asked: &MapParams, system: &System) -> Answer<Option<f64>> {
    let positive = |name: &str, number: f64| match number > 0.0 && number.is_finite() {
        true => Ok(number),
        false => Err(Problem::parameter(name, told!("serve-write-number-above-0", "write a number above 0"))),
    };
    let millimetres = match asked.mm_per_pixel {
        Some(number) => positive("mm-per-pixel", number)?,
        None => MM_PER_PIXEL,
    };
    let Some(scale) = asked.scale_denominator else { return Ok(None) };
    let metres = positive("scale-denominator", scale)? * millimetres / 1_000.0;
    let unit = if system.crs().is_geographic() { METRES_PER_DEGREE } else { 1.0 };
    Ok(Some(metres / unit))
}

fn side(name: &str, asked: Option<i64>) -> Answer<Option<usize>> {
    let Some(number) = asked else { return Ok(None) };
    let side = usize::try_from(number).ok().filter(|side| (1..=MOST_SIDE).contains(side));
    let why = || {
        Problem::parameter(
            name,
            told!(
                "serve-no-number-pixels-write-1",
                "`{inside}` is no number of pixels: write 1 to {most_side}",
                inside = number,
                most_side = MOST_SIDE
            ),
        )
    };
    side.map(Some).ok_or_else(why)
}

/// The pixels of a side that a scale gives.
fn scaled(pixels: f64) -> Answer<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the most")]
    match pixels.round() {
        pixels if pixels <= MOST_SIDE as f64 => Ok((pixels as usize).max(1)),
        pixels => {
            let why = told!(
                "serve-map-would-have-pixels-on-side-most",
                "the map would have {pixels} pixels on a side, and {most_side} are the most",
                pixels = pixels,
                most_side = MOST_SIDE
            );
            Err(Problem::parameter("scale-denominator", why))
        }
    }
}

/// Both sides, of which some may not be given.
fn filled(width: Option<usize>, height: Option<usize>, shape: f64) -> (usize, usize) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a side's length")]
    let side = |pixels: f64| (pixels.round() as usize).clamp(1, MOST_SIDE);
    match (width, height) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, side(width as f64 / shape)),
        (None, Some(height)) => (side(height as f64 * shape), height),
        (None, None) if shape >= 1.0 => (side(SIDE), side(SIDE / shape)),
        (None, None) => (side(SIDE * shape), side(SIDE)),
    }
}

fn middle(edges: [f64; 4]) -> [f64; 2] {
    [f64::midpoint(edges[0], edges[2]), f64::midpoint(edges[1], edges[3])]
}

/// The edges in a system of a box in longitude and latitude.
fn carried(bbox: Bbox, system: &System) -> Answer<[f64; 4]> {
    let mut around: Option<[f64; 4]> = None;
    for (lon, lat) in [
        (bbox.west, bbox.south),
        (bbox.west, bbox.north),
        (bbox.east, bbox.south),
        (bbox.east, bbox.north),
        (f64::midpoint(bbox.west, bbox.east), bbox.south),
        (f64::midpoint(bbox.west, bbox.east), bbox.north),
    ] {
        let [x, y] = system.east_north([lon, lat]);
        let [a, b, c, d] = around.unwrap_or([x, y, x, y]);
        around = Some([a.min(x), b.min(y), c.max(x), d.max(y)]);
    }
    around.filter(|edges| edges.iter().all(|edge| edge.is_finite())).ok_or_else(|| {
        Problem::parameter(
            "bbox",
            told!("serve-box-nowhere-coordinate-system", "the box is nowhere in the coordinate system"),
        )
    })
}
