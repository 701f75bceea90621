//! What an agency means by names of places that do not say it themselves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use catalog::PlaceAlias;
use chrono::{DateTime, Utc};
use model::{AgencyId, PlaceId, PlaceKind};
use policy::{Principal, Role, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::admin::invalid;
use super::documents::Page;
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind};

/// What an agency means by a name.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceAliasDocument {
    /// The name as the agency's files write it.
    text: String,
    /// The kind of place that it stands for; any when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The id of the place.
    place: String,
    /// Who said so; given by the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// When; given by the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<DateTime<Utc>>,
}

/// Which name is forgotten.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ForgottenParams {
    /// The name.
    text: String,
    /// The kind that it was said of.
    kind: Option<String>,
}

/// Whether someone may say what an agency means: an administrator, or who hands in for the agency.
fn may_say(principal: &Principal, agency: &AgencyId) -> Answer<()> {
    match principal {
        _ if principal.is_admin() => Ok(()),
        Principal::Public => Err(Problem::new(ProblemKind::SignInRequired)),
        Principal::User { role: Role::Steward | Role::Provider, agency: Some(own), .. }
            if own == agency && principal.has_scope(Scope::Write) =>
        {
            Ok(())
        }
        _ => Err(Problem::new(ProblemKind::NotAllowed)),
    }
}

async fn agency_of(app: &App, id: &str) -> Answer<AgencyId> {
    let agency = AgencyId::new(id).map_err(|_| Problem::not_found(id))?;
    match app.catalog.agency(&agency).await? {
        Some(_) => Ok(agency),
        None => Err(Problem::not_found(id)),
    }
}

fn kind_of(text: Option<&str>) -> Answer<Option<PlaceKind>> {
    let Some(text) = text else { return Ok(None) };
    match PlaceKind::from_code(text) {
        Some(kind) => Ok(Some(kind)),
        None => {
            Err(invalid("kind", told!("serve-no-kind-place", "`{kind}` is no kind of place", kind = text)))
        }
    }
}

/// What an agency means by its names of places.
#[utoipa::path(get, path = "/v1/agencies/{id}/place-aliases", tag = "places", 
    params(("id" = String, Path), PageParams),
    security(("key" = [])), responses((status = 200, body = Page<PlaceAliasDocument>), (status = 404)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<PlaceAliasDocument>>> {
    let agency = agency_of(&app, &id).await?;
    may_say(&principal, &agency)?;
    let aliases = app.catalog.place_aliases(&agency).await?;
    let items: Vec<_> = aliases.iter().map(document).collect();
    let total = items.len() as u64;
    let path = format!("/v1/agencies/{agency}/place-aliases");
    let (items, next) =
        asked.of(&links, &path, items, |alias| format!("{}\n{:?}", alias.text, alias.kind))?;
    Ok(Json(Page { items, total, next }))
}

/// Says what an agency means by a name; the next files of the agency are read so.
#[utoipa::path(post, path = "/v1/agencies/{id}/place-aliases", tag = "places", params(("id" = String, Path)),
    request_body = PlaceAliasDocument, security(("key" = [])),
    responses((status = 201, body = PlaceAliasDocument), (status = 404)))]
pub async fn add(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<PlaceAliasDocument>,
) -> Answer<(StatusCode, Json<PlaceAliasDocument>)> {
    let agency = agency_of(&app, &id).await?;
    may_say(&principal, &agency)?;
    let alias = PlaceAlias {
        agency,
        kind: kind_of(input.kind.as_deref())?,
        place: PlaceId::new(&input.place).map_err(|error| invalid("place", error))?,
        written: input.text,
        user: principal.user().cloned(),
        created_at: Utc::now(),
    };
    app.catalog.put_place_alias(&alias).await?;
    let detail = format!("`{}` is {}", alias.written, alias.place);
    app.note(&principal, "place_alias.added", &format!("agency:{}", alias.agency), detail).await?;
    Ok((StatusCode::CREATED, Json(document(&alias))))
}

/// Forgets what an agency means by a name.
#[utoipa::path(delete, path = "/v1/agencies/{id}/place-aliases", tag = "places",
    params(("id" = String, Path), ForgottenParams), security(("key" = [])),
    responses((status = 204), (status = 404)))]
pub async fn remove(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Params(asked): Params<ForgottenParams>,
) -> Answer<StatusCode> {
    let agency = agency_of(&app, &id).await?;
    may_say(&principal, &agency)?;
    let kind = kind_of(asked.kind.as_deref())?;
    app.catalog.remove_place_alias(&agency, &asked.text, kind).await?;
    let detail = format!("`{}`", asked.text);
    app.note(&principal, "place_alias.removed", &format!("agency:{agency}"), detail).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn document(alias: &PlaceAlias) -> PlaceAliasDocument {
    PlaceAliasDocument {
        text: alias.written.clone(),
        kind: alias.kind.map(|kind| kind.code().to_owned()),
        place: alias.place.to_string(),
        user: alias.user.as_ref().map(ToString::to_string),
        created_at: Some(model::kept_instant(alias.created_at)),
    }
}
