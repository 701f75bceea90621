//! A file that is sent while it is made: one writer, and readers that follow it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http_body::Frame;
use query::Asker;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;

use super::{Job, Made, make};
use crate::App;
use crate::http::{Answer, Problem};

/// How long a file goes on being made when nobody follows it any more: who broke off comes back.
const ALONE: Duration = Duration::from_secs(60);
/// How often it is looked whether somebody does.
const LOOK: Duration = Duration::from_secs(1);
/// The bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// How far a file has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The bytes that are there and will not change.
    pub(super) bytes: u64,
    /// How it ended.
    pub(super) end: Option<Result<Made, Problem>>,
}

/// A file that is being made.
pub(super) struct Growing {
    told: watch::Sender<Progress>,
    path: PathBuf,
    tag: String,
}

impl Growing {
    /// Starts to make a file.
    pub(super) fn start(app: &App, job: Job) -> std::io::Result<Growing> {
        let unfinished = tempfile::NamedTempFile::new_in(&job.folder)?;
        let (told, _) = watch::channel(Progress::default());
        let growing =
            Growing { told: told.clone(), path: unfinished.path().to_owned(), tag: job.tag.clone() };
        let app = app.clone();
        // In the name of whoever asked first: it is that budget which it is taken from.
        let asker = Asker::current().unwrap_or_else(|| Asker::new(&job.principal, None));
        let work = async move {
            let mut ending = Ending { app: app.clone(), key: job.key.clone(), told: told.clone(), end: None };
            ending.end = tokio::select! {
                end = make(&app, job, unfinished, told.clone()) => Some(end),
                () = alone(&told) => None,
            };
        };
        tokio::spawn(asker.ask(work).in_current_span());
        Ok(growing)
    }

    /// A reader from its beginning.
    pub(super) fn follow(&self) -> Following {
        Following { told: self.told.subscribe(), path: self.path.clone(), tag: self.tag.clone() }
    }
}

/// Tells how a file ended, however the work on it did.
struct Ending {
    app: App,
    key: String,
    told: watch::Sender<Progress>,
    end: Option<Answer<Made>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let stopped = || Err(Problem::internal(&std::io::Error::other("a file was given up on its way")));
        let end = self.end.take().unwrap_or_else(stopped);
        self.app.downloads().forget(&self.key);
        self.told.send_modify(|progress| progress.end = Some(end));
    }
}

/// Ends when nobody has followed for a while.
async fn alone(told: &watch::Sender<Progress>) {
    let mut left = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        if told.receiver_count() > 0 {
            left = Instant::now();
        } else if left.elapsed() >= ALONE {
            return;
        }
    }
}

/// Somebody who reads a file that is being made.
pub(crate) struct Following {
    told: watch::Receiver<Progress>,
    path: PathBuf,
    /// What tells this making of the file from others.
    pub(crate) tag: String,
}

impl Following {
    /// Waits until so many bytes are there, or the file has ended; with it, when it has.
    pub(crate) async fn reaches(&mut self, bytes: u64) -> Answer<Option<Made>> {
        let progress = self.told.wait_for(|progress| progress.end.is_some() || progress.bytes >= bytes).await;
        match progress.map_err(|error| Problem::internal(&error))?.end.clone() {
            Some(end) => end.map(Some),
            None => Ok(None),
        }
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Answer<Made> {
        let made = self.reaches(u64::MAX).await?;
        made.ok_or_else(|| Problem::internal(&std::io::Error::other("a file ended without an end")))
    }

    /// The file, to read from its beginning; it keeps its place when it gets its name.
    pub(crate) async fn open(&self, made: Option<&Made>) -> std::io::Result<tokio::fs::File> {
        match tokio::fs::File::open(&self.path).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match made {
                Some(made) => tokio::fs::File::open(&made.path).await,
                None => Err(error),
            },
            opened => opened,
        }
    }

    /// Its bytes as they come, then what `last` makes of it as trailers. What fails on the way cuts the
    /// connection, so that no client takes a part for the whole.
    pub(crate) fn stream(
        self,
        file: tokio::fs::File,
        last: impl Fn(&Made) -> axum::http::HeaderMap + Send + Sync + 'static,
    ) -> impl Stream<Item = Result<Frame<Bytes>, CutOff>> + Send {
        let state = Some((self, file, 0_u64, Arc::new(last)));
        futures::stream::unfold(state, async |state| {
            let (mut following, mut file, at, last) = state?;
            let made = match following.reaches(at + 1).await {
                Ok(made) => made,
                Err(problem) => return Some((Err(CutOff::because(&problem)), None)),
            };
            // What has been told is there to be read, and no more of it is final.
            let most = following.told.borrow().bytes.max(made.as_ref().map_or(0, |made| made.bytes));
            if at >= most {
                let made = made?;
                return Some((Ok(Frame::trailers(last(&made))), None));
            }
            let length = usize::try_from(most - at).map_or(PIECE, |left| left.min(PIECE));
            let mut piece = vec![0; length];
            match file.read(&mut piece).await {
                Ok(read) if read > 0 => {
                    piece.truncate(read);
                    let next = Some((following, file, at + read as u64, last));
                    Some((Ok(Frame::data(Bytes::from(piece))), next))
                }
                Ok(_) => Some((Err(CutOff("it is shorter than was told".to_owned())), None)),
                Err(error) => Some((Err(CutOff(error.to_string())), None)),
            }
        })
    }
}

/// Why a file was not sent to its end.
#[derive(Debug, thiserror::Error)]
#[error("the file was cut off: {0}")]
pub(crate) struct CutOff(String);

impl CutOff {
    fn because(problem: &Problem) -> CutOff {
        tracing::error!(problem.kind = problem.kind.slug(), "a file was cut off");
        CutOff(problem.kind.slug().to_owned())
    }
}
