//! OAI-PMH 2.0: the catalogue for harvesters, by what changed since.
//!
//! All six verbs, by GET and POST. A list goes on after the last record of the page before, in the
//! order of changes, so that nothing that changes meanwhile is passed over. A dataset that everyone
//! knew of and that is restricted now is a deleted record; what was never known is not there.
//!
//! The protocol takes no arguments beside its own: the repository as it was at an instant is one of its
//! own address, `/oai/as-known-at/{instant}`.

mod handlers;
mod read;

use axum::Router;
use axum::routing::get;

use crate::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/oai", get(handlers::get).post(handlers::post))
        .route("/oai/", get(handlers::get).post(handlers::post))
        .route("/oai/as-known-at/{instant}", get(handlers::get_at).post(handlers::post_at))
}
