//! The digest of a file that arrives: of a large one on a thread of its own, beside reading and writing.

use bytes::Bytes;
use model::OriginalHash;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Error;

/// Pieces that wait to be digested.
const WAITING: usize = 4;

/// A digest under way.
pub(super) enum Digesting {
    /// Where the bytes arrive.
    Here(Sha256),
    /// On a thread of its own.
    Aside { pieces: mpsc::Sender<Bytes>, digested: JoinHandle<Sha256> },
}

impl Digesting {
    pub(super) fn new() -> Digesting {
        Digesting::Here(Sha256::new())
    }

    /// The same digest, from now on on a thread of its own.
    pub(super) fn aside(self) -> Digesting {
        let Digesting::Here(mut digest) = self else { return self };
        let (pieces, mut arriving) = mpsc::channel::<Bytes>(WAITING);
        let digested = tokio::task::spawn_blocking(move || {
            while let Some(piece) = arriving.blocking_recv() {
                digest.update(&piece);
            }
            digest
        });
        Digesting::Aside { pieces, digested }
    }

    pub(super) async fn update(&mut self, piece: Bytes) -> Result<(), Error> {
        match self {
            Digesting::Here(digest) => digest.update(&piece),
            Digesting::Aside { pieces, .. } => {
                let gone = |_| Error::internal("the thread that digests a file has gone");
                pieces.send(piece).await.map_err(gone)?;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<OriginalHash, Error> {
        let digest = match self {
            Digesting::Here(digest) => digest,
            Digesting::Aside { pieces, digested } => {
                drop(pieces);
                digested.await?
            }
        };
        let digest = hex::encode(digest.finalize());
        Ok(OriginalHash::new(&digest).expect("a digest in hexadecimal is a hash"))
    }
}
