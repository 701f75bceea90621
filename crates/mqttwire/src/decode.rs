//! Reading packets (MQTT 3.1.1 §2, §3; MQTT 5 §2, §3): every length is looked at before it is followed.

use bytes::Bytes;
use secrecy::SecretString;

use crate::packet::{Connect, Packet, Publish, QoS, Version, Will};

/// Why bytes are no packet that a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    /// The bytes are no packet.
    #[error("the packet cannot be read")]
    Malformed,
    /// A version that is not spoken; in which the answer can be given is not known.
    #[error("only MQTT 3.1.1 and 5 are spoken")]
    Version,
    /// A packet that a client does not send.
    #[error("a client does not send such a packet")]
    Unexpected,
    /// More than a packet may be.
    #[error("the packet is longer than is taken")]
    TooLarge,
}

/// A frame: the first byte, and what follows the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) head: u8,
    pub(crate) body: Bytes,
}

/// Where a frame ends that begins a buffer: the length of its head and of its body. None while bytes
/// are missing to say.
pub(crate) fn measured(buffer: &[u8], most: usize) -> Result<Option<(usize, usize)>, Bad> {
    let mut length = 0_usize;
    for (at, byte) in buffer.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return if length > most { Err(Bad::TooLarge) } else { Ok(Some((at + 2, length))) };
        }
    }
    if buffer.len() >= 5 { Err(Bad::Malformed) } else { Ok(None) }
}

/// Reads what a client that has connected sends.
pub(crate) fn packet(frame: &Frame, version: Version) -> Result<Packet, Bad> {
    let mut fields = Fields { rest: frame.body.clone() };
    let (kind, flags) = (frame.head >> 4, frame.head & 0x0f);
    let expected = match kind {
        6 | 8 | 10 => 2,
        3 => flags,
        _ => 0,
    };
    if flags != expected {
        return Err(Bad::Malformed);
    }
    match kind {
        3 => publish(flags, fields, version),
        4 => Ok(Packet::PubAck(fields.number()?)),
        6 => Ok(Packet::PubRel(fields.number()?)),
        8 => subscribe(fields, version),
        10 => unsubscribe(fields, version),
        12 => Ok(Packet::Ping),
        14 => {
            let reason = match version {
                Version::V5 if !fields.rest.is_empty() => fields.byte()?,
                _ => 0,
            };
            Ok(Packet::Disconnect { with_will: reason == 0x04 })
        }
        _ => Err(Bad::Unexpected),
    }
}

/// Reads what a client says first.
pub(crate) fn connect(frame: &Frame) -> Result<Packet, Bad> {
    if frame.head != 0x10 {
        return Err(Bad::Unexpected);
    }
    let mut fields = Fields { rest: frame.body.clone() };
    let (name, level) = (fields.text()?, fields.byte()?);
    let version = match (name.as_str(), level) {
        ("MQTT", 4) => Version::V4,
        ("MQTT", 5) => Version::V5,
        _ => return Err(Bad::Version),
    };
    let flags = fields.byte()?;
    let has = |bit: u8| flags & bit != 0;
    let (has_will, will_qos) = (has(0x04), (flags >> 3) & 3);
    if has(0x01) || will_qos == 3 || (!has_will && (will_qos != 0 || has(0x20))) {
        return Err(Bad::Malformed);
    }
    let keep_alive = fields.u16()?;
    let mut connect = Connect {
        version,
        client: String::new(),
        is_clean: has(0x02),
        keep_alive,
        will: None,
        user: None,
        password: None,
        receive_maximum: u16::MAX,
        max_packet: None,
        expires_after: if has(0x02) { 0 } else { u32::MAX },
    };
    if version == Version::V5 {
        connect.expires_after = 0;
        for (property, value) in fields.properties()? {
            match (property, value) {
                (0x11, Value::Number(seconds)) => connect.expires_after = seconds,
                (0x21, Value::Number(most)) => {
                    let most = u16::try_from(most).ok().filter(|most| *most > 0);
                    connect.receive_maximum = most.ok_or(Bad::Malformed)?;
                }
                (0x27, Value::Number(most)) if most > 0 => connect.max_packet = Some(most),
                // Other ways to say who it is than a name and a password are not known here.
                (0x15 | 0x16, _) | (0x27, _) => return Err(Bad::Malformed),
                _ => {}
            }
        }
    }
    connect.client = fields.text()?;
    if has_will {
        if version == Version::V5 {
            fields.properties()?;
        }
        let topic = fields.text()?;
        connect.will = Some(Will { topic, payload: fields.bytes()? });
    }
    if has(0x80) {
        connect.user = Some(fields.text()?);
    }
    if has(0x40) {
        let password = fields.bytes()?;
        let text = std::str::from_utf8(&password).map_err(|_| Bad::Malformed)?;
        connect.password = Some(SecretString::from(text.to_owned()));
    }
    if fields.rest.is_empty() { Ok(Packet::Connect(Box::new(connect))) } else { Err(Bad::Malformed) }
}

/// What a broker says to who connects (MQTT 5 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Welcome {
    /// A reason code.
    pub(crate) code: u8,
    /// Messages that it takes before it has acknowledged one.
    pub(crate) receive_maximum: Option<u16>,
    /// The longest packet that it takes.
    pub(crate) max_packet: Option<u32>,
}

/// Reads a broker's answer to a connection.
pub(crate) fn welcome(frame: &Frame) -> Result<Welcome, Bad> {
    if frame.head != 0x20 {
        return Err(Bad::Unexpected);
    }
    let mut fields = Fields { rest: frame.body.clone() };
    fields.byte()?;
    let mut welcome = Welcome { code: fields.byte()?, receive_maximum: None, max_packet: None };
    // A broker that speaks an older version tells nothing of itself.
    if fields.rest.is_empty() {
        return Ok(welcome);
    }
    for (property, value) in fields.properties()? {
        match (property, value) {
            (0x21, Value::Number(most)) => welcome.receive_maximum = u16::try_from(most).ok(),
            (0x27, Value::Number(most)) => welcome.max_packet = Some(most),
            _ => {}
        }
    }
    Ok(welcome)
}

fn publish(flags: u8, mut fields: Fields, version: Version) -> Result<Packet, Bad> {
    let qos = QoS::from_code((flags >> 1) & 3).ok_or(Bad::Malformed)?;
    let topic = fields.text()?;
    let id = if qos == QoS::AtMostOnce { 0 } else { fields.number()? };
    if version == Version::V5 {
        // No alias was offered, so that none may be used.
        if fields.properties()?.iter().any(|(property, _)| *property == 0x23) {
            return Err(Bad::Malformed);
        }
    }
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err(Bad::Malformed);
    }
    let (is_again, retains) = (flags & 8 != 0, flags & 1 != 0);
    Ok(Packet::Publish(Publish { topic, payload: fields.rest, qos, is_again, retains, id }))
}

fn subscribe(mut fields: Fields, version: Version) -> Result<Packet, Bad> {
    let id = fields.number()?;
    let mut is_numbered = false;
    if version == Version::V5 {
        is_numbered = fields.properties()?.iter().any(|(property, _)| *property == 0x0b);
    }
    let mut filters = Vec::new();
    while !fields.rest.is_empty() {
        let filter = fields.text()?;
        let options = fields.byte()?;
        let reserved = if version == Version::V5 { 0xc0 } else { 0xfc };
        if options & reserved != 0 {
            return Err(Bad::Malformed);
        }
        filters.push((filter, QoS::from_code(options & 3).ok_or(Bad::Malformed)?));
    }
    if filters.is_empty() { Err(Bad::Malformed) } else { Ok(Packet::Subscribe { id, filters, is_numbered }) }
}

fn unsubscribe(mut fields: Fields, version: Version) -> Result<Packet, Bad> {
    let id = fields.number()?;
    if version == Version::V5 {
        fields.properties()?;
    }
    let mut filters = Vec::new();
    while !fields.rest.is_empty() {
        filters.push(fields.text()?);
    }
    if filters.is_empty() { Err(Bad::Malformed) } else { Ok(Packet::Unsubscribe { id, filters }) }
}

/// The value of a property, as far as anyone here asks.
enum Value {
    Number(u32),
    Other,
}

/// Reads the fields of a packet.
struct Fields {
    rest: Bytes,
}

impl Fields {
    fn take(&mut self, count: usize) -> Result<Bytes, Bad> {
        if count > self.rest.len() {
            return Err(Bad::Malformed);
        }
        Ok(self.rest.split_to(count))
    }

    fn byte(&mut self) -> Result<u8, Bad> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, Bad> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, Bad> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A packet's number, which is never 0.
    fn number(&mut self) -> Result<u16, Bad> {
        match self.u16()? {
            0 => Err(Bad::Malformed),
            id => Ok(id),
        }
    }

    fn bytes(&mut self) -> Result<Bytes, Bad> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// A text; the one character that may not stand in it is refused.
    fn text(&mut self) -> Result<String, Bad> {
        let bytes = self.bytes()?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Bad::Malformed)?;
        if text.contains('\0') { Err(Bad::Malformed) } else { Ok(text.to_owned()) }
    }

    /// A number of one to four bytes.
    fn variable(&mut self) -> Result<u32, Bad> {
        let mut number = 0;
        for at in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Bad::Malformed)
    }

    /// Properties (MQTT 5 §2.2.2); one that is not known is no property.
    fn properties(&mut self) -> Result<Vec<(u8, Value)>, Bad> {
        let length = self.variable()?;
        let mut block = Fields { rest: self.take(usize::try_from(length).map_err(|_| Bad::Malformed)?)? };
        let mut properties = Vec::new();
        while !block.rest.is_empty() {
            let property = block.byte()?;
            let value = match property {
                0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28..=0x2a => Value::Number(u32::from(block.byte()?)),
                0x13 | 0x21..=0x23 => Value::Number(u32::from(block.u16()?)),
                0x02 | 0x11 | 0x18 | 0x27 => Value::Number(block.u32()?),
                0x0b => Value::Number(block.variable()?),
                0x03 | 0x08 | 0x12 | 0x15 | 0x1a | 0x1c | 0x1f => {
                    block.text()?;
                    Value::Other
                }
                0x09 | 0x16 => {
                    block.bytes()?;
                    Value::Other
                }
                0x26 => {
                    block.text()?;
                    block.text()?;
                    Value::Other
                }
                _ => return Err(Bad::Malformed),
            };
            properties.push((property, value));
        }
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{Bad, Frame, connect, measured, packet, welcome};
    use crate::packet::{Packet, Version};

    #[test]
    fn lengths_are_looked_at_before_they_are_followed() {
        assert_eq!(measured(&[0x10], 100), Ok(None));
        assert_eq!(measured(&[0x10, 0x80], 100), Ok(None));
        assert_eq!(measured(&[0x10, 5, 0], 100), Ok(Some((2, 5))));
        assert_eq!(measured(&[0x10, 0x80, 1], 200), Ok(Some((3, 128))));
        assert_eq!(measured(&[0x10, 0x80, 1], 100), Err(Bad::TooLarge));
        assert_eq!(measured(&[0x10, 0x80, 0x80, 0x80, 0x80], 100), Err(Bad::Malformed));
    }

    #[test]
    fn a_connect_of_either_version_is_read() {
        let body = b"\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x03lan\0\x02pw";
        let read = connect(&Frame { head: 0x10, body: Bytes::from_static(body) }).unwrap();
        let Packet::Connect(read) = read else { panic!("{read:?}") };
        assert_eq!((read.version, read.client.as_str(), read.keep_alive), (Version::V4, "a", 60));
        assert_eq!((read.user.as_deref(), read.is_clean, read.expires_after), (Some("lan"), true, 0));
        let body = b"\0\x04MQTT\x05\x02\0\x0a\x08\x11\0\0\0\x09\x21\0\x05\0\0";
        let read = connect(&Frame { head: 0x10, body: Bytes::from_static(body) }).unwrap();
        let Packet::Connect(read) = read else { panic!("{read:?}") };
        assert_eq!((read.version, read.expires_after, read.receive_maximum), (Version::V5, 9, 5));
        let old = Frame { head: 0x10, body: Bytes::from_static(b"\0\x06MQIsdp\x03\x02\0\x0a\0\0") };
        assert_eq!(connect(&old).unwrap_err(), Bad::Version);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(head in any::<u8>(), body in prop::collection::vec(any::<u8>(), 0..80)) {
            let frame = Frame { head, body: Bytes::from(body) };
            let _ = packet(&frame, Version::V4);
            let _ = packet(&frame, Version::V5);
            let _ = connect(&Frame { head: 0x10, ..frame.clone() });
            let _ = welcome(&Frame { head: 0x20, ..frame.clone() });
            let _ = measured(&frame.body, 1000);
        }
    }
}
