//! OGC API – Environmental Data Retrieval 1.1 (OGC 19-086r6): series of stations and pixels of
//! rasters by position, distance, area, box, line, corridor and place, of any version.
//!
//! The versions of a dataset are its instances, and so are the forecasts that it holds, each by the instant
//! that it was made for. Nothing here has heights: `z` is refused.

mod encode;
mod fields;
mod handlers;
mod params;
mod space;
mod stations;

use axum::Router;
use axum::routing::get;
use model::Lang;
use serde_json::{Value, json};
use standards::ogc::Link;

use crate::App;
use crate::http::Links;
use crate::http::language::message;
use crate::outlet::{Content, Outlet, operation, parameter, text};

pub(crate) const OUTLET: Outlet = Outlet { conformance: &CONFORMANCE, landing, collection, paths };

/// The classes that work here; the tests name them.
const CONFORMANCE: [&str; 9] = [
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/core",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/collections",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/json",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/edr-geojson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/covjson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/queries",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/instances",
];

/// The queries by coordinates.
const BY_COORDINATES: [&str; 6] = ["position", "radius", "area", "cube", "trajectory", "corridor"];

pub(crate) fn router() -> Router<App> {
    let mut router = Router::new()
        .route("/ogc/collections/{collection}/instances", get(handlers::instances))
        .route("/ogc/collections/{collection}/instances/{instance}", get(handlers::instance));
    for base in ["/ogc/collections/{collection}", "/ogc/collections/{collection}/instances/{instance}"] {
        router = router
            .route(&format!("{base}/position"), get(handlers::position))
            .route(&format!("{base}/radius"), get(handlers::radius))
            .route(&format!("{base}/area"), get(handlers::area))
            .route(&format!("{base}/cube"), get(handlers::cube))
            .route(&format!("{base}/trajectory"), get(handlers::trajectory))
            .route(&format!("{base}/corridor"), get(handlers::corridor))
            .route(&format!("{base}/locations"), get(handlers::locations))
            .route(&format!("{base}/locations/{{location}}"), get(handlers::location));
    }
    router
}

fn landing(_: &Links, _: Lang) -> Vec<Link> {
    Vec::new()
}

fn collection(content: Content, id: &str, links: &Links, lang: Lang) -> Vec<Link> {
    let at = |rest: &str| links.path(&format!("/ogc/collections/{id}/{rest}"));
    // By a link with `data` OWSLib knows what can be asked here. GDAL's OGCAPI driver takes a document of plain
    // JSON behind one for the list of collections, so it does not lead to the instances.
    let data = match content {
        Content::Observations => Link::new("data", at("locations"), "application/geo+json"),
        Content::Coverage => {
            let way = links.to(&format!("/ogc/collections/{id}/coverage"), &[("f", "covjson")]);
            Link::new("data", way, standards::covjson::MEDIA_TYPE)
        }
        _ => return Vec::new(),
    };
    let instances = Link::new("version-history", at("instances"), "application/json");
    vec![data, instances.titled(&message(lang, "ogc-instances-title"))]
}

fn paths() -> Vec<(String, Value)> {
    let covjson = "application/prs.coverage+json";
    let path = |name| text(name, "path");
    let query = |name| text(name, "query");
    let needed = |name: &str, example: &str| json!({"name": name, "in": "query", "required": true, "schema": {"type": "string"}, "example": example});
    let data = [
        query("datetime"),
        query("parameter-name"),
        parameter("crs", "query", json!({"type": "string"})),
        parameter(
            "f",
            "query",
            json!({"type": "string",
            "enum": ["CoverageJSON", "GeoJSON", "CSV", "NetCDF"]}),
        ),
    ];
    let list = [
        query("bbox"),
        query("datetime"),
        parameter("limit", "query", json!({"type": "integer"})),
        parameter("offset", "query", json!({"type": "integer"})),
    ];
    let of = |name: &str| match name {
        "position" => vec![needed("coords", "POINT(105.78 10.03)")],
        "radius" => vec![
            needed("coords", "POINT(105.78 10.03)"),
            needed("within", "20"),
            needed("within-units", "km"),
        ],
        "area" => vec![needed("coords", "POLYGON((105 9, 107 9, 107 11, 105 9))")],
        "cube" => vec![needed("bbox", "105,9,107,11")],
        "trajectory" => vec![needed("coords", "LINESTRING(105 9, 107 11)")],
        _ => vec![
            needed("coords", "LINESTRING(105 9, 107 11)"),
            needed("corridor-width", "20"),
            needed("width-units", "km"),
            needed("corridor-height", "1"),
            needed("height-units", "m"),
        ],
    };
    let mut all = Vec::new();
    for (base, is_instance) in
        [("/collections/{collection}", false), ("/collections/{collection}/instances/{instance}", true)]
    {
        let mut at = vec![path("collection")];
        at.extend(is_instance.then(|| path("instance")));
        let suffix = if is_instance { "OfInstance" } else { "" };
        let mut add = |rest: &str, id: &str, media: &str, more: &[Value]| {
            let item = json!({"get": operation(&format!("{id}{suffix}"), media, &[&at[..], more].concat())});
            all.push((format!("{base}{rest}"), item));
        };
        for name in BY_COORDINATES {
            add(&format!("/{name}"), name, covjson, &[&of(name)[..], &data].concat());
        }
        add("/locations", "locations", "application/geo+json", &list);
        add("/locations/{location}", "location", covjson, &[&[path("location")][..], &data].concat());
        match is_instance {
            true => add("", "instance", "application/json", &[]),
            false => add("/instances", "instances", "application/json", &[]),
        }
    }
    all
}
