//! `cuulong export`: everything that the operator may see, as open files that need no program of ours.

mod catalogue;
mod dcat;
mod features;
mod observations;
mod readme;
mod rows;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use indicatif::ProgressBar;
use model::{Dataset, DatasetId, DatasetKind};
use object_store::ObjectStoreExt;
use policy::{Principal, Purpose};
use query::{Engine, QueryLimits};
use serde::Serialize;
use sha2::{Digest, Sha256};

use self::observations::Names;
use super::{Done, Parts, say};
use crate::commands::sentence;
use crate::config::Config;

/// What is exported.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Choice {
    /// The files as they were received.
    pub(crate) originals: bool,
    /// Accounts (without passwords and keys), grants and the audit log.
    pub(crate) people: bool,
}

/// What was exported; `export.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    /// The format of this document.
    pub(crate) format: u32,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// The version of the program that made it.
    pub(crate) program: &'static str,
    /// The datasets' tables.
    pub(crate) datasets: Vec<Table>,
    /// The catalogue's tables.
    pub(crate) catalogue: Vec<CsvTable>,
    /// Every file but this one, the checksums and the page that explains them.
    pub(crate) files: Vec<ExportedFile>,
}

/// A dataset's table as a file, and what whoever reads it back compares.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    pub(crate) dataset: String,
    pub(crate) kind: &'static str,
    pub(crate) access: &'static str,
    pub(crate) licence: String,
    /// The version that was exported; absent when the dataset has none yet.
    pub(crate) version: Option<u64>,
    /// The file; absent when the dataset has no version.
    pub(crate) file: Option<String>,
    pub(crate) rows: u64,
    #[serde(flatten)]
    pub(crate) checks: serde_json::Map<String, serde_json::Value>,
}

/// A table of the catalogue as a file.
#[derive(Debug, Serialize)]
pub(crate) struct CsvTable {
    pub(crate) table: String,
    pub(crate) file: String,
    pub(crate) rows: u64,
}

/// A file of an export.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExportedFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// Writes the export into a folder that is empty or not there.
pub(crate) async fn export(
    config: &Config,
    folder: &Path,
    choice: Choice,
    bar: &ProgressBar,
) -> Done<Exported> {
    must_be_empty(config, folder)?;
    let parts = Parts::open(config).await?;
    let limits = QueryLimits {
        memory_bytes: config.query_memory,
        timeout: Duration::from_secs(30 * 86_400),
        max_rows: usize::MAX,
        // One thread reads the files in their order, so that what is written is sorted as they are.
        threads: 1,
        ..QueryLimits::default()
    };
    let engine =
        Engine::new(parts.catalog.clone(), parts.lake.clone(), limits).map_err(|error| sentence(&error))?;
    let at = Utc::now();
    let datasets = parts.catalog.datasets().await.map_err(|error| sentence(&error))?;
    bar.set_length(datasets.len() as u64 + 1);
    let gazetteer = parts.catalog.gazetteer().await.map_err(|error| sentence(&error))?;
    let reading = Reading { parts: &parts, engine, names: Names::of(&gazetteer), folder };
    let mut tables = Vec::new();
    for dataset in &datasets {
        bar.set_message(dataset.id.to_string());
        tables.push(reading.table(dataset).await?);
        bar.inc(1);
    }
    let catalogue = catalogue::write(&parts.catalog, folder, choice.people).await?;
    if choice.originals {
        catalogue::originals(&parts, folder).await?;
    }
    bar.inc(1);
    let mut exported = Exported {
        format: 1,
        at,
        program: env!("CARGO_PKG_VERSION"),
        datasets: tables,
        catalogue,
        files: files_of(folder)?,
    };
    let agencies = parts.catalog.agencies().await.map_err(|error| sentence(&error))?;
    write(&folder.join("dcat.jsonld"), &dcat::document(&datasets, &agencies, &exported)?)?;
    exported.files = files_of(folder)?;
    let json = serde_json::to_vec_pretty(&exported).map_err(|error| error.to_string())?;
    write(&folder.join("export.json"), &json)?;
    write(&folder.join("README.md"), readme::text(&exported, choice).as_bytes())?;
    let mut sums = String::new();
    for file in files_of(folder)? {
        sums.push_str(&format!("{}  {}\n", file.sha256, file.path));
    }
    write(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    Ok(exported)
}

/// What the datasets' files are made with.
struct Reading<'a> {
    parts: &'a Parts,
    engine: Engine,
    names: Names,
    folder: &'a Path,
}

impl Reading<'_> {
    async fn table(&self, dataset: &Dataset) -> Done<Table> {
        let id = &dataset.id;
        let catalog = &self.parts.catalog;
        catalog
            .authorize(&Principal::System, id, Purpose::Read, Utc::now())
            .await
            .map_err(|error| sentence(&error))?;
        let mut table = Table {
            dataset: id.to_string(),
            kind: dataset.kind.code(),
            access: dataset.access.code(),
            licence: dataset.licence.clone(),
            version: None,
            file: None,
            rows: 0,
            checks: serde_json::Map::new(),
        };
        if catalog.latest_version(id).await.map_err(|error| sentence(&error))?.is_none() {
            return Ok(table);
        }
        let (name, written) = match dataset.kind {
            DatasetKind::Observations => {
                let name = format!("observations/{id}.parquet");
                let path = self.folder.join(&name);
                (name, observations::write(&self.engine, &self.names, id, &path).await)
            }
            DatasetKind::Features => {
                let name = format!("features/{id}.parquet");
                let path = self.folder.join(&name);
                (name, features::write(&self.engine, id, &path).await)
            }
            DatasetKind::Coverage => {
                let name = format!("coverages/{id}.parquet");
                let path = self.folder.join(&name);
                rasters(self.parts, id, &self.folder.join("coverages").join(id.as_str())).await?;
                (name, features::write(&self.engine, id, &path).await)
            }
            DatasetKind::Table | DatasetKind::Document => return Ok(table),
        };
        let written = written.map_err(|error| format!("`{id}`: {error}"))?;
        (table.version, table.file) = (written.version, Some(name));
        (table.rows, table.checks) = (written.rows, written.checks);
        Ok(table)
    }
}

/// Copies the files of a dataset's rasters, which its rows name by their hashes.
async fn rasters(parts: &Parts, dataset: &DatasetId, folder: &Path) -> Done {
    let failed = |error: &dyn std::error::Error| format!("`{dataset}`: {error}");
    let files = parts.lake.files_of(dataset, None).await.map_err(|error| failed(&error))?;
    for file in files {
        if !file.path.as_ref().starts_with("coverages/") {
            continue;
        }
        let name = file.path.filename().unwrap_or_default();
        let mut copy = create(&folder.join(name))?;
        let found = parts.lake.store().get(&file.path).await.map_err(|error| failed(&error))?;
        let mut bytes = found.into_stream();
        while let Some(piece) = bytes.try_next().await.map_err(|error| failed(&error))? {
            copy.write_all(&piece).map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// What writing a dataset's file came to.
pub(crate) struct Written {
    version: Option<u64>,
    rows: u64,
    checks: serde_json::Map<String, serde_json::Value>,
}

fn must_be_empty(config: &Config, folder: &Path) -> Done {
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    if is_empty {
        return std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()));
    }
    let why = say(config.lang, "không trống: hãy chọn một thư mục mới", "is not empty: choose a new folder");
    Err(format!("`{}` {why}", folder.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Done {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Makes a file, and the folder that it lies in.
fn create(path: &Path) -> Done<File> {
    let make = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        File::create(path)
    };
    make().map_err(|error| format!("{}: {error}", path.display()))
}

/// The files of the export so far with their checksums, by path.
fn files_of(folder: &Path) -> Done<Vec<ExportedFile>> {
    let mut files = Vec::new();
    let mut left: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        let failed = |error: std::io::Error| format!("{}: {error}", next.display());
        for entry in std::fs::read_dir(&next).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let (sha256, size) = hash_file(&path).map_err(failed)?;
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let name: Vec<_> = name.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push(ExportedFile { path: name.join("/"), size, sha256 });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn hash_file(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hasher.finalize()), size));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}
