//! Where a file is written that others read meanwhile: its bytes are counted, hashed and told.

use std::fs::File;
use std::io::{Result, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::growing::Progress;

/// A file that is written front to back.
pub(super) struct Out {
    file: File,
    hash: Sha256,
    bytes: u64,
    told: watch::Sender<Progress>,
}

impl Out {
    pub(super) fn create(path: &Path, told: watch::Sender<Progress>) -> Result<Out> {
        let file = File::options().write(true).truncate(true).open(path)?;
        Ok(Out { file, hash: Sha256::new(), bytes: 0, told })
    }

    /// How many bytes there are, and their SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> (u64, String) {
        (self.bytes, hex::encode(self.hash.finalize()))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        let now = self.bytes;
        self.told.send_modify(|progress| progress.bytes = now);
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}
