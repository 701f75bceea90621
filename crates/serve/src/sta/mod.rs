//! SensorThings 1.1 (OGC 18-088), over the same reads as every other protocol. Observations can be
//! created; everything else is read only.
//!
//! A place with series is a thing, a location (where its position is known) and a feature of
//! interest; a procedure is a sensor. Observations are read from the lake as they are asked for;
//! everything else is in memory. Places do not move, so historical locations are an empty set.

mod answer;
mod encode;
mod handlers;
mod node;
mod observations;
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
        .route("/sta/v1.1/{*path}", get(handlers::resource).post(write::create))
        .layer(DefaultBodyLimit::max(write::MAX_BYTES))
}
