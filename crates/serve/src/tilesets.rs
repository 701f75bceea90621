//! What vector tiles and tiles of maps share: which tile is meant, the documents of their sets, and
//! finished tiles that are kept for as long as their version is asked for.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::{DatasetId, Version};
use parking_lot::Mutex;
use serde::Deserialize;
use standards::ogc::Link;
use standards::tiles::{
    BoundingBox, Grid, MOST_LEVELS, MatrixLimits, Tile, TileJson, TileSet, TileSetItem, TileSets,
};

use crate::http::{Answer, Links, Problem, ProblemKind};

/// Bytes of finished tiles that are kept.
const MOST_BYTES: usize = 64 << 20;

/// A tile in a path.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TilePath {
    pub(crate) collection: String,
    grid: String,
    level: String,
    row: String,
    column: String,
}

impl TilePath {
    /// The tile, if there is one.
    pub(crate) fn tile(&self) -> Answer<Tile> {
        let grid = grid(&self.grid)?;
        grid.tile(&self.level, &self.row, &self.column).ok_or_else(|| {
            let short = |text: &str| text.chars().take(20).collect::<String>();
            let what =
                format!("{}/{}/{}/{}", grid.id(), short(&self.level), short(&self.row), short(&self.column));
            Problem::message(
                ProblemKind::NotFound,
                "ogc-no-tile",
                vec![("tile", what), ("levels", MOST_LEVELS.to_string())],
            )
        })
    }
}

/// The grid of an id.
pub(crate) fn grid(id: &str) -> Answer<Grid> {
    Grid::from_id(id).ok_or_else(|| Problem::not_found(id))
}

/// What is told of a set of tiles.
pub(crate) struct Described {
    /// The path that its grids are below.
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) attribution: String,
    pub(crate) bbox: Option<[f64; 4]>,
    /// `vector` or `map`.
    pub(crate) data_type: &'static str,
    /// The media type of a tile.
    pub(crate) media_type: &'static str,
}

impl Described {
    fn template(&self, grid: Grid, links: &Links, names: &str) -> String {
        format!("{}/{names}", links.path(&format!("{}/{}", self.path, grid.id())))
    }

    fn item(&self, grid: Grid, links: &Links) -> TileSetItem {
        let own = links.path(&format!("{}/{}", self.path, grid.id()));
        let scheme = links.path(&format!("/ogc/tileMatrixSets/{}", grid.id()));
        let template = self.template(grid, links, "{tileMatrix}/{tileRow}/{tileCol}");
        let json = "application/json";
        let ways = vec![
            Link::new("self", own.clone(), json),
            Link::new("http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", scheme, json),
            Link::new("describedby", format!("{own}?f=tilejson"), json).titled("TileJSON"),
            Link { templated: Some(true), ..Link::new("item", template, self.media_type) },
        ];
        TileSetItem::new(&self.title, self.data_type, grid, ways)
    }

    /// The list of its grids.
    pub(crate) fn list(&self, links: &Links) -> TileSets {
        let json = "application/json";
        TileSets {
            links: vec![Link::new("self", links.path(&self.path), json)],
            tilesets: Grid::ALL.into_iter().map(|grid| self.item(grid, links)).collect(),
        }
    }

    /// One of them.
    pub(crate) fn set(&self, grid: Grid, links: &Links) -> TileSet {
        TileSet {
            item: self.item(grid, links),
            description: self.description.clone(),
            attribution: self.attribution.clone(),
            limits: self.bbox.map(|bbox| MatrixLimits::of(grid, bbox)).unwrap_or_default(),
            bbox: self.bbox.map(BoundingBox::new),
            layers: Vec::new(),
        }
    }

    /// One of them as TileJSON.
    pub(crate) fn tilejson(&self, grid: Grid, links: &Links) -> TileJson {
        TileJson {
            tilejson: "3.0.0",
            name: self.title.clone(),
            description: self.description.clone(),
            attribution: self.attribution.clone(),
            tiles: [self.template(grid, links, "{z}/{y}/{x}")],
            minzoom: 0,
            maxzoom: MOST_LEVELS,
            bounds: self.bbox,
            vector_layers: Vec::new(),
        }
    }
}

/// What a finished tile is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) dataset: DatasetId,
    pub(crate) version: Version,
    pub(crate) tile: Tile,
    /// What else it depends on.
    pub(crate) form: String,
}

impl Key {
    /// The tag of the tile: it never changes for a version.
    pub(crate) fn tag(&self) -> String {
        let Tile { grid, level, row, column } = self.tile;
        format!("\"{}-{}-{}-{level}-{row}-{column}-{}\"", self.dataset, self.version, grid.id(), self.form)
    }
}

/// A finished tile.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) bytes: Bytes,
    /// The same, packed; empty where that would not help.
    packed: Bytes,
    /// How many features met it, and how many are in it.
    pub(crate) features: Option<[u64; 2]>,
}

impl Finished {
    /// A tile; `is_packable` when packing makes it smaller.
    pub(crate) fn new(bytes: Vec<u8>, is_packable: bool, features: Option<[u64; 2]>) -> Finished {
        let mut packed = Vec::new();
        if is_packable && bytes.len() > 512 {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            if encoder.write_all(&bytes).is_ok() {
                packed = encoder.finish().unwrap_or_default();
            }
        }
        Finished { bytes: bytes.into(), packed: packed.into(), features }
    }
}

/// Finished tiles, by what they are of; the oldest go first.
#[derive(Default)]
pub(crate) struct Tiles {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    tiles: HashMap<Key, Arc<Finished>>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Tiles {
    /// The tile, if it is kept.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Finished>> {
        self.held.lock().tiles.get(key).cloned()
    }

    /// Keeps a tile.
    pub(crate) fn put(&self, key: Key, tile: &Arc<Finished>) {
        let size = |tile: &Finished| tile.bytes.len() + tile.packed.len() + 256;
        let mut held = self.held.lock();
        if size(tile) > MOST_BYTES / 16 || held.tiles.contains_key(&key) {
            return;
        }
        held.bytes += size(tile);
        held.order.push_back(key.clone());
        held.tiles.insert(key, Arc::clone(tile));
        while held.bytes > MOST_BYTES {
            let Some(oldest) = held.order.pop_front() else { break };
            if let Some(gone) = held.tiles.remove(&oldest) {
                held.bytes -= size(&gone);
            }
        }
    }
}

/// Whether the client has what a tag names.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    known.flat_map(|line| line.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// The answer for whoever has the tile.
pub(crate) fn unchanged(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    manners(&mut response, tag);
    response
}

fn manners(response: &mut Response, tag: &str) {
    let head = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        head.insert(header::ETAG, tag);
    }
    // What one may see another may not: a shared cache asks again.
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    head.insert(header::VARY, HeaderValue::from_static("authorization, cookie, accept-encoding"));
}

/// The answer with a tile.
pub(crate) fn answer(headers: &HeaderMap, tag: &str, media_type: &'static str, tile: &Finished) -> Response {
    if tile.bytes.is_empty() {
        let mut response = StatusCode::NO_CONTENT.into_response();
        manners(&mut response, tag);
        return response;
    }
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let is_packed = !tile.packed.is_empty()
        && accepts.is_some_and(|value| value.split(',').any(|way| way.trim().starts_with("gzip")));
    let body = if is_packed { tile.packed.clone() } else { tile.bytes.clone() };
    let mut response = ([(header::CONTENT_TYPE, media_type)], body).into_response();
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some([matched, shown]) = tile.features {
        response.headers_mut().insert("cuulong-matched", HeaderValue::from(matched));
        response.headers_mut().insert("cuulong-shown", HeaderValue::from(shown));
    }
    manners(&mut response, tag);
    response
}
