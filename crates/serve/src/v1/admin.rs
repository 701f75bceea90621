//! Administration: users, keys, grants and the audit log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use catalog::NewUser;
use chrono::{DateTime, Utc};
use model::{AgencyId, DatasetId, PlaceId, PropertyCode, UserId};
use policy::{Grant, GrantLevel, Principal, Role, RowFilter, Scope};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::documents::Page;
use crate::App;
use crate::http::{Answer, Body, Caller, Params, Problem, ProblemKind, params};

fn admin_only(principal: &Principal) -> Answer<()> {
    if principal.is_admin() {
        Ok(())
    } else if principal.user().is_none() {
        Err(Problem::new(ProblemKind::SignInRequired))
    } else {
        Err(Problem::new(ProblemKind::NotAllowed))
    }
}

fn invalid(field: &str, why: impl std::fmt::Display) -> Problem {
    Problem::text(ProblemKind::InvalidBody, why).at(field)
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserDocument {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// The agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// user, provider, steward, approver, auditor or admin.
    pub role: &'static str,
}

/// The users of this node.
#[utoipa::path(get, path = "/v1/users", tag = "admin", security(("key" = [])),
    responses((status = 200, body = Page<UserDocument>)))]
pub async fn users(State(app): State<App>, Caller(principal): Caller) -> Answer<Json<Page<UserDocument>>> {
    admin_only(&principal)?;
    let users = app.catalog.users().await?;
    let items: Vec<_> = users
        .iter()
        .map(|user| UserDocument {
            id: user.id.to_string(),
            name: user.name.clone(),
            agency: user.agency.as_ref().map(ToString::to_string),
            role: user.role.code(),
        })
        .collect();
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}

/// A user to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// A lower-case letter, then letters, digits or `_`.
    id: String,
    /// The name that others see.
    name: String,
    /// The agency.
    agency: Option<String>,
    /// user, provider, steward, approver, auditor or admin.
    role: String,
    /// A password, at least 12 characters; without one the user has keys only.
    password: Option<String>,
}

/// Creates a user.
#[utoipa::path(post, path = "/v1/users", tag = "admin", request_body = UserInput, security(("key" = [])),
    responses((status = 201)))]
pub async fn create_user(
    State(app): State<App>,
    Caller(principal): Caller,
    Body(input): Body<UserInput>,
) -> Answer<StatusCode> {
    admin_only(&principal)?;
    if input.password.as_ref().is_some_and(|password| password.chars().count() < 12) {
        return Err(invalid("password", "a password has at least 12 characters"));
    }
    let user = NewUser {
        id: UserId::new(&input.id).map_err(|error| invalid("id", error))?,
        name: input.name,
        agency: input.agency.as_deref().map(AgencyId::new).transpose().map_err(|e| invalid("agency", e))?,
        role: Role::from_code(&input.role)
            .ok_or_else(|| invalid("role", format!("`{}` is not a role", input.role)))?,
        password: input.password.map(SecretString::from),
    };
    app.catalog.create_user(user).await?;
    Ok(StatusCode::CREATED)
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
pub struct KeyDocument {
    /// The key itself: shown this once, stored nowhere.
    pub key: String,
}

/// Creates an API key. A user creates keys for themselves, an administrator for anyone.
#[utoipa::path(post, path = "/v1/users/{id}/keys", tag = "admin", params(("id" = String, Path)),
    request_body = KeyInput, security(("key" = [])), responses((status = 200, body = KeyDocument)))]
pub async fn create_key(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<KeyInput>,
) -> Answer<Json<KeyDocument>> {
    let user = UserId::new(&id).map_err(|_| Problem::not_found(&id))?;
    let scope = Scope::from_code(&input.scope)
        .ok_or_else(|| invalid("scope", format!("`{}` is not a scope", input.scope)))?;
    if !principal.is_admin() {
        if principal.user() != Some(&user) {
            return admin_only(&principal).and(Err(Problem::new(ProblemKind::NotAllowed)));
        }
        if !principal.has_scope(scope) {
            return Err(Problem::new(ProblemKind::KeyScope));
        }
    }
    let expires_at = input.expires_at.unwrap_or_else(|| Utc::now() + chrono::Duration::days(365));
    let key = app.catalog.create_key(&user, &input.label, scope, Some(expires_at)).await?;
    Ok(Json(KeyDocument { key: key.expose_secret().to_owned() }))
}

/// Revokes an API key.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("key" = [])), responses((status = 204)))]
pub async fn revoke_key(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    admin_only(&principal)?;
    app.catalog.revoke_key(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A grant.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantDocument {
    /// Its number; given by the node.
    #[serde(default)]
    id: i64,
    /// The dataset.
    dataset: String,
    /// The user who has it …
    user: Option<String>,
    /// … or the agency whose users have it.
    agency: Option<String>,
    /// read or write.
    level: String,
    /// Only these places.
    places: Option<Vec<String>>,
    /// Only these properties.
    properties: Option<Vec<String>>,
    /// Only times before this instant.
    before: Option<DateTime<Utc>>,
    /// When it ends.
    expires_at: Option<DateTime<Utc>>,
}

impl GrantDocument {
    fn new(id: i64, grant: &Grant) -> Self {
        let texts = |ids: &Vec<PlaceId>| ids.iter().map(ToString::to_string).collect();
        GrantDocument {
            id,
            dataset: grant.dataset.to_string(),
            user: grant.user.as_ref().map(ToString::to_string),
            agency: grant.agency.as_ref().map(ToString::to_string),
            level: grant.level.code().to_owned(),
            places: grant.rows.places.as_ref().map(texts),
            properties: grant.rows.properties.as_ref().map(|p| p.iter().map(ToString::to_string).collect()),
            before: grant.rows.before,
            expires_at: grant.expires_at,
        }
    }

    fn into_grant(self) -> Answer<Grant> {
        if self.user.is_some() == self.agency.is_some() {
            return Err(invalid("user", "name either a user or an agency"));
        }
        let places = self.places.map(|ids| ids.iter().map(|id| PlaceId::new(id)).collect()).transpose();
        let properties =
            self.properties.map(|codes| codes.iter().map(|c| PropertyCode::new(c)).collect()).transpose();
        Ok(Grant {
            dataset: DatasetId::new(&self.dataset).map_err(|e| invalid("dataset", e))?,
            user: self.user.as_deref().map(UserId::new).transpose().map_err(|e| invalid("user", e))?,
            agency: self
                .agency
                .as_deref()
                .map(AgencyId::new)
                .transpose()
                .map_err(|e| invalid("agency", e))?,
            level: GrantLevel::from_code(&self.level)
                .ok_or_else(|| invalid("level", format!("`{}` is not a level", self.level)))?,
            rows: RowFilter {
                places: places.map_err(|e| invalid("places", e))?,
                properties: properties.map_err(|e| invalid("properties", e))?,
                before: self.before,
            },
            expires_at: self.expires_at,
        })
    }
}

/// The grants of this node.
#[utoipa::path(get, path = "/v1/grants", tag = "admin", security(("key" = [])),
    responses((status = 200, body = Page<GrantDocument>)))]
pub async fn grants(State(app): State<App>, Caller(principal): Caller) -> Answer<Json<Page<GrantDocument>>> {
    admin_only(&principal)?;
    let grants = app.catalog.grants(None).await?;
    let items: Vec<_> = grants.iter().map(|(id, grant)| GrantDocument::new(*id, grant)).collect();
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}

/// Gives a grant.
#[utoipa::path(post, path = "/v1/grants", tag = "admin", request_body = GrantDocument, security(("key" = [])),
    responses((status = 201, body = GrantDocument)))]
pub async fn add_grant(
    State(app): State<App>,
    Caller(principal): Caller,
    Body(input): Body<GrantDocument>,
) -> Answer<(StatusCode, Json<GrantDocument>)> {
    admin_only(&principal)?;
    let grant = input.into_grant()?;
    if app.catalog.dataset(&grant.dataset).await?.is_none() {
        return Err(Problem::not_found(grant.dataset.as_str()).at("dataset"));
    }
    let id = app.catalog.add_grant(&grant).await?;
    Ok((StatusCode::CREATED, Json(GrantDocument::new(id, &grant))))
}

/// Takes a grant back.
#[utoipa::path(delete, path = "/v1/grants/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("key" = [])), responses((status = 204)))]
pub async fn remove_grant(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    admin_only(&principal)?;
    app.catalog.remove_grant(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditParams {
    /// How many at most, 1 to 1000 (100).
    limit: Option<i64>,
    /// Only entries before this number.
    before: Option<u64>,
}

/// One entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditDocument {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How.
    pub detail: String,
    /// The hash that chains it to the entry before.
    pub hash: String,
}

/// The audit log, newest first. For administrators and auditors.
#[utoipa::path(get, path = "/v1/audit", tag = "admin", params(AuditParams), security(("key" = [])),
    responses((status = 200, body = Page<AuditDocument>)))]
pub async fn audit(
    State(app): State<App>,
    Caller(principal): Caller,
    Params(asked): Params<AuditParams>,
) -> Answer<Json<Page<AuditDocument>>> {
    if !matches!(principal, Principal::User { role: Role::Auditor, .. }) {
        admin_only(&principal)?;
    }
    let limit = params::limit(asked.limit, 100, 1000)? as u64;
    let entries = app.catalog.audit(limit, asked.before).await?;
    let items: Vec<_> = entries
        .into_iter()
        .map(|record| AuditDocument {
            id: record.number,
            at: record.entry.at,
            actor: record.entry.actor,
            action: record.entry.action,
            subject: record.entry.subject,
            detail: record.entry.detail,
            hash: record.hash,
        })
        .collect();
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}
