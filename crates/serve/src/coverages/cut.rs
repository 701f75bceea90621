//! Which pixels are wanted: a window on the raster's own grid, or one with fewer cells.

use formats::coverage::SampleKind;
use formats::crs::Crs;
use model::Bbox;
use wording::told;

use super::params::{Size, Wanted};
use crate::http::{Answer, Problem, ProblemKind};
use crate::rasters::Raster;
use crate::rasters::window::Window;

/// Values of one answer.
const MOST_VALUES: usize = 4_000_000;

/// What is cut out.
pub(super) struct Cut {
    pub(super) window: Window,
    /// The bands, with their names.
    pub(super) bands: Vec<(usize, String)>,
    pub(super) kind: SampleKind,
    pub(super) nodata: Option<f64>,
}

/// The window of the rasters, which share a system; the grid is that of the newest.
pub(super) fn cut(found: &[Raster], wanted: &Wanted) -> Answer<Cut> {
    let newest = found.last().ok_or_else(|| Problem::not_found("coverage"))?;
    let crs = Crs::parse(&newest.crs).map_err(|error| Problem::internal(&error))?;
    let transform = crs.transform().map_err(|error| Problem::internal(&error))?;
    let corner = |raster: &Raster| {
        raster.corner.unwrap_or_else(|| {
            let (x, y) = transform.from_wgs84(raster.bbox[0], raster.bbox[3]);
            [x, y]
        })
    };
    let extent = |raster: &Raster| {
        let [x, y] = corner(raster);
        [x, y - raster.pixel[1] * raster.height as f64, x + raster.pixel[0] * raster.width as f64, y]
    };
    let whole = found
        .iter()
        .map(extent)
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let mut edges = whole.unwrap_or_default();
    let [dx, dy] = newest.pixel;
    let [x0, y0] = corner(newest);
    if let Some(bbox) = wanted.bbox {
        let asked = around(bbox, |lon, lat| transform.from_wgs84(lon, lat));
        // Whole pixels, those that the box touches; a hair's breadth is no touch.
        let hair = 1e-6;
        let snapped = [
            x0 + ((asked[0] - x0) / dx + hair).floor() * dx,
            y0 - ((y0 - asked[1]) / dy - hair).ceil() * dy,
            x0 + ((asked[2] - x0) / dx - hair).ceil() * dx,
            y0 - ((y0 - asked[3]) / dy + hair).floor() * dy,
        ];
        edges = [
            edges[0].max(snapped[0]),
            edges[1].max(snapped[1]),
            edges[2].min(snapped[2]),
            edges[3].min(snapped[3]),
        ];
    }
    if !(edges[0] < edges[2] && edges[1] < edges[3]) {
        return Err(Problem::text(
            ProblemKind::NotFound,
            told!("serve-no-pixel-coverage-lies-there", "no pixel of the coverage lies there"),
        )
        .at("bbox"));
    }
    let (across, down) = ((edges[2] - edges[0]) / dx, (edges[3] - edges[1]) / dy);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above zero; too many are refused"
    )]
    let side = |pixels: f64| (pixels.round() as usize).max(1);
    let (width, height) = match wanted.size {
        Size::Factors([x, y]) => (side(across / x), side(down / y)),
        Size::Given([Some(width), Some(height)]) => (width, height),
        Size::Given([Some(width), None]) => (width, side(down * width as f64 / across)),
        Size::Given([None, Some(height)]) => (side(across * height as f64 / down), height),
        Size::Given([None, None]) => (side(across), side(down)),
    };
    let bands: Vec<(usize, String)> = (0..usize::try_from(newest.bands.clamp(0, 64)).unwrap_or(0))
        .map(|band| (band, newest.parameter(band)))
        .filter(|(_, name)| wanted.properties.is_empty() || wanted.properties.contains(name))
        .collect();
    if let Some(name) = wanted.properties.iter().find(|name| !bands.iter().any(|(_, known)| known == *name)) {
        return Err(Problem::parameter(
            "properties",
            told!("serve-not-property-coverage", "`{name}` is not a property of this coverage", name = name),
        ));
    }
    let values = width.saturating_mul(height).saturating_mul(bands.len().max(1));
    if values > MOST_VALUES {
        let factor = (values as f64 / MOST_VALUES as f64).sqrt().ceil();
        return Err(Problem::message(
            ProblemKind::QueryLimit,
            "ogc-too-many-pixels",
            vec![
                ("number", values.to_string()),
                ("limit", MOST_VALUES.to_string()),
                ("factor", factor.to_string()),
            ],
        ));
    }
    let kind = SampleKind::from_code(&newest.sample).ok_or_else(|| Problem::not_found(&newest.sample))?;
    Ok(Cut { window: Window { crs, edges, width, height }, bands, kind, nodata: newest.nodata })
}

fn around(bbox: Bbox, carry: impl Fn(f64, f64) -> (f64, f64)) -> [f64; 4] {
    let mut edges = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for step in 0..=8 {
        let share = f64::from(step) / 8.0;
        let lon = bbox.west + (bbox.east - bbox.west) * share;
        let lat = bbox.south + (bbox.north - bbox.south) * share;
        for (lon, lat) in [(lon, bbox.south), (lon, bbox.north), (bbox.west, lat), (bbox.east, lat)] {
            // A cylinder on its side knows no place a quarter round the Earth.
            let (x, y) = carry(lon.clamp(60.0, 150.0), lat.clamp(-80.0, 80.0));
            edges = [edges[0].min(x), edges[1].min(y), edges[2].max(x), edges[3].max(y)];
        }
    }
    edges
}
