//! The node's secret: a file of its own, beside what it protects and never in it.
//!
//! What has to be read again as it was (the secrets that webhooks are signed with) is kept sealed with it in
//! the catalogue. Backups hold the catalogue and not this file; nodes of one catalogue have the same.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;

use rand::RngCore;
use secrecy::SecretString;
use serve::Sealer;

/// The secret of a file; made at the first start, so that only the folder's owner can read it.
pub fn of_file(path: &Path) -> Result<Sealer> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        read => read?,
    };
    let wrong = || {
        let what = format!("`{}` is no secret: it holds 64 hexadecimal digits", path.display());
        Error::new(ErrorKind::InvalidData, what)
    };
    Sealer::from_hex(SecretString::from(text.trim().to_owned())).ok_or_else(wrong)
}

fn make(path: &Path) -> Result<String> {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let text = hex::encode(bytes);
    // It appears whole or not at all: a node that was cut off meanwhile makes another.
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    Ok(text)
}
