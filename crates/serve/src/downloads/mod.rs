//! Datasets as files: sent while they are made, kept for a while so that a download that breaks off goes
//! on where it ended, and told with their checksum.

mod file_format;
mod flatgeobuf;
mod geopackage;
mod growing;
mod netcdf;
mod out;
mod placed;
mod workbook;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use futures::StreamExt;
use parking_lot::Mutex;
use policy::Principal;
use query::{WholeRequest, WholeRows, WholeSeries, WholeSize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

pub(crate) use file_format::FileFormat;
pub(crate) use growing::{CutOff, Following};
use growing::{Growing, Progress};

use crate::App;
use crate::http::{Answer, Problem};

/// How long a file is kept after it was asked for last.
const KEPT: Duration = Duration::from_secs(3_600);
/// The most bytes of all files that are kept.
const MOST_BYTES: u64 = 20 << 30;
/// How long a file is waited for before its beginning is sent: one that is made by then has a length and
/// a checksum, and what cannot be made has a status.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a file says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) dataset: String,
    pub(crate) title: String,
    pub(crate) version: u64,
    pub(crate) committed_at: DateTime<Utc>,
    pub(crate) licence: String,
    pub(crate) source: String,
    pub(crate) synthetic: bool,
}

impl About {
    /// The words that stand in the file's metadata.
    fn words(&self) -> [(&'static str, String); 6] {
        [
            ("dataset", self.dataset.clone()),
            ("title", self.title.clone()),
            ("version", self.version.to_string()),
            ("licence", self.licence.clone()),
            ("source", self.source.clone()),
            ("synthetic", self.synthetic.to_string()),
        ]
    }
}

/// A file that has been made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Made {
    #[serde(skip)]
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// Of its bytes, in hexadecimal.
    pub(crate) sha256: String,
    /// What tells this making from others: it is told before the checksum can be.
    pub(crate) tag: String,
}

/// A file that is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) request: WholeRequest,
    pub(crate) format: FileFormat,
    pub(crate) about: About,
    /// The rows of the version; a filter leaves fewer.
    pub(crate) rows: u64,
}

impl Asked {
    /// The name under which it is kept. Two principals may see different rows of the same version.
    fn key(&self, principal: &Principal) -> String {
        let Asked { request, format, about, .. } = self;
        let what = format!("{}\n{}\n{request:?}\n{format:?}", principal.name(), about.version);
        hex::encode(Sha256::digest(what.as_bytes()))
    }

    /// The tag of the file, which is told before its checksum can be. Where the same rows are always the same
    /// bytes, every node tells the same one; elsewhere each making has its own, so that parts of two are
    /// never put together.
    fn tag(&self, principal: &Principal) -> String {
        if !self.format.is_repeatable() {
            return uuid::Uuid::new_v4().simple().to_string();
        }
        let program = env!("CARGO_PKG_VERSION");
        let what = format!("{}\n{:?}\n{program}", self.key(principal), self.about);
        hex::encode(&Sha256::digest(what.as_bytes())[..16])
    }
}

/// A file that is to be made.
struct Job {
    asked: Asked,
    principal: Principal,
    folder: PathBuf,
    key: String,
    tag: String,
}

/// What is known before the first row.
#[derive(Debug, Default)]
struct Before {
    size: WholeSize,
    series: Vec<WholeSeries>,
}

/// A file as it is now.
pub(crate) enum Given {
    /// It is there.
    Made(Made),
    /// It is being made.
    Growing(Following),
}

impl Given {
    /// The file, once it is there.
    pub(crate) async fn made(self) -> Answer<Made> {
        match self {
            Given::Made(made) => Ok(made),
            Given::Growing(following) => following.end().await,
        }
    }
}

/// The files that are being made.
#[derive(Default)]
pub(crate) struct Downloads {
    growing: Mutex<HashMap<String, Arc<Growing>>>,
}

impl Downloads {
    fn forget(&self, key: &str) {
        self.growing.lock().remove(key);
    }

    fn following(&self, key: &str) -> Option<Following> {
        self.growing.lock().get(key).map(|growing| growing.follow())
    }
}

fn folder(app: &App) -> PathBuf {
    app.config.spool.join("downloads")
}

/// The file, if it has been made and is kept.
pub(crate) async fn known(app: &App, principal: &Principal, asked: &Asked) -> Option<Made> {
    kept(&folder(app), &asked.key(principal)).await
}

/// The file of a request: the one that is kept, or one that begins to be made now.
pub(crate) async fn open(app: &App, principal: &Principal, asked: Asked) -> Answer<Given> {
    let failed = |error: std::io::Error| Problem::internal(&error);
    let (folder, key) = (folder(app), asked.key(principal));
    let mut following = match app.downloads().following(&key) {
        Some(following) => following,
        None => {
            if let Some(made) = kept(&folder, &key).await {
                return Ok(Given::Made(made));
            }
            tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
            make_room(&folder).await.map_err(failed)?;
            let tag = asked.tag(principal);
            let job = Job { asked, principal: principal.clone(), folder, key: key.clone(), tag };
            let mut growing = app.downloads().growing.lock();
            // Somebody else may have begun meanwhile.
            match growing.get(&key) {
                Some(growing) => growing.follow(),
                None => {
                    let begun = Arc::new(Growing::start(app, job).map_err(failed)?);
                    let following = begun.follow();
                    growing.insert(key, begun);
                    following
                }
            }
        }
    };
    match tokio::time::timeout(PATIENCE, following.reaches(u64::MAX)).await {
        Ok(ended) => Ok(match ended? {
            Some(made) => Given::Made(made),
            None => Given::Growing(following),
        }),
        Err(_) => Ok(Given::Growing(following)),
    }
}

async fn kept(folder: &Path, key: &str) -> Option<Made> {
    let (path, told) = (folder.join(key), folder.join(format!("{key}.json")));
    let mut made: Made = serde_json::from_slice(&tokio::fs::read(&told).await.ok()?).ok()?;
    let found = tokio::fs::metadata(&path).await.ok()?;
    if found.len() != made.bytes {
        return None;
    }
    // What is asked for again is kept again.
    if let Ok(file) = std::fs::File::options().append(true).open(&path) {
        file.set_modified(SystemTime::now()).ok()?;
    }
    made.path = path;
    Some(made)
}

/// Makes a file, and tells on the way how far it has come.
async fn make(
    app: &App,
    job: Job,
    unfinished: tempfile::NamedTempFile,
    told: watch::Sender<Progress>,
) -> Answer<Made> {
    let failed = |error: std::io::Error| Problem::internal(&error);
    let Job { asked: Asked { request, format, about, .. }, principal, folder, key, tag } = job;
    let mut before = Before::default();
    let observes = matches!(request.rows, WholeRows::Observations { .. });
    if observes && format.needs_series() {
        before.series = app.engine.whole_series(&principal, &request).await?;
    }
    if format.counts_first() {
        before.size = app.engine.whole_size(&principal, &request).await?;
        if observes {
            before.size.bbox = placed::around(&before.series);
        }
    }
    let answer = app.engine.whole(&principal, &request).await?;
    let path = unfinished.path().to_owned();
    let mut batches = answer.batches;
    let (schema, places) = match observes && format.is_spatial() {
        true => (placed::schema(&answer.schema), Some(placed::Places::new(&before.series))),
        false => (answer.schema.clone(), None),
    };
    let writing = async move {
        let head = write::Head { schema: &schema, about: &about, before: &before };
        let mut writer = write::Writer::open(format, &path, &head, told)?;
        let mut rows = 0;
        while let Some(batch) = batches.next().await {
            let mut batch = batch?;
            if let Some(places) = &places {
                batch = places.put(&batch, &schema)?;
            }
            rows += batch.num_rows() as u64;
            writer.write(&batch)?;
        }
        let (bytes, sha256) = writer.close()?;
        Ok::<_, Problem>((rows, bytes, sha256))
    };
    // On the threads that give way to short reads; it stops when nobody waits for it any more.
    let (rows, bytes, sha256) = app.engine.background(writing).join().await??;
    let path = folder.join(&key);
    let made = Made { path: path.clone(), bytes, rows, sha256, tag };
    let told = serde_json::to_vec(&made).map_err(|error| Problem::internal(&error))?;
    unfinished.persist(&path).map_err(|error| Problem::internal(&error.error))?;
    tokio::fs::write(folder.join(format!("{key}.json")), told).await.map_err(failed)?;
    Ok(made)
}

/// Removes files that nobody asked for of late, and the oldest when there are too many bytes.
async fn make_room(folder: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        // One that went away meanwhile needs no removing.
        let Ok(told) = entry.metadata().await else { continue };
        files.push((told.modified()?, told.len(), entry.path()));
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (modified, size, path) in files {
        let is_old = modified.elapsed().is_ok_and(|age| age > KEPT);
        if is_old || bytes > MOST_BYTES {
            tokio::fs::remove_file(&path).await.or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
            bytes -= size;
        }
    }
    Ok(())
}
