//! A connection: what a client says, one packet after the other, and what it publishes.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesOrdered, StreamExt};
use futures::{FutureExt, future::BoxFuture};
use model::Lang;
use serve::http::{Problem, ProblemKind};
use serve::live::{Message, Visitor, publish};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::Shared;
use crate::decode::{self, Bad};
use crate::frame::{Frames, MOST, NoFrame};
use crate::outbox::{Cut, Outbox};
use crate::packet::{Packet, Publish, QoS, Reply, Version, Will, reason};
use crate::pump::{Command, Pump, Subscriptions};
use crate::sessions::{Here, Kept};
use crate::welcome::sentence;

/// Messages of a client that are written at the same time.
pub(crate) const MOST_PENDING: usize = 64;
/// Where a client of the old version hears why something that it published was not kept.
pub(crate) const REFUSED_TOPIC: &str = "cuulong/refused";

/// What a connection is made of.
pub(crate) struct Parts {
    pub(crate) shared: Arc<Shared>,
    pub(crate) frames: Frames,
    pub(crate) outbox: Outbox,
    pub(crate) visitor: Visitor,
    pub(crate) here: Here,
    pub(crate) will: Option<Will>,
    /// How long the client may be silent.
    pub(crate) keep_alive: Duration,
    /// How long its session is kept when it is away.
    pub(crate) keep: Duration,
}

/// A connection whose client has been let in.
pub(crate) struct Connection {
    parts: Parts,
    subscriptions: Subscriptions,
    again: Vec<(u16, Message)>,
    /// Messages to be delivered exactly once that have been taken and not released.
    received: Vec<u16>,
}

/// How a connection ends.
enum End {
    /// The client said so.
    Said { with_will: bool },
    /// It was lost, or has to be cut; version 5 is told why.
    Lost(Option<(u8, String)>),
}

impl From<Cut> for End {
    fn from(_: Cut) -> End {
        End::Lost(None)
    }
}

/// What became of a message that a client published.
struct Done {
    id: u16,
    qos: QoS,
    topic: String,
    outcome: Result<(), Problem>,
}

type Pending = FuturesOrdered<BoxFuture<'static, Done>>;

impl Connection {
    pub(crate) fn new(
        parts: Parts,
        subscriptions: Subscriptions,
        again: Vec<(u16, Message)>,
        received: Vec<u16>,
    ) -> Connection {
        Connection { parts, subscriptions, again, received }
    }

    /// Serves the client to its end.
    pub(crate) async fn run(self) {
        let Connection { mut parts, subscriptions, again, mut received } = self;
        let (commands, inbox) = mpsc::channel(16);
        let pump =
            Pump::new(parts.shared.clone(), parts.visitor.clone(), parts.outbox.clone(), subscriptions);
        let pump = tokio::spawn(pump.run(inbox));
        let resent = parts.outbox.tell_again(again).await;
        let end = match resent {
            Ok(()) => talk(&mut parts, &commands, &mut received).await,
            Err(cut) => cut.into(),
        };
        drop(commands);
        if let (End::Lost(Some((reason, why))), Version::V5) = (&end, parts.outbox.version()) {
            parts.outbox.send(&Reply::Disconnect { reason: *reason, why: why.clone() }).await.ok();
        }
        let with_will = match end {
            End::Said { with_will } => with_will,
            End::Lost(_) => true,
        };
        let Parts { shared, outbox, visitor, here, will, keep, .. } = parts;
        // Whoever waits for room in the line is told that there will be none.
        outbox.cut();
        let subscriptions = pump.await.ok();
        if let Some(subscriptions) = subscriptions.filter(|_| !keep.is_zero()) {
            let unacknowledged = outbox.unacknowledged();
            here.keep(Kept { subscriptions, unacknowledged, received }, keep);
        }
        // Who takes the name over need not wait for what follows.
        drop(here);
        if let Some(will) = will.filter(|_| with_will)
            && let Err(problem) =
                visitor.asker().ask(publish(&shared.app, &visitor, &will.topic, &will.payload)).await
        {
            tracing::info!(reason = sentence(&problem), "a last will was not kept");
        }
    }
}

/// Reads packets and acts on them until the connection ends.
async fn talk(parts: &mut Parts, commands: &mpsc::Sender<Command>, received: &mut Vec<u16>) -> End {
    let mut pending = Pending::new();
    let mut silent_until = Instant::now() + parts.keep_alive;
    loop {
        tokio::select! {
            () = parts.outbox.ended() => return End::Lost(Some((reason::TAKEN_OVER, "the connection was ended here".into()))),
            Some(done) = pending.next(), if !pending.is_empty() => {
                if let Err(end) = answer(parts, commands, received, done).await {
                    return end;
                }
            }
            frame = parts.frames.next(MOST), if pending.len() < MOST_PENDING => {
                silent_until = Instant::now() + parts.keep_alive;
                let packet = match frame {
                    Ok(frame) => decode::packet(&frame, parts.outbox.version()).map_err(NoFrame::Bad),
                    Err(error) => Err(error),
                };
                let acted = match packet {
                    Ok(packet) => act(parts, commands, &mut pending, received, packet).await,
                    Err(NoFrame::Gone(_)) => Err(End::Lost(None)),
                    Err(NoFrame::Bad(bad)) => Err(End::Lost(Some((code_of(bad), bad.to_string())))),
                };
                match acted {
                    Ok(()) => {}
                    // What was published before it said goodbye is kept and acknowledged.
                    Err(end) => {
                        while let Some(done) = pending.next().await {
                            if answer(parts, commands, received, done).await.is_err() {
                                break;
                            }
                        }
                        return end;
                    }
                }
            }
            () = sleep_until(silent_until) => {
                if pending.is_empty() {
                    return End::Lost(Some((reason::KEEP_ALIVE, "nothing was heard for too long".into())));
                }
                silent_until = Instant::now() + parts.keep_alive;
            }
        }
    }
}

fn code_of(bad: Bad) -> u8 {
    match bad {
        Bad::TooLarge => reason::TOO_LARGE,
        Bad::Malformed | Bad::Version => reason::MALFORMED,
        Bad::Unexpected => reason::PROTOCOL,
    }
}

async fn act(
    parts: &mut Parts,
    commands: &mpsc::Sender<Command>,
    pending: &mut Pending,
    received: &mut Vec<u16>,
    packet: Packet,
) -> Result<(), End> {
    let outbox = &parts.outbox;
    match packet {
        Packet::Connect(_) => {
            return Err(End::Lost(Some((reason::PROTOCOL, "it is connected already".into()))));
        }
        Packet::Disconnect { with_will } => return Err(End::Said { with_will }),
        Packet::Ping => outbox.send(&Reply::Pong).await?,
        Packet::PubAck(id) => outbox.acknowledged(id),
        Packet::PubRel(id) => {
            received.retain(|known| *known != id);
            outbox.send(&Reply::PubComp { id }).await?;
        }
        Packet::Subscribe { is_numbered: true, .. } => {
            let why = "subscriptions have no numbers here";
            return Err(End::Lost(Some((reason::NO_NUMBERS, why.into()))));
        }
        Packet::Subscribe { id, filters, .. } => {
            let (reply, codes) = oneshot::channel();
            commands.send(Command::Subscribe { filters, reply }).await.map_err(|_| End::Lost(None))?;
            let (codes, why) = codes.await.map_err(|_| End::Lost(None))?;
            outbox.send(&Reply::SubAck { id, codes, why }).await?;
        }
        Packet::Unsubscribe { id, filters } => {
            let (reply, codes) = oneshot::channel();
            commands.send(Command::Unsubscribe { filters, reply }).await.map_err(|_| End::Lost(None))?;
            let codes = codes.await.map_err(|_| End::Lost(None))?;
            outbox.send(&Reply::UnsubAck { id, codes }).await?;
        }
        Packet::Publish(message) => {
            if message.retains && outbox.version() == Version::V5 {
                return Err(End::Lost(Some((reason::NO_RETAIN, "nothing is retained here".into()))));
            }
            // It was taken before; only its release is still to come.
            if message.qos == QoS::ExactlyOnce && received.contains(&message.id) {
                let id = message.id;
                return Ok(outbox.send(&Reply::PubRec { id, reason: reason::SUCCESS, why: None }).await?);
            }
            pending.push_back(written(parts, message));
        }
    }
    Ok(())
}

/// Writes what was published, as a request over HTTP would.
fn written(parts: &Parts, message: Publish) -> BoxFuture<'static, Done> {
    let (app, mut visitor) = (parts.shared.app.clone(), parts.visitor.clone());
    metrics::counter!("cuulong_mqtt_published_total").increment(1);
    async move {
        let Publish { topic, payload, qos, id, .. } = message;
        let outcome = visitor.clone().asker().ask(async {
            visitor.again(&app).await?;
            publish(&app, &visitor, &topic, &payload).await
        });
        let outcome = outcome.await;
        Done { id, qos, topic, outcome }
    }
    .boxed()
}

/// Whether the same may be taken later: then it is not acknowledged in the old version, which would
/// say that it is kept.
pub(crate) fn is_passing(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::Unavailable
            | ProblemKind::DiskFull
            | ProblemKind::DamagedData
            | ProblemKind::Internal
            | ProblemKind::TooManyRequests
            | ProblemKind::BudgetUsed
            | ProblemKind::InvalidCredentials
    )
}

pub(crate) fn reason_of(kind: ProblemKind) -> u8 {
    match kind {
        ProblemKind::SignInRequired
        | ProblemKind::InvalidCredentials
        | ProblemKind::NotAllowed
        | ProblemKind::KeyScope => reason::NOT_AUTHORIZED,
        ProblemKind::NotFound | ProblemKind::NotSupported | ProblemKind::InvalidParameter => {
            reason::TOPIC_INVALID
        }
        ProblemKind::InvalidBody | ProblemKind::RefusedObservations | ProblemKind::TooLarge => {
            reason::PAYLOAD
        }
        ProblemKind::TooManyRequests
        | ProblemKind::BudgetUsed
        | ProblemKind::Unavailable
        | ProblemKind::DiskFull => reason::QUOTA,
        ProblemKind::Internal | ProblemKind::DamagedData => reason::UNSPECIFIED,
        _ => reason::SPECIFIC,
    }
}

/// Acknowledges what was published, or says why it was not kept.
async fn answer(
    parts: &Parts,
    commands: &mpsc::Sender<Command>,
    received: &mut Vec<u16>,
    done: Done,
) -> Result<(), End> {
    let Done { id, qos, topic, outcome } = done;
    let outbox = &parts.outbox;
    let (reason, why) = match outcome {
        Ok(()) => (reason::SUCCESS, None),
        Err(problem) => {
            metrics::counter!("cuulong_mqtt_publishes_refused_total").increment(1);
            let why = sentence(&problem);
            tracing::debug!(mqtt.topic = topic, reason = why, "what was published was not kept");
            let mut document = problem.document(Lang::Vi, None);
            document["topic"] = topic.into();
            let message = Message { topic: REFUSED_TOPIC.to_owned(), payload: document.to_string().into() };
            commands.send(Command::Tell(message)).await.map_err(|_| End::Lost(None))?;
            if outbox.version() == Version::V4 && is_passing(problem.kind) && qos != QoS::AtMostOnce {
                return Err(End::Lost(None));
            }
            (reason_of(problem.kind), Some(why))
        }
    };
    let reply = match qos {
        QoS::AtMostOnce => return Ok(()),
        QoS::AtLeastOnce => Reply::PubAck { id, reason, why },
        QoS::ExactlyOnce => {
            // What version 5 hears was refused it does not release.
            if reason == reason::SUCCESS || outbox.version() == Version::V4 {
                received.push(id);
            }
            if received.len() > MOST_PENDING {
                let why = "too many messages wait to be released";
                return Err(End::Lost(Some((reason::QUOTA, why.into()))));
            }
            Reply::PubRec { id, reason, why }
        }
    };
    Ok(outbox.send(&reply).await?)
}
