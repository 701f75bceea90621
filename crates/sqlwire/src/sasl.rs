//! SCRAM-SHA-256 on the wire (RFC 5802 §5, §7; PostgreSQL 15 §55.3.1), without channel binding.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{ScramOffer, SqlLogin};
use parking_lot::Mutex;

use crate::error::Refusal;

/// The mechanism's name.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";
/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures from one address, after which it waits.
const MOST_AN_ADDRESS: usize = 30;
/// Failures that are remembered.
const MOST: usize = 10_000;

/// The attempts of the last quarter of an hour that did not succeed.
#[derive(Default)]
pub(crate) struct Failures(Mutex<VecDeque<(Instant, IpAddr)>>);

impl Failures {
    /// Begins an attempt. It counts as a failure until it has succeeded.
    pub(crate) fn begin(&self, address: IpAddr) -> Result<(), Refusal> {
        let mut attempts = self.0.lock();
        while attempts.front().is_some_and(|(at, _)| at.elapsed() > WINDOW) || attempts.len() >= MOST {
            attempts.pop_front();
        }
        if attempts.iter().filter(|(_, from)| *from == address).count() >= MOST_AN_ADDRESS {
            let message = "too many attempts to sign in have failed";
            return Err(Refusal::new("28000", message).hint("wait a quarter of an hour").fatal());
        }
        attempts.push_back((Instant::now(), address));
        Ok(())
    }

    /// Takes one attempt back, which has succeeded.
    pub(crate) fn succeeded(&self, address: IpAddr) {
        let mut attempts = self.0.lock();
        if let Some(last) = attempts.iter().rposition(|(_, from)| *from == address) {
            attempts.remove(last);
        }
    }
}

/// A conversation after the client's first message.
pub(crate) struct Exchange {
    /// `n,,` or `y,,` as the client sent it.
    header: String,
    first_bare: String,
    server_first: String,
    nonce: String,
}

impl Exchange {
    /// Answers the client's first message with salt, count and nonce.
    pub(crate) fn begin(client_first: &str, offer: &ScramOffer) -> Result<(Exchange, String), Refusal> {
        // `n`: the client does not bind to the channel; `y`: it would, and believes that we do not.
        let split = client_first.match_indices(',').nth(1).map(|(at, _)| client_first.split_at(at + 1));
        let (header, bare) = split.ok_or_else(garbled)?;
        if !(header.starts_with("n,") || header.starts_with("y,")) {
            return Err(Refusal::protocol("channel binding is not offered"));
        }
        let nonce = bare.split(',').find_map(|part| part.strip_prefix("r=")).ok_or_else(garbled)?;
        let random: [u8; 18] = rand::random();
        let nonce = format!("{nonce}{}", STANDARD.encode(random));
        let server_first = format!("r={nonce},s={},i={}", STANDARD.encode(offer.salt), offer.iterations);
        let exchange = Exchange {
            header: header.to_owned(),
            first_bare: bare.to_owned(),
            server_first: server_first.clone(),
            nonce,
        };
        Ok((exchange, server_first))
    }

    /// Verifies the client's proof; gives who it is, and the server's own proof.
    pub(crate) fn end(
        &self,
        client_final: &str,
        offer: &ScramOffer,
    ) -> Result<Option<(SqlLogin, String)>, Refusal> {
        let (without_proof, proof) = client_final.rsplit_once(",p=").ok_or_else(garbled)?;
        let mut parts = without_proof.split(',');
        let binding = parts.next().and_then(|part| part.strip_prefix("c=")).ok_or_else(garbled)?;
        let nonce = parts.next().and_then(|part| part.strip_prefix("r=")).ok_or_else(garbled)?;
        if STANDARD.decode(binding).ok().as_deref() != Some(self.header.as_bytes()) || nonce != self.nonce {
            return Err(garbled());
        }
        let proof = STANDARD.decode(proof).map_err(|_| garbled())?;
        let message = format!("{},{},{without_proof}", self.first_bare, self.server_first);
        let found = offer.verify(message.as_bytes(), &proof);
        Ok(found.map(|(login, signature)| (login, format!("v={}", STANDARD.encode(signature)))))
    }
}

fn garbled() -> Refusal {
    Refusal::protocol("a message of SCRAM-SHA-256 cannot be read")
}
