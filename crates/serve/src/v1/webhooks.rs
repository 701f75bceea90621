//! Webhooks: where changes are sent to.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{DeadLetter, Webhook};
use chrono::{DateTime, Utc};
use policy::{Principal, Scope};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wording::Told;

use super::changes::ChangeParams;
use super::documents::Page;
use crate::App;
use crate::changes::Cursors;
use crate::http::paging::PageParams;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, ProblemKind};
use crate::webhooks::{SECRET_PREFIX, receiver};

/// Changes that were given up, of which a webhook's document tells.
const MOST_LETTERS: u64 = 100;

/// A webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// Where changes are sent to, by `POST`: an `https` address.
    url: String,
    /// Only those of this dataset.
    dataset: Option<String>,
    /// Only those of datasets that observe something at this place or within it.
    place: Option<String>,
    /// Only those of datasets that observe this property.
    property: Option<String>,
    /// Only those of these kinds, with commas between.
    kind: Option<String>,
    /// Those after this cursor; absent, those from now on.
    cursor: Option<String>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDocument {
    /// Its id.
    pub id: String,
    /// Whose it is; absent for the node's console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where changes are sent to.
    pub url: String,
    /// Which changes, as parameters of `/v1/changes`.
    pub wanted: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How many changes were taken; those that were given up are in its list of dead letters.
    pub delivered: u64,
    /// How often the next one was tried in vain.
    pub attempts: u32,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The key that messages are signed with (Standard Webhooks): shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The first changes that were given up. Of a single webhook only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dead_letters: Vec<DeadLetterDocument>,
}

/// A change that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterDocument {
    /// The change's id.
    pub id: String,
    /// When it was given up.
    pub at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed last.
    pub error: String,
    /// Whether it is being tried again.
    pub again: bool,
}

/// What is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redelivery {
    /// How many changes.
    pub changes: u64,
}

impl WebhookDocument {
    fn new(hook: Webhook) -> Self {
        WebhookDocument {
            id: hook.id,
            user: hook.user.map(|user| user.to_string()),
            url: hook.url,
            wanted: hook.wanted,
            created_at: model::kept_instant(hook.created_at),
            delivered: hook.delivered,
            attempts: hook.attempts,
            next_at: hook.next_at,
            last_error: hook.last_error,
            secret: None,
            dead_letters: Vec::new(),
        }
    }
}

/// Whether the principal may have webhooks: a user with a key that writes, or the console.
fn may_have(principal: &Principal) -> Answer<()> {
    match principal {
        Principal::Public => Err(Problem::new(ProblemKind::SignInRequired)),
        Principal::User { .. } if !principal.has_scope(Scope::Write) => {
            Err(Problem::new(ProblemKind::KeyScope))
        }
        Principal::User { .. } | Principal::System => Ok(()),
    }
}

/// A webhook of the principal; another's reads as none.
async fn own(app: &App, principal: &Principal, id: &str) -> Answer<Webhook> {
    may_have(principal)?;
    let hook = app.catalog.webhook(id).await?.ok_or_else(|| Problem::not_found(id))?;
    let is_own = hook.user.as_ref() == principal.user() || principal.is_admin();
    if is_own { Ok(hook) } else { Err(Problem::not_found(id)) }
}

/// The webhooks of the asker; of an administrator, everyone's.
#[utoipa::path(get, path = "/v1/webhooks", tag = "changes", params(PageParams), security(("key" = [])),
    responses((status = 200, body = Page<WebhookDocument>), (status = 401)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<WebhookDocument>>> {
    may_have(&principal)?;
    let of = if principal.is_admin() { None } else { principal.user() };
    let hooks = app.catalog.webhooks(of).await?;
    let total = hooks.len() as u64;
    let (page, next) = asked.of(&links, "/v1/webhooks", hooks, |hook| hook.id.clone())?;
    Ok(Json(Page { items: page.into_iter().map(WebhookDocument::new).collect(), total, next }))
}

/// Has changes sent to an address: those that the asker may know of, each signed with the secret of
/// this answer, in order, again and again until they are taken (at least once: compare `webhook-id`).
#[utoipa::path(post, path = "/v1/webhooks", tag = "changes", security(("key" = [])),
    request_body = WebhookInput, responses((status = 201, body = WebhookDocument), (status = 400), (status = 401)))]
pub async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Body(input): Body<WebhookInput>,
) -> Answer<impl IntoResponse> {
    may_have(&principal)?;
    let url = receiver(&app, &input.url)?;
    let conditions = [
        ("dataset", &input.dataset),
        ("place", &input.place),
        ("property", &input.property),
        ("kind", &input.kind),
    ];
    let given = conditions.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let wanted = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    wanted_of(&wanted)?;
    let state = app.catalog.feed_state().await?;
    let position = match &input.cursor {
        None => state.last,
        Some(cursor) => {
            let start = Cursors::open(&app).await?.read("cursor", cursor)?;
            crate::changes::check(&state, &start)?;
            start.number
        }
    };
    let mut key = Vec::with_capacity(32);
    for _ in 0..2 {
        key.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    let secret = format!("{SECRET_PREFIX}{}", STANDARD.encode(key));
    let id = uuid::Uuid::new_v4().to_string();
    let sealed = app.config.sealer.seal(&id, &SecretString::from(secret.clone()));
    let sealed =
        sealed.ok_or_else(|| Problem::internal(&std::io::Error::other("a secret cannot be sealed")))?;
    let hook = Webhook {
        id,
        user: principal.user().cloned(),
        url: url.to_string(),
        secret: sealed,
        wanted,
        created_at: Utc::now(),
        epoch: state.epoch().to_owned(),
        position,
        delivered: 0,
        attempts: 0,
        next_at: None,
        last_error: None,
    };
    app.catalog.add_webhook(&hook).await?;
    let host = url.host_str().unwrap_or_default().to_owned();
    app.note(&principal, "webhook.created", &format!("webhook:{}", hook.id), format!("to {host}")).await?;
    let place = links.path(&format!("/v1/webhooks/{}", hook.id));
    let document = WebhookDocument { secret: Some(secret), ..WebhookDocument::new(hook) };
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(document)))
}

/// A webhook, with the changes that could not be sent.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "changes", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 200, body = WebhookDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<Json<WebhookDocument>> {
    let hook = own(&app, &principal, &id).await?;
    let letters = app.catalog.dead_letters(&hook.id, false, MOST_LETTERS).await?;
    let (cursors, state) = (Cursors::open(&app).await?, app.catalog.feed_state().await?);
    let document = |letter: DeadLetter| DeadLetterDocument {
        id: cursors.id(&state, letter.number).to_string(),
        at: letter.at,
        attempts: letter.attempts,
        error: letter.error,
        again: letter.again,
    };
    let dead_letters = letters.into_iter().map(document).collect();
    Ok(Json(WebhookDocument { dead_letters, ..WebhookDocument::new(hook) }))
}

/// Removes a webhook: nothing is sent to it any more.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "changes", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 204), (status = 404)))]
pub async fn remove(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let hook = own(&app, &principal, &id).await?;
    app.catalog.remove_webhook(&hook.id).await?;
    app.note(&principal, "webhook.removed", &format!("webhook:{}", hook.id), String::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has everything that was given up tried once more.
#[utoipa::path(post, path = "/v1/webhooks/{id}/redeliver", tag = "changes", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 202, body = Redelivery), (status = 404)))]
pub async fn redeliver(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let hook = own(&app, &principal, &id).await?;
    let changes = app.catalog.redeliver(&hook.id).await?;
    Ok((StatusCode::ACCEPTED, Json(Redelivery { changes })))
}

/// What a webhook wants, from the parameters that are kept of it.
pub(crate) fn wanted_of(parameters: &str) -> Answer<crate::changes::Wanted> {
    let uri =
        format!("/?{parameters}").parse().map_err(|error| Problem::parameter("?", Told::excerpt(error)))?;
    let asked = axum::extract::Query::<ChangeParams>::try_from_uri(&uri);
    let axum::extract::Query(asked) = asked.map_err(|error| Problem::parameter("?", Told::excerpt(error)))?;
    asked.wanted()
}
