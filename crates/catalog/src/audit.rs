//! The audit chain: who did what, in an order that cannot be changed without being noticed.
//!
//! Entry *n* holds the SHA-256 of entry *n − 1*'s hash and its own fields, so that changing,
//! removing or inserting an entry breaks every hash after it; the head says which entry is the last,
//! so that cutting the end off is noticed too. Whoever can write to the database can of course make
//! a whole new chain: keep the head's hash somewhere else from time to time to notice that.
//!
//! An entry is durable before what it tells of is answered, but for one kind: the refusal of what the
//! asker may not know of. Were it written first, the time of the answer would tell a thing that is hidden
//! from one that is not there. It is written within a second, before any later entry, before anybody
//! reads the chain here, and before the node ends; a node that is cut off loses at most those of the
//! last second, to which nothing was given.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::entity::{audit_entry, audit_head};
use crate::row::{count, int, micros};
use crate::{Catalog, Error};

/// The one row of the head.
const HEAD: i32 = 1;
/// Entries read at a time when the chain is verified.
const PAGE: u64 = 5_000;
/// How long a refusal that tells nothing waits before it is written.
const PAUSE: Duration = Duration::from_secs(1);
/// Refusals that wait at most, while the database takes none.
const MOST_UNTOLD: usize = 10_000;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a user's name, `public` or `system`.
    pub actor: String,
    /// What, as a stable code: `write.allowed`, `read.denied`, `grant.added`, …
    pub action: String,
    /// To what: `dataset:salinity_hourly`, `user:lan`, …
    pub subject: String,
    /// What else an auditor should know; never a secret.
    pub detail: String,
}

/// An entry in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place, from 1.
    pub number: u64,
    /// The entry.
    pub entry: AuditEntry,
    /// The hash of it and of all before it, in hexadecimal.
    pub hash: String,
}

/// Entries that wait to be written. Those that arrive while others are being written go together
/// into the next transaction, so that the chain does not bound how many requests a node answers.
#[derive(Default)]
pub(crate) struct Journal {
    waiting: parking_lot::Mutex<Vec<(AuditEntry, oneshot::Sender<()>)>>,
    /// Entries that nobody waits for, in order.
    untold: parking_lot::Mutex<Vec<AuditEntry>>,
    turn: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// Appends an entry; it is durable when this returns.
    pub async fn append_audit(&self, entry: AuditEntry) -> Result<(), Error> {
        let (done, mut written) = oneshot::channel();
        self.inner.journal.waiting.lock().push((entry.clone(), done));
        let _turn = self.inner.journal.turn.lock().await;
        match written.try_recv() {
            Ok(()) => Ok(()),
            Err(oneshot::error::TryRecvError::Closed) => self.write_with_untold(&[entry]).await,
            Err(oneshot::error::TryRecvError::Empty) => {
                let waiting = std::mem::take(&mut *self.inner.journal.waiting.lock());
                let (entries, waiters): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
                // When this fails the senders are dropped, and each of the others writes its own.
                self.write_with_untold(&entries).await?;
                for waiter in waiters {
                    // Whoever went away meanwhile does not need to be told.
                    let _ = waiter.send(());
                }
                Ok(())
            }
        }
    }

    /// Writes what waits to be written, as before a node ends.
    pub async fn settle_audit(&self) -> Result<(), Error> {
        if self.inner.journal.untold.lock().is_empty() {
            return Ok(());
        }
        let _turn = self.inner.journal.turn.lock().await;
        self.write_with_untold(&[]).await
    }

    /// Notes an entry that is written within a second, and returns at once.
    pub(crate) fn append_audit_untold(&self, entry: AuditEntry) {
        let mut untold = self.inner.journal.untold.lock();
        if untold.len() >= MOST_UNTOLD {
            tracing::error!(
                audit.action = entry.action,
                audit.actor = entry.actor,
                audit.subject = entry.subject,
                "a refusal is not in the audit chain: the catalogue takes no entries"
            );
            return;
        }
        untold.push(entry);
        if untold.len() > 1 {
            return;
        }
        drop(untold);
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                let Some(inner) = inner.upgrade() else { return };
                match (Catalog { inner }).settle_audit().await {
                    Ok(()) => return,
                    Err(error) => tracing::error!(%error, "refusals wait to be written to the audit chain"),
                }
            }
        });
    }

    /// Writes what waits without anybody waiting for it, and then the entries; all or none. For
    /// whoever's turn it is.
    async fn write_with_untold(&self, entries: &[AuditEntry]) -> Result<(), Error> {
        let untold = std::mem::take(&mut *self.inner.journal.untold.lock());
        let all: Vec<AuditEntry> = untold.iter().chain(entries).cloned().collect();
        if all.is_empty() {
            return Ok(());
        }
        let written = self.write_audit(&all).await;
        if written.is_err() {
            let mut waiting = self.inner.journal.untold.lock();
            let since = std::mem::replace(&mut *waiting, untold);
            waiting.extend(since);
        }
        written
    }

    /// The newest entries, or those before a number, newest first.
    pub async fn audit(&self, limit: u64, before: Option<u64>) -> Result<Vec<AuditRecord>, Error> {
        self.settle_audit().await?;
        let mut query = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Number);
        if let Some(before) = before {
            query = query.filter(audit_entry::Column::Number.lt(int(before)));
        }
        query.limit(limit).all(self.reader()).await?.into_iter().map(from_row).collect()
    }

    /// Reads the whole chain and returns how many entries it has; an error names the first that
    /// does not fit.
    pub async fn verify_audit(&self) -> Result<u64, Error> {
        self.settle_audit().await?;
        let broken = |number: i64| Error::Internal(Box::new(BrokenChain { number }));
        // The head first: entries that are added while this reads are not missed, only not counted.
        let head = audit_head::Entity::find_by_id(HEAD).one(self.reader()).await?;
        let head = head.ok_or_else(|| broken(0))?;
        let (mut number, mut hash) = (0, String::new());
        while number < head.number {
            let page = audit_entry::Entity::find()
                .filter(audit_entry::Column::Number.gt(number))
                .filter(audit_entry::Column::Number.lte(head.number))
                .order_by_asc(audit_entry::Column::Number)
                .limit(PAGE)
                .all(self.reader())
                .await?;
            if page.is_empty() {
                return Err(broken(number + 1));
            }
            for row in page {
                let expected = number + 1;
                let record = from_row(row)?;
                if int(record.number) != expected || record.hash != link(&hash, expected, &record.entry) {
                    return Err(broken(expected));
                }
                (number, hash) = (expected, record.hash);
            }
        }
        if hash != head.hash {
            return Err(broken(head.number));
        }
        count("number of an audit entry", number)
    }

    async fn write_audit(&self, entries: &[AuditEntry]) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        // The row's lock orders the writers of several nodes; SQLite has one writer anyway.
        let head = audit_head::Entity::find_by_id(HEAD).lock_exclusive().one(&write.tx).await?;
        let Some(mut head) = head else { return Err(Error::stored("audit head", "")) };
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            head.number += 1;
            let entry = AuditEntry { at: micros(entry.at), ..entry.clone() };
            head.hash = link(&head.hash, head.number, &entry);
            rows.push(audit_entry::Model {
                number: head.number,
                at: entry.at,
                actor: entry.actor,
                action: entry.action,
                subject: entry.subject,
                detail: entry.detail,
                hash: head.hash.clone(),
            });
        }
        for chunk in rows.chunks(1_000) {
            let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
            audit_entry::Entity::insert_many(rows).exec_without_returning(&write.tx).await?;
        }
        head.into_active_model().reset_all().update(&write.tx).await?;
        write.commit().await
    }
}

/// The chain does not fit from here on.
#[derive(Debug, thiserror::Error)]
#[error("the audit chain is broken at entry {number}: it was changed, or entries are missing")]
pub(crate) struct BrokenChain {
    pub(crate) number: i64,
}

/// The hash of an entry after the one with the hash `before`. Every field is preceded by its
/// length, so that no two entries are hashed from the same bytes.
fn link(before: &str, number: i64, entry: &AuditEntry) -> String {
    let mut hash = Sha256::new();
    hash.update(b"cuulong audit 1");
    hash.update(number.to_be_bytes());
    hash.update(entry.at.timestamp_micros().to_be_bytes());
    for field in [before, &entry.actor, &entry.action, &entry.subject, &entry.detail] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex::encode(hash.finalize())
}

fn from_row(row: audit_entry::Model) -> Result<AuditRecord, Error> {
    let entry = AuditEntry {
        at: row.at,
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        detail: row.detail,
    };
    Ok(AuditRecord { number: count("number of an audit entry", row.number)?, entry, hash: row.hash })
}
