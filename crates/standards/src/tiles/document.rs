//! The documents of tiles: tile matrix sets, tile sets, TileJSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Grid, MERCATOR_EDGE, MOST_LEVELS};
use crate::ogc::Link;

/// The list of grids (20-057 §6.2).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileMatrixSets {
    /// The grids.
    #[serde(rename = "tileMatrixSets")]
    pub sets: Vec<MatrixSetItem>,
}

/// A grid in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatrixSetItem {
    id: &'static str,
    title: &'static str,
    uri: String,
    crs: &'static str,
    links: Vec<Link>,
}

/// A grid (17-083r4 §7).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileMatrixSet {
    id: &'static str,
    title: &'static str,
    uri: String,
    #[serde(rename = "orderedAxes")]
    ordered_axes: [&'static str; 2],
    crs: &'static str,
    #[serde(rename = "wellKnownScaleSet")]
    scale_set: &'static str,
    #[serde(rename = "tileMatrices")]
    matrices: Vec<TileMatrix>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct TileMatrix {
    id: String,
    scale_denominator: f64,
    cell_size: f64,
    corner_of_origin: &'static str,
    point_of_origin: [f64; 2],
    tile_width: u32,
    tile_height: u32,
    matrix_width: u32,
    matrix_height: u32,
}

fn title(grid: Grid) -> &'static str {
    match grid {
        Grid::WebMercatorQuad => "Google Maps Compatible for the World",
        Grid::WorldCrs84Quad => "CRS84 for the World",
    }
}

fn uri(grid: Grid) -> String {
    format!("http://www.opengis.net/def/tilematrixset/OGC/1.0/{}", grid.id())
}

/// The grids, each with the way that `way` names.
pub fn matrix_sets(way: impl Fn(Grid) -> String) -> TileMatrixSets {
    let item = |grid: Grid| MatrixSetItem {
        id: grid.id(),
        title: title(grid),
        uri: uri(grid),
        crs: grid.crs(),
        links: vec![Link::new("self", way(grid), "application/json")],
    };
    TileMatrixSets { sets: Grid::ALL.into_iter().map(item).collect() }
}

/// A grid's document.
pub fn matrix_set(grid: Grid) -> TileMatrixSet {
    // 17-083r4 Annex D: the scale of level 0, the size of its cells, where it begins.
    let (scale, cell, origin, axes, scale_set) = match grid {
        Grid::WebMercatorQuad => (
            559_082_264.028_717_2,
            156_543.033_928_041,
            [-MERCATOR_EDGE, MERCATOR_EDGE],
            ["X", "Y"],
            "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        ),
        Grid::WorldCrs84Quad => (
            279_541_132.014_358_76,
            0.703_125,
            [-180.0, 90.0],
            ["Lon", "Lat"],
            "http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad",
        ),
    };
    let matrix = |level: u8| {
        let share = f64::from(1_u32 << level);
        let [matrix_width, matrix_height] = grid.size(level);
        TileMatrix {
            id: level.to_string(),
            scale_denominator: scale / share,
            cell_size: cell / share,
            corner_of_origin: "topLeft",
            point_of_origin: origin,
            tile_width: 256,
            tile_height: 256,
            matrix_width,
            matrix_height,
        }
    };
    TileMatrixSet {
        id: grid.id(),
        title: title(grid),
        uri: uri(grid),
        ordered_axes: axes,
        crs: grid.crs(),
        scale_set,
        matrices: (0..=MOST_LEVELS).map(matrix).collect(),
    }
}

/// The tile sets of a collection (20-057 §7).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileSets {
    /// The ways on.
    pub links: Vec<Link>,
    /// One for each grid.
    pub tilesets: Vec<TileSetItem>,
}

/// A tile set in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileSetItem {
    /// What it shows.
    pub title: String,
    /// `vector` or `map`.
    #[serde(rename = "dataType")]
    pub data_type: &'static str,
    /// The URI of its coordinate system.
    pub crs: &'static str,
    /// The URI of its grid.
    #[serde(rename = "tileMatrixSetURI")]
    pub grid: String,
    /// The ways on.
    pub links: Vec<Link>,
}

impl TileSetItem {
    /// A tile set of a grid.
    pub fn new(title: &str, data_type: &'static str, grid: Grid, links: Vec<Link>) -> TileSetItem {
        TileSetItem { title: title.to_owned(), data_type, crs: grid.crs(), grid: uri(grid), links }
    }
}

/// Which tiles of a level there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatrixLimits {
    /// The level.
    pub tile_matrix: String,
    /// The first row.
    pub min_tile_row: u32,
    /// The last row.
    pub max_tile_row: u32,
    /// The first column.
    pub min_tile_col: u32,
    /// The last column.
    pub max_tile_col: u32,
}

impl MatrixLimits {
    /// The tiles of every level that meet a box: west, south, east, north.
    pub fn of(grid: Grid, [west, south, east, north]: [f64; 4]) -> Vec<MatrixLimits> {
        let limits = |level: u8| {
            let [columns, rows] = grid.size(level);
            let whole = |number: f64, count: u32| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to the grid"
                )]
                let whole = number.floor().clamp(0.0, f64::from(count - 1)) as u32;
                whole
            };
            let ([left, top], [right, bottom]) =
                (grid.place(level, west, north), grid.place(level, east, south));
            MatrixLimits {
                tile_matrix: level.to_string(),
                min_tile_row: whole(top, rows),
                max_tile_row: whole(bottom, rows),
                min_tile_col: whole(left, columns),
                max_tile_col: whole(right, columns),
            }
        };
        (0..=MOST_LEVELS).map(limits).collect()
    }
}

/// A tile set (17-083r4 §9).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileSet {
    /// What a list says of it.
    #[serde(flatten)]
    pub item: TileSetItem,
    /// What it holds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whom to name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attribution: String,
    /// Which tiles there are.
    #[serde(rename = "tileMatrixSetLimits", skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<MatrixLimits>,
    /// The box around it.
    #[serde(rename = "boundingBox", skip_serializing_if = "Option::is_none")]
    pub bbox: Option<BoundingBox>,
    /// Its layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Layer>,
}

/// A box in longitude and latitude.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundingBox {
    lower_left: [f64; 2],
    upper_right: [f64; 2],
    crs: &'static str,
}

impl BoundingBox {
    /// West, south, east, north.
    pub fn new([west, south, east, north]: [f64; 4]) -> BoundingBox {
        BoundingBox { lower_left: [west, south], upper_right: [east, north], crs: crate::ogc::CRS84 }
    }
}

/// A layer of vector tiles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    id: String,
    #[serde(rename = "dataType")]
    data_type: &'static str,
}

impl TileSet {
    /// The same with a layer.
    #[must_use]
    pub fn with_layer(mut self, id: &str) -> TileSet {
        self.layers.push(Layer { id: id.to_owned(), data_type: "vector" });
        self
    }
}

/// A layer in TileJSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VectorLayer {
    /// Its name in the tiles.
    pub id: String,
    /// Its attributes, with what they are.
    pub fields: BTreeMap<String, String>,
}

/// TileJSON 3.0.0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileJson {
    /// Always `3.0.0`.
    pub tilejson: &'static str,
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Whom to name.
    pub attribution: String,
    /// The template of its tiles.
    pub tiles: [String; 1],
    /// The first level.
    pub minzoom: u8,
    /// The last level.
    pub maxzoom: u8,
    /// West, south, east, north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
    /// The layers of vector tiles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vector_layers: Vec<VectorLayer>,
}
