//! Several nodes on one database, readers beside a writer, and databases that are not there.

use catalog::{Catalog, Error};
use model::{Run, RunState};
use policy::{Grant, GrantLevel, Principal, Purpose, Role, RowFilter, Scope};
use sea_orm::{ConnectionTrait, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::database::{Database, create_user, dataset_id, now, on_both, on_sqlite, user_id, with_datasets};
use crate::versions::run;

on_both!(
    nodes_that_start_together_both_come_up,
    what_is_withdrawn_on_one_node_ends_on_the_other,
    opening_again_keeps_everything,
    a_node_knows_its_own_runs_from_those_of_others,
    a_run_that_someone_has_ended_is_not_changed,
);

async fn nodes_that_start_together_both_come_up(database: Database) {
    let (one, other, third) = tokio::join!(database.open(), database.open(), database.open());
    for node in [one, other, third] {
        node.ping().await.unwrap();
        assert!(node.datasets().await.unwrap().is_empty());
    }
}

async fn what_is_withdrawn_on_one_node_ends_on_the_other(database: Database) {
    let one = with_datasets(&database).await;
    let lan = create_user(&one, "lan", None, Role::User).await;
    let other = database.open_eager().await;
    let reads = |node: Catalog, lan: Principal| async move {
        node.authorize(&lan, &dataset_id("hidden_one"), Purpose::Read, now()).await.is_ok()
    };
    assert!(!reads(other.clone(), lan.clone()).await);
    let grant = Grant {
        dataset: dataset_id("hidden_one"),
        user: Some(user_id("lan")),
        agency: None,
        level: GrantLevel::Read,
        rows: RowFilter::default(),
        expires_at: None,
    };
    let id = one.add_grant(&grant).await.unwrap();
    assert!(reads(other.clone(), lan.clone()).await);
    one.remove_grant(id).await.unwrap();
    assert!(!reads(other.clone(), lan.clone()).await);

    let key = one.create_key(&user_id("lan"), "", Scope::Read, None).await.unwrap();
    assert!(other.authenticate(&key, now()).await.unwrap().is_some());
    one.revoke_key(one.keys(&user_id("lan")).await.unwrap()[0].id).await.unwrap();
    assert!(other.authenticate(&key, now()).await.unwrap().is_none());
}

async fn opening_again_keeps_everything(database: Database) {
    let first = with_datasets(&database).await;
    let datasets = first.datasets().await.unwrap();
    first.close().await.unwrap();
    assert!(first.datasets().await.is_err());
    assert_eq!(database.open().await.datasets().await.unwrap(), datasets);
}

async fn named(database: &Database, node: &str) -> Catalog {
    let options = catalog::CatalogOptions { node: Some(node.into()), ..catalog::CatalogOptions::default() };
    Catalog::open_with(&database.url, options).await.unwrap()
}

async fn a_node_knows_its_own_runs_from_those_of_others(database: Database) {
    with_datasets(&database).await;
    let (one, other) = (named(&database, "one").await, named(&database, "other").await);
    let (first, second) = (run(1, "open_one"), run(2, "open_one"));
    one.open_run(&first).await.unwrap();
    other.open_run(&second).await.unwrap();
    assert_eq!(one.unfinished_runs_here().await.unwrap(), std::slice::from_ref(&first));
    // Also after a restart.
    assert_eq!(
        named(&database, "one").await.unfinished_runs_here().await.unwrap(),
        std::slice::from_ref(&first)
    );

    let seen = async || other.unfinished_runs_elsewhere().await.unwrap();
    let there = seen().await;
    assert_eq!((there.len(), &there[0].run, there[0].node.as_deref()), (1, &first, Some("one")));
    let before = there[0].beats;
    one.beat().await.unwrap();
    one.beat().await.unwrap();
    assert_eq!(seen().await[0].beats, before + 2);

    // What was opened before nodes were written down is another's.
    database.execute("UPDATE run SET node = NULL WHERE node = 'one'").await;
    assert!(one.unfinished_runs_here().await.unwrap().is_empty());
    assert_eq!(seen().await[0].node, None);
    // A node without a run under way has nothing to show.
    one.beat().await.unwrap();
    let nodes =
        database.raw().await.query_all_raw(statement(&database, "SELECT beats FROM node")).await.unwrap();
    let beats: Vec<i64> = nodes.iter().map(|row| row.try_get("", "beats").unwrap()).collect();
    assert_eq!(beats, [2]);
}

fn statement(database: &Database, sql: &str) -> sea_orm::Statement {
    let backend = if database.url.starts_with("sqlite") {
        sea_orm::DbBackend::Sqlite
    } else {
        sea_orm::DbBackend::Postgres
    };
    sea_orm::Statement::from_string(backend, sql)
}

async fn a_run_that_someone_has_ended_is_not_changed(database: Database) {
    let catalog = with_datasets(&database).await;
    let mut run = run(1, "open_one");
    catalog.open_run(&run).await.unwrap();
    run.sheets = vec!["Bảng 1".into()];
    assert!(catalog.update_run_under_way(&run).await.unwrap());
    assert_eq!(catalog.unfinished_runs_here().await.unwrap(), [run.clone()]);

    run.state = RunState::Failed;
    assert!(catalog.update_run_under_way(&run).await.unwrap());
    let late = Run { state: RunState::Done, ..run.clone() };
    assert!(!catalog.update_run_under_way(&late).await.unwrap());
    assert_eq!(catalog.run(&run.id).await.unwrap(), Some(run));
    let unknown = crate::versions::run(2, "open_one");
    assert!(matches!(catalog.update_run_under_way(&unknown).await, Err(Error::NotFound { .. })));
}

#[test]
fn readers_do_not_wait_for_a_writer_of_sqlite() {
    on_sqlite(|database| async move {
        let catalog = with_datasets(&database).await;
        let raw = database.raw().await;
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let writer = raw.begin_with_options(immediate).await.unwrap();
        writer.execute_unprepared("UPDATE dataset SET licence = 'other'").await.unwrap();
        let read = tokio::time::timeout(std::time::Duration::from_secs(2), catalog.datasets());
        let datasets = read.await.expect("the reader was not blocked").unwrap();
        assert!(datasets.iter().all(|dataset| dataset.licence == "CC-BY-4.0"));

        // A write waits for its turn and then succeeds.
        let waiting = catalog.clone();
        let write = tokio::spawn(async move { create_user(&waiting, "lan", None, Role::User).await });
        writer.commit().await.unwrap();
        write.await.unwrap();
        assert_eq!(catalog.users().await.unwrap().len(), 1);
    });
}

#[test]
fn a_catalogue_in_memory_reads_and_writes_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let catalog = with_datasets(&Database { url: "sqlite::memory:".into() }).await;
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let catalog = catalog.clone();
                tokio::spawn(async move {
                    create_user(&catalog, &format!("user_{n}"), None, Role::User).await;
                    catalog.visible_datasets(&Principal::Public, now()).await.unwrap().len()
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 2);
        }
        assert_eq!(catalog.users().await.unwrap().len(), 20);
    });
}

#[test]
fn an_address_that_cannot_be_opened_says_why() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let open = |url: &str| runtime.block_on(Catalog::open(url)).unwrap_err();
    assert!(matches!(open("mysql://localhost/x"), Error::Invalid { what, .. } if what.contains("mysql")));
    assert!(matches!(open("catalog.sqlite"), Error::Invalid { .. }));
    assert!(open("sqlite:///nowhere/at/all/catalog.sqlite?mode=rwc").is_retryable());
    assert!(open("postgres://nobody@127.0.0.1:1/x").is_retryable());
    let secret = format!("{:?}", open("postgres://lan:chinconrong@127.0.0.1:1/x"));
    assert!(!secret.contains("chinconrong"), "{secret}");
}
