//! OGC API: Common, Features Part 1 and EDR 1.1 over the same reads as every other protocol.
//!
//! A dataset of features is a collection with items. A dataset of observations is an EDR
//! collection; its items are the places of its series. `stations` and `places` are collections of
//! the reference data. Not offered, and not advertised: HTML, other coordinate systems, queryables.

mod api;
mod encode;
mod handlers;
mod params;
mod read;

use axum::Router;
use axum::routing::get;

use crate::App;

/// The classes that work here; the tests name them.
pub(crate) const CONFORMANCE: [&str; 15] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/core",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/collections",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/json",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/covjson",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/queries",
];

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ogc", get(handlers::landing))
        .route("/ogc/", get(handlers::landing))
        .route("/ogc/api", get(handlers::api))
        .route("/ogc/conformance", get(handlers::conformance))
        .route("/ogc/collections", get(handlers::collections))
        .route("/ogc/collections/{collection}", get(handlers::collection))
        .route("/ogc/collections/{collection}/items", get(handlers::items))
        .route("/ogc/collections/{collection}/items/{item}", get(handlers::item))
        .route("/ogc/collections/{collection}/position", get(handlers::position))
        .route("/ogc/collections/{collection}/locations", get(handlers::locations))
        .route("/ogc/collections/{collection}/locations/{location}", get(handlers::location))
}
