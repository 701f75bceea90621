//! Writing packets, in the version that the client speaks.

use crate::packet::{Publish, QoS, Reply, Tells, Version, old_connect_code, reason};

/// The longest reason that is given.
const MOST_WORDS: usize = 1_000;

/// A reply as bytes.
pub(crate) fn encode(reply: &Reply, version: Version) -> Vec<u8> {
    let mut body = Vec::new();
    let head = match reply {
        Reply::ConnAck { is_present, code, tells } => {
            body.push(u8::from(*is_present));
            match version {
                Version::V4 => body.push(old_connect_code(*code)),
                Version::V5 => {
                    body.push(*code);
                    properties(&mut body, &told(*code, tells));
                }
            }
            0x20
        }
        Reply::Publish(message) => publish(&mut body, message, version),
        Reply::PubAck { id, reason, why } => {
            acknowledged(&mut body, *id, *reason, why.as_deref(), version);
            0x40
        }
        Reply::PubRec { id, reason, why } => {
            acknowledged(&mut body, *id, *reason, why.as_deref(), version);
            0x50
        }
        Reply::PubComp { id } => {
            acknowledged(&mut body, *id, reason::SUCCESS, None, version);
            0x70
        }
        Reply::SubAck { id, codes, why } => {
            body.extend_from_slice(&id.to_be_bytes());
            match version {
                Version::V5 => {
                    properties(&mut body, &reason_text(why.as_deref()));
                    body.extend_from_slice(codes);
                }
                Version::V4 => body.extend(codes.iter().map(|code| if *code > 2 { 0x80 } else { *code })),
            }
            0x90
        }
        Reply::UnsubAck { id, codes } => {
            body.extend_from_slice(&id.to_be_bytes());
            if version == Version::V5 {
                properties(&mut body, &[]);
                body.extend_from_slice(codes);
            }
            0xb0
        }
        Reply::Pong => 0xd0,
        Reply::Disconnect { reason, why } => {
            if version == Version::V5 {
                body.push(*reason);
                properties(&mut body, &reason_text(Some(why)));
            }
            0xe0
        }
    };
    packet_of(head, &body)
}

/// A packet of a first byte and what follows the length.
pub(crate) fn packet_of(head: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 5);
    packet.push(head);
    variable(&mut packet, body.len());
    packet.extend_from_slice(body);
    packet
}

fn publish(body: &mut Vec<u8>, message: &Publish, version: Version) -> u8 {
    text(body, &message.topic);
    if message.qos != QoS::AtMostOnce {
        body.extend_from_slice(&message.id.to_be_bytes());
    }
    if version == Version::V5 {
        // What is sent is text, and JSON.
        let mut told = vec![0x01, 1, 0x03];
        text(&mut told, "application/json");
        properties(body, &told);
    }
    body.extend_from_slice(&message.payload);
    0x30 | (u8::from(message.is_again) << 3) | (message.qos.code() << 1) | u8::from(message.retains)
}

fn acknowledged(body: &mut Vec<u8>, id: u16, reason: u8, why: Option<&str>, version: Version) {
    body.extend_from_slice(&id.to_be_bytes());
    if version == Version::V5 && reason != reason::SUCCESS {
        body.push(reason);
        properties(body, &reason_text(why));
    }
}

fn told(code: u8, tells: &Tells) -> Vec<u8> {
    let mut told = reason_text(tells.why.as_deref());
    if code != reason::SUCCESS {
        return told;
    }
    if let Some(seconds) = tells.expires_after {
        told.push(0x11);
        told.extend_from_slice(&seconds.to_be_bytes());
    }
    if let Some(most) = tells.receive_maximum {
        told.push(0x21);
        told.extend_from_slice(&most.to_be_bytes());
    }
    // Nothing is retained; subscriptions have no numbers and are not shared.
    told.extend_from_slice(&[0x25, 0, 0x29, 0, 0x2a, 0]);
    if let Some(most) = tells.max_packet {
        told.push(0x27);
        told.extend_from_slice(&most.to_be_bytes());
    }
    if let Some(client) = &tells.client {
        told.push(0x12);
        text(&mut told, client);
    }
    if let Some(seconds) = tells.keep_alive {
        told.push(0x13);
        told.extend_from_slice(&seconds.to_be_bytes());
    }
    told
}

fn reason_text(why: Option<&str>) -> Vec<u8> {
    let mut told = Vec::new();
    if let Some(why) = why {
        told.push(0x1f);
        let end = (0..=MOST_WORDS.min(why.len())).rev().find(|at| why.is_char_boundary(*at)).unwrap_or(0);
        text(&mut told, &why[..end]);
    }
    told
}

pub(crate) fn properties(body: &mut Vec<u8>, properties: &[u8]) {
    variable(body, properties.len());
    body.extend_from_slice(properties);
}

/// A text, which is never longer than its length can say: topics and names are bounded far below.
pub(crate) fn text(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    body.extend_from_slice(&text.as_bytes()[..text.len().min(usize::from(u16::MAX))]);
}

fn variable(body: &mut Vec<u8>, mut number: usize) {
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        body.push(if number > 0 { byte | 0x80 } else { byte });
        if number == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::encode;
    use crate::decode::{Frame, measured, packet};
    use crate::packet::{Packet, Publish, QoS, Reply, Tells, Version};

    #[test]
    fn the_old_version_has_its_own_codes_and_no_properties() {
        let refused = Reply::ConnAck { is_present: false, code: 0x86, tells: Tells::default() };
        assert_eq!(encode(&refused, Version::V4), [0x20, 2, 0, 4]);
        assert_eq!(encode(&refused, Version::V5), [0x20, 3, 0, 0x86, 0]);
        let codes = Reply::SubAck { id: 7, codes: vec![1, 0x8f], why: None };
        assert_eq!(encode(&codes, Version::V4), [0x90, 4, 0, 7, 1, 0x80]);
        let why = Some("ơ".repeat(900));
        let long = encode(&Reply::PubAck { id: 1, reason: 0x99, why }, Version::V5);
        assert!(long.len() < 1_020 && measured(&long, 2_000).unwrap().is_some());
    }

    proptest! {
        #[test]
        fn a_message_that_is_written_is_read_back(
            topic in "[a-z/()' ạ]{1,40}", payload in prop::collection::vec(any::<u8>(), 0..300), qos in 0..3_u8,
        ) {
            let qos = QoS::from_code(qos).unwrap();
            let id = if qos == QoS::AtMostOnce { 0 } else { 258 };
            let sent = Publish { topic, payload: payload.into(), qos, is_again: false, retains: false, id };
            for version in [Version::V4, Version::V5] {
                let bytes = encode(&Reply::Publish(sent.clone()), version);
                let (head, length) = measured(&bytes, 1_000).unwrap().unwrap();
                prop_assert_eq!(head + length, bytes.len());
                let frame = Frame { head: bytes[0], body: Bytes::copy_from_slice(&bytes[head..]) };
                let Packet::Publish(read) = packet(&frame, version).unwrap() else { panic!("no message") };
                prop_assert_eq!(&read, &sent);
            }
        }
    }
}
