//! One function an endpoint: read the parameters, read the data, encode.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use standards::ogc::{Collection, Collections, Conformance, LandingPage};

use super::params::FormatParams;
use super::read::Source;
use super::{api, catalogue, encode};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, RequestLang};

pub(super) async fn landing(
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<FormatParams>,
) -> Answer<Json<LandingPage>> {
    asked.check()?;
    Ok(Json(encode::landing(&links, lang)))
}

pub(super) async fn api(
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<FormatParams>,
) -> Answer<Response> {
    asked.check()?;
    Ok(document("application/vnd.oai.openapi+json;version=3.0", &api::document(&links, lang)))
}

pub(super) async fn conformance(
    links: Links,
    Params(asked): Params<FormatParams>,
) -> Answer<Json<Conformance>> {
    asked.check()?;
    Ok(Json(encode::conformance(&links)))
}

pub(super) async fn collections(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<FormatParams>,
) -> Answer<Json<Collections>> {
    asked.check()?;
    let mut collections = vec![catalogue::collection(&links, lang)];
    for source in Source::all(&app, &principal).await? {
        collections.push(encode::collection(&app, &source, &links, lang).await?);
    }
    Ok(Json(Collections { links: encode::self_link(&links, "/ogc/collections"), collections }))
}

pub(super) async fn collection(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<FormatParams>,
) -> Answer<Json<Collection>> {
    asked.check()?;
    let source = Source::open(&app, &principal, &collection).await?;
    Ok(Json(encode::collection(&app, &source, &links, lang).await?))
}

/// A document of a media type.
pub(super) fn document(media_type: &'static str, document: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, media_type)], Json(document)).into_response()
}
