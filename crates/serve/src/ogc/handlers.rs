//! One function an endpoint: read the parameters, read the data, encode.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::PlaceId;
use serde::Serialize;
use standards::ogc::{Collection, Collections, Conformance, GEOJSON, LandingPage};

use super::params::{FormatParams, ItemsParams};
use super::read::{self, Source};
use super::{api, encode};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, RequestLang};
use crate::shelf::Shelf;

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
    let mut collections = Vec::new();
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

pub(super) async fn items(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<ItemsParams>,
) -> Answer<Response> {
    let wanted = asked.read()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let (features, matched) = match &source {
        Source::Features(_, permit) | Source::Coverage(_, permit) => {
            encode::rows(read::features(&app, permit, &wanted).await?).await?
        }
        Source::Observations(dataset, permit) => {
            let shelf = Shelf::open(&app, permit).await?;
            encode::locations(&shelf, dataset, &links, lang, &wanted)
        }
        Source::Stations | Source::Places => {
            let gazetteer = app.catalog.gazetteer().await?;
            let (places, matched) =
                read::page(gazetteer.places.iter().filter(|place| read::is_of(&source, place)), &wanted);
            (places.into_iter().map(|place| encode::place(place, lang)).collect(), matched)
        }
    };
    let path = format!("/ogc/collections/{collection}/items");
    Ok(document(GEOJSON, &encode::page(&links, &path, &asked, &wanted, features, matched)))
}

pub(super) async fn item(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path((collection, item)): Path<(String, String)>,
    Params(asked): Params<FormatParams>,
) -> Answer<Response> {
    asked.check()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let place_id = PlaceId::new(&item).ok();
    let feature = match &source {
        Source::Features(_, permit) | Source::Coverage(_, permit) => {
            encode::rows(read::feature(&app, permit, &item).await?).await?.0.into_iter().next()
        }
        Source::Observations(dataset, permit) => {
            let shelf = Shelf::open(&app, permit).await?;
            let there = place_id.filter(|id| shelf.places().contains(id));
            there.map(|id| shelf.location(dataset, &id, &links, lang))
        }
        Source::Stations | Source::Places => {
            let gazetteer = app.catalog.gazetteer().await?;
            let place = place_id.and_then(|id| gazetteer.place(&id));
            place.filter(|place| read::is_of(&source, place)).map(|place| encode::place(place, lang))
        }
    };
    let feature = feature.ok_or_else(|| Problem::not_found(&item))?;
    Ok(document(GEOJSON, &encode::alone(&links, &collection, feature)))
}

fn document(media_type: &'static str, document: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, media_type)], Json(document)).into_response()
}
