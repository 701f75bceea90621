//! ISO metadata of each dataset, as catalogues of spatial data exchange them: ISO 19139, and ISO
//! 19115-3 with `standard=19115-3`.

mod handlers;

use axum::Router;
use axum::routing::get;

use crate::App;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/iso/{dataset}", get(handlers::dataset))
}
