//! `cuulong doctor`: looks at everything that a node stands on and says what to do.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use catalog::{Catalog, SchemaState};
use chrono::{DateTime, TimeDelta, Utc};
use lake::{Lake, LakeConfig};
use model::Lang;
use serde::Serialize;

use super::{Done, advised, folder};
use crate::commands::sentence;
use crate::config::Config;
use crate::lock::{Holder, Lock};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// As it should be.
    Ok,
    /// It works, and something should be done soon.
    Warn,
    /// It does not work.
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What was looked at, as a stable code.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) health: Health,
    /// What was found.
    pub(crate) found: String,
    /// What to do; absent when nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// Free space below which a node is close to standing still, bytes.
const LITTLE_SPACE: u64 = 2 << 30;
/// Free space below which nothing can be taken in, bytes.
const NO_SPACE: u64 = 200 << 20;
/// Files of a table above which reads grow slow unless they are long ones.
const MANY_FILES: usize = 64;
/// Rows below which a file is a small one.
const SMALL_FILE: u64 = 100_000;

struct Doctor<'a> {
    config: &'a Config,
    checks: Vec<Check>,
    /// Where the node that has the folder serves.
    node: Option<String>,
}

/// Looks at everything. What hangs is given up after a while.
pub(crate) async fn examine(config: &Config) -> Vec<Check> {
    let mut doctor = Doctor { config, checks: Vec::new(), node: None };
    doctor.configuration();
    let is_ours = doctor.lock();
    doctor.folder();
    doctor.space().await;
    doctor.clock();
    let catalog = doctor.catalogue(is_ours).await;
    let lake = doctor.store().await;
    if let Some(catalog) = &catalog {
        doctor.runs(catalog).await;
        if let Some(lake) = &lake {
            doctor.files(catalog, lake).await;
        }
    }
    doctor.backups();
    doctor.checks
}

impl Doctor<'_> {
    fn say(&self, vi: String, en: String) -> String {
        if self.config.lang == Lang::En { en } else { vi }
    }

    fn either(&self, vi: &str, en: &str) -> String {
        super::say(self.config.lang, vi, en).to_owned()
    }

    fn late(&self) -> String {
        self.either("không trả lời trong 20 giây", "does not answer within 20 s")
    }

    fn synced(&self, took: Duration) -> String {
        let ms = took.as_millis();
        self.say(format!("một lần ghi chắc xuống đĩa mất {ms} ms"), format!("a synced write took {ms} ms"))
    }

    fn note(&mut self, check: &'static str, health: Health, found: String, advice: Option<(&str, &str)>) {
        let advice = advice.map(|(vi, en)| self.say(vi.to_owned(), en.to_owned()));
        self.checks.push(Check { check, health, found, advice });
    }

    fn configuration(&mut self) {
        let Config { data, catalog, store, .. } = self.config;
        let is_remote = |url: &str| url.starts_with("s3:") || url.starts_with("postgres");
        let (vi, en) = match (is_remote(catalog), is_remote(store)) {
            (false, false) => ("trong đó hoặc trên máy này", "in it or on this machine"),
            (true, true) => ("ở PostgreSQL và S3", "on PostgreSQL and S3"),
            (true, false) => ("ở PostgreSQL và trên máy này", "on PostgreSQL and this machine"),
            (false, true) => ("trên máy này và ở S3", "on this machine and S3"),
        };
        let data = data.display();
        let found = self.say(
            format!("dữ liệu {data}, danh mục và kho {vi}"),
            format!("data {data}, catalogue and store {en}"),
        );
        if is_remote(store) && !is_remote(catalog) {
            let advice = (
                "kho ở S3 mà danh mục là tệp của máy này: máy hỏng thì mất danh mục; hãy sao lưu hằng ngày hoặc dùng PostgreSQL",
                "the store is on S3 and the catalogue a file of this machine: back up daily, or use PostgreSQL",
            );
            self.note("configuration", Health::Warn, found, Some(advice));
        } else {
            self.note("configuration", Health::Ok, found, None);
        }
    }

    /// Whether the folder is nobody's.
    fn lock(&mut self) -> bool {
        if !self.config.data.is_dir() {
            let data = self.config.data.display();
            let found = self.say(format!("không có {data}"), format!("{data} is not there"));
            let advice = ("chạy `cuulong serve` để tạo nút", "run `cuulong serve` to make a node");
            self.note("lock", Health::Warn, found, Some(advice));
            return true;
        }
        match Lock::take(&self.config.data) {
            Ok(Holder::Us(lock)) => {
                drop(lock);
                let found = self.either("không tiến trình nào giữ thư mục", "no process has the folder");
                self.note("lock", Health::Ok, found, None);
                true
            }
            Ok(Holder::Node(address)) => {
                let url = address.url;
                self.node = Some(url.clone());
                let found =
                    self.say(format!("một nút đang phục vụ tại {url}"), format!("a node serves at {url}"));
                self.note("lock", Health::Ok, found, None);
                false
            }
            Ok(Holder::Someone) => {
                let found = self.either("một lệnh khác đang giữ thư mục", "another command has the folder");
                self.note("lock", Health::Ok, found, None);
                false
            }
            Err(error) => {
                let advice = ("xem quyền của thư mục", "look at the folder's permissions");
                self.note("lock", Health::Fail, error.to_string(), Some(advice));
                false
            }
        }
    }

    /// Whether the folder takes a write that survives a loss of power, and who may read it.
    fn folder(&mut self) {
        let folder = &self.config.data;
        if !folder.is_dir() {
            return;
        }
        let probe = folder.join(format!("doctor-{}", uuid::Uuid::now_v7()));
        let write = || -> std::io::Result<Duration> {
            let started = std::time::Instant::now();
            let mut file = std::fs::File::create_new(&probe)?;
            file.write_all(b"probe")?;
            file.sync_all()?;
            if cfg!(unix) {
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok(started.elapsed())
        };
        let written = write();
        // What cannot be removed is told below by what could not be written.
        drop(std::fs::remove_file(&probe));
        match written {
            Ok(took) if took > Duration::from_millis(500) => {
                let found = self.synced(took);
                let advice = (
                    "đĩa chậm: mỗi lần ghi phải chờ đĩa; hãy dùng đĩa nhanh hơn",
                    "the disk is slow: every commit waits for it; use a faster one",
                );
                self.note("disk", Health::Warn, found, Some(advice));
            }
            Ok(took) => {
                let found = self.synced(took);
                self.note("disk", Health::Ok, found, None);
            }
            Err(error) => {
                let advice = (
                    "thư mục phải ghi được: xem quyền, đĩa đầy, đĩa chỉ đọc",
                    "the folder has to take writes: look at permissions, a full disk, a read-only disk",
                );
                self.note("disk", Health::Fail, error.to_string(), Some(advice));
            }
        }
        #[cfg(unix)]
        if let Ok(meta) = std::fs::metadata(folder) {
            let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777;
            if mode & 0o007 != 0 {
                let advice = (
                    "ai đọc được thư mục thì đọc được mọi dữ liệu: chmod 750",
                    "whoever can read the folder reads all data: chmod 750",
                );
                let found = self.say(
                    format!("quyền {mode:o}: ai cũng mở được"),
                    format!("mode {mode:o}: open to everyone"),
                );
                self.note("permissions", Health::Warn, found, Some(advice));
            } else {
                let found = self.say(format!("quyền {mode:o}"), format!("mode {mode:o}"));
                self.note("permissions", Health::Ok, found, None);
            }
        }
    }

    async fn space(&mut self) {
        let Some(free) = free_space(&self.config.data).await else {
            let advice = ("tự xem chỗ trống của đĩa", "look at the disk's free space yourself");
            let found = self.either(
                "hệ điều hành không cho biết còn trống bao nhiêu",
                "the system does not say how much is free",
            );
            self.note("space", Health::Warn, found, Some(advice));
            return;
        };
        let free_mb = free >> 20;
        let found = self.say(format!("còn trống {free_mb} MB"), format!("{free_mb} MB free"));
        let advice = ("giải phóng đĩa hoặc chuyển kho sang S3", "free the disk, or move the store to S3");
        if free < NO_SPACE {
            self.note("space", Health::Fail, found, Some(advice));
        } else if free < LITTLE_SPACE {
            self.note("space", Health::Warn, found, Some(advice));
        } else {
            self.note("space", Health::Ok, found, None);
        }
    }

    /// Whether the clock is later than what was written before.
    fn clock(&mut self) {
        let now = Utc::now();
        let newest = ["catalog.sqlite", "catalog.sqlite-wal", "format.toml", "node.lock"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.config.data.join(name)).ok()?.modified().ok())
            .max()
            .map(DateTime::<Utc>::from);
        let behind = newest.is_some_and(|newest| newest > now + TimeDelta::minutes(1));
        let found = format!("{}", now.format("%Y-%m-%d %H:%M:%S UTC"));
        if behind || now.timestamp() < 1_750_000_000 {
            let advice = (
                "đồng hồ chạy lùi: bật NTP; “như đã biết tại” dựa vào đồng hồ",
                "the clock has stepped back: set up NTP; \"as known at\" depends on it",
            );
            self.note("clock", Health::Fail, found, Some(advice));
        } else {
            self.note("clock", Health::Ok, found, None);
        }
    }

    async fn catalogue(&mut self, is_ours: bool) -> Option<Catalog> {
        if let Err(error) = folder::must_be_known(self.config) {
            self.note("format", Health::Fail, error, None);
            return None;
        }
        let state = match in_time(SchemaState::of(&self.config.catalog)).await {
            Ok(Ok(state)) => state,
            Ok(Err(error)) => return self.no_catalogue(advised(&error, self.config.lang)),
            Err(Late) => return self.no_catalogue(self.late()),
        };
        if state.applied.is_empty() {
            let advice = ("chạy `cuulong serve` để tạo nút", "run `cuulong serve` to make a node");
            let found = self.either("chưa có", "not there yet");
            self.note("catalogue", Health::Warn, found, Some(advice));
            return None;
        }
        if !state.pending.is_empty() {
            let advice = ("chạy `cuulong migrate`", "run `cuulong migrate`");
            let due = state.pending.len();
            let found = self.say(
                format!("lược đồ còn {due} bước chưa chạy"),
                format!("{due} steps of its schema are due"),
            );
            self.note("catalogue", Health::Warn, found, Some(advice));
            return None;
        }
        let opened = in_time(Catalog::open_as_is(&self.config.catalog)).await;
        let catalog = match opened {
            Ok(Ok(catalog)) => catalog,
            Ok(Err(error)) => return self.no_catalogue(advised(&error, self.config.lang)),
            Err(Late) => return self.no_catalogue(self.late()),
        };
        match in_time(catalog.ping()).await {
            Ok(Ok(())) => {
                let taken = state.applied.len();
                let (vi, en) =
                    if is_ours { ("", "") } else { (", cạnh nút của nó", ", beside its node") };
                let found = self.say(
                    format!("trả lời{vi}; lược đồ đã chạy {taken} bước"),
                    format!("answers{en}; {taken} steps of its schema taken"),
                );
                self.note("catalogue", Health::Ok, found, None);
                Some(catalog)
            }
            Ok(Err(error)) => self.no_catalogue(sentence(&error)),
            Err(Late) => self.no_catalogue(self.late()),
        }
    }

    fn no_catalogue(&mut self, why: String) -> Option<Catalog> {
        let advice = (
            "xem địa chỉ danh mục (`cuulong config`) và máy chủ PostgreSQL",
            "look at the catalogue's address (`cuulong config`) and at the PostgreSQL server",
        );
        self.note("catalogue", Health::Fail, why, Some(advice));
        None
    }

    async fn store(&mut self) -> Option<Lake> {
        let place = LakeConfig { url: self.config.store.clone(), options: self.config.store_options.clone() };
        let advice = (
            "xem địa chỉ và khóa của kho (`cuulong config`)",
            "look at the store's address and keys (`cuulong config`)",
        );
        let probed = in_time(async {
            let lake = Lake::open(&place).await?;
            let clock = lake.probe_write().await?;
            Ok::<_, lake::Error>((lake, clock))
        });
        match probed.await {
            Ok(Ok((lake, clock))) => {
                let apart = (Utc::now() - clock).abs();
                if apart > TimeDelta::minutes(2) {
                    let apart = apart.num_seconds();
                    let found = self.say(
                        format!("ghi được; đồng hồ của kho lệch {apart} giây"),
                        format!("takes writes; its clock is {apart} s apart"),
                    );
                    let advice = ("chỉnh đồng hồ bằng NTP", "set the clocks by NTP");
                    self.note("store", Health::Warn, found, Some(advice));
                } else {
                    let found = self.either("ghi được", "takes writes");
                    self.note("store", Health::Ok, found, None);
                }
                Some(lake)
            }
            Ok(Err(error)) => {
                self.note("store", Health::Fail, sentence(&error), Some(advice));
                None
            }
            Err(Late) => {
                let found = self.late();
                self.note("store", Health::Fail, found, Some(advice));
                None
            }
        }
    }

    async fn runs(&mut self, catalog: &Catalog) {
        match catalog.unfinished_runs().await {
            Ok(runs) => {
                let old = Utc::now() - TimeDelta::hours(6);
                let count = runs.iter().filter(|run| run.started_at < old).count();
                let all = runs.len();
                let found = self.say(format!("{all} lượt đang chạy"), format!("{all} under way"));
                if count > 0 {
                    let advice = (
                        "lượt nạp bị cắt: khởi động lại nút để kết thúc, rồi nộp lại tệp",
                        "runs were cut off: restart the node, which ends them, and hand the files in again",
                    );
                    let found = self.say(
                        format!("{found}, {count} lượt đã hơn 6 giờ"),
                        format!("{found}, {count} for more than 6 hours"),
                    );
                    self.note("runs", Health::Warn, found, Some(advice));
                } else {
                    self.note("runs", Health::Ok, found, None);
                }
            }
            Err(error) => self.note("runs", Health::Fail, sentence(&error), None),
        }
    }

    /// Tables with so many small files that reads suffer, and files that are not as they were written, as far
    /// as their sizes and ends tell and as far as readers of the node met them.
    async fn files(&mut self, catalog: &Catalog, lake: &Lake) {
        let mut tables = Vec::new();
        let mut damaged = self.met_by_readers().await;
        let mut looked = 0;
        for dataset in catalog.datasets().await.unwrap_or_default().iter().take(10_000) {
            let permit =
                catalog.authorize(&policy::Principal::System, &dataset.id, policy::Purpose::Read, Utc::now());
            let Ok(permit) = permit.await else { continue };
            let snapshot = match lake.snapshot(&permit, lake::AsOf::Latest).await {
                Ok(snapshot) => snapshot,
                Err(lake::Error::Damaged(damage)) => {
                    damaged.insert(damage.path, damage.detail);
                    continue;
                }
                Err(_) => continue,
            };
            looked += 1;
            let found = lake.look_over(&snapshot).await.unwrap_or_default();
            damaged.extend(found.into_iter().map(|damage| (damage.path, damage.detail)));
            let small = snapshot.files().iter().filter(|file| file.rows < SMALL_FILE).count();
            if small > MANY_FILES {
                tables.push(format!("{} ({small})", dataset.id));
            }
        }
        if tables.is_empty() {
            let found = self.say(
                format!("{looked} bảng, không bảng nào có nhiều tệp nhỏ"),
                format!("{looked} tables, none with many small files"),
            );
            self.note("files", Health::Ok, found, None);
        } else {
            tables.truncate(10);
            let advice = ("chạy `cuulong compact`", "run `cuulong compact`");
            let tables = tables.join(", ");
            let found = self.say(format!("nhiều tệp nhỏ: {tables}"), format!("many small files: {tables}"));
            self.note("files", Health::Warn, found, Some(advice));
        }
        self.damaged(&damaged, looked);
    }

    fn damaged(&mut self, damaged: &BTreeMap<String, String>, looked: usize) {
        if damaged.is_empty() {
            let found = self.say(
                format!("tệp của {looked} bảng đủ kích thước và phần cuối (`cuulong verify` đọc từng byte)"),
                format!(
                    "files of {looked} tables have their sizes and ends (`cuulong verify` reads every byte)"
                ),
            );
            return self.note("damage", Health::Ok, found, None);
        }
        let count = damaged.len();
        let named: Vec<String> =
            damaged.iter().take(10).map(|(path, detail)| format!("{path} ({detail})")).collect();
        let named = named.join(", ");
        let found = self.say(format!("{count} tệp hỏng: {named}"), format!("{count} damaged files: {named}"));
        let advice = (
            "chạy `cuulong verify` để biết mọi tệp hỏng, rồi khôi phục: cuulong restore NGUỒN --only TỆP",
            "run `cuulong verify` for all damaged files, and put them back: cuulong restore SOURCE --only FILE",
        );
        self.note("damage", Health::Fail, found, Some(advice));
    }

    /// The damaged files that readers of the serving node met: `/readyz` lists them.
    async fn met_by_readers(&self) -> BTreeMap<String, String> {
        let asked = async {
            let url = format!("{}/readyz", self.node.as_ref()?);
            let answer =
                reqwest::Client::new().get(url).timeout(Duration::from_secs(20)).send().await.ok()?;
            serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.ok()?).ok()
        };
        let told = asked.await.unwrap_or_default();
        let text = |one: &serde_json::Value, name: &str| one[name].as_str().map(str::to_owned);
        let listed = told["damaged"].as_array().into_iter().flatten();
        listed.filter_map(|one| Some((text(one, "file")?, text(one, "found")?))).collect()
    }

    fn backups(&mut self) {
        let advice =
            ("chạy `cuulong backup` hằng ngày, đến đĩa khác", "run `cuulong backup` daily, to another disk");
        match last_backup(&self.config.data) {
            Some((at, target)) => {
                let days = (Utc::now() - at).num_days();
                let at = at.format("%Y-%m-%d %H:%M UTC");
                let found = self.say(format!("lần cuối {at} đến {target}"), format!("last {at} to {target}"));
                if days > 7 {
                    let found =
                        self.say(format!("{found}: {days} ngày trước"), format!("{found}: {days} days ago"));
                    self.note("backup", Health::Warn, found, Some(advice));
                } else {
                    self.note("backup", Health::Ok, found, None);
                }
            }
            None => {
                let found = self.either("chưa sao lưu lần nào từ đây", "none was made from here yet");
                self.note("backup", Health::Warn, found, Some(advice));
            }
        }
    }
}

/// What hangs for so long is told as not answering.
async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, Late> {
    tokio::time::timeout(Duration::from_secs(20), work).await.map_err(|_| Late)
}

/// There was no answer in time.
struct Late;

/// Free bytes of the disk that a folder is on.
async fn free_space(folder: &Path) -> Option<u64> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || lake::free_space(&folder)).await.ok()?
}

const LAST_BACKUP: &str = "last_backup.json";

/// Notes that a backup was made, for later examinations.
pub(crate) fn note_backup(folder: &Path, at: DateTime<Utc>, target: &str) -> Done {
    let note = serde_json::json!({ "at": at, "target": target }).to_string();
    super::folder::write_durably(&folder.join(LAST_BACKUP), note.as_bytes())
}

/// When the last backup was made from this folder, and to where.
fn last_backup(folder: &Path) -> Option<(DateTime<Utc>, String)> {
    let text = std::fs::read_to_string(folder.join(LAST_BACKUP)).ok()?;
    let note: serde_json::Value = serde_json::from_str(&text).ok()?;
    let at = DateTime::parse_from_rfc3339(note["at"].as_str()?).ok()?;
    Some((at.with_timezone(&Utc), note["target"].as_str()?.to_owned()))
}
