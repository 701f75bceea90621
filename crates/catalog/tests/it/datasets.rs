//! Agencies, datasets and finding them by words.

use catalog::{Catalog, DatasetSearch, Error};
use model::{Access, DatasetKind, Text, Theme};
use policy::Principal;

use crate::database::{Database, agency, create_user, dataset, dataset_id, now, on_both, with_datasets};

on_both!(
    a_dataset_comes_back_as_it_was_written,
    a_dataset_needs_its_agency_and_a_free_id,
    a_dataset_keeps_its_kind_and_its_day_of_registration,
    words_are_found_without_marks_and_all_of_them_must_occur,
    filters_and_pages_hold_together,
    a_renamed_agency_is_found_by_its_new_name,
);

async fn a_dataset_comes_back_as_it_was_written(database: Database) {
    let catalog = with_datasets(&database).await;
    let written = dataset("open_one", "srhmc", Access::Open);
    assert_eq!(catalog.dataset(&written.id).await.unwrap(), Some(written.clone()));
    assert_eq!(catalog.dataset(&written.id).await.unwrap(), Some(written), "from memory");
    assert_eq!(catalog.dataset(&dataset_id("nowhere")).await.unwrap(), None);
    let ids: Vec<String> = catalog.datasets().await.unwrap().iter().map(|d| d.id.to_string()).collect();
    assert_eq!(ids, ["hidden_one", "open_one", "shared_one"]);
    let there = agency("srhmc", "Đài Nam Bộ", "Southern Centre");
    assert_eq!(catalog.agency(&there.id).await.unwrap(), Some(there));
    assert_eq!(catalog.agencies().await.unwrap().len(), 2);
}

async fn a_dataset_needs_its_agency_and_a_free_id(database: Database) {
    let catalog = with_datasets(&database).await;
    let orphan = catalog.create_dataset(&dataset("orphan", "nobody", Access::Open)).await;
    assert!(matches!(&orphan, Err(Error::NotFound { what }) if what == "agency `nobody`"), "{orphan:?}");
    let twice = catalog.create_dataset(&dataset("open_one", "gso", Access::Open)).await;
    assert!(
        matches!(&twice, Err(Error::Conflict { what }) if what.to_string() == "dataset `open_one`"),
        "{twice:?}"
    );
    assert_eq!(catalog.datasets().await.unwrap().len(), 3);
}

async fn a_dataset_keeps_its_kind_and_its_day_of_registration(database: Database) {
    let catalog = with_datasets(&database).await;
    let before = catalog.dataset(&dataset_id("open_one")).await.unwrap().unwrap();

    let mut changed = before.clone();
    changed.title = Text::vi_en("Mực nước", "Water level");
    changed.access = Access::Shared;
    changed.created_at = now() + chrono::TimeDelta::days(9);
    catalog.update_dataset(&changed).await.unwrap();
    let after = catalog.dataset(&before.id).await.unwrap().unwrap();
    assert_eq!(
        (&after.title, after.access, after.created_at),
        (&changed.title, Access::Shared, before.created_at)
    );

    changed.kind = DatasetKind::Features;
    assert!(matches!(catalog.update_dataset(&changed).await, Err(Error::Invalid { .. })));
    let unknown = catalog.update_dataset(&dataset("nowhere", "gso", Access::Open)).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
}

async fn found(catalog: &Catalog, text: &str) -> Vec<String> {
    let search = DatasetSearch { text: Some(text.into()), limit: 10, ..DatasetSearch::default() };
    let (datasets, total) = catalog.search_datasets(&Principal::Public, search, now()).await.unwrap();
    assert_eq!(datasets.len() as u64, total);
    datasets.iter().map(|dataset| dataset.id.to_string()).collect()
}

async fn words_are_found_without_marks_and_all_of_them_must_occur(database: Database) {
    let catalog = with_datasets(&database).await;
    let mut rice = dataset("rice_area", "gso", Access::Open);
    rice.title = Text::vi_en("Diện tích lúa", "Rice area");
    rice.description = Text::default();
    rice.source = "Niên giám 100%".into();
    catalog.create_dataset(&rice).await.unwrap();

    let both = ["open_one", "shared_one"];
    for (text, expected) in [
        ("độ mặn", &both[..]),
        ("DO MAN", &both[..]),
        ("man gio", &both[..]),
        ("ភាពប្រៃ", &both[..]),
        ("salinity centre", &both[..]),
        ("do man lua", &[]),
        ("lúa", &["rice_area"]),
        ("thong ke", &["rice_area"]),
        ("rice_area", &["rice_area"]),
        ("100%", &["rice_area"]),
        ("l_z", &[]),
        ("", &["open_one", "rice_area", "shared_one"]),
        ("%", &["open_one", "rice_area", "shared_one"]),
        ("_", &["open_one", "rice_area", "shared_one"]),
        ("'; drop table dataset; --", &[]),
    ] {
        assert_eq!(found(&catalog, text).await, expected, "{text}");
    }
    let long = "mặn ".repeat(100_000);
    assert_eq!(found(&catalog, &long).await, both);
}

async fn filters_and_pages_hold_together(database: Database) {
    let catalog = with_datasets(&database).await;
    for n in 0..25 {
        let mut more = dataset(&format!("more_{n:02}"), "gso", Access::Open);
        more.theme = if n % 5 == 0 { Theme::Society } else { Theme::Water };
        catalog.create_dataset(&more).await.unwrap();
    }
    let search =
        DatasetSearch { text: Some("mặn".into()), theme: Some(Theme::Water), ..DatasetSearch::default() };
    let mut seen = Vec::new();
    for offset in [0, 10, 20] {
        let page = DatasetSearch { offset, limit: 10, ..search.clone() };
        let (datasets, total) = catalog.search_datasets(&Principal::Public, page, now()).await.unwrap();
        assert_eq!(total, 22);
        seen.extend(datasets.into_iter().map(|dataset| dataset.id.to_string()));
    }
    assert_eq!(seen.len(), 22);
    assert!(
        seen.is_sorted() && !seen.contains(&"more_05".to_owned()) && !seen.contains(&"hidden_one".to_owned())
    );

    for (narrow, expected) in [
        (DatasetSearch { access: Some(Access::Shared), ..search.clone() }, 1),
        (DatasetSearch { access: Some(Access::Restricted), ..search.clone() }, 0),
        (DatasetSearch { kind: Some(DatasetKind::Features), ..search.clone() }, 0),
        (DatasetSearch { agency: Some(crate::database::agency_id("gso")), ..search.clone() }, 20),
        (DatasetSearch { offset: 1_000, limit: 10, ..search }, 22),
    ] {
        let (_, total) = catalog.search_datasets(&Principal::Public, narrow.clone(), now()).await.unwrap();
        assert_eq!(total, expected, "{narrow:?}");
    }
    let admin = create_user(&catalog, "em", None, policy::Role::Admin).await;
    let all = DatasetSearch { access: Some(Access::Restricted), limit: 5, ..DatasetSearch::default() };
    assert_eq!(catalog.search_datasets(&admin, all, now()).await.unwrap().1, 1);
}

async fn a_renamed_agency_is_found_by_its_new_name(database: Database) {
    let catalog = with_datasets(&database).await;
    assert!(found(&catalog, "cửu long").await.is_empty());
    catalog.put_agency(&agency("srhmc", "Đài Cửu Long", "Mekong Centre")).await.unwrap();
    assert_eq!(found(&catalog, "cuu long").await, ["open_one", "shared_one"]);
    assert!(found(&catalog, "southern").await.is_empty());
}
