//! The part of a load that computes: read, map and check, on threads of their own.

use std::path::Path;
use std::sync::Arc;

use catalog::Gazetteer;
use formats::{Charset, Chunk, Format, Limits, Note, Reading, open_table_read_as};
use lake::{LocalFile, TableSchema};
use model::{DatasetKind, DatastreamKey, Forecast, RunTotals};
use tokio::sync::mpsc;
use wording::told;

use crate::Error;
use crate::coverages::{self, OfAnother, RasterFile};
use crate::features;
use crate::findings::Findings;
use crate::guess::{Survey, guess};
use crate::letters;
use crate::load::{Progress, Stage};
use crate::mapping::{Mapping, MappingKind, Shape};
use crate::observe::{Mapped, Observer, Repeats, Settings, Values, repeats};
use crate::personal::{self, Found, Watch};
use crate::sheets::{Sheets, tell_blank};

/// Chunks that wait between reading and mapping.
const WAITING_CHUNKS: usize = 3;

/// The bytes to read: the original that is kept, or a file that is gone after a dry run.
pub(crate) enum Input {
    Kept(LocalFile),
    Passing(tempfile::NamedTempFile),
}

impl Input {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Input::Kept(file) => file.path(),
            Input::Passing(file) => file.path(),
        }
    }
}

/// A file to be worked on.
pub(crate) struct Job {
    pub(crate) input: Input,
    pub(crate) file_name: String,
    pub(crate) size: u64,
    pub(crate) format: Format,
    pub(crate) kind: DatasetKind,
    /// The mapping that was given or is saved; guessed when absent.
    pub(crate) mapping: Option<Mapping>,
    /// What the mapping said of another raster, where it is the kept one of a dataset of rasters.
    pub(crate) of_another: Option<Vec<OfAnother>>,
    /// Whether the mapping was handed in with the file: then what it says is decided.
    pub(crate) is_given: bool,
    pub(crate) gazetteer: Arc<Gazetteer>,
    pub(crate) settings: Settings,
    pub(crate) limits: Limits,
    pub(crate) max_findings: usize,
    pub(crate) max_feature_bytes: u64,
}

/// What came of a file.
pub(crate) struct Done {
    pub(crate) mapping: Mapping,
    pub(crate) rows: Values,
    pub(crate) table: TableSchema,
    pub(crate) datastreams: Vec<DatastreamKey>,
    pub(crate) totals: RunTotals,
    /// The forecast that the values are.
    pub(crate) forecast: Option<Forecast>,
    pub(crate) findings: Findings,
    pub(crate) sheets: Vec<String>,
    /// The codes of the encodings of its texts.
    pub(crate) encodings: Vec<String>,
    /// The files of rasters, which are kept before the rows are committed.
    pub(crate) rasters: Vec<RasterFile>,
    /// What a table looked like.
    pub(crate) shape: Option<Shape>,
}

/// Works on a file; `progress` is told how far it is, and ends the work when nobody listens.
pub(crate) async fn work(job: Job, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, Error> {
    let (teller, mut told) = mpsc::channel(16);
    let mut task = tokio::task::spawn_blocking(move || run(job, &teller));
    loop {
        tokio::select! {
            Some(step) = told.recv() => progress(step),
            done = &mut task => {
                return done.map_err(|error| Error::internal("working on the file", error))?;
            }
        }
    }
}

fn run(mut job: Job, teller: &mpsc::Sender<Progress>) -> Result<Done, Error> {
    match job.kind {
        // A table is of features where the dataset is: its rows have positions.
        DatasetKind::Features => job.format = job.format.as_features(job.input.path()),
        DatasetKind::Observations if job.format.is_of_features() && job.format != Format::Records => {
            return Err(Error::invalid(
                told!(
                    "intake-file-holds-features-dataset-holds-observations",
                    "the file holds features, and the dataset holds observations"
                ),
                told!(
                    "intake-hand-file-dataset-features-table-one",
                    "hand the file in to a dataset of features, or a table to this one"
                ),
            ));
        }
        DatasetKind::Observations => job.format = job.format.as_table(),
        DatasetKind::Coverage => {}
        kind => {
            return Err(Error::invalid(
                told!(
                    "intake-files-cannot-handed-dataset-kind",
                    "files cannot be handed in to a dataset of the kind `{kind}`",
                    kind = kind.code()
                ),
                told!(
                    "intake-use-dataset-observations-features-rasters-coverage",
                    "use a dataset of observations, of features or of rasters (`coverage`)"
                ),
            ));
        }
    }
    if let Some(mapping) = &job.mapping {
        let wanted = match job.kind {
            DatasetKind::Features => MappingKind::Features,
            DatasetKind::Coverage => MappingKind::Coverage,
            _ => MappingKind::Observations,
        };
        if mapping.kind != wanted {
            return Err(Error::invalid(
                told!(
                    "intake-mapping-dataset-holds",
                    "the mapping is for {kind}, and the dataset holds {wanted}",
                    kind = mapping.kind.code(),
                    wanted = wanted.code()
                ),
                told!(
                    "intake-write-kind-what-belongs",
                    "write `kind = \"{wanted}\"` and what belongs to it",
                    wanted = wanted.code()
                ),
            ));
        }
        mapping.source.overrule(&mut job.format)?;
    }
    match job.kind {
        DatasetKind::Features => take_features(job, teller),
        DatasetKind::Coverage => take_raster(job, teller),
        _ => take_table(job, teller),
    }
}

fn take_features(job: Job, teller: &mpsc::Sender<Progress>) -> Result<Done, Error> {
    let Job {
        input,
        size,
        format,
        mapping,
        is_given,
        gazetteer,
        limits,
        max_findings,
        max_feature_bytes,
        ..
    } = job;
    let mut findings = Findings::new(max_findings);
    let path = input.path();
    let is_kept = mapping.is_some() && !is_given;
    let under = mapping.as_ref().map(|mapping| features::Kept { mapping, is_given });
    let positions = features::positions(path, &format, under, &gazetteer, &limits, &mut findings)?;
    let mapping = match mapping {
        Some(mapping) => mapping,
        None => features::guess(path, &format, &positions, &gazetteer, &limits)?,
    };
    if let Some(known) = &mapping.shape {
        features::note_drift(known, &positions, &format, &mapping, &mut findings);
    }
    let said = |bytes, rows| tell(teller, bytes, size, rows);
    let file = features::FeatureFile { path, format: &format, options: &positions.options };
    let styles = features::styles(&file, &mapping, is_given, &gazetteer, &limits)?;
    // What somebody wrote for this very file is decided.
    let for_nothing = if is_kept { features::codes(&file, &mapping, &limits)? } else { Vec::new() };
    let strays = features::Strays::of(&positions.expected, &gazetteer);
    let read_as = features::ReadAs { styles: &styles, codes: for_nothing, strays };
    let mapped = features::map(&file, &mapping, read_as, &limits, max_feature_bytes, &mut findings, said)?;
    let features::MappedFeatures { batches, table, totals, layers, charsets } =
        mapped.ok_or_else(abandoned)?;
    let datastreams = Vec::new();
    Ok(Done {
        mapping,
        rows: Values::Here(batches),
        table,
        datastreams,
        totals,
        forecast: None,
        findings,
        sheets: layers,
        encodings: codes(&format, &charsets),
        rasters: Vec::new(),
        shape: Some(positions.shape),
    })
}

/// The codes of encodings, as they are in a file of this format.
fn codes(format: &Format, charsets: &[Charset]) -> Vec<String> {
    let code = |charset: &Charset| match charset {
        Charset::Utf8 => format.unicode(),
        other => other.code(),
    };
    charsets.iter().map(|charset| code(charset).to_owned()).collect()
}

fn take_raster(job: Job, teller: &mpsc::Sender<Progress>) -> Result<Done, Error> {
    let Job { input, file_name, size, format, mapping, of_another, gazetteer, limits, max_findings, .. } =
        job;
    let mut findings = Findings::new(max_findings);
    let said = |bytes, rows| tell(teller, bytes, size, rows);
    let file = coverages::RasterInput {
        gazetteer: &gazetteer,
        of_another: of_another.as_deref(),
        path: input.path(),
        file_name: &file_name,
        format: &format,
        limits: &limits,
    };
    let taken = coverages::take(&file, mapping, &mut findings, said)?;
    let coverages::MappedRasters { mapping, files: rasters, features } = taken.ok_or_else(abandoned)?;
    let features::MappedFeatures { batches, table, totals, layers, .. } = features;
    Ok(Done {
        mapping,
        rows: Values::Here(batches),
        table,
        datastreams: Vec::new(),
        totals,
        forecast: None,
        findings,
        sheets: layers,
        encodings: Vec::new(),
        rasters,
        shape: None,
    })
}

/// What the reading thread hands over.
enum Read {
    Sheets(Sheets),
    /// What was done to the letters of the next chunk, and what was found in it of persons.
    Notes(Vec<Note>, Vec<Found>),
    Chunk(Chunk),
    /// So many rows hold nothing.
    Blank(u64),
    /// A column has to be held back of which cells were already handed over: the file is read once more.
    Again(Box<Watch>),
}

/// What one reading of a table came to.
enum Pass {
    Done(Box<Mapped>, Vec<String>),
    Again(Box<Watch>),
}

fn take_table(job: Job, teller: &mpsc::Sender<Progress>) -> Result<Done, Error> {
    let Job { input, size, format, mapping, gazetteer, settings, limits, max_findings, .. } = job;
    let mut findings = Findings::new(max_findings);
    let path = input.path();
    let mapping = match mapping {
        Some(mapping) => mapping,
        None => {
            let survey = Survey::of(path, &settings.file, &format, &limits)?;
            guess(&survey, &gazetteer)?.certain()?
        }
    };
    let reading = mapping.source.reading();
    let mut watch = Watch::under(&mapping);
    let mut repeated = None;
    let (mapped, sheets, charsets) = loop {
        let knowing = watch.clone();
        let (sender, mut receiver) = mpsc::channel::<Result<Read, Error>>(WAITING_CHUNKS);
        let known = repeated.take().map(Repeats::of);
        let observer = Observer::new(mapping.clone(), gazetteer.clone(), settings.clone(), known)?;
        // Reading and mapping go side by side; a scoped thread cannot outlive the file.
        let (reading, limits) = (&reading, &limits);
        let result = std::thread::scope(|scope| {
            let reader = scope.spawn(move || read(path, &format, reading, limits, watch, &sender));
            let result =
                map(observer, &mut receiver, &mut findings, |bytes, rows| tell(teller, bytes, size, rows));
            // The reader stops at its next chunk.
            receiver.close();
            let charsets = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result.map(|pass| (pass, charsets))
        });
        let (pass, charsets) = result?;
        match pass {
            Pass::Done(mapped, sheets) => {
                repeated = match &mapped.values {
                    Values::Spilled(values) if mapped.doubtful => repeats(values)?,
                    _ => None,
                };
                if repeated.is_none() {
                    break (mapped, sheets, charsets);
                }
                tracing::debug!("a file with repeated values is read once more");
                watch = knowing;
            }
            Pass::Again(knowing) => watch = *knowing,
        }
        findings = Findings::new(max_findings);
    };
    let Mapped { values, datastreams, totals, forecast, shape, .. } = *mapped;
    Ok(Done {
        mapping,
        shape: Some(shape),
        rows: values,
        table: TableSchema::Observations,
        datastreams,
        totals,
        forecast,
        findings,
        sheets,
        encodings: codes(&format, &charsets),
        rasters: Vec::new(),
    })
}

/// Hands a table over, and returns the encodings of its texts.
fn read(
    path: &Path,
    format: &Format,
    reading: &Reading,
    limits: &Limits,
    mut watch: Watch,
    sender: &mpsc::Sender<Result<Read, Error>>,
) -> Vec<Charset> {
    let send = |message| sender.blocking_send(message).is_ok();
    let mut table = match open_table_read_as(path, format, reading, limits) {
        Ok(table) => table,
        Err(error) => {
            send(Err(error.into()));
            return Vec::new();
        }
    };
    if !send(Ok(Read::Sheets(Sheets::of(&*table)))) {
        return Vec::new();
    }
    loop {
        let chunk = match table.next_chunk() {
            Ok(chunk) => chunk,
            Err(error) => {
                send(Err(error.into()));
                break;
            }
        };
        let mut notes = table.notes();
        let watched = chunk.map(|chunk| watch.take(chunk));
        if watch.is_late() {
            // The rest is looked at too, so that the file is read but once more.
            loop {
                match table.next_chunk() {
                    Ok(Some(chunk)) if !sender.is_closed() => drop(watch.take(chunk)),
                    Ok(_) => break,
                    Err(error) => {
                        send(Err(error.into()));
                        return Vec::new();
                    }
                }
                drop(table.notes());
            }
            send(Ok(Read::Again(Box::new(watch.again()))));
            break;
        }
        let (chunk, found) = watched.map_or((None, Vec::new()), |(chunk, found)| (Some(chunk), found));
        watch.veil(&mut notes);
        let has_notes = !notes.is_empty() || !found.is_empty();
        if has_notes && !send(Ok(Read::Notes(notes, found))) {
            break;
        }
        let Some(chunk) = chunk else {
            send(Ok(Read::Blank(table.blank_rows())));
            break;
        };
        if !send(Ok(Read::Chunk(chunk))) {
            break;
        }
    }
    table.charsets()
}

fn map(
    mut observer: Observer,
    receiver: &mut mpsc::Receiver<Result<Read, Error>>,
    findings: &mut Findings,
    mut said: impl FnMut(u64, u64) -> bool,
) -> Result<Pass, Error> {
    let mut sheets = Sheets::nameless();
    while let Some(message) = receiver.blocking_recv() {
        let chunk = match message? {
            Read::Sheets(found) => {
                sheets = found;
                sheets.tell_left_out(findings);
                continue;
            }
            Read::Notes(notes, found) => {
                letters::add(findings, notes);
                personal::add(findings, &found);
                continue;
            }
            Read::Blank(rows) => {
                tell_blank(rows, findings);
                continue;
            }
            Read::Chunk(chunk) => chunk,
            Read::Again(watch) => return Ok(Pass::Again(watch)),
        };
        let before = observer.rows();
        let wants_more = observer.take(&chunk, &sheets.names, findings)?;
        if observer.rows() > before {
            sheets.tell(chunk.sheet, findings);
        }
        if !said(chunk.bytes_read, observer.rows()) {
            return Err(abandoned());
        }
        if !wants_more {
            break;
        }
    }
    let mapped = observer.finish(&sheets.names, findings)?;
    Ok(Pass::Done(Box::new(mapped), sheets.names))
}

/// Tells how far the work is; `false` when nobody waits for it any more.
fn tell(teller: &mpsc::Sender<Progress>, bytes: u64, size: u64, rows: u64) -> bool {
    let step = Progress { stage: Stage::Reading, bytes, of: Some(size), rows };
    // A step that is not heard is made up for by the next one.
    !matches!(teller.try_send(step), Err(mpsc::error::TrySendError::Closed(_)))
}

fn abandoned() -> Error {
    Error::Later("the load was given up by whoever asked for it".into())
}
