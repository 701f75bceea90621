//! The report of a run: counts, and findings grouped by reason with their cells.

use intake::finding_message;
use model::{Finding, Run, RunState, Severity};
use wording::Told;

use crate::visit::Visit;
use crate::words::Words;

/// What the report's template shows.
pub struct Report {
    pub counts: Vec<(String, String)>,
    pub groups: Vec<FindingGroup>,
    pub shown: u64,
    pub total: u64,
    pub partial: String,
}

/// Findings of one reason.
pub struct FindingGroup {
    pub title: String,
    pub severity: String,
    pub tone: &'static str,
    pub count: String,
    pub findings: Vec<FindingRow>,
}

/// One finding.
pub struct FindingRow {
    pub cell: String,
    pub column: String,
    pub value: String,
    pub message: String,
}

/// The report of a run and of the findings at hand, of so many.
pub fn report(visit: &Visit, run: &Run, findings: &[Finding], total: u64) -> Report {
    let w = visit.words;
    let totals = run.totals;
    let counts = [
        ("run-rows", totals.rows),
        ("run-added", totals.added),
        ("run-corrected", totals.corrected),
        ("run-unchanged", totals.unchanged),
        ("run-refused", totals.refused),
        ("run-refused-rows", totals.refused_rows),
        ("run-missing", totals.missing),
        ("run-warnings", totals.warnings),
    ]
    .into_iter()
    .filter(|(key, count)| {
        *count > 0 || matches!(*key, "run-rows" | "run-added" | "run-corrected" | "run-refused")
    })
    .map(|(key, count)| (w.whole(count), w.t(key)))
    .collect();
    let mut groups: Vec<(Severity, &str, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match groups
            .iter_mut()
            .find(|(severity, code, _)| *severity == finding.severity && *code == finding.code)
        {
            Some((_, _, group)) => group.push(finding),
            None => groups.push((finding.severity, &finding.code, vec![finding])),
        }
    }
    // What was refused first, then the most frequent.
    groups.sort_by_key(|(severity, _, group)| (*severity != Severity::Refused, usize::MAX - group.len()));
    let shown = findings.len() as u64;
    Report {
        counts,
        groups: groups
            .into_iter()
            .map(|(severity, code, group)| FindingGroup {
                title: w.code("finding", code),
                severity: w.code("severity", severity.code()),
                tone: if severity == Severity::Refused { "restricted" } else { "made" },
                count: w.whole(group.len() as u64),
                findings: group.into_iter().map(|finding| row(&w, run, finding)).collect(),
            })
            .collect(),
        shown,
        total,
        partial: w.fill("run-findings-partial", [("shown", &w.whole(shown)), ("total", &w.whole(total))]),
    }
}

fn row(w: &Words, run: &Run, finding: &Finding) -> FindingRow {
    let sheet = run.sheets.get(usize::from(finding.cell.sheet)).filter(|sheet| !sheet.is_empty());
    let cell = finding.cell.a1();
    FindingRow {
        cell: sheet.map_or(cell.clone(), |sheet| format!("{sheet}!{cell}")),
        column: finding.column_name.clone(),
        value: finding.value.clone(),
        message: finding_message(finding, w.lang()),
    }
}

/// What became of a run in one sentence, and the banner's tone.
pub fn verdict(w: &Words, run: &Run) -> (String, &'static str) {
    let totals = run.totals;
    let (added, corrected, refused) =
        (w.whole(totals.added), w.whole(totals.corrected), w.whole(totals.refused));
    let tone = if totals.refused > 0 { "made" } else { "good" };
    match run.state {
        RunState::Running => (w.t("run-running"), ""),
        RunState::Staged => (w.t("run-staged"), ""),
        RunState::Failed => {
            let reason = run.error.as_deref().map(|error| Told::read(error).sentence(w.lang()));
            (w.fill("run-failed", [("error", &reason.as_deref().unwrap_or("–"))]), "bad")
        }
        RunState::DryRun => {
            (w.fill("run-dry", [("added", &added), ("corrected", &corrected), ("refused", &refused)]), tone)
        }
        RunState::Done => match run.version {
            Some(version) => (
                w.fill(
                    "run-done",
                    [
                        ("version", &version),
                        ("added", &added),
                        ("corrected", &corrected),
                        ("refused", &refused),
                    ],
                ),
                tone,
            ),
            None => (w.fill("run-same", [("refused", &refused)]), tone),
        },
    }
}
