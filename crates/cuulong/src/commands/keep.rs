//! `cuulong verify | compact | doctor | migrate`: looking after a node.

use std::time::Duration;

use chrono::Utc;
use model::{DatasetId, Lang};
use policy::Principal;
use serde_json::json;

use super::{Done, print, tell};
use crate::cli::Format;
use crate::config::Config;
use crate::lock::{Holder, Lock};
use crate::operate::doctor::Health;
use crate::operate::expire::Expiry;
use crate::operate::verify::Verified;
use crate::operate::{Parts, advised, compact, doctor, expire, folder, say, verify};
use crate::progress::bytes_bar;

/// Compares what is stored with what was recorded.
pub async fn verify(config: &Config, dataset: Option<&str>, against: Option<&str>, format: Format) -> Done {
    let dataset = dataset.map(DatasetId::new).transpose().map_err(|error| error.to_string())?;
    let bar = bytes_bar("verify", 0);
    let found = verify::verify(config, dataset.as_ref(), against, &bar).await;
    bar.finish_and_clear();
    show(config, &found?, format)
}

/// Prints what a verification found; damage is a failure.
pub(super) fn show(config: &Config, found: &Verified, format: Format) -> Done {
    if format == Format::Json {
        print(&serde_json::to_string_pretty(found).map_err(|error| error.to_string())?);
    } else {
        for damage in &found.damaged {
            print(&format!("{}  {}: {}", damage.kind.code(), damage.path, damage.what));
            print(&format!("    → {}", damage.advice));
        }
        let bytes = indicatif::HumanBytes(found.bytes);
        let (files, unrecorded) = (found.files, found.without_checksum);
        tell(&match config.lang {
            Lang::En => {
                format!("{files} files, {bytes} and {} rows of the audit log read", found.audit_entries)
            }
            _ => format!("đã đọc {files} tệp, {bytes} và {} dòng nhật ký", found.audit_entries),
        });
        if unrecorded > 0 {
            tell(&match config.lang {
                Lang::En => format!(
                    "{unrecorded} files are from before checksums were recorded: their size and structure were checked; --against compares them with a backup"
                ),
                _ => format!(
                    "{unrecorded} tệp có từ trước khi ghi mã kiểm: chỉ kiểm kích thước và cấu trúc; --against so với bản sao lưu"
                ),
            });
        }
    }
    match found.damaged.len() {
        0 => Ok(()),
        count => Err(format!("{count} {}", say(config.lang, "thứ bị hỏng", "things are damaged"))),
    }
}

/// Joins small files.
pub async fn compact(config: &Config, dataset: Option<&str>) -> Done {
    let dataset = dataset.map(DatasetId::new).transpose().map_err(|error| error.to_string())?;
    for line in compact::compact(config, dataset.as_ref()).await? {
        print(&line);
    }
    Ok(())
}

/// Gives up versions that are not promised, and removes their files.
pub async fn expire(
    config: &Config,
    dataset: Option<&str>,
    before: &str,
    dry_run: bool,
    grace: Option<u64>,
) -> Done {
    let dataset = dataset.map(DatasetId::new).transpose().map_err(|error| error.to_string())?;
    // Besides the longest query, a node may take a moment to see the log's newest entry.
    let grace = Duration::from_secs(grace.unwrap_or(config.query_seconds + 5));
    let what = Expiry { dataset: dataset.as_ref(), before: expire::instant(before)?, dry_run, grace };
    for line in expire::expire(config, &what).await? {
        print(&line);
    }
    Ok(())
}

/// Promises to keep a dataset's history for so long, or says what is promised.
pub async fn keep_history(config: &Config, id: &str, days: Option<u32>, forever: bool) -> Done {
    let dataset = DatasetId::new(id).map_err(|error| error.to_string())?;
    let parts = Parts::open(config).await?;
    if days.is_some() || forever {
        let by = Principal::System;
        let promised = parts.catalog.set_keep_history(&dataset, days, by.name(), Utc::now()).await;
        promised.map_err(|error| advised(&error, config.lang))?;
    }
    let kept = parts.catalog.keep_history(&dataset).await.map_err(|error| advised(&error, config.lang))?;
    print(&match (config.lang, kept) {
        (Lang::En, None) => format!("{dataset}: every version is kept for ever"),
        (Lang::En, Some(days)) => format!("{dataset}: every version is kept for {days} days"),
        (_, None) => format!("{dataset}: giữ mãi mọi phiên bản"),
        (_, Some(days)) => format!("{dataset}: giữ mọi phiên bản trong {days} ngày"),
    });
    Ok(())
}

/// Examines the node; fails when something does not work.
pub async fn doctor(config: &Config, format: Format) -> Done {
    let checks = doctor::examine(config).await;
    if format == Format::Json {
        let text = serde_json::to_string_pretty(&json!({ "checks": checks }));
        print(&text.map_err(|error| error.to_string())?);
    } else {
        for check in &checks {
            let health = match check.health {
                Health::Ok => "ok  ",
                Health::Warn => "warn",
                Health::Fail => "FAIL",
            };
            print(&format!("{health}  {:<14} {}", check.check, check.found));
            if let Some(advice) = &check.advice {
                print(&format!("                      → {advice}"));
            }
        }
    }
    match checks.iter().filter(|check| check.health == Health::Fail).count() {
        0 => Ok(()),
        count => Err(format!("{count} {}", say(config.lang, "việc không ổn", "checks failed"))),
    }
}

/// Brings a folder up to date, or says what that would do.
pub async fn migrate(config: &Config, dry_run: bool) -> Done {
    let upgrade = if dry_run {
        folder::due(config).await?
    } else {
        let lock = Lock::take(&config.data).map_err(|error| format!("{}: {error}", config.data.display()))?;
        match lock {
            Holder::Us(_lock) => folder::bring_up(config).await?,
            Holder::Node(_) | Holder::Someone => {
                return Err(say(
                    config.lang,
                    "nút đang chạy: hãy dừng nó trước khi nâng cấp",
                    "the node is running: stop it before the upgrade",
                )
                .to_owned());
            }
        }
    };
    if upgrade.is_none() {
        print(say(config.lang, "không có gì phải làm", "nothing to do"));
        return Ok(());
    }
    let from = upgrade.from.map_or_else(|| "—".to_owned(), |from| from.to_string());
    let steps = upgrade.steps.len();
    print(&match (config.lang, dry_run) {
        (Lang::En, true) => {
            format!("would go from format {from} to {}: {steps} steps of the catalogue", folder::FORMAT)
        }
        (Lang::En, false) => {
            format!("from format {from} to {}: {steps} steps of the catalogue", folder::FORMAT)
        }
        (_, true) => format!("sẽ nâng từ định dạng {from} lên {}: {steps} bước danh mục", folder::FORMAT),
        (_, false) => format!("đã nâng từ định dạng {from} lên {}: {steps} bước danh mục", folder::FORMAT),
    });
    for step in &upgrade.steps {
        print(&format!("  {step}"));
    }
    if let Some(copy) = &upgrade.copy {
        let words = say(config.lang, "danh mục trước đó ở", "the catalogue as it was before is in");
        print(&format!("{words} {}", copy.display()));
    }
    Ok(())
}
