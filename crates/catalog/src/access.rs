//! The gate: the only way from a principal to a permit, and what a principal may know to exist.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use model::{Dataset, DatasetId, UserId};
use policy::{Denial, Grant, Permit, Policy, Principal, Purpose, decide};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::cache::Topic;
use crate::entity::{dataset, dataset_grant};
use crate::{AuditEntry, Catalog, Error, datasets, grants};

/// A dataset with the grants on it, as the gate needs them.
pub(crate) struct Shelf {
    pub(crate) dataset: Dataset,
    policy: Policy,
    grants: Vec<Grant>,
}

impl Catalog {
    /// Decides whether the principal may do this with the dataset now.
    ///
    /// A permit to write and a refusal of a known user are written to the audit chain before this
    /// returns; the same again within a minute is not, so that neither thousands of small writes a
    /// second nor a stubborn client fill the chain. What was written, and by whom, is told by the runs
    /// and, for small writes, by every line of their originals. A dataset that the principal may
    /// not know of is answered exactly as one that does not exist, also in what is done for the answer:
    /// the same questions to the database, and an entry of the chain that is written afterwards.
    pub async fn authorize(
        &self,
        principal: &Principal,
        dataset: &DatasetId,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Permit, Error> {
        let Found { shelf, was_read } = self.find_shelf(dataset).await?;
        let Some(shelf) = shelf else {
            return Err(Error::not_found("dataset", dataset));
        };
        let decision = decide(principal, &shelf.policy, &shelf.grants, purpose, now);
        let verb = match purpose {
            Purpose::Read => "read",
            Purpose::Describe => "describe",
            Purpose::Write => "write",
        };
        let entry = |action: String, detail: &str| AuditEntry {
            at: now,
            actor: principal.name().to_owned(),
            action,
            subject: format!("dataset:{dataset}"),
            detail: detail.to_owned(),
        };
        match decision.outcome {
            Ok(permit) => {
                if permit.may_write() && !self.inner.refusals.was_allowed(principal, dataset, now) {
                    self.append_audit(entry("write.allowed".into(), decision.rule)).await?;
                    self.inner.refusals.note_allowed(principal, dataset, now);
                }
                Ok(permit)
            }
            Err(denial) => {
                if let Some(user) = principal.user()
                    && self.inner.refusals.is_new(user, dataset, purpose, now)
                {
                    let entry = entry(format!("{verb}.denied"), decision.rule);
                    match denial {
                        Denial::Hidden => self.append_audit_untold(entry),
                        Denial::SignIn | Denial::NoGrant | Denial::KeyScope => {
                            self.append_audit(entry).await?;
                        }
                    }
                }
                match denial {
                    Denial::Hidden => {
                        if !was_read {
                            // One that is not there is asked for every time.
                            self.read_shelf(dataset).await?;
                        }
                        Err(Error::not_found("dataset", dataset))
                    }
                    Denial::SignIn | Denial::NoGrant | Denial::KeyScope => Err(Error::Denied(denial)),
                }
            }
        }
    }

    /// A dataset with its grants: from memory, or one read that fills it.
    pub(crate) async fn shelf(&self, id: &DatasetId) -> Result<Option<Arc<Shelf>>, Error> {
        Ok(self.find_shelf(id).await?.shelf)
    }

    async fn find_shelf(&self, id: &DatasetId) -> Result<Found, Error> {
        self.refresh().await?;
        if let Some(shelf) = self.inner.shelves.get(id) {
            return Ok(Found { shelf: Some(shelf), was_read: false });
        }
        let ticket = self.inner.shelves.ticket();
        let shelf = self.read_shelf(id).await?.map(Arc::new);
        if let Some(shelf) = &shelf {
            self.inner.shelves.put(ticket, id.clone(), Arc::clone(shelf), 1 + shelf.grants.len());
        }
        Ok(Found { shelf, was_read: true })
    }

    /// Reads a dataset and its grants from the database: two questions, whether it is there or not.
    async fn read_shelf(&self, id: &DatasetId) -> Result<Option<Shelf>, Error> {
        let row = dataset::Entity::find_by_id(id.as_str()).one(self.reader()).await?;
        let grants = dataset_grant::Entity::find()
            .filter(dataset_grant::Column::Dataset.eq(id.as_str()))
            .order_by_asc(dataset_grant::Column::Id)
            .all(self.reader())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let dataset = datasets::from_row(row)?;
        let grants = grants.into_iter().map(grants::from_row).collect::<Result<Vec<_>, _>>()?;
        let policy =
            Policy { dataset: dataset.id.clone(), access: dataset.access, agency: dataset.agency.clone() };
        Ok(Some(Shelf { dataset, policy, grants }))
    }
}

/// What was found of a dataset.
struct Found {
    shelf: Option<Arc<Shelf>>,
    /// Whether the database was asked for it.
    was_read: bool,
}

/// Topics that a change of a dataset or of a grant touches.
pub(crate) const GATE: &[Topic] = &[Topic::Access];

type Refusal = (UserId, DatasetId, Purpose);

/// Refusals and permits to write of the last minute: a client that tries again and again leaves one
/// entry a minute, so that nobody can fill the audit chain by asking for what is refused, or by
/// writing value after value.
#[derive(Default)]
pub(crate) struct Refusals {
    refused: parking_lot::Mutex<HashMap<Refusal, DateTime<Utc>>>,
    allowed: parking_lot::Mutex<HashMap<DatasetId, HashMap<String, DateTime<Utc>>>>,
}

impl Refusals {
    const CAPACITY: usize = 10_000;

    fn is_new(&self, user: &UserId, dataset: &DatasetId, purpose: Purpose, now: DateTime<Utc>) -> bool {
        let minute = TimeDelta::minutes(1);
        let mut seen = self.refused.lock();
        let key = (user.clone(), dataset.clone(), purpose);
        if seen.get(&key).is_some_and(|at| (now - *at).abs() < minute) {
            return false;
        }
        if seen.len() >= Self::CAPACITY {
            seen.retain(|_, at| (now - *at).abs() < minute);
            if seen.len() >= Self::CAPACITY {
                seen.clear();
            }
        }
        seen.insert(key, now);
        true
    }

    /// Whether the principal's permit to write is in the chain since less than a minute.
    fn was_allowed(&self, principal: &Principal, dataset: &DatasetId, now: DateTime<Utc>) -> bool {
        let allowed = self.allowed.lock();
        let at = allowed.get(dataset).and_then(|names| names.get(principal.name()));
        at.is_some_and(|at| (now - *at).abs() < TimeDelta::minutes(1))
    }

    /// To be called when the entry is durable, so that nobody writes before one is.
    fn note_allowed(&self, principal: &Principal, dataset: &DatasetId, now: DateTime<Utc>) {
        let mut allowed = self.allowed.lock();
        if allowed.len() >= Self::CAPACITY {
            allowed.clear();
        }
        let names = allowed.entry(dataset.clone()).or_default();
        if names.len() >= Self::CAPACITY {
            names.clear();
        }
        names.insert(principal.name().to_owned(), now);
    }
}
