//! What changed: by cursor, by waiting, and as a stream of events.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use catalog::ChangeKind;
use chrono::{DateTime, Utc};
use futures::Stream;
use model::{Lang, PlaceId, PropertyCode};
use policy::Principal;
use query::Asker;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::datasets::dataset_id;
use crate::App;
use crate::changes::{self, ChangeDocument, Notifier, Start, Subscription, Teller, Wanted};
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang, params, principal};

/// The longest that a request waits for a change, seconds.
const MOST_WAIT: u64 = 60;
/// Changes that are read at a time for a stream: what one subscriber holds of the node's memory.
const BATCH: usize = 50;
/// How long a stream is silent at most, and how often it is asked whether its reader still may read.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ChangeParams {
    /// Where the last answer ended (`next`), or a change's own `cursor`.
    cursor: Option<String>,
    /// Instead of a cursor: from this instant on (RFC 3339), or `now` for what is still to come.
    since: Option<String>,
    /// Only of this dataset.
    dataset: Option<String>,
    /// Only of datasets that observe something at this place or within it.
    place: Option<String>,
    /// Only of datasets that observe this property.
    property: Option<String>,
    /// Only of these kinds, with commas between: registered, described, opened, narrowed, data,
    /// correction, withdrawal, recheck, product, granted, revoked.
    kind: Option<String>,
    /// How many at most, 1 to 1000 (100). Of the list only.
    limit: Option<i64>,
    /// How long to wait for a change when there is none yet, 0 to 60 seconds. Of the list only.
    wait: Option<u64>,
    /// json, or wnm for notification messages of the WMO Information System (WIS 2.0). Those are of
    /// versions only.
    format: Option<String>,
}

/// Changes, in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesPage {
    /// The changes.
    pub items: Vec<ChangeDocument>,
    /// The cursor to go on with, also when there are no items: keep it.
    pub next: String,
    /// Whether there is more now; if not, ask again later, or with `wait`.
    pub more: bool,
}

impl ChangeParams {
    pub(crate) fn wanted(&self) -> Answer<Wanted> {
        let kinds = self.kind.as_deref().map(|text| {
            text.split(',')
                .map(|code| {
                    ChangeKind::from_code(code.trim()).ok_or_else(|| {
                        Problem::parameter(
                            "kind",
                            told!("serve-not-kind-change", "`{code}` is not a kind of change", code = code),
                        )
                    })
                })
                .collect::<Answer<Vec<_>>>()
        });
        let mut kinds = kinds.transpose()?;
        if self.is_wnm()? {
            let versions = |kind: &ChangeKind| crate::changes::is_version(*kind);
            kinds = Some(
                kinds.unwrap_or_else(|| ChangeKind::ALL.to_vec()).into_iter().filter(versions).collect(),
            );
        }
        let parse = |name: &'static str| move |error: model::InvalidId| Problem::parameter(name, error);
        Ok(Wanted {
            dataset: self.dataset.as_deref().map(dataset_id).transpose()?,
            place: self.place.as_deref().map(PlaceId::new).transpose().map_err(parse("place"))?,
            property: self
                .property
                .as_deref()
                .map(PropertyCode::new)
                .transpose()
                .map_err(parse("property"))?,
            kinds,
        })
    }

    fn is_wnm(&self) -> Answer<bool> {
        match self.format.as_deref() {
            None | Some("json") => Ok(false),
            Some("wnm") => Ok(true),
            Some(other) => Err(Problem::parameter(
                "format",
                told!(
                    "serve-not-format-write-json-wnm",
                    "`{other}` is not a format: write json or wnm",
                    other = other
                ),
            )),
        }
    }

    /// Where reading begins: after the cursor, at an instant, or `otherwise`.
    async fn start(&self, app: &App, teller: &Teller, otherwise: Begin) -> Answer<Start> {
        match (&self.cursor, &self.since) {
            (Some(_), Some(_)) => Err(Problem::parameter(
                "since",
                told!("serve-give-cursor-instant-not-both", "give a cursor or an instant, not both"),
            )),
            (Some(cursor), None) => teller.cursors().read("cursor", cursor),
            (None, Some(since)) if since == "now" => Begin::Now.start(app).await,
            (None, Some(since)) => {
                let at = DateTime::parse_from_rfc3339(since).map_err(|_| {
                    Problem::parameter(
                        "since",
                        told!(
                            "serve-neither-instant-such-2026-01-31t07-00",
                            "`{since}` is neither an instant such as 2026-01-31T07:00:00Z nor `now`",
                            since = since
                        ),
                    )
                })?;
                let number = app.catalog.feed_since(at.with_timezone(&Utc)).await?;
                Ok(Start::at(number.max(app.catalog.feed_state().await?.floor)))
            }
            (None, None) => otherwise.start(app).await,
        }
    }
}

#[derive(Clone, Copy)]
enum Begin {
    First,
    Now,
}

impl Begin {
    async fn start(self, app: &App) -> Answer<Start> {
        let state = app.catalog.feed_state().await?;
        Ok(Start::at(match self {
            Begin::First => state.floor,
            Begin::Now => state.last,
        }))
    }
}

/// Everything that happened to the datasets that the asker may know of: versions, corrections,
/// withdrawals, products, registrations, and rights that were given. In one order that never changes:
/// who keeps `next` and asks with it gets every change once. A cursor that cannot be gone on from is
/// 410: of changes that were given up, or of a catalogue that was set back to before it.
#[utoipa::path(get, path = "/v1/changes", tag = "changes", params(ChangeParams),
    responses((status = 200, body = ChangesPage), (status = 410)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    Extension(asker): Extension<Asker>,
    links: Links,
    Params(asked): Params<ChangeParams>,
) -> Answer<Response> {
    let limit = params::limit(asked.limit, 100, 1000)?;
    let wait = asked.wait.unwrap_or(0);
    if wait > MOST_WAIT {
        return Err(Problem::parameter(
            "wait",
            told!(
                "serve-not-0-seconds",
                "`{wait}` is not 0 to {most_wait} seconds",
                wait = wait,
                most_wait = MOST_WAIT
            ),
        ));
    }
    let wanted = asked.wanted()?;
    let teller = Teller::open(&app, links).await?;
    // Looked at from here on: a change that comes after the read is not missed.
    let mut watch = app.catalog.watch_feed();
    let mut start = asked.start(&app, &teller, Begin::First).await?;
    let _counted = if wait > 0 { Some(app.subscribers().begin(asker)?) } else { None };
    let until = Instant::now() + Duration::from_secs(wait);
    let found = loop {
        let found = changes::read(&app, &principal, &wanted, &start, limit).await?;
        if !found.changes.is_empty() || Instant::now() >= until {
            break found;
        }
        // What was looked at and may not be told need not be looked at again.
        start.number = found.position;
        if !found.more && !matches!(timeout_at(until, watch.changed()).await, Ok(Ok(()))) {
            break found;
        }
    };
    let next = teller.cursors().write(&found.state, found.position);
    let mut response = if asked.is_wnm()? {
        let messages = Notifier::new(&app, &principal, &teller).tell(&found.state, &found.changes).await?;
        let link = teller.links().to("/v1/changes", &[("format", "wnm"), ("cursor", &next)]);
        Json(standards::wis2::collection(messages, &link)).into_response()
    } else {
        let items = teller.tell(&app, &found.state, &found.changes).await?;
        Json(ChangesPage { items, next, more: found.more }).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The same changes as server-sent events, from now on, or after `cursor`, `since` or the header
/// `Last-Event-ID`. The first event, `ready`, says from where; each `change` has its cursor as its id,
/// so that a reader that connects again goes on where it was. An `end` says why the stream ends.
#[utoipa::path(get, path = "/v1/changes/stream", tag = "changes", params(ChangeParams),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 410), (status = 429)))]
pub async fn stream(
    State(app): State<App>,
    Caller(principal): Caller,
    Extension(asker): Extension<Asker>,
    links: Links,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    Params(mut asked): Params<ChangeParams>,
) -> Answer<Response> {
    if asked.limit.is_some() || asked.wait.is_some() {
        return Err(Problem::parameter(
            "limit",
            told!(
                "serve-limit-wait-list-not-stream",
                "`limit` and `wait` are of the list, not of the stream"
            ),
        ));
    }
    if let Some(last) =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty())
    {
        (asked.cursor, asked.since) = (Some(last.to_owned()), None);
    }
    let wanted = asked.wanted()?;
    let teller = Teller::open(&app, links).await?;
    let watch = app.catalog.watch_feed();
    let start = asked.start(&app, &teller, Begin::Now).await?;
    let counted = app.subscribers().begin(asker)?;
    // What cannot be read at all is told with a status, before the stream begins.
    let state = app.catalog.feed_state().await?;
    changes::check(&state, &start)?;
    let ready = Event::default().event("ready").id(teller.cursors().write(&state, start.number)).data("{}");
    let is_wnm = asked.is_wnm()?;
    let told = Told {
        app,
        principal,
        headers,
        lang,
        wanted,
        start,
        teller,
        is_wnm,
        watch,
        waiting: VecDeque::from([ready]),
        ended: false,
        _counted: counted,
    };
    let mut response = Sse::new(events(told)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that hold answers back until they are whole would hold this one for ever.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// What a stream goes on with.
struct Told {
    app: App,
    principal: Principal,
    headers: HeaderMap,
    lang: Lang,
    wanted: Wanted,
    start: Start,
    teller: Teller,
    is_wnm: bool,
    watch: watch::Receiver<u64>,
    waiting: VecDeque<Event>,
    ended: bool,
    _counted: Subscription,
}

/// The events, each read when the connection has room for it: a subscriber that does not read costs
/// one batch of memory, and is cut off with its connection.
fn events(told: Told) -> impl Stream<Item = Result<Event, axum::Error>> + Send {
    futures::stream::unfold(told, async |mut told| {
        if let Some(event) = told.waiting.pop_front() {
            return Some((Ok(event), told));
        }
        if told.ended {
            return None;
        }
        let event = match told.step().await {
            Ok(()) => told.waiting.pop_front().unwrap_or_else(|| Event::default().comment("")),
            Err(problem) => {
                told.ended = true;
                let event = Event::default().event("end");
                event
                    .json_data(problem.document(told.lang, None))
                    .unwrap_or_else(|_| Event::default().event("end"))
            }
        };
        Some((Ok(event), told))
    })
}

impl Told {
    /// Reads on, or waits until there is something to read or it is time for a sign of life.
    async fn step(&mut self) -> Answer<()> {
        loop {
            // A key that was withdrawn, or a grant, ends what it opened.
            self.principal = principal::again(&self.app, &self.headers).await?;
            let found = changes::read(&self.app, &self.principal, &self.wanted, &self.start, BATCH).await?;
            self.start.number = found.position;
            // Numbers are this catalogue's own from here on.
            self.start.epoch = Some(found.state.epoch().to_owned());
            if self.is_wnm {
                let notifier = Notifier::new(&self.app, &self.principal, &self.teller);
                let messages = notifier.tell(&found.state, &found.changes).await?;
                for (change, message) in found.changes.iter().zip(messages) {
                    let id = self.teller.cursors().write(&found.state, change.number);
                    self.waiting.push_back(event(id, &message)?);
                }
            } else {
                for item in self.teller.tell(&self.app, &found.state, &found.changes).await? {
                    self.waiting.push_back(event(item.cursor.clone(), &item)?);
                }
            }
            if !self.waiting.is_empty() {
                return Ok(());
            }
            if found.more {
                continue;
            }
            match timeout(HEARTBEAT, self.watch.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Problem::new(ProblemKind::Unavailable)),
                Err(_) => return Ok(()),
            }
        }
    }
}

fn event(id: String, data: &impl Serialize) -> Answer<Event> {
    let event = Event::default().event("change").id(id);
    event.json_data(data).map_err(|error| Problem::internal(&error))
}
