//! The feed: everything that happened to datasets, in one order that readers can rely on.
//!
//! A change gets its number in the transaction that makes it, from one row that stays locked until
//! that transaction ends. So numbers have no gaps, and nobody sees a later one before an earlier
//! one, whichever node commits first. A catalogue that was restored begins a new epoch: a number
//! that was given out after the backup was made is not taken for another change that has it now.

use chrono::{DateTime, Utc};
use model::{AgencyId, DatasetId, RunId, RunKind, UserId, Version, VersionInfo};
use policy::{Grant, Principal};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set,
};
use tokio::sync::watch;

use crate::entity::{feed_entry, feed_epoch, feed_head, setting};
use crate::row::{coded, count, int, micros, stored};
use crate::{Catalog, Error};

/// The one row of the head.
const HEAD: i32 = 1;
/// Rows of one INSERT.
const CHUNK: usize = 1_000;
/// The setting that holds the key of cursors.
const KEY: &str = "feed.key";

/// What happened to a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It was registered.
    Registered,
    /// What is said of it changed.
    Described,
    /// Its access class became wider.
    Opened,
    /// Its access class became narrower.
    Narrowed,
    /// A version with new values.
    Data,
    /// A version in which values were replaced and none is new.
    Correction,
    /// A version in which a run was taken back.
    Withdrawal,
    /// A version in which values were tested again.
    Recheck,
    /// A version that a recipe made.
    Product,
    /// Somebody was given a right.
    Granted,
    /// Somebody's right was withdrawn.
    Revoked,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 11] = [
        ChangeKind::Registered,
        ChangeKind::Described,
        ChangeKind::Opened,
        ChangeKind::Narrowed,
        ChangeKind::Data,
        ChangeKind::Correction,
        ChangeKind::Withdrawal,
        ChangeKind::Recheck,
        ChangeKind::Product,
        ChangeKind::Granted,
        ChangeKind::Revoked,
    ];

    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            ChangeKind::Registered => "registered",
            ChangeKind::Described => "described",
            ChangeKind::Opened => "opened",
            ChangeKind::Narrowed => "narrowed",
            ChangeKind::Data => "data",
            ChangeKind::Correction => "correction",
            ChangeKind::Withdrawal => "withdrawal",
            ChangeKind::Recheck => "recheck",
            ChangeKind::Product => "product",
            ChangeKind::Granted => "granted",
            ChangeKind::Revoked => "revoked",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<ChangeKind> {
        ChangeKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What a version that a run made is.
    fn of_version(run: RunKind, version: &VersionInfo) -> ChangeKind {
        match run {
            RunKind::Recipe => ChangeKind::Product,
            RunKind::Withdrawal => ChangeKind::Withdrawal,
            RunKind::Recheck => ChangeKind::Recheck,
            RunKind::Upload | RunKind::Writes if version.added == 0 && version.corrected > 0 => {
                ChangeKind::Correction
            }
            RunKind::Upload | RunKind::Writes => ChangeKind::Data,
        }
    }
}

/// Whom a change is about, and who alone is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// A user.
    User(UserId),
    /// Everybody of an agency.
    Agency(AgencyId),
}

/// Something that happened to a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the feed, from 1.
    pub number: u64,
    /// What happened.
    pub kind: ChangeKind,
    /// To which dataset.
    pub dataset: DatasetId,
    /// The version that was made.
    pub version: Option<Version>,
    /// The run that made it.
    pub run: Option<RunId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who alone is told; everyone who may know of the dataset when absent.
    pub audience: Option<Audience>,
    /// Values that were new in the version.
    pub added: Option<u64>,
    /// Values that replaced another.
    pub corrected: Option<u64>,
    /// Values in the version.
    pub total: Option<u64>,
}

impl Change {
    /// Whether the change is told to the principal, provided that it may know of the dataset.
    pub fn is_for(&self, principal: &Principal) -> bool {
        match &self.audience {
            None => true,
            Some(_) if principal.is_admin() => true,
            Some(Audience::User(user)) => principal.user() == Some(user),
            Some(Audience::Agency(agency)) => principal.agency() == Some(agency),
        }
    }

    pub(crate) fn of_dataset(kind: ChangeKind, dataset: &DatasetId, at: DateTime<Utc>) -> Change {
        Change {
            number: 0,
            kind,
            dataset: dataset.clone(),
            version: None,
            run: None,
            at,
            audience: None,
            added: None,
            corrected: None,
            total: None,
        }
    }

    pub(crate) fn of_version(run: RunKind, version: &VersionInfo) -> Change {
        Change {
            version: Some(version.version),
            run: Some(version.run.clone()),
            added: Some(version.added),
            corrected: Some(version.corrected),
            total: Some(version.total),
            ..Change::of_dataset(ChangeKind::of_version(run, version), &version.dataset, version.committed_at)
        }
    }

    pub(crate) fn of_grant(kind: ChangeKind, grant: &Grant, at: DateTime<Utc>) -> Change {
        let user = grant.user.clone().map(Audience::User);
        let audience = user.or_else(|| grant.agency.clone().map(Audience::Agency));
        Change { audience, ..Change::of_dataset(kind, &grant.dataset, at) }
    }
}

/// How far the feed goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// The epochs, each with the first number that is its own, oldest first; never none.
    pub epochs: Vec<(String, u64)>,
    /// The last number that was given up; 0 when the feed goes back to its beginning.
    pub floor: u64,
    /// The last number.
    pub last: u64,
}

impl FeedState {
    /// The epoch that numbers are given out in now.
    pub fn epoch(&self) -> &str {
        self.epochs.last().map_or("", |(id, _)| id)
    }

    /// The epoch in which a number was given out.
    pub fn epoch_of(&self, number: u64) -> &str {
        let own = self.epochs.iter().rev().find(|(_, first)| *first <= number);
        own.map_or("", |(id, _)| id)
    }

    /// The last number of an epoch that this catalogue has; none when it has never had the epoch.
    pub fn last_of(&self, epoch: &str) -> Option<u64> {
        let at = self.epochs.iter().position(|(id, _)| id == epoch)?;
        Some(self.epochs.get(at + 1).map_or(self.last, |(_, first)| first.saturating_sub(1)))
    }
}

impl Catalog {
    /// How far the feed goes.
    pub async fn feed_state(&self) -> Result<FeedState, Error> {
        // The epochs first: a number is then never newer than its epoch.
        let epochs = epochs(self.reader()).await?;
        let head = head(self.reader()).await?;
        Ok(FeedState {
            epochs,
            floor: count("number of a change", head.floor)?,
            last: count("number of a change", head.last)?,
        })
    }

    /// The changes after a number, in order, without asking who wants to know; of one dataset, when
    /// it is named.
    pub async fn feed_after(
        &self,
        number: u64,
        dataset: Option<&DatasetId>,
        limit: u64,
    ) -> Result<Vec<Change>, Error> {
        let rows = feed_entry::Entity::find()
            .filter(feed_entry::Column::Number.gt(int(number)))
            .apply_if(dataset, |query, id| query.filter(feed_entry::Column::Dataset.eq(id.as_str())))
            .order_by_asc(feed_entry::Column::Number)
            .limit(limit)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The number before the first change at an instant or after it.
    pub async fn feed_since(&self, at: DateTime<Utc>) -> Result<u64, Error> {
        let first = feed_entry::Entity::find()
            .filter(feed_entry::Column::At.gte(micros(at)))
            .order_by_asc(feed_entry::Column::Number)
            .limit(1)
            .one(self.reader())
            .await?;
        match first {
            Some(first) => count("number of a change", first.number - 1),
            None => Ok(self.feed_state().await?.last),
        }
    }

    /// Gives up all but the last changes; returns how many went.
    pub async fn prune_feed(&self, keep: u64) -> Result<u64, Error> {
        let write = self.write(&[]).await?;
        let head = head(&write.tx).await?;
        let floor = head.last.saturating_sub(int(keep));
        if floor <= head.floor {
            return Ok(0);
        }
        let raise = Query::update()
            .table(feed_head::Entity)
            .value(feed_head::Column::Floor, floor)
            .and_where(feed_head::Column::Floor.lt(floor))
            .to_owned();
        write.tx.execute(&raise).await?;
        let gone = feed_entry::Entity::delete_many()
            .filter(feed_entry::Column::Number.lte(floor))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(gone.rows_affected)
    }

    /// The key by which cursors of the feed are sealed: the same on every node, made at first use.
    pub async fn feed_key(&self) -> Result<[u8; 32], Error> {
        if let Some(key) = self.inner.feed.key.get() {
            return Ok(*key);
        }
        let there = setting::Entity::find_by_id(KEY).one(self.reader()).await?;
        let text = match there {
            Some(row) => row.value,
            None => {
                let new = crate::keys::random_hex()?;
                let write = self.write(&[]).await?;
                let row = setting::ActiveModel { name: Set(KEY.to_owned()), value: Set(new) };
                let stays = OnConflict::column(setting::Column::Name).do_nothing().to_owned();
                setting::Entity::insert(row).on_conflict(stays).exec_without_returning(&write.tx).await?;
                let there = setting::Entity::find_by_id(KEY).one(&write.tx).await?;
                write.commit().await?;
                there.map(|row| row.value).unwrap_or_default()
            }
        };
        let bytes = hex::decode(&text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = bytes.ok_or_else(|| Error::stored("key of the feed", "…"))?;
        Ok(*self.inner.feed.key.get_or_init(|| key))
    }

    /// Tells when the feed goes on: the last number that this node has seen.
    pub fn watch_feed(&self) -> watch::Receiver<u64> {
        self.inner.feed.last.subscribe()
    }

    /// Whether anyone waits for the feed to go on.
    pub fn feed_is_watched(&self) -> bool {
        self.inner.feed.last.receiver_count() > 0
    }

    /// Looks whether another node brought the feed further.
    pub async fn look_at_feed(&self) -> Result<(), Error> {
        let head = head(self.reader()).await?;
        self.inner.feed.seen(count("number of a change", head.last)?);
        Ok(())
    }
}

/// What a handle knows of the feed.
pub(crate) struct Feed {
    key: std::sync::OnceLock<[u8; 32]>,
    last: watch::Sender<u64>,
}

impl Default for Feed {
    fn default() -> Self {
        Feed { key: std::sync::OnceLock::new(), last: watch::Sender::new(0) }
    }
}

impl Feed {
    /// The feed has come as far as this.
    pub(crate) fn seen(&self, number: u64) {
        self.last.send_if_modified(|last| {
            let further = number > *last;
            if further {
                *last = number;
            }
            further
        });
    }
}

/// A name for a new epoch: eight letters that no other epoch has.
pub(crate) fn new_epoch() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
}

/// Begins a new epoch, in the transaction that puts a backup back.
pub(crate) async fn begin_epoch(tx: &DatabaseTransaction) -> Result<(), Error> {
    let head = head(tx).await?;
    let before = feed_epoch::Entity::find().order_by_desc(feed_epoch::Column::Ordinal).one(tx).await?;
    let ordinal = before.map_or(1, |before| before.ordinal + 1);
    let row = feed_epoch::Model { id: new_epoch(), ordinal, first: head.last + 1 };
    feed_epoch::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Adds changes, in the transaction that makes them and last in it: the head stays locked to its end.
pub(crate) async fn append(tx: &DatabaseTransaction, changes: &[Change]) -> Result<u64, Error> {
    let raise = Query::update()
        .table(feed_head::Entity)
        .value(feed_head::Column::Last, Expr::col(feed_head::Column::Last).add(int(changes.len() as u64)))
        .and_where(feed_head::Column::Id.eq(HEAD))
        .to_owned();
    tx.execute(&raise).await?;
    let last = head(tx).await?.last;
    let first = last - int(changes.len() as u64) + 1;
    let rows: Vec<_> = (first..).zip(changes).map(|(number, change)| to_row(number, change)).collect();
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(|row| row.into_active_model().reset_all());
        feed_entry::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    count("number of a change", last)
}

async fn head<C: ConnectionTrait>(db: &C) -> Result<feed_head::Model, Error> {
    let head = feed_head::Entity::find_by_id(HEAD).one(db).await?;
    head.ok_or_else(|| Error::stored("head of the feed", "none"))
}

async fn epochs<C: ConnectionTrait>(db: &C) -> Result<Vec<(String, u64)>, Error> {
    let rows = feed_epoch::Entity::find().order_by_asc(feed_epoch::Column::Ordinal).all(db).await?;
    rows.into_iter().map(|row| Ok((row.id, count("number of a change", row.first)?))).collect()
}

fn to_row(number: i64, change: &Change) -> feed_entry::Model {
    feed_entry::Model {
        number,
        kind: change.kind.code().to_owned(),
        dataset: change.dataset.to_string(),
        version: change.version.map(|version| int(version.0)),
        run: change.run.as_ref().map(ToString::to_string),
        at: micros(change.at),
        audience: change.audience.as_ref().map(|audience| match audience {
            Audience::User(id) => format!("user:{id}"),
            Audience::Agency(id) => format!("agency:{id}"),
        }),
        added: change.added.map(int),
        corrected: change.corrected.map(int),
        total: change.total.map(int),
    }
}

fn from_row(row: feed_entry::Model) -> Result<Change, Error> {
    let counted = |number: Option<i64>| number.map(|n| count("count of values", n)).transpose();
    let audience = row.audience.map(|text| {
        let audience = text.split_once(':').and_then(|(kind, id)| match kind {
            "user" => UserId::new(id).ok().map(Audience::User),
            "agency" => AgencyId::new(id).ok().map(Audience::Agency),
            _ => None,
        });
        coded("audience of a change", &text, audience)
    });
    Ok(Change {
        number: count("number of a change", row.number)?,
        kind: coded("kind of a change", &row.kind, ChangeKind::from_code(&row.kind))?,
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        version: counted(row.version)?.map(Version),
        run: row.run.map(|id| stored("run id", &id, RunId::new(&id))).transpose()?,
        at: row.at,
        audience: audience.transpose()?,
        added: counted(row.added)?,
        corrected: counted(row.corrected)?,
        total: counted(row.total)?,
    })
}
