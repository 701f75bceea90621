//! `cuulong compact --expire-before`: removes files that only versions need which are no longer promised.
//!
//! Every dataset keeps its history for ever unless somebody promised less (`cuulong dataset keep`).
//! Versions that products were made from stay whatever their age.

use std::time::Duration;

use catalog::AuditEntry;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use lake::{Expired, Keep};
use model::{DatasetId, Lang, Version, local_midnight};
use policy::{Permit, Principal, Purpose};

use super::{Done, Parts, advised, say};
use crate::commands::sentence;
use crate::config::Config;

/// What is to be given up.
pub(crate) struct Expiry<'a> {
    /// Only this dataset's versions.
    pub(crate) dataset: Option<&'a DatasetId>,
    /// Versions that were no longer the current one at this instant.
    pub(crate) before: DateTime<Utc>,
    /// Only say what would go.
    pub(crate) dry_run: bool,
    /// How long reads that are under way may take.
    pub(crate) grace: Duration,
}

/// The instant that a person wrote: a day in Vietnam, or an instant with its zone.
pub(crate) fn instant(text: &str) -> Done<DateTime<Utc>> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(local_midnight(day));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| format!("`{text}` is no time: write `2025-07-01` or `2025-07-01T00:00:00+07:00`"))
}

/// A table whose versions before one go.
struct Table {
    dataset: DatasetId,
    permit: Permit,
    from: Version,
}

/// Gives up what is not promised, waits until nobody can be reading it, and removes the files; a line
/// for each table.
pub(crate) async fn expire(config: &Config, what: &Expiry<'_>) -> Done<Vec<String>> {
    let parts = Parts::open(config).await?;
    let now = Utc::now();
    let mut lines = Vec::new();
    let mut tables = Vec::new();
    for dataset in datasets(&parts, what.dataset).await? {
        let Some(before) = promised(&parts, config.lang, &dataset, what, now).await? else { continue };
        let known = parts.catalog.version_at(&dataset, before).await.map_err(|error| sentence(&error))?;
        let Some(known) = known else { continue };
        let permit = parts
            .catalog
            .authorize(&Principal::System, &dataset, Purpose::Write, now)
            .await
            .map_err(|error| sentence(&error))?;
        tables.push(Table { dataset, permit, from: known.version });
    }
    if what.dry_run {
        for table in &tables {
            let pinned = pinned(&parts, &table.dataset).await?;
            let keep = Keep { pinned: &pinned, from: Some(table.from), now };
            let would = parts.lake.expired(&table.permit, &keep).await.map_err(|error| sentence(&error))?;
            lines.extend(line(config.lang, table, would, true));
        }
        return Ok(or_nothing(config.lang, lines));
    }
    for table in &mut tables {
        let kept = parts.lake.give_up(&table.permit, table.from, now).await;
        table.from = kept.map_err(|error| format!("{}: {}", table.dataset, sentence(&error)))?;
    }
    if !tables.is_empty() {
        tokio::time::sleep(what.grace).await;
    }
    for table in &tables {
        // A product that was being made meanwhile has its pins by now.
        let pinned = pinned(&parts, &table.dataset).await?;
        let keep = Keep { pinned: &pinned, from: None, now };
        let done = parts.lake.remove_expired(&table.permit, &keep).await;
        let done = done.map_err(|error| format!("{}: {}", table.dataset, sentence(&error)))?;
        if done != Expired::default() {
            note(&parts, table, done).await?;
        }
        lines.extend(line(config.lang, table, done, false));
    }
    Ok(or_nothing(config.lang, lines))
}

async fn datasets(parts: &Parts, asked: Option<&DatasetId>) -> Done<Vec<DatasetId>> {
    match asked {
        Some(dataset) => Ok(vec![dataset.clone()]),
        None => parts.lake.datasets().await.map_err(|error| sentence(&error)),
    }
}

async fn pinned(parts: &Parts, dataset: &DatasetId) -> Done<Vec<Version>> {
    parts.catalog.pinned_versions(dataset).await.map_err(|error| sentence(&error))
}

/// Until when versions may be given up; `None` when all are kept. Who names a dataset is told why not.
async fn promised(
    parts: &Parts,
    lang: Lang,
    dataset: &DatasetId,
    what: &Expiry<'_>,
    now: DateTime<Utc>,
) -> Done<Option<DateTime<Utc>>> {
    let days = parts.catalog.keep_history(dataset).await.map_err(|error| advised(&error, lang))?;
    let limit = days.and_then(|days| now.checked_sub_signed(TimeDelta::days(days.into())));
    match (limit, what.dataset) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(match lang {
            Lang::En => format!(
                "the history of `{dataset}` is kept for ever; `cuulong dataset keep {dataset} --days N` promises less"
            ),
            _ => format!(
                "lịch sử của `{dataset}` được giữ mãi; `cuulong dataset keep {dataset} --days N` để hứa giữ ngắn hơn"
            ),
        }),
        (Some(limit), Some(_)) if what.before > limit => Err(match lang {
            Lang::En => {
                format!("the history of `{dataset}` is promised from {limit} on: write an earlier time")
            }
            _ => format!("đã hứa giữ lịch sử của `{dataset}` từ {limit}: hãy ghi thời điểm sớm hơn"),
        }),
        (Some(limit), _) => Ok(Some(what.before.min(limit))),
    }
}

async fn note(parts: &Parts, table: &Table, done: Expired) -> Done {
    let entry = AuditEntry {
        at: Utc::now(),
        actor: Principal::System.name().to_owned(),
        action: "history.expired".to_owned(),
        subject: format!("dataset:{}", table.dataset),
        detail: format!("kept from version {}; {} files", table.from, done.files + done.strays),
    };
    parts.catalog.append_audit(entry).await.map_err(|error| sentence(&error))
}

fn line(lang: Lang, table: &Table, done: Expired, dry_run: bool) -> Option<String> {
    let files = done.files + done.strays;
    let (dataset, from, bytes) = (&table.dataset, table.from, indicatif::HumanBytes(done.bytes));
    (files > 0).then(|| match (lang, dry_run) {
        (Lang::En, true) => format!("{dataset}: {files} files ({bytes}) would go; kept from version {from}"),
        (Lang::En, false) => {
            format!("{dataset}: {files} files ({bytes}) are removed; kept from version {from}")
        }
        (_, true) => format!("{dataset}: sẽ xóa {files} tệp ({bytes}); giữ từ phiên bản {from}"),
        (_, false) => format!("{dataset}: đã xóa {files} tệp ({bytes}); giữ từ phiên bản {from}"),
    })
}

fn or_nothing(lang: Lang, lines: Vec<String>) -> Vec<String> {
    match lines.is_empty() {
        true => vec![say(lang, "không có gì để xóa", "there is nothing to remove").to_owned()],
        false => lines,
    }
}
