//! Drafts: a file is kept, looked at under one mapping after the other, and committed when a person
//! says so. Nothing of it is in the dataset before.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use model::{Dataset, Lang, Run, RunId, RunState};
use policy::{Denial, Permit};
use serde::{Deserialize, Serialize};
use wording::{Told, told};

use crate::corrections::{DraftCorrection, KEPT_WITH_A_DRAFT};
use crate::load::{Load, Loading, Then, Under, opened};
use crate::mapping::{Mapping, MappingText};
use crate::recover::CutOff;
use crate::work::Input;
use crate::{Error, Intake, Progress, Report};

/// How long a draft waits for its commit since it was looked at last.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How often drafts that nobody finished are looked for.
const SWEEP: Duration = Duration::from_secs(15 * 60);

/// A draft: its run, and what came of the last look at its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// The run. Its totals are what a commit would do.
    pub run: Run,
    /// The last look.
    pub review: Review,
    /// When it is thrown away unless it is looked at again.
    pub expires_at: DateTime<Utc>,
}

/// What came of a look at a draft's file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Review {
    /// The mapping under which it was read, in TOML; one to start from when it could not be read.
    pub mapping: String,
    /// Whether it was guessed.
    pub guessed: bool,
    /// Why nothing can be committed.
    pub problem: Option<ReviewProblem>,
    /// Findings in all.
    pub findings: u64,
    /// The first values that would be corrected; the run's totals count them all.
    #[serde(default)]
    pub corrections: Vec<DraftCorrection>,
    /// What may stand in the comments of the mapping, kept as sentences; see [`Review::mapping_in`].
    #[serde(default)]
    comments: Vec<String>,
}

impl Review {
    /// The mapping with what was guessed of it explained in a language.
    pub fn mapping_in(&self, lang: Lang) -> String {
        self.text().shown(lang)
    }

    fn text(&self) -> MappingText {
        let comments = self.comments.iter().map(|kept| Told::read(kept)).collect();
        MappingText::new(self.mapping.clone(), comments)
    }
}

fn kept_comments(mapping: &MappingText) -> Vec<String> {
    mapping.comments().iter().map(Told::kept).collect()
}

/// Why a draft cannot be committed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewProblem {
    /// What is wrong, and where; see [`ReviewProblem::what`].
    what: String,
    /// The next step; see [`ReviewProblem::hint`].
    hint: String,
}

impl ReviewProblem {
    /// What is wrong, and where.
    pub fn what(&self) -> Told {
        Told::read(&self.what)
    }

    /// The next step; empty where there is none to name.
    pub fn hint(&self) -> Told {
        Told::read(&self.hint)
    }
}

impl Intake {
    /// Receives a file and keeps it as a draft; then looks at it under the dataset's saved mapping or
    /// a guessed one. What is wrong with the mapping or the table is in the review; an error means
    /// that the file could not be received, or is none that is read here.
    pub async fn stage(
        &self,
        permit: &Permit,
        request: Load,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Staged, Error> {
        let dataset = self.writable(permit).await?;
        let run = opened(permit, &request)?;
        let catalog = &self.inner.catalog;
        catalog.open_run(&run).await?;
        let mut guard = CutOff::new(self, run.clone());
        let mut load = Loading::new(self, permit, dataset, run, request.now);
        let received = async {
            let (input, size) = load.receive(request.body, progress).await?;
            load.detect(&input, size).await.map(|_| ())
        };
        if let Err(error) = received.await {
            // Who reads the dataset may see its failed runs, but not a file that nobody committed.
            load.run.original = None;
            load.fail(&error).await;
            guard.disarm();
            return Err(error);
        }
        let run = Run { state: RunState::Staged, ..load.run };
        let draft = drafted(&run, None, &Review::default(), request.now)?;
        catalog.stage_run(&run, &draft).await?;
        guard.disarm();
        tracing::info!(run.id = %run.id, dataset = %run.dataset, "draft staged");
        match request.mapping {
            Some(text) => self.review(permit, &run.id, &text, request.now, progress).await,
            None => self.look(permit, &run.id, Wanted::Usual, request.now, progress).await,
        }
    }

    /// A draft, for whoever may write its dataset.
    pub async fn staged(&self, permit: &Permit, id: &RunId) -> Result<Staged, Error> {
        self.writable(permit).await?;
        let missing = || Error::NotFound { what: format!("draft `{id}`") };
        let run = self.inner.catalog.run(id).await?.ok_or_else(missing)?;
        if run.dataset != *permit.dataset() || run.state != RunState::Staged {
            return Err(missing());
        }
        let draft = self.inner.catalog.draft(id).await?.ok_or_else(missing)?;
        let review = serde_json::from_str(&draft.report)
            .map_err(|error| Error::internal("reading what is kept of a draft", error))?;
        Ok(Staged { run, review, expires_at: draft.expires_at })
    }

    /// Looks at a draft again under this mapping.
    pub async fn review(
        &self,
        permit: &Permit,
        id: &RunId,
        mapping: &str,
        now: DateTime<Utc>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Staged, Error> {
        self.look(permit, id, Wanted::Text(mapping.to_owned()), now, progress).await
    }

    /// Looks at a draft again under a mapping that is guessed from its file, whatever is saved.
    pub async fn guess_again(
        &self,
        permit: &Permit,
        id: &RunId,
        now: DateTime<Utc>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Staged, Error> {
        self.look(permit, id, Wanted::Guess, now, progress).await
    }

    async fn look(
        &self,
        permit: &Permit,
        id: &RunId,
        wanted: Wanted,
        now: DateTime<Utc>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Staged, Error> {
        let staged = self.staged(permit, id).await?;
        let written = match &wanted {
            Wanted::Text(text) => Some(staged.review.text().unworded(text)),
            Wanted::Usual | Wanted::Guess => None,
        };
        let wanted = written.clone().map_or(wanted, Wanted::Text);
        // The same text again is as much a guess as it was before.
        let is_same = |text: &String| text.trim_end() == staged.review.mapping.trim_end();
        let guessed = staged.review.guessed && written.as_ref().is_some_and(is_same);
        match self.try_under(permit, &staged, &wanted, guessed, now, progress).await {
            Ok(()) => {}
            Err(error) => {
                let Some(problem) = problem_of(&error) else { return Err(error) };
                let example = error.example();
                // The saved mapping does not fit: it is what a person begins with.
                let saved = match &wanted {
                    Wanted::Usual => self.inner.catalog.mapping(permit.dataset(), None).await?,
                    Wanted::Guess | Wanted::Text(_) => None,
                };
                let saved = saved.map(|(_, text)| text);
                let comments = match (&written, example) {
                    (None, Some(example)) => kept_comments(example),
                    _ => staged.review.comments,
                };
                let example = example.map(ToString::to_string);
                let mapping = written.clone().or(example).or(saved).unwrap_or(staged.review.mapping);
                let review =
                    Review { mapping, guessed, problem: Some(problem), comments, ..Review::default() };
                let run = Run { totals: model::RunTotals::default(), ..staged.run };
                let draft = drafted(&run, written, &review, now)?;
                if !self.inner.catalog.review_draft(&run, &draft, &[]).await? {
                    return Err(gone(id));
                }
            }
        }
        self.staged(permit, id).await
    }

    async fn try_under(
        &self,
        permit: &Permit,
        staged: &Staged,
        wanted: &Wanted,
        guessed: bool,
        now: DateTime<Utc>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), Error> {
        let under = match wanted {
            Wanted::Usual => Under::Usual,
            Wanted::Guess => Under::Guessed,
            Wanted::Text(text) => Under::Given(Box::new(Mapping::parse(text)?), text.clone()),
        };
        let mut load = self.reopened(permit, staged.run.clone(), now).await?;
        let file = self.kept(permit, &mut load).await?;
        let comments = staged.review.comments.clone();
        let review = Review { guessed, comments, ..Review::default() };
        let draft = drafted(&load.run, None, &review, now)?;
        load.take(file, under, Then::Draft(draft), progress).await?;
        Ok(())
    }

    /// Commits a draft under the mapping of its last review. What fails before the commit leaves the
    /// draft as it was.
    pub async fn commit_staged(
        &self,
        permit: &Permit,
        id: &RunId,
        now: DateTime<Utc>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Report, Error> {
        let staged = self.staged(permit, id).await?;
        if let Some(problem) = staged.review.problem {
            return Err(Error::Invalid { what: problem.what(), hint: problem.hint() });
        }
        if staged.run.totals.added + staged.run.totals.corrected + staged.run.totals.unchanged == 0 {
            return Err(Error::invalid(
                told!(
                    "intake-file-no-value-could-committed",
                    "the file has no value that could be committed"
                ),
                told!(
                    "intake-correct-mapping-file-reasons-among-findings",
                    "correct the mapping or the file; the reasons are among the findings"
                ),
            ));
        }
        let text = staged.review.mapping;
        let under = Under::Given(Box::new(Mapping::parse(&text)?), text);
        if !self.inner.catalog.take_up_draft(id).await? {
            return Err(gone(id));
        }
        let run = Run { state: RunState::Running, started_at: now, ..staged.run };
        let mut guard = CutOff::new(self, run.clone());
        let mut load = self.reopened(permit, run, now).await?;
        let outcome = async {
            let file = self.kept(permit, &mut load).await?;
            load.take(file, under, Then::Commit, progress).await
        };
        let outcome = outcome.await;
        match &outcome {
            Ok(_) => self.inner.catalog.close_draft(id).await?,
            // The task that commits settles the run itself.
            Err(_) if load.closing => {}
            Err(error) => {
                tracing::info!(run.id = %id, %error, "the commit of a draft failed");
                self.inner.catalog.update_run(&Run { state: RunState::Staged, ..load.run.clone() }).await?;
            }
        }
        guard.disarm();
        outcome
    }

    /// Throws a draft away.
    pub async fn discard(&self, permit: &Permit, id: &RunId, now: DateTime<Utc>) -> Result<(), Error> {
        self.staged(permit, id).await?;
        let why = told!(
            "intake-thrown-away-before-anything-committed",
            "thrown away before anything was committed"
        );
        if self.inner.catalog.discard_draft(id, &why.kept(), now).await? { Ok(()) } else { Err(gone(id)) }
    }

    /// Throws away the drafts that nobody finished in time.
    pub async fn expire_drafts(&self, now: DateTime<Utc>) -> Result<(), Error> {
        for id in self.inner.catalog.expired_drafts(now).await? {
            let why = told!(
                "intake-nobody-committed-draft-time-hand-file-again",
                "nobody committed the draft in time: hand the file in again"
            );
            if !self.inner.catalog.discard_draft(&id, &why.kept(), now).await? {
                let run = self.inner.catalog.run(&id).await?;
                // What a crash right behind a commit left.
                if run.is_some_and(|run| run.state != RunState::Running) {
                    self.inner.catalog.close_draft(&id).await?;
                }
            }
        }
        Ok(())
    }

    /// Does so again and again, until it is dropped.
    pub async fn keep_drafts(self) {
        let mut tick = tokio::time::interval(SWEEP);
        loop {
            tick.tick().await;
            if let Err(error) = self.expire_drafts(Utc::now()).await {
                tracing::warn!(%error, "drafts that expired were not thrown away");
            }
        }
    }

    async fn writable(&self, permit: &Permit) -> Result<Dataset, Error> {
        if !permit.may_write() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let found = self.inner.catalog.dataset(permit.dataset()).await?;
        found.ok_or_else(|| Error::NotFound { what: format!("dataset `{}`", permit.dataset()) })
    }

    async fn reopened<'a>(
        &'a self,
        permit: &'a Permit,
        run: Run,
        now: DateTime<Utc>,
    ) -> Result<Loading<'a>, Error> {
        Ok(Loading::new(self, permit, self.writable(permit).await?, run, now))
    }

    /// The file of a draft.
    async fn kept(
        &self,
        permit: &Permit,
        load: &mut Loading<'_>,
    ) -> Result<(Input, u64, formats::Format), Error> {
        let missing = || Error::NotFound { what: format!("the file of draft `{}`", load.run.id) };
        let hash = load.run.original.clone().ok_or_else(missing)?;
        let file = self.inner.lake.original(permit, &hash).await?;
        let size = tokio::fs::metadata(file.path())
            .await
            .map_err(|error| Error::internal("looking at the file of a draft", error))?
            .len();
        let (name, path) = (load.run.file_name.clone(), file.path().to_owned());
        let format = tokio::task::spawn_blocking(move || formats::detect_file(&name, &path))
            .await
            .map_err(|error| Error::internal("looking at the file of a draft", error))??;
        Ok((Input::Kept(file), size, format))
    }
}

/// Under which mapping a draft is looked at.
enum Wanted {
    Usual,
    Guess,
    Text(String),
}

/// Writes down with a draft what came of a look at its file.
pub(crate) fn note_review(draft: &mut catalog::Draft, report: &Report) -> Result<(), Error> {
    let before: Review = serde_json::from_str(&draft.report)
        .map_err(|error| Error::internal("reading what is kept of a draft", error))?;
    let review = Review {
        mapping: report.mapping.to_string(),
        guessed: report.mapping_guessed || before.guessed,
        problem: None,
        findings: report.findings_total,
        corrections: report.corrections.iter().take(KEPT_WITH_A_DRAFT).map(DraftCorrection::from).collect(),
        comments: match kept_comments(&report.mapping) {
            none if none.is_empty() => before.comments,
            comments => comments,
        },
    };
    draft.mapping = Some(report.mapping.to_string());
    draft.report = written(&review)?;
    Ok(())
}

fn drafted(
    run: &Run,
    mapping: Option<String>,
    review: &Review,
    now: DateTime<Utc>,
) -> Result<catalog::Draft, Error> {
    Ok(catalog::Draft { run: run.id.clone(), mapping, report: written(review)?, expires_at: now + KEPT })
}

fn written(review: &Review) -> Result<String, Error> {
    serde_json::to_string(review).map_err(|error| Error::internal("writing down a draft", error))
}

pub(crate) fn gone(id: &RunId) -> Error {
    Error::Conflict {
        what: told!(
            "intake-draft-committed-thrown-away-meantime",
            "the draft `{id}` was committed or thrown away in the meantime",
            id = id
        ),
    }
}

/// What whoever handed the file in can mend; nothing when the fault is elsewhere.
fn problem_of(error: &Error) -> Option<ReviewProblem> {
    let hint = match error {
        Error::Invalid { hint, .. } => hint.kept(),
        Error::Unmapped { .. } | Error::Drifted { .. } | Error::Limit { .. } => String::new(),
        Error::NotFound { .. }
        | Error::Denied(_)
        | Error::NotTheirs { .. }
        | Error::Conflict { .. }
        | Error::Changed { .. }
        | Error::Later(_)
        | Error::Internal { .. } => return None,
    };
    Some(ReviewProblem { what: error.told().kept(), hint })
}
