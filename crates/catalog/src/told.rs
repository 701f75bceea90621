//! What was told of datasets and agencies at an instant: every description stays, with the instant since
//! which it was told, so that what was answered as of an instant can be answered again.
//!
//! Who may know of a dataset is asked as of now: a right that was taken away is no right in the past.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use model::{Access, Agency, AgencyId, Dataset, DatasetId};
use policy::{Principal, Purpose};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::directory::{Entry, Wanted};
use crate::entity::{agency, agency_told, dataset, dataset_told};
use crate::row::{micros, stored};
use crate::{Catalog, DatasetPage, DatasetSearch, Error, datasets};

/// Ids that are looked up at a time, and rows of one INSERT: eleven values each.
const CHUNK: usize = 1_000;

/// What was told of a dataset at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The dataset as it was described.
    pub dataset: Dataset,
    /// Since when it was described so.
    pub since: DateTime<Utc>,
    /// Since when it was restricted, if everyone knew of it before.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl Catalog {
    /// What was told of these datasets at an instant, in the order of the ids, without asking who wants to
    /// know. Datasets that were registered later are passed over.
    pub async fn told(&self, ids: &[DatasetId], at: DateTime<Utc>) -> Result<Vec<Told>, Error> {
        use dataset_told::Column::{Dataset as Of, Since};
        let now: HashMap<DatasetId, Dataset> =
            self.datasets_of(ids).await?.into_iter().map(|dataset| (dataset.id.clone(), dataset)).collect();
        let mut found: HashMap<DatasetId, Told> = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let rows = dataset_told::Entity::find()
                .filter(Of.is_in(chunk.iter().map(DatasetId::as_str)))
                .filter(Since.lte(micros(at)))
                .order_by_asc(Since);
            for row in rows.all(self.reader()).await? {
                let id = stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?;
                // It was deleted meanwhile.
                let Some(now) = now.get(&id) else { continue };
                let told = next(found.remove(&id), row, now)?;
                found.insert(id, told);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// One dataset as it was described at an instant, without asking who wants to know; none when it was
    /// neither registered nor had data by then.
    pub async fn dataset_at(&self, id: &DatasetId, at: DateTime<Utc>) -> Result<Option<Dataset>, Error> {
        if let Some(told) = self.told(std::slice::from_ref(id), at).await?.pop() {
            return Ok(Some(told.dataset));
        }
        // Data that are older than the dataset's registration: what was told of it first.
        if self.version_at(id, at).await?.is_none() {
            return Ok(None);
        }
        let Some(now) = self.dataset(id).await? else { return Ok(None) };
        let first = dataset_told::Entity::find()
            .filter(dataset_told::Column::Dataset.eq(id.as_str()))
            .order_by_asc(dataset_told::Column::Since)
            .limit(1)
            .one(self.reader())
            .await?;
        match first {
            Some(first) => Ok(Some(next(None, first, &now)?.dataset)),
            None => Ok(Some(now)),
        }
    }

    /// The datasets that the principal may know of now, as they were described at an instant, by id: those
    /// that matched then. Neither limit nor offset of the search counts.
    pub async fn matching_told(
        &self,
        principal: &Principal,
        search: &DatasetSearch,
        now: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Vec<Told>, Error> {
        let known: Vec<DatasetId> = {
            let directory = self.directory().await?;
            let reach = self.reach(principal, Purpose::Describe, now).await?;
            let known = directory.entries.iter().filter(|entry| reach.allows(entry));
            known.map(|entry| entry.id.clone()).collect()
        };
        let agencies: HashMap<AgencyId, Agency> =
            self.agencies_told(at).await?.into_iter().map(|agency| (agency.id.clone(), agency)).collect();
        let wanted = Wanted::new(search);
        let mut told = self.told(&known, at).await?;
        told.retain(|told| {
            let dataset = &told.dataset;
            let text = datasets::search_text(dataset, agencies.get(&dataset.agency));
            wanted.matches(&Entry::of(dataset, text))
        });
        Ok(told)
    }

    /// A page of them.
    pub async fn find_told(
        &self,
        principal: &Principal,
        search: DatasetSearch,
        now: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<DatasetPage, Error> {
        let told = self.matching_told(principal, &search, now, at).await?;
        let total = told.len() as u64;
        let after = told.into_iter().map(|told| told.dataset);
        let after = after.filter(|one| search.after.as_ref().is_none_or(|last| one.id > *last));
        let mut datasets: Vec<Dataset> =
            after.skip(usize::try_from(search.offset).unwrap_or(usize::MAX)).collect();
        let most = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let more = datasets.len() > most;
        datasets.truncate(most);
        Ok(DatasetPage { datasets, total, more })
    }

    /// Every agency as it was called at an instant, by id; those that came later as they were called first.
    pub async fn agencies_told(&self, at: DateTime<Utc>) -> Result<Vec<Agency>, Error> {
        let rows = agency_told::Entity::find()
            .order_by_asc(agency_told::Column::Agency)
            .order_by_asc(agency_told::Column::Since)
            .all(self.reader())
            .await?;
        let mut found: Vec<Agency> = Vec::new();
        for row in rows {
            let is_later = row.since > at;
            let agency = Agency {
                id: stored("agency id", &row.agency, AgencyId::new(&row.agency))?,
                name: row.name.into(),
                url: row.url,
            };
            match found.last_mut().filter(|last| last.id == agency.id) {
                Some(_) if is_later => {}
                Some(last) => *last = agency,
                None => found.push(agency),
            }
        }
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(found)
    }
}

/// What a row tells, after what was told before it.
fn next(before: Option<Told>, row: dataset_told::Model, now: &Dataset) -> Result<Told, Error> {
    let since = row.since;
    let dataset = datasets::from_row(dataset::Model {
        id: row.dataset,
        kind: now.kind.code().to_owned(),
        agency: row.agency,
        title: row.title,
        description: row.description,
        theme: row.theme,
        licence: row.licence,
        access: row.access,
        source: row.source,
        synthetic: row.synthetic,
        created_at: now.created_at,
        search: String::new(),
    })?;
    let withdrawn_at = match before {
        _ if dataset.access != Access::Restricted => None,
        Some(before) if before.dataset.access == Access::Restricted => before.withdrawn_at,
        Some(_) => Some(since),
        None => None,
    };
    Ok(Told { dataset, since, withdrawn_at })
}

/// Notes what is told of datasets that are new, in the transaction that registers them.
pub(crate) async fn note_new(tx: &DatabaseTransaction, datasets: &[Dataset]) -> Result<(), Error> {
    for chunk in datasets.chunks(CHUNK) {
        let rows =
            chunk.iter().map(|dataset| row(dataset, dataset.created_at).into_active_model().reset_all());
        dataset_told::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Notes what is told of a dataset from now on, in the transaction that changes it. What is told already
/// is not noted again; an instant that a clock has stepped back to comes after the last one.
pub(crate) async fn note(
    tx: &DatabaseTransaction,
    dataset: &Dataset,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let last = dataset_told::Entity::find()
        .filter(dataset_told::Column::Dataset.eq(dataset.id.as_str()))
        .order_by_desc(dataset_told::Column::Since)
        .limit(1)
        .one(tx)
        .await?;
    let since = last.as_ref().map_or(at, |last| at.max(last.since + TimeDelta::microseconds(1)));
    let told = row(dataset, since);
    if last.is_some_and(|last| dataset_told::Model { since: told.since, ..last } == told) {
        return Ok(());
    }
    dataset_told::Entity::insert(told.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes what agencies are called from now on, in the transaction that changes them.
pub(crate) async fn note_agencies(tx: &DatabaseTransaction, at: DateTime<Utc>) -> Result<(), Error> {
    // Agencies are few, and are renamed seldom: the last row of each is found here.
    let mut told: HashMap<String, agency_told::Model> = HashMap::new();
    for row in agency_told::Entity::find().order_by_asc(agency_told::Column::Since).all(tx).await? {
        told.insert(row.agency.clone(), row);
    }
    let mut rows = Vec::new();
    for agency in agency::Entity::find().all(tx).await? {
        let last = told.get(&agency.id);
        let is_told = last.is_some_and(|last| last.name == agency.name && last.url == agency.url);
        if is_told {
            continue;
        }
        let since = last.map_or(at, |last| at.max(last.since + TimeDelta::microseconds(1)));
        let row = agency_told::Model {
            agency: agency.id,
            since: micros(since),
            name: agency.name,
            url: agency.url,
        };
        rows.push(row.into_active_model().reset_all());
    }
    if !rows.is_empty() {
        agency_told::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(dataset: &Dataset, since: DateTime<Utc>) -> dataset_told::Model {
    dataset_told::Model {
        dataset: dataset.id.to_string(),
        since: micros(since),
        agency: dataset.agency.to_string(),
        title: (&dataset.title).into(),
        description: (&dataset.description).into(),
        theme: dataset.theme.code().to_owned(),
        licence: dataset.licence.clone(),
        access: dataset.access.code().to_owned(),
        source: dataset.source.clone(),
        synthetic: dataset.synthetic,
    }
}
