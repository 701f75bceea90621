//! Agencies and the datasets that they publish; finding datasets by words.

use chrono::{DateTime, Utc};
use model::{Access, Agency, AgencyId, Dataset, DatasetId, DatasetKind, Theme, fold};
use policy::Principal;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::access::GATE;
use crate::entity::{agency, dataset};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

/// The most words that a search looks at; the rest is passed over.
const MAX_WORDS: usize = 12;

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
}

impl Catalog {
    /// Adds an agency, or changes it.
    pub async fn put_agency(&self, agency: &Agency) -> Result<(), Error> {
        let write = self.write(GATE).await?;
        let row = agency_row(agency).into_active_model().reset_all();
        if agency::Entity::find_by_id(agency.id.as_str()).one(&write.tx).await?.is_none() {
            let taken = format!("agency `{}`", agency.id);
            row.insert(&write.tx).await.map_err(|error| Error::writing(error, taken, String::new()))?;
        } else {
            row.update(&write.tx).await?;
            // Its datasets are found by its name.
            let of_agency = dataset::Entity::find().filter(dataset::Column::Agency.eq(agency.id.as_str()));
            for row in of_agency.all(&write.tx).await? {
                let search = search_text(&from_row(row.clone())?, Some(agency));
                let mut row = row.into_active_model();
                row.search = ActiveValue::Set(search);
                row.update(&write.tx).await?;
            }
        }
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
        let write = self.write(GATE).await?;
        let agency = agency::Entity::find_by_id(dataset.agency.as_str()).one(&write.tx).await?;
        let agency = agency.map(agency_from_row).transpose()?;
        let Some(agency) = agency else { return Err(Error::not_found("agency", &dataset.agency)) };
        to_row(dataset, &agency).into_active_model().reset_all().insert(&write.tx).await.map_err(
            |error| {
                let what = |kind: &str, id: &str| format!("{kind} `{id}`");
                Error::writing(
                    error,
                    what("dataset", dataset.id.as_str()),
                    what("agency", dataset.agency.as_str()),
                )
            },
        )?;
        write.commit().await
    }

    /// Changes what is said of a dataset and its access class. Its kind and the time of its
    /// registration stay.
    pub async fn update_dataset(&self, dataset: &Dataset) -> Result<(), Error> {
        let write = self.write(GATE).await?;
        let Some(before) = dataset::Entity::find_by_id(dataset.id.as_str()).one(&write.tx).await? else {
            return Err(Error::not_found("dataset", &dataset.id));
        };
        if before.kind != dataset.kind.code() {
            return Err(Error::invalid(
                format!(
                    "dataset `{}` holds {} and cannot become {}",
                    dataset.id,
                    before.kind,
                    dataset.kind.code()
                ),
                "register another dataset",
            ));
        }
        let agency = agency::Entity::find_by_id(dataset.agency.as_str()).one(&write.tx).await?;
        let agency = agency.map(agency_from_row).transpose()?;
        let Some(agency) = agency else { return Err(Error::not_found("agency", &dataset.agency)) };
        let mut row = to_row(dataset, &agency).into_active_model().reset_all();
        row.created_at = ActiveValue::Unchanged(before.created_at);
        row.update(&write.tx).await?;
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

    /// The datasets that the principal may know of, by id.
    pub async fn visible_datasets(
        &self,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Vec<Dataset>, Error> {
        let knowable = self.knowable(principal, now).await?;
        let rows = dataset::Entity::find()
            .filter(knowable)
            .order_by_asc(dataset::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The datasets that the principal may know of and that match, by id, and how many they are.
    pub async fn search_datasets(
        &self,
        principal: &Principal,
        search: DatasetSearch,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Dataset>, u64), Error> {
        let mut all = Condition::all().add(self.knowable(principal, now).await?);
        let folded = fold(search.text.as_deref().unwrap_or_default());
        for word in folded.split(' ').filter(|word| !word.is_empty()).take(MAX_WORDS) {
            // Folding leaves letters and digits, so a word holds no wildcard of LIKE.
            all = all.add(dataset::Column::Search.contains(word));
        }
        let equal = [
            (dataset::Column::Theme, search.theme.map(|theme| theme.code().to_owned())),
            (dataset::Column::Access, search.access.map(|access| access.code().to_owned())),
            (dataset::Column::Kind, search.kind.map(|kind| kind.code().to_owned())),
            (dataset::Column::Agency, search.agency.map(|agency| agency.to_string())),
        ];
        for (column, wanted) in equal {
            if let Some(wanted) = wanted {
                all = all.add(column.eq(wanted));
            }
        }
        let matching = dataset::Entity::find().filter(all);
        let total = matching.clone().count(self.reader()).await?;
        if search.limit == 0 || search.offset >= total {
            return Ok((Vec::new(), total));
        }
        let rows = matching
            .order_by_asc(dataset::Column::Id)
            .limit(search.limit)
            .offset(search.offset)
            .all(self.reader())
            .await?;
        Ok((rows.into_iter().map(from_row).collect::<Result<_, _>>()?, total))
    }
}

/// Everything by which a dataset is found, folded. The blanks at the ends keep words apart.
fn search_text(dataset: &Dataset, agency: Option<&Agency>) -> String {
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
