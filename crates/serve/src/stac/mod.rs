//! STAC API 1.0: collections, items and item search, with filter, sort, fields and query.
//!
//! A dataset that the asker may read is a collection. A raster is an item; every other dataset has
//! one item, which is its newest version with its files. The items of one version are held in
//! memory in their small form, so that a search reads no table twice.

mod api;
mod collections;
mod encode;
mod handlers;
mod read;
mod shelf;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::App;

pub(crate) use shelf::Shelf;

/// The classes that work here; the tests name them.
pub(crate) const CONFORMANCE: [&str; 29] = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#query",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
];

/// A search with a filter and a geometry is no longer than this.
const MOST_BYTES: usize = 256 * 1024;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/stac", get(handlers::landing))
        .route("/stac/", get(handlers::landing))
        .route("/stac/api", get(handlers::api))
        .route("/stac/conformance", get(handlers::conformance))
        .route("/stac/queryables", get(handlers::queryables))
        .route("/stac/collections", get(collections::collections))
        .route("/stac/collections/{collection}", get(handlers::collection))
        .route("/stac/collections/{collection}/queryables", get(handlers::queryables_of))
        .route("/stac/collections/{collection}/items", get(handlers::items))
        .route("/stac/collections/{collection}/items/{item}", get(handlers::item))
        .route(
            "/stac/search",
            get(handlers::search).post(handlers::search_post).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
}
