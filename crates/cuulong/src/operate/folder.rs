//! The format of a node's folder: told by a file in it, refused when it is of a later version,
//! brought up to date with a copy of the catalogue before.

use std::path::{Path, PathBuf};

use catalog::SchemaState;
use chrono::Utc;
use serde::{Deserialize, Serialize};

use super::{Done, advised, say};
use crate::commands::sentence;
use crate::config::Config;

/// The format that this program writes. Format 1 had no file that says so.
pub const FORMAT: u32 = 2;

const FILE: &str = "format.toml";
/// Left in a folder while a restore into it is under way.
pub(crate) const RESTORING: &str = "restore.json";

#[derive(Serialize, Deserialize)]
struct FormatFile {
    format: u32,
    written_by: String,
}

/// What an upgrade would do, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The folder's format before; nothing for a new folder.
    pub from: Option<u32>,
    /// The steps of the catalogue's schema that are due.
    pub steps: Vec<String>,
    /// The copy of the SQLite catalogue that was made before.
    pub copy: Option<PathBuf>,
}

impl Upgrade {
    /// Whether there is nothing to do.
    pub fn is_none(&self) -> bool {
        self.steps.is_empty() && self.from == Some(FORMAT)
    }
}

/// The format of the configured folder; nothing when it holds no node yet.
pub(crate) fn format_of(config: &Config) -> Done<Option<u32>> {
    let path = config.data.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let file: FormatFile =
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(Some(file.format))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(is_used(config).then_some(1)),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Whether a folder without a format has been a node's.
fn is_used(config: &Config) -> bool {
    let is_there = |path: &Path| path.exists();
    catalog::sqlite_file(&config.catalog).is_some_and(|file| is_there(&file))
        || is_there(&config.data.join("lake"))
        || is_there(&config.data.join("originals"))
}

/// Refuses a folder of a later version, and one that a restore has not finished.
pub(crate) fn must_be_known(config: &Config) -> Done {
    let folder = config.data.display();
    if config.data.join(RESTORING).exists() {
        return Err(say(
            config.lang,
            "việc khôi phục vào thư mục này chưa xong: chạy lại `cuulong restore` với cùng bản sao lưu",
            "a restore into this folder was cut off: run `cuulong restore` of the same backup again",
        )
        .to_owned());
    }
    match format_of(config)? {
        Some(format) if format > FORMAT => Err(if config.lang == model::Lang::En {
            format!(
                "`{folder}` has format {format}, and this program knows formats up to {FORMAT}: use the version that wrote it, or a later one"
            )
        } else {
            format!(
                "`{folder}` có định dạng {format}, chương trình này chỉ biết đến định dạng {FORMAT}: hãy dùng phiên bản đã ghi nó hoặc mới hơn"
            )
        }),
        _ => Ok(()),
    }
}

/// What is due. Nothing is written.
pub(crate) async fn due(config: &Config) -> Done<Upgrade> {
    must_be_known(config)?;
    let from = format_of(config)?;
    let state = SchemaState::of(&config.catalog).await.map_err(|error| advised(&error, config.lang))?;
    if !state.unknown.is_empty() {
        return Err(say(
            config.lang,
            "danh mục do một phiên bản mới hơn ghi: hãy dùng phiên bản đó hoặc mới hơn",
            "the catalogue was written by a later version of the program: use that version or a later one",
        )
        .to_owned());
    }
    Ok(Upgrade { from, steps: state.pending, copy: None })
}

/// Brings a folder up to date: copies an SQLite catalogue that is to be changed, takes the steps that
/// are due, and writes down the format. The caller holds the folder's lock.
pub(crate) async fn bring_up(config: &Config) -> Done<Upgrade> {
    let mut upgrade = due(config).await?;
    let is_old = upgrade.from.is_some();
    if is_old
        && !upgrade.steps.is_empty()
        && let Some(file) = catalog::sqlite_file(&config.catalog)
        && file.exists()
    {
        let name = format!("catalog.before-{}.sqlite", Utc::now().format("%Y%m%dT%H%M%S%3fZ"));
        let copy = config.data.join(name);
        catalog::copy_sqlite(&config.catalog, &copy).await.map_err(|error| sentence(&error))?;
        upgrade.copy = Some(copy);
    }
    if !upgrade.steps.is_empty() {
        let catalog =
            catalog::Catalog::open(&config.catalog).await.map_err(|error| advised(&error, config.lang))?;
        catalog.close().await.map_err(|error| sentence(&error))?;
    }
    if upgrade.from != Some(FORMAT) {
        write_format(&config.data, FORMAT)?;
    }
    Ok(upgrade)
}

/// Writes down the format of a folder, durably.
pub(crate) fn write_format(folder: &Path, format: u32) -> Done {
    let file = FormatFile { format, written_by: env!("CARGO_PKG_VERSION").to_owned() };
    let text = toml::to_string(&file).map_err(|error| error.to_string())?;
    let text =
        format!("# The format of this folder, for the program that opens it. Do not change it.\n{text}");
    write_durably(&folder.join(FILE), text.as_bytes())
}

/// Writes a small file so that it is whole or not there.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Done {
    let write = || -> std::io::Result<()> {
        let staged = path.with_extension("new");
        std::fs::write(&staged, bytes)?;
        std::fs::File::open(&staged)?.sync_all()?;
        std::fs::rename(&staged, path)?;
        match path.parent() {
            Some(folder) if cfg!(unix) => std::fs::File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}
