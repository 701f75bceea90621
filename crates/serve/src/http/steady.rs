//! Requests that come too slowly: whoever sends a byte now and then is cut off, and told so, since what is
//! received so far holds memory and a place.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::pace::Pace;
use super::problem::{Problem, ProblemKind};
use crate::App;

/// Bytes a second that a client sends at least, of the time in which its body is waited for.
const LEAST: u64 = 500;

/// Reads bodies only as long as they come at a pace.
pub(crate) async fn keep_pace(State(app): State<App>, request: Request, next: Next) -> Response<Body> {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_slow = Arc::new(AtomicBool::new(false));
    let pace = Pace::new(app.config.unread.patience, LEAST);
    let request = request.map(|body| Body::new(Steady { body, pace, timer: None, is_slow: is_slow.clone() }));
    let response = next.run(request).await;
    if !is_slow.load(Ordering::Relaxed) {
        return response;
    }
    let mut response = Problem::new(ProblemKind::TooSlow).into_response();
    // What may still come of the body is no request.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

struct Steady {
    body: Body,
    pace: Pace,
    /// Runs while the client is waited for.
    timer: Option<Pin<Box<Sleep>>>,
    is_slow: Arc<AtomicBool>,
}

impl HttpBody for Steady {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let now = Instant::now();
        let is_pending = polled.is_pending();
        if let Poll::Ready(frame) = &polled {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            self.pace.passes(data.map_or(0, Bytes::len), now);
            self.timer = None;
        } else {
            self.pace.waits(now);
            let left = self.pace.left(now);
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(left)));
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        if self.pace.is_too_slow(Instant::now()) {
            self.is_slow.store(true, Ordering::Relaxed);
            metrics::counter!("cuulong_slow_requests_total").increment(1);
            return Poll::Ready(Some(Err(axum::Error::new("the body comes too slowly"))));
        }
        if is_pending {
            // Fast enough so far: watched anew.
            let mut timer = Box::pin(sleep(self.pace.left(Instant::now())));
            if timer.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
            self.timer = Some(timer);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
