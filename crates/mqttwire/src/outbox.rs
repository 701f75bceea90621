//! What goes out: a bounded line to the socket, and messages that wait to be acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serve::live::Message;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::timeout;

use crate::encode::encode;
use crate::frame::Socket;
use crate::packet::{Publish, QoS, Reply, Version};

/// Packets that wait for the socket: what a client that is slow holds of the node's memory.
const WAITING: usize = 32;
/// Messages that a client is sent before it has acknowledged one.
pub(crate) const INFLIGHT: u16 = 20;

/// The connection cannot be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut;

/// Where packets for a client are put.
#[derive(Clone)]
pub(crate) struct Outbox {
    line: mpsc::Sender<Vec<u8>>,
    inner: Arc<Inner>,
}

struct Inner {
    version: Version,
    max_packet: usize,
    stalled: Duration,
    /// Room for messages that wait to be acknowledged.
    room: Semaphore,
    waiting: Mutex<Waiting>,
    cut: AtomicBool,
    told: Notify,
}

#[derive(Default)]
struct Waiting {
    last: u16,
    messages: Vec<(u16, Message)>,
}

impl Outbox {
    /// Begins to write to a socket; ends with the last of its handles, or when the client takes nothing.
    pub(crate) fn begin(
        mut socket: WriteHalf<Box<dyn Socket>>,
        version: Version,
        (receive_maximum, max_packet): (u16, Option<u32>),
        stalled: Duration,
    ) -> Outbox {
        let (line, mut packets) = mpsc::channel::<Vec<u8>>(WAITING);
        let inner = Arc::new(Inner {
            version,
            max_packet: max_packet.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX),
            stalled,
            room: Semaphore::new(usize::from(receive_maximum.min(INFLIGHT))),
            waiting: Mutex::default(),
            cut: AtomicBool::new(false),
            told: Notify::new(),
        });
        let shared = inner.clone();
        tokio::spawn(async move {
            while let Some(packet) = packets.recv().await {
                let written = timeout(stalled, async {
                    socket.write_all(&packet).await?;
                    if packets.is_empty() { socket.flush().await } else { Ok(()) }
                });
                if !matches!(written.await, Ok(Ok(()))) {
                    metrics::counter!("cuulong_mqtt_stalled_total").increment(1);
                    shared.cut();
                    return;
                }
            }
            // A clean end, in TLS too; a client that is gone needs none.
            timeout(Duration::from_secs(2), socket.shutdown()).await.ok();
        });
        Outbox { line, inner }
    }

    pub(crate) fn version(&self) -> Version {
        self.inner.version
    }

    /// Puts a reply on the line.
    pub(crate) async fn send(&self, reply: &Reply) -> Result<(), Cut> {
        self.send_packet(encode(reply, self.inner.version)).await
    }

    /// Puts a packet on the line.
    pub(crate) async fn send_packet(&self, packet: Vec<u8>) -> Result<(), Cut> {
        if self.inner.cut.load(Ordering::SeqCst) {
            return Err(Cut);
        }
        self.patiently(self.line.send(packet)).await?.map_err(|_| Cut)
    }

    /// Waits as long as a client may take, or until the connection ends.
    async fn patiently<F: Future>(&self, work: F) -> Result<F::Output, Cut> {
        tokio::select! {
            biased;
            done = timeout(self.inner.stalled, work) => done.map_err(|_| {
                self.inner.cut();
                Cut
            }),
            () = self.ended() => Err(Cut),
        }
    }

    /// Sends a message; one that has to be acknowledged waits until there is room for it.
    pub(crate) async fn tell(&self, message: Message, qos: QoS) -> Result<(), Cut> {
        // A client that takes no such packet would end the connection (MQTT 5 §3.1.2.11.4).
        if message.payload.len() + message.topic.len() + 40 > self.inner.max_packet {
            return Ok(());
        }
        metrics::counter!("cuulong_mqtt_messages_total").increment(1);
        if qos == QoS::AtMostOnce {
            return self.send(&Reply::Publish(published(message, 0, false))).await;
        }
        self.patiently(self.inner.room.acquire()).await?.map_err(|_| Cut)?.forget();
        let id = {
            let mut waiting = self.inner.waiting.lock();
            let id = waiting.next();
            waiting.messages.push((id, message.clone()));
            id
        };
        self.send(&Reply::Publish(published(message, id, false))).await
    }

    /// Sends again what an earlier connection left without an acknowledgement.
    pub(crate) async fn tell_again(&self, messages: Vec<(u16, Message)>) -> Result<(), Cut> {
        for (id, message) in messages {
            let Ok(room) = self.inner.room.try_acquire() else { return Ok(()) };
            room.forget();
            self.inner.waiting.lock().messages.push((id, message.clone()));
            self.send(&Reply::Publish(published(message, id, true))).await?;
        }
        Ok(())
    }

    /// A message has been acknowledged.
    pub(crate) fn acknowledged(&self, id: u16) {
        let mut waiting = self.inner.waiting.lock();
        if let Some(at) = waiting.messages.iter().position(|(known, _)| *known == id) {
            waiting.messages.remove(at);
            self.inner.room.add_permits(1);
        }
    }

    /// What has not been acknowledged.
    pub(crate) fn unacknowledged(&self) -> Vec<(u16, Message)> {
        self.inner.waiting.lock().messages.clone()
    }

    /// Ends the connection.
    pub(crate) fn cut(&self) {
        self.inner.cut();
    }

    /// Resolves when the connection has to end.
    pub(crate) async fn ended(&self) {
        loop {
            let told = self.inner.told.notified();
            if self.inner.cut.load(Ordering::SeqCst) {
                return;
            }
            told.await;
        }
    }
}

impl Inner {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
        // Whoever is not waiting yet finds it so.
        self.told.notify_one();
    }
}

impl Waiting {
    /// A number that no message has that waits.
    fn next(&mut self) -> u16 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if self.messages.iter().all(|(id, _)| *id != self.last) {
                return self.last;
            }
        }
    }
}

fn published(message: Message, id: u16, is_again: bool) -> Publish {
    let qos = if id == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce };
    let Message { topic, payload } = message;
    Publish { topic, payload, qos, is_again, retains: false, id }
}
