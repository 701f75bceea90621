//! SensorThings 1.1 (OGC 18-088), over the same reads and writes as every other protocol.
//!
//! A place with series is a thing, a location (where its position is known), a historical location
//! (where it is known since when) and a feature of interest; a procedure is a sensor. Observations are
//! read from the lake as they are asked for; everything else is in memory. What clients say of these
//! beyond what the model knows, the locations and features that they make, and what they delete is kept
//! beside it, as descriptions.

mod answer;
mod batch;
mod encode;
mod handlers;
mod kept;
pub mod live;
mod node;
mod observations;
mod order;
mod params;
mod reach;
mod resolve;
mod said;
mod world;
mod worlds;
mod write;

pub(crate) use self::said::Shelf as Said;
pub(crate) use self::worlds::Worlds;
pub use self::write::finish as finish_inserts;

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
