//! What a client says of itself (MQTT 5 §3.1, §3.8, §3.12), for the bridge to another broker.

use crate::encode::{packet_of, properties, text};

/// What is said first.
pub(crate) struct Hello<'h> {
    pub(crate) client: &'h str,
    pub(crate) user: Option<&'h str>,
    pub(crate) password: Option<&'h str>,
    /// Seconds.
    pub(crate) keep_alive: u16,
    /// How long the session shall outlive the connection, seconds.
    pub(crate) expires_after: u32,
    /// Messages that are taken before one is acknowledged.
    pub(crate) receive_maximum: u16,
}

/// CONNECT, for a session that is gone on with.
pub(crate) fn connect(hello: &Hello<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, "MQTT");
    body.push(5);
    body.push((u8::from(hello.user.is_some()) << 7) | (u8::from(hello.password.is_some()) << 6));
    body.extend_from_slice(&hello.keep_alive.to_be_bytes());
    let mut told = vec![0x11];
    told.extend_from_slice(&hello.expires_after.to_be_bytes());
    told.push(0x21);
    told.extend_from_slice(&hello.receive_maximum.to_be_bytes());
    properties(&mut body, &told);
    text(&mut body, hello.client);
    for word in [hello.user, hello.password].into_iter().flatten() {
        text(&mut body, word);
    }
    packet_of(0x10, &body)
}

/// SUBSCRIBE: each at least once, without what the subscriber published itself and without what is retained.
pub(crate) fn subscribe(id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    properties(&mut body, &[]);
    for filter in filters {
        text(&mut body, filter);
        body.push(0x25);
    }
    packet_of(0x82, &body)
}

/// PINGREQ.
pub(crate) fn ping() -> Vec<u8> {
    packet_of(0xc0, &[])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Hello, connect, ping, subscribe};
    use crate::decode::{self, Frame};
    use crate::packet::{Packet, QoS, Version};

    fn frame(packet: &[u8]) -> Frame {
        let (head, length) = decode::measured(packet, 1_000).unwrap().unwrap();
        assert_eq!(packet.len(), head + length);
        Frame { head: packet[0], body: Bytes::copy_from_slice(&packet[head..]) }
    }

    #[test]
    fn what_is_said_is_what_a_server_reads() {
        let hello = Hello {
            client: "a",
            user: Some("lan"),
            password: Some("pw"),
            keep_alive: 60,
            expires_after: 9,
            receive_maximum: 1,
        };
        let Packet::Connect(read) = decode::connect(&frame(&connect(&hello))).unwrap() else { panic!() };
        assert_eq!((read.version, read.client.as_str(), read.is_clean), (Version::V5, "a", false));
        assert_eq!((read.keep_alive, read.expires_after, read.receive_maximum), (60, 9, 1));
        assert_eq!((read.user.as_deref(), read.password.is_some()), (Some("lan"), true));
        let asked = decode::packet(&frame(&subscribe(7, &["a/+"])), Version::V5).unwrap();
        let Packet::Subscribe { id, filters, .. } = asked else { panic!("{asked:?}") };
        assert_eq!((id, filters), (7, vec![("a/+".to_owned(), QoS::AtLeastOnce)]));
        assert!(matches!(decode::packet(&frame(&ping()), Version::V5).unwrap(), Packet::Ping));
    }
}
