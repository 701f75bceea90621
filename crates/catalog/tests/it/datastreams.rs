//! Datastreams: registered once, the same number everywhere, read from memory.

use catalog::{Catalog, Error, Reference};
use model::{DatastreamId, DatastreamKey, PlaceId, PropertyCode, Statistic};

use crate::database::{Database, dataset_id, on_both, with_datasets};

on_both!(
    registering_again_changes_nothing,
    a_datastream_needs_a_place_a_property_and_a_dataset_that_exist,
    thousands_are_registered_in_one_call,
    loads_at_once_register_the_same_datastreams,
    another_node_sees_new_datastreams,
);

async fn with_reference(database: &Database) -> Catalog {
    let catalog = with_datasets(database).await;
    catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
    catalog
}

fn key(dataset: &str, procedure: &str) -> DatastreamKey {
    DatastreamKey {
        dataset: dataset_id(dataset),
        place: PlaceId::new("station:tan_chau").unwrap(),
        property: PropertyCode::new("water_level").unwrap(),
        procedure: procedure.into(),
        statistic: Statistic::Max,
        period: "P1D".into(),
        unit: "cm".into(),
        datum: "Hòn Dấu".into(),
    }
}

async fn registering_again_changes_nothing(database: Database) {
    let catalog = with_reference(&database).await;
    let keys = [key("open_one", "b"), key("open_one", "a"), key("open_one", "b")];
    let registered = catalog.register_datastreams(&keys).await.unwrap();
    assert_eq!(registered.iter().map(|d| &d.key).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
    assert!(registered.iter().all(|datastream| datastream.id == datastream.key.id()));
    assert_eq!(catalog.register_datastreams(&keys).await.unwrap(), registered);

    let held = catalog.datastreams(&dataset_id("open_one")).await.unwrap();
    let mut expected = registered[..2].to_vec();
    expected.sort_by_key(|datastream| datastream.id);
    assert_eq!(*held, expected);
    assert_eq!(catalog.datastream(registered[0].id).await.unwrap(), Some(registered[0].clone()));
    assert_eq!(catalog.datastream(DatastreamId(1)).await.unwrap(), None);
    assert!(catalog.datastreams(&dataset_id("shared_one")).await.unwrap().is_empty());
    assert!(catalog.register_datastreams(&[]).await.unwrap().is_empty());

    catalog.register_datastreams(&[key("open_one", "c")]).await.unwrap();
    assert_eq!(catalog.datastreams(&dataset_id("open_one")).await.unwrap().len(), 3, "memory follows");
}

async fn a_datastream_needs_a_place_a_property_and_a_dataset_that_exist(database: Database) {
    let catalog = with_reference(&database).await;
    for bad in [
        key("nowhere", ""),
        DatastreamKey { place: PlaceId::new("station:nowhere").unwrap(), ..key("open_one", "") },
        DatastreamKey { property: PropertyCode::new("nothing").unwrap(), ..key("open_one", "") },
    ] {
        let refused = catalog.register_datastreams(&[key("open_one", "good"), bad]).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
    assert!(catalog.datastreams(&dataset_id("open_one")).await.unwrap().is_empty(), "all or none");
}

async fn thousands_are_registered_in_one_call(database: Database) {
    let catalog = with_reference(&database).await;
    let keys: Vec<DatastreamKey> = (0..5_000).map(|n| key("open_one", &format!("sensor {n}"))).collect();
    catalog.register_datastreams(&keys[..100]).await.unwrap();
    let registered = catalog.register_datastreams(&keys).await.unwrap();
    assert_eq!(registered.len(), 5_000);
    assert_eq!(catalog.datastreams(&dataset_id("open_one")).await.unwrap().len(), 5_000);
}

async fn loads_at_once_register_the_same_datastreams(database: Database) {
    let catalog = with_reference(&database).await;
    let loads: Vec<_> = (0..8)
        .map(|_| {
            let catalog = catalog.clone();
            tokio::spawn(async move {
                let keys: Vec<DatastreamKey> = (0..50).map(|n| key("open_one", &n.to_string())).collect();
                catalog.register_datastreams(&keys).await
            })
        })
        .collect();
    for load in loads {
        load.await.unwrap().unwrap();
    }
    assert_eq!(catalog.datastreams(&dataset_id("open_one")).await.unwrap().len(), 50);
}

async fn another_node_sees_new_datastreams(database: Database) {
    let catalog = with_reference(&database).await;
    let other = database.open_eager().await;
    assert!(other.datastreams(&dataset_id("open_one")).await.unwrap().is_empty());
    catalog.register_datastreams(&[key("open_one", "")]).await.unwrap();
    assert_eq!(other.datastreams(&dataset_id("open_one")).await.unwrap().len(), 1);
}
