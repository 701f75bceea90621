//! Files on their way in, piece by piece: what was received stays in the spool, so that a client
//! whose connection broke off goes on where it was.
//!
//! A file is two: the bytes received so far, and beside them what was said of it at its beginning.
//! How many bytes there are is asked of the file itself, never remembered.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use parking_lot::Mutex;
use policy::{Principal, Scope};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wording::told;

use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

/// How long bytes are kept since the last of them came.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Uploads of one user at a time.
const MOST: usize = 8;
/// Bytes that one user may have announced, in files as large as the largest that is taken.
const MOST_FILES: u64 = 2;
/// How often what is too old is looked for.
const SWEEP: Duration = Duration::from_secs(15 * 60);

/// The uploads of this node.
pub(crate) struct Pieces {
    folder: PathBuf,
    /// Those to which someone is writing now.
    busy: Mutex<HashSet<String>>,
}

/// What was said of an upload at its beginning.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Announced {
    owner: String,
    /// The bytes that the whole file has.
    pub length: u64,
    /// The file's name.
    pub file_name: String,
    /// Its SHA-256, when the client said it.
    pub sha256: Option<String>,
}

/// An upload as it is now.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What was said of it.
    pub announced: Announced,
    /// How many bytes there are.
    pub offset: u64,
    /// When it is thrown away unless more bytes come.
    pub expires_at: DateTime<Utc>,
}

impl Pieces {
    pub(crate) fn new(folder: PathBuf) -> Pieces {
        Pieces { folder, busy: Mutex::default() }
    }

    fn bytes_of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    fn words_of(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// Ends the writing to an upload.
struct Busy<'a> {
    pieces: &'a Pieces,
    id: String,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.pieces.busy.lock().remove(&self.id);
    }
}

impl App {
    /// Announces a file of so many bytes; returns the upload's id.
    pub async fn announce(
        &self,
        principal: &Principal,
        file_name: &str,
        length: u64,
        sha256: Option<String>,
    ) -> Answer<String> {
        let owner = owner(principal)?;
        let limit = self.config.upload_limit;
        if length > limit {
            let larger = told!(
                "serve-file-bytes-most-taken",
                "the file has {length} bytes, and the most that is taken is {limit}",
                length = length,
                limit = limit
            );
            return Err(Problem::text(ProblemKind::TooLarge, larger).at("Upload-Length"));
        }
        self.sweep_pieces().await?;
        let own = self.uploads_of(&owner).await?;
        let announced: u64 = own.iter().map(|upload| upload.length).sum();
        if own.len() >= MOST || announced.saturating_add(length) > limit.saturating_mul(MOST_FILES) {
            let blanks = vec![("most", MOST.to_string())];
            return Err(Problem::message(ProblemKind::TooManyRequests, "problem-too-many-uploads", blanks)
                .retry_after(TimeDelta::minutes(1)));
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        let said = Announced { owner, length, file_name: file_name.to_owned(), sha256 };
        let words = serde_json::to_vec(&said).map_err(|error| Problem::internal(&error))?;
        let pieces = self.pieces();
        let written = async {
            tokio::fs::create_dir_all(&pieces.folder).await?;
            tokio::fs::write(pieces.bytes_of(&id), b"").await?;
            tokio::fs::write(pieces.words_of(&id), words).await
        };
        written.await.map_err(|error: std::io::Error| Problem::internal(&error))?;
        Ok(id)
    }

    /// An upload of this principal; another's reads as none.
    pub async fn upload(&self, principal: &Principal, id: &str) -> Answer<Upload> {
        let owner = owner(principal)?;
        let missing = || Problem::not_found(id);
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(missing());
        }
        let pieces = self.pieces();
        let words = tokio::fs::read(pieces.words_of(id)).await.map_err(|_| missing())?;
        let announced: Announced =
            serde_json::from_slice(&words).map_err(|error| Problem::internal(&error))?;
        if announced.owner != owner {
            return Err(missing());
        }
        let bytes = tokio::fs::metadata(pieces.bytes_of(id)).await.map_err(|_| missing())?;
        let touched = bytes.modified().unwrap_or(SystemTime::now());
        Ok(Upload { announced, offset: bytes.len(), expires_at: (touched + KEPT).into() })
    }

    /// Adds bytes behind those that are there; returns how many there are then. What came before a
    /// connection broke off stays.
    pub async fn append(&self, principal: &Principal, id: &str, offset: u64, body: Body) -> Answer<Upload> {
        let before = self.upload(principal, id).await?;
        let pieces = self.pieces();
        if !pieces.busy.lock().insert(id.to_owned()) {
            return Err(Problem::message(ProblemKind::Conflict, "problem-upload-busy", vec![]));
        }
        let _busy = Busy { pieces, id: id.to_owned() };
        // Asked again, now that nobody else writes.
        let there = self.upload(principal, id).await?.offset;
        if there != offset {
            let blanks = vec![("offset", there.to_string())];
            return Err(Problem::message(ProblemKind::Conflict, "problem-upload-offset", blanks));
        }
        let failed = |error: std::io::Error| Problem::internal(&error);
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.append(true).open(pieces.bytes_of(id)).await.map_err(failed)?;
        let (mut size, mut broken) = (offset, None);
        let mut stream = body.into_data_stream();
        while let Some(piece) = stream.next().await {
            match piece {
                Err(error) => {
                    broken = Some(error);
                    break;
                }
                Ok(piece) => {
                    size += piece.len() as u64;
                    if size > before.announced.length {
                        let blanks = vec![("length", before.announced.length.to_string())];
                        return Err(Problem::message(ProblemKind::TooLarge, "problem-upload-longer", blanks));
                    }
                    file.write_all(&piece).await.map_err(failed)?;
                }
            }
        }
        // What the client is told to be here stays here.
        file.flush().await.map_err(failed)?;
        file.sync_data().await.map_err(failed)?;
        match broken {
            Some(_) => Err(Problem::message(ProblemKind::InvalidBody, "problem-upload-broken-off", vec![])),
            None => self.upload(principal, id).await,
        }
    }

    /// A whole upload as a file, whose hash is the one that was said.
    pub async fn whole(&self, principal: &Principal, id: &str) -> Answer<(Announced, tokio::fs::File)> {
        let Upload { announced, offset, .. } = self.upload(principal, id).await?;
        if offset < announced.length {
            let blanks = vec![("offset", offset.to_string()), ("length", announced.length.to_string())];
            return Err(Problem::message(ProblemKind::Conflict, "problem-upload-unfinished", blanks));
        }
        let path = self.pieces().bytes_of(id);
        let failed = |error: std::io::Error| Problem::internal(&error);
        if let Some(said) = &announced.sha256 {
            let mut file = tokio::fs::File::open(&path).await.map_err(failed)?;
            let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 256 * 1024]);
            loop {
                let read = file.read(&mut buffer).await.map_err(failed)?;
                if read == 0 {
                    break;
                }
                hasher.update(&buffer[..read]);
            }
            if !hex::encode(hasher.finalize()).eq_ignore_ascii_case(said) {
                return Err(Problem::message(ProblemKind::InvalidFile, "problem-upload-hash", vec![]));
            }
        }
        Ok((announced, tokio::fs::File::open(&path).await.map_err(failed)?))
    }

    /// Throws an upload away.
    pub async fn drop_upload(&self, principal: &Principal, id: &str) -> Answer<()> {
        self.upload(principal, id).await?;
        self.forget(id).await;
        Ok(())
    }

    /// Throws away what nobody went on with, again and again, until it is dropped.
    pub async fn keep_pieces(self) {
        let mut tick = tokio::time::interval(SWEEP);
        loop {
            tick.tick().await;
            if self.sweep_pieces().await.is_err() {
                tracing::warn!("uploads that expired were not thrown away");
            }
        }
    }

    async fn forget(&self, id: &str) {
        let pieces = self.pieces();
        for path in [pieces.words_of(id), pieces.bytes_of(id)] {
            if let Err(error) = tokio::fs::remove_file(&path).await
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(file = %path.display(), %error, "a part of an upload was not removed");
            }
        }
    }

    /// The names of the files of the spool, with the time when each was touched last.
    async fn spooled(&self) -> Answer<Vec<(String, SystemTime)>> {
        let mut found = Vec::new();
        let mut folder = match tokio::fs::read_dir(&self.pieces().folder).await {
            Ok(folder) => folder,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(Problem::internal(&error)),
        };
        while let Some(entry) = folder.next_entry().await.map_err(|error| Problem::internal(&error))? {
            // A file that is gone in the meantime is gone.
            let Ok(about) = entry.metadata().await else { continue };
            let touched = about.modified().unwrap_or(SystemTime::now());
            found.push((entry.file_name().to_string_lossy().into_owned(), touched));
        }
        Ok(found)
    }

    async fn sweep_pieces(&self) -> Answer<()> {
        let now = SystemTime::now();
        for (name, touched) in self.spooled().await? {
            let id = name.trim_end_matches(".json");
            let is_bytes = id == name;
            let old = now.duration_since(touched).is_ok_and(|age| age > KEPT);
            let alone = !is_bytes && tokio::fs::metadata(self.pieces().bytes_of(id)).await.is_err();
            if old && (is_bytes || alone) && !self.pieces().busy.lock().contains(id) {
                self.forget(id).await;
            }
        }
        Ok(())
    }

    async fn uploads_of(&self, owner: &str) -> Answer<Vec<Announced>> {
        let mut own = Vec::new();
        for (name, _) in self.spooled().await? {
            let Some(id) = name.strip_suffix(".json") else { continue };
            let Ok(words) = tokio::fs::read(self.pieces().words_of(id)).await else { continue };
            let Ok(announced) = serde_json::from_slice::<Announced>(&words) else { continue };
            if announced.owner == owner {
                own.push(announced);
            }
        }
        Ok(own)
    }
}

/// Whose an upload is. Files are handed in by accounts, with keys that may write.
fn owner(principal: &Principal) -> Answer<String> {
    match principal {
        Principal::Public => Err(Problem::new(ProblemKind::SignInRequired)),
        Principal::User { scope: Scope::Read, .. } => Err(Problem::new(ProblemKind::KeyScope)),
        Principal::User { .. } | Principal::System => Ok(principal.name().to_owned()),
    }
}
