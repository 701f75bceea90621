//! Bodies of requests that are held in memory until they are whole: what has come of them counts like answers
//! that wait to be read, so that nobody fills the node with requests that never end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;

use super::problem::Problem;
use super::unread::{Counted, Share};

/// Where bodies are files, which go to the disk as they come.
const FILES: [&str; 4] = ["/v1/uploads", "/intake", "/uploads", "/mapping-guesses"];

/// What has come of a body; it counts until this is dropped, when the request has been answered.
pub(super) struct Received(Mutex<So>);

/// The bytes so far, or why no more are taken.
enum So {
    Far(Counted),
    Refused(Option<Problem>),
}

impl Received {
    /// Counts what comes of a request's body, where it is held in memory.
    pub(super) fn count(request: Request, share: &Arc<Share>) -> (Request, Option<Arc<Received>>) {
        let path = request.uri().path();
        let is_file = FILES.iter().any(|files| path.starts_with(files) || path.ends_with(files));
        if is_file || request.body().is_end_stream() {
            return (request, None);
        }
        let received = Arc::new(Received(Mutex::new(So::Far(share.count(0)))));
        let told = received.clone();
        (request.map(|body| Body::new(Receiving { body, received })), Some(told))
    }

    /// Why no more was taken of it, if it was so.
    pub(super) fn refused(&self) -> Option<Problem> {
        match &mut *self.0.lock() {
            So::Far(_) => None,
            So::Refused(problem) => problem.take(),
        }
    }

    fn take(&self, bytes: u64) -> bool {
        let mut so = self.0.lock();
        let So::Far(counted) = &mut *so else { return false };
        match counted.grow(bytes) {
            Ok(()) => true,
            Err(problem) => {
                *so = So::Refused(Some(problem));
                false
            }
        }
    }
}

struct Receiving {
    body: Body,
    received: Arc<Received>,
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        match bytes == 0 || self.received.take(bytes as u64) {
            true => Poll::Ready(frame),
            false => Poll::Ready(Some(Err(axum::Error::new("too much is received at a time")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
