//! The gate: the only way from a principal to a permit, and what a principal may know to exist.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use model::{Access, AgencyId, Dataset, DatasetId, UserId};
use policy::{Denial, Grant, Permit, Policy, Principal, Purpose, decide};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

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
    /// Every permit to write and every refusal of a known user is written to the audit chain before
    /// this returns; the same refusal again within a minute is not. A dataset that the principal may
    /// not know of is answered exactly as one that does not exist.
    pub async fn authorize(
        &self,
        principal: &Principal,
        dataset: &DatasetId,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Permit, Error> {
        let Some(shelf) = self.shelf(dataset).await? else {
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
                if permit.may_write() {
                    self.append_audit(entry("write.allowed".into(), decision.rule)).await?;
                }
                Ok(permit)
            }
            Err(denial) => {
                if let Some(user) = principal.user()
                    && self.inner.refusals.is_new(user, dataset, purpose, now)
                {
                    self.append_audit(entry(format!("{verb}.denied"), decision.rule)).await?;
                }
                match denial {
                    Denial::Hidden => Err(Error::not_found("dataset", dataset)),
                    Denial::SignIn | Denial::NoGrant | Denial::KeyScope => Err(Error::Denied(denial)),
                }
            }
        }
    }

    /// A dataset with its grants: from memory, or one read that fills it.
    pub(crate) async fn shelf(&self, id: &DatasetId) -> Result<Option<Arc<Shelf>>, Error> {
        self.refresh().await?;
        if let Some(shelf) = self.inner.shelves.get(id) {
            return Ok(Some(shelf));
        }
        let ticket = self.inner.shelves.ticket();
        let Some(row) = dataset::Entity::find_by_id(id.as_str()).one(self.reader()).await? else {
            return Ok(None);
        };
        let grants = dataset_grant::Entity::find()
            .filter(dataset_grant::Column::Dataset.eq(id.as_str()))
            .all(self.reader())
            .await?;
        let dataset = datasets::from_row(row)?;
        let grants = grants.into_iter().map(grants::from_row).collect::<Result<Vec<_>, _>>()?;
        let policy =
            Policy { dataset: dataset.id.clone(), access: dataset.access, agency: dataset.agency.clone() };
        let weight = 1 + grants.len();
        let shelf = Arc::new(Shelf { dataset, policy, grants });
        self.inner.shelves.put(ticket, id.clone(), Arc::clone(&shelf), weight);
        Ok(Some(shelf))
    }

    /// The datasets that the principal may know of, as a condition on the table of datasets.
    ///
    /// The policy decides, not this module: for each access class it is asked about a dataset of a
    /// foreign agency and about one of the principal's own, both without grants, and then about each
    /// dataset on which the principal holds a grant.
    pub(crate) async fn knowable(
        &self,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Condition, Error> {
        let own = principal.agency();
        let foreign = foreign_to(own);
        let knows = |access: Access, agency: &AgencyId| {
            let policy = Policy { dataset: any_dataset(), access, agency: agency.clone() };
            decide(principal, &policy, &[], Purpose::Describe, now).outcome.is_ok()
        };
        let mut any = Condition::any();
        let mut everything = true;
        for access in Access::ALL {
            if knows(access, &foreign) {
                any = any.add(dataset::Column::Access.eq(access.code()));
                continue;
            }
            everything = false;
            if let Some(agency) = own.filter(|agency| knows(access, agency)) {
                let of_own = Condition::all()
                    .add(dataset::Column::Access.eq(access.code()))
                    .add(dataset::Column::Agency.eq(agency.as_str()));
                any = any.add(of_own);
            }
        }
        if everything {
            return Ok(Condition::all());
        }
        let granted = self.known_by_grant(principal, now).await?;
        if !granted.is_empty() {
            any = any.add(dataset::Column::Id.is_in(granted));
        }
        Ok(any)
    }

    /// The datasets that the principal may know of because of a grant.
    async fn known_by_grant(&self, principal: &Principal, now: DateTime<Utc>) -> Result<Vec<String>, Error> {
        let mut mine = Condition::any();
        if let Some(user) = principal.user() {
            mine = mine.add(dataset_grant::Column::Account.eq(user.as_str()));
        }
        if let Some(agency) = principal.agency() {
            mine = mine.add(dataset_grant::Column::Agency.eq(agency.as_str()));
        }
        if mine.is_empty() {
            return Ok(Vec::new());
        }
        let rows = dataset_grant::Entity::find().filter(mine).all(self.reader()).await?;
        let held = rows.into_iter().map(grants::from_row).collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<&str> = held.iter().map(|grant| grant.dataset.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut known = Vec::new();
        for chunk in ids.chunks(1_000) {
            let of_chunk = dataset::Entity::find().filter(dataset::Column::Id.is_in(chunk.iter().copied()));
            for row in of_chunk.all(self.reader()).await? {
                let (dataset, access, agency) = datasets::policy_of(&row)?;
                let policy = Policy { dataset, access, agency };
                if decide(principal, &policy, &held, Purpose::Describe, now).outcome.is_ok() {
                    known.push(row.id);
                }
            }
        }
        Ok(known)
    }
}

/// Topics that a change of a dataset or of a grant touches.
pub(crate) const GATE: &[Topic] = &[Topic::Access];

fn any_dataset() -> DatasetId {
    DatasetId::new("any").expect("a lower-case word is a dataset id")
}

/// An agency that is not the given one.
fn foreign_to(own: Option<&AgencyId>) -> AgencyId {
    let name = if own.is_some_and(|agency| agency.as_str() == "foreign") { "stranger" } else { "foreign" };
    AgencyId::new(name).expect("a lower-case word is an agency id")
}

type Refusal = (UserId, DatasetId, Purpose);

/// Refusals of the last minute: a client that tries again and again leaves one entry a minute, so
/// that nobody can fill the audit chain by asking for what is refused.
#[derive(Default)]
pub(crate) struct Refusals(parking_lot::Mutex<HashMap<Refusal, DateTime<Utc>>>);

impl Refusals {
    const CAPACITY: usize = 10_000;

    fn is_new(&self, user: &UserId, dataset: &DatasetId, purpose: Purpose, now: DateTime<Utc>) -> bool {
        let minute = TimeDelta::minutes(1);
        let mut seen = self.0.lock();
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
}
