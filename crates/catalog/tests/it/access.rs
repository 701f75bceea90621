//! The gate: who gets a permit, who learns that a dataset exists, and what is written down.

use catalog::{Catalog, Error};
use chrono::TimeDelta;
use model::{Access, PlaceId, PropertyCode};
use policy::{Denial, Grant, GrantLevel, Principal, Purpose, Role, RowFilter, Scope};
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::database::{
    Database, agency_id, create_user, dataset, dataset_id, hours, now, on_both, principal, user_id,
    with_datasets,
};

on_both!(
    a_hidden_dataset_is_answered_like_one_that_does_not_exist,
    a_hidden_dataset_is_asked_for_like_one_that_does_not_exist,
    a_refusal_that_tells_nothing_does_not_wait_for_the_audit_chain,
    what_is_listed_is_exactly_what_may_be_described,
    a_grant_opens_its_rows_until_it_ends_or_is_withdrawn,
    a_grant_to_an_agency_reaches_its_users_only,
    a_grant_is_for_someone_who_exists,
    a_grant_with_a_condition_from_the_future_opens_nothing,
    writes_and_refusals_are_written_down_once_a_minute,
    a_class_that_changes_takes_effect_at_once,
);

fn grant(dataset: &str, user: Option<&str>, agency: Option<&str>, rows: RowFilter) -> Grant {
    Grant {
        dataset: dataset_id(dataset),
        user: user.map(user_id),
        agency: agency.map(agency_id),
        level: GrantLevel::Read,
        rows,
        expires_at: None,
    }
}

async fn a_hidden_dataset_is_answered_like_one_that_does_not_exist(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    for principal in [&Principal::Public, &lan] {
        for purpose in [Purpose::Describe, Purpose::Read, Purpose::Write] {
            let hidden =
                catalog.authorize(principal, &dataset_id("hidden_one"), purpose, now()).await.unwrap_err();
            let nowhere =
                catalog.authorize(principal, &dataset_id("nowhere"), purpose, now()).await.unwrap_err();
            assert!(matches!(hidden, Error::NotFound { .. }));
            assert_eq!(hidden.to_string().replace("hidden_one", "nowhere"), nowhere.to_string());
        }
    }
    let public = |id: &'static str, purpose| {
        let catalog = catalog.clone();
        async move { catalog.authorize(&Principal::Public, &dataset_id(id), purpose, now()).await }
    };
    assert!(public("open_one", Purpose::Read).await.unwrap().may_read());
    assert!(matches!(public("shared_one", Purpose::Read).await, Err(Error::Denied(Denial::SignIn))));
    assert!(matches!(public("open_one", Purpose::Write).await, Err(Error::Denied(Denial::SignIn))));
    let denied = catalog.authorize(&lan, &dataset_id("open_one"), Purpose::Write, now()).await;
    assert!(matches!(denied, Err(Error::Denied(Denial::NoGrant))));
}

/// A question to the database shows where the database cannot answer it: whatever is asked for the one is
/// asked for the other, also when the hidden one is in memory.
async fn a_hidden_dataset_is_asked_for_like_one_that_does_not_exist(database: Database) {
    let catalog = with_datasets(&database).await;
    let ask = |id: &'static str| {
        let catalog = catalog.clone();
        async move { catalog.authorize(&Principal::Public, &dataset_id(id), Purpose::Read, now()).await }
    };
    assert!(catalog.dataset(&dataset_id("hidden_one")).await.unwrap().is_some(), "it is in memory now");
    for table in ["dataset", "dataset_grant"] {
        database.execute(&format!("ALTER TABLE {table} RENAME TO away")).await;
        for id in ["hidden_one", "nowhere"] {
            let answer = ask(id).await;
            assert!(matches!(answer, Err(Error::Internal(_))), "{id} without {table}: {answer:?}");
        }
        database.execute(&format!("ALTER TABLE away RENAME TO {table}")).await;
    }
    for id in ["hidden_one", "nowhere"] {
        assert!(matches!(ask(id).await, Err(Error::NotFound { .. })), "{id}");
    }
}

async fn a_refusal_that_tells_nothing_does_not_wait_for_the_audit_chain(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    let raw = database.raw().await;
    let writer = raw.begin().await.unwrap();
    writer.execute_unprepared("UPDATE audit_head SET number = number").await.unwrap();
    for id in ["hidden_one", "nowhere"] {
        let answer = catalog.authorize(&lan, &dataset_id(id), Purpose::Read, now()).await;
        assert!(matches!(answer, Err(Error::NotFound { .. })), "{id}: {answer:?}");
    }
    writer.rollback().await.unwrap();
    raw.close().await.unwrap();
    // Whoever reads the chain reads it with what waited.
    let written = catalog.audit(10, None).await.unwrap();
    let subjects: Vec<&str> = written.iter().map(|record| record.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["dataset:hidden_one"]);
    assert_eq!(catalog.verify_audit().await.unwrap(), 1);
}

async fn what_is_listed_is_exactly_what_may_be_described(database: Database) {
    let catalog = with_datasets(&database).await;
    catalog.put_agency(&crate::database::agency("foreign", "Nước ngoài", "Foreign")).await.unwrap();
    for (n, (agency, access)) in ["srhmc", "gso", "foreign"]
        .into_iter()
        .flat_map(|a| Access::ALL.map(|access| (a, access)))
        .enumerate()
    {
        catalog.create_dataset(&dataset(&format!("matrix_{n}"), agency, access)).await.unwrap();
    }
    let principals = [
        Principal::Public,
        Principal::System,
        create_user(&catalog, "lan", None, Role::User).await,
        create_user(&catalog, "binh", Some("gso"), Role::User).await,
        create_user(&catalog, "chi", Some("srhmc"), Role::Provider).await,
        create_user(&catalog, "dung", Some("foreign"), Role::Auditor).await,
        create_user(&catalog, "em", None, Role::Admin).await,
        principal("em", None, Role::Admin, Scope::Read),
    ];
    let ended = Some(now() - hours(1));
    for (dataset, user, agency, expires_at) in [
        ("hidden_one", Some("lan"), None, None),
        ("matrix_5", Some("lan"), None, ended),
        ("matrix_8", None, Some("gso"), None),
        ("matrix_2", None, Some("gso"), ended),
    ] {
        let grant = Grant { expires_at, ..grant(dataset, user, agency, RowFilter::default()) };
        catalog.add_grant(&grant).await.unwrap();
    }
    let all = catalog.datasets().await.unwrap();
    assert_eq!(all.len(), 12);
    let mut sizes = Vec::new();
    for principal in &principals {
        let listed = catalog.visible_datasets(principal, now()).await.unwrap();
        for dataset in &all {
            let described = catalog.authorize(principal, &dataset.id, Purpose::Describe, now()).await.is_ok();
            assert_eq!(listed.contains(dataset), described, "{} {}", principal.name(), dataset.id);
        }
        let search = catalog::DatasetSearch { limit: 100, ..catalog::DatasetSearch::default() };
        let (searched, total) = catalog.search_datasets(principal, search, now()).await.unwrap();
        assert_eq!((&searched, total), (&listed, listed.len() as u64), "{}", principal.name());
        sizes.push(listed.len());
    }
    // Public 8; lan one by grant; binh matrix_5 of the own agency and matrix_8 by grant; chi both of
    // srhmc; dung the one of the own agency.
    assert_eq!(sizes, [8, 12, 9, 10, 10, 9, 12, 12]);
}

async fn read(catalog: &Catalog, principal: &Principal, dataset: &str) -> Result<RowFilter, Error> {
    let permit = catalog.authorize(principal, &dataset_id(dataset), Purpose::Read, now()).await?;
    assert_eq!(permit.dataset().as_str(), dataset);
    Ok(permit.rows().clone())
}

async fn a_grant_opens_its_rows_until_it_ends_or_is_withdrawn(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    assert!(read(&catalog, &lan, "hidden_one").await.is_err());

    let rows = RowFilter {
        places: Some(vec![PlaceId::new("station:cau_noi").unwrap(), PlaceId::new("vn2025:92").unwrap()]),
        properties: Some(vec![PropertyCode::new("salinity").unwrap()]),
        before: Some(now() - hours(24)),
    };
    let mut given = grant("hidden_one", Some("lan"), None, rows.clone());
    given.expires_at = Some(now() + hours(1));
    let id = catalog.add_grant(&given).await.unwrap();
    assert_eq!(read(&catalog, &lan, "hidden_one").await.unwrap(), rows);
    assert_eq!(catalog.grants(Some(&given.dataset)).await.unwrap(), [(id, given.clone())]);
    assert_eq!(catalog.grants(None).await.unwrap(), [(id, given.clone())]);
    assert!(catalog.grants(Some(&dataset_id("open_one"))).await.unwrap().is_empty());

    let later = now() + hours(1);
    let ended = catalog.authorize(&lan, &given.dataset, Purpose::Read, later).await;
    assert!(matches!(ended, Err(Error::NotFound { .. })), "a grant ends by itself");

    catalog.remove_grant(id).await.unwrap();
    assert!(matches!(read(&catalog, &lan, "hidden_one").await, Err(Error::NotFound { .. })));
    assert!(matches!(catalog.remove_grant(id).await, Err(Error::NotFound { .. })));
}

async fn a_grant_to_an_agency_reaches_its_users_only(database: Database) {
    let catalog = with_datasets(&database).await;
    let binh = create_user(&catalog, "binh", Some("gso"), Role::User).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    catalog.add_grant(&grant("hidden_one", None, Some("gso"), RowFilter::default())).await.unwrap();
    assert!(read(&catalog, &binh, "hidden_one").await.is_ok());
    assert!(read(&catalog, &lan, "hidden_one").await.is_err());
}

async fn a_grant_is_for_someone_who_exists(database: Database) {
    let catalog = with_datasets(&database).await;
    create_user(&catalog, "lan", None, Role::User).await;
    let nothing = RowFilter::default;
    for (grant, missing) in [
        (grant("hidden_one", Some("nobody"), None, nothing()), "user `nobody`"),
        (grant("hidden_one", None, Some("none"), nothing()), "agency `none`"),
        (grant("nowhere", Some("lan"), None, nothing()), "dataset `nowhere`"),
    ] {
        let refused = catalog.add_grant(&grant).await;
        assert!(matches!(&refused, Err(Error::NotFound { what }) if what == missing), "{refused:?}");
    }
    for grant in
        [grant("open_one", None, None, nothing()), grant("open_one", Some("lan"), Some("gso"), nothing())]
    {
        assert!(matches!(catalog.add_grant(&grant).await, Err(Error::Invalid { .. })));
    }
    assert!(catalog.grants(None).await.unwrap().is_empty());
}

async fn a_grant_with_a_condition_from_the_future_opens_nothing(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    catalog.add_grant(&grant("hidden_one", Some("lan"), None, RowFilter::default())).await.unwrap();
    database.execute(r#"UPDATE dataset_grant SET rows = '{"within_km": 5}'"#).await;
    let again = database.open().await;
    assert!(matches!(read(&again, &lan, "hidden_one").await, Err(Error::Internal(_))));
}

async fn writes_and_refusals_are_written_down_once_a_minute(database: Database) {
    let catalog = with_datasets(&database).await;
    let lan = create_user(&catalog, "lan", None, Role::User).await;
    let chi = create_user(&catalog, "chi", Some("srhmc"), Role::Provider).await;
    let ask = |principal: Principal, id: &'static str, purpose, seconds| {
        let catalog = catalog.clone();
        async move {
            let at = now() + TimeDelta::seconds(seconds);
            catalog.authorize(&principal, &dataset_id(id), purpose, at).await.is_ok()
        }
    };
    for (principal, id, purpose, seconds, allowed) in [
        (&chi, "hidden_one", Purpose::Write, 0, true),
        (&chi, "hidden_one", Purpose::Write, 1, true),
        (&chi, "hidden_one", Purpose::Read, 1, true),
        (&lan, "shared_one", Purpose::Read, 2, false),
        (&lan, "shared_one", Purpose::Read, 3, false),
        (&lan, "shared_one", Purpose::Write, 4, false),
        (&lan, "hidden_one", Purpose::Read, 5, false),
        (&lan, "nowhere", Purpose::Read, 6, false),
        (&Principal::Public, "shared_one", Purpose::Read, 7, false),
        (&chi, "hidden_one", Purpose::Write, 62, true),
        (&lan, "shared_one", Purpose::Read, 63, false),
    ] {
        assert_eq!(ask(principal.clone(), id, purpose, seconds).await, allowed, "{id} {purpose:?} {seconds}");
    }
    let mut written: Vec<String> = catalog
        .audit(100, None)
        .await
        .unwrap()
        .into_iter()
        .map(|record| {
            let seconds = (record.entry.at - now()).num_seconds();
            format!(
                "{seconds} {} {} {} {}",
                record.entry.actor, record.entry.action, record.entry.subject, record.entry.detail
            )
        })
        .collect();
    written.reverse();
    assert_eq!(
        written,
        [
            "0 chi write.allowed dataset:hidden_one write.owner",
            "2 lan read.denied dataset:shared_one read.none",
            "4 lan write.denied dataset:shared_one write.none",
            "5 lan read.denied dataset:hidden_one restricted.hidden",
            "62 chi write.allowed dataset:hidden_one write.owner",
            "63 lan read.denied dataset:shared_one read.none",
        ]
    );
    assert_eq!(catalog.verify_audit().await.unwrap(), 6);
}

async fn a_class_that_changes_takes_effect_at_once(database: Database) {
    let catalog = with_datasets(&database).await;
    assert!(read(&catalog, &Principal::Public, "open_one").await.is_ok());
    catalog.update_dataset(&dataset("open_one", "srhmc", Access::Restricted)).await.unwrap();
    assert!(matches!(read(&catalog, &Principal::Public, "open_one").await, Err(Error::NotFound { .. })));
}
