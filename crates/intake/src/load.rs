//! A load from the first byte to the version: what is done in which order, so that a crash at any
//! point leaves a run that can be settled and never half a dataset.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use catalog::Catalog;
use chrono::{DateTime, Utc};
use formats::detect_file;
use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt};
use lake::{Expected, Lake};
use model::{Dataset, DatasetKind, Finding, Run, RunId, RunKind, RunState, RunTotals};
use policy::{Denial, Permit};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tracing::Instrument;
use wording::told;

use crate::Error;
use crate::closing::Closing;
use crate::corrections::Correction;
use crate::coverages::{ask_of_replaced, take_out_of_one};
use crate::features;
use crate::mapping::{Mapping, MappingText};
use crate::observe::{Aliases, Room, Settings, Values};
use crate::quality::test_load;
use crate::recover::CutOff;
use crate::work::{Done, Input, Job, work};
use crate::writes::Writes;

/// How much one load may take.
#[derive(Debug, Clone)]
pub struct IntakeLimits {
    /// Bytes of a file.
    pub max_bytes: u64,
    /// Values of a file that are worked on in memory, where each takes about [`BYTES_OF_A_VALUE`]. Of a
    /// larger file all values go to the disk of `work_folder`, and are worked on part by part.
    pub values_in_memory: u32,
    /// Values of one datastream in a file: these are tested together, in memory.
    pub max_values: u32,
    /// Where large files are sorted. What is there has no name and goes with the load, or with the process.
    pub work_folder: PathBuf,
    /// Bytes of geometry and text of a file of features, which are in memory until the commit.
    pub max_feature_bytes: u64,
    /// Bytes of a raster as it is stored.
    pub max_raster_bytes: u64,
    /// Findings that are kept word for word; the rest are counted.
    pub max_findings: usize,
    /// Loads that are worked on at a time; others wait.
    pub at_a_time: usize,
    /// What a file's inside may be.
    pub formats: formats::Limits,
}

/// What a value of a file takes of memory until it is committed: 50 bytes, and about as much again while it is
/// tested and sorted.
pub const BYTES_OF_A_VALUE: u64 = 100;

impl Default for IntakeLimits {
    fn default() -> Self {
        IntakeLimits {
            max_bytes: 4 << 30,
            values_in_memory: 10_700_000,
            max_values: 30_000_000,
            work_folder: std::env::temp_dir(),
            max_feature_bytes: 2 << 30,
            max_raster_bytes: 16 << 30,
            max_findings: 100_000,
            at_a_time: 2,
            formats: formats::Limits::default(),
        }
    }
}

/// Takes files into datasets. A clone is another handle on the same.
#[derive(Clone)]
pub struct Intake {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    pub(crate) lake: Lake,
    pub(crate) limits: IntakeLimits,
    pub(crate) writes: Arc<Writes>,
    slots: Semaphore,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.writes.stop();
    }
}

/// A file that is handed in.
pub struct Load {
    /// Its name.
    pub file_name: String,
    /// Its bytes.
    pub body: BoxStream<'static, std::io::Result<Bytes>>,
    /// The mapping in TOML; the dataset's saved one, or else a guessed one, when absent.
    pub mapping: Option<String>,
    /// Whether only to check: the same report, nothing committed and nothing kept of the file.
    pub dry_run: bool,
    /// When it is handed in.
    pub now: DateTime<Utc>,
}

/// How far a load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes received or read so far.
    pub bytes: u64,
    /// Bytes in all, where they are known.
    pub of: Option<u64>,
    /// Rows read so far.
    pub rows: u64,
}

/// What a load is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The bytes come in.
    Receiving,
    /// Rows are read, mapped and checked.
    Reading,
    /// The good rows become a version.
    Committing,
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The run. It is failed when every value was refused.
    pub run: Run,
    /// The mapping that was used, in TOML.
    pub mapping: MappingText,
    /// Whether it was guessed.
    pub mapping_guessed: bool,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// How many there are in all.
    pub findings_total: u64,
    /// Of a dry run, the first values that would be corrected; the run's totals count them all.
    pub corrections: Vec<Correction>,
}

impl Report {
    /// How the file differs from the one that the mapping was made for.
    pub fn drift(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.code.starts_with("drift_"))
    }
}

impl Intake {
    /// An intake into a catalogue and a lake.
    pub fn new(catalog: Catalog, lake: Lake, limits: IntakeLimits) -> Intake {
        let slots = Semaphore::new(limits.at_a_time.max(1));
        let writes = Writes::new(catalog.clone(), lake.clone());
        Intake { inner: Arc::new(Inner { catalog, lake, limits, writes, slots }) }
    }

    /// Takes in a file. Rows that are wrong are in the report; an error means that nothing was taken,
    /// and the run says so.
    pub async fn load(
        &self,
        permit: &Permit,
        request: Load,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Report, Error> {
        let how = How { keeps_mapping: true, expected: None };
        self.load_keeping(permit, request, how, progress).await
    }

    /// Takes in a file that was made for one request. The mapping that it comes with is the request's own
    /// and never the one that later files of the dataset are read under.
    pub async fn load_once(&self, permit: &Permit, request: Load) -> Result<Report, Error> {
        let how = How { keeps_mapping: request.mapping.is_none(), expected: None };
        self.load_keeping(permit, request, how, &|_| {}).await
    }

    /// As [`Intake::load_once`], if a feature stands as expected when it is committed; an error that tells of
    /// the change otherwise.
    pub async fn load_expecting(
        &self,
        permit: &Permit,
        request: Load,
        expected: Expected,
    ) -> Result<Report, Error> {
        let how = How { keeps_mapping: request.mapping.is_none(), expected: Some(expected) };
        self.load_keeping(permit, request, how, &|_| {}).await
    }

    async fn load_keeping(
        &self,
        permit: &Permit,
        request: Load,
        how: How,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Report, Error> {
        if !permit.may_write() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let found = self.inner.catalog.dataset(permit.dataset()).await?;
        let dataset =
            found.ok_or_else(|| Error::NotFound { what: format!("dataset `{}`", permit.dataset()) })?;
        let run = opened(permit, &request)?;
        self.inner.catalog.open_run(&run).await?;
        tracing::info!(run.id = %run.id, dataset = %dataset.id, dry_run = request.dry_run, "load begun");
        // From here on the run is settled whatever happens to this future.
        let mut guard = CutOff::new(self, run.clone());
        let mut load = Loading::new(self, permit, dataset, run, request.now);
        load.how = how;
        let span = tracing::info_span!(target: "cuulong::work", "load", dataset = %permit.dataset());
        let outcome = load.all(request, progress).instrument(span).await;
        if let Err(error) = &outcome
            && !load.closing
        {
            load.fail(error).await;
        }
        guard.disarm();
        outcome
    }
}

/// The run of a file that begins to come in.
pub(crate) fn opened(permit: &Permit, request: &Load) -> Result<Run, Error> {
    let at = request.now;
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, at.timestamp_subsec_nanos());
    let id = RunId::new(&uuid::Uuid::new_v7(stamp).to_string())
        .map_err(|error| Error::internal("naming the run", error))?;
    Ok(Run {
        id,
        dataset: permit.dataset().clone(),
        kind: RunKind::Upload,
        state: RunState::Running,
        original: None,
        file_name: file_name(&request.file_name),
        sheets: Vec::new(),
        encodings: Vec::new(),
        forecast: None,
        pinned: Vec::new(),
        mapping: None,
        user: permit.user().cloned(),
        started_at: at,
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        error: None,
    })
}

/// The last part of a path, without control characters, at most 200 characters.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if clean.trim().is_empty() { "file".into() } else { model::nfc(clean.trim()) }
}

/// A load under way.
pub(crate) struct Loading<'a> {
    intake: &'a Intake,
    permit: &'a Permit,
    dataset: Dataset,
    pub(crate) run: Run,
    started: std::time::Instant,
    asked: DateTime<Utc>,
    /// Whether the run is now in the hands of the task that commits.
    pub(crate) closing: bool,
    how: How,
}

/// What a load does beside reading and committing.
#[derive(Debug, Clone)]
pub(crate) struct How {
    /// Whether later files of the dataset are read under its mapping.
    pub(crate) keeps_mapping: bool,
    /// How a feature has to stand when it is committed.
    pub(crate) expected: Option<Expected>,
}

/// Under which mapping a file is read.
pub(crate) enum Under {
    /// The dataset's saved one, or a guessed one.
    Usual,
    /// One that is guessed from the file, whatever is saved.
    Guessed,
    /// This one.
    Given(Box<Mapping>, String),
}

/// What becomes of a file that was read.
pub(crate) enum Then {
    /// Its good rows are committed.
    Commit,
    /// What a commit would do is told.
    Report,
    /// The same, written down with a draft.
    Draft(catalog::Draft),
}

impl<'a> Loading<'a> {
    pub(crate) fn new(
        intake: &'a Intake,
        permit: &'a Permit,
        dataset: Dataset,
        run: Run,
        asked: DateTime<Utc>,
    ) -> Loading<'a> {
        let started = std::time::Instant::now();
        Loading {
            intake,
            permit,
            dataset,
            run,
            started,
            asked,
            closing: false,
            how: How { keeps_mapping: true, expected: None },
        }
    }

    async fn all(
        &mut self,
        request: Load,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Report, Error> {
        let Load { body, mapping, dry_run, .. } = request;
        // A mapping that cannot be read is told before gigabytes are received.
        let under = match mapping {
            None => Under::Usual,
            Some(text) => Under::Given(Box::new(Mapping::parse(&text)?), text),
        };
        let (input, size) =
            if dry_run { self.pass(body, progress).await? } else { self.receive(body, progress).await? };
        let format = self.detect(&input, size).await?;
        let then = if dry_run { Then::Report } else { Then::Commit };
        self.take((input, size, format), under, then, progress).await
    }

    /// Reads, maps and checks a file that is there, and does with it what is asked.
    pub(crate) async fn take(
        &mut self,
        (input, size, format): (Input, u64, formats::Format),
        under: Under,
        then: Then,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Report, Error> {
        let Inner { catalog, limits, slots, .. } = &*self.intake.inner;
        let now = self.asked;
        let dry_run = !matches!(then, Then::Commit);
        let draft = if let Then::Draft(draft) = then { Some(draft) } else { None };
        let is_kept = matches!(under, Under::Usual);
        let is_given = matches!(under, Under::Given(..));
        let saved = match under {
            Under::Given(mapping, text) => Some((*mapping, text)),
            Under::Guessed => None,
            Under::Usual => match catalog.mapping(&self.dataset.id, None).await? {
                None => None,
                Some((number, text)) => {
                    let mapping = Mapping::parse(&text).map_err(|error| {
                        Error::invalid(
                            told!(
                                "intake-saved-mapping-number-cannot-used",
                                "the saved mapping (number {number}) cannot be used: {error}",
                                number = number,
                                error = error
                            ),
                            told!("intake-hand-file-mapping", "hand the file in with a mapping"),
                        )
                    })?;
                    Some((mapping, text))
                }
            },
        };
        let (mut mapping, mut text) = saved.unzip();
        let mut of_another = None;
        if let Some(mapping) =
            mapping.as_mut().filter(|_| is_kept && self.dataset.kind == DatasetKind::Coverage)
        {
            let of_one = take_out_of_one(mapping);
            if !of_one.is_empty() {
                text = Some(mapping.to_text().to_string());
            }
            of_another = Some(of_one);
        }
        if let Some(mapping) = &mapping {
            self.intake.may_keep(self.permit, mapping).await?;
        }
        let typed = format.is_typed();
        let aliases = Aliases::of(&catalog.place_aliases(&self.dataset.agency).await?);
        let slot = slots.acquire().await.map_err(|error| Error::internal("waiting for a turn", error))?;
        let job = Job {
            input,
            file_name: self.run.file_name.clone(),
            size,
            format,
            kind: self.dataset.kind,
            mapping,
            of_another,
            is_given,
            gazetteer: catalog.gazetteer().await?,
            settings: Settings {
                dataset: self.dataset.id.clone(),
                rows: self.permit.rows().clone(),
                now,
                room: Room {
                    in_memory: limits.values_in_memory.min(limits.max_values),
                    of_one: limits.max_values,
                    folder: limits.work_folder.clone(),
                },
                typed,
                aliases,
                file: self.run.file_name.clone(),
            },
            limits: limits.formats.clone(),
            max_findings: limits.max_findings,
            max_feature_bytes: limits.max_feature_bytes,
        };
        let mut done = work(job, progress).await?;
        if self.dataset.kind == DatasetKind::Observations {
            let Inner { catalog, lake, .. } = &*self.intake.inner;
            test_load(catalog, lake, self.permit, &mut done).await?;
        }
        if let (true, Values::Here(rows)) = (self.how.expected.is_none(), &done.rows) {
            let lake = &self.intake.inner.lake;
            // Boxed: the compiler cannot see that this future is `Send` for every lifetime (rust-lang/rust#100013).
            let (permit, mapping, findings) = (self.permit, &done.mapping, &mut done.findings);
            match self.dataset.kind {
                DatasetKind::Features => {
                    let looked = features::look_at_replaced(lake, permit, mapping, rows, !is_given, findings);
                    looked.boxed().await?;
                }
                DatasetKind::Coverage if !is_given => {
                    ask_of_replaced(lake, permit, mapping, rows).boxed().await?;
                }
                _ => {}
            }
        }
        let rows = done.totals.rows;
        progress(Progress { stage: Stage::Committing, bytes: size, of: Some(size), rows });
        let closing = Closing {
            intake: self.intake.clone(),
            permit: self.permit.clone(),
            run: self.run.clone(),
            mapping_guessed: text.is_none(),
            mapping: kept(text, &done),
            agency: self.dataset.agency.clone(),
            corrections: Vec::new(),
            now,
            started: self.started,
            how: self.how.clone(),
            draft,
        };
        // A task of its own: whoever asked may go away, but a commit that has begun is recorded.
        self.closing = true;
        let settled = async move {
            let (intake, id) = (closing.intake.clone(), closing.run.id.clone());
            let outcome = if dry_run { closing.compare(done).await } else { closing.commit(done).await };
            if let Err(error) = &outcome {
                intake.settle_after(id, sentence(error), now).await;
            }
            outcome
        };
        let task = tokio::spawn(settled.in_current_span());
        let report = task.await.map_err(|error| Error::internal("committing", error))?;
        drop(slot);
        report
    }

    /// Receives the original, and notes it in the run.
    pub(crate) async fn receive(
        &mut self,
        body: BoxStream<'static, std::io::Result<Bytes>>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(Input, u64), Error> {
        let Inner { lake, limits, .. } = &*self.intake.inner;
        let original = lake.receive(self.permit, counted(body, progress), limits.max_bytes).await?;
        self.run.original = Some(original.hash.clone());
        let file = lake.original(self.permit, &original.hash).await?;
        Ok((Input::Kept(file), original.size))
    }

    /// Puts the bytes of a dry run in a file that is gone afterwards.
    async fn pass(
        &mut self,
        body: BoxStream<'static, std::io::Result<Bytes>>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(Input, u64), Error> {
        let limit = self.intake.inner.limits.max_bytes;
        let failed = |error: std::io::Error| Error::internal("keeping the file for a dry run", error);
        let file = tempfile::NamedTempFile::new().map_err(failed)?;
        let mut writer = tokio::fs::File::from_std(file.reopen().map_err(failed)?);
        let mut body = counted(body, progress);
        let mut size = 0_u64;
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| Error::Later(error.into()))?;
            size += bytes.len() as u64;
            if size > limit {
                return Err(Error::Limit {
                    what: told!("intake-file", "the file"),
                    limit: crate::error::bytes(limit),
                });
            }
            writer.write_all(&bytes).await.map_err(failed)?;
        }
        writer.flush().await.map_err(failed)?;
        Ok((Input::Passing(file), size))
    }

    /// Detects the format, and records the original under its media type whatever it is.
    pub(crate) async fn detect(&mut self, input: &Input, size: u64) -> Result<formats::Format, Error> {
        let Inner { catalog, .. } = &*self.intake.inner;
        let (name, path) = (self.run.file_name.clone(), input.path().to_owned());
        let detected = tokio::task::spawn_blocking(move || detect_file(&name, &path))
            .await
            .map_err(|error| Error::internal("looking at the file", error))?;
        if let Some(hash) = &self.run.original {
            let media_type =
                detected.as_ref().map_or("application/octet-stream", formats::Format::media_type);
            catalog.record_original(hash, size, &self.run.file_name, media_type, self.asked).await?;
            catalog.update_run(&self.run).await?;
        }
        Ok(detected?)
    }

    /// Marks the run as failed.
    pub(crate) async fn fail(&mut self, error: &Error) {
        tracing::info!(run.id = %self.run.id, %error, "load failed");
        self.run.state = RunState::Failed;
        self.run.error = Some(sentence(error));
        self.run.finished_at = Some(finished(self.asked, self.started));
        if let Err(error) = self.intake.inner.catalog.update_run(&self.run).await {
            // The run is still marked as running, and is settled at the next start.
            tracing::error!(run.id = %self.run.id, %error, "a failed run could not be marked");
        }
    }
}

/// What went wrong and the next step, for the run. The operator's chain of causes is in the log.
pub(crate) fn sentence(error: &Error) -> String {
    match error.hint() {
        Some(hint) => told!("intake-and-hint", "{what}: {hint}", what => error.told(), hint => hint).kept(),
        None => error.told().kept(),
    }
}

pub(crate) fn finished(asked: DateTime<Utc>, started: std::time::Instant) -> DateTime<Utc> {
    // Whole microseconds, as the catalogue keeps them.
    let elapsed = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    asked.checked_add_signed(chrono::TimeDelta::microseconds(elapsed)).unwrap_or(asked)
}

/// The mapping as it is kept: with what the file looked like, so that a later file is compared with it.
fn kept(given: Option<String>, done: &Done) -> MappingText {
    let shape = done.shape.as_ref();
    match given {
        None => Mapping { shape: shape.cloned(), ..done.mapping.clone() }.to_text(),
        Some(text) => match shape.filter(|_| done.mapping.shape.is_none()) {
            None => text.into(),
            Some(shape) => format!("{}\n{}", text.trim_end(), shape.to_toml()).into(),
        },
    }
}

/// The same bytes, told as they come.
fn counted<'a>(
    body: BoxStream<'static, std::io::Result<Bytes>>,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
) -> BoxStream<'a, std::io::Result<Bytes>> {
    let mut bytes = 0;
    body.inspect(move |chunk| {
        bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        progress(Progress { stage: Stage::Receiving, bytes, of: None, rows: 0 });
    })
    .boxed()
}
