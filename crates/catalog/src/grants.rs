//! Grants: permissions given to a user or to an agency for one dataset.

use model::{AgencyId, DatasetId, UserId};
use policy::{Grant, GrantLevel};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::access::GATE;
use crate::entity::{account, agency, dataset, dataset_grant};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

impl Catalog {
    /// Adds a grant and returns its number. It is for exactly one user or one agency, and all three
    /// must exist: a grant to a misspelt name would help nobody and say nothing.
    pub async fn add_grant(&self, grant: &Grant) -> Result<i64, Error> {
        if grant.user.is_some() == grant.agency.is_some() {
            return Err(Error::invalid(
                "a grant is for one user or for one agency",
                "name the user or the agency, not both and not neither",
            ));
        }
        let write = self.write(GATE).await?;
        if dataset::Entity::find_by_id(grant.dataset.as_str()).one(&write.tx).await?.is_none() {
            return Err(Error::not_found("dataset", &grant.dataset));
        }
        if let Some(user) = &grant.user
            && account::Entity::find_by_id(user.as_str()).one(&write.tx).await?.is_none()
        {
            return Err(Error::not_found("user", user));
        }
        if let Some(agency) = &grant.agency
            && agency::Entity::find_by_id(agency.as_str()).one(&write.tx).await?.is_none()
        {
            return Err(Error::not_found("agency", agency));
        }
        let row = dataset_grant::ActiveModel {
            id: ActiveValue::NotSet,
            dataset: ActiveValue::Set(grant.dataset.to_string()),
            account: ActiveValue::Set(grant.user.as_ref().map(ToString::to_string)),
            agency: ActiveValue::Set(grant.agency.as_ref().map(ToString::to_string)),
            level: ActiveValue::Set(grant.level.code().to_owned()),
            rows: ActiveValue::Set((&grant.rows).into()),
            expires_at: ActiveValue::Set(grant.expires_at.map(micros)),
        };
        let added = row.insert(&write.tx).await?;
        write.commit().await?;
        Ok(added.id)
    }

    /// Withdraws a grant.
    pub async fn remove_grant(&self, id: i64) -> Result<(), Error> {
        let write = self.write(GATE).await?;
        let removed = dataset_grant::Entity::delete_by_id(id).exec(&write.tx).await?;
        if removed.rows_affected == 0 {
            return Err(Error::not_found("grant", id));
        }
        write.commit().await
    }

    /// The grants on a dataset, or all of them, with their numbers.
    pub async fn grants(&self, dataset: Option<&DatasetId>) -> Result<Vec<(i64, Grant)>, Error> {
        let rows = dataset_grant::Entity::find()
            .apply_if(dataset, |query, dataset| {
                query.filter(dataset_grant::Column::Dataset.eq(dataset.as_str()))
            })
            .order_by_asc(dataset_grant::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(|row| Ok((row.id, from_row(row)?))).collect()
    }
}

/// A grant whose rows are not understood is an error, never a wider grant.
pub(crate) fn from_row(row: dataset_grant::Model) -> Result<Grant, Error> {
    let user = row.account.map(|id| stored("user name", &id, UserId::new(&id)));
    let agency = row.agency.map(|id| stored("agency id", &id, AgencyId::new(&id)));
    Ok(Grant {
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        user: user.transpose()?,
        agency: agency.transpose()?,
        level: coded("level of a grant", &row.level, GrantLevel::from_code(&row.level))?,
        rows: row.rows.try_into()?,
        expires_at: row.expires_at,
    })
}
