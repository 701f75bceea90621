//! Versions of datasets: what each commit changed, and which one was current at a time.

use chrono::{DateTime, TimeDelta, Utc};
use model::{DatasetId, RunId, RunKind, UserId, Version, VersionInfo};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::entity::{dataset_version, run};
use crate::feed::Change;
use crate::observed::put_newest;
use crate::records::note_change;
use crate::row::{coded, count, int, micros, stored};
use crate::{Catalog, Error};

impl Catalog {
    /// Records a version. Recording it again changes nothing; a conflict when another run is
    /// recorded as its maker.
    ///
    /// A clock may step back; what was known at an instant must not change by that. A version is
    /// recorded as committed after those before it, whatever the clock says.
    pub async fn record_version(&self, version: &VersionInfo) -> Result<(), Error> {
        let mut write = self.write(&[]).await?;
        let key = (version.dataset.to_string(), int(version.version.0));
        if let Some(there) = dataset_version::Entity::find_by_id(key).one(&write.tx).await? {
            return if there.run == version.run.as_str() {
                Ok(())
            } else {
                Err(Error::conflict("version", format!("{} of {}", version.version, version.dataset)))
            };
        }
        let mut version = version.clone();
        let before = dataset_version::Entity::find()
            .filter(dataset_version::Column::Dataset.eq(version.dataset.as_str()))
            .filter(dataset_version::Column::Version.lt(int(version.version.0)))
            .order_by_desc(dataset_version::Column::Version)
            .limit(1)
            .one(&write.tx)
            .await?;
        if let Some(before) = before.filter(|before| version.committed_at <= before.committed_at) {
            tracing::warn!(dataset = %version.dataset, version = version.version.0, "the clock is behind the version before");
            version.committed_at = before.committed_at + TimeDelta::microseconds(1);
        }
        let version = &version;
        to_row(version).into_active_model().reset_all().insert(&write.tx).await.map_err(|error| {
            let what = format!("version `{}` of dataset `{}`", version.version, version.dataset);
            let missing = format!("dataset `{}` or run `{}`", version.dataset, version.run);
            Error::writing(error, what, missing)
        })?;
        put_newest(&write.tx, version).await?;
        note_change(&write.tx, &version.dataset, version.committed_at, None).await?;
        let maker = run::Entity::find_by_id(version.run.as_str()).one(&write.tx).await?;
        let maker = maker.ok_or_else(|| Error::not_found("run", &version.run))?;
        let kind = coded("kind of run", &maker.kind, RunKind::from_code(&maker.kind))?;
        write.tell(Change::of_version(kind, version));
        write.commit().await
    }

    /// The versions of a dataset, newest first.
    pub async fn versions(&self, dataset: &DatasetId) -> Result<Vec<VersionInfo>, Error> {
        newest_first(dataset).all(self.reader()).await?.into_iter().map(from_row).collect()
    }

    /// A page of the versions of a dataset, newest first, and how many there are in all.
    pub async fn versions_page(
        &self,
        dataset: &DatasetId,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<VersionInfo>, u64), Error> {
        let total = newest_first(dataset).count(self.reader()).await?;
        if limit == 0 || offset >= total {
            return Ok((Vec::new(), total));
        }
        let page = newest_first(dataset).offset(offset).limit(limit).all(self.reader()).await?;
        Ok((page.into_iter().map(from_row).collect::<Result<_, _>>()?, total))
    }

    /// One version of a dataset.
    pub async fn version(&self, dataset: &DatasetId, version: Version) -> Result<Option<VersionInfo>, Error> {
        let key = (dataset.to_string(), int(version.0));
        dataset_version::Entity::find_by_id(key).one(self.reader()).await?.map(from_row).transpose()
    }

    /// The version before another one; none before the first.
    pub async fn version_before(
        &self,
        dataset: &DatasetId,
        version: Version,
    ) -> Result<Option<VersionInfo>, Error> {
        let before = newest_first(dataset).filter(dataset_version::Column::Version.lt(int(version.0)));
        before.limit(1).one(self.reader()).await?.map(from_row).transpose()
    }

    /// The version that was current at an instant; none before the first.
    pub async fn version_at(
        &self,
        dataset: &DatasetId,
        at: DateTime<Utc>,
    ) -> Result<Option<VersionInfo>, Error> {
        let known = newest_first(dataset).filter(dataset_version::Column::CommittedAt.lte(micros(at)));
        known.limit(1).one(self.reader()).await?.map(from_row).transpose()
    }

    /// The newest version of a dataset; none before its first data.
    pub async fn latest_version(&self, dataset: &DatasetId) -> Result<Option<VersionInfo>, Error> {
        newest_first(dataset).limit(1).one(self.reader()).await?.map(from_row).transpose()
    }
}

fn newest_first(dataset: &DatasetId) -> Select<dataset_version::Entity> {
    dataset_version::Entity::find()
        .filter(dataset_version::Column::Dataset.eq(dataset.as_str()))
        .order_by_desc(dataset_version::Column::Version)
}

fn to_row(version: &VersionInfo) -> dataset_version::Model {
    dataset_version::Model {
        dataset: version.dataset.to_string(),
        version: int(version.version.0),
        run: version.run.to_string(),
        committed_at: micros(version.committed_at),
        committed_by: version.committed_by.as_ref().map(ToString::to_string),
        added: int(version.added),
        corrected: int(version.corrected),
        total: int(version.total),
        pinned: (&version.pinned).into(),
    }
}

pub(crate) fn from_row(row: dataset_version::Model) -> Result<VersionInfo, Error> {
    let committed_by = row.committed_by.map(|id| stored("user name", &id, UserId::new(&id)));
    Ok(VersionInfo {
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        version: Version(count("version", row.version)?),
        run: stored("run id", &row.run, RunId::new(&row.run))?,
        committed_at: row.committed_at,
        committed_by: committed_by.transpose()?,
        added: count("count of values", row.added)?,
        corrected: count("count of values", row.corrected)?,
        total: count("count of values", row.total)?,
        pinned: row.pinned.try_into()?,
    })
}
