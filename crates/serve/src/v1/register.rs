//! Properties and places of an agency's own, registered by its stewards.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use model::{Place, PlaceId, PlaceKind, Position, Property, PropertyCode, PropertyKind, Text};
use serde::Deserialize;
use utoipa::ToSchema;
use wording::told;

use super::admin::invalid;
use super::documents::{PlaceDocument, PropertyDocument};
use crate::App;
use crate::http::principal::may_register;
use crate::http::{Answer, Body, Caller};

/// A property to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProperty {
    /// Its code: lower-case letters, digits and `_`.
    code: String,
    /// Its sector: `hydrology`, `agriculture`, …
    sector: String,
    /// Its name in Vietnamese.
    name: String,
    /// Its name in English.
    name_en: Option<String>,
    /// Other names under which files carry it.
    #[serde(default)]
    aliases: Vec<String>,
    /// Its unit in UCUM.
    unit: String,
    /// extensive (adds up over space) or intensive (is weighted).
    kind: String,
    /// The smallest plausible value.
    plausible_min: Option<f64>,
    /// The largest plausible value.
    plausible_max: Option<f64>,
    /// What its values usually are: mean, maximum, minimum, sum, count, instantaneous.
    statistic: Option<String>,
    /// What a reader should know, and where the definition comes from.
    note: Option<String>,
}

/// Registers a property beside those of the reference.
#[utoipa::path(post, path = "/v1/properties", tag = "places", security(("key" = [])),
    request_body = NewProperty, responses((status = 201, body = PropertyDocument), (status = 400), (status = 409)))]
pub async fn property(
    State(app): State<App>,
    Caller(principal): Caller,
    Body(asked): Body<NewProperty>,
) -> Answer<(StatusCode, Json<PropertyDocument>)> {
    may_register(&principal)?;
    let property = Property {
        code: PropertyCode::new(&asked.code).map_err(|error| invalid("code", error))?,
        sector: asked.sector,
        name: Text::vi_en(&asked.name, asked.name_en.as_deref().unwrap_or("")),
        aliases: asked.aliases.iter().map(|alias| model::nfc(alias)).collect(),
        unit: asked.unit,
        kind: PropertyKind::from_code(&asked.kind).ok_or_else(|| {
            invalid(
                "kind",
                told!(
                    "serve-neither-extensive-nor-intensive",
                    "`{kind}` is neither extensive nor intensive",
                    kind = asked.kind
                ),
            )
        })?,
        plausible_min: asked.plausible_min,
        plausible_max: asked.plausible_max,
        statistic: asked.statistic,
        cf_standard_name: None,
        note: asked.note,
        confidence: "medium".into(),
    };
    app.catalog.register_property(&property).await?;
    let subject = format!("property:{}", property.code);
    app.note(&principal, "property.registered", &subject, property.name.vi.clone()).await?;
    Ok((StatusCode::CREATED, Json(PropertyDocument::from(&property))))
}

/// A place to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlace {
    /// Its id with its scheme: `station:my_gauge`.
    id: String,
    /// station, province, commune, …
    kind: String,
    /// Its name in Vietnamese.
    name: String,
    /// Its name in English.
    name_en: Option<String>,
    /// Other spellings, as files write them.
    #[serde(default)]
    alt_names: Vec<String>,
    /// Degrees east, WGS 84.
    lon: Option<f64>,
    /// Degrees north, WGS 84.
    lat: Option<f64>,
    /// The river branch that it stands on.
    river: Option<String>,
    /// First day on which it exists.
    valid_from: Option<NaiveDate>,
    /// Last day on which it exists.
    valid_to: Option<NaiveDate>,
    /// Where these facts come from.
    source: String,
}

/// Registers a place beside those of the reference.
#[utoipa::path(post, path = "/v1/places", tag = "places", security(("key" = [])),
    request_body = NewPlace, responses((status = 201, body = PlaceDocument), (status = 400), (status = 409)))]
pub async fn place(
    State(app): State<App>,
    Caller(principal): Caller,
    Body(asked): Body<NewPlace>,
) -> Answer<(StatusCode, Json<PlaceDocument>)> {
    may_register(&principal)?;
    let position = match (asked.lon, asked.lat) {
        (None, None) => None,
        (Some(lon), Some(lat)) if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) => {
            Some(Position { lon, lat })
        }
        _ => {
            return Err(invalid(
                "lon",
                told!(
                    "serve-position-longitude-latitude-degrees",
                    "a position has a longitude and a latitude, in degrees"
                ),
            ));
        }
    };
    let place = Place {
        id: PlaceId::new(&asked.id).map_err(|error| invalid("id", error))?,
        kind: PlaceKind::from_code(&asked.kind).ok_or_else(|| {
            invalid("kind", told!("serve-no-kind-place", "`{kind}` is no kind of place", kind = asked.kind))
        })?,
        name: Text::vi_en(&asked.name, asked.name_en.as_deref().unwrap_or("")),
        type_name: None,
        alt_names: asked.alt_names.iter().map(|name| model::nfc(name)).collect(),
        position,
        area_km2: None,
        river: asked.river,
        valid_from: asked.valid_from,
        valid_to: asked.valid_to,
        source: asked.source,
        confidence: "medium".into(),
    };
    app.catalog.register_place(&place).await?;
    let subject = format!("place:{}", place.id);
    app.note(&principal, "place.registered", &subject, place.name.vi.clone()).await?;
    Ok((StatusCode::CREATED, Json(PlaceDocument::from(&place))))
}
