//! How long history is promised, and what products refer to.

use catalog::Error;
use model::{RunId, Version, VersionInfo};

use crate::database::{Database, dataset_id, now, on_both, with_datasets};
use crate::versions::run;

on_both!(history_is_kept_for_ever_unless_less_is_promised, what_products_were_made_from_is_pinned,);

async fn history_is_kept_for_ever_unless_less_is_promised(database: Database) {
    let catalog = with_datasets(&database).await;
    let id = dataset_id("open_one");
    assert_eq!(catalog.keep_history(&id).await.unwrap(), None);
    let short = catalog.set_keep_history(&id, Some(1), "lan", now()).await;
    assert!(matches!(short, Err(Error::Invalid { .. })), "{short:?}");
    catalog.set_keep_history(&id, Some(400), "lan", now()).await.unwrap();
    assert_eq!(catalog.keep_history(&id).await.unwrap(), Some(400));
    assert_eq!(catalog.keep_history(&dataset_id("shared_one")).await.unwrap(), None);
    catalog.set_keep_history(&id, None, "lan", now()).await.unwrap();
    assert_eq!(database.open().await.keep_history(&id).await.unwrap(), None);
    let nowhere = catalog.set_keep_history(&dataset_id("nowhere"), Some(400), "lan", now()).await;
    assert!(matches!(nowhere, Err(Error::NotFound { .. })), "{nowhere:?}");
    assert_eq!(catalog.verify_audit().await.unwrap(), 2, "both promises are in the audit chain");
}

async fn what_products_were_made_from_is_pinned(database: Database) {
    let catalog = with_datasets(&database).await;
    let (product, source) = (dataset_id("open_one"), dataset_id("shared_one"));
    assert_eq!(catalog.pinned_versions(&source).await.unwrap(), []);
    let mut made = run(1, "open_one");
    made.pinned = vec![(source.clone(), Version(9))];
    catalog.open_run(&made).await.unwrap();
    for (number, pins) in [
        (1, vec![(source.clone(), Version(4))]),
        (2, vec![(source.clone(), Version(2)), (product.clone(), Version(1))]),
    ] {
        let info = VersionInfo {
            dataset: product.clone(),
            version: Version(number),
            run: RunId::new(made.id.as_str()).unwrap(),
            committed_at: now(),
            committed_by: None,
            added: 1,
            corrected: 0,
            total: number,
            pinned: pins,
        };
        catalog.record_version(&info).await.unwrap();
    }
    assert_eq!(catalog.pinned_versions(&source).await.unwrap(), [Version(2), Version(4), Version(9)]);
    assert_eq!(catalog.pinned_versions(&product).await.unwrap(), [Version(1)]);
}
