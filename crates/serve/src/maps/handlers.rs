//! One function an endpoint: read the parameters, read the pixels, draw.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use formats::coverage::png;
use formats::crs::Crs;
use lake::AsOf;
use model::{Bbox, Dataset, DatasetId, DatasetKind, Lang, TimeRange, Version};
use policy::{Permit, Principal, Purpose};
use query::At;
use serde::Deserialize;
use standards::tiles::{Grid, Tile, TileSets};
use wording::told;

use super::draw::{self, Drawing};
use super::{PNG, TIFF, area};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang, params, tagged};
use crate::rasters::window::Window;
use crate::tilesets::{self, Described, Finished, Key, TilePath};

/// Pixels across and down a tile.
const TILE: usize = 256;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MapParams {
    pub(super) bbox: Option<String>,
    pub(super) bbox_crs: Option<String>,
    pub(super) subset: Option<String>,
    pub(super) subset_crs: Option<String>,
    pub(super) center: Option<String>,
    pub(super) center_crs: Option<String>,
    pub(super) crs: Option<String>,
    pub(super) width: Option<i64>,
    pub(super) height: Option<i64>,
    pub(super) scale_denominator: Option<f64>,
    pub(super) mm_per_pixel: Option<f64>,
    transparent: Option<bool>,
    bgcolor: Option<String>,
    datetime: Option<String>,
    properties: Option<String>,
    version: Option<u64>,
    #[serde(rename = "as_known_at")]
    as_known_at: Option<String>,
    f: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TileParams {
    datetime: Option<String>,
    properties: Option<String>,
    version: Option<u64>,
    as_known_at: Option<String>,
    f: Option<String>,
}

impl TileParams {
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

/// A dataset of rasters that the asker may read.
struct Source {
    dataset: Dataset,
    permit: Permit,
}

impl Source {
    async fn open(app: &App, principal: &Principal, id: &str) -> Answer<Source> {
        let dataset_id = DatasetId::new(id).map_err(|_| Problem::not_found(id))?;
        let permit = app.catalog.authorize(principal, &dataset_id, Purpose::Read, Utc::now()).await?;
        let dataset = app.catalog.dataset(&dataset_id).await?.ok_or_else(|| Problem::not_found(id))?;
        if dataset.kind != DatasetKind::Coverage {
            return Err(Problem::not_found(&format!("{id}: map")));
        }
        Ok(Source { dataset, permit })
    }

    /// The box around the rasters of a version; none before the first data.
    async fn around(&self, app: &App, version: Option<Version>) -> Answer<Option<Bbox>> {
        let Some(version) = version.filter(|_| self.permit.rows().is_open()) else { return Ok(None) };
        let snapshot = app.lake.snapshot(&self.permit, AsOf::Version(version)).await?;
        let boxes = snapshot.files().iter().filter_map(|file| file.bbox);
        Ok(boxes.reduce(|all, one| all.union(&one)))
    }
}

fn check(f: Option<&str>, offered: &[&str]) -> Answer<()> {
    match f {
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

impl MapParams {
    /// The colour behind the map (20-058 §7.4): transparent unless a colour is given.
    fn ground(&self) -> Answer<[u8; 4]> {
        let text = self.bgcolor.as_deref();
        let [red, green, blue] = match text.map(str::to_ascii_lowercase).as_deref() {
            None | Some("white") => [255, 255, 255],
            Some("black") => [0, 0, 0],
            Some(text) => {
                let digits = text.trim_start_matches("0x").trim_start_matches('#');
                let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6);
                let number = number.ok_or_else(|| {
                    let short: String = text.chars().take(40).collect();
                    Problem::parameter(
                        "bgcolor",
                        told!(
                            "serve-no-colour-write-0xrrggbb",
                            "`{short}` is no colour: write `0xRRGGBB`",
                            short = short
                        ),
                    )
                })?;
                let [_, red, green, blue] = number.to_be_bytes();
                [red, green, blue]
            }
        };
        let is_transparent = self.transparent.unwrap_or(text.is_none());
        Ok([red, green, blue, if is_transparent { 0 } else { 255 }])
    }
}

/// The version that is meant; none of a dataset without data, when none is named.
async fn version(
    app: &App,
    source: &Source,
    version: Option<u64>,
    known: Option<&str>,
) -> Answer<Option<Version>> {
    let at = params::at(version, known)?;
    Ok(params::version(app, &source.dataset.id, at).await?.map(|info| info.version))
}

pub(super) async fn map(
    State(app): State<App>,
    Caller(principal): Caller,
    headers: HeaderMap,
    Path(collection): Path<String>,
    Params(asked): Params<MapParams>,
) -> Answer<Response> {
    check(asked.f.as_deref(), &["png", "image/png", "tiff", "geotiff", "image/tiff"])?;
    let subset = asked.subset()?;
    let time = match (asked.datetime.as_deref(), subset.time) {
        (Some(_), Some(_)) => {
            return Err(Problem::parameter(
                "subset",
                told!("serve-time-given-datetime-too", "the time is given by `datetime` too"),
            ));
        }
        (asked, time) => time.map_or_else(|| params::datetime(asked), Ok)?,
    };
    let ground = asked.ground()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let version = version(&app, &source, asked.version, asked.as_known_at.as_deref()).await?;
    let window = area::window(&asked, source.around(&app, version).await?, &subset)?;
    let drawing = Drawing {
        window: &window,
        time,
        parameter: asked.properties.as_deref(),
        ground,
        at: version.map_or(At::Latest, At::Version),
    };
    let picture = match draw::draw(&app, &source.permit, &drawing).await? {
        Some(picture) => picture,
        None => draw::empty(window.width, window.height, ground),
    };
    let is_png = asked.f.as_deref().is_none_or(|f| f.ends_with("png"));
    let write = move || match is_png {
        true => png(&picture).map(|bytes| (PNG, bytes)).map_err(|error| Problem::internal(&error)),
        false => draw::geotiff(&window, &picture).map(|bytes| (TIFF, bytes)),
    };
    let written = tokio::task::spawn_blocking(write).await.map_err(|error| Problem::internal(&error))?;
    let (media, bytes) = written?;
    Ok(tagged(&headers, media, bytes))
}

pub(super) async fn tile(
    State(app): State<App>,
    Caller(principal): Caller,
    headers: HeaderMap,
    Path(path): Path<TilePath>,
    Params(asked): Params<TileParams>,
) -> Answer<Response> {
    check(asked.f.as_deref(), &["png", "image/png"])?;
    let time = params::datetime(asked.datetime.as_deref())?;
    let source = Source::open(&app, &principal, &path.collection).await?;
    let tile = path.tile()?;
    let version = version(&app, &source, asked.version, asked.as_known_at.as_deref()).await?;
    let word = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.chars().map(|c| if c.is_ascii_graphic() && c != '"' { c } else { '_' }).collect::<String>()
    };
    let form = format!("png:{}:{}", word(&asked.datetime), word(&asked.properties));
    let is_shared = source.permit.rows().is_open();
    let key = version.map(|version| Key { dataset: source.dataset.id.clone(), version, tile, form });
    // What a filtered permit reaches is not what others reach.
    let key = key.filter(|_| is_shared);
    let tag = key.as_ref().map_or_else(|| "\"none\"".to_owned(), Key::tag);
    let kept = key.as_ref().and_then(|key| app.tiles().get(key));
    let finished = match kept {
        Some(kept) => kept,
        None => {
            let drawn = drawn(&app, &source.permit, tile, time, asked.properties.as_deref(), version).await?;
            let finished = Arc::new(Finished::new(drawn, false, None));
            if let Some(key) = key {
                app.tiles().put(key, &finished);
            }
            finished
        }
    };
    Ok(match tilesets::is_known(&headers, &tag) {
        true => tilesets::unchanged(&tag),
        false => tilesets::answer(&headers, &tag, PNG, &finished),
    })
}

async fn drawn(
    app: &App,
    permit: &Permit,
    tile: Tile,
    time: TimeRange,
    parameter: Option<&str>,
    version: Option<Version>,
) -> Answer<Vec<u8>> {
    let crs = match tile.grid {
        Grid::WebMercatorQuad => Crs::epsg(3857).ok_or_else(|| Problem::not_found("EPSG:3857"))?,
        Grid::WorldCrs84Quad => Crs::wgs84(),
    };
    let window = Window { crs, edges: tile.edges(), width: TILE, height: TILE };
    let at = version.map_or(At::Latest, At::Version);
    let drawing = Drawing { window: &window, time, parameter, ground: [0; 4], at };
    let Some(picture) = draw::draw(app, permit, &drawing).await? else { return Ok(Vec::new()) };
    let write = move || png(&picture);
    let written = tokio::task::spawn_blocking(write).await.map_err(|error| Problem::internal(&error))?;
    written.map_err(|error| Problem::internal(&error))
}

pub(super) async fn sets(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<TileParams>,
) -> Answer<Json<TileSets>> {
    check(asked.f.as_deref(), &["json"])?;
    asked.unpinned()?;
    let source = Source::open(&app, &principal, &collection).await?;
    Ok(Json(described(&app, &source, lang).await?.list(&links)))
}

pub(super) async fn set(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path((collection, grid)): Path<(String, String)>,
    Params(asked): Params<TileParams>,
) -> Answer<Response> {
    check(asked.f.as_deref(), &["json", "tilejson"])?;
    asked.unpinned()?;
    let source = Source::open(&app, &principal, &collection).await?;
    let grid = tilesets::grid(&grid)?;
    let described = described(&app, &source, lang).await?;
    Ok(match asked.f.as_deref() {
        Some("tilejson") => Json(described.tilejson(grid, &links)).into_response(),
        _ => Json(described.set(grid, &links)).into_response(),
    })
}

async fn described(app: &App, source: &Source, lang: Lang) -> Answer<Described> {
    let dataset = &source.dataset;
    let version = version(app, source, None, None).await?;
    let bbox = source.around(app, version).await?;
    Ok(Described {
        path: format!("/ogc/collections/{}/map/tiles", dataset.id),
        title: dataset.title.get(lang).0.to_owned(),
        description: dataset.description.get(lang).0.to_owned(),
        attribution: [dataset.source.as_str(), &dataset.licence].join(" · "),
        bbox: bbox.map(|bbox| [bbox.west, bbox.south, bbox.east, bbox.north]),
        data_type: "map",
        media_type: PNG,
    })
}
