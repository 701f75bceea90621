//! `cuulong load`: hand in files.

use std::path::Path;

use bytes::Bytes;
use chrono::Utc;
use futures::StreamExt;
use futures::stream::BoxStream;
use intake::Load;
use model::{DatasetId, Lang};
use policy::{Principal, Purpose};
use serde_json::Value;
use tokio_util::io::ReaderStream;

use super::{Done, Way, print, refusal, tell};
use crate::config::Config;
use crate::operate::{advised, say};
use crate::progress::bytes_bar;

/// Hands in each file as a run of its own and reports on it. A file that fails does not stop the next.
pub async fn load(
    config: &Config,
    files: &[std::path::PathBuf],
    dataset: &str,
    mapping: Option<&Path>,
    dry_run: bool,
) -> Done {
    let dataset = DatasetId::new(dataset).map_err(|error| error.to_string())?;
    let mapping = match mapping {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?),
        None => None,
    };
    let way = Way::find(config).await?;
    let mut failed = 0;
    for file in files {
        match hand_in(&way, config, file, &dataset, mapping.clone(), dry_run).await {
            Ok(report) => {
                show(&report, config.lang);
                if is_failed(&report) {
                    failed += 1;
                }
            }
            Err(message) => {
                failed += 1;
                tell(&format!("{}: {message}", file.display()));
            }
        }
    }
    match (failed, config.lang) {
        (0, _) => Ok(()),
        (_, Lang::En) => Err(format!("{failed} of {} files were not taken", files.len())),
        _ => Err(format!("{failed} trong {} tệp không được nhận", files.len())),
    }
}

async fn hand_in(
    way: &Way,
    config: &Config,
    path: &Path,
    dataset: &DatasetId,
    mapping: Option<String>,
    dry_run: bool,
) -> Done<Value> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = tokio::fs::File::open(path).await.map_err(|error| error.to_string())?;
    let size = file.metadata().await.map_err(|error| error.to_string())?.len();
    let bar = bytes_bar(&name, size);
    let stream = ReaderStream::with_capacity(file, 1 << 20).boxed();
    let report = match way {
        Way::Here(node) => {
            let app = node.app();
            let permit = app
                .catalog
                .authorize(&Principal::System, dataset, Purpose::Write, Utc::now())
                .await
                .map_err(|error| unknown_dataset(&error, dataset, config.lang))?;
            let load = Load { file_name: name, body: stream, mapping, dry_run, now: Utc::now() };
            let shown = bar.clone();
            let report = app
                .intake
                .load(&permit, load, &move |progress| show_progress(&shown, progress, config.lang))
                .await
                .map_err(|error| refusal(&error, config.lang))?;
            serve::report_document(&report, config.lang)
        }
        Way::There(client) => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("file_name", &name)
                .append_pair("dry_run", if dry_run { "true" } else { "false" })
                .extend_pairs(mapping.iter().map(|text| ("mapping", text)))
                .finish();
            let counted = counted(stream, bar.clone());
            client.upload(&format!("/v1/datasets/{dataset}/uploads?{query}"), counted).await?.ok()?.json()
        }
    };
    bar.finish_and_clear();
    Ok(report)
}

/// The bar stands for the bytes of the stage under way; its words say which that is.
fn show_progress(bar: &indicatif::ProgressBar, progress: intake::Progress, lang: Lang) {
    let stage = match progress.stage {
        intake::Stage::Receiving => say(lang, "đang nhận", "receiving"),
        intake::Stage::Reading => say(lang, "đang đọc", "reading"),
        intake::Stage::Committing => say(lang, "đang ghi", "committing"),
    };
    if bar.message() != stage {
        bar.set_message(stage);
    }
    bar.set_position(progress.bytes);
}

fn unknown_dataset(error: &catalog::Error, dataset: &DatasetId, lang: Lang) -> String {
    match error {
        catalog::Error::NotFound { .. } => {
            let add = format!("cuulong dataset add {dataset} --agency … --title …");
            match lang {
                Lang::En => format!("there is no dataset `{dataset}`; register it first: {add}"),
                _ => format!("không có bộ dữ liệu `{dataset}`; hãy đăng ký trước: {add}"),
            }
        }
        other => advised(other, lang),
    }
}

fn counted(
    stream: BoxStream<'static, std::io::Result<Bytes>>,
    bar: indicatif::ProgressBar,
) -> BoxStream<'static, std::io::Result<Bytes>> {
    stream.inspect(move |chunk| bar.inc(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64))).boxed()
}

/// Whether the run took nothing because every value was refused.
fn is_failed(report: &Value) -> bool {
    report["run"]["state"] == "failed"
}

/// Prints a report as a person reads it.
fn show(report: &Value, lang: Lang) {
    let run = &report["run"];
    let total = |name: &str| run["totals"][name].as_u64().unwrap_or(0);
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let vietnamese = lang != Lang::En;
    if report["mapping_guessed"].as_bool().unwrap_or(false) {
        tell(if vietnamese {
            "ánh xạ được đoán từ tệp (lưu cùng bộ dữ liệu):"
        } else {
            "the mapping was guessed from the file (saved with the dataset):"
        });
        tell(report["mapping"].as_str().unwrap_or(""));
    }
    let headline = if vietnamese {
        format!(
            "{}: {} dòng · {} mới · {} sửa · {} không đổi · {} trống · {} từ chối",
            text(&run["file_name"]),
            total("rows"),
            total("added"),
            total("corrected"),
            total("unchanged"),
            total("missing"),
            total("refused")
        )
    } else {
        format!(
            "{}: {} rows · {} new · {} corrected · {} unchanged · {} empty · {} refused",
            text(&run["file_name"]),
            total("rows"),
            total("added"),
            total("corrected"),
            total("unchanged"),
            total("missing"),
            total("refused")
        )
    };
    print(&headline);
    let drift = report["drift"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !drift.is_empty() {
        print(if vietnamese { "  khác với tệp trước:" } else { "  not as in the file before:" });
        for difference in drift {
            print(&format!("    {}", text(difference)));
        }
    }
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    for finding in findings.iter().take(20) {
        let sheet = text(&finding["sheet"]);
        let place = if sheet.is_empty() {
            text(&finding["cell"])
        } else {
            format!("{sheet}!{}", text(&finding["cell"]))
        };
        print(&format!("  {place} `{}`: {}", text(&finding["value"]), text(&finding["message"])));
    }
    let more = report["findings_total"].as_u64().unwrap_or(0).saturating_sub(20);
    if more > 0 {
        print(&format!("  … {more}"));
    }
    let corrections = report["corrections"].as_array().map(Vec::as_slice).unwrap_or_default();
    for correction in corrections.iter().take(50) {
        print(&format!(
            "  {} {} {} {}: {} → {} {}",
            text(&correction["cell"]),
            text(&correction["place"]),
            text(&correction["property"]),
            text(&correction["phenomenon_time"]),
            text(&correction["before"]),
            text(&correction["after"]),
            text(&correction["unit"])
        ));
    }
    let more = total("corrected").saturating_sub(50);
    if !corrections.is_empty() && more > 0 {
        print(&format!("  … {more}"));
    }
    let version = run["version"].as_u64();
    let end = match (text(&run["state"]).as_str(), version, vietnamese) {
        ("dry_run", _, true) => "chạy thử: không ghi gì".to_owned(),
        ("dry_run", _, false) => "dry run: nothing was written".to_owned(),
        ("failed", _, true) => "mọi giá trị đều bị từ chối: không ghi gì".to_owned(),
        ("failed", _, false) => "every value was refused: nothing was written".to_owned(),
        (_, Some(version), true) => format!("bản {version}, lần nộp {}", text(&run["id"])),
        (_, Some(version), false) => format!("version {version}, run {}", text(&run["id"])),
        (_, None, true) => "không có gì thay đổi: không có bản mới".to_owned(),
        (_, None, false) => "nothing changed: no new version".to_owned(),
    };
    print(&end);
}
