//! The beginning of a connection: TLS, who it is, and what it may expect.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Lang;
use secrecy::ExposeSecret;
use serve::http::{Problem, ProblemKind};
use serve::live::{THINGS_TOPIC, Visitor};
use tokio::time::timeout;

use crate::connection::{Connection, MOST_PENDING, Parts};
use crate::decode::{self, Bad};
use crate::frame::{Frames, MOST, MOST_BEFORE, NoFrame, Socket};
use crate::outbox::{INFLIGHT, Outbox};
use crate::packet::{Connect, Packet, Reply, Tells, Version, reason};
use crate::pump::Subscriptions;
use crate::sessions::LONGEST;
use crate::{Link, Shared};

/// The first byte of a handshake of TLS; no packet of MQTT begins with it.
const HANDSHAKE: u8 = 0x16;
/// The longest name of a client.
const MOST_NAME: usize = 256;

/// Why a client is not let in.
struct Refused {
    reason: u8,
    why: String,
}

impl Refused {
    fn new(reason: u8, why: impl Into<String>) -> Refused {
        Refused { reason, why: why.into() }
    }
}

/// Lets a client in, or tells it why not.
pub(crate) async fn welcome(
    shared: &Arc<Shared>,
    socket: Link,
    address: SocketAddr,
    has_place: bool,
) -> Result<Option<Connection>, NoFrame> {
    let late = || NoFrame::Gone(std::io::ErrorKind::TimedOut.into());
    let begun = timeout(shared.limits.startup, begin(shared, socket)).await.map_err(|_| late())?;
    let (connect, frames, outbox, is_secure) = match begun? {
        Begun::Client(connect, frames, outbox, is_secure) => (connect, frames, outbox, is_secure),
        Begun::Stranger(outbox) => {
            // In the old version, which every client reads (MQTT-3.1.2-2).
            outbox
                .send(&Reply::ConnAck { is_present: false, code: reason::VERSION, tells: Tells::default() })
                .await
                .ok();
            return Ok(None);
        }
    };
    let entered = match has_place {
        true => timeout(shared.limits.startup, enter(shared, &connect, address, is_secure))
            .await
            .map_err(|_| late())?,
        false => {
            let most = shared.limits.connections;
            Err(Refused::new(reason::BUSY, format!("there are {most} connections already")))
        }
    };
    match entered {
        Ok(visitor) => Ok(settle(shared, *connect, frames, outbox, visitor).await),
        Err(refused) => {
            metrics::counter!("cuulong_mqtt_refused_total").increment(1);
            refuse(&outbox, refused).await;
            Ok(None)
        }
    }
}

async fn refuse(outbox: &Outbox, refused: Refused) {
    let tells = Tells { why: Some(refused.why), ..Tells::default() };
    outbox.send(&Reply::ConnAck { is_present: false, code: refused.reason, tells }).await.ok();
}

enum Begun {
    Client(Box<Connect>, Frames, Outbox, bool),
    /// A version that is not spoken.
    Stranger(Outbox),
}

/// The connection, in TLS if the client begins so, and what it says first.
async fn begin(shared: &Shared, socket: Link) -> Result<Begun, NoFrame> {
    let (socket, is_secure): (Box<dyn Socket>, bool) = match socket {
        // Keys and passwords are taken as they are over HTTP, where TLS is the affair of a proxy.
        Link::Web(socket) => (Box::new(socket), true),
        Link::Tcp(socket) => {
            let mut first = [0_u8];
            socket.peek(&mut first).await?;
            match first[0] == HANDSHAKE {
                true => (Box::new(shared.tls.accept(socket).await?), true),
                false => (Box::new(socket), false),
            }
        }
    };
    let (reader, writer) = tokio::io::split(socket);
    let mut frames = Frames::new(reader);
    let frame = frames.next(MOST_BEFORE).await?;
    let stalled = shared.limits.stalled;
    match decode::connect(&frame) {
        Ok(Packet::Connect(connect)) => {
            let bounds = (connect.receive_maximum, connect.max_packet);
            let outbox = Outbox::begin(writer, connect.version, bounds, stalled);
            Ok(Begun::Client(connect, frames, outbox, is_secure))
        }
        Ok(_) => Err(Bad::Unexpected.into()),
        Err(Bad::Version) => {
            let outbox = Outbox::begin(writer, Version::V4, (INFLIGHT, None), stalled);
            Ok(Begun::Stranger(outbox))
        }
        Err(bad) => Err(bad.into()),
    }
}

/// Who it is.
async fn enter(
    shared: &Shared,
    connect: &Connect,
    address: SocketAddr,
    is_secure: bool,
) -> Result<Visitor, Refused> {
    if connect.client.len() > MOST_NAME {
        return Err(Refused::new(
            reason::CLIENT_NAME,
            format!("a client's name is at most {MOST_NAME} bytes"),
        ));
    }
    if connect.version == Version::V4 && connect.client.is_empty() && !connect.is_clean {
        return Err(Refused::new(reason::CLIENT_NAME, "a session that is to be kept needs a client's name"));
    }
    let ip = address.ip().to_canonical();
    let password = connect.password.as_ref().filter(|password| !password.expose_secret().is_empty());
    if password.is_some() && !is_secure && !ip.is_loopback() {
        let why = "passwords and keys of other machines are taken in TLS only: connect with TLS to this port";
        return Err(Refused::new(reason::NOT_AUTHORIZED, why));
    }
    if let Some(will) = &connect.will
        && !(will.topic.starts_with(THINGS_TOPIC) && will.topic.ends_with("Observations"))
    {
        let why = "a last will is an observation here: nobody would hear of another one";
        return Err(Refused::new(reason::SPECIFIC, why));
    }
    let name = connect.user.as_deref().unwrap_or("");
    Visitor::enter(&shared.app, name, password, ip).await.map_err(|problem| of_problem(&problem))
}

fn of_problem(problem: &Problem) -> Refused {
    let reason = match problem.kind {
        ProblemKind::InvalidCredentials => reason::BAD_LOGIN,
        ProblemKind::TooManyRequests => reason::NOT_AUTHORIZED,
        _ => reason::BUSY,
    };
    Refused::new(reason, sentence(problem))
}

/// What a problem says, as one sentence.
pub(crate) fn sentence(problem: &Problem) -> String {
    let document = problem.document(Lang::En, None);
    let part = |name: &str| document.get(name).and_then(|part| part.as_str()).unwrap_or_default().to_owned();
    let (title, detail) = (part("title"), part("detail"));
    if detail.is_empty() { title } else { format!("{title}: {detail}") }
}

/// Takes up the session, and says what the client may expect.
async fn settle(
    shared: &Arc<Shared>,
    connect: Connect,
    frames: Frames,
    outbox: Outbox,
    visitor: Visitor,
) -> Option<Connection> {
    let is_new = connect.version == Version::V5;
    let client = match connect.client.as_str() {
        "" => format!("cuulong-{}", uuid::Uuid::new_v4().simple()),
        name => name.to_owned(),
    };
    let name = (visitor.name(), client.clone());
    let Some(here) = shared.sessions.arrive(name, &outbox, shared.limits.each).await else {
        let why = format!("there are {} connections of this account already", shared.limits.each);
        refuse(&outbox, Refused::new(reason::QUOTA, why)).await;
        return None;
    };
    let kept = here.take_up().filter(|_| !connect.is_clean);
    let most_idle = u16::try_from(shared.limits.idle.as_secs()).unwrap_or(u16::MAX);
    let keep_alive = match connect.keep_alive {
        0 => most_idle,
        // The old version cannot be told of another time.
        asked if is_new => asked.min(most_idle),
        asked => asked,
    };
    let longest = u32::try_from(LONGEST.as_secs()).unwrap_or(u32::MAX);
    let expires_after = connect.expires_after.min(longest);
    let tells = Tells {
        why: None,
        client: connect.client.is_empty().then_some(client),
        keep_alive: (keep_alive != connect.keep_alive).then_some(keep_alive),
        expires_after: (expires_after != connect.expires_after).then_some(expires_after),
        receive_maximum: u16::try_from(MOST_PENDING).ok(),
        max_packet: u32::try_from(MOST).ok(),
    };
    let is_present = kept.is_some();
    outbox.send(&Reply::ConnAck { is_present, code: reason::SUCCESS, tells }).await.ok()?;
    let (subscriptions, again, received) = match kept {
        Some(kept) => (kept.subscriptions, kept.unacknowledged, kept.received),
        None => (Subscriptions::default(), Vec::new(), Vec::new()),
    };
    let parts = Parts {
        shared: shared.clone(),
        frames,
        outbox,
        visitor,
        here,
        will: connect.will,
        keep_alive: Duration::from_secs(u64::from(keep_alive)).mul_f64(1.5),
        keep: Duration::from_secs(u64::from(expires_after)),
    };
    Some(Connection::new(parts, subscriptions, again, received))
}
