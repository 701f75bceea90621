//! Cursors: places of the feed as texts that tell nothing, and names of changes that stay.

use catalog::FeedState;
use uuid::Uuid;

use super::Start;
use crate::App;
use crate::http::{Answer, Problem};
use crate::sealed;

/// Writes and reads places of the feed.
pub(crate) struct Cursors {
    key: [u8; 32],
}

impl Cursors {
    /// With the key of this catalogue.
    pub(crate) async fn open(app: &App) -> Answer<Cursors> {
        Ok(Cursors { key: app.catalog.feed_key().await? })
    }

    /// A place as a text.
    pub(crate) fn write(&self, state: &FeedState, number: u64) -> String {
        let mut plain = [0_u8; 12];
        plain[..4].copy_from_slice(&epoch_bytes(state.epoch()));
        plain[4..].copy_from_slice(&number.to_be_bytes());
        sealed::seal(&self.key, plain)
    }

    /// The place of a text.
    pub(crate) fn read(&self, name: &str, text: &str) -> Answer<Start> {
        let plain = sealed::open(&self.key, text).ok_or_else(|| {
            Problem::message(crate::http::ProblemKind::InvalidParameter, "problem-changes-no-cursor", vec![])
                .at(name)
        })?;
        let (epoch, number) = plain.split_at(4);
        let number = u64::from_be_bytes(number.try_into().unwrap_or_default());
        Ok(Start { number, epoch: Some(hex::encode(epoch)) })
    }

    /// The name of a change: the same for every reader, on every node, for good.
    pub(crate) fn id(&self, state: &FeedState, number: u64) -> Uuid {
        self.named(&[b"id", state.epoch_of(number).as_bytes(), &number.to_be_bytes()])
    }

    /// The name of one of several messages of a change; the first has the change's own.
    pub(crate) fn part(&self, state: &FeedState, number: u64, part: u64) -> Uuid {
        let epoch = state.epoch_of(number).as_bytes();
        match part {
            0 => self.id(state, number),
            _ => self.named(&[b"part", epoch, &number.to_be_bytes(), &part.to_be_bytes()]),
        }
    }

    fn named(&self, parts: &[&[u8]]) -> Uuid {
        let hash = sealed::hmac_sha256(&self.key, parts);
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn epoch_bytes(epoch: &str) -> [u8; 4] {
    hex::decode(epoch).ok().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}
