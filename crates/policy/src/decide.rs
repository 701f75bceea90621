//! The decision: first matching rule wins, and the default is no.

use chrono::{DateTime, Utc};
use model::{Access, AgencyId, DatasetId, UserId};

use crate::{Permit, Principal, Purpose, Role, RowFilter, Scope};

/// What the policy module has to know about a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The dataset.
    pub dataset: DatasetId,
    /// Its access class.
    pub access: Access,
    /// The agency that owns it.
    pub agency: AgencyId,
}

/// How far a grant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantLevel {
    /// Read values.
    Read,
    /// Read and write.
    Write,
}

impl GrantLevel {
    /// The level's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            GrantLevel::Read => "read",
            GrantLevel::Write => "write",
        }
    }

    /// The level of a code.
    pub fn from_code(code: &str) -> Option<GrantLevel> {
        match code {
            "read" => Some(GrantLevel::Read),
            "write" => Some(GrantLevel::Write),
            _ => None,
        }
    }
}

/// A permission given to a user or to an agency for one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The dataset.
    pub dataset: DatasetId,
    /// The user who has it; or else the agency.
    pub user: Option<UserId>,
    /// The agency whose users have it.
    pub agency: Option<AgencyId>,
    /// How far it goes.
    pub level: GrantLevel,
    /// The rows it reaches.
    pub rows: RowFilter,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Grant {
    fn is_for(&self, principal: &Principal, dataset: &DatasetId, now: DateTime<Utc>) -> bool {
        let by_user = self.user.is_some() && self.user.as_ref() == principal.user();
        let by_agency =
            self.user.is_none() && self.agency.is_some() && self.agency.as_ref() == principal.agency();
        &self.dataset == dataset && (by_user || by_agency) && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Why a request was denied, as far as the asker may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denial {
    /// The asker may not know that the dataset exists: the answer is "not found".
    Hidden,
    /// The dataset is known, but an account is needed.
    SignIn,
    /// The account has no right to it: ask the agency for a grant.
    NoGrant,
    /// The account would have the right, but the key in use does not reach so far.
    KeyScope,
}

/// A decision, and the rule that made it, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The permit, or why there is none.
    pub outcome: Result<Permit, Denial>,
    /// The rule's name.
    pub rule: &'static str,
}

/// Decides whether the principal may do this with the dataset now.
///
/// `grants` may hold grants of anyone for anything: those that do not apply are passed over.
pub fn decide(
    principal: &Principal,
    policy: &Policy,
    grants: &[Grant],
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Decision {
    let mine: Vec<&Grant> =
        grants.iter().filter(|grant| grant.is_for(principal, &policy.dataset, now)).collect();
    // Who answers for the agency's data decides about persons in them; who hands data in does not.
    let decides = match principal {
        Principal::System => true,
        Principal::Public => false,
        Principal::User { role: Role::Admin, .. } => true,
        Principal::User { role, .. } => {
            principal.agency() == Some(&policy.agency) && matches!(role, Role::Steward | Role::Approver)
        }
    };
    let permit = |rows: RowFilter| {
        Permit::new(policy.dataset.clone(), purpose, principal.user().cloned(), rows).deciding(decides)
    };
    let allow = |rule, rows| Decision { outcome: Ok(permit(rows)), rule };
    let deny = |rule, denial| Decision { outcome: Err(denial), rule };

    let wanted_scope = if purpose == Purpose::Write { Scope::Write } else { Scope::Read };
    let owner = principal.agency() == Some(&policy.agency);
    let role = match principal {
        Principal::System => return allow("system", RowFilter::default()),
        Principal::Public => None,
        Principal::User { role, .. } => Some(*role),
    };
    let may_know =
        policy.access != Access::Restricted || owner || !mine.is_empty() || role == Some(Role::Admin);
    if !may_know {
        return deny("restricted.hidden", Denial::Hidden);
    }
    if !principal.has_scope(wanted_scope) {
        return match principal {
            Principal::Public => deny("write.public", Denial::SignIn),
            _ => deny("key.scope", Denial::KeyScope),
        };
    }
    if role == Some(Role::Admin) {
        return allow("admin", RowFilter::default());
    }
    match purpose {
        Purpose::Describe => allow("describe", RowFilter::default()),
        Purpose::Write => {
            let writes = matches!(role, Some(Role::Provider | Role::Steward | Role::Approver));
            if owner && writes {
                return allow("write.owner", RowFilter::default());
            }
            match mine.iter().find(|grant| grant.level == GrantLevel::Write) {
                Some(grant) => allow("write.grant", grant.rows.clone()),
                None => deny("write.none", Denial::NoGrant),
            }
        }
        Purpose::Read => {
            if policy.access == Access::Open {
                return allow("open", RowFilter::default());
            }
            // An auditor reads logs and policies, not restricted values (governance roles).
            if owner && role != Some(Role::Auditor) {
                return allow("owner", RowFilter::default());
            }
            if let Some(rows) = widest(&mine) {
                return allow("grant", rows);
            }
            let of_agency = principal.agency().is_some();
            match (policy.access, role) {
                (Access::Shared, Some(_)) if of_agency => allow("shared.agency", RowFilter::default()),
                (_, None) => deny("read.public", Denial::SignIn),
                _ => deny("read.none", Denial::NoGrant),
            }
        }
    }
}

/// The rows that several grants reach: all, when one of them is open; else those of the first.
///
/// Filters are not united, because the union of two conjunctions is not one conjunction; two
/// filtered grants for one reader are a mistake of whoever gave them, and the narrower reading is safe.
fn widest(grants: &[&Grant]) -> Option<RowFilter> {
    grants
        .iter()
        .find(|grant| grant.rows.is_open())
        .or_else(|| grants.first())
        .map(|grant| grant.rows.clone())
}

#[cfg(test)]
mod tests;
