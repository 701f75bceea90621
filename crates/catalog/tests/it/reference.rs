//! Reference facts: taken over once, upgraded in place, read back as they were.

use catalog::{Reference, ReferenceChanges};

use crate::database::{Database, on_both};

on_both!(
    the_builtin_reference_comes_back_row_for_row,
    an_upgrade_adds_changes_and_removes_what_differs,
    nodes_that_take_over_together_agree,
    a_gazetteer_that_was_handed_out_does_not_change,
);

/// Rows of any kind in one order, as text: enough to compare and to read when they differ.
fn sorted<T: std::fmt::Debug>(rows: &[T]) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

async fn the_builtin_reference_comes_back_row_for_row(database: Database) {
    let catalog = database.open().await;
    let reference = Reference::builtin().unwrap();
    let changes = catalog.apply_reference(&reference).await.unwrap();
    let rows = [
        reference.agencies.len(),
        reference.sectors.len(),
        reference.places.len(),
        reference.parents.len(),
        reference.crosswalk.len(),
        reference.fragments.len(),
        reference.populations.len(),
        reference.stations.len(),
        reference.properties.len(),
        reference.plausible_ranges.len(),
        reference.thresholds.len(),
        reference.qc_defaults.len(),
        reference.river_stations.len(),
    ];
    assert!(rows.iter().all(|count| *count > 0), "{rows:?}");
    let added = rows.iter().sum::<usize>() as u64;
    assert_eq!(changes, ReferenceChanges { added, changed: 0, removed: 0 });
    assert_eq!(catalog.apply_reference(&reference).await.unwrap(), ReferenceChanges::default());

    for node in [catalog, database.open().await] {
        let gazetteer = node.gazetteer().await.unwrap();
        assert_eq!(sorted(&gazetteer.sectors), sorted(&reference.sectors));
        assert_eq!(sorted(&gazetteer.places), sorted(&reference.places));
        assert_eq!(sorted(&gazetteer.parents), sorted(&reference.parents));
        assert_eq!(sorted(&gazetteer.crosswalk), sorted(&reference.crosswalk));
        assert_eq!(sorted(&gazetteer.fragments), sorted(&reference.fragments));
        assert_eq!(sorted(&gazetteer.populations), sorted(&reference.populations));
        assert_eq!(sorted(&gazetteer.stations), sorted(&reference.stations));
        assert_eq!(sorted(&gazetteer.properties), sorted(&reference.properties));
        assert_eq!(sorted(&gazetteer.plausible_ranges), sorted(&reference.plausible_ranges));
        assert_eq!(sorted(&gazetteer.thresholds), sorted(&reference.thresholds));
        assert_eq!(sorted(&gazetteer.qc_defaults), sorted(&reference.qc_defaults));
        assert_eq!(sorted(&gazetteer.river_stations), sorted(&reference.river_stations));
        let ids: Vec<&str> = gazetteer.places.iter().map(|place| place.id.as_str()).collect();
        assert!(ids.is_sorted(), "places are in the order of their ids");
        assert_eq!(node.agencies().await.unwrap().len(), reference.agencies.len());
    }
}

/// A folder with the project's reference, changed by `edit(file, text)`.
fn edited(edit: impl Fn(&str, String) -> String) -> Reference {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reference");
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(folder.path().join(name), edit(name, text)).unwrap();
        }
    }
    Reference::load(folder.path()).unwrap()
}

async fn an_upgrade_adds_changes_and_removes_what_differs(database: Database) {
    let catalog = database.open().await;
    catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
    let last_line = |text: &str| text.trim_end().rsplit('\n').next().unwrap().to_owned();
    let newer = edited(|name, text| match name {
        // A station gets another English name.
        "stations.csv" => text.replacen(",Tan Chau,", ",Tan Chau gauge,", 1),
        // A limit is withdrawn.
        "thresholds_mrc.csv" => text.replace(&last_line(&text), ""),
        _ => text,
    });
    let removed = Reference::builtin().unwrap().thresholds.len() - newer.thresholds.len();
    assert!(removed > 0);
    let changes = catalog.apply_reference(&newer).await.unwrap();
    assert_eq!(changes, ReferenceChanges { added: 0, changed: 1, removed: removed as u64 });

    let gazetteer = catalog.gazetteer().await.unwrap();
    assert_eq!(sorted(&gazetteer.thresholds), sorted(&newer.thresholds));
    let station = gazetteer.places.iter().find(|place| place.id.as_str() == "station:tan_chau").unwrap();
    assert_eq!(station.name.en.as_deref(), Some("Tan Chau gauge"));

    let back = catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
    assert_eq!(back, ReferenceChanges { added: removed as u64, changed: 1, removed: 0 });
}

async fn nodes_that_take_over_together_agree(database: Database) {
    let (one, other) = (database.open().await, database.open().await);
    let reference = Reference::builtin().unwrap();
    let (first, second) = tokio::join!(one.apply_reference(&reference), other.apply_reference(&reference));
    first.unwrap();
    second.unwrap();
    let gazetteer = database.open().await.gazetteer().await.unwrap();
    assert_eq!(gazetteer.places.len(), reference.places.len());
    assert_eq!(gazetteer.crosswalk.len(), reference.crosswalk.len());
}

async fn a_gazetteer_that_was_handed_out_does_not_change(database: Database) {
    let catalog = database.open().await;
    let other = database.open_eager().await;
    let before = other.gazetteer().await.unwrap();
    assert!(before.places.is_empty());
    catalog.apply_reference(&Reference::builtin().unwrap()).await.unwrap();
    assert!(before.places.is_empty());
    let after = other.gazetteer().await.unwrap();
    assert!(!after.places.is_empty(), "another node reads again");
    assert!(std::sync::Arc::ptr_eq(&after, &other.gazetteer().await.unwrap()), "and then holds it");
}
