//! Datastreams: registered once, then read from memory.

use std::collections::HashSet;
use std::sync::Arc;

use model::{DatasetId, Datastream, DatastreamId, DatastreamKey, PlaceId, PropertyCode, Statistic};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::cache::{Subject, Topic};
use crate::catalog::Write;
use crate::entity::datastream;
use crate::row::{coded, stored};
use crate::{Catalog, Error};

/// Rows of one INSERT: nine values each, far below what either database binds.
const CHUNK: usize = 1_000;

impl Catalog {
    /// Makes sure that these datastreams exist and returns them in the order of the keys.
    ///
    /// Not found when a dataset, place or property is unknown. A conflict when another key has the
    /// same number, which the length of the hash makes a matter of millions of years.
    pub async fn register_datastreams(&self, keys: &[DatastreamKey]) -> Result<Vec<Datastream>, Error> {
        let wanted: Vec<Datastream> =
            keys.iter().map(|key| Datastream { id: key.id(), key: key.clone() }).collect();
        if self.missing(&wanted, self.reader()).await?.is_empty() {
            return Ok(wanted);
        }
        let mut write = self.write(&[Topic::Datastreams]).await?;
        self.insert_datastreams(&mut write, keys).await?;
        write.commit().await?;
        Ok(wanted)
    }

    /// Inserts those of the datastreams that are not there, as part of a write.
    pub(crate) async fn insert_datastreams(
        &self,
        write: &mut Write<'_>,
        keys: &[DatastreamKey],
    ) -> Result<(), Error> {
        let wanted: Vec<Datastream> =
            keys.iter().map(|key| Datastream { id: key.id(), key: key.clone() }).collect();
        // Looked up again inside the transaction: another load may have registered them meanwhile.
        let mut missing = self.missing(&wanted, &write.tx).await?;
        missing.sort_unstable_by_key(|datastream| datastream.id);
        missing.dedup();
        if let Some(pair) = missing.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Error::conflict("another datastream of number", pair[0].id));
        }
        for datastream in &missing {
            write.about(Topic::Datastreams, Subject::Dataset(datastream.key.dataset.clone()));
        }
        for chunk in missing.chunks(CHUNK) {
            let rows = chunk.iter().map(|datastream| to_row(datastream).into_active_model());
            // Another node may register the same at this moment: its rows are waited for and kept.
            let insert =
                datastream::Entity::insert_many(rows).on_conflict_do_nothing_on([datastream::Column::Id]);
            insert.exec_without_returning(&write.tx).await.map_err(|error| {
                let what = "a datastream of the same number".to_owned();
                Error::writing(error, what, missing_parts(chunk))
            })?;
        }
        self.missing(&missing, &write.tx).await?;
        Ok(())
    }

    /// The datasets with a series of one of these properties or places, without asking who wants to know.
    pub async fn datasets_with_series(
        &self,
        properties: &HashSet<PropertyCode>,
        places: &HashSet<PlaceId>,
    ) -> Result<HashSet<DatasetId>, Error> {
        use datastream::Column::{Dataset, Place, Property};
        let properties: Vec<&str> = properties.iter().map(PropertyCode::as_str).collect();
        let places: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
        let parts = properties.chunks(CHUNK).map(|part| Property.is_in(part.iter().copied()));
        let parts = parts.chain(places.chunks(CHUNK).map(|part| Place.is_in(part.iter().copied())));
        let mut found = HashSet::new();
        for part in parts {
            let rows = datastream::Entity::find().select_only().column(Dataset).distinct().filter(part);
            for id in rows.into_tuple::<String>().all(self.reader()).await? {
                found.insert(stored("dataset id", &id, DatasetId::new(&id))?);
            }
        }
        Ok(found)
    }

    /// The datastreams of a dataset by number, from memory.
    pub async fn datastreams(&self, dataset: &DatasetId) -> Result<Arc<Vec<Datastream>>, Error> {
        self.refresh().await?;
        if let Some(held) = self.inner.datastreams.get(dataset) {
            return Ok(held);
        }
        let ticket = self.inner.datastreams.ticket();
        let rows = datastream::Entity::find()
            .filter(datastream::Column::Dataset.eq(dataset.as_str()))
            .order_by_asc(datastream::Column::Id)
            .all(self.reader())
            .await?;
        let read = Arc::new(rows.into_iter().map(from_row).collect::<Result<Vec<_>, _>>()?);
        self.inner.datastreams.put(ticket, dataset.clone(), Arc::clone(&read), read.len().max(1));
        Ok(read)
    }

    /// One datastream.
    pub async fn datastream(&self, id: DatastreamId) -> Result<Option<Datastream>, Error> {
        self.refresh().await?;
        if let Some(held) = self.inner.datastream.get(&id) {
            return Ok(Some(held));
        }
        let ticket = self.inner.datastream.ticket();
        let row = datastream::Entity::find_by_id(id.0).one(self.reader()).await?;
        let Some(read) = row.map(from_row).transpose()? else { return Ok(None) };
        self.inner.datastream.put(ticket, id, read.clone(), 1);
        Ok(Some(read))
    }

    /// Those of the datastreams that are not in the table; an error when a number is taken.
    async fn missing(
        &self,
        wanted: &[Datastream],
        db: &impl sea_orm::ConnectionTrait,
    ) -> Result<Vec<Datastream>, Error> {
        let mut missing = Vec::new();
        for chunk in wanted.chunks(CHUNK) {
            let ids = chunk.iter().map(|datastream| datastream.id.0);
            let rows = datastream::Entity::find().filter(datastream::Column::Id.is_in(ids)).all(db).await?;
            let there = rows
                .into_iter()
                .map(|row| from_row(row).map(|there| (there.id, there.key)))
                .collect::<Result<std::collections::HashMap<_, _>, _>>()?;
            for datastream in chunk {
                match there.get(&datastream.id) {
                    None => missing.push(datastream.clone()),
                    Some(key) if *key == datastream.key => {}
                    Some(_) => return Err(Error::conflict("another datastream of number", datastream.id)),
                }
            }
        }
        Ok(missing)
    }
}

fn missing_parts(chunk: &[Datastream]) -> String {
    let parts = |part: fn(&DatastreamKey) -> String| {
        let mut parts: Vec<String> = chunk.iter().map(|datastream| part(&datastream.key)).collect();
        parts.sort_unstable();
        parts.dedup();
        parts.truncate(5);
        parts.join("`, `")
    };
    format!(
        "one of dataset `{}`, places `{}` …, properties `{}` …",
        parts(|key| key.dataset.to_string()),
        parts(|key| key.place.to_string()),
        parts(|key| key.property.to_string())
    )
}

fn to_row(datastream: &Datastream) -> datastream::Model {
    let key = &datastream.key;
    datastream::Model {
        id: datastream.id.0,
        dataset: key.dataset.to_string(),
        place: key.place.to_string(),
        property: key.property.to_string(),
        procedure: key.procedure.clone(),
        statistic: key.statistic.code().to_owned(),
        period: key.period.clone(),
        unit: key.unit.clone(),
        datum: key.datum.clone(),
    }
}

pub(crate) fn from_row(row: datastream::Model) -> Result<Datastream, Error> {
    let key = DatastreamKey {
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        place: stored("place id", &row.place, PlaceId::new(&row.place))?,
        property: stored("property code", &row.property, PropertyCode::new(&row.property))?,
        procedure: row.procedure,
        statistic: coded("statistic", &row.statistic, Statistic::from_code(&row.statistic))?,
        period: row.period,
        unit: row.unit,
        datum: row.datum,
    };
    Ok(Datastream { id: DatastreamId(row.id), key })
}
