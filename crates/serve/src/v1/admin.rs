//! Administration: grants and the audit log.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use model::{AgencyId, DatasetId, PlaceId, PropertyCode, UserId};
use policy::{Grant, GrantLevel, Principal, Role, RowFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::{Told, told};

use super::documents::Page;
use crate::App;
use crate::http::paging::PageParams;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind, params};

/// Refuses everyone but administrators.
pub fn admin_only(principal: &Principal) -> Answer<()> {
    if principal.is_admin() {
        Ok(())
    } else if principal.user().is_none() {
        Err(Problem::new(ProblemKind::SignInRequired))
    } else {
        Err(Problem::new(ProblemKind::NotAllowed))
    }
}

/// A field of a body with a value that it cannot have.
pub fn invalid(field: &str, why: impl Into<Told>) -> Problem {
    Problem::text(ProblemKind::InvalidBody, why).at(field)
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
            expires_at: grant.expires_at.map(model::kept_instant),
        }
    }

    fn into_grant(self) -> Answer<Grant> {
        if self.user.is_some() == self.agency.is_some() {
            return Err(invalid(
                "user",
                told!("serve-name-either-user-agency", "name either a user or an agency"),
            ));
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
            level: GrantLevel::from_code(&self.level).ok_or_else(|| {
                invalid("level", told!("serve-not-level", "`{level}` is not a level", level = self.level))
            })?,
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
#[utoipa::path(get, path = "/v1/grants", tag = "admin", params(PageParams), security(("key" = [])),
    responses((status = 200, body = Page<GrantDocument>)))]
pub async fn grants(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<GrantDocument>>> {
    admin_only(&principal)?;
    let grants = app.catalog.grants(None).await?;
    let total = grants.len() as u64;
    let (page, next) = asked.of(&links, "/v1/grants", grants, |(id, _)| id.to_string())?;
    let items: Vec<_> = page.iter().map(|(id, grant)| GrantDocument::new(*id, grant)).collect();
    Ok(Json(Page { items, total, next }))
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
    let detail = format!("grant {id}: {} for {}", grant.level.code(), taker(&grant));
    app.note(&principal, "grant.added", &format!("dataset:{}", grant.dataset), detail).await?;
    Ok((StatusCode::CREATED, Json(GrantDocument::new(id, &grant))))
}

/// Whom a grant is for, for the audit log.
fn taker(grant: &Grant) -> String {
    match (&grant.user, &grant.agency) {
        (Some(user), _) => format!("user {user}"),
        (None, Some(agency)) => format!("agency {agency}"),
        (None, None) => "nobody".to_owned(),
    }
}

/// Takes a grant back.
#[utoipa::path(delete, path = "/v1/grants/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("key" = [])), responses((status = 204)))]
pub async fn remove_grant(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    admin_only(&principal)?;
    let number: i64 = id.parse().map_err(|_| Problem::not_found(&id))?;
    app.catalog.remove_grant(number).await?;
    app.note(&principal, "grant.removed", &format!("grant:{number}"), String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
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
    links: Links,
    Params(asked): Params<AuditParams>,
) -> Answer<Json<Page<AuditDocument>>> {
    auditors_only(&principal)?;
    let limit = params::limit(asked.limit, 100, 1000)? as u64;
    // One more than the page holds tells whether there is another.
    let mut entries = app.catalog.audit(limit + 1, asked.before).await?;
    let is_last = entries.len() as u64 <= limit;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| !is_last).map(|last| {
        let (limit, before) = (limit.to_string(), last.number.to_string());
        links.to("/v1/audit", &[("limit", &limit), ("before", &before)])
    });
    // Entries are numbered without gaps, so that the newest says how many there are.
    let newest = app.catalog.audit(1, None).await?;
    let total = newest.first().map_or(0, |newest| newest.number);
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
    Ok(Json(Page { items, total, next }))
}

/// Refuses everyone but administrators and auditors.
fn auditors_only(principal: &Principal) -> Answer<()> {
    match principal {
        Principal::User { role: Role::Auditor, .. } => Ok(()),
        other => admin_only(other),
    }
}

/// What came of reading the whole audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationDocument {
    /// Whether every entry fits the one before it and the last is the one that was written last.
    pub intact: bool,
    /// How many entries there are; absent when the chain is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// The first entry that does not fit: it was changed, or entries are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<u64>,
}

/// Reads the whole audit log and says whether it is as it was written. For administrators and auditors.
#[utoipa::path(get, path = "/v1/audit/verification", tag = "admin", security(("key" = [])),
    responses((status = 200, body = VerificationDocument)))]
pub async fn verification(
    State(app): State<App>,
    Caller(principal): Caller,
) -> Answer<Json<VerificationDocument>> {
    auditors_only(&principal)?;
    let (entries, broken_at) = match app.catalog.verify_audit().await {
        Ok(entries) => (Some(entries), None),
        Err(error) => match error.broken_at() {
            Some(number) => (None, Some(number)),
            None => return Err(error.into()),
        },
    };
    if let Some(number) = broken_at {
        tracing::error!(audit.entry = number, "the audit chain is broken");
    }
    Ok(Json(VerificationDocument { intact: broken_at.is_none(), entries, broken_at }))
}
