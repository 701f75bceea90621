//! OGC API – Coverages (OGC 19-087, draft): the pixels of rasters, cut, thinned and chosen by band,
//! as GeoTIFF, NetCDF, CoverageJSON or (whole numbers) PNG, in the rasters' own system and on their own grid.

mod cut;
mod handlers;
mod params;
mod written;

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

/// The media type of GeoTIFF.
const GEOTIFF: &str = "image/tiff; application=geotiff; profile=cloud-optimized";

/// The media type of pictures.
const PNG: &str = "image/png";

/// The media type of NetCDF.
const NETCDF: &str = "application/netcdf";

/// The classes that work here (of the draft); the tests name them.
const CONFORMANCE: [&str; 8] = [
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/subsetting-spatial",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/subsetting-temporal",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/scaling-spatial",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/fieldselection",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/geotiff",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/coveragejson",
    "http://www.opengis.net/spec/ogcapi-coverages-1/1.0/conf/png",
];

pub(crate) fn router() -> Router<App> {
    Router::new().route("/ogc/collections/{collection}/coverage", get(handlers::coverage))
}

fn landing(_: &Links, _: Lang) -> Vec<Link> {
    Vec::new()
}

fn collection(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
    if content != Content::Coverage {
        return Vec::new();
    }
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/coverage";
    let path = format!("/ogc/collections/{id}/coverage");
    let title = message(lang, "ogc-coverage-title");
    vec![
        // Without its profile, by which clients do not know it (GDAL's OGCAPI driver).
        Link::new(rel, links.to(&path, &[("f", "geotiff")]), "image/tiff; application=geotiff")
            .titled(&title),
        Link::new(rel, links.to(&path, &[("f", "netcdf")]), NETCDF).titled(&title),
        Link::new(rel, links.to(&path, &[("f", "covjson")]), standards::covjson::MEDIA_TYPE).titled(&title),
    ]
}

fn paths() -> Vec<(String, Value)> {
    let query = |name| text(name, "query");
    let parameters = [
        text("collection", "path"),
        query("bbox"),
        query("bbox-crs"),
        query("subset"),
        query("subset-crs"),
        query("datetime"),
        query("scale-size"),
        query("scale-axes"),
        parameter("scale-factor", "query", json!({"type": "number", "minimum": 1})),
        query("properties"),
        parameter("f", "query", json!({"type": "string", "enum": ["geotiff", "netcdf", "covjson", "png"]})),
    ];
    let parameters = [&parameters[..], &pins()[..]].concat();
    let item = json!({"get": operation("coverage", GEOTIFF, &parameters)});
    vec![("/collections/{collection}/coverage".to_owned(), item)]
}
