//! Agencies and the datasets that they publish; finding datasets by words.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use model::{Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, Theme, fold};
use policy::{Principal, Purpose};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use wording::told;

use crate::access::GATE;
use crate::cache::{Subject, Topic};
use crate::directory::Wanted;
use crate::entity::{agency, dataset};
use crate::feed::{Change, ChangeKind};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error, records, told};

/// Rows of one INSERT or ids of one look-up: twelve values each, far below what either database binds.
const CHUNK: usize = 1_000;

/// What to look for among datasets. Conditions that are absent hold for all.
#[derive(Debug, Clone, Default)]
pub struct DatasetSearch {
    /// Words that must all occur in the dataset's id, title, description, source or agency; marks
    /// and capitals do not matter.
    pub text: Option<String>,
    /// Only this sector.
    pub theme: Option<Theme>,
    /// Only this access class.
    pub access: Option<Access>,
    /// Only this kind.
    pub kind: Option<DatasetKind>,
    /// Only this agency.
    pub agency: Option<AgencyId>,
    /// How many to return; nothing is returned for 0.
    pub limit: u64,
    /// How many to pass over first.
    pub offset: u64,
    /// Only datasets after this one, in the order of the ids; it need not be there.
    pub after: Option<DatasetId>,
}

/// A page of the datasets that were looked for.
#[derive(Debug, Clone)]
pub struct DatasetPage {
    /// In the order of the ids.
    pub datasets: Vec<Dataset>,
    /// How many there are in all, on every page.
    pub total: u64,
    /// Whether others follow.
    pub more: bool,
}

impl Catalog {
    /// Adds an agency, or changes it.
    pub async fn put_agency(&self, agency: &Agency) -> Result<(), Error> {
        let mut write = self.write(GATE).await?;
        let row = agency_row(agency).into_active_model().reset_all();
        if agency::Entity::find_by_id(agency.id.as_str()).one(&write.tx).await?.is_none() {
            let taken = told!("catalog-agency", "agency `{id}`", id = agency.id);
            row.insert(&write.tx).await.map_err(|error| Error::writing(error, taken, String::new()))?;
            write.about(Topic::Access, Subject::Agency(agency.id.clone()));
        } else {
            row.update(&write.tx).await?;
            // Its datasets are found by its name.
            let of_agency = dataset::Entity::find().filter(dataset::Column::Agency.eq(agency.id.as_str()));
            for row in of_agency.all(&write.tx).await? {
                let search = search_text(&from_row(row.clone())?, Some(agency));
                write.about(
                    Topic::Access,
                    Subject::Dataset(stored("dataset id", &row.id, DatasetId::new(&row.id))?),
                );
                let mut row = row.into_active_model();
                row.search = ActiveValue::Set(search);
                row.update(&write.tx).await?;
            }
            write.about(Topic::Access, Subject::Agency(agency.id.clone()));
        }
        told::note_agencies(&write.tx, Utc::now()).await?;
        write.commit().await
    }

    /// Every agency, by id.
    pub async fn agencies(&self) -> Result<Vec<Agency>, Error> {
        let rows = agency::Entity::find().order_by_asc(agency::Column::Id).all(self.reader()).await?;
        rows.into_iter().map(agency_from_row).collect()
    }

    /// One agency.
    pub async fn agency(&self, id: &AgencyId) -> Result<Option<Agency>, Error> {
        let row = agency::Entity::find_by_id(id.as_str()).one(self.reader()).await?;
        row.map(agency_from_row).transpose()
    }

    /// Registers a dataset; a conflict when its id is taken, not found when its agency is unknown.
    pub async fn create_dataset(&self, dataset: &Dataset) -> Result<(), Error> {
        self.create_datasets(std::slice::from_ref(dataset)).await
    }

    /// Registers datasets, all or none; a conflict when an id is taken, not found when an agency is
    /// unknown, invalid when a name means something else already.
    pub async fn create_datasets(&self, datasets: &[Dataset]) -> Result<(), Error> {
        if let Some(dataset) = datasets.iter().find(|dataset| dataset.id.is_reserved()) {
            return Err(Error::invalid(
                told!(
                    "catalog-name-there-for-everyone",
                    "`{id}` is the name of a table or a collection that is there for everyone",
                    id = dataset.id
                ),
                told!("catalog-choose-another-id", "choose another id"),
            ));
        }
        let mut write = self.write(GATE).await?;
        let mut agencies = HashMap::new();
        for chunk in datasets.chunks(CHUNK) {
            let mut rows = Vec::with_capacity(chunk.len());
            for dataset in chunk {
                if !agencies.contains_key(&dataset.agency) {
                    agencies.insert(dataset.agency.clone(), agency_of(dataset, &write.tx).await?);
                }
                rows.push(to_row(dataset, &agencies[&dataset.agency]).into_active_model().reset_all());
                write.about(Topic::Access, Subject::Dataset(dataset.id.clone()));
            }
            let what = || match datasets {
                [one] => told!("catalog-dataset", "dataset `{id}`", id = one.id),
                _ => told!("catalog-one-of-the-datasets", "one of the datasets"),
            };
            let insert = dataset::Entity::insert_many(rows).exec_without_returning(&write.tx).await;
            insert.map_err(|error| Error::writing(error, what(), "one of the agencies".to_owned()))?;
            records::note_new(&write.tx, chunk).await?;
            told::note_new(&write.tx, chunk).await?;
            for dataset in chunk {
                write.tell(Change::of_dataset(ChangeKind::Registered, &dataset.id, dataset.created_at));
            }
        }
        write.commit().await
    }

    /// Changes what is said of a dataset and its access class. Its kind and the time of its
    /// registration stay.
    pub async fn update_dataset(&self, dataset: &Dataset) -> Result<(), Error> {
        let mut write = self.write(GATE).await?;
        write.about(Topic::Access, Subject::Dataset(dataset.id.clone()));
        let Some(before) = dataset::Entity::find_by_id(dataset.id.as_str()).one(&write.tx).await? else {
            return Err(Error::not_found("dataset", &dataset.id));
        };
        if before.kind != dataset.kind.code() {
            return Err(Error::invalid(
                told!(
                    "catalog-dataset-holds-cannot-become",
                    "dataset `{id}` holds {kind} and cannot become {kind2}",
                    id = dataset.id,
                    kind = before.kind,
                    kind2 = dataset.kind.code()
                ),
                told!("catalog-register-another-dataset", "register another dataset"),
            ));
        }
        let agency = agency_of(dataset, &write.tx).await?;
        let mut row = to_row(dataset, &agency).into_active_model().reset_all();
        row.created_at = ActiveValue::Unchanged(before.created_at);
        row.update(&write.tx).await?;
        // Whoever harvested it while everyone might know of it is told that it is gone.
        let was_known = before.access != Access::Restricted.code();
        let before_access = coded("access class", &before.access, Access::from_code(&before.access))?;
        let withdrawn = match dataset.access {
            Access::Restricted if was_known => Some(true),
            Access::Restricted => None,
            Access::Open | Access::Shared => Some(false),
        };
        let now = Utc::now();
        records::note_change(&write.tx, &dataset.id, now, withdrawn).await?;
        told::note(&write.tx, dataset, now).await?;
        let kind = match (width(before_access), width(dataset.access)) {
            (before, now) if now > before => ChangeKind::Opened,
            (before, now) if now < before => ChangeKind::Narrowed,
            _ => ChangeKind::Described,
        };
        write.tell(Change::of_dataset(kind, &dataset.id, now));
        write.commit().await
    }

    /// One dataset, without asking who wants to know: for the node's own work.
    pub async fn dataset(&self, id: &DatasetId) -> Result<Option<Dataset>, Error> {
        Ok(self.shelf(id).await?.map(|shelf| shelf.dataset.clone()))
    }

    /// Every dataset by id, without asking who wants to know: for the node's own work.
    pub async fn datasets(&self) -> Result<Vec<Dataset>, Error> {
        let rows = dataset::Entity::find().order_by_asc(dataset::Column::Id).all(self.reader()).await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The datasets that the principal may know of, by id. There may be very many: a page of them
    /// is [`Catalog::search_datasets`].
    pub async fn visible_datasets(
        &self,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Vec<Dataset>, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let known = directory.entries.iter().filter(|entry| reach.allows(entry));
        self.datasets_of(&known.map(|entry| entry.id.clone()).collect::<Vec<_>>()).await
    }

    /// The datasets that the principal may know of and that match, by id, and how many they are.
    pub async fn search_datasets(
        &self,
        principal: &Principal,
        search: DatasetSearch,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Dataset>, u64), Error> {
        let page = self.find_datasets(principal, search, now).await?;
        Ok((page.datasets, page.total))
    }

    /// The same, with whether others follow.
    pub async fn find_datasets(
        &self,
        principal: &Principal,
        search: DatasetSearch,
        now: DateTime<Utc>,
    ) -> Result<DatasetPage, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let wanted = Wanted::new(&search);
        let (mut page, mut total, mut passed) = (Vec::new(), 0_u64, 0_u64);
        let mut more = false;
        for entry in directory.entries.iter().filter(|entry| wanted.matches(entry) && reach.allows(entry)) {
            total += 1;
            if search.after.as_ref().is_some_and(|after| entry.id <= *after) {
                continue;
            }
            if passed < search.offset {
                passed += 1;
            } else if (page.len() as u64) < search.limit {
                page.push(entry.id.clone());
            } else {
                more = true;
            }
        }
        Ok(DatasetPage { datasets: self.datasets_of(&page).await?, total, more })
    }

    /// Some datasets, in the order of the ids, without asking who wants to know. Ids that are not
    /// there are passed over.
    pub async fn datasets_of(&self, ids: &[DatasetId]) -> Result<Vec<Dataset>, Error> {
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let chunk = dataset::Entity::find()
                .filter(dataset::Column::Id.is_in(chunk.iter().map(DatasetId::as_str)));
            for row in chunk.all(self.reader()).await? {
                let dataset = from_row(row)?;
                found.insert(dataset.id.clone(), dataset);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// How many may read, in order.
fn width(access: Access) -> u8 {
    match access {
        Access::Restricted => 0,
        Access::Shared => 1,
        Access::Open => 2,
    }
}

/// The agency of a dataset that is being written.
async fn agency_of(dataset: &Dataset, tx: &DatabaseTransaction) -> Result<Agency, Error> {
    let row = agency::Entity::find_by_id(dataset.agency.as_str()).one(tx).await?;
    let agency = row.map(agency_from_row).transpose()?;
    agency.ok_or_else(|| Error::not_found("agency", &dataset.agency))
}

/// Everything by which a dataset is found, folded. The blanks at the ends keep words apart.
pub(crate) fn search_text(dataset: &Dataset, agency: Option<&Agency>) -> String {
    let mut parts = vec![dataset.id.as_str(), &dataset.source, dataset.agency.as_str()];
    for text in [&dataset.title, &dataset.description].into_iter().chain(agency.map(|agency| &agency.name)) {
        parts.push(&text.vi);
        parts.extend(text.en.as_deref());
        parts.extend(text.km.as_deref());
    }
    fold(&parts.join(" "))
}

fn agency_row(agency: &Agency) -> agency::Model {
    agency::Model { id: agency.id.to_string(), name: (&agency.name).into(), url: agency.url.clone() }
}

pub(crate) fn agency_to_row(agency: &Agency) -> agency::Model {
    agency_row(agency)
}

fn agency_from_row(row: agency::Model) -> Result<Agency, Error> {
    Ok(Agency {
        id: stored("agency id", &row.id, AgencyId::new(&row.id))?,
        name: row.name.into(),
        url: row.url,
    })
}

fn to_row(dataset: &Dataset, agency: &Agency) -> dataset::Model {
    dataset::Model {
        id: dataset.id.to_string(),
        kind: dataset.kind.code().to_owned(),
        agency: dataset.agency.to_string(),
        title: (&dataset.title).into(),
        description: (&dataset.description).into(),
        theme: dataset.theme.code().to_owned(),
        licence: dataset.licence.clone(),
        access: dataset.access.code().to_owned(),
        source: dataset.source.clone(),
        synthetic: dataset.synthetic,
        created_at: micros(dataset.created_at),
        search: search_text(dataset, Some(agency)),
    }
}

pub(crate) fn from_row(row: dataset::Model) -> Result<Dataset, Error> {
    let (id, access, agency) = policy_of(&row)?;
    Ok(Dataset {
        id,
        kind: coded("kind of dataset", &row.kind, DatasetKind::from_code(&row.kind))?,
        agency,
        title: row.title.into(),
        description: row.description.into(),
        theme: coded("theme", &row.theme, Theme::from_code(&row.theme))?,
        licence: row.licence,
        access,
        source: row.source,
        synthetic: row.synthetic,
        created_at: row.created_at,
    })
}

/// What the policy has to know of a dataset.
pub(crate) fn policy_of(row: &dataset::Model) -> Result<(DatasetId, Access, AgencyId), Error> {
    Ok((
        stored("dataset id", &row.id, DatasetId::new(&row.id))?,
        coded("access class", &row.access, Access::from_code(&row.access))?,
        stored("agency id", &row.agency, AgencyId::new(&row.agency))?,
    ))
}
