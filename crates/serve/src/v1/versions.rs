//! Versions of a dataset and the differences between two of them.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use model::Version;
use policy::Purpose;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::datasets::dataset_id;
use super::documents::{Page, VersionDocument};
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Caller, Links, Params, Problem, params};

/// The versions of a dataset, newest first.
#[utoipa::path(get, path = "/v1/datasets/{id}/versions", tag = "versions",
    params(("id" = String, Path), PageParams), responses((status = 200, body = Page<VersionDocument>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<VersionDocument>>> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    app.lake.settle(&id).await?;
    let versions = app.catalog.versions(&id).await?;
    let total = versions.len() as u64;
    let told = versions.iter().enumerate().map(|(at, version)| VersionDocument {
        removed: Some(version.removed_since(versions.get(at + 1))),
        ..VersionDocument::from(version)
    });
    let told: Vec<_> = told.collect();
    let path = format!("/v1/datasets/{id}/versions");
    let (items, next) = asked.of(&links, &path, told, |version| version.version.to_string())?;
    Ok(Json(Page { items, total, next }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DifferenceParams {
    /// The version before.
    from: u64,
    /// The version after.
    to: u64,
    /// How many at most, 1 to 10000 (1000).
    limit: Option<i64>,
}

/// A value that differs between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceDocument {
    /// The datastream.
    pub datastream: i64,
    /// The place.
    pub place: String,
    /// The property.
    pub property: String,
    /// The time.
    pub phenomenon_time: DateTime<Utc>,
    /// The number before; absent when the value is new, or was a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// The text before, such as `<0.05`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_text: Option<String>,
    /// The number after; absent when the value is gone, or is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// The text after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_text: Option<String>,
    /// Whether the value is gone.
    pub removed: bool,
    /// The run that brought the value after, or by which it went.
    pub run: String,
}

/// What was added, corrected and taken back between two versions of an observation dataset.
#[utoipa::path(get, path = "/v1/datasets/{id}/differences", tag = "versions",
    params(("id" = String, Path), DifferenceParams),
    responses((status = 200, body = Page<DifferenceDocument>)))]
pub async fn differences(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<DifferenceParams>,
) -> Answer<Json<Page<DifferenceDocument>>> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let limit = params::limit(asked.limit, 1000, 10_000)?;
    if asked.from >= asked.to {
        return Err(Problem::parameter(
            "to",
            told!("serve-not-after", "`{to}` is not after `{from}`", to = asked.to, from = asked.from),
        ));
    }
    let (from, to) = (Version(asked.from), Version(asked.to));
    let differences = app.engine.differences(&permit, from, to, limit).await?;
    let items: Vec<_> = differences
        .rows
        .into_iter()
        .map(|row| DifferenceDocument {
            datastream: row.datastream.0,
            place: row.place.to_string(),
            property: row.property.to_string(),
            phenomenon_time: row.time,
            before: row.before,
            before_text: row.before_text,
            after: row.after,
            after_text: row.after_text,
            removed: row.removed,
            run: row.run,
        })
        .collect();
    Ok(Json(Page { items, total: differences.total, next: None }))
}
