//! The lock of a node's folder: one process at a time, and how to reach the one that has it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The folder is this process's until the lock is dropped.
pub struct Lock {
    file: File,
    address_file: PathBuf,
    /// The node's name, the same at every start.
    pub node: String,
    /// The key of the node's own console, new at every start.
    pub key: SecretString,
}

/// Where the process that has the folder listens, and its console's key.
#[derive(Serialize, Deserialize)]
pub struct Address {
    /// `http://127.0.0.1:8080`.
    pub url: String,
    /// The console key.
    pub key: String,
}

/// Who has the folder.
pub enum Holder {
    /// This process, now.
    Us(Lock),
    /// A node that serves.
    Node(Address),
    /// A process that does not serve (yet).
    Someone,
}

impl Lock {
    /// Takes the lock of a folder, or says who has it.
    pub fn take(folder: &Path) -> std::io::Result<Holder> {
        std::fs::create_dir_all(folder)?;
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("node.lock"))?;
        let address_file = folder.join("node.address");
        match file.try_lock() {
            Ok(()) => {
                // What a killed node left behind names an address that nobody listens to.
                remove(&address_file)?;
                let node = name_of(folder)?;
                let mut bytes = [0_u8; 32];
                rand::rng().fill_bytes(&mut bytes);
                let key = SecretString::from(hex::encode(bytes));
                Ok(Holder::Us(Lock { file, address_file, node, key }))
            }
            Err(TryLockError::WouldBlock) => match std::fs::read_to_string(&address_file) {
                Ok(text) => serde_json::from_str(&text).map(Holder::Node).map_err(std::io::Error::other),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Holder::Someone),
                Err(error) => Err(error),
            },
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Publishes where this node listens; only the folder's owner can read it.
    pub fn publish(&self, url: &str) -> std::io::Result<()> {
        let address = Address { url: url.to_owned(), key: self.key.expose_secret().to_owned() };
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.address_file)?;
        file.write_all(serde_json::to_string(&address).map_err(std::io::Error::other)?.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.address_file).and_then(|()| self.file.unlock()) {
            tracing::warn!(error = %error, "the folder's lock was not cleaned up");
        }
    }
}

/// The name of the folder's node, given at the first start. By it a node knows its own runs again
/// after a crash, so no two nodes may have the same.
fn name_of(folder: &Path) -> std::io::Result<String> {
    let path = folder.join("node.id");
    match std::fs::read_to_string(&path) {
        // Empty when a crash came between making the file and writing it.
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let name = uuid::Uuid::new_v4().to_string();
    let mut file = File::create(&path)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    Ok(name)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
