//! Grants: permissions given to a user or to an agency for one dataset.

use chrono::Utc;
use model::{AgencyId, DatasetId, UserId};
use policy::{Grant, GrantLevel};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};
use wording::told;

use crate::access::GATE;
use crate::cache::{Subject, Topic};
use crate::catalog::Write;
use crate::entity::{account, agency, dataset, dataset_grant};
use crate::feed::{Change, ChangeKind};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

/// Rows of one INSERT, far below what either database binds.
const CHUNK: usize = 1_000;

impl Catalog {
    /// Adds a grant and returns its number. It is for exactly one user or one agency, and all three
    /// must exist: a grant to a misspelt name would help nobody and say nothing.
    pub async fn add_grant(&self, grant: &Grant) -> Result<i64, Error> {
        for_one(grant)?;
        let mut write = self.write(GATE).await?;
        write.touches(grant);
        write.tell(Change::of_grant(ChangeKind::Granted, grant, Utc::now()));
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
        let added = to_row(grant).insert(&write.tx).await?;
        write.commit().await?;
        Ok(added.id)
    }

    /// Adds grants, all or none; as [`Catalog::add_grant`], for many at once.
    pub async fn add_grants(&self, grants: &[Grant]) -> Result<(), Error> {
        grants.iter().try_for_each(for_one)?;
        let mut write = self.write(GATE).await?;
        for chunk in grants.chunks(CHUNK) {
            for grant in chunk {
                write.touches(grant);
                write.tell(Change::of_grant(ChangeKind::Granted, grant, Utc::now()));
            }
            let rows = chunk.iter().map(to_row);
            let insert = dataset_grant::Entity::insert_many(rows).exec_without_returning(&write.tx).await;
            insert.map_err(|error| {
                let missing = "one of the datasets, users or agencies of the grants".to_owned();
                Error::writing(error, told!("catalog-one-of-the-grants", "one of the grants"), missing)
            })?;
        }
        write.commit().await
    }

    /// Withdraws a grant.
    pub async fn remove_grant(&self, id: i64) -> Result<(), Error> {
        let mut write = self.write(GATE).await?;
        let row = dataset_grant::Entity::find_by_id(id).one(&write.tx).await?;
        let row = row.ok_or_else(|| Error::not_found("grant", id))?;
        // What is not understood can be withdrawn as well; then everything is read again.
        if let Ok(grant) = from_row(row) {
            write.touches(&grant);
            write.tell(Change::of_grant(ChangeKind::Revoked, &grant, Utc::now()));
        }
        dataset_grant::Entity::delete_by_id(id).exec(&write.tx).await?;
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

impl Write<'_> {
    /// Notes whose grants change, and on what.
    fn touches(&mut self, grant: &Grant) {
        self.about(Topic::Access, Subject::Dataset(grant.dataset.clone()));
        if let Some(user) = &grant.user {
            self.about(Topic::Access, Subject::User(user.clone()));
        }
        if let Some(agency) = &grant.agency {
            self.about(Topic::Access, Subject::Agency(agency.clone()));
        }
    }
}

fn for_one(grant: &Grant) -> Result<(), Error> {
    if grant.user.is_some() == grant.agency.is_some() {
        return Err(Error::invalid(
            told!("catalog-grant-one-user-one-agency", "a grant is for one user or for one agency"),
            told!(
                "catalog-name-user-agency-not-both-not-neither",
                "name the user or the agency, not both and not neither"
            ),
        ));
    }
    Ok(())
}

fn to_row(grant: &Grant) -> dataset_grant::ActiveModel {
    dataset_grant::ActiveModel {
        id: ActiveValue::NotSet,
        dataset: ActiveValue::Set(grant.dataset.to_string()),
        account: ActiveValue::Set(grant.user.as_ref().map(ToString::to_string)),
        agency: ActiveValue::Set(grant.agency.as_ref().map(ToString::to_string)),
        level: ActiveValue::Set(grant.level.code().to_owned()),
        rows: ActiveValue::Set((&grant.rows).into()),
        expires_at: ActiveValue::Set(grant.expires_at.map(micros)),
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
