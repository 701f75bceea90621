//! What of an original is shown to whom.

use formats::Neighbourhood;
use model::{Finding, Run};
use policy::Permit;
use wording::told;

use super::{HELD_CODES, ONE_CELL, kind};
use crate::mapping::{Mapping, PersonalColumn, PersonalDecision};
use crate::{Error, Intake};

/// What stands in place of a text that is not shown.
const VEILED: &str = "•••";

/// The columns of a run's original whose texts are shown only to those who decide about them.
pub(crate) struct Veil {
    findings: Vec<Finding>,
}

impl Veil {
    /// What of it is veiled from whoever holds the permit; `None` when nothing is.
    pub(crate) async fn of(intake: &Intake, permit: &Permit, run: &Run) -> Result<Option<Veil>, Error> {
        if permit.may_decide() {
            return Ok(None);
        }
        let findings = intake.inner.catalog.findings_coded(&run.id, &HELD_CODES).await?;
        Ok((!findings.is_empty()).then_some(Veil { findings }))
    }

    /// Covers the texts of a part of the original.
    pub(crate) fn cover(&self, sheet: u16, part: &mut Neighbourhood) {
        let header: Vec<String> = match part.rows.first() {
            Some((row, texts)) if part.header_row == Some(*row) => texts.clone(),
            _ => Vec::new(),
        };
        // The header of a file of features has the number 0.
        let of_features = part.header_row == Some(0);
        for (row, texts) in &mut part.rows {
            for (at, text) in texts.iter_mut().enumerate() {
                let column = usize::from(part.first_column) + at;
                let is_held = self.findings.iter().any(|finding| {
                    if finding.code == ONE_CELL {
                        // By its form, below.
                        false
                    } else if of_features {
                        *row > 0 && header.get(at) == Some(&finding.column_name)
                    } else {
                        finding.cell.sheet == sheet
                            && usize::from(finding.cell.column) == column
                            && *row >= finding.cell.row
                    }
                });
                if !text.is_empty() && (is_held || kind::find(text, None).is_some()) {
                    *text = VEILED.into();
                }
            }
        }
    }
}

impl Intake {
    /// Refuses a mapping that lets personal data in, unless those who may have decided so: the holder
    /// of the permit, or somebody before, in the mapping that is saved.
    pub async fn may_keep(&self, permit: &Permit, mapping: &Mapping) -> Result<(), Error> {
        let keeps = |mapping: &Mapping| -> Vec<PersonalColumn> {
            let kept = mapping.personal.iter().filter(|column| column.decision == PersonalDecision::Keep);
            kept.cloned().collect()
        };
        let wanted = keeps(mapping);
        if wanted.is_empty() {
            return Ok(());
        }
        let saved = self.inner.catalog.mapping(permit.dataset(), None).await?;
        let saved = saved.and_then(|(_, text)| Mapping::parse(&text).ok());
        let decided = saved.as_ref().map(keeps).unwrap_or_default();
        for column in wanted.iter().filter(|column| !decided.contains(column)) {
            if !permit.may_decide() {
                return Err(Error::NotTheirs {
                    what: told!(
                        "intake-mapping-keeps-personal-data-column",
                        "the mapping keeps the personal data of column `{column}`",
                        column = column.column
                    ),
                    hint: told!(
                        "intake-only-steward-approver-administrator-agency-may-decide",
                        "only a steward, an approver or an administrator of the agency may decide so: let them hand in this mapping, or write `decision = \"leave_out\"`"
                    ),
                });
            }
            if let Some(user) = permit.user()
                && user.as_str() != column.decided_by
            {
                return Err(Error::invalid(
                    told!(
                        "intake-mapping-says-decided-about-column",
                        "the mapping says that `{decided_by}` decided about column `{column}`",
                        decided_by = column.decided_by,
                        column = column.column
                    ),
                    told!(
                        "intake-who-hands-decision-makes-write-decided-by",
                        "who hands in a decision makes it: write `decided_by = \"{user}\"`",
                        user = user
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Whether the whole file of a run may be given to whoever holds the permit: not where it holds
    /// personal data that were held back, unless they decide about them.
    pub async fn may_give(&self, permit: &Permit, run: &Run) -> Result<bool, Error> {
        Ok(Veil::of(self, permit, run).await?.is_none())
    }
}
