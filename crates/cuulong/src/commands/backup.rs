//! `cuulong backup | restore | export`: copies of a node, and a node from a copy.

use std::path::Path;

use model::Lang;
use serde_json::json;

use super::{Done, print, tell};
use crate::cli::{BackupCommand, Format};
use crate::config::Config;
use crate::operate::export::Choice;
use crate::operate::place::Place;
use crate::operate::{backup, doctor, export, prune, restore, say, verify};
use crate::progress::{bytes_bar, count_bar};

/// Makes a backup.
pub async fn make(config: &Config, target: &str, format: Format) -> Done {
    let bar = bytes_bar("backup", 0);
    let made = backup::make(config, target, &bar).await;
    bar.finish_and_clear();
    let made = made?;
    let manifest = &made.manifest;
    if format == Format::Json {
        let answer = json!({
            "id": made.id, "at": manifest.at, "files": manifest.files.len(), "bytes": manifest.bytes(),
            "copied_files": manifest.copied_files, "copied_bytes": manifest.copied_bytes,
            "damaged": manifest.damaged,
        });
        print(&answer.to_string());
    } else {
        let (files, bytes) = (manifest.files.len(), size(manifest.bytes()));
        let (new_files, new_bytes) = (manifest.copied_files, size(manifest.copied_bytes));
        print(&match config.lang {
            Lang::En => format!(
                "backup {}: {files} files, {bytes}; new in the pool: {new_files} files, {new_bytes}",
                made.id
            ),
            _ => format!("bản sao lưu {}: {files} tệp, {bytes}; mới: {new_files} tệp, {new_bytes}", made.id),
        });
    }
    if let Err(error) = doctor::note_backup(&config.data, manifest.at, target) {
        tell(&error);
    }
    if manifest.damaged.is_empty() {
        return Ok(());
    }
    for path in &manifest.damaged {
        tell(&format!("  {path}"));
    }
    Err(format!(
        "{} {}",
        manifest.damaged.len(),
        say(
            config.lang,
            "tệp bị mất hoặc hỏng nên không sao lưu được; mọi tệp khác đã được giữ. Chạy `cuulong verify`",
            "files are missing or damaged and could not be kept; all others were. Run `cuulong verify`",
        )
    ))
}

/// Lists or removes backups.
pub async fn manage(config: &Config, command: BackupCommand) -> Done {
    match command {
        BackupCommand::List { target, format } => {
            let place = Place::existing(config, &target).await?;
            let backups = prune::list(&place).await?;
            if format == Format::Json {
                let items: Vec<_> = backups
                    .iter()
                    .map(|(id, manifest)| {
                        json!({
                            "id": id, "at": manifest.at, "program": manifest.program,
                            "datasets": manifest.datasets.len(), "files": manifest.files.len(),
                            "bytes": manifest.bytes(), "copied_bytes": manifest.copied_bytes,
                            "damaged": manifest.damaged,
                        })
                    })
                    .collect();
                print(&json!({ "backups": items }).to_string());
                return Ok(());
            }
            for (id, manifest) in &backups {
                print(&format!(
                    "{id}  {}  {} {}  {} {}  {}  +{}",
                    manifest.at.format("%Y-%m-%d %H:%M:%S UTC"),
                    manifest.datasets.len(),
                    say(config.lang, "bộ dữ liệu", "datasets"),
                    manifest.files.len(),
                    say(config.lang, "tệp", "files"),
                    size(manifest.bytes()),
                    size(manifest.copied_bytes),
                ));
            }
            Ok(())
        }
        BackupCommand::Prune { target, keep } => {
            if keep == 0 {
                return Err(say(config.lang, "--keep ít nhất là 1", "--keep is at least 1").to_owned());
            }
            let place = Place::existing(config, &target).await?;
            let pruned = prune::prune(&place, keep).await?;
            for id in &pruned.backups {
                print(id);
            }
            let (backups, files, bytes) = (pruned.backups.len(), pruned.files, size(pruned.bytes));
            tell(&match config.lang {
                Lang::En => format!("{backups} backups and {files} files removed, {bytes}"),
                _ => format!("đã bỏ {backups} bản sao lưu và {files} tệp, {bytes}"),
            });
            Ok(())
        }
    }
}

/// Puts a backup into an empty place, verifies it, and sums up.
pub async fn restore(config: &Config, source: &str, id: Option<&str>, only: Option<&str>) -> Done {
    if let Some(path) = only {
        for path in restore::only(config, source, id, path).await? {
            print(&path);
        }
        return Ok(());
    }
    let bar = bytes_bar("restore", 0);
    let restored = restore::restore(config, source, id, &bar).await;
    bar.finish_and_clear();
    let restored = restored?;
    let manifest = &restored.manifest;
    let rows: u64 = manifest.catalogue.tables.iter().map(|table| table.rows).sum();
    let (files, bytes, there) = (manifest.files.len(), size(manifest.bytes()), restored.there);
    print(&match config.lang {
        Lang::En => format!(
            "backup {} of {} restored: {} datasets, {files} files ({there} were there), {rows} rows of the catalogue, {bytes}",
            restored.id,
            manifest.at.format("%Y-%m-%d %H:%M:%S UTC"),
            manifest.datasets.len(),
        ),
        _ => format!(
            "đã khôi phục bản sao lưu {} lúc {}: {} bộ dữ liệu, {files} tệp ({there} đã có), {rows} dòng danh mục, {bytes}",
            restored.id,
            manifest.at.format("%Y-%m-%d %H:%M:%S UTC"),
            manifest.datasets.len(),
        ),
    });
    for path in &manifest.damaged {
        let words = say(config.lang, "đã hỏng khi sao lưu", "was damaged when it was backed up");
        tell(&format!("  {path}: {words}"));
    }
    if restored.must_migrate {
        tell(say(
            config.lang,
            "bản sao lưu của phiên bản cũ: chạy `cuulong migrate`, rồi `cuulong verify`",
            "the backup is of an earlier version: run `cuulong migrate`, then `cuulong verify`",
        ));
        return Ok(());
    }
    let bar = bytes_bar("verify", 0);
    let found = verify::verify(config, None, None, &bar).await;
    bar.finish_and_clear();
    super::keep::show(config, &found?, Format::Text)
}

/// Writes everything as open files.
pub async fn export(config: &Config, folder: &Path, originals: bool, people: bool) -> Done {
    let bar = count_bar("export", 0);
    let exported = export::export(config, folder, Choice { originals, people }, &bar).await;
    bar.finish_and_clear();
    let exported = exported?;
    let rows: u64 = exported.datasets.iter().map(|table| table.rows).sum();
    let bytes = size(exported.files.iter().map(|file| file.size).sum());
    let (datasets, tables) = (exported.datasets.len(), exported.catalogue.len());
    print(&match config.lang {
        Lang::En => format!(
            "{}: {datasets} datasets, {rows} rows, {tables} tables of the catalogue, {bytes}; see README.md there",
            folder.display()
        ),
        _ => format!(
            "{}: {datasets} bộ dữ liệu, {rows} dòng, {tables} bảng danh mục, {bytes}; xem README.md trong đó",
            folder.display()
        ),
    });
    Ok(())
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
