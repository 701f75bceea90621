//! What crawlers and feed readers look for: `robots.txt`, the sitemap, and Atom feeds of the changes
//! of a dataset and of a place.

mod handlers;
mod read;

use axum::Router;
use axum::routing::get;

use crate::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/robots.txt", get(handlers::robots))
        .route("/sitemap.xml", get(handlers::sitemap))
        .route("/sitemap/{page}", get(handlers::sitemap_page))
        .route("/feeds/datasets/{dataset}", get(handlers::dataset))
        .route("/feeds/places/{place}", get(handlers::place))
}
