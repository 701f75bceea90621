//! Sending changes to those who asked for it: signed, in order, again and again until they are taken
//! or given up, and by one node at a time.
//!
//! Messages are those of Standard Webhooks 1.0.0. A change may arrive more than once, always under
//! the same id; a later one never arrives before an earlier one was taken or given up.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{DeadLetter, FeedState, Lease, Webhook};
use chrono::{TimeDelta, Utc};
use futures::StreamExt;
use policy::Principal;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::{Instant, timeout};
use url::Url;
use wording::{Told, told};

use crate::App;
use crate::changes::{self, ChangeDocument, Start, Teller};
use crate::http::{Answer, Links, Problem};
use crate::sealed::hmac_sha256;
use crate::sealer::Sealer;
use crate::v1::wanted_of;

/// What only one node does.
const LEASE: &str = "webhooks";
/// How long the holder may be silent before another node takes over.
const SILENCE: Duration = Duration::from_secs(20);
/// How often the holder shows that it lives. With the longest turn it is shorter than the silence.
const SHOWN_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether something is due.
const TURN: Duration = Duration::from_secs(1);
/// Receivers that are served at the same time.
const AT_ONCE: usize = 16;
/// Changes of one receiver in one turn: the others wait no longer than this many take.
const BATCH: usize = 20;
/// The longest pause between two attempts, seconds.
const LONGEST_PAUSE: u64 = 6 * 3_600;

/// What a node knows of who sends.
struct Turns {
    seen: Option<Lease>,
    since: Instant,
    shown: Option<Instant>,
}

impl App {
    /// Sends changes while this node holds the lease. Where there are no webhooks, nothing is held
    /// and nothing is written.
    pub async fn keep_webhooks(self) {
        if let Err(problem) = self.seal_secrets().await {
            tracing::warn!(?problem, "secrets of webhooks are not sealed yet");
        }
        let mut watch = None;
        let mut turns = Turns { seen: None, since: Instant::now(), shown: None };
        loop {
            match self.turn(&mut turns).await {
                Ok(true) if watch.is_none() => watch = Some(self.catalog.watch_feed()),
                Ok(true) => {}
                Ok(false) => watch = None,
                Err(problem) => tracing::warn!(?problem, "changes cannot be sent to webhooks now"),
            }
            // Woken by a change, or by time: an attempt may be due.
            match &mut watch {
                None => tokio::time::sleep(TURN).await,
                Some(watch) => {
                    if let Ok(Err(_)) = timeout(TURN, watch.changed()).await {
                        return;
                    }
                }
            }
        }
    }

    /// Seals the secrets that were kept as they are before there were sealers.
    async fn seal_secrets(&self) -> Answer<()> {
        for hook in self.catalog.webhooks(None).await? {
            if Sealer::is_sealed(&hook.secret) {
                continue;
            }
            if let Some(sealed) = self.config.sealer.seal(&hook.id, &hook.secret) {
                self.catalog.seal_webhook(&hook, &sealed).await?;
            }
        }
        Ok(())
    }

    /// Serves the webhooks that are due; no, when there are none at all.
    async fn turn(&self, turns: &mut Turns) -> Answer<bool> {
        let hooks = self.catalog.webhooks(None).await?;
        if hooks.is_empty() {
            return Ok(false);
        }
        if self.holds(turns).await? {
            self.serve_webhooks(hooks).await;
        }
        Ok(true)
    }

    /// Whether this node holds the lease, having shown so not long ago.
    async fn holds(&self, turns: &mut Turns) -> Result<bool, catalog::Error> {
        if turns.shown.is_some_and(|shown| shown.elapsed() < SHOWN_EVERY) {
            return Ok(true);
        }
        turns.shown = None;
        let lease = self.catalog.lease(LEASE).await?;
        if turns.seen != lease {
            (turns.seen, turns.since) = (lease.clone(), Instant::now());
        }
        let is_ours = lease.as_ref().is_none_or(|lease| lease.node == self.catalog.node());
        if !is_ours && turns.since.elapsed() < SILENCE {
            return Ok(false);
        }
        let taken = self.catalog.take_lease(LEASE, lease.as_ref()).await?;
        turns.shown = taken.then(Instant::now);
        Ok(taken)
    }

    async fn serve_webhooks(&self, hooks: Vec<Webhook>) {
        let due = |hook: &Webhook| hook.next_at.is_none_or(|next| next <= Utc::now());
        // A turn ends before the others could think that this node is gone.
        let turn =
            futures::stream::iter(hooks.into_iter().filter(due)).for_each_concurrent(AT_ONCE, async |hook| {
                let id = hook.id.clone();
                if let Err(problem) = self.serve_one(hook).await {
                    tracing::warn!(webhook.id = id, ?problem, "a webhook cannot be served now");
                }
            });
        // What is cut off was not noted as taken and is sent again.
        if timeout(SILENCE / 2, turn).await.is_err() {
            tracing::debug!("a turn of webhooks was cut off");
        }
    }

    async fn serve_one(&self, hook: Webhook) -> Answer<()> {
        let Some(principal) = self.catalog.webhook_principal(&hook).await? else { return Ok(()) };
        let wanted = wanted_of(&hook.wanted)?;
        let teller = Teller::open(self, Links::own(self)).await?;
        self.send_again(&hook, &principal, &teller).await?;
        let start = Start { number: hook.position, epoch: Some(hook.epoch.clone()) };
        let found = match changes::read(self, &principal, &wanted, &start, BATCH).await {
            Ok(found) => found,
            Err(problem) if problem.kind == crate::http::ProblemKind::CursorGone => {
                // What lies between cannot be sent any more; it goes on with what there is.
                let state = self.catalog.feed_state().await?;
                tracing::warn!(webhook.id = hook.id, "changes were given up before a webhook was sent them");
                let known = state.last_of(&hook.epoch).unwrap_or(state.last);
                let position = hook.position.min(known).max(state.floor);
                self.catalog.webhook_served(&hook, state.epoch(), position, 0).await?;
                return Ok(());
            }
            Err(problem) => return Err(problem),
        };
        let mut hook = hook;
        for change in &found.changes {
            let told = teller.tell(self, &found.state, std::slice::from_ref(change)).await?;
            let Some(document) = told.first() else { continue };
            let sent = self.send(&hook, document).await;
            let attempts = hook.attempts + 1;
            let taken = u64::from(sent.is_ok());
            match sent {
                Ok(()) => {}
                Err(why) if attempts < self.config.webhook_attempts => {
                    let next = Utc::now() + self.pause(attempts);
                    self.catalog.webhook_failed(&hook.id, attempts, &why, next).await?;
                    return Ok(());
                }
                Err(error) => {
                    metrics::counter!("cuulong_webhook_dead_letters_total").increment(1);
                    let letter =
                        DeadLetter { number: change.number, at: Utc::now(), attempts, error, again: false };
                    self.catalog.add_dead_letter(&hook.id, &letter).await?;
                }
            }
            if !self.went_on(&mut hook, &found.state, change.number, taken).await? {
                return Ok(());
            }
        }
        if found.position > hook.position {
            self.catalog.webhook_served(&hook, found.state.epoch(), found.position, 0).await?;
        }
        Ok(())
    }

    /// Notes that a change is done with, taken or given up; no, when another node or nobody serves this webhook
    /// now.
    async fn went_on(&self, hook: &mut Webhook, state: &FeedState, number: u64, taken: u64) -> Answer<bool> {
        let done = self.catalog.webhook_served(hook, state.epoch(), number, taken).await?;
        (hook.position, hook.attempts) = (number, 0);
        Ok(done)
    }

    /// Tries what was given up and asked for again.
    async fn send_again(&self, hook: &Webhook, principal: &Principal, teller: &Teller) -> Answer<()> {
        for letter in self.catalog.dead_letters(&hook.id, true, BATCH as u64).await? {
            let Some((state, change)) = changes::one(self, principal, letter.number).await? else {
                // Given up, or not to be known any more.
                self.catalog.remove_dead_letter(&hook.id, letter.number, 0).await?;
                continue;
            };
            let told = teller.tell(self, &state, &[change]).await?;
            let Some(document) = told.first() else { continue };
            match self.send(hook, document).await {
                Ok(()) => self.catalog.remove_dead_letter(&hook.id, letter.number, 1).await?,
                Err(error) => {
                    let attempts = letter.attempts + 1;
                    let letter = DeadLetter { attempts, error, again: false, at: Utc::now(), ..letter };
                    self.catalog.add_dead_letter(&hook.id, &letter).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(&self, hook: &Webhook, document: &ChangeDocument) -> Result<(), String> {
        let body = json!({
            "type": format!("change.{}", document.kind),
            "timestamp": document.at,
            "data": document,
        });
        let body = body.to_string();
        let url = Url::parse(&hook.url).map_err(|error| error.to_string())?;
        let secret = self.config.sealer.open(&hook.id, &hook.secret);
        let secret = secret.ok_or_else(|| "this node's secret does not open the webhook's".to_owned())?;
        let headers = signed(&secret, &document.id, Utc::now().timestamp(), &body)
            .ok_or_else(|| "the secret cannot be read".to_owned())?;
        let outcome = self.outgoing().post(&url, headers, body).await;
        let word = if outcome.is_ok() { "taken" } else { "failed" };
        metrics::counter!("cuulong_webhook_messages_total", "outcome" => word).increment(1);
        outcome.map_err(|error| {
            tracing::info!(webhook.id = hook.id, ?error, "a webhook did not take a change");
            error.to_string()
        })
    }

    /// How long to wait after so many attempts: three times as long each time, and at random around
    /// that, so that receivers that were away together are not asked all at once.
    fn pause(&self, attempts: u32) -> TimeDelta {
        let first = self.config.webhook_pause.as_secs().max(1);
        let pause = first.saturating_mul(3_u64.saturating_pow(attempts - 1)).min(LONGEST_PAUSE);
        let random = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
        let millis = pause.saturating_mul(750 + 500 * random / 255);
        TimeDelta::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX / 4))
    }
}

/// The headers by which a receiver knows the message and its sender (Standard Webhooks, "Signature scheme").
fn signed(secret: &SecretString, id: &str, timestamp: i64, body: &str) -> Option<HeaderMap> {
    let secret = secret.expose_secret().strip_prefix(SECRET_PREFIX)?;
    let key = STANDARD.decode(secret).ok()?;
    let time = timestamp.to_string();
    let hash = hmac_sha256(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()]);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_str(id).ok()?);
    headers.insert("webhook-timestamp", HeaderValue::from_str(&time).ok()?);
    let signature = format!("v1,{}", STANDARD.encode(hash));
    headers.insert("webhook-signature", HeaderValue::from_str(&signature).ok()?);
    Some(headers)
}

/// What a secret begins with.
pub(crate) const SECRET_PREFIX: &str = "whsec_";

/// A problem that says why an address cannot be a receiver.
pub(crate) fn receiver(app: &App, text: &str) -> Answer<Url> {
    let wrong = |why: Told| Problem::parameter("url", why);
    if text.len() > 2_000 {
        return Err(wrong(told!(
            "serve-address-longer-than-2000-letters",
            "the address is longer than 2000 letters"
        )));
    }
    let url = Url::parse(text).map_err(|error| wrong(Told::excerpt(format!("`{text}`: {error}"))))?;
    app.outgoing().check(&url).map_err(|error| wrong(error.into()))?;
    Ok(url)
}
