//! Whole datasets as files: any version, any filter, in the formats that people open.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use bytes::Bytes;
use chrono::Utc;
use futures::Stream;
use http_body::Frame;
use model::{DatasetKind, PlaceId, PropertyCode, Version};
use policy::{Principal, Purpose};
use query::{WholeRequest, WholeRows};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::coverages::{Asked as Range, range};
use super::datasets::dataset_id;
use super::sql::instant;
use crate::App;
use crate::downloads::{self, About, Asked, FileFormat, Following, Given, Made};
use crate::http::encode::AsItIs;
use crate::http::{Answer, Caller, Params, Problem, ProblemKind, is_known, params};

/// Which rows, in which format.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DataParams {
    /// csv (without more said), xlsx, parquet (GeoParquet for features), geoparquet, geojson, gpkg, fgb
    /// (FlatGeobuf) or netcdf (observations). Observations have the position of their place as geometry.
    format: Option<String>,
    /// Read this version.
    version: Option<u64>,
    /// Read as it was known at this time.
    as_known_at: Option<String>,
    /// Only of this place (observations).
    place: Option<String>,
    /// Only of this property (observations).
    property: Option<String>,
    /// An instant, a day, or a range `start/end` (observations).
    datetime: Option<String>,
    /// Only features that meet this box: `west,south,east,north`.
    bbox: Option<String>,
}

/// How large a file will be.
#[derive(Debug, Serialize, ToSchema)]
pub struct Estimate {
    /// The version that it would be of.
    version: u64,
    /// The rows of that version; a filter leaves fewer. Those of the file, once there is a checksum.
    rows: u64,
    /// About so many bytes for all of them, in this format; exactly so many once there is a checksum.
    bytes: u64,
    /// The SHA-256 of the file in hexadecimal, when it has been made and is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

async fn wanted(app: &App, principal: &Principal, id: &str, asked: &DataParams) -> Answer<Asked> {
    let id = dataset_id(id)?;
    let now = Utc::now();
    let permit = app.catalog.authorize(principal, &id, Purpose::Read, now).await?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    let name = asked.format.as_deref().unwrap_or("csv");
    let format = FileFormat::from_name(name).ok_or_else(|| {
        let what = told!(
            "serve-not-format-write",
            "`{name}` is not a format: write {fileformat}",
            name = name,
            fileformat = FileFormat::NAMES
        );
        Problem::text(ProblemKind::NotAcceptable, what).at("format").advising("problem-file-format-advice")
    })?;
    let known = instant(asked.as_known_at.as_deref(), "as_known_at")?;
    let version = match (asked.version, known) {
        (None, None) => app.catalog.latest_version(&id).await?,
        (Some(number), None) => app.catalog.version(&id, Version(number)).await?,
        (None, Some(time)) => app.catalog.version_at(&id, time).await?,
        (Some(_), Some(_)) => {
            return Err(Problem::parameter(
                "version",
                told!("serve-give-either-version-as-known-at", "give either `version` or `as_known_at`"),
            ));
        }
    };
    let version = version.ok_or_else(|| Problem::not_found(&format!("a version of {id}")))?;
    let not_here = |name: &str| {
        Err(Problem::parameter(
            name,
            told!("serve-no-choose", "`{id}` has no {name} to choose by", id = id, name = name),
        ))
    };
    let rows = match dataset.kind {
        DatasetKind::Observations => {
            if asked.bbox.is_some() {
                return not_here("bbox");
            }
            let place = asked.place.as_deref().map(PlaceId::new).transpose();
            let property = asked.property.as_deref().map(PropertyCode::new).transpose();
            WholeRows::Observations {
                place: place.map_err(|error| Problem::parameter("place", error))?,
                property: property.map_err(|error| Problem::parameter("property", error))?,
                time: params::datetime(asked.datetime.as_deref())?,
            }
        }
        _ => {
            if format == FileFormat::NetCdf {
                let what = told!(
                    "serve-holds-features-netcdf-written-series-take-geoparquet",
                    "`{id}` holds features, and NetCDF is written of series: take geoparquet, gpkg or fgb",
                    id = id
                );
                return Err(Problem::text(ProblemKind::NotAcceptable, what));
            }
            let given =
                [("place", &asked.place), ("property", &asked.property), ("datetime", &asked.datetime)];
            if let Some((name, _)) = given.iter().find(|(_, value)| value.is_some()) {
                return not_here(name);
            }
            WholeRows::Features { bbox: asked.bbox.as_deref().map(params::bbox).transpose()? }
        }
    };
    // A version is always the same file, however its dataset is described by now.
    let dataset = app.catalog.dataset_at(&version.dataset, version.committed_at).await?.unwrap_or(dataset);
    let about = About {
        dataset: id.to_string(),
        title: dataset.title.vi.clone(),
        version: version.version.0,
        committed_at: version.committed_at,
        licence: dataset.licence.clone(),
        source: dataset.source.clone(),
        synthetic: dataset.synthetic,
    };
    let request = WholeRequest { dataset: permit.dataset().clone(), as_known_at: version.committed_at, rows };
    Ok(Asked { request, format, about, rows: version.total })
}

/// What is told of a file with every answer.
fn told(asked: &Asked, tag: &str) -> [(&'static str, String); 6] {
    let (dataset, version, format) = (&asked.about.dataset, asked.about.version, asked.format);
    let name = format!("{dataset}-v{version}.{}", format.ending());
    [
        ("content-type", format.media_type().to_owned()),
        ("accept-ranges", "bytes".to_owned()),
        ("etag", format!("\"{tag}\"")),
        ("cache-control", "private, no-cache".to_owned()),
        ("content-disposition", format!("attachment; filename=\"{name}\"")),
        ("cuulong-version", version.to_string()),
    ]
}

/// What is told once the file is there.
fn told_of(made: &Made) -> [(&'static str, String); 2] {
    let digest = hex::decode(&made.sha256).unwrap_or_default();
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    [("repr-digest", format!("sha-256=:{digest}:")), ("cuulong-rows", made.rows.to_string())]
}

/// A dataset as a file, or the part of it that a `Range` asks for. The first answer is sent while the file
/// is made, with its checksum in a trailer (`TE: trailers`); the file is then kept for an hour, so that a
/// download that broke off goes on, and `Repr-Digest` tells its checksum.
#[utoipa::path(get, path = "/v1/datasets/{id}/data", tag = "datasets", params(("id" = String, Path), DataParams),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 304), (status = 404), (status = 406), (status = 416)))]
pub async fn data(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(params): Params<DataParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let asked = wanted(&app, &principal, &id, &params).await?;
    let given = downloads::open(&app, &principal, asked.clone()).await?;
    let value = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let tag = match &given {
        Given::Made(made) => made.tag.clone(),
        Given::Growing(following) => following.tag.clone(),
    };
    let quoted = format!("\"{tag}\"");
    if is_known(&headers, &quoted) {
        return Ok((StatusCode::NOT_MODIFIED, told(&asked, &tag)).into_response());
    }
    // A part of another file would not fit what the client has (RFC 9110 §13.1.5).
    let fits = value(header::IF_RANGE).is_none_or(|known| known == quoted);
    let part = value(header::RANGE).filter(|_| fits);
    let mut response = match (given, part) {
        (Given::Growing(following), None) => growing(&asked, following).await?,
        (given, part) => from_file(&asked, &given.made().await?, part).await?,
    };
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

/// The file as it is made, from its beginning.
async fn growing(asked: &Asked, following: Following) -> Answer<Response> {
    let file = following.open(None).await;
    let file = match file {
        Ok(file) => file,
        // It was ready in this very moment, and has its name now.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return from_file(asked, &following.end().await?, None).await;
        }
        Err(error) => return Err(Problem::internal(&error)),
    };
    let told = told(asked, &following.tag);
    let stream = following.stream(file, |made| {
        let said = told_of(made).into_iter();
        said.filter_map(|(name, value)| Some((HeaderName::from_static(name), value.parse().ok()?))).collect()
    });
    let trailer = [(header::TRAILER, "repr-digest, cuulong-rows")];
    Ok((told, trailer, Body::new(Framed(Box::pin(stream)))).into_response())
}

/// The file that is kept, or a part of it.
async fn from_file(asked: &Asked, made: &Made, part: Option<&str>) -> Answer<Response> {
    let told = (told(asked, &made.tag), told_of(made));
    let part = match part.map(|text| range(text, made.bytes)) {
        None | Some(Range::Whole) => None,
        Some(Range::Part(part)) => Some(part),
        Some(Range::Nothing) => {
            let headers = [(header::CONTENT_RANGE, format!("bytes */{}", made.bytes))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let (from, to) = part.as_ref().map_or((0, made.bytes), |part| (part.start, part.end));
    let mut file = tokio::fs::File::open(&made.path).await.map_err(|error| Problem::internal(&error))?;
    file.seek(std::io::SeekFrom::Start(from)).await.map_err(|error| Problem::internal(&error))?;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(to - from), 64 << 10));
    let length = [(header::CONTENT_LENGTH, (to - from).to_string())];
    if part.is_none() {
        return Ok((told.0, told.1, length, body).into_response());
    }
    let range = [(header::CONTENT_RANGE, format!("bytes {from}-{}/{}", to.saturating_sub(1), made.bytes))];
    Ok((StatusCode::PARTIAL_CONTENT, told.0, told.1, length, range, body).into_response())
}

type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, downloads::CutOff>> + Send>>;

/// A body of pieces and, last, trailers.
struct Framed(Frames);

impl http_body::Body for Framed {
    type Data = Bytes;
    type Error = downloads::CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.as_mut().poll_next(cx)
    }
}

/// The checksum of the file, as `sha256sum` writes it.
#[utoipa::path(get, path = "/v1/datasets/{id}/data.sha256", tag = "datasets",
    params(("id" = String, Path), DataParams),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404), (status = 406)))]
pub async fn checksum(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(params): Params<DataParams>,
) -> Answer<Response> {
    let asked = wanted(&app, &principal, &id, &params).await?;
    let made = downloads::open(&app, &principal, asked.clone()).await?.made().await?;
    let (dataset, version, ending) = (&asked.about.dataset, asked.about.version, asked.format.ending());
    let line = format!("{}  {dataset}-v{version}.{ending}\n", made.sha256);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response())
}

/// How large the file will be, before it is made; and its checksum, once it has been.
#[utoipa::path(get, path = "/v1/datasets/{id}/data/estimate", tag = "datasets",
    params(("id" = String, Path), DataParams), responses((status = 200, body = Estimate), (status = 404)))]
pub async fn estimate(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(params): Params<DataParams>,
) -> Answer<Json<Estimate>> {
    let asked = wanted(&app, &principal, &id, &params).await?;
    let version = asked.about.version;
    if let Some(made) = downloads::known(&app, &principal, &asked).await {
        let Made { rows, bytes, sha256, .. } = made;
        return Ok(Json(Estimate { version, rows, bytes, sha256: Some(sha256) }));
    }
    let permit = app.catalog.authorize(&principal, &asked.request.dataset, Purpose::Read, Utc::now()).await?;
    // How many rows there are is told to those who may read all of them.
    if !permit.rows().is_open() {
        return Err(Problem::new(ProblemKind::NotAllowed));
    }
    let bytes = asked.rows.saturating_mul(asked.format.bytes_a_row());
    Ok(Json(Estimate { version, rows: asked.rows, bytes, sha256: None }))
}
