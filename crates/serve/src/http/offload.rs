//! Large answers are written and compressed on the threads for scans: the threads that hold the
//! connections are for everyone, and what one asker's answer takes of them all others wait for.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::App;

/// Marks a response whose body takes long to write.
#[derive(Debug, Clone, Copy)]
pub struct Large;

/// Pieces that are written before the client takes them.
const AHEAD: usize = 8;

/// What failed while a response was under way: the connection is cut.
type StreamError = Box<dyn std::error::Error + Send + Sync>;

/// Moves the writing of responses that are marked as [`Large`].
pub async fn offload(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.extensions().get::<Large>().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let (sender, receiver) = mpsc::channel::<Result<Bytes, axum::Error>>(AHEAD);
    let mut data = body.into_data_stream();
    let writing = async move {
        while let Some(bytes) = data.next().await {
            if sender.send(bytes).await.is_err() {
                break;
            }
        }
    };
    let writing =
        app.engine.background(writing.instrument(tracing::info_span!(target: "cuulong::work", "encode")));
    // The work stops when the client goes away: it is dropped with the body.
    let rest = futures::stream::unfold(Some((receiver, writing)), async |state| {
        let (mut receiver, mut writing) = state?;
        match receiver.recv().await {
            Some(bytes) => Some((bytes.map_err(StreamError::from), Some((receiver, writing)))),
            // A panic must not look like the end of the answer.
            None => writing.join().await.err().map(|error| (Err(StreamError::from(error)), None)),
        }
    });
    Response::from_parts(parts, Body::from_stream(rest))
}
