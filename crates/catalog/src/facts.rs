//! Reference facts in the catalogue: taken over from [`Reference`], read back as a [`Gazetteer`].

mod descriptions;
mod limits;
mod places;
mod register;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelBehavior, DatabaseTransaction, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyToColumn,
};

use self::descriptions::Description;
pub use self::descriptions::Descriptions;
pub use self::register::is_official;
pub use self::together::Together;
use crate::access::GATE;
use crate::cache::Topic;
use crate::entity::{agency, setting};
use crate::reference::Reference;
use crate::{Catalog, Error, Gazetteer, datasets, told};

/// The setting that holds the fingerprint of the reference that was applied last.
const FINGERPRINT: &str = "reference.fingerprint";
/// Values of one INSERT: SQLite binds 32 766, PostgreSQL 65 535.
const VALUES: usize = 20_000;

/// What applying a reference changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReferenceChanges {
    /// Rows that are new.
    pub added: u64,
    /// Rows that say something else than before.
    pub changed: u64,
    /// Rows that are gone. Agencies, places and properties never go, because data point to them.
    pub removed: u64,
}

/// A fact that has a table.
pub(crate) trait Fact: Sized {
    /// Its table.
    type Entity: EntityTrait;

    /// The fact as a row.
    fn to_row(&self) -> <Self::Entity as EntityTrait>::Model;

    /// A row as the fact.
    fn from_row(row: <Self::Entity as EntityTrait>::Model) -> Result<Self, Error>;

    /// What makes a row one: the values of its primary key.
    fn key(row: &<Self::Entity as EntityTrait>::Model) -> String;
}

impl Catalog {
    /// Takes over a reference in one transaction. Taking over the same again changes nothing.
    pub async fn apply_reference(&self, reference: &Reference) -> Result<ReferenceChanges, Error> {
        let applied = setting::Entity::find_by_id(FINGERPRINT).one(self.reader()).await?;
        if applied.is_some_and(|setting| setting.value == reference.fingerprint()) {
            return Ok(ReferenceChanges::default());
        }
        let mut topics = vec![Topic::Reference];
        topics.extend_from_slice(GATE);
        let write = self.write(&topics).await?;
        let tx = &write.tx;
        let mut changes = ReferenceChanges::default();
        let agencies = reference.agencies.iter().map(datasets::agency_to_row).collect();
        merge::<agency::Entity>(tx, agencies, |row| row.id.clone(), false, &mut changes).await?;
        told::note_agencies(tx, Utc::now()).await?;
        take::<model::Property>(tx, &reference.properties, false, &mut changes).await?;
        take::<model::Place>(tx, &reference.places, false, &mut changes).await?;
        take(tx, &reference.sectors, true, &mut changes).await?;
        take(tx, &reference.parents, true, &mut changes).await?;
        take(tx, &reference.crosswalk, true, &mut changes).await?;
        take(tx, &reference.fragments, true, &mut changes).await?;
        take(tx, &reference.populations, true, &mut changes).await?;
        take(tx, &reference.stations, true, &mut changes).await?;
        take(tx, &reference.plausible_ranges, true, &mut changes).await?;
        take(tx, &reference.thresholds, true, &mut changes).await?;
        take(tx, &reference.qc_defaults, true, &mut changes).await?;
        take(tx, &reference.river_stations, true, &mut changes).await?;
        let fingerprint =
            setting::Model { name: FINGERPRINT.to_owned(), value: reference.fingerprint().to_owned() };
        let mut uncounted = ReferenceChanges::default();
        merge::<setting::Entity>(tx, vec![fingerprint], |row| row.name.clone(), false, &mut uncounted)
            .await?;
        write.commit().await?;
        Ok(changes)
    }

    pub(crate) async fn read_gazetteer(&self) -> Result<Gazetteer, Error> {
        let parts = crate::gazetteer::Parts {
            sectors: self.facts().await?,
            places: self.facts().await?,
            parents: self.facts().await?,
            crosswalk: self.facts().await?,
            fragments: self.facts().await?,
            populations: self.facts().await?,
            stations: self.facts().await?,
            properties: self.facts().await?,
            plausible_ranges: self.facts().await?,
            thresholds: self.facts().await?,
            qc_defaults: self.facts().await?,
            river_stations: self.facts().await?,
            descriptions: self.descriptions().await?,
        };
        Ok(Gazetteer::new(parts))
    }

    async fn descriptions(&self) -> Result<Descriptions, Error> {
        let all: Vec<Description> = self.facts().await?;
        Ok(all.into_iter().map(|description| (description.subject, description.words)).collect())
    }

    /// All facts of a kind by key. Sorted here, because the databases do not sort texts alike.
    async fn facts<F: Fact>(&self) -> Result<Vec<F>, Error>
    where
        <F::Entity as EntityTrait>::Model: Sync,
    {
        let rows = F::Entity::find().all(self.reader()).await?;
        let sorted: BTreeMap<String, _> = rows.into_iter().map(|row| (F::key(&row), row)).collect();
        sorted.into_values().map(F::from_row).collect()
    }
}

async fn take<F: Fact>(
    tx: &DatabaseTransaction,
    facts: &[F],
    prune: bool,
    changes: &mut ReferenceChanges,
) -> Result<(), Error>
where
    <F::Entity as EntityTrait>::Model:
        IntoActiveModel<<F::Entity as EntityTrait>::ActiveModel> + PartialEq + Sync,
    <F::Entity as EntityTrait>::ActiveModel: ActiveModelBehavior + Send,
{
    let rows = facts.iter().map(F::to_row).collect();
    merge::<F::Entity>(tx, rows, F::key, prune, changes).await
}

/// Makes a table hold these rows: what is new is inserted, what differs is written over, and what
/// is not among them is removed when `prune`.
async fn merge<E: EntityTrait>(
    tx: &DatabaseTransaction,
    rows: Vec<E::Model>,
    key: fn(&E::Model) -> String,
    prune: bool,
    changes: &mut ReferenceChanges,
) -> Result<(), Error>
where
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Sync,
    E::ActiveModel: ActiveModelBehavior + Send,
{
    let there: BTreeMap<String, E::Model> =
        E::find().all(tx).await?.into_iter().map(|row| (key(&row), row)).collect();
    let mut kept = BTreeSet::new();
    let mut written = Vec::new();
    for row in rows {
        let key = key(&row);
        match there.get(&key) {
            None => changes.added += 1,
            Some(before) if *before != row => changes.changed += 1,
            Some(_) => {
                kept.insert(key);
                continue;
            }
        }
        kept.insert(key);
        written.push(row);
    }
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    let values: Vec<E::Column> = E::Column::iter().filter(|column| !is_key(column)).collect();
    for chunk in written.chunks(VALUES / (keys.len() + values.len())) {
        let over =
            OnConflict::columns(keys.iter().copied()).update_columns(values.iter().copied()).to_owned();
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        E::insert_many(rows).on_conflict(over).exec_without_returning(tx).await?;
    }
    if prune {
        for (_, row) in there.into_iter().filter(|(key, _)| !kept.contains(key)) {
            changes.removed += 1;
            row.delete(tx).await?;
        }
    }
    Ok(())
}

/// Joins the parts of a key by a character that no part holds.
pub(crate) fn joined(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}
