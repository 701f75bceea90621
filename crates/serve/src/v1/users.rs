//! Users: listing, making and changing accounts, and their passwords.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use catalog::{NewUser, User};
use chrono::Utc;
use model::{AgencyId, UserId};
use policy::{Role, Scope};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wording::told;

use super::admin::{admin_only, invalid};
use super::documents::Page;
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind};

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
    /// Whether the user may neither sign in nor use their keys.
    pub disabled: bool,
}

impl From<&User> for UserDocument {
    fn from(user: &User) -> Self {
        UserDocument {
            id: user.id.to_string(),
            name: user.name.clone(),
            agency: user.agency.as_ref().map(ToString::to_string),
            role: user.role.code(),
            disabled: user.disabled,
        }
    }
}

/// The user's id in a path; what is no id is not found.
pub fn user_id(text: &str) -> Answer<UserId> {
    UserId::new(text).map_err(|_| Problem::not_found(text))
}

fn agency(text: Option<&str>) -> Answer<Option<AgencyId>> {
    text.map(AgencyId::new).transpose().map_err(|error| invalid("agency", error))
}

fn role(code: &str) -> Answer<Role> {
    Role::from_code(code)
        .ok_or_else(|| invalid("role", told!("serve-not-role", "`{code}` is not a role", code = code)))
}

/// The users of this node.
#[utoipa::path(get, path = "/v1/users", tag = "admin", params(PageParams), security(("key" = [])),
    responses((status = 200, body = Page<UserDocument>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<UserDocument>>> {
    admin_only(&principal)?;
    let users = app.catalog.users().await?;
    let total = users.len() as u64;
    let (page, next) = asked.of(&links, "/v1/users", users, |user| user.id.to_string())?;
    let items: Vec<_> = page.iter().map(UserDocument::from).collect();
    Ok(Json(Page { items, total, next }))
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
    /// A password, 12 to 256 characters; without one the user has keys only.
    password: Option<String>,
}

/// Creates a user.
#[utoipa::path(post, path = "/v1/users", tag = "admin", request_body = UserInput, security(("key" = [])),
    responses((status = 201, body = UserDocument)))]
pub async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    Body(input): Body<UserInput>,
) -> Answer<(StatusCode, Json<UserDocument>)> {
    admin_only(&principal)?;
    let user = NewUser {
        id: UserId::new(&input.id).map_err(|error| invalid("id", error))?,
        name: input.name,
        agency: agency(input.agency.as_deref())?,
        role: role(&input.role)?,
        password: input.password.map(SecretString::from),
    };
    let made = app.catalog.create_user(user).await?;
    app.note(&principal, "user.created", &format!("user:{}", made.id), described(&made)).await?;
    Ok((StatusCode::CREATED, Json((&made).into())))
}

/// What an auditor should know of an account.
fn described(user: &User) -> String {
    let agency = user.agency.as_ref().map_or("-", AgencyId::as_str);
    let disabled = if user.disabled { ", disabled" } else { "" };
    format!("role {}, agency {agency}{disabled}", user.role.code())
}

/// A user's new description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// The name that others see.
    name: String,
    /// The agency; absent, the user belongs to none.
    agency: Option<String>,
    /// user, provider, steward, approver, auditor or admin.
    role: String,
    /// Whether the user may neither sign in nor use their keys; absent, it stays as it is.
    disabled: Option<bool>,
}

/// Describes a user anew.
#[utoipa::path(put, path = "/v1/users/{id}", tag = "admin", params(("id" = String, Path)),
    request_body = UserChange, security(("key" = [])),
    responses((status = 200, body = UserDocument), (status = 404)))]
pub async fn update(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(change): Body<UserChange>,
) -> Answer<Json<UserDocument>> {
    admin_only(&principal)?;
    let before = app.catalog.user(&user_id(&id)?).await?.ok_or_else(|| Problem::not_found(&id))?;
    let user = User {
        name: change.name,
        agency: agency(change.agency.as_deref())?,
        role: role(&change.role)?,
        disabled: change.disabled.unwrap_or(before.disabled),
        ..before
    };
    app.catalog.update_user(&user).await?;
    app.note(&principal, "user.updated", &format!("user:{id}"), described(&user)).await?;
    Ok(Json((&user).into()))
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    /// The new password, 12 to 256 characters.
    password: String,
    /// The present password; needed by a user whose key has the scope `write`.
    current: Option<String>,
}

/// Sets a password and ends the user's sessions. For administrators, and for users themselves: in a
/// session or with a key of scope `admin`, or with a key of scope `write` and the present password.
#[utoipa::path(put, path = "/v1/users/{id}/password", tag = "admin", params(("id" = String, Path)),
    request_body = PasswordInput, security(("key" = [])), responses((status = 204), (status = 404)))]
pub async fn set_password(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<PasswordInput>,
) -> Answer<StatusCode> {
    let user = user_id(&id)?;
    if !principal.is_admin() {
        if principal.user() != Some(&user) {
            admin_only(&principal)?;
        }
        if !principal.has_scope(Scope::Write) {
            return Err(Problem::new(ProblemKind::KeyScope));
        }
        // A password opens sessions, which reach further than a key of this scope: whoever holds
        // only the key must not become its owner.
        if !principal.has_scope(Scope::Admin) {
            let current = input.current.ok_or_else(|| Problem::new(ProblemKind::KeyScope).at("current"))?;
            if app.sign_in(user.as_str(), &SecretString::from(current), Utc::now()).await?.is_none() {
                return Err(Problem::new(ProblemKind::NotAllowed).at("current"));
            }
        }
    }
    app.catalog.set_password(&user, SecretString::from(input.password)).await?;
    app.note(&principal, "password.set", &format!("user:{user}"), String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}
