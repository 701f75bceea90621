//! Connections: each is served on its own. Those over HTTP have a limited time to say what they want, and
//! are ended in good order when the node stops; those of other protocols end with it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{ServiceExt, service_fn};

use crate::connections::{Connections, refusal};
use crate::stalled::{Watched, Watchful};

/// How long the head of a request may take, waiting for the next one on an open connection included.
pub(crate) const HEAD: Duration = Duration::from_secs(30);
/// How long another end of HTTP/2 may leave a ping unanswered.
const PONG: Duration = Duration::from_secs(20);
/// What a connection holds of what it reads, and of what it is about to write, bytes.
const BUFFER: usize = 128 << 10;
/// Requests at a time on a connection of HTTP/2.
const STREAMS: u32 = 100;

/// Takes connections of a protocol until this is dropped; they end with it.
pub(crate) async fn take<Ending>(
    listener: TcpListener,
    protocol: &'static str,
    serve: impl Fn(TcpStream, SocketAddr) -> Ending,
) where
    Ending: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, address)) => {
                    if let Err(error) = socket.set_nodelay(true) {
                        tracing::debug!(%error, "a connection sends its packets late");
                    }
                    connections.spawn(serve(socket, address));
                }
                Err(error) => {
                    // Out of sockets: those that end make room.
                    tracing::warn!(%error, protocol, "a connection was not taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves until `stop` resolves, then lets the requests under way end.
pub(crate) async fn serve(
    listener: Watchful,
    connections: Connections,
    router: Router,
    head: Duration,
    stop: impl Future<Output = ()> + Send,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(head).keep_alive_timeout(PONG);
    http2.max_send_buf_size(BUFFER).max_concurrent_streams(STREAMS);
    let (stopping, under_way) = (CancellationToken::new(), TaskTracker::new());
    let mut stop = pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Some(open) = connections.begin(address.ip()) else {
            under_way.spawn(refuse(stream));
            continue;
        };
        let (builder, router, stopping) = (builder.clone(), router.clone(), stopping.clone());
        under_way.spawn(async move {
            one(&builder, stream, address, router, (head, stopping)).await;
            drop(open);
        });
    }
    drop(listener);
    stopping.cancel();
    under_way.close();
    under_way.wait().await;
}

/// Tells somebody that there is no room, as far as that is taken at once.
async fn refuse(mut stream: Watched<TcpStream>) {
    let told = async {
        stream.write_all(refusal().as_bytes()).await?;
        stream.shutdown().await?;
        // What was asked is taken, so that the answer is not lost with it.
        stream.read(&mut [0; 4096]).await
    };
    if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(1), told).await {
        tracing::debug!(%error, "a connection that was refused ended early");
    }
}

async fn one(
    builder: &Builder<TokioExecutor>,
    stream: Watched<TcpStream>,
    address: SocketAddr,
    router: Router,
    (head, stopping): (Duration, CancellationToken),
) {
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = has_asked.clone();
    // Handlers know the address of the connection's other end.
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let service = TowerToHyperService::new(service);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        // Which HTTP it will be is found out without a limit of time.
        () = silent(&has_asked, head) => return,
    };
    if let Err(error) = served {
        tracing::debug!(error, "a connection ended early");
    }
}

/// Ends when the first request is not there in time, and never otherwise.
async fn silent(has_asked: &AtomicBool, head: Duration) {
    tokio::time::sleep(head).await;
    if has_asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    use serve::http::pace::Pace;

    use crate::connections::Connections;
    use crate::stalled::Watchful;

    #[tokio::test]
    async fn who_does_not_say_what_is_wanted_is_cut_off_and_who_asks_is_served() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let (stop, stopped) = oneshot::channel::<()>();
        let head = Duration::from_millis(300);
        let served = tokio::spawn(async move {
            let listener = Watchful::new(listener, Pace::new(Duration::from_secs(5), 1));
            let connections = Connections::new(6, false);
            super::serve(listener, connections, router, head, async { stopped.await.unwrap_or(()) }).await;
        });
        // Nothing at all, the beginning of either HTTP, and a head that never ends.
        for beginning in ["", "P", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\nx: "] {
            let mut silent = TcpStream::connect(address).await.unwrap();
            silent.write_all(beginning.as_bytes()).await.unwrap();
            let mut told = Vec::new();
            let ended = tokio::time::timeout(Duration::from_secs(5), silent.read_to_end(&mut told));
            assert!(ended.await.is_ok(), "`{beginning}` holds its connection");
        }
        // A head that comes a byte at a time.
        let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        let trickle = tokio::spawn(async move {
            while writer.write_all(b"G").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let ended = tokio::time::timeout(Duration::from_secs(5), reader.read(&mut [0; 1])).await;
        assert!(ended.is_ok(), "a head that trickles holds its connection");
        trickle.abort();
        let mut asks = TcpStream::connect(address).await.unwrap();
        asks.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        asks.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
        // One address may have three connections: who opens a fourth is told so at once.
        let mut held = Vec::new();
        let mut told = String::new();
        for _ in 0..4 {
            let mut waits = TcpStream::connect(address).await.unwrap();
            waits.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
            let mut status = [0; 12];
            waits.read_exact(&mut status).await.unwrap();
            told += std::str::from_utf8(&status[8..]).unwrap();
            held.push(waits);
        }
        assert!(told.starts_with(" 200") && told.ends_with(" 503"), "{told}");
        drop(held);
        stop.send(()).unwrap();
        served.await.unwrap();
    }
}
