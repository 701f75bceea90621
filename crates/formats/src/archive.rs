//! Zip archives as their senders make them: members by name, unpacked one by one within bounds.
//!
//! What an archive says about its own sizes is not believed, and the names of its members are labels:
//! nothing is ever written under them.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use wording::{Told, told};
use zip::ZipArchive;

use crate::decode::{check_size, nfc};
use crate::{Error, Limits};

/// Members of an archive, at most.
const MAX_MEMBERS: usize = 10_000;
/// Unpacked bytes that any archive may have, whatever its ratio.
const FREE_BYTES: u64 = 4 << 20;
/// Letters of a member's name.
const MAX_NAME: usize = 200;

/// A zip archive of files.
pub struct Archive {
    path: PathBuf,
    size: u64,
    limits: Limits,
    members: Vec<Member>,
    unpacked: u64,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path within the archive, with `/`.
    pub name: String,
    /// Its bytes when unpacked, as the archive says.
    pub size: u64,
    index: usize,
}

impl Member {
    /// Its name without the folders.
    pub fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The ending of its name in lower case, without the dot.
    pub fn extension(&self) -> String {
        self.file_name().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
    }
}

impl Archive {
    /// Opens an archive and lists its files; folders and what systems leave behind are no files.
    pub fn open(path: &Path, limits: &Limits) -> Result<Archive, Error> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        check_size(size, limits)?;
        check_count(&mut file, size)?;
        let mut archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(Told::excerpt(error)))?;
        if archive.len() > MAX_MEMBERS {
            return Err(too_many());
        }
        let mut members: Vec<Member> = Vec::new();
        for index in 0..archive.len() {
            let member = archive.by_index_raw(index).map_err(|error| damaged(Told::excerpt(error)))?;
            let raw = match member.name() {
                Ok(name) => name.into_owned(),
                Err(_) => String::from_utf8_lossy(member.name_raw()).into_owned(),
            };
            if member.is_dir() || is_left_behind(&raw) {
                continue;
            }
            if member.encrypted() {
                return Err(Error::invalid(
                    "password",
                    told!(
                        "formats-archive-file-protected-password",
                        "the archive's file `{raw}` is protected by a password",
                        raw = label(&raw)
                    ),
                    told!(
                        "formats-make-archive-again-without-password",
                        "make the archive again without a password"
                    ),
                ));
            }
            let name = label(&raw);
            if members.iter().any(|other| other.name == name) {
                return Err(damaged(told!(
                    "formats-two-files-called",
                    "two of its files are called `{name}`",
                    name = name
                )));
            }
            members.push(Member { name, size: member.size(), index });
        }
        Ok(Archive { path: path.to_owned(), size, limits: limits.clone(), members, unpacked: 0 })
    }

    /// The files, in the order of the archive.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The first bytes of a file.
    pub fn head(&self, member: &Member, count: usize) -> Result<Vec<u8>, Error> {
        let mut archive = self.reader()?;
        let file =
            archive.by_index(member.index).map_err(|error| unreadable(member, Told::excerpt(error)))?;
        let mut head = Vec::new();
        file.take(count as u64).read_to_end(&mut head).map_err(|e| unreadable(member, Told::excerpt(e)))?;
        Ok(head)
    }

    /// Unpacks a file into a temporary one, which is gone when it is dropped. All that is unpacked from
    /// one archive counts towards the limits.
    pub fn unpack(&mut self, member: &Member) -> Result<NamedTempFile, Error> {
        let mut target = NamedTempFile::new()?;
        let mut archive = self.reader()?;
        let mut file =
            archive.by_index(member.index).map_err(|error| unreadable(member, Told::excerpt(error)))?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(member, Told::excerpt(error))),
            };
            self.unpacked += count as u64;
            if self.unpacked > self.limits.max_bytes {
                return Err(Error::limit(
                    "unpacked_bytes",
                    told!(
                        "formats-archive-too-large-when-unpacked-bytes",
                        "the archive is too large when unpacked (bytes)"
                    ),
                    self.limits.max_bytes,
                    told!("formats-hand-files-one-one", "hand its files in one by one"),
                ));
            }
            if self.unpacked > FREE_BYTES && self.unpacked / self.size.max(1) >= self.limits.max_ratio {
                return Err(Error::limit(
                    "ratio",
                    told!(
                        "formats-archive-unpacks-far-more-than-seems-bytes",
                        "the archive unpacks to far more than it seems (bytes for each packed byte)"
                    ),
                    self.limits.max_ratio,
                    told!("formats-hand-files-one-one-unpacked", "hand its files in one by one, unpacked"),
                ));
            }
            target.write_all(&buffer[..count])?;
        }
        target.flush()?;
        Ok(target)
    }

    fn reader(&self) -> Result<ZipArchive<BufReader<File>>, Error> {
        ZipArchive::new(BufReader::new(File::open(&self.path)?))
            .map_err(|error| damaged(Told::excerpt(error)))
    }
}

/// What an operating system or an editor puts beside the files.
fn is_left_behind(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || last.starts_with('.')
        || last.starts_with("~$")
        || matches!(last.to_ascii_lowercase().as_str(), "thumbs.db" | "desktop.ini" | "")
}

/// A name to show: folders with `/`, without steps upwards and control characters.
fn label(raw: &str) -> String {
    let parts = raw.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let name: String = parts.collect::<Vec<_>>().join("/").chars().filter(|c| !c.is_control()).collect();
    let skipped = name.chars().count().saturating_sub(MAX_NAME);
    nfc(&name).chars().skip(skipped).collect()
}

/// Looks at the end of the archive for the number of its members, before its directory is read.
fn check_count(file: &mut File, size: u64) -> Result<(), Error> {
    const RECORD: usize = 22;
    let tail = size.min(RECORD as u64 + u64::from(u16::MAX));
    file.seek(SeekFrom::Start(size - tail))?;
    let mut end = Vec::new();
    file.take(tail).read_to_end(&mut end)?;
    file.rewind()?;
    let records = end.windows(RECORD).filter(|window| window.starts_with(b"PK\x05\x06"));
    match records.map(|record| usize::from(u16::from_le_bytes([record[10], record[11]]))).max() {
        None => Err(damaged(told!("formats-end-missing", "its end is missing"))),
        Some(count) if count > MAX_MEMBERS => Err(too_many()),
        Some(_) => Ok(()),
    }
}

fn too_many() -> Error {
    Error::limit(
        "members",
        told!("formats-archive-holds-too-many-files", "the archive holds too many files"),
        MAX_MEMBERS as u64,
        told!("formats-hand-files-few-time", "hand its files in a few at a time"),
    )
}

fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_archive",
        told!("formats-archive-cannot-unpacked", "the archive cannot be unpacked: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-make-again-hand-files",
            "check that it was sent whole; make it again, or hand its files in one by one"
        ),
    )
}

fn unreadable(member: &Member, how: impl Into<Told>) -> Error {
    damaged(told!("formats-file", "its file `{name}`: {how}", name = member.name, how => how.into()))
}

#[cfg(test)]
mod tests {
    use super::{is_left_behind, label};

    #[test]
    fn a_name_is_a_label_and_no_way_out() {
        for (raw, expected) in [
            ("a/b.csv", "a/b.csv"),
            ("../../etc/passwd", "etc/passwd"),
            ("C:\\data\\..\\a.csv", "C:/data/a.csv"),
            ("/abs/x\u{7}.csv", "abs/x.csv"),
        ] {
            assert_eq!(label(raw), expected);
        }
        assert!(is_left_behind("__MACOSX/._a.csv") && is_left_behind("x/.DS_Store"));
        assert!(!is_left_behind("x/a.csv"));
    }
}
