//! Which datasets hold observations of some places, properties and times: asked of the database's
//! indexes, so that the answer costs what it names and not what there is.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use model::{DatasetId, Datastream, Version, VersionInfo};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use crate::entity::{dataset_newest, dataset_version, datastream};
use crate::row::{int, micros, stored};
use crate::{Catalog, Error, datastreams, versions};

/// Values that are looked up at a time, well below what either database binds.
const CHUNK: usize = 5_000;

/// What observations are looked for. Every condition that is present must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Only of one of these datasets.
    pub datasets: Option<Vec<String>>,
    /// Only at one of these places.
    pub places: Option<Vec<String>>,
    /// Only of one of these properties.
    pub properties: Option<Vec<String>>,
    /// Only with one of these statistics.
    pub statistics: Option<Vec<String>>,
    /// Only at this instant or after it.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub to: Option<DateTime<Utc>>,
}

impl Observed {
    fn is_of_streams(&self) -> bool {
        [&self.datasets, &self.places, &self.properties, &self.statistics].into_iter().any(Option::is_some)
    }

    /// Nothing can be meant.
    fn is_empty(&self) -> bool {
        [&self.datasets, &self.places, &self.properties, &self.statistics]
            .into_iter()
            .any(|values| values.as_ref().is_some_and(Vec::is_empty))
    }

    /// The conditions on datastreams. A list that is too long to be bound is left out: what is found
    /// may be more than what is meant, never less.
    fn on_streams(&self) -> Condition {
        let mut all = Condition::all();
        for (column, values) in [
            (datastream::Column::Dataset, &self.datasets),
            (datastream::Column::Place, &self.places),
            (datastream::Column::Property, &self.properties),
            (datastream::Column::Statistic, &self.statistics),
        ] {
            match values.as_deref() {
                Some([one]) => all = all.add(column.eq(one.as_str())),
                Some(values) if values.len() <= CHUNK => {
                    all = all.add(column.is_in(values.iter().map(String::as_str)));
                }
                _ => {}
            }
        }
        all
    }

    /// The newest version may hold results in the range of time.
    fn on_times(&self) -> Option<Condition> {
        use dataset_newest::Column::{FirstTime, LastTime};
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        let mut inside = Condition::all();
        if let Some(from) = self.from {
            inside = inside.add(Expr::col((dataset_newest::Entity, LastTime)).gte(from.timestamp_micros()));
        }
        if let Some(to) = self.to {
            inside = inside.add(Expr::col((dataset_newest::Entity, FirstTime)).lt(to.timestamp_micros()));
        }
        let unknown = Expr::col((dataset_newest::Entity, LastTime)).is_null();
        Some(Condition::any().add(unknown).add(inside))
    }
}

impl Catalog {
    /// The datasets that may hold such observations in their newest version, by id, without asking
    /// who wants to know: take a permit for each before anything is said of it.
    ///
    /// Places, properties and statistics are compared with what is registered; times with the extent
    /// of the newest version, where a reader has noted it ([`Catalog::note_extent`]).
    pub async fn datasets_observing(&self, wanted: &Observed) -> Result<Vec<DatasetId>, Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let times = wanted.on_times();
        let ids: Vec<String> = if wanted.is_of_streams() || times.is_none() {
            let mut streams = datastream::Entity::find()
                .select_only()
                .column(datastream::Column::Dataset)
                .distinct()
                .filter(wanted.on_streams());
            if let Some(inside) = times {
                let outside = Query::select()
                    .expr(Expr::val(1))
                    .from(dataset_newest::Entity)
                    .and_where(
                        Expr::col((dataset_newest::Entity, dataset_newest::Column::Dataset))
                            .equals((datastream::Entity, datastream::Column::Dataset)),
                    )
                    .cond_where(inside.not())
                    .to_owned();
                streams = streams.filter(Expr::exists(outside).not());
            }
            streams.into_tuple().all(self.reader()).await?
        } else {
            // Every version that was acknowledged is among the newest, and none without data is.
            let newest = dataset_newest::Entity::find()
                .select_only()
                .column(dataset_newest::Column::Dataset)
                .apply_if(times, |select, inside| select.filter(inside));
            newest.into_tuple().all(self.reader()).await?
        };
        let parsed = ids.iter().map(|id| stored("dataset id", id, DatasetId::new(id)));
        let mut datasets = parsed.collect::<Result<Vec<_>, _>>()?;
        datasets.sort_unstable();
        Ok(datasets)
    }

    /// The datastreams that match, by number, without asking who wants to know. Times do not matter.
    pub async fn datastreams_where(&self, wanted: &Observed) -> Result<Vec<Datastream>, Error> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let rows = datastream::Entity::find()
            .filter(wanted.on_streams())
            .order_by_asc(datastream::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(datastreams::from_row).collect()
    }

    /// Notes between which phenomenon times (both included) the results of a version lie. Nothing
    /// happens when a later version is the newest by now.
    pub async fn note_extent(
        &self,
        dataset: &DatasetId,
        version: Version,
        times: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), Error> {
        use dataset_newest::Column::{Dataset, FirstTime, LastTime, Version as Number};
        let write = self.write(&[]).await?;
        dataset_newest::Entity::update_many()
            .col_expr(FirstTime, Expr::val(times.0.timestamp_micros()))
            .col_expr(LastTime, Expr::val(times.1.timestamp_micros()))
            .filter(Dataset.eq(dataset.as_str()))
            .filter(Number.lte(int(version.0)))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Which of these datasets have no extent noted for their newest version.
    pub async fn without_extent(&self, datasets: &[DatasetId]) -> Result<HashSet<DatasetId>, Error> {
        let mut unknown = HashSet::new();
        for chunk in datasets.chunks(CHUNK) {
            let ids: Vec<String> = dataset_newest::Entity::find()
                .select_only()
                .column(dataset_newest::Column::Dataset)
                .filter(dataset_newest::Column::Dataset.is_in(chunk.iter().map(DatasetId::as_str)))
                .filter(dataset_newest::Column::LastTime.is_null())
                .into_tuple()
                .all(self.reader())
                .await?;
            for id in ids {
                unknown.insert(stored("dataset id", &id, DatasetId::new(&id))?);
            }
        }
        Ok(unknown)
    }

    /// The newest versions of these datasets, or those that were the newest at an instant.
    pub async fn versions_of(
        &self,
        datasets: &[DatasetId],
        at: Option<DateTime<Utc>>,
    ) -> Result<HashMap<DatasetId, VersionInfo>, Error> {
        use dataset_version::Column::{CommittedAt, Dataset, Version as Number};
        let number = Alias::new("number");
        let of = Alias::new("of");
        let mut found = HashMap::with_capacity(datasets.len());
        for chunk in datasets.chunks(CHUNK) {
            let ids = || chunk.iter().map(DatasetId::as_str);
            let newest = dataset_version::Entity::find()
                .select_only()
                .column_as(Dataset, "of")
                .column_as(Number.max(), "number")
                .filter(Dataset.is_in(ids()))
                .apply_if(at, |select, at| select.filter(CommittedAt.lte(micros(at))))
                .group_by(Dataset)
                .into_query();
            let newest_table = Alias::new("newest");
            let mut select = dataset_version::Entity::find();
            QuerySelect::query(&mut select).join_subquery(
                sea_orm::sea_query::JoinType::InnerJoin,
                newest,
                newest_table.clone(),
                Condition::all()
                    .add(
                        Expr::col((newest_table.clone(), of.clone()))
                            .equals((dataset_version::Entity, Dataset)),
                    )
                    .add(
                        Expr::col((newest_table.clone(), number.clone()))
                            .equals((dataset_version::Entity, Number)),
                    ),
            );
            for row in select.all(self.reader()).await? {
                let version = versions::from_row(row)?;
                found.insert(version.dataset.clone(), version);
            }
        }
        Ok(found)
    }

    /// The datasets that got a version last, newest first, without asking who wants to know.
    pub async fn last_changed(&self, limit: u64, offset: u64) -> Result<Vec<DatasetId>, Error> {
        let ids: Vec<String> = dataset_newest::Entity::find()
            .select_only()
            .column(dataset_newest::Column::Dataset)
            .order_by_desc(dataset_newest::Column::CommittedAt)
            .order_by_asc(dataset_newest::Column::Dataset)
            .limit(limit)
            .offset(offset)
            .into_tuple()
            .all(self.reader())
            .await?;
        ids.iter().map(|id| stored("dataset id", id, DatasetId::new(id))).collect()
    }
}

/// Puts a version in front of those before it, in the transaction that records it. Its extent is
/// not known yet, so that nothing is left out because of the extent of an older one.
pub(crate) async fn put_newest(
    tx: &sea_orm::DatabaseTransaction,
    version: &VersionInfo,
) -> Result<(), Error> {
    use dataset_newest::Column::{CommittedAt, Dataset, FirstTime, LastTime, Total, Version as Number};
    let row = dataset_newest::Model {
        dataset: version.dataset.to_string(),
        version: int(version.version.0),
        total: int(version.total),
        committed_at: micros(version.committed_at),
        first_time: None,
        last_time: None,
    };
    let newer = Expr::col((dataset_newest::Entity, Number)).lt(int(version.version.0));
    let replace = OnConflict::column(Dataset)
        .update_columns([Number, Total, CommittedAt, FirstTime, LastTime])
        .action_and_where(newer)
        .to_owned();
    dataset_newest::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
