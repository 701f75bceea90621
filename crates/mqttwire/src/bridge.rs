//! A bridge to another broker: what this node tells is published there, as far as the bridge's principal
//! may know of it, and observations that are published there become versions here, written as that
//! principal.
//!
//! It speaks MQTT 5, and asks not to be sent what it published itself. Its place in the feed is its
//! queue, as any client's: what happens while the broker is away is told when it is back. The place up to which
//! the broker has acknowledged everything is kept in the node's folder, so that what happens while the node is
//! away is told as well; what was acknowledged after it was kept last is told once more.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serve::live::{Place, Visitor, publish};
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::ask;
use crate::connection::{is_passing, reason_of};
use crate::decode;
use crate::frame::{Frames, MOST, Socket};
use crate::outbox::{INFLIGHT, Outbox};
use crate::packet::{Packet, Publish, QoS, Reply, Version, reason};
use crate::pump::{Command, Pump, Subscriptions};
use crate::welcome::sentence;
use crate::{Server, Shared};

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the broker is shown that somebody is there, and how long it may be silent.
const BEAT: Duration = Duration::from_secs(30);
/// How often is kept how far the broker has been told.
const SAVING: Duration = Duration::from_secs(1);
/// How long the broker may hear nothing before it gives the bridge up, seconds.
const KEEP_ALIVE: u16 = 60;
/// How long to wait before the broker is called again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long the broker is asked to keep what is published while the bridge is away, seconds.
const KEPT: u32 = 24 * 3_600;
/// What is taken in: observations, to their set or to that of a datastream.
const TAKEN: [&str; 2] = ["v1.1/Observations", "v1.1/+/Observations"];
/// What is told where nobody says what: changes of datasets, messages of WIS 2.0, and every observation.
const TOLD: [&str; 3] = ["cuulong/changes/#", "origin/#", "v1.1/Observations"];

/// Where the other broker is, and as whom what is done.
#[derive(Debug, Clone)]
pub struct Bridge {
    host: String,
    port: u16,
    is_secure: bool,
    user: Option<String>,
    /// The password for the broker.
    password: Option<SecretString>,
    /// A key of this node: whose principal reads what is told and writes what is taken in; without one,
    /// only what anybody may read is told, and nothing is taken in.
    key: Option<SecretString>,
    topics: Vec<String>,
}

impl Bridge {
    /// Reads `mqtt[s]://[user@]host[:port]`, and the topics that are told, separated by commas.
    ///
    /// # Errors
    /// Says in words what is wrong with the address.
    pub fn parse(
        address: &str,
        password: Option<SecretString>,
        key: Option<SecretString>,
        topics: &str,
    ) -> Result<Bridge, String> {
        let (is_secure, rest) = match address.split_once("://") {
            Some(("mqtt", rest)) => (false, rest),
            Some(("mqtts", rest)) => (true, rest),
            _ => return Err("write `mqtt://host:1883` or `mqtts://host:8883`".to_owned()),
        };
        let (user, place) = match rest.trim_end_matches('/').rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err("leave the password out of the address: it has a setting of its own".to_owned());
            }
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, rest.trim_end_matches('/')),
        };
        let usual = if is_secure { 8883 } else { 1883 };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| format!("`{port}` is no port"))?)
            }
            _ => (place, usual),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err("the address names no host".to_owned());
        }
        let mut topics: Vec<String> =
            topics.split(',').map(str::trim).filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
        if topics.is_empty() {
            topics.extend(TOLD.map(str::to_owned));
        }
        Ok(Bridge { host, port, is_secure, user, password, key, topics })
    }
}

/// Why the bridge is down.
#[derive(Debug, thiserror::Error)]
enum Down {
    #[error("the broker cannot be reached")]
    Gone(#[from] std::io::Error),
    #[error("the broker did not answer in time")]
    Late,
    #[error("{0}")]
    Refused(String),
}

impl Server {
    /// Keeps a bridge up until this is dropped; `place` is the file in which it keeps how far it has told.
    pub async fn bridge(self, bridge: Bridge, place: PathBuf) {
        let kept = tokio::fs::read_to_string(&place).await.ok().and_then(|text| Place::of_kept(&text));
        let mut standing = Standing { kept: kept.clone(), file: place, ..Standing::default() };
        standing.since = kept;
        let mut pause = PAUSES.0;
        loop {
            let began = Instant::now();
            let down = once(&self.shared, &bridge, &mut standing).await;
            let Err(down) = down;
            if began.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
            tracing::warn!(
                broker.host = bridge.host,
                reason = %down,
                cause = std::error::Error::source(&down).map(ToString::to_string),
                pause.seconds = pause.as_secs(),
                "the bridge of MQTT is down, and is tried again"
            );
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// What stays of a bridge while it is down.
#[derive(Default)]
struct Standing {
    subscriptions: Option<Subscriptions>,
    unacknowledged: Vec<(u16, serve::live::Message)>,
    /// Up to where was told before this start.
    since: Option<Place>,
    /// The place that is in the file.
    kept: Option<Place>,
    file: PathBuf,
}

impl Standing {
    /// Keeps a place. A file that cannot be written leaves the place before, from which is told again.
    async fn keep(&mut self, place: Place) {
        let new = self.file.with_extension("new");
        let written = async {
            tokio::fs::write(&new, place.kept()).await?;
            tokio::fs::rename(&new, &self.file).await
        };
        match written.await {
            Ok(()) => self.kept = Some(place),
            Err(error) => tracing::warn!(%error, "how far the bridge of MQTT has told is not kept"),
        }
    }
}

type Never = std::convert::Infallible;

/// Connects, and serves until the connection ends.
async fn once(shared: &Arc<Shared>, bridge: &Bridge, standing: &mut Standing) -> Result<Never, Down> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let visitor = Visitor::enter(&shared.app, "", bridge.key.as_ref(), local).await;
    let visitor = visitor.map_err(|problem| Down::Refused(sentence(&problem)))?;
    let socket = timeout(PATIENCE, connect(bridge)).await.map_err(|_| Down::Late)??;
    let (reader, mut writer) = tokio::io::split(socket);
    let mut frames = Frames::new(reader);
    let bounds = timeout(PATIENCE, greet(shared, bridge, &mut frames, &mut writer))
        .await
        .map_err(|_| Down::Late)??;
    let outbox = Outbox::begin(writer, Version::V5, bounds, shared.limits.stalled);
    let is_first = standing.subscriptions.is_none();
    let since = standing.since.take();
    let subscriptions = standing.subscriptions.take().unwrap_or_else(|| Subscriptions::since(since));
    let (commands, inbox) = mpsc::channel(4);
    let (telling, told) = watch::channel(None);
    let pump = Pump::new(shared.clone(), visitor.clone(), outbox.clone(), subscriptions).telling(telling);
    let pump = tokio::spawn(pump.run(inbox));
    tracing::info!(broker.host = bridge.host, "the bridge of MQTT is up");
    let again = std::mem::take(&mut standing.unacknowledged);
    let ended = async {
        let cut = |_| Down::Refused("the broker takes nothing".to_owned());
        outbox.tell_again(again).await.map_err(cut)?;
        if is_first {
            subscribe(&commands, &bridge.topics).await?;
        }
        let mut beat = interval(BEAT);
        let mut saving = interval(SAVING);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                () = outbox.ended() => return Err(Down::Refused("the broker takes nothing".to_owned())),
                _ = beat.tick() => {
                    if heard.elapsed() > BEAT * 3 {
                        return Err(Down::Late);
                    }
                    outbox.send_packet(ask::ping()).await.map_err(cut)?;
                }
                _ = saving.tick() => {
                    // The place first: what was put on the line up to it waits, or was acknowledged.
                    let place = told.borrow().clone();
                    if let Some(place) = place
                        && standing.kept.as_ref() != Some(&place)
                        && outbox.unacknowledged().is_empty()
                    {
                        standing.keep(place).await;
                    }
                }
                frame = frames.next(MOST) => {
                    heard = Instant::now();
                    let frame = frame.map_err(gone)?;
                    act(shared, &visitor, &outbox, &frame).await?;
                }
            }
        }
    };
    let ended: Result<Never, Down> = ended.await;
    drop(commands);
    outbox.cut();
    standing.subscriptions = pump.await.ok();
    standing.unacknowledged = outbox.unacknowledged();
    ended
}

fn gone(error: crate::frame::NoFrame) -> Down {
    match error {
        crate::frame::NoFrame::Gone(error) => Down::Gone(error),
        crate::frame::NoFrame::Bad(bad) => Down::Refused(format!("the broker sent what is no packet: {bad}")),
    }
}

async fn connect(bridge: &Bridge) -> Result<Box<dyn Socket>, Down> {
    let socket = TcpStream::connect((bridge.host.as_str(), bridge.port)).await?;
    socket.set_nodelay(true)?;
    if !bridge.is_secure {
        return Ok(Box::new(socket));
    }
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    // The provider is named: other crates of the node switch another one on, and rustls does not choose.
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(bridge.host.clone())
        .map_err(|_| Down::Refused(format!("`{}` is no name of a host", bridge.host)))?;
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, socket).await?))
}

/// Says who is there, and asks for what is to be taken in; returns what the broker takes.
async fn greet(
    shared: &Shared,
    bridge: &Bridge,
    frames: &mut Frames,
    writer: &mut WriteHalf<Box<dyn Socket>>,
) -> Result<(u16, Option<u32>), Down> {
    let client = format!("cuulong-{}", shared.app.catalog.node());
    let password = bridge.password.as_ref().map(|password| password.expose_secret());
    let hello = ask::Hello {
        client: &client,
        user: bridge.user.as_deref(),
        password,
        keep_alive: KEEP_ALIVE,
        expires_after: KEPT,
        receive_maximum: 1,
    };
    writer.write_all(&ask::connect(&hello)).await?;
    writer.flush().await?;
    let frame = frames.next(MOST).await.map_err(gone)?;
    let welcome = decode::welcome(&frame).map_err(|bad| Down::Refused(bad.to_string()))?;
    if welcome.code != reason::SUCCESS {
        return Err(Down::Refused(format!("the broker refused the connection ({:#04x})", welcome.code)));
    }
    // Who reads only what anybody may has nothing to write with.
    if bridge.key.is_some() {
        writer.write_all(&ask::subscribe(1, &TAKEN)).await?;
        writer.flush().await?;
    }
    Ok((welcome.receive_maximum.unwrap_or(INFLIGHT), welcome.max_packet))
}

/// Subscribes to what this node tells.
async fn subscribe(commands: &mpsc::Sender<Command>, topics: &[String]) -> Result<(), Down> {
    let down = || Down::Refused("the node tells nothing".to_owned());
    let filters = topics.iter().map(|topic| (topic.clone(), QoS::AtLeastOnce)).collect();
    let (reply, codes) = oneshot::channel();
    commands.send(Command::Subscribe { filters, reply }).await.map_err(|_| down())?;
    let (codes, why) = codes.await.map_err(|_| down())?;
    for (topic, code) in topics.iter().zip(codes) {
        if code > QoS::ExactlyOnce.code() {
            let why = why.as_deref().unwrap_or_default();
            tracing::error!(mqtt.topic = topic, reason = why, "a topic is not told over the bridge");
        }
    }
    Ok(())
}

async fn act(shared: &Shared, visitor: &Visitor, outbox: &Outbox, frame: &decode::Frame) -> Result<(), Down> {
    let cut = |_| Down::Refused("the broker takes nothing".to_owned());
    match frame.head >> 4 {
        // SUBACK: what the broker does not give is told, and the rest goes on.
        9 => {
            let refused = frame.body.iter().skip(3).filter(|code| **code >= reason::UNSPECIFIED).count();
            if refused > 0 {
                tracing::error!(refused, "the broker does not give what is to be taken in");
            }
            return Ok(());
        }
        // PINGRESP.
        13 => return Ok(()),
        14 => return Err(Down::Refused("the broker ended the connection".to_owned())),
        _ => {}
    }
    match decode::packet(frame, Version::V5).map_err(|bad| Down::Refused(bad.to_string()))? {
        Packet::PubAck(id) => outbox.acknowledged(id),
        Packet::Publish(message) => {
            let (id, qos) = (message.id, message.qos);
            let (reason, why) = take(shared, visitor, message).await?;
            match qos {
                QoS::AtMostOnce => {}
                QoS::AtLeastOnce => {
                    outbox.send(&Reply::PubAck { id, reason, why }).await.map_err(cut)?;
                }
                QoS::ExactlyOnce => {
                    outbox.send(&Reply::PubRec { id, reason, why }).await.map_err(cut)?;
                }
            }
        }
        Packet::PubRel(id) => outbox.send(&Reply::PubComp { id }).await.map_err(cut)?,
        _ => {}
    }
    Ok(())
}

/// Keeps what was published there; says what became of it. What may be kept later is left to the broker,
/// which sends it again.
async fn take(shared: &Shared, visitor: &Visitor, message: Publish) -> Result<(u8, Option<String>), Down> {
    let Publish { topic, payload, .. } = message;
    let mut visitor = visitor.clone();
    let kept = visitor.clone().asker().ask(async {
        visitor.again(&shared.app).await?;
        publish(&shared.app, &visitor, &topic, &payload).await
    });
    match kept.await {
        Ok(()) => Ok((reason::SUCCESS, None)),
        Err(problem) if is_passing(problem.kind) => Err(Down::Refused(sentence(&problem))),
        Err(problem) => {
            metrics::counter!("cuulong_mqtt_bridge_refused_total").increment(1);
            let why = sentence(&problem);
            tracing::debug!(mqtt.topic = topic, reason = why, "what came over the bridge was not kept");
            Ok((reason_of(problem.kind), Some(why)))
        }
    }
}
