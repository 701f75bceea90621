//! The datastreams of a dataset.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use policy::Purpose;
use query::At;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::datasets::dataset_id;
use super::documents::Page;
use super::observations::of_version;
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Caller, Links, Params, params};

/// A datastream.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatastreamDocument {
    /// Its number, the same on every node.
    pub id: i64,
    /// Its global name.
    pub urn: String,
    /// The place.
    pub place: String,
    /// The property.
    pub property: String,
    /// How its values are made.
    pub procedure: String,
    /// What a value says about its period.
    pub statistic: &'static str,
    /// The period.
    pub period: String,
    /// The unit, UCUM.
    pub unit: String,
    /// The vertical datum of heights.
    pub datum: String,
}

/// Which version's datastreams.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DatastreamParams {
    /// Only those that this version has values of.
    version: Option<u64>,
    /// Only those that had values as was known at this time.
    as_known_at: Option<String>,
    /// How many at most, 1 to 1000 (1000).
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Go on where a page ended: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
}

/// The datastreams of a dataset that the caller may read: all that are registered, or those that a
/// version has values of.
#[utoipa::path(get, path = "/v1/datasets/{id}/datastreams", tag = "observations",
    params(("id" = String, Path), DatastreamParams), responses((status = 200, body = Page<DatastreamDocument>)))]
pub async fn datastreams(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<DatastreamParams>,
) -> Answer<Response> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let present = match params::at(asked.version, asked.as_known_at.as_deref())? {
        At::Latest => None,
        at => Some(app.engine.present(&permit, at).await?),
    };
    let streams = app.catalog.datastreams(&id).await?;
    let items: Vec<_> = streams
        .iter()
        .filter(|stream| permit.rows().allows(&stream.key.place, &stream.key.property))
        .filter(|stream| present.as_ref().is_none_or(|present| present.datastreams.contains(&stream.id)))
        .map(|stream| DatastreamDocument {
            id: stream.id.0,
            urn: stream.key.to_string(),
            place: stream.key.place.to_string(),
            property: stream.key.property.to_string(),
            procedure: stream.key.procedure.clone(),
            statistic: stream.key.statistic.code(),
            period: stream.key.period.clone(),
            unit: stream.key.unit.clone(),
            datum: stream.key.datum.clone(),
        })
        .collect();
    let total = items.len() as u64;
    let path = format!("/v1/datasets/{id}/datastreams");
    let version = asked.version.map(|version| version.to_string());
    let pinned = [("version", version.as_deref()), ("as_known_at", asked.as_known_at.as_deref())];
    let pinned: Vec<_> = pinned.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    let page = PageParams::new(asked.limit, asked.cursor.clone());
    let (items, next) = page.within(&links, &path, &pinned, items, |stream| stream.id.to_string())?;
    let page = Json(Page { items, total, next });
    Ok(of_version(page.into_response(), present.and_then(|present| present.version)))
}
