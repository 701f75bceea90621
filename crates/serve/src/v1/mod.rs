//! The native API: datasets, files handed in, runs, reads, traces, SQL and administration.

mod admin;
mod amendments;
mod changes;
mod coverages;
mod data;
mod datasets;
mod datastreams;
mod described;
mod documents;
mod drafts;
mod keys;
mod mappings;
mod observations;
mod place_aliases;
mod places;
mod problem_examples;
mod recipes;
mod register;
pub(crate) mod resumable;
mod runs;
mod sheets;
mod slow_queries;
mod sql;
mod trace;
mod unused;
mod uploads;
mod users;
mod versions;
mod webhooks;
mod writes;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Info, License, OpenApi, OpenApiBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use mappings::guess_document;
pub use uploads::report_document;
pub(crate) use webhooks::wanted_of;

use crate::{App, ops};

/// The routes of `/v1`, and the document that describes them at `/v1/openapi.json`.
pub fn router() -> Router<App> {
    let (router, document) = parts();
    let text = document.to_pretty_json().expect("an OpenAPI document is plain data");
    router.route(
        "/v1/openapi.json",
        get(async move || ([(axum::http::header::CONTENT_TYPE, "application/json")], text.clone())),
    )
}

/// The OpenAPI document of `/v1`.
pub fn openapi() -> OpenApi {
    parts().1
}

/// Router and document from one list.
fn parts() -> (Router<App>, OpenApi) {
    let (router, document) = listed();
    (router, described::complete(document))
}

fn listed() -> (Router<App>, OpenApi) {
    OpenApiRouter::with_openapi(head())
        .routes(routes!(datasets::list, datasets::create))
        .routes(routes!(datasets::show, datasets::update))
        .routes(routes!(datasets::mapping, datasets::save_mapping))
        .routes(routes!(amendments::limits, amendments::save_limits))
        .routes(routes!(amendments::recheck))
        .routes(routes!(amendments::affected))
        .routes(routes!(amendments::withdraw))
        .routes(routes!(amendments::show))
        .routes(routes!(place_aliases::list, place_aliases::add, place_aliases::remove))
        .routes(routes!(mappings::version))
        .routes(routes!(mappings::guess))
        .routes(routes!(uploads::upload))
        .routes(routes!(resumable::create))
        .routes(routes!(resumable::state, resumable::add, resumable::end, resumable::instead))
        .routes(routes!(drafts::show, drafts::review, drafts::discard))
        .routes(routes!(drafts::commit))
        .routes(routes!(changes::list))
        .routes(routes!(changes::stream))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::show, webhooks::remove))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(versions::list))
        .routes(routes!(versions::differences))
        .routes(routes!(observations::list, writes::write).layer(DefaultBodyLimit::max(writes::MAX_BYTES)))
        .routes(routes!(data::data))
        .routes(routes!(data::checksum))
        .routes(routes!(data::estimate))
        .routes(routes!(coverages::list))
        .routes(routes!(coverages::show))
        .routes(routes!(coverages::file))
        .routes(routes!(observations::buckets))
        .routes(routes!(observations::latest))
        .routes(routes!(datastreams::datastreams))
        .routes(routes!(runs::of_dataset))
        .routes(routes!(runs::show))
        .routes(routes!(runs::findings))
        .routes(routes!(runs::original))
        .routes(routes!(runs::marked))
        .routes(routes!(sheets::sheet))
        .routes(routes!(trace::trace))
        .routes(routes!(sql::get, sql::post).layer(from_fn(ops::query)))
        .routes(routes!(places::list, register::place))
        .routes(routes!(places::show))
        .routes(routes!(places::properties, register::property))
        .routes(routes!(places::agencies))
        .routes(routes!(recipes::list))
        .routes(routes!(recipes::run))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::update))
        .routes(routes!(users::set_password))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(admin::grants, admin::add_grant))
        .routes(routes!(admin::remove_grant))
        .routes(routes!(admin::audit))
        .routes(routes!(admin::verification))
        .routes(routes!(slow_queries::list))
        .split_for_parts()
}

fn head() -> OpenApi {
    let mut info = Info::new("Cửu Long", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The native API of the inter-sectoral database system of the Mekong Delta. Errors are RFC 9457 \
         problem documents in Vietnamese, English or Khmer (`Accept-Language` or `lang`). Lists are paged \
         by cursor: follow `next`. Small answers have an `ETag`: send it as `If-None-Match`. Quotas are of \
         cost: read `RateLimit`, and after a 429 wait as long as `Retry-After` says. What is deprecated \
         says so in `Deprecation` and `Sunset`, and is kept for a year at least."
            .to_owned(),
    );
    info.license = Some(License::new("Apache-2.0"));
    let mut components = Components::new();
    components.add_security_scheme(
        "key",
        SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("clk_…").build(),
        ),
    );
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}
