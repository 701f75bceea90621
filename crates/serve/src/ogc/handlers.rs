//! One function an endpoint: read the parameters, read the data, encode.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::PlaceId;
use serde::Serialize;
use standards::ogc::{Collection, Collections, Conformance, GEOJSON, LandingPage};

use super::params::{FormatParams, ItemsParams, Series, SeriesParams};
use super::read::{self, Shelf, Source};
use super::{api, catalogue, encode};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, RequestLang};

/// The farthest that a place may be from the position asked for.
const NEAR_KM: f64 = 10.0;

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

pub(super) async fn locations(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<ItemsParams>,
) -> Answer<Response> {
    let wanted = asked.read()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let (dataset, permit) = source.observations()?;
    let shelf = Shelf::open(&app, permit).await?;
    let (features, matched) = encode::locations(&shelf, dataset, &links, lang, &wanted);
    let path = format!("/ogc/collections/{collection}/locations");
    Ok(document(GEOJSON, &encode::page(&links, &path, &asked, &wanted, features, matched)))
}

pub(super) async fn location(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path((collection, location)): Path<(String, String)>,
    Params(asked): Params<SeriesParams>,
) -> Answer<Response> {
    let wanted = asked.by_id()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let (_, permit) = source.observations()?;
    let shelf = Shelf::open(&app, permit).await?;
    shelf.check(&wanted)?;
    let place = PlaceId::new(&location).ok().filter(|id| shelf.places().contains(id));
    let place = place.ok_or_else(|| Problem::not_found(&location))?;
    coverages(&app, permit, &shelf, &place, &wanted, &links).await
}

pub(super) async fn position(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(collection): Path<String>,
    Params(asked): Params<SeriesParams>,
) -> Answer<Response> {
    let (position, wanted) = asked.by_position()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let (_, permit) = source.observations()?;
    let shelf = Shelf::open(&app, permit).await?;
    shelf.check(&wanted)?;
    match shelf.nearest(position) {
        Some((place, distance)) if distance <= NEAR_KM => {
            let place = place.clone();
            coverages(&app, permit, &shelf, &place, &wanted, &links).await
        }
        nearest => Err(encode::nothing_near(nearest, NEAR_KM)),
    }
}

async fn coverages(
    app: &App,
    permit: &policy::Permit,
    shelf: &Shelf,
    place: &PlaceId,
    wanted: &Series,
    links: &Links,
) -> Answer<Response> {
    let series = read::series(app, permit, shelf, place, wanted).await?;
    Ok(document(standards::covjson::MEDIA_TYPE, &encode::coverages(shelf, series, links)))
}

/// A document of a media type.
pub(super) fn document(media_type: &'static str, document: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, media_type)], Json(document)).into_response()
}
