//! Packets of MQTT 3.1.1 and 5, as far as a server meets them.

use bytes::Bytes;
use secrecy::SecretString;

/// Which version of the protocol a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1.1.
    V4,
    /// 5.
    V5,
}

/// How surely a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the standard")]
pub(crate) enum QoS {
    /// At most once.
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
    /// Exactly once.
    ExactlyOnce,
}

impl QoS {
    pub(crate) fn from_code(code: u8) -> Option<QoS> {
        match code {
            0 => Some(QoS::AtMostOnce),
            1 => Some(QoS::AtLeastOnce),
            2 => Some(QoS::ExactlyOnce),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            QoS::AtMostOnce => 0,
            QoS::AtLeastOnce => 1,
            QoS::ExactlyOnce => 2,
        }
    }
}

/// What a client says first.
#[derive(Debug, Clone)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) client: String,
    /// Whether nothing of an earlier session is wanted.
    pub(crate) is_clean: bool,
    /// Seconds; 0 for no word of its own.
    pub(crate) keep_alive: u16,
    pub(crate) will: Option<Will>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<SecretString>,
    /// Messages that the client takes before it has acknowledged one.
    pub(crate) receive_maximum: u16,
    /// The longest packet that the client takes.
    pub(crate) max_packet: Option<u32>,
    /// How long the session shall outlive the connection, seconds (version 5).
    pub(crate) expires_after: u32,
}

/// What is to be published when the client is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) is_again: bool,
    pub(crate) retains: bool,
    /// The packet's number; 0 when it has none.
    pub(crate) id: u16,
}

/// What a client sends.
#[derive(Debug, Clone)]
pub(crate) enum Packet {
    Connect(Box<Connect>),
    Publish(Publish),
    PubAck(u16),
    PubRel(u16),
    Subscribe {
        id: u16,
        filters: Vec<(String, QoS)>,
        is_numbered: bool,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Ping,
    /// Whether the client still wants its will published.
    Disconnect {
        with_will: bool,
    },
}

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    ConnAck {
        is_present: bool,
        code: u8,
        tells: Tells,
    },
    Publish(Publish),
    PubAck {
        id: u16,
        reason: u8,
        why: Option<String>,
    },
    PubRec {
        id: u16,
        reason: u8,
        why: Option<String>,
    },
    PubComp {
        id: u16,
    },
    SubAck {
        id: u16,
        codes: Vec<u8>,
        why: Option<String>,
    },
    UnsubAck {
        id: u16,
        codes: Vec<u8>,
    },
    Pong,
    /// In version 5 only.
    Disconnect {
        reason: u8,
        why: String,
    },
}

/// What a server tells of itself in version 5.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tells {
    pub(crate) why: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) keep_alive: Option<u16>,
    pub(crate) expires_after: Option<u32>,
    pub(crate) receive_maximum: Option<u16>,
    pub(crate) max_packet: Option<u32>,
}

/// Reason codes of MQTT 5 (§2.4).
pub(crate) mod reason {
    pub(crate) const SUCCESS: u8 = 0x00;
    pub(crate) const UNSPECIFIED: u8 = 0x80;
    pub(crate) const MALFORMED: u8 = 0x81;
    pub(crate) const PROTOCOL: u8 = 0x82;
    pub(crate) const SPECIFIC: u8 = 0x83;
    pub(crate) const VERSION: u8 = 0x84;
    pub(crate) const CLIENT_NAME: u8 = 0x85;
    pub(crate) const BAD_LOGIN: u8 = 0x86;
    pub(crate) const NOT_AUTHORIZED: u8 = 0x87;
    pub(crate) const BUSY: u8 = 0x89;
    pub(crate) const KEEP_ALIVE: u8 = 0x8d;
    pub(crate) const TAKEN_OVER: u8 = 0x8e;
    pub(crate) const FILTER_INVALID: u8 = 0x8f;
    pub(crate) const TOPIC_INVALID: u8 = 0x90;
    pub(crate) const TOO_LARGE: u8 = 0x95;
    pub(crate) const QUOTA: u8 = 0x97;
    pub(crate) const PAYLOAD: u8 = 0x99;
    pub(crate) const NO_RETAIN: u8 = 0x9a;
    pub(crate) const NO_SHARED: u8 = 0x9e;
    pub(crate) const NO_NUMBERS: u8 = 0xa1;
    pub(crate) const NO_SUBSCRIPTION: u8 = 0x11;
}

/// Return codes of version 3.1.1 to CONNECT (§3.2.2.3).
pub(crate) fn old_connect_code(reason: u8) -> u8 {
    match reason {
        reason::SUCCESS => 0,
        reason::VERSION => 1,
        reason::CLIENT_NAME => 2,
        reason::BAD_LOGIN => 4,
        reason::NOT_AUTHORIZED | reason::SPECIFIC => 5,
        _ => 3,
    }
}
