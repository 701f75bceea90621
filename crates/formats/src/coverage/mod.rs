//! Rasters: read from GeoTIFF, written as Cloud-Optimised GeoTIFF, sampled from that by ranges.
//!
//! A raster is read and written in bands of rows, so memory grows with its width and not with its
//! height. Its pixels are kept as they are, in the coordinate system they came in; only smaller
//! versions for looking at are computed.

mod adjusted;
mod besides;
mod coded;
mod cog;
mod fills;
mod geokeys;
mod geotiff;
mod gridded;
mod index;
mod photometric;
mod picture;
mod pyramid;
mod sample;
mod scales;

use model::Bbox;

use crate::Error;
use crate::crs::Crs;
use crate::feature::Declared;

pub use adjusted::Adjusted;
pub use besides::{Besides, LeftOut};
pub use cog::{BandSummary, CogSummary, TILE, write_cog};
pub use fills::{Fill, Fills};
pub use geotiff::GeoTiff;
pub use gridded::GridRaster;
pub use index::{CogIndex, TileAt};
pub use picture::{Picture, Samples, Scale, png};
pub use pyramid::{Cells, Pyramid, Tile};
pub use sample::SampleKind;
pub use scales::scale_of;
use wording::told;

/// What is known of a raster before its pixels are read.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterInfo {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Values of each pixel.
    pub bands: u16,
    /// What a value is.
    pub kind: SampleKind,
    /// Where the pixels lie.
    pub grid: PixelGrid,
    /// The value that stands for none.
    pub nodata: Option<f64>,
    /// What the file says of its coordinates.
    pub declared: Option<Declared>,
    /// The scale and the offset of each band that were applied to the numbers of the file; empty where it
    /// has none.
    pub applied: Vec<(f64, f64)>,
}

/// Where pixels lie: the outer corner of the first one, and their size. Rows go down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelGrid {
    /// Easting or longitude of the western edge.
    pub x0: f64,
    /// Northing or latitude of the northern edge.
    pub y0: f64,
    /// Width of a pixel.
    pub dx: f64,
    /// Height of a pixel.
    pub dy: f64,
}

impl PixelGrid {
    /// The pixel at a position: column and row, which may lie outside the raster.
    pub fn pixel(&self, x: f64, y: f64) -> (f64, f64) {
        (((x - self.x0) / self.dx).floor(), ((self.y0 - y) / self.dy).floor())
    }
}

impl RasterInfo {
    /// Refuses degrees that are none: metres, or a latitude in the place of a longitude.
    fn check_degrees(&self, crs: &Crs) -> Result<(), Error> {
        let PixelGrid { x0, y0, dx, dy } = self.grid;
        let (east, south) = (x0 + dx * f64::from(self.width), y0 - dy * f64::from(self.height));
        // Pixels of a raster of the whole globe may lie around its edges by their half.
        let is_on_globe = y0 <= 90.0 + dy && south >= -90.0 - dy && x0 >= -180.0 - dx && east <= 360.0 + dx;
        if !crs.is_geographic() {
            // Nothing that is surveyed lies within some hundred metres of where a projection begins.
            return if is_on_globe && dx < 10.0 && dy < 10.0 { Err(self.in_degrees(crs)) } else { Ok(()) };
        }
        if is_on_globe {
            return Ok(());
        }
        Err(Error::invalid(
            "outside_world",
            told!(
                "formats-raster-edges-no-degrees",
                "the raster says that it is in degrees ({crs}), but it reaches from {x} to {east} eastwards and from {south} to {y} northwards, which are none",
                x = x0,
                east = east,
                south = south,
                y = y0,
                crs = crs
            ),
            told!(
                "formats-exchange-axes-or-write-right-system",
                "where latitude and longitude are exchanged, have the raster made again with longitude eastwards; where these are metres, write the right system as `crs` under `[source]` in the mapping"
            ),
        ))
    }

    fn in_degrees(&self, crs: &Crs) -> Error {
        Error::invalid(
            "outside_world",
            told!(
                "formats-raster-edges-look-like-degrees",
                "the raster says that it is in metres ({crs}), but its corner is {x} {y} and its pixels are {dx} wide, which are degrees",
                x = self.grid.x0,
                y = self.grid.y0,
                dx = self.grid.dx,
                crs = crs
            ),
            told!(
                "formats-write-degrees-as-crs",
                "where these are degrees, write `crs = \"EPSG:4326\"` under `[source]` in the mapping"
            ),
        )
    }

    /// The box around it in longitude and latitude, WGS 84.
    pub fn bbox(&self, crs: &Crs) -> Result<Bbox, Error> {
        let transform = crs.transform()?;
        self.check_degrees(crs)?;
        let mut edges: Option<Bbox> = None;
        let steps = 20;
        // Edges bend under a projection: so they are walked along.
        for step in 0..=steps {
            let (i, j) = (
                f64::from(self.width) * f64::from(step) / f64::from(steps),
                f64::from(self.height) * f64::from(step) / f64::from(steps),
            );
            for (column, row) in [(i, 0.0), (i, f64::from(self.height)), (0.0, j), (f64::from(self.width), j)]
            {
                let (x, y) = (self.grid.x0 + column * self.grid.dx, self.grid.y0 - row * self.grid.dy);
                let (lon, lat) = transform.to_wgs84(x, y);
                let (lon, lat) = if crs.is_geographic() {
                    (lon.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0))
                } else {
                    (lon, lat)
                };
                let point = Bbox::new(lon, lat, lon, lat).ok_or_else(|| {
                    Error::invalid(
                        "outside_world",
                        told!(
                            "formats-raster-corner-nowhere-on-globe-under",
                            "the raster's corner {x} {y} is nowhere on the globe under {crs}",
                            x = x,
                            y = y,
                            crs = crs
                        ),
                        told!(
                            "formats-write-right-system-crs-under-source-mapping",
                            "write the right system as `crs` under `[source]` in the mapping"
                        ),
                    )
                })?;
                edges = Some(edges.map_or(point, |edges| edges.union(&point)));
            }
        }
        edges.ok_or_else(|| {
            Error::invalid(
                "empty",
                told!("formats-raster-no-pixels", "the raster has no pixels"),
                told!("formats-export-again", "export it again"),
            )
        })
    }
}

/// A raster that hands out its rows from north to south.
pub trait Raster {
    /// What is known of it.
    fn info(&self) -> &RasterInfo;
    /// The next rows: values of a pixel side by side, lower byte first; `None` behind the last.
    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, Error>;
    /// Goes back to the first row; `false` where that cannot be done.
    fn rewind(&mut self) -> bool {
        false
    }
    /// Whether every number of it is a value, whatever it looks like.
    fn is_all_values(&self) -> bool {
        false
    }
    /// What a value is in the file.
    fn stored(&self) -> SampleKind {
        self.info().kind
    }
    /// What the file says beside the pixels.
    fn besides(&self) -> Besides {
        Besides::default()
    }
}
