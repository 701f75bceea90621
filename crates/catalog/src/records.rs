//! What harvesters ask of the catalogue: what changed since when, what was withdrawn, and what of it
//! somebody may know.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use model::{DatasetId, PropertyCode};
use policy::{Principal, Purpose};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::directory::Wanted;
use crate::entity::{dataset_record, datastream};
use crate::row::{micros, stored};
use crate::{Catalog, DatasetSearch, Error};

/// Ids that are looked up at a time.
const CHUNK: usize = 5_000;

/// When what is told of a dataset changed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// The dataset.
    pub dataset: DatasetId,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Since when it is restricted, if everyone knew of it before.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Which changes are wanted, oldest first.
#[derive(Debug, Clone, Default)]
pub struct ChangesWanted {
    /// Only at this instant or after it.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub before: Option<DateTime<Utc>>,
    /// Only after this change.
    pub after: Option<(DateTime<Utc>, DatasetId)>,
    /// At most so many.
    pub limit: u64,
}

impl Catalog {
    /// What changed, oldest first, without asking who wants to know.
    pub async fn record_changes(&self, wanted: &ChangesWanted) -> Result<Vec<RecordChange>, Error> {
        use dataset_record::Column::{ChangedAt, Dataset};
        let mut inside = Condition::all();
        if let Some(from) = wanted.from {
            inside = inside.add(ChangedAt.gte(micros(from)));
        }
        if let Some(before) = wanted.before {
            inside = inside.add(ChangedAt.lt(before));
        }
        if let Some((at, id)) = &wanted.after {
            let same = Condition::all().add(ChangedAt.eq(*at)).add(Dataset.gt(id.as_str()));
            inside = inside.add(Condition::any().add(ChangedAt.gt(*at)).add(same));
        }
        let rows = dataset_record::Entity::find()
            .filter(inside)
            .order_by_asc(ChangedAt)
            .order_by_asc(Dataset)
            .limit(wanted.limit)
            .all(self.reader())
            .await?;
        rows.into_iter().map(change).collect()
    }

    /// The datasets that everyone knew of and that are restricted now, without asking who wants to know.
    pub async fn withdrawn_records(&self) -> Result<Vec<RecordChange>, Error> {
        let gone = dataset_record::Entity::find().filter(dataset_record::Column::WithdrawnAt.is_not_null());
        gone.all(self.reader()).await?.into_iter().map(change).collect()
    }

    /// When what is told of these datasets changed last.
    pub async fn record_changes_of(
        &self,
        datasets: &[DatasetId],
    ) -> Result<HashMap<DatasetId, RecordChange>, Error> {
        let mut found = HashMap::with_capacity(datasets.len());
        for chunk in datasets.chunks(CHUNK) {
            let of = dataset_record::Column::Dataset.is_in(chunk.iter().map(DatasetId::as_str));
            for row in dataset_record::Entity::find().filter(of).all(self.reader()).await? {
                let change = change(row)?;
                found.insert(change.dataset.clone(), change);
            }
        }
        Ok(found)
    }

    /// Which of these datasets the principal may know of. Nothing is written to the audit chain.
    pub async fn knowable(
        &self,
        principal: &Principal,
        datasets: &[DatasetId],
        now: DateTime<Utc>,
    ) -> Result<HashSet<DatasetId>, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let known = datasets.iter().filter_map(|id| directory.get(id));
        Ok(known.filter(|entry| reach.allows(entry)).map(|entry| entry.id.clone()).collect())
    }

    /// The ids of all datasets that the principal may know of and that match, in order. Neither limit
    /// nor offset of the search counts.
    pub async fn matching_datasets(
        &self,
        principal: &Principal,
        search: &DatasetSearch,
        now: DateTime<Utc>,
    ) -> Result<Vec<DatasetId>, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let wanted = Wanted::new(search);
        let known = directory.entries.iter().filter(|entry| wanted.matches(entry) && reach.allows(entry));
        Ok(known.map(|entry| entry.id.clone()).collect())
    }

    /// The properties that are observed in these datasets, without asking who wants to know.
    pub async fn observed_properties(&self, datasets: &[DatasetId]) -> Result<BTreeSet<PropertyCode>, Error> {
        let mut codes = BTreeSet::new();
        for chunk in datasets.chunks(CHUNK) {
            let found: Vec<String> = datastream::Entity::find()
                .select_only()
                .column(datastream::Column::Property)
                .distinct()
                .filter(datastream::Column::Dataset.is_in(chunk.iter().map(DatasetId::as_str)))
                .into_tuple()
                .all(self.reader())
                .await?;
            for code in found {
                codes.insert(stored("property code", &code, PropertyCode::new(&code))?);
            }
        }
        Ok(codes)
    }
}

/// Notes, in the transaction that changes it, that what is told of a dataset changed. `withdrawn` says
/// whether it is gone now from those who knew of it; `None` leaves that as it is.
pub(crate) async fn note_change(
    tx: &DatabaseTransaction,
    dataset: &DatasetId,
    at: DateTime<Utc>,
    withdrawn: Option<bool>,
) -> Result<(), Error> {
    use dataset_record::Column::{ChangedAt, Dataset, WithdrawnAt};
    let row = dataset_record::Model {
        dataset: dataset.to_string(),
        changed_at: micros(at),
        withdrawn_at: (withdrawn == Some(true)).then(|| micros(at)),
    };
    let mut replace = OnConflict::column(Dataset);
    replace.update_column(ChangedAt);
    if withdrawn.is_some() {
        replace.update_column(WithdrawnAt);
    }
    dataset_record::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Notes that datasets are new, in the transaction that registers them.
pub(crate) async fn note_new(tx: &DatabaseTransaction, datasets: &[model::Dataset]) -> Result<(), Error> {
    if datasets.is_empty() {
        return Ok(());
    }
    let rows = datasets.iter().map(|dataset| {
        let row = dataset_record::Model {
            dataset: dataset.id.to_string(),
            changed_at: micros(dataset.created_at),
            withdrawn_at: None,
        };
        row.into_active_model().reset_all()
    });
    dataset_record::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

fn change(row: dataset_record::Model) -> Result<RecordChange, Error> {
    Ok(RecordChange {
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        changed_at: row.changed_at,
        withdrawn_at: row.withdrawn_at,
    })
}
