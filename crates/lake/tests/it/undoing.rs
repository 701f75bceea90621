//! Undoing a run, new flags, and what would be corrected.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{AsArray, Int8Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int8Type};
use lake::{AsOf, Error, Lake, NewFlags, NewSpilled, Own, SeriesRead, Spill, Undo, Undone};
use model::{RunId, TimeRange, Version};

use crate::world::{
    at, commit, new_rows, observations, on_both, parcels, parcels_schema, permit_for, reading, run, values,
    version, with_table, writing,
};

async fn undo(lake: &Lake, by: u32, of: u32, withdrawn: &[u32]) -> Undone {
    let undo = Undo {
        run: run(by),
        of: run(of),
        withdrawn: withdrawn.iter().map(|number| run(*number)).collect::<HashSet<RunId>>(),
        committed_at: at("2026-07-02T00:00:00Z"),
    };
    lake.undo(&writing(), undo).await.unwrap()
}

async fn rows(lake: &Lake) -> RecordBatch {
    let snapshot = lake.snapshot(&writing(), AsOf::Latest).await.unwrap();
    let read = SeriesRead {
        datastreams: (0..100).collect(),
        time: TimeRange::ALL,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    };
    let batches = lake.read_to_check(&writing(), &snapshot, read).await.unwrap();
    arrow::compute::concat_batches(&snapshot.schema(), &batches).unwrap()
}

async fn runs(lake: &Lake) -> Vec<String> {
    let rows = rows(lake).await;
    rows.column_by_name("run").unwrap().as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

on_both! {
    async fn a_withdrawn_run_leaves_what_was_there_before_it_and_what_came_after(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(1.0))]).await;
        // Corrects two, brings two new ones.
        let second = [(1, 1, Some(2.0)), (1, 2, Some(2.0)), (1, 3, Some(2.0)), (7, 0, Some(2.0))];
        commit(&lake, 2, &second).await;
        // Corrects one of the second's corrections.
        commit(&lake, 3, &[(1, 2, Some(3.0))]).await;

        let undone = undo(&lake, 4, 2, &[]).await;
        let counts = undone.committed.counts;
        assert_eq!((counts.corrected, counts.removed, counts.added, undone.kept), (1, 2, 0, 1));
        assert_eq!((undone.committed.version, undone.committed.total), (Some(Version(4)), 3));
        let now = vec![(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(3.0))];
        for lake in [lake.clone(), world.lake().await] {
            assert_eq!(values(&lake, AsOf::Latest).await, now);
            assert_eq!(values(&lake, version(2)).await.len(), 5, "what was known stays readable");
        }
        assert_eq!(runs(&lake).await, [run(1), run(1), run(3)].map(|run| run.to_string()));
        // The same again is the same.
        assert_eq!(undo(&lake, 4, 2, &[]).await.committed, undone.committed);
        // And the rest can go too, to the last row.
        undo(&lake, 5, 3, &[2]).await;
        assert_eq!(values(&lake, AsOf::Latest).await, [(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(1.0))]);
        let last = undo(&lake, 6, 1, &[2, 3]).await;
        assert_eq!((last.committed.counts.removed, last.committed.total), (3, 0));
        assert_eq!(values(&lake, AsOf::Latest).await, []);
        commit(&lake, 7, &[(1, 0, Some(9.0))]).await;
        assert_eq!(values(&world.lake().await, AsOf::Latest).await, [(1, 0, Some(9.0))]);
    }

    async fn what_is_told_apart_takes_over_values_that_others_said_too(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(1.0))]).await;
        let folder = tempfile::tempdir().unwrap();
        for (number, is_on_disk) in [(2, false), (4, true)] {
            let said = [(1, 0, Some(1.0)), (1, 1, Some(1.0))];
            let own = Own { runs: HashSet::new() };
            let new = new_rows(number, vec![observations(&said)]);
            let done = if is_on_disk {
                let mut spill = Spill::new(folder.path(), 100).unwrap();
                spill.add(&new.rows).unwrap();
                let (rows, run, committed_at) = (Arc::new(spill), new.run, new.committed_at);
                let new = NewSpilled { run, rows, committed_at, own: Some(own) };
                lake.commit_spilled(&writing(), new).await.unwrap()
            } else {
                lake.commit_own(&writing(), new, own).await.unwrap()
            };
            assert_eq!((done.counts.unchanged, done.counts.corrected, done.counts.added), (2, 0, 0));
            assert_eq!(done.version, Some(Version(u64::from(number))));
            assert_eq!(runs(&lake).await, [run(number), run(number), run(1)].map(|run| run.to_string()));
            // What was said together stays whose it is.
            let own = Own { runs: HashSet::from([run(number)]) };
            let again = new_rows(90, vec![observations(&said)]);
            let again = lake.commit_own(&writing(), again, own).await.unwrap();
            assert_eq!((again.version, again.counts.unchanged), (None, 2));
            let undone = undo(&lake, number + 1, number, &[2]).await;
            assert_eq!((undone.committed.counts.corrected, undone.kept), (2, 0));
            assert_eq!(runs(&lake).await, [run(1), run(1), run(1)].map(|run| run.to_string()));
        }
    }

    async fn values_are_never_set_back_to_those_of_a_withdrawn_run(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(5.0))]).await;
        commit(&lake, 2, &[(1, 0, Some(6.0))]).await;
        commit(&lake, 3, &[(1, 0, Some(5.0))]).await;
        let undone = undo(&lake, 4, 2, &[]).await;
        assert_eq!((undone.committed.version, undone.kept), (None, 1), "the third run corrected it");
        undo(&lake, 5, 3, &[2]).await;
        assert_eq!(values(&lake, AsOf::Latest).await, [(1, 0, Some(5.0))]);
        assert_eq!(runs(&lake).await, [run(1).to_string()], "the value is the first run's again");
    }

    async fn a_run_that_made_no_version_cannot_be_undone(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(5.0))]).await;
        let undo = Undo { run: run(3), of: run(2), withdrawn: HashSet::new(), committed_at: at("2026-07-02T00:00:00Z") };
        assert!(matches!(lake.undo(&writing(), undo.clone()).await, Err(Error::NotFound { .. })));
        assert!(matches!(lake.undo(&reading(), undo).await, Err(Error::Denied(_))));
    }

    async fn new_flags_make_a_version_and_change_no_value(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (1, 1, Some(1.0)), (1, 2, Some(1.0))]).await;
        let all = rows(&lake).await;
        // Meanwhile one value is corrected.
        commit(&lake, 2, &[(1, 2, Some(4.0))]).await;
        let mut columns = all.columns().to_vec();
        columns[5] = Arc::new(Int8Array::from(vec![1, 4, 4]));
        columns[6] = Arc::new(StringArray::from(vec!["gross_range:1", "gross_range:4", "gross_range:4"]));
        let flagged = RecordBatch::try_new(all.schema(), columns).unwrap();
        let new = NewFlags { run: run(3), rows: vec![flagged], committed_at: at("2026-07-02T00:00:00Z") };
        let done = lake.commit_flags(&writing(), new).await.unwrap();
        assert_eq!((done.counts.flagged, done.counts.corrected, done.counts.unchanged), (1, 0, 2));
        assert_eq!((done.version, done.total), (Some(Version(3)), 3));
        let now = rows(&world.lake().await).await;
        assert_eq!(now.column(5).as_primitive::<Int8Type>().values(), &[1, 4, 1]);
        assert_eq!(now.column(3).as_primitive::<Float64Type>().values(), &[1.0, 1.0, 4.0]);
        assert_eq!(runs(&lake).await, [run(1), run(1), run(2)].map(|run| run.to_string()));
    }

    async fn what_would_be_corrected_is_shown_side_by_side(world: World) {
        let lake = world.lake().await;
        with_table(&lake).await;
        commit(&lake, 1, &[(1, 0, Some(1.0)), (2, 1, Some(1.0)), (3, 2, Some(1.0))]).await;
        let rows = [observations(&[(3, 2, Some(7.0)), (1, 0, Some(1.0)), (2, 1, Some(8.0)), (4, 0, Some(1.0))])];
        let (counts, shown) = lake.plan_corrections(&writing(), &rows, 10).await.unwrap();
        assert_eq!((counts.added, counts.corrected, counts.unchanged), (1, 2, 1));
        let shown = shown.unwrap();
        assert_eq!(shown.before.column(3).as_primitive::<Float64Type>().values(), &[1.0, 1.0]);
        assert_eq!(shown.after.column(3).as_primitive::<Float64Type>().values(), &[8.0, 7.0]);
        let (_, one) = lake.plan_corrections(&writing(), &rows, 1).await.unwrap();
        assert_eq!(one.unwrap().before.num_rows(), 1);
        assert_eq!(values(&lake, AsOf::Latest).await.len(), 3, "nothing was written");
    }

    async fn features_of_a_withdrawn_run_go_and_changed_ones_come_back(world: World) {
        use policy::Purpose;
        let lake = world.lake().await;
        let permit = permit_for("parcels", Purpose::Write);
        lake.create_table(&permit, parcels_schema()).await.unwrap();
        let put = async |number: u32, rows: &[(String, f64, f64, Option<&'static str>)]| {
            lake.commit(&permit, new_rows(number, vec![parcels(rows)])).await.unwrap();
        };
        put(1, &[("a".into(), 105.0, 10.0, Some("rice"))]).await;
        put(2, &[("a".into(), 105.5, 10.0, Some("fish")), ("b".into(), 106.0, 10.0, None)]).await;
        let undo = Undo { run: run(3), of: run(2), withdrawn: HashSet::new(), committed_at: at("2026-07-02T00:00:00Z") };
        let undone = lake.undo(&permit, undo).await.unwrap();
        assert_eq!((undone.committed.counts.corrected, undone.committed.counts.removed), (1, 1));
        let reading = permit_for("parcels", Purpose::Read);
        let snapshot = lake.snapshot(&reading, AsOf::Latest).await.unwrap();
        let read = lake::FeatureRead { limit: 10, ..lake::FeatureRead::default() };
        let found = lake.read_features(&reading, &snapshot, read).await.unwrap();
        assert_eq!(found.matched, 1);
        let crop = found.batches[0].column_by_name("crop").unwrap().as_string::<i32>().value(0).to_owned();
        assert_eq!(crop, "rice");
    }
}
