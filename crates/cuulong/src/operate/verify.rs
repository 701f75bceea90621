//! `cuulong verify`: every stored byte against what was recorded of it when it was written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use catalog::Catalog;
use catalog::backup::Dump;
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use model::{DatasetId, DatasetKind, Lang, RunId, RunState, Version};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;
use serde_json::Value;

use super::manifest::{self, Manifest};
use super::place::{Place, Trouble, hash_of};
use super::tables::Replay;
use super::{Done, Parts};
use crate::commands::sentence;
use crate::config::Config;

/// Files that are read at the same time.
const AT_ONCE: usize = 4;

/// What a damaged thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A file as it was received.
    Original,
    /// A raster beside its table.
    Raster,
    /// A file of rows.
    Data,
    /// An entry of a table's log.
    Log,
    /// A summary of a log, which can be made anew.
    Checkpoint,
    /// The catalogue's file, or a row that does not agree with the tables.
    Catalogue,
    /// The catalogue as a whole, which knows less than the tables have.
    Behind,
    /// The chain of what was done.
    Audit,
}

impl Kind {
    /// The kind's code in answers.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Kind::Original => "original",
            Kind::Raster => "raster",
            Kind::Data => "data",
            Kind::Log => "log",
            Kind::Checkpoint => "checkpoint",
            Kind::Catalogue => "catalogue",
            Kind::Behind => "behind",
            Kind::Audit => "audit",
        }
    }
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Damage {
    /// Where: a path in the store, or a thing of the catalogue.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// What is wrong with it.
    pub(crate) what: String,
    /// What to do.
    pub(crate) advice: String,
}

/// What a verification read and found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Verified {
    /// Files that were read.
    pub(crate) files: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Files of which no checksum was recorded.
    pub(crate) without_checksum: u64,
    /// Entries of the audit log.
    pub(crate) audit_entries: u64,
    /// What is damaged, by path.
    pub(crate) damaged: Vec<Damage>,
}

/// Reads everything, or one dataset's, and says what is damaged. `against` is a place of backups,
/// whose newest is compared too.
pub(crate) async fn verify(
    config: &Config,
    dataset: Option<&DatasetId>,
    against: Option<&str>,
    bar: &ProgressBar,
) -> Done<Verified> {
    let parts = Parts::open(config).await?;
    let kept = match against {
        Some(source) => {
            let place = Place::existing(config, source).await?;
            let ids = manifest::ids(&place).await?;
            let id = ids.last().ok_or_else(|| format!("there is no backup in `{source}`"))?;
            let files = Manifest::read(&place, id).await?.files;
            files.into_iter().map(|file| (file.path, file.sha256)).collect()
        }
        None => HashMap::new(),
    };
    let store = parts.lake.store();
    let catalog = parts.catalog.clone();
    let mut work = Work { lang: config.lang, catalog, store, kept, bar, found: Verified::default() };
    let mut recorded = Recorded::default();
    if let Err(error) = work.catalogue(&parts, &mut recorded).await {
        work.damaged(Kind::Catalogue, "catalogue", error);
    }
    let originals = match dataset {
        Some(dataset) => recorded.of_dataset(dataset),
        None => recorded.originals.clone(),
    };
    work.originals(&originals, dataset.is_none()).await?;
    let mut datasets: BTreeSet<DatasetId> = recorded.versions.keys().cloned().collect();
    if dataset.is_none() {
        datasets.extend(parts.lake.datasets().await.map_err(|error| sentence(&error))?);
    }
    for id in datasets.iter().filter(|id| dataset.is_none_or(|asked| asked == *id)) {
        let versions = recorded.versions.get(id).cloned().unwrap_or_default();
        let pinned = recorded.pinned.get(id).cloned().unwrap_or_default();
        let files = work.table(id, &versions, &pinned).await?;
        work.rasters(id, &files, recorded.coverages.contains(id)).await?;
    }
    work.found.damaged.sort();
    Ok(work.found)
}

/// What the catalogue says that the store has.
#[derive(Default)]
struct Recorded {
    /// Originals and their sizes.
    originals: BTreeMap<String, u64>,
    /// The originals that the runs of a dataset read.
    read: HashMap<String, BTreeSet<String>>,
    /// The rows that each version has.
    versions: BTreeMap<DatasetId, BTreeMap<u64, u64>>,
    /// The datasets of rasters.
    coverages: BTreeSet<DatasetId>,
    /// The versions of each dataset that products were made from.
    pinned: BTreeMap<DatasetId, BTreeSet<u64>>,
}

impl Recorded {
    fn of_dataset(&self, dataset: &DatasetId) -> BTreeMap<String, u64> {
        let read = self.read.get(dataset.as_str());
        let read = read.into_iter().flatten().filter_map(|hash| self.originals.get_key_value(hash));
        read.map(|(hash, size)| (hash.clone(), *size)).collect()
    }

    fn note(&mut self, table: &str, columns: &[&str], row: &[Value]) {
        let cell = |name: &str| row.get(columns.iter().position(|column| *column == name)?);
        let text = |name: &str| cell(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| cell(name).and_then(Value::as_u64);
        for pin in cell("pinned").and_then(Value::as_array).into_iter().flatten() {
            let dataset = pin[0].as_str().and_then(|id| DatasetId::new(id).ok());
            if let (Some(dataset), Some(version)) = (dataset, pin[1].as_u64()) {
                self.pinned.entry(dataset).or_default().insert(version);
            }
        }
        match table {
            "original" => self.originals.extend(text("hash").zip(number("size"))),
            "run" => {
                if let (Some(dataset), Some(original)) = (text("dataset"), text("original")) {
                    self.read.entry(dataset).or_default().insert(original);
                }
            }
            "dataset" => {
                let is_of_rasters = text("kind").as_deref() == Some(DatasetKind::Coverage.code());
                let id = text("id").filter(|_| is_of_rasters);
                self.coverages.extend(id.and_then(|id| DatasetId::new(&id).ok()));
            }
            _ => {
                let dataset = text("dataset").and_then(|id| DatasetId::new(&id).ok());
                if let (Some(dataset), Some(row)) = (dataset, number("version").zip(number("total"))) {
                    self.versions.entry(dataset).or_default().extend([row]);
                }
            }
        }
    }
}

struct Work<'a> {
    lang: Lang,
    catalog: Catalog,
    store: Arc<dyn ObjectStore>,
    /// The checksums of the newest backup, by path.
    kept: HashMap<String, String>,
    bar: &'a ProgressBar,
    found: Verified,
}

/// A file and what is recorded of it.
struct Expected {
    path: Path,
    kind: Kind,
    size: Option<u64>,
    sha256: Option<String>,
}

impl Work<'_> {
    fn damaged(&mut self, kind: Kind, path: &str, what: String) {
        let english = self.lang == Lang::En;
        let advice = match kind {
            Kind::Original | Kind::Raster | Kind::Data | Kind::Log if english => {
                format!("restore it from a backup: cuulong restore SOURCE --only {path}")
            }
            Kind::Original | Kind::Raster | Kind::Data | Kind::Log => {
                format!("khôi phục từ bản sao lưu: cuulong restore NGUỒN --only {path}")
            }
            Kind::Checkpoint if english => "remove it: it is made anew".to_owned(),
            Kind::Checkpoint => "xóa nó đi: chương trình sẽ tạo lại".to_owned(),
            Kind::Behind if english => {
                "put back the catalogue that was in use last, or stop the node and restore a backup of both into an empty place: cuulong restore SOURCE --data NEW"
                    .to_owned()
            }
            Kind::Behind => {
                "đặt lại danh mục dùng sau cùng, hoặc dừng nút và khôi phục bản sao lưu của cả hai vào chỗ trống: cuulong restore NGUỒN --data MỚI"
                    .to_owned()
            }
            Kind::Catalogue | Kind::Audit if english => {
                "stop the node and restore a backup into an empty place: cuulong restore SOURCE --data NEW"
                    .to_owned()
            }
            Kind::Catalogue | Kind::Audit => {
                "dừng nút và khôi phục bản sao lưu vào chỗ trống: cuulong restore NGUỒN --data MỚI".to_owned()
            }
        };
        self.found.damaged.push(Damage { path: path.to_owned(), kind, what, advice });
    }

    fn say(&self, vi: &str, en: &str) -> String {
        super::say(self.lang, vi, en).to_owned()
    }

    /// What a reader of files or of logs says, with what it means.
    fn unreadable(&self, why: &str) -> String {
        format!("{} ({why})", self.say("không đọc được", "it cannot be read"))
    }

    /// The database's own check, the chain of the audit log, and all rows that name files.
    async fn catalogue(&mut self, parts: &Parts, recorded: &mut Recorded) -> Done {
        let failed = |error: catalog::Error| sentence(&error);
        for why in parts.catalog.damage().await.map_err(failed)? {
            let what = format!("{}: {why}", self.say("cơ sở dữ liệu báo lỗi", "the database says"));
            self.damaged(Kind::Catalogue, "catalogue", what);
        }
        match parts.catalog.verify_audit().await {
            Ok(entries) => self.found.audit_entries = entries,
            Err(error) => match error.broken_at() {
                Some(number) => {
                    let what = self.say(
                        "dòng này hoặc dòng trước nó đã bị sửa hay xóa",
                        "this entry or one before it was changed or removed",
                    );
                    self.damaged(Kind::Audit, &format!("audit_entry/{number}"), what);
                }
                None => return Err(failed(error)),
            },
        }
        let dump = parts.catalog.dump().await.map_err(failed)?;
        for table in ["dataset", "original", "run", "dataset_version"] {
            let columns = Dump::columns(table).map_err(failed)?;
            let mut last = None;
            loop {
                let rows = dump.page(table, last.as_ref()).await.map_err(failed)?;
                rows.iter().for_each(|row| recorded.note(table, &columns, row));
                last = rows.into_iter().last();
                if last.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The originals that the catalogue names, and (for `all`) those that only the store has: each
    /// says by its name which bytes it has.
    async fn originals(&mut self, originals: &BTreeMap<String, u64>, all: bool) -> Done {
        let mut expected: BTreeMap<String, Expected> = BTreeMap::new();
        for (hash, size) in originals {
            let (first, second) = (hash.get(..2).unwrap_or(""), hash.get(2..4).unwrap_or(""));
            let path = Path::from(format!("originals/{first}/{second}/{hash}"));
            let file = Expected { path, kind: Kind::Original, size: Some(*size), sha256: Some(hash.clone()) };
            expected.insert(hash.clone(), file);
        }
        if all {
            for object in self.list("originals").await? {
                let name = object.location.filename().unwrap_or_default().to_owned();
                if is_hash(&name) {
                    expected.entry(name.clone()).or_insert(Expected {
                        path: object.location,
                        kind: Kind::Original,
                        size: None,
                        sha256: Some(name),
                    });
                }
            }
        }
        self.files(expected.into_values().collect()).await
    }

    async fn list(&self, prefix: &str) -> Done<Vec<ObjectMeta>> {
        let listing = self.store.list(Some(&Path::from(prefix))).try_collect();
        let silent = self.say("kho không trả lời", "the store does not answer");
        listing.await.map_err(|error: object_store::Error| format!("{silent}: {error}"))
    }

    /// Reads files and compares them.
    async fn files(&mut self, files: Vec<Expected>) -> Done {
        let length = self.bar.length().unwrap_or(0);
        self.bar.set_length(length + files.iter().filter_map(|file| file.size).sum::<u64>());
        let store = &self.store;
        let read = files.into_iter().map(|file| async move {
            let hashed = hash_of(store, &file.path).await;
            (file, hashed)
        });
        let mut read = stream::iter(read).buffered(AT_ONCE);
        let mut results = Vec::new();
        while let Some((file, hashed)) = read.next().await {
            self.bar.inc(file.size.unwrap_or(0));
            results.push((file, hashed));
        }
        drop(read);
        for (file, hashed) in results {
            let path = file.path.to_string();
            match hashed {
                Ok((sha256, size)) => {
                    self.found.files += 1;
                    self.found.bytes += size;
                    self.compare(&file, &path, &sha256, size);
                }
                Err(Trouble::Missing) => {
                    let what = self.say("bị mất", "it is missing");
                    self.damaged(file.kind, &path, what);
                }
                Err(Trouble::Damaged) => {
                    let what =
                        self.say("nội dung khác với lúc ghi", "its bytes are not those that were written");
                    self.damaged(file.kind, &path, what);
                }
                Err(Trouble::Store(error)) => return Err(format!("{path}: {error}")),
            }
        }
        Ok(())
    }

    fn compare(&mut self, file: &Expected, path: &str, sha256: &str, size: u64) {
        if let Some(recorded) = file.size.filter(|recorded| *recorded != size) {
            let what = match self.lang {
                Lang::En => format!("it has {size} bytes, {recorded} were recorded"),
                _ => format!("có {size} byte, đã ghi nhận {recorded}"),
            };
            return self.damaged(file.kind, path, what);
        }
        let recorded = file.sha256.as_deref().or_else(|| self.kept.get(path).map(String::as_str));
        match recorded {
            Some(recorded) if recorded != sha256 => {
                let what = self.say("nội dung khác với lúc ghi", "its bytes are not those that were written");
                self.damaged(file.kind, path, what);
            }
            Some(_) => {}
            None => self.found.without_checksum += 1,
        }
    }
}

impl Work<'_> {
    /// A table's log from its first entry to the last that is there or that the catalogue knows, then
    /// every file that a recorded version needs, then the rows of every recorded version.
    async fn table(
        &mut self,
        dataset: &DatasetId,
        recorded: &BTreeMap<u64, u64>,
        pinned: &BTreeSet<u64>,
    ) -> Done<Vec<Path>> {
        let folder = format!("lake/{dataset}");
        let listed = self.list(&format!("{folder}/_delta_log")).await?;
        let number = |object: &ObjectMeta| {
            let name = object.location.filename()?.strip_suffix(".json")?;
            (name.len() == 20).then(|| name.parse::<u64>().ok())?
        };
        // Entries that come while this reads are left for the next time.
        let last = listed.iter().filter_map(number).max().max(recorded.keys().next_back().copied());
        let mut replay = Replay::default();
        let mut whole = true;
        for version in 0..=last.unwrap_or(0) {
            let path = Path::from(format!("{folder}/_delta_log/{version:020}.json"));
            whole &= self.entry(&path, version, &mut replay).await?;
        }
        for object in listed.iter().filter(|object| object.location.as_ref().ends_with(".checkpoint.parquet"))
        {
            self.checkpoint(object).await?;
        }
        for object in self.list(lake::packs_of(dataset).as_ref()).await? {
            self.pack(&object).await?;
        }
        // Of versions that have been given up, those stay that products were made from.
        let is_kept = |version: &u64| *version >= replay.kept_from() || pinned.contains(version);
        let versions: BTreeSet<u64> = recorded.keys().copied().filter(is_kept).collect();
        let files = replay.needed(&versions).into_iter().map(|file| Expected {
            path: Path::from(format!("{folder}/{}", file.name)),
            kind: Kind::Data,
            size: Some(file.size),
            sha256: file.sha256,
        });
        let files: Vec<Expected> = files.collect();
        let paths = files.iter().map(|file| file.path.clone()).collect();
        self.files(files).await?;
        self.unknown_versions(dataset, &replay, recorded).await?;
        if whole {
            for (version, total) in recorded {
                let rows = replay.rows(*version);
                if rows != Some(i128::from(*total)) {
                    let rows = rows.map_or_else(|| "—".to_owned(), |rows| rows.to_string());
                    let what = match self.lang {
                        Lang::En => {
                            format!("version {version} has {total} rows here and {rows} in the table")
                        }
                        _ => format!("bản {version} có {total} dòng ở đây và {rows} trong bảng"),
                    };
                    self.damaged(Kind::Catalogue, &format!("dataset_version/{dataset}/{version}"), what);
                }
            }
        }
        Ok(paths)
    }

    /// The versions of a log that the catalogue does not know, as when it is an older copy of itself. A
    /// commit under way, or one that was cut off and is settled at the next start, has a run that is running.
    async fn unknown_versions(
        &mut self,
        dataset: &DatasetId,
        replay: &Replay,
        recorded: &BTreeMap<u64, u64>,
    ) -> Done {
        let mut unknown = Vec::new();
        for (version, run) in replay.runs().filter(|(version, _)| !recorded.contains_key(version)) {
            // The run first: its version is recorded before it ends.
            let known = match RunId::new(run) {
                Ok(run) => self.catalog.run(&run).await.map_err(|error| sentence(&error))?,
                Err(_) => None,
            };
            let is_under_way = known.is_some_and(|run| run.state == RunState::Running);
            let now = self.catalog.version(dataset, Version(version)).await;
            if !is_under_way && now.map_err(|error| sentence(&error))?.is_none() {
                unknown.push(version);
            }
        }
        let (Some(first), Some(last)) = (unknown.first(), unknown.last()) else { return Ok(()) };
        let count = unknown.len();
        let what = match self.lang {
            Lang::En => format!(
                "the table is ahead of the catalogue: {count} versions from {first} to {last} are of runs that the catalogue does not know"
            ),
            _ => format!(
                "bảng đi trước danh mục: {count} bản, từ {first} đến {last}, là của những lượt nạp mà danh mục không biết"
            ),
        };
        self.damaged(Kind::Behind, &format!("dataset_version/{dataset}/{first}"), what);
        Ok(())
    }

    /// The rasters that a dataset's rows name, and those that only the store has: each says by its name
    /// which bytes it has.
    async fn rasters(&mut self, dataset: &DatasetId, files: &[Path], has_rasters: bool) -> Done {
        let folder = format!("coverages/{dataset}");
        let mut expected: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for object in self.list(&folder).await? {
            let name = object.location.filename().and_then(|name| name.strip_suffix(".tif"));
            expected.extend(name.filter(|name| is_hash(name)).map(|name| (name.to_owned(), None)));
        }
        if has_rasters {
            for path in files {
                // A file of rows that cannot be read is damaged, and was named before.
                let read = async { self.store.get(path).await?.bytes().await };
                let rows = read.await.map_err(|error| error.to_string()).and_then(rasters_of);
                expected.extend(rows.into_iter().flatten().map(|(hash, size)| (hash, Some(size))));
            }
        }
        let rasters = expected.into_iter().map(|(hash, size)| Expected {
            path: Path::from(format!("{folder}/{hash}.tif")),
            kind: Kind::Raster,
            size,
            sha256: Some(hash),
        });
        self.files(rasters.collect()).await
    }

    /// Reads an entry of a log; false when it is damaged.
    async fn entry(&mut self, path: &Path, version: u64, replay: &mut Replay) -> Done<bool> {
        let read = async { self.store.get(path).await?.bytes().await };
        let name = path.to_string();
        let bytes = match read.await {
            Ok(bytes) => bytes,
            Err(object_store::Error::NotFound { .. }) => {
                let what = self.say("bị mất", "it is missing");
                self.damaged(Kind::Log, &name, what);
                return Ok(false);
            }
            Err(error) => match lake::Damage::in_chain(&error) {
                // Of the pack that it is in; a backup has the entries one by one.
                Some(damage) => {
                    let what = self.unreadable(&damage.to_string());
                    self.damaged(Kind::Log, &name, what);
                    return Ok(false);
                }
                None => return Err(format!("{name}: {error}")),
            },
        };
        self.found.files += 1;
        self.found.bytes += bytes.len() as u64;
        let kept = self.kept.get(&name).is_some_and(|kept| *kept != super::place::sha256(&bytes));
        let what = match replay.entry(version, &bytes) {
            _ if kept => self.say("nội dung khác với bản sao lưu", "its bytes are not those of the backup"),
            Ok(()) => return Ok(true),
            Err(why) => self.unreadable(&why),
        };
        self.damaged(Kind::Log, &name, what);
        Ok(false)
    }

    /// Reads a pack of old entries.
    async fn pack(&mut self, object: &ObjectMeta) -> Done {
        let name = object.location.to_string();
        let read = async { self.store.get(&object.location).await?.bytes().await };
        let bytes = read.await.map_err(|error| format!("{name}: {error}"))?;
        self.found.files += 1;
        self.found.bytes += bytes.len() as u64;
        // Its entries are told of one by one; once they are back, it is made anew.
        if let Err(why) = lake::check_log_pack(bytes) {
            let what = self.unreadable(&why);
            self.damaged(Kind::Checkpoint, &name, what);
        }
        Ok(())
    }

    /// Reads a checkpoint to its end.
    async fn checkpoint(&mut self, object: &ObjectMeta) -> Done {
        let read = async { self.store.get(&object.location).await?.bytes().await };
        let name = object.location.to_string();
        let bytes = match read.await {
            Ok(bytes) => bytes,
            // A newer one may have taken its place.
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(format!("{name}: {error}")),
        };
        self.found.files += 1;
        self.found.bytes += bytes.len() as u64;
        let rows = ParquetRecordBatchReaderBuilder::try_new(bytes)
            .and_then(|builder| builder.build())
            .map_err(|error| error.to_string())
            .and_then(|mut rows| rows.try_for_each(|batch| batch.map(drop)).map_err(|e| e.to_string()));
        if let Err(why) = rows {
            let what = self.unreadable(&why);
            self.damaged(Kind::Checkpoint, &name, what);
        }
        Ok(())
    }
}

fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The rasters that the rows of a file name, each with its bytes.
fn rasters_of(file: Bytes) -> Result<Vec<(String, u64)>, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let wanted = ProjectionMask::columns(builder.parquet_schema(), ["sha256", "bytes"]);
    let reader = builder.with_projection(wanted).build().map_err(|error| error.to_string())?;
    let mut rasters = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| error.to_string())?;
        let hashes = batch.column_by_name("sha256").and_then(|column| column.as_string_opt::<i32>());
        let sizes = batch.column_by_name("bytes").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let (Some(hashes), Some(sizes)) = (hashes, sizes) else { continue };
        let named = hashes.iter().zip(sizes).filter_map(|(hash, size)| {
            Some((hash.filter(|hash| is_hash(hash))?.to_owned(), u64::try_from(size?).ok()?))
        });
        rasters.extend(named);
    }
    Ok(rasters)
}
