//! OGC API: Common and Features Part 1 over the same reads as every other protocol; what the folders
//! beside it add to its documents comes through [`crate::OGC`].
//!
//! A dataset of features is a collection with items. The items of a dataset of observations are the
//! places of its series, those of a dataset of rasters are where they lie. `stations` and `places` are collections of
//! the reference data. Every document
//! is a page too ([`crate::http::html`]).

mod api;
mod catalogue;
mod encode;
mod handlers;
mod items;
mod params;
mod paths;
mod read;
mod schemas;
mod write;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::get;

use crate::App;
use crate::http::html;

/// The classes that work here; the tests name them.
pub(crate) const CONFORMANCE: [&str; 42] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/functions",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/html",
];

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ogc", get(handlers::landing))
        .route("/ogc/", get(handlers::landing))
        .route("/ogc/api", get(handlers::api))
        .route("/ogc/conformance", get(handlers::conformance))
        .route("/ogc/collections", get(handlers::collections))
        .route("/ogc/collections/{collection}", get(handlers::collection))
        .route("/ogc/collections/catalogue", get(catalogue::described))
        .route("/ogc/collections/catalogue/queryables", get(catalogue::queryables_of))
        .route("/ogc/collections/catalogue/sortables", get(catalogue::sortables))
        .route("/ogc/collections/catalogue/items", get(catalogue::items))
        .route("/ogc/collections/catalogue/items/{item}", get(catalogue::item))
        .route("/ogc/collections/{collection}/items", get(items::items).post(write::create))
        .route(
            "/ogc/collections/{collection}/items/{item}",
            get(items::item).put(write::replace).patch(write::change).delete(write::remove),
        )
        .route("/ogc/collections/{collection}/queryables", get(schemas::queryables))
        .route("/ogc/collections/{collection}/schema", get(schemas::schema))
        .route("/ogc/functions", get(schemas::functions))
        .layer(DefaultBodyLimit::max(write::MOST_BYTES))
        .layer(from_fn(html::pages))
}
