//! Datasets as files: made once for a version and a filter, kept for a while so that a download that
//! breaks off goes on where it ended, and told with their checksum.

mod geopackage;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use parking_lot::Mutex;
use policy::Principal;
use query::WholeRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

/// How long a file is kept after it was asked for last.
const KEPT: Duration = Duration::from_secs(3_600);
/// The most bytes of all files that are kept.
const MOST_BYTES: u64 = 20 << 30;

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Csv,
    Xlsx,
    /// GeoParquet, where there is geometry.
    Parquet,
    GeoJson,
    GeoPackage,
}

impl FileFormat {
    /// The format of a name.
    pub(crate) fn from_name(name: &str) -> Option<FileFormat> {
        Some(match name {
            "csv" => FileFormat::Csv,
            "xlsx" => FileFormat::Xlsx,
            "parquet" | "geoparquet" => FileFormat::Parquet,
            "geojson" => FileFormat::GeoJson,
            "gpkg" | "geopackage" => FileFormat::GeoPackage,
            _ => return None,
        })
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv; charset=utf-8",
            FileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            FileFormat::Parquet => "application/vnd.apache.parquet",
            FileFormat::GeoJson => "application/geo+json",
            FileFormat::GeoPackage => "application/geopackage+sqlite3",
        }
    }

    /// How names of files end.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Xlsx => "xlsx",
            FileFormat::Parquet => "parquet",
            FileFormat::GeoJson => "geojson",
            FileFormat::GeoPackage => "gpkg",
        }
    }

    /// Whether it holds nothing but features.
    pub(crate) fn is_spatial(self) -> bool {
        matches!(self, FileFormat::GeoJson | FileFormat::GeoPackage)
    }
}

/// What a file says of itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) dataset: String,
    pub(crate) title: String,
    pub(crate) version: u64,
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
}

/// The files that are kept.
#[derive(Default)]
pub(crate) struct Downloads {
    making: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// The file of a request, made now if it is not there.
pub(crate) async fn file(
    app: &App,
    principal: &Principal,
    request: WholeRequest,
    format: FileFormat,
    about: About,
) -> Answer<Made> {
    let folder = app.config.spool.join("downloads");
    // Two principals may see different rows of the same version.
    let what = format!("{}\n{}\n{request:?}\n{format:?}", principal.name(), about.version);
    let key = hex::encode(Sha256::digest(what.as_bytes()));
    let turn = app.downloads().making.lock().entry(key.clone()).or_default().clone();
    let made = {
        let _turn = turn.lock().await;
        match kept(&folder, &key).await {
            Some(made) => Ok(made),
            None => make(app, principal, request, format, about, &folder, &key).await,
        }
    };
    app.downloads().making.lock().retain(|_, turn| Arc::strong_count(turn) > 1);
    made
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

async fn make(
    app: &App,
    principal: &Principal,
    request: WholeRequest,
    format: FileFormat,
    about: About,
    folder: &Path,
    key: &str,
) -> Answer<Made> {
    let failed = |error: std::io::Error| Problem::internal(&error);
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    make_room(folder).await.map_err(failed)?;
    let answer = app.engine.whole(principal, request).await?;
    let unfinished = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let path = unfinished.path().to_owned();
    let schema = answer.schema.clone();
    let mut batches = answer.batches;
    let writing = async move {
        let mut writer = write::Writer::open(format, &path, &schema, &about)?;
        let mut rows = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            rows += batch.num_rows() as u64;
            writer.write(&batch)?;
        }
        writer.close()?;
        Ok::<u64, Problem>(rows)
    };
    // On the threads that give way to short reads; it stops when the client goes away.
    let rows = app.engine.background(writing).join().await??;
    let (bytes, sha256) = digest(unfinished.path()).await.map_err(failed)?;
    let path = folder.join(key);
    let made = Made { path: path.clone(), bytes, rows, sha256 };
    let told = serde_json::to_vec(&made).map_err(|error| Problem::internal(&error))?;
    unfinished.persist(&path).map_err(|error| Problem::internal(&error.error))?;
    tokio::fs::write(folder.join(format!("{key}.json")), told).await.map_err(failed)?;
    Ok(made)
}

async fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let read = file.read(&mut piece).await?;
        if read == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
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

/// A problem of a file that cannot be made in this format.
fn too_large(what: &str) -> Problem {
    Problem::text(ProblemKind::NotAcceptable, what.to_owned())
}
