//! The services: one folder a protocol over the same reads.
//!
//! An endpoint reads its parameters, calls one function of a lower crate and encodes the answer.
//! It holds no SQL and no policy: whoever opens data asks the catalogue for a permit. Protocol
//! folders share `http` and never import each other.

mod app;
mod changes;
mod ckan;
mod collections;
mod coverages;
mod dcat;
mod downloads;
mod edr;
mod feeds;
pub mod http;
mod iso;
pub mod limits;
mod loads;
mod maps;
mod mcp;
mod oai;
mod ogc;
mod ops;
mod outgoing;
mod outlet;
mod pieces;
mod problems;
mod processes;
mod rasters;
mod ready;
pub mod records;
mod sealed;
mod sealer;
mod shelf;
mod sign_ins;
mod sta;
mod stac;
mod tiles;
mod tilesets;
mod v1;
mod webhooks;

/// What happens, for clients that stay connected: who they are, what they are told, what they send.
pub mod live {
    pub use crate::changes::live::{Batch, CHANGES_TOPIC, Happened, Kinds, Message, Place};
    pub use crate::http::Visitor;
    pub use crate::sta::live::{After, Entities, Part, THINGS_TOPIC, View, publish};
}

pub use app::{App, Parts, ServeConfig};
pub use http::unread::UnreadLimits;
pub use outgoing::Allowed;
pub use sealer::Sealer;
pub use sta::finish_inserts;
pub use v1::{guess_document, openapi, report_document};

use std::time::Duration;

use axum::Router;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{Any, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// What the folders beside `ogc` add to its documents.
pub(crate) const OGC: [&outlet::Outlet; 5] =
    [&edr::OUTLET, &tiles::OUTLET, &maps::OUTLET, &coverages::OUTLET, &processes::OUTLET];

/// The node's whole service: every protocol, and `pages` (the portal) beside them, behind one gate.
pub fn router(app: App, pages: Router<App>) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    // What the node's own services ask it for goes past the gate that let their asker in.
    let own = Router::new().merge(v1::router()).merge(pages.clone()).with_state(app.clone());
    let services = Router::new()
        .merge(mcp::router(own))
        .merge(v1::router())
        .merge(ogc::router())
        .merge(edr::router())
        .merge(tiles::router())
        .merge(maps::router())
        .merge(coverages::router())
        .merge(processes::router())
        .merge(dcat::router())
        .merge(ckan::router())
        .merge(oai::router())
        .merge(iso::router())
        .merge(feeds::router())
        .merge(stac::router())
        .merge(sta::router())
        .merge(pages)
        .layer(from_fn(http::kept::keep))
        .layer(from_fn(http::memento::travel))
        .layer(from_fn_with_state(app.clone(), http::unread::hold))
        .layer(from_fn_with_state(app.clone(), http::principal::gate));
    let compressed = SizeAbove::new(512)
        .and(NotForContentType::const_new("application/vnd.apache.parquet"))
        .and(NotForContentType::const_new("application/vnd.apache.arrow.stream"))
        // They are packed already, but for drawings.
        .and(NotForContentType::IMAGES)
        // Events are for at once; a compressor waits for more.
        .and(NotForContentType::SSE)
        // Files are sent as they are kept: ranges and checksums are of these bytes.
        .and(|_: StatusCode, _: Version, _: &HeaderMap, said: &Extensions| {
            said.get::<http::encode::AsItIs>().is_none()
        });
    Router::new()
        .merge(services)
        .merge(ops::router())
        .merge(problems::router())
        .with_state(app.clone())
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
                .layer(PropagateRequestIdLayer::new(request_id))
                .layer(from_fn(ops::observe))
                .layer(from_fn(http::deprecated::warn))
                .layer(from_fn_with_state(app.clone(), http::offload::offload))
                .layer(from_fn(http::accepts::encoded))
                .layer(CompressionLayer::new().compress_when(compressed))
                .layer(from_fn(http::problem::render))
                .layer(from_fn_with_state(app.clone(), http::steady::keep_pace))
                .layer(from_fn_with_state(app.clone(), v1::resumable::protocol))
                .layer(cors())
                .layer(from_fn(http::slash::lead))
                .layer(SetResponseHeaderLayer::if_not_present(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ))
                .layer(CatchPanicLayer::custom(ops::panicked))
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::GATEWAY_TIMEOUT,
                    app.config.request_timeout.max(Duration::from_secs(1)),
                )),
        )
}

/// Anyone's page may read; keys travel in a header, never in a cookie of another site.
fn cors() -> CorsLayer {
    let named = |names: &[&'static str]| names.iter().map(|name| HeaderName::from_static(name)).collect();
    // What a request may carry, and what a page may read of an answer beyond the few that are always open.
    let mut sent: Vec<HeaderName> = named(&[
        "accept",
        "accept-datetime",
        "accept-language",
        "authorization",
        "content-crs",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "last-event-id",
        "mcp-protocol-version",
        "prefer",
        "range",
    ]);
    let mut read: Vec<HeaderName> = named(&[
        "accept-ranges",
        "allow",
        "content-crs",
        "content-disposition",
        "content-encoding",
        "content-range",
        "cuulong-matched",
        "cuulong-rows",
        "cuulong-run",
        "cuulong-shown",
        "cuulong-version",
        "cuulong-versions",
        "deprecation",
        "etag",
        "link",
        "location",
        "memento-datetime",
        "preference-applied",
        "ratelimit",
        "ratelimit-policy",
        "repr-digest",
        "retry-after",
        "sunset",
        "tus-extension",
        "tus-max-size",
        "tus-version",
        "www-authenticate",
        "x-request-id",
    ]);
    for (list, more) in [(&mut sent, v1::resumable::SENT), (&mut read, v1::resumable::READ)] {
        for name in more {
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(sent)
        .expose_headers(read)
        // A browser asks again after so long whether it may.
        .max_age(Duration::from_secs(3600))
}
