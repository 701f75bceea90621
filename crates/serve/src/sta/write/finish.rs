//! What the node could not do to its end, because it ended or its store did not answer: values of a deep insert
//! were written down with what they are of, and are kept afterwards; series whose values were to go are written
//! down with the end of what they belong to. To do either twice changes nothing, so that nothing is lost, doubled
//! or left whenever the node ends.

use std::time::Duration;

use catalog::Together;
use chrono::{DateTime, Utc};
use model::{DatasetId, Datastream, DatastreamId};
use policy::{Principal, Purpose};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::observe::Sent;
use super::remove::STRUCK;
use crate::App;
use crate::http::{Answer, Problem, ProblemKind};

/// Where subjects of values begin that are still to be kept.
const PENDING: &str = "pending:";
/// Where subjects of series begin whose values are still to go.
const STRIKING: &str = "striking:";
/// Series in one description.
const SERIES: usize = 500;
/// Bytes of values in one description, which may be as long as the catalogue lets it be.
const PART: usize = 6 << 10;
/// How long to wait before a store that did not answer is asked again.
const PAUSE: Duration = Duration::from_secs(5);
/// How often it is asked; afterwards the next start asks.
const TIMES: usize = 60;

/// What is written down of values of some series, in parts.
pub(super) fn pending(
    dataset: &DatasetId,
    series: &[DatastreamId],
    bodies: &[String],
    now: DateTime<Utc>,
) -> Vec<(String, Map<String, Value>)> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut bytes = PART;
    for body in bodies {
        if bytes + body.len() > PART {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += body.len();
        if let Some(part) = parts.last_mut() {
            part.push(body);
        }
    }
    let series: Vec<i64> = series.iter().map(|id| id.0).collect();
    let words = |bodies: Vec<&str>| {
        let words = [
            ("dataset", json!(dataset.as_str())),
            ("series", json!(series)),
            ("bodies", json!(bodies)),
            ("at", json!(now.to_rfc3339())),
        ];
        let words = words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (format!("{PENDING}{}", Uuid::now_v7()), words)
    };
    parts.into_iter().map(words).collect()
}

/// What is written down of series of a dataset whose values are to go, in parts; `name` is what they belong to.
pub(super) fn striking(
    dataset: &DatasetId,
    streams: &[Datastream],
    name: &str,
    now: DateTime<Utc>,
) -> Vec<(String, Map<String, Value>)> {
    let words = |part: &[Datastream]| {
        let series: Vec<i64> = part.iter().map(|stream| stream.id.0).collect();
        let words = [
            ("dataset", json!(dataset.as_str())),
            ("series", json!(series)),
            ("name", json!(name)),
            ("at", json!(now.to_rfc3339())),
        ];
        let words = words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (format!("{STRIKING}{}", Uuid::now_v7()), words)
    };
    streams.chunks(SERIES).map(words).collect()
}

/// It was done: nothing is to be done any more.
pub(super) async fn done(app: &App, subjects: Vec<String>) -> Answer<()> {
    let forget = Together { forgotten: subjects, ..Together::default() };
    Ok(app.catalog.register_together(&forget).await?)
}

/// Keeps what is written down, as soon as the store answers.
pub(super) fn later(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        for _ in 0..TIMES {
            tokio::time::sleep(PAUSE).await;
            match finish(&app).await {
                Ok(_) => return,
                Err(problem) => {
                    tracing::warn!(problem = ?problem, "values that are to come or to go still wait")
                }
            }
        }
    });
}

/// Keeps the values that are written down and were not kept, and lets go those that were to go; says how many
/// values and series there were.
pub async fn finish(app: &App) -> Answer<usize> {
    let gazetteer = app.catalog.gazetteer().await?;
    let pending = gazetteer.descriptions.range(PENDING.to_owned()..);
    let mut kept = 0;
    for (subject, words) in pending.take_while(|(subject, _)| subject.starts_with(PENDING)) {
        match Pending::read(words) {
            Some(pending) => kept += pending.keep(app).await?,
            None => tracing::error!(subject, "values of a deep insert cannot be read: they are left out"),
        }
        done(app, vec![subject.clone()]).await?;
    }
    let striking = gazetteer.descriptions.range(STRIKING.to_owned()..);
    for (subject, words) in striking.take_while(|(subject, _)| subject.starts_with(STRIKING)) {
        match strike(app, words).await? {
            Some(series) => kept += series,
            None => tracing::error!(subject, "series whose values were to go cannot be read: they stay"),
        }
        done(app, vec![subject.clone()]).await?;
    }
    Ok(kept)
}

/// Lets the values go that a description names; says of how many series, or none when it cannot be read.
async fn strike(app: &App, words: &Map<String, Value>) -> Answer<Option<usize>> {
    let text = |name: &str| words.get(name).and_then(Value::as_str);
    let dataset = text("dataset").and_then(|dataset| DatasetId::new(dataset).ok());
    let (Some(dataset), Some(series)) = (dataset, words.get("series").and_then(Value::as_array)) else {
        return Ok(None);
    };
    let mut streams = Vec::with_capacity(series.len());
    for id in series.iter().filter_map(Value::as_i64) {
        streams.extend(app.catalog.datastream(DatastreamId(id)).await?);
    }
    let now = Utc::now();
    let permit = app.catalog.authorize(&Principal::System, &dataset, Purpose::Write, now).await?;
    for run in app.intake.strike_series(&permit, &streams, STRUCK, now).await? {
        let name = text("name").unwrap_or_default().to_owned();
        app.note(&Principal::System, "observation.deleted", &format!("run:{}", run.id), name).await?;
    }
    Ok(Some(streams.len()))
}

struct Pending {
    dataset: DatasetId,
    series: Vec<DatastreamId>,
    bodies: Vec<String>,
    at: DateTime<Utc>,
}

impl Pending {
    fn read(words: &Map<String, Value>) -> Option<Pending> {
        let list = |name: &str| words.get(name)?.as_array();
        Some(Pending {
            dataset: DatasetId::new(words.get("dataset")?.as_str()?).ok()?,
            series: list("series")?.iter().filter_map(Value::as_i64).map(DatastreamId).collect(),
            bodies: list("bodies")?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            at: DateTime::parse_from_rfc3339(words.get("at")?.as_str()?).ok()?.to_utc(),
        })
    }

    async fn keep(&self, app: &App) -> Answer<usize> {
        let permit =
            app.catalog.authorize(&Principal::System, &self.dataset, Purpose::Write, Utc::now()).await?;
        for body in &self.bodies {
            let sent = Sent::read(body, self.series.len(), self.at)
                .map_err(|_| Problem::new(ProblemKind::Internal))?;
            let new = sent.each(self.series.iter().copied());
            let new: Vec<_> = new.into_iter().map(|(_, new)| new).collect();
            if let Err((_, refused)) = app.intake.observe_together(&permit, &new, self.at).await? {
                // It was looked at before: what it is of became another since.
                tracing::error!(dataset = %self.dataset, code = refused.code, "a value of a deep insert was refused");
            }
        }
        Ok(self.bodies.len())
    }
}
