//! API keys: listing, making and withdrawing them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use catalog::KeyInfo;
use chrono::{DateTime, Utc};
use policy::{Principal, Scope};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wording::told;

use super::admin::{admin_only, invalid};
use super::documents::Page;
use super::users::user_id;
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind};

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyDocument {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub label: String,
    /// read, write or admin.
    pub scope: &'static str,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<KeyInfo> for KeyDocument {
    fn from(key: KeyInfo) -> Self {
        KeyDocument {
            id: key.id,
            label: key.label,
            scope: key.scope.code(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// The keys of a user, newest first, also those that ended. A user sees their own, an administrator
/// everyone's.
#[utoipa::path(get, path = "/v1/users/{id}/keys", tag = "admin", params(("id" = String, Path), PageParams),
    security(("key" = [])), responses((status = 200, body = Page<KeyDocument>), (status = 404)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<KeyDocument>>> {
    let user = user_id(&id)?;
    if principal.user() != Some(&user) {
        admin_only(&principal)?;
        app.catalog.user(&user).await?.ok_or_else(|| Problem::not_found(&id))?;
    }
    let keys = app.catalog.keys(&user).await?;
    let total = keys.len() as u64;
    let path = format!("/v1/users/{user}/keys");
    let (page, next) = asked.of(&links, &path, keys, |key| key.id.to_string())?;
    Ok(Json(Page { items: page.into_iter().map(KeyDocument::from).collect(), total, next }))
}

/// A key to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyInput {
    /// What the key is for.
    label: String,
    /// read, write or admin.
    scope: String,
    /// When it ends; absent, after a year.
    expires_at: Option<DateTime<Utc>>,
}

/// A key that was created.
#[derive(Serialize, ToSchema)]
pub struct NewKeyDocument {
    /// The key itself: shown this once, stored nowhere.
    pub key: String,
}

/// Creates an API key. A user creates keys for themselves, an administrator for anyone.
#[utoipa::path(post, path = "/v1/users/{id}/keys", tag = "admin", params(("id" = String, Path)),
    request_body = KeyInput, security(("key" = [])), responses((status = 200, body = NewKeyDocument)))]
pub async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<KeyInput>,
) -> Answer<Json<NewKeyDocument>> {
    let user = user_id(&id)?;
    let scope = Scope::from_code(&input.scope).ok_or_else(|| {
        invalid("scope", told!("serve-not-scope", "`{scope}` is not a scope", scope = input.scope))
    })?;
    if !principal.is_admin() {
        if principal.user() != Some(&user) {
            admin_only(&principal)?;
        }
        if !principal.has_scope(scope) {
            return Err(Problem::new(ProblemKind::KeyScope));
        }
    }
    let expires_at = input.expires_at.unwrap_or_else(|| Utc::now() + chrono::Duration::days(365));
    let key = app.catalog.create_key(&user, &input.label, scope, Some(expires_at)).await?;
    let detail = format!("scope {}, until {}, `{}`", scope.code(), expires_at.date_naive(), input.label);
    app.note(&principal, "key.created", &format!("user:{user}"), detail).await?;
    Ok(Json(NewKeyDocument { key: key.expose_secret().to_owned() }))
}

/// Withdraws an API key for good. A user withdraws their own, with a key that reaches as far or in a
/// session; an administrator anyone's.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("key" = [])), responses((status = 204), (status = 404)))]
pub async fn revoke(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let number: i64 = id.parse().map_err(|_| Problem::not_found(&id))?;
    if !principal.is_admin() {
        own_key(&app, &principal, number).await?;
    }
    app.catalog.revoke_key(number).await?;
    app.note(&principal, "key.revoked", &format!("key:{number}"), String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the principal may withdraw the key as its owner. Another's key reads as no key.
async fn own_key(app: &App, principal: &Principal, number: i64) -> Answer<()> {
    let user = principal.user().ok_or_else(|| Problem::new(ProblemKind::SignInRequired))?;
    let keys = app.catalog.keys(user).await?;
    let key = keys.iter().find(|key| key.id == number);
    let key = key.ok_or_else(|| Problem::not_found(&number.to_string()))?;
    if principal.has_scope(key.scope) { Ok(()) } else { Err(Problem::new(ProblemKind::KeyScope)) }
}
