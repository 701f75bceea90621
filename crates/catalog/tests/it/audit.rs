//! The audit chain notices what was changed, cut off or slipped in.

use catalog::{AuditEntry, Catalog};

use crate::database::{Database, now, on_both};

on_both!(
    entries_come_back_in_order_and_in_pages,
    a_changed_entry_is_noticed,
    a_removed_entry_is_noticed_wherever_it_was,
    entries_of_many_at_once_make_one_chain,
    entries_of_two_nodes_make_one_chain,
);

fn entry(n: usize) -> AuditEntry {
    AuditEntry {
        at: now() + chrono::TimeDelta::seconds(n as i64),
        actor: "lan".into(),
        action: "grant.added".into(),
        subject: format!("dataset:d{n}"),
        detail: "để làm báo cáo".into(),
    }
}

async fn append(catalog: &Catalog, count: usize) {
    for n in 1..=count {
        catalog.append_audit(entry(n)).await.unwrap();
    }
}

async fn entries_come_back_in_order_and_in_pages(database: Database) {
    let catalog = database.open().await;
    assert_eq!(catalog.verify_audit().await.unwrap(), 0);
    append(&catalog, 5).await;
    let newest = catalog.audit(2, None).await.unwrap();
    assert_eq!(newest.iter().map(|record| record.number).collect::<Vec<_>>(), [5, 4]);
    assert_eq!(newest[0].entry, entry(5));
    let older = catalog.audit(10, Some(4)).await.unwrap();
    assert_eq!(older.iter().map(|record| record.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(catalog.verify_audit().await.unwrap(), 5);
    assert_eq!(database.open().await.verify_audit().await.unwrap(), 5);
}

async fn broken_after(database: &Database, sql: &str) -> String {
    database.execute(sql).await;
    let catalog = database.open().await;
    let error = catalog.verify_audit().await.unwrap_err();
    std::error::Error::source(&error).expect("a broken chain says where").to_string()
}

async fn a_changed_entry_is_noticed(database: Database) {
    append(&database.open().await, 5).await;
    let said = broken_after(&database, "UPDATE audit_entry SET actor = 'binh' WHERE number = 3").await;
    assert!(said.contains("entry 3"), "{said}");
}

async fn a_removed_entry_is_noticed_wherever_it_was(database: Database) {
    append(&database.open().await, 5).await;
    let said = broken_after(&database, "DELETE FROM audit_entry WHERE number = 5").await;
    assert!(said.contains("entry 5"), "the end: {said}");
    let said = broken_after(&database, "DELETE FROM audit_entry WHERE number = 2").await;
    assert!(said.contains("entry 2"), "the middle: {said}");
    let said = broken_after(&database, "DELETE FROM audit_entry").await;
    assert!(said.contains("entry 1"), "all: {said}");
}

async fn entries_of_many_at_once_make_one_chain(database: Database) {
    let catalog = database.open().await;
    let writers: Vec<_> = (0..200)
        .map(|n| {
            let catalog = catalog.clone();
            tokio::spawn(async move { catalog.append_audit(entry(n)).await.unwrap() })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(catalog.verify_audit().await.unwrap(), 200);
    let mut subjects: Vec<_> =
        catalog.audit(1_000, None).await.unwrap().into_iter().map(|record| record.entry.subject).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 200, "each once");
}

async fn entries_of_two_nodes_make_one_chain(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    tokio::join!(append(&one, 20), append(&other, 20));
    assert_eq!(one.verify_audit().await.unwrap(), 40);
}
