//! CKAN's action API, for reading: `/ckan/api/3/action/…` by GET and POST.
//!
//! Packages are datasets, organizations agencies, groups sectors. The DataStore is the engine: the
//! same statements, rights and limits as everywhere. Answers and refusals have CKAN's envelope.

mod actions;
mod datastore;
mod handlers;
mod packages;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::App;

/// Calls are small; a list of filters is the longest of them.
const MOST_BYTES: usize = 256 * 1024;

pub(crate) fn router() -> Router<App> {
    let action = || get(handlers::get).post(handlers::post).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new()
        .route("/ckan/api/3/action/{action}", action())
        .route("/ckan/api/action/{action}", action())
        .route("/ckan/api/3", get(handlers::version))
}
