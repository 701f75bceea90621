//! OGC API – Maps (OGC 20-058) of rasters as PNG or GeoTIFF, and tiles of the same.
//!
//! Salinity and rain have the colours of `reference/colour_scales.csv`; everything else goes from
//! light to dark between the smallest and the largest value of its rasters.

mod area;
mod draw;
mod handlers;

use axum::Router;
use axum::routing::get;
use model::Lang;
use serde_json::{Value, json};
use standards::ogc::Link;

use crate::App;
use crate::http::Links;
use crate::http::language::message;
use crate::outlet::{Content, Outlet, operation, parameter, pins, text};

pub(crate) const OUTLET: Outlet = Outlet { conformance: &CONFORMANCE, landing, collection, paths };

/// The media type of maps.
const PNG: &str = "image/png";
/// The media type of maps that tell where they lie.
const TIFF: &str = "image/tiff; application=geotiff";

/// The classes that work here; the tests name them.
const CONFORMANCE: [&str; 11] = [
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/collection-map",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/scaling",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/display-resolution",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/spatial-subsetting",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/background",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/tiff",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/datetime",
    "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
];

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ogc/collections/{collection}/map", get(handlers::map))
        .route("/ogc/collections/{collection}/map/tiles", get(handlers::sets))
        .route("/ogc/collections/{collection}/map/tiles/{grid}", get(handlers::set))
        .route("/ogc/collections/{collection}/map/tiles/{grid}/{level}/{row}/{column}", get(handlers::tile))
}

fn landing(_: &Links, _: Lang) -> Vec<Link> {
    Vec::new()
}

fn collection(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
    if content != Content::Coverage {
        return Vec::new();
    }
    let at = |rest: &str| links.path(&format!("/ogc/collections/{id}/map{rest}"));
    let rel = |name: &str| format!("http://www.opengis.net/def/rel/ogc/1.0/{name}");
    vec![
        Link::new(&rel("map"), at(""), PNG).titled(&message(lang, "ogc-map-title")),
        Link::new(&rel("tilesets-map"), at("/tiles"), "application/json")
            .titled(&message(lang, "ogc-tiles-title")),
    ]
}

fn paths() -> Vec<(String, Value)> {
    let path = |name| text(name, "path");
    let query = |name| text(name, "query");
    let whole = |name| parameter(name, "query", json!({"type": "integer", "minimum": 1}));
    let above_zero =
        |name| parameter(name, "query", json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}));
    let map = [
        path("collection"),
        query("bbox"),
        query("bbox-crs"),
        query("subset"),
        query("subset-crs"),
        query("center"),
        query("center-crs"),
        query("crs"),
        whole("width"),
        whole("height"),
        above_zero("scale-denominator"),
        above_zero("mm-per-pixel"),
        parameter("transparent", "query", json!({"type": "boolean"})),
        query("bgcolor"),
        query("datetime"),
        query("properties"),
        parameter("f", "query", json!({"type": "string", "enum": ["png", "tiff"]})),
    ];
    let map = [&map[..], &pins()[..]].concat();
    let set = [path("collection"), path("grid")];
    let tile = [
        &set[..],
        &[path("level"), path("row"), path("column"), query("datetime"), query("properties")],
        &pins(),
    ]
    .concat();
    let json = "application/json";
    [
        ("/collections/{collection}/map", "map", PNG, map),
        ("/collections/{collection}/map/tiles", "mapTileSets", json, vec![path("collection")]),
        ("/collections/{collection}/map/tiles/{grid}", "mapTileSet", json, set.to_vec()),
        ("/collections/{collection}/map/tiles/{grid}/{level}/{row}/{column}", "mapTile", PNG, tile),
    ]
    .into_iter()
    .map(|(path, id, media, parameters)| (path.to_owned(), json!({"get": operation(id, media, &parameters)})))
    .collect()
}
