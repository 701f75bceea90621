//! DCAT-AP 3 and GeoDCAT-AP: the catalogue and each dataset as linked data, in three writings.
//!
//! `/dcat` answers in what the client accepts, `/dcat.ttl`, `/dcat.jsonld` and `/dcat.rdf` in theirs;
//! whoever reads pages is led to the page. Every IRI that stands in a document leads somewhere here.

mod handlers;
mod params;

use axum::Router;
use axum::routing::get;

use crate::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/dcat", get(handlers::catalogue))
        .route("/dcat/", get(handlers::catalogue))
        .route("/dcat.ttl", get(handlers::catalogue))
        .route("/dcat.jsonld", get(handlers::catalogue))
        .route("/dcat.rdf", get(handlers::catalogue))
        .route("/dcat/datasets/{dataset}", get(handlers::dataset))
        .route("/dcat/datasets/{dataset}/versions/{version}", get(handlers::version))
        .route("/dcat/agencies/{agency}", get(handlers::agency))
        .route("/dcat/themes", get(handlers::themes))
        .route("/dcat/themes/{theme}", get(handlers::themes))
        .route("/dcat/properties/{property}", get(handlers::property))
}
