//! MQTT over WebSocket (MQTT 5 §6, RFC 6455), for pages and for networks that let only HTTP through: the
//! handshake at `/mqtt` of the HTTP port, and frames around the bytes of a connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Buf, BytesMut};
use hyper_util::rt::TokioIo;
use serve::http::principal::client_address;
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Link, Server, connection};

/// Where the handshake is made.
pub(crate) const PATH: &str = "/mqtt";
/// The names of the protocol that clients ask for: by the standard, and as old clients do.
const PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];
/// What a key is hashed with (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of a connection that wait on each side, and the longest frame that is sent.
const PORTION: usize = 16 << 10;
/// The longest frame that says something of the connection itself (RFC 6455 §5.5).
const MOST_CONTROL: usize = 125;
/// Answers to pings that wait.
const PONGS: usize = 4;
/// How long what is on its way may take to leave when the client has said that it goes.
const FAREWELL: Duration = Duration::from_secs(5);
/// Clients that shook hands and are not served yet.
const ARRIVALS: usize = 64;

/// A client that shook hands.
struct Arrival {
    upgrading: hyper::upgrade::OnUpgrade,
    address: IpAddr,
}

/// What the handshake needs.
#[derive(Clone)]
struct Door {
    server: Server,
    arrivals: mpsc::Sender<Arrival>,
}

impl Server {
    /// The route of the handshake, and the work of serving those who made it: they end with it.
    pub fn web(&self) -> (Router, impl Future<Output = ()> + Send + use<>) {
        let (arrivals, mut queue) = mpsc::channel::<Arrival>(ARRIVALS);
        let door = Door { server: self.clone(), arrivals };
        let router = Router::new().route(PATH, get(shake)).with_state(door);
        let shared = self.shared.clone();
        let serving = async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    arrived = queue.recv() => match arrived {
                        Some(arrival) => drop(connections.spawn(serve(shared.clone(), arrival))),
                        None => return,
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        };
        (router, serving)
    }
}

/// Answers a handshake (RFC 6455 §4.2.2).
async fn shake(State(door): State<Door>, mut request: Request) -> Response {
    let accepted = match accept(request.headers()) {
        Ok(accepted) => accepted,
        Err(refused) => return *refused,
    };
    let address = client_address(&door.server.shared.app, &request);
    // HTTP/2 has no such connections; who speaks it asks for none here.
    let (Some(address), Some(_)) = (address, request.extensions().get::<hyper::upgrade::OnUpgrade>()) else {
        return refusal(StatusCode::BAD_REQUEST, "WebSocket: HTTP/1.1");
    };
    let upgrading = hyper::upgrade::on(&mut request);
    if door.arrivals.try_send(Arrival { upgrading, address }).is_err() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "hãy thử lại sau · try again later");
    }
    (StatusCode::SWITCHING_PROTOCOLS, accepted).into_response()
}

/// The heads of an answer that accepts.
type Accepted = [(HeaderName, String); 4];

fn accept(headers: &HeaderMap) -> Result<Accepted, Box<Response>> {
    let lists = |name: HeaderName, wanted: &str| {
        let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    let asks = lists(header::CONNECTION, "upgrade") && lists(header::UPGRADE, "websocket");
    if !asks || !lists(header::SEC_WEBSOCKET_VERSION, "13") {
        let why = "đây là MQTT qua WebSocket (phiên bản 13, giao thức con `mqtt`) · \
                   MQTT over WebSocket is served here (version 13, subprotocol `mqtt`)";
        return Err(Box::new(refusal(StatusCode::UPGRADE_REQUIRED, why)));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).map(str::trim);
    let is_key = |key: &&str| BASE64_STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16);
    let Some(key) = key.filter(is_key) else {
        return Err(Box::new(refusal(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key?")));
    };
    let protocol = PROTOCOLS.into_iter().find(|protocol| lists(header::SEC_WEBSOCKET_PROTOCOL, protocol));
    let Some(protocol) = protocol else {
        let why = "hãy nêu giao thức con `mqtt` · name the subprotocol `mqtt`";
        return Err(Box::new(refusal(StatusCode::BAD_REQUEST, why)));
    };
    let hashed = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
    Ok([
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, BASE64_STANDARD.encode(hashed)),
        (header::SEC_WEBSOCKET_PROTOCOL, protocol.to_owned()),
    ])
}

fn refusal(status: StatusCode, why: &'static str) -> Response {
    let heads = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ];
    match status {
        StatusCode::UPGRADE_REQUIRED => (status, heads, why).into_response(),
        _ => (status, why).into_response(),
    }
}

async fn serve(shared: std::sync::Arc<crate::Shared>, arrival: Arrival) {
    let upgraded = match timeout(shared.limits.startup, arrival.upgrading).await {
        Ok(Ok(upgraded)) => upgraded,
        _ => return,
    };
    let (near, far) = duplex(PORTION);
    let link = Link::Web(near);
    tokio::join!(
        connection(shared, link, SocketAddr::new(arrival.address, 0)),
        carry(TokioIo::new(upgraded), far),
    );
}

/// Carries bytes between a WebSocket and a connection until one of them ends.
async fn carry(socket: impl AsyncRead + AsyncWrite, pipe: DuplexStream) {
    let (reader, writer) = split(socket);
    let (from_pipe, to_pipe) = split(pipe);
    let (answers, asked) = mpsc::channel(PONGS);
    let mut outward = std::pin::pin!(outward(from_pipe, writer, asked));
    tokio::select! {
        _ = &mut outward => return,
        read = inward(reader, to_pipe, answers) => {
            if let Err(error) = read {
                tracing::debug!(%error, "a WebSocket ended");
            }
        }
    }
    timeout(FAREWELL, outward).await.ok();
}

/// What a frame is (RFC 6455 §5.2).
#[derive(Debug, PartialEq)]
struct Head {
    is_last: bool,
    code: u8,
    mask: [u8; 4],
    length: u64,
}

const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The head of a frame of a client and how many bytes it takes, once all of it is there.
fn head(bytes: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let wrong = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why.to_owned()));
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0x70 != 0 || second & 0x80 == 0 {
        return wrong("a frame of a client is masked, and has no extensions");
    }
    let (length, taken) = match second & 0x7f {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (u64::from_be_bytes(*length), 8),
            None => return Ok(None),
        },
        length => (u64::from(length), 0),
    };
    let Some(mask) = rest[taken..].first_chunk::<4>() else { return Ok(None) };
    let head = Head { is_last: first & 0x80 != 0, code: first & 0x0f, mask: *mask, length };
    match head.code {
        CONTINUATION | BINARY => {}
        CLOSE | PING | PONG if head.is_last && length <= MOST_CONTROL as u64 => {}
        // MQTT-6.0.0-1.
        _ => return wrong("frames of MQTT are binary"),
    }
    Ok(Some((head, 2 + taken + 4)))
}

/// Takes frames of the client apart.
async fn inward<S: AsyncRead>(
    mut socket: ReadHalf<S>,
    mut pipe: WriteHalf<DuplexStream>,
    answers: mpsc::Sender<Vec<u8>>,
) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    // Whether a message is under way that has more frames.
    let mut goes_on = false;
    loop {
        let (head, length) = loop {
            match head(&buffer)? {
                Some(found) => break found,
                None => more(&mut socket, &mut buffer).await?,
            }
        };
        buffer.advance(length);
        if head.code == CONTINUATION || head.code == BINARY {
            if goes_on != (head.code == CONTINUATION) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a message in a message"));
            }
            goes_on = !head.is_last;
            let mut left = head.length;
            let mut place = 0;
            while left > 0 {
                if buffer.is_empty() {
                    more(&mut socket, &mut buffer).await?;
                }
                let here = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let mut part = buffer.split_to(here);
                unmask(&mut part, head.mask, place);
                pipe.write_all(&part).await?;
                place = (place + here) % 4;
                left -= here as u64;
            }
            continue;
        }
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        while buffer.len() < length {
            more(&mut socket, &mut buffer).await?;
        }
        let mut said = buffer.split_to(length);
        unmask(&mut said, head.mask, 0);
        match head.code {
            // A client that asks faster than it listens is not answered each time.
            PING => drop(answers.try_send(frame(PONG, &said))),
            CLOSE => {
                answers.send(frame(CLOSE, &said)).await.ok();
                return Ok(());
            }
            _ => {}
        }
    }
}

async fn more<S: AsyncRead>(socket: &mut ReadHalf<S>, buffer: &mut BytesMut) -> io::Result<()> {
    buffer.reserve(PORTION);
    match socket.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn unmask(bytes: &mut [u8], mask: [u8; 4], place: usize) {
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte ^= mask[(place + at) % 4];
    }
}

/// A frame of this side, which is not masked.
fn frame(code: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(bytes.len() + 4);
    frame.push(0x80 | code);
    match u16::try_from(bytes.len()) {
        Ok(length) if usize::from(length) <= MOST_CONTROL => frame.push(length as u8),
        // No frame of this side is longer than a portion.
        length => {
            frame.push(126);
            frame.extend_from_slice(&length.unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(bytes);
    frame
}

/// Puts what the connection says into frames, and answers beside it.
async fn outward<S: AsyncWrite>(
    mut pipe: ReadHalf<DuplexStream>,
    mut socket: WriteHalf<S>,
    mut answers: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    let mut portion = vec![0; PORTION];
    loop {
        tokio::select! {
            read = pipe.read(&mut portion) => match read? {
                0 => {
                    // A normal end (RFC 6455 §7.4.1).
                    socket.write_all(&frame(CLOSE, &1000_u16.to_be_bytes())).await?;
                    return socket.shutdown().await;
                }
                length => socket.write_all(&frame(BINARY, &portion[..length])).await?,
            },
            Some(answer) = answers.recv() => {
                socket.write_all(&answer).await?;
                if answer.first() == Some(&(0x80 | CLOSE)) {
                    return socket.shutdown().await;
                }
            }
        }
        socket.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of a client.
    fn masked(code: u8, is_last: bool, bytes: &[u8]) -> Vec<u8> {
        let mut frame = frame(code, bytes);
        frame[0] = (u8::from(is_last) << 7) | code;
        frame[1] |= 0x80;
        let body = frame.len() - bytes.len();
        let mask = [7, 77, 177, 0];
        unmask(&mut frame[body..], mask, 0);
        drop(frame.splice(body..body, mask));
        frame
    }

    #[test]
    fn a_key_is_answered_as_the_standard_s_example_is() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "mqttv3.1, mqtt"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let accepted = accept(&headers).unwrap();
        // RFC 6455 §1.3.
        assert_eq!(accepted[2].1, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(accepted[3].1, "mqtt");
        for (name, status) in [("upgrade", 426), ("sec-websocket-protocol", 400), ("sec-websocket-key", 400)]
        {
            let mut without = headers.clone();
            without.remove(name);
            assert_eq!(accept(&without).unwrap_err().status().as_u16(), status, "{name}");
        }
    }

    #[tokio::test]
    async fn bytes_come_through_however_they_are_cut_and_pings_are_answered() {
        let (mut client, socket) = duplex(1 << 20);
        let (mut near, far) = duplex(PORTION);
        let carried = tokio::spawn(carry(socket, far));
        let long: Vec<u8> = (0..70_000_u32).map(|at| (at % 251) as u8).collect();
        let mut sent = masked(BINARY, false, &long[..3]);
        sent.extend(masked(PING, true, b"here?"));
        sent.extend(masked(CONTINUATION, false, &[]));
        sent.extend(masked(CONTINUATION, true, &long[3..200]));
        sent.extend(masked(BINARY, true, &long[200..30_000]));
        sent.extend(masked(BINARY, true, &long[30_000..70_000]));
        // In pieces, so that heads are cut as well.
        let sending = tokio::spawn(async move {
            for piece in sent.chunks(997) {
                client.write_all(piece).await.unwrap();
            }
            client
        });
        let mut heard = vec![0; long.len()];
        near.read_exact(&mut heard).await.unwrap();
        assert!(heard == long, "not what was sent");
        let mut client = sending.await.unwrap();
        let mut pong = [0; 7];
        client.read_exact(&mut pong).await.unwrap();
        assert_eq!(&pong, b"\x8a\x05here?");
        near.write_all(&[1; 300]).await.unwrap();
        let mut answer = [0; 304];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!((&answer[..4], answer[303]), (&[0x82, 126, 1, 44][..], 1));
        client.write_all(&masked(CLOSE, true, &[3, 232])).await.unwrap();
        let mut end = Vec::new();
        client.read_to_end(&mut end).await.unwrap();
        assert_eq!(end, [0x88, 2, 3, 232]);
        drop(near);
        carried.await.unwrap();
    }

    #[test]
    fn frames_that_are_none_of_a_client_are_refused() {
        for bytes in [
            &[0x82, 0x05, 1, 2, 3, 4][..],
            &[0xc2, 0x85, 0, 0, 0, 0],
            &[0x81, 0x80, 0, 0, 0, 0],
            &[0x09, 0x80, 0, 0, 0, 0],
            &[0x89, 0xfe, 0, 126, 0, 0, 0, 0],
            &[0x83, 0x80, 0, 0, 0, 0],
        ] {
            assert!(head(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(head(&[0x82, 0xfe, 1]).unwrap(), None);
    }
}
