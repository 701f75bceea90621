//! OGC API – Tiles (OGC 20-057): vector tiles of features, and of places with their last values.
//!
//! A tile is read by its box through the direct path, drawn off the threads that hold connections,
//! bounded in bytes, and kept by version.

mod draw;
mod handlers;
mod source;

use axum::Router;
use axum::routing::get;
use model::Lang;
use serde_json::{Value, json};
use standards::ogc::Link;

use crate::App;
use crate::http::Links;
use crate::http::language::message;
use crate::outlet::{Content, Outlet, operation, pins, text};

pub(crate) const OUTLET: Outlet = Outlet { conformance: &CONFORMANCE, landing, collection, paths };

/// The media type of vector tiles.
const MVT: &str = "application/vnd.mapbox-vector-tile";

/// The classes that work here; the tests name them.
const CONFORMANCE: [&str; 7] = [
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
];

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ogc/tileMatrixSets", get(handlers::grids))
        .route("/ogc/tileMatrixSets/{grid}", get(handlers::grid))
        .route("/ogc/collections/{collection}/tiles", get(handlers::sets))
        .route("/ogc/collections/{collection}/tiles/{grid}", get(handlers::set))
        .route("/ogc/collections/{collection}/tiles/{grid}/{level}/{row}/{column}", get(handlers::tile))
}

fn landing(links: &Links, lang: Lang) -> Vec<Link> {
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
    let link = Link::new(rel, links.path("/ogc/tileMatrixSets"), "application/json");
    vec![link.titled(&message(lang, "ogc-grids-title"))]
}

fn collection(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
    if content == Content::Coverage {
        return Vec::new();
    }
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
    let link = Link::new(rel, links.path(&format!("/ogc/collections/{id}/tiles")), "application/json");
    vec![link.titled(&message(lang, "ogc-tiles-title"))]
}

fn paths() -> Vec<(String, Value)> {
    let path = |name| text(name, "path");
    let set = [path("collection"), path("grid")];
    let tile = [&set[..], &[path("level"), path("row"), path("column")], &pins()[..]].concat();
    let json = "application/json";
    [
        ("/tileMatrixSets", "grids", json, vec![]),
        ("/tileMatrixSets/{grid}", "grid", json, vec![path("grid")]),
        ("/collections/{collection}/tiles", "tileSets", json, vec![path("collection")]),
        ("/collections/{collection}/tiles/{grid}", "tileSet", json, set.to_vec()),
        ("/collections/{collection}/tiles/{grid}/{level}/{row}/{column}", "tile", MVT, tile),
    ]
    .into_iter()
    .map(|(path, id, media, parameters)| (path.to_owned(), json!({"get": operation(id, media, &parameters)})))
    .collect()
}
