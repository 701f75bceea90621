//! Names of places as one agency writes them, with the place that a person said it means: an
//! ambiguous name is asked about once, and the answer is remembered for that agency.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use model::{AgencyId, PlaceId, PlaceKind, UserId, name_key, nfc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use wording::told;

use crate::cache::{Subject, Topic};
use crate::entity::{agency, place, place_alias};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

/// The longest name, in bytes.
const MAX_NAME: usize = 200;

/// What an agency means by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceAlias {
    /// The agency.
    pub agency: AgencyId,
    /// The name as it was written.
    pub written: String,
    /// The kind of place that it stands for; any when absent.
    pub kind: Option<PlaceKind>,
    /// The place.
    pub place: PlaceId,
    /// Who said so; absent for the system.
    pub user: Option<UserId>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

impl PlaceAlias {
    /// The name as names are compared. Marks stay: without them names of the delta collide.
    pub fn key(&self) -> String {
        name_key(&self.written)
    }
}

impl Catalog {
    /// Remembers what an agency means by a name, in place of what was said before.
    pub async fn put_place_alias(&self, alias: &PlaceAlias) -> Result<(), Error> {
        let key = alias.key();
        if key.is_empty() || key.len() > MAX_NAME {
            return Err(Error::invalid(
                told!("catalog-name-place-empty-too-long", "the name of a place is empty or too long"),
                told!(
                    "catalog-write-name-files-do-most-bytes",
                    "write the name as the files do, at most {max_name} bytes",
                    max_name = MAX_NAME
                ),
            ));
        }
        let mut write = self.write(&[Topic::Reference]).await?;
        write.about(Topic::Reference, Subject::Agency(alias.agency.clone()));
        if agency::Entity::find_by_id(alias.agency.as_str()).one(&write.tx).await?.is_none() {
            return Err(Error::not_found("agency", &alias.agency));
        }
        if place::Entity::find_by_id(alias.place.as_str()).one(&write.tx).await?.is_none() {
            return Err(Error::not_found("place", &alias.place));
        }
        let row = place_alias::Model {
            agency: alias.agency.to_string(),
            name: key,
            kind: alias.kind.map_or("", PlaceKind::code).to_owned(),
            written: nfc(alias.written.trim()),
            place: alias.place.to_string(),
            account: alias.user.as_ref().map(ToString::to_string),
            created_at: micros(alias.created_at),
        };
        use place_alias::Column;
        let again = OnConflict::columns([Column::Agency, Column::Name, Column::Kind])
            .update_columns([Column::Written, Column::Place, Column::Account, Column::CreatedAt])
            .to_owned();
        place_alias::Entity::insert(row.into_active_model())
            .on_conflict(again)
            .exec_without_returning(&write.tx)
            .await?;
        write.commit().await
    }

    /// Forgets what an agency means by a name.
    pub async fn remove_place_alias(
        &self,
        agency: &AgencyId,
        written: &str,
        kind: Option<PlaceKind>,
    ) -> Result<(), Error> {
        let mut write = self.write(&[Topic::Reference]).await?;
        write.about(Topic::Reference, Subject::Agency(agency.clone()));
        let kind = kind.map_or("", PlaceKind::code).to_owned();
        let key = (agency.to_string(), name_key(written), kind);
        let done = place_alias::Entity::delete_by_id(key).exec(&write.tx).await?;
        if done.rows_affected == 0 {
            return Err(Error::not_found("place alias", written));
        }
        write.commit().await
    }

    /// What an agency means by its names, by name; from memory.
    pub async fn place_aliases(&self, agency: &AgencyId) -> Result<Arc<Vec<PlaceAlias>>, Error> {
        self.refresh().await?;
        if let Some(held) = self.inner.place_aliases.get(agency) {
            return Ok(held);
        }
        let ticket = self.inner.place_aliases.ticket();
        let rows = place_alias::Entity::find()
            .filter(place_alias::Column::Agency.eq(agency.as_str()))
            .order_by_asc(place_alias::Column::Name)
            .order_by_asc(place_alias::Column::Kind)
            .all(self.reader())
            .await?;
        let read: Vec<PlaceAlias> = rows.into_iter().map(from_row).collect::<Result<_, Error>>()?;
        let read = Arc::new(read);
        self.inner.place_aliases.put(ticket, agency.clone(), Arc::clone(&read), read.len() + 1);
        Ok(read)
    }
}

fn from_row(row: place_alias::Model) -> Result<PlaceAlias, Error> {
    let kind = match row.kind.as_str() {
        "" => None,
        code => Some(coded("kind of place", code, PlaceKind::from_code(code))?),
    };
    let user = row.account.map(|id| stored("user name", &id, UserId::new(&id)));
    Ok(PlaceAlias {
        agency: stored("agency id", &row.agency, AgencyId::new(&row.agency))?,
        written: row.written,
        kind,
        place: stored("place id", &row.place, PlaceId::new(&row.place))?,
        user: user.transpose()?,
        created_at: row.created_at,
    })
}
