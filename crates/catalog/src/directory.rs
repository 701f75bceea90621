//! The directory: what finding and permission need to know of every dataset, in memory.
//!
//! It is read at first use and then follows the changes: one more dataset costs one row. Whether a
//! principal may know or read a dataset is asked of `policy`, once for each access class (without
//! a grant, for its own agency's datasets and for those of others), and for a single dataset only
//! where the principal holds a grant on it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use model::{Access, AgencyId, Dataset, DatasetId, DatasetKind, Theme, UserId, fold};
use parking_lot::Mutex;
use policy::{Grant, Permit, Policy, Principal, Purpose, decide};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::entity::{dataset, dataset_grant};
use crate::row::{coded, stored};
use crate::{Catalog, DatasetSearch, Error, grants};

/// The most words that a search looks at; the rest is passed over.
const MAX_WORDS: usize = 12;
/// Ids that are looked up at a time.
const CHUNK: usize = 1_000;

/// What the directory knows of a dataset.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: DatasetId,
    pub(crate) kind: DatasetKind,
    pub(crate) theme: Theme,
    pub(crate) access: Access,
    pub(crate) agency: AgencyId,
    /// Everything by which it is found, folded.
    search: Box<str>,
}

impl Entry {
    /// The entry of a dataset that is found by a folded text.
    pub(crate) fn of(dataset: &Dataset, search: String) -> Entry {
        Entry {
            id: dataset.id.clone(),
            kind: dataset.kind,
            theme: dataset.theme,
            access: dataset.access,
            agency: dataset.agency.clone(),
            search: search.into_boxed_str(),
        }
    }
}

/// A dataset, and whether something is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidOf {
    /// The dataset.
    pub id: DatasetId,
    /// Its sector.
    pub theme: Theme,
    /// Whether it is.
    pub is_said: bool,
}

/// Every dataset, by id.
#[derive(Debug, Default, Clone)]
pub(crate) struct Directory {
    pub(crate) entries: Vec<Arc<Entry>>,
}

/// The directory and what of it has to be read again.
#[derive(Default)]
pub(crate) struct Directories {
    current: Mutex<Option<Arc<Directory>>>,
    stale: Mutex<Stale>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Stale {
    all: bool,
    ids: HashSet<DatasetId>,
}

impl Directories {
    pub(crate) fn forget(&self, id: &DatasetId) {
        self.stale.lock().ids.insert(id.clone());
    }

    pub(crate) fn forget_all(&self) {
        self.stale.lock().all = true;
    }

    fn fresh(&self) -> Option<Arc<Directory>> {
        let stale = self.stale.lock();
        if stale.all || !stale.ids.is_empty() { None } else { self.current.lock().clone() }
    }
}

/// Whose grants are held in memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    User(UserId),
    Agency(AgencyId),
}

/// The grants of one holder, by dataset.
#[derive(Debug, Default)]
pub(crate) struct Held {
    by_dataset: HashMap<DatasetId, Vec<(i64, Grant)>>,
    hides_rows: bool,
}

/// A dataset that a principal may read.
#[derive(Debug, Clone)]
pub struct Readable {
    /// What it holds.
    pub kind: DatasetKind,
    /// The proof, which names the dataset.
    pub permit: Permit,
}

/// What a principal may read, as of one time.
#[derive(Debug)]
pub struct Reading {
    directory: Arc<Directory>,
    reach: Reach,
}

impl Reading {
    /// A dataset, if it may be read.
    pub fn get(&self, id: &DatasetId) -> Option<Readable> {
        readable(&self.reach, self.directory.get(id)?)
    }

    /// Every dataset of these kinds that may be read, by id.
    pub fn all<'a>(&'a self, kinds: &'a [DatasetKind]) -> impl Iterator<Item = Readable> + 'a {
        let wanted = self.directory.entries.iter().filter(|entry| kinds.contains(&entry.kind));
        wanted.filter_map(|entry| readable(&self.reach, entry))
    }

    /// Whether rows of any dataset may be hidden.
    pub fn may_hide_rows(&self) -> bool {
        self.reach.held.iter().any(|held| held.hides_rows)
    }
}

/// How many datasets there are of each kind, class, sector and agency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetCounts {
    /// All together.
    pub total: u64,
    /// By sector.
    pub themes: HashMap<Theme, u64>,
    /// By access class.
    pub access: HashMap<Access, u64>,
    /// By kind.
    pub kinds: HashMap<DatasetKind, u64>,
    /// By agency.
    pub agencies: BTreeMap<AgencyId, u64>,
}

impl Directory {
    pub(crate) fn get(&self, id: &DatasetId) -> Option<&Arc<Entry>> {
        let at = self.entries.binary_search_by(|entry| entry.id.cmp(id)).ok()?;
        self.entries.get(at)
    }
}

/// What a principal may do with datasets, for one purpose at one time.
#[derive(Debug)]
pub(crate) struct Reach {
    principal: Principal,
    purpose: Purpose,
    now: DateTime<Utc>,
    /// For each class: of another agency, of the principal's own; both without a grant.
    classes: [(Access, bool, bool); 3],
    held: Vec<Arc<Held>>,
}

impl Reach {
    /// Whether the purpose is allowed for the dataset.
    pub(crate) fn allows(&self, entry: &Entry) -> bool {
        let own = self.principal.agency() == Some(&entry.agency);
        let without_grant = self.classes.iter().any(|(access, of_other, of_own)| {
            *access == entry.access && if own { *of_own } else { *of_other }
        });
        without_grant || (self.has_grant(&entry.id) && self.permit(entry).is_some())
    }

    fn has_grant(&self, id: &DatasetId) -> bool {
        self.held.iter().any(|held| held.by_dataset.contains_key(id))
    }

    /// The permit for the dataset.
    pub(crate) fn permit(&self, entry: &Entry) -> Option<Permit> {
        let policy = Policy { dataset: entry.id.clone(), access: entry.access, agency: entry.agency.clone() };
        let mine = self.held.iter().filter_map(|held| held.by_dataset.get(&entry.id)).flatten();
        let mut mine: Vec<&(i64, Grant)> = mine.collect();
        // The oldest first, as the gate sees them.
        mine.sort_unstable_by_key(|(number, _)| *number);
        let mine: Vec<Grant> = mine.into_iter().map(|(_, grant)| grant.clone()).collect();
        decide(&self.principal, &policy, &mine, self.purpose, self.now).outcome.ok()
    }
}

impl Catalog {
    /// Every dataset, as of now.
    pub(crate) async fn directory(&self) -> Result<Arc<Directory>, Error> {
        self.refresh().await?;
        let directory = &self.inner.directory;
        if let Some(current) = directory.fresh() {
            return Ok(current);
        }
        let _turn = directory.reading.lock().await;
        if let Some(current) = directory.fresh() {
            return Ok(current);
        }
        // Taken before the rows are read: what changes meanwhile is stale again.
        let stale = std::mem::take(&mut *directory.stale.lock());
        match self.read_directory(&stale).await {
            Ok(read) => {
                let read = Arc::new(read);
                *directory.current.lock() = Some(Arc::clone(&read));
                Ok(read)
            }
            Err(error) => {
                let mut now = directory.stale.lock();
                now.all |= stale.all;
                now.ids.extend(stale.ids);
                Err(error)
            }
        }
    }

    async fn read_directory(&self, stale: &Stale) -> Result<Directory, Error> {
        let current = self.inner.directory.current.lock().clone();
        let Some(current) = current.filter(|_| !stale.all && stale.ids.len() <= CHUNK) else {
            let mut entries: Vec<Arc<Entry>> = Vec::new();
            for row in columns().all_rows(self).await? {
                entries.push(Arc::new(row.entry()?));
            }
            entries.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            return Ok(Directory { entries });
        };
        let ids = stale.ids.iter().map(DatasetId::as_str);
        let rows = columns().filter(dataset::Column::Id.is_in(ids)).all_rows(self).await?;
        let mut there = HashMap::new();
        for row in rows {
            let entry = row.entry()?;
            there.insert(entry.id.clone(), Arc::new(entry));
        }
        let mut directory = Directory::clone(&current);
        for id in &stale.ids {
            let at = directory.entries.binary_search_by(|entry| entry.id.cmp(id));
            match (at, there.remove(id)) {
                (Ok(at), Some(entry)) => directory.entries[at] = entry,
                (Err(at), Some(entry)) => directory.entries.insert(at, entry),
                (Ok(at), None) => drop(directory.entries.remove(at)),
                (Err(_), None) => {}
            }
        }
        Ok(directory)
    }

    /// What the principal may do.
    pub(crate) async fn reach(
        &self,
        principal: &Principal,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Reach, Error> {
        let own = principal.agency();
        let foreign = foreign_to(own);
        let may = |access: Access, agency: &AgencyId| {
            let policy = Policy { dataset: any_dataset(), access, agency: agency.clone() };
            decide(principal, &policy, &[], purpose, now).outcome.is_ok()
        };
        let classes = Access::ALL
            .map(|access| (access, may(access, &foreign), own.is_some_and(|agency| may(access, agency))));
        let held = self.held_by(principal).await?;
        Ok(Reach { principal: principal.clone(), purpose, now, classes, held })
    }

    /// The principal's grants: those of the user, and those of the agency.
    async fn held_by(&self, principal: &Principal) -> Result<Vec<Arc<Held>>, Error> {
        let user = principal.user().cloned().map(Holder::User);
        let agency = principal.agency().cloned().map(Holder::Agency);
        let mut held = Vec::new();
        for holder in user.into_iter().chain(agency) {
            if let Some(there) = self.inner.held.get(&holder) {
                held.push(there);
                continue;
            }
            let ticket = self.inner.held.ticket();
            let of_holder = match &holder {
                Holder::User(id) => dataset_grant::Column::Account.eq(id.as_str()),
                Holder::Agency(id) => dataset_grant::Column::Agency.eq(id.as_str()),
            };
            let rows = dataset_grant::Entity::find().filter(of_holder).all(self.reader()).await?;
            let mut read = Held::default();
            let weight = 1 + rows.len();
            for row in rows {
                let number = row.id;
                let grant = grants::from_row(row)?;
                read.hides_rows |= !grant.rows.is_open();
                read.by_dataset.entry(grant.dataset.clone()).or_default().push((number, grant));
            }
            let read = Arc::new(read);
            self.inner.held.put(ticket, holder, Arc::clone(&read), weight);
            held.push(read);
        }
        Ok(held)
    }

    /// What of these datasets the principal may read, in the order given. Nothing is written to the
    /// audit chain: this settles what may be seen, and [`Catalog::authorize`] is for what was asked for.
    pub async fn readable(
        &self,
        principal: &Principal,
        datasets: &[DatasetId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Readable>, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Read, now).await?;
        let found = datasets.iter().filter_map(|id| directory.get(id));
        Ok(found.filter_map(|entry| readable(&reach, entry)).collect())
    }

    /// What the principal may read now, to be looked up dataset by dataset: it costs what is looked
    /// up, and not what there is. As [`Catalog::readable`], it writes nothing down.
    pub async fn reading(&self, principal: &Principal, now: DateTime<Utc>) -> Result<Reading, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Read, now).await?;
        Ok(Reading { directory, reach })
    }

    /// Whether any grant of the principal, or of its agency, hides rows of a dataset from it.
    pub async fn holds_filtered_grants(&self, principal: &Principal) -> Result<bool, Error> {
        self.refresh().await?;
        Ok(self.held_by(principal).await?.iter().any(|held| held.hides_rows))
    }

    /// Every dataset that the principal may know of, by id, and whether one of these phrases (folded) is said
    /// of it: in its id, title, description, source or agency.
    pub async fn datasets_with_phrases(
        &self,
        principal: &Principal,
        phrases: &[String],
        now: DateTime<Utc>,
    ) -> Result<Vec<SaidOf>, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let known = directory.entries.iter().filter(|entry| reach.allows(entry));
        let said = known.map(|entry| SaidOf {
            id: entry.id.clone(),
            theme: entry.theme,
            is_said: phrases.iter().any(|phrase| entry.search.contains(phrase.trim())),
        });
        Ok(said.collect())
    }

    /// How many datasets that the principal may know of match, by what they are.
    pub async fn count_datasets(
        &self,
        principal: &Principal,
        search: &DatasetSearch,
        now: DateTime<Utc>,
    ) -> Result<DatasetCounts, Error> {
        let directory = self.directory().await?;
        let reach = self.reach(principal, Purpose::Describe, now).await?;
        let wanted = Wanted::new(search);
        let mut counts = DatasetCounts::default();
        for entry in directory.entries.iter().filter(|entry| wanted.matches(entry) && reach.allows(entry)) {
            counts.total += 1;
            *counts.themes.entry(entry.theme).or_default() += 1;
            *counts.access.entry(entry.access).or_default() += 1;
            *counts.kinds.entry(entry.kind).or_default() += 1;
            match counts.agencies.get_mut(&entry.agency) {
                Some(count) => *count += 1,
                None => drop(counts.agencies.insert(entry.agency.clone(), 1)),
            }
        }
        Ok(counts)
    }
}

fn readable(reach: &Reach, entry: &Arc<Entry>) -> Option<Readable> {
    reach.permit(entry).map(|permit| Readable { kind: entry.kind, permit })
}

/// A search, ready to be compared.
pub(crate) struct Wanted<'a> {
    search: &'a DatasetSearch,
    words: Vec<String>,
}

impl Wanted<'_> {
    pub(crate) fn new(search: &DatasetSearch) -> Wanted<'_> {
        let folded = fold(search.text.as_deref().unwrap_or_default());
        let words = folded.split(' ').filter(|word| !word.is_empty()).take(MAX_WORDS);
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        // A long word tells most datasets apart soonest.
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Wanted { search, words }
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        let search = self.search;
        search.theme.is_none_or(|theme| theme == entry.theme)
            && search.access.is_none_or(|access| access == entry.access)
            && search.kind.is_none_or(|kind| kind == entry.kind)
            && search.agency.as_ref().is_none_or(|agency| *agency == entry.agency)
            && self.words.iter().all(|word| entry.search.contains(word.as_str()))
    }
}

/// The columns of the directory.
struct Columns(sea_orm::Select<dataset::Entity>);

fn columns() -> Columns {
    use dataset::Column::{Access, Agency, Id, Kind, Search, Theme};
    let select = dataset::Entity::find().select_only().columns([Id, Kind, Theme, Access, Agency, Search]);
    Columns(select)
}

impl Columns {
    fn filter(self, condition: sea_orm::sea_query::SimpleExpr) -> Columns {
        Columns(self.0.filter(condition))
    }

    async fn all_rows(self, catalog: &Catalog) -> Result<Vec<Row>, Error> {
        let rows = self.0.into_tuple::<(String, String, String, String, String, String)>();
        let rows = rows.all(catalog.reader()).await?;
        Ok(rows.into_iter().map(Row).collect())
    }
}

struct Row((String, String, String, String, String, String));

impl Row {
    fn entry(self) -> Result<Entry, Error> {
        let (id, kind, theme, access, agency, search) = self.0;
        Ok(Entry {
            id: stored("dataset id", &id, DatasetId::new(&id))?,
            kind: coded("kind of dataset", &kind, DatasetKind::from_code(&kind))?,
            theme: coded("theme", &theme, Theme::from_code(&theme))?,
            access: coded("access class", &access, Access::from_code(&access))?,
            agency: stored("agency id", &agency, AgencyId::new(&agency))?,
            search: search.into_boxed_str(),
        })
    }
}

fn any_dataset() -> DatasetId {
    DatasetId::new("any").expect("a lower-case word is a dataset id")
}

/// An agency that is not the given one.
fn foreign_to(own: Option<&AgencyId>) -> AgencyId {
    let name = if own.is_some_and(|agency| agency.as_str() == "foreign") { "stranger" } else { "foreign" };
    AgencyId::new(name).expect("a lower-case word is an agency id")
}
