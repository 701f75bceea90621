//! `cuulong compact`: joins small files of tables into large ones.

use chrono::Utc;
use model::{DatasetId, Lang};
use policy::{Principal, Purpose};

use super::{Done, Parts};
use crate::commands::sentence;
use crate::config::Config;

/// Compacts one table, or all; a line for each that changed. A node that serves meanwhile goes on
/// reading and writing.
pub(crate) async fn compact(config: &Config, dataset: Option<&DatasetId>) -> Done<Vec<String>> {
    let parts = Parts::open(config).await?;
    let tables = match dataset {
        Some(dataset) => vec![dataset.clone()],
        None => parts.lake.datasets().await.map_err(|error| sentence(&error))?,
    };
    let mut lines = Vec::new();
    for table in tables {
        let permit = parts
            .catalog
            .authorize(&Principal::System, &table, Purpose::Write, Utc::now())
            .await
            .map_err(|error| sentence(&error))?;
        let done =
            parts.lake.compact(&permit).await.map_err(|error| format!("{table}: {}", sentence(&error)))?;
        let (files, into, rows) = (done.files, done.into, done.rows);
        if files > 0 {
            lines.push(match config.lang {
                Lang::En => format!("{table}: {files} files became {into} ({rows} rows)"),
                _ => format!("{table}: gộp {files} tệp thành {into} ({rows} dòng)"),
            });
        }
    }
    if lines.is_empty() {
        lines.push(
            super::say(config.lang, "không có tệp nhỏ nào cần gộp", "there are no small files to join")
                .to_owned(),
        );
    }
    Ok(lines)
}
