//! Whole datasets as files: any version, any filter, in the formats that people open.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use chrono::Utc;
use model::{DatasetKind, PlaceId, PropertyCode, Version, VersionInfo};
use policy::{Principal, Purpose};
use query::{WholeRequest, WholeRows};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};

use super::coverages::{Asked, range};
use super::datasets::dataset_id;
use super::sql::instant;
use crate::App;
use crate::downloads::{self, About, FileFormat, Made};
use crate::http::{Answer, Caller, Params, Problem, ProblemKind, params};

/// Which rows, in which format.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DataParams {
    /// csv (without more said), xlsx, parquet (GeoParquet for features), geojson or gpkg.
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
    /// The rows of that version; a filter leaves fewer.
    rows: u64,
    /// About so many bytes for all of them, in this format.
    bytes: u64,
}

/// A file that is asked for.
struct Wanted {
    format: FileFormat,
    version: VersionInfo,
    request: WholeRequest,
    about: About,
}

async fn wanted(app: &App, principal: &Principal, id: &str, asked: &DataParams) -> Answer<Wanted> {
    let id = dataset_id(id)?;
    let now = Utc::now();
    let permit = app.catalog.authorize(principal, &id, Purpose::Read, now).await?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    let name = asked.format.as_deref().unwrap_or("csv");
    let format = FileFormat::from_name(name).ok_or_else(|| {
        let what = format!("`{name}` is not a format: write csv, xlsx, parquet, geojson or gpkg");
        Problem::text(ProblemKind::NotAcceptable, what).at("format").advising("problem-file-format-advice")
    })?;
    let known = instant(asked.as_known_at.as_deref(), "as_known_at")?;
    let version = match (asked.version, known) {
        (None, None) => app.catalog.latest_version(&id).await?,
        (Some(number), None) => app.catalog.version(&id, Version(number)).await?,
        (None, Some(time)) => app.catalog.version_at(&id, time).await?,
        (Some(_), Some(_)) => {
            return Err(Problem::parameter("version", "give either `version` or `as_known_at`"));
        }
    };
    let version = version.ok_or_else(|| Problem::not_found(&format!("a version of {id}")))?;
    let not_here = |name: &str| Err(Problem::parameter(name, format!("`{id}` has no {name} to choose by")));
    let rows = match dataset.kind {
        DatasetKind::Observations => {
            if format.is_spatial() {
                let what = format!(
                    "`{id}` holds observations, which `{name}` does not take: take csv, xlsx or parquet"
                );
                let problem = Problem::text(ProblemKind::NotAcceptable, what);
                return Err(problem.at("format").advising("problem-file-format-advice"));
            }
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
            let given =
                [("place", &asked.place), ("property", &asked.property), ("datetime", &asked.datetime)];
            if let Some((name, _)) = given.iter().find(|(_, value)| value.is_some()) {
                return not_here(name);
            }
            WholeRows::Features { bbox: asked.bbox.as_deref().map(params::bbox).transpose()? }
        }
    };
    let about = About {
        dataset: id.to_string(),
        title: dataset.title.vi.clone(),
        version: version.version.0,
        licence: dataset.licence.clone(),
        source: dataset.source.clone(),
        synthetic: dataset.synthetic,
    };
    let request = WholeRequest { dataset: permit.dataset().clone(), as_known_at: version.committed_at, rows };
    Ok(Wanted { format, version, request, about })
}

async fn made(app: &App, principal: &Principal, id: &str, asked: &DataParams) -> Answer<(Wanted, Made)> {
    let wanted = wanted(app, principal, id, asked).await?;
    let (request, about) = (wanted.request.clone(), wanted.about.clone());
    let made = downloads::file(app, principal, request, wanted.format, about).await?;
    Ok((wanted, made))
}

/// A dataset as a file, or the part of it that a `Range` asks for. The file of a version and a filter
/// is kept for an hour, so that a download that broke off goes on; `Repr-Digest` tells its checksum.
#[utoipa::path(get, path = "/v1/datasets/{id}/data", tag = "datasets", params(("id" = String, Path), DataParams),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 206, content_type = "application/octet-stream", body = Vec<u8>),
              (status = 304), (status = 404), (status = 406), (status = 416)))]
pub async fn data(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<DataParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let (wanted, made) = made(&app, &principal, &id, &asked).await?;
    let value = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let tag = format!("\"{}\"", made.sha256);
    let digest = hex::decode(&made.sha256).map_err(|error| Problem::internal(&error))?;
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    let name = format!("{}-v{}.{}", wanted.about.dataset, wanted.version.version.0, wanted.format.ending());
    let told = [
        (header::CONTENT_TYPE.as_str(), wanted.format.media_type().to_owned()),
        (header::ACCEPT_RANGES.as_str(), "bytes".to_owned()),
        (header::ETAG.as_str(), tag.clone()),
        (header::CACHE_CONTROL.as_str(), "private, no-cache".to_owned()),
        (header::CONTENT_DISPOSITION.as_str(), format!("attachment; filename=\"{name}\"")),
        ("repr-digest", format!("sha-256=:{digest}:")),
        ("cuulong-version", wanted.version.version.0.to_string()),
        ("cuulong-rows", made.rows.to_string()),
    ];
    if value(header::IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    // A part of another file would not fit what the client has (RFC 9110 §13.1.5).
    let fits = value(header::IF_RANGE).is_none_or(|known| known == tag);
    let part = match value(header::RANGE).filter(|_| fits).map(|text| range(text, made.bytes)) {
        None | Some(Asked::Whole) => None,
        Some(Asked::Part(part)) => Some(part),
        Some(Asked::Nothing) => {
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
        return Ok((told, length, body).into_response());
    }
    let range = [(header::CONTENT_RANGE, format!("bytes {from}-{}/{}", to.saturating_sub(1), made.bytes))];
    Ok((StatusCode::PARTIAL_CONTENT, told, length, range, body).into_response())
}

/// The checksum of the file, as `sha256sum` writes it.
#[utoipa::path(get, path = "/v1/datasets/{id}/data.sha256", tag = "datasets",
    params(("id" = String, Path), DataParams),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404), (status = 406)))]
pub async fn checksum(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<DataParams>,
) -> Answer<Response> {
    let (wanted, made) = made(&app, &principal, &id, &asked).await?;
    let (dataset, version, ending) =
        (&wanted.about.dataset, wanted.version.version.0, wanted.format.ending());
    let line = format!("{}  {dataset}-v{version}.{ending}\n", made.sha256);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response())
}

/// How large the file will be, before it is made.
#[utoipa::path(get, path = "/v1/datasets/{id}/data/estimate", tag = "datasets",
    params(("id" = String, Path), DataParams), responses((status = 200, body = Estimate), (status = 404)))]
pub async fn estimate(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<DataParams>,
) -> Answer<Json<Estimate>> {
    let wanted = wanted(&app, &principal, &id, &asked).await?;
    let permit =
        app.catalog.authorize(&principal, &wanted.request.dataset, Purpose::Read, Utc::now()).await?;
    // How many rows there are is told to those who may read all of them.
    if !permit.rows().is_open() {
        return Err(Problem::new(ProblemKind::NotAllowed));
    }
    // What a row takes, as measured on the sample.
    let a_row = match wanted.format {
        FileFormat::Csv => 260,
        FileFormat::Xlsx => 60,
        FileFormat::Parquet => 12,
        FileFormat::GeoJson => 600,
        FileFormat::GeoPackage => 400,
    };
    let rows = wanted.version.total;
    Ok(Json(Estimate { version: wanted.version.version.0, rows, bytes: rows.saturating_mul(a_row) }))
}
