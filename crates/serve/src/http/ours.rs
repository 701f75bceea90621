//! What is wrong with the node itself and can be told: its disk is full, a stored file is damaged.

use std::error::Error;
use std::io;

use chrono::TimeDelta;
use lake::Damage;

use super::problem::{Problem, ProblemKind};

/// How long it takes at least until somebody has made room.
const UNTIL_ROOM: TimeDelta = TimeDelta::seconds(60);

/// The problem that a chain of causes tells of, when it is one of these. The operator reads it in the log.
pub fn told(error: &(dyn Error + 'static)) -> Option<Problem> {
    if is_full(error) {
        tracing::error!(
            error.chain = chain(error),
            "the disk of the node is full, and a request was refused: make room, see `cuulong doctor`"
        );
        return Some(Problem::new(ProblemKind::DiskFull).retry_after(UNTIL_ROOM));
    }
    Damage::in_chain(error).map(damaged)
}

/// A stored file that is not as it was written: whoever asked is told that there is no answer, rather than
/// given a wrong one.
pub fn damaged(damage: &Damage) -> Problem {
    tracing::error!(
        file = damage.path,
        found = damage.detail,
        "a stored file is damaged: run `cuulong verify`, and restore the file from a backup"
    );
    let file = ("file", damage.path.clone());
    let problem = match damage.dataset() {
        Some(dataset) => Problem::message(
            ProblemKind::DamagedData,
            "problem-damaged-dataset",
            vec![("dataset", dataset.to_owned()), file],
        )
        .with("dataset", dataset.into()),
        None => Problem::message(ProblemKind::DamagedData, "problem-damaged-file", vec![file]),
    };
    problem.with("file", damage.path.clone().into()).with("found", damage.detail.clone().into())
}

/// An error with its causes, for the log.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    chain
}

/// Whether a disk without room, or a quota that is used up, is among the causes.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                return true;
            }
            // An error within it is not its source: only the source of that is.
            if error.get_ref().is_some_and(|inner| is_full(inner)) {
                return true;
            }
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_full_disk_is_told_however_deep_it_lies() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let within = lake::Error::Later(Box::new(full()));
        let files = [
            intake::Error::Later(Box::new(io::Error::other(full()))),
            intake::Error::from(lake::Error::Internal(Box::new(full()))),
            intake::Error::from(within),
        ];
        for error in files {
            let problem = Problem::from(error);
            assert_eq!((problem.kind, problem.retry_after), (ProblemKind::DiskFull, Some(60)));
        }
        let problem = Problem::from(catalog::Error::Internal(Box::new(full())));
        assert_eq!(problem.kind, ProblemKind::DiskFull);
        let other = Problem::from(intake::Error::Later(Box::new(io::Error::other("away"))));
        assert_eq!((other.kind, other.retry_after), (ProblemKind::Unavailable, Some(1)));
    }

    #[test]
    fn damage_is_told_with_its_dataset_and_its_file() {
        let damage =
            || Damage { path: "lake/gauge/part-1.parquet".to_owned(), detail: "it is missing".to_owned() };
        let problems = [
            Problem::from(lake::Error::Damaged(damage())),
            Problem::from(intake::Error::from(lake::Error::Damaged(damage()))),
            Problem::from(query::Error::Damaged { what: damage().to_string() }),
        ];
        for problem in problems {
            let document = problem.document(model::Lang::En, None);
            assert_eq!(document["type"], "/problems/damaged-data");
            assert_eq!(
                (&document["dataset"], &document["found"]),
                (&json!("gauge"), &json!("it is missing"))
            );
            assert!(document["detail"].as_str().unwrap().contains("lake/gauge/part-1.parquet"), "{document}");
            assert!(document["advice"].as_str().unwrap().contains("cuulong verify"), "{document}");
        }
    }
}
