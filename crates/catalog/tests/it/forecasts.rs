//! Forecasts by the page, and which of them may not be mixed.

use catalog::{Catalog, RunNote};
use model::{DatasetId, Forecast, Run, RunKind, RunState, Version};

use crate::database::{Database, dataset_id, hours, now, on_both, with_datasets};
use crate::versions::run;

on_both!(forecasts_are_read_by_the_page, a_run_beside_is_found_by_its_forecast_and_its_state);

/// A run that brought a forecast that was made so many hours after the first.
fn forecast(n: u64, hour: i64) -> Run {
    let made_for = now() + hours(hour);
    let forecast = Forecast { made_for, first: made_for + hours(1), last: made_for + hours(3) };
    Run {
        state: RunState::Done,
        version: Some(Version(n)),
        finished_at: Some(made_for),
        forecast: Some(forecast),
        ..run(n, "open_one")
    }
}

async fn withdraw(catalog: &Catalog, n: u64, of: &Run) {
    let withdrawal = Run {
        kind: RunKind::Withdrawal,
        state: RunState::Done,
        version: Some(Version(n)),
        ..run(n, "open_one")
    };
    catalog.open_run(&withdrawal).await.unwrap();
    let note = RunNote {
        run: withdrawal.id,
        withdraws: Some(of.id.clone()),
        reason: "wrong".to_owned(),
        removed: 1,
        restored: 0,
        kept: 0,
        flagged: 0,
        quality: None,
    };
    catalog.put_run_note(&note).await.unwrap();
}

async fn forecasts_are_read_by_the_page(database: Database) {
    let catalog = with_datasets(&database).await;
    let id = dataset_id("open_one");
    let all = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 3), (6, 4)].map(|(n, hour)| forecast(n, hour));
    for one in &all {
        catalog.open_run(one).await.unwrap();
    }
    // Of another dataset, without a version, and under way: none of them can be read.
    let elsewhere = Run { dataset: dataset_id("shared_one"), ..forecast(20, 9) };
    let without = Run { version: None, ..forecast(21, 9) };
    let under_way = Run { state: RunState::Running, ..forecast(22, 9) };
    for one in [elsewhere, without, under_way] {
        catalog.open_run(&one).await.unwrap();
    }
    withdraw(&catalog, 7, &all[3]).await;
    assert_eq!(catalog.count_forecasts(&id).await.unwrap(), 4);
    let pages = async |offset: u64, limit: u64| -> Vec<(i64, u64, usize)> {
        let held = catalog.forecasts(&id, offset, limit).await.unwrap();
        let told = held
            .iter()
            .map(|one| ((one.forecast.made_for - now()).num_hours(), one.version.0, one.runs.len()));
        told.collect()
    };
    assert_eq!(pages(0, 100).await, [(4, 6, 1), (3, 5, 1), (1, 3, 2), (0, 1, 1)]);
    assert_eq!(pages(1, 2).await, [(3, 5, 1), (1, 3, 2)]);
    assert_eq!(pages(3, 2).await, [(0, 1, 1)]);
    assert_eq!(pages(4, 2).await, []);
    let one = |hour: i64| catalog.forecast(&id, now() + hours(hour));
    let held = one(1).await.unwrap().unwrap();
    assert_eq!(held.forecast.last, now() + hours(4));
    assert!(held.runs.contains(&all[1].id) && held.runs.contains(&all[2].id), "{held:?}");
    assert_eq!(one(2).await.unwrap(), None, "it was withdrawn");
    assert_eq!(one(9).await.unwrap(), None);
    // A file that is withdrawn leaves the others, in the version that sets back what it had changed; but not
    // where a newer forecast stands there.
    withdraw(&catalog, 8, &all[2]).await;
    assert_eq!(pages(2, 1).await, [(1, 2, 1)]);
    let more = forecast(9, 4);
    catalog.open_run(&more).await.unwrap();
    withdraw(&catalog, 10, &more).await;
    assert_eq!(pages(0, 1).await, [(4, 10, 1)]);
}

async fn a_run_beside_is_found_by_its_forecast_and_its_state(database: Database) {
    let catalog = with_datasets(&database).await;
    let (old, new) = (forecast(1, 0), forecast(2, 1));
    catalog.open_run(&old).await.unwrap();
    catalog.open_run(&new).await.unwrap();
    let beside = async |own: &Run| catalog.forecast_beside(own).await.unwrap().map(|run| run.id);
    let own = |hour: i64| Run { state: RunState::Running, version: None, ..forecast(9, hour) };
    assert_eq!(beside(&own(0)).await, Some(new.id.clone()));
    assert_eq!(beside(&own(1)).await, None, "another file of the same forecast");
    assert_eq!(beside(&own(2)).await, None, "the newest");
    assert_eq!(beside(&Run { forecast: None, ..own(0) }).await, None);
    withdraw(&catalog, 3, &new).await;
    assert_eq!(beside(&own(0)).await, None, "what was newer was withdrawn");
    let under_way = Run { state: RunState::Running, version: None, ..forecast(4, 0) };
    catalog.open_run(&under_way).await.unwrap();
    assert_eq!(beside(&own(0)).await, None, "of the same forecast");
    assert_eq!(beside(&own(2)).await, Some(under_way.id));
    assert_eq!(beside(&Run { dataset: DatasetId::new("shared_one").unwrap(), ..own(2) }).await, None);
}
