//! OGC API: Common and Features Part 1 over the same reads as every other protocol; what the folders
//! beside it add to its documents comes through [`crate::OGC`].
//!
//! A dataset of features is a collection with items. The items of a dataset of observations are the
//! places of its series, those of a dataset of rasters are where they lie. `stations` and `places` are collections of
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
pub(crate) const CONFORMANCE: [&str; 8] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
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
}
