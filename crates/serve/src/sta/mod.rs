//! SensorThings 1.1 (OGC 18-088), over the same reads and writes as every other protocol.
//!
//! A place with series is a thing, a location (where its position is known), a historical location
//! (where it is known since when) and a feature of interest; a procedure is a sensor. Observations are
//! read from the lake as they are asked for; everything else is in memory. What clients say of these
//! beyond what the model knows is kept beside it, as descriptions.

mod answer;
mod batch;
mod encode;
mod handlers;
pub mod live;
mod node;
mod observations;
mod order;
mod params;
mod reach;
mod resolve;
mod world;
mod write;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::App;

/// Where the service begins.
pub(crate) const ROOT: &str = "/sta/v1.1";

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route(ROOT, get(handlers::root))
        .route("/sta/v1.1/", get(handlers::root))
        .route(
            "/sta/v1.1/{*path}",
            get(handlers::resource)
                .post(write::create)
                .patch(write::change)
                .put(write::replace)
                .delete(write::remove),
        )
        .layer(DefaultBodyLimit::max(write::MAX_BYTES))
}
