//! Answers that wait to be read: what they hold of the memory is counted and bounded, for the node and for
//! each asker, and given back when their reader takes nothing of it.
//!
//! An answer that is there as a whole is handed on in pieces, each with memory of its own, so that what has
//! been read is free. Each piece carries its count with it, wherever it waits, up to the connection that
//! writes it. Of an answer that is made while it is sent, what was made and not yet written counts.
//!
//! What has come of requests that are not whole yet counts like that.
//!
//! Who has spent the share goes on with one request at a time, whose answer is given when it is small: so
//! that an account is not shut out by a download, and costs no more work than that.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::Next;
use axum::response::IntoResponse;
use chrono::TimeDelta;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use query::Asker;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::pace::Pace;
use super::problem::{Problem, ProblemKind};
use super::received::Received;
use crate::App;

/// Answers up to so many bytes are not counted: the system's own buffers take them.
const FREE: usize = 16 << 10;
/// Answers up to so many bytes are counted and never refused, and larger ones are handed on in pieces of it.
const PIECE: usize = 64 << 10;
/// Bytes a second that a reader takes at least, of the time in which an answer waits for it.
pub const LEAST: u64 = 1 << 10;
/// When to ask again.
const WAIT: TimeDelta = TimeDelta::seconds(10);

/// How much of answers may wait to be read.
#[derive(Debug, Clone, Copy)]
pub struct UnreadLimits {
    /// Bytes of the whole node.
    pub all: u64,
    /// Bytes of one user, or one visitor's address.
    pub each: u64,
    /// How long nothing, or too little, of an answer may be taken before it is given up.
    pub patience: Duration,
}

/// The answers of this node that wait to be read.
#[derive(Debug, Clone)]
pub(crate) struct Unread(Arc<All>);

#[derive(Debug)]
struct All {
    limits: UnreadLimits,
    bytes: AtomicU64,
    shares: Mutex<HashMap<Asker, Weak<Share>>>,
}

/// What one asker has of them.
#[derive(Debug)]
pub(super) struct Share {
    asker: Asker,
    all: Arc<All>,
    bytes: AtomicU64,
    /// Requests whose answers are being made.
    making: AtomicU32,
}

impl Unread {
    pub(crate) fn new(limits: UnreadLimits) -> Unread {
        Unread(Arc::new(All { limits, bytes: AtomicU64::new(0), shares: Mutex::default() }))
    }

    /// Tells the numbers to whoever asks for `/metrics`.
    pub(crate) fn show(&self) {
        metrics::gauge!("cuulong_unread_bytes").set(self.0.bytes.load(Ordering::Relaxed) as f64);
    }

    fn share(&self, asker: Asker) -> Arc<Share> {
        let mut shares = self.0.shares.lock();
        if let Some(share) = shares.get(&asker).and_then(Weak::upgrade) {
            return share;
        }
        let (bytes, making) = (AtomicU64::new(0), AtomicU32::new(0));
        let share = Arc::new(Share { asker: asker.clone(), all: self.0.clone(), bytes, making });
        shares.insert(asker, Arc::downgrade(&share));
        share
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.all.shares.lock();
        // Another may have begun meanwhile.
        if shares.get(&self.asker).is_some_and(|share| share.strong_count() == 0) {
            shares.remove(&self.asker);
        }
    }
}

/// A request whose answer is being made.
struct Making(Arc<Share>);

impl Drop for Making {
    fn drop(&mut self) {
        self.0.making.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Share {
    fn limits(&self) -> UnreadLimits {
        self.all.limits
    }

    /// Begins to make an answer, unless another is being made and what waits already is too much.
    fn begin(self: &Arc<Share>) -> Result<Making, Problem> {
        let others = self.making.fetch_add(1, Ordering::AcqRel);
        let making = Making(self.clone());
        match () {
            () if others == 0 || self.asker == Asker::Node => Ok(making),
            () if self.bytes.load(Ordering::Relaxed) >= self.limits().each => Err(self.spent(0)),
            () if self.all.bytes.load(Ordering::Relaxed) >= self.limits().all => Err(self.full()),
            () => Ok(making),
        }
    }

    /// Counts bytes, whatever waits already.
    pub(super) fn count(self: &Arc<Share>, bytes: u64) -> Counted {
        self.add(bytes);
        Counted { share: self.clone(), bytes }
    }

    fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        self.all.bytes.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Counts the bytes of an answer when there is room for them. One that is alone always has room: it
    /// could never be given otherwise.
    fn admit(self: &Arc<Share>, bytes: u64) -> Result<Counted, Problem> {
        let counted = self.count(bytes);
        self.fits(bytes).map(|()| counted)
    }

    /// Whether what is counted now is not too much, so many bytes of one request among it.
    fn fits(&self, bytes: u64) -> Result<(), Problem> {
        let over = |now: u64, most: u64| now > most && now > bytes;
        let limits = self.limits();
        match () {
            () if self.asker == Asker::Node => Ok(()),
            () if over(self.bytes.load(Ordering::Acquire), limits.each) => Err(self.spent(bytes)),
            () if over(self.all.bytes.load(Ordering::Acquire), limits.all) => Err(self.full()),
            () => Ok(()),
        }
    }

    /// The refusal of more than the asker's share; `refused` bytes are counted and will not wait.
    fn spent(&self, refused: u64) -> Problem {
        metrics::counter!("cuulong_unread_refused_total", "whose" => "asker").increment(1);
        let mebibytes = self.bytes.load(Ordering::Relaxed).saturating_sub(refused) >> 20;
        let blanks = vec![("mebibytes", mebibytes.to_string())];
        Problem::message(ProblemKind::BudgetUsed, "problem-budget-unread", blanks).retry_after(WAIT)
    }

    fn full(&self) -> Problem {
        metrics::counter!("cuulong_unread_refused_total", "whose" => "node").increment(1);
        Problem::message(ProblemKind::Unavailable, "problem-node-unread", vec![]).retry_after(WAIT)
    }
}

/// Bytes that count until this is dropped.
pub(super) struct Counted {
    share: Arc<Share>,
    bytes: u64,
}

impl Counted {
    /// The count of some of the bytes, apart.
    fn part(&mut self, bytes: u64) -> Counted {
        self.bytes -= bytes;
        Counted { share: self.share.clone(), bytes }
    }

    /// Counts more bytes, when there is room for them.
    pub(super) fn grow(&mut self, bytes: u64) -> Result<(), Problem> {
        self.share.add(bytes);
        self.bytes += bytes;
        self.share.fits(self.bytes)
    }

    /// Bytes that carry their count.
    fn carried(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Carried { bytes, _counted: self })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.share.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        self.share.all.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

struct Carried {
    bytes: Bytes,
    _counted: Counted,
}

impl AsRef<[u8]> for Carried {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Counts answers while they wait to be read, and refuses what there is no room for.
pub(crate) async fn hold(State(app): State<App>, request: Request, next: Next) -> Response<Body> {
    let Some(asker) = request.extensions().get::<Asker>().cloned() else {
        return next.run(request).await;
    };
    let share = app.unread().share(asker);
    let making = match share.begin() {
        Ok(making) => making,
        Err(problem) => return problem.into_response(),
    };
    let (request, received) = Received::count(request, &share);
    let response = next.run(request).await;
    let response = match received.and_then(|received| received.refused()) {
        Some(problem) => problem.into_response(),
        None => weighed(response, &share).await,
    };
    drop(making);
    response
}

async fn weighed(response: Response<Body>, share: &Arc<Share>) -> Response<Body> {
    let size = response.body().size_hint().exact();
    if size.is_some_and(|size| size <= FREE as u64) {
        return response;
    }
    let (parts, mut body) = response.into_parts();
    let mut first = None;
    if let Some(size) = size {
        // What is there as a whole comes as one; files and rows come bit by bit.
        match next_of(&mut body).await {
            Some(Ok(frame)) if frame.data_ref().is_some_and(|data| data.len() as u64 == size) => {
                let bytes = frame.into_data().unwrap_or_default();
                return match whole(bytes, share).await {
                    Ok(body) => Response::from_parts(parts, body),
                    Err(problem) => problem.into_response(),
                };
            }
            frame => first = frame,
        }
    }
    let mut rest = Rest { first, body, pieces: VecDeque::new(), share: share.clone() };
    rest.first = rest.first.take().map(|frame| frame.map(|frame| rest.cut(frame)));
    Response::from_parts(parts, Read::begin(Source::Rest(Box::new(rest)), share))
}

async fn next_of(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}

/// An answer that is there as a whole.
async fn whole(bytes: Bytes, share: &Arc<Share>) -> Result<Body, Problem> {
    let size = bytes.len() as u64;
    if bytes.len() <= PIECE {
        return Ok(Body::from(share.count(size).carried(bytes)));
    }
    let mut counted = share.admit(size)?;
    let mut pieces = VecDeque::with_capacity(bytes.len().div_ceil(PIECE));
    for (number, piece) in bytes.chunks(PIECE).enumerate() {
        let part = counted.part(piece.len() as u64);
        pieces.push_back(part.carried(Bytes::copy_from_slice(piece)));
        if number % 16 == 15 {
            // A large one is no reason for others to wait.
            tokio::task::yield_now().await;
        }
    }
    Ok(Read::begin(Source::Pieces { pieces, left: size }, share))
}

/// The body of an answer that is watched while it is read.
struct Read {
    state: Arc<Mutex<Reading>>,
    watch: AbortHandle,
}

/// How far the reading has come.
struct Reading {
    source: Source,
    pace: Pace,
    /// The bytes that were handed out last, and are being written.
    handed: usize,
}

enum Source {
    Pieces { pieces: VecDeque<Bytes>, left: u64 },
    Rest(Box<Rest>),
    GivenUp,
}

/// An answer that is made while it is sent.
struct Rest {
    first: Option<Result<Frame<Bytes>, axum::Error>>,
    body: Body,
    /// What is left of a long frame.
    pieces: VecDeque<Bytes>,
    share: Arc<Share>,
}

impl Rest {
    /// The beginning of a frame, counted; what follows waits.
    fn cut(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let bytes = match frame.into_data() {
            Ok(bytes) if bytes.len() > FREE => bytes,
            Ok(bytes) => return Frame::data(bytes),
            Err(other) => return other,
        };
        let mut bytes = self.share.count(bytes.len() as u64).carried(bytes);
        let first = bytes.split_to(bytes.len().min(PIECE));
        while !bytes.is_empty() {
            self.pieces.push_back(bytes.split_to(bytes.len().min(PIECE)));
        }
        Frame::data(first)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map(|frame| self.cut(frame))))
    }

    /// Bytes that are not in the body any more and have not been handed out.
    fn waiting(&self) -> u64 {
        let first = self.first.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        first.into_iter().chain(&self.pieces).map(|piece| piece.len() as u64).sum()
    }
}

impl Read {
    fn begin(source: Source, share: &Share) -> Body {
        let patience = share.limits().patience;
        let state = Arc::new(Mutex::new(Reading { source, pace: Pace::new(patience, LEAST), handed: 0 }));
        let watched = Arc::downgrade(&state);
        let watch = tokio::spawn(watch(watched, patience / 4)).abort_handle();
        Body::new(Read { state, watch })
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Gives an answer up whose reader takes too little of it. Connections are watched, too; what waits for a
/// reader in one of several streams of a connection (HTTP/2) is seen only here.
async fn watch(state: Weak<Mutex<Reading>>, every: Duration) {
    loop {
        tokio::time::sleep(every.max(Duration::from_millis(10))).await;
        let Some(state) = state.upgrade() else { return };
        let mut state = state.lock();
        if state.pace.is_too_slow(Instant::now()) {
            metrics::counter!("cuulong_unread_given_up_total").increment(1);
            tracing::info!("an answer was given up: its reader takes too little of it");
            state.source = Source::GivenUp;
            return;
        }
    }
}

impl HttpBody for Read {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut reading = self.state.lock();
        let reading = &mut *reading;
        // Who asks for more has taken what was handed out.
        let handed = std::mem::take(&mut reading.handed);
        reading.pace.passes(handed, Instant::now());
        let frame = match &mut reading.source {
            Source::Pieces { pieces, left } => pieces.pop_front().map(|piece| {
                *left -= piece.len() as u64;
                Ok(Frame::data(piece))
            }),
            Source::Rest(rest) => ready!(rest.poll(context)),
            Source::GivenUp => Some(Err(axum::Error::new("the reader took too little of the answer"))),
        };
        if let Some(Ok(frame)) = &frame {
            reading.handed = frame.data_ref().map_or(0, Bytes::len);
            reading.pace.waits(Instant::now());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.state.lock().source {
            Source::Pieces { pieces, .. } => pieces.is_empty(),
            Source::Rest(rest) => rest.first.is_none() && rest.pieces.is_empty() && rest.body.is_end_stream(),
            Source::GivenUp => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state.lock().source {
            Source::Pieces { left, .. } => SizeHint::with_exact(*left),
            Source::Rest(rest) => {
                let (waiting, of_body) = (rest.waiting(), rest.body.size_hint());
                let mut hint = SizeHint::new();
                hint.set_lower(of_body.lower() + waiting);
                if let Some(upper) = of_body.upper() {
                    hint.set_upper(upper + waiting);
                }
                hint
            }
            Source::GivenUp => SizeHint::new(),
        }
    }
}
