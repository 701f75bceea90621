//! Tiles (OGC 20-057, tile matrix sets after OGC 17-083r4): the grids, the documents that tell of
//! them, and vector tiles ([`mvt`], from geometry in the units of a tile by [`shape`]).

mod document;
pub mod mvt;
pub mod shape;

pub use document::{
    BoundingBox, MatrixLimits, TileJson, TileMatrixSets, TileSet, TileSetItem, TileSets, VectorLayer,
    matrix_set, matrix_sets,
};

/// The deepest level of a grid.
pub const MOST_LEVELS: u8 = 22;

/// A grid of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grid {
    /// The square map of web pages, EPSG:3857.
    WebMercatorQuad,
    /// Longitude and latitude, two tiles wide.
    WorldCrs84Quad,
}

/// A tile of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// The grid.
    pub grid: Grid,
    /// The level.
    pub level: u8,
    /// The row, from the north.
    pub row: u32,
    /// The column, from the west.
    pub column: u32,
}

/// Half the length of the equator in EPSG:3857.
pub const MERCATOR_EDGE: f64 = 20_037_508.342_789_244;

impl Grid {
    /// Every grid.
    pub const ALL: [Grid; 2] = [Grid::WebMercatorQuad, Grid::WorldCrs84Quad];

    /// Its id.
    pub fn id(self) -> &'static str {
        match self {
            Grid::WebMercatorQuad => "WebMercatorQuad",
            Grid::WorldCrs84Quad => "WorldCRS84Quad",
        }
    }

    /// The grid of an id.
    pub fn from_id(id: &str) -> Option<Grid> {
        Grid::ALL.into_iter().find(|grid| grid.id() == id)
    }

    /// The URI of its coordinate system.
    pub fn crs(self) -> &'static str {
        match self {
            Grid::WebMercatorQuad => "http://www.opengis.net/def/crs/EPSG/0/3857",
            Grid::WorldCrs84Quad => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }
    }

    /// Columns and rows of a level.
    pub fn size(self, level: u8) -> [u32; 2] {
        let side = 1_u32 << level.min(MOST_LEVELS);
        match self {
            Grid::WebMercatorQuad => [side, side],
            Grid::WorldCrs84Quad => [side * 2, side],
        }
    }

    /// The tile, if the grid has it.
    pub fn tile(self, level: &str, row: &str, column: &str) -> Option<Tile> {
        // Only digits: `parse` would also take a sign.
        let number = |text: &str| {
            let is_number =
                !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let level = u8::try_from(number(level)?).ok().filter(|level| *level <= MOST_LEVELS)?;
        let [columns, rows] = self.size(level);
        let (row, column) = (number(row)?, number(column)?);
        (row < rows && column < columns).then_some(Tile { grid: self, level, row, column })
    }

    /// A position in tiles of a level: columns from the west, rows from the north.
    pub fn place(self, level: u8, lon: f64, lat: f64) -> [f64; 2] {
        let side = f64::from(1_u32 << level.min(MOST_LEVELS));
        match self {
            Grid::WebMercatorQuad => {
                let lat = lat.clamp(-MERCATOR_LATITUDE, MERCATOR_LATITUDE).to_radians();
                let y = 0.5 - lat.tan().asinh() / std::f64::consts::TAU;
                [(lon + 180.0) / 360.0 * side, y * side]
            }
            Grid::WorldCrs84Quad => [(lon + 180.0) / 180.0 * side, (90.0 - lat) / 180.0 * side],
        }
    }

    /// Longitude and latitude of a position in tiles.
    pub fn position(self, level: u8, [x, y]: [f64; 2]) -> [f64; 2] {
        let side = f64::from(1_u32 << level.min(MOST_LEVELS));
        match self {
            Grid::WebMercatorQuad => {
                let lat = ((0.5 - y / side) * std::f64::consts::TAU).sinh().atan().to_degrees();
                [x / side * 360.0 - 180.0, lat]
            }
            Grid::WorldCrs84Quad => [x / side * 180.0 - 180.0, 90.0 - y / side * 180.0],
        }
    }
}

/// Where the square map ends.
const MERCATOR_LATITUDE: f64 = 85.051_128_779_806_59;

impl Tile {
    /// West, south, east, north in degrees, with so much of its side around it.
    pub fn bounds(&self, margin: f64) -> [f64; 4] {
        let (x, y) = (f64::from(self.column), f64::from(self.row));
        let [west, north] = self.grid.position(self.level, [x - margin, y - margin]);
        let [east, south] = self.grid.position(self.level, [x + 1.0 + margin, y + 1.0 + margin]);
        [west.max(-180.0), south.max(-90.0), east.min(180.0), north.min(90.0)]
    }

    /// West, south, east, north in the units of the grid's system.
    pub fn edges(&self) -> [f64; 4] {
        let side = f64::from(1_u32 << self.level);
        let (x, y) = (f64::from(self.column), f64::from(self.row));
        match self.grid {
            Grid::WebMercatorQuad => {
                let step = 2.0 * MERCATOR_EDGE / side;
                let (west, north) = (x * step - MERCATOR_EDGE, MERCATOR_EDGE - y * step);
                [west, north - step, west + step, north]
            }
            Grid::WorldCrs84Quad => {
                let step = 180.0 / side;
                let (west, north) = (x * step - 180.0, 90.0 - y * step);
                [west, north - step, west + step, north]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Grid, Tile};

    #[test]
    fn only_tiles_that_a_grid_has_are_tiles() {
        let grid = Grid::WebMercatorQuad;
        assert_eq!(grid.tile("10", "485", "812"), Some(Tile { grid, level: 10, row: 485, column: 812 }));
        for (level, row, column) in [
            ("23", "0", "0"),
            ("1", "2", "0"),
            ("1", "0", "2"),
            ("-1", "0", "0"),
            ("+1", "0", "0"),
            ("0", "", "0"),
            ("99999999999999999999", "0", "0"),
            ("1", "18446744073709551616", "0"),
            ("a", "0", "0"),
        ] {
            assert_eq!(grid.tile(level, row, column), None, "{level}/{row}/{column}");
        }
        assert!(Grid::WorldCrs84Quad.tile("0", "0", "1").is_some());
        assert!(Grid::WorldCrs84Quad.tile("0", "1", "0").is_none());
    }

    proptest! {
        #[test]
        fn a_position_lies_in_the_tile_that_its_place_names(lon in -179.9..179.9_f64, lat in -85.0..85.0_f64, level in 0_u8..20) {
            for grid in Grid::ALL {
                let [x, y] = grid.place(level, lon, lat);
                let tile = Tile { grid, level, row: y.floor() as u32, column: x.floor() as u32 };
                let [west, south, east, north] = tile.bounds(0.0);
                prop_assert!(west <= lon + 1e-9 && lon <= east + 1e-9 && south <= lat + 1e-9 && lat <= north + 1e-9);
                let [back_lon, back_lat] = grid.position(level, [x, y]);
                prop_assert!((back_lon - lon).abs() < 1e-9 && (back_lat - lat).abs() < 1e-9);
            }
        }
    }
}
