//! Places, properties and agencies: what the numbers are about, and whose they are.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{NaiveDate, Utc};
use model::{PlaceId, PlaceKind, VIETNAM};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::documents::{Page, PlaceDocument, PropertyDocument, TextDocument};
use crate::App;
use crate::http::paging::{self, PageParams};
use crate::http::{Answer, Links, Params, Problem, params};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PlaceParams {
    /// Words of the name; marks and case do not matter.
    q: Option<String>,
    /// province, commune, station …
    kind: Option<String>,
    /// Only places that exist on this day (YYYY-MM-DD).
    on: Option<NaiveDate>,
    /// How many at most, 1 to 1000 (100).
    limit: Option<i64>,
    /// Go on where a page ended: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
    /// How many to pass over; pages shift when places are added.
    offset: Option<usize>,
}

/// Places: administrative units old and new, stations, river mouths.
#[utoipa::path(get, path = "/v1/places", tag = "places", params(PlaceParams),
    responses((status = 200, body = Page<PlaceDocument>)))]
pub async fn list(
    State(app): State<App>,
    links: Links,
    Params(asked): Params<PlaceParams>,
) -> Answer<Json<Page<PlaceDocument>>> {
    let limit = params::limit(asked.limit, 100, 1000)?;
    let kind = match asked.kind.as_deref() {
        None => None,
        Some(text) => Some(PlaceKind::from_code(text).ok_or_else(|| {
            Problem::parameter(
                "kind",
                told!("serve-not-kind-place", "`{text}` is not a kind of place", text = text),
            )
        })?),
    };
    let gazetteer = app.catalog.gazetteer().await?;
    let found: Vec<&model::Place> = match asked.q.as_deref() {
        Some(text) => gazetteer.search(text, 10_000),
        None => gazetteer.places.iter().collect(),
    };
    let matching: Vec<&model::Place> = found
        .into_iter()
        .filter(|place| kind.is_none_or(|kind| place.kind == kind))
        .filter(|place| {
            asked.on.is_none_or(|day| {
                place.valid_from.is_none_or(|from| from <= day) && place.valid_to.is_none_or(|to| day <= to)
            })
        })
        .collect();
    let total = matching.len() as u64;
    let from = match paging::after(asked.cursor.as_deref())? {
        None => asked.offset.unwrap_or(0),
        Some(last) => {
            let at = matching.iter().position(|place| place.id.as_str() == last);
            at.ok_or_else(paging::unknown)? + 1
        }
    };
    let is_last = matching.len() <= from.saturating_add(limit);
    let page: Vec<&model::Place> = matching.into_iter().skip(from).take(limit).collect();
    let next = page.last().filter(|_| !is_last).map(|last| {
        let (limit, cursor) = (limit.to_string(), paging::cursor(last.id.as_str()));
        let on = asked.on.map(|day| day.to_string());
        let mut parameters = vec![("limit", limit.as_str()), ("cursor", cursor.as_str())];
        for (name, value) in [("q", &asked.q), ("kind", &asked.kind), ("on", &on)] {
            parameters.extend(value.as_deref().map(|value| (name, value)));
        }
        links.to("/v1/places", &parameters)
    });
    let items: Vec<_> = page.into_iter().map(PlaceDocument::from).collect();
    Ok(Json(Page { items, total, next }))
}

/// A place with what it belongs to, what belongs to it, and what it came from or passed into.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceDetail {
    /// The place.
    #[serde(flatten)]
    pub place: PlaceDocument,
    /// The larger places it belonged to, with dates.
    pub parents: Vec<ParentDocument>,
    /// Places that belong to it today (or did, when it ended).
    pub children: Vec<String>,
    /// Places that passed into it.
    pub formed_from: Vec<CrosswalkDocument>,
    /// Places that it passed into.
    pub passed_into: Vec<CrosswalkDocument>,
}

/// A larger place and the time of belonging.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParentDocument {
    /// The larger place.
    pub place: String,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
}

/// A passing of one place into another.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrosswalkDocument {
    /// The other place.
    pub place: String,
    /// The first day after.
    pub effective: String,
    /// The share of the place before that passed, by area; 1 when it passed whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_area: Option<f64>,
}

/// A place.
#[utoipa::path(get, path = "/v1/places/{id}", tag = "places", params(("id" = String, Path)),
    responses((status = 200, body = PlaceDetail), (status = 404)))]
pub async fn show(State(app): State<App>, Path(id): Path<String>) -> Answer<Json<PlaceDetail>> {
    let place_id = PlaceId::new(&id).map_err(|_| Problem::not_found(&id))?;
    let gazetteer = app.catalog.gazetteer().await?;
    let place = gazetteer.place(&place_id).ok_or_else(|| Problem::not_found(&id))?;
    let day = place.valid_to.unwrap_or_else(|| Utc::now().with_timezone(&VIETNAM).date_naive());
    let parents = gazetteer
        .parents
        .iter()
        .filter(|parent| parent.place == place_id)
        .map(|parent| ParentDocument {
            place: parent.parent.to_string(),
            valid_from: parent.valid_from.map(|day| day.to_string()),
            valid_to: parent.valid_to.map(|day| day.to_string()),
        })
        .collect();
    let passing = |other: &PlaceId, crosswalk: &model::Crosswalk| CrosswalkDocument {
        place: other.to_string(),
        effective: crosswalk.effective.to_string(),
        share_area: crosswalk.share_area,
    };
    let crosswalk = &gazetteer.crosswalk;
    Ok(Json(PlaceDetail {
        place: place.into(),
        parents,
        children: gazetteer.children(&place_id, day).iter().map(|child| child.id.to_string()).collect(),
        formed_from: crosswalk.iter().filter(|c| c.to == place_id).map(|c| passing(&c.from, c)).collect(),
        passed_into: crosswalk.iter().filter(|c| c.from == place_id).map(|c| passing(&c.to, c)).collect(),
    }))
}

/// Observed properties and indicators.
#[utoipa::path(get, path = "/v1/properties", tag = "places", params(PageParams),
    responses((status = 200, body = Page<PropertyDocument>)))]
pub async fn properties(
    State(app): State<App>,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<PropertyDocument>>> {
    let gazetteer = app.catalog.gazetteer().await?;
    let items: Vec<_> = gazetteer.properties.iter().map(PropertyDocument::from).collect();
    let total = items.len() as u64;
    let (items, next) = asked.of(&links, "/v1/properties", items, |property| property.code.clone())?;
    Ok(Json(Page { items, total, next }))
}

/// An agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyDocument {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: TextDocument,
    /// Its public page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Agencies that publish or provide data.
#[utoipa::path(get, path = "/v1/agencies", tag = "places", params(PageParams),
    responses((status = 200, body = Page<AgencyDocument>)))]
pub async fn agencies(
    State(app): State<App>,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<AgencyDocument>>> {
    let agencies = app.catalog.agencies().await?;
    let items: Vec<_> = agencies
        .iter()
        .map(|agency| AgencyDocument {
            id: agency.id.to_string(),
            name: (&agency.name).into(),
            url: agency.url.clone(),
        })
        .collect();
    let total = items.len() as u64;
    let (items, next) = asked.of(&links, "/v1/agencies", items, |agency| agency.id.clone())?;
    Ok(Json(Page { items, total, next }))
}
