//! One function an endpoint: read the parameters, read the data, draw.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use model::Bbox;
use query::At;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use standards::tiles::{TileMatrixSets, TileSets, VectorLayer, matrix_set, matrix_sets};
use wording::told;

use super::source::Source;
use super::{MVT, draw};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang, params};
use crate::tilesets::{self, Finished, Key, TilePath};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TileParams {
    f: Option<String>,
    version: Option<u64>,
    as_known_at: Option<String>,
}

impl TileParams {
    fn check(&self, offered: &[&str]) -> Answer<()> {
        match self.f.as_deref() {
            Some(name) if !offered.contains(&name) => {
                let why = told!(
                    "serve-not-format-here-write",
                    "`{name}` is not a format here: write {offered}",
                    name = name,
                    offered = offered.join(" or ")
                );
                Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a version where what is told is of none.
    fn unpinned(&self) -> Answer<()> {
        let given = [("version", self.version.is_some()), ("as_known_at", self.as_known_at.is_some())];
        match given.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((name, _)) => {
                let why = told!(
                    "serve-parameter-tiles-none-what-describes-them",
                    "`{name}` is a parameter of tiles, and none of what describes them",
                    name = name
                );
                Err(Problem::text(ProblemKind::UnknownParameter, why).at(name))
            }
        }
    }
}

pub(super) async fn grids(links: Links, Params(asked): Params<TileParams>) -> Answer<Json<TileMatrixSets>> {
    asked.check(&["json"])?;
    asked.unpinned()?;
    Ok(Json(matrix_sets(|grid| links.path(&format!("/ogc/tileMatrixSets/{}", grid.id())))))
}

pub(super) async fn grid(Path(id): Path<String>, Params(asked): Params<TileParams>) -> Answer<Response> {
    asked.check(&["json"])?;
    asked.unpinned()?;
    Ok(Json(matrix_set(tilesets::grid(&id)?)).into_response())
}

pub(super) async fn sets(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<TileParams>,
) -> Answer<Json<TileSets>> {
    asked.check(&["json"])?;
    asked.unpinned()?;
    let source = Source::open(&app, &principal, &collection).await?;
    Ok(Json(source.describe(&app, &collection, lang).await?.list(&links)))
}

pub(super) async fn set(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path((collection, grid)): Path<(String, String)>,
    Params(asked): Params<TileParams>,
) -> Answer<Response> {
    asked.check(&["json", "tilejson"])?;
    asked.unpinned()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let grid = tilesets::grid(&grid)?;
    let described = source.describe(&app, &collection, lang).await?;
    if asked.f.as_deref() != Some("tilejson") {
        return Ok(Json(described.set(grid, &links).with_layer(&collection)).into_response());
    }
    let mut document = described.tilejson(grid, &links);
    let fields: BTreeMap<String, String> = draw::fields(&app, &source).await?;
    document.vector_layers = vec![VectorLayer { id: collection, fields }];
    Ok(Json(document).into_response())
}

pub(super) async fn tile(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    Path(path): Path<TilePath>,
    Params(asked): Params<TileParams>,
) -> Answer<Response> {
    asked.check(&["mvt", "pbf"])?;
    let source = Source::open(&app, &principal, &path.collection).await?;
    let tile = path.tile()?;
    let version = match params::at(asked.version, asked.as_known_at.as_deref())? {
        At::Latest => source.version(&app).await?,
        at => source.pinned(&app, at).await?,
    };
    let key = source.dataset().zip(version).map(|((dataset, permit), version)| {
        // What a filtered permit reaches is not what others reach; names are in the reader's language.
        let is_shared = permit.rows().is_open();
        let form = lang.tag().to_owned();
        (is_shared, Key { dataset: dataset.id.clone(), version, tile, form })
    });
    let shared = key.filter(|(is_shared, _)| *is_shared).map(|(_, key)| key);
    if let Some((key, kept)) = shared.as_ref().and_then(|key| Some((key, app.tiles().get(key)?))) {
        let tag = key.tag();
        return Ok(match tilesets::is_known(&headers, &tag) {
            true => tilesets::unchanged(&tag),
            false => tilesets::answer(&headers, &tag, MVT, &kept),
        });
    }
    let at = version.map_or(At::Latest, At::Version);
    let finished = match &source {
        Source::Features(_, permit) => {
            let margin = draw::MARGIN / f64::from(standards::tiles::mvt::EXTENT);
            let [west, south, east, north] = tile.bounds(margin);
            let bbox = Bbox::new(west, south, east, north).ok_or_else(|| Problem::not_found("tile"))?;
            draw::features(&app, permit, tile, bbox, at, &path.collection).await?
        }
        Source::Observations(_, permit) => {
            draw::latest(&app, permit, tile, at, &path.collection, lang).await?
        }
        Source::Stations | Source::Places => {
            let is_station = matches!(source, Source::Stations);
            draw::places(&app, is_station, tile, &path.collection, lang).await?
        }
    };
    let finished = Arc::new(finished);
    let tag = match shared {
        Some(key) => {
            let tag = key.tag();
            app.tiles().put(key, &finished);
            tag
        }
        None => digest(&finished),
    };
    Ok(match tilesets::is_known(&headers, &tag) {
        true => tilesets::unchanged(&tag),
        false => tilesets::answer(&headers, &tag, MVT, &finished),
    })
}

/// The tag of a tile that is of no version.
fn digest(tile: &Finished) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(&tile.bytes)[..12]))
}
