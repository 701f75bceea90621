//! Pixels of rasters on a grid that somebody asks for, in any coordinate system that is known.
//!
//! The positions of the grid's cells are carried into the raster's own system at every sixteenth
//! cell (at more of them where cells are large) and drawn straight between; the smaller version of the raster is read that is as fine as
//! the grid, tile by tile, so that memory is that of the answer and of one tile.

use std::sync::Arc;

use formats::coverage::{Cells, Pyramid, Tile};
use formats::crs::{Crs, Transform};
use futures::{StreamExt, TryStreamExt};
use model::{Bbox, OriginalHash};
use policy::Permit;
use wording::told;

use super::Raster;
use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

/// Cells between two positions that are carried over exactly, at most.
const STEP: usize = 16;
/// Degrees between two positions that are carried over exactly, at most.
const STEP_DEGREES: f64 = 0.25;
/// Degrees around a raster in which its system is asked at all: a projection far from where it is
/// meant for puts places where they are not.
const NEAR_DEGREES: f64 = 1.0;
/// Tiles of one raster that one answer may open.
const MOST_TILES: usize = 400;
/// Tiles that are fetched at once.
const AT_ONCE: usize = 4;
/// Bytes of a raster's beginning that are read; those of a raster of a terapixel are fewer.
const MOST_HEADER: u64 = 64 << 20;

/// A grid of cells.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// The system of its edges.
    pub(crate) crs: Crs,
    /// West, south, east, north: eastings and northings, or longitudes and latitudes.
    pub(crate) edges: [f64; 4],
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Window {
    /// The middle of a cell.
    pub(crate) fn position(&self, column: f64, row: f64) -> (f64, f64) {
        let [west, south, east, north] = self.edges;
        let x = west + (east - west) * (column + 0.5) / self.width as f64;
        let y = north - (north - south) * (row + 0.5) / self.height as f64;
        (x, y)
    }

    /// The width and height of a cell.
    pub(crate) fn cell(&self) -> [f64; 2] {
        let [west, south, east, north] = self.edges;
        [(east - west) / self.width as f64, (north - south) / self.height as f64]
    }

    /// The box around it in longitude and latitude.
    pub(crate) fn bbox(&self) -> Answer<Bbox> {
        let transform = transform(&self.crs)?;
        let [west, south, east, north] = self.edges;
        let mut around: Option<[f64; 4]> = None;
        for step in 0..=8 {
            let share = f64::from(step) / 8.0;
            let (x, y) = (west + (east - west) * share, south + (north - south) * share);
            for (x, y) in [(x, south), (x, north), (west, y), (east, y)] {
                let (lon, lat) = transform.to_wgs84(x, y);
                let [a, b, c, d] = around.unwrap_or([lon, lat, lon, lat]);
                around = Some([a.min(lon), b.min(lat), c.max(lon), d.max(lat)]);
            }
        }
        let [west, south, east, north] = around.unwrap_or_default();
        Bbox::new(west.max(-180.0), south.max(-90.0), east.min(180.0), north.min(90.0)).ok_or_else(|| {
            Problem::parameter("bbox", told!("serve-box-nowhere-on-globe", "the box is nowhere on the globe"))
        })
    }
}

fn transform(crs: &Crs) -> Answer<Transform> {
    crs.transform().map_err(|error| Problem::parameter("crs", error))
}

/// The values of some bands of one raster in the cells of a grid, row by row; NaN where there is none.
pub(crate) async fn read(
    app: &App,
    permit: &Permit,
    raster: &Raster,
    window: &Window,
    bands: &[usize],
) -> Answer<Vec<Vec<f64>>> {
    let mut values = vec![vec![f64::NAN; window.width * window.height]; bands.len()];
    paint(app, permit, raster, window, bands, &mut values).await?;
    Ok(values)
}

/// Puts the values of a raster over those that are there.
pub(crate) async fn paint(
    app: &App,
    permit: &Permit,
    raster: &Raster,
    window: &Window,
    bands: &[usize],
    values: &mut Vec<Vec<f64>>,
) -> Answer<()> {
    let own = Crs::parse(&raster.crs).map_err(|error| Problem::internal(&error))?;
    let (from, to) = (transform(&window.crs)?, transform(&own)?);
    let is_same = own == window.crs;
    let [west, south, east, north] = raster.bbox;
    let is_near = |lon: f64, lat: f64| {
        lon > west - NEAR_DEGREES
            && lon < east + NEAR_DEGREES
            && lat > south - NEAR_DEGREES
            && lat < north + NEAR_DEGREES
    };
    let carry = |column: f64, row: f64| {
        let (x, y) = window.position(column, row);
        if is_same {
            return (x, y);
        }
        let (lon, lat) = from.to_wgs84(x, y);
        if is_near(lon, lat) { to.from_wgs84(lon, lat) } else { (f64::NAN, f64::NAN) }
    };
    let around = window.bbox()?;
    let cell = ((around.east - around.west) / window.width as f64)
        .max((around.north - around.south) / window.height as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a few cells")]
    let step = ((STEP_DEGREES / cell.max(f64::MIN_POSITIVE)) as usize).clamp(1, STEP);
    let positions = carried(window, step, carry);
    // How many of the raster's pixels a cell is wide, in its middle.
    let (lon, lat) = (f64::midpoint(west, east), f64::midpoint(south, north));
    let (x, y) = from.from_wgs84(lon, lat);
    let [dx, dy] = window.cell();
    let there = |x: f64, y: f64| {
        let (lon, lat) = from.to_wgs84(x, y);
        if is_same { (x, y) } else { to.from_wgs84(lon, lat) }
    };
    let (a, b) = (there(x, y), there(x + dx, y + dy));
    let pixels = ((b.0 - a.0).abs() / raster.pixel[0]).min((b.1 - a.1).abs() / raster.pixel[1]);
    at(app, permit, raster, positions, pixels.max(1.0), bands, values).await
}

/// The values of some bands of a raster at positions in longitude and latitude.
pub(crate) async fn sample(
    app: &App,
    permit: &Permit,
    raster: &Raster,
    positions: &[[f64; 2]],
    bands: &[usize],
) -> Answer<Vec<Vec<f64>>> {
    let own = Crs::parse(&raster.crs).map_err(|error| Problem::internal(&error))?;
    let to = transform(&own)?;
    let carried = positions.iter().map(|[lon, lat]| to.from_wgs84(*lon, *lat)).collect();
    let mut values = vec![vec![f64::NAN; positions.len()]; bands.len()];
    at(app, permit, raster, carried, 1.0, bands, &mut values).await?;
    Ok(values)
}

async fn at(
    app: &App,
    permit: &Permit,
    raster: &Raster,
    positions: Vec<(f64, f64)>,
    pixels: f64,
    bands: &[usize],
    values: &mut Vec<Vec<f64>>,
) -> Answer<()> {
    let hash = OriginalHash::new(&raster.sha256).map_err(|error| Problem::internal(&error))?;
    let header = app.lake.coverage_part(permit, &hash, 0..raster.header_bytes.min(MOST_HEADER)).await?;
    let found: Answer<(Pyramid, Vec<Tile>)> = work(move || {
        let pyramid = Pyramid::parse(&header)?;
        let tiles = pyramid.tiles(pyramid.level(pixels), &positions);
        Ok((pyramid, tiles))
    })
    .await;
    let (pyramid, tiles) = found?;
    let pyramid = Arc::new(pyramid);
    if tiles.len() > MOST_TILES {
        return Err(Problem::text(
            ProblemKind::QueryLimit,
            told!(
                "serve-answer-needs-pieces-ask-smaller-part",
                "the answer needs {tiles} pieces of `{id}`: ask for a smaller part",
                tiles = tiles.len(),
                id = raster.id
            ),
        ));
    }
    let bands: Vec<usize> = bands.iter().copied().filter(|band| *band < pyramid.bands()).collect();
    let mut cells = Cells { bands: std::mem::take(values) };
    let packed = futures::stream::iter(tiles).map(|tile| {
        let hash = &hash;
        async move {
            let bytes = app.lake.coverage_part(permit, hash, tile.range.clone()).await?;
            Ok::<_, Problem>((tile, bytes))
        }
    });
    let mut packed = std::pin::pin!(packed.buffered(AT_ONCE));
    while let Some((tile, bytes)) = packed.try_next().await? {
        let (one, of, mut into) = (Arc::clone(&pyramid), bands.clone(), cells);
        cells = work(move || {
            one.fill(&tile, &bytes, &of, &mut into)?;
            Ok(into)
        })
        .await?;
    }
    *values = cells.bands;
    Ok(())
}

/// Unpacks and computes off the threads that hold the connections.
async fn work<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, formats::Error> + Send + 'static,
) -> Answer<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))?;
    done.map_err(|error| Problem::internal(&error))
}

/// The cells' positions, row by row, exact at every `step`.
fn carried(window: &Window, step: usize, carry: impl Fn(f64, f64) -> (f64, f64)) -> Vec<(f64, f64)> {
    let (width, height) = (window.width, window.height);
    let (across, down) = (width.div_ceil(step), height.div_ceil(step));
    let knots: Vec<(f64, f64)> = (0..=down)
        .flat_map(|row| (0..=across).map(move |column| (column, row)))
        .map(|(column, row)| carry((column * step) as f64, (row * step) as f64))
        .collect();
    let knot = |column: usize, row: usize| knots[row * (across + 1) + column];
    let mut positions = Vec::with_capacity(width * height);
    for row in 0..height {
        let (above, v) = (row / step, (row % step) as f64 / step as f64);
        for column in 0..width {
            let (left, u) = (column / step, (column % step) as f64 / step as f64);
            let (a, b) = (knot(left, above), knot(left + 1, above));
            let (c, d) = (knot(left, above + 1), knot(left + 1, above + 1));
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v
            };
            positions.push((mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1)));
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use formats::crs::Crs;

    use super::{Window, carried};

    #[test]
    fn positions_between_the_exact_ones_are_right_to_a_part_of_a_metre() {
        let window = Window {
            crs: Crs::parse("EPSG:3857").unwrap(),
            edges: [11_770_000.0, 1_120_000.0, 11_809_000.0, 1_159_000.0],
            width: 256,
            height: 256,
        };
        let from = window.crs.transform().unwrap();
        let to = Crs::parse("EPSG:32648").unwrap().transform().unwrap();
        let carry = |column: f64, row: f64| {
            let (x, y) = window.position(column, row);
            let (lon, lat) = from.to_wgs84(x, y);
            to.from_wgs84(lon, lat)
        };
        let positions = carried(&window, 16, carry);
        for (column, row) in [(0_usize, 0_usize), (7, 9), (100, 200), (255, 255), (8, 248)] {
            let (x, y) = positions[row * 256 + column];
            let exact = carry(column as f64, row as f64);
            assert!((x - exact.0).hypot(y - exact.1) < 0.5, "{column} {row}");
        }
    }
}
