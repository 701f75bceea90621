//! `cuulong restore`: a backup put into an empty place, or one damaged file put right.

use std::collections::HashMap;

use catalog::backup::{Dump, Restoring, Row};
use catalog::{Catalog, SchemaState};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use object_store::path::Path;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::backup::JOURNAL;
use super::manifest::{self, FileEntry, Manifest, pool_path};
use super::place::{Copy, Place, Trouble, sha256};
use super::{Done, advised, folder, say};
use crate::commands::sentence;
use crate::config::Config;
use crate::lock::{Holder, Lock};

/// Files that are copied at the same time.
const AT_ONCE: usize = 8;
/// What a node keeps in its store.
const PREFIXES: [&str; 4] = ["lake", "originals", "coverages", JOURNAL];

/// What a restore put where.
pub(crate) struct Restored {
    pub(crate) id: String,
    pub(crate) manifest: Manifest,
    /// Files that an earlier attempt had brought already.
    pub(crate) there: u64,
    /// The backup is of an earlier version: the folder has to be brought up to date.
    pub(crate) must_migrate: bool,
}

/// Puts a backup (the newest when none is named) into the empty place that the configuration names.
/// Cut off, it goes on where it was when it is run again.
pub(crate) async fn restore(
    config: &Config,
    source: &str,
    id: Option<&str>,
    bar: &ProgressBar,
) -> Done<Restored> {
    let from = Place::existing(config, source).await?;
    let (id, manifest) = choose(&from, id).await?;
    let goes_on = must_be_empty(config, &id)?;
    if let Some(node) = &manifest.node {
        std::fs::create_dir_all(&config.data)
            .map_err(|error| format!("{}: {error}", config.data.display()))?;
        folder::write_durably(&config.data.join("node.id"), node.as_bytes())?;
    }
    let _lock =
        match Lock::take(&config.data).map_err(|error| format!("{}: {error}", config.data.display()))? {
            Holder::Us(lock) => lock,
            Holder::Node(_) | Holder::Someone => {
                let data = config.data.display();
                return Err(match config.lang {
                    model::Lang::En => format!("`{data}` is in use by another process"),
                    _ => format!("`{data}` đang được một tiến trình khác dùng"),
                });
            }
        };
    let to = Place::open(config, &config.store).await?;
    if !goes_on {
        store_must_be_empty(config, &to).await?;
        let state = SchemaState::of(&config.catalog).await.map_err(|error| advised(&error, config.lang))?;
        if !state.applied.is_empty() || !state.unknown.is_empty() {
            return Err(not_empty(config, "catalog"));
        }
        let note = json!({ "backup": id, "from": source }).to_string();
        folder::write_durably(&config.data.join(folder::RESTORING), note.as_bytes())?;
    }
    let there = files(&from, &to, &manifest, bar).await?;
    let is_current = catalogue(config, &from, &manifest).await?;
    folder::write_format(&config.data, manifest.folder_format)?;
    std::fs::remove_file(config.data.join(folder::RESTORING)).map_err(|error| error.to_string())?;
    Ok(Restored { id, manifest, there, must_migrate: !is_current })
}

/// Puts back the files of the store whose path is the given one, or lies below it, each from the
/// newest backup that has it. Returns their paths.
pub(crate) async fn only(config: &Config, source: &str, id: Option<&str>, path: &str) -> Done<Vec<String>> {
    let from = Place::existing(config, source).await?;
    let ids = match id {
        Some(_) => vec![choose(&from, id).await?.0],
        None => manifest::ids(&from).await?,
    };
    let path = path.trim_end_matches('/');
    let below = format!("{path}/");
    let mut wanted: HashMap<String, FileEntry> = HashMap::new();
    for id in ids.iter().rev() {
        for entry in Manifest::read(&from, id).await?.files {
            if entry.path == path || entry.path.starts_with(&below) {
                wanted.entry(entry.path.clone()).or_insert(entry);
            }
        }
    }
    if wanted.is_empty() {
        return Err(match config.lang {
            model::Lang::En => format!("no backup in `{source}` has `{path}`"),
            _ => format!("không bản sao lưu nào trong `{source}` có `{path}`"),
        });
    }
    let to = Place::open(config, &config.store).await?;
    for entry in wanted.values() {
        bring(&from, &to, entry, &|_| {}).await?;
    }
    let mut paths: Vec<String> = wanted.into_keys().collect();
    paths.sort();
    Ok(paths)
}

async fn choose(from: &Place, id: Option<&str>) -> Done<(String, Manifest)> {
    let ids = manifest::ids(from).await?;
    let found = match id {
        Some(id) => ids.iter().find(|there| there.as_str() == id),
        None => ids.last(),
    };
    let Some(found) = found else {
        return Err(match id {
            Some(id) => format!("there is no backup `{id}` in `{}`; see `cuulong backup list`", from.name),
            None => format!("there is no backup in `{}`", from.name),
        });
    };
    Ok((found.clone(), Manifest::read(from, found).await?))
}

/// Whether the folder is that of the same restore, cut off. One that holds anything else is refused.
fn must_be_empty(config: &Config, id: &str) -> Done<bool> {
    let marker = config.data.join(folder::RESTORING);
    match std::fs::read_to_string(&marker) {
        Ok(text) => {
            let note: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            return match note["backup"].as_str() {
                Some(other) if other != id => Err(format!(
                    "a restore of backup `{other}` into `{}` was cut off: name that one, or empty the folder",
                    config.data.display()
                )),
                _ => Ok(true),
            };
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: {error}", marker.display())),
    }
    let entries = match std::fs::read_dir(&config.data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(format!("{}: {error}", config.data.display())),
    };
    for entry in entries {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        // What a node leaves that was only asked about its folder.
        if !["node.lock", "node.id", "node.secret"].contains(&name.to_string_lossy().as_ref()) {
            return Err(not_empty(config, &config.data.display().to_string()));
        }
    }
    Ok(false)
}

async fn store_must_be_empty(config: &Config, to: &Place) -> Done {
    for prefix in PREFIXES {
        let first = to.store.list(Some(&Path::from(prefix))).next().await;
        match first {
            None => {}
            Some(Ok(_)) => return Err(not_empty(config, &config.store)),
            Some(Err(error)) => return Err(format!("{}: {error}", config.store)),
        }
    }
    Ok(())
}

fn not_empty(config: &Config, what: &str) -> String {
    let why = say(
        config.lang,
        "không trống: chỉ khôi phục vào chỗ trống; hãy chọn thư mục, danh mục và kho khác",
        "is not empty: a backup is restored into an empty place only; choose another folder, catalogue and store",
    );
    format!("`{what}` {why}")
}

/// Copies the files that are not there yet, and checks those that are. Returns how many were there.
async fn files(from: &Place, to: &Place, manifest: &Manifest, bar: &ProgressBar) -> Done<u64> {
    bar.set_length(manifest.files.iter().map(|file| file.size).sum());
    let mut there = HashMap::new();
    for prefix in PREFIXES {
        for object in to.list(prefix).await? {
            there.insert(object.location.to_string(), object.size);
        }
    }
    let there = &there;
    let work = manifest.files.iter().map(|entry| async move {
        let path = Path::from(entry.path.as_str());
        if there.get(&entry.path) == Some(&entry.size)
            && let Ok((sha256, _)) = super::place::hash_of(&to.store, &path).await
            && sha256 == entry.sha256
        {
            bar.inc(entry.size);
            return Ok(1);
        }
        bring(from, to, entry, &|bytes| bar.inc(bytes)).await.map(|()| 0)
    });
    let counts: Vec<u64> = stream::iter(work).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    Ok(counts.into_iter().sum())
}

async fn bring(from: &Place, to: &Place, entry: &FileEntry, each: &(dyn Fn(u64) + Send + Sync)) -> Done {
    let name = Path::from(entry.path.as_str());
    let pool = pool_path(&entry.sha256);
    let copy = Copy { from: &from.store, path: &pool, to: &to.store, name: &name, sha256: &entry.sha256 };
    copy.run(each).await.map_err(|trouble| match trouble {
        Trouble::Missing => format!("`{pool}` of `{}` is missing in the backup `{}`", entry.path, from.name),
        Trouble::Damaged => format!("`{pool}` of `{}` is damaged in the backup `{}`", entry.path, from.name),
        Trouble::Store(error) => format!("{}: {error}", entry.path),
    })
}

/// Fills the catalogue in one transaction, then reads it back and compares. The answer is whether its
/// schema is this program's: the rows of an earlier one are as they were, but cannot be read here
/// before an upgrade.
async fn catalogue(config: &Config, from: &Place, manifest: &Manifest) -> Done<bool> {
    let rows = &manifest.catalogue;
    match Restoring::begin(&config.catalog, &rows.steps).await {
        Ok(mut restoring) => {
            for table in &rows.tables {
                for part in &table.parts {
                    let path = pool_path(&part.sha256);
                    let bytes = from.read(&path).await?;
                    if sha256(&bytes) != part.sha256 {
                        return Err(format!("`{path}` is damaged in the backup `{}`", from.name));
                    }
                    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                    let parsed: Result<Vec<Row>, _> = lines.map(serde_json::from_slice).collect();
                    let parsed = parsed.map_err(|error| format!("`{path}`: {error}"))?;
                    restoring
                        .put(&table.name, &table.columns, parsed)
                        .await
                        .map_err(|error| format!("table `{}`: {}", table.name, sentence(&error)))?;
                }
            }
            restoring.commit().await.map_err(|error| sentence(&error))?;
        }
        // An earlier attempt has filled it: whether with the same rows is seen below.
        Err(catalog::Error::Conflict { .. }) => {}
        Err(error) => return Err(advised(&error, config.lang)),
    }
    let state = SchemaState::of(&config.catalog).await.map_err(|error| advised(&error, config.lang))?;
    if !state.pending.is_empty() {
        return Ok(false);
    }
    if digest(config).await? != rows.sha256 {
        return Err(super::say(
            config.lang,
            "danh mục vừa khôi phục không giống danh mục trong bản sao lưu",
            "the catalogue that was restored is not the one of the backup",
        )
        .to_owned());
    }
    Ok(true)
}

/// The SHA-256 over the rows of the catalogue that stay, as a backup has it.
async fn digest(config: &Config) -> Done<String> {
    let failed = |error: catalog::Error| advised(&error, config.lang);
    let catalog = Catalog::open_as_is(&config.catalog).await.map_err(failed)?;
    let dump = catalog.dump().await.map_err(failed)?;
    let mut digest = Sha256::new();
    for name in Dump::tables().iter().filter(|name| Dump::stays(name)) {
        let mut last = None;
        loop {
            let rows = dump.page(name, last.as_ref()).await.map_err(failed)?;
            for row in &rows {
                digest.update(serde_json::to_vec(row).map_err(|error| error.to_string())?);
                digest.update(b"\n");
            }
            last = rows.into_iter().last();
            if last.is_none() {
                break;
            }
        }
    }
    drop(dump);
    catalog.close().await.map_err(failed)?;
    Ok(hex::encode(digest.finalize()))
}
